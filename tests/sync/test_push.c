/* ctest: timeout=300
 * Decisions and notes from two machines to the server: every outcome, and each op exactly once
 * whatever is cut. */
#include "../../src/sync/internal.h"
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

static void submit(TestClient *client, HtIntent *intent)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(HtReceipt) receipt = ht_outbox_submit(client->outbox, intent, &error);
    g_assert_no_error(error);
    g_assert_cmpint(receipt->n_done, ==, 1);
}

static void decide(TestClient *client, const char *match, HtDecisionKind kind)
{
    HtIntent *intent = ht_intent_new(HT_INTENT_DECIDE);
    intent->decision = kind;
    ht_intent_add_match(intent, key_of(client, match), true, false, 3);
    submit(client, intent);
}

static char *candidate_of(const char *match)
{
    g_autofree char *sql = g_strdup_printf(
        "SELECT candidate_id::text FROM public.candidate_job_matches WHERE id = '%s'", match);
    return test_value("SUPERUSER", sql);
}

static void tag(TestClient *client, const char *match, const char *name)
{
    g_autofree char *candidate = candidate_of(match);
    HtIntent *intent = ht_intent_new(HT_INTENT_TAG_ADD);
    intent->tag = g_strdup(name);
    ht_intent_add_candidate(intent, key_of(client, candidate));
    submit(client, intent);
}

static void note(TestClient *client, const char *match, const char *body)
{
    g_autofree char *candidate = candidate_of(match);
    HtIntent *intent = ht_intent_new(HT_INTENT_NOTE);
    intent->note = g_strdup(body);
    ht_intent_add_candidate(intent, key_of(client, candidate));
    submit(client, intent);
}

static char *status_of(const char *match)
{
    g_autofree char *sql = g_strdup_printf(
        "SELECT status::text FROM public.candidate_job_matches WHERE id = '%s'", match);
    return test_value("SUPERUSER", sql);
}

static int decisions_of(const char *match)
{
    g_autofree char *sql = g_strdup_printf(
        "SELECT count(*)::text FROM public.hiring_decisions WHERE match_id = '%s'", match);
    g_autofree char *count = test_value("SUPERUSER", sql);
    return atoi(count);
}

static void assert_status(const char *match, const char *expected)
{
    g_autofree char *status = status_of(match);
    g_assert_cmpstr(status, ==, expected);
}

static void assert_nothing_pending(TestClient *client)
{
    HtOutboxCounts counts;
    ht_outbox_counts(client->outbox, &counts);
    g_assert_cmpint(counts.pending + counts.sending + counts.parked, ==, 0);
}

static void test_applied(void)
{
    g_autofree char *job = test_job(3, false), *match = test_match(job, 0);
    g_autoptr(TestClient) client = test_client_open("applied", "RECRUITER", NULL);
    test_client_sync(client, HT_SYNC_ONCE);
    decide(client, match, HT_DECISION_SHORTLIST);
    note(client, match, "Spoke with her; Ünïcode and a \"quote\"");
    tag(client, match, "c++");
    assert_status(match, "scored");
    HtSyncReport report = test_client_sync(client, HT_SYNC_ONCE);
    g_assert_cmpint(report.sent, ==, 3);
    g_assert_cmpint(report.applied, ==, 3);
    assert_status(match, "shortlisted");
    assert_nothing_pending(client);
    test_client_assert_equal(client);
    /* Several on one match go one after the other. */
    decide(client, match, HT_DECISION_ADVANCE);
    decide(client, match, HT_DECISION_ADVANCE);
    report = test_client_sync(client, HT_SYNC_ONCE);
    g_assert_cmpint(report.applied, ==, 2);
    assert_status(match, "interviewing");
    test_client_assert_equal(client);
    /* Undone after it was sent: a decision that reverses. */
    g_autoptr(GError) error = NULL;
    g_autoptr(HtReceipt) undone =
        ht_outbox_submit(client->outbox, ht_intent_new(HT_INTENT_UNDO), &error);
    g_assert_no_error(error);
    report = test_client_sync(client, HT_SYNC_ONCE);
    g_assert_cmpint(report.applied, ==, 1);
    assert_status(match, "screening");
    test_client_assert_equal(client);
}

static void test_conflict(void)
{
    g_autofree char *job = test_job(2, false), *match = test_match(job, 0);
    g_autoptr(TestClient) mine = test_client_open("conflict-a", "RECRUITER", NULL);
    g_autoptr(TestClient) theirs = test_client_open("conflict-b", "RECRUITER2", NULL);
    test_client_sync(mine, HT_SYNC_ONCE);
    test_client_sync(theirs, HT_SYNC_ONCE);
    decide(mine, match, HT_DECISION_SHORTLIST);
    decide(theirs, match, HT_DECISION_SHORTLIST);
    g_assert_cmpint(test_client_sync(theirs, HT_SYNC_ONCE).applied, ==, 1);
    decide(theirs, match, HT_DECISION_ADVANCE);
    g_assert_cmpint(test_client_sync(theirs, HT_SYNC_ONCE).applied, ==, 1);
    HtSyncReport report = test_client_sync(mine, HT_SYNC_ONCE);
    g_assert_cmpint(report.conflicts, ==, 1);
    g_assert_cmpint(decisions_of(match), ==, 2);
    assert_status(match, "screening");
    HtSyncStatus status;
    ht_sync_status(mine->sync, &status);
    g_assert_cmpint(status.conflicts, ==, 1);
    g_assert_cmpint(status.pending, ==, 0);
    test_client_assert_equal(mine);
    test_client_assert_equal(theirs);
}

