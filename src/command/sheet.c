/* Who is rejected by a bulk rejection, with what reason and when the mail leaves; who is left out,
 * and why. Rows that nobody opened and no substantial rule matched cannot be taken in. */
#include "sheet.h"

#include "context_impl.h"

#include <string.h>

typedef struct {
    HtKey match;
    bool may, on, by_rule;
} Row;

typedef struct {
    HtContext *context;
    GArray *rows; /* Row */
} Sheet;

static const HtColumn columns[] = {
    {"name", "Name", 16, 3, HT_ALIGN_LEFT, 0, NULL},
    {"what", "Becomes", 10, 0, HT_ALIGN_LEFT, 0, NULL},
    {"reason", "Reason", 14, 2, HT_ALIGN_LEFT, 60, NULL},
    {"mail", "Mail", 14, 0, HT_ALIGN_LEFT, 80, NULL},
    {"why", "Because", 16, 3, HT_ALIGN_LEFT, 0, NULL},
};

static void sheet_free(gpointer data)
{
    Sheet *sheet = data;
    g_array_unref(sheet->rows);
    g_free(sheet);
}

static char *mail_text(const Sheet *sheet)
{
    const HtSettings *settings = sheet->context->parts.settings;
    int64_t minutes = settings ? ht_settings_int(settings, "triage.undo_window") : 10;
    return g_strdup_printf("in %" G_GINT64_FORMAT " min", minutes);
}

static HtListRow *sheet_row(const Sheet *sheet, const Row *row, const HtMatchRow *match)
{
    HtListRow *out = ht_list_row_new(row->match);
    out->match = row->match;
    out->candidate = match->candidate;
    out->job = match->job;
    g_autofree char *mail = mail_text(sheet);
    g_autofree char *name = match->flags & HT_MATCH_BLIND
                                ? ht_blind_name(&match->id)
                                : g_strdup(match->name ? match->name : "");
    ht_list_row_set(out, 0, row->on ? HT_STYLE_ROW_NORMAL : HT_STYLE_MUTED, name);
    ht_list_row_set(out, 1, row->on ? HT_STYLE_STAGE_REJECTED : HT_STYLE_MUTED,
                    row->on ? "rejected" : "left out");
    ht_list_row_set(out, 2, HT_STYLE_ROW_NORMAL, row->on ? sheet->context->sticky.label : "");
    ht_list_row_set(out, 3, HT_STYLE_TIME, row->on ? mail : "");
    ht_list_row_set(out, 4, HT_STYLE_MUTED,
                    !row->may      ? "never opened"
                    : row->by_rule ? "your rule matched"
                                   : "you opened it");
    return out;
}

static GPtrArray *sheet_load(gpointer data, GError **error)
{
    const Sheet *sheet = data;
    guint n = sheet->rows->len;
    g_autofree HtKey *keys = g_new0(HtKey, MAX(1, n));
    for (guint i = 0; i < n; i++)
        keys[i] = g_array_index(sheet->rows, Row, i).match;
    HtMatchRow *matches = g_new0(HtMatchRow, MAX(1, n));
    GPtrArray *out = NULL;
    if (ht_cache_match_rows(sheet->context->parts.reader, keys, n, matches, error)) {
        out = g_ptr_array_new_with_free_func((GDestroyNotify)ht_list_row_free);
        for (guint i = 0; i < n; i++)
            g_ptr_array_add(out,
                            sheet_row(sheet, &g_array_index(sheet->rows, Row, i), &matches[i]));
    }
    ht_match_rows_free(matches, n);
    return out;
}

static Sheet *new_sheet(HtContext *context, const GArray *matches, int *taken)
{
    Sheet *sheet = g_new0(Sheet, 1);
    sheet->context = context;
    sheet->rows = g_array_new(FALSE, TRUE, sizeof(Row));
    HtView *view = ht_top(context);
    for (guint i = 0; i < matches->len; i++) {
        Row row = {.match = g_array_index(matches, HtKey, i)};
        const char *rule = ht_view_mark_rule(view, row.match);
        row.by_rule = rule && *rule && ht_rule_is_substantial(rule);
        row.may = row.by_rule || ht_context_was_viewed(context, row.match, NULL);
        row.on = row.may;
        *taken += row.on;
        g_array_append_val(sheet->rows, row);
    }
    return sheet;
}

HtView *ht_new_sheet_view(HtContext *context, const GArray *matches, GError **error)
{
    int taken = 0;
    Sheet *sheet = new_sheet(context, matches, &taken);
    if (taken == 0) {
        sheet_free(sheet);
        g_set_error(error, HT_ERROR, HT_ERROR_INVALID,
                    "all %u left out: never opened. r reviews them, + marks by more than a score",
                    matches->len);
        return NULL;
    }
    HtListSpec spec = {.id = HT_VIEW_SHEET,
                       .columns = columns,
                       .n_columns = G_N_ELEMENTS(columns),
                       .place = "Reject",
                       .tables = HT_CHANGED_SHOWN | HT_CHANGED(15),
                       .load = sheet_load,
                       .data = sheet,
                       .free_data = sheet_free};
    return ht_view_new_list(ht_view_parts(context), &spec);
}

void ht_sheet_counts(HtView *view, int *taken, int *left_out)
{
    const Sheet *sheet = ht_view_list_data(view);
    *taken = *left_out = 0;
    for (guint i = 0; sheet && i < sheet->rows->len; i++) {
        const Row *row = &g_array_index(sheet->rows, Row, i);
        *taken += row->on;
        *left_out += !row->on;
    }
}

bool ht_sheet_toggle(HtView *view)
{
    Sheet *sheet = ht_view_list_data(view);
    HtKey key = ht_view_current_key(view);
    for (guint i = 0; sheet && i < sheet->rows->len; i++) {
        Row *row = &g_array_index(sheet->rows, Row, i);
        if (row->match != key || !row->may)
            continue;
        row->on = !row->on;
        return true;
    }
    return false;
}

GArray *ht_sheet_taken(HtView *view)
{
    const Sheet *sheet = ht_view_list_data(view);
    GArray *keys = g_array_new(FALSE, FALSE, sizeof(HtKey));
    for (guint i = 0; sheet && i < sheet->rows->len; i++) {
        const Row *row = &g_array_index(sheet->rows, Row, i);
        if (row->on)
            g_array_append_val(keys, row->match);
    }
    return keys;
}

bool ht_sheet_by_rule(HtView *view)
{
    const Sheet *sheet = ht_view_list_data(view);
    for (guint i = 0; sheet && i < sheet->rows->len; i++) {
        const Row *row = &g_array_index(sheet->rows, Row, i);
        if (row->on && row->by_rule)
            return true;
    }
    return false;
}
