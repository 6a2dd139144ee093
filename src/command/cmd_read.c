/* The review queue, the evidence, blind review; notes and tags. */
#include "commands.h"
#include "context_impl.h"

#include <string.h>

enum { ROWS_AT_ONCE = 512 };

/* ---- review
 * ---------------------------------------------------------------------------------------- */
static HtKeyArray *undecided(HtContext *context, const HtKeyArray *keys, bool any_stage)
{
    HtKeyArray *queue = ht_key_array_new(keys->n);
    gsize n = 0;
    for (gsize first = 0; first < keys->n; first += ROWS_AT_ONCE) {
        gsize part = MIN((gsize)ROWS_AT_ONCE, keys->n - first);
        HtMatchRow *rows = g_new0(HtMatchRow, part);
        if (ht_cache_match_rows(context->parts.reader, keys->keys + first, part, rows, NULL)) {
            for (gsize i = 0; i < part; i++) {
                if (ht_review_wants(&rows[i], any_stage))
                    queue->keys[n++] = rows[i].key;
            }
        }
        ht_match_rows_free(rows, part);
    }
    queue->n = n;
    return queue;
}

static HtKeyArray *marked_keys(HtView *view)
{
    g_autoptr(GArray) targets = ht_view_targets(view);
    HtKeyArray *keys = ht_key_array_new(targets->len);
    for (guint i = 0; i < targets->len; i++)
        keys->keys[i] = g_array_index(targets, HtKey, i);
    return keys;
}

static HtResult start_review(HtContext *context, HtView *view)
{
    bool marked = ht_view_marks(view) > 0;
    g_autoptr(HtKeyArray) keys = marked ? marked_keys(view) : ht_view_keys(view);
    HtKeyArray *queue = undecided(context, keys, marked || *ht_view_limit(view));
    if (queue->n == 0) {
        ht_key_array_free(queue);
        return ht_result_message("Nobody left to review here.");
    }
    context->pass = context->parts.outbox ? ht_outbox_new_pass(context->parts.outbox) : 0;
    bool blind = ht_view_is_blind(view);
    HtView *review =
        ht_view_new_review(ht_view_parts(context), ht_view_subject_job(view), queue, context->pass);
    if (blind)
        ht_view_set_blind(review, true);
    ht_context_push(context, review);
    return ht_result_none();
}

/* From the list of jobs: everything of that job, ranked. */
static HtResult review_job(HtContext *context, HtKey job)
{
    g_autoptr(GError) error = NULL;
    HtMatchQuery query = {.job = job, .sort = HT_MATCH_SORT_SCORE};
    g_autoptr(HtKeyArray) keys = ht_cache_match_keys(context->parts.reader, &query, &error);
    HtView *list = keys ? ht_view_new_matches(ht_view_parts(context), job, &error) : NULL;
    if (!list)
        return ht_result_take_error(g_steal_pointer(&error));
    HtKeyArray *queue = undecided(context, keys, false);
    ht_cache_job_visit(context->parts.cache, job);
    ht_context_push(context, list);
    if (queue->n == 0) {
        ht_key_array_free(queue);
        return ht_result_message("Nobody left to review here.");
    }
    context->pass = context->parts.outbox ? ht_outbox_new_pass(context->parts.outbox) : 0;
    ht_context_push(context, ht_view_new_review(ht_view_parts(context), job, queue, context->pass));
    return ht_result_none();
}

HT_HANDLER(ht_cmd_review)
{
    (void)args;
    HtView *view = ht_top(context);
    if (ht_view_id(view) == HT_VIEW_JOBS)
        return review_job(context, ht_view_current_job(view));
    return start_review(context, view);
}

HT_HANDLER(ht_cmd_review_skip)
{
    (void)args;
    if (!ht_review_skip(ht_top(context)))
        return ht_result_message("This is the last one that is not decided.");
    ht_context_session_touch(context);
    return ht_result_none();
}

HT_HANDLER(ht_cmd_evidence)
{
    HtView *view = ht_top(context);
    if (ht_view_id(view) == HT_VIEW_CANDIDATE) {
        ht_show_tab(context, HT_CANDIDATE_WHY);
        return ht_result_none();
    }
    const HtCommand *open = ht_command_find("open");
    HtResult result = ht_context_run(context, open, args);
    if (result.kind == HT_RESULT_NONE)
        ht_show_tab(context, HT_CANDIDATE_WHY);
    return result;
}

