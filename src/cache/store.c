/* The store thread. Three queues: what a person does goes before what the server sends, and both
 * before what can wait. Every transaction checks under the writer's lock that its file is still the
 * current generation, because another process may have published one; and it counts its changes in
 * the table `bus`, by which the other processes learn of them. */
#include "internal.h"

#include "hiretty/base/clock.h"
#include "hiretty/base/log.h"
#include "hiretty/base/thread.h"

#include <string.h>

#define POLL_US (250 * HT_US_PER_MS)       /* how late another process's change may show */
#define BATCH_US (20 * HT_US_PER_MS)       /* how long a pull's batch may keep an intent waiting */
#define LOAD_BATCH_US (100 * HT_US_PER_MS) /* nobody waits for a loader */

typedef struct {
    HtStoreFunc func;
    gpointer data;
    GDestroyNotify free_data;
    HtAppliedFunc done;
    gpointer done_data;
    /* of a blocking call */
    bool is_call, finished, ok;
    GError *error;
} Job;

/* --- Transactions */

static void apply_begin(HtStore *store)
{
    HtApply *apply = &store->apply;
    apply->store = store;
    apply->db = store->db;
    apply->mask = 0;
    apply->docs = false;
    apply->forgets = false;
    apply->started_us = ht_clock_mono_us();
    if (!apply->people)
        apply->people = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);
    g_hash_table_remove_all(apply->people);
}

/* Counts the changes; what another process counted meanwhile is told too. */
static bool bump_bus(HtStore *store, GError **error)
{
    HtApply *apply = &store->apply;
    for (int bit = 0; bit < 64; bit++) {
        if (!(apply->mask & HT_CHANGED(bit)))
            continue;
        HtStmt *bump = ht_db_stmt(store->db, HT_QUERY("bus_bump"), error);
        if (!bump)
            return false;
        ht_stmt_bind_int(bump, 1, bit);
        if (ht_stmt_step(bump, error) != HT_STEP_ROW)
            return false;
        store->known[bit] = ht_stmt_int(bump, 0);
        ht_stmt_reset(bump);
    }
    return true;
}

static bool is_current(HtStore *store)
{
    return store->loading || ht_files_current(store->cache->dir) == store->files->number;
}

static bool run_transaction(HtStore *store, HtApplyFunc func, gpointer data, GError **error)
{
    if (!ht_db_begin(store->db, true, error))
        return false;
    if (!is_current(store)) {
        g_set_error(error, HT_CACHE_ERROR, HT_CACHE_ERROR_STALE, "the cache was replaced");
        return false;
    }
    apply_begin(store);
    return func(&store->apply, data, error) &&
           (store->loading || (ht_apply_finish(&store->apply, error) && bump_bus(store, error))) &&
           ht_key_cache_write(store->keys, store->db, error) && ht_db_commit(store->db, error);
}

bool ht_worker_apply(HtStore *store, HtApplyFunc func, gpointer data, GError **error)
{
    for (int attempt = 0;; attempt++) {
        g_autoptr(GError) why = NULL;
        if (run_transaction(store, func, data, &why))
            break;
        ht_db_rollback(store->db);
        ht_key_cache_forget(store->keys);
        if (!why)
            g_set_error(&why, HT_CACHE_ERROR, HT_CACHE_ERROR_FAILED, "the change failed");
        bool stale = g_error_matches(why, HT_CACHE_ERROR, HT_CACHE_ERROR_STALE);
        if (!stale || attempt > 3 || store->loading) {
            g_propagate_error(error, g_steal_pointer(&why));
            return false;
        }
        if (!ht_cache_follow(store->cache, error))
            return false;
    }
    if (!store->loading) {
        ht_bus_notify(store->cache->bus, store->apply.mask);
        if (store->apply.docs)
            ht_cache_index_later(store->cache);
        ht_cache_tidy_later(store->cache, ht_db_log_pages(store->db));
    }
    return true;
}

bool ht_store_apply(HtStore *store, HtApplyFunc func, gpointer data, GError **error)
{
    return ht_worker_apply(store, func, data, error);
}

HtDb *ht_store_db(HtStore *store)
{
    return store->db;
}

void ht_store_touch(HtStore *store, uint64_t tables)
{
    ht_bus_notify(store->cache->bus, tables);
}

/* --- Other processes */

/* What others counted since the last look, into *changed; false: not all of it could be read. */
static bool read_bus(HtStore *store, uint64_t *changed)
{
    *changed = 0;
    HtStmt *all = ht_db_stmt(store->db, HT_QUERY("bus_all"), NULL);
    HtStep step = HT_STEP_ERROR;
    while (all && (step = ht_stmt_step(all, NULL)) == HT_STEP_ROW) {
        int64_t bit = ht_stmt_int(all, 0), n = ht_stmt_int(all, 1);
        if (bit < 0 || bit > 63 || store->known[bit] == n)
            continue;
        store->known[bit] = n;
        *changed |= HT_CHANGED(bit);
    }
    if (all)
        ht_stmt_reset(all);
    return step == HT_STEP_DONE;
}

