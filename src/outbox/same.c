/* Two people who decided the same: nobody has to choose. The server answers that somebody decided
 * first; where that was the same decision, into the same stage, and mine brings no words, reason or
 * mail of its own, mine is done by his. So are the steps by which I came there, and what I decided
 * after it goes again, on his decision instead of mine. Of mine nothing is on the server then: it
 * has the code "same", which tells it from what was applied. */
#include "internal.h"

#include "hiretty/base/log.h"

const HtJson *ht_same_theirs(const HtJson *rows)
{
    const HtJson *found = NULL;
    for (const HtJson *e = ht_json_first(rows); e; e = ht_json_next(e)) {
        const HtJson *row = ht_json_get(e, "row");
        if (ht_json_get_string(row, "decision", NULL))
            found = row;
    }
    return found;
}

static bool is_their_stage(const HtJson *rows, const HtUuid *to)
{
    for (const HtJson *e = ht_json_first(rows); e; e = ht_json_next(e)) {
        HtUuid stage;
        if (ht_json_get_int(e, "tbl", 0) == HT_TBL_MATCH)
            return ht_json_get_uuid(ht_json_get(e, "row"), "stage_id", &stage) &&
                   ht_uuid_equal(&stage, to);
    }
    return false;
}

/* A hold has a day, an undo and a reopening speak of another decision: those are not compared. */
static bool may_be_same(HtDecisionKind kind)
{
    return kind != HT_DECISION_NONE && kind != HT_DECISION_HOLD && kind != HT_DECISION_UNDO &&
           kind != HT_DECISION_REOPEN;
}

/* From the first stage somebody is shortlisted, and from any an advance leads to the same one: who
 * saw which of them depends on what stood between, not on what was decided. */
static bool means_same(HtDecisionKind mine, HtDecisionKind theirs)
{
    bool onward = mine == HT_DECISION_SHORTLIST || mine == HT_DECISION_ADVANCE;
    return mine == theirs ||
           (onward && (theirs == HT_DECISION_SHORTLIST || theirs == HT_DECISION_ADVANCE));
}

bool ht_same_decided(const HtOp *op, const HtJson *rows)
{
    HtUuid to;
    HtDecisionKind kind = ht_decision_parse(op->kind);
    const char *theirs = ht_json_get_string(ht_same_theirs(rows), "decision", NULL);
    return op->fn == HT_PUSH_DECISIONS && may_be_same(kind) &&
           means_same(kind, ht_decision_parse(theirs)) &&
           ht_json_get_uuid(op->body, "to_stage", &to) && is_their_stage(rows, &to);
}

static bool has_mail(const HtOp *op)
{
    return ht_json_length(ht_json_get(op->body, "mails")) > 0;
}

static bool has_note(const HtOp *op)
{
    return !ht_is_blank(ht_json_get_string(ht_json_get(op->body, "note"), "body", NULL));
}

static bool has_own_reason(const HtOp *op, const HtJson *theirs)
{
    HtUuid mine, other;
    return ht_json_get_uuid(op->body, "reason", &mine) &&
           !(ht_json_get_uuid(theirs, "reason_id", &other) && ht_uuid_equal(&mine, &other));
}

bool ht_same_may_undo(const HtOp *op, const HtMatchRow *row)
{
    return row->last_decision == HT_DECISION_UNDO ||
           ht_uuid_equal(&row->last_decision_id, &op->reverses);
}

HtKeep ht_same_keep(const HtOp *op, const HtUuid *stage, const HtMatchRow *row)
{
    HtUuid to;
    HtDecisionKind kind = ht_decision_parse(op->kind);
    bool closed = ht_stage_type_is_terminal(row->stage_type);
    if (kind == HT_DECISION_UNDO)
        return ht_same_may_undo(op, row) ? HT_KEEP_GOES : HT_KEEP_OVER;
    if (kind == HT_DECISION_REOPEN) /* of what is open nothing is left but its words */
        return closed ? HT_KEEP_GOES : has_note(op) ? HT_KEEP_NOTE : HT_KEEP_NOTHING;
    bool is_there = may_be_same(kind) && ht_json_get_uuid(op->body, "to_stage", &to) &&
                    ht_uuid_equal(&to, stage);
    if (!is_there)
        return closed ? HT_KEEP_REOPENS : HT_KEEP_GOES;
    g_autoptr(HtJson) rows = op->theirs ? ht_json_parse(op->theirs, -1, NULL) : NULL;
    bool more = has_mail(op) || has_own_reason(op, ht_same_theirs(rows));
    if (more && closed)
        return HT_KEEP_REOPENS;
    return has_note(op) ? HT_KEEP_NOTE : more ? HT_KEEP_NEVER : HT_KEEP_NOTHING;
}

