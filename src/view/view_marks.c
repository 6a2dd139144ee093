/* Marks: a table from key to the rule that marked it, as interned text, "" for a hand. The rule
 * decides later whether a bulk rejection may take a row that nobody opened. */
#include "view_impl.h"

#include <string.h>

enum { PAGE_OF_VALUES = 256 };

static gpointer pointer_of(HtKey key)
{
    return GSIZE_TO_POINTER((gsize)key);
}

static void changed(HtView *view)
{
    view->outside = -1;
}

const char *ht_view_mark_rule(HtView *view, HtKey key)
{
    return g_hash_table_lookup(view->marks, pointer_of(key));
}

bool ht_view_is_marked(HtView *view, HtKey key)
{
    return g_hash_table_contains(view->marks, pointer_of(key));
}

static gpointer rule_text(const char *rule)
{
    return (gpointer)(guintptr)g_intern_string(rule);
}

static void put(HtView *view, HtKey key, const char *rule)
{
    if (key)
        g_hash_table_insert(view->marks, pointer_of(key), rule_text(rule));
}

/* Who was marked by one rule and now by another fits both: a narrower limit, marked again, is what
 * the next rejection asks for. Interned, as both are. */
static const char *both(const char *before, const char *rule)
{
    if (!before || !*before || g_str_has_prefix(rule, before))
        return rule;
    if (!*rule || strstr(before, rule))
        return before;
    g_autofree char *joined = g_strconcat(before, " ", rule, NULL);
    return g_intern_string(joined);
}

typedef struct {
    const char *rule, *before, *joined; /* the last pair: they come in long rows of the same */
} Rule;

static void put_rule(HtView *view, HtKey key, Rule *rule)
{
    const char *before = ht_view_mark_rule(view, key);
    if (!rule->joined || before != rule->before) {
        rule->before = before;
        rule->joined = both(before, rule->rule);
    }
    if (key)
        g_hash_table_insert(view->marks, pointer_of(key), (gpointer)(guintptr)rule->joined);
}

void ht_view_set_marked(HtView *view, HtKey key, bool marked)
{
    if (marked)
        put(view, key, "");
    else
        g_hash_table_remove(view->marks, pointer_of(key));
    changed(view);
}

static void copy_marks(GHashTable *from, GHashTable *to)
{
    g_hash_table_remove_all(to);
    GHashTableIter iter;
    gpointer key, rule;
    g_hash_table_iter_init(&iter, from);
    while (g_hash_table_iter_next(&iter, &key, &rule))
        g_hash_table_insert(to, key, rule);
}

static void mark_toggle(HtView *view)
{
    HtKey key = ht_view_row_key(view, view->cursor);
    if (key)
        ht_view_set_marked(view, key, !ht_view_is_marked(view, key));
}

static void mark_range(HtView *view)
{
    HtKey here = ht_view_row_key(view, view->cursor);
    int64_t from = ht_view_index_of(view, view->anchor);
    if (from < 0) {
        view->anchor = here;
        put(view, here, "");
        return;
    }
    int64_t low = MIN(from, view->cursor), high = MAX(from, view->cursor);
    for (int64_t row = low; row <= high; row++) {
        if (!ht_view_is_section(view, row))
            put(view, ht_view_row_key(view, row), "");
    }
    view->anchor = 0;
}

static void mark_all(HtView *view)
{
    const HtKeyArray *shown = ht_view_shown(view);
    Rule rule = {.rule = rule_text(view->limit ? view->limit : "")};
    for (gsize i = 0; i < shown->n; i++) {
        if (!ht_view_is_section(view, (int64_t)i))
            put_rule(view, shown->keys[i], &rule);
    }
}

static void mark_same(HtView *view)
{
    int column = ht_view_sort_column(view, NULL);
    if (column < 0 || view->cursor < 0)
        return;
    g_autofree char *value = g_strdup(ht_view_cell(view, view->cursor, column).text);
    int64_t n = ht_view_rows(view);
    for (int64_t row = 0; row < n; row++) {
        if (row % PAGE_OF_VALUES == 0)
            ht_view_fetch(view, row, PAGE_OF_VALUES);
        if (!ht_view_is_section(view, row) &&
            strcmp(ht_view_cell(view, row, column).text, value) == 0)
            put(view, ht_view_row_key(view, row), "");
    }
}

