/* ctest: timeout=300
 * Notes, interviews and feedback to the server: new rows and edits of two people, who may write
 * what, and undoing what was sent. */
#include "../../src/sync/internal.h"
#include "client.h"

#include "hiretty/base/clock.h"
#include "hiretty/cache/candidates.h"
#include "hiretty/cache/feedback.h"
#include "hiretty/cache/interviews.h"

#include <string.h>

static HtReader *reader_of(TestClient *client)
{
    g_autoptr(GError) error = NULL;
    HtReader *reader = ht_reader_new(client->cache, "test", &error);
    g_assert_no_error(error);
    return reader;
}

static HtKey key_of(TestClient *client, const char *id)
{
    g_autoptr(HtReader) reader = reader_of(client);
    HtUuid uuid;
    g_assert_true(ht_uuid_parse(id, &uuid));
    HtKey key = ht_reader_key(reader, &uuid);
    g_assert_cmpint(key, !=, 0);
    return key;
}

static void submit(TestClient *client, HtIntent *intent)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(HtReceipt) receipt = ht_outbox_submit(client->outbox, intent, &error);
    g_assert_no_error(error);
    g_assert_cmpint(receipt->n_done, >=, 1);
}

static void submit_fails(TestClient *client, HtIntent *intent, const char *why)
{
    g_autoptr(GError) error = NULL;
    g_assert_null(ht_outbox_submit(client->outbox, intent, &error));
    g_assert_error(error, HT_OUTBOX_ERROR, HT_OUTBOX_ERROR_REFUSED);
    g_assert_cmpstr(error->message, ==, why);
}

/* The statement with the id in the place of its %s. */
static char *one(const char *statement, const char *id)
{
    g_auto(GStrv) parts = g_strsplit(statement, "%s", 2);
    g_autofree char *sql = g_strjoinv(id, parts);
    return test_value("SUPERUSER", sql);
}

static void assert_value(const char *statement, const char *id, const char *expected)
{
    g_autofree char *value = one(statement, id);
    g_assert_cmpstr(value, ==, expected);
}

static char *person_of(const char *match)
{
    return one("SELECT candidate_id::text FROM public.candidate_job_matches WHERE id = '%s'",
               match);
}

static void assert_all_sent(TestClient *client)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) items = ht_outbox_list(client->outbox, 0, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(items->len, ==, 0);
}

static TestClient *open_synced(const char *profile, const char *login)
{
    TestClient *client = test_client_open(profile, login, NULL);
    test_client_sync(client, HT_SYNC_ONCE);
    return client;
}

static void undo(TestClient *client)
{
    submit(client, ht_intent_new(HT_INTENT_UNDO));
}

static void redo(TestClient *client)
{
    submit(client, ht_intent_new(HT_INTENT_REDO));
}

/* ---- notes
 * -------------------------------------------------------------------------------------------- */
static HtIntent *note_intent(TestClient *client, HtIntentKind kind, const char *match,
                             const char *body, const HtUuid *id)
{
    g_autofree char *person = person_of(match);
    HtIntent *intent = ht_intent_new(kind);
    intent->note = g_strdup(body);
    if (id)
        intent->note_id = *id;
    ht_intent_add_candidate(intent, key_of(client, person));
    return intent;
}

static HtUuid only_note(TestClient *client, const char *match, const char *body)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(HtReader) reader = reader_of(client);
    g_autofree char *person = person_of(match);
    g_autoptr(GPtrArray) notes = ht_cache_notes(reader, key_of(client, person), &error);
    g_assert_no_error(error);
    g_assert_cmpuint(notes->len, ==, body ? 1 : 0);
    HtUuid id = {{0}};
    if (!body)
        return id;
    const HtNote *note = notes->pdata[0];
    g_assert_cmpstr(note->body, ==, body);
    return note->id;
}

#define BODY                                                                                       \
    "SELECT string_agg(body || CASE WHEN deleted_at IS NULL THEN '' ELSE ' -' END, '|') FROM "     \
    "public.candidate_notes n JOIN public.candidate_job_matches m ON m.candidate_id = "            \
    "n.candidate_id WHERE m.id = '%s'"

/* Sent edits and deletions are taken back by edits; the sent first edit of two that left as one
 * too. */
