/* Batches. Their border and their text are on disk before they leave, so that the same bytes can
 * leave again. What is held (hold.c) is left out. An answer goes three steps: kept in this file;
 * base rows, acked_seq and shown in one transaction of the cache; states. A crash between two of
 * them is mended at the next open by doing the rest: each step can be done twice. */
#include "internal.h"

#include "hiretty/base/failpoint.h"
#include "hiretty/base/log.h"

#include <string.h>

#define BATCH_MAX 5000

void ht_batch_clear(HtBatch *batch)
{
    g_free(batch->json);
    g_free(batch->outcomes);
}

bool ht_batch_open(HtDb *db, HtBatch *batch, GError **error)
{
    g_auto(HtStmtUse) use = {ht_db_stmt(db, HT_OUTBOX_QUERY("batch_open"), error)};
    HtStep step = use.stmt ? ht_stmt_step(use.stmt, error) : HT_STEP_ERROR;
    if (step != HT_STEP_ROW)
        return step == HT_STEP_DONE;
    batch->id = ht_stmt_int(use.stmt, 0);
    batch->fn = (int)ht_stmt_int(use.stmt, 1);
    batch->first_seq = ht_stmt_int(use.stmt, 2);
    batch->last_seq = ht_stmt_int(use.stmt, 3);
    batch->n = (int)ht_stmt_int(use.stmt, 4);
    batch->json = ht_stmt_dup_text(use.stmt, 5);
    batch->outcomes = ht_stmt_dup_text(use.stmt, 6);
    return true;
}

int64_t ht_outbox_open_batch(HtDb *db, GError **error)
{
    g_auto(HtStmtUse) use = {ht_db_stmt(db, HT_OUTBOX_QUERY("batch_open"), error)};
    HtStep step = use.stmt ? ht_stmt_step(use.stmt, error) : HT_STEP_ERROR;
    return step == HT_STEP_ROW ? ht_stmt_int(use.stmt, 0) : step == HT_STEP_DONE ? 0 : -1;
}

/* --- Rows of the server in an outcome */

static void put_value(HtApplyTable *rows, int i, HtColumnType type, const HtJson *value)
{
    HtUuid id;
    if (ht_json_type(value) == HT_JSON_NULL || ht_json_type(value) == HT_JSON_NONE) {
        ht_apply_null(rows, i);
        return;
    }
    switch (type) {
    case HT_TYPE_UUID:
    case HT_TYPE_REF:
        if (ht_uuid_parse(ht_json_string(value, NULL), &id))
            ht_apply_uuid(rows, i, &id);
        else
            ht_apply_null(rows, i);
        break;
    case HT_TYPE_INT:
    case HT_TYPE_CENTI:
    case HT_TYPE_TIME:
        ht_apply_int(rows, i, ht_json_int(value, 0));
        break;
    case HT_TYPE_BOOL:
        ht_apply_int(rows, i, ht_json_bool(value, false));
        break;
    case HT_TYPE_REAL:
        ht_apply_real(rows, i, ht_json_double(value, 0));
        break;
    case HT_TYPE_TEXT:
    case HT_TYPE_DATE:
        ht_apply_text(rows, i, ht_json_string(value, ""), -1);
        break;
    case HT_TYPE_JSON:
    case HT_TYPE_TEXTS: {
        g_autofree char *text = ht_json_print(value, false);
        ht_apply_text(rows, i, text, -1);
        break;
    }
    }
}

/* A pull may have brought a newer version meanwhile. */
static bool is_older(HtApply *apply, const HtSyncTable *table, const HtUuid *id, const HtJson *row)
{
    return ht_json_has(row, "row_version") &&
           ht_apply_version(apply, table, id) > ht_json_get_int(row, "row_version", 0);
}

static bool apply_row(HtApply *apply, const HtSyncTable *table, const HtUuid *id, const HtJson *row,
                      GError **error)
{
    int columns[64], n = 0;
    for (int i = 0; i < table->n_columns && n < (int)G_N_ELEMENTS(columns); i++) {
        if (table->columns[i].type == HT_TYPE_UUID || ht_json_get(row, table->columns[i].name))
            columns[n++] = i;
    }
    if (is_older(apply, table, id, row))
        return true;
    HtApplyTable *rows = ht_apply_table(apply, table, columns, n, HT_APPLY_UPSERT, error);
    if (!rows)
        return false;
    for (int i = 0; i < n; i++) {
        const HtSyncColumn *column = &table->columns[columns[i]];
        if (column->type == HT_TYPE_UUID)
            ht_apply_uuid(rows, i, id);
        else
            put_value(rows, i, column->type, ht_json_get(row, column->name));
    }
    return ht_apply_row(rows, error);
}

