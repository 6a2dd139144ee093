/* What stands around the body: where we are and how fresh it is at the top, what can be done and
 * what happened at the bottom. */
#include "widgets.h"

#include "hiretty/command/keymap.h"

#include <string.h>

enum { HINTS = 5, LEAST_WAY = 12, MOST_WAY = 46 };

/* "Place · 200 applicants · limit …": the place is what the eye looks for. */
static void paint_place(HtCanvas *canvas, const char *title, int columns)
{
    const char *dot = strstr(title, " \xC2\xB7 ");
    if (!dot)
        dot = strstr(title, " - ");
    g_autofree char *place = dot ? g_strndup(title, (gsize)(dot - title)) : g_strdup(title);
    int used = ht_canvas_text(canvas, 1, 0, columns, HT_STYLE_TITLE, place);
    if (dot)
        ht_canvas_text(canvas, 1 + used, 0, columns - used, HT_STYLE_MUTED, dot);
}

void ht_widget_title(HtCanvas *canvas, HtContext *context, const HtWidgetLook *look)
{
    (void)look;
    int columns = ht_canvas_columns(canvas);
    HtStyle role = HT_STYLE_NORMAL;
    const char *borrowed = ht_context_state_text(context, &role);
    g_autofree char *state = g_strdup(borrowed ? borrowed : "");
    HtView *view = ht_context_view(context);
    int state_width = MIN(ht_text_width(state), columns / 2);
    if (view)
        paint_place(canvas, ht_view_title(view), columns - state_width - 4);
    ht_canvas_text(canvas, columns - 1 - state_width, 0, state_width, role, state);
}

static void paint_rule(HtCanvas *canvas, int y, int columns, gunichar horizontal)
{
    if (y >= 0)
        ht_canvas_fill(canvas, 0, y, columns, HT_STYLE_BORDER, horizontal);
}

void ht_widget_rules(HtCanvas *canvas, const HtLayout *layout, const HtWidgetLook *look)
{
    const HtSigns *signs = look->signs;
    paint_rule(canvas, layout->top_rule_y, layout->columns, signs->horizontal);
    paint_rule(canvas, layout->middle_rule_y, layout->columns, signs->horizontal);
    paint_rule(canvas, layout->bottom_rule_y, layout->columns, signs->horizontal);
    if (!layout->preview_right)
        return;
    int x = layout->preview.x - 2, top = layout->rules ? layout->top_rule_y + 1 : 1;
    int end = layout->body.y + layout->body.lines;
    ht_canvas_column(canvas, x, top, end - top, HT_STYLE_BORDER, signs->vertical);
    if (layout->top_rule_y >= 0)
        ht_canvas_fill(canvas, x, layout->top_rule_y, 1, HT_STYLE_BORDER, signs->tee_down);
    if (layout->bottom_rule_y >= 0)
        ht_canvas_fill(canvas, x, layout->bottom_rule_y, 1, HT_STYLE_BORDER, signs->tee_up);
}

/* The order that is none of a column's, whose heading would say it; caller frees. */
static char *order(HtView *view, const HtLayout *layout, const HtWidgetLook *look)
{
    bool falls;
    const char *sort = ht_view_sort(view, &falls);
    if (!*sort || ht_view_sort_column(view, NULL) >= 0)
        return g_strdup("");
    return g_strdup_printf("%s%s %s  ", layout->columns >= 60 ? "by " : "", sort,
                           falls ? look->signs->descending : look->signs->ascending);
}

/* "12/200" or "34 %"; caller frees. */
static char *position(HtView *view, const HtLayout *layout, const HtWidgetLook *look)
{
    if (ht_view_kind(view) == HT_VIEW_TABLE) {
        int64_t rows, cursor = ht_view_position(view, &rows);
        if (rows == 0)
            return g_strdup("");
        g_autofree char *by = order(view, layout, look);
        return g_strdup_printf("%s%" G_GINT64_FORMAT "/%" G_GINT64_FORMAT "%s", by, cursor + 1,
                               rows, ht_view_rows_open(view) ? "+" : "");
    }
    const HtDoc *doc = ht_view_doc(view, ht_widget_text_width(layout->body.columns));
    int lines = doc ? ht_doc_lines(doc) : 0, page = layout->body.lines;
    if (lines <= page)
        return g_strdup("");
    int percent = (int)(ht_view_top(view) * 100 / (lines - page));
    return g_strdup_printf("%d %%", MIN(percent, 100));
}

