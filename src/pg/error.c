/* Errors are told apart by SQLSTATE, also while connecting: libpq gives no field for it there, but
 * with verbose errors it stands in the message, whatever language the server speaks. libpq's own
 * texts are matched in the C locale. Of what a server says only the first line is shown; details
 * and hints may hold people's data, or the advice to switch TLS off. */
#include "hiretty/pg/error.h"

#include "hiretty/base/text.h"
#include "internal.h"

#include <string.h>

G_DEFINE_QUARK(ht - pg - error - quark, ht_pg_error)

#define MESSAGE_COLUMNS 240

/* More of a message is never looked at: it may be as long as a hostile server likes. */
#define MESSAGE_BYTES 4096

static _Thread_local char last_sqlstate[6];
static _Thread_local char last_where[1024];
static _Thread_local bool last_is_proven;

typedef struct {
    const char *state; /* SQLSTATE or its start */
    HtPgError code;
    const char *advice; /* NULL: none */
} StateRow;

/* First match wins: longer ones stand before their class. */
static const StateRow statement_states[] = {
    {"40", HT_PG_ERROR_RETRY, NULL},
    {"55P03", HT_PG_ERROR_RETRY, NULL},
    {"42501", HT_PG_ERROR_DENIED, "your role on the server does not allow this"},
    {"42P01", HT_PG_ERROR_SCHEMA, "the database has another version of the schema"},
    {"42703", HT_PG_ERROR_SCHEMA, "the database has another version of the schema"},
    {"42883", HT_PG_ERROR_SCHEMA, "the database has another version of the schema"},
    {"3F000", HT_PG_ERROR_SCHEMA, "the database has another version of the schema"},
    {"42704", HT_PG_ERROR_SCHEMA, "the database has another version of the schema"},
    {"57014", HT_PG_ERROR_SERVER, "the server stopped the statement; try again"},
    {"57P", HT_PG_ERROR_SERVER, "the server is stopping or starting; try again later"},
    {"25P03", HT_PG_ERROR_OFFLINE, NULL},
    {"25006", HT_PG_ERROR_SERVER, "the server takes no changes now; they are kept and sent later"},
    {"25P0", HT_PG_ERROR_FAILED, NULL},
    {"53", HT_PG_ERROR_SERVER, "the server is out of room; tell its administrator"},
    {"54", HT_PG_ERROR_DATA, NULL},
    {"58", HT_PG_ERROR_SERVER, "the server has a fault; tell its administrator"},
    {"08P01", HT_PG_ERROR_PROTOCOL, NULL},
    {"08", HT_PG_ERROR_OFFLINE, NULL},
    {"28", HT_PG_ERROR_REFUSED, "ask your administrator"},
    {"22", HT_PG_ERROR_DATA, NULL},
    {"23", HT_PG_ERROR_DATA, NULL},
    {"44", HT_PG_ERROR_DATA, NULL},
    {"P0", HT_PG_ERROR_DATA, NULL},
};

static const StateRow connect_states[] = {
    {"28P01", HT_PG_ERROR_AUTH, "check the user name and the password"},
    {"28", HT_PG_ERROR_REFUSED, "ask your administrator whether the login is still active"},
    {"42501", HT_PG_ERROR_REFUSED, "ask your administrator for the right to connect"},
    {"3D000", HT_PG_ERROR_SETUP, "check the database's name in the settings"},
    {"53300", HT_PG_ERROR_SERVER, "the server has too many connections; it is tried again"},
    {"53", HT_PG_ERROR_SERVER, "the server is out of room; it is tried again"},
    {"57P03", HT_PG_ERROR_SERVER, "the server is starting or stopping; it is tried again"},
    {"57", HT_PG_ERROR_SERVER, "the server is stopping; it is tried again"},
    {"55000", HT_PG_ERROR_SERVER, "the database takes no connections now; it is tried again"},
    {"22", HT_PG_ERROR_SETUP, "check the connection settings"},
    {"42", HT_PG_ERROR_SETUP, "check the connection settings"},
    {"08P01", HT_PG_ERROR_PROTOCOL, "check that the port is a PostgreSQL server's"},
};

typedef struct {
    const char *part; /* of libpq's message */
    HtPgError code;
    const char *why; /* NULL: libpq's line */
    const char *advice;
} TextRow;

