/* What can go wrong between us and a server, in the few kinds that a caller acts on. The message is
 * one clean line, "what: why (what to do)"; the server's own words in it are sanitised. Any thread.
 */
#pragma once

#include <glib.h>
#include <stdbool.h>

#define HT_PG_ERROR (ht_pg_error_quark())
GQuark ht_pg_error_quark(void);

typedef enum {
    HT_PG_ERROR_FAILED = 0, /* a statement failed and nothing below fits */
    HT_PG_ERROR_OFFLINE,    /* no server, line cut, silent too long: try later */
    HT_PG_ERROR_AUTH,       /* password or certificate of the login refused, or none given */
    HT_PG_ERROR_REFUSED,    /* the login is revoked or may not connect: the server said no to the
                               person */
    HT_PG_ERROR_DENIED,     /* no permission for this statement */
    HT_PG_ERROR_TLS,        /* the server could not prove who it is, or no encryption */
    HT_PG_ERROR_SETUP,      /* the connection settings are wrong or weaker than allowed */
    HT_PG_ERROR_SERVER,     /* server out of room, starting, stopping: try later */
    HT_PG_ERROR_RETRY,      /* serialization failure or deadlock: the same again at once */
    HT_PG_ERROR_DATA,       /* the server refused the values of a statement */
    HT_PG_ERROR_SCHEMA,    /* a table, column or function is missing: other version of the schema */
    HT_PG_ERROR_PROTOCOL,  /* bytes that make no sense; the connection is closed */
    HT_PG_ERROR_LARGE,     /* one row of the answer is larger than we take; closed as well */
    HT_PG_ERROR_CANCELLED, /* the caller's GCancellable */
} HtPgError;

/* true for the kinds after which the same may work later without anybody changing anything. */
bool ht_pg_error_is_passing(const GError *error);
/* The SQLSTATE (5 characters) of the last statement that set an HT_PG_ERROR in this thread, "" if
 * the server gave none. */
const char *ht_pg_error_sqlstate(void);
/* Was that error raised in a function of the server, in something it called, or while it waited for
 * a lock? `function`: "app.name(". */
bool ht_pg_error_is_in(const char *function);
/* Was the last HT_PG_ERROR of this thread from connecting said by a server that had proved who it
 * is (its certificate, or a local socket; or the caller allowed weak TLS)? What anybody on the
 * network could have said is no reason to delete anything. */
bool ht_pg_error_is_proven(void);
