/* ctest: timeout=180
 * The connection against a real server: what it accepts, what it refuses, how it fails. */
#include "server.h"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

static const HtPgError OFFLINE = HT_PG_ERROR_OFFLINE;

static HtPgConnection *connect_tcp(const char *extra, const char *root, HtPgPasswordFunc password,
                                   gpointer data, GError **error)
{
    g_autofree char *dsn =
        g_strdup_printf("host=localhost hostaddr=127.0.0.1 port=%s user=pw dbname=hiretty %s",
                        test_server_get("HT_TCP_PORT"), extra);
    HtPgOptions options = {.dsn = dsn,
                           .root_certificate = root ? root : test_server_get("HT_ROOTCERT"),
                           .password = password,
                           .password_data = data,
                           /* A sanitizer makes reading a hundred certificates slow. */
                           .connect_timeout_ms = 60000};
    return ht_pg_connect(&options, NULL, error);
}

static void assert_clean(const GError *error, int code)
{
    g_assert_error(error, HT_PG_ERROR, code);
    g_assert_null(strchr(error->message, '\n'));
    g_assert_null(strstr(error->message, "sslmode"));
}

static void test_tls(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(HtPgConnection) pg = connect_tcp("password=secret", NULL, NULL, NULL, &error);
    g_assert_no_error(error);
    g_autoptr(HtPgRows) rows = ht_pg_query(
        pg, "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()", NULL, 0, &error);
    g_assert_no_error(error);
    bool is_encrypted = false;
    HtPgField field = ht_pg_rows_field(rows, 0, 0);
    g_assert_true(ht_pg_field_bool(&field, &is_encrypted));
    g_assert_true(is_encrypted);
    g_assert_null(ht_pg_warning(pg));
    g_assert_cmpint(ht_pg_server_version(pg), >=, 150000);
}

/* What notices a line that swallows packets: on every connection to another machine. */
static void test_keepalives(void)
{
    static const struct {
        int level, option, value;
    } wanted[] = {
        {SOL_SOCKET, SO_KEEPALIVE, 1},         {IPPROTO_TCP, TCP_KEEPIDLE, 5},
        {IPPROTO_TCP, TCP_KEEPINTVL, 2},       {IPPROTO_TCP, TCP_KEEPCNT, 3},
        {IPPROTO_TCP, TCP_USER_TIMEOUT, 8000},
    };
    /* Whatever the connection string says of it. */
    g_autoptr(GError) error = NULL;
    g_autoptr(HtPgConnection) pg =
        connect_tcp("password=secret keepalives=0 keepalives_idle=7200 tcp_user_timeout=0", NULL,
                    NULL, NULL, &error);
    g_assert_no_error(error);
    for (gsize i = 0; i < G_N_ELEMENTS(wanted); i++) {
        int value = -1;
        socklen_t len = sizeof value;
        g_assert_cmpint(
            getsockopt(ht_pg_socket(pg), wanted[i].level, wanted[i].option, &value, &len), ==, 0);
        g_assert_cmpint(value, ==, wanted[i].value);
    }
}

static void test_name_lookup(void)
{
    g_autofree char *dsn = g_strdup_printf("host=localhost port=%s user=pw dbname=hiretty "
                                           "password=secret",
                                           test_server_get("HT_TCP_PORT"));
    HtPgOptions options = {.dsn = dsn, .root_certificate = test_server_get("HT_ROOTCERT")};
    g_autoptr(GError) error = NULL;
    g_autoptr(HtPgConnection) pg = ht_pg_connect(&options, NULL, &error);
    g_assert_no_error(error);
}

static void test_unknown_host(void)
{
    HtPgOptions options = {.dsn = "host=nowhere.invalid user=x dbname=y",
                           .root_certificate = test_server_get("HT_ROOTCERT"),
                           .connect_timeout_ms = 3000};
    g_autoptr(GError) error = NULL;
    int64_t before = g_get_monotonic_time();
    g_assert_null(ht_pg_connect(&options, NULL, &error));
    assert_clean(error, OFFLINE);
    g_assert_cmpint(g_get_monotonic_time() - before, <, 5 * G_USEC_PER_SEC);
}

static void test_wrong_host_name(void)
{
    g_autofree char *dsn =
        g_strdup_printf("host=evil.example hostaddr=127.0.0.1 port=%s user=pw dbname=hiretty",
                        test_server_get("HT_TCP_PORT"));
    HtPgOptions options = {.dsn = dsn, .root_certificate = test_server_get("HT_ROOTCERT")};
    g_autoptr(GError) error = NULL;
    g_assert_null(ht_pg_connect(&options, NULL, &error));
    assert_clean(error, HT_PG_ERROR_TLS);
    g_assert_nonnull(strstr(error->message, "evil.example"));
}

