/* Text for people: cleaning, width, cutting, padding, folding, wrapping. The only place that knows
 * Unicode. Width is columns of a terminal as ncurses counts them (the C library's wcwidth).
 *
 * Every text that was not written in this repository passes ht_text_sanitize before it reaches a
 * screen, standard output, standard error or a log. The other functions take text that has passed
 * it (they are safe with any bytes, but only then are their widths true). Any thread, after
 * ht_text_init_locale. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

/* Call once, before any thread: setlocale, and whether the terminal can take UTF-8 at all. Without
 * UTF-8 everything sanitised becomes ASCII ('?' where no letter is near). */
void ht_text_init_locale(void);
bool ht_text_locale_has_utf8(void);
bool ht_text_is_ascii(void);
/* For what is no terminal, and for tests. */
void ht_text_set_ascii(bool ascii);

/* The word for `n` things: one where n is 1, else many. Static or borrowed as they are. */
const char *ht_text_plural(int64_t n, const char *one, const char *many);

typedef enum {
    HT_TEXT_LINE = 0,  /* one line: a line feed becomes a visible sign */
    HT_TEXT_BLOCK = 1, /* line feeds break lines */
} HtTextMode;

typedef struct {
    guint removed;     /* invisible characters taken out that have no business there */
    guint replaced;    /* characters shown as U+FFFD or as a control picture */
    bool mixed_script; /* a word mixes scripts that no language mixes (Latin and Cyrillic …) */
} HtTextReport;

/* The one cleaner. `len` -1: up to NUL. Never fails, never NULL; NULL input gives "". Idempotent,
 * linear, at most 3 × len + 8 bytes. `report` may be NULL. Caller frees. */
char *ht_text_sanitize(const char *bytes, gssize len, HtTextMode mode, HtTextReport *report);
/* The same for an editor or another place that text comes back from: lines, and never ASCII alone,
 * or whoever changes a word of it would change every name in it too. Caller frees. */
char *ht_text_to_edit(const char *bytes, gssize len);
/* Clean text as a terminal without UTF-8 can take it; several lines stay lines. Caller frees. */
char *ht_text_to_ascii(const char *text);
/* true if sanitising would change nothing (so that a caller can keep its own copy). */
bool ht_text_is_clean(const char *bytes, gssize len, HtTextMode mode);

/* A marker for a name, address or URL: true if a word mixes scripts as a forgery would. */
bool ht_text_is_mixed_script(const char *text);
/* A host name's xn-- form; NULL when it is ASCII already or no host name. Caller frees. */
char *ht_text_host_ascii(const char *host);

/* Columns of a clean text. */
int ht_text_width(const char *text);
/* Columns of one code point: 0, 1 or 2; -1 if a terminal would disagree or show nothing. */
int ht_text_char_width(gunichar c);
/* Byte length of the character (grapheme cluster) at `text`, its columns in *cols; 0 at the end. */
gsize ht_text_next(const char *text, int *cols);
/* Bytes of the longest start of `text` that fits `cols` columns, whole characters only. */
gsize ht_text_fit(const char *text, int cols);

/* At most `cols` columns, cut between characters; with `ellipsis` a cut ends in "…". Caller frees.
 */
char *ht_text_cut(const char *text, int cols, bool ellipsis);

typedef enum {
    HT_ALIGN_LEFT = 0,
    HT_ALIGN_RIGHT,
    HT_ALIGN_CENTER,
} HtAlign;

/* Exactly `cols` columns: cut with "…" or filled with spaces. Caller frees. */
char *ht_text_pad(const char *text, int cols, HtAlign align);
/* The same appended to a string, for rows of cells. */
void ht_text_pad_into(GString *row, const char *text, int cols, HtAlign align);

/* Lines (char *, freed with the array) of at most `cols` (≥ 2) columns: broken at spaces, after
 * hyphens and between wide characters, else inside a word; line feeds break too. At least one line.
 */
GPtrArray *ht_text_wrap(const char *text, int cols);

/* The form for searching and sorting: case folded, accents stripped, đ ø ł ß æ œ þ mapped,
 * composed. Idempotent. Caller frees. */
char *ht_text_fold(const char *text);
