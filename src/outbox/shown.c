/* base ⊕ pending, kept in the cache's shown tables. An op counts until its batch is in the base
 * rows (acked_batch, which moves in the transaction that brings them to the acknowledged version).
 * Its number says nothing: one that the server was asked to skip has a lower number than what is
 * acknowledged, and a copy of this outbox may have used the same ones. A column that the intents do
 * not touch stays NULL and so follows the base row by itself: a pull needs no work here. */
#include "internal.h"

typedef struct {
    HtKey stage, reason; /* 0 = as in the base row */
    int64_t since, held_until, at;
    bool holds, has_held;
    const char *decision; /* borrowed from the op */
    HtUuid decision_id;
    int n_pending, n_conflict;
} Shown;

static HtKey key_of(HtApply *apply, const HtJson *json, const char *name)
{
    HtUuid id;
    return ht_json_get_uuid(json, name, &id) ? ht_apply_key(apply, &id, NULL) : 0;
}

static void set_held(Shown *shown, const HtJson *json, const char *name)
{
    shown->holds = true;
    shown->has_held = ht_json_has(json, name);
    shown->held_until = ht_json_get_int(json, name, 0);
}

static void add_effect(HtApply *apply, Shown *shown, const HtOp *op)
{
    HtDecisionKind decision = ht_decision_parse(op->kind);
    if (decision == HT_DECISION_HOLD) {
        set_held(shown, op->body, "hold_until");
    } else if (decision == HT_DECISION_UNDO) {
        shown->stage = key_of(apply, op->prev, "to");
        shown->since = ht_json_get_int(op->prev, "since", 0);
        set_held(shown, op->prev, "held");
    } else {
        shown->stage = key_of(apply, op->body, "to_stage");
        shown->since = op->at;
        shown->holds = true;
        shown->has_held = false;
    }
    shown->reason = key_of(apply, op->body, "reason");
    shown->decision = op->kind;
    shown->decision_id = op->op;
    shown->n_pending++;
}

static void bind_key(HtStmt *stmt, int index, HtKey k)
{
    if (k)
        ht_stmt_bind_int(stmt, index, k);
}

static void bind_int_of(HtStmt *stmt, int index, const HtJson *json, const char *name)
{
    if (ht_json_has(json, name))
        ht_stmt_bind_int(stmt, index, ht_json_get_int(json, name, 0));
}

static bool put_decision(HtApply *apply, HtKey match, const HtOp *op, bool conflict, GError **error)
{
    HtStmt *put = ht_db_stmt(ht_apply_db(apply), HT_CACHE_QUERY("shown_decision_put"), error);
    if (!put)
        return false;
    HtUuid reverses;
    ht_json_get_uuid(op->body, "reverses", &reverses);
    ht_stmt_bind_int(put, 1, op->seq);
    ht_stmt_bind_int(put, 2, match);
    ht_stmt_bind_uuid(put, 3, &op->op);
    ht_stmt_bind_text(put, 4, op->kind);
    bind_key(put, 5, key_of(apply, op->body, "from_stage"));
    bind_key(put, 6, key_of(apply, op->body, "to_stage"));
    bind_key(put, 7, key_of(apply, op->body, "reason"));
    ht_stmt_bind_text(put, 8, ht_json_get_string(ht_json_get(op->body, "note"), "body", NULL));
    bind_int_of(put, 9, op->body, "hold_until");
    ht_stmt_bind_int(put, 10, op->at);
    bind_int_of(put, 11, op->body, "ai_score_seen");
    if (ht_json_has(op->body, "agreed_with_ai"))
        ht_stmt_bind_int(put, 12, ht_json_get_bool(op->body, "agreed_with_ai", false));
    ht_stmt_bind_int(put, 13, ht_json_get_bool(op->body, "explanation_viewed", false));
    ht_stmt_bind_int(put, 14, ht_json_get_bool(op->body, "blind", false));
    ht_stmt_bind_int(put, 15, ht_json_get_int(op->body, "seconds_viewed", 0));
    ht_stmt_bind_uuid(put, 16, &reverses);
    ht_stmt_bind_int(put, 17, conflict);
    return ht_stmt_run(put, error);
}

