/* Feedback and interviews by keys: a few questions one after the other. Each answer of feedback is
 * in the outbox as a draft before the next question, so a line that drops loses at most the words
 * being typed. */
#include "commands.h"
#include "context_impl.h"

#include "hiretty/cache/feedback.h"
#include "hiretty/cache/interviews.h"

#include <string.h>

/* ---- feedback
 * ----------------------------------------------------------------------------------------- */
static HtKey interview_here(HtContext *context)
{
    HtView *view = ht_top(context);
    if (ht_view_id(view) == HT_VIEW_AGENDA)
        return ht_view_current_key(view);
    return ht_meet_mine(context, ht_view_current_candidate(view), ht_view_current_match(view));
}

static char *whom_of(HtContext *context, HtKey interview)
{
    g_autoptr(HtInterview) about = ht_cache_interview(context->parts.reader, interview, NULL);
    return ht_context_whom(context, about ? about->match : 0, about ? about->candidate : 0);
}

/* One's own words on it so far, intents included; NULL: there are none. */
static HtFeedback *draft_of(HtContext *context, HtKey interview)
{
    g_autoptr(HtInterview) about = ht_cache_interview(context->parts.reader, interview, NULL);
    for (guint i = 0; about && i < about->panel->len; i++) {
        const HtPanelMember *member = about->panel->pdata[i];
        if (member->is_me)
            return ht_cache_feedback_mine(context->parts.reader, interview, member->key);
    }
    return NULL;
}

typedef HtResult (*AskFunc)(HtContext *context, HtKey interview);
static HtResult ask_recommendation(HtContext *context, HtKey interview);
static HtResult ask_words(HtContext *context, HtKey interview);
static HtResult ask_submit(HtContext *context, HtKey interview);

static void say_kept(HtContext *context)
{
    g_autofree char *f = ht_context_key_of(context, "feedback");
    ht_context_set_message(context, HT_STYLE_SUCCESS, "Kept as a draft. %s goes on with it.", f);
}

/* Esc: each answer before is in the draft, where the next time begins. */
static void given_up(HtContext *context, HtPrompt *prompt)
{
    if (prompt->asked_in && prompt->asked_in != context->generation)
        return;
    g_autoptr(HtFeedback) draft = draft_of(context, (HtKey)GPOINTER_TO_SIZE(prompt->data));
    if (draft)
        say_kept(context);
}

/* "Ana Ruiz: " and what is asked. */
static HtPrompt *question(HtContext *context, HtPromptKind kind, HtPromptThen then, HtKey interview,
                          const char *label)
{
    g_autofree char *who = whom_of(context, interview);
    HtPrompt *prompt = ht_prompt_new(kind, then, "%s: %s", who, label);
    prompt->data = GSIZE_TO_POINTER((gsize)interview);
    prompt->cancelled = given_up;
    return prompt;
}

static HtKey of(const HtPrompt *prompt)
{
    return (HtKey)GPOINTER_TO_SIZE(prompt->data);
}

static HtResult said(HtContext *context, const HtReceipt *receipt, const GError *error,
                     gpointer data)
{
    (void)context;
    (void)data;
    if (!receipt)
        return ht_result_error("%s", error ? error->message : "it was not written");
    return ht_result_message("%s. u undoes.", receipt->label);
}

static HtIntent *new_feedback(HtKey interview)
{
    HtIntent *intent = ht_intent_new(HT_INTENT_FEEDBACK);
    intent->interview = interview;
    return intent;
}

/* ---- one question after the other: the next comes when the answer to the last is on the disk, and
 * what was typed meanwhile waits for it */
typedef struct {
    HtKey interview;
    guint generation; /* of the cache, that the key is of */
    char *words;      /* of this answer, if it has some */
    AskFunc ask;
} Step;

static void step_free(gpointer data)
{
    Step *step = data;
    g_free(step->words);
    g_free(step);
}

/* Ids, for words outlive a generation. Caller frees. */
static char *about(HtContext *context, HtKey interview)
{
    HtUuid id = {0};
    char text[HT_UUID_TEXT];
    ht_reader_uuid(context->parts.reader, interview, &id);
    return g_strconcat("feedback ", ht_uuid_format(&id, text), NULL);
}

