/* Forgetting people, purging everything, locking. A deleted row leaves its words in five places:
 * pages that are not used any more (secure_delete and vfs.c), full-text segments (merged), the WAL
 * (truncated), older generations and files moved aside (removed), and what other layers keep (they
 * have hooks). The order matters: what is written last must be in the WAL that is truncated. */
#include "internal.h"
#include "schema.h"

#include "hiretty/base/log.h"
#include "hiretty/base/paths.h"

#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

/* Intents must not wait for a reader to end: tried again a little later instead. */
#define PURGE_PATIENCE_MS 20

bool ht_run_query(HtDb *db, const char *resource, GError **error)
{
    HtStmt *stmt = ht_db_stmt(db, resource, error);
    return stmt && ht_stmt_run(stmt, error);
}

bool ht_db_truncate_wal(HtDb *db, GError **error)
{
    g_auto(HtStmtUse) use = {ht_db_stmt_text(db, "PRAGMA wal_checkpoint(TRUNCATE)", error)};
    if (!use.stmt || ht_stmt_step(use.stmt, error) != HT_STEP_ROW)
        return false;
    if (ht_stmt_int(use.stmt, 0) == 0)
        return true;
    g_set_error(error, HT_CACHE_ERROR, HT_CACHE_ERROR_BUSY, "the cache is being read");
    return false;
}

/* ---- hooks */

typedef struct {
    HtForgetHook hook;
    bool adds;
} HookChange;

static bool change_hook(HtStore *store, gpointer data, GError **error)
{
    (void)error;
    const HookChange *change = data;
    HtForgetHook *hooks = store->cache->forget_hooks;
    for (int i = 0; i < HT_FORGET_HOOKS; i++) {
        if (change->adds ? hooks[i].func != NULL : hooks[i].func != change->hook.func)
            continue;
        hooks[i] = change->adds ? change->hook : (HtForgetHook){0};
        return true;
    }
    return !change->adds;
}

void ht_cache_add_forget_hook(HtCache *cache, HtForgetFunc func, gpointer data)
{
    HookChange change = {{func, data}, true};
    if (!ht_worker_call(cache->store, HT_JOB_INTENT, change_hook, &change, NULL))
        g_critical("more forget hooks than places for them");
}

void ht_cache_remove_forget_hook(HtCache *cache, HtForgetFunc func)
{
    HookChange change = {{func, NULL}, false};
    ht_worker_call(cache->store, HT_JOB_INTENT, change_hook, &change, NULL);
}

static bool run_forget_hooks(HtStore *store, HtForgetHow how, GError **error)
{
    HtForgetHook *hooks = store->cache->forget_hooks;
    for (int i = 0; i < HT_FORGET_HOOKS; i++) {
        if (hooks[i].func && !hooks[i].func(store, how, hooks[i].data, error))
            return false;
    }
    return true;
}

/* ---- people who went */

static bool optimize(HtApply *apply, gpointer data, GError **error)
{
    (void)data;
    return ht_run_query(ht_apply_db(apply), HT_QUERY("people_fts_optimize"), error) &&
           ht_run_query(ht_apply_db(apply), HT_QUERY("texts_fts_optimize"), error);
}

/* Generations before the current one, once nobody holds them; loads that nobody goes on with; files
 * moved aside. */
static bool remove_old_files(HtStore *store, GError **error)
{
    const char *dir = store->cache->dir;
    int current = store->files->number, folder = ht_folder_lock(dir, error);
    if (folder < 0)
        return false;
    if (ht_files_current(dir) != current) { /* what is above ours is no unfinished load */
        close(folder);
        g_set_error(error, HT_CACHE_ERROR, HT_CACHE_ERROR_STALE, "the cache was replaced");
        return false;
    }
    ht_files_sweep(dir, current, true);
    ht_files_remove_aside(dir);
    g_autoptr(GArray) left = ht_files_list(dir);
    close(folder);
    if (left->len == 0 || g_array_index(left, int, 0) >= current)
        return true;
    g_set_error(error, HT_CACHE_ERROR, HT_CACHE_ERROR_BUSY,
                "the cache before this one is still being read");
    return false;
}

static bool settle(HtApply *apply, gpointer data, GError **error)
{
    const char *due = data;
    g_autofree char *now = ht_apply_meta_get(apply, HT_META_FORGET_DUE);
    return ht_apply_meta_set(apply, HT_META_FORGOT, due, error) &&
           (g_strcmp0(now, due) != 0 || ht_apply_meta_set(apply, HT_META_FORGET_DUE, NULL, error));
}

static char *get_debt(HtDb *db)
{
    g_auto(HtStmtUse) use = {ht_db_stmt(db, HT_QUERY("meta_get"), NULL)};
    if (!use.stmt)
        return NULL;
    ht_stmt_bind_text(use.stmt, 1, HT_META_FORGET_DUE);
    return ht_stmt_step(use.stmt, NULL) == HT_STEP_ROW ? ht_stmt_dup_text(use.stmt, 0) : NULL;
}

static bool forget(HtStore *store, gpointer data, GError **error)
{
    const HtForgetHow *how = data;
    g_autofree char *due = get_debt(store->db);
    if (!due)
        return true;
    if (!run_forget_hooks(store, *how, error) || !ht_worker_apply(store, optimize, NULL, error))
        return false;
    ht_db_set_patience(store->db, PURGE_PATIENCE_MS);
    bool ok = ht_db_truncate_wal(store->db, error);
    ht_db_set_patience(store->db, -1);
    /* Last: a process that is stopped may hold the file before this one for as long as it likes. */
    return remove_old_files(store, ok ? error : NULL) && ok &&
           ht_worker_apply(store, settle, due, error);
}

