/* Two small rules: which filters may reject people nobody opened, and how a day is written. */
#include "context_impl.h"

#include "hiretty/base/error.h"
#include "hiretty/cache/matches.h"
#include "hiretty/domain/filter.h"

#include <string.h>

/* Does a term of that field speak of what the person brings? A score, a stage, a date or a state
 * that follows from them does not. */
static bool speaks_of_person(HtFilterField field)
{
    switch (field) {
    case HT_FIELD_WORDS:
    case HT_FIELD_SKILL:
    case HT_FIELD_LOCATION:
    case HT_FIELD_TAG:
    case HT_FIELD_SOURCE:
    case HT_FIELD_TITLE:
    case HT_FIELD_COMPANY:
    case HT_FIELD_NAME:
    case HT_FIELD_EMAIL:
        return true;
    case HT_FIELD_STAGE:
    case HT_FIELD_SCORE:
    case HT_FIELD_REJECT:
    case HT_FIELD_UPDATED:
    case HT_FIELD_APPLIED:
    case HT_FIELD_AGE:
    case HT_FIELD_IS:
    case HT_FIELD_JOB:
    case HT_FIELD_DEPARTMENT:
    case HT_FIELD_STATUS:
    case HT_FIELDS:
    default:
        return false;
    }
}

static bool is_not(const HtFilterTerm *term)
{
    return term->is_negated || term->compare == HT_COMPARE_NE;
}

/* Is there one application to the job that the term keeps out? One is enough: it is looked for in
 * the order of the list and found soon, if the term says anything. What cannot be read says
 * nothing. */
static bool keeps_somebody_out(HtReader *reader, HtKey job, const HtFilterTerm *term)
{
    HtFilterTerm others = *term; /* borrows the values */
    others.is_negated = !term->is_negated;
    g_autoptr(GPtrArray) terms = g_ptr_array_new();
    g_ptr_array_add(terms, &others);
    HtFilter filter = {.terms = terms};
    HtMatchQuery query = {.job = job, .filter = &filter, .limit = 1};
    g_autoptr(HtKeyArray) keys = ht_cache_match_keys(reader, &query, NULL);
    return keys && keys->n > 0;
}

/* Some term has to say what the person brings, and to tell people of the job apart: what all of
 * them bring leaves the choice to the score beside it. What a person is not says nothing of that
 * either: "-tag:x" lets everybody pass whom nobody looked at. */
const char *ht_rule_lacks(HtReader *reader, const char *text, HtKey job)
{
    g_autoptr(HtFilter) filter = text ? ht_filter_parse(text, NULL, NULL) : NULL;
    bool speaks = false, says_what = false;
    for (guint i = 0; filter && i < filter->terms->len; i++) {
        const HtFilterTerm *term = filter->terms->pdata[i];
        if (!speaks_of_person(term->field))
            continue;
        speaks = true;
        if (is_not(term))
            continue;
        says_what = true;
        if (keeps_somebody_out(reader, job, term))
            return NULL;
    }
    return says_what ? "the rule fits everybody in the job"
           : speaks  ? "a rule says what people bring, not only what they lack"
                     : "score, stage, dates and states alone are no rule";
}

static int weekday_of(const char *folded)
{
    static const char *const days[] = {"monday", "tuesday",  "wednesday", "thursday",
                                       "friday", "saturday", "sunday"};
    for (int i = 0; i < 7; i++) {
        if (strlen(folded) >= 3 && g_str_has_prefix(days[i], folded))
            return i + 1;
    }
    return 0;
}

static int days_of(const char *folded)
{
    char *end;
    gint64 number = g_ascii_strtoll(folded, &end, 10);
    if (end == folded || number < 1 || number > 1000)
        return 0;
    while (*end == ' ')
        end++;
    static const struct {
        const char *unit;
        int days;
    } units[] = {{"d", 1},     {"day", 1}, {"days", 1},   {"w", 7},      {"week", 7},
                 {"weeks", 7}, {"mo", 30}, {"month", 30}, {"months", 30}};
    for (gsize i = 0; i < G_N_ELEMENTS(units); i++) {
        if (strcmp(units[i].unit, end) == 0)
            return (int)number * units[i].days;
    }
    return 0;
}

static GDateTime *day_from_date(const char *text, GTimeZone *zone)
{
    int year, month, day;
    if (strlen(text) != 10 || text[4] != '-' || text[7] != '-')
        return NULL;
    year = (int)g_ascii_strtoll(text, NULL, 10);
    month = (int)g_ascii_strtoll(text + 5, NULL, 10);
    day = (int)g_ascii_strtoll(text + 8, NULL, 10);
    return g_date_time_new(zone, year, month, day, 0, 0, 0);
}