static bool apply_outcome(HtApply *apply, const HtJson *outcome, GError **error)
{
    const HtJson *rows = ht_json_get(outcome, "rows");
    for (const HtJson *e = ht_json_first(rows); e; e = ht_json_next(e)) {
        const HtSyncTable *table = ht_sync_table_by_number((int)ht_json_get_int(e, "tbl", 0));
        HtUuid id;
        if (!table || !table->has_id || !ht_json_get_uuid(e, "id", &id))
            continue;
        const HtJson *row = ht_json_get(e, "row");
        bool ok = true;
        if (ht_json_get_bool(e, "gone", false))
            ok = ht_apply_delete(apply, table, &id, error);
        else if (ht_json_type(row) == HT_JSON_OBJECT)
            ok = apply_row(apply, table, &id, row, error);
        if (!ok)
            return false;
    }
    return true;
}

/* --- Settling */

typedef struct {
    HtOutbox *outbox;
    const HtBatch *batch;
    const HtJson *outcomes;
    HtChange *change; /* whose rows are to be shown anew */
} Settle;

static bool settle_cache(HtApply *apply, gpointer data, GError **error)
{
    Settle *settle = data;
    for (const HtJson *e = ht_json_first(settle->outcomes); e; e = ht_json_next(e)) {
        if (!apply_outcome(apply, e, error))
            return false;
    }
    int64_t acked = MAX(ht_shown_acked(apply), settle->batch->last_seq);
    return ht_apply_meta_set_int(apply, "acked_seq", acked, error) &&
           ht_apply_meta_set_int(apply, "acked_batch", settle->batch->id, error) &&
           ht_shown_matches(settle->outbox, apply, settle->change->matches, error) &&
           ht_shown_candidates(settle->outbox, apply, settle->change->candidates, error);
}

static bool touch_batch(HtOutbox *outbox, const HtJson *outcomes, HtChange *change, GError **error)
{
    for (const HtJson *e = ht_json_first(outcomes); e; e = ht_json_next(e)) {
        g_autoptr(HtOp) op = ht_op_load(outbox->db, ht_json_get_int(e, "seq", 0), error);
        if (!op)
            return false;
        ht_change_touch(change, op);
    }
    return true;
}

/* Steps two and three, of a batch whose answer is in the file. */
static bool finish_batch(HtOutbox *outbox, HtStore *store, const HtBatch *batch, GError **error)
{
    g_autoptr(HtJson) outcomes = ht_json_parse(batch->outcomes, -1, error);
    if (!outcomes)
        return false;
    g_auto(HtChange) change = {0};
    if (!ht_change_begin(&change, outbox, store, error) ||
        !touch_batch(outbox, outcomes, &change, error))
        return false;
    ht_db_rollback(outbox->db); /* nothing of the file changes before the cache has it */
    Settle settle = {outbox, batch, outcomes, &change};
    if (!ht_store_apply(store, settle_cache, &settle, error))
        return false;
    HT_FAILPOINT(PUSH_APPLIED);
    return ht_db_begin(outbox->db, true, error) &&
           ht_outbox_run(outbox->db, HT_OUTBOX_QUERY("batch_done"), batch->id, error) &&
           ht_outbox_run(outbox->db, HT_OUTBOX_QUERY("batch_delete"), batch->id, error) &&
           ht_db_commit(outbox->db, error);
}

static void tell_same(HtOutbox *outbox, const HtSameDecided *same)
{
    const HtOpSpan *span = &same->span;
    if (same->n == 0)
        return;
    g_mutex_lock(&outbox->lock);
    outbox->n_same += same->n;
    outbox->same.first = outbox->same.first ? MIN(outbox->same.first, span->first) : span->first;
    outbox->same.last = MAX(outbox->same.last, span->last);
    g_mutex_unlock(&outbox->lock);
}

