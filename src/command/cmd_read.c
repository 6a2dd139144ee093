/* The review queue, the evidence, blind review; notes and tags. */
#include "commands.h"
#include "context_impl.h"
#include "targets.h"

#include <string.h>

enum { ROWS_AT_ONCE = 512 };

/* ---- review
 * ---------------------------------------------------------------------------------------- */
/* What a queue is made of. */
typedef struct {
    HtKeyArray *keys;
    bool any_stage;
    HtKey job; /* whose list is opened below it; 0: it is open */
} Candidates;

static void candidates_free(gpointer data)
{
    Candidates *of = data;
    ht_key_array_free(of->keys);
    g_free(of);
}

static void free_queue(gpointer queue)
{
    ht_key_array_free(queue);
}

static gpointer undecided(HtReader *reader, gpointer data, const gint *stop, GError **error)
{
    const Candidates *of = data;
    HtKeyArray *queue = ht_key_array_new(of->keys->n);
    gsize n = 0;
    for (gsize first = 0; first < of->keys->n; first += ROWS_AT_ONCE) {
        HtMatchRow rows[ROWS_AT_ONCE];
        gsize part = MIN((gsize)ROWS_AT_ONCE, of->keys->n - first);
        bool ok = !g_atomic_int_get(stop);
        memset(rows, 0, sizeof rows);
        ok = ok && ht_cache_match_rows(reader, of->keys->keys + first, part, rows, error);
        for (gsize i = 0; i < part; i++) {
            if (ok && ht_review_wants(&rows[i], of->any_stage))
                queue->keys[n++] = rows[i].key;
            ht_match_row_clear(&rows[i]);
        }
        if (!ok) {
            ht_key_array_free(queue);
            return NULL;
        }
    }
    queue->n = n;
    return queue;
}

static HtKeyArray *copy_keys(const HtKeyArray *keys)
{
    HtKeyArray *copy = ht_key_array_new(keys->n);
    if (keys->n > 0)
        memcpy(copy->keys, keys->keys, keys->n * sizeof(HtKey));
    return copy;
}

static HtResult open_queue(HtContext *context, gpointer result, gpointer data)
{
    const Candidates *of = data;
    const HtKeyArray *queue = result;
    if (of->job) {
        g_autoptr(GError) error = NULL;
        HtView *list = ht_view_new_matches(ht_view_parts(context), of->job, &error);
        if (!list)
            return ht_result_take_error(g_steal_pointer(&error));
        ht_cache_job_visit(context->parts.cache, of->job);
        ht_context_push(context, list);
    }
    if (queue->n == 0)
        return ht_result_message("Nobody left to review here.");
    HtKey job = of->job ? of->job : ht_view_subject_job(ht_top(context));
    context->pass = context->parts.outbox ? ht_outbox_new_pass(context->parts.outbox) : 0;
    ht_context_push(
        context, ht_view_new_review(ht_view_parts(context), job, copy_keys(queue), context->pass));
    return ht_result_none();
}

/* Takes the keys. */
static HtResult review_keys(HtContext *context, HtKeyArray *keys, bool any_stage, HtKey job)
{
    Candidates *of = g_new0(Candidates, 1);
    *of = (Candidates){.keys = keys, .any_stage = any_stage, .job = job};
    return ht_context_errand(context, &(HtErrandSpec){.rows = (guint)keys->n,
                                                      .run = undecided,
                                                      .done = open_queue,
                                                      .data = of,
                                                      .free_data = candidates_free,
                                                      .free_result = free_queue});
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
    HtKeyArray *keys = marked ? marked_keys(view) : ht_view_keys(view);
    return review_keys(context, keys, marked || *ht_view_limit(view), 0);
}

