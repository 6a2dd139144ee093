/* Properties of the text function that need its C, and a filter for tests in another language that
 * hold it against a reference written from the rules alone: `test_text filter` reads records (four
 * bytes of length, big-endian, then the bytes) and answers each with one line of JSON. */
#include "hiretty/base/json.h"
#include "hiretty/base/text.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

static HtJson *answer_for(const char *bytes, gsize n, HtTextMode mode)
{
    HtTextReport report;
    g_autofree char *once = ht_text_sanitize(bytes, (gssize)n, mode, &report);
    g_autofree char *twice = ht_text_sanitize(once, -1, mode, NULL);
    HtJson *json = ht_json_new_object();
    ht_json_set_string(json, "text", once);
    ht_json_set_bool(json, "again", g_str_equal(once, twice));
    ht_json_set_bool(json, "clean", ht_text_is_clean(once, -1, mode));
    ht_json_set_int(json, "bytes", (int64_t)strlen(once));
    ht_json_set_int(json, "width", ht_text_width(once));
    ht_json_set_int(json, "removed", report.removed);
    ht_json_set_int(json, "replaced", report.replaced);
    ht_json_set_bool(json, "mixed", report.mixed_script);
    return json;
}

static int filter(void)
{
    guint8 head[4];
    while (fread(head, 1, sizeof head, stdin) == sizeof head) {
        gsize n = (gsize)head[0] << 24 | (gsize)head[1] << 16 | (gsize)head[2] << 8 | head[3];
        g_autofree char *bytes = g_malloc(n + 1);
        if (fread(bytes, 1, n, stdin) != n)
            return 1;
        g_autoptr(HtJson) both = ht_json_new_object();
        ht_json_set(both, "line", answer_for(bytes, n, HT_TEXT_LINE));
        ht_json_set(both, "block", answer_for(bytes, n, HT_TEXT_BLOCK));
        ht_text_set_ascii(true);
        ht_json_set(both, "ascii", answer_for(bytes, n, HT_TEXT_LINE));
        ht_text_set_ascii(false);
        g_autofree char *text = ht_json_print(both, false);
        puts(text);
    }
    return fflush(stdout) == 0 ? 0 : 1;
}

/* The units from which the longest outputs and the slowest paths are made. */
static const char *const units[] = {
    "\x01",
    "\x80",
    "\xff",
    "\xe2\x80\xae",
    "\xcc\x81",
    "a\xcc\x81\xcc\x82",
    "\xf0\x9f\x91\x8d\xf0\x9f\x8f\xbd",
    "\xe2\x80\x8d",
    "\r",
    "\r\n",
    "\xed\xa0\x80",
    "\xf4\x90\x80\x80",
    "\xe0\x80",
    "\xef\xb7\xbd",
    "\xe4\xb8\xad",
    ("\xd0\xb0"
     "a "),
    "\t",
    "\xf3\xa0\x81\x81",
};

static double seconds_for(const char *bytes, gsize n)
{
    double best = 1e9;
    for (int i = 0; i < 5; i++) {
        clock_t began = clock();
        g_autofree char *clean = ht_text_sanitize(bytes, (gssize)n, HT_TEXT_BLOCK, NULL);
        best = MIN(best, (double)(clock() - began) / CLOCKS_PER_SEC);
    }
    return best;
}

/* Eight times the text takes about eight times as long; what is quadratic takes sixty-four times.
 */
static void test_linear(void)
{
    for (gsize u = 0; u < G_N_ELEMENTS(units); u++) {
        GString *text = g_string_new(NULL);
        while (text->len < 64 * 1024)
            g_string_append(text, units[u]);
        gsize small = text->len;
        double first = seconds_for(text->str, small);
        while (text->len < 8 * small)
            g_string_append(text, units[u]);
        double second = seconds_for(text->str, text->len);
        g_assert_cmpfloat(second, <, 24 * MAX(first, 0.0005));
        g_string_free(text, TRUE);
    }
}

static void test_bound(void)
{
    for (gsize u = 0; u < G_N_ELEMENTS(units); u++) {
        GString *text = g_string_new(NULL);
        for (int times = 0; times < 40; times++) {
            for (int mode = HT_TEXT_LINE; mode <= HT_TEXT_BLOCK; mode++) {
                g_autofree char *clean =
                    ht_text_sanitize(text->str, (gssize)text->len, (HtTextMode)mode, NULL);
                g_assert_cmpuint(strlen(clean), <=, 3 * text->len + 8);
            }
            g_string_append(text, units[u]);
        }
        g_string_free(text, TRUE);
    }
}

int main(int argc, char **argv)
{
    ht_text_init_locale();
    if (argc > 1 && strcmp(argv[1], "filter") == 0)
        return filter();
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/security/text/linear", test_linear);
    g_test_add_func("/security/text/bound", test_bound);
    return g_test_run();
}
