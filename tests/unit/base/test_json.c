/* JSON: what is refused, how values read with defaults, exact integers, equality. */
#include "hiretty/base/json.h"

#include "hiretty/base/error.h"

#include <string.h>

static HtJson *parse(const char *text)
{
    g_autoptr(GError) error = NULL;
    HtJson *json = ht_json_parse(text, -1, &error);
    g_assert_no_error(error);
    return json;
}

static void test_refuses(void)
{
    static const char *const bad[] = {
        "",      " ",        "{",          "[1,]", "{\"a\"}",   "{'a':1}",  "nul", "1 2",
        "[1] x", "\"\xff\"", "\"unclosed", "[1",   "{\"a\":1,", "\xEF\xBF", "+1",  "[,1]",
    };
    for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(HtJson) json = ht_json_parse(bad[i], -1, &error);
        g_test_message("%s", bad[i]);
        g_assert_null(json);
        g_assert_error(error, HT_ERROR, HT_ERROR_INVALID);
    }
    g_autoptr(GError) error = NULL;
    g_assert_null(ht_json_parse(NULL, -1, &error));
    g_assert_error(error, HT_ERROR, HT_ERROR_INVALID);
    g_clear_error(&error);
    g_assert_null(ht_json_parse("[1]\0]", 5, &error));
    g_assert_error(error, HT_ERROR, HT_ERROR_INVALID);
}

static void test_depth(void)
{
    g_autoptr(GString) deep = g_string_new(NULL);
    for (int i = 0; i < HT_JSON_MAX_DEPTH; i++)
        g_string_append_c(deep, '[');
    for (int i = 0; i < HT_JSON_MAX_DEPTH; i++)
        g_string_append_c(deep, ']');
    g_autoptr(HtJson) fits = parse(deep->str);
    g_assert_nonnull(fits);
    g_string_prepend_c(deep, '[');
    g_string_append_c(deep, ']');
    g_autoptr(GError) error = NULL;
    g_assert_null(ht_json_parse(deep->str, -1, &error));
    g_assert_error(error, HT_ERROR, HT_ERROR_TOO_BIG);
    /* Brackets inside strings are no depth. */
    g_autofree char *many = g_strnfill(1000, '[');
    g_autofree char *text = g_strdup_printf("\"%s\\\"%s\"", many, many);
    g_autoptr(HtJson) string = parse(text);
    g_assert_cmpint(ht_json_type(string), ==, HT_JSON_STRING);
}

static void test_reads(void)
{
    g_autoptr(HtJson) j = parse("{\"s\":\"x\",\"i\":42,\"d\":1.5,\"t\":true,\"n\":null,"
                                "\"a\":[1,\"two\",{\"three\":3}],\"S\":\"upper\"}");
    g_assert_cmpstr(ht_json_get_string(j, "s", "?"), ==, "x");
    g_assert_cmpstr(ht_json_get_string(j, "S", "?"), ==, "upper");
    g_assert_cmpstr(ht_json_get_string(j, "i", "?"), ==, "?");
    g_assert_cmpstr(ht_json_get_string(j, "n", "?"), ==, "?");
    g_assert_cmpstr(ht_json_get_string(j, "missing", "?"), ==, "?");
    g_assert_cmpint(ht_json_get_int(j, "i", -1), ==, 42);
    g_assert_cmpint(ht_json_get_int(j, "s", -1), ==, -1);
    g_assert_cmpfloat(ht_json_get_double(j, "d", 0), ==, 1.5);
    g_assert_true(ht_json_get_bool(j, "t", false));
    g_assert_true(ht_json_get_bool(j, "i", true));
    g_assert_true(ht_json_has(j, "s"));
    g_assert_false(ht_json_has(j, "n"));
    g_assert_false(ht_json_has(j, "missing"));
    const HtJson *a = ht_json_get(j, "a");
    g_assert_cmpuint(ht_json_length(a), ==, 3);
    g_assert_cmpstr(ht_json_string(ht_json_at(a, 1), "?"), ==, "two");
    g_assert_cmpint(ht_json_get_int(ht_json_at(a, 2), "three", 0), ==, 3);
    g_assert_null(ht_json_at(a, 3));
    g_assert_null(ht_json_key(ht_json_first(a)));
    g_assert_cmpstr(ht_json_key(ht_json_first(j)), ==, "s");
}

