/* ctest: timeout=300
 * What hello can say, and what follows: each mismatch is caused on a real server, has the
 * consequence that docs/sync.md names and no larger one, and ends with the same digests on both
 * sides. Another database, an older copy and a promoted standby are in test_restored.py. */
#include "client.h"

#include "../../src/sync/internal.h"

#include <string.h>

#define MATCHES 60

typedef struct {
    const char *name;
    const char *cause; /* SQL of a superuser */
    const char *undo;  /* NULL: none */
    const char *why;   /* of a full load; NULL: there must be none */
    int most, least;   /* rows changed; -1: does not matter */
} Mismatch;

static const Mismatch mismatches[] = {
    {"VACUUM FULL", "VACUUM FULL public.candidate_job_matches", NULL, NULL, 0, 0},
    {"CLUSTER", "CLUSTER public.candidate_job_matches USING candidate_job_matches_pkey", NULL, NULL,
     0, 0},
    {"a type changed by an expression",
     "ALTER TABLE public.candidates ALTER COLUMN first_name TYPE varchar(100) USING "
     "'X' || first_name",
     NULL, NULL, -1, MATCHES},
    {"another type, same values", "ALTER TABLE public.candidates ALTER COLUMN location TYPE text",
     NULL, NULL, 0, 0},
    {"an added default",
     "ALTER TABLE public.candidates RENAME COLUMN github_url TO github_was; "
     "ALTER TABLE public.candidates ADD COLUMN github_url text DEFAULT 'https://a.example'; "
     "GRANT SELECT (github_url) ON public.candidates TO hiretty_recruiter",
     NULL, NULL, -1, MATCHES},
    {"dropped, and made again with another default",
     "ALTER TABLE public.candidates DROP COLUMN github_url; "
     "ALTER TABLE public.candidates ADD COLUMN github_url text DEFAULT 'https://b.example'; "
     "GRANT SELECT (github_url) ON public.candidates TO hiretty_recruiter",
     NULL, NULL, -1, MATCHES},
    {"a dropped column", "ALTER TABLE public.candidates DROP COLUMN github_url", NULL,
     "the database's columns changed", -1, 0},
    {"a renamed column", "ALTER TABLE public.candidates RENAME COLUMN github_was TO github_url",
     NULL, NULL, -1, 0},
    {"a column that may not be read any more",
     "REVOKE SELECT (portfolio_url) ON public.candidates FROM hiretty_recruiter",
     "GRANT SELECT (portfolio_url) ON public.candidates TO hiretty_recruiter",
     "columns may not be read any more", -1, 0},
    {"an update of no value", "UPDATE public.candidate_job_matches SET score = score", NULL, NULL,
     0, 0},
    {"TRUNCATE", "TRUNCATE public.candidate_tags", NULL, NULL, -1, 0},
    {"a cursor older than the floor",
     "SELECT pg_current_xact_id(); UPDATE app.instance SET feed_floor = pg_current_xact_id()", NULL,
     "away longer than the server keeps changes", -1, 0},
    {"another epoch", "UPDATE app.instance SET epoch = gen_random_uuid()", NULL, "another database",
     -1, 0},
    {"a device that the server does not know",
     "DELETE FROM public.client_devices WHERE host_label = 'test'", NULL,
     "the database went back in time", -1, 0},
    {"a newer schema",
     "INSERT INTO app.schema_migrations (version, name, checksum) VALUES (900, 'x', repeat('0', "
     "64))",
     "DELETE FROM app.schema_migrations WHERE version = 900", NULL, 0, 0},
};

/* Statements that no transaction may hold go one by one. */
static void run_sql(const char *sql)
{
    g_auto(GStrv) statements = g_strsplit(sql, "; ", -1);
    for (guint i = 0; statements[i]; i++)
        test_sql(statements[i]);
}

