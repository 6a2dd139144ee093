/* Verbs about what has not left yet, and about what the server did not take as it was meant. */
#include "cli_impl.h"

#include "hiretty/base/paths.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

/* Reads the number of a line; false after having said what is wanted. */
static bool take_number(const HtCliOptions *options, guint n_rest, const char *verb,
                        const char *wanted, int64_t *seq, int *exit)
{
    if (ht_cli_n_rest(options) == n_rest &&
        g_ascii_string_to_signed(options->rest[1], 10, 1, INT64_MAX, seq, NULL))
        return true;
    *exit = ht_cli_usage_error(verb, "%s", wanted);
    return false;
}

/* A list without rows says so, beside the data. */
static void say_empty(const HtCliOptions *options, const char *text)
{
    if (!options->json && !options->plain)
        ht_print_line(stderr, "%s", text);
}

static HtJson *item_json(HtContext *context, const HtOutboxItem *item)
{
    HtJson *json = ht_json_new_object();
    ht_json_set_int(json, "seq", item->seq);
    ht_json_set_int(json, "group", item->group);
    ht_json_set_string(json, "state", ht_op_state_name(item->state));
    ht_json_set_string(json, "label", item->label);
    g_autofree char *who = ht_context_who_of(context, item, false);
    ht_json_set_string(json, "name", who);
    ht_json_set_string(json, "why", item->why);
    ht_json_set_string(json, "code", item->code);
    ht_cli_json_time(json, "at", item->at);
    ht_cli_json_id(json, "op", &item->op);
    ht_cli_json_id(json, "row", &item->row);
    ht_cli_json_id(json, "match_id", &item->match);
    ht_cli_json_id(json, "candidate_id", &item->candidate);
    return json;
}

/* ---- outbox
 * ------------------------------------------------------------------------------------------- */
static int outbox_list(HtContext *context, const HtCliOptions *options)
{
    GError *error = NULL;
    g_autoptr(GPtrArray) items = ht_outbox_list(context->parts.outbox, 0, &error);
    if (!items)
        return ht_cli_fail("outbox", error);
    if (options->json) {
        HtJson *array = ht_json_new_array();
        for (guint i = 0; i < items->len; i++)
            ht_json_add(array, item_json(context, items->pdata[i]));
        ht_cli_print_json(array);
        return ht_cli_finish("outbox");
    }
    if (items->len == 0) {
        if (!ht_outbox_problem(context->parts.outbox))
            say_empty(options, "Nothing waits: everything was sent.");
        return ht_cli_finish("outbox");
    }
    HtCliTable *table = ht_cli_table_new("Number|State|What|Who|For|Why");
    for (guint i = 0; i < items->len; i++) {
        const HtOutboxItem *item = items->pdata[i];
        char age[16];
        ht_clock_format_age(ht_clock_now_us() - item->at, age);
        ht_cli_table_add(table, g_strdup_printf("%" G_GINT64_FORMAT, item->seq));
        ht_cli_table_add(table, g_strdup(ht_op_state_name(item->state)));
        ht_cli_table_add(table, g_strdup(item->label));
        ht_cli_table_add(table, ht_context_say_who(context, item, false));
        ht_cli_table_add(table, g_strdup(age));
        ht_cli_table_add(table, g_strdup(item->why));
    }
    ht_cli_table_print(table, options->plain);
    return ht_cli_finish("outbox");
}

static int push_parked(HtCliHost *host, const HtCliOptions *options)
{
    GError *error = NULL;
    int exit;
    guint n;
    if (ht_cli_n_rest(options) > 1)
        return ht_cli_usage_error("outbox", "push wants a number or --parked, not both");
    HtContext *context = ht_cli_open(host, "outbox", &exit);
    if (!context)
        return exit;
    if (!ht_outbox_unpark(context->parts.outbox, &n, &error))
        return ht_cli_fail("outbox", error);
    exit = ht_cli_sync(host, "outbox", HT_SYNC_ONCE, options);
    if (n == 0 && exit == HT_EXIT_DONE)
        say_empty(options, "Nothing was parked.");
    return exit;
}

/* With a number: what was parked goes once more. */
static int outbox_push(HtCliHost *host, const HtCliOptions *options)
{
    if (options->parked)
        return push_parked(host, options);
    if (ht_cli_n_rest(options) < 2)
        return ht_cli_sync(host, "outbox", HT_SYNC_ONCE, options);
    GError *error = NULL;
    int64_t seq;
    int exit;
    if (!take_number(options, 2, "outbox", "push wants no more than the number of a line", &seq,
                     &exit))
        return exit;
    HtContext *context = ht_cli_open(host, "outbox", &exit);
    if (!context)
        return exit;
    HtResolve how = {.resolution = HT_RESOLVE_KEEP_MINE};
    if (!ht_outbox_resolve(context->parts.outbox, seq, &how, &error))
        return ht_cli_fail("outbox", error);
    return ht_cli_sync(host, "outbox", HT_SYNC_ONCE, options);
}

