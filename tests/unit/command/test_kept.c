/* Words that find no room on the disk, or that were given up, or refused: what a person typed comes
 * back when it is asked for again, and nothing is called kept that is not. The disk is one that
 * takes no more bytes (a limit of the process, which SQLite meets as a failing write). */
#include "desk.h"
#include "hiretty/base/clock.h"
#include "hiretty/cache/candidates.h"
#include "hiretty/cache/feedback.h"
#include "hiretty/command/prompt.h"
#include "hiretty/view/views.h"

#include <signal.h>
#include <string.h>
#include <sys/resource.h>

static void fill(HtApply *apply, gpointer data)
{
    g_autofree char *at = g_strdup_printf("%" G_GINT64_FORMAT, ht_clock_now_us() - HT_US_PER_HOUR);
    (void)data;
    put_row(apply, HT_APPLY_UPSERT, "users", "id", "U1", "first_name", "Ana", "last_name", "Rec",
            "status", "active", NULL);
    put_row(apply, HT_APPLY_UPSERT, "tenant_users", "id", "f1", "user_id", "U1", "role",
            "recruiter", "status", "active", NULL);
    put_row(apply, HT_APPLY_UPSERT, "interviews", "id", "i1", "match_id", "M20", "interview_type",
            "technical", "scheduled_at", at, "duration_minutes", "60", "status", "completed", NULL);
    put_row(apply, HT_APPLY_UPSERT, "interview_panel", "id", "p1", "interview_id", "i1",
            "member_id", "f1", "role", "lead", "is_active", "1", "feedback_required", "1", NULL);
}

static void set_room(bool is_there)
{
    struct rlimit limit;
    g_assert_cmpint(getrlimit(RLIMIT_FSIZE, &limit), ==, 0);
    limit.rlim_cur = is_there ? limit.rlim_max : 1;
    g_assert_cmpint(setrlimit(RLIMIT_FSIZE, &limit), ==, 0);
}

/* f, a rating and a recommendation: the question for words. */
static HtPrompt *up_to_words(Desk *desk)
{
    HtPrompt *prompt = desk_answer(desk, desk_press(desk, "f"), "4");
    prompt = desk_answer(desk, prompt, "strong hire");
    g_assert_nonnull(strstr(prompt->label, "in a few words"));
    return prompt;
}

static HtFeedback *draft(Desk *desk)
{
    g_assert_true(ht_reader_refresh(desk->reader, NULL, NULL));
    return ht_cache_feedback_mine(desk->reader, fixture_key(desk->reader, "i1"),
                                  fixture_key(desk->reader, "p1"));
}

static void test_feedback(void)
{
    Desk desk;
    desk_open(&desk, fill);
    desk_press(&desk, "g");
    desk_press(&desk, "a");
    {
        HtPrompt *prompt = up_to_words(&desk);
        set_room(false);
        prompt = desk_answer(&desk, prompt, "Knows queues by heart");
        set_room(true);
        /* Neither the question whether to submit it, nor a word of a draft. */
        g_assert_null(prompt);
        const char *said = ht_context_message(desk.context, NULL);
        g_assert_nonnull(strstr(said, "f brings your words back"));
        g_autoptr(HtFeedback) before = draft(&desk);
        g_assert_cmpint(before->rating, ==, 4);
        g_assert_null(before->notes);
        /* Who leaves now is asked; a signal asks nobody. */
        prompt = desk_press(&desk, "Q");
        g_assert_nonnull(strstr(prompt->label, "would be lost"));
        ht_context_cancel(desk.context, prompt);
        prompt = up_to_words(&desk);
        g_assert_cmpstr(prompt->text, ==, "Knows queues by heart");
        prompt = desk_answer(&desk, prompt, NULL);
        g_assert_nonnull(strstr(prompt->label, "submit?"));
        ht_context_cancel(desk.context, prompt);
        g_autoptr(HtFeedback) after = draft(&desk);
        g_assert_cmpstr(after->notes, ==, "Knows queues by heart");
        g_assert_cmpint(after->submitted_at, ==, 0);
        /* What is on the disk now is what comes, not what once was not. */
        prompt = desk_answer(&desk, up_to_words(&desk), "Knows locks, too");
        ht_context_cancel(desk.context, prompt);
        prompt = up_to_words(&desk);
        g_assert_cmpstr(prompt->text, ==, "Knows locks, too");
        ht_context_cancel(desk.context, prompt);
        HtResult result = ht_context_feed(desk.context, "Q");
        g_assert_cmpint(result.kind, ==, HT_RESULT_QUIT);
        ht_result_clear(&result);
    }
    desk_close(&desk);
}

