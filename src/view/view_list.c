/* Lists held in memory, texts written by somebody else, and the words that all views share. */
#include "view_impl.h"

#include "hiretty/base/error.h"

#include <string.h>

/* ---- shared words ------------------------------------------------------------------------------
 */
char *ht_clean(const char *text)
{
    return text ? ht_text_sanitize(text, -1, HT_TEXT_LINE, NULL) : NULL;
}

char *ht_clean_block(const char *text)
{
    return text ? ht_text_sanitize(text, -1, HT_TEXT_BLOCK, NULL) : NULL;
}

const char *ht_sign_dot(void)
{
    return ht_text_is_ascii() ? " - " : " · ";
}

const char *ht_sign_dash(void)
{
    return ht_text_is_ascii() ? "-" : "–";
}

HtStyle ht_style_of_stage(HtStageType type)
{
    static const HtStyle styles[HT_STAGE_TYPES] = {
        [HT_STAGE_NONE] = HT_STYLE_ROW_NORMAL,
        [HT_STAGE_APPLIED] = HT_STYLE_STAGE_APPLIED,
        [HT_STAGE_SHORTLIST] = HT_STYLE_STAGE_SHORTLIST,
        [HT_STAGE_SCREENING] = HT_STYLE_STAGE_SCREENING,
        [HT_STAGE_INTERVIEW] = HT_STYLE_STAGE_INTERVIEW,
        [HT_STAGE_OFFER] = HT_STYLE_STAGE_OFFER,
        [HT_STAGE_HIRED] = HT_STYLE_STAGE_HIRED,
        [HT_STAGE_REJECTED] = HT_STYLE_STAGE_REJECTED,
        [HT_STAGE_WITHDRAWN] = HT_STYLE_STAGE_WITHDRAWN,
    };
    return (int)type >= 0 && type < HT_STAGE_TYPES ? styles[type] : HT_STYLE_ROW_NORMAL;
}

HtStyle ht_style_of_band(HtScoreBand band)
{
    switch (band) {
    case HT_SCORE_BAND_HIGH:
        return HT_STYLE_SCORE_HIGH;
    case HT_SCORE_BAND_MID:
        return HT_STYLE_SCORE_MID;
    case HT_SCORE_BAND_LOW:
        return HT_STYLE_SCORE_LOW;
    case HT_SCORE_BAND_NONE:
    default:
        return HT_STYLE_SCORE_NONE;
    }
}

char *ht_score_text(int64_t score_centi, HtScoreBand band)
{
    if (score_centi == HT_SCORE_NONE)
        return g_strdup(ht_sign_dash());
    return g_strdup_printf("%" G_GINT64_FORMAT " %s", (score_centi + 50) / 100,
                           ht_score_band_name(band));
}

char *ht_day_text(const HtViewParts *parts, int64_t us)
{
    return us ? ht_clock_format(us, parts->zone, "%-d %b %Y") : g_strdup("");
}

char *ht_moment_text(const HtViewParts *parts, int64_t us)
{
    return us ? ht_clock_format(us, parts->zone, "%a %-d %b %Y %H:%M") : g_strdup("");
}

/* ---- rows ---------------------------------------------------------------------------------------
 */
HtListRow *ht_list_row_new(HtKey key)
{
    HtListRow *row = g_new0(HtListRow, 1);
    row->key = key;
    return row;
}

void ht_list_row_free(HtListRow *row)
{
    if (!row)
        return;
    for (int i = 0; i < HT_LIST_CELLS; i++)
        g_free(row->text[i]);
    g_free(row);
}

void ht_list_row_set(HtListRow *row, int column, HtStyle role, const char *text)
{
    g_return_if_fail(column >= 0 && column < HT_LIST_CELLS);
    g_free(row->text[column]);
    row->text[column] = ht_clean(text);
    row->role[column] = role;
}

static bool has_word(const HtListRow *row, const char *word)
{
    for (int i = 0; i < HT_LIST_CELLS; i++) {
        g_autofree char *folded = row->text[i] ? ht_text_fold(row->text[i]) : NULL;
        if (folded && strstr(folded, word))
            return true;
    }
    return false;
}

bool ht_list_row_matches(const HtListRow *row, const char *words)
{
    g_autofree char *folded = ht_text_fold(words);
    g_auto(GStrv) list = g_strsplit_set(folded, " \t", -1);
    for (int i = 0; list[i]; i++) {
        if (*list[i] && !has_word(row, list[i]))
            return false;
    }
    return true;
}

