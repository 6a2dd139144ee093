/* What the server does not take for a reason that may pass waits, and only what builds on it waits
 * behind it; and an outbox that was copied, or brought back from a backup: what the server
 * acknowledged to another copy says nothing about what waits in this one. */
#include "bench.h"

#include "hiretty/base/clock.h"
#include "hiretty/base/json.h"

#include <glib/gstdio.h>
#include <string.h>

static HtPushBatch *next(Bench *bench, int max)
{
    g_autoptr(GError) error = NULL;
    HtPushBatch *batch = ht_outbox_next_batch(bench->outbox, max, &error);
    g_assert_no_error(error);
    return batch;
}

static void acknowledge(Bench *bench, HtPushBatch *batch)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *answer = bench_answer(batch, "applied");
    ht_outbox_acknowledge(bench->outbox, batch, answer, &error);
    g_assert_no_error(error);
}

/* The next batch is refused for something that may pass, halved until one op stands alone. */
static HtHold hold_first(Bench *bench, bool may_park)
{
    g_autoptr(GError) error = NULL;
    HtHold hold = HT_HOLD_WAITS;
    for (int n = 2; n > 1;) {
        g_autoptr(HtPushBatch) batch = next(bench, 1);
        g_assert_nonnull(batch);
        n = batch->n;
        ht_outbox_hold(bench->outbox, batch, "locked", may_park, &hold, &error);
        g_assert_no_error(error);
    }
    return hold;
}

static void release(Bench *bench)
{
    g_autoptr(GError) error = NULL;
    ht_outbox_release_held(bench->outbox, &error);
    g_assert_no_error(error);
}

static guint count_held(Bench *bench)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *why = NULL;
    guint n;
    ht_outbox_held(bench->outbox, &n, &why, &error);
    g_assert_no_error(error);
    g_assert_cmpstr(why, ==, n ? "locked" : NULL);
    return n;
}

/* Five wait, two of them on the first application: three go, the two stay, in order, and are shown.
 */
static void test_others_go(void)
{
    Bench bench;
    bench_open(&bench);
    ht_clock_fix(ht_clock_now_us()); /* no pause is over while this one takes its time */
    bench_did(&bench, HT_DECISION_SHORTLIST, 1, 4);
    bench_did(&bench, HT_DECISION_ADVANCE, 1, 1);
    g_assert_cmpint(hold_first(&bench, false), ==, HT_HOLD_WAITS);
    g_assert_cmpuint(count_held(&bench), ==, 2); /* it, and what builds on it */
    g_assert_cmpint(bench_push(&bench, "applied"), ==, 3);
    assert_outbox(&bench, 2, 0, 0);
    /* Its number is below what is acknowledged: it is shown all the same. */
    assert_stage(&bench, 1, HT_STAGE_SCREENING, true);
    assert_stage(&bench, 2, HT_STAGE_SHORTLIST, false);
    bench_reopen(&bench);
    assert_stage(&bench, 1, HT_STAGE_SCREENING, true);
    g_assert_null(next(&bench, 10));
    release(&bench);
    g_autoptr(HtPushBatch) batch = next(&bench, 10);
    g_assert_cmpint(batch->n, ==, 2);
    /* While it is under way, and when another one has been acknowledged since. */
    assert_stage(&bench, 1, HT_STAGE_SCREENING, true);
    acknowledge(&bench, batch);
    assert_stage(&bench, 1, HT_STAGE_SCREENING, false);
    assert_outbox(&bench, 0, 0, 0);
    g_assert_cmpuint(count_held(&bench), ==, 0);
    assert_counters(&bench);
    ht_clock_fix(0);
    bench_close(&bench);
}

/* Pauses grow, a try comes when its pause is over, and after enough of them it is parked; a lock
 * never parks. A clock that jumps back makes nothing wait longer than the longest pause. */
