/* Settings: every row of the table is sound; good and bad files; profiles; overrides. */
#include "hiretty/base/settings.h"

#include "hiretty/base/error.h"

#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>

static HtSettings *load(const char *text, const char *profile, GPtrArray *warnings)
{
    g_autofree char *path = NULL;
    g_autoptr(GError) error = NULL;
    int fd = g_file_open_tmp("hiretty-settings-XXXXXX", &path, &error);
    g_assert_no_error(error);
    g_assert_true(g_close(fd, &error));
    g_assert_true(g_file_set_contents(path, text, -1, &error));
    HtSettings *settings = ht_settings_load(path, profile, warnings);
    g_unlink(path);
    return settings;
}

static void test_table(void)
{
    g_autoptr(HtSettings) settings = ht_settings_load(NULL, NULL, NULL);
    g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    for (const HtSetting *s = ht_settings_table(); s->name; s++) {
        char *name = g_strdup_printf("%s.%s", s->group, s->name);
        g_autoptr(GError) error = NULL;
        g_assert_true(g_hash_table_add(seen, name)); /* no name twice */
        g_assert_true(ht_settings_override(settings, name, s->fallback, &error));
        g_assert_no_error(error); /* the default passes its own check */
        g_assert_true(s->text && *s->text);
        g_assert_cmpint(s->type == HT_SETTING_CHOICE, ==, s->choices != NULL);
        g_assert_cmpint(s->min, <=, s->max);
    }
}

static void test_defaults(void)
{
    g_autoptr(GPtrArray) warnings = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(HtSettings) settings = ht_settings_load("/nonexistent/settings", NULL, warnings);
    g_assert_cmpuint(warnings->len, ==, 0);
    g_assert_cmpint(ht_settings_int(settings, "connect.timeout"), ==, 10);
    g_assert_cmpstr(ht_settings_string(settings, "connect.dsn"), ==, "");
    g_assert_true(ht_settings_bool(settings, "sync.auto"));
    g_assert_false(ht_settings_is_set(settings, "sync.auto"));
}

static void test_dump_loads(void)
{
    g_autofree char *dump = ht_settings_dump_defaults();
    g_autoptr(GPtrArray) warnings = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(HtSettings) commented = load(dump, NULL, warnings);
    g_assert_cmpuint(warnings->len, ==, 0);
    /* With the marks taken off each line is a setting of its own. */
    g_auto(GStrv) lines = g_strsplit(dump, "\n", -1);
    for (gsize i = 0; lines[i]; i++) {
        if (lines[i][0] == '#' && lines[i][1] != ' ')
            memmove(lines[i], lines[i] + 1, strlen(lines[i]));
    }
    g_autofree char *open = g_strjoinv("\n", lines);
    g_autoptr(HtSettings) settings = load(open, NULL, warnings);
    g_assert_cmpuint(warnings->len, ==, 0);
    for (const HtSetting *s = ht_settings_table(); s->name; s++) {
        g_autofree char *name = g_strdup_printf("%s.%s", s->group, s->name);
        g_autofree char *value = ht_settings_show(settings, s);
        g_assert_true(ht_settings_is_set(settings, name));
        g_assert_cmpstr(value, ==, s->fallback);
    }
}

static void test_warnings(void)
{
    g_autoptr(GPtrArray) warnings = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(HtSettings) settings = load("[connect]\n"
                                          "timeout = 999\n"
                                          "tiemout = 5\n"
                                          "\n"
                                          "[sync]\n"
                                          "auto = perhaps\n"
                                          "[ui]\n"
                                          "mouse = yes\n"
                                          "preview = sideways\n"
                                          "[nonsense]\n"
                                          "[keys]\n"
                                          "[keys.review]\n"
                                          "[profile other]\n",
                                          NULL, warnings);
    static const char *const expected[] = {":2: timeout: ", ":3: unknown key 'tiemout'", ":6: auto",
                                           ":9: preview", ":10: unknown group [nonsense]"};
    g_assert_cmpuint(warnings->len, ==, G_N_ELEMENTS(expected));
    for (guint i = 0; i < warnings->len; i++)
        g_assert_nonnull(strstr(warnings->pdata[i], expected[i]));
    g_assert_cmpint(ht_settings_int(settings, "connect.timeout"), ==, 10);
    g_assert_true(ht_settings_bool(settings, "sync.auto"));
    g_assert_true(ht_settings_bool(settings, "ui.mouse"));
    g_assert_cmpstr(ht_settings_string(settings, "ui.preview"), ==, "auto");
}

