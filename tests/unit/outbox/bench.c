#include "bench.h"

#include "hiretty/base/clock.h"
#include "hiretty/base/json.h"

void bench_open(Bench *bench)
{
    g_autoptr(GError) error = NULL;
    fixture_open(&bench->fixture);
    fixture_fill(&bench->fixture);
    bench->outbox = ht_outbox_open(bench->fixture.cache, bench->fixture.paths, &error);
    g_assert_no_error(error);
    g_assert_null(ht_outbox_problem(bench->outbox));
    bench->reader = ht_reader_new(bench->fixture.cache, "test", &error);
    g_assert_no_error(error);
}

void bench_close(Bench *bench)
{
    ht_reader_free(bench->reader);
    ht_outbox_close(bench->outbox);
    fixture_close(&bench->fixture);
}

void bench_reopen(Bench *bench)
{
    g_autoptr(GError) error = NULL;
    ht_reader_free(bench->reader);
    ht_outbox_close(bench->outbox);
    fixture_reopen(&bench->fixture);
    bench->outbox = ht_outbox_open(bench->fixture.cache, bench->fixture.paths, &error);
    g_assert_no_error(error);
    bench->reader = ht_reader_new(bench->fixture.cache, "test", &error);
    g_assert_no_error(error);
}

HtKey bench_key(Bench *bench, const char *name)
{
    return fixture_key(bench->reader, name);
}

static HtKey match_key(Bench *bench, int n)
{
    g_autofree char *name = g_strdup_printf("M%d", n);
    return bench_key(bench, name);
}

HtReceipt *bench_decide(Bench *bench, HtDecisionKind decision, int first, int last, GError **error)
{
    HtIntent *intent = ht_intent_new(HT_INTENT_DECIDE);
    intent->decision = decision;
    if (decision == HT_DECISION_REJECT)
        intent->reason = bench_key(bench, "R1");
    if (decision == HT_DECISION_HOLD)
        intent->hold_until = ht_clock_now_us() + HT_US_PER_DAY;
    for (int i = first; i <= last; i++)
        ht_intent_add_match(intent, match_key(bench, i), true, false, 3);
    if (last > first)
        intent->bulk_kind = g_strdup("marks");
    return ht_outbox_submit(bench->outbox, intent, error);
}

void bench_did(Bench *bench, HtDecisionKind decision, int first, int last)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(HtReceipt) receipt = bench_decide(bench, decision, first, last, &error);
    g_assert_no_error(error);
    g_assert_cmpint(receipt->n_done, ==, last - first + 1);
    g_assert_cmpint(receipt->n_refused, ==, 0);
}

HtReceipt *bench_undo(Bench *bench, HtIntentKind kind, GError **error)
{
    return ht_outbox_submit(bench->outbox, ht_intent_new(kind), error);
}

HtMatchRow *bench_row(Bench *bench, int n)
{
    g_autoptr(GError) error = NULL;
    HtMatchRow *row = ht_cache_match(bench->reader, match_key(bench, n), &error);
    g_assert_no_error(error);
    return row;
}

void assert_stage(Bench *bench, int n, HtStageType type, bool pending)
{
    HtMatchRow *row = bench_row(bench, n);
    g_assert_cmpstr(ht_stage_type_name(row->stage_type), ==, ht_stage_type_name(type));
    g_assert_cmpint((row->flags & HT_MATCH_PENDING) != 0, ==, pending);
    ht_match_rows_free(row, 1);
}

void assert_counters(Bench *bench)
{
    g_autoptr(GError) error = NULL;
    static const char *const sql =
        "SELECT (SELECT count(*) FROM (SELECT job_k, stage_k, n, n_seen FROM counters WHERE n > 0 "
        "EXCEPT SELECT m.job_k, coalesce(s.stage_k, m.stage_k), count(*), count(v.k) FROM "
        "candidate_job_matches m LEFT JOIN shown_matches s ON s.k = m.k LEFT JOIN seen v ON v.k = "
        "m.k GROUP BY 1, 2)), (SELECT total(n) FROM counters) - (SELECT count(*) FROM "
        "candidate_job_matches)";
    g_auto(HtStmtUse) use = {ht_db_stmt_text(ht_reader_db(bench->reader), sql, &error)};
    g_assert_no_error(error);
    g_assert_cmpint(ht_stmt_step(use.stmt, &error), ==, HT_STEP_ROW);
    g_assert_cmpint(ht_stmt_int(use.stmt, 0), ==, 0);
    g_assert_cmpint(ht_stmt_int(use.stmt, 1), ==, 0);
}

