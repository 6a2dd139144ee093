/* What an intent needs to know of the cache, and its refusals. */
#include "internal.h"

#include "hiretty/base/clock.h"

#include <string.h>

static HtReceipt *new_receipt(void)
{
    HtReceipt *receipt = g_new0(HtReceipt, 1);
    receipt->keys = g_array_new(FALSE, FALSE, sizeof(HtKey));
    return receipt;
}

static void free_refusal(gpointer data)
{
    HtRefusal *refusal = data;
    g_free(refusal->why);
    g_free(refusal);
}

static unsigned read_roles(const char *json)
{
    unsigned roles = 0;
    g_autoptr(HtJson) list = json ? ht_json_parse(json, -1, NULL) : NULL;
    for (const HtJson *e = ht_json_first(list); e; e = ht_json_next(e))
        roles |= ht_role_parse(ht_json_string(e, NULL));
    return roles;
}

static HtPositionRule read_position(const char *name)
{
    if (g_strcmp0(name, "same") == 0)
        return HT_POSITION_SAME;
    return g_strcmp0(name, "later") == 0 ? HT_POSITION_LATER : HT_POSITION_ANY;
}

static HtMachine *load_machine(HtDb *db, const char *role)
{
    HtMachine *machine = ht_machine_new();
    ht_machine_set_role(machine, role ? ht_role_parse(role) : 0);
    g_auto(HtStmtUse) use = {ht_db_stmt(db, HT_CACHE_QUERY("machine_rows"), NULL)};
    while (use.stmt && ht_stmt_step(use.stmt, NULL) == HT_STEP_ROW) {
        HtTransition row = {
            .decision = ht_decision_parse(ht_stmt_text(use.stmt, 0)),
            .from = ht_stage_type_parse(ht_stmt_text(use.stmt, 1)),
            .to = ht_stage_type_parse(ht_stmt_text(use.stmt, 2)),
            .position = read_position(ht_stmt_text(use.stmt, 3)),
            .requires_reason = ht_stmt_int(use.stmt, 4) != 0,
            .requires_hold_until = ht_stmt_int(use.stmt, 5) != 0,
            .roles = read_roles(ht_stmt_text(use.stmt, 6)),
        };
        ht_machine_add(machine, &row);
    }
    return machine;
}

void ht_plan_init(HtPlan *plan, HtOutbox *outbox, HtStore *store, const HtIntent *intent)
{
    memset(plan, 0, sizeof *plan);
    plan->outbox = outbox;
    plan->store = store;
    plan->reader = outbox->reader;
    ht_db_watch(ht_reader_db(plan->reader));
    ht_db_watch(outbox->db);
    plan->intent = intent;
    plan->receipt = new_receipt();
    plan->receipt->refusals = g_ptr_array_new_with_free_func(free_refusal);
    plan->ops = g_ptr_array_new_with_free_func((GDestroyNotify)(void *)ht_op_free);
    plan->me = ht_cache_me(plan->reader, NULL);
    plan->machine = load_machine(ht_reader_db(plan->reader), plan->me->role);
    plan->stages = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free,
                                         (GDestroyNotify)(void *)g_ptr_array_unref);
    plan->now_us = ht_clock_now_us();
    ht_uuid_new_random(&plan->bulk);
}

void ht_plan_clear(HtPlan *plan)
{
    g_clear_pointer(&plan->receipt, ht_receipt_free);
    g_clear_pointer(&plan->ops, g_ptr_array_unref);
    g_clear_pointer(&plan->machine, ht_machine_free);
    g_clear_pointer(&plan->me, ht_me_free);
    g_clear_pointer(&plan->stages, g_hash_table_unref);
    g_clear_pointer(&plan->done_rows, g_hash_table_unref);
    g_clear_pointer(&plan->stands, g_hash_table_unref);
}

