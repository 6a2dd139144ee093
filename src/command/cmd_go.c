/* Going to another view. One that is on the stack already is gone back to, and is blind from then
 * on if this was done from a blind one: nobody sees from the screen whether it was there. So is the
 * list of jobs, which names nobody, for what is opened there. Where `q` goes back to stays what it
 * was. */
#include "commands.h"
#include "context_impl.h"

static HtResult go(HtContext *context, HtViewId id, HtView *(*make)(HtContext *))
{
    bool blind = ht_view_is_blind(ht_top(context));
    for (int depth = ht_context_depth(context) - 1; depth >= 0; depth--) {
        const HtPlace *place = context->places->pdata[depth];
        if (ht_view_id(place->view) != id)
            continue;
        while (ht_context_depth(context) - 1 > depth)
            ht_context_pop(context);
        if (blind)
            ht_view_set_blind(place->view, true);
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
    context->asked = ht_sync_ask(context->parts.sync);
    return ht_result_message("Asking the server.");
}
