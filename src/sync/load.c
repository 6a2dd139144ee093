/* First loads. The snapshot is kept first; tables then arrive in chunks, each a statement of its
 * own, so nothing holds a snapshot for long on the server. Where a table stands is committed with
 * its rows; what changed meanwhile comes by the feed from the kept snapshot on. Lists need the hot
 * columns only: those go into a new generation that replaces the old in one step. The wide columns
 * follow into the generation in use, chunk by chunk between the pulls.
 *
 * The network thread never waits for the disk unless too many blocks are under way. */
#include "internal.h"

#include "hiretty/base/clock.h"

#include <string.h>

#define BLOCK_BYTES ((gsize)1 << 20)
#define BLOCKS_UNDER_WAY 6
/* A range of 6,000 pages costs 3 to 7 % more than one COPY; wide chunks are small, pulls go between
 * them. */
HtSyncChunks ht_sync_chunks = {
    .pages = 6000, .rows = 50000, .wide_pages = 600, .wide_rows = 2000, .small_pages = 200};

/* Ranges of pages read every tenant's rows: worth it from this share on. */
#define LEAST_SHARE 0.2

#define META_LOAD "load"
#define DONE "done"

/* --- Handing blocks to the loader's thread. */
typedef struct {
    HtSync *sync;
    HtGeneration *generation; /* NULL: the cache in use, synchronously */
    GMutex lock;
    GCond changed;
    guint under_way;
    GError *error;
    int64_t rows_applied, rows_changed, bytes;
} Sink;

typedef struct {
    Sink *sink;
    HtSyncBlock *block; /* NULL: notes only */
    char *name, *value; /* where the table stands, once these rows are in; or NULL */
} Parcel;

static void parcel_free(gpointer data)
{
    Parcel *parcel = data;
    ht_sync_block_free(parcel->block);
    g_free(parcel->name);
    g_free(parcel->value);
    g_free(parcel);
}

static bool apply_parcel_part(HtApply *apply, Parcel *parcel, bool may_yield, bool *is_done,
                              GError **error)
{
    *is_done = true;
    if (parcel->block && !ht_sync_block_apply(parcel->block, apply, may_yield, is_done, error))
        return false;
    return !*is_done || !parcel->name ||
           ht_apply_meta_set(apply, parcel->name, parcel->value, error);
}

static bool apply_parcel(HtApply *apply, gpointer data, GError **error)
{
    bool is_done;
    return apply_parcel_part(apply, data, false, &is_done, error);
}

static void on_applied(const GError *error, gpointer data)
{
    Sink *sink = data;
    g_mutex_lock(&sink->lock);
    sink->under_way--;
    if (error && !sink->error)
        sink->error = g_error_copy(error);
    g_cond_broadcast(&sink->changed);
    g_mutex_unlock(&sink->lock);
}

typedef struct {
    Parcel *parcel;
    bool is_done;
} YieldingParcel;

static bool apply_yielding(HtApply *apply, gpointer data, GError **error)
{
    YieldingParcel *yielding = data;
    return apply_parcel_part(apply, yielding->parcel, true, &yielding->is_done, error);
}

static bool put_now(Sink *sink, Parcel *parcel, GError **error)
{
    YieldingParcel yielding = {.parcel = parcel};
    bool ok = true;
    while (ok && !yielding.is_done)
        ok = ht_cache_apply(sink->sync->cache, apply_yielding, &yielding, error);
    parcel_free(parcel);
    return ok;
}

/* Takes the parcel. Waits while too much is under way. */
static bool put(Sink *sink, Parcel *parcel, GError **error)
{
    if (!sink->generation)
        return put_now(sink, parcel, error);
    g_mutex_lock(&sink->lock);
    while (sink->under_way >= BLOCKS_UNDER_WAY && !sink->error)
        g_cond_wait(&sink->changed, &sink->lock);
    GError *problem = sink->error ? g_error_copy(sink->error) : NULL;
    sink->under_way += !problem;
    g_mutex_unlock(&sink->lock);
    if (problem) {
        parcel_free(parcel);
        g_propagate_error(error, problem);
        return false;
    }
    ht_cache_generation_apply_async(sink->generation, apply_parcel, parcel, parcel_free, on_applied,
                                    sink);
    return true;
}

