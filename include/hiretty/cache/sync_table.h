/* The synced tables as sql/sync/columns lists them: the one truth for select lists, digests and the
 * cache's columns. Immutable after the first call; any thread.
 *
 * Cache side: table NAME(k INTEGER PRIMARY KEY, …): `id` lives in ids(k, id); a `ref` column x_id
 * is x_k (ids.k); the columns marked wide are in NAME_wide(k INTEGER PRIMARY KEY, …). */
#pragma once

#include <glib.h>
#include <stdbool.h>

typedef enum {
    HT_TYPE_UUID = 1, /* the row's own id; 16 bytes */
    HT_TYPE_REF,      /* another row's uuid */
    HT_TYPE_TEXT,
    HT_TYPE_INT,
    HT_TYPE_REAL,
    HT_TYPE_CENTI, /* numeric(…,2) as hundredths */
    HT_TYPE_TIME,  /* µs since the Unix epoch */
    HT_TYPE_DATE,  /* text YYYY-MM-DD */
    HT_TYPE_JSON,  /* jsonb::text */
    HT_TYPE_BOOL,  /* 0 or 1 */
    HT_TYPE_TEXTS, /* text[] as a JSON array's text */
} HtColumnType;

typedef struct {
    const char *name;  /* the server's */
    const char *cache; /* the cache's: candidate_id → candidate_k, id → k */
    HtColumnType type;
    bool is_wide;
    const char *unless; /* not asked for when the login can read this column; NULL = always */
} HtSyncColumn;

typedef struct HtSyncTable {
    int number;                  /* tbl of the change feed, 1 … */
    const char *name;            /* in the cache */
    const char *server;          /* on the server, "app.stage_transitions" */
    const HtSyncColumn *columns; /* the first is id where has_id */
    int n_columns, n_wide;
    bool has_id;         /* false: no uuid; k is just a number */
    bool is_reload_only; /* no feed by row: always reloaded whole (clear, then rows in bulk mode) */
} HtSyncTable;

/* All, by number. */
const HtSyncTable *ht_sync_tables(int *n);
const HtSyncTable *ht_sync_table_by_number(int number);
const HtSyncTable *ht_sync_table_by_name(const char *name);
int ht_sync_table_column(const HtSyncTable *table, const char *name); /* index or -1 */
const char *ht_column_type_name(HtColumnType type);
/* A hash of the whole list: a cache made from another list is brought in step at open and asks for
 * a full resync (meta key "resync"). */
const char *ht_sync_tables_fingerprint(void);
