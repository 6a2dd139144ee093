/* Two recruiters decide the same: no conflict of it, nothing lost, nothing sent twice. */
#include "bench.h"

#include "hiretty/base/clock.h"
#include "hiretty/base/json.h"

#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* What somebody else had decided about an op's application: as the server answers then. */
typedef struct {
    const char *decision;
    int stage;          /* S<n>, where it stands */
    const char *reason; /* NULL = none */
} Theirs;

static char *id_text(char kind, int number, char text[HT_UUID_TEXT])
{
    HtUuid id = test_id(kind, number);
    return ht_uuid_format(&id, text);
}

static HtJson *their_rows(const HtJson *op, const Theirs *theirs)
{
    char stage[HT_UUID_TEXT], decision[HT_UUID_TEXT], reason[HT_UUID_TEXT];
    id_text('S', theirs->stage, stage);
    id_text('D', 900, decision);
    HtJson *match = ht_json_new_object(), *row = ht_json_new_object();
    HtJson *made = ht_json_new_object(), *decided = ht_json_new_object();
    HtJson *rows = ht_json_new_array();
    ht_json_set_string(row, "stage_id", stage);
    ht_json_set_int(row, "row_version", 2);
    ht_json_set_int(match, "tbl", 15);
    ht_json_set_string(match, "id", ht_json_get_string(op, "match", NULL));
    ht_json_set(match, "row", row);
    ht_json_set_string(decided, "id", decision);
    ht_json_set_string(decided, "match_id", ht_json_get_string(op, "match", NULL));
    ht_json_set_string(decided, "decision", theirs->decision);
    ht_json_set_string(decided, "from_stage_id", ht_json_get_string(op, "from_stage", NULL));
    ht_json_set_string(decided, "to_stage_id", stage);
    if (theirs->reason)
        ht_json_set_string(decided, "reason_id", id_text('R', atoi(theirs->reason + 1), reason));
    ht_json_set_int(decided, "decided_at", ht_clock_now_us());
    ht_json_set_int(decided, "row_version", 1);
    ht_json_set_int(made, "tbl", 17);
    ht_json_set_string(made, "id", decision);
    ht_json_set(made, "row", decided);
    ht_json_add(rows, match);
    ht_json_add(rows, made);
    return rows;
}

/* All of the next batch meets it; what builds on an op of the batch is not known there. */
static HtPushBatch *meet(Bench *bench, const Theirs *theirs)
{
    g_autoptr(GError) error = NULL;
    HtPushBatch *batch = ht_outbox_next_batch(bench->outbox, 5000, &error);
    g_assert_no_error(error);
    g_autoptr(HtJson) ops = ht_json_parse(batch->ops_json, -1, &error);
    g_autoptr(HtJson) answer = ht_json_new_array();
    char by[HT_UUID_TEXT];
    for (const HtJson *op = ht_json_first(ops); op; op = ht_json_next(op)) {
        HtJson *entry = ht_json_new_object();
        ht_json_set_int(entry, "seq", ht_json_get_int(op, "seq", 0));
        ht_json_set_string(entry, "outcome", "conflict");
        ht_json_set_string(entry, "code",
                           ht_json_has(op, "base_decision") ? "base_unknown" : "stage_moved");
        ht_json_set_string(entry, "why", "Another decision arrived first.");
        ht_json_set_string(entry, "by", id_text('U', 2, by));
        ht_json_set(entry, "rows", their_rows(op, theirs));
        ht_json_add(answer, entry);
    }
    g_autofree char *text = ht_json_print(answer, false);
    ht_outbox_acknowledge(bench->outbox, batch, text, &error);
    g_assert_no_error(error);
    return batch;
}

static void decide_with(Bench *bench, HtDecisionKind decision, int match, const char *reason,
                        const char *note, const char *visibility)
{
    g_autoptr(GError) error = NULL;
    HtIntent *intent = ht_intent_new(HT_INTENT_DECIDE);
    g_autofree char *name = g_strdup_printf("M%d", match);
    intent->decision = decision;
    intent->reason = reason ? bench_key(bench, reason) : 0;
    intent->note = g_strdup(note);
    intent->visibility = g_strdup(visibility);
    ht_intent_add_match(intent, bench_key(bench, name), true, false, 3);
    g_autoptr(HtReceipt) receipt = ht_outbox_submit(bench->outbox, intent, &error);
    g_assert_no_error(error);
}

