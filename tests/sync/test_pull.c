/* ctest: timeout=300
 * Pulls against a real server: after each, the digests of all tables are the same on both sides. */
#include "../../src/sync/internal.h"
#include "client.h"

#include "hiretty/base/clock.h"

#include <glib/gstdio.h>
#include <string.h>

static void test_first_load(void)
{
    g_autofree char *job = test_job(300, false);
    g_autoptr(TestClient) client = test_client_open("first", "RECRUITER", NULL);
    HtSyncReport report = test_client_sync(client, HT_SYNC_ONCE);
    g_assert_true(report.loaded);
    g_assert_cmpstr(report.why_full, ==, "first load");
    g_assert_cmpint(test_client_count(client, "candidates"), >=, 300);
    g_assert_cmpint(test_client_count(client, "status_machine"), >, 10);
    g_assert_cmpint(test_client_count(client, "resumes_wide"), >=, 300);
    test_client_assert_equal(client);
    HtSyncStatus status;
    ht_sync_status(client->sync, &status);
    g_assert_cmpint(status.state, ==, HT_SYNC_LIVE);
    g_assert_cmpstr(status.role, ==, "recruiter");
    g_assert_cmpstr(status.tenant, ==, "Tenant A");
    g_assert_cmpint(status.last_sync_us, >, 0);
    report = test_client_sync(client, HT_SYNC_ONCE);
    g_assert_false(report.loaded);
    g_assert_cmpint(report.rows_received, ==, 0);
    report = test_client_sync(client, HT_SYNC_ONCE_FULL);
    g_assert_true(report.loaded);
    g_assert_cmpstr(report.why_full, ==, "asked for");
    test_client_assert_equal(client);
}

/* Every login's cache is what it sees, not more. */
static void test_all_roles(void)
{
    static const char *const logins[] = {"ADMIN", "RECRUITER2", "INTERVIEWER", "VIEWER",
                                         "RECRUITER_B"};
    g_autofree char *job = test_job(20, false), *secret = test_job(3, true);
    for (gsize i = 0; i < G_N_ELEMENTS(logins); i++) {
        g_autofree char *profile = g_strdup_printf("role-%s", logins[i]);
        g_autoptr(TestClient) client = test_client_open(profile, logins[i], NULL);
        test_client_sync(client, HT_SYNC_ONCE);
        test_client_assert_equal(client);
        bool sees_all = i < 2 || i == 3;
        g_assert_true((test_client_count(client, "candidate_job_matches") >= 20) == sees_all);
    }
}

static void test_incremental(void)
{
    g_autofree char *job = test_job(50, false);
    g_autoptr(TestClient) client = test_client_open("incremental", "RECRUITER", NULL);
    test_client_sync(client, HT_SYNC_ONCE);
    g_autofree char *other = test_job(5, false);
    test_platform("UPDATE public.candidate_job_matches SET score = 99.5 WHERE job_id = '%s'", job);
    test_platform("UPDATE public.candidates SET location = 'Köln' WHERE id IN "
                  "(SELECT candidate_id FROM public.candidate_job_matches WHERE job_id = '%s')",
                  job);
    HtSyncReport report = test_client_sync(client, HT_SYNC_ONCE);
    g_assert_false(report.loaded);
    g_assert_cmpint(report.rows_received, >=, 100);
    g_assert_cmpint(report.rows_received, <, 250);
    test_client_assert_equal(client);
    /* Applying twice changes nothing. */
    report = test_client_sync(client, HT_SYNC_ONCE);
    g_assert_cmpint(report.rows_changed, ==, 0);
}

static bool forget_wide(HtApply *apply, gpointer data, GError **error)
{
    (void)data;
    return ht_db_exec(ht_apply_db(apply), "DELETE FROM candidate_job_matches_wide", error);
}

/* The details of an application are not sent again when only its score changed; they are when they
 * changed too, whoever changed them and whatever he says, and when they are not here. */
static void test_wide_stays(void)
{
    g_autofree char *job = test_job(20, false), *match = test_match(job, 3);
    g_autoptr(TestClient) client = test_client_open("wide_stays", "RECRUITER", NULL);
    test_platform("UPDATE public.candidate_job_matches SET match_details = "
                  "jsonb_build_object('why', repeat('x', 20000)) WHERE job_id = '%s'",
                  job);
    test_client_sync(client, HT_SYNC_ONCE);
    test_platform("UPDATE public.candidate_job_matches SET score = 12 WHERE job_id = '%s'", job);
    HtSyncReport report = test_client_sync(client, HT_SYNC_ONCE);
    g_assert_cmpint(report.rows_received, ==, 20);
    g_assert_cmpint(report.rows_changed, ==, 20);
    g_assert_cmpint(report.bytes_received, <, 20 * 1000);
    test_client_assert_equal(client);
    test_platform(
        "UPDATE public.candidate_job_matches SET score = 13, match_details = '{\"a\": 1}' "
        "WHERE id = '%s'",
        match);
    test_client_sync(client, HT_SYNC_ONCE);
    test_client_assert_equal(client);
    test_platform("UPDATE public.candidate_job_matches SET match_details = '{\"a\": 2}', "
                  "wide_xid = '3' WHERE id = '%s'",
                  match);
    test_client_sync(client, HT_SYNC_ONCE);
    test_client_assert_equal(client);
    g_autofree char *unseen = g_strdup_printf(
        "SET session_replication_role = replica; UPDATE public.candidate_job_matches SET "
        "match_details = '{\"a\": 3}' WHERE id = '%s'; RESET session_replication_role",
        match);
    test_sql(unseen);
    test_client_sync(client, HT_SYNC_ONCE);
    test_client_assert_equal(client);
    g_autoptr(GError) error = NULL;
    ht_cache_apply(client->cache, forget_wide, NULL, &error);
    g_assert_no_error(error);
    test_platform("UPDATE public.candidate_job_matches SET score = 14 WHERE id = '%s'", match);
    report = test_client_sync(client, HT_SYNC_ONCE);
    g_assert_cmpint(report.rows_received, ==, 1);
    g_assert_cmpint(test_client_count(client, "candidate_job_matches_wide"), ==, 1);
}

