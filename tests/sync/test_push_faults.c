/* ctest: timeout=300 once
 * What stands in the way of a push: a locked row, a server that stumbles, a second copy of the same
 * profile. Others go on, nothing is given up, nothing is done twice. */
#include "../../src/sync/internal.h"
#include "hiretty/cache/matches.h"

#include "client.h"

#include <string.h>

static HtKey key_of(TestClient *client, const char *id)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(HtReader) reader = ht_reader_new(client->cache, "test", &error);
    g_assert_no_error(error);
    HtUuid uuid;
    g_assert_true(ht_uuid_parse(id, &uuid));
    HtKey key = ht_reader_key(reader, &uuid);
    g_assert_cmpint(key, !=, 0);
    return key;
}

static void decide(TestClient *client, const char *job, int nth, HtDecisionKind kind)
{
    g_autofree char *match = test_match(job, nth);
    g_autoptr(GError) error = NULL;
    HtIntent *intent = ht_intent_new(HT_INTENT_DECIDE);
    intent->decision = kind;
    ht_intent_add_match(intent, key_of(client, match), true, false, 3);
    g_autoptr(HtReceipt) receipt = ht_outbox_submit(client->outbox, intent, &error);
    g_assert_no_error(error);
    g_assert_cmpint(receipt->n_done, ==, 1);
}

static void shortlist(TestClient *client, const char *job, int first, int end)
{
    for (int i = first; i < end; i++)
        decide(client, job, i, HT_DECISION_SHORTLIST);
}

/* Decisions of a job on the server. */
static int decisions(const char *job)
{
    g_autofree char *sql = g_strdup_printf(
        "SELECT count(*)::text FROM public.hiring_decisions d JOIN public.candidate_job_matches m "
        "ON m.id = d.match_id WHERE m.job_id = '%s'",
        job);
    g_autofree char *count = test_value("SUPERUSER", sql);
    return atoi(count);
}

static HtOutboxCounts counts_of(TestClient *client)
{
    HtOutboxCounts counts;
    ht_outbox_counts(client->outbox, &counts);
    return counts;
}

static void assert_pending(TestClient *client, int pending)
{
    HtOutboxCounts counts = counts_of(client);
    g_assert_cmpint(counts.pending + counts.sending, ==, pending);
    g_assert_cmpint(counts.parked + counts.conflicts + counts.rejected, ==, 0);
}

/* The stage that the client shows. */
static void assert_shown(TestClient *client, const char *job, int nth, const char *stage)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *match = test_match(job, nth);
    g_autoptr(HtReader) reader = ht_reader_new(client->cache, "test", &error);
    HtMatchRow *row = ht_cache_match(reader, key_of(client, match), &error);
    g_assert_no_error(error);
    g_assert_cmpstr(ht_stage_type_name(row->stage_type), ==, stage);
    ht_match_rows_free(row, 1);
}

static HtPgConnection *holder_of(const char *sql)
{
    g_autoptr(GError) error = NULL;
    HtPgConnection *pg = test_connect("SUPERUSER");
    g_autofree char *begin = g_strdup_printf("BEGIN; %s", sql);
    ht_pg_run(pg, begin, &error);
    g_assert_no_error(error);
    return pg;
}

/* ---- locks */

/* Somebody holds an application for longer than the server lets one wait: it and what builds on it
 * stay, the others go. `limit`: a setting of the server's, which also has to be long enough for
 * what a sync asks. */
