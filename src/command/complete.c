/* Tab in the line of a prompt. What a word may become is asked of the text as it was typed, the
 * stem: so Tab goes on to the next proposal although the text is the one before by now. A field of
 * the filter language is proposed before its values ("st": "stage:", "status:"; "stage:": its
 * values), each value behind a "|" too unless it stands before that already. */
#include "hiretty/command/prompt.h"

#include "hiretty/base/text.h"

#include <string.h>

/* ---- names with commas between */

/* Is it one of the names before `end`, which is where the last one begins? */
static bool is_taken(const HtPrompt *prompt, const char *end, const char *name)
{
    g_autofree char *before = g_strndup(prompt->text, (gsize)(end - prompt->text));
    g_auto(GStrv) list = g_strsplit(before, ",", -1);
    for (int i = 0; list[i]; i++) {
        if (g_ascii_strcasecmp(g_strstrip(list[i]), name) == 0)
            return true;
    }
    return false;
}

static const char *choice_text(const HtPrompt *prompt, guint i)
{
    return g_array_index(prompt->choices, HtChoice, i).text;
}

/* The name after the last comma: its start becomes the whole, nothing the first that is not there
 * yet, and a whole one the next, or with a `step` of -1 the one before. */
static char *complete_in_list(const HtPrompt *prompt, int step)
{
    const char *comma = strrchr(prompt->text, ',');
    const char *name = comma ? comma + 1 : prompt->text;
    name += strspn(name, " ");
    g_autofree char *wanted = g_strchomp(ht_text_fold(name));
    int n = (int)prompt->choices->len, at = step > 0 ? -1 : n;
    bool is_whole = !*wanted;
    for (int i = 0; i < n && !is_whole; i++) {
        g_autofree char *folded = ht_text_fold(choice_text(prompt, (guint)i));
        is_whole = strcmp(folded, wanted) == 0;
        at = is_whole ? i : at;
    }
    for (int tried = 0; tried < n; tried++) {
        at = (at + step + n) % n;
        const char *text = choice_text(prompt, (guint)at);
        g_autofree char *folded = ht_text_fold(text);
        if ((is_whole || g_str_has_prefix(folded, wanted)) && !is_taken(prompt, name, text)) {
            g_autofree char *before = g_strndup(prompt->text, (gsize)(name - prompt->text));
            return g_strconcat(before, text, NULL);
        }
    }
    return NULL;
}

/* ---- words */

const char *ht_prompt_last_word(const char *text)
{
    const char *word = text;
    bool in_quotes = false; /* where a blank ends no word */
    for (const char *at = text; *at; at++) {
        in_quotes = in_quotes != (*at == '"');
        if (*at == ' ' && !in_quotes)
            word = at + 1;
    }
    return word + (*word == '-' || *word == '+' || *word == '!');
}

/* What choices are compared with: the word, of "stage:applied|sh" the field and the last value. */
static char *sought(const char *word)
{
    const char *colon = strchr(word, ':'), *bar = colon ? strrchr(colon, '|') : NULL;
    if (!bar)
        return g_strdup(word);
    g_autofree char *field = g_strndup(word, (gsize)(colon - word) + 1);
    return g_strconcat(field, bar + 1, NULL);
}

/* Does the choice begin like the word, and go on? Of a value in quotes nobody types the first. */
static bool goes_with(const char *text, const char *wanted)
{
    for (; *wanted; text++, wanted++) {
        if (*text == '"' && *wanted != '"')
            text++;
        if (g_ascii_tolower(*text) != g_ascii_tolower(*wanted))
            return false;
    }
    return *text;
}

/* "stage:applied" is for who has "stage:" already, as long as that is a choice of its own. */
static bool comes_later(const HtPrompt *prompt, const char *text, gsize typed)
{
    const char *colon = strchr(text, ':');
    gsize field = colon ? (gsize)(colon - text) + 1 : 0;
    if (!field || !text[field] || typed >= field)
        return false;
    for (guint i = 0; i < prompt->choices->len; i++) {
        const char *other = choice_text(prompt, i);
        if (strlen(other) == field && strncmp(other, text, field) == 0)
            return true;
    }
    return false;
}

