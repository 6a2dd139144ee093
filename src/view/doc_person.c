/* Texts about one person: who it is, the résumé, what was said, what happened. */
#include "view_impl.h"

#include "hiretty/cache/candidates.h"
#include "hiretty/cache/matches.h"
#include "hiretty/cache/transcripts.h"

#include <string.h>

enum { LABEL_CELLS = 12, TAGS_SHOWN = 200 };

static void add_field(HtDoc *doc, const char *label, const char *value, int width)
{
    if (!value || !*value)
        return;
    g_autofree char *clean = ht_clean(value);
    ht_doc_newline(doc);
    ht_doc_add(doc, HT_STYLE_LABEL, label);
    ht_doc_pad(doc, LABEL_CELLS);
    ht_doc_wrap(doc, HT_STYLE_NORMAL, LABEL_CELLS, width, clean);
    if (ht_text_is_mixed_script(clean))
        ht_doc_add(doc, HT_STYLE_WARNING, " ! letters of two alphabets");
}

static void add_two(HtDoc *doc, const char *label, const char *a, const char *b, int width)
{
    g_autofree char *both = a && b ? g_strdup_printf("%s, %s", a, b) : g_strdup(a ? a : b ? b : "");
    add_field(doc, label, both, width);
}

static void add_tags(HtDoc *doc, const HtCandidate *person)
{
    guint n = person->tags ? person->tags->len : 0;
    for (guint i = 0; i < MIN(n, TAGS_SHOWN); i++) {
        const HtTag *tag = person->tags->pdata[i];
        g_autofree char *clean = ht_clean(tag->tag);
        if (i == 0) {
            ht_doc_newline(doc);
            ht_doc_add(doc, HT_STYLE_LABEL, "Tags");
            ht_doc_pad(doc, LABEL_CELLS);
        }
        ht_doc_addf(doc, HT_STYLE_TAG, "%s%s ", clean, tag->is_pending ? "*" : "");
    }
    if (n > TAGS_SHOWN)
        ht_doc_addf(doc, HT_STYLE_LABEL, "and %u more", n - TAGS_SHOWN);
}

static void add_applications(HtDoc *doc, const HtViewParts *parts, HtKey candidate, int width)
{
    if (!ht_reader_is_settled(parts->reader)) {
        ht_doc_heading(doc, "Applications");
        ht_doc_newline(doc);
        ht_doc_add(doc, HT_STYLE_MUTED, "Not sorted by person yet.");
        return;
    }
    g_autoptr(HtKeyArray) keys = ht_cache_candidate_matches(parts->reader, candidate, NULL);
    if (!keys || keys->n == 0)
        return;
    HtMatchRow *rows = g_new0(HtMatchRow, keys->n);
    if (ht_cache_match_rows(parts->reader, keys->keys, keys->n, rows, NULL)) {
        ht_doc_heading(doc, "Applications");
        for (gsize i = 0; i < keys->n; i++) {
            g_autofree char *job = ht_clean(rows[i].job_title ? rows[i].job_title : "");
            g_autofree char *score = ht_score_text(rows[i].score, rows[i].band);
            const char *label = ht_stage_type_label(rows[i].stage_type);
            g_autofree char *stage = ht_clean(rows[i].stage_name ? rows[i].stage_name : label);
            g_autofree char *cut = ht_text_pad(job, MAX(10, width - 26), HT_ALIGN_LEFT);
            ht_doc_newline(doc);
            ht_doc_addf(doc, HT_STYLE_NORMAL, "%s ", cut);
            ht_doc_addf(doc, ht_style_of_band(rows[i].band), "%-8s ", score);
            ht_doc_add(doc, ht_style_of_stage(rows[i].stage_type), stage);
        }
    }
    ht_match_rows_free(rows, keys->n);
}

static void add_contact(HtDoc *doc, const HtCandidate *person, int width)
{
    add_field(doc, "E-mail", person->email, width);
    add_field(doc, "Phone", person->phone, width);
    add_field(doc, "LinkedIn", person->linkedin_url, width);
    add_field(doc, "GitHub", person->github_url, width);
    add_field(doc, "Portfolio", person->portfolio_url, width);
}

