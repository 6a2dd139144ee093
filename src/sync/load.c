/* First loads. The snapshot is kept first; tables then arrive in chunks, each a statement of its
 * own, so nothing holds a snapshot for long on the server. Where a table stands is committed with
 * its rows; what changed meanwhile comes by the feed from the kept snapshot on. Lists need the hot
 * columns only: those go into a new generation that replaces the old in one step. The wide columns
 * follow into the generation in use, chunk by chunk between the pulls.
 *
 * The feed names rows that changed, not those that left somebody's sight or came back, and a
 * greeting says only what may be seen now: who was out of sight for as long as one chunk took would
 * be missing for good. So each chunk says, from its own snapshot, what could be seen in it.
 *
 * The network thread never waits for the disk unless too many blocks are under way. */
#include "internal.h"

#include "hiretty/base/clock.h"
#include "hiretty/base/failpoint.h"

#include <string.h>

/* A range of 6,000 pages costs 3 to 7 % more than one COPY; wide chunks are small, pulls go between
 * them. */
HtSyncChunks ht_sync_chunks = {
    .pages = 6000, .rows = 50000, .wide_pages = 1500, .wide_rows = 10000, .small_pages = 200};
HtSyncFlow ht_sync_flow = {
    .block_bytes = 1 << 18, .under_way_bytes = 2 << 20, .wide_under_way_bytes = 16 << 20};
/* A load that was cut sends one chunk again: of a large table never more than this part. */
#define CHUNKS_LEAST 60
/* And what was under way: the same of the whole. */
#define UNDER_WAY_PART 40

/* Ranges of pages read every tenant's rows: worth it from this share on. */
#define LEAST_SHARE 0.2

#define SERVER_PAGE_BYTES 8192

/* Somebody's sight changes seldom: more pulls than this in a row would bring nothing. */
#define LOOKS_MAX 5

#define META_LOAD "load"
#define META_MOVED "load_moved" /* a chunk was seen with other eyes than the first */
#define DONE "done"

/* --- Chunks of one table. Where it stands is a text: "" nothing yet and it comes in one piece,
 * "p:N:M" pages below N of about M are in, "k:ID" rows up to ID are in ("k:" none), "done". */
typedef struct {
    HtSync *sync;
    HtSyncSink *sink;
    const HtSyncSelect *select;
    int64_t rows; /* of this chunk */
    HtUuid last;  /* of a chunk by ids */
    bool is_wide, is_by_key;
    int64_t *total_rows;
    int64_t total_estimate;
    const char *remembered; /* what could be seen when the load began, or at the last pull */
    HtSyncSight sight;
    int looks; /* pulls in between, since a chunk was of use */
} Chunk;

static bool on_sight(const HtPgField *fields, int n, gpointer data, GError **error)
{
    Chunk *chunk = data;
    gsize len = 0;
    const char *text = n == 1 ? ht_pg_field_text(&fields[0], &len) : NULL;
    g_autoptr(HtSyncHello) hello = ht_sync_hello_parse(text, (gssize)len, error);
    if (hello)
        chunk->sight = ht_sync_sight(chunk->remembered, hello);
    return hello != NULL;
}

/* Wide columns that were left out would not be missed by comparing ids. */
static bool is_of_use(const Chunk *chunk)
{
    return chunk->sight == HT_SIGHT_SAME || (chunk->sight == HT_SIGHT_MOVED && !chunk->is_wide);
}

/* Notes the last id of a block, so that a chunk by ids knows how to go on. */
static bool find_last(Chunk *chunk, GBytes *bytes, GError **error)
{
    gsize len;
    const guint8 *data = g_bytes_get_data(bytes, &len);
    HtPgTuples tuples;
    g_autofree HtPgField *fields = g_new0(HtPgField, chunk->select->n);
    ht_pg_tuples_init(&tuples, data, len);
    while (ht_pg_tuples_next(&tuples, fields, chunk->select->n))
        ht_pg_field_uuid(&fields[0], &chunk->last);
    if (!tuples.broken)
        return true;
    g_set_error(error, HT_PG_ERROR, HT_PG_ERROR_PROTOCOL, "rows of %s make no sense",
                chunk->select->table->name);
    return false;
}

