/* Moving, opening, going back. */
#include "commands.h"
#include "context_impl.h"

#include "hiretty/cache/matches.h"

#include <string.h>

static int64_t times(const HtArgs *args)
{
    return args->count > 0 ? args->count : 1;
}

static HtResult move(HtContext *context, int64_t delta)
{
    ht_view_move(ht_top(context), delta);
    return ht_result_none();
}

HT_HANDLER(ht_cmd_down)
{
    return move(context, times(args));
}

HT_HANDLER(ht_cmd_up)
{
    return move(context, -times(args));
}

static int64_t half(HtContext *context)
{
    return MAX(1, ht_view_page(ht_top(context)) / 2);
}

HT_HANDLER(ht_cmd_half_down)
{
    return move(context, times(args) * half(context));
}

HT_HANDLER(ht_cmd_half_up)
{
    return move(context, -times(args) * half(context));
}

/* Top and cursor go together, so that a page is a page. */
static HtResult move_page(HtContext *context, int64_t pages)
{
    HtView *view = ht_top(context);
    int64_t delta = pages * MAX(1, ht_view_page(view) - 1);
    if (ht_view_kind(view) == HT_VIEW_TEXT)
        return move(context, delta);
    int64_t screen_row = ht_view_cursor(view) - ht_view_top(view);
    int64_t cursor = ht_view_cursor(view) + delta;
    ht_view_set_cursor(view, cursor);
    ht_view_set_top(view, ht_view_cursor(view) - screen_row);
    return ht_result_none();
}

HT_HANDLER(ht_cmd_page_down)
{
    return move_page(context, times(args));
}

HT_HANDLER(ht_cmd_page_up)
{
    return move_page(context, -times(args));
}

HT_HANDLER(ht_cmd_first)
{
    HtView *view = ht_top(context);
    if (ht_view_kind(view) == HT_VIEW_TEXT)
        ht_view_set_top(view, args->count > 0 ? args->count - 1 : 0);
    else
        ht_view_set_cursor(view, args->count > 0 ? args->count - 1 : 0);
    return ht_result_none();
}

HT_HANDLER(ht_cmd_last)
{
    HtView *view = ht_top(context);
    if (args->count > 0)
        return ht_cmd_first(context, args);
    if (ht_view_kind(view) == HT_VIEW_TEXT)
        ht_view_set_top(view, INT32_MAX);
    else
        ht_view_set_cursor(view, ht_view_rows(view) - 1);
    return ht_result_none();
}

static HtResult move_preview(HtContext *context, int64_t delta)
{
    HtView *view = ht_top(context);
    ht_view_set_preview_top(view, (int)MAX(0, ht_view_preview_top(view) + delta));
    return ht_result_none();
}

HT_HANDLER(ht_cmd_preview_down)
{
    return move_preview(context, times(args));
}

HT_HANDLER(ht_cmd_preview_up)
{
    return move_preview(context, -times(args));
}

/* ---- open and back
 * ------------------------------------------------------------------------------- */
static HtResult push_or_error(HtContext *context, HtView *view, GError *error)
{
    if (!view)
        return ht_result_take_error(error);
    ht_context_push(context, view);
    return ht_result_none();
}

/* What a row speaks of is what is seen first. */
static HtCandidateTab tab_of(HtViewId id)
{
    return id == HT_VIEW_AGENDA     ? HT_CANDIDATE_INTERVIEWS
           : id == HT_VIEW_FEEDBACK ? HT_CANDIDATE_FEEDBACK
                                    : HT_CANDIDATE_WHY;
}

static HtResult open_candidate(HtContext *context, HtView *view)
{
    HtCandidateTab tab = tab_of(ht_view_id(view));
    HtKey match = ht_view_current_match(view), candidate = ht_view_current_candidate(view);
    g_autoptr(GError) error = NULL;
    if (match) {
        HtMatchRow *row = ht_cache_match(context->parts.reader, match, &error);
        if (!row)
            return ht_result_take_error(g_steal_pointer(&error));
        candidate = row->candidate;
        if (tab == HT_CANDIDATE_WHY)
            ht_context_note_viewed(context, match, row->flags & HT_MATCH_BLIND, 0);
        ht_match_rows_free(row, 1);
    }
    if (!candidate)
        return ht_result_error("there is nothing to open in this row");
    HtView *person = ht_view_new_candidate(ht_view_parts(context), candidate, match, &error);
    if (person && tab != HT_CANDIDATE_WHY)
        ht_view_set_tab(person, tab);
    return push_or_error(context, person, g_steal_pointer(&error));
}

static HtResult open_job(HtContext *context, HtKey job)
{
    g_autoptr(GError) error = NULL;
    HtView *view = ht_view_new_matches(ht_view_parts(context), job, &error);
    if (view)
        ht_cache_job_visit(context->parts.cache, job);
    return push_or_error(context, view, g_steal_pointer(&error));
}

