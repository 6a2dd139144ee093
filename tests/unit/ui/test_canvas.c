/* Cells: cutting, wide and combining characters, edges. */
#include "hiretty/base/text.h"
#include "hiretty/ui/canvas.h"

#include <string.h>

static void assert_line(HtCanvas *canvas, int y, const char *expected)
{
    g_autofree char *text = ht_canvas_line_text(canvas, y);
    g_assert_cmpstr(text, ==, expected);
}

/* A wide character owns two cells; no line is ever longer than the canvas. */
static void assert_sound(HtCanvas *canvas)
{
    for (int y = 0; y < ht_canvas_lines(canvas); y++) {
        const HtCanvasCell *line = ht_canvas_line(canvas, y);
        int columns = 0;
        for (int x = 0; x < ht_canvas_columns(canvas); x++) {
            columns += line[x].width;
            if (line[x].width == 2)
                g_assert_cmpint(line[x + 1].width, ==, 0);
            if (line[x].width == 0)
                g_assert_cmpint(line[x - 1].width, ==, 2);
        }
        g_assert_cmpint(columns, ==, ht_canvas_columns(canvas));
    }
}

static void test_cut(void)
{
    g_autoptr(HtCanvas) canvas = ht_canvas_new(10, 3);
    g_assert_cmpint(ht_canvas_text(canvas, 0, 0, 10, HT_STYLE_NORMAL, "1234567890"), ==, 10);
    assert_line(canvas, 0, "1234567890");
    g_assert_cmpint(ht_canvas_text(canvas, 0, 1, 10, HT_STYLE_NORMAL, "12345678901"), ==, 10);
    assert_line(canvas, 1, "123456789\xE2\x80\xA6");
    g_assert_cmpint(ht_canvas_text(canvas, 7, 2, 99, HT_STYLE_NORMAL, "abcdef"), ==, 3);
    assert_line(canvas, 2, "       ab\xE2\x80\xA6");
    assert_sound(canvas);
}

static void test_wide(void)
{
    g_autoptr(HtCanvas) canvas = ht_canvas_new(7, 4);
    ht_canvas_text(canvas, 0, 0, 7, HT_STYLE_NORMAL, "漢字漢字漢字");
    assert_line(canvas, 0, "漢字漢\xE2\x80\xA6");
    ht_canvas_text(canvas, 0, 1, 7, HT_STYLE_NORMAL, "漢字");
    ht_canvas_text(canvas, 1, 1, 1, HT_STYLE_NORMAL, "x"); /* hits a right half */
    assert_line(canvas, 1, " x字");
    ht_canvas_text(canvas, 0, 2, 7, HT_STYLE_NORMAL, "漢字");
    ht_canvas_text(canvas, 2, 2, 1, HT_STYLE_NORMAL, "y"); /* hits a left half */
    assert_line(canvas, 2, "漢y");
    ht_canvas_text(canvas, 6, 3, 1, HT_STYLE_NORMAL, "漢"); /* does not fit the last column */
    assert_line(canvas, 3, "      \xE2\x80\xA6");
    assert_sound(canvas);
}

static void test_marks(void)
{
    g_autoptr(HtCanvas) canvas = ht_canvas_new(10, 2);
    g_assert_cmpint(ht_canvas_text(canvas, 0, 0, 10, HT_STYLE_NORMAL, "e\xCC\x81t\xC3\xA9"), ==, 3);
    const HtCanvasCell *line = ht_canvas_line(canvas, 0);
    g_assert_cmpint(line[0].n_text, ==, 2);
    g_assert_cmpint(line[1].n_text, ==, 1);
    /* More marks than a cell holds are dropped, and nothing shifts. */
    ht_canvas_text(canvas, 0, 1, 10, HT_STYLE_NORMAL,
                   "a\xCC\x81\xCC\x81\xCC\x81\xCC\x81\xCC\x81\xCC\x81z");
    line = ht_canvas_line(canvas, 1);
    g_assert_cmpint(line[0].n_text, ==, HT_CELL_CHARS);
    g_assert_cmpuint(line[1].text[0], ==, 'z');
    assert_sound(canvas);
}