/* Keeps the rows that have the words; a heading stays while a row below it does. */
static GPtrArray *narrow(GPtrArray *rows, const char *words)
{
    if (!words || !*words)
        return rows;
    GPtrArray *out = g_ptr_array_new_with_free_func((GDestroyNotify)ht_list_row_free);
    g_ptr_array_set_free_func(rows, NULL);
    HtListRow *heading = NULL;
    for (guint i = 0; i < rows->len; i++) {
        HtListRow *row = rows->pdata[i];
        if (row->state & HT_ROW_SECTION) {
            g_clear_pointer(&heading, ht_list_row_free);
            heading = row;
        } else if (ht_list_row_matches(row, words)) {
            if (heading)
                g_ptr_array_add(out, g_steal_pointer(&heading));
            g_ptr_array_add(out, row);
        } else {
            ht_list_row_free(row);
        }
    }
    ht_list_row_free(heading);
    g_ptr_array_unref(rows);
    return out;
}

/* ---- every row of a list, to choose from
 * ---------------------------------------------------------------------- */
typedef struct {
    HtListRow *row;
    char *folded; /* its texts, one a line: no word has a line's end in it */
} HtWholeRow;

static void whole_row_free(gpointer data)
{
    HtWholeRow *whole = data;
    ht_list_row_free(whole->row);
    g_free(whole->folded);
    g_free(whole);
}

static HtWholeRow *whole_row_new(HtListRow *row)
{
    g_autoptr(GString) text = g_string_new(NULL);
    for (int i = 0; i < HT_LIST_CELLS; i++) {
        if (row->text[i])
            g_string_append_printf(text, "%s\n", row->text[i]);
    }
    HtWholeRow *whole = g_new0(HtWholeRow, 1);
    *whole = (HtWholeRow){row, ht_text_fold(text->str)};
    return whole;
}

GPtrArray *ht_whole_rows_new(GPtrArray *rows)
{
    GPtrArray *all = g_ptr_array_new_full(rows->len, whole_row_free);
    g_ptr_array_set_free_func(rows, NULL);
    for (guint i = 0; i < rows->len; i++)
        g_ptr_array_add(all, whole_row_new(rows->pdata[i]));
    g_ptr_array_unref(rows);
    return all;
}

static HtListRow *row_copy(const HtListRow *row)
{
    HtListRow *copy = g_memdup2(row, sizeof *row);
    for (int i = 0; i < HT_LIST_CELLS; i++)
        copy->text[i] = g_strdup(row->text[i]);
    return copy;
}

static bool has_all(const HtWholeRow *whole, char **words)
{
    for (int i = 0; words[i]; i++) {
        if (!strstr(whole->folded, words[i]))
            return false;
    }
    return true;
}

GPtrArray *ht_whole_rows_limited(const GPtrArray *all, const char *words)
{
    g_autofree char *folded = ht_text_fold(words ? words : "");
    g_auto(GStrv) list = g_strsplit_set(folded, " \t", -1);
    GPtrArray *rows = g_ptr_array_new_with_free_func((GDestroyNotify)ht_list_row_free);
    const HtListRow *heading = NULL;
    for (guint i = 0; i < all->len; i++) {
        const HtWholeRow *whole = all->pdata[i];
        if (whole->row->state & HT_ROW_SECTION) {
            heading = whole->row;
        } else if (has_all(whole, list)) {
            if (heading)
                g_ptr_array_add(rows, row_copy(heading));
            heading = NULL;
            g_ptr_array_add(rows, row_copy(whole->row));
        }
    }
    return rows;
}

/* "name:", "score>": letters and then a comparison. A time is none. */
static bool is_field(const char *word)
{
    gsize letters = 0;
    while (g_ascii_isalpha(word[letters]) || (letters && word[letters] == '_'))
        letters++;
    return letters && word[letters] && strchr(":=<>!", word[letters]);
}

bool ht_limit_is_words(const char *text, GError **error)
{
    g_auto(GStrv) list = g_strsplit_set(text ? text : "", " \t", -1);
    for (int i = 0; list[i]; i++) {
        const char *word = list[i];
        bool is_not = (*word == '-' || *word == '!') && word[1];
        if (!is_not && !is_field(word))
            continue;
        g_autofree char *clean = ht_clean(word);
        g_set_error(error, HT_ERROR, HT_ERROR_INVALID,
                    "this list is limited by words of its rows alone, not by '%s'", clean);
        return false;
    }
    return true;
}

