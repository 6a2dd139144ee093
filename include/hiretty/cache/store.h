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
