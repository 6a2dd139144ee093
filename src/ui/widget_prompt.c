/* A question at the bottom: the line that is typed, and above it what there is to choose from. The
 * list one decides about stays in sight. */
#include "widgets.h"

#include <string.h>

enum { MOST_CHOICES = 14, DETAIL_COLUMN = 44 };

static const char *hint_of(const HtPrompt *prompt)
{
    if (prompt->waiting)
        return prompt->waiting;
    switch (prompt->kind) {
    case HT_PROMPT_SECRET:
        return "Enter sends it   Esc works on offline";
    case HT_PROMPT_CONFIRM:
        return "y yes, any other key no";
    case HT_PROMPT_COUNT:
        return "type the number, then Enter   Esc gives up";
    case HT_PROMPT_CHOICE:
        return "Enter takes it   Up Down chooses   type to narrow   Esc gives up";
    case HT_PROMPT_EDITOR:
    case HT_PROMPT_TEXT:
    default:
        if (prompt->choices->len > 0 && prompt->history)
            return "Enter accepts   Tab completes   Up earlier ones   Esc gives up";
        return prompt->history ? "Enter accepts   Up earlier ones   Esc gives up"
                               : "Enter accepts   Esc gives up";
    }
}

static void paint_choice(HtCanvas *canvas, const HtPrompt *prompt, int shown, int y, int columns,
                         const HtWidgetLook *look)
{
    int index = g_array_index(prompt->shown, int, shown);
    const HtChoice *choice = &g_array_index(prompt->choices, HtChoice, index);
    bool selected = shown == prompt->selected;
    bool bar = selected && !look->low_bandwidth;
    bool is_off = choice->why_not != NULL;
    HtStyle text = bar        ? HT_STYLE_ROW_SELECTED
                   : is_off   ? HT_STYLE_MUTED
                   : selected ? HT_STYLE_STRONG
                              : HT_STYLE_NORMAL;
    HtStyle detail = bar ? HT_STYLE_ROW_SELECTED : HT_STYLE_MUTED;
    if (bar)
        ht_canvas_fill(canvas, 0, y, columns, HT_STYLE_ROW_SELECTED, ' ');
    if (selected)
        ht_canvas_text(canvas, 1, y, 1, text, look->signs->cursor);
    const char *key = choice->key ? choice->key : "";
    int key_width = MIN(ht_text_width(key), 12),
        room = columns - 4 - (key_width ? key_width + 2 : 0);
    int used = ht_canvas_text(canvas, 3, y, room, text, choice->text);
    int column = MAX(MIN(DETAIL_COLUMN, columns / 3), used + 2);
    const char *words = is_off ? choice->why_not : choice->detail;
    if (words && column < room)
        ht_canvas_text(canvas, 3 + column, y, room - column, detail, words);
    ht_canvas_text(canvas, columns - 1 - key_width, y, key_width,
                   bar || is_off ? text : HT_STYLE_KEY, key);
}

static void paint_choices(HtCanvas *canvas, const HtPrompt *prompt, const HtLayout *layout,
                          const HtWidgetLook *look)
{
    int n = (int)prompt->shown->len, all = (int)prompt->choices->len;
    int lines = MIN(MIN(MAX(all, 1), MOST_CHOICES), MAX(layout->lines - 5, 1));
    int y = layout->hint_y - lines, columns = layout->columns;
    HtRect rect = {0, y - 1, columns, lines + 1};
    ht_canvas_clear(canvas, &rect);
    ht_canvas_fill(canvas, 0, y - 1, columns, HT_STYLE_BORDER, look->signs->horizontal);
    g_autofree char *count =
        n == all ? g_strdup_printf(" %d ", all) : g_strdup_printf(" %d of %d ", n, all);
    int width = ht_text_width(count);
    ht_canvas_text(canvas, columns - width - 2, y - 1, width, HT_STYLE_BAR_STATUS, count);
    int top = CLAMP(prompt->selected - lines / 2, 0, MAX(n - lines, 0));
    for (int i = 0; i < lines && top + i < n; i++)
        paint_choice(canvas, prompt, top + i, y + i, columns, look);
    if (n == 0)
        ht_canvas_text(canvas, 3, y, columns - 4, HT_STYLE_MUTED, "Nothing like that.");
}