/* One that this machine does not know is no zone, and not silently this machine's own. */
static void test_zones(void)
{
    static const struct {
        const char *zone;
        bool is_good;
    } cases[] = {{"Europe/Berlin", true}, {"UTC", true},   {"+05:30", true},
                 {"Mars/Phobos", false},  {"noon", false}, {"Europe/", false}};
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GPtrArray) warnings = g_ptr_array_new_with_free_func(g_free);
        g_autofree char *text = g_strdup_printf("[ui]\ntime_zone = %s\n", cases[i].zone);
        g_autoptr(HtSettings) settings = load(text, NULL, warnings);
        g_assert_cmpuint(warnings->len, ==, cases[i].is_good ? 0 : 1);
        g_assert_cmpstr(ht_settings_string(settings, "ui.time_zone"), ==,
                        cases[i].is_good ? cases[i].zone : "");
        if (!cases[i].is_good)
            g_assert_nonnull(strstr(warnings->pdata[0], ":2: time_zone: a time zone that"));
    }
}

static void test_bad_files(void)
{
    static const char *const bad[] = {"no group = 1\n", "[open\nx=1\n", "\xff\xfe",
                                      "[ui]\njust words\n"};
    for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_autoptr(GPtrArray) warnings = g_ptr_array_new_with_free_func(g_free);
        g_autoptr(HtSettings) settings = load(bad[i], NULL, warnings);
        g_assert_cmpuint(warnings->len, ==, 1);
        g_assert_cmpstr(ht_settings_string(settings, "ui.theme"), ==, "default");
    }
    g_autoptr(HtSettings) folder = ht_settings_load("/", NULL, NULL);
    g_assert_nonnull(folder);
}

static void test_profiles(void)
{
    static const char text[] = "[ui]\ntheme = mono\n"
                               "[profile north]\nui.theme = north\nconnect.dsn = service=north\n"
                               "[profile default]\nui.mouse = true\n";
    g_autoptr(GPtrArray) warnings = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(HtSettings) north = load(text, "north", warnings);
    g_autoptr(HtSettings) none = load(text, NULL, warnings);
    g_assert_cmpuint(warnings->len, ==, 0);
    g_assert_cmpstr(ht_settings_string(north, "ui.theme"), ==, "north");
    g_assert_cmpstr(ht_settings_string(north, "connect.dsn"), ==, "service=north");
    g_assert_false(ht_settings_bool(north, "ui.mouse"));
    g_assert_cmpstr(ht_settings_string(none, "ui.theme"), ==, "mono");
    g_assert_true(ht_settings_bool(none, "ui.mouse"));
}

static void test_override(void)
{
    g_autoptr(HtSettings) settings = ht_settings_load(NULL, NULL, NULL);
    g_autoptr(GError) error = NULL;
    g_assert_true(ht_settings_override(settings, "ui.theme", "mono", &error));
    g_assert_cmpstr(ht_settings_string(settings, "ui.theme"), ==, "mono");
    static const char *const bad[][2] = {
        {"ui.mouse", "maybe"},
        {"connect.timeout", "0"},
        {"connect.timeout", "1x"},
        {"connect.timeout", ""},
        {"ui.preview", "auto|right"},
        {"no.such", "1"},
        {"ui", "1"},
        {"", ""},
        {"ui.theme", "\xff"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_clear_error(&error);
        g_assert_false(ht_settings_override(settings, bad[i][0], bad[i][1], &error));
        g_assert_error(error, HT_ERROR, HT_ERROR_INVALID);
    }
}

/* A pipe is not waited for. */
static void test_no_regular_file(void)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *dir = g_dir_make_tmp("hiretty-settings-XXXXXX", &error);
    g_assert_no_error(error);
    g_autofree char *path = g_build_filename(dir, "config", NULL);
    g_assert_cmpint(mkfifo(path, 0600), ==, 0);
    g_autoptr(GPtrArray) warnings = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(HtSettings) settings = ht_settings_load(path, NULL, warnings);
    g_assert_nonnull(settings);
    g_assert_cmpuint(warnings->len, ==, 1);
    g_assert_nonnull(strstr(g_ptr_array_index(warnings, 0), "no regular file"));
    g_unlink(path);
    g_rmdir(dir);
}

static void test_unknown_name(void)
{
    g_autoptr(HtSettings) settings = ht_settings_load(NULL, NULL, NULL);
    if (g_test_subprocess()) {
        ht_settings_bool(settings, "ui.nope");
        return;
    }
    g_test_trap_subprocess(NULL, 0, G_TEST_SUBPROCESS_DEFAULT);
    g_test_trap_assert_failed(); /* criticals are fatal in tests */
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/base/settings/table", test_table);
    g_test_add_func("/base/settings/defaults", test_defaults);
    g_test_add_func("/base/settings/dump_loads", test_dump_loads);
    g_test_add_func("/base/settings/warnings", test_warnings);
    g_test_add_func("/base/settings/bad_files", test_bad_files);
    g_test_add_func("/base/settings/no_regular_file", test_no_regular_file);
    g_test_add_func("/base/settings/profiles", test_profiles);
    g_test_add_func("/base/settings/override", test_override);
    g_test_add_func("/base/settings/unknown_name", test_unknown_name);
    g_test_add_func("/base/settings/zones", test_zones);
    return g_test_run();
}