/* From the list of jobs: everything of that job, ranked. */
static HtResult review_job(HtContext *context, HtKey job)
{
    g_autoptr(GError) error = NULL;
    HtMatchQuery query = {.job = job, .sort = HT_MATCH_SORT_SCORE};
    HtKeyArray *keys = ht_cache_match_keys(context->parts.reader, &query, &error);
    return keys ? review_keys(context, keys, false, job)
                : ht_result_take_error(g_steal_pointer(&error));
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

/* Each person once. */
static void add_marked(About *about, const HtTargets *targets)
{
    g_autoptr(GHashTable) met = g_hash_table_new(g_direct_hash, g_direct_equal);
    for (guint i = 0; i < targets->n; i++) {
        HtKey candidate = targets->rows[i].candidate;
        if (candidate && g_hash_table_add(met, GSIZE_TO_POINTER((gsize)candidate)))
            g_array_append_val(about->people, candidate);
    }
    if (targets->n == 1)
        about->match = targets->rows[0].match;
}

typedef HtResult (*AboutFunc)(HtContext *context, const About *about, const char *text);

/* Those are meant (NULL: who is under the cursor). */
static HtResult go_on_about(HtContext *context, const HtTargets *marked, bool is_note,
                            AboutFunc then, const char *text)
{
    HtView *view = ht_top(context);
    g_autoptr(About) about = g_new0(About, 1);
    about->people = g_array_new(FALSE, FALSE, sizeof(HtKey));
    HtKey here = marked ? 0 : ht_view_current_candidate(view);
    if (marked)
        add_marked(about, marked);
    else
        about->match = ht_view_current_match(view);
    if (here)
        g_array_append_val(about->people, here);
    if (about->people->len == 1)
        about->whom =
            ht_context_whom(context, about->match, g_array_index(about->people, HtKey, 0));
    about->is_note = is_note;
    about->words = ht_context_words_about(context, is_note ? "note" : "tags", about->people);
    return then(context, about, text);
}

/* What is to be written to whom, while the marked are read. */
typedef struct {
    bool is_note;
    AboutFunc then;
    char *text;
} Wish;

static void wish_free(gpointer data)
{
    Wish *wish = data;
    g_free(wish->text);
    g_free(wish);
}

static HtResult marked_came(HtContext *context, const HtTargets *targets, gpointer data)
{
    const Wish *wish = data;
    return go_on_about(context, targets, wish->is_note, wish->then, wish->text);
}

/* The marked, or who is under the cursor. */
static HtResult with_people(HtContext *context, bool is_note, AboutFunc then, const char *text)
{
    HtView *view = ht_top(context);
    bool ranked = ht_view_id(view) == HT_VIEW_MATCHES || ht_view_id(view) == HT_VIEW_CANDIDATES;
    if (!ranked || ht_view_marks(view) == 0)
        return go_on_about(context, NULL, is_note, then, text);
    Wish *wish = g_new0(Wish, 1);
    *wish = (Wish){.is_note = is_note, .then = then, .text = g_strdup(text)};
    g_autoptr(GArray) keys = ht_view_targets(view);
    return ht_context_with_targets(context, keys, marked_came, wish, wish_free);
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
    ht_context_give_up(context, about->words, prompt->text,
                       prompt->kind == HT_PROMPT_EDITOR ? "note.editor" : "note");
}

static HtResult note_answered(HtContext *context, HtPrompt *prompt)
{
    About *about = prompt->data;
    ht_context_keep_given_up(context, about->words, NULL);
    return write_note(context, about, prompt->text);
}

static HtResult ask_note(HtContext *context, const About *about, HtPromptKind kind)
{
    guint n = about->people->len;
    HtPrompt *prompt = about->whom ? ht_prompt_new(kind, note_answered, "note on %s", about->whom)
                                   : ht_prompt_new(kind, note_answered, "note on %u", n);
    prompt->cancelled = note_given_up;
    const char *given_up = ht_context_given_up(context, about->words);
    const char *kept = ht_context_kept_words(context, about->words);
    if (given_up) {
        ht_prompt_set_text(prompt, context, given_up);
    } else if (kept) {
        g_free(prompt->text); /* of an editor perhaps: lines and all */
        prompt->text = g_strdup(kept);
    }
    prompt->data = about_dup(about);
    prompt->free_data = about_free;
    return ht_result_prompt(prompt);
}

static HtResult note_in_line(HtContext *context, const About *about, const char *text)
{
    return text ? write_note(context, about, text) : ask_note(context, about, HT_PROMPT_TEXT);
}

static HtResult note_in_editor(HtContext *context, const About *about, const char *text)
{
    (void)text;
    return ask_note(context, about, HT_PROMPT_EDITOR);
}

HT_HANDLER(ht_cmd_note)
{
    return with_people(context, true, note_in_line, args->text);
}

HT_HANDLER(ht_cmd_note_editor)
{
    (void)args;
    return with_people(context, true, note_in_editor, NULL);
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

static HtResult ask_tags(HtContext *context, const About *about, const char *text)
{
    if (text)
        return write_tags(context, about, text);
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
    prompt->data = about_dup(about);
    prompt->free_data = about_free;
    return ht_result_prompt(prompt);
}

HT_HANDLER(ht_cmd_tags)
{
    return with_people(context, false, ask_tags, args->text);
}
