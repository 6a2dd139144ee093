/* Views: what a screen shows, without a screen. A view turns data of the cache into rows of text
 * and roles (a table) or lines of spans (a text), and keeps cursor, marks, sort, limit and scroll
 * position by identity: the cursor stands on a key (a person, an application), never on a number.
 *
 * A view never paints, never writes, never waits for a network. Thread: the UI's. Small keyed reads
 * happen in the caller; what may take long runs on the loader's thread and arrives by the main
 * context, then the view's `changed` function is called.
 *
 * Text given out has passed ht_text_sanitize and is valid until the next call on the same view. */
#pragma once

#include "hiretty/base/text.h"
#include "hiretty/domain/key.h"
#include "hiretty/view/doc.h"
#include "hiretty/view/style.h"

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

/* X(enumerator, name): every kind of view; the name is what key files and scripts use. */
#define HT_VIEWS(X)                                                                                \
    X(JOBS, "jobs")                                                                                \
    X(MATCHES, "matches")                                                                          \
    X(REVIEW, "review")                                                                            \
    X(CANDIDATE, "candidate")                                                                      \
    X(CANDIDATES, "candidates")                                                                    \
    X(AGENDA, "agenda")                                                                            \
    X(FEEDBACK, "feedback")                                                                        \
    X(SEARCH, "search")                                                                            \
    X(OUTBOX, "outbox")                                                                            \
    X(CONFLICTS, "conflicts")                                                                      \
    X(CONFLICT, "conflict")                                                                        \
    X(HELP, "help")                                                                                \
    X(STATUS, "status")                                                                            \
    X(SHEET, "sheet")

typedef enum {
#define HT_VIEW_ENUM(id, name) HT_VIEW_##id,
    HT_VIEWS(HT_VIEW_ENUM)
#undef HT_VIEW_ENUM
        HT_N_VIEWS
} HtViewId;

typedef enum { HT_VIEW_TABLE, HT_VIEW_TEXT } HtViewKind;

typedef struct HtView HtView;

/* A column of a table. Layout: every shown column gets `min_width`, what is left is shared by
 * `weight`; a column is left out while the table is narrower than `hide_below` columns. */
typedef struct HtColumn {
    const char *id;      /* stable name: "name", "score" */
    const char *heading; /* what the recruiter reads */
    int min_width;
    int weight; /* 0 = fixed width */
    HtAlign align;
    int hide_below;
    const char *sort; /* name of the sort order, NULL when not sortable */
} HtColumn;

typedef struct HtCell {
    const char *text;
    HtStyle role;
} HtCell;

/* State of a row, a set of flags. */
typedef enum {
    HT_ROW_MARKED = 1 << 0,
    HT_ROW_PENDING = 1 << 1,  /* holds work that has not left yet */
    HT_ROW_CONFLICT = 1 << 2, /* the server said something else */
    HT_ROW_GONE = 1 << 3,     /* no longer there; kept until asked for (`R`) */
    HT_ROW_SECTION = 1 << 4,  /* a heading between rows; takes no cursor */
    HT_ROW_UNREAD = 1 << 5    /* not opened yet */
} HtRowState;

typedef enum {
    HT_MARK_TOGGLE, /* the row under the cursor */
    HT_MARK_RANGE,  /* from the anchor (set by the first call) to the cursor */
    HT_MARK_ALL,    /* every row of the present limit */
    HT_MARK_SAME,   /* every row with the same value in the sort column as here */
    HT_MARK_INVERT,
    HT_MARK_NONE,
    HT_MARK_LAST /* the last set that was cleared or acted on */
} HtMarkKind;

typedef void (*HtViewChangedFunc)(HtView *view, gpointer user_data);

void ht_view_free(HtView *view);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HtView, ht_view_free)

/* ---- common ------------------------------------------------------------------------------- */
HtViewId ht_view_id(const HtView *view);
HtViewKind ht_view_kind(const HtView *view);
/* "jobs", "matches" … */
const char *ht_view_name(const HtView *view);
const char *ht_view_id_name(HtViewId id);
/* The place in the recruiter's words with limit and marks: "Customer Support Specialist · 200
 * applicants · limit stage:applied · 37 marked, 5 outside the limit". */
const char *ht_view_title(HtView *view);
/* Called on the UI thread when rows, titles or texts changed by themselves. One listener. */
void ht_view_set_changed(HtView *view, HtViewChangedFunc changed, gpointer user_data);
/* Takes in what changed in the tables of `table_mask` (cache bus); keeps the cursor on the same key
 * and on the same screen row. 0 = reload all, new rows included (the `R` key). */
void ht_view_refresh(HtView *view, uint64_t table_mask);
/* True while a load runs on the loader's thread; the title says so too. */
bool ht_view_is_loading(const HtView *view);
/* Height of the body in lines: the unit of page moves and the window of fetches. */
void ht_view_set_page(HtView *view, int lines);
int ht_view_page(const HtView *view);
/* First row or line shown. The view keeps it so that the cursor is inside the page. */
int64_t ht_view_top(const HtView *view);
void ht_view_set_top(HtView *view, int64_t top);
/* Moves cursor (table) or top (text) by lines; absolute with ht_view_set_cursor. */
void ht_view_move(HtView *view, int64_t delta);
/* Key of what the view is about or of the row under the cursor: 0 when none. */
HtKey ht_view_current_match(HtView *view);
HtKey ht_view_current_candidate(HtView *view);
HtKey ht_view_current_job(HtView *view);
HtKey ht_view_current_key(HtView *view);

