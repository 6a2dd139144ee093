/* Select lists: sql/sync/columns ∩ what the server lets this login read, each column cast to its
 * canonical type by sql/sync/types. */
#include "internal.h"

#include "hiretty/base/resource.h"

#include <stdarg.h>
#include <string.h>

/* A column that no client keeps: the transaction that wrote the wide ones of the row last. */
#define SINCE "wide_xid"
#define SINCE_PATTERN                                                                              \
    "CASE WHEN NOT pg_visible_in_snapshot(t." SINCE ", $2::pg_snapshot) THEN %s END"

typedef struct {
    char *wire, *text;
} TypeRow;

static TypeRow *load_types(void)
{
    TypeRow *rows = g_new0(TypeRow, HT_TYPE_TEXTS + 1);
    g_auto(GStrv) lines = g_strsplit(ht_resource_text("sql/sync/types"), "\n", -1);
    for (guint i = 0; lines[i]; i++) {
        g_auto(GStrv) parts = g_strsplit(lines[i], "|", 3);
        if (lines[i][0] == '#' || g_strv_length(parts) != 3)
            continue;
        g_strstrip(parts[0]);
        for (int type = HT_TYPE_UUID; type <= HT_TYPE_TEXTS; type++) {
            if (strcmp(ht_column_type_name((HtColumnType)type), parts[0]) == 0) {
                rows[type].wire = g_strdup(g_strstrip(parts[1]));
                rows[type].text = g_strdup(g_strstrip(parts[2]));
            }
        }
    }
    return rows;
}

static const TypeRow *type_row(HtColumnType type)
{
    static gsize once;
    if (g_once_init_enter(&once)) {
        gsize types = (gsize)load_types(); /* kept to the end of the process */
        g_once_init_leave(&once, types);
    }
    return (const TypeRow *)once + type;
}

static bool is_listed(const HtJson *names, const char *name)
{
    for (const HtJson *e = ht_json_first(names); e; e = ht_json_next(e)) {
        if (g_strcmp0(ht_json_string(e, NULL), name) == 0)
            return true;
    }
    return false;
}

static GArray *choose(const HtSyncTable *table, const HtJson *names)
{
    GArray *chosen = g_array_new(FALSE, FALSE, sizeof(int));
    for (int i = 0; i < table->n_columns; i++) {
        const HtSyncColumn *column = &table->columns[i];
        if (is_listed(names, column->name) && !(column->unless && is_listed(names, column->unless)))
            g_array_append_val(chosen, i);
    }
    /* Without its id a row has no place here. */
    bool is_useless = chosen->len == 0 || (table->has_id && g_array_index(chosen, int, 0) != 0);
    if (is_useless)
        g_clear_pointer(&chosen, g_array_unref);
    return chosen;
}

HtSyncColumns *ht_sync_columns_new(const HtJson *json)
{
    if (ht_json_type(json) != HT_JSON_OBJECT)
        return NULL;
    HtSyncColumns *columns = g_new0(HtSyncColumns, 1);
    const HtSyncTable *tables = ht_sync_tables(&columns->n_tables);
    columns->columns = g_new0(GArray *, columns->n_tables);
    columns->has_since = g_new0(bool, columns->n_tables);
    for (int i = 0; i < columns->n_tables; i++) {
        const HtJson *names = ht_json_get(json, tables[i].name);
        if (names)
            columns->columns[i] = choose(&tables[i], names);
        columns->has_since[i] = columns->columns[i] && is_listed(names, SINCE);
    }
    return columns;
}

void ht_sync_columns_free(HtSyncColumns *columns)
{
    if (!columns)
        return;
    for (int i = 0; i < columns->n_tables; i++)
        g_clear_pointer(&columns->columns[i], g_array_unref);
    g_free(columns->columns);
    g_free(columns->has_since);
    g_free(columns);
}

HtJson *ht_sync_columns_print(const HtSyncColumns *columns)
{
    HtJson *object = ht_json_new_object();
    const HtSyncTable *tables = ht_sync_tables(NULL);
    for (int i = 0; i < columns->n_tables; i++) {
        if (!columns->columns[i])
            continue;
        HtJson *names = ht_json_new_array();
        for (guint c = 0; c < columns->columns[i]->len; c++)
            ht_json_add_string(names,
                               tables[i].columns[g_array_index(columns->columns[i], int, c)].name);
        if (columns->has_since[i])
            ht_json_add_string(names, SINCE);
        ht_json_set(object, tables[i].name, names);
    }
    return object;
}

static const GArray *columns_of(const HtSyncColumns *columns, const HtSyncTable *table)
{
    return columns ? columns->columns[table - ht_sync_tables(NULL)] : NULL;
}

bool ht_sync_columns_readable(const HtSyncColumns *columns, const HtSyncTable *table)
{
    return columns_of(columns, table) != NULL;
}

