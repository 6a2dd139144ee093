/* One pull: what changed between the cursor's snapshot and now, seen in one transaction of the
 * server, written to the cache with the new cursor. Rows come in blocks; as long as all of them are
 * small, one transaction of the cache takes them all; larger pulls are written block by block and
 * only the last transaction moves the cursor, so a cut in between is repaired by the next pull from
 * the old one. */
#include "internal.h"

#include "hiretty/base/clock.h"
#include "hiretty/base/failpoint.h"

#include <string.h>

#define BLOCK_BYTES ((gsize)1 << 20)
#define IDS_A_STATEMENT 20000
/* How long a poll's greeting is waited for: with the longest pause before it (5 s, a fifth more of
 * jitter), a server that stands still is seen within 15 s. */
#define GREETING_MS 8000
/* A table of which this share changed is cheaper to take whole. */
#define RELOAD_SHARE 5
#define RELOAD_MIN 1000

typedef struct {
    const HtSyncTable *table;
    HtSyncSelect *select;
    GArray *keys;         /* HtUuid: of the feed, then those missing here */
    GArray *gone;         /* HtUuid */
    GArray *kept;         /* HtUuid: all ids there, after a reload or for reconciling; else NULL */
    GByteArray *bytes;    /* rows that make no block yet */
    HtSyncNarrow *narrow; /* the keys that need their wide columns only if they changed; NULL */
    GByteArray *narrow_bytes; /* of those that did not */
    bool is_cleared;          /* a table without ids is emptied first */
} PullTable;

typedef struct {
    HtSync *sync;
    const char *cursor; /* what is here */
    HtSyncHello *hello;
    HtSyncPlan plan;
    GPtrArray *tables; /* PullTable, by position */
    uint64_t reload;
    gsize n_keys;
    GPtrArray *blocks; /* HtSyncBlock: not yet applied */
    guint next_block, next_table, next_gone;
    bool is_final, is_done;
    char *hidden;      /* the list to be kept of who is out of sight; NULL: none */
    bool keep_open;    /* the caller goes on in this transaction */
    bool is_committed; /* there: it went along with the last rows */
} Pull;

static void pull_table_free(gpointer data)
{
    PullTable *table = data;
    ht_sync_select_free(table->select);
    g_array_unref(table->keys);
    g_array_unref(table->gone);
    g_clear_pointer(&table->kept, g_array_unref);
    g_byte_array_unref(table->bytes);
    g_byte_array_unref(table->narrow_bytes);
    ht_sync_narrow_free(table->narrow);
    g_free(table);
}

static Pull *pull_new(HtSync *sync)
{
    Pull *pull = g_new0(Pull, 1);
    pull->sync = sync;
    pull->tables = g_ptr_array_new_with_free_func(pull_table_free);
    pull->blocks = g_ptr_array_new_with_free_func((GDestroyNotify)ht_sync_block_free);
    int n;
    const HtSyncTable *tables = ht_sync_tables(&n);
    for (int i = 0; i < n; i++) {
        PullTable *table = g_new0(PullTable, 1);
        table->table = &tables[i];
        table->keys = g_array_new(FALSE, FALSE, sizeof(HtUuid));
        table->gone = g_array_new(FALSE, FALSE, sizeof(HtUuid));
        table->bytes = g_byte_array_new();
        table->narrow_bytes = g_byte_array_new();
        g_ptr_array_add(pull->tables, table);
    }
    return pull;
}

static void pull_free(Pull *pull)
{
    g_ptr_array_unref(pull->blocks);
    g_ptr_array_unref(pull->tables);
    ht_sync_hello_free(pull->hello);
    g_free(pull->hidden);
    g_free(pull);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Pull, pull_free)