static bool on_block(GBytes *bytes, gsize n_rows, gpointer data, GError **error)
{
    Chunk *chunk = data;
    if (!is_of_use(chunk)) {
        g_bytes_unref(bytes);
        return true;
    }
    if (chunk->is_by_key && !find_last(chunk, bytes, error)) {
        g_bytes_unref(bytes);
        return false;
    }
    chunk->rows += (int64_t)n_rows;
    *chunk->total_rows += (int64_t)n_rows;
    chunk->sync->report->bytes_received += (int64_t)g_bytes_get_size(bytes);
    ht_sync_status_progress(chunk->sync, chunk->select->table->name, chunk->is_wide,
                            *chunk->total_rows, chunk->total_estimate);
    return ht_sync_sink_put(chunk->sink, ht_sync_block_new(chunk->select, bytes, HT_APPLY_BULK),
                            NULL, NULL, error);
}

static char *page_sql(const Chunk *chunk, int64_t first, int64_t end, int64_t pages)
{
    g_autofree char *from = g_strdup_printf("%" G_GINT64_FORMAT, first);
    g_autofree char *to = g_strdup_printf("%" G_GINT64_FORMAT, end);
    if (end < pages)
        return ht_sync_sql_fill("copy_pages", chunk->select, "first", from, "last", to, NULL);
    return ht_sync_sql_fill("copy_pages_rest", chunk->select, "first", from, NULL);
}

static char *key_sql(const Chunk *chunk, const char *after, int64_t limit)
{
    g_autofree char *number = g_strdup_printf("%" G_GINT64_FORMAT, limit);
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
    if (!sizes || !table->has_id || pages <= ht_sync_chunks.small_pages)
        return "";
    if (sizes->share[position] < LEAST_SHARE)
        return "k:";
    g_snprintf(out, 64, "p:0:%" G_GINT64_FORMAT, pages);
    return out;
}

/* How many of the table's `all` pages or rows make a chunk, of which there are at most `most`. */
static int64_t chunk_size(int64_t all, int64_t most, int64_t least)
{
    return all > 0 ? CLAMP(all / CHUNKS_LEAST, MIN(least, most), most) : most;
}

static int64_t chunk_rows(const Chunk *chunk)
{
    const HtSyncHello *hello = chunk->sync->hello;
    int64_t all = hello && hello->has_sizes
                      ? hello->estimates[chunk->select->table - ht_sync_tables(NULL)]
                      : 0;
    int most = chunk->is_wide ? ht_sync_chunks.wide_rows : ht_sync_chunks.rows;
    return chunk_size(all, most, 2000);
}

static int64_t chunk_pages(const Chunk *chunk, int64_t pages)
{
    int most = chunk->is_wide ? ht_sync_chunks.wide_pages : ht_sync_chunks.pages;
    return chunk_size(pages, most, ht_sync_chunks.small_pages);
}

static bool copy_chunk(Chunk *chunk, const char *sql, GError **error)
{
    const char *hold = chunk->sync->can_hold_still ? ht_sync_sql("hold_still") : "";
    g_autofree char *all = g_strjoin("\n;\n", ht_sync_sql("begin"), hold, ht_sync_sql("sight"), sql,
                                     ht_sync_sql("commit"), NULL);
    HtPgCopy copy = {.sql = all,
                     .on_row = on_sight,
                     .block_bytes = ht_sync_flow.block_bytes,
                     .on_block = on_block};
    chunk->sight = HT_SIGHT_OTHER_MEMBER;
    return ht_pg_copy_among(chunk->sync->pg, &copy, chunk, error);
}

