/* Decisions. Each goes to the outbox as one intent, so that one key undoes it whole. A bulk
 * rejection takes rows that the recruiter opened or that a rule a person wrote matched; the sheet
 * names the others. */
#include "cmd_decide.h"

#include "commands.h"
#include "context_impl.h"
#include "sheet.h"

#include <string.h>

/* ---- what happened
 * ------------------------------------------------------------------------------------ */
typedef struct {
    HtDecisionKind decision;
    HtView *view;
    HtKey match; /* single */
    bool bulk;
    char *reason, *day;
    char *left_out; /* by the sheet already; may be NULL */
    char *about;    /* of what wants a reason: what its words are kept under */
    char *words;    /* that go with it; NULL: none */
} Done;

static void done_free(gpointer data)
{
    Done *done = data;
    g_free(done->reason);
    g_free(done->day);
    g_free(done->left_out);
    g_free(done->about);
    g_free(done->words);
    g_free(done);
}

static void add_left_out(GString *text, const HtReceipt *receipt)
{
    bool several = receipt->n_refused > 1 && receipt->refusals->len > 1;
    g_autofree char *reasons = several ? ht_receipt_reasons(receipt) : NULL;
    if (receipt->n_refused > 0)
        g_string_append_printf(text, ", %d left out: %s", receipt->n_refused,
                               reasons        ? reasons
                               : receipt->why ? receipt->why
                                              : "not possible");
    if (receipt->n_mails_held > 0)
        g_string_append_printf(text, ", %d mail%s held: %s", receipt->n_mails_held,
                               ht_text_plural(receipt->n_mails_held, "", "s"),
                               receipt->mails_held_why ? receipt->mails_held_why : "not complete");
}

static void go_on(HtContext *context, const Done *done)
{
    HtView *view = ht_top(context);
    if (view != done->view)
        return;
    if (ht_view_id(view) == HT_VIEW_REVIEW && done->decision == HT_DECISION_REOPEN) {
        ht_review_set_decided(view, done->match, HT_DECISION_NONE); /* it waits for one again */
    } else if (ht_view_id(view) == HT_VIEW_REVIEW) {
        ht_review_set_decided(view, done->match, done->decision);
        ht_review_next(view);
    } else if (done->bulk) {
        ht_view_mark(view, HT_MARK_NONE);
    } else if (ht_view_kind(view) == HT_VIEW_TABLE) {
        ht_view_move(view, 1);
    }
}

/* ": o reopens" for who is out already, between these; "" where that is not so. Caller frees. */
static char *way_to_reopen(HtContext *context, bool is_way, const char *before, const char *behind)
{
    g_autofree char *key = is_way ? ht_context_key_of(context, "reopen") : NULL;
    return is_way ? g_strdup_printf("%s%s reopens%s", before, key, behind) : g_strdup("");
}

static HtResult decided(HtContext *context, const HtReceipt *receipt, const GError *error,
                        gpointer data)
{
    const Done *done = data;
    bool is_written = receipt && receipt->n_done > 0;
    if (done->about)
        ht_context_keep_words(context, done->about, is_written ? NULL : done->words);
    if (!receipt && done->words)
        return ht_result_kept(context, ht_decision_name(done->decision), error);
    if (!receipt) {
        bool is_closed = g_error_matches(error, HT_OUTBOX_ERROR, HT_OUTBOX_ERROR_CLOSED);
        g_autofree char *reopens = way_to_reopen(context, is_closed, ": ", "");
        return ht_result_error("%s%s", error ? error->message : "nothing was possible", reopens);
    }
    if (receipt->n_done == 0)
        return ht_result_error("%s", receipt->why ? receipt->why : "nothing was possible");
    go_on(context, done);
    /* Used, so it is what the next `x` rejects with; one that was refused is asked for again. */
    context->sticky.is_kept |= done->decision == HT_DECISION_REJECT;
    g_autoptr(GString) text = g_string_new(NULL);
    g_string_append_printf(text, "%d %s", receipt->n_done, ht_decision_past(done->decision));
    if (done->reason)
        g_string_append_printf(text, ": %s", done->reason);
    if (done->day)
        g_string_append_printf(text, " until %s", done->day);
    if (done->left_out)
        g_string_append_printf(text, ", %s", done->left_out);
    add_left_out(text, receipt);
    g_autofree char *reopens = way_to_reopen(context, receipt->may_reopen, " (", ")");
    g_string_append_printf(text, "%s. u undoes.", reopens);
    return ht_result_message("%s", text->str);
}

