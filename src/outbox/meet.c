/* Interviews and the feedback on them. A planned interview is one op and one more for each member
 * of its panel, so that a member who is busy costs only the invitation. Feedback is one row for an
 * interview and its author: the first words insert it, later ones edit it, and as long as nothing
 * has left they are one op. */
#include "internal.h"

#include "hiretty/base/clock.h"
#include "hiretty/base/text.h"
#include "hiretty/cache/candidates.h"
#include "hiretty/cache/feedback.h"
#include "hiretty/cache/interviews.h"

#include <string.h>

enum { MINUTES_DEFAULT = 60, MINUTES_MAX = 1440, PANEL_MAX = 12 };

static bool refuse(GError **error, const char *why)
{
    g_set_error_literal(error, HT_OUTBOX_ERROR, HT_OUTBOX_ERROR_REFUSED, why);
    return false;
}

static bool is_one_of(const char *text, const char *const *list)
{
    return text && g_strv_contains(list, text);
}

static void set_prev_text(HtOp *op, const char *name, const char *value)
{
    if (value)
        ht_json_set_string(op->prev, name, value);
    else
        ht_json_set_null(op->prev, name);
}

static void set_prev_int(HtOp *op, const char *name, int64_t value)
{
    if (value)
        ht_json_set_int(op->prev, name, value);
    else
        ht_json_set_null(op->prev, name);
}

/* Sets one field with what it was. `is_new`: the row is made by this op, so there is no base. */
static void put_text(HtOp *op, const char *name, const char *value, const char *was, bool is_new)
{
    if (!value || g_strcmp0(value, was) == 0)
        return;
    ht_op_set_text(op, "set", name, value);
    if (is_new)
        return;
    ht_op_set_text(op, "base", name, was);
    set_prev_text(op, name, was);
}

static void put_int(HtOp *op, const char *name, int64_t value, int64_t was, bool is_new)
{
    if (!value || value == was)
        return;
    ht_op_set(op, "set", name, ht_json_new_int(value));
    if (is_new)
        return;
    ht_op_set(op, "base", name, was ? ht_json_new_int(was) : ht_json_new_null());
    set_prev_int(op, name, was);
}

static bool is_empty_edit(const HtOp *op)
{
    return ht_json_length(ht_json_get(op->body, "set")) == 0;
}

/* Of an edit: its version as far as known, and what waits before it. */
static void stand_on(HtPlan *plan, HtOp *op, int64_t row_version)
{
    if (row_version)
        ht_json_set_int(op->body, "base_version", row_version);
    ht_plan_merge(plan, op);
}

/* --- Feedback */

static const HtPanelMember *my_place(const HtInterview *interview)
{
    for (guint i = 0; i < interview->panel->len; i++) {
        const HtPanelMember *member = interview->panel->pdata[i];
        if (member->is_me)
            return member;
    }
    return NULL;
}

static bool check_feedback(const HtIntent *intent, GError **error)
{
    static const char *const words[] = {"strong_hire", "hire", "no_hire", "strong_no_hire", NULL};
    if (intent->rating < 0 || intent->rating > 5)
        return refuse(error, "a rating is 1 to 5");
    if (intent->recommendation && !is_one_of(intent->recommendation, words))
        return refuse(error, "a recommendation is strong_hire, hire, no_hire or strong_no_hire");
    return !intent->note || ht_plan_check_text(intent->note, HT_NOTE_MAX, "the feedback", error);
}

static bool check_submission(const HtIntent *intent, const HtFeedback *said, GError **error)
{
    if (said && said->submitted_at)
        return refuse(error, "your feedback on it is submitted, and that is final");
    if (!intent->submit)
        return true;
    if (!intent->rating && !(said && said->rating))
        return refuse(error, "a rating is needed to submit it");
    if (!intent->recommendation && !(said && said->recommendation))
        return refuse(error, "a recommendation is needed to submit it");
    return true;
}

static HtOp *new_feedback(HtPlan *plan, const HtInterview *interview, const HtPanelMember *place,
                          const HtUuid *person)
{
    HtUuid row, member;
    ht_uuid_new_random(&row);
    HtOp *op = ht_field_op_new(plan, HT_TBL_FEEDBACK, "insert", &row, person, "Feedback");
    ht_op_set_id(op, "set", "interview_id", &interview->id);
    ht_reader_uuid(plan->reader, place->key, &member);
    ht_op_set_id(op, "set", "panel_member_id", &member);
    return op;
}

