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
G_DEFINE_AUTOPTR_CLEANUP_FUNC(PGconn, PQfinish)

struct HtPgConnection {
    PGconn *conn;
    GCancellable *cancellable; /* nullable */
    char *label, *user, *warning;
    int64_t silence_us;
    bool is_broken;
    GHashTable *kept; /* SQL -> name: statements that the server has prepared for this connection */
    guint kept_serial;
};

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
    char *label, *user, *warning;
} HtPgSettings;

/* Network free. NULL: HT_PG_ERROR_SETUP. */
HtPgSettings *ht_pg_settings_new(const HtPgOptions *options, GError **error);
void ht_pg_settings_free(HtPgSettings *settings);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HtPgSettings, ht_pg_settings_free)
/* NULL if it is not set. */
const char *ht_pg_settings_get(const HtPgSettings *settings, const char *name);
/* `value` NULL takes the setting away. */
void ht_pg_settings_set(HtPgSettings *settings, const char *name, const char *value);

/* Replaces places that have a name by one for each of its addresses; waits until `deadline_us` of
 * the monotonic clock. */
bool ht_pg_settings_resolve(HtPgSettings *settings, int64_t deadline_us, GCancellable *cancellable,
                            GError **error);

/* Waits until the socket is ready. false with HT_PG_ERROR_CANCELLED, or with `what` at the deadline
 * as HT_PG_ERROR_OFFLINE. */
bool ht_pg_wait_socket(int fd, GIOCondition condition, int64_t deadline_us,
                       GCancellable *cancellable, const char *what, GError **error);
/* Sends all that is buffered, reading meanwhile so that neither side blocks. */
bool ht_pg_flush(HtPgConnection *pg, GError **error);
/* Waits for more bytes and takes them in; the silence limit begins anew with each call. */
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
/* The same with one that the server keeps under `name`. Ids need a parameter written $N::uuid[]. */
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