/* --- What the server says. */
static bool on_hello(const HtPgField *fields, int n, gpointer data, GError **error)
{
    Pull *pull = data;
    gsize len = 0;
    const char *text = n == 1 ? ht_pg_field_text(&fields[0], &len) : NULL;
    ht_sync_hello_free(pull->hello);
    pull->hello = ht_sync_hello_parse(text, (gssize)len, error);
    ht_pg_set_silence_ms(pull->sync->pg, pull->sync->patience_ms); /* it speaks */
    return pull->hello != NULL;
}

static bool on_key(const HtPgField *fields, int n, gpointer data, GError **error)
{
    Pull *pull = data;
    int64_t number = 0;
    if (n != 2 || !ht_pg_field_int(&fields[0], &number)) {
        g_set_error_literal(error, HT_PG_ERROR, HT_PG_ERROR_PROTOCOL,
                            "the change feed makes no sense");
        return false;
    }
    const HtSyncTable *table =
        number > 0 && number < 60 ? ht_sync_table_by_number((int)number) : NULL;
    if (!table)
        return true; /* of a newer schema */
    HtUuid id;
    PullTable *mine = pull->tables->pdata[table - ht_sync_tables(NULL)];
    if (ht_pg_field_uuid(&fields[1], &id)) {
        g_array_append_val(mine->keys, id);
        pull->n_keys++;
    } else {
        pull->reload |= HT_CHANGED(number);
    }
    return true;
}

static void add_text(GArray *params, const char *text)
{
    HtPgParam param = {.text = text};
    g_array_append_val(params, param);
}

/* The first trip: hello and the feed's keys. */
static bool ask(Pull *pull, const char *cursor, bool with_columns, GError **error)
{
    g_autoptr(HtPgPipeline) pipeline = ht_pg_pipeline_new(pull->sync->pg);
    g_autoptr(GArray) hello = g_array_new(FALSE, TRUE, sizeof(HtPgParam));
    g_autoptr(GArray) feed = g_array_new(FALSE, TRUE, sizeof(HtPgParam));
    g_autofree char *question = ht_sync_hello_question(pull->sync, with_columns, false);
    add_text(hello, question);
    ht_pg_pipeline_add_kept(pipeline, ht_sync_sql("begin"), NULL, NULL, NULL);
    if (pull->sync->can_hold_still)
        ht_pg_pipeline_add_kept(pipeline, ht_sync_sql("hold_still"), NULL, NULL, NULL);
    ht_pg_pipeline_add_kept(pipeline, ht_sync_sql("hello"), hello, on_hello, pull);
    guint64 xmin, xmax;
    if (ht_sync_snapshot_parse(cursor, &xmin, &xmax)) {
        g_autofree char *oldest = g_strdup_printf("%" G_GUINT64_FORMAT, xmin);
        add_text(feed, oldest);
        add_text(feed, cursor);
        ht_pg_pipeline_add_kept(pipeline, ht_sync_sql("feed"), feed, on_key, pull);
    }
    /* A poll is answered at once or not at all: then that is to show in time. */
    if (!with_columns && pull->sync->patience_ms == 0)
        ht_pg_set_silence_ms(pull->sync->pg, MIN(GREETING_MS, ht_pg_silence_ms(pull->sync->pg)));
    bool ok = ht_pg_pipeline_finish(pipeline, error);
    ht_pg_set_silence_ms(pull->sync->pg, pull->sync->patience_ms);
    if (!ok || pull->hello)
        return ok;
    g_set_error_literal(error, HT_PG_ERROR, HT_PG_ERROR_PROTOCOL, "the server's greeting is empty");
    return false;
}

