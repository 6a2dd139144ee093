/* SQLite behind a thin door. Connections are never shared between threads (NOMUTEX); a writer is
 * handed over to its thread once. The file is never opened by other means while a connection lives:
 * closing any descriptor of it would drop SQLite's POSIX locks, so its owner and mode are looked at
 * with lstat. */
#include "hiretty/cache/db.h"

#include "bulk.h"
#include "hiretty/base/clock.h"
#include "hiretty/base/limits.h"
#include "hiretty/base/log.h"
#include "hiretty/base/paths.h"
#include "hiretty/base/resource.h"
#include "hiretty/base/text.h"
#include "hiretty/cache/error.h"
#include "match_filter.h"
#include "vfs.h"

#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define BUSY_MS 10000
#define PAGE_BYTES 8192
#define KEPT_TEXTS 64 /* compiled filters kept a connection */

struct HtStmt {
    sqlite3_stmt *handle;
    HtDb *db;
    char *name;
};

struct HtDb {
    sqlite3 *handle;
    char *thread;
    char *path;
    GError *failure;       /* the first of the disk since ht_db_watch; NULL */
    bool has_begun;        /* a transaction, and not ended it */
    GError *undone;        /* what made SQLite undo it since then; NULL */
    char *suspect;         /* the mark to leave when damage shows; NULL = none */
    GHashTable *named;     /* resource path → HtStmt */
    GHashTable *texts;     /* SQL → HtStmt */
    GQueue *texts_order;   /* the SQL texts, oldest first (borrowed from `texts`) */
    GHashTable *by_handle; /* sqlite3_stmt → HtStmt, for traces; NULL without */
    HtBulk *bulk;          /* of the handle */
    int log_pages;         /* in the WAL that the file has not taken in, as of the last commit */
    int log_max;           /* above this a commit takes them in; 0: as SQLite does */
};

/* --- Errors */

static HtCacheError code_of(int rc)
{
    switch (rc & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return HT_CACHE_ERROR_BUSY;
    case SQLITE_FULL:
        return HT_CACHE_ERROR_FULL;
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN:
    case SQLITE_PERM:
    case SQLITE_READONLY:
    case SQLITE_AUTH:
        return HT_CACHE_ERROR_IO;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
        return HT_CACHE_ERROR_CORRUPT;
    case SQLITE_INTERRUPT:
        return HT_CACHE_ERROR_INTERRUPTED;
    case SQLITE_CONSTRAINT:
        return HT_CACHE_ERROR_CONSTRAINT;
    default:
        return HT_CACHE_ERROR_FAILED;
    }
}

static void mark_suspect(const HtDb *db)
{
    if (db->suspect)
        ht_file_save_private(db->suspect, "1\n", -1, NULL);
}

/* SQLite tries again to read only when it cannot create a file, and so forgets why: asked again. 0
 * = it could be done now. */