static bool put_match(HtApply *apply, HtKey k, const Shown *shown, GError **error)
{
    HtStmt *put = ht_db_stmt(ht_apply_db(apply), HT_CACHE_QUERY("shown_match_put"), error);
    if (!put)
        return false;
    ht_stmt_bind_int(put, 1, k);
    bind_key(put, 2, shown->stage);
    bind_key(put, 3, shown->since);
    ht_stmt_bind_int(put, 4, shown->holds);
    if (shown->has_held)
        ht_stmt_bind_int(put, 5, shown->held_until);
    ht_stmt_bind_text(put, 6, shown->decision);
    ht_stmt_bind_uuid(put, 7, &shown->decision_id);
    bind_key(put, 8, shown->reason);
    ht_stmt_bind_int(put, 9, shown->at);
    ht_stmt_bind_int(put, 10, shown->n_pending);
    ht_stmt_bind_int(put, 11, shown->n_conflict);
    return ht_stmt_run(put, error);
}

/* What of the open ops is in the base rows already. */
typedef struct {
    bool is_batch_in; /* the batch that is not settled */
    int64_t floor;    /* numbers up to here: the file is older than the cache */
    bool looks;       /* a decision of that id: an outbox that was copied, or not asked for long */
} Base;

static bool read_base(HtOutbox *outbox, HtApply *apply, bool looks, Base *base, GError **error)
{
    int64_t open = ht_outbox_open_batch(outbox->db, error);
    base->is_batch_in = open > 0 && open <= ht_apply_meta_get_int(apply, "acked_batch", 0);
    base->floor = ht_apply_meta_get_int(apply, "acked_floor", 0);
    base->looks = looks;
    return open >= 0;
}

static bool is_in_base(HtApply *apply, const Base *base, const HtOp *op)
{
    return (op->state == HT_OP_SENDING && base->is_batch_in) || op->seq <= base->floor ||
           (base->looks && op->fn == HT_PUSH_DECISIONS &&
            ht_apply_version(apply, ht_sync_table_by_number(HT_TBL_DECISION), &op->op) > 0);
}

static bool show_match(HtOutbox *outbox, HtApply *apply, const HtUuid *match, const Base *base,
                       GError **error)
{
    g_autoptr(GPtrArray) ops = ht_ops_of(outbox->db, HT_OUTBOX_QUERY("ops_of_match"), match, error);
    HtKey k = ops ? ht_apply_key(apply, match, error) : 0;
    if (!k ||
        !ht_outbox_run(ht_apply_db(apply), HT_CACHE_QUERY("shown_decisions_delete"), k, error))
        return false;
    Shown shown = {0};
    for (guint i = 0; i < ops->len; i++) {
        const HtOp *op = ops->pdata[i];
        bool open = op->state == HT_OP_PENDING || op->state == HT_OP_SENDING;
        if (open && is_in_base(apply, base, op))
            continue;
        if (open)
            add_effect(apply, &shown, op);
        else
            shown.n_conflict++;
        shown.at = MAX(shown.at, op->at);
        if (!put_decision(apply, k, op, !open, error))
            return false;
    }
    if (shown.n_pending == 0 && shown.n_conflict == 0)
        return ht_outbox_run(ht_apply_db(apply), HT_CACHE_QUERY("shown_match_delete"), k, error);
    return put_match(apply, k, &shown, error);
}

int64_t ht_shown_acked(HtApply *apply)
{
    return ht_apply_meta_get_int(apply, "acked_seq", 0);
}

static bool show_matches(HtOutbox *outbox, HtApply *apply, GHashTable *matches, const Base *base,
                         GError **error)
{
    GHashTableIter iter;
    gpointer id;
    g_hash_table_iter_init(&iter, matches);
    while (g_hash_table_iter_next(&iter, &id, NULL)) {
        if (!show_match(outbox, apply, id, base, error))
            return false;
    }
    if (g_hash_table_size(matches) > 0)
        ht_apply_touch(apply, HT_CHANGED_SHOWN);
    return true;
}

