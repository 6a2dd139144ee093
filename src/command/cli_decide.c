/* Verbs that change data: advance, reject, hold, reopen, undo, note. They record the intent, say
 * what it did and wait a few seconds for the push. Named rows are few and deliberate; a bulk
 * rejection still takes only rows somebody opened, or rows matched by a --where that speaks of more
 * than a score. */
#include "cli_impl.h"

#include "hiretty/cache/error.h"
#include "hiretty/cache/search.h"

#include <string.h>

enum { NAMED_REFUSALS = 3 };

/* ---- who is meant
 * -------------------------------------------------------------------------------------------- */
static bool has_key(const GArray *keys, HtKey key)
{
    for (guint i = 0; i < keys->len; i++) {
        if (g_array_index(keys, HtKey, i) == key)
            return true;
    }
    return false;
}

static GArray *named_matches(HtContext *context, const char *verb, HtKey job,
                             const HtCliOptions *options, int *exit)
{
    GArray *keys = g_array_new(FALSE, FALSE, sizeof(HtKey));
    for (int i = 0; options->rest[i]; i++) {
        GError *error = NULL;
        if (ht_cli_is_blank(options->rest[i])) {
            *exit = ht_cli_usage_error(verb, "a name is empty");
            g_array_unref(keys);
            return NULL;
        }
        HtKey match = ht_cache_match_find(context->parts.reader, job, options->rest[i], &error);
        if (!match) {
            if (error && options->rest[1]) /* of several: which */
                g_prefix_error(&error, "'%s': ", options->rest[i]);
            *exit = error ? ht_cli_fail(verb, error)
                          : ht_cli_usage_error(verb, "'%s' did not apply", options->rest[i]);
            g_array_unref(keys);
            return NULL;
        }
        if (!has_key(keys, match)) /* by name and by id, say */
            g_array_append_val(keys, match);
    }
    return keys;
}

static GArray *filtered_matches(HtContext *context, const char *verb, HtKey job,
                                const HtCliOptions *options, int *exit)
{
    g_autoptr(HtFilter) filter = NULL;
    if (!ht_cli_filter(verb, options->where, &filter, exit))
        return NULL;
    GError *error = NULL;
    HtMatchQuery query = {.job = job, .filter = filter};
    g_autoptr(HtKeyArray) found = ht_cache_match_keys(context->parts.reader, &query, &error);
    if (!found) {
        *exit = ht_cli_fail(verb, error);
        return NULL;
    }
    ht_cli_tell_doubt(context, filter);
    GArray *keys = g_array_new(FALSE, FALSE, sizeof(HtKey));
    g_array_append_vals(keys, found->keys, (guint)found->n);
    return keys;
}

static int no_stage(const char *verb, const char *text)
{
    g_autoptr(GString) all = g_string_new(NULL);
    for (int i = HT_STAGE_APPLIED; i < HT_STAGE_TYPES; i++)
        g_string_append_printf(all, "%s%s", all->len ? " " : "",
                               ht_stage_type_name((HtStageType)i));
    return ht_cli_usage_error(verb, "there is no stage '%s'; known: %s", text, all->str);
}

/* What can be told of the arguments alone, before anything is opened. */
static bool has_meaning(const char *verb, const HtCliOptions *options, HtDecisionKind decision,
                        int *exit)
{
    const char *why = NULL;
    g_autoptr(HtFilter) filter = NULL;
    if (decision == HT_DECISION_HOLD && !options->until)
        why = "--until is missing";
    else if (options->where && ht_cli_n_rest(options) > 0)
        why = "either --where or names, not both";
    else if (!options->where && ht_cli_n_rest(options) == 0)
        why = "whom? A name, an id or --where is wanted";
    else if (options->where && !options->job)
        why = "--job is missing";
    if (why)
        *exit = ht_cli_usage_error(verb, "%s", why);
    else if (options->to && ht_stage_type_parse(options->to) == HT_STAGE_NONE)
        *exit = no_stage(verb, options->to);
    else
        return ht_cli_filter(verb, options->where, &filter, exit);
    return false;
}

