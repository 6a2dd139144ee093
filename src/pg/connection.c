/* Connecting and waiting. libpq is always used without blocking: each wait is ours, with a deadline
 * and a way out, because a stopped server or a network that swallows packets is never noticed
 * otherwise. Hosts, and the addresses of each, are tried one after the other, each with its share
 * of the time that is left: neither a dead address nor a name server that is silent about the first
 * host keeps from the second. */
#include "hiretty/pg/connection.h"

#include "internal.h"

#include "hiretty/base/secret.h"

#include <locale.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

/* How often a wait looks whether it was cancelled, where it cannot be told. */
#define LOOK_MS 50
#define DEFAULT_CONNECT_MS 10000
/* With the time until the next poll, and to say so, a failure is on the screen within 15 s. */
#define DEFAULT_SILENCE_MS 11000
#define PASSWORD_ATTEMPTS 3

bool ht_pg_can_wake(void)
{
    int fd = eventfd(0, EFD_CLOEXEC);
    if (fd >= 0)
        close(fd);
    return fd >= 0;
}

bool ht_pg_wait_socket(int fd, GIOCondition condition, int64_t deadline_us,
                       GCancellable *cancellable, const char *what, GError **error)
{
    GPollFD fds[2] = {{.fd = fd, .events = (gushort)condition}};
    guint n = 1;
    if (cancellable && ht_pg_can_wake() && g_cancellable_make_pollfd(cancellable, &fds[1]))
        n = 2;
    int64_t longest_ms = cancellable && n == 1 ? LOOK_MS : G_MAXINT;
    bool is_ready = false, is_late = false;
    while (!is_ready && !is_late && !g_cancellable_is_cancelled(cancellable)) {
        int64_t left_us = deadline_us - g_get_monotonic_time();
        is_late = left_us <= 0;
        int64_t wait_ms = is_late ? 0 : left_us / 1000 + 1;
        fds[0].revents = 0;
        is_ready = g_poll(fds, n, (int)MIN(wait_ms, longest_ms)) > 0 && fds[0].revents != 0;
    }
    if (n == 2)
        g_cancellable_release_fd(cancellable);
    if (is_ready)
        return true;
    if (g_cancellable_is_cancelled(cancellable))
        ht_pg_error_set(error, HT_PG_ERROR_CANCELLED, NULL, "cancelled");
    else
        ht_pg_error_set(error, HT_PG_ERROR_OFFLINE, NULL, "%s", what);
    return false;
}

static void ignore_notice(void *data, const char *message)
{
    (void)data;
    (void)message;
}

static void take_notice(void *data, const char *message)
{
    (void)message;
    ht_pg_patience_notice(data);
}

static PGconn *start(const HtPgSettings *settings, const HtPgPlace *place)
{
    guint n = settings->names->len;
    g_autofree const char **names = g_new0(const char *, n + 4);
    g_autofree const char **values = g_new0(const char *, n + 4);
    for (guint i = 0; i < n; i++) {
        names[i] = settings->names->pdata[i];
        values[i] = settings->values->pdata[i];
    }
    const char *const extra[][2] = {
        {"port", place->port},
        {"host", *place->host ? place->host : NULL},
        {"hostaddr", place->address},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(extra); i++) {
        if (extra[i][1]) {
            names[n] = extra[i][0];
            values[n++] = extra[i][1];
        }
    }
    PGconn *conn = PQconnectStartParams(names, values, 0);
    if (conn) {
        PQsetNoticeProcessor(conn, ignore_notice, NULL);
        PQsetErrorVerbosity(conn, PQERRORS_VERBOSE);
    }
    return conn;
}

typedef struct {
    const HtPgSettings *settings;
    GCancellable *cancellable;
    bool needs_password; /* the server asked for one and none was known */
    bool is_over;        /* other places would say the same */
    bool is_heard;       /* this place sent something … */
    bool was_heard;      /* … and that of the problem did */
    GError *problem;     /* the first one, unless a later place says more */
} Attempt;

/* libpq's steps until it is through. What comes before a login is little: more of it is no server.
 */
static bool shake_hands(PGconn *conn, Attempt *attempt, int64_t deadline_us, GError **error)
{
    const HtPgSettings *settings = attempt->settings;
    g_autofree char *late =
        g_strdup_printf("%s: no answer within the time limit (the network, or a server that hangs)",
                        settings->label);
    PostgresPollingStatusType status = PGRES_POLLING_WRITING;
    bool was_encrypted = false;
    gsize bytes = 0;
    if (PQstatus(conn) == CONNECTION_BAD)
        status = PGRES_POLLING_FAILED;
    while (status != PGRES_POLLING_OK && status != PGRES_POLLING_FAILED) {
        GIOCondition condition = status == PGRES_POLLING_READING ? G_IO_IN : G_IO_OUT;
        if (!ht_pg_wait_socket(PQsocket(conn), condition, deadline_us, attempt->cancellable, late,
                               error))
            return false;
        if (g_get_monotonic_time() > deadline_us) { /* however much comes */
            ht_pg_error_set(error, HT_PG_ERROR_OFFLINE, NULL, "%s", late);
            return false;
        }
        was_encrypted |= PQsslInUse(conn);
        ht_pg_intake_begin(HT_PG_CHATTER_MAX);
        status = PQconnectPoll(conn);
        bytes += ht_pg_intake_end();
        attempt->is_heard = bytes > 0;
        if (bytes > HT_PG_CHATTER_MAX) {
            ht_pg_error_set(error, HT_PG_ERROR_PROTOCOL, NULL,
                            "%s: what answers is no PostgreSQL server (check host and port)",
                            settings->label);
            return false;
        }
    }
    if (status == PGRES_POLLING_OK)
        return true;
    ht_pg_error_from_connect(error, settings->label, PQerrorMessage(conn),
                             PQconnectionUsedPassword(conn));
    ht_pg_error_set_proven(was_encrypted || PQsslInUse(conn));
    return false;
}