bool ht_shown_matches(HtOutbox *outbox, HtApply *apply, GHashTable *matches, GError **error)
{
    Base base;
    return read_base(outbox, apply, false, &base, error) &&
           show_matches(outbox, apply, matches, &base, error);
}

/* --- Notes and tags */

static bool put_tag(HtApply *apply, HtKey person, const HtOp *op, GError **error)
{
    bool gone = g_str_equal(op->kind, "delete");
    const char *tag = gone ? ht_json_get_string(op->prev, "tag", NULL)
                           : ht_json_get_string(ht_json_get(op->body, "set"), "tag", NULL);
    HtStmt *put = ht_db_stmt(ht_apply_db(apply), HT_CACHE_QUERY("shown_tag_put"), error);
    if (!put)
        return false;
    if (!tag)
        return true;
    ht_stmt_bind_int(put, 1, person);
    ht_stmt_bind_text(put, 2, tag);
    ht_stmt_bind_uuid(put, 3, &op->row);
    ht_stmt_bind_int(put, 4, gone);
    return ht_stmt_run(put, error);
}

static bool put_note(HtApply *apply, HtKey person, const HtOp *op, bool conflict, GError **error)
{
    HtStmt *put = ht_db_stmt(ht_apply_db(apply), HT_CACHE_QUERY("shown_note_put"), error);
    if (!put)
        return false;
    const HtJson *set = ht_json_get(op->body, "set");
    bool insert = g_str_equal(op->kind, "insert");
    bool back = g_str_equal(op->kind, "update") && ht_json_get(set, "deleted_at");
    ht_stmt_bind_uuid(put, 1, &op->row);
    ht_stmt_bind_int(put, 2, person);
    if (!ht_uuid_is_nil(&op->match))
        bind_key(put, 3, ht_apply_key(apply, &op->match, NULL));
    if (!conflict || insert)
        ht_stmt_bind_text(put, 4, ht_json_get_string(set, "body", NULL));
    ht_stmt_bind_text(put, 5, ht_json_get_string(set, "visibility", NULL));
    ht_stmt_bind_int(put, 6, op->at);
    if (!insert && !back && !conflict)
        ht_stmt_bind_int(put, 7, op->at);
    bool gone = !conflict && g_str_equal(op->kind, "delete");
    ht_stmt_bind_int(put, 8, !conflict && back ? -1 : gone);
    ht_stmt_bind_int(put, 9, conflict);
    return ht_stmt_run(put, error);
}

/* --- Interviews, panels, feedback: what an op sets; an emptied field shows as 0 or "" */

static void bind_set_int(HtStmt *stmt, int index, const HtOp *op, const char *name)
{
    const HtJson *value = ht_json_get(ht_json_get(op->body, "set"), name);
    if (value)
        ht_stmt_bind_int(stmt, index, ht_json_int(value, 0));
}

static void bind_set_text(HtStmt *stmt, int index, const HtOp *op, const char *name)
{
    const HtJson *value = ht_json_get(ht_json_get(op->body, "set"), name);
    if (value)
        ht_stmt_bind_text(stmt, index, ht_json_string(value, ""));
}

static void bind_set_key(HtApply *apply, HtStmt *stmt, int index, const HtOp *op, const char *name)
{
    bind_key(stmt, index, key_of(apply, ht_json_get(op->body, "set"), name));
}

static void put_interview(HtApply *apply, HtStmt *put, const HtOp *op)
{
    bind_set_key(apply, put, 3, op, "match_id");
    bind_set_text(put, 4, op, "interview_type");
    bind_set_int(put, 5, op, "scheduled_at");
    bind_set_int(put, 6, op, "duration_minutes");
    bind_set_text(put, 7, op, "timezone");
    bind_set_text(put, 8, op, "status");
    bind_set_text(put, 9, op, "notes");
}

static void put_panel(HtApply *apply, HtStmt *put, const HtOp *op)
{
    bind_set_key(apply, put, 3, op, "interview_id");
    bind_set_key(apply, put, 4, op, "member_id");
    bind_set_text(put, 5, op, "role");
}

