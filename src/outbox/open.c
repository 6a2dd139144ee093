/* Opening the file. One that cannot be trusted is kept under another name, what had not been sent
 * is read out of it (salvage.c), and an empty one takes its place. Two locks: "folder.lock" for the
 * moment of opening, so that one process decides at a time; "outbox.lock", shared by everybody who
 * has the file open, so that it is never moved away under somebody who goes on confirming work. */
#include "internal.h"

#include "hiretty/base/clock.h"
#include "hiretty/base/failpoint.h"
#include "hiretty/base/log.h"
#include "hiretty/base/reserve.h"
#include "hiretty/base/resource.h"
#include "hiretty/base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define APPLICATION_ID 0x4849524f /* "HIRO" */
#define VERSION 1
#define WRITE_CACHE_KIB 8192 /* ten thousand ops and their indexes */
#define CHECKED_PAGES 128

/* ---- the schema */

static bool run_folder(HtDb *db, GError **error)
{
    g_auto(GStrv) names = ht_resource_list("sql/outbox/schema");
    for (char **name = names; *name; name++) {
        g_autofree char *path = g_build_filename("sql/outbox/schema", *name, NULL);
        if (!ht_db_exec(db, ht_resource_text(path), error))
            return false;
    }
    return true;
}

static bool create(HtDb *db, GError **error)
{
    g_autofree char *marks = g_strdup_printf("PRAGMA application_id=%d; PRAGMA user_version=%d;",
                                             APPLICATION_ID, VERSION);
    if (!ht_db_begin(db, true, error))
        return false;
    /* Another process may have been faster. */
    bool made = ht_db_pragma_int(db, "user_version") > 0;
    if ((made || (ht_db_exec(db, marks, error) && run_folder(db, error))) &&
        ht_db_commit(db, error))
        return true;
    ht_db_rollback(db);
    return false;
}

static bool check_version(HtDb *db, const char *path, GError **error)
{
    int64_t id = ht_db_pragma_int(db, "application_id");
    int64_t version = ht_db_pragma_int(db, "user_version");
    if (version > 0 && id == APPLICATION_ID && version <= VERSION)
        return true;
    bool ours = id == APPLICATION_ID && version > VERSION;
    g_set_error(
        error, HT_CACHE_ERROR, ours ? HT_CACHE_ERROR_NEWER : HT_CACHE_ERROR_FOREIGN, "%s %s", path,
        ours ? "was written by a newer version of the program" : "is no outbox of this program");
    return false;
}

/* ---- can it be trusted? */

static bool damaged(GError **error)
{
    g_set_error(error, HT_CACHE_ERROR, HT_CACHE_ERROR_CORRUPT, "the outbox is damaged");
    return false;
}

static int64_t size_of(const char *path, const char *ending)
{
    g_autofree char *name = g_strconcat(path, ending, NULL);
    GStatBuf st;
    return g_lstat(name, &st) == 0 ? (int64_t)st.st_size : 0;
}

/* The first page is in the file before anything is in its WAL; SQLite would throw away a WAL that
 * has no file, and the work in it. */
static bool check_length(const char *path, GError **error)
{
    return size_of(path, "") > 0 || size_of(path, "-wal") == 0 || damaged(error);
}

/* A look at every page, as long as that takes a millisecond or two; a damaged page of a larger file
 * says so itself when it is read, and leaves a mark for the next open. */
static bool is_sound(HtDb *db, bool suspect, GError **error)
{
    bool is_small = ht_db_pragma_int(db, "page_count") <= CHECKED_PAGES;
    if (!suspect && !is_small)
        return true;
    return ht_db_check_pages(db, !suspect, error);
}

/* A bit of the schema's own text: no page is wrong, and yet a statement does not prepare. */
static bool is_readable(HtDb *db, GError **error)
{
    g_auto(GStrv) names = ht_resource_list("sql/outbox/queries");
    for (char **name = names; *name; name++) {
        g_autofree char *path = g_build_filename("sql/outbox/queries", *name, NULL);
        if (!ht_db_stmt(db, path, NULL))
            return damaged(error);
    }
    return true;
}

char *ht_outbox_suspect_path(const char *path)
{
    return g_strconcat(path, ".suspect", NULL);
}

/* What a file of an older version lacks; it is of no use to that version, and does it no harm. */
static bool add_new(HtDb *db, GError **error)
{
    static const char *const files[] = {"090_held.sql", "091_held_settled.sql", "092_untold.sql",
                                        "093_untold_same.sql"};
    for (gsize i = 0; i < G_N_ELEMENTS(files); i++) {
        g_autofree char *path = g_build_filename("sql/outbox/schema", files[i], NULL);
        if (!ht_db_exec(db, ht_resource_text(path), error))
            return false;
    }
    return true;
}

