/* Looking at the outbox, from any thread: a connection of its own behind a lock. And what a person
 * does with what could not be sent. */
#include "internal.h"

#include "hiretty/base/clock.h"
#include "hiretty/base/text.h"
#include "hiretty/domain/candidate.h"

#include <string.h>

/* --- Lists */

static char *group_label(HtOutbox *outbox, int64_t group)
{
    g_auto(HtStmtUse) use = {ht_db_stmt(outbox->look_db, HT_OUTBOX_QUERY("group_get"), NULL)};
    if (!use.stmt)
        return NULL;
    ht_stmt_bind_int(use.stmt, 1, group);
    return ht_stmt_step(use.stmt, NULL) == HT_STEP_ROW ? ht_stmt_dup_text(use.stmt, 3) : NULL;
}

static HtKey key_of(HtOutbox *outbox, const HtUuid *id)
{
    return ht_uuid_is_nil(id) ? 0 : ht_reader_key(outbox->look_reader, id);
}

static void fill_item(HtOutbox *outbox, HtOutboxItem *item, const HtOp *op)
{
    item->seq = op->seq;
    item->group = op->group;
    item->op = op->op;
    item->row = op->row;
    item->state = op->state;
    item->function = g_strdup(op->fn == HT_PUSH_DECISIONS ? "decisions" : "fields");
    item->label = g_strdup(op->label);
    item->group_label = group_label(outbox, op->group);
    item->match = key_of(outbox, &op->match);
    item->candidate = key_of(outbox, &op->candidate);
    item->at = op->at;
    item->why = g_strdup(op->why);
    item->code = g_strdup(op->code);
}

static void free_item(gpointer item)
{
    ht_outbox_item_free(item);
}

GPtrArray *ht_outbox_list(HtOutbox *outbox, gsize limit, GError **error)
{
    GPtrArray *items = NULL;
    g_mutex_lock(&outbox->lock);
    HtStmt *stmt = ht_db_stmt(outbox->look_db, HT_OUTBOX_QUERY("ops_open"), error);
    if (stmt)
        ht_stmt_bind_int(stmt, 1, limit ? (int64_t)limit : -1);
    g_autoptr(GPtrArray) ops = ht_ops_read(stmt, error);
    if (ops && ht_outbox_reader(outbox, &outbox->look_reader, error)) {
        items = g_ptr_array_new_with_free_func(free_item);
        for (guint i = 0; i < ops->len; i++) {
            HtOutboxItem *item = g_new0(HtOutboxItem, 1);
            fill_item(outbox, item, ops->pdata[i]);
            g_ptr_array_add(items, item);
        }
    }
    g_mutex_unlock(&outbox->lock);
    return items;
}

static void count_state(HtOutboxCounts *counts, HtOpState state, int n)
{
    switch (state) {
    case HT_OP_PENDING:
        counts->pending += n;
        break;
    case HT_OP_SENDING:
        counts->sending += n;
        break;
    case HT_OP_PARKED:
        counts->parked += n;
        break;
    case HT_OP_CONFLICT:
        counts->conflicts += n;
        break;
    case HT_OP_REJECTED:
    case HT_OP_GONE:
        counts->rejected += n;
        break;
    case HT_OP_DONE:
    case HT_OP_DROPPED:
        break;
    }
}

void ht_outbox_counts(HtOutbox *outbox, HtOutboxCounts *out)
{
    g_mutex_lock(&outbox->lock);
    int64_t version = ht_db_pragma_int(outbox->look_db, "data_version");
    if (version != outbox->counts_version) {
        g_auto(HtStmtUse) use = {ht_db_stmt(outbox->look_db, HT_OUTBOX_QUERY("counts"), NULL)};
        memset(&outbox->counts, 0, sizeof outbox->counts);
        while (use.stmt && ht_stmt_step(use.stmt, NULL) == HT_STEP_ROW)
            count_state(&outbox->counts, (HtOpState)ht_stmt_int(use.stmt, 0),
                        (int)ht_stmt_int(use.stmt, 1));
        outbox->counts_version = version;
    }
    *out = outbox->counts;
    g_mutex_unlock(&outbox->lock);
}

static char *one_label(HtOutbox *outbox, const char *resource)
{
    g_mutex_lock(&outbox->lock);
    char *label = NULL;
    {
        g_auto(HtStmtUse) use = {ht_db_stmt(outbox->look_db, resource, NULL)};
        if (use.stmt && ht_stmt_step(use.stmt, NULL) == HT_STEP_ROW)
            label = ht_stmt_dup_text(use.stmt, 1);
    }
    g_mutex_unlock(&outbox->lock);
    return label;
}