static HtConflict *only_conflict(Bench *bench)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) conflicts = ht_outbox_conflicts(bench->outbox, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(conflicts->len, ==, 1);
    return g_ptr_array_steal_index(conflicts, 0);
}

static void keep(Bench *bench, int64_t seq, HtKey reason, GError **error)
{
    HtResolve how = {.resolution = HT_RESOLVE_KEEP_MINE, .reason = reason};
    ht_outbox_resolve(bench->outbox, seq, &how, error);
}

/* The ops that would go now. */
static HtJson *waiting(Bench *bench)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *text = ht_outbox_export(bench->outbox, &error);
    g_assert_no_error(error);
    HtJson *ops = ht_json_parse(text, -1, &error);
    g_assert_no_error(error);
    return ops;
}

static void test_settled(void)
{
    Bench bench;
    bench_open(&bench);
    g_autoptr(GError) error = NULL;
    HtOpSpan span;
    g_assert_cmpuint(ht_outbox_take_same(bench.outbox, &span), ==, 0);
    bench_did(&bench, HT_DECISION_SHORTLIST, 1, 2);
    decide_with(&bench, HT_DECISION_REJECT, 3, "R1", NULL, NULL);
    g_autoptr(HtPushBatch) batch = meet(&bench, &(Theirs){"shortlist", 12, NULL});
    g_assert_cmpuint(batch->n_same, ==, 2);
    g_assert_cmpuint(batch->n_again, ==, 0);
    assert_outbox(&bench, 0, 0, 1); /* who was rejected here was shortlisted there */
    assert_stage(&bench, 1, HT_STAGE_SHORTLIST, false);
    assert_stage(&bench, 2, HT_STAGE_SHORTLIST, false);
    assert_counters(&bench);
    g_assert_cmpuint(ht_outbox_take_same(bench.outbox, &span), ==, 2);
    g_autoptr(GPtrArray) told = ht_outbox_list_same(bench.outbox, &span, 0, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(told->len, ==, 2);
    const HtOutboxItem *first = told->pdata[0];
    g_assert_cmpint(first->state, ==, HT_OP_DONE);
    g_assert_cmpstr(first->why, ==, "Somebody had decided the same already");
    g_assert_cmpuint(ht_outbox_take_same(bench.outbox, &span), ==, 0); /* once */
    bench_close(&bench);
}

/* Another reason, a note, a mail: that is something of its own. */
static void test_of_its_own(void)
{
    Bench bench;
    bench_open(&bench);
    decide_with(&bench, HT_DECISION_REJECT, 1, "R1", NULL, NULL);
    decide_with(&bench, HT_DECISION_REJECT, 2, "R2", NULL, NULL);
    decide_with(&bench, HT_DECISION_REJECT, 3, "R1", "Was rude", NULL);
    g_autoptr(HtPushBatch) batch = meet(&bench, &(Theirs){"reject", 17, "R1"});
    g_assert_cmpuint(batch->n_same, ==, 1);
    assert_outbox(&bench, 0, 0, 2);
    assert_stage(&bench, 1, HT_STAGE_REJECTED, false);
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) conflicts = ht_outbox_conflicts(bench.outbox, &error);
    const HtConflict *reason = conflicts->pdata[0], *note = conflicts->pdata[1];
    g_assert_true(reason->is_same && note->is_same);
    g_assert_cmpint(reason->keep, ==, HT_KEEP_REOPENS);
    g_assert_cmpint(note->keep, ==, HT_KEEP_NOTE);
    g_assert_false(note->needs_reason);
    /* Mine with its reason goes behind a reopening, as on anything that was closed. */
    keep(&bench, reason->item.seq, 0, &error);
    g_assert_error(error, HT_OUTBOX_ERROR, HT_OUTBOX_ERROR_REASON);
    bench_close(&bench);
}

