/* Time: int64 microseconds since 1970-01-01 UTC, and their texts. The wall clock can be fixed, so
 * that screens and tests are repeatable; the monotonic one never is. Any thread. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#define HT_US_PER_MS INT64_C(1000)
#define HT_US_PER_S INT64_C(1000000)
#define HT_US_PER_MINUTE (60 * HT_US_PER_S)
#define HT_US_PER_HOUR (60 * HT_US_PER_MINUTE)
#define HT_US_PER_DAY (24 * HT_US_PER_HOUR)

/* Wall clock in µs since the epoch. HIRETTY_NOW=<ISO 8601> in the environment, or ht_clock_fix,
 * makes it stand still. */
int64_t ht_clock_now_us(void);
/* Fixes the wall clock (0: lets it run again, HIRETTY_NOW ignored from then on). */
void ht_clock_fix(int64_t now_us);
bool ht_clock_is_fixed(void);
/* For durations and deadlines: µs from an arbitrary start, never backwards. */
int64_t ht_clock_mono_us(void);

/* ISO 8601 as PostgreSQL, SQLite and people write it: date, or date and time with 'T' or ' ',
 * fraction, "Z", "+02", "+0200", "+02:00"; no zone means UTC. false if it is not that or not a real
 * day. */
bool ht_clock_parse_iso(const char *text, int64_t *out_us);
/* "2025-03-01T09:30:00Z", with a fraction when there is one. Caller frees. */
char *ht_clock_format_iso(int64_t us);
/* g_date_time_format in the zone (NULL: local). Caller frees; "" for years outside 1 to 9999. */
char *ht_clock_format(int64_t us, GTimeZone *zone, const char *format);

/* A duration in one unit: "45 s", "2 min", "5 h", "3 d", "4 mo" (from 60 d), "2 y". Negative: "in 3
 * d". `out` receives at most 16 bytes; returns `out`. */
char *ht_clock_format_age(int64_t duration_us, char out[16]);
