/* The engine of every view. The cursor, the marks and the anchor are keys; row numbers are looked
 * up when the list changes. A changed list waits for `R` unless the view is live, so rows never
 * move under the hand; what they hold is always fresh, because rows are fetched by key. */
#include "view_impl.h"

#include <string.h>

static const char *const view_names[HT_N_VIEWS] = {
#define HT_VIEW_NAME(id, name) [HT_VIEW_##id] = name,
    HT_VIEWS(HT_VIEW_NAME)
#undef HT_VIEW_NAME
};

enum { WINDOW_MARGIN = 8, DEFAULT_PAGE = 40 };

/* ---- small things ------------------------------------------------------------------------- */
const char *ht_view_id_name(HtViewId id)
{
    return (int)id >= 0 && id < HT_N_VIEWS ? view_names[id] : "";
}

HtViewId ht_view_id(const HtView *view)
{
    return view->class->id;
}

HtViewKind ht_view_kind(const HtView *view)
{
    return view->class->kind;
}

const char *ht_view_name(const HtView *view)
{
    return ht_view_id_name(view->class->id);
}

const char *ht_view_keep(HtView *view, char *text)
{
    char **place = &view->scratch[view->next_scratch++ % HT_SCRATCH];
    g_free(*place);
    *place = text;
    return text;
}

const HtKeyArray *ht_view_shown(const HtView *view)
{
    return view->only ? view->only : view->base;
}

int64_t ht_view_index_of(const HtView *view, HtKey key)
{
    return key ? (int64_t)ht_key_array_find(ht_view_shown(view), key) : -1;
}

HtListRow *ht_view_list_row_of(const HtView *view, HtKey key)
{
    if (!view->rows)
        return NULL;
    gssize at = ht_key_array_find(view->base, key);
    return at >= 0 && (guint)at < view->rows->len ? view->rows->pdata[at] : NULL;
}

HtKey ht_view_row_key(HtView *view, int64_t row)
{
    const HtKeyArray *shown = ht_view_shown(view);
    return row >= 0 && row < (int64_t)shown->n ? shown->keys[row] : 0;
}

bool ht_view_is_section(const HtView *view, int64_t row)
{
    const HtKeyArray *shown = ht_view_shown(view);
    if (!view->rows || row < 0 || row >= (int64_t)shown->n)
        return false;
    const HtListRow *r =
        view->only ? ht_view_list_row_of(view, shown->keys[row]) : view->rows->pdata[row];
    return r && (r->state & HT_ROW_SECTION);
}

void ht_view_emit_changed(HtView *view)
{
    if (view->changed)
        view->changed(view, view->changed_data);
}

void ht_view_set_changed(HtView *view, HtViewChangedFunc changed, gpointer user_data)
{
    view->changed = changed;
    view->changed_data = user_data;
}

void ht_view_forget_texts(HtView *view)
{
    g_clear_pointer(&view->preview, ht_doc_free);
    g_clear_pointer(&view->doc, ht_doc_free);
    view->preview_key = 0;
    view->outside = -1;
}

static void forget_window(HtView *view)
{
    if (view->class->clear_window)
        view->class->clear_window(view);
    view->window_n = 0;
}

bool ht_view_is_loading(const HtView *view)
{
    return view->ticket != 0;
}

int64_t ht_view_new_rows(const HtView *view)
{
    return view->n_new;
}

/* ---- making and freeing ------------------------------------------------------------------- */
HtView *ht_view_alloc(const HtViewClass *class, const HtViewParts *parts)
{
    HtView *view = g_new0(HtView, 1);
    view->class = class;
    view->parts = *parts;
    view->is_blind = parts->blind;
    view->base = ht_key_array_new(0);
    view->page = DEFAULT_PAGE;
    view->cursor = -1;
    view->outside = -1;
    view->sort = class->sort;
    view->descending = class->descending;
    view->marks = g_hash_table_new(g_direct_hash, g_direct_equal);
    view->last_marks = g_hash_table_new(g_direct_hash, g_direct_equal);
    view->preview_tops = g_hash_table_new(g_direct_hash, g_direct_equal);
    view->tab_tops = g_new0(int64_t, MAX(1, class->n_tabs));
    return view;
}

