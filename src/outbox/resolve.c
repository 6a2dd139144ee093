/* What a person does with what could not be sent: gives it up, or sends it again on what is there
 * now. Again means a new op with a new id: the old one has its answer from the server. A decision
 * about somebody who was rejected meanwhile takes a reopening before it; both go as waves of one
 * batch, or neither is recorded. What stands where mine leads cannot be decided once more: what is
 * left of mine, if anything, is its note. */
#include "internal.h"

#include <string.h>

typedef struct {
    HtOutbox *outbox;
    HtSettle what;
    char *note, *value; /* its texts, when they are ours */
    guint n;
} Call;

/* --- Giving up */

/* What builds on an op that is given up cannot stand without it. Adds to *n. */
static bool drop_later(HtChange *change, const HtOp *op, guint *n, GError **error)
{
    HtDb *db = change->outbox->db;
    for (;;) {
        int64_t later = 0;
        {
            g_auto(HtStmtUse) use = {ht_db_stmt(db, HT_OUTBOX_QUERY("op_later"), error)};
            if (!use.stmt)
                return false;
            ht_stmt_bind_uuid(use.stmt, 1, &op->row);
            ht_stmt_bind_int(use.stmt, 2, op->seq);
            HtStep step = ht_stmt_step(use.stmt, error);
            if (step == HT_STEP_ERROR)
                return false;
            later = step == HT_STEP_ROW ? ht_stmt_int(use.stmt, 0) : 0;
        }
        g_autoptr(HtOp) next = later ? ht_op_load(db, later, error) : NULL;
        if (!later || (next && next->state == HT_OP_SENDING))
            return true;
        if (!next || !ht_op_set_state(db, later, HT_OP_DROPPED, HT_LIVE_GIVEN_UP, error) ||
            !ht_outbox_run(db, HT_OUTBOX_QUERY("op_carried_drop"), later, error))
            return false;
        ++*n;
    }
}

/* `live`: whether it is replaced or given up. */
static bool drop_op(HtChange *change, const HtOp *op, HtLive live, guint *n, GError **error)
{
    HtDb *db = change->outbox->db;
    ht_change_touch(change, op);
    return ht_op_set_state(db, op->seq, HT_OP_DROPPED, live, error) &&
           ht_outbox_run(db, HT_OUTBOX_QUERY("op_carried_drop"), op->seq, error) &&
           (op->state != HT_OP_PENDING || drop_later(change, op, n, error));
}

static bool drop(Call *call, HtStore *store, GError **error)
{
    g_auto(HtChange) change = {0};
    if (!ht_change_begin(&change, call->outbox, store, error))
        return false;
    g_autoptr(HtOp) op = ht_op_load(call->outbox->db, call->what.seq, error);
    if (!op)
        return false;
    if (op->state == HT_OP_SENDING || op->state == HT_OP_DONE || op->state == HT_OP_DROPPED) {
        g_set_error(error, HT_OUTBOX_ERROR, HT_OUTBOX_ERROR_REFUSED, "%s",
                    op->state == HT_OP_SENDING ? "it is being sent: undo it instead"
                                               : "it is not in the outbox any more");
        return false;
    }
    return drop_op(&change, op, HT_LIVE_GIVEN_UP, &call->n, error) &&
           ht_change_commit(&change, error);
}

/* --- A decision again */

/* The same intent, on what is there now. */
static HtIntent *intent_of(HtReader *reader, const HtOp *op)
{
    HtUuid id;
    HtIntent *intent = ht_intent_new(HT_INTENT_DECIDE);
    intent->decision = ht_decision_parse(op->kind);
    if (ht_json_get_uuid(op->body, "to_stage", &id))
        intent->to_stage = ht_reader_key(reader, &id);
    if (ht_json_get_uuid(op->body, "reason", &id))
        intent->reason = ht_reader_key(reader, &id);
    intent->hold_until = ht_json_get_int(op->body, "hold_until", 0);
    const HtJson *note = ht_json_get(op->body, "note");
    intent->note = g_strdup(ht_json_get_string(note, "body", NULL));
    intent->visibility = g_strdup(ht_json_get_string(note, "visibility", NULL));
    intent->mail = ht_json_get_bool(op->prev, "mail", false);
    intent->mail_delay_us = ht_json_get_int(op->prev, "mail_delay", 0);
    ht_intent_add_match(intent, ht_reader_key(reader, &op->match),
                        ht_json_get_bool(op->body, "explanation_viewed", false),
                        ht_json_get_bool(op->body, "blind", false),
                        (int)ht_json_get_int(op->body, "seconds_viewed", 0));
    return intent;
}

