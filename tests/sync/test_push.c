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
    report = test_client_sync(client, HT_SYNC_ONCE);
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

/* ---- what the server cannot take
 * -------------------------------------------------------------------------------------------- */
/* A trigger that raises for one application, as a broken extension or a check of the platform's
 * would: the server's function as a whole fails. */
static void add_poison(const char *name, const char *condition, const char *sqlstate)
{
    g_autofree char *sql = g_strdup_printf(
        "CREATE FUNCTION public.%s() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF %s THEN RAISE "
        "EXCEPTION 'the ledger stumbled' USING ERRCODE = '%s'; END IF; RETURN NEW; END $$; "
        "CREATE TRIGGER %s BEFORE INSERT ON public.hiring_decisions FOR EACH ROW EXECUTE FUNCTION "
        "public.%s()",
        name, condition, sqlstate, name, name);
    test_sql(sql);
}

static void remove_poison(const char *name)
{
    g_autofree char *sql = g_strdup_printf("DROP FUNCTION public.%s() CASCADE", name);
    test_sql(sql);
}

static int count_of(TestClient *client, HtOpState state)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) items = ht_outbox_list(client->outbox, 0, &error);
    g_assert_no_error(error);
    int n = 0;
    for (guint i = 0; i < items->len; i++)
        n += ((const HtOutboxItem *)items->pdata[i])->state == state;
    return n;
}

static void resolve_all(TestClient *client, HtOpState state, const HtResolve *how)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) items = ht_outbox_list(client->outbox, 0, &error);
    for (guint i = 0; i < items->len; i++) {
        const HtOutboxItem *item = items->pdata[i];
        if (item->state != state)
            continue;
        ht_outbox_resolve(client->outbox, item->seq, how, &error);
        g_assert_no_error(error);
    }
}

/* Two of 24 raise, one in words of its own and one as a missing right: they are parked, visibly,
 * the others are applied; sent once more when the server is mended, they are applied too. */
static void test_poison(void)
{
    enum { N = 24 };
    g_autofree char *job = test_job(N, false), *bad = test_match(job, 5),
                    *worse = test_match(job, 17);
    g_autoptr(TestClient) client = test_client_open("poison", "RECRUITER", NULL);
    test_client_sync(client, HT_SYNC_ONCE);
    for (int i = 0; i < N; i++) {
        g_autofree char *match = test_match(job, i);
        decide(client, match, HT_DECISION_SHORTLIST);
    }
    g_autofree char *first = g_strdup_printf("NEW.match_id = '%s'", bad);
    g_autofree char *second = g_strdup_printf("NEW.match_id = '%s'", worse);
    add_poison("poison_a", first, "P0001");
    add_poison("poison_b", second, "42501");
    HtSyncReport report = test_client_sync(client, HT_SYNC_ONCE);
    g_assert_cmpint(report.applied, ==, N - 2);
    g_assert_cmpint(report.parked, ==, 2);
    g_assert_cmpint(report.sent, ==, N);
    g_assert_cmpint(count_of(client, HT_OP_PARKED), ==, 2);
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) items = ht_outbox_list(client->outbox, 0, &error);
    g_assert_cmpuint(items->len, ==, 2);
    g_assert_nonnull(strstr(((const HtOutboxItem *)items->pdata[0])->why, "the ledger stumbled"));
    g_assert_cmpint(decisions_of(bad) + decisions_of(worse), ==, 0);
    assert_status(bad, "scored");
    /* Nothing is tried again by itself. */
    g_assert_cmpint(test_client_sync(client, HT_SYNC_ONCE).sent, ==, 0);
    remove_poison("poison_a");
    remove_poison("poison_b");
    resolve_all(client, HT_OP_PARKED, &(HtResolve){.resolution = HT_RESOLVE_KEEP_MINE});
    g_assert_cmpint(test_client_sync(client, HT_SYNC_ONCE).applied, ==, 2);
    g_assert_cmpint(decisions_of(bad) + decisions_of(worse), ==, 2);
    assert_nothing_pending(client);
    test_client_assert_equal(client);
}

/* The server's time limit ends a batch that is too large for it: smaller ones go, none is parked.
 */
static void test_time_limit(void)
{
    enum { N = 16 };
    g_autofree char *job = test_job(N, false);
    g_autoptr(TestClient) client = test_client_open("slow", "RECRUITER", NULL);
    test_client_sync(client, HT_SYNC_ONCE);
    for (int i = 0; i < N; i++) {
        g_autofree char *match = test_match(job, i);
        decide(client, match, HT_DECISION_SHORTLIST);
    }
    test_sql("CREATE FUNCTION public.too_slow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF "
             "(SELECT count(*) FROM added) > 4 THEN RAISE EXCEPTION 'canceling statement due to "
             "statement timeout' USING ERRCODE = '57014'; END IF; RETURN NULL; END $$; "
             "CREATE TRIGGER too_slow AFTER INSERT ON public.hiring_decisions REFERENCING NEW "
             "TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION public.too_slow()");
    HtSyncReport report = test_client_sync(client, HT_SYNC_ONCE);
    remove_poison("too_slow");
    g_assert_cmpint(report.applied, ==, N);
    g_assert_cmpint(report.parked, ==, 0);
    assert_nothing_pending(client);
    test_client_assert_equal(client);
}