/* --- Settling an answer */

typedef struct {
    HtDb *db;
    const GPtrArray *ops;
    GPtrArray *refused;  /* the answers to them that say "conflict", else NULL; borrowed */
    GHashTable *steps;   /* HtUuid: what the ops that are done were based on */
    GHashTable *instead; /* HtUuid of an op that is done → char *, the id of his decision */
    HtSameDecided *done;
} Settle;

static void settle_clear(Settle *settle)
{
    g_ptr_array_unref(settle->refused);
    g_hash_table_unref(settle->steps);
    g_hash_table_unref(settle->instead);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Settle, settle_clear)

/* false: there is no conflict in it. */
static bool find_refused(Settle *settle, const HtJson *outcomes)
{
    bool any = false;
    guint i = 0;
    for (const HtJson *e = ht_json_first(outcomes); e && i < settle->ops->len;
         e = ht_json_next(e)) {
        const HtOp *op = settle->ops->pdata[i++];
        bool is_conflict = op->fn == HT_PUSH_DECISIONS &&
                           g_strcmp0(ht_json_get_string(e, "outcome", NULL), "conflict") == 0;
        g_ptr_array_add(settle->refused, is_conflict ? (gpointer)(gsize)e : NULL);
        any |= is_conflict;
    }
    return any;
}

static bool settle_op(Settle *settle, const HtOp *op, GError **error)
{
    HtUuid base;
    if (ht_json_get_uuid(op->body, "base_decision", &base))
        g_hash_table_add(settle->steps, ht_uuid_dup(&base));
    settle->done->n++;
    settle->done->span.first =
        settle->done->span.first ? MIN(settle->done->span.first, op->seq) : op->seq;
    settle->done->span.last = MAX(settle->done->span.last, op->seq);
    return ht_outbox_run(settle->db, HT_OUTBOX_QUERY("op_same"), op->seq, error);
}

/* From the last to the first: whoever ended where another did has nothing to say about his way. */
static bool settle_same(Settle *settle, GError **error)
{
    for (guint i = settle->refused->len; i > 0; i--) {
        const HtJson *answer = settle->refused->pdata[i - 1];
        const HtOp *op = settle->ops->pdata[i - 1];
        if (!answer || has_note(op) || has_mail(op))
            continue;
        const HtJson *rows = ht_json_get(answer, "rows"), *theirs = ht_same_theirs(rows);
        bool same = ht_same_decided(op, rows) && !has_own_reason(op, theirs);
        if (!same && !g_hash_table_contains(settle->steps, &op->op))
            continue;
        if (same)
            g_hash_table_insert(settle->instead, ht_uuid_dup(&op->op),
                                g_strdup(ht_json_get_string(theirs, "id", NULL)));
        settle->refused->pdata[i - 1] = NULL;
        if (!settle_op(settle, op, error))
            return false;
    }
    return true;
}

/* What stands on one that is done, or on one that goes again for that, did not meet anything of its
 * own. */
static bool send_later_ones(Settle *settle, GError **error)
{
    g_autoptr(GHashTable) again = g_hash_table_new(ht_uuid_hash, ht_uuid_equal);
    for (guint i = 0; i < settle->refused->len; i++) {
        const HtOp *op = settle->ops->pdata[i];
        HtUuid base;
        if (!settle->refused->pdata[i] || !ht_json_get_uuid(op->body, "base_decision", &base) ||
            !(g_hash_table_contains(settle->instead, &base) || g_hash_table_contains(again, &base)))
            continue;
        g_hash_table_add(again, (gpointer)(gsize)&op->op);
        settle->done->n_again++;
        if (!ht_outbox_run(settle->db, HT_OUTBOX_QUERY("op_again"), op->seq, error))
            return false;
    }
    return true;
}

