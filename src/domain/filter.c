/* The filter language: a hand-written parser of one pass, since the grammar has no nesting.
 *
 *     filter   = { [ "-" | "!" ] ( field compare value { "|" value } | value ) }
 *     value    = '"' characters '"' | characters without blank and '|'
 *
 * One table says everything about a field: its names, what its values are, what help shows. A word
 * with a colon that names no field is an error, not a search for it: a mistyped field must never
 * widen the set that a bulk action takes. */
#include "hiretty/domain/filter.h"

#include "hiretty/base/clock.h"
#include "hiretty/domain/error.h"

#include <math.h>
#include <string.h>

#define MAX_TERMS 64   /* far above what a person types; bounds the SQL made from it */
#define MAX_VALUES 200 /* of one term: SQLite nests an OR for each, and takes 1000 */
#define MAX_TEXT 4096  /* bytes of a filter */
#define MAX_DURATION_YEARS 200

typedef enum {
    VALUES_TEXT = 0,
    VALUES_WORDS, /* one of the words listed in `values` */
    VALUES_SCORE,
    VALUES_TIME, /* a duration before now, or a date */
    VALUES_AGE,  /* a duration */
} ValueKind;

#define SAME ": = !="
#define ORDER "= != < <= > >="
#define PAST "< <= > >="
/* clang-format off */
/* In the order of HtFilterField. */
static const HtFilterFieldInfo fields[HT_FIELDS] = {
    {HT_FIELD_WORDS,      "",         "",                "", "words anywhere in the person's texts; quotes make a phrase",       "",    "",                      true},
    {HT_FIELD_STAGE,      "stage",    "stage",           "applied shortlist screening interview offer hired rejected withdrawn",
                                                             "the stage it stands in: its kind or its name",                     SAME,  "stage:applied|shortlist", false},
    {HT_FIELD_SCORE,      "score",    "score",           "", "match score in points: score>=80",                                 ORDER, "score>=80",             false},
    {HT_FIELD_SKILL,      "skill",    "skill skills",    "", "a skill of the résumé",                                            SAME,  "skill:python",          false},
    {HT_FIELD_LOCATION,   "loc",      "loc location",    "", "where the person lives, or the job is",                            SAME,  "loc:\"São Paulo\"",     true},
    {HT_FIELD_TAG,        "tag",      "tag tags",        "", "a tag on the person",                                              SAME,  "-tag:hold",             false},
    {HT_FIELD_SOURCE,     "source",   "source",          "", "where the application came from",                                  SAME,  "source:referral",       false},
    {HT_FIELD_TITLE,      "title",    "title",           "", "current or last title; a job's own",                               SAME,  "title:engineer",        true},
    {HT_FIELD_COMPANY,    "company",  "company",         "", "current or last company",                                          SAME,  "company:acme",          false},
    {HT_FIELD_NAME,       "name",     "name",            "", "the person's name",                                                SAME,  "name:ana",              false},
    {HT_FIELD_EMAIL,      "email",    "email mail",      "", "the person's e-mail address",                                      SAME,  "email:example.com",     false},
    {HT_FIELD_REJECT,     "reject",   "reject reason",   "none any", "rejected for a reason: its code, any or none",             SAME,  "reject:none",           false},
    {HT_FIELD_UPDATED,    "updated",  "updated",         "", "last change: updated<3d, updated>2025-03-01",                      PAST,  "updated<3d",            false},
    {HT_FIELD_APPLIED,    "applied",  "applied",         "", "day of application: applied<2w",                                   PAST,  "applied>=2025-03-01",   false},
    {HT_FIELD_AGE,        "age",      "age",             "", "time in the present stage: age>5d",                                PAST,  "age>5d",                false},
    {HT_FIELD_IS,         "is",       "is",              "held pending conflict unread new flagged blind open closed duplicate",
                                                             "a state: is:unread, -is:held",                                     SAME,  "is:unread",             true},
    {HT_FIELD_JOB,        "job",      "job",             "", "words of the job's title",                                         SAME,  "job:support",           true},
    {HT_FIELD_DEPARTMENT, "dept",     "dept department", "", "the job's department",                                             SAME,  "dept:sales",            true},
    {HT_FIELD_STATUS,     "status",   "status",          "draft active on_hold closed", "a job's status",                        SAME,  "status:active",         true},
};