static HtResult answered(HtContext *context, const HtReceipt *receipt, const GError *error,
                         gpointer data)
{
    const Step *step = data;
    bool is_written = receipt || g_error_matches(error, HT_OUTBOX_ERROR, HT_OUTBOX_ERROR_SAME);
    bool is_same = step->generation == context->generation;
    g_autofree char *key = step->words && is_same ? about(context, step->interview) : NULL;
    if (key)
        ht_context_keep_words(context, key, is_written ? NULL : step->words);
    if (!is_written && key)
        return ht_result_kept(context, "feedback", error);
    if (!is_written)
        return said(context, receipt, error, NULL);
    return is_same ? step->ask(context, step->interview)
                   : ht_result_message("Kept as a draft. f goes on with it.");
}

static HtResult then_ask(HtContext *context, HtIntent *intent, AskFunc ask)
{
    Step *step = g_new0(Step, 1);
    *step = (Step){intent->interview, context->generation, g_strdup(intent->note), ask};
    return ht_context_submit(context, intent, answered, step, step_free);
}

static HtResult rated(HtContext *context, HtPrompt *prompt)
{
    const HtChoice *choice = ht_prompt_choice(prompt);
    if (!choice)
        return ht_result_error("a rating is 1 to 5");
    HtIntent *intent = new_feedback(of(prompt));
    intent->rating = (int)choice->value;
    return then_ask(context, intent, ask_recommendation);
}

static const struct {
    const char *text, *code;
} recommendations[] = {{"hire", "hire"},
                       {"strong hire", "strong_hire"},
                       {"no hire", "no_hire"},
                       {"strong no hire", "strong_no_hire"}};

static HtResult recommended(HtContext *context, HtPrompt *prompt)
{
    const HtChoice *choice = ht_prompt_choice(prompt);
    if (!choice)
        return ht_result_error("choose one of the four");
    HtIntent *intent = new_feedback(of(prompt));
    intent->recommendation = g_strdup(recommendations[choice->value].code);
    return then_ask(context, intent, ask_words);
}

static HtResult ask_recommendation(HtContext *context, HtKey interview)
{
    HtPrompt *prompt = question(context, HT_PROMPT_CHOICE, recommended, interview, "recommend");
    for (gsize i = 0; i < G_N_ELEMENTS(recommendations); i++)
        ht_prompt_add_choice(prompt, recommendations[i].text, NULL, NULL, (int64_t)i, NULL);
    g_autoptr(HtFeedback) draft = draft_of(context, interview);
    for (int i = 0; draft && i < (int)G_N_ELEMENTS(recommendations); i++) {
        if (g_strcmp0(draft->recommendation, recommendations[i].code) == 0)
            ht_prompt_select(prompt, i);
    }
    return ht_result_prompt(prompt);
}

static HtResult worded(HtContext *context, HtPrompt *prompt)
{
    g_autofree char *text = g_strstrip(g_strdup(prompt->text));
    g_autofree char *key = about(context, of(prompt));
    ht_context_keep_given_up(context, key, NULL);
    if (!*text)
        return ask_submit(context, of(prompt));
    HtIntent *intent = new_feedback(of(prompt));
    intent->note = g_steal_pointer(&text);
    return then_ask(context, intent, ask_submit);
}

static void words_given_up(HtContext *context, HtPrompt *prompt)
{
    if (prompt->asked_in && prompt->asked_in != context->generation)
        return;
    g_autofree char *key = about(context, of(prompt));
    g_autoptr(HtFeedback) draft = draft_of(context, of(prompt));
    bool is_new = strspn(prompt->text, " ") < strlen(prompt->text) &&
                  g_strcmp0(prompt->text, draft ? draft->notes : NULL) != 0;
    ht_context_give_up(context, key, is_new ? prompt->text : "", "feedback");
    if (!is_new)
        given_up(context, prompt);
}

