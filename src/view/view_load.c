/* Loading: a query is copied, runs here or on the reader's thread, and what comes is either shown
 * at once (adopted) or kept for later, when rows would move under the cursor. Adopting keeps the
 * cursor on its key and that key on its screen row. */
#include "view_impl.h"

#include <string.h>

enum { KEPT_ROWS = HT_VIEW_SUBJECTS + 1 }; /* where they begin among the kept ids */

typedef struct {
    HtViewQuery query;
    const HtViewClass *class;
} Job;

HtLoaded *ht_loaded_new_keys(HtKeyArray *keys)
{
    if (!keys)
        return NULL;
    HtLoaded *loaded = g_new0(HtLoaded, 1);
    loaded->keys = keys;
    return loaded;
}

HtLoaded *ht_loaded_new_rows(GPtrArray *rows)
{
    if (!rows)
        return NULL;
    HtLoaded *loaded = g_new0(HtLoaded, 1);
    loaded->rows = rows;
    loaded->keys = ht_key_array_new(rows->len);
    for (guint i = 0; i < rows->len; i++)
        loaded->keys->keys[i] = ((const HtListRow *)rows->pdata[i])->key;
    return loaded;
}

void ht_loaded_free(gpointer data)
{
    HtLoaded *loaded = data;
    if (!loaded)
        return;
    g_clear_pointer(&loaded->keys, ht_key_array_free);
    g_clear_pointer(&loaded->rows, g_ptr_array_unref);
    g_free(loaded);
}

/* ---- showing what came ------------------------------------------------------------------------
 */
static GHashTable *set_of(const HtKeyArray *keys)
{
    GHashTable *set = g_hash_table_new(g_direct_hash, g_direct_equal);
    for (gsize i = 0; i < keys->n; i++)
        g_hash_table_add(set, GSIZE_TO_POINTER((gsize)keys->keys[i]));
    return set;
}

static bool has(GHashTable *set, HtKey key)
{
    return g_hash_table_contains(set, GSIZE_TO_POINTER((gsize)key));
}

/* The key that takes the cursor when `old` is shown no more: itself, the next that survives, the
 * one before. */
static HtKey surviving_key(const HtKeyArray *old, int64_t cursor, const HtKeyArray *now)
{
    if (cursor < 0 || cursor >= (int64_t)old->n)
        return 0;
    if (ht_key_array_find(now, old->keys[cursor]) >= 0)
        return old->keys[cursor];
    g_autoptr(GHashTable) set = set_of(now);
    for (gsize i = (gsize)cursor; i < old->n; i++) {
        if (has(set, old->keys[i]))
            return old->keys[i];
    }
    for (int64_t i = cursor; i >= 0; i--) {
        if (has(set, old->keys[i]))
            return old->keys[i];
    }
    return 0;
}

static void place_cursor(HtView *view, HtKey key, int64_t screen_row, int64_t fallback)
{
    int64_t row = ht_view_index_of(view, key);
    if (row < 0)
        row = MAX(0, fallback);
    view->top = row - MAX(0, screen_row);
    view->cursor = -1;
    ht_view_put_cursor(view, row);
}

static void adopt(HtView *view, HtKeyArray *keys, GPtrArray *rows)
{
    const HtKeyArray *before = ht_view_shown(view);
    int64_t screen_row = view->cursor - view->top, fallback = view->cursor;
    bool wanted = view->wanted && ht_key_array_find(keys, view->wanted) >= 0;
    HtKey key = wanted             ? view->wanted
                : view->limit_keys ? surviving_key(view->limit_keys, view->limit_cursor, keys)
                                   : surviving_key(before, view->cursor, keys);
    if (wanted)
        view->wanted = 0;
    if (view->to_first && keys->n > 0 && !wanted) {
        key = keys->keys[0];
        screen_row = 0;
    }
    view->to_first = false;
    g_clear_pointer(&view->held_title, g_free);
    ht_key_array_free(view->base);
    view->base = keys;
    g_clear_pointer(&view->rows, g_ptr_array_unref);
    view->rows = rows;
    g_clear_pointer(&view->later, ht_key_array_free);
    view->n_new = 0;
    if (view->class->clear_window)
        view->class->clear_window(view);
    view->window_n = 0;
    ht_view_forget_texts(view);
    ht_view_update_only(view);
    place_cursor(view, key, screen_row, fallback);
}