/* Whoever is no member any more between hello and push: nothing is parked, all of it waits. */
static void test_revoked(void)
{
    g_autofree char *job = test_job(3, false);
    g_autoptr(TestClient) client = test_client_open("revoked", "RECRUITER2", NULL);
    test_client_sync(client, HT_SYNC_ONCE);
    for (int i = 0; i < 3; i++) {
        g_autofree char *match = test_match(job, i);
        decide(client, match, HT_DECISION_SHORTLIST);
    }
    g_autoptr(GError) error = NULL;
    HtSyncReport report = {0};
    ht_sync_ensure_connected(client->sync, NULL, &error);
    g_assert_no_error(error);
    test_sql("UPDATE public.tenant_users SET status = 'inactive' WHERE pg_role = 'ht_a_rec2'");
    client->sync->report = &report;
    g_assert_false(ht_sync_push(client->sync, &error));
    g_assert_error(error, HT_PG_ERROR, HT_PG_ERROR_DENIED);
    client->sync->report = NULL;
    ht_sync_disconnect(client->sync);
    test_sql("UPDATE public.tenant_users SET status = 'active' WHERE pg_role = 'ht_a_rec2'");
    g_assert_cmpint(count_of(client, HT_OP_PARKED), ==, 0);
    g_assert_cmpint(count_of(client, HT_OP_SENDING), ==, 3);
    g_assert_cmpint(test_client_sync(client, HT_SYNC_ONCE).applied, ==, 3);
    test_client_assert_equal(client);
}

/* ---- several on one, several people
 * ----------------------------------------------------------------------------------------- */
/* Four decisions on one application leave in one batch, each on the one before; the ledger has
 * them as a chain. */
static void test_waves(void)
{
    g_autofree char *job = test_job(2, false), *match = test_match(job, 0);
    g_autoptr(TestClient) client = test_client_open("waves", "RECRUITER", NULL);
    test_client_sync(client, HT_SYNC_ONCE);
    decide(client, match, HT_DECISION_SHORTLIST);
    decide(client, match, HT_DECISION_ADVANCE);
    decide(client, match, HT_DECISION_ADVANCE);
    decide(client, match, HT_DECISION_OFFER);
    g_assert_cmpint(test_client_sync(client, HT_SYNC_ONCE).applied, ==, 4);
    g_autofree char *sql = g_strdup_printf(
        "WITH RECURSIVE chain AS (SELECT id, decision, 1 AS n FROM public.hiring_decisions WHERE "
        "match_id = '%s' AND base_decision_id IS NULL UNION ALL SELECT d.id, d.decision, n + 1 "
        "FROM chain c JOIN public.hiring_decisions d ON d.base_decision_id = c.id) "
        "SELECT string_agg(decision, ' ' ORDER BY n) FROM chain",
        match);
    g_autofree char *chain = test_value("SUPERUSER", sql);
    g_assert_cmpstr(chain, ==, "shortlist advance advance offer");
    assert_status(match, "offered");
    /* A chain whose first link somebody else decided the same: the next one goes on from his. */
    g_autofree char *other = test_match(job, 1);
    g_autoptr(TestClient) theirs = test_client_open("waves-b", "RECRUITER2", NULL);
    test_client_sync(theirs, HT_SYNC_ONCE);
    decide(client, other, HT_DECISION_SHORTLIST);
    decide(client, other, HT_DECISION_ADVANCE);
    decide(theirs, other, HT_DECISION_SHORTLIST);
    g_assert_cmpint(test_client_sync(theirs, HT_SYNC_ONCE).applied, ==, 1);
    HtSyncReport report = test_client_sync(client, HT_SYNC_ONCE);
    g_assert_cmpint(report.conflicts, ==, 0);
    g_assert_cmpint(report.same, ==, 1);
    g_assert_cmpint(report.applied, ==, 1);
    g_assert_cmpint(report.sent, ==, 2);
    g_assert_cmpint(decisions_of(other), ==, 2);
    assert_nothing_pending(client);
    HtOpSpan span;
    g_assert_cmpuint(ht_outbox_take_same(client->outbox, &span), ==, 1);
    g_autoptr(GPtrArray) told = ht_outbox_list_same(client->outbox, &span, 0, NULL);
    g_assert_cmpuint(told->len, ==, 1);
    g_assert_cmpstr(((HtOutboxItem *)told->pdata[0])->why, ==,
                    "Rolf Recruiter had decided the same already");
    test_client_assert_equal(client);
}

