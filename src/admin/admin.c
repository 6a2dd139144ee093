/* What the files of this layer share. Statements that name roles are made by the server itself
 * (format with %I and %L in the .sql files), so that nothing is quoted here. */
#include "hiretty/base/resource.h"
#include "internal.h"

#include <string.h>

G_DEFINE_QUARK(ht - admin - error - quark, ht_admin_error)

#define MAX_PARAMS 8

/* The server names the rule that a value broke; a person wants to know what is wrong with it. */
static const struct {
    const char *constraint, *sentence;
} rules[] = {
    {"tenants_slug_key", "another tenant has this slug (choose another --slug)"},
    {"tenants_slug_check",
     "a slug has lower-case letters, digits and hyphens only (choose another --slug)"},
    {"tenants_timezone_fkey",
     "there is no such time zone (--timezone wants a name such as Europe/Berlin)"},
    {"users_timezone_fkey",
     "there is no such time zone (--timezone wants a name such as Europe/Berlin)"},
    {"users_email_check", "this is no e-mail address (--email)"},
};

static void explain(GError *problem)
{
    for (gsize i = 0; i < G_N_ELEMENTS(rules); i++) {
        if (problem->domain == HT_PG_ERROR && strstr(problem->message, rules[i].constraint)) {
            g_free(problem->message);
            problem->domain = HT_ADMIN_ERROR;
            problem->code = HT_ADMIN_ERROR_INVALID;
            problem->message = g_strdup(rules[i].sentence);
            return;
        }
    }
}

HtPgRows *ht_admin_query(HtPgConnection *pg, const char *name, const char *const *values, int n,
                         GError **error)
{
    g_assert(n <= MAX_PARAMS);
    g_autofree char *path = g_strdup_printf("sql/admin/%s.sql", name);
    HtPgParam params[MAX_PARAMS] = {0};
    for (int i = 0; i < n; i++)
        params[i].text = values[i];
    GError *problem = NULL;
    HtPgRows *rows = ht_pg_query(pg, ht_resource_text(path), params, n, &problem);
    if (!problem)
        return rows;
    explain(problem);
    g_propagate_error(error, problem);
    return rows;
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
