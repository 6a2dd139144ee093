/* The wall clock in one place, so that a fixed one reaches every screen, log line and row. ISO
 * parsing is our own because g_date_time_new_from_iso8601 refuses PostgreSQL's "2025-03-01
 * 09:30:00+02". */
#include "hiretty/base/clock.h"

#include <string.h>
#include <time.h>

static int64_t fixed_us; /* atomic; 0 = runs */
static gsize fixed_once;

static void fixed_init(void)
{
    if (!g_once_init_enter(&fixed_once))
        return;
    int64_t us = 0;
    const char *now = g_getenv("HIRETTY_NOW");
    bool is_wrong = now && *now && !ht_clock_parse_iso(now, &us);
    __atomic_store_n(&fixed_us, us, __ATOMIC_RELAXED);
    g_once_init_leave(&fixed_once, 1);
    /* Not before: the log asks what time it is. */
    if (is_wrong)
        g_warning("HIRETTY_NOW is not an ISO 8601 time");
}

static bool read_digits(const char **p, int count, int *out)
{
    int value = 0;
    for (int i = 0; i < count; i++, (*p)++) {
        if (!g_ascii_isdigit(**p))
            return false;
        value = value * 10 + (**p - '0');
    }
    *out = value;
    return true;
}

static bool read_char(const char **p, char c)
{
    if (**p != c)
        return false;
    (*p)++;
    return true;
}

/* ".5", ",123456789" → µs; digits after the sixth are dropped. */
static int64_t read_fraction(const char **p)
{
    if ((**p != '.' && **p != ',') || !g_ascii_isdigit((*p)[1]))
        return 0;
    int64_t us = 0, unit = HT_US_PER_S / 10;
    for ((*p)++; g_ascii_isdigit(**p); (*p)++, unit /= 10)
        us += (**p - '0') * unit;
    return us;
}

/* "", "Z", "+hh", "+hhmm", "+hh:mm", "+hh:mm:ss" → seconds east. */
static bool read_zone(const char **p, int *seconds)
{
    *seconds = 0;
    if (**p == '\0' || read_char(p, 'Z') || read_char(p, 'z'))
        return true;
    int sign = **p == '-' ? -1 : 1, hour = 0, minute = 0, second = 0;
    if (**p != '+' && **p != '-')
        return false;
    (*p)++;
    if (!read_digits(p, 2, &hour))
        return false;
    bool colon = read_char(p, ':');
    if ((colon || **p != '\0') && !read_digits(p, 2, &minute))
        return false;
    if (read_char(p, ':') && !read_digits(p, 2, &second))
        return false;
    *seconds = sign * (hour * 3600 + minute * 60 + second);
    return hour <= 18 && minute < 60 && second < 60;
}

static bool read_time(const char **p, int *seconds, int64_t *fraction_us)
{
    int hour = 0, minute = 0, second = 0;
    if (!read_digits(p, 2, &hour) || !read_char(p, ':') || !read_digits(p, 2, &minute))
        return false;
    if (read_char(p, ':') && !read_digits(p, 2, &second))
        return false;
    *fraction_us = read_fraction(p);
    *seconds = hour * 3600 + minute * 60 + second;
    bool midnight = hour == 24 && minute == 0 && second == 0 && *fraction_us == 0;
    return (hour < 24 || midnight) && minute < 60 && second <= 60;
}