/* Keeps the cursor of the line in sight; returns what is shown of the text. */
static const char *scrolled(const char *text, HtLineEdit *edit, int room, int *cursor_column)
{
    g_autofree char *before = g_strndup(text, (gsize)edit->cursor);
    int at = ht_text_width(before);
    /* A window that became wider shows more of the line again. */
    edit->scroll = MIN(edit->scroll, MAX(0, ht_text_width(text) - room + 1));
    if (at - edit->scroll >= room)
        edit->scroll = at - room + 1;
    if (at < edit->scroll)
        edit->scroll = at;
    const char *start = text + ht_text_fit(text, edit->scroll);
    g_autofree char *hidden = g_strndup(text, (gsize)(start - text));
    *cursor_column = at - ht_text_width(hidden);
    return start;
}

/* One that is longer than its line covers what stands above, as a list of choices does: what failed
 * is of no use without why and what to do. `below`: lines of its own that are taken already. */
static void paint_long_error(HtCanvas *canvas, const char *error, const HtLayout *layout, int below)
{
    g_autoptr(GPtrArray) lines = ht_text_wrap(error, layout->columns - 2);
    int n = MIN((int)lines->len, MAX(1, layout->hint_y - below - 3));
    HtRect rect = {0, layout->hint_y - below - n + 1, layout->columns, n};
    ht_canvas_clear(canvas, &rect);
    for (int i = 0; i < n; i++)
        ht_canvas_text(canvas, 1, rect.y + i, layout->columns - 2, HT_STYLE_ERROR, lines->pdata[i]);
}

/* The error points at its character when that is in sight. */
static void paint_error(HtCanvas *canvas, const HtPrompt *prompt, int start_x,
                        const HtLayout *layout)
{
    int x = 1;
    if (prompt->error_column >= 0 && prompt->text) {
        g_autofree char *before = g_utf8_substring(
            prompt->text, 0, MIN(prompt->error_column, g_utf8_strlen(prompt->text, -1)));
        x = start_x + ht_text_width(before);
    }
    int width = ht_text_width(prompt->error), last = layout->columns - 1;
    bool points = x > 1 && x < last;
    if (points)
        ht_canvas_text(canvas, x, layout->hint_y, 1, HT_STYLE_ERROR, "^");
    if (width > last - 1 && prompt->kind != HT_PROMPT_CHOICE) {
        paint_long_error(canvas, prompt->error, layout, points ? 1 : 0);
        return;
    }
    /* The words stand at its right, at its left when only there is room for them, and without it
     * when there is none. */
    int at = points ? x + 2 : 1;
    if (at + width > last)
        at = points && width + 2 <= x ? x - 1 - width : 1;
    ht_canvas_text(canvas, at, layout->hint_y, last - at, HT_STYLE_ERROR, prompt->error);
}

/* One sign for each character; the end of a long one stays in sight. */
static void paint_secret(HtCanvas *canvas, const HtPrompt *prompt, int x, int y, int columns,
                         const HtWidgetLook *look)
{
    int room = MAX(columns - x - 2, 1);
    int n = (int)MIN(g_utf8_strlen(prompt->secret, -1), room);
    ht_canvas_fill(canvas, x, y, n, HT_STYLE_INPUT, look->signs->hidden);
    ht_canvas_set_cursor(canvas, x + n, y);
}

/* Values of one field are said without it: the line that is typed has it. */
static gsize common_field(const GPtrArray *proposals)
{
    const char *first = proposals->pdata[0], *colon = strchr(first, ':');
    gsize field = colon ? (gsize)(colon - first) + 1 : 0;
    for (guint i = 0; i < proposals->len; i++) {
        const char *text = proposals->pdata[i];
        if (strncmp(text, first, field) != 0 || !text[field])
            return 0;
    }
    return field;
}

/* Columns of proposals `from` to `to`, with what says that there are more on either side. */
static int width_of(const GPtrArray *proposals, gsize field, guint from, guint to, int more)
{
    int width = (from > 0 ? more + 1 : 0) + (to + 1 < proposals->len ? more + 2 : 0);
    for (guint i = from; i <= to; i++)
        width += ht_text_width((const char *)proposals->pdata[i] + field) + (i > from ? 2 : 0);
    return width;
}

/* What the last word may become. Where the line has no room for all, those around the one that
 * stands there, of the ones before it as few as can be left out. */
