/* Undoing a pass of the review queue: its groups, newest first, each as undo would do it, in one
 * change of the file. What undo looks at is the row as shown, and that follows a change: where a
 * group is about somebody whom this change touches already, the change ends before it and another
 * one begins. So a pass over two hundred people is one fsync, and one who was decided on twice is
 * undone twice. */
#include "internal.h"

typedef struct {
    HtOutbox *outbox;
    HtStore *store;
    HtIntent *intent;
    HtReceipt *receipt; /* of all that is on disk; borrowed */
    HtPlan part;        /* of the change that is open */
    HtChange change;
    bool is_view;
} Pass;

static bool pass_groups(HtOutbox *outbox, guint64 pass, GArray *groups, GError **error)
{
    g_auto(HtStmtUse) use = {ht_db_stmt(outbox->db, HT_OUTBOX_QUERY("group_pass"), error)};
    if (!use.stmt)
        return false;
    ht_stmt_bind_int(use.stmt, 1, (int64_t)pass);
    HtStep step;
    while ((step = ht_stmt_step(use.stmt, error)) == HT_STEP_ROW) {
        int64_t group = ht_stmt_int(use.stmt, 0);
        g_array_append_val(groups, group);
    }
    return step == HT_STEP_DONE;
}

static void gather_refusals(HtReceipt *into, HtReceipt *from)
{
    into->n_refused += from->n_refused;
    if (!into->why)
        into->why = g_strdup(from->why);
    while (from->refusals->len > 0)
        g_ptr_array_add(into->refusals, g_ptr_array_steal_index(from->refusals, 0));
}

static void gather(HtReceipt *into, HtReceipt *from)
{
    into->n_done += from->n_done;
    into->n_groups += from->n_groups;
    if (from->group)
        into->group = from->group;
    if (!into->recorded.first)
        into->recorded.first = from->recorded.first;
    into->recorded.last = MAX(into->recorded.last, from->recorded.last);
    g_array_append_vals(into->keys, from->keys->data, from->keys->len);
    gather_refusals(into, from);
}

static bool begin_change(Pass *pass, GError **error)
{
    ht_plan_init(&pass->part, pass->outbox, pass->store, pass->intent);
    if (!ht_change_begin(&pass->change, pass->outbox, pass->store, error))
        return false;
    pass->is_view = ht_view_begin(pass->outbox->reader);
    return true;
}

static void drop_change(Pass *pass)
{
    ht_view_end(pass->outbox->reader, pass->is_view);
    pass->is_view = false;
    ht_change_clear(&pass->change);
    ht_plan_clear(&pass->part);
    pass->change = (HtChange){0};
    pass->part = (HtPlan){0};
}

/* Only what is on disk counts. */
static bool end_change(Pass *pass, GError **error)
{
    ht_view_end(pass->outbox->reader, pass->is_view);
    pass->is_view = false;
    bool ok = ht_change_commit(&pass->change, error);
    if (ok) {
        pass->part.receipt->recorded = pass->change.recorded;
        gather(pass->receipt, pass->part.receipt);
    }
    drop_change(pass);
    return ok;
}

/* A refusal leaves the change whole. */
static bool undo_one(Pass *pass, int64_t group, GError **error)
{
    g_auto(HtPlan) plan = {0};
    g_autoptr(GError) refusal = NULL;
    ht_plan_init(&plan, pass->outbox, pass->store, pass->intent);
    bool ok = ht_undo_group(&pass->change, &plan, group, &refusal);
    if (!ht_plan_check(&plan, error))
        return false;
    if (!ok && !ht_is_refusal(refusal)) {
        g_propagate_error(error, g_steal_pointer(&refusal));
        return false;
    }
    if (ok) {
        plan.receipt->group = group;
        plan.receipt->n_groups = 1;
    }
    gather(pass->part.receipt, plan.receipt);
    return true;
}

static bool undo_groups(Pass *pass, const GArray *groups, GError **error)
{
    for (guint i = 0; i < groups->len; i++) {
        int64_t group = g_array_index(groups, int64_t, i);
        bool meets = false;
        if ((i == 0 && !begin_change(pass, error)) ||
            !ht_undo_meets(&pass->change, group, &meets, error) ||
            (meets && !(end_change(pass, error) && begin_change(pass, error))) ||
            !undo_one(pass, group, error)) {
            drop_change(pass);
            return false;
        }
    }
    return groups->len == 0 || end_change(pass, error);
}

/* What was undone stays undone although a later part failed: its receipt says what is left. */
static bool say_undone(HtReceipt *receipt, const GError *failure, GError **error)
{
    if (receipt->n_done == 0 && failure)
        g_propagate_error(error, g_error_copy(failure));
    else if (receipt->n_done == 0)
        g_set_error(error, HT_OUTBOX_ERROR, HT_OUTBOX_ERROR_NOTHING, "%s",
                    receipt->why ? receipt->why : "nothing of this pass to undo");
    if (receipt->n_done == 0)
        return false;
    receipt->label = failure ? g_strdup_printf("Undone: the pass, %d so far (%s)", receipt->n_done,
                                               failure->message)
                             : g_strdup_printf("Undone: the pass, %d", receipt->n_done);
    return true;
}

HtReceipt *ht_undo_pass(HtOutbox *outbox, HtStore *store, guint64 pass, GError **error)
{
    g_autoptr(HtIntent) intent = ht_intent_new(HT_INTENT_UNDO_GROUP);
    g_autoptr(GArray) groups = g_array_new(FALSE, FALSE, sizeof(int64_t));
    g_autoptr(GError) failure = NULL;
    g_auto(HtPlan) all = {0};
    if (!ht_outbox_reader(outbox, &outbox->reader, error) ||
        !pass_groups(outbox, pass, groups, error))
        return NULL;
    ht_plan_init(&all, outbox, store, intent);
    Pass work = {.outbox = outbox, .store = store, .intent = intent, .receipt = all.receipt};
    undo_groups(&work, groups, &failure);
    return say_undone(all.receipt, failure, error) ? g_steal_pointer(&all.receipt) : NULL;
}
