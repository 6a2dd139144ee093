/* Why a match scored as it did. What a model said is shown as a model's: with its name, its date,
 * its quotes, and plainly "no evidence" where there is none. */
#include "view_impl.h"

#include "hiretty/cache/candidates.h"
#include "hiretty/cache/matches.h"

enum { BAR_CELLS = 10, NAME_CELLS = 26, MOST_NAME = 40 };

typedef struct {
    HtStyle role;
    const char *text;
} VerdictText;

static VerdictText verdict_text(HtVerdict verdict)
{
    switch (verdict) {
    case HT_VERDICT_MET:
        return (VerdictText){HT_STYLE_EVIDENCE_MET, "met"};
    case HT_VERDICT_PARTLY:
        return (VerdictText){HT_STYLE_EVIDENCE_PARTLY, "partly"};
    case HT_VERDICT_NOT_SHOWN:
        return (VerdictText){HT_STYLE_EVIDENCE_NONE, "not shown"};
    case HT_VERDICT_CONTRADICTED:
        return (VerdictText){HT_STYLE_EVIDENCE_CONTRADICTED, "contradicted"};
    case HT_VERDICT_NONE:
    default:
        return (VerdictText){HT_STYLE_MUTED, "not judged"};
    }
}

static void add_bar(HtDoc *doc, int64_t centi)
{
    int full = (int)((CLAMP(centi, 0, 10000) * BAR_CELLS + 5000) / 10000);
    const char *on = ht_text_is_ascii() ? "=" : "━", *off = ht_text_is_ascii() ? "-" : "─";
    g_autoptr(GString) filled = g_string_new(NULL);
    g_autoptr(GString) empty = g_string_new(NULL);
    for (int i = 0; i < BAR_CELLS; i++)
        g_string_append(i < full ? filled : empty, i < full ? on : off);
    ht_doc_add(doc, HT_STYLE_BAR, filled->str);
    ht_doc_add(doc, HT_STYLE_BAR_EMPTY, empty->str);
}

static void add_factor(HtDoc *doc, const HtFactor *factor, const HtMask *mask, int width)
{
    int name_cells = CLAMP(width - BAR_CELLS - 28, 12, MOST_NAME);
    g_autofree char *name = ht_clean(factor->name ? factor->name : "");
    g_autofree char *padded = ht_text_pad(name, name_cells, HT_ALIGN_LEFT);
    VerdictText verdict = verdict_text(factor->verdict);
    ht_doc_newline(doc);
    ht_doc_addf(doc, HT_STYLE_LABEL, "%s ", padded);
    add_bar(doc, factor->score_centi);
    ht_doc_addf(doc, HT_STYLE_NORMAL, " %3" G_GINT64_FORMAT " ", (factor->score_centi + 50) / 100);
    ht_doc_addf(doc, verdict.role, "%s %s", ht_style_mark(verdict.role), verdict.text);
    if (factor->weight > 0)
        ht_doc_addf(doc, HT_STYLE_MUTED, "  weight %" G_GINT64_FORMAT, factor->weight);
    ht_doc_newline(doc);
    ht_doc_pad(doc, 2);
    if (factor->quote && *factor->quote) {
        g_autofree char *masked = ht_mask_text(mask, factor->quote);
        g_autofree char *quote = ht_clean(masked);
        const char *open = ht_text_is_ascii() ? "\"" : "“", *end = ht_text_is_ascii() ? "\"" : "”";
        g_autofree char *quoted = g_strconcat(open, quote, end, NULL);
        ht_doc_wrap(doc, HT_STYLE_QUOTE, 2, width, quoted);
    } else {
        ht_doc_add(doc, HT_STYLE_EVIDENCE_NONE, "no evidence in the résumé");
    }
}

/* What they do now, and where: what one looks for first. */
static void add_who(HtDoc *doc, const HtMatchRow *row, int width)
{
    const char *parts[] = {row->current_title, row->current_company, row->location};
    g_autoptr(GString) line = g_string_new(NULL);
    for (int i = 0; i < 3; i++) {
        if (!parts[i] || !*parts[i])
            continue;
        if (line->len > 0)
            g_string_append(line, i == 1 ? ", " : ht_sign_dot());
        g_string_append(line, parts[i]);
    }
    if (line->len == 0)
        return;
    g_autofree char *clean = ht_clean(line->str);
    ht_doc_newline(doc);
    ht_doc_wrap(doc, HT_STYLE_NORMAL, 0, width, clean);
}