static void test_nothing_reads_as_absent(void)
{
    g_assert_null(ht_json_get(NULL, "a"));
    g_assert_cmpint(ht_json_type(NULL), ==, HT_JSON_NONE);
    g_assert_cmpuint(ht_json_length(NULL), ==, 0);
    g_assert_null(ht_json_first(NULL));
    g_assert_null(ht_json_next(NULL));
    g_assert_cmpint(ht_json_get_int(NULL, "a", 7), ==, 7);
    g_autoptr(HtJson) number = parse("5");
    g_assert_null(ht_json_get(number, "a"));
    g_assert_null(ht_json_first(number));
    g_assert_null(ht_json_dup(NULL));
}

static void test_integers(void)
{
    static const int64_t values[] = {0,          -1,         1700000000123456,       G_MAXINT64,
                                     G_MININT64, G_MAXINT32, (int64_t)G_MAXINT32 + 1};
    for (gsize i = 0; i < G_N_ELEMENTS(values); i++) {
        g_autoptr(HtJson) json = ht_json_new_int(values[i]);
        g_autofree char *text = ht_json_print(json, false);
        g_autofree char *want = g_strdup_printf("%" G_GINT64_FORMAT, values[i]);
        g_assert_cmpstr(text, ==, want);
        g_assert_cmpint(ht_json_int(json, 1), ==, values[i]);
    }
    /* A time in microseconds survives the way there and back. */
    g_autoptr(HtJson) time = parse("1700000000123456");
    g_assert_cmpint(ht_json_int(time, 0), ==, 1700000000123456);
    g_autoptr(HtJson) huge = parse("1e300");
    g_assert_cmpint(ht_json_int(huge, -5), ==, -5);
}

static void test_builds(void)
{
    g_autoptr(HtJson) o = ht_json_new_object();
    ht_json_set_string(o, "a", "x\"y\n");
    ht_json_set_string(o, "null", NULL);
    ht_json_set_int(o, "i", 1);
    ht_json_set_int(o, "i", 2);
    ht_json_set_bool(o, "b", true);
    ht_json_set_double(o, "d", 0.5);
    ht_json_set_null(o, "n");
    HtJson *list = ht_json_new_array();
    ht_json_add_string(list, "bad \xff");
    ht_json_add_int(list, 3);
    ht_json_add(list, ht_json_new_object());
    ht_json_set(o, "list", list);
    ht_json_remove(o, "n");
    ht_json_remove(o, "never there");
    g_autofree char *text = ht_json_print(o, false);
    g_assert_cmpstr(text, ==,
                    "{\"a\":\"x\\\"y\\n\",\"null\":null,\"i\":2,\"b\":true,\"d\":0.5,"
                    "\"list\":[\"bad \xEF\xBF\xBD\",3,{}]}");
    g_autofree char *pretty = ht_json_print(o, true);
    g_autoptr(HtJson) again = parse(pretty);
    g_assert_true(ht_json_equal(o, again));
}

static void test_equal(void)
{
    static const struct {
        const char *a, *b;
        bool equal;
    } cases[] = {
        {"{\"a\":1,\"b\":[2,3]}", "{\"b\":[2,3],\"a\":1}", true},
        {"[1,2]", "[2,1]", false},
        {"{\"a\":1}", "{\"a\":1,\"b\":2}", false},
        {"{\"a\":1}", "{\"A\":1}", false},
        {"null", "null", true},
        {"null", "false", false},
        {"1.0", "1", true},
        {"\"1\"", "1", false},
        {"true", "false", false},
        {"\"x\"", "\"x\"", true},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(HtJson) a = parse(cases[i].a);
        g_autoptr(HtJson) b = parse(cases[i].b);
        g_assert_cmpint(ht_json_equal(a, b), ==, cases[i].equal);
        g_assert_cmpint(ht_json_equal(b, a), ==, cases[i].equal);
    }
    /* A time that we set and the same one that the server sent back. */
    g_autoptr(HtJson) ours = ht_json_new_object();
    ht_json_set_int(ours, "at", 1700000000123456);
    g_autoptr(HtJson) theirs = parse("{\"at\":1700000000123456}");
    g_assert_true(ht_json_equal(ours, theirs));
    g_assert_true(ht_json_equal(NULL, NULL));
    g_assert_false(ht_json_equal(ours, NULL));
    g_autoptr(HtJson) copy = ht_json_dup(ours);
    g_assert_true(ht_json_equal(ours, copy));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/base/json/refuses", test_refuses);
    g_test_add_func("/base/json/depth", test_depth);
    g_test_add_func("/base/json/reads", test_reads);
    g_test_add_func("/base/json/nothing_reads_as_absent", test_nothing_reads_as_absent);
    g_test_add_func("/base/json/integers", test_integers);
    g_test_add_func("/base/json/builds", test_builds);
    g_test_add_func("/base/json/equal", test_equal);
    return g_test_run();
}