/* A note's deletion is seen, by a person who is an interviewer's panel too (cascade). */
static void test_deletes(void)
{
    g_autofree char *job = test_job(3, false), *match = test_match(job, 0),
                    *interview = test_new_id();
    test_platform("INSERT INTO public.interviews (id, match_id, interview_type, status) VALUES "
                  "('%s', '%s', 'technical', 'requested')",
                  interview, match);
    g_autofree char *panel =
        g_strdup_printf("INSERT INTO public.interview_panel (tenant_id, interview_id, member_id) "
                        "SELECT tenant_id, '%s', id FROM public.tenant_users WHERE pg_role = "
                        "'ht_a_int1'",
                        interview);
    test_sql(panel);
    g_autoptr(TestClient) client = test_client_open("deletes", "RECRUITER", NULL);
    test_client_sync(client, HT_SYNC_ONCE);
    int64_t before = test_client_count(client, "interview_panel");
    g_assert_cmpint(before, >, 0);
    g_autofree char *remove =
        g_strdup_printf("DELETE FROM public.interviews WHERE id = '%s'", interview);
    test_sql(remove);
    HtSyncReport report = test_client_sync(client, HT_SYNC_ONCE);
    g_assert_cmpint(report.rows_deleted, ==, 2);
    g_assert_cmpint(test_client_count(client, "interview_panel"), ==, before - 1);
    test_client_assert_equal(client);
}

static HtPgConnection *open_transaction(const char *sql)
{
    HtPgConnection *pg = test_connect("PLATFORM");
    g_autofree char *begin =
        g_strdup_printf("SET app.current_tenant = '%s'", test_server_get("HIRETTY_TENANT_A"));
    g_autoptr(GError) error = NULL;
    g_assert_true(ht_pg_run(pg, begin, &error));
    g_assert_true(ht_pg_run(pg, "BEGIN", &error));
    ht_pg_run(pg, sql, &error);
    g_assert_no_error(error);
    return pg;
}

/* Commits that end out of order: the long one is older than those already pulled. */
static void test_transactions(void)
{
    g_autofree char *job = test_job(30, false);
    g_autofree char *first = test_match(job, 0), *second = test_match(job, 1),
                    *third = test_match(job, 2);
    g_autoptr(TestClient) client = test_client_open("transactions", "RECRUITER", NULL);
    test_client_sync(client, HT_SYNC_ONCE);
    g_autofree char *change =
        g_strdup_printf("UPDATE public.candidate_job_matches SET score = 1 WHERE id = '%s'", first);
    g_autofree char *undone = g_strdup_printf(
        "UPDATE public.candidate_job_matches SET score = 2 WHERE id = '%s'; SAVEPOINT a; "
        "UPDATE public.candidate_job_matches SET score = 3 WHERE id = '%s'; ROLLBACK TO a; "
        "SAVEPOINT b; UPDATE public.candidate_job_matches SET score = 4 WHERE id = '%s'; "
        "RELEASE b",
        first, second, third);
    g_autoptr(HtPgConnection) rolled_back = open_transaction(change);
    g_assert_true(ht_pg_run(rolled_back, "ROLLBACK", NULL));
    g_autoptr(HtPgConnection) slow = open_transaction(undone);
    test_platform("UPDATE public.candidate_job_matches SET score = 50 WHERE id = '%s'", second);
    HtSyncReport report = test_client_sync(client, HT_SYNC_ONCE);
    g_assert_cmpint(report.rows_changed, ==, 1);
    test_client_assert_equal(client);
    g_assert_true(ht_pg_run(slow, "COMMIT", NULL));
    report = test_client_sync(client, HT_SYNC_ONCE);
    g_assert_cmpint(report.rows_changed, ==, 2);
    test_client_assert_equal(client);
}

/* Seeded churn by three connections whose transactions overlap; a pull at any point loses nothing.
 */
static void test_churn(void)
{
    g_autofree char *job = test_job(100, false);
    g_autoptr(TestClient) client = test_client_open("churn", "RECRUITER", NULL);
    test_client_sync(client, HT_SYNC_ONCE);
    g_autoptr(GRand) random = g_rand_new_with_seed((guint32)g_test_rand_int());
    HtPgConnection *open[3] = {NULL};
    for (int step = 0; step < 80; step++) {
        int which = g_rand_int_range(random, 0, 3);
        g_autofree char *sql = g_strdup_printf(
            "UPDATE public.candidate_job_matches SET score = %d WHERE job_id = '%s' AND "
            "(hashtext(id::text) & 2147483647) %% 30 = %d",
            g_rand_int_range(random, 0, 100), job, which * 10 + g_rand_int_range(random, 0, 10));
        if (!open[which])
            open[which] = open_transaction(sql);
        else if (g_rand_boolean(random))
            g_assert_true(ht_pg_run(open[which], sql, NULL));
        else {
            g_assert_true(ht_pg_run(open[which],
                                    g_rand_int_range(random, 0, 4) ? "COMMIT" : "ROLLBACK", NULL));
            g_clear_pointer(&open[which], ht_pg_close);
        }
        if (step % 10 == 9)
            test_client_sync(client, HT_SYNC_ONCE);
    }
    for (int i = 0; i < 3; i++)
        g_clear_pointer(&open[i], ht_pg_close);
    test_client_assert_equal(client);
}

