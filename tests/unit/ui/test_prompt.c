/* A question at the bottom: what is asked is read whole before anybody says yes to it. */
#include "../../../src/ui/widgets.h"

#include "hiretty/command/prompt.h"

#include <string.h>

#define LEAVE "what you wrote was not taken and would be lost: leave?"

/* Lines of the screen from the first that is not "·", put together again. */
static char *shown(const HtCanvas *canvas, int *n)
{
    GString *text = g_string_new(NULL);
    *n = 0;
    for (int y = 0; y < ht_canvas_lines(canvas); y++) {
        g_autofree char *line = ht_canvas_line_text(canvas, y);
        if (g_str_has_prefix(line, "·"))
            continue;
        g_string_append_printf(text, "%s%s", text->len ? " " : "", g_strstrip(line));
        ++*n;
    }
    return g_string_free(text, FALSE);
}

static void test_confirm_is_whole(void)
{
    static const struct {
        int columns, lines; /* of the screen, of the question with its answers */
    } cases[] = {{160, 1}, {80, 1}, {63, 1}, {62, 1}, {61, 2}, {40, 2}, {30, 3}, {20, 4}};
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        int columns = cases[i].columns, n, x, y;
        g_autoptr(HtCanvas) canvas = ht_canvas_new(columns, 10);
        for (int at = 0; at < 10; at++)
            ht_canvas_text(canvas, 0, at, 1, HT_STYLE_NORMAL, "·");
        HtLayout layout = {.columns = columns, .lines = 10, .hint_y = 8, .message_y = 9};
        HtWidgetLook look = {0};
        HtLineEdit edit = {0};
        HtPrompt *prompt = ht_prompt_new(HT_PROMPT_CONFIRM, NULL, LEAVE);
        ht_widget_prompt(canvas, prompt, &edit, &layout, &look);
        ht_prompt_free(prompt);
        g_autofree char *text = shown(canvas, &n);
        g_assert_cmpstr(text, ==,
                        cases[i].lines == 1 ? "y yes, any other key no " LEAVE " [y/N]"
                                            : LEAVE " [y/N]");
        g_assert_cmpint(n, ==, MAX(cases[i].lines, 2));
        ht_canvas_cursor(canvas, &x, &y);
        g_assert_cmpint(y, ==, 9);
        g_autofree char *last = ht_canvas_line_text(canvas, 9);
        g_assert_cmpint(x, ==, MIN((int)strlen(g_strchomp(last)) + 1, columns - 1));
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/ui/prompt/confirm_is_whole", test_confirm_is_whole);
    return g_test_run();
}
