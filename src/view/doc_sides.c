/* Texts beside each other, to be compared. */
#include "view_impl.h"

enum { GAP = 2, NARROW = 60, MOST_SIDES = 4 };

static void below_each_other(HtDoc *doc, const HtSide *sides, int n, int width)
{
    for (int i = 0; i < n; i++) {
        ht_doc_heading(doc, sides[i].heading);
        ht_doc_newline(doc);
        ht_doc_wrap(doc, sides[i].role, 0, width, *sides[i].text ? sides[i].text : ht_sign_dash());
    }
}

static void pad_to(HtDoc *doc, int column)
{
    if (column > 0)
        ht_doc_pad(doc, column);
}

void ht_doc_sides(HtDoc *doc, const HtSide *sides, int n, int width)
{
    GPtrArray *lines[MOST_SIDES];
    n = MIN(n, MOST_SIDES);
    if (width < NARROW || n < 2) {
        below_each_other(doc, sides, n, width);
        return;
    }
    int column = (width - GAP * (n - 1)) / n;
    guint most = 0;
    if (ht_doc_lines(doc) > 0)
        ht_doc_newline(doc);
    ht_doc_newline(doc);
    for (int i = 0; i < n; i++) {
        g_autofree char *heading = ht_text_cut(sides[i].heading, column, true);
        pad_to(doc, i * (column + GAP));
        ht_doc_add(doc, HT_STYLE_HEADING, heading);
        lines[i] = ht_text_wrap(*sides[i].text ? sides[i].text : ht_sign_dash(), column);
        most = MAX(most, lines[i]->len);
    }
    for (guint y = 0; y < most; y++) {
        ht_doc_newline(doc);
        for (int i = 0; i < n; i++) {
            if (y >= lines[i]->len)
                continue;
            pad_to(doc, i * (column + GAP));
            ht_doc_add(doc, sides[i].role, lines[i]->pdata[y]);
        }
    }
    for (int i = 0; i < n; i++)
        g_ptr_array_unref(lines[i]);
}
