/* A block of rows as COPY sent them, applied to the cache value by value. */
#include "internal.h"

#include <string.h>

HtSyncBlock *ht_sync_block_new(const HtSyncSelect *select, GBytes *bytes, HtApplyMode mode)
{
    HtSyncBlock *block = g_new0(HtSyncBlock, 1);
    block->select = select;
    block->bytes = bytes;
    block->mode = mode;
    gsize len;
    const guint8 *data = g_bytes_get_data(bytes, &len);
    ht_pg_tuples_init(&block->tuples, data, len);
    return block;
}

void ht_sync_block_free(HtSyncBlock *block)
{
    if (!block)
        return;
    g_bytes_unref(block->bytes);
    g_free(block);
}

static void append_be(GByteArray *bytes, guint32 value, int n)
{
    guint8 out[4];
    for (int i = 0; i < n; i++)
        out[i] = (guint8)(value >> (8 * (n - 1 - i)));
    g_byte_array_append(bytes, out, (guint)n);
}

void ht_sync_tuple_append(GByteArray *bytes, const HtPgField *fields, int n)
{
    append_be(bytes, (guint32)n, 2);
    for (int i = 0; i < n; i++) {
        append_be(bytes, fields[i].data ? (guint32)fields[i].len : G_MAXUINT32, 4);
        if (fields[i].len > 0)
            g_byte_array_append(bytes, fields[i].data, (guint)fields[i].len);
    }
}

/* Sets one value; false if the bytes are not of the type. */
static bool set_value(HtApplyTable *rows, int i, HtColumnType type, const HtPgField *field)
{
    HtUuid id;
    int64_t number;
    double real;
    bool flag;
    gsize len;
    const char *text;
    if (ht_pg_field_is_null(field)) {
        ht_apply_null(rows, i);
        return type != HT_TYPE_UUID; /* a row's own id */
    }
    switch (type) {
    case HT_TYPE_UUID:
    case HT_TYPE_REF:
        if (!ht_pg_field_uuid(field, &id))
            return false;
        ht_apply_uuid(rows, i, &id);
        return true;
    case HT_TYPE_CENTI:
        if (!ht_pg_field_centi(field, &number, &flag))
            return false;
        if (flag)
            ht_apply_null(rows, i);
        else
            ht_apply_int(rows, i, number);
        return true;
    case HT_TYPE_INT:
        if (!ht_pg_field_int(field, &number))
            return false;
        ht_apply_int(rows, i, number);
        return true;
    case HT_TYPE_TIME:
        if (!ht_pg_field_time(field, &number))
            return false;
        ht_apply_int(rows, i, number);
        return true;
    case HT_TYPE_BOOL:
        if (!ht_pg_field_bool(field, &flag))
            return false;
        ht_apply_int(rows, i, flag);
        return true;
    case HT_TYPE_REAL:
        if (!ht_pg_field_real(field, &real))
            return false;
        ht_apply_real(rows, i, real);
        return true;
    case HT_TYPE_TEXT:
    case HT_TYPE_DATE:
    case HT_TYPE_JSON:
    case HT_TYPE_TEXTS:
    default:
        text = ht_pg_field_text(field, &len);
        ht_apply_text_borrowed(rows, i, text, len);
        return true;
    }
}

static bool broken(const HtSyncBlock *block, GError **error)
{
    g_set_error(error, HT_PG_ERROR, HT_PG_ERROR_PROTOCOL,
                "the server's rows of %s make no sense (update Hiretty, or tell its administrator)",
                block->select->table->name);
    return false;
}

static HtColumnType type_of(const HtSyncSelect *select, int i)
{
    return select->table->columns[select->columns[i]].type;
}

/* Rows are decoded some way ahead of the one that is written: looking for an id waits for memory
 * twice, for its place and then for what lies there, and both are fetched meanwhile. */
#define AHEAD 16
#define NEAR 8 /* rows ahead by which the first has arrived */

