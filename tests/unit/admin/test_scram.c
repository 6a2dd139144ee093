/* The password verifier: the published vector, its refusals, and a salt of its own each time. */
#include "hiretty/admin/admin.h"

#include <string.h>

/* The salt of RFC 7677, section 3, and the keys that follow from it and "pencil". */
static void test_vector(void)
{
    gsize len = 0;
    g_autofree guint8 *salt = g_base64_decode("W22ZaJ0SNY7soEsUEjb6gQ==", &len);
    g_assert_cmpuint(len, ==, 16);
    g_autoptr(GError) error = NULL;
    g_autofree char *verifier = ht_admin_scram_verifier("pencil", salt, &error);
    g_assert_no_error(error);
    g_assert_cmpstr(verifier, ==,
                    "SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$"
                    "WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:"
                    "wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=");
}

static void test_salt(void)
{
    g_autofree char *one = ht_admin_scram_verifier("pencil", NULL, NULL);
    g_autofree char *two = ht_admin_scram_verifier("pencil", NULL, NULL);
    g_assert_true(g_str_has_prefix(one, "SCRAM-SHA-256$4096:"));
    g_assert_cmpstr(one, !=, two);
    g_assert_null(strstr(one, "pencil"));
}

static void test_refused(void)
{
    g_autoptr(GError) error = NULL;
    g_assert_null(ht_admin_scram_verifier("", NULL, &error));
    g_assert_error(error, HT_ADMIN_ERROR, HT_ADMIN_ERROR_INVALID);
    g_clear_error(&error);
    g_assert_null(ht_admin_scram_verifier("\xff\xfe", NULL, &error));
    g_assert_error(error, HT_ADMIN_ERROR, HT_ADMIN_ERROR_INVALID);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/admin/scram/vector", test_vector);
    g_test_add_func("/admin/scram/salt", test_salt);
    g_test_add_func("/admin/scram/refused", test_refused);
    return g_test_run();
}