static char *never_ask(const char *user, const char *server, int attempt, gpointer data)
{
    (void)user;
    (void)server;
    (void)attempt;
    *(int *)data += 1;
    return NULL;
}

/* The system's authorities did not sign a test server's certificate; no password may be asked for.
 */
static void test_wrong_authority(void)
{
    const char *system = "/etc/ssl/certs/ca-certificates.crt";
    if (!g_file_test(system, G_FILE_TEST_EXISTS)) {
        g_test_skip("no system certificates");
        return;
    }
    g_autoptr(GError) error = NULL;
    int asked = 0;
    g_assert_null(connect_tcp("", system, never_ask, &asked, &error));
    assert_clean(error, HT_PG_ERROR_TLS);
    g_assert_cmpint(asked, ==, 0);
}

static void test_no_tls(void)
{
    g_autofree char *dsn = g_strdup_printf("host=127.0.0.1 port=%s user=pw dbname=hiretty "
                                           "sslmode=disable password=secret",
                                           test_server_get("HT_TCP_PORT"));
    HtPgOptions options = {.dsn = dsn};
    g_autoptr(GError) error = NULL;
    g_assert_null(ht_pg_connect(&options, NULL, &error));
    g_assert_error(error, HT_PG_ERROR, HT_PG_ERROR_SETUP);
    g_clear_error(&error);
    options.allow_weak_tls = true;
    g_assert_null(ht_pg_connect(&options, NULL, &error));
    assert_clean(error, HT_PG_ERROR_TLS);
}

static void test_weak_warns(void)
{
    g_autofree char *dsn = g_strdup_printf("host=127.0.0.1 port=%s user=pw dbname=hiretty "
                                           "sslmode=require password=secret",
                                           test_server_get("HT_TCP_PORT"));
    HtPgOptions options = {.dsn = dsn, .allow_weak_tls = true};
    g_autoptr(GError) error = NULL;
    g_autoptr(HtPgConnection) pg = ht_pg_connect(&options, NULL, &error);
    g_assert_no_error(error);
    g_assert_nonnull(ht_pg_warning(pg));
}

static char *answer(const char *user, const char *server, int attempt, gpointer data)
{
    g_assert_cmpstr(user, ==, "pw");
    g_assert_nonnull(server);
    const char *const *answers = data;
    return g_strdup(answers[attempt]);
}

static void test_password(void)
{
    const char *second[] = {"wrong", "secret", NULL};
    const char *wrong[] = {"wrong", "wrong", NULL};
    g_autoptr(GError) error = NULL;
    g_autoptr(HtPgConnection) pg = connect_tcp("", NULL, answer, second, &error);
    g_assert_no_error(error);
    g_assert_true(ht_pg_is_usable(pg));
    g_assert_null(connect_tcp("", NULL, answer, wrong, &error));
    assert_clean(error, HT_PG_ERROR_AUTH);
    g_clear_error(&error);
    g_assert_null(connect_tcp("password=bad", NULL, NULL, NULL, &error));
    assert_clean(error, HT_PG_ERROR_AUTH);
    g_clear_error(&error);
    g_assert_null(connect_tcp("", NULL, NULL, NULL, &error));
    assert_clean(error, HT_PG_ERROR_AUTH);
}

static void test_revoked(void)
{
    test_sql("ALTER ROLE pw NOLOGIN");
    g_autoptr(GError) error = NULL;
    g_assert_null(connect_tcp("password=secret", NULL, NULL, NULL, &error));
    test_sql("ALTER ROLE pw LOGIN");
    assert_clean(error, HT_PG_ERROR_REFUSED);
    g_assert_cmpstr(ht_pg_error_sqlstate(), ==, "28000");
}

static int listen_somewhere(int *port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    g_assert_cmpint(bind(fd, (struct sockaddr *)&address, len), ==, 0);
    g_assert_cmpint(listen(fd, 5), ==, 0);
    g_assert_cmpint(getsockname(fd, (struct sockaddr *)&address, &len), ==, 0);
    *port = ntohs(address.sin_port);
    return fd;
}

static void test_silent_server(void)
{
    int port;
    int fd = listen_somewhere(&port);
    g_autofree char *dsn = g_strdup_printf("host=127.0.0.1 port=%d user=x dbname=y", port);
    HtPgOptions options = {
        .dsn = dsn, .root_certificate = test_server_get("HT_ROOTCERT"), .connect_timeout_ms = 400};
    g_autoptr(GError) error = NULL;
    int64_t before = g_get_monotonic_time();
    g_assert_null(ht_pg_connect(&options, NULL, &error));
    assert_clean(error, OFFLINE);
    g_assert_cmpint(g_get_monotonic_time() - before, <, 3 * G_USEC_PER_SEC);
    close(fd);
    g_clear_error(&error);
    g_assert_null(ht_pg_connect(&options, NULL, &error));
    assert_clean(error, OFFLINE);
    g_assert_true(ht_pg_error_is_passing(error));
}