/* A rating that was not written asks for no recommendation: what follows would be of another. */
static void test_rating(void)
{
    Desk desk;
    desk_open(&desk, fill);
    desk_press(&desk, "g");
    desk_press(&desk, "a");
    HtPrompt *prompt = desk_press(&desk, "f");
    set_room(false);
    prompt = desk_answer(&desk, prompt, "4");
    set_room(true);
    g_assert_null(prompt);
    g_assert_true(*ht_context_message(desk.context, NULL));
    HtOutboxCounts counts;
    ht_outbox_counts(desk.outbox, &counts);
    g_assert_cmpint(counts.pending, ==, 0);
    desk_close(&desk);
}

static void open_job(Desk *desk)
{
    HtView *view = ht_context_view(desk->context);
    desk_press(desk, "Home"); /* until it is loaded */
    g_assert_true(ht_view_goto(view, fixture_key(desk->reader, "J1")));
    desk_press(desk, "Enter");
    g_assert_cmpint(ht_view_id(ht_context_view(desk->context)), ==, HT_VIEW_MATCHES);
}

static int pending(Desk *desk)
{
    HtOutboxCounts counts;
    ht_outbox_counts(desk->outbox, &counts);
    return counts.pending;
}

/* The day after tomorrow at that hour, as people write it. Caller frees. */
static char *moment(const char *hour, int64_t *at_us)
{
    g_autoptr(GDateTime) now = g_date_time_new_now_local();
    g_autoptr(GDateTime) then = g_date_time_add_days(now, 2);
    g_autofree char *day = g_date_time_format(then, "%Y-%m-%d");
    g_autofree char *iso = g_strdup_printf("%sT%s:00", day, hour);
    g_autoptr(GTimeZone) zone = g_time_zone_new_local();
    g_autoptr(GDateTime) at = g_date_time_new_from_iso8601(iso, zone);
    *at_us = g_date_time_to_unix(at) * HT_US_PER_S;
    return g_strdup_printf("%s %s", day, hour);
}

static void put_busy(HtApply *apply, const char *interview, const char *match, const char *hour)
{
    int64_t at_us;
    g_autofree char *text = moment(hour, &at_us);
    g_autofree char *at = g_strdup_printf("%" G_GINT64_FORMAT, at_us);
    g_autofree char *place = g_strconcat(interview, "p", NULL);
    put_row(apply, HT_APPLY_UPSERT, "interviews", "id", interview, "match_id", match,
            "interview_type", "technical", "scheduled_at", at, "duration_minutes", "60", "timezone",
            "UTC", "status", "scheduled", "row_version", "1", NULL);
    put_row(apply, HT_APPLY_UPSERT, "interview_panel", "id", place, "interview_id", interview,
            "member_id", "f2", "role", "lead", "is_active", "1", NULL);
}

/* Marcus is busy at 14:00 and, of another application, at 9:00. */
static void fill_busy(HtApply *apply, gpointer data)
{
    (void)data;
    put_row(apply, HT_APPLY_UPSERT, "users", "id", "U2", "first_name", "Marcus", "last_name",
            "Adeyemi", "status", "active", NULL);
    put_row(apply, HT_APPLY_UPSERT, "tenant_users", "id", "f2", "user_id", "U2", "role",
            "interviewer", "status", "active", NULL);
    put_busy(apply, "i2", "M19", "14:00");
    put_busy(apply, "i3", "M18", "09:00");
}