/* One chunk from where `stands` says; *next says where the table stands then. */
static bool load_chunk(Chunk *chunk, const char *stands, char **next, GError **error)
{
    bool by_page = g_str_has_prefix(stands, "p:");
    int64_t first = 0, end = 0, pages = 0, limit = 0;
    g_autofree char *sql = NULL;
    chunk->rows = 0;
    chunk->is_by_key = g_str_has_prefix(stands, "k:");
    if (by_page) {
        char *rest;
        first = g_ascii_strtoll(stands + 2, &rest, 10);
        pages = *rest == ':' ? g_ascii_strtoll(rest + 1, NULL, 10) : 0;
        end = first + chunk_pages(chunk, pages);
        sql = page_sql(chunk, first, end, pages);
    } else if (chunk->is_by_key) {
        limit = chunk_rows(chunk);
        sql = key_sql(chunk, stands + 2, limit);
    } else {
        sql = ht_sync_sql_fill("copy_table", chunk->select, NULL);
    }
    if (!copy_chunk(chunk, sql, error))
        return false;
    char text[HT_UUID_TEXT];
    if (by_page && end < pages)
        *next = g_strdup_printf("p:%" G_GINT64_FORMAT ":%" G_GINT64_FORMAT, end, pages);
    else if (chunk->is_by_key && chunk->rows == limit)
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
        !g_str_has_prefix(stands, "k:") && chunk->select->table->has_id &&
        ht_pg_run(chunk->sync->pg, ht_sync_sql("rollback"), NULL))
        return load_chunk(chunk, "k:", next, error);
    ht_sync_error_name_table(&problem, chunk->select->table);
    g_propagate_error(error, g_steal_pointer(&problem));
    return false;
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

/* The chunk came. What was seen with other eyes is noted before it counts. */
static bool note_sight(const Chunk *chunk, GError **error)
{
    if (chunk->sight == HT_SIGHT_MOVED)
        return ht_sync_sink_put(chunk->sink, NULL, META_MOVED, "1", error);
    if (chunk->sight == HT_SIGHT_SAME)
        return true;
    g_set_error_literal(error, HT_SYNC_ERROR, HT_SYNC_ERROR_OFFLINE,
                        "what this login may do changed meanwhile (it is tried again)");
    return false;
}

static bool load_table(Load *load, HtSyncSink *sink, const HtSyncTable *table, GError **error)
{
    const HtSyncSelect *select =
        ht_sync_sink_keep(sink, ht_sync_select_new(load->sync->columns, table, HT_SELECT_HOT));
    g_autofree char *name = g_strdup_printf("load.%s", table->name);
    g_autofree char *stands = ht_cache_generation_meta(load->generation, name);
    char first[64];
    if (!stands)
        stands = g_strdup(first_stand(load->sync->hello, table, first));
    Chunk chunk = {.sync = load->sync,
                   .sink = sink,
                   .select = select,
                   .total_rows = &load->rows,
                   .total_estimate = load->estimate,
                   .remembered = load->remembered};
    while (select && strcmp(stands, DONE) != 0) {
        g_autofree char *next = NULL;
        if (!load_chunk_or_fall_back(&chunk, stands, &next, error) || !note_sight(&chunk, error) ||
            !ht_sync_sink_put(sink, NULL, name, next, error))
            return false;
        g_free(stands);
        stands = g_steal_pointer(&next);
    }
    HT_FAILPOINT(LOAD_TABLE);
    return true;
}

