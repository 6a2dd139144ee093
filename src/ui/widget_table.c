/* A list. The selected row is one run of one role over its whole width (colour inside it would cost
 * bytes at every step and calm); all other rows have a role a cell. Left of the first column stand
 * two signs, so that a screen without any attribute still tells the cursor, marks and states. */
#include "widgets.h"

enum { GUTTER = 3, MAX_COLUMNS = 32, GAP = 2, LEAST_SQUEEZED = 10 };

typedef struct {
    int index; /* in the view's columns */
    int x, width;
} Slot;

typedef struct {
    Slot slots[MAX_COLUMNS];
    int n, gap;
} Grid;

/* Which columns are shown: returns the columns left over, -1 when one had to be squeezed or left
 * out. The one that the list is sorted by keeps its place whatever the width, before others. */
static int choose(Grid *grid, const HtColumn *columns, int n_columns, int sorted, int width,
                  int gap)
{
    int kept = sorted >= 0 ? columns[sorted].min_width + gap : 0;
    int used = GUTTER + 1;
    bool tight = false;
    grid->n = 0;
    for (int i = 0; i < n_columns && grid->n < MAX_COLUMNS; i++) {
        if (i != sorted && width < columns[i].hide_below)
            continue;
        int before = grid->n > 0 ? gap : 0, needed = columns[i].min_width + before;
        int room = width - used - (i < sorted ? kept : 0);
        if (grid->n > 0 && needed > room) {
            /* What can grow can also be squeezed: a cut text says more than none. */
            tight = true;
            if (columns[i].weight == 0 || room - before < LEAST_SQUEEZED)
                continue;
            needed = room;
        }
        grid->slots[grid->n++] = (Slot){i, 0, needed - before};
        used += needed;
    }
    return tight ? -1 : MAX(width - used, 0);
}

/* Which columns are shown, and how wide. Where texts would be cut, they stand closer together. */
static void lay_out(Grid *grid, HtView *view, int width)
{
    int n_columns, sorted = ht_view_sort_column(view, NULL);
    const HtColumn *columns = ht_view_columns(view, &n_columns);
    int gap = GAP, weights = 0, x = GUTTER;
    int left = choose(grid, columns, n_columns, sorted, width, gap);
    if (left < width / 10) {
        gap = 1;
        left = MAX(choose(grid, columns, n_columns, sorted, width, gap), 0);
    }
    grid->gap = gap;
    for (int k = 0; k < grid->n; k++)
        weights += columns[grid->slots[k].index].weight;
    for (int k = 0; k < grid->n; k++) {
        Slot *slot = &grid->slots[k];
        int weight = columns[slot->index].weight;
        int share = weights > 0 ? left * weight / weights : 0;
        left -= share;
        weights -= weight;
        slot->width = MIN(slot->width + share, MAX(width - x, 1));
        slot->x = x;
        x += slot->width + gap;
    }
}

static void paint_headings(HtCanvas *canvas, HtView *view, const Grid *grid, const HtLayout *layout,
                           const HtWidgetLook *look)
{
    int n_columns;
    bool descending;
    const HtColumn *columns = ht_view_columns(view, &n_columns);
    int sorted = ht_view_sort_column(view, &descending);
    for (int k = 0; k < grid->n && layout->head_y >= 0; k++) {
        const Slot *slot = &grid->slots[k];
        const HtColumn *column = &columns[slot->index];
        bool is_sorted = slot->index == sorted;
        g_autofree char *text = is_sorted ? g_strdup_printf("%s %s", column->heading,
                                                            descending ? look->signs->descending
                                                                       : look->signs->ascending)
                                          : g_strdup(column->heading);
        /* A right-aligned heading with its arrow may reach into the gap at its left. */
        int room = slot->width, x = slot->x;
        if (column->align == HT_ALIGN_RIGHT && ht_text_width(text) > room && k > 0) {
            int more = MIN(ht_text_width(text) - room, grid->gap - 1);
            x -= more;
            room += more;
        }
        ht_canvas_field(canvas, layout->body.x + x, layout->head_y, room,
                        is_sorted ? HT_STYLE_HEADING : HT_STYLE_LABEL, column->align, text);
    }
}

/* `first`: role of the first column; the most frequent sign shares it, which saves a change of
 * colour. */
static void paint_signs(HtCanvas *canvas, int x, int y, unsigned state, HtStyle first,
                        bool selected, const HtWidgetLook *look)
{
    const HtSigns *signs = look->signs;
    HtStyle bar = selected && !look->low_bandwidth ? HT_STYLE_ROW_SELECTED : HT_STYLE_NORMAL;
    bool plain = bar == HT_STYLE_NORMAL;
    if (selected)
        ht_canvas_text(canvas, x, y, 1, plain ? HT_STYLE_STRONG : bar, signs->cursor);
    const char *sign = state & HT_ROW_MARKED     ? signs->mark
                       : state & HT_ROW_CONFLICT ? signs->conflict
                       : state & HT_ROW_GONE     ? signs->gone
                       : state & HT_ROW_PENDING  ? signs->pending
                       : state & HT_ROW_UNREAD   ? signs->unread
                                                 : " ";
    HtStyle role = state & HT_ROW_MARKED     ? HT_STYLE_ROW_MARKED
                   : state & HT_ROW_CONFLICT ? HT_STYLE_STATE_CONFLICT
                   : state & HT_ROW_GONE     ? HT_STYLE_ROW_GONE
                   : state & HT_ROW_PENDING  ? HT_STYLE_STATE_PENDING
                                             : first;
    ht_canvas_text(canvas, x + 1, y, 1, plain ? role : bar, sign);
    if (plain && role == first)
        ht_canvas_paint(canvas, x + 2, y, GUTTER - 2, first);
}

