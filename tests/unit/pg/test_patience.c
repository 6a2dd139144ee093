/* A server that goes on sending and never answers: what it sends is none, and its rows have a size.
 * It stands on a Unix socket and speaks just enough of the protocol. */
#include "hiretty/pg/connection.h"
#include "hiretty/pg/query.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define SILENCE_MS 500
#define MIB ((gsize)1 << 20)

typedef struct Server Server;
typedef void (*Script)(Server *server);

struct Server {
    char *folder, *path;
    int listener, fd;
    Script script;
    bool is_over;  /* the client has gone */
    bool is_eager; /* says it before it is asked */
    gsize n_sent;
    GThread *thread;
    gint64 before_us;
    HtPgConnection *pg;
};

static void put(Server *server, const void *bytes, gsize n)
{
    for (const char *p = bytes; n > 0 && !server->is_over;) {
        gssize sent = send(server->fd, p, n, MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR)
            continue;
        server->is_over = sent <= 0;
        server->n_sent += (gsize)MAX(sent, 0);
        p += MAX(sent, 0);
        n -= (gsize)MAX(sent, 0);
    }
}

static void append(GByteArray *out, char kind, const void *body, gsize n)
{
    guint32 length = GUINT32_TO_BE((guint32)n + 4);
    g_byte_array_append(out, (const guint8 *)&kind, 1);
    g_byte_array_append(out, (const guint8 *)&length, sizeof length);
    g_byte_array_append(out, body, (guint)n);
}

static void put_all(Server *server, GByteArray *bytes)
{
    put(server, bytes->data, bytes->len);
    g_byte_array_unref(bytes);
}

static void take(Server *server, gsize n)
{
    for (char c; n > 0 && !server->is_over; n--)
        server->is_over = read(server->fd, &c, 1) != 1;
}

/* One message that has no kind, or with its kind. */
static void take_message(Server *server, bool has_kind)
{
    guint32 length = 0;
    if (has_kind)
        take(server, 1);
    server->is_over |= read(server->fd, &length, sizeof length) != sizeof length;
    if (!server->is_over)
        take(server, GUINT32_FROM_BE(length) - 4);
}

static gpointer serve(gpointer data)
{
    Server *server = data;
    server->fd = accept(server->listener, NULL, NULL);
    take_message(server, false);
    GByteArray *greeting = g_byte_array_new();
    append(greeting, 'R', "\0\0\0", 4);
    append(greeting, 'S',
           "server_version\0"
           "15.18",
           21);
    append(greeting, 'S',
           "client_encoding\0"
           "UTF8",
           21);
    append(greeting, 'K', "\0\0\0\1\0\0\0\2", 8);
    append(greeting, 'Z', "I", 1);
    put_all(server, greeting);
    if (!server->is_eager)
        take_message(server, true);
    server->script(server);
    while (!server->is_over)
        take(server, 1);
    close(server->fd);
    return NULL;
}

static void server_start(Server *server, Script script, int64_t silence_ms)
{
    g_autoptr(GError) error = NULL;
    bool is_eager = server->is_eager;
    memset(server, 0, sizeof *server);
    server->is_eager = is_eager;
    server->script = script;
    server->folder = g_dir_make_tmp("hiretty-XXXXXX", &error);
    g_assert_no_error(error);
    server->path = g_build_filename(server->folder, ".s.PGSQL.5432", NULL);
    server->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    g_strlcpy(address.sun_path, server->path, sizeof address.sun_path);
    g_assert_cmpint(bind(server->listener, (struct sockaddr *)&address, sizeof address), ==, 0);
    g_assert_cmpint(listen(server->listener, 1), ==, 0);
    server->thread = g_thread_new("server", serve, server);
    g_autofree char *dsn = g_strdup_printf("host=%s user=ana dbname=hiring", server->folder);
    HtPgOptions options = {.dsn = dsn, .silence_ms = silence_ms};
    server->pg = ht_pg_connect(&options, NULL, &error);
    g_assert_no_error(error);
    server->before_us = g_get_monotonic_time();
}

static void server_stop(Server *server)
{
    ht_pg_close(server->pg);
    g_thread_join(server->thread);
    close(server->listener);
    g_unlink(server->path);
    g_rmdir(server->folder);
    g_free(server->path);
    g_free(server->folder);
}

