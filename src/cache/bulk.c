/* The virtual table is "eponymous": it is there without being created and leaves no trace in the
 * file. Only statements of this program may use it, never a view or a trigger of a file. */
#include "bulk.h"

#include <sqlite3.h>
#include <string.h>

typedef struct {
    guint8 kind; /* SQLITE_INTEGER … SQLITE_NULL */
    union {
        int64_t integer;
        double real;
        struct {
            const void *bytes;
            gsize len;
        } borrowed;
    };
} Value;

struct HtBulk {
    HtBulkNext next;
    gpointer data;
    GError *error;
    bool has_row;
    int width; /* columns in use */
    Value row[HT_BULK_COLUMNS];
};

typedef struct {
    sqlite3_vtab base;
    HtBulk *bulk;
} Table;

/* --- Values */

static Value *value_at(HtBulk *bulk, int column, guint8 kind)
{
    g_assert(column >= 0 && column < HT_BULK_COLUMNS);
    bulk->row[column].kind = kind;
    bulk->width = MAX(bulk->width, column + 1);
    return &bulk->row[column];
}

void ht_bulk_int(HtBulk *bulk, int column, int64_t value)
{
    value_at(bulk, column, SQLITE_INTEGER)->integer = value;
}

void ht_bulk_real(HtBulk *bulk, int column, double value)
{
    value_at(bulk, column, SQLITE_FLOAT)->real = value;
}

void ht_bulk_text(HtBulk *bulk, int column, const char *text, gsize len)
{
    Value *value = value_at(bulk, column, SQLITE_TEXT);
    value->borrowed.bytes = text ? text : "";
    value->borrowed.len = len;
}

void ht_bulk_uuid(HtBulk *bulk, int column, const HtUuid *id)
{
    Value *value = value_at(bulk, column, SQLITE_BLOB);
    value->borrowed.bytes = id->b;
    value->borrowed.len = sizeof id->b;
}

void ht_bulk_clear(HtBulk *bulk)
{
    for (; bulk->width > 0; bulk->width--)
        bulk->row[bulk->width - 1].kind = SQLITE_NULL;
}

/* --- The table */

static int connect_table(sqlite3 *handle, void *aux, int argc, const char *const *argv,
                         sqlite3_vtab **out, char **message)
{
    (void)argc;
    (void)argv;
    (void)message;
    g_autoptr(GString) sql = g_string_new("CREATE TABLE ht_bulk (");
    for (int i = 0; i < HT_BULK_COLUMNS; i++)
        g_string_append_printf(sql, "%sc%d", i ? ", " : "", i);
    g_string_append_c(sql, ')');
    int rc = sqlite3_declare_vtab(handle, sql->str);
    if (rc == SQLITE_OK)
        rc = sqlite3_vtab_config(handle, SQLITE_VTAB_DIRECTONLY);
    if (rc != SQLITE_OK)
        return rc;
    Table *table = g_new0(Table, 1);
    table->bulk = aux;
    *out = &table->base;
    return SQLITE_OK;
}

static int disconnect_table(sqlite3_vtab *table)
{
    g_free(table);
    return SQLITE_OK;
}

/* There is one way: all rows, once; it comes first in any join. */
static int best_index(sqlite3_vtab *table, sqlite3_index_info *info)
{
    (void)table;
    info->estimatedRows = 1000;
    info->estimatedCost = 1000;
    return SQLITE_OK;
}

static HtBulk *bulk_of(sqlite3_vtab_cursor *cursor)
{
    return ((Table *)(void *)cursor->pVtab)->bulk;
}

static int open_cursor(sqlite3_vtab *table, sqlite3_vtab_cursor **out)
{
    (void)table;
    *out = g_new0(sqlite3_vtab_cursor, 1);
    return SQLITE_OK;
}

static int close_cursor(sqlite3_vtab_cursor *cursor)
{
    g_free(cursor);
    return SQLITE_OK;
}

static int next_row(sqlite3_vtab_cursor *cursor)
{
    HtBulk *bulk = bulk_of(cursor);
    ht_bulk_clear(bulk);
    bulk->has_row = bulk->next && bulk->next(bulk, bulk->data, &bulk->error);
    return bulk->error ? SQLITE_ERROR : SQLITE_OK;
}

static int filter(sqlite3_vtab_cursor *cursor, int number, const char *name, int argc,
                  sqlite3_value **argv)
{
    (void)number;
    (void)name;
    (void)argc;
    (void)argv;
    return next_row(cursor);
}

static int is_at_end(sqlite3_vtab_cursor *cursor)
{
    return !bulk_of(cursor)->has_row;
}

static int column(sqlite3_vtab_cursor *cursor, sqlite3_context *context, int i)
{
    const Value *value = &bulk_of(cursor)->row[i];
    switch (value->kind) {
    case SQLITE_INTEGER:
        sqlite3_result_int64(context, value->integer);
        break;
    case SQLITE_FLOAT:
        sqlite3_result_double(context, value->real);
        break;
    case SQLITE_TEXT:
        sqlite3_result_text64(context, value->borrowed.bytes, value->borrowed.len, SQLITE_STATIC,
                              SQLITE_UTF8);
        break;
    case SQLITE_BLOB:
        sqlite3_result_blob64(context, value->borrowed.bytes, value->borrowed.len, SQLITE_STATIC);
        break;
    default:
        break; /* NULL */
    }
    return SQLITE_OK;
}

static int row_id(sqlite3_vtab_cursor *cursor, sqlite3_int64 *out)
{
    (void)cursor;
    *out = 0; /* nobody asks */
    return SQLITE_OK;
}

static const sqlite3_module module = {
    .xConnect = connect_table, /* no xCreate: it is there by its name alone */
    .xBestIndex = best_index,
    .xDisconnect = disconnect_table,
    .xOpen = open_cursor,
    .xClose = close_cursor,
    .xFilter = filter,
    .xNext = next_row,
    .xEof = is_at_end,
    .xColumn = column,
    .xRowid = row_id,
};

HtBulk *ht_bulk_register(sqlite3 *handle)
{
    HtBulk *bulk = g_new0(HtBulk, 1);
    for (int i = 0; i < HT_BULK_COLUMNS; i++)
        bulk->row[i].kind = SQLITE_NULL;
    /* It is freed when this fails, too. */
    return sqlite3_create_module_v2(handle, "ht_bulk", &module, bulk, g_free) == SQLITE_OK ? bulk
                                                                                           : NULL;
}

bool ht_bulk_run(HtBulk *bulk, HtStmt *stmt, HtBulkNext next, gpointer data, GError **error)
{
    g_assert(!bulk->next);
    bulk->next = next;
    bulk->data = data;
    g_autoptr(GError) why = NULL;
    bool ok = ht_stmt_run(stmt, &why);
    bulk->next = NULL;
    bulk->has_row = false;
    ht_bulk_clear(bulk);
    if (bulk->error)
        g_propagate_error(error, g_steal_pointer(&bulk->error));
    else if (why)
        g_propagate_error(error, g_steal_pointer(&why));
    return ok;
}
