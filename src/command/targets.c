/* A page at a time, so that who stops it does not wait. Texts are kept once: thousands have the
 * same stage and job. */
#include "targets.h"

#include "context_impl.h"

enum { PAGE = 256 };

void ht_targets_free(gpointer data)
{
    HtTargets *targets = data;
    if (!targets)
        return;
    g_free(targets->rows);
    g_string_chunk_free(targets->texts);
    g_free(targets);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HtTargets, ht_targets_free)

static const char *keep(HtTargets *targets, const char *text)
{
    return text ? g_string_chunk_insert_const(targets->texts, text) : "";
}

static void take_row(HtTargets *targets, HtReader *reader, const HtMatchRow *row)
{
    int64_t seconds = 0;
    bool is_seen = ht_cache_match_seen(reader, row->key, &seconds);
    targets->rows[targets->n++] = (HtTarget){.match = row->key,
                                             .candidate = row->candidate,
                                             .job = row->job,
                                             .stage_type = row->stage_type,
                                             .is_blind = row->flags & HT_MATCH_BLIND,
                                             .is_seen = is_seen,
                                             .seconds = (int)MIN(seconds, 86400),
                                             .name = keep(targets, row->name),
                                             .stage_name = keep(targets, row->stage_name),
                                             .job_title = keep(targets, row->job_title)};
}

HtTargets *ht_targets_read(HtReader *reader, const GArray *keys, const gint *stop, GError **error)
{
    g_autoptr(HtTargets) targets = g_new0(HtTargets, 1);
    targets->rows = g_new0(HtTarget, MAX(1, keys->len));
    targets->texts = g_string_chunk_new(4096);
    for (guint first = 0; first < keys->len; first += PAGE) {
        HtMatchRow rows[PAGE];
        guint n = MIN((guint)PAGE, keys->len - first);
        if (g_atomic_int_get(stop))
            return NULL;
        bool ok = ht_cache_match_rows(reader, &g_array_index(keys, HtKey, first), n, rows, error);
        for (guint i = 0; i < n; i++) {
            if (ok)
                take_row(targets, reader, &rows[i]);
            ht_match_row_clear(&rows[i]);
        }
        if (!ok)
            return NULL;
    }
    return g_steal_pointer(&targets);
}

void ht_targets_add_viewed(HtContext *context, HtTargets *targets)
{
    for (guint i = 0; i < targets->n; i++) {
        HtTarget *target = &targets->rows[i];
        gpointer key = GSIZE_TO_POINTER((gsize)target->match);
        int here = GPOINTER_TO_INT(g_hash_table_lookup(context->viewed, key));
        target->is_seen |= here > 0;
        target->seconds = MAX(here, target->seconds);
    }
}

/* ---- for a command
 * --------------------------------------------------------------------------------------- */
typedef struct {
    GArray *keys;
    HtTargetsFunc done;
    gpointer data;
    GDestroyNotify free_data;
} Wanted;

static void wanted_free(gpointer data)
{
    Wanted *wanted = data;
    g_array_unref(wanted->keys);
    if (wanted->free_data)
        wanted->free_data(wanted->data);
    g_free(wanted);
}

static gpointer read_wanted(HtReader *reader, gpointer data, const gint *stop, GError **error)
{
    return ht_targets_read(reader, ((const Wanted *)data)->keys, stop, error);
}

static HtResult wanted_came(HtContext *context, gpointer result, gpointer data)
{
    const Wanted *wanted = data;
    ht_targets_add_viewed(context, result);
    return wanted->done(context, result, wanted->data);
}

HtResult ht_context_with_targets(HtContext *context, const GArray *keys, HtTargetsFunc done,
                                 gpointer data, GDestroyNotify free_data)
{
    Wanted *wanted = g_new0(Wanted, 1);
    *wanted = (Wanted){.keys = g_array_copy((GArray *)(guintptr)keys),
                       .done = done,
                       .data = data,
                       .free_data = free_data};
    return ht_context_errand(context, &(HtErrandSpec){.rows = keys->len,
                                                      .run = read_wanted,
                                                      .done = wanted_came,
                                                      .data = wanted,
                                                      .free_data = wanted_free,
                                                      .free_result = ht_targets_free});
}