/* Days since 1970-01-01 of a proleptic Gregorian date (Howard Hinnant's public formula). */
static int64_t days_from_civil(int year, int month, int day)
{
    int64_t y = month <= 2 ? year - 1 : year;
    int64_t era = (y >= 0 ? y : y - 399) / 400;
    int64_t of_era = y - era * 400;
    int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

bool ht_clock_parse_iso(const char *text, int64_t *out_us)
{
    int year, month, day, seconds = 0, zone = 0;
    int64_t fraction = 0;
    *out_us = 0;
    const char *p = text ? text : "";
    if (!read_digits(&p, 4, &year) || !read_char(&p, '-') || !read_digits(&p, 2, &month) ||
        !read_char(&p, '-') || !read_digits(&p, 2, &day))
        return false;
    if (year < 1 || month < 1 || month > 12 || day < 1 ||
        day > g_date_get_days_in_month((GDateMonth)month, (GDateYear)year))
        return false;
    if (*p == 'T' || *p == 't' || *p == ' ') {
        p++;
        if (!read_time(&p, &seconds, &fraction) || !read_zone(&p, &zone))
            return false;
    }
    if (*p != '\0')
        return false;
    *out_us = (days_from_civil(year, month, day) * 86400 + seconds - zone) * HT_US_PER_S + fraction;
    return true;
}

int64_t ht_clock_now_us(void)
{
    fixed_init();
    int64_t us = __atomic_load_n(&fixed_us, __ATOMIC_RELAXED);
    return us ? us : g_get_real_time();
}

void ht_clock_fix(int64_t now_us)
{
    fixed_init();
    __atomic_store_n(&fixed_us, now_us, __ATOMIC_RELAXED);
}

bool ht_clock_is_fixed(void)
{
    fixed_init();
    return __atomic_load_n(&fixed_us, __ATOMIC_RELAXED) != 0;
}

int64_t ht_clock_mono_us(void)
{
    return g_get_monotonic_time();
}

/* µs → seconds rounded down and the rest. */
static int64_t floor_seconds(int64_t us, int64_t *rest)
{
    int64_t s = us / HT_US_PER_S;
    if (us % HT_US_PER_S < 0)
        s--;
    *rest = us - s * HT_US_PER_S;
    return s;
}

char *ht_clock_format(int64_t us, GTimeZone *zone, const char *format)
{
    int64_t rest;
    int64_t seconds = floor_seconds(us, &rest);
    g_autoptr(GDateTime) utc = g_date_time_new_from_unix_utc(seconds);
    g_autoptr(GDateTime) exact = utc ? g_date_time_add(utc, rest) : NULL;
    g_autoptr(GTimeZone) local = zone ? g_time_zone_ref(zone) : g_time_zone_new_local();
    g_autoptr(GDateTime) there = exact ? g_date_time_to_timezone(exact, local) : NULL;
    char *text = there ? g_date_time_format(there, format) : NULL;
    return text ? text : g_strdup("");
}

/* g_date_time_format's %Y has no leading zeros. */
char *ht_clock_format_iso(int64_t us)
{
    int64_t rest;
    g_autoptr(GDateTime) utc = g_date_time_new_from_unix_utc(floor_seconds(us, &rest));
    if (!utc)
        return g_strdup("");
    g_autofree char *head = g_date_time_format(utc, "%m-%dT%H:%M:%S");
    int year = g_date_time_get_year(utc);
    return rest == 0 ? g_strdup_printf("%04d-%sZ", year, head)
                     : g_strdup_printf("%04d-%s.%06" G_GINT64_FORMAT "Z", year, head, rest);
}

char *ht_clock_format_age(int64_t duration_us, char out[16])
{
    static const struct {
        int64_t below_us, unit_us;
        const char *name;
    } units[] = {
        {HT_US_PER_MINUTE, HT_US_PER_S, "s"},
        {HT_US_PER_HOUR, HT_US_PER_MINUTE, "min"},
        {HT_US_PER_DAY, HT_US_PER_HOUR, "h"},
        {60 * HT_US_PER_DAY, HT_US_PER_DAY, "d"},
        {730 * HT_US_PER_DAY, 30 * HT_US_PER_DAY, "mo"},
        {INT64_MAX, 365 * HT_US_PER_DAY, "y"},
    };
    bool ahead = duration_us < 0;
    int64_t us = duration_us == INT64_MIN ? INT64_MAX : (ahead ? -duration_us : duration_us);
    gsize i = 0;
    while (i + 1 < G_N_ELEMENTS(units) && us >= units[i].below_us)
        i++;
    g_snprintf(out, 16, "%s%" G_GINT64_FORMAT " %s", ahead ? "in " : "", us / units[i].unit_us,
               units[i].name);
    return out;
}
