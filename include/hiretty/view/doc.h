/* A document: lines of spans, each span a text and a role. Views fill it, a screen paints it.
 * A document owns its text. All text in it has passed ht_text_sanitize. One thread at a time. */
#pragma once

#include "hiretty/view/style.h"

#include <glib.h>

typedef struct HtDoc HtDoc;

/* One piece of a line. `text` is never NULL and holds no line break. */
typedef struct HtSpan {
    const char *text;
    HtStyle role;
} HtSpan;

HtDoc *ht_doc_new(void);
void ht_doc_free(HtDoc *doc);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HtDoc, ht_doc_free)

/* Reading. */
int ht_doc_lines(const HtDoc *doc);
/* Spans of a line (borrowed); n_spans is 0 for an empty line. */
const HtSpan *ht_doc_line(const HtDoc *doc, int line, int *n_spans);
/* The plain text of a line (new string). */
char *ht_doc_line_text(const HtDoc *doc, int line);
/* The whole document as plain text, a line break after each line (new string). */
char *ht_doc_dup_text(const HtDoc *doc);

/* Writing. Texts come from inside the program or were sanitised before. */
/* Starts a new line. */
void ht_doc_newline(HtDoc *doc);
/* Adds a span to the current line (starts the first one when there is none). */
void ht_doc_add(HtDoc *doc, HtStyle role, const char *text);
void ht_doc_addf(HtDoc *doc, HtStyle role, const char *format, ...) G_GNUC_PRINTF(3, 4);
/* Adds spaces until the current line is `column` cells wide. */
void ht_doc_pad(HtDoc *doc, int column);
/* Columns of the current line. */
int ht_doc_column(const HtDoc *doc);
/* Adds a paragraph from the current column on, wrapped at `width` columns, following lines indented
 * by `indent` columns. Line breaks in the text are kept. Ends on its last line. */
void ht_doc_wrap(HtDoc *doc, HtStyle role, int indent, int width, const char *text);
/* Adds a new heading line, with an empty one before it unless it is the first. */
void ht_doc_heading(HtDoc *doc, const char *text);
/* Marks every occurrence of `needle` (case and accents folded) as HT_STYLE_SEARCH_HIT; returns the
 * number of hits. `lines` (may be NULL) receives the numbers of the lines that hold one. */
int ht_doc_mark_hits(HtDoc *doc, const char *needle, GArray *lines);