static void test_pauses(void)
{
    Bench bench;
    bench_open(&bench);
    int64_t now = ht_clock_now_us();
    ht_clock_fix(now);
    bench_did(&bench, HT_DECISION_SHORTLIST, 1, 1);
    int tries = 1;
    HtHold hold = hold_first(&bench, true);
    for (; hold == HT_HOLD_WAITS && tries < 20; tries++) {
        g_assert_null(next(&bench, 10));
        int64_t pause = 0;
        for (; pause <= 11 * HT_US_PER_MINUTE; pause += HT_US_PER_S) {
            ht_clock_fix(now + pause);
            g_autoptr(HtPushBatch) due = next(&bench, 10);
            if (due)
                break;
        }
        g_assert_cmpint(pause, <=, 10 * HT_US_PER_MINUTE);
        now += pause;
        hold = hold_first(&bench, true);
    }
    g_assert_cmpint(hold, ==, HT_HOLD_PARKED);
    g_assert_cmpint(tries, >=, 8);
    g_autoptr(GError) error = NULL;
    guint n;
    ht_outbox_unpark(bench.outbox, &n, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(n, ==, 1);
    assert_stage(&bench, 1, HT_STAGE_SHORTLIST, true);
    for (int i = 0; i < 12; i++) {
        g_assert_cmpint(hold_first(&bench, false), ==, HT_HOLD_WAITS);
        now += 11 * HT_US_PER_MINUTE;
        ht_clock_fix(now);
    }
    g_assert_cmpint(hold_first(&bench, false), ==, HT_HOLD_WAITS);
    ht_clock_fix(now - 365 * HT_US_PER_DAY);
    g_assert_cmpint(bench_push(&bench, "applied"), ==, 1);
    ht_clock_fix(0);
    bench_close(&bench);
}

/* A whole batch of parked ones is sent again as it was, in one step. */
static void test_unpark(void)
{
    Bench bench;
    bench_open(&bench);
    g_autoptr(GError) error = NULL;
    bench_did(&bench, HT_DECISION_SHORTLIST, 1, 6);
    for (int i = 0; i < 6; i++) {
        g_autoptr(HtPushBatch) batch = next(&bench, 1);
        ht_outbox_bisect(bench.outbox, batch, "no", &error);
        g_assert_no_error(error);
    }
    g_assert_null(next(&bench, 10));
    assert_stage(&bench, 1, HT_STAGE_APPLIED, false);
    guint n;
    ht_outbox_unpark(bench.outbox, &n, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(n, ==, 6);
    assert_stage(&bench, 1, HT_STAGE_SHORTLIST, true);
    g_assert_cmpint(bench_push(&bench, "applied"), ==, 6);
    ht_outbox_unpark(bench.outbox, &n, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(n, ==, 0);
    assert_counters(&bench);
    bench_close(&bench);
}

/* ---- copies */

static void copy_file(const char *from, const char *to)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *bytes = NULL;
    gsize len;
    g_file_get_contents(from, &bytes, &len, &error);
    g_assert_no_error(error);
    g_file_set_contents_full(to, bytes, (gssize)len, G_FILE_SET_CONTENTS_NONE, 0600, &error);
    g_assert_no_error(error);
}

static char *outbox_path(Bench *bench, const char *ending)
{
    g_autofree char *name = g_strconcat("outbox.db", ending, NULL);
    return g_build_filename(ht_paths_state_dir(bench->fixture.paths), name, NULL);
}

/* The outbox as it is on disk, or back from there; nobody has it open. */
static void keep_copy(Bench *bench, bool back)
{
    g_autofree char *path = outbox_path(bench, ""), *kept = outbox_path(bench, ".kept"),
                    *wal = outbox_path(bench, "-wal"), *shm = outbox_path(bench, "-shm");
    g_unlink(wal);
    g_unlink(shm);
    copy_file(back ? kept : path, back ? path : kept);
}

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

/* The server acknowledged higher numbers, to another copy of this outbox: what waits here is shown.
 */
static void test_numbers_of_another(void)
{
    Bench bench;
    bench_open(&bench);
    g_autoptr(GError) error = NULL;
    bench_did(&bench, HT_DECISION_SHORTLIST, 1, 3);
    ht_outbox_set_acked(bench.outbox, 40, &error);
    g_assert_no_error(error);
    for (int i = 1; i <= 3; i++)
        assert_stage(&bench, i, HT_STAGE_SHORTLIST, true);
    bench_did(&bench, HT_DECISION_SHORTLIST, 4, 4);
    g_autoptr(HtPushBatch) batch = next(&bench, 10);
    g_assert_cmpint(batch->last_seq, ==, 41);
    ht_outbox_set_acked(bench.outbox, 41, &error);
    g_assert_no_error(error);
    assert_stage(&bench, 4, HT_STAGE_SHORTLIST, true);
    HtUuid before, after;
    bool is_renewed;
    int64_t last;
    ht_outbox_device(bench.outbox, &before);
    /* A batch is under way: it is settled under the id that it was sent with. */
    ht_outbox_renew_device(bench.outbox, &is_renewed, &error);
    g_assert_no_error(error);
    g_assert_false(is_renewed);
    acknowledge(&bench, batch);
    ht_outbox_renew_device(bench.outbox, &is_renewed, &error);
    g_assert_no_error(error);
    g_assert_true(is_renewed);
    ht_outbox_look_device(bench.outbox, &after, &last, &error);
    g_assert_no_error(error);
    g_assert_false(ht_uuid_equal(&before, &after));
    bench_did(&bench, HT_DECISION_SHORTLIST, 5, 5);
    bench_reopen(&bench);
    ht_outbox_device(bench.outbox, &before);
    g_assert_true(ht_uuid_equal(&before, &after));
    assert_stage(&bench, 4, HT_STAGE_SHORTLIST, false);
    assert_stage(&bench, 5, HT_STAGE_SHORTLIST, true);
    assert_counters(&bench);
    bench_close(&bench);
}

/* The outbox comes back from a backup, the cache is newer: what was acknowledged is not shown as it
 * was before, neither from the old copy's pending ops nor while these go once more. */
static void test_brought_back(void)
{
    Bench bench;
    bench_open(&bench);
    bench_did(&bench, HT_DECISION_SHORTLIST, 1, 2);
    close_all(&bench);
    keep_copy(&bench, false);
    open_all(&bench);
    bench_did(&bench, HT_DECISION_ADVANCE, 1, 1);
    g_assert_cmpint(bench_push(&bench, "applied"), ==, 3);
    close_all(&bench);
    keep_copy(&bench, true);
    open_all(&bench);
    assert_outbox(&bench, 2, 0, 0);
    assert_stage(&bench, 1, HT_STAGE_SCREENING, false);
    assert_stage(&bench, 2, HT_STAGE_SHORTLIST, false);
    bench_did(&bench, HT_DECISION_SHORTLIST, 3, 3);
    g_autoptr(HtPushBatch) batch = next(&bench, 10);
    g_assert_cmpint(batch->n, ==, 3);
    assert_stage(&bench, 1, HT_STAGE_SCREENING, false);
    assert_stage(&bench, 3, HT_STAGE_SHORTLIST, true);
    bench_reopen(&bench);
    assert_stage(&bench, 1, HT_STAGE_SCREENING, false);
    assert_counters(&bench);
    bench_close(&bench);
}

/* The same file, and an undo of what it calls pending: the server has it, so it is answered. */
static void test_undo_of_taken(void)
{
    Bench bench;
    bench_open(&bench);
    bench_did(&bench, HT_DECISION_SHORTLIST, 2, 2);
    close_all(&bench);
    keep_copy(&bench, false);
    open_all(&bench);
    g_assert_cmpint(bench_push(&bench, "applied"), ==, 1);
    close_all(&bench);
    keep_copy(&bench, true);
    open_all(&bench);
    assert_stage(&bench, 2, HT_STAGE_SHORTLIST, false);
    g_autoptr(GError) error = NULL;
    g_autoptr(HtReceipt) receipt = bench_undo(&bench, HT_INTENT_UNDO, &error);
    g_assert_no_error(error);
    g_assert_cmpint(receipt->n_done, ==, 1);
    assert_stage(&bench, 2, HT_STAGE_APPLIED, true);
    assert_outbox(&bench, 2, 0, 0); /* what the server knows, and its answer */
    bench_close(&bench);
}

/* The outbox of a version that held nothing. */
static void test_older_file(void)
{
    Bench bench;
    bench_open(&bench);
    bench_did(&bench, HT_DECISION_SHORTLIST, 1, 2);
    close_all(&bench);
    g_autoptr(GError) error = NULL;
    g_autofree char *path = outbox_path(&bench, "");
    HtDb *db = ht_db_open(path, HT_DB_WRITE, "old", 256, &error);
    g_assert_no_error(error);
    ht_db_exec(db, "DROP TRIGGER held_settled; DROP TABLE held", &error);
    g_assert_no_error(error);
    ht_db_close(db);
    open_all(&bench);
    ht_clock_fix(ht_clock_now_us());
    g_assert_cmpint(hold_first(&bench, true), ==, HT_HOLD_WAITS);
    g_assert_cmpint(bench_push(&bench, "applied"), ==, 1);
    release(&bench);
    g_assert_cmpint(bench_push(&bench, "applied"), ==, 1);
    ht_clock_fix(0);
    bench_close(&bench);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/outbox/hold/others_go", test_others_go);
    g_test_add_func("/outbox/hold/pauses", test_pauses);
    g_test_add_func("/outbox/hold/unpark", test_unpark);
    g_test_add_func("/outbox/device/numbers_of_another", test_numbers_of_another);
    g_test_add_func("/outbox/device/brought_back", test_brought_back);
    g_test_add_func("/outbox/device/undo_of_taken", test_undo_of_taken);
    g_test_add_func("/outbox/device/older_file", test_older_file);
    return g_test_run();
}