static int outbox_drop(HtContext *context, const HtCliOptions *options)
{
    GError *error = NULL;
    int64_t seq;
    int exit;
    if (!take_number(options, 2, "outbox", "drop wants the number of a line", &seq, &exit))
        return exit;
    HtSettle settle = {.kind = HT_SETTLE_DROP, .seq = seq};
    guint n;
    if (!ht_outbox_settle(context->parts.outbox, &settle, &n, &error))
        return ht_cli_fail("outbox", error);
    g_autofree char *more = n > 1 ? g_strdup_printf(", and %u that built on it", n - 1) : NULL;
    ht_print_line(stdout, "Given up: %" G_GINT64_FORMAT "%s", seq, more ? more : "");
    return ht_cli_finish("outbox");
}

/* A new file that only its owner may read: it holds notes about people. Nothing is overwritten. */
static bool write_new_file(const char *path, const char *json, GError **error)
{
    int fd = ht_file_open_private(path, O_WRONLY | O_CREAT | O_EXCL, error);
    FILE *out = fd < 0 ? NULL : fdopen(fd, "w");
    if (!out)
        return false;
    ht_print_json(out, json);
    bool ok = ht_print_flush(out, error);
    if (fsync(fd) != 0 && ok) {
        ht_error_set_errno(error, errno, path);
        ok = false;
    }
    fclose(out);
    if (!ok)
        unlink(path);
    return ok;
}

static int outbox_export(HtContext *context, const HtCliOptions *options)
{
    GError *error = NULL;
    const char *file = options->rest[1];
    if (ht_cli_n_rest(options) > 2)
        return ht_cli_usage_error("outbox", "export wants no more than a file");
    g_autofree char *text = ht_outbox_export(context->parts.outbox, &error);
    if (!text)
        return ht_cli_fail("outbox", error);
    if (!file) {
        ht_print_json(stdout, text);
        return ht_cli_finish("outbox");
    }
    if (!write_new_file(file, text, &error))
        return ht_cli_fail("outbox", error);
    ht_print_line(stderr, "Written to %s, readable by you alone.", file);
    return ht_cli_finish("outbox");
}

int ht_verb_outbox(HtCliHost *host, int argc, char **argv)
{
    g_auto(HtCliOptions) options;
    int exit;
    if (!ht_cli_parse(argc, argv, &options, &exit))
        return exit;
    const char *word = options.rest[0] ? options.rest[0] : "list";
    if (strcmp(word, "push") == 0)
        return outbox_push(host, &options);
    HtContext *context = ht_cli_open(host, "outbox", &exit);
    if (!context)
        return exit;
    if (strcmp(word, "list") == 0)
        return outbox_list(context, &options);
    if (strcmp(word, "drop") == 0)
        return outbox_drop(context, &options);
    if (strcmp(word, "export") == 0)
        return outbox_export(context, &options);
    return ht_cli_usage_error("outbox", "'%s' is not list, push, drop or export", word);
}

/* ---- conflicts
 * ------------------------------------------------------------------------------------------- */
static HtJson *conflict_json(HtContext *context, const HtConflict *conflict)
{
    HtJson *json = item_json(context, &conflict->item);
    const char *const names[] = {"base", "mine", "theirs"};
    const char *const texts[] = {conflict->base, conflict->mine, conflict->theirs};
    for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autofree char *words = ht_context_words_of(context, &conflict->item, texts[i], false);
        ht_json_set_string(json, names[i], words);
    }
    ht_json_set_string(json, "by", conflict->theirs_by);
    if (conflict->theirs_at)
        ht_cli_json_time(json, "theirs_at", conflict->theirs_at);
    ht_json_set_bool(json, "needs_reason", conflict->needs_reason);
    ht_json_set_bool(json, "same", conflict->is_same);
    return json;
}

static int print_conflicts_json(HtContext *context, const GPtrArray *items)
{
    HtJson *array = ht_json_new_array();
    for (guint i = 0; i < items->len; i++)
        ht_json_add(array, conflict_json(context, items->pdata[i]));
    ht_cli_print_json(array);
    return ht_cli_finish("conflicts");
}

static int conflicts_list(HtContext *context, const HtCliOptions *options)
{
    GError *error = NULL;
    g_autoptr(GPtrArray) items = ht_outbox_conflicts(context->parts.outbox, &error);
    if (!items)
        return ht_cli_fail("conflicts", error);
    if (options->json)
        return print_conflicts_json(context, items);
    if (items->len == 0) {
        say_empty(options, "No conflicts: nobody decided otherwise.");
        return ht_cli_finish("conflicts");
    }
    HtCliTable *table = ht_cli_table_new("Number|What|Who|Before|Mine|Theirs|By|Why");
    for (guint i = 0; i < items->len; i++) {
        const HtConflict *conflict = items->pdata[i];
        const HtOutboxItem *item = &conflict->item;
        ht_cli_table_add(table, g_strdup_printf("%" G_GINT64_FORMAT, item->seq));
        ht_cli_table_add(table, g_strdup(item->label));
        ht_cli_table_add(table, ht_context_say_who(context, item, false));
        ht_cli_table_add(table, ht_context_words_of(context, item, conflict->base, false));
        ht_cli_table_add(table, ht_context_words_of(context, item, conflict->mine, false));
        ht_cli_table_add(table, ht_context_words_of(context, item, conflict->theirs, false));
        ht_cli_table_add(table, g_strdup(conflict->theirs_by));
        ht_cli_table_add(
            table, conflict->is_same
                       ? g_strdup_printf("The same, by %s, arrived first.",
                                         conflict->theirs_by ? conflict->theirs_by : "somebody")
                       : g_strdup(item->why));
    }
    ht_cli_table_print(table, options->plain);
    return ht_cli_finish("conflicts");
}

