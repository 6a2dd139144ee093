/* Looking at the outbox, from any thread: a connection of its own behind a lock, which is held for
 * a look and never while something is written. What it is about is told by ids: keys are of one
 * generation of the cache, and whoever looks reads in a generation of his own. */
#include "internal.h"

#include "hiretty/base/clock.h"
#include "hiretty/base/text.h"
#include "hiretty/domain/candidate.h"

#include <string.h>

/* --- Lists */

/* What is left of a label when the words went with the person (forget.c). */
static const char *bare_label(const HtOp *op)
{
    static const struct {
        int tbl;
        const char *insert, *update, *delete;
    } rows[] = {
        {HT_TBL_NOTE, "Note", "Edit a note", "Delete a note"},
        {HT_TBL_TAG, "Tag", "Tag", "Remove a tag"},
        {HT_TBL_INTERVIEW, "Interview", "Change an interview", "Cancel an interview"},
        {HT_TBL_PANEL, "Panel", "Panel", "Panel"},
        {HT_TBL_FEEDBACK, "Feedback", "Feedback", "Feedback"},
    };
    for (gsize i = 0; op->fn == HT_PUSH_FIELDS && i < G_N_ELEMENTS(rows); i++) {
        if (rows[i].tbl == op->tbl)
            return g_str_equal(op->kind, "insert")   ? rows[i].insert
                   : g_str_equal(op->kind, "delete") ? rows[i].delete
                                                     : rows[i].update;
    }
    return NULL;
}

static char *label_of(const HtOp *op)
{
    const char *bare = g_strcmp0(op->label, op->kind) == 0 ? bare_label(op) : NULL;
    char *label = g_strdup(bare ? bare : op->label);
    if (label)
        label[0] = g_ascii_toupper(label[0]);
    return label;
}

static void fill_item(HtOutboxItem *item, const HtOp *op)
{
    item->seq = op->seq;
    item->group = op->group;
    item->op = op->op;
    item->row = op->row;
    item->match = op->match;
    item->candidate = op->candidate;
    item->state = op->state;
    item->label = label_of(op);
    item->at = op->at;
    item->why = g_strdup(op->why);
    item->code = g_strdup(op->code);
}

static void free_item(gpointer item)
{
    ht_outbox_item_free(item);
}

GPtrArray *ht_outbox_items(HtStmt *stmt, GError **error)
{
    g_autoptr(GPtrArray) ops = ht_ops_read_bare(stmt, error);
    GPtrArray *items = ops ? g_ptr_array_new_with_free_func(free_item) : NULL;
    for (guint i = 0; items && i < ops->len; i++) {
        HtOutboxItem *item = g_new0(HtOutboxItem, 1);
        fill_item(item, ops->pdata[i]);
        g_ptr_array_add(items, item);
    }
    return items;
}

static GPtrArray *items_of(HtOutbox *outbox, const char *resource, int64_t limit, GError **error)
{
    HtStmt *stmt = ht_db_stmt(outbox->look_db, resource, error);
    if (stmt)
        ht_stmt_bind_int(stmt, 1, limit);
    return ht_outbox_items(stmt, error);
}

static GPtrArray *first_items(HtOutbox *outbox, gsize limit, GError **error)
{
    g_autoptr(GPtrArray) items =
        items_of(outbox, HT_OUTBOX_QUERY("ops_stuck"), (int64_t)limit, error);
    if (!items || items->len == limit)
        return g_steal_pointer(&items);
    GPtrArray *rest =
        items_of(outbox, HT_OUTBOX_QUERY("ops_on_their_way"), (int64_t)limit - items->len, error);
    if (!rest)
        return NULL;
    g_ptr_array_extend_and_steal(items, rest);
    return g_steal_pointer(&items);
}

GPtrArray *ht_outbox_list(HtOutbox *outbox, gsize limit, GError **error)
{
    g_mutex_lock(&outbox->lock);
    GPtrArray *items = limit ? first_items(outbox, limit, error)
                             : items_of(outbox, HT_OUTBOX_QUERY("ops_open"), -1, error);
    g_mutex_unlock(&outbox->lock);
    return items;
}

