/* Whole tables in canonical text, so that both sides can hash the same bytes. The forms are those
 * at the head of sql/sync/columns. */
#include "internal.h"
#include "schema.h"

#include <stdio.h>
#include <string.h>

typedef struct {
    char text[HT_UUID_TEXT + 4]; /* numbers, ids */
} Scratch;

static void append_column(GString *sql, const HtSyncTable *table, const HtSyncColumn *column)
{
    if (column->type == HT_TYPE_UUID)
        g_string_append(sql, "(SELECT id FROM ids WHERE k = t.k)");
    else if (column->type == HT_TYPE_REF)
        g_string_append_printf(sql, "(SELECT id FROM ids WHERE k = %s.%s)",
                               column->is_wide ? "w" : "t", column->cache);
    else
        g_string_append_printf(sql, "%s.%s", column->is_wide ? "w" : "t", column->cache);
    (void)table;
}

static char *scan_sql(const HtSyncTable *table, const int *columns, int n)
{
    GString *sql = g_string_new("SELECT ");
    bool wide = false;
    for (int i = 0; i < n; i++) {
        if (i)
            g_string_append(sql, ", ");
        append_column(sql, table, &table->columns[columns[i]]);
        wide = wide || table->columns[columns[i]].is_wide;
    }
    g_string_append_printf(sql, " FROM %s t", table->name);
    if (wide)
        g_string_append_printf(sql, " LEFT JOIN %s_wide w ON w.k = t.k", table->name);
    return g_string_free(sql, FALSE);
}

static void set_text(HtScanValue *value, const char *text, gsize len)
{
    value->text = text;
    value->len = len;
}

static void read_value(HtStmt *stmt, int i, HtColumnType type, HtScanValue *value, Scratch *scratch)
{
    HtUuid id;
    union {
        double real;
        guint64 bits;
    } number;
    if (ht_stmt_is_null(stmt, i)) {
        set_text(value, NULL, 0);
        return;
    }
    switch (type) {
    case HT_TYPE_UUID:
    case HT_TYPE_REF:
        ht_stmt_uuid(stmt, i, &id);
        ht_uuid_format(&id, scratch->text);
        break;
    case HT_TYPE_INT:
    case HT_TYPE_CENTI:
    case HT_TYPE_TIME:
        g_snprintf(scratch->text, sizeof scratch->text, "%" G_GINT64_FORMAT, ht_stmt_int(stmt, i));
        break;
    case HT_TYPE_REAL:
        number.real = ht_stmt_real(stmt, i);
        g_snprintf(scratch->text, sizeof scratch->text, "%016" G_GINT64_MODIFIER "x", number.bits);
        break;
    case HT_TYPE_BOOL:
        g_strlcpy(scratch->text, ht_stmt_int(stmt, i) ? "t" : "f", sizeof scratch->text);
        break;
    case HT_TYPE_TEXT:
    case HT_TYPE_DATE:
    case HT_TYPE_JSON:
    case HT_TYPE_TEXTS:
        value->text = ht_stmt_text(stmt, i);
        value->len = ht_stmt_bytes(stmt, i);
        return;
    }
    set_text(value, scratch->text, strlen(scratch->text));
}

bool ht_cache_scan(HtReader *reader, const struct HtSyncTable *table, const int *columns, int n,
                   HtScanFunc func, gpointer data, GError **error)
{
    g_autofree char *sql = scan_sql(table, columns, n);
    g_auto(HtStmtUse) use = {ht_db_stmt_text(reader->db, sql, error)};
    if (!use.stmt)
        return false;
    g_autofree HtScanValue *values = g_new0(HtScanValue, n);
    g_autofree Scratch *scratch = g_new0(Scratch, n);
    HtStep step;
    while ((step = ht_stmt_step(use.stmt, error)) == HT_STEP_ROW) {
        for (int i = 0; i < n; i++)
            read_value(use.stmt, i, table->columns[columns[i]].type, &values[i], &scratch[i]);
        if (!func(values, data))
            return true;
    }
    return step == HT_STEP_DONE;
}

static bool read_ids(HtStmt *stmt, GArray *out, GError **error)
{
    HtStep step;
    while ((step = ht_stmt_step(stmt, error)) == HT_STEP_ROW) {
        HtUuid id;
        if (ht_stmt_uuid(stmt, 0, &id))
            g_array_append_val(out, id);
    }
    return step == HT_STEP_DONE;
}