char *ht_outbox_undo_label(HtOutbox *outbox)
{
    return one_label(outbox, HT_OUTBOX_QUERY("group_undoable"));
}

char *ht_outbox_redo_label(HtOutbox *outbox)
{
    return one_label(outbox, HT_OUTBOX_QUERY("group_redoable"));
}

/* --- Conflicts, for people */

static char *text_of(HtOutbox *outbox, const char *resource, const HtUuid *id)
{
    g_auto(HtStmtUse) use = {ht_db_stmt(ht_reader_db(outbox->look_reader), resource, NULL)};
    if (!use.stmt)
        return NULL;
    ht_stmt_bind_uuid(use.stmt, 1, id);
    return ht_stmt_step(use.stmt, NULL) == HT_STEP_ROW ? ht_stmt_dup_text(use.stmt, 0) : NULL;
}

static char *named(HtOutbox *outbox, const HtJson *json, const char *member, const char *resource)
{
    HtUuid id;
    return ht_json_get_uuid(json, member, &id) ? text_of(outbox, resource, &id) : NULL;
}

static char *person_named(HtOutbox *outbox, const HtUuid *id)
{
    g_auto(HtStmtUse)
        use = {ht_db_stmt(ht_reader_db(outbox->look_reader), HT_CACHE_QUERY("user_name"), NULL)};
    if (!use.stmt || ht_uuid_is_nil(id))
        return NULL;
    ht_stmt_bind_uuid(use.stmt, 1, id);
    if (ht_stmt_step(use.stmt, NULL) != HT_STEP_ROW)
        return NULL;
    return ht_person_name(ht_stmt_text(use.stmt, 0), ht_stmt_text(use.stmt, 1));
}

/* The stage names and the last decision among the rows that the server sent. */
static void their_decision(HtOutbox *outbox, HtConflict *conflict, const HtJson *rows)
{
    g_autofree char *stage = NULL, *decision = NULL;
    for (const HtJson *e = ht_json_first(rows); e; e = ht_json_next(e)) {
        const HtJson *row = ht_json_get(e, "row");
        int64_t tbl = ht_json_get_int(e, "tbl", 0);
        if (tbl == HT_TBL_MATCH && !stage)
            stage = named(outbox, row, "stage_id", HT_CACHE_QUERY("stage_name"));
        if (ht_json_get_string(row, "decision", NULL)) {
            g_free(decision);
            decision = g_strdup(ht_json_get_string(row, "decision", NULL));
        }
    }
    HtDecisionKind kind = ht_decision_parse(decision);
    conflict->theirs = g_strdup_printf("%s%s%s", kind ? ht_decision_past(kind) : "",
                                       kind && stage ? ", now in " : "", stage ? stage : "");
}

static void describe_decision(HtOutbox *outbox, HtConflict *conflict, const HtOp *op,
                              const HtJson *rows)
{
    g_autofree char *from = named(outbox, op->body, "from_stage", HT_CACHE_QUERY("stage_name"));
    g_autofree char *to = named(outbox, op->body, "to_stage", HT_CACHE_QUERY("stage_name"));
    g_autofree char *reason = named(outbox, op->body, "reason", HT_CACHE_QUERY("reason_name"));
    conflict->base = g_strdup(from ? from : "");
    conflict->mine =
        g_strdup_printf("%s%s%s%s%s", ht_decision_past(ht_decision_parse(op->kind)),
                        to ? " → " : "", to ? to : "", reason ? ": " : "", reason ? reason : "");
    their_decision(outbox, conflict, rows);
}

static const char *their_text(const HtJson *rows, const char *name)
{
    const char *text = NULL;
    for (const HtJson *e = ht_json_first(rows); e && !text; e = ht_json_next(e))
        text = ht_json_get_string(ht_json_get(e, "row"), name, NULL);
    return text;
}

static void describe_field(HtConflict *conflict, const HtOp *op, const HtJson *rows)
{
    const char *name = op->tbl == HT_TBL_TAG ? "tag" : "body";
    const char *mine = ht_json_get_string(ht_json_get(op->body, "set"), name, NULL);
    const char *base = ht_json_get_string(ht_json_get(op->body, "base"), name, NULL);
    const char *theirs = their_text(rows, name);
    bool deletes = g_str_equal(op->kind, "delete");
    conflict->base = g_strdup(base ? base : "");
    conflict->mine = g_strdup(deletes ? "(deleted)" : mine ? mine : "");
    conflict->theirs = g_strdup(theirs ? theirs : "");
}

