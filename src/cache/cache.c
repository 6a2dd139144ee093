/* Opening and generations. What the server also has may be thrown away at any time,
 * so a file that cannot be trusted is moved aside and an empty one takes its place; the outbox is
 * another file and never touched here. */
#include "internal.h"
#include "schema.h"

#include "hiretty/base/clock.h"
#include "hiretty/base/failpoint.h"
#include "hiretty/base/log.h"
#include "hiretty/base/reserve.h"
#include "hiretty/cache/jobs.h"
#include "hiretty/cache/search.h"

#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#define STORE_CACHE_KIB 16384
/* Rows are appended: a large one keeps nothing that is needed again. */
#define LOADER_CACHE_KIB 8192
#define OPEN_ATTEMPTS 4
#define BOOT_ID "/proc/sys/kernel/random/boot_id"

struct HtGeneration {
    HtCache *cache;
    HtStore *worker;
    int number;
    bool published;
};

/* --- Opening */

typedef struct {
    const char *word; /* in the new file name */
    const char *sentence;
} Aside;

/* NULL: an error that moving the file would not mend. */
static const Aside *aside_for(const GError *why)
{
    static const Aside corrupt = {"corrupt", "The local copy was damaged"};
    static const Aside foreign = {"foreign", "The local copy was some other database"};
    static const Aside newer = {"newer", "The local copy was written by a newer version"};
    if (why->domain != HT_CACHE_ERROR)
        return NULL;
    if (why->code == HT_CACHE_ERROR_CORRUPT)
        return &corrupt;
    if (why->code == HT_CACHE_ERROR_FOREIGN)
        return &foreign;
    return why->code == HT_CACHE_ERROR_NEWER ? &newer : NULL;
}

static char *suspect_path(const char *dir)
{
    return g_build_filename(dir, "suspect", NULL);
}

static bool check_text(HtDb *db, const char *resource, GError **error)
{
    HtStmt *check = ht_db_stmt(db, resource, error);
    return check && ht_stmt_run(check, error);
}

/* What no check of pages sees: the index of the ids is a table of its own. */
static bool check_keys(HtDb *db, GError **error)
{
    if (!ht_schema_has_index(db, HT_KEYS_BY_ID))
        return true;
    g_auto(HtStmtUse) use = {ht_db_stmt(db, HT_QUERY("keys_check"), error)};
    HtStep step = use.stmt ? ht_stmt_step(use.stmt, error) : HT_STEP_ERROR;
    if (step == HT_STEP_ROW)
        g_set_error_literal(error, HT_CACHE_ERROR, HT_CACHE_ERROR_CORRUPT, "the file is damaged");
    return step == HT_STEP_DONE;
}

/* The pages, what is in them, the indexes; with `texts` (a writer) the full text too. Slow. */
static bool is_sound(HtDb *db, bool texts, GError **error)
{
    return ht_db_check_pages(db, false, error) && check_keys(db, error) &&
           (!texts || (check_text(db, HT_QUERY("people_fts_check"), error) &&
                       check_text(db, HT_QUERY("texts_fts_check"), error)));
}

/* The link is made when something is in the file; one without a byte has lost it. What is no file
 * has no bytes either, and is refused where it would be opened. */
static bool is_emptied(const char *path, GError **error)
{
    GStatBuf st;
    if (g_lstat(path, &st) != 0 || !S_ISREG(st.st_mode) || st.st_size > 0)
        return false;
    g_set_error(error, HT_CACHE_ERROR, HT_CACHE_ERROR_CORRUPT, "%s is empty", path);
    return true;
}

static bool bring_in_step(HtDb *db, const char *path, bool suspect, GError **error)
{
    bool empty;
    if (!ht_schema_check(db, path, &empty, error) || !ht_db_prove(db, error))
        return false;
    if (suspect && !is_sound(db, true, error))
        return false;
    if (empty ? !ht_schema_create(db, false, error) : !ht_schema_mend(db, error))
        return false;
    if (!suspect || ht_schema_is_whole(db))
        return true;
    g_set_error(error, HT_CACHE_ERROR, HT_CACHE_ERROR_CORRUPT, "%s is damaged", path);
    return false;
}