static void mark_invert(HtView *view)
{
    const HtKeyArray *shown = ht_view_shown(view);
    for (gsize i = 0; i < shown->n; i++) {
        if (ht_view_is_section(view, (int64_t)i))
            continue;
        if (!g_hash_table_remove(view->marks, pointer_of(shown->keys[i])))
            put(view, shown->keys[i], view->limit ? view->limit : "");
    }
}

static void mark_none(HtView *view)
{
    if (g_hash_table_size(view->marks) > 0)
        copy_marks(view->marks, view->last_marks);
    g_hash_table_remove_all(view->marks);
    view->anchor = 0;
}

int64_t ht_view_mark(HtView *view, HtMarkKind kind)
{
    if (view->class->kind != HT_VIEW_TABLE)
        return 0;
    switch (kind) {
    case HT_MARK_TOGGLE:
        mark_toggle(view);
        break;
    case HT_MARK_RANGE:
        mark_range(view);
        break;
    case HT_MARK_ALL:
        mark_all(view);
        break;
    case HT_MARK_SAME:
        mark_same(view);
        break;
    case HT_MARK_INVERT:
        mark_invert(view);
        break;
    case HT_MARK_NONE:
        mark_none(view);
        break;
    case HT_MARK_LAST:
        copy_marks(view->last_marks, view->marks);
        break;
    }
    changed(view);
    return ht_view_marks(view);
}

static void plain_filter(HtView *view, const char *words, bool on)
{
    for (gsize i = 0; i < view->base->n; i++) {
        HtListRow *row = view->rows ? ht_view_whole_row(view, i) : NULL;
        if (!row || (row->state & HT_ROW_SECTION) || !ht_list_row_matches(row, words))
            continue;
        if (on)
            put(view, row->key, words);
        else
            g_hash_table_remove(view->marks, pointer_of(row->key));
    }
}

struct HtMarkQuery {
    const HtViewClass *class;
    HtViewQuery query;
    const char *rule; /* interned */
};

bool ht_view_marks_by_query(const HtView *view)
{
    return !view->class->is_plain && !view->class->loads_here;
}

void ht_mark_query_free(gpointer data)
{
    HtMarkQuery *query = data;
    if (!query)
        return;
    g_clear_pointer(&query->query.filter, ht_filter_free);
    g_free(query);
}

HtMarkQuery *ht_mark_query_new(HtView *view, const char *filter, GError **error)
{
    if (view->class->takes_words && !view->class->takes_words(filter, error))
        return NULL;
    HtFilter *parsed = ht_filter_parse(filter, NULL, error);
    if (!parsed)
        return NULL;
    HtMarkQuery *query = g_new0(HtMarkQuery, 1);
    query->class = view->class;
    query->rule = rule_text(filter);
    query->query = (HtViewQuery){
        .filter = parsed, .sort = view->sort, .descending = view->descending, .data = view->data};
    memcpy(query->query.subject, view->subject, sizeof query->query.subject);
    return query;
}

HtKeyArray *ht_mark_query_run(const HtMarkQuery *query, HtReader *reader, GError **error)
{
    HtLoaded *loaded = query->class->load(reader, &query->query, error);
    HtKeyArray *found = loaded ? g_steal_pointer(&loaded->keys) : NULL;
    ht_loaded_free(loaded);
    return found;
}

