/* What cannot be done says so and leaves nothing behind: no room, no right, too late, an answer
 * that does not fit. */
#include "bench.h"

#include "hiretty/base/json.h"

#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>

/* No file may grow any more; the caller lifts it again. */
static void limit_files(bool limited)
{
    struct rlimit limit;
    g_assert_cmpint(getrlimit(RLIMIT_FSIZE, &limit), ==, 0);
    limit.rlim_cur = limited ? 4096 : limit.rlim_max;
    g_assert_cmpint(setrlimit(RLIMIT_FSIZE, &limit), ==, 0);
}

static void test_no_room(void)
{
    Bench bench;
    bench_open(&bench);
    signal(SIGXFSZ, SIG_IGN);
    bench_did(&bench, HT_DECISION_SHORTLIST, 1, 1);
    limit_files(true);
    g_autoptr(GError) error = NULL;
    g_assert_null(bench_decide(&bench, HT_DECISION_SHORTLIST, 2, 12, &error));
    limit_files(false);
    g_assert_error(error, HT_CACHE_ERROR, HT_CACHE_ERROR_LIMIT);
    assert_outbox(&bench, 1, 0, 0);
    assert_stage(&bench, 1, HT_STAGE_SHORTLIST, true);
    assert_stage(&bench, 2, HT_STAGE_APPLIED, false);
    bench_did(&bench, HT_DECISION_SHORTLIST, 2, 12);
    bench_reopen(&bench);
    assert_outbox(&bench, 12, 0, 0);
    assert_counters(&bench);
    bench_close(&bench);
}

/* ---- a file that is not the one that was opened */
static char *file_of(Bench *bench, const char *ending)
{
    g_autofree char *name = g_strconcat("outbox.db", ending, NULL);
    return g_build_filename(ht_paths_state_dir(bench->fixture.paths), name, NULL);
}

static void assert_not_kept(Bench *bench)
{
    g_autoptr(GError) error = NULL;
    g_assert_null(bench_decide(bench, HT_DECISION_SHORTLIST, 2, 4, &error));
    g_assert_error(error, HT_CACHE_ERROR, HT_CACHE_ERROR_IO);
    g_assert_nonnull(strstr(error->message, "leave and start again"));
    g_assert_null(strchr(error->message, '\n'));
    assert_outbox(bench, 1, 0, 0);
    assert_stage(bench, 2, HT_STAGE_APPLIED, false);
    g_clear_error(&error);
    g_assert_null(bench_undo(bench, HT_INTENT_UNDO, &error));
    g_assert_error(error, HT_CACHE_ERROR, HT_CACHE_ERROR_IO);
    assert_outbox(bench, 1, 0, 0);
}

/* What is written then is read by nobody after the end of the process: it is not confirmed. The
 * same file in its place again is as good as before. */
static void test_deleted(void)
{
    static const char *const endings[] = {"", "-wal", "-shm"};
    Bench bench;
    bench_open(&bench);
    bench_did(&bench, HT_DECISION_SHORTLIST, 1, 1);
    for (gsize i = 0; i < G_N_ELEMENTS(endings); i++) {
        g_autofree char *path = file_of(&bench, endings[i]);
        g_autofree char *away = g_strconcat(path, ".away", NULL);
        g_assert_cmpint(g_rename(path, away), ==, 0);
        assert_not_kept(&bench);
        g_assert_true(g_file_set_contents(path, "another", -1, NULL));
        assert_not_kept(&bench);
        g_assert_cmpint(g_rename(away, path), ==, 0);
    }
    bench_did(&bench, HT_DECISION_SHORTLIST, 2, 4);
    bench_reopen(&bench);
    assert_outbox(&bench, 4, 0, 0);
    bench_close(&bench);
}

/* What waited when the file went leaves all the same, as long as the process lives. */
static void test_deleted_is_sent(void)
{
    static const char *const endings[] = {"", "-wal", "-shm"};
    Bench bench;
    bench_open(&bench);
    bench_did(&bench, HT_DECISION_SHORTLIST, 1, 1);
    for (gsize i = 0; i < G_N_ELEMENTS(endings); i++) {
        g_autofree char *path = file_of(&bench, endings[i]);
        g_assert_cmpint(g_unlink(path), ==, 0);
    }
    assert_not_kept(&bench);
    g_assert_cmpint(bench_push(&bench, "applied"), ==, 1);
    assert_stage(&bench, 1, HT_STAGE_SHORTLIST, false);
    bench_reopen(&bench);
    bench_did(&bench, HT_DECISION_SHORTLIST, 2, 4);
    assert_outbox(&bench, 3, 0, 0);
    bench_close(&bench);
}

