#include "client.h"

#include <string.h>

static char *root;

static void remove_tree(const char *path)
{
    const char *const argv[] = {"rm", "-rf", path, NULL};
    g_auto(GStrv) copy = g_new0(char *, 4);
    for (int i = 0; argv[i]; i++)
        copy[i] = g_strdup(argv[i]);
    g_spawn_sync(NULL, copy, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL, NULL, NULL, NULL);
}

void test_clients_init(void)
{
    static const char *const names[] = {"XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_STATE_HOME",
                                        "XDG_RUNTIME_DIR"};
    const char *given = g_getenv("TEST_CLIENTS_ROOT"); /* a child of a test shares its folders */
    root = given ? g_strdup(given) : g_dir_make_tmp("ht-clients-XXXXXX", NULL);
    g_assert_nonnull(root);
    for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autofree char *dir = g_build_filename(root, names[i] + 4, NULL);
        g_assert_cmpint(g_mkdir_with_parents(dir, 0700), ==, 0);
        g_setenv(names[i], dir, TRUE);
    }
    g_setenv("TEST_CLIENTS_ROOT", root, TRUE);
}

void test_clients_clear(void)
{
    remove_tree(root);
    g_clear_pointer(&root, g_free);
}

TestClient *test_client_open(const char *profile, const char *login, const char *dsn)
{
    g_autoptr(GError) error = NULL;
    TestClient *client = g_new0(TestClient, 1);
    client->paths = ht_paths_new(profile, &error);
    g_assert_no_error(error);
    client->cache = ht_cache_open(client->paths, HT_CACHE_DEFAULT, &error);
    g_assert_no_error(error);
    g_assert_cmpstr(ht_cache_problem(client->cache), ==, NULL);
    client->outbox = ht_outbox_open(client->cache, client->paths, &error);
    g_assert_no_error(error);
    g_autofree char *name = g_strconcat("HIRETTY_DSN_", login, NULL);
    HtSyncOptions options = {.connection = {.dsn = dsn ? dsn : test_server_get(name)},
                             .paths = client->paths,
                             .host_label = "test"};
    client->sync = ht_sync_new(client->cache, client->outbox, &options, &error);
    g_assert_no_error(error);
    return client;
}

void test_client_close(TestClient *client)
{
    ht_sync_free(client->sync);
    ht_outbox_close(client->outbox);
    ht_cache_close(client->cache);
    ht_paths_free(client->paths);
    g_free(client);
}

HtSyncReport test_client_sync(TestClient *client, HtSyncOnceFlags flags)
{
    g_autoptr(GError) error = NULL;
    HtSyncReport report;
    ht_sync_once(client->sync, flags, NULL, &report, &error);
    g_assert_no_error(error);
    return report;
}

void test_client_sync_fails(TestClient *client, HtSyncError code)
{
    g_autoptr(GError) error = NULL;
    g_assert_false(ht_sync_once(client->sync, HT_SYNC_ONCE, NULL, NULL, &error));
    g_assert_error(error, HT_SYNC_ERROR, (int)code);
    g_assert_null(strchr(error->message, '\n'));
}

void test_client_assert_equal(TestClient *client)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GArray) checks = ht_sync_check(client->sync, NULL, &error);
    g_assert_no_error(error);
    g_assert_cmpint(checks->len, ==, 33);
    bool is_same = true;
    for (guint i = 0; i < checks->len; i++) {
        const HtSyncCheck *check = &g_array_index(checks, HtSyncCheck, i);
        if (!check->same)
            g_test_message("%s: %" G_GINT64_FORMAT " rows %s here, %" G_GINT64_FORMAT " %s there",
                           check->table, check->rows_here, check->digest_here, check->rows_there,
                           check->digest_there);
        is_same &= check->same;
    }
    g_assert_true(is_same);
}

char *test_client_value(TestClient *client, const char *sql)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(HtReader) reader = ht_reader_new(client->cache, "test", &error);
    g_assert_no_error(error);
    HtStmt *stmt = ht_db_prepare(ht_reader_db(reader), "test", sql, &error);
    g_assert_no_error(error);
    HtStep step = ht_stmt_step(stmt, &error);
    g_assert_no_error(error);
    char *value = step == HT_STEP_ROW ? ht_stmt_dup_text(stmt, 0) : NULL;
    ht_stmt_finalize(stmt);
    return value;
}

int64_t test_client_count(TestClient *client, const char *table)
{
    g_autofree char *sql = g_strdup_printf("SELECT count(*) FROM %s", table);
    g_autofree char *value = test_client_value(client, sql);
    return g_ascii_strtoll(value, NULL, 10);
}

void test_platform(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    g_autofree char *sql = g_strdup_vprintf(format, args);
    va_end(args);
    g_autoptr(HtPgConnection) pg = test_connect("PLATFORM");
    g_autoptr(GError) error = NULL;
    g_autofree char *tenant =
        g_strdup_printf("SET app.current_tenant = '%s'", test_server_get("HIRETTY_TENANT_A"));
    ht_pg_run(pg, tenant, &error);
    g_assert_no_error(error);
    ht_pg_run(pg, sql, &error);
    g_assert_no_error(error);
}

char *test_new_id(void)
{
    HtUuid id;
    ht_uuid_new_random(&id);
    return ht_uuid_format(&id, g_malloc(HT_UUID_TEXT));
}

char *test_job(int n, bool is_confidential)
{
    char *job = test_new_id();
    test_platform(
        "INSERT INTO public.jobs (id, title, description, status, confidential, salary_min) "
        "VALUES ('%s', 'Data engineer', 'Pipes', 'active', %s, 1234.56)",
        job, is_confidential ? "true" : "false");
    test_platform(
        "WITH wanted AS (SELECT gen_random_uuid() AS match, gen_random_uuid() AS person, "
        "gen_random_uuid() AS cv, n FROM generate_series(1, %d) AS n), "
        "people AS (INSERT INTO public.candidates (id, email, first_name, last_name, "
        "consent_given_at) "
        "SELECT person, person || '@example.com', 'Ännë \t', 'L\\\"ee' || n, now() FROM wanted), "
        "cvs AS (INSERT INTO public.resumes (id, candidate_id, file_name, file_url, parsed_data) "
        "SELECT cv, person, 'cv.pdf', 'x', jsonb_build_object('name', 'Ann', 'n', n, 'skills', "
        "jsonb_build_array('C', 'SQL')) FROM wanted) "
        "INSERT INTO public.candidate_job_matches (id, candidate_id, job_id, resume_id, score, "
        "match_details) SELECT match, person, '%s', cv, (n %% 100) + 0.25, "
        "jsonb_build_object('why', repeat('x', 200), 'n', n) FROM wanted",
        n, job);
    return job;
}

char *test_match(const char *job, int nth)
{
    g_autofree char *sql =
        g_strdup_printf("SELECT id::text FROM public.candidate_job_matches WHERE "
                        "job_id = '%s' ORDER BY id OFFSET %d LIMIT 1",
                        job, nth);
    return test_value("SUPERUSER", sql);
}