/* An advance leads where a shortlisting does; a rejection there, or an offer, is something else. */
static void test_onward(void)
{
    Bench bench;
    bench_open(&bench);
    decide_with(&bench, HT_DECISION_SHORTLIST, 1, NULL, NULL, NULL);
    g_autoptr(HtPushBatch) advanced = meet(&bench, &(Theirs){"advance", 12, NULL});
    g_assert_cmpuint(advanced->n_same, ==, 1);
    decide_with(&bench, HT_DECISION_ADVANCE, 2, NULL, NULL, NULL);
    g_autoptr(HtPushBatch) shortlisted = meet(&bench, &(Theirs){"shortlist", 12, NULL});
    g_assert_cmpuint(shortlisted->n_same, ==, 1);
    assert_outbox(&bench, 0, 0, 0);
    decide_with(&bench, HT_DECISION_SHORTLIST, 3, NULL, NULL, NULL);
    g_autoptr(HtPushBatch) further = meet(&bench, &(Theirs){"advance", 13, NULL});
    decide_with(&bench, HT_DECISION_SHORTLIST, 4, NULL, "Ask about Kafka", NULL);
    g_autoptr(HtPushBatch) noted = meet(&bench, &(Theirs){"advance", 12, NULL});
    decide_with(&bench, HT_DECISION_ADVANCE, 5, NULL, NULL, NULL);
    g_autoptr(HtPushBatch) offered = meet(&bench, &(Theirs){"offer", 12, NULL});
    g_assert_cmpuint(further->n_same + noted->n_same + offered->n_same, ==, 0);
    assert_outbox(&bench, 0, 0, 3);
    bench_close(&bench);
}

static void put_template(HtApply *apply, gpointer data)
{
    (void)data;
    put_row(apply, HT_APPLY_UPSERT, "notification_templates", "id", "T1", "name", "Next step",
            "template_type", "screening_invite", "version", "1", "subject", "Hello", "body_text",
            "Dear", "is_default", "1", "is_active", "1", NULL);
}

/* A mail goes with its decision alone: it is said before that mine cannot stand, and when somebody
 * tries. */
static void test_mail(void)
{
    Bench bench;
    bench_open(&bench);
    g_autoptr(GError) error = NULL;
    fixture_apply(&bench.fixture, put_template, NULL);
    HtIntent *intent = ht_intent_new(HT_INTENT_DECIDE);
    intent->decision = HT_DECISION_SHORTLIST;
    intent->mail = true;
    ht_intent_add_match(intent, bench_key(&bench, "M1"), true, false, 2);
    g_autoptr(HtReceipt) receipt = ht_outbox_submit(bench.outbox, intent, &error);
    g_assert_no_error(error);
    g_assert_cmpint(receipt->n_mails, ==, 1);
    g_autoptr(HtPushBatch) batch = meet(&bench, &(Theirs){"shortlist", 12, NULL});
    g_assert_cmpuint(batch->n_same, ==, 0);
    g_autoptr(HtConflict) conflict = only_conflict(&bench);
    g_assert_cmpint(conflict->keep, ==, HT_KEEP_NEVER);
    keep(&bench, conflict->item.seq, 0, &error);
    g_assert_error(error, HT_OUTBOX_ERROR, HT_OUTBOX_ERROR_REFUSED);
    g_assert_nonnull(strstr(error->message, "it stands there already, and a mail goes with"));
    assert_outbox(&bench, 0, 0, 1);
    bench_close(&bench);
}

/* A hold has a day of its own. */
/* Two of mine met one decision of theirs: once the first is kept, that stands there no longer, and
 * the second one says what does. */
