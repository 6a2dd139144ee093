/* The cache: the tenant's data in SQLite on this machine. It holds exactly what the server said
 * (base), what the outbox intends (shown), and what is derived from both.
 *
 * Threads: one store thread for each HtCache writes; everybody else reads through an HtReader of
 * his own. Several processes may have the same cache open. Files: CACHE_DIR/cache-N.db (a
 * generation), `current` → the one in use. A first load fills a new generation beside the old;
 * publishing it replaces the link, and readers follow at their next ht_reader_refresh. */
#pragma once

#include "hiretty/base/ident.h"
#include "hiretty/base/paths.h"
#include "hiretty/cache/db.h"
#include "hiretty/cache/error.h"
#include "hiretty/domain/key.h"

#include <gio/gio.h>
#include <stdbool.h>
#include <stdint.h>

typedef struct HtCache HtCache;
typedef struct HtReader HtReader;
typedef struct HtApply HtApply;
typedef struct HtGeneration HtGeneration;

typedef enum {
    HT_CACHE_DEFAULT = 0,
    HT_CACHE_NO_POLL = 1 << 0, /* do not look for other processes' changes (short commands) */
} HtCacheFlags;

/* Opens or creates the profile's cache. A corrupt, foreign or newer file is moved aside
 * (cache-N.db.corrupt-TIME…), an empty one takes its place and ht_cache_problem says so in one
 * line; only what makes work impossible is an error. */
HtCache *ht_cache_open(const HtPaths *paths, HtCacheFlags flags, GError **error);
/* Finishes the intents in the queue, drops queued pulls, stops the thread. Close readers first. */
void ht_cache_close(HtCache *cache);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HtCache, ht_cache_close)

/* What open found and mended, for people; NULL = nothing. */
const char *ht_cache_problem(HtCache *cache);
/* What it says when there was no room to open the files but for what is kept for that. */
#define HT_CACHE_FULL_PROBLEM "the disk is full: what is here can be read, changes may be refused"
/* What mends it: words for people, or a command. */
const char *ht_cache_mend(HtCache *cache);
const char *ht_cache_dir(HtCache *cache);
/* Path of the current generation. Caller frees. */
char *ht_cache_path(HtCache *cache);
/* Full integrity check of the current generation, on the calling thread (slow). */
bool ht_cache_verify(HtCache *cache, GError **error);
/* Removes every generation (`hiretty cache wipe`); the outbox is not touched. HT_CACHE_ERROR_BUSY
 * when another process has it open. */
bool ht_cache_wipe(const HtPaths *paths, GError **error);

/* --- Change bus: bit N is sync table N; the others are below. */
#define HT_CHANGED(number) (UINT64_C(1) << (number))
#define HT_CHANGED_SHOWN HT_CHANGED(0) /* intents: shown rows, counts, outbox list */
#define HT_CHANGED_SEEN HT_CHANGED(61) /* what was opened here */
#define HT_CHANGED_META HT_CHANGED(62) /* sync's notes: progress, last sync */
#define HT_CHANGED_GENERATION                                                                      \
    HT_CHANGED(63) /* another file: ht_reader_refresh, then everything                             \
                    */
#define HT_CHANGED_ALL (~UINT64_C(0))

typedef void (*HtChangeFunc)(uint64_t tables, gpointer data);
/* Calls `func` in `context` (NULL: the thread-default one) after commits of this and other
 * processes, several gathered in one call. Returns a number for unsubscribe; after that returns on
 * the context's own thread, `func` is not called any more. */
guint ht_cache_subscribe(HtCache *cache, GMainContext *context, HtChangeFunc func, gpointer data);
void ht_cache_unsubscribe(HtCache *cache, guint id);

/* --- Reading. A reader is of one thread; statements see one snapshot each, or all the same between
 * begin and end. */
