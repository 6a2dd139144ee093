/* Where two things meet: another process that takes an op meanwhile, a disk that fails half-way
 * through many, one row named twice, what others carried, words that have to go. */
#include "bench.h"

#include "hiretty/base/json.h"

#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>

static void put_note_row(HtApply *apply, gpointer data)
{
    (void)data;
    put_row(apply, HT_APPLY_UPSERT, "candidate_notes", "id", "n1", "candidate_id", "C1", "body",
            "first", "visibility", "team", "created_at", "5", "row_version", "3", NULL);
}

static HtIntent *edit_of(const HtUuid *id, const char *body)
{
    HtIntent *intent = ht_intent_new(HT_INTENT_NOTE_EDIT);
    intent->note_id = *id;
    intent->note = g_strdup(body);
    return intent;
}

static void submit(Bench *bench, HtIntent *intent)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(HtReceipt) receipt = ht_outbox_submit(bench->outbox, intent, &error);
    g_assert_no_error(error);
    g_assert_cmpint(receipt->n_done, ==, 1);
}

/* ---- another process
 * --------------------------------------------------------------------------------------- */
static void note_receipt(GObject *source, GAsyncResult *result, gpointer data)
{
    (void)source;
    *(GAsyncResult **)data = g_object_ref(result);
}

/* While this process waits for the file, the one that syncs takes the op that the edit would have
 * been carried into: the op leaves as it is, and the edit stands on it. */
static void test_taken_meanwhile(void)
{
    Bench bench;
    bench_open(&bench);
    g_autoptr(GError) error = NULL;
    HtUuid n1 = test_id('n', 1);
    fixture_apply(&bench.fixture, put_note_row, NULL);
    submit(&bench, edit_of(&n1, "second"));
    g_autofree char *path =
        g_build_filename(ht_paths_state_dir(bench.fixture.paths), "outbox.db", NULL);
    g_autoptr(HtDb) other = ht_db_open(path, HT_DB_WRITE | HT_DB_FULL, "other", 256, &error);
    g_assert_no_error(error);
    g_assert_true(ht_db_begin(other, true, &error));
    g_autoptr(GAsyncResult) result = NULL;
    ht_outbox_submit_async(bench.outbox, edit_of(&n1, "third"), NULL, note_receipt, &result);
    g_usleep(100000); /* it has got as far as it can */
    g_assert_true(ht_db_exec(other,
                             "INSERT INTO batches (fn, first_seq, last_seq, n, json) "
                             "SELECT 2, 1, 1, 1, '[' || body || ']' FROM ops WHERE seq = 1; "
                             "UPDATE ops SET state = 1, batch = 1 WHERE seq = 1",
                             &error));
    g_assert_true(ht_db_commit(other, &error));
    while (!result)
        g_main_context_iteration(NULL, TRUE);
    g_autoptr(HtReceipt) receipt = ht_outbox_submit_finish(bench.outbox, result, &error);
    g_assert_no_error(error);
    assert_outbox(&bench, 1, 1, 0);
    g_autofree char *text = ht_outbox_export(bench.outbox, &error);
    g_autoptr(HtJson) ops = ht_json_parse(text, -1, &error);
    g_assert_cmpuint(ht_json_length(ops), ==, 2);
    const HtJson *op = ht_json_get(ht_json_at(ops, 1), "op");
    g_assert_cmpstr(ht_json_get_string(ht_json_get(op, "base"), "body", NULL), ==, "second");
    g_assert_cmpstr(ht_json_get_string(ht_json_get(op, "set"), "body", NULL), ==, "third");
    bench_close(&bench);
}

/* ---- a disk that fails
 * ------------------------------------------------------------------------------------- */
static void limit_files(bool limited)
{
    struct rlimit limit;
    g_assert_cmpint(getrlimit(RLIMIT_FSIZE, &limit), ==, 0);
    limit.rlim_cur = limited ? 4096 : limit.rlim_max;
    g_assert_cmpint(setrlimit(RLIMIT_FSIZE, &limit), ==, 0);
}

