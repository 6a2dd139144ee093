/* The file, its changes, and submitting. One order everywhere: the file's transaction is on disk
 * first, then the cache's shown tables follow. A stamp in both files tells at open whether the
 * second step of the last change was lost, and then shown is made anew. */
#include "internal.h"

#include "hiretty/base/clock.h"
#include "hiretty/base/failpoint.h"
#include "hiretty/base/log.h"
#include "hiretty/base/reserve.h"

#include <string.h>
#include <unistd.h>

#define LOOK_CACHE_KIB 1024

/* Readers of the cache are opened when they are first needed: the first frame needs none. */
bool ht_outbox_reader(HtOutbox *outbox, HtReader **reader, GError **error)
{
    if (!*reader)
        *reader = ht_reader_new(outbox->cache, reader == &outbox->reader ? "store" : "look", error);
    return *reader && ht_reader_refresh(*reader, NULL, error);
}

/* --- Changes */

static GHashTable *new_id_set(void)
{
    return g_hash_table_new_full(ht_uuid_hash, ht_uuid_equal, g_free, NULL);
}

static char *next_stamp(HtDb *db, GError **error)
{
    int64_t n = ht_outbox_counter(db, "stamp", error);
    return n ? g_strdup_printf("%" G_GINT64_FORMAT, n) : NULL;
}

bool ht_change_begin(HtChange *change, HtOutbox *outbox, HtStore *store, GError **error)
{
    memset(change, 0, sizeof *change);
    change->outbox = outbox;
    change->store = store;
    change->matches = new_id_set();
    change->candidates = new_id_set();
    if (!ht_db_begin(outbox->db, true, error))
        return false;
    change->stamp_before = ht_outbox_meta(outbox->db, "stamp");
    change->stamp_after = next_stamp(outbox->db, error);
    return change->stamp_after != NULL;
}

void ht_change_touch(HtChange *change, const HtOp *op)
{
    if (op->fn == HT_PUSH_DECISIONS)
        g_hash_table_add(change->matches, ht_uuid_dup(&op->match));
    else
        g_hash_table_add(change->candidates, ht_uuid_dup(&op->candidate));
}

bool ht_change_insert(HtChange *change, HtOp *op, GError **error)
{
    if (!ht_op_insert(change->outbox->db, op, error))
        return false;
    if (!change->recorded.first)
        change->recorded.first = op->seq;
    change->recorded.last = op->seq;
    return true;
}

static bool show_change(HtApply *apply, gpointer data, GError **error)
{
    HtChange *change = data;
    g_autofree char *shown_for = ht_apply_meta_get(apply, "shown_for");
    /* Only if nothing of a change before is missing, this one completes the picture. */
    if (g_strcmp0(shown_for, change->stamp_before ? change->stamp_before : "0") == 0 &&
        !ht_apply_meta_set(apply, "shown_for", change->stamp_after, error))
        return false;
    ht_apply_touch(apply, HT_CHANGED_SHOWN);
    return ht_shown_matches(change->outbox, apply, change->matches, error) &&
           ht_shown_candidates(change->outbox, apply, change->candidates, error);
}

bool ht_change_commit(HtChange *change, GError **error)
{
    if (!ht_outbox_has_files(change->outbox, error) || !ht_db_commit(change->outbox->db, error))
        return false;
    HT_FAILPOINT(OUTBOX_RECORDED);
    g_autoptr(GError) why = NULL;
    if (!ht_store_apply(change->store, show_change, change, &why))
        ht_log(HT_LOG_WARNING, "pending work is recorded but not shown yet: %s", why->message);
    return true;
}

void ht_change_clear(HtChange *change)
{
    if (!change->outbox)
        return;
    ht_db_rollback(change->outbox->db);
    g_clear_pointer(&change->matches, g_hash_table_unref);
    g_clear_pointer(&change->candidates, g_hash_table_unref);
    g_clear_pointer(&change->stamp_before, g_free);
    g_clear_pointer(&change->stamp_after, g_free);
}

/* --- Opening */

typedef struct {
    HtOutbox *outbox;
    char *stamp;
} Rebuild;

static bool rebuild(HtApply *apply, gpointer data, GError **error)
{
    Rebuild *job = data;
    return ht_shown_rebuild(job->outbox, apply, error) &&
           ht_apply_meta_set(apply, "shown_for", job->stamp, error);
}

bool ht_outbox_show_all(HtOutbox *outbox, HtStore *store, GError **error)
{
    g_autofree char *stamp = ht_outbox_meta(outbox->db, "stamp");
    Rebuild job = {outbox, stamp ? stamp : (char[]){"0"}};
    return ht_store_apply(store, rebuild, &job, error);
}

