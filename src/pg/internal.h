/* What the files of this layer share; nobody outside includes it. */
#pragma once

#include <gio/gio.h>
#include <libpq-fe.h>
#include <stdbool.h>
#include <stdint.h>

#include "hiretty/pg/connection.h"
#include "hiretty/pg/error.h"
#include "hiretty/pg/query.h"

G_DEFINE_AUTOPTR_CLEANUP_FUNC(PGresult, PQclear)
/* intake.c. PQfinish, which says farewell, and reads where that finds no room. NULL: nothing. */
void ht_pg_finish(PGconn *conn);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(PGconn, ht_pg_finish)

struct HtPgConnection {
    PGconn *conn;
    GCancellable *cancellable; /* nullable */
    char *label, *user, *warning;
    int64_t silence_us, usual_silence_us;
    bool is_broken, was_silent;
    GHashTable *kept; /* SQL -> name: statements that the server has prepared for this connection */
    guint kept_serial;
    /* How long is waited on: patience.c. */
    int64_t waited_us;   /* since the last progress */
    int64_t credited_us; /* … and what the last bytes, taken for progress, made of it */
    int64_t lasted_us;   /* waited for the present row or result */
    int64_t computed_us; /* by libpq, over what is none */
    guint n_notices;     /* since the last one */
    gsize got;           /* bytes since then */
    int unsent;          /* bytes in the kernel's queue that the other side has not confirmed */
    gsize answer_bytes;  /* of the present row or result */
    gsize answer_limit;
    bool is_chatting; /* between statements: what comes is counted on */
};

/* More than this before the first statement, or between two, is no PostgreSQL server's. */
#define HT_PG_CHATTER_MAX ((gsize)1 << 20)
/* One row of a stream; a whole result that is kept; whatever else the server says at once. */
#define HT_PG_ANSWER_MAX ((gsize)64 << 20)

/* One place to connect to. `address` is NULL for a Unix socket, and before names are looked up. */
typedef struct {
    char *host, *port, *address;
    bool is_local;
} HtPgPlace;

void ht_pg_place_free(HtPgPlace *place);

/* The settings of a connection, completed and made safe: names and values for libpq, without the
 * place. Values are wiped when freed. */
typedef struct {
    GPtrArray *names;  /* owned */
    GPtrArray *values; /* owned */
    GPtrArray *places; /* HtPgPlace */
    char *label, *user;
    char *warning;          /* NULL: nothing to warn of */
    char *passfile_problem; /* why the password file was not used, or NULL */
    bool is_weak;           /* TLS weaker than verify-full, as the caller allowed */
} HtPgSettings;

/* Network free. NULL: HT_PG_ERROR_SETUP. */
HtPgSettings *ht_pg_settings_new(const HtPgOptions *options, GError **error);
void ht_pg_settings_free(HtPgSettings *settings);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HtPgSettings, ht_pg_settings_free)
/* NULL if it is not set. */
const char *ht_pg_settings_get(const HtPgSettings *settings, const char *name);
/* `value` NULL takes the setting away. */
void ht_pg_settings_set(HtPgSettings *settings, const char *name, const char *value);

/* passfile.c. The name of a file that is not there. */
const char *ht_pg_passfile_none(void);
/* Settles which password file libpq may read; notes why not the one that was meant. */
void ht_pg_passfile_choose(HtPgSettings *settings);

/* Appends one place for each address of `place` to `out`; waits until `deadline_us` of the
 * monotonic clock. */
bool ht_pg_place_resolve(const HtPgPlace *place, GPtrArray *out, int64_t deadline_us,
                         GCancellable *cancellable, GError **error);

/* Is a descriptor left? GLib ends the program when it has none for a wake-up. Another thread may
 * take the last one after all. */
bool ht_pg_can_wake(void);

/* Waits until the socket is ready. false with HT_PG_ERROR_CANCELLED, or with `what` at the deadline
 * as HT_PG_ERROR_OFFLINE. */
bool ht_pg_wait_socket(int fd, GIOCondition condition, int64_t deadline_us,
                       GCancellable *cancellable, const char *what, GError **error);