static HtConflict *make_conflict(HtOutbox *outbox, const HtOp *op)
{
    HtConflict *conflict = g_new0(HtConflict, 1);
    fill_item(outbox, &conflict->item, op);
    g_autoptr(HtJson) rows = op->theirs ? ht_json_parse(op->theirs, -1, NULL) : NULL;
    if (op->fn == HT_PUSH_DECISIONS)
        describe_decision(outbox, conflict, op, rows);
    else
        describe_field(conflict, op, rows);
    conflict->theirs_by = person_named(outbox, &op->theirs_by);
    conflict->theirs_at = op->theirs_at;
    conflict->current_json = g_strdup(op->theirs);
    return conflict;
}

static void free_conflict(gpointer conflict)
{
    ht_conflict_free(conflict);
}

GPtrArray *ht_outbox_conflicts(HtOutbox *outbox, GError **error)
{
    GPtrArray *conflicts = NULL;
    g_mutex_lock(&outbox->lock);
    g_autoptr(GPtrArray) ops =
        ht_ops_read(ht_db_stmt(outbox->look_db, HT_OUTBOX_QUERY("ops_conflicts"), error), error);
    if (ops && ht_outbox_reader(outbox, &outbox->look_reader, error)) {
        conflicts = g_ptr_array_new_with_free_func(free_conflict);
        for (guint i = 0; i < ops->len; i++)
            g_ptr_array_add(conflicts, make_conflict(outbox, ops->pdata[i]));
    }
    g_mutex_unlock(&outbox->lock);
    return conflicts;
}

/* --- Export */

static HtJson *export_op(const HtOp *op)
{
    char text[HT_UUID_TEXT];
    HtJson *entry = ht_json_new_object();
    ht_json_set_int(entry, "seq", op->seq);
    ht_json_set_string(entry, "state", ht_op_state_name(op->state));
    ht_json_set_string(entry, "function", op->fn == HT_PUSH_DECISIONS ? "decisions" : "fields");
    ht_json_set_string(entry, "label", op->label);
    ht_json_set_string(entry, "row", ht_uuid_format(&op->row, text));
    if (op->why)
        ht_json_set_string(entry, "why", op->why);
    if (op->code)
        ht_json_set_string(entry, "code", op->code);
    HtJson *body = ht_json_dup(op->body);
    ht_json_remove(body, "mails");
    ht_json_set(entry, "op", body);
    return entry;
}

char *ht_outbox_export(HtOutbox *outbox, GError **error)
{
    g_mutex_lock(&outbox->lock);
    HtStmt *stmt = ht_db_stmt(outbox->look_db, HT_OUTBOX_QUERY("ops_open"), error);
    if (stmt)
        ht_stmt_bind_int(stmt, 1, -1);
    g_autoptr(GPtrArray) ops = ht_ops_read(stmt, error);
    g_mutex_unlock(&outbox->lock);
    if (!ops)
        return NULL;
    g_autoptr(HtJson) list = ht_json_new_array();
    for (guint i = 0; i < ops->len; i++)
        ht_json_add(list, export_op(ops->pdata[i]));
    return ht_json_print(list, true);
}

/* --- Giving up, keeping */

typedef struct {
    HtOutbox *outbox;
    int64_t seq;
    HtResolution resolution;
} Call;

/* What builds on an op that is given up cannot stand without it. */
static bool drop_later(HtChange *change, const HtOp *op, GError **error)
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
            if (ht_stmt_step(use.stmt, NULL) == HT_STEP_ROW)
                later = ht_stmt_int(use.stmt, 0);
        }
        g_autoptr(HtOp) next = later ? ht_op_load(db, later, error) : NULL;
        if (!later || (next && next->state == HT_OP_SENDING))
            return true;
        if (!next || !ht_op_set_state(db, later, HT_OP_DROPPED, false, error))
            return false;
    }
}

static bool drop_op(HtChange *change, const HtOp *op, GError **error)
{
    HtDb *db = change->outbox->db;
    ht_change_touch(change, op);
    return ht_op_set_state(db, op->seq, HT_OP_DROPPED, false, error) &&
           ht_outbox_run(db, HT_OUTBOX_QUERY("op_unmerge"), op->seq, error) &&
           (op->state != HT_OP_PENDING || drop_later(change, op, error));
}

static bool run_drop(HtStore *store, gpointer data, GError **error)
{
    const Call *call = data;
    g_auto(HtChange) change = {0};
    if (!ht_change_begin(&change, call->outbox, store, error))
        return false;
    g_autoptr(HtOp) op = ht_op_load(call->outbox->db, call->seq, error);
    if (!op)
        return false;
    if (op->state == HT_OP_SENDING || op->state == HT_OP_DONE || op->state == HT_OP_DROPPED) {
        g_set_error(error, HT_OUTBOX_ERROR, HT_OUTBOX_ERROR_REFUSED, "%s",
                    op->state == HT_OP_SENDING ? "it is being sent: undo it instead"
                                               : "it is not in the outbox any more");
        return false;
    }
    return drop_op(&change, op, error) && ht_change_commit(&change, error);
}