static void test_merged(void)
{
    g_autofree char *job = test_job(1, false), *match = test_match(job, 0);
    g_autoptr(TestClient) one = test_client_open("merged-a", "RECRUITER", NULL);
    g_autoptr(TestClient) two = test_client_open("merged-b", "RECRUITER2", NULL);
    test_client_sync(one, HT_SYNC_ONCE);
    test_client_sync(two, HT_SYNC_ONCE);
    tag(one, match, "same");
    tag(two, match, "Same");
    g_assert_cmpint(test_client_sync(one, HT_SYNC_ONCE).applied, ==, 1);
    g_assert_cmpint(test_client_sync(two, HT_SYNC_ONCE).merged, ==, 1);
    test_client_assert_equal(one);
    test_client_assert_equal(two);
}

static void test_gone(void)
{
    g_autofree char *job = test_job(2, false), *match = test_match(job, 0),
                    *other = test_match(job, 1);
    g_autoptr(TestClient) client = test_client_open("gone", "RECRUITER", NULL);
    test_client_sync(client, HT_SYNC_ONCE);
    decide(client, match, HT_DECISION_SHORTLIST);
    decide(client, other, HT_DECISION_SHORTLIST);
    g_autofree char *remove =
        g_strdup_printf("DELETE FROM public.pipeline_events WHERE match_id = '%s'; "
                        "DELETE FROM public.candidate_job_matches WHERE id = '%s'",
                        match, match);
    test_sql(remove);
    HtSyncReport report = test_client_sync(client, HT_SYNC_ONCE);
    g_assert_cmpint(report.gone, ==, 1);
    g_assert_cmpint(report.applied, ==, 1);
    assert_status(other, "shortlisted");
    test_client_assert_equal(client);
}

static char *reason(const char *code)
{
    char *id = test_new_id();
    test_platform(
        "INSERT INTO public.rejection_reasons (id, code, label, who) VALUES ('%s', '%s', 'R', "
        "'we_rejected')",
        id, code);
    return id;
}

static void test_rejected(void)
{
    g_autofree char *job = test_job(2, false), *match = test_match(job, 0),
                    *why = reason("gone_soon");
    g_autoptr(TestClient) client = test_client_open("rejected", "RECRUITER", NULL);
    test_client_sync(client, HT_SYNC_ONCE);
    HtIntent *intent = ht_intent_new(HT_INTENT_DECIDE);
    intent->decision = HT_DECISION_REJECT;
    intent->reason = key_of(client, why);
    ht_intent_add_match(intent, key_of(client, match), true, false, 3);
    submit(client, intent);
    test_platform("UPDATE public.rejection_reasons SET is_active = false WHERE id = '%s'", why);
    HtSyncReport report = test_client_sync(client, HT_SYNC_ONCE);
    g_assert_cmpint(report.rejected, ==, 1);
    g_assert_cmpint(decisions_of(match), ==, 0);
    assert_status(match, "scored");
    test_client_assert_equal(client);
}

/* The server commits, the answer never comes: the same batch goes again and is applied once. */
static void test_answer_lost(void)
{
    g_autofree char *job = test_job(3, false), *match = test_match(job, 0);
    g_autoptr(TestClient) client = test_client_open("lost", "RECRUITER", NULL);
    test_client_sync(client, HT_SYNC_ONCE);
    decide(client, match, HT_DECISION_SHORTLIST);
    g_autoptr(GError) error = NULL;
    g_autoptr(HtPushBatch) batch = ht_outbox_next_batch(client->outbox, 5000, &error);
    g_assert_no_error(error);
    g_autoptr(HtPgConnection) pg = test_connect("RECRUITER");
    char device[HT_UUID_TEXT];
    HtUuid id;
    ht_outbox_device(client->outbox, &id);
    HtPgParam params[] = {{.text = ht_uuid_format(&id, device)}, {.text = batch->ops_json}};
    g_autoptr(HtPgRows) answer = ht_pg_query(pg, ht_sync_sql("push_decisions"), params, 2, &error);
    g_assert_no_error(error);
    ht_outbox_requeue(client->outbox, batch);
    assert_status(match, "shortlisted");
    HtSyncReport report = test_client_sync(client, HT_SYNC_ONCE);
    g_assert_cmpint(report.applied, ==, 1);
    g_assert_cmpint(decisions_of(match), ==, 1);
    assert_nothing_pending(client);
    test_client_assert_equal(client);
}

typedef struct {
    gint is_over; /* atomic */
    int kills;
} Killer;