typedef struct {
    HtSyncBlock *block;
    HtApply *apply;
    HtPgField *fields; /* of AHEAD rows, one after the other in a ring */
    const guint8 *begins[AHEAD];
    HtPgTuples decoded; /* behind the rows that are decoded */
    bool may_yield;
    int64_t rows, n_decoded; /* given to the cache; decoded */
} Walk;

static HtPgField *fields_of(const Walk *walk, int64_t row)
{
    return walk->fields + (row % AHEAD) * walk->block->select->n;
}

/* Ids that rows name, and a row's own, which mostly nobody had before: then only its place. Wide
 * columns come in the order of the rows, and their ids are guessed. */
static void expect_ids(const Walk *walk, const HtApplyTable *rows, int64_t row, bool is_near)
{
    const HtSyncSelect *select = walk->block->select;
    const HtPgField *fields = fields_of(walk, row);
    bool is_wide = select->n > 1 && select->table->columns[select->columns[1]].is_wide;
    HtUuid id;
    for (int i = 0; i < select->n; i++) {
        HtColumnType type = type_of(select, i);
        bool is_own = type == HT_TYPE_UUID && !is_near && !is_wide;
        if ((type == HT_TYPE_REF || is_own) && ht_pg_field_uuid(&fields[i], &id))
            ht_apply_expect(rows, &id, is_near);
    }
}

static void decode_ahead(Walk *walk, const HtApplyTable *rows)
{
    int n = walk->block->select->n;
    while (walk->n_decoded < walk->rows + AHEAD) {
        walk->begins[walk->n_decoded % AHEAD] = walk->decoded.at;
        if (!ht_pg_tuples_next(&walk->decoded, fields_of(walk, walk->n_decoded), n))
            return;
        expect_ids(walk, rows, walk->n_decoded++, false);
    }
}

static bool next_row(HtApplyTable *rows, gpointer data, GError **error)
{
    Walk *walk = data;
    HtSyncBlock *block = walk->block;
    const HtSyncSelect *select = block->select;
    if (walk->may_yield && walk->rows > 0 && (walk->rows & 15) == 0 &&
        ht_apply_should_yield(walk->apply))
        return false;
    decode_ahead(walk, rows);
    if (walk->rows == walk->n_decoded) {
        block->is_done = !walk->decoded.broken;
        return block->is_done ? false : broken(block, error);
    }
    if (walk->rows + NEAR < walk->n_decoded)
        expect_ids(walk, rows, walk->rows + NEAR, true);
    const HtPgField *fields = fields_of(walk, walk->rows);
    for (int i = 0; i < select->n; i++) {
        if (!set_value(rows, i, type_of(select, i), &fields[i]))
            return broken(block, error);
    }
    walk->rows++;
    return true;
}

bool ht_sync_block_apply(HtSyncBlock *block, HtApply *apply, bool may_yield, bool *is_done,
                         GError **error)
{
    const HtSyncSelect *select = block->select;
    *is_done = false;
    HtApplyTable *rows =
        ht_apply_table(apply, select->table, select->columns, select->n, block->mode, error);
    if (!rows)
        return false;
    g_autofree HtPgField *fields = g_new0(HtPgField, select->n * AHEAD);
    Walk walk = {.block = block,
                 .apply = apply,
                 .fields = fields,
                 .decoded = block->tuples,
                 .may_yield = may_yield};
    int64_t before = ht_apply_changed(rows);
    bool ok = ht_apply_rows(rows, next_row, &walk, error);
    block->rows += walk.rows;
    block->changed += ht_apply_changed(rows) - before;
    /* What was decoded and not taken comes first the next time. */
    if (walk.rows < walk.n_decoded)
        block->tuples.at = walk.begins[walk.rows % AHEAD];
    else
        block->tuples = walk.decoded;
    *is_done = block->is_done;
    return ok;
}
