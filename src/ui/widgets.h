/* Widgets: each paints one thing of a view or a prompt into a rectangle of the canvas. They keep no
 * state but what is passed in, and change nothing but the view's page. Main thread. */
#pragma once

#include "hiretty/command/context.h"
#include "hiretty/command/prompt.h"
#include "hiretty/ui/canvas.h"
#include "hiretty/view/view.h"

/* How things are drawn on this terminal. */
typedef struct HtWidgetLook {
    const HtSigns *signs;
    bool low_bandwidth;  /* a sign instead of the bar over the whole row */
    const char *nothing; /* what a list says that has no rows and no limit; borrowed */
} HtWidgetLook;

/* ---- layout ---- */
typedef struct HtLayout {
    bool too_small;
    bool rules; /* lines between the parts */
    int columns, lines;
    int head_y;     /* column headings or tabs; -1 none */
    HtRect body;    /* list or text */
    HtRect preview; /* columns 0: none */
    bool preview_right;
    int top_rule_y, middle_rule_y, bottom_rule_y; /* -1 none */
    int hint_y, message_y;
} HtLayout;

typedef struct HtLayoutWish {
    bool head; /* headings or tabs */
    bool gap;  /* a free line after them where there is room */
    bool preview;
    bool below; /* never at the right */
} HtLayoutWish;

void ht_layout_compute(HtLayout *layout, int columns, int lines, const HtLayoutWish *wish);

/* ---- table ---- */
/* Paints headings and rows; puts the cursor on the current row. */
void ht_widget_table(HtCanvas *canvas, HtView *view, const HtLayout *layout,
                     const HtWidgetLook *look);

/* ---- text ---- */
/* Paints lines of a document from `top`; returns the first line shown (top cut to what there is).
 */
int ht_widget_doc(HtCanvas *canvas, const HtDoc *doc, const HtRect *rect, int top);
/* A text view: its document and scroll position; puts the cursor at its first line. */
void ht_widget_text(HtCanvas *canvas, HtView *view, const HtLayout *layout);
/* Names of the tabs of a view. */
void ht_widget_tabs(HtCanvas *canvas, HtView *view, int y, const HtWidgetLook *look);
/* Columns that the document of a text view gets in a body of `columns`. */
int ht_widget_text_width(int columns);

/* ---- frame ---- */
void ht_widget_title(HtCanvas *canvas, HtContext *context, const HtWidgetLook *look);
void ht_widget_rules(HtCanvas *canvas, const HtLayout *layout, const HtWidgetLook *look);
void ht_widget_hints(HtCanvas *canvas, HtContext *context, const HtLayout *layout,
                     const HtWidgetLook *look);
void ht_widget_message(HtCanvas *canvas, HtContext *context, const HtLayout *layout);
void ht_widget_too_small(HtCanvas *canvas);
/* The ways to go on after a prefix key ("g"). */
void ht_widget_keys(HtCanvas *canvas, HtContext *context, const HtLayout *layout,
                    const HtWidgetLook *look);

/* ---- prompt ---- */
typedef struct HtLineEdit {
    int cursor; /* byte of the text it stands before */
    int scroll; /* columns that are out of sight at the left */
} HtLineEdit;

void ht_widget_prompt(HtCanvas *canvas, const HtPrompt *prompt, HtLineEdit *edit,
                      const HtLayout *layout, const HtWidgetLook *look);