/* true: connected. Otherwise *error is set. */
static bool finish(PGconn *conn, Attempt *attempt, const HtPgPlace *place, int64_t deadline_us,
                   GError **error)
{
    const HtPgSettings *settings = attempt->settings;
    if (shake_hands(conn, attempt, deadline_us, error))
        return true;
    if (place->is_local || settings->is_weak)
        ht_pg_error_set_proven(true);
    if (PQconnectionNeedsPassword(conn) && settings->passfile_problem) {
        g_clear_error(error);
        ht_pg_error_set(error, HT_PG_ERROR_AUTH, NULL, "%s: no password: %s", settings->label,
                        settings->passfile_problem);
    }
    return false;
}

/* Keeps the first problem, and the one that ends the attempt. Where nobody answers at one address
 * (the other kind of localhost, say), what the one that does answer came to is the news. */
static void note_problem(Attempt *attempt, GError *problem)
{
    attempt->is_over = attempt->needs_password || !ht_pg_error_is_passing(problem);
    bool says_more = attempt->is_heard && !attempt->was_heard;
    attempt->was_heard |= attempt->is_heard;
    if (attempt->problem && !attempt->is_over && !says_more) {
        g_error_free(problem);
        return;
    }
    g_clear_error(&attempt->problem);
    attempt->problem = problem;
}

static PGconn *try_address(Attempt *attempt, const HtPgPlace *place, int64_t deadline_us)
{
    g_autoptr(PGconn) conn = start(attempt->settings, place);
    GError *problem = NULL;
    attempt->is_heard = false;
    if (!conn)
        ht_pg_error_set(&problem, HT_PG_ERROR_FAILED, NULL, "connection: out of memory");
    else if (finish(conn, attempt, place, deadline_us, &problem))
        return g_steal_pointer(&conn);
    attempt->needs_password = conn && PQconnectionNeedsPassword(conn);
    note_problem(attempt, problem);
    return NULL;
}

static int64_t share_of(int64_t deadline_us, guint places_left)
{
    int64_t now = g_get_monotonic_time();
    return now + (deadline_us - now) / places_left;
}

static PGconn *try_host(Attempt *attempt, const HtPgPlace *host, int64_t deadline_us)
{
    g_autoptr(GPtrArray) places = g_ptr_array_new_with_free_func((GDestroyNotify)ht_pg_place_free);
    GError *problem = NULL;
    attempt->is_heard = false;
    if (!ht_pg_place_resolve(host, places, deadline_us, attempt->cancellable, &problem)) {
        note_problem(attempt, problem);
        return NULL;
    }
    PGconn *conn = NULL;
    for (guint i = 0; i < places->len && !conn && !attempt->is_over; i++)
        conn = try_address(attempt, places->pdata[i], share_of(deadline_us, places->len - i));
    return conn;
}

/* Tries every place. NULL: *error, and *needs_password. */
static PGconn *try_places(const HtPgSettings *settings, int64_t deadline_us,
                          GCancellable *cancellable, bool *needs_password, GError **error)
{
    Attempt attempt = {.settings = settings, .cancellable = cancellable};
    const GPtrArray *hosts = settings->places;
    PGconn *conn = NULL;
    for (guint i = 0; i < hosts->len && !conn && !attempt.is_over; i++)
        conn = try_host(&attempt, hosts->pdata[i], share_of(deadline_us, hosts->len - i));
    *needs_password = attempt.needs_password;
    if (conn)
        g_clear_error(&attempt.problem);
    else
        g_propagate_error(error, attempt.problem);
    return conn;
}