static void assert_prompt(const HtPrompt *prompt, const char *label, const char *text,
                          const char *error)
{
    g_assert_nonnull(prompt);
    g_assert_nonnull(strstr(prompt->label, label));
    g_assert_cmpstr(prompt->text, ==, text);
    g_assert_true(error ? prompt->error && strstr(prompt->error, error) : !prompt->error);
}

static HtPrompt *plan_with_marcus(Desk *desk, const char *when)
{
    HtPrompt *prompt = desk_answer(desk, desk_press(desk, "S"), when);
    assert_prompt(prompt, "minutes", "60", NULL);
    prompt = desk_answer(desk, prompt, "45");
    ht_prompt_select(prompt, 1);
    prompt = desk_answer(desk, prompt, NULL);
    assert_prompt(prompt, "panel", "", NULL);
    return desk_answer(desk, prompt, "marcus");
}

/* Somebody is busy: the time is asked again, with all that was answered; another panel will do,
 * too. */
static void test_refused_plan(void)
{
    Desk desk;
    int64_t at_us;
    g_autofree char *busy = moment("14:00", &at_us), *free = moment("16:00", &at_us);
    desk_open(&desk, fill);
    fixture_apply(&desk.cache, fill_busy, NULL);
    open_job(&desk);
    g_assert_true(ht_view_goto(ht_context_view(desk.context), fixture_key(desk.reader, "M20")));
    HtPrompt *prompt = plan_with_marcus(&desk, busy);
    assert_prompt(prompt, "interview at", busy, "Marcus Adeyemi has another interview then");
    g_assert_true(prompt->may_insist);
    g_assert_cmpint(pending(&desk), ==, 0);
    prompt = desk_answer(&desk, prompt, NULL);
    assert_prompt(prompt, "minutes", "45", NULL);
    prompt = desk_answer(&desk, prompt, NULL);
    g_assert_cmpstr(ht_prompt_choice(prompt)->text, ==, "screening");
    prompt = desk_answer(&desk, prompt, NULL);
    assert_prompt(prompt, "panel", "marcus", NULL);
    g_assert_null(desk_answer(&desk, prompt, "ana"));
    g_assert_nonnull(strstr(ht_context_message(desk.context, NULL), "Interview planned"));
    g_assert_cmpint(pending(&desk), ==, 2);
    desk_press(&desk, "g");
    desk_press(&desk, "a");
    g_assert_true(ht_view_goto(ht_context_view(desk.context), fixture_key(desk.reader, "i3")));
    prompt = desk_answer(&desk, desk_press(&desk, "S"), busy);
    assert_prompt(prompt, "move it to", busy, "Marcus Adeyemi has another interview then");
    g_assert_null(desk_answer(&desk, prompt, free));
    g_assert_nonnull(strstr(ht_context_message(desk.context, NULL), "Interview changed"));
    desk_close(&desk);
}

