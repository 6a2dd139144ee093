/* What the files of this layer share. */
#pragma once

#include "files.h"

#include "hiretty/cache/apply.h"
#include "hiretty/cache/cache.h"
#include "hiretty/cache/store.h"

/* --- Queries */
#define HT_QUERY(name) "sql/cache/queries/" name ".sql"

/* --- The change bus (bus.c) */
typedef struct HtBus HtBus;
HtBus *ht_bus_new(void);
void ht_bus_free(HtBus *bus);
guint ht_bus_subscribe(HtBus *bus, GMainContext *context, HtChangeFunc func, gpointer data);
void ht_bus_unsubscribe(HtBus *bus, guint id);
void ht_bus_notify(HtBus *bus, uint64_t tables); /* any thread */

/* --- Keys of uuids, remembered (keys.c); of one worker */
typedef struct HtKeyCache HtKeyCache;
/* Ids that a loader keeps in memory at most; tests make it small. */
extern guint32 ht_key_cache_max;
/* `keeps_all`: of a loader, whose file has no index over ids: nobody else may add ids to it. */
HtKeyCache *ht_key_cache_new(bool keeps_all);
void ht_key_cache_free(HtKeyCache *cache);
/* After a rollback. */
void ht_key_cache_forget(HtKeyCache *cache);
/* Another file, or the end of a load: nothing that was kept is of use. */
void ht_key_cache_drop(HtKeyCache *cache);
/* The file has its index from now on, and other writers. */
void ht_key_cache_share(HtKeyCache *cache);
/* 0 with error on failure; without `make` also 0 for an unknown one. */
HtKey ht_key_cache_get(HtKeyCache *cache, HtDb *db, const HtUuid *id, bool make, GError **error);
/* The same for a row's own id, which comes once: it is not looked for among the recent ones. */
HtKey ht_key_cache_get_own(HtKeyCache *cache, HtDb *db, const HtUuid *id, bool make,
                           GError **error);
/* The key if it is remembered, else 0: nothing is read. */
HtKey ht_key_cache_recall(const HtKeyCache *cache, const HtUuid *id);
/* This is its key. */
void ht_key_cache_note(HtKeyCache *cache, const HtUuid *id, HtKey k);
/* The id will be asked for soon: its place in memory is fetched meanwhile, and what lies there once
 * that has come (`is_near`). */
void ht_key_cache_expect(const HtKeyCache *cache, const HtUuid *id, bool is_near);
/* Before a commit: a loader's new ids are in memory only until then. */
bool ht_key_cache_write(HtKeyCache *cache, HtDb *db, GError **error);
/* Makes the index of the ids where it is missing, from memory where they are all kept. In a
 * transaction. HT_CACHE_ERROR_INTERRUPTED once *stop (NULL: never) is above 0. */
bool ht_key_cache_add_index(HtKeyCache *cache, HtDb *db, const gint *stop, GError **error);
/* true: of a loader whose memory has room for so many new ids. */
bool ht_key_cache_has_room(HtKeyCache *cache, HtDb *db, guint n, GError **error);

/* --- Workers: a thread with the only writing connection of a file (store.c) */
typedef enum {
    HT_JOB_INTENT = 0, /* what a person does */
    HT_JOB_PULL,
    HT_JOB_IDLE, /* visits, full text, purges */
    HT_JOB_QUEUES
} HtJobQueue;

struct HtApply {
    HtStore *store;
    HtDb *db;
    uint64_t mask;
    int64_t started_us;
    GHashTable *people; /* keys of persons whose search row is to be made anew */
    bool docs;          /* documents wait for the full text */
    bool forgets;       /* rows went, or a person's words: the file has to be purged of them */
};

struct HtStore {
    HtCache *cache;
    HtDb *db;
    HtFiles *files;
    bool loading; /* a generation that is not current yet: nothing derived */
    HtKeyCache *keys;
    GPtrArray *tables; /* HtApplyTable*, kept as long as the connection */
    HtApply apply;
    /* bus, of the current generation */
    int64_t known[64];
    int64_t data_version;
    bool is_behind; /* another generation is current and could not be opened */
    /* the queue */
    GMutex lock;
    GCond wake;
    GQueue jobs[HT_JOB_QUEUES];
    gint intents; /* atomic: waiting in the first queue */
    bool stopping, polls;
    GThread *thread;
    gint docs_posted;                /* atomic: a step of the full text is in the queue */
    gint settle_posted;              /* atomic: the same of settle.c */
    bool is_interruptible;           /* under `lock`: an intent ends what is running */
    int gave_way;                    /* how often that happened in a row to an index */
    gint tidy_posted[HT_JOB_QUEUES]; /* atomic: the log is to be taken into the file (tidy.c) */
    int log_gave_way;                /* how often that was interrupted in a row */
};

/* Takes db and files. */
HtStore *ht_worker_new(HtCache *cache, HtDb *db, HtFiles *files, bool loading, const char *name);
/* Finishes the intents, drops the rest with HT_CACHE_ERROR_CLOSED. */
void ht_worker_free(HtStore *store);
bool ht_worker_call(HtStore *store, HtJobQueue queue, HtStoreFunc func, gpointer data,
                    GError **error);
void ht_worker_post(HtStore *store, HtJobQueue queue, HtStoreFunc func, gpointer data,
                    GDestroyNotify free_data, HtAppliedFunc done, gpointer done_data);
