/* Theme files: the ones that ship are whole and readable, wrong ones are named with their line. */
#include "hiretty/ui/theme.h"

#include <string.h>

static void test_shipped(void)
{
    g_auto(GStrv) names = ht_theme_names();
    g_assert_cmpuint(g_strv_length(names), >=, 6);
    for (gsize i = 0; names[i]; i++) {
        g_autoptr(GPtrArray) warnings = g_ptr_array_new_with_free_func(g_free);
        g_autofree char *file =
            g_build_filename(g_getenv("SOURCE_DIR") ? g_getenv("SOURCE_DIR") : ".", "themes", NULL);
        g_autofree char *path = g_strdup_printf("%s/%s.theme", file, names[i]);
        g_assert_cmpuint(ht_theme_check(path, warnings), ==, 0);
        g_autoptr(HtTheme) theme = ht_theme_load(NULL, names[i], warnings);
        g_assert_cmpuint(warnings->len, ==, 0);
        g_assert_cmpstr(ht_theme_name(theme), ==, names[i]);
        /* Whatever the theme: the cursor's row can be told from the others. */
        const HtLook *row = ht_theme_look(theme, HT_STYLE_ROW_NORMAL);
        const HtLook *selected = ht_theme_look(theme, HT_STYLE_ROW_SELECTED);
        g_assert_true(row->background != selected->background ||
                      (selected->flags & HT_LOOK_REVERSE) != 0);
        g_assert_true(ht_theme_has_colors(theme) == (strcmp(names[i], "mono") != 0));
    }
}

static void test_problems(void)
{
    static const char text[] =
        "[theme]\nname=bad\n\n[roles]\nstage.offer=bold greeen\nno.such=red\n"
        "error=bold red on\nscore.high = bold bright-green on 17\n\n[extra]\nx=1\n";
    g_autoptr(GPtrArray) warnings = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(HtTheme) theme = ht_theme_parse("f.theme", text, warnings);
    g_assert_cmpuint(warnings->len, ==, 4);
    g_assert_cmpstr(g_ptr_array_index(warnings, 0), ==, "f.theme:10: unknown group [extra]");
    g_assert_cmpstr(g_ptr_array_index(warnings, 1), ==,
                    "f.theme:5: stage.offer: 'greeen' is no colour and no attribute");
    g_assert_cmpstr(g_ptr_array_index(warnings, 2), ==, "f.theme:6: unknown role 'no.such'");
    g_assert_cmpstr(g_ptr_array_index(warnings, 3), ==,
                    "f.theme:7: error: 'on' is no colour and no attribute");
    const HtLook *look = ht_theme_look(theme, HT_STYLE_SCORE_HIGH);
    g_assert_cmpint(look->foreground, ==, 10);
    g_assert_cmpint(look->background, ==, 17);
    g_assert_cmpint(look->flags, ==, HT_LOOK_BOLD);
    g_assert_true((ht_theme_look(theme, HT_STYLE_ROW_SELECTED)->flags & HT_LOOK_REVERSE) != 0);
}

static void test_unknown_name(void)
{
    g_autoptr(GPtrArray) warnings = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(HtTheme) theme = ht_theme_load(NULL, "no-such-theme", warnings);
    g_assert_cmpuint(warnings->len, ==, 1);
    g_assert_cmpstr(ht_theme_name(theme), ==, "default");
    g_autoptr(HtTheme) nasty = ht_theme_load(NULL, "..", NULL);
    g_assert_cmpstr(ht_theme_name(nasty), ==, "default");
}

static void test_rgb(void)
{
    g_autoptr(HtTheme) theme =
        ht_theme_parse("f", "[roles]\nlink=#ff0000\nmuted=#808080\ntag=#5f87af\n", NULL);
    g_assert_cmpint(ht_theme_look(theme, HT_STYLE_LINK)->foreground, ==, 196);
    g_assert_cmpint(ht_theme_look(theme, HT_STYLE_MUTED)->foreground, ==, 244);
    g_assert_cmpint(ht_theme_look(theme, HT_STYLE_TAG)->foreground, ==, 67);
}

static void test_without_colors(void)
{
    g_autoptr(HtTheme) theme = ht_theme_load(NULL, "light", NULL);
    ht_theme_remove_colors(theme);
    g_assert_false(ht_theme_has_colors(theme));
    g_assert_true((ht_theme_look(theme, HT_STYLE_ROW_SELECTED)->flags & HT_LOOK_REVERSE) != 0);
}

/* x to the 2.4: x² times the fifth root of x², by Newton's method. */
static double power_2_4(double x)
{
    double root = 1;
    for (int i = 0; i < 60; i++)
        root -= (root * root * root * root * root - x * x) / (5 * root * root * root * root);
    return x * x * root;
}

/* WCAG 2: relative luminance of a colour of xterm's palette (16 … 255). */
static double luminance(int color)
{
    static const int steps[] = {0, 95, 135, 175, 215, 255};
    double sum = 0, weights[] = {0.2126, 0.7152, 0.0722};
    int cube = color - 16, grey = 8 + (color - 232) * 10;
    int parts[] = {steps[cube / 36 % 6], steps[cube / 6 % 6], steps[cube % 6]};
    for (int i = 0; i < 3; i++) {
        double value = (color < 232 ? parts[i] : grey) / 255.0;
        sum += weights[i] * (value <= 0.04045 ? value / 12.92 : power_2_4((value + 0.055) / 1.055));
    }
    return sum;
}

static void test_contrast(void)
{
    g_autoptr(HtTheme) theme = ht_theme_load(NULL, "high-contrast", NULL);
    for (int i = 0; i < HT_N_STYLES; i++) {
        const HtLook *look = ht_theme_look(theme, (HtStyle)i);
        g_assert_cmpint(look->foreground, >=, 16);
        g_assert_cmpint(look->background, >=, 16);
        double a = luminance(look->foreground), b = luminance(look->background);
        g_assert_cmpfloat((MAX(a, b) + 0.05) / (MIN(a, b) + 0.05), >=, 7.0);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/ui/theme/shipped", test_shipped);
    g_test_add_func("/ui/theme/problems", test_problems);
    g_test_add_func("/ui/theme/unknown-name", test_unknown_name);
    g_test_add_func("/ui/theme/rgb", test_rgb);
    g_test_add_func("/ui/theme/without-colors", test_without_colors);
    g_test_add_func("/ui/theme/contrast", test_contrast);
    return g_test_run();
}