/* Given up, however much comes; half a minute is for machines that do much else. */
static void is_given_up(Server *server)
{
    g_autoptr(GError) error = NULL;
    g_assert_false(ht_pg_run(server->pg, "SELECT 1", &error));
    g_assert_nonnull(error);
    g_assert_true(error->code == HT_PG_ERROR_OFFLINE || error->code == HT_PG_ERROR_PROTOCOL);
    gint64 took_ms = (g_get_monotonic_time() - server->before_us) / 1000;
    g_test_message("%s, after %d ms", error->message, (int)took_ms);
    g_assert_cmpint(took_ms, <, 60 * SILENCE_MS);
    g_assert_false(ht_pg_is_usable(server->pg));
    server_stop(server);
}

/* --- Floods */

/* Each of another name: libpq keeps them all, in a list that it goes through for each one. */
static void put_settings(Server *server)
{
    for (guint i = 0; !server->is_over;) {
        GByteArray *some = g_byte_array_new();
        for (guint n = 0; n < 1000; n++) {
            char body[32] = {0};
            int name = g_snprintf(body, sizeof body, "p%x", i++);
            append(some, 'S', body, (gsize)name + 2);
        }
        put_all(server, some);
    }
}

static void append_notice(GByteArray *out, gsize n)
{
    g_autofree char *text = g_strnfill(n, 'n');
    g_autoptr(GByteArray) body = g_byte_array_new();
    g_byte_array_append(body, (const guint8 *)"SNOTICE\0VNOTICE\0C00000\0M", 24);
    g_byte_array_append(body, (const guint8 *)text, (guint)n + 1);
    g_byte_array_append(body, (const guint8 *)"", 1);
    append(out, 'N', body->data, body->len);
}

/* As fast as they are taken. */
static void put_notices(Server *server)
{
    g_autoptr(GByteArray) some = g_byte_array_new();
    for (int i = 0; i < 100; i++)
        append_notice(some, 20);
    while (!server->is_over)
        put(server, some->data, some->len);
}

/* One now and then, and long enough to look like a part of an answer. */
static void drip_notices(Server *server)
{
    g_autoptr(GByteArray) one = g_byte_array_new();
    append_notice(one, 1000);
    while (!server->is_over) {
        put(server, one->data, one->len);
        g_usleep(SILENCE_MS * 1000 / 5);
    }
}

static void test_settings(void)
{
    Server server = {0};
    server_start(&server, put_settings, SILENCE_MS);
    is_given_up(&server);
}

static void test_notices(void)
{
    Server server = {0};
    server_start(&server, put_notices, SILENCE_MS);
    is_given_up(&server);
}

static void test_notices_now_and_then(void)
{
    Server server = {0};
    server_start(&server, drip_notices, SILENCE_MS);
    is_given_up(&server);
}

/* What looks like a part of a long answer, and is none. */
static void drip_settings(Server *server)
{
    g_autoptr(GByteArray) one = g_byte_array_new();
    g_autofree char *body = g_strnfill(1000, 'v');
    body[1] = '\0';
    append(one, 'S', body, 1001);
    while (!server->is_over) {
        put(server, one->data, one->len);
        g_usleep(10000);
    }
}

static void test_settings_now_and_then(void)
{
    Server server = {0};
    server_start(&server, drip_settings, 100);
    is_given_up(&server);
}

/* --- Rows in several messages: where they begin and end is not where messages do */

/* A COPY whose rows have one value of `size` bytes each, cut into messages of a MiB. */
static void put_rows(Server *server, int n_rows, gsize size)
{
    GByteArray *head = g_byte_array_new();
    append(head, 'H', "\1\0\1\0\1", 5);
    append(head, 'd', "PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0\0", 19);
    put_all(server, head);
    g_autofree char *part = g_strnfill(MIB, 'x');
    for (int row = 0; row < n_rows; row++) {
        guint32 length = GUINT32_TO_BE((guint32)size);
        GByteArray *begin = g_byte_array_new();
        append(begin, 'd', "\0\1", 2);
        append(begin, 'd', &length, sizeof length);
        put_all(server, begin);
        for (gsize left = size; left > 0 && !server->is_over; left -= MIN(left, MIB)) {
            GByteArray *some = g_byte_array_new();
            append(some, 'd', part, MIN(left, MIB));
            put_all(server, some);
        }
    }
    GByteArray *end = g_byte_array_new();
    append(end, 'd', "\377\377", 2);
    append(end, 'c', "", 0);
    append(end, 'C', "COPY 1", 7);
    append(end, 'Z', "I", 1);
    put_all(server, end);
}

/* 64 MiB is the most that one row may have. */
static void put_a_row_too_large(Server *server)
{
    put_rows(server, 1, 70 * MIB);
}

static void put_two_large_rows(Server *server)
{
    put_rows(server, 2, 40 * MIB);
}

static bool count_rows(GBytes *block, gsize n_rows, gpointer data, GError **error)
{
    (void)error;
    gsize *n = data;
    n[0] += n_rows;
    n[1] += g_bytes_get_size(block);
    g_bytes_unref(block);
    return true;
}