static bool load_hot(Load *load, GError **error)
{
    int n;
    const HtSyncTable *tables = ht_sync_tables(&n);
    for (int i = 0; i < n; i++)
        load->estimate += load->sync->hello ? load->sync->hello->estimates[i] : 0;
    g_autoptr(HtSyncSink) sink =
        ht_sync_sink_new(load->sync->cache, load->generation, ht_sync_flow.under_way_bytes);
    bool ok = true;
    for (int i = 0; ok && i < n; i++)
        ok = load_table(load, sink, &tables[i], error);
    ok = ok && ht_sync_sink_drain(sink, error);
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
    g_autofree char *moved = ht_apply_meta_get(apply, META_MOVED);
    g_autofree char *remembered =
        moved ? ht_sync_hello_forget_sight(load->remembered) : g_strdup(load->remembered);
    return ht_apply_meta_set(apply, HT_META_CURSOR, load->snapshot, error) &&
           ht_apply_meta_set(apply, HT_META_HELLO, remembered, error) &&
           ht_apply_meta_set(apply, HT_META_PLACE, load->sync->identity, error) &&
           ht_apply_meta_set(apply, META_MOVED, NULL, error) &&
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
    if (!begin(&load, hello, fresh, error))
        return false;
    HT_FAILPOINT(LOAD_BEGUN);
    ht_thread_in_bulk(true);
    bool is_here = load_hot(&load, error);
    ht_thread_in_bulk(false);
    if (!is_here || !ht_cache_generation_apply(load.generation, write_end, &load, error))
        return false;
    HT_FAILPOINT(LOAD_COMPLETE);
    if (!ht_cache_generation_publish(load.generation, error))
        return false;
    load.generation = NULL;
    HT_FAILPOINT(PUBLISH_SETTLED);
    bool is_due;
    if (ht_sync_wide_is_due(sync, &is_due, NULL) && !is_due)
        ht_cache_load_over(sync->cache);
    g_free(sync->cursor);
    sync->cursor = g_strdup(load.snapshot);
    return !sync->outbox || ht_outbox_set_acked(sync->outbox, load.acked_seq, error);
}

/* --- The wide phase. */
bool ht_sync_wide_is_due(HtSync *sync, bool *is_due, GError **error)
{
    g_autofree char *note = NULL;
    *is_due = false;
    if (!ht_cache_read_meta(sync->cache, HT_META_WIDE, &note, error))
        return false;
    *is_due = note && *note && sync->columns;
    return true;
}

static void note_stand(HtJson *note, const char *table, const char *stands)
{
    if (stands && strcmp(stands, DONE) != 0)
        ht_json_set_string(note, table, stands);
    else
        ht_json_remove(note, table);
}

/* Rows of the tables that the note names: what the progress is measured by. */
static int64_t wide_estimate(const HtSync *sync, const HtJson *note)
{
    int64_t estimate = 0;
    for (const HtJson *e = ht_json_first(note); e && sync->hello; e = ht_json_next(e)) {
        const HtSyncTable *left = ht_sync_table_by_name(ht_json_key(e));
        estimate += left ? sync->hello->estimates[left - ht_sync_tables(NULL)] : 0;
    }
    return estimate;
}

/* The next chunk of the first table of the note; the note says then what is left, which is as much
 * as before when the chunk was of no use. */
static bool load_wide_chunk(Chunk *chunk, HtJson *note, GError **error)
{
    const HtJson *first = ht_json_first(note);
    g_autofree char *name = g_strdup(first ? ht_json_key(first) : "");
    g_autofree char *next = NULL;
    const HtSyncTable *table = ht_sync_table_by_name(name);
    if (table && !(chunk->select && chunk->select->table == table))
        chunk->select = ht_sync_sink_keep(
            chunk->sink, ht_sync_select_new(chunk->sync->columns, table, HT_SELECT_WIDE));
    /* A table that this version does not know, or may not read any more, is done. */
    if (table && chunk->select && chunk->select->table == table &&
        !load_chunk_or_fall_back(chunk, ht_json_get_string(note, name, ""), &next, error))
        return false;
    if (next && !is_of_use(chunk))
        return true;
    chunk->looks = 0;
    note_stand(note, name, next);
    g_autofree char *left = ht_json_length(note) > 0 ? ht_json_print(note, false) : NULL;
    bool ok = ht_sync_sink_put(chunk->sink, NULL, HT_META_WIDE, left, error);
    HT_FAILPOINT(WIDE_CHUNK);
    return ok;
}

