/* A cache is worth nothing that the server does not also have, so there is no chain of migrations
 * for the synced tables: missing columns are added empty and a full load is asked for. */
#include "schema.h"

#include "hiretty/base/log.h"
#include "hiretty/base/resource.h"
#include "hiretty/cache/error.h"
#include "hiretty/cache/sync_table.h"

#include <string.h>
#include <sys/stat.h>

static const char *sql_type(HtColumnType type)
{
    switch (type) {
    case HT_TYPE_REAL:
        return "REAL";
    case HT_TYPE_TEXT:
    case HT_TYPE_DATE:
    case HT_TYPE_JSON:
    case HT_TYPE_TEXTS:
        return "TEXT";
    case HT_TYPE_UUID:
    case HT_TYPE_REF:
    case HT_TYPE_INT:
    case HT_TYPE_CENTI:
    case HT_TYPE_TIME:
    case HT_TYPE_BOOL:
        break;
    }
    return "INTEGER";
}

static char *create_table_sql(const HtSyncTable *table, bool wide)
{
    GString *sql = g_string_new(NULL);
    g_string_printf(sql, "CREATE TABLE IF NOT EXISTS %s%s (k INTEGER PRIMARY KEY", table->name,
                    wide ? "_wide" : "");
    for (int i = 0; i < table->n_columns; i++) {
        const HtSyncColumn *column = &table->columns[i];
        if (column->type != HT_TYPE_UUID && column->is_wide == wide)
            g_string_append_printf(sql, ", %s %s", column->cache, sql_type(column->type));
    }
    g_string_append_c(sql, ')');
    return g_string_free(sql, FALSE);
}

static bool create_synced(HtDb *db, GError **error)
{
    int n;
    const HtSyncTable *tables = ht_sync_tables(&n);
    for (int i = 0; i < n; i++) {
        g_autofree char *hot = create_table_sql(&tables[i], false);
        g_autofree char *wide = create_table_sql(&tables[i], true);
        if (!ht_db_exec(db, hot, error) || (tables[i].n_wide > 0 && !ht_db_exec(db, wide, error)))
            return false;
    }
    return true;
}

static bool run_folder(HtDb *db, const char *folder, GError **error)
{
    g_auto(GStrv) names = ht_resource_list(folder);
    for (char **name = names; *name; name++) {
        g_autofree char *path = g_build_filename(folder, *name, NULL);
        if (!ht_db_exec(db, ht_resource_text(path), error)) {
            g_prefix_error(error, "%s: ", *name);
            return false;
        }
    }
    return true;
}

static bool put_meta(HtDb *db, const char *name, const char *value, GError **error)
{
    HtStmt *stmt = ht_db_stmt(db, "sql/cache/queries/meta_set.sql", error);
    if (!stmt)
        return false;
    ht_stmt_bind_text(stmt, 1, name);
    ht_stmt_bind_text(stmt, 2, value);
    return ht_stmt_run(stmt, error);
}

static bool in_transaction(HtDb *db, bool (*func)(HtDb *, gpointer, GError **), gpointer data,
                           GError **error)
{
    if (!ht_db_begin(db, true, error))
        return false;
    if (func(db, data, error) && ht_db_commit(db, error))
        return true;
    ht_db_rollback(db);
    return false;
}

/* Those of the largest tables that no list needs: a first load is published without them. */
#define LATER "sql/cache/indexes_later"
#define LISTS "sql/cache/indexes"
#define VIEWS "sql/cache/views"
#define KEYS "sql/cache/keys/schema"

static bool create_all(HtDb *db, gpointer data, GError **error)
{
    const bool *loading = data;
    g_autofree char *marks = g_strdup_printf("PRAGMA application_id=%d; PRAGMA user_version=%d;",
                                             HT_CACHE_APPLICATION_ID, HT_CACHE_VERSION);
    return ht_db_exec(db, marks, error) && create_synced(db, error) &&
           run_folder(db, "sql/cache/schema", error) && run_folder(db, VIEWS, error) &&
           put_meta(db, "tables", ht_sync_tables_fingerprint(), error) &&
           (*loading ||
            (run_folder(db, KEYS, error) && run_folder(db, LISTS, error) &&
             run_folder(db, LATER, error) && run_folder(db, "sql/cache/triggers", error)));
}

bool ht_schema_create(HtDb *db, bool loading, GError **error)
{
    return in_transaction(db, create_all, &loading, error);
}

/* What is sorted at once: as much as the processor's own cache holds. Twice as fast as with
 * everything in memory. Two threads sort while the first reads on. */
#define SORT_KIB 2048

