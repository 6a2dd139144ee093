/* The table of verbs, and what all verbs share: options, errors, tables, JSON. */
#include "cli_impl.h"

#include "cmd_db.h"

#include "hiretty/cache/error.h"
#include "hiretty/domain/error.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* clang-format off */
static const HtVerb verbs[] = {
    {"sync",       "[--full]",                         "send what waits, then fetch what is new",            NULL, "--full --json", ht_verb_sync},
    {"status",     "",                                 "last sync, role, outbox and conflicts (doctor asks the server)", NULL, "--json", ht_verb_status},
    {"jobs",       "[--where FILTER] [--all]",         "jobs with counts by stage",                          NULL, "--where --all --limit --sort --plain --json", ht_verb_jobs},
    {"matches",    "--job JOB [--where FILTER]",       "applications to a job, ranked",                      NULL, "--job --where --limit --sort --plain --json", ht_verb_matches},
    {"candidate",  "CANDIDATE [--job JOB]",            "one person: summary, evidence, résumé, history",     NULL, "--job --json", ht_verb_candidate},
    {"transcript", "SESSION|CANDIDATE",                "what was said in a screening",                       NULL, "--json", ht_verb_transcript},
    {"interviews", "[list|add WHO|move WHO|cancel WHO]", "interviews by day, in both time zones; plan, move or cancel one", "list add move cancel", "--days --mine --job --at --minutes --kind --panel --note --plain --json", ht_verb_interviews},
    {"feedback",   "[list [CANDIDATE]|write WHO]",     "interview feedback, newest first; write your own",   "list write", "--job --rating --recommend --note --submit --limit --plain --json", ht_verb_feedback},
    {"search",     "WORDS…",                           "people, résumés, transcripts and notes",             NULL, "--limit --plain --json", ht_verb_search},
    {"advance",    "--job JOB [--where FILTER | WHO…]", "shortlist, or move to the next stage",              NULL, "--job --where --to --note --json", ht_verb_advance},
    {"reject",     "--job JOB --reason CODE [--where FILTER | WHO…]", "reject with a reason; a score alone never does", NULL, "--job --where --reason --note --json", ht_verb_reject},
    {"hold",       "--job JOB --until DAY [--where FILTER | WHO…]", "hold until a day",                      NULL, "--job --where --until --note --json", ht_verb_hold},
    {"reopen",     "--job JOB --reason CODE [--where FILTER | WHO…]", "bring back who was rejected or withdrew, to the stage before", NULL, "--job --where --reason --note --json", ht_verb_reopen},
    {"undo",       "[--redo]",                         "take back the last action, a bulk one as a whole",   NULL, "--redo --json", ht_verb_undo},
    {"note",       "[--job JOB] WHO TEXT…",            "write a note on a person",                           NULL, "--job --json", ht_verb_note},
    {"outbox",     "[list|push [NUMBER|--parked]|drop NUMBER|export [FILE]]", "what has not left yet",       "list push drop export", "--parked --plain --json", ht_verb_outbox},
    {"conflicts",  "[list|resolve NUMBER mine|theirs|edit]", "where somebody else decided otherwise",        "list resolve", "--reason --note --value --plain --json", ht_verb_conflicts},
    {"doctor",     "",                                 "checks terminal, locale, database, TLS and cache, and names each mend", NULL, "--json", ht_verb_doctor},
    {"cache",      "path|check|wipe",                  "the local copy: where it is, whether it is right, remove it", "path check wipe", "--json --unsent", ht_verb_cache},
    {"config",     "[--defaults]",                     "settings and where they come from",                  NULL, "--defaults --json", ht_verb_config},
    {"db",         "apply|check|add-tenant|add-member|revoke|prune", "set up and check the server (administrators)", "apply check add-tenant add-member revoke prune", "--dsn --json --quiet --tenant --role --email --name --first-name --last-name --timezone --login --slug --keep --dry-run --password --password-stdin --password-file", ht_verb_db},
    {"completion", "bash",                             "a completion script for the shell",                  "bash", "", ht_verb_completion},
};
/* clang-format on */

const HtVerb *ht_verbs(int *n_verbs)
{
    *n_verbs = G_N_ELEMENTS(verbs);
    return verbs;
}

const HtVerb *ht_verb_find(const char *name)
{
    for (gsize i = 0; name && i < G_N_ELEMENTS(verbs); i++) {
        if (strcmp(verbs[i].name, name) == 0)
            return &verbs[i];
    }
    return NULL;
}

