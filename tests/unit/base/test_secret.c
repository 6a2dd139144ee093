/* Secrets: one line of a descriptor and nothing behind it, copies, the environment. */
#include "hiretty/base/secret.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* What a reader gets of `text`; *left: what it did not take. */
static char *read_bytes(const char *text, gsize len, char *left, gsize size)
{
    int ends[2];
    g_assert_cmpint(pipe(ends), ==, 0);
    g_assert_cmpint(write(ends[1], text, len), ==, (gssize)len);
    close(ends[1]);
    char *secret = ht_secret_read(ends[0]);
    gssize n = read(ends[0], left, size - 1);
    left[MAX(n, 0)] = '\0';
    close(ends[0]);
    return secret;
}

static char *read_from(const char *text, char *left, gsize size)
{
    return read_bytes(text, strlen(text), left, size);
}

static void test_read(void)
{
    static const struct {
        const char *given, *secret, *left;
    } rows[] = {
        {"s3cret\nthe next line", "s3cret", "the next line"},
        {"s3cret\r\n", "s3cret", ""},
        {"s3cret", "s3cret", ""},
        {" blanks stay ", " blanks stay ", ""},
        {"Schlüssel\n", "Schlüssel", ""},
        {"\nrest", NULL, "rest"},
        {"\r\n", NULL, ""},
        {"", NULL, ""},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        char left[64];
        char *secret = read_from(rows[i].given, left, sizeof left);
        g_assert_cmpstr(secret, ==, rows[i].secret);
        g_assert_cmpstr(left, ==, rows[i].left);
        ht_secret_free(secret);
    }
}

/* The longest one is taken whole; of a longer one nothing, since half a password is none. */
static void test_long(void)
{
    char left[16];
    g_autofree char *longest = g_strnfill(HT_SECRET_MAX, 'x');
    g_autofree char *longer = g_strnfill(HT_SECRET_MAX + 1, 'x');
    char *secret = read_from(longest, left, sizeof left);
    g_assert_cmpstr(secret, ==, longest);
    ht_secret_free(secret);
    g_assert_null(read_from(longer, left, sizeof left));
    g_assert_cmpstr(left, ==, "");
    static const char cut[] = "s3c\0ret\nnext";
    g_assert_null(read_bytes(cut, sizeof cut - 1, left, sizeof left));
    g_assert_cmpstr(left, ==, "next");
}

static void test_copies(void)
{
    g_autofree char *text = g_strnfill(3 * HT_SECRET_MAX, 'y');
    char *copy = ht_secret_dup(text), *room = ht_secret_new();
    g_assert_cmpstr(copy, ==, text);
    g_assert_null(ht_secret_dup(NULL));
    for (gsize i = 0; i <= HT_SECRET_MAX; i++)
        g_assert_cmpint(room[i], ==, 0);
    ht_secret_free(copy);
    ht_secret_free(room);
    ht_secret_free(NULL);
}

static void test_environment(void)
{
    g_setenv("HT_TEST_SECRET", "from outside", TRUE);
    const char *place = getenv("HT_TEST_SECRET");
    char *secret = ht_secret_take_env("HT_TEST_SECRET");
    g_assert_cmpstr(secret, ==, "from outside");
    g_assert_null(getenv("HT_TEST_SECRET"));
    g_assert_cmpstr(place, ==, ""); /* glibc keeps the memory of an unset variable */
    ht_secret_free(secret);
    g_assert_null(ht_secret_take_env("HT_TEST_SECRET"));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/base/secret/read", test_read);
    g_test_add_func("/base/secret/long", test_long);
    g_test_add_func("/base/secret/copies", test_copies);
    g_test_add_func("/base/secret/environment", test_environment);
    return g_test_run();
}