/* Help: the row is a command; it runs in the view below. */
static HtResult open_command(HtContext *context, HtView *view)
{
    const HtListRow *row = ht_view_list_row(view, ht_view_cursor(view));
    const HtCommand *command = row ? row->data : NULL;
    if (!command && row && row->number >= HT_FILTER_HELP_FIRST) {
        g_autofree char *key = ht_context_key_of(context, "limit");
        return ht_result_message("A part of a filter: %s limits the list by one.", key);
    }
    if (!command)
        return ht_result_none();
    ht_context_pop(context);
    return ht_context_run(context, command, NULL);
}

static HtResult open_conflict(HtContext *context)
{
    int64_t seq = ht_conflict_here(context);
    if (seq)
        ht_context_push(context, ht_new_conflict_view(context, seq));
    return ht_result_none();
}

HT_HANDLER(ht_cmd_open)
{
    (void)args;
    HtView *view = ht_top(context);
    switch (ht_view_id(view)) {
    case HT_VIEW_JOBS:
        return open_job(context, ht_view_current_job(view));
    case HT_VIEW_HELP:
        return open_command(context, view);
    case HT_VIEW_CONFLICTS:
        return open_conflict(context);
    case HT_VIEW_OUTBOX:
        return ht_conflict_in_outbox(context) ? open_conflict(context)
                                              : open_candidate(context, view);
    case HT_VIEW_MATCHES:
    case HT_VIEW_CANDIDATES:
    case HT_VIEW_AGENDA:
    case HT_VIEW_FEEDBACK:
    case HT_VIEW_SEARCH:
    case HT_VIEW_CONFLICT:
    case HT_VIEW_REVIEW:
    case HT_VIEW_CANDIDATE:
    case HT_VIEW_STATUS:
    case HT_VIEW_SHEET:
    case HT_N_VIEWS:
    default:
        return open_candidate(context, view);
    }
}

HT_HANDLER(ht_cmd_back)
{
    (void)args;
    if (!ht_context_pop(context))
        return ht_result_message("This is the first screen. Q leaves the program.");
    return ht_result_none();
}

HT_HANDLER(ht_cmd_escape)
{
    HtView *view = ht_top(context);
    if (ht_view_only_marked(view)) {
        ht_view_set_only_marked(view, false);
        return ht_result_none();
    }
    if (*ht_view_search(view)) {
        ht_view_set_search(view, NULL, NULL);
        return ht_result_none();
    }
    if (*ht_view_limit(view) && ht_view_id(view) != HT_VIEW_SEARCH) {
        ht_view_set_limit(view, NULL, NULL);
        return ht_result_none();
    }
    if (ht_context_depth(context) <= 1)
        return ht_result_none();
    return ht_cmd_back(context, args);
}

static HtResult leave(HtContext *context)
{
    ht_context_save_session(context, NULL);
    return (HtResult){HT_RESULT_QUIT, NULL, NULL};
}

static HtResult leave_answered(HtContext *context, HtPrompt *prompt)
{
    (void)prompt;
    return leave(context);
}

HT_HANDLER(ht_cmd_quit)
{
    (void)args;
    if (!ht_context_has_kept_words(context))
        return leave(context);
    return ht_result_prompt(
        ht_prompt_new(HT_PROMPT_CONFIRM, leave_answered,
                      "what you wrote was not taken and would be lost: leave?"));
}

/* ---- tabs and panes
 * -------------------------------------------------------------------------------- */
bool ht_show_tab(HtContext *context, int tab)
{
    HtView *view = ht_top(context);
    if (!ht_view_set_tab(view, tab))
        return false;
    HtKey match = tab == HT_CANDIDATE_WHY ? ht_view_current_match(view) : 0;
    HtMatchRow *row = match ? ht_cache_match(context->parts.reader, match, NULL) : NULL;
    if (!row)
        return true;
    ht_context_note_viewed(context, match, row->flags & HT_MATCH_BLIND, 0);
    ht_match_rows_free(row, 1);
    return true;
}

static HtResult turn_tab(HtContext *context, int delta)
{
    int active, n = ht_view_tabs(ht_top(context), NULL, &active);
    if (n > 0)
        ht_show_tab(context, (active + delta + n) % n);
    ht_context_session_touch(context);
    return ht_result_none();
}

HT_HANDLER(ht_cmd_next_tab)
{
    (void)args;
    return turn_tab(context, 1);
}

HT_HANDLER(ht_cmd_previous_tab)
{
    (void)args;
    return turn_tab(context, -1);
}

HT_HANDLER(ht_cmd_tab)
{
    const char *text = args->text ? args->text : args->key ? args->key + strlen(args->key) - 1 : "";
    int number = (int)g_ascii_strtoll(text, NULL, 10);
    if (!ht_show_tab(context, number - 1))
        return ht_result_error("there is no tab %s", text);
    ht_context_session_touch(context);
    return ht_result_none();
}

HT_HANDLER(ht_cmd_preview)
{
    (void)args;
    context->preview = !ht_context_preview_on(context);
    ht_context_session_touch(context);
    return ht_result_none();
}

HT_HANDLER(ht_cmd_refresh)
{
    (void)args;
    ht_view_refresh(ht_top(context), 0);
    return ht_result_none();
}