static void paint_proposals(HtCanvas *canvas, const GPtrArray *proposals, int current,
                            const HtLayout *layout, const char *more)
{
    int x = 1, last = layout->columns - 1, dots = ht_text_width(more);
    gsize field = common_field(proposals);
    x += ht_canvas_text(canvas, x, layout->hint_y, last - x, HT_STYLE_KEY, "Tab") + 1;
    guint from = 0, wanted = current > 0 ? (guint)current : 0, to = wanted;
    while (from < wanted && width_of(proposals, field, from, to, dots) > last - x)
        from++;
    while (to + 1 < proposals->len && width_of(proposals, field, from, to + 1, dots) <= last - x)
        to++;
    if (from > 0)
        x += ht_canvas_text(canvas, x, layout->hint_y, last - x, HT_STYLE_MUTED, more) + 1;
    for (guint i = from; i <= to; i++) {
        const char *text = (const char *)proposals->pdata[i] + field;
        HtStyle role = (int)i == current ? HT_STYLE_STRONG : HT_STYLE_MUTED;
        x += ht_canvas_text(canvas, x, layout->hint_y, last - x, role, text) + 2;
    }
    if (to + 1 < proposals->len)
        ht_canvas_text(canvas, x, layout->hint_y, last - x, HT_STYLE_MUTED, more);
}

/* One line of help: what goes wrong, unless Tab mends it; what Tab makes of the word; the keys. */
static void paint_hint(HtCanvas *canvas, const HtPrompt *prompt, int start_x,
                       const HtLayout *layout, const HtWidgetLook *look)
{
    int current;
    g_autoptr(GPtrArray) proposals = ht_prompt_proposals(prompt, &current);
    if (proposals->len > 0 && !prompt->waiting)
        paint_proposals(canvas, proposals, current, layout, look->signs->more);
    else if (prompt->error)
        paint_error(canvas, prompt, start_x, layout);
    else
        ht_canvas_text(canvas, 1, layout->hint_y, layout->columns - 2, HT_STYLE_MUTED,
                       hint_of(prompt));
}

/* Never cut: who says yes has read all of it. What its line has no room for stands above. */
static void paint_confirm(HtCanvas *canvas, const HtPrompt *prompt, const HtLayout *layout)
{
    static const char answers[] = " [y/N] ";
    int columns = layout->columns, room = MAX(columns - 2, 1);
    g_autofree char *whole = g_strconcat(prompt->label, answers, NULL);
    g_autoptr(GPtrArray) lines = ht_text_wrap(whole, room);
    if (ht_text_width(whole) <= room + 1) { /* a blank at its end */
        g_ptr_array_set_size(lines, 0);
        g_ptr_array_add(lines, g_steal_pointer(&whole));
    }
    int n = (int)lines->len, x = 1;
    HtRect rect = {0, MAX(layout->message_y - n + 1, 0), columns, n};
    if (n > 1)
        ht_canvas_clear(canvas, &rect);
    for (int i = 0, y = layout->message_y - n + 1; i < n; i++, y++) {
        if (y >= 0)
            x = 1 + ht_canvas_text(canvas, 1, y, room + 1, HT_STYLE_PROMPT, lines->pdata[i]);
    }
    ht_canvas_set_cursor(canvas, MIN(n > 1 ? x + 1 : x, columns - 1), layout->message_y);
    if (n == 1)
        ht_canvas_text(canvas, 1, layout->hint_y, room, HT_STYLE_MUTED, hint_of(prompt));
}

void ht_widget_prompt(HtCanvas *canvas, const HtPrompt *prompt, HtLineEdit *edit,
                      const HtLayout *layout, const HtWidgetLook *look)
{
    HtRect bottom = {0, layout->hint_y, layout->columns, 2};
    int y = layout->message_y, columns = layout->columns;
    if (prompt->kind == HT_PROMPT_CHOICE)
        paint_choices(canvas, prompt, layout, look);
    ht_canvas_clear(canvas, &bottom);
    if (prompt->kind == HT_PROMPT_CONFIRM) {
        paint_confirm(canvas, prompt, layout);
        return;
    }
    int x = 1 + ht_canvas_text(canvas, 1, y, columns * 2 / 3, HT_STYLE_PROMPT, prompt->label);
    if (prompt->kind == HT_PROMPT_SECRET) {
        x += ht_canvas_text(canvas, x, y, 3, HT_STYLE_PROMPT, look->signs->prompt);
        paint_secret(canvas, prompt, x, y, columns, look);
    } else {
        x += ht_canvas_text(canvas, x, y, 3, HT_STYLE_PROMPT, look->signs->prompt);
        int room = MAX(columns - x - 1, 1), cursor;
        const char *text = prompt->text ? prompt->text : "";
        const char *shown = scrolled(text, edit, room, &cursor);
        ht_canvas_text(canvas, x, y, room, HT_STYLE_INPUT, shown);
        ht_canvas_set_cursor(canvas, x + cursor, y);
    }
    paint_hint(canvas, prompt, x, layout, look);
}
