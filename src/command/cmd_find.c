/* Limit, search, sort, copy and the palette. */
#include "commands.h"
#include "context_impl.h"

#include <string.h>

/* ---- limit
 * --------------------------------------------------------------------------------------------- */
static bool set_limit(HtContext *context, const char *text, HtPrompt *prompt, HtResult *result)
{
    g_autoptr(GError) error = NULL;
    if (ht_view_set_limit(ht_top(context), text, &error)) {
        *result = ht_result_none();
        return true;
    }
    if (prompt) {
        g_free(prompt->error);
        prompt->error = g_strdup(error->message);
        g_autoptr(HtFilter) filter = ht_filter_parse(text, &prompt->error_column, NULL);
        if (filter) /* nothing is wrong with it as a filter: no character to point at */
            prompt->error_column = -1;
    }
    *result = ht_result_error("%s", error->message);
    return false;
}

/* What is refused limits nothing, nor does what was typed on the way to it ("is" of "is:held"): the
 * list is the one from before. */
static void limit_changed(HtContext *context, HtPrompt *prompt)
{
    HtResult result;
    ht_follow_filter_choices(context, prompt);
    if (!set_limit(context, prompt->text, prompt, &result))
        ht_view_set_limit(ht_top(context), prompt->data, NULL);
    ht_result_clear(&result);
}

static void limit_cancelled(HtContext *context, HtPrompt *prompt)
{
    ht_view_set_limit(ht_top(context), prompt->data, NULL);
}

/* A list that is empty because of a word that means nothing says so. */
static HtResult doubted(HtContext *context, const char *text)
{
    g_autoptr(HtFilter) filter = text ? ht_filter_parse(text, NULL, NULL) : NULL;
    g_autofree char *doubt = filter ? ht_cache_filter_doubt(context->parts.reader, filter) : NULL;
    return doubt ? ht_result_error("%s", doubt) : ht_result_none();
}

static HtResult limit_answered(HtContext *context, HtPrompt *prompt)
{
    HtResult result;
    ht_follow_filter_choices(context, prompt);
    if (!set_limit(context, prompt->text, prompt, &result))
        ht_view_set_limit(ht_top(context), prompt->data, NULL);
    ht_context_session_touch(context);
    HtResult doubt = doubted(context, prompt->text);
    if (!doubt.text)
        return result;
    ht_result_clear(&result);
    return doubt;
}

/* What `l` asks: lists that know no fields say so. */
static const char *limit_label(HtViewId id)
{
    switch ((int)id) {
    case HT_VIEW_SEARCH: /* its limit is what is searched for */
        return "search";
    case HT_VIEW_OUTBOX:
    case HT_VIEW_CONFLICTS:
        return "limit by words";
    case HT_VIEW_AGENDA:
        return "limit by words (you: with you on the panel)";
    case HT_VIEW_FEEDBACK:
        return "limit by words (you: by you)";
    default:
        return "limit";
    }
}

HT_HANDLER(ht_cmd_limit)
{
    if (args->text) {
        HtResult result;
        set_limit(context, args->text, NULL, &result);
        ht_context_session_touch(context);
        return result;
    }
    HtView *view = ht_top(context);
    ht_view_begin_limit(view);
    HtViewId id = ht_view_id(view);
    bool searches = id == HT_VIEW_SEARCH;
    HtPrompt *prompt = ht_prompt_new(HT_PROMPT_TEXT, limit_answered, "%s", limit_label(id));
    g_free(prompt->text);
    prompt->text = g_strdup(ht_view_limit(view));
    prompt->data = g_strdup(ht_view_limit(view));
    prompt->free_data = g_free;
    prompt->changed = limit_changed;
    prompt->cancelled = limit_cancelled;
    prompt->history = g_strdup(searches ? "search everywhere" : "limit");
    ht_add_filter_choices(prompt, id);
    return ht_result_prompt(prompt);
}

/* ---- search
 * --------------------------------------------------------------------------------------------- */
static HtResult search_step(HtContext *context, int direction)
{
    HtView *view = ht_top(context);
    if (!*ht_view_search(view))
        return ht_result_error("nothing is searched for: / searches");
    if (!ht_view_search_step(view, direction))
        return ht_result_error("'%s' is not here", ht_view_search(view));
    return ht_result_none();
}

static void search_changed(HtContext *context, HtPrompt *prompt)
{
    ht_view_set_search(ht_top(context), prompt->text, NULL);
}

static void search_cancelled(HtContext *context, HtPrompt *prompt)
{
    HtView *view = ht_top(context);
    ht_view_set_search(view, NULL, NULL);
    if (ht_view_kind(view) == HT_VIEW_TEXT)
        ht_view_set_top(view, GPOINTER_TO_INT(prompt->data));
    else
        ht_view_goto(view, (HtKey)GPOINTER_TO_SIZE(prompt->data));
}

/* While the hits are still being looked up nothing can be said yet: the context says it then. */
static HtResult search_found(HtContext *context)
{
    HtView *view = ht_top(context);
    context->awaits_hits = ht_view_is_searching(view) ? view : NULL;
    if (!*ht_view_search(view) || context->awaits_hits || ht_view_search_step(view, 0))
        return ht_result_none();
    return ht_result_error("'%s' is not here", ht_view_search(view));
}