int64_t ht_view_mark_found(HtView *view, const HtMarkQuery *query, const HtKeyArray *found, bool on)
{
    int64_t before = ht_view_marks(view);
    g_autoptr(GHashTable) passing = g_hash_table_new(g_direct_hash, g_direct_equal);
    for (gsize i = 0; i < found->n; i++)
        g_hash_table_add(passing, pointer_of(found->keys[i]));
    Rule rule = {.rule = query->rule};
    for (gsize i = 0; i < view->base->n; i++) {
        gpointer key = pointer_of(view->base->keys[i]);
        if (!g_hash_table_contains(passing, key))
            continue;
        if (on)
            put_rule(view, view->base->keys[i], &rule);
        else
            g_hash_table_remove(view->marks, key);
    }
    changed(view);
    return ABS(ht_view_marks(view) - before);
}

static int64_t key_filter(HtView *view, const char *text, bool on, GError **error)
{
    g_autoptr(HtMarkQuery) query = ht_mark_query_new(view, text, error);
    g_autoptr(HtKeyArray) found =
        query ? ht_mark_query_run(query, view->parts.reader, error) : NULL;
    return found ? ht_view_mark_found(view, query, found, on) : -1;
}

int64_t ht_view_mark_filter(HtView *view, const char *filter, bool on, GError **error)
{
    if (!view->class->is_plain)
        return key_filter(view, filter, on, error);
    int64_t before = ht_view_marks(view);
    if (view->class->takes_words && !view->class->takes_words(filter, error))
        return -1;
    plain_filter(view, filter, on);
    changed(view);
    return ABS(ht_view_marks(view) - before);
}

int64_t ht_view_marks(const HtView *view)
{
    return g_hash_table_size(view->marks);
}

int64_t ht_view_marks_outside(HtView *view)
{
    if (view->outside >= 0)
        return view->outside;
    int64_t inside = 0;
    for (gsize i = 0; ht_view_marks(view) > 0 && i < view->base->n; i++)
        inside += g_hash_table_contains(view->marks, pointer_of(view->base->keys[i]));
    view->outside = ht_view_marks(view) - inside;
    return view->outside;
}

void ht_view_set_only_marked(HtView *view, bool only)
{
    HtKey key = ht_view_row_key(view, view->cursor);
    g_clear_pointer(&view->only, ht_key_array_free);
    if (only) {
        view->only = ht_key_array_new(0);
        ht_view_update_only(view);
    }
    if (view->class->clear_window)
        view->class->clear_window(view);
    view->window_n = 0;
    int64_t row = ht_view_index_of(view, key);
    ht_view_put_cursor(view, MAX(0, row));
}

bool ht_view_only_marked(const HtView *view)
{
    return view->only != NULL;
}

static void append_rest(HtView *view, GArray *out)
{
    g_autoptr(GHashTable) inside = g_hash_table_new(g_direct_hash, g_direct_equal);
    for (guint i = 0; i < out->len; i++)
        g_hash_table_add(inside, pointer_of(g_array_index(out, HtKey, i)));
    GHashTableIter iter;
    gpointer key;
    g_hash_table_iter_init(&iter, view->marks);
    while (g_hash_table_iter_next(&iter, &key, NULL)) {
        HtKey value = (HtKey)GPOINTER_TO_SIZE(key);
        if (!g_hash_table_contains(inside, key))
            g_array_append_val(out, value);
    }
}

GArray *ht_view_targets(HtView *view)
{
    GArray *out = g_array_new(FALSE, FALSE, sizeof(HtKey));
    if (view->class->kind == HT_VIEW_TEXT || ht_view_marks(view) == 0) {
        HtKey key = ht_view_current_key(view);
        if (key)
            g_array_append_val(out, key);
        return out;
    }
    for (gsize i = 0; i < view->base->n; i++) {
        if (g_hash_table_contains(view->marks, pointer_of(view->base->keys[i])))
            g_array_append_val(out, view->base->keys[i]);
    }
    if ((int64_t)out->len < ht_view_marks(view))
        append_rest(view, out);
    return out;
}

HtKeyArray *ht_view_keys(HtView *view)
{
    const HtKeyArray *shown = ht_view_shown(view);
    HtKeyArray *copy = ht_key_array_new(shown->n);
    if (shown->n > 0)
        memcpy(copy->keys, shown->keys, shown->n * sizeof(HtKey));
    return copy;
}