static bool let_go(HtStore *store, gpointer data, GError **error)
{
    (void)store;
    (void)error;
    HtOutbox *outbox = data;
    g_clear_pointer(&outbox->reader, ht_reader_free);
    g_mutex_lock(&outbox->lock);
    g_clear_pointer(&outbox->look_reader, ht_reader_free);
    g_mutex_unlock(&outbox->lock);
    return true;
}

/* The hook: a generation became current, or the file was opened. */
static bool bring_in_step(HtStore *store, gpointer data, GError **error)
{
    HtOutbox *outbox = data;
    /* The old file can only go when nobody reads it any more. Afterwards: a plan may be using it.
     */
    ht_store_call_async(outbox->cache, let_go, outbox, NULL);
    g_autofree char *purged = NULL, *shown_for = NULL;
    bool is_other = false;
    if (!ht_cache_read_meta(outbox->cache, "purged", &purged, error) ||
        !ht_device_check(outbox, store, &is_other, error) ||
        !ht_push_recover(outbox, store, error) || !ht_same_recall(outbox, error) ||
        (purged && !ht_outbox_strip_all(outbox, error)))
        return false;
    g_autofree char *stamp = ht_outbox_meta(outbox->db, "stamp");
    if (!ht_cache_read_meta(outbox->cache, "shown_for", &shown_for, error))
        return false;
    if (!is_other && g_strcmp0(shown_for, stamp ? stamp : "0") == 0)
        return true;
    return ht_outbox_show_all(outbox, store, error);
}

static void outbox_free(HtOutbox *outbox)
{
    ht_reader_free(outbox->reader);
    ht_reader_free(outbox->look_reader);
    ht_db_close(outbox->look_db);
    ht_db_close(outbox->db);
    if (outbox->lock_fd >= 0)
        close(outbox->lock_fd);
    g_mutex_clear(&outbox->lock);
    g_free(outbox->path);
    g_free(outbox->problem);
    g_free(outbox);
}

HtOutbox *ht_outbox_open(HtCache *cache, const HtPaths *paths, GError **error)
{
    HtOutbox *outbox = g_new0(HtOutbox, 1);
    g_mutex_init(&outbox->lock);
    outbox->cache = cache;
    outbox->counts_version = -1;
    outbox->lock_fd = -1;
    if (ht_outbox_open_file(outbox, ht_paths_state_dir(paths), error) &&
        ht_device_ensure(outbox, error))
        outbox->look_db = ht_db_open(outbox->path, HT_DB_READ, "look", LOOK_CACHE_KIB, error);
    if (!outbox->look_db) {
        outbox_free(outbox);
        return NULL;
    }
    ht_outbox_note_files(outbox);
    g_autofree char *mark = ht_outbox_suspect_path(outbox->path);
    ht_db_set_suspect(outbox->look_db, mark);
    ht_cache_set_generation_hook(cache, bring_in_step, outbox);
    ht_cache_add_forget_hook(cache, ht_outbox_forget, outbox);
    return outbox;
}

void ht_outbox_close(HtOutbox *outbox)
{
    if (!outbox)
        return;
    /* Behind everything that is in the queue. */
    ht_cache_set_generation_hook(outbox->cache, NULL, NULL);
    ht_cache_remove_forget_hook(outbox->cache, ht_outbox_forget);
    g_autofree char *dir = g_path_get_dirname(outbox->path);
    outbox_free(outbox);
    ht_reserve_keep(dir);
}

const char *ht_outbox_problem(HtOutbox *outbox)
{
    return outbox->problem;
}

/* --- Submitting */

typedef struct {
    HtOutbox *outbox;
    HtIntent *intent; /* NULL: undo the pass */
    guint64 pass;
    HtReceipt *receipt;
} Submit;

static void submit_free(gpointer data)
{
    Submit *submit = data;
    ht_intent_free(submit->intent);
    ht_receipt_free(submit->receipt);
    g_free(submit);
}

static bool record(HtPlan *plan, HtChange *change, GError **error)
{
    if (!plan->receipt->label)
        plan->receipt->label = ht_plan_label(plan);
    HtGroup act = {.kind = plan->intent->kind,
                   .pass = plan->intent->pass,
                   .label = plan->receipt->label,
                   .at = plan->now_us};
    int64_t group = ht_group_add(plan->outbox->db, &act, error);
    if (!group)
        return false;
    for (guint i = 0; i < plan->ops->len; i++) {
        HtOp *op = plan->ops->pdata[i];
        op->group = group;
        if (!ht_change_insert(change, op, error) || !ht_op_merge(plan->outbox->db, op, error))
            return false;
        ht_change_touch(change, op);
    }
    plan->receipt->group = group;
    plan->receipt->recorded = change->recorded;
    plan->receipt->n_done = (int)plan->ops->len;
    return ht_change_commit(change, error);
}