/* Nothing of a pass could be taken back: that is said, not that it was done, nor that there is
 * nothing. */
static void test_pass_without_room(void)
{
    Bench bench;
    bench_open(&bench);
    signal(SIGXFSZ, SIG_IGN);
    g_autoptr(GError) error = NULL;
    guint64 pass = ht_outbox_new_pass(bench.outbox);
    for (int i = 1; i <= 3; i++) {
        g_autofree char *name = g_strdup_printf("M%d", i);
        HtIntent *intent = ht_intent_new(HT_INTENT_DECIDE);
        intent->decision = HT_DECISION_SHORTLIST;
        intent->pass = pass;
        ht_intent_add_match(intent, bench_key(&bench, name), true, false, 1);
        submit(&bench, intent);
    }
    limit_files(true);
    g_autoptr(HtReceipt) none = ht_outbox_undo_pass(bench.outbox, pass, &error);
    limit_files(false);
    g_assert_null(none);
    g_assert_nonnull(error);
    g_assert_cmpstr(g_quark_to_string(error->domain), ==, g_quark_to_string(HT_CACHE_ERROR));
    assert_outbox(&bench, 3, 0, 0);
    assert_stage(&bench, 2, HT_STAGE_SHORTLIST, true);
    g_clear_error(&error);
    g_autoptr(HtReceipt) undone = ht_outbox_undo_pass(bench.outbox, pass, &error);
    g_assert_no_error(error);
    g_assert_cmpint(undone->n_done, ==, 3);
    assert_outbox(&bench, 0, 0, 0);
    bench_close(&bench);
}

/* ---- named twice
 * ------------------------------------------------------------------------------------------- */
static void test_named_twice(void)
{
    Bench bench;
    bench_open(&bench);
    HtIntent *intent = ht_intent_new(HT_INTENT_DECIDE);
    intent->decision = HT_DECISION_SHORTLIST;
    for (int i = 0; i < 2; i++)
        ht_intent_add_match(intent, bench_key(&bench, "M1"), true, false, 1);
    submit(&bench, intent);
    assert_outbox(&bench, 1, 0, 0);
    bench_close(&bench);
}

/* ---- what others carried
 * ----------------------------------------------------------------------------------- */
/* A note that is given up takes along what was done with it, and what that carried: undo does not
 * stop at any of it. */
