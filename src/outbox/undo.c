/* Undo: what was not sent yet vanishes with its undo; what was sent (or may have been) is answered
 * by a new decision that reverses it, or by an edit that puts the old values back. Redo takes the
 * answer back if it is still here, else does the same again. What can never be undone says so once
 * and then stands no longer in the way of what was done before it. */
#include "internal.h"

#include "hiretty/cache/candidates.h"

static void set_object_text(HtJson *body, const char *member, const char *name, const char *value)
{
    HtJson *object = ht_json_new_object();
    if (name)
        ht_json_set_string(object, name, value);
    ht_json_set(body, member, object);
}

static bool query_hits(HtDb *db, const char *resource, const HtUuid *id, int64_t seq)
{
    g_auto(HtStmtUse) use = {ht_db_stmt(db, resource, NULL)};
    if (!use.stmt)
        return false;
    ht_stmt_bind_uuid(use.stmt, 1, id);
    if (seq)
        ht_stmt_bind_int(use.stmt, 2, seq);
    return ht_stmt_step(use.stmt, NULL) == HT_STEP_ROW;
}

bool ht_op_merge(HtDb *db, const HtOp *op, GError **error)
{
    int64_t merges = ht_json_get_int(op->prev, "merges", 0);
    if (!merges)
        return true;
    HtStmt *merge = ht_db_stmt(db, HT_OUTBOX_QUERY("op_merge"), error);
    if (!merge)
        return false;
    ht_stmt_bind_int(merge, 1, merges);
    ht_stmt_bind_int(merge, 2, op->seq);
    return ht_stmt_run(merge, error);
}

static HtKey key_of(HtPlan *plan, const HtOp *op)
{
    return ht_reader_key(plan->reader, op->fn == HT_PUSH_DECISIONS ? &op->match : &op->candidate);
}

/* --- Compensating */

/* What it was before, for what is shown until the server has undone it. */
static void set_way_back(HtOp *undo, const HtOp *op)
{
    undo->prev = ht_json_new_object();
    ht_json_set_string(undo->prev, "to", ht_json_get_string(op->prev, "stage", NULL));
    ht_json_set_int(undo->prev, "since", ht_json_get_int(op->prev, "since", 0));
    if (ht_json_has(op->prev, "held"))
        ht_json_set_int(undo->prev, "held", ht_json_get_int(op->prev, "held", 0));
}

static HtOp *new_undo(HtPlan *plan, const HtOp *op, const HtStand *stand)
{
    HtOp *undo = ht_op_new(HT_PUSH_DECISIONS, HT_TBL_MATCH);
    undo->kind = g_strdup("undo");
    undo->row = undo->match = op->match;
    undo->candidate = op->candidate;
    undo->reverses = op->op;
    undo->at = plan->now_us;
    undo->label = g_strdup_printf("Undo: %s", op->label);
    ht_json_set_uuid(undo->body, "match", &op->match);
    ht_json_set_string(undo->body, "decision", "undo");
    ht_json_set_uuid(undo->body, "from_stage", &stand->stage);
    ht_json_set_null(undo->body, "to_stage");
    ht_json_set_uuid(undo->body, "base_decision", &stand->last);
    ht_json_set_uuid(undo->body, "reverses", &op->op);
    ht_json_set_int(undo->body, "at", undo->at);
    ht_json_set_bool(undo->body, "explanation_viewed", false);
    ht_json_set_bool(undo->body, "blind", ht_json_get_bool(op->body, "blind", false));
    ht_json_set_int(undo->body, "seconds_viewed", 0);
    set_way_back(undo, op);
    return undo;
}

/* NULL: nothing. */
static const char *why_not_undone(HtPlan *plan, const HtOp *op, bool is_here, const HtStand *stand)
{
    if (g_strcmp0(op->code, "same") == 0)
        return HT_WHY_ANOTHERS;
    if (query_hits(ht_reader_db(plan->reader), HT_CACHE_QUERY("mail_sent"), &op->op, 0))
        return "its mail has left already";
    if (!is_here)
        return "it is not here any more";
    return ht_uuid_equal(&stand->last, &op->op) || stand->is_undone ? NULL
                                                                    : "somebody decided since";
}

