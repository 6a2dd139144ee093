/* The configuration: settings, key groups, a theme. What is wrong is a warning of one line; what
 * holds afterwards is within its bounds. The first byte says which. */
#include "fuzz.h"

#include "hiretty/base/settings.h"
#include "hiretty/command/keymap.h"
#include "hiretty/ui/theme.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void check_warnings(const GPtrArray *warnings)
{
    for (guint i = 0; i < warnings->len; i++)
        g_assert_cmpuint(strlen(warnings->pdata[i]), >, 0);
}

static void check_settings(const char *text)
{
    static char file[64];
    static int fd = -1;
    if (fd < 0) {
        g_snprintf(file, sizeof file, "/dev/shm/hiretty-config-XXXXXX");
        fd = mkstemp(file);
        g_assert_cmpint(fd, >=, 0);
        unlink(file);
        g_snprintf(file, sizeof file, "/proc/self/fd/%d", fd);
    }
    g_assert_cmpint(ftruncate(fd, 0), ==, 0);
    g_assert_cmpint(pwrite(fd, text, strlen(text), 0), ==, (ssize_t)strlen(text));
    g_autoptr(GPtrArray) warnings = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(HtSettings) settings = ht_settings_load(file, "work", warnings);
    check_warnings(warnings);
    for (const HtSetting *row = ht_settings_table(); row->name; row++) {
        g_autofree char *name = g_strdup_printf("%s.%s", row->group, row->name);
        g_autofree char *shown = ht_settings_show(settings, row);
        g_autoptr(GError) error = NULL;
        if (row->type == HT_SETTING_INT && row->min != row->max) {
            g_assert_cmpint(ht_settings_int(settings, name), >=, row->min);
            g_assert_cmpint(ht_settings_int(settings, name), <=, row->max);
        }
        /* What it shows is a value that it takes. */
        ht_settings_override(settings, name, shown, &error);
        g_assert_no_error(error);
    }
}

/* The bindings as a file give the same bindings. */
static void check_keys(const char *text)
{
    g_autoptr(GPtrArray) warnings = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(HtKeymap) keymap = ht_keymap_new();
    int n = ht_keymap_load(keymap, "keys", text, warnings);
    g_assert_cmpint(n, ==, (int)warnings->len);
    check_warnings(warnings);
    g_autofree char *dump = ht_keymap_dump(keymap);
    g_assert_true(g_utf8_validate(dump, -1, NULL));
    for (const char *p = text; *p && p - text < 40; p++) {
        char key[2] = {*p, '\0'};
        if (ht_key_is_valid(key))
            ht_keymap_feed(keymap, (HtViewId)((guchar)*p % HT_N_VIEWS), key);
    }
    g_autoptr(GArray) choices = ht_keymap_choices(keymap, HT_VIEW_MATCHES);
    ht_keymap_reset(keymap);
    g_assert_cmpstr(ht_keymap_pending(keymap), ==, "");
}

static void check_theme(const char *text)
{
    g_autoptr(GPtrArray) warnings = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(HtTheme) theme = ht_theme_parse("x.theme", text, warnings);
    check_warnings(warnings);
    g_assert_nonnull(ht_theme_name(theme));
    for (int i = 0; i < HT_N_STYLES; i++) {
        const HtLook *look = ht_theme_look(theme, (HtStyle)i);
        g_assert_cmpint(look->foreground, >=, -1);
        g_assert_cmpint(look->foreground, <=, 255);
        g_assert_cmpint(look->background, >=, -1);
        g_assert_cmpint(look->background, <=, 255);
    }
    ht_theme_remove_colors(theme);
    g_assert_false(ht_theme_has_colors(theme));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 1)
        return 0;
    g_autofree char *text = fuzz_text(data + 1, size - 1);
    if (data[0] % 3 == 0)
        check_settings(text);
    else if (data[0] % 3 == 1)
        check_keys(text);
    else
        check_theme(text);
    return 0;
}