static HtOp *feedback_op(HtPlan *plan, const HtInterview *interview, const HtPanelMember *place,
                         const HtFeedback *said, const HtUuid *person)
{
    const HtIntent *intent = plan->intent;
    HtOp *op = said
                   ? ht_field_op_new(plan, HT_TBL_FEEDBACK, "update", &said->id, person, "Feedback")
                   : new_feedback(plan, interview, place, person);
    op->prev = ht_json_new_object();
    put_int(op, "rating", intent->rating, said ? said->rating : 0, !said);
    put_text(op, "recommendation", intent->recommendation, said ? said->recommendation : NULL,
             !said);
    put_text(op, "notes", intent->note, said ? said->notes : NULL, !said);
    if (intent->submit)
        put_int(op, "submitted_at", plan->now_us, 0, !said);
    if (said && !is_empty_edit(op))
        stand_on(plan, op, said->row_version);
    return op;
}

bool ht_plan_feedback(HtPlan *plan, GError **error)
{
    const HtIntent *intent = plan->intent;
    g_autoptr(HtInterview) interview = NULL;
    if (!check_feedback(intent, error) ||
        !(interview = ht_cache_interview(plan->reader, intent->interview, error)))
        return false;
    const HtPanelMember *place = my_place(interview);
    if (!place)
        return refuse(error, "you are not on the panel of this interview");
    g_autoptr(HtFeedback) said = ht_cache_feedback_mine(plan->reader, interview->key, place->key);
    if (!check_submission(intent, said, error))
        return false;
    HtUuid person = {{0}};
    ht_reader_uuid(plan->reader, interview->candidate, &person);
    HtOp *op = feedback_op(plan, interview, place, said, &person);
    ht_reader_uuid(plan->reader, interview->match, &op->match);
    if (is_empty_edit(op)) {
        ht_op_free(op);
        g_set_error(error, HT_OUTBOX_ERROR, HT_OUTBOX_ERROR_SAME, "that is what it says already");
        return false;
    }
    ht_plan_take(plan, op, interview->match);
    return true;
}

/* --- Interviews */

static bool check_interview(const HtIntent *intent, bool is_new, GError **error)
{
    static const char *const types[] = {"screening", "technical", "behavioral", "voice",
                                        "final",     "hr",        NULL};
    if (intent->interview_type && !is_one_of(intent->interview_type, types))
        return refuse(error,
                      "an interview is screening, technical, behavioral, voice, final or hr");
    if (intent->minutes < 0 || intent->minutes > MINUTES_MAX)
        return refuse(error, "an interview takes 1 to 1440 minutes");
    if (is_new && (!intent->interview_type || !intent->starts_at))
        return refuse(error, "an interview needs a kind and a time");
    if (intent->panel->len > PANEL_MAX)
        return refuse(error, "a panel has at most 12 members");
    return !intent->note || ht_plan_check_text(intent->note, HT_NOTE_MAX, "the note", error);
}

static void add_panel(HtPlan *plan, const HtUuid *interview, const HtUuid *match,
                      const HtUuid *person)
{
    const GArray *panel = plan->intent->panel;
    for (guint i = 0; i < panel->len; i++) {
        HtUuid row, member;
        HtKey key = g_array_index(panel, HtKey, i);
        if (!ht_reader_uuid(plan->reader, key, &member)) {
            ht_plan_refuse(plan, key, "this member is not known here");
            continue;
        }
        ht_uuid_new_random(&row);
        HtOp *op = ht_field_op_new(plan, HT_TBL_PANEL, "insert", &row, person, "Panel");
        op->match = *match;
        ht_op_set_id(op, "set", "interview_id", interview);
        ht_op_set_id(op, "set", "member_id", &member);
        ht_op_set_text(op, "set", "role", i == 0 ? "lead" : "interviewer");
        g_ptr_array_add(plan->ops, op);
    }
}

static bool is_over(const HtInterview *interview)
{
    return g_strcmp0(interview->status, "cancelled") == 0 ||
           g_strcmp0(interview->status, "completed") == 0 ||
           g_strcmp0(interview->status, "no_show") == 0;
}

/* "Fri 4 Dec 2026 14:00 Europe/Berlin": nobody takes it for another day or another zone. */
static char *moment(int64_t us, const char *zone)
{
    g_autoptr(GTimeZone) known = g_time_zone_new_identifier(zone ? zone : "UTC");
    g_autoptr(GTimeZone) there = known ? g_time_zone_ref(known) : g_time_zone_new_utc();
    g_autofree char *text = ht_clock_format(us, there, "%a %-d %b %Y %H:%M");
    return g_strdup_printf("%s %s", text, known && zone ? zone : "UTC");
}

static const char *zone_of(const HtIntent *intent, const HtInterview *interview)
{
    return intent->time_zone || !interview ? intent->time_zone : interview->timezone;
}