/* --- Writing. Resumes where it stopped; with is_final the last step are the notes. */
static bool write_notes(Pull *pull, HtApply *apply, GError **error)
{
    HtSync *sync = pull->sync;
    if (pull->plan.is_changed) {
        g_autofree char *remembered =
            ht_sync_hello_remember(pull->hello, sync->columns, ht_pg_user(sync->pg));
        if (!ht_apply_meta_set(apply, HT_META_HELLO, remembered, error) ||
            !ht_apply_meta_set(apply, HT_META_PLACE, sync->identity, error) ||
            (pull->hello->has_names &&
             !ht_apply_meta_set(apply, HT_META_ME, pull->hello->me, error)))
            return false;
    }
    if (pull->plan.hidden && !ht_apply_meta_set(apply, HT_META_HIDDEN, pull->hidden, error))
        return false;
    return ht_apply_meta_set(apply, HT_META_CURSOR, pull->hello->snapshot, error) &&
           ht_apply_meta_set_int(apply, HT_META_LAST_SYNC, ht_clock_now_us(), error);
}

/* Deletes until the end (*is_done) or until the store wants a pause. */
static bool delete_gone(Pull *pull, PullTable *table, HtApply *apply, bool *is_done, GError **error)
{
    *is_done = false;
    for (guint n = 1; pull->next_gone < table->gone->len; pull->next_gone++, n++) {
        if (!ht_apply_delete(apply, table->table,
                             &g_array_index(table->gone, HtUuid, pull->next_gone), error))
            return false;
        pull->sync->report->rows_deleted++;
        if ((n & 15) == 0 && ht_apply_should_yield(apply)) {
            pull->next_gone++;
            return true;
        }
    }
    *is_done = true;
    bool is_whole = pull->reload & HT_CHANGED(table->table->number);
    if (!is_whole || !table->select || table->table->has_id || table->is_cleared)
        return true;
    table->is_cleared = true; /* it is empty there: no block did it */
    return ht_apply_clear(apply, table->table, error);
}

static bool apply_blocks(HtApply *apply, gpointer data, GError **error)
{
    Pull *pull = data;
    for (; pull->next_block < pull->blocks->len; pull->next_block++) {
        HtSyncBlock *block = pull->blocks->pdata[pull->next_block];
        PullTable *table = pull->tables->pdata[block->select->table - ht_sync_tables(NULL)];
        if (!block->select->table->has_id && !table->is_cleared) {
            table->is_cleared = true;
            if (!ht_apply_clear(apply, block->select->table, error))
                return false;
        }
        bool is_done = false;
        /* The first block's transaction is also the last one when there is just one. */
        bool may_yield = pull->blocks->len > 4 || block->select->table->has_id;
        if (!ht_sync_block_apply(block, apply, may_yield, &is_done, error))
            return false;
        if (!is_done)
            return true;
    }
    for (; pull->is_final && pull->next_table < pull->tables->len; pull->next_table++) {
        bool is_done = false;
        if (!delete_gone(pull, pull->tables->pdata[pull->next_table], apply, &is_done, error))
            return false;
        if (!is_done)
            return true;
        pull->next_gone = 0;
    }
    if (pull->is_final && !write_notes(pull, apply, error))
        return false;
    pull->is_done = true;
    return true;
}

static bool flush(Pull *pull, GError **error)
{
    HtSyncReport *report = pull->sync->report;
    pull->next_block = 0;
    pull->is_done = false;
    while (!pull->is_done) {
        if (!ht_cache_apply(pull->sync->cache, apply_blocks, pull, error))
            return false;
    }
    if (pull->is_final)
        HT_FAILPOINT(PULL_APPLIED);
    else
        HT_FAILPOINT(PULL_BLOCK);
    for (guint i = 0; i < pull->blocks->len; i++) {
        const HtSyncBlock *block = pull->blocks->pdata[i];
        report->rows_received += block->rows;
        report->rows_changed += block->changed;
        report->bytes_received += (int64_t)g_bytes_get_size(block->bytes);
    }
    g_ptr_array_set_size(pull->blocks, 0);
    return true;
}

/* --- Rows by key. */
typedef struct {
    Pull *pull;
    PullTable *table;
    bool is_narrow;
} RowTaker;