static GDateTime *day_from_words(const char *text, GTimeZone *zone)
{
    g_autoptr(GDateTime) utc = g_date_time_new_from_unix_utc(ht_clock_now_us() / HT_US_PER_S);
    g_autoptr(GDateTime) now = g_date_time_to_timezone(utc, zone);
    g_autofree char *folded = ht_text_fold(text);
    int days = strcmp(folded, "tomorrow") == 0 ? 1 : days_of(folded);
    int weekday = weekday_of(folded);
    if (weekday)
        days = (weekday - g_date_time_get_day_of_week(now) + 6) % 7 + 1;
    if (days == 0)
        return day_from_date(text, zone);
    g_autoptr(GDateTime) then = g_date_time_add_days(now, days);
    int year, month, day;
    g_date_time_get_ymd(then, &year, &month, &day);
    return g_date_time_new(zone, year, month, day, 0, 0, 0);
}

bool ht_parse_day(const char *text, GTimeZone *zone, int64_t *out_us, GError **error)
{
    g_autofree char *stripped = g_strstrip(g_strdup(text ? text : ""));
    g_autoptr(GDateTime) day = day_from_words(stripped, zone);
    if (!day) {
        g_autofree char *clean = ht_text_sanitize(stripped, -1, HT_TEXT_LINE, NULL);
        g_set_error(error, HT_ERROR, HT_ERROR_INVALID,
                    "'%s' is no day (3d, 2w, tomorrow, friday, 2026-05-01)", clean);
        return false;
    }
    *out_us = g_date_time_to_unix(day) * HT_US_PER_S;
    if (*out_us <= ht_clock_now_us()) {
        g_set_error(error, HT_ERROR, HT_ERROR_INVALID, "that day is not in the future");
        return false;
    }
    return true;
}

/* "14:00" or "9:30"; minutes of the day, -1: it is none. */
static int minutes_of_day(const char *text)
{
    char *end;
    gint64 hours = g_ascii_strtoll(text, &end, 10);
    if (end == text || *end != ':' || strlen(end + 1) != 2)
        return -1;
    const char *start = end + 1;
    gint64 minutes = g_ascii_strtoll(start, &end, 10);
    bool sound = !*end && end == start + 2 && hours >= 0 && hours < 24 && minutes < 60;
    return sound && g_ascii_isdigit(*start) ? (int)(hours * 60 + minutes) : -1;
}

/* The day of the text; "today" is one here, and so is today's weekday as long as the time is still
 * to come: on a Friday morning "friday 14:00" is this afternoon. */
static GDateTime *day_of_moment(const char *text, GTimeZone *zone, int minutes)
{
    g_autofree char *folded = ht_text_fold(text);
    g_autoptr(GDateTime) utc = g_date_time_new_from_unix_utc(ht_clock_now_us() / HT_US_PER_S);
    g_autoptr(GDateTime) now = g_date_time_to_timezone(utc, zone);
    bool later = minutes > g_date_time_get_hour(now) * 60 + g_date_time_get_minute(now);
    bool weekday = weekday_of(folded) == g_date_time_get_day_of_week(now);
    if (*folded && strcmp(folded, "today") != 0 && !(weekday && later))
        return day_from_words(text, zone);
    int year, month, day;
    g_date_time_get_ymd(now, &year, &month, &day);
    return g_date_time_new(zone, year, month, day, 0, 0, 0);
}

bool ht_parse_moment(const char *text, GTimeZone *zone, int64_t *out_us, GError **error)
{
    g_autofree char *stripped = g_strstrip(g_strdup(text ? text : ""));
    char *time = strrchr(stripped, ' ');
    int minutes = minutes_of_day(time ? time + 1 : stripped);
    g_autofree char *words =
        time ? g_strstrip(g_strndup(stripped, (gsize)(time - stripped))) : g_strdup("");
    g_autoptr(GDateTime) day = minutes >= 0 ? day_of_moment(words, zone, minutes) : NULL;
    if (!day) {
        g_autofree char *clean = ht_text_sanitize(stripped, -1, HT_TEXT_LINE, NULL);
        g_set_error(error, HT_ERROR, HT_ERROR_INVALID,
                    "'%s' is no time (friday 14:00, tomorrow 9:30, 2026-05-04 14:00)", clean);
        return false;
    }
    int year, month, date;
    g_date_time_get_ymd(day, &year, &month, &date);
    g_autoptr(GDateTime) then =
        g_date_time_new(zone, year, month, date, minutes / 60, minutes % 60, 0);
    *out_us = then ? g_date_time_to_unix(then) * HT_US_PER_S : 0;
    if (*out_us <= ht_clock_now_us()) {
        g_set_error(error, HT_ERROR, HT_ERROR_INVALID, "that time is not in the future");
        return false;
    }
    return true;
}
