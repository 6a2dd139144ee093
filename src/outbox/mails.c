/* Mails to applicants, rendered here when a decision is made, so that the person who decides sees
 * what will be sent. A mail with an unfilled variable is held back, never sent with a gap. */
#include "internal.h"

#include "hiretty/base/clock.h"
#include "hiretty/domain/candidate.h"
#include "hiretty/domain/mail.h"

typedef struct {
    HtUuid id;
    int64_t version;
    char *subject, *body;
} Template;

static void template_clear(Template *template)
{
    g_free(template->subject);
    g_free(template->body);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Template, template_clear)

static const char *template_type(HtDecisionKind decision)
{
    switch ((int)decision) {
    case HT_DECISION_REJECT:
        return "rejection";
    case HT_DECISION_OFFER:
        return "offer";
    case HT_DECISION_SHORTLIST:
        return "screening_invite";
    default:
        return NULL;
    }
}

static HtKey reason_template(HtPlan *plan, char **candidate_text)
{
    g_auto(HtStmtUse)
        use = {ht_db_stmt(ht_reader_db(plan->reader), HT_CACHE_QUERY("reason_row"), NULL)};
    if (!use.stmt || !plan->intent->reason)
        return 0;
    ht_stmt_bind_int(use.stmt, 1, plan->intent->reason);
    if (ht_stmt_step(use.stmt, NULL) != HT_STEP_ROW)
        return 0;
    *candidate_text = ht_stmt_dup_text(use.stmt, 3);
    return ht_stmt_int(use.stmt, 2);
}

static bool load_template(HtPlan *plan, HtKey key, const char *type, Template *template)
{
    g_auto(HtStmtUse)
        use = {ht_db_stmt(ht_reader_db(plan->reader), HT_CACHE_QUERY("mail_templates"), NULL)};
    if (!use.stmt || (!key && !type))
        return false;
    ht_stmt_bind_int(use.stmt, 1, key);
    ht_stmt_bind_text(use.stmt, 2, type);
    if (ht_stmt_step(use.stmt, NULL) != HT_STEP_ROW)
        return false;
    ht_stmt_uuid(use.stmt, 0, &template->id);
    template->version = ht_stmt_int(use.stmt, 1);
    template->subject = ht_stmt_dup_text(use.stmt, 2);
    template->body = ht_stmt_dup_text(use.stmt, 3);
    return true;
}

static void put(GHashTable *values, const char *name, const char *value)
{
    g_hash_table_insert(values, g_strdup(name), g_strdup(value ? value : ""));
}

static void put_time(GHashTable *values, HtStmt *stmt)
{
    if (ht_stmt_is_null(stmt, 6))
        return;
    const char *name = ht_stmt_text(stmt, 7);
    g_autoptr(GTimeZone) zone = name ? g_time_zone_new_identifier(name) : NULL;
    if (!zone)
        zone = g_time_zone_new_utc();
    int64_t at = ht_stmt_int(stmt, 6);
    g_autofree char *date = ht_clock_format(at, zone, "%Y-%m-%d");
    g_autofree char *time = ht_clock_format(at, zone, "%Y-%m-%d %H:%M %Z");
    put(values, "interview_date", date);
    put(values, "interview_time", time);
    put(values, "interview_timezone", name ? name : "UTC");
    put(values, "interview_duration", ht_stmt_text(stmt, 8));
}

/* NULL: nobody to write to. */
static GHashTable *mail_values(HtPlan *plan, HtKey match, const char *reason_text)
{
    g_auto(HtStmtUse)
        use = {ht_db_stmt(ht_reader_db(plan->reader), HT_CACHE_QUERY("mail_values"), NULL)};
    if (!use.stmt)
        return NULL;
    ht_stmt_bind_int(use.stmt, 1, match);
    ht_stmt_bind_int(use.stmt, 2, plan->now_us);
    HtStmt *stmt = use.stmt;
    const char *email;
    if (ht_stmt_step(stmt, NULL) != HT_STEP_ROW || !(email = ht_stmt_text(stmt, 2)) || !*email ||
        ht_stmt_int(stmt, 12) != 0)
        return NULL;
    GHashTable *values = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    g_autofree char *name = ht_person_name(ht_stmt_text(stmt, 0), ht_stmt_text(stmt, 1));
    const char *first = ht_stmt_text(stmt, 0);
    put(values, "candidate_name", name);
    put(values, "candidate_first_name", first ? first : name);
    put(values, "first_name", first ? first : name);
    put(values, "last_name", ht_stmt_text(stmt, 1));
    put(values, "job_title", ht_stmt_text(stmt, 3));
    put(values, "job_location", ht_stmt_text(stmt, 4));
    put(values, "department", ht_stmt_text(stmt, 5));
    put(values, "company_name", plan->me->tenant_name);
    put(values, "tenant_name", plan->me->tenant_name);
    put(values, "recruiter_name", plan->me->name);
    put(values, "sender_name", plan->me->name);
    put(values, "reason_text", reason_text);
    put(values, "meeting_url", ht_stmt_text(stmt, 9));
    put(values, "offer_start_date", ht_stmt_text(stmt, 10));
    if (!ht_stmt_is_null(stmt, 11)) {
        g_autofree char *expires = ht_clock_format(ht_stmt_int(stmt, 11), NULL, "%Y-%m-%d");
        put(values, "offer_expires", expires);
    }
    put_time(values, stmt);
    return values;
}

static void hold_back(HtReceipt *receipt, char *taken_why)
{
    receipt->n_mails_held++;
    if (!receipt->mails_held_why)
        receipt->mails_held_why = taken_why;
    else
        g_free(taken_why);
}

static void add_rendered(HtPlan *plan, HtOp *op, const Template *template, const HtMail *mail)
{
    HtUuid id;
    ht_uuid_new_random(&id);
    HtJson *entry = ht_json_new_object();
    ht_json_set_uuid(entry, "id", &id);
    ht_json_set_uuid(entry, "template", &template->id);
    ht_json_set_int(entry, "template_version", template->version);
    ht_json_set_string(entry, "channel", "email");
    ht_json_set_string(entry, "subject", mail->subject);
    ht_json_set_string(entry, "body", mail->body);
    ht_json_set_int(entry, "send_after", plan->now_us + plan->intent->mail_delay_us);
    HtJson *mails = ht_json_new_array();
    ht_json_add(mails, entry);
    ht_json_set(op->body, "mails", mails);
    plan->receipt->n_mails++;
}

void ht_mail_add(HtPlan *plan, HtOp *op, const HtMatchRow *row)
{
    g_autofree char *reason_text = NULL;
    HtKey key = reason_template(plan, &reason_text);
    g_auto(Template) template = {0};
    if (op->prev) {
        ht_json_set_bool(op->prev, "mail", true);
        ht_json_set_int(op->prev, "mail_delay", plan->intent->mail_delay_us);
    }
    if (!load_template(plan, key, template_type(plan->intent->decision), &template)) {
        hold_back(plan->receipt, g_strdup("there is no template for it"));
        return;
    }
    g_autoptr(GHashTable) values = mail_values(plan, row->key, reason_text);
    if (!values) {
        hold_back(plan->receipt, g_strdup("no e-mail address is known"));
        return;
    }
    g_autoptr(HtMail) mail = ht_mail_render(template.subject, template.body, values);
    if (ht_mail_is_ready(mail))
        add_rendered(plan, op, &template, mail);
    else
        hold_back(plan->receipt, g_strdup_printf("{{%s}} is not known", mail->unfilled[0]));
}