static bool find_same(HtDb *db, const HtBatch *batch, HtSameDecided *same, GError **error)
{
    g_auto(HtStmtUse) use = {ht_db_stmt(db, HT_OUTBOX_QUERY("batch_same"), error)};
    if (!use.stmt)
        return false;
    ht_stmt_bind_int(use.stmt, 1, batch->id);
    if (ht_stmt_step(use.stmt, error) != HT_STEP_ROW)
        return false;
    same->span = (HtOpSpan){ht_stmt_int(use.stmt, 0), ht_stmt_int(use.stmt, 1)};
    same->n = (guint)ht_stmt_int(use.stmt, 2);
    return true;
}

/* Told by whoever finishes the batch: who had taken in the answer was ended before he could. */
bool ht_push_recover(HtOutbox *outbox, HtStore *store, GError **error)
{
    g_auto(HtBatch) batch = {0};
    HtSameDecided same = {0};
    if (!ht_batch_open(outbox->db, &batch, error))
        return false;
    if (!batch.id || !batch.outcomes)
        return true;
    if (!find_same(outbox->db, &batch, &same, error) || !finish_batch(outbox, store, &batch, error))
        return false;
    tell_same(outbox, &same);
    return true;
}

/* --- Answers */

static HtOpState refused_state(const char *outcome)
{
    if (g_strcmp0(outcome, "conflict") == 0)
        return HT_OP_CONFLICT;
    if (g_strcmp0(outcome, "gone") == 0)
        return HT_OP_GONE;
    return g_strcmp0(outcome, "rejected") == 0 ? HT_OP_REJECTED : HT_OP_SENDING;
}

bool ht_batch_malformed(GError **error, const char *why)
{
    g_set_error(error, HT_OUTBOX_ERROR, HT_OUTBOX_ERROR_MALFORMED,
                "the server's answer does not fit what was sent: %s", why);
    return false;
}

/* Whoever undid a deletion before this answer came did not know the base. */
static bool note_deletion(HtDb *db, const HtJson *outcome, GError **error)
{
    const HtJson *first = ht_json_first(ht_json_get(outcome, "rows"));
    int64_t at = ht_json_get_int(ht_json_get(first, "row"), "deleted_at", 0);
    if (ht_json_get_int(first, "tbl", 0) != HT_TBL_NOTE || !at)
        return true;
    HtStmt *set = ht_db_stmt(db, HT_OUTBOX_QUERY("op_undelete"), error);
    if (!set)
        return false;
    ht_stmt_bind_int(set, 1, ht_json_get_int(outcome, "seq", 0));
    ht_stmt_bind_int(set, 2, at);
    return ht_stmt_run(set, error);
}

static bool record_outcome(HtDb *db, const HtJson *outcome, GError **error)
{
    const char *name = ht_json_get_string(outcome, "outcome", "");
    HtOpState state = refused_state(name);
    if (state == HT_OP_SENDING)
        return g_str_equal(name, "applied") || g_str_equal(name, "merged")
                   ? note_deletion(db, outcome, error)
                   : ht_batch_malformed(error, "an unknown outcome");
    HtUuid by;
    ht_json_get_uuid(outcome, "by", &by);
    const HtJson *rows = ht_json_get(outcome, "rows");
    g_autofree char *theirs = rows ? ht_json_print(rows, false) : NULL;
    HtStmt *set = ht_db_stmt(db, HT_OUTBOX_QUERY("op_outcome"), error);
    if (!set)
        return false;
    ht_stmt_bind_int(set, 1, ht_json_get_int(outcome, "seq", 0));
    ht_stmt_bind_int(set, 2, state);
    ht_stmt_bind_text(set, 3, ht_json_get_string(outcome, "why", NULL));
    ht_stmt_bind_text(set, 4, ht_json_get_string(outcome, "code", NULL));
    ht_stmt_bind_text(set, 5, theirs);
    ht_stmt_bind_uuid(set, 6, &by);
    ht_stmt_bind_int(set, 7, ht_json_get_int(outcome, "at", 0));
    return ht_stmt_run(set, error);
}

static GPtrArray *ops_of(HtDb *db, const HtBatch *batch, GError **error)
{
    HtStmt *stmt = ht_db_stmt(db, HT_OUTBOX_QUERY("ops_of_batch"), error);
    if (stmt)
        ht_stmt_bind_int(stmt, 1, batch->id);
    return ht_ops_read(stmt, error);
}