static bool plan_ops(HtPlan *plan, GError **error)
{
    switch ((int)plan->intent->kind) {
    case HT_INTENT_DECIDE:
        return ht_plan_decide(plan, error);
    case HT_INTENT_FEEDBACK:
        return ht_plan_feedback(plan, error);
    case HT_INTENT_INTERVIEW_ADD:
    case HT_INTENT_INTERVIEW_CHANGE:
        return ht_plan_interview(plan, error);
    default:
        return ht_plan_fields(plan, error);
    }
}

bool ht_view_begin(HtReader *reader)
{
    HtDb *db = ht_reader_db(reader);
    return !ht_db_in_transaction(db) && ht_db_begin(db, false, NULL);
}

void ht_view_end(HtReader *reader, bool is_ours)
{
    if (is_ours)
        ht_db_rollback(ht_reader_db(reader));
}

static bool plan_new(HtPlan *plan, GError **error)
{
    g_autoptr(GError) refusal = NULL;
    bool is_view = ht_view_begin(plan->reader);
    bool ok = ht_plan_may_write(plan, &refusal) && plan_ops(plan, &refusal);
    ht_view_end(plan->reader, is_view);
    /* A refusal may come of a look-up that failed: then that is what there is to say. */
    if (!ht_plan_check(plan, error))
        return false;
    if (refusal)
        g_propagate_error(error, g_steal_pointer(&refusal));
    return ok;
}

/* What is planned stands on what the file says: until it is recorded no other process takes an op
 * into a batch that this one is about to carry along. */
static bool submit_new(HtPlan *plan, GError **error)
{
    g_auto(HtChange) change = {0};
    if (!ht_change_begin(&change, plan->outbox, plan->store, error) || !plan_new(plan, error))
        return false;
    if (plan->ops->len == 0) {
        ht_plan_set_error(plan, error);
        return false;
    }
    return record(plan, &change, error);
}

/* What undo or redo speaks of. */
typedef struct {
    char *label;
    int n_rows;
    bool is_words; /* decisions, and nothing is left of them but notes */
} Found;

static void found_clear(Found *found)
{
    g_free(found->label);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Found, found_clear)

/* The group that undo or redo speaks of, and its label; 0 = none. */
static int64_t find_group(HtPlan *plan, bool redo, char **label)
{
    HtDb *db = plan->outbox->db;
    const HtIntent *intent = plan->intent;
    bool given = intent->kind == HT_INTENT_UNDO_GROUP;
    const char *resource = given  ? HT_OUTBOX_QUERY("group_get")
                           : redo ? HT_OUTBOX_QUERY("group_redoable")
                                  : HT_OUTBOX_QUERY("group_undoable");
    g_auto(HtStmtUse) use = {ht_db_stmt(db, resource, NULL)};
    if (!use.stmt)
        return 0;
    if (given)
        ht_stmt_bind_int(use.stmt, 1, intent->group);
    if (ht_stmt_step(use.stmt, NULL) != HT_STEP_ROW || (given && ht_stmt_int(use.stmt, 4)))
        return 0;
    *label = ht_stmt_dup_text(use.stmt, given ? 3 : 1);
    return ht_stmt_int(use.stmt, 0);
}

/* "Undone: Shortlisted 4", or "Undone 3 of 4: …" where something of it stands, or was given up
 * before: the label speaks of what was done then. Of a decision that somebody else had made, too,
 * only the words were mine. */
static char *undone_label(const HtPlan *plan, const Found *found, bool redo)
{
    const char *verb = redo ? "Redone" : "Undone", *label = found->label;
    int n = plan->receipt->n_done, n_rows = found->n_rows;
    if (found->is_words)
        return g_strdup_printf("%s: what was noted with \"%s\"", verb, label);
    return n < n_rows ? g_strdup_printf("%s %d of %d: %s", verb, n, n_rows, label)
                      : g_strdup_printf("%s: %s", verb, label);
}