/* Esc halfway: the answers are there again for the same application, and for no other. */
static void test_plan_given_up(void)
{
    Desk desk;
    int64_t at_us;
    g_autofree char *free = moment("16:00", &at_us);
    desk_open(&desk, fill);
    fixture_apply(&desk.cache, fill_busy, NULL);
    open_job(&desk);
    HtView *view = ht_context_view(desk.context);
    g_assert_true(ht_view_goto(view, fixture_key(desk.reader, "M20")));
    HtPrompt *prompt = desk_answer(&desk, desk_press(&desk, "S"), free);
    prompt = desk_answer(&desk, prompt, "45");
    ht_prompt_select(prompt, 1);
    prompt = desk_answer(&desk, prompt, NULL);
    ht_prompt_set_text(prompt, desk.context, "marc");
    ht_context_cancel(desk.context, prompt);
    g_assert_nonnull(strstr(ht_context_message(desk.context, NULL), "S brings it all back"));
    g_assert_true(ht_view_goto(view, fixture_key(desk.reader, "M12")));
    prompt = desk_press(&desk, "S");
    assert_prompt(prompt, "interview at", "", NULL);
    ht_context_cancel(desk.context, prompt);
    g_assert_true(ht_view_goto(view, fixture_key(desk.reader, "M20")));
    prompt = desk_press(&desk, "S");
    assert_prompt(prompt, "interview at", free, NULL);
    prompt = desk_answer(&desk, prompt, NULL);
    assert_prompt(prompt, "minutes", "45", NULL);
    prompt = desk_answer(&desk, prompt, NULL);
    g_assert_cmpstr(ht_prompt_choice(prompt)->text, ==, "screening");
    prompt = desk_answer(&desk, prompt, NULL);
    assert_prompt(prompt, "panel", "marc", NULL);
    g_assert_null(desk_answer(&desk, prompt, NULL));
    g_assert_nonnull(strstr(ht_context_message(desk.context, NULL), "Interview planned"));
    /* Planned: the next one begins anew; and emptied it is not wanted. */
    prompt = desk_press(&desk, "S");
    assert_prompt(prompt, "interview at", "", NULL);
    ht_prompt_set_text(prompt, desk.context, free);
    ht_context_cancel(desk.context, prompt);
    prompt = desk_press(&desk, "S");
    ht_prompt_set_text(prompt, desk.context, "");
    ht_context_cancel(desk.context, prompt);
    prompt = desk_press(&desk, "S");
    assert_prompt(prompt, "interview at", "", NULL);
    ht_context_cancel(desk.context, prompt);
    /* The same of one that moves. */
    desk_press(&desk, "g");
    desk_press(&desk, "a");
    g_assert_true(ht_view_goto(ht_context_view(desk.context), fixture_key(desk.reader, "i3")));
    prompt = desk_press(&desk, "S");
    ht_prompt_set_text(prompt, desk.context, free);
    ht_context_cancel(desk.context, prompt);
    prompt = desk_press(&desk, "S");
    assert_prompt(prompt, "move it to", free, NULL);
    ht_context_cancel(desk.context, prompt);
    desk_close(&desk);
}

/* Enter where words are wanted keeps the question: what is typed on is no command. */
static void test_nothing_said(void)
{
    Desk desk;
    int64_t at_us;
    g_autofree char *when = moment("16:00", &at_us);
    desk_open(&desk, fill);
    open_job(&desk);
    HtPrompt *prompt = desk_answer(&desk, desk_press(&desk, "S"), NULL);
    assert_prompt(prompt, "interview at", "", "a time is wanted");
    prompt = desk_answer(&desk, prompt, "  ");
    assert_prompt(prompt, "interview at", "  ", "a time is wanted");
    prompt = desk_answer(&desk, prompt, when);
    assert_prompt(prompt, "minutes", "60", NULL);
    prompt = desk_answer(&desk, prompt, "");
    assert_prompt(prompt, "minutes", "", "1 to 1440 minutes");
    ht_context_cancel(desk.context, prompt);
    prompt = desk_answer(&desk, desk_press(&desk, "h"), "");
    assert_prompt(prompt, "hold", "", "a day is wanted");
    ht_context_cancel(desk.context, prompt);
    desk_close(&desk);
}

/* Tags as they were typed, beside the words of a note. */
static void test_tags_given_up(void)
{
    Desk desk;
    desk_open(&desk, fill);
    open_job(&desk);
    HtPrompt *prompt = desk_press(&desk, "t");
    ht_prompt_set_text(prompt, desk.context, "kafka -berlin");
    ht_context_cancel(desk.context, prompt);
    g_assert_cmpstr(ht_context_message(desk.context, NULL), ==,
                    "Not written. t brings your words back.");
    prompt = desk_press(&desk, "w");
    assert_prompt(prompt, "note", "", NULL);
    ht_context_cancel(desk.context, prompt);
    desk_press(&desk, "j");
    prompt = desk_press(&desk, "t");
    assert_prompt(prompt, "tags", "", NULL);
    ht_context_cancel(desk.context, prompt);
    desk_press(&desk, "k");
    prompt = desk_press(&desk, "t");
    assert_prompt(prompt, "tags", "kafka -berlin", NULL);
    ht_prompt_set_text(prompt, desk.context, "kafka");
    g_assert_null(desk_answer(&desk, prompt, NULL));
    g_assert_cmpint(pending(&desk), ==, 1);
    prompt = desk_press(&desk, "t");
    assert_prompt(prompt, "tags", "", NULL);
    ht_context_cancel(desk.context, prompt);
    desk_close(&desk);
}

