/* Decisions: shown at once, undone, redone, sent, answered. */
#include "bench.h"

#include "hiretty/base/json.h"

static void test_shown(void)
{
    Bench bench;
    bench_open(&bench);
    bench_did(&bench, HT_DECISION_SHORTLIST, 1, 3);
    bench_did(&bench, HT_DECISION_REJECT, 4, 8);
    assert_stage(&bench, 1, HT_STAGE_SHORTLIST, true);
    assert_stage(&bench, 8, HT_STAGE_REJECTED, true);
    assert_stage(&bench, 9, HT_STAGE_APPLIED, false);
    assert_counters(&bench);
    assert_outbox(&bench, 8, 0, 0);
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) stages =
        ht_cache_job_stages(bench.reader, bench_key(&bench, "J1"), &error);
    g_assert_cmpint(((HtJobStage *)stages->pdata[0])->n, ==, 12);
    g_assert_cmpint(((HtJobStage *)stages->pdata[1])->n, ==, 3);
    g_assert_cmpint(((HtJobStage *)stages->pdata[6])->n, ==, 5);
    g_autoptr(GPtrArray) list = ht_outbox_list(bench.outbox, 0, &error);
    g_assert_cmpuint(list->len, ==, 8);
    g_autofree char *label = ht_outbox_undo_label(bench.outbox);
    g_assert_cmpstr(label, ==, "Rejected 5: Must-have missing");
    bench_close(&bench);
}

static void test_refused(void)
{
    Bench bench;
    bench_open(&bench);
    g_autoptr(GError) error = NULL;
    HtIntent *intent = ht_intent_new(HT_INTENT_DECIDE);
    intent->decision = HT_DECISION_REJECT;
    ht_intent_add_match(intent, bench_key(&bench, "M1"), true, false, 0);
    g_assert_null(ht_outbox_submit(bench.outbox, intent, &error));
    g_assert_error(error, HT_OUTBOX_ERROR, HT_OUTBOX_ERROR_REFUSED);
    g_assert_cmpstr(error->message, ==, "a reason is needed");
    g_clear_error(&error);
    intent = ht_intent_new(HT_INTENT_DECIDE);
    intent->decision = HT_DECISION_REJECT;
    intent->reason = bench_key(&bench, "R1");
    intent->needs_viewed = true;
    ht_intent_add_match(intent, bench_key(&bench, "M1"), true, false, 2);
    ht_intent_add_match(intent, bench_key(&bench, "M2"), false, false, 0);
    g_autoptr(HtReceipt) receipt = ht_outbox_submit(bench.outbox, intent, &error);
    g_assert_no_error(error);
    g_assert_cmpint(receipt->n_done, ==, 1);
    g_assert_cmpint(receipt->n_refused, ==, 1);
    assert_stage(&bench, 2, HT_STAGE_APPLIED, false);
    bench_close(&bench);
}

static void test_undo_unsent(void)
{
    Bench bench;
    bench_open(&bench);
    g_autoptr(GError) error = NULL;
    bench_did(&bench, HT_DECISION_REJECT, 1, 5);
    g_autoptr(HtReceipt) undone = bench_undo(&bench, HT_INTENT_UNDO, &error);
    g_assert_no_error(error);
    g_assert_cmpint(undone->n_done, ==, 5);
    assert_stage(&bench, 1, HT_STAGE_APPLIED, false);
    assert_outbox(&bench, 0, 0, 0);
    assert_counters(&bench);
    g_autoptr(HtPushBatch) batch = ht_outbox_next_batch(bench.outbox, 100, &error);
    g_assert_no_error(error);
    g_assert_null(batch);
    g_autoptr(HtReceipt) redone = bench_undo(&bench, HT_INTENT_REDO, &error);
    g_assert_no_error(error);
    g_assert_cmpint(redone->n_done, ==, 5);
    assert_stage(&bench, 5, HT_STAGE_REJECTED, true);
    assert_counters(&bench);
    g_autoptr(HtReceipt) again = bench_undo(&bench, HT_INTENT_UNDO, &error);
    g_assert_no_error(error);
    assert_outbox(&bench, 0, 0, 0);
    g_assert_null(bench_undo(&bench, HT_INTENT_UNDO, &error));
    g_assert_error(error, HT_OUTBOX_ERROR, HT_OUTBOX_ERROR_NOTHING);
    bench_close(&bench);
}

