/* A screen as data: a grid of cells, each a character, its columns and a role. Widgets write here
 * and nowhere else; the terminal copies it out. No curses. Positions are columns and lines from 0;
 * what does not fit is cut, so no widget can write outside. Main thread. */
#pragma once

#include "hiretty/base/text.h"
#include "hiretty/view/style.h"

#include <glib.h>
#include <stdbool.h>

enum { HT_CELL_CHARS = 5 }; /* a base and the four marks that the sanitiser leaves */

typedef struct HtCanvasCell {
    gunichar text[HT_CELL_CHARS]; /* text[0] 0: the right half of the wide character before it */
    guint8 n_text;
    guint8 width; /* 1, 2; 0 for a right half */
    guint8 role;  /* HtStyle */
} HtCanvasCell;

typedef struct HtCanvas HtCanvas;

/* A rectangle. */
typedef struct HtRect {
    int x, y, columns, lines;
} HtRect;

HtCanvas *ht_canvas_new(int columns, int lines);
void ht_canvas_free(HtCanvas *canvas);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HtCanvas, ht_canvas_free)

int ht_canvas_columns(const HtCanvas *canvas);
int ht_canvas_lines(const HtCanvas *canvas);
/* Changes the size (each at least 1) and clears everything. */
void ht_canvas_resize(HtCanvas *canvas, int columns, int lines);
void ht_canvas_clear(HtCanvas *canvas, const HtRect *rect); /* NULL: all of it */

/* Writes at most `columns` columns of a text; a cut ends in "…". Returns the columns written. */
int ht_canvas_text(HtCanvas *canvas, int x, int y, int columns, HtStyle role, const char *text);
/* The same, filled with blanks of the role to exactly `columns`. */
void ht_canvas_field(HtCanvas *canvas, int x, int y, int columns, HtStyle role, HtAlign align,
                     const char *text);
/* `columns` times the one-column character `c`. */
void ht_canvas_fill(HtCanvas *canvas, int x, int y, int columns, HtStyle role, gunichar c);
void ht_canvas_column(HtCanvas *canvas, int x, int y, int lines, HtStyle role, gunichar c);
/* Gives cells another role, their text stays. */
void ht_canvas_paint(HtCanvas *canvas, int x, int y, int columns, HtStyle role);

/* Where the terminal's cursor stands: on the current row, or in the input. */
void ht_canvas_set_cursor(HtCanvas *canvas, int x, int y);
void ht_canvas_cursor(const HtCanvas *canvas, int *x, int *y);

/* Reading: cells of a line (borrowed). */
const HtCanvasCell *ht_canvas_line(const HtCanvas *canvas, int y);
/* Copies a line of a canvas of the same size. */
void ht_canvas_copy_line(HtCanvas *to, const HtCanvas *from, int y);
/* Text of a line without the blanks at its end. Caller frees. */
char *ht_canvas_line_text(const HtCanvas *canvas, int y);

/* Signs for drawing: box characters where the terminal has them, ASCII else. */
typedef struct HtSigns {
    gunichar horizontal, vertical, tee_down, tee_up, tee_right, tee_left, cross;
    gunichar hidden;      /* one for each character of a password */
    const char *cursor;   /* beside the row under the cursor; one column each */
    const char *mark;     /* marked */
    const char *pending;  /* has not left yet */
    const char *conflict; /* the server said something else */
    const char *gone;
    const char *unread;
    const char *ascending, *descending;
    const char *more; /* there is more in this direction */
    const char *separator;
    const char *prompt;
} HtSigns;

/* `plain`: ASCII only, for terminals without UTF-8 and for readers of screens. */
const HtSigns *ht_signs(bool plain);