static HtResult ask_words(HtContext *context, HtKey interview)
{
    HtPrompt *prompt = question(context, HT_PROMPT_TEXT, worded, interview, "in a few words");
    g_autoptr(HtFeedback) draft = draft_of(context, interview);
    g_autofree char *clean = draft ? ht_text_to_edit(draft->notes, -1) : NULL;
    g_autofree char *key = about(context, interview);
    const char *given_up = ht_context_given_up(context, key);
    const char *kept = given_up ? given_up : ht_context_kept_words(context, key);
    prompt->cancelled = words_given_up;
    if (kept) {
        ht_prompt_set_text(prompt, context, kept);
        return ht_result_prompt(prompt);
    }
    /* What cannot stand in a line as it is stays as it is: Enter would send it changed. */
    if (clean && g_strcmp0(clean, draft->notes) == 0 && !strchr(clean, '\n'))
        ht_prompt_set_text(prompt, context, clean);
    return ht_result_prompt(prompt);
}

static HtResult submit_answered(HtContext *context, HtPrompt *prompt)
{
    HtIntent *intent = new_feedback(of(prompt));
    intent->submit = true;
    return ht_context_submit(context, intent, said, NULL, NULL);
}

static HtResult ask_submit(HtContext *context, HtKey interview)
{
    HtPrompt *prompt = question(context, HT_PROMPT_CONFIRM, submit_answered, interview,
                                "submit? It is final; n keeps a draft");
    return ht_result_prompt(prompt);
}

HT_HANDLER(ht_cmd_feedback)
{
    (void)args;
    HtKey interview = interview_here(context);
    g_autoptr(HtInterview) about =
        interview ? ht_cache_interview(context->parts.reader, interview, NULL) : NULL;
    if (!about || !about->is_mine)
        return ht_result_error("you are on no panel of an interview with this person");
    g_autoptr(GError) early = NULL;
    if (!ht_meet_has_begun(context, about, &early))
        return ht_result_take_error(g_steal_pointer(&early));
    g_autoptr(HtFeedback) draft = draft_of(context, interview);
    if (draft && draft->submitted_at)
        return ht_result_error("your feedback on it is submitted, and that is final");
    static const char *const words[] = {"1 poor", "2 weak", "3 fair", "4 good", "5 excellent"};
    HtPrompt *prompt = question(context, HT_PROMPT_CHOICE, rated, interview, "rating");
    for (gsize i = G_N_ELEMENTS(words); i > 0; i--)
        ht_prompt_add_choice(prompt, words[i - 1], NULL, NULL, (int64_t)i, NULL);
    if (draft && draft->rating > 0)
        ht_prompt_select(prompt, (int)G_N_ELEMENTS(words) - (int)draft->rating);
    return ht_result_prompt(prompt);
}

/* ---- planning
 * ----------------------------------------------------------------------------------------- */
static const char *const kinds[] = {"technical", "screening", "behavioral", "final", "hr", "voice"};

/* What was answered so far, from question to question. What is refused in the end is asked again
 * from the time on, with all of it standing there. */
typedef struct {
    HtKey match, interview; /* for a new one of the match; or the one that moves */
    guint generation;       /* of the cache, that the keys are of */
    char *when, *minutes, *panel;
    int kind;
    int64_t starts_at;
} Plan;

static Plan *plan_copy(const Plan *from)
{
    Plan *plan = g_memdup2(from, sizeof *from);
    plan->when = g_strdup(from->when);
    plan->minutes = g_strdup(from->minutes);
    plan->panel = g_strdup(from->panel);
    return plan;
}

static void plan_free(gpointer data)
{
    Plan *plan = data;
    g_free(plan->when);
    g_free(plan->minutes);
    g_free(plan->panel);
    g_free(plan);
}

/* What a plan is kept under: ids, for it outlives a generation. Caller frees. */
static char *about_plan(HtContext *context, const Plan *plan)
{
    return about(context, plan->interview ? plan->interview : plan->match);
}

/* What was answered the last time, if that was given up halfway; the application or interview is
 * the same, whatever its key is by now. */