static GArray *matches_meant(HtContext *context, const char *verb, const HtCliOptions *options,
                             int *exit)
{
    HtKey job = 0;
    /* The id of an application needs no job. */
    if (options->job || options->where) {
        job = ht_cli_job(context, verb, options, exit);
        if (!job)
            return NULL;
    }
    return options->where ? filtered_matches(context, verb, job, options, exit)
                          : named_matches(context, verb, job, options, exit);
}

/* ---- recording
 * ---------------------------------------------------------------------------------------------------
 */
static HtJson *receipt_json(HtContext *context, const HtReceipt *receipt)
{
    HtJson *json = ht_json_new_object();
    ht_json_set_string(json, "label", receipt->label);
    ht_json_set_int(json, "done", receipt->n_done);
    ht_json_set_int(json, "refused", receipt->n_refused);
    ht_json_set_int(json, "mails", receipt->n_mails);
    ht_json_set_int(json, "mails_held", receipt->n_mails_held);
    HtJson *array = ht_json_new_array();
    for (guint i = 0; receipt->refusals && i < receipt->refusals->len; i++) {
        const HtRefusal *refusal = receipt->refusals->pdata[i];
        HtJson *one = ht_json_new_object();
        ht_cli_json_key(one, "id", context->parts.reader, refusal->key);
        ht_json_set_string(one, "why", refusal->why);
        ht_json_add(array, one);
    }
    ht_json_set(json, "refusals", array);
    return json;
}

/* " (Ana Example · C developer)" when it was about one person, and the stage an application is in
 * now where it says which; "" otherwise. Caller frees. */
static char *whom(HtContext *context, const HtReceipt *receipt, bool has_moved)
{
    HtReader *reader = context->parts.reader;
    HtKey key = ht_context_one_of(receipt);
    g_autofree char *who = ht_context_who_moved(context, receipt);
    HtMatchRow *row = key ? ht_cache_match(reader, key, NULL) : NULL;
    g_autoptr(GString) text = g_string_new(who);
    if (row && row->job_title && *who)
        g_string_append_printf(text, " · %s", row->job_title);
    if (row && row->stage_name && *who && has_moved)
        g_string_append_printf(text, ", now in %s", row->stage_name);
    if (row)
        ht_match_rows_free(row, 1);
    ht_reader_watch(reader); /* done is done: a name that cannot be read is left out */
    return *who ? g_strdup_printf(" (%s)", text->str) : g_strdup("");
}

static void say_receipt(HtContext *context, const HtReceipt *receipt, bool has_moved,
                        const HtCliOptions *options)
{
    if (options->json) {
        ht_cli_print_json(receipt_json(context, receipt));
        return;
    }
    g_autofree char *of = whom(context, receipt, has_moved);
    ht_print_line(stdout, "%s%s", receipt->label ? receipt->label : "Done", of);
    if (receipt->n_mails > 0)
        ht_print_line(stdout, "%d mail%s queued", receipt->n_mails,
                      ht_text_plural(receipt->n_mails, "", "s"));
    if (receipt->n_mails_held > 0)
        ht_print_line(stdout, "%d mail%s held back: %s", receipt->n_mails_held,
                      ht_text_plural(receipt->n_mails_held, "", "s"),
                      receipt->mails_held_why ? receipt->mails_held_why : "not complete");
}

/* Who was left out, by name as long as they are few. */
static char *whom_left_out(HtContext *context, const HtReceipt *receipt)
{
    if (receipt->refusals->len > NAMED_REFUSALS)
        return ht_receipt_reasons(receipt);
    GString *out = g_string_new(NULL);
    for (guint i = 0; i < receipt->refusals->len; i++) {
        const HtRefusal *refusal = receipt->refusals->pdata[i];
        g_autofree char *who = ht_context_who(context, refusal->key, refusal->key);
        g_string_append_printf(out, "%s%s%s%s", i ? "; " : "", who, *who ? ": " : "", refusal->why);
    }
    return g_string_free(out, FALSE);
}