void ht_doc_candidate(HtDoc *doc, const HtViewParts *parts, HtKey candidate, bool blind, int width)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(HtCandidate) person = ht_cache_candidate(parts->reader, candidate, &error);
    ht_doc_newline(doc);
    if (!person) {
        ht_doc_add(doc, HT_STYLE_ROW_GONE, "This person is no longer there.");
        return;
    }
    g_autofree char *name =
        blind ? ht_blind_name(parts->reader, candidate) : ht_clean(person->name);
    ht_doc_wrap(doc, HT_STYLE_TITLE, 0, width,
                person->anonymised_at ? "(erased)"
                : name                ? name
                                      : "");
    if (person->merged_into) {
        ht_doc_newline(doc);
        ht_doc_add(doc, HT_STYLE_WARNING, "! Merged into another person.");
    }
    add_two(doc, "Now", person->current_title, person->current_company, width);
    add_two(doc, "Before", person->last_title, person->last_company, width);
    add_field(doc, "Location", person->location, width);
    add_field(doc, "Time zone", person->timezone, width);
    if (!blind)
        add_contact(doc, person, width);
    add_field(doc, "Source", person->source, width);
    add_tags(doc, person);
    g_autofree char *consent = ht_day_text(parts, person->consent_given_at);
    add_field(doc, "Consent", *consent ? consent : "none on record", width);
    add_applications(doc, parts, candidate, width);
}

/* ---- résumé
 * -------------------------------------------------------------------------------------- */
static char *joined(char **words)
{
    if (!words || !words[0])
        return g_strdup("");
    g_autofree char *all = g_strjoinv(", ", words);
    return ht_clean(all);
}

static void add_words(HtDoc *doc, const char *label, char **words, int width)
{
    g_autofree char *all = joined(words);
    add_field(doc, label, all, width);
}

/* Behind what stands in the line, as much as fits there. */
static void add_after(HtDoc *doc, const char *sign, const char *text, int width)
{
    if (!*text)
        return;
    ht_doc_add(doc, HT_STYLE_NORMAL, sign);
    ht_doc_wrap(doc, HT_STYLE_NORMAL, 2, width, text);
}

/* The same of what is of no use in parts: where it has no room it begins a line. */
static void add_whole(HtDoc *doc, HtStyle role, const char *text, int width)
{
    if (ht_doc_column(doc) + 2 + ht_text_width(text) > width)
        ht_doc_newline(doc);
    ht_doc_add(doc, HT_STYLE_NORMAL, "  ");
    ht_doc_add(doc, role, text);
}

static void add_experience(HtDoc *doc, const HtExperience *job, const HtMask *mask, int width)
{
    g_autofree char *title = ht_clean(job->title ? job->title : "");
    g_autofree char *company = ht_clean(job->company ? job->company : "");
    ht_doc_newline(doc);
    ht_doc_wrap(doc, HT_STYLE_STRONG, 2, width, title);
    add_after(doc, ", ", company, width);
    if (!mask && (job->start_date || job->end_date || job->is_current)) {
        g_autofree char *from = ht_clean(job->start_date ? job->start_date : "?");
        const char *end = job->is_current ? "now" : job->end_date ? job->end_date : "?";
        g_autofree char *to = ht_clean(end);
        g_autofree char *span = g_strdup_printf("%s %s %s", from, ht_sign_dash(), to);
        add_whole(doc, HT_STYLE_TIME, span, width);
    }
    if (job->description) {
        g_autofree char *masked = ht_mask_text(mask, job->description);
        g_autofree char *text = ht_clean_block(masked);
        ht_doc_newline(doc);
        ht_doc_pad(doc, 2);
        ht_doc_wrap(doc, HT_STYLE_NORMAL, 2, width, text);
    }
    g_autofree char *used = joined(job->technologies);
    if (*used) {
        ht_doc_newline(doc);
        ht_doc_pad(doc, 2);
        ht_doc_wrap(doc, HT_STYLE_MUTED, 2, width, used);
    }
}

static void add_education(HtDoc *doc, const HtResume *resume, bool blind, int width)
{
    if (!resume->education || resume->education->len == 0)
        return;
    ht_doc_heading(doc, "Education");
    for (guint i = 0; i < resume->education->len; i++) {
        const HtEducation *e = resume->education->pdata[i];
        g_autofree char *degree = ht_clean(e->degree ? e->degree : "");
        g_autofree char *school = ht_clean(e->institution ? e->institution : "");
        ht_doc_newline(doc);
        ht_doc_wrap(doc, HT_STYLE_NORMAL, 2, width, degree);
        if (blind)
            continue;
        add_after(doc, ", ", school, width);
        g_autofree char *year = g_strdup_printf("%" G_GINT64_FORMAT, e->graduation_year);
        if (e->graduation_year)
            add_whole(doc, HT_STYLE_TIME, year, width);
    }
}