static HtResult search_answered(HtContext *context, HtPrompt *prompt)
{
    HtView *view = ht_top(context);
    if (strcmp(ht_view_search(view), prompt->text) != 0)
        ht_view_set_search(view, prompt->text, NULL);
    return search_found(context);
}

HT_HANDLER(ht_cmd_search)
{
    HtView *view = ht_top(context);
    if (args->text) {
        ht_view_set_search(view, args->text, NULL);
        return search_found(context);
    }
    HtPrompt *prompt = ht_prompt_new(HT_PROMPT_TEXT, search_answered, "/");
    prompt->changed = search_changed;
    prompt->cancelled = search_cancelled;
    prompt->history = g_strdup("search");
    prompt->data = ht_view_kind(view) == HT_VIEW_TEXT
                       ? GINT_TO_POINTER((int)ht_view_top(view))
                       : GSIZE_TO_POINTER((gsize)ht_view_current_key(view));
    return ht_result_prompt(prompt);
}

HT_HANDLER(ht_cmd_search_next)
{
    (void)args;
    return search_step(context, 1);
}

HT_HANDLER(ht_cmd_search_previous)
{
    (void)args;
    return search_step(context, -1);
}

/* ---- sort
 * --------------------------------------------------------------------------------------------------
 */
static bool starts_descending(const char *sort)
{
    static const char *const falling[] = {"score", "applied", "age", "total", "new", "waiting"};
    for (gsize i = 0; i < G_N_ELEMENTS(falling); i++) {
        if (strcmp(falling[i], sort) == 0)
            return true;
    }
    return false;
}

static HtResult sort_by_column(HtContext *context, int step)
{
    HtView *view = ht_top(context);
    int n, at = ht_view_sort_column(view, NULL);
    const HtColumn *columns = ht_view_columns(view, &n);
    for (int tried = 0; tried < n; tried++) {
        at = (at < 0 ? (step > 0 ? 0 : n - 1) : (at + step + n) % n);
        if (!columns[at].sort)
            continue;
        ht_view_set_sort(view, columns[at].sort, starts_descending(columns[at].sort));
        ht_context_session_touch(context);
        return ht_result_message("Sorted by %s. | turns the order round.", columns[at].heading);
    }
    return ht_result_error("this list keeps its order");
}

HT_HANDLER(ht_cmd_sort_next)
{
    (void)args;
    return sort_by_column(context, 1);
}

HT_HANDLER(ht_cmd_sort_previous)
{
    (void)args;
    return sort_by_column(context, -1);
}

HT_HANDLER(ht_cmd_sort_turn)
{
    (void)args;
    bool descending;
    HtView *view = ht_top(context);
    const char *sort = ht_view_sort(view, &descending);
    if (!*sort || !ht_view_set_sort(view, sort, !descending))
        return ht_result_error("this list keeps its order");
    ht_context_session_touch(context);
    return ht_result_none();
}

HT_HANDLER(ht_cmd_copy)
{
    (void)args;
    return (HtResult){HT_RESULT_COPY, ht_view_copy_text(ht_top(context)), NULL};
}

/* ---- palette
 * -------------------------------------------------------------------------------------------------
 */
static HtResult palette_answered(HtContext *context, HtPrompt *prompt)
{
    g_autofree char *line = g_strstrip(g_strdup(prompt->text));
    char *blank = strchr(line, ' ');
    g_autofree char *name = blank ? g_strndup(line, (gsize)(blank - line)) : g_strdup(line);
    if (ht_command_find(name))
        return ht_context_run_line(context, line);
    const HtChoice *choice = ht_prompt_choice(prompt);
    if (!choice)
        return ht_result_error("there is no command '%s'", name);
    return ht_context_run(context, choice->data, NULL);
}

static void add_commands(HtContext *context, HtPrompt *prompt, HtViewId view, bool working)
{
    int n;
    const HtCommand *commands = ht_commands(&n);
    for (int i = 0; i < n; i++) {
        const char *why = NULL;
        if ((commands[i].flags & HT_CMD_NO_PALETTE) ||
            ht_command_works(&commands[i], context, &why) != working)
            continue;
        g_autofree char *keys = ht_keymap_keys_of(context->keymap, view, &commands[i]);
        ht_prompt_add_choice(prompt, commands[i].name, commands[i].summary, keys, i,
                             (gpointer)(guintptr)&commands[i]);
        ht_prompt_choice_last(prompt)->why_not = why;
    }
}

HT_HANDLER(ht_cmd_palette)
{
    if (args->text)
        return ht_context_run_line(context, args->text);
    HtViewId view = ht_view_id(ht_top(context));
    HtPrompt *prompt = ht_prompt_new(HT_PROMPT_CHOICE, palette_answered, ":");
    /* What does not work here stands below, with the reason: who looks for it finds it. */
    add_commands(context, prompt, view, true);
    add_commands(context, prompt, view, false);
    prompt->history = g_strdup("palette");
    return ht_result_prompt(prompt);
}