/* Whoever took it back before the answer came hears of it as if he did so now. */
static bool refuse_undo(Settle *settle, const HtOp *op, GError **error)
{
    HtStmt *set = ht_db_stmt(settle->db, HT_OUTBOX_QUERY("op_undo_same"), error);
    if (!set)
        return false;
    ht_stmt_bind_uuid(set, 1, &op->op);
    ht_stmt_bind_text(set, 2, HT_WHY_ANOTHERS);
    return ht_stmt_run(set, error);
}

static bool rebase(Settle *settle, const HtOp *op, GError **error)
{
    char text[HT_UUID_TEXT];
    const char *theirs = g_hash_table_lookup(settle->instead, &op->op);
    HtStmt *set = ht_db_stmt(settle->db, HT_OUTBOX_QUERY("op_rebase"), error);
    if (!set)
        return false;
    ht_stmt_bind_uuid(set, 1, &op->match);
    ht_stmt_bind_text(set, 2, ht_uuid_format(&op->op, text));
    ht_stmt_bind_text(set, 3, theirs);
    return ht_stmt_run(set, error);
}

bool ht_same_settle(HtDb *db, const GPtrArray *ops, const HtJson *outcomes, HtSameDecided *done,
                    GError **error)
{
    g_auto(Settle) settle = {
        .db = db,
        .ops = ops,
        .refused = g_ptr_array_new(),
        .steps = g_hash_table_new_full(ht_uuid_hash, ht_uuid_equal, g_free, NULL),
        .instead = g_hash_table_new_full(ht_uuid_hash, ht_uuid_equal, g_free, g_free),
        .done = done,
    };
    if (!find_refused(&settle, outcomes))
        return true;
    if (!settle_same(&settle, error) || !send_later_ones(&settle, error))
        return false;
    for (guint i = 0; i < ops->len; i++) {
        const HtOp *op = ops->pdata[i];
        if (g_hash_table_contains(settle.instead, &op->op) &&
            !(refuse_undo(&settle, op, error) && rebase(&settle, op, error)))
            return false;
    }
    return true;
}

/* --- Telling it. In the file stands who was not told yet, in the transaction that settles it,
 * until the line was said: a process that is ended in between leaves it to the next one. */

bool ht_same_recall(HtOutbox *outbox, GError **error)
{
    if (outbox->has_untold)
        return true;
    g_auto(HtStmtUse) use = {ht_db_stmt(outbox->db, HT_OUTBOX_QUERY("untold_span"), error)};
    if (!use.stmt || ht_stmt_step(use.stmt, error) != HT_STEP_ROW)
        return false;
    outbox->has_untold = true;
    g_mutex_lock(&outbox->lock);
    outbox->same = (HtOpSpan){ht_stmt_int(use.stmt, 0), ht_stmt_int(use.stmt, 1)};
    outbox->n_same = (guint)ht_stmt_int(use.stmt, 2);
    g_mutex_unlock(&outbox->lock);
    return true;
}

typedef struct {
    HtOutbox *outbox;
    HtOpSpan span;
} Told;

static bool run_told(HtStore *store, gpointer data, GError **error)
{
    (void)store;
    const Told *told = data;
    HtStmt *delete = ht_db_stmt(told->outbox->db, HT_OUTBOX_QUERY("untold_delete"), error);
    if (!delete)
        return false;
    ht_stmt_bind_int(delete, 1, told->span.first);
    ht_stmt_bind_int(delete, 2, told->span.last);
    return ht_stmt_run(delete, error);
}

static void told_done(bool ok, GError *error, gpointer data)
{
    if (!ok) {
        ht_log(HT_LOG_WARNING, "noting what was told: %s", error->message);
        g_error_free(error);
    }
    g_free(data);
}

guint ht_outbox_take_same(HtOutbox *outbox, HtOpSpan *span)
{
    g_mutex_lock(&outbox->lock);
    guint n = outbox->n_same;
    *span = outbox->same;
    outbox->same = (HtOpSpan){0};
    outbox->n_same = 0;
    g_mutex_unlock(&outbox->lock);
    return n;
}

void ht_outbox_told_same(HtOutbox *outbox, const HtOpSpan *span)
{
    Told *told = g_new0(Told, 1);
    *told = (Told){outbox, *span};
    ht_store_call_async(outbox->cache, run_told, told, told_done);
}