/* Tags that find no room: the same line is there again, for the same people. */
static void test_tags(void)
{
    Desk desk;
    desk_open(&desk, fill);
    open_job(&desk);
    HtPrompt *prompt = desk_press(&desk, "t");
    set_room(false);
    g_assert_null(desk_answer(&desk, prompt, "kafka -berlin"));
    set_room(true);
    g_assert_nonnull(strstr(ht_context_message(desk.context, NULL), "t brings your words back"));
    prompt = desk_press(&desk, "Q");
    g_assert_nonnull(prompt); /* whether to leave without them */
    ht_context_cancel(desk.context, prompt);
    desk_press(&desk, "j");
    prompt = desk_press(&desk, "t");
    assert_prompt(prompt, "tags", "", NULL);
    ht_context_cancel(desk.context, prompt);
    desk_press(&desk, "k");
    prompt = desk_press(&desk, "t");
    assert_prompt(prompt, "tags", "kafka -berlin", NULL);
    g_assert_null(desk_answer(&desk, prompt, "kafka"));
    g_assert_cmpint(pending(&desk), ==, 1);
    prompt = desk_press(&desk, "t");
    assert_prompt(prompt, "tags", "", NULL);
    ht_context_cancel(desk.context, prompt);
    desk_close(&desk);
}

/* A second note that finds no room does not take the place of the first. */
static void test_notes(void)
{
    Desk desk;
    desk_open(&desk, fill);
    open_job(&desk);
    static const char *const said[] = {"Spoke to her", "Spoke to him"};
    set_room(false);
    for (gsize i = 0; i < G_N_ELEMENTS(said); i++) {
        g_assert_null(desk_answer(&desk, desk_press(&desk, "w"), said[i]));
        g_assert_nonnull(
            strstr(ht_context_message(desk.context, NULL), "w brings your words back"));
        desk_press(&desk, "j");
    }
    set_room(true);
    desk_press(&desk, "k");
    desk_press(&desk, "k");
    for (gsize i = 0; i < G_N_ELEMENTS(said); i++) {
        HtPrompt *prompt = desk_press(&desk, "w");
        assert_prompt(prompt, "note", said[i], NULL);
        g_assert_null(desk_answer(&desk, prompt, NULL));
        desk_press(&desk, "j");
    }
    g_assert_cmpint(pending(&desk), ==, 2);
    desk_close(&desk);
}

/* Esc in a note: the words are there again for the same person, and for nobody else. */
static void test_given_up(void)
{
    Desk desk;
    desk_open(&desk, fill);
    open_job(&desk);
    HtPrompt *prompt = desk_press(&desk, "w");
    ht_prompt_set_text(prompt, desk.context, "Spoke to her");
    ht_context_cancel(desk.context, prompt);
    g_assert_cmpstr(ht_context_message(desk.context, NULL), ==,
                    "Not written. w brings your words back.");
    desk_press(&desk, "j");
    prompt = desk_press(&desk, "w");
    assert_prompt(prompt, "note", "", NULL);
    ht_context_cancel(desk.context, prompt);
    desk_press(&desk, "k");
    prompt = desk_press(&desk, "w");
    assert_prompt(prompt, "note", "Spoke to her", NULL);
    g_assert_null(desk_answer(&desk, prompt, NULL));
    g_assert_cmpint(pending(&desk), ==, 1);
    prompt = desk_press(&desk, "w");
    assert_prompt(prompt, "note", "", NULL);
    ht_prompt_set_text(prompt, desk.context, "once more");
    ht_context_cancel(desk.context, prompt);
    /* Emptied and given up: they are not wanted. */
    prompt = desk_press(&desk, "w");
    ht_prompt_set_text(prompt, desk.context, "");
    ht_context_cancel(desk.context, prompt);
    prompt = desk_press(&desk, "w");
    assert_prompt(prompt, "note", "", NULL);
    ht_context_cancel(desk.context, prompt);
    /* Nobody is asked about them at the end. */
    prompt = desk_press(&desk, "w");
    ht_prompt_set_text(prompt, desk.context, "and more");
    ht_context_cancel(desk.context, prompt);
    HtResult result = ht_context_feed(desk.context, "Q");
    g_assert_cmpint(result.kind, ==, HT_RESULT_QUIT);
    ht_result_clear(&result);
    desk_close(&desk);
}