/* Where the file stands now: only what comes later is news. */
static void begin_bus(HtStore *store)
{
    uint64_t old;
    store->data_version = ht_db_pragma_int(store->db, "data_version");
    read_bus(store, &old);
}

static void poll_others(HtStore *store)
{
    if (!is_current(store)) {
        g_autoptr(GError) why = NULL;
        bool has_followed = ht_cache_follow(store->cache, &why);
        if (!has_followed && !store->is_behind) /* it is tried four times a second */
            ht_log(HT_LOG_WARNING, "following to the new generation: %s", why->message);
        store->is_behind = !has_followed;
        return;
    }
    int64_t version = ht_db_pragma_int(store->db, "data_version");
    uint64_t changed = 0;
    if (version == store->data_version)
        return;
    if (read_bus(store, &changed))
        store->data_version = version; /* else it is looked at again */
    ht_bus_notify(store->cache->bus, changed);
}

/* --- The thread */

static void job_free(Job *job)
{
    if (job->free_data)
        job->free_data(job->data);
    g_clear_error(&job->error);
    g_free(job);
}

static void finish_job(HtStore *store, Job *job, bool ok, GError *why)
{
    if (job->done)
        job->done(ok ? NULL : why, job->done_data);
    if (!job->is_call) {
        job_free(job);
        g_clear_error(&why);
        return;
    }
    g_mutex_lock(&store->lock);
    job->ok = ok;
    job->error = why;
    job->finished = true;
    g_cond_broadcast(&store->wake);
    g_mutex_unlock(&store->lock);
}

static void run_job(HtStore *store, Job *job)
{
    GError *why = NULL;
    bool ok = job->func(store, job->data, &why);
    if (!ok && !why)
        g_set_error(&why, HT_CACHE_ERROR, HT_CACHE_ERROR_FAILED, "the work failed");
    finish_job(store, job, ok, why);
}

/* The next job, or NULL when it is time to poll or to stop. Called with the lock held. */
static Job *next_job(HtStore *store, int64_t until_us)
{
    for (;;) {
        for (int queue = 0; queue < HT_JOB_QUEUES; queue++) {
            if (queue != HT_JOB_INTENT && store->stopping)
                break;
            Job *job = g_queue_pop_head(&store->jobs[queue]);
            if (job && queue == HT_JOB_INTENT)
                g_atomic_int_dec_and_test(&store->intents);
            if (job)
                return job;
        }
        if (store->stopping)
            return NULL;
        if (!store->polls)
            g_cond_wait(&store->wake, &store->lock);
        else if (!g_cond_wait_until(&store->wake, &store->lock, until_us))
            return NULL;
    }
}

static gpointer worker_main(gpointer data)
{
    HtStore *store = data;
    if (!(store->cache->flags & HT_CACHE_NO_POLL)) /* beside a screen */
        ht_thread_stand_back();
    if (store->loading)
        ht_thread_in_bulk(true);
    int64_t poll_us = g_get_monotonic_time() + POLL_US;
    for (;;) {
        g_mutex_lock(&store->lock);
        Job *job = next_job(store, poll_us);
        bool stop = !job && store->stopping;
        g_mutex_unlock(&store->lock);
        if (stop)
            return NULL;
        if (job)
            run_job(store, job);
        if (store->polls && g_get_monotonic_time() >= poll_us) {
            poll_others(store);
            poll_us = g_get_monotonic_time() + POLL_US;
        }
    }
}

HtStore *ht_worker_new(HtCache *cache, HtDb *db, HtFiles *files, bool loading, const char *name)
{
    HtStore *store = g_new0(HtStore, 1);
    store->cache = cache;
    store->db = db;
    store->files = files;
    store->loading = loading;
    store->polls = !loading && !(cache->flags & HT_CACHE_NO_POLL);
    store->keys = ht_key_cache_new(loading);
    store->tables = g_ptr_array_new_with_free_func(ht_apply_table_free);
    g_mutex_init(&store->lock);
    g_cond_init(&store->wake);
    for (int queue = 0; queue < HT_JOB_QUEUES; queue++)
        g_queue_init(&store->jobs[queue]);
    if (!loading)
        begin_bus(store);
    store->thread = g_thread_new(name, worker_main, store);
    return store;
}

void ht_worker_free(HtStore *store)
{
    if (!store)
        return;
    g_mutex_lock(&store->lock);
    store->stopping = true;
    g_cond_broadcast(&store->wake);
    g_mutex_unlock(&store->lock);
    g_thread_join(store->thread);
    for (int queue = 0; queue < HT_JOB_QUEUES; queue++) {
        Job *job;
        while ((job = g_queue_pop_head(&store->jobs[queue])))
            finish_job(store, job, false,
                       g_error_new(HT_CACHE_ERROR, HT_CACHE_ERROR_CLOSED, "the cache is closed"));
    }
    g_ptr_array_unref(store->tables);
    g_clear_pointer(&store->apply.people, g_hash_table_unref);
    ht_db_close(store->db);
    ht_files_unref(store->files);
    ht_key_cache_free(store->keys);
    g_cond_clear(&store->wake);
    g_mutex_clear(&store->lock);
    g_free(store);
}

