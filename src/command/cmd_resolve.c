/* What a person does in the outbox and with conflicts: keeps mine (with a reason when it reopens
 * what somebody closed), takes theirs, edits, gives up. */
#include "cmd_decide.h"
#include "commands.h"
#include "context_impl.h"

typedef struct {
    int64_t seq;
    HtResolution resolution;
    HtKeep keep;
    HtKey reason;
    char *value, *note; /* words of mine, edited; of the reopening */
} Choice;

static void choice_free(gpointer data)
{
    Choice *choice = data;
    g_free(choice->value);
    g_free(choice->note);
    g_free(choice);
}

static Choice *choice_dup(const Choice *choice)
{
    Choice *copy = g_memdup2(choice, sizeof *choice);
    copy->value = g_strdup(choice->value);
    copy->note = g_strdup(choice->note);
    return copy;
}

const char *ht_say_settled(HtResolution resolution, HtKeep keep)
{
    if (resolution == HT_RESOLVE_TAKE_THEIRS)
        return "Theirs stands.";
    if (keep == HT_KEEP_NOTHING)
        return "Theirs stands: it leads to the same stage.";
    if (keep == HT_KEEP_NOTE || keep == HT_KEEP_NEVER)
        return "Theirs stands, and your note goes beside it.";
    return "Yours goes out again, on what is there now.";
}

HtKeep ht_keep_of(HtContext *context, int64_t seq)
{
    g_autoptr(HtConflict) conflict =
        seq ? ht_outbox_conflict(context->parts.outbox, seq, NULL) : NULL;
    return conflict ? conflict->keep : HT_KEEP_GOES;
}

static HtResult said(HtContext *context, const char *what)
{
    if (ht_view_id(ht_top(context)) == HT_VIEW_CONFLICT)
        ht_context_pop(context);
    ht_view_refresh(ht_top(context), HT_CHANGED_SHOWN);
    return ht_result_message("%s", what);
}

static HtResult ask_reason(HtContext *context, const Choice *choice);
static HtResult ask_note(HtContext *context, const Choice *choice);

/* What its words are kept under. Caller frees. */
static char *about(const Choice *choice)
{
    return g_strdup_printf("%s %" G_GINT64_FORMAT, choice->note ? "reopening" : "conflict",
                           choice->seq);
}

static HtResult resolved(HtContext *context, guint n, const GError *error, gpointer data)
{
    const Choice *choice = data;
    (void)n;
    if (g_error_matches(error, HT_OUTBOX_ERROR, HT_OUTBOX_ERROR_REASON))
        return ask_reason(context, choice);
    if (g_error_matches(error, HT_OUTBOX_ERROR, HT_OUTBOX_ERROR_NOTE))
        return ask_note(context, choice);
    g_autofree char *key = about(choice);
    const char *words = choice->note ? choice->note : choice->value;
    ht_context_keep_words(context, key, error ? words : NULL);
    if (error && words)
        return ht_result_kept(context, choice->note ? "conflict.mine" : "conflict.edit", error);
    if (error)
        return ht_result_error("%s", error->message);
    return said(context, ht_say_settled(choice->resolution, choice->keep));
}

static HtResult resolve(HtContext *context, const Choice *choice)
{
    HtSettle settle = {.kind = HT_SETTLE_RESOLVE,
                       .seq = choice->seq,
                       .how = {.resolution = choice->resolution,
                               .reason = choice->reason,
                               .note = choice->note,
                               .value = choice->value}};
    if (!choice->seq)
        return ht_result_error("there is nothing in this row");
    return ht_context_settle(context, &settle, resolved, choice_dup(choice), choice_free);
}

/* ---- the reason of a reopening, and words
 * --------------------------------------------------------------------------- */
static HtResult note_given(HtContext *context, HtPrompt *prompt)
{
    g_autofree char *note = g_strstrip(g_strdup(prompt->text));
    if (!*note)
        return ht_result_error("this reason needs a note");
    Choice *choice = prompt->data;
    g_free(choice->note);
    choice->note = g_steal_pointer(&note);
    g_autofree char *key = about(choice);
    ht_context_keep_given_up(context, key, NULL);
    return resolve(context, choice);
}

static void note_given_up(HtContext *context, HtPrompt *prompt)
{
    Choice *choice = prompt->data;
    g_autofree char *key = about(choice);
    ht_context_give_up(context, key, prompt->text, "conflict.mine");
}

static HtResult ask_note(HtContext *context, const Choice *of)
{
    HtPrompt *prompt = ht_prompt_new(HT_PROMPT_TEXT, note_given, "note that goes with it");
    Choice *choice = choice_dup(of);
    g_free(choice->note);
    choice->note = g_strdup("");
    prompt->wanted = "this reason needs a note";
    prompt->cancelled = note_given_up;
    prompt->data = choice;
    prompt->free_data = choice_free;
    g_autofree char *key = about(choice);
    const char *given_up = ht_context_given_up(context, key);
    const char *words = given_up ? given_up : ht_context_kept_words(context, key);
    if (words)
        ht_prompt_set_text(prompt, context, words);
    return ht_result_prompt(prompt);
}