/* A chain whose first link meets another decision: each link is kept as a conflict. */
static void test_broken_chain(void)
{
    g_autofree char *job = test_job(1, false), *match = test_match(job, 0);
    g_autoptr(TestClient) client = test_client_open("chain-a", "RECRUITER", NULL);
    g_autoptr(TestClient) theirs = test_client_open("chain-b", "RECRUITER2", NULL);
    test_client_sync(client, HT_SYNC_ONCE);
    test_client_sync(theirs, HT_SYNC_ONCE);
    decide(client, match, HT_DECISION_SHORTLIST);
    decide(client, match, HT_DECISION_ADVANCE);
    HtIntent *intent = ht_intent_new(HT_INTENT_DECIDE);
    intent->decision = HT_DECISION_HOLD;
    intent->hold_until = g_get_real_time() + G_TIME_SPAN_DAY;
    ht_intent_add_match(intent, key_of(theirs, match), true, false, 3);
    submit(theirs, intent);
    g_assert_cmpint(test_client_sync(theirs, HT_SYNC_ONCE).applied, ==, 1);
    g_assert_cmpint(test_client_sync(client, HT_SYNC_ONCE).conflicts, ==, 2);
    g_assert_cmpint(count_of(client, HT_OP_CONFLICT), ==, 2);
    test_client_assert_equal(client);
}

static HtKey any_reason(TestClient *client)
{
    g_autofree char *id = test_value("SUPERUSER", "SELECT id::text FROM public.rejection_reasons "
                                                  "WHERE is_active AND NOT requires_note AND "
                                                  "tenant_id = (SELECT id FROM public.tenants "
                                                  "ORDER BY id LIMIT 1) ORDER BY position LIMIT 1");
    return key_of(client, id);
}

/* Somebody rejected whom I shortlisted: mine goes out in one step, behind a reopening. */
static void test_reopen(void)
{
    g_autofree char *job = test_job(1, false), *match = test_match(job, 0);
    g_autoptr(TestClient) mine = test_client_open("reopen-a", "RECRUITER", NULL);
    g_autoptr(TestClient) theirs = test_client_open("reopen-b", "RECRUITER2", NULL);
    test_client_sync(mine, HT_SYNC_ONCE);
    test_client_sync(theirs, HT_SYNC_ONCE);
    decide(mine, match, HT_DECISION_SHORTLIST);
    HtIntent *intent = ht_intent_new(HT_INTENT_DECIDE);
    intent->decision = HT_DECISION_REJECT;
    intent->reason = any_reason(theirs);
    ht_intent_add_match(intent, key_of(theirs, match), true, false, 3);
    submit(theirs, intent);
    g_assert_cmpint(test_client_sync(theirs, HT_SYNC_ONCE).applied, ==, 1);
    g_assert_cmpint(test_client_sync(mine, HT_SYNC_ONCE).conflicts, ==, 1);
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) conflicts = ht_outbox_conflicts(mine->outbox, &error);
    g_assert_cmpuint(conflicts->len, ==, 1);
    const HtConflict *conflict = conflicts->pdata[0];
    g_assert_true(conflict->needs_reason);
    g_assert_false(conflict->is_same);
    g_assert_cmpstr(conflict->theirs, ==, "rejected, now in Rejected");
    g_assert_cmpstr(conflict->theirs_by, ==, "Rolf Recruiter");
    HtResolve how = {.resolution = HT_RESOLVE_KEEP_MINE};
    g_assert_false(ht_outbox_resolve(mine->outbox, conflict->item.seq, &how, &error));
    g_assert_error(error, HT_OUTBOX_ERROR, HT_OUTBOX_ERROR_REASON);
    g_clear_error(&error);
    how.reason = any_reason(mine);
    ht_outbox_resolve(mine->outbox, conflict->item.seq, &how, &error);
    g_assert_no_error(error);
    g_assert_cmpint(test_client_sync(mine, HT_SYNC_ONCE).applied, ==, 2);
    g_assert_cmpint(decisions_of(match), ==, 3);
    assert_status(match, "shortlisted");
    assert_nothing_pending(mine);
    test_client_assert_equal(mine);
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
    g_test_add_func("/sync/push/poison", test_poison);
    g_test_add_func("/sync/push/time_limit", test_time_limit);
    g_test_add_func("/sync/push/revoked", test_revoked);
    g_test_add_func("/sync/push/waves", test_waves);
    g_test_add_func("/sync/push/broken_chain", test_broken_chain);
    g_test_add_func("/sync/push/reopen", test_reopen);
    int status = g_test_run();
    test_clients_clear();
    test_server_stop();
    return status;
}