static void lock_a_row(const char *limit, const char *time, int n)
{
    g_autofree char *job = test_job(n, false), *match = test_match(job, 2);
    g_autoptr(TestClient) client = test_client_open(limit, "RECRUITER", NULL);
    test_client_sync(client, HT_SYNC_ONCE);
    shortlist(client, job, 0, n);
    decide(client, job, 2, HT_DECISION_ADVANCE);
    g_autofree char *set = g_strdup_printf("ALTER ROLE ht_a_rec1 SET %s = '%s'", limit, time);
    test_sql(set);
    g_autofree char *sql = g_strdup_printf(
        "SELECT FROM public.candidate_job_matches WHERE id = '%s' FOR UPDATE", match);
    HtPgConnection *holder = holder_of(sql);
    HtSyncReport report = test_client_sync(client, HT_SYNC_ONCE);
    g_assert_cmpint(report.applied, ==, n - 1);
    g_assert_cmpint(report.held, ==, 2);
    g_assert_nonnull(strstr(report.why_held, "timeout"));
    assert_pending(client, 2);
    assert_shown(client, job, 2, "screening");
    g_assert_cmpint(decisions(job), ==, n - 1);
    g_autofree char *reset = g_strdup_printf("ALTER ROLE ht_a_rec1 RESET %s", limit);
    test_sql(reset);
    /* A full load in between: what waits is shown all the same. */
    g_assert_true(test_client_sync(client, HT_SYNC_ONCE_FULL | HT_SYNC_ONCE_PULL_ONLY).loaded);
    assert_shown(client, job, 2, "screening");
    ht_pg_close(holder);
    g_assert_cmpint(test_client_sync(client, HT_SYNC_ONCE).applied, ==, 2);
    assert_pending(client, 0);
    g_assert_cmpint(decisions(job), ==, n + 1);
    test_client_assert_equal(client);
}

static void test_lock_limit(void)
{
    lock_a_row("lock_timeout", "150ms", 12);
}

static void test_time_limit(void)
{
    lock_a_row("statement_timeout", "4s", 4);
}

/* The device's own row is held: nothing is read that needs it, nothing is split, all of it waits.
 */
static void test_device_locked(void)
{
    g_autofree char *job = test_job(4, false);
    g_autoptr(TestClient) client = test_client_open("device", "RECRUITER", NULL);
    test_client_sync(client, HT_SYNC_ONCE);
    test_sql("ALTER ROLE ht_a_rec1 SET lock_timeout = '150ms'");
    HtPgConnection *holder = holder_of("SELECT FROM public.client_devices FOR UPDATE");
    test_platform("UPDATE public.jobs SET title = 'Seen while it is locked' WHERE id = '%s'", job);
    g_assert_cmpint(test_client_sync(client, HT_SYNC_ONCE).rows_changed, >, 0);
    shortlist(client, job, 0, 4);
    int64_t started = g_get_monotonic_time();
    test_client_sync_fails(client, HT_SYNC_ERROR_OFFLINE);
    g_test_message("refused after %.2f s", (double)(g_get_monotonic_time() - started) / 1e6);
    assert_pending(client, 4);
    ht_pg_close(holder);
    test_sql("ALTER ROLE ht_a_rec1 RESET lock_timeout");
    g_assert_cmpint(test_client_sync(client, HT_SYNC_ONCE).applied, ==, 4);
    test_client_assert_equal(client);
}

/* A login that the server lets write nothing can still be checked. */
static void test_read_only(void)
{
    g_autofree char *job = test_job(2, false);
    g_autoptr(TestClient) client = test_client_open("read-only", "RECRUITER", NULL);
    test_client_sync(client, HT_SYNC_ONCE);
    shortlist(client, job, 0, 1);
    test_sql("ALTER ROLE ht_a_rec1 SET default_transaction_read_only = on");
    test_client_assert_equal(client);
    g_assert_false(test_client_sync(client, HT_SYNC_ONCE_PULL_ONLY).loaded);
    test_client_sync_fails(client, HT_SYNC_ERROR_OFFLINE);
    test_sql("ALTER ROLE ht_a_rec1 RESET default_transaction_read_only");
    assert_pending(client, 1);
    g_assert_cmpint(test_client_sync(client, HT_SYNC_ONCE).applied, ==, 1);
    test_client_assert_equal(client);
}

/* ---- faults of the server's */

static void add_fault(const char *condition, const char *sqlstate)
{
    g_autofree char *sql = g_strdup_printf(
        "CREATE OR REPLACE FUNCTION public.stumble() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        "IF %s THEN RAISE EXCEPTION 'the ledger stumbled' USING ERRCODE = '%s'; END IF; RETURN "
        "NEW; END $$; CREATE OR REPLACE TRIGGER stumble BEFORE INSERT ON public.hiring_decisions "
        "FOR EACH ROW EXECUTE FUNCTION public.stumble()",
        condition, sqlstate);
    test_sql(sql);
}

