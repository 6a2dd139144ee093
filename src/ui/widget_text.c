/* Documents: lines of spans. Long lines were wrapped by the view at the width given to it; what is
 * longer still is cut. */
#include "widgets.h"

enum {
    MARGIN = 2,
    MOST_COLUMNS = 112, /* a longer line is hard to read */
};

static void paint_line(HtCanvas *canvas, const HtDoc *doc, int line, const HtRect *rect, int y)
{
    int n_spans, x = 0;
    const HtSpan *spans = ht_doc_line(doc, line, &n_spans);
    for (int i = 0; i < n_spans && x < rect->columns; i++)
        x +=
            ht_canvas_text(canvas, rect->x + x, y, rect->columns - x, spans[i].role, spans[i].text);
}

int ht_widget_doc(HtCanvas *canvas, const HtDoc *doc, const HtRect *rect, int top)
{
    int lines = ht_doc_lines(doc);
    top = CLAMP(top, 0, MAX(lines - rect->lines, 0));
    for (int i = 0; i < rect->lines && top + i < lines; i++)
        paint_line(canvas, doc, top + i, rect, rect->y + i);
    return top;
}

int ht_widget_text_width(int columns)
{
    int margin = columns > 60 ? MARGIN : 1;
    return MIN(columns - 2 * margin, MOST_COLUMNS);
}

void ht_widget_text(HtCanvas *canvas, HtView *view, const HtLayout *layout)
{
    HtRect rect = layout->body;
    int width = ht_widget_text_width(rect.columns);
    rect.x += rect.columns > 60 ? MARGIN : 1;
    rect.columns = width;
    const HtDoc *doc = ht_view_doc(view, width);
    if (!doc)
        return;
    int64_t top = ht_view_top(view);
    int shown = ht_widget_doc(canvas, doc, &rect, (int)CLAMP(top, 0, G_MAXINT));
    if (shown != top)
        ht_view_set_top(view, shown);
    ht_canvas_set_cursor(canvas, rect.x, rect.y);
}

/* Columns that tabs first … last take. */
static int tabs_width(const char *const *names, int first, int last, int gap)
{
    int width = 0;
    for (int i = first; i <= last; i++)
        width += ht_text_width(names[i]) + 2 + (i > first ? gap : 0);
    return width;
}

void ht_widget_tabs(HtCanvas *canvas, HtView *view, int y, const HtWidgetLook *look)
{
    const char *const *names;
    int active, n = ht_view_tabs(view, &names, &active), x = 1, first = 0;
    int columns = ht_canvas_columns(canvas), room = columns - 2;
    int gap = tabs_width(names, 0, n - 1, 1) <= room ? 1 : 0;
    /* Too many: the first ones go, until the active one and its neighbour are in sight. */
    while (first < active && tabs_width(names, first, MIN(active + 1, n - 1), gap) > room - 2)
        first++;
    if (first > 0)
        ht_canvas_text(canvas, 0, y, 1, HT_STYLE_MUTED, look->signs->more);
    for (int i = first; i < n; i++) {
        g_autofree char *text = g_strdup_printf(i == active ? "[%s]" : " %s ", names[i]);
        int width = ht_text_width(text);
        if (x + width > columns) {
            ht_canvas_text(canvas, columns - 1, y, 1, HT_STYLE_MUTED, look->signs->more);
            break;
        }
        ht_canvas_text(canvas, x, y, width, i == active ? HT_STYLE_TAB_ACTIVE : HT_STYLE_TAB, text);
        x += width + gap;
    }
}