GPtrArray *ht_outbox_list_span(HtOutbox *outbox, const HtOpSpan *span, GError **error)
{
    g_mutex_lock(&outbox->lock);
    HtStmt *stmt = ht_db_stmt(outbox->look_db, HT_OUTBOX_QUERY("ops_span"), error);
    if (stmt) {
        ht_stmt_bind_int(stmt, 1, span->first);
        ht_stmt_bind_int(stmt, 2, span->last);
    }
    GPtrArray *items = ht_outbox_items(stmt, error);
    g_mutex_unlock(&outbox->lock);
    return items;
}

static void count_state(HtOutboxCounts *counts, HtOpState state, int n)
{
    switch (state) {
    case HT_OP_PENDING:
        counts->pending += n;
        break;
    case HT_OP_SENDING:
        counts->sending += n;
        break;
    case HT_OP_PARKED:
        counts->parked += n;
        break;
    case HT_OP_CONFLICT:
        counts->conflicts += n;
        break;
    case HT_OP_REJECTED:
    case HT_OP_GONE:
        counts->rejected += n;
        break;
    case HT_OP_DONE:
    case HT_OP_DROPPED:
        break;
    }
}

static bool read_counts(HtOutbox *outbox, HtOutboxCounts *out)
{
    g_auto(HtStmtUse) use = {ht_db_stmt(outbox->look_db, HT_OUTBOX_QUERY("counts"), NULL)};
    HtStep step = HT_STEP_ERROR;
    while (use.stmt && (step = ht_stmt_step(use.stmt, NULL)) == HT_STEP_ROW)
        count_state(out, (HtOpState)ht_stmt_int(use.stmt, 0), (int)ht_stmt_int(use.stmt, 1));
    return step == HT_STEP_DONE;
}

void ht_outbox_counts(HtOutbox *outbox, HtOutboxCounts *out)
{
    g_mutex_lock(&outbox->lock);
    int64_t version = ht_db_pragma_int(outbox->look_db, "data_version");
    HtOutboxCounts fresh = {0};
    /* What cannot be read now is as it was, and is asked for again the next time. */
    if (version != outbox->counts_version && read_counts(outbox, &fresh)) {
        outbox->counts = fresh;
        outbox->counts_version = version;
    }
    *out = outbox->counts;
    g_mutex_unlock(&outbox->lock);
}

char *ht_outbox_undo_label(HtOutbox *outbox)
{
    char *label = NULL;
    g_mutex_lock(&outbox->lock);
    {
        g_auto(HtStmtUse)
            use = {ht_db_stmt(outbox->look_db, HT_OUTBOX_QUERY("group_undoable"), NULL)};
        if (use.stmt && ht_stmt_step(use.stmt, NULL) == HT_STEP_ROW)
            label = ht_stmt_dup_text(use.stmt, 1);
    }
    g_mutex_unlock(&outbox->lock);
    return label;
}

/* --- Conflicts, for people */

static char *text_of(HtOutbox *outbox, const char *resource, const HtUuid *id)
{
    g_auto(HtStmtUse) use = {ht_db_stmt(ht_reader_db(outbox->look_reader), resource, NULL)};
    if (!use.stmt)
        return NULL;
    ht_stmt_bind_uuid(use.stmt, 1, id);
    return ht_stmt_step(use.stmt, NULL) == HT_STEP_ROW ? ht_stmt_dup_text(use.stmt, 0) : NULL;
}

static char *named(HtOutbox *outbox, const HtJson *json, const char *member, const char *resource)
{
    HtUuid id;
    return ht_json_get_uuid(json, member, &id) ? text_of(outbox, resource, &id) : NULL;
}

