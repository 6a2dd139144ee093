/* Rows by one statement do what rows by many do; what a publication leaves for later is made. */
#include "../../../src/cache/internal.h"
#include "fixture.h"

#include <string.h>

#define MATCHES "candidate_job_matches"
#define N_ROWS 300

static HtReader *open_reader(Fixture *fixture)
{
    g_autoptr(GError) error = NULL;
    HtReader *reader = ht_reader_new(fixture->cache, "test", &error);
    g_assert_no_error(error);
    return reader;
}

static int64_t ask(HtReader *reader, const char *sql)
{
    g_autoptr(GError) error = NULL;
    g_auto(HtStmtUse) use = {ht_db_stmt_text(ht_reader_db(reader), sql, &error)};
    g_assert_no_error(error);
    g_assert_cmpint(ht_stmt_step(use.stmt, NULL), ==, HT_STEP_ROW);
    return ht_stmt_int(use.stmt, 0);
}

/* Everything that a table holds, by uuid. */
static char *contents(HtReader *reader, const char *table)
{
    g_autofree char *sql =
        g_strdup_printf("SELECT hex(i.id), t.* FROM %s t JOIN ids i USING (k) ORDER BY 1", table);
    g_auto(HtStmtUse) use = {ht_db_stmt_text(ht_reader_db(reader), sql, NULL)};
    g_assert_nonnull(use.stmt);
    const HtSyncTable *synced = ht_sync_table_by_name(MATCHES);
    GString *out = g_string_new(NULL);
    while (ht_stmt_step(use.stmt, NULL) == HT_STEP_ROW) {
        g_string_append_printf(out, "%s:", ht_stmt_text(use.stmt, 0));
        /* Keys are another file's, so of references only whether they are there. */
        for (int i = 1; i < synced->n_columns - synced->n_wide; i++) {
            bool is_ref = synced->columns[i].type == HT_TYPE_REF;
            const char *text = ht_stmt_text(use.stmt, i + 1);
            g_string_append_printf(out, "%s|", !text ? "-" : is_ref ? "ref" : text);
        }
        g_string_append_c(out, '\n');
    }
    return g_string_free(out, FALSE);
}

/* --- Rows drawn from their number */

typedef struct {
    int at, end;      /* numbers of the next row and of the one after the last */
    int pause;        /* rows until "none for now"; 0: never */
    int since, fails; /* rows since then; the number that fails, 0: none */
    int hop;          /* where it goes on after the first row; 0: with the next */
    int columns[32], n;
    HtApplyMode mode;
    char text[32];
} Rows;

static void choose_columns(Rows *rows, bool wide)
{
    const HtSyncTable *table = ht_sync_table_by_name(MATCHES);
    for (int i = 0; i < table->n_columns; i++) {
        if (i == 0 || table->columns[i].is_wide == wide)
            rows->columns[rows->n++] = i;
    }
}

static void set_one(HtApplyTable *out, Rows *rows, int i, const HtSyncColumn *column)
{
    int n = rows->at;
    HtUuid id = test_id(column->type == HT_TYPE_UUID ? 'M' : 'C',
                        column->type == HT_TYPE_UUID ? n : n % 40 + i * 100);
    if (column->type != HT_TYPE_UUID && (n + i) % 5 == 0) {
        ht_apply_null(out, i);
        return;
    }
    switch (column->type) {
    case HT_TYPE_UUID:
    case HT_TYPE_REF:
        ht_apply_uuid(out, i, &id);
        break;
    case HT_TYPE_INT:
    case HT_TYPE_CENTI:
    case HT_TYPE_TIME:
    case HT_TYPE_BOOL:
        ht_apply_int(out, i, (int64_t)n * 1000003 * (i % 2 ? 1 : -1));
        break;
    case HT_TYPE_REAL:
        ht_apply_real(out, i, n / 8.0);
        break;
    case HT_TYPE_TEXT:
    case HT_TYPE_DATE:
    case HT_TYPE_JSON:
    case HT_TYPE_TEXTS:
        *rows->text = '\0';
        if (n % 7)
            g_snprintf(rows->text, sizeof rows->text, "é %d", n);
        ht_apply_text_borrowed(out, i, rows->text, strlen(rows->text));
        break;
    }
}

