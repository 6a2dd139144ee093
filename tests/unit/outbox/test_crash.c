/* Processes that are killed between any two steps, and processes side by side: what was confirmed
 * is there, what is shown is what the file says, nothing counts twice. */
#include "bench.h"

#include <glib/gstdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

typedef void (*Work)(Bench *bench, int round);

static void close_all(Bench *bench)
{
    g_clear_pointer(&bench->reader, ht_reader_free);
    g_clear_pointer(&bench->outbox, ht_outbox_close);
    g_clear_pointer(&bench->fixture.cache, ht_cache_close);
}

static void open_all(Bench *bench)
{
    g_autoptr(GError) error = NULL;
    bench->fixture.cache = ht_cache_open(bench->fixture.paths, HT_CACHE_DEFAULT, &error);
    g_assert_no_error(error);
    bench->outbox = ht_outbox_open(bench->fixture.cache, bench->fixture.paths, &error);
    g_assert_no_error(error);
    bench->reader = ht_reader_new(bench->fixture.cache, "test", &error);
    g_assert_no_error(error);
}

/* Runs `work` in a child of its own connections; the child says in `confirmed` how many decisions
 * it was told are recorded. Killed after `us`, or 0 = left to end. */
static pid_t start_child(Bench *bench, Work work, int round, int us)
{
    pid_t pid = fork();
    g_assert_cmpint(pid, >=, 0);
    if (pid > 0)
        return pid;
    if (us > 0 && fork() == 0) {
        usleep((useconds_t)us);
        kill(getppid(), SIGKILL);
        _exit(0);
    }
    open_all(bench);
    work(bench, round);
    close_all(bench);
    _exit(0);
}

static int confirmed_path_count(Bench *bench)
{
    g_autofree char *path = g_build_filename(bench->fixture.dir, "confirmed", NULL);
    g_autofree char *text = NULL;
    gsize len = 0;
    return g_file_get_contents(path, &text, &len, NULL) ? (int)len : 0;
}

static void confirm(Bench *bench)
{
    g_autofree char *path = g_build_filename(bench->fixture.dir, "confirmed", NULL);
    FILE *file = g_fopen(path, "a");
    g_assert_nonnull(file);
    g_assert_cmpint(fputc('x', file), ==, 'x');
    g_assert_cmpint(fclose(file), ==, 0);
}

static void decide_one_by_one(Bench *bench, int round)
{
    (void)round;
    for (int i = 1; i <= 20; i++) {
        g_autoptr(HtReceipt) receipt = bench_decide(bench, HT_DECISION_SHORTLIST, i, i, NULL);
        if (receipt)
            confirm(bench);
    }
}

static int count_shortlisted(Bench *bench)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) stages =
        ht_cache_job_stages(bench->reader, bench_key(bench, "J1"), &error);
    g_assert_no_error(error);
    return (int)((HtJobStage *)stages->pdata[1])->n;
}

static void test_killed_submit(void)
{
    for (int us = 3000; us < 60000; us = us * 5 / 3) {
        Bench bench;
        bench_open(&bench);
        close_all(&bench);
        int status;
        pid_t pid = start_child(&bench, decide_one_by_one, 0, us);
        g_assert_cmpint(waitpid(pid, &status, 0), ==, pid);
        open_all(&bench);
        HtOutboxCounts counts;
        ht_outbox_counts(bench.outbox, &counts);
        int confirmed = confirmed_path_count(&bench);
        /* The one under way when it was killed may or may not be there. */
        g_assert_cmpint(counts.pending, >=, confirmed);
        g_assert_cmpint(counts.pending, <=, confirmed + 1);
        g_assert_cmpint(count_shortlisted(&bench), ==, counts.pending);
        assert_counters(&bench);
        bench_close(&bench);
    }
}

/* The server of these tests: a file that holds the answer to each batch it has seen. */
static char *serve(Bench *bench, const HtPushBatch *batch)
{
    g_autofree char *name = g_strdup_printf("batch-%" G_GINT64_FORMAT, batch->first_seq);
    g_autofree char *path = g_build_filename(bench->fixture.dir, name, NULL);
    char *answer = NULL;
    if (g_file_get_contents(path, &answer, NULL, NULL))
        return answer;
    answer = bench_answer(batch, "applied");
    g_assert_true(g_file_set_contents(path, answer, -1, NULL));
    return answer;
}

static void push_all(Bench *bench, int round)
{
    (void)round;
    for (;;) {
        g_autoptr(GError) error = NULL;
        g_autoptr(HtPushBatch) batch = ht_outbox_next_batch(bench->outbox, 3, &error);
        g_assert_no_error(error);
        if (!batch)
            return;
        g_autofree char *answer = serve(bench, batch);
        ht_outbox_acknowledge(bench->outbox, batch, answer, &error);
        g_assert_no_error(error);
    }
}

static void test_killed_push(void)
{
    for (int us = 3000; us < 60000; us = us * 5 / 3) {
        Bench bench;
        bench_open(&bench);
        bench_did(&bench, HT_DECISION_SHORTLIST, 1, 18);
        close_all(&bench);
        int status;
        pid_t pid = start_child(&bench, push_all, 0, us);
        g_assert_cmpint(waitpid(pid, &status, 0), ==, pid);
        open_all(&bench);
        /* Whatever is acknowledged or not: shown the same. */
        g_assert_cmpint(count_shortlisted(&bench), ==, 18);
        assert_counters(&bench);
        push_all(&bench, 0);
        assert_outbox(&bench, 0, 0, 0);
        g_assert_cmpint(count_shortlisted(&bench), ==, 18);
        for (int i = 1; i <= 18; i++)
            assert_stage(&bench, i, HT_STAGE_SHORTLIST, false);
        assert_counters(&bench);
        bench_close(&bench);
    }
}

