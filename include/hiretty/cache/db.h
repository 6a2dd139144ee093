/* A thin door to SQLite, for the cache and the outbox; nobody else sees sqlite3.h. A connection
 * belongs to one thread (interrupt alone is for any). Statements are named files of SQL, prepared
 * once a connection and kept. Text and blobs that a column gives are borrowed until the next step
 * or reset. */
#pragma once

#include "hiretty/base/ident.h"

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

typedef struct HtDb HtDb;
typedef struct HtStmt HtStmt;

typedef enum {
    HT_DB_READ = 0,
    HT_DB_WRITE = 1 << 0,    /* read and write, create if missing */
    HT_DB_FULL = 1 << 1,     /* synchronous=FULL (outbox); else NORMAL */
    HT_DB_LOADING = 1 << 2,  /* a generation that is being loaded: rollback journal, no sync, nobody
                                else; what does not fit is sorted in files beside it */
    HT_DB_UNPROVEN = 1 << 3, /* nothing is written, not even the journal's mode, before
                                ht_db_prove */
} HtDbFlags;

/* `thread` names the connection in traces ("ui", "reader", "store"); `cache_kib` its page cache.
 * The file is opened 0600 without following links; HT_CACHE_ERROR_… . */
HtDb *ht_db_open(const char *path, HtDbFlags flags, const char *thread, int cache_kib,
                 GError **error);
void ht_db_close(HtDb *db);
/* It is ours: from now on it may be written. */
bool ht_db_prove(HtDb *db, GError **error);
/* Where to leave a mark when damage shows, so that the next open looks at the whole file. */
void ht_db_set_suspect(HtDb *db, const char *mark_path);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HtDb, ht_db_close)

/* Many look-ups only know "no row". Whoever decides by several of them asks once at the end:
 * ht_db_check is false, with the first error, if since the opening or the last ht_db_watch the disk
 * failed or showed damage. */
void ht_db_watch(HtDb *db);
bool ht_db_check(HtDb *db, GError **error);
/* Passes `why` (taken) on; the disk's own error instead if that came first. */
void ht_db_explain(HtDb *db, GError *why, GError **error);

/* integrity_check, or quick_check (no look at the indexes): CORRUPT when something is wrong, IO
 * when a page could not be read. */
bool ht_db_check_pages(HtDb *db, bool quick, GError **error);

/* A writer in WAL mode. A commit that leaves more than so many pages in the log takes them into the
 * file, which syncs both; what is less waits until somebody has the time for ht_db_take_log. */
void ht_db_keep_log(HtDb *db, int pages);
int ht_db_log_pages(const HtDb *db); /* after the last commit; 0 once they were taken in */
/* Takes in what no reader needs any more. Can be interrupted: then the rest is taken another time.
 */
bool ht_db_take_log(HtDb *db, GError **error);

/* Any thread: the running statement ends with HT_CACHE_ERROR_INTERRUPTED. */
void ht_db_interrupt(HtDb *db);

/* How long a statement waits for other connections' locks; -1: the default of 10 s. */
void ht_db_set_patience(HtDb *db, int timeout_ms);
/* Who opens a file that has to be changed first (an older program made it) waits so long for
 * whoever writes to it: somebody looks at a screen that is not there yet. */
#define HT_DB_OPEN_PATIENCE_MS 2000
/* Where that was too short, says so of `what` ("the cache") instead of what SQLite called it. */
void ht_db_explain_busy(GError **error, const char *what);

/* Transactions: immediate (takes the writer's lock now) or deferred (a reader's snapshot). */
bool ht_db_begin(HtDb *db, bool immediate, GError **error);
bool ht_db_commit(HtDb *db, GError **error);
void ht_db_rollback(HtDb *db); /* nothing when there is none */
bool ht_db_in_transaction(HtDb *db);

/* Several statements without parameters (migrations, pragmas). */
bool ht_db_exec(HtDb *db, const char *sql, GError **error);
int64_t ht_db_pragma_int(HtDb *db, const char *name); /* -1 on failure */
int64_t ht_db_changes(HtDb *db);
int64_t ht_db_last_rowid(HtDb *db);

/* The statement of an embedded file ("sql/cache/queries/job_row.sql"), reset and with all
 * parameters NULL. Owned by the connection: at most one use at a time. NULL and an error when it
 * does not prepare. */
HtStmt *ht_db_stmt(HtDb *db, const char *resource, GError **error);
/* The same for SQL that was put together (the compiled filters); kept by its text, at most 64 of
 * them. */
HtStmt *ht_db_stmt_text(HtDb *db, const char *sql, GError **error);
/* A statement of the caller's own; finalize it before the connection closes. */
HtStmt *ht_db_prepare(HtDb *db, const char *name, const char *sql, GError **error);
void ht_stmt_finalize(HtStmt *stmt);

/* Parameters are numbered from 1 as in SQLite. Texts are copied. */
void ht_stmt_bind_int(HtStmt *stmt, int index, int64_t value);
void ht_stmt_bind_real(HtStmt *stmt, int index, double value);
void ht_stmt_bind_text(HtStmt *stmt, int index, const char *value); /* NULL binds NULL */
void ht_stmt_bind_text_len(HtStmt *stmt, int index, const char *value, gsize len);
/* Not copied: must stay as it is until the statement is reset and bound anew or cleared. */
void ht_stmt_bind_text_borrowed(HtStmt *stmt, int index, const char *value, gsize len);
void ht_stmt_bind_uuid(HtStmt *stmt, int index, const HtUuid *id); /* NULL or nil binds NULL */
/* A row's id as the server has it, nil included: nothing forbids a server to use that one. */
void ht_stmt_bind_id(HtStmt *stmt, int index, const HtUuid *id);
void ht_stmt_bind_null(HtStmt *stmt, int index);

typedef enum {
    HT_STEP_ERROR = -1,
    HT_STEP_DONE = 0,
    HT_STEP_ROW = 1,
} HtStep;

HtStep ht_stmt_step(HtStmt *stmt, GError **error);
/* Steps a statement that gives no rows, and resets it. */
bool ht_stmt_run(HtStmt *stmt, GError **error);
void ht_stmt_reset(HtStmt *stmt);
/* Resets and sets all parameters to NULL. */
void ht_stmt_clear(HtStmt *stmt);
/* Resets at the end of a scope: g_auto(HtStmtUse) use = {ht_db_stmt(…)}; */
typedef struct {
    HtStmt *stmt;
} HtStmtUse;
void ht_stmt_use_clear(HtStmtUse *use);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(HtStmtUse, ht_stmt_use_clear)

/* Columns are numbered from 0. */
bool ht_stmt_is_null(HtStmt *stmt, int column);
bool ht_stmt_is_int(HtStmt *stmt, int column); /* as it is stored */
bool ht_stmt_is_real(HtStmt *stmt, int column);
bool ht_stmt_is_text(HtStmt *stmt, int column);
int64_t ht_stmt_int(HtStmt *stmt, int column); /* 0 for NULL */
double ht_stmt_real(HtStmt *stmt, int column);
const char *ht_stmt_text(HtStmt *stmt, int column); /* NULL for NULL */
gsize ht_stmt_bytes(HtStmt *stmt, int column);
char *ht_stmt_dup_text(HtStmt *stmt, int column);
bool ht_stmt_uuid(HtStmt *stmt, int column,
                  HtUuid *out); /* false and nil for NULL or another size */