static HtOp *plan_one(HtPlan *plan, const HtIntent *intent, HtMatchRow *row)
{
    const HtIntent *saved = plan->intent;
    plan->intent = intent;
    HtOp *op = ht_plan_decision_on(plan, &g_array_index(intent->matches, HtViewed, 0), row);
    plan->intent = saved;
    return op;
}

/* Where it stood before it was closed: so says the decision among the server's rows. */
static HtKey stage_before(HtPlan *plan, const HtOp *op)
{
    g_autoptr(HtJson) rows = op->theirs ? ht_json_parse(op->theirs, -1, NULL) : NULL;
    for (const HtJson *e = ht_json_first(rows); e; e = ht_json_next(e)) {
        HtUuid id;
        const HtJson *row = ht_json_get(e, "row");
        if (ht_json_has(row, "decision") && ht_json_get_uuid(row, "from_stage_id", &id))
            return ht_reader_key(plan->reader, &id);
    }
    return 0;
}

static const HtJobStage *open_stage(HtPlan *plan, const HtMatchRow *row, HtKey key)
{
    const GPtrArray *stages = ht_plan_stages(plan, row->job);
    for (guint i = 0; i < stages->len; i++) {
        const HtJobStage *stage = stages->pdata[i];
        if (stage->key == key && !ht_stage_type_is_terminal(stage->type))
            return stage;
    }
    return NULL;
}

/* The stage to reopen in: where it stood last, unless mine leads nowhere from there; then where I
 * saw it. */
static const HtJobStage *reopening_stage(HtPlan *plan, const HtIntent *mine, const HtMatchRow *row,
                                         const HtOp *op)
{
    HtUuid seen;
    HtKey keys[2] = {stage_before(plan, op), 0};
    if (ht_json_get_uuid(op->body, "from_stage", &seen))
        keys[1] = ht_reader_key(plan->reader, &seen);
    for (gsize i = 0; i < G_N_ELEMENTS(keys); i++) {
        const HtJobStage *stage = keys[i] ? open_stage(plan, row, keys[i]) : NULL;
        if (stage && ht_machine_target(plan->machine, ht_plan_stages(plan, row->job), stage->key,
                                       mine->decision, mine->to_stage, mine->to_type, NULL))
            return stage;
    }
    return NULL;
}

/* As if the reopening were there already. */
static void stand_on(HtMatchRow *row, const HtJobStage *stage, const HtOp *reopening)
{
    row->stage = stage->key;
    row->stage_type = stage->type;
    row->stage_since = reopening->at;
    row->held_until = 0;
    row->last_decision = HT_DECISION_REOPEN;
    row->last_decision_id = reopening->op;
}

static HtOp *reopen_first(HtPlan *plan, const HtResolve *how, const HtIntent *mine, HtMatchRow *row,
                          const HtOp *op, GError **error)
{
    const HtJobStage *stage = reopening_stage(plan, mine, row, op);
    if (!stage) {
        g_set_error(error, HT_OUTBOX_ERROR, HT_OUTBOX_ERROR_REFUSED,
                    "from no open stage of the job this leads on");
        return NULL;
    }
    if (!how->reason) {
        g_set_error(error, HT_OUTBOX_ERROR, HT_OUTBOX_ERROR_REASON,
                    "it was %s meanwhile: reopening it needs a reason",
                    ht_decision_past(row->last_decision ? row->last_decision : HT_DECISION_REJECT));
        return NULL;
    }
    g_autoptr(HtIntent) intent = ht_intent_new(HT_INTENT_DECIDE);
    intent->decision = HT_DECISION_REOPEN;
    intent->to_stage = stage->key;
    intent->reason = how->reason;
    intent->note = g_strdup(how->note);
    const HtIntent *saved = plan->intent;
    plan->intent = intent;
    bool borrows = !how->note && ht_plan_reason_wants_note(plan);
    plan->intent = saved;
    if (borrows)
        intent->note = g_strdup(mine->note);
    g_array_append_vals(intent->matches, mine->matches->data, 1);
    HtOp *reopening = plan_one(plan, intent, row);
    if (!reopening) {
        ht_plan_set_error(plan, error);
        return NULL;
    }
    stand_on(row, stage, reopening);
    return reopening;
}