static void put_feedback(HtApply *apply, HtStmt *put, const HtOp *op)
{
    bind_set_key(apply, put, 3, op, "interview_id");
    bind_set_key(apply, put, 4, op, "panel_member_id");
    bind_set_int(put, 5, op, "rating");
    bind_set_text(put, 6, op, "recommendation");
    bind_set_text(put, 7, op, "notes");
    bind_set_int(put, 8, op, "submitted_at");
}

typedef struct {
    int tbl;
    const char *resource;
    int at; /* parameter; the conflict follows */
    void (*bind)(HtApply *apply, HtStmt *put, const HtOp *op);
} Meeting;

static const Meeting meetings[] = {
    {HT_TBL_INTERVIEW, HT_CACHE_QUERY("shown_interview_put"), 10, put_interview},
    {HT_TBL_PANEL, HT_CACHE_QUERY("shown_panel_put"), 6, put_panel},
    {HT_TBL_FEEDBACK, HT_CACHE_QUERY("shown_feedback_put"), 9, put_feedback},
};

/* A refused edit shows the server's values and a mark, a refused new row itself with the mark. */
static bool put_meeting(HtApply *apply, const Meeting *meeting, HtKey person, const HtOp *op,
                        bool conflict, GError **error)
{
    HtStmt *put = ht_db_stmt(ht_apply_db(apply), meeting->resource, error);
    HtKey k = put ? ht_apply_key(apply, &op->row, error) : 0;
    if (!k)
        return false;
    if (op->tbl == HT_TBL_PANEL && !g_str_equal(op->kind, "insert"))
        return true;
    ht_stmt_bind_int(put, 1, k);
    ht_stmt_bind_int(put, 2, person);
    if (!conflict || g_str_equal(op->kind, "insert"))
        meeting->bind(apply, put, op);
    ht_stmt_bind_int(put, meeting->at, op->at);
    ht_stmt_bind_int(put, meeting->at + 1, conflict);
    return ht_stmt_run(put, error);
}

static bool put_field(HtApply *apply, HtKey person, const HtOp *op, bool conflict, GError **error)
{
    for (gsize i = 0; i < G_N_ELEMENTS(meetings); i++) {
        if (meetings[i].tbl == op->tbl)
            return put_meeting(apply, &meetings[i], person, op, conflict, error);
    }
    if (op->tbl != HT_TBL_TAG)
        return put_note(apply, person, op, conflict, error);
    return conflict || put_tag(apply, person, op, error);
}

static bool clear_candidate(HtDb *db, HtKey person, GError **error)
{
    static const char *const queries[] = {
        HT_CACHE_QUERY("shown_notes_delete"), HT_CACHE_QUERY("shown_tags_delete"),
        HT_CACHE_QUERY("shown_interviews_delete"), HT_CACHE_QUERY("shown_panel_delete"),
        HT_CACHE_QUERY("shown_feedback_delete")};
    for (gsize i = 0; i < G_N_ELEMENTS(queries); i++) {
        if (!ht_outbox_run(db, queries[i], person, error))
            return false;
    }
    return true;
}

static bool show_candidate(HtOutbox *outbox, HtApply *apply, const HtUuid *id, const Base *base,
                           GError **error)
{
    g_autoptr(GPtrArray) ops =
        ht_ops_of(outbox->db, HT_OUTBOX_QUERY("ops_of_candidate"), id, error);
    HtKey k = ops ? ht_apply_key(apply, id, error) : 0;
    if (!k || !clear_candidate(ht_apply_db(apply), k, error))
        return false;
    for (guint i = 0; i < ops->len; i++) {
        const HtOp *op = ops->pdata[i];
        bool open = op->state == HT_OP_PENDING || op->state == HT_OP_SENDING;
        if (open && is_in_base(apply, base, op))
            continue;
        if (!put_field(apply, k, op, !open, error))
            return false;
    }
    return true;
}