static bool be_viewer(HtApply *apply, gpointer data, GError **error)
{
    (void)data;
    return ht_apply_meta_set(apply, "me", "{\"role\":\"viewer\"}", error);
}

static void test_viewer(void)
{
    Bench bench;
    bench_open(&bench);
    g_autoptr(GError) error = NULL;
    g_assert_true(ht_cache_apply(bench.fixture.cache, be_viewer, NULL, &error));
    g_assert_null(bench_decide(&bench, HT_DECISION_SHORTLIST, 1, 1, &error));
    g_assert_error(error, HT_OUTBOX_ERROR, HT_OUTBOX_ERROR_REFUSED);
    assert_outbox(&bench, 0, 0, 0);
    bench_close(&bench);
}

static bool put_sent_mail(HtApply *apply, gpointer data, GError **error)
{
    const HtUuid *decision = data;
    const HtSyncTable *table = ht_sync_table_by_name("notifications");
    int columns[] = {0, ht_sync_table_column(table, "decision_id"),
                     ht_sync_table_column(table, "status")};
    HtApplyTable *rows = ht_apply_table(apply, table, columns, 3, HT_APPLY_UPSERT, error);
    HtUuid id = test_id('N', 1);
    g_assert_nonnull(rows);
    ht_apply_uuid(rows, 0, &id);
    ht_apply_uuid(rows, 1, decision);
    ht_apply_text(rows, 2, "sent", -1);
    return ht_apply_row(rows, error);
}

static void test_mail_left(void)
{
    Bench bench;
    bench_open(&bench);
    g_autoptr(GError) error = NULL;
    bench_did(&bench, HT_DECISION_REJECT, 1, 1);
    g_assert_cmpint(bench_push(&bench, "applied"), ==, 1);
    HtMatchRow *row = bench_row(&bench, 1);
    g_assert_true(
        ht_cache_apply(bench.fixture.cache, put_sent_mail, &row->last_decision_id, &error));
    ht_match_rows_free(row, 1);
    g_assert_null(bench_undo(&bench, HT_INTENT_UNDO, &error));
    g_assert_error(error, HT_OUTBOX_ERROR, HT_OUTBOX_ERROR_REFUSED);
    g_assert_cmpstr(error->message, ==, "its mail has left already");
    assert_outbox(&bench, 0, 0, 0);
    bench_close(&bench);
}

static void test_malformed(void)
{
    static const char *const answers[] = {"",
                                          "{}",
                                          "[]",
                                          "null",
                                          "[{\"seq\":99,\"outcome\":\"applied\"}]",
                                          "[{\"seq\":1,\"outcome\":\"perhaps\"}]",
                                          "[{\"seq\":1,\"outcome\":\"applied\"},{}]"};
    Bench bench;
    bench_open(&bench);
    g_autoptr(GError) error = NULL;
    bench_did(&bench, HT_DECISION_SHORTLIST, 1, 1);
    g_autoptr(HtPushBatch) batch = ht_outbox_next_batch(bench.outbox, 10, &error);
    g_assert_no_error(error);
    for (gsize i = 0; i < G_N_ELEMENTS(answers); i++) {
        g_assert_false(ht_outbox_acknowledge(bench.outbox, batch, answers[i], &error));
        g_assert_error(error, HT_OUTBOX_ERROR, HT_OUTBOX_ERROR_MALFORMED);
        g_clear_error(&error);
        assert_outbox(&bench, 0, 1, 0);
    }
    assert_stage(&bench, 1, HT_STAGE_SHORTLIST, true);
    g_assert_cmpint(bench_push(&bench, "applied"), ==, 1);
    assert_stage(&bench, 1, HT_STAGE_SHORTLIST, false);
    bench_close(&bench);
}

/* A pull that came first is not undone by an older row in an answer. */
static bool put_newer(HtApply *apply, gpointer data, GError **error)
{
    (void)data;
    (void)error;
    put_row(apply, HT_APPLY_UPSERT, "candidate_job_matches", "id", "M1", "stage_id", "S13",
            "row_version", "99", NULL);
    return true;
}

