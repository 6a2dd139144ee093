/* Reopening who was rejected or withdrew: back to where the application stood, whoever closed it,
 * and what becomes of it when two do it. */
#include "bench.h"

#include "hiretty/base/json.h"

static HtReceipt *reopen(Bench *bench, int first, int last, const char *reason, GError **error)
{
    HtIntent *intent = ht_intent_new(HT_INTENT_DECIDE);
    intent->decision = HT_DECISION_REOPEN;
    intent->reason = reason ? bench_key(bench, reason) : 0;
    for (int i = first; i <= last; i++) {
        g_autofree char *name = g_strdup_printf("M%d", i);
        ht_intent_add_match(intent, bench_key(bench, name), true, false, 3);
    }
    if (last > first)
        intent->bulk_kind = g_strdup("marks");
    return ht_outbox_submit(bench->outbox, intent, error);
}

static void reopened(Bench *bench, int first, int last)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(HtReceipt) receipt = reopen(bench, first, last, "R1", &error);
    g_assert_no_error(error);
    g_assert_cmpint(receipt->n_done, ==, last - first + 1);
}

/* The server's decisions on an application: into the interview, and from there rejected; undone,
 * and rejected again by a shorter way than the chain is long. */
static void closed_by_others(HtApply *apply, gpointer data)
{
    static const char *const rows[][6] = {
        /* id, decision, from, to, base, reverses */
        {"D1", "advance", "S11", "S14", "\\N", "\\N"}, {"D2", "reject", "S14", "S17", "D1", "\\N"},
        {"D3", "undo", "S17", "S14", "D2", "D2"},      {"D4", "advance", "S14", "S15", "D3", "\\N"},
        {"D5", "reject", "S15", "S17", "D4", "\\N"},   {"D6", "reopen", "S17", "S13", "D5", "\\N"},
        {"D7", "reject", "S13", "S17", "D6", "\\N"},
    };
    int n = *(const int *)data;
    put_match(apply, 20, 1, 17, 2000, "Zoë", "Last20");
    for (int i = 0; i < n; i++)
        put_row(apply, HT_APPLY_UPSERT, "hiring_decisions", "id", rows[i][0], "match_id", "M20",
                "decision", rows[i][1], "from_stage_id", rows[i][2], "to_stage_id", rows[i][3],
                "base_decision_id", rows[i][4], "reverses_id", rows[i][5], "decided_at", "5000",
                NULL);
}

/* The last closing that stands says where to: nobody counts by the clock, which says 5000 of all.
 */
static void test_others(void)
{
    static const struct {
        int n;
        HtStageType back;
    } cases[] = {
        {0, HT_STAGE_APPLIED}, /* an import: nothing says from where */
        {2, HT_STAGE_INTERVIEW},
        {5, HT_STAGE_OFFER},
        {7, HT_STAGE_SCREENING},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        Bench bench;
        bench_open(&bench);
        int n = cases[i].n;
        fixture_apply(&bench.fixture, closed_by_others, &n);
        assert_stage(&bench, 20, HT_STAGE_REJECTED, false);
        reopened(&bench, 20, 20);
        assert_stage(&bench, 20, cases[i].back, true);
        assert_counters(&bench);
        bench_close(&bench);
    }
}

/* What was closed here and has not left yet; one that was closed twice; sent, it stands once. */
static void test_mine(void)
{
    Bench bench;
    bench_open(&bench);
    bench_did(&bench, HT_DECISION_SHORTLIST, 1, 1);
    bench_did(&bench, HT_DECISION_ADVANCE, 1, 1);
    bench_did(&bench, HT_DECISION_REJECT, 1, 1);
    reopened(&bench, 1, 1);
    assert_stage(&bench, 1, HT_STAGE_SCREENING, true);
    bench_did(&bench, HT_DECISION_ADVANCE, 1, 1);
    bench_did(&bench, HT_DECISION_REJECT, 1, 1);
    reopened(&bench, 1, 1);
    assert_stage(&bench, 1, HT_STAGE_INTERVIEW, true);
    g_assert_cmpint(bench_push(&bench, "applied"), ==, 7);
    assert_stage(&bench, 1, HT_STAGE_INTERVIEW, false);
    assert_outbox(&bench, 0, 0, 0);
    assert_counters(&bench);
    bench_close(&bench);
}