/* The push's status, unless not all that was asked for was done: a script has to know that, however
 * the rest went. */
static int push_and_tell(HtCliHost *host, HtContext *context, const char *verb,
                         const HtReceipt *receipt)
{
    if (receipt->n_refused > 0) {
        g_autofree char *whom = whom_left_out(context, receipt);
        g_autofree char *why = g_strdup_printf("%d left out: %s", receipt->n_refused, whom);
        ht_print_error(verb, why, receipt->may_reopen ? HT_CLI_REOPENS : NULL);
        ht_reader_watch(context->parts.reader); /* done is done, whatever a name cost */
    }
    int pushed = ht_cli_push(host, context, verb, &receipt->recorded);
    return receipt->n_refused > 0 && pushed != HT_EXIT_FAILED ? HT_EXIT_REFUSED : pushed;
}

int ht_cli_record(HtCliHost *host, HtContext *context, const char *verb, HtIntent *intent,
                  const HtCliOptions *options)
{
    GError *error = NULL;
    int exit;
    bool moves = intent->decision == HT_DECISION_SHORTLIST ||
                 intent->decision == HT_DECISION_ADVANCE || intent->decision == HT_DECISION_REOPEN;
    if (!ht_cli_has_read(context, verb, &exit)) {
        ht_intent_free(intent);
        return exit;
    }
    g_autoptr(HtReceipt) receipt = ht_outbox_submit(context->parts.outbox, intent, &error);
    if (!receipt)
        return ht_cli_fail(verb, error);
    if (receipt->n_done == 0) {
        ht_print_error(verb, receipt->why ? receipt->why : "nothing was possible", NULL);
        return HT_EXIT_REFUSED;
    }
    say_receipt(context, receipt, moves, options);
    return push_and_tell(host, context, verb, receipt);
}

static void add_matches(HtContext *context, HtIntent *intent, const GArray *keys)
{
    for (guint i = 0; i < keys->len; i++) {
        HtKey match = g_array_index(keys, HtKey, i);
        int seconds = 0;
        bool viewed = ht_context_was_viewed(context, match, &seconds);
        ht_intent_add_match(intent, match, viewed, false, seconds);
    }
}

/* Applied ones are shortlisted, others advanced; the machine finds the stage. */
static HtDecisionKind kind_of_advance(HtContext *context, const GArray *keys)
{
    HtDecisionKind kind = HT_DECISION_SHORTLIST;
    for (guint i = 0; i < keys->len && kind == HT_DECISION_SHORTLIST; i++) {
        HtMatchRow *row =
            ht_cache_match(context->parts.reader, g_array_index(keys, HtKey, i), NULL);
        if (!row || row->stage_type != HT_STAGE_APPLIED)
            kind = HT_DECISION_ADVANCE;
        if (row)
            ht_match_rows_free(row, 1);
    }
    return kind;
}

static HtKey find_reason(HtContext *context, const char *text, HtUuid *id)
{
    g_autoptr(GPtrArray) reasons = ht_cache_reasons(context->parts.reader, NULL, NULL);
    for (guint i = 0; reasons && i < reasons->len; i++) {
        const HtReason *reason = reasons->pdata[i];
        if (g_strcmp0(reason->code, text) == 0 ||
            (reason->label && g_ascii_strcasecmp(reason->label, text) == 0)) {
            *id = reason->id;
            return reason->key;
        }
    }
    return 0;
}

/* "must_have_missing, experience …" for the message about an unknown one. */
static char *known_reasons(HtContext *context, bool rejects)
{
    GString *out = g_string_new(NULL);
    g_autoptr(GPtrArray) reasons = ht_cache_reasons(context->parts.reader, "we_rejected", NULL);
    for (guint i = 0; reasons && i < reasons->len; i++) {
        const HtReason *reason = reasons->pdata[i];
        if (!rejects || !ht_reason_is_for_reopening(reason))
            g_string_append_printf(out, "%s%s", out->len ? ", " : "", reason->code);
    }
    return g_string_free(out, FALSE);
}

