/* Which device this file is to the server, and how its numbers go on.
 *
 * A device is one outbox: the server remembers its last batch and how far its numbers came. A file
 * that is copied to another machine, or brought back from a backup while its successor works, would
 * be the same device twice. So whoever learns that it is one of two takes a new id; ids of ops
 * stay, so that what the other one has sent already is known to the server and answered as the
 * first time. Ids of batches and numbers of ops only grow; the cache, which may be newer than this
 * file, says from where. */
#include "internal.h"

#include "hiretty/base/clock.h"
#include "hiretty/base/log.h"

#define KEEP_US (30 * HT_US_PER_DAY) /* settled ops, for undo */

static void set_device(HtOutbox *outbox, const HtUuid *device)
{
    g_mutex_lock(&outbox->lock);
    outbox->device = *device;
    g_mutex_unlock(&outbox->lock);
}

/* `resource`: in place of one that is there, or only if there is none. */
static bool write_new_id(HtDb *db, const char *resource, HtUuid *id, GError **error)
{
    char text[HT_UUID_TEXT];
    HtStmt *put = ht_db_stmt(db, resource, error);
    if (!put)
        return false;
    ht_uuid_new_random(id);
    ht_stmt_bind_text(put, 1, "device");
    ht_stmt_bind_text(put, 2, ht_uuid_format(id, text));
    return ht_stmt_run(put, error);
}

bool ht_device_ensure(HtOutbox *outbox, GError **error)
{
    HtUuid device;
    if (!write_new_id(outbox->db, HT_OUTBOX_QUERY("meta_first"), &device, error))
        return false;
    g_autofree char *known = ht_outbox_meta(outbox->db, "device");
    ht_uuid_parse(known, &device);
    set_device(outbox, &device);
    int64_t before = ht_clock_now_us() - KEEP_US;
    return ht_outbox_run(outbox->db, HT_OUTBOX_QUERY("prune_ops"), before, error) &&
           ht_outbox_run(outbox->db, HT_OUTBOX_QUERY("prune_groups"), before, error);
}

/* --- Numbers */

/* The highest number given, of the query; -1 on failure. */
static int64_t last_number(HtDb *db, const char *resource, GError **error)
{
    g_auto(HtStmtUse) use = {ht_db_stmt(db, resource, error)};
    bool is_known = use.stmt && ht_stmt_step(use.stmt, error) == HT_STEP_ROW;
    return is_known ? ht_stmt_int(use.stmt, 0) : -1;
}

static bool seq_at_least(HtOutbox *outbox, int64_t seq, GError **error)
{
    HtDb *db = outbox->db;
    int64_t have = last_number(db, HT_OUTBOX_QUERY("seq_last"), error);
    if (have < 0 || have >= seq)
        return have >= 0;
    ht_log(HT_LOG_WARNING, "the outbox is older than what was acknowledged: numbers go on there");
    HtStmt *forget = ht_db_stmt(db, HT_OUTBOX_QUERY("seq_forget"), error);
    if (!forget || !ht_db_begin(db, true, error))
        return false;
    if (ht_stmt_run(forget, error) && ht_outbox_run(db, HT_OUTBOX_QUERY("seq_begin"), seq, error) &&
        ht_db_commit(db, error))
        return true;
    ht_db_rollback(db);
    return false;
}

/* --- In step with the cache */

static bool put_device(HtApply *apply, const HtOutbox *outbox, GError **error)
{
    char text[HT_UUID_TEXT];
    return ht_apply_meta_set(apply, "device", ht_uuid_format(&outbox->device, text), error) &&
           ht_apply_meta_set_int(apply, "acked_seq", 0, error) &&
           ht_apply_meta_set_int(apply, "acked_batch", 0, error) &&
           /* What the device before told the server is not this one's. */
           ht_apply_meta_set(apply, "told", NULL, error);
}

/* The marks of what was acknowledged are of one outbox. After another one took its place they begin
 * anew, or its first ops would pass for acknowledged. */
static bool adopt_device(HtApply *apply, gpointer data, GError **error)
{
    return put_device(apply, data, error) && ht_apply_meta_set_int(apply, "acked_floor", 0, error);
}

/* The file was brought back from a time before the cache's: all that it has was acknowledged. */
static bool set_floor(HtApply *apply, gpointer data, GError **error)
{
    (void)data;
    return ht_apply_meta_set_int(apply, "acked_floor", ht_shown_acked(apply), error) &&
           ht_apply_meta_set_int(apply, "acked_batch", 0, error);
}