static void test_dropped_with_all(void)
{
    Bench bench;
    bench_open(&bench);
    g_autoptr(GError) error = NULL;
    HtIntent *note = ht_intent_new(HT_INTENT_NOTE);
    note->note = g_strdup("new");
    ht_intent_add_candidate(note, bench_key(&bench, "C1"));
    submit(&bench, note);
    g_autoptr(GPtrArray) items = ht_outbox_list(bench.outbox, 0, &error);
    const HtOutboxItem *first = items->pdata[0];
    HtIntent *delete = ht_intent_new(HT_INTENT_NOTE_DELETE);
    delete->note_id = first->row;
    submit(&bench, delete);
    submit(&bench, edit_of(&first->row, "changed"));
    submit(&bench, edit_of(&first->row, "changed again"));
    HtSettle settle = {.kind = HT_SETTLE_DROP, .seq = first->seq};
    guint n = 0;
    ht_outbox_settle(bench.outbox, &settle, &n, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(n, ==, 3); /* it, the deletion, and the two edits as one */
    assert_outbox(&bench, 0, 0, 0);
    g_assert_null(bench_undo(&bench, HT_INTENT_UNDO, &error));
    g_assert_error(error, HT_OUTBOX_ERROR, HT_OUTBOX_ERROR_NOTHING);
    bench_close(&bench);
}

/* ---- what the server would refuse
 * -------------------------------------------------------------------------------------------------
 */
static char *text_of(const char *one, int n)
{
    GString *text = g_string_new(NULL);
    for (int i = 0; i < n; i++)
        g_string_append(text, one);
    return g_string_free(text, FALSE);
}

static HtIntent *noting_intent(Bench *bench, HtIntentKind kind)
{
    HtIntent *intent = ht_intent_new(kind);
    if (kind == HT_INTENT_DECIDE) {
        intent->decision = HT_DECISION_SHORTLIST;
        ht_intent_add_match(intent, bench_key(bench, "M1"), false, false, 0);
    } else {
        ht_intent_add_candidate(intent, bench_key(bench, "C1"));
    }
    return intent;
}

/* Long is what has too many characters, whatever bytes they take, beside a decision too; and what
 * nobody sees is no text. */
static void test_sizes_of_texts(void)
{
    static const struct {
        HtIntentKind kind;
        const char *one;
        int n;
        const char *told; /* NULL: taken */
    } cases[] = {
        {HT_INTENT_NOTE, "日", 20000, NULL},
        {HT_INTENT_NOTE, "日", 20001, "the note is too long: 20001 where 20000 is the most"},
        {HT_INTENT_DECIDE, "x", 20001, "the note is too long: 20001 "},
        {HT_INTENT_DECIDE, "日", 20000, NULL},
        {HT_INTENT_NOTE, "\u200b", 3, "the note is empty"},
        {HT_INTENT_NOTE, "\u00a0", 1, "the note is empty"},
        {HT_INTENT_NOTE, "\u3000\n\u2060", 1, "the note is empty"},
        {HT_INTENT_TAG_ADD, "日", 60, NULL},
        {HT_INTENT_TAG_ADD, "x", 61, "the tag is too long"},
        {HT_INTENT_TAG_ADD, "\u200d", 1, "the tag is empty"},
    };
    Bench bench;
    bench_open(&bench);
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = NULL;
        HtIntent *intent = noting_intent(&bench, cases[i].kind);
        char **text = cases[i].kind == HT_INTENT_TAG_ADD ? &intent->tag : &intent->note;
        *text = text_of(cases[i].one, cases[i].n);
        g_autoptr(HtReceipt) receipt = ht_outbox_submit(bench.outbox, intent, &error);
        if (!cases[i].told) {
            g_assert_no_error(error);
            continue;
        }
        g_assert_error(error, HT_OUTBOX_ERROR, HT_OUTBOX_ERROR_REFUSED);
        g_assert_true(g_str_has_prefix(error->message, cases[i].told));
    }
    assert_outbox(&bench, 3, 0, 0);
    bench_close(&bench);
}

/* ---- words
 * -------------------------------------------------------------------------------------------------
 */
#define CANARY "Xanthippe"

static bool file_has_words(Bench *bench)
{
    static const char *const names[] = {"outbox.db", "outbox.db-wal"};
    bool found = false;
    for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autofree char *path =
            g_build_filename(ht_paths_state_dir(bench->fixture.paths), names[i], NULL);
        g_autofree char *bytes = NULL;
        gsize len = 0;
        if (g_file_get_contents(path, &bytes, &len, NULL))
            found |= memmem(bytes, len, CANARY, strlen(CANARY)) != NULL;
    }
    return found;
}

/* Names of actions, and what the server said to an op, may hold words, too. */
static void test_words_of_actions(void)
{
    Bench bench;
    bench_open(&bench);
    g_autoptr(GError) error = NULL;
    HtIntent *tags = ht_intent_new(HT_INTENT_TAGS);
    tags->tags = g_ptr_array_new_with_free_func(g_free);
    g_ptr_array_add(tags->tags, g_strdup(CANARY));
    ht_intent_add_candidate(tags, bench_key(&bench, "C1"));
    submit(&bench, tags);
    bench_did(&bench, HT_DECISION_SHORTLIST, 2, 2);
    for (int i = 0; i < 2; i++) {
        g_autoptr(HtPushBatch) batch = ht_outbox_next_batch(bench.outbox, 1, &error);
        g_assert_no_error(error);
        ht_outbox_bisect(bench.outbox, batch, "not for " CANARY, &error);
        g_assert_no_error(error);
    }
    g_assert_true(file_has_words(&bench));
    g_assert_true(ht_cache_purge(bench.fixture.cache, HT_PURGE_LOCK, "refused", &error));
    g_assert_no_error(error);
    g_assert_false(file_has_words(&bench));
    bench_close(&bench);
}