static HtStyle role_of(HtStyle role, unsigned state, bool selected, const HtWidgetLook *look)
{
    bool plain = role == HT_STYLE_NORMAL || role == HT_STYLE_ROW_NORMAL || role == HT_STYLE_STRONG;
    if (selected && !look->low_bandwidth)
        return HT_STYLE_ROW_SELECTED;
    if (state & HT_ROW_GONE)
        return HT_STYLE_ROW_GONE;
    if (state & HT_ROW_MARKED && plain)
        return HT_STYLE_ROW_MARKED;
    return role;
}

/* A heading between rows: what its cells say, one after the other. */
static void paint_section(HtCanvas *canvas, HtView *view, int64_t row, const HtRect *rect, int y)
{
    int n_columns, x = 1;
    ht_view_columns(view, &n_columns);
    for (int i = 0; i < n_columns && x < rect->columns - 1; i++) {
        HtCell cell = ht_view_cell(view, row, i);
        if (*cell.text)
            x += ht_canvas_text(canvas, rect->x + x, y, rect->columns - x - 1,
                                x == 1 ? HT_STYLE_ROW_SECTION : HT_STYLE_MUTED, cell.text) +
                 2;
    }
}

static void paint_row(HtCanvas *canvas, HtView *view, int64_t row, int y, const Grid *grid,
                      const HtRect *rect, const HtWidgetLook *look)
{
    int n_columns, end = 0;
    HtStyle last = HT_STYLE_NORMAL;
    const HtColumn *columns = ht_view_columns(view, &n_columns);
    unsigned state = ht_view_row_state(view, row);
    bool selected = row == ht_view_cursor(view);
    if (state & HT_ROW_SECTION) {
        paint_section(canvas, view, row, rect, y);
        return;
    }
    if (selected && !look->low_bandwidth)
        ht_canvas_fill(canvas, rect->x, y, rect->columns, HT_STYLE_ROW_SELECTED, ' ');
    for (int k = 0; k < grid->n; k++) {
        const Slot *slot = &grid->slots[k];
        HtCell cell = ht_view_cell(view, row, slot->index);
        HtStyle role = role_of(cell.role, state, selected, look);
        int width = MIN(ht_text_width(cell.text), slot->width);
        int before = columns[slot->index].align == HT_ALIGN_RIGHT    ? slot->width - width
                     : columns[slot->index].align == HT_ALIGN_CENTER ? (slot->width - width) / 2
                                                                     : 0;
        /* Only the text carries the role, unless its neighbour looks the same: each change of
         * colour costs bytes. */
        int x = rect->x + slot->x + before;
        if (k == 0)
            paint_signs(canvas, rect->x, y, state, role, selected, look);
        else if (role == last)
            ht_canvas_paint(canvas, end, y, x - end, role);
        end = x + ht_canvas_text(canvas, x, y, slot->width - before, role, cell.text);
        last = role;
    }
}

static void paint_empty(HtCanvas *canvas, HtView *view, const HtRect *rect,
                        const HtWidgetLook *look)
{
    const char *limit = ht_view_limit(view);
    const char *text = ht_view_is_loading(view) ? "Loading\xE2\x80\xA6"
                       : limit && *limit        ? "Nothing matches this limit. Esc takes it away."
                                                : look->nothing;
    g_autofree char *clean = ht_text_sanitize(text, -1, HT_TEXT_LINE, NULL);
    g_autoptr(GPtrArray) lines = ht_text_wrap(clean, MAX(rect->columns - 2, 2));
    for (int i = 0; i < MIN((int)lines->len, rect->lines - rect->lines / 3); i++)
        ht_canvas_field(canvas, rect->x, rect->y + rect->lines / 3 + i, rect->columns,
                        HT_STYLE_MUTED, HT_ALIGN_CENTER, lines->pdata[i]);
    ht_canvas_set_cursor(canvas, rect->x, rect->y);
}

void ht_widget_table(HtCanvas *canvas, HtView *view, const HtLayout *layout,
                     const HtWidgetLook *look)
{
    const HtRect *rect = &layout->body;
    Grid grid;
    lay_out(&grid, view, rect->columns);
    paint_headings(canvas, view, &grid, layout, look);
    int64_t rows = ht_view_rows(view);
    if (rows == 0) {
        paint_empty(canvas, view, rect, look);
        return;
    }
    int64_t top = ht_view_top(view), cursor = ht_view_cursor(view);
    ht_view_fetch(view, top, rect->lines);
    for (int i = 0; i < rect->lines && top + i < rows; i++)
        paint_row(canvas, view, top + i, rect->y + i, &grid, rect, look);
    if (cursor >= top)
        ht_canvas_set_cursor(canvas, rect->x, rect->y + (int)MIN(cursor - top, rect->lines - 1));
}
