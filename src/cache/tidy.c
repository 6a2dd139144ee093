/* The log of the file in use. SQLite takes it into the file within a commit, as soon as a thousand
 * pages are in it: two waits for the disk and another copy of each page, a third of what a pull of
 * a thousand rows costs, before anybody sees them. Here that is done when nothing else is to be
 * done, and of a log that grew long between two batches; an intent that comes meanwhile ends it, up
 * to a few times. */
#include "internal.h"

#include "hiretty/base/log.h"

#define GIVES_WAY 4

static bool tidy(HtStore *store, gpointer data, GError **error)
{
    g_atomic_int_set(&store->tidy_posted[GPOINTER_TO_UINT(data)], 0);
    if (ht_db_log_pages(store->db) < HT_LOG_TIDY)
        return true;
    g_autoptr(GError) why = NULL;
    ht_worker_set_interruptible(store, store->log_gave_way < GIVES_WAY);
    bool ok = ht_db_take_log(store->db, &why);
    ht_worker_set_interruptible(store, false);
    if (g_error_matches(why, HT_CACHE_ERROR, HT_CACHE_ERROR_INTERRUPTED)) {
        store->log_gave_way++;
        ht_cache_tidy_later(store->cache, ht_db_log_pages(store->db));
        return true;
    }
    store->log_gave_way = 0;
    if (!ok)
        g_propagate_error(error, g_steal_pointer(&why));
    return ok;
}

static void log_failure(const GError *error, gpointer data)
{
    (void)data;
    if (error && !g_error_matches(error, HT_CACHE_ERROR, HT_CACHE_ERROR_CLOSED))
        ht_log(HT_LOG_WARNING, "the cache's log: %s", error->message);
}

void ht_cache_tidy_later(HtCache *cache, int pages)
{
    guint queue = pages >= HT_LOG_DUE ? HT_JOB_PULL : HT_JOB_IDLE;
    if (pages >= HT_LOG_TIDY &&
        g_atomic_int_compare_and_exchange(&cache->store->tidy_posted[queue], 0, 1))
        ht_worker_post(cache->store, queue, tidy, GUINT_TO_POINTER(queue), NULL, log_failure, NULL);
}
