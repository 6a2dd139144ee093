/* The views whose rows come from the outbox, the table of commands and the sync. */
#include "context_impl.h"

#include <string.h>

enum {
    LABEL_COLUMNS = 16,
    WHOM_COLUMNS = 24,
    MOST_ITEMS = 300,
    MOST_CONFLICTS = 100,
    MOST_SAME = 50
};

static GPtrArray *new_rows(void)
{
    return g_ptr_array_new_with_free_func((GDestroyNotify)ht_list_row_free);
}

/* ---- outbox
 * -------------------------------------------------------------------------------------------- */
static const HtColumn outbox_columns[] = {
    {"state", "State", 9, 0, HT_ALIGN_LEFT, 0, NULL},
    {"what", "What", 20, 4, HT_ALIGN_LEFT, 0, NULL},
    {"who", "Who", 14, 3, HT_ALIGN_LEFT, 60, NULL},
    {"age", "For", 6, 0, HT_ALIGN_RIGHT, 50, NULL},
    {"why", "Why", 16, 3, HT_ALIGN_LEFT, 90, NULL},
};

static HtStyle style_of_state(HtOpState state)
{
    switch (state) {
    case HT_OP_CONFLICT:
    case HT_OP_GONE:
        return HT_STYLE_STATE_CONFLICT;
    case HT_OP_REJECTED:
    case HT_OP_PARKED:
        return HT_STYLE_ERROR;
    case HT_OP_PENDING:
    case HT_OP_SENDING:
        return HT_STYLE_STATE_PENDING;
    case HT_OP_DONE:
    case HT_OP_DROPPED:
    default:
        return HT_STYLE_MUTED;
    }
}

char *ht_context_who(HtContext *context, HtKey match, HtKey candidate)
{
    const HtView *view = ht_top(context); /* a verb has none */
    return ht_blind_who(context->parts.reader, match, candidate, view && ht_view_is_blind(view));
}

/* At 40 columns the list above a prompt may be covered, and the name is what stays of a cut label.
 */
char *ht_context_whom(HtContext *context, HtKey match, HtKey candidate)
{
    g_autofree char *who = ht_context_who(context, match, candidate);
    g_autofree char *clean = ht_text_sanitize(who, -1, HT_TEXT_LINE, NULL);
    return ht_text_cut(*clean ? clean : "this person", WHOM_COLUMNS, true);
}

char *ht_context_who_moved(HtContext *context, const HtReceipt *receipt)
{
    HtReader *reader = context->parts.reader;
    HtKey key = ht_context_one_of(receipt);
    return ht_blind_hid(reader, key) ? ht_blind_who(reader, key, key, true)
                                     : ht_context_who(context, key, key);
}

HtKey ht_context_one_of(const HtReceipt *receipt)
{
    HtKey key = receipt->keys->len > 0 ? g_array_index(receipt->keys, HtKey, 0) : 0;
    for (guint i = 0; i < receipt->keys->len; i++)
        key = g_array_index(receipt->keys, HtKey, i) == key ? key : 0;
    return key;
}

/* Ids, because keys are of one generation: these are of the one that this reader is in. */
static HtKey key_of(HtContext *context, const HtUuid *id)
{
    return ht_uuid_is_nil(id) ? 0 : ht_reader_key(context->parts.reader, id);
}

char *ht_context_who_of(HtContext *context, const HtOutboxItem *item, bool blind)
{
    g_autofree char *who = ht_blind_who(context->parts.reader, key_of(context, &item->match),
                                        key_of(context, &item->candidate), blind);
    return *who ? g_steal_pointer(&who) : NULL;
}

char *ht_context_say_who(HtContext *context, const HtOutboxItem *item, bool blind)
{
    char *who = ht_context_who_of(context, item, blind);
    bool is_about = !ht_uuid_is_nil(&item->match) || !ht_uuid_is_nil(&item->candidate);
    return who ? who : g_strdup(is_about ? "(not here any more)" : "");
}

