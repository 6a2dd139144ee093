/* What is put into the line of a prompt. */
#include "../../../src/ui/line_edit.h"

#include <string.h>

/* A text of several lines, ended as terminals and files end them. */
static void test_paste_of_lines(void)
{
    static const struct {
        const char *pasted, *line;
    } cases[] = {
        {"line one\rline two", "line one line two"},
        {"line one\nline two", "line one line two"},
        {"line one\r\nline two", "line one line two"},
        {"one\r\rthree", "one  three"},
        {"one\n\rthree", "one  three"},
        {"one\r\n\r\nthree\r\n", "one  three "},
        {"a bell\a", "a bell\u2407"},
        {"", ""},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        HtLineEditor *editor = ht_line_editor_new();
        g_autoptr(HtPrompt) prompt = ht_prompt_new(HT_PROMPT_TEXT, NULL, "note");
        ht_line_editor_start(editor, prompt);
        ht_line_editor_insert(editor, NULL, prompt, cases[i].pasted);
        g_assert_cmpstr(prompt->text, ==, cases[i].line);
        g_assert_cmpint(ht_line_editor_state(editor)->cursor, ==, (int)strlen(cases[i].line));
        ht_line_editor_free(editor);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/ui/line_edit/paste_of_lines", test_paste_of_lines);
    return g_test_run();
}