bool ht_search_is_words(const char *text, GError **error)
{
    g_autofree char *term = ht_filter_find_field(text);
    g_autofree char *clean = term ? ht_clean(term) : NULL;
    if (term)
        g_set_error(error, HT_ERROR, HT_ERROR_INVALID,
                    "the search takes words, '%s' belongs to a list (quote it to search for it)",
                    clean);
    return !term;
}

/* ---- lists of somebody else
 * ---------------------------------------------------------------------- */
typedef struct {
    HtViewClass class;
    HtListSpec spec;
} List;

static void fill_bare(const List *list, HtListRow *row, bool blind)
{
    if (row->is_bare)
        list->spec.fill(row, blind, list->spec.data);
    row->is_bare = false;
}

static void list_fill_row(HtView *view, HtListRow *row)
{
    fill_bare(view->data, row, view->is_blind);
}

static HtLoaded *list_load(HtReader *reader, const HtViewQuery *query, GError **error)
{
    (void)reader;
    const List *list = query->data;
    GPtrArray *rows = list->spec.load(list->spec.data, query->blind, error);
    if (!rows)
        return NULL;
    bool is_narrowed = query->limit && *query->limit;
    for (guint i = 0; is_narrowed && list->spec.fill && i < rows->len; i++)
        fill_bare(list, rows->pdata[i], query->blind);
    return ht_loaded_new_rows(narrow(rows, query->limit));
}

static void list_place(HtView *view, GString *out)
{
    const List *list = view->data;
    int64_t n = 0;
    ht_view_position(view, &n);
    g_string_append_printf(out, "%s%s%" G_GINT64_FORMAT, list->spec.place, ht_sign_dot(), n);
}

static void list_preview(HtView *view, gsize slot, HtDoc *doc, int width)
{
    const List *list = view->data;
    list->spec.preview(doc, view->rows->pdata[slot], view->is_blind, width, list->spec.data);
}

static void list_free(HtView *view)
{
    List *list = view->data;
    if (list->spec.free_data)
        list->spec.free_data(list->spec.data);
}

HtView *ht_view_new_list(const HtViewParts *parts, const HtListSpec *spec)
{
    List *list = g_new0(List, 1);
    list->spec = *spec;
    list->class = (HtViewClass){.id = spec->id,
                                .kind = HT_VIEW_TABLE,
                                .columns = spec->columns,
                                .n_columns = MIN(spec->n_columns, HT_LIST_CELLS),
                                .tables = spec->tables,
                                .is_live = true,
                                .loads_here = true,
                                .is_plain = true,
                                .takes_words = spec->takes_signs ? NULL : ht_limit_is_words,
                                .load = list_load,
                                .place = list_place,
                                .fill_row = spec->fill ? list_fill_row : NULL,
                                .preview = spec->preview ? list_preview : NULL,
                                .free = list_free};
    HtView *view = ht_view_alloc(&list->class, parts);
    view->data = list;
    view->own = list;
    ht_view_load(view, true);
    return view;
}

gpointer ht_view_list_data(HtView *view)
{
    return view->rows && view->class->load == list_load ? ((List *)view->data)->spec.data : NULL;
}

/* ---- texts of somebody else
 * ------------------------------------------------------------------------ */
typedef struct {
    HtViewClass class;
    HtTextSpec spec;
} Text;

static void text_place(HtView *view, GString *out)
{
    g_string_append(out, ((const Text *)view->data)->spec.place);
}

static void text_fill(HtView *view, HtDoc *doc, int width)
{
    const Text *text = view->data;
    text->spec.fill(doc, view->is_blind, width, text->spec.data);
}

static void text_free(HtView *view)
{
    const Text *text = view->data;
    if (text->spec.free_data)
        text->spec.free_data(text->spec.data);
}

HtView *ht_view_new_text(const HtViewParts *parts, const HtTextSpec *spec)
{
    Text *text = g_new0(Text, 1);
    text->spec = *spec;
    text->class = (HtViewClass){.id = spec->id,
                                .kind = HT_VIEW_TEXT,
                                .tables = spec->tables,
                                .place = text_place,
                                .fill = text_fill,
                                .free = text_free};
    HtView *view = ht_view_alloc(&text->class, parts);
    view->data = text;
    view->own = text;
    return view;
}

gpointer ht_view_text_data(HtView *view)
{
    return view->class->fill == text_fill ? ((Text *)view->data)->spec.data : NULL;
}