static void remove_fault(void)
{
    test_sql("DROP FUNCTION public.stumble() CASCADE");
}

/* Of one application: it waits, the others go, and it goes when the fault is mended. Of all of
 * them: all wait, however often it is tried. Nothing is parked either way. */
static void test_faults(void)
{
    static const char *const states[] = {"XX000", "58030", "40001"};
    g_autoptr(TestClient) client = test_client_open("faults", "RECRUITER", NULL);
    for (gsize i = 0; i < G_N_ELEMENTS(states); i++) {
        enum { N = 7 };
        g_autofree char *job = test_job(N, false), *match = test_match(job, 3);
        test_client_sync(client, HT_SYNC_ONCE);
        shortlist(client, job, 0, N);
        add_fault("true", states[i]);
        for (int n = 0; n < 2; n++) {
            g_autoptr(GError) error = NULL;
            g_assert_false(ht_sync_once(client->sync, HT_SYNC_ONCE, NULL, NULL, &error));
            assert_pending(client, N);
        }
        g_autofree char *one = g_strdup_printf("NEW.match_id = '%s'", match);
        add_fault(one, states[i]);
        HtSyncReport report = test_client_sync(client, HT_SYNC_ONCE);
        g_assert_cmpint(report.applied, ==, N - 1);
        g_assert_cmpint(report.held, ==, 1);
        assert_pending(client, 1);
        remove_fault();
        g_assert_cmpint(test_client_sync(client, HT_SYNC_ONCE).applied, ==, 1);
        g_assert_cmpint(decisions(job), ==, N);
    }
    test_client_assert_equal(client);
}

/* ---- what is too large */

/* It says which table, and what to do; what was here stays; it goes on when that is done. */
static void test_large_row(void)
{
    g_autofree char *job = test_job(2, false), *match = test_match(job, 0);
    test_sql("ALTER ROLE ht_a_rec1 PASSWORD 'of-the-large-row'");
    g_autofree char *dsn =
        g_strdup_printf("host=localhost hostaddr=127.0.0.1 port=%s user=ht_a_rec1 dbname=hiretty "
                        "password=of-the-large-row sslmode=verify-full sslrootcert='%s'",
                        test_server_get("HT_TCP_PORT"), test_server_get("HT_ROOTCERT"));
    g_autoptr(TestClient) client = test_client_open("large", "RECRUITER", dsn);
    test_client_sync(client, HT_SYNC_ONCE);
    test_platform("INSERT INTO public.interviews (match_id, interview_type, scheduled_at, "
                  "duration_minutes, notes) VALUES ('%s', 'technical', now(), 60, 'short')",
                  match);
    test_client_sync(client, HT_SYNC_ONCE);
    /* A server of before the limit. */
    test_sql("ALTER TABLE public.interviews DROP CONSTRAINT interviews_sizes");
    test_platform("UPDATE public.interviews SET notes = repeat('x', 70 << 20)");
    for (int i = 0; i < 2; i++) {
        g_autoptr(GError) error = NULL;
        g_assert_false(
            ht_sync_once(client->sync, i ? HT_SYNC_ONCE_FULL : HT_SYNC_ONCE, NULL, NULL, &error));
        g_assert_error(error, HT_SYNC_ERROR, HT_SYNC_ERROR_SCHEMA);
        g_assert_nonnull(
            strstr(error->message, "reading public.interviews: one row, or an error, "));
    }
    g_assert_cmpint(test_client_count(client, "interviews"), ==, 1);
    test_platform("UPDATE public.interviews SET notes = 'short again'");
    test_client_sync(client, HT_SYNC_ONCE);
    test_client_assert_equal(client);
}

/* ---- copies of a profile */

