/* The kinds of view and how each is made. Thread: the UI's. A view borrows everything in its parts.
 */
#pragma once

#include "hiretty/cache/cache.h"
#include "hiretty/domain/decision.h"
#include "hiretty/domain/match.h"
#include "hiretty/view/blind.h"
#include "hiretty/view/loader.h"
#include "hiretty/view/view.h"

#include <glib.h>
#include <stdbool.h>

/* A person opened a row, or its evidence was in sight for so long. */
typedef void (*HtSeenFunc)(HtKey match, bool blind, int seconds, gpointer data);

typedef struct HtViewParts {
    HtReader *reader;
    HtLoader *loader; /* NULL: everything is loaded at once, in the caller */
    GTimeZone *zone;  /* the recruiter's */
    HtSeenFunc seen;  /* may be NULL */
    gpointer seen_data;
    bool blind; /* a view that is made of these starts blind */
} HtViewParts;

HtView *ht_view_new_jobs(const HtViewParts *parts);
/* Applications to one job, ranked. HT_CACHE_ERROR_NOT_FOUND. */
HtView *ht_view_new_matches(const HtViewParts *parts, HtKey job, GError **error);
/* Applications to every job. */
HtView *ht_view_new_candidates(const HtViewParts *parts);
/* Its tabs, in the order in which they stand. */
typedef enum {
    HT_CANDIDATE_SUMMARY,
    HT_CANDIDATE_WHY,
    HT_CANDIDATE_RESUME,
    HT_CANDIDATE_TRANSCRIPT,
    HT_CANDIDATE_INTERVIEWS,
    HT_CANDIDATE_FEEDBACK,
    HT_CANDIDATE_NOTES,
    HT_CANDIDATE_HISTORY,
    HT_CANDIDATE_TABS
} HtCandidateTab;
/* One person; `match` (may be 0) is the application the evidence speaks of. */
HtView *ht_view_new_candidate(const HtViewParts *parts, HtKey candidate, HtKey match,
                              GError **error);
HtView *ht_view_new_agenda(const HtViewParts *parts);
HtView *ht_view_new_feedback(const HtViewParts *parts);
HtView *ht_view_new_search(const HtViewParts *parts, const char *words);

/* Blind: no name, contact, school, nor date that tells an age, in every kind of view. One that
 * names nobody (jobs) only hands it on: what is opened from a blind view starts blind. */
void ht_view_set_blind(HtView *view, bool blind);
bool ht_view_is_blind(const HtView *view);

/* ---- review: one applicant at a time -------------------------------------------------------- */
/* A pass over `queue` (match keys in the order shown; taken over), from the first undecided one. */
HtView *ht_view_new_review(const HtViewParts *parts, HtKey job, HtKeyArray *queue, guint64 pass);
guint64 ht_review_pass(const HtView *view);
/* Milliseconds the present applicant has been in view. */
int64_t ht_review_shown_ms(const HtView *view);
/* Notes what was decided (NONE: undone, skipped: HOLD is a decision too) about one of the queue. */
void ht_review_set_decided(HtView *view, HtKey match, HtDecisionKind decision);
/* To the next undecided one, wrapping once to those skipped; false when the queue is done. */
bool ht_review_next(HtView *view);
bool ht_review_skip(HtView *view);
/* Back to an applicant of the queue; false if it is not in it. */
bool ht_review_goto(HtView *view, HtKey match);
/* How many are decided, of how many. */
void ht_review_progress(const HtView *view, int64_t *decided, int64_t *total);
/* For a session: the queue (new), what was decided about one of it, taking in what the cache knows
 * to be decided, and going on at `match` or, if that is decided, at the next undecided one. */
HtKeyArray *ht_review_queue(const HtView *view);
HtDecisionKind ht_review_decided(const HtView *view, HtKey match);
void ht_review_take_in(HtView *view);
void ht_review_resume(HtView *view, HtKey match);
/* May the review queue hold this row? Open stages; without `any_stage` new applications alone. */
bool ht_review_wants(const HtMatchRow *row, bool any_stage);

/* ---- lists whose rows somebody else makes (outbox, conflicts, help, sheet) --------------------
 */
enum { HT_LIST_CELLS = 8 };

typedef struct HtListRow {
    HtKey key; /* identity within the list, never 0 */
    HtKey match, candidate, job;
    unsigned state; /* HtRowState */
    bool is_bare;   /* its texts are written when they are asked for (HtListSpec.fill) */
    int64_t number; /* the maker's */
    gpointer data;  /* the maker's, static or interned */
    char *text[HT_LIST_CELLS];
    HtStyle role[HT_LIST_CELLS];
} HtListRow;

