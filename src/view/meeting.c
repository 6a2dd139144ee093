/* An interview has two clocks, the recruiter's and the candidate's; both are shown, and a change of
 * either before the day is said. */
#include "meeting.h"

#include "view_impl.h"

#include <string.h>

static GTimeZone *zone_of(const char *name)
{
    return name && *name ? g_time_zone_new_identifier(name) : NULL;
}

static int64_t offset_at(GTimeZone *zone, int64_t us)
{
    int interval = g_time_zone_find_interval(zone, G_TIME_TYPE_UNIVERSAL, us / HT_US_PER_S);
    return interval < 0 ? 0 : g_time_zone_get_offset(zone, interval);
}

static GTimeZone *my_zone(const HtViewParts *parts)
{
    return parts->zone ? g_time_zone_ref(parts->zone) : g_time_zone_new_local();
}

char *ht_their_time(const HtViewParts *parts, int64_t us, const char *zone)
{
    g_autoptr(GTimeZone) theirs = zone_of(zone);
    g_autoptr(GTimeZone) mine = my_zone(parts);
    if (!theirs || !us || offset_at(theirs, us) == offset_at(mine, us))
        return NULL;
    g_autofree char *my_day = ht_clock_format(us, mine, "%F");
    g_autofree char *their_day = ht_clock_format(us, theirs, "%F");
    bool same = strcmp(my_day, their_day) == 0;
    g_autofree char *time = ht_clock_format(us, theirs, same ? "%H:%M" : "%a %H:%M");
    g_autofree char *clean = ht_clean(zone);
    return g_strdup_printf("%s %s", time, clean);
}

char *ht_clock_change_warning(const HtViewParts *parts, int64_t us, const char *zone)
{
    int64_t now = ht_clock_now_us();
    if (!us || us < now)
        return NULL;
    g_autoptr(GTimeZone) theirs = zone_of(zone);
    g_autoptr(GTimeZone) mine = my_zone(parts);
    bool my_change = offset_at(mine, now) != offset_at(mine, us);
    bool their_change = theirs && offset_at(theirs, now) != offset_at(theirs, us);
    if (my_change == their_change)
        return my_change ? g_strdup("the clocks change before this day") : NULL;
    return g_strdup(my_change ? "your clock changes before this day, theirs does not"
                              : "their clock changes before this day, yours does not");
}

static void add_pending(HtDoc *doc, bool is_pending, bool is_conflict)
{
    if (is_conflict)
        ht_doc_add(doc, HT_STYLE_STATE_CONFLICT, "  ! conflict");
    else if (is_pending)
        ht_doc_add(doc, HT_STYLE_STATE_PENDING, "  not sent yet");
}

/* Behind what stands there, or below it where that does not fit. */
static void add_beside(HtDoc *doc, HtStyle role, const char *between, int indent, int width,
                       const char *text)
{
    if (ht_doc_column(doc) + ht_text_width(between) + ht_text_width(text) <= width) {
        ht_doc_add(doc, role, between);
    } else {
        ht_doc_newline(doc);
        ht_doc_pad(doc, indent);
    }
    ht_doc_add(doc, role, text);
}

static void add_panel(HtDoc *doc, const HtViewParts *parts, const HtInterview *interview, int width)
{
    for (guint i = 0; interview->panel && i < interview->panel->len; i++) {
        const HtPanelMember *member = interview->panel->pdata[i];
        g_autofree char *name = ht_clean(member->is_me ? "you" : member->name);
        g_autofree char *role = ht_clean(member->role ? member->role : "");
        g_autofree char *rsvp = ht_clean(member->rsvp ? member->rsvp : "");
        ht_doc_newline(doc);
        ht_doc_addf(doc, HT_STYLE_NORMAL, "  %s", name ? name : "somebody");
        ht_doc_addf(doc, HT_STYLE_MUTED, "  %s  %s", role, rsvp);
        add_pending(doc, member->is_pending, member->is_conflict);
        if (!member->feedback_required || member->is_pending)
            continue;
        if (!member->feedback_given && g_strcmp0(interview->status, "cancelled") == 0)
            continue; /* nobody waits for it */
        bool late = !member->feedback_given && member->feedback_due_at &&
                    member->feedback_due_at < ht_clock_now_us();
        g_autofree char *due = ht_day_text(parts, member->feedback_due_at);
        g_autofree char *feedback =
            g_strdup_printf("feedback %s%s%s", member->feedback_given ? "given" : "due ",
                            member->feedback_given ? "" : due, late ? " !" : "");
        add_beside(doc,
                   member->feedback_given ? HT_STYLE_SUCCESS
                   : late                 ? HT_STYLE_TIME_LATE
                                          : HT_STYLE_MUTED,
                   "  ", 4, width, feedback);
    }
}

/* What somebody wrote. Caller frees. */
static char *words_of(const HtViewParts *parts, HtKey match, HtKey hidden, const char *text)
{
    if (!hidden)
        return ht_blind_words(parts->reader, match, 0, text, false);
    g_autoptr(HtMask) mask = ht_mask_new(parts->reader, hidden);
    return ht_mask_text(mask, text);
}