static bool run_sorting(HtDb *db, const char *path, GError **error)
{
    int64_t before = ht_db_pragma_int(db, "cache_size");
    g_autofree char *small = g_strdup_printf("PRAGMA cache_size=-%d; PRAGMA threads=2", SORT_KIB);
    g_autofree char *back =
        g_strdup_printf("PRAGMA cache_size=%" G_GINT64_FORMAT, before ? before : -SORT_KIB);
    bool ok = ht_db_exec(db, small, error);
    if (ok)
        ok = g_str_has_suffix(path, ".sql") ? ht_db_exec(db, ht_resource_text(path), error)
                                            : run_folder(db, path, error);
    return ht_db_exec(db, back, ok ? error : NULL) && ok;
}

bool ht_schema_add_indexes(HtDb *db, GError **error)
{
    return run_sorting(db, LISTS, error);
}

bool ht_schema_has_index(HtDb *db, const char *name)
{
    g_auto(HtStmtUse) use = {ht_db_stmt(db, "sql/cache/queries/index_there.sql", NULL)};
    if (!use.stmt)
        return false;
    ht_stmt_bind_text(use.stmt, 1, name);
    return ht_stmt_step(use.stmt, NULL) == HT_STEP_ROW;
}

static bool fill_keys(HtDb *db, HtSchemaFill fill, gpointer data, GError **error)
{
    if (!run_folder(db, KEYS, error))
        return false;
    return fill ? fill(db, data, error) : run_sorting(db, "sql/cache/keys/fill.sql", error);
}

/* All of it or nothing: the transaction may go on without. */
bool ht_schema_add_keys(HtDb *db, HtSchemaFill fill, gpointer data, GError **error)
{
    if (ht_schema_has_index(db, HT_KEYS_BY_ID))
        return true;
    if (!ht_db_exec(db, "SAVEPOINT keys", error))
        return false;
    bool ok = fill_keys(db, fill, data, error);
    if (!ok && ht_db_in_transaction(db)) /* SQLite ends some of those that fail */
        ht_db_exec(db, "ROLLBACK TO keys", NULL);
    bool is_over = !ht_db_in_transaction(db) || ht_db_exec(db, "RELEASE keys", ok ? error : NULL);
    return ok && is_over;
}

/* The first file of a folder whose index is not there; NULL: none. Caller frees. */
static char *first_missing(HtDb *db, const char *folder)
{
    g_auto(GStrv) names = ht_resource_list(folder);
    for (char **name = names; *name; name++) {
        g_autofree char *index = g_strndup(*name, strlen(*name) - strlen(".sql"));
        if (!ht_schema_has_index(db, index))
            return g_build_filename(folder, *name, NULL);
    }
    return NULL;
}

bool ht_schema_is_indexed(HtDb *db)
{
    g_autofree char *missing = first_missing(db, LATER);
    return !missing && ht_schema_has_index(db, HT_KEYS_BY_ID);
}

bool ht_schema_add_next_index(HtDb *db, GError **error)
{
    g_autofree char *missing = first_missing(db, LATER);
    return !missing || run_sorting(db, missing, error);
}

bool ht_schema_add_triggers(HtDb *db, GError **error)
{
    return run_folder(db, "sql/cache/triggers", error);
}

/* A database that was cut off says in its header that it should be longer. */
static bool is_truncated(HtDb *db, const char *path)
{
    g_autofree char *wal = g_strconcat(path, "-wal", NULL);
    struct stat st, st_wal;
    if (stat(path, &st) != 0)
        return false;
    bool has_wal = stat(wal, &st_wal) == 0 && st_wal.st_size > 0;
    int64_t pages = ht_db_pragma_int(db, "page_count");
    return !has_wal && pages > 0 && st.st_size < pages * ht_db_pragma_int(db, "page_size");
}

static bool refuse(GError **error, HtCacheError code, const char *path, const char *why)
{
    g_set_error(error, HT_CACHE_ERROR, code, "%s %s", path, why);
    return false;
}