/* A generation that is current or to be: created, checked, brought in step. */
static HtDb *open_generation(const char *dir, int number, bool suspect, GError **error)
{
    g_autofree char *path = ht_files_path(dir, number);
    GError *why = NULL;
    g_autoptr(HtDb) db =
        ht_db_open(path, HT_DB_WRITE | HT_DB_UNPROVEN, "store", STORE_CACHE_KIB, error);
    if (!db)
        return NULL;
    if (!bring_in_step(db, path, suspect, &why)) {
        ht_db_explain(db, why, error);
        return NULL;
    }
    g_autofree char *mark = suspect_path(dir);
    ht_db_set_suspect(db, mark);
    ht_db_keep_log(db, HT_LOG_MAX);
    return g_steal_pointer(&db);
}

/* Moves the current file aside and says so; false with `why` when that would not help. */
static bool set_aside(HtCache *cache, int number, GError *why, GError **error)
{
    const Aside *aside = aside_for(why);
    if (!aside) {
        g_propagate_error(error, why);
        return false;
    }
    g_autofree char *kept = ht_files_move_aside(cache->dir, number, aside->word, error);
    g_free(cache->problem);
    cache->problem = g_strdup_printf("%s: it was kept as %s; a full sync is needed",
                                     aside->sentence, kept ? kept : "it is");
    ht_log(HT_LOG_WARNING, "cache-%d.db moved aside: %s", number, aside->word);
    g_error_free(why);
    return kept != NULL;
}

/* Under the folder's lock. */
static HtDb *open_current(HtCache *cache, GError **error)
{
    g_autofree char *suspect = suspect_path(cache->dir);
    for (int attempt = 0; attempt < OPEN_ATTEMPTS; attempt++) {
        int number = ht_files_current(cache->dir);
        g_autofree char *path = ht_files_path(cache->dir, number);
        bool there = number > 0 && g_access(path, F_OK) == 0;
        if (!there)
            number = ht_files_next(cache->dir);
        GError *why = NULL;
        bool doubtful = there && g_access(suspect, F_OK) == 0;
        HtDb *db = there && is_emptied(path, &why)
                       ? NULL
                       : open_generation(cache->dir, number, doubtful, &why);
        if (!db) {
            if (!set_aside(cache, number, why, error))
                return NULL;
            continue;
        }
        g_unlink(suspect);
        cache->files = ht_files_take(cache->dir, number, false, error);
        if (cache->files && (there || ht_files_link(cache->dir, number, error)))
            return db;
        ht_db_close(db);
        return NULL;
    }
    g_set_error(error, HT_CACHE_ERROR, HT_CACHE_ERROR_CORRUPT, "no cache can be made in %s",
                cache->dir);
    return NULL;
}

/* A disk that is full to the last block has no room for SQLite's shared index either. */
static HtDb *open_or_make_room(HtCache *cache, GError **error)
{
    g_autoptr(GError) why = NULL;
    HtDb *db = open_current(cache, &why);
    if (db)
        ht_reserve_keep(cache->dir);
    bool is_full = g_error_matches(why, HT_CACHE_ERROR, HT_CACHE_ERROR_FULL);
    if (db || !is_full || !ht_reserve_give_up(cache->dir)) {
        if (why)
            g_propagate_error(error, g_steal_pointer(&why));
        return db;
    }
    ht_log(HT_LOG_WARNING, "the disk is full: the cache's reserve is given up");
    db = open_current(cache, error);
    if (db && !cache->problem)
        cache->problem = g_strdup(HT_CACHE_FULL_PROBLEM);
    return db;
}

static void cache_free(HtCache *cache)
{
    ht_bus_free(cache->bus);
    ht_files_unref(cache->files);
    g_mutex_clear(&cache->lock);
    g_free(cache->problem);
    g_free(cache->dir);
    g_free(cache);
}

HtCache *ht_cache_open(const HtPaths *paths, HtCacheFlags flags, GError **error)
{
    HtCache *cache = g_new0(HtCache, 1);
    g_mutex_init(&cache->lock);
    cache->dir = g_strdup(ht_paths_cache_dir(paths));
    cache->flags = flags;
    cache->bus = ht_bus_new();
    int folder = ht_folder_lock(cache->dir, error);
    HtDb *db = folder >= 0 ? open_or_make_room(cache, error) : NULL;
    if (!db) {
        if (folder >= 0)
            close(folder);
        cache_free(cache);
        return NULL;
    }
    ht_files_sweep(cache->dir, cache->files->number, false);
    close(folder);
    cache->store = ht_worker_new(cache, db, ht_files_ref(cache->files), false, "store");
    ht_cache_purge_resume(cache);
    if (!(flags & HT_CACHE_NO_POLL)) {
        ht_cache_settle_later(cache);
        ht_cache_index_later(cache);
    }
    return cache;
}

