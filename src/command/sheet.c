/* Who is rejected by a bulk rejection, with what reason and when the mail leaves; who is left out,
 * and why. Rows that nobody opened and no substantial rule matched cannot be taken in, nor those
 * that are closed, also when they close while the sheet is open: what it promises is what the
 * decision does. */
#include "sheet.h"

#include "context_impl.h"

#include <string.h>

typedef struct {
    HtKey match;
    HtStageType closed; /* NONE: it can be rejected */
    bool may, on, by_rule;
} Row;

typedef struct {
    HtContext *context;
    GArray *rows; /* Row */
    bool one_job;
    const char *lacks; /* of the rule of those that nobody opened; static, NULL: they have none */
} Sheet;

enum { NAME, STAGE, BECOMES, REASON, MAIL, BECAUSE, JOB };

static const HtColumn columns[] = {
    {"name", "Name", 14, 3, HT_ALIGN_LEFT, 0, NULL},
    {"stage", "Stage", 9, 1, HT_ALIGN_LEFT, 60, NULL},
    {"what", "Becomes", 8, 0, HT_ALIGN_LEFT, 0, NULL},
    {"reason", "Reason", 12, 2, HT_ALIGN_LEFT, 70, NULL},
    {"mail", "Mail", 10, 0, HT_ALIGN_LEFT, 80, NULL},
    {"why", "Because", 12, 2, HT_ALIGN_LEFT, 0, NULL},
    {"job", "Job", 12, 3, HT_ALIGN_LEFT, 90, NULL}, /* where there is more than one */
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

static bool is_taken(const Row *row)
{
    return row->on && row->closed == HT_STAGE_NONE;
}

static const char *because(const Row *row)
{
    if (row->closed != HT_STAGE_NONE)
        return ht_stage_type_name(row->closed);
    if (!row->may)
        return "never opened";
    return row->by_rule ? "your rule matched" : "you opened it";
}

static HtListRow *sheet_row(const Sheet *sheet, const Row *row, const HtMatchRow *match, bool blind)
{
    HtListRow *out = ht_list_row_new(row->match);
    out->match = row->match;
    out->candidate = match->candidate;
    out->job = match->job;
    bool taken = is_taken(row);
    g_autofree char *mail = mail_text(sheet);
    g_autofree char *name = blind || (match->flags & HT_MATCH_BLIND)
                                ? ht_blind_name(sheet->context->parts.reader, match->candidate)
                                : g_strdup(match->name ? match->name : "");
    ht_list_row_set(out, NAME, taken ? HT_STYLE_ROW_NORMAL : HT_STYLE_MUTED, name);
    ht_list_row_set(out, STAGE, ht_style_of_stage(match->stage_type), match->stage_name);
    ht_list_row_set(out, BECOMES, taken ? HT_STYLE_STAGE_REJECTED : HT_STYLE_MUTED,
                    taken ? "rejected" : "left out");
    ht_list_row_set(out, REASON, HT_STYLE_ROW_NORMAL, taken ? sheet->context->sticky.label : "");
    ht_list_row_set(out, MAIL, HT_STYLE_TIME, taken ? mail : "");
    ht_list_row_set(out, BECAUSE, HT_STYLE_MUTED, because(row));
    if (!sheet->one_job)
        ht_list_row_set(out, JOB, HT_STYLE_MUTED, match->job_title);
    return out;
}

static void note_stage(Row *row, const HtMatchRow *match)
{
    row->closed = ht_stage_type_is_terminal(match->stage_type) ? match->stage_type : HT_STAGE_NONE;
}

static GPtrArray *sheet_load(gpointer data, bool blind, GError **error)
{
    Sheet *sheet = data;
    guint n = sheet->rows->len;
    g_autofree HtKey *keys = g_new0(HtKey, MAX(1, n));
    for (guint i = 0; i < n; i++)
        keys[i] = g_array_index(sheet->rows, Row, i).match;
    HtMatchRow *matches = g_new0(HtMatchRow, MAX(1, n));
    GPtrArray *out = NULL;
    if (ht_cache_match_rows(sheet->context->parts.reader, keys, n, matches, error)) {
        out = g_ptr_array_new_with_free_func((GDestroyNotify)ht_list_row_free);
        for (guint i = 0; i < n; i++) {
            Row *row = &g_array_index(sheet->rows, Row, i);
            note_stage(row, &matches[i]);
            g_ptr_array_add(out, sheet_row(sheet, row, &matches[i], blind));
        }
    }
    ht_match_rows_free(matches, n);
    return out;
}

static bool are_of_one_job(const HtMatchRow *matches, guint n)
{
    for (guint i = 1; i < n; i++) {
        if (matches[i].job != matches[0].job)
            return false;
    }
    return true;
}

/* What a rule lacks in a job: asked once for each, for it may have marked thousands. */
typedef struct {
    HtReader *reader;
    GHashTable *known;        /* "JOB RULE" → static text, "" = nothing */
    const char *rule, *lacks; /* the last one, with its job: they come in long rows of the same */
    HtKey job;
} Judge;

static const char *judged(Judge *judge, const char *rule, HtKey job)
{
    if (rule == judge->rule && job == judge->job)
        return judge->lacks;
    g_autofree char *key = g_strdup_printf("%" G_GINT64_FORMAT " %s", job, rule);
    const char *lacks = g_hash_table_lookup(judge->known, key);
    if (!lacks) {
        lacks = ht_rule_lacks(judge->reader, rule, job);
        lacks = lacks ? lacks : "";
        g_hash_table_insert(judge->known, g_steal_pointer(&key), (gpointer)(guintptr)lacks);
    }
    judge->rule = rule; /* interned */
    judge->job = job;
    judge->lacks = *lacks ? lacks : NULL;
    return judge->lacks;
}

static Sheet *new_sheet(HtContext *context, const GArray *keys, const HtMatchRow *matches)
{
    Sheet *sheet = g_new0(Sheet, 1);
    sheet->context = context;
    sheet->rows = g_array_new(FALSE, TRUE, sizeof(Row));
    sheet->one_job = are_of_one_job(matches, keys->len);
    HtView *view = ht_top(context);
    Judge judge = {.reader = context->parts.reader,
                   .known = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL)};
    for (guint i = 0; i < keys->len; i++) {
        Row row = {.match = g_array_index(keys, HtKey, i)};
        const char *rule = ht_view_mark_rule(view, row.match), *lacks = NULL;
        if (rule && *rule)
            lacks = judged(&judge, rule, matches[i].job);
        row.by_rule = rule && *rule && !lacks;
        row.may = row.by_rule || ht_context_was_viewed(context, row.match, NULL);
        row.on = row.may;
        note_stage(&row, &matches[i]);
        if (!row.may && row.closed == HT_STAGE_NONE)
            sheet->lacks = lacks;
        g_array_append_val(sheet->rows, row);
    }
    g_hash_table_unref(judge.known);
    return sheet;
}

