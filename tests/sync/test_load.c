/* ctest: timeout=300
 * First loads that are cut, killed and taken up again; churn meanwhile; who syncs when several
 * could. */
#include "../../src/cache/internal.h"
#include "../../src/sync/internal.h"
#include "client.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define APPLICANTS 2500

static char *big_job;

static void small_chunks(void)
{
    ht_sync_chunks = (HtSyncChunks){
        .pages = 20, .rows = 300, .wide_pages = 20, .wide_rows = 300, .small_pages = 4};
    ht_sync_flow = (HtSyncFlow){.block_bytes = 1 << 16, .under_way_bytes = 1 << 18};
}

static void big_chunks(void)
{
    ht_sync_chunks = (HtSyncChunks){
        .pages = 6000, .rows = 50000, .wide_pages = 600, .wide_rows = 2000, .small_pages = 200};
    ht_sync_flow = (HtSyncFlow){.block_bytes = 1 << 18, .under_way_bytes = 2 << 20};
}

/* What is under way is small beside what this tenant has, as it is with a large one. */
static void small_flow(void)
{
    small_chunks();
    ht_sync_flow = (HtSyncFlow){.block_bytes = 1 << 13, .under_way_bytes = 1 << 14};
}

/* By ranges of pages or by ids, in one piece or in many: the same rows. */
static void test_chunks(void)
{
    g_autoptr(TestClient) whole = test_client_open("whole", "RECRUITER", NULL);
    big_chunks();
    HtSyncReport one = test_client_sync(whole, HT_SYNC_ONCE);
    small_chunks();
    g_autoptr(TestClient) pieces = test_client_open("pieces", "RECRUITER", NULL);
    HtSyncReport many = test_client_sync(pieces, HT_SYNC_ONCE);
    g_assert_cmpint(one.rows_received, ==, many.rows_received);
    test_client_assert_equal(pieces);
    test_client_assert_equal(whole);
}

typedef struct {
    gint is_over; /* atomic */
    int kills;
    int wanted;
} Killer;

/* Ends server processes in the middle of a COPY, as often as wanted. */
static gpointer kill_copies(gpointer data)
{
    Killer *killer = data;
    g_autoptr(HtPgConnection) pg = test_connect("SUPERUSER");
    while (!g_atomic_int_get(&killer->is_over) && killer->kills < killer->wanted) {
        g_autoptr(HtPgRows) rows = ht_pg_query(
            pg,
            "SELECT pg_terminate_backend(pid, 1000) FROM pg_stat_activity WHERE query LIKE "
            "'%COPY%' "
            "AND "
            "query ~ 'matches|candidates|resumes' AND state = 'active' AND pid <> pg_backend_pid()",
            NULL, 0, NULL);
        g_assert_nonnull(rows);
        killer->kills += ht_pg_rows_count(rows) > 0;
    }
    return NULL;
}

static void test_cut(void)
{
    small_chunks();
    g_autoptr(TestClient) client = test_client_open("cut", "RECRUITER", NULL);
    Killer killer = {.wanted = 5};
    GThread *thread = g_thread_new("killer", kill_copies, &killer);
    HtSyncReport report;
    int failures = 0;
    for (;;) {
        g_autoptr(GError) error = NULL;
        if (ht_sync_once(client->sync, HT_SYNC_ONCE, NULL, &report, &error))
            break;
        g_assert_error(error, HT_SYNC_ERROR, HT_SYNC_ERROR_OFFLINE);
        g_assert_cmpint(++failures, <, 50);
    }
    g_atomic_int_set(&killer.is_over, 1);
    g_thread_join(thread);
    g_test_message("%d cuts, %d failed runs", killer.kills, failures);
    g_assert_cmpint(failures, >, 0);
    test_client_assert_equal(client);
}

/* `report`: a file for map_report; NULL: none */
static GPid spawn_child(const char *profile, const char *report)
{
    g_autofree char *self = g_file_read_link("/proc/self/exe", NULL);
    char *argv[] = {self, NULL};
    g_auto(GStrv) environment = g_get_environ();
    environment = g_environ_setenv(environment, "TEST_CHILD_PROFILE", profile, TRUE);
    environment = g_environ_setenv(environment, "TEST_CHILD_DSN",
                                   test_server_get("HIRETTY_DSN_RECRUITER"), TRUE);
    if (report)
        environment = g_environ_setenv(environment, "TEST_CHILD_REPORT", report, TRUE);
    GPid pid = 0;
    g_autoptr(GError) error = NULL;
    g_spawn_async(NULL, argv, environment, G_SPAWN_DO_NOT_REAP_CHILD | G_SPAWN_STDOUT_TO_DEV_NULL,
                  NULL, NULL, &pid, &error);
    g_assert_no_error(error);
    return pid;
}