/* The answer must name exactly the ops of the batch. */
static bool check_answer(const GPtrArray *ops, const HtBatch *batch, const HtJson *outcomes,
                         GError **error)
{
    if (ht_json_type(outcomes) != HT_JSON_ARRAY || (int)ht_json_length(outcomes) != batch->n)
        return ht_batch_malformed(error, "another number of outcomes");
    const HtJson *e = ht_json_first(outcomes);
    for (guint i = 0; i < ops->len && e; i++, e = ht_json_next(e)) {
        const HtOp *op = ops->pdata[i];
        if (ht_json_get_int(e, "seq", 0) != op->seq)
            return ht_batch_malformed(error, "an outcome for something else");
    }
    return (int)ops->len == batch->n || ht_batch_malformed(error, "the batch has changed");
}

typedef struct {
    const GPtrArray *ops; /* of the batch, as they were before it */
    const HtJson *outcomes;
    const char *text; /* the same */
} Answer;

static bool store_answer(HtDb *db, const HtBatch *batch, const Answer *answer, HtSameDecided *same,
                         GError **error)
{
    if (!ht_db_begin(db, true, error))
        return false;
    bool ok = true;
    for (const HtJson *e = ht_json_first(answer->outcomes); ok && e; e = ht_json_next(e))
        ok = record_outcome(db, e, error);
    ok = ok && ht_same_settle(db, answer->ops, answer->outcomes, same, error);
    HtStmt *put = ok ? ht_db_stmt(db, HT_OUTBOX_QUERY("batch_outcomes"), error) : NULL;
    if (put) {
        ht_stmt_bind_int(put, 1, batch->id);
        ht_stmt_bind_text(put, 2, answer->text);
    }
    if (put && ht_stmt_run(put, error) && ht_db_commit(db, error))
        return true;
    ht_db_rollback(db);
    return false;
}

typedef struct {
    HtOutbox *outbox;
    HtPushBatch *batch;
    const char *text;
    int64_t seq;
    int max;
    HtPushBatch *result;
} Call;

static bool run_acknowledge(HtStore *store, gpointer data, GError **error)
{
    Call *call = data;
    HtOutbox *outbox = call->outbox;
    g_auto(HtBatch) batch = {0};
    if (!ht_batch_open(outbox->db, &batch, error))
        return false;
    if (!batch.id || batch.first_seq != call->batch->first_seq ||
        batch.last_seq != call->batch->last_seq)
        return ht_batch_malformed(error, "there is no such batch");
    g_autoptr(HtJson) outcomes = ht_json_parse(call->text, -1, NULL);
    if (!outcomes)
        return ht_batch_malformed(error, "it cannot be read");
    g_autoptr(GPtrArray) ops = ops_of(outbox->db, &batch, error);
    Answer answer = {ops, outcomes, call->text};
    HtSameDecided same = {0};
    if (!ops || !check_answer(ops, &batch, outcomes, error) ||
        !store_answer(outbox->db, &batch, &answer, &same, error))
        return false;
    HT_FAILPOINT(PUSH_RECORDED);
    call->batch->n_same = same.n;
    call->batch->n_again = same.n_again;
    batch.outcomes = g_strdup(call->text);
    if (outbox->limit)
        outbox->limit = batch.last_seq >= outbox->limit_until ? 0 : outbox->limit * 2;
    bool ok = finish_batch(outbox, store, &batch, error);
    if (ok)
        tell_same(outbox, &same);
    HT_FAILPOINT(PUSH_TIDIED);
    ht_store_touch(store, HT_CHANGED_SHOWN);
    return ok;
}

bool ht_outbox_acknowledge(HtOutbox *outbox, HtPushBatch *batch, const char *outcomes_json,
                           GError **error)
{
    Call call = {.outbox = outbox, .batch = batch, .text = outcomes_json};
    return ht_store_call(outbox->cache, run_acknowledge, &call, error);
}

/* --- The next batch */

static HtPushBatch *give_out(const HtBatch *batch, bool is_resend)
{
    HtPushBatch *out = g_new0(HtPushBatch, 1);
    out->function = (HtPushFunction)batch->fn;
    out->first_seq = batch->first_seq;
    out->last_seq = batch->last_seq;
    out->n = batch->n;
    out->ops_json = g_strdup(batch->json);
    out->is_resend = is_resend;
    return out;
}