static bool look_at_group(HtDb *db, int64_t group, Found *found, GError **error)
{
    g_auto(HtStmtUse) rows = {ht_db_stmt(db, HT_OUTBOX_QUERY("group_rows"), error)};
    g_auto(HtStmtUse) words = {ht_db_stmt(db, HT_OUTBOX_QUERY("group_words"), error)};
    if (!rows.stmt || !words.stmt)
        return false;
    ht_stmt_bind_int(rows.stmt, 1, group);
    ht_stmt_bind_int(words.stmt, 1, group);
    if (ht_stmt_step(rows.stmt, error) != HT_STEP_ROW)
        return false;
    found->n_rows = (int)ht_stmt_int(rows.stmt, 0);
    HtStep step = ht_stmt_step(words.stmt, error);
    found->is_words = step == HT_STEP_ROW;
    return step != HT_STEP_ERROR;
}

bool ht_is_refusal(const GError *error)
{
    return g_error_matches(error, HT_OUTBOX_ERROR, HT_OUTBOX_ERROR_REFUSED);
}

static bool undo_or_redo(HtPlan *plan, int64_t group, bool redo, GError **error)
{
    g_auto(HtChange) change = {0};
    if (!ht_change_begin(&change, plan->outbox, plan->store, error))
        return false;
    plan->receipt->group = group;
    g_autoptr(GError) refusal = NULL;
    bool is_view = ht_view_begin(plan->reader);
    bool ok = redo ? ht_redo_group(&change, plan, group, &refusal)
                   : ht_undo_group(&change, plan, group, &refusal);
    ht_view_end(plan->reader, is_view);
    if (!ht_plan_check(plan, error))
        return false;
    plan->receipt->recorded = change.recorded;
    if (ok)
        return ht_change_commit(&change, error);
    /* Only a refusal leaves the change whole; what failed half-way is taken back. */
    if (plan->is_settled && ht_is_refusal(refusal))
        ht_change_commit(&change, NULL);
    g_propagate_error(error, g_steal_pointer(&refusal));
    return false;
}

static bool submit_undo(HtPlan *plan, bool redo, GError **error)
{
    g_auto(Found) found = {0};
    int64_t group = find_group(plan, redo, &found.label);
    if (!ht_plan_check(plan, error))
        return false;
    if (!group) {
        g_set_error(error, HT_OUTBOX_ERROR, HT_OUTBOX_ERROR_NOTHING, "nothing to %s",
                    redo ? "redo" : "undo");
        return false;
    }
    if (!look_at_group(plan->outbox->db, group, &found, error) ||
        !undo_or_redo(plan, group, redo, error))
        return false;
    plan->receipt->label = undone_label(plan, &found, redo);
    return true;
}

static bool run_intent(HtStore *store, Submit *submit, GError **error)
{
    g_auto(HtPlan) plan = {0};
    if (!ht_outbox_reader(submit->outbox, &submit->outbox->reader, error))
        return false;
    ht_plan_init(&plan, submit->outbox, store, submit->intent);
    HtIntentKind kind = submit->intent->kind;
    bool undoes = kind == HT_INTENT_UNDO || kind == HT_INTENT_UNDO_GROUP;
    bool ok = undoes || kind == HT_INTENT_REDO ? submit_undo(&plan, kind == HT_INTENT_REDO, error)
                                               : submit_new(&plan, error);
    if (ok)
        submit->receipt = g_steal_pointer(&plan.receipt);
    return ok;
}

static bool submit_once(HtStore *store, Submit *submit, GError **error)
{
    if (submit->intent)
        return run_intent(store, submit, error);
    submit->receipt = ht_undo_pass(submit->outbox, store, submit->pass, error);
    return submit->receipt != NULL;
}

/* A disk that is full keeps nothing of a transaction; with half of the reserve it may be kept after
 * all. The other half stays for opening. */
static bool run_submit(HtStore *store, gpointer data, GError **error)
{
    Submit *submit = data;
    g_autoptr(GError) problem = NULL;
    if (submit_once(store, submit, &problem))
        return true;
    g_autofree char *dir = g_path_get_dirname(submit->outbox->path);
    if (g_error_matches(problem, HT_CACHE_ERROR, HT_CACHE_ERROR_FULL) &&
        ht_reserve_give_up_half(dir)) {
        ht_log(HT_LOG_WARNING, "the disk is full: half of the outbox's reserve is given up");
        return submit_once(store, submit, error);
    }
    g_propagate_error(error, g_steal_pointer(&problem));
    return false;
}

static HtReceipt *submit_and_wait(Submit *submit, GError **error)
{
    HtReceipt *receipt = NULL;
    if (ht_store_call(submit->outbox->cache, run_submit, submit, error))
        receipt = g_steal_pointer(&submit->receipt);
    submit_free(submit);
    return receipt;
}

HtReceipt *ht_outbox_submit(HtOutbox *outbox, HtIntent *intent, GError **error)
{
    Submit *submit = g_new0(Submit, 1);
    submit->outbox = outbox;
    submit->intent = intent;
    return submit_and_wait(submit, error);
}

