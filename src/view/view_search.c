/* Search inside a view. A text shows its hits and steps from line to line; a list asks the cache
 * which keys have the words and steps from row to row, so that 60,000 rows cost one query. */
#include "view_impl.h"

#include <string.h>

typedef struct {
    HtViewQuery query;
    const HtViewClass *class;
} Job;

static void job_free(gpointer data)
{
    Job *job = data;
    g_clear_pointer(&job->query.filter, ht_filter_free);
    g_free(job);
}

static gpointer job_run(HtReader *reader, gpointer data, GError **error)
{
    Job *job = data;
    return job->class->load(reader, &job->query, error);
}

static void take_hits(HtView *view, HtLoaded *loaded)
{
    g_clear_pointer(&view->hits, g_hash_table_unref);
    if (!loaded)
        return;
    view->hits = g_hash_table_new(g_direct_hash, g_direct_equal);
    for (gsize i = 0; i < loaded->keys->n; i++)
        g_hash_table_add(view->hits, GSIZE_TO_POINTER((gsize)loaded->keys->keys[i]));
    ht_loaded_free(loaded);
}

static void job_done(gpointer result, const GError *error, gpointer data)
{
    (void)error;
    HtView *view = data;
    view->search_ticket = 0;
    take_hits(view, result);
    ht_view_search_step(view, 0);
    ht_view_emit_changed(view);
}

/* What is searched for is words, whatever the recruiter types: a filter if it is one, else a
 * phrase. */
static HtFilter *search_filter(const char *words)
{
    HtFilter *filter = ht_filter_parse(words, NULL, NULL);
    if (filter)
        return filter;
    g_autoptr(GString) quoted = g_string_new("\"");
    for (const char *at = words; *at; at++)
        g_string_append_c(quoted, *at == '"' ? ' ' : *at);
    g_string_append_c(quoted, '"');
    return ht_filter_parse(quoted->str, NULL, NULL);
}

static void search_keys(HtView *view, const char *words)
{
    Job *job = g_new0(Job, 1);
    job->class = view->class;
    job->query.filter = search_filter(words);
    job->query.sort = view->sort;
    job->query.descending = view->descending;
    memcpy(job->query.subject, view->subject, sizeof job->query.subject);
    if (!view->parts.loader || view->class->loads_here) {
        take_hits(view, view->class->load(view->parts.reader, &job->query, NULL));
        job_free(job);
        ht_view_search_step(view, 0);
        return;
    }
    ht_loader_cancel(view->parts.loader, view->search_ticket);
    HtLoad load = {.run = job_run,
                   .data = job,
                   .free_data = job_free,
                   .done = job_done,
                   .done_data = view,
                   .free_result = ht_loaded_free};
    view->search_ticket = ht_loader_submit(view->parts.loader, &load);
}

static void search_rows(HtView *view, const char *words)
{
    g_clear_pointer(&view->hits, g_hash_table_unref);
    view->hits = g_hash_table_new(g_direct_hash, g_direct_equal);
    for (guint i = 0; view->rows && i < view->rows->len; i++) {
        const HtListRow *row = ht_view_whole_row(view, i);
        if (!(row->state & HT_ROW_SECTION) && ht_list_row_matches(row, words))
            g_hash_table_add(view->hits, GSIZE_TO_POINTER((gsize)row->key));
    }
    ht_view_search_step(view, 0);
}

bool ht_view_set_search(HtView *view, const char *words, GError **error)
{
    (void)error;
    g_free(view->search);
    view->search = words && *words ? g_strdup(words) : NULL;
    g_clear_pointer(&view->hits, g_hash_table_unref);
    g_clear_pointer(&view->hit_lines, g_array_unref);
    if (view->class->kind == HT_VIEW_TEXT) {
        int width = view->doc_width > 0 ? view->doc_width : 80;
        g_clear_pointer(&view->doc, ht_doc_free);
        ht_view_doc(view, width);
        if (view->search)
            ht_view_search_step(view, 0);
        return true;
    }
    if (!view->search)
        return true;
    if (view->rows || view->class->is_plain)
        search_rows(view, view->search);
    else
        search_keys(view, view->search);
    return true;
}

const char *ht_view_search(const HtView *view)
{
    return view->search ? view->search : "";
}

bool ht_view_is_searching(const HtView *view)
{
    return view->search_ticket != 0;
}

static bool step_lines(HtView *view, int direction)
{
    const GArray *lines = view->hit_lines;
    if (!lines || lines->len == 0)
        return false;
    int best = -1;
    for (guint i = 0; i < lines->len; i++) {
        int line = g_array_index(lines, int, i);
        if (direction >= 0 && line >= view->top + direction) {
            best = line;
            break;
        }
        if (direction < 0 && line < view->top)
            best = line;
    }
    if (best < 0)
        best = g_array_index(lines, int, direction < 0 ? lines->len - 1 : 0);
    ht_view_set_top(view, best);
    return true;
}

/* direction 0: the row under the cursor counts too. */
bool ht_view_search_step(HtView *view, int direction)
{
    if (view->class->kind == HT_VIEW_TEXT)
        return step_lines(view, direction);
    int64_t n = ht_view_rows(view);
    if (!view->hits || g_hash_table_size(view->hits) == 0 || n == 0)
        return false;
    int step = direction < 0 ? -1 : 1;
    int64_t at = MAX(0, view->cursor) + (direction == 0 ? 0 : step);
    for (int64_t tried = 0; tried < n; tried++, at += step) {
        at = (at + n) % n;
        HtKey key = ht_view_row_key(view, at);
        if (g_hash_table_contains(view->hits, GSIZE_TO_POINTER((gsize)key))) {
            ht_view_put_cursor(view, at);
            return true;
        }
    }
    return false;
}
