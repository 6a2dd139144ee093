/* The cache's tables: those of sql/sync/columns are generated, the others are files in sql/cache.
 * Store or loader thread. */
#pragma once

#include "hiretty/cache/db.h"

#define HT_CACHE_APPLICATION_ID 0x48495254 /* "HIRT" */
#define HT_CACHE_VERSION 1

/* All tables; with `loading` no index and no trigger yet. */
bool ht_schema_create(HtDb *db, bool loading, GError **error);
/* Indexes and triggers, after a load. One transaction each. The indexes are those that lists need.
 */
bool ht_schema_add_indexes(HtDb *db, GError **error);
/* The others, of large tables, one after the other: the first that is missing, of the ids apart. */
bool ht_schema_is_indexed(HtDb *db); /* none is missing, nor that of the ids */
bool ht_schema_add_next_index(HtDb *db, GError **error);
/* That of the ids, a table: without it nobody but a loader may add one. */
#define HT_KEYS_BY_ID "keys_by_id"
/* That of the stages: without it the longest waiting one of a stage is found by reading everybody.
 */
#define HT_STAGE_INDEX "matches_by_wait"
bool ht_schema_has_index(HtDb *db, const char *name);
/* Makes it in a transaction that goes on, also when this fails. `fill` puts all ids and their keys
 * in (sql/cache/keys/add.sql), best in the order of the ids; NULL: SQLite sorts those that are
 * there. */
typedef bool (*HtSchemaFill)(HtDb *db, gpointer data, GError **error);
bool ht_schema_add_keys(HtDb *db, HtSchemaFill fill, gpointer data, GError **error);
bool ht_schema_add_triggers(HtDb *db, GError **error);
bool ht_schema_drop_triggers(HtDb *db, GError **error);
/* HT_CACHE_ERROR_FOREIGN, _NEWER, _CORRUPT for a file that is not a cache of ours; *empty: a file
 * in which nothing was made yet. */
bool ht_schema_check(HtDb *db, const char *path, bool *empty, GError **error);
/* Adds tables of our own that an older program did not make, and what sql/sync/columns has and the
 * file has not; then meta "resync" asks for a full load. */
bool ht_schema_mend(HtDb *db, GError **error);
/* After ht_schema_mend: every table has its columns, every statement prepares. A bit of the
 * schema's own text can be wrong where every page is right. */
bool ht_schema_is_whole(HtDb *db);
/* Every row of every table goes, the notes too. */
bool ht_schema_empty(HtDb *db, GError **error);