static int why_not_created(const HtDb *db)
{
    g_autofree char *dir = g_path_get_dirname(db->path);
    g_autofree char *probe = g_build_filename(dir, ".probe", NULL);
    int fd = open(probe, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    int number = fd < 0 ? errno : 0;
    if (fd >= 0) {
        close(fd);
        unlink(probe);
    }
    return number == EEXIST ? 0 : number;
}

static bool is_of_disk(HtCacheError code)
{
    return code == HT_CACHE_ERROR_IO || code == HT_CACHE_ERROR_FULL ||
           code == HT_CACHE_ERROR_LIMIT || code == HT_CACHE_ERROR_CORRUPT;
}

/* After some errors SQLite undoes the transaction by itself, and what comes next would stand alone,
 * each statement at once: the place up to which was pulled without what was pulled. */
static bool has_lost_transaction(const HtDb *db)
{
    return db->has_begun && db->handle && sqlite3_get_autocommit(db->handle);
}

/* true, with what undid it: nothing more is done before the transaction was ended. */
static bool refuse_lost(const HtDb *db, GError **error)
{
    if (!has_lost_transaction(db))
        return false;
    if (db->undone)
        g_propagate_error(error, g_error_copy(db->undone));
    else
        g_set_error(error, HT_CACHE_ERROR, HT_CACHE_ERROR_FAILED, "the transaction was undone");
    return true;
}

static void end_transaction(HtDb *db)
{
    db->has_begun = false;
    g_clear_error(&db->undone);
}

static void set_error(GError **error, HtDb *db, int rc, const char *what)
{
    sqlite3 *handle = db->handle;
    HtCacheError code = code_of(rc);
    if (code == HT_CACHE_ERROR_CORRUPT)
        mark_suspect(db);
    if (code == HT_CACHE_ERROR_IO && handle && sqlite3_system_errno(handle) == ENOSPC)
        code = HT_CACHE_ERROR_FULL;
    /* A virtual table that could not be read says that its constructor failed. */
    bool says_why = handle && (rc & 0xff) != SQLITE_IOERR;
    const char *why = says_why ? sqlite3_errmsg(handle) : sqlite3_errstr(rc);
    int number = (rc & 0xff) == SQLITE_CANTOPEN ? why_not_created(db) : 0;
    int write_failure = ht_vfs_take_write_failure();
    if (number == EFBIG || ((rc & 0xff) == SQLITE_IOERR && write_failure == EFBIG))
        code = HT_CACHE_ERROR_LIMIT;
    else if (number == ENOSPC)
        code = HT_CACHE_ERROR_FULL;
    else if (number)
        why = g_strerror(number);
    if (code == HT_CACHE_ERROR_LIMIT)
        why = HT_LIMIT_FILE_SIZE;
    if (code == HT_CACHE_ERROR_FULL)
        why = "the disk is full";
    g_autofree char *clean = ht_text_sanitize(why, -1, HT_TEXT_LINE, NULL);
    g_autoptr(GError) fresh = g_error_new(HT_CACHE_ERROR, (int)code, "%s: %s", what, clean);
    if (!db->failure && is_of_disk(code))
        db->failure = g_error_copy(fresh);
    if (has_lost_transaction(db) && !db->undone)
        db->undone = g_error_copy(fresh);
    g_propagate_error(error, g_steal_pointer(&fresh));
}

/* --- Functions for SQL */

static void sql_fold(sqlite3_context *context, int n, sqlite3_value **values)
{
    (void)n;
    const char *text = (const char *)sqlite3_value_text(values[0]);
    if (!text) {
        sqlite3_result_null(context);
        return;
    }
    char *folded = ht_text_fold(text);
    sqlite3_result_text(context, folded, -1, g_free);
}

/* A text that is not there has no words. */
static void sql_answers(sqlite3_context *context, int n, sqlite3_value **values)
{
    (void)n;
    const char *text = (const char *)sqlite3_value_text(values[0]);
    const char *query = (const char *)sqlite3_value_text(values[1]);
    sqlite3_result_int(context, text && query && ht_fts_answers(text, query));
}

/* ht_sure(k, id, id of k): k, if the two ids are one. The index of the ids is a table of its own: a
 * bit of it that flips would lead to somebody else's row, and no check of a page tells. A waiting
 * note has no key yet: all NULL. */
static void sql_sure(sqlite3_context *context, int n, sqlite3_value **values)
{
    (void)n;
    int size = sqlite3_value_bytes(values[1]);
    bool is_none = sqlite3_value_type(values[0]) == SQLITE_NULL;
    bool is_same =
        size == sqlite3_value_bytes(values[2]) && size > 0 &&
        memcmp(sqlite3_value_blob(values[1]), sqlite3_value_blob(values[2]), (gsize)size) == 0;
    if (is_none || is_same)
        sqlite3_result_value(context, values[0]);
    else
        sqlite3_result_error_code(context, SQLITE_CORRUPT);
}

/* --- Traces: "thread µs statement" */

static GMutex trace_lock;
static FILE *trace_file;

static FILE *trace_output(void)
{
    static gsize once;
    if (g_once_init_enter(&once)) {
        const char *path = g_getenv("HIRETTY_TRACE");
        int fd =
            path && *path ? ht_file_open_private(path, O_WRONLY | O_CREAT | O_APPEND, NULL) : -1;
        if (fd >= 0)
            trace_file = fdopen(fd, "a");
        g_once_init_leave(&once, 1);
    }
    return trace_file;
}

static int on_profile(unsigned type, void *data, void *handle, void *time)
{
    const HtDb *db = data;
    if (type != SQLITE_TRACE_PROFILE)
        return 0;
    const HtStmt *stmt = g_hash_table_lookup(db->by_handle, handle);
    int64_t ns = *(sqlite3_int64 *)time;
    g_mutex_lock(&trace_lock);
    fprintf(trace_file, "%s %" G_GINT64_FORMAT " %s\n", db->thread, ns / 1000,
            stmt ? stmt->name : "-");
    fflush(trace_file);
    g_mutex_unlock(&trace_lock);
    return 0;
}

/* --- Opening */

static bool refuse_file(GError **error, const char *path, const char *why)
{
    g_set_error(error, HT_CACHE_ERROR, HT_CACHE_ERROR_IO, "%s %s", path, why);
    return false;
}

/* Ours, regular, for nobody else; *exists. */
static bool check_file(const char *path, bool *exists, GError **error)
{
    struct stat st;
    *exists = lstat(path, &st) == 0;
    if (!*exists)
        return errno == ENOENT || refuse_file(error, path, g_strerror(errno));
    if (!S_ISREG(st.st_mode))
        return refuse_file(error, path, "is no regular file");
    if (st.st_uid != geteuid())
        return refuse_file(error, path, "belongs to somebody else");
    if (st.st_mode & (S_IWGRP | S_IWOTH))
        return refuse_file(error, path, "can be written by others (chmod go-w)");
    if (st.st_nlink > 1)
        return refuse_file(error, path, "has a second name, a hard link (put a copy in its place)");
    bool is_open = st.st_mode & (S_IRWXG | S_IRWXO);
    if (is_open && chmod(path, 0600) != 0)
        return refuse_file(error, path, "can be read by others");
    if (is_open) {
        g_autofree char *name = g_path_get_basename(path);
        ht_log(HT_LOG_WARNING, "others could read %s until now", name);
    }
    return true;
}

static bool make_file(const char *path, GError **error)
{
    g_autoptr(GError) why = NULL;
    int fd = ht_file_open_private(path, O_RDWR | O_CREAT, &why);
    if (fd < 0) {
        g_set_error(error, HT_CACHE_ERROR, HT_CACHE_ERROR_IO, "%s", why->message);
        return false;
    }
    close(fd);
    return true;
}

/* SQLite refuses links anywhere in the path, so those of the folders above are resolved first. */
static char *resolved_path(const char *path)
{
    g_autofree char *dir = g_path_get_dirname(path);
    g_autofree char *name = g_path_get_basename(path);
    char *real = realpath(dir, NULL);
    char *full = g_build_filename(real ? real : dir, name, NULL);
    free(real); /* NOLINT: malloc'ed by realpath */
    return full;
}

/* A writer of the cache makes indexes of tables of any size; the outbox (FULL) is small. */
static bool sorts_much(HtDbFlags flags)
{
    return (flags & HT_DB_WRITE) && !(flags & HT_DB_FULL);
}

static bool pragmas(HtDb *db, HtDbFlags flags, int cache_kib, GError **error)
{
    const char *journal = "";
    if (flags & HT_DB_LOADING)
        journal = "PRAGMA journal_mode=TRUNCATE;";
    else if ((flags & HT_DB_WRITE) && !(flags & HT_DB_UNPROVEN))
        journal = "PRAGMA journal_mode=WAL;";
    const char *sync = flags & HT_DB_LOADING ? "OFF" : flags & HT_DB_FULL ? "FULL" : "NORMAL";
    g_autofree char *sql = g_strdup_printf(
        "PRAGMA page_size=%d; PRAGMA temp_store=%s; PRAGMA secure_delete=ON; "
        "PRAGMA cell_size_check=ON; PRAGMA cache_size=-%d; %s %s PRAGMA synchronous=%s; %s",
        PAGE_BYTES, sorts_much(flags) ? "FILE" : "MEMORY", cache_kib,
        flags & HT_DB_LOADING ? "PRAGMA locking_mode=EXCLUSIVE;" : "", journal, sync,
        flags & HT_DB_WRITE ? "" : "PRAGMA query_only=ON;");
    return ht_db_exec(db, sql, error);
}

/* Indexes of a table of any size are sorted in pieces on the disk: beside the cache, never in a
 * folder that others share. The files have no name once they are open. The variable is the whole
 * process's: the first folder stays. */
static void keep_sorting_here(const char *path)
{
    static gsize once;
    if (!g_once_init_enter(&once))
        return;
    g_autofree char *dir = g_path_get_dirname(path);
    sqlite3_temp_directory = sqlite3_mprintf("%s", dir);
    g_once_init_leave(&once, 1);
}

static void free_stmt(gpointer data)
{
    ht_stmt_finalize(data);
}

static bool set_up_handle(HtDb *db, GError **error)
{
    sqlite3_extended_result_codes(db->handle, 1);
    sqlite3_busy_timeout(db->handle, BUSY_MS);
    sqlite3_db_config(db->handle, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    sqlite3_create_function_v2(db->handle, "ht_fold", 1,
                               SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_DIRECTONLY, NULL,
                               sql_fold, NULL, NULL, NULL);
    sqlite3_create_function_v2(db->handle, "ht_sure", 3,
                               SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_DIRECTONLY, NULL,
                               sql_sure, NULL, NULL, NULL);
    sqlite3_create_function_v2(db->handle, "ht_answers", 2,
                               SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_DIRECTONLY, NULL,
                               sql_answers, NULL, NULL, NULL);
    db->bulk = ht_bulk_register(db->handle);
    if (trace_output()) {
        db->by_handle = g_hash_table_new(NULL, NULL);
        sqlite3_trace_v2(db->handle, SQLITE_TRACE_PROFILE, on_profile, db);
    }
    if (!db->bulk)
        set_error(error, db, SQLITE_NOMEM, db->path);
    return db->bulk != NULL;
}

HtDb *ht_db_open(const char *path, HtDbFlags flags, const char *thread, int cache_kib,
                 GError **error)
{
    bool exists;
    g_autofree char *full = resolved_path(path);
    if (!check_file(full, &exists, error))
        return NULL;
    if (!exists && !(flags & HT_DB_WRITE)) {
        g_set_error(error, HT_CACHE_ERROR, HT_CACHE_ERROR_NOT_FOUND, "%s is not there", path);
        return NULL;
    }
    if (!exists && !make_file(full, error))
        return NULL;
    g_autoptr(HtDb) db = g_new0(HtDb, 1);
    db->thread = g_strdup(thread);
    db->path = g_strdup(full);
    db->named = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, free_stmt);
    db->texts = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, free_stmt);
    db->texts_order = g_queue_new();
    /* Readers open for writing too (a WAL reader writes the shared index), behind query_only. */
    int rc = sqlite3_open_v2(full, &db->handle,
                             SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_NOFOLLOW |
                                 SQLITE_OPEN_PRIVATECACHE,
                             ht_vfs_name());
    if (rc != SQLITE_OK) {
        set_error(error, db, rc, path);
        return NULL;
    }
    if (sorts_much(flags))
        keep_sorting_here(full);
    if (!set_up_handle(db, error) || !pragmas(db, flags, cache_kib, error))
        return NULL;
    return g_steal_pointer(&db);
}