HtReceipt *ht_outbox_undo_pass(HtOutbox *outbox, guint64 pass, GError **error)
{
    Submit *submit = g_new0(Submit, 1);
    submit->outbox = outbox;
    submit->pass = pass;
    return submit_and_wait(submit, error);
}

static bool run_task(HtStore *store, gpointer data, GError **error)
{
    return run_submit(store, g_task_get_task_data(data), error);
}

static void free_receipt(gpointer receipt)
{
    ht_receipt_free(receipt);
}

static void task_done(bool ok, GError *error, gpointer data)
{
    g_autoptr(GTask) task = data;
    Submit *submit = g_task_get_task_data(task);
    if (ok)
        g_task_return_pointer(task, g_steal_pointer(&submit->receipt), free_receipt);
    else
        g_task_return_error(task, error);
}

static void start_task(Submit *submit, GCancellable *cancellable, GAsyncReadyCallback callback,
                       gpointer user_data)
{
    GTask *task = g_task_new(NULL, cancellable, callback, user_data);
    /* What is recorded is recorded: its receipt comes even after a cancel. */
    g_task_set_check_cancellable(task, FALSE);
    g_task_set_task_data(task, submit, submit_free);
    ht_store_call_async(submit->outbox->cache, run_task, task, task_done);
}

void ht_outbox_submit_async(HtOutbox *outbox, HtIntent *intent, GCancellable *cancellable,
                            GAsyncReadyCallback callback, gpointer user_data)
{
    Submit *submit = g_new0(Submit, 1);
    submit->outbox = outbox;
    submit->intent = intent;
    start_task(submit, cancellable, callback, user_data);
}

void ht_outbox_undo_pass_async(HtOutbox *outbox, guint64 pass, GCancellable *cancellable,
                               GAsyncReadyCallback callback, gpointer user_data)
{
    Submit *submit = g_new0(Submit, 1);
    submit->outbox = outbox;
    submit->pass = pass;
    start_task(submit, cancellable, callback, user_data);
}

HtReceipt *ht_outbox_submit_finish(HtOutbox *outbox, GAsyncResult *result, GError **error)
{
    (void)outbox;
    return g_task_propagate_pointer(G_TASK(result), error);
}

guint64 ht_outbox_new_pass(HtOutbox *outbox)
{
    HtUuid id;
    ht_uuid_new_random(&id);
    guint64 pass = 0;
    memcpy(&pass, id.b, 6);
    return pass + 1 + (guint64)g_atomic_int_add(&outbox->passes, 1);
}

/* --- Views */

typedef struct {
    HtOutbox *outbox;
    HtKey match;
    bool blind;
    int seconds;
    int64_t at;
} View;

static bool mark_seen(HtApply *apply, gpointer data, GError **error)
{
    const View *view = data;
    HtStmt *put = ht_db_stmt(ht_apply_db(apply), HT_CACHE_QUERY("seen_add"), error);
    if (!put)
        return false;
    ht_stmt_bind_int(put, 1, view->match);
    ht_stmt_bind_int(put, 2, view->seconds);
    ht_stmt_bind_int(put, 3, view->at);
    ht_apply_touch(apply, HT_CHANGED_SEEN);
    return ht_stmt_run(put, error);
}

static bool run_view(HtStore *store, gpointer data, GError **error)
{
    const View *view = data;
    HtUuid id;
    if (!ht_outbox_reader(view->outbox, &view->outbox->reader, error) ||
        !ht_reader_uuid(view->outbox->reader, view->match, &id))
        return true;
    HtStmt *put = ht_db_stmt(view->outbox->db, HT_OUTBOX_QUERY("view_put"), error);
    if (!put)
        return false;
    ht_stmt_bind_uuid(put, 1, &id);
    ht_stmt_bind_int(put, 2, view->seconds);
    ht_stmt_bind_int(put, 3, view->blind);
    ht_stmt_bind_int(put, 4, view->at);
    return ht_stmt_run(put, error) && ht_store_apply(store, mark_seen, data, error);
}

static void view_done(bool ok, GError *error, gpointer data)
{
    if (!ok) {
        ht_log(HT_LOG_WARNING, "noting a view: %s", error->message);
        g_error_free(error);
    }
    g_free(data);
}

void ht_outbox_note_view(HtOutbox *outbox, HtKey match, bool blind, int seconds)
{
    View *view = g_new0(View, 1);
    *view = (View){outbox, match, blind, seconds, ht_clock_now_us()};
    ht_store_call_async(outbox->cache, run_view, view, view_done);
}