bool ht_outbox_drop(HtOutbox *outbox, int64_t seq, GError **error)
{
    Call call = {.outbox = outbox, .seq = seq};
    return ht_store_call(outbox->cache, run_drop, &call, error);
}

/* The same intent again, on what is there now. */
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
    intent->note = g_strdup(ht_json_get_string(ht_json_get(op->body, "note"), "body", NULL));
    intent->mail = ht_json_get_bool(op->prev, "mail", false);
    intent->mail_delay_us = ht_json_get_int(op->prev, "mail_delay", 0);
    ht_intent_add_match(intent, ht_reader_key(reader, &op->match),
                        ht_json_get_bool(op->body, "explanation_viewed", false),
                        ht_json_get_bool(op->body, "blind", false),
                        (int)ht_json_get_int(op->body, "seconds_viewed", 0));
    return intent;
}

static HtOp *keep_decision(HtPlan *plan, const HtOp *op, GError **error)
{
    g_autoptr(HtIntent) intent = intent_of(plan->reader, op);
    plan->intent = intent;
    HtOp *again = ht_plan_decision(plan, &g_array_index(intent->matches, HtViewed, 0));
    plan->intent = NULL;
    if (!again)
        g_set_error(error, HT_OUTBOX_ERROR, HT_OUTBOX_ERROR_REFUSED, "%s", plan->receipt->why);
    return again;
}

/* On the version that the server sent: its values are the new base. */
static HtOp *keep_field(HtPlan *plan, const HtOp *op)
{
    HtOp *again = ht_op_new(HT_PUSH_FIELDS, op->tbl);
    ht_json_free(again->body);
    again->body = ht_json_dup(op->body);
    ht_json_set_uuid(again->body, "op", &again->op);
    again->kind = g_strdup(op->kind);
    again->row = op->row;
    again->at = plan->now_us;
    again->prev = op->prev ? ht_json_dup(op->prev) : NULL;
    g_autoptr(HtJson) rows = op->theirs ? ht_json_parse(op->theirs, -1, NULL) : NULL;
    const HtJson *row = ht_json_get(ht_json_first(rows), "row");
    ht_json_set_null(again->body, "base_version");
    if (ht_json_has(row, "row_version"))
        ht_json_set_int(again->body, "base_version", ht_json_get_int(row, "row_version", 0));
    HtJson *base = ht_json_new_object();
    const HtJson *set = ht_json_get(op->body, "set");
    for (const HtJson *e = ht_json_first(set); e; e = ht_json_next(e)) {
        const HtJson *theirs = ht_json_get(row, ht_json_key(e));
        if (theirs)
            ht_json_set(base, ht_json_key(e), ht_json_dup(theirs));
    }
    ht_json_set(again->body, "base", base);
    return again;
}

static bool keep_mine(HtChange *change, HtStore *store, const HtOp *op, GError **error)
{
    g_auto(HtPlan) plan = {0};
    ht_plan_init(&plan, change->outbox, store, NULL);
    g_autoptr(HtOp) again =
        op->fn == HT_PUSH_DECISIONS ? keep_decision(&plan, op, error) : keep_field(&plan, op);
    if (!again)
        return false;
    again->group = op->group;
    again->match = op->match;
    again->candidate = op->candidate;
    g_free(again->label);
    again->label = g_strdup(op->label);
    ht_change_touch(change, again);
    return ht_op_insert(change->outbox->db, again, error);
}

static bool run_resolve(HtStore *store, gpointer data, GError **error)
{
    const Call *call = data;
    g_auto(HtChange) change = {0};
    if (!ht_outbox_reader(call->outbox, &call->outbox->reader, error) ||
        !ht_change_begin(&change, call->outbox, store, error))
        return false;
    g_autoptr(HtOp) op = ht_op_load(call->outbox->db, call->seq, error);
    if (!op)
        return false;
    if (op->state != HT_OP_CONFLICT && op->state != HT_OP_REJECTED && op->state != HT_OP_GONE) {
        g_set_error(error, HT_OUTBOX_ERROR, HT_OUTBOX_ERROR_NOTHING, "it is not in conflict");
        return false;
    }
    if (call->resolution == HT_RESOLVE_KEEP_MINE && !keep_mine(&change, store, op, error))
        return false;
    return drop_op(&change, op, error) && ht_change_commit(&change, error);
}

bool ht_outbox_resolve(HtOutbox *outbox, int64_t seq, HtResolution resolution, GError **error)
{
    Call call = {.outbox = outbox, .seq = seq, .resolution = resolution};
    return ht_store_call(outbox->cache, run_resolve, &call, error);
}