static bool contains(const GArray *columns, int column)
{
    for (guint i = 0; columns && i < columns->len; i++) {
        if (g_array_index(columns, int, i) == column)
            return true;
    }
    return false;
}

/* true if `a` has a column that `b` has not. */
static bool has_more(const GArray *a, const GArray *b)
{
    for (guint i = 0; a && i < a->len; i++) {
        if (!contains(b, g_array_index(a, int, i)))
            return true;
    }
    return false;
}

void ht_sync_columns_compare(const HtSyncColumns *before, const HtSyncColumns *now, uint64_t *lost,
                             uint64_t *gained)
{
    *lost = *gained = 0;
    int n;
    const HtSyncTable *tables = ht_sync_tables(&n);
    for (int i = 0; i < n; i++) {
        const GArray *a = columns_of(before, &tables[i]), *b = columns_of(now, &tables[i]);
        if (has_more(a, b))
            *lost |= HT_CHANGED(tables[i].number);
        if (has_more(b, a))
            *gained |= HT_CHANGED(tables[i].number);
    }
}

static void append_expression(GString *list, const char *pattern, const char *column)
{
    g_autofree char *name = g_strdup_printf("t.\"%s\"", column);
    g_auto(GStrv) parts = g_strsplit(pattern, "{}", -1);
    g_autofree char *expression = g_strjoinv(name, parts);
    if (list->len > 0)
        g_string_append(list, ", ");
    g_string_append(list, expression);
}

HtSyncSelect *ht_sync_select_new(const HtSyncColumns *columns, const HtSyncTable *table,
                                 HtSyncSelectKind kind)
{
    const GArray *readable = columns_of(columns, table);
    if (!readable)
        return NULL;
    g_autofree int *chosen = g_new0(int, readable->len + 1);
    g_autoptr(GString) list = g_string_new(NULL), texts = g_string_new(NULL);
    g_autoptr(GString) since = g_string_new(NULL);
    bool has_since = kind == HT_SELECT_ALL && columns->has_since[table - ht_sync_tables(NULL)];
    int n = 0, n_wide = 0;
    for (guint i = 0; i < readable->len; i++) {
        int c = g_array_index(readable, int, i);
        const HtSyncColumn *column = &table->columns[c];
        bool is_id = c == 0 && table->has_id;
        n_wide += column->is_wide;
        if ((kind == HT_SELECT_HOT && column->is_wide) ||
            (kind == HT_SELECT_WIDE && !column->is_wide && !is_id))
            continue;
        chosen[n++] = c;
        append_expression(list, type_row(column->type)->wire, column->name);
        append_expression(texts, type_row(column->type)->text, column->name);
        const char *wire = type_row(column->type)->wire;
        g_autofree char *changed = g_strdup_printf(SINCE_PATTERN, wire);
        if (!is_id)
            append_expression(since, column->is_wide ? changed : wire, column->name);
    }
    if (kind == HT_SELECT_WIDE && n_wide == 0)
        return NULL;
    HtSyncSelect *select = g_new0(HtSyncSelect, 1);
    select->table = table;
    select->columns = g_steal_pointer(&chosen);
    select->n = n;
    select->list = g_string_free(g_steal_pointer(&list), FALSE);
    select->texts = g_string_free(g_steal_pointer(&texts), FALSE);
    if (has_since && n_wide > 0 && table->has_id && select->columns[0] == 0)
        select->since = g_string_free(g_steal_pointer(&since), FALSE);
    return select;
}

void ht_sync_select_free(HtSyncSelect *select)
{
    if (!select)
        return;
    g_free(select->columns);
    g_free(select->list);
    g_free(select->texts);
    g_free(select->since);
    g_free(select);
}

const char *ht_sync_sql(const char *name)
{
    g_autofree char *path = g_strdup_printf("sql/sync/%s.sql", name);
    return ht_resource_text(path);
}

static void replace(GString *sql, const char *name, const char *value)
{
    g_autofree char *mark = g_strdup_printf("{%s}", name);
    g_string_replace(sql, mark, value, 0);
}

char *ht_sync_sql_fill(const char *name, const HtSyncSelect *select, ...)
{
    /* The header's words in braces would be filled in too: it goes. */
    const char *text = ht_sync_sql(name);
    while (g_str_has_prefix(text, "--"))
        text += strcspn(text, "\n") + 1;
    GString *sql = g_string_new(text);
    replace(sql, "table", select->table->server);
    va_list args;
    va_start(args, select);
    for (const char *mark = va_arg(args, const char *); mark; mark = va_arg(args, const char *))
        replace(sql, mark, va_arg(args, const char *));
    va_end(args);
    replace(sql, "columns", select->list);
    replace(sql, "texts", select->texts);
    replace(sql, "since", select->since ? select->since : "");
    return g_string_free(sql, FALSE);
}
