/* Statements: one at a time, several in one trip, and COPY out. Results are binary; parameters are
 * given as text, or as an array of ids in binary. `sql` is one statement of ours, never text from
 * outside. The thread that owns the connection. After an error inside a transaction the caller
 * rolls back. */
#pragma once

#include "hiretty/base/ident.h"
#include "hiretty/pg/connection.h"
#include "hiretty/pg/field.h"

/* One parameter: a text (NULL is SQL's NULL), or, when `ids` is set, a uuid[] of n_ids elements. */
typedef struct {
    const char *text;
    const HtUuid *ids;
    gsize n_ids;
} HtPgParam;

/* Rows of a finished statement. */
typedef struct HtPgRows HtPgRows;
void ht_pg_rows_free(HtPgRows *rows);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HtPgRows, ht_pg_rows_free)
int ht_pg_rows_count(const HtPgRows *rows);
int ht_pg_rows_columns(const HtPgRows *rows);
/* Borrowed from `rows`; out of range gives a NULL field. */
HtPgField ht_pg_rows_field(const HtPgRows *rows, int row, int column);

/* Runs one statement and keeps all its rows. */
HtPgRows *ht_pg_query(HtPgConnection *pg, const char *sql, const HtPgParam *params, int n_params,
                      GError **error);
/* The same without parameters, for statements whose rows do not matter. Several, separated by
 * semicolons, are allowed here; without a BEGIN of their own they are one transaction. */
bool ht_pg_run(HtPgConnection *pg, const char *sql, GError **error);

/* Called for each row as it arrives; the fields live until it returns. false stops (set the error).
 */
typedef bool (*HtPgRowFunc)(const HtPgField *fields, int n_fields, gpointer data, GError **error);

/* Several statements in one round trip (libpq's pipeline): add them, then finish runs all. The
 * first that fails makes the rest not run; its error is returned. They are one transaction only if
 * they say so. */
typedef struct HtPgPipeline HtPgPipeline;
HtPgPipeline *ht_pg_pipeline_new(HtPgConnection *pg);
void ht_pg_pipeline_free(HtPgPipeline *pipeline);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HtPgPipeline, ht_pg_pipeline_free)
/* `sql` and the ids of `params` must live until finish; texts are copied. `func` may be NULL (no
 * rows wanted); rows arrive in the order of the statements, streamed. */
void ht_pg_pipeline_add(HtPgPipeline *pipeline, const char *sql,
                        GArray *params /* HtPgParam, nullable */, HtPgRowFunc func, gpointer data);
/* As add, for a statement that is sent again and again: the server parses it once a connection and
 * keeps its plan. */
void ht_pg_pipeline_add_kept(HtPgPipeline *pipeline, const char *sql,
                             GArray *params /* HtPgParam, nullable */, HtPgRowFunc func,
                             gpointer data);
bool ht_pg_pipeline_finish(HtPgPipeline *pipeline, GError **error);
/* The data of the statement whose answer broke the connection; NULL: none did. */
gpointer ht_pg_pipeline_broken_at(const HtPgPipeline *pipeline);

/* `COPY (…) TO STDOUT (FORMAT binary)`: the rows in blocks of whole tuples of at least
 * `block_bytes` (the last one smaller), without header and trailer. The callback owns the block.
 * Nothing may be made visible before this returned true: a cut COPY delivers part of its rows
 * first. SET LOCAL may stand before it, each ended by ";". */
typedef bool (*HtPgBlockFunc)(GBytes *block, gsize n_rows, gpointer data, GError **error);
bool ht_pg_copy_out(HtPgConnection *pg, const char *sql, gsize block_bytes, HtPgBlockFunc func,
                    gpointer data, GError **error);

/* The same in one round trip with other statements: a transaction around the rows, and questions
 * that are answered from their snapshot. */
typedef struct {
    const char *sql;    /* statements with ';' between them, without parameters; one is the COPY */
    HtPgRowFunc on_row; /* rows of those before it, as text */
    gsize block_bytes;
    HtPgBlockFunc on_block;
} HtPgCopy;
/* After an error of the server a transaction that was begun is still to be rolled back. */
bool ht_pg_copy_among(HtPgConnection *pg, const HtPgCopy *copy, gpointer data, GError **error);
