/* A pass over the undecided applicants of a job: one at a time, evidence first, résumé below. What
 * is shown has been entered, so its evidence counts as opened. Decided ones are kept in the queue,
 * so that an undo leads back to them. */
#include "view_impl.h"

#include "hiretty/cache/jobs.h"
#include "hiretty/cache/matches.h"

#include <string.h>

typedef struct {
    HtKeyArray *queue;
    HtDecisionKind *decided; /* beside the queue */
    bool *skipped;
    gsize at; /* == queue->n: the pass is done */
    gsize n_decided;
    guint64 pass;
    int64_t shown_since_us; /* monotonic */
    char *job_title;        /* clean */
    GArray *ids;            /* HtUuid of the queue, over a change of generation */
} Review;

static Review *review_of(const HtView *view)
{
    return view->class->id == HT_VIEW_REVIEW ? view->data : NULL;
}

static HtKey here(const Review *review)
{
    return review->at < review->queue->n ? review->queue->keys[review->at] : 0;
}

static void enter(HtView *view)
{
    Review *review = view->data;
    review->shown_since_us = ht_clock_mono_us();
    view->top = 0;
    ht_view_forget_texts(view);
    HtMatchRow *row = here(review) ? ht_cache_match(view->parts.reader, here(review), NULL) : NULL;
    view->subject[1] = row ? row->candidate : 0;
    if (row && view->parts.seen)
        view->parts.seen(row->key, view->is_blind || (row->flags & HT_MATCH_BLIND), 0,
                         view->parts.seen_data);
    if (row)
        ht_match_rows_free(row, 1);
}

static void add_done(HtView *view, HtDoc *doc)
{
    const Review *review = view->data;
    int64_t counts[HT_DECISION_KINDS] = {0};
    for (gsize i = 0; i < review->queue->n; i++)
        counts[review->decided[i]]++;
    ht_doc_heading(doc, "Nobody left to review.");
    for (int kind = HT_DECISION_NONE + 1; kind < HT_DECISION_KINDS; kind++) {
        if (!counts[kind])
            continue;
        ht_doc_newline(doc);
        ht_doc_addf(doc, HT_STYLE_NORMAL, "%6" G_GINT64_FORMAT " %s", counts[kind],
                    ht_decision_past((HtDecisionKind)kind));
    }
    if (counts[HT_DECISION_NONE]) {
        ht_doc_newline(doc);
        ht_doc_addf(doc, HT_STYLE_MUTED, "%6" G_GINT64_FORMAT " not decided",
                    counts[HT_DECISION_NONE]);
    }
    ht_doc_newline(doc);
    ht_doc_newline(doc);
    ht_doc_add(doc, HT_STYLE_NORMAL, "u takes back the last one, gu the whole pass, q leaves.");
}

static void review_fill(HtView *view, HtDoc *doc, int width)
{
    const Review *review = view->data;
    HtKey match = here(review);
    if (!match) {
        add_done(view, doc);
        return;
    }
    HtMatchRow *row = ht_cache_match(view->parts.reader, match, NULL);
    bool blind = view->is_blind || (row && (row->flags & HT_MATCH_BLIND));
    ht_doc_evidence(doc, &view->parts, match, blind, width);
    if (row) {
        ht_doc_resume(doc, &view->parts, row->candidate, blind, width);
        ht_match_rows_free(row, 1);
    }
}

static void review_place(HtView *view, GString *out)
{
    const Review *review = view->data;
    g_string_append_printf(out, "Review%s%s%s", ht_sign_dot(), review->job_title, ht_sign_dot());
    if (review->at < review->queue->n)
        g_string_append_printf(out, "%zu of %zu", review->at + 1, review->queue->n);
    else
        g_string_append_printf(out, "nobody left%s%zu decided", ht_sign_dot(), review->n_decided);
}

static HtKey review_match(HtView *view)
{
    return here(view->data);
}

static HtKey review_candidate(HtView *view)
{
    return view->subject[1];
}

static void review_keep(HtView *view)
{
    Review *review = view->data;
    g_clear_pointer(&review->ids, g_array_unref);
    review->ids = g_array_new(FALSE, TRUE, sizeof(HtUuid));
    for (gsize i = 0; i < review->queue->n; i++) {
        HtUuid id = {0};
        if (!ht_reader_uuid(view->parts.reader, review->queue->keys[i], &id))
            memset(&id, 0, sizeof id);
        g_array_append_val(review->ids, id);
    }
}

static void review_restore(HtView *view)
{
    Review *review = view->data;
    for (gsize i = 0; review->ids && i < review->queue->n; i++) {
        const HtUuid *id = &g_array_index(review->ids, HtUuid, i);
        review->queue->keys[i] = ht_uuid_is_nil(id) ? 0 : ht_reader_key(view->parts.reader, id);
    }
}

static void review_free(HtView *view)
{
    Review *review = view->data;
    ht_key_array_free(review->queue);
    g_free(review->decided);
    g_free(review->skipped);
    g_free(review->job_title);
    g_clear_pointer(&review->ids, g_array_unref);
}

static const HtViewClass review_class = {
    .id = HT_VIEW_REVIEW,
    .kind = HT_VIEW_TEXT,
    .tables = HT_CHANGED_SHOWN | HT_CHANGED(11) | HT_CHANGED(14) | HT_CHANGED(15) | HT_CHANGED(16),
    .place = review_place,
    .fill = review_fill,
    .shown_match = review_match,
    .shown_candidate = review_candidate,
    .keep_ids = review_keep,
    .restore_ids = review_restore,
    .free = review_free,
};