static void close_block(Pull *pull, const HtSyncSelect *select, GByteArray **rows)
{
    if ((*rows)->len == 0)
        return;
    GBytes *bytes = g_byte_array_free_to_bytes(*rows);
    *rows = g_byte_array_new();
    g_ptr_array_add(pull->blocks, ht_sync_block_new(select, bytes, HT_APPLY_UPSERT));
}

static bool take_row(Pull *pull, const HtSyncSelect *select, GByteArray **rows,
                     const HtPgField *fields, GError **error)
{
    ht_sync_tuple_append(*rows, fields, select->n);
    if ((*rows)->len < BLOCK_BYTES)
        return true;
    close_block(pull, select, rows);
    return flush(pull, error);
}

/* The id asked for, and the row, whose own id is NULL if there is none. Or, where the wide columns
 * were asked for only if they changed: the id, which is the row's own, the rest of the row, and
 * whether they did not; NULL if there is no row. */
static bool on_row(const HtPgField *fields, int n, gpointer data, GError **error)
{
    RowTaker *taker = data;
    PullTable *table = taker->table;
    const HtPgField *row = taker->is_narrow ? fields : fields + 1;
    HtUuid id;
    bool is_same = false;
    if (n != table->select->n + 1 || !ht_pg_field_uuid(&fields[0], &id)) {
        g_set_error(error, HT_PG_ERROR, HT_PG_ERROR_PROTOCOL, "rows of %s make no sense",
                    table->table->name);
        return false;
    }
    if (ht_pg_field_is_null(taker->is_narrow ? &fields[n - 1] : &row[0])) {
        g_array_append_val(table->gone, id);
        return true;
    }
    if (taker->is_narrow && ht_pg_field_bool(&fields[n - 1], &is_same) && is_same)
        return take_row(taker->pull, table->narrow->hot, &table->narrow_bytes, row, error);
    return take_row(taker->pull, table->select, &table->bytes, row, error);
}

static void ask_for_rows(HtPgPipeline *pipeline, RowTaker *taker, const char *sql,
                         const GArray *keys)
{
    for (guint at = 0; at < keys->len; at += IDS_A_STATEMENT) {
        g_autoptr(GArray) params = g_array_new(FALSE, TRUE, sizeof(HtPgParam));
        HtPgParam param = {.ids = &g_array_index(keys, HtUuid, at),
                           .n_ids = MIN(IDS_A_STATEMENT, keys->len - at)};
        g_array_append_val(params, param);
        if (taker->is_narrow)
            add_text(params, taker->pull->cursor);
        ht_pg_pipeline_add_kept(pipeline, sql, params, on_row, taker);
    }
}

static RowTaker *taker_new(GPtrArray *owned, Pull *pull, PullTable *table, bool is_narrow)
{
    RowTaker *taker = g_new0(RowTaker, 1);
    *taker = (RowTaker){.pull = pull, .table = table, .is_narrow = is_narrow};
    g_ptr_array_add(owned, taker);
    return taker;
}

/* The rows of a table's keys; those that are here first. */
static bool ask_for_keys(HtPgPipeline *pipeline, GPtrArray *owned, Pull *pull, PullTable *table,
                         GError **error)
{
    if (pull->cursor &&
        !ht_sync_narrow_take(pull->sync, table->select, table->keys, &table->narrow, error))
        return false;
    if (table->narrow) {
        ht_pg_pipeline_add_kept(pipeline, ht_sync_sql("by_index"), NULL, NULL, NULL);
        ask_for_rows(pipeline, taker_new(owned, pull, table, true), table->narrow->sql,
                     table->narrow->keys);
        ht_pg_pipeline_add_kept(pipeline, ht_sync_sql("by_any"), NULL, NULL, NULL);
    }
    if (table->keys->len == 0)
        return true;
    char *sql = ht_sync_sql_fill("rows", table->select, NULL);
    g_ptr_array_add(owned, sql);
    ask_for_rows(pipeline, taker_new(owned, pull, table, false), sql, table->keys);
    return true;
}