void ht_view_update_only(HtView *view)
{
    if (!view->only)
        return;
    GArray *keys = g_array_new(FALSE, FALSE, sizeof(HtKey));
    for (gsize i = 0; i < view->base->n; i++) {
        if (has(view->marks, view->base->keys[i]))
            g_array_append_val(keys, view->base->keys[i]);
    }
    ht_key_array_free(view->only);
    gsize n = keys->len;
    view->only = ht_key_array_take((HtKey *)(void *)g_array_free(keys, FALSE), n);
}

static bool same_keys(const HtKeyArray *a, const HtKeyArray *b)
{
    return a->n == b->n && (a->n == 0 || memcmp(a->keys, b->keys, a->n * sizeof(HtKey)) == 0);
}

static void keep_for_later(HtView *view, HtKeyArray *keys)
{
    g_clear_pointer(&view->later, ht_key_array_free);
    view->n_new = 0;
    if (same_keys(view->base, keys)) {
        ht_key_array_free(keys);
        return;
    }
    g_autoptr(GHashTable) old = set_of(view->base);
    for (gsize i = 0; i < keys->n; i++)
        view->n_new += !has(old, keys->keys[i]);
    view->later = keys;
}

void ht_view_set_problem(HtView *view, const GError *error)
{
    g_free(view->problem);
    view->problem = error ? ht_clean(error->message) : NULL;
}

static void take_loaded(HtView *view, HtLoaded *loaded, const GError *error)
{
    ht_view_set_problem(view, error);
    if (!loaded)
        g_clear_pointer(&view->held_title, g_free); /* the problem is to be seen */
    if (loaded) {
        bool now = view->adopt || view->class->is_live || view->base->n == 0;
        view->adopt = false;
        view->unread = loaded->unread;
        HtKeyArray *keys = g_steal_pointer(&loaded->keys);
        if (now)
            adopt(view, keys, g_steal_pointer(&loaded->rows));
        else
            keep_for_later(view, keys);
        ht_loaded_free(loaded);
    }
}

/* ---- running
 * ------------------------------------------------------------------------------------- */
static void query_init(HtView *view, HtViewQuery *query)
{
    memset(query, 0, sizeof *query);
    query->filter = ht_filter_dup(view->filter);
    query->limit = g_strdup(view->limit);
    query->sort = view->sort;
    query->descending = view->descending;
    query->words = g_strdup(view->search);
    memcpy(query->subject, view->subject, sizeof query->subject);
    query->zone = view->parts.zone ? g_time_zone_ref(view->parts.zone) : NULL;
    query->blind = view->is_blind;
    query->data = view->data;
}

static void query_clear(HtViewQuery *query)
{
    g_clear_pointer(&query->filter, ht_filter_free);
    g_clear_pointer(&query->zone, g_time_zone_unref);
    g_clear_pointer(&query->limit, g_free);
    g_clear_pointer(&query->words, g_free);
}

static void job_free(gpointer data)
{
    Job *job = data;
    query_clear(&job->query);
    g_free(job);
}

/* Half of what a list holds, because the disk failed under a look-up, is no list. */
static HtLoaded *load(const HtViewClass *class, HtReader *reader, const HtViewQuery *query,
                      GError **error)
{
    ht_reader_watch(reader);
    HtLoaded *loaded = class->load(reader, query, error);
    if (!loaded || ht_reader_check(reader, error))
        return loaded;
    ht_loaded_free(loaded);
    return NULL;
}

static gpointer job_run(HtReader *reader, gpointer data, GError **error)
{
    Job *job = data;
    return load(job->class, reader, &job->query, error);
}

static void job_done(gpointer result, const GError *error, gpointer data)
{
    HtView *view = data;
    view->ticket = 0;
    take_loaded(view, result, error);
    if (view->reload) {
        view->reload = false;
        ht_view_load(view, view->adopt);
    }
    ht_view_emit_changed(view);
}

static void load_here(HtView *view)
{
    HtViewQuery query;
    query_init(view, &query);
    g_autoptr(GError) error = NULL;
    HtLoaded *loaded = load(view->class, view->parts.reader, &query, &error);
    query_clear(&query);
    g_clear_pointer(&view->all, g_ptr_array_unref);
    if (loaded && view->class->keeps_all) {
        view->all = ht_whole_rows_new(g_steal_pointer(&loaded->rows));
        ht_loaded_free(loaded);
        loaded = ht_loaded_new_rows(ht_whole_rows_limited(view->all, view->limit));
    }
    take_loaded(view, loaded, error);
}