/* Is it one of the values before the last "|" of the word? */
static bool is_value_taken(const char *word, const char *proposal)
{
    const char *colon = strchr(word, ':'), *bar = colon ? strrchr(colon, '|') : NULL;
    const char *value = strchr(proposal, ':');
    gsize len = value ? strlen(++value) : 0;
    for (const char *at = colon; bar && value && at < bar; at = strchr(at + 1, '|')) {
        gsize taken = strcspn(at + 1, "|");
        if (taken == len && g_ascii_strncasecmp(at + 1, value, len) == 0)
            return true;
    }
    return false;
}

static GPtrArray *proposals_for(const HtPrompt *prompt, const char *stem)
{
    const char *word = ht_prompt_last_word(stem);
    g_autofree char *wanted = sought(word);
    gsize len = strlen(wanted);
    GPtrArray *found = g_ptr_array_new();
    for (guint i = 0; i < prompt->choices->len; i++) {
        const char *text = choice_text(prompt, i);
        if (goes_with(text, wanted) && !comes_later(prompt, text, len) &&
            !is_value_taken(word, text))
            g_ptr_array_add(found, (gpointer)(guintptr)text);
    }
    return found;
}

/* The stem with its last word, or the last value of that, completed. */
static char *completed(const char *stem, const char *proposal)
{
    const char *word = ht_prompt_last_word(stem), *colon = strchr(word, ':');
    const char *bar = colon ? strrchr(colon, '|') : NULL;
    const char *rest = bar ? strchr(proposal, ':') + 1 : proposal;
    g_autofree char *before = g_strndup(stem, (gsize)((bar ? bar + 1 : word) - stem));
    return g_strconcat(before, rest, NULL);
}

/* Is the text what Tab made of the stem, and was there more than that to choose from? Where there
 * was not, Tab goes on from what stands there. */
static bool goes_on(const HtPrompt *prompt)
{
    if (!prompt->stem || strcmp(prompt->text, prompt->completed) != 0)
        return false;
    g_autoptr(GPtrArray) all = proposals_for(prompt, prompt->stem);
    return all->len > 1;
}

static int index_of(const HtPrompt *prompt, const GPtrArray *proposals)
{
    for (guint i = 0; i < proposals->len; i++) {
        g_autofree char *text = completed(prompt->stem, proposals->pdata[i]);
        if (strcmp(text, prompt->text) == 0)
            return (int)i;
    }
    return -1;
}

GPtrArray *ht_prompt_proposals(const HtPrompt *prompt, int *current)
{
    *current = -1;
    if (prompt->kind != HT_PROMPT_TEXT || prompt->is_list)
        return g_ptr_array_new();
    bool on = goes_on(prompt);
    if (!on && !*ht_prompt_last_word(prompt->text))
        return g_ptr_array_new();
    GPtrArray *proposals = proposals_for(prompt, on ? prompt->stem : prompt->text);
    if (on)
        *current = index_of(prompt, proposals);
    return proposals;
}

char *ht_prompt_complete(HtPrompt *prompt, int step)
{
    if (prompt->kind == HT_PROMPT_CHOICE) {
        const HtChoice *choice = ht_prompt_choice(prompt);
        return choice ? g_strdup(choice->text) : NULL;
    }
    if (prompt->is_list)
        return complete_in_list(prompt, step);
    bool on = goes_on(prompt);
    g_autoptr(GPtrArray) proposals = proposals_for(prompt, on ? prompt->stem : prompt->text);
    int n = (int)proposals->len;
    if (n == 0)
        return NULL;
    if (!on) {
        g_free(prompt->stem);
        prompt->stem = g_strdup(prompt->text);
    }
    int before = on ? index_of(prompt, proposals) : step > 0 ? -1 : n;
    g_free(prompt->completed);
    prompt->completed = completed(prompt->stem, proposals->pdata[(before + step + n) % n]);
    return g_strdup(prompt->completed);
}