void ht_view_free(HtView *view)
{
    if (!view)
        return;
    ht_loader_cancel(view->parts.loader, view->ticket);
    ht_loader_cancel(view->parts.loader, view->search_ticket);
    forget_window(view);
    if (view->class->free)
        view->class->free(view);
    ht_key_array_free(view->base);
    g_clear_pointer(&view->only, ht_key_array_free);
    g_clear_pointer(&view->later, ht_key_array_free);
    g_clear_pointer(&view->limit_keys, ht_key_array_free);
    g_clear_pointer(&view->rows, g_ptr_array_unref);
    g_clear_pointer(&view->all, g_ptr_array_unref);
    g_hash_table_unref(view->marks);
    g_hash_table_unref(view->last_marks);
    g_hash_table_unref(view->preview_tops);
    g_clear_pointer(&view->hits, g_hash_table_unref);
    g_clear_pointer(&view->hit_lines, g_array_unref);
    g_clear_pointer(&view->kept, g_array_unref);
    g_clear_pointer(&view->kept_marks, g_hash_table_unref);
    ht_view_forget_texts(view);
    g_clear_pointer(&view->filter, ht_filter_free);
    for (int i = 0; i < HT_SCRATCH; i++)
        g_free(view->scratch[i]);
    g_free(view->limit);
    g_free(view->search);
    g_free(view->problem);
    g_free(view->title);
    g_free(view->held_title);
    g_free(view->tab_tops);
    g_free(view->own);
    g_free(view);
}

/* ---- cursor and page ----------------------------------------------------------------------- */
static int64_t n_lines(HtView *view)
{
    if (view->class->kind == HT_VIEW_TABLE)
        return ht_view_rows(view);
    return view->doc ? ht_doc_lines(view->doc) : 0;
}

static void clamp_top(HtView *view)
{
    int64_t most = MAX(0, n_lines(view) - view->page);
    if (view->class->kind == HT_VIEW_TABLE && view->cursor >= 0) {
        view->top = MIN(view->top, view->cursor);
        view->top = MAX(view->top, view->cursor - view->page + 1);
    }
    view->top = CLAMP(view->top, 0, most);
}

void ht_view_set_page(HtView *view, int lines)
{
    view->page = MAX(1, lines);
    if (view->class->kind == HT_VIEW_TABLE || view->doc)
        clamp_top(view);
}

int ht_view_page(const HtView *view)
{
    return view->page;
}

int64_t ht_view_top(const HtView *view)
{
    return MAX(0, view->top);
}

void ht_view_set_top(HtView *view, int64_t top)
{
    view->top = top;
    if (view->class->kind == HT_VIEW_TABLE) {
        int64_t rows = ht_view_rows(view);
        view->top = CLAMP(top, 0, MAX(0, rows - view->page));
        if (view->cursor >= 0)
            view->cursor = CLAMP(view->cursor, view->top, view->top + view->page - 1);
        return;
    }
    clamp_top(view);
}

/* The nearest row that takes the cursor, looking first in the direction of the move. */
static int64_t nearest_row(const HtView *view, int64_t row, int direction)
{
    int64_t n = (int64_t)ht_view_shown(view)->n;
    for (int64_t at = row; at >= 0 && at < n; at += direction) {
        if (!ht_view_is_section(view, at))
            return at;
    }
    for (int64_t at = row; at >= 0 && at < n; at -= direction) {
        if (!ht_view_is_section(view, at))
            return at;
    }
    return -1;
}

void ht_view_put_cursor(HtView *view, int64_t row)
{
    int64_t n = ht_view_rows(view);
    if (n == 0) {
        view->cursor = -1;
        view->top = 0;
        return;
    }
    row = CLAMP(row, 0, n - 1);
    view->cursor = nearest_row(view, row, row < view->cursor ? -1 : 1);
    clamp_top(view);
}

static void end_limit(HtView *view)
{
    g_clear_pointer(&view->limit_keys, ht_key_array_free);
}

void ht_view_begin_limit(HtView *view)
{
    end_limit(view);
    view->limit_keys = ht_view_keys(view);
    view->limit_cursor = view->cursor;
}

void ht_view_set_cursor(HtView *view, int64_t row)
{
    end_limit(view);
    ht_view_put_cursor(view, row);
}

int64_t ht_view_cursor(const HtView *view)
{
    return view->cursor;
}

void ht_view_move(HtView *view, int64_t delta)
{
    if (view->class->kind == HT_VIEW_TEXT) {
        ht_view_set_top(view, view->top + delta);
        return;
    }
    end_limit(view);
    if (view->cursor < 0)
        ht_view_put_cursor(view, 0);
    else
        ht_view_put_cursor(view, view->cursor + delta);
}

bool ht_view_goto(HtView *view, HtKey key)
{
    int64_t row = ht_view_index_of(view, key);
    if (row < 0)
        return false;
    end_limit(view);
    ht_view_put_cursor(view, row);
    return true;
}

void ht_view_want_cursor(HtView *view, HtKey key)
{
    view->wanted = ht_view_goto(view, key) ? 0 : key;
}