/* libpq's own words. The order matters: a failed look at a certificate also says "SSL error". */
static const TextRow connect_texts[] = {
    {"does not match host name", HT_PG_ERROR_TLS, NULL,
     "use the host name that the certificate is for"},
    {"certificate verify failed", HT_PG_ERROR_TLS,
     "the server's certificate is not signed by a trusted authority",
     "name its authority's file as sslrootcert in the connection string, or ask who runs the "
     "server"},
    {"server does not support SSL", HT_PG_ERROR_TLS, "the server offers no encryption",
     "ask its administrator to switch TLS on"},
    {"no encryption", HT_PG_ERROR_TLS, "the server refuses connections without encryption", NULL},
    {"channel binding", HT_PG_ERROR_TLS,
     "the server cannot prove that it holds the password's key (channel binding)",
     "ask its administrator for scram-sha-256"},
    {"server signature", HT_PG_ERROR_TLS,
     "the server cannot prove that it knows the password's key", "ask who runs the server"},
    {"root certificate", HT_PG_ERROR_SETUP, "the root certificates cannot be read",
     "check the file that sslrootcert names"},
    {"private key file", HT_PG_ERROR_SETUP, "the client key cannot be used",
     "check the file and its rights"},
    {"EOF detected", HT_PG_ERROR_OFFLINE, "the connection was cut", NULL},
    {"unexpected eof", HT_PG_ERROR_OFFLINE, "the connection was cut", NULL},
    {"Connection reset", HT_PG_ERROR_OFFLINE, "the connection was cut", NULL},
    {"Broken pipe", HT_PG_ERROR_OFFLINE, "the connection was cut", NULL},
    {"closed the connection", HT_PG_ERROR_OFFLINE, "the server closed the connection", NULL},
    {"closed unexpectedly", HT_PG_ERROR_OFFLINE, "the connection was cut", NULL},
    {"SSL SYSCALL error", HT_PG_ERROR_OFFLINE, "the connection was cut", NULL},
    {"timed out", HT_PG_ERROR_OFFLINE, "no answer from the network", NULL},
    {"SSL", HT_PG_ERROR_TLS, NULL, "the encrypted connection could not be made"},
    {"certificate", HT_PG_ERROR_TLS, NULL, NULL},
    {"no password supplied", HT_PG_ERROR_AUTH, "the server wants a password and none is known",
     "sign in, or put it in the password file"},
    {"password", HT_PG_ERROR_AUTH, NULL, "check the user name and the password"},
    {"invalid connection option", HT_PG_ERROR_SETUP, NULL, "check the connection settings"},
    {"invalid port number", HT_PG_ERROR_SETUP, NULL, "check the port in the settings"},
    {" value: ", HT_PG_ERROR_SETUP, NULL, "check the connection settings"},
    {"session is ", HT_PG_ERROR_SERVER, NULL, NULL},
    {"expected authentication request", HT_PG_ERROR_PROTOCOL,
     "what answers is no PostgreSQL server", "check host and port"},
    {"invalid response", HT_PG_ERROR_PROTOCOL, "what answers is no PostgreSQL server",
     "check host and port"},
    {"authentication method", HT_PG_ERROR_TLS, NULL, NULL},
    {"Connection refused", HT_PG_ERROR_OFFLINE, "no server answers there (connection refused)",
     NULL},
    {"No such file or directory", HT_PG_ERROR_OFFLINE, "no server listens on this socket", NULL},
    {"Permission denied", HT_PG_ERROR_SETUP, "the socket may not be used",
     "check its folder's rights"},
};

bool ht_pg_error_is_passing(const GError *error)
{
    return g_error_matches(error, HT_PG_ERROR, HT_PG_ERROR_OFFLINE) ||
           g_error_matches(error, HT_PG_ERROR, HT_PG_ERROR_SERVER) ||
           g_error_matches(error, HT_PG_ERROR, HT_PG_ERROR_RETRY);
}

const char *ht_pg_error_sqlstate(void)
{
    return last_sqlstate;
}

bool ht_pg_error_is_in(const char *function)
{
    return strstr(last_where, function) != NULL;
}

bool ht_pg_error_is_proven(void)
{
    return last_is_proven;
}

void ht_pg_error_set_proven(bool is_proven)
{
    last_is_proven = is_proven;
}

static void remember(const char *sqlstate)
{
    last_is_proven = false;
    *last_where = '\0';
    g_strlcpy(last_sqlstate, sqlstate ? sqlstate : "", sizeof last_sqlstate);
}

void ht_pg_error_set(GError **error, HtPgError code, const char *sqlstate, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    g_autofree char *raw = g_strdup_vprintf(format, args);
    va_end(args);
    g_autofree char *clean = ht_text_sanitize(raw, -1, HT_TEXT_LINE, NULL);
    g_autofree char *cut = ht_text_cut(clean, MESSAGE_COLUMNS, true);
    remember(sqlstate);
    g_set_error_literal(error, HT_PG_ERROR, (int)code, cut);
}

