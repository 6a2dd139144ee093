/* Changes of fields, each with what its author had seen: what they share, notes and tags. */
#include "internal.h"

#include "hiretty/base/text.h"
#include "hiretty/cache/candidates.h"
#include "hiretty/cache/sync_table.h"

#include <string.h>

#define TAG_MAX 60 /* characters, as the server says */

static const char *table_name(int tbl)
{
    const HtSyncTable *table = ht_sync_table_by_number(tbl);
    return table ? table->name : "";
}

HtOp *ht_field_op_new(HtPlan *plan, int tbl, const char *kind, const HtUuid *row,
                      const HtUuid *candidate, const char *label)
{
    HtOp *op = ht_op_new(HT_PUSH_FIELDS, tbl);
    op->kind = g_strdup(kind);
    op->row = *row;
    op->candidate = *candidate;
    op->at = plan->now_us;
    op->label = g_strdup(label);
    ht_json_set_string(op->body, "kind", kind);
    ht_json_set_string(op->body, "table", table_name(tbl));
    ht_json_set_uuid(op->body, "row", row);
    ht_json_set_null(op->body, "base_version");
    ht_json_set(op->body, "set", ht_json_new_object());
    ht_json_set(op->body, "base", ht_json_new_object());
    ht_json_set_int(op->body, "at", op->at);
    return op;
}

void ht_op_set(HtOp *op, const char *member, const char *name, HtJson *value)
{
    const HtJson *old = ht_json_get(op->body, member);
    HtJson *object = old ? ht_json_dup(old) : ht_json_new_object();
    ht_json_set(object, name, value);
    ht_json_set(op->body, member, object);
}

void ht_op_set_text(HtOp *op, const char *member, const char *name, const char *value)
{
    const HtJson *old = ht_json_get(op->body, member);
    HtJson *object = old ? ht_json_dup(old) : ht_json_new_object();
    ht_json_set_string(object, name, value);
    ht_json_set(op->body, member, object);
}

void ht_op_set_id(HtOp *op, const char *member, const char *name, const HtUuid *id)
{
    char text[HT_UUID_TEXT];
    ht_op_set_text(op, member, name, ht_uuid_is_nil(id) ? NULL : ht_uuid_format(id, text));
}

void ht_plan_take(HtPlan *plan, HtOp *op, HtKey key)
{
    g_ptr_array_add(plan->ops, op);
    g_array_append_val(plan->receipt->keys, key);
}

/* What `from` has and the member of the body has not. */
static void fill_up(HtOp *op, const char *member, const HtJson *from)
{
    for (const HtJson *e = ht_json_first(from); e; e = ht_json_next(e)) {
        if (!ht_json_get(ht_json_get(op->body, member), ht_json_key(e)))
            ht_op_set(op, member, ht_json_key(e), ht_json_dup(e));
    }
}

void ht_plan_merge(HtPlan *plan, HtOp *op)
{
    g_auto(HtStmtUse)
        use = {ht_db_stmt(plan->outbox->db, HT_OUTBOX_QUERY("op_pending_edit"), NULL)};
    if (!use.stmt)
        return;
    ht_stmt_bind_uuid(use.stmt, 1, &op->row);
    if (ht_stmt_step(use.stmt, NULL) != HT_STEP_ROW ||
        g_strcmp0(ht_stmt_text(use.stmt, 2), "delete") == 0)
        return;
    g_autoptr(HtJson) body = ht_json_parse(ht_stmt_text(use.stmt, 1), -1, NULL);
    const HtJson *base = ht_json_get(body, "base");
    if (!body || ht_json_get(ht_json_get(body, "set"), "deleted_at"))
        return;
    /* The first base of a field wins, the last value. */
    const HtJson *mine = ht_json_get(op->body, "base");
    g_autoptr(HtJson) later = mine ? ht_json_dup(mine) : NULL;
    ht_json_set(op->body, "base", base ? ht_json_dup(base) : ht_json_new_object());
    fill_up(op, "base", later);
    fill_up(op, "set", ht_json_get(body, "set"));
    if (ht_json_get(body, "base_version"))
        ht_json_set(op->body, "base_version", ht_json_dup(ht_json_get(body, "base_version")));
    g_free(op->kind);
    op->kind = g_strdup(ht_stmt_text(use.stmt, 2));
    ht_json_set_string(op->body, "kind", op->kind);
    if (g_str_equal(op->kind, "insert"))
        ht_json_set(op->body, "base", ht_json_new_object());
    ht_json_set_int(op->prev, "merges", ht_stmt_int(use.stmt, 0));
}

