/* What becomes of a batch that the server does not take. It is halved until one op stands alone. If
 * that one is to blame it is parked: nothing but a person sends it again. If the cause may pass
 * (its row is locked, the server has a fault) it is held: it stays pending, is left out for a
 * while, and what concerns the same row, application or person waits behind it, so that their order
 * holds. */
#include "internal.h"

#include "hiretty/base/clock.h"
#include "hiretty/base/log.h"

/* The first pause doubles with each try, up to the longest. Eight tries take some 20 minutes. */
#define PAUSE_FIRST_US (5 * HT_US_PER_S)
#define PAUSE_MAX_US (10 * HT_US_PER_MINUTE)
#define TRIES_MAX 8
#define PARK_AFTER_US (15 * HT_US_PER_MINUTE)

typedef struct {
    HtOutbox *outbox;
    const HtPushBatch *batch;
    const char *why;
    int64_t seq;
    bool may_wait, may_park;
    HtHold hold;
    guint n;
    char *text;
} Call;

/* --- Who waits */

static void add_ids(GHashTable *held, HtStmt *stmt, int first)
{
    for (int i = first; i < first + 3; i++) {
        HtUuid id;
        if (ht_stmt_uuid(stmt, i, &id) && !ht_uuid_is_nil(&id))
            g_hash_table_add(held, ht_uuid_dup(&id));
    }
}

/* A clock that was set back holds nothing for longer than the longest pause. */
static HtStmt *held_now(HtDb *db, GError **error)
{
    HtStmt *stmt = ht_db_stmt(db, HT_OUTBOX_QUERY("held_pending"), error);
    if (!stmt)
        return NULL;
    int64_t now = ht_clock_now_us();
    ht_stmt_bind_int(stmt, 1, now);
    ht_stmt_bind_int(stmt, 2, now + PAUSE_MAX_US);
    return stmt;
}

GHashTable *ht_held_ids(HtDb *db, GError **error)
{
    g_auto(HtStmtUse) use = {held_now(db, error)};
    if (!use.stmt)
        return NULL;
    g_autoptr(GHashTable) held = g_hash_table_new_full(ht_uuid_hash, ht_uuid_equal, g_free, NULL);
    HtStep step;
    while ((step = ht_stmt_step(use.stmt, error)) == HT_STEP_ROW)
        add_ids(held, use.stmt, 1);
    return step == HT_STEP_DONE ? g_steal_pointer(&held) : NULL;
}

bool ht_held_waits(GHashTable *held, HtStmt *op)
{
    for (int i = 3; i < 6; i++) {
        HtUuid id;
        if (!ht_stmt_uuid(op, i, &id) || !g_hash_table_contains(held, &id))
            continue;
        add_ids(held, op, 3);
        return true;
    }
    return false;
}

/* --- Parking and holding one */

static bool note_why(HtDb *db, const char *resource, int64_t seq, const char *why, GError **error)
{
    HtStmt *stmt = ht_db_stmt(db, resource, error);
    if (!stmt)
        return false;
    ht_stmt_bind_int(stmt, 1, seq);
    ht_stmt_bind_text(stmt, 2, why);
    return ht_stmt_run(stmt, error);
}

static bool park_op(HtDb *db, int64_t seq, const char *why, GError **error)
{
    ht_log(HT_LOG_WARNING, "op %" G_GINT64_FORMAT " is parked", seq);
    return note_why(db, HT_OUTBOX_QUERY("op_park"), seq, why, error);
}

/* Tries so far, and since when. */
static bool past_tries(HtDb *db, int64_t seq, int *tries, int64_t *first_us, GError **error)
{
    g_auto(HtStmtUse) use = {ht_db_stmt(db, HT_OUTBOX_QUERY("held_get"), error)};
    if (!use.stmt)
        return false;
    ht_stmt_bind_int(use.stmt, 1, seq);
    HtStep step = ht_stmt_step(use.stmt, error);
    if (step != HT_STEP_ROW)
        return step == HT_STEP_DONE;
    *tries = (int)ht_stmt_int(use.stmt, 0);
    *first_us = ht_stmt_int(use.stmt, 1);
    return true;
}

static bool hold_op(Call *call, int64_t seq, GError **error)
{
    HtDb *db = call->outbox->db;
    int64_t now = ht_clock_now_us(), first_us = now;
    int tries = 0;
    if (!past_tries(db, seq, &tries, &first_us, error))
        return false;
    bool is_long = now - first_us >= PARK_AFTER_US;
    call->hold =
        call->may_park && tries + 1 >= TRIES_MAX && is_long ? HT_HOLD_PARKED : HT_HOLD_WAITS;
    if (call->hold == HT_HOLD_PARKED)
        return park_op(db, seq, call->why, error);
    HtStmt *put = ht_db_stmt(db, HT_OUTBOX_QUERY("held_put"), error);
    if (!put)
        return false;
    ht_stmt_bind_int(put, 1, seq);
    ht_stmt_bind_int(put, 2, now);
    ht_stmt_bind_int(put, 3, now + MIN(PAUSE_FIRST_US << MIN(tries, 16), PAUSE_MAX_US));
    ht_log(HT_LOG_INFO, "op %" G_GINT64_FORMAT " waits, try %d", seq, tries + 1);
    return ht_stmt_run(put, error) &&
           note_why(db, HT_OUTBOX_QUERY("op_wait"), seq, call->why, error);
}

/* --- A batch */

static bool refuse_one(Call *call, HtChange *change, const HtBatch *batch, GError **error)
{
    HtDb *db = call->outbox->db;
    g_autoptr(HtOp) op = ht_op_load(db, batch->first_seq, error);
    if (!op)
        return false;
    ht_change_touch(change, op);
    return call->may_wait ? hold_op(call, op->seq, error) : park_op(db, op->seq, call->why, error);
}