/* ---- errors
 * ---------------------------------------------------------------------------------------------- */
int ht_cli_usage_error(const char *verb, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    g_autofree char *why = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    g_autofree char *todo = g_strdup_printf("hiretty %s --help", verb);
    ht_print_error(verb, why, todo);
    return HT_EXIT_USAGE;
}

static int exit_of(const GError *error)
{
    if (error->domain == HT_SYNC_ERROR)
        return ht_sync_exit(error);
    if (g_error_matches(error, HT_OUTBOX_ERROR, HT_OUTBOX_ERROR_REFUSED) ||
        g_error_matches(error, HT_OUTBOX_ERROR, HT_OUTBOX_ERROR_CLOSED) ||
        g_error_matches(error, HT_OUTBOX_ERROR, HT_OUTBOX_ERROR_SAME))
        return HT_EXIT_REFUSED;
    return HT_EXIT_FAILED;
}

/* What to do about it; NULL = the message says so itself. */
static const char *mend_of(const GError *error)
{
    static const struct {
        int code; /* HtCacheError */
        const char *mend;
    } rows[] = {
        {HT_CACHE_ERROR_FULL, "make room, then try again; nothing that was confirmed is lost"},
        {HT_CACHE_ERROR_CORRUPT,
         "try again: the whole file is looked at then, and kept aside if need be"},
        {HT_CACHE_ERROR_IO, "hiretty doctor"},
    };
    for (gsize i = 0; error->domain == HT_CACHE_ERROR && i < G_N_ELEMENTS(rows); i++) {
        if (rows[i].code == error->code)
            return rows[i].mend;
    }
    if (g_error_matches(error, HT_OUTBOX_ERROR, HT_OUTBOX_ERROR_CLOSED))
        return HT_CLI_REOPENS;
    return NULL;
}

int ht_cli_fail(const char *verb, GError *error)
{
    g_autoptr(GError) owned = error;
    if (g_error_matches(owned, HT_OUTBOX_ERROR, HT_OUTBOX_ERROR_NOTE))
        return ht_cli_usage_error(verb, "--note is wanted for this reason");
    ht_print_error(verb, owned->message, mend_of(owned));
    return exit_of(owned);
}

static bool is_full_disk(const char *problem)
{
    return g_strcmp0(problem, HT_CACHE_FULL_PROBLEM) == 0;
}

void ht_cli_tell_mended(HtCliHost *host, HtContext *context)
{
    const char *cache = ht_cache_problem(context->parts.cache);
    const char *outbox = ht_outbox_problem(context->parts.outbox);
    host->is_disk_full = is_full_disk(cache) || is_full_disk(outbox);
    if (cache && !is_full_disk(cache))
        ht_print_error("cache", cache, ht_cache_mend(context->parts.cache));
    if (outbox && !is_full_disk(outbox))
        ht_print_error("outbox", outbox, NULL);
}

/* A full disk is said once: by the verb that fails, which knows at what, or by the one that got
 * through. */
static int run_verb(const HtVerb *verb, HtCliHost *host, int argc, char **argv)
{
    int exit = verb->run(host, argc, argv);
    if (host->is_disk_full && exit == HT_EXIT_DONE && strcmp(verb->name, "status") != 0)
        ht_print_error(verb->name, HT_CACHE_FULL_PROBLEM, "make room on the disk");
    return exit;
}

void ht_cli_tell_same(HtContext *context, guint told)
{
    HtOpSpan span;
    if (ht_cache_is_locked(context->parts.cache, NULL))
        return;
    guint n = ht_outbox_take_same(context->parts.outbox, &span);
    g_autofree char *text = n > told ? ht_context_say_same(context, &span, n) : NULL;
    if (text)
        ht_print_line(stderr, "%s", text);
    if (n)
        ht_outbox_told_same(context->parts.outbox, &span);
}

HtContext *ht_cli_open(HtCliHost *host, const char *verb, int *exit)
{
    GError *error = NULL;
    HtContext *context = host->ops->context(host, &error);
    if (!context) {
        *exit = ht_cli_fail(verb, error);
        return NULL;
    }
    /* Said by whichever command meets it: the next one finds files that are in order again. status
     * has lines of its own for it. */
    if (strcmp(verb, "status") != 0)
        ht_cli_tell_mended(host, context);
    ht_cli_tell_same(context, 0);
    /* What is locked is not read; what waits to be sent and how things stand may be asked. */
    bool harmless =
        strcmp(verb, "status") == 0 || strcmp(verb, "outbox") == 0 || strcmp(verb, "cache") == 0;
    g_autofree char *reason = NULL;
    if (!harmless && ht_cache_is_locked(context->parts.cache, &reason)) {
        ht_print_error(verb, reason && *reason ? reason : "the cache is locked", "hiretty sync");
        *exit = HT_EXIT_REFUSED;
        return NULL;
    }
    return context;
}