/* More than a fifth of a table: it is read whole, and still right. */
static void test_much(void)
{
    g_autofree char *job = test_job(1200, false);
    g_autoptr(TestClient) client = test_client_open("much", "RECRUITER", NULL);
    test_client_sync(client, HT_SYNC_ONCE);
    test_platform("UPDATE public.candidate_job_matches SET score = 7 WHERE job_id = '%s'", job);
    HtSyncReport report = test_client_sync(client, HT_SYNC_ONCE);
    g_assert_false(report.loaded);
    g_assert_cmpint(report.rows_changed, ==, 1200);
    test_client_assert_equal(client);
}

static void test_reload_only(void)
{
    g_autoptr(TestClient) client = test_client_open("machine", "RECRUITER", NULL);
    test_client_sync(client, HT_SYNC_ONCE);
    int64_t before = test_client_count(client, "status_machine");
    test_sql("CREATE TABLE kept AS SELECT ctid AS place, * FROM app.stage_transitions; "
             "DELETE FROM app.stage_transitions WHERE decision = 'reopen'");
    test_client_sync(client, HT_SYNC_ONCE);
    int64_t after = test_client_count(client, "status_machine");
    test_client_assert_equal(client);
    test_sql(
        "ALTER TABLE kept DROP COLUMN place; INSERT INTO app.stage_transitions SELECT * FROM kept "
        "WHERE decision = 'reopen'; DROP TABLE kept");
    test_client_sync(client, HT_SYNC_ONCE);
    g_assert_cmpint(after, <, before);
    g_assert_cmpint(test_client_count(client, "status_machine"), ==, before);
    test_client_assert_equal(client);
}

static void panel_of(const char *interview, const char *login, bool is_active)
{
    g_autofree char *sql = g_strdup_printf(
        "INSERT INTO public.interview_panel (tenant_id, interview_id, member_id) SELECT tenant_id, "
        "'%s', "
        "id FROM public.tenant_users WHERE pg_role = '%s' ON CONFLICT (tenant_id, interview_id, "
        "member_id) DO UPDATE SET is_active = %s",
        interview, login, is_active ? "true" : "false");
    test_sql(sql);
}

/* An interviewer joins and leaves a panel: the rows of that person come and go. */
static void test_panel(void)
{
    g_autofree char *job = test_job(4, false), *match = test_match(job, 0),
                    *interview = test_new_id();
    test_platform("INSERT INTO public.interviews (id, match_id, interview_type, status) VALUES "
                  "('%s', '%s', 'technical', 'requested')",
                  interview, match);
    g_autoptr(TestClient) client = test_client_open("panel", "INTERVIEWER2", NULL);
    test_client_sync(client, HT_SYNC_ONCE);
    g_assert_cmpint(test_client_count(client, "candidate_job_matches"), ==, 0);
    panel_of(interview, "ht_a_int2", true);
    test_client_sync(client, HT_SYNC_ONCE);
    g_assert_cmpint(test_client_count(client, "candidate_job_matches"), ==, 1);
    g_assert_cmpint(test_client_count(client, "candidates"), ==, 1);
    test_client_assert_equal(client);
    panel_of(interview, "ht_a_int2", false);
    test_client_sync(client, HT_SYNC_ONCE);
    g_assert_cmpint(test_client_count(client, "candidate_job_matches"), ==, 0);
    g_assert_cmpint(test_client_count(client, "candidates"), ==, 0);
    test_client_assert_equal(client);
}

/* A job becomes confidential: for those who are not in it, it goes with all that hangs on it. */
static void test_confidential(void)
{
    g_autofree char *job = test_job(6, false);
    g_autoptr(TestClient) client = test_client_open("confidential", "RECRUITER2", NULL);
    test_client_sync(client, HT_SYNC_ONCE);
    int64_t before = test_client_count(client, "candidate_job_matches");
    test_platform("UPDATE public.jobs SET confidential = true WHERE id = '%s'", job);
    test_client_sync(client, HT_SYNC_ONCE);
    g_assert_cmpint(test_client_count(client, "candidate_job_matches"), ==, before - 6);
    test_client_assert_equal(client);
    g_autofree char *join = g_strdup_printf(
        "INSERT INTO public.job_members (tenant_id, job_id, member_id, role) SELECT "
        "tenant_id, '%s', id, 'recruiter' FROM public.tenant_users WHERE pg_role = "
        "'ht_a_rec2'",
        job);
    test_sql(join);
    test_client_sync(client, HT_SYNC_ONCE);
    g_assert_cmpint(test_client_count(client, "candidate_job_matches"), ==, before);
    test_client_assert_equal(client);
}

/* The consent of the person behind an application is taken back; or, with `again`, given anew. */
static void consent_of(const char *match, bool again)
{
    test_platform("INSERT INTO public.consent_records (candidate_id, consent_version, "
                  "consent_text, revoked_at) SELECT candidate_id, '1', 'yes', %s FROM "
                  "public.candidate_job_matches WHERE id = '%s'",
                  again ? "NULL" : "now()", match);
}

/* Who took the consent back goes with all that leads to one, for everybody but administrators, in
 * the pull that hears of it; and comes back, as it is by then, when the consent is given again. */
