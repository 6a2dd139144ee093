/* Notes and tags, mails, passes, batches that the server cannot take. */
#include "bench.h"

#include "hiretty/base/clock.h"
#include "hiretty/base/json.h"
#include "hiretty/cache/candidates.h"
#include "hiretty/cache/interviews.h"

#include <string.h>

static HtReceipt *submit_tag(Bench *bench, HtIntentKind kind, const char *person, const char *tag,
                             GError **error)
{
    HtIntent *intent = ht_intent_new(kind);
    intent->tag = g_strdup(tag);
    ht_intent_add_candidate(intent, bench_key(bench, person));
    return ht_outbox_submit(bench->outbox, intent, error);
}

static guint count_tags(Bench *bench, const char *person)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) tags = ht_cache_tags(bench->reader, bench_key(bench, person), &error);
    g_assert_no_error(error);
    return tags->len;
}

static void put_tag_row(HtApply *apply, gpointer data)
{
    (void)data;
    put_row(apply, HT_APPLY_UPSERT, "candidate_tags", "id", "t1", "candidate_id", "C1", "tag",
            "Remote", NULL);
}

static void test_tags(void)
{
    Bench bench;
    bench_open(&bench);
    g_autoptr(GError) error = NULL;
    fixture_apply(&bench.fixture, put_tag_row, NULL);
    g_autoptr(HtReceipt) added = submit_tag(&bench, HT_INTENT_TAG_ADD, "C1", "VIP", &error);
    g_assert_no_error(error);
    g_assert_cmpuint(count_tags(&bench, "C1"), ==, 2);
    g_assert_null(submit_tag(&bench, HT_INTENT_TAG_ADD, "C1", "remote", &error));
    g_assert_error(error, HT_OUTBOX_ERROR, HT_OUTBOX_ERROR_REFUSED);
    g_clear_error(&error);
    g_autoptr(HtReceipt) removed = submit_tag(&bench, HT_INTENT_TAG_REMOVE, "C1", "remote", &error);
    g_assert_no_error(error);
    g_assert_cmpuint(count_tags(&bench, "C1"), ==, 1);
    HtMatchRow *row = bench_row(&bench, 1);
    g_assert_cmpstr(row->tags, ==, "VIP");
    ht_match_rows_free(row, 1);
    g_autoptr(HtPushBatch) batch = ht_outbox_next_batch(bench.outbox, 100, &error);
    g_assert_cmpint(batch->function, ==, HT_PUSH_FIELDS);
    g_autoptr(HtJson) ops = ht_json_parse(batch->ops_json, -1, &error);
    g_assert_cmpstr(ht_json_get_string(ht_json_at(ops, 0), "kind", NULL), ==, "insert");
    g_assert_cmpstr(ht_json_get_string(ht_json_at(ops, 1), "kind", NULL), ==, "delete");
    g_assert_cmpstr(ht_json_get_string(ht_json_at(ops, 1), "table", NULL), ==, "candidate_tags");
    /* Undo of what is being sent: the tag comes back with a row of its own. */
    g_autoptr(HtReceipt) undone = bench_undo(&bench, HT_INTENT_UNDO, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(count_tags(&bench, "C1"), ==, 2);
    bench_close(&bench);
}

static HtReceipt *submit_note(Bench *bench, HtIntentKind kind, const HtUuid *id, const char *body)
{
    g_autoptr(GError) error = NULL;
    HtIntent *intent = ht_intent_new(kind);
    intent->note = g_strdup(body);
    if (id)
        intent->note_id = *id;
    ht_intent_add_candidate(intent, bench_key(bench, "C1"));
    HtReceipt *receipt = ht_outbox_submit(bench->outbox, intent, &error);
    g_assert_no_error(error);
    return receipt;
}

static GPtrArray *notes(Bench *bench)
{
    g_autoptr(GError) error = NULL;
    GPtrArray *list = ht_cache_notes(bench->reader, bench_key(bench, "C1"), &error);
    g_assert_no_error(error);
    return list;
}

static void put_note_row(HtApply *apply, gpointer data)
{
    (void)data;
    put_row(apply, HT_APPLY_UPSERT, "candidate_notes", "id", "n1", "candidate_id", "C1", "body",
            "first", "visibility", "team", "created_at", "5", "row_version", "3", NULL);
}

static void test_notes(void)
{
    Bench bench;
    bench_open(&bench);
    g_autoptr(GError) error = NULL;
    fixture_apply(&bench.fixture, put_note_row, NULL);
    HtUuid n1 = test_id('n', 1);
    g_autoptr(HtReceipt) added = submit_note(&bench, HT_INTENT_NOTE, NULL, "fresh");
    g_autoptr(HtReceipt) edited = submit_note(&bench, HT_INTENT_NOTE_EDIT, &n1, "second");
    g_autoptr(HtReceipt) again = submit_note(&bench, HT_INTENT_NOTE_EDIT, &n1, "third");
    g_autoptr(GPtrArray) list = notes(&bench);
    g_assert_cmpuint(list->len, ==, 2);
    const HtNote *fresh = list->pdata[0], *third = list->pdata[1];
    g_assert_cmpstr(fresh->body, ==, "fresh");
    g_assert_true(fresh->is_mine && fresh->is_pending);
    g_assert_cmpstr(third->body, ==, "third");
    /* Two edits leave as one: first base, last value. */
    g_autoptr(HtPushBatch) batch = ht_outbox_next_batch(bench.outbox, 100, &error);
    g_assert_cmpint(batch->n, ==, 2);
    g_autoptr(HtJson) ops = ht_json_parse(batch->ops_json, -1, &error);
    const HtJson *edit = ht_json_at(ops, 1);
    g_assert_cmpstr(ht_json_get_string(ht_json_get(edit, "set"), "body", NULL), ==, "third");
    g_assert_cmpstr(ht_json_get_string(ht_json_get(edit, "base"), "body", NULL), ==, "first");
    g_assert_cmpint(ht_json_get_int(edit, "base_version", 0), ==, 3);
    g_autoptr(HtReceipt) gone = submit_note(&bench, HT_INTENT_NOTE_DELETE, &n1, NULL);
    g_autoptr(GPtrArray) rest = notes(&bench);
    g_assert_cmpuint(rest->len, ==, 1);
    bench_close(&bench);
}

static void test_undo_edit(void)
{
    Bench bench;
    bench_open(&bench);
    g_autoptr(GError) error = NULL;
    fixture_apply(&bench.fixture, put_note_row, NULL);
    HtUuid n1 = test_id('n', 1);
    g_autoptr(HtReceipt) edited = submit_note(&bench, HT_INTENT_NOTE_EDIT, &n1, "second");
    g_autoptr(HtReceipt) again = submit_note(&bench, HT_INTENT_NOTE_EDIT, &n1, "third");
    g_autoptr(HtReceipt) undone = bench_undo(&bench, HT_INTENT_UNDO, &error);
    g_assert_no_error(error);
    g_autoptr(GPtrArray) list = notes(&bench);
    g_assert_cmpstr(((HtNote *)list->pdata[0])->body, ==, "second");
    assert_outbox(&bench, 1, 0, 0);
    bench_close(&bench);
}

/* --- Mails */

static void put_templates(HtApply *apply, gpointer data)
{
    const char *body = data;
    put_row(apply, HT_APPLY_UPSERT, "notification_templates", "id", "T1", "name", "Rejection",
            "template_type", "rejection", "version", "4", "subject", "{{job_title}}", "body_text",
            body, "is_default", "1", "is_active", "1", NULL);
}

static HtReceipt *reject_with_mail(Bench *bench, const char *match)
{
    g_autoptr(GError) error = NULL;
    HtIntent *intent = ht_intent_new(HT_INTENT_DECIDE);
    intent->decision = HT_DECISION_REJECT;
    intent->reason = bench_key(bench, "R1");
    intent->mail = true;
    intent->mail_delay_us = HT_US_PER_DAY;
    ht_intent_add_match(intent, bench_key(bench, match), true, false, 2);
    HtReceipt *receipt = ht_outbox_submit(bench->outbox, intent, &error);
    g_assert_no_error(error);
    return receipt;
}

static void test_mails(void)
{
    Bench bench;
    bench_open(&bench);
    g_autoptr(GError) error = NULL;
    fixture_apply(&bench.fixture, put_templates,
                  (char[]){"Dear {{candidate_name}}, {{reason_text}} {{company_name}}"});
    g_autoptr(HtReceipt) receipt = reject_with_mail(&bench, "M1");
    g_assert_cmpint(receipt->n_mails, ==, 1);
    g_assert_cmpint(receipt->n_mails_held, ==, 0);
    fixture_apply(&bench.fixture, put_templates, (char[]){"Come at {{interview_time}}"});
    g_autoptr(HtReceipt) held = reject_with_mail(&bench, "M2");
    g_assert_cmpint(held->n_mails, ==, 0);
    g_assert_cmpint(held->n_mails_held, ==, 1);
    g_assert_cmpstr(held->mails_held_why, ==, "{{interview_time}} is not known");
    g_autoptr(HtPushBatch) batch = ht_outbox_next_batch(bench.outbox, 100, &error);
    g_autoptr(HtJson) ops = ht_json_parse(batch->ops_json, -1, &error);
    const HtJson *mail = ht_json_at(ht_json_get(ht_json_at(ops, 0), "mails"), 0);
    g_assert_cmpstr(ht_json_get_string(mail, "subject", NULL), ==, "Customer Support Specialist");
    g_assert_cmpstr(ht_json_get_string(mail, "body", NULL), ==,
                    "Dear Zoë Last01, A must-have was missing. Tenant A");
    g_assert_cmpint(ht_json_get_int(mail, "template_version", 0), ==, 4);
    g_assert_false(ht_json_has(ht_json_at(ops, 1), "mails"));
    bench_close(&bench);
}

/* --- A pass, holds, views */

static void test_pass(void)
{
    Bench bench;
    bench_open(&bench);
    g_autoptr(GError) error = NULL;
    guint64 pass = ht_outbox_new_pass(bench.outbox);
    for (int i = 1; i <= 5; i++) {
        g_autofree char *name = g_strdup_printf("M%d", i);
        HtIntent *intent = ht_intent_new(HT_INTENT_DECIDE);
        intent->decision = HT_DECISION_SHORTLIST;
        intent->pass = pass;
        ht_intent_add_match(intent, bench_key(&bench, name), true, false, 1);
        g_autoptr(HtReceipt) receipt = ht_outbox_submit(bench.outbox, intent, &error);
        g_assert_no_error(error);
    }
    bench_did(&bench, HT_DECISION_HOLD, 7, 7);
    HtMatchRow *held = bench_row(&bench, 7);
    g_assert_cmpint((int)(held->flags & HT_MATCH_HELD), !=, 0);
    g_assert_cmpint(held->stage_type, ==, HT_STAGE_APPLIED);
    ht_match_rows_free(held, 1);
    g_autoptr(HtReceipt) undone = ht_outbox_undo_pass(bench.outbox, pass, &error);
    g_assert_no_error(error);
    g_assert_cmpint(undone->n_done, ==, 5);
    assert_stage(&bench, 3, HT_STAGE_APPLIED, false);
    assert_outbox(&bench, 1, 0, 0);
    assert_counters(&bench);
    g_assert_null(ht_outbox_undo_pass(bench.outbox, pass, &error));
    g_assert_error(error, HT_OUTBOX_ERROR, HT_OUTBOX_ERROR_NOTHING);
    bench_close(&bench);
}

static void test_views(void)
{
    Bench bench;
    bench_open(&bench);
    ht_outbox_note_view(bench.outbox, bench_key(&bench, "M4"), false, 3);
    ht_outbox_note_view(bench.outbox, bench_key(&bench, "M4"), false, 4);
    bench_reopen(&bench); /* closing finishes what is queued */
    int64_t seconds = 0;
    g_assert_true(ht_cache_match_seen(bench.reader, bench_key(&bench, "M4"), &seconds));
    g_assert_cmpint(seconds, ==, 7);
    HtMatchRow *row = bench_row(&bench, 4);
    g_assert_cmpint((int)(row->flags & HT_MATCH_UNREAD), ==, 0);
    ht_match_rows_free(row, 1);
    assert_counters(&bench);
    bench_close(&bench);
}

/* --- Poison */

static void test_bisect(void)
{
    Bench bench;
    bench_open(&bench);
    g_autoptr(GError) error = NULL;
    bench_did(&bench, HT_DECISION_SHORTLIST, 1, 16);
    HtMatchRow *row = bench_row(&bench, 5);
    char poison[HT_UUID_TEXT];
    ht_uuid_format(&row->id, poison);
    ht_match_rows_free(row, 1);
    int sent = 0, trips = 0;
    for (;; trips++) {
        g_autoptr(HtPushBatch) batch = ht_outbox_next_batch(bench.outbox, 5000, &error);
        g_assert_no_error(error);
        if (!batch)
            break;
        if (strstr(batch->ops_json, poison)) {
            ht_outbox_bisect(bench.outbox, batch, "the server stumbled", &error);
        } else {
            g_autofree char *answer = bench_answer(batch, "applied");
            ht_outbox_acknowledge(bench.outbox, batch, answer, &error);
            sent += batch->n;
        }
        g_assert_no_error(error);
        g_assert_cmpint(trips, <, 20);
    }
    g_assert_cmpint(sent, ==, 15);
    HtOutboxCounts counts;
    ht_outbox_counts(bench.outbox, &counts);
    g_assert_cmpint(counts.parked, ==, 1);
    assert_stage(&bench, 5, HT_STAGE_APPLIED, false);
    assert_stage(&bench, 16, HT_STAGE_SHORTLIST, false);
    assert_counters(&bench);
    g_autoptr(GPtrArray) list = ht_outbox_list(bench.outbox, 0, &error);
    g_assert_cmpuint(list->len, ==, 1);
    const HtOutboxItem *item = list->pdata[0];
    g_assert_cmpstr(item->why, ==, "the server stumbled");
    ht_outbox_drop(bench.outbox, item->seq, &error);
    g_assert_no_error(error);
    assert_outbox(&bench, 0, 0, 0);
    bench_close(&bench);
}

static void test_drop_and_export(void)
{
    Bench bench;
    bench_open(&bench);
    g_autoptr(GError) error = NULL;
    bench_did(&bench, HT_DECISION_SHORTLIST, 1, 2);
    bench_did(&bench, HT_DECISION_ADVANCE, 1, 1);
    g_autoptr(GPtrArray) list = ht_outbox_list(bench.outbox, 0, &error);
    const HtOutboxItem *first = list->pdata[0];
    g_assert_cmpstr(first->label, ==, "Shortlist · Customer Support Specialist");
    g_autofree char *text = ht_outbox_export(bench.outbox, &error);
    g_autoptr(HtJson) json = ht_json_parse(text, -1, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(ht_json_length(json), ==, 3);
    ht_outbox_drop(bench.outbox, first->seq, &error); /* takes the one that builds on it along */
    g_assert_no_error(error);
    assert_outbox(&bench, 1, 0, 0);
    assert_stage(&bench, 1, HT_STAGE_APPLIED, false);
    g_autoptr(HtPushBatch) batch = ht_outbox_next_batch(bench.outbox, 10, &error);
    g_assert_false(ht_outbox_drop(bench.outbox, batch->first_seq, &error));
    g_assert_error(error, HT_OUTBOX_ERROR, HT_OUTBOX_ERROR_REFUSED);
    bench_close(&bench);
}

/* --- Interviews and feedback */

static void put_interview_rows(HtApply *apply, gpointer data)
{
    (void)data;
    put_row(apply, HT_APPLY_UPSERT, "interviews", "id", "I1", "match_id", "M1", "interview_type",
            "technical", "scheduled_at", "5", "duration_minutes", "60", "timezone", "UTC", "status",
            "scheduled", "row_version", "7", NULL);
}

static HtReceipt *change_interview(Bench *bench, int minutes, const char *type, GError **error)
{
    HtIntent *intent = ht_intent_new(HT_INTENT_INTERVIEW_CHANGE);
    intent->interview = bench_key(bench, "I1");
    intent->minutes = minutes;
    intent->interview_type = g_strdup(type);
    return ht_outbox_submit(bench->outbox, intent, error);
}

static void assert_interview(Bench *bench, int64_t minutes, const char *type, bool pending)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(HtInterview) now = ht_cache_interview(bench->reader, bench_key(bench, "I1"), &error);
    g_assert_no_error(error);
    g_assert_cmpint(now->duration_minutes, ==, minutes);
    g_assert_cmpstr(now->type, ==, type);
    g_assert_cmpint(now->is_pending, ==, pending);
}

/* Edits of several fields leave as one, each field with its first base; undone one by one, also by
 * a program that was started again. */
static void test_coalesce(void)
{
    Bench bench;
    bench_open(&bench);
    g_autoptr(GError) error = NULL;
    fixture_apply(&bench.fixture, put_interview_rows, NULL);
    g_autoptr(HtReceipt) longer = change_interview(&bench, 90, NULL, &error);
    g_autoptr(HtReceipt) kind = change_interview(&bench, 0, "final", &error);
    g_autoptr(HtReceipt) longest = change_interview(&bench, 120, NULL, &error);
    g_assert_no_error(error);
    g_assert_null(change_interview(&bench, 120, "final", &error));
    g_assert_error(error, HT_OUTBOX_ERROR, HT_OUTBOX_ERROR_REFUSED);
    g_clear_error(&error);
    assert_outbox(&bench, 1, 0, 0);
    bench_reopen(&bench);
    assert_interview(&bench, 120, "final", true);
    g_autofree char *text = ht_outbox_export(bench.outbox, &error);
    g_autoptr(HtJson) ops = ht_json_parse(text, -1, &error);
    const HtJson *op = ht_json_get(ht_json_at(ops, 0), "op");
    const HtJson *base = ht_json_get(op, "base"), *set = ht_json_get(op, "set");
    g_assert_cmpint(ht_json_get_int(base, "duration_minutes", 0), ==, 60);
    g_assert_cmpstr(ht_json_get_string(base, "interview_type", NULL), ==, "technical");
    g_assert_cmpint(ht_json_get_int(set, "duration_minutes", 0), ==, 120);
    g_assert_cmpint(ht_json_get_int(op, "base_version", 0), ==, 7);
    static const struct {
        int64_t minutes;
        const char *type;
    } steps[] = {{90, "final"}, {90, "technical"}, {60, "technical"}};
    for (gsize i = 0; i < G_N_ELEMENTS(steps); i++) {
        g_autoptr(HtReceipt) undone = bench_undo(&bench, HT_INTENT_UNDO, &error);
        g_assert_no_error(error);
        assert_interview(&bench, steps[i].minutes, steps[i].type, i < 2);
    }
    assert_outbox(&bench, 0, 0, 0);
    g_autoptr(HtReceipt) first = bench_undo(&bench, HT_INTENT_REDO, &error);
    g_autoptr(HtReceipt) second = bench_undo(&bench, HT_INTENT_REDO, &error);
    g_autoptr(HtReceipt) third = bench_undo(&bench, HT_INTENT_REDO, &error);
    g_assert_no_error(error);
    assert_interview(&bench, 120, "final", true);
    assert_outbox(&bench, 1, 0, 0);
    bench_close(&bench);
}

/* Edits that left as one and were refused as one are settled as one: nothing of them wakes up. */
static void test_settled_as_one(void)
{
    static const HtResolution ways[] = {HT_RESOLVE_TAKE_THEIRS, HT_RESOLVE_KEEP_MINE};
    for (gsize i = 0; i < G_N_ELEMENTS(ways); i++) {
        Bench bench;
        bench_open(&bench);
        g_autoptr(GError) error = NULL;
        fixture_apply(&bench.fixture, put_interview_rows, NULL);
        g_autoptr(HtReceipt) longer = change_interview(&bench, 90, NULL, &error);
        g_autoptr(HtReceipt) kind = change_interview(&bench, 0, "final", &error);
        g_autoptr(HtReceipt) longest = change_interview(&bench, 120, NULL, &error);
        g_assert_cmpint(bench_push(&bench, "conflict"), ==, 1);
        assert_outbox(&bench, 0, 0, 1);
        g_autoptr(GPtrArray) conflicts = ht_outbox_conflicts(bench.outbox, &error);
        HtResolve how = {.resolution = ways[i]};
        ht_outbox_resolve(bench.outbox, ((HtConflict *)conflicts->pdata[0])->item.seq, &how,
                          &error);
        g_assert_no_error(error);
        bool mine = ways[i] == HT_RESOLVE_KEEP_MINE;
        assert_outbox(&bench, mine ? 1 : 0, 0, 0);
        assert_interview(&bench, mine ? 120 : 60, mine ? "final" : "technical", mine);
        if (!mine) {
            g_assert_null(bench_undo(&bench, HT_INTENT_UNDO, &error));
            g_assert_error(error, HT_OUTBOX_ERROR, HT_OUTBOX_ERROR_NOTHING);
        }
        bench_close(&bench);
    }
}

/* A cache that an older program made has no tables for them: they are added when it is opened. */
static void test_older_cache(void)
{
    Bench bench;
    bench_open(&bench);
    g_autoptr(GError) error = NULL;
    fixture_apply(&bench.fixture, put_interview_rows, NULL);
    g_autoptr(HtReceipt) longer = change_interview(&bench, 90, NULL, &error);
    g_assert_no_error(error);
    g_autofree char *path = ht_cache_path(bench.fixture.cache);
    {
        g_autoptr(HtDb) db = ht_db_open(path, HT_DB_WRITE, "test", 1024, &error);
        g_assert_no_error(error);
        ht_db_exec(db,
                   "DROP TABLE shown_interviews; DROP TABLE shown_panel; DROP TABLE "
                   "shown_feedback",
                   &error);
        g_assert_no_error(error);
    }
    bench_reopen(&bench);
    g_assert_null(ht_cache_problem(bench.fixture.cache));
    assert_interview(&bench, 90, "technical", true);
    bench_close(&bench);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/outbox/fields/tags", test_tags);
    g_test_add_func("/outbox/fields/notes", test_notes);
    g_test_add_func("/outbox/fields/undo_edit", test_undo_edit);
    g_test_add_func("/outbox/fields/coalesce", test_coalesce);
    g_test_add_func("/outbox/fields/older_cache", test_older_cache);
    g_test_add_func("/outbox/fields/settled_as_one", test_settled_as_one);
    g_test_add_func("/outbox/mails/rendered", test_mails);
    g_test_add_func("/outbox/pass/undone", test_pass);
    g_test_add_func("/outbox/views/kept", test_views);
    g_test_add_func("/outbox/push/bisect", test_bisect);
    g_test_add_func("/outbox/push/drop_and_export", test_drop_and_export);
    return g_test_run();
}
