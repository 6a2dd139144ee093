/* Ops between the file and memory. */
#include "internal.h"

HtOp *ht_op_new(HtPushFunction fn, int tbl)
{
    HtOp *op = g_new0(HtOp, 1);
    op->fn = (int)fn;
    op->tbl = tbl;
    op->is_live = true;
    op->body = ht_json_new_object();
    ht_uuid_new_random(&op->op);
    ht_json_set_uuid(op->body, "op", &op->op);
    return op;
}

void ht_op_free(HtOp *op)
{
    if (!op)
        return;
    ht_json_free(op->body);
    ht_json_free(op->prev);
    g_free(op->kind);
    g_free(op->label);
    g_free(op->why);
    g_free(op->code);
    g_free(op->theirs);
    g_free(op);
}

const char *ht_op_text_field(const HtOp *op)
{
    switch (op->fn == HT_PUSH_FIELDS ? op->tbl : 0) {
    case HT_TBL_NOTE:
        return "body";
    case HT_TBL_FEEDBACK:
        return "notes";
    default:
        return NULL;
    }
}

void ht_json_set_uuid(HtJson *object, const char *key, const HtUuid *id)
{
    char text[HT_UUID_TEXT];
    if (!id || ht_uuid_is_nil(id))
        ht_json_set_null(object, key);
    else
        ht_json_set_string(object, key, ht_uuid_format(id, text));
}

bool ht_json_get_uuid(const HtJson *json, const char *key, HtUuid *out)
{
    return ht_uuid_parse(ht_json_get_string(json, key, NULL), out);
}

static HtOp *read_op(HtStmt *stmt, bool whole)
{
    HtOp *op = g_new0(HtOp, 1);
    op->seq = ht_stmt_int(stmt, 0);
    op->group = ht_stmt_int(stmt, 1);
    ht_stmt_uuid(stmt, 2, &op->op);
    op->fn = (int)ht_stmt_int(stmt, 3);
    op->kind = ht_stmt_dup_text(stmt, 4);
    op->state = (HtOpState)ht_stmt_int(stmt, 5);
    op->tbl = (int)ht_stmt_int(stmt, 6);
    ht_stmt_uuid(stmt, 7, &op->row);
    ht_stmt_uuid(stmt, 8, &op->match);
    ht_stmt_uuid(stmt, 9, &op->candidate);
    ht_stmt_uuid(stmt, 10, &op->reverses);
    op->at = ht_stmt_int(stmt, 11);
    op->body = whole ? ht_json_parse(ht_stmt_text(stmt, 12), -1, NULL) : NULL;
    if (!op->body)
        op->body = ht_json_new_object();
    const char *prev = whole ? ht_stmt_text(stmt, 13) : NULL;
    op->prev = prev ? ht_json_parse(prev, -1, NULL) : NULL;
    op->label = ht_stmt_dup_text(stmt, 14);
    op->why = ht_stmt_dup_text(stmt, 15);
    op->code = ht_stmt_dup_text(stmt, 16);
    op->theirs = ht_stmt_dup_text(stmt, 17);
    ht_stmt_uuid(stmt, 18, &op->theirs_by);
    op->theirs_at = ht_stmt_int(stmt, 19);
    op->is_live = ht_stmt_int(stmt, 20) != 0;
    return op;
}

static GPtrArray *read_ops(HtStmt *stmt, bool whole, GError **error)
{
    if (!stmt)
        return NULL;
    g_auto(HtStmtUse) use = {stmt};
    g_autoptr(GPtrArray) ops = g_ptr_array_new_with_free_func((GDestroyNotify)(void *)ht_op_free);
    HtStep step;
    while ((step = ht_stmt_step(stmt, error)) == HT_STEP_ROW)
        g_ptr_array_add(ops, read_op(stmt, whole));
    return step == HT_STEP_DONE ? g_steal_pointer(&ops) : NULL;
}

GPtrArray *ht_ops_read(HtStmt *stmt, GError **error)
{
    return read_ops(stmt, true, error);
}

GPtrArray *ht_ops_read_bare(HtStmt *stmt, GError **error)
{
    return read_ops(stmt, false, error);
}

HtOp *ht_op_load(HtDb *db, int64_t seq, GError **error)
{
    HtStmt *stmt = ht_db_stmt(db, HT_OUTBOX_QUERY("op_get"), error);
    if (stmt)
        ht_stmt_bind_int(stmt, 1, seq);
    g_autoptr(GPtrArray) ops = ht_ops_read(stmt, error);
    if (!ops)
        return NULL;
    if (ops->len == 0) {
        g_set_error(error, HT_OUTBOX_ERROR, HT_OUTBOX_ERROR_NOTHING, "the outbox has no such item");
        return NULL;
    }
    return g_ptr_array_steal_index(ops, 0);
}