static void test_consent(void)
{
    static const char *const logins[] = {"RECRUITER2", "INTERVIEWER", "VIEWER", "ADMIN"};
    static const char *const tables[] = {"candidates", "candidate_job_matches", "resumes",
                                         "interviews"};
    enum { N_TABLES = G_N_ELEMENTS(tables) };
    g_autofree char *job = test_job(3, false), *match = test_match(job, 0),
                    *interview = test_new_id();
    test_platform("INSERT INTO public.interviews (id, match_id, interview_type, status) VALUES "
                  "('%s', '%s', 'technical', 'requested')",
                  interview, match);
    panel_of(interview, "ht_a_int1", true);
    TestClient *clients[G_N_ELEMENTS(logins)];
    int64_t before[G_N_ELEMENTS(logins)][N_TABLES];
    for (gsize i = 0; i < G_N_ELEMENTS(logins); i++) {
        g_autofree char *profile = g_strdup_printf("consent-%s", logins[i]);
        clients[i] = test_client_open(profile, logins[i], NULL);
        test_client_sync(clients[i], HT_SYNC_ONCE);
        for (gsize t = 0; t < N_TABLES; t++) {
            before[i][t] = test_client_count(clients[i], tables[t]);
            g_assert_cmpint(before[i][t], >, 0);
        }
    }
    for (int round = 0; round < 2; round++) {
        bool again = round == 1;
        consent_of(match, again);
        if (again)
            test_platform("UPDATE public.interviews SET duration_minutes = 77 WHERE id = '%s'",
                          interview);
        for (gsize i = 0; i < G_N_ELEMENTS(logins); i++) {
            HtSyncReport report = test_client_sync(clients[i], HT_SYNC_ONCE);
            g_assert_false(report.loaded);
            bool hidden = !again && strcmp(logins[i], "ADMIN") != 0;
            for (gsize t = 0; t < N_TABLES; t++)
                g_assert_cmpint(test_client_count(clients[i], tables[t]), ==,
                                before[i][t] - (hidden ? 1 : 0));
            test_client_assert_equal(clients[i]);
        }
    }
    for (gsize i = 0; i < G_N_ELEMENTS(logins); i++)
        test_client_close(clients[i]);
    panel_of(interview, "ht_a_int1", false);
}

static bool lose_resumes(HtApply *apply, gpointer data, GError **error)
{
    (void)data;
    HtStmt *stmt = ht_db_stmt_text(ht_apply_db(apply), "DELETE FROM resumes", error);
    return stmt && ht_stmt_run(stmt, error);
}

/* One person's consent: that person's rows come and go, and nothing else is compared. Of a cache
 * that has lost its résumés behind the sync's back only those of the person come again. */
static void one_consent(const char *login)
{
    g_autofree char *job = test_job(6, false), *first = test_match(job, 0),
                    *match = test_match(job, 1), *interview = test_new_id(),
                    *whole_name = g_strconcat("consent-whole-", login, NULL),
                    *poor_name = g_strconcat("consent-poor-", login, NULL);
    test_platform("INSERT INTO public.interviews (id, match_id, interview_type, status) VALUES "
                  "('%s', '%s', 'technical', 'requested')",
                  interview, match);
    panel_of(interview, "ht_a_int1", true);
    test_platform("INSERT INTO public.candidate_tags (candidate_id, tag) SELECT candidate_id, 'x' "
                  "FROM public.candidate_job_matches WHERE job_id = '%s'",
                  job);
    g_autoptr(TestClient) whole = test_client_open(whole_name, login, NULL);
    g_autoptr(TestClient) poor = test_client_open(poor_name, login, NULL);
    test_client_sync(whole, HT_SYNC_ONCE);
    test_client_sync(poor, HT_SYNC_ONCE);
    /* Nobody kept who was hidden when all this was loaded: this once all is compared. */
    consent_of(first, false);
    test_client_sync(whole, HT_SYNC_ONCE);
    test_client_sync(poor, HT_SYNC_ONCE);
    test_client_assert_equal(whole);
    int64_t people = test_client_count(whole, "candidates");
    int64_t panels = test_client_count(whole, "interview_panel");
    g_autoptr(GError) error = NULL;
    g_assert_true(ht_cache_apply(poor->cache, lose_resumes, NULL, &error));
    for (int round = 0; round < 4; round++) {
        bool again = round % 2 == 1;
        consent_of(match, again);
        test_client_sync(whole, HT_SYNC_ONCE);
        test_client_assert_equal(whole);
        g_assert_cmpint(test_client_count(whole, "candidates"), ==, people - !again);
        g_assert_cmpint(test_client_count(whole, "interview_panel"), ==, panels - !again);
        test_client_sync(poor, HT_SYNC_ONCE);
        g_assert_cmpint(test_client_count(poor, "candidates"), ==, people - !again);
        g_assert_cmpint(test_client_count(poor, "resumes"), ==, again);
    }
    panel_of(interview, "ht_a_int1", false);
}

static void test_one_consent(void)
{
    one_consent("RECRUITER2");
    one_consent("VIEWER");
}

/* An application goes to a record of somebody whose consent was taken back: the decisions about it,
 * which are not touched, go too. */