static const HtFilterValueInfo values[] = {
    {HT_FIELD_REJECT, "none",      "not rejected",                                                       false},
    {HT_FIELD_REJECT, "any",       "rejected, for whatever reason",                                      false},
    {HT_FIELD_IS,     "held",      "held until a day that has not come",                                 false},
    {HT_FIELD_IS,     "pending",   "with a change that is not sent yet",                                 false},
    {HT_FIELD_IS,     "conflict",  "with a decision that somebody else took first",                      false},
    {HT_FIELD_IS,     "unread",    "not opened by you yet",                                              false},
    {HT_FIELD_IS,     "new",       "applied since your last visit to the job, and still undecided; a job with such", true},
    {HT_FIELD_IS,     "flagged",   "with a possible bias found in the score",                            false},
    {HT_FIELD_IS,     "blind",     "in a stage that is reviewed blind",                                  false},
    {HT_FIELD_IS,     "open",      "still in the running; a job that takes applications",                true},
    {HT_FIELD_IS,     "closed",    "hired, rejected or withdrawn; a job that is closed",                 true},
    {HT_FIELD_IS,     "duplicate", "of a person that was merged into another",                           false},
};
/* clang-format on */

static ValueKind value_kind(HtFilterField field)
{
    switch (field) {
    case HT_FIELD_SCORE:
        return VALUES_SCORE;
    case HT_FIELD_UPDATED:
    case HT_FIELD_APPLIED:
        return VALUES_TIME;
    case HT_FIELD_AGE:
        return VALUES_AGE;
    case HT_FIELD_IS:
        return VALUES_WORDS;
    case HT_FIELD_WORDS:
    case HT_FIELD_STAGE:
    case HT_FIELD_SKILL:
    case HT_FIELD_LOCATION:
    case HT_FIELD_TAG:
    case HT_FIELD_SOURCE:
    case HT_FIELD_TITLE:
    case HT_FIELD_COMPANY:
    case HT_FIELD_NAME:
    case HT_FIELD_EMAIL:
    case HT_FIELD_REJECT:
    case HT_FIELD_JOB:
    case HT_FIELD_DEPARTMENT:
    case HT_FIELD_STATUS:
    case HT_FIELDS:
        break;
    }
    return VALUES_TEXT;
}

typedef struct {
    const char *text; /* valid UTF-8 */
    const char *at;
    int *column;
    GError **error;
} Parser;

static void value_free(gpointer data)
{
    HtFilterValue *value = data;
    g_free(value->text);
    g_free(value);
}

static void term_free(gpointer data)
{
    HtFilterTerm *term = data;
    g_ptr_array_unref(term->values);
    g_free(term);
}

static int column_of(const Parser *parser, const char *at)
{
    return (int)g_utf8_pointer_to_offset(parser->text, at);
}

G_GNUC_PRINTF(3, 4)
static bool fail(Parser *parser, const char *at, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    g_autofree char *what = g_strdup_vprintf(format, args);
    va_end(args);
    int column = column_of(parser, at);
    if (parser->column)
        *parser->column = column;
    g_set_error(parser->error, HT_DOMAIN_ERROR, HT_DOMAIN_ERROR_SYNTAX, "%s at character %d", what,
                column + 1);
    return false;
}

static bool word_in_list(const char *list, const char *word, gsize len)
{
    for (const char *at = list; *at;) {
        const char *end = strchrnul(at, ' ');
        if ((gsize)(end - at) == len && g_ascii_strncasecmp(at, word, len) == 0)
            return true;
        at = *end ? end + 1 : end;
    }
    return false;
}

static const HtFilterFieldInfo *find_field(const char *name, gsize len)
{
    for (int i = HT_FIELD_WORDS + 1; i < HT_FIELDS; i++)
        if (word_in_list(fields[i].aliases, name, len))
            return &fields[i];
    return NULL;
}