static void set_with_advice(GError **error, HtPgError code, const char *sqlstate, const char *what,
                            const char *why, const char *advice)
{
    g_autofree char *clean =
        ht_text_sanitize(why, (gssize)strnlen(why, MESSAGE_BYTES), HT_TEXT_LINE, NULL);
    g_autofree char *cut = ht_text_cut(clean, MESSAGE_COLUMNS / 2, true);
    if (advice)
        ht_pg_error_set(error, code, sqlstate, "%s: %s (%s)", what, cut, advice);
    else
        ht_pg_error_set(error, code, sqlstate, "%s: %s", what, cut);
}

static const StateRow *find_state(const StateRow *rows, gsize n, const char *state)
{
    for (gsize i = 0; i < n; i++) {
        if (g_str_has_prefix(state, rows[i].state))
            return &rows[i];
    }
    return NULL;
}

void ht_pg_error_from_result(GError **error, HtPgConnection *pg, const PGresult *result)
{
    const char *state = result ? PQresultErrorField(result, PG_DIAG_SQLSTATE) : NULL;
    const char *why = result ? PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY) : NULL;
    bool is_cut = PQstatus(pg->conn) == CONNECTION_BAD;
    if (is_cut)
        pg->is_broken = true;
    if (!state) {
        pg->is_broken = true;
        ht_pg_error_set(error, HT_PG_ERROR_OFFLINE, NULL, "%s: the connection was cut", pg->label);
        return;
    }
    const StateRow *row = find_state(statement_states, G_N_ELEMENTS(statement_states), state);
    HtPgError code = row ? row->code : HT_PG_ERROR_FAILED;
    if (code == HT_PG_ERROR_PROTOCOL || g_str_has_prefix(state, "57P"))
        pg->is_broken = true;
    set_with_advice(error, code, state, "the server refused a statement", why ? why : state,
                    row ? row->advice : NULL);
    const char *where = PQresultErrorField(result, PG_DIAG_CONTEXT);
    g_strlcpy(last_where, where ? where : "", sizeof last_where);
}

/* "…SEVERITY:  SQLSTATE: primary message" of a verbose error; NULL if the server did not speak. */
static char *find_connect_state(const char *message, const char **primary)
{
    for (const char *p = strstr(message, ":  "); p; p = strstr(p + 1, ":  ")) {
        const char *state = p + 3;
        gsize n = 0;
        while (n < 5 && (g_ascii_isdigit(state[n]) || g_ascii_isupper(state[n])))
            n++;
        if (n == 5 && state[5] == ':' && state[6] == ' ') {
            *primary = state + 7;
            return g_strndup(state, 5);
        }
    }
    return NULL;
}

/* The first line, without libpq's 'connection to server at "…", port … failed: '. */
static char *first_line(const char *message)
{
    const char *failed = strstr(message, " failed: ");
    if (failed && g_str_has_prefix(message, "connection to server"))
        message = failed + strlen(" failed: ");
    return g_strndup(message, strcspn(message, "\r\n"));
}

void ht_pg_error_from_connect(GError **error, const char *label, const char *message,
                              bool was_password_used)
{
    const char *primary = NULL;
    g_autofree char *state = find_connect_state(message, &primary);
    if (state) {
        g_autofree char *why = first_line(primary);
        const StateRow *row = find_state(connect_states, G_N_ELEMENTS(connect_states), state);
        HtPgError code = row ? row->code : HT_PG_ERROR_SERVER;
        const char *advice = row ? row->advice : NULL;
        if (strcmp(state, "28000") == 0 && strstr(why, "no encryption")) {
            code = HT_PG_ERROR_TLS;
            advice = "the server takes encrypted connections only";
        }
        set_with_advice(error, code, state, label, why, advice);
        return;
    }
    g_autofree char *line = first_line(message);
    for (gsize i = 0; i < G_N_ELEMENTS(connect_texts); i++) {
        const TextRow *row = &connect_texts[i];
        if (strstr(line, row->part)) {
            set_with_advice(error, row->code, NULL, label, row->why ? row->why : line, row->advice);
            return;
        }
    }
    set_with_advice(error, was_password_used ? HT_PG_ERROR_AUTH : HT_PG_ERROR_OFFLINE, NULL, label,
                    *line ? line : "no connection", NULL);
}