static void test_consent_moved(void)
{
    g_autofree char *job = test_job(1, false), *another = test_job(1, false),
                    *hidden = test_match(job, 0), *match = test_match(another, 0);
    test_platform("UPDATE public.candidate_job_matches SET status = 'screening' WHERE id = '%s'",
                  match);
    consent_of(hidden, false);
    g_autoptr(TestClient) client = test_client_open("consent-moved", "RECRUITER2", NULL);
    test_client_sync(client, HT_SYNC_ONCE);
    int64_t before = test_client_count(client, "hiring_decisions");
    test_platform(
        "UPDATE public.candidate_job_matches SET candidate_id = (SELECT candidate_id FROM "
        "public.candidate_job_matches WHERE id = '%s'), resume_id = NULL WHERE id = '%s'",
        hidden, match);
    test_client_sync(client, HT_SYNC_ONCE);
    g_assert_cmpint(test_client_count(client, "hiring_decisions"), ==, before - 1);
    test_client_assert_equal(client);
}

/* An interview goes to another person's application, of a job that is hidden from others: who sits
 * on its panel sees the other person, and who is not in that job sees nothing of it. */
static void test_moved(void)
{
    g_autofree char *job = test_job(2, false), *secret = test_job(1, true),
                    *match = test_match(job, 0), *other = test_match(job, 1),
                    *hidden = test_match(secret, 0), *interview = test_new_id();
    test_platform("INSERT INTO public.interviews (id, match_id, interview_type, status) VALUES "
                  "('%s', '%s', 'technical', 'requested')",
                  interview, match);
    panel_of(interview, "ht_a_int2", true);
    g_autoptr(TestClient) panel = test_client_open("moved-panel", "INTERVIEWER2", NULL);
    g_autoptr(TestClient) client = test_client_open("moved", "RECRUITER2", NULL);
    test_client_sync(panel, HT_SYNC_ONCE);
    test_client_sync(client, HT_SYNC_ONCE);
    test_platform("UPDATE public.interviews SET match_id = '%s' WHERE id = '%s'", other, interview);
    test_client_sync(panel, HT_SYNC_ONCE);
    test_client_assert_equal(panel);
    test_platform("UPDATE public.interviews SET match_id = '%s' WHERE id = '%s'", hidden,
                  interview);
    test_client_sync(panel, HT_SYNC_ONCE);
    test_client_assert_equal(panel);
    test_client_sync(client, HT_SYNC_ONCE);
    test_client_assert_equal(client);
    /* The application goes to another record of the person. */
    test_platform("UPDATE public.interviews SET match_id = '%s' WHERE id = '%s'", match, interview);
    test_client_sync(panel, HT_SYNC_ONCE);
    g_autofree char *another = test_job(1, false), *kept = test_match(another, 0);
    test_platform(
        "UPDATE public.candidate_job_matches SET candidate_id = (SELECT candidate_id FROM "
        "public.candidate_job_matches WHERE id = '%s'), resume_id = NULL WHERE id = '%s'",
        kept, match);
    test_client_sync(panel, HT_SYNC_ONCE);
    test_client_assert_equal(panel);
    test_client_sync(client, HT_SYNC_ONCE);
    test_client_assert_equal(client);
}

/* A mail about a decision on a job that becomes confidential. */
static void test_hidden_mail(void)
{
    g_autofree char *job = test_job(1, false), *match = test_match(job, 0);
    test_platform("UPDATE public.candidate_job_matches SET status = 'screening' WHERE id = '%s'",
                  match);
    test_platform("INSERT INTO public.notifications (candidate_id, channel, subject, body, "
                  "decision_id) SELECT m.candidate_id, 'email', 'About', 'Dear', d.id FROM "
                  "public.candidate_job_matches m JOIN public.hiring_decisions d ON d.match_id = "
                  "m.id WHERE m.id = '%s'",
                  match);
    g_autoptr(TestClient) client = test_client_open("hidden-mail", "RECRUITER2", NULL);
    test_client_sync(client, HT_SYNC_ONCE);
    int64_t before = test_client_count(client, "notifications");
    test_platform("UPDATE public.jobs SET confidential = true WHERE id = '%s'", job);
    test_client_sync(client, HT_SYNC_ONCE);
    g_assert_cmpint(test_client_count(client, "notifications"), ==, before - 1);
    test_client_assert_equal(client);
}

/* The role goes down: what may not be read any more is gone before anything else is shown. */
static void test_role_changes(void)
{
    g_autoptr(TestClient) client = test_client_open("demoted", "RECRUITER2", NULL);
    test_client_sync(client, HT_SYNC_ONCE);
    g_autofree char *with =
        test_client_value(client, "SELECT count(*) FROM candidates WHERE email IS NOT NULL");
    g_assert_cmpstr(with, !=, "0");
    test_sql("REVOKE hiretty_recruiter FROM ht_a_rec2; GRANT hiretty_viewer TO ht_a_rec2; "
             "UPDATE public.tenant_users SET role = 'viewer' WHERE pg_role = 'ht_a_rec2'");
    HtSyncReport report = test_client_sync(client, HT_SYNC_ONCE);
    g_autofree char *without =
        test_client_value(client, "SELECT count(*) FROM candidates WHERE email IS NOT NULL");
    g_assert_true(report.loaded);
    g_assert_cmpstr(report.why_full, ==, "the role changed");
    g_assert_cmpstr(without, ==, "0");
    test_client_assert_equal(client);
    HtSyncStatus status;
    ht_sync_status(client->sync, &status);
    g_assert_true(status.read_only);
    test_sql("REVOKE hiretty_viewer FROM ht_a_rec2; GRANT hiretty_recruiter TO ht_a_rec2; "
             "UPDATE public.tenant_users SET role = 'recruiter' WHERE pg_role = 'ht_a_rec2'");
    test_client_sync(client, HT_SYNC_ONCE);
    test_client_assert_equal(client);
}