/* The role of a stage's name in a cell. */
HtStyle ht_style_of_stage(HtStageType type);
HtListRow *ht_list_row_new(HtKey key);
void ht_list_row_free(HtListRow *row);
/* The text is sanitised here. */
void ht_list_row_set(HtListRow *row, int column, HtStyle role, const char *text);

typedef struct HtListSpec {
    HtViewId id;
    const HtColumn *columns;
    int n_columns;
    const char *place; /* title, borrowed for as long as the view lives */
    uint64_t tables;   /* changes that make it load again */
    bool takes_signs;  /* the words of a limit may look like fields: rows are about such (help) */
    /* HtListRow*, the array frees them; fast. `blind` here and below: the view is. */
    GPtrArray *(*load)(gpointer data, bool blind, GError **error);
    /* Writes the texts of a row that is_bare, when it comes into sight or is searched; no reading.
     * NULL: none is. */
    void (*fill)(HtListRow *row, bool blind, gpointer data);
    /* Writes the preview of a row, `width` columns wide; NULL: there is none. */
    void (*preview)(HtDoc *doc, const HtListRow *row, bool blind, int width, gpointer data);
    gpointer data;
    GDestroyNotify free_data;
} HtListSpec;

HtView *ht_view_new_list(const HtViewParts *parts, const HtListSpec *spec);
/* Borrowed until the list loads again; NULL for other views. */
const HtListRow *ht_view_list_row(HtView *view, int64_t row);
gpointer ht_view_list_data(HtView *view);

/* A text somebody else writes (status, conflict). `fill` is called at every change of `tables`. */
typedef void (*HtFillFunc)(HtDoc *doc, bool blind, int width, gpointer data);
typedef struct HtTextSpec {
    HtViewId id;
    const char *place; /* as above */
    uint64_t tables;
    HtFillFunc fill;
    gpointer data;
    GDestroyNotify free_data; /* may be NULL */
} HtTextSpec;
HtView *ht_view_new_text(const HtViewParts *parts, const HtTextSpec *spec);
gpointer ht_view_text_data(HtView *view); /* NULL for other views */

/* ---- for commands ------------------------------------------------------------------------------
 */
/* The rule that marked a row: the filter text a person wrote; "" = marked by hand; NULL = not
 * marked. */
const char *ht_view_mark_rule(HtView *view, HtKey key);
/* All keys of the present list in order. New. */
HtKeyArray *ht_view_keys(HtView *view);
bool ht_view_is_marked(HtView *view, HtKey key);
void ht_view_set_marked(HtView *view, HtKey key, bool marked);
/* Moves the cursor to a key; false if the list does not hold it. */
bool ht_view_goto(HtView *view, HtKey key);
/* The same, or as soon as a load brings the key. */
void ht_view_want_cursor(HtView *view, HtKey key);
/* A limit is about to be typed: until the cursor is moved it stays on the row it is on now, or on
 * the row that takes its place, whatever lists come in between. */
void ht_view_begin_limit(HtView *view);
/* The job that the view as a whole is about; 0 = none. */
HtKey ht_view_subject_job(const HtView *view);
/* Rows that came in since the list was shown and wait for `R`. */
int64_t ht_view_new_rows(const HtView *view);
/* What `y` copies: the row or the text as plain text. Caller frees. */
char *ht_view_copy_text(HtView *view);
/* Around a change of the cache's generation: the first on the old reader keeps every key as an id,
 * the second finds the keys of the new one and loads. */
void ht_view_keep_ids(HtView *view);
void ht_view_restore_ids(HtView *view);

/* ---- texts beside each other ------------------------------------------------------------------
 */
typedef struct HtSide {
    const char *heading;
    HtStyle role;     /* of its text */
    const char *text; /* cleaned (HT_TEXT_BLOCK); "" shows a dash */
} HtSide;
/* In columns of the same width from `width` 60 on, below each other when it is narrower. */
void ht_doc_sides(HtDoc *doc, const HtSide *sides, int n, int width);

/* ---- texts that a command prints too ----------------------------------------------------------
 */
/* Why a match scored as it did: bars, quotes, "no evidence", model and date, warnings. */
void ht_doc_evidence(HtDoc *doc, const HtViewParts *parts, HtKey match, bool blind, int width);
void ht_doc_transcript(HtDoc *doc, const HtViewParts *parts, HtKey transcript, bool blind,
                       int width);
void ht_doc_candidate(HtDoc *doc, const HtViewParts *parts, HtKey candidate, bool blind, int width);
void ht_doc_resume(HtDoc *doc, const HtViewParts *parts, HtKey candidate, bool blind, int width);
void ht_doc_history(HtDoc *doc, const HtViewParts *parts, HtKey candidate, HtKey match, bool blind,
                    int width);