static gpointer kill_pushes(gpointer data)
{
    Killer *killer = data;
    g_autoptr(HtPgConnection) pg = test_connect("SUPERUSER");
    while (!g_atomic_int_get(&killer->is_over)) {
        g_autoptr(HtPgRows) rows = ht_pg_query(pg,
                                               "SELECT pg_terminate_backend(pid, 1000) FROM "
                                               "pg_stat_activity WHERE query LIKE '%app.push_%' "
                                               "AND usename = 'ht_a_rec1' AND (state = 'active' OR "
                                               "state_change > now() - interval '20 ms')",
                                               NULL, 0, NULL);
        g_assert_nonnull(rows);
        killer->kills += ht_pg_rows_count(rows) > 0;
        g_usleep(1000);
    }
    return NULL;
}

/* Cut again and again while pushing; in the end each decision is there once. */
static void test_cut(void)
{
    enum { N = 20 };
    g_autofree char *job = test_job(N, false);
    g_autoptr(TestClient) client = test_client_open("push-cut", "RECRUITER", NULL);
    test_client_sync(client, HT_SYNC_ONCE);
    Killer killer = {0};
    GThread *thread = g_thread_new("killer", kill_pushes, &killer);
    int failures = 0;
    for (int i = 0; i < N; i++) {
        g_autofree char *match = test_match(job, i);
        decide(client, match, HT_DECISION_SHORTLIST);
        g_autoptr(GError) error = NULL;
        if (!ht_sync_once(client->sync, HT_SYNC_ONCE, NULL, NULL, &error))
            failures++;
    }
    g_atomic_int_set(&killer.is_over, 1);
    g_thread_join(thread);
    g_test_message("%d cuts, %d failed runs", killer.kills, failures);
    test_client_sync(client, HT_SYNC_ONCE);
    for (int i = 0; i < N; i++) {
        g_autofree char *match = test_match(job, i);
        g_assert_cmpint(decisions_of(match), ==, 1);
        assert_status(match, "shortlisted");
    }
    assert_nothing_pending(client);
    test_client_assert_equal(client);
}

/* A full resync in between keeps what was not sent. */
static void test_resync_keeps(void)
{
    g_autofree char *job = test_job(2, false), *match = test_match(job, 0);
    g_autoptr(TestClient) client = test_client_open("keeps", "RECRUITER", NULL);
    test_client_sync(client, HT_SYNC_ONCE);
    decide(client, match, HT_DECISION_SHORTLIST);
    HtSyncReport report = test_client_sync(client, HT_SYNC_ONCE_FULL);
    g_assert_true(report.loaded);
    g_assert_cmpint(report.applied, ==, 1);
    assert_status(match, "shortlisted");
    decide(client, match, HT_DECISION_ADVANCE);
    report = test_client_sync(client, HT_SYNC_ONCE_PUSH_ONLY);
    g_assert_cmpint(report.applied, ==, 1);
    test_client_assert_equal(client);
}

/* The thread sends by itself, also what another process of the profile recorded. */
static void test_live(void)
{
    g_autofree char *job = test_job(2, false), *match = test_match(job, 0),
                    *other = test_match(job, 1);
    g_autoptr(TestClient) client = test_client_open("push-live", "RECRUITER", NULL);
    test_client_sync(client, HT_SYNC_ONCE);
    g_autoptr(TestClient) second = test_client_open("push-live", "RECRUITER", NULL);
    ht_sync_start(client->sync);
    decide(client, match, HT_DECISION_SHORTLIST);
    decide(second, other, HT_DECISION_SHORTLIST);
    int64_t deadline = g_get_monotonic_time() + 30 * G_USEC_PER_SEC;
    while ((decisions_of(match) == 0 || decisions_of(other) == 0) &&
           g_get_monotonic_time() < deadline)
        g_usleep(5000);
    ht_sync_stop(client->sync);
    g_assert_cmpint(decisions_of(match), ==, 1);
    g_assert_cmpint(decisions_of(other), ==, 1);
    test_client_assert_equal(client);
}

/* A role that may change nothing sends nothing. */
static void test_viewer(void)
{
    g_autoptr(TestClient) client = test_client_open("push-viewer", "VIEWER", NULL);
    HtSyncReport report = test_client_sync(client, HT_SYNC_ONCE);
    g_assert_cmpint(report.sent, ==, 0);
    HtSyncStatus status;
    ht_sync_status(client->sync, &status);
    g_assert_true(status.read_only);
    test_client_assert_equal(client);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    if (!test_server_start(true))
        return 77;
    test_clients_init();
    g_test_add_func("/sync/push/applied", test_applied);
    g_test_add_func("/sync/push/conflict", test_conflict);
    g_test_add_func("/sync/push/merged", test_merged);
    g_test_add_func("/sync/push/gone", test_gone);
    g_test_add_func("/sync/push/rejected", test_rejected);
    g_test_add_func("/sync/push/answer_lost", test_answer_lost);
    g_test_add_func("/sync/push/cut", test_cut);
    g_test_add_func("/sync/push/resync_keeps", test_resync_keeps);
    g_test_add_func("/sync/push/live", test_live);
    g_test_add_func("/sync/push/viewer", test_viewer);
    int status = g_test_run();
    test_clients_clear();
    test_server_stop();
    return status;
}