/* Agrees to TLS, and goes. */
static gpointer cut_short(gpointer listener)
{
    char request[8];
    int fd = accept(GPOINTER_TO_INT(listener), NULL, NULL);
    g_assert_cmpint(fd, >=, 0);
    g_assert_cmpint(recv(fd, request, sizeof request, MSG_WAITALL), ==, sizeof request);
    g_assert_cmpint(send(fd, "S", 1, MSG_NOSIGNAL), ==, 1);
    close(fd);
    return NULL;
}

/* Nobody at the first address, a line that is cut at the second: the cut is what is told, in
 * whatever order they stand. */
static void test_who_answers(void)
{
    for (int turn = 0; turn < 2; turn++) {
        int port, closed;
        int fd = listen_somewhere(&port), nobody = listen_somewhere(&closed);
        close(nobody);
        GThread *thread = g_thread_new("cut", cut_short, GINT_TO_POINTER(fd));
        g_autofree char *dsn =
            g_strdup_printf("host=127.0.0.1,127.0.0.1 port=%d,%d user=x dbname=y",
                            turn ? port : closed, turn ? closed : port);
        HtPgOptions options = {.dsn = dsn, .root_certificate = test_server_get("HT_ROOTCERT")};
        g_autoptr(GError) error = NULL;
        g_assert_null(ht_pg_connect(&options, NULL, &error));
        assert_clean(error, OFFLINE);
        if (strstr(error->message, "refused"))
            g_error("%s", error->message);
        g_thread_join(thread);
        close(fd);
    }
}

static gpointer cancel_soon(gpointer cancellable)
{
    g_usleep(50000);
    g_cancellable_cancel(cancellable);
    return NULL;
}

static void test_cancel(void)
{
    int port;
    int fd = listen_somewhere(&port);
    g_autofree char *dsn = g_strdup_printf("host=127.0.0.1 port=%d user=x dbname=y", port);
    HtPgOptions options = {.dsn = dsn, .root_certificate = test_server_get("HT_ROOTCERT")};
    g_autoptr(GCancellable) cancellable = g_cancellable_new();
    GThread *thread = g_thread_new("cancel", cancel_soon, cancellable);
    g_autoptr(GError) error = NULL;
    g_assert_null(ht_pg_connect(&options, cancellable, &error));
    assert_clean(error, HT_PG_ERROR_CANCELLED);
    g_thread_join(thread);
    close(fd);
}

/* Takes every descriptor that is left. */
static GArray *take_descriptors(void)
{
    GArray *taken = g_array_new(FALSE, FALSE, sizeof(int));
    for (int fd = dup(STDERR_FILENO); fd >= 0; fd = dup(STDERR_FILENO))
        g_array_append_val(taken, fd);
    return taken;
}

static void give_back(GArray *taken)
{
    for (guint i = 0; i < taken->len; i++)
        close(g_array_index(taken, int, i));
    g_array_unref(taken);
}

/* Without a descriptor for a wake-up a wait still ends when it is over or cancelled, and a name
 * cannot be looked up: no reason to end the program. */
static void test_no_descriptors(void)
{
    struct rlimit limit, few;
    g_assert_cmpint(getrlimit(RLIMIT_NOFILE, &limit), ==, 0);
    few = (struct rlimit){.rlim_cur = MIN(limit.rlim_cur, 256), .rlim_max = limit.rlim_max};
    g_assert_cmpint(setrlimit(RLIMIT_NOFILE, &few), ==, 0);
    g_autoptr(GCancellable) cancellable = g_cancellable_new();
    g_autoptr(GError) error = NULL;
    HtPgOptions options = {.dsn = test_server_get("HIRETTY_DSN_SUPERUSER")};
    HtPgOptions named = {.dsn = "host=localhost user=x dbname=y",
                         .root_certificate = test_server_get("HT_ROOTCERT")};
    g_autoptr(HtPgConnection) pg = ht_pg_connect(&options, cancellable, &error);
    g_assert_no_error(error);
    GArray *taken = take_descriptors();
    g_autoptr(HtPgRows) rows = ht_pg_query(pg, "SELECT pg_sleep(0.2)", NULL, 0, &error);
    g_assert_no_error(error);
    g_autoptr(HtPgConnection) none = ht_pg_connect(&named, NULL, &error);
    g_assert_null(none);
    assert_clean(error, OFFLINE);
    g_clear_error(&error);
    GThread *thread = g_thread_new("cancel", cancel_soon, cancellable);
    g_assert_null(ht_pg_query(pg, "SELECT pg_sleep(9)", NULL, 0, &error));
    assert_clean(error, HT_PG_ERROR_CANCELLED);
    g_thread_join(thread);
    give_back(taken);
    g_assert_cmpint(setrlimit(RLIMIT_NOFILE, &limit), ==, 0);
}