/* The work of a thread that holds its connection, up to the next turn after this moment. */
static void await_turn(HtSync *sync)
{
    HtSyncStatus status;
    int64_t since = ht_clock_now_us(), end = g_get_monotonic_time() + 60 * G_USEC_PER_SEC;
    do {
        ht_sync_poke(sync);
        g_main_context_iteration(NULL, FALSE);
        g_usleep(10000); /* another thread works */
        ht_sync_status(sync, &status);
    } while ((status.last_sync_us <= since || status.state != HT_SYNC_LIVE) &&
             g_get_monotonic_time() < end);
    g_assert_cmpint(status.last_sync_us, >, since);
}

/* A statement that the server has planned for a viewer goes on with a viewer's policies in its
 * session, whatever the login is by now. */
static void test_role_changes_live(void)
{
    g_autofree char *job = test_job(2, false), *other = test_job(2, false);
    g_autoptr(TestClient) client = test_client_open("live", "VIEWER", NULL);
    ht_sync_start(client->sync);
    await_turn(client->sync);
    test_platform("UPDATE public.job_stages SET sla_hours = 11");
    await_turn(client->sync);
    g_assert_cmpint(test_client_count(client, "job_stages"), >, 0);
    test_sql("REVOKE hiretty_viewer FROM ht_a_view1; GRANT hiretty_interviewer TO ht_a_view1; "
             "UPDATE public.tenant_users SET role = 'interviewer' WHERE pg_role = 'ht_a_view1'");
    await_turn(client->sync);
    await_turn(client->sync);
    g_assert_cmpint(test_client_count(client, "job_stages"), ==, 0);
    test_platform("UPDATE public.job_stages SET sla_hours = 12");
    await_turn(client->sync);
    await_turn(client->sync);
    g_assert_cmpint(test_client_count(client, "job_stages"), ==, 0);
    ht_sync_stop(client->sync);
    test_client_assert_equal(client);
    test_sql("REVOKE hiretty_interviewer FROM ht_a_view1; GRANT hiretty_viewer TO ht_a_view1; "
             "UPDATE public.tenant_users SET role = 'viewer' WHERE pg_role = 'ht_a_view1'");
}

/* The membership ends: everything of the tenant is gone and the cache is locked; it opens again
 * when the person is let in again. */
static void test_revoked(void)
{
    g_autoptr(TestClient) client = test_client_open("revoked", "RECRUITER2", NULL);
    test_client_sync(client, HT_SYNC_ONCE);
    g_assert_cmpint(test_client_count(client, "candidates"), >, 0);
    test_sql("UPDATE public.tenant_users SET status = 'inactive' WHERE pg_role = 'ht_a_rec2'");
    test_client_sync_fails(client, HT_SYNC_ERROR_REFUSED);
    g_assert_true(ht_cache_is_locked(client->cache, NULL));
    g_assert_cmpint(test_client_count(client, "candidates"), ==, 0);
    HtSyncStatus status;
    ht_sync_status(client->sync, &status);
    g_assert_cmpint(status.state, ==, HT_SYNC_LOCKED);
    test_sql("UPDATE public.tenant_users SET status = 'active' WHERE pg_role = 'ht_a_rec2'");
    test_client_sync(client, HT_SYNC_ONCE);
    g_assert_false(ht_cache_is_locked(client->cache, NULL));
    test_client_assert_equal(client);
}

static void await_state(HtSync *sync, HtSyncState state)
{
    HtSyncStatus status;
    int64_t end = g_get_monotonic_time() + 60 * G_USEC_PER_SEC;
    do {
        g_main_context_iteration(NULL, FALSE);
        g_usleep(10000); /* another thread works */
        ht_sync_status(sync, &status);
    } while (status.state != state && g_get_monotonic_time() < end);
    g_assert_cmpstr(ht_sync_state_name(status.state), ==, ht_sync_state_name(state));
}

/* A workstation that stays open sees by itself that the membership is back; who reads the file
 * before delays forgetting only. */
static void test_let_in_again(void)
{
    g_autoptr(TestClient) client = test_client_open("let-in", "RECRUITER2", NULL);
    test_client_sync(client, HT_SYNC_ONCE);
    g_autoptr(GError) error = NULL;
    HtReader *reader = ht_reader_new(client->cache, "ui", &error);
    g_assert_no_error(error);
    ht_sync_start(client->sync);
    await_state(client->sync, HT_SYNC_LIVE);
    test_sql("UPDATE public.tenant_users SET status = 'inactive' WHERE pg_role = 'ht_a_rec2'");
    await_state(client->sync, HT_SYNC_LOCKED);
    test_sql("UPDATE public.tenant_users SET status = 'active' WHERE pg_role = 'ht_a_rec2'");
    await_state(client->sync, HT_SYNC_LIVE);
    await_turn(client->sync);
    g_assert_false(ht_cache_is_locked(client->cache, NULL));
    g_assert_true(ht_cache_owes(client->cache));
    bool changed;
    g_assert_true(ht_reader_refresh(reader, &changed, &error));
    g_assert_true(changed);
    await_turn(client->sync);
    g_assert_false(ht_cache_owes(client->cache));
    ht_sync_stop(client->sync);
    ht_reader_free(reader);
    test_client_assert_equal(client);
}

static void test_login_refused(void)
{
    g_autoptr(TestClient) client = test_client_open("nologin", "RECRUITER2", NULL);
    test_client_sync(client, HT_SYNC_ONCE);
    test_sql("ALTER ROLE ht_a_rec2 NOLOGIN");
    test_client_sync_fails(client, HT_SYNC_ERROR_REFUSED);
    test_sql("ALTER ROLE ht_a_rec2 LOGIN");
    g_assert_true(ht_cache_is_locked(client->cache, NULL));
    g_assert_cmpint(test_client_count(client, "candidates"), ==, 0);
    test_client_sync(client, HT_SYNC_ONCE);
    test_client_assert_equal(client);
}