static bool drain(Sink *sink, GError **error)
{
    g_mutex_lock(&sink->lock);
    while (sink->under_way > 0)
        g_cond_wait(&sink->changed, &sink->lock);
    GError *problem = sink->error ? g_error_copy(sink->error) : NULL;
    g_mutex_unlock(&sink->lock);
    if (problem)
        g_propagate_error(error, problem);
    return !problem;
}

static void sink_init(Sink *sink, HtSync *sync, HtGeneration *generation)
{
    memset(sink, 0, sizeof *sink);
    sink->sync = sync;
    sink->generation = generation;
    g_mutex_init(&sink->lock);
    g_cond_init(&sink->changed);
}

static void sink_clear(Sink *sink)
{
    drain(sink, NULL);
    g_clear_error(&sink->error);
    g_mutex_clear(&sink->lock);
    g_cond_clear(&sink->changed);
}

/* --- Chunks of one table. Where it stands is a text: "" nothing yet and it comes in one piece,
 * "p:N:M" pages below N of about M are in, "k:ID" rows up to ID are in ("k:" none), "done". */
typedef struct {
    Sink *sink;
    HtSyncSelect *select;
    HtApplyMode mode;
    HtSyncBlock *held; /* the last block waits for where the table then stands */
    int64_t rows;      /* of this chunk */
    HtUuid last;
    bool is_wide;
    int64_t *total_rows;
    int64_t total_estimate;
} Chunk;

static bool forward(Chunk *chunk, HtSyncBlock *block, const char *name, const char *value,
                    GError **error)
{
    Parcel *parcel = g_new0(Parcel, 1);
    parcel->sink = chunk->sink;
    parcel->block = block;
    parcel->name = g_strdup(name);
    parcel->value = g_strdup(value);
    return put(chunk->sink, parcel, error);
}

/* Counts the rows of a block and notes the last id, so that a chunk by ids knows how to go on. */
static bool look_through(Chunk *chunk, GBytes *bytes, GError **error)
{
    gsize len;
    const guint8 *data = g_bytes_get_data(bytes, &len);
    HtPgTuples tuples;
    g_autofree HtPgField *fields = g_new0(HtPgField, chunk->select->n);
    ht_pg_tuples_init(&tuples, data, len);
    while (ht_pg_tuples_next(&tuples, fields, chunk->select->n)) {
        chunk->rows++;
        *chunk->total_rows += 1;
        if (chunk->select->table->has_id)
            ht_pg_field_uuid(&fields[0], &chunk->last);
    }
    if (!tuples.broken)
        return true;
    g_set_error(error, HT_PG_ERROR, HT_PG_ERROR_PROTOCOL, "rows of %s make no sense",
                chunk->select->table->name);
    return false;
}

static bool on_block(GBytes *bytes, gpointer data, GError **error)
{
    Chunk *chunk = data;
    if (!look_through(chunk, bytes, error)) {
        g_bytes_unref(bytes);
        return false;
    }
    HtSyncReport *report = chunk->sink->sync->report;
    report->bytes_received += (int64_t)g_bytes_get_size(bytes);
    HtSyncBlock *before = chunk->held;
    chunk->held = ht_sync_block_new(chunk->select, bytes, chunk->mode);
    ht_sync_status_progress(chunk->sink->sync, chunk->select->table->name, chunk->is_wide,
                            *chunk->total_rows, chunk->total_estimate);
    return !before || forward(chunk, before, NULL, NULL, error);
}

static char *page_sql(const Chunk *chunk, int64_t first, int64_t chunk_pages, int64_t pages)
{
    g_autofree char *from = g_strdup_printf("%" G_GINT64_FORMAT, first);
    g_autofree char *to = g_strdup_printf("%" G_GINT64_FORMAT, first + chunk_pages);
    if (first + chunk_pages < pages)
        return ht_sync_sql_fill("copy_pages", chunk->select, "first", from, "last", to, NULL);
    return ht_sync_sql_fill("copy_pages_rest", chunk->select, "first", from, NULL);
}

static char *key_sql(const Chunk *chunk, const char *after, int limit)
{
    g_autofree char *number = g_strdup_printf("%d", limit);
    HtUuid id;
    char text[HT_UUID_TEXT];
    ht_uuid_parse(after,
                  &id); /* nil when nothing is here yet; never another text in the statement */
    return ht_sync_sql_fill("copy_after", chunk->select, "after", ht_uuid_format(&id, text),
                            "limit", number, NULL);
}