static void cause(TestClient *client, const Mismatch *mismatch)
{
    g_test_message("%s", mismatch->name);
    run_sql(mismatch->cause);
    HtSyncReport report = test_client_sync(client, HT_SYNC_ONCE);
    g_assert_cmpstr(report.why_full, ==, mismatch->why ? mismatch->why : "");
    g_assert_true(report.loaded == (mismatch->why != NULL));
    g_assert_cmpint(report.rows_changed, >=, mismatch->least);
    if (mismatch->most >= 0)
        g_assert_cmpint(report.rows_changed, <=, mismatch->most);
    report = test_client_sync(client, HT_SYNC_ONCE);
    g_assert_false(report.loaded); /* once, not for ever */
    g_assert_cmpint(report.rows_received, ==, 0);
    test_client_assert_equal(client);
    if (mismatch->undo)
        run_sql(mismatch->undo);
}

static void test_mismatches(void)
{
    g_autofree char *job = test_job(MATCHES, false), *tagged = test_match(job, 0);
    test_platform("INSERT INTO public.candidate_tags (candidate_id, tag) SELECT candidate_id, 'x' "
                  "FROM public.candidate_job_matches WHERE id = '%s'",
                  tagged);
    g_autoptr(TestClient) client = test_client_open("mismatch", "RECRUITER", NULL);
    test_client_sync(client, HT_SYNC_ONCE);
    test_client_sync(client, HT_SYNC_ONCE);
    for (gsize i = 0; i < G_N_ELEMENTS(mismatches); i++)
        cause(client, &mismatches[i]);
    test_client_sync(client, HT_SYNC_ONCE);
    test_client_assert_equal(client);
}

/* --- Between hello and the rows: a lock on a table that the pull is about to read holds it there,
 * where the server is of the time before tables were held still. */
static gpointer sync_thread(gpointer data)
{
    TestClient *client = data;
    GError *error = NULL;
    ht_sync_once(client->sync, HT_SYNC_ONCE, NULL, NULL, &error);
    return error;
}

/* Runs `meanwhile` while a pull of `client` has its snapshot but no rows. Returns the pull's error.
 */
static GError *change_mid_pull(TestClient *client, const char *job, const char *meanwhile)
{
    test_platform(
        "UPDATE public.candidate_job_matches SET score = 1 + score / 2 WHERE job_id = '%s'", job);
    test_sql("REVOKE SELECT ON app.synced FROM hiretty_client");
    g_autoptr(HtPgConnection) blocker = test_connect("SUPERUSER");
    g_assert_true(ht_pg_run(blocker, "BEGIN", NULL));
    g_assert_true(ht_pg_run(blocker, "LOCK TABLE public.candidate_job_matches", NULL));
    g_autoptr(GThread) thread = g_thread_new("client", sync_thread, client);
    for (bool waits = false; !waits;) {
        g_autofree char *n =
            test_value("SUPERUSER",
                       "SELECT count(*)::text FROM pg_stat_activity WHERE wait_event_type = 'Lock' "
                       "AND query LIKE '%LEFT JOIN%candidate_job_matches%'");
        waits = strcmp(n, "0") != 0;
    }
    run_sql(meanwhile);
    g_assert_true(ht_pg_run(blocker, "COMMIT", NULL));
    GError *error = g_thread_join(g_steal_pointer(&thread));
    test_sql("GRANT SELECT ON app.synced TO hiretty_client");
    return error;
}

/* --- A table that is written anew looks empty to a snapshot that was taken before. */

/* Syncs while `table` is written anew; the sync begins to wait for that, and goes on behind it. */
static HtSyncReport sync_beside_rewrite(TestClient *client, const char *table)
{
    g_autoptr(HtPgConnection) writer = test_connect("SUPERUSER");
    g_autofree char *anew = g_strdup_printf(
        "ALTER TABLE public.%s ADD COLUMN anew double precision DEFAULT random()", table);
    g_autofree char *back = g_strdup_printf("ALTER TABLE public.%s DROP COLUMN anew", table);
    g_assert_true(ht_pg_run(writer, "BEGIN", NULL));
    g_assert_true(ht_pg_run(writer, anew, NULL));
    HtSyncReport report = {0};
    client->sync->report = &report;
    g_autoptr(GThread) thread = g_thread_new("client", sync_thread, client);
    for (bool waits = false; !waits;) {
        g_autofree char *n = test_value("SUPERUSER", "SELECT count(*)::text FROM pg_stat_activity "
                                                     "WHERE wait_event_type = 'Lock' AND "
                                                     "usename = 'ht_a_rec2'");
        waits = strcmp(n, "0") != 0;
    }
    g_assert_true(ht_pg_run(writer, "COMMIT", NULL));
    g_autoptr(GError) error = g_thread_join(g_steal_pointer(&thread));
    g_assert_no_error(error);
    g_assert_true(ht_pg_run(writer, back, NULL));
    return report;
}