/* Words about two people come back for these two, in whatever order they stand, and for no others:
 * not for one of them with somebody else. */
static void test_given_up_of_some(void)
{
    Desk desk;
    desk_open(&desk, fill);
    open_job(&desk);
    desk_press(&desk, "Space");
    desk_press(&desk, "Space");
    HtPrompt *prompt = desk_press(&desk, "w");
    assert_prompt(prompt, "note on 2", "", NULL);
    ht_prompt_set_text(prompt, desk.context, "Spoke to both");
    ht_context_cancel(desk.context, prompt);
    desk_press(&desk, "U");
    desk_press(&desk, "Home");
    desk_press(&desk, "Space");
    desk_press(&desk, "j");
    desk_press(&desk, "Space");
    prompt = desk_press(&desk, "w");
    assert_prompt(prompt, "note on 2", "", NULL);
    ht_context_cancel(desk.context, prompt);
    desk_press(&desk, "U");
    desk_press(&desk, "Home");
    desk_press(&desk, "Space");
    desk_press(&desk, "Space");
    desk_press(&desk, "|"); /* turned round */
    desk_settle_view(&desk);
    prompt = desk_press(&desk, "w");
    assert_prompt(prompt, "note on 2", "Spoke to both", NULL);
    ht_context_cancel(desk.context, prompt);
    desk_close(&desk);
}

/* To another job, and back. */
static void move_m20(HtApply *apply, gpointer data)
{
    int job = GPOINTER_TO_INT(data);
    put_match(apply, 20, job, job == 1 ? 11 : 21, 2000, "Ana", "Rec");
}

static void change_m20(Desk *desk, bool is_there)
{
    fixture_apply(&desk->cache, move_m20, GINT_TO_POINTER(is_there ? 1 : 2));
    g_assert_true(ht_reader_refresh(desk->reader, NULL, NULL));
    ht_view_refresh(ht_context_view(desk->context), 0);
    desk_press(desk, "Home");
}

/* The row went while a note on it was typed: the note is not written, and not lost. */
static void test_row_went(void)
{
    Desk desk;
    desk_open(&desk, fill);
    open_job(&desk);
    HtView *view = ht_context_view(desk.context);
    g_assert_true(ht_view_goto(view, fixture_key(desk.reader, "M20")));
    HtPrompt *prompt = desk_press(&desk, "w");
    change_m20(&desk, false);
    g_assert_null(desk_answer(&desk, prompt, "Spoke to her"));
    g_assert_nonnull(strstr(ht_context_message(desk.context, NULL), "not here any more"));
    g_assert_cmpint(pending(&desk), ==, 0);
    change_m20(&desk, true);
    g_assert_true(ht_view_goto(view, fixture_key(desk.reader, "M20")));
    prompt = desk_press(&desk, "w");
    assert_prompt(prompt, "note", "Spoke to her", NULL);
    ht_context_cancel(desk.context, prompt);
    desk_close(&desk);
}

static void test_feedback_given_up(void)
{
    Desk desk;
    desk_open(&desk, fill);
    desk_press(&desk, "g");
    desk_press(&desk, "a");
    HtPrompt *prompt = up_to_words(&desk);
    ht_prompt_set_text(prompt, desk.context, "Knows queues");
    ht_context_cancel(desk.context, prompt);
    prompt = up_to_words(&desk);
    g_assert_cmpstr(prompt->text, ==, "Knows queues");
    prompt = desk_answer(&desk, prompt, NULL);
    g_assert_nonnull(strstr(prompt->label, "submit?"));
    ht_context_cancel(desk.context, prompt);
    desk_close(&desk);
}