static bool cache_number(HtOutbox *outbox, const char *name, int64_t *number, GError **error)
{
    g_autofree char *text = NULL;
    bool ok = ht_cache_read_meta(outbox->cache, name, &text, error);
    *number = text ? g_ascii_strtoll(text, NULL, 10) : 0;
    return ok;
}

bool ht_device_check(HtOutbox *outbox, HtStore *store, bool *changed, GError **error)
{
    char text[HT_UUID_TEXT];
    g_autofree char *device = NULL;
    if (!ht_cache_read_meta(outbox->cache, "device", &device, error))
        return false;
    *changed = g_strcmp0(device, ht_uuid_format(&outbox->device, text)) != 0;
    if (*changed)
        return ht_store_apply(store, adopt_device, outbox, error);
    int64_t acked, acked_batch;
    if (!cache_number(outbox, "acked_seq", &acked, error) ||
        !cache_number(outbox, "acked_batch", &acked_batch, error))
        return false;
    int64_t seq = last_number(outbox->db, HT_OUTBOX_QUERY("seq_last"), error);
    int64_t batch = last_number(outbox->db, HT_OUTBOX_QUERY("batch_last"), error);
    if (seq < 0 || batch < 0)
        return false;
    if (seq >= acked && batch >= acked_batch)
        return true;
    *changed = true;
    return ht_store_apply(store, set_floor, NULL, error) && seq_at_least(outbox, acked, error);
}

/* --- For the pusher */

typedef struct {
    HtOutbox *outbox;
    int64_t number; /* of set_acked: given; of last_seq: the answer */
    HtUuid device;
    bool is_renewed;
} Call;

void ht_outbox_device(HtOutbox *outbox, HtUuid *out)
{
    g_mutex_lock(&outbox->lock);
    *out = outbox->device;
    g_mutex_unlock(&outbox->lock);
}

static bool set_acked(HtApply *apply, gpointer data, GError **error)
{
    const Call *call = data;
    return ht_apply_meta_set_int(apply, "acked_seq", call->number, error) &&
           ht_shown_rebuild(call->outbox, apply, error);
}

static bool run_set_acked(HtStore *store, gpointer data, GError **error)
{
    Call *call = data;
    return seq_at_least(call->outbox, call->number, error) &&
           ht_store_apply(store, set_acked, call, error);
}

bool ht_outbox_set_acked(HtOutbox *outbox, int64_t acked_seq, GError **error)
{
    Call call = {.outbox = outbox, .number = acked_seq};
    return ht_store_call(outbox->cache, run_set_acked, &call, error);
}

/* Another process of the profile may have changed the id. */
static bool run_look(HtStore *store, gpointer data, GError **error)
{
    (void)store;
    Call *call = data;
    g_autofree char *known = ht_outbox_meta(call->outbox->db, "device");
    HtUuid device;
    if (ht_uuid_parse(known, &device))
        set_device(call->outbox, &device);
    call->number = last_number(call->outbox->db, HT_OUTBOX_QUERY("seq_last"), error);
    return call->number >= 0;
}

bool ht_outbox_look_device(HtOutbox *outbox, HtUuid *device, int64_t *last_seq, GError **error)
{
    Call call = {.outbox = outbox};
    if (!ht_store_call(outbox->cache, run_look, &call, error))
        return false;
    *last_seq = call.number;
    ht_outbox_device(outbox, device);
    return true;
}

static bool renew(HtApply *apply, gpointer data, GError **error)
{
    const Call *call = data;
    return put_device(apply, call->outbox, error) && ht_shown_rebuild(call->outbox, apply, error);
}

static bool run_renew(HtStore *store, gpointer data, GError **error)
{
    Call *call = data;
    HtDb *db = call->outbox->db;
    int64_t open = ht_outbox_open_batch(db, error);
    if (open != 0)
        return open > 0;
    HtUuid device;
    if (!write_new_id(db, HT_OUTBOX_QUERY("meta_put"), &device, error))
        return false;
    set_device(call->outbox, &device);
    call->is_renewed = true;
    return ht_store_apply(store, renew, call, error);
}

bool ht_outbox_renew_device(HtOutbox *outbox, bool *is_renewed, GError **error)
{
    Call call = {.outbox = outbox};
    bool ok = ht_store_call(outbox->cache, run_renew, &call, error);
    *is_renewed = call.is_renewed;
    return ok;
}