/* intake.c. From begin to end the calls of libpq in this thread read at most so many bytes, TLS
 * included; end says how many they were. Every call of libpq that may read stands between the two.
 */
void ht_pg_intake_begin(gsize most);
gsize ht_pg_intake_end(void);
/* Since begin, did a call find that nothing more was there (or allowed, or that the line ended)? */
bool ht_pg_intake_was_dry(void);

/* patience.c. A new statement, or a part of one: all of the patience anew, and room for an answer
 * of `limit` bytes. */
void ht_pg_patience_begin(HtPgConnection *pg, gsize limit);
/* A row was handed on: room and time for another one; what was waited is not forgotten. */
void ht_pg_patience_row(HtPgConnection *pg);
/* All of the question is sent: the time for its answer begins. */
void ht_pg_patience_sent(HtPgConnection *pg);
/* The server said something beside. */
void ht_pg_patience_notice(HtPgConnection *pg);
/* PQisBusy and PQgetCopyData, with the time that they take over what is no answer. */
bool ht_pg_patience_busy(HtPgConnection *pg);
int ht_pg_patience_copy(HtPgConnection *pg, char **bytes);
/* false, and the connection is broken: something comes all the time, but no answer. */
bool ht_pg_patience_holds(HtPgConnection *pg, GError **error);
/* Waits for the socket; breaks the connection when there was no progress for too long, or what
 * comes is no answer. */
bool ht_pg_patience_wait(HtPgConnection *pg, GIOCondition condition, GError **error);
/* PQconsumeInput, counted. false: the line is cut, or the answer is too large. */
bool ht_pg_patience_consume(HtPgConnection *pg);

/* Sends all that is buffered, reading meanwhile so that neither side blocks. */
bool ht_pg_flush(HtPgConnection *pg, GError **error);
/* The same; `take` takes what has come meanwhile and may set *error itself. false: the connection
 * broke. */
typedef bool (*HtPgTakeFunc)(gpointer data);
bool ht_pg_flush_taking(HtPgConnection *pg, HtPgTakeFunc take, gpointer data, GError **error);
/* Waits for more bytes and takes them in. */
bool ht_pg_read_more(HtPgConnection *pg, GError **error);
/* The next result (NULL: none left) once it is complete. */
bool ht_pg_next_result(HtPgConnection *pg, PGresult **result, GError **error);
/* Reads and forgets what is left of a statement; breaks the connection when that fails. */
void ht_pg_drain(HtPgConnection *pg);
/* Refuses work on a connection that broke before. */
bool ht_pg_check_usable(HtPgConnection *pg, GError **error);
/* Hands a statement to libpq. */
bool ht_pg_send(HtPgConnection *pg, const char *sql, const HtPgParam *params, int n_params,
                GError **error);
/* The same with statements that have no parameters and ';' between them. */
bool ht_pg_send_text(HtPgConnection *pg, const char *sql, GError **error);
/* As ht_pg_send with one that the server keeps under `name`. Ids need a parameter written
 * $N::uuid[]. */
bool ht_pg_send_kept(HtPgConnection *pg, const char *name, const HtPgParam *params, int n_params,
                     GError **error);

/* Errors. The message is sanitised and cut; `sqlstate` NULL: none. */
void ht_pg_error_set(GError **error, HtPgError code, const char *sqlstate, const char *format, ...)
    G_GNUC_PRINTF(4, 5);
/* From a result of a statement; NULL result: from the connection's state. */
void ht_pg_error_from_result(GError **error, HtPgConnection *pg, const PGresult *result);
/* From a failed attempt to connect: libpq's message in the C locale with verbose errors. */
void ht_pg_error_from_connect(GError **error, const char *label, const char *message,
                              bool was_password_used);
/* A row, or a result, is larger than the limit of its answer. */
void ht_pg_error_set_too_large(HtPgConnection *pg, GError **error);
/* What ht_pg_error_is_proven says of the error set last. */
void ht_pg_error_set_proven(bool is_proven);