void ht_cache_close(HtCache *cache)
{
    if (!cache)
        return;
    ht_worker_free(cache->store);
    ht_reserve_keep(cache->dir); /* if it was given up: there may be room now */
    cache_free(cache);
}

const char *ht_cache_problem(HtCache *cache)
{
    return cache->problem;
}

const char *ht_cache_mend(HtCache *cache)
{
    bool is_full = g_strcmp0(cache->problem, HT_CACHE_FULL_PROBLEM) == 0;
    return is_full ? "make room on the disk" : "hiretty sync";
}

const char *ht_cache_dir(HtCache *cache)
{
    return cache->dir;
}

HtFiles *ht_cache_files(HtCache *cache)
{
    g_mutex_lock(&cache->lock);
    HtFiles *files = ht_files_ref(cache->files);
    g_mutex_unlock(&cache->lock);
    return files;
}

char *ht_cache_path(HtCache *cache)
{
    g_autoptr(HtFiles) files = ht_cache_files(cache);
    return g_strdup(files->path);
}

bool ht_cache_verify(HtCache *cache, GError **error)
{
    g_autofree char *path = ht_cache_path(cache);
    g_autofree char *suspect = suspect_path(cache->dir);
    g_autoptr(HtDb) db = ht_db_open(path, HT_DB_READ, "check", 4096, error);
    if (!db)
        return false;
    ht_db_set_suspect(db, suspect);
    return is_sound(db, false, error);
}

bool ht_cache_wipe(const HtPaths *paths, GError **error)
{
    const char *dir = ht_paths_cache_dir(paths);
    int folder = ht_folder_lock(dir, error);
    if (folder < 0)
        return false;
    bool ok = true;
    int current = ht_files_current(dir);
    g_autoptr(GArray) numbers = ht_files_list(dir);
    g_autoptr(GPtrArray) taken =
        g_ptr_array_new_with_free_func((GDestroyNotify)(void *)ht_files_unref);
    for (guint i = 0; ok && i < numbers->len; i++) {
        HtFiles *files = ht_files_take(dir, g_array_index(numbers, int, i), true, error);
        ok = files != NULL;
        if (files)
            g_ptr_array_add(taken, files);
    }
    if (ok) {
        g_autofree char *link = g_build_filename(dir, "current", NULL);
        if (current)
            g_unlink(link);
        for (guint i = 0; i < numbers->len; i++)
            ht_files_remove(dir, g_array_index(numbers, int, i));
        ht_files_remove_aside(dir);
        ht_reserve_give_up(dir);
        static const char *const marks[] = {"locked", "suspect", "purging"};
        for (gsize i = 0; i < G_N_ELEMENTS(marks); i++) {
            g_autofree char *mark = g_build_filename(dir, marks[i], NULL);
            g_unlink(mark);
        }
    }
    close(folder);
    return ok;
}

/* --- The bus, writing */

guint ht_cache_subscribe(HtCache *cache, GMainContext *context, HtChangeFunc func, gpointer data)
{
    return ht_bus_subscribe(cache->bus, context, func, data);
}

void ht_cache_unsubscribe(HtCache *cache, guint id)
{
    ht_bus_unsubscribe(cache->bus, id);
}

bool ht_cache_apply(HtCache *cache, HtApplyFunc func, gpointer data, GError **error)
{
    HtApplyJob job = {.func = func, .data = data};
    return ht_worker_call(cache->store, HT_JOB_PULL, ht_apply_job_run, &job, error);
}

void ht_cache_apply_async(HtCache *cache, HtApplyFunc func, gpointer data, GDestroyNotify free_data,
                          HtAppliedFunc done, gpointer done_data)
{
    ht_worker_post(cache->store, HT_JOB_PULL, ht_apply_job_run,
                   ht_apply_job_new(func, data, free_data), ht_apply_job_free, done, done_data);
}

typedef struct {
    const char *name;
    char *value;
} MetaCall;

static bool get_meta(HtStore *store, gpointer data, GError **error)
{
    MetaCall *call = data;
    HtStmt *get = ht_db_stmt(store->db, HT_QUERY("meta_get"), error);
    if (!get)
        return false;
    ht_stmt_bind_text(get, 1, call->name);
    HtStep step = ht_stmt_step(get, error);
    if (step == HT_STEP_ROW)
        call->value = ht_stmt_dup_text(get, 0);
    ht_stmt_reset(get);
    return step != HT_STEP_ERROR;
}