/* Another limit of the rows that are there. */
static void limit_rows(HtView *view)
{
    view->adopt = true;
    take_loaded(view, ht_loaded_new_rows(ht_whole_rows_limited(view->all, view->limit)), NULL);
}

void ht_view_load(HtView *view, bool adopt_it)
{
    view->adopt = view->adopt || adopt_it;
    if (!view->class->load)
        return;
    if (!view->parts.loader || view->class->loads_here) {
        load_here(view);
        return;
    }
    if (view->ticket && !adopt_it) {
        view->reload = true;
        return;
    }
    ht_loader_cancel(view->parts.loader, view->ticket);
    Job *job = g_new0(Job, 1);
    job->class = view->class;
    query_init(view, &job->query);
    HtLoad load = {.run = job_run,
                   .data = job,
                   .free_data = job_free,
                   .done = job_done,
                   .done_data = view,
                   .free_result = ht_loaded_free};
    view->ticket = ht_loader_submit(view->parts.loader, &load);
}

void ht_view_refresh(HtView *view, uint64_t table_mask)
{
    /* Texts become readable without a change of any table: what is said about them follows. */
    uint64_t tables = view->class->tables | (view->unread ? HT_CHANGED_META : 0);
    if (table_mask != 0 && !(table_mask & tables))
        return;
    if (view->class->clear_window)
        view->class->clear_window(view);
    view->window_n = 0;
    ht_view_forget_texts(view);
    ht_view_load(view, table_mask == 0);
}

/* ---- limit and sort ----------------------------------------------------------------------------
 */
bool ht_view_set_limit(HtView *view, const char *filter, GError **error)
{
    HtFilter *parsed = NULL;
    if (view->class->takes_words && !view->class->takes_words(filter, error))
        return false;
    if (!view->class->is_plain && filter && *filter) {
        parsed = ht_filter_parse(filter, NULL, error);
        if (!parsed)
            return false;
        if (view->class->accepts && !view->class->accepts(parsed, error)) {
            ht_filter_free(parsed);
            return false;
        }
    }
    g_clear_pointer(&view->filter, ht_filter_free);
    view->filter = parsed;
    g_free(view->limit);
    view->limit = filter && *filter ? g_strdup(filter) : NULL;
    view->outside = -1;
    /* Typed words ask for the best hit, not for the row that an earlier word put here. */
    view->to_first = view->class->is_plain;
    if (view->all)
        limit_rows(view);
    else
        ht_view_load(view, true);
    return true;
}

const char *ht_view_limit(const HtView *view)
{
    return view->limit ? view->limit : "";
}

static int column_of_sort(const HtView *view, const char *sort)
{
    for (int i = 0; sort && i < view->class->n_columns; i++) {
        const char *name = view->class->columns[i].sort;
        if (name && strcmp(name, sort) == 0)
            return i;
    }
    return -1;
}

bool ht_view_set_sort(HtView *view, const char *sort, bool descending)
{
    int column = column_of_sort(view, sort);
    if (column < 0 && !(sort && view->class->sort && strcmp(sort, view->class->sort) == 0))
        return false;
    view->sort = column >= 0 ? view->class->columns[column].sort : view->class->sort;
    view->descending = descending;
    ht_view_load(view, true);
    return true;
}

const char *ht_view_sort(const HtView *view, bool *descending)
{
    if (descending)
        *descending = view->descending;
    return view->sort ? view->sort : "";
}

int ht_view_sort_column(const HtView *view, bool *descending)
{
    if (descending)
        *descending = view->descending;
    return column_of_sort(view, view->sort);
}

/* ---- a new generation of the cache
 * ----------------------------------------------------------------- */
/* Keys are of one generation. Until the list has been loaded from the new one, the people in sight
 * stay in sight: their ids are few enough to be looked up between two frames, and the title goes on
 * saying what it said. */
static void keep_one(HtView *view, HtKey key)
{
    HtUuid id;
    if (!key || !ht_reader_uuid(view->parts.reader, key, &id))
        memset(&id, 0, sizeof id);
    g_array_append_val(view->kept, id);
}