static Plan *plan_new(HtContext *context, HtKey match, HtKey interview)
{
    Plan fresh = {.match = match,
                  .interview = interview,
                  .generation = context->generation,
                  .when = (char[]){""},
                  .minutes = (char[]){"60"},
                  .panel = (char[]){""}};
    g_autofree char *key = about_plan(context, &fresh);
    const Plan *kept = context->plans ? g_hash_table_lookup(context->plans, key) : NULL;
    if (kept) {
        fresh.when = kept->when;
        fresh.minutes = kept->minutes;
        fresh.panel = kept->panel;
        fresh.kind = kept->kind;
    }
    return plan_copy(&fresh);
}

static void keep_plan(HtContext *context, const Plan *plan, bool is_wanted)
{
    if (!context->plans)
        context->plans = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, plan_free);
    g_autofree char *key = about_plan(context, plan);
    if (is_wanted)
        g_hash_table_replace(context->plans, g_steal_pointer(&key), plan_copy(plan));
    else
        g_hash_table_remove(context->plans, key);
}

static void plan_given_up(HtContext *context, HtPrompt *prompt);

/* The prompt hands the half-made plan on to the next one. */
static HtPrompt *next_question(HtContext *context, HtPromptKind kind, HtPromptThen then, Plan *plan,
                               const char *label)
{
    g_autofree char *who = plan->interview ? whom_of(context, plan->interview)
                                           : ht_context_whom(context, plan->match, 0);
    HtPrompt *prompt = ht_prompt_new(kind, then, "%s: %s", who, label);
    prompt->data = plan;
    prompt->free_data = plan_free;
    prompt->cancelled = plan_given_up;
    return prompt;
}

static Plan *take_plan(HtPrompt *prompt)
{
    prompt->free_data = NULL;
    return g_steal_pointer(&prompt->data);
}

static void set_answer(char **answer, const HtPrompt *prompt)
{
    g_free(*answer);
    *answer = g_strdup(prompt->text);
}

static HtResult ask_when(HtContext *context, Plan *plan, const char *error);

static HtResult planned(HtContext *context, const HtReceipt *receipt, const GError *error,
                        gpointer data)
{
    const Plan *plan = data;
    if (receipt && plan->generation == context->generation)
        keep_plan(context, plan, false);
    if (receipt || plan->generation != context->generation)
        return said(context, receipt, error, NULL);
    return ask_when(context, plan_copy(plan), error ? error->message : "it was not written");
}

static HtResult submit_plan(HtContext *context, HtPrompt *prompt, HtIntent *intent)
{
    const Plan *plan = prompt->data;
    intent->note_match = plan->match;
    intent->interview = plan->interview;
    intent->time_zone = g_strdup(ht_meet_zone(context));
    if (!intent->cancel)
        intent->starts_at = plan->starts_at;
    return ht_context_submit(context, intent, planned, take_plan(prompt), plan_free);
}

static HtResult ask_panel(HtContext *context, Plan *plan, const char *error);

static HtResult panel_given(HtContext *context, HtPrompt *prompt)
{
    Plan *plan = prompt->data;
    g_autoptr(GError) error = NULL;
    g_autoptr(HtIntent) intent = ht_intent_new(HT_INTENT_INTERVIEW_ADD);
    set_answer(&plan->panel, prompt);
    if (!ht_meet_panel(context, plan->panel, intent->panel, &error))
        return ask_panel(context, take_plan(prompt), error->message);
    intent->interview_type = g_strdup(kinds[plan->kind]);
    intent->minutes = (int)g_ascii_strtoll(plan->minutes, NULL, 10);
    return submit_plan(context, prompt, g_steal_pointer(&intent));
}

static HtResult ask_panel(HtContext *context, Plan *plan, const char *error)
{
    HtPrompt *prompt = next_question(context, HT_PROMPT_TEXT, panel_given, plan,
                                     "panel: leader first, commas; Tab names");
    g_autoptr(GPtrArray) members = ht_cache_members(context->parts.reader, NULL);
    for (guint i = 0; members && i < members->len; i++) {
        const HtMember *member = members->pdata[i];
        g_autofree char *clean = ht_text_sanitize(member->name, -1, HT_TEXT_LINE, NULL);
        ht_prompt_add_choice(prompt, clean, NULL, NULL, 0, NULL);
    }
    prompt->is_list = true;
    ht_prompt_set_text(prompt, context, plan->panel);
    prompt->wanted = "somebody has to be on the panel";
    prompt->history = g_strdup("panel");
    if (error)
        prompt->error = ht_text_sanitize(error, -1, HT_TEXT_LINE, NULL);
    return ht_result_prompt(prompt);
}