static void test_past(void)
{
    Bench bench;
    bench_open(&bench);
    g_autoptr(GError) error = NULL;
    bench_did(&bench, HT_DECISION_SHORTLIST, 1, 1);
    bench_did(&bench, HT_DECISION_ADVANCE, 1, 1);
    g_autoptr(HtPushBatch) batch = meet(&bench, &(Theirs){"reject", 17, "R1"});
    g_autoptr(GPtrArray) met = ht_outbox_conflicts(bench.outbox, &error);
    g_assert_cmpuint(met->len, ==, 2);
    for (guint i = 0; i < met->len; i++) {
        const HtConflict *one = met->pdata[i];
        g_assert_false(one->is_past);
        g_assert_cmpstr(one->theirs, ==, "rejected, now in Rejected");
        g_assert_cmpint(one->keep, ==, HT_KEEP_REOPENS);
    }
    keep(&bench, ((HtConflict *)met->pdata[0])->item.seq, bench_key(&bench, "R1"), &error);
    g_assert_no_error(error);
    g_autoptr(HtConflict) second = only_conflict(&bench);
    g_assert_true(second->is_past);
    g_assert_cmpstr(second->theirs, ==, "shortlisted, now in Shortlist");
    g_assert_cmpstr(second->theirs_by, ==, "you");
    g_assert_cmpstr(second->item.why, ==, "Another decision has followed the one that this met.");
    g_assert_cmpint(second->theirs_at, >, ((HtConflict *)met->pdata[1])->item.at);
    g_assert_cmpint(second->keep, ==, HT_KEEP_GOES);
    /* So it says when the server has it, too. */
    bench_push(&bench, "applied");
    g_autoptr(HtConflict) after = only_conflict(&bench);
    g_assert_true(after->is_past);
    g_assert_cmpstr(after->theirs, ==, "shortlisted, now in Shortlist");
    keep(&bench, after->item.seq, 0, &error);
    g_assert_no_error(error);
    assert_outbox(&bench, 1, 0, 0);
    bench_close(&bench);
}

static void test_hold(void)
{
    Bench bench;
    bench_open(&bench);
    bench_did(&bench, HT_DECISION_HOLD, 1, 1);
    g_autoptr(HtPushBatch) batch = meet(&bench, &(Theirs){"hold", 11, NULL});
    g_assert_cmpuint(batch->n_same, ==, 0);
    assert_outbox(&bench, 0, 0, 1);
    g_autoptr(HtConflict) conflict = only_conflict(&bench);
    g_assert_cmpint(conflict->keep, ==, HT_KEEP_GOES);
    bench_close(&bench);
}

/* The words of mine go beside their decision: as private as they were. */
static void test_note_stays(void)
{
    Bench bench;
    bench_open(&bench);
    g_autoptr(GError) error = NULL;
    decide_with(&bench, HT_DECISION_SHORTLIST, 1, NULL, "Ask about Kafka", "private");
    g_autoptr(HtPushBatch) batch = meet(&bench, &(Theirs){"shortlist", 12, NULL});
    g_assert_cmpuint(batch->n_same, ==, 0);
    g_autoptr(HtConflict) conflict = only_conflict(&bench);
    g_assert_cmpint(conflict->keep, ==, HT_KEEP_NOTE);
    keep(&bench, conflict->item.seq, 0, &error);
    g_assert_no_error(error);
    assert_outbox(&bench, 1, 0, 0);
    assert_stage(&bench, 1, HT_STAGE_SHORTLIST, false);
    g_autoptr(HtJson) ops = waiting(&bench);
    const HtJson *set = ht_json_get(ht_json_get(ht_json_at(ops, 0), "op"), "set");
    g_assert_cmpstr(ht_json_get_string(set, "body", NULL), ==, "Ask about Kafka");
    g_assert_cmpstr(ht_json_get_string(set, "visibility", NULL), ==, "private");
    g_assert_nonnull(ht_json_get_string(set, "match_id", NULL));
    /* It is what this action has left, and is undone as that: the decision is another's. */
    g_autoptr(HtReceipt) undone = bench_undo(&bench, HT_INTENT_UNDO, &error);
    g_assert_no_error(error);
    g_assert_cmpstr(undone->label, ==, "Undone: what was noted with \"Shortlisted\"");
    assert_outbox(&bench, 0, 0, 0);
    bench_close(&bench);
}