static bool run_refused(HtStore *store, gpointer data, GError **error)
{
    Call *call = data;
    HtOutbox *outbox = call->outbox;
    g_auto(HtBatch) batch = {0};
    if (!ht_batch_open(outbox->db, &batch, error))
        return false;
    if (!batch.id || batch.first_seq != call->batch->first_seq)
        return ht_batch_malformed(error, "there is no such batch");
    g_auto(HtChange) change = {0};
    if (!ht_change_begin(&change, outbox, store, error) ||
        !ht_outbox_run(outbox->db, HT_OUTBOX_QUERY("batch_release"), batch.id, error) ||
        !ht_outbox_run(outbox->db, HT_OUTBOX_QUERY("batch_delete"), batch.id, error) ||
        (batch.n == 1 && !refuse_one(call, &change, &batch, error)) ||
        !ht_change_commit(&change, error))
        return false;
    outbox->limit = MAX(1, batch.n / 2);
    outbox->limit_until = MAX(outbox->limit_until, batch.last_seq);
    return true;
}

bool ht_outbox_bisect(HtOutbox *outbox, const HtPushBatch *batch, const char *why, GError **error)
{
    Call call = {.outbox = outbox, .batch = batch, .why = why};
    return ht_store_call(outbox->cache, run_refused, &call, error);
}

bool ht_outbox_hold(HtOutbox *outbox, const HtPushBatch *batch, const char *why, bool may_park,
                    HtHold *hold, GError **error)
{
    Call call = {
        .outbox = outbox, .batch = batch, .why = why, .may_wait = true, .may_park = may_park};
    bool ok = ht_store_call(outbox->cache, run_refused, &call, error);
    if (ok && batch->n == 1)
        *hold = call.hold;
    return ok;
}

/* --- What is held */

static bool run_untry(HtStore *store, gpointer data, GError **error)
{
    (void)store;
    const Call *call = data;
    return ht_outbox_run(call->outbox->db, HT_OUTBOX_QUERY("held_untry"), call->seq, error);
}

bool ht_outbox_untry(HtOutbox *outbox, int64_t seq, GError **error)
{
    Call call = {.outbox = outbox, .seq = seq};
    return ht_store_call(outbox->cache, run_untry, &call, error);
}

static bool run_release(HtStore *store, gpointer data, GError **error)
{
    (void)store;
    const Call *call = data;
    HtStmt *stmt = ht_db_stmt(call->outbox->db, HT_OUTBOX_QUERY("held_release"), error);
    return stmt && ht_stmt_run(stmt, error);
}

bool ht_outbox_release_held(HtOutbox *outbox, GError **error)
{
    Call call = {.outbox = outbox};
    return ht_store_call(outbox->cache, run_release, &call, error);
}

/* The first that is held; 0 = none. */
static bool first_held(HtDb *db, int64_t *seq, GError **error)
{
    g_auto(HtStmtUse) use = {held_now(db, error)};
    HtStep step = use.stmt ? ht_stmt_step(use.stmt, error) : HT_STEP_ERROR;
    *seq = step == HT_STEP_ROW ? ht_stmt_int(use.stmt, 0) : 0;
    return step != HT_STEP_ERROR;
}

/* Those held, and those that wait behind one of them. */
static bool count_waiting(HtDb *db, guint *n, GError **error)
{
    g_autoptr(GHashTable) held = ht_held_ids(db, error);
    g_auto(HtStmtUse) use = {held ? ht_db_stmt(db, HT_OUTBOX_QUERY("ops_pending"), error) : NULL};
    if (!use.stmt)
        return false;
    ht_stmt_bind_int(use.stmt, 1, -1);
    HtStep step;
    while ((step = ht_stmt_step(use.stmt, error)) == HT_STEP_ROW)
        *n += ht_held_waits(held, use.stmt);
    return step == HT_STEP_DONE;
}

static bool run_held(HtStore *store, gpointer data, GError **error)
{
    (void)store;
    Call *call = data;
    HtDb *db = call->outbox->db;
    int64_t first = 0;
    if (!first_held(db, &first, error) || (first && !count_waiting(db, &call->n, error)))
        return false;
    g_autoptr(HtOp) op = first ? ht_op_load(db, first, error) : NULL;
    if (op)
        call->text = g_strdup(op->why);
    return op || !first;
}

bool ht_outbox_held(HtOutbox *outbox, guint *n, char **why, GError **error)
{
    Call call = {.outbox = outbox};
    bool ok = ht_store_call(outbox->cache, run_held, &call, error);
    *n = call.n;
    *why = call.text;
    return ok;
}

/* --- What is parked */

/* As it was: the server has never seen it, and says so itself if its base is not there any more. */
bool ht_unpark_all(HtOutbox *outbox, HtStore *store, guint *n, GError **error)
{
    HtDb *db = outbox->db;
    g_auto(HtChange) change = {0};
    if (!ht_change_begin(&change, outbox, store, error))
        return false;
    g_autoptr(GPtrArray) ops =
        ht_ops_read(ht_db_stmt(db, HT_OUTBOX_QUERY("ops_parked"), error), error);
    for (guint i = 0; ops && i < ops->len; i++) {
        const HtOp *op = ops->pdata[i];
        ht_change_touch(&change, op);
        if (!ht_outbox_run(db, HT_OUTBOX_QUERY("op_unpark"), op->seq, error))
            return false;
    }
    *n = ops ? ops->len : 0;
    return ops && (ops->len == 0 || ht_change_commit(&change, error));
}