HtKey ht_view_subject_job(const HtView *view)
{
    return view->subject[0];
}

/* ---- rows ----------------------------------------------------------------------------------- */
const HtColumn *ht_view_columns(const HtView *view, int *n_columns)
{
    *n_columns = view->class->n_columns;
    return view->class->columns;
}

int64_t ht_view_rows(const HtView *view)
{
    return (int64_t)ht_view_shown(view)->n;
}

/* Rows in memory below `end` that are no headings. */
static int64_t rows_before(const HtView *view, int64_t end)
{
    int64_t n = 0;
    for (int64_t i = 0; i < end; i++)
        n += !(((const HtListRow *)view->rows->pdata[i])->state & HT_ROW_SECTION);
    return n;
}

int64_t ht_view_position(const HtView *view, int64_t *rows)
{
    if (view->rows && !view->held_title) {
        int64_t all = view->rows->len, at = view->cursor;
        *rows = rows_before(view, all);
        return at < 0 ? -1 : MAX(rows_before(view, MIN(all, at + 1)) - 1, 0);
    }
    *rows = view->held_title ? view->held_rows : ht_view_rows(view);
    return view->held_title ? view->held_first + view->cursor : view->cursor;
}

bool ht_view_rows_open(const HtView *view)
{
    return view->ticket != 0 && view->base->n == 0;
}

void ht_view_fetch(HtView *view, int64_t first, int n)
{
    const HtKeyArray *shown = ht_view_shown(view);
    if (view->rows || !view->class->fetch || shown->n == 0)
        return;
    first = CLAMP(first, 0, (int64_t)shown->n - 1);
    int64_t last = MIN((int64_t)shown->n, first + MAX(1, n));
    if (first >= view->window_first && last <= view->window_first + (int64_t)view->window_n)
        return;
    forget_window(view);
    view->window_first = MAX(0, first - WINDOW_MARGIN);
    int64_t end = MIN((int64_t)shown->n, last + WINDOW_MARGIN);
    view->window_n = (gsize)(end - view->window_first);
    ht_reader_watch(view->parts.reader);
    view->class->fetch(view, shown->keys + view->window_first, view->window_n);
    g_autoptr(GError) problem = NULL;
    if (ht_reader_check(view->parts.reader, &problem))
        return;
    /* No row rather than one that would pass for gone; the title says why, once. */
    forget_window(view);
    bool is_said = view->problem != NULL;
    ht_view_set_problem(view, problem);
    if (!is_said)
        ht_view_emit_changed(view);
}

gssize ht_view_slot(HtView *view, int64_t row)
{
    const HtKeyArray *shown = ht_view_shown(view);
    if (row < 0 || row >= (int64_t)shown->n)
        return -1;
    if (view->rows)
        return view->only ? ht_key_array_find(view->base, shown->keys[row]) : (gssize)row;
    int64_t end = view->window_first + (int64_t)view->window_n;
    if (row < view->window_first || row >= end) {
        bool in_page = row >= view->top && row < view->top + view->page;
        ht_view_fetch(view, in_page ? view->top : row, in_page ? view->page : 1);
    }
    gssize slot = (gssize)(row - view->window_first);
    return slot >= 0 && slot < (gssize)view->window_n ? slot : -1;
}

HtListRow *ht_view_whole_row(HtView *view, gsize slot)
{
    HtListRow *row = view->rows->pdata[slot];
    if (row->is_bare && view->class->fill_row)
        view->class->fill_row(view, row);
    return row;
}

HtCell ht_view_cell(HtView *view, int64_t row, int column)
{
    HtCell empty = {"", HT_STYLE_ROW_NORMAL};
    gssize slot = ht_view_slot(view, row);
    if (slot < 0 || column < 0 || column >= view->class->n_columns)
        return empty;
    HtCell cell = empty;
    if (view->rows) {
        const HtListRow *r = ht_view_whole_row(view, (gsize)slot);
        cell.text = r->text[column];
        cell.role = r->role[column];
    } else {
        cell = view->class->cell(view, (gsize)slot, column);
    }
    if (!cell.text)
        cell.text = "";
    return cell;
}

unsigned ht_view_row_state(HtView *view, int64_t row)
{
    HtKey key = ht_view_row_key(view, row);
    gssize slot = ht_view_slot(view, row);
    if (slot < 0)
        return 0;
    unsigned state = 0;
    if (view->rows)
        state = ((const HtListRow *)view->rows->pdata[slot])->state;
    else if (view->class->state)
        state = view->class->state(view, (gsize)slot);
    if (g_hash_table_contains(view->marks, GSIZE_TO_POINTER((gsize)key)))
        state |= HT_ROW_MARKED;
    return state;
}