bool ht_schema_check(HtDb *db, const char *path, bool *empty, GError **error)
{
    *empty = false;
    int64_t id = ht_db_pragma_int(db, "application_id");
    int64_t version = ht_db_pragma_int(db, "user_version");
    if (id < 0 || version < 0 || is_truncated(db, path))
        return refuse(error, HT_CACHE_ERROR_CORRUPT, path, "is damaged");
    HtStmt *tables = ht_db_stmt(db, "sql/cache/queries/table_list.sql", error);
    if (!tables)
        return false;
    HtStep step = ht_stmt_step(tables, error);
    ht_stmt_reset(tables);
    if (step == HT_STEP_ERROR)
        return false;
    *empty = step == HT_STEP_DONE;
    if (*empty)
        return true;
    if (id != HT_CACHE_APPLICATION_ID)
        return refuse(error, HT_CACHE_ERROR_FOREIGN, path, "is no cache of this program");
    if (version > HT_CACHE_VERSION)
        return refuse(error, HT_CACHE_ERROR_NEWER, path, "was written by a newer version");
    HtStmt *meta = ht_db_stmt(db, "sql/cache/queries/meta_get.sql", error);
    if (!meta)
        return false;
    ht_stmt_bind_text(meta, 1, "tables");
    step = ht_stmt_step(meta, error);
    ht_stmt_reset(meta);
    if (step == HT_STEP_DONE)
        return refuse(error, HT_CACHE_ERROR_CORRUPT, path, "has lost its notes");
    return step == HT_STEP_ROW;
}

static bool has_column(HtDb *db, const char *table, const char *column)
{
    g_autofree char *sql = g_strdup_printf("SELECT %s FROM %s LIMIT 0", column, table);
    g_autoptr(GError) ignored = NULL;
    HtStmt *stmt = ht_db_prepare(db, "has_column", sql, &ignored);
    ht_stmt_finalize(stmt);
    return stmt != NULL;
}

bool ht_schema_is_whole(HtDb *db)
{
    int n;
    const HtSyncTable *tables = ht_sync_tables(&n);
    for (int i = 0; i < n; i++) {
        for (int j = 0; j < tables[i].n_columns; j++) {
            const HtSyncColumn *column = &tables[i].columns[j];
            g_autofree char *name =
                g_strconcat(tables[i].name, column->is_wide ? "_wide" : "", NULL);
            if (column->type != HT_TYPE_UUID && !has_column(db, name, column->cache))
                return false;
        }
    }
    g_auto(GStrv) names = ht_resource_list("sql/cache/queries");
    for (char **name = names; *name; name++) {
        g_autofree char *path = g_build_filename("sql/cache/queries", *name, NULL);
        if (!ht_db_stmt(db, path, NULL))
            return false;
    }
    return true;
}

static bool add_columns(HtDb *db, const HtSyncTable *table, GError **error)
{
    for (int i = 0; i < table->n_columns; i++) {
        const HtSyncColumn *column = &table->columns[i];
        g_autofree char *name = g_strconcat(table->name, column->is_wide ? "_wide" : "", NULL);
        if (column->type == HT_TYPE_UUID || has_column(db, name, column->cache))
            continue;
        g_autofree char *sql = g_strdup_printf("ALTER TABLE %s ADD COLUMN %s %s", name,
                                               column->cache, sql_type(column->type));
        if (!ht_db_exec(db, sql, error))
            return false;
    }
    return true;
}

static bool mend(HtDb *db, gpointer data, GError **error)
{
    (void)data;
    int n;
    const HtSyncTable *tables = ht_sync_tables(&n);
    if (!create_synced(db, error))
        return false;
    for (int i = 0; i < n; i++) {
        if (!add_columns(db, &tables[i], error))
            return false;
    }
    return put_meta(db, "tables", ht_sync_tables_fingerprint(), error) &&
           put_meta(db, "resync", "1", error);
}

/* "074_shown_interviews.sql" makes shown_interviews. */
static char *table_of(const char *file)
{
    const char *name = strchr(file, '_');
    return name ? g_strndup(name + 1, strlen(name + 1) - strlen(".sql")) : g_strdup("");
}

static GHashTable *tables_there(HtDb *db, GError **error)
{
    g_autoptr(GHashTable) there = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    g_auto(HtStmtUse) use = {ht_db_stmt(db, "sql/cache/queries/table_list.sql", error)};
    HtStep step = HT_STEP_ERROR;
    while (use.stmt && (step = ht_stmt_step(use.stmt, error)) == HT_STEP_ROW)
        g_hash_table_add(there, ht_stmt_dup_text(use.stmt, 0));
    return step == HT_STEP_DONE ? g_steal_pointer(&there) : NULL;
}

/* Tables of our own that an older program did not have. They are empty: what is in them is made
 * from the outbox or by a later sync. */
static bool add_own(HtDb *db, gpointer data, GError **error)
{
    GHashTable *there = data;
    g_auto(GStrv) names = ht_resource_list("sql/cache/schema");
    for (char **name = names; *name; name++) {
        g_autofree char *table = table_of(*name);
        g_autofree char *path = g_build_filename("sql/cache/schema", *name, NULL);
        if (!g_hash_table_contains(there, table) && !ht_db_exec(db, ht_resource_text(path), error))
            return false;
    }
    return put_meta(db, "shown_for", "", error); /* shown is made anew */
}

