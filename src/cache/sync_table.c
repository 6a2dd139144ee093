/* Reads sql/sync/columns once. The file is part of the program, so a mistake in it is a programming
 * error and ends the process with the line; tests see that first. */
#include "hiretty/cache/sync_table.h"

#include "hiretty/base/resource.h"

#include <string.h>

#define COLUMNS_FILE "sql/sync/columns"

static HtSyncTable *tables;
static int n_tables;
static char *fingerprint;

static const char *const type_names[] = {
    [HT_TYPE_UUID] = "uuid", [HT_TYPE_REF] = "ref",     [HT_TYPE_TEXT] = "text",
    [HT_TYPE_INT] = "int",   [HT_TYPE_REAL] = "real",   [HT_TYPE_CENTI] = "centi",
    [HT_TYPE_TIME] = "time", [HT_TYPE_DATE] = "date",   [HT_TYPE_JSON] = "json",
    [HT_TYPE_BOOL] = "bool", [HT_TYPE_TEXTS] = "texts",
};

const char *ht_column_type_name(HtColumnType type)
{
    return type_names[type];
}

static HtColumnType parse_type(const char *name, int line)
{
    for (gsize i = HT_TYPE_UUID; i < G_N_ELEMENTS(type_names); i++) {
        if (g_str_equal(type_names[i], name))
            return (HtColumnType)i;
    }
    g_error("%s:%d: unknown type %s", COLUMNS_FILE, line, name);
}

/* candidate_id → candidate_k, approver → approver_k, id → k */
static char *cache_name(const char *name, HtColumnType type)
{
    if (type == HT_TYPE_UUID)
        return g_strdup("k");
    if (type != HT_TYPE_REF)
        return g_strdup(name);
    gsize len = strlen(name);
    if (g_str_has_suffix(name, "_id"))
        len -= 3;
    return g_strdup_printf("%.*s_k", (int)len, name);
}

static HtSyncColumn parse_column(char **words, guint n, int line)
{
    if (n < 2)
        g_error("%s:%d: a column needs a type", COLUMNS_FILE, line);
    HtColumnType type = parse_type(words[1], line);
    HtSyncColumn column = {
        .name = g_strdup(words[0]), .cache = cache_name(words[0], type), .type = type};
    for (guint i = 2; i < n; i++) {
        if (g_str_equal(words[i], "wide"))
            column.is_wide = true;
        else if (g_str_equal(words[i], "unless") && i + 1 < n)
            column.unless = g_strdup(words[++i]);
        else
            g_error("%s:%d: unknown word %s", COLUMNS_FILE, line, words[i]);
    }
    return column;
}

static HtSyncTable parse_table(char **words, guint n, int line)
{
    if (n < 3)
        g_error("%s:%d: table NAME NUMBER", COLUMNS_FILE, line);
    HtSyncTable table = {.name = g_strdup(words[1]),
                         .number = (int)g_ascii_strtoll(words[2], NULL, 10)};
    for (guint i = 3; i < n; i++) {
        if (g_str_equal(words[i], "reload"))
            table.is_reload_only = true;
        else if (g_str_equal(words[i], "from") && i + 1 < n)
            table.server = g_strdup(words[++i]);
        else if (!g_str_equal(words[i], "hot"))
            g_error("%s:%d: unknown word %s", COLUMNS_FILE, line, words[i]);
    }
    if (!table.server)
        table.server = g_strdup_printf("public.%s", table.name);
    return table;
}

static void finish_table(GArray *list, GArray *columns)
{
    if (list->len == 0)
        return;
    HtSyncTable *table = &g_array_index(list, HtSyncTable, list->len - 1);
    table->n_columns = (int)columns->len;
    HtSyncColumn *copy = g_memdup2(columns->data, columns->len * sizeof(HtSyncColumn));
    table->columns = copy;
    for (int i = 0; i < table->n_columns; i++)
        table->n_wide += copy[i].is_wide;
    table->has_id = table->n_columns > 0 && copy[0].type == HT_TYPE_UUID;
    g_array_set_size(columns, 0);
}

/* The words of a line without its comment. */
static char **words_of(const char *line, guint *n)
{
    g_autofree char *copy = g_strdup(line);
    char *comment = strchr(copy, '#');
    if (comment)
        *comment = '\0';
    g_auto(GStrv) parts = g_strsplit_set(copy, " \t\r", -1);
    GPtrArray *words = g_ptr_array_new();
    for (char **part = parts; *part; part++) {
        if (**part)
            g_ptr_array_add(words, g_strdup(*part));
    }
    *n = words->len;
    g_ptr_array_add(words, NULL);
    return (char **)g_ptr_array_free(words, FALSE);
}

static void load(void)
{
    const char *text = ht_resource_text(COLUMNS_FILE);
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    GArray *list = g_array_new(FALSE, TRUE, sizeof(HtSyncTable));
    g_autoptr(GArray) columns = g_array_new(FALSE, TRUE, sizeof(HtSyncColumn));
    g_autoptr(GChecksum) sum = g_checksum_new(G_CHECKSUM_SHA256);
    for (int i = 0; lines[i]; i++) {
        guint n;
        g_auto(GStrv) words = words_of(lines[i], &n);
        if (n == 0)
            continue;
        for (guint w = 0; w < n; w++)
            g_checksum_update(sum, (const guchar *)words[w], (gssize)strlen(words[w]) + 1);
        g_checksum_update(sum, (const guchar *)"\n", 1);
        if (g_str_equal(words[0], "table")) {
            finish_table(list, columns);
            HtSyncTable table = parse_table(words, n, i + 1);
            g_array_append_val(list, table);
        } else {
            HtSyncColumn column = parse_column(words, n, i + 1);
            g_array_append_val(columns, column);
        }
    }
    finish_table(list, columns);
    n_tables = (int)list->len;
    tables = (HtSyncTable *)(gpointer)g_array_free(list, FALSE);
    fingerprint = g_strndup(g_checksum_get_string(sum), 32);
}

static void ensure(void)
{
    static gsize once;
    if (g_once_init_enter(&once)) {
        load();
        g_once_init_leave(&once, 1);
    }
}

const HtSyncTable *ht_sync_tables(int *n)
{
    ensure();
    if (n)
        *n = n_tables;
    return tables;
}

const HtSyncTable *ht_sync_table_by_number(int number)
{
    ensure();
    for (int i = 0; i < n_tables; i++) {
        if (tables[i].number == number)
            return &tables[i];
    }
    return NULL;
}

const HtSyncTable *ht_sync_table_by_name(const char *name)
{
    ensure();
    for (int i = 0; name && i < n_tables; i++) {
        if (g_str_equal(tables[i].name, name))
            return &tables[i];
    }
    return NULL;
}

int ht_sync_table_column(const HtSyncTable *table, const char *name)
{
    for (int i = 0; i < table->n_columns; i++) {
        if (g_str_equal(table->columns[i].name, name))
            return i;
    }
    return -1;
}

const char *ht_sync_tables_fingerprint(void)
{
    ensure();
    return fingerprint;
}