static HtOp *compensate_decision(HtPlan *plan, const HtOp *op)
{
    HtStand stand;
    bool is_here = ht_stand_get(plan, &op->match, &stand);
    if (stand.is_refused) /* it was said of the later one */
        return NULL;
    const char *why = why_not_undone(plan, op, is_here, &stand);
    if (!why) {
        HtOp *undo = new_undo(plan, op, &stand);
        ht_stand_after(plan, undo);
        return undo;
    }
    ht_plan_refuse(plan, ht_reader_key(plan->reader, &op->match), why);
    stand.is_refused = true;
    ht_stand_set(plan, &op->match, &stand);
    return NULL;
}

static HtOp *new_field_op(HtPlan *plan, const HtOp *like, const char *kind, const HtUuid *row)
{
    HtOp *op = ht_op_new(HT_PUSH_FIELDS, like->tbl);
    op->kind = g_strdup(kind);
    op->row = *row;
    op->match = like->match;
    op->candidate = like->candidate;
    op->at = plan->now_us;
    op->label = g_strdup_printf("Undo: %s", like->label);
    ht_json_set_string(op->body, "kind", kind);
    ht_json_set_string(op->body, "table", ht_json_get_string(like->body, "table", ""));
    ht_json_set_uuid(op->body, "row", row);
    ht_json_set_null(op->body, "base_version");
    set_object_text(op->body, "set", NULL, NULL);
    set_object_text(op->body, "base", NULL, NULL);
    ht_json_set_int(op->body, "at", op->at);
    return op;
}

static HtOp *readd_tag(HtPlan *plan, const HtOp *op)
{
    HtUuid row;
    char text[HT_UUID_TEXT];
    ht_uuid_new_random(&row);
    HtOp *undo = new_field_op(plan, op, "insert", &row);
    HtJson *set = ht_json_new_object();
    ht_json_set_string(set, "candidate_id", ht_uuid_format(&op->candidate, text));
    ht_json_set_string(set, "tag", ht_json_get_string(op->prev, "tag", ""));
    ht_json_set(undo->body, "set", set);
    return undo;
}

static HtOp *remove_row(HtPlan *plan, const HtOp *op)
{
    HtOp *undo = new_field_op(plan, op, "delete", &op->row);
    const HtJson *set = ht_json_get(op->body, "set");
    undo->prev = ht_json_new_object();
    ht_json_set_string(undo->prev, "tag", ht_json_get_string(set, "tag", NULL));
    ht_json_set_string(undo->prev, "body", ht_json_get_string(set, "body", NULL));
    return undo;
}

/* Interviews are cancelled, drafts of feedback emptied: rows that others may have seen stay. */
static HtOp *empty_row(HtPlan *plan, const HtOp *op)
{
    HtOp *undo = new_field_op(plan, op, "update", &op->row);
    const HtJson *set = ht_json_get(op->body, "set");
    undo->prev = ht_json_new_object();
    if (op->tbl == HT_TBL_INTERVIEW) {
        ht_op_set_text(undo, "set", "status", "cancelled");
        ht_op_set_text(undo, "base", "status", ht_json_get_string(set, "status", NULL));
        ht_json_set_string(undo->prev, "status", ht_json_get_string(set, "status", NULL));
        return undo;
    }
    for (const HtJson *e = ht_json_first(set); e; e = ht_json_next(e)) {
        const char *name = ht_json_key(e);
        if (g_str_has_suffix(name, "_id"))
            continue;
        ht_op_set_text(undo, "set", name, NULL);
        ht_op_set(undo, "base", name, ht_json_dup(e));
        ht_json_set(undo->prev, name, ht_json_dup(e));
    }
    return undo;
}

static HtOp *put_back(HtPlan *plan, const HtOp *op)
{
    HtOp *undo = new_field_op(plan, op, "update", &op->row);
    const HtJson *set = ht_json_get(op->body, "set");
    undo->prev = ht_json_new_object();
    for (const HtJson *e = ht_json_first(op->prev); e; e = ht_json_next(e)) {
        const HtJson *now = ht_json_get(set, ht_json_key(e));
        if (!now)
            continue;
        ht_op_set(undo, "set", ht_json_key(e), ht_json_dup(e));
        ht_op_set(undo, "base", ht_json_key(e), ht_json_dup(now));
        ht_json_set(undo->prev, ht_json_key(e), ht_json_dup(now));
    }
    return undo;
}