static void copy_profile(const char *from, const char *to)
{
    static const char *const names[] = {"XDG_CACHE_HOME", "XDG_STATE_HOME"};
    for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autofree char *command = g_strdup_printf(
            "rm -rf '%s/hiretty/%s' && cp -a '%s/hiretty/%s' "
            "'%s/hiretty/%s'",
            g_getenv(names[i]), to, g_getenv(names[i]), from, g_getenv(names[i]), to);
        const char *argv[] = {"sh", "-c", command, NULL};
        int status = -1;
        g_spawn_sync(NULL, (char **)(void *)argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL, NULL,
                     &status, NULL);
        g_assert_cmpint(status, ==, 0);
    }
}

/* Something changes on the server, so that cursors differ. */
static void stir(const char *job)
{
    test_platform("UPDATE public.jobs SET updated_at = now() WHERE id = '%s'", job);
}

static void go_on_in_peace(TestClient *one, TestClient *two, const char *job)
{
    for (int i = 0; i < 2; i++) {
        TestClient *both[] = {one, two};
        for (gsize k = 0; k < G_N_ELEMENTS(both); k++) {
            stir(job);
            HtSyncReport report = test_client_sync(both[k], HT_SYNC_ONCE);
            g_assert_cmpstr(report.why_full, ==, "");
            g_assert_false(report.is_new_device);
        }
    }
}

/* Both copies wait with the same decision and with others of the same numbers; one sends first. */
static void test_copied(void)
{
    g_autofree char *job = test_job(8, false);
    TestClient *one = test_client_open("copy-a", "RECRUITER", NULL);
    test_client_sync(one, HT_SYNC_ONCE);
    shortlist(one, job, 0, 1);
    test_client_close(one);
    copy_profile("copy-a", "copy-b");
    one = test_client_open("copy-a", "RECRUITER", NULL);
    TestClient *two = test_client_open("copy-b", "RECRUITER", NULL);
    shortlist(one, job, 1, 4);
    shortlist(two, job, 4, 6);
    stir(job);
    g_assert_cmpint(test_client_sync(one, HT_SYNC_ONCE).applied, ==, 4);
    stir(job);
    HtSyncReport report = test_client_sync(two, HT_SYNC_ONCE_PULL_ONLY);
    g_assert_cmpstr(report.why_full, ==, "");
    g_assert_true(report.is_new_device);
    for (int i = 4; i < 6; i++)
        assert_shown(two, job, i, "shortlist");
    g_assert_cmpint(test_client_sync(two, HT_SYNC_ONCE).applied, ==, 3);
    g_assert_cmpint(decisions(job), ==, 6);
    go_on_in_peace(one, two, job);
    shortlist(one, job, 6, 7);
    shortlist(two, job, 7, 8);
    g_assert_cmpint(test_client_sync(two, HT_SYNC_ONCE).applied, ==, 1);
    g_assert_cmpint(test_client_sync(one, HT_SYNC_ONCE).applied, ==, 1);
    g_assert_cmpint(decisions(job), ==, 8);
    assert_pending(one, 0);
    assert_pending(two, 0);
    test_client_assert_equal(one);
    test_client_assert_equal(two);
    test_client_close(one);
    test_client_close(two);
}

/* The same, but the copy loads everything anew before it sends: the server's number is then above
 * those of what waits here, and what waits is shown. */
static void test_copied_and_loaded(void)
{
    g_autofree char *job = test_job(6, false);
    TestClient *one = test_client_open("loaded-a", "RECRUITER", NULL);
    test_client_sync(one, HT_SYNC_ONCE);
    test_client_close(one);
    copy_profile("loaded-a", "loaded-b");
    one = test_client_open("loaded-a", "RECRUITER", NULL);
    TestClient *two = test_client_open("loaded-b", "RECRUITER", NULL);
    shortlist(one, job, 0, 4);
    shortlist(two, job, 4, 6);
    g_assert_cmpint(test_client_sync(one, HT_SYNC_ONCE).applied, ==, 4);
    g_assert_true(test_client_sync(two, HT_SYNC_ONCE_FULL | HT_SYNC_ONCE_PULL_ONLY).loaded);
    for (int i = 4; i < 6; i++)
        assert_shown(two, job, i, "shortlist");
    g_assert_cmpint(test_client_sync(two, HT_SYNC_ONCE).applied, ==, 2);
    stir(job);
    test_client_sync(one, HT_SYNC_ONCE);
    go_on_in_peace(one, two, job);
    g_assert_cmpint(decisions(job), ==, 6);
    test_client_assert_equal(one);
    test_client_assert_equal(two);
    test_client_close(one);
    test_client_close(two);
}

