/* What undo says it undid, and a pass undone as one. */
#include "bench.h"

#include "hiretty/base/json.h"

#include <string.h>

/* Answers the next `n` ops, each with its outcome of "applied conflict …". */
static void answer(Bench *bench, const char *outcomes)
{
    g_autoptr(GError) error = NULL;
    g_auto(GStrv) words = g_strsplit(outcomes, " ", -1);
    int n = (int)g_strv_length(words);
    g_autoptr(HtPushBatch) batch = ht_outbox_next_batch(bench->outbox, n, &error);
    g_assert_no_error(error);
    g_assert_cmpint(batch->n, ==, n);
    g_autoptr(HtJson) all = ht_json_new_array();
    for (int i = 0; i < n; i++) {
        g_autofree char *text = bench_answer(batch, words[i]);
        g_autoptr(HtJson) same = ht_json_parse(text, -1, &error);
        ht_json_add(all, ht_json_dup(ht_json_at(same, i)));
    }
    g_autofree char *text = ht_json_print(all, false);
    ht_outbox_acknowledge(bench->outbox, batch, text, &error);
    g_assert_no_error(error);
}

static void settle_first(Bench *bench, HtResolution resolution)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) conflicts = ht_outbox_conflicts(bench->outbox, &error);
    HtResolve how = {.resolution = resolution};
    const HtConflict *first = conflicts->pdata[0];
    ht_outbox_resolve(bench->outbox, first->item.seq, &how, &error);
    g_assert_no_error(error);
}

/* Two sent, one that others decided, one that waits: what was given up was not undone, and does not
 * come back. */
static void test_bulk(void)
{
    Bench bench;
    bench_open(&bench);
    g_autoptr(GError) error = NULL;
    bench_did(&bench, HT_DECISION_SHORTLIST, 1, 4);
    answer(&bench, "applied applied conflict");
    settle_first(&bench, HT_RESOLVE_TAKE_THEIRS);
    g_autoptr(HtReceipt) undone = bench_undo(&bench, HT_INTENT_UNDO, &error);
    g_assert_no_error(error);
    g_assert_cmpint(undone->n_done, ==, 3);
    g_assert_cmpstr(undone->label, ==, "Undone 3 of 4: Shortlisted 4");
    for (int i = 1; i <= 4; i++)
        assert_stage(&bench, i, HT_STAGE_APPLIED, i < 3);
    assert_counters(&bench);
    g_autoptr(HtReceipt) redone = bench_undo(&bench, HT_INTENT_REDO, &error);
    g_assert_no_error(error);
    g_assert_cmpint(redone->n_done, ==, 3);
    g_assert_cmpstr(redone->label, ==, "Redone 3 of 4: Shortlisted 4");
    assert_stage(&bench, 1, HT_STAGE_SHORTLIST, false);
    assert_stage(&bench, 3, HT_STAGE_APPLIED, false);
    assert_stage(&bench, 4, HT_STAGE_SHORTLIST, true);
    g_autoptr(HtReceipt) again = bench_undo(&bench, HT_INTENT_UNDO, &error);
    g_assert_no_error(error);
    g_assert_cmpstr(again->label, ==, "Undone 3 of 4: Shortlisted 4");
    assert_counters(&bench);
    bench_close(&bench);
}

/* Somebody decided since: it stands, also after a redo, and is not counted. */
static void test_stands(void)
{
    Bench bench;
    bench_open(&bench);
    g_autoptr(GError) error = NULL;
    bench_did(&bench, HT_DECISION_SHORTLIST, 1, 3);
    answer(&bench, "applied applied applied");
    bench_did(&bench, HT_DECISION_ADVANCE, 2, 2);
    g_autoptr(HtReceipt) later = bench_decide(&bench, HT_DECISION_SHORTLIST, 5, 5, &error);
    g_autoptr(HtReceipt) first = bench_undo(&bench, HT_INTENT_UNDO, &error);
    g_assert_cmpstr(first->label, ==, "Undone: Shortlisted");
    HtIntent *group = ht_intent_new(HT_INTENT_UNDO_GROUP);
    group->group = 1;
    g_autoptr(HtReceipt) undone = ht_outbox_submit(bench.outbox, group, &error);
    g_assert_no_error(error);
    g_assert_cmpint(undone->n_done, ==, 2);
    g_assert_cmpint(undone->n_refused, ==, 1);
    g_assert_cmpstr(undone->label, ==, "Undone 2 of 3: Shortlisted 3");
    g_assert_cmpstr(undone->why, ==, "somebody decided since");
    g_autoptr(HtReceipt) redone = bench_undo(&bench, HT_INTENT_REDO, &error);
    g_assert_no_error(error);
    g_assert_cmpint(redone->n_done, ==, 2);
    g_assert_cmpstr(redone->label, ==, "Redone 2 of 3: Shortlisted 3");
    bench_close(&bench);
}

