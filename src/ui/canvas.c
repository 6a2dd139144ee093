/* Every write goes through put_cell, which keeps one invariant: a wide character always owns both
 * of its cells. Overwriting one half blanks the other, so a line can never become longer than the
 * screen and never shifts. */
#include "hiretty/ui/canvas.h"

#include <string.h>

struct HtCanvas {
    HtCanvasCell *cells;
    int columns, lines;
    int cursor_x, cursor_y;
};

enum { REPLACEMENT = 0xFFFD };

static HtCanvasCell *cell_at(HtCanvas *canvas, int x, int y)
{
    return &canvas->cells[(gsize)y * (gsize)canvas->columns + (gsize)x];
}

static void set_blank(HtCanvasCell *cell, HtStyle role)
{
    *cell = (HtCanvasCell){.text = {' '}, .n_text = 1, .width = 1, .role = (guint8)role};
}

/* What is left of a wide character whose other half is about to be written over. */
static void heal_around(HtCanvas *canvas, int x, int y, int width)
{
    HtCanvasCell *first = cell_at(canvas, x, y);
    if (first->width == 0 && x > 0)
        set_blank(cell_at(canvas, x - 1, y), cell_at(canvas, x - 1, y)->role);
    int last = x + width - 1;
    if (last + 1 < canvas->columns && cell_at(canvas, last + 1, y)->width == 0)
        set_blank(cell_at(canvas, last + 1, y), cell_at(canvas, last + 1, y)->role);
}

static void put_cell(HtCanvas *canvas, int x, int y, gunichar c, int width, HtStyle role)
{
    heal_around(canvas, x, y, width);
    HtCanvasCell *cell = cell_at(canvas, x, y);
    *cell = (HtCanvasCell){.text = {c}, .n_text = 1, .width = (guint8)width, .role = (guint8)role};
    if (width == 2)
        *cell_at(canvas, x + 1, y) = (HtCanvasCell){.role = (guint8)role};
}

static void add_mark(HtCanvasCell *cell, gunichar c)
{
    if (cell->width > 0 && cell->n_text < HT_CELL_CHARS)
        cell->text[cell->n_text++] = c;
}

/* Cuts a run to the canvas; false if nothing of it is inside. */
static bool clip(const HtCanvas *canvas, int *x, int y, int *columns)
{
    if (y < 0 || y >= canvas->lines || *columns <= 0)
        return false;
    if (*x < 0) {
        *columns += *x;
        *x = 0;
    }
    if (*columns > canvas->columns - *x)
        *columns = canvas->columns - *x;
    return *columns > 0;
}

/* Next code point. Text here is clean already; what is not becomes U+FFFD and shifts nothing. */
static const char *next_char(const char *p, gunichar *c, int *width)
{
    if ((guchar)*p >= 0x20 && (guchar)*p < 0x7f) {
        *c = (guchar)*p;
        *width = 1;
        return p + 1;
    }
    gunichar value = g_utf8_get_char_validated(p, -1);
    bool valid = value != (gunichar)-1 && value != (gunichar)-2;
    *c = valid ? value : REPLACEMENT;
    *width = ht_text_char_width(*c);
    if (*width < 0) {
        *c = ht_text_is_ascii() ? '?' : REPLACEMENT;
        *width = 1;
    }
    return valid ? g_utf8_next_char(p) : p + 1;
}

static int put_text(HtCanvas *canvas, int x, int y, int columns, HtStyle role, const char *text)
{
    int used = 0, cell = -1;
    while (*text) {
        gunichar c;
        int width;
        text = next_char(text, &c, &width);
        if (width == 0) {
            if (cell >= 0)
                add_mark(cell_at(canvas, cell, y), c);
            continue;
        }
        if (used + width > columns)
            break;
        cell = x + used;
        put_cell(canvas, cell, y, c, width, role);
        used += width;
    }
    return used;
}

/* The same without drawing. */
static int measure(const char *text)
{
    int used = 0;
    while (*text) {
        gunichar c;
        int width;
        text = next_char(text, &c, &width);
        used += width;
    }
    return used;
}

int ht_canvas_text(HtCanvas *canvas, int x, int y, int columns, HtStyle role, const char *text)
{
    if (!clip(canvas, &x, y, &columns))
        return 0;
    /* Words of our own have letters that such a terminal cannot show either ("Résumé"). */
    bool is_told = ht_text_is_ascii() && !g_str_is_ascii(text);
    g_autofree char *ascii = is_told ? ht_text_sanitize(text, -1, HT_TEXT_LINE, NULL) : NULL;
    if (ascii)
        text = ascii;
    if (measure(text) <= columns)
        return put_text(canvas, x, y, columns, role, text);
    int used = put_text(canvas, x, y, columns - 1, role, text);
    /* A wide character that did not fit leaves one column: the sign comes right after the text. */
    put_cell(canvas, x + used, y, ht_text_is_ascii() ? '~' : 0x2026, 1, role);
    return used + 1;
}

void ht_canvas_fill(HtCanvas *canvas, int x, int y, int columns, HtStyle role, gunichar c)
{
    if (!clip(canvas, &x, y, &columns))
        return;
    for (int i = 0; i < columns; i++)
        put_cell(canvas, x + i, y, c, 1, role);
}