static void test_older_answer(void)
{
    Bench bench;
    bench_open(&bench);
    g_autoptr(GError) error = NULL;
    bench_did(&bench, HT_DECISION_SHORTLIST, 1, 1);
    g_autoptr(HtPushBatch) batch = ht_outbox_next_batch(bench.outbox, 10, &error);
    g_assert_true(ht_cache_apply(bench.fixture.cache, put_newer, NULL, &error));
    assert_stage(&bench, 1, HT_STAGE_SHORTLIST, true); /* a pull never overwrites work */
    assert_counters(&bench);
    g_autofree char *answer = bench_answer(batch, "applied");
    g_assert_true(ht_outbox_acknowledge(bench.outbox, batch, answer, &error));
    assert_stage(&bench, 1, HT_STAGE_SCREENING, false);
    assert_counters(&bench);
    bench_close(&bench);
}

#define CANARY "Xanthippe"

static bool file_has(Bench *bench, const char *ending)
{
    g_autofree char *name = g_strconcat("outbox.db", ending, NULL);
    g_autofree char *path = g_build_filename(ht_paths_state_dir(bench->fixture.paths), name, NULL);
    g_autofree char *bytes = NULL;
    gsize len = 0;
    if (!g_file_get_contents(path, &bytes, &len, NULL))
        return false;
    return memmem(bytes, len, CANARY, strlen(CANARY)) != NULL;
}

static void submit_texts(Bench *bench)
{
    g_autoptr(GError) error = NULL;
    HtIntent *tag = ht_intent_new(HT_INTENT_TAG_ADD);
    tag->tag = g_strdup(CANARY);
    ht_intent_add_candidate(tag, bench_key(bench, "C1"));
    g_autoptr(HtReceipt) tagged = ht_outbox_submit(bench->outbox, tag, &error);
    g_assert_no_error(error);
    HtIntent *note = ht_intent_new(HT_INTENT_NOTE);
    note->note = g_strdup("spoke with " CANARY);
    ht_intent_add_candidate(note, bench_key(bench, "C1"));
    g_autoptr(HtReceipt) noted = ht_outbox_submit(bench->outbox, note, &error);
    g_assert_no_error(error);
    HtIntent *intent = ht_intent_new(HT_INTENT_DECIDE);
    intent->decision = HT_DECISION_SHORTLIST;
    intent->note = g_strdup(CANARY " is good");
    ht_intent_add_match(intent, bench_key(bench, "M1"), true, false, 1);
    g_autoptr(HtReceipt) decided = ht_outbox_submit(bench->outbox, intent, &error);
    g_assert_no_error(error);
    g_autoptr(HtReceipt) other = bench_decide(bench, HT_DECISION_ADVANCE, 2, 2, &error);
    g_assert_no_error(error);
}

/* Refused by the server: what was not sent stays, but as ids and codes only; a note, a tag, and a
 * decision with a note are gone without their words. */
static void test_refused_access(void)
{
    Bench bench;
    bench_open(&bench);
    g_autoptr(GError) error = NULL;
    submit_texts(&bench);
    g_autoptr(HtPushBatch) batch = ht_outbox_next_batch(bench.outbox, 10, &error);
    g_assert_no_error(error);
    g_assert_true(file_has(&bench, "") || file_has(&bench, "-wal"));
    g_assert_true(ht_cache_purge(bench.fixture.cache, HT_PURGE_LOCK, "refused", &error));
    g_assert_no_error(error);
    g_assert_false(file_has(&bench, "") || file_has(&bench, "-wal"));
    assert_outbox(&bench, 1, 0, 0);
    HtOutboxCounts counts;
    ht_outbox_counts(bench.outbox, &counts);
    g_assert_cmpint(counts.rejected, ==, 3);
    g_autofree char *text = ht_outbox_export(bench.outbox, &error);
    g_autoptr(HtJson) json = ht_json_parse(text, -1, &error);
    g_assert_cmpuint(ht_json_length(json), ==, 4);
    g_assert_null(strstr(text, CANARY));
    g_assert_nonnull(strstr(text, "shortlist"));
    bench_close(&bench);
}