/* An empty cache looks like a company without people. */
static bool is_filled(HtContext *context, const char *verb)
{
    if (!context || ht_sync_last_us(context->parts.cache) != 0)
        return context != NULL;
    ht_print_error(verb, "nothing was fetched yet", "hiretty sync");
    return false;
}

HtContext *ht_cli_open_list(HtCliHost *host, const char *verb, int *exit)
{
    HtContext *context = ht_cli_open(host, verb, exit);
    is_filled(context, verb);
    return context;
}

HtContext *ht_cli_open_filled(HtCliHost *host, const char *verb, int *exit)
{
    HtContext *context = ht_cli_open(host, verb, exit);
    if (is_filled(context, verb))
        return context;
    if (context)
        *exit = HT_EXIT_FAILED;
    return NULL;
}

HtKey ht_cli_job(HtContext *context, const char *verb, const HtCliOptions *options, int *exit)
{
    if (!options->job) {
        *exit = ht_cli_usage_error(verb, "--job is missing");
        return 0;
    }
    GError *error = NULL;
    HtKey job = ht_cache_job_find(context->parts.reader, options->job, &error);
    if (!job)
        *exit = error ? ht_cli_fail(verb, error) : ht_cli_usage_error(verb, "there is no such job");
    return job;
}

bool ht_cli_has_read(HtContext *context, const char *verb, int *exit)
{
    GError *error = NULL;
    if (ht_reader_check(context->parts.reader, &error))
        return true;
    *exit = ht_cli_fail(verb, error);
    return false;
}

static void append_fields(GString *out, const char *heading)
{
    gsize n;
    const HtFilterFieldInfo *fields = ht_filter_fields(&n);
    g_string_append(out, heading);
    for (gsize i = HT_FIELD_WORDS + 1; i < n; i++)
        g_string_append_printf(out, " %s", fields[i].name);
}

bool ht_cli_filter(const char *verb, const char *text, HtFilter **filter, int *exit)
{
    *filter = NULL;
    if (!text)
        return true;
    g_autoptr(GError) error = NULL;
    *filter = ht_filter_parse(text, NULL, &error);
    if (*filter)
        return true;
    g_autoptr(GString) known = g_string_new(NULL);
    if (g_error_matches(error, HT_DOMAIN_ERROR, HT_DOMAIN_ERROR_FIELD))
        append_fields(known, "; known:");
    /* It names the place itself; a filter may be long, so it is not repeated. */
    *exit = ht_cli_usage_error(verb, "--where: %s%s", error->message, known->str);
    return false;
}

void ht_cli_tell_doubt(HtContext *context, const HtFilter *filter)
{
    g_autofree char *doubt = ht_cache_filter_doubt(context->parts.reader, filter);
    if (doubt)
        ht_print_error("--where", doubt, NULL);
}

int ht_cli_finish(const char *verb)
{
    GError *error = NULL;
    if (ht_print_flush(stdout, &error))
        return HT_EXIT_DONE;
    return ht_cli_fail(verb, error);
}

/* ---- tables
 * ------------------------------------------------------------------------------------------------
 */
struct HtCliTable {
    char **headings;
    char *marks; /* of each column: '=', '?' or ' ' */
    guint n_columns;
    GPtrArray *cells; /* char * */
};

/* A width below LEAST says nothing; the first column is what a row is about. */
enum { MOST_CELL = 48, GAP = 2, LEAST = 6, LEAST_FIRST = 16, HIDDEN = -1 };

int ht_cli_columns(void)
{
    struct winsize size;
    if (isatty(STDOUT_FILENO) && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 20)
        return size.ws_col;
    return 0;
}

HtCliTable *ht_cli_table_new(const char *headings)
{
    HtCliTable *table = g_new0(HtCliTable, 1);
    table->headings = g_strsplit(headings, "|", -1);
    table->n_columns = g_strv_length(table->headings);
    table->marks = g_strnfill(table->n_columns, ' ');
    for (guint c = 0; c < table->n_columns; c++) {
        char *heading = table->headings[c];
        if (*heading != '=' && *heading != '?')
            continue;
        table->marks[c] = *heading;
        memmove(heading, heading + 1, strlen(heading));
    }
    table->cells = g_ptr_array_new_with_free_func(g_free);
    return table;
}