/* The server's answer brings the base, if it is not here yet: op_undelete. */
static HtOp *undelete(HtPlan *plan, const HtOp *op)
{
    HtOp *undo = new_field_op(plan, op, "update", &op->row);
    ht_op_set_text(undo, "set", "deleted_at", NULL);
    g_auto(HtStmtUse)
        use = {ht_db_stmt(ht_reader_db(plan->reader), HT_CACHE_QUERY("note_row"), NULL)};
    if (!use.stmt)
        return undo;
    ht_stmt_bind_uuid(use.stmt, 1, &op->row);
    if (ht_stmt_step(use.stmt, NULL) == HT_STEP_ROW && ht_stmt_int(use.stmt, 5))
        ht_op_set(undo, "base", "deleted_at", ht_json_new_int(ht_stmt_int(use.stmt, 5)));
    return undo;
}

static bool is_edit(const HtOp *op)
{
    return g_str_equal(op->kind, "update") || ht_json_has(op->prev, "merges");
}

/* *none: nothing has to be sent for it, the rest of its group does it. */
static HtOp *compensate_field(HtPlan *plan, const HtOp *op, bool *none)
{
    HtOp *undo = NULL;
    bool submits = ht_json_has(ht_json_get(op->body, "set"), "submitted_at");
    *none = op->tbl == HT_TBL_PANEL;
    if (*none)
        return NULL;
    if (submits)
        ht_plan_refuse(plan, key_of(plan, op), "submitted feedback is final");
    else if (is_edit(op))
        undo = put_back(plan, op);
    else if (g_str_equal(op->kind, "delete"))
        undo = op->tbl == HT_TBL_TAG ? readd_tag(plan, op) : undelete(plan, op);
    else if (op->tbl == HT_TBL_TAG || op->tbl == HT_TBL_NOTE)
        undo = remove_row(plan, op);
    else
        undo = empty_row(plan, op);
    if (undo)
        undo->reverses = op->op;
    return undo;
}

/* --- Undo */

/* Counted by what it is about: a reopening and a decision on it are one, a panel is its
 * interview's.
 */
static void note_done(HtPlan *plan, const HtOp *op)
{
    HtKey key = key_of(plan, op);
    if (!plan->done_rows)
        plan->done_rows = g_hash_table_new_full(ht_uuid_hash, ht_uuid_equal, g_free, NULL);
    if (op->tbl == HT_TBL_PANEL || !g_hash_table_add(plan->done_rows, ht_uuid_dup(&op->row)))
        return;
    plan->receipt->n_done++;
    if (key)
        g_array_append_val(plan->receipt->keys, key);
}

static bool set_live(HtDb *db, int64_t seq, HtLive live, GError **error)
{
    HtStmt *set = ht_db_stmt(db, HT_OUTBOX_QUERY("op_live"), error);
    if (!set)
        return false;
    ht_stmt_bind_int(set, 1, seq);
    ht_stmt_bind_int(set, 2, live);
    return ht_stmt_run(set, error);
}

static bool mark_group(HtDb *db, int64_t group, bool undone, GError **error)
{
    int64_t number = ht_outbox_counter(db, "acts", error);
    HtStmt *mark = number ? ht_db_stmt(db, HT_OUTBOX_QUERY("group_undone"), error) : NULL;
    if (!mark)
        return false;
    ht_stmt_bind_int(mark, 1, group);
    ht_stmt_bind_int(mark, 2, undone);
    ht_stmt_bind_int(mark, 3, number);
    return ht_stmt_run(mark, error);
}

static bool vanish(HtChange *change, HtPlan *plan, HtOp *op, GError **error)
{
    HtDb *db = change->outbox->db;
    if (op->state == HT_OP_PENDING &&
        query_hits(db, HT_OUTBOX_QUERY("op_later"), &op->row, op->seq)) {
        ht_plan_refuse(plan, key_of(plan, op), "something was done with it since");
        return true;
    }
    note_done(plan, op);
    ht_change_touch(change, op);
    if (op->state == HT_OP_PENDING && op->fn == HT_PUSH_DECISIONS)
        ht_stand_before(plan, op);
    /* What the server refused, it refused with all that it carried. */
    const char *carried = op->state == HT_OP_PENDING ? HT_OUTBOX_QUERY("op_unmerge")
                                                     : HT_OUTBOX_QUERY("op_carried_drop");
    return ht_op_set_state(db, op->seq, HT_OP_DROPPED, HT_LIVE_UNDONE, error) &&
           ht_outbox_run(db, carried, op->seq, error);
}