/* ---- who is meant
 * ------------------------------------------------------------------------------------ */
GArray *ht_decide_targets(HtContext *context)
{
    HtView *view = ht_top(context);
    if (ht_view_id(view) == HT_VIEW_MATCHES || ht_view_id(view) == HT_VIEW_CANDIDATES)
        return ht_view_targets(view);
    GArray *one = g_array_new(FALSE, FALSE, sizeof(HtKey));
    HtKey match = ht_view_current_match(view);
    if (match)
        g_array_append_val(one, match);
    return one;
}

/* The name under which words about all of these are kept, and about no others. Caller frees. */
static char *words_about(HtContext *context, const char *what, const HtTarget *rows, guint n)
{
    g_autoptr(GArray) keys = g_array_sized_new(FALSE, FALSE, sizeof(HtKey), n);
    for (guint i = 0; i < n; i++)
        g_array_append_val(keys, rows[i].match);
    return ht_context_words_about(context, what, keys);
}

#define FROM_SHEET "reject from"

static GArray *taken_of(HtView *sheet)
{
    GArray *taken = g_array_new(FALSE, FALSE, sizeof(HtTarget));
    guint from = 0;
    for (const HtTarget *target; (target = ht_sheet_taken(sheet, &from));)
        g_array_append_vals(taken, target, 1);
    return taken;
}

/* Whom the top view would reject. */
static char *about(HtContext *context, bool is_sheet)
{
    if (is_sheet) {
        g_autoptr(GArray) taken = taken_of(ht_top(context));
        return words_about(context, FROM_SHEET, (const HtTarget *)(gpointer)taken->data,
                           taken->len);
    }
    g_autoptr(GArray) keys = ht_decide_targets(context);
    return ht_context_words_about(context, ht_decision_name(HT_DECISION_REJECT), keys);
}

static void add_target(HtContext *context, HtIntent *intent, const HtTarget *target)
{
    HtView *view = ht_top(context);
    bool is_review = ht_view_id(view) == HT_VIEW_REVIEW;
    int seconds = target->seconds + (is_review ? (int)(ht_review_shown_ms(view) / 1000) : 0);
    ht_intent_add_match(intent, target->match, target->is_seen || is_review,
                        target->is_blind || ht_view_is_blind(view), seconds);
}

static int64_t undo_window_us(const HtContext *context)
{
    int64_t minutes = context->parts.settings
                          ? ht_settings_int(context->parts.settings, "triage.undo_window")
                          : 10;
    return minutes * HT_US_PER_MINUTE;
}

static HtIntent *new_decision(HtContext *context, HtDecisionKind decision, bool bulk)
{
    HtView *view = ht_top(context);
    HtIntent *intent = ht_intent_new(HT_INTENT_DECIDE);
    intent->decision = decision;
    intent->mail = decision == HT_DECISION_REJECT;
    intent->mail_delay_us = undo_window_us(context);
    if (ht_view_id(view) == HT_VIEW_REVIEW) {
        intent->pass = ht_review_pass(view);
        intent->bulk_kind = g_strdup("review");
    } else if (bulk) {
        intent->bulk_kind = g_strdup("marks");
        if (*ht_view_limit(view))
            intent->bulk_filter = g_strdup(ht_view_limit(view));
    }
    return intent;
}

/* "friday" said on a Friday is the next one: only the day itself tells. */
char *ht_day_of_hold(const HtContext *context, int64_t until)
{
    return ht_clock_format(until, context->zone, "%a %-d %b %Y");
}

static HtResult say_closed(HtContext *context, HtStageType closed)
{
    const char *how = ht_stage_type_name(closed);
    g_autofree char *key = ht_context_key_of(context, "reopen");
    return closed == HT_STAGE_HIRED ? ht_result_error("already %s", how)
                                    : ht_result_error("already %s: %s reopens", how, key);
}

/* A decision whose rows are being read. */
typedef struct {
    HtDecide what;
    char *label, *note;
    bool bulk;
} Order;

