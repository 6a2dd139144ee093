/* From a terminal's bytes to keys, and from keys to the line of a prompt. However the bytes are cut
 * into reads, the same events come; the cursor stays between characters, the line stays clean. */
#include "fuzz.h"

#include "hiretty/base/text.h"
#include "hiretty/ui/input.h"
#include "src/ui/line_edit.h"

#include <string.h>

typedef struct {
    HtLineEditor *editor; /* NULL: only written down */
    HtPrompt *prompt;
    GString *seen;
} Sink;

static void type(Sink *sink, const HtInputEvent *event)
{
    if (event->kind == HT_INPUT_PASTE) {
        ht_line_editor_insert(sink->editor, NULL, sink->prompt, event->text);
    } else if (event->kind == HT_INPUT_KEY) {
        if (g_str_equal(event->text, "Enter")) {
            ht_line_editor_remember(sink->editor, sink->prompt);
            ht_prompt_set_text(sink->prompt, NULL, "");
            ht_line_editor_start(sink->editor, sink->prompt);
        } else {
            ht_line_editor_key(sink->editor, NULL, sink->prompt, event->text);
        }
    }
    const char *text = sink->prompt->text;
    int cursor = ht_line_editor_state(sink->editor)->cursor;
    g_assert_cmpint(cursor, >=, 0);
    g_assert_cmpint(cursor, <=, (int)strlen(text));
    g_assert_true(g_utf8_validate(text, cursor, NULL));
    g_assert_true(g_utf8_validate(text, -1, NULL));
    g_assert_null(strpbrk(text, "\r\n"));
    int at = sink->prompt->selected;
    g_assert_true(at == 0 || at < (int)sink->prompt->shown->len);
}

static void take(const HtInputEvent *event, gpointer data)
{
    Sink *sink = data;
    g_assert_true(g_utf8_validate(event->text, -1, NULL));
    if (event->kind == HT_INPUT_KEY) {
        g_assert_cmpuint(strlen(event->text), >=, 1);
        for (const char *p = event->text; *p; p++)
            g_assert_true((guchar)*p >= 0x20 && *p != 0x7F);
    }
    if (event->kind == HT_INPUT_MOUSE)
        g_assert_true(event->x >= 0 && event->y >= 0);
    g_string_append_printf(sink->seen, "%d %s %d %d\n", event->kind, event->text, event->x,
                           event->y);
    if (sink->editor)
        type(sink, event);
}

/* Feeds pieces of `step` bytes. */
static void feed(Sink *sink, const uint8_t *data, size_t size, size_t step)
{
    sink->seen = g_string_new(NULL);
    g_autoptr(HtInput) input = ht_input_new(take, sink);
    for (size_t at = 0; at < size; at += step)
        ht_input_feed(input, data + at, MIN(step, size - at));
    ht_input_flush(input);
    g_assert_false(ht_input_is_pending(input));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 1)
        return 0;
    static const HtPromptKind kinds[] = {HT_PROMPT_TEXT, HT_PROMPT_CHOICE, HT_PROMPT_COUNT};
    Sink whole = {0}, pieces = {0};
    feed(&whole, data + 1, size - 1, size);
    pieces.editor = ht_line_editor_new();
    pieces.prompt = ht_prompt_new(kinds[data[0] % 3], NULL, "limit");
    pieces.prompt->history = g_strdup("limit");
    ht_prompt_add_choice(pieces.prompt, "Must-have missing", "we_rejected", NULL, 1, NULL);
    ht_prompt_add_choice(pieces.prompt, "Café Łódź 漢字", NULL, "gl", 2, NULL);
    ht_prompt_add_choice(pieces.prompt, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab-a c",
                         NULL, NULL, 3, NULL);
    ht_line_editor_start(pieces.editor, pieces.prompt);
    feed(&pieces, data + 1, size - 1, 1 + data[0] / 3 % 7);
    g_assert_cmpstr(whole.seen->str, ==, pieces.seen->str);
    g_string_free(whole.seen, TRUE);
    g_string_free(pieces.seen, TRUE);
    ht_line_editor_free(pieces.editor);
    ht_prompt_free(pieces.prompt);
    return 0;
}