void ht_cli_table_add(HtCliTable *table, char *text)
{
    g_ptr_array_add(table->cells, ht_text_sanitize(text, -1, HT_TEXT_LINE, NULL));
    g_free(text);
}

static int *natural_widths(const HtCliTable *table)
{
    int *widths = g_new0(int, table->n_columns);
    for (guint c = 0; c < table->n_columns; c++)
        widths[c] = ht_text_width(table->headings[c]);
    for (guint i = 0; i < table->cells->len; i++) {
        guint c = i % table->n_columns;
        widths[c] = MAX(widths[c], MIN(MOST_CELL, ht_text_width(table->cells->pdata[i])));
    }
    return widths;
}

/* Takes from the widest that may be narrower until the row fits; false if it cannot. */
static bool squeeze(const HtCliTable *table, int *widths, int columns)
{
    for (;;) {
        int total = -GAP;
        int widest = HIDDEN;
        for (guint c = 0; c < table->n_columns; c++) {
            int least = table->marks[c] == '=' ? MOST_CELL : c == 0 ? LEAST_FIRST : LEAST;
            if (widths[c] == HIDDEN)
                continue;
            total += widths[c] + GAP;
            if (widths[c] > least && (widest == HIDDEN || widths[c] > widths[widest]))
                widest = (int)c;
        }
        if (total <= columns || widest == HIDDEN)
            return total <= columns;
        widths[widest]--;
    }
}

/* The widths of a row that fits: columns that can be done without go from the right. */
static int *fitting_widths(const HtCliTable *table)
{
    int columns = ht_cli_columns();
    g_autofree int *natural = natural_widths(table);
    for (guint left = table->n_columns; columns > 0;) {
        g_autofree int *widths = g_memdup2(natural, sizeof(int) * table->n_columns);
        bool fits = squeeze(table, widths, columns - 1);
        while (!fits && left > 0 && table->marks[left - 1] != '?')
            left--;
        if (fits || left == 0)
            return g_steal_pointer(&widths);
        natural[--left] = HIDDEN;
    }
    return g_steal_pointer(&natural);
}

static void print_row(const HtCliTable *table, char *const *cells, const int *widths)
{
    g_autoptr(GString) line = g_string_new(NULL);
    for (guint c = 0; c < table->n_columns; c++) {
        if (widths[c] == HIDDEN)
            continue;
        bool last = c + 1 == table->n_columns;
        g_autofree char *cut = last ? ht_text_cut(cells[c], widths[c], true) : NULL;
        if (last)
            g_string_append(line, cut);
        else
            ht_text_pad_into(line, cells[c], widths[c], HT_ALIGN_LEFT);
        if (!last)
            g_string_append(line, "  ");
    }
    ht_print_line(stdout, "%s", g_strchomp(line->str));
}

void ht_cli_table_print(HtCliTable *table, bool plain)
{
    g_autofree int *widths = fitting_widths(table);
    if (!plain && table->cells->len > 0)
        print_row(table, table->headings, widths);
    for (guint i = 0; i + table->n_columns <= table->cells->len; i += table->n_columns) {
        char *const *cells = (char *const *)table->cells->pdata + i;
        if (!plain) {
            print_row(table, cells, widths);
            continue;
        }
        g_autoptr(GString) line = g_string_new(cells[0]);
        for (guint c = 1; c < table->n_columns; c++)
            g_string_append_printf(line, " | %s", cells[c]);
        ht_print_line(stdout, "%s", line->str);
    }
    ht_cli_table_free(table);
}

void ht_cli_list(HtContext *context, const char *verb, HtJson *array, HtCliTable *table,
                 const HtCliOptions *options)
{
    bool is_empty = table->cells->len == 0;
    if (options->json) {
        ht_cli_table_free(table);
        ht_cli_print_json(array);
        return;
    }
    ht_json_free(array);
    ht_cli_table_print(table, options->plain);
    /* Where nothing was fetched that was said already. */
    if (is_empty && ht_sync_last_us(context->parts.cache) > 0)
        ht_print_error(verb, "nothing found", NULL);
}

void ht_cli_table_free(HtCliTable *table)
{
    g_strfreev(table->headings);
    g_free(table->marks);
    g_ptr_array_unref(table->cells);
    g_free(table);
}

void ht_cli_print_doc(const HtDoc *doc)
{
    g_autofree char *text = ht_doc_dup_text(doc);
    ht_print_block(stdout, "%s", text);
}

