/* A row that came again, against the one that is here: which columns differ, and an UPDATE of those
 * alone. SQLite writes every index one of whose columns is named in an UPDATE, whether its value
 * changed or not: naming all columns of an application costs five pages of indexes where a new
 * score costs one.
 *
 * A row names others by their ids, and mostly the same as before. Looking up the key of an id meets
 * another page of a large index each time; the id of the key that is here lies with its neighbours
 * in a small part of the table. So it is asked the other way round, and a key is looked up only for
 * an id that is another one. */
#include "internal.h"

#include <string.h>

typedef enum {
    VALUE_UNKNOWN = 0,
    VALUE_NULL,
    VALUE_INT,
    VALUE_REAL,
    VALUE_TEXT,
    VALUE_ID
} ValueKind;

typedef struct {
    ValueKind kind;
    int64_t number; /* or where the text begins in `texts` */
    double real;
    gsize len;
    HtUuid id;
} Value;

struct HtDifference {
    HtDb *db;
    char *table;
    GPtrArray *names; /* borrowed texts */
    Value *values;
    GByteArray *texts;
    HtStmt *stored;
};

HtDifference *ht_difference_new(HtDb *db, const char *table, GPtrArray *names, GError **error)
{
    if (names->len == 0 || names->len > 64)
        return NULL;
    g_autoptr(GString) sql = g_string_new("SELECT ");
    for (guint i = 0; i < names->len; i++)
        g_string_append_printf(sql, "%s%s", i ? ", " : "", (const char *)names->pdata[i]);
    g_string_append_printf(sql, " FROM %s WHERE k = ?1", table);
    g_autofree char *label = g_strdup_printf("stored_%s", table);
    HtStmt *stored = ht_db_prepare(db, label, sql->str, error);
    if (!stored)
        return NULL;
    HtDifference *difference = g_new0(HtDifference, 1);
    difference->db = db;
    difference->table = g_strdup(table);
    difference->names = g_ptr_array_ref(names);
    difference->values = g_new0(Value, names->len);
    difference->texts = g_byte_array_new();
    difference->stored = stored;
    return difference;
}

void ht_difference_free(HtDifference *difference)
{
    if (!difference)
        return;
    ht_stmt_finalize(difference->stored);
    g_ptr_array_unref(difference->names);
    g_byte_array_unref(difference->texts);
    g_free(difference->values);
    g_free(difference->table);
    g_free(difference);
}

void ht_difference_null(HtDifference *difference, int i)
{
    difference->values[i] = (Value){.kind = VALUE_NULL};
}

void ht_difference_int(HtDifference *difference, int i, int64_t value)
{
    difference->values[i] = (Value){.kind = VALUE_INT, .number = value};
}

void ht_difference_real(HtDifference *difference, int i, double value)
{
    difference->values[i] = (Value){.kind = VALUE_REAL, .real = value};
}

void ht_difference_text(HtDifference *difference, int i, const char *text, gsize len)
{
    difference->values[i] =
        (Value){.kind = VALUE_TEXT, .number = difference->texts->len, .len = len};
    g_byte_array_append(difference->texts, (const guint8 *)text, (guint)len);
}

void ht_difference_id(HtDifference *difference, int i, const HtUuid *id)
{
    difference->values[i] = (Value){.kind = VALUE_ID, .id = *id};
}

void ht_difference_reset(HtDifference *difference)
{
    memset(difference->values, 0, sizeof *difference->values * difference->names->len);
    g_byte_array_set_size(difference->texts, 0);
}

static const char *text_of(const HtDifference *difference, const Value *value)
{
    return (const char *)difference->texts->data + value->number;
}

/* As digests see it: 0 and -0 differ, a NaN is the same as itself. */
static guint64 bits_of(double real)
{
    union {
        double real;
        guint64 bits;
    } number = {.real = real};
    return number.bits;
}

/* Is it the id of this key? */
static bool is_id_of(HtDifference *difference, const HtUuid *id, HtKey k)
{
    g_auto(HtStmtUse) use = {ht_db_stmt(difference->db, HT_QUERY("key_id"), NULL)};
    HtUuid stored;
    if (!use.stmt)
        return false;
    ht_stmt_bind_int(use.stmt, 1, k);
    return ht_stmt_step(use.stmt, NULL) == HT_STEP_ROW && ht_stmt_uuid(use.stmt, 0, &stored) &&
           ht_uuid_equal(&stored, id);
}