/* The words of mine beside a decision that led there. */
static bool add_note(HtPlan *plan, const HtIntent *mine, const HtMatchRow *row, GError **error)
{
    g_autoptr(HtIntent) intent = ht_intent_new(HT_INTENT_NOTE);
    intent->note = g_strdup(mine->note);
    intent->visibility = g_strdup(mine->visibility);
    intent->note_match = row->key;
    ht_intent_add_candidate(intent, row->candidate);
    const HtIntent *saved = plan->intent;
    plan->intent = intent;
    bool ok = ht_plan_fields(plan, error);
    plan->intent = saved;
    if (ok && plan->ops->len == 0)
        ht_plan_set_error(plan, error);
    return ok && plan->ops->len > 0;
}

/* It stands there already: what of mine goes beside that. */
static bool again_there(HtPlan *plan, HtKeep keep, const HtIntent *mine, const HtMatchRow *row,
                        GError **error)
{
    if (!ht_is_blank(mine->note))
        return add_note(plan, mine, row, error);
    if (keep == HT_KEEP_NOTHING)
        return true;
    g_set_error(error, HT_OUTBOX_ERROR, HT_OUTBOX_ERROR_REFUSED,
                "it stands there already, and a mail goes with its own decision alone: take "
                "theirs");
    return false;
}

static bool again_on(HtPlan *plan, const HtOp *op, const HtResolve *how, HtIntent *mine,
                     HtMatchRow *row, GError **error)
{
    HtUuid stage = {{0}};
    ht_reader_uuid(plan->reader, row->stage, &stage);
    HtKeep keep = ht_same_keep(op, &stage, row);
    if (keep == HT_KEEP_REOPENS) {
        HtOp *reopening = reopen_first(plan, how, mine, row, op, error);
        if (!reopening)
            return false;
        g_ptr_array_add(plan->ops, reopening);
    }
    if (ht_is_blank(mine->note) && !ht_is_blank(how->note) && plan->ops->len == 0) {
        g_free(mine->note);
        mine->note = g_strdup(how->note);
    }
    if (keep != HT_KEEP_REOPENS && keep != HT_KEEP_GOES)
        return again_there(plan, keep, mine, row, error);
    HtOp *again = plan_one(plan, mine, row);
    if (again)
        g_ptr_array_add(plan->ops, again);
    else
        ht_plan_set_error(plan, error);
    return again != NULL;
}

/* An undo has no intent of its own to plan: it goes with another id, on what is there now. */
static bool again_undo(HtPlan *plan, const HtOp *op, GError **error)
{
    HtStand stand;
    HtMatchRow *row = ht_cache_match(plan->reader, ht_reader_key(plan->reader, &op->match), error);
    if (!row || !ht_stand_get(plan, &op->match, &stand))
        return false;
    bool may = ht_same_may_undo(op, row);
    ht_match_rows_free(row, 1);
    if (!may) {
        g_set_error(error, HT_OUTBOX_ERROR, HT_OUTBOX_ERROR_REFUSED,
                    "another decision followed what this undoes: take theirs");
        return false;
    }
    HtOp *again = ht_op_new(HT_PUSH_DECISIONS, HT_TBL_MATCH);
    ht_json_free(again->body);
    again->body = ht_json_dup(op->body);
    ht_json_set_uuid(again->body, "op", &again->op);
    ht_json_set_uuid(again->body, "from_stage", &stand.stage);
    ht_json_set_uuid(again->body, "base_decision", &stand.last);
    ht_json_set_int(again->body, "at", plan->now_us);
    again->prev = op->prev ? ht_json_dup(op->prev) : NULL;
    again->kind = g_strdup(op->kind);
    again->row = op->match;
    again->at = plan->now_us;
    g_ptr_array_add(plan->ops, again);
    return true;
}

