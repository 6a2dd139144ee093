/* The server's answer to a push. Whatever it says, the op ends in exactly one visible state or
 * stays in the batch as it was, and the outbox can go on: no answer may stop it for good. */
#include "fuzz.h"

#include "hiretty/base/json.h"

#include <string.h>

enum { RESET_AFTER = 200 };

/* A tag or a decision that waits to be sent; false when the rows it speaks of are gone by now. */
static bool record(FuzzDesk *desk, bool decision)
{
    static int serial;
    HtIntent *intent = ht_intent_new(decision ? HT_INTENT_DECIDE : HT_INTENT_TAG_ADD);
    g_autoptr(GError) error = NULL;
    if (decision) {
        intent->decision = HT_DECISION_ADVANCE;
        g_autofree char *name = g_strdup_printf("M%d", 1 + serial++ % 20);
        ht_intent_add_match(intent, fixture_key(desk->reader, name), true, false, 3);
    } else {
        intent->tag = g_strdup_printf("tag %d", serial++);
        ht_intent_add_candidate(intent, fixture_key(desk->reader, "C1"));
    }
    g_autoptr(HtReceipt) receipt = ht_outbox_submit(desk->outbox, intent, &error);
    return receipt && receipt->n_done > 0;
}

/* "@" in the input is the number of the op. With `raw` the input is the answer, else what stands
 * behind the number in an answer that fits the batch. */
static char *answer_of(const char *text, int64_t seq, bool raw)
{
    g_autofree char *number = g_strdup_printf("%" G_GINT64_FORMAT, seq);
    g_auto(GStrv) parts = g_strsplit(text, "@", -1);
    g_autofree char *filled = g_strjoinv(number, parts);
    return raw ? g_strdup(filled) : g_strdup_printf("[{\"seq\":%s,%s}]", number, filled);
}

static int total(HtOutbox *outbox)
{
    HtOutboxCounts n;
    ht_outbox_counts(outbox, &n);
    g_assert_true(n.pending >= 0 && n.sending >= 0 && n.parked >= 0 && n.conflicts >= 0 &&
                  n.rejected >= 0);
    return n.pending + n.sending;
}

/* The outbox goes on: what is open is the same batch again or the next one. */
static void check_goes_on(HtOutbox *outbox, const HtPushBatch *before, bool is_settled)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(HtPushBatch) after = ht_outbox_next_batch(outbox, 1, &error);
    g_assert_no_error(error);
    if (is_settled) {
        g_assert_true(!after || after->first_seq > before->last_seq);
    } else {
        g_assert_nonnull(after);
        g_assert_true(after->is_resend);
        g_assert_cmpstr(after->ops_json, ==, before->ops_json);
    }
    g_autoptr(GPtrArray) list = ht_outbox_list(outbox, 0, &error);
    g_assert_no_error(error);
    g_autoptr(GPtrArray) conflicts = ht_outbox_conflicts(outbox, &error);
    g_assert_no_error(error);
    g_autofree char *export = ht_outbox_export(outbox, &error);
    g_assert_no_error(error);
    g_autoptr(HtJson) json = ht_json_parse(export, -1, &error);
    g_assert_no_error(error);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static int settled;
    if (size < 1)
        return 0;
    if (settled >= RESET_AFTER) {
        fuzz_desk_reset();
        settled = 0;
    }
    FuzzDesk *desk = fuzz_desk();
    g_autoptr(GError) error = NULL;
    if (total(desk->outbox) == 0 && !record(desk, data[0] & 1)) {
        settled = RESET_AFTER;
        return 0;
    }
    g_autoptr(HtPushBatch) batch = ht_outbox_next_batch(desk->outbox, 1, &error);
    g_assert_no_error(error);
    g_assert_nonnull(batch);
    g_autofree char *text = fuzz_text(data + 1, size - 1);
    g_autofree char *answer = answer_of(text, batch->first_seq, data[0] & 2);
    bool ok = ht_outbox_acknowledge(desk->outbox, batch, answer, &error);
    g_assert_true(ok == (error == NULL));
    if (error)
        g_assert_true(g_utf8_validate(error->message, -1, NULL));
    settled += ok;
    check_goes_on(desk->outbox, batch, ok);
    return 0;
}