HtKey ht_cli_reason(HtContext *context, const char *verb, const HtCliOptions *options, int *exit)
{
    HtUuid id;
    HtKey reason = options->reason ? find_reason(context, options->reason, &id) : 0;
    bool rejects = strcmp(verb, "reject") == 0;
    g_autofree char *known = reason ? NULL : known_reasons(context, rejects);
    if (reason || !ht_cli_has_read(context, verb, exit))
        return reason;
    g_autofree char *what = options->reason
                                ? g_strdup_printf("there is no reason '%s'", options->reason)
                                : g_strdup("--reason is missing");
    *exit =
        ht_cli_usage_error(verb, "%s; known: %s", what, *known ? known : "none yet, sync first");
    return 0;
}

/* Unless a rule of the person's own chose them. They are of one job: --where wants --job. */
static void needs_opened(HtContext *context, HtIntent *intent, const GArray *keys,
                         const HtCliOptions *options)
{
    intent->needs_viewed = keys->len > 1;
    if (!options->where)
        return;
    HtMatchRow *row = ht_cache_match(context->parts.reader, g_array_index(keys, HtKey, 0), NULL);
    const char *lacks = ht_rule_lacks(context->parts.reader, options->where, row ? row->job : 0);
    ht_match_rows_free(row, row ? 1 : 0);
    intent->needs_viewed = lacks != NULL;
    if (lacks)
        intent->unviewed_why = g_strdup_printf("never opened, and %s", lacks);
}

static bool fill_intent(HtContext *context, HtIntent *intent, const GArray *keys,
                        const HtCliOptions *options, int *exit)
{
    g_autoptr(GError) error = NULL;
    if (intent->decision == HT_DECISION_REJECT) {
        needs_opened(context, intent, keys, options);
        intent->mail = true;
        intent->reason = ht_cli_reason(context, "reject", options, exit);
        return intent->reason != 0;
    }
    if (intent->decision == HT_DECISION_REOPEN) {
        intent->reason = ht_cli_reason(context, "reopen", options, exit);
        return intent->reason != 0;
    }
    if (intent->decision == HT_DECISION_HOLD) {
        if (ht_parse_day(options->until, context->zone, &intent->hold_until, &error)) {
            intent->day = ht_day_of_hold(context, intent->hold_until);
            return true;
        }
        *exit = ht_cli_usage_error("hold", "--until: %s", error->message);
        return false;
    }
    if (options->to) {
        intent->to_type = ht_stage_type_parse(options->to);
        intent->decision = HT_DECISION_ADVANCE;
    }
    return true;
}

/* The same members as a receipt has. */
static int say_nobody(const char *verb, const HtCliOptions *options)
{
    static const char *const counts[] = {"done", "refused", "mails", "mails_held"};
    HtJson *json = options->json ? ht_json_new_object() : NULL;
    if (!json) {
        ht_print_line(stdout, "Nobody fits the filter.");
        return ht_cli_finish(verb);
    }
    ht_json_set_null(json, "label");
    for (gsize i = 0; i < G_N_ELEMENTS(counts); i++)
        ht_json_set_int(json, counts[i], 0);
    ht_json_set(json, "refusals", ht_json_new_array());
    ht_cli_print_json(json);
    return ht_cli_finish(verb);
}

