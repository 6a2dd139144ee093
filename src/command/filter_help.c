/* What the table of the filter language knows, put into words once: docs/filters.md, and the end of
 * the list of keys. */
#include "context_impl.h"

#include "hiretty/command/cli.h"
#include "hiretty/domain/filter.h"

#include <string.h>

static const char head[] =
    "# Filters\n\n"
    "Made from the table of fields by `hiretty --dump-filters-md`; do not edit.\n\n"
    "One language limits the lists of jobs, applications and people (`l`), marks their rows (`+`) "
    "and "
    "chooses on the command line\n(`--where`). In the workstation Tab and Shift-Tab go "
    "through what the last word may\nbecome, fields first, then their values, of tags, skills, "
    "sources, reasons and departments those in use, and `?` lists them.\n"
    "Other lists (agenda, feedback, outbox, conflicts)\nare limited by words, each of them "
    "somewhere in the row, and refuse what looks like a field or a *not*; so does the search "
    "(`g/`,\n`hiretty search`) with a field. In the agenda and the feedback `l you` leaves the "
    "interviews with you on the panel (their names\nare bold in the agenda), and the feedback by "
    "you.\n\n"
    "    stage:screening score>=80 skill:python loc:\"São Paulo\" -tag:hold updated<3d "
    "\"kubernetes "
    "operator\"\n\n"
    "- Terms stand beside each other and all of them hold: there is no `and`.\n"
    "- `|` between the values of a field is *or*: `stage:applied|shortlist`.\n"
    "- `-` or `!` before a term is *not*: `-tag:hold`.\n"
    "- `\"…\"` holds a value together that has blanks, or makes a phrase of words; `\\\"` is a "
    "quote in "
    "it.\n"
    "- `:` looks inside a text (`title:eng` finds engineers), `=` wants the whole, `!=` anything "
    "else. Stages, skills, tags,\n  reasons and states are always whole. Case and accents do not "
    "count.\n"
    "- Scores are points from 0 to 100. Times are a number and `m` `h` `d` `w` `mo` or `y`, or a "
    "day "
    "such as `2025-03-01`;\n  `updated<3d` is less than three days ago, `age>5d` for longer than "
    "five.\n"
    "- A word with a colon that names no field is an error, never a search for it: a mistyped "
    "field "
    "must not widen what a\n  bulk decision takes. Quoted it is searched for.\n\n"
    "## Fields\n\n"
    "| field | compared by | finds | values | for example |\n|---|---|---|---|---|\n";

static void append_code(GString *out, const char *text)
{
    g_autoptr(GString) cell = g_string_new(text);
    g_string_replace(cell, "|", "\\|", 0);
    g_string_append_printf(out, "`%s`", cell->str);
}

static void append_words(GString *out, const char *words)
{
    g_auto(GStrv) list = g_strsplit(words, " ", -1);
    for (int i = 0; list[i]; i++) {
        if (i)
            g_string_append_c(out, ' ');
        if (*list[i])
            append_code(out, list[i]);
    }
}

static void append_fields(GString *out)
{
    gsize n;
    const HtFilterFieldInfo *fields = ht_filter_fields(&n);
    for (gsize i = 0; i < n; i++) {
        const HtFilterFieldInfo *field = &fields[i];
        if (field->field == HT_FIELD_WORDS)
            continue;
        g_string_append(out, "| ");
        append_words(out, field->aliases);
        g_string_append(out, " | ");
        append_words(out, field->signs);
        g_string_append_printf(out, " | %s | ", field->summary);
        append_words(out, field->values);
        g_string_append(out, " | ");
        append_code(out, field->example);
        g_string_append(out, " |\n");
    }
}

static void append_values(GString *out)
{
    gsize n;
    const HtFilterValueInfo *values = ht_filter_values(&n);
    const HtFilterFieldInfo *fields = ht_filter_fields(&(gsize){0});
    g_string_append(out, "\n## States\n\n| term | is |\n|---|---|\n");
    for (gsize i = 0; i < n; i++)
        g_string_append_printf(out, "| `%s:%s` | %s |\n", fields[values[i].field].name,
                               values[i].value, values[i].text);
}

static void append_of_jobs(GString *out)
{
    gsize n;
    const HtFilterFieldInfo *fields = ht_filter_fields(&n);
    g_string_append(out, "\n## Lists of jobs\n\nThey know words of the title");
    for (gsize i = 0; i < n; i++)
        if (fields[i].of_jobs && *fields[i].name && fields[i].field != HT_FIELD_IS)
            g_string_append_printf(out, ", `%s`", fields[i].name);
    g_string_append(out, ", and of the states");
    const HtFilterValueInfo *values = ht_filter_values(&n);
    for (gsize i = 0; i < n; i++)
        if (values[i].of_jobs)
            g_string_append_printf(out, " `%s`", values[i].value);
    g_string_append(out, ".\n");
}

char *ht_cli_filters_markdown(void)
{
    GString *out = g_string_new(head);
    append_fields(out);
    append_values(out);
    append_of_jobs(out);
    return g_string_free(out, FALSE);
}

/* ---- in the program
 * ----------------------------------------------------------------------------------- */
static const char *const grammar[][2] = {
    {"this that", "Both hold; words are searched for"},
    {"stage:a|b", "One or the other"},
    {"-tag:hold", "Not; ! says the same"},
    {"\"this that\"", "A value with blanks, or words in this order"},
    {": = !=", "In the text, the whole of it, anything else"},
    {"< <= > >=", "Points, days, or a time such as 3d 2w 2025-03-01"},
};

/* Sections have numbers below 0, commands from 1 on: these come after any command. */
static void add_row(GPtrArray *rows, const char *term, const char *text, const char *example)
{
    HtListRow *row = ht_list_row_new(HT_FILTER_HELP_FIRST + (int64_t)rows->len);
    row->number = row->key;
    ht_list_row_set(row, 0, HT_STYLE_KEY, term);
    ht_list_row_set(row, 1, HT_STYLE_ROW_NORMAL, text);
    ht_list_row_set(row, 2, HT_STYLE_MUTED, example);
    g_ptr_array_add(rows, row);
}

void ht_add_filter_help(GPtrArray *rows, bool of_jobs)
{
    HtListRow *section = ht_list_row_new(-HT_FILTER_HELP_FIRST);
    section->state = HT_ROW_SECTION;
    ht_list_row_set(section, 0, HT_STYLE_ROW_SECTION, "Filters");
    g_ptr_array_add(rows, section);
    for (gsize i = 0; i < G_N_ELEMENTS(grammar); i++)
        add_row(rows, grammar[i][0], grammar[i][1], NULL);
    gsize n;
    const HtFilterFieldInfo *fields = ht_filter_fields(&n);
    for (gsize i = 0; i < n; i++) {
        if (*fields[i].name && (fields[i].of_jobs || !of_jobs))
            add_row(rows, fields[i].name, fields[i].summary, fields[i].example);
    }
    const HtFilterFieldInfo *names = fields;
    const HtFilterValueInfo *values = ht_filter_values(&n);
    for (gsize i = 0; i < n; i++) {
        g_autofree char *term =
            g_strdup_printf("%s:%s", names[values[i].field].name, values[i].value);
        if (values[i].of_jobs || !of_jobs)
            add_row(rows, term, values[i].text, NULL);
    }
}