static void add_gaps(HtDoc *doc, const HtResume *resume, int width)
{
    for (guint i = 0; resume->gaps && i < resume->gaps->len; i++) {
        const HtGap *gap = resume->gaps->pdata[i];
        g_autofree char *from = ht_clean(gap->from ? gap->from : "?");
        g_autofree char *to = ht_clean(gap->to ? gap->to : "?");
        g_autofree char *note = ht_clean(gap->note ? gap->note : "");
        if (i == 0)
            ht_doc_heading(doc, "Gaps");
        ht_doc_newline(doc);
        ht_doc_addf(doc, HT_STYLE_TIME, "%s %s %s  ", from, ht_sign_dash(), to);
        ht_doc_wrap(doc, HT_STYLE_NORMAL, 2, width, note);
    }
}

void ht_doc_resume(HtDoc *doc, const HtViewParts *parts, HtKey candidate, bool blind, int width)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(HtResume) resume = ht_cache_resume(parts->reader, candidate, &error);
    ht_doc_heading(doc, "Résumé");
    if (!resume || !resume->is_loaded) {
        ht_doc_newline(doc);
        ht_doc_add(doc, HT_STYLE_MUTED,
                   resume ? "Its text has not arrived yet." : "There is no résumé.");
        return;
    }
    if (!blind) {
        g_autofree char *file = ht_clean(resume->file_name ? resume->file_name : "");
        g_autofree char *day = ht_day_text(parts, resume->uploaded_at);
        ht_doc_newline(doc);
        ht_doc_addf(doc, HT_STYLE_MUTED, "%s%sversion %" G_GINT64_FORMAT "%s%s", file,
                    ht_sign_dot(), resume->version, ht_sign_dot(), day);
    }
    if (resume->summary && !blind) {
        g_autofree char *text = ht_clean_block(resume->summary);
        ht_doc_newline(doc);
        ht_doc_wrap(doc, HT_STYLE_NORMAL, 0, width, text);
    }
    add_words(doc, "Skills", resume->technical, width);
    add_words(doc, "Soft", resume->soft, width);
    if (!blind)
        add_words(doc, "Languages", resume->languages, width);
    if (resume->experience && resume->experience->len > 0)
        ht_doc_heading(doc, "Experience");
    g_autoptr(HtMask) mask = blind ? ht_mask_new(parts->reader, candidate) : NULL;
    for (guint i = 0; resume->experience && i < resume->experience->len; i++)
        add_experience(doc, resume->experience->pdata[i], mask, width);
    add_education(doc, resume, blind, width);
    if (!blind)
        add_gaps(doc, resume, width);
}

/* ---- transcripts
 * ---------------------------------------------------------------------------------- */
static void add_turn_head(HtDoc *doc, const HtViewParts *parts, const HtTurn *turn)
{
    bool agent = turn->role && strcmp(turn->role, "agent") == 0;
    ht_doc_newline(doc);
    if (turn->at) {
        g_autofree char *when = ht_clock_format(turn->at, parts->zone, "%H:%M:%S");
        ht_doc_addf(doc, HT_STYLE_TIME, "%s ", when);
    } else {
        ht_doc_addf(doc, HT_STYLE_TIME, "%02d:%02d ", (int)(turn->start_ms / 60000),
                    (int)(turn->start_ms / 1000 % 60));
    }
    ht_doc_add(doc, agent ? HT_STYLE_AGENT : HT_STYLE_CANDIDATE, agent ? "Agent" : "Candidate");
    if (turn->sentiment && strcmp(turn->sentiment, "neutral") != 0) {
        bool good = strcmp(turn->sentiment, "positive") == 0;
        g_autofree char *clean = ht_clean(turn->sentiment);
        ht_doc_addf(doc, good ? HT_STYLE_SENTIMENT_POSITIVE : HT_STYLE_SENTIMENT_NEGATIVE,
                    "  %s %s", good ? "+" : "-", clean);
    }
    if (turn->barge_in)
        ht_doc_add(doc, HT_STYLE_MUTED, "  interrupted");
    for (int i = 0; turn->flags && turn->flags[i]; i++) {
        g_autofree char *flag = ht_clean(g_strdelimit(turn->flags[i], "_", ' '));
        ht_doc_addf(doc, HT_STYLE_FLAG, "  ! %s", flag);
    }
}