/* How a table is best read, as the place where it stands at first. */
static const char *first_stand(const HtSyncHello *sizes, const HtSyncTable *table, char out[64])
{
    int position = (int)(table - ht_sync_tables(NULL));
    int64_t pages = sizes ? sizes->pages[position] : 0;
    if (!table->has_id || pages <= ht_sync_chunks.small_pages)
        return "";
    if (sizes->share[position] < LEAST_SHARE)
        return "k:";
    g_snprintf(out, 64, "p:0:%" G_GINT64_FORMAT, pages);
    return out;
}

/* One chunk from where `stands` says; *next says where the table stands then. */
static bool load_chunk(Chunk *chunk, const char *stands, char **next, GError **error)
{
    int chunk_pages = chunk->is_wide ? ht_sync_chunks.wide_pages : ht_sync_chunks.pages;
    int chunk_rows = chunk->is_wide ? ht_sync_chunks.wide_rows : ht_sync_chunks.rows;
    bool by_key = g_str_has_prefix(stands, "k:");
    bool by_page = g_str_has_prefix(stands, "p:");
    int64_t first = 0, pages = 0;
    g_autofree char *sql = NULL;
    chunk->rows = 0;
    if (by_page) {
        char *end;
        first = g_ascii_strtoll(stands + 2, &end, 10);
        pages = *end == ':' ? g_ascii_strtoll(end + 1, NULL, 10) : 0;
        sql = page_sql(chunk, first, chunk_pages, pages);
    } else if (by_key) {
        sql = key_sql(chunk, stands + 2, chunk_rows);
    } else {
        sql = ht_sync_sql_fill("copy_table", chunk->select, NULL);
    }
    if (!ht_pg_copy_out(chunk->sink->sync->pg, sql, BLOCK_BYTES, on_block, chunk, error))
        return false;
    char text[HT_UUID_TEXT];
    if (by_page && first + chunk_pages < pages)
        *next =
            g_strdup_printf("p:%" G_GINT64_FORMAT ":%" G_GINT64_FORMAT, first + chunk_pages, pages);
    else if (by_key && chunk->rows == chunk_rows)
        *next = g_strdup_printf("k:%s", ht_uuid_format(&chunk->last, text));
    else
        *next = g_strdup(DONE);
    return true;
}

/* A login that may not look at row addresses goes by ids. */
static bool load_chunk_or_fall_back(Chunk *chunk, const char *stands, char **next, GError **error)
{
    g_autoptr(GError) problem = NULL;
    if (load_chunk(chunk, stands, next, &problem))
        return true;
    if (g_error_matches(problem, HT_PG_ERROR, HT_PG_ERROR_DENIED) && chunk->rows == 0 &&
        !g_str_has_prefix(stands, "k:") && chunk->select->table->has_id)
        return load_chunk(chunk, "k:", next, error);
    g_propagate_error(error, g_steal_pointer(&problem));
    return false;
}

static bool chunk_finish(Chunk *chunk, const char *name, const char *stands, GError **error)
{
    return forward(chunk, g_steal_pointer(&chunk->held), name, stands, error);
}

/* --- The hot phase. */
typedef struct {
    HtSync *sync;
    HtGeneration *generation;
    char *snapshot; /* the feed goes on from here */
    char *remembered, *me;
    int64_t acked_seq;
    int64_t rows, estimate;
} Load;

static void load_clear(Load *load)
{
    if (load->generation)
        ht_cache_generation_release(load->generation);
    g_free(load->snapshot);
    g_free(load->remembered);
    g_free(load->me);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Load, load_clear)

/* The note that makes a load resumable: what it was begun with. */
static char *load_note(const HtSyncHello *hello, const char *remembered)
{
    g_autoptr(HtJson) json = ht_json_new_object();
    ht_json_set_string(json, "snapshot", hello->snapshot);
    ht_json_set_int(json, "acked_seq", hello->acked_seq);
    ht_json_set_string(json, "hello", remembered);
    return ht_json_print(json, false);
}

/* Can the unfinished generation still be completed? */
static bool take_up(Load *load, const HtSyncHello *hello, const char *remembered)
{
    g_autofree char *note = ht_cache_generation_meta(load->generation, META_LOAD);
    g_autoptr(HtJson) json = note ? ht_json_parse(note, -1, NULL) : NULL;
    const char *snapshot = ht_json_get_string(json, "snapshot", "");
    guint64 xmin, xmax;
    if (strcmp(ht_json_get_string(json, "hello", ""), remembered) != 0 ||
        !ht_sync_snapshot_parse(snapshot, &xmin, &xmax) || xmin < hello->floor ||
        xmax > hello->xmax)
        return false;
    load->snapshot = g_strdup(snapshot);
    load->acked_seq = ht_json_get_int(json, "acked_seq", 0);
    return true;
}

