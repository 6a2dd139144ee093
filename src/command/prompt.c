/* Prompts own their texts: choices point into a string chunk that lives as long as the prompt. The
 * fuzzy score prefers starts of words and unbroken runs, so that "must" finds "Must-have missing".
 */
#include "hiretty/command/prompt.h"

#include "hiretty/base/secret.h"
#include "hiretty/base/text.h"

#include <stdarg.h>
#include <string.h>

enum { HIT = 1, WORD_START = 8, RUN = 4, WHOLE_START = 12, MAX_TYPED = 8, MAX_TEXT = 80 };

/* ---- results
 * ------------------------------------------------------------------------------------- */
void ht_result_clear(HtResult *result)
{
    g_clear_pointer(&result->text, g_free);
    g_clear_pointer(&result->prompt, ht_prompt_free);
    result->kind = HT_RESULT_NONE;
}

HtResult ht_result_none(void)
{
    return (HtResult){HT_RESULT_NONE, NULL, NULL};
}

static HtResult with_text(HtResultKind kind, char *text)
{
    char *clean = ht_text_sanitize(text, -1, HT_TEXT_LINE, NULL);
    g_free(text);
    return (HtResult){kind, clean, NULL};
}

HtResult ht_result_message(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    char *text = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    return with_text(HT_RESULT_MESSAGE, text);
}

HtResult ht_result_error(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    char *text = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    return with_text(HT_RESULT_ERROR, text);
}

HtResult ht_result_take_error(GError *error)
{
    HtResult result =
        with_text(HT_RESULT_ERROR, g_strdup(error ? error->message : "it did not work"));
    g_clear_error(&error);
    return result;
}

HtResult ht_result_prompt(HtPrompt *prompt)
{
    HtResultKind kind = prompt->kind == HT_PROMPT_EDITOR ? HT_RESULT_EDITOR : HT_RESULT_PROMPT;
    return (HtResult){kind, NULL, prompt};
}

/* ---- fuzzy
 * ---------------------------------------------------------------------------------------- */
static int score_at(const char *text, int at)
{
    bool start = at == 0 || !g_ascii_isalnum(text[at - 1]);
    return HIT + (start ? WORD_START : 0) + (at == 0 ? WHOLE_START : 0);
}

/* The best way to find `typed` in `text` in this order. From the ends backwards, so that each rest
 * is weighed once: trying every way takes minutes when a stranger's text repeats one letter. -1 =
 * no way. */
static int best_score(const char *typed, const char *text)
{
    int n = (int)strlen(typed), m = (int)strlen(text);
    /* Of typed[i…] in text[j…]; in `run` text[j - 1] was taken for typed[i - 1]. */
    int any[MAX_TYPED + 1][MAX_TEXT + 2], run[MAX_TYPED + 1][MAX_TEXT + 2];
    for (int j = 0; j <= m + 1; j++)
        any[n][j] = run[n][j] = 0;
    for (int i = n - 1; i >= 0; i--) {
        any[i][m] = run[i][m] = any[i][m + 1] = run[i][m + 1] = -1;
        for (int j = m - 1; j >= 0; j--) {
            int rest = text[j] == typed[i] ? run[i + 1][j + 1] : -1;
            int here = rest >= 0 ? score_at(text, j) + rest : -1;
            any[i][j] = MAX(any[i][j + 1], here);
            run[i][j] = MAX(any[i][j], here >= 0 ? here + RUN : -1);
        }
    }
    return any[0][0];
}

static bool is_subsequence(const char *typed, const char *text)
{
    for (; *typed && *text; text++)
        typed += *typed == *text;
    return !*typed;
}

int ht_fuzzy_score(const char *typed, const char *text)
{
    g_autofree char *needle = ht_text_fold(typed ? typed : "");
    g_autofree char *hay = ht_text_fold(text ? text : "");
    if (!*needle)
        return 0;
    if (!is_subsequence(needle, hay))
        return -1;
    const char *whole = strstr(hay, needle);
    if (whole) {
        bool start = whole == hay || !g_ascii_isalnum(whole[-1]);
        int length = (int)strlen(needle);
        return 1000 + length * RUN + (start ? WORD_START : 0) + (whole == hay ? WHOLE_START : 0);
    }
    if (strlen(needle) > MAX_TYPED || strlen(hay) > MAX_TEXT)
        return 1;
    return MAX(1, best_score(needle, hay));
}

/* ---- prompts
 * --------------------------------------------------------------------------------------- */
HtPrompt *ht_prompt_new(HtPromptKind kind, HtPromptThen then, const char *label, ...)
{
    HtPrompt *prompt = g_new0(HtPrompt, 1);
    va_list arguments;
    va_start(arguments, label);
    g_autofree char *text = g_strdup_vprintf(label, arguments);
    va_end(arguments);
    prompt->label = ht_text_sanitize(text, -1, HT_TEXT_LINE, NULL);
    prompt->kind = kind;
    prompt->then = then;
    prompt->text = g_strdup("");
    prompt->error_column = -1;
    prompt->choices = g_array_new(FALSE, TRUE, sizeof(HtChoice));
    prompt->shown = g_array_new(FALSE, FALSE, sizeof(int));
    prompt->strings = g_string_chunk_new(1024);
    if (kind == HT_PROMPT_SECRET)
        prompt->secret = ht_secret_new();
    return prompt;
}

