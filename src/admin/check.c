/* The check of the wall: each file of sql/admin/check asks the catalog for what breaks one rule. It
 * runs as hiretty_auth, which reads all memberships and nothing else. */
#include "hiretty/base/resource.h"
#include "internal.h"

#include <string.h>

#define FOLDER "sql/admin/check"

void ht_admin_finding_free(HtAdminFinding *finding)
{
    if (!finding)
        return;
    g_free(finding->rule);
    g_free(finding->object);
    g_free(finding->detail);
    g_free(finding);
}

static void free_finding(gpointer data)
{
    ht_admin_finding_free(data);
}

static bool run_rule(HtPgConnection *pg, const char *file, GPtrArray *findings, GError **error)
{
    g_autofree char *path = g_strdup_printf(FOLDER "/%s", file);
    g_autoptr(HtPgRows) rows = ht_pg_query(pg, ht_resource_text(path), NULL, 0, error);
    if (!rows) {
        g_prefix_error(error, "%s: ", file);
        return false;
    }
    for (int i = 0; i < ht_pg_rows_count(rows); i++) {
        g_autofree char *severity = ht_admin_text(rows, i, 0);
        HtAdminFinding *finding = g_new0(HtAdminFinding, 1);
        finding->rule = g_strndup(file, strlen(file) - strlen(".sql"));
        finding->object = ht_admin_text(rows, i, 1);
        finding->detail = ht_admin_text(rows, i, 2);
        finding->is_advice = g_strcmp0(severity, "advice") == 0;
        g_ptr_array_add(findings, finding);
    }
    return true;
}

static bool run_all(HtPgConnection *pg, GPtrArray *findings, GError **error)
{
    g_auto(GStrv) files = ht_resource_list(FOLDER);
    for (gsize i = 0; files[i]; i++) {
        if (!run_rule(pg, files[i], findings, error))
            return false;
    }
    return true;
}

GPtrArray *ht_admin_check(HtPgConnection *pg, GError **error)
{
    g_autoptr(GPtrArray) findings = g_ptr_array_new_with_free_func(free_finding);
    g_autofree char *problem = NULL;
    g_autoptr(GError) failure = NULL;
    if (!ht_admin_check_schema(pg, &problem, &failure)) {
        /* The server's own sentence would send to another version of the schema. */
        if (g_error_matches(failure, HT_PG_ERROR, HT_PG_ERROR_SCHEMA))
            g_set_error(error, HT_ADMIN_ERROR, HT_ADMIN_ERROR_MISSING,
                        "this database has no schema of Hiretty (db apply makes it)");
        else
            g_propagate_error(error, g_steal_pointer(&failure));
        return NULL;
    }
    if (problem) {
        HtAdminFinding *finding = g_new0(HtAdminFinding, 1);
        finding->rule = g_strdup("schema");
        finding->object = g_strdup("the schema");
        finding->detail = g_steal_pointer(&problem);
        g_ptr_array_add(findings, finding);
    }
    if (!ht_admin_begin(pg, "hiretty_auth", error))
        return NULL;
    if (!ht_admin_end(pg, run_all(pg, findings, error), error))
        return NULL;
    return g_steal_pointer(&findings);
}