GPtrArray *ht_ops_of(HtDb *db, const char *resource, const HtUuid *id, GError **error)
{
    HtStmt *stmt = ht_db_stmt(db, resource, error);
    if (stmt)
        ht_stmt_bind_uuid(stmt, 1, id);
    return ht_ops_read(stmt, error);
}

/* To the server what is not there is null, and every null would be taken apart there. */
static void drop_nulls(HtJson *object)
{
    for (const HtJson *e = ht_json_first(object), *next; e; e = next) {
        next = ht_json_next(e);
        if (ht_json_type(e) == HT_JSON_NULL)
            ht_json_remove(object, ht_json_key(e));
    }
}

bool ht_op_insert(HtDb *db, HtOp *op, GError **error)
{
    HtStmt *add = ht_db_stmt(db, HT_OUTBOX_QUERY("op_add"), error);
    if (!add)
        return false;
    if (op->fn == HT_PUSH_DECISIONS)
        drop_nulls(op->body);
    g_autofree char *body = ht_json_print(op->body, false);
    g_autofree char *prev = op->prev ? ht_json_print(op->prev, false) : NULL;
    ht_stmt_bind_int(add, 1, op->group);
    ht_stmt_bind_uuid(add, 2, &op->op);
    ht_stmt_bind_int(add, 3, op->fn);
    ht_stmt_bind_text(add, 4, op->kind);
    ht_stmt_bind_int(add, 5, op->tbl);
    ht_stmt_bind_uuid(add, 6, &op->row);
    ht_stmt_bind_uuid(add, 7, &op->match);
    ht_stmt_bind_uuid(add, 8, &op->candidate);
    ht_stmt_bind_uuid(add, 9, &op->reverses);
    ht_stmt_bind_int(add, 10, op->at);
    ht_stmt_bind_text(add, 11, body);
    ht_stmt_bind_text(add, 12, prev);
    ht_stmt_bind_text(add, 13, op->label ? op->label : "");
    if (!ht_stmt_run(add, error))
        return false;
    op->seq = ht_db_last_rowid(db);
    return true;
}

bool ht_op_set_state(HtDb *db, int64_t seq, HtOpState state, HtLive live, GError **error)
{
    HtStmt *set = ht_db_stmt(db, HT_OUTBOX_QUERY("op_state"), error);
    if (!set)
        return false;
    ht_stmt_bind_int(set, 1, seq);
    ht_stmt_bind_int(set, 2, state);
    ht_stmt_bind_int(set, 3, live);
    return ht_stmt_run(set, error);
}

bool ht_outbox_run(HtDb *db, const char *resource, int64_t first, GError **error)
{
    HtStmt *stmt = ht_db_stmt(db, resource, error);
    if (!stmt)
        return false;
    ht_stmt_bind_int(stmt, 1, first);
    return ht_stmt_run(stmt, error);
}

int64_t ht_outbox_counter(HtDb *db, const char *name, GError **error)
{
    HtStmt *next = ht_db_stmt(db, HT_OUTBOX_QUERY("counter_next"), error);
    if (!next)
        return 0;
    ht_stmt_bind_text(next, 1, name);
    int64_t value = ht_stmt_step(next, error) == HT_STEP_ROW ? ht_stmt_int(next, 0) : 0;
    ht_stmt_reset(next);
    return value;
}

char *ht_outbox_meta(HtDb *db, const char *name)
{
    HtStmt *get = ht_db_stmt(db, HT_OUTBOX_QUERY("meta_get"), NULL);
    if (!get)
        return NULL;
    ht_stmt_bind_text(get, 1, name);
    char *value = ht_stmt_step(get, NULL) == HT_STEP_ROW ? ht_stmt_dup_text(get, 0) : NULL;
    ht_stmt_reset(get);
    return value;
}

int64_t ht_group_add(HtDb *db, const HtGroup *group, GError **error)
{
    int64_t acted = ht_outbox_counter(db, "acts", error);
    HtStmt *add = acted ? ht_db_stmt(db, HT_OUTBOX_QUERY("group_add"), error) : NULL;
    if (!add)
        return 0;
    ht_stmt_bind_int(add, 1, group->kind);
    ht_stmt_bind_int(add, 2, (int64_t)group->pass);
    ht_stmt_bind_text(add, 3, group->label);
    ht_stmt_bind_int(add, 4, group->at);
    if (group->undo_of)
        ht_stmt_bind_int(add, 5, group->undo_of);
    ht_stmt_bind_int(add, 6, acted);
    return ht_stmt_run(add, error) ? ht_db_last_rowid(db) : 0;
}