static void order_free(gpointer data)
{
    Order *order = data;
    g_free(order->label);
    g_free(order->note);
    g_free(order);
}

/* As many as cannot be looked at before anything is asked (closed_as): none of them takes it. */
static HtStageType all_closed_as(const HtTargets *targets)
{
    HtStageType closed = targets->n ? targets->rows[0].stage_type : HT_STAGE_NONE;
    for (guint i = 1; i < targets->n; i++)
        closed = targets->rows[i].stage_type == closed ? closed : HT_STAGE_NONE;
    return ht_stage_type_is_terminal(closed) ? closed : HT_STAGE_NONE;
}

static HtResult decide_on(HtContext *context, const HtTargets *targets, gpointer data)
{
    const Order *order = data;
    const HtDecide *what = &order->what;
    HtStageType closed = targets->n > HT_FEW_ROWS ? all_closed_as(targets) : HT_STAGE_NONE;
    if (closed != HT_STAGE_NONE && what->decision != HT_DECISION_REOPEN)
        return say_closed(context, closed);
    HtIntent *intent = new_decision(context, what->decision, order->bulk);
    bool all_new = true;
    for (guint i = 0; i < targets->n; i++) {
        add_target(context, intent, &targets->rows[i]);
        all_new = all_new && targets->rows[i].stage_type == HT_STAGE_APPLIED;
    }
    if (what->decision == HT_DECISION_ADVANCE && all_new)
        intent->decision = HT_DECISION_SHORTLIST;
    intent->reason = what->reason;
    intent->hold_until = what->hold_until;
    intent->note = g_strdup(order->note);
    Done *done = g_new0(Done, 1);
    *done = (Done){.decision = intent->decision,
                   .view = ht_top(context),
                   .match = targets->rows[0].match,
                   .bulk = order->bulk,
                   .reason = g_strdup(order->label),
                   .words = g_strdup(order->note)};
    if (ht_decision_needs_reason(what->decision))
        done->about =
            words_about(context, ht_decision_name(what->decision), targets->rows, targets->n);
    if (what->hold_until) {
        intent->day = ht_day_of_hold(context, what->hold_until);
        done->day = g_strdup(intent->day);
    }
    return ht_context_submit(context, intent, decided, done, done_free);
}

HtResult ht_decide(HtContext *context, const HtDecide *what)
{
    g_autoptr(GArray) keys = ht_decide_targets(context);
    if (keys->len == 0)
        return ht_result_error("there is nobody in this row to decide about");
    HtView *view = ht_top(context);
    Order *order = g_new0(Order, 1);
    *order = (Order){.what = *what,
                     .label = g_strdup(what->label),
                     .note = g_strdup(what->note),
                     .bulk = ht_view_kind(view) == HT_VIEW_TABLE && ht_view_marks(view) > 0};
    context->repeat.decision = what->decision;
    context->repeat.hold_until = what->hold_until;
    return ht_context_with_targets(context, keys, decide_on, order, order_free);
}

/* ---- what is closed
 * ------------------------------------------------------------------------------------- */
/* NONE: not all of them are closed in the same way, or there are too many to look at now. */
static HtStageType closed_as(HtContext *context)
{
    static const gint never = 0;
    g_autoptr(GArray) keys = ht_decide_targets(context);
    if (keys->len == 0 || keys->len > HT_FEW_ROWS)
        return HT_STAGE_NONE;
    HtTargets *targets = ht_targets_read(context->parts.reader, keys, &never, NULL);
    HtStageType closed = targets ? all_closed_as(targets) : HT_STAGE_NONE;
    ht_targets_free(targets);
    return closed;
}

/* What none of the rows can take is refused before anything is asked, and no reason remembered;
 * with the key that mends it. Where they are closed in several ways they are counted instead. */
static bool is_closed_already(HtContext *context, HtResult *refusal)
{
    HtStageType closed = closed_as(context);
    if (closed != HT_STAGE_NONE)
        *refusal = say_closed(context, closed);
    return closed != HT_STAGE_NONE;
}

/* ---- advance, hold
 * ------------------------------------------------------------------------------------- */