/* A reopening that was undone is as if it had not been: also of what the server has already. */
static void test_undone(void)
{
    for (int sent = 0; sent < 2; sent++) {
        Bench bench;
        bench_open(&bench);
        g_autoptr(GError) error = NULL;
        bench_did(&bench, HT_DECISION_SHORTLIST, 1, 3);
        bench_did(&bench, HT_DECISION_REJECT, 1, 3);
        if (sent)
            bench_push(&bench, "applied");
        reopened(&bench, 1, 3);
        if (sent)
            bench_push(&bench, "applied");
        g_autoptr(HtReceipt) undone = bench_undo(&bench, HT_INTENT_UNDO, &error);
        g_assert_no_error(error);
        g_assert_cmpint(undone->n_done, ==, 3);
        g_assert_cmpstr(undone->label, ==, "Undone: Reopened 3: Must-have missing");
        assert_stage(&bench, 2, HT_STAGE_REJECTED, true);
        reopened(&bench, 2, 2);
        assert_stage(&bench, 2, HT_STAGE_SHORTLIST, true);
        g_autoptr(HtReceipt) again = bench_undo(&bench, HT_INTENT_UNDO, &error);
        g_assert_no_error(error);
        assert_stage(&bench, 2, HT_STAGE_REJECTED, true);
        assert_counters(&bench);
        bench_close(&bench);
    }
}

/* No reason, not closed, hired: the machine says so; of many, the others go on. */
static void test_refused(void)
{
    Bench bench;
    bench_open(&bench);
    g_autoptr(GError) error = NULL;
    bench_did(&bench, HT_DECISION_REJECT, 1, 1);
    g_assert_null(reopen(&bench, 1, 1, NULL, &error));
    g_assert_error(error, HT_OUTBOX_ERROR, HT_OUTBOX_ERROR_REFUSED);
    g_assert_cmpstr(error->message, ==, "a reason is needed");
    g_clear_error(&error);
    g_assert_null(reopen(&bench, 2, 2, "R1", &error));
    g_assert_cmpstr(error->message, ==, "not rejected or withdrawn");
    g_clear_error(&error);
    bench_did(&bench, HT_DECISION_OFFER, 3, 3);
    bench_did(&bench, HT_DECISION_HIRE, 3, 3);
    g_assert_null(reopen(&bench, 3, 3, "R1", &error));
    g_assert_cmpstr(error->message, ==, "cannot be reopened from Hired");
    g_clear_error(&error);
    g_autoptr(HtReceipt) some = reopen(&bench, 1, 3, "R1", &error);
    g_assert_no_error(error);
    g_assert_cmpint(some->n_done, ==, 1);
    g_assert_cmpint(some->n_refused, ==, 2);
    assert_stage(&bench, 1, HT_STAGE_APPLIED, true);
    bench_close(&bench);
}

/* Somebody else reopened it first: what I wanted is so, and both ways to settle it leave theirs. */
static void test_two(void)
{
    for (int mine = 0; mine < 2; mine++) {
        Bench bench;
        bench_open(&bench);
        g_autoptr(GError) error = NULL;
        int n = 2;
        fixture_apply(&bench.fixture, closed_by_others, &n);
        reopened(&bench, 20, 20);
        g_autoptr(HtPushBatch) batch = ht_outbox_next_batch(bench.outbox, 10, &error);
        g_assert_no_error(error);
        g_autoptr(HtJson) ops = ht_json_parse(batch->ops_json, -1, &error);
        HtUuid stage = test_id('S', 14);
        char stands[HT_UUID_TEXT];
        g_autofree char *answer = g_strdup_printf(
            "[{\"seq\": %d, \"outcome\": \"conflict\", \"code\": \"stage_moved\", \"why\": \"Tom "
            "was first.\", \"rows\": [{\"tbl\": 15, \"id\": \"%s\", \"row\": {\"stage_id\": "
            "\"%s\", \"row_version\": 9}}]}]",
            (int)ht_json_get_int(ht_json_first(ops), "seq", 0),
            ht_json_get_string(ht_json_first(ops), "match", ""), ht_uuid_format(&stage, stands));
        ht_outbox_acknowledge(bench.outbox, batch, answer, &error);
        g_assert_no_error(error);
        g_autoptr(GPtrArray) conflicts = ht_outbox_conflicts(bench.outbox, &error);
        g_assert_cmpuint(conflicts->len, ==, 1);
        const HtConflict *conflict = conflicts->pdata[0];
        g_assert_cmpint(conflict->keep, ==, HT_KEEP_NOTHING);
        g_assert_false(conflict->is_same);
        HtResolve how = {.resolution = mine ? HT_RESOLVE_KEEP_MINE : HT_RESOLVE_TAKE_THEIRS};
        g_assert_true(ht_outbox_resolve(bench.outbox, conflict->item.seq, &how, &error));
        g_assert_no_error(error);
        assert_outbox(&bench, 0, 0, 0);
        assert_stage(&bench, 20, HT_STAGE_INTERVIEW, false);
        bench_close(&bench);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/outbox/reopen/others", test_others);
    g_test_add_func("/outbox/reopen/mine", test_mine);
    g_test_add_func("/outbox/reopen/undone", test_undone);
    g_test_add_func("/outbox/reopen/refused", test_refused);
    g_test_add_func("/outbox/reopen/two", test_two);
    return g_test_run();
}