void ht_prompt_free(HtPrompt *prompt)
{
    if (!prompt)
        return;
    if (prompt->free_data)
        prompt->free_data(prompt->data);
    g_array_unref(prompt->choices);
    g_array_unref(prompt->shown);
    g_string_chunk_free(prompt->strings);
    ht_secret_free(prompt->secret);
    g_free(prompt->label);
    g_free(prompt->text);
    g_free(prompt->error);
    g_free(prompt->history);
    g_free(prompt->stem);
    g_free(prompt->completed);
    g_free(prompt);
}

static const char *keep(HtPrompt *prompt, const char *text)
{
    if (!text)
        return NULL;
    g_autofree char *clean = ht_text_sanitize(text, -1, HT_TEXT_LINE, NULL);
    return g_string_chunk_insert(prompt->strings, clean);
}

void ht_prompt_add_choice(HtPrompt *prompt, const char *text, const char *detail, const char *key,
                          int64_t value, gpointer data)
{
    HtChoice choice = {.text = keep(prompt, text),
                       .detail = keep(prompt, detail),
                       .key = keep(prompt, key),
                       .data = data,
                       .value = value};
    int at = (int)prompt->choices->len;
    g_array_append_val(prompt->choices, choice);
    g_array_append_val(prompt->shown, at);
}

void ht_prompt_choice_also(HtPrompt *prompt, const char *also)
{
    ht_prompt_choice_last(prompt)->also = keep(prompt, also);
}

HtChoice *ht_prompt_choice_last(HtPrompt *prompt)
{
    return &g_array_index(prompt->choices, HtChoice, prompt->choices->len - 1);
}

typedef struct {
    int at, score;
    bool is_off; /* cannot be taken: below all that can */
} Ranked;

static gint by_score(gconstpointer a, gconstpointer b)
{
    const Ranked *x = a, *y = b;
    if (x->is_off != y->is_off)
        return x->is_off - y->is_off;
    return x->score != y->score ? y->score - x->score : x->at - y->at;
}

/* By what stands beside it only as it is written, and below whom the text itself fits. */
static int score_beside(const char *typed, const char *beside)
{
    int score = beside ? ht_fuzzy_score(typed, beside) : -1;
    return score >= 1000 ? score - 1000 : -1;
}

static void narrow(HtPrompt *prompt)
{
    g_autoptr(GArray) ranked = g_array_new(FALSE, FALSE, sizeof(Ranked));
    for (guint i = 0; i < prompt->choices->len; i++) {
        const HtChoice *choice = &g_array_index(prompt->choices, HtChoice, i);
        int score = ht_fuzzy_score(prompt->text, choice->text);
        if (score < 0)
            score = MAX(score_beside(prompt->text, choice->detail),
                        score_beside(prompt->text, choice->also));
        Ranked one = {(int)i, score, choice->why_not != NULL};
        if (score >= 0)
            g_array_append_val(ranked, one);
    }
    if (*prompt->text)
        g_array_sort(ranked, by_score);
    g_array_set_size(prompt->shown, 0);
    for (guint i = 0; i < ranked->len; i++)
        g_array_append_val(prompt->shown, g_array_index(ranked, Ranked, i).at);
    prompt->selected = 0;
}

void ht_prompt_set_text(HtPrompt *prompt, HtContext *context, const char *text)
{
    if (text != prompt->text) {
        g_free(prompt->text);
        prompt->text = g_strdup(text ? text : "");
    }
    g_clear_pointer(&prompt->error, g_free);
    prompt->error_column = -1;
    prompt->may_insist = false;
    if (prompt->kind == HT_PROMPT_CHOICE)
        narrow(prompt);
    if (prompt->changed)
        prompt->changed(context, prompt);
}

void ht_prompt_secret_add(HtPrompt *prompt, const char *text)
{
    gsize used = strlen(prompt->secret), len = strlen(text);
    g_clear_pointer(&prompt->error, g_free);
    /* What a password manager copies ends with the line. */
    while (len > 0 && (text[len - 1] == '\n' || text[len - 1] == '\r'))
        len--;
    /* What cannot be typed at a terminal either: a line end inside would send half a password. */
    bool is_line = true;
    for (gsize i = 0; i < len; i++)
        is_line = is_line && (guchar)text[i] >= 0x20 && text[i] != 0x7f;
    if (!is_line || used + len > HT_SECRET_MAX) {
        prompt->error = g_strdup(is_line ? "too long: not taken" : "more than one line: not taken");
        return;
    }
    memcpy(prompt->secret + used, text, len);
    prompt->secret[used + len] = '\0';
}

void ht_prompt_secret_erase(HtPrompt *prompt, bool all)
{
    gsize used = strlen(prompt->secret);
    const char *last = g_utf8_find_prev_char(prompt->secret, prompt->secret + used);
    gsize kept = all || !last ? 0 : (gsize)(last - prompt->secret);
    g_clear_pointer(&prompt->error, g_free);
    explicit_bzero(prompt->secret + kept, used - kept);
}

void ht_prompt_select(HtPrompt *prompt, int delta)
{
    int n = (int)prompt->shown->len;
    if (n > 0)
        prompt->selected = CLAMP(prompt->selected + delta, 0, n - 1);
}

const HtChoice *ht_prompt_choice(const HtPrompt *prompt)
{
    if (prompt->selected < 0 || prompt->selected >= (int)prompt->shown->len)
        return NULL;
    int at = g_array_index(prompt->shown, int, prompt->selected);
    return &g_array_index(prompt->choices, HtChoice, at);
}
