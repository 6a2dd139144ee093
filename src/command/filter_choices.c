/* What Tab makes of the start of a filter: names of fields, and their values. Those that the
 * language itself knows stand there from the start; those that people wrote (tags, skills …) are
 * looked up when their field is typed. */
#include "context_impl.h"

#include <string.h>

/* "stage:", "score>=": a field with the comparison of its example. Caller frees. */
static char *start_of_term(const HtFilterFieldInfo *field)
{
    const char *at = strstr(field->example, field->name);
    const char *sign = at ? at + strlen(field->name) : ":";
    return g_strdup_printf("%s%.*s", field->name, (int)strspn(sign, ":=!<>"), sign);
}

/* Can it be asked of what the list is about? */
static bool takes_value(HtViewId id, HtFilterField field, const char *value)
{
    gsize n;
    const HtFilterValueInfo *values = ht_filter_values(&n);
    for (gsize i = 0; id == HT_VIEW_JOBS && i < n; i++) {
        if (values[i].field == field && strcmp(values[i].value, value) == 0)
            return values[i].of_jobs;
    }
    return *value;
}

/* Tab completes field names and the values that are known. */
void ht_add_filter_choices(HtPrompt *prompt, HtViewId id)
{
    gsize n;
    const HtFilterFieldInfo *fields = ht_filter_fields(&n);
    bool has_fields = id == HT_VIEW_JOBS || id == HT_VIEW_MATCHES || id == HT_VIEW_CANDIDATES;
    for (gsize i = 0; has_fields && i < n; i++) {
        if (fields[i].field == HT_FIELD_WORDS || (id == HT_VIEW_JOBS && !fields[i].of_jobs))
            continue;
        g_autofree char *name = start_of_term(&fields[i]);
        ht_prompt_add_choice(prompt, name, fields[i].summary, NULL, 0,
                             (gpointer)(guintptr)&fields[i]);
        g_auto(GStrv) values = g_strsplit(fields[i].values ? fields[i].values : "", " ", -1);
        for (int v = 0; values[v]; v++) {
            g_autofree char *whole = g_strconcat(fields[i].name, ":", values[v], NULL);
            if (takes_value(id, fields[i].field, values[v]))
                ht_prompt_add_choice(prompt, whole, fields[i].summary, NULL, 0, NULL);
        }
    }
}

/* As the language reads it back. Caller frees. */
static char *whole_term(const char *field, const char *value)
{
    if (!strpbrk(value, " \t\"|"))
        return g_strconcat(field, ":", value, NULL);
    g_autoptr(GString) text = g_string_new(value);
    g_string_replace(text, "\\", "\\\\", 0);
    g_string_replace(text, "\"", "\\\"", 0);
    return g_strdup_printf("%s:\"%s\"", field, text->str);
}

static bool has_choice(const HtPrompt *prompt, const char *text)
{
    for (guint i = 0; i < prompt->choices->len; i++) {
        if (strcmp(g_array_index(prompt->choices, HtChoice, i).text, text) == 0)
            return true;
    }
    return false;
}

static void add_used(HtContext *context, HtPrompt *prompt, const HtFilterFieldInfo *field)
{
    g_autoptr(GPtrArray) values = ht_cache_filter_values(context->parts.reader, field->field);
    for (guint i = 0; i < values->len; i++) {
        g_autofree char *term = whole_term(field->name, values->pdata[i]);
        if (!has_choice(prompt, term))
            ht_prompt_add_choice(prompt, term, field->summary, NULL, 0, NULL);
    }
}

void ht_follow_filter_choices(HtContext *context, HtPrompt *prompt)
{
    enum { NOT_LOOKED_UP = 0, LOOKED_UP };
    const char *word = ht_prompt_last_word(prompt->text);
    for (guint i = 0; i < prompt->choices->len; i++) {
        HtChoice *choice = &g_array_index(prompt->choices, HtChoice, i);
        const HtFilterFieldInfo *field = choice->data;
        if (!field || choice->value != NOT_LOOKED_UP || !g_str_has_prefix(word, choice->text))
            continue;
        choice->value = LOOKED_UP; /* before there are more, and it moves */
        add_used(context, prompt, field);
        return;
    }
}