char *ht_context_words_of(HtContext *context, const HtOutboxItem *item, const char *text,
                          bool blind)
{
    return ht_blind_words(context->parts.reader, key_of(context, &item->match),
                          key_of(context, &item->candidate), text, blind);
}

/* All of it by one person? Then his words say so. */
static const char *said_by_one(const GPtrArray *items)
{
    const HtOutboxItem *first = items->pdata[0];
    for (guint i = 1; i < items->len; i++) {
        if (strcmp(((const HtOutboxItem *)items->pdata[i])->why, first->why) != 0)
            return "others had decided the same already";
    }
    return first->why;
}

char *ht_context_say_same(HtContext *context, const HtOpSpan *span, guint n)
{
    g_autoptr(GPtrArray) items =
        ht_outbox_list_same(context->parts.outbox, span, n ? MOST_SAME : 0, NULL);
    if (!items || items->len == 0)
        return NULL;
    const char *why = said_by_one(items);
    if (items->len > 1)
        return g_strdup_printf("%u of them: %s.", MAX(n, items->len), why);
    const HtOutboxItem *item = items->pdata[0];
    g_autofree char *who =
        ht_context_who(context, key_of(context, &item->match), key_of(context, &item->candidate));
    return g_strdup_printf("%s: %s.", *who ? who : item->label, why);
}

static HtListRow *new_item_row(HtContext *context, const HtOutboxItem *item)
{
    HtListRow *row = ht_list_row_new(item->seq);
    row->number = item->seq;
    row->match = key_of(context, &item->match);
    row->candidate = key_of(context, &item->candidate);
    row->state = item->state == HT_OP_CONFLICT ? HT_ROW_CONFLICT : HT_ROW_PENDING;
    return row;
}

static HtListRow *item_row(HtContext *context, const HtOutboxItem *item, bool blind)
{
    HtListRow *row = new_item_row(context, item);
    char age[16];
    g_autofree char *who = ht_context_say_who(context, item, blind);
    ht_list_row_set(row, 0, style_of_state(item->state), ht_op_state_name(item->state));
    ht_list_row_set(row, 1, HT_STYLE_ROW_NORMAL, item->label);
    ht_list_row_set(row, 2, HT_STYLE_ROW_NORMAL, who);
    ht_list_row_set(row, 3, HT_STYLE_TIME, ht_clock_format_age(ht_clock_now_us() - item->at, age));
    ht_list_row_set(row, 4, HT_STYLE_MUTED, item->why);
    return row;
}

/* After ten thousand decisions nobody reads them one by one here: a list of that length would make
 * keys slow. What waits for a person comes first, and the next ones follow what is settled. */
static void add_rest(GPtrArray *rows, guint most, int all, const char *verb)
{
    int rest = all - (int)rows->len;
    if (rows->len < most || rest <= 0)
        return;
    HtListRow *row = ht_list_row_new(-1);
    row->state = HT_ROW_SECTION;
    g_autofree char *text = g_strdup_printf("and %d more (hiretty %s)", rest, verb);
    ht_list_row_set(row, 0, HT_STYLE_ROW_SECTION, text);
    g_ptr_array_add(rows, row);
}

static int count_open(HtContext *context, bool stuck_alone)
{
    HtOutboxCounts n = {0};
    ht_outbox_counts(context->parts.outbox, &n);
    return n.conflicts + n.rejected + (stuck_alone ? 0 : n.pending + n.sending + n.parked);
}

static GPtrArray *outbox_load(gpointer data, bool blind, GError **error)
{
    HtContext *context = data;
    g_autoptr(GPtrArray) items = ht_outbox_list(context->parts.outbox, MOST_ITEMS, error);
    if (!items)
        return NULL;
    GPtrArray *rows = new_rows();
    for (guint i = 0; i < items->len; i++)
        g_ptr_array_add(rows, item_row(context, items->pdata[i], blind));
    add_rest(rows, MOST_ITEMS, count_open(context, false), "outbox list");
    return rows;
}