static void add_head(HtDoc *doc, const HtViewParts *parts, const HtMatchRow *row, bool blind,
                     int width)
{
    g_autofree char *name =
        blind ? ht_blind_name(parts->reader, row->candidate) : ht_clean(row->name);
    ht_doc_newline(doc);
    ht_doc_wrap(doc, HT_STYLE_TITLE, 0, width, name && *name ? name : "(erased)");
    add_who(doc, row, width);
    g_autofree char *score = ht_score_text(row->score, row->band);
    g_autofree char *stage =
        ht_clean(row->stage_name ? row->stage_name : ht_stage_type_label(row->stage_type));
    ht_doc_newline(doc);
    ht_doc_addf(doc, ht_style_of_band(row->band), "Fit %s", score);
    ht_doc_add(doc, HT_STYLE_MUTED, ht_sign_dot());
    ht_doc_add(doc, ht_style_of_stage(row->stage_type), stage);
    if (row->stage_since) {
        char age[16];
        ht_clock_format_age(ht_clock_now_us() - row->stage_since, age);
        ht_doc_addf(doc, row->flags & HT_MATCH_OVER_SLA ? HT_STYLE_TIME_LATE : HT_STYLE_TIME,
                    " for %s", age);
    }
    if (row->flags & HT_MATCH_HELD) {
        g_autofree char *until = ht_day_text(parts, row->held_until);
        ht_doc_addf(doc, HT_STYLE_WARNING, "%sheld until %s", ht_sign_dot(), until);
    }
    g_autofree char *job = ht_clean(row->job_title);
    if (ht_doc_column(doc) + ht_text_width(ht_sign_dot()) + ht_text_width(job) <= width)
        ht_doc_add(doc, HT_STYLE_MUTED, ht_sign_dot());
    else
        ht_doc_newline(doc);
    ht_doc_wrap(doc, HT_STYLE_MUTED, 0, width, job);
    if (row->flags & HT_MATCH_FLAGGED) {
        ht_doc_newline(doc);
        ht_doc_wrap(doc, HT_STYLE_FLAG, 2, width,
                    "! This score carries a bias warning: judge by the evidence.");
    }
    if (row->flags & HT_MATCH_DUPLICATE) {
        ht_doc_newline(doc);
        ht_doc_add(doc, HT_STYLE_WARNING, "! Merged into another person.");
    }
}

static void add_warnings(HtDoc *doc, const HtExplanation *why, int width)
{
    if (why->is_stale) {
        ht_doc_newline(doc);
        ht_doc_wrap(doc, HT_STYLE_WARNING, 2, width,
                    "! The résumé or the job changed after this was written: read it yourself.");
    }
    if (why->no_evidence) {
        ht_doc_newline(doc);
        ht_doc_wrap(doc, HT_STYLE_EVIDENCE_NONE, 2, width,
                    "? No evidence: the model found nothing in the résumé that supports this "
                    "score.");
    }
}

static void add_source(HtDoc *doc, const HtViewParts *parts, const HtExplanation *why, int width)
{
    g_autofree char *model = ht_clean(why->model_version ? why->model_version : "unknown model");
    g_autofree char *day = ht_day_text(parts, why->created_at);
    g_autoptr(GString) line = g_string_new(NULL);
    g_string_append_printf(line, "Written by %s%s%s", model, ht_sign_dot(), day);
    if (why->prompt_version) {
        g_autofree char *prompt = ht_clean(why->prompt_version);
        g_string_append_printf(line, "%sprompt %s", ht_sign_dot(), prompt);
    }
    if (why->confidence >= 0)
        g_string_append_printf(line, "%sconfidence %d %%", ht_sign_dot(),
                               (int)(why->confidence * 100 + 0.5));
    ht_doc_newline(doc);
    ht_doc_wrap(doc, HT_STYLE_MUTED, 2, width, line->str);
    if (why->recommendation) {
        g_autofree char *said = ht_clean(why->recommendation);
        ht_doc_newline(doc);
        ht_doc_addf(doc, HT_STYLE_MUTED, "It suggests: %s. The decision is yours.", said);
    }
}

void ht_doc_evidence(HtDoc *doc, const HtViewParts *parts, HtKey match, bool blind, int width)
{
    g_autoptr(GError) error = NULL;
    HtMatchRow *row = ht_cache_match(parts->reader, match, &error);
    if (!row) {
        ht_doc_newline(doc);
        ht_doc_add(doc, HT_STYLE_ROW_GONE, "This application is no longer there.");
        return;
    }
    add_head(doc, parts, row, blind, width);
    g_autoptr(HtMask) mask = blind ? ht_mask_new(parts->reader, row->candidate) : NULL;
    ht_match_rows_free(row, 1);
    ht_doc_heading(doc, "Why");
    g_autoptr(HtExplanation) why = ht_cache_explanation(parts->reader, match, &error);
    if (!why) {
        bool comes = ht_cache_explanations_come(parts->reader);
        ht_doc_newline(doc);
        ht_doc_wrap(doc, comes ? HT_STYLE_MUTED : HT_STYLE_EVIDENCE_NONE, 0, width,
                    comes ? "Explanations are still being loaded."
                          : "No explanation: nobody and nothing has said why. Read the résumé.");
        return;
    }
    add_warnings(doc, why, width);
    if (why->text && *why->text && !blind) {
        g_autofree char *text = ht_clean_block(why->text);
        ht_doc_newline(doc);
        ht_doc_wrap(doc, HT_STYLE_NORMAL, 0, width, text);
    }
    for (guint i = 0; i < why->factors->len; i++)
        add_factor(doc, why->factors->pdata[i], mask, width);
    add_source(doc, parts, why, width);
}