bool ht_cache_forget(HtCache *cache, bool alone, GError **error)
{
    HtForgetHow how = alone ? HT_FORGET_SOME_SAFE : HT_FORGET_SOME;
    return ht_worker_call(cache->store, HT_JOB_IDLE, forget, &how, error);
}

bool ht_cache_owes(HtCache *cache)
{
    g_autofree char *due = ht_cache_meta(cache, HT_META_FORGET_DUE);
    return due != NULL;
}

static void log_forget(const GError *error, gpointer data)
{
    (void)data;
    if (error && !g_error_matches(error, HT_CACHE_ERROR, HT_CACHE_ERROR_CLOSED))
        ht_log(HT_LOG_INFO, "forgetting waits: %s", error->message);
}

void ht_cache_forget_later(HtCache *cache)
{
    static HtForgetHow how = HT_FORGET_SOME;
    ht_worker_post(cache->store, HT_JOB_IDLE, forget, &how, NULL, log_forget, NULL);
}

/* ---- everything */

static char *mark_path(const char *dir)
{
    return g_build_filename(dir, "purging", NULL);
}

/* "purged" tells the outbox to keep ids and codes only. */
static bool bump_all(HtApply *apply, gpointer data, GError **error)
{
    const HtPurgeFlags *flags = data;
    ht_apply_touch(apply, HT_CHANGED_ALL & ~HT_CHANGED_GENERATION);
    return !(*flags & (HT_PURGE_LOCK | HT_PURGE_WORDS)) ||
           ht_apply_meta_set(apply, "purged", "1", error);
}

static bool purge_all(HtStore *store, gpointer data, GError **error)
{
    HtCache *cache = store->cache;
    const HtPurgeFlags *flags = data;
    g_autofree char *mark = mark_path(cache->dir);
    g_autoptr(GError) why = NULL;
    char word[2] = {(char)('0' + (*flags & (HT_PURGE_LOCK | HT_PURGE_WORDS))), '\0'};
    if (!ht_file_save_private(mark, word, 1, &why)) {
        g_set_error(error, HT_CACHE_ERROR, HT_CACHE_ERROR_IO, "%s", why->message);
        return false;
    }
    if (ht_files_current(cache->dir) != store->files->number && !ht_cache_follow(cache, error))
        return false;
    ht_key_cache_drop(store->keys); /* those of a load, too: no id has a key any more */
    bool ok = ht_schema_empty(store->db, error) && ht_worker_apply(store, optimize, NULL, error) &&
              ht_worker_apply(store, bump_all, data, error) && ht_cache_run_hook(store, error) &&
              run_forget_hooks(store, HT_FORGET_ALL, error) && ht_db_truncate_wal(store->db, error);
    ok = remove_old_files(store, ok ? error : NULL) && ok;
    if (ok)
        g_unlink(mark);
    return ok;
}

bool ht_cache_purge(HtCache *cache, HtPurgeFlags flags, const char *reason, GError **error)
{
    if ((flags & HT_PURGE_LOCK) && !ht_cache_set_lock(cache, reason ? reason : "locked", error))
        return false;
    return ht_worker_call(cache->store, HT_JOB_INTENT, purge_all, &flags, error);
}

void ht_cache_purge_resume(HtCache *cache)
{
    g_autofree char *mark = mark_path(cache->dir);
    g_autofree char *word = ht_file_load_private(mark, 16, NULL, NULL);
    if (!word)
        return;
    HtPurgeFlags flags = (HtPurgeFlags)((*word - '0') & (HT_PURGE_LOCK | HT_PURGE_WORDS));
    g_autoptr(GError) why = NULL;
    if (!ht_worker_call(cache->store, HT_JOB_INTENT, purge_all, &flags, &why))
        ht_log(HT_LOG_WARNING, "ending a purge: %s", why->message);
}

/* ---- locking */

static char *lock_path(const char *dir)
{
    return g_build_filename(dir, "locked", NULL);
}

bool ht_cache_is_locked(HtCache *cache, char **reason)
{
    g_autofree char *path = lock_path(cache->dir);
    g_autofree char *text = ht_file_load_private(path, 4096, NULL, NULL);
    bool locked = text || g_access(path, F_OK) == 0;
    if (reason)
        *reason = locked ? g_strchomp(g_strdup(text ? text : "locked")) : NULL;
    return locked;
}

/* In the file, too, so that the other processes look at the mark. */
static bool touch_lock(HtApply *apply, gpointer data, GError **error)
{
    (void)data;
    (void)error;
    ht_apply_touch(apply, HT_CHANGED_META);
    return true;
}

bool ht_cache_set_lock(HtCache *cache, const char *reason, GError **error)
{
    g_autofree char *path = lock_path(cache->dir);
    if (!reason) {
        g_unlink(path);
    } else {
        g_autoptr(GError) why = NULL;
        if (!ht_file_save_private(path, reason, -1, &why)) {
            g_set_error(error, HT_CACHE_ERROR, HT_CACHE_ERROR_IO, "%s", why->message);
            return false;
        }
    }
    if (!ht_cache_apply(cache, touch_lock, NULL, NULL)) /* a full disk does not keep it open */
        ht_bus_notify(cache->bus, HT_CHANGED_META);
    return true;
}

bool ht_cache_unlock(HtCache *cache, GError **error)
{
    return ht_cache_set_lock(cache, NULL, error);
}