HT_HANDLER(ht_cmd_advance)
{
    (void)args;
    HtResult refusal;
    if (is_closed_already(context, &refusal))
        return refusal;
    return ht_decide(context, &(HtDecide){.decision = HT_DECISION_ADVANCE});
}

static HtResult hold_until(HtContext *context, const char *text)
{
    int64_t until;
    g_autoptr(GError) error = NULL;
    if (!ht_parse_day(text, context->zone, &until, &error))
        return ht_result_take_error(g_steal_pointer(&error));
    return ht_decide(context, &(HtDecide){.decision = HT_DECISION_HOLD, .hold_until = until});
}

static HtResult hold_answered(HtContext *context, HtPrompt *prompt)
{
    return hold_until(context, prompt->text);
}

static void hold_check(HtContext *context, HtPrompt *prompt)
{
    int64_t until;
    g_autoptr(GError) error = NULL;
    if (*prompt->text && !ht_parse_day(prompt->text, context->zone, &until, &error))
        prompt->error = g_strdup(error->message);
}

static guint n_targets(HtContext *context)
{
    g_autoptr(GArray) keys = ht_decide_targets(context);
    return keys->len;
}

HT_HANDLER(ht_cmd_hold)
{
    HtResult refusal;
    if (is_closed_already(context, &refusal))
        return refusal;
    if (args->text)
        return hold_until(context, args->text);
    HtPrompt *prompt =
        ht_prompt_new(HT_PROMPT_TEXT, hold_answered, "hold %u until (3d, 2w, friday, 2026-05-01)",
                      n_targets(context));
    prompt->changed = hold_check;
    prompt->wanted = "a day is wanted: 3d, 2w, tomorrow, friday, 2026-05-01";
    prompt->history = g_strdup("hold");
    return ht_result_prompt(prompt);
}

/* ---- reject
 * ------------------------------------------------------------------------------------------------
 */
/* Some reasons say nothing without words, and the server takes none of them without. */
static void note_given_up(HtContext *context, HtPrompt *prompt)
{
    bool is_sheet = ht_view_id(ht_top(context)) == HT_VIEW_SHEET;
    ht_context_give_up(context, prompt->data, prompt->text, is_sheet ? "sheet.commit" : "reject");
}

static HtResult ask_note(HtContext *context, bool is_sheet, HtPromptThen then)
{
    HtPrompt *prompt =
        ht_prompt_new(HT_PROMPT_TEXT, then, "%s: note that goes with it", context->sticky.label);
    prompt->wanted = "this reason needs a note";
    prompt->cancelled = note_given_up;
    prompt->data = about(context, is_sheet);
    prompt->free_data = g_free;
    const char *given_up = ht_context_given_up(context, prompt->data);
    const char *words = given_up ? given_up : ht_context_kept_words(context, prompt->data);
    if (words)
        ht_prompt_set_text(prompt, context, words);
    return ht_result_prompt(prompt);
}

static HtResult reject_with(HtContext *context, const char *note)
{
    return ht_decide(context, &(HtDecide){.decision = HT_DECISION_REJECT,
                                          .reason = context->sticky.key,
                                          .label = context->sticky.label,
                                          .note = note});
}

static HtResult noted_then_reject(HtContext *context, HtPrompt *prompt)
{
    g_autofree char *note = g_strstrip(g_strdup(prompt->text));
    ht_context_keep_given_up(context, prompt->data, NULL);
    if (!*note)
        return ht_result_error("this reason needs a note");
    return reject_with(context, note);
}

HtResult ht_reject_targets(HtContext *context)
{
    g_autoptr(GArray) keys = ht_decide_targets(context);
    if (keys->len == 1 && context->sticky.requires_note)
        return ask_note(context, false, noted_then_reject);
    if (keys->len <= 1)
        return reject_with(context, NULL);
    context->repeat.decision = HT_DECISION_REJECT;
    return ht_open_sheet(context, keys);
}

bool ht_take_reason(HtContext *context, HtPrompt *prompt)
{
    const HtChoice *choice = ht_prompt_choice(prompt);
    if (!choice)
        return false;
    g_autoptr(GPtrArray) reasons = ht_cache_reasons(context->parts.reader, NULL, NULL);
    for (guint i = 0; reasons && i < reasons->len; i++) {
        const HtReason *reason = reasons->pdata[i];
        if (reason->key != choice->value)
            continue;
        g_free(context->sticky.label);
        context->sticky = (HtSticky){reason->key, reason->id, g_strdup(choice->text),
                                     reason->requires_note, false};
        return true;
    }
    return false;
}

