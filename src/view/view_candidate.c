/* One person, in tabs. The tab that opens first is the evidence when an application is meant. */
#include "view_impl.h"

#include "hiretty/cache/candidates.h"
#include "hiretty/cache/feedback.h"
#include "hiretty/cache/interviews.h"
#include "hiretty/cache/matches.h"
#include "hiretty/cache/transcripts.h"
#include "meeting.h"

enum { SUBJECT_CANDIDATE = 1, SUBJECT_MATCH = 2 };

static const char *const tabs[HT_CANDIDATE_TABS] = {
    "Summary", "Why", "Résumé", "Transcript", "Interviews", "Feedback", "Notes", "History"};

typedef struct {
    char *name; /* clean */
} Person;

static void say(HtDoc *doc, const char *text)
{
    ht_doc_newline(doc);
    ht_doc_add(doc, HT_STYLE_MUTED, text);
}

/* The person, where this view hides the name. */
static HtKey hidden(const HtView *view)
{
    return view->is_blind ? view->subject[SUBJECT_CANDIDATE] : 0;
}

static void fill_why(HtView *view, HtDoc *doc, int width)
{
    if (view->subject[SUBJECT_MATCH])
        ht_doc_evidence(doc, &view->parts, view->subject[SUBJECT_MATCH], view->is_blind, width);
    else
        say(doc, "This person has not applied to a job, so nothing was scored.");
}

static void fill_transcripts(HtView *view, HtDoc *doc, int width)
{
    g_autoptr(GPtrArray) list = ht_cache_transcripts(
        view->parts.reader, view->subject[SUBJECT_CANDIDATE], view->subject[SUBJECT_MATCH], NULL);
    if (!list || list->len == 0) {
        g_clear_pointer(&list, g_ptr_array_unref);
        list = ht_cache_transcripts(view->parts.reader, view->subject[SUBJECT_CANDIDATE], 0, NULL);
    }
    if (!list || list->len == 0)
        say(doc, "No screening has taken place.");
    for (guint i = 0; list && i < list->len; i++) {
        const HtTranscript *transcript = list->pdata[i];
        ht_doc_transcript(doc, &view->parts, transcript->key, view->is_blind, width);
    }
}

static void fill_interviews(HtView *view, HtDoc *doc, int width)
{
    g_autoptr(GPtrArray) list = ht_cache_interviews(
        view->parts.reader, view->subject[SUBJECT_CANDIDATE], view->subject[SUBJECT_MATCH], NULL);
    if (!list || list->len == 0)
        say(doc, "No interview is planned.");
    for (guint i = 0; list && i < list->len; i++)
        ht_doc_interview(doc, &view->parts, list->pdata[i], hidden(view), width);
}

static void fill_feedback(HtView *view, HtDoc *doc, int width)
{
    g_autoptr(GPtrArray) list = ht_cache_feedback(
        view->parts.reader, view->subject[SUBJECT_CANDIDATE], view->subject[SUBJECT_MATCH], NULL);
    if (!list || list->len == 0)
        say(doc, "No feedback yet, or none that you may see before your own.");
    for (guint i = 0; list && i < list->len; i++)
        ht_doc_feedback(doc, &view->parts, list->pdata[i], hidden(view), width);
}

static void fill_notes(HtView *view, HtDoc *doc, int width)
{
    HtKey candidate = view->subject[SUBJECT_CANDIDATE];
    g_autoptr(GPtrArray) list = ht_cache_notes(view->parts.reader, candidate, NULL);
    if (!list || list->len == 0)
        say(doc, "No notes. w writes one.");
    g_autoptr(HtMask) mask = view->is_blind ? ht_mask_new(view->parts.reader, candidate) : NULL;
    for (guint i = 0; list && i < list->len; i++) {
        const HtNote *note = list->pdata[i];
        g_autofree char *when = ht_moment_text(&view->parts, note->created_at);
        g_autofree char *author = ht_clean(note->is_mine ? "you" : note->author);
        g_autofree char *masked = ht_mask_text(mask, note->body ? note->body : "");
        g_autofree char *body = ht_clean_block(masked);
        ht_doc_newline(doc);
        ht_doc_addf(doc, HT_STYLE_TIME, "%s", when);
        ht_doc_addf(doc, HT_STYLE_LABEL, "  %s", author ? author : "somebody");
        if (note->visibility && g_str_equal(note->visibility, "private"))
            ht_doc_add(doc, HT_STYLE_MUTED, "  only you");
        if (note->is_pending)
            ht_doc_add(doc, HT_STYLE_STATE_PENDING, "  not sent yet");
        if (note->is_conflict)
            ht_doc_add(doc, HT_STYLE_STATE_CONFLICT, "  ! conflict");
        ht_doc_newline(doc);
        ht_doc_pad(doc, 2);
        ht_doc_wrap(doc, HT_STYLE_NORMAL, 2, width, body);
        ht_doc_newline(doc);
    }
}