static char *person_named(HtOutbox *outbox, const HtUuid *id)
{
    g_auto(HtStmtUse)
        use = {ht_db_stmt(ht_reader_db(outbox->look_reader), HT_CACHE_QUERY("user_name"), NULL)};
    if (!use.stmt || ht_uuid_is_nil(id))
        return NULL;
    ht_stmt_bind_uuid(use.stmt, 1, id);
    if (ht_stmt_step(use.stmt, NULL) != HT_STEP_ROW)
        return NULL;
    return ht_person_name(ht_stmt_text(use.stmt, 0), ht_stmt_text(use.stmt, 1));
}

/* The stage names and the last decision among the rows that the server sent. */
static void their_decision(HtOutbox *outbox, HtConflict *conflict, const HtOp *op,
                           const HtJson *rows)
{
    g_autofree char *stage = NULL, *decision = NULL;
    for (const HtJson *e = ht_json_first(rows); e; e = ht_json_next(e)) {
        const HtJson *row = ht_json_get(e, "row");
        int64_t tbl = ht_json_get_int(e, "tbl", 0);
        if (tbl == HT_TBL_MATCH && !stage)
            stage = named(outbox, row, "stage_id", HT_CACHE_QUERY("stage_name"));
        if (ht_json_get_string(row, "decision", NULL)) {
            g_free(decision);
            decision = g_strdup(ht_json_get_string(row, "decision", NULL));
        }
    }
    HtDecisionKind kind = ht_decision_parse(decision);
    conflict->is_same = ht_same_decided(op, rows);
    conflict->theirs = g_strdup_printf("%s%s%s", kind ? ht_decision_past(kind) : "",
                                       kind && stage ? ", now in " : "", stage ? stage : "");
}

static void describe_decision(HtOutbox *outbox, HtConflict *conflict, const HtOp *op,
                              const HtJson *rows)
{
    g_autofree char *from = named(outbox, op->body, "from_stage", HT_CACHE_QUERY("stage_name"));
    g_autofree char *to = named(outbox, op->body, "to_stage", HT_CACHE_QUERY("stage_name"));
    g_autofree char *reason = named(outbox, op->body, "reason", HT_CACHE_QUERY("reason_name"));
    conflict->base = g_strdup(from ? from : "");
    conflict->mine =
        g_strdup_printf("%s%s%s%s%s", ht_decision_past(ht_decision_parse(op->kind)),
                        to ? " → " : "", to ? to : "", reason ? ": " : "", reason ? reason : "");
    their_decision(outbox, conflict, op, rows);
}

/* --- Fields, in words */

typedef struct {
    const char *name, *label;
    bool is_time;
} FieldRow;

static const FieldRow field_rows[] = {
    {"body", NULL, false},
    {"tag", NULL, false},
    {"rating", "rating", false},
    {"recommendation", "recommends", false},
    {"notes", "notes", false},
    {"submitted_at", "submitted", true},
    {"interview_type", "kind", false},
    {"scheduled_at", "time", true},
    {"duration_minutes", "minutes", false},
    {"status", "status", false},
};

static void add_value(GString *out, const FieldRow *field, const HtJson *value)
{
    if (out->len > 0)
        g_string_append_c(out, '\n');
    if (field->label)
        g_string_append_printf(out, "%s: ", field->label);
    const char *text = ht_json_string(value, NULL);
    if (field->is_time && ht_json_int(value, 0)) {
        g_autofree char *when = ht_clock_format(ht_json_int(value, 0), NULL, "%a %-d %b %Y %H:%M");
        g_string_append(out, when);
    } else if (text) {
        g_autofree char *words = g_strdup(text);
        bool code = strcmp(field->name, "recommendation") == 0;
        g_string_append(out, code ? g_strdelimit(words, "_", ' ') : words);
    } else if (ht_json_type(value) == HT_JSON_NUMBER) {
        g_string_append_printf(out, "%" G_GINT64_FORMAT, ht_json_int(value, 0));
    } else {
        g_string_append_c(out, '-');
    }
}