/* The same beside a workstation, which asks again by itself, but rarely. */
static void test_login_given_back(void)
{
    g_autoptr(TestClient) client = test_client_open("login-back", "RECRUITER2", NULL);
    int64_t usual_ms = ht_sync_closed_ms;
    ht_sync_closed_ms = 300;
    test_client_sync(client, HT_SYNC_ONCE);
    ht_sync_start(client->sync);
    await_state(client->sync, HT_SYNC_LIVE);
    test_sql("ALTER ROLE ht_a_rec2 NOLOGIN; SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
             "WHERE usename = 'ht_a_rec2'");
    await_state(client->sync, HT_SYNC_LOCKED);
    g_assert_true(ht_cache_is_locked(client->cache, NULL));
    test_sql("ALTER ROLE ht_a_rec2 LOGIN");
    await_state(client->sync, HT_SYNC_LIVE);
    ht_sync_stop(client->sync);
    ht_sync_closed_ms = usual_ms;
    g_assert_false(ht_cache_is_locked(client->cache, NULL));
    test_client_assert_equal(client);
}

/* Columns that go and come, and a default that touches no row. */
static void test_schema(void)
{
    g_autofree char *job = test_job(10, false);
    g_autoptr(TestClient) client = test_client_open("schema", "RECRUITER", NULL);
    test_client_sync(client, HT_SYNC_ONCE);
    test_sql("ALTER TABLE public.candidates RENAME COLUMN github_url TO github_was");
    HtSyncReport report = test_client_sync(client, HT_SYNC_ONCE);
    g_assert_true(report.loaded);
    test_client_assert_equal(client);
    test_sql(
        "ALTER TABLE public.candidates ADD COLUMN github_url text DEFAULT 'https://example.com'; "
        "GRANT SELECT (github_url) ON public.candidates TO hiretty_recruiter");
    report = test_client_sync(client, HT_SYNC_ONCE);
    g_assert_false(report.loaded);
    test_client_assert_equal(client);
    g_autofree char *value = test_client_value(
        client, "SELECT count(*) FROM candidates WHERE github_url = 'https://example.com'");
    g_assert_cmpint(g_ascii_strtoll(value, NULL, 10), >=, 10);
    test_sql("ALTER TABLE public.candidates DROP COLUMN github_url; "
             "ALTER TABLE public.candidates RENAME COLUMN github_was TO github_url");
    test_client_sync(client, HT_SYNC_ONCE);
    test_client_assert_equal(client);
    test_sql("ALTER TABLE public.candidates ALTER COLUMN location TYPE text USING upper(location)");
    report = test_client_sync(client, HT_SYNC_ONCE);
    test_client_assert_equal(client);
    /* Written anew as the type that it has. */
    test_sql("ALTER TABLE public.job_stages ALTER COLUMN sla_hours TYPE int USING sla_hours + 1");
    test_client_sync(client, HT_SYNC_ONCE);
    test_client_assert_equal(client);
    /* While a row of the same table goes. */
    g_autofree char *skills = g_strdup_printf(
        "INSERT INTO public.job_skills (job_id, skill) VALUES ('%s', 'C'), ('%s', 'D')", job, job);
    test_platform("%s", skills);
    test_client_sync(client, HT_SYNC_ONCE);
    test_platform("DELETE FROM public.job_skills WHERE skill = 'C'");
    test_sql("ALTER TABLE public.job_skills ALTER COLUMN weight TYPE numeric(4, 2) USING weight + "
             "0.5");
    test_client_sync(client, HT_SYNC_ONCE);
    test_client_assert_equal(client);
}

static void test_truncate(void)
{
    g_autofree char *job = test_job(2, false), *match = test_match(job, 0);
    test_platform(
        "INSERT INTO public.candidate_tags (candidate_id, tag) SELECT candidate_id, 'gone' FROM "
        "public.candidate_job_matches WHERE id = '%s'",
        match);
    g_autoptr(TestClient) client = test_client_open("truncate", "RECRUITER", NULL);
    test_client_sync(client, HT_SYNC_ONCE);
    g_assert_cmpint(test_client_count(client, "candidate_tags"), >, 0);
    test_sql("TRUNCATE public.candidate_tags");
    test_client_sync(client, HT_SYNC_ONCE);
    g_assert_cmpint(test_client_count(client, "candidate_tags"), ==, 0);
    test_client_assert_equal(client);
}

/* Away too long, and a database that is another one: everything once, no more. */
static void test_resync(void)
{
    g_autoptr(TestClient) client = test_client_open("resync", "RECRUITER", NULL);
    test_client_sync(client, HT_SYNC_ONCE);
    test_sql("SELECT pg_current_xact_id()");
    test_sql("UPDATE app.instance SET feed_floor = pg_current_xact_id()");
    HtSyncReport report = test_client_sync(client, HT_SYNC_ONCE);
    g_assert_true(report.loaded);
    report = test_client_sync(client, HT_SYNC_ONCE);
    g_assert_false(report.loaded);
    test_sql("UPDATE app.instance SET epoch = gen_random_uuid()");
    report = test_client_sync(client, HT_SYNC_ONCE);
    g_assert_cmpstr(report.why_full, ==, "another database");
    test_client_assert_equal(client);
}