static void decide_half(Bench *bench, int round)
{
    for (int i = 1; i <= 10; i++)
        bench_did(bench, HT_DECISION_SHORTLIST, round * 10 + i, round * 10 + i);
}

static void test_two_processes(void)
{
    Bench bench;
    bench_open(&bench);
    close_all(&bench);
    pid_t first = start_child(&bench, decide_half, 0, 0);
    pid_t second = start_child(&bench, decide_half, 1, 0);
    int status;
    g_assert_cmpint(waitpid(first, &status, 0), ==, first);
    g_assert_cmpint(status, ==, 0);
    g_assert_cmpint(waitpid(second, &status, 0), ==, second);
    g_assert_cmpint(status, ==, 0);
    open_all(&bench);
    assert_outbox(&bench, 20, 0, 0);
    g_assert_cmpint(count_shortlisted(&bench), ==, 20);
    assert_counters(&bench);
    bench_close(&bench);
}

/* A generation takes the place of the cache: intents stay, keys do not. */
static bool fill_again(HtApply *apply, gpointer data, GError **error)
{
    (void)data;
    put_row(apply, HT_APPLY_BULK, "users", "id", "U1", "first_name", "Shift", NULL);
    put_job(apply, 2, "Data Engineer");
    put_job(apply, 1, "Customer Support Specialist");
    for (int i = 20; i >= 1; i--)
        put_match(apply, i, 1, 11, i * 100, "Zoë", "New");
    return ht_apply_meta_set(apply, "me", "{\"role\":\"recruiter\"}", error);
}

static bool fill_decision(HtApply *apply, gpointer op, GError **error)
{
    const HtSyncTable *table = ht_sync_table_by_number(17);
    int columns[] = {ht_sync_table_column(table, "id"), ht_sync_table_column(table, "row_version")};
    HtApplyTable *rows = ht_apply_table(apply, table, columns, 2, HT_APPLY_UPSERT, error);
    if (!rows)
        return false;
    ht_apply_uuid(rows, 0, op);
    ht_apply_int(rows, 1, 1);
    return ht_apply_row(rows, error);
}

static void test_generation(void)
{
    Bench bench;
    bench_open(&bench);
    g_autoptr(GError) error = NULL;
    bench_did(&bench, HT_DECISION_SHORTLIST, 1, 5);
    ht_outbox_note_view(bench.outbox, bench_key(&bench, "M9"), false, 3);
    bool resumed, changed;
    HtGeneration *generation = ht_cache_generation_begin(bench.fixture.cache, &resumed, &error);
    g_assert_true(ht_cache_generation_apply(generation, fill_again, NULL, &error));
    g_assert_true(ht_cache_generation_publish(generation, &error));
    g_assert_true(ht_reader_refresh(bench.reader, &changed, &error));
    g_assert_true(changed);
    for (int i = 1; i <= 5; i++)
        assert_stage(&bench, i, HT_STAGE_SHORTLIST, true);
    assert_stage(&bench, 6, HT_STAGE_APPLIED, false);
    HtMatchRow *row = bench_row(&bench, 9);
    g_assert_cmpint((int)(row->flags & HT_MATCH_UNREAD), ==, 0);
    ht_match_rows_free(row, 1);
    assert_counters(&bench);
    /* A load brought a decision itself: the base row speaks, which somebody may have moved since.
     * The others wait for their answer, whatever number the server has come to. */
    g_autoptr(HtPushBatch) batch = ht_outbox_next_batch(bench.outbox, 10, &error);
    g_assert_cmpint(batch->n, ==, 5);
    g_autoptr(GPtrArray) items = ht_outbox_list(bench.outbox, 0, &error);
    HtUuid first = ((const HtOutboxItem *)items->pdata[0])->op;
    ht_cache_apply(bench.fixture.cache, fill_decision, &first, &error);
    g_assert_no_error(error);
    ht_outbox_set_acked(bench.outbox, batch->last_seq, &error);
    g_assert_no_error(error);
    assert_stage(&bench, 1, HT_STAGE_APPLIED, false);
    assert_stage(&bench, 2, HT_STAGE_SHORTLIST, true);
    bench_close(&bench);
}

static void test_corrupt(void)
{
    Bench bench;
    bench_open(&bench);
    bench_did(&bench, HT_DECISION_SHORTLIST, 1, 5);
    g_autofree char *path =
        g_build_filename(ht_paths_state_dir(bench.fixture.paths), "outbox.db", NULL);
    close_all(&bench);
    FILE *file = g_fopen(path, "r+");
    g_assert_nonnull(file);
    g_assert_cmpint(fputs("not a database any more", file), >=, 0);
    g_assert_cmpint(fclose(file), ==, 0);
    open_all(&bench);
    g_assert_nonnull(ht_outbox_problem(bench.outbox));
    assert_outbox(&bench, 0, 0, 0);
    assert_stage(&bench, 1, HT_STAGE_APPLIED, false);
    assert_counters(&bench);
    bench_did(&bench, HT_DECISION_SHORTLIST, 6, 6);
    bench_close(&bench);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/outbox/crash/submit", test_killed_submit);
    g_test_add_func("/outbox/crash/push", test_killed_push);
    g_test_add_func("/outbox/processes/two", test_two_processes);
    g_test_add_func("/outbox/generation/follows", test_generation);
    g_test_add_func("/outbox/open/corrupt", test_corrupt);
    return g_test_run();
}
