/* Many rows into a table by one statement: `INSERT INTO t (k, …) SELECT c0, … FROM ht_bulk`. The
 * table ht_bulk is a virtual one of the connection, whose rows a function of ours makes one after
 * the other. Against a statement a row this saves its start, its end, and the way from the root of
 * the b-tree to its last page. Source: https://www.sqlite.org/vtab.html */
#pragma once

#include "hiretty/cache/db.h"

struct sqlite3;

typedef struct HtBulk HtBulk;

enum { HT_BULK_COLUMNS = 40 }; /* c0, c1 … */

/* Registers the table; the connection frees it. NULL: out of memory. */
HtBulk *ht_bulk_register(struct sqlite3 *handle);
/* Of the connection. */
HtBulk *ht_db_bulk(HtDb *db);

/* Sets the values of the next row; false at the end, or with an error. It may run statements of the
 * same connection, but no other one over ht_bulk. */
typedef bool (*HtBulkNext)(HtBulk *bulk, gpointer data, GError **error);
/* Runs the statement over the rows that `next` makes. */
bool ht_bulk_run(HtBulk *bulk, HtStmt *stmt, HtBulkNext next, gpointer data, GError **error);

/* The values set so far are those of a row that is passed over: all NULL again. */
void ht_bulk_clear(HtBulk *bulk);
/* Values of this row; what is not set is NULL. Texts and ids stay where they are until the next
 * row. */
void ht_bulk_int(HtBulk *bulk, int column, int64_t value);
void ht_bulk_real(HtBulk *bulk, int column, double value);
void ht_bulk_text(HtBulk *bulk, int column, const char *text, gsize len);
void ht_bulk_uuid(HtBulk *bulk, int column, const HtUuid *id);