static char *text_of(HtContext *context, int64_t seq, GError **error)
{
    g_autoptr(HtConflict) conflict = ht_outbox_conflict(context->parts.outbox, seq, error);
    if (conflict && !conflict->text)
        g_set_error(error, HT_OUTBOX_ERROR, HT_OUTBOX_ERROR_REFUSED,
                    "there is no text in it to edit: keep yours or take theirs");
    return conflict && conflict->text ? ht_text_to_edit(conflict->text, -1) : NULL;
}

/* --value for scripts, else the person's editor on what was mine. */
static char *edited_text(HtCliHost *host, HtContext *context, const HtCliOptions *options,
                         int64_t seq, GError **error)
{
    if (options->value)
        return g_strdup(options->value);
    g_autofree char *mine = text_of(context, seq, error);
    if (mine && host->ops->edit)
        return host->ops->edit(host, mine, error);
    if (mine)
        g_set_error(error, HT_ERROR, HT_ERROR_INVALID, "there is no editor here (give --value)");
    return NULL;
}

static int say_resolved(HtCliHost *host, HtContext *context, const char *what,
                        const HtOpSpan *recorded)
{
    ht_print_line(stdout, "%s", what);
    return recorded->first ? ht_cli_push(host, context, "conflicts", recorded)
                           : ht_cli_finish("conflicts");
}

static int fail_resolve(GError *error)
{
    if (!g_error_matches(error, HT_OUTBOX_ERROR, HT_OUTBOX_ERROR_REASON))
        return ht_cli_fail("conflicts", error);
    ht_print_error("conflicts", error->message, "--reason CODE, with --note TEXT if it wants one");
    g_error_free(error);
    return HT_EXIT_USAGE;
}

static bool parse_resolution(const char *word, HtResolution *resolution)
{
    static const struct {
        const char *word;
        HtResolution resolution;
    } words[] = {{"mine", HT_RESOLVE_KEEP_MINE},
                 {"theirs", HT_RESOLVE_TAKE_THEIRS},
                 {"edit", HT_RESOLVE_EDIT}};
    for (gsize i = 0; i < G_N_ELEMENTS(words); i++) {
        if (strcmp(words[i].word, word) != 0)
            continue;
        *resolution = words[i].resolution;
        return true;
    }
    return false;
}

static int conflicts_resolve(HtCliHost *host, HtContext *context, const HtCliOptions *options)
{
    GError *error = NULL;
    int64_t seq;
    int exit;
    HtResolve how = {.note = options->note};
    if (!take_number(options, 3, "conflicts", "resolve wants a number and mine, theirs or edit",
                     &seq, &exit))
        return exit;
    if (!parse_resolution(options->rest[2], &how.resolution))
        return ht_cli_usage_error("conflicts", "'%s' is not mine, theirs or edit",
                                  options->rest[2]);
    if (options->reason && !(how.reason = ht_cli_reason(context, "conflicts", options, &exit)))
        return exit;
    g_autofree char *text = NULL;
    if (how.resolution == HT_RESOLVE_EDIT &&
        !(text = edited_text(host, context, options, seq, &error)))
        return ht_cli_fail("conflicts", error);
    how.value = text;
    HtOpSpan recorded = {0};
    how.recorded = &recorded;
    const char *done = ht_say_settled(how.resolution, ht_keep_of(context, seq));
    if (!ht_outbox_resolve(context->parts.outbox, seq, &how, &error))
        return fail_resolve(error);
    return say_resolved(host, context, done, &recorded);
}

int ht_verb_conflicts(HtCliHost *host, int argc, char **argv)
{
    g_auto(HtCliOptions) options;
    int exit;
    if (!ht_cli_parse(argc, argv, &options, &exit))
        return exit;
    const char *word = options.rest[0] ? options.rest[0] : "list";
    bool lists = strcmp(word, "list") == 0;
    if (!lists && strcmp(word, "resolve") != 0)
        return ht_cli_usage_error("conflicts", "'%s' is not list or resolve", word);
    HtContext *context = ht_cli_open(host, "conflicts", &exit);
    if (!context)
        return exit;
    return lists ? conflicts_list(context, &options) : conflicts_resolve(host, context, &options);
}