static HtJson *match_row(const HtJson *op)
{
    HtJson *row = ht_json_new_object(), *entry = ht_json_new_object();
    const char *to = ht_json_get_string(op, "to_stage", NULL);
    if (to)
        ht_json_set_string(row, "stage_id", to);
    if (ht_json_has(op, "hold_until"))
        ht_json_set_int(row, "held_until", ht_json_get_int(op, "hold_until", 0));
    else
        ht_json_set_null(row, "held_until");
    ht_json_set_int(row, "row_version", 2 + ht_json_get_int(op, "seq", 0));
    ht_json_set_int(entry, "tbl", 15);
    ht_json_set_string(entry, "id", ht_json_get_string(op, "match", NULL));
    ht_json_set(entry, "row", row);
    return entry;
}

static HtJson *decision_row(const HtJson *op)
{
    static const char *const copied[][2] = {{"match", "match_id"},
                                            {"decision", "decision"},
                                            {"from_stage", "from_stage_id"},
                                            {"to_stage", "to_stage_id"},
                                            {"base_decision", "base_decision_id"},
                                            {"reverses", "reverses_id"}};
    HtJson *row = ht_json_new_object(), *entry = ht_json_new_object();
    for (gsize i = 0; i < G_N_ELEMENTS(copied); i++)
        ht_json_set_string(row, copied[i][1], ht_json_get_string(op, copied[i][0], NULL));
    ht_json_set_int(row, "decided_at", ht_json_get_int(op, "at", 0));
    ht_json_set_int(row, "row_version", 1);
    ht_json_set_int(entry, "tbl", 17);
    ht_json_set_string(entry, "id", ht_json_get_string(op, "op", NULL));
    ht_json_set(entry, "row", row);
    return entry;
}

char *bench_answer(const HtPushBatch *batch, const char *outcome)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(HtJson) ops = ht_json_parse(batch->ops_json, -1, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(ht_json_length(ops), ==, (guint)batch->n);
    g_autoptr(HtJson) answer = ht_json_new_array();
    for (const HtJson *op = ht_json_first(ops); op; op = ht_json_next(op)) {
        HtJson *entry = ht_json_new_object(), *rows = ht_json_new_array();
        ht_json_set_int(entry, "seq", ht_json_get_int(op, "seq", 0));
        ht_json_set_string(entry, "op", ht_json_get_string(op, "op", NULL));
        ht_json_set_string(entry, "outcome", outcome);
        if (batch->function == HT_PUSH_DECISIONS && g_str_equal(outcome, "applied")) {
            ht_json_add(rows, match_row(op));
            ht_json_add(rows, decision_row(op));
        }
        if (!g_str_equal(outcome, "applied"))
            ht_json_set_string(entry, "why", "somebody was first");
        ht_json_set(entry, "rows", rows);
        ht_json_add(answer, entry);
    }
    return ht_json_print(answer, false);
}

int bench_push(Bench *bench, const char *outcome)
{
    int n = 0;
    for (;;) {
        g_autoptr(GError) error = NULL;
        g_autoptr(HtPushBatch) batch = ht_outbox_next_batch(bench->outbox, 5000, &error);
        g_assert_no_error(error);
        if (!batch)
            return n;
        n += batch->n;
        g_autofree char *answer = bench_answer(batch, outcome);
        ht_outbox_acknowledge(bench->outbox, batch, answer, &error);
        g_assert_no_error(error);
    }
}

void assert_outbox(Bench *bench, int pending, int sending, int conflicts)
{
    HtOutboxCounts counts;
    ht_outbox_counts(bench->outbox, &counts);
    g_assert_cmpint(counts.pending, ==, pending);
    g_assert_cmpint(counts.sending, ==, sending);
    g_assert_cmpint(counts.conflicts, ==, conflicts);
}
