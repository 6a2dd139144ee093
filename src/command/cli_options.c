/* The options of all verbs, and what each form of a verb takes: a word or an option that would not
 * be looked at is refused by its name, since it was meant to change something. */
#include "cli_impl.h"

#include <string.h>

/* ---- options
 * ------------------------------------------------------------------------------------------- */
typedef struct {
    const char *name;
    GOptionArg arg;
    gsize offset;
    const char *text, *value;
} OptionRow;

enum { NOT_GIVEN = G_MININT };

#define AT(field) G_STRUCT_OFFSET(HtCliOptions, field)
static const OptionRow option_rows[] = {
    {"json", G_OPTION_ARG_NONE, AT(json), "print data as JSON", NULL},
    {"plain", G_OPTION_ARG_NONE, AT(plain), "one line a row, nothing cut", NULL},
    {"full", G_OPTION_ARG_NONE, AT(full), "fetch everything anew", NULL},
    {"all", G_OPTION_ARG_NONE, AT(all), "closed ones too", NULL},
    {"mine", G_OPTION_ARG_NONE, AT(mine), "only those with you on the panel", NULL},
    {"defaults", G_OPTION_ARG_NONE, AT(defaults), "print a file with every default", NULL},
    {"unsent", G_OPTION_ARG_NONE, AT(unsent), "of wipe: also what waits to be sent", NULL},
    {"parked", G_OPTION_ARG_NONE, AT(parked), "of push: everything that is parked once more", NULL},
    {"redo", G_OPTION_ARG_NONE, AT(redo), "do again what was taken back", NULL},
    {"job", G_OPTION_ARG_FILENAME, AT(job), "a job: words of its title, or its id", "JOB"},
    {"where", G_OPTION_ARG_FILENAME, AT(where), "a filter: stage:applied score>=80 skill:python",
     "FILTER"},
    {"reason", G_OPTION_ARG_FILENAME, AT(reason), "code or label of a reason", "CODE"},
    {"note", G_OPTION_ARG_FILENAME, AT(note), "a note that goes with it", "TEXT"},
    {"until", G_OPTION_ARG_FILENAME, AT(until), "3d, 2w, friday, 2026-05-01", "DAY"},
    {"to", G_OPTION_ARG_FILENAME, AT(to), "a later stage than the next", "STAGE"},
    {"sort", G_OPTION_ARG_FILENAME, AT(sort),
     "score, name, title, company, location, stage, applied, age or source; - before turns it",
     "ORDER"},
    {"limit", G_OPTION_ARG_INT, AT(limit), "at most so many rows", "N"},
    {"value", G_OPTION_ARG_FILENAME, AT(value), "the text for edit, in place of your editor",
     "TEXT"},
    {"rating", G_OPTION_ARG_INT, AT(rating), "1 to 5", "N"},
    {"recommend", G_OPTION_ARG_FILENAME, AT(recommend),
     "strong_hire, hire, no_hire or strong_no_hire", "WORD"},
    {"submit", G_OPTION_ARG_NONE, AT(submit), "submit it, which is final; else it is a draft",
     NULL},
    {"at", G_OPTION_ARG_FILENAME, AT(at),
     "\"friday 14:00\" (the next one: today, if that is still to come), \"2026-05-04 9:30\", in "
     "your time zone",
     "TIME"},
    {"minutes", G_OPTION_ARG_INT, AT(minutes), "how long it takes (default 60)", "N"},
    {"kind", G_OPTION_ARG_FILENAME, AT(kind),
     "screening, technical, behavioral, voice, final or hr", "KIND"},
    {"panel", G_OPTION_ARG_FILENAME, AT(panel), "colleagues by name, the first one leads",
     "\"A, B\""},
    {"days", G_OPTION_ARG_INT, AT(days), "so many days ahead (default 14)", "N"},
};

static bool names_option(const char *list, const char *name)
{
    g_auto(GStrv) words = g_strsplit(list ? list : "", " ", -1);
    for (int i = 0; words[i]; i++) {
        if (g_str_has_prefix(words[i], "--") && strcmp(words[i] + 2, name) == 0)
            return true;
    }
    return false;
}

void ht_cli_options_clear(HtCliOptions *options)
{
    char *texts[] = {options->job,       options->where, options->reason, options->note,
                     options->until,     options->to,    options->sort,   options->value,
                     options->recommend, options->at,    options->kind,   options->panel};
    for (gsize i = 0; i < G_N_ELEMENTS(texts); i++)
        g_free(texts[i]);
    g_strfreev(options->rest);
    memset(options, 0, sizeof *options);
}

static const char *text_of(const HtVerb *verb, const OptionRow *row)
{
    if (strcmp(row->name, "sort") == 0 && strcmp(verb->name, "jobs") == 0)
        return "title, department, location, status, total, new or waiting; - before turns it";
    return row->text;
}