static bool write_load_note(HtApply *apply, gpointer data, GError **error)
{
    return ht_apply_meta_set(apply, META_LOAD, data, error);
}

static bool begin(Load *load, const HtSyncHello *hello, bool fresh, GError **error)
{
    HtSync *sync = load->sync;
    bool is_resumed = false;
    load->remembered = ht_sync_hello_remember(hello, sync->columns, ht_pg_user(sync->pg));
    load->me = g_strdup(hello->me);
    load->generation = ht_cache_generation_begin(sync->cache, &is_resumed, error);
    if (!load->generation)
        return false;
    if (is_resumed && !fresh && take_up(load, hello, load->remembered))
        return true;
    if (is_resumed) {
        ht_cache_generation_discard(g_steal_pointer(&load->generation));
        load->generation = ht_cache_generation_begin(sync->cache, &is_resumed, error);
        if (!load->generation)
            return false;
    }
    load->snapshot = g_strdup(hello->snapshot);
    load->acked_seq = hello->acked_seq;
    g_autofree char *note = load_note(hello, load->remembered);
    return ht_cache_generation_apply(load->generation, write_load_note, note, error);
}

static bool load_table(Load *load, Sink *sink, const HtSyncTable *table, GError **error)
{
    g_autoptr(HtSyncSelect) select = ht_sync_select_new(load->sync->columns, table, HT_SELECT_HOT);
    g_autofree char *name = g_strdup_printf("load.%s", table->name);
    g_autofree char *stands = ht_cache_generation_meta(load->generation, name);
    char first[64];
    if (!stands)
        stands = g_strdup(first_stand(load->sync->hello, table, first));
    Chunk chunk = {.sink = sink,
                   .select = select,
                   .mode = HT_APPLY_BULK,
                   .total_rows = &load->rows,
                   .total_estimate = load->estimate};
    bool ok = true;
    while (ok && select && strcmp(stands, DONE) != 0) {
        char *next = NULL;
        ok = load_chunk_or_fall_back(&chunk, stands, &next, error) &&
             chunk_finish(&chunk, name, next, error);
        if (ok) {
            g_free(stands);
            stands = next;
        } else {
            g_free(next);
        }
    }
    g_clear_pointer(&chunk.held, ht_sync_block_free);
    /* The select list lives as long as the blocks that use it. */
    return drain(sink, ok ? error : NULL) && ok;
}

static bool load_hot(Load *load, GError **error)
{
    int n;
    const HtSyncTable *tables = ht_sync_tables(&n);
    for (int i = 0; i < n; i++)
        load->estimate += load->sync->hello ? load->sync->hello->estimates[i] : 0;
    Sink sink;
    sink_init(&sink, load->sync, load->generation);
    bool ok = true;
    for (int i = 0; ok && i < n; i++)
        ok = load_table(load, &sink, &tables[i], error);
    sink_clear(&sink);
    load->sync->report->rows_received += load->rows;
    load->sync->report->rows_changed += load->rows;
    return ok;
}

/* Tables whose wide columns are still to come, and where each stands. */
static char *wide_note(const HtSync *sync)
{
    char first[64];
    g_autoptr(HtJson) json = ht_json_new_object();
    int n;
    const HtSyncTable *tables = ht_sync_tables(&n);
    for (int i = 0; i < n; i++) {
        g_autoptr(HtSyncSelect) wide =
            ht_sync_select_new(sync->columns, &tables[i], HT_SELECT_WIDE);
        if (wide)
            ht_json_set_string(json, tables[i].name, first_stand(sync->hello, &tables[i], first));
    }
    return ht_json_length(json) > 0 ? ht_json_print(json, false) : NULL;
}

static bool write_end(HtApply *apply, gpointer data, GError **error)
{
    const Load *load = data;
    g_autofree char *wide = wide_note(load->sync);
    return ht_apply_meta_set(apply, HT_META_CURSOR, load->snapshot, error) &&
           ht_apply_meta_set(apply, HT_META_HELLO, load->remembered, error) &&
           ht_apply_meta_set(apply, HT_META_ME, load->me, error) &&
           ht_apply_meta_set(apply, HT_META_WIDE, wide, error) &&
           ht_apply_meta_set(apply, HT_META_RESYNC, NULL, error) &&
           ht_apply_meta_set_int(apply, HT_META_LAST_SYNC, ht_clock_now_us(), error);
}