/* A report that outlives its process: in a file that both have mapped. */
static HtSyncReport *map_report(const char *path)
{
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    g_assert_cmpint(fd, >=, 0);
    g_assert_cmpint(ftruncate(fd, sizeof(HtSyncReport)), ==, 0);
    HtSyncReport *report = mmap(NULL, sizeof *report, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    g_assert_true(report != MAP_FAILED);
    close(fd);
    return report;
}

/* The process that is killed: one sync of a profile. */
static int run_child(void)
{
    small_chunks();
    HtSyncReport *report = NULL;
    if (g_getenv("TEST_CHILD_REPORT")) {
        small_flow();
        report = map_report(g_getenv("TEST_CHILD_REPORT"));
    }
    g_autoptr(TestClient) client =
        test_client_open(g_getenv("TEST_CHILD_PROFILE"), "X", g_getenv("TEST_CHILD_DSN"));
    g_autoptr(GError) error = NULL;
    if (ht_sync_once(client->sync, HT_SYNC_ONCE, NULL, report, &error))
        return 0;
    g_printerr("child: %s\n", error->message);
    return 1;
}

/* kill -9 at ever later moments until a run gets through. What was loaded is not loaded again. */
static void test_killed(void)
{
    big_chunks();
    g_autoptr(TestClient) other = test_client_open("killed-other", "RECRUITER", NULL);
    int64_t all = test_client_sync(other, HT_SYNC_ONCE).rows_received;
    int kills = 0, status = -1;
    for (int ms = 60; status != 0 && ms < 1200; ms += 60) {
        GPid pid = spawn_child("killed", NULL);
        int64_t until = g_get_monotonic_time() + (kills < 6 ? ms : 60000) * 1000;
        pid_t ended = 0;
        while (ended == 0 && g_get_monotonic_time() < until) {
            ended = waitpid(pid, &status, WNOHANG);
            g_usleep(1000);
        }
        if (ended == 0) {
            kill(pid, SIGKILL);
            waitpid(pid, &status, 0);
            kills++;
        }
    }
    g_assert_cmpint(status, ==, 0);
    g_assert_cmpint(kills, >, 0);
    small_chunks();
    g_autoptr(TestClient) client = test_client_open("killed", "RECRUITER", NULL);
    HtSyncReport report = test_client_sync(client, HT_SYNC_ONCE);
    g_assert_cmpint(report.rows_received, <, all / 2);
    test_client_assert_equal(client);
}

/* Killed when a part of it has come, in the hot columns and in the wide ones: at most a twentieth
 * comes twice. */
static void test_killed_bytes(void)
{
    small_flow();
    g_autoptr(TestClient) other = test_client_open("bytes-other", "RECRUITER", NULL);
    int64_t all = test_client_sync(other, HT_SYNC_ONCE).bytes_received;
    const int percents[] = {30, 90};
    for (gsize i = 0; i < G_N_ELEMENTS(percents); i++) {
        g_autofree char *profile = g_strdup_printf("bytes-%d", percents[i]);
        g_autofree char *path = g_build_filename(g_get_tmp_dir(), profile, NULL);
        g_unlink(path);
        volatile HtSyncReport *report = map_report(path);
        GPid pid = spawn_child(profile, path);
        int64_t until = g_get_monotonic_time() + 60 * G_USEC_PER_SEC;
        while (report->bytes_received < all * percents[i] / 100 && g_get_monotonic_time() < until)
            g_usleep(100);
        kill(pid, SIGKILL);
        int status;
        waitpid(pid, &status, 0);
        g_assert_true(WIFSIGNALED(status));
        int64_t first = report->bytes_received;
        g_autoptr(TestClient) client = test_client_open(profile, "RECRUITER", NULL);
        int64_t second = test_client_sync(client, HT_SYNC_ONCE).bytes_received;
        g_test_message("%" G_GINT64_FORMAT " + %" G_GINT64_FORMAT " of %" G_GINT64_FORMAT, first,
                       second, all);
        g_assert_cmpint(second, <, all);
        g_assert_cmpint(first + second, <=, all + all / 20);
        test_client_assert_equal(client);
        munmap((gpointer)(guintptr)report, sizeof *report);
        g_unlink(path);
    }
}

/* More ids than the loader may keep in memory: the index answers from then on. */
static void test_many_ids(void)
{
    small_chunks();
    ht_key_cache_max = APPLICANTS;
    g_autoptr(TestClient) client = test_client_open("many", "RECRUITER", NULL);
    test_client_sync(client, HT_SYNC_ONCE);
    ht_key_cache_max = 4000000;
    g_autofree char *ids =
        test_client_value(client, "SELECT count(*) - count(DISTINCT id) FROM ids");
    g_assert_cmpstr(ids, ==, "0");
    g_assert_cmpint(test_client_count(client, "ids"), >, 3 * APPLICANTS);
    test_client_assert_equal(client);
}

typedef struct {
    int stop_after;
    GCancellable *cancellable;
    HtSync *sync;
} Stopper;

/* Cancels a load after some rows, then takes it up: at most one chunk a table comes again. */
static gpointer stop_load(gpointer data)
{
    Stopper *stopper = data;
    HtSyncStatus status;
    do {
        ht_sync_status(stopper->sync, &status);
    } while (status.progress.rows < stopper->stop_after && status.state != HT_SYNC_LIVE);
    g_cancellable_cancel(stopper->cancellable);
    return NULL;
}

static void test_resumed(void)
{
    small_chunks();
    g_autoptr(TestClient) client = test_client_open("resumed", "RECRUITER", NULL);
    g_autoptr(GCancellable) cancellable = g_cancellable_new();
    Stopper stopper = {.stop_after = APPLICANTS, .cancellable = cancellable, .sync = client->sync};
    GThread *thread = g_thread_new("stopper", stop_load, &stopper);
    HtSyncReport first, second;
    g_autoptr(GError) error = NULL;
    g_assert_false(ht_sync_once(client->sync, HT_SYNC_ONCE, cancellable, &first, &error));
    g_assert_error(error, HT_SYNC_ERROR, HT_SYNC_ERROR_CANCELLED);
    g_thread_join(thread);
    second = test_client_sync(client, HT_SYNC_ONCE);
    g_autoptr(TestClient) other = test_client_open("resumed-other", "RECRUITER", NULL);
    int64_t all = test_client_sync(other, HT_SYNC_ONCE).bytes_received;
    g_assert_cmpint(first.bytes_received, >, 0);
    g_assert_cmpint(first.bytes_received + second.bytes_received, <, all + all / 10);
    test_client_assert_equal(client);
}

typedef struct {
    gint is_over; /* atomic */
    int changes;
} Churner;

static gpointer churn(gpointer data)
{
    Churner *churner = data;
    while (!g_atomic_int_get(&churner->is_over)) {
        int n = churner->changes++;
        test_platform("UPDATE public.candidate_job_matches SET score = %d WHERE job_id = '%s' AND "
                      "(hashtext(id::text) & 1023) = %d",
                      n % 100, big_job, n * 37 % 1024);
        test_platform("INSERT INTO public.candidates (email, first_name) VALUES ('c%d@churn', 'C')",
                      n);
        test_platform(
            "UPDATE public.resumes SET parsed_data = parsed_data || '{\"n\": %d}' WHERE id = "
            "(SELECT id FROM public.resumes ORDER BY id OFFSET %d LIMIT 1)",
            n, n * 13 % APPLICANTS);
    }
    return NULL;
}

static void test_churn_meanwhile(void)
{
    small_chunks();
    Churner churner = {0};
    GThread *thread = g_thread_new("churn", churn, &churner);
    g_autoptr(TestClient) client = test_client_open("churned", "RECRUITER", NULL);
    test_client_sync(client, HT_SYNC_ONCE);
    g_atomic_int_set(&churner.is_over, 1);
    g_thread_join(thread);
    g_assert_cmpint(churner.changes, >, 0);
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

/* Every COPY of `table` waits where this lock is held. */
static void set_trap(const char *table, int lock)
{
    g_autofree char *sql = g_strdup_printf(
        "CREATE FUNCTION app.trap_%d() RETURNS boolean LANGUAGE plpgsql SECURITY DEFINER AS "
        "$$BEGIN IF current_query() LIKE '%%COPY (%%' THEN PERFORM pg_advisory_lock_shared(%d), "
        "pg_advisory_unlock_shared(%d); END IF; RETURN true; END$$; CREATE POLICY trap ON "
        "public.%s AS RESTRICTIVE FOR SELECT TO hiretty_client "
        "USING ((SELECT app.trap_%d()))",
        lock, lock, lock, table, lock);
    test_sql(sql);
}

static void remove_trap(const char *table, int lock)
{
    g_autofree char *sql =
        g_strdup_printf("DROP POLICY trap ON public.%s; DROP FUNCTION app.trap_%d()", table, lock);
    test_sql(sql);
}

static void turn_lock(HtPgConnection *holder, const char *how, int lock)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *sql = g_strdup_printf("SELECT pg_advisory_%s(%d)", how, lock);
    g_autoptr(HtPgRows) rows = ht_pg_query(holder, sql, NULL, 0, &error);
    g_assert_no_error(error);
}

static void wait_trapped(int lock)
{
    g_autofree char *sql = g_strdup_printf("SELECT count(*)::text FROM pg_locks WHERE locktype = "
                                           "'advisory' AND objid = %d AND NOT granted",
                                           lock);
    for (int i = 0; i < 20000; i++) {
        g_autofree char *n = test_value("SUPERUSER", sql);
        if (strcmp(n, "0") != 0)
            return;
        g_usleep(5000);
    }
    g_assert_not_reached();
}

static gpointer sync_once(gpointer data)
{
    test_client_sync(data, HT_SYNC_ONCE);
    return NULL;
}

static void cycle(TestClient *client)
{
    g_autoptr(GError) error = NULL;
    ht_sync_cycle(client->sync, HT_SYNC_ONCE, NULL, &error);
    g_assert_no_error(error);
}

static bool is_wide_due(TestClient *client)
{
    g_autoptr(GError) error = NULL;
    bool is_due = false;
    ht_sync_wide_is_due(client->sync, &is_due, &error);
    g_assert_no_error(error);
    return is_due;
}

static bool take_notes_away(HtApply *apply, gpointer data, GError **error)
{
    (void)data;
    return ht_db_exec(ht_apply_db(apply), "ALTER TABLE meta RENAME TO meta_away", error);
}

static bool bring_notes_back(HtApply *apply, gpointer data, GError **error)
{
    (void)data;
    return ht_db_exec(ht_apply_db(apply), "ALTER TABLE meta_away RENAME TO meta", error);
}

/* Whether wide columns are due cannot be read: that is told, and is not "no". */
static void test_due_unread(void)
{
    small_chunks();
    g_autoptr(TestClient) client = test_client_open("due-unread", "RECRUITER", NULL);
    HtSyncReport report = {0};
    g_autoptr(GError) error = NULL;
    bool is_due = true;
    client->sync->report = &report;
    cycle(client);
    g_assert_true(is_wide_due(client));
    g_assert_true(ht_cache_apply(client->cache, take_notes_away, NULL, &error));
    g_assert_false(ht_sync_wide_is_due(client->sync, &is_due, &error));
    g_assert_nonnull(error);
    g_clear_error(&error);
    g_assert_false(ht_sync_load_wide_all(client->sync, &error));
    g_assert_nonnull(error);
    g_clear_error(&error);
    g_assert_true(ht_cache_apply(client->cache, bring_notes_back, NULL, &error));
    g_assert_true(ht_sync_load_wide_all(client->sync, &error));
    g_assert_no_error(error);
    g_assert_false(is_wide_due(client));
    ht_sync_disconnect(client->sync);
    client->sync->report = NULL;
    test_client_assert_equal(client);
}

/* Somebody who is out of sight for a part of a load only: the greetings before and after it say the
 * same. */
static void test_out_of_sight_meanwhile(void)
{
    enum { JOBS = 7001, MATCHES = 7002 };
    small_chunks();
    g_autofree char *match = test_match(big_job, 0);
    g_autoptr(HtPgConnection) holder = test_connect("SUPERUSER");
    set_trap("jobs", JOBS);
    set_trap("candidate_job_matches", MATCHES);
    turn_lock(holder, "lock", JOBS);
    turn_lock(holder, "lock", MATCHES);
    g_autoptr(TestClient) client = test_client_open("out-of-sight", "RECRUITER", NULL);
    GThread *thread = g_thread_new("load", sync_once, client);
    wait_trapped(JOBS);
    consent_of(match, false);
    turn_lock(holder, "unlock", JOBS);
    wait_trapped(MATCHES);
    consent_of(match, true);
    turn_lock(holder, "unlock", MATCHES);
    g_thread_join(thread);
    remove_trap("jobs", JOBS);
    remove_trap("candidate_job_matches", MATCHES);
    test_client_assert_equal(client);
}

/* The same between two pulls, while the wide columns come. */
static void test_out_of_sight_while_wide(void)
{
    small_chunks();
    g_autofree char *match = test_match(big_job, 1);
    g_autoptr(TestClient) client = test_client_open("out-of-sight-wide", "RECRUITER", NULL);
    HtSyncReport report = {0};
    client->sync->report = &report;
    cycle(client);
    g_assert_true(is_wide_due(client));
    consent_of(match, false);
    g_autoptr(GError) error = NULL;
    ht_sync_load_wide(client->sync, 0, &error); /* one chunk */
    g_assert_no_error(error);
    bool is_over = false;
    for (int i = 0; !is_over && i < 1000; i++) {
        ht_sync_load_wide(client->sync, 0, &error);
        g_assert_no_error(error);
        is_over = !is_wide_due(client);
    }
    g_assert_true(is_over);
    consent_of(match, true);
    cycle(client);
    ht_sync_disconnect(client->sync);
    client->sync->report = NULL;
    test_client_assert_equal(client);
}

/* --- Several processes, and the thread. */
static bool wait_state(HtSync *sync, HtSyncState state)
{
    HtSyncStatus status;
    int64_t deadline = g_get_monotonic_time() + (HT_SANITIZED ? 80 : 20) * G_USEC_PER_SEC;
    do {
        ht_sync_status(sync, &status);
        if (status.state == state)
            return true;
        g_usleep(2000);
    } while (g_get_monotonic_time() < deadline);
    g_test_message("state %s: %s", ht_sync_state_name(status.state), status.error);
    return false;
}

static int64_t wait_sync_after(HtSync *sync, int64_t last_us)
{
    HtSyncStatus status;
    int64_t deadline = g_get_monotonic_time() + (HT_SANITIZED ? 80 : 20) * G_USEC_PER_SEC;
    do {
        ht_sync_status(sync, &status);
        g_usleep(1000);
    } while (status.last_sync_us <= last_us && g_get_monotonic_time() < deadline);
    g_assert_cmpint(status.last_sync_us, >, last_us);
    return status.last_sync_us;
}

static void test_elsewhere(void)
{
    big_chunks();
    g_autoptr(TestClient) one = test_client_open("shared", "RECRUITER", NULL);
    test_client_sync(one, HT_SYNC_ONCE);
    ht_sync_start(one->sync);
    g_assert_true(wait_state(one->sync, HT_SYNC_LIVE));
    g_autoptr(TestClient) two = test_client_open("shared", "RECRUITER", NULL);
    g_autoptr(GError) error = NULL;
    g_assert_false(ht_sync_once(two->sync, HT_SYNC_ONCE_AT_ONCE, NULL, NULL, &error));
    g_assert_error(error, HT_SYNC_ERROR, HT_SYNC_ERROR_BUSY);
    g_clear_error(&error);
    /* Without haste the one that has the lock is asked, and what it did is told. */
    HtSyncReport report;
    g_assert_true(ht_sync_once(two->sync, HT_SYNC_ONCE, NULL, &report, &error));
    g_assert_false(report.loaded);
    g_assert_true(ht_sync_once(two->sync, HT_SYNC_ONCE_FULL, NULL, &report, &error));
    g_assert_true(report.loaded);
    g_assert_cmpstr(report.why_full, ==, "asked for");
    g_assert_cmpint(report.rows_received, >, 0);
    ht_sync_start(two->sync);
    g_assert_true(wait_state(two->sync, HT_SYNC_ELSEWHERE));
    /* The first ends; the second takes over. */
    ht_sync_stop(one->sync);
    ht_sync_poke(two->sync);
    g_assert_true(wait_state(two->sync, HT_SYNC_LIVE));
    ht_sync_stop(two->sync);
}

typedef struct {
    TestClient *client;
    bool checks;
    char *failure;
} Asker;

static gpointer ask_holder(gpointer data)
{
    Asker *asker = data;
    g_autoptr(GError) error = NULL;
    if (asker->checks) {
        g_autoptr(GArray) checks = ht_sync_check(asker->client->sync, NULL, &error);
        g_assert_true(!checks == !!error);
    } else {
        ht_sync_once(asker->client->sync, HT_SYNC_ONCE, NULL, NULL, &error);
    }
    asker->failure = error ? g_strdup(error->message) : NULL;
    return NULL;
}

static int count_answers(const TestClient *client)
{
    g_autoptr(GDir) dir = g_dir_open(ht_paths_state_dir(client->paths), 0, NULL);
    int n = 0;
    for (const char *name; (name = g_dir_read_name(dir));)
        n += g_str_has_prefix(name, "sync.answer");
    return n;
}

/* Many ask at once, and each is answered: in files that nobody else's answer takes the place of. */
static void test_many_ask(void)
{
    enum { ASKERS = 8 };
    big_chunks();
    g_autoptr(TestClient) holder = test_client_open("asked", "RECRUITER", NULL);
    test_client_sync(holder, HT_SYNC_ONCE);
    ht_sync_start(holder->sync);
    g_assert_true(wait_state(holder->sync, HT_SYNC_LIVE));
    Asker askers[ASKERS];
    GThread *threads[ASKERS];
    for (int i = 0; i < ASKERS; i++)
        askers[i] = (Asker){test_client_open("asked", "RECRUITER", NULL), i % 2 == 0, NULL};
    for (int i = 0; i < ASKERS; i++)
        threads[i] = g_thread_new("asker", ask_holder, &askers[i]);
    for (int i = 0; i < ASKERS; i++) {
        g_thread_join(threads[i]);
        if (askers[i].failure)
            g_error("asker %d: %s", i, askers[i].failure);
        test_client_close(askers[i].client);
    }
    g_assert_true(ht_sync_stop(holder->sync));
    g_assert_cmpint(count_answers(holder), ==, 0);
}

typedef struct {
    GMainLoop *loop;
    gint calls;
} Notified;

static void on_notify(gpointer data)
{
    ((Notified *)data)->calls++;
}

static void test_live(void)
{
    big_chunks();
    g_autoptr(TestClient) client = test_client_open("live", "RECRUITER", NULL);
    Notified notified = {0};
    ht_sync_set_notify(client->sync, NULL, on_notify, &notified);
    ht_sync_start(client->sync);
    g_assert_true(wait_state(client->sync, HT_SYNC_LIVE));
    while (g_main_context_iteration(NULL, FALSE)) {
    }
    g_assert_cmpint(notified.calls, >, 0);
    g_autofree char *match = test_match(big_job, 0);
    test_platform("UPDATE public.candidate_job_matches SET score = 12.34 WHERE id = '%s'", match);
    HtSyncStatus status;
    ht_sync_status(client->sync, &status);
    wait_sync_after(client->sync, wait_sync_after(client->sync, status.last_sync_us));
    g_autofree char *value =
        test_client_value(client, "SELECT count(*) FROM candidate_job_matches WHERE score = 1234");
    g_assert_cmpstr(value, ==, "1");
    int64_t before = g_get_monotonic_time();
    ht_sync_stop(client->sync);
    g_assert_cmpint(g_get_monotonic_time() - before, <, 2 * G_USEC_PER_SEC);
    test_client_assert_equal(client);
}

/* A column may not be read any more while the thread is live: it is gone here, too. */
static void test_live_revoke(void)
{
    big_chunks();
    g_autoptr(TestClient) client = test_client_open("live-revoke", "RECRUITER", NULL);
    test_client_sync(client, HT_SYNC_ONCE);
    ht_sync_start(client->sync);
    g_assert_true(wait_state(client->sync, HT_SYNC_LIVE));
    test_sql("REVOKE SELECT (location) ON public.candidates FROM hiretty_recruiter");
    test_platform(
        "UPDATE public.candidates SET location = 'Bonn' WHERE id IN (SELECT candidate_id FROM "
        "public.candidate_job_matches WHERE job_id = '%s' LIMIT 20)",
        big_job);
    HtSyncStatus status;
    ht_sync_status(client->sync, &status);
    wait_sync_after(client->sync, wait_sync_after(client->sync, status.last_sync_us));
    ht_sync_stop(client->sync);
    g_autofree char *places =
        test_client_value(client, "SELECT count(*) FROM candidates WHERE location IS NOT NULL");
    g_assert_cmpstr(places, ==, "0");
    test_client_assert_equal(client);
    test_sql("GRANT SELECT (location) ON public.candidates TO hiretty_recruiter");
    test_client_assert_equal(client);
}

static int64_t written_bytes(void)
{
    g_autofree char *text = NULL;
    g_assert_true(g_file_get_contents("/proc/self/io", &text, NULL, NULL));
    const char *line = strstr(text, "\nwrite_bytes: ");
    return g_ascii_strtoll(line + strlen("\nwrite_bytes: "), NULL, 10);
}

static void test_empty_poll(void)
{
    big_chunks();
    g_autoptr(TestClient) client = test_client_open("idle", "RECRUITER", NULL);
    test_client_sync(client, HT_SYNC_ONCE);
    ht_sync_start(client->sync);
    g_assert_true(wait_state(client->sync, HT_SYNC_LIVE));
    HtSyncStatus status;
    ht_sync_status(client->sync, &status);
    int64_t at = wait_sync_after(client->sync, status.last_sync_us);
    g_autofree char *wal = g_strconcat(ht_cache_dir(client->cache), "/current", NULL);
    g_autofree char *real = g_file_read_link(wal, NULL);
    g_autofree char *path = g_strdup_printf("%s/%s-wal", ht_cache_dir(client->cache), real);
    struct stat first, last;
    g_assert_cmpint(stat(path, &first), ==, 0);
    int64_t bytes = written_bytes();
    for (int i = 0; i < 3; i++) {
        ht_sync_poke(client->sync);
        at = wait_sync_after(client->sync, at);
    }
    g_assert_cmpint(written_bytes(), ==, bytes);
    g_assert_cmpint(stat(path, &last), ==, 0);
    g_assert_cmpint(first.st_mtim.tv_nsec, ==, last.st_mtim.tv_nsec);
    g_assert_cmpint(first.st_size, ==, last.st_size);
    g_assert_cmpint(ht_sync_last_us(client->cache), <, at);
    ht_sync_stop(client->sync);
    g_assert_cmpint(ht_sync_last_us(client->cache), >=, at);
}

static bool drop_an_index(HtApply *apply, gpointer data, GError **error)
{
    (void)data;
    return ht_db_exec(ht_apply_db(apply), "DROP INDEX matches_by_candidate", error);
}

/* A program that ended early, or an older one, left an index to make: whoever syncs makes it. */
static void test_missing_index(void)
{
    static const char there[] =
        "SELECT count(*) FROM sqlite_schema WHERE name = 'matches_by_candidate'";
    big_chunks();
    g_autoptr(TestClient) client = test_client_open("index", "RECRUITER", NULL);
    test_client_sync(client, HT_SYNC_ONCE);
    g_autoptr(GError) error = NULL;
    g_assert_true(ht_cache_apply(client->cache, drop_an_index, NULL, &error));
    g_autofree char *none = test_client_value(client, there);
    g_assert_cmpstr(none, ==, "0");
    test_client_sync(client, HT_SYNC_ONCE);
    g_autofree char *one = test_client_value(client, there);
    g_assert_cmpstr(one, ==, "1");
}

/* The server goes away and comes back: offline, then live, without a hand. */
static void test_server_away(void)
{
    big_chunks();
    g_autoptr(TestClient) client = test_client_open("away", "RECRUITER", NULL);
    ht_sync_start(client->sync);
    g_assert_true(wait_state(client->sync, HT_SYNC_LIVE));
    test_server_halt();
    ht_sync_poke(client->sync);
    g_assert_true(wait_state(client->sync, HT_SYNC_OFFLINE));
    HtSyncStatus status;
    ht_sync_status(client->sync, &status);
    g_assert_cmpint(strlen(status.error), >, 0);
    g_assert_cmpint(ht_sync_last_us(client->cache), ==, status.last_sync_us);
    test_server_resume();
    ht_sync_poke(client->sync);
    g_assert_true(wait_state(client->sync, HT_SYNC_LIVE));
    ht_sync_stop(client->sync);
    test_client_assert_equal(client);
}

/* Nobody types, and the server stands still: only the next poll can tell, and it is shown within
 * the time that is promised all the same. */
static void test_server_stopped_while_idle(void)
{
    big_chunks();
    g_autoptr(TestClient) client = test_client_open("stopped", "RECRUITER", NULL);
    ht_sync_start(client->sync);
    g_assert_true(wait_state(client->sync, HT_SYNC_LIVE));
    ht_sync_set_focus(client->sync, HT_SYNC_IDLE);
    HtSyncStatus status;
    ht_sync_status(client->sync, &status);
    wait_sync_after(client->sync, status.last_sync_us); /* the longest pause is before it */
    g_autofree char *pid =
        test_value("SUPERUSER", "SELECT pid::text FROM pg_stat_activity WHERE usename = 'ht_a_rec1'"
                                " AND application_name = 'hiretty'");
    pid_t session = (pid_t)g_ascii_strtoll(pid, NULL, 10);
    g_assert_cmpint(kill(session, SIGSTOP), ==, 0);
    int64_t began = g_get_monotonic_time();
    bool is_offline = wait_state(client->sync, HT_SYNC_OFFLINE);
    int64_t took = g_get_monotonic_time() - began;
    kill(session, SIGCONT);
    g_assert_true(is_offline);
    g_assert_cmpint(took, <, 15 * G_USEC_PER_SEC);
    g_assert_true(wait_state(client->sync, HT_SYNC_LIVE));
    ht_sync_stop(client->sync);
}

/* A whole lease without the server: locked, nothing deleted; open again after the next sync. */
static void test_lease(void)
{
    g_autoptr(TestClient) client = test_client_open("lease", "RECRUITER", NULL);
    test_client_sync(client, HT_SYNC_ONCE);
    int64_t rows = test_client_count(client, "candidates");
    g_autoptr(GError) error = NULL;
    HtSyncOptions options = {.connection = {.dsn = "host=/nowhere user=x dbname=y"},
                             .paths = client->paths,
                             .lease_us = 1};
    g_autoptr(HtSync) offline = ht_sync_new(client->cache, NULL, &options, &error);
    g_assert_false(ht_sync_once(offline, HT_SYNC_ONCE, NULL, NULL, &error));
    g_assert_error(error, HT_SYNC_ERROR, HT_SYNC_ERROR_OFFLINE);
    g_assert_true(ht_cache_is_locked(client->cache, NULL));
    g_assert_cmpint(test_client_count(client, "candidates"), ==, rows);
    test_client_sync(client, HT_SYNC_ONCE);
    g_assert_false(ht_cache_is_locked(client->cache, NULL));
}

int main(int argc, char **argv)
{
    if (g_getenv("TEST_CHILD_PROFILE")) {
        test_clients_init();
        return run_child();
    }
    g_test_init(&argc, &argv, NULL);
    if (!test_server_start(true))
        return 77;
    test_clients_init();
    big_job = test_job(APPLICANTS, false);
    test_sql("ANALYZE");
    g_test_add_func("/sync/load/chunks", test_chunks);
    g_test_add_func("/sync/load/cut", test_cut);
    g_test_add_func("/sync/load/killed", test_killed);
    g_test_add_func("/sync/load/killed_bytes", test_killed_bytes);
    g_test_add_func("/sync/load/many_ids", test_many_ids);
    g_test_add_func("/sync/load/resumed", test_resumed);
    g_test_add_func("/sync/load/churn", test_churn_meanwhile);
    g_test_add_func("/sync/load/due_unread", test_due_unread);
    g_test_add_func("/sync/load/out_of_sight", test_out_of_sight_meanwhile);
    g_test_add_func("/sync/load/out_of_sight_wide", test_out_of_sight_while_wide);
    g_test_add_func("/sync/live/elsewhere", test_elsewhere);
    g_test_add_func("/sync/live/many_ask", test_many_ask);
    g_test_add_func("/sync/live/live", test_live);
    g_test_add_func("/sync/live/revoke", test_live_revoke);
    g_test_add_func("/sync/live/empty_poll", test_empty_poll);
    g_test_add_func("/sync/live/missing_index", test_missing_index);
    g_test_add_func("/sync/live/server_away", test_server_away);
    g_test_add_func("/sync/live/server_stopped_while_idle", test_server_stopped_while_idle);
    g_test_add_func("/sync/live/lease", test_lease);
    int status = g_test_run();
    g_free(big_job);
    test_clients_clear();
    test_server_stop();
    return status;
}
