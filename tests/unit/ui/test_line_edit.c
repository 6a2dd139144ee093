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

/* Tab and Shift-Tab go through what the word may become, the cursor behind it. */
static void test_tab(void)
{
    static const struct {
        const char *key, *line;
    } steps[] = {{"Tab", "a ski"},   {"Tab", "a sky"},   {"Tab", "a ski"},
                 {"S-Tab", "a sky"}, {"x", "a skyx"},    {"Tab", "a skyx"},
                 {"C-w", "a "},      {"S-Tab", "a sun"}, {"S-Tab", "a sky"}};
    HtLineEditor *editor = ht_line_editor_new();
    g_autoptr(HtPrompt) prompt = ht_prompt_new(HT_PROMPT_TEXT, NULL, "tags");
    ht_prompt_add_choice(prompt, "ski", NULL, NULL, 0, NULL);
    ht_prompt_add_choice(prompt, "sky", NULL, NULL, 0, NULL);
    ht_prompt_add_choice(prompt, "sun", NULL, NULL, 0, NULL);
    ht_line_editor_start(editor, prompt);
    ht_line_editor_insert(editor, NULL, prompt, "a sk");
    for (gsize i = 0; i < G_N_ELEMENTS(steps); i++) {
        ht_line_editor_key(editor, NULL, prompt, steps[i].key);
        g_assert_cmpstr(prompt->text, ==, steps[i].line);
        g_assert_cmpint(ht_line_editor_state(editor)->cursor, ==, (int)strlen(steps[i].line));
    }
    ht_line_editor_free(editor);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/ui/line_edit/paste_of_lines", test_paste_of_lines);
    g_test_add_func("/ui/line_edit/tab", test_tab);
    return g_test_run();
}
