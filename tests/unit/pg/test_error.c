/* Messages of failed connections: their kind, one clean line, no advice to switch TLS off. */
#include "../../../src/pg/internal.h"

#include <string.h>

typedef struct {
    const char *message;
    HtPgError code;
    const char *state, *part;
} Case;

static const Case cases[] = {
    {"connection to server at \"h\" (1.2.3.4), port 5432 failed: FATAL:  28P01: password "
     "authentication failed for user \"rita\"\nLOCATION:  auth_failed, auth.c:326\n",
     HT_PG_ERROR_AUTH, "28P01", "password authentication failed"},
    {"connection to server on socket \"/s\" failed: ОШИБКА:  28000: \xd1\x80\xd0\xbe\n",
     HT_PG_ERROR_REFUSED, "28000", "administrator"},
    {"connection to server at \"h\", port 1 failed: FATAL:  28000: pg_hba.conf rejects connection "
     "for host \"127.0.0.1\", user \"a\", database \"b\", no encryption\n",
     HT_PG_ERROR_TLS, "28000", "encrypted"},
    {"connection to server at \"h\", port 1 failed: FATAL:  53300: sorry, too many clients\n",
     HT_PG_ERROR_SERVER, "53300", "too many"},
    {"connection to server at \"h\", port 1 failed: FATAL:  57P03: the database system is starting "
     "up\n",
     HT_PG_ERROR_SERVER, "57P03", "starting"},
    {"connection to server at \"h\", port 1 failed: FATAL:  3D000: database \"x\" does not exist\n",
     HT_PG_ERROR_SETUP, "3D000", "name in the settings"},
    {"connection to server at \"h\", port 1 failed: FATAL:  42501: permission denied for "
     "database\n",
     HT_PG_ERROR_REFUSED, "42501", "right to connect"},
    {"connection to server at \"h\", port 1 failed: server certificate for \"localhost\" (and 1 "
     "other name) does not match host name \"evil.example\"\n",
     HT_PG_ERROR_TLS, "", "evil.example"},
    {"connection to server at \"h\", port 1 failed: SSL error: certificate verify failed\n",
     HT_PG_ERROR_TLS, "", "trusted authority"},
    {"connection to server at \"h\", port 1 failed: SSL connection has been closed unexpectedly\n",
     HT_PG_ERROR_OFFLINE, "", "cut"},
    {"connection to server at \"h\", port 1 failed: SSL SYSCALL error: No route to host\n",
     HT_PG_ERROR_OFFLINE, "", "cut"},
    {"connection to server at \"h\", port 1 failed: SSL SYSCALL error: EOF detected\n",
     HT_PG_ERROR_OFFLINE, "", "cut"},
    {"connection to server at \"h\", port 1 failed: SSL SYSCALL error: Connection reset by peer\n",
     HT_PG_ERROR_OFFLINE, "", "cut"},
    {"connection to server at \"h\", port 1 failed: server does not support SSL, but SSL was "
     "required\n",
     HT_PG_ERROR_TLS, "", "no encryption"},
    {"connection to server at \"h\", port 1 failed: root certificate file \"/x\" does not "
     "exist\nEither provide the file or change sslmode to disable server certificate "
     "verification.\n",
     HT_PG_ERROR_SETUP, "", "root certificates"},
    {"connection to server at \"h\", port 1 failed: fe_sendauth: no password supplied\n",
     HT_PG_ERROR_AUTH, "", "password"},
    {"connection to server at \"h\" (::1), port 1 failed: Connection refused\n\tIs the server "
     "running on that host and accepting TCP/IP connections?\n",
     HT_PG_ERROR_OFFLINE, "", "no server answers"},
    {"connection to server on socket \"/s/.s.PGSQL.1\" failed: No such file or directory\n",
     HT_PG_ERROR_OFFLINE, "", "no server"},
    {"connection to server at \"h\", port 1 failed: expected authentication request from server, "
     "but received H\n",
     HT_PG_ERROR_PROTOCOL, "", "no PostgreSQL server"},
    {"connection to server at \"h\", port 1 failed: channel binding required, but server "
     "authenticated client without channel binding\n",
     HT_PG_ERROR_TLS, "", "channel binding"},
};

static void test_connect(void)
{
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = NULL;
        ht_pg_error_from_connect(&error, "db:5432/x", cases[i].message, false);
        g_assert_error(error, HT_PG_ERROR, (int)cases[i].code);
        g_assert_cmpstr(ht_pg_error_sqlstate(), ==, cases[i].state);
        g_assert_nonnull(strstr(error->message, cases[i].part));
        g_assert_true(g_str_has_prefix(error->message, "db:5432/x: "));
        g_assert_null(strchr(error->message, '\n'));
        g_assert_null(strstr(error->message, "sslmode"));
        g_assert_null(strstr(error->message, "LOCATION"));
    }
}

static void test_hostile(void)
{
    g_autoptr(GError) error = NULL;
    ht_pg_error_from_connect(
        &error, "db", "x failed: FATAL:  53300: evil\033]0;t\a\r\xe2\x80\xae\xff end\n", false);
    for (const char *p = error->message; *p; p++)
        g_assert_cmpint((guchar)*p, >=, 0x20);
    g_assert_null(strstr(error->message, "\xe2\x80\xae"));
    g_assert_true(g_utf8_validate(error->message, -1, NULL));
}

static void test_long(void)
{
    g_autofree char *text = g_strnfill(100000, 'x');
    g_autoptr(GError) error = NULL;
    ht_pg_error_set(&error, HT_PG_ERROR_FAILED, "XX000", "%s", text);
    g_assert_cmpint(strlen(error->message), <, 400);
    g_assert_cmpstr(ht_pg_error_sqlstate(), ==, "XX000");
}

static void test_passing(void)
{
    for (int code = HT_PG_ERROR_FAILED; code <= HT_PG_ERROR_CANCELLED; code++) {
        g_autoptr(GError) error = g_error_new_literal(HT_PG_ERROR, code, "x");
        bool is_passing =
            code == HT_PG_ERROR_OFFLINE || code == HT_PG_ERROR_SERVER || code == HT_PG_ERROR_RETRY;
        g_assert_cmpint(ht_pg_error_is_passing(error), ==, is_passing);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/pg/error/connect", test_connect);
    g_test_add_func("/pg/error/hostile", test_hostile);
    g_test_add_func("/pg/error/long", test_long);
    g_test_add_func("/pg/error/passing", test_passing);
    return g_test_run();
}
