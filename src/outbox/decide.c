/* A decision, row by row: where it leads (the status machine), what it needs, what was seen when it
 * was made. Each op stands on the last decision as shown, so several on one row form a chain. */
#include "internal.h"

#include "hiretty/cache/candidates.h"

static const char *kind_label(HtDecisionKind kind)
{
    return ht_decision_name(kind);
}

static void set_prev(HtOp *op, const HtMatchRow *row, const HtPlan *plan)
{
    op->prev = ht_json_new_object();
    HtUuid stage;
    ht_reader_uuid(plan->reader, row->stage, &stage);
    ht_json_set_uuid(op->prev, "stage", &stage);
    ht_json_set_int(op->prev, "since", row->stage_since);
    if (row->held_until)
        ht_json_set_int(op->prev, "held", row->held_until);
}

/* Agreed with the machine's recommendation? Nothing when it gave none. */
static void set_agreement(HtOp *op, HtPlan *plan, HtKey match, HtDecisionKind decision)
{
    g_autoptr(HtExplanation) explanation = ht_cache_explanation(plan->reader, match, NULL);
    const char *advice = explanation ? explanation->recommendation : NULL;
    ht_json_set_string(op->body, "ai_recommendation", advice);
    HtDecisionKind advised = ht_decision_parse(advice);
    if (advised == HT_DECISION_NONE) {
        ht_json_set_null(op->body, "agreed_with_ai");
        return;
    }
    bool onward = decision == HT_DECISION_SHORTLIST || decision == HT_DECISION_ADVANCE ||
                  decision == HT_DECISION_OFFER || decision == HT_DECISION_HIRE;
    bool agreed = decision == advised || (onward && advised == HT_DECISION_SHORTLIST);
    ht_json_set_bool(op->body, "agreed_with_ai", agreed);
}

static void set_seen(HtOp *op, HtPlan *plan, const HtViewed *viewed, const HtMatchRow *row)
{
    int64_t seconds = 0;
    bool seen = ht_cache_match_seen(plan->reader, row->key, &seconds);
    if (row->score == HT_SCORE_NONE)
        ht_json_set_null(op->body, "ai_score_seen");
    else
        ht_json_set_int(op->body, "ai_score_seen", row->score);
    ht_json_set_bool(op->body, "explanation_viewed", viewed->viewed || seen);
    ht_json_set_bool(op->body, "blind", viewed->blind);
    ht_json_set_int(op->body, "seconds_viewed", MAX(seconds, (int64_t)viewed->seconds));
}

static void set_bulk(HtOp *op, const HtPlan *plan)
{
    const HtIntent *intent = plan->intent;
    if (!intent->bulk_kind) {
        ht_json_set_null(op->body, "bulk");
        return;
    }
    HtJson *bulk = ht_json_new_object();
    ht_json_set_uuid(bulk, "id", &plan->bulk);
    ht_json_set_string(bulk, "kind", intent->bulk_kind);
    ht_json_set_string(bulk, "filter", intent->bulk_filter);
    ht_json_set_int(bulk, "row_count", intent->matches->len);
    ht_json_set(op->body, "bulk", bulk);
}

static void set_note(HtOp *op, const HtIntent *intent)
{
    if (ht_is_blank(intent->note)) {
        ht_json_set_null(op->body, "note");
        return;
    }
    HtUuid id;
    ht_uuid_new_random(&id);
    HtJson *note = ht_json_new_object();
    ht_json_set_uuid(note, "id", &id);
    ht_json_set_string(note, "body", intent->note);
    ht_json_set_string(note, "visibility", intent->visibility ? intent->visibility : "team");
    ht_json_set(op->body, "note", note);
}

static void set_key(HtOp *op, const HtPlan *plan, const char *name, HtKey key)
{
    HtUuid id = {{0}};
    if (key)
        ht_reader_uuid(plan->reader, key, &id);
    ht_json_set_uuid(op->body, name, &id);
}

static HtOp *make_op(HtPlan *plan, const HtViewed *viewed, const HtMatchRow *row,
                     const HtJobStage *target)
{
    const HtIntent *intent = plan->intent;
    HtOp *op = ht_op_new(HT_PUSH_DECISIONS, HT_TBL_MATCH);
    op->kind = g_strdup(ht_decision_name(intent->decision));
    op->row = op->match = row->id;
    ht_reader_uuid(plan->reader, row->candidate, &op->candidate);
    op->at = plan->now_us;
    g_autofree char *verb = g_strdup(kind_label(intent->decision));
    verb[0] = g_ascii_toupper(verb[0]);
    op->label = g_strdup_printf("%s · %s", verb, row->job_title ? row->job_title : "");
    ht_json_set_uuid(op->body, "match", &row->id);
    ht_json_set_string(op->body, "decision", op->kind);
    set_key(op, plan, "from_stage", row->stage);
    bool stays = intent->decision == HT_DECISION_HOLD;
    ht_json_set_uuid(op->body, "to_stage", stays ? NULL : &target->id);
    ht_json_set_uuid(op->body, "base_decision", &row->last_decision_id);
    set_key(op, plan, "reason", intent->reason);
    set_note(op, intent);
    if (intent->decision == HT_DECISION_HOLD)
        ht_json_set_int(op->body, "hold_until", intent->hold_until);
    else
        ht_json_set_null(op->body, "hold_until");
    ht_json_set_null(op->body, "reverses");
    ht_json_set_int(op->body, "at", op->at);
    set_seen(op, plan, viewed, row);
    set_agreement(op, plan, row->key, intent->decision);
    set_bulk(op, plan);
    set_prev(op, row, plan);
    return op;
}