/* A value stored as another type than it comes in counts as different: then it is written again. */
static bool is_same(HtDifference *difference, HtKeyCache *keys, int i)
{
    HtStmt *stored = difference->stored;
    const Value *value = &difference->values[i];
    if (value->kind == VALUE_ID) {
        HtKey k = ht_stmt_is_int(stored, i) ? ht_stmt_int(stored, i) : 0;
        bool is_same_id = k && is_id_of(difference, &value->id, k);
        if (is_same_id)
            ht_key_cache_note(keys, &value->id, k);
        return is_same_id;
    }
    if (value->kind == VALUE_NULL || ht_stmt_is_null(stored, i))
        return value->kind == VALUE_NULL && ht_stmt_is_null(stored, i);
    if (value->kind == VALUE_INT)
        return ht_stmt_is_int(stored, i) && ht_stmt_int(stored, i) == value->number;
    if (value->kind == VALUE_REAL)
        return ht_stmt_is_real(stored, i) &&
               bits_of(ht_stmt_real(stored, i)) == bits_of(value->real);
    const char *here = ht_stmt_is_text(stored, i) ? ht_stmt_text(stored, i) : NULL;
    return here && ht_stmt_bytes(stored, i) == value->len &&
           (value->len == 0 || memcmp(here, text_of(difference, value), value->len) == 0);
}

static void bind(HtDifference *difference, HtStmt *stmt, int parameter, int i)
{
    const Value *value = &difference->values[i];
    if (value->kind == VALUE_INT)
        ht_stmt_bind_int(stmt, parameter, value->number);
    else if (value->kind == VALUE_REAL)
        ht_stmt_bind_real(stmt, parameter, value->real);
    else if (value->kind == VALUE_TEXT)
        ht_stmt_bind_text_len(stmt, parameter, value->len ? text_of(difference, value) : "",
                              value->len);
}

/* The key in place of the id. */
static bool resolve(HtDifference *difference, HtKeyCache *keys, int i, GError **error)
{
    Value *value = &difference->values[i];
    if (value->kind != VALUE_ID)
        return true;
    g_autoptr(GError) why = NULL;
    HtKey k = ht_key_cache_get(keys, difference->db, &value->id, true, &why);
    *value = (Value){.kind = VALUE_INT, .number = k};
    if (why)
        g_propagate_error(error, g_steal_pointer(&why));
    return k != 0;
}

static bool update(HtDifference *difference, HtKey k, uint64_t mask, GError **error)
{
    g_autoptr(GString) sql = g_string_new(NULL);
    g_string_printf(sql, "UPDATE %s SET ", difference->table);
    int n = 1;
    for (guint i = 0; i < difference->names->len; i++) {
        if (mask >> i & 1) {
            g_string_append_printf(sql, "%s%s = ?%d", n > 1 ? ", " : "",
                                   (const char *)difference->names->pdata[i], n + 1);
            n++;
        }
    }
    g_string_append(sql, " WHERE k = ?1");
    HtStmt *stmt = ht_db_stmt_text(difference->db, sql->str, error);
    if (!stmt)
        return false;
    ht_stmt_bind_int(stmt, 1, k);
    n = 2;
    for (guint i = 0; i < difference->names->len; i++) {
        if (mask >> i & 1)
            bind(difference, stmt, n++, (int)i);
    }
    return ht_stmt_run(stmt, error);
}

bool ht_difference_bind(HtDifference *difference, HtKeyCache *keys, HtStmt *stmt, int first,
                        GError **error)
{
    for (guint i = 0; i < difference->names->len; i++) {
        if (!resolve(difference, keys, (int)i, error))
            return false;
        bind(difference, stmt, first + (int)i, (int)i);
    }
    return true;
}

bool ht_difference_run(HtDifference *difference, HtKeyCache *keys, HtKey k,
                       HtDifferenceOutcome *outcome, GError **error)
{
    *outcome = HT_DIFFERENCE_ABSENT;
    uint64_t mask = 0;
    ht_stmt_bind_int(difference->stored, 1, k);
    HtStep step = ht_stmt_step(difference->stored, error);
    for (guint i = 0; step == HT_STEP_ROW && i < difference->names->len; i++) {
        if (difference->values[i].kind == VALUE_UNKNOWN)
            step = HT_STEP_DONE; /* somebody binds it alone */
        else if (!is_same(difference, keys, (int)i))
            mask |= UINT64_C(1) << i;
    }
    ht_stmt_reset(difference->stored);
    if (step != HT_STEP_ROW)
        return step == HT_STEP_DONE;
    *outcome = mask ? HT_DIFFERENCE_CHANGED : HT_DIFFERENCE_SAME;
    for (guint i = 0; i < difference->names->len; i++) {
        if (mask >> i & 1 && !resolve(difference, keys, (int)i, error))
            return false;
    }
    return !mask || update(difference, k, mask, error);
}