/* --- Tags */

static const HtTag *find_tag(const GPtrArray *tags, const char *wanted)
{
    g_autofree char *folded = ht_text_fold(wanted);
    for (guint i = 0; tags && i < tags->len; i++) {
        const HtTag *tag = tags->pdata[i];
        g_autofree char *other = ht_text_fold(tag->tag);
        if (g_str_equal(folded, other))
            return tag;
    }
    return NULL;
}

static void add_tag(HtPlan *plan, HtKey candidate, const HtUuid *person, const char *tag)
{
    HtUuid row;
    ht_uuid_new_random(&row);
    HtOp *op = ht_field_op_new(plan, HT_TBL_TAG, "insert", &row, person, "Tag");
    ht_op_set_id(op, "set", "candidate_id", person);
    ht_op_set_text(op, "set", "tag", tag);
    ht_plan_take(plan, op, candidate);
}

static void remove_tag(HtPlan *plan, HtKey candidate, const HtUuid *person, const HtTag *tag)
{
    HtOp *op = ht_field_op_new(plan, HT_TBL_TAG, "delete", &tag->id, person, "Remove a tag");
    op->prev = ht_json_new_object();
    ht_json_set_string(op->prev, "tag", tag->tag);
    ht_plan_take(plan, op, candidate);
}

/* True: there is something to do about it. */
static bool plan_tag(HtPlan *plan, HtKey candidate, const char *tag, bool adds)
{
    HtUuid person;
    if (!ht_reader_uuid(plan->reader, candidate, &person)) {
        ht_plan_refuse(plan, candidate, "this person is not here any more");
        return false;
    }
    g_autoptr(GPtrArray) tags = ht_cache_tags(plan->reader, candidate, NULL);
    const HtTag *there = find_tag(tags, tag);
    if (adds == (there != NULL)) {
        g_autofree char *why = adds ? g_strdup_printf("has the tag '%s' already", tag)
                                    : g_strdup_printf("has no tag '%s'", tag);
        ht_plan_refuse(plan, candidate, why);
        return false;
    }
    if (adds)
        add_tag(plan, candidate, &person, tag);
    else
        remove_tag(plan, candidate, &person, there);
    return true;
}

static void name_tag(GString *names, const char *tag)
{
    g_string_append_printf(names, "%s%s", names->len ? ", " : "", tag);
}

/* "Tagged: nice, night-shift; untagged: slow": all that the one undo takes back. */
static char *tags_label(const HtPlan *plan, const GString *added, const GString *removed)
{
    GString *label = g_string_new(added->len ? "Tagged" : "Untagged");
    if (plan->intent->candidates->len > 1)
        g_string_append_printf(label, " %u", plan->intent->candidates->len);
    g_string_append_printf(label, ": %s", added->len ? added->str : removed->str);
    if (added->len && removed->len)
        g_string_append_printf(label, "; untagged: %s", removed->str);
    return g_string_free(label, FALSE);
}

static bool plan_tags(HtPlan *plan, GError **error)
{
    const HtIntent *intent = plan->intent;
    g_autoptr(GString) added = g_string_new(NULL);
    g_autoptr(GString) removed = g_string_new(NULL);
    for (guint k = 0; intent->tags && k < intent->tags->len; k++) {
        const char *word = intent->tags->pdata[k];
        bool adds = *word != '-', done = false;
        const char *tag = adds ? word : word + 1;
        if (!ht_plan_check_text(tag, TAG_MAX, "the tag", error))
            return false;
        for (guint i = 0; i < intent->candidates->len; i++)
            done |= plan_tag(plan, g_array_index(intent->candidates, HtKey, i), tag, adds);
        if (done)
            name_tag(adds ? added : removed, tag);
    }
    if (plan->ops->len > 0)
        plan->receipt->label = tags_label(plan, added, removed);
    return true;
}

/* --- Notes */

static void plan_note(HtPlan *plan, HtKey candidate)
{
    HtUuid person, row, match = {{0}};
    if (!ht_reader_uuid(plan->reader, candidate, &person)) {
        ht_plan_refuse(plan, candidate, "this person is not here any more");
        return;
    }
    const HtIntent *intent = plan->intent;
    if (intent->note_match)
        ht_reader_uuid(plan->reader, intent->note_match, &match);
    ht_uuid_new_random(&row);
    HtOp *op = ht_field_op_new(plan, HT_TBL_NOTE, "insert", &row, &person, "Note");
    op->match = match;
    ht_op_set_id(op, "set", "candidate_id", &person);
    ht_op_set_id(op, "set", "match_id", &match);
    ht_op_set_text(op, "set", "body", intent->note);
    ht_op_set_text(op, "set", "visibility", intent->visibility ? intent->visibility : "team");
    ht_plan_take(plan, op, candidate);
}