/* A database newer than this program works, and says so for as long as it lasts. */
static void test_newer(void)
{
    g_autoptr(TestClient) client = test_client_open("newer", "RECRUITER", NULL);
    HtSyncStatus status;
    test_client_sync(client, HT_SYNC_ONCE);
    ht_sync_status(client->sync, &status);
    /* An old server has a warning of its own. */
    g_autofree char *before = g_strdup(status.warning);
    g_assert_null(strstr(before, "newer than this program"));
    test_sql("INSERT INTO app.schema_migrations (version, name, checksum) VALUES (900, 'x', "
             "repeat('0', 64))");
    test_client_sync(client, HT_SYNC_ONCE);
    g_autoptr(TestClient) later = test_client_open("newer", "RECRUITER", NULL);
    ht_sync_status(later->sync, &status);
    g_assert_nonnull(strstr(status.warning, "newer than this program"));
    test_sql("DELETE FROM app.schema_migrations WHERE version = 900");
    test_client_sync(client, HT_SYNC_ONCE);
    ht_sync_status(client->sync, &status);
    g_assert_cmpstr(status.warning, ==, before);
}

/* Values that fit no number of ours stop neither a pull nor a comparison. A database has them from
 * before it refused them. */
static void test_odd_values(void)
{
    g_autofree char *job = test_job(1, false);
    test_sql("ALTER TABLE public.jobs DROP CONSTRAINT jobs_numbers");
    g_autoptr(TestClient) client = test_client_open("odd", "RECRUITER", NULL);
    test_client_sync(client, HT_SYNC_ONCE);
    test_platform("UPDATE public.jobs SET salary_max = 'NaN', closed_at = '294276-12-31' "
                  "WHERE id = '%s'",
                  job);
    test_client_sync(client, HT_SYNC_ONCE);
    test_client_assert_equal(client);
    g_autofree char *salary = test_client_value(
        client, "SELECT count(*) FROM jobs WHERE closed_at = 9223372036854775807 AND salary_max "
                "IS NULL");
    g_assert_cmpstr(salary, ==, "1");
    test_client_sync(client, HT_SYNC_ONCE_FULL);
    test_client_assert_equal(client);
    test_platform("UPDATE public.jobs SET salary_max = NULL, closed_at = '4713-01-01 BC' "
                  "WHERE id = '%s'",
                  job);
    test_client_sync(client, HT_SYNC_ONCE);
    test_client_assert_equal(client);
}

/* The digest does see a difference of one character. */
static bool tamper(HtApply *apply, gpointer data, GError **error)
{
    (void)data;
    return ht_db_exec(ht_apply_db(apply),
                      "UPDATE jobs SET department = 'x' WHERE k = (SELECT min(k) FROM jobs)",
                      error);
}

static void test_digest_sees(void)
{
    g_autofree char *job = test_job(1, false);
    g_autoptr(TestClient) client = test_client_open("digest", "RECRUITER", NULL);
    test_client_sync(client, HT_SYNC_ONCE);
    g_autoptr(GError) error = NULL;
    g_assert_true(ht_cache_apply(client->cache, tamper, NULL, &error));
    g_autoptr(GArray) checks = ht_sync_check(client->sync, NULL, &error);
    g_assert_no_error(error);
    for (guint i = 0; i < checks->len; i++) {
        const HtSyncCheck *check = &g_array_index(checks, HtSyncCheck, i);
        g_assert_true(check->same == (strcmp(check->table, "jobs") != 0));
        g_assert_cmpint(check->rows_here, ==, check->rows_there);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    if (!test_server_start(true))
        return 77;
    test_clients_init();
    g_test_add_func("/sync/pull/first_load", test_first_load);
    g_test_add_func("/sync/pull/all_roles", test_all_roles);
    g_test_add_func("/sync/pull/incremental", test_incremental);
    g_test_add_func("/sync/pull/wide-stays", test_wide_stays);
    g_test_add_func("/sync/pull/deletes", test_deletes);
    g_test_add_func("/sync/pull/transactions", test_transactions);
    g_test_add_func("/sync/pull/churn", test_churn);
    g_test_add_func("/sync/pull/much", test_much);
    g_test_add_func("/sync/pull/reload_only", test_reload_only);
    g_test_add_func("/sync/pull/panel", test_panel);
    g_test_add_func("/sync/pull/confidential", test_confidential);
    g_test_add_func("/sync/pull/consent", test_consent);
    g_test_add_func("/sync/pull/consent-one", test_one_consent);
    g_test_add_func("/sync/pull/consent-moved", test_consent_moved);
    g_test_add_func("/sync/pull/moved", test_moved);
    g_test_add_func("/sync/pull/hidden-mail", test_hidden_mail);
    g_test_add_func("/sync/pull/role_changes", test_role_changes);
    g_test_add_func("/sync/pull/role_changes_live", test_role_changes_live);
    g_test_add_func("/sync/pull/revoked", test_revoked);
    g_test_add_func("/sync/pull/let_in_again", test_let_in_again);
    g_test_add_func("/sync/pull/login_refused", test_login_refused);
    g_test_add_func("/sync/pull/login_given_back", test_login_given_back);
    g_test_add_func("/sync/pull/truncate", test_truncate);
    g_test_add_func("/sync/pull/resync", test_resync);
    g_test_add_func("/sync/pull/schema", test_schema);
    g_test_add_func("/sync/pull/newer", test_newer);
    g_test_add_func("/sync/pull/odd_values", test_odd_values);
    g_test_add_func("/sync/pull/digest_sees", test_digest_sees);
    int status = g_test_run();
    test_clients_clear();
    test_server_stop();
    return status;
}