static bool answer(HtChange *change, HtPlan *plan, HtOp *op, int64_t *group, GError **error)
{
    HtDb *db = change->outbox->db;
    bool none = false;
    g_autoptr(HtOp) undo = op->fn == HT_PUSH_DECISIONS ? compensate_decision(plan, op)
                                                       : compensate_field(plan, op, &none);
    if (none)
        return set_live(db, op->seq, HT_LIVE_UNDONE, error);
    if (!undo) {
        plan->is_settled = true;
        return set_live(db, op->seq, HT_LIVE_STANDS, error);
    }
    HtGroup act = {
        .kind = HT_INTENT_UNDO, .label = undo->label, .at = plan->now_us, .undo_of = op->group};
    if (!*group)
        *group = ht_group_add(db, &act, error);
    undo->group = *group;
    if (!*group || !ht_change_insert(change, undo, error) ||
        !set_live(db, op->seq, HT_LIVE_UNDONE, error))
        return false;
    note_done(plan, op);
    ht_change_touch(change, undo);
    return true;
}

static GPtrArray *group_ops(HtDb *db, int64_t group, HtLive live, GError **error)
{
    HtStmt *stmt = ht_db_stmt(db, HT_OUTBOX_QUERY("ops_of_group"), error);
    if (stmt) {
        ht_stmt_bind_int(stmt, 1, group);
        ht_stmt_bind_int(stmt, 2, live);
    }
    return ht_ops_read(stmt, error);
}

static bool nothing_done(HtPlan *plan, GError **error)
{
    if (plan->receipt->n_done > 0)
        return false;
    g_set_error(error, HT_OUTBOX_ERROR, HT_OUTBOX_ERROR_REFUSED, "%s",
                plan->receipt->why ? plan->receipt->why : "nothing of it can be undone");
    return true;
}

static bool is_sent(HtOpState state)
{
    return state == HT_OP_SENDING || state == HT_OP_DONE;
}

/* A later edit carried it: it went with that one, or waits with it. */
static bool undo_carried(HtChange *change, HtPlan *plan, HtOp *op, int64_t *group, GError **error)
{
    HtOpState state = HT_OP_DROPPED;
    {
        g_auto(HtStmtUse)
            use = {ht_db_stmt(change->outbox->db, HT_OUTBOX_QUERY("op_carrier"), error)};
        if (!use.stmt)
            return false;
        ht_stmt_bind_int(use.stmt, 1, op->seq);
        if (ht_stmt_step(use.stmt, NULL) == HT_STEP_ROW)
            state = (HtOpState)ht_stmt_int(use.stmt, 1);
    }
    if (is_sent(state))
        return answer(change, plan, op, group, error);
    ht_plan_refuse(plan, key_of(plan, op), "something was done with it since");
    return true;
}

/* This file may be older than the cache, or a copy's: then the server has what it calls pending. */
static bool is_taken(HtPlan *plan, const HtOp *op)
{
    return op->state == HT_OP_PENDING && op->fn == HT_PUSH_DECISIONS &&
           query_hits(ht_reader_db(plan->reader), HT_CACHE_QUERY("id_is_decision"), &op->op, 0);
}

static bool undo_op(HtChange *change, HtPlan *plan, HtOp *op, int64_t *group, GError **error)
{
    if (op->state == HT_OP_DROPPED)
        return undo_carried(change, plan, op, group, error);
    return is_sent(op->state) || is_taken(plan, op) ? answer(change, plan, op, group, error)
                                                    : vanish(change, plan, op, error);
}

bool ht_undo_meets(HtChange *change, int64_t group, bool *meets, GError **error)
{
    *meets = false;
    if (g_hash_table_size(change->matches) + g_hash_table_size(change->candidates) == 0)
        return true;
    g_autoptr(GPtrArray) ops = group_ops(change->outbox->db, group, HT_LIVE_COUNTS, error);
    for (guint i = 0; ops && i < ops->len && !*meets; i++) {
        const HtOp *op = ops->pdata[i];
        *meets = op->fn == HT_PUSH_DECISIONS
                     ? g_hash_table_contains(change->matches, &op->match)
                     : g_hash_table_contains(change->candidates, &op->candidate);
    }
    return ops != NULL;
}