static int count_taken(const Sheet *sheet)
{
    int n = 0;
    for (guint i = 0; i < sheet->rows->len; i++)
        n += is_taken(&g_array_index(sheet->rows, Row, i));
    return n;
}

/* "4 hired, 3 withdrawn, 2 never opened"; "" where all are taken. */
static char *left_out_by_reason(const Sheet *sheet)
{
    int closed[HT_STAGE_TYPES] = {0}, unopened = 0, by_hand = 0;
    for (guint i = 0; i < sheet->rows->len; i++) {
        const Row *row = &g_array_index(sheet->rows, Row, i);
        if (row->closed != HT_STAGE_NONE)
            closed[row->closed]++;
        else if (!row->may)
            unopened++;
        else if (!row->on)
            by_hand++;
    }
    g_autoptr(GString) text = g_string_new(NULL);
    for (int type = 0; type < HT_STAGE_TYPES; type++) {
        if (closed[type])
            g_string_append_printf(text, ", %d %s", closed[type],
                                   ht_stage_type_name((HtStageType)type));
    }
    if (unopened)
        g_string_append_printf(text, ", %d never opened", unopened);
    if (by_hand)
        g_string_append_printf(text, ", %d by you", by_hand);
    return g_strdup(text->len ? text->str + strlen(", ") : "");
}

static bool has_unopened(const Sheet *sheet)
{
    for (guint i = 0; i < sheet->rows->len; i++) {
        const Row *row = &g_array_index(sheet->rows, Row, i);
        if (row->closed == HT_STAGE_NONE && !row->may)
            return true;
    }
    return false;
}