/* The fields that `set` names, with their values in `from`. */
static char *fields_text(const HtJson *set, const HtJson *from)
{
    GString *out = g_string_new(NULL);
    for (gsize i = 0; from && i < G_N_ELEMENTS(field_rows); i++) {
        const HtJson *value = ht_json_get(from, field_rows[i].name);
        if (ht_json_get(set, field_rows[i].name) && value)
            add_value(out, &field_rows[i], value);
    }
    return g_string_free(out, FALSE);
}

static char *panel_text(HtOutbox *outbox, const HtJson *set)
{
    HtUuid member;
    if (!ht_json_get_uuid(set, "member_id", &member))
        return g_strdup("");
    g_auto(HtStmtUse)
        use = {ht_db_stmt(ht_reader_db(outbox->look_reader), HT_CACHE_QUERY("member_name"), NULL)};
    if (!use.stmt)
        return g_strdup("");
    ht_stmt_bind_uuid(use.stmt, 1, &member);
    if (ht_stmt_step(use.stmt, NULL) != HT_STEP_ROW)
        return g_strdup("");
    return ht_person_name(ht_stmt_text(use.stmt, 0), ht_stmt_text(use.stmt, 1));
}

static void describe_field(HtOutbox *outbox, HtConflict *conflict, const HtOp *op,
                           const HtJson *rows)
{
    const HtJson *set = ht_json_get(op->body, "set");
    const HtJson *row = ht_json_get(ht_json_first(rows), "row");
    const char *name = ht_op_text_field(op);
    bool deletes = g_str_equal(op->kind, "delete");
    conflict->base = fields_text(set, ht_json_get(op->body, "base"));
    conflict->theirs = fields_text(set, row);
    if (deletes)
        conflict->mine = g_strdup("(deleted)");
    else if (op->tbl == HT_TBL_PANEL)
        conflict->mine = panel_text(outbox, set);
    else
        conflict->mine = fields_text(set, set);
    conflict->text = g_strdup(name ? ht_json_get_string(set, name, NULL) : NULL);
}

typedef struct {
    bool is_mine;
    int64_t at, seq; /* seq: of an op that the server has not answered; 0 = the server's */
    char *by;
} Decided;

/* false: it is not known here. Free `by`. */
static bool read_decided(HtReader *reader, HtKey match, const HtUuid *id, Decided *out)
{
    g_autoptr(HtMe) me = ht_cache_me(reader, NULL);
    g_auto(HtStmtUse) use = {ht_db_stmt(ht_reader_db(reader), HT_CACHE_QUERY("decision_by"), NULL)};
    if (!use.stmt || !me || ht_uuid_is_nil(id))
        return false;
    ht_stmt_bind_int(use.stmt, 1, match);
    ht_stmt_bind_uuid(use.stmt, 2, id);
    ht_stmt_bind_int(use.stmt, 3, me->user_key);
    if (ht_stmt_step(use.stmt, NULL) != HT_STEP_ROW)
        return false;
    out->is_mine = ht_stmt_int(use.stmt, 0) != 0;
    out->at = ht_stmt_int(use.stmt, 1);
    out->seq = ht_stmt_int(use.stmt, 2);
    out->by = ht_person_name(ht_stmt_text(use.stmt, 3), ht_stmt_text(use.stmt, 4));
    return true;
}

/* Did another decision follow the one that it met? Mine did, when it is kept in another conflict
 * about the same application; anybody's may. What is not here yet followed nothing. */
static bool is_past(HtReader *reader, const HtOp *op, const HtJson *rows, const HtMatchRow *row,
                    Decided *now)
{
    HtUuid met = {{0}};
    const HtJson *theirs = ht_same_theirs(rows);
    ht_json_get_uuid(theirs, "id", &met);
    if (ht_uuid_equal(&row->last_decision_id, &met) ||
        !read_decided(reader, row->key, &row->last_decision_id, now))
        return false;
    Decided before = {0};
    bool is_here = now->seq > op->seq || read_decided(reader, row->key, &met, &before);
    g_free(before.by);
    return is_here;
}