const HtListRow *ht_view_list_row(HtView *view, int64_t row)
{
    gssize slot = view->rows ? ht_view_slot(view, row) : -1;
    return slot >= 0 ? ht_view_whole_row(view, (gsize)slot) : NULL;
}

typedef enum { OF_MATCH, OF_CANDIDATE, OF_JOB } Of;

static HtKey key_of(HtView *view, Of of)
{
    const HtListRow *row = ht_view_list_row(view, view->cursor);
    if (row)
        return of == OF_MATCH ? row->match : of == OF_CANDIDATE ? row->candidate : row->job;
    gssize slot = ht_view_slot(view, view->cursor);
    HtKey (*ask)(HtView *, gsize) = of == OF_MATCH       ? view->class->match_of
                                    : of == OF_CANDIDATE ? view->class->candidate_of
                                                         : view->class->job_of;
    return slot >= 0 && ask ? ask(view, (gsize)slot) : 0;
}

HtKey ht_view_current_match(HtView *view)
{
    if (view->class->shown_match)
        return view->class->shown_match(view);
    return key_of(view, OF_MATCH);
}

HtKey ht_view_current_candidate(HtView *view)
{
    if (view->class->shown_candidate)
        return view->class->shown_candidate(view);
    return key_of(view, OF_CANDIDATE);
}

HtKey ht_view_current_job(HtView *view)
{
    HtKey key = key_of(view, OF_JOB);
    return key ? key : view->subject[0];
}

HtKey ht_view_current_key(HtView *view)
{
    if (view->class->kind == HT_VIEW_TABLE)
        return ht_view_row_key(view, view->cursor);
    HtKey match = ht_view_current_match(view);
    return match ? match : ht_view_current_candidate(view);
}

/* ---- preview ----------------------------------------------------------------------------------
 */
/* A look-up that the disk failed is told as that: the rest of the text would say that there is
 * none, and an application that is read blind might be shown with its name. Takes the text. */
static HtDoc *checked(HtView *view, HtDoc *doc)
{
    g_autoptr(GError) problem = NULL;
    if (ht_reader_check(view->parts.reader, &problem))
        return doc;
    ht_doc_free(doc);
    doc = ht_doc_new();
    g_autofree char *clean = ht_clean(problem->message);
    ht_doc_addf(doc, HT_STYLE_ERROR, "%s", clean);
    return doc;
}

bool ht_view_has_preview(const HtView *view)
{
    return view->class->preview && (!view->rows || view->rows->len > 0);
}

/* As the cell of the row says it: both stand beside each other. */
static void preview_age(HtView *view, int64_t row, char age[16])
{
    gssize slot = view->class->since ? ht_view_slot(view, row) : -1;
    int64_t since = slot >= 0 ? view->class->since(view, (gsize)slot) : 0;
    age[0] = '\0';
    if (since)
        ht_clock_format_age(ht_clock_now_us() - since, age);
}

guint64 ht_view_preview_serial(HtView *view, int64_t row)
{
    if (!view->preview || view->preview_key != ht_view_row_key(view, row))
        return 0;
    char age[16];
    preview_age(view, row, age);
    return strcmp(age, view->preview_age) == 0 ? view->preview_serial : 0;
}

const HtDoc *ht_view_preview(HtView *view, int64_t row, int width)
{
    static guint64 last_serial; /* of all views: one may be made where another one was */
    HtKey key = ht_view_row_key(view, row);
    if (!key || !view->class->preview)
        return NULL;
    if (view->preview_width == width && ht_view_preview_serial(view, row))
        return view->preview;
    gssize slot = ht_view_slot(view, row);
    if (slot < 0)
        return NULL;
    g_clear_pointer(&view->preview, ht_doc_free);
    HtDoc *doc = ht_doc_new();
    ht_reader_watch(view->parts.reader);
    view->class->preview(view, (gsize)slot, doc, width);
    view->preview = doc = checked(view, doc);
    view->preview_key = key;
    view->preview_width = width;
    view->preview_serial = ++last_serial;
    preview_age(view, row, view->preview_age);
    return doc;
}

static gpointer cursor_pointer(HtView *view)
{
    return GSIZE_TO_POINTER((gsize)ht_view_row_key(view, view->cursor));
}

int ht_view_preview_top(HtView *view)
{
    return GPOINTER_TO_INT(g_hash_table_lookup(view->preview_tops, cursor_pointer(view)));
}

void ht_view_set_preview_top(HtView *view, int top)
{
    g_hash_table_insert(view->preview_tops, cursor_pointer(view), GINT_TO_POINTER(MAX(0, top)));
}