HtView *ht_new_outbox_view(HtContext *context)
{
    HtListSpec spec = {.id = HT_VIEW_OUTBOX,
                       .columns = outbox_columns,
                       .n_columns = G_N_ELEMENTS(outbox_columns),
                       .place = "Outbox",
                       .tables = HT_CHANGED_SHOWN,
                       .load = outbox_load,
                       .data = context};
    return ht_view_new_list(ht_view_parts(context), &spec);
}

/* ---- conflicts
 * ------------------------------------------------------------------------------------------- */
static const HtColumn conflict_columns[] = {
    {"state", "State", 9, 0, HT_ALIGN_LEFT, 60, NULL},
    {"who", "Who", 10, 2, HT_ALIGN_LEFT, 0, NULL},
    {"what", "What", 11, 3, HT_ALIGN_LEFT, 0, NULL},
    {"mine", "Mine", 12, 2, HT_ALIGN_LEFT, 64, NULL},
    {"theirs", "Theirs", 10, 2, HT_ALIGN_LEFT, 0, NULL},
};
/* What stands there now may be another's decision, which came after the conflict. */
#define CONFLICT_TABLES (HT_CHANGED_SHOWN | HT_CHANGED(15) | HT_CHANGED(17))
enum { CONFLICT_STATE, CONFLICT_WHO, CONFLICT_WHAT, CONFLICT_MINE, CONFLICT_THEIRS };

/* "Theirs is by Tom Lind, 20 min ago." as far as it is known. */
static void add_whose(HtDoc *doc, const HtConflict *conflict, int width)
{
    char age[16];
    g_autofree char *by = ht_text_sanitize(conflict->theirs_by, -1, HT_TEXT_LINE, NULL);
    g_autoptr(GString) whose =
        g_string_new(conflict->is_past ? "What stands there now is" : "Theirs is");
    if (!*by && !conflict->theirs_at)
        return;
    if (*by)
        g_string_append_printf(whose, " by %s", by);
    if (conflict->theirs_at)
        g_string_append_printf(
            whose, "%s %s ago", *by ? "," : " of",
            ht_clock_format_age(MAX(0, ht_clock_now_us() - conflict->theirs_at), age));
    g_string_append_c(whose, '.');
    ht_doc_newline(doc);
    ht_doc_wrap(doc, HT_STYLE_MUTED, 0, width, whose->str);
}

/* What is possible, before somebody tries it; NULL = what the words say. */
static const char *advice_of(const HtConflict *conflict)
{
    switch (conflict->keep) {
    case HT_KEEP_REOPENS:
        return conflict->is_same ? "Both of you decided the same; yours has a reason or a mail of "
                                   "its own: keeping it reopens the application first, with a "
                                   "reason."
                                 : "It was closed meanwhile: keeping yours reopens it first, with "
                                   "a reason.";
    case HT_KEEP_NOTE:
        return "It stands there already: keeping yours adds your note, and theirs stands.";
    case HT_KEEP_NOTHING:
        return conflict->is_same
                   ? "Both of you decided the same: nothing is lost when theirs stands."
                   : "It stands there already: nothing is lost when theirs stands.";
    case HT_KEEP_NEVER:
        return "It stands there already, and your mail goes with no other decision: only theirs "
               "can stand.";
    case HT_KEEP_OVER:
        return "Another decision followed what this undoes: only theirs can stand.";
    case HT_KEEP_GOES:
    default:
        return NULL;
    }
}

