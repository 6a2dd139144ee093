/* The text lives in the prompt; this keeps the place in it. Every change goes through replace(),
 * which tells the prompt, so that its list and its preview follow each keystroke. */
#include "line_edit.h"

#include <string.h>

enum { MAX_LINE = 4096, MAX_HISTORY = 100 };

struct HtLineEditor {
    HtLineEdit state;
    GHashTable *histories; /* name → GPtrArray of char *, oldest first */
    int back;              /* steps back in the history; 0 = the line itself */
    char *line;            /* what was typed before walking the history */
};

static const char *text_of(const HtPrompt *prompt)
{
    return prompt->text ? prompt->text : "";
}

static int next_boundary(const char *text, int from)
{
    int columns;
    return from + (int)ht_text_next(text + from, &columns);
}

static int previous_boundary(const char *text, int from)
{
    int at = 0, before = 0;
    while (at < from) {
        before = at;
        int next = next_boundary(text, at);
        if (next == at)
            break;
        at = next;
    }
    return before;
}

/* Start of the word before `from`. */
static int word_start(const char *text, int from)
{
    while (from > 0 && text[from - 1] == ' ')
        from = previous_boundary(text, from);
    while (from > 0 && text[from - 1] != ' ')
        from = previous_boundary(text, from);
    return from;
}

static void set_text(HtLineEditor *editor, HtContext *context, HtPrompt *prompt, const char *text,
                     int cursor)
{
    g_autofree char *copy = g_strdup(text);
    /* A typed count that was wrong is forgiven at the next keystroke. */
    if (prompt->kind == HT_PROMPT_COUNT)
        g_clear_pointer(&prompt->error, g_free);
    ht_prompt_set_text(prompt, context, copy);
    editor->state.cursor = CLAMP(cursor, 0, (int)strlen(text_of(prompt)));
}

/* Replaces the bytes from … to by `with`. */
static void replace(HtLineEditor *editor, HtContext *context, HtPrompt *prompt, int from, int to,
                    const char *with)
{
    const char *old = text_of(prompt);
    g_autoptr(GString) text = g_string_new_len(old, from);
    g_string_append(text, with);
    int cursor = (int)text->len;
    g_string_append(text, old + to);
    if (text->len > MAX_LINE)
        return;
    editor->back = 0;
    set_text(editor, context, prompt, text->str, cursor);
}

/* Terminals paste the end of a line as CR, files have LF or both: each is one blank. */
static char *to_one_line(const char *text)
{
    GString *line = g_string_sized_new(strlen(text));
    for (const char *p = text; *p; p++) {
        if (*p == '\r' && p[1] == '\n')
            continue;
        g_string_append_c(line, *p == '\r' || *p == '\n' ? ' ' : *p);
    }
    return g_string_free(line, FALSE);
}

void ht_line_editor_insert(HtLineEditor *editor, HtContext *context, HtPrompt *prompt,
                           const char *text)
{
    g_autofree char *line = to_one_line(text);
    g_autofree char *clean = ht_text_to_edit(line, -1);
    g_strdelimit(clean, "\n", ' '); /* what else may end a line */
    replace(editor, context, prompt, editor->state.cursor, editor->state.cursor, clean);
}

static void walk_history(HtLineEditor *editor, HtContext *context, HtPrompt *prompt, int step)
{
    GPtrArray *lines =
        prompt->history ? g_hash_table_lookup(editor->histories, prompt->history) : NULL;
    int back = editor->back + step;
    if (!lines || back < 0 || back > (int)lines->len)
        return;
    if (editor->back == 0) {
        g_free(editor->line);
        editor->line = g_strdup(text_of(prompt));
    }
    const char *line =
        back == 0 ? editor->line : g_ptr_array_index(lines, (guint)((int)lines->len - back));
    editor->back = back;
    set_text(editor, context, prompt, line, G_MAXINT);
}

static void complete(HtLineEditor *editor, HtContext *context, HtPrompt *prompt, int step)
{
    g_autofree char *text = ht_prompt_complete(prompt, step);
    if (text)
        set_text(editor, context, prompt, text, G_MAXINT);
}

/* ---- the keys of the line ---- */

typedef enum {
    LEFT,
    RIGHT,
    START,
    END,
    WORD_LEFT,
    ERASE_BEFORE,
    ERASE_AT,
    ERASE_WORD,
    ERASE_TO_START,
    ERASE_TO_END,
    EARLIER,
    LATER,
    COMPLETE,
    COMPLETE_BACK,
} Action;