static void delete_person(HtApply *apply, gpointer data)
{
    (void)data;
    g_autoptr(GError) error = NULL;
    HtUuid person = test_id('C', 1), match = test_id('M', 1);
    ht_apply_delete(apply, ht_sync_table_by_name("candidate_job_matches"), &match, &error);
    g_assert_no_error(error);
    ht_apply_delete(apply, ht_sync_table_by_name("candidates"), &person, &error);
    g_assert_no_error(error);
}

/* Of whoever is forgotten the list still says what it was, and whose id. */
static void test_gone_are_named(void)
{
    static const struct {
        const char *label;
        HtOpState state;
    } rows[] = {{"Note", HT_OP_GONE},
                {"Tag", HT_OP_GONE},
                {"Edit a note", HT_OP_GONE},
                {"Shortlist", HT_OP_PENDING}};
    Bench bench;
    bench_open(&bench);
    g_autoptr(GError) error = NULL;
    HtUuid n1 = test_id('n', 1), person = test_id('C', 1);
    fixture_apply(&bench.fixture, put_note_row, NULL);
    HtIntent *note = ht_intent_new(HT_INTENT_NOTE);
    note->note = g_strdup(CANARY);
    ht_intent_add_candidate(note, bench_key(&bench, "C1"));
    submit(&bench, note);
    HtIntent *tag = ht_intent_new(HT_INTENT_TAG_ADD);
    tag->tag = g_strdup(CANARY);
    ht_intent_add_candidate(tag, bench_key(&bench, "C1"));
    submit(&bench, tag);
    submit(&bench, edit_of(&n1, CANARY));
    bench_did(&bench, HT_DECISION_SHORTLIST, 1, 1);
    fixture_apply(&bench.fixture, delete_person, NULL);
    g_assert_true(ht_cache_forget(bench.fixture.cache, true, &error));
    g_assert_no_error(error);
    g_autoptr(GPtrArray) items = ht_outbox_list(bench.outbox, 0, &error);
    g_assert_cmpuint(items->len, ==, G_N_ELEMENTS(rows));
    for (guint i = 0; i < items->len; i++) {
        const HtOutboxItem *item = items->pdata[i];
        g_assert_cmpstr(item->label, ==, rows[i].label);
        g_assert_cmpint(item->state, ==, rows[i].state);
        g_assert_true(ht_uuid_equal(&item->candidate, &person));
    }
    bench_close(&bench);
}

/* Why the n-th op did not go; NULL: nothing is said. */
static void assert_told(Bench *bench, guint n, const char *start)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) items = ht_outbox_list(bench->outbox, 0, &error);
    g_assert_no_error(error);
    const HtOutboxItem *item = items->pdata[n];
    g_assert_cmpint(item->state, ==, start ? HT_OP_GONE : HT_OP_PENDING);
    if (start ? !item->why || !g_str_has_prefix(item->why, start) : item->why != NULL)
        g_error("%u: %s, not %s", n, item->why, start);
}