static void add_answers(HtDoc *doc, const HtTranscript *transcript, const HtMask *mask, int width)
{
    if (!transcript->answers || transcript->answers->len == 0)
        return;
    ht_doc_heading(doc, "Questions");
    for (guint i = 0; i < transcript->answers->len; i++) {
        const HtScreeningAnswer *answer = transcript->answers->pdata[i];
        g_autofree char *question = ht_clean(answer->question ? answer->question : "");
        ht_doc_newline(doc);
        ht_doc_add(doc, answer->answered ? HT_STYLE_EVIDENCE_MET : HT_STYLE_EVIDENCE_NONE,
                   answer->answered ? "+ " : "? ");
        ht_doc_wrap(doc, HT_STYLE_NORMAL, 2, width, question);
        if (answer->note && *answer->note) {
            g_autofree char *masked = ht_mask_text(mask, answer->note);
            g_autofree char *note = ht_clean_block(masked);
            ht_doc_newline(doc);
            ht_doc_pad(doc, 4);
            ht_doc_wrap(doc, HT_STYLE_MUTED, 4, width, note);
        }
    }
}

static void add_analysis(HtDoc *doc, const HtTranscript *transcript, const HtMask *mask, int width)
{
    if (transcript->summary && *transcript->summary) {
        g_autofree char *masked = ht_mask_text(mask, transcript->summary);
        g_autofree char *text = ht_clean_block(masked);
        g_autofree char *model = ht_clean(transcript->model ? transcript->model : "unknown model");
        ht_doc_newline(doc);
        ht_doc_wrap(doc, HT_STYLE_NORMAL, 0, width, text);
        ht_doc_newline(doc);
        ht_doc_addf(doc, HT_STYLE_MUTED, "Summary written by %s", model);
    }
    add_answers(doc, transcript, mask, width);
}

/* "Screening chat · Thu 5 Feb 2026 07:36 · 10 min · ended early": what is not known is left out. */
static char *transcript_head(const HtViewParts *parts, const HtTranscript *transcript)
{
    const char *kind = transcript->kind ? transcript->kind : "screening", *status;
    status = transcript->status ? transcript->status : "";
    g_autofree char *said = ht_clean(kind);
    g_autofree char *when = ht_moment_text(parts, transcript->started_at);
    g_autofree char *job = ht_clean(transcript->job_title ? transcript->job_title : "");
    GString *head = g_string_new(transcript->is_voice             ? "Voice call"
                                 : strcmp(kind, "text_chat") == 0 ? "Screening chat"
                                                                  : g_strdelimit(said, "_", ' '));
    g_string_append_printf(head, "%s%s", ht_sign_dot(), *when ? when : "not begun");
    if (transcript->duration_s > 0)
        g_string_append_printf(head, "%s%d min", ht_sign_dot(),
                               (int)((transcript->duration_s + 59) / 60));
    if (strcmp(status, "abandoned") == 0)
        g_string_append_printf(head, "%sended early", ht_sign_dot());
    else if (strcmp(status, "in_progress") == 0)
        g_string_append_printf(head, "%snot finished", ht_sign_dot());
    if (*job)
        g_string_append_printf(head, "%s%s", ht_sign_dot(), job);
    return g_string_free(head, FALSE);
}

void ht_doc_transcript(HtDoc *doc, const HtViewParts *parts, HtKey key, bool blind, int width)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(HtTranscript) transcript = ht_cache_transcript(parts->reader, key, &error);
    if (!transcript) {
        ht_doc_newline(doc);
        ht_doc_add(doc, HT_STYLE_ROW_GONE, "This transcript is no longer there.");
        return;
    }
    g_autofree char *head = transcript_head(parts, transcript);
    ht_doc_heading(doc, head);
    g_autoptr(HtMask) mask = blind ? ht_mask_new(parts->reader, transcript->candidate) : NULL;
    add_analysis(doc, transcript, mask, width);
    if (!transcript->is_loaded) {
        ht_doc_newline(doc);
        ht_doc_add(doc, HT_STYLE_MUTED, "What was said has not arrived yet.");
        return;
    }
    ht_doc_newline(doc);
    if (transcript->turns->len == 0)
        ht_doc_add(doc, HT_STYLE_MUTED, "Nothing was said yet.");
    for (guint i = 0; i < transcript->turns->len; i++) {
        const HtTurn *turn = transcript->turns->pdata[i];
        add_turn_head(doc, parts, turn);
        g_autofree char *masked = ht_mask_text(mask, turn->text ? turn->text : "");
        g_autofree char *text = ht_clean_block(masked);
        ht_doc_newline(doc);
        ht_doc_pad(doc, 2);
        ht_doc_wrap(doc, HT_STYLE_NORMAL, 2, width, text);
    }
}

/* ---- history
 * --------------------------------------------------------------------------------------- */
