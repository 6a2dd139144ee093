/* Words that find no room on the disk: what a person typed comes back when it is asked for again,
 * and nothing is called kept that is not. The disk is one that takes no more bytes (a limit of the
 * process, which SQLite meets as a failing write). */
#include "../cache/fixture.h"
#include "hiretty/base/clock.h"
#include "hiretty/cache/feedback.h"
#include "hiretty/command/context.h"
#include "hiretty/command/prompt.h"

#include <signal.h>
#include <string.h>
#include <sys/resource.h>

typedef struct {
    Fixture cache;
    HtOutbox *outbox;
    HtReader *reader;
    HtContext *context;
} Desk;

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

static void desk_open(Desk *desk)
{
    g_autoptr(GError) error = NULL;
    memset(desk, 0, sizeof *desk);
    fixture_open(&desk->cache);
    fixture_fill(&desk->cache);
    fixture_apply(&desk->cache, fill, NULL);
    desk->outbox = ht_outbox_open(desk->cache.cache, desk->cache.paths, &error);
    g_assert_no_error(error);
    desk->reader = ht_reader_new(desk->cache.cache, "ui", &error);
    g_assert_no_error(error);
    HtContextParts parts = {.paths = desk->cache.paths,
                            .cache = desk->cache.cache,
                            .outbox = desk->outbox,
                            .reader = desk->reader,
                            .interactive = true};
    desk->context = ht_context_new(&parts, &error);
    g_assert_no_error(error);
    g_assert_true(ht_context_start(desk->context, &error));
}

static void desk_close(Desk *desk)
{
    ht_context_free(desk->context);
    ht_reader_free(desk->reader);
    ht_outbox_close(desk->outbox);
    fixture_close(&desk->cache);
}

/* What comes of it on the screen: a prompt, or NULL; messages are in the context. */
static HtPrompt *outcome(Desk *desk, HtResult result)
{
    for (int i = 0; i < 100000 && ht_context_is_busy(desk->context); i++) {
        HtResult later;
        if (result.kind != HT_RESULT_PROMPT && ht_context_take_result(desk->context, &later)) {
            ht_result_clear(&result);
            result = later;
        } else {
            g_main_context_iteration(NULL, TRUE);
        }
    }
    g_assert_false(ht_context_is_busy(desk->context));
    HtPrompt *prompt = g_steal_pointer(&result.prompt);
    ht_result_clear(&result);
    return prompt;
}

static HtPrompt *press(Desk *desk, const char *name)
{
    return outcome(desk, ht_context_feed(desk->context, name));
}

/* Answers with a text, or where there are choices with the first that has it. */
static HtPrompt *answer(Desk *desk, HtPrompt *prompt, const char *text)
{
    if (!prompt)
        g_error("nothing is asked: %s", ht_context_message(desk->context, NULL));
    if (text)
        ht_prompt_set_text(prompt, desk->context, text);
    return outcome(desk, ht_context_answer(desk->context, prompt));
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
    HtPrompt *prompt = answer(desk, press(desk, "f"), "4");
    prompt = answer(desk, prompt, "strong hire");
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
    desk_open(&desk);
    press(&desk, "g");
    press(&desk, "a");
    {
        HtPrompt *prompt = up_to_words(&desk);
        set_room(false);
        prompt = answer(&desk, prompt, "Knows queues by heart");
        set_room(true);
        /* Neither the question whether to submit it, nor a word of a draft. */
        g_assert_null(prompt);
        const char *said = ht_context_message(desk.context, NULL);
        g_assert_nonnull(strstr(said, "f brings your words back"));
        g_autoptr(HtFeedback) before = draft(&desk);
        g_assert_cmpint(before->rating, ==, 4);
        g_assert_null(before->notes);
        /* Who leaves now is asked; a signal asks nobody. */
        prompt = press(&desk, "Q");
        g_assert_nonnull(strstr(prompt->label, "would be lost"));
        ht_context_cancel(desk.context, prompt);
        prompt = up_to_words(&desk);
        g_assert_cmpstr(prompt->text, ==, "Knows queues by heart");
        prompt = answer(&desk, prompt, NULL);
        g_assert_nonnull(strstr(prompt->label, "submit?"));
        ht_context_cancel(desk.context, prompt);
        g_autoptr(HtFeedback) after = draft(&desk);
        g_assert_cmpstr(after->notes, ==, "Knows queues by heart");
        g_assert_cmpint(after->submitted_at, ==, 0);
        /* What is on the disk now is what comes, not what once was not. */
        prompt = answer(&desk, up_to_words(&desk), "Knows locks, too");
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
    desk_open(&desk);
    press(&desk, "g");
    press(&desk, "a");
    HtPrompt *prompt = press(&desk, "f");
    set_room(false);
    prompt = answer(&desk, prompt, "4");
    set_room(true);
    g_assert_null(prompt);
    g_assert_true(*ht_context_message(desk.context, NULL));
    HtOutboxCounts counts;
    ht_outbox_counts(desk.outbox, &counts);
    g_assert_cmpint(counts.pending, ==, 0);
    desk_close(&desk);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    signal(SIGXFSZ, SIG_IGN);
    g_test_add_func("/command/kept/feedback", test_feedback);
    g_test_add_func("/command/kept/rating", test_rating);
    return g_test_run();
}