/* Refused, and let in again: what has no words left is gone and stays so; what needs none waits. */
static void test_shut_out_and_back(void)
{
    Bench bench;
    bench_open(&bench);
    g_autoptr(GError) error = NULL;
    HtUuid n1 = test_id('n', 1);
    fixture_apply(&bench.fixture, put_note_row, NULL);
    HtIntent *note = ht_intent_new(HT_INTENT_NOTE);
    note->note = g_strdup(CANARY);
    ht_intent_add_candidate(note, bench_key(&bench, "C1"));
    submit(&bench, note);
    HtIntent *tag = ht_intent_new(HT_INTENT_TAG_ADD);
    tag->tag = g_strdup(CANARY);
    ht_intent_add_candidate(tag, bench_key(&bench, "C1"));
    submit(&bench, tag);
    submit(&bench, edit_of(&n1, CANARY));
    bench_did(&bench, HT_DECISION_SHORTLIST, 1, 1);
    g_assert_true(ht_cache_purge(bench.fixture.cache, HT_PURGE_LOCK, "refused", &error));
    g_assert_false(file_has_words(&bench));
    assert_outbox(&bench, 1, 0, 0);
    assert_told(&bench, 0, "Its words were removed");
    g_autoptr(GPtrArray) items = ht_outbox_list(bench.outbox, 0, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(items->len, ==, 4);
    for (guint i = 0; i < items->len; i++) {
        const HtOutboxItem *item = items->pdata[i];
        g_assert_cmpint(item->state, ==, i < 3 ? HT_OP_GONE : HT_OP_PENDING);
    }
    bench_close(&bench);
}

static void put_rejection(HtApply *apply, gpointer data)
{
    (void)data;
    put_row(apply, HT_APPLY_UPSERT, "notification_templates", "id", "T1", "name", "Rejection",
            "template_type", "rejection", "version", "4", "subject", "Your application",
            "body_text", CANARY, "is_default", "1", "is_active", "1", NULL);
}

static void decide_with(Bench *bench, const char *match, bool mail, const char *note)
{
    g_autoptr(GError) error = NULL;
    HtIntent *intent = ht_intent_new(HT_INTENT_DECIDE);
    intent->decision = HT_DECISION_REJECT;
    intent->reason = bench_key(bench, "R1");
    intent->mail = mail;
    intent->note = g_strdup(note);
    ht_intent_add_match(intent, bench_key(bench, match), true, false, 2);
    g_autoptr(HtReceipt) receipt = ht_outbox_submit(bench->outbox, intent, &error);
    g_assert_no_error(error);
    g_assert_cmpint(receipt->n_mails, ==, mail);
}

/* Nobody is rejected in silence: a decision that lost its mail or its note does not go by itself
 * when the login is let in again; deciding again, as it says, writes a new mail. */
static void test_decisions_shut_out(void)
{
    Bench bench;
    bench_open(&bench);
    g_autoptr(GError) error = NULL;
    fixture_apply(&bench.fixture, put_rejection, NULL);
    decide_with(&bench, "M1", true, NULL);
    decide_with(&bench, "M2", true, CANARY);
    decide_with(&bench, "M3", false, CANARY);
    decide_with(&bench, "M4", false, NULL);
    g_autoptr(HtPushBatch) sent = ht_outbox_next_batch(bench.outbox, 1, &error);
    g_assert_nonnull(sent); /* the first is under way */
    g_assert_true(ht_cache_purge(bench.fixture.cache, HT_PURGE_LOCK, "refused", &error));
    g_assert_false(file_has_words(&bench));
    fixture_fill(&bench.fixture);
    fixture_apply(&bench.fixture, put_rejection, NULL);
    for (int i = 0; i < 2; i++) { /* and as the next process finds it */
        bench_reopen(&bench);
        assert_told(&bench, 0, "Its mail was removed when this login was shut out. Keep mine");
        assert_told(&bench, 1, "Its mail and note were removed");
        assert_told(&bench, 2, "Its note was removed");
        assert_told(&bench, 3, NULL);
        assert_outbox(&bench, 1, 0, 0);
    }
    g_assert_cmpint(bench_push(&bench, "applied"), ==, 1);
    HtResolve mine = {.resolution = HT_RESOLVE_KEEP_MINE};
    g_assert_true(ht_outbox_resolve(bench.outbox, 1, &mine, &error));
    g_assert_no_error(error);
    g_autoptr(HtPushBatch) batch = ht_outbox_next_batch(bench.outbox, 100, &error);
    g_assert_no_error(error);
    g_assert_cmpint(batch->n, ==, 1);
    g_assert_nonnull(strstr(batch->ops_json, "\"subject\":\"Your application\""));
    bench_close(&bench);
}

/* What was given up for want of words is not sent again, whoever asks for it. */
static void test_gone_stays_gone(void)
{
    Bench bench;
    bench_open(&bench);
    g_autoptr(GError) error = NULL;
    HtIntent *note = ht_intent_new(HT_INTENT_NOTE);
    note->note = g_strdup(CANARY);
    ht_intent_add_candidate(note, bench_key(&bench, "C1"));
    submit(&bench, note);
    fixture_apply(&bench.fixture, delete_person, NULL);
    g_assert_true(ht_cache_forget(bench.fixture.cache, true, &error));
    HtResolve mine = {.resolution = HT_RESOLVE_KEEP_MINE};
    g_assert_false(ht_outbox_resolve(bench.outbox, 1, &mine, &error));
    g_assert_error(error, HT_OUTBOX_ERROR, HT_OUTBOX_ERROR_REFUSED);
    g_clear_error(&error);
    guint n = 0;
    ht_outbox_unpark(bench.outbox, &n, &error);
    g_assert_no_error(error);
    assert_outbox(&bench, 0, 0, 0);
    bench_close(&bench);
}

static void damage(HtApply *apply, gpointer data)
{
    g_assert_true(ht_db_exec(ht_apply_db(apply), data, NULL));
}

/* The index of the ids leads nowhere, or lacks an id: nobody is gone by that, and no word is. */
static void test_index_knows_nobody(void)
{
    static const char *const damages[] = {
        "UPDATE keys_by_id SET k = k + (1 << 40) WHERE k = (SELECT candidate_k FROM "
        "candidate_job_matches WHERE k = (SELECT min(k) FROM candidate_job_matches))",
        "UPDATE keys_by_id SET id = zeroblob(16) WHERE k = (SELECT candidate_k FROM "
        "candidate_job_matches WHERE k = (SELECT min(k) FROM candidate_job_matches))"};
    for (gsize i = 0; i < G_N_ELEMENTS(damages); i++) {
        Bench bench;
        bench_open(&bench);
        g_autoptr(GError) error = NULL;
        for (int n = 1; n <= 2; n++) {
            HtIntent *note = ht_intent_new(HT_INTENT_NOTE);
            note->note = g_strdup(CANARY);
            ht_intent_add_candidate(note, bench_key(&bench, n == 1 ? "C1" : "C2"));
            submit(&bench, note);
        }
        fixture_apply(&bench.fixture, delete_person, NULL);
        g_autofree char *sql = g_strdup(damages[i]);
        fixture_apply(&bench.fixture, damage, sql);
        g_assert_false(ht_cache_forget(bench.fixture.cache, true, &error));
        g_assert_error(error, HT_CACHE_ERROR, HT_CACHE_ERROR_CORRUPT);
        g_clear_error(&error);
        g_assert_true(ht_cache_owes(bench.fixture.cache));
        g_autoptr(GPtrArray) items = ht_outbox_list(bench.outbox, 0, &error);
        g_assert_no_error(error);
        g_assert_cmpuint(items->len, ==, 2);
        g_assert_cmpint(((const HtOutboxItem *)items->pdata[1])->state, ==, HT_OP_PENDING);
        g_assert_true(file_has_words(&bench));
        bench_close(&bench);
    }
}

/* ---- one of them
 * ------------------------------------------------------------------------------------------- */
static void test_one_conflict(void)
{
    Bench bench;
    bench_open(&bench);
    g_autoptr(GError) error = NULL;
    bench_did(&bench, HT_DECISION_SHORTLIST, 1, 2);
    g_assert_cmpint(bench_push(&bench, "conflict"), ==, 2);
    bench_did(&bench, HT_DECISION_SHORTLIST, 3, 3);
    g_autoptr(HtConflict) one = ht_outbox_conflict(bench.outbox, 2, &error);
    g_assert_no_error(error);
    g_assert_cmpint(one->item.seq, ==, 2);
    g_assert_cmpstr(one->mine, ==, "shortlisted → Shortlist");
    for (int64_t seq = 3; seq <= 4; seq++) { /* one that waits, and none */
        g_assert_null(ht_outbox_conflict(bench.outbox, seq, &error));
        g_assert_error(error, HT_OUTBOX_ERROR, HT_OUTBOX_ERROR_NOTHING);
        g_clear_error(&error);
    }
    HtOpSpan span = {2, 3};
    g_autoptr(GPtrArray) items = ht_outbox_list_span(bench.outbox, &span, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(items->len, ==, 2);
    g_assert_cmpint(((const HtOutboxItem *)items->pdata[1])->state, ==, HT_OP_PENDING);
    bench_close(&bench);
}

/* Without blocking: the texts are copied, and the callback comes with what it was about. */
static void test_settle_async(void)
{
    Bench bench;
    bench_open(&bench);
    g_autoptr(GError) error = NULL;
    bench_did(&bench, HT_DECISION_SHORTLIST, 1, 2);
    g_assert_cmpint(bench_push(&bench, "conflict"), ==, 2);
    char note[] = "said again";
    HtSettle settle = {.kind = HT_SETTLE_RESOLVE,
                       .seq = 1,
                       .how = {.resolution = HT_RESOLVE_KEEP_MINE, .note = note}};
    for (int i = 0; i < 2; i++) {
        g_autoptr(GAsyncResult) result = NULL;
        guint n = 9;
        ht_outbox_settle_async(bench.outbox, &settle, note_receipt, &result);
        memset(note, 'x', sizeof note - 1);
        while (!result)
            g_main_context_iteration(NULL, TRUE);
        bool ok = ht_outbox_settle_finish(bench.outbox, result, &n, &error);
        g_assert_cmpint(ok, ==, i == 0);
        g_assert_cmpuint(n, ==, i == 0);
    }
    g_assert_error(error, HT_OUTBOX_ERROR, HT_OUTBOX_ERROR_NOTHING);
    g_clear_error(&error);
    g_autofree char *text = ht_outbox_export(bench.outbox, &error);
    g_assert_nonnull(strstr(text, "said again"));
    assert_outbox(&bench, 1, 0, 1);
    bench_close(&bench);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/outbox/processes/taken_meanwhile", test_taken_meanwhile);
    g_test_add_func("/outbox/undo/pass_without_room", test_pass_without_room);
    g_test_add_func("/outbox/decisions/named_twice", test_named_twice);
    g_test_add_func("/outbox/drop/with_all", test_dropped_with_all);
    g_test_add_func("/outbox/limits/sizes_of_texts", test_sizes_of_texts);
    g_test_add_func("/outbox/forget/words_of_actions", test_words_of_actions);
    g_test_add_func("/outbox/forget/gone_are_named", test_gone_are_named);
    g_test_add_func("/outbox/forget/shut_out_and_back", test_shut_out_and_back);
    g_test_add_func("/outbox/forget/decisions_shut_out", test_decisions_shut_out);
    g_test_add_func("/outbox/forget/gone_stays_gone", test_gone_stays_gone);
    g_test_add_func("/outbox/forget/index_knows_nobody", test_index_knows_nobody);
    g_test_add_func("/outbox/look/one_conflict", test_one_conflict);
    g_test_add_func("/outbox/settle/async", test_settle_async);
    return g_test_run();
}