/* ---- table -------------------------------------------------------------------------------- */
const HtColumn *ht_view_columns(const HtView *view, int *n_columns);
int64_t ht_view_rows(const HtView *view);
/* Where the cursor stands, for people: its row, -1 for none, of *rows; headings are no rows. While
 * a list is loaded from a new generation of the cache, rows in sight stand for it; these numbers
 * are then those of before. */
int64_t ht_view_position(const HtView *view, int64_t *rows);
/* True when more rows than ht_view_rows are still to come ("1200+"). */
bool ht_view_rows_open(const HtView *view);
/* Makes rows first … first+n-1 present: small keyed queries only. Cells outside what was fetched
 * last may be empty. */
void ht_view_fetch(HtView *view, int64_t first, int n);
HtCell ht_view_cell(HtView *view, int64_t row, int column);
unsigned ht_view_row_state(HtView *view, int64_t row);
HtKey ht_view_row_key(HtView *view, int64_t row);
/* -1 when the table is empty. */
int64_t ht_view_cursor(const HtView *view);
void ht_view_set_cursor(HtView *view, int64_t row);
/* What is worth reading about a row beside the list, or NULL when the view has no preview. The
 * document belongs to the view until the next call. */
const HtDoc *ht_view_preview(HtView *view, int64_t row, int width);
/* Names the document made last: another one after every change of what it says. 0 = that is not
 * what the row says now: another row's, a change came, it is read blind since, its age is another.
 */
guint64 ht_view_preview_serial(HtView *view, int64_t row);
bool ht_view_has_preview(const HtView *view);
/* First line shown of the preview; remembered per key. */
int ht_view_preview_top(HtView *view);
void ht_view_set_preview_top(HtView *view, int top);
/* Tells that the preview of a row has been in sight for `shown_ms` (call once it has been painted
 * for a second): counts as having opened the evidence. */
void ht_view_previewed(HtView *view, int64_t row, int64_t shown_ms);

/* Marks: a set of keys that outlives limit, sort and refresh. */
int64_t ht_view_mark(HtView *view, HtMarkKind kind);
/* Marks (or unmarks) every row of a filter text; -1 and error when the text is wrong. */
int64_t ht_view_mark_filter(HtView *view, const char *filter, bool on, GError **error);
/* The same where the list is long, in three steps: what is looked for (NULL and error: the text is
 * wrong), who it is (on any thread that has a reader), and their marks. */
typedef struct HtMarkQuery HtMarkQuery;
typedef struct HtReader HtReader; /* of the cache */
HtMarkQuery *ht_mark_query_new(HtView *view, const char *filter, GError **error);
void ht_mark_query_free(gpointer query);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HtMarkQuery, ht_mark_query_free)
HtKeyArray *ht_mark_query_run(const HtMarkQuery *query, HtReader *reader, GError **error);
int64_t ht_view_mark_found(HtView *view, const HtMarkQuery *query, const HtKeyArray *found,
                           bool on);
/* Are the marks of a filter looked for in such steps? Else its rows are in memory. */
bool ht_view_marks_by_query(const HtView *view);
int64_t ht_view_marks(const HtView *view);
/* Marked keys outside the present limit. */
int64_t ht_view_marks_outside(HtView *view);
/* Shows only the marked rows, or all again. */
void ht_view_set_only_marked(HtView *view, bool only);
bool ht_view_only_marked(const HtView *view);
/* Keys an action works on: the marked ones if any, else the one under the cursor. New array. */
GArray *ht_view_targets(HtView *view);

/* Limit (the filter language) and sort. */
bool ht_view_set_limit(HtView *view, const char *filter, GError **error);
const char *ht_view_limit(const HtView *view);
/* Not descending is from A, the least, the first stage, the shortest time, in every column. */
bool ht_view_set_sort(HtView *view, const char *sort, bool descending);
const char *ht_view_sort(const HtView *view, bool *descending);
/* Column index of the sort, -1 none: the heading shows it. */
int ht_view_sort_column(const HtView *view, bool *descending);

/* ---- text --------------------------------------------------------------------------------- */
/* The document at a width; belongs to the view until the next call. */
const HtDoc *ht_view_doc(HtView *view, int width);
int ht_view_tabs(const HtView *view, const char *const **names, int *active);
bool ht_view_set_tab(HtView *view, int tab);

/* ---- search inside the view (table: jump to rows; text: lines with hits) --------------------- */
bool ht_view_set_search(HtView *view, const char *words, GError **error);
const char *ht_view_search(const HtView *view);
/* Are its hits still being looked up? The view says that it changed when they are there. */
bool ht_view_is_searching(const HtView *view);
/* Goes to the next (+1) or previous (-1) hit; false when there is none. */
bool ht_view_search_step(HtView *view, int direction);