static bool read_meta(HtStore *worker, const char *name, char **value, GError **error)
{
    MetaCall call = {.name = name};
    bool ok = ht_worker_call(worker, HT_JOB_INTENT, get_meta, &call, error);
    *value = call.value;
    return ok;
}

bool ht_cache_read_meta(HtCache *cache, const char *name, char **value, GError **error)
{
    return read_meta(cache->store, name, value, error);
}

char *ht_cache_meta(HtCache *cache, const char *name)
{
    char *value;
    read_meta(cache->store, name, &value, NULL);
    return value;
}

/* --- Generations */

bool ht_cache_run_hook(HtStore *store, GError **error)
{
    HtCache *cache = store->cache;
    g_mutex_lock(&cache->lock);
    HtStoreFunc hook = cache->hook;
    gpointer data = cache->hook_data;
    g_mutex_unlock(&cache->lock);
    return !hook || hook(store, data, error);
}

typedef struct {
    HtStoreFunc func;
    gpointer data;
} Hook;

static bool set_hook(HtStore *store, gpointer data, GError **error)
{
    const Hook *hook = data;
    g_mutex_lock(&store->cache->lock);
    store->cache->hook = hook->func;
    store->cache->hook_data = hook->data;
    g_mutex_unlock(&store->cache->lock);
    return ht_cache_run_hook(store, error);
}

void ht_cache_set_generation_hook(HtCache *cache, HtStoreFunc func, gpointer data)
{
    Hook hook = {func, data};
    g_autoptr(GError) why = NULL;
    if (!ht_worker_call(cache->store, HT_JOB_INTENT, set_hook, &hook, &why))
        ht_log(HT_LOG_WARNING, "pending work could not be shown: %s", why->message);
}

/* Makes db and files (taken) the current ones of this process. */
static void adopt(HtStore *store, HtDb *db, HtFiles *files)
{
    HtCache *cache = store->cache;
    g_mutex_lock(&cache->lock);
    HtFiles *old = cache->files;
    cache->files = ht_files_ref(files);
    g_mutex_unlock(&cache->lock);
    ht_files_unref(old);
    ht_worker_switch(store, db, files);
}

bool ht_cache_follow(HtCache *cache, GError **error)
{
    int folder = ht_folder_lock(cache->dir, error);
    if (folder < 0)
        return false;
    int number = ht_files_current(cache->dir);
    HtFiles *files = NULL;
    HtDb *db = NULL;
    if (number > 0)
        files = ht_files_take(cache->dir, number, false, error);
    else
        g_set_error(error, HT_CACHE_ERROR, HT_CACHE_ERROR_STALE, "the cache was wiped");
    if (files)
        db = open_generation(cache->dir, number, false, error);
    close(folder);
    if (!db) {
        ht_files_unref(files);
        return false;
    }
    adopt(cache->store, db, files);
    ht_bus_notify(cache->bus, HT_CHANGED_GENERATION);
    return ht_cache_run_hook(cache->store, error);
}

static char *boot_id(void)
{
    char *text = NULL;
    if (!g_file_get_contents(BOOT_ID, &text, NULL, NULL))
        return g_strdup("unknown");
    return g_strstrip(text);
}

static bool mark_loading(HtApply *apply, gpointer data, GError **error)
{
    return ht_apply_meta_set(apply, "boot", data, error) &&
           ht_apply_meta_set(apply, "loading", "1", error);
}

/* A load that this boot of the machine began with the same columns; NULL without error when it is
 * of no use. */
static HtDb *open_unfinished(const char *path, const char *boot)
{
    bool empty;
    g_autoptr(HtDb) db =
        ht_db_open(path, HT_DB_WRITE | HT_DB_LOADING, "load", LOADER_CACHE_KIB, NULL);
    if (!db || !ht_schema_check(db, path, &empty, NULL) || empty || !ht_schema_mend(db, NULL))
        return NULL;
    const char *const wanted[][2] = {
        {"boot", boot}, {"loading", "1"}, {"tables", ht_sync_tables_fingerprint()}};
    for (gsize i = 0; i < G_N_ELEMENTS(wanted); i++) {
        HtStmt *get = ht_db_stmt(db, HT_QUERY("meta_get"), NULL);
        if (!get)
            return NULL;
        ht_stmt_bind_text(get, 1, wanted[i][0]);
        bool same = ht_stmt_step(get, NULL) == HT_STEP_ROW &&
                    g_strcmp0(ht_stmt_text(get, 0), wanted[i][1]) == 0;
        ht_stmt_reset(get);
        if (!same)
            return NULL;
    }
    return g_steal_pointer(&db);
}