static void test_silence(void)
{
    g_autoptr(HtPgConnection) pg = test_connect("SUPERUSER");
    ht_pg_set_silence_ms(pg, 200);
    g_autoptr(GError) error = NULL;
    g_assert_null(ht_pg_query(pg, "SELECT pg_sleep(5)", NULL, 0, &error));
    assert_clean(error, OFFLINE);
    g_assert_false(ht_pg_is_usable(pg));
    g_clear_error(&error);
    g_assert_false(ht_pg_run(pg, "SELECT 1", &error));
    assert_clean(error, OFFLINE);
}

/* What was given up does not go on waiting for a lock on the server: it would, once for each try.
 */
static void test_given_up(void)
{
    g_autoptr(HtPgConnection) holder = test_connect("SUPERUSER");
    g_autoptr(GError) error = NULL;
    g_assert_true(ht_pg_run(holder, "BEGIN", &error));
    g_assert_true(ht_pg_run(holder, "SELECT pg_advisory_xact_lock(4711)", &error));
    HtPgConnection *pg = test_connect("SUPERUSER");
    ht_pg_set_silence_ms(pg, 200);
    g_assert_null(ht_pg_query(pg, "SELECT pg_advisory_xact_lock(4711)", NULL, 0, &error));
    assert_clean(error, OFFLINE);
    ht_pg_close(pg);
    const char *count = "SELECT count(*)::text FROM pg_stat_activity WHERE wait_event = 'advisory'";
    int64_t end = g_get_monotonic_time() + 30 * G_USEC_PER_SEC;
    g_autofree char *waiting = test_value("SUPERUSER", count);
    while (strcmp(waiting, "0") != 0 && g_get_monotonic_time() < end) {
        g_usleep(100000); /* the server looks every 5 s */
        g_free(waiting);
        waiting = test_value("SUPERUSER", count);
    }
    g_assert_cmpstr(waiting, ==, "0");
}

static void test_terminated(void)
{
    g_autoptr(HtPgConnection) pg = test_connect("SUPERUSER");
    g_assert_true(ht_pg_is_alive(pg));
    g_autoptr(GError) error = NULL;
    g_autoptr(HtPgRows) rows = ht_pg_query(pg, "SELECT pg_backend_pid()::text", NULL, 0, &error);
    HtPgField field = ht_pg_rows_field(rows, 0, 0);
    g_autofree char *pid = ht_pg_field_dup_text(&field);
    g_autofree char *sql = g_strdup_printf("SELECT pg_terminate_backend(%s, 5000)", pid);
    test_sql(sql);
    g_assert_null(ht_pg_query(pg, "SELECT 1", NULL, 0, &error));
    g_assert_true(ht_pg_error_is_passing(error));
    g_assert_false(ht_pg_is_usable(pg));
    g_autoptr(HtPgConnection) other = test_connect("SUPERUSER");
    g_assert_true(ht_pg_is_alive(other));
}

static void test_alive(void)
{
    g_autoptr(HtPgConnection) pg = test_connect("SUPERUSER");
    test_sql("SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity "
             "WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'");
    g_assert_false(ht_pg_is_alive(pg));
}

static void test_params(void)
{
    g_autoptr(HtPgConnection) pg = test_connect("SUPERUSER");
    HtUuid ids[3];
    for (gsize i = 0; i < 3; i++)
        ht_uuid_new_random(&ids[i]);
    HtPgParam params[] = {{.ids = ids, .n_ids = 3}, {.text = "it's"}, {.text = NULL}};
    g_autoptr(GError) error = NULL;
    g_autoptr(HtPgRows) rows = ht_pg_query(
        pg, "SELECT u, $2::text, $3::int FROM unnest($1) WITH ORDINALITY AS t(u, n) ORDER BY n",
        params, 3, &error);
    g_assert_no_error(error);
    g_assert_cmpint(ht_pg_rows_count(rows), ==, 3);
    g_assert_cmpint(ht_pg_rows_columns(rows), ==, 3);
    for (int i = 0; i < 3; i++) {
        HtUuid id;
        HtPgField field = ht_pg_rows_field(rows, i, 0);
        g_assert_true(ht_pg_field_uuid(&field, &id));
        g_assert_true(ht_uuid_equal(&id, &ids[i]));
    }
    HtPgField text = ht_pg_rows_field(rows, 0, 1), none = ht_pg_rows_field(rows, 0, 2);
    g_assert_cmpmem(text.data, text.len, "it's", 4);
    g_assert_true(ht_pg_field_is_null(&none));
    HtPgField outside = ht_pg_rows_field(rows, 9, 0);
    g_assert_true(ht_pg_field_is_null(&outside));
}