static void test_undo_sent(void)
{
    g_autofree char *job = test_job(1, false), *match = test_match(job, 0);
    g_autoptr(TestClient) client = open_synced("undo-sent", "RECRUITER");
    submit(client, note_intent(client, HT_INTENT_NOTE, match, "first", NULL));
    test_client_sync(client, HT_SYNC_ONCE);
    HtUuid id = only_note(client, match, "first");
    submit(client, note_intent(client, HT_INTENT_NOTE_EDIT, match, "second", &id));
    submit(client, note_intent(client, HT_INTENT_NOTE_EDIT, match, "third", &id));
    g_assert_cmpint(test_client_sync(client, HT_SYNC_ONCE).sent, ==, 1);
    assert_value(BODY, match, "third");
    undo(client);
    only_note(client, match, "second");
    undo(client);
    only_note(client, match, "first");
    g_assert_cmpint(test_client_sync(client, HT_SYNC_ONCE).conflicts, ==, 0);
    assert_value(BODY, match, "first");
    redo(client);
    redo(client);
    only_note(client, match, "third");
    HtSyncReport report = test_client_sync(client, HT_SYNC_ONCE);
    g_assert_cmpint(report.conflicts + report.rejected, ==, 0);
    assert_value(BODY, match, "third");
    submit(client, note_intent(client, HT_INTENT_NOTE_DELETE, match, NULL, &id));
    test_client_sync(client, HT_SYNC_ONCE);
    assert_value(BODY, match, "third -");
    undo(client);
    only_note(client, match, "third");
    g_assert_cmpint(test_client_sync(client, HT_SYNC_ONCE).conflicts, ==, 0);
    assert_value(BODY, match, "third");
    assert_all_sent(client);
    test_client_assert_equal(client);
}

/* A deletion is undone while it is under way: the undo learns from the answer what to put back. */
static void test_undo_sending(void)
{
    g_autofree char *job = test_job(1, false), *match = test_match(job, 0);
    g_autoptr(TestClient) client = open_synced("undo-sending", "RECRUITER");
    submit(client, note_intent(client, HT_INTENT_NOTE, match, "kept", NULL));
    test_client_sync(client, HT_SYNC_ONCE);
    HtUuid id = only_note(client, match, "kept");
    submit(client, note_intent(client, HT_INTENT_NOTE_DELETE, match, NULL, &id));
    g_autoptr(GError) error = NULL;
    g_autoptr(HtPushBatch) batch = ht_outbox_next_batch(client->outbox, 100, &error);
    g_assert_cmpint(batch->n, ==, 1);
    undo(client);
    only_note(client, match, "kept");
    HtSyncReport report = test_client_sync(client, HT_SYNC_ONCE);
    g_assert_cmpint(report.applied + report.merged, ==, 2);
    g_assert_cmpint(report.conflicts, ==, 0);
    assert_value(BODY, match, "kept");
    test_client_assert_equal(client);
}

/* One author on two machines edits the same words: one conflict; mine edited goes out on theirs. */
static void test_note_conflict(void)
{
    g_autofree char *job = test_job(1, false), *match = test_match(job, 0);
    g_autoptr(TestClient) one_client = open_synced("desk", "RECRUITER");
    submit(one_client, note_intent(one_client, HT_INTENT_NOTE, match, "base", NULL));
    test_client_sync(one_client, HT_SYNC_ONCE);
    HtUuid id = only_note(one_client, match, "base");
    g_autoptr(TestClient) two = open_synced("train", "RECRUITER");
    submit(one_client, note_intent(one_client, HT_INTENT_NOTE_EDIT, match, "desk", &id));
    submit(two, note_intent(two, HT_INTENT_NOTE_EDIT, match, "train", &id));
    test_client_sync(one_client, HT_SYNC_ONCE);
    g_assert_cmpint(test_client_sync(two, HT_SYNC_ONCE).conflicts, ==, 1);
    assert_value(BODY, match, "desk");
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) conflicts = ht_outbox_conflicts(two->outbox, &error);
    g_assert_cmpuint(conflicts->len, ==, 1);
    const HtConflict *conflict = conflicts->pdata[0];
    g_assert_cmpstr(conflict->base, ==, "base");
    g_assert_cmpstr(conflict->mine, ==, "train");
    g_assert_cmpstr(conflict->theirs, ==, "desk");
    g_assert_cmpstr(conflict->text, ==, "train");
    HtResolve how = {.resolution = HT_RESOLVE_EDIT, .value = "desk and train"};
    ht_outbox_resolve(two->outbox, conflict->item.seq, &how, &error);
    g_assert_no_error(error);
    g_assert_cmpint(test_client_sync(two, HT_SYNC_ONCE).applied, ==, 1);
    assert_value(BODY, match, "desk and train");
    undo(two);
    g_assert_cmpint(test_client_sync(two, HT_SYNC_ONCE).conflicts, ==, 0);
    assert_value(BODY, match, "desk");
    redo(two);
    g_assert_cmpint(test_client_sync(two, HT_SYNC_ONCE).conflicts, ==, 0);
    assert_value(BODY, match, "desk and train");
    assert_all_sent(two);
    test_client_assert_equal(two);
}

