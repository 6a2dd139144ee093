/* Rows of COPY BINARY: the walk over tuples, every field decoder, and the way into the cache, which
 * is rolled back. The first byte is the table; the second says whether what follows are tuples as
 * they come, or fields (a length and its bytes) that become well-formed tuples. */
#include "fuzz.h"

#include "hiretty/pg/field.h"
#include "src/sync/internal.h"

#include <string.h>

static void decode(const HtPgField *field)
{
    HtUuid id;
    int64_t number;
    double real;
    bool flag;
    gsize len = 0;
    (void)ht_pg_field_uuid(field, &id);
    (void)ht_pg_field_int(field, &number);
    (void)ht_pg_field_real(field, &real);
    (void)ht_pg_field_bool(field, &flag);
    (void)ht_pg_field_time(field, &number);
    (void)ht_pg_field_centi(field, &number, &flag);
    const char *text = ht_pg_field_text(field, &len);
    g_assert_true(!text == ht_pg_field_is_null(field));
    if (text)
        g_assert_cmpint((int)len, ==, field->len);
    const char *json = ht_pg_field_jsonb(field, &len);
    if (json)
        g_assert_cmpint((int)len, ==, field->len - 1);
    g_autofree char *copy = ht_pg_field_dup_text(field);
}

static void walk(const uint8_t *data, size_t size, int n_fields)
{
    HtPgTuples tuples;
    g_autofree HtPgField *fields = g_new0(HtPgField, n_fields);
    ht_pg_tuples_init(&tuples, data, size);
    size_t rows = 0;
    while (ht_pg_tuples_next(&tuples, fields, n_fields)) {
        rows++;
        for (int i = 0; i < n_fields; i++) {
            if (fields[i].data)
                g_assert_true(fields[i].data >= data &&
                              fields[i].data + fields[i].len <= data + size);
            decode(&fields[i]);
        }
    }
    g_assert_cmpuint(rows * (2 + 4 * (size_t)n_fields), <=, size);
    g_assert_true(tuples.broken || tuples.at == tuples.end);
}

/* Well-formed tuples of what is left of the input; ids and numbers get the length of their type in
 * most rows, so that the rows get as far as the cache. */
static GBytes *well_formed(const HtSyncSelect *select, const uint8_t *data, size_t size)
{
    static const guint8 zeros[256];
    GByteArray *bytes = g_byte_array_new();
    g_autofree HtPgField *fields = g_new0(HtPgField, select->n);
    for (int row = 0; row < 8 && size > 0; row++) {
        for (int i = 0; i < select->n; i++) {
            HtColumnType type = select->table->columns[select->columns[i]].type;
            gint32 len = size > 0 ? data[0] & 127 : 0;
            bool exact = size > 0 && data[0] < 128;
            if (exact && (type == HT_TYPE_UUID || type == HT_TYPE_REF))
                len = 16;
            else if (exact && (type == HT_TYPE_INT || type == HT_TYPE_TIME))
                len = 8;
            else if (exact && type == HT_TYPE_CENTI)
                len = 10;
            else if (exact && type == HT_TYPE_BOOL)
                len = 1;
            if (size > 0) {
                data++;
                size--;
            }
            bool enough = (size_t)len <= size;
            fields[i] = len == 127 ? (HtPgField){NULL, 0} : (HtPgField){enough ? data : zeros, len};
            if (len != 127 && enough) {
                data += len;
                size -= (size_t)len;
            }
        }
        ht_sync_tuple_append(bytes, fields, select->n);
    }
    return g_byte_array_free_to_bytes(bytes);
}

/* Every column of every table. */
static HtSyncColumns *all_columns(void)
{
    int n;
    const HtSyncTable *tables = ht_sync_tables(&n);
    g_autoptr(HtJson) json = ht_json_new_object();
    for (int i = 0; i < n; i++) {
        HtJson *names = ht_json_new_array();
        for (int c = 0; c < tables[i].n_columns; c++) {
            if (!tables[i].columns[c].unless)
                ht_json_add_string(names, tables[i].columns[c].name);
        }
        ht_json_set(json, tables[i].name, names);
    }
    return ht_sync_columns_new(json);
}

/* Always fails in the end: nothing of it stays. */
static bool apply_rows(HtApply *apply, gpointer data, GError **error)
{
    HtSyncBlock *block = data;
    bool done = false;
    GError *why = NULL;
    if (ht_sync_block_apply(block, apply, false, &done, &why))
        g_assert_true(done);
    else
        g_assert_nonnull(why);
    g_clear_error(&why);
    g_set_error_literal(error, HT_CACHE_ERROR, HT_CACHE_ERROR_NOT_FOUND, "rolled back");
    return false;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static HtSyncColumns *columns;
    if (size < 2)
        return 0;
    if (!columns)
        columns = all_columns();
    int n;
    const HtSyncTable *tables = ht_sync_tables(&n);
    const HtSyncTable *table = &tables[data[0] % n];
    HtSyncSelect *select = ht_sync_select_new(columns, table, (HtSyncSelectKind)(data[1] / 4 % 3));
    if (!select)
        return 0;
    bool raw = data[1] & 1;
    HtApplyMode mode = data[1] & 2 ? HT_APPLY_BULK : HT_APPLY_UPSERT;
    walk(data + 2, size - 2, select->n);
    walk(data + 2, size - 2, 1);
    GBytes *bytes = raw ? g_bytes_new(data + 2, size - 2) : well_formed(select, data + 2, size - 2);
    HtSyncBlock *block = ht_sync_block_new(select, bytes, mode);
    g_autoptr(GError) error = NULL;
    ht_cache_apply(fuzz_desk()->fixture.cache, apply_rows, block, &error);
    g_assert_error(error, HT_CACHE_ERROR, HT_CACHE_ERROR_NOT_FOUND);
    ht_sync_block_free(block);
    ht_sync_select_free(select);
    return 0;
}