/* Amounts of all sizes, read here and rounded there. */
static void test_hundredths(void)
{
    g_autoptr(HtPgConnection) pg = test_connect("SUPERUSER");
    g_autoptr(GError) error = NULL;
    g_autoptr(HtPgRows) rows = ht_pg_query(
        pg,
        "SELECT v, round(v * 100)::bigint FROM generate_series(-14, 16) e, generate_series(0, 8) "
        "s, "
        "generate_series(1, 20) n, LATERAL (SELECT round((random() - 0.5)::numeric * 10::numeric ^ "
        "e, s) + CASE WHEN n > 15 THEN 0.005 * sign(random() - 0.5)::numeric ELSE 0 END AS v) AS x "
        "UNION ALL SELECT v::numeric, round(v::numeric * 100)::bigint FROM (VALUES ('0'), "
        "('-0.00'), "
        "('92233720368547758.07'), ('-92233720368547758.08'), ('0.005'), ('-0.005'), "
        "('99.995')) AS x (v)",
        NULL, 0, &error);
    g_assert_no_error(error);
    g_assert_cmpint(ht_pg_rows_count(rows), >, 5000);
    for (int i = 0; i < ht_pg_rows_count(rows); i++) {
        int64_t wanted, centi = 77;
        bool is_nan;
        HtPgField amount = ht_pg_rows_field(rows, i, 0), there = ht_pg_rows_field(rows, i, 1);
        g_assert_true(ht_pg_field_int(&there, &wanted));
        g_assert_true(ht_pg_field_centi(&amount, &centi, &is_nan) && !is_nan);
        g_assert_cmpint(centi, ==, wanted);
    }
}