void ht_doc_interview(HtDoc *doc, const HtViewParts *parts, const HtInterview *interview,
                      HtKey hidden, int width)
{
    g_autofree char *mine = ht_moment_text(parts, interview->scheduled_at);
    const char *zone =
        interview->candidate_timezone ? interview->candidate_timezone : interview->timezone;
    g_autofree char *theirs = ht_their_time(parts, interview->scheduled_at, zone);
    g_autofree char *type = ht_clean(interview->type ? interview->type : "interview");
    g_autofree char *status = ht_clean(interview->status ? interview->status : "");
    ht_doc_heading(doc, type);
    ht_doc_newline(doc);
    ht_doc_addf(doc, HT_STYLE_TIME, "%s", *mine ? mine : "not scheduled");
    g_autofree char *away = g_strdup_printf("theirs %s", theirs ? theirs : "");
    if (theirs)
        add_beside(doc, HT_STYLE_TIME, ht_sign_dot(), 0, width, away);
    g_autofree char *length = g_strdup_printf("%" G_GINT64_FORMAT " min%s%s",
                                              interview->duration_minutes, ht_sign_dot(), status);
    add_beside(doc, HT_STYLE_MUTED, ht_sign_dot(), 0, width, length);
    add_pending(doc, interview->is_pending, interview->is_conflict);
    g_autofree char *warning = ht_clock_change_warning(parts, interview->scheduled_at, zone);
    if (warning) {
        ht_doc_newline(doc);
        ht_doc_addf(doc, HT_STYLE_WARNING, "! %s", warning);
    }
    g_autofree char *job = ht_clean(interview->job_title);
    g_autofree char *who =
        hidden ? ht_blind_name(parts->reader, hidden)
               : ht_blind_who(parts->reader, interview->match, interview->candidate, false);
    g_autofree char *name = ht_clean(who);
    ht_doc_newline(doc);
    ht_doc_addf(doc, HT_STYLE_NORMAL, "%s%s%s", name ? name : "",
                name && *name && job ? ht_sign_dot() : "", job ? job : "");
    if (interview->meeting_url) {
        g_autofree char *url = ht_clean(interview->meeting_url);
        ht_doc_newline(doc);
        ht_doc_wrap(doc, HT_STYLE_LINK, 2, width, url);
    }
    add_panel(doc, parts, interview, width);
    if (interview->notes) {
        g_autofree char *masked = words_of(parts, interview->match, hidden, interview->notes);
        g_autofree char *notes = ht_clean_block(masked);
        ht_doc_newline(doc);
        ht_doc_wrap(doc, HT_STYLE_NORMAL, 0, width, notes);
    }
}

static void add_rating(HtDoc *doc, const char *label, int64_t rating, int width)
{
    if (rating <= 0)
        return;
    g_autofree char *text = g_strdup_printf("%s %" G_GINT64_FORMAT "/5", label, rating);
    if (ht_doc_column(doc) > 0 && ht_doc_column(doc) + 2 + ht_text_width(text) > width)
        ht_doc_newline(doc);
    else if (ht_doc_column(doc) > 0)
        ht_doc_add(doc, HT_STYLE_NORMAL, "  ");
    ht_doc_add(doc, HT_STYLE_NORMAL, text);
}

void ht_doc_feedback(HtDoc *doc, const HtViewParts *parts, const HtFeedback *feedback, HtKey hidden,
                     int width)
{
    g_autofree char *author = ht_clean(feedback->is_mine ? "you" : feedback->author);
    g_autofree char *type = ht_clean(feedback->interview_type ? feedback->interview_type : "");
    g_autofree char *said =
        ht_clean(feedback->recommendation ? feedback->recommendation : "no recommendation");
    g_autofree char *when = ht_moment_text(parts, feedback->submitted_at);
    g_strdelimit(said, "_", ' ');
    g_autofree char *head =
        g_strdup_printf("%s%s%s", author ? author : "somebody", ht_sign_dot(), type);
    ht_doc_heading(doc, head);
    ht_doc_newline(doc);
    ht_doc_addf(doc, HT_STYLE_STRONG, "%s", said);
    ht_doc_addf(doc, HT_STYLE_TIME, "  %s", feedback->submitted_at ? when : "draft");
    add_pending(doc, feedback->is_pending, feedback->is_conflict);
    ht_doc_newline(doc);
    add_rating(doc, "overall", feedback->rating, width);
    add_rating(doc, "technical", feedback->technical_rating, width);
    add_rating(doc, "team", feedback->cultural_fit_rating, width);
    add_rating(doc, "communication", feedback->communication_rating, width);
    for (int i = 0; feedback->red_flags && feedback->red_flags[i]; i++) {
        g_autofree char *flag = ht_clean(feedback->red_flags[i]);
        ht_doc_newline(doc);
        ht_doc_add(doc, HT_STYLE_FLAG, "! ");
        ht_doc_wrap(doc, HT_STYLE_FLAG, 2, width, flag);
    }
    if (feedback->notes) {
        g_autofree char *masked = words_of(parts, feedback->match, hidden, feedback->notes);
        g_autofree char *notes = ht_clean_block(masked);
        ht_doc_newline(doc);
        ht_doc_wrap(doc, HT_STYLE_NORMAL, 0, width, notes);
    }
}