static int64_t here(TestClient *client)
{
    return test_client_count(client, "candidate_job_matches") +
           test_client_count(client, "candidates") + test_client_count(client, "jobs");
}

static void add_note(TestClient *client, const char *match)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(HtReader) reader = ht_reader_new(client->cache, "test", &error);
    g_autofree char *whose = g_strdup_printf(
        "SELECT candidate_id::text FROM public.candidate_job_matches WHERE id = '%s'", match);
    g_autofree char *person = test_value("SUPERUSER", whose);
    HtUuid id;
    ht_uuid_parse(person, &id);
    HtIntent *intent = ht_intent_new(HT_INTENT_NOTE);
    ht_intent_add_candidate(intent, ht_reader_key(reader, &id));
    intent->note = g_strdup("kept words");
    g_autoptr(HtReceipt) receipt = ht_outbox_submit(client->outbox, intent, &error);
    g_assert_no_error(error);
}

static void test_rewritten(void)
{
    static const char *const tables[] = {
        "tenant_users", "tenants",    "users",          "jobs",
        "candidates",   "job_stages", "client_devices", "candidate_job_matches"};
    g_autofree char *job = test_job(5, false), *match = test_match(job, 0);
    g_autoptr(TestClient) client = test_client_open("rewritten", "RECRUITER2", NULL);
    test_client_sync(client, HT_SYNC_ONCE);
    int64_t before = here(client);
    for (gsize i = 0; i < G_N_ELEMENTS(tables); i++) {
        g_test_message("%s", tables[i]);
        add_note(client, match);
        test_platform("UPDATE public.candidate_job_matches SET score = 1 + score / 2 WHERE job_id "
                      "= '%s'",
                      job);
        sync_beside_rewrite(client, tables[i]);
        g_assert_false(ht_cache_is_locked(client->cache, NULL));
        g_assert_cmpint(here(client), ==, before);
        test_client_assert_equal(client);
        g_autofree char *sent = test_value(
            "SUPERUSER",
            "SELECT count(*)::text FROM public.candidate_notes WHERE body = 'kept words'");
        g_assert_cmpint(atoi(sent), ==, (int)i + 1);
    }
}

static void test_revoked_mid_pull(void)
{
    g_autofree char *job = test_job(5, false);
    g_autoptr(TestClient) client = test_client_open("revoked-mid", "RECRUITER2", NULL);
    test_client_sync(client, HT_SYNC_ONCE);
    g_autoptr(GError) error = change_mid_pull(
        client, job,
        "UPDATE public.tenant_users SET status = 'inactive' WHERE pg_role = 'ht_a_rec2'");
    /* The pull was as of its snapshot; the same run notices what came after. */
    g_assert_error(error, HT_SYNC_ERROR, HT_SYNC_ERROR_REFUSED);
    g_assert_true(ht_cache_is_locked(client->cache, NULL));
    g_assert_cmpint(test_client_count(client, "candidates"), ==, 0);
    test_sql("UPDATE public.tenant_users SET status = 'active' WHERE pg_role = 'ht_a_rec2'");
    test_client_sync(client, HT_SYNC_ONCE);
    test_client_assert_equal(client);
}