static char *title_of_job(const HtViewParts *parts, HtKey job)
{
    HtJobRow row = {0};
    char *title = NULL;
    if (job && ht_cache_job_rows(parts->reader, &job, 1, &row, NULL))
        title = ht_clean(row.title);
    ht_job_row_clear(&row);
    return title ? title : g_strdup("all jobs");
}

HtView *ht_view_new_review(const HtViewParts *parts, HtKey job, HtKeyArray *queue, guint64 pass)
{
    Review *review = g_new0(Review, 1);
    review->queue = queue;
    review->decided = g_new0(HtDecisionKind, MAX(1, queue->n));
    review->skipped = g_new0(bool, MAX(1, queue->n));
    review->pass = pass;
    review->job_title = title_of_job(parts, job);
    HtView *view = ht_view_alloc(&review_class, parts);
    view->data = view->own = review;
    view->subject[0] = job;
    enter(view);
    return view;
}

guint64 ht_review_pass(const HtView *view)
{
    const Review *review = review_of(view);
    return review ? review->pass : 0;
}

int64_t ht_review_shown_ms(const HtView *view)
{
    const Review *review = review_of(view);
    return review ? (ht_clock_mono_us() - review->shown_since_us) / HT_US_PER_MS : 0;
}

void ht_review_set_decided(HtView *view, HtKey match, HtDecisionKind decision)
{
    Review *review = review_of(view);
    gssize at = review ? ht_key_array_find(review->queue, match) : -1;
    if (at < 0)
        return;
    review->n_decided -= review->decided[at] != HT_DECISION_NONE;
    review->decided[at] = decision;
    review->n_decided += decision != HT_DECISION_NONE;
    ht_view_forget_texts(view);
}

static bool go_next(HtView *view, Review *review)
{
    gsize n = review->queue->n;
    for (gsize i = review->at + 1; i < n; i++) {
        if (review->decided[i] == HT_DECISION_NONE && !review->skipped[i] &&
            review->queue->keys[i]) {
            review->at = i;
            enter(view);
            return true;
        }
    }
    for (gsize i = 0; i < n; i++) {
        if (review->decided[i] == HT_DECISION_NONE && i != review->at && review->queue->keys[i]) {
            memset(review->skipped, 0, n * sizeof *review->skipped);
            review->at = i;
            enter(view);
            return true;
        }
    }
    if (review->at < n && review->decided[review->at] == HT_DECISION_NONE)
        return false;
    review->at = n;
    enter(view);
    return false;
}

bool ht_review_next(HtView *view)
{
    Review *review = review_of(view);
    return review && go_next(view, review);
}

bool ht_review_skip(HtView *view)
{
    Review *review = review_of(view);
    if (!review || review->at >= review->queue->n)
        return false;
    review->skipped[review->at] = true;
    return go_next(view, review);
}

bool ht_review_goto(HtView *view, HtKey match)
{
    Review *review = review_of(view);
    gssize at = review ? ht_key_array_find(review->queue, match) : -1;
    if (at < 0)
        return false;
    review->at = (gsize)at;
    enter(view);
    return true;
}

void ht_review_progress(const HtView *view, int64_t *decided, int64_t *total)
{
    const Review *review = review_of(view);
    *decided = review ? (int64_t)review->n_decided : 0;
    *total = review ? (int64_t)review->queue->n : 0;
}

HtKeyArray *ht_review_queue(const HtView *view)
{
    const Review *review = review_of(view);
    HtKeyArray *copy = ht_key_array_new(review ? review->queue->n : 0);
    if (review && copy->n > 0)
        memcpy(copy->keys, review->queue->keys, copy->n * sizeof(HtKey));
    return copy;
}

HtDecisionKind ht_review_decided(const HtView *view, HtKey match)
{
    const Review *review = review_of(view);
    gssize at = review ? ht_key_array_find(review->queue, match) : -1;
    return at >= 0 ? review->decided[at] : HT_DECISION_NONE;
}

void ht_review_take_in(HtView *view)
{
    Review *review = review_of(view);
    if (!review || review->queue->n == 0)
        return;
    gsize n = review->queue->n;
    HtMatchRow *rows = g_new0(HtMatchRow, n);
    if (ht_cache_match_rows(view->parts.reader, review->queue->keys, n, rows, NULL)) {
        for (gsize i = 0; i < n; i++) {
            bool closed = ht_stage_type_is_terminal(rows[i].stage_type);
            bool mine = (rows[i].flags & HT_MATCH_PENDING) && rows[i].last_decision;
            if (!review->decided[i] && (closed || mine))
                ht_review_set_decided(view, review->queue->keys[i],
                                      rows[i].last_decision ? rows[i].last_decision
                                                            : HT_DECISION_REJECT);
        }
    }
    ht_match_rows_free(rows, n);
}

void ht_review_resume(HtView *view, HtKey match)
{
    Review *review = review_of(view);
    if (!review)
        return;
    bool found = match && ht_review_goto(view, match);
    if (!found)
        review->at = 0;
    if (review->queue->n > 0 && ht_review_decided(view, here(review)) != HT_DECISION_NONE)
        go_next(view, review);
    else
        enter(view);
}

bool ht_review_wants(const HtMatchRow *row, bool any_stage)
{
    if (row->key == 0 || (row->flags & HT_MATCH_GONE) || ht_stage_type_is_terminal(row->stage_type))
        return false;
    return any_stage || (row->stage_type == HT_STAGE_APPLIED && !(row->flags & HT_MATCH_HELD));
}
