/* Fewer bytes, the same screen. */
#include "../../../src/ui/shorten.h"

#include <string.h>

static const struct {
    const char *bytes, *shorter;
} cases[] = {
    {"plain", "plain"},
    {"\033(Bx", "x"},
    {"a\033[32mb", "a\033[32mb"},
    {"a\033[39m\033(B\033[mb", "a\033[mb"},
    {"a\033[m\033[90mb", "a\033[0;90mb"},
    {"a\033[39;49m\033(B\033[m\033(B\033[0;1mb", "a\033[0;1mb"},
    {"a\033[1m\033[32mb", "a\033[1;32mb"},
    {"a\033[38;5;12m\033[48;5;3mb", "a\033[38;5;12;48;5;3mb"},
    {"a\033[32m\033[4;5Hb\033[mc", "a\033[32m\033[4;5Hb\033[mc"},
    {"\033[?25h\033[K\033[m", "\033[?25h\033[K\033[m"},
    {"\xE2\x94\x80\033[0m\xE6\xBC\xA2", "\xE2\x94\x80\033[0m\xE6\xBC\xA2"},
    {"\033[01mx", "\033[01mx"},
    {"\033[", "\033["},
    {"", ""},
};

static void test_cases(void)
{
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GString) out = g_string_new(NULL);
        ht_shorten(out, cases[i].bytes, strlen(cases[i].bytes));
        g_assert_cmpstr(out->str, ==, cases[i].shorter);
    }
}

/* State after each printed character: the set of attributes and colours in force. */
static void take(guint *state, const char *parameters)
{
    g_auto(GStrv) words = g_strsplit(*parameters ? parameters : "0", ";", -1);
    for (gsize i = 0; words[i]; i++) {
        guint number = (guint)g_ascii_strtoull(words[i], NULL, 10);
        if (number == 0)
            *state = 0;
        else if (number >= 30 && number <= 37)
            *state = (*state & ~0xFF00u) | (number << 8);
        else if (number == 39)
            *state &= ~0xFF00u;
        else
            *state |= 1u << number;
    }
}

static char *shown(const char *bytes)
{
    GString *out = g_string_new(NULL);
    guint state = 0;
    for (const char *p = bytes; *p;) {
        if (strncmp(p, "\033(B", 3) == 0) {
            p += 3;
        } else if (strncmp(p, "\033[", 2) == 0) {
            const char *end = strchr(p, 'm');
            g_autofree char *parameters = g_strndup(p + 2, (gsize)(end - p - 2));
            take(&state, parameters);
            p = end + 1;
        } else {
            g_string_append_printf(out, "%c%x ", *p++, state);
        }
    }
    g_string_append_printf(out, "end%x", state);
    return g_string_free(out, FALSE);
}

static void test_same_screen(void)
{
    static const char *const parts[] = {"a",       "b",       "\033[m",    "\033[0;1m",
                                        "\033[1m", "\033[7m", "\033[32m",  "\033[39m",
                                        "\033(B",  "\033[0m", "\033[1;31m"};
    g_autoptr(GRand) random = g_rand_new_with_seed(3);
    for (int round = 0; round < 2000; round++) {
        g_autoptr(GString) bytes = g_string_new(NULL);
        for (int i = 0; i < 30; i++)
            g_string_append(bytes, parts[g_rand_int_range(random, 0, G_N_ELEMENTS(parts))]);
        g_autoptr(GString) shorter = g_string_new(NULL);
        ht_shorten(shorter, bytes->str, bytes->len);
        g_autofree char *before = shown(bytes->str), *after = shown(shorter->str);
        g_assert_cmpstr(after, ==, before);
        g_assert_cmpuint(shorter->len, <=, bytes->len);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/ui/shorten/cases", test_cases);
    g_test_add_func("/ui/shorten/same-screen", test_same_screen);
    return g_test_run();
}
