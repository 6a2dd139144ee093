/* Feedback and interviews by keys: a draft is gone on with, not written over; nobody plans with who
 * is out; colleagues are proposed; and what may stand for a rule of a person. */
#include "desk.h"
#include "hiretty/base/clock.h"
#include "hiretty/cache/feedback.h"
#include "hiretty/command/prompt.h"
#include "hiretty/view/views.h"

#include <string.h>

static void put_member(HtApply *apply, const char *user, const char *member, const char *first,
                       const char *last)
{
    put_row(apply, HT_APPLY_UPSERT, "users", "id", user, "first_name", first, "last_name", last,
            "status", "active", NULL);
    put_row(apply, HT_APPLY_UPSERT, "tenant_users", "id", member, "user_id", user, "role",
            "recruiter", "status", "active", NULL);
}

static void fill(HtApply *apply, gpointer data)
{
    g_autofree char *at = g_strdup_printf("%" G_GINT64_FORMAT, ht_clock_now_us() - HT_US_PER_HOUR);
    (void)data;
    put_member(apply, "U1", "f1", "Ana", "Rec");
    put_member(apply, "U2", "f2", "Marcus", "Adeyemi");
    put_match(apply, 19, 1, 17, 1900, "Out", "Already"); /* rejected */
    put_row(apply, HT_APPLY_UPSERT, "interviews", "id", "i1", "match_id", "M20", "interview_type",
            "technical", "scheduled_at", at, "duration_minutes", "60", "status", "completed", NULL);
    put_row(apply, HT_APPLY_UPSERT, "interview_panel", "id", "p1", "interview_id", "i1",
            "member_id", "f1", "role", "lead", "is_active", "1", "feedback_required", "1", NULL);
}

static void says(Desk *desk, const char *words)
{
    const char *said = ht_context_message(desk->context, NULL);
    if (!said || !strstr(said, words))
        g_error("'%s' is not said: %s", words, said ? said : "nothing");
}

static void assert_draft(Desk *desk, int rating, const char *recommendation, const char *words)
{
    g_assert_true(ht_reader_refresh(desk->reader, NULL, NULL));
    g_autoptr(HtFeedback) draft = ht_cache_feedback_mine(
        desk->reader, fixture_key(desk->reader, "i1"), fixture_key(desk->reader, "p1"));
    g_assert_nonnull(draft);
    g_assert_cmpint(draft->rating, ==, rating);
    g_assert_cmpstr(draft->recommendation, ==, recommendation);
    g_assert_cmpstr(draft->notes, ==, words);
    g_assert_cmpint(draft->submitted_at, ==, 0);
}

/* Enter all through a draft changes nothing of it. */
static void test_draft_goes_on(void)
{
    Desk desk;
    desk_open(&desk, fill);
    desk_press(&desk, "g");
    desk_press(&desk, "a");
    HtPrompt *prompt = desk_answer(&desk, desk_press(&desk, "f"), "2");
    prompt = desk_answer(&desk, prompt, "no hire");
    prompt = desk_answer(&desk, prompt, "Guessed");
    ht_context_cancel(desk.context, prompt); /* n */
    assert_draft(&desk, 2, "no_hire", "Guessed");
    prompt = desk_press(&desk, "f");
    g_assert_cmpstr(ht_prompt_choice(prompt)->text, ==, "2 weak");
    prompt = desk_answer(&desk, prompt, NULL);
    g_assert_cmpstr(ht_prompt_choice(prompt)->text, ==, "no hire");
    prompt = desk_answer(&desk, prompt, NULL);
    g_assert_cmpstr(prompt->text, ==, "Guessed");
    prompt = desk_answer(&desk, prompt, NULL);
    g_assert_nonnull(strstr(prompt->label, "submit?"));
    ht_context_cancel(desk.context, prompt);
    assert_draft(&desk, 2, "no_hire", "Guessed");
    desk_close(&desk);
}

/* Esc at any question: what was answered is there the next time, and that is said; before the first
 * answer there is nothing to say. */