bool ht_undo_group(HtChange *change, HtPlan *plan, int64_t group, GError **error)
{
    HtDb *db = change->outbox->db;
    int64_t answers = 0;
    g_autoptr(GPtrArray) ops = group_ops(db, group, HT_LIVE_COUNTS, error);
    for (guint i = 0; ops && i < ops->len; i++) {
        if (!undo_op(change, plan, ops->pdata[i], &answers, error))
            return false;
    }
    return ops && !nothing_done(plan, error) && mark_group(db, group, true, error);
}

/* --- Redo */

static void renew_note(HtJson *body)
{
    const HtJson *note = ht_json_get(body, "note");
    if (ht_json_type(note) != HT_JSON_OBJECT)
        return;
    HtUuid id;
    HtJson *copy = ht_json_dup(note);
    ht_uuid_new_random(&id);
    ht_json_set_uuid(copy, "id", &id);
    ht_json_set(body, "note", copy);
}

static void renew_mail(HtPlan *plan, HtOp *op, const HtMatchRow *row)
{
    ht_json_remove(op->body, "mails");
    if (!ht_json_get_bool(op->prev, "mail", false))
        return;
    HtUuid reason;
    g_autoptr(HtIntent) intent = ht_intent_new(HT_INTENT_DECIDE);
    intent->decision = ht_decision_parse(op->kind);
    if (ht_json_get_uuid(op->body, "reason", &reason))
        intent->reason = ht_reader_key(plan->reader, &reason);
    intent->mail_delay_us = ht_json_get_int(op->prev, "mail_delay", 0);
    const HtIntent *saved = plan->intent;
    plan->intent = intent;
    ht_mail_add(plan, op, row);
    plan->intent = saved;
}

/* A copy with a new id, on what is there now; NULL with a refusal when the row stands elsewhere. */
static HtOp *again_decision(HtPlan *plan, const HtOp *op)
{
    HtKey key = ht_reader_key(plan->reader, &op->match);
    HtMatchRow *row = ht_cache_match(plan->reader, key, NULL);
    HtUuid then;
    HtStand stand;
    if (!row || !ht_stand_get(plan, &op->match, &stand) ||
        !ht_json_get_uuid(op->body, "from_stage", &then) || !ht_uuid_equal(&stand.stage, &then)) {
        ht_plan_refuse(plan, key, "it stands somewhere else now");
        if (row)
            ht_match_rows_free(row, 1);
        return NULL;
    }
    HtOp *again = ht_op_new(HT_PUSH_DECISIONS, HT_TBL_MATCH);
    ht_json_free(again->body);
    again->body = ht_json_dup(op->body);
    ht_json_set_uuid(again->body, "op", &again->op);
    ht_json_set_uuid(again->body, "base_decision", &stand.last);
    ht_json_set_int(again->body, "at", plan->now_us);
    again->prev = op->prev ? ht_json_dup(op->prev) : NULL;
    again->kind = g_strdup(op->kind);
    again->row = again->match = op->match;
    renew_note(again->body);
    renew_mail(plan, again, row);
    ht_match_rows_free(row, 1);
    ht_stand_after(plan, again);
    return again;
}

/* Its fields alone, on the values from before, which the undo put back. */
static void stand_alone(HtOp *again)
{
    g_autoptr(HtJson) set = ht_json_dup(ht_json_get(again->body, "set"));
    ht_json_set(again->body, "set", ht_json_new_object());
    ht_json_set(again->body, "base", ht_json_new_object());
    ht_json_set_null(again->body, "base_version");
    ht_json_set_string(again->body, "kind", "update");
    g_free(again->kind);
    again->kind = g_strdup("update");
    ht_json_remove(again->prev, "merges");
    for (const HtJson *e = ht_json_first(again->prev); e; e = ht_json_next(e)) {
        const HtJson *value = ht_json_get(set, ht_json_key(e));
        if (!value)
            continue;
        ht_op_set(again, "set", ht_json_key(e), ht_json_dup(value));
        ht_op_set(again, "base", ht_json_key(e), ht_json_dup(e));
    }
}