void ht_widget_hints(HtCanvas *canvas, HtContext *context, const HtLayout *layout,
                     const HtWidgetLook *look)
{
    HtHint hints[HINTS];
    int n = ht_context_hints(context, hints, HINTS), x = 1;
    HtView *view = ht_context_view(context);
    g_autofree char *where = view ? position(view, layout, look) : g_strdup("");
    int room = layout->columns - ht_text_width(where) - 3;
    for (int i = 0; i < n; i++) {
        int needed = ht_text_width(hints[i].key) + 1 + ht_text_width(hints[i].word);
        if (x + needed > room)
            break;
        x += ht_canvas_text(canvas, x, layout->hint_y, room - x, HT_STYLE_KEY, hints[i].key) + 1;
        x += ht_canvas_text(canvas, x, layout->hint_y, room - x, HT_STYLE_MUTED, hints[i].word);
        x += layout->columns >= 60 ? 3 : 2;
    }
    ht_canvas_field(canvas, layout->columns - 1 - ht_text_width(where), layout->hint_y,
                    ht_text_width(where), HT_STYLE_BAR_STATUS, HT_ALIGN_RIGHT, where);
}

/* One that is longer than its line begins on the line of hints, and in a narrow window above: what
 * failed is of no use without why and what to do. All goes with the next key. */
static void paint_message(HtCanvas *canvas, const char *text, HtStyle role, int room,
                          const HtLayout *layout)
{
    int columns = layout->columns - 2;
    if (ht_text_width(text) <= room) {
        ht_canvas_text(canvas, 1, layout->message_y, room, role, text);
        return;
    }
    g_autoptr(GPtrArray) lines = ht_text_wrap(text, columns);
    const char *last = lines->pdata[lines->len - 1];
    int n = (int)lines->len + (ht_text_width(last) > room); /* keys that wait stand beside it */
    int first = MAX(layout->message_y - n + 1, layout->body.y + 1);
    HtRect above = {0, first, layout->columns, layout->message_y - first};
    ht_canvas_clear(canvas, &above);
    for (int i = 0; i < (int)lines->len && first + i <= layout->message_y; i++)
        ht_canvas_text(canvas, 1, first + i, first + i < layout->message_y ? columns : room, role,
                       lines->pdata[i]);
}

void ht_widget_message(HtCanvas *canvas, HtContext *context, const HtLayout *layout)
{
    HtStyle role = HT_STYLE_NORMAL;
    g_autofree char *pending = g_strdup(ht_keymap_pending(ht_context_keymap(context)));
    const char *text = ht_context_message(context, &role);
    int room = layout->columns - 2 - (*pending ? ht_text_width(pending) + 2 : 0);
    if (text && *text)
        paint_message(canvas, text, role, room, layout);
    else if ((text = ht_context_warning(context))) /* it stays: the hints do too */
        ht_canvas_text(canvas, 1, layout->message_y, room, HT_STYLE_WARNING, text);
    ht_canvas_text(canvas, layout->columns - 1 - ht_text_width(pending), layout->message_y,
                   ht_text_width(pending), HT_STYLE_KEY, pending);
}

void ht_widget_too_small(HtCanvas *canvas)
{
    static const char *const texts[] = {"Hiretty needs 40 columns and 10 lines.",
                                        "Enlarge the window", "Too small"};
    int columns = ht_canvas_columns(canvas), lines = ht_canvas_lines(canvas);
    const char *first = columns >= 38 ? texts[0] : texts[2];
    int y = lines > 2 ? lines / 2 - 1 : 0;
    ht_canvas_field(canvas, 0, y, columns, HT_STYLE_STRONG, HT_ALIGN_CENTER, first);
    if (lines > 2)
        ht_canvas_field(canvas, 0, y + 1, columns, HT_STYLE_MUTED, HT_ALIGN_CENTER, texts[1]);
    ht_canvas_set_cursor(canvas, 0, y);
}

/* A way to go on; keys that are numbers of one command are one ("1-9"). */
typedef struct {
    const char *first, *last;
    const HtCommand *command;
} Way;

