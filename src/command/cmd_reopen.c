/* Reopening who was rejected or withdrew. It wants a reason, as the closing did, and leads back to
 * where the application stood. */
#include "cmd_decide.h"

#include "commands.h"
#include "context_impl.h"
#include "targets.h"

typedef struct {
    HtKey reason;
    char *label; /* of the reason */
    char *about; /* what the words are kept under */
} Reopening;

static void reopening_free(gpointer data)
{
    Reopening *reopening = data;
    g_free(reopening->label);
    g_free(reopening->about);
    g_free(reopening);
}

static HtResult reopen(HtContext *context, const Reopening *reopening, const char *note)
{
    return ht_decide(context, &(HtDecide){.decision = HT_DECISION_REOPEN,
                                          .reason = reopening->reason,
                                          .label = reopening->label,
                                          .note = note});
}

/* ---- its note
 * -----------------------------------------------------------------------------------------------
 */
static HtResult note_given(HtContext *context, HtPrompt *prompt)
{
    const Reopening *reopening = prompt->data;
    g_autofree char *note = g_strstrip(g_strdup(prompt->text));
    ht_context_keep_given_up(context, reopening->about, NULL);
    return *note ? reopen(context, reopening, note) : ht_result_error("this reason needs a note");
}

static void note_given_up(HtContext *context, HtPrompt *prompt)
{
    const Reopening *reopening = prompt->data;
    ht_context_give_up(context, reopening->about, prompt->text, "reopen");
}

static HtResult ask_note(HtContext *context, Reopening *reopening)
{
    HtPrompt *prompt =
        ht_prompt_new(HT_PROMPT_TEXT, note_given, "%s: note that goes with it", reopening->label);
    prompt->wanted = "this reason needs a note";
    prompt->cancelled = note_given_up;
    prompt->data = reopening;
    prompt->free_data = reopening_free;
    const char *given_up = ht_context_given_up(context, reopening->about);
    const char *words = given_up ? given_up : ht_context_kept_words(context, reopening->about);
    if (words)
        ht_prompt_set_text(prompt, context, words);
    return ht_result_prompt(prompt);
}

/* ---- its reason
 * --------------------------------------------------------------------------------------------- */
void ht_add_reason(HtPrompt *prompt, const HtReason *reason)
{
    ht_prompt_add_choice(prompt, reason->label ? reason->label : reason->code,
                         reason->requires_note ? "needs a note" : NULL, NULL, reason->key, NULL);
    ht_prompt_choice_also(prompt, reason->code);
}

/* Most reasons are of rejections, and say nothing of why one is taken back: they are for who has no
 * other, and then none is chosen yet. */
void ht_add_reopening_reasons(HtPrompt *prompt, const GPtrArray *reasons)
{
    bool fits = false;
    for (guint i = 0; i < reasons->len; i++)
        fits = fits || ht_reason_is_for_reopening(reasons->pdata[i]);
    for (guint i = 0; i < reasons->len; i++) {
        if (!fits || ht_reason_is_for_reopening(reasons->pdata[i]))
            ht_add_reason(prompt, reasons->pdata[i]);
    }
    prompt->selected = fits ? 0 : -1;
}

bool ht_reason_wants_note(HtContext *context, HtKey key)
{
    g_autoptr(GPtrArray) reasons = ht_cache_reasons(context->parts.reader, NULL, NULL);
    for (guint i = 0; reasons && i < reasons->len; i++) {
        const HtReason *reason = reasons->pdata[i];
        if (reason->key == key)
            return reason->requires_note;
    }
    return false;
}

static HtResult reason_given(HtContext *context, HtPrompt *prompt)
{
    const HtChoice *choice = ht_prompt_choice(prompt);
    g_autoptr(GArray) keys = ht_decide_targets(context);
    if (!choice)
        return ht_result_error("choose a reason from the list");
    if (keys->len == 0)
        return ht_result_error("there is nobody in this row to decide about");
    Reopening *reopening = g_new0(Reopening, 1);
    reopening->reason = choice->value;
    reopening->label = g_strdup(choice->text);
    reopening->about = ht_context_words_about(context, "reopen", keys);
    if (ht_reason_wants_note(context, reopening->reason))
        return ask_note(context, reopening);
    HtResult result = reopen(context, reopening, NULL);
    reopening_free(reopening);
    return result;
}

/* ---- who
 * ----------------------------------------------------------------------------------------------------
 */
static HtResult ask_reason(HtContext *context, const HtTargets *targets, gpointer data)
{
    guint n = 0;
    (void)data;
    for (guint i = 0; i < targets->n; i++) {
        HtStageType type = targets->rows[i].stage_type;
        n += type == HT_STAGE_REJECTED || type == HT_STAGE_WITHDRAWN;
    }
    if (n == 0 && targets->n > 1)
        return ht_result_error("nobody of the %u was rejected or withdrew", targets->n);
    if (n == 0)
        return ht_result_error("not rejected or withdrawn: there is nothing to reopen");
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) reasons = ht_cache_reasons(context->parts.reader, NULL, &error);
    if (!reasons)
        return ht_result_take_error(g_steal_pointer(&error));
    if (reasons->len == 0)
        return ht_result_error("there are no reasons yet: sync first");
    HtPrompt *prompt = ht_prompt_new(HT_PROMPT_CHOICE, reason_given, "reopen %u: reason", n);
    ht_add_reopening_reasons(prompt, reasons);
    return ht_result_prompt(prompt);
}

HT_HANDLER(ht_cmd_reopen)
{
    (void)args;
    g_autoptr(GArray) keys = ht_decide_targets(context);
    return ht_context_with_targets(context, keys, ask_reason, NULL, NULL);
}
