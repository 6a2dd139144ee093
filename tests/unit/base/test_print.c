/* What leaves for a terminal: every door cleans; JSON stays the same value; lost output is noticed.
 */
#include "hiretty/base/print.h"

#include "hiretty/base/error.h"
#include "hiretty/base/json.h"
#include "hiretty/base/text.h"

#include <string.h>

typedef struct {
    FILE *out;
    char *text;
    size_t len;
} Sink;

static void set_up(Sink *s, gconstpointer data)
{
    (void)data;
    s->out = open_memstream(&s->text, &s->len);
    g_assert_nonnull(s->out);
}

static void tear_down(Sink *s, gconstpointer data)
{
    (void)data;
    fclose(s->out);
    free(s->text);
}

static const char *written(Sink *s)
{
    g_autoptr(GError) error = NULL;
    g_assert_true(ht_print_flush(s->out, &error));
    g_assert_no_error(error);
    return s->text;
}

static void test_line(Sink *s, gconstpointer data)
{
    (void)data;
    ht_print_line(s->out, "%s: %d", "name\nforged \033[2J", 3);
    g_assert_cmpstr(written(s), ==, "name␊forged ␛[2J: 3\n");
}

static void test_part(Sink *s, gconstpointer data)
{
    (void)data;
    ht_print_part(s->out, "\r%s %d %%", "a\rb", 50);
    ht_print_part(s->out, "%s", "\rfrom data");
    g_assert_cmpstr(written(s), ==, "\ra␍b 50 %␍from data");
}

static void test_block(Sink *s, gconstpointer data)
{
    (void)data;
    ht_print_block(s->out, "%s", "one\ntwo\033");
    ht_print_block(s->out, "%s", "three\n");
    ht_print_block(s->out, "%s", "");
    g_assert_cmpstr(written(s), ==, "one\ntwo␛\nthree\n");
}

static void test_json(Sink *s, gconstpointer data)
{
    (void)data;
    g_autoptr(HtJson) json = ht_json_new_object();
    ht_json_set_string(json, "escape", "\033[31m\x7f");
    ht_json_set_string(json, "bidi",
                       "\xE2\x80\xAE"
                       "evil");
    ht_json_set_string(json, "c1", "\xC2\x9B");
    ht_json_set_string(json, "tag", "\xF3\xA0\x81\x81");
    ht_json_set_string(json, "name", "Đặng 李 é");
    g_autofree char *pretty = ht_json_print(json, true);
    ht_print_json(s->out, pretty);
    const char *text = written(s);
    g_assert_nonnull(strstr(text, "Đặng 李 é"));
    g_assert_nonnull(strstr(text, "\\u202e"));
    g_assert_nonnull(strstr(text, "\\u009b"));
    g_assert_nonnull(strstr(text, "\\udb40\\udc41"));
    for (const char *p = text; *p; p++)
        g_assert_true((guint8)*p >= 0x20 || *p == '\n' || *p == '\t');
    g_assert_null(strchr(text, 0x7f));
    g_assert_true(g_str_has_suffix(text, "}\n"));
    g_autoptr(GError) error = NULL;
    g_autoptr(HtJson) again = ht_json_parse(text, -1, &error);
    g_assert_no_error(error);
    g_assert_true(ht_json_equal(json, again));
}

static void test_json_ascii(Sink *s, gconstpointer data)
{
    (void)data;
    ht_text_set_ascii(true);
    ht_print_json(s->out, "\"é😀\"");
    ht_text_set_ascii(false);
    g_assert_cmpstr(written(s), ==, "\"\\u00e9\\ud83d\\ude00\"\n");
}

static void test_error_child(void)
{
    ht_print_error("sync", "server said \033[31mno\nand more\n", "try again");
    ht_print_error("plain", NULL, NULL);
}

static void test_error(void)
{
    g_test_trap_subprocess("/base/print/error/subprocess/child", 0, G_TEST_SUBPROCESS_DEFAULT);
    g_test_trap_assert_passed();
    g_test_trap_assert_stderr("*hiretty: sync: server said ␛[31mno and more (try again)\n"
                              "hiretty: plain\n*");
}

static void test_full_disk(void)
{
    FILE *full = fopen("/dev/full", "w");
    if (!full) {
        g_test_skip("there is no /dev/full");
        return;
    }
    ht_print_line(full, "lost");
    g_autoptr(GError) error = NULL;
    g_assert_false(ht_print_flush(full, &error));
    g_assert_error(error, HT_ERROR, HT_ERROR_IO);
    fclose(full);
}

#define TEST(name) g_test_add("/base/print/" #name, Sink, NULL, set_up, test_##name, tear_down)

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    ht_text_init_locale();
    TEST(line);
    TEST(part);
    TEST(block);
    TEST(json);
    TEST(json_ascii);
    g_test_add_func("/base/print/error/subprocess/child", test_error_child);
    g_test_add_func("/base/print/error", test_error);
    g_test_add_func("/base/print/full_disk", test_full_disk);
    return g_test_run();
}