static const struct {
    const char *key;
    Action action;
} line_keys[] = {
    {"Left", LEFT},
    {"C-b", LEFT},
    {"Right", RIGHT},
    {"C-f", RIGHT},
    {"Home", START},
    {"C-a", START},
    {"End", END},
    {"C-e", END},
    {"C-Left", WORD_LEFT},
    {"Backspace", ERASE_BEFORE},
    {"Delete", ERASE_AT},
    {"C-d", ERASE_AT},
    {"C-w", ERASE_WORD},
    {"C-u", ERASE_TO_START},
    {"C-k", ERASE_TO_END},
    {"Up", EARLIER},
    {"C-p", EARLIER},
    {"Down", LATER},
    {"C-n", LATER},
    {"Tab", COMPLETE},
    {"S-Tab", COMPLETE_BACK},
};

static void act(HtLineEditor *editor, HtContext *context, HtPrompt *prompt, Action action)
{
    const char *text = text_of(prompt);
    int at = editor->state.cursor, end = (int)strlen(text);
    switch (action) {
    case LEFT:
        editor->state.cursor = previous_boundary(text, at);
        break;
    case RIGHT:
        editor->state.cursor = next_boundary(text, at);
        break;
    case START:
        editor->state.cursor = 0;
        break;
    case END:
        editor->state.cursor = end;
        break;
    case WORD_LEFT:
        editor->state.cursor = word_start(text, at);
        break;
    case ERASE_BEFORE:
        replace(editor, context, prompt, previous_boundary(text, at), at, "");
        break;
    case ERASE_AT:
        replace(editor, context, prompt, at, next_boundary(text, at), "");
        break;
    case ERASE_WORD:
        replace(editor, context, prompt, word_start(text, at), at, "");
        break;
    case ERASE_TO_START:
        replace(editor, context, prompt, 0, at, "");
        break;
    case ERASE_TO_END:
        replace(editor, context, prompt, at, end, "");
        break;
    case EARLIER:
    case LATER:
        walk_history(editor, context, prompt, action == EARLIER ? 1 : -1);
        break;
    case COMPLETE:
    case COMPLETE_BACK:
    default:
        complete(editor, context, prompt, action == COMPLETE_BACK ? -1 : 1);
        break;
    }
}

bool ht_line_editor_is_text(const char *key)
{
    int columns;
    gsize length = ht_text_next(key, &columns);
    return length > 0 && key[length] == '\0' && (guchar)*key >= 0x20;
}

void ht_line_editor_key(HtLineEditor *editor, HtContext *context, HtPrompt *prompt, const char *key)
{
    for (gsize i = 0; i < G_N_ELEMENTS(line_keys); i++) {
        if (strcmp(key, line_keys[i].key) == 0) {
            act(editor, context, prompt, line_keys[i].action);
            return;
        }
    }
    if (strcmp(key, "Space") == 0)
        ht_line_editor_insert(editor, context, prompt, " ");
    else if (ht_line_editor_is_text(key))
        ht_line_editor_insert(editor, context, prompt, key);
}

void ht_line_editor_start(HtLineEditor *editor, const HtPrompt *prompt)
{
    editor->state = (HtLineEdit){(int)strlen(text_of(prompt)), 0};
    editor->back = 0;
}

void ht_line_editor_remember(HtLineEditor *editor, const HtPrompt *prompt)
{
    if (!prompt->history || !*text_of(prompt))
        return;
    GPtrArray *lines = g_hash_table_lookup(editor->histories, prompt->history);
    if (!lines) {
        lines = g_ptr_array_new_with_free_func(g_free);
        g_hash_table_insert(editor->histories, g_strdup(prompt->history), lines);
    }
    if (lines->len > 0 && strcmp(g_ptr_array_index(lines, lines->len - 1), text_of(prompt)) == 0)
        return;
    if (lines->len >= MAX_HISTORY)
        g_ptr_array_remove_index(lines, 0);
    g_ptr_array_add(lines, g_strdup(text_of(prompt)));
}

HtLineEdit *ht_line_editor_state(HtLineEditor *editor)
{
    return &editor->state;
}

static void free_lines(gpointer lines)
{
    g_ptr_array_free(lines, TRUE);
}

HtLineEditor *ht_line_editor_new(void)
{
    HtLineEditor *editor = g_new0(HtLineEditor, 1);
    editor->histories = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, free_lines);
    return editor;
}

void ht_line_editor_free(HtLineEditor *editor)
{
    if (!editor)
        return;
    g_hash_table_unref(editor->histories);
    g_free(editor->line);
    g_free(editor);
}