static HtDb *new_unfinished(const char *path, GError **error)
{
    g_autoptr(HtDb) db =
        ht_db_open(path, HT_DB_WRITE | HT_DB_LOADING, "load", LOADER_CACHE_KIB, error);
    return db && ht_schema_create(db, true, error) ? g_steal_pointer(&db) : NULL;
}

static HtGeneration *take_up(HtCache *cache, const char *boot, bool *resumed, GError **error)
{
    int current = ht_files_current(cache->dir), number = ht_files_next(cache->dir);
    g_autoptr(GArray) numbers = ht_files_list(cache->dir);
    int last = numbers->len ? g_array_index(numbers, int, numbers->len - 1) : 0;
    HtFiles *files = NULL;
    HtDb *db = NULL;
    *resumed = false;
    if (last > current) {
        files = ht_files_take(cache->dir, last, true, error);
        if (!files)
            return NULL;
        db = open_unfinished(files->path, boot);
        *resumed = db != NULL;
        if (!db) {
            ht_files_remove(cache->dir, last);
            g_clear_pointer(&files, ht_files_unref);
        }
    }
    if (!files)
        files = ht_files_take(cache->dir, number, true, error);
    if (files && !db)
        db = new_unfinished(files->path, error);
    if (!db) {
        ht_files_unref(files);
        return NULL;
    }
    HtGeneration *generation = g_new0(HtGeneration, 1);
    generation->cache = cache;
    generation->number = files->number;
    generation->worker = ht_worker_new(cache, db, files, true, "load");
    return generation;
}

HtGeneration *ht_cache_generation_begin(HtCache *cache, bool *resumed, GError **error)
{
    bool dummy;
    g_autofree char *boot = boot_id();
    int folder = ht_folder_lock(cache->dir, error);
    if (folder < 0)
        return NULL;
    HtGeneration *generation = take_up(cache, boot, resumed ? resumed : &dummy, error);
    close(folder);
    if (generation && !ht_cache_generation_apply(generation, mark_loading, boot, error)) {
        ht_cache_generation_discard(generation);
        return NULL;
    }
    return generation;
}

bool ht_cache_generation_apply(HtGeneration *generation, HtApplyFunc func, gpointer data,
                               GError **error)
{
    HtApplyJob job = {.func = func, .data = data};
    return ht_worker_call(generation->worker, HT_JOB_PULL, ht_apply_job_run, &job, error);
}

void ht_cache_generation_apply_async(HtGeneration *generation, HtApplyFunc func, gpointer data,
                                     GDestroyNotify free_data, HtAppliedFunc done,
                                     gpointer done_data)
{
    ht_worker_post(generation->worker, HT_JOB_PULL, ht_apply_job_run,
                   ht_apply_job_new(func, data, free_data), ht_apply_job_free, done, done_data);
}

char *ht_cache_generation_meta(HtGeneration *generation, const char *name)
{
    char *value;
    read_meta(generation->worker, name, &value, NULL);
    return value;
}

static void generation_free(HtGeneration *generation)
{
    ht_worker_free(generation->worker);
    g_free(generation);
}

void ht_cache_generation_release(HtGeneration *generation)
{
    if (generation)
        generation_free(generation);
}

void ht_cache_generation_discard(HtGeneration *generation)
{
    if (!generation)
        return;
    g_autofree char *dir = g_strdup(generation->cache->dir);
    int number = generation->number;
    int folder = ht_folder_lock(dir, NULL);
    generation_free(generation);
    ht_files_remove(dir, number);
    if (folder >= 0)
        close(folder);
}

void ht_cache_drop_unfinished(HtCache *cache)
{
    int folder = ht_folder_lock(cache->dir, NULL);
    if (folder < 0)
        return; /* the next one does it */
    int current = ht_files_current(cache->dir);
    if (current > 0)
        ht_files_sweep(cache->dir, current, true);
    close(folder);
}

/* --- Publishing */

typedef struct {
    HtUuid job;
    int64_t since;
} Visit;

