/* Marks. A mark that a filter made remembers the filter: a rule written by a person. */
#include "commands.h"
#include "context_impl.h"

static HtResult told(HtContext *context, int64_t marks)
{
    ht_context_session_touch(context);
    return ht_result_message("%" G_GINT64_FORMAT " marked", marks);
}

static HtResult mark(HtContext *context, HtMarkKind kind)
{
    return told(context, ht_view_mark(ht_top(context), kind));
}

HT_HANDLER(ht_cmd_mark_toggle)
{
    HtView *view = ht_top(context);
    for (int i = 0; i < MAX(1, args->count); i++) {
        ht_view_mark(view, HT_MARK_TOGGLE);
        int64_t before = ht_view_cursor(view);
        ht_view_move(view, 1);
        if (ht_view_cursor(view) == before)
            break;
    }
    ht_context_session_touch(context);
    return ht_result_none();
}

HT_HANDLER(ht_cmd_mark_range)
{
    (void)args;
    return mark(context, HT_MARK_RANGE);
}

HT_HANDLER(ht_cmd_mark_all)
{
    (void)args;
    return mark(context, HT_MARK_ALL);
}

/* Which value it is: the column may be out of sight. */
HT_HANDLER(ht_cmd_mark_same)
{
    (void)args;
    int n;
    HtView *view = ht_top(context);
    int column = ht_view_sort_column(view, NULL);
    const HtColumn *columns = ht_view_columns(view, &n);
    if (column < 0)
        return ht_result_error("the list stands in the order of no column: ] chooses one");
    if (ht_view_cursor(view) < 0)
        return ht_result_error("there is nobody in this row");
    g_autofree char *value = g_strdup(ht_view_cell(view, ht_view_cursor(view), column).text);
    int64_t marks = ht_view_mark(view, HT_MARK_SAME);
    ht_context_session_touch(context);
    return ht_result_message("%" G_GINT64_FORMAT " marked, by %s: %s", marks,
                             columns[column].heading, *value ? value : "nothing");
}

HT_HANDLER(ht_cmd_mark_invert)
{
    (void)args;
    return mark(context, HT_MARK_INVERT);
}

HT_HANDLER(ht_cmd_mark_none)
{
    (void)args;
    return mark(context, HT_MARK_NONE);
}

HT_HANDLER(ht_cmd_mark_last)
{
    (void)args;
    return mark(context, HT_MARK_LAST);
}

HT_HANDLER(ht_cmd_mark_only)
{
    (void)args;
    HtView *view = ht_top(context);
    if (!ht_view_only_marked(view) && ht_view_marks(view) == 0)
        return ht_result_error("nothing is marked");
    ht_view_set_only_marked(view, !ht_view_only_marked(view));
    return ht_result_none();
}

/* ---- by a filter
 * ----------------------------------------------------------------------------------- */
static HtResult say_marks(HtContext *context, int64_t n, bool on)
{
    ht_context_session_touch(context);
    return ht_result_message("%" G_GINT64_FORMAT " %s, %" G_GINT64_FORMAT " marked", n,
                             on ? "more" : "fewer", ht_view_marks(ht_top(context)));
}

typedef struct {
    HtMarkQuery *query;
    bool on;
} Marking;

static void marking_free(gpointer data)
{
    Marking *marking = data;
    ht_mark_query_free(marking->query);
    g_free(marking);
}

static void keys_free(gpointer keys)
{
    ht_key_array_free(keys);
}

static gpointer find(HtReader *reader, gpointer data, const gint *stop, GError **error)
{
    (void)stop; /* one statement, which is interrupted */
    return ht_mark_query_run(((const Marking *)data)->query, reader, error);
}

static HtResult found(HtContext *context, gpointer result, gpointer data)
{
    const Marking *marking = data;
    return say_marks(context,
                     ht_view_mark_found(ht_top(context), marking->query, result, marking->on),
                     marking->on);
}

static HtResult by_filter(HtContext *context, const char *filter, bool on)
{
    g_autoptr(GError) error = NULL;
    HtView *view = ht_top(context);
    if (!ht_view_marks_by_query(view)) {
        int64_t n = ht_view_mark_filter(view, filter, on, &error);
        return n < 0 ? ht_result_take_error(g_steal_pointer(&error)) : say_marks(context, n, on);
    }
    HtMarkQuery *query = ht_mark_query_new(view, filter, &error);
    if (!query)
        return ht_result_take_error(g_steal_pointer(&error));
    Marking *marking = g_new0(Marking, 1);
    *marking = (Marking){query, on};
    return ht_context_errand(context, &(HtErrandSpec){.rows = (guint)ht_view_rows(view),
                                                      .run = find,
                                                      .done = found,
                                                      .data = marking,
                                                      .free_data = marking_free,
                                                      .free_result = keys_free});
}

static HtResult answered_mark(HtContext *context, HtPrompt *prompt)
{
    return by_filter(context, prompt->text, true);
}

static HtResult answered_unmark(HtContext *context, HtPrompt *prompt)
{
    return by_filter(context, prompt->text, false);
}

static void check_filter(HtContext *context, HtPrompt *prompt)
{
    g_autoptr(GError) error = NULL;
    ht_follow_filter_choices(context, prompt);
    g_autoptr(HtFilter) filter = ht_filter_parse(prompt->text, &prompt->error_column, &error);
    if (!filter)
        prompt->error = g_strdup(error->message);
    else
        prompt->error_column = -1;
}

static HtResult ask(HtContext *context, const HtArgs *args, bool on)
{
    if (args->text)
        return by_filter(context, args->text, on);
    HtPrompt *prompt = ht_prompt_new(HT_PROMPT_TEXT, on ? answered_mark : answered_unmark, "%s",
                                     on ? "mark" : "unmark");
    prompt->changed = check_filter;
    prompt->history = g_strdup("limit");
    ht_add_filter_choices(prompt, ht_view_id(ht_top(context)));
    return ht_result_prompt(prompt);
}

HT_HANDLER(ht_cmd_mark_filter)
{
    return ask(context, args, true);
}

HT_HANDLER(ht_cmd_unmark_filter)
{
    return ask(context, args, false);
}
