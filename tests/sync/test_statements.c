/* Every statement of sql/sync as every client role, on every table that the role may read. */
#include "../../src/sync/internal.h"
#include "client.h"

#include "hiretty/base/resource.h"

#include <string.h>

static const char *const logins[] = {"ADMIN", "RECRUITER", "INTERVIEWER", "VIEWER"};

static HtSyncHello *hello_of(HtPgConnection *pg)
{
    HtPgParam param = {.text = "{\"fingerprint\": true}"};
    g_autoptr(GError) error = NULL;
    g_autoptr(HtPgRows) rows = ht_pg_query(pg, ht_sync_sql("hello"), &param, 1, &error);
    g_assert_no_error(error);
    HtPgField field = ht_pg_rows_field(rows, 0, 0);
    gsize len;
    const char *text = ht_pg_field_text(&field, &len);
    HtSyncHello *hello = ht_sync_hello_parse(text, (gssize)len, &error);
    g_assert_no_error(error);
    g_assert_nonnull(hello->columns);
    return hello;
}

/* Plain statements prepare; that needs the tables, columns and functions to be there and visible.
 */
static void test_plain(void)
{
    static const char *const names[] = {"hello",
                                        "feed",
                                        "push_decisions",
                                        "push_fields",
                                        "device_seen",
                                        "is_member",
                                        "session_ready",
                                        "hidden",
                                        "sight",
                                        "push_decisions_still",
                                        "push_fields_still"};
    for (gsize l = 0; l < G_N_ELEMENTS(logins); l++) {
        g_autoptr(HtPgConnection) pg = test_connect(logins[l]);
        for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
            g_autoptr(GError) error = NULL;
            g_autofree char *sql =
                g_strdup_printf("PREPARE %s AS\n%s", names[i], ht_sync_sql(names[i]));
            ht_pg_run(pg, sql, &error);
            g_assert_no_error(error);
        }
        g_autoptr(GError) error = NULL;
        static const char *const run[] = {"begin", "hold_still", "by_index", "by_any", "rollback"};
        for (gsize i = 0; i < G_N_ELEMENTS(run); i++) {
            ht_pg_run(pg, ht_sync_sql(run[i]), &error);
            g_assert_no_error(error);
        }
    }
}

static bool ignore_block(GBytes *block, gsize n_rows, gpointer data, GError **error)
{
    (void)n_rows;
    (void)error;
    *(gsize *)data += g_bytes_get_size(block);
    g_bytes_unref(block);
    return true;
}

/* Whatever column leads to a person may be asked for where it may be read. */
static void run_about(HtPgConnection *pg, const HtSyncSelect *select)
{
    static const char *const ways[][2] = {{"candidate_id", NULL},
                                          {"match_id", NULL},
                                          {"interview_id", "interviews"},
                                          {"offer_id", "offers"}};
    HtUuid id = {{1}};
    HtPgParam param = {.ids = &id, .n_ids = 1};
    for (int i = 0; i < select->n; i++) {
        const char *column = select->table->columns[select->columns[i]].name;
        for (gsize way = 0; way < G_N_ELEMENTS(ways); way++) {
            if (strcmp(column, ways[way][0]) != 0)
                continue;
            const char *parent = ways[way][1];
            g_autofree char *sql = parent
                                       ? ht_sync_sql_fill("about_parent", select, "column", column,
                                                          "parent", parent, NULL)
                                       : ht_sync_sql_fill("about", select, "column", column, NULL);
            g_autoptr(GError) error = NULL;
            g_autoptr(HtPgRows) rows = ht_pg_query(pg, sql, &param, 1, &error);
            g_assert_no_error(error);
            g_assert_cmpint(ht_pg_rows_count(rows), ==, 0);
        }
    }
}

/* Of the versions that an index leads to, the last one is looked at first: as an equation the id
 * would be looked up forwards. */
static void explain_since(HtPgConnection *pg, const char *since)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *prepare = g_strdup_printf("PREPARE since(uuid[], pg_snapshot) AS\n%s", since);
    g_assert_true(ht_pg_run(pg, prepare, &error) && ht_pg_run(pg, ht_sync_sql("begin"), &error) &&
                  ht_pg_run(pg, ht_sync_sql("by_index"), &error));
    g_assert_no_error(error);
    g_autoptr(HtPgRows) plan =
        ht_pg_query(pg, "EXPLAIN (COSTS off) EXECUTE since('{}', '100:100:')", NULL, 0, &error);
    g_assert_no_error(error);
    bool is_backward = false;
    for (int i = 0; i < ht_pg_rows_count(plan); i++) {
        HtPgField line = ht_pg_rows_field(plan, i, 0);
        g_autofree char *text = ht_pg_field_dup_text(&line);
        is_backward |= strstr(text, "Index Scan Backward using candidate_job_matches_pkey") != NULL;
    }
    g_assert_true(is_backward);
    g_assert_true(ht_pg_run(pg, ht_sync_sql("rollback"), &error) &&
                  ht_pg_run(pg, "DEALLOCATE since", &error));
}