static void test_given_up_halfway(void)
{
    Desk desk;
    desk_open(&desk, fill);
    desk_press(&desk, "g");
    desk_press(&desk, "a");
    ht_context_cancel(desk.context, desk_press(&desk, "f"));
    const char *said = ht_context_message(desk.context, NULL);
    g_assert_true(!said || !strstr(said, "draft"));
    HtPrompt *prompt = desk_answer(&desk, desk_press(&desk, "f"), "3");
    g_assert_nonnull(strstr(prompt->label, "recommend"));
    ht_context_cancel(desk.context, prompt);
    says(&desk, "Kept as a draft. f goes on with it.");
    prompt = desk_press(&desk, "f");
    g_assert_cmpstr(ht_prompt_choice(prompt)->text, ==, "3 fair");
    prompt = desk_answer(&desk, prompt, NULL);
    prompt = desk_answer(&desk, prompt, "strong no hire");
    g_assert_nonnull(strstr(prompt->label, "in a few words"));
    ht_context_cancel(desk.context, prompt);
    says(&desk, "Kept as a draft. f goes on with it.");
    prompt = desk_press(&desk, "f");
    ht_context_cancel(desk.context, prompt);
    says(&desk, "Kept as a draft. f goes on with it.");
    prompt = desk_answer(&desk, desk_press(&desk, "f"), NULL);
    g_assert_cmpstr(ht_prompt_choice(prompt)->text, ==, "strong no hire");
    prompt = desk_answer(&desk, prompt, NULL);
    ht_prompt_set_text(prompt, desk.context, "Half a sen");
    ht_context_cancel(desk.context, prompt);
    says(&desk, "f brings your words back");
    prompt = desk_answer(&desk, desk_press(&desk, "f"), NULL);
    prompt = desk_answer(&desk, prompt, NULL);
    g_assert_cmpstr(prompt->text, ==, "Half a sen");
    ht_context_cancel(desk.context, prompt);
    assert_draft(&desk, 3, "strong_no_hire", NULL);
    desk_close(&desk);
}

static void open_job(Desk *desk, const char *match)
{
    desk_press(desk, "Home"); /* until it is loaded */
    g_assert_true(ht_view_goto(ht_context_view(desk->context), fixture_key(desk->reader, "J1")));
    desk_press(desk, "Enter");
    g_assert_true(ht_view_goto(ht_context_view(desk->context), fixture_key(desk->reader, match)));
}

/* Refused at the key, before anything is asked. */
static void test_out_of_the_running(void)
{
    Desk desk;
    desk_open(&desk, fill);
    open_job(&desk, "M19");
    g_assert_null(desk_press(&desk, "S"));
    says(&desk, "is rejected");
    says(&desk, "plan");
    g_assert_true(ht_view_goto(ht_context_view(desk.context), fixture_key(desk.reader, "M20")));
    HtPrompt *prompt = desk_press(&desk, "S");
    g_assert_nonnull(prompt);
    ht_context_cancel(desk.context, prompt);
    desk_close(&desk);
}

static void completes(HtPrompt *prompt, const char *text, const char *to)
{
    ht_prompt_set_text(prompt, NULL, text);
    g_autofree char *done = ht_prompt_complete(prompt, 1);
    g_assert_cmpstr(done, ==, to);
}

/* Tab names the colleagues one after the other; each name is one answer, blanks and all. */
static void test_colleagues(void)
{
    Desk desk;
    desk_open(&desk, fill);
    open_job(&desk, "M20");
    HtPrompt *prompt = desk_answer(&desk, desk_press(&desk, "S"), "2099-05-04 14:00");
    prompt = desk_answer(&desk, prompt, "45");
    prompt = desk_answer(&desk, prompt, NULL);
    g_assert_nonnull(strstr(prompt->label, "Tab"));
    completes(prompt, "", "Ana Rec");
    completes(prompt, "Ana Rec", "Marcus Adeyemi");
    completes(prompt, "Marcus Adeyemi", "Ana Rec");
    completes(prompt, "Ana Rec, ", "Ana Rec, Marcus Adeyemi");
    completes(prompt, "Marcus Adeyemi,", "Marcus Adeyemi,Ana Rec");
    completes(prompt, "marcus ad", "Marcus Adeyemi");
    completes(prompt, "zzz", NULL);
    ht_context_cancel(desk.context, prompt);
    desk_close(&desk);
}

