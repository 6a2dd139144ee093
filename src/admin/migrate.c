/* Migrations. The files are part of the program; what was applied stands in app.schema_migrations
 * with the SHA-256 of its text. A migration is one transaction with row_security off, so that a
 * statement that row security would silently filter is an error; the record is written in the same
 * transaction. A session lock keeps two administrators apart (tests/tools/apply.sh takes the same
 * one). */
#include "hiretty/base/resource.h"
#include "internal.h"

#include <string.h>

#define FOLDER "sql/server/migrations"
#define OPTIONAL "sql/server/optional"
/* A migration may rewrite a large table. */
#define SILENCE_MS (60 * 60 * 1000)

typedef struct {
    int version;
    char *name, *text, *checksum;
} Migration;

static void migration_free(gpointer data)
{
    Migration *migration = data;
    g_free(migration->name);
    g_free(migration->text);
    g_free(migration->checksum);
    g_free(migration);
}

/* The program's migrations by version (Migration*). */
static GPtrArray *load(GError **error)
{
    g_autoptr(GPtrArray) list = g_ptr_array_new_with_free_func(migration_free);
    g_auto(GStrv) files = ht_resource_list(FOLDER);
    for (gsize i = 0; files[i]; i++) {
        const char *dash = strchr(files[i], '_');
        if (!dash || !g_str_has_suffix(files[i], ".sql"))
            continue;
        g_autofree char *path = g_strdup_printf(FOLDER "/%s", files[i]);
        g_autoptr(GBytes) bytes = ht_resource_load(path, error);
        if (!bytes)
            return NULL;
        Migration *migration = g_new0(Migration, 1);
        migration->version = (int)g_ascii_strtoll(files[i], NULL, 10);
        migration->name = g_strndup(dash + 1, strlen(dash + 1) - strlen(".sql"));
        gsize size = 0;
        const char *text = g_bytes_get_data(bytes, &size);
        migration->text = g_strndup(text, size);
        migration->checksum = g_compute_checksum_for_bytes(G_CHECKSUM_SHA256, bytes);
        g_ptr_array_add(list, migration);
    }
    return g_steal_pointer(&list);
}

static const Migration *find(const GPtrArray *list, int64_t version)
{
    for (guint i = 0; i < list->len; i++) {
        const Migration *migration = list->pdata[i];
        if (migration->version == version)
            return migration;
    }
    return NULL;
}

/* Compares the record with the program's files; *recorded receives the highest version. */
static bool compare(HtPgConnection *pg, const GPtrArray *list, int *recorded, GError **error)
{
    *recorded = 0;
    g_autoptr(HtPgRows) rows = ht_admin_query(pg, "migrations_recorded", NULL, 0, error);
    if (!rows)
        return false;
    const Migration *last = list->len ? list->pdata[list->len - 1] : NULL;
    for (int i = 0; i < ht_pg_rows_count(rows); i++) {
        int64_t version = 0;
        HtPgField field = ht_pg_rows_field(rows, i, 0);
        ht_pg_field_int(&field, &version);
        g_autofree char *name = ht_admin_text(rows, i, 1);
        g_autofree char *checksum = ht_admin_text(rows, i, 2);
        const Migration *ours = find(list, version);
        if (!ours && (!last || version > last->version)) {
            g_set_error(error, HT_ADMIN_ERROR, HT_ADMIN_ERROR_NEWER,
                        "the database has version %d of the schema, this program knows %d: "
                        "use a newer hiretty",
                        (int)version, last ? last->version : 0);
            return false;
        }
        if (!ours || strcmp(ours->checksum, checksum) != 0) {
            g_set_error(error, HT_ADMIN_ERROR, HT_ADMIN_ERROR_CHANGED,
                        "migration %d (%s) is not the one that was applied: this program is of "
                        "another line of versions",
                        (int)version, name);
            return false;
        }
        *recorded = (int)version;
    }
    return true;
}