void ht_db_close(HtDb *db)
{
    if (!db)
        return;
    ht_db_rollback(db);
    g_queue_free(db->texts_order);
    g_hash_table_unref(db->texts);
    g_hash_table_unref(db->named);
    if (sqlite3_close(db->handle) != SQLITE_OK)
        g_critical("a statement of the %s connection is still open", db->thread);
    g_clear_pointer(&db->by_handle, g_hash_table_unref);
    g_clear_error(&db->failure);
    g_clear_error(&db->undone);
    g_free(db->thread);
    g_free(db->suspect);
    g_free(db->path);
    g_free(db);
}

HtBulk *ht_db_bulk(HtDb *db)
{
    return db->bulk;
}

bool ht_db_prove(HtDb *db, GError **error)
{
    return ht_db_exec(db, "PRAGMA journal_mode=WAL", error);
}

void ht_db_set_suspect(HtDb *db, const char *mark_path)
{
    g_free(db->suspect);
    db->suspect = g_strdup(mark_path);
}

void ht_db_watch(HtDb *db)
{
    g_clear_error(&db->failure);
}

bool ht_db_check(HtDb *db, GError **error)
{
    if (db->failure)
        g_propagate_error(error, g_error_copy(db->failure));
    return !db->failure;
}

void ht_db_explain(HtDb *db, GError *why, GError **error)
{
    if (!ht_db_check(db, error))
        g_clear_error(&why);
    else if (why)
        g_propagate_error(error, why);
}