static void print_verb_help(const HtVerb *verb)
{
    ht_print_line(stdout, "Usage: hiretty %s%s%s", verb->name, *verb->usage ? " " : "",
                  verb->usage);
    ht_print_line(stdout, "%s", verb->summary);
    ht_print_line(stdout, "%s", "");
    for (gsize i = 0; i < G_N_ELEMENTS(option_rows); i++) {
        const OptionRow *row = &option_rows[i];
        if (!names_option(verb->options, row->name))
            continue;
        g_autofree char *left = g_strdup_printf("--%s%s%s", row->name, row->value ? " " : "",
                                                row->value ? row->value : "");
        ht_print_line(stdout, "  %-18s %s", left, text_of(verb, row));
    }
    ht_print_line(stdout, "  %-18s %s", "--help", "this text");
}

static void add_entries(GOptionContext *context, const HtVerb *verb, HtCliOptions *options)
{
    g_autoptr(GArray) entries = g_array_new(TRUE, TRUE, sizeof(GOptionEntry));
    for (gsize i = 0; i < G_N_ELEMENTS(option_rows); i++) {
        const OptionRow *row = &option_rows[i];
        if (!names_option(verb->options, row->name))
            continue;
        GOptionEntry entry = {row->name, 0,         0, row->arg, (char *)options + row->offset,
                              row->text, row->value};
        g_array_append_val(entries, entry);
    }
    GOptionEntry help = {"help", 'h', 0, G_OPTION_ARG_NONE, &options->help, NULL, NULL};
    GOptionEntry rest = {G_OPTION_REMAINING, 0,    0,   G_OPTION_ARG_FILENAME_ARRAY,
                         &options->rest,     NULL, NULL};
    g_array_append_val(entries, help);
    g_array_append_val(entries, rest);
    g_option_context_add_main_entries(context, (const GOptionEntry *)(const void *)entries->data,
                                      NULL);
}

/* An unset variable of a shell comes as nothing: it chooses nobody, and never everybody. */
static bool check_blank(const HtVerb *verb, const HtCliOptions *options, int *exit)
{
    for (gsize i = 0; i < G_N_ELEMENTS(option_rows); i++) {
        const OptionRow *row = &option_rows[i];
        const char *text = row->arg == G_OPTION_ARG_FILENAME
                               ? G_STRUCT_MEMBER(char *, options, row->offset)
                               : NULL;
        bool words = strcmp(row->name, "note") == 0 || strcmp(row->name, "value") == 0;
        if (!text || words || !ht_cli_is_blank(text))
            continue;
        if (row->offset == G_STRUCT_OFFSET(HtCliOptions, where))
            *exit = ht_cli_usage_error(verb->name, "--where: the filter is empty");
        else
            *exit = ht_cli_usage_error(verb->name, "--%s is empty", row->name);
        return false;
    }
    return true;
}

/* Numbers within reason; those that were not given get their defaults. */
static bool check_numbers(const HtVerb *verb, HtCliOptions *options, int *exit)
{
    static const struct {
        gsize offset;
        const char *name;
        int least, fallback;
    } rows[] = {
        {AT(limit), "limit", 0, 0}, {AT(days), "days", 1, 14}, {AT(rating), "rating", 1, 0}};
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        int *value = &G_STRUCT_MEMBER(int, options, rows[i].offset);
        if (*value == NOT_GIVEN) {
            *value = rows[i].fallback;
        } else if (*value < rows[i].least) {
            *exit =
                ht_cli_usage_error(verb->name, "--%s: a number above 0 is wanted", rows[i].name);
            return false;
        }
    }
    if (options->minutes == NOT_GIVEN) {
        options->minutes = 0;
    } else if (options->minutes < 1) {
        *exit = ht_cli_usage_error(verb->name, "--minutes: an interview takes 1 to 1440 minutes");
        return false;
    }
    return true;
}

bool ht_cli_is_blank(const char *text)
{
    for (; *text; text++) {
        if (!g_ascii_isspace(*text))
            return false;
    }
    return true;
}

/* ---- forms
 * --------------------------------------------------------------------------------------------- */
/* What stands behind a verb, or behind the first word of one that has sub-words. */
typedef struct {
    const char *verb, *word; /* word NULL: without one */
    int most;                /* words behind it; -1: any number */
    const char *options;     /* NULL: all that the verb's row names */
} Form;

