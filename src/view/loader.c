/* A queue and a thread. `current` changes only under the lock, and so does the interrupt: it can
 * never hit the statement of a later job. */
#include "hiretty/view/loader.h"

#include "hiretty/cache/error.h"

enum { AGAIN_US = 10 * 1000 };

typedef struct {
    guint64 ticket;
    HtLoad load;
    int cancelled; /* atomic */
    gpointer result;
    GError *error;
    HtLoader *loader;
} Job;

struct HtLoader {
    HtReader *reader;
    GMainContext *context;
    GThread *thread;
    GMutex lock;
    GCond wake, rested;
    GQueue waiting; /* Job */
    Job *current;   /* running */
    GQueue ready;   /* Job: done, not yet delivered */
    guint64 last_ticket;
    bool follow, stop, has_source;
};

static void job_free(Job *job)
{
    if (job->result && job->load.free_result)
        job->load.free_result(job->result);
    if (job->load.free_data)
        job->load.free_data(job->load.data);
    g_clear_error(&job->error);
    g_free(job);
}

static Job *pop_ready(HtLoader *loader)
{
    g_mutex_lock(&loader->lock);
    Job *job = g_queue_pop_head(&loader->ready);
    if (!job)
        loader->has_source = false;
    g_mutex_unlock(&loader->lock);
    return job;
}

static gboolean deliver(gpointer data)
{
    HtLoader *loader = data;
    for (Job *job; (job = pop_ready(loader));) {
        if (!g_atomic_int_get(&job->cancelled))
            job->load.done(g_steal_pointer(&job->result), job->error, job->load.done_data);
        job_free(job);
    }
    return G_SOURCE_REMOVE;
}

/* Under the lock. */
static void queue_ready(HtLoader *loader, Job *job)
{
    g_queue_push_tail(&loader->ready, job);
    if (loader->has_source || loader->stop)
        return;
    loader->has_source = true;
    GSource *source = g_idle_source_new();
    g_source_set_priority(source, G_PRIORITY_DEFAULT);
    g_source_set_callback(source, deliver, loader, NULL);
    g_source_attach(source, loader->context);
    g_source_unref(source);
}

static void run_job(HtLoader *loader, Job *job)
{
    for (int attempt = 0; attempt < 2; attempt++) {
        g_clear_error(&job->error);
        job->result = job->load.run(loader->reader, job->load.data, &job->error);
        if (!g_error_matches(job->error, HT_CACHE_ERROR, HT_CACHE_ERROR_INTERRUPTED) ||
            g_atomic_int_get(&job->cancelled))
            return;
    }
}

static gpointer thread_main(gpointer data)
{
    HtLoader *loader = data;
    bool is_behind = false; /* it could not follow: tried again with the next job */
    g_mutex_lock(&loader->lock);
    while (!loader->stop) {
        Job *job = g_queue_pop_head(&loader->waiting);
        bool follow = loader->follow;
        if (!job && !follow) {
            g_cond_wait(&loader->wake, &loader->lock);
            continue;
        }
        loader->follow = false;
        loader->current = job;
        g_mutex_unlock(&loader->lock);
        /* With nothing to load, too: a file that somebody reads cannot go. */
        is_behind = (follow || (is_behind && job)) &&
                    !ht_reader_refresh(loader->reader, NULL, job ? &job->error : NULL);
        if (job && !is_behind)
            run_job(loader, job);
        g_mutex_lock(&loader->lock);
        loader->current = NULL;
        if (job)
            queue_ready(loader, job);
        g_cond_signal(&loader->rested);
    }
    g_mutex_unlock(&loader->lock);
    return NULL;
}

HtLoader *ht_loader_new(HtCache *cache, GError **error)
{
    HtReader *reader = ht_reader_new(cache, "reader", error);
    if (!reader)
        return NULL;
    HtLoader *loader = g_new0(HtLoader, 1);
    loader->reader = reader;
    loader->context = g_main_context_ref_thread_default();
    g_mutex_init(&loader->lock);
    g_cond_init(&loader->wake);
    g_cond_init(&loader->rested);
    loader->thread = g_thread_new("reader", thread_main, loader);
    return loader;
}

void ht_loader_free(HtLoader *loader)
{
    if (!loader)
        return;
    g_mutex_lock(&loader->lock);
    loader->stop = true;
    if (loader->current)
        g_atomic_int_set(&loader->current->cancelled, 1); /* it does not begin again */
    /* One that comes between two statements of a job meets neither. */
    while (loader->current) {
        ht_reader_interrupt(loader->reader);
        g_cond_wait_until(&loader->rested, &loader->lock, g_get_monotonic_time() + AGAIN_US);
    }
    g_cond_signal(&loader->wake);
    g_mutex_unlock(&loader->lock);
    g_thread_join(loader->thread);
    for (GSource *s; (s = g_main_context_find_source_by_user_data(loader->context, loader));)
        g_source_destroy(s);
    for (Job *job; (job = g_queue_pop_head(&loader->waiting));)
        job_free(job);
    for (Job *job; (job = g_queue_pop_head(&loader->ready));)
        job_free(job);
    ht_reader_free(loader->reader);
    g_main_context_unref(loader->context);
    g_mutex_clear(&loader->lock);
    g_cond_clear(&loader->wake);
    g_cond_clear(&loader->rested);
    g_free(loader);
}

guint64 ht_loader_submit(HtLoader *loader, const HtLoad *load)
{
    Job *job = g_new0(Job, 1);
    job->load = *load;
    job->loader = loader;
    g_mutex_lock(&loader->lock);
    guint64 ticket = job->ticket = ++loader->last_ticket;
    g_queue_push_tail(&loader->waiting, job);
    g_cond_signal(&loader->wake);
    g_mutex_unlock(&loader->lock);
    return ticket;
}

static Job *take_ticket(GQueue *queue, guint64 ticket)
{
    for (GList *l = queue->head; l; l = l->next) {
        Job *job = l->data;
        if (job->ticket == ticket) {
            g_queue_delete_link(queue, l);
            return job;
        }
    }
    return NULL;
}

void ht_loader_cancel(HtLoader *loader, guint64 ticket)
{
    if (!loader || ticket == 0)
        return;
    g_mutex_lock(&loader->lock);
    Job *dead = take_ticket(&loader->waiting, ticket);
    if (!dead)
        dead = take_ticket(&loader->ready, ticket);
    if (loader->current && loader->current->ticket == ticket) {
        g_atomic_int_set(&loader->current->cancelled, 1);
        ht_reader_interrupt(loader->reader);
    }
    g_mutex_unlock(&loader->lock);
    if (dead)
        job_free(dead);
}

bool ht_loader_is_busy(HtLoader *loader)
{
    g_mutex_lock(&loader->lock);
    bool busy = loader->current || loader->waiting.length > 0 || loader->ready.length > 0;
    g_mutex_unlock(&loader->lock);
    return busy;
}

void ht_loader_follow(HtLoader *loader)
{
    g_mutex_lock(&loader->lock);
    loader->follow = true;
    g_cond_signal(&loader->wake);
    g_mutex_unlock(&loader->lock);
}