/* Groups are no rows: they change at once, in the middle of a snapshot. */
static void test_demoted_mid_pull(void)
{
    g_autofree char *job = test_job(5, false);
    g_autoptr(TestClient) client = test_client_open("demoted-mid", "RECRUITER2", NULL);
    test_client_sync(client, HT_SYNC_ONCE);
    g_autoptr(GError) error = change_mid_pull(
        client, job,
        "REVOKE hiretty_recruiter FROM ht_a_rec2; GRANT hiretty_viewer TO ht_a_rec2; "
        "UPDATE public.tenant_users SET role = 'viewer' WHERE pg_role = 'ht_a_rec2'");
    g_clear_error(&error); /* either is right: it failed, or it began anew by itself */
    test_client_sync(client, HT_SYNC_ONCE);
    g_autofree char *with =
        test_client_value(client, "SELECT count(*) FROM candidates WHERE email IS NOT NULL");
    g_assert_cmpstr(with, ==, "0");
    test_client_assert_equal(client);
    run_sql("REVOKE hiretty_viewer FROM ht_a_rec2; GRANT hiretty_recruiter TO ht_a_rec2; "
            "UPDATE public.tenant_users SET role = 'recruiter' WHERE pg_role = 'ht_a_rec2'");
    test_client_sync(client, HT_SYNC_ONCE);
    test_client_assert_equal(client);
}

/* The profile is opened with somebody else's connection: it stays as it is, the words that were not
 * sent too, whether that one is a member or not, and whatever is asked for. */
static void foreign(const char *login, const char *dsn, HtSyncOnceFlags flags, HtSyncError code)
{
    g_autoptr(TestClient) client = test_client_open("foreign", login, dsn);
    g_autoptr(GError) error = NULL;
    int64_t rows = here(client);
    g_assert_cmpint(rows, >, 0);
    g_assert_false(ht_sync_once(client->sync, flags, NULL, NULL, &error));
    g_assert_error(error, HT_SYNC_ERROR, (int)code);
    if (code == HT_SYNC_ERROR_SETUP)
        g_assert_nonnull(strstr(error->message, "filled by ht_a_rec1"));
    g_assert_cmpint(here(client), ==, rows);
    g_assert_false(ht_cache_is_locked(client->cache, NULL));
    HtOutboxCounts counts = {0};
    ht_outbox_counts(client->outbox, &counts);
    g_assert_cmpint(counts.pending, ==, 1);
    g_autofree char *waiting = ht_outbox_export(client->outbox, &error);
    g_assert_nonnull(strstr(waiting, "kept words"));
}

static void test_foreign(void)
{
    g_autofree char *match = test_value(
        "SUPERUSER", "SELECT id::text FROM public.candidate_job_matches WHERE status = 'scored' "
                     "AND tenant_id = (SELECT tenant_id FROM public.tenant_users WHERE pg_role = "
                     "'ht_a_rec1') LIMIT 1");
    TestClient *client = test_client_open("foreign", "RECRUITER", NULL);
    test_client_sync(client, HT_SYNC_ONCE);
    add_note(client, match);
    test_client_close(client);
    static const char *const others[] = {"SUPERUSER", "RECRUITER2", "RECRUITER_B", "VIEWER"};
    for (gsize i = 0; i < G_N_ELEMENTS(others); i++) {
        foreign(others[i], NULL, HT_SYNC_ONCE, HT_SYNC_ERROR_SETUP);
        foreign(others[i], NULL, HT_SYNC_ONCE_FULL, HT_SYNC_ERROR_SETUP);
    }
    /* The same name at another place, where it is closed. */
    const char *own = test_server_get("HIRETTY_DSN_RECRUITER");
    g_autofree char *elsewhere = g_strconcat(own, " dbname=template1", NULL);
    test_sql("ALTER ROLE ht_a_rec1 NOLOGIN");
    foreign("RECRUITER", elsewhere, HT_SYNC_ONCE, HT_SYNC_ERROR_REFUSED);
    test_sql("ALTER ROLE ht_a_rec1 LOGIN");
    /* Another way to the same: it goes on, and nothing is fetched anew. */
    g_autofree char *spelled = g_strconcat(
        own, " port=", test_server_get("PGPORT"), ",", test_server_get("PGPORT"), " host='",
        test_server_get("PGHOST"), ",", test_server_get("PGHOST"), "'", NULL);
    client = test_client_open("foreign", "RECRUITER", spelled);
    HtSyncReport report = test_client_sync(client, HT_SYNC_ONCE);
    g_assert_false(report.loaded);
    g_assert_cmpuint(report.applied, ==, 1);
    test_client_close(client);
}

