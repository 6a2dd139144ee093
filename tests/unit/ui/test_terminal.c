/* What a canvas holds is what the terminal shows: text and looks read back from curses. */
#include "hiretty/ui/terminal.h"

#include <string.h>

static HtTerminal *open_virtual(int columns, int lines, bool no_color)
{
    HtTerminalOptions options = {
        .is_virtual = true, .columns = columns, .lines = lines, .no_color = no_color};
    g_autoptr(GError) error = NULL;
    HtTerminal *terminal = ht_terminal_open(&options, &error);
    g_assert_no_error(error);
    return terminal;
}

static void assert_same(HtTerminal *terminal, const HtCanvas *canvas)
{
    for (int y = 0; y < ht_canvas_lines(canvas); y++) {
        g_autofree char *shown = ht_terminal_line_text(terminal, y);
        g_autofree char *wanted = ht_canvas_line_text(canvas, y);
        g_assert_cmpstr(shown, ==, wanted);
    }
}

static void fill(HtCanvas *canvas, guint32 seed)
{
    static const char *const texts[] = {
        "plain text ", "漢字かな交じり文", "e\xCC\x81t\xC3\xA9 ",
        "العربية ",    "한국어",           "\xE2\x94\x80\xE2\x96\xB8"};
    g_autoptr(GRand) random = g_rand_new_with_seed(seed);
    ht_canvas_clear(canvas, NULL);
    for (int y = 0; y < ht_canvas_lines(canvas); y++) {
        for (int x = 0; x < ht_canvas_columns(canvas);) {
            HtStyle role = (HtStyle)g_rand_int_range(random, 0, HT_N_STYLES);
            const char *text = texts[g_rand_int_range(random, 0, G_N_ELEMENTS(texts))];
            x += ht_canvas_text(canvas, x, y, ht_canvas_columns(canvas) - x, role, text);
        }
    }
}

static void test_present(void)
{
    g_autoptr(HtTerminal) terminal = open_virtual(80, 24, false);
    g_autoptr(HtTheme) theme = ht_theme_load(NULL, "default", NULL);
    ht_terminal_set_theme(terminal, theme);
    g_autoptr(HtCanvas) canvas = ht_canvas_new(80, 24);
    for (guint32 seed = 0; seed < 50; seed++) {
        fill(canvas, seed);
        ht_terminal_present(terminal, canvas);
        assert_same(terminal, canvas);
    }
}

/* Any order of sizes; afterwards the screen is what it was. */
static void test_resize(void)
{
    static const int sizes[][2] = {{160, 48}, {1, 1},   {500, 200}, {2, 1},   {1, 3},
                                   {40, 10},  {80, 24}, {3, 200},   {500, 1}, {160, 48}};
    g_autoptr(HtTerminal) terminal = open_virtual(160, 48, false);
    g_autoptr(HtTheme) theme = ht_theme_load(NULL, "default", NULL);
    ht_terminal_set_theme(terminal, theme);
    g_autoptr(HtCanvas) canvas = ht_canvas_new(160, 48);
    for (int round = 0; round < 20; round++) {
        for (gsize i = 0; i < G_N_ELEMENTS(sizes); i++) {
            ht_terminal_resize(terminal, sizes[i][0], sizes[i][1]);
            ht_canvas_resize(canvas, sizes[i][0], sizes[i][1]);
            fill(canvas, (guint32)i);
            ht_terminal_present(terminal, canvas);
            assert_same(terminal, canvas);
        }
    }
}

static char *looks_of(bool no_color, const char *theme_name)
{
    g_autoptr(HtTerminal) terminal = open_virtual(20, 2, no_color);
    g_autoptr(HtTheme) theme = ht_theme_load(NULL, theme_name, NULL);
    ht_terminal_set_theme(terminal, theme);
    g_autoptr(HtCanvas) canvas = ht_canvas_new(20, 2);
    ht_canvas_text(canvas, 0, 0, 20, HT_STYLE_ROW_SELECTED, "row");
    ht_canvas_text(canvas, 5, 0, 20, HT_STYLE_SCORE_HIGH, "87");
    ht_terminal_present(terminal, canvas);
    return ht_terminal_line_looks(terminal, 0);
}

static void test_looks(void)
{
    g_autofree char *colored = looks_of(false, "default");
    g_assert_cmpstr(colored, ==, "0+3 reverse\n5+2 fg2\n");
    g_autofree char *plain = looks_of(true, "default");
    g_assert_cmpstr(plain, ==, "0+3 reverse\n");
    g_autofree char *mono = looks_of(false, "mono");
    g_assert_cmpstr(mono, ==, "0+3 reverse\n5+2 bold\n");
    g_autofree char *light = looks_of(true, "light"); /* a ground becomes reverse */
    g_assert_cmpstr(light, ==, "0+3 bold reverse\n5+2 bold\n");
}

/* Without a terminal nothing is written and the reason is one line. */
static void test_no_terminal(void)
{
    HtTerminalOptions options = {0};
    g_autoptr(GError) error = NULL;
    g_assert_null(ht_terminal_open(&options, &error));
    g_assert_error(error, HT_UI_ERROR, HT_UI_ERROR_NO_TERMINAL);
    g_assert_null(strchr(error->message, '\n'));
}

int main(int argc, char **argv)
{
    ht_text_init_locale();
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/ui/terminal/present", test_present);
    g_test_add_func("/ui/terminal/resize", test_resize);
    g_test_add_func("/ui/terminal/looks", test_looks);
    g_test_add_func("/ui/terminal/no-terminal", test_no_terminal);
    return g_test_run();
}
