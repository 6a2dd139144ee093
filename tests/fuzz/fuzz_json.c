/* JSON: what is read and written again is the same value; what is printed for a terminal too. */
#include "fuzz.h"

#include "hiretty/base/json.h"
#include "hiretty/base/print.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static int depth_of(const HtJson *json)
{
    int deepest = 0;
    for (const HtJson *e = ht_json_first(json); e; e = ht_json_next(e))
        deepest = MAX(deepest, depth_of(e));
    return deepest + 1;
}

static void read_all(const HtJson *json)
{
    guint n = 0;
    for (const HtJson *e = ht_json_first(json); e; e = ht_json_next(e), n++) {
        const char *key = ht_json_key(e);
        if (ht_json_type(json) == HT_JSON_ARRAY)
            g_assert_true(ht_json_at(json, n) == e);
        if (key)
            g_assert_nonnull(ht_json_get(json, key));
        read_all(e);
    }
    g_assert_cmpuint(n, ==, ht_json_length(json));
    (void)ht_json_int(json, 0);
    (void)ht_json_double(json, 0);
    (void)ht_json_bool(json, false);
    const char *text = ht_json_string(json, NULL);
    g_assert_true(!text || g_utf8_validate(text, -1, NULL));
}

/* cJSON writes fifteen digits when they come within a bit of the number, reads 1e400 as infinity
 * and writes that as null: whole numbers of the size of a time are exact. Of two members with one
 * name the first counts. */
static bool is_plain(const HtJson *json)
{
    if (ht_json_type(json) == HT_JSON_NUMBER) {
        double number = ht_json_double(json, 0);
        return fabs(number) <= 4503599627370496.0 && fabs(number - trunc(number)) <= 0;
    }
    bool all = true;
    for (const HtJson *e = ht_json_first(json); all && e; e = ht_json_next(e)) {
        const char *key = ht_json_key(e);
        all = is_plain(e) && (!key || ht_json_get(json, key) == e);
    }
    return all;
}

static void check_text(const HtJson *json, const char *text)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(HtJson) again = ht_json_parse(text, -1, &error);
    g_assert_no_error(error);
    g_assert_true(ht_json_equal(json, again));
}

static void check_terminal(const HtJson *json, const char *text)
{
    char *out = NULL;
    size_t n = 0;
    FILE *memory = open_memstream(&out, &n);
    ht_print_json(memory, text);
    fclose(memory);
    g_strdelimit(out, "\t", ' ');
    fuzz_assert_clean(out, true);
    free(out);
    (void)json;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(HtJson) json = ht_json_parse((const char *)data, (gssize)size, &error);
    g_assert_true(!json == (error != NULL));
    if (!json)
        return 0;
    g_assert_cmpint(depth_of(json), <=, HT_JSON_MAX_DEPTH + 1);
    read_all(json);
    g_autofree char *compact = ht_json_print(json, false);
    g_autofree char *pretty = ht_json_print(json, true);
    if (is_plain(json)) {
        check_text(json, compact);
        check_text(json, pretty);
    }
    check_terminal(json, pretty);
    g_autoptr(HtJson) copy = ht_json_dup(json);
    g_assert_true(ht_json_equal(json, copy) || !is_plain(json));
    if (ht_json_type(copy) == HT_JSON_OBJECT) {
        ht_json_set_string(copy, "added", compact);
        g_assert_cmpstr(ht_json_get_string(copy, "added", NULL), ==, compact);
        ht_json_remove(copy, "added");
        g_assert_false(ht_json_has(copy, "added"));
    }
    return 0;
}