static int decide(HtCliHost *host, int argc, char **argv, HtDecisionKind decision)
{
    g_auto(HtCliOptions) options;
    int exit;
    const char *verb = argv[0];
    if (!ht_cli_parse(argc, argv, &options, &exit))
        return exit;
    if (!has_meaning(verb, &options, decision, &exit))
        return exit;
    HtContext *context = ht_cli_open_filled(host, verb, &exit);
    if (!context)
        return exit;
    /* Before anybody is looked for; but which there are is in the cache. */
    if (ht_decision_needs_reason(decision) && !options.reason) {
        ht_cli_reason(context, verb, &options, &exit);
        return exit;
    }
    g_autoptr(GArray) keys = matches_meant(context, verb, &options, &exit);
    if (!keys)
        return exit;
    if (keys->len == 0)
        return say_nobody(verb, &options);
    g_autoptr(HtIntent) intent = ht_intent_new(HT_INTENT_DECIDE);
    intent->decision = decision == HT_DECISION_ADVANCE ? kind_of_advance(context, keys) : decision;
    if (!fill_intent(context, intent, keys, &options, &exit))
        return exit;
    intent->note = g_strdup(options.note);
    intent->mail_delay_us =
        HT_US_PER_MINUTE *
        (host->settings ? ht_settings_int(host->settings, "triage.undo_window") : 10);
    if (options.where) {
        intent->bulk_kind = g_strdup("filter");
        intent->bulk_filter = g_strdup(options.where);
    } else if (keys->len > 1) {
        intent->bulk_kind = g_strdup("marks");
    }
    add_matches(context, intent, keys);
    return ht_cli_record(host, context, verb, g_steal_pointer(&intent), &options);
}

int ht_verb_advance(HtCliHost *host, int argc, char **argv)
{
    return decide(host, argc, argv, HT_DECISION_ADVANCE);
}

int ht_verb_reject(HtCliHost *host, int argc, char **argv)
{
    return decide(host, argc, argv, HT_DECISION_REJECT);
}

int ht_verb_hold(HtCliHost *host, int argc, char **argv)
{
    return decide(host, argc, argv, HT_DECISION_HOLD);
}

int ht_verb_reopen(HtCliHost *host, int argc, char **argv)
{
    return decide(host, argc, argv, HT_DECISION_REOPEN);
}

int ht_verb_undo(HtCliHost *host, int argc, char **argv)
{
    g_auto(HtCliOptions) options;
    int exit;
    if (!ht_cli_parse(argc, argv, &options, &exit))
        return exit;
    if (ht_cli_n_rest(&options) > 0)
        return ht_cli_usage_error("undo", "it takes back the last action: '%s' is too much",
                                  options.rest[0]);
    HtContext *context = ht_cli_open(host, "undo", &exit);
    if (!context || !ht_cli_has_read(context, "undo", &exit))
        return exit;
    HtIntent *intent = ht_intent_new(options.redo ? HT_INTENT_REDO : HT_INTENT_UNDO);
    GError *error = NULL;
    g_autoptr(HtReceipt) receipt = ht_outbox_submit(context->parts.outbox, intent, &error);
    if (!receipt)
        return ht_cli_fail("undo", error);
    if (options.json)
        ht_cli_print_json(receipt_json(context, receipt));
    else {
        g_autofree char *of = whom(context, receipt, false);
        ht_print_line(stdout, "%s%s", receipt->label ? receipt->label : "Done", of);
    }
    return push_and_tell(host, context, "undo", receipt);
}

/* ---- who is not found
 * ---------------------------------------------------------------------------------------- */
enum { NEAR_NAMES = 3, NEAR_HITS = 20 };

/* Does the name have all words, at the start of its own? */
static bool is_near(const char *name, char *const *words)
{
    g_autofree char *folded = ht_text_fold(name ? name : "");
    g_auto(GStrv) parts = g_strsplit_set(folded, " -'", -1);
    for (int w = 0; words[w]; w++) {
        bool found = !*words[w];
        for (int p = 0; parts[p] && !found; p++)
            found = g_str_has_prefix(parts[p], words[w]);
        if (!found)
            return false;
    }
    return true;
}