/* ---- interviews
 * --------------------------------------------------------------------------------------- */
static HtKey member(TestClient *client, const char *login)
{
    g_autofree char *id =
        one("SELECT id::text FROM public.tenant_users WHERE pg_role = '%s'", login);
    return key_of(client, id);
}

static HtIntent *interview(TestClient *client, const char *match, int days, const char *login)
{
    HtIntent *intent = ht_intent_new(HT_INTENT_INTERVIEW_ADD);
    intent->note_match = key_of(client, match);
    intent->starts_at =
        (ht_clock_now_us() / HT_US_PER_DAY + days) * HT_US_PER_DAY + 14 * HT_US_PER_HOUR;
    intent->interview_type = g_strdup("technical");
    intent->time_zone = g_strdup("Europe/Berlin");
    HtKey key = member(client, login);
    g_array_append_val(intent->panel, key);
    return intent;
}

static HtInterview *only_interview(TestClient *client, const char *match)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(HtReader) reader = reader_of(client);
    g_autofree char *person = person_of(match);
    g_autoptr(GPtrArray) list = ht_cache_interviews(reader, key_of(client, person), 0, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(list->len, ==, 1);
    return g_ptr_array_steal_index(list, 0);
}

#define MEETING                                                                                    \
    "SELECT concat_ws(' ', interview_type, status, duration_minutes, timezone, (SELECT count(*) "  \
    "FROM public.interview_panel p WHERE p.interview_id = i.id)) FROM public.interviews i WHERE "  \
    "match_id = '%s'"

/* Shown at once, sent with its panel; different fields of two people merge, the same field is a
 * conflict; undone after it was sent it is cancelled, redone it stands again. */
static void test_interview(void)
{
    g_autofree char *job = test_job(1, false), *match = test_match(job, 0);
    g_autoptr(TestClient) mine = open_synced("meet-a", "RECRUITER");
    submit(mine, interview(mine, match, 3, "ht_a_int1"));
    g_autoptr(HtInterview) shown = only_interview(mine, match);
    g_assert_true(shown->is_pending && !shown->is_there && !shown->is_conflict);
    g_assert_cmpuint(shown->panel->len, ==, 1);
    g_assert_cmpstr(((const HtPanelMember *)shown->panel->pdata[0])->name, ==, "Ines Interviewer");
    HtSyncReport report = test_client_sync(mine, HT_SYNC_ONCE);
    g_assert_cmpint(report.applied, ==, 2);
    assert_value(MEETING, match, "technical scheduled 60 Europe/Berlin 1");
    g_autoptr(HtInterview) there = only_interview(mine, match);
    g_assert_true(!there->is_pending && there->is_there && there->key == shown->key);
    test_client_assert_equal(mine);

    g_autoptr(TestClient) theirs = open_synced("meet-b", "RECRUITER2");
    g_autoptr(HtInterview) other = only_interview(theirs, match);
    HtIntent *longer = ht_intent_new(HT_INTENT_INTERVIEW_CHANGE);
    longer->interview = other->key;
    longer->minutes = 90;
    submit(theirs, longer);
    HtIntent *kind = ht_intent_new(HT_INTENT_INTERVIEW_CHANGE);
    kind->interview = there->key;
    kind->interview_type = g_strdup("final");
    submit(mine, kind);
    g_assert_cmpint(test_client_sync(theirs, HT_SYNC_ONCE).applied, ==, 1);
    g_assert_cmpint(test_client_sync(mine, HT_SYNC_ONCE).merged, ==, 1);
    assert_value(MEETING, match, "final scheduled 90 Europe/Berlin 1");

    HtIntent *shorter = ht_intent_new(HT_INTENT_INTERVIEW_CHANGE);
    shorter->interview = there->key;
    shorter->minutes = 45;
    submit(mine, shorter);
    HtIntent *longest = ht_intent_new(HT_INTENT_INTERVIEW_CHANGE);
    longest->interview = other->key;
    longest->minutes = 120;
    submit(theirs, longest);
    test_client_sync(mine, HT_SYNC_ONCE);
    g_assert_cmpint(test_client_sync(theirs, HT_SYNC_ONCE).conflicts, ==, 1);
    assert_value(MEETING, match, "final scheduled 45 Europe/Berlin 1");
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) conflicts = ht_outbox_conflicts(theirs->outbox, &error);
    const HtConflict *conflict = conflicts->pdata[0];
    g_assert_cmpstr(conflict->base, ==, "minutes: 90");
    g_assert_cmpstr(conflict->mine, ==, "minutes: 120");
    g_assert_cmpstr(conflict->theirs, ==, "minutes: 45");
    g_assert_cmpstr(conflict->theirs_by, ==, "Rita Recruiter");
    g_assert_cmpstr(conflict->item.why, ==,
                    "Rita Recruiter's change of the same field arrived first.");
    test_client_assert_equal(theirs);
}

