/* The store thread's queue, for the outbox: work that goes before every queued pull, and that needs
 * both its own database and the cache. */
#pragma once

#include "hiretty/cache/apply.h"

typedef struct HtStore HtStore;

/* Runs on the store thread, outside any transaction. */
typedef bool (*HtStoreFunc)(HtStore *store, gpointer data, GError **error);

/* One transaction on the current generation, from inside an HtStoreFunc. */
bool ht_store_apply(HtStore *store, HtApplyFunc func, gpointer data, GError **error);
/* The writing connection of the current generation, for reading. */
HtDb *ht_store_db(HtStore *store);
/* Tells subscribers without a transaction. */
void ht_store_touch(HtStore *store, uint64_t tables);

/* Blocks the caller until `func` has run. Called on the store thread itself it just runs it. */
bool ht_store_call(HtCache *cache, HtStoreFunc func, gpointer data, GError **error);
/* Does not block; `done` runs on the store thread and takes the error. */
void ht_store_call_async(HtCache *cache, HtStoreFunc func, gpointer data,
                         void (*done)(bool ok, GError *error, gpointer data));

/* Called on the store thread whenever a generation becomes current (also at registration): the
 * outbox brings shown in step there. One hook. */
void ht_cache_set_generation_hook(HtCache *cache, HtStoreFunc func, gpointer data);

typedef enum {
    HT_FORGET_SOME = 0,  /* whoever is not in the cache any more */
    HT_FORGET_SOME_SAFE, /* the same, and this process holds the sync lock: nothing is being sent */
    HT_FORGET_ALL,       /* the cache was emptied */
} HtForgetHow;

/* Called on the store thread before the file is purged: whoever keeps words about people elsewhere
 * removes them. false: not all of it could go yet, and the debt stays. At most two; remove before
 * `data` goes. */
typedef bool (*HtForgetFunc)(HtStore *store, HtForgetHow how, gpointer data, GError **error);
void ht_cache_add_forget_hook(HtCache *cache, HtForgetFunc func, gpointer data);
void ht_cache_remove_forget_hook(HtCache *cache, HtForgetFunc func);
/* PRAGMA wal_checkpoint(TRUNCATE); HT_CACHE_ERROR_BUSY while somebody reads. */
bool ht_db_truncate_wal(HtDb *db, GError **error);