static void run_templates(HtPgConnection *pg, const HtSyncSelect *select)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *rows = ht_sync_sql_fill("rows", select, NULL);
    g_autofree char *ids = ht_sync_sql_fill("ids", select, NULL);
    HtUuid id = {{1}};
    HtPgParam param = {.ids = &id, .n_ids = 1};
    if (select->table->has_id) {
        g_autoptr(HtPgRows) one = ht_pg_query(pg, rows, &param, 1, &error);
        g_assert_no_error(error);
        g_assert_cmpint(ht_pg_rows_count(one), ==, 1);
        HtPgField own = ht_pg_rows_field(one, 0, 1);
        g_assert_true(ht_pg_field_is_null(&own));
        g_autoptr(HtPgRows) all = ht_pg_query(pg, ids, NULL, 0, &error);
        g_assert_no_error(error);
    }
    if (select->since) {
        g_autofree char *since = ht_sync_sql_fill("rows_since", select, NULL);
        HtPgParam params[] = {param, {.text = "100:100:"}};
        g_autoptr(HtPgRows) one = ht_pg_query(pg, since, params, G_N_ELEMENTS(params), &error);
        g_assert_no_error(error);
        g_assert_cmpint(ht_pg_rows_count(one), ==, 1);
        HtPgField same = ht_pg_rows_field(one, 0, select->n);
        g_assert_true(ht_pg_field_is_null(&same));
        explain_since(pg, since);
    }
    char *copies[] = {
        ht_sync_sql_fill("copy_table", select, NULL),
        ht_sync_sql_fill("copy_pages", select, "first", "0", "last", "10", NULL),
        ht_sync_sql_fill("copy_pages_rest", select, "first", "0", NULL),
        ht_sync_sql_fill("copy_after", select, "after", "00000000-0000-0000-0000-000000000000",
                         "limit", "10", NULL),
    };
    gsize sizes[G_N_ELEMENTS(copies)] = {0};
    for (gsize i = 0; i < G_N_ELEMENTS(copies); i++) {
        if (!select->table->has_id && i > 0)
            break;
        ht_pg_copy_out(pg, copies[i], 65536, ignore_block, &sizes[i], &error);
        g_assert_no_error(error);
    }
    if (select->table->has_id) {
        g_assert_cmpint(sizes[0], ==, sizes[2]);
    }
    int64_t n;
    char digest[40];
    ht_sync_digest_there(pg, select, &n, digest, &error);
    g_assert_no_error(error);
    for (gsize i = 0; i < G_N_ELEMENTS(copies); i++)
        g_free(copies[i]);
}

static void test_templates(void)
{
    for (gsize l = 0; l < G_N_ELEMENTS(logins); l++) {
        g_autoptr(HtPgConnection) pg = test_connect(logins[l]);
        g_autoptr(HtSyncHello) hello = hello_of(pg);
        int n, readable = 0;
        const HtSyncTable *tables = ht_sync_tables(&n);
        for (int i = 0; i < n; i++) {
            g_autoptr(HtSyncSelect) select =
                ht_sync_select_new(hello->columns, &tables[i], HT_SELECT_ALL);
            if (select) {
                run_templates(pg, select);
                run_about(pg, select);
                readable++;
            }
        }
        g_assert_cmpint(readable, >, 10);
    }
}

/* What the client keeps is what the server feeds: same tables, same numbers, and a recruiter and an
 * administrator may read every column that is listed, one of each pair that excludes another. */
static void test_columns(void)
{
    g_autoptr(HtPgConnection) pg = test_connect("ADMIN");
    g_autoptr(HtSyncHello) hello = hello_of(pg);
    int n;
    const HtSyncTable *tables = ht_sync_tables(&n);
    for (int i = 0; i < n; i++) {
        g_autofree char *sql = g_strdup_printf(
            "SELECT number::text FROM app.feed_tables WHERE name = '%s'", tables[i].name);
        g_autofree char *number = test_value("SUPERUSER", sql);
        g_assert_cmpint(number ? atoi(number) : 0, ==, tables[i].number);
        g_assert_true(ht_sync_columns_readable(hello->columns, &tables[i]));
        int excluded = 0;
        for (int c = 0; c < tables[i].n_columns; c++)
            excluded += tables[i].columns[c].unless != NULL;
        g_autoptr(HtSyncSelect) select =
            ht_sync_select_new(hello->columns, &tables[i], HT_SELECT_ALL);
        if (select->n != tables[i].n_columns - excluded)
            g_test_message("%s: %d of %d columns", tables[i].name, select->n, tables[i].n_columns);
        g_assert_cmpint(select->n, ==, tables[i].n_columns - excluded);
    }
}

/* No file of the folder is forgotten here or unused there. */
static void test_files(void)
{
    static const char *const known[] = {"about.sql",
                                        "about_parent.sql",
                                        "begin.sql",
                                        "by_any.sql",
                                        "by_index.sql",
                                        "columns",
                                        "commit.sql",
                                        "copy_after.sql",
                                        "copy_pages.sql",
                                        "copy_pages_rest.sql",
                                        "copy_table.sql",
                                        "device_seen.sql",
                                        "digest.sql",
                                        "feed.sql",
                                        "hello.sql",
                                        "hidden.sql",
                                        "hold_still.sql",
                                        "ids.sql",
                                        "is_member.sql",
                                        "session_ready.sql",
                                        "push_decisions.sql",
                                        "push_decisions_still.sql",
                                        "push_fields.sql",
                                        "push_fields_still.sql",
                                        "rollback.sql",
                                        "rows.sql",
                                        "rows_since.sql",
                                        "sight.sql",
                                        "types",
                                        NULL};
    g_auto(GStrv) files = ht_resource_list("sql/sync");
    for (guint i = 0; files[i]; i++)
        g_assert_true(g_strv_contains(known, files[i]));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    if (!test_server_start(true))
        return 77;
    g_free(test_job(5, false));
    g_test_add_func("/sync/statements/plain", test_plain);
    g_test_add_func("/sync/statements/templates", test_templates);
    g_test_add_func("/sync/statements/columns", test_columns);
    g_test_add_func("/sync/statements/files", test_files);
    int status = g_test_run();
    test_server_stop();
    return status;
}