static void test_interview_undone(void)
{
    g_autofree char *job = test_job(1, false), *match = test_match(job, 0);
    g_autoptr(TestClient) client = open_synced("meet-undo", "RECRUITER");
    submit(client, interview(client, match, 5, "ht_a_int1"));
    undo(client); /* nothing of it ever leaves */
    g_assert_cmpint(test_client_sync(client, HT_SYNC_ONCE).sent, ==, 0);
    redo(client);
    g_assert_cmpint(test_client_sync(client, HT_SYNC_ONCE).applied, ==, 2);
    undo(client);
    g_autoptr(HtInterview) shown = only_interview(client, match);
    g_assert_cmpstr(shown->status, ==, "cancelled");
    g_assert_cmpint(test_client_sync(client, HT_SYNC_ONCE).applied, ==, 1);
    assert_value(MEETING, match, "technical cancelled 60 Europe/Berlin 1");
    redo(client);
    g_assert_cmpint(test_client_sync(client, HT_SYNC_ONCE).applied, ==, 1);
    assert_value(MEETING, match, "technical scheduled 60 Europe/Berlin 1");
    assert_all_sent(client);
    test_client_assert_equal(client);
}

static void assert_busy_here(TestClient *client, HtIntent *intent)
{
    g_autoptr(GError) error = NULL;
    g_assert_null(ht_outbox_submit(client->outbox, intent, &error));
    g_assert_error(error, HT_OUTBOX_ERROR, HT_OUTBOX_ERROR_REFUSED);
    g_assert_true(g_str_has_prefix(error->message, "Ivan Interviewer has another interview then"));
}

static HtIntent *move_to(TestClient *client, const char *match, int64_t starts_at)
{
    HtIntent *move = ht_intent_new(HT_INTENT_INTERVIEW_CHANGE);
    g_autofree char *id = one("SELECT i.id::text FROM public.interviews i JOIN "
                              "public.interview_panel p ON p.interview_id = i.id WHERE i.match_id "
                              "= '%s'",
                              match);
    move->interview = key_of(client, id);
    move->starts_at = starts_at;
    return move;
}

/* A member of whom only the server knows that he is busy costs the invitation alone, and that is
 * said in words; what is known here is refused here. */
static void test_busy(void)
{
    g_autofree char *job = test_job(4, false), *match = test_match(job, 0),
                    *other = test_match(job, 1), *third = test_match(job, 2),
                    *fourth = test_match(job, 3);
    g_autoptr(TestClient) there = open_synced("busy-there", "RECRUITER2");
    g_autoptr(TestClient) client = open_synced("busy", "RECRUITER");
    submit(there, interview(there, match, 9, "ht_a_int2"));
    test_client_sync(there, HT_SYNC_ONCE);
    submit(client, interview(client, other, 9, "ht_a_int2"));
    HtSyncReport report = test_client_sync(client, HT_SYNC_ONCE);
    g_assert_cmpint(report.applied, ==, 1);
    g_assert_cmpint(report.rejected, ==, 1);
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) items = ht_outbox_conflicts(client->outbox, &error);
    const HtConflict *conflict = items->pdata[0];
    g_assert_cmpstr(conflict->item.code, ==, "busy");
    g_assert_cmpstr(conflict->item.why, ==,
                    "Somebody on the panel has another interview at that time.");
    g_assert_cmpstr(conflict->mine, ==, "Ivan Interviewer");
    g_autoptr(HtInterview) shown = only_interview(client, other);
    g_assert_true(((const HtPanelMember *)shown->panel->pdata[0])->is_conflict);
    assert_busy_here(client, interview(client, third, 9, "ht_a_int2"));
    /* Moving an interview to where a member is busy is refused in the same words. */
    submit(client, interview(client, third, 10, "ht_a_int2"));
    test_client_sync(client, HT_SYNC_ONCE);
    assert_busy_here(client, move_to(client, third, shown->scheduled_at));
    submit(there, interview(there, fourth, 11, "ht_a_int2"));
    test_client_sync(there, HT_SYNC_ONCE);
    g_autoptr(HtInterview) unseen = only_interview(there, fourth);
    submit(client, move_to(client, third, unseen->scheduled_at));
    g_assert_cmpint(test_client_sync(client, HT_SYNC_ONCE).rejected, ==, 1);
    g_autoptr(GPtrArray) now = ht_outbox_conflicts(client->outbox, &error);
    g_assert_cmpuint(now->len, ==, 2);
    g_assert_cmpstr(((const HtConflict *)now->pdata[1])->item.code, ==, "busy");
    test_client_assert_equal(client);
}