/* What happened, then the three values beside each other. */
static void fill_conflict(HtDoc *doc, HtContext *context, const HtConflict *conflict, bool blind,
                          int width)
{
    g_autofree char *label = ht_text_sanitize(conflict->item.label, -1, HT_TEXT_LINE, NULL);
    g_autofree char *who = ht_context_say_who(context, &conflict->item, blind);
    g_autofree char *name = ht_text_sanitize(who, -1, HT_TEXT_LINE, NULL);
    g_autofree char *title = *name ? g_strdup_printf("%s: %s", label, name) : g_strdup(label);
    ht_doc_wrap(doc, HT_STYLE_TITLE, 0, width, title);
    if (conflict->item.why) {
        g_autofree char *why = ht_text_sanitize(conflict->item.why, -1, HT_TEXT_LINE, NULL);
        ht_doc_newline(doc);
        ht_doc_wrap(doc, HT_STYLE_WARNING, 0, width, why);
    }
    add_whose(doc, conflict, width);
    const char *texts[] = {conflict->base, conflict->mine, conflict->theirs};
    char *clean[G_N_ELEMENTS(texts)];
    for (gsize i = 0; i < G_N_ELEMENTS(texts); i++) {
        g_autofree char *words = ht_context_words_of(context, &conflict->item, texts[i], blind);
        clean[i] = ht_text_sanitize(words, -1, HT_TEXT_BLOCK, NULL);
    }
    HtSide sides[] = {{"Before", HT_STYLE_MUTED, clean[0]},
                      {"Mine", HT_STYLE_STRONG, clean[1]},
                      {conflict->is_past ? "Now" : "Theirs", HT_STYLE_NORMAL, clean[2]}};
    ht_doc_sides(doc, sides, G_N_ELEMENTS(sides), width);
    for (gsize i = 0; i < G_N_ELEMENTS(clean); i++)
        g_free(clean[i]);
    const char *advice = advice_of(conflict);
    if (advice) {
        ht_doc_newline(doc);
        ht_doc_newline(doc);
        ht_doc_wrap(doc, HT_STYLE_MUTED, 0, width, advice);
    }
}

static HtListRow *conflict_row(HtContext *context, const HtConflict *conflict, bool blind)
{
    const HtOutboxItem *item = &conflict->item;
    HtListRow *row = new_item_row(context, item);
    g_autofree char *who = ht_context_say_who(context, item, blind);
    ht_list_row_set(row, CONFLICT_STATE, style_of_state(item->state),
                    ht_op_state_name(item->state));
    ht_list_row_set(row, CONFLICT_WHO, HT_STYLE_ROW_NORMAL, who);
    ht_list_row_set(row, CONFLICT_WHAT, HT_STYLE_ROW_NORMAL, item->label);
    g_autofree char *mine = ht_context_words_of(context, item, conflict->mine, blind);
    g_autofree char *theirs = ht_context_words_of(context, item, conflict->theirs, blind);
    ht_list_row_set(row, CONFLICT_MINE, HT_STYLE_ROW_NORMAL, mine);
    ht_list_row_set(row, CONFLICT_THEIRS, HT_STYLE_ROW_NORMAL, theirs);
    row->data = GINT_TO_POINTER(conflict->text != NULL);
    return row;
}

typedef struct {
    HtContext *context;
    int64_t seq;
    bool has_text;
} OneConflict;

static void one_conflict_fill(HtDoc *doc, bool blind, int width, gpointer data)
{
    OneConflict *one = data;
    g_autoptr(HtConflict) conflict = ht_outbox_conflict(one->context->parts.outbox, one->seq, NULL);
    one->has_text = conflict && conflict->text;
    if (conflict)
        fill_conflict(doc, one->context, conflict, blind, width);
    else
        ht_doc_add(doc, HT_STYLE_MUTED, "This one is settled. q goes back.");
}

static void conflict_preview(HtDoc *doc, const HtListRow *row, bool blind, int width, gpointer data)
{
    HtContext *context = data;
    g_autoptr(HtConflict) conflict = ht_outbox_conflict(context->parts.outbox, row->number, NULL);
    if (conflict)
        fill_conflict(doc, context, conflict, blind, width);
}