static char *panel_names(const HtPlan *plan)
{
    GString *names = g_string_new(NULL);
    g_autoptr(GPtrArray) members = ht_cache_members(plan->reader, NULL);
    const GArray *panel = plan->intent->panel;
    for (guint i = 0; i < panel->len; i++) {
        for (guint k = 0; members && k < members->len; k++) {
            const HtMember *member = members->pdata[k];
            if (member->key == g_array_index(panel, HtKey, i))
                g_string_append_printf(names, "%s%s", names->len ? ", " : "", member->name);
        }
    }
    g_autofree char *raw = g_string_free(names, FALSE);
    return ht_text_sanitize(raw, -1, HT_TEXT_LINE, NULL);
}

/* What it will be called in the answer, in the list of what can be undone and in the undo. */
static void say_when(HtPlan *plan, const char *what, int64_t at, const char *zone)
{
    g_autofree char *when = moment(at, zone);
    g_autofree char *names = panel_names(plan);
    plan->receipt->label =
        g_strdup_printf("%s: %s%s%s", what, when, *names ? ", panel " : "", names);
}

typedef struct {
    HtKey candidate, match, self; /* self: the interview that moves, 0 = a new one */
    int64_t from, minutes;
    const char *zone;
} Slot;

/* Nobody has two interviews of one application at once. */
static bool is_free(HtPlan *plan, const Slot *slot, GError **error)
{
    int64_t to = slot->from + slot->minutes * HT_US_PER_MINUTE;
    g_autoptr(GPtrArray) list =
        ht_cache_interviews(plan->reader, slot->candidate, slot->match, error);
    for (guint i = 0; list && i < list->len; i++) {
        const HtInterview *other = list->pdata[i];
        int64_t minutes = other->duration_minutes ? other->duration_minutes : MINUTES_DEFAULT;
        if (other->key == slot->self || is_over(other) || other->scheduled_at >= to ||
            other->scheduled_at + minutes * HT_US_PER_MINUTE <= slot->from)
            continue;
        g_autofree char *when = moment(other->scheduled_at, slot->zone);
        g_set_error(error, HT_OUTBOX_ERROR, HT_OUTBOX_ERROR_REFUSED,
                    "another interview of this application is planned then: %s, %d %s", when,
                    (int)minutes, ht_text_plural(minutes, "minute", "minutes"));
        return false;
    }
    return list != NULL;
}

/* Does the interview take its panel's time? The server's rule (app.interview_busy). */
static bool takes_time(const HtInterview *interview)
{
    static const char *const not [] = {"requested", "cancelled", "no_show", NULL};
    return !is_one_of(interview->status, not );
}

static bool has_key(const GArray *keys, HtKey key)
{
    for (guint i = 0; i < keys->len; i++) {
        if (g_array_index(keys, HtKey, i) == key)
            return true;
    }
    return false;
}

static bool refuse_busy(const char *name, const HtInterview *other, const char *zone, bool is_new,
                        GError **error)
{
    g_autofree char *who = ht_text_sanitize(name, -1, HT_TEXT_LINE, NULL);
    g_autofree char *when = moment(other->scheduled_at, zone);
    g_set_error(error, HT_OUTBOX_ERROR, HT_OUTBOX_ERROR_REFUSED,
                "%s has another interview then: %s, %d %s (choose another time%s)", who, when,
                (int)other->duration_minutes,
                ht_text_plural(other->duration_minutes, "minute", "minutes"),
                is_new ? ", or leave this member out" : "");
    return false;
}

/* Nobody is asked to be at two interviews at once, as far as the cache knows; what it does not know
 * the server refuses. `members`: HtKey. */
static bool is_panel_free(HtPlan *plan, const Slot *slot, const GArray *members, GError **error)
{
    int64_t to = slot->from + slot->minutes * HT_US_PER_MINUTE;
    int64_t since = slot->from - MINUTES_MAX * HT_US_PER_MINUTE;
    if (members->len == 0)
        return true;
    g_autoptr(GPtrArray) list = ht_cache_agenda(plan->reader, since, to, false, error);
    for (guint i = 0; list && i < list->len; i++) {
        const HtInterview *other = list->pdata[i];
        if (other->key == slot->self || !takes_time(other) ||
            other->scheduled_at + other->duration_minutes * HT_US_PER_MINUTE <= slot->from)
            continue;
        for (guint k = 0; k < other->panel->len; k++) {
            const HtPanelMember *member = other->panel->pdata[k];
            if (!member->is_conflict && g_strcmp0(member->rsvp, "declined") != 0 &&
                has_key(members, member->member))
                return refuse_busy(member->name, other, slot->zone, !slot->self, error);
        }
    }
    return list != NULL;
}