/* Does anything else have to be seen at this snapshot after the rows by key? */
static bool is_last_trip(const Pull *pull)
{
    return !pull->keep_open && !pull->reload && !pull->plan.digests;
}

static bool fetch_keys(Pull *pull, GError **error)
{
    g_autoptr(HtPgPipeline) pipeline = ht_pg_pipeline_new(pull->sync->pg);
    g_autoptr(GPtrArray) owned = g_ptr_array_new_with_free_func(g_free);
    bool is_empty = true;
    for (guint i = 0; i < pull->tables->len; i++) {
        PullTable *table = pull->tables->pdata[i];
        bool is_whole = pull->reload & HT_CHANGED(table->table->number);
        if (!table->select || is_whole || table->keys->len == 0)
            continue;
        if (!ask_for_keys(pipeline, owned, pull, table, error))
            return false;
        is_empty = false;
    }
    bool commits = !is_empty && is_last_trip(pull);
    if (commits)
        ht_pg_pipeline_add_kept(pipeline, ht_sync_sql("commit"), NULL, NULL, NULL);
    g_autoptr(GError) problem = NULL;
    if (!is_empty && !ht_pg_pipeline_finish(pipeline, &problem)) {
        const RowTaker *at = ht_pg_pipeline_broken_at(pipeline);
        ht_sync_error_name_table(&problem, at ? at->table->table : NULL);
        g_propagate_error(error, g_steal_pointer(&problem));
        return false;
    }
    pull->is_committed = commits;
    for (guint i = 0; i < pull->tables->len; i++) {
        PullTable *table = pull->tables->pdata[i];
        close_block(pull, table->select, &table->bytes);
        if (table->narrow)
            close_block(pull, table->narrow->hot, &table->narrow_bytes);
    }
    return true;
}

/* --- Whole tables. */
static bool on_copied(GBytes *bytes, gsize n_rows, gpointer data, GError **error)
{
    (void)n_rows;
    RowTaker *taker = data;
    PullTable *table = taker->table;
    if (table->kept) {
        gsize len;
        const guint8 *start = g_bytes_get_data(bytes, &len);
        HtPgTuples tuples;
        g_autofree HtPgField *fields = g_new0(HtPgField, table->select->n);
        ht_pg_tuples_init(&tuples, start, len);
        HtUuid id;
        while (ht_pg_tuples_next(&tuples, fields, table->select->n)) {
            if (ht_pg_field_uuid(&fields[0], &id))
                g_array_append_val(table->kept, id);
        }
    }
    HtApplyMode mode = table->table->has_id ? HT_APPLY_UPSERT : HT_APPLY_BULK;
    g_ptr_array_add(taker->pull->blocks, ht_sync_block_new(table->select, bytes, mode));
    /* Rows without ids replace all at once: they wait for the last transaction. */
    return !table->table->has_id || flush(taker->pull, error);
}

static bool reload_tables(Pull *pull, uint64_t which, GError **error)
{
    for (guint i = 0; i < pull->tables->len; i++) {
        PullTable *table = pull->tables->pdata[i];
        if (!(which & HT_CHANGED(table->table->number)) || !table->select)
            continue;
        RowTaker taker = {.pull = pull, .table = table};
        if (table->table->has_id && !table->kept)
            table->kept = g_array_new(FALSE, FALSE, sizeof(HtUuid));
        g_autofree char *sql = ht_sync_sql_fill("copy_table", table->select, NULL);
        g_autoptr(GError) problem = NULL;
        if (!ht_pg_copy_out(pull->sync->pg, sql, BLOCK_BYTES, on_copied, &taker, &problem)) {
            ht_sync_error_name_table(&problem, table->table);
            g_propagate_error(error, g_steal_pointer(&problem));
            return false;
        }
    }
    return true;
}