/* Asks for a password as long as the server wants another one. */
static PGconn *connect_asking(HtPgSettings *settings, const HtPgOptions *options,
                              GCancellable *cancellable, GError **error)
{
    int64_t limit_us =
        (options->connect_timeout_ms > 0 ? options->connect_timeout_ms : DEFAULT_CONNECT_MS) * 1000;
    for (int attempt = 0;; attempt++) {
        bool needs_password = false;
        g_autoptr(GError) problem = NULL;
        int64_t deadline_us = g_get_monotonic_time() + limit_us;
        PGconn *conn = try_places(settings, deadline_us, cancellable, &needs_password, &problem);
        if (conn)
            return conn;
        bool is_wrong = attempt > 0 && g_error_matches(problem, HT_PG_ERROR, HT_PG_ERROR_AUTH);
        char *password = NULL;
        if ((needs_password || is_wrong) && options->password && attempt < PASSWORD_ATTEMPTS)
            password =
                options->password(settings->user, settings->label, attempt, options->password_data);
        if (!password) {
            g_propagate_error(error, g_steal_pointer(&problem));
            return NULL;
        }
        ht_pg_settings_set(settings, "password", password);
        ht_secret_free(password);
    }
}

HtPgConnection *ht_pg_connect(const HtPgOptions *options, GCancellable *cancellable, GError **error)
{
    g_autoptr(HtPgSettings) settings = ht_pg_settings_new(options, error);
    if (!settings)
        return NULL;
    /* libpq's own messages are told apart by their words: in this thread they are English. */
    locale_t plain = newlocale(LC_MESSAGES_MASK, "C", (locale_t)0);
    locale_t before = plain ? uselocale(plain) : (locale_t)0;
    PGconn *conn = connect_asking(settings, options, cancellable, error);
    if (plain) {
        uselocale(before);
        freelocale(plain);
    }
    if (!conn)
        return NULL;
    PQsetErrorVerbosity(conn, PQERRORS_DEFAULT);
    PQsetnonblocking(conn, 1);
    HtPgConnection *pg = g_new0(HtPgConnection, 1);
    pg->conn = conn;
    pg->kept = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    pg->cancellable = cancellable ? g_object_ref(cancellable) : NULL;
    pg->label = g_steal_pointer(&settings->label);
    pg->user = g_steal_pointer(&settings->user);
    pg->warning = g_steal_pointer(&settings->warning);
    pg->usual_silence_us =
        (options->silence_ms > 0 ? options->silence_ms : DEFAULT_SILENCE_MS) * 1000;
    pg->silence_us = pg->usual_silence_us;
    PQsetNoticeProcessor(conn, take_notice, pg);
    return pg;
}

void ht_pg_close(HtPgConnection *pg)
{
    if (!pg)
        return;
    ht_pg_finish(pg->conn);
    g_clear_object(&pg->cancellable);
    g_hash_table_unref(pg->kept);
    g_free(pg->label);
    g_free(pg->user);
    g_free(pg->warning);
    g_free(pg);
}

void ht_pg_set_silence_ms(HtPgConnection *pg, int64_t silence_ms)
{
    pg->silence_us = silence_ms > 0 ? silence_ms * 1000 : pg->usual_silence_us;
}

int64_t ht_pg_silence_ms(const HtPgConnection *pg)
{
    return pg->silence_us / 1000;
}

bool ht_pg_was_silent(const HtPgConnection *pg)
{
    return pg->was_silent;
}

bool ht_pg_is_usable(const HtPgConnection *pg)
{
    return !pg->is_broken && PQstatus(pg->conn) == CONNECTION_OK;
}

bool ht_pg_is_alive(HtPgConnection *pg)
{
    if (!pg->is_chatting) /* since the last statement */
        ht_pg_patience_begin(pg, HT_PG_CHATTER_MAX);
    pg->is_chatting = true;
    for (int i = 0; i < 16 && ht_pg_is_usable(pg); i++) {
        GPollFD fd = {.fd = PQsocket(pg->conn), .events = G_IO_IN};
        if (g_poll(&fd, 1, 0) <= 0)
            return true;
        /* A server that ends a session says so first and closes then. */
        if (!ht_pg_patience_consume(pg)) {
            pg->is_broken = true;
            return false;
        }
        ht_pg_patience_busy(pg);
        for (PGnotify *note = PQnotifies(pg->conn); note; note = PQnotifies(pg->conn))
            PQfreemem(note); /* nobody asked for any: they must not pile up */
        if (!ht_pg_patience_holds(pg, NULL))
            return false;
    }
    return ht_pg_is_usable(pg);
}

int ht_pg_socket(const HtPgConnection *pg)
{
    return PQsocket(pg->conn);
}

const char *ht_pg_server_label(const HtPgConnection *pg)
{
    return pg->label;
}

const char *ht_pg_user(const HtPgConnection *pg)
{
    return pg->user;
}

int ht_pg_server_version(const HtPgConnection *pg)
{
    return PQserverVersion(pg->conn);
}

const char *ht_pg_warning(const HtPgConnection *pg)
{
    return pg->warning;
}

void ht_pg_tls(const HtPgConnection *pg, char *out, gsize size)
{
    *out = '\0';
    if (!PQsslInUse(pg->conn))
        return;
    const char *protocol = PQsslAttribute(pg->conn, "protocol");
    const char *cipher = PQsslAttribute(pg->conn, "cipher");
    g_snprintf(out, size, "%s, %s", protocol ? protocol : "TLS", cipher ? cipher : "?");
}