typedef struct {
    HtKey candidate;
    char *body;
    int64_t version; /* 0: not at the server yet */
} NoteNow;

/* The note as shown: the server's, or one of this machine's. */
static bool find_note(HtPlan *plan, const HtUuid *id, NoteNow *now)
{
    HtDb *db = ht_reader_db(plan->reader);
    g_auto(HtStmtUse) use = {ht_db_stmt(db, HT_CACHE_QUERY("note_row"), NULL)};
    if (!use.stmt)
        return false;
    ht_stmt_bind_uuid(use.stmt, 1, id);
    if (ht_stmt_step(use.stmt, NULL) == HT_STEP_ROW) {
        now->candidate = ht_stmt_int(use.stmt, 0);
        now->body = ht_stmt_dup_text(use.stmt, 2);
        now->version = ht_stmt_int(use.stmt, 3);
    }
    HtStmt *ops = ht_db_stmt(plan->outbox->db, HT_OUTBOX_QUERY("ops_of_row"), NULL);
    if (ops)
        ht_stmt_bind_uuid(ops, 1, id);
    g_autoptr(GPtrArray) list = ht_ops_read(ops, NULL);
    for (guint i = 0; list && i < list->len; i++) {
        const HtOp *op = list->pdata[i];
        const char *body = ht_json_get_string(ht_json_get(op->body, "set"), "body", NULL);
        now->candidate = ht_reader_key(plan->reader, &op->candidate);
        if (body) {
            g_free(now->body);
            now->body = g_strdup(body);
        }
    }
    return now->candidate != 0;
}

static void plan_note_change(HtPlan *plan, bool deletes)
{
    const HtIntent *intent = plan->intent;
    NoteNow now = {0};
    HtUuid person;
    if (!find_note(plan, &intent->note_id, &now) ||
        !ht_reader_uuid(plan->reader, now.candidate, &person)) {
        ht_plan_refuse(plan, now.candidate, "this note is not here any more");
        g_free(now.body);
        return;
    }
    HtOp *op = ht_field_op_new(plan, HT_TBL_NOTE, deletes ? "delete" : "update", &intent->note_id,
                               &person, deletes ? "Delete a note" : "Edit a note");
    if (now.version)
        ht_json_set_int(op->body, "base_version", now.version);
    op->prev = ht_json_new_object();
    ht_json_set_string(op->prev, "body", now.body);
    if (!deletes) {
        ht_op_set_text(op, "set", "body", intent->note);
        ht_op_set_text(op, "base", "body", now.body);
        ht_plan_merge(plan, op);
    }
    ht_plan_take(plan, op, now.candidate);
    g_free(now.body);
}

bool ht_plan_fields(HtPlan *plan, GError **error)
{
    const HtIntent *intent = plan->intent;
    if (!ht_plan_is_staff(plan, "notes and tags are for recruiters", error))
        return false;
    if (intent->kind == HT_INTENT_TAGS)
        return plan_tags(plan, error);
    bool tags = intent->kind == HT_INTENT_TAG_ADD || intent->kind == HT_INTENT_TAG_REMOVE;
    if (tags && !ht_plan_check_text(intent->tag, TAG_MAX, "the tag", error))
        return false;
    if ((intent->kind == HT_INTENT_NOTE || intent->kind == HT_INTENT_NOTE_EDIT) &&
        !ht_plan_check_text(intent->note, HT_NOTE_MAX, "the note", error))
        return false;
    if (!tags && intent->kind != HT_INTENT_NOTE) {
        plan_note_change(plan, intent->kind == HT_INTENT_NOTE_DELETE);
        return true;
    }
    g_autofree char *tag = g_strstrip(g_strdup(tags ? intent->tag : ""));
    for (guint i = 0; i < intent->candidates->len; i++) {
        HtKey candidate = g_array_index(intent->candidates, HtKey, i);
        if (tags)
            plan_tag(plan, candidate, tag, intent->kind == HT_INTENT_TAG_ADD);
        else
            plan_note(plan, candidate);
    }
    return true;
}