/* --- Reconciling: which ids are there. */
bool ht_sync_take_id(const HtPgField *fields, int n, gpointer data, GError **error)
{
    HtUuid id;
    if (n != 1 || !ht_pg_field_uuid(&fields[0], &id)) {
        g_set_error_literal(error, HT_PG_ERROR, HT_PG_ERROR_PROTOCOL, "ids make no sense");
        return false;
    }
    g_array_append_val((GArray *)data, id);
    return true;
}

gint ht_sync_compare_ids(gconstpointer a, gconstpointer b)
{
    return ht_uuid_compare(a, b);
}

void ht_sync_ids_difference(const GArray *a, const GArray *b, GArray *only_a, GArray *only_b)
{
    for (guint i = 0, j = 0; i < a->len || j < b->len;) {
        const HtUuid *x = i < a->len ? &g_array_index(a, HtUuid, i) : NULL;
        const HtUuid *y = j < b->len ? &g_array_index(b, HtUuid, j) : NULL;
        int order = !x ? 1 : !y ? -1 : ht_uuid_compare(x, y);
        GArray *out = order < 0 ? only_a : only_b;
        if (order != 0 && out)
            g_array_append_vals(out, order < 0 ? x : y, 1);
        i += order <= 0;
        j += order >= 0;
    }
}

/* All ids that are there against those here: who is here alone goes; who is there alone is asked
 * for, if `fetches`. Reads beside the store, which others wait for. */
static bool compare_ids(Pull *pull, PullTable *table, GArray *there, bool fetches, GError **error)
{
    g_autoptr(HtReader) reader = ht_reader_new(pull->sync->cache, "sync", error);
    g_autoptr(GArray) here = g_array_new(FALSE, FALSE, sizeof(HtUuid));
    if (!reader || !ht_cache_ids(reader, table->table, here, error))
        return false;
    g_array_sort(there, ht_sync_compare_ids);
    g_array_sort(here, ht_sync_compare_ids);
    ht_sync_ids_difference(there, here, fetches ? table->keys : NULL, table->gone);
    return true;
}

static bool reconcile_tables(Pull *pull, GError **error)
{
    for (guint i = 0; i < pull->tables->len; i++) {
        PullTable *table = pull->tables->pdata[i];
        uint64_t bit = HT_CHANGED(table->table->number);
        if (!(pull->plan.reconcile & bit) || (pull->reload & bit) || !table->select ||
            !table->table->has_id)
            continue;
        g_autoptr(GArray) ids = g_array_new(FALSE, FALSE, sizeof(HtUuid));
        g_autofree char *sql = ht_sync_sql_fill("ids", table->select, NULL);
        g_autoptr(HtPgPipeline) pipeline = ht_pg_pipeline_new(pull->sync->pg);
        ht_pg_pipeline_add(pipeline, sql, NULL, ht_sync_take_id, ids);
        if (!ht_pg_pipeline_finish(pipeline, error) || !compare_ids(pull, table, ids, true, error))
            return false;
    }
    return true;
}

/* People who came into sight or left it: their rows join the keys, where it is known who they are.
 */
static bool find_hidden(Pull *pull, GError **error)
{
    uint64_t tables = pull->plan.hidden;
    if (!tables)
        return true;
    g_autofree GArray **keys = g_new0(GArray *, pull->tables->len);
    for (guint i = 0; i < pull->tables->len; i++) {
        PullTable *table = pull->tables->pdata[i];
        bool is_compared = (pull->reload | pull->plan.reconcile) & HT_CHANGED(table->table->number);
        if (table->select && table->table->has_id && !is_compared)
            keys[i] = table->keys;
    }
    if (!ht_sync_hidden_find(pull->sync, pull->hello, keys, &tables, &pull->hidden, error))
        return false;
    pull->plan.reconcile |= tables;
    return true;
}