/* Appends mine, or a reopening and mine, or its note alone, to plan->ops; or nothing. */
static bool again_decision(HtPlan *plan, const HtOp *op, const HtResolve *how, GError **error)
{
    g_autoptr(HtIntent) mine = intent_of(plan->reader, op);
    if (how->resolution == HT_RESOLVE_EDIT) {
        g_free(mine->note);
        mine->note = g_strdup(how->value);
    }
    HtKey key = g_array_index(mine->matches, HtViewed, 0).match;
    HtMatchRow *row = ht_cache_match(plan->reader, key, error);
    bool ok = row && again_on(plan, op, how, mine, row, error);
    if (row)
        ht_match_rows_free(row, 1);
    return ok;
}

/* --- A field again */

/* Stands on theirs: the values that the server sent are what it was before. `before`: the names
 * that an earlier change of mine sets as well; its undo comes to theirs, not this one's. */
static void stand_on_theirs(HtOp *op, const HtJson *theirs, GHashTable *before)
{
    const HtJson *set = ht_json_get(op->body, "set");
    HtJson *base = ht_json_new_object();
    ht_json_set_null(op->body, "base_version");
    if (ht_json_has(theirs, "row_version"))
        ht_json_set_int(op->body, "base_version", ht_json_get_int(theirs, "row_version", 0));
    for (const HtJson *e = ht_json_first(set); e; e = ht_json_next(e)) {
        const HtJson *value = ht_json_get(theirs, ht_json_key(e));
        if (!value)
            continue;
        ht_json_set(base, ht_json_key(e), ht_json_dup(value));
        if (ht_json_get(op->prev, ht_json_key(e)) &&
            g_hash_table_add(before, g_strdup(ht_json_key(e))))
            ht_json_set(op->prev, ht_json_key(e), ht_json_dup(value));
    }
    ht_json_set(op->body, "base", base);
}

static bool store_texts(HtDb *db, const HtOp *op, GError **error)
{
    HtStmt *put = ht_db_stmt(db, HT_OUTBOX_QUERY("op_texts"), error);
    if (!put)
        return false;
    g_autofree char *body = ht_json_print(op->body, false);
    g_autofree char *prev = ht_json_print(op->prev, false);
    ht_stmt_bind_int(put, 1, op->seq);
    ht_stmt_bind_text(put, 2, body);
    ht_stmt_bind_text(put, 3, prev);
    return ht_stmt_run(put, error);
}

/* An undo may take back only the last of the edits that went together, or one after the other. */
static bool rebase(HtPlan *plan, HtOp *again, const HtOp *op, GError **error)
{
    HtDb *db = plan->outbox->db;
    g_autoptr(HtJson) rows = op->theirs ? ht_json_parse(op->theirs, -1, NULL) : NULL;
    const HtJson *theirs = ht_json_get(ht_json_first(rows), "row");
    if (ht_json_type(theirs) != HT_JSON_OBJECT)
        return true;
    HtStmt *stmt = ht_db_stmt(db, HT_OUTBOX_QUERY("ops_carried"), error);
    if (stmt)
        ht_stmt_bind_int(stmt, 1, op->seq);
    g_autoptr(GPtrArray) carried = ht_ops_read(stmt, error);
    g_autoptr(GHashTable) before = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    for (guint i = 0; carried && i < carried->len; i++) {
        HtOp *earlier = carried->pdata[i];
        if (!earlier->prev || !g_str_equal(earlier->kind, "update"))
            continue;
        stand_on_theirs(earlier, theirs, before);
        if (!store_texts(db, earlier, error))
            return false;
    }
    stand_on_theirs(again, theirs, before);
    return carried != NULL;
}

static bool edit_text(HtOp *op, const char *value, GError **error)
{
    const char *name = ht_op_text_field(op);
    const HtJson *set = ht_json_get(op->body, "set");
    if (!name || !ht_json_has(set, name)) {
        g_set_error(error, HT_OUTBOX_ERROR, HT_OUTBOX_ERROR_REFUSED,
                    "there is no text in it to edit: keep yours or take theirs");
        return false;
    }
    HtJson *edited = ht_json_dup(set);
    ht_json_set_string(edited, name, value);
    ht_json_set(op->body, "set", edited);
    return true;
}