static HtResult kind_given(HtContext *context, HtPrompt *prompt)
{
    const HtChoice *choice = ht_prompt_choice(prompt);
    if (!choice)
        return ht_result_error("choose a kind from the list");
    Plan *plan = take_plan(prompt);
    plan->kind = (int)choice->value;
    return ask_panel(context, plan, NULL);
}

static bool parse_minutes(const char *text, gint64 *minutes)
{
    return g_ascii_string_to_signed(text, 10, 1, 1440, minutes, NULL);
}

static void check_minutes(HtContext *context, HtPrompt *prompt)
{
    (void)context;
    gint64 minutes;
    if (*prompt->text && !parse_minutes(prompt->text, &minutes))
        prompt->error = g_strdup("1 to 1440 minutes");
}

static HtResult length_given(HtContext *context, HtPrompt *prompt)
{
    gint64 minutes;
    if (!parse_minutes(prompt->text, &minutes))
        return ht_result_error("an interview takes 1 to 1440 minutes");
    Plan *plan = take_plan(prompt);
    set_answer(&plan->minutes, prompt);
    HtPrompt *next =
        next_question(context, HT_PROMPT_CHOICE, kind_given, plan, "kind of interview");
    for (gsize i = 0; i < G_N_ELEMENTS(kinds); i++)
        ht_prompt_add_choice(next, kinds[i], NULL, NULL, (int64_t)i, NULL);
    ht_prompt_select(next, plan->kind);
    return ht_result_prompt(next);
}

static void check_time(HtContext *context, HtPrompt *prompt)
{
    int64_t at;
    const Plan *plan = prompt->data;
    g_autoptr(GError) error = NULL;
    bool cancels = plan->interview && strcmp(prompt->text, "cancel") == 0;
    if (*prompt->text && !cancels && !ht_parse_moment(prompt->text, context->zone, &at, &error))
        prompt->error = g_strdup(error->message);
}

static HtResult time_given(HtContext *context, HtPrompt *prompt)
{
    Plan *plan = prompt->data;
    g_autoptr(GError) error = NULL;
    if (!ht_parse_moment(prompt->text, context->zone, &plan->starts_at, &error))
        return ht_result_take_error(g_steal_pointer(&error));
    set_answer(&plan->when, prompt);
    HtPrompt *next =
        next_question(context, HT_PROMPT_TEXT, length_given, take_plan(prompt), "minutes");
    next->changed = check_minutes;
    next->wanted = "1 to 1440 minutes";
    ht_prompt_set_text(next, context, plan->minutes);
    return ht_result_prompt(next);
}

static HtResult moved(HtContext *context, HtPrompt *prompt);

/* Esc in any of the questions: all of the answers are there again when the same interview is
 * planned the next time, the one that stood in the line, too. */
static void plan_given_up(HtContext *context, HtPrompt *prompt)
{
    Plan *plan = prompt->data;
    if (plan->generation != context->generation)
        return;
    const HtChoice *choice = prompt->then == kind_given ? ht_prompt_choice(prompt) : NULL;
    if (prompt->then == time_given || prompt->then == moved)
        set_answer(&plan->when, prompt);
    else if (prompt->then == length_given)
        set_answer(&plan->minutes, prompt);
    else if (prompt->then == panel_given)
        set_answer(&plan->panel, prompt);
    if (choice)
        plan->kind = (int)choice->value;
    bool has_words = strspn(plan->when, " ") < strlen(plan->when);
    keep_plan(context, plan, has_words);
    g_autofree char *s = ht_context_key_of(context, "schedule");
    if (has_words)
        ht_context_set_message(context, HT_STYLE_NORMAL, "Not planned. %s brings it all back.", s);
}

/* ---- moving and cancelling
 * ------------------------------------------------------------------------------ */