/* One text a row: `text` has to stay until the next. */
static bool next_row(HtApplyTable *out, gpointer data, GError **error)
{
    Rows *rows = data;
    if (rows->at == rows->end || (rows->pause && rows->since == rows->pause))
        return false;
    if (rows->at == rows->fails) {
        g_set_error(error, HT_CACHE_ERROR, HT_CACHE_ERROR_FAILED, "on purpose");
        return false;
    }
    const HtSyncTable *table = ht_sync_table_by_name(MATCHES);
    bool has_text = false;
    for (int i = 0; i < rows->n; i++) {
        const HtSyncColumn *column = &table->columns[rows->columns[i]];
        bool is_text = column->type == HT_TYPE_TEXT || column->type == HT_TYPE_JSON;
        if (is_text && has_text)
            continue;
        has_text = has_text || is_text;
        set_one(out, rows, i, column);
    }
    rows->at = rows->hop && rows->since == 0 ? rows->hop : rows->at + 1;
    rows->since++;
    return true;
}

static bool put_rows(HtApply *apply, gpointer data, GError **error)
{
    Rows *rows = data;
    HtApplyTable *out = ht_apply_table(apply, ht_sync_table_by_name(MATCHES), rows->columns,
                                       rows->n, rows->mode, error);
    g_assert_nonnull(out);
    rows->since = 0;
    return ht_apply_rows(out, next_row, rows, error);
}

static HtGeneration *begin(Fixture *fixture)
{
    g_autoptr(GError) error = NULL;
    HtGeneration *generation = ht_cache_generation_begin(fixture->cache, NULL, &error);
    g_assert_no_error(error);
    return generation;
}

static void load_rows(HtGeneration *generation, Rows *rows)
{
    g_autoptr(GError) error = NULL;
    while (rows->at < rows->end) {
        g_assert_true(ht_cache_generation_apply(generation, put_rows, rows, &error));
        g_assert_no_error(error);
    }
}

static void publish(HtGeneration *generation)
{
    g_autoptr(GError) error = NULL;
    g_assert_true(ht_cache_generation_publish(generation, &error));
    g_assert_no_error(error);
}

/* With the hot columns of all rows. */
static void open_loaded(Fixture *fixture)
{
    fixture_open(fixture);
    HtGeneration *generation = begin(fixture);
    Rows rows = {.at = 1, .end = N_ROWS + 1, .mode = HT_APPLY_BULK};
    choose_columns(&rows, false);
    load_rows(generation, &rows);
    publish(generation);
}

/* --- Tests */

/* By compared rows into the cache in use. */
static char *row_by_row(void)
{
    Fixture fixture;
    fixture_open(&fixture);
    Rows rows = {.at = 1, .end = N_ROWS + 1, .mode = HT_APPLY_UPSERT};
    choose_columns(&rows, false);
    g_autoptr(GError) error = NULL;
    g_assert_true(ht_cache_apply(fixture.cache, put_rows, &rows, &error));
    g_autoptr(HtReader) reader = open_reader(&fixture);
    char *text = contents(reader, MATCHES);
    g_clear_pointer(&reader, ht_reader_free);
    fixture_close(&fixture);
    return text;
}

/* The same by one statement after the other into a generation, some of them twice. */
static char *in_bulk(int pause, guint32 most_ids)
{
    guint32 before = ht_key_cache_max;
    ht_key_cache_max = most_ids;
    Fixture fixture;
    fixture_open(&fixture);
    HtGeneration *generation = begin(&fixture);
    Rows rows = {.at = 1, .end = N_ROWS + 1, .mode = HT_APPLY_BULK, .pause = pause};
    choose_columns(&rows, false);
    load_rows(generation, &rows);
    rows.at = N_ROWS / 2;
    load_rows(generation, &rows);
    publish(generation);
    g_autoptr(HtReader) reader = open_reader(&fixture);
    g_assert_cmpint(ask(reader, "SELECT count(*) - count(DISTINCT id) FROM ids"), ==, 0);
    g_assert_cmpint(ask(reader, "SELECT sum(n) FROM counters"), ==, N_ROWS);
    g_assert_cmpint(ask(reader, "SELECT count(*) FROM (SELECT coalesce(job_k, 0) j, "
                                "coalesce(stage_k, 0) s, count(*) n FROM " MATCHES
                                " GROUP BY 1, 2) m JOIN counters c ON c.job_k = j AND "
                                "c.stage_k = s AND c.n = m.n"),
                    ==, ask(reader, "SELECT count(*) FROM counters"));
    char *text = contents(reader, MATCHES);
    g_clear_pointer(&reader, ht_reader_free);
    fixture_close(&fixture);
    ht_key_cache_max = before;
    return text;
}