HtView *ht_new_conflict_view(HtContext *context, int64_t seq)
{
    OneConflict *one = g_new0(OneConflict, 1);
    *one = (OneConflict){context, seq, false};
    HtTextSpec spec = {.id = HT_VIEW_CONFLICT,
                       .place = "Conflict",
                       .tables = CONFLICT_TABLES,
                       .fill = one_conflict_fill,
                       .data = one,
                       .free_data = g_free};
    return ht_view_new_text(ht_view_parts(context), &spec);
}

int64_t ht_conflict_here(HtContext *context)
{
    HtView *view = ht_top(context);
    if (ht_view_id(view) == HT_VIEW_CONFLICT)
        return ((const OneConflict *)ht_view_text_data(view))->seq;
    const HtListRow *row = ht_view_list_row(view, ht_view_cursor(view));
    return row ? row->number : 0;
}

bool ht_conflict_in_outbox(HtContext *context)
{
    HtView *view = ht_top(context);
    if (ht_view_id(view) != HT_VIEW_OUTBOX)
        return false;
    const HtListRow *row = ht_view_list_row(view, ht_view_cursor(view));
    return row && row->state == HT_ROW_CONFLICT;
}

bool ht_conflict_has_text(HtContext *context)
{
    HtView *view = ht_top(context);
    if (ht_view_id(view) == HT_VIEW_CONFLICT)
        return ((const OneConflict *)ht_view_text_data(view))->has_text;
    const HtListRow *row = ht_view_list_row(view, ht_view_cursor(view));
    return row && row->data;
}

static GPtrArray *conflicts_load(gpointer data, bool blind, GError **error)
{
    HtContext *context = data;
    g_autoptr(GPtrArray) items =
        ht_outbox_some_conflicts(context->parts.outbox, MOST_CONFLICTS, error);
    if (!items)
        return NULL;
    GPtrArray *rows = new_rows();
    for (guint i = 0; i < items->len; i++)
        g_ptr_array_add(rows, conflict_row(context, items->pdata[i], blind));
    add_rest(rows, MOST_CONFLICTS, count_open(context, true), "conflicts");
    return rows;
}

HtView *ht_new_conflicts_view(HtContext *context)
{
    HtListSpec spec = {.id = HT_VIEW_CONFLICTS,
                       .columns = conflict_columns,
                       .n_columns = G_N_ELEMENTS(conflict_columns),
                       .place = "Conflicts",
                       .tables = CONFLICT_TABLES,
                       .load = conflicts_load,
                       .preview = conflict_preview,
                       .data = context};
    return ht_view_new_list(ht_view_parts(context), &spec);
}

/* ---- help
 * -------------------------------------------------------------------------------------------------
 */
static const HtColumn help_columns[] = {
    {"keys", "Keys", 12, 0, HT_ALIGN_LEFT, 0, NULL},
    {"summary", "What it does", 24, 4, HT_ALIGN_LEFT, 0, NULL},
    {"name", "Command", 14, 1, HT_ALIGN_LEFT, 60, NULL},
};

typedef struct {
    HtContext *context;
    HtViewId view;
    char *place;
} Help;

static void help_free(gpointer data)
{
    Help *help = data;
    g_free(help->place);
    g_free(help);
}

static GPtrArray *help_load(gpointer data, bool blind, GError **error)
{
    (void)blind;
    (void)error;
    const Help *help = data;
    GPtrArray *rows = new_rows();
    int n;
    const HtCommand *commands = ht_commands(&n);
    const char *group = "";
    for (int i = 0; i < n; i++) {
        if (!(commands[i].views & (1u << help->view)))
            continue;
        if (strcmp(group, commands[i].group) != 0) {
            group = commands[i].group;
            HtListRow *section = ht_list_row_new(-(i + 1));
            section->state = HT_ROW_SECTION;
            ht_list_row_set(section, 0, HT_STYLE_ROW_SECTION, group);
            g_ptr_array_add(rows, section);
        }
        g_autofree char *keys = ht_keymap_keys_of(help->context->keymap, help->view, &commands[i]);
        HtListRow *row = ht_list_row_new(i + 1);
        row->data = (gpointer)(guintptr)&commands[i];
        ht_list_row_set(row, 0, HT_STYLE_KEY, keys);
        ht_list_row_set(row, 1, HT_STYLE_ROW_NORMAL, commands[i].summary);
        ht_list_row_set(row, 2, HT_STYLE_MUTED, commands[i].name);
        g_ptr_array_add(rows, row);
    }
    bool of_jobs = help->view == HT_VIEW_JOBS;
    if (of_jobs || help->view == HT_VIEW_MATCHES || help->view == HT_VIEW_CANDIDATES)
        ht_add_filter_help(rows, of_jobs);
    return rows;
}