/* These lists are limited by words; what looks like a field is refused, never searched for. */
static void test_words_alone(void)
{
    Desk desk;
    static const char *const refused[] = {"is:mine", "name:James", "rating:5",
                                          "-Rec",    "score>=80",  "job!=x"};
    static const char *const taken[] = {"you", "14:00", "Rec you", "2-3", "technical -"};
    static const char *const lists[] = {"a", "f", "o", "x"};
    desk_open(&desk, fill);
    for (gsize l = 0; l < G_N_ELEMENTS(lists); l++) {
        desk_press(&desk, "g");
        desk_press(&desk, lists[l]);
        HtView *view = ht_context_view(desk.context);
        for (gsize i = 0; i < G_N_ELEMENTS(refused); i++) {
            g_autoptr(GError) error = NULL;
            g_assert_false(ht_view_set_limit(view, refused[i], &error));
            g_assert_nonnull(strstr(error->message, "words"));
            g_assert_null(strchr(error->message, '\n'));
            g_assert_cmpstr(ht_view_limit(view), ==, "");
        }
        for (gsize i = 0; i < G_N_ELEMENTS(taken); i++)
            g_assert_true(ht_view_set_limit(view, taken[i], NULL));
        ht_view_set_limit(view, NULL, NULL);
        HtPrompt *prompt = desk_press(&desk, "l");
        g_assert_nonnull(strstr(prompt->label, "words"));
        ht_prompt_set_text(prompt, desk.context, "rating:5");
        g_assert_nonnull(prompt->error);
        ht_context_cancel(desk.context, prompt);
    }
    desk_close(&desk);
}

/* The search takes words too, and knows what a list would take; quoted it is searched for. The list
 * of keys speaks of such terms itself. */
static void test_search_takes_words(void)
{
    static const char *const refused[] = {"skill:python", "ana -tag:hold", "score>=80", "is:new"};
    static const char *const taken[] = {"ana",   "\"skill:python\"", "https://x.example",
                                        "12:30", "node.js: old",     "-ana"};
    Desk desk;
    desk_open(&desk, fill);
    HtResult result = ht_context_run_line(desk.context, "go.search ana");
    ht_result_clear(&result);
    HtView *view = ht_context_view(desk.context);
    for (gsize i = 0; i < G_N_ELEMENTS(refused); i++) {
        g_autoptr(GError) error = NULL;
        g_assert_false(ht_view_set_limit(view, refused[i], &error));
        g_assert_nonnull(strstr(error->message, "the search takes words"));
    }
    for (gsize i = 0; i < G_N_ELEMENTS(taken); i++)
        g_assert_true(ht_view_set_limit(view, taken[i], NULL));
    desk_press(&desk, "?");
    g_assert_true(ht_view_set_limit(ht_context_view(desk.context), "filter:", NULL));
    desk_close(&desk);
}

static void put_another(HtApply *apply, gpointer data)
{
    g_autofree char *at = g_strdup_printf("%" G_GINT64_FORMAT, ht_clock_now_us() + HT_US_PER_HOUR);
    (void)data;
    put_row(apply, HT_APPLY_UPSERT, "interviews", "id", "i9", "match_id", "M18", "interview_type",
            "technical", "scheduled_at", at, "duration_minutes", "60", "status", "scheduled", NULL);
}

/* Words that are typed choose among the rows that are there and read nothing; what changed comes
 * with the next load, below the same limit. */
static void test_limit_reads_nothing(void)
{
    Desk desk;
    desk_open(&desk, fill);
    desk_press(&desk, "g");
    desk_press(&desk, "a");
    HtView *view = ht_context_view(desk.context);
    fixture_apply(&desk.cache, put_another, NULL);
    g_assert_true(ht_reader_refresh(desk.reader, NULL, NULL));
    HtKey first = fixture_key(desk.reader, "i1"), another = fixture_key(desk.reader, "i9");
    g_assert_true(ht_view_set_limit(view, "technical", NULL));
    g_assert_true(ht_view_goto(view, first));
    g_assert_false(ht_view_goto(view, another));
    ht_view_refresh(view, 0);
    g_assert_true(ht_view_goto(view, first));
    g_assert_true(ht_view_goto(view, another));
    /* In any order and case, and with the day above. */
    g_assert_true(ht_view_set_limit(view, "YOU technical", NULL));
    g_assert_true(ht_view_goto(view, first));
    g_assert_false(ht_view_goto(view, another));
    g_assert_cmpint(ht_view_rows(view), ==, 2);
    g_assert_true(ht_view_set_limit(view, "technicalyou", NULL));
    g_assert_cmpint(ht_view_rows(view), ==, 0);
    g_assert_true(ht_view_set_limit(view, NULL, NULL));
    g_assert_true(ht_view_goto(view, another));
    desk_close(&desk);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/command/meet/draft_goes_on", test_draft_goes_on);
    g_test_add_func("/command/meet/given_up_halfway", test_given_up_halfway);
    g_test_add_func("/command/meet/out_of_the_running", test_out_of_the_running);
    g_test_add_func("/command/meet/colleagues", test_colleagues);
    g_test_add_func("/command/meet/words_alone", test_words_alone);
    g_test_add_func("/command/meet/search_takes_words", test_search_takes_words);
    g_test_add_func("/command/meet/limit_reads_nothing", test_limit_reads_nothing);
    return g_test_run();
}