HtReader *ht_reader_new(HtCache *cache, const char *thread, GError **error);
void ht_reader_free(HtReader *reader);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HtReader, ht_reader_free)
/* Any thread. Also a statement that starts right after is stopped only by a new call. */
void ht_reader_interrupt(HtReader *reader);
/* Follows to a new generation. *changed (nullable): keys of before mean nothing now. */
bool ht_reader_refresh(HtReader *reader, bool *changed, GError **error);
bool ht_reader_begin(HtReader *reader, GError **error);
void ht_reader_end(HtReader *reader);
HtDb *
ht_reader_db(HtReader *reader); /* borrowed; for the layer itself, outbox and sync's digests */

/* false, with the error, if the disk failed under a look-up since the reader was opened or followed
 * to a new generation: then "there is none" may be wrong. */
bool ht_reader_check(HtReader *reader, GError **error);
/* From here on: what failed before counts no more. */
void ht_reader_watch(HtReader *reader);
/* A load is published before all of its indexes are made (ht_cache_settle). Until then false: what
 * is found by a person or an application would be found by reading everybody's. */
bool ht_reader_is_settled(HtReader *reader);

/* Identity. */
HtKey ht_reader_key(HtReader *reader, const HtUuid *id); /* 0 = unknown */
/* The same of many at once: all ids are read once, not for each, while a load's index of ids is
 * still to be made. */
void ht_reader_keys_of(HtReader *reader, const HtUuid *ids, gsize n, HtKey *keys);
bool ht_reader_uuid(HtReader *reader, HtKey key, HtUuid *out);
char *ht_reader_meta(HtReader *reader, const char *name); /* NULL = none; caller frees */

/* --- Writing. `func` runs on the store thread inside one transaction of the current generation;
 * false (with error) rolls back. Never from the UI's thread: it blocks. */
typedef bool (*HtApplyFunc)(HtApply *apply, gpointer data, GError **error);
bool ht_cache_apply(HtCache *cache, HtApplyFunc func, gpointer data, GError **error);
/* The same without blocking; `done` runs on the store thread (error NULL = committed, owned by the
 * caller of `done`). */
typedef void (*HtAppliedFunc)(const GError *error, gpointer data);
void ht_cache_apply_async(HtCache *cache, HtApplyFunc func, gpointer data, GDestroyNotify free_data,
                          HtAppliedFunc done, gpointer done_data);
/* A note of sync's (cursor, fingerprints, acked_seq …); NULL = none. Any thread; caller frees. */
char *ht_cache_meta(HtCache *cache, const char *name);
/* The same where "none" has consequences: false when it could not be read, *value is NULL then. */
bool ht_cache_read_meta(HtCache *cache, const char *name, char **value, GError **error);

/* --- First loads. A generation that is being loaded survives its process (within one boot of the
 * machine); its own meta holds how far it came. One process at a time (sync's lock). */
/* Takes up an unfinished generation (*resumed) or starts one. */
HtGeneration *ht_cache_generation_begin(HtCache *cache, bool *resumed, GError **error);
/* Like ht_cache_apply, one transaction on the new generation, bulk mode allowed. */
bool ht_cache_generation_apply(HtGeneration *generation, HtApplyFunc func, gpointer data,
                               GError **error);
void ht_cache_generation_apply_async(HtGeneration *generation, HtApplyFunc func, gpointer data,
                                     GDestroyNotify free_data, HtAppliedFunc done,
                                     gpointer done_data);
char *ht_cache_generation_meta(HtGeneration *generation, const char *name); /* caller frees */
/* Indexes, triggers, counters, people's full text, sync to disk, then the link. Consumes
 * `generation` when true. Seconds for millions of rows; intents are served between its steps. Wide
 * columns that were not loaded yet go into the current cache afterwards (ht_cache_apply, bulk
 * mode). */
bool ht_cache_generation_publish(HtGeneration *generation, GError **error);
/* Makes the indexes that a publication left for later, if idle work has not done so; for the end of
 * a load. Blocks, but intents go between. */
