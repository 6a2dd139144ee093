/* Shared inside the admin layer: one statement of a file, and its values as text. */
#pragma once

#include "hiretty/admin/admin.h"
#include "hiretty/pg/query.h"

/* Runs sql/admin/NAME.sql with `n` text parameters (NULL is SQL's NULL). Rows, or NULL and error.
 */
HtPgRows *ht_admin_query(HtPgConnection *pg, const char *name, const char *const *values, int n,
                         GError **error);
/* The same without rows. */
bool ht_admin_run(HtPgConnection *pg, const char *name, const char *const *values, int n,
                  GError **error);
/* A text column; NULL for NULL. Caller frees. */
char *ht_admin_text(const HtPgRows *rows, int row, int column);
/* Runs each statement that sql/admin/NAME.sql returns. */
bool ht_admin_run_returned(HtPgConnection *pg, const char *name, const char *const *values, int n,
                           GError **error);
/* BEGIN, with `role` (NULL: none) until the end of the transaction. */
bool ht_admin_begin(HtPgConnection *pg, const char *role, GError **error);
/* COMMIT if `ok`, else ROLLBACK with `error` kept. Returns whether all went well. */
bool ht_admin_end(HtPgConnection *pg, bool ok, GError **error);
/* The record of migrations against the program's files: *problem receives what is wrong, NULL for
 * nothing; g_free. false and error when it could not look. */
bool ht_admin_check_schema(HtPgConnection *pg, char **problem, GError **error);
