/* Single values: ids, times, days, names of enumerations; and what a connection is made of: its
 * settings, and libpq's words when it fails. */
#include "fuzz.h"

#include "hiretty/base/clock.h"
#include "hiretty/cache/matches.h"
#include "hiretty/domain/machine.h"
#include "src/command/context_impl.h"
#include "src/pg/internal.h"

#include <string.h>

static void check_id(const char *text)
{
    HtUuid id, again;
    char out[HT_UUID_TEXT];
    if (!ht_uuid_parse(text, &id)) {
        g_assert_true(ht_uuid_is_nil(&id));
        return;
    }
    g_assert_cmpint(g_ascii_strcasecmp(ht_uuid_format(&id, out), text), ==, 0);
    g_assert_true(ht_uuid_parse(out, &again) && ht_uuid_equal(&id, &again));
}

static void check_time(const char *text)
{
    int64_t us, again;
    char age[16];
    if (!ht_clock_parse_iso(text, &us))
        return;
    g_autofree char *iso = ht_clock_format_iso(us);
    /* A zone can carry the first and the last day of the calendar out of it. */
    if (*iso) {
        g_assert_true(ht_clock_parse_iso(iso, &again));
        g_assert_cmpint(us, ==, again);
    }
    g_assert_cmpuint(strlen(ht_clock_format_age(ht_clock_now_us() - us, age)), <, sizeof age);
}

static void check_day(const char *text)
{
    g_autoptr(GTimeZone) zone = g_time_zone_new_utc();
    g_autoptr(GError) error = NULL;
    int64_t us = 0;
    if (ht_parse_day(text, zone, &us, &error))
        g_assert_cmpint(us, >, ht_clock_now_us());
    else
        fuzz_assert_clean(error->message, false);
}

static void check_names(const char *text)
{
    HtMatchSort sort;
    HtDecisionKind decision = ht_decision_parse(text);
    HtStageType stage = ht_stage_type_parse(text);
    if (decision)
        g_assert_cmpstr(ht_decision_name(decision), ==, text);
    if (stage)
        g_assert_cmpstr(ht_stage_type_name(stage), ==, text);
    if (ht_match_sort_parse(text, &sort))
        g_assert_cmpstr(ht_match_sort_name(sort), ==, text);
    (void)ht_role_parse(text);
    (void)ht_verdict_parse(text);
    (void)ht_command_find(text);
}

/* Unless weak TLS was allowed, whatever is not a local socket is verified. */
static void check_connection(const char *dsn)
{
    for (int weak = 0; weak <= 1; weak++) {
        HtPgOptions options = {.dsn = dsn, .allow_weak_tls = weak};
        g_autoptr(GError) error = NULL;
        g_autoptr(HtPgSettings) settings = ht_pg_settings_new(&options, &error);
        if (!settings) {
            g_assert_nonnull(error);
            fuzz_assert_clean(error->message, false);
            continue;
        }
        fuzz_assert_clean(settings->label, false);
        fuzz_assert_clean(settings->user, false);
        g_assert_null(ht_pg_settings_get(settings, "host"));
        g_assert_cmpuint(settings->places->len, >=, 1);
        bool local = true;
        for (guint i = 0; i < settings->places->len; i++)
            local = local && ((HtPgPlace *)settings->places->pdata[i])->is_local;
        const char *mode = ht_pg_settings_get(settings, "sslmode");
        if (!local && !settings->warning)
            g_assert_cmpstr(mode, ==, "verify-full");
        if (!weak)
            g_assert_null(settings->warning);
        g_assert_cmpstr(ht_pg_settings_get(settings, "gssencmode"), ==, "disable");
    }
}

static void check_failure(const char *text)
{
    g_autoptr(GError) error = NULL;
    ht_pg_error_from_connect(&error, "db.example.com", text, strlen(text) & 1);
    g_assert_nonnull(error);
    fuzz_assert_clean(error->message, false);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static bool is_set;
    if (!is_set) {
        /* No service file and no password file of the machine's. */
        g_setenv("PGSERVICEFILE", "/dev/null", TRUE);
        g_setenv("PGSYSCONFDIR", "/nonexistent", TRUE);
        g_setenv("PGPASSFILE", "/dev/null", TRUE);
        is_set = true;
    }
    g_autofree char *text = fuzz_text(data, size);
    check_id(text);
    check_time(text);
    check_day(text);
    check_names(text);
    check_connection(text);
    check_failure(text);
    return 0;
}