static void add_what(HtDoc *doc, const HtHistoryItem *item)
{
    g_autofree char *from = ht_clean(item->from_stage), *to = ht_clean(item->to_stage);
    switch (item->kind) {
    case HT_HISTORY_APPLIED:
        ht_doc_add(doc, HT_STYLE_NORMAL, "applied");
        return;
    case HT_HISTORY_INTERVIEW:
        ht_doc_add(doc, HT_STYLE_STAGE_INTERVIEW, "interview");
        return;
    case HT_HISTORY_NOTE:
        ht_doc_add(doc, HT_STYLE_NORMAL, "note");
        return;
    case HT_HISTORY_PENDING:
    case HT_HISTORY_DECISION:
        ht_doc_add(doc, HT_STYLE_STRONG, ht_decision_past(item->decision));
        break;
    case HT_HISTORY_EVENT:
    default:
        ht_doc_add(doc, HT_STYLE_NORMAL, "moved");
        break;
    }
    if (from && to)
        ht_doc_addf(doc, HT_STYLE_MUTED, " %s %s %s", from, ht_text_is_ascii() ? "->" : "→", to);
    else if (to)
        ht_doc_addf(doc, HT_STYLE_MUTED, " to %s", to);
}

static void add_how(HtDoc *doc, const HtHistoryItem *item)
{
    if (item->kind != HT_HISTORY_DECISION && item->kind != HT_HISTORY_PENDING)
        return;
    g_autoptr(GString) how = g_string_new(NULL);
    if (item->score_seen != HT_SCORE_NONE)
        g_string_append_printf(how, "score seen %" G_GINT64_FORMAT "%s",
                               (item->score_seen + 50) / 100, ht_sign_dot());
    g_string_append(how, item->viewed ? "evidence opened" : "evidence not opened");
    if (item->seconds_viewed > 0)
        g_string_append_printf(how, " %" G_GINT64_FORMAT " s", item->seconds_viewed);
    if (item->agreed >= 0)
        g_string_append_printf(how, "%s%s the model", ht_sign_dot(),
                               item->agreed ? "agreed with" : "overrode");
    if (item->blind)
        g_string_append_printf(how, "%sblind", ht_sign_dot());
    ht_doc_newline(doc);
    ht_doc_pad(doc, 4);
    ht_doc_add(doc, HT_STYLE_MUTED, how->str);
}

static void add_item(HtDoc *doc, const HtViewParts *parts, const HtHistoryItem *item,
                     const HtMask *mask, int width)
{
    g_autofree char *when = ht_moment_text(parts, item->at);
    g_autofree char *job = ht_clean(item->job_title), *actor = ht_clean(item->actor);
    ht_doc_newline(doc);
    ht_doc_addf(doc, HT_STYLE_TIME, "%s  ", when);
    add_what(doc, item);
    if (actor)
        ht_doc_addf(doc, HT_STYLE_NORMAL, " by %s", actor);
    if (item->kind == HT_HISTORY_PENDING)
        ht_doc_add(doc, HT_STYLE_STATE_PENDING, "  not sent yet");
    if (item->is_conflict)
        ht_doc_add(doc, HT_STYLE_STATE_CONFLICT, "  ! conflict");
    if (item->is_reversed)
        ht_doc_add(doc, HT_STYLE_MUTED, "  undone");
    g_autofree char *masked = ht_mask_text(mask, item->text);
    const char *texts[] = {job, item->reason, masked};
    for (gsize i = 0; i < G_N_ELEMENTS(texts); i++) {
        if (!texts[i] || !*texts[i])
            continue;
        g_autofree char *clean = ht_clean_block(texts[i]);
        ht_doc_newline(doc);
        ht_doc_pad(doc, 4);
        ht_doc_wrap(doc, i == 0 ? HT_STYLE_MUTED : HT_STYLE_NORMAL, 4, width, clean);
    }
    add_how(doc, item);
}

void ht_doc_history(HtDoc *doc, const HtViewParts *parts, HtKey candidate, HtKey match, bool blind,
                    int width)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) items = ht_cache_history(parts->reader, candidate, match, &error);
    if (!items || items->len == 0) {
        ht_doc_newline(doc);
        ht_doc_add(doc, HT_STYLE_MUTED, "Nothing has happened yet.");
        return;
    }
    g_autoptr(HtMask) mask = blind || ht_blind_hides(parts->reader, match, candidate)
                                 ? ht_mask_new(parts->reader, candidate)
                                 : NULL;
    if (!ht_reader_is_settled(parts->reader)) {
        ht_doc_newline(doc);
        ht_doc_add(doc, HT_STYLE_MUTED, "Moves between stages are still being loaded.");
    }
    for (guint i = 0; i < items->len; i++)
        add_item(doc, parts, items->pdata[i], mask, width);
}