static bool mend_own(HtDb *db, GError **error)
{
    g_autoptr(GHashTable) there = tables_there(db, error);
    g_auto(GStrv) names = ht_resource_list("sql/cache/schema");
    for (char **name = names; there && *name; name++) {
        g_autofree char *table = table_of(*name);
        if (!g_hash_table_contains(there, table))
            return in_transaction(db, add_own, there, error);
    }
    return there != NULL;
}

static char *get_meta(HtDb *db, const char *name)
{
    g_auto(HtStmtUse) use = {ht_db_stmt(db, "sql/cache/queries/meta_get.sql", NULL)};
    if (!use.stmt)
        return NULL;
    ht_stmt_bind_text(use.stmt, 1, name);
    return ht_stmt_step(use.stmt, NULL) == HT_STEP_ROW ? ht_stmt_dup_text(use.stmt, 0) : NULL;
}

static bool renew_indexes(HtDb *db, gpointer data, GError **error)
{
    (void)data;
    return ht_db_exec(db, ht_resource_text("sql/cache/gone.sql"), error) &&
           ht_schema_add_indexes(db, error);
}

/* Indexes of lists that an older program did not make. Without room for them, and while somebody
 * else writes, the lists are slow. */
static void mend_indexes(HtDb *db)
{
    g_autofree char *loading = get_meta(db, "loading");
    g_autofree char *missing = loading ? NULL : first_missing(db, LISTS);
    g_autoptr(GError) why = NULL;
    if (missing && !in_transaction(db, renew_indexes, NULL, &why))
        ht_log(HT_LOG_WARNING, "an index of the cache: %s", why->message);
}

static bool mend_columns(HtDb *db, GError **error)
{
    g_autofree char *tables = get_meta(db, "tables");
    return g_strcmp0(tables, ht_sync_tables_fingerprint()) == 0 ||
           in_transaction(db, mend, NULL, error);
}

bool ht_schema_mend(HtDb *db, GError **error)
{
    ht_db_set_patience(db, HT_DB_OPEN_PATIENCE_MS);
    bool ok = mend_own(db, error) && mend_columns(db, error) && run_folder(db, VIEWS, error);
    if (ok) {
        ht_db_set_patience(db, 0);
        mend_indexes(db);
    } else {
        ht_db_explain_busy(error, "the cache");
    }
    ht_db_set_patience(db, -1);
    return ok;
}

bool ht_schema_drop_triggers(HtDb *db, GError **error)
{
    g_auto(GStrv) triggers = ht_resource_list("sql/cache/triggers");
    for (char **name = triggers; *name; name++) {
        g_autofree char *sql =
            g_strdup_printf("DROP TRIGGER IF EXISTS %.*s", (int)strlen(*name) - 4, *name);
        if (!ht_db_exec(db, sql, error))
            return false;
    }
    return true;
}

/* Triggers would count every row down: they go first and come back. */
static bool empty_all(HtDb *db, gpointer data, GError **error)
{
    (void)data;
    if (!ht_schema_drop_triggers(db, error))
        return false;
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
    HtStmt *list = ht_db_stmt(db, "sql/cache/queries/table_list.sql", error);
    HtStep step = HT_STEP_ERROR;
    while (list && (step = ht_stmt_step(list, error)) == HT_STEP_ROW) {
        const char *name = ht_stmt_text(list, 0);
        if (!strstr(name, "_fts") && !g_str_has_prefix(name, "sqlite_") &&
            !g_str_equal(name, "bus"))
            g_ptr_array_add(names, g_strdup(name));
    }
    if (list)
        ht_stmt_reset(list);
    if (step != HT_STEP_DONE)
        return false;
    for (guint i = 0; i < names->len; i++) {
        g_autofree char *sql = g_strdup_printf("DELETE FROM %s", (char *)names->pdata[i]);
        if (!ht_db_exec(db, sql, error))
            return false;
    }
    HtStmt *people = ht_db_stmt(db, "sql/cache/queries/people_fts_rebuild.sql", error);
    if (!people || !ht_stmt_run(people, error))
        return false;
    HtStmt *texts = ht_db_stmt(db, "sql/cache/queries/texts_fts_clear.sql", error);
    return texts && ht_stmt_run(texts, error) && run_folder(db, "sql/cache/triggers", error) &&
           put_meta(db, "tables", ht_sync_tables_fingerprint(), error);
}

bool ht_schema_empty(HtDb *db, GError **error)
{
    return in_transaction(db, empty_all, NULL, error);
}