static bool show_candidates(HtOutbox *outbox, HtApply *apply, GHashTable *candidates,
                            const Base *base, GError **error)
{
    GHashTableIter iter;
    gpointer id;
    g_hash_table_iter_init(&iter, candidates);
    while (g_hash_table_iter_next(&iter, &id, NULL)) {
        if (!show_candidate(outbox, apply, id, base, error))
            return false;
    }
    if (g_hash_table_size(candidates) > 0)
        ht_apply_touch(apply, HT_CHANGED_SHOWN);
    return true;
}

bool ht_shown_candidates(HtOutbox *outbox, HtApply *apply, GHashTable *candidates, GError **error)
{
    Base base;
    return read_base(outbox, apply, false, &base, error) &&
           show_candidates(outbox, apply, candidates, &base, error);
}

/* --- Everything anew */

static bool read_ids(HtDb *db, const char *resource, GHashTable *into, GError **error)
{
    g_auto(HtStmtUse) use = {ht_db_stmt(db, resource, error)};
    HtStep step = HT_STEP_ERROR;
    while (use.stmt && (step = ht_stmt_step(use.stmt, error)) == HT_STEP_ROW) {
        HtUuid id;
        if (ht_stmt_uuid(use.stmt, 0, &id))
            g_hash_table_add(into, ht_uuid_dup(&id));
    }
    return step == HT_STEP_DONE;
}

static bool copy_views(HtOutbox *outbox, HtApply *apply, GError **error)
{
    g_auto(HtStmtUse) use = {ht_db_stmt(outbox->db, HT_OUTBOX_QUERY("views_all"), error)};
    HtStep step = HT_STEP_ERROR;
    while (use.stmt && (step = ht_stmt_step(use.stmt, error)) == HT_STEP_ROW) {
        HtUuid id;
        ht_stmt_uuid(use.stmt, 0, &id);
        HtKey k = ht_apply_key(apply, &id, error);
        HtStmt *put = k ? ht_db_stmt(ht_apply_db(apply), HT_CACHE_QUERY("seen_put"), error) : NULL;
        if (!put)
            return false;
        ht_stmt_bind_int(put, 1, k);
        ht_stmt_bind_int(put, 2, ht_stmt_int(use.stmt, 1));
        ht_stmt_bind_int(put, 3, ht_stmt_int(use.stmt, 2));
        if (!ht_stmt_run(put, error))
            return false;
    }
    return step == HT_STEP_DONE;
}

static bool clear_shown(HtDb *db, GError **error)
{
    static const char *const queries[] = {
        HT_CACHE_QUERY("shown_matches_clear"),    HT_CACHE_QUERY("shown_decisions_clear"),
        HT_CACHE_QUERY("shown_notes_clear"),      HT_CACHE_QUERY("shown_tags_clear"),
        HT_CACHE_QUERY("shown_interviews_clear"), HT_CACHE_QUERY("shown_panel_clear"),
        HT_CACHE_QUERY("shown_feedback_clear")};
    for (gsize i = 0; i < G_N_ELEMENTS(queries); i++) {
        HtStmt *stmt = ht_db_stmt(db, queries[i], error);
        if (!stmt || !ht_stmt_run(stmt, error))
            return false;
    }
    return true;
}

bool ht_shown_rebuild(HtOutbox *outbox, HtApply *apply, GError **error)
{
    g_autoptr(GHashTable) matches =
        g_hash_table_new_full(ht_uuid_hash, ht_uuid_equal, g_free, NULL);
    g_autoptr(GHashTable) candidates =
        g_hash_table_new_full(ht_uuid_hash, ht_uuid_equal, g_free, NULL);
    Base base;
    ht_apply_touch(apply, HT_CHANGED_SHOWN | HT_CHANGED_SEEN);
    return read_base(outbox, apply, true, &base, error) && clear_shown(ht_apply_db(apply), error) &&
           copy_views(outbox, apply, error) &&
           read_ids(outbox->db, HT_OUTBOX_QUERY("open_matches"), matches, error) &&
           read_ids(outbox->db, HT_OUTBOX_QUERY("open_candidates"), candidates, error) &&
           show_matches(outbox, apply, matches, &base, error) &&
           show_candidates(outbox, apply, candidates, &base, error);
}