HtResult ht_pick_reason(HtContext *context, const char *what, HtPromptThen then)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) reasons = ht_cache_reasons(context->parts.reader, "we_rejected", &error);
    if (!reasons)
        return ht_result_take_error(g_steal_pointer(&error));
    g_autoptr(HtPrompt) prompt = ht_prompt_new(HT_PROMPT_CHOICE, then, "%s", what);
    for (guint i = 0; i < reasons->len; i++) {
        const HtReason *reason = reasons->pdata[i];
        if (ht_reason_is_for_reopening(reason))
            continue;
        ht_add_reason(prompt, reason);
    }
    if (prompt->choices->len == 0)
        return ht_result_error("there are no reasons yet: sync first");
    return ht_result_prompt(g_steal_pointer(&prompt));
}

static HtResult reason_then_reject(HtContext *context, HtPrompt *prompt)
{
    if (!ht_take_reason(context, prompt))
        return ht_result_error("choose a reason from the list");
    return ht_reject_targets(context);
}

static HtResult reason_chosen(HtContext *context, HtPrompt *prompt)
{
    if (!ht_take_reason(context, prompt))
        return ht_result_error("choose a reason from the list");
    context->sticky.is_kept = true;
    ht_context_session_touch(context);
    if (ht_view_id(ht_top(context)) == HT_VIEW_SHEET)
        ht_sheet_show(ht_top(context));
    return ht_result_message("Reason: %s. x rejects with it.", context->sticky.label);
}

HT_HANDLER(ht_cmd_reject)
{
    (void)args;
    HtResult refusal;
    if (is_closed_already(context, &refusal))
        return refusal;
    if (context->sticky.key && context->sticky.is_kept)
        return ht_reject_targets(context);
    g_autofree char *label = g_strdup_printf("reject %u: reason", n_targets(context));
    return ht_pick_reason(context, label, reason_then_reject);
}

HT_HANDLER(ht_cmd_reason)
{
    (void)args;
    return ht_pick_reason(context, "reason", reason_chosen);
}

/* ---- the sheet
 * -----------------------------------------------------------------------------------------------
 */
HT_HANDLER(ht_cmd_sheet_toggle)
{
    (void)args;
    HtView *view = ht_top(context);
    g_autoptr(GError) error = NULL;
    if (!ht_sheet_toggle(view, &error))
        return ht_result_take_error(g_steal_pointer(&error));
    ht_sheet_show(view);
    ht_view_move(view, 1);
    return ht_result_none();
}

/* All it needs was read when it opened. */
static HtResult commit_sheet(HtContext *context, const char *note)
{
    HtView *sheet = ht_top(context);
    if (ht_sheet_is_of_before(sheet)) {
        ht_context_pop(context);
        return ht_result_error("everything was loaded anew meanwhile, so nothing was done");
    }
    bool by_rule = ht_sheet_by_rule(sheet);
    g_autoptr(GArray) taken = taken_of(sheet);
    if (taken->len == 0)
        return ht_result_error("no row is left in the sheet");
    const HtTarget *rows = (const HtTarget *)(gpointer)taken->data;
    g_autofree char *left_out = ht_sheet_left_out(sheet);
    ht_context_pop(context);
    HtView *view = ht_top(context);
    HtIntent *intent = new_decision(context, HT_DECISION_REJECT, true);
    for (guint i = 0; i < taken->len; i++)
        add_target(context, intent, &rows[i]);
    intent->reason = context->sticky.key;
    intent->note = g_strdup(note);
    intent->needs_viewed = !by_rule;
    Done *done = g_new0(Done, 1);
    *done = (Done){.decision = HT_DECISION_REJECT,
                   .view = view,
                   .bulk = true,
                   .reason = g_strdup(context->sticky.label),
                   .left_out = g_steal_pointer(&left_out),
                   .about = words_about(context, FROM_SHEET, rows, taken->len),
                   .words = g_strdup(note)};
    return ht_context_submit(context, intent, decided, done, done_free);
}