/* Instead of what it met, which nobody can keep or take any more. */
static void tell_now(HtConflict *conflict, const HtMatchRow *row, Decided *now)
{
    const char *stage = row->stage_name ? row->stage_name : ht_stage_type_label(row->stage_type);
    conflict->is_past = true;
    conflict->is_same = false;
    g_free(conflict->theirs);
    conflict->theirs =
        g_strdup_printf("%s, now in %s", ht_decision_past(row->last_decision), stage);
    g_free(conflict->theirs_by);
    conflict->theirs_by = now->is_mine ? g_strdup("you") : g_steal_pointer(&now->by);
    conflict->theirs_at = now->at;
    g_free(conflict->item.why);
    conflict->item.why = g_strdup("Another decision has followed the one that this met.");
}

/* What stands there now, and what becomes of mine on that. */
static void look_at_now(HtOutbox *outbox, HtConflict *conflict, const HtOp *op, const HtJson *rows)
{
    HtReader *reader = outbox->look_reader;
    HtKey key = ht_uuid_is_nil(&op->match) ? 0 : ht_reader_key(reader, &op->match);
    HtMatchRow *row = key ? ht_cache_match(reader, key, NULL) : NULL;
    HtUuid stage = {{0}};
    if (!row)
        return;
    Decided now = {0};
    ht_reader_uuid(reader, row->stage, &stage);
    conflict->keep = ht_same_keep(op, &stage, row);
    conflict->needs_reason = conflict->keep == HT_KEEP_REOPENS;
    if (is_past(reader, op, rows, row, &now))
        tell_now(conflict, row, &now);
    g_free(now.by);
    ht_match_rows_free(row, 1);
}

static HtConflict *make_conflict(HtOutbox *outbox, const HtOp *op)
{
    HtConflict *conflict = g_new0(HtConflict, 1);
    fill_item(&conflict->item, op);
    g_autoptr(HtJson) rows = op->theirs ? ht_json_parse(op->theirs, -1, NULL) : NULL;
    conflict->theirs_by = person_named(outbox, &op->theirs_by);
    conflict->theirs_at = op->theirs_at;
    if (op->fn == HT_PUSH_DECISIONS) {
        describe_decision(outbox, conflict, op, rows);
        look_at_now(outbox, conflict, op, rows);
        const HtJson *note = ht_json_get(op->body, "note");
        conflict->text = g_strdup(ht_json_get_string(note, "body", NULL));
    } else {
        describe_field(outbox, conflict, op, rows);
    }
    if (conflict->theirs_by && g_strcmp0(op->code, "version") == 0) {
        g_free(conflict->item.why);
        conflict->item.why =
            g_strdup_printf("%s's change of the same field arrived first.", conflict->theirs_by);
    }
    return conflict;
}

/* --- What others had decided, too */

GPtrArray *ht_outbox_list_same(HtOutbox *outbox, const HtOpSpan *span, gsize limit, GError **error)
{
    GPtrArray *items = NULL;
    g_mutex_lock(&outbox->lock);
    HtStmt *stmt = ht_db_stmt(outbox->look_db, HT_OUTBOX_QUERY("ops_same"), error);
    if (stmt) {
        ht_stmt_bind_int(stmt, 1, span->first);
        ht_stmt_bind_int(stmt, 2, span->last);
        ht_stmt_bind_int(stmt, 3, limit ? (int64_t)limit : -1);
    }
    g_autoptr(GPtrArray) ops = ht_ops_read_bare(stmt, error);
    if (ops && ht_outbox_reader(outbox, &outbox->look_reader, error)) {
        items = g_ptr_array_new_with_free_func(free_item);
        for (guint i = 0; i < ops->len; i++) {
            const HtOp *op = ops->pdata[i];
            g_autofree char *by = person_named(outbox, &op->theirs_by);
            HtOutboxItem *item = g_new0(HtOutboxItem, 1);
            fill_item(item, op);
            item->why = g_strdup_printf("%s had decided the same already", by ? by : "Somebody");
            g_ptr_array_add(items, item);
        }
    }
    g_mutex_unlock(&outbox->lock);
    return items;
}