/* What SQLite's own does after each commit, but with a limit that is met seldom. */
static int on_log(void *data, sqlite3 *handle, const char *name, int pages)
{
    HtDb *db = data;
    db->log_pages = pages;
    if (pages >= db->log_max)
        sqlite3_wal_checkpoint_v2(handle, name, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
    return SQLITE_OK;
}

void ht_db_keep_log(HtDb *db, int pages)
{
    db->log_max = pages;
    sqlite3_wal_hook(db->handle, on_log, db);
}

int ht_db_log_pages(const HtDb *db)
{
    return db->log_pages;
}

bool ht_db_take_log(HtDb *db, GError **error)
{
    int rc = sqlite3_wal_checkpoint_v2(db->handle, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
    if (rc != SQLITE_INTERRUPT)
        db->log_pages = 0;
    if (rc == SQLITE_OK || (rc & 0xff) == SQLITE_BUSY) /* another process is at it */
        return true;
    set_error(error, db, rc, "taking in the log");
    return false;
}

void ht_db_interrupt(HtDb *db)
{
    sqlite3_interrupt(db->handle);
}

void ht_db_set_patience(HtDb *db, int timeout_ms)
{
    sqlite3_busy_timeout(db->handle, timeout_ms < 0 ? BUSY_MS : timeout_ms);
}

void ht_db_explain_busy(GError **error, const char *what)
{
    if (!error || !g_error_matches(*error, HT_CACHE_ERROR, HT_CACHE_ERROR_BUSY))
        return;
    g_clear_error(error);
    g_set_error(error, HT_CACHE_ERROR, HT_CACHE_ERROR_BUSY,
                "%s is of another version and has to be changed first, but another Hiretty is "
                "writing to it (wait until its sync is through, or end it; then try again)",
                what);
}

/* --- Transactions */

bool ht_db_exec(HtDb *db, const char *sql, GError **error)
{
    if (refuse_lost(db, error))
        return false;
    int rc = sqlite3_exec(db->handle, sql, NULL, NULL, NULL);
    if (rc != SQLITE_OK)
        set_error(error, db, rc, "database");
    return rc == SQLITE_OK;
}

bool ht_db_begin(HtDb *db, bool immediate, GError **error)
{
    if (has_lost_transaction(db))
        end_transaction(db);
    if (!ht_db_exec(db, immediate ? "BEGIN IMMEDIATE" : "BEGIN", error))
        return false;
    db->has_begun = true;
    return true;
}

bool ht_db_commit(HtDb *db, GError **error)
{
    bool ok = ht_db_exec(db, "COMMIT", error);
    if (ok || has_lost_transaction(db))
        end_transaction(db);
    return ok;
}

void ht_db_rollback(HtDb *db)
{
    if (db->handle && !sqlite3_get_autocommit(db->handle))
        sqlite3_exec(db->handle, "ROLLBACK", NULL, NULL, NULL);
    end_transaction(db);
}

bool ht_db_in_transaction(HtDb *db)
{
    return !sqlite3_get_autocommit(db->handle);
}

int64_t ht_db_pragma_int(HtDb *db, const char *name)
{
    g_autofree char *sql = g_strdup_printf("PRAGMA %s", name);
    sqlite3_stmt *stmt = NULL;
    int64_t value = -1;
    int rc = sqlite3_prepare_v2(db->handle, sql, -1, &stmt, NULL);
    if (rc == SQLITE_OK && (rc = sqlite3_step(stmt)) == SQLITE_ROW)
        value = sqlite3_column_int64(stmt, 0);
    else if (rc != SQLITE_DONE)
        set_error(NULL, db, rc, name);
    sqlite3_finalize(stmt);
    return value;
}

int64_t ht_db_changes(HtDb *db)
{
    return sqlite3_changes64(db->handle);
}

int64_t ht_db_last_rowid(HtDb *db)
{
    return sqlite3_last_insert_rowid(db->handle);
}

/* --- Statements */

HtStmt *ht_db_prepare(HtDb *db, const char *name, const char *sql, GError **error)
{
    sqlite3_stmt *handle = NULL;
    int rc = sqlite3_prepare_v3(db->handle, sql, -1, SQLITE_PREPARE_PERSISTENT, &handle, NULL);
    if (rc != SQLITE_OK || !handle) {
        set_error(error, db, rc, name);
        return NULL;
    }
    HtStmt *stmt = g_new0(HtStmt, 1);
    stmt->handle = handle;
    stmt->db = db;
    stmt->name = g_strdup(name);
    if (db->by_handle)
        g_hash_table_insert(db->by_handle, handle, stmt);
    return stmt;
}

void ht_stmt_finalize(HtStmt *stmt)
{
    if (!stmt)
        return;
    sqlite3_finalize(stmt->handle);
    if (stmt->db->by_handle)
        g_hash_table_remove(stmt->db->by_handle, stmt->handle);
    g_free(stmt->name);
    g_free(stmt);
}

static HtStmt *ready(HtStmt *stmt)
{
    sqlite3_reset(stmt->handle);
    sqlite3_clear_bindings(stmt->handle);
    return stmt;
}

HtStmt *ht_db_stmt(HtDb *db, const char *resource, GError **error)
{
    HtStmt *stmt = g_hash_table_lookup(db->named, resource);
    if (stmt)
        return ready(stmt);
    g_autofree char *name = g_path_get_basename(resource);
    char *dot = strrchr(name, '.');
    if (dot)
        *dot = '\0';
    g_autoptr(GError) why = NULL;
    stmt = ht_db_prepare(db, name, ht_resource_text(resource), &why);
    if (stmt) {
        g_hash_table_insert(db->named, g_strdup(resource), stmt);
    } else if (db->suspect && why->code == HT_CACHE_ERROR_FAILED) {
        /* Ours prepare on every file of ours: the text of its schema is not what it was. */
        mark_suspect(db);
        g_set_error(error, HT_CACHE_ERROR, HT_CACHE_ERROR_CORRUPT, "%s", why->message);
    } else {
        g_propagate_error(error, g_steal_pointer(&why));
    }
    return stmt;
}

HtStmt *ht_db_stmt_text(HtDb *db, const char *sql, GError **error)
{
    HtStmt *stmt = g_hash_table_lookup(db->texts, sql);
    if (stmt)
        return ready(stmt);
    stmt = ht_db_prepare(db, "compiled", sql, error);
    if (!stmt)
        return NULL;
    if (g_queue_get_length(db->texts_order) >= KEPT_TEXTS)
        g_hash_table_remove(db->texts, g_queue_pop_head(db->texts_order));
    char *key = g_strdup(sql);
    g_hash_table_insert(db->texts, key, stmt);
    g_queue_push_tail(db->texts_order, key);
    return stmt;
}

/* "… unable to get the page. error code=266": the check goes on over what it cannot read. */
static bool is_unreadable(const char *finding)
{
    static const char word[] = "error code=";
    const char *code = strstr(finding, word);
    return code && (g_ascii_strtoll(code + strlen(word), NULL, 10) & 0xff) == SQLITE_IOERR;
}

bool ht_db_check_pages(HtDb *db, bool quick, GError **error)
{
    g_auto(HtStmtUse) use = {
        ht_db_stmt_text(db, quick ? "PRAGMA quick_check(1)" : "PRAGMA integrity_check(1)", error)};
    HtStep step = use.stmt ? ht_stmt_step(use.stmt, error) : HT_STEP_ERROR;
    if (step == HT_STEP_ERROR)
        return false;
    const char *finding = step == HT_STEP_ROW ? ht_stmt_text(use.stmt, 0) : NULL;
    if (g_strcmp0(finding, "ok") == 0)
        return true;
    bool is_disk = finding && is_unreadable(finding);
    g_set_error(error, HT_CACHE_ERROR, is_disk ? HT_CACHE_ERROR_IO : HT_CACHE_ERROR_CORRUPT, "%s",
                is_disk ? "disk I/O error" : "the file is damaged");
    return false;
}

void ht_stmt_bind_int(HtStmt *stmt, int index, int64_t value)
{
    sqlite3_bind_int64(stmt->handle, index, value);
}

void ht_stmt_bind_real(HtStmt *stmt, int index, double value)
{
    sqlite3_bind_double(stmt->handle, index, value);
}

void ht_stmt_bind_text(HtStmt *stmt, int index, const char *value)
{
    sqlite3_bind_text(stmt->handle, index, value, -1, SQLITE_TRANSIENT);
}

void ht_stmt_bind_text_len(HtStmt *stmt, int index, const char *value, gsize len)
{
    sqlite3_bind_text64(stmt->handle, index, value ? value : "", len, SQLITE_TRANSIENT,
                        SQLITE_UTF8);
}

void ht_stmt_bind_text_borrowed(HtStmt *stmt, int index, const char *value, gsize len)
{
    sqlite3_bind_text64(stmt->handle, index, value ? value : "", len, SQLITE_STATIC, SQLITE_UTF8);
}

void ht_stmt_bind_uuid(HtStmt *stmt, int index, const HtUuid *id)
{
    if (!id || ht_uuid_is_nil(id))
        sqlite3_bind_null(stmt->handle, index);
    else
        sqlite3_bind_blob(stmt->handle, index, id->b, sizeof id->b, SQLITE_TRANSIENT);
}

void ht_stmt_bind_id(HtStmt *stmt, int index, const HtUuid *id)
{
    sqlite3_bind_blob(stmt->handle, index, id->b, sizeof id->b, SQLITE_TRANSIENT);
}

void ht_stmt_bind_null(HtStmt *stmt, int index)
{
    sqlite3_bind_null(stmt->handle, index);
}

HtStep ht_stmt_step(HtStmt *stmt, GError **error)
{
    if (refuse_lost(stmt->db, error))
        return HT_STEP_ERROR;
    int rc = sqlite3_step(stmt->handle);
    if (rc == SQLITE_ROW)
        return HT_STEP_ROW;
    if (rc == SQLITE_DONE)
        return HT_STEP_DONE;
    set_error(error, stmt->db, rc, stmt->name);
    return HT_STEP_ERROR;
}

bool ht_stmt_run(HtStmt *stmt, GError **error)
{
    HtStep step;
    do {
        step = ht_stmt_step(stmt, error);
    } while (step == HT_STEP_ROW);
    sqlite3_reset(stmt->handle);
    return step == HT_STEP_DONE;
}

void ht_stmt_reset(HtStmt *stmt)
{
    sqlite3_reset(stmt->handle);
}

void ht_stmt_clear(HtStmt *stmt)
{
    ready(stmt);
}

void ht_stmt_use_clear(HtStmtUse *use)
{
    if (use->stmt)
        sqlite3_reset(use->stmt->handle);
}

bool ht_stmt_is_null(HtStmt *stmt, int column)
{
    return sqlite3_column_type(stmt->handle, column) == SQLITE_NULL;
}

bool ht_stmt_is_int(HtStmt *stmt, int column)
{
    return sqlite3_column_type(stmt->handle, column) == SQLITE_INTEGER;
}

bool ht_stmt_is_real(HtStmt *stmt, int column)
{
    return sqlite3_column_type(stmt->handle, column) == SQLITE_FLOAT;
}

bool ht_stmt_is_text(HtStmt *stmt, int column)
{
    return sqlite3_column_type(stmt->handle, column) == SQLITE_TEXT;
}

int64_t ht_stmt_int(HtStmt *stmt, int column)
{
    return sqlite3_column_int64(stmt->handle, column);
}

double ht_stmt_real(HtStmt *stmt, int column)
{
    return sqlite3_column_double(stmt->handle, column);
}

const char *ht_stmt_text(HtStmt *stmt, int column)
{
    return (const char *)sqlite3_column_text(stmt->handle, column);
}

gsize ht_stmt_bytes(HtStmt *stmt, int column)
{
    return (gsize)sqlite3_column_bytes(stmt->handle, column);
}

char *ht_stmt_dup_text(HtStmt *stmt, int column)
{
    return g_strdup(ht_stmt_text(stmt, column));
}

bool ht_stmt_uuid(HtStmt *stmt, int column, HtUuid *out)
{
    const void *bytes = sqlite3_column_blob(stmt->handle, column);
    if (!bytes || sqlite3_column_bytes(stmt->handle, column) != (int)sizeof out->b) {
        memset(out, 0, sizeof *out);
        return false;
    }
    memcpy(out->b, bytes, sizeof out->b);
    return true;
}