static void test_same(void)
{
    g_autofree char *wanted = row_by_row();
    const struct {
        int pause;
        guint32 most_ids;
    } ways[] = {{0, 4000000}, {1, 4000000}, {17, 4000000}, {0, 150}, {17, 150}, {0, 1}};
    for (gsize i = 0; i < G_N_ELEMENTS(ways); i++) {
        g_autofree char *got = in_bulk(ways[i].pause, ways[i].most_ids);
        g_assert_cmpstr(got, ==, wanted);
    }
}

/* What fails half-way leaves neither rows nor ids, and what comes after it is whole. */
static void test_error(void)
{
    Fixture fixture;
    fixture_open(&fixture);
    HtGeneration *generation = begin(&fixture);
    Rows rows = {.at = 1, .end = N_ROWS + 1, .mode = HT_APPLY_BULK, .fails = 100};
    choose_columns(&rows, false);
    g_autoptr(GError) error = NULL;
    g_assert_false(ht_cache_generation_apply(generation, put_rows, &rows, &error));
    g_assert_error(error, HT_CACHE_ERROR, HT_CACHE_ERROR_FAILED);
    g_assert_cmpstr(error->message, ==, "on purpose");
    rows.at = 200;
    rows.fails = 0;
    load_rows(generation, &rows);
    publish(generation);
    g_autoptr(HtReader) reader = open_reader(&fixture);
    g_assert_cmpint(ask(reader, "SELECT count(*) FROM " MATCHES), ==, N_ROWS - 199);
    g_assert_cmpint(ask(reader, "SELECT count(*) FROM ids WHERE hex(id) LIKE '4D%'"), ==,
                    N_ROWS - 199);
    g_clear_pointer(&reader, ht_reader_free);
    fixture_close(&fixture);
}

static bool delete_one(HtApply *apply, gpointer data, GError **error)
{
    HtUuid id = test_id('M', GPOINTER_TO_INT(data));
    return ht_apply_delete(apply, ht_sync_table_by_name(MATCHES), &id, error);
}

/* Wide columns after the publication: in another order, of rows that went, of rows nobody knows. */
static void test_wide(void)
{
    Fixture fixture;
    open_loaded(&fixture);
    g_autoptr(GError) error = NULL;
    g_assert_true(ht_cache_apply(fixture.cache, delete_one, GINT_TO_POINTER(7), &error));
    static const int parts[][2] = {{150, N_ROWS + 20}, {1, 150}, {1, 20}};
    for (gsize i = 0; i < G_N_ELEMENTS(parts); i++) {
        Rows wide = {.at = parts[i][0], .end = parts[i][1], .mode = HT_APPLY_BULK};
        choose_columns(&wide, true);
        g_assert_true(ht_cache_apply(fixture.cache, put_rows, &wide, &error));
        g_assert_no_error(error);
    }
    /* A row that nobody knows leaves nothing to the next one, whose value is NULL. */
    Rows after = {.at = N_ROWS + 7, .end = 5, .mode = HT_APPLY_BULK, .hop = 4};
    choose_columns(&after, true);
    g_assert_true(ht_cache_apply(fixture.cache, put_rows, &after, &error));
    g_autoptr(HtReader) reader = open_reader(&fixture);
    g_assert_cmpint(ask(reader, "SELECT count(*) FROM " MATCHES "_wide JOIN ids USING (k) WHERE "
                                "hex(substr(id, 16)) = '04' AND hex(id) LIKE '4D%' AND "
                                "match_details IS NULL"),
                    ==, 1);
    g_assert_cmpint(ask(reader, "SELECT count(*) FROM " MATCHES "_wide"), ==, N_ROWS - 1);
    /* (n + 1) % 5 is NULL; the 7th is gone */
    g_assert_cmpint(ask(reader, "SELECT count(*) FROM " MATCHES "_wide w JOIN ids i USING (k) "
                                "WHERE match_details LIKE 'é %'"),
                    >, N_ROWS / 2);
    g_assert_cmpint(ask(reader, "SELECT count(*) FROM " MATCHES "_wide w JOIN ids i USING (k) "
                                "WHERE match_details LIKE 'é %' AND hex(substr(i.id, 16)) <> "
                                "printf('%02X', substr(match_details, 3) & 255)"),
                    ==, 0);
    g_clear_pointer(&reader, ht_reader_free);
    fixture_close(&fixture);
}

