/* Times: what is read and refused, how they are written, the fixed clock. */
#include "hiretty/base/clock.h"

#include <string.h>

static void test_parses(void)
{
    static const struct {
        const char *text;
        int64_t us;
    } cases[] = {
        {"1970-01-01", 0},
        {"1970-01-01T00:00:01Z", HT_US_PER_S},
        {"1969-12-31 23:59:59", -HT_US_PER_S},
        {"2025-03-01 09:30:00+02", INT64_C(1740814200000000)},
        {"2025-03-01T09:30:00+0200", INT64_C(1740814200000000)},
        {"2025-03-01t07:30:00z", INT64_C(1740814200000000)},
        {"2025-03-01T02:30-05:00", INT64_C(1740814200000000)},
        {"2025-03-01T07:30:00.5", INT64_C(1740814200500000)},
        {"2025-03-01T07:30:00,123456789Z", INT64_C(1740814200123456)},
        {"2024-02-29", INT64_C(1709164800000000)},
        {"0001-01-01", INT64_C(-62135596800000000)},
        {"2025-03-01T24:00:00", INT64_C(1740873600000000)},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        int64_t us = 7;
        g_test_message("%s", cases[i].text);
        g_assert_true(ht_clock_parse_iso(cases[i].text, &us));
        g_assert_cmpint(us, ==, cases[i].us);
    }
}

static void test_refuses(void)
{
    static const char *const bad[] = {
        NULL,
        "",
        "now",
        "2025",
        "2025-03",
        "2025-02-29",
        "2025-13-01",
        "2025-00-10",
        "2025-01-00",
        "0000-01-01",
        "25-03-01",
        "2025-03-01T",
        "2025-03-01T9:30",
        "2025-03-01T25:00",
        "2025-03-01T24:30",
        "2025-03-01T10:60",
        "2025-03-01T10:00:61",
        "2025-03-01T10:00+",
        "2025-03-01T10:00+2",
        "2025-03-01T10:00+19",
        "2025-03-01 10:00 CET",
        "2025-03-01x",
        " 2025-03-01",
    };
    for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) {
        int64_t us = 7;
        g_test_message("%s", bad[i] ? bad[i] : "NULL");
        g_assert_false(ht_clock_parse_iso(bad[i], &us));
        g_assert_cmpint(us, ==, 0);
    }
}

static void test_round_trip(void)
{
    g_autoptr(GRand) rand = g_rand_new_with_seed(5);
    for (int i = 0; i < 5000; i++) {
        /* Years 1 to 9999. */
        int64_t us = (int64_t)(g_rand_double(rand) * 3.15e17) - INT64_C(62135596800000000);
        int64_t back;
        g_autofree char *text = ht_clock_format_iso(us);
        g_assert_true(ht_clock_parse_iso(text, &back));
        g_assert_cmpint(back, ==, us);
    }
    g_autofree char *whole = ht_clock_format_iso(INT64_C(1740821400000000));
    g_assert_cmpstr(whole, ==, "2025-03-01T09:30:00Z");
    g_autofree char *before = ht_clock_format_iso(-1);
    g_assert_cmpstr(before, ==, "1969-12-31T23:59:59.999999Z");
    g_autofree char *never = ht_clock_format_iso(G_MAXINT64);
    g_assert_cmpstr(never, ==, "");
}

static void test_zones(void)
{
    g_autoptr(GTimeZone) berlin = g_time_zone_new_identifier("Europe/Berlin");
    if (!berlin) {
        g_test_skip("no time zone data on this machine");
        return;
    }
    g_autofree char *winter = ht_clock_format(INT64_C(1740814200000000), berlin, "%H:%M");
    g_autofree char *summer = ht_clock_format(INT64_C(1751355000000000), berlin, "%H:%M");
    g_assert_cmpstr(winter, ==, "08:30");
    g_assert_cmpstr(summer, ==, "09:30");
}

static void test_age(void)
{
    static const struct {
        int64_t us;
        const char *text;
    } cases[] = {
        {0, "0 s"},
        {59 * HT_US_PER_S, "59 s"},
        {60 * HT_US_PER_S, "1 min"},
        {59 * HT_US_PER_MINUTE, "59 min"},
        {5 * HT_US_PER_HOUR, "5 h"},
        {3 * HT_US_PER_DAY, "3 d"},
        {59 * HT_US_PER_DAY, "59 d"},
        {60 * HT_US_PER_DAY, "2 mo"},
        {800 * HT_US_PER_DAY, "2 y"},
        {-3 * HT_US_PER_DAY, "in 3 d"},
        {G_MAXINT64, "292471 y"},
        {G_MININT64, "in 292471 y"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        char out[16];
        g_assert_cmpstr(ht_clock_format_age(cases[i].us, out), ==, cases[i].text);
    }
}

static void test_fixed(void)
{
    g_assert_false(ht_clock_is_fixed());
    int64_t before = g_get_real_time();
    g_assert_cmpint(ht_clock_now_us(), >=, before);
    ht_clock_fix(INT64_C(1740814200000000));
    g_assert_true(ht_clock_is_fixed());
    g_assert_cmpint(ht_clock_now_us(), ==, INT64_C(1740814200000000));
    int64_t mono = ht_clock_mono_us();
    g_assert_cmpint(ht_clock_mono_us(), >=, mono);
    ht_clock_fix(0);
    g_assert_cmpint(ht_clock_now_us(), >=, before);
}

static void test_environment_child(void)
{
    g_autofree char *now = ht_clock_format_iso(ht_clock_now_us());
    g_printerr("now %s\n", now);
}

static void test_environment(void)
{
    g_setenv("HIRETTY_NOW", "2025-03-01T09:30:00Z", TRUE);
    g_test_trap_subprocess("/base/clock/environment/subprocess/child", 0,
                           G_TEST_SUBPROCESS_DEFAULT);
    g_unsetenv("HIRETTY_NOW");
    g_test_trap_assert_passed();
    g_test_trap_assert_stderr("*now 2025-03-01T09:30:00Z*");
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/base/clock/parses", test_parses);
    g_test_add_func("/base/clock/refuses", test_refuses);
    g_test_add_func("/base/clock/round_trip", test_round_trip);
    g_test_add_func("/base/clock/zones", test_zones);
    g_test_add_func("/base/clock/age", test_age);
    g_test_add_func("/base/clock/fixed", test_fixed);
    g_test_add_func("/base/clock/environment/subprocess/child", test_environment_child);
    g_test_add_func("/base/clock/environment", test_environment);
    return g_test_run();
}