void ht_plan_refuse(HtPlan *plan, HtKey key, const char *why)
{
    HtReceipt *receipt = plan->receipt;
    HtRefusal *refusal = g_new0(HtRefusal, 1);
    refusal->key = key;
    refusal->why = g_strdup(why);
    g_ptr_array_add(receipt->refusals, refusal);
    receipt->n_refused++;
    if (!receipt->why)
        receipt->why = g_strdup(why);
}

bool ht_plan_check(const HtPlan *plan, GError **error)
{
    return ht_reader_check(plan->reader, error) && ht_db_check(plan->outbox->db, error);
}

bool ht_is_blank(const char *text)
{
    for (gunichar c; text && *text; text = g_utf8_next_char(text)) {
        c = g_utf8_get_char_validated(text, -1);
        if (c == (gunichar)-1 || c == (gunichar)-2)
            return false;
        GUnicodeType type = g_unichar_type(c);
        if (!g_unichar_isspace(c) && type != G_UNICODE_FORMAT && type != G_UNICODE_CONTROL)
            return false;
    }
    return true;
}

bool ht_plan_check_text(const char *text, gsize max, const char *what, GError **error)
{
    gsize n = 0;
    for (const char *p = text; p && *p; p++)
        n += ((unsigned char)*p & 0xC0) != 0x80; /* as the server counts */
    if (ht_is_blank(text)) {
        g_set_error(error, HT_OUTBOX_ERROR, HT_OUTBOX_ERROR_REFUSED, "%s is empty", what);
        return false;
    }
    if (n <= max)
        return true;
    g_set_error(error, HT_OUTBOX_ERROR, HT_OUTBOX_ERROR_REFUSED,
                "%s is too long: %zu where %zu is the most, in characters", what, n, max);
    return false;
}

bool ht_plan_reason_wants_note(const HtPlan *plan)
{
    if (!plan->intent->reason)
        return false;
    g_auto(HtStmtUse)
        use = {ht_db_stmt(ht_reader_db(plan->reader), HT_CACHE_QUERY("reason_row"), NULL)};
    if (!use.stmt)
        return false;
    ht_stmt_bind_int(use.stmt, 1, plan->intent->reason);
    return ht_stmt_step(use.stmt, NULL) == HT_STEP_ROW && ht_stmt_int(use.stmt, 4) != 0;
}

static gint compare_refusals(gconstpointer a, gconstpointer b)
{
    const HtRefusal *const *x = a, *const *y = b;
    return g_strcmp0((*x)->why, (*y)->why);
}

char *ht_receipt_reasons(const HtReceipt *receipt)
{
    g_autoptr(GPtrArray) refusals = g_ptr_array_new();
    g_ptr_array_extend(refusals, receipt->refusals, NULL, NULL);
    g_ptr_array_sort(refusals, compare_refusals);
    GString *out = g_string_new(NULL);
    for (guint i = 0, n; i < refusals->len; i += n) {
        for (n = 1; i + n < refusals->len; n++) {
            if (compare_refusals(&refusals->pdata[i], &refusals->pdata[i + n]) != 0)
                break;
        }
        g_string_append_printf(out, "%s%u × %s", i ? "; " : "", n,
                               ((const HtRefusal *)refusals->pdata[i])->why);
    }
    return g_string_free(out, FALSE);
}

/* "0 of 31: 20 × …; 11 × …" */
static char *why_nothing(const HtReceipt *receipt)
{
    if (receipt->refusals->len < 2)
        return g_strdup(receipt->why ? receipt->why : "nothing is marked");
    g_autofree char *reasons = ht_receipt_reasons(receipt);
    return g_strdup_printf("0 of %u: %s", receipt->refusals->len, reasons);
}

void ht_plan_set_error(const HtPlan *plan, GError **error)
{
    const HtReceipt *receipt = plan->receipt;
    g_autofree char *why = plan->lacks_note ? g_strdup(receipt->why) : why_nothing(receipt);
    HtOutboxError code = plan->lacks_note      ? HT_OUTBOX_ERROR_NOTE
                         : receipt->may_reopen ? HT_OUTBOX_ERROR_CLOSED
                                               : HT_OUTBOX_ERROR_REFUSED;
    g_set_error_literal(error, HT_OUTBOX_ERROR, code, why);
}