static char *name_of(const HtCandidate *person)
{
    return ht_clean(person->name && *person->name ? person->name : "(erased)");
}

static void fill(HtView *view, HtDoc *doc, int width)
{
    HtKey candidate = view->subject[SUBJECT_CANDIDATE];
    switch (view->tab) {
    case HT_CANDIDATE_SUMMARY:
        ht_doc_candidate(doc, &view->parts, candidate, view->is_blind, width);
        break;
    case HT_CANDIDATE_WHY:
        fill_why(view, doc, width);
        break;
    case HT_CANDIDATE_RESUME:
        ht_doc_resume(doc, &view->parts, candidate, view->is_blind, width);
        break;
    case HT_CANDIDATE_TRANSCRIPT:
        fill_transcripts(view, doc, width);
        break;
    case HT_CANDIDATE_INTERVIEWS:
        fill_interviews(view, doc, width);
        break;
    case HT_CANDIDATE_FEEDBACK:
        fill_feedback(view, doc, width);
        break;
    case HT_CANDIDATE_NOTES:
        fill_notes(view, doc, width);
        break;
    default:
        ht_doc_history(doc, &view->parts, candidate, view->subject[SUBJECT_MATCH], view->is_blind,
                       width);
        break;
    }
}

/* Erased, or called otherwise, since the view was opened. */
static void look_name(HtView *view)
{
    Person *data = view->data;
    g_autoptr(HtCandidate) person =
        ht_cache_candidate(view->parts.reader, view->subject[SUBJECT_CANDIDATE], NULL);
    if (!person)
        return;
    g_free(data->name);
    data->name = name_of(person);
}

static void place(HtView *view, GString *out)
{
    const Person *person = view->data;
    if (!view->doc) /* what is shown is read anew */
        look_name(view);
    g_string_append(out, view->is_blind ? "Applicant" : person->name);
}

static HtKey shown_match(HtView *view)
{
    return view->subject[SUBJECT_MATCH];
}

static HtKey shown_candidate(HtView *view)
{
    return view->subject[SUBJECT_CANDIDATE];
}

static void free_person(HtView *view)
{
    g_free(((Person *)view->data)->name);
}

static const HtViewClass candidate_class = {
    .id = HT_VIEW_CANDIDATE,
    .kind = HT_VIEW_TEXT,
    .tables = HT_CHANGED_ALL & ~HT_CHANGED_META & ~HT_CHANGED_SEEN,
    .place = place,
    .fill = fill,
    .tabs = tabs,
    .n_tabs = HT_CANDIDATE_TABS,
    .shown_match = shown_match,
    .shown_candidate = shown_candidate,
    .free = free_person,
};

HtView *ht_view_new_candidate(const HtViewParts *parts, HtKey candidate, HtKey match,
                              GError **error)
{
    ht_reader_watch(parts->reader);
    g_autoptr(HtCandidate) person = ht_cache_candidate(parts->reader, candidate, error);
    if (!person)
        return NULL;
    Person *data = g_new0(Person, 1);
    data->name = name_of(person);
    HtView *view = ht_view_alloc(&candidate_class, parts);
    view->data = view->own = data;
    view->subject[SUBJECT_CANDIDATE] = candidate;
    view->is_blind = parts->blind || ht_blind_hides(parts->reader, match, candidate);
    if (match == 0) {
        g_autoptr(HtKeyArray) keys = ht_cache_candidate_matches(parts->reader, candidate, NULL);
        match = keys && keys->n > 0 ? keys->keys[0] : 0;
    } else {
        view->tab = HT_CANDIDATE_WHY;
    }
    view->subject[SUBJECT_MATCH] = match;
    HtMatchRow *row = match ? ht_cache_match(parts->reader, match, NULL) : NULL;
    if (row) {
        view->subject[0] = row->job;
        ht_match_rows_free(row, 1);
    }
    if (ht_reader_check(parts->reader, error))
        return view;
    ht_view_free(view); /* whether it is read blind is not known */
    return NULL;
}