/* "+tag" is the tag, as "-tag" is its end. */
static void test_plus_tag(void)
{
    Desk desk;
    desk_open(&desk, fill);
    open_job(&desk);
    HtKey person = ht_view_current_candidate(ht_context_view(desk.context));
    HtPrompt *prompt = desk_press(&desk, "t");
    g_assert_nonnull(strstr(prompt->label, "+adds"));
    g_assert_null(desk_answer(&desk, prompt, "+queues locks + +c++"));
    g_assert_true(ht_reader_refresh(desk.reader, NULL, NULL));
    g_autoptr(HtCandidate) who = ht_cache_candidate(desk.reader, person, NULL);
    g_autoptr(GString) tags = g_string_new(NULL);
    for (guint i = 0; i < who->tags->len; i++)
        g_string_append_printf(tags, "%s;", ((const HtTag *)who->tags->pdata[i])->tag);
    g_assert_nonnull(strstr(tags->str, "queues;"));
    g_assert_nonnull(strstr(tags->str, "locks;"));
    g_assert_nonnull(strstr(tags->str, "c++;"));
    g_assert_null(strstr(tags->str, "+queues"));
    g_assert_null(strstr(tags->str, "+c++"));
    desk_close(&desk);
}

static void put_reasons(HtApply *apply, gpointer data)
{
    (void)data;
    put_row(apply, HT_APPLY_UPSERT, "rejection_reasons", "id", "R3", "code", "other", "label",
            "Something else", "who", "we_rejected", "is_active", "1", "requires_note", "1", NULL);
    put_row(apply, HT_APPLY_UPSERT, "rejection_reasons", "id", "R4", "code", "reopened", "label",
            "Decision reconsidered", "who", "we_rejected", "is_active", "1", "requires_note", "1",
            NULL);
}

/* x and the reason that wants a note: the question for it. */
static HtPrompt *up_to_note(Desk *desk)
{
    HtPrompt *prompt = desk_press(desk, "x");
    if (prompt && strstr(prompt->label, "reject"))
        prompt = desk_answer(desk, prompt, "something");
    g_assert_true(prompt && strstr(prompt->label, "note that goes with it"));
    return prompt;
}

/* The words of a rejection: no room, or Esc, and they are there again for the same one alone. */
static void test_rejection(void)
{
    Desk desk;
    desk_open(&desk, fill);
    fixture_apply(&desk.cache, put_reasons, NULL);
    open_job(&desk);
    HtPrompt *prompt = up_to_note(&desk);
    set_room(false);
    g_assert_null(desk_answer(&desk, prompt, "Was rude on the phone"));
    set_room(true);
    g_assert_nonnull(strstr(ht_context_message(desk.context, NULL), "x brings your words back"));
    g_assert_cmpint(pending(&desk), ==, 0);
    prompt = desk_press(&desk, "Q");
    g_assert_nonnull(strstr(prompt->label, "would be lost"));
    ht_context_cancel(desk.context, prompt);
    desk_press(&desk, "j");
    prompt = up_to_note(&desk);
    assert_prompt(prompt, "note", "", NULL);
    ht_prompt_set_text(prompt, desk.context, "Not here");
    ht_context_cancel(desk.context, prompt);
    g_assert_cmpstr(ht_context_message(desk.context, NULL), ==,
                    "Not written. x brings your words back.");
    desk_press(&desk, "k");
    prompt = up_to_note(&desk);
    assert_prompt(prompt, "note", "Was rude on the phone", NULL);
    g_assert_null(desk_answer(&desk, prompt, NULL));
    g_assert_cmpint(pending(&desk), ==, 1);
    HtResult result = ht_context_feed(desk.context, "Q");
    g_assert_cmpint(result.kind, ==, HT_RESULT_QUIT);
    ht_result_clear(&result);
    desk_close(&desk);
}