void ht_cli_add_near(HtContext *context, const char *text, GError **error)
{
    if (!g_error_matches(*error, HT_CACHE_ERROR, HT_CACHE_ERROR_NOT_FOUND) || strchr(text, '@'))
        return;
    g_autofree char *folded = ht_text_fold(text);
    g_auto(GStrv) words = g_strsplit_set(g_strstrip(folded), " -'", -1);
    g_autoptr(GPtrArray) hits =
        ht_cache_search(context->parts.reader, text, HT_SEARCH_PEOPLE, NEAR_HITS, NULL);
    g_autoptr(GString) near = g_string_new(NULL);
    g_autoptr(GHashTable) named = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    bool is_there = false;
    int n = 0;
    for (guint i = 0; hits && i < hits->len && n <= NEAR_NAMES; i++) {
        const HtSearchHit *hit = hits->pdata[i];
        if (!is_near(hit->name, words) || ht_blind_hides(context->parts.reader, 0, hit->candidate))
            continue;
        char *name = ht_text_fold(hit->name);
        bool is_same = strcmp(name, folded) == 0;
        is_there = is_there || is_same;
        if (!g_hash_table_add(named, name) || is_same) /* that several have it is said already */
            continue;
        if (n < NEAR_NAMES)
            g_string_append_printf(near, "%s%s", n > 0 ? ", " : "; near: ", hit->name);
        else
            g_string_append(near, ", and more");
        n++;
    }
    g_autofree char *clean = ht_text_sanitize(near->str, -1, HT_TEXT_LINE, NULL);
    g_autofree char *said =
        g_strconcat((*error)->message, clean,
                    n > 0 || is_there ? "" : " (hiretty search finds parts of names)", NULL);
    g_clear_error(error);
    g_set_error_literal(error, HT_CACHE_ERROR, HT_CACHE_ERROR_NOT_FOUND, said);
}

/* ---- note
 * -----------------------------------------------------------------------------------------------------
 */
bool ht_cli_who(HtContext *context, const char *verb, const HtCliOptions *options, const char *who,
                HtKey *person, HtKey *match, int *exit)
{
    HtKey job = 0;
    *match = 0;
    if (ht_cli_is_blank(who)) {
        *exit = ht_cli_usage_error(verb, "the name is empty");
        return false;
    }
    if (options->job && !(job = ht_cli_job(context, verb, options, exit)))
        return false;
    HtReader *reader = context->parts.reader;
    *match = ht_cache_match_find(reader, job, who, NULL);
    HtMatchRow *row = *match ? ht_cache_match(reader, *match, NULL) : NULL;
    if (row) {
        *person = row->candidate;
        ht_match_rows_free(row, 1);
        return true;
    }
    g_autoptr(GError) error = NULL;
    *match = 0;
    *person = ht_cache_candidate_find(reader, who, &error);
    if (!ht_cli_has_read(context, verb, exit))
        return false;
    if (!*person && error)
        ht_cli_add_near(context, who, &error);
    if (!*person)
        *exit = error ? ht_cli_fail(verb, g_steal_pointer(&error))
                      : ht_cli_usage_error(verb, "there is no '%s'", who);
    return *person != 0;
}

int ht_verb_note(HtCliHost *host, int argc, char **argv)
{
    g_auto(HtCliOptions) options;
    int exit;
    if (!ht_cli_parse(argc, argv, &options, &exit))
        return exit;
    if (ht_cli_n_rest(&options) < 2)
        return ht_cli_usage_error("note", "a person and a text are wanted");
    HtContext *context = ht_cli_open_filled(host, "note", &exit);
    if (!context)
        return exit;
    HtKey person, match;
    if (!ht_cli_who(context, "note", &options, options.rest[0], &person, &match, &exit))
        return exit;
    HtIntent *intent = ht_intent_new(HT_INTENT_NOTE);
    ht_intent_add_candidate(intent, person);
    intent->note_match = match;
    intent->note = g_strjoinv(" ", options.rest + 1);
    return ht_cli_record(host, context, "note", intent, &options);
}