/* What the intent lacks for this move; NULL = nothing. */
static const char *what_lacks(HtPlan *plan, const HtTransition *transition)
{
    const HtIntent *intent = plan->intent;
    bool reason =
        transition ? transition->requires_reason : ht_decision_needs_reason(intent->decision);
    bool until = transition ? transition->requires_hold_until
                            : ht_decision_needs_hold_until(intent->decision);
    if (reason && !intent->reason)
        return "a reason is needed";
    if (until && !intent->hold_until)
        return "until when to hold is needed";
    if (until && intent->hold_until <= plan->now_us)
        return "the time to hold until is over already";
    if (ht_is_blank(intent->note) && ht_plan_reason_wants_note(plan)) {
        plan->lacks_note = true;
        return "this reason needs a note";
    }
    return NULL;
}

static bool was_viewed(HtPlan *plan, const HtViewed *viewed)
{
    return viewed->viewed || ht_cache_match_seen(plan->reader, viewed->match, NULL);
}

/* Where it stood before it was closed; 0 = nobody knows. */
static HtKey stage_before(const HtPlan *plan, const HtMatchRow *row)
{
    g_auto(HtStmtUse)
        use = {ht_db_stmt(ht_reader_db(plan->reader), HT_CACHE_QUERY("closed_from"), NULL)};
    if (!use.stmt)
        return 0;
    ht_stmt_bind_int(use.stmt, 1, row->key);
    ht_stmt_bind_int(use.stmt, 2, row->stage);
    return ht_stmt_step(use.stmt, NULL) == HT_STEP_ROW ? ht_stmt_int(use.stmt, 0) : 0;
}

/* Where the decision leads. What is reopened goes back to where it stood, if that stage is still
 * there and open, else to the first one that is. */
static const HtJobStage *target_of(HtPlan *plan, const HtMatchRow *row, GError **error)
{
    const HtIntent *intent = plan->intent;
    const GPtrArray *stages = ht_plan_stages(plan, row->job);
    bool is_chosen = intent->to_stage || intent->to_type != HT_STAGE_NONE;
    HtKey back = intent->decision == HT_DECISION_REOPEN && !is_chosen ? stage_before(plan, row) : 0;
    const HtJobStage *target = back ? ht_machine_target(plan->machine, stages, row->stage,
                                                        intent->decision, back, HT_STAGE_NONE, NULL)
                                    : NULL;
    return target ? target
                  : ht_machine_target(plan->machine, stages, row->stage, intent->decision,
                                      intent->to_stage, intent->to_type, error);
}

/* Who was hired is not brought back to be decided about. */
static bool could_reopen(const HtMatchRow *row)
{
    return row->stage_type == HT_STAGE_REJECTED || row->stage_type == HT_STAGE_WITHDRAWN;
}

HtOp *ht_plan_decision_on(HtPlan *plan, const HtViewed *viewed, const HtMatchRow *row)
{
    const HtIntent *intent = plan->intent;
    g_autoptr(GError) why = NULL;
    const HtJobStage *target = target_of(plan, row, &why);
    const char *lacks = target ? what_lacks(plan, ht_machine_find(plan->machine, intent->decision,
                                                                  row->stage_type, target->type))
                               : why->message;
    if (!lacks && intent->needs_viewed && !was_viewed(plan, viewed))
        lacks = intent->unviewed_why ? intent->unviewed_why
                                     : "never opened: a rejection of many leaves it out";
    if (lacks) {
        plan->receipt->may_reopen |= intent->decision != HT_DECISION_REOPEN && could_reopen(row);
        ht_plan_refuse(plan, viewed->match, lacks);
        return NULL;
    }
    HtOp *op = make_op(plan, viewed, row, target);
    if (intent->mail)
        ht_mail_add(plan, op, row);
    return op;
}

HtOp *ht_plan_decision(HtPlan *plan, const HtViewed *viewed)
{
    g_autoptr(GError) why = NULL;
    HtMatchRow *row = ht_cache_match(plan->reader, viewed->match, &why);
    if (!row) {
        ht_plan_refuse(plan, viewed->match, why->message);
        return NULL;
    }
    HtOp *op = ht_plan_decision_on(plan, viewed, row);
    ht_match_rows_free(row, 1);
    return op;
}

bool ht_plan_decide(HtPlan *plan, GError **error)
{
    const HtIntent *intent = plan->intent;
    g_autoptr(GHashTable) seen = g_hash_table_new(g_int64_hash, g_int64_equal);
    if (!ht_is_blank(intent->note) &&
        !ht_plan_check_text(intent->note, HT_NOTE_MAX, "the note", error))
        return false;
    for (guint i = 0; i < intent->matches->len; i++) {
        HtViewed *viewed = &g_array_index(intent->matches, HtViewed, i);
        /* Named twice, decided once: the second would meet the first as somebody else's. */
        HtOp *op = g_hash_table_add(seen, &viewed->match) ? ht_plan_decision(plan, viewed) : NULL;
        if (!op)
            continue;
        g_ptr_array_add(plan->ops, op);
        g_array_append_val(plan->receipt->keys, viewed->match);
    }
    return true;
}