/* Repeatable: a publication that was cut off is done again from its start. Its debt is in the file
 * before it is published: who is not in it any more was in the one before, in what was written of
 * that, in the outbox. */
static bool derive_all(HtApply *apply, gpointer data, GError **error)
{
    (void)data;
    HtDb *db = ht_apply_db(apply);
    return ht_apply_meta_set_int(apply, HT_META_FORGET_DUE, ht_clock_now_us(), error) &&
           ht_schema_drop_triggers(db, error) &&
           ht_run_query(db, HT_QUERY("people_clear"), error) && ht_people_rebuild(db, error) &&
           ht_index_queue_all(db, error) && ht_counters_rebuild(db, error) &&
           ht_schema_add_triggers(db, error) &&
           ht_apply_meta_set(apply, "docs", HT_DOC_VERSION, error);
}

static bool add_indexes(HtApply *apply, gpointer data, GError **error)
{
    (void)data;
    return ht_schema_add_indexes(ht_apply_db(apply), error);
}

static bool read_visits(HtDb *db, GArray *visits, GError **error)
{
    HtStmt *all = ht_db_stmt(db, HT_QUERY("visits_all"), error);
    HtStep step = HT_STEP_ERROR;
    while (all && (step = ht_stmt_step(all, error)) == HT_STEP_ROW) {
        Visit visit = {.since = ht_stmt_int(all, 1)};
        if (ht_stmt_uuid(all, 0, &visit.job))
            g_array_append_val(visits, visit);
    }
    if (all)
        ht_stmt_reset(all);
    return step == HT_STEP_DONE;
}

static bool settle_in(HtApply *apply, gpointer data, GError **error)
{
    const GArray *visits = data;
    static const char *const of_loading[] = {"loading", "boot"};
    for (gsize i = 0; i < G_N_ELEMENTS(of_loading); i++) {
        if (!ht_apply_meta_set(apply, of_loading[i], NULL, error))
            return false;
    }
    for (guint i = 0; i < visits->len; i++) {
        const Visit *visit = &g_array_index(visits, Visit, i);
        HtKey job = ht_key_cache_get(apply->store->keys, apply->db, &visit->job, false, error);
        HtStmt *put = job ? ht_db_stmt(apply->db, HT_QUERY("visit_carry"), error) : NULL;
        if (!put)
            continue;
        ht_stmt_bind_int(put, 1, job);
        ht_stmt_bind_int(put, 2, visit->since);
        if (!ht_stmt_run(put, error))
            return false;
    }
    return true;
}

typedef struct {
    HtFiles *files;
    HtKeyCache *keys; /* of the loader; taken */
} Swap;

/* While a load writes its wide columns the memory of the ids is the loader's. */
static void keep_ids(HtStore *store, Swap *swap)
{
    ht_key_cache_share(swap->keys);
    ht_key_cache_free(store->keys);
    store->keys = g_steal_pointer(&swap->keys);
}

/* On the store thread: the new file takes the place of the old one. */
static bool swap_in(HtStore *store, gpointer data, GError **error)
{
    Swap *swap = data;
    HtFiles *files = swap->files;
    HtCache *cache = store->cache;
    g_autoptr(GArray) visits = g_array_new(FALSE, FALSE, sizeof(Visit));
    if (!read_visits(store->db, visits, error))
        return false;
    int folder = ht_folder_lock(cache->dir, error);
    if (folder < 0)
        return false;
    /* Synced while nobody has it open: closing a descriptor of it would drop SQLite's locks. */
    HtDb *db = ht_files_sync(files->path, error)
                   ? open_generation(cache->dir, files->number, false, error)
                   : NULL;
    HT_FAILPOINT(PUBLISH_SYNCED);
    bool ok = db && ht_files_share(files, error) && ht_files_link(cache->dir, files->number, error);
    HT_FAILPOINT(PUBLISH_LINKED);
    if (!ok) {
        ht_db_close(db);
        close(folder);
        return false;
    }
    adopt(store, db, ht_files_ref(files));
    keep_ids(store, swap);
    close(folder);
    ht_cache_settle_later(cache); /* before what else is left for later: that may need them */
    g_autoptr(GError) why = NULL;
    if (!ht_worker_apply(store, settle_in, visits, &why) || !ht_cache_run_hook(store, &why))
        ht_log(HT_LOG_WARNING, "after publishing: %s", why->message);
    ht_bus_notify(cache->bus, HT_CHANGED_GENERATION);
    ht_cache_index_later(cache);
    return true;
}

