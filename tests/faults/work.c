#include "work.h"

#include "../../src/sync/internal.h"

#include "hiretty/cache/matches.h"

#include <stdlib.h>
#include <string.h>

#define SILENCE_MS 1200
#define CONNECT_MS 2500
#define LIMIT_US (15 * G_USEC_PER_SEC)
#define MOST_LATE 2
#define SETTLE_US (60 * G_USEC_PER_SEC)
#define MOST_PATIENCE 2.5 /* below the 40 s that a broken deadline would take */

struct Work {
    TestClient *client;
    char *job;
    GPtrArray *matches; /* ids */
    GArray *keys;       /* HtKey of those decided */
    guint decided, notes;
    int late; /* runs that took longer than they may */
    gint64 longest_us;
    bool may_be_refused;
    gint is_watching; /* atomic */
    int seen;         /* times that the watcher looked */
};

static void load_matches(Work *work)
{
    g_autofree char *sql = g_strdup_printf(
        "SELECT string_agg(id::text, ',' ORDER BY id) FROM public.candidate_job_matches "
        "WHERE job_id = '%s'",
        work->job);
    g_autofree char *all = test_value("SUPERUSER", sql);
    g_auto(GStrv) ids = g_strsplit(all, ",", -1);
    for (guint i = 0; ids[i]; i++)
        g_ptr_array_add(work->matches, g_strdup(ids[i]));
}

Work *work_new(const char *profile, const char *dsn, bool is_weak, int matches)
{
    Work *work = g_new0(Work, 1);
    ht_sync_chunks = (HtSyncChunks){
        .pages = 20, .rows = 100, .wide_pages = 20, .wide_rows = 100, .small_pages = 4};
    work->client = test_client_open(profile, "X", dsn);
    HtPgOptions *options = &work->client->sync->connection;
    options->allow_weak_tls = is_weak;
    options->silence_ms = SILENCE_MS * (HT_SANITIZED ? 3 : 1);
    options->connect_timeout_ms = CONNECT_MS * (HT_SANITIZED ? 3 : 1);
    work->job = test_job(matches, false);
    work->matches = g_ptr_array_new_with_free_func(g_free);
    work->keys = g_array_new(FALSE, FALSE, sizeof(HtKey));
    load_matches(work);
    return work;
}

void work_free(Work *work)
{
    test_client_close(work->client);
    g_ptr_array_unref(work->matches);
    g_array_unref(work->keys);
    g_free(work->job);
    g_free(work);
}

TestClient *work_client(Work *work)
{
    return work->client;
}

static void submit(Work *work, HtIntent *intent)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(HtReceipt) receipt = ht_outbox_submit(work->client->outbox, intent, &error);
    g_assert_no_error(error);
    g_assert_cmpint(receipt->n_done, >, 0);
}

static HtKey key_of(HtReader *reader, const char *id)
{
    HtUuid uuid;
    g_assert_true(ht_uuid_parse(id, &uuid));
    HtKey key = ht_reader_key(reader, &uuid);
    g_assert_cmpint(key, !=, 0);
    return key;
}

void work_change(Work *work, int n)
{
    g_autoptr(HtReader) reader = ht_reader_new(work->client->cache, "test", NULL);
    HtIntent *decide = ht_intent_new(HT_INTENT_DECIDE);
    decide->decision = HT_DECISION_SHORTLIST;
    g_assert_cmpint(work->decided + n, <=, work->matches->len);
    HtKey last = 0;
    for (int i = 0; i < n; i++) {
        last = key_of(reader, work->matches->pdata[work->decided++]);
        ht_intent_add_match(decide, last, true, false, 3);
        g_array_append_val(work->keys, last);
    }
    submit(work, decide);
    HtMatchRow *row = ht_cache_match(reader, last, NULL);
    g_assert_nonnull(row);
    HtIntent *note = ht_intent_new(HT_INTENT_NOTE);
    note->note = g_strdup_printf("%s/%u", work->job, work->notes++);
    ht_intent_add_candidate(note, row->candidate);
    ht_match_rows_free(row, 1);
    submit(work, note);
    test_platform("UPDATE public.candidate_job_matches SET score = %u %% 100 WHERE job_id = '%s' "
                  "AND score >= 50",
                  60 + work->notes % 40, work->job);
}

/* --- While a run is under way: is everything that was decided shown as decided? */
static gpointer watch(gpointer data)
{
    Work *work = data;
    g_autoptr(GError) error = NULL;
    g_autoptr(HtReader) reader = ht_reader_new(work->client->cache, "watch", &error);
    g_assert_no_error(error);
    while (g_atomic_int_get(&work->is_watching)) {
        for (guint i = work->keys->len > 6 ? work->keys->len - 6 : 0; i < work->keys->len; i++) {
            HtMatchRow *row = ht_cache_match(reader, g_array_index(work->keys, HtKey, i), NULL);
            g_assert_nonnull(row);
            if (row->stage_type != HT_STAGE_SHORTLIST)
                g_error("a decision is shown reverted");
            ht_match_rows_free(row, 1);
            work->seen++;
        }
        g_usleep(5000);
    }
    return NULL;
}

void work_allow_refusal(Work *work, bool may_be_refused)
{
    work->may_be_refused = may_be_refused;
}

/* The limits are of a machine that has time for it: by how much longer it takes where each
 * processor has to do for many. */
static double patience(void)
{
    double load = 0;
    if (getloadavg(&load, 1) != 1)
        return 1;
    return CLAMP(load / (2 * g_get_num_processors()), 1, MOST_PATIENCE);
}