HtView *ht_new_help_view(HtContext *context, HtViewId for_view)
{
    Help *help = g_new0(Help, 1);
    *help = (Help){context, for_view, g_strdup_printf("Keys in %s", ht_view_id_name(for_view))};
    HtListSpec spec = {.id = HT_VIEW_HELP,
                       .columns = help_columns,
                       .n_columns = G_N_ELEMENTS(help_columns),
                       .place = help->place,
                       .takes_signs = true,
                       .load = help_load,
                       .data = help,
                       .free_data = help_free};
    return ht_view_new_list(ht_view_parts(context), &spec);
}

/* ---- status
 * --------------------------------------------------------------------------------------------------
 */
static void add_line(HtDoc *doc, HtStyle role, const char *label, const char *text)
{
    g_autofree char *clean = ht_text_sanitize(text, -1, HT_TEXT_LINE, NULL);
    ht_doc_newline(doc);
    ht_doc_add(doc, HT_STYLE_LABEL, label);
    ht_doc_pad(doc, LABEL_COLUMNS);
    ht_doc_add(doc, role, *clean ? clean : "-");
}

/* What has to be read whole: below its label where the window is narrow. */
static void add_sentence(HtDoc *doc, HtStyle role, const char *label, const char *text, int width)
{
    g_autofree char *clean = ht_text_sanitize(text, -1, HT_TEXT_LINE, NULL);
    if (ht_text_width(clean) + LABEL_COLUMNS <= width) {
        add_line(doc, role, label, text);
        return;
    }
    ht_doc_newline(doc);
    ht_doc_add(doc, HT_STYLE_LABEL, label);
    ht_doc_newline(doc);
    ht_doc_wrap(doc, role, 2, width, clean);
}

static void add_sync(HtDoc *doc, HtContext *context, int width)
{
    HtSyncStatus status = {.state = HT_SYNC_NEVER};
    if (context->parts.sync)
        ht_sync_status(context->parts.sync, &status);
    ht_doc_heading(doc, "Connection");
    add_line(doc, HT_STYLE_STRONG, "State", ht_sync_state_name(status.state));
    add_line(doc, HT_STYLE_NORMAL, "Server", status.server);
    add_line(doc, HT_STYLE_NORMAL, "Tenant", status.tenant);
    add_line(doc, HT_STYLE_NORMAL, "Role", status.role);
    char age[16];
    g_autofree char *last =
        status.last_sync_us
            ? g_strdup_printf("%s ago",
                              ht_clock_format_age(ht_clock_now_us() - status.last_sync_us, age))
            : g_strdup("never");
    add_line(doc, HT_STYLE_TIME, "Last sync", last);
    if (status.progress.total_estimate > 0) {
        g_autofree char *text =
            g_strdup_printf("%" G_GINT64_FORMAT " of about %" G_GINT64_FORMAT " %s, %.0f a second",
                            status.progress.rows, status.progress.total_estimate,
                            ht_text_plural(status.progress.total_estimate, "row", "rows"),
                            status.progress.rows_per_s);
        add_line(doc, HT_STYLE_NORMAL, "Loading", text);
    }
    if (*status.error)
        add_sentence(doc, HT_STYLE_ERROR, "Problem", status.error, width);
    if (status.password == HT_SYNC_PASSWORD_HELD)
        add_line(doc, HT_STYLE_NORMAL, "Password", "typed, kept in memory until the end");
    if (*status.warning)
        add_sentence(doc, HT_STYLE_WARNING, "Warning", status.warning, width);
}