static const char *word_of(const Way *way)
{
    return way->command->hint ? way->command->hint : way->command->summary;
}

static bool is_digit(const char *key)
{
    return g_ascii_isdigit(*key) && !key[1];
}

static GArray *ways_of(const GArray *choices)
{
    GArray *ways = g_array_new(FALSE, FALSE, sizeof(Way));
    for (guint i = 0; i < choices->len; i++) {
        const HtKeyChoice *choice = &g_array_index(choices, HtKeyChoice, i);
        Way *before = ways->len ? &g_array_index(ways, Way, ways->len - 1) : NULL;
        Way way = {choice->key, choice->key, choice->command};
        if (before && before->command == choice->command && is_digit(choice->key) &&
            is_digit(before->last) && *choice->key == *before->last + 1)
            before->last = choice->key;
        else
            g_array_append_val(ways, way);
    }
    return ways;
}

/* Columns of one way of a sheet, with the gap to the next. */
static int widest(const GArray *ways)
{
    int width = LEAST_WAY;
    for (guint i = 0; i < ways->len; i++)
        width = MAX(width, ht_text_width(word_of(&g_array_index(ways, Way, i))) + 5);
    return MIN(width, MOST_WAY);
}

/* Where the ways stand: as wide as their words, or where that is too much for the window as narrow
 * as it takes, up to the title and down to the line of hints. */
typedef struct {
    int n, across, down, width, y;
} Sheet;

static Sheet place_ways(const GArray *ways, const HtLayout *layout)
{
    int n = (int)ways->len, columns = layout->columns - 2;
    Sheet sheet = {.n = n, .width = MIN(widest(ways), columns)};
    sheet.across = MAX(columns / sheet.width, 1);
    sheet.down = MIN((n + sheet.across - 1) / sheet.across, MAX(layout->lines - 6, 1));
    sheet.y = layout->hint_y - sheet.down;
    if (sheet.across * sheet.down >= n)
        return sheet;
    int room = MAX(layout->hint_y - 1, 1);
    sheet.across = CLAMP((n + room - 1) / room, sheet.across, MAX(columns / LEAST_WAY, 1));
    sheet.width = columns / sheet.across;
    sheet.down = MIN((n + sheet.across - 1) / sheet.across, room);
    sheet.y = layout->hint_y + 1 - sheet.down;
    return sheet;
}

static void paint_way(HtCanvas *canvas, const Way *way, int x, int y, int width)
{
    g_autofree char *keys = way->first == way->last
                                ? g_strdup(way->first)
                                : g_strdup_printf("%s-%s", way->first, way->last);
    int used = MAX(ht_canvas_text(canvas, x, y, 7, HT_STYLE_KEY, keys) + 1, 3);
    ht_canvas_text(canvas, x + used, y, width - used - 1, HT_STYLE_NORMAL, word_of(way));
}

void ht_widget_keys(HtCanvas *canvas, HtContext *context, const HtLayout *layout,
                    const HtWidgetLook *look)
{
    HtKeymap *keymap = ht_context_keymap(context);
    HtView *view = ht_context_view(context);
    if (!view)
        return;
    g_autoptr(GArray) choices = ht_keymap_choices(keymap, ht_view_id(view));
    g_autoptr(GArray) ways = ways_of(choices);
    if (ways->len == 0)
        return;
    Sheet sheet = place_ways(ways, layout);
    HtRect rect = {0, sheet.y - 1, layout->columns, layout->hint_y - sheet.y + 2};
    ht_canvas_clear(canvas, &rect);
    ht_canvas_fill(canvas, 0, sheet.y - 1, layout->columns, HT_STYLE_BORDER,
                   look->signs->horizontal);
    int cells = sheet.across * sheet.down;
    for (int i = 0; i < MIN(sheet.n, cells); i++) {
        int x = 1 + i / sheet.down * sheet.width, y = sheet.y + i % sheet.down;
        if (i == cells - 1 && sheet.n > cells) /* bound by hand, more than any window holds */
            ht_canvas_text(canvas, x, y, sheet.width - 1, HT_STYLE_MUTED, "? shows more");
        else
            paint_way(canvas, &g_array_index(ways, Way, i), x, y, sheet.width);
    }
}