static bool has_time(HtSync *sync, int64_t until_us)
{
    return until_us == G_MAXINT64 ||
           (!g_atomic_int_get(&sync->is_stopping) && !g_atomic_int_get(&sync->is_poked) &&
            g_get_monotonic_time() < until_us);
}

/* The store makes indexes between the wide columns, and the server goes on sending meanwhile. */
static gsize wide_under_way(const HtSync *sync)
{
    int n;
    ht_sync_tables(&n);
    int64_t pages = 0;
    for (int i = 0; i < n && sync->hello && sync->hello->has_sizes; i++)
        pages += sync->hello->pages[i];
    gsize part = (gsize)(pages * SERVER_PAGE_BYTES / UNDER_WAY_PART);
    return CLAMP(part, ht_sync_flow.under_way_bytes,
                 MAX(ht_sync_flow.under_way_bytes, ht_sync_flow.wide_under_way_bytes));
}

/* A pull in between brings and takes what came into sight or left it, whole; then the chunk comes
 * again. */
static bool look_again(Chunk *chunk, char **remembered, GError **error)
{
    HtSync *sync = chunk->sync;
    HtSyncPlan plan;
    if (!ht_sync_sink_drain(chunk->sink, error) || !ht_sync_pull(sync, false, false, &plan, error))
        return false;
    g_clear_pointer(remembered, g_free);
    if (!ht_cache_read_meta(sync->cache, HT_META_HELLO, remembered, error))
        return false;
    chunk->remembered = *remembered;
    if (plan.kind == HT_PLAN_PULL && ++chunk->looks <= LOOKS_MAX)
        return true;
    g_set_error_literal(error, HT_SYNC_ERROR, HT_SYNC_ERROR_OFFLINE,
                        "what this login may see changed meanwhile (it is tried again)");
    return false;
}

bool ht_sync_load_wide(HtSync *sync, int64_t until_us, GError **error)
{
    g_autofree char *text = NULL, *remembered = NULL;
    if (!ht_cache_read_meta(sync->cache, HT_META_WIDE, &text, error) ||
        !ht_cache_read_meta(sync->cache, HT_META_HELLO, &remembered, error))
        return false;
    g_autoptr(HtJson) note = text ? ht_json_parse(text, -1, NULL) : NULL;
    if (ht_json_type(note) != HT_JSON_OBJECT) {
        ht_json_free(note);
        note = ht_json_new_object();
    }
    int64_t rows = sync->status.progress.wide ? sync->status.progress.rows : 0;
    if (rows == 0)
        sync->load_started_us = g_get_monotonic_time();
    int64_t before = rows;
    g_autoptr(HtSyncSink) sink = ht_sync_sink_new(sync->cache, NULL, wide_under_way(sync));
    Chunk chunk = {.sync = sync,
                   .sink = sink,
                   .is_wide = true,
                   .remembered = remembered,
                   .sight = HT_SIGHT_SAME,
                   .total_rows = &rows,
                   .total_estimate =
                       MAX(wide_estimate(sync, note), sync->status.progress.total_estimate)};
    bool ok;
    ht_thread_in_bulk(true);
    do {
        ok = load_wide_chunk(&chunk, note, error) &&
             (is_of_use(&chunk) || look_again(&chunk, &remembered, error));
    } while (ok && ht_json_length(note) > 0 && has_time(sync, until_us));
    ht_thread_in_bulk(false);
    ok = ok && ht_sync_sink_drain(sink, error);
    sync->report->rows_received += rows - before;
    if (ok && ht_json_length(note) == 0) {
        ok = ht_cache_settle(sync->cache, error);
        ht_cache_load_over(sync->cache);
        ht_sync_status_progress(sync, "", true, -1, 0);
    }
    return ok;
}

bool ht_sync_load_wide_all(HtSync *sync, GError **error)
{
    for (;;) {
        bool is_due;
        if (!ht_sync_wide_is_due(sync, &is_due, error))
            return false;
        if (!is_due)
            return true;
        if (!ht_sync_load_wide(sync, G_MAXINT64, error))
            return false;
    }
}