void ht_view_previewed(HtView *view, int64_t row, int64_t shown_ms)
{
    gssize slot = ht_view_slot(view, row);
    HtKey match = slot >= 0 && view->class->match_of && !view->rows
                      ? view->class->match_of(view, (gsize)slot)
                      : 0;
    if (match && view->parts.seen && shown_ms >= 1000)
        view->parts.seen(match, view->is_blind, (int)MIN(shown_ms / 1000, 86400),
                         view->parts.seen_data);
}

/* ---- texts --------------------------------------------------------------------------------------
 */
static HtDoc *fill(HtView *view, int width)
{
    HtDoc *doc = ht_doc_new();
    ht_reader_watch(view->parts.reader);
    view->class->fill(view, doc, width);
    return checked(view, doc);
}

const HtDoc *ht_view_doc(HtView *view, int width)
{
    if (view->class->kind != HT_VIEW_TEXT)
        return NULL;
    if (view->doc && view->doc_width == width)
        return view->doc;
    g_clear_pointer(&view->doc, ht_doc_free);
    view->doc = fill(view, width);
    view->doc_width = width;
    if (view->search && *view->search) {
        g_clear_pointer(&view->hit_lines, g_array_unref);
        view->hit_lines = g_array_new(FALSE, FALSE, sizeof(int));
        ht_doc_mark_hits(view->doc, view->search, view->hit_lines);
    }
    clamp_top(view);
    return view->doc;
}

int ht_view_tabs(const HtView *view, const char *const **names, int *active)
{
    if (names)
        *names = view->class->tabs;
    if (active)
        *active = view->tab;
    return view->class->n_tabs;
}

bool ht_view_set_tab(HtView *view, int tab)
{
    if (tab < 0 || tab >= view->class->n_tabs)
        return false;
    view->tab_tops[view->tab] = view->top;
    view->tab = tab;
    view->top = view->tab_tops[tab];
    g_clear_pointer(&view->doc, ht_doc_free);
    return true;
}

void ht_view_set_blind(HtView *view, bool blind)
{
    if (view->is_blind == blind)
        return;
    view->is_blind = blind;
    forget_window(view);
    ht_view_forget_texts(view);
    if (view->class->kind == HT_VIEW_TABLE && !view->class->fetch)
        ht_view_load(view, true); /* rows that are kept say whom they are about */
}

bool ht_view_is_blind(const HtView *view)
{
    return view->is_blind;
}

/* ---- title -------------------------------------------------------------------------------------
 */
static void add_marks(HtView *view, GString *out)
{
    int64_t marks = ht_view_marks(view);
    if (marks == 0)
        return;
    g_string_append_printf(out, "%s%" G_GINT64_FORMAT " marked", ht_sign_dot(), marks);
    int64_t outside = ht_view_marks_outside(view);
    if (outside > 0)
        g_string_append_printf(out, ", %" G_GINT64_FORMAT " outside the limit", outside);
}

const char *ht_view_title(HtView *view)
{
    if (view->held_title)
        return view->held_title;
    GString *out = g_string_new(NULL);
    view->class->place(view, out);
    if (view->limit && *view->limit) {
        g_autofree char *clean = ht_clean(view->limit);
        g_string_append_printf(out, "%slimit %s", ht_sign_dot(), clean);
    }
    if (view->only)
        g_string_append_printf(out, "%sonly marked", ht_sign_dot());
    add_marks(view, out);
    if (view->n_new > 0)
        g_string_append_printf(out, "%s%" G_GINT64_FORMAT " new (R)", ht_sign_dot(), view->n_new);
    if (view->is_blind)
        g_string_append_printf(out, "%sblind", ht_sign_dot());
    if (view->ticket)
        g_string_append_printf(out, "%sloading", ht_sign_dot());
    if (view->problem)
        g_string_append_printf(out, "%s%s", ht_sign_dot(), view->problem);
    g_free(view->title);
    view->title = g_string_free(out, FALSE);
    return view->title;
}

char *ht_view_copy_text(HtView *view)
{
    if (view->class->kind == HT_VIEW_TEXT) {
        const HtDoc *doc = ht_view_doc(view, view->doc_width > 0 ? view->doc_width : 80);
        return ht_doc_dup_text(doc);
    }
    GString *out = g_string_new(NULL);
    for (int i = 0; i < view->class->n_columns && view->cursor >= 0; i++) {
        HtCell cell = ht_view_cell(view, view->cursor, i);
        g_string_append_printf(out, "%s%s", i ? "\t" : "", cell.text);
    }
    return g_string_free(out, FALSE);
}
