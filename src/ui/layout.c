/* Where things stand. From top to bottom: title, headings, body, hints, message; with 30 lines
 * there is room for rules between them. */
#include "widgets.h"

enum {
    LEAST_COLUMNS = 40,
    LEAST_LINES = 10,
    RULE_LINES = 30,      /* from here on rules are worth their lines */
    SIDE_COLUMNS = 120,   /* from here on the preview stands at the right (R16) */
    PREVIEW_COLUMNS = 80, /* and lines: below there is none */
    PREVIEW_LINES = 20,
    LEAST_PREVIEW = 44,
    MOST_PREVIEW = 84,
};

static void place_preview(HtLayout *layout, const HtLayoutWish *wish)
{
    HtRect *body = &layout->body;
    if (!wish->preview || layout->columns < PREVIEW_COLUMNS || layout->lines < PREVIEW_LINES)
        return;
    if (layout->columns >= SIDE_COLUMNS && !wish->below) {
        int columns = CLAMP(layout->columns * 35 / 100, LEAST_PREVIEW, MOST_PREVIEW);
        /* The headings' line belongs to both sides: the preview starts beside it. */
        int y = layout->head_y >= 0 ? layout->head_y : body->y;
        layout->preview_right = true;
        layout->preview =
            (HtRect){layout->columns - columns + 1, y, columns - 2, body->y + body->lines - y};
        body->columns = layout->columns - columns - 1;
        return;
    }
    int lines = MAX(body->lines * 9 / 20, 5);
    layout->middle_rule_y = body->y + body->lines - lines - 1;
    layout->preview = (HtRect){2, layout->middle_rule_y + 1, layout->columns - 4, lines};
    body->lines -= lines + 1;
}

void ht_layout_compute(HtLayout *layout, int columns, int lines, const HtLayoutWish *wish)
{
    *layout = (HtLayout){.columns = columns,
                         .lines = lines,
                         .head_y = -1,
                         .top_rule_y = -1,
                         .middle_rule_y = -1,
                         .bottom_rule_y = -1,
                         .hint_y = lines - 2,
                         .message_y = lines - 1};
    layout->too_small = columns < LEAST_COLUMNS || lines < LEAST_LINES;
    layout->rules = lines >= RULE_LINES;
    int y = 1;
    if (layout->rules)
        layout->top_rule_y = y++;
    if (wish->head)
        layout->head_y = y++;
    if (wish->gap && layout->rules)
        y++;
    int end = lines - 2;
    if (layout->rules)
        layout->bottom_rule_y = --end;
    layout->body = (HtRect){0, y, columns, MAX(end - y, 1)};
    if (!layout->too_small)
        place_preview(layout, wish);
}