void ht_canvas_column(HtCanvas *canvas, int x, int y, int lines, HtStyle role, gunichar c)
{
    for (int i = 0; i < lines; i++)
        ht_canvas_fill(canvas, x, y + i, 1, role, c);
}

void ht_canvas_field(HtCanvas *canvas, int x, int y, int columns, HtStyle role, HtAlign align,
                     const char *text)
{
    if (x < 0 || !clip(canvas, &x, y, &columns))
        return;
    int width = MIN(measure(text), columns);
    int before = align == HT_ALIGN_RIGHT    ? columns - width
                 : align == HT_ALIGN_CENTER ? (columns - width) / 2
                                            : 0;
    ht_canvas_fill(canvas, x, y, before, role, ' ');
    int used = before + ht_canvas_text(canvas, x + before, y, columns - before, role, text);
    ht_canvas_fill(canvas, x + used, y, columns - used, role, ' ');
}

void ht_canvas_paint(HtCanvas *canvas, int x, int y, int columns, HtStyle role)
{
    if (!clip(canvas, &x, y, &columns))
        return;
    for (int i = 0; i < columns; i++)
        cell_at(canvas, x + i, y)->role = (guint8)role;
}

void ht_canvas_clear(HtCanvas *canvas, const HtRect *rect)
{
    HtRect all = {0, 0, canvas->columns, canvas->lines};
    const HtRect *r = rect ? rect : &all;
    for (int i = 0; i < r->lines; i++)
        ht_canvas_fill(canvas, r->x, r->y + i, r->columns, HT_STYLE_NORMAL, ' ');
}

void ht_canvas_resize(HtCanvas *canvas, int columns, int lines)
{
    canvas->columns = CLAMP(columns, 1, 1000);
    canvas->lines = CLAMP(lines, 1, 1000);
    g_free(canvas->cells);
    canvas->cells = g_new(HtCanvasCell, (gsize)canvas->columns * (gsize)canvas->lines);
    for (int i = 0; i < canvas->columns * canvas->lines; i++)
        set_blank(&canvas->cells[i], HT_STYLE_NORMAL);
    canvas->cursor_x = canvas->cursor_y = 0;
}

HtCanvas *ht_canvas_new(int columns, int lines)
{
    HtCanvas *canvas = g_new0(HtCanvas, 1);
    ht_canvas_resize(canvas, columns, lines);
    return canvas;
}

void ht_canvas_free(HtCanvas *canvas)
{
    if (!canvas)
        return;
    g_free(canvas->cells);
    g_free(canvas);
}

int ht_canvas_columns(const HtCanvas *canvas)
{
    return canvas->columns;
}

int ht_canvas_lines(const HtCanvas *canvas)
{
    return canvas->lines;
}

void ht_canvas_set_cursor(HtCanvas *canvas, int x, int y)
{
    canvas->cursor_x = CLAMP(x, 0, canvas->columns - 1);
    canvas->cursor_y = CLAMP(y, 0, canvas->lines - 1);
}

void ht_canvas_cursor(const HtCanvas *canvas, int *x, int *y)
{
    *x = canvas->cursor_x;
    *y = canvas->cursor_y;
}

const HtCanvasCell *ht_canvas_line(const HtCanvas *canvas, int y)
{
    g_return_val_if_fail(y >= 0 && y < canvas->lines, NULL);
    return &canvas->cells[(gsize)y * (gsize)canvas->columns];
}

void ht_canvas_copy_line(HtCanvas *to, const HtCanvas *from, int y)
{
    g_return_if_fail(to->columns == from->columns && y >= 0 && y < to->lines && y < from->lines);
    memcpy(cell_at(to, 0, y), ht_canvas_line(from, y), (gsize)to->columns * sizeof *to->cells);
}

char *ht_canvas_line_text(const HtCanvas *canvas, int y)
{
    const HtCanvasCell *line = ht_canvas_line(canvas, y);
    GString *text = g_string_new(NULL);
    gsize end = 0;
    for (int x = 0; x < canvas->columns; x++) {
        for (int i = 0; i < line[x].n_text; i++)
            g_string_append_unichar(text, line[x].text[i]);
        if (line[x].n_text > 0 && line[x].text[0] != ' ')
            end = text->len;
    }
    g_string_truncate(text, end);
    return g_string_free(text, FALSE);
}

const HtSigns *ht_signs(bool plain)
{
    static const HtSigns boxes = {0x2500,
                                  0x2502,
                                  0x252C,
                                  0x2534,
                                  0x251C,
                                  0x2524,
                                  0x253C,
                                  0x2022,
                                  "\xE2\x96\xB8",
                                  "*",
                                  "\xE2\x86\x91",
                                  "!",
                                  "-",
                                  "\xC2\xB7",
                                  "\xE2\x96\xB4",
                                  "\xE2\x96\xBE",
                                  "\xE2\x80\xA6",
                                  " \xC2\xB7 ",
                                  "\xE2\x80\xBA "};
    static const HtSigns ascii = {'-', '|', '+', '+', '+', '+', '+', '*',   ">", "*",
                                  "^", "!", "-", ".", "^", "v", "~", " - ", "> "};
    return plain ? &ascii : &boxes;
}