/* ---- feedback
 * ----------------------------------------------------------------------------------------- */
static HtIntent *feedback(HtKey interview_key, int rating, const char *recommendation,
                          const char *text, bool submits)
{
    HtIntent *intent = ht_intent_new(HT_INTENT_FEEDBACK);
    intent->interview = interview_key;
    intent->rating = rating;
    intent->recommendation = g_strdup(recommendation);
    intent->note = g_strdup(text);
    intent->submit = submits;
    return intent;
}

#define SAID                                                                                       \
    "SELECT string_agg(concat_ws(' ', f.rating, f.recommendation, f.notes, f.submitted_at IS NOT " \
    "NULL), "                                                                                      \
    "'|') FROM public.interview_feedback f JOIN public.interviews i ON i.id = f.interview_id "     \
    "WHERE i.match_id = '%s'"

static void assert_said(TestClient *client, HtKey key, int rating, const char *words, bool pending)
{
    g_autoptr(HtReader) reader = reader_of(client);
    g_autoptr(GError) error = NULL;
    g_autoptr(HtInterview) about = ht_cache_interview(reader, key, &error);
    g_assert_no_error(error);
    const HtPanelMember *me = about->panel->pdata[0];
    g_assert_true(me->is_me);
    g_autoptr(HtFeedback) said = ht_cache_feedback_mine(reader, key, me->key);
    g_assert_nonnull(said);
    g_assert_cmpint(said->rating, ==, rating);
    g_assert_cmpstr(said->notes, ==, words);
    g_assert_true(said->is_mine);
    g_assert_cmpint(said->is_pending, ==, pending);
}

/* A draft grows in the outbox as one op, is sent as a draft, changed, submitted; then it is final,
 * and what was done before it can still be undone. */
static void test_feedback(void)
{
    g_autofree char *job = test_job(1, false), *match = test_match(job, 0);
    g_autoptr(TestClient) recruiter = open_synced("asks", "RECRUITER");
    submit(recruiter, interview(recruiter, match, 20, "ht_a_int1"));
    test_client_sync(recruiter, HT_SYNC_ONCE);
    g_autoptr(TestClient) client = open_synced("answers", "INTERVIEWER");
    g_autoptr(HtInterview) about = only_interview(client, match);
    g_assert_true(about->is_mine);
    submit(client, feedback(about->key, 4, NULL, NULL, false));
    submit(client, feedback(about->key, 0, "hire", NULL, false));
    submit(client, feedback(about->key, 0, NULL, "Knows queues", false));
    assert_said(client, about->key, 4, "Knows queues", true);
    HtSyncReport report = test_client_sync(client, HT_SYNC_ONCE);
    g_assert_cmpint(report.sent, ==, 1);
    g_assert_cmpint(report.applied, ==, 1);
    assert_value(SAID, match, "4 hire Knows queues f");
    submit(client, feedback(about->key, 2, NULL, NULL, false));
    test_client_sync(client, HT_SYNC_ONCE);
    assert_value(SAID, match, "2 hire Knows queues f");
    undo(client);
    assert_said(client, about->key, 4, "Knows queues", true);
    test_client_sync(client, HT_SYNC_ONCE);
    assert_value(SAID, match, "4 hire Knows queues f");
    submit(client, feedback(about->key, 5, NULL, NULL, true));
    test_client_sync(client, HT_SYNC_ONCE);
    assert_value(SAID, match, "5 hire Knows queues t");
    assert_value("SELECT (submitted_at BETWEEN now() - interval '1 hour' AND now())::text FROM "
                 "public.interview_feedback f JOIN public.interviews i ON i.id = f.interview_id "
                 "WHERE i.match_id = '%s'",
                 match, "true");
    submit_fails(client, feedback(about->key, 1, NULL, NULL, false),
                 "your feedback on it is submitted, and that is final");
    submit_fails(client, ht_intent_new(HT_INTENT_UNDO), "submitted feedback is final");
    test_client_assert_equal(client);
    assert_all_sent(client);
}