static bool add_op(HtStmt *stmt, HtBatch *batch, GString *json)
{
    int fn = (int)ht_stmt_int(stmt, 1);
    if (batch->n > 0 && fn != batch->fn)
        return false;
    int64_t seq = ht_stmt_int(stmt, 0);
    if (batch->n++ == 0)
        batch->first_seq = seq;
    batch->fn = fn;
    batch->last_seq = seq;
    g_string_append_printf(json, "%s{\"seq\":%" G_GINT64_FORMAT ",%s", batch->n > 1 ? "," : "", seq,
                           ht_stmt_text(stmt, 2) + 1);
    return true;
}

/* Ops from the front of the queue, as long as one function takes them and none between them is
 * held: a batch is all that is pending from its first number to its last. */
static bool collect(HtDb *db, int max, HtBatch *batch, GError **error)
{
    g_autoptr(GHashTable) held = ht_held_ids(db, error);
    g_auto(HtStmtUse) use = {held ? ht_db_stmt(db, HT_OUTBOX_QUERY("ops_pending"), error) : NULL};
    if (!use.stmt)
        return false;
    bool is_free = g_hash_table_size(held) == 0;
    ht_stmt_bind_int(use.stmt, 1, is_free ? max : -1);
    GString *json = g_string_new("[");
    HtStep step = HT_STEP_DONE;
    while (batch->n < max && (step = ht_stmt_step(use.stmt, error)) == HT_STEP_ROW) {
        bool waits = !is_free && ht_held_waits(held, use.stmt);
        if (waits ? batch->n > 0 : !add_op(use.stmt, batch, json))
            break;
    }
    g_string_append_c(json, ']');
    batch->json = g_string_free(json, FALSE);
    return step != HT_STEP_ERROR;
}

static bool take_batch(HtDb *db, HtBatch *batch, GError **error)
{
    HtStmt *add = ht_db_stmt(db, HT_OUTBOX_QUERY("batch_add"), error);
    if (!add)
        return false;
    ht_stmt_bind_int(add, 1, batch->fn);
    ht_stmt_bind_int(add, 2, batch->first_seq);
    ht_stmt_bind_int(add, 3, batch->last_seq);
    ht_stmt_bind_int(add, 4, batch->n);
    ht_stmt_bind_text(add, 5, batch->json);
    if (!ht_stmt_run(add, error))
        return false;
    batch->id = ht_db_last_rowid(db);
    HtStmt *take = ht_db_stmt(db, HT_OUTBOX_QUERY("batch_take"), error);
    if (!take)
        return false;
    ht_stmt_bind_int(take, 1, batch->id);
    ht_stmt_bind_int(take, 2, batch->first_seq);
    ht_stmt_bind_int(take, 3, batch->last_seq);
    return ht_stmt_run(take, error);
}

static bool new_batch(HtOutbox *outbox, int max, HtBatch *batch, GError **error)
{
    HtDb *db = outbox->db;
    int limit = CLAMP(max, 1, BATCH_MAX);
    if (outbox->limit)
        limit = MIN(limit, outbox->limit);
    if (!ht_db_begin(db, true, error))
        return false;
    bool ok = collect(db, limit, batch, error) && (batch->n == 0 || take_batch(db, batch, error)) &&
              ht_db_commit(db, error);
    if (!ok)
        ht_db_rollback(db);
    return ok;
}

static bool run_next(HtStore *store, gpointer data, GError **error)
{
    Call *call = data;
    HtOutbox *outbox = call->outbox;
    if (!ht_push_recover(outbox, store, error))
        return false;
    g_auto(HtBatch) batch = {0};
    if (!ht_batch_open(outbox->db, &batch, error))
        return false;
    bool is_resend = batch.id != 0;
    if (!is_resend && !new_batch(outbox, call->max, &batch, error))
        return false;
    HT_FAILPOINT(PUSH_BATCHED);
    if (batch.n > 0)
        call->result = give_out(&batch, is_resend);
    if (batch.n > 0 && !is_resend)
        ht_store_touch(store, HT_CHANGED_SHOWN);
    return true;
}

HtPushBatch *ht_outbox_next_batch(HtOutbox *outbox, int max, GError **error)
{
    Call call = {.outbox = outbox, .max = max};
    if (!ht_store_call(outbox->cache, run_next, &call, error))
        return NULL;
    return call.result;
}