#define DROP_KEYS "DROP TABLE keys_by_id; DROP TRIGGER id_added;"
static const char later_sql[] =
    "SELECT count(*) FROM sqlite_schema WHERE type IN ('index', 'table') AND name IN "
    "('keys_by_id', "
    "'matches_by_candidate', 'matches_by_wait', 'events_by_match', 'explanations_by_match')";

/* They are there in the end whoever asks, also when another program ended before it made them. */
static void test_settle(void)
{
    Fixture fixture;
    open_loaded(&fixture);
    g_autoptr(GError) error = NULL;
    g_assert_true(ht_cache_settle(fixture.cache, &error));
    g_autoptr(HtReader) reader = open_reader(&fixture);
    g_assert_cmpint(ask(reader, later_sql), ==, 5);
    g_assert_cmpint(ask(reader, "SELECT count(*) FROM keys_by_id JOIN ids USING (k, id)"), ==,
                    ask(reader, "SELECT count(*) FROM ids"));
    g_assert_cmpint(ask(reader, "SELECT count(*) FROM keys_by_id"), >=, N_ROWS);
    g_clear_pointer(&reader, ht_reader_free);
    g_autofree char *path = ht_cache_path(fixture.cache);
    g_clear_pointer(&fixture.cache, ht_cache_close);
    HtDb *db = ht_db_open(path, HT_DB_WRITE, "test", 1024, &error);
    g_assert_no_error(error);
    g_assert_true(ht_db_exec(db, DROP_KEYS "DROP INDEX matches_by_wait", &error));
    ht_db_close(db);
    fixture.cache = ht_cache_open(fixture.paths, HT_CACHE_DEFAULT, &error);
    g_assert_no_error(error);
    reader = open_reader(&fixture);
    gint64 until = g_get_monotonic_time() + 20 * G_USEC_PER_SEC;
    while (ask(reader, later_sql) < 5 && g_get_monotonic_time() < until)
        g_usleep(1000);
    g_assert_cmpint(ask(reader, later_sql), ==, 5);
    g_clear_pointer(&reader, ht_reader_free);
    fixture_close(&fixture);
}

static bool add_ids(HtApply *apply, gpointer data, GError **error)
{
    HtKey *keys = data;
    for (int i = 0; i < 2; i++) {
        HtUuid id = test_id('M', i ? 999 : 5);
        keys[i] = ht_apply_key(apply, &id, error);
        if (!keys[i])
            return false;
    }
    return true;
}

/* No id gets a second key while the index that forbids it is missing. */
static void test_ids_without_index(void)
{
    Fixture fixture;
    open_loaded(&fixture);
    g_autoptr(GError) error = NULL;
    g_assert_true(ht_cache_settle(fixture.cache, &error));
    g_autofree char *path = ht_cache_path(fixture.cache);
    g_clear_pointer(&fixture.cache, ht_cache_close);
    HtDb *db = ht_db_open(path, HT_DB_WRITE, "test", 1024, &error);
    g_assert_true(ht_db_exec(db, DROP_KEYS, &error));
    ht_db_close(db);
    fixture.cache = ht_cache_open(fixture.paths, HT_CACHE_NO_POLL, &error);
    g_assert_no_error(error);
    HtUuid ids[] = {test_id('M', 5), {{0}}, test_id('M', 998), test_id('M', 9), test_id('M', 5)};
    HtKey at_once[5];
    HtReader *before = open_reader(&fixture);
    ht_reader_keys_of(before, ids, 5, at_once);
    for (int i = 0; i < 5; i++)
        g_assert_cmpint(at_once[i], ==, ht_reader_key(before, &ids[i]));
    g_assert_cmpint(at_once[0], !=, 0);
    g_assert_cmpint(at_once[2], ==, 0);
    ht_reader_free(before);
    HtKey first[2], again[2];
    g_assert_true(ht_cache_apply(fixture.cache, add_ids, first, &error));
    g_assert_true(ht_cache_apply(fixture.cache, add_ids, again, &error));
    g_assert_no_error(error);
    g_assert_cmpint(first[0], ==, again[0]);
    g_assert_cmpint(first[1], ==, again[1]);
    g_autoptr(HtReader) reader = open_reader(&fixture);
    g_assert_cmpint(ask(reader, "SELECT count(*) - count(DISTINCT id) FROM ids"), ==, 0);
    g_assert_cmpint(ask(reader, later_sql), ==, 5);
    g_clear_pointer(&reader, ht_reader_free);
    fixture_close(&fixture);
}

