/* Inside the view layer: what the engine keeps and the questions that a kind of view answers. */
#pragma once

#include "hiretty/base/clock.h"
#include "hiretty/base/log.h"
#include "hiretty/cache/error.h"
#include "hiretty/domain/filter.h"
#include "hiretty/domain/score.h"
#include "hiretty/domain/stage.h"
#include "hiretty/view/views.h"

enum { HT_VIEW_SUBJECTS = 3, HT_SCRATCH = 16 };

/* What a load needs, copied for the reader thread. */
typedef struct HtViewQuery {
    HtFilter *filter;
    char *limit;      /* the filter as typed: lists that have no fields match its words */
    const char *sort; /* static */
    bool descending;
    char *words;
    HtKey subject[HT_VIEW_SUBJECTS]; /* what the view is about, e.g. the job */
    GTimeZone *zone;
    bool blind;
    gpointer data; /* the view's own; only for classes that load in the UI thread */
} HtViewQuery;

/* What came back: keys in order and, for lists held in memory, the rows beside them. */
typedef struct HtLoaded {
    HtKeyArray *keys;
    GPtrArray *rows; /* HtListRow*, NULL where rows are fetched by key */
    int64_t unread;  /* texts that a search does not find yet; else 0 */
} HtLoaded;

typedef struct HtViewClass {
    HtViewId id;
    HtViewKind kind;
    const HtColumn *columns;
    int n_columns;
    const char *sort; /* the order at first, NULL = as it comes */
    bool descending;
    uint64_t tables; /* changes that concern it */
    bool is_live;    /* takes in changes at once (short lists); else they wait for `R` */
    bool loads_here; /* load runs in the UI thread: short, or not for another one */
    bool is_plain;   /* the limit is words to be found in the texts of a row */
    /* is_plain: may it be limited by that text? What would be searched for as it stands, though it
     * means something elsewhere, is refused. NULL: by every text. */
    bool (*takes_words)(const char *text, GError **error);
    bool keeps_all; /* loads_here, is_plain, and `load` leaves the limit to the engine, which keeps
                       every row: a limit that is typed reads nothing anew */
    /* Can the rows be asked that? NULL: everything that is a filter. */
    bool (*accepts)(const HtFilter *filter, GError **error);
    HtLoaded *(*load)(HtReader *reader, const HtViewQuery *query, GError **error);
    /* Reads the rows of keys into the view's window; NULL: rows are in memory. */
    void (*fetch)(HtView *view, const HtKey *keys, gsize n);
    void (*clear_window)(HtView *view);
    /* `slot`: index into the window. */
    HtCell (*cell)(HtView *view, gsize slot, int column);
    void (*fill_row)(HtView *view, HtListRow *row); /* one that is_bare; NULL: none is */
    unsigned (*state)(HtView *view, gsize slot);
    HtKey (*match_of)(HtView *view, gsize slot);
    HtKey (*candidate_of)(HtView *view, gsize slot);
    HtKey (*job_of)(HtView *view, gsize slot);
    void (*place)(HtView *view, GString *out);
    void (*preview)(HtView *view, gsize slot, HtDoc *doc, int width);
    /* Since when the row is as it is, where the preview says its age; 0 = no age. */
    int64_t (*since)(HtView *view, gsize slot);
    void (*fill)(HtView *view, HtDoc *doc, int width);
    const char *const *tabs;
    int n_tabs;
    /* Text views: what they show. */
    HtKey (*shown_match)(HtView *view);
    HtKey (*shown_candidate)(HtView *view);
    /* Keys of its own (subjects are the engine's): ids is an array of HtUuid to add to or take
     * from. */
    void (*keep_ids)(HtView *view);
    void (*restore_ids)(HtView *view);
    void (*free)(HtView *view);
} HtViewClass;