static void test_confidential_mid_pull(void)
{
    g_autofree char *job = test_job(5, false);
    g_autoptr(TestClient) client = test_client_open("confidential-mid", "RECRUITER2", NULL);
    test_client_sync(client, HT_SYNC_ONCE);
    int64_t before = test_client_count(client, "candidate_job_matches");
    g_autofree char *hide =
        g_strdup_printf("UPDATE public.jobs SET confidential = true WHERE id = '%s'", job);
    g_autoptr(GError) error = change_mid_pull(client, job, hide);
    g_assert_no_error(error);
    g_assert_cmpint(test_client_count(client, "candidate_job_matches"), ==, before);
    test_client_sync(client, HT_SYNC_ONCE);
    g_assert_cmpint(test_client_count(client, "candidate_job_matches"), ==, before - 5);
    test_client_assert_equal(client);
}

/* --- Polls on a held connection: nothing new costs no write at all. */
static int64_t write_calls(void)
{
    g_autofree char *text = NULL;
    g_assert_true(g_file_get_contents("/proc/self/io", &text, NULL, NULL));
    const char *at = strstr(text, "syscw:");
    g_assert_nonnull(at);
    return g_ascii_strtoll(at + strlen("syscw:"), NULL, 10);
}

static void cycle(TestClient *client, HtSyncReport *report)
{
    g_autoptr(GError) error = NULL;
    memset(report, 0, sizeof *report);
    client->sync->report = report;
    ht_sync_cycle(client->sync, HT_SYNC_ONCE, NULL, &error);
    g_assert_no_error(error);
}

static void test_empty_writes_nothing(void)
{
    g_autofree char *job = test_job(3, false);
    g_autoptr(TestClient) client = test_client_open("empty", "RECRUITER", NULL);
    HtSyncReport report;
    cycle(client, &report);
    g_assert_true(report.loaded);
    g_assert_true(ht_sync_load_wide_all(client->sync, NULL));
    /* What the load left to do in the background ends first. */
    int64_t before = write_calls();
    for (int quiet = 0, i = 0; quiet < 5; i++) {
        g_assert_cmpint(i, <, 2000);
        cycle(client, &report);
        quiet = write_calls() == before ? quiet + 1 : 0;
        before = write_calls();
    }
    for (int i = 0; i < 20; i++) {
        test_sql("SELECT pg_current_xact_id()"); /* the snapshot moves on all the same */
        cycle(client, &report);
        g_assert_cmpint(report.rows_received, ==, 0);
    }
    g_assert_cmpint(write_calls(), ==, before);
    /* The same measure does see a pull that brings something. */
    test_platform("UPDATE public.jobs SET title = 'New' WHERE id = '%s'", job);
    before = write_calls();
    cycle(client, &report);
    g_assert_cmpint(report.rows_changed, ==, 1);
    g_assert_cmpint(write_calls(), >, before);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    if (!test_server_start(true))
        return 77;
    test_clients_init();
    g_test_add_func("/sync/mismatch/consequences", test_mismatches);
    g_test_add_func("/sync/mismatch/rewritten", test_rewritten);
    g_test_add_func("/sync/mismatch/revoked_mid_pull", test_revoked_mid_pull);
    g_test_add_func("/sync/mismatch/demoted_mid_pull", test_demoted_mid_pull);
    g_test_add_func("/sync/mismatch/confidential_mid_pull", test_confidential_mid_pull);
    g_test_add_func("/sync/mismatch/foreign", test_foreign);
    g_test_add_func("/sync/mismatch/empty_writes_nothing", test_empty_writes_nothing);
    int status = g_test_run();
    test_clients_clear();
    test_server_stop();
    return status;
}
