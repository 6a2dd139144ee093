/* Which interview is meant, and who sits on a panel: what the command line and the keys share. */
#include "context_impl.h"

#include "hiretty/cache/interviews.h"

#include <string.h>

enum { MOST_NAMED = 5 };

static bool is_planned(const HtInterview *interview)
{
    static const char *const planned[] = {"requested", "scheduled", "rescheduled", NULL};
    return interview->status && g_strv_contains(planned, interview->status);
}

HtKey ht_meet_mine(HtContext *context, HtKey candidate, HtKey match)
{
    int64_t now = ht_clock_now_us();
    HtKey next = 0;
    g_autoptr(GPtrArray) list = ht_cache_interviews(context->parts.reader, candidate, match, NULL);
    for (guint i = 0; list && i < list->len; i++) { /* newest first */
        const HtInterview *interview = list->pdata[i];
        if (!interview->is_mine || g_strcmp0(interview->status, "cancelled") == 0)
            continue;
        if (interview->scheduled_at <= now)
            return interview->key;
        next = interview->key;
    }
    return next;
}

HtKey ht_meet_person(HtContext *context, const char *name, bool mine)
{
    g_autofree char *wanted = g_strstrip(ht_text_fold(name));
    int64_t from = mine ? 0 : ht_clock_now_us();
    g_autoptr(GPtrArray) list =
        *wanted ? ht_cache_agenda(context->parts.reader, from, INT64_MAX, mine, NULL) : NULL;
    HtKey found = 0;
    for (guint i = 0; list && i < list->len; i++) {
        const HtInterview *interview = list->pdata[i];
        g_autofree char *folded =
            ht_text_fold(interview->candidate_name ? interview->candidate_name : "");
        bool is_meant =
            mine ? g_strcmp0(interview->status, "cancelled") != 0 : is_planned(interview);
        if (strcmp(folded, wanted) != 0 || !is_meant)
            continue;
        if (found && found != interview->candidate)
            return 0;
        found = interview->candidate;
    }
    return found;
}

GPtrArray *ht_meet_planned(HtContext *context, HtKey candidate, HtKey match)
{
    g_autoptr(GPtrArray) list = ht_cache_interviews(context->parts.reader, candidate, match, NULL);
    for (guint i = list ? list->len : 0; i > 0; i--) { /* newest first */
        const HtInterview *interview = list->pdata[i - 1];
        if (!is_planned(interview) || interview->scheduled_at < ht_clock_now_us())
            g_ptr_array_remove_index(list, i - 1);
    }
    return list ? g_steal_pointer(&list) : g_ptr_array_new();
}

char *ht_meet_say(HtContext *context, const HtInterview *interview)
{
    g_autofree char *when =
        ht_clock_format(interview->scheduled_at, context->zone, "%a %-d %b %Y %H:%M");
    return g_strdup_printf("%s %s", when, interview->type ? interview->type : "");
}

bool ht_meet_has_begun(const HtContext *context, const HtInterview *interview, GError **error)
{
    if (interview->scheduled_at <= ht_clock_now_us())
        return true;
    g_autofree char *when =
        ht_clock_format(interview->scheduled_at, context->zone, "%A %-d %B %Y, %H:%M");
    g_set_error(error, HT_OUTBOX_ERROR, HT_OUTBOX_ERROR_REFUSED,
                "this interview is still to come: it is on %s", when);
    return false;
}

bool ht_meet_is_open(HtContext *context, HtKey match, GError **error)
{
    HtMatchRow *row = ht_cache_match(context->parts.reader, match, NULL);
    HtStageType type = row ? row->stage_type : HT_STAGE_NONE;
    if (row)
        ht_match_rows_free(row, 1);
    if (!ht_stage_type_is_terminal(type))
        return true;
    g_autofree char *who = ht_context_whom(context, match, 0);
    g_set_error(error, HT_OUTBOX_ERROR, HT_OUTBOX_ERROR_REFUSED,
                "%s is %s: no interview is planned with who is out of the running%s", who,
                ht_stage_type_name(type),
                type == HT_STAGE_HIRED ? "" : " (reopen the application first)");
    return false;
}

/* 0: nobody, or several, whose names are in `several` then. */
static HtKey member_named(const GPtrArray *members, const char *name, GString *several)
{
    g_autofree char *wanted = ht_text_fold(name);
    HtKey found = 0;
    guint n = 0;
    for (guint i = 0; i < members->len; i++) {
        const HtMember *member = members->pdata[i];
        g_autofree char *folded = ht_text_fold(member->name ? member->name : "");
        if (strcmp(folded, wanted) == 0)
            return member->key;
        if (!g_str_has_prefix(folded, wanted))
            continue;
        found = member->key;
        if (++n <= MOST_NAMED)
            g_string_append_printf(several, "%s%s", n > 1 ? ", " : "", member->name);
    }
    if (n > MOST_NAMED)
        g_string_append(several, ", and more");
    return n == 1 ? found : 0;
}

static bool is_named(const GArray *panel, HtKey member)
{
    for (guint i = 0; i < panel->len; i++) {
        if (g_array_index(panel, HtKey, i) == member)
            return true;
    }
    return false;
}

bool ht_meet_panel(HtContext *context, const char *names, GArray *panel, GError **error)
{
    g_autoptr(GPtrArray) members = ht_cache_members(context->parts.reader, error);
    g_auto(GStrv) list = g_strsplit(names ? names : "", ",", -1);
    for (int i = 0; members && list[i]; i++) {
        g_autoptr(GString) several = g_string_new(NULL);
        if (!*g_strstrip(list[i]))
            continue;
        HtKey key = member_named(members, list[i], several);
        if (!key) {
            g_autofree char *raw = g_strdup_printf("%s colleague is called '%s'%s%s",
                                                   several->len ? "more than one" : "no", list[i],
                                                   several->len ? ": " : "", several->str);
            g_autofree char *clean = ht_text_sanitize(raw, -1, HT_TEXT_LINE, NULL);
            g_set_error_literal(error, HT_ERROR, HT_ERROR_INVALID, clean);
            return false;
        }
        if (!is_named(panel, key))
            g_array_append_val(panel, key);
    }
    if (members && panel->len == 0)
        g_set_error(error, HT_ERROR, HT_ERROR_INVALID, "somebody has to be on the panel");
    return panel->len > 0;
}

const char *ht_meet_zone(HtContext *context)
{
    const char *name = g_time_zone_get_identifier(context->zone);
    return name && g_ascii_isalpha(*name) && !strstr(name, "localtime") ? name : "UTC";
}