/* Random decisions, undos, redos, pushes with every outcome: counters always equal a recount, and
 * what is shown is what the outbox says. */
static void test_random(void)
{
    static const char *const outcomes[] = {"applied", "applied", "conflict", "rejected", "gone"};
    Bench bench;
    bench_open(&bench);
    for (int step = 0; step < 120; step++) {
        g_autoptr(GError) error = NULL;
        int first = g_test_rand_int_range(1, 20);
        int last = MIN(20, first + g_test_rand_int_range(0, 3));
        int dice = g_test_rand_int_range(0, 10);
        g_autoptr(HtReceipt) receipt = NULL;
        if (dice < 5)
            receipt = bench_decide(&bench,
                                   dice < 2   ? HT_DECISION_ADVANCE
                                   : dice < 4 ? HT_DECISION_REJECT
                                              : HT_DECISION_HOLD,
                                   first, last, &error);
        else if (dice < 8)
            receipt = bench_undo(&bench, dice < 7 ? HT_INTENT_UNDO : HT_INTENT_REDO, &error);
        else if (dice < 9)
            bench_push(&bench, outcomes[g_test_rand_int_range(0, G_N_ELEMENTS(outcomes))]);
        else
            bench_reopen(&bench);
        g_assert_true(!error || error->domain == HT_OUTBOX_ERROR);
        assert_counters(&bench);
    }
    bench_close(&bench);
}

/* --- Ten thousand */

enum { MANY = 10000, MANY_FIRST = 101 };

static void put_many(HtApply *apply, gpointer data)
{
    (void)data;
    for (int i = MANY_FIRST; i < MANY_FIRST + MANY; i++) {
        g_autofree char *match = g_strdup_printf("M%d", i);
        put_row(apply, HT_APPLY_UPSERT, "candidate_job_matches", "id", match, "candidate_id", "C1",
                "job_id", "J1", "stage_id", "S11", "score", "5000", "row_version", "1", NULL);
    }
}

static double cpu_s(void)
{
    struct timespec spent;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &spent);
    return (double)spent.tv_sec + (double)spent.tv_nsec / 1e9;
}

/* Recorded as one act, they leave in two batches, and one key takes them all back. */
static void test_many(void)
{
    Bench bench;
    bench_open(&bench);
    g_autoptr(GError) error = NULL;
    fixture_apply(&bench.fixture, put_many, NULL);
    double start = cpu_s();
    bench_did(&bench, HT_DECISION_SHORTLIST, MANY_FIRST, MANY_FIRST + MANY - 1);
    g_test_message("recorded in %.0f ms of processor time", (cpu_s() - start) * 1000);
    assert_outbox(&bench, MANY, 0, 0);
    int trips = 0, sent = 0;
    for (;; trips++) {
        g_autoptr(HtPushBatch) batch = ht_outbox_next_batch(bench.outbox, MANY, &error);
        g_assert_no_error(error);
        if (!batch)
            break;
        g_assert_cmpint(batch->n, <=, 5000); /* the server takes no more at once */
        sent += batch->n;
        g_autofree char *answer = bench_answer(batch, "applied");
        ht_outbox_acknowledge(bench.outbox, batch, answer, &error);
        g_assert_no_error(error);
    }
    g_assert_cmpint(sent, ==, MANY);
    g_assert_cmpint(trips, ==, 2);
    assert_outbox(&bench, 0, 0, 0);
    assert_stage(&bench, MANY_FIRST, HT_STAGE_SHORTLIST, false);
    assert_counters(&bench);
    bench_close(&bench);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/outbox/limits/no_room", test_no_room);
    g_test_add_func("/outbox/limits/deleted", test_deleted);
    g_test_add_func("/outbox/limits/deleted_is_sent", test_deleted_is_sent);
    g_test_add_func("/outbox/limits/viewer", test_viewer);
    g_test_add_func("/outbox/limits/mail_left", test_mail_left);
    g_test_add_func("/outbox/limits/malformed", test_malformed);
    g_test_add_func("/outbox/limits/older_answer", test_older_answer);
    g_test_add_func("/outbox/limits/refused_access", test_refused_access);
    g_test_add_func("/outbox/limits/many", test_many);
    g_test_add_func("/outbox/random/counters", test_random);
    return g_test_run();
}