GPtrArray *ht_plan_stages(HtPlan *plan, HtKey job)
{
    GPtrArray *stages = g_hash_table_lookup(plan->stages, &job);
    if (stages)
        return stages;
    stages = ht_cache_job_stages(plan->reader, job, NULL);
    if (!stages)
        stages = g_ptr_array_new();
    g_hash_table_insert(plan->stages, g_memdup2(&job, sizeof job), stages);
    return stages;
}

bool ht_plan_may_write(HtPlan *plan, GError **error)
{
    if (plan->me->role && ht_role_parse(plan->me->role) == HT_ROLE_VIEWER) {
        g_set_error(error, HT_OUTBOX_ERROR, HT_OUTBOX_ERROR_REFUSED,
                    "your login may look, not change");
        return false;
    }
    return true;
}

bool ht_plan_is_staff(const HtPlan *plan, const char *why, GError **error)
{
    unsigned role = plan->me->role ? ht_role_parse(plan->me->role) : 0;
    if (!role || (role & (HT_ROLE_ADMIN | HT_ROLE_RECRUITER)))
        return true;
    g_set_error_literal(error, HT_OUTBOX_ERROR, HT_OUTBOX_ERROR_REFUSED, why);
    return false;
}

static char *reason_label(const HtPlan *plan)
{
    HtStmt *stmt = ht_db_stmt(ht_reader_db(plan->reader), HT_CACHE_QUERY("reason_row"), NULL);
    if (!stmt || !plan->intent->reason)
        return NULL;
    g_auto(HtStmtUse) use = {stmt};
    ht_stmt_bind_int(stmt, 1, plan->intent->reason);
    return ht_stmt_step(stmt, NULL) == HT_STEP_ROW ? ht_stmt_dup_text(stmt, 1) : NULL;
}

static char *capitalized(const char *word)
{
    char *text = g_strdup(word);
    text[0] = g_ascii_toupper(text[0]);
    return text;
}

char *ht_plan_label(const HtPlan *plan)
{
    static const char *const names[] = {
        [HT_INTENT_NOTE] = "Noted",
        [HT_INTENT_NOTE_EDIT] = "Edited a note",
        [HT_INTENT_NOTE_DELETE] = "Deleted a note",
        [HT_INTENT_TAG_ADD] = "Tagged",
        [HT_INTENT_TAG_REMOVE] = "Untagged",
        [HT_INTENT_FEEDBACK] = "Feedback kept as a draft",
        [HT_INTENT_INTERVIEW_ADD] = "Interview planned",
        [HT_INTENT_INTERVIEW_CHANGE] = "Interview changed",
    };
    const HtIntent *intent = plan->intent;
    if (intent->label)
        return g_strdup(intent->label);
    if (intent->kind == HT_INTENT_FEEDBACK && intent->submit)
        return g_strdup("Feedback submitted");
    if (intent->kind == HT_INTENT_INTERVIEW_CHANGE && intent->cancel)
        return g_strdup("Interview cancelled");
    guint n = intent->kind >= HT_INTENT_FEEDBACK ? 1 : plan->ops->len;
    g_autofree char *verb = intent->kind == HT_INTENT_DECIDE
                                ? capitalized(ht_decision_past(intent->decision))
                                : g_strdup(names[intent->kind]);
    GString *label = g_string_new(verb);
    if (n > 1)
        g_string_append_printf(label, " %u", n);
    g_autofree char *reason = reason_label(plan);
    const char *what = reason ? reason : intent->tag;
    if (what)
        g_string_append_printf(label, ": %s", what);
    else if (intent->day)
        g_string_append_printf(label, " until %s", intent->day);
    return g_string_free(label, FALSE);
}