static void test_row_too_large(void)
{
    Server server = {0};
    g_autoptr(GError) error = NULL;
    gsize n[2] = {0};
    server_start(&server, put_a_row_too_large, 60000);
    g_assert_false(ht_pg_copy_out(server.pg, "COPY t TO STDOUT", 1, count_rows, n, &error));
    g_assert_error(error, HT_PG_ERROR, HT_PG_ERROR_LARGE);
    g_assert_cmpuint(n[0], ==, 0);
    g_assert_false(ht_pg_is_usable(server.pg));
    server_stop(&server);
}

static void test_large_rows(void)
{
    Server server = {0};
    g_autoptr(GError) error = NULL;
    gsize n[2] = {0};
    server_start(&server, put_two_large_rows, 60000);
    ht_pg_copy_out(server.pg, "COPY t TO STDOUT", 1, count_rows, n, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(n[0], ==, 2);
    g_assert_cmpuint(n[1], ==, 2 * (40 * MIB + 6));
    g_assert_true(ht_pg_is_usable(server.pg));
    server_stop(&server);
}

/* --- One message: libpq makes room for what it claims, and reads as long as something is there */

/* The largest that is waited for, and what may lie in sockets and in one look at them. */
#define MESSAGE_MAX (64 * MIB)
#define ON_ITS_WAY (4 * MIB)

/* A message of that kind whose end never comes, as fast as it is taken. */
static void put_without_end(Server *server, char kind)
{
    put(server, &kind, 1);
    put(server, "\x3f\xff\xff\xf0", 4); /* a GiB */
    g_autofree char *some = g_strnfill(MIB, 'x');
    while (!server->is_over)
        put(server, some, MIB);
}

static void put_error(Server *server)
{
    put_without_end(server, 'E');
}

static void put_notice(Server *server)
{
    put_without_end(server, 'N');
}

static void put_columns(Server *server)
{
    put_without_end(server, 'T');
}

static void put_row(Server *server)
{
    GByteArray *head = g_byte_array_new();
    append(head, 'T', "\0\1x\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 22);
    put_all(server, head);
    put_without_end(server, 'D');
}

static void test_message_without_end(gconstpointer script)
{
    Server server = {0};
    g_autoptr(GError) error = NULL;
    server_start(&server, *(const Script *)script, 60000);
    g_assert_false(ht_pg_run(server.pg, "SELECT 1", &error));
    g_assert_error(error, HT_PG_ERROR, HT_PG_ERROR_LARGE);
    g_assert_nonnull(strstr(error->message, "64 MiB"));
    g_assert_false(ht_pg_is_usable(server.pg));
    server_stop(&server);
    g_test_message("%" G_GSIZE_FORMAT " bytes were taken", server.n_sent);
    g_assert_cmpuint(server.n_sent, <, MESSAGE_MAX + ON_ITS_WAY);
}

/* The same while a question is sent that is larger than sockets are: libpq reads then, too. */
static void test_message_while_sending(void)
{
    Server server = {.is_eager = true};
    g_autoptr(GError) error = NULL;
    server_start(&server, put_notice, 60000);
    g_autofree char *sql = g_strnfill(8 * MIB, ' ');
    g_assert_false(ht_pg_run(server.pg, sql, &error));
    g_assert_error(error, HT_PG_ERROR, HT_PG_ERROR_LARGE);
    server_stop(&server);
    g_assert_cmpuint(server.n_sent, <, MESSAGE_MAX + ON_ITS_WAY);
}

int main(int argc, char **argv)
{
    static const Script scripts[] = {put_error, put_notice, put_columns, put_row};
    static const char *const kinds[] = {"error", "notice", "columns", "row"};
    g_test_init(&argc, &argv, NULL);
    for (gsize i = 0; i < G_N_ELEMENTS(scripts); i++) {
        g_autofree char *name = g_strconcat("/pg/patience/endless_", kinds[i], NULL);
        g_test_add_data_func(name, &scripts[i], test_message_without_end);
    }
    g_test_add_func("/pg/patience/endless_while_sending", test_message_while_sending);
    g_test_add_func("/pg/patience/settings", test_settings);
    g_test_add_func("/pg/patience/notices", test_notices);
    g_test_add_func("/pg/patience/notices_now_and_then", test_notices_now_and_then);
    g_test_add_func("/pg/patience/settings_now_and_then", test_settings_now_and_then);
    g_test_add_func("/pg/patience/row_too_large", test_row_too_large);
    g_test_add_func("/pg/patience/large_rows", test_large_rows);
    return g_test_run();
}
