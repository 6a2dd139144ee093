/* Who is rejected by a bulk rejection, with what reason and when the mail leaves; who is left out,
 * and why. Rows that nobody opened and no substantial rule matched cannot be taken in, nor those
 * that are closed, also when they close while the sheet is open: what it promises is what the
 * decision does. */
#include "sheet.h"

#include "context_impl.h"
#include "hiretty/view/loader.h"

#include <string.h>

typedef struct {
    HtStageType closed; /* NONE: it can be rejected */
    bool may, on, by_rule;
} Row;

typedef struct {
    HtContext *context;
    HtTargets *targets; /* what was read of them */
    Row *rows;          /* as those */
    guint n;
    guint generation; /* of the cache, that the keys are of */
    bool one_job;
    bool is_fresh;     /* the next load shows what has been read already */
    guint64 ticket;    /* of what is read again; 0 = nothing */
    bool again;        /* and once more behind it */
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
    ht_loader_cancel(sheet->context->loader, sheet->ticket);
    ht_targets_free(sheet->targets);
    g_free(sheet->rows);
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

/* The text of a row comes when it is in sight: there may be 100,000 of them. */
static void sheet_fill(HtListRow *out, bool blind, gpointer data)
{
    const Sheet *sheet = data;
    const Row *row = &sheet->rows[out->number];
    const HtTarget *target = &sheet->targets->rows[out->number];
    bool taken = is_taken(row);
    g_autofree char *mail = mail_text(sheet);
    g_autofree char *name = blind || target->is_blind
                                ? ht_blind_name(sheet->context->parts.reader, target->candidate)
                                : g_strdup(target->name);
    ht_list_row_set(out, NAME, taken ? HT_STYLE_ROW_NORMAL : HT_STYLE_MUTED, name);
    ht_list_row_set(out, STAGE, ht_style_of_stage(target->stage_type), target->stage_name);
    ht_list_row_set(out, BECOMES, taken ? HT_STYLE_STAGE_REJECTED : HT_STYLE_MUTED,
                    taken ? "rejected" : "left out");
    ht_list_row_set(out, REASON, HT_STYLE_ROW_NORMAL, taken ? sheet->context->sticky.label : "");
    ht_list_row_set(out, MAIL, HT_STYLE_TIME, taken ? mail : "");
    ht_list_row_set(out, BECAUSE, HT_STYLE_MUTED, because(row));
    if (!sheet->one_job)
        ht_list_row_set(out, JOB, HT_STYLE_MUTED, target->job_title);
}

static void note_stages(Sheet *sheet)
{
    for (guint i = 0; i < sheet->n; i++) {
        HtStageType type = sheet->targets->rows[i].stage_type;
        sheet->rows[i].closed = ht_stage_type_is_terminal(type) ? type : HT_STAGE_NONE;
    }
}

/* ---- read again, when something changed
 * ------------------------------------------------------------------ */
static void take_targets(Sheet *sheet, HtTargets *targets)
{
    if (!targets)
        return; /* as it was; the decision looks itself */
    ht_targets_free(sheet->targets);
    sheet->targets = targets;
    ht_targets_add_viewed(sheet->context, targets);
    note_stages(sheet);
}

static GArray *keys_of(const Sheet *sheet)
{
    GArray *keys = g_array_sized_new(FALSE, FALSE, sizeof(HtKey), sheet->n);
    for (guint i = 0; i < sheet->n; i++)
        g_array_append_val(keys, sheet->targets->rows[i].match);
    return keys;
}

static gpointer reread(HtReader *reader, gpointer data, GError **error)
{
    static const gint never = 0;
    return ht_targets_read(reader, data, &never, error);
}

static void reread_came(gpointer result, const GError *error, gpointer data);

static void read_again(Sheet *sheet)
{
    if (sheet->ticket) {
        sheet->again = true;
        return;
    }
    HtLoad load = {.run = reread,
                   .data = keys_of(sheet),
                   .free_data = (GDestroyNotify)g_array_unref,
                   .done = reread_came,
                   .done_data = sheet,
                   .free_result = ht_targets_free};
    sheet->ticket = ht_loader_submit(sheet->context->loader, &load);
}

static void reread_came(gpointer result, const GError *error, gpointer data)
{
    Sheet *sheet = data;
    HtContext *context = sheet->context;
    (void)error;
    sheet->ticket = 0;
    take_targets(sheet, result);
    if (sheet->again) {
        sheet->again = false;
        read_again(sheet);
    }
    HtView *view = ht_top(context);
    if (view && ht_view_id(view) == HT_VIEW_SHEET && ht_view_list_data(view) == sheet)
        ht_sheet_show(view);
    ht_context_emit_changed(context);
}

static void bring_up_to_date(Sheet *sheet)
{
    bool is_fresh = sheet->is_fresh;
    sheet->is_fresh = false;
    if (is_fresh || sheet->generation != sheet->context->generation)
        return;
    if (sheet->context->loader && sheet->n > HT_FEW_ROWS) {
        read_again(sheet);
        return;
    }
    g_autoptr(GArray) keys = keys_of(sheet);
    take_targets(sheet, reread(sheet->context->parts.reader, keys, NULL));
}

static GPtrArray *sheet_load(gpointer data, bool blind, GError **error)
{
    Sheet *sheet = data;
    (void)blind;
    (void)error;
    bring_up_to_date(sheet);
    GPtrArray *out = g_ptr_array_new_full(sheet->n, (GDestroyNotify)ht_list_row_free);
    for (guint i = 0; i < sheet->n; i++) {
        const HtTarget *target = &sheet->targets->rows[i];
        HtListRow *row = ht_list_row_new(target->match);
        row->match = target->match;
        row->candidate = target->candidate;
        row->job = target->job;
        row->number = i;
        row->is_bare = true;
        g_ptr_array_add(out, row);
    }
    return out;
}

void ht_sheet_show(HtView *view)
{
    Sheet *sheet = ht_view_list_data(view);
    if (sheet)
        sheet->is_fresh = true;
    ht_view_refresh(view, 0);
}

static bool are_of_one_job(const HtTargets *targets)
{
    for (guint i = 1; i < targets->n; i++) {
        if (targets->rows[i].job != targets->rows[0].job)
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

/* ---- what is read first, away from the thread of keys
 * ------------------------------------------------------------ */
typedef struct {
    GArray *keys;
    const char **rules; /* that marked them; interned, NULL and "": a hand */
} Marked;

static void marked_free(gpointer data)
{
    Marked *marked = data;
    g_array_unref(marked->keys);
    g_free(marked->rules);
    g_free(marked);
}

typedef struct {
    HtTargets *targets;
    const char **lacks; /* of the rule, in that job; static, NULL: nothing */
} Found;

static void found_free(gpointer data)
{
    Found *found = data;
    ht_targets_free(found->targets);
    g_free(found->lacks);
    g_free(found);
}

static bool has_rule(const Marked *marked, guint i)
{
    return marked->rules[i] && *marked->rules[i];
}

static gpointer find(HtReader *reader, gpointer data, const gint *stop, GError **error)
{
    const Marked *marked = data;
    HtTargets *targets = ht_targets_read(reader, marked->keys, stop, error);
    if (!targets)
        return NULL;
    Found *found = g_new0(Found, 1);
    found->targets = targets;
    found->lacks = g_new0(const char *, MAX(1, targets->n));
    Judge judge = {.reader = reader,
                   .known = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL)};
    for (guint i = 0; i < targets->n && !g_atomic_int_get(stop); i++) {
        if (has_rule(marked, i))
            found->lacks[i] = judged(&judge, marked->rules[i], targets->rows[i].job);
    }
    g_hash_table_unref(judge.known);
    return found;
}

static Sheet *new_sheet(HtContext *context, const Marked *marked, Found *found)
{
    Sheet *sheet = g_new0(Sheet, 1);
    sheet->context = context;
    sheet->generation = context->generation;
    sheet->is_fresh = true;
    sheet->targets = g_steal_pointer(&found->targets);
    sheet->n = sheet->targets->n;
    sheet->rows = g_new0(Row, MAX(1, sheet->n));
    sheet->one_job = are_of_one_job(sheet->targets);
    ht_targets_add_viewed(context, sheet->targets);
    note_stages(sheet);
    for (guint i = 0; i < sheet->n; i++) {
        Row *row = &sheet->rows[i];
        row->by_rule = has_rule(marked, i) && !found->lacks[i];
        row->may = row->by_rule || sheet->targets->rows[i].is_seen;
        row->on = row->may;
        if (!row->may && row->closed == HT_STAGE_NONE)
            sheet->lacks = found->lacks[i];
    }
    return sheet;
}

static int count_taken(const Sheet *sheet)
{
    int n = 0;
    for (guint i = 0; i < sheet->n; i++)
        n += is_taken(&sheet->rows[i]);
    return n;
}

/* "4 hired, 3 withdrawn, 2 never opened"; "" where all are taken. */
static char *left_out_by_reason(const Sheet *sheet)
{
    int closed[HT_STAGE_TYPES] = {0}, unopened = 0, by_hand = 0;
    for (guint i = 0; i < sheet->n; i++) {
        const Row *row = &sheet->rows[i];
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
    for (guint i = 0; i < sheet->n; i++) {
        const Row *row = &sheet->rows[i];
        if (row->closed == HT_STAGE_NONE && !row->may)
            return true;
    }
    return false;
}

static void set_nobody(const Sheet *sheet, GError **error)
{
    g_autofree char *why = left_out_by_reason(sheet);
    g_set_error(error, HT_ERROR, HT_ERROR_INVALID, "nobody of the %u can be rejected: %s%s%s%s",
                sheet->n, why, sheet->lacks ? ", and " : "", sheet->lacks ? sheet->lacks : "",
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
                       .fill = sheet_fill,
                       .data = sheet,
                       .free_data = sheet_free};
    return ht_view_new_list(ht_view_parts(context), &spec);
}

static HtResult found_them(HtContext *context, gpointer result, gpointer data)
{
    Sheet *sheet = new_sheet(context, data, result);
    if (count_taken(sheet) == 0) {
        g_autoptr(GError) error = NULL;
        set_nobody(sheet, &error);
        sheet_free(sheet);
        return ht_result_take_error(g_steal_pointer(&error));
    }
    HtView *view = new_view(context, sheet);
    ht_context_push(context, view);
    g_autofree char *left = ht_sheet_left_out(view);
    return ht_result_message("Reject %d: %s. Enter does it.%s%s%s", count_taken(sheet),
                             context->sticky.label, left ? " " : "", left ? left : "",
                             left ? "." : "");
}

HtResult ht_open_sheet(HtContext *context, const GArray *matches)
{
    HtView *view = ht_top(context);
    Marked *marked = g_new0(Marked, 1);
    marked->keys = g_array_copy((GArray *)(guintptr)matches);
    marked->rules = g_new0(const char *, MAX(1, matches->len));
    /* A rule is looked at once for each job: some ms. */
    bool has_rules = false, has_jobs = ht_view_id(view) != HT_VIEW_MATCHES;
    for (guint i = 0; i < matches->len; i++) {
        marked->rules[i] = ht_view_mark_rule(view, g_array_index(matches, HtKey, i));
        has_rules |= has_rule(marked, i);
    }
    return ht_context_errand(context, &(HtErrandSpec){.rows = matches->len,
                                                      .is_long = has_rules && has_jobs,
                                                      .run = find,
                                                      .done = found_them,
                                                      .data = marked,
                                                      .free_data = marked_free,
                                                      .free_result = found_free});
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
    int left = sheet ? (int)sheet->n - count_taken(sheet) : 0;
    const char *lacks = sheet && has_unopened(sheet) ? sheet->lacks : NULL;
    return left ? g_strdup_printf("%d left out: %s%s%s%s", left, why, lacks ? " (" : "",
                                  lacks ? lacks : "", lacks ? ")" : "")
                : NULL;
}

bool ht_sheet_toggle(HtView *view, GError **error)
{
    Sheet *sheet = ht_view_list_data(view);
    HtKey key = ht_view_current_key(view);
    for (guint i = 0; sheet && i < sheet->n; i++) {
        Row *row = &sheet->rows[i];
        if (sheet->targets->rows[i].match != key)
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

const HtTarget *ht_sheet_taken(HtView *view, guint *from)
{
    const Sheet *sheet = ht_view_list_data(view);
    while (sheet && *from < sheet->n) {
        guint i = (*from)++;
        if (is_taken(&sheet->rows[i]))
            return &sheet->targets->rows[i];
    }
    return NULL;
}

bool ht_sheet_is_of_before(HtView *view)
{
    const Sheet *sheet = ht_view_list_data(view);
    return sheet && sheet->generation != sheet->context->generation;
}

bool ht_sheet_by_rule(HtView *view)
{
    const Sheet *sheet = ht_view_list_data(view);
    for (guint i = 0; sheet && i < sheet->n; i++) {
        if (is_taken(&sheet->rows[i]) && sheet->rows[i].by_rule)
            return true;
    }
    return false;
}