/* A private note of a decision that goes again stays private. */
static void test_private_note_again(void)
{
    Bench bench;
    bench_open(&bench);
    g_autoptr(GError) error = NULL;
    decide_with(&bench, HT_DECISION_REJECT, 1, "R1", "Only me", "private");
    g_autoptr(HtPushBatch) batch = meet(&bench, &(Theirs){"shortlist", 12, NULL});
    g_autoptr(HtConflict) conflict = only_conflict(&bench);
    keep(&bench, conflict->item.seq, 0, &error);
    g_assert_no_error(error);
    g_autoptr(HtJson) ops = waiting(&bench);
    const HtJson *note = ht_json_get(ht_json_get(ht_json_at(ops, 0), "op"), "note");
    g_assert_cmpstr(ht_json_get_string(note, "visibility", NULL), ==, "private");
    bench_close(&bench);
}

/* Another decision that led to where mine leads: nothing is left to decide. */
static void test_stands_there(void)
{
    Bench bench;
    bench_open(&bench);
    g_autoptr(GError) error = NULL;
    decide_with(&bench, HT_DECISION_ADVANCE, 1, NULL, NULL, NULL);
    g_autoptr(HtPushBatch) batch = meet(&bench, &(Theirs){"reopen", 12, NULL});
    g_autoptr(HtConflict) conflict = only_conflict(&bench);
    g_assert_false(conflict->is_same);
    g_assert_cmpint(conflict->keep, ==, HT_KEEP_NOTHING);
    keep(&bench, conflict->item.seq, 0, &error);
    g_assert_no_error(error);
    assert_outbox(&bench, 0, 0, 0);
    assert_stage(&bench, 1, HT_STAGE_SHORTLIST, false);
    bench_close(&bench);
}

/* What was decided here after the same decision goes on from theirs; other steps to the same place
 * are done with it. */
static void test_chain(void)
{
    Bench bench;
    bench_open(&bench);
    g_autoptr(GError) error = NULL;
    bench_did(&bench, HT_DECISION_SHORTLIST, 1, 1);
    bench_did(&bench, HT_DECISION_ADVANCE, 1, 1);
    bench_did(&bench, HT_DECISION_ADVANCE, 1, 1);
    g_autoptr(HtPushBatch) batch = meet(&bench, &(Theirs){"shortlist", 12, NULL});
    g_assert_cmpuint(batch->n_same, ==, 1);
    g_assert_cmpuint(batch->n_again, ==, 2);
    assert_outbox(&bench, 2, 0, 0);
    assert_stage(&bench, 1, HT_STAGE_INTERVIEW, true);
    assert_counters(&bench);
    bench_reopen(&bench);
    assert_stage(&bench, 1, HT_STAGE_INTERVIEW, true);
    g_autoptr(HtPushBatch) next = ht_outbox_next_batch(bench.outbox, 10, &error);
    g_assert_cmpint(next->n, ==, 2);
    g_autoptr(HtJson) ops = ht_json_parse(next->ops_json, -1, &error);
    char theirs[HT_UUID_TEXT];
    g_assert_cmpstr(ht_json_get_string(ht_json_at(ops, 0), "base_decision", NULL), ==,
                    id_text('D', 900, theirs));
    g_assert_cmpstr(ht_json_get_string(ht_json_at(ops, 1), "base_decision", NULL), ==,
                    ht_json_get_string(ht_json_at(ops, 0), "op", NULL));
    g_autofree char *answer = bench_answer(next, "applied");
    ht_outbox_acknowledge(bench.outbox, next, answer, &error);
    g_assert_no_error(error);
    assert_outbox(&bench, 0, 0, 0);
    assert_stage(&bench, 1, HT_STAGE_INTERVIEW, false);
    assert_counters(&bench);

    bench_did(&bench, HT_DECISION_SHORTLIST, 2, 2);
    bench_did(&bench, HT_DECISION_ADVANCE, 2, 2);
    g_autoptr(HtPushBatch) both = meet(&bench, &(Theirs){"advance", 13, NULL});
    g_assert_cmpuint(both->n_same, ==, 2);
    assert_outbox(&bench, 0, 0, 0);
    assert_stage(&bench, 2, HT_STAGE_SCREENING, false);
    bench_close(&bench);
}