static GArray *panel_of(const HtInterview *interview)
{
    GArray *members = g_array_new(FALSE, FALSE, sizeof(HtKey));
    for (guint i = 0; i < interview->panel->len; i++) {
        const HtPanelMember *member = interview->panel->pdata[i];
        if (!member->is_conflict && g_strcmp0(member->rsvp, "declined") != 0)
            g_array_append_val(members, member->member);
    }
    return members;
}

static bool plan_new(HtPlan *plan, GError **error)
{
    const HtIntent *intent = plan->intent;
    HtUuid id, person = {{0}};
    HtMatchRow *row = ht_cache_match(plan->reader, intent->note_match, error);
    if (!row)
        return false;
    Slot slot = {.candidate = row->candidate,
                 .match = row->key,
                 .from = intent->starts_at,
                 .minutes = intent->minutes ? intent->minutes : MINUTES_DEFAULT,
                 .zone = zone_of(intent, NULL)};
    if (!is_free(plan, &slot, error) || !is_panel_free(plan, &slot, intent->panel, error)) {
        ht_match_rows_free(row, 1);
        return false;
    }
    say_when(plan, "Interview planned", intent->starts_at, slot.zone);
    ht_uuid_new_random(&id);
    ht_reader_uuid(plan->reader, row->candidate, &person);
    g_autofree char *label =
        g_strdup_printf("Interview · %s", row->job_title ? row->job_title : "");
    HtOp *op = ht_field_op_new(plan, HT_TBL_INTERVIEW, "insert", &id, &person, label);
    op->match = row->id;
    ht_op_set_id(op, "set", "match_id", &row->id);
    ht_op_set_text(op, "set", "interview_type", intent->interview_type);
    ht_op_set(op, "set", "scheduled_at", ht_json_new_int(intent->starts_at));
    ht_op_set(op, "set", "duration_minutes",
              ht_json_new_int(intent->minutes ? intent->minutes : MINUTES_DEFAULT));
    ht_op_set_text(op, "set", "timezone", intent->time_zone ? intent->time_zone : "UTC");
    ht_op_set_text(op, "set", "status", "scheduled");
    if (intent->note)
        ht_op_set_text(op, "set", "notes", intent->note);
    ht_plan_take(plan, op, row->key);
    add_panel(plan, &id, &row->id, &person);
    ht_match_rows_free(row, 1);
    return true;
}

static bool plan_change(HtPlan *plan, GError **error)
{
    const HtIntent *intent = plan->intent;
    g_autoptr(HtInterview) interview = ht_cache_interview(plan->reader, intent->interview, error);
    if (!interview)
        return false;
    if (is_over(interview))
        return refuse(error, "this interview is over or cancelled");
    Slot slot = {
        .candidate = interview->candidate,
        .match = interview->match,
        .self = interview->key,
        .from = intent->starts_at ? intent->starts_at : interview->scheduled_at,
        .minutes = intent->minutes ? intent->minutes : interview->duration_minutes,
        .zone = zone_of(intent, interview),
    };
    bool moves = !intent->cancel && (intent->starts_at || intent->minutes);
    g_autoptr(GArray) members = panel_of(interview);
    if (moves && (!is_free(plan, &slot, error) || !is_panel_free(plan, &slot, members, error)))
        return false;
    HtUuid person = {{0}};
    ht_reader_uuid(plan->reader, interview->candidate, &person);
    HtOp *op = ht_field_op_new(plan, HT_TBL_INTERVIEW, "update", &interview->id, &person,
                               intent->cancel ? "Cancel an interview" : "Change an interview");
    op->prev = ht_json_new_object();
    ht_reader_uuid(plan->reader, interview->match, &op->match);
    put_int(op, "scheduled_at", intent->starts_at, interview->scheduled_at, false);
    put_int(op, "duration_minutes", intent->minutes, interview->duration_minutes, false);
    put_text(op, "interview_type", intent->interview_type, interview->type, false);
    put_text(op, "notes", intent->note, interview->notes, false);
    put_text(op, "status", intent->cancel ? "cancelled" : NULL, interview->status, false);
    if (is_empty_edit(op)) {
        ht_op_free(op);
        return refuse(error, "that is how it stands already");
    }
    say_when(plan, intent->cancel ? "Interview cancelled" : "Interview changed", slot.from,
             slot.zone);
    stand_on(plan, op, interview->row_version);
    ht_plan_take(plan, op, interview->match);
    return true;
}

bool ht_plan_interview(HtPlan *plan, GError **error)
{
    bool is_new = plan->intent->kind == HT_INTENT_INTERVIEW_ADD;
    return ht_plan_is_staff(plan, "interviews are planned by recruiters", error) &&
           check_interview(plan->intent, is_new, error) &&
           (is_new ? plan_new(plan, error) : plan_change(plan, error));
}