static HtResult reason_given(HtContext *context, HtPrompt *prompt)
{
    const HtChoice *line = ht_prompt_choice(prompt);
    Choice *choice = prompt->data;
    if (!line)
        return ht_result_error("choose a reason from the list");
    choice->reason = line->value;
    if (!ht_reason_wants_note(context, choice->reason))
        return resolve(context, choice);
    return ask_note(context, choice);
}

static HtResult ask_reason(HtContext *context, const Choice *choice)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) reasons = ht_cache_reasons(context->parts.reader, NULL, &error);
    if (!reasons)
        return ht_result_take_error(g_steal_pointer(&error));
    HtPrompt *prompt =
        ht_prompt_new(HT_PROMPT_CHOICE, reason_given, "it was closed meanwhile: reopen, reason");
    ht_add_reopening_reasons(prompt, reasons);
    prompt->data = choice_dup(choice);
    prompt->free_data = choice_free;
    return ht_result_prompt(prompt);
}

/* ---- handlers
 * ----------------------------------------------------------------------------------------- */
HT_HANDLER(ht_cmd_keep_mine)
{
    (void)args;
    Choice choice = {.seq = ht_conflict_here(context), .resolution = HT_RESOLVE_KEEP_MINE};
    choice.keep = ht_keep_of(context, choice.seq);
    return resolve(context, &choice);
}

static HtResult unparked(HtContext *context, guint n, const GError *error, gpointer data)
{
    (void)data;
    if (error)
        return ht_result_error("%s", error->message);
    if (n == 0)
        return ht_result_message("Nothing is parked.");
    g_autofree char *what = g_strdup_printf("Sent again: %u", n);
    return said(context, what);
}

HT_HANDLER(ht_cmd_unpark)
{
    (void)args;
    HtSettle settle = {.kind = HT_SETTLE_UNPARK};
    return ht_context_settle(context, &settle, unparked, NULL, NULL);
}

HT_HANDLER(ht_cmd_take_theirs)
{
    (void)args;
    Choice choice = {.seq = ht_conflict_here(context), .resolution = HT_RESOLVE_TAKE_THEIRS};
    return resolve(context, &choice);
}

static HtResult edited(HtContext *context, HtPrompt *prompt)
{
    Choice *choice = prompt->data;
    g_free(choice->value);
    choice->value = g_strdup(prompt->text);
    return resolve(context, choice);
}

/* The editor failed after something was written. */
static void edit_given_up(HtContext *context, HtPrompt *prompt)
{
    g_autofree char *key = about(prompt->data);
    g_autofree char *command = ht_context_key_of(context, "conflict.edit");
    ht_context_keep_words(context, key, prompt->text);
    ht_context_set_message(context, HT_STYLE_NORMAL, "Not sent. %s brings your words back.",
                           command);
}

static char *text_to_edit(HtContext *context, int64_t seq)
{
    g_autoptr(HtConflict) conflict = ht_outbox_conflict(context->parts.outbox, seq, NULL);
    g_autofree char *key = about(&(Choice){.seq = seq});
    const char *kept = ht_context_kept_words(context, key);
    if (conflict && conflict->text && kept)
        return g_strdup(kept);
    return conflict && conflict->text ? ht_text_to_edit(conflict->text, -1) : NULL;
}

HT_HANDLER(ht_cmd_edit_mine)
{
    (void)args;
    Choice choice = {.seq = ht_conflict_here(context), .resolution = HT_RESOLVE_EDIT};
    choice.keep = ht_keep_of(context, choice.seq);
    g_autofree char *text = text_to_edit(context, choice.seq);
    if (!text)
        return ht_result_error("there is no text in it to edit: keep yours or take theirs");
    HtPrompt *prompt = ht_prompt_new(HT_PROMPT_EDITOR, edited, "mine");
    prompt->cancelled = edit_given_up;
    ht_prompt_set_text(prompt, context, text);
    prompt->data = choice_dup(&choice);
    prompt->free_data = choice_free;
    return ht_result_prompt(prompt);
}

static HtResult dropped(HtContext *context, guint n, const GError *error, gpointer data)
{
    (void)data;
    if (error)
        return ht_result_error("%s", error->message);
    g_autofree char *more =
        n > 1 ? g_strdup_printf("Given up, and %u that built on it.", n - 1) : NULL;
    return said(context, more ? more : "Given up.");
}

static HtResult drop_confirmed(HtContext *context, HtPrompt *prompt)
{
    HtSettle settle = {.kind = HT_SETTLE_DROP, .seq = (int64_t)GPOINTER_TO_SIZE(prompt->data)};
    return ht_context_settle(context, &settle, dropped, NULL, NULL);
}

HT_HANDLER(ht_cmd_drop)
{
    (void)args;
    int64_t seq = ht_conflict_here(context);
    HtView *view = ht_top(context);
    const HtListRow *row = ht_view_list_row(view, ht_view_cursor(view));
    if (!seq)
        return ht_result_error("there is nothing in this row");
    HtPrompt *prompt = ht_prompt_new(HT_PROMPT_CONFIRM, drop_confirmed, "give up: %s?",
                                     row && row->text[1] ? row->text[1] : "mine");
    prompt->data = GSIZE_TO_POINTER((gsize)seq);
    return ht_result_prompt(prompt);
}