bool ht_cache_settle(HtCache *cache, GError **error);
/* The wide columns are in too: memory that was kept for them is freed. */
void ht_cache_load_over(HtCache *cache);
/* Leaves the files for a later begin. */
void ht_cache_generation_release(HtGeneration *generation);
/* Deletes them. */
void ht_cache_generation_discard(HtGeneration *generation);
/* Removes what processes that died have left of loads, for a sync that found that none is needed:
 * it holds rows of people who may have gone since. */
void ht_cache_drop_unfinished(HtCache *cache);

/* --- Purging: no byte of what was deleted stays in the file, its WAL or the full text. */
/* Rows that go, and words of people who were erased, make a debt in the transaction that takes them
 * (HT_META_FORGET_DUE). This pays it, if there is one: the outbox and the session forget, old
 * generations and files moved aside go, the full text is merged, the WAL truncated; then
 * HT_META_FORGOT tells when. HT_CACHE_ERROR_BUSY when another process still reads: the debt stays,
 * try again. `alone`: the caller holds the profile's sync lock. Blocks; not on the UI's thread. */
bool ht_cache_forget(HtCache *cache, bool alone, GError **error);
bool ht_cache_owes(HtCache *cache);
/* The same at a quiet moment, for debts of a process that did not live to pay. */
void ht_cache_forget_later(HtCache *cache);
#define HT_META_FORGET_DUE "forget_due"
#define HT_META_FORGOT "forgot"
/* Tables whose wide columns are still to come, a JSON object by their names; sync's. */
#define HT_META_WIDE "wide_left"

typedef enum {
    HT_PURGE_EMPTY = 0,
    HT_PURGE_LOCK = 1 << 0,  /* stays locked, in all processes, until ht_cache_unlock */
    HT_PURGE_WORDS = 1 << 1, /* unsent work keeps ids and codes only */
} HtPurgeFlags;

/* Everything of the tenant goes. A process that dies meanwhile leaves a mark, and the next open
 * ends the work. Not on the UI's thread. */
bool ht_cache_purge(HtCache *cache, HtPurgeFlags flags, const char *reason, GError **error);
bool ht_cache_is_locked(HtCache *cache, char **reason); /* `reason` nullable; caller frees */
bool ht_cache_set_lock(HtCache *cache, const char *reason,
                       GError **error); /* NULL unlocks; deletes nothing */
bool ht_cache_unlock(HtCache *cache, GError **error);

/* Full text of résumés, transcripts and notes is built in the background after a first load: 0 …
 * 100. */
int ht_cache_index_percent(HtReader *reader);

/* --- Scanning whole tables, for digests. Values are in canonical text as sql/sync/columns defines
 * it (NULL pointer = NULL); a wide column comes from its own table; the order of rows is free. */
typedef struct {
    const char *text;
    gsize len;
} HtScanValue;
struct HtSyncTable;
typedef bool (*HtScanFunc)(const HtScanValue *values, gpointer data);
/* Ids of all rows of a table that has them, in no order, appended to `out` (HtUuid). */
bool ht_cache_ids(HtReader *reader, const struct HtSyncTable *table, GArray *out, GError **error);
/* Of those whose `column` (a ref) names one of the n ids; with `parent` those that name a row of
 * that table whose match_id does. For at most some hundred ids. */
bool ht_cache_ids_about(HtReader *reader, const struct HtSyncTable *table, int column,
                        const char *parent, const HtUuid *ids, gsize n, GArray *out,
                        GError **error);
/* Moves the ids of rows whose wide columns are here from `ids` (HtUuid) to `out`; the others keep
 * their order. None move while the index of ids is still to be made. Blocks, but intents go
 * between. The writer looks: the rows come to it next, and it will have met them. */
bool ht_cache_ids_take_wide(HtCache *cache, const struct HtSyncTable *table, GArray *ids,
                            GArray *out, GError **error);
/* Are there at least n rows? No more are counted. */
bool ht_cache_has_rows(HtReader *reader, const struct HtSyncTable *table, int64_t n, bool *has,
                       GError **error);
/* `func` returns false to stop. */
bool ht_cache_scan(HtReader *reader, const struct HtSyncTable *table, const int *columns, int n,
                   HtScanFunc func, gpointer data, GError **error);
