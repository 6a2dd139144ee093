#include "desk.h"
#include "hiretty/base/thread.h"
#include "hiretty/command/prompt.h"

#include <string.h>

enum { STEPS = 100000 }; /* of the main loop, before a test is given up */

/* As the workstation's loop: what waits for the store ends the test. */
static void turn(void)
{
    bool before = ht_thread_answers_keys(true);
    g_main_context_iteration(NULL, TRUE);
    ht_thread_answers_keys(before);
}

static void open_outbox(Desk *desk)
{
    g_autoptr(GError) error = NULL;
    desk->outbox = ht_outbox_open(desk->cache.cache, desk->cache.paths, &error);
    g_assert_no_error(error);
    desk->reader = ht_reader_new(desk->cache.cache, "ui", &error);
    g_assert_no_error(error);
}

void desk_open_files(Desk *desk, FillFunc fill)
{
    memset(desk, 0, sizeof *desk);
    fixture_open(&desk->cache);
    fixture_fill(&desk->cache);
    if (fill)
        fixture_apply(&desk->cache, fill, NULL);
    open_outbox(desk);
}

void desk_start(Desk *desk)
{
    g_autoptr(GError) error = NULL;
    HtContextParts parts = {.paths = desk->cache.paths,
                            .cache = desk->cache.cache,
                            .outbox = desk->outbox,
                            .reader = desk->reader,
                            .interactive = true};
    desk->context = ht_context_new(&parts, &error);
    g_assert_no_error(error);
    g_assert_true(ht_context_start(desk->context, &error));
}

void desk_open(Desk *desk, FillFunc fill)
{
    desk_open_files(desk, fill);
    desk_start(desk);
}

static void stop(Desk *desk)
{
    ht_context_free(desk->context);
    ht_reader_free(desk->reader);
    ht_outbox_close(desk->outbox);
}

void desk_restart(Desk *desk)
{
    stop(desk);
    open_outbox(desk);
    desk_start(desk);
}

void desk_close(Desk *desk)
{
    stop(desk);
    fixture_close(&desk->cache);
}

void desk_settle(Desk *desk)
{
    for (int i = 0; i < STEPS && ht_context_is_busy(desk->context); i++)
        turn();
    g_assert_false(ht_context_is_busy(desk->context));
}

void desk_settle_view(Desk *desk)
{
    for (int i = 0; i < STEPS; i++) {
        if (!ht_context_is_busy(desk->context) &&
            !ht_view_is_loading(ht_context_view(desk->context)))
            return;
        turn();
    }
    g_assert_not_reached();
}

HtPrompt *desk_outcome(Desk *desk, HtResult result)
{
    for (int i = 0; i < STEPS && ht_context_is_busy(desk->context); i++) {
        HtResult later;
        if (result.kind != HT_RESULT_PROMPT && ht_context_take_result(desk->context, &later)) {
            ht_result_clear(&result);
            result = later;
        } else {
            turn();
        }
    }
    g_assert_false(ht_context_is_busy(desk->context));
    HtPrompt *prompt = g_steal_pointer(&result.prompt);
    ht_result_clear(&result);
    return prompt;
}

HtPrompt *desk_press(Desk *desk, const char *name)
{
    return desk_outcome(desk, ht_context_feed(desk->context, name));
}

HtPrompt *desk_answer(Desk *desk, HtPrompt *prompt, const char *text)
{
    if (!prompt)
        g_error("nothing is asked: %s", ht_context_message(desk->context, NULL));
    if (text)
        ht_prompt_set_text(prompt, desk->context, text);
    return desk_outcome(desk, ht_context_answer(desk->context, prompt));
}