/* A type or default that changed touches no row: only digests show which tables it reached. */
static bool find_differences(Pull *pull, uint64_t *differing, GError **error)
{
    *differing = 0;
    g_autoptr(HtReader) reader = ht_reader_new(pull->sync->cache, "sync", error);
    if (!reader)
        return false;
    for (guint i = 0; i < pull->tables->len; i++) {
        PullTable *table = pull->tables->pdata[i];
        if (!table->select || !(pull->plan.digests & HT_CHANGED(table->table->number)) ||
            (pull->reload & HT_CHANGED(table->table->number)))
            continue;
        int64_t rows_here, rows_there;
        char here[40], there[40];
        if (!ht_sync_digest_there(pull->sync->pg, table->select, &rows_there, there, error) ||
            !ht_sync_digest_here(reader, table->select, &rows_here, here, error))
            return false;
        if (rows_here != rows_there || strcmp(here, there) != 0)
            *differing |= HT_CHANGED(table->table->number);
    }
    return true;
}

/* --- The whole. */
/* Many keys: is the table cheaper taken whole? Rows here are a good guess of those there; they are
 * counted only as far as matters. */
static bool is_worth_reload(Pull *pull, const PullTable *table, bool *is_worth, GError **error)
{
    *is_worth = table->table->is_reload_only && table->keys->len > 0;
    if (*is_worth || table->keys->len <= RELOAD_MIN)
        return true;
    g_autoptr(HtReader) reader = ht_reader_new(pull->sync->cache, "sync", error);
    bool is_small_share = false;
    if (!reader ||
        !ht_cache_has_rows(reader, table->table, (int64_t)table->keys->len * RELOAD_SHARE,
                           &is_small_share, error))
        return false;
    *is_worth = !is_small_share;
    return true;
}

static bool choose_reloads(Pull *pull, GError **error)
{
    pull->reload |= pull->plan.reload;
    for (guint i = 0; i < pull->tables->len; i++) {
        PullTable *table = pull->tables->pdata[i];
        bool is_worth;
        table->select = ht_sync_select_new(pull->sync->columns, table->table, HT_SELECT_ALL);
        if (!is_worth_reload(pull, table, &is_worth, error))
            return false;
        if (is_worth)
            pull->reload |= HT_CHANGED(table->table->number);
    }
    return true;
}

static bool fetch(Pull *pull, GError **error)
{
    uint64_t differing = 0;
    if (!find_hidden(pull, error) || !reconcile_tables(pull, error) || !fetch_keys(pull, error) ||
        !reload_tables(pull, pull->reload, error))
        return false;
    if (!pull->plan.digests)
        return true;
    return flush(pull, error) && find_differences(pull, &differing, error) &&
           reload_tables(pull, differing, error);
}

static void copy_shapes(HtSyncHello *to, const HtSyncHello *from)
{
    g_free(to->schema_fp);
    to->schema_fp = g_strdup(from->schema_fp);
    ht_json_free(to->table_fps);
    to->table_fps = from->table_fps ? ht_json_dup(from->table_fps) : NULL;
}

/* Takes over what a hello with columns brought; one without keeps what was known. */
static void adopt_hello(Pull *pull)
{
    HtSync *sync = pull->sync;
    if (pull->hello->columns) {
        ht_sync_columns_free(sync->columns);
        g_autoptr(HtJson) json = ht_sync_columns_print(pull->hello->columns);
        sync->columns = ht_sync_columns_new(json);
        sync->asked_us = g_get_monotonic_time();
    } else if (sync->hello) {
        copy_shapes(pull->hello, sync->hello);
    }
    sync->poll_ms = pull->hello->poll_ms;
    ht_sync_status_hello(sync, pull->hello);
}

