/* Keys and their turn. An intent is confirmed when it is on disk, a few milliseconds after its key;
 * what comes in between, keys and all else that somebody does to the screen, waits in `typeahead`,
 * so that each one meets the row its writer saw. */
#include "context_impl.h"

#include "hiretty/base/thread.h"

#include <string.h>

/* A key, or something else that keeps its place among keys. */
typedef struct {
    char *key;
    void (*run)(gpointer data);
    gpointer data;
    GDestroyNotify free_data;
} HtWaiting;

static void waiting_free(HtWaiting *waiting)
{
    if (waiting->free_data)
        waiting->free_data(waiting->data);
    g_free(waiting->key);
    g_free(waiting);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HtWaiting, waiting_free)

static HtResult unknown_key(HtContext *context, HtView *view, const char *sequence)
{
    /* Who presses that elsewhere wants to leave. */
    const HtCommand *near = strcmp(sequence, "C-c") == 0
                                ? ht_command_find("quit")
                                : ht_keymap_nearest(context->keymap, ht_view_id(view), sequence);
    const char *key = near ? ht_keymap_first_key(context->keymap, ht_view_id(view), near) : NULL;
    if (near && key)
        return ht_result_error("%s does nothing here. %s: %s", sequence, key, near->summary);
    return ht_result_error("%s does nothing here. ? shows the keys", sequence);
}

static HtResult feed_now(HtContext *context, const char *key)
{
    HtView *view = ht_top(context);
    if (!view)
        return ht_result_none();
    if (strcmp(key, "Esc") == 0 && ht_keymap_reset(context->keymap))
        return ht_result_none();
    HtKeyMatch match = ht_keymap_feed(context->keymap, ht_view_id(view), key);
    if (match.kind == HT_KEY_UNKNOWN)
        return unknown_key(context, view, match.sequence);
    if (match.kind != HT_KEY_COMMAND)
        return ht_result_none();
    g_autofree char *sequence = g_strdup(match.sequence);
    HtArgs args = {.count = match.count, .key = sequence};
    return ht_context_run(context, match.command, &args);
}

/* Something to act on waits for the screen; a message is shown at once. Takes what is in it. */
static void keep_result(HtContext *context, HtResult *result)
{
    ht_context_put_message(context, result);
    if (result->kind == HT_RESULT_NONE || result->kind == HT_RESULT_MESSAGE ||
        result->kind == HT_RESULT_ERROR)
        ht_result_clear(result);
    else
        g_queue_push_tail(&context->results, g_memdup2(result, sizeof *result));
}

/* What a command changes may call the screen, and so here: the next key waits for its result. */
static HtResult run_key(HtContext *context, const char *key)
{
    bool before = context->in_run;
    context->in_run = true;
    HtResult result = feed_now(context, key);
    context->in_run = before;
    return result;
}

static HtResult take_turn(HtContext *context, const HtWaiting *next)
{
    if (next->key)
        return run_key(context, next->key);
    next->run(next->data);
    return ht_result_none();
}

bool ht_context_work_off(HtContext *context)
{
    bool any = false;
    while (!context->in_run && context->in_flight == 0 && context->results.length == 0 &&
           context->typeahead.length > 0) {
        g_autoptr(HtWaiting) next = g_queue_pop_head(&context->typeahead);
        HtResult result = take_turn(context, next);
        keep_result(context, &result);
        any = true;
    }
    return any;
}

void ht_context_go_on(HtContext *context, HtResult *result, bool is_written)
{
    if (result->prompt && !result->prompt->asked_in)
        result->prompt->asked_in = context->generation;
    keep_result(context, result);
    if (context->parts.sync && is_written)
        ht_sync_poke(context->parts.sync);
    ht_context_session_touch(context);
    ht_context_work_off(context);
    ht_context_emit_changed(context);
}

bool ht_context_take_result(HtContext *context, HtResult *result)
{
    HtResult *waiting = g_queue_pop_head(&context->results);
    if (!waiting)
        return false;
    *result = *waiting;
    g_free(waiting);
    return true;
}

char *ht_context_take_key(HtContext *context)
{
    char *key = NULL;
    while (!key && context->typeahead.length > 0) {
        g_autoptr(HtWaiting) next = g_queue_pop_head(&context->typeahead);
        if (next->run)
            next->run(next->data);
        key = g_steal_pointer(&next->key);
    }
    return key;
}

static bool must_wait(const HtContext *context)
{
    return context->in_flight > 0 || context->typeahead.length > 0 || context->results.length > 0;
}

HtResult ht_context_feed(HtContext *context, const char *key)
{
    if (ht_context_meanwhile(context, key))
        return ht_result_none();
    if (must_wait(context)) {
        HtWaiting *waiting = g_new0(HtWaiting, 1);
        waiting->key = g_strdup(key);
        g_queue_push_tail(&context->typeahead, waiting);
        ht_context_work_off(context);
        return ht_result_none();
    }
    g_clear_pointer(&context->message, g_free);
    bool before = ht_thread_answers_keys(context->parts.interactive);
    HtResult result = run_key(context, key);
    ht_thread_answers_keys(before);
    ht_context_put_message(context, &result);
    return result;
}

void ht_context_in_turn(HtContext *context, void (*run)(gpointer data), gpointer data,
                        GDestroyNotify free_data)
{
    HtWaiting *waiting = g_new0(HtWaiting, 1);
    *waiting = (HtWaiting){.run = run, .data = data, .free_data = free_data};
    if (must_wait(context)) {
        g_queue_push_tail(&context->typeahead, waiting);
        ht_context_work_off(context);
        return;
    }
    run(data);
    waiting_free(waiting);
}

void ht_context_forget_waiting(HtContext *context)
{
    g_queue_clear_full(&context->typeahead, (GDestroyNotify)waiting_free);
}