bool ht_cache_generation_publish(HtGeneration *generation, GError **error)
{
    HtCache *cache = generation->cache;
    if (!ht_cache_generation_apply(generation, add_indexes, NULL, error) ||
        !ht_cache_generation_apply(generation, derive_all, NULL, error))
        return false;
    HT_FAILPOINT(PUBLISH_DERIVED);
    /* The loader's connection closes first: the file changes from a rollback journal to WAL. Its
     * lock stays. */
    g_autoptr(HtFiles) files = ht_files_ref(generation->worker->files);
    Swap swap = {files, g_steal_pointer(&generation->worker->keys)};
    g_clear_pointer(&generation->worker, ht_worker_free);
    bool ok = ht_worker_call(cache->store, HT_JOB_INTENT, swap_in, &swap, error);
    ht_key_cache_free(swap.keys);
    if (!ok)
        return false;
    g_free(generation);
    int folder = ht_folder_lock(cache->dir, NULL);
    if (folder >= 0) {
        ht_files_sweep(cache->dir, files->number, false);
        close(folder);
    }
    return true;
}

static bool drop_ids(HtStore *store, gpointer data, GError **error)
{
    (void)data;
    (void)error;
    ht_key_cache_drop(store->keys);
    return true;
}

void ht_cache_load_over(HtCache *cache)
{
    ht_worker_post(cache->store, HT_JOB_PULL, drop_ids, NULL, NULL, NULL, NULL);
}

/* --- Idle work */

static void log_failure(const GError *error, gpointer data)
{
    (void)data;
    /* What is not done when the cache closes is done after the next opening. */
    if (error && !g_error_matches(error, HT_CACHE_ERROR, HT_CACHE_ERROR_CLOSED))
        ht_log(HT_LOG_WARNING, "idle work of the cache: %s", error->message);
}

static bool index_some(HtApply *apply, gpointer data, GError **error)
{
    g_autofree char *version = ht_apply_meta_get(apply, "docs");
    if (g_strcmp0(version, HT_DOC_VERSION) != 0 &&
        (!ht_run_query(apply->db, HT_QUERY("texts_fts_clear"), error) ||
         !ht_run_query(apply->db, HT_QUERY("indexed_clear"), error) ||
         !ht_index_queue_all(apply->db, error) ||
         !ht_apply_meta_set(apply, "docs", HT_DOC_VERSION, error)))
        return false;
    return ht_index_step(apply->db, data, error);
}

static bool index_step(HtStore *store, gpointer data, GError **error)
{
    (void)data;
    bool more = false;
    g_atomic_int_set(&store->docs_posted, 0);
    if (!ht_worker_apply(store, index_some, &more, error))
        return false;
    if (more)
        ht_cache_index_later(store->cache);
    else
        ht_bus_notify(store->cache->bus, HT_CHANGED_META);
    return true;
}

static bool index_now(HtStore *store, gpointer data, GError **error)
{
    return ht_worker_apply(store, index_some, data, error);
}

bool ht_cache_index_some(HtCache *cache, bool *more, GError **error)
{
    *more = false;
    return ht_worker_call(cache->store, HT_JOB_IDLE, index_now, more, error);
}

void ht_cache_index_later(HtCache *cache)
{
    if (g_atomic_int_compare_and_exchange(&cache->store->docs_posted, 0, 1))
        ht_worker_post(cache->store, HT_JOB_IDLE, index_step, NULL, NULL, log_failure, NULL);
}

typedef struct {
    HtKey job;
} VisitJob;

static bool visit(HtApply *apply, gpointer data, GError **error)
{
    const VisitJob *job = data;
    HtStmt *put = ht_db_stmt(apply->db, HT_QUERY("visit_put"), error);
    if (!put)
        return false;
    ht_stmt_bind_int(put, 1, job->job);
    if (!ht_stmt_run(put, error))
        return false;
    if (ht_db_changes(apply->db) > 0)
        ht_apply_touch(apply, HT_CHANGED_SEEN);
    return true;
}

void ht_cache_job_visit(HtCache *cache, HtKey job)
{
    VisitJob *data = g_new0(VisitJob, 1);
    data->job = job;
    ht_worker_post(cache->store, HT_JOB_IDLE, ht_apply_job_run,
                   ht_apply_job_new(visit, data, g_free), ht_apply_job_free, NULL, NULL);
}
