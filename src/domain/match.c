/* Matches and their explanations. The factors of an explanation come from a model by way of the
 * server: what is malformed is left out, numbers are held to their range. */
#include "hiretty/domain/match.h"

#include "json_read.h"

#include <string.h>

void ht_match_row_clear(HtMatchRow *row)
{
    char **const texts[] = {
        &row->stage_name, &row->name,         &row->current_title, &row->current_company,
        &row->last_title, &row->last_company, &row->location,      &row->source,
        &row->tags,       &row->skills,       &row->job_title,
    };
    for (gsize i = 0; i < G_N_ELEMENTS(texts); i++)
        g_free(*texts[i]);
    *row = (HtMatchRow){0};
}

void ht_match_rows_free(HtMatchRow *rows, gsize n)
{
    for (gsize i = 0; rows && i < n; i++)
        ht_match_row_clear(&rows[i]);
    g_free(rows);
}

static const char *const verdict_names[] = {"", "met", "partly", "not_shown", "contradicted"};

HtVerdict ht_verdict_parse(const char *name)
{
    for (gsize i = 1; name && i < G_N_ELEMENTS(verdict_names); i++)
        if (strcmp(verdict_names[i], name) == 0)
            return (HtVerdict)i;
    return HT_VERDICT_NONE;
}

const char *ht_verdict_name(HtVerdict verdict)
{
    return (gsize)verdict < G_N_ELEMENTS(verdict_names) ? verdict_names[verdict] : "";
}

static HtFactor *read_factor(const HtJson *json)
{
    g_autofree char *name = ht_domain_json_text(json, "name");
    if (!name)
        return NULL;
    HtFactor *factor = g_new0(HtFactor, 1);
    factor->name = g_steal_pointer(&name);
    factor->weight = CLAMP(ht_json_get_int(json, "weight", 1), 1, 5);
    double score = ht_json_get_double(json, "score", 0);
    factor->score_centi = (int64_t)(CLAMP(score, 0.0, 100.0) * 100.0 + 0.5);
    factor->verdict = ht_verdict_parse(ht_json_get_string(json, "verdict", NULL));
    factor->quote = ht_domain_json_text(json, "quote");
    return factor;
}

void ht_explanation_read_factors(HtExplanation *explanation, const char *json)
{
    g_clear_pointer(&explanation->factors, g_ptr_array_unref);
    g_clear_pointer(&explanation->recommendation, g_free);
    explanation->factors = g_ptr_array_new_with_free_func((GDestroyNotify)ht_factor_free);
    explanation->confidence = -1;
    explanation->no_evidence = false;
    g_autoptr(HtJson) root = json ? ht_json_parse(json, -1, NULL) : NULL;
    if (ht_json_type(root) != HT_JSON_OBJECT)
        return;
    explanation->recommendation = ht_domain_json_text(root, "recommendation");
    explanation->no_evidence = ht_json_get_bool(root, "no_evidence", false);
    if (ht_json_has(root, "confidence"))
        explanation->confidence = CLAMP(ht_json_get_double(root, "confidence", 0), 0.0, 1.0);
    for (const HtJson *e = ht_json_first(ht_json_get(root, "factors")); e; e = ht_json_next(e)) {
        HtFactor *factor = read_factor(e);
        if (factor)
            g_ptr_array_add(explanation->factors, factor);
    }
}

void ht_factor_free(HtFactor *factor)
{
    if (!factor)
        return;
    g_free(factor->name);
    g_free(factor->quote);
    g_free(factor);
}

void ht_explanation_free(HtExplanation *explanation)
{
    if (!explanation)
        return;
    g_free(explanation->text);
    g_free(explanation->model_version);
    g_free(explanation->prompt_version);
    g_free(explanation->recommendation);
    g_clear_pointer(&explanation->factors, g_ptr_array_unref);
    g_free(explanation);
}