HT_HANDLER(ht_cmd_blind)
{
    (void)args;
    HtView *view = ht_top(context);
    ht_view_set_blind(view, !ht_view_is_blind(view));
    ht_context_session_touch(context);
    return ht_result_message(ht_view_is_blind(view) ? "Blind: names, contacts, schools and dates "
                                                      "are hidden."
                                                    : "Everything is shown again.");
}

/* ---- who is meant
 * ------------------------------------------------------------------------------------- */
static void add_person(GArray *people, HtKey candidate)
{
    for (guint i = 0; i < people->len; i++) {
        if (g_array_index(people, HtKey, i) == candidate)
            return;
    }
    if (candidate)
        g_array_append_val(people, candidate);
}

static GArray *people_meant(HtContext *context)
{
    HtView *view = ht_top(context);
    GArray *people = g_array_new(FALSE, FALSE, sizeof(HtKey));
    bool ranked = ht_view_id(view) == HT_VIEW_MATCHES || ht_view_id(view) == HT_VIEW_CANDIDATES;
    if (!ranked || ht_view_marks(view) == 0) {
        add_person(people, ht_view_current_candidate(view));
        return people;
    }
    g_autoptr(GArray) keys = ht_view_targets(view);
    HtMatchRow *rows = g_new0(HtMatchRow, MAX(1, keys->len));
    if (ht_cache_match_rows(context->parts.reader, (const HtKey *)(const void *)keys->data,
                            keys->len, rows, NULL)) {
        for (guint i = 0; i < keys->len; i++)
            add_person(people, rows[i].candidate);
    }
    ht_match_rows_free(rows, keys->len);
    return people;
}

static HtResult written(HtContext *context, const HtReceipt *receipt, const GError *error,
                        gpointer data)
{
    (void)context;
    if (!receipt)
        return ht_result_error("%s", error ? error->message : "it was not written");
    const char *label = receipt->label ? receipt->label : (const char *)data;
    if (receipt->n_refused == 1)
        return ht_result_message("%s; %s. u undoes.", label, receipt->why);
    if (receipt->n_refused > 1)
        return ht_result_message("%s; %d left out: %s. u undoes.", label, receipt->n_refused,
                                 receipt->why);
    return ht_result_message("%s. u undoes.", label);
}

static void add_people(HtIntent *intent, const GArray *people)
{
    for (guint i = 0; i < people->len; i++)
        ht_intent_add_candidate(intent, g_array_index(people, HtKey, i));
}

/* ---- notes
 * ------------------------------------------------------------------------------------------------
 */
static HtResult note_written(HtContext *context, const HtReceipt *receipt, const GError *error,
                             gpointer data)
{
    g_free(context->unwritten.text);
    context->unwritten.text = receipt ? NULL : g_strdup(data);
    if (receipt)
        return written(context, receipt, error, (gpointer)(guintptr) "Noted");
    return ht_result_kept(context, "note", error);
}

static HtResult write_note(HtContext *context, const char *text)
{
    g_autofree char *body = g_strstrip(g_strdup(text ? text : ""));
    if (!*body)
        return ht_result_message("Nothing was written.");
    g_autoptr(GArray) people = people_meant(context);
    if (people->len == 0)
        return ht_result_error("there is nobody in this row");
    HtIntent *intent = ht_intent_new(HT_INTENT_NOTE);
    add_people(intent, people);
    if (people->len == 1)
        intent->note_match = ht_view_current_match(ht_top(context));
    intent->note = g_steal_pointer(&body);
    g_free(context->repeat.text);
    context->repeat.text = g_strdup(intent->note);
    context->unwritten.first = g_array_index(people, HtKey, 0);
    context->unwritten.n = people->len;
    return ht_context_submit(context, intent, note_written, g_strdup(intent->note), g_free);
}

/* Ids, for words outlive a generation. Caller frees. */
static char *about_note(HtContext *context, const GArray *people)
{
    HtUuid id = {0};
    char text[HT_UUID_TEXT];
    if (people->len > 0)
        ht_reader_uuid(context->parts.reader, g_array_index(people, HtKey, 0), &id);
    return g_strdup_printf("note %s and %u", ht_uuid_format(&id, text), people->len);
}

