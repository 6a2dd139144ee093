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
    ht_context_push(context, ht_view_new_review(ht_view_parts(context), ht_view_subject_job(view),
                                                queue, context->pass));
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
    bool names_nobody = ht_view_id(view) == HT_VIEW_JOBS;
    return ht_result_message("%s", !ht_view_is_blind(view) ? "Everything is shown again."
                                   : names_nobody
                                       ? "Blind: what is opened hides names, contacts, schools, "
                                         "résumé dates."
                                       : "Blind: names, contacts, schools and the résumé's dates "
                                         "are hidden.");
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

/* Whom the question names is who gets the answer. */
typedef struct {
    GArray *people; /* HtKey */
    HtKey match;    /* the one application of the one person; 0 = none, or several */
    char *whom;     /* NULL unless it is one person */
    char *text;     /* what was typed; may be NULL */
    bool is_note;
    char *words; /* the name under which words are kept that are given up or find no room */
} About;

static void about_free(gpointer data)
{
    About *about = data;
    if (!about)
        return;
    g_array_unref(about->people);
    g_free(about->whom);
    g_free(about->text);
    g_free(about->words);
    g_free(about);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(About, about_free)

static About *about_dup(const About *about)
{
    About *copy = g_memdup2(about, sizeof *about);
    copy->people = g_array_ref(about->people);
    copy->whom = g_strdup(about->whom);
    copy->words = g_strdup(about->words);
    copy->text = NULL;
    return copy;
}

static void add_marked(HtContext *context, About *about)
{
    g_autoptr(GArray) keys = ht_view_targets(ht_top(context));
    HtMatchRow *rows = g_new0(HtMatchRow, MAX(1, keys->len));
    if (ht_cache_match_rows(context->parts.reader, (const HtKey *)(const void *)keys->data,
                            keys->len, rows, NULL)) {
        for (guint i = 0; i < keys->len; i++)
            add_person(about->people, rows[i].candidate);
    }
    ht_match_rows_free(rows, keys->len);
    if (keys->len == 1)
        about->match = g_array_index(keys, HtKey, 0);
}

/* Ids, for words outlive a generation. Caller frees. */
static char *words_about(HtContext *context, const char *what, const GArray *people)
{
    HtUuid id = {0};
    char text[HT_UUID_TEXT];
    if (people->len > 0)
        ht_reader_uuid(context->parts.reader, g_array_index(people, HtKey, 0), &id);
    return g_strdup_printf("%s %s and %u", what, ht_uuid_format(&id, text), people->len);
}

/* The marked, or who is under the cursor. */
static About *people_meant(HtContext *context, bool is_note)
{
    HtView *view = ht_top(context);
    About *about = g_new0(About, 1);
    about->people = g_array_new(FALSE, FALSE, sizeof(HtKey));
    bool ranked = ht_view_id(view) == HT_VIEW_MATCHES || ht_view_id(view) == HT_VIEW_CANDIDATES;
    if (ranked && ht_view_marks(view) > 0) {
        add_marked(context, about);
    } else {
        add_person(about->people, ht_view_current_candidate(view));
        about->match = ht_view_current_match(view);
    }
    if (about->people->len == 1)
        about->whom =
            ht_context_whom(context, about->match, g_array_index(about->people, HtKey, 0));
    about->is_note = is_note;
    about->words = words_about(context, is_note ? "note" : "tags", about->people);
    return about;
}

/* "Noted on Ana Ruiz", "Tagged: nice (Ana Ruiz)", "Noted 12". */
static char *what_was_written(const HtReceipt *receipt, const About *about)
{
    const char *label = receipt->label ? receipt->label : "Written";
    if (!about->whom)
        return g_strdup(label);
    return about->is_note ? g_strdup_printf("%s on %s", label, about->whom)
                          : g_strdup_printf("%s (%s)", label, about->whom);
}

static HtResult written(HtContext *context, const HtReceipt *receipt, const GError *error,
                        gpointer data)
{
    const About *about = data;
    ht_context_keep_words(context, about->words, receipt ? NULL : about->text);
    if (!receipt)
        return ht_result_kept(context, about->is_note ? "note" : "tags", error);
    g_autofree char *label = what_was_written(receipt, about);
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
static HtResult write_note(HtContext *context, const About *asked, const char *text)
{
    g_autofree char *body = g_strstrip(g_strdup(text ? text : ""));
    ht_context_keep_words(context, asked->words, NULL);
    if (!*body)
        return ht_result_message("Nothing was written.");
    if (asked->people->len == 0)
        return ht_result_error("there is nobody in this row");
    HtIntent *intent = ht_intent_new(HT_INTENT_NOTE);
    add_people(intent, asked->people);
    if (asked->people->len == 1)
        intent->note_match = asked->match;
    intent->note = g_strdup(body);
    g_free(context->repeat.text);
    context->repeat.text = g_strdup(body);
    About *about = about_dup(asked);
    about->text = g_steal_pointer(&body);
    return ht_context_submit(context, intent, written, about, about_free);
}

static void note_given_up(HtContext *context, HtPrompt *prompt)
{
    const About *about = prompt->data;
    ht_context_give_up(context, about->words, prompt->text, "note");
}

static HtResult note_answered(HtContext *context, HtPrompt *prompt)
{
    About *about = prompt->data;
    ht_context_keep_given_up(context, about->words, NULL);
    return write_note(context, about, prompt->text);
}

static HtResult ask_note(HtContext *context, HtPromptKind kind)
{
    g_autoptr(About) about = people_meant(context, true);
    guint n = about->people->len;
    HtPrompt *prompt = about->whom ? ht_prompt_new(kind, note_answered, "note on %s", about->whom)
                                   : ht_prompt_new(kind, note_answered, "note on %u", n);
    prompt->cancelled = kind == HT_PROMPT_TEXT ? note_given_up : NULL;
    const char *given_up = ht_context_given_up(context, about->words);
    const char *kept = ht_context_kept_words(context, about->words);
    if (given_up) {
        ht_prompt_set_text(prompt, context, given_up);
    } else if (kept) {
        g_free(prompt->text); /* of an editor perhaps: lines and all */
        prompt->text = g_strdup(kept);
    }
    prompt->data = g_steal_pointer(&about);
    prompt->free_data = about_free;
    return ht_result_prompt(prompt);
}

HT_HANDLER(ht_cmd_note)
{
    if (!args->text)
        return ask_note(context, HT_PROMPT_TEXT);
    g_autoptr(About) about = people_meant(context, true);
    return write_note(context, about, args->text);
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

static HtResult write_tags(HtContext *context, const About *asked, const char *text)
{
    g_auto(GStrv) words = g_strsplit_set(text ? text : "", " ,\t", -1);
    g_autoptr(HtIntent) intent = ht_intent_new(HT_INTENT_TAGS);
    intent->tags = g_ptr_array_new_with_free_func(g_free);
    for (int i = 0; words[i]; i++)
        take_tag(intent->tags, words[i]);
    g_free(context->repeat.text);
    context->repeat.text = g_strdup(text);
    ht_context_keep_words(context, asked->words, NULL);
    if (intent->tags->len == 0)
        return ht_result_message("Nothing was changed.");
    if (asked->people->len == 0)
        return ht_result_error("there is nobody in this row");
    add_people(intent, asked->people);
    About *about = about_dup(asked);
    about->text = g_strdup(text);
    return ht_context_submit(context, g_steal_pointer(&intent), written, about, about_free);
}

static HtResult tags_answered(HtContext *context, HtPrompt *prompt)
{
    About *about = prompt->data;
    ht_context_keep_given_up(context, about->words, NULL);
    return write_tags(context, about, prompt->text);
}

static void tags_given_up(HtContext *context, HtPrompt *prompt)
{
    const About *about = prompt->data;
    ht_context_give_up(context, about->words, prompt->text, "tags");
}

HT_HANDLER(ht_cmd_tags)
{
    g_autoptr(About) about = people_meant(context, false);
    if (args->text)
        return write_tags(context, about, args->text);
    HtPrompt *prompt = about->whom
                           ? ht_prompt_new(HT_PROMPT_TEXT, tags_answered,
                                           "tags of %s (+adds, -removes)", about->whom)
                           : ht_prompt_new(HT_PROMPT_TEXT, tags_answered,
                                           "tags of %u (+adds, -removes)", about->people->len);
    g_autoptr(GPtrArray) known = ht_cache_all_tags(context->parts.reader, NULL);
    for (guint i = 0; known && i < known->len; i++)
        ht_prompt_add_choice(prompt, known->pdata[i], NULL, NULL, 0, NULL);
    prompt->history = g_strdup("tags");
    prompt->cancelled = tags_given_up;
    const char *given_up = ht_context_given_up(context, about->words);
    const char *words = given_up ? given_up : ht_context_kept_words(context, about->words);
    if (words)
        ht_prompt_set_text(prompt, context, words);
    prompt->data = g_steal_pointer(&about);
    prompt->free_data = about_free;
    return ht_result_prompt(prompt);
}