/* Length of the comparison at `at`; 0 = none. */
static gsize read_compare(const char *at, HtCompare *compare)
{
    static const struct {
        const char *sign;
        HtCompare compare;
    } signs[] = {
        {"!=", HT_COMPARE_NE}, {"<=", HT_COMPARE_LE}, {">=", HT_COMPARE_GE}, {":", HT_COMPARE_HAS},
        {"=", HT_COMPARE_EQ},  {"<", HT_COMPARE_LT},  {">", HT_COMPARE_GT},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(signs); i++) {
        if (g_str_has_prefix(at, signs[i].sign)) {
            *compare = signs[i].compare;
            return strlen(signs[i].sign);
        }
    }
    return 0;
}

/* "3d" → µs. */
static bool read_duration(const char *text, int64_t *out)
{
    static const struct {
        const char *unit;
        double us;
    } units[] = {
        {"m", (double)HT_US_PER_MINUTE}, {"h", (double)HT_US_PER_HOUR},
        {"d", (double)HT_US_PER_DAY},    {"w", 7.0 * HT_US_PER_DAY},
        {"mo", 30.4375 * HT_US_PER_DAY}, {"y", 365.25 * HT_US_PER_DAY},
    };
    char *end = NULL;
    if (!g_ascii_isdigit(*text))
        return false;
    double n = g_ascii_strtod(text, &end);
    for (gsize i = 0; i < G_N_ELEMENTS(units); i++) {
        if (strcmp(end, units[i].unit) != 0)
            continue;
        double us = n * units[i].us;
        if (!isfinite(us) || us > MAX_DURATION_YEARS * 365.25 * (double)HT_US_PER_DAY)
            return false;
        *out = (int64_t)us;
        return true;
    }
    return false;
}

static bool read_score(const char *text, int64_t *out)
{
    char *end = NULL;
    if (!g_ascii_isdigit(*text) || g_ascii_tolower(text[1]) == 'x')
        return false;
    double points = g_ascii_strtod(text, &end);
    if (*end == '%')
        end++;
    if (*end || !(points >= 0 && points <= 100))
        return false;
    *out = (int64_t)(points * 100.0 + 0.5);
    return true;
}

static bool check_value(Parser *parser, const HtFilterFieldInfo *info, const char *at,
                        HtFilterValue *value)
{
    switch (value_kind(info->field)) {
    case VALUES_TEXT:
        return true;
    case VALUES_WORDS:
        if (word_in_list(info->values, value->text, strlen(value->text)))
            return true;
        return fail(parser, at, "%s knows only %s", info->name, info->values);
    case VALUES_SCORE:
        value->type = HT_VALUE_SCORE;
        if (read_score(value->text, &value->number))
            return true;
        return fail(parser, at, "a score is a number from 0 to 100");
    case VALUES_TIME:
        value->type = HT_VALUE_TIME;
        if (ht_clock_parse_iso(value->text, &value->number))
            return true;
        G_GNUC_FALLTHROUGH;
    case VALUES_AGE:
        value->type = HT_VALUE_DURATION;
        if (read_duration(value->text, &value->number))
            return true;
        return fail(parser, at,
                    value_kind(info->field) == VALUES_AGE
                        ? "a time is a number and m h d w mo or y, like 3d"
                        : "a time is like 3d, 2w, or a date like 2025-03-01");
    }
    return true;
}

/* Reads one value; `at` of the parser moves behind it. NULL on an error. */
static HtFilterValue *read_value(Parser *parser, const HtFilterFieldInfo *info)
{
    const char *start = parser->at;
    g_autoptr(GString) text = g_string_new(NULL);
    bool quoted = *parser->at == '"';
    if (quoted) {
        parser->at++;
        while (*parser->at && *parser->at != '"') {
            if (*parser->at == '\\' && (parser->at[1] == '"' || parser->at[1] == '\\'))
                parser->at++;
            g_string_append_c(text, *parser->at++);
        }
        if (!*parser->at) {
            fail(parser, start, "the quote that starts here has no end");
            return NULL;
        }
        parser->at++;
    } else {
        while (*parser->at && !g_ascii_isspace(*parser->at) && *parser->at != '|' &&
               *parser->at != '"')
            g_string_append_c(text, *parser->at++);
    }
    if (!text->len) {
        if (info->field == HT_FIELD_WORDS)
            fail(parser, start, "a word is missing");
        else
            fail(parser, start, "%s needs a value", info->name);
        return NULL;
    }
    HtFilterValue *value = g_new0(HtFilterValue, 1);
    value->text = g_strndup(text->str, text->len);
    value->is_quoted = quoted;
    if (!check_value(parser, info, start, value)) {
        value_free(value);
        return NULL;
    }
    return value;
}

