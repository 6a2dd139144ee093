/* From the network thread to the cache's writer. Blocks of rows wait in one queue with what is to
 * be noted after them; the writer takes as many as fit into one short transaction, then again, so
 * the network is read while rows are written, and an intent never waits long. Who puts waits while
 * too many bytes are under way: memory is bounded by that, whichever side is the slower. */
#include "internal.h"

typedef struct {
    HtSyncBlock *block; /* NULL: a note only */
    char *name, *value; /* the note, NULL: none; it is committed with or after the rows before it */
    gsize bytes;
} Parcel;

struct HtSyncSink {
    HtCache *cache;
    HtGeneration *generation; /* NULL: the cache in use */
    gsize bytes_max;
    GPtrArray *selects;
    GMutex lock; /* guards what follows */
    GCond changed;
    GQueue waiting;
    gsize bytes; /* waiting or being applied */
    bool is_pumping;
    GError *error;
    /* the writer's alone */
    Parcel *current;
    GQueue applied;
};

static void parcel_free(gpointer data)
{
    Parcel *parcel = data;
    if (!parcel)
        return;
    ht_sync_block_free(parcel->block);
    g_free(parcel->name);
    g_free(parcel->value);
    g_free(parcel);
}

/* --- The writer's thread */

static bool apply_current(HtSyncSink *sink, HtApply *apply, bool *is_done, GError **error)
{
    const Parcel *parcel = sink->current;
    *is_done = true;
    if (parcel->block && !ht_sync_block_apply(parcel->block, apply, true, is_done, error))
        return false;
    return !*is_done || !parcel->name ||
           ht_apply_meta_set(apply, parcel->name, parcel->value, error);
}

/* One transaction: parcels until it is time to let an intent in. */
static bool apply_some(HtApply *apply, gpointer data, GError **error)
{
    HtSyncSink *sink = data;
    bool is_done = true;
    while (is_done) {
        if (!sink->current) {
            g_mutex_lock(&sink->lock);
            sink->current = g_queue_pop_head(&sink->waiting);
            g_mutex_unlock(&sink->lock);
        }
        if (!sink->current)
            return true;
        if (!apply_current(sink, apply, &is_done, error))
            return false;
        if (is_done)
            g_queue_push_tail(&sink->applied, g_steal_pointer(&sink->current));
        is_done = is_done && !ht_apply_should_yield(apply);
    }
    return true;
}

static void pump(HtSyncSink *sink);

static void on_applied(const GError *error, gpointer data)
{
    HtSyncSink *sink = data;
    gsize bytes = 0;
    for (Parcel *parcel; (parcel = g_queue_pop_head(&sink->applied));) {
        bytes += parcel->bytes;
        parcel_free(parcel);
    }
    g_mutex_lock(&sink->lock);
    sink->bytes -= bytes;
    if (error && !sink->error)
        sink->error = g_error_copy(error);
    bool goes_on = !sink->error && (sink->current || !g_queue_is_empty(&sink->waiting));
    sink->is_pumping = goes_on;
    g_cond_broadcast(&sink->changed);
    g_mutex_unlock(&sink->lock);
    if (goes_on)
        pump(sink);
}

static void pump(HtSyncSink *sink)
{
    if (sink->generation)
        ht_cache_generation_apply_async(sink->generation, apply_some, sink, NULL, on_applied, sink);
    else
        ht_cache_apply_async(sink->cache, apply_some, sink, NULL, on_applied, sink);
}

/* --- The network's thread */

HtSyncSink *ht_sync_sink_new(HtCache *cache, HtGeneration *generation, gsize bytes_max)
{
    HtSyncSink *sink = g_new0(HtSyncSink, 1);
    sink->cache = cache;
    sink->generation = generation;
    sink->bytes_max = bytes_max;
    sink->selects = g_ptr_array_new_with_free_func((GDestroyNotify)(void *)ht_sync_select_free);
    g_mutex_init(&sink->lock);
    g_cond_init(&sink->changed);
    g_queue_init(&sink->waiting);
    g_queue_init(&sink->applied);
    return sink;
}

HtSyncSelect *ht_sync_sink_keep(HtSyncSink *sink, HtSyncSelect *select)
{
    if (select)
        g_ptr_array_add(sink->selects, select);
    return select;
}

bool ht_sync_sink_put(HtSyncSink *sink, HtSyncBlock *block, const char *name, const char *value,
                      GError **error)
{
    Parcel *parcel = g_new0(Parcel, 1);
    parcel->block = block;
    parcel->name = g_strdup(name);
    parcel->value = g_strdup(value);
    parcel->bytes = block ? g_bytes_get_size(block->bytes) : 0;
    g_mutex_lock(&sink->lock);
    while (sink->bytes > 0 && sink->bytes + parcel->bytes > sink->bytes_max && !sink->error)
        g_cond_wait(&sink->changed, &sink->lock);
    GError *problem = sink->error ? g_error_copy(sink->error) : NULL;
    bool starts = !problem && !sink->is_pumping;
    if (!problem) {
        g_queue_push_tail(&sink->waiting, parcel);
        sink->bytes += parcel->bytes;
        sink->is_pumping = true;
    }
    g_mutex_unlock(&sink->lock);
    if (starts)
        pump(sink);
    if (!problem)
        return true;
    parcel_free(parcel);
    g_propagate_error(error, problem);
    return false;
}

bool ht_sync_sink_drain(HtSyncSink *sink, GError **error)
{
    g_mutex_lock(&sink->lock);
    while (sink->is_pumping)
        g_cond_wait(&sink->changed, &sink->lock);
    GError *problem = sink->error ? g_error_copy(sink->error) : NULL;
    g_mutex_unlock(&sink->lock);
    if (problem)
        g_propagate_error(error, problem);
    return !problem;
}

void ht_sync_sink_free(HtSyncSink *sink)
{
    if (!sink)
        return;
    ht_sync_sink_drain(sink, NULL);
    parcel_free(sink->current);
    g_queue_clear_full(&sink->waiting, parcel_free);
    g_queue_clear_full(&sink->applied, parcel_free);
    g_ptr_array_unref(sink->selects);
    g_clear_error(&sink->error);
    g_mutex_clear(&sink->lock);
    g_cond_clear(&sink->changed);
    g_free(sink);
}