bool ht_cache_ids(HtReader *reader, const struct HtSyncTable *table, GArray *out, GError **error)
{
    g_autofree char *sql =
        g_strdup_printf("SELECT i.id FROM %s t JOIN ids i ON i.k = t.k", table->name);
    g_auto(HtStmtUse) use = {ht_db_stmt_text(reader->db, sql, error)};
    return use.stmt && read_ids(use.stmt, out, error);
}

typedef struct {
    const HtSyncTable *table;
    GArray *ids, *out;
    guint at, kept; /* of `ids`: looked at, and kept of those */
} TakeWide;

/* As many at once as an intent may wait for. */
#define TAKES 512

static bool take_some(HtStore *store, TakeWide *take, GError **error)
{
    g_autofree char *sql = g_strdup_printf("SELECT 1 FROM %s_wide WHERE k = ?1", take->table->name);
    g_auto(HtStmtUse) use = {ht_db_stmt_text(store->db, sql, error)};
    guint end = MIN(take->ids->len, take->at + TAKES);
    for (; use.stmt && take->at < end; take->at++) {
        g_autoptr(GError) why = NULL;
        HtUuid id = g_array_index(take->ids, HtUuid, take->at);
        HtKey k = ht_key_cache_get(store->keys, store->db, &id, false, &why);
        ht_stmt_bind_int(use.stmt, 1, k);
        HtStep step = k && !why ? ht_stmt_step(use.stmt, &why) : HT_STEP_DONE;
        ht_stmt_reset(use.stmt);
        if (why) {
            g_propagate_error(error, g_steal_pointer(&why));
            return false;
        }
        if (step == HT_STEP_ROW)
            g_array_append_val(take->out, id);
        else
            g_array_index(take->ids, HtUuid, take->kept++) = id;
    }
    return use.stmt != NULL;
}

static bool take_wide(HtStore *store, gpointer data, GError **error)
{
    TakeWide *take = data;
    if (!ht_schema_is_indexed(store->db)) {
        take->at = take->kept = take->ids->len;
        return true;
    }
    /* The file's lock is taken once, not for each id. */
    if (!ht_db_begin(store->db, false, error))
        return false;
    bool ok = take_some(store, take, error);
    ht_db_rollback(store->db);
    return ok;
}

bool ht_cache_ids_take_wide(HtCache *cache, const struct HtSyncTable *table, GArray *ids,
                            GArray *out, GError **error)
{
    TakeWide take = {.table = table, .ids = ids, .out = out};
    while (take.at < ids->len) {
        if (!ht_worker_call(cache->store, HT_JOB_PULL, take_wide, &take, error))
            return false;
    }
    g_array_set_size(ids, take.kept);
    return true;
}

bool ht_cache_ids_about(HtReader *reader, const struct HtSyncTable *table, int column,
                        const char *parent, const HtUuid *ids, gsize n, GArray *out, GError **error)
{
    g_autoptr(GString) keys = g_string_new(NULL);
    for (gsize i = 0; i < n; i++) {
        HtKey k = ht_reader_key(reader, &ids[i]);
        if (k)
            g_string_append_printf(keys, "%s%" G_GINT64_FORMAT, keys->len ? ", " : "", k);
    }
    if (!ht_reader_check(reader, error))
        return false;
    if (keys->len == 0)
        return true;
    g_autoptr(GString) sql = g_string_new(NULL);
    g_string_printf(sql, "SELECT i.id FROM %s t JOIN ids i ON i.k = t.k WHERE t.%s IN (",
                    table->name, table->columns[column].cache);
    if (parent)
        g_string_append_printf(sql, "SELECT p.k FROM %s p WHERE p.match_k IN (%s))", parent,
                               keys->str);
    else
        g_string_append_printf(sql, "%s)", keys->str);
    HtStmt *stmt = ht_db_prepare(reader->db, "ids_about", sql->str, error);
    bool ok = stmt && read_ids(stmt, out, error);
    ht_stmt_finalize(stmt);
    return ok;
}

bool ht_cache_has_rows(HtReader *reader, const struct HtSyncTable *table, int64_t n, bool *has,
                       GError **error)
{
    g_autofree char *sql =
        g_strdup_printf("SELECT count(*) FROM (SELECT 1 FROM %s LIMIT ?1)", table->name);
    g_auto(HtStmtUse) use = {ht_db_stmt_text(reader->db, sql, error)};
    if (!use.stmt)
        return false;
    ht_stmt_bind_int(use.stmt, 1, n);
    if (ht_stmt_step(use.stmt, error) != HT_STEP_ROW)
        return false;
    *has = ht_stmt_int(use.stmt, 0) >= n;
    return true;
}