bool ht_sync_load(HtSync *sync, const HtSyncHello *hello, const char *why, GError **error)
{
    g_auto(Load) load = {.sync = sync};
    sync->load_started_us = g_get_monotonic_time();
    sync->report->loaded = true;
    g_strlcpy(sync->report->why_full, why, sizeof sync->report->why_full);
    ht_sync_status_state(sync, HT_SYNC_LOADING, NULL);
    bool fresh = strcmp(why, "asked for") == 0;
    if (!begin(&load, hello, fresh, error) || !load_hot(&load, error))
        return false;
    if (!ht_cache_generation_apply(load.generation, write_end, &load, error) ||
        !ht_cache_generation_publish(load.generation, error))
        return false;
    load.generation = NULL;
    g_free(sync->cursor);
    sync->cursor = g_strdup(load.snapshot);
    return !sync->outbox || ht_outbox_set_acked(sync->outbox, load.acked_seq, error);
}

/* --- The wide phase. */
bool ht_sync_wide_is_due(HtSync *sync)
{
    g_autofree char *note = ht_cache_meta(sync->cache, HT_META_WIDE);
    return note && *note && sync->columns;
}

static char *note_after(const HtJson *note, const char *table, const char *stands)
{
    g_autoptr(HtJson) copy = ht_json_dup(note);
    if (stands && strcmp(stands, DONE) != 0)
        ht_json_set_string(copy, table, stands);
    else
        ht_json_remove(copy, table);
    return ht_json_length(copy) > 0 ? ht_json_print(copy, false) : NULL;
}

static bool load_wide_chunk(HtSync *sync, const HtJson *note, const HtSyncTable *table,
                            GError **error)
{
    Sink sink;
    sink_init(&sink, sync, NULL);
    g_autoptr(HtSyncSelect) select = ht_sync_select_new(sync->columns, table, HT_SELECT_WIDE);
    int64_t rows = sync->status.progress.wide ? sync->status.progress.rows : 0, estimate = 0;
    for (const HtJson *e = ht_json_first(note); e && sync->hello; e = ht_json_next(e)) {
        const HtSyncTable *left = ht_sync_table_by_name(ht_json_key(e));
        estimate += left ? sync->hello->estimates[left - ht_sync_tables(NULL)] : 0;
    }
    if (rows == 0)
        sync->load_started_us = g_get_monotonic_time();
    int64_t before = rows;
    Chunk chunk = {.sink = &sink,
                   .select = select,
                   .mode = HT_APPLY_BULK,
                   .is_wide = true,
                   .total_rows = &rows,
                   .total_estimate = MAX(estimate, sync->status.progress.total_estimate)};
    g_autofree char *next = NULL;
    bool ok = !select || load_chunk_or_fall_back(&chunk, ht_json_get_string(note, table->name, ""),
                                                 &next, error);
    if (ok) {
        g_autofree char *left = note_after(note, table->name, next);
        ok = chunk_finish(&chunk, HT_META_WIDE, left, error);
    }
    g_clear_pointer(&chunk.held, ht_sync_block_free);
    sync->report->rows_received += rows - before;
    sink_clear(&sink);
    return ok;
}

bool ht_sync_load_wide(HtSync *sync, GError **error)
{
    g_autofree char *text = ht_cache_meta(sync->cache, HT_META_WIDE);
    g_autoptr(HtJson) note = text ? ht_json_parse(text, -1, NULL) : NULL;
    const HtJson *first = ht_json_first(note);
    const HtSyncTable *table = first ? ht_sync_table_by_name(ht_json_key(first)) : NULL;
    bool ok;
    if (table) {
        ok = load_wide_chunk(sync, note, table, error);
    } else {
        /* Nothing left that this version knows. */
        Sink sink;
        sink_init(&sink, sync, NULL);
        Chunk chunk = {.sink = &sink};
        ok = chunk_finish(&chunk, HT_META_WIDE, NULL, error);
        sink_clear(&sink);
    }
    if (ok && !ht_sync_wide_is_due(sync))
        ht_sync_status_progress(sync, "", true, -1, 0);
    return ok;
}