static bool limit_pages(HtStore *store, gpointer data, GError **error)
{
    (void)data;
    g_autofree char *sql = g_strdup_printf("PRAGMA max_page_count=%" G_GINT64_FORMAT,
                                           ht_db_pragma_int(ht_store_db(store), "page_count"));
    return ht_db_exec(ht_store_db(store), sql, error);
}

/* No room for the index of the ids: what is known is found without it, so that what waits can be
 * shown; only a new id needs it. */
static void test_no_room_for_index(void)
{
    Fixture fixture;
    open_loaded(&fixture);
    g_autoptr(GError) error = NULL;
    g_assert_true(ht_cache_settle(fixture.cache, &error));
    g_autofree char *path = ht_cache_path(fixture.cache);
    g_clear_pointer(&fixture.cache, ht_cache_close);
    HtDb *db = ht_db_open(path, HT_DB_WRITE, "test", 1024, &error);
    g_assert_no_error(error);
    g_assert_true(ht_db_exec(db, DROP_KEYS "VACUUM", &error));
    ht_db_close(db);
    fixture.cache = ht_cache_open(fixture.paths, HT_CACHE_NO_POLL, &error);
    g_assert_no_error(error);
    g_assert_true(ht_store_call(fixture.cache, limit_pages, NULL, &error));
    Rows rows = {.at = 1, .end = 21, .mode = HT_APPLY_UPSERT};
    choose_columns(&rows, false);
    g_assert_true(ht_cache_apply(fixture.cache, put_rows, &rows, &error));
    g_assert_no_error(error);
    g_assert_true(ht_cache_apply(fixture.cache, delete_one, GINT_TO_POINTER(7), &error));
    g_assert_no_error(error);
    rows.at = N_ROWS + 1;
    rows.end = N_ROWS + 2;
    g_assert_false(ht_cache_apply(fixture.cache, put_rows, &rows, &error));
    g_assert_error(error, HT_CACHE_ERROR, HT_CACHE_ERROR_FULL);
    g_autoptr(HtReader) reader = open_reader(&fixture);
    g_assert_cmpint(ask(reader, "SELECT count(*) FROM " MATCHES), ==, N_ROWS - 1);
    g_assert_cmpint(ask(reader, "SELECT count(*) - count(DISTINCT id) FROM ids"), ==, 0);
    g_clear_pointer(&reader, ht_reader_free);
    fixture_close(&fixture);
}

/* A purge between the publication and the wide columns: the ids that the loader knew have no keys
 * any more, and what comes after it gets new ones. */
static void test_purged_meanwhile(void)
{
    Fixture fixture;
    open_loaded(&fixture);
    g_autoptr(GError) error = NULL;
    g_assert_true(ht_cache_purge(fixture.cache, HT_PURGE_EMPTY, NULL, &error));
    g_assert_no_error(error);
    Rows rows = {.at = 1, .end = 21, .mode = HT_APPLY_UPSERT};
    choose_columns(&rows, false);
    g_assert_true(ht_cache_apply(fixture.cache, put_rows, &rows, &error));
    g_assert_no_error(error);
    g_autoptr(HtReader) reader = open_reader(&fixture);
    g_assert_cmpint(ask(reader, "SELECT count(*) FROM " MATCHES), ==, 20);
    g_assert_cmpint(ask(reader, "SELECT count(*) FROM " MATCHES " JOIN ids USING (k)"), ==, 20);
    g_clear_pointer(&reader, ht_reader_free);
    fixture_close(&fixture);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/cache/bulk/same", test_same);
    g_test_add_func("/cache/bulk/error", test_error);
    g_test_add_func("/cache/bulk/wide", test_wide);
    g_test_add_func("/cache/settle/later", test_settle);
    g_test_add_func("/cache/settle/ids", test_ids_without_index);
    g_test_add_func("/cache/settle/no_room", test_no_room_for_index);
    g_test_add_func("/cache/settle/purged", test_purged_meanwhile);
    return g_test_run();
}