static bool run_one(HtPgConnection *pg, const Migration *migration, GError **error)
{
    g_autofree char *version = g_strdup_printf("%d", migration->version);
    const char *values[] = {version, migration->name, migration->checksum};
    if (!ht_admin_begin(pg, NULL, error))
        return false;
    bool ok = ht_pg_run(pg, "SET LOCAL row_security = off", error) &&
              ht_pg_run(pg, migration->text, error) && ht_pg_run(pg, "RESET ROLE", error) &&
              ht_admin_run(pg, "migration_record", values, 3, error);
    if (!ht_admin_end(pg, ok, error)) {
        g_prefix_error(error, "migration %d (%s): ", migration->version, migration->name);
        return false;
    }
    return true;
}

/* What may or may not work here, and may work next time. */
static bool run_optional(HtPgConnection *pg, GError **error)
{
    g_auto(GStrv) files = ht_resource_list(OPTIONAL);
    for (gsize i = 0; files[i]; i++) {
        g_autofree char *path = g_strdup_printf(OPTIONAL "/%s", files[i]);
        if (!ht_pg_run(pg, ht_resource_text(path), error)) {
            g_prefix_error(error, "%s: ", files[i]);
            return false;
        }
    }
    return ht_admin_run(pg, "time_zones_fill", NULL, 0, error);
}

static bool apply_locked(HtPgConnection *pg, HtAdminStepFunc step, gpointer data,
                         HtAdminApplied *applied, GError **error)
{
    g_autoptr(GPtrArray) list = load(error);
    int recorded = 0;
    if (!list || !ht_admin_run(pg, "bootstrap_schema", NULL, 0, error) ||
        !ht_admin_run(pg, "bootstrap_table", NULL, 0, error) ||
        !compare(pg, list, &recorded, error))
        return false;
    applied->from = applied->to = recorded;
    for (guint i = 0; i < list->len; i++) {
        const Migration *migration = list->pdata[i];
        if (migration->version <= recorded)
            continue;
        if (step)
            step(migration->version, migration->name, data);
        if (!run_one(pg, migration, error))
            return false;
        applied->to = migration->version;
        applied->applied++;
    }
    return run_optional(pg, error);
}

bool ht_admin_apply(HtPgConnection *pg, HtAdminStepFunc step, gpointer data,
                    HtAdminApplied *applied, GError **error)
{
    HtAdminApplied unused;
    if (!applied)
        applied = &unused;
    *applied = (HtAdminApplied){0};
    if (ht_pg_server_version(pg) < 150000) {
        g_set_error(error, HT_ADMIN_ERROR, HT_ADMIN_ERROR_REFUSED,
                    "the server is older than PostgreSQL 15");
        return false;
    }
    ht_pg_set_silence_ms(pg, SILENCE_MS);
    /* Whoever waits for a table makes everybody behind him wait: better to fail and be run again.
     */
    if (!ht_pg_run(pg, "SET lock_timeout = '60s'", error) ||
        !ht_admin_run(pg, "lock", NULL, 0, error))
        return false;
    bool ok = apply_locked(pg, step, data, applied, error);
    if (ht_pg_is_usable(pg))
        ht_admin_run(pg, "unlock", NULL, 0, NULL);
    ht_pg_set_silence_ms(pg, 0);
    return ok;
}

bool ht_admin_check_schema(HtPgConnection *pg, char **problem, GError **error)
{
    *problem = NULL;
    g_autoptr(GPtrArray) list = load(error);
    if (!list)
        return false;
    int recorded = 0;
    g_autoptr(GError) local = NULL;
    if (!compare(pg, list, &recorded, &local)) {
        if (!g_error_matches(local, HT_ADMIN_ERROR, HT_ADMIN_ERROR_NEWER) &&
            !g_error_matches(local, HT_ADMIN_ERROR, HT_ADMIN_ERROR_CHANGED)) {
            g_propagate_error(error, g_steal_pointer(&local));
            return false;
        }
        *problem = g_strdup(local->message);
        return true;
    }
    const Migration *last = list->len ? list->pdata[list->len - 1] : NULL;
    if (last && recorded < last->version)
        *problem = g_strdup_printf("is at version %d of %d: run db apply", recorded, last->version);
    return true;
}