/* Who may write what is known before anything is sent. */
static void test_rights(void)
{
    g_autofree char *job = test_job(1, false), *match = test_match(job, 0);
    g_autoptr(TestClient) recruiter = open_synced("rights-a", "RECRUITER");
    submit(recruiter, interview(recruiter, match, 30, "ht_a_int1"));
    test_client_sync(recruiter, HT_SYNC_ONCE);
    g_autoptr(HtInterview) about = only_interview(recruiter, match);
    submit_fails(recruiter, feedback(about->key, 3, NULL, NULL, false),
                 "you are not on the panel of this interview");
    g_autoptr(TestClient) interviewer = open_synced("rights-b", "INTERVIEWER");
    submit_fails(interviewer, note_intent(interviewer, HT_INTENT_NOTE, match, "x", NULL),
                 "notes and tags are for recruiters");
    submit_fails(interviewer, interview(interviewer, match, 31, "ht_a_int1"),
                 "interviews are planned by recruiters");
    g_autoptr(HtInterview) theirs = only_interview(interviewer, match);
    submit_fails(interviewer, feedback(theirs->key, 6, NULL, NULL, false), "a rating is 1 to 5");
    submit_fails(interviewer, feedback(theirs->key, 4, NULL, NULL, true),
                 "a recommendation is needed to submit it");
    g_assert_cmpint(test_client_sync(interviewer, HT_SYNC_ONCE).sent, ==, 0);
}

/* ---- undoing what was kept, and what was decided
 * ----------------------------------------------------------- */
static void change_minutes(TestClient *client, const char *match, int minutes)
{
    g_autoptr(HtInterview) about = only_interview(client, match);
    HtIntent *intent = ht_intent_new(HT_INTENT_INTERVIEW_CHANGE);
    intent->interview = about->key;
    intent->minutes = minutes;
    submit(client, intent);
}

static void keep_mine(TestClient *client, const HtResolve *how)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) conflicts = ht_outbox_conflicts(client->outbox, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(conflicts->len, ==, 1);
    ht_outbox_resolve(client->outbox, ((HtConflict *)conflicts->pdata[0])->item.seq, how, &error);
    g_assert_no_error(error);
}

/* Goes through, and the interview of the application takes so long then. */
static void assert_minutes(TestClient *client, const char *match, const char *minutes)
{
    HtSyncReport report = test_client_sync(client, HT_SYNC_ONCE);
    g_assert_cmpint(report.conflicts + report.rejected, ==, 0);
    assert_value("SELECT duration_minutes::text FROM public.interviews WHERE match_id = '%s'",
                 match, minutes);
}

/* Mine was kept over theirs: its undo brings theirs back, not what was there before both; my own
 * step before it comes in between. An undo that was kept over a later change is redone, too. */
static void test_undo_kept(void)
{
    g_autofree char *job = test_job(1, false), *match = test_match(job, 0);
    g_autoptr(TestClient) mine = open_synced("kept-a", "RECRUITER");
    submit(mine, interview(mine, match, 40, "ht_a_int1"));
    test_client_sync(mine, HT_SYNC_ONCE);
    g_autoptr(TestClient) theirs = open_synced("kept-b", "RECRUITER2");
    change_minutes(mine, match, 30);
    change_minutes(theirs, match, 90);
    test_client_sync(theirs, HT_SYNC_ONCE);
    g_assert_cmpint(test_client_sync(mine, HT_SYNC_ONCE).conflicts, ==, 1);
    HtResolve how = {.resolution = HT_RESOLVE_KEEP_MINE};
    keep_mine(mine, &how);
    assert_minutes(mine, match, "30");
    undo(mine);
    assert_minutes(mine, match, "90");
    redo(mine);
    assert_minutes(mine, match, "30");
    test_client_sync(theirs, HT_SYNC_ONCE);
    change_minutes(theirs, match, 100);
    test_client_sync(theirs, HT_SYNC_ONCE);
    change_minutes(mine, match, 40);
    change_minutes(mine, match, 50);
    g_assert_cmpint(test_client_sync(mine, HT_SYNC_ONCE).conflicts, ==, 1);
    keep_mine(mine, &how);
    assert_minutes(mine, match, "50");
    undo(mine);
    assert_minutes(mine, match, "40");
    undo(mine);
    assert_minutes(mine, match, "100");
    redo(mine);
    assert_minutes(mine, match, "40");
    test_client_sync(theirs, HT_SYNC_ONCE);
    change_minutes(theirs, match, 110);
    test_client_sync(theirs, HT_SYNC_ONCE);
    undo(mine);
    g_assert_cmpint(test_client_sync(mine, HT_SYNC_ONCE).conflicts, ==, 1);
    keep_mine(mine, &how);
    assert_minutes(mine, match, "100");
    redo(mine);
    assert_minutes(mine, match, "40");
    assert_all_sent(mine);
    test_client_assert_equal(mine);
}