static void set_nobody(const Sheet *sheet, GError **error)
{
    g_autofree char *why = left_out_by_reason(sheet);
    g_set_error(error, HT_ERROR, HT_ERROR_INVALID, "nobody of the %u can be rejected: %s%s%s%s",
                sheet->rows->len, why, sheet->lacks ? ", and " : "",
                sheet->lacks ? sheet->lacks : "",
                has_unopened(sheet) ? ". r reviews them, + marks by a rule" : "");
}

static HtView *new_view(HtContext *context, Sheet *sheet)
{
    HtListSpec spec = {.id = HT_VIEW_SHEET,
                       .columns = columns,
                       .n_columns = sheet->one_job ? JOB : G_N_ELEMENTS(columns),
                       .place = "Reject",
                       .tables = HT_CHANGED_SHOWN | HT_CHANGED(15),
                       .load = sheet_load,
                       .data = sheet,
                       .free_data = sheet_free};
    return ht_view_new_list(ht_view_parts(context), &spec);
}

HtView *ht_new_sheet_view(HtContext *context, const GArray *matches, GError **error)
{
    guint n = matches->len;
    HtMatchRow *rows = g_new0(HtMatchRow, MAX(1, n));
    HtView *view = NULL;
    if (ht_cache_match_rows(context->parts.reader, (const HtKey *)(const void *)matches->data, n,
                            rows, error)) {
        Sheet *sheet = new_sheet(context, matches, rows);
        if (count_taken(sheet) > 0) {
            view = new_view(context, sheet);
        } else {
            set_nobody(sheet, error);
            sheet_free(sheet);
        }
    }
    ht_match_rows_free(rows, n);
    return view;
}

int ht_sheet_n_taken(HtView *view)
{
    const Sheet *sheet = ht_view_list_data(view);
    return sheet ? count_taken(sheet) : 0;
}

char *ht_sheet_left_out(HtView *view)
{
    const Sheet *sheet = ht_view_list_data(view);
    g_autofree char *why = sheet ? left_out_by_reason(sheet) : g_strdup("");
    int left = sheet ? (int)sheet->rows->len - count_taken(sheet) : 0;
    const char *lacks = sheet && has_unopened(sheet) ? sheet->lacks : NULL;
    return left ? g_strdup_printf("%d left out: %s%s%s%s", left, why, lacks ? " (" : "",
                                  lacks ? lacks : "", lacks ? ")" : "")
                : NULL;
}

bool ht_sheet_toggle(HtView *view, GError **error)
{
    Sheet *sheet = ht_view_list_data(view);
    HtKey key = ht_view_current_key(view);
    for (guint i = 0; sheet && i < sheet->rows->len; i++) {
        Row *row = &g_array_index(sheet->rows, Row, i);
        if (row->match != key)
            continue;
        if (row->closed != HT_STAGE_NONE)
            g_set_error(error, HT_ERROR, HT_ERROR_INVALID, "already %s, so it stays out",
                        ht_stage_type_name(row->closed));
        else if (!row->may)
            g_set_error_literal(error, HT_ERROR, HT_ERROR_INVALID,
                                "nobody opened this one, so it stays out");
        else
            row->on = !row->on;
        return row->may && row->closed == HT_STAGE_NONE;
    }
    g_set_error_literal(error, HT_ERROR, HT_ERROR_INVALID, "there is nobody in this row");
    return false;
}

GArray *ht_sheet_taken(HtView *view)
{
    const Sheet *sheet = ht_view_list_data(view);
    GArray *keys = g_array_new(FALSE, FALSE, sizeof(HtKey));
    for (guint i = 0; sheet && i < sheet->rows->len; i++) {
        const Row *row = &g_array_index(sheet->rows, Row, i);
        if (is_taken(row))
            g_array_append_val(keys, row->match);
    }
    return keys;
}

bool ht_sheet_by_rule(HtView *view)
{
    const Sheet *sheet = ht_view_list_data(view);
    for (guint i = 0; sheet && i < sheet->rows->len; i++) {
        const Row *row = &g_array_index(sheet->rows, Row, i);
        if (is_taken(row) && row->by_rule)
            return true;
    }
    return false;
}