static HtResult moved(HtContext *context, HtPrompt *prompt)
{
    Plan *plan = prompt->data;
    g_autoptr(GError) error = NULL;
    bool cancels = strcmp(prompt->text, "cancel") == 0;
    if (!cancels && !ht_parse_moment(prompt->text, context->zone, &plan->starts_at, &error))
        return ht_result_take_error(g_steal_pointer(&error));
    set_answer(&plan->when, prompt);
    HtIntent *intent = ht_intent_new(HT_INTENT_INTERVIEW_CHANGE);
    intent->cancel = cancels;
    return submit_plan(context, prompt, intent);
}

static HtResult ask_when(HtContext *context, Plan *plan, const char *error)
{
    bool moves = plan->interview != 0;
    HtPrompt *prompt = next_question(context, HT_PROMPT_TEXT, moves ? moved : time_given, plan,
                                     moves ? "move it to (e.g. friday 14:00), or cancel"
                                           : "interview at (e.g. friday 14:00)");
    prompt->changed = check_time;
    prompt->wanted = moves ? "a time is wanted (friday 14:00, tomorrow 9:30), or cancel"
                           : "a time is wanted (friday 14:00, tomorrow 9:30, 2026-05-04 14:00)";
    prompt->history = g_strdup("interview");
    ht_prompt_set_text(prompt, context, plan->when);
    if (error && !prompt->error) {
        prompt->error = ht_text_sanitize(error, -1, HT_TEXT_LINE, NULL);
        prompt->may_insist = true; /* the panel may be what has to be another */
    }
    return ht_result_prompt(prompt);
}

static HtResult move_interview(HtContext *context, HtKey interview)
{
    return ask_when(context, plan_new(context, 0, interview), NULL);
}

/* ---- one of those there are, or another
 * ----------------------------------------------------------------- */
static HtResult plan_another(HtContext *context, HtKey match)
{
    g_autoptr(GError) error = NULL;
    if (!ht_meet_is_open(context, match, &error))
        return ht_result_take_error(g_steal_pointer(&error));
    return ask_when(context, plan_new(context, match, 0), NULL);
}

static HtResult which_chosen(HtContext *context, HtPrompt *prompt)
{
    const HtChoice *choice = ht_prompt_choice(prompt);
    if (!choice)
        return ht_result_error("choose one from the list");
    return choice->value ? move_interview(context, choice->value)
                         : plan_another(context, (HtKey)GPOINTER_TO_SIZE(prompt->data));
}

/* Whoever looks at the interviews of a person means one of them more often than a new one. */
static HtResult ask_which(HtContext *context, HtKey match, const GPtrArray *planned)
{
    g_autofree char *who = ht_context_whom(context, match, 0);
    HtPrompt *prompt = ht_prompt_new(HT_PROMPT_CHOICE, which_chosen, "%s: which interview", who);
    for (guint i = planned->len; i > 0; i--) { /* the next one first */
        const HtInterview *interview = planned->pdata[i - 1];
        g_autofree char *when = ht_meet_say(context, interview);
        ht_prompt_add_choice(prompt, when, "move or cancel it", NULL, interview->key, NULL);
    }
    ht_prompt_add_choice(prompt, "another one", "plan it", NULL, 0, NULL);
    prompt->data = GSIZE_TO_POINTER((gsize)match);
    return ht_result_prompt(prompt);
}

static bool is_on_interviews(HtView *view)
{
    const char *const *tabs;
    int active;
    return ht_view_id(view) == HT_VIEW_CANDIDATE && ht_view_tabs(view, &tabs, &active) > 0 &&
           strcmp(tabs[active], "Interviews") == 0;
}

HT_HANDLER(ht_cmd_schedule)
{
    (void)args;
    HtView *view = ht_top(context);
    if (ht_view_id(view) == HT_VIEW_AGENDA)
        return move_interview(context, ht_view_current_key(view));
    HtKey match = ht_view_current_match(view);
    if (!match)
        return ht_result_error("this row is not an application");
    g_autoptr(GPtrArray) planned =
        is_on_interviews(view) ? ht_meet_planned(context, ht_view_current_candidate(view), match)
                               : g_ptr_array_new();
    return planned->len > 0 ? ask_which(context, match, planned) : plan_another(context, match);
}