static bool again_field(HtPlan *plan, const HtOp *op, const HtResolve *how, GError **error)
{
    if (!g_str_equal(op->kind, "delete") && !ht_json_has(op->body, "set")) {
        g_set_error_literal(error, HT_OUTBOX_ERROR, HT_OUTBOX_ERROR_REFUSED,
                            "its words were removed with the rest: write it anew, and drop this");
        return false;
    }
    g_autoptr(HtOp) again = ht_op_new(HT_PUSH_FIELDS, op->tbl);
    ht_json_free(again->body);
    again->body = ht_json_dup(op->body);
    ht_json_set_uuid(again->body, "op", &again->op);
    again->kind = g_strdup(op->kind);
    again->row = op->row;
    again->at = plan->now_us;
    again->prev = op->prev ? ht_json_dup(op->prev) : NULL;
    if (again->prev)
        ht_json_remove(again->prev, "merges");
    if (how->resolution == HT_RESOLVE_EDIT && !edit_text(again, how->value, error))
        return false;
    /* An insert that met a taken id, or was parked, goes with an id of its own. */
    if (g_str_equal(op->kind, "insert") && g_strcmp0(op->code, "duplicate") == 0) {
        ht_uuid_new_random(&again->row);
        ht_json_set_uuid(again->body, "row", &again->row);
    }
    if (g_str_equal(op->kind, "update") && !rebase(plan, again, op, error))
        return false;
    g_ptr_array_add(plan->ops, g_steal_pointer(&again));
    return true;
}

/* --- Resolving */

/* Edits that the old op carried are the new one's now, for undo. */
static bool hand_over(HtDb *db, const HtOp *op, const HtOp *again, GError **error)
{
    HtStmt *set = ht_db_stmt(db, HT_OUTBOX_QUERY("op_remerge"), error);
    if (!set)
        return false;
    ht_stmt_bind_int(set, 1, op->seq);
    ht_stmt_bind_int(set, 2, again->seq);
    return ht_stmt_run(set, error);
}

static bool plan_again(HtPlan *plan, const HtOp *op, const HtResolve *how, GError **error)
{
    g_autoptr(GError) refusal = NULL;
    bool ok = ht_plan_may_write(plan, &refusal);
    if (ok && op->fn == HT_PUSH_FIELDS)
        ok = again_field(plan, op, how, &refusal);
    else if (ok)
        ok = ht_uuid_is_nil(&op->reverses) ? again_decision(plan, op, how, &refusal)
                                           : again_undo(plan, op, &refusal);
    /* As for a new intent: a refusal may come of a look-up that failed. */
    if (!ht_plan_check(plan, error))
        return false;
    if (refusal)
        g_propagate_error(error, g_steal_pointer(&refusal));
    return ok;
}

static bool send_again(HtChange *change, HtStore *store, const HtOp *op, const HtResolve *how,
                       GError **error)
{
    g_auto(HtPlan) plan = {0};
    ht_plan_init(&plan, change->outbox, store, NULL);
    if (!plan_again(&plan, op, how, error))
        return false;
    for (guint i = 0; i < plan.ops->len; i++) {
        HtOp *again = plan.ops->pdata[i];
        again->group = op->group;
        again->match = op->match;
        again->candidate = op->candidate;
        if (i + 1 == plan.ops->len && again->fn == op->fn) {
            g_free(again->label);
            again->label = g_strdup(op->label);
            again->reverses = op->reverses;
        }
        ht_change_touch(change, again);
        if (!ht_change_insert(change, again, error))
            return false;
    }
    return plan.ops->len == 0 ||
           hand_over(change->outbox->db, op, plan.ops->pdata[plan.ops->len - 1], error);
}

static bool check_edit(const HtResolve *how, GError **error)
{
    if (!ht_is_blank(how->note) && !ht_plan_check_text(how->note, HT_NOTE_MAX, "the note", error))
        return false;
    return how->resolution != HT_RESOLVE_EDIT ||
           ht_plan_check_text(how->value, HT_NOTE_MAX, "the text", error);
}

