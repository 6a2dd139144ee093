/* What the files of this layer share. Statements that name roles are made by the server itself
 * (format with %I and %L in the .sql files), so that nothing is quoted here. */
#include "hiretty/base/resource.h"
#include "internal.h"

G_DEFINE_QUARK(ht - admin - error - quark, ht_admin_error)

#define MAX_PARAMS 8

HtPgRows *ht_admin_query(HtPgConnection *pg, const char *name, const char *const *values, int n,
                         GError **error)
{
    g_assert(n <= MAX_PARAMS);
    g_autofree char *path = g_strdup_printf("sql/admin/%s.sql", name);
    HtPgParam params[MAX_PARAMS] = {0};
    for (int i = 0; i < n; i++)
        params[i].text = values[i];
    return ht_pg_query(pg, ht_resource_text(path), params, n, error);
}

bool ht_admin_run(HtPgConnection *pg, const char *name, const char *const *values, int n,
                  GError **error)
{
    g_autoptr(HtPgRows) rows = ht_admin_query(pg, name, values, n, error);
    return rows != NULL;
}

char *ht_admin_text(const HtPgRows *rows, int row, int column)
{
    HtPgField field = ht_pg_rows_field(rows, row, column);
    return ht_pg_field_dup_text(&field);
}

bool ht_admin_run_returned(HtPgConnection *pg, const char *name, const char *const *values, int n,
                           GError **error)
{
    g_autoptr(HtPgRows) rows = ht_admin_query(pg, name, values, n, error);
    for (int i = 0; rows && i < ht_pg_rows_count(rows); i++) {
        g_autofree char *statement = ht_admin_text(rows, i, 0);
        if (!ht_pg_run(pg, statement, error))
            return false;
    }
    return rows != NULL;
}

bool ht_admin_begin(HtPgConnection *pg, const char *role, GError **error)
{
    if (!ht_pg_run(pg, "BEGIN", error))
        return false;
    if (!role)
        return true;
    g_autofree char *statement = g_strdup_printf("SET LOCAL ROLE %s", role);
    return ht_pg_run(pg, statement, error) || ht_admin_end(pg, false, error);
}

bool ht_admin_end(HtPgConnection *pg, bool ok, GError **error)
{
    if (ok)
        return ht_pg_run(pg, "COMMIT", error);
    ht_pg_run(pg, "ROLLBACK", NULL);
    return false;
}