static bool check_compare(Parser *parser, const HtFilterFieldInfo *info, HtCompare compare,
                          const char *at)
{
    bool is_order = compare > HT_COMPARE_NE;
    switch (value_kind(info->field)) {
    case VALUES_TEXT:
    case VALUES_WORDS:
        return !is_order || fail(parser, at, "%s has no order: use %s:", info->name, info->name);
    case VALUES_SCORE:
        return compare != HT_COMPARE_HAS ||
               fail(parser, at, "score needs a comparison, like score>=80");
    case VALUES_TIME:
    case VALUES_AGE:
        return is_order || fail(parser, at, "%s needs < or >, like %s<3d", info->name, info->name);
    }
    return true;
}

/* Who can tab through the fields needs no list of them; others ask for it by this code. */
static bool no_field(Parser *parser, const char *at, int len)
{
    fail(parser, at, "there is no field \"%.*s\" (quote it to search for it)", len, at);
    if (parser->error && *parser->error)
        (*parser->error)->code = HT_DOMAIN_ERROR_FIELD;
    return false;
}

char *ht_filter_find_field(const char *text)
{
    for (const char *at = text ? text : ""; *at;) {
        const char *start = at += strspn(at, " \t\r\n");
        const char *name = start + (*start == '-' || *start == '!'), *end = name;
        while (g_ascii_isalpha(*end) || *end == '_')
            end++;
        HtCompare compare;
        bool names = read_compare(end, &compare) && find_field(name, (gsize)(end - name));
        if (names)
            return g_strndup(start, strcspn(start, " \t\r\n"));
        const char *quote = *start == '"' ? strchr(start + 1, '"') : NULL;
        at = quote ? quote + 1 : start + strcspn(start, " \t\r\n");
    }
    return NULL;
}

/* Field and comparison before a value, if there are any. */
static bool read_field(Parser *parser, HtFilterTerm *term, const HtFilterFieldInfo **info)
{
    const char *start = parser->at, *end = start;
    while (g_ascii_isalpha(*end) || *end == '_')
        end++;
    gsize len = end > start ? read_compare(end, &term->compare) : 0;
    *info = &fields[HT_FIELD_WORDS];
    if (!len)
        return true;
    *info = find_field(start, (gsize)(end - start));
    if (!*info)
        return no_field(parser, start, (int)MIN(end - start, 40));
    term->field = (*info)->field;
    parser->at = end + len;
    return check_compare(parser, *info, term->compare, end);
}

static bool read_values(Parser *parser, HtFilterTerm *term, const HtFilterFieldInfo *info)
{
    for (;;) {
        HtFilterValue *value = read_value(parser, info);
        if (!value)
            return false;
        g_ptr_array_add(term->values, value);
        if (term->values->len > MAX_VALUES)
            return fail(parser, parser->at, "more than %d values", MAX_VALUES);
        if (*parser->at != '|')
            return true;
        parser->at++;
    }
}

static bool read_term(Parser *parser, HtFilter *filter)
{
    HtFilterTerm *term = g_new0(HtFilterTerm, 1);
    term->values = g_ptr_array_new_with_free_func(value_free);
    term->column = column_of(parser, parser->at);
    g_ptr_array_add(filter->terms, term);
    if (filter->terms->len > MAX_TERMS)
        return fail(parser, parser->at, "more than %d terms", MAX_TERMS);
    if (*parser->at == '-' || *parser->at == '!') {
        term->is_negated = true;
        parser->at++;
    }
    const HtFilterFieldInfo *info = NULL;
    return read_field(parser, term, &info) && read_values(parser, term, info);
}

