/* What libpq gets for what a person wrote: never weaker than asked, never weaker than allowed. */
#include "../../../src/pg/internal.h"

#include <glib/gstdio.h>
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

/* Without a certificate to check, the password still goes only to who has its key. */
static void test_weak_binds(void)
{
    static const struct {
        const char *extra, *binding;
    } cases[] = {
        {"sslmode=require", "require"},
        {"sslmode=verify-ca channel_binding=prefer", "require"},
        {"sslmode=require channel_binding=disable", "disable"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = NULL;
        g_autofree char *dsn = g_strdup_printf("host=db.example.com %s", cases[i].extra);
        g_autoptr(HtPgSettings) settings = make(dsn, true, &error);
        g_assert_no_error(error);
        g_assert_true(settings->is_weak);
        g_assert_cmpstr(ht_pg_settings_get(settings, "channel_binding"), ==, cases[i].binding);
    }
}

static void test_floor(void)
{
    static const char *const asked[][2] = {
        {"TLSv1", "TLSv1.2"}, {"TLSv1.1", "TLSv1.2"}, {"TLSv1.3", "TLSv1.3"}};
    for (gsize i = 0; i < G_N_ELEMENTS(asked); i++) {
        g_autofree char *dsn =
            g_strdup_printf("host=db.example.com ssl_min_protocol_version=%s", asked[i][0]);
        g_autoptr(HtPgSettings) settings = make(dsn, false, NULL);
        g_assert_cmpstr(ht_pg_settings_get(settings, "ssl_min_protocol_version"), ==, asked[i][1]);
    }
}

static void test_passwords(void)
{
    g_assert_true(ht_pg_dsn_has_password("host=a password=x"));
    g_assert_true(ht_pg_dsn_has_password("postgresql://rita:x@a/b"));
    g_assert_true(ht_pg_dsn_has_password("host=a sslpassword=x"));
    g_assert_false(ht_pg_dsn_has_password("postgresql://rita@a/b"));
    g_assert_false(ht_pg_dsn_has_password(NULL));
    HtPgOptions options = {.dsn = "host=db.example.com",
                           .root_certificate = "/dev/null",
                           .password_text = "taken",
                           .note = "noted"};
    g_autoptr(HtPgSettings) taken = ht_pg_settings_new(&options, NULL);
    g_assert_cmpstr(ht_pg_settings_get(taken, "password"), ==, "taken");
    g_assert_cmpstr(taken->warning, ==, "noted");
    options.dsn = "host=db.example.com password=own";
    g_autoptr(HtPgSettings) own = ht_pg_settings_new(&options, NULL);
    g_assert_cmpstr(ht_pg_settings_get(own, "password"), ==, "own");
    g_autofree char *warning = ht_pg_options_warning(&options);
    g_assert_cmpstr(warning, ==, "noted");
}

static void test_passfile(void)
{
    g_autofree char *folder = g_dir_make_tmp("ht-passfile-XXXXXX", NULL);
    g_autofree char *path = g_build_filename(folder, "pass", NULL);
    g_autofree char *dsn = g_strdup_printf("host=db.example.com passfile=%s", path);
    g_assert_true(g_file_set_contents(path, "*:*:*:*:x\n", -1, NULL));
    static const struct {
        int mode;
        bool is_used;
    } cases[] = {{0600, true}, {0400, true}, {0640, false}, {0604, false}, {0620, false}};
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_assert_cmpint(g_chmod(path, cases[i].mode), ==, 0);
        g_autoptr(HtPgSettings) settings = make(dsn, false, NULL);
        bool is_used = g_strcmp0(ht_pg_settings_get(settings, "passfile"), path) == 0;
        g_assert_true(is_used == cases[i].is_used);
        g_assert_true((settings->passfile_problem == NULL) == cases[i].is_used);
    }
    g_unlink(path);
    g_rmdir(folder);
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

/* One server by several names of this machine; everything else is another one. */
static void test_identity(void)
{
    static const struct {
        const char *dsn;
        bool same;
    } rows[] = {
        {"host=localhost user=rita dbname=hiring", true},
        {"host=127.0.0.1 user=rita dbname=hiring", true},
        {"host=LocalHost port=5432 user=rita dbname=hiring sslmode=require", true},
        {"hostaddr=127.0.0.1 user=rita dbname=hiring", true},
        {"host=localhost hostaddr=::1 user=rita dbname=hiring password=x", true},
        {"host=127.0.0.2 user=rita dbname=hiring", false},
        {"host=localhost hostaddr=10.0.0.1 user=rita dbname=hiring", false},
        {"host=localhost port=5433 user=rita dbname=hiring", false},
        {"host=localhost user=tom dbname=hiring", false},
        {"host=localhost user=rita dbname=other", false},
        {"host=/run/postgresql user=rita dbname=hiring", false},
        {"host=db.example.com user=rita dbname=hiring", false},
    };
    g_autofree char *first = NULL;
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        HtPgOptions options = {.dsn = rows[i].dsn, .root_certificate = "/dev/null"};
        g_autofree char *identity = ht_pg_options_identity(&options);
        g_assert_nonnull(identity);
        if (!first)
            first = g_strdup(identity);
        if ((strcmp(first, identity) == 0) != rows[i].same)
            g_error("%s", rows[i].dsn);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/pg/settings/remote", test_remote);
    g_test_add_func("/pg/settings/local", test_local);
    g_test_add_func("/pg/settings/mixed", test_mixed);
    g_test_add_func("/pg/settings/refused", test_refused);
    g_test_add_func("/pg/settings/weak", test_weak);
    g_test_add_func("/pg/settings/weak_binds", test_weak_binds);
    g_test_add_func("/pg/settings/floor", test_floor);
    g_test_add_func("/pg/settings/passwords", test_passwords);
    g_test_add_func("/pg/settings/passfile", test_passfile);
    g_test_add_func("/pg/settings/roots", test_roots);
    g_test_add_func("/pg/settings/identity", test_identity);
    g_test_add_func("/pg/settings/label", test_label_is_clean);
    return g_test_run();
}