static HtKey reason_of(TestClient *client)
{
    g_autofree char *id = test_value("SUPERUSER", "SELECT id::text FROM public.rejection_reasons "
                                                  "WHERE is_active AND NOT requires_note AND "
                                                  "tenant_id = (SELECT id FROM public.tenants "
                                                  "ORDER BY id LIMIT 1) ORDER BY position LIMIT 1");
    return key_of(client, id);
}

static HtIntent *decision(TestClient *client, const char *match, HtDecisionKind kind,
                          const char *note)
{
    HtIntent *intent = ht_intent_new(HT_INTENT_DECIDE);
    intent->decision = kind;
    intent->note = g_strdup(note);
    if (kind == HT_DECISION_REJECT || kind == HT_DECISION_REOPEN)
        intent->reason = reason_of(client);
    ht_intent_add_match(intent, key_of(client, match), true, false, 3);
    return intent;
}

static void assert_undoes(TestClient *client, HtIntentKind kind, const char *label)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(HtReceipt) receipt = ht_outbox_submit(client->outbox, ht_intent_new(kind), &error);
    g_assert_no_error(error);
    g_assert_cmpint(receipt->n_done, ==, 1);
    g_assert_cmpint(receipt->n_refused, ==, 0);
    g_assert_cmpstr(receipt->label, ==, label);
}

/* As shown, and after it was sent at the server. */
static void assert_stands(TestClient *client, const char *match, const char *status)
{
    g_autofree char *sql = g_strdup_printf(
        "SELECT s.stage_type FROM candidate_job_matches m JOIN ids i ON i.k = m.k LEFT JOIN "
        "shown_matches x ON x.k = m.k JOIN job_stages s ON s.k = coalesce(x.stage_k, m.stage_k) "
        "WHERE lower(hex(i.id)) = replace('%s', '-', '')",
        match);
    g_autofree char *shown = test_client_value(client, sql);
    HtSyncReport report = test_client_sync(client, HT_SYNC_ONCE);
    g_assert_cmpint(report.conflicts + report.rejected, ==, 0);
    assert_value("SELECT s.stage_type FROM public.candidate_job_matches m JOIN public.job_stages s "
                 "ON s.id = m.stage_id WHERE m.id = '%s'",
                 match, status);
    g_assert_cmpstr(shown, ==, status);
}

/* Kept behind a reopening: both go with one undo, of its pass too, and who was rejected is rejected
 * as before. */
static void test_undo_reopened(void)
{
    g_autofree char *job = test_job(1, false), *match = test_match(job, 0);
    g_autoptr(TestClient) mine = open_synced("reopened-a", "RECRUITER");
    g_autoptr(TestClient) theirs = open_synced("reopened-b", "RECRUITER2");
    HtIntent *passing = decision(mine, match, HT_DECISION_SHORTLIST, NULL);
    guint64 pass = passing->pass = ht_outbox_new_pass(mine->outbox);
    submit(mine, passing);
    submit(theirs, decision(theirs, match, HT_DECISION_REJECT, "theirs"));
    test_client_sync(theirs, HT_SYNC_ONCE);
    g_assert_cmpint(test_client_sync(mine, HT_SYNC_ONCE).conflicts, ==, 1);
    HtResolve how = {.resolution = HT_RESOLVE_KEEP_MINE, .reason = reason_of(mine), .note = "mine"};
    keep_mine(mine, &how);
    assert_stands(mine, match, "shortlist");
    assert_undoes(mine, HT_INTENT_UNDO, "Undone: Shortlisted");
    only_note(mine, match, "theirs");
    assert_stands(mine, match, "rejected");
    only_note(mine, match, "theirs");
    assert_undoes(mine, HT_INTENT_REDO, "Redone: Shortlisted");
    assert_stands(mine, match, "shortlist");
    /* The answers wait, and are taken back: nothing leaves. */
    assert_undoes(mine, HT_INTENT_UNDO, "Undone: Shortlisted");
    assert_undoes(mine, HT_INTENT_REDO, "Redone: Shortlisted");
    g_assert_cmpint(test_client_sync(mine, HT_SYNC_ONCE).sent, ==, 0);
    /* The reopening has left alone, and so has the first of the two answers. */
    assert_undoes(mine, HT_INTENT_UNDO, "Undone: Shortlisted");
    g_autoptr(GError) error = NULL;
    g_autoptr(HtPushBatch) batch = ht_outbox_next_batch(mine->outbox, 1, &error);
    g_assert_cmpint(batch->n, ==, 1);
    assert_undoes(mine, HT_INTENT_REDO, "Redone: Shortlisted");
    assert_stands(mine, match, "shortlist");
    g_autoptr(HtReceipt) passed = ht_outbox_undo_pass(mine->outbox, pass, &error);
    g_assert_no_error(error);
    g_assert_cmpint(passed->n_done, ==, 1);
    g_assert_cmpint(passed->n_refused, ==, 0);
    assert_stands(mine, match, "rejected");
    only_note(mine, match, "theirs");
    assert_all_sent(mine);
    test_client_assert_equal(mine);
}

