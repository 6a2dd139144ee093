/* What a first load leaves for later. A new generation is published as soon as its lists can be
 * worked with; the other indexes of its largest tables are made afterwards, one a transaction, when
 * nothing else is to be done. An intent that comes meanwhile does not wait: the index under way is
 * given up and begun again after it, up to a few times. */
#include "internal.h"
#include "schema.h"

#include "hiretty/base/log.h"

/* So often an index gives way before it is finished whoever waits: a second or so with a million
 * rows. */
#define GIVES_WAY 4

typedef struct {
    bool gives_way, more;
} Step;

static bool add_index(HtApply *apply, gpointer data, GError **error)
{
    Step *step = data;
    HtDb *db = ht_apply_db(apply);
    ht_worker_set_interruptible(apply->store, step->gives_way);
    /* The ids first: while they have no index, nobody can add one. */
    bool ok = ht_schema_has_index(db, HT_KEYS_BY_ID)
                  ? ht_schema_add_next_index(db, error)
                  : ht_key_cache_add_index(apply->store->keys, db,
                                           step->gives_way ? &apply->store->intents : NULL, error);
    ht_worker_set_interruptible(apply->store, false);
    step->more = ok && !ht_schema_is_indexed(db);
    if (ok && !step->more) /* lists say now what they left out */
        ht_apply_touch(apply, HT_CHANGED(ht_sync_table_by_name("candidate_job_matches")->number));
    return ok;
}

/* One index. *more: there are others, or this one gave way. HtStoreFunc. */
static bool settle_step(HtStore *store, gpointer data, GError **error)
{
    bool *more = data;
    Step step = {.gives_way = store->gave_way < GIVES_WAY};
    g_autoptr(GError) why = NULL;
    *more = false;
    if (ht_schema_is_indexed(store->db))
        return true;
    bool ok = ht_worker_apply(store, add_index, &step, &why);
    *more = ok ? step.more : g_error_matches(why, HT_CACHE_ERROR, HT_CACHE_ERROR_INTERRUPTED);
    if (ok || *more) {
        store->gave_way = ok ? 0 : store->gave_way + 1;
        return true;
    }
    g_propagate_error(error, g_steal_pointer(&why));
    return false;
}

static void log_failure(const GError *error, gpointer data)
{
    (void)data;
    if (error && !g_error_matches(error, HT_CACHE_ERROR, HT_CACHE_ERROR_CLOSED))
        ht_log(HT_LOG_WARNING, "an index of the cache: %s", error->message);
}

static bool settle_idly(HtStore *store, gpointer data, GError **error)
{
    (void)data;
    bool more;
    g_atomic_int_set(&store->settle_posted, 0);
    if (!settle_step(store, &more, error))
        return false;
    if (more)
        ht_cache_settle_later(store->cache);
    return true;
}

void ht_cache_settle_later(HtCache *cache)
{
    if (g_atomic_int_compare_and_exchange(&cache->store->settle_posted, 0, 1))
        ht_worker_post(cache->store, HT_JOB_IDLE, settle_idly, NULL, NULL, log_failure, NULL);
}

bool ht_cache_settle(HtCache *cache, GError **error)
{
    bool more = true;
    while (more) {
        if (!ht_worker_call(cache->store, HT_JOB_PULL, settle_step, &more, error))
            return false;
    }
    return true;
}