static void test_push(void)
{
    Bench bench;
    bench_open(&bench);
    g_autoptr(GError) error = NULL;
    bench_did(&bench, HT_DECISION_SHORTLIST, 1, 4);
    bench_did(&bench, HT_DECISION_ADVANCE, 1, 1); /* builds on the one before */
    assert_stage(&bench, 1, HT_STAGE_SCREENING, true);
    g_autoptr(HtPushBatch) batch = ht_outbox_next_batch(bench.outbox, 5000, &error);
    g_assert_no_error(error);
    g_assert_cmpint(batch->n, ==, 5);
    g_assert_cmpint(batch->function, ==, HT_PUSH_DECISIONS);
    g_assert_false(batch->is_resend);
    assert_outbox(&bench, 0, 5, 0);
    g_autoptr(HtJson) ops = ht_json_parse(batch->ops_json, -1, &error);
    g_assert_cmpstr(ht_json_get_string(ht_json_at(ops, 4), "base_decision", NULL), ==,
                    ht_json_get_string(ht_json_at(ops, 0), "op", NULL));
    g_assert_cmpstr(ht_json_get_string(ht_json_get(ht_json_at(ops, 0), "bulk"), "kind", NULL), ==,
                    "marks");
    /* What is null is left out. */
    g_assert_true(ht_json_has(ht_json_at(ops, 0), "at"));
    g_assert_null(ht_json_get(ht_json_at(ops, 0), "reverses"));
    for (const HtJson *e = ht_json_first(ht_json_at(ops, 0)); e; e = ht_json_next(e))
        g_assert_cmpint(ht_json_type(e), !=, HT_JSON_NULL);
    /* The line broke: the same bytes leave again, also after a restart. */
    bench_reopen(&bench);
    g_autoptr(HtPushBatch) again = ht_outbox_next_batch(bench.outbox, 10, &error);
    g_assert_true(again->is_resend);
    g_assert_cmpstr(again->ops_json, ==, batch->ops_json);
    g_autofree char *answer = bench_answer(again, "applied");
    ht_outbox_acknowledge(bench.outbox, again, answer, &error);
    g_assert_no_error(error);
    assert_stage(&bench, 1, HT_STAGE_SCREENING, false);
    assert_stage(&bench, 4, HT_STAGE_SHORTLIST, false);
    assert_outbox(&bench, 0, 0, 0);
    assert_counters(&bench);
    g_assert_false(ht_outbox_acknowledge(bench.outbox, again, answer, &error));
    g_assert_error(error, HT_OUTBOX_ERROR, HT_OUTBOX_ERROR_MALFORMED);
    bench_close(&bench);
}

static void test_undo_sent(void)
{
    Bench bench;
    bench_open(&bench);
    g_autoptr(GError) error = NULL;
    bench_did(&bench, HT_DECISION_REJECT, 1, 2);
    g_assert_cmpint(bench_push(&bench, "applied"), ==, 2);
    g_autoptr(HtReceipt) undone = bench_undo(&bench, HT_INTENT_UNDO, &error);
    g_assert_no_error(error);
    assert_stage(&bench, 1, HT_STAGE_APPLIED, true);
    assert_counters(&bench);
    g_autoptr(HtPushBatch) batch = ht_outbox_next_batch(bench.outbox, 100, &error);
    g_autoptr(HtJson) ops = ht_json_parse(batch->ops_json, -1, &error);
    g_assert_cmpstr(ht_json_get_string(ht_json_at(ops, 0), "decision", NULL), ==, "undo");
    g_assert_nonnull(ht_json_get_string(ht_json_at(ops, 0), "reverses", NULL));
    /* Redo while the undo is on its way: a new decision. */
    g_autoptr(HtReceipt) redone = bench_undo(&bench, HT_INTENT_REDO, &error);
    g_assert_no_error(error);
    assert_stage(&bench, 2, HT_STAGE_REJECTED, true);
    assert_outbox(&bench, 2, 2, 0);
    assert_counters(&bench);
    bench_close(&bench);
}

static void test_conflict(void)
{
    Bench bench;
    bench_open(&bench);
    g_autoptr(GError) error = NULL;
    bench_did(&bench, HT_DECISION_SHORTLIST, 1, 2);
    g_assert_cmpint(bench_push(&bench, "conflict"), ==, 2);
    assert_outbox(&bench, 0, 0, 2);
    HtMatchRow *row = bench_row(&bench, 1);
    g_assert_cmpint(row->stage_type, ==, HT_STAGE_APPLIED);
    g_assert_cmpint((int)(row->flags & HT_MATCH_CONFLICT), !=, 0);
    ht_match_rows_free(row, 1);
    g_autoptr(GPtrArray) conflicts = ht_outbox_conflicts(bench.outbox, &error);
    g_assert_cmpuint(conflicts->len, ==, 2);
    const HtConflict *first = conflicts->pdata[0], *second = conflicts->pdata[1];
    g_assert_cmpstr(first->mine, ==, "shortlisted → Shortlist");
    g_assert_cmpstr(first->item.why, ==, "somebody was first");
    ht_outbox_resolve(bench.outbox, first->item.seq,
                      &(HtResolve){.resolution = HT_RESOLVE_KEEP_MINE}, &error);
    g_assert_no_error(error);
    ht_outbox_resolve(bench.outbox, second->item.seq,
                      &(HtResolve){.resolution = HT_RESOLVE_TAKE_THEIRS}, &error);
    g_assert_no_error(error);
    assert_outbox(&bench, 1, 0, 0);
    assert_stage(&bench, 1, HT_STAGE_SHORTLIST, true);
    assert_stage(&bench, 2, HT_STAGE_APPLIED, false);
    assert_counters(&bench);
    bench_close(&bench);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/outbox/decisions/shown", test_shown);
    g_test_add_func("/outbox/decisions/refused", test_refused);
    g_test_add_func("/outbox/decisions/undo_unsent", test_undo_unsent);
    g_test_add_func("/outbox/decisions/push", test_push);
    g_test_add_func("/outbox/decisions/undo_sent", test_undo_sent);
    g_test_add_func("/outbox/decisions/conflict", test_conflict);
    return g_test_run();
}