/* On the worker's thread: one transaction. */
bool ht_worker_apply(HtStore *store, HtApplyFunc func, gpointer data, GError **error);
/* On the worker's thread: may an intent that comes end what is running? */
void ht_worker_set_interruptible(HtStore *store, bool is_interruptible);
/* On the store thread: another file from now on; both are taken. */
void ht_worker_switch(HtStore *store, HtDb *db, HtFiles *files);
/* What to pass to post for an apply; `free_data` frees data. */
typedef struct {
    HtApplyFunc func;
    gpointer data;
    GDestroyNotify free_data;
} HtApplyJob;
HtApplyJob *ht_apply_job_new(HtApplyFunc func, gpointer data, GDestroyNotify free_data);
void ht_apply_job_free(gpointer job);
bool ht_apply_job_run(HtStore *store, gpointer job, GError **error);

/* --- Applying (apply.c, derive.c) */
void ht_apply_table_free(gpointer table);
bool ht_apply_finish(HtApply *apply, GError **error); /* derived rows, before the commit */

typedef enum {
    HT_DOC_RESUME = 1,
    HT_DOC_SCREENING,
    HT_DOC_VOICE,
    HT_DOC_NOTE,
    HT_DOC_KINDS
} HtDocKind;

#define HT_DOC_VERSION "1" /* of the extraction below: another one builds the index anew */

/* The document's text, folded or as written; *candidate; NULL = nothing there. Caller frees. */
char *ht_index_text(HtDb *db, HtDocKind kind, HtKey k, bool folded, HtKey *candidate,
                    GError **error);
bool ht_index_has(HtDb *db, HtKey k);
bool ht_index_forget(HtDb *db, HtKey k, const char *old_folded, GError **error);
bool ht_index_queue(HtDb *db, HtDocKind kind, HtKey k, GError **error);
/* Indexes for some 15 ms; *more. */
bool ht_index_step(HtDb *db, bool *more, GError **error);
bool ht_index_queue_all(HtDb *db, GError **error);
bool ht_person_derive(HtDb *db, HtKey k, GError **error);
bool ht_counters_rebuild(HtDb *db, GError **error); /* counters.c */
bool ht_people_rebuild(HtDb *db, GError **error);

/* --- Cache (cache.c) */
enum { HT_FORGET_HOOKS = 2 }; /* the outbox, the session */
typedef struct {
    HtForgetFunc func;
    gpointer data;
} HtForgetHook;

struct HtCache {
    char *dir;
    HtCacheFlags flags;
    char *problem;
    GMutex lock;    /* files, hook */
    HtFiles *files; /* current generation */
    HtStore *store;
    HtBus *bus;
    HtStoreFunc hook;
    gpointer hook_data;
    HtForgetHook forget_hooks[HT_FORGET_HOOKS];
};

HtFiles *ht_cache_files(HtCache *cache); /* a reference */
/* On the store thread: follows to the generation that another process made current. */
bool ht_cache_follow(HtCache *cache, GError **error);
void ht_cache_index_later(HtCache *cache);
void ht_cache_settle_later(HtCache *cache); /* settle.c; any thread */

/* tidy.c: pages of the log that are worth taking into the file when nothing else is to be done;
 * between two batches of a pull or a load; and as many as no commit leaves there. */
enum { HT_LOG_TIDY = 1000, HT_LOG_DUE = 4000, HT_LOG_MAX = 16000 };
/* After a commit, which left so many. */
void ht_cache_tidy_later(HtCache *cache, int pages);
bool ht_cache_run_hook(HtStore *store, GError **error);
bool ht_run_query(HtDb *db, const char *resource, GError **error);
/* Ends a purge of everything that a killed process had begun (purge.c). */
void ht_cache_purge_resume(HtCache *cache);

/* --- Reading (reader.c) */
struct HtReader {
    HtCache *cache;
    HtFiles *files;
    char *thread;
    GMutex lock; /* db, for interrupt */
    HtDb *db;
    bool has_ages; /* of those who wait in a stage; a load is published before they are to be had */
    bool is_settled; /* so far: all of them */
};

bool ht_cache_not_found(GError **error, const char *what); /* false */
/* Statement of sql/cache/queries/NAME.sql with one key bound; NULL on failure. */
HtStmt *ht_reader_query(HtReader *reader, const char *resource, HtKey key, GError **error);
/* Keys of the person's applications, newest first; with `match` only that one. NULL on failure
 * (candidates.c). */
HtKeyArray *ht_reader_matches_of(HtReader *reader, HtKey candidate, HtKey match, GError **error);
/* The first column of all rows of a statement; NULL on failure. */
HtKeyArray *ht_reader_keys(HtStmt *stmt, GError **error);

/* difference.c: a row that came again against the one that is here. `names`: the columns, in the
 * order of the setters' numbers; NULL without an error when there are none or too many to compare.
 */
typedef struct HtDifference HtDifference;
typedef enum {
    HT_DIFFERENCE_ABSENT = 0, /* no such row here, or not every value was set: nothing was done */
    HT_DIFFERENCE_SAME,
    HT_DIFFERENCE_CHANGED, /* the columns that differ were written */
} HtDifferenceOutcome;
HtDifference *ht_difference_new(HtDb *db, const char *table, GPtrArray *names, GError **error);
void ht_difference_free(HtDifference *difference);
void ht_difference_null(HtDifference *difference, int i);
void ht_difference_int(HtDifference *difference, int i, int64_t value);
void ht_difference_real(HtDifference *difference, int i, double value);
void ht_difference_text(HtDifference *difference, int i, const char *text, gsize len);
/* A row that is named, whose key is not known. */
void ht_difference_id(HtDifference *difference, int i, const HtUuid *id);
bool ht_difference_run(HtDifference *difference, HtKeyCache *keys, HtKey k,
                       HtDifferenceOutcome *outcome, GError **error);
/* The values as parameters, from number `first` on, of a statement that is cleared before the next
 * reset. */
bool ht_difference_bind(HtDifference *difference, HtKeyCache *keys, HtStmt *stmt, int first,
                        GError **error);
void ht_difference_reset(HtDifference *difference);
