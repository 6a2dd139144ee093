/* Applying rows of the server, inside an HtApplyFunc: store thread only. Used by sync and by
 * outbox. */
#pragma once

#include "hiretty/cache/cache.h"
#include "hiretty/cache/sync_table.h"

typedef struct HtApplyTable HtApplyTable;

typedef enum {
    HT_APPLY_UPSERT = 0, /* compares, writes only what differs, keeps everything derived in step */
    HT_APPLY_BULK, /* last wins, nothing is compared: first loads, and wide columns after them */
} HtApplyMode;

/* Rows of one table. `columns`: indexes into table->columns in the order of the values; the row's
 * id must be among them; NULL = all columns. Columns left out keep what they have. Owned by
 * `apply`, valid until the function returns; asking again for the same table and columns gives the
 * same statement. */
HtApplyTable *ht_apply_table(HtApply *apply, const HtSyncTable *table, const int *columns,
                             int n_columns, HtApplyMode mode, GError **error);

/* Value of the i-th of these columns; what is not set is NULL. */
void ht_apply_null(HtApplyTable *rows, int i);
void ht_apply_uuid(HtApplyTable *rows, int i, const HtUuid *id); /* UUID and REF */
/* A row that comes soon names this id: said some rows before, and again (`is_near`) a few rows
 * later. Only makes it faster. */
void ht_apply_expect(const HtApplyTable *rows, const HtUuid *id, bool is_near);
void ht_apply_int(HtApplyTable *rows, int i, int64_t value); /* INT CENTI TIME BOOL */
void ht_apply_real(HtApplyTable *rows, int i, double value);
void ht_apply_text(HtApplyTable *rows, int i, const char *text,
                   gssize len); /* TEXT DATE JSON TEXTS; copied */
/* The same for a text (not NULL) that stays where it is until ht_apply_row has returned. */
void ht_apply_text_borrowed(HtApplyTable *rows, int i, const char *text, gsize len);
/* Writes the row and clears the values. */
bool ht_apply_row(HtApplyTable *rows, GError **error);
/* Sets the values of the next row; false when there is none for now, or with an error. Texts
 * that it sets, by whichever function, stay where they are until it is called again. */
typedef bool (*HtApplyNext)(HtApplyTable *rows, gpointer data, GError **error);
/* Writes the rows that `next` sets, by one statement where that does the same. */
bool ht_apply_rows(HtApplyTable *rows, HtApplyNext next, gpointer data, GError **error);
/* Rows that were new or changed so far. */
int64_t ht_apply_changed(const HtApplyTable *rows);

/* row_version of the row that is there; -1 = none, or the table has no versions. */
int64_t ht_apply_version(HtApply *apply, const HtSyncTable *table, const HtUuid *id);
bool ht_apply_delete(HtApply *apply, const HtSyncTable *table, const HtUuid *id, GError **error);
/* All rows of the table. */
bool ht_apply_clear(HtApply *apply, const HtSyncTable *table, GError **error);

bool ht_apply_meta_set(HtApply *apply, const char *name, const char *value,
                       GError **error);                    /* NULL deletes */
char *ht_apply_meta_get(HtApply *apply, const char *name); /* caller frees; NULL = none */
bool ht_apply_meta_set_int(HtApply *apply, const char *name, int64_t value, GError **error);
int64_t ht_apply_meta_get_int(HtApply *apply, const char *name, int64_t fallback);

/* true once 20 ms have gone or an intent waits: end this batch, commit, go on with the next. */
bool ht_apply_should_yield(HtApply *apply);
/* Says that something outside the sync tables changed (HT_CHANGED_…). */
void ht_apply_touch(HtApply *apply, uint64_t tables);
/* The writing connection, for outbox's statements. */
HtDb *ht_apply_db(HtApply *apply);
/* ids.k of a uuid, made if unknown. */
HtKey ht_apply_key(HtApply *apply, const HtUuid *id, GError **error);
