/* The structs that go in and out: making and freeing. */
#include "hiretty/outbox/outbox.h"

HtIntent *ht_intent_new(HtIntentKind kind)
{
    HtIntent *intent = g_new0(HtIntent, 1);
    intent->kind = kind;
    intent->matches = g_array_new(FALSE, FALSE, sizeof(HtViewed));
    intent->candidates = g_array_new(FALSE, FALSE, sizeof(HtKey));
    intent->panel = g_array_new(FALSE, FALSE, sizeof(HtKey));
    return intent;
}

void ht_intent_free(HtIntent *intent)
{
    if (!intent)
        return;
    g_array_unref(intent->matches);
    g_array_unref(intent->candidates);
    g_array_unref(intent->panel);
    g_free(intent->note);
    g_free(intent->day);
    g_free(intent->bulk_kind);
    g_free(intent->bulk_filter);
    g_free(intent->unviewed_why);
    g_free(intent->tag);
    g_clear_pointer(&intent->tags, g_ptr_array_unref);
    g_free(intent->visibility);
    g_free(intent->recommendation);
    g_free(intent->interview_type);
    g_free(intent->time_zone);
    g_free(intent->label);
    g_free(intent);
}

void ht_intent_add_match(HtIntent *intent, HtKey match, bool viewed, bool blind, int seconds)
{
    HtViewed row = {.match = match, .viewed = viewed, .blind = blind, .seconds = seconds};
    g_array_append_val(intent->matches, row);
}

void ht_intent_add_candidate(HtIntent *intent, HtKey candidate)
{
    g_array_append_val(intent->candidates, candidate);
}

void ht_receipt_free(HtReceipt *receipt)
{
    if (!receipt)
        return;
    g_free(receipt->label);
    g_free(receipt->why);
    g_free(receipt->mails_held_why);
    g_ptr_array_unref(receipt->refusals);
    g_array_unref(receipt->keys);
    g_free(receipt);
}

static void clear_item(HtOutboxItem *item)
{
    g_free(item->label);
    g_free(item->why);
    g_free(item->code);
}

void ht_outbox_item_free(HtOutboxItem *item)
{
    if (!item)
        return;
    clear_item(item);
    g_free(item);
}

void ht_conflict_free(HtConflict *conflict)
{
    if (!conflict)
        return;
    clear_item(&conflict->item);
    g_free(conflict->base);
    g_free(conflict->mine);
    g_free(conflict->theirs);
    g_free(conflict->theirs_by);
    g_free(conflict->text);
    g_free(conflict);
}

void ht_push_batch_free(HtPushBatch *batch)
{
    if (!batch)
        return;
    g_free(batch->ops_json);
    g_free(batch);
}

const char *ht_op_state_name(HtOpState state)
{
    static const char *const names[] = {
        [HT_OP_PENDING] = "pending",   [HT_OP_SENDING] = "sending",   [HT_OP_PARKED] = "parked",
        [HT_OP_CONFLICT] = "conflict", [HT_OP_REJECTED] = "rejected", [HT_OP_GONE] = "gone",
        [HT_OP_DONE] = "done",         [HT_OP_DROPPED] = "dropped",
    };
    return (guint)state < G_N_ELEMENTS(names) ? names[state] : "";
}