static bool bring_in_step(HtDb *db, GError **error)
{
    ht_db_set_patience(db, HT_DB_OPEN_PATIENCE_MS);
    bool ok = add_new(db, error);
    if (!ok)
        ht_db_explain_busy(error, "the outbox");
    ht_db_set_patience(db, -1);
    return ok;
}

static bool check_file(HtDb *db, const char *path, bool suspect, GError **error)
{
    if (!is_sound(db, suspect, error))
        return false;
    HtStmt *list = ht_db_stmt(db, HT_OUTBOX_QUERY("table_list"), error);
    HtStep step = list ? ht_stmt_step(list, error) : HT_STEP_ERROR;
    if (list)
        ht_stmt_reset(list);
    return step != HT_STEP_ERROR && (step != HT_STEP_ROW || check_version(db, path, error)) &&
           ht_db_prove(db, error) && (step != HT_STEP_DONE || create(db, error)) &&
           bring_in_step(db, error) && (!suspect || is_readable(db, error));
}

static HtDb *open_file(const char *path, GError **error)
{
    g_autofree char *mark = ht_outbox_suspect_path(path);
    bool suspect = g_access(mark, F_OK) == 0;
    if (!check_length(path, error))
        return NULL;
    g_autoptr(HtDb) db = ht_db_open(path, HT_DB_WRITE | HT_DB_FULL | HT_DB_UNPROVEN, "outbox",
                                    WRITE_CACHE_KIB, error);
    if (!db)
        return NULL;
    GError *why = NULL;
    if (!check_file(db, path, suspect, &why)) {
        ht_db_explain(db, why, error);
        return NULL;
    }
    g_unlink(mark);
    ht_db_set_suspect(db, mark);
    return g_steal_pointer(&db);
}

/* ---- is it still there? */

/* Never opened to be looked at: see cache/db.c. */
static HtFileId file_id(const char *path, const char *ending)
{
    g_autofree char *name = g_strconcat(path, ending, NULL);
    struct stat st;
    return lstat(name, &st) == 0 ? (HtFileId){st.st_dev, st.st_ino} : (HtFileId){0};
}

static const char *const file_endings[HT_OUTBOX_FILES] = {"", "-wal", "-shm"};

void ht_outbox_note_files(HtOutbox *outbox)
{
    for (int i = 0; i < HT_OUTBOX_FILES; i++)
        outbox->files[i] = file_id(outbox->path, file_endings[i]);
}

bool ht_outbox_has_files(const HtOutbox *outbox, GError **error)
{
    for (int i = 0; i < HT_OUTBOX_FILES; i++) {
        HtFileId now = file_id(outbox->path, file_endings[i]);
        const HtFileId *opened = &outbox->files[i];
        if (opened->number == 0 || (now.device == opened->device && now.number == opened->number))
            continue;
        g_set_error(error, HT_CACHE_ERROR, HT_CACHE_ERROR_IO,
                    "outbox.db%s was %s while it was open, so this would be lost: "
                    "leave and start again",
                    file_endings[i], now.number ? "replaced" : "deleted");
        return false;
    }
    return true;
}

/* ---- setting aside */

typedef struct {
    int code; /* HtCacheError */
    const char *word, *sentence;
} Aside;

static const Aside *aside_for(const GError *why)
{
    static const Aside rows[] = {
        {HT_CACHE_ERROR_CORRUPT, "corrupt", "The outbox was damaged"},
        {HT_CACHE_ERROR_FOREIGN, "foreign", "The outbox was some other file"},
        {HT_CACHE_ERROR_NEWER, "newer", "The outbox was written by a newer version"},
    };
    bool is_ours = why && why->domain == HT_CACHE_ERROR;
    for (gsize i = 0; is_ours && i < G_N_ELEMENTS(rows); i++) {
        if (rows[i].code == why->code)
            return &rows[i];
    }
    return NULL;
}

/* What had not been sent, as a file for people: its name, or NULL when nothing was readable or the
 * disk does not take it (then the kept file still has it). */
static char *save_salvage(const char *path, const char *kept, GPtrArray *ops)
{
    if (ops->len == 0)
        return NULL;
    g_autofree char *dir = g_path_get_dirname(path);
    g_autofree char *name = g_strdup_printf("%s.json", kept);
    g_autofree char *full = g_build_filename(dir, name, NULL);
    g_autofree char *text = ht_ops_export(ops, true);
    g_autoptr(GError) why = NULL;
    if (ht_file_save_private(full, text, -1, &why))
        return g_steal_pointer(&name);
    ht_log(HT_LOG_WARNING, "what was salvaged from the outbox cannot be written: %s", why->message);
    return NULL;
}