HtFilter *ht_filter_parse(const char *text, int *column, GError **error)
{
    if (column)
        *column = 0;
    g_autofree char *valid = g_utf8_make_valid(text ? text : "", -1);
    if (strlen(valid) > MAX_TEXT) {
        g_set_error(error, HT_DOMAIN_ERROR, HT_DOMAIN_ERROR_SYNTAX,
                    "the filter is longer than %d bytes", MAX_TEXT);
        return NULL;
    }
    g_strstrip(valid);
    g_autoptr(HtFilter) filter = g_new0(HtFilter, 1);
    filter->text = g_strdup(valid);
    filter->terms = g_ptr_array_new_with_free_func(term_free);
    Parser parser = {.text = valid, .at = valid, .column = column, .error = error};
    for (;;) {
        while (g_ascii_isspace(*parser.at))
            parser.at++;
        if (!*parser.at)
            return g_steal_pointer(&filter);
        if (!read_term(&parser, filter))
            return NULL;
    }
}

void ht_filter_free(HtFilter *filter)
{
    if (!filter)
        return;
    g_free(filter->text);
    g_clear_pointer(&filter->terms, g_ptr_array_unref);
    g_free(filter);
}

static gpointer value_dup(gconstpointer data, gpointer unused)
{
    (void)unused;
    HtFilterValue *copy = g_memdup2(data, sizeof *copy);
    copy->text = g_strdup(copy->text);
    return copy;
}

static gpointer term_dup(gconstpointer data, gpointer unused)
{
    (void)unused;
    const HtFilterTerm *term = data;
    HtFilterTerm *copy = g_memdup2(term, sizeof *copy);
    copy->values = g_ptr_array_new_with_free_func(value_free);
    for (guint i = 0; i < term->values->len; i++)
        g_ptr_array_add(copy->values, value_dup(g_ptr_array_index(term->values, i), NULL));
    return copy;
}

HtFilter *ht_filter_dup(const HtFilter *filter)
{
    if (!filter)
        return NULL;
    HtFilter *copy = g_new0(HtFilter, 1);
    copy->text = g_strdup(filter->text);
    copy->terms = g_ptr_array_new_with_free_func(term_free);
    for (guint i = 0; i < filter->terms->len; i++)
        g_ptr_array_add(copy->terms, term_dup(g_ptr_array_index(filter->terms, i), NULL));
    return copy;
}

/* Must it be quoted to be read as the same value again? */
static bool needs_quotes(const HtFilterTerm *term, const HtFilterValue *value, bool is_first)
{
    if (value->is_quoted || strpbrk(value->text, "\"|"))
        return true;
    if (term->field == HT_FIELD_WORDS && is_first && strchr("-!", value->text[0]))
        return true;
    for (const char *at = value->text; *at; at++)
        if (g_ascii_isspace(*at))
            return true;
    return false;
}

static void format_value(GString *out, const HtFilterTerm *term, const HtFilterValue *value,
                         bool is_first)
{
    if (!needs_quotes(term, value, is_first)) {
        g_string_append(out, value->text);
        return;
    }
    g_string_append_c(out, '"');
    for (const char *at = value->text; *at; at++) {
        if (*at == '"' || *at == '\\')
            g_string_append_c(out, '\\');
        g_string_append_c(out, *at);
    }
    g_string_append_c(out, '"');
}

char *ht_filter_format(const HtFilter *filter)
{
    static const char *const signs[] = {":", "=", "!=", "<", "<=", ">", ">="};
    GString *out = g_string_new(NULL);
    for (guint i = 0; filter && i < filter->terms->len; i++) {
        const HtFilterTerm *term = g_ptr_array_index(filter->terms, i);
        g_string_append_printf(out, "%s%s", out->len ? " " : "", term->is_negated ? "-" : "");
        if (term->field != HT_FIELD_WORDS)
            g_string_append_printf(out, "%s%s", fields[term->field].name, signs[term->compare]);
        for (guint j = 0; j < term->values->len; j++) {
            if (j)
                g_string_append_c(out, '|');
            format_value(out, term, g_ptr_array_index(term->values, j), j == 0);
        }
    }
    return g_string_free(out, FALSE);
}

const HtFilterFieldInfo *ht_filter_fields(gsize *n)
{
    *n = HT_FIELDS;
    return fields;
}

const HtFilterValueInfo *ht_filter_values(gsize *n)
{
    *n = G_N_ELEMENTS(values);
    return values;
}