/* clang-format off */
static const Form forms[] = {
    {"sync",       NULL,      0, NULL},
    {"status",     NULL,      0, NULL},
    {"jobs",       NULL,      0, NULL},
    {"matches",    NULL,      0, NULL},
    {"candidate",  NULL,      1, NULL},
    {"transcript", NULL,      1, NULL},
    {"interviews", NULL,      0, "--days --mine --plain --json"},
    {"interviews", "list",    0, "--days --mine --plain --json"},
    {"interviews", "add",     1, "--job --at --minutes --kind --panel --note --json"},
    {"interviews", "move",    1, "--job --at --minutes --kind --note --json"},
    {"interviews", "cancel",  1, "--job --json"},
    {"feedback",   NULL,      1, "--limit --plain --json"},
    {"feedback",   "list",    1, "--limit --plain --json"},
    {"feedback",   "write",   1, "--job --rating --recommend --note --submit --json"},
    {"undo",       NULL,      0, NULL},
    {"outbox",     NULL,      0, "--plain --json"},
    {"outbox",     "list",    0, "--plain --json"},
    {"outbox",     "push",    1, "--parked --json"},
    {"outbox",     "drop",    1, ""},
    {"outbox",     "export",  1, ""},
    {"conflicts",  NULL,      0, "--plain --json"},
    {"conflicts",  "list",    0, "--plain --json"},
    {"conflicts",  "resolve", 2, "--reason --note --value"},
    {"doctor",     NULL,      0, NULL},
    {"cache",      "path",    0, ""},
    {"cache",      "check",   0, "--json"},
    {"cache",      "wipe",    0, "--unsent"},
    {"config",     NULL,      0, NULL},
    {"completion", "bash",    0, NULL},
    {"completion", "reasons", 0, NULL},
};
/* clang-format on */

static bool is_given(const HtCliOptions *options, const OptionRow *row)
{
    switch ((int)row->arg) {
    case G_OPTION_ARG_NONE:
        return G_STRUCT_MEMBER(gboolean, options, row->offset);
    case G_OPTION_ARG_INT:
        return G_STRUCT_MEMBER(int, options, row->offset) != NOT_GIVEN;
    default:
        return G_STRUCT_MEMBER(char *, options, row->offset) != NULL;
    }
}

/* The form that the first word names, else the one without a word; *n: words that belong to it. */
static const Form *find_form(const HtVerb *verb, const HtCliOptions *options, int *n)
{
    const Form *plain = NULL;
    *n = 0;
    for (gsize i = 0; i < G_N_ELEMENTS(forms); i++) {
        if (strcmp(forms[i].verb, verb->name) != 0)
            continue;
        if (!forms[i].word)
            plain = &forms[i];
        else if (g_strcmp0(options->rest[0], forms[i].word) == 0) {
            *n = 1;
            return &forms[i];
        }
    }
    return plain;
}

static bool check_form(const HtVerb *verb, const HtCliOptions *options, int *exit)
{
    int n;
    const Form *form = find_form(verb, options, &n);
    if (!form)
        return true;
    const char *word = form->word ? form->word : "", *blank = form->word ? " " : "";
    for (gsize i = 0; form->options && i < G_N_ELEMENTS(option_rows); i++) {
        if (is_given(options, &option_rows[i]) &&
            !names_option(form->options, option_rows[i].name)) {
            *exit = ht_cli_usage_error(verb->name, "--%s says nothing to %s%s%s",
                                       option_rows[i].name, verb->name, blank, word);
            return false;
        }
    }
    /* A verb with sub-words says itself which there are. */
    bool has_words = verb->words && !form->word && !(form->most > 0);
    if (form->most < 0 || has_words || (int)ht_cli_n_rest(options) <= n + form->most)
        return true;
    *exit = ht_cli_usage_error(verb->name, "'%s' is too much", options->rest[n + form->most]);
    return false;
}

bool ht_cli_parse(int argc, char **argv, HtCliOptions *options, int *exit)
{
    const HtVerb *verb = ht_verb_find(argv[0]);
    memset(options, 0, sizeof *options);
    /* Not given, which is not 0. */
    options->days = options->minutes = options->limit = options->rating = NOT_GIVEN;
    g_autoptr(GOptionContext) context = g_option_context_new(NULL);
    g_option_context_set_help_enabled(context, FALSE);
    add_entries(context, verb, options);
    /* GOption takes what it knows out of the array: give it one of its own. */
    g_autofree char **copy = g_new0(char *, (gsize)argc + 1);
    memcpy(copy, argv, (gsize)argc * sizeof *copy);
    char **left = copy;
    g_autoptr(GError) error = NULL;
    if (!g_option_context_parse(context, &argc, &left, &error)) {
        *exit = ht_cli_usage_error(verb->name, "%s", error->message);
        return false;
    }
    if (options->help) {
        print_verb_help(verb);
        *exit = ht_cli_finish(verb->name);
        return false;
    }
    if (!options->rest)
        options->rest = g_new0(char *, 1);
    return check_form(verb, options, exit) && check_numbers(verb, options, exit) &&
           check_blank(verb, options, exit);
}

guint ht_cli_n_rest(const HtCliOptions *options)
{
    return g_strv_length(options->rest);
}