static void test_edges(void)
{
    g_autoptr(HtCanvas) canvas = ht_canvas_new(4, 2);
    ht_canvas_text(canvas, 0, -1, 4, HT_STYLE_NORMAL, "no");
    ht_canvas_text(canvas, 0, 2, 4, HT_STYLE_NORMAL, "no");
    ht_canvas_text(canvas, 4, 0, 4, HT_STYLE_NORMAL, "no");
    ht_canvas_fill(canvas, -2, 1, 100, HT_STYLE_BAR, '#');
    ht_canvas_text(canvas, 0, 0, 0, HT_STYLE_NORMAL, "no");
    assert_line(canvas, 0, "");
    assert_line(canvas, 1, "####");
    ht_canvas_text(canvas, 0, 0, 4, HT_STYLE_NORMAL,
                   "\x1b\xff\x01z"); /* never passed on as it is */
    const HtCanvasCell *line = ht_canvas_line(canvas, 0);
    for (int x = 0; x < 3; x++)
        g_assert_cmpuint(line[x].text[0], ==, 0xFFFD);
    ht_canvas_set_cursor(canvas, 100, -5);
    int x, y;
    ht_canvas_cursor(canvas, &x, &y);
    g_assert_cmpint(x, ==, 3);
    g_assert_cmpint(y, ==, 0);
    assert_sound(canvas);
}

static void test_field(void)
{
    g_autoptr(HtCanvas) canvas = ht_canvas_new(12, 3);
    ht_canvas_field(canvas, 1, 0, 8, HT_STYLE_BAR, HT_ALIGN_RIGHT, "87");
    ht_canvas_field(canvas, 1, 1, 8, HT_STYLE_BAR, HT_ALIGN_CENTER, "87");
    assert_line(canvas, 0, "       87");
    assert_line(canvas, 1, "    87");
    g_assert_cmpint(ht_canvas_line(canvas, 0)[8].role, ==, HT_STYLE_BAR);
    g_assert_cmpint(ht_canvas_line(canvas, 0)[9].role, ==, HT_STYLE_NORMAL);
}

/* Whatever is written wherever, the lines stay lines. */
static void test_random(void)
{
    static const char *const texts[] = {"abc",     "漢字かな", "e\xCC\x81", "\xF0\x9F\x91\xA9",
                                        "العربية", "한글",     "x"};
    g_autoptr(HtCanvas) canvas = ht_canvas_new(23, 5);
    g_autoptr(GRand) random = g_rand_new_with_seed(1);
    for (int i = 0; i < 20000; i++) {
        const char *text = texts[g_rand_int_range(random, 0, G_N_ELEMENTS(texts))];
        int x = g_rand_int_range(random, -3, 26), y = g_rand_int_range(random, -1, 6);
        ht_canvas_text(canvas, MAX(x, 0), y, g_rand_int_range(random, 0, 9), HT_STYLE_NORMAL, text);
        if (i % 100 == 0)
            assert_sound(canvas);
    }
    assert_sound(canvas);
}

/* Without UTF-8 nothing leaves that the terminal could not show, whoever wrote it. */
static void test_ascii(void)
{
    g_autoptr(HtCanvas) canvas = ht_canvas_new(10, 2);
    ht_text_set_ascii(true);
    g_assert_cmpint(ht_canvas_text(canvas, 0, 0, 10, HT_STYLE_NORMAL, "R\xC3\xA9sum\xC3\xA9"), ==,
                    6);
    ht_canvas_text(canvas, 0, 1, 10, HT_STYLE_NORMAL,
                   "a\xE2\x80\xA6 \xE6\xBC\xA2 e\xCC\x81 \xC2\xB7 more");
    assert_line(canvas, 0, "Resume");
    assert_line(canvas, 1, "a... ? e ~");
    assert_sound(canvas);
    ht_text_set_ascii(false);
}

int main(int argc, char **argv)
{
    ht_text_init_locale();
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/ui/canvas/cut", test_cut);
    g_test_add_func("/ui/canvas/wide", test_wide);
    g_test_add_func("/ui/canvas/marks", test_marks);
    g_test_add_func("/ui/canvas/edges", test_edges);
    g_test_add_func("/ui/canvas/field", test_field);
    g_test_add_func("/ui/canvas/ascii", test_ascii);
    g_test_add_func("/ui/canvas/random", test_random);
    return g_test_run();
}