static void add_outbox(HtDoc *doc, HtContext *context)
{
    HtOutboxCounts counts = {0};
    if (context->parts.outbox)
        ht_outbox_counts(context->parts.outbox, &counts);
    ht_doc_heading(doc, "Outbox");
    g_autofree char *waiting = g_strdup_printf("%d", counts.pending + counts.sending);
    g_autofree char *parked = g_strdup_printf("%d", counts.parked);
    g_autofree char *trouble = g_strdup_printf("%d", counts.conflicts + counts.rejected);
    add_line(doc, HT_STYLE_NORMAL, "Waiting", waiting);
    add_line(doc, HT_STYLE_NORMAL, "Parked", parked);
    add_line(doc, HT_STYLE_NORMAL, "Conflicts", trouble);
    g_autofree char *undo =
        context->parts.outbox ? ht_outbox_undo_label(context->parts.outbox) : NULL;
    if (undo)
        add_line(doc, HT_STYLE_NORMAL, "u undoes", undo);
}

static void status_fill(HtDoc *doc, bool blind, int width, gpointer data)
{
    (void)blind;
    HtContext *context = data;
    add_sync(doc, context, width);
    add_outbox(doc, context);
    ht_doc_heading(doc, "Cache");
    g_autofree char *path = ht_cache_path(context->parts.cache);
    add_line(doc, HT_STYLE_NORMAL, "File", path);
    if (ht_cache_problem(context->parts.cache))
        add_line(doc, HT_STYLE_WARNING, "Mended", ht_cache_problem(context->parts.cache));
    if (ht_outbox_problem(context->parts.outbox))
        add_line(doc, HT_STYLE_WARNING, "Mended", ht_outbox_problem(context->parts.outbox));
    g_autofree char *percent =
        g_strdup_printf("%d %%", ht_cache_index_percent(context->parts.reader));
    add_line(doc, HT_STYLE_NORMAL, "Full text", percent);
}

HtView *ht_new_status_view(HtContext *context)
{
    HtTextSpec spec = {.id = HT_VIEW_STATUS,
                       .place = "Status",
                       .tables = HT_CHANGED_META | HT_CHANGED_SHOWN,
                       .fill = status_fill,
                       .data = context};
    return ht_view_new_text(ht_view_parts(context), &spec);
}

/* ---- no rows
 * ------------------------------------------------------------------------------------------------
 */
/* Before the first load a list without rows looks like a company without jobs. */
static const char *nothing_yet(HtContext *context)
{
    HtSyncStatus status = {.state = HT_SYNC_NEVER};
    if (context->parts.sync)
        ht_sync_status(context->parts.sync, &status);
    if (status.last_sync_us > 0)
        return NULL;
    if (ht_sync_last_us_by(context->parts.reader) > 0)
        return NULL;
    bool comes = status.state == HT_SYNC_LOADING || status.state == HT_SYNC_CONNECTING;
    return comes ? "The first load goes on\xE2\x80\xA6" : "Nothing was fetched yet.";
}

const char *ht_context_nothing_text(HtContext *context)
{
    HtViewId id = ht_view_id(ht_top(context));
    if (id == HT_VIEW_OUTBOX)
        return ht_outbox_problem(context->parts.outbox) ? "Nothing waits."
                                                        : "Nothing waits: everything was sent.";
    if (id == HT_VIEW_CONFLICTS)
        return "No conflicts: nobody decided otherwise.";
    const char *yet = id == HT_VIEW_HELP || id == HT_VIEW_SHEET ? NULL : nothing_yet(context);
    return yet ? yet : "Nothing here.";
}