/* A batch was sent and its answer not heard when the profile was copied; both settle it, under the
 * id that it was sent with, and part then. */
static void test_copied_while_sending(void)
{
    g_autofree char *job = test_job(4, false);
    TestClient *one = test_client_open("sending-a", "RECRUITER", NULL);
    test_client_sync(one, HT_SYNC_ONCE);
    shortlist(one, job, 0, 2);
    g_autoptr(GError) error = NULL;
    g_autoptr(HtPushBatch) batch = ht_outbox_next_batch(one->outbox, 5000, &error);
    g_assert_no_error(error);
    test_client_close(one);
    copy_profile("sending-a", "sending-b");
    one = test_client_open("sending-a", "RECRUITER", NULL);
    TestClient *two = test_client_open("sending-b", "RECRUITER", NULL);
    shortlist(two, job, 2, 3);
    stir(job);
    g_assert_cmpint(test_client_sync(one, HT_SYNC_ONCE).applied, ==, 2);
    stir(job);
    HtSyncReport report = test_client_sync(two, HT_SYNC_ONCE);
    g_assert_cmpint(report.applied, ==, 3);
    g_assert_true(report.is_new_device);
    g_assert_cmpint(decisions(job), ==, 3);
    go_on_in_peace(one, two, job);
    assert_pending(one, 0);
    assert_pending(two, 0);
    test_client_assert_equal(one);
    test_client_assert_equal(two);
    test_client_close(one);
    test_client_close(two);
}

/* The profile comes back from a backup, and the other one is gone: work of before is not done
 * twice, and not shown as it was. */
static void test_restored(void)
{
    g_autofree char *job = test_job(4, false);
    TestClient *client = test_client_open("backup", "RECRUITER", NULL);
    test_client_sync(client, HT_SYNC_ONCE);
    shortlist(client, job, 0, 2);
    test_client_close(client);
    copy_profile("backup", "backup-kept");
    client = test_client_open("backup", "RECRUITER", NULL);
    decide(client, job, 0, HT_DECISION_ADVANCE);
    g_assert_cmpint(test_client_sync(client, HT_SYNC_ONCE).applied, ==, 3);
    test_client_close(client);
    copy_profile("backup-kept", "backup");
    client = test_client_open("backup", "RECRUITER", NULL);
    stir(job);
    HtSyncReport report = test_client_sync(client, HT_SYNC_ONCE_PULL_ONLY);
    g_assert_cmpstr(report.why_full, ==, "");
    g_assert_true(report.is_new_device);
    assert_shown(client, job, 0, "screening");
    g_assert_cmpint(test_client_sync(client, HT_SYNC_ONCE).applied, ==, 2);
    assert_shown(client, job, 0, "screening");
    g_assert_cmpint(decisions(job), ==, 3);
    assert_pending(client, 0);
    test_client_assert_equal(client);
    test_client_close(client);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    if (!test_server_start(true))
        return 77;
    test_clients_init();
    g_test_add_func("/sync/faults/lock_limit", test_lock_limit);
    g_test_add_func("/sync/faults/time_limit", test_time_limit);
    g_test_add_func("/sync/faults/device_locked", test_device_locked);
    g_test_add_func("/sync/faults/read_only", test_read_only);
    g_test_add_func("/sync/faults/server", test_faults);
    g_test_add_func("/sync/faults/large_row", test_large_row);
    g_test_add_func("/sync/copies/copied", test_copied);
    g_test_add_func("/sync/copies/loaded", test_copied_and_loaded);
    g_test_add_func("/sync/copies/sending", test_copied_while_sending);
    g_test_add_func("/sync/copies/restored", test_restored);
    int status = g_test_run();
    test_clients_clear();
    test_server_stop();
    return status;
}