static HtResult noted_then_commit(HtContext *context, HtPrompt *prompt)
{
    g_autofree char *note = g_strstrip(g_strdup(prompt->text));
    ht_context_keep_given_up(context, prompt->data, NULL);
    return *note ? commit_sheet(context, note) : ht_result_error("this reason needs a note");
}

HT_HANDLER(ht_cmd_sheet_commit)
{
    (void)args;
    guint from = 0;
    bool is_empty = !ht_sheet_taken(ht_top(context), &from);
    if (is_empty || !context->sticky.requires_note)
        return commit_sheet(context, NULL);
    return ask_note(context, true, noted_then_commit);
}

/* ---- undo
 * ------------------------------------------------------------------------------------------------------
 */
static void go_back_to(HtContext *context, const HtReceipt *receipt, bool undone)
{
    HtView *view = ht_top(context);
    HtKey first = receipt->keys && receipt->keys->len ? g_array_index(receipt->keys, HtKey, 0) : 0;
    for (guint i = 0; undone && receipt->keys && i < receipt->keys->len; i++)
        ht_review_set_decided(view, g_array_index(receipt->keys, HtKey, i), HT_DECISION_NONE);
    if (!first)
        return;
    if (ht_view_id(view) == HT_VIEW_REVIEW) {
        if (undone)
            ht_review_goto(view, first);
        else
            ht_review_take_in(view);
    } else if (ht_view_kind(view) == HT_VIEW_TABLE) {
        ht_view_goto(view, first);
    }
}

/* "Undone: Noted (Ana Example)": what is undone is often out of sight. */
static GString *told(HtContext *context, const HtReceipt *receipt)
{
    GString *text = g_string_new(receipt->label);
    g_autofree char *who = ht_context_who_moved(context, receipt);
    if (*who)
        g_string_append_printf(text, " (%s)", who);
    add_left_out(text, receipt);
    return text;
}

static HtResult undone(HtContext *context, const HtReceipt *receipt, const GError *error,
                       gpointer data)
{
    (void)data;
    if (!receipt)
        return ht_result_error("%s", error ? error->message : "there is nothing to undo");
    go_back_to(context, receipt, true);
    g_autoptr(GString) text = told(context, receipt);
    if (receipt->n_groups > 1)
        return ht_result_message("%s. C-r does one of them again: %d %s for all.", text->str,
                                 receipt->n_groups,
                                 ht_text_plural(receipt->n_groups, "time", "times"));
    return ht_result_message("%s. C-r does it again.", text->str);
}

static HtResult redone(HtContext *context, const HtReceipt *receipt, const GError *error,
                       gpointer data)
{
    (void)data;
    if (!receipt)
        return ht_result_error("%s", error ? error->message : "there is nothing to do again");
    go_back_to(context, receipt, false);
    g_autoptr(GString) text = told(context, receipt);
    return ht_result_message("%s. u undoes.", text->str);
}

HT_HANDLER(ht_cmd_undo)
{
    (void)args;
    return ht_context_submit(context, ht_intent_new(HT_INTENT_UNDO), undone, NULL, NULL);
}

HT_HANDLER(ht_cmd_redo)
{
    (void)args;
    return ht_context_submit(context, ht_intent_new(HT_INTENT_REDO), redone, NULL, NULL);
}

HT_HANDLER(ht_cmd_undo_pass)
{
    (void)args;
    guint64 pass = ht_review_pass(ht_top(context));
    if (!pass)
        pass = context->pass;
    if (!pass)
        return ht_result_error("there was no pass of the review queue yet");
    return ht_context_submit_undo_pass(context, pass, undone);
}

HT_HANDLER(ht_cmd_repeat)
{
    const HtCommand *command = context->repeat.command;
    if (!command)
        return ht_result_error("nothing was done yet");
    if (command->run == ht_cmd_hold && context->repeat.hold_until)
        return ht_decide(context, &(HtDecide){.decision = HT_DECISION_HOLD,
                                              .hold_until = context->repeat.hold_until});
    bool has_text = command->run == ht_cmd_tags || command->run == ht_cmd_note;
    g_autofree char *text = g_strdup(has_text ? context->repeat.text : NULL); /* it is set anew */
    HtArgs again = *args;
    again.text = text;
    return ht_context_run(context, command, &again);
}
