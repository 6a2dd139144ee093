/* Going to another view. One that is on the stack already is gone back to. */
#include "commands.h"
#include "context_impl.h"

static HtResult go(HtContext *context, HtViewId id, HtView *(*make)(HtContext *))
{
    for (int depth = ht_context_depth(context) - 1; depth >= 0; depth--) {
        const HtPlace *place = context->places->pdata[depth];
        if (ht_view_id(place->view) != id)
            continue;
        while (ht_context_depth(context) - 1 > depth)
            ht_context_pop(context);
        return ht_result_none();
    }
    ht_context_push(context, make(context));
    return ht_result_none();
}

static HtView *make_jobs(HtContext *context)
{
    return ht_view_new_jobs(ht_view_parts(context));
}

static HtView *make_candidates(HtContext *context)
{
    return ht_view_new_candidates(ht_view_parts(context));
}

static HtView *make_agenda(HtContext *context)
{
    return ht_view_new_agenda(ht_view_parts(context));
}

static HtView *make_feedback(HtContext *context)
{
    return ht_view_new_feedback(ht_view_parts(context));
}

static HtView *make_search(HtContext *context)
{
    return ht_view_new_search(ht_view_parts(context), "");
}

HT_HANDLER(ht_cmd_go_jobs)
{
    (void)args;
    return go(context, HT_VIEW_JOBS, make_jobs);
}

HT_HANDLER(ht_cmd_go_candidates)
{
    (void)args;
    return go(context, HT_VIEW_CANDIDATES, make_candidates);
}

HT_HANDLER(ht_cmd_go_agenda)
{
    (void)args;
    return go(context, HT_VIEW_AGENDA, make_agenda);
}

HT_HANDLER(ht_cmd_go_feedback)
{
    (void)args;
    return go(context, HT_VIEW_FEEDBACK, make_feedback);
}

HT_HANDLER(ht_cmd_go_search)
{
    HtResult result = go(context, HT_VIEW_SEARCH, make_search);
    if (args->text)
        ht_view_set_limit(ht_top(context), args->text, NULL);
    else
        result = ht_context_run(context, ht_command_find("limit"), NULL);
    return result;
}

HT_HANDLER(ht_cmd_go_outbox)
{
    (void)args;
    if (!context->parts.outbox)
        return ht_result_error("this session is read only: it has no outbox");
    return go(context, HT_VIEW_OUTBOX, ht_new_outbox_view);
}

HT_HANDLER(ht_cmd_go_conflicts)
{
    (void)args;
    if (!context->parts.outbox)
        return ht_result_error("this session is read only: it has no outbox");
    return go(context, HT_VIEW_CONFLICTS, ht_new_conflicts_view);
}

HT_HANDLER(ht_cmd_go_status)
{
    (void)args;
    return go(context, HT_VIEW_STATUS, ht_new_status_view);
}

HT_HANDLER(ht_cmd_help)
{
    (void)args;
    HtView *view = ht_top(context);
    if (ht_view_id(view) == HT_VIEW_HELP)
        return ht_result_message("Typing after l narrows the list; Enter runs the command.");
    ht_context_push(context, ht_new_help_view(context, ht_view_id(view)));
    return ht_result_none();
}

HT_HANDLER(ht_cmd_sync_now)
{
    (void)args;
    if (!context->parts.sync)
        return ht_result_error("no server is configured: this session works offline");
    ht_sync_poke(context->parts.sync);
    return ht_result_message("Asked the server.");
}

/* ---- outbox and conflicts
 * ------------------------------------------------------------------------------ */
static const HtListRow *row_here(HtContext *context)
{
    HtView *view = ht_top(context);
    return ht_view_list_row(view, ht_view_cursor(view));
}

static HtResult resolve(HtContext *context, HtResolution resolution)
{
    const HtListRow *row = row_here(context);
    g_autoptr(GError) error = NULL;
    if (!row)
        return ht_result_error("there is no conflict in this row");
    HtResolve how = {.resolution = resolution};
    if (!ht_outbox_resolve(context->parts.outbox, row->number, &how, &error))
        return ht_result_take_error(g_steal_pointer(&error));
    ht_view_refresh(ht_top(context), 0);
    if (context->parts.sync)
        ht_sync_poke(context->parts.sync);
    return ht_result_message(resolution == HT_RESOLVE_KEEP_MINE
                                 ? "Yours goes out again, on what is there now."
                                 : "Theirs stands.");
}

HT_HANDLER(ht_cmd_keep_mine)
{
    (void)args;
    return resolve(context, HT_RESOLVE_KEEP_MINE);
}

HT_HANDLER(ht_cmd_take_theirs)
{
    (void)args;
    return resolve(context, HT_RESOLVE_TAKE_THEIRS);
}

static HtResult drop_confirmed(HtContext *context, HtPrompt *prompt)
{
    g_autoptr(GError) error = NULL;
    int64_t seq = (int64_t)GPOINTER_TO_SIZE(prompt->data);
    if (!ht_outbox_drop(context->parts.outbox, seq, &error))
        return ht_result_take_error(g_steal_pointer(&error));
    ht_view_refresh(ht_top(context), 0);
    return ht_result_message("Given up.");
}

HT_HANDLER(ht_cmd_drop)
{
    (void)args;
    const HtListRow *row = row_here(context);
    if (!row)
        return ht_result_error("there is nothing in this row");
    HtPrompt *prompt = ht_prompt_new(HT_PROMPT_CONFIRM, drop_confirmed, "give up: %s? (y/n)",
                                     row->text[1] ? row->text[1] : "");
    prompt->data = GSIZE_TO_POINTER((gsize)row->number);
    return ht_result_prompt(prompt);
}