/* ---- JSON
 * ----------------------------------------------------------------------------------------------------
 */
void ht_cli_json_id(HtJson *object, const char *name, const HtUuid *id)
{
    char text[HT_UUID_TEXT];
    if (ht_uuid_is_nil(id))
        ht_json_set_null(object, name);
    else
        ht_json_set_string(object, name, ht_uuid_format(id, text));
}

void ht_cli_json_key(HtJson *object, const char *name, HtReader *reader, HtKey key)
{
    HtUuid id;
    if (key && ht_reader_uuid(reader, key, &id))
        ht_cli_json_id(object, name, &id);
    else
        ht_json_set_null(object, name);
}

void ht_cli_json_time(HtJson *object, const char *name, int64_t us)
{
    g_autofree char *text = us ? ht_clock_format_iso(us) : NULL;
    ht_json_set_string(object, name, text);
}

void ht_cli_print_json(HtJson *json)
{
    g_autofree char *text = ht_json_print(json, true);
    ht_print_json(stdout, text);
    ht_json_free(json);
}

/* ---- main
 * ------------------------------------------------------------------------------------------------------
 */
char *ht_cli_help(void)
{
    GString *out = g_string_new(
        "Usage: hiretty [OPTIONS]             the workstation\n"
        "       hiretty [OPTIONS] VERB …      one thing, for scripts\n\n"
        "  --profile NAME   another tenant's settings, cache and outbox\n"
        "  --dsn DSN        the server (libpq: \"service=…\", \"host=… dbname=… user=…\")\n"
        "  --offline        do not connect\n"
        "  --no-color       no colours (as does NO_COLOR)\n"
        "  --script FILE    drive the workstation by a file of steps, one a line: key g j Enter,\n"
        "                   type TEXT, paste TEXT, wait [synced], expect TEXT, refuse TEXT,\n"
        "                   snap NAME|-, size COLUMNS LINES, theme NAME (man hiretty: SCRIPTS)\n"
        "  --snap-dir DIR   where a script's pictures go\n"
        "  --theme NAME     another theme for this session: a name or a file\n"
        "  --record FILE    record the session\n"
        "  --check-config   check settings, keys and themes\n"
        "  --dump-keys      print the present keys\n"
        "  --version, --help\n\n");
    for (gsize i = 0; i < G_N_ELEMENTS(verbs); i++)
        g_string_append_printf(out, "  %-11s %s\n", verbs[i].name, verbs[i].summary);
    g_string_append(out, "\n--where takes a filter, as \"l\" does in the workstation: "
                         "'stage:applied score>=80 -tag:hold'.\n"
                         "Its fields: man hiretty, FILTER LANGUAGE.\n");
    append_fields(out, " ");
    g_string_append(out,
                    "\n\nhiretty VERB --help says more. Exit status: 0 done, 1 failed, 2 usage, "
                    "3 offline (work kept),\n4 conflict, 5 refused.\n");
    return g_string_free(out, FALSE);
}

/* Letters to add, drop or change to make one word of the other; words of at most 31 bytes. */
static int distance(const char *a, const char *b)
{
    int row[32];
    int n = (int)strlen(b);
    for (int i = 0; i <= n; i++)
        row[i] = i;
    for (; *a; a++) {
        int corner = row[0]++;
        for (int i = 1; i <= n; i++) {
            int change = corner + (*a != b[i - 1]);
            corner = row[i];
            row[i] = MIN(change, MIN(row[i], row[i - 1]) + 1);
        }
    }
    return row[n];
}

static const HtVerb *nearest(const char *name)
{
    const HtVerb *best = NULL;
    int least = 3;
    for (gsize i = 0; strlen(name) < 32 && i < G_N_ELEMENTS(verbs); i++) {
        int here = distance(name, verbs[i].name);
        if (here < least) {
            best = &verbs[i];
            least = here;
        }
    }
    return best;
}

int ht_cli_main(HtCliHost *host, int argc, char **argv)
{
    const HtVerb *verb = argc > 0 ? ht_verb_find(argv[0]) : NULL;
    if (verb)
        return run_verb(verb, host, argc, argv);
    const HtVerb *near = argc > 0 ? nearest(argv[0]) : NULL;
    g_autofree char *why = g_strdup_printf("there is no such verb%s%s", near ? "; nearest: " : "",
                                           near ? near->name : "");
    ht_print_error(argc > 0 ? argv[0] : "nothing", why, "hiretty --help");
    return HT_EXIT_USAGE;
}