/* The same of many at once, whose sheet is left by then. */
static void test_sheet(void)
{
    Desk desk;
    desk_open(&desk, fill);
    fixture_apply(&desk.cache, put_reasons, NULL);
    open_job(&desk);
    for (int i = 0; i < 2; i++) { /* opened, so that they may be rejected together */
        desk_press(&desk, "Enter");
        desk_press(&desk, "q");
        desk_press(&desk, "Space");
    }
    desk_answer(&desk, desk_press(&desk, "x"), "something");
    g_assert_cmpint(ht_view_id(ht_context_view(desk.context)), ==, HT_VIEW_SHEET);
    HtPrompt *prompt = desk_press(&desk, "Enter");
    ht_prompt_set_text(prompt, desk.context, "The post is filled");
    ht_context_cancel(desk.context, prompt);
    g_assert_cmpstr(ht_context_message(desk.context, NULL), ==,
                    "Not written. Enter brings your words back.");
    desk_press(&desk, "End");
    desk_press(&desk, "Space"); /* the last is left out: those words were about both */
    prompt = desk_press(&desk, "Enter");
    assert_prompt(prompt, "note", "", NULL);
    ht_context_cancel(desk.context, prompt);
    desk_press(&desk, "End");
    desk_press(&desk, "Space");
    prompt = desk_press(&desk, "Enter");
    assert_prompt(prompt, "note", "The post is filled", NULL);
    set_room(false);
    g_assert_null(desk_answer(&desk, prompt, NULL));
    set_room(true);
    g_assert_nonnull(strstr(ht_context_message(desk.context, NULL), "brings your words back"));
    g_assert_cmpint(pending(&desk), ==, 0);
    prompt = desk_press(&desk, "x");
    if (prompt)
        desk_answer(&desk, prompt, "something");
    prompt = desk_press(&desk, "Enter");
    assert_prompt(prompt, "note", "The post is filled", NULL);
    g_assert_null(desk_answer(&desk, prompt, NULL));
    g_assert_cmpint(pending(&desk), ==, 2);
    desk_close(&desk);
}

/* The reason of reopenings rejects nobody. */
static void test_reasons(void)
{
    Desk desk;
    desk_open(&desk, fill);
    fixture_apply(&desk.cache, put_reasons, NULL);
    open_job(&desk);
    HtPrompt *prompt = desk_press(&desk, "X");
    g_assert_cmpuint(prompt->choices->len, ==, 2);
    for (guint i = 0; i < prompt->choices->len; i++)
        g_assert_cmpstr(g_array_index(prompt->choices, HtChoice, i).text, !=,
                        "Decision reconsidered");
    ht_context_cancel(desk.context, prompt);
    desk_close(&desk);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    signal(SIGXFSZ, SIG_IGN);
    g_test_add_func("/command/kept/feedback", test_feedback);
    g_test_add_func("/command/kept/rating", test_rating);
    g_test_add_func("/command/kept/refused_plan", test_refused_plan);
    g_test_add_func("/command/kept/plan_given_up", test_plan_given_up);
    g_test_add_func("/command/kept/nothing_said", test_nothing_said);
    g_test_add_func("/command/kept/given_up", test_given_up);
    g_test_add_func("/command/kept/given_up_of_some", test_given_up_of_some);
    g_test_add_func("/command/kept/tags_given_up", test_tags_given_up);
    g_test_add_func("/command/kept/tags", test_tags);
    g_test_add_func("/command/kept/notes", test_notes);
    g_test_add_func("/command/kept/row_went", test_row_went);
    g_test_add_func("/command/kept/feedback_given_up", test_feedback_given_up);
    g_test_add_func("/command/kept/rejection", test_rejection);
    g_test_add_func("/command/kept/sheet", test_sheet);
    g_test_add_func("/command/reasons", test_reasons);
    g_test_add_func("/command/tags/plus", test_plus_tag);
    return g_test_run();
}