void ht_worker_switch(HtStore *store, HtDb *db, HtFiles *files)
{
    g_ptr_array_set_size(store->tables, 0);
    ht_key_cache_drop(store->keys);
    ht_db_close(store->db);
    ht_files_unref(store->files);
    store->db = db;
    store->files = files;
    memset(store->known, 0, sizeof store->known);
    begin_bus(store);
}

/* false: the worker is stopping and the job is not taken */
static bool enqueue(HtStore *store, HtJobQueue queue, Job *job)
{
    g_mutex_lock(&store->lock);
    bool open = !store->stopping;
    if (open) {
        g_queue_push_tail(&store->jobs[queue], job);
        if (queue == HT_JOB_INTENT) {
            g_atomic_int_inc(&store->intents);
            if (store->is_interruptible)
                ht_db_interrupt(store->db);
        }
        g_cond_broadcast(&store->wake);
    }
    g_mutex_unlock(&store->lock);
    return open;
}

static GError *closed_error(void)
{
    return g_error_new(HT_CACHE_ERROR, HT_CACHE_ERROR_CLOSED, "the cache is closed");
}

bool ht_worker_call(HtStore *store, HtJobQueue queue, HtStoreFunc func, gpointer data,
                    GError **error)
{
    if (g_thread_self() == store->thread)
        return func(store, data, error);
    ht_thread_waits("the store");
    Job job = {.func = func, .data = data, .is_call = true};
    if (!enqueue(store, queue, &job)) {
        g_propagate_error(error, closed_error());
        return false;
    }
    g_mutex_lock(&store->lock);
    while (!job.finished)
        g_cond_wait(&store->wake, &store->lock);
    g_mutex_unlock(&store->lock);
    if (!job.ok)
        g_propagate_error(error, job.error);
    return job.ok;
}

void ht_worker_post(HtStore *store, HtJobQueue queue, HtStoreFunc func, gpointer data,
                    GDestroyNotify free_data, HtAppliedFunc done, gpointer done_data)
{
    Job *job = g_new0(Job, 1);
    *job = (Job){
        .func = func, .data = data, .free_data = free_data, .done = done, .done_data = done_data};
    if (!enqueue(store, queue, job))
        finish_job(store, job, false, closed_error());
}

HtApplyJob *ht_apply_job_new(HtApplyFunc func, gpointer data, GDestroyNotify free_data)
{
    HtApplyJob *job = g_new0(HtApplyJob, 1);
    *job = (HtApplyJob){.func = func, .data = data, .free_data = free_data};
    return job;
}

void ht_apply_job_free(gpointer data)
{
    HtApplyJob *job = data;
    if (job->free_data)
        job->free_data(job->data);
    g_free(job);
}

bool ht_apply_job_run(HtStore *store, gpointer data, GError **error)
{
    HtApplyJob *job = data;
    return ht_worker_apply(store, job->func, job->data, error);
}

/* `lock` orders it with who would interrupt. */
void ht_worker_set_interruptible(HtStore *store, bool is_interruptible)
{
    g_mutex_lock(&store->lock);
    store->is_interruptible = is_interruptible;
    g_mutex_unlock(&store->lock);
}

/* --- For the outbox */

bool ht_store_call(HtCache *cache, HtStoreFunc func, gpointer data, GError **error)
{
    return ht_worker_call(cache->store, HT_JOB_INTENT, func, data, error);
}

typedef struct {
    HtStoreFunc func;
    gpointer data;
    void (*done)(bool ok, GError *error, gpointer data);
} Call;

static bool run_call(HtStore *store, gpointer data, GError **error)
{
    Call *call = data;
    return call->func(store, call->data, error);
}

static void call_done(const GError *error, gpointer data)
{
    Call *call = data;
    if (call->done)
        call->done(!error, error ? g_error_copy(error) : NULL, call->data);
}

void ht_store_call_async(HtCache *cache, HtStoreFunc func, gpointer data,
                         void (*done)(bool ok, GError *error, gpointer data))
{
    Call *call = g_new0(Call, 1);
    *call = (Call){.func = func, .data = data, .done = done};
    ht_worker_post(cache->store, HT_JOB_INTENT, run_call, call, g_free, call_done, call);
}

bool ht_apply_should_yield(HtApply *apply)
{
    int64_t most = apply->store->loading ? LOAD_BATCH_US : BATCH_US;
    return g_atomic_int_get(&apply->store->intents) > 0 ||
           ht_clock_mono_us() - apply->started_us > most;
}

void ht_apply_touch(HtApply *apply, uint64_t tables)
{
    apply->mask |= tables;
}

HtDb *ht_apply_db(HtApply *apply)
{
    return apply->db;
}