struct HtView {
    const HtViewClass *class;
    HtViewParts parts;
    HtViewChangedFunc changed;
    gpointer changed_data;
    HtKey subject[HT_VIEW_SUBJECTS];
    bool is_blind;
    int page;
    int64_t top;
    /* table */
    HtKeyArray *base;  /* the whole list */
    HtKeyArray *only;  /* the marked ones of it; NULL: all are shown */
    HtKeyArray *later; /* loaded, waits for `R`; NULL = none */
    int64_t n_new;
    int64_t cursor;
    HtKeyArray *limit_keys; /* the list that a limit prompt started on, NULL = none */
    int64_t limit_cursor;   /* and the row in it */
    bool to_first;          /* the list that comes next takes the cursor to its first row */
    HtKey wanted;           /* takes the cursor when a load brings it; 0 = none */
    GPtrArray *rows;        /* HtListRow*, beside `base`; NULL where rows are fetched */
    GPtrArray *all; /* HtWholeRow*, of the load last, where the class keeps all; else NULL */
    int64_t window_first;
    gsize window_n;
    gpointer window;                /* the class's */
    GHashTable *marks, *last_marks; /* key → interned rule text */
    HtKey anchor;
    int64_t outside; /* -1: count again */
    char *limit;
    HtFilter *filter;
    const char *sort;
    bool descending;
    guint64 ticket; /* of the load that runs */
    bool reload;    /* again when it has come */
    bool adopt;     /* show what comes, even if rows move */
    char *problem;  /* of the last load, one line */
    int64_t unread; /* as it was then: HtLoaded */
    /* search */
    char *search;
    GHashTable *hits; /* keys; NULL = none searched */
    guint64 search_ticket;
    GArray *hit_lines; /* int, of the document */
    /* texts */
    char *title;
    char *scratch[HT_SCRATCH];
    guint next_scratch;
    HtDoc *preview;
    HtKey preview_key;
    int preview_width;
    guint64 preview_serial;   /* of `preview`, never given twice */
    char preview_age[16];     /* that it says of its row, "" = none */
    GHashTable *preview_tops; /* key → line */
    HtDoc *doc;
    int doc_width, tab;
    int64_t *tab_tops;
    /* ids kept over a generation */
    GArray *kept;     /* HtUuid: subjects, anchor, then the rows in sight */
    int kept_cursor;  /* which of those rows has the cursor; -1: none */
    char *held_title; /* while those rows stand for the list that is loaded; NULL = they do not */
    int64_t held_first, held_rows; /* where they stood in the list before, and how long it was */
    GHashTable *kept_marks;        /* HtUuid* → rule */
    gpointer data;                 /* the class's */
    gpointer own; /* freed last, with the class in it; NULL = the class is static */
};

HtView *ht_view_alloc(const HtViewClass *class, const HtViewParts *parts);
/* Starts a load; `adopt`: what comes is shown whole. */
void ht_view_load(HtView *view, bool adopt);
void ht_view_emit_changed(HtView *view);
/* What the title says beside the name; NULL error: nothing. */
void ht_view_set_problem(HtView *view, const GError *error);
void ht_view_forget_texts(HtView *view);
/* Makes the rows around `row` present; the slot of the window, -1 when there is none. */
gssize ht_view_slot(HtView *view, int64_t row);
const HtKeyArray *ht_view_shown(const HtView *view);
int64_t ht_view_index_of(const HtView *view, HtKey key);
bool ht_view_is_section(const HtView *view, int64_t row);
void ht_view_put_cursor(HtView *view, int64_t row);
void ht_view_update_only(HtView *view);
/* The row in memory with that number in `rows`, with its texts. */
HtListRow *ht_view_whole_row(HtView *view, gsize slot);
HtListRow *ht_view_list_row_of(const HtView *view, HtKey key);

/* A text that lives for a few more calls (cells). Takes `text`. */
const char *ht_view_keep(HtView *view, char *text);
HtLoaded *ht_loaded_new_keys(HtKeyArray *keys);
HtLoaded *ht_loaded_new_rows(GPtrArray *rows);
void ht_loaded_free(gpointer loaded);
/* Are all words in one of the texts of the row? */
bool ht_list_row_matches(const HtListRow *row, const char *words);
/* Every row of a list, to choose from as words are typed; takes the rows. */
GPtrArray *ht_whole_rows_new(GPtrArray *rows);
/* Copies of those that have the words, with their headings; words may be NULL. */
GPtrArray *ht_whole_rows_limited(const GPtrArray *all, const char *words);
/* Is it a limit of words alone? One line says why not. */
bool ht_limit_is_words(const char *text, GError **error);
bool ht_search_is_words(const char *text, GError **error);
/* Clean copies; NULL for NULL. */
char *ht_clean(const char *text);
char *ht_clean_block(const char *text);

/* Signs that an ASCII terminal can show too. Static. */
const char *ht_sign_dot(void);  /* " · " */
const char *ht_sign_dash(void); /* "–" */

/* Roles and words shared by views. */
HtStyle ht_style_of_band(HtScoreBand band);
/* "87 high"; "–" without a score. Caller frees. */
char *ht_score_text(int64_t score_centi, HtScoreBand band);
/* "12 May 2025" and "Mon 12 May 14:30" in the view's zone; "" for 0. Caller frees. */
char *ht_day_text(const HtViewParts *parts, int64_t us);
char *ht_moment_text(const HtViewParts *parts, int64_t us);