static void test_error_keeps_connection(void)
{
    g_autoptr(HtPgConnection) pg = test_connect("SUPERUSER");
    static const struct {
        const char *sql;
        HtPgError code;
        const char *state;
    } cases[] = {
        {"SELECT 1/0", HT_PG_ERROR_DATA, "22012"},
        {"SELECT nothing FROM pg_class", HT_PG_ERROR_SCHEMA, "42703"},
        {"SELECT * FROM no_such_table", HT_PG_ERROR_SCHEMA, "42P01"},
        {"SELECT FROM WHERE", HT_PG_ERROR_FAILED, "42601"},
        {"DO $$BEGIN RAISE EXCEPTION 'evil%', E'\\033[2J'; END$$", HT_PG_ERROR_DATA, "P0001"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = NULL;
        g_assert_null(ht_pg_query(pg, cases[i].sql, NULL, 0, &error));
        assert_clean(error, (int)cases[i].code);
        g_assert_cmpstr(ht_pg_error_sqlstate(), ==, cases[i].state);
        g_assert_null(strchr(error->message, '\033'));
        g_assert_true(ht_pg_is_usable(pg));
    }
    g_autoptr(GError) error = NULL;
    g_assert_true(ht_pg_run(pg, "SELECT 1; SELECT 2", &error));
    g_assert_no_error(error);
    g_assert_false(ht_pg_run(pg, "CREATE TABLE half (); SELECT 1/0", &error));
    g_clear_error(&error);
    g_autoptr(HtPgRows) rows = ht_pg_query(pg, "SELECT to_regclass('half')", NULL, 0, &error);
    HtPgField field = ht_pg_rows_field(rows, 0, 0);
    g_assert_true(ht_pg_field_is_null(&field));
}

static bool count_row(const HtPgField *fields, int n, gpointer data, GError **error)
{
    (void)error;
    int64_t value;
    g_assert_cmpint(n, ==, 1);
    g_assert_true(ht_pg_field_int(&fields[0], &value));
    *(int64_t *)data += value;
    return true;
}

static bool refuse_row(const HtPgField *fields, int n, gpointer data, GError **error)
{
    (void)fields;
    (void)n;
    *(int *)data += 1;
    g_set_error_literal(error, HT_PG_ERROR, HT_PG_ERROR_FAILED, "enough");
    return false;
}

static bool count_first(const HtPgField *fields, int n, gpointer data, GError **error)
{
    (void)error;
    int64_t value = 0;
    g_assert_cmpint(n, >=, 1);
    g_assert_true(ht_pg_field_int(&fields[0], &value));
    *(int64_t *)data += value;
    return true;
}

static void test_pipeline(void)
{
    g_autoptr(HtPgConnection) pg = test_connect("SUPERUSER");
    g_autoptr(HtPgPipeline) pipeline = ht_pg_pipeline_new(pg);
    g_autoptr(GError) error = NULL;
    int64_t sum = 0, after = 0;
    int refused = 0;
    g_autoptr(GArray) params = g_array_new(FALSE, TRUE, sizeof(HtPgParam));
    HtPgParam param = {.text = "1000"};
    g_array_append_val(params, param);
    ht_pg_pipeline_add(pipeline, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", NULL, NULL,
                       NULL);
    ht_pg_pipeline_add(pipeline, "SELECT generate_series(1, $1::int)", params, count_row, &sum);
    ht_pg_pipeline_add(pipeline, "COMMIT", NULL, NULL, NULL);
    g_assert_true(ht_pg_pipeline_finish(pipeline, &error));
    g_assert_no_error(error);
    g_assert_cmpint(sum, ==, 500500);

    ht_pg_pipeline_add(pipeline, "SELECT 1/0", NULL, NULL, NULL);
    ht_pg_pipeline_add(pipeline, "SELECT 7", NULL, count_row, &after);
    g_assert_false(ht_pg_pipeline_finish(pipeline, &error));
    assert_clean(error, HT_PG_ERROR_DATA);
    g_assert_cmpint(after, ==, 0);
    g_clear_error(&error);

    ht_pg_pipeline_add(pipeline, "SELECT generate_series(1, 10)", NULL, refuse_row, &refused);
    g_assert_false(ht_pg_pipeline_finish(pipeline, &error));
    g_assert_cmpstr(error->message, ==, "enough");
    g_assert_cmpint(refused, ==, 1);
    g_clear_error(&error);

    ht_pg_pipeline_add(pipeline, "SELECT 7", NULL, count_row, &after);
    g_assert_true(ht_pg_pipeline_finish(pipeline, &error));
    g_assert_cmpint(after, ==, 7);
}

/* Kept statements are parsed once a connection; one that was skipped or refused is not taken for
 * kept. */
static void test_pipeline_kept(void)
{
    g_autoptr(HtPgConnection) pg = test_connect("SUPERUSER");
    g_autoptr(HtPgPipeline) pipeline = ht_pg_pipeline_new(pg);
    g_autoptr(GError) error = NULL;
    g_autoptr(GArray) params = g_array_new(FALSE, TRUE, sizeof(HtPgParam));
    HtUuid ids[3] = {{{1}}, {{2}}, {{3}}};
    HtPgParam param = {.ids = ids, .n_ids = G_N_ELEMENTS(ids)};
    g_array_append_val(params, param);
    const char *count = "SELECT cardinality($1::uuid[])";
    int64_t sum = 0;
    ht_pg_pipeline_add_kept(pipeline, "SELECT 1/0", NULL, NULL, NULL);
    ht_pg_pipeline_add_kept(pipeline, count, params, count_row, &sum);
    g_assert_false(ht_pg_pipeline_finish(pipeline, &error));
    assert_clean(error, HT_PG_ERROR_DATA);
    g_clear_error(&error);
    ht_pg_pipeline_add_kept(pipeline, "SELECT nonsense", NULL, NULL, NULL);
    ht_pg_pipeline_add_kept(pipeline, count, params, count_row, &sum);
    g_assert_false(ht_pg_pipeline_finish(pipeline, &error));
    assert_clean(error, HT_PG_ERROR_SCHEMA);
    g_clear_error(&error);
    g_assert_cmpint(sum, ==, 0);
    for (int i = 0; i < 3; i++) {
        ht_pg_pipeline_add_kept(pipeline, count, params, count_row, &sum);
        ht_pg_pipeline_add_kept(pipeline, count, params, count_row, &sum);
        g_assert_true(ht_pg_pipeline_finish(pipeline, &error));
        g_assert_no_error(error);
    }
    g_assert_cmpint(sum, ==, 18);
    int64_t kept = 0;
    ht_pg_pipeline_add(pipeline,
                       "SELECT sum(generic_plans + custom_plans)::bigint FROM "
                       "pg_prepared_statements WHERE statement LIKE 'SELECT card%'",
                       NULL, count_row, &kept);
    g_assert_true(ht_pg_pipeline_finish(pipeline, &error));
    g_assert_cmpint(kept, ==, 6);
}

/* More parameters than any socket buffer holds, and more answers too. */
static void test_pipeline_large(void)
{
    g_autoptr(HtPgConnection) pg = test_connect("SUPERUSER");
    g_autoptr(HtPgPipeline) pipeline = ht_pg_pipeline_new(pg);
    const gsize n = 50000;
    g_autofree HtUuid *ids = g_new(HtUuid, n);
    for (gsize i = 0; i < n; i++)
        ht_uuid_new_random(&ids[i]);
    g_autoptr(GArray) params = g_array_new(FALSE, TRUE, sizeof(HtPgParam));
    HtPgParam param = {.ids = ids, .n_ids = n};
    g_array_append_val(params, param);
    int64_t sum = 0;
    for (int i = 0; i < 8; i++)
        ht_pg_pipeline_add(pipeline, "SELECT 1 FROM unnest($1)", params, count_row, &sum);
    g_autoptr(GError) error = NULL;
    g_assert_true(ht_pg_pipeline_finish(pipeline, &error));
    g_assert_no_error(error);
    g_assert_cmpint(sum, ==, (int64_t)n * 8);
}

/* Answers that together are larger than one row may be, and come while parameters still leave: what
 * piles up unread must not be taken for one row. */
static void test_pipeline_both_ways(void)
{
    g_autoptr(HtPgConnection) pg = test_connect("SUPERUSER");
    g_autoptr(HtPgPipeline) pipeline = ht_pg_pipeline_new(pg);
    const gsize n = 50000;
    g_autofree HtUuid *ids = g_new0(HtUuid, n);
    g_autoptr(GArray) params = g_array_new(FALSE, TRUE, sizeof(HtPgParam));
    HtPgParam param = {.ids = ids, .n_ids = n};
    g_array_append_val(params, param);
    int64_t sum = 0;
    for (int i = 0; i < 6; i++)
        ht_pg_pipeline_add_kept(pipeline, "SELECT 1, repeat('x', 400) FROM unnest($1::uuid[])",
                                params, count_first, &sum);
    g_autoptr(GError) error = NULL;
    g_assert_true(ht_pg_pipeline_finish(pipeline, &error));
    g_assert_no_error(error);
    g_assert_cmpint(sum, ==, (int64_t)n * 6);
    /* What a callback refuses meanwhile ends it cleanly, too. */
    int refused = 0;
    for (int i = 0; i < 6; i++)
        ht_pg_pipeline_add_kept(pipeline, "SELECT 1, repeat('x', 400) FROM unnest($1::uuid[])",
                                params, refuse_row, &refused);
    g_assert_false(ht_pg_pipeline_finish(pipeline, &error));
    g_assert_cmpstr(error->message, ==, "enough");
    g_assert_cmpint(refused, ==, 1);
    g_assert_true(ht_pg_is_usable(pg));
}

typedef struct {
    int64_t rows, sum;
    guint blocks, stop_at;
} Copied;

static bool take_block(GBytes *block, gsize n_rows, gpointer data, GError **error)
{
    g_autoptr(GBytes) owned = block;
    Copied *copied = data;
    gsize len;
    const guint8 *bytes = g_bytes_get_data(owned, &len);
    HtPgTuples tuples;
    HtPgField fields[2];
    ht_pg_tuples_init(&tuples, bytes, len);
    int64_t before = copied->rows;
    while (ht_pg_tuples_next(&tuples, fields, 2)) {
        int64_t value;
        g_assert_true(ht_pg_field_int(&fields[0], &value));
        copied->rows++;
        copied->sum += value;
    }
    g_assert_cmpint(copied->rows - before, ==, (int64_t)n_rows);
    g_assert_false(tuples.broken);
    copied->blocks++;
    if (copied->blocks != copied->stop_at)
        return true;
    g_set_error_literal(error, HT_PG_ERROR, HT_PG_ERROR_FAILED, "stopped");
    return false;
}

static const char copy_sql[] =
    "COPY (SELECT n, repeat('x', n % 100) FROM generate_series(1, 20000) AS n) "
    "TO STDOUT (FORMAT binary)";

static void test_copy(void)
{
    g_autoptr(HtPgConnection) pg = test_connect("SUPERUSER");
    g_autoptr(GError) error = NULL;
    Copied copied = {0};
    g_assert_true(ht_pg_copy_out(pg, copy_sql, 65536, take_block, &copied, &error));
    g_assert_no_error(error);
    g_assert_cmpint(copied.rows, ==, 20000);
    g_assert_cmpint(copied.sum, ==, INT64_C(20000) * 20001 / 2);
    g_assert_cmpint(copied.blocks, >, 5);
    Copied empty = {0};
    g_assert_true(ht_pg_copy_out(pg, "COPY (SELECT 1 WHERE false) TO STDOUT (FORMAT binary)", 65536,
                                 take_block, &empty, &error));
    g_assert_cmpint(empty.blocks, ==, 0);
    g_assert_true(ht_pg_run(pg, "SELECT 1", &error));
}

static void test_copy_fails(void)
{
    g_autoptr(HtPgConnection) pg = test_connect("SUPERUSER");
    g_autoptr(GError) error = NULL;
    Copied copied = {0};
    g_assert_false(
        ht_pg_copy_out(pg,
                       "COPY (SELECT 1/(1000 - n), 1 FROM generate_series(1, 20000) n) TO "
                       "STDOUT (FORMAT binary)",
                       64, take_block, &copied, &error));
    assert_clean(error, HT_PG_ERROR_DATA);
    g_assert_cmpint(copied.rows, <, 1000);
    g_clear_error(&error);
    g_assert_true(ht_pg_run(pg, "SELECT 1", &error));
    g_assert_false(ht_pg_copy_out(pg, "COPY (SELECT x) TO STDOUT (FORMAT binary)", 64, take_block,
                                  &copied, &error));
    assert_clean(error, HT_PG_ERROR_SCHEMA);
    g_clear_error(&error);
    g_assert_true(ht_pg_run(pg, "SELECT 1", &error));
    Copied stopped = {.stop_at = 2};
    g_assert_false(ht_pg_copy_out(pg, copy_sql, 65536, take_block, &stopped, &error));
    g_assert_cmpstr(error->message, ==, "stopped");
    g_assert_false(ht_pg_is_usable(pg));
}

static bool kill_then_take(GBytes *block, gsize n_rows, gpointer data, GError **error)
{
    Copied *copied = data;
    if (copied->blocks == 0)
        test_sql("SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity "
                 "WHERE query LIKE 'COPY%'");
    return take_block(block, n_rows, data, error);
}

/* A cut COPY delivers rows first; it must not be taken for a whole one. */
static void test_copy_cut(void)
{
    g_autoptr(HtPgConnection) pg = test_connect("SUPERUSER");
    g_autoptr(GError) error = NULL;
    Copied copied = {0};
    g_assert_false(
        ht_pg_copy_out(pg,
                       "COPY (SELECT n, repeat('x', 1000) FROM generate_series(1, 200000) "
                       "AS n) TO STDOUT (FORMAT binary)",
                       65536, kill_then_take, &copied, &error));
    g_assert_true(ht_pg_error_is_passing(error));
    g_assert_cmpint(copied.rows, <, 200000);
    g_assert_false(ht_pg_is_usable(pg));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    if (!test_server_start(false))
        return 77;
    test_sql("CREATE ROLE pw LOGIN PASSWORD 'secret'");
    g_test_add_func("/sync/pg/tls", test_tls);
    g_test_add_func("/sync/pg/keepalives", test_keepalives);
    g_test_add_func("/sync/pg/name_lookup", test_name_lookup);
    g_test_add_func("/sync/pg/unknown_host", test_unknown_host);
    g_test_add_func("/sync/pg/wrong_host_name", test_wrong_host_name);
    g_test_add_func("/sync/pg/wrong_authority", test_wrong_authority);
    g_test_add_func("/sync/pg/no_tls", test_no_tls);
    g_test_add_func("/sync/pg/weak_warns", test_weak_warns);
    g_test_add_func("/sync/pg/password", test_password);
    g_test_add_func("/sync/pg/revoked", test_revoked);
    g_test_add_func("/sync/pg/silent_server", test_silent_server);
    g_test_add_func("/sync/pg/who_answers", test_who_answers);
    g_test_add_func("/sync/pg/cancel", test_cancel);
    g_test_add_func("/sync/pg/no_descriptors", test_no_descriptors);
    g_test_add_func("/sync/pg/silence", test_silence);
    g_test_add_func("/sync/pg/given_up", test_given_up);
    g_test_add_func("/sync/pg/terminated", test_terminated);
    g_test_add_func("/sync/pg/alive", test_alive);
    g_test_add_func("/sync/pg/params", test_params);
    g_test_add_func("/sync/pg/hundredths", test_hundredths);
    g_test_add_func("/sync/pg/error_keeps_connection", test_error_keeps_connection);
    g_test_add_func("/sync/pg/pipeline", test_pipeline);
    g_test_add_func("/sync/pg/pipeline_kept", test_pipeline_kept);
    g_test_add_func("/sync/pg/pipeline_large", test_pipeline_large);
    g_test_add_func("/sync/pg/pipeline_both_ways", test_pipeline_both_ways);
    g_test_add_func("/sync/pg/copy", test_copy);
    g_test_add_func("/sync/pg/copy_fails", test_copy_fails);
    g_test_add_func("/sync/pg/copy_cut", test_copy_cut);
    int status = g_test_run();
    test_server_stop();
    return status;
}
