/* The filter language: what parses, what it means, where errors point, canonical text. */
#include "hiretty/base/clock.h"
#include "hiretty/domain/error.h"
#include "hiretty/domain/filter.h"

static const HtFilterTerm *term_at(const HtFilter *filter, guint i)
{
    g_assert_cmpuint(i, <, filter->terms->len);
    return g_ptr_array_index(filter->terms, i);
}

static const HtFilterValue *value_at(const HtFilterTerm *term, guint i)
{
    g_assert_cmpuint(i, <, term->values->len);
    return g_ptr_array_index(term->values, i);
}

static void test_example(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(HtFilter) filter = ht_filter_parse(
        "stage:screening score>=80 skill:python loc:\"Berlin\" -tag:hold updated<3d reject:none "
        "\"kubernetes operator\"",
        NULL, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(filter->terms->len, ==, 8);
    g_assert_cmpint(term_at(filter, 0)->field, ==, HT_FIELD_STAGE);
    const HtFilterTerm *score = term_at(filter, 1);
    g_assert_cmpint(score->compare, ==, HT_COMPARE_GE);
    g_assert_cmpint(value_at(score, 0)->number, ==, 8000);
    g_assert_true(value_at(term_at(filter, 3), 0)->is_quoted);
    g_assert_true(term_at(filter, 4)->is_negated);
    const HtFilterValue *age = value_at(term_at(filter, 5), 0);
    g_assert_cmpint(age->type, ==, HT_VALUE_DURATION);
    g_assert_cmpint(age->number, ==, 3 * HT_US_PER_DAY);
    const HtFilterTerm *words = term_at(filter, 7);
    g_assert_cmpint(words->field, ==, HT_FIELD_WORDS);
    g_assert_cmpstr(value_at(words, 0)->text, ==, "kubernetes operator");
    g_assert_cmpint(words->column, ==, 85);
}

static void test_values(void)
{
    g_autoptr(HtFilter) filter = ht_filter_parse(
        "STAGE:applied|\"Phone screen\" score<72.5 updated>2025-03-01 age>6mo", NULL, NULL);
    g_assert_nonnull(filter);
    g_assert_cmpuint(term_at(filter, 0)->values->len, ==, 2);
    g_assert_cmpstr(value_at(term_at(filter, 0), 1)->text, ==, "Phone screen");
    g_assert_cmpint(value_at(term_at(filter, 1), 0)->number, ==, 7250);
    g_assert_cmpint(value_at(term_at(filter, 2), 0)->type, ==, HT_VALUE_TIME);
    g_assert_cmpint(value_at(term_at(filter, 2), 0)->number, ==, INT64_C(1740787200) * HT_US_PER_S);
    g_assert_cmpint(value_at(term_at(filter, 3), 0)->number, >, 182 * HT_US_PER_DAY);
}

static void test_empty(void)
{
    g_autoptr(HtFilter) empty = ht_filter_parse("  \t ", NULL, NULL);
    g_assert_cmpuint(empty->terms->len, ==, 0);
    g_autoptr(HtFilter) none = ht_filter_parse(NULL, NULL, NULL);
    g_assert_cmpuint(none->terms->len, ==, 0);
    g_assert_null(ht_filter_dup(NULL));
}

static void test_errors(void)
{
    static const struct {
        const char *text;
        int column;
    } bad[] = {
        {"stge:applied", 0},   {"ü score>=high", 9}, {"score:80", 5}, {"score>=101", 7},
        {"score>=0x10", 7},    {"updated:3d", 7},    {"age>3x", 4},   {"age>99999y", 4},
        {"age>2025-03-01", 4}, {"title<a", 5},       {"is:maybe", 3}, {"loc:\"Berlin", 4},
        {"tag:", 4},           {"tag:a|", 6},        {"name:a -", 8}, {"http://example.com", 0},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) {
        int column = -1;
        g_autoptr(GError) error = NULL;
        g_autoptr(HtFilter) filter = ht_filter_parse(bad[i].text, &column, &error);
        g_test_message("%s", bad[i].text);
        g_assert_null(filter);
        bool is_field = i == 0 || i == G_N_ELEMENTS(bad) - 1;
        int code = is_field ? HT_DOMAIN_ERROR_FIELD : HT_DOMAIN_ERROR_SYNTAX;
        g_assert_error(error, HT_DOMAIN_ERROR, code);
        g_assert_cmpint(column, ==, bad[i].column);
    }
}

static void test_bounds(void)
{
    g_autoptr(GString) many = g_string_new(NULL);
    for (int i = 0; i < 65; i++)
        g_string_append(many, "a ");
    g_assert_null(ht_filter_parse(many->str, NULL, NULL));
    g_autofree char *big = g_strnfill(5000, 'a');
    g_assert_null(ht_filter_parse(big, NULL, NULL));
    g_autoptr(HtFilter) broken = ht_filter_parse("name:\xff\xfe", NULL, NULL);
    g_assert_true(g_utf8_validate(value_at(term_at(broken, 0), 0)->text, -1, NULL));
}

static void test_canonical(void)
{
    static const char *const texts[] = {
        "location:Berlin  !tag:hold   \"two words\"",
        "name:\"say \\\"hi\\\" \\\\o\"",
        "stage:applied|shortlist score>=80%",
        "\"-minus\" \"!bang\" a|b",
        "mail:x@example.com age<=2w",
        "\"stage:applied\"",
    };
    for (gsize i = 0; i < G_N_ELEMENTS(texts); i++) {
        g_autoptr(HtFilter) first = ht_filter_parse(texts[i], NULL, NULL);
        g_assert_nonnull(first);
        g_autofree char *once = ht_filter_format(first);
        g_autoptr(HtFilter) second = ht_filter_parse(once, NULL, NULL);
        g_assert_nonnull(second);
        g_autoptr(HtFilter) copy = ht_filter_dup(second);
        g_autofree char *twice = ht_filter_format(copy);
        g_assert_cmpstr(once, ==, twice);
        g_assert_cmpuint(first->terms->len, ==, second->terms->len);
        for (guint j = 0; j < first->terms->len; j++) {
            g_assert_cmpint(term_at(first, j)->field, ==, term_at(second, j)->field);
            g_assert_cmpstr(value_at(term_at(first, j), 0)->text, ==,
                            value_at(term_at(second, j), 0)->text);
        }
    }
    g_autoptr(HtFilter) filter = ht_filter_parse("location:Berlin !tag:hold", NULL, NULL);
    g_autofree char *text = ht_filter_format(filter);
    g_assert_cmpstr(text, ==, "loc:Berlin -tag:hold");
}

static void test_table(void)
{
    gsize n = 0;
    const HtFilterFieldInfo *fields = ht_filter_fields(&n);
    g_assert_cmpuint(n, ==, HT_FIELDS);
    for (gsize i = 0; i < n; i++) {
        g_assert_cmpint((int)fields[i].field, ==, (int)i);
        g_assert_cmpuint(strlen(fields[i].summary), >, 5);
        g_autoptr(GError) error = NULL;
        g_autoptr(HtFilter) example = ht_filter_parse(fields[i].example, NULL, &error);
        g_assert_no_error(error);
        g_assert_true(i == HT_FIELD_WORDS || term_at(example, 0)->field == fields[i].field);
    }
}

/* The signs that the table tells of are those that the parser takes, and no others. */
static void test_signs(void)
{
    static const char *const signs[] = {":", "=", "!=", "<", "<=", ">", ">="};
    gsize n = 0;
    const HtFilterFieldInfo *fields = ht_filter_fields(&n);
    for (gsize i = HT_FIELD_WORDS + 1; i < n; i++) {
        g_auto(GStrv) told = g_strsplit(fields[i].signs, " ", -1);
        g_auto(GStrv) values = g_strsplit(fields[i].values, " ", -1);
        const char *sign_at = strpbrk(fields[i].example, ":=<>");
        const char *sample = values[0] ? values[0] : sign_at + strspn(sign_at, ":=<>");
        for (gsize s = 0; s < G_N_ELEMENTS(signs); s++) {
            g_autofree char *text = g_strconcat(fields[i].name, signs[s], sample, NULL);
            g_autoptr(HtFilter) filter = ht_filter_parse(text, NULL, NULL);
            if (!!filter != !!g_strv_contains((const char *const *)told, signs[s]))
                g_error("%s: the table says \"%s\"", text, fields[i].signs);
        }
    }
}

/* Every value of a field that has a fixed list of them is explained, in the list's order. */
static void test_value_texts(void)
{
    gsize n = 0, at = 0;
    const HtFilterFieldInfo *fields = ht_filter_fields(&(gsize){0});
    const HtFilterValueInfo *values = ht_filter_values(&n);
    static const HtFilterField listed[] = {HT_FIELD_REJECT, HT_FIELD_IS};
    for (gsize f = 0; f < G_N_ELEMENTS(listed); f++) {
        g_auto(GStrv) words = g_strsplit(fields[listed[f]].values, " ", -1);
        for (int i = 0; words[i]; i++, at++) {
            g_assert_cmpuint(at, <, n);
            g_assert_cmpint((int)values[at].field, ==, (int)listed[f]);
            g_assert_cmpstr(values[at].value, ==, words[i]);
        }
    }
    g_assert_cmpuint(at, ==, n);
}

static void test_unknown_field(void)
{
    g_autoptr(GError) error = NULL;
    g_assert_null(ht_filter_parse("score>=80 stge:x", NULL, &error));
    g_assert_error(error, HT_DOMAIN_ERROR, HT_DOMAIN_ERROR_FIELD);
    g_assert_null(ht_filter_parse("stge:x", NULL, NULL));
}

static void test_find_field(void)
{
    static const struct {
        const char *text, *found;
    } rows[] = {
        {"skill:python", "skill:python"},
        {"ana  -tag:hold b", "-tag:hold"},
        {"!is:new", "!is:new"},
        {"Score>=80", "Score>=80"},
        {"loc:\"São Paulo\"", "loc:\"São"},
        {"\"skill:python\"", NULL},
        {"\"a skill:x b\" tag:y", "tag:y"},
        {"\"open skill:x", "skill:x"},
        {"https://x", NULL},
        {"12:30", NULL},
        {"ana", NULL},
        {"skill", NULL},
        {"", NULL},
        {NULL, NULL},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *found = ht_filter_find_field(rows[i].text);
        g_assert_cmpstr(found, ==, rows[i].found);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/domain/filter/example", test_example);
    g_test_add_func("/domain/filter/values", test_values);
    g_test_add_func("/domain/filter/empty", test_empty);
    g_test_add_func("/domain/filter/errors-point-at-the-character", test_errors);
    g_test_add_func("/domain/filter/bounds", test_bounds);
    g_test_add_func("/domain/filter/canonical-text", test_canonical);
    g_test_add_func("/domain/filter/table-is-complete", test_table);
    g_test_add_func("/domain/filter/signs", test_signs);
    g_test_add_func("/domain/filter/value-texts", test_value_texts);
    g_test_add_func("/domain/filter/unknown-field", test_unknown_field);
    g_test_add_func("/domain/filter/find-field", test_find_field);
    return g_test_run();
}
