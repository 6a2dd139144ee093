/* What libpq gets for what a person wrote: never weaker than asked, never weaker than allowed. */
#include "../../../src/pg/internal.h"

#include <string.h>

static HtPgSettings *make(const char *dsn, bool allow_weak, GError **error)
{
    HtPgOptions options = {
        .dsn = dsn, .root_certificate = "/dev/null", .allow_weak_tls = allow_weak};
    return ht_pg_settings_new(&options, error);
}

static void test_remote(void)
{
    static const char *const dsns[] = {
        "host=db.example.com user=rita dbname=hiring",
        "host=db.example.com user=rita dbname=hiring sslmode=require",
        "host=db.example.com user=rita dbname=hiring sslmode=allow channel_binding=disable",
        "postgresql://rita@db.example.com/hiring?sslmode=prefer&gssencmode=require",
        "hostaddr=10.0.0.1 host=db.example.com user=rita dbname=hiring sslmode=verify-ca",
    };
    for (gsize i = 0; i < G_N_ELEMENTS(dsns); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(HtPgSettings) settings = make(dsns[i], false, &error);
        g_assert_no_error(error);
        g_assert_cmpstr(ht_pg_settings_get(settings, "sslmode"), ==, "verify-full");
        g_assert_cmpstr(ht_pg_settings_get(settings, "channel_binding"), ==, "require");
        g_assert_cmpstr(ht_pg_settings_get(settings, "gssencmode"), ==, "disable");
        g_assert_cmpstr(ht_pg_settings_get(settings, "sslrootcert"), ==, "/dev/null");
        g_assert_cmpstr(ht_pg_settings_get(settings, "keepalives_idle"), ==, "5");
        g_assert_cmpstr(ht_pg_settings_get(settings, "tcp_user_timeout"), ==, "8000");
        g_assert_cmpstr(ht_pg_settings_get(settings, "user"), ==, "rita");
        g_assert_cmpstr(settings->label, ==, "db.example.com:5432/hiring");
        g_assert_null(settings->warning);
    }
}

static void test_local(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(HtPgSettings) settings = make("host=/run/postgresql user=rita", false, &error);
    g_assert_no_error(error);
    g_assert_cmpstr(ht_pg_settings_get(settings, "sslmode"), ==, "disable");
    g_assert_cmpstr(settings->label, ==, "/run/postgresql");
    g_assert_null(settings->warning);
}

/* A socket among several hosts does not soften the others. */
static void test_mixed(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(HtPgSettings) settings =
        make("host=/run/postgresql,db.example.com port=5433,5434 user=rita", false, &error);
    g_assert_no_error(error);
    g_assert_cmpstr(ht_pg_settings_get(settings, "sslmode"), ==, "verify-full");
    g_assert_cmpint(settings->places->len, ==, 2);
    const HtPgPlace *second = settings->places->pdata[1];
    g_assert_cmpstr(second->host, ==, "db.example.com");
    g_assert_cmpstr(second->port, ==, "5434");
    g_assert_false(second->is_local);
}

static void test_refused(void)
{
    static const char *const dsns[] = {
        "host=db.example.com sslmode=disable",
        "host=db.example.com nonsense=1",
        "host=a,b,c port=1,2",
        "host='unclosed",
        "service=there_is_no_such_service",
        "host=db.example.com sslmode=sometimes",
    };
    for (gsize i = 0; i < G_N_ELEMENTS(dsns); i++) {
        g_autoptr(GError) error = NULL;
        g_assert_null(make(dsns[i], false, &error));
        g_assert_error(error, HT_PG_ERROR, HT_PG_ERROR_SETUP);
        g_assert_null(strchr(error->message, '\n'));
    }
}

static void test_weak(void)
{
    static const char *const modes[] = {"disable", "prefer", "require", "verify-ca"};
    for (gsize i = 0; i < G_N_ELEMENTS(modes); i++) {
        g_autoptr(GError) error = NULL;
        g_autofree char *dsn = g_strdup_printf("host=db.example.com sslmode=%s", modes[i]);
        g_autoptr(HtPgSettings) settings = make(dsn, true, &error);
        g_assert_no_error(error);
        g_assert_cmpstr(ht_pg_settings_get(settings, "sslmode"), ==, modes[i]);
        g_assert_nonnull(settings->warning);
        g_assert_nonnull(strstr(settings->warning, modes[i]));
    }
    g_autoptr(GError) error = NULL;
    g_autoptr(HtPgSettings) strong = make("host=db.example.com sslmode=verify-full", true, &error);
    g_assert_no_error(error);
    g_assert_null(strong->warning);
    g_assert_cmpstr(ht_pg_settings_get(strong, "channel_binding"), ==, "require");
}

static void test_roots(void)
{
    HtPgOptions options = {.dsn = "host=db.example.com sslrootcert=/nowhere/root.crt"};
    g_autoptr(GError) error = NULL;
    g_assert_null(ht_pg_settings_new(&options, &error));
    g_assert_error(error, HT_PG_ERROR, HT_PG_ERROR_SETUP);
    g_assert_nonnull(strstr(error->message, "/nowhere/root.crt"));
    g_assert_null(strstr(error->message, "sslmode"));
}

static void test_label_is_clean(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(HtPgSettings) settings = make("host='a\rb' user='x\033[2Jy' dbname=z", false, &error);
    g_assert_no_error(error);
    g_assert_null(strchr(settings->label, '\r'));
    g_assert_null(strchr(settings->user, '\033'));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/pg/settings/remote", test_remote);
    g_test_add_func("/pg/settings/local", test_local);
    g_test_add_func("/pg/settings/mixed", test_mixed);
    g_test_add_func("/pg/settings/refused", test_refused);
    g_test_add_func("/pg/settings/weak", test_weak);
    g_test_add_func("/pg/settings/roots", test_roots);
    g_test_add_func("/pg/settings/label", test_label_is_clean);
    return g_test_run();
}