static void note_given_up(HtContext *context, HtPrompt *prompt)
{
    ht_context_give_up(context, prompt->data, prompt->text, "note");
}

static HtResult note_answered(HtContext *context, HtPrompt *prompt)
{
    ht_context_keep_given_up(context, prompt->data, NULL);
    return write_note(context, prompt->text);
}

static HtResult ask_note(HtContext *context, HtPromptKind kind)
{
    g_autoptr(GArray) people = people_meant(context);
    HtPrompt *prompt =
        ht_prompt_new(kind, note_answered, people->len == 1 ? "note" : "note on %u", people->len);
    const HtUnwritten *before = &context->unwritten;
    prompt->data = about_note(context, people);
    prompt->free_data = g_free;
    prompt->cancelled = kind == HT_PROMPT_TEXT ? note_given_up : NULL;
    const char *given_up = ht_context_given_up(context, prompt->data);
    if (given_up) {
        ht_prompt_set_text(prompt, context, given_up);
        return ht_result_prompt(prompt);
    }
    if (before->text && before->n == people->len && people->len > 0 &&
        before->first == g_array_index(people, HtKey, 0)) {
        g_free(prompt->text);
        prompt->text = g_strdup(before->text);
    }
    return ht_result_prompt(prompt);
}

HT_HANDLER(ht_cmd_note)
{
    return args->text ? write_note(context, args->text) : ask_note(context, HT_PROMPT_TEXT);
}

HT_HANDLER(ht_cmd_note_editor)
{
    (void)args;
    return ask_note(context, HT_PROMPT_EDITOR);
}

/* ---- tags
 * ------------------------------------------------------------------------------------------------
 */
/* The last word about a tag counts; "+tag" is what "tag" is. */
static void take_tag(GPtrArray *tags, const char *given)
{
    const char *word = given + (*given == '+');
    const char *tag = word + (*word == '-');
    g_autofree char *folded = ht_text_fold(tag);
    if (!*tag)
        return;
    for (guint i = 0; i < tags->len; i++) {
        const char *other = tags->pdata[i];
        g_autofree char *same = ht_text_fold(other + (*other == '-'));
        if (strcmp(same, folded) == 0) {
            g_ptr_array_remove_index(tags, i);
            break;
        }
    }
    g_ptr_array_add(tags, g_strdup(word));
}

static HtResult write_tags(HtContext *context, const char *text)
{
    g_auto(GStrv) words = g_strsplit_set(text ? text : "", " ,\t", -1);
    g_autoptr(GArray) people = people_meant(context);
    g_autoptr(HtIntent) intent = ht_intent_new(HT_INTENT_TAGS);
    intent->tags = g_ptr_array_new_with_free_func(g_free);
    for (int i = 0; words[i]; i++)
        take_tag(intent->tags, words[i]);
    g_free(context->repeat.text);
    context->repeat.text = g_strdup(text);
    if (intent->tags->len == 0)
        return ht_result_message("Nothing was changed.");
    if (people->len == 0)
        return ht_result_error("there is nobody in this row");
    add_people(intent, people);
    return ht_context_submit(context, g_steal_pointer(&intent), written,
                             (gpointer)(guintptr) "Tagged", NULL);
}

static HtResult tags_answered(HtContext *context, HtPrompt *prompt)
{
    return write_tags(context, prompt->text);
}

HT_HANDLER(ht_cmd_tags)
{
    if (args->text)
        return write_tags(context, args->text);
    g_autoptr(GArray) people = people_meant(context);
    HtPrompt *prompt = ht_prompt_new(
        HT_PROMPT_TEXT, tags_answered,
        people->len == 1 ? "tags (+adds, -removes)" : "tags of %u (+adds, -removes)", people->len);
    g_autoptr(GPtrArray) known = ht_cache_all_tags(context->parts.reader, NULL);
    for (guint i = 0; known && i < known->len; i++)
        ht_prompt_add_choice(prompt, known->pdata[i], NULL, NULL, 0, NULL);
    prompt->history = g_strdup("tags");
    return ht_result_prompt(prompt);
}