static void free_conflict(gpointer conflict)
{
    ht_conflict_free(conflict);
}

GPtrArray *ht_outbox_conflicts(HtOutbox *outbox, GError **error)
{
    return ht_outbox_some_conflicts(outbox, 0, error);
}

GPtrArray *ht_outbox_some_conflicts(HtOutbox *outbox, gsize limit, GError **error)
{
    GPtrArray *conflicts = NULL;
    g_mutex_lock(&outbox->lock);
    HtStmt *stmt = ht_db_stmt(outbox->look_db, HT_OUTBOX_QUERY("ops_conflicts"), error);
    if (stmt)
        ht_stmt_bind_int(stmt, 1, limit ? (int64_t)limit : -1);
    g_autoptr(GPtrArray) ops = ht_ops_read(stmt, error);
    if (ops && ht_outbox_reader(outbox, &outbox->look_reader, error)) {
        conflicts = g_ptr_array_new_with_free_func(free_conflict);
        for (guint i = 0; i < ops->len; i++)
            g_ptr_array_add(conflicts, make_conflict(outbox, ops->pdata[i]));
    }
    g_mutex_unlock(&outbox->lock);
    return conflicts;
}

static bool is_conflict(const HtOp *op)
{
    return op->state == HT_OP_CONFLICT || op->state == HT_OP_REJECTED || op->state == HT_OP_GONE;
}

HtConflict *ht_outbox_conflict(HtOutbox *outbox, int64_t seq, GError **error)
{
    HtConflict *conflict = NULL;
    g_mutex_lock(&outbox->lock);
    {
        g_autoptr(HtOp) op = ht_op_load(outbox->look_db, seq, error);
        if (op && !is_conflict(op))
            g_set_error_literal(error, HT_OUTBOX_ERROR, HT_OUTBOX_ERROR_NOTHING,
                                "it is not in conflict");
        else if (op && ht_outbox_reader(outbox, &outbox->look_reader, error))
            conflict = make_conflict(outbox, op);
    }
    g_mutex_unlock(&outbox->lock);
    return conflict;
}

/* --- Export */

static HtJson *export_op(const HtOp *op, bool whole)
{
    char text[HT_UUID_TEXT];
    HtJson *entry = ht_json_new_object();
    ht_json_set_int(entry, "seq", op->seq);
    ht_json_set_string(entry, "state", ht_op_state_name(op->state));
    ht_json_set_string(entry, "function", op->fn == HT_PUSH_DECISIONS ? "decisions" : "fields");
    ht_json_set_string(entry, "label", op->label);
    ht_json_set_string(entry, "row", ht_uuid_format(&op->row, text));
    if (op->why)
        ht_json_set_string(entry, "why", op->why);
    if (op->code)
        ht_json_set_string(entry, "code", op->code);
    HtJson *body = ht_json_dup(op->body);
    if (!whole)
        ht_json_remove(body, "mails");
    ht_json_set(entry, "op", body);
    return entry;
}

char *ht_ops_export(GPtrArray *ops, bool whole)
{
    g_autoptr(HtJson) list = ht_json_new_array();
    for (guint i = 0; i < ops->len; i++)
        ht_json_add(list, export_op(ops->pdata[i], whole));
    return ht_json_print(list, true);
}

char *ht_outbox_export(HtOutbox *outbox, GError **error)
{
    g_mutex_lock(&outbox->lock);
    HtStmt *stmt = ht_db_stmt(outbox->look_db, HT_OUTBOX_QUERY("ops_open"), error);
    if (stmt)
        ht_stmt_bind_int(stmt, 1, -1);
    g_autoptr(GPtrArray) ops = ht_ops_read(stmt, error);
    g_mutex_unlock(&outbox->lock);
    return ops ? ht_ops_export(ops, false) : NULL;
}