static bool set_aside(HtOutbox *outbox, const Aside *aside, GError **error)
{
    g_autoptr(GPtrArray) ops = ht_outbox_salvage(outbox->path, false);
    g_autofree char *kept = ht_file_move_aside(outbox->path, aside->word, error);
    if (!kept)
        return false;
    HT_FAILPOINT(ASIDE_MOVED);
    g_autofree char *saved = save_salvage(outbox->path, kept, ops);
    g_autofree char *mark = ht_outbox_suspect_path(outbox->path);
    g_unlink(mark);
    if (saved)
        outbox->problem =
            g_strdup_printf("%s and kept as %s; %u unsent change%s could be read and %s in %s",
                            aside->sentence, kept, ops->len, ht_text_plural(ops->len, "", "s"),
                            ht_text_plural(ops->len, "is", "are"), saved);
    else
        outbox->problem = g_strdup_printf(
            "%s and kept as %s; no unsent change could be read out of it", aside->sentence, kept);
    ht_log(HT_LOG_WARNING, "outbox.db moved aside: %s, %u unsent ops read", aside->word, ops->len);
    return true;
}

/* ---- locks */

/* Somebody keeps the folder's lock for a moment only, unless he is stopped. */
#define PATIENCE_US (30 * HT_US_PER_S)

static int take_lock(const char *dir, const char *name, int operation, int64_t patience_us,
                     GError **error)
{
    g_autofree char *path = g_build_filename(dir, name, NULL);
    g_autoptr(GError) why = NULL;
    int64_t until_us = ht_clock_mono_us() + patience_us;
    int fd = ht_file_open_private(path, O_RDWR | O_CREAT, &why);
    if (fd < 0) {
        g_set_error(error, HT_CACHE_ERROR, HT_CACHE_ERROR_IO, "%s", why->message);
        return -1;
    }
    while (flock(fd, operation | LOCK_NB) != 0) {
        int number = errno;
        bool is_held = number == EWOULDBLOCK;
        if (number == EINTR || (is_held && ht_clock_mono_us() < until_us)) {
            g_usleep(is_held ? 5000 : 0);
            continue;
        }
        if (is_held)
            g_set_error(error, HT_CACHE_ERROR, HT_CACHE_ERROR_BUSY,
                        "another Hiretty of this profile holds its folder (is it stopped?)");
        else
            g_set_error(error, HT_CACHE_ERROR, HT_CACHE_ERROR_IO, "%s: %s", path,
                        g_strerror(number));
        close(fd);
        return -1;
    }
    return fd;
}

/* Nobody else has it open: the lock, which becomes shared afterwards; else -1. */
static int take_alone(const char *dir)
{
    return take_lock(dir, "outbox.lock", LOCK_EX, 0, NULL);
}

/* As the cache does it (its folder may be on another disk). */
static HtDb *open_or_make_room(HtOutbox *outbox, const char *dir, GError **error)
{
    g_autoptr(GError) why = NULL;
    HtDb *db = open_file(outbox->path, &why);
    if (db)
        ht_reserve_keep(dir);
    bool is_full = g_error_matches(why, HT_CACHE_ERROR, HT_CACHE_ERROR_FULL);
    if (db || !is_full || !ht_reserve_give_up(dir)) {
        if (why)
            g_propagate_error(error, g_steal_pointer(&why));
        return db;
    }
    ht_log(HT_LOG_WARNING, "the disk is full: the outbox's reserve is given up");
    db = open_file(outbox->path, error);
    if (db && !ht_cache_problem(outbox->cache))
        outbox->problem = g_strdup(HT_CACHE_FULL_PROBLEM);
    return db;
}

static HtDb *open_or_replace(HtOutbox *outbox, const char *dir, GError **error)
{
    g_autoptr(GError) why = NULL;
    HtDb *db = open_or_make_room(outbox, dir, &why);
    const Aside *aside = db ? NULL : aside_for(why);
    if (db || !aside) {
        if (!db)
            g_propagate_error(error, g_steal_pointer(&why));
        return db;
    }
    int alone = take_alone(dir);
    if (alone < 0) {
        g_set_error(error, HT_CACHE_ERROR, HT_CACHE_ERROR_BUSY,
                    "%s, and another Hiretty has it open: close that one, then try again",
                    aside->sentence);
        return NULL;
    }
    bool ok = set_aside(outbox, aside, error);
    close(alone);
    return ok ? open_file(outbox->path, error) : NULL;
}

bool ht_outbox_open_file(HtOutbox *outbox, const char *dir, GError **error)
{
    outbox->path = g_build_filename(dir, "outbox.db", NULL);
    int folder = take_lock(dir, "folder.lock", LOCK_EX, PATIENCE_US, error);
    if (folder < 0)
        return false;
    outbox->db = open_or_replace(outbox, dir, error);
    if (outbox->db)
        outbox->lock_fd = take_lock(dir, "outbox.lock", LOCK_SH, PATIENCE_US, error);
    close(folder);
    return outbox->db && outbox->lock_fd >= 0;
}