static HtOp *again_field(HtPlan *plan, const HtOp *op, bool was_sent)
{
    HtOp *again = ht_op_new((HtPushFunction)op->fn, op->tbl);
    ht_json_free(again->body);
    again->body = ht_json_dup(op->body);
    ht_json_set_uuid(again->body, "op", &again->op);
    again->prev = op->prev ? ht_json_dup(op->prev) : NULL;
    again->kind = g_strdup(op->kind);
    again->row = op->row;
    bool removed = op->tbl == HT_TBL_TAG || op->tbl == HT_TBL_NOTE;
    if (is_edit(op)) {
        stand_alone(again);
        ht_plan_merge(plan, again);
    } else if (was_sent && removed && g_str_equal(op->kind, "insert")) {
        ht_uuid_new_random(&again->row);
        ht_json_set_uuid(again->body, "row", &again->row);
    }
    return again;
}

/* The row of a planned interview or a draft is there, emptied: the answer's answer puts it back. */
static HtOp *refill(HtPlan *plan, HtDb *db, int64_t answer_seq)
{
    g_autoptr(HtOp) emptied = ht_op_load(db, answer_seq, NULL);
    return emptied ? put_back(plan, emptied) : NULL;
}

static HtOp *make_again(HtChange *change, HtPlan *plan, const HtOp *op, int64_t answer_seq)
{
    bool stays = op->tbl == HT_TBL_INTERVIEW || op->tbl == HT_TBL_FEEDBACK;
    if (op->fn == HT_PUSH_DECISIONS)
        return again_decision(plan, op);
    if (answer_seq && stays && !is_edit(op))
        return refill(plan, change->outbox->db, answer_seq);
    return again_field(plan, op, answer_seq != 0);
}

static bool insert_again(HtChange *change, HtPlan *plan, const HtOp *op, int64_t answer_seq,
                         GError **error)
{
    g_autoptr(HtOp) again = make_again(change, plan, op, answer_seq);
    if (!again)
        return true;
    again->group = op->group;
    again->match = op->match;
    again->candidate = op->candidate;
    again->at = plan->now_us;
    g_free(again->label);
    again->label = g_strdup(op->label);
    note_done(plan, op);
    ht_change_touch(change, again);
    return ht_change_insert(change, again, error) &&
           ht_op_merge(change->outbox->db, again, error) &&
           set_live(change->outbox->db, op->seq, HT_LIVE_REPLACED, error);
}

/* The answer has not left: without it the op stands as it stood. */
static bool drop_answer(HtChange *change, HtPlan *plan, const HtOp *op, int64_t answer_seq,
                        GError **error)
{
    HtDb *db = change->outbox->db;
    g_autoptr(HtOp) answer = ht_op_load(db, answer_seq, error);
    if (!answer)
        return false;
    if (op->fn == HT_PUSH_DECISIONS)
        ht_stand_before(plan, answer);
    note_done(plan, op);
    ht_change_touch(change, op);
    return ht_op_set_state(db, answer_seq, HT_OP_DROPPED, HT_LIVE_UNDONE, error) &&
           set_live(db, op->seq, HT_LIVE_COUNTS, error);
}

static bool redo_op(HtChange *change, HtPlan *plan, const HtOp *op, GError **error)
{
    HtDb *db = change->outbox->db;
    int64_t answer_seq = 0, answer_state = 0;
    {
        g_auto(HtStmtUse) use = {ht_db_stmt(db, HT_OUTBOX_QUERY("op_reversing"), error)};
        if (!use.stmt)
            return false;
        ht_stmt_bind_uuid(use.stmt, 1, &op->op);
        if (ht_stmt_step(use.stmt, NULL) == HT_STEP_ROW) {
            answer_seq = ht_stmt_int(use.stmt, 0);
            answer_state = ht_stmt_int(use.stmt, 1);
        }
    }
    /* Undone without an answer of its own after it was sent: it still stands on the server. */
    if (!answer_seq && is_sent(op->state)) {
        note_done(plan, op);
        return set_live(db, op->seq, HT_LIVE_COUNTS, error);
    }
    return answer_seq && answer_state == HT_OP_PENDING
               ? drop_answer(change, plan, op, answer_seq, error)
               : insert_again(change, plan, op, answer_seq, error);
}

bool ht_redo_group(HtChange *change, HtPlan *plan, int64_t group, GError **error)
{
    HtDb *db = change->outbox->db;
    g_autoptr(GPtrArray) ops = group_ops(db, group, HT_LIVE_UNDONE, error);
    for (guint i = ops ? ops->len : 0; i > 0; i--) {
        if (!redo_op(change, plan, ops->pdata[i - 1], error))
            return false;
    }
    return ops && !nothing_done(plan, error) && mark_group(db, group, false, error);
}