/* Decided after the batch had left: it waits, on theirs. */
static void test_waits_on_theirs(void)
{
    Bench bench;
    bench_open(&bench);
    g_autoptr(GError) error = NULL;
    bench_did(&bench, HT_DECISION_SHORTLIST, 1, 1);
    g_autoptr(HtPushBatch) sent = ht_outbox_next_batch(bench.outbox, 10, &error);
    bench_did(&bench, HT_DECISION_ADVANCE, 1, 1);
    g_autoptr(HtPushBatch) batch = meet(&bench, &(Theirs){"shortlist", 12, NULL});
    g_assert_true(batch->is_resend);
    g_assert_cmpuint(batch->n_same, ==, 1);
    g_autoptr(HtJson) ops = waiting(&bench);
    g_assert_cmpuint(ht_json_length(ops), ==, 1);
    char theirs[HT_UUID_TEXT];
    g_assert_cmpstr(
        ht_json_get_string(ht_json_get(ht_json_at(ops, 0), "op"), "base_decision", NULL), ==,
        id_text('D', 900, theirs));
    bench_close(&bench);
}

/* What others decided is not mine to undo; it says so once, and what was done before comes next. */
static void test_undo(void)
{
    Bench bench;
    bench_open(&bench);
    g_autoptr(GError) error = NULL;
    bench_did(&bench, HT_DECISION_SHORTLIST, 5, 5);
    g_assert_cmpint(bench_push(&bench, "applied"), ==, 1);
    bench_did(&bench, HT_DECISION_SHORTLIST, 1, 1);
    g_autoptr(HtPushBatch) batch = meet(&bench, &(Theirs){"shortlist", 12, NULL});
    g_assert_null(bench_undo(&bench, HT_INTENT_UNDO, &error));
    g_assert_error(error, HT_OUTBOX_ERROR, HT_OUTBOX_ERROR_REFUSED);
    g_assert_cmpstr(error->message, ==, "somebody else had decided it already");
    g_clear_error(&error);
    assert_stage(&bench, 1, HT_STAGE_SHORTLIST, false);
    g_autoptr(HtReceipt) undone = bench_undo(&bench, HT_INTENT_UNDO, &error);
    g_assert_no_error(error);
    assert_stage(&bench, 5, HT_STAGE_APPLIED, true);
    bench_close(&bench);
}

/* Taken back while it was on its way: what takes it back takes nothing back, and says why. */
static void test_undone_before(void)
{
    Bench bench;
    bench_open(&bench);
    g_autoptr(GError) error = NULL;
    bench_did(&bench, HT_DECISION_SHORTLIST, 1, 1);
    g_autoptr(HtPushBatch) sent = ht_outbox_next_batch(bench.outbox, 10, &error);
    g_autoptr(HtReceipt) undone = bench_undo(&bench, HT_INTENT_UNDO, &error);
    g_assert_no_error(error);
    assert_stage(&bench, 1, HT_STAGE_APPLIED, true);
    g_autoptr(HtPushBatch) batch = meet(&bench, &(Theirs){"shortlist", 12, NULL});
    g_assert_cmpuint(batch->n_same, ==, 1);
    assert_stage(&bench, 1, HT_STAGE_SHORTLIST, false);
    g_autoptr(HtConflict) conflict = only_conflict(&bench);
    g_assert_cmpint(conflict->item.state, ==, HT_OP_REJECTED);
    g_assert_cmpstr(conflict->item.why, ==, "somebody else had decided it already");
    g_assert_null(ht_outbox_next_batch(bench.outbox, 10, &error));
    g_assert_no_error(error);
    assert_counters(&bench);
    bench_close(&bench);
}

static void open_again(Bench *bench)
{
    g_autoptr(GError) error = NULL;
    bench->fixture.cache = ht_cache_open(bench->fixture.paths, HT_CACHE_DEFAULT, &error);
    g_assert_no_error(error);
    bench->outbox = ht_outbox_open(bench->fixture.cache, bench->fixture.paths, &error);
    g_assert_no_error(error);
    bench->reader = ht_reader_new(bench->fixture.cache, "test", &error);
    g_assert_no_error(error);
}