static bool decide(Pull *pull, const char *cursor, GError **error)
{
    HtSync *sync = pull->sync;
    g_autofree char *remembered = NULL, *resync = NULL, *told = NULL;
    if (!ht_cache_read_meta(sync->cache, HT_META_HELLO, &remembered, error) ||
        !ht_cache_read_meta(sync->cache, HT_META_RESYNC, &resync, error) ||
        !ht_cache_read_meta(sync->cache, HT_META_TOLD, &told, error))
        return false;
    bool is_same_place = ht_sync_is_same_place(sync);
    if (ht_sync_is_foreign(remembered, is_same_place, pull->hello)) {
        pull->plan = (HtSyncPlan){.kind = HT_PLAN_FOREIGN};
        return true;
    }
    pull->plan = ht_sync_plan(remembered, cursor, told, pull->hello);
    pull->plan.is_changed |= !is_same_place;
    sync->is_copied |= pull->plan.is_copied;
    if (pull->plan.kind == HT_PLAN_PULL && resync && *resync)
        pull->plan = (HtSyncPlan){.kind = HT_PLAN_LOAD, .why = "this version keeps other columns"};
    if (pull->plan.kind == HT_PLAN_PULL && !sync->columns && !pull->hello->columns)
        pull->plan.kind = HT_PLAN_ASK_COLUMNS;
    return true;
}

/* The server acknowledged more than this outbox ever numbered: another copy of it works as the same
 * device. */
static bool compare_numbers(Pull *pull, GError **error)
{
    HtSync *sync = pull->sync;
    if (!sync->outbox || !pull->hello->columns)
        return true;
    int64_t last_seq;
    HtUuid device;
    if (!ht_outbox_look_device(sync->outbox, &device, &last_seq, error))
        return false;
    sync->is_copied |= pull->hello->acked_seq > last_seq;
    return true;
}

static bool finish(Pull *pull, GError **error)
{
    HtSync *sync = pull->sync;
    if (!pull->keep_open && !pull->is_committed &&
        !ht_pg_run(sync->pg, ht_sync_sql("commit"), error))
        return false;
    for (guint i = 0; i < pull->tables->len; i++) {
        PullTable *table = pull->tables->pdata[i];
        if (table->kept && !compare_ids(pull, table, table->kept, false, error))
            return false;
        g_clear_pointer(&table->kept, g_array_unref);
    }
    bool is_empty = pull->n_keys == 0 && !pull->reload && !pull->plan.reconcile &&
                    !pull->plan.is_changed && !pull->plan.digests;
    pull->is_final = true;
    if (!is_empty && !flush(pull, error))
        return false;
    g_free(sync->cursor);
    sync->cursor = g_strdup(pull->hello->snapshot);
    /* The one with sizes is kept for the chunks that are still to come. */
    if (pull->hello->columns && !(sync->hello && sync->hello->has_sizes)) {
        ht_sync_hello_free(sync->hello);
        sync->hello = g_steal_pointer(&pull->hello);
    } else if (pull->hello->columns) {
        copy_shapes(sync->hello, pull->hello);
    }
    return true;
}

bool ht_sync_pull(HtSync *sync, bool with_columns, bool keep_open, HtSyncPlan *plan, GError **error)
{
    g_autoptr(Pull) pull = pull_new(sync);
    pull->keep_open = keep_open;
    g_autofree char *cursor = g_strdup(sync->cursor);
    if (!cursor && !ht_cache_read_meta(sync->cache, HT_META_CURSOR, &cursor, error))
        return false;
    *plan = (HtSyncPlan){0};
    pull->cursor = cursor;
    if (!ask(pull, cursor, with_columns || !sync->columns, error) || !compare_numbers(pull, error))
        return false;
    if (!decide(pull, cursor, error))
        return false;
    if (pull->plan.kind != HT_PLAN_PULL) {
        *plan = pull->plan;
        return ht_pg_run(sync->pg, ht_sync_sql("rollback"), error);
    }
    adopt_hello(pull);
    if (!choose_reloads(pull, error) || !fetch(pull, error))
        return false;
    return finish(pull, error);
}
