/* Ids: text form, order, hash, the seeded sequence. */
#include "hiretty/base/ident.h"

#include <string.h>

static void test_parse_format(void)
{
    HtUuid id;
    char text[HT_UUID_TEXT];
    g_assert_true(ht_uuid_parse("6BA7B810-9dad-11d1-80b4-00c04fd430c8", &id));
    g_assert_cmpstr(ht_uuid_format(&id, text), ==, "6ba7b810-9dad-11d1-80b4-00c04fd430c8");
    g_assert_false(ht_uuid_is_nil(&id));
}

static void test_refuses(void)
{
    static const char *const bad[] = {
        NULL,
        "",
        "6ba7b810",
        "6ba7b810-9dad-11d1-80b4-00c04fd430c",
        "6ba7b810-9dad-11d1-80b4-00c04fd430c8 ",
        "6ba7b810-9dad-11d1-80b4-00c04fd430cg",
        "6ba7b8109dad11d180b400c04fd430c8",
        "{6ba7b810-9dad-11d1-80b4-00c04fd430c8}",
    };
    for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) {
        HtUuid id;
        memset(&id, 0xff, sizeof id);
        g_assert_false(ht_uuid_parse(bad[i], &id));
        g_assert_true(ht_uuid_is_nil(&id));
    }
}

static void test_random(void)
{
    g_autoptr(GHashTable) seen = g_hash_table_new_full(ht_uuid_hash, ht_uuid_equal, g_free, NULL);
    for (int i = 0; i < 10000; i++) {
        HtUuid id;
        ht_uuid_new_random(&id);
        g_assert_cmpint(id.b[6] >> 4, ==, 4);
        g_assert_cmpint(id.b[8] >> 6, ==, 2);
        g_hash_table_add(seen, ht_uuid_dup(&id));
    }
    g_assert_cmpuint(g_hash_table_size(seen), ==, 10000);
}

/* The seed is read once a process, so the known sequence shows in a child. */
static void test_seeded_child(void)
{
    HtUuid id;
    char text[HT_UUID_TEXT];
    ht_uuid_new_random(&id);
    g_printerr("first %s\n", ht_uuid_format(&id, text));
}

static void test_seeded(void)
{
    g_setenv("HIRETTY_TEST_SEED", "7", TRUE);
    g_test_trap_subprocess("/base/ident/seeded/subprocess/child", 0, G_TEST_SUBPROCESS_DEFAULT);
    g_unsetenv("HIRETTY_TEST_SEED");
    g_test_trap_assert_passed();
    g_test_trap_assert_stderr("*first afc419f6-*");
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/base/ident/parse_format", test_parse_format);
    g_test_add_func("/base/ident/refuses", test_refuses);
    g_test_add_func("/base/ident/random", test_random);
    g_test_add_func("/base/ident/seeded/subprocess/child", test_seeded_child);
    g_test_add_func("/base/ident/seeded", test_seeded);
    return g_test_run();
}