/* A process dies there with the answer in its hands; the next one goes on as if it had not. */
static void die_and_go_on(const char *failpoint)
{
    Bench bench = {0};
    g_autoptr(GError) error = NULL;
    fixture_open(&bench.fixture);
    fixture_fill(&bench.fixture);
    g_clear_pointer(&bench.fixture.cache, ht_cache_close);
    pid_t pid = fork();
    if (pid == 0) {
        g_setenv("HIRETTY_FAILPOINT", failpoint, TRUE);
        open_again(&bench);
        bench_did(&bench, HT_DECISION_SHORTLIST, 1, 1);
        bench_did(&bench, HT_DECISION_ADVANCE, 1, 1);
        meet(&bench, &(Theirs){"shortlist", 12, NULL});
        _exit(0);
    }
    int status = 0;
    g_assert_cmpint(waitpid(pid, &status, 0), ==, pid);
    g_assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    open_again(&bench);
    assert_outbox(&bench, 1, 0, 0);
    assert_stage(&bench, 1, HT_STAGE_SCREENING, true);
    assert_counters(&bench);
    HtOpSpan span; /* the dead one has told nobody */
    g_assert_cmpuint(ht_outbox_take_same(bench.outbox, &span), ==, 1);
    g_assert_cmpint(span.first, ==, 1);
    g_assert_cmpint(span.last, ==, 1);
    bench_reopen(&bench); /* as if it had been ended before the line was out */
    g_assert_cmpuint(ht_outbox_take_same(bench.outbox, &span), ==, 1);
    ht_outbox_told_same(bench.outbox, &span);
    bench_reopen(&bench);
    g_assert_cmpuint(ht_outbox_take_same(bench.outbox, &span), ==, 0); /* once */
    g_autoptr(HtPushBatch) batch = ht_outbox_next_batch(bench.outbox, 10, &error);
    g_assert_no_error(error);
    g_assert_cmpint(batch->n, ==, 1);
    g_assert_false(batch->is_resend);
    char theirs[HT_UUID_TEXT];
    g_assert_nonnull(strstr(batch->ops_json, id_text('D', 900, theirs)));
    g_autofree char *answer = bench_answer(batch, "applied");
    ht_outbox_acknowledge(bench.outbox, batch, answer, &error);
    g_assert_no_error(error);
    assert_outbox(&bench, 0, 0, 0);
    assert_stage(&bench, 1, HT_STAGE_SCREENING, false);
    bench_close(&bench);
}

/* In a process of its own each: which place is meant is read once. */
static void test_killed(void)
{
    static const char *const points[] = {"push.recorded", "push.applied", "push.tidied"};
    for (gsize i = 0; i < G_N_ELEMENTS(points); i++) {
        int status = 0;
        pid_t pid = fork();
        if (pid == 0) {
            die_and_go_on(points[i]);
            _exit(0);
        }
        g_assert_cmpint(waitpid(pid, &status, 0), ==, pid);
        g_assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/outbox/same/killed", test_killed); /* before anything passes such a place */
    g_test_add_func("/outbox/same/settled", test_settled);
    g_test_add_func("/outbox/same/of_its_own", test_of_its_own);
    g_test_add_func("/outbox/same/onward", test_onward);
    g_test_add_func("/outbox/same/mail", test_mail);
    g_test_add_func("/outbox/same/past", test_past);
    g_test_add_func("/outbox/same/hold", test_hold);
    g_test_add_func("/outbox/same/note_stays", test_note_stays);
    g_test_add_func("/outbox/same/private_note_again", test_private_note_again);
    g_test_add_func("/outbox/same/stands_there", test_stands_there);
    g_test_add_func("/outbox/same/chain", test_chain);
    g_test_add_func("/outbox/same/waits_on_theirs", test_waits_on_theirs);
    g_test_add_func("/outbox/same/undo", test_undo);
    g_test_add_func("/outbox/same/undone_before", test_undone_before);
    return g_test_run();
}