static void keep_page(HtView *view)
{
    int64_t first = ht_view_top(view), rows = ht_view_rows(view);
    if (!view->class->fetch)
        return;
    if (!view->held_title) {
        view->held_title = g_strdup(ht_view_title(view));
        view->held_first = first;
        view->held_rows = rows;
    } else {
        view->held_first += first; /* a page of a page */
    }
    for (int64_t row = first; row < MIN(rows, first + view->page); row++)
        keep_one(view, ht_view_row_key(view, row));
    view->kept_cursor = (int)(view->cursor - first);
}

/* The kept rows that are still there, the cursor on its person and that one on its line. */
static void restore_page(HtView *view, const HtKey *keys)
{
    int n = (int)view->kept->len - KEPT_ROWS, cursor = -1;
    int64_t line = view->cursor - view->top;
    HtKeyArray *page = ht_key_array_new((gsize)n);
    page->n = 0;
    for (int i = 0; i < n; i++) {
        HtKey key = keys[KEPT_ROWS + i];
        if (key && cursor < 0 && i >= view->kept_cursor)
            cursor = (int)page->n;
        if (key)
            page->keys[page->n++] = key;
    }
    if (cursor < 0)
        cursor = (int)page->n - 1;
    g_clear_pointer(&view->limit_keys, ht_key_array_free);
    ht_key_array_free(view->base);
    view->base = page;
    g_clear_pointer(&view->only, ht_key_array_free);
    view->cursor = view->kept_cursor < 0 ? -1 : cursor;
    view->top = view->cursor - MAX(0, line);
}

void ht_view_keep_ids(HtView *view)
{
    ht_loader_cancel(view->parts.loader, view->ticket);
    ht_loader_cancel(view->parts.loader, view->search_ticket);
    view->ticket = view->search_ticket = 0;
    g_clear_pointer(&view->all, g_ptr_array_unref);
    g_clear_pointer(&view->kept, g_array_unref);
    view->kept = g_array_new(FALSE, FALSE, sizeof(HtUuid));
    for (int i = 0; i < HT_VIEW_SUBJECTS; i++)
        keep_one(view, view->subject[i]);
    keep_one(view, view->anchor);
    keep_page(view);
    g_clear_pointer(&view->kept_marks, g_hash_table_unref);
    view->kept_marks = g_hash_table_new_full(ht_uuid_hash, ht_uuid_equal, g_free, NULL);
    GHashTableIter iter;
    gpointer key, rule;
    g_hash_table_iter_init(&iter, view->marks);
    while (g_hash_table_iter_next(&iter, &key, &rule)) {
        HtUuid id;
        if (ht_reader_uuid(view->parts.reader, (HtKey)GPOINTER_TO_SIZE(key), &id))
            g_hash_table_insert(view->kept_marks, ht_uuid_dup(&id), rule);
    }
    if (view->class->keep_ids)
        view->class->keep_ids(view);
}

void ht_view_restore_ids(HtView *view)
{
    if (!view->kept)
        return;
    /* In one go: the rows that were kept, then the marks. */
    guint n_kept = view->kept->len;
    g_autoptr(GPtrArray) rules = g_ptr_array_new();
    GHashTableIter iter;
    gpointer id, rule;
    g_hash_table_iter_init(&iter, view->kept_marks);
    while (g_hash_table_iter_next(&iter, &id, &rule)) {
        g_array_append_vals(view->kept, id, 1);
        g_ptr_array_add(rules, rule);
    }
    g_autofree HtKey *keys = g_new(HtKey, view->kept->len);
    ht_reader_keys_of(view->parts.reader, (const HtUuid *)(gpointer)view->kept->data,
                      view->kept->len, keys);
    g_array_set_size(view->kept, n_kept);
    memcpy(view->subject, keys, sizeof view->subject);
    view->anchor = keys[HT_VIEW_SUBJECTS];
    g_hash_table_remove_all(view->marks);
    g_hash_table_remove_all(view->last_marks);
    g_hash_table_remove_all(view->preview_tops);
    for (guint i = 0; i < rules->len; i++) {
        if (keys[n_kept + i])
            g_hash_table_insert(view->marks, GSIZE_TO_POINTER((gsize)keys[n_kept + i]),
                                rules->pdata[i]);
    }
    if (view->class->restore_ids)
        view->class->restore_ids(view);
    g_clear_pointer(&view->hits, g_hash_table_unref);
    if (view->class->fetch)
        restore_page(view, keys);
    ht_view_refresh(view, 0);
}