/* A reopening and what it was made for are about one application. */
static void test_replaced(void)
{
    Bench bench;
    bench_open(&bench);
    g_autoptr(GError) error = NULL;
    bench_did(&bench, HT_DECISION_SHORTLIST, 1, 2);
    answer(&bench, "conflict applied");
    settle_first(&bench, HT_RESOLVE_KEEP_MINE);
    g_autoptr(HtReceipt) undone = bench_undo(&bench, HT_INTENT_UNDO, &error);
    g_assert_no_error(error);
    g_assert_cmpint(undone->n_done, ==, 2);
    g_assert_cmpstr(undone->label, ==, "Undone: Shortlisted 2");
    bench_close(&bench);
}

static void pass_decides(Bench *bench, guint64 pass, HtDecisionKind decision, int first, int last)
{
    for (int i = first; i <= last; i++) {
        g_autoptr(GError) error = NULL;
        g_autofree char *name = g_strdup_printf("M%d", i);
        HtIntent *intent = ht_intent_new(HT_INTENT_DECIDE);
        intent->decision = decision;
        intent->pass = pass;
        ht_intent_add_match(intent, bench_key(bench, name), true, false, 1);
        g_autoptr(HtReceipt) receipt = ht_outbox_submit(bench->outbox, intent, &error);
        g_assert_no_error(error);
    }
}

static int64_t stamp(Bench *bench)
{
    g_autofree char *path =
        g_build_filename(ht_paths_state_dir(bench->fixture.paths), "outbox.db", NULL);
    g_autoptr(GError) error = NULL;
    HtDb *db = ht_db_open(path, HT_DB_READ, "test", 64, &error);
    g_assert_no_error(error);
    int64_t value = -1;
    {
        g_auto(HtStmtUse)
            use = {ht_db_stmt_text(db, "SELECT value FROM meta WHERE name = 'stamp'", &error)};
        g_assert_no_error(error);
        if (ht_stmt_step(use.stmt, &error) == HT_STEP_ROW)
            value = ht_stmt_int(use.stmt, 0);
    }
    ht_db_close(db);
    return value;
}

/* One change of the file for all whom it met once; sent ones are answered, one on the other. */
static void test_pass(void)
{
    Bench bench;
    bench_open(&bench);
    g_autoptr(GError) error = NULL;
    guint64 pass = ht_outbox_new_pass(bench.outbox);
    pass_decides(&bench, pass, HT_DECISION_SHORTLIST, 1, 6);
    answer(&bench, "applied applied applied conflict");
    int64_t before = stamp(&bench);
    g_autoptr(HtReceipt) undone = ht_outbox_undo_pass(bench.outbox, pass, &error);
    g_assert_no_error(error);
    g_assert_cmpint(undone->n_done, ==, 6);
    g_assert_cmpstr(undone->label, ==, "Undone: the pass, 6");
    g_assert_cmpint(stamp(&bench), ==, before + 1);
    for (int i = 1; i <= 6; i++)
        assert_stage(&bench, i, HT_STAGE_APPLIED, i <= 3);
    assert_outbox(&bench, 3, 0, 0);
    assert_counters(&bench);
    /* So many redos as it says, and no more. */
    g_assert_cmpint(undone->n_groups, ==, 6);
    for (int i = 1; i <= undone->n_groups; i++) {
        g_autoptr(HtReceipt) again = bench_undo(&bench, HT_INTENT_REDO, &error);
        g_assert_no_error(error);
        g_assert_cmpint(again->n_done, ==, 1);
        assert_stage(&bench, i, HT_STAGE_SHORTLIST, i > 3);
    }
    g_assert_null(bench_undo(&bench, HT_INTENT_REDO, &error));
    g_assert_error(error, HT_OUTBOX_ERROR, HT_OUTBOX_ERROR_NOTHING);
    assert_counters(&bench);
    bench_close(&bench);
}

static void test_pass_twice_on_one(void)
{
    Bench bench;
    bench_open(&bench);
    g_autoptr(GError) error = NULL;
    guint64 pass = ht_outbox_new_pass(bench.outbox);
    pass_decides(&bench, pass, HT_DECISION_SHORTLIST, 1, 2);
    pass_decides(&bench, pass, HT_DECISION_ADVANCE, 1, 1);
    answer(&bench, "applied applied applied");
    assert_stage(&bench, 1, HT_STAGE_SCREENING, false);
    int64_t before = stamp(&bench);
    g_autoptr(HtReceipt) undone = ht_outbox_undo_pass(bench.outbox, pass, &error);
    g_assert_no_error(error);
    g_assert_cmpint(undone->n_done, ==, 3);
    g_assert_cmpint(undone->n_refused, ==, 0);
    g_assert_cmpint(stamp(&bench), ==, before + 2);
    assert_stage(&bench, 1, HT_STAGE_APPLIED, true);
    assert_stage(&bench, 2, HT_STAGE_APPLIED, true);
    assert_outbox(&bench, 3, 0, 0);
    g_assert_cmpint((int)(undone->recorded.last - undone->recorded.first), ==, 2);
    assert_counters(&bench);
    bench_close(&bench);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/outbox/undo/bulk", test_bulk);
    g_test_add_func("/outbox/undo/stands", test_stands);
    g_test_add_func("/outbox/undo/replaced", test_replaced);
    g_test_add_func("/outbox/undo/pass", test_pass);
    g_test_add_func("/outbox/undo/pass_twice_on_one", test_pass_twice_on_one);
    return g_test_run();
}