static bool run_within(Work *work, gint64 limit_us)
{
    g_autoptr(GError) error = NULL;
    g_atomic_int_set(&work->is_watching, 1);
    GThread *watcher = g_thread_new("watch", watch, work);
    gint64 before = g_get_monotonic_time();
    bool ok = ht_sync_once(work->client->sync, HT_SYNC_ONCE, NULL, NULL, &error);
    gint64 took = g_get_monotonic_time() - before;
    g_atomic_int_set(&work->is_watching, 0);
    g_thread_join(watcher);
    double most_s = (double)limit_us / G_USEC_PER_SEC * (HT_SANITIZED ? 3 : 1) * patience();
    /* The other rounds are still worth a look; not if each of them takes as long. */
    if ((double)took / G_USEC_PER_SEC >= most_s) {
        g_test_fail_printf("a run took %.1f s, of %.1f", (double)took / G_USEC_PER_SEC, most_s);
        g_assert_cmpint(++work->late, <, MOST_LATE);
    }
    work->longest_us = MAX(work->longest_us, took);
    if (!ok) {
        g_test_message("%s, after %.1f s", error->message, (double)took / G_USEC_PER_SEC);
        if (!work->may_be_refused || !strstr(error->message, "password authentication failed"))
            g_assert_error(error, HT_SYNC_ERROR, HT_SYNC_ERROR_OFFLINE);
        g_assert_null(strpbrk(error->message, "\r\n\033"));
    }
    return ok;
}

bool work_run(Work *work)
{
    return run_within(work, LIMIT_US);
}

static void assert_value(const char *expected, const char *format, ...) G_GNUC_PRINTF(2, 3);
static void assert_value(const char *expected, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    g_autofree char *sql = g_strdup_vprintf(format, args);
    va_end(args);
    g_autofree char *value = test_value("SUPERUSER", sql);
    g_assert_cmpstr(value, ==, expected);
}

void work_settle(Work *work)
{
    gint64 end = g_get_monotonic_time() + (gint64)(SETTLE_US * patience());
    while (!run_within(work, SETTLE_US)) { /* nothing fails any more: as long as the rows take */
        g_assert_cmpint(g_get_monotonic_time(), <, end);
        g_usleep(50000);
    }
    HtOutboxCounts counts = {0};
    ht_outbox_counts(work->client->outbox, &counts);
    g_assert_cmpint(counts.pending + counts.sending, ==, 0);
    g_assert_cmpint(counts.parked + counts.conflicts + counts.rejected, ==, 0);
    work->client->sync->connection.silence_ms = 0; /* a digest may take its time */
    test_client_assert_equal(work->client);
    work->client->sync->connection.silence_ms = SILENCE_MS * (HT_SANITIZED ? 3 : 1);
    g_autofree char *decided = g_strdup_printf("%u/%u", work->decided, work->decided);
    assert_value(decided,
                 "SELECT count(*) || '/' || count(DISTINCT d.match_id) FROM "
                 "public.hiring_decisions d JOIN public.candidate_job_matches m ON m.id = "
                 "d.match_id AND m.job_id = '%s'",
                 work->job);
    g_autofree char *notes = g_strdup_printf("%u/%u", work->notes, work->notes);
    assert_value(notes,
                 "SELECT count(*) || '/' || count(DISTINCT body) FROM public.candidate_notes "
                 "WHERE body LIKE '%s/%%'",
                 work->job);
}

gint64 work_longest_us(const Work *work)
{
    return work->longest_us;
}

GRand *work_rand(void)
{
    const char *given = g_getenv("HIRETTY_FAULT_SEED");
    guint32 seed = given ? (guint32)g_ascii_strtoull(given, NULL, 10)
                         : (guint32)(g_get_real_time() / G_USEC_PER_SEC);
    g_test_message("HIRETTY_FAULT_SEED=%u", seed);
    g_print("# HIRETTY_FAULT_SEED=%u\n", seed);
    return g_rand_new_with_seed(seed);
}

int work_cases(int usual)
{
    const char *given = g_getenv("HIRETTY_FAULT_CASES");
    if (given)
        return (int)g_ascii_strtoll(given, NULL, 10);
    return HT_SANITIZED ? MAX(1, usual / 4) : usual;
}

char *work_dsn(int port, bool is_encrypted)
{
    const char *tls = is_encrypted ? "" : "sslmode=disable";
    return g_strdup_printf("host=localhost hostaddr=127.0.0.1 port=%d user=ht_a_rec1 "
                           "dbname=hiretty password=secret sslrootcert=%s %s",
                           port, test_server_get("HT_ROOTCERT"), tls);
}

static Proxy *proxy;

Proxy *work_proxy(void)
{
    return proxy;
}

int work_main(int argc, char **argv, void (*add_tests)(void))
{
    g_test_init(&argc, &argv, NULL);
    if (!test_server_start(true))
        return 77;
    test_clients_init();
    test_sql("ALTER ROLE ht_a_rec1 PASSWORD 'secret'");
    /* What was acknowledged must outlive the server's end, as it does on a real one. */
    test_sql("ALTER SYSTEM SET synchronous_commit = on");
    /* Lines without TLS are refused otherwise. */
    test_sql("COPY (SELECT 1) TO PROGRAM 'sed -i s/reject/scram-sha-256/ pg_hba.conf'");
    test_sql("SELECT pg_reload_conf()");
    proxy = proxy_start(test_server_get("HT_TCP_PORT"));
    add_tests();
    int status = g_test_run();
    proxy_stop(proxy);
    test_clients_clear();
    test_server_stop();
    return status;
}