/* An undo that met somebody's decision goes again only when that one was undone. */
static void test_undo_over(void)
{
    g_autofree char *job = test_job(1, false), *match = test_match(job, 0);
    g_autoptr(TestClient) mine = open_synced("over-a", "RECRUITER");
    g_autoptr(GError) error = NULL;
    submit(mine, decision(mine, match, HT_DECISION_SHORTLIST, NULL));
    test_client_sync(mine, HT_SYNC_ONCE);
    g_autoptr(TestClient) theirs = open_synced("over-b", "RECRUITER2");
    submit(theirs, decision(theirs, match, HT_DECISION_REJECT, NULL));
    test_client_sync(theirs, HT_SYNC_ONCE);
    undo(mine);
    g_assert_cmpint(test_client_sync(mine, HT_SYNC_ONCE).conflicts, ==, 1);
    HtResolve how = {.resolution = HT_RESOLVE_KEEP_MINE};
    g_autoptr(GPtrArray) conflicts = ht_outbox_conflicts(mine->outbox, &error);
    const HtConflict *conflict = conflicts->pdata[0];
    g_assert_cmpint(conflict->keep, ==, HT_KEEP_OVER);
    g_assert_false(ht_outbox_resolve(mine->outbox, conflict->item.seq, &how, &error));
    g_assert_cmpstr(error->message, ==, "another decision followed what this undoes: take theirs");
    undo(theirs);
    test_client_sync(theirs, HT_SYNC_ONCE);
    test_client_sync(mine, HT_SYNC_ONCE);
    keep_mine(mine, &how);
    assert_stands(mine, match, "applied");
    redo(mine);
    assert_stands(mine, match, "shortlist");
    assert_all_sent(mine);
    test_client_assert_equal(mine);
}

/* The words of a decision go and come with it, and are said once. */
static void test_undo_words(void)
{
    g_autofree char *job = test_job(1, false), *match = test_match(job, 0);
    g_autofree char *person = person_of(match);
    g_autoptr(TestClient) client = open_synced("words", "RECRUITER");
    g_autoptr(GError) error = NULL;
    submit(client, decision(client, match, HT_DECISION_REJECT, "too far away"));
    test_client_sync(client, HT_SYNC_ONCE);
    only_note(client, match, "too far away");
    g_autoptr(HtReader) reader = reader_of(client);
    g_autoptr(GPtrArray) way = ht_cache_history(reader, key_of(client, person), 0, &error);
    int n = 0;
    for (guint i = 0; i < way->len; i++)
        n += g_strcmp0(((HtHistoryItem *)way->pdata[i])->text, "too far away") == 0;
    g_assert_cmpint(n, ==, 1);
    undo(client);
    only_note(client, match, NULL);
    redo(client);
    only_note(client, match, "too far away");
    undo(client);
    test_client_sync(client, HT_SYNC_ONCE);
    only_note(client, match, NULL);
    assert_value(BODY, match, "too far away -");
    redo(client);
    test_client_sync(client, HT_SYNC_ONCE);
    only_note(client, match, "too far away");
    assert_all_sent(client);
    test_client_assert_equal(client);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    if (!test_server_start(true))
        return 77;
    test_clients_init();
    g_test_add_func("/sync/inserts/undo_sent", test_undo_sent);
    g_test_add_func("/sync/inserts/undo_sending", test_undo_sending);
    g_test_add_func("/sync/inserts/note_conflict", test_note_conflict);
    g_test_add_func("/sync/inserts/interview", test_interview);
    g_test_add_func("/sync/inserts/interview_undone", test_interview_undone);
    g_test_add_func("/sync/inserts/busy", test_busy);
    g_test_add_func("/sync/inserts/feedback", test_feedback);
    g_test_add_func("/sync/inserts/rights", test_rights);
    g_test_add_func("/sync/inserts/undo_kept", test_undo_kept);
    g_test_add_func("/sync/inserts/undo_reopened", test_undo_reopened);
    g_test_add_func("/sync/inserts/undo_over", test_undo_over);
    g_test_add_func("/sync/inserts/undo_words", test_undo_words);
    int status = g_test_run();
    test_clients_clear();
    test_server_stop();
    return status;
}