static bool resolve(Call *call, HtStore *store, GError **error)
{
    const HtResolve *how = &call->what.how;
    g_auto(HtChange) change = {0};
    if (!check_edit(how, error) || !ht_outbox_reader(call->outbox, &call->outbox->reader, error) ||
        !ht_change_begin(&change, call->outbox, store, error))
        return false;
    g_autoptr(HtOp) op = ht_op_load(call->outbox->db, call->what.seq, error);
    if (!op)
        return false;
    bool stuck = op->state == HT_OP_PARKED || op->state == HT_OP_CONFLICT ||
                 op->state == HT_OP_REJECTED || op->state == HT_OP_GONE;
    if (!stuck) {
        g_set_error(error, HT_OUTBOX_ERROR, HT_OUTBOX_ERROR_NOTHING, "it is not in conflict");
        return false;
    }
    if (how->resolution != HT_RESOLVE_TAKE_THEIRS && !send_again(&change, store, op, how, error))
        return false;
    if (how->recorded)
        *how->recorded = change.recorded;
    HtLive live = change.recorded.first ? HT_LIVE_REPLACED : HT_LIVE_GIVEN_UP;
    return drop_op(&change, op, live, &call->n, error) && ht_change_commit(&change, error);
}

/* --- Any of it, waited for or not */

static bool run_call(HtStore *store, gpointer data, GError **error)
{
    Call *call = data;
    call->n = 1;
    switch (call->what.kind) {
    case HT_SETTLE_DROP:
        return drop(call, store, error);
    case HT_SETTLE_UNPARK:
        return ht_unpark_all(call->outbox, store, &call->n, error);
    case HT_SETTLE_RESOLVE:
    default:
        return resolve(call, store, error);
    }
}

bool ht_outbox_settle(HtOutbox *outbox, const HtSettle *settle, guint *n, GError **error)
{
    Call call = {.outbox = outbox, .what = *settle};
    bool ok = ht_store_call(outbox->cache, run_call, &call, error);
    *n = ok ? call.n : 0;
    return ok;
}

bool ht_outbox_resolve(HtOutbox *outbox, int64_t seq, const HtResolve *how, GError **error)
{
    HtSettle settle = {.kind = HT_SETTLE_RESOLVE, .seq = seq, .how = *how};
    guint n;
    return ht_outbox_settle(outbox, &settle, &n, error);
}

bool ht_outbox_drop(HtOutbox *outbox, int64_t seq, GError **error)
{
    HtSettle settle = {.kind = HT_SETTLE_DROP, .seq = seq};
    guint n;
    return ht_outbox_settle(outbox, &settle, &n, error);
}

bool ht_outbox_unpark(HtOutbox *outbox, guint *n, GError **error)
{
    HtSettle settle = {.kind = HT_SETTLE_UNPARK};
    return ht_outbox_settle(outbox, &settle, n, error);
}

static void call_free(gpointer data)
{
    Call *call = data;
    g_free(call->note);
    g_free(call->value);
    g_free(call);
}

static bool run_task(HtStore *store, gpointer data, GError **error)
{
    return run_call(store, g_task_get_task_data(data), error);
}

static void task_done(bool ok, GError *error, gpointer data)
{
    g_autoptr(GTask) task = data;
    if (ok)
        g_task_return_int(task, ((Call *)g_task_get_task_data(task))->n);
    else
        g_task_return_error(task, error);
}

void ht_outbox_settle_async(HtOutbox *outbox, const HtSettle *settle, GAsyncReadyCallback callback,
                            gpointer user_data)
{
    Call *call = g_new0(Call, 1);
    *call = (Call){.outbox = outbox,
                   .what = *settle,
                   .note = g_strdup(settle->how.note),
                   .value = g_strdup(settle->how.value)};
    call->what.how.note = call->note;
    call->what.how.value = call->value;
    call->what.how.recorded = NULL;
    GTask *task = g_task_new(NULL, NULL, callback, user_data);
    g_task_set_task_data(task, call, call_free);
    ht_store_call_async(outbox->cache, run_task, task, task_done);
}

bool ht_outbox_settle_finish(HtOutbox *outbox, GAsyncResult *result, guint *n, GError **error)
{
    (void)outbox;
    gssize done = g_task_propagate_int(G_TASK(result), error);
    *n = done > 0 ? (guint)done : 0;
    return done >= 0;
}
