/* One connection to a PostgreSQL server. Remote servers must prove who they are (verify-full with
 * an explicit root, channel binding); Unix sockets are exempt; anything weaker needs
 * `allow_weak_tls` and leaves a warning for as long as the connection lives. Every wait has its own
 * deadline and ends at once when the GCancellable is cancelled. A connection belongs to one thread
 * at a time; nothing here may run on the UI thread. */
#pragma once

#include <gio/gio.h>
#include <stdbool.h>
#include <stdint.h>

#include "hiretty/pg/error.h"

typedef struct HtPgConnection HtPgConnection;

/* Asks for a password after the server wanted one and neither the connection settings nor libpq's
 * passfile had it. Returns a string that pg frees with ht_secret_free, or NULL (gives up:
 * HT_PG_ERROR_AUTH). `attempt` is 0 the first time. `user` and `server` are sanitised. */
typedef char *(*HtPgPasswordFunc)(const char *user, const char *server, int attempt, gpointer data);

typedef struct {
    const char *dsn; /* libpq's "key=value …", URI or "service=…"; NULL: PG… variables alone */
    const char *application_name; /* NULL: "hiretty" */
    const char
        *root_certificate; /* file of CA certificates; NULL: the DSN's, else the system's bundle */
    bool allow_weak_tls;   /* accept what the DSN says about TLS, with a lasting warning */
    int64_t connect_timeout_ms; /* whole connect incl. name lookup and TLS; 0: 10,000 */
    int64_t silence_ms;         /* as ht_pg_set_silence_ms, for the whole life; 0: the default */
    HtPgPasswordFunc password;  /* NULL: never asks */
    gpointer password_data;
    const char *password_text;  /* used when the DSN has none; NULL: the passfile's */
    const char *password_typed; /* by the person, just now: before every other one; NULL: none */
    const char *note; /* a lasting warning of the caller's own, added to the connection's; NULL */
} HtPgOptions;

/* Blocks until connected, refused, out of time or cancelled. `cancellable` (nullable) is kept for
 * all later waits. */
HtPgConnection *ht_pg_connect(const HtPgOptions *options, GCancellable *cancellable,
                              GError **error);
/* The login that these options mean, without connecting; sanitised, NULL if they are wrong. Caller
 * frees. */
char *ht_pg_options_user(const HtPgOptions *options);
/* The server that these options mean, as ht_pg_server_label says it; NULL if they are wrong. Caller
 * frees. */
char *ht_pg_options_server(const HtPgOptions *options);
/* A fingerprint (64 hex digits) of where these options lead and as whom: hosts (localhost by
 * whatever name), ports, database and user, never a password. NULL if they lead nowhere. Caller
 * frees. */
char *ht_pg_options_identity(const HtPgOptions *options);
/* The lasting warning that a connection with these options will have, without connecting; NULL if
 * there is nothing to warn of. Caller frees. */
char *ht_pg_options_warning(const HtPgOptions *options);
/* Is it a connection string? HT_PG_ERROR_SETUP says what is wrong with it. Nothing is looked up. */
bool ht_pg_dsn_check(const char *dsn, GError **error);
/* Does the connection string itself hold a password? */
bool ht_pg_dsn_has_password(const char *dsn);
void ht_pg_close(HtPgConnection *pg);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HtPgConnection, ht_pg_close)

/* Longest wait without progress within a statement, from now on; 0: the default, 11,000. Progress
 * is some part of the answer, or of what we send being confirmed. */
void ht_pg_set_silence_ms(HtPgConnection *pg, int64_t silence_ms);
int64_t ht_pg_silence_ms(const HtPgConnection *pg);
/* Was the connection given up because there was no progress for that long? */
bool ht_pg_was_silent(const HtPgConnection *pg);
/* false after a cut, a silence or a protocol error: close it and connect again. */
bool ht_pg_is_usable(const HtPgConnection *pg);
/* Looks, without waiting, whether the server has closed the line meanwhile. */
bool ht_pg_is_alive(HtPgConnection *pg);
/* The socket, for a poll between statements. */
int ht_pg_socket(const HtPgConnection *pg);

/* "db.example.com:5432/hiring" or "/run/postgresql", sanitised; for people. */
const char *ht_pg_server_label(const HtPgConnection *pg);
const char *ht_pg_user(const HtPgConnection *pg);   /* sanitised */
int ht_pg_server_version(const HtPgConnection *pg); /* 150018 */
/* The lasting warning about weak TLS, or NULL. */
const char *ht_pg_warning(const HtPgConnection *pg);
/* Protocol and cipher of the line ("TLSv1.3, TLS_AES_256_GCM_SHA384"), "" without TLS. */
void ht_pg_tls(const HtPgConnection *pg, char *out, gsize size);
