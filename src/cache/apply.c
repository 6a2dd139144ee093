/* Rows of the server, written. One INSERT … ON CONFLICT DO UPDATE … WHERE something differs does
 * comparing and writing at once; what is derived from a row (search rows of people, the full text
 * of documents) is noted here and made before the commit. Stage counters are triggers' work. */
#include "bulk.h"
#include "internal.h"

#include "hiretty/base/clock.h"

#include <string.h>

typedef enum { PART_KEY, PART_HOT, PART_WIDE } Part;

typedef struct {
    Part part;
    int parameter; /* of that part's statement */
    HtColumnType type;
} Slot;

struct HtApplyTable {
    HtStore *store;
    const HtSyncTable *table;
    HtApplyMode mode;
    int *columns;
    int n;
    Slot *slots;
    const struct DeriveRule *rule;
    HtStmt *hot, *wide;       /* NULL: none of these columns */
    HtStmt *many;             /* over the rows of ht_bulk; NULL: row by row */
    HtBulk *bulk;             /* where the values go meanwhile; else NULL */
    HtDifference *difference; /* of the hot columns; NULL: rows are written without a look */
    HtUuid id;
    GError *sticky;
    int64_t changed;
};

/* What is derived from which table. */
typedef enum {
    DERIVE_NONE = 0,
    DERIVE_PERSON,        /* the row is a person */
    DERIVE_PERSON_OF_TAG, /* the row belongs to one */
    DERIVE_PERSON_OF_RESUME,
} PersonRule;

typedef struct DeriveRule {
    const char *name;
    PersonRule person;
    HtDocKind doc; /* 0 = none */
} DeriveRule;

static const DeriveRule derive_rules[] = {
    {"candidates", DERIVE_PERSON, 0},
    {"candidate_tags", DERIVE_PERSON_OF_TAG, 0},
    {"resumes", DERIVE_PERSON_OF_RESUME, HT_DOC_RESUME},
    {"screening_sessions", DERIVE_NONE, HT_DOC_SCREENING},
    {"voice_sessions", DERIVE_NONE, HT_DOC_VOICE},
    {"candidate_notes", DERIVE_NONE, HT_DOC_NOTE},
};

static const DeriveRule *rule_of(const HtSyncTable *table)
{
    static const DeriveRule none = {"", DERIVE_NONE, 0};
    for (gsize i = 0; i < G_N_ELEMENTS(derive_rules); i++) {
        if (g_str_equal(derive_rules[i].name, table->name))
            return &derive_rules[i];
    }
    return &none;
}

/* --- Statements */

static void append_update(GString *sql, const char *table, const GPtrArray *names, bool compare)
{
    if (names->len == 0) {
        g_string_append(sql, " ON CONFLICT (k) DO NOTHING");
        return;
    }
    g_string_append(sql, " ON CONFLICT (k) DO UPDATE SET ");
    for (guint i = 0; i < names->len; i++)
        g_string_append_printf(sql, "%s%s = excluded.%s", i ? ", " : "",
                               (const char *)names->pdata[i], (const char *)names->pdata[i]);
    for (guint i = 0; compare && i < names->len; i++)
        g_string_append_printf(sql, "%s%s.%s IS NOT excluded.%s", i ? " OR " : " WHERE ", table,
                               (const char *)names->pdata[i], (const char *)names->pdata[i]);
}

/* `names`: the part's columns without k; ?1 is k where the table has ids. A loader's tables have
 * neither indexes nor triggers: there a row is replaced without a look at it. `many`: the values
 * are those of ht_bulk, in the same order. */
static char *insert_sql(const HtApplyTable *rows, const GPtrArray *names, bool wide, bool many)
{
    const HtSyncTable *table = rows->table;
    bool replaces = rows->store->loading && rows->mode == HT_APPLY_BULK;
    g_autofree char *name = g_strconcat(table->name, wide ? "_wide" : "", NULL);
    GString *sql = g_string_new(NULL);
    g_string_printf(sql, "INSERT%s INTO %s (%s", replaces ? " OR REPLACE" : "", name,
                    table->has_id ? "k" : "");
    for (guint i = 0; i < names->len; i++)
        g_string_append_printf(sql, "%s%s", table->has_id || i ? ", " : "",
                               (const char *)names->pdata[i]);
    g_string_append(sql, ") SELECT ");
    int values = (int)names->len + table->has_id;
    for (int i = 0; i < values; i++)
        g_string_append_printf(sql, "%s%s%d", i ? ", " : "", many ? "c" : "?", many ? i : i + 1);
    if (many)
        g_string_append(sql, " FROM ht_bulk");
    if (wide && many)
        g_string_append_printf(sql, " CROSS JOIN %s AS hot WHERE hot.k = c0", table->name);
    else if (wide)
        g_string_append_printf(sql, " WHERE EXISTS (SELECT 1 FROM %s WHERE k = ?1)", table->name);
    else
        g_string_append(sql, " WHERE true"); /* else ON CONFLICT would be read as a join's ON */
    if (table->has_id && !replaces)
        append_update(sql, name, names, rows->mode == HT_APPLY_UPSERT);
    return g_string_free(sql, FALSE);
}

/* All values are of one part, and nothing is derived from the rows. */
static bool can_be_many(const HtApplyTable *rows, const GPtrArray *names, bool wide)
{
    bool derives = !rows->store->loading && (rows->rule->person != DERIVE_NONE || rows->rule->doc);
    return rows->mode == HT_APPLY_BULK && rows->table->has_id && !derives && names->len > 0 &&
           names->len < HT_BULK_COLUMNS && (wide || rows->store->loading) &&
           (int)names->len + 1 == rows->n;
}

static HtStmt *prepare_part(HtApplyTable *rows, Part part, GError **error)
{
    g_autoptr(GPtrArray) names = g_ptr_array_new();
    bool wide = part == PART_WIDE;
    for (int i = 0; i < rows->n; i++) {
        const HtSyncColumn *column = &rows->table->columns[rows->columns[i]];
        Slot *slot = &rows->slots[i];
        slot->type = column->type;
        if (column->type == HT_TYPE_UUID) {
            slot->part = PART_KEY;
        } else if (column->is_wide == wide) {
            slot->part = part;
            slot->parameter = (int)names->len + 1 + rows->table->has_id;
            g_ptr_array_add(names, (gpointer)(guintptr)column->cache);
        }
    }
    g_autofree char *sql = insert_sql(rows, names, wide, false);
    g_autofree char *label = g_strdup_printf("apply_%s%s", rows->table->name, wide ? "_wide" : "");
    if (can_be_many(rows, names, wide)) {
        g_autofree char *many = insert_sql(rows, names, wide, true);
        rows->many = ht_db_prepare(rows->store->db, label, many, error);
        if (!rows->many)
            return NULL;
    }
    if (!wide && rows->table->has_id && rows->mode == HT_APPLY_UPSERT)
        rows->difference = ht_difference_new(rows->store->db, rows->table->name, names, NULL);
    return ht_db_prepare(rows->store->db, label, sql, error);
}

/* Only wide columns come: the hot row is there already or not wanted. */
static bool has_part(const HtApplyTable *rows, bool wide)
{
    for (int i = 0; i < rows->n; i++) {
        const HtSyncColumn *column = &rows->table->columns[rows->columns[i]];
        if (column->type != HT_TYPE_UUID && column->is_wide == wide)
            return true;
    }
    return false;
}

void ht_apply_table_free(gpointer data)
{
    HtApplyTable *rows = data;
    ht_stmt_finalize(rows->hot);
    ht_stmt_finalize(rows->wide);
    ht_stmt_finalize(rows->many);
    ht_difference_free(rows->difference);
    g_clear_error(&rows->sticky);
    g_free(rows->columns);
    g_free(rows->slots);
    g_free(rows);
}

static HtApplyTable *find_table(HtStore *store, const HtSyncTable *table, const int *columns, int n,
                                HtApplyMode mode)
{
    for (guint i = 0; i < store->tables->len; i++) {
        HtApplyTable *rows = store->tables->pdata[i];
        if (rows->table == table && rows->mode == mode && rows->n == n &&
            memcmp(rows->columns, columns, sizeof(int) * (gsize)n) == 0)
            return rows;
    }
    return NULL;
}

static bool check_columns(const HtSyncTable *table, const int *columns, int n, GError **error)
{
    bool id = !table->has_id;
    for (int i = 0; i < n; i++) {
        if (columns[i] < 0 || columns[i] >= table->n_columns) {
            g_set_error(error, HT_CACHE_ERROR, HT_CACHE_ERROR_FAILED, "%s has no column %d",
                        table->name, columns[i]);
            return false;
        }
        id = id || table->columns[columns[i]].type == HT_TYPE_UUID;
    }
    if (!id)
        g_set_error(error, HT_CACHE_ERROR, HT_CACHE_ERROR_FAILED, "rows of %s need their id",
                    table->name);
    return id;
}

HtApplyTable *ht_apply_table(HtApply *apply, const HtSyncTable *table, const int *columns,
                             int n_columns, HtApplyMode mode, GError **error)
{
    g_autofree int *all = NULL;
    if (!columns) {
        n_columns = table->n_columns;
        all = g_new(int, n_columns);
        for (int i = 0; i < n_columns; i++)
            all[i] = i;
        columns = all;
    }
    HtApplyTable *rows = find_table(apply->store, table, columns, n_columns, mode);
    if (rows)
        return rows;
    if (!check_columns(table, columns, n_columns, error))
        return NULL;
    rows = g_new0(HtApplyTable, 1);
    rows->store = apply->store;
    rows->table = table;
    rows->rule = rule_of(table);
    rows->mode = mode;
    rows->n = n_columns;
    rows->columns = g_memdup2(columns, sizeof(int) * (gsize)n_columns);
    rows->slots = g_new0(Slot, n_columns);
    bool wide = has_part(rows, true), hot = has_part(rows, false) || !wide;
    if (hot)
        rows->hot = prepare_part(rows, PART_HOT, error);
    if (wide && (!hot || rows->hot))
        rows->wide = prepare_part(rows, PART_WIDE, error);
    if ((hot && !rows->hot) || (wide && !rows->wide)) {
        ht_apply_table_free(rows);
        return NULL;
    }
    g_ptr_array_add(apply->store->tables, rows);
    return rows;
}

/* --- Values */

static HtStmt *stmt_of(HtApplyTable *rows, int i)
{
    return rows->slots[i].part == PART_WIDE ? rows->wide : rows->hot;
}

/* Where the difference keeps a column; NULL: nowhere. Parameters begin with k. */
static HtDifference *difference_of(HtApplyTable *rows, int i, int *column)
{
    *column = rows->slots[i].parameter - 2;
    return rows->slots[i].part == PART_HOT ? rows->difference : NULL;
}

void ht_apply_null(HtApplyTable *rows, int i)
{
    if (rows->slots[i].part == PART_KEY || rows->bulk)
        return;
    int column;
    HtDifference *difference = difference_of(rows, i, &column);
    if (difference)
        ht_difference_null(difference, column);
    else
        ht_stmt_bind_null(stmt_of(rows, i), rows->slots[i].parameter);
}

static void set_int(HtApplyTable *rows, int i, int64_t value)
{
    if (rows->bulk) {
        ht_bulk_int(rows->bulk, rows->slots[i].parameter - 1, value);
        return;
    }
    int column;
    HtDifference *difference = difference_of(rows, i, &column);
    if (difference)
        ht_difference_int(difference, column, value);
    else
        ht_stmt_bind_int(stmt_of(rows, i), rows->slots[i].parameter, value);
}

/* The key of an id that a row names. */
static void set_id(HtApplyTable *rows, int i, const HtUuid *id)
{
    int column;
    HtDifference *difference = rows->bulk ? NULL : difference_of(rows, i, &column);
    HtKey k = difference ? ht_key_cache_recall(rows->store->keys, id) : 0;
    if (difference && !k)
        ht_difference_id(difference, column, id);
    else
        set_int(rows, i,
                k ? k
                  : ht_key_cache_get(rows->store->keys, rows->store->db, id, true,
                                     rows->sticky ? NULL : &rows->sticky));
}

void ht_apply_uuid(HtApplyTable *rows, int i, const HtUuid *id)
{
    if (rows->slots[i].part == PART_KEY)
        rows->id = id ? *id : (HtUuid){{0}};
    else if (!id)
        ht_apply_null(rows, i);
    else
        set_id(rows, i, id);
}

void ht_apply_expect(const HtApplyTable *rows, const HtUuid *id, bool is_near)
{
    ht_key_cache_expect(rows->store->keys, id, is_near);
}

void ht_apply_int(HtApplyTable *rows, int i, int64_t value)
{
    set_int(rows, i, value);
}

void ht_apply_real(HtApplyTable *rows, int i, double value)
{
    if (rows->bulk) {
        ht_bulk_real(rows->bulk, rows->slots[i].parameter - 1, value);
        return;
    }
    int column;
    HtDifference *difference = difference_of(rows, i, &column);
    if (difference)
        ht_difference_real(difference, column, value);
    else
        ht_stmt_bind_real(stmt_of(rows, i), rows->slots[i].parameter, value);
}

static void set_text(HtApplyTable *rows, int i, const char *text, gsize len, bool is_borrowed)
{
    if (rows->bulk) {
        ht_bulk_text(rows->bulk, rows->slots[i].parameter - 1, text, len);
        return;
    }
    int column;
    HtDifference *difference = difference_of(rows, i, &column);
    if (difference)
        ht_difference_text(difference, column, text, len);
    else if (is_borrowed)
        ht_stmt_bind_text_borrowed(stmt_of(rows, i), rows->slots[i].parameter, text, len);
    else
        ht_stmt_bind_text_len(stmt_of(rows, i), rows->slots[i].parameter, text, len);
}

void ht_apply_text(HtApplyTable *rows, int i, const char *text, gssize len)
{
    if (text)
        set_text(rows, i, text, len < 0 ? strlen(text) : (gsize)len, false);
    else
        ht_apply_null(rows, i);
}

void ht_apply_text_borrowed(HtApplyTable *rows, int i, const char *text, gsize len)
{
    set_text(rows, i, text, len, true);
}

/* --- Derived data */

static HtKey query_key(HtDb *db, const char *resource, HtKey k, GError **error)
{
    HtStmt *stmt = ht_db_stmt(db, resource, error);
    if (!stmt)
        return 0;
    ht_stmt_bind_int(stmt, 1, k);
    HtKey found = ht_stmt_step(stmt, error) == HT_STEP_ROW ? ht_stmt_int(stmt, 0) : 0;
    ht_stmt_reset(stmt);
    return found;
}

static void note_person(HtApply *apply, PersonRule rule, HtKey k)
{
    HtKey person = k;
    if (rule == DERIVE_PERSON_OF_TAG)
        person = query_key(apply->db, HT_QUERY("owner_of_tag"), k, NULL);
    else if (rule == DERIVE_PERSON_OF_RESUME)
        person = query_key(apply->db, HT_QUERY("owner_of_resume"), k, NULL);
    if (rule != DERIVE_NONE && person)
        g_hash_table_add(apply->people, g_memdup2(&person, sizeof person));
}

static char *old_doc(HtApply *apply, HtDocKind kind, HtKey k, GError **error)
{
    if (!kind || !ht_index_has(apply->db, k))
        return NULL;
    char *text = ht_index_text(apply->db, kind, k, true, NULL, error);
    return text ? text : g_strdup("");
}

/* After the row changed: its old words out, and the document into the queue. */
static bool renew_doc(HtApply *apply, HtDocKind kind, HtKey k, const char *old, GError **error)
{
    if (old && !ht_index_forget(apply->db, k, old, error))
        return false;
    apply->docs = true;
    return ht_index_queue(apply->db, kind, k, error);
}

/* The debt of a purge, in the transaction that makes it; paid when the file holds none of the words
 * any more. */
static bool note_debt(HtApply *apply, GError **error)
{
    return !apply->forgets ||
           ht_apply_meta_set_int(apply, HT_META_FORGET_DUE, ht_clock_now_us(), error);
}

/* In the order of their keys: the full text writes what it has gathered whenever a key is lower
 * than the one before. */
static int compare_keys(const void *a, const void *b)
{
    HtKey x = **(HtKey *const *)a, y = **(HtKey *const *)b;
    return (x > y) - (x < y);
}

bool ht_apply_finish(HtApply *apply, GError **error)
{
    if (!note_debt(apply, error))
        return false;
    guint n;
    g_autofree gpointer *keys = g_hash_table_get_keys_as_array(apply->people, &n);
    qsort(keys, n, sizeof *keys, compare_keys);
    for (guint i = 0; i < n; i++) {
        if (!ht_person_derive(apply->db, *(const HtKey *)keys[i], error))
            return false;
    }
    return true;
}

/* --- Rows */

static bool run_part(HtApplyTable *rows, HtStmt *stmt, HtKey k, bool *changed, GError **error)
{
    if (!stmt)
        return true;
    if (rows->table->has_id)
        ht_stmt_bind_int(stmt, 1, k);
    if (!ht_stmt_run(stmt, error))
        return false;
    *changed = *changed || ht_db_changes(rows->store->db) > 0;
    return true;
}

/* An erased person's row stays, without words; what was there before has to leave the file. The
 * rows that lead to the person come in the same pull. */
static bool is_anonymous(HtDb *db, HtKey k)
{
    return query_key(db, HT_QUERY("person_is_anonymous"), k, NULL) != 0;
}

/* The hot columns: those that differ, or the whole row where there is none yet. */
static bool write_hot(HtApplyTable *rows, HtKey k, bool *changed, GError **error)
{
    HtKeyCache *keys = rows->store->keys;
    HtDifferenceOutcome outcome = HT_DIFFERENCE_ABSENT;
    if (rows->difference && !ht_difference_run(rows->difference, keys, k, &outcome, error))
        return false;
    *changed = outcome == HT_DIFFERENCE_CHANGED;
    if (outcome != HT_DIFFERENCE_ABSENT)
        return true;
    /* Parameters begin with k. */
    return (!rows->difference || ht_difference_bind(rows->difference, keys, rows->hot, 2, error)) &&
           run_part(rows, rows->hot, k, changed, error);
}

static bool write_row(HtApplyTable *rows, HtKey k, GError **error)
{
    HtApply *apply = &rows->store->apply;
    const DeriveRule *rule = rows->rule;
    bool derives = !rows->store->loading, changed = false;
    g_autofree char *old = derives ? old_doc(apply, rule->doc, k, error) : NULL;
    if (!write_hot(rows, k, &changed, error) || !run_part(rows, rows->wide, k, &changed, error))
        return false;
    if (!changed)
        return true;
    rows->changed++;
    apply->mask |= HT_CHANGED(rows->table->number);
    if (!derives)
        return true;
    apply->forgets |= rule->person == DERIVE_PERSON && is_anonymous(apply->db, k);
    note_person(apply, rule->person, k);
    return !rule->doc || renew_doc(apply, rule->doc, k, old, error);
}

bool ht_apply_row(HtApplyTable *rows, GError **error)
{
    if (rows->sticky) {
        g_propagate_error(error, g_steal_pointer(&rows->sticky));
        return false;
    }
    HtKey k = 0;
    if (rows->table->has_id) {
        g_autoptr(GError) why = NULL;
        k = ht_key_cache_get_own(rows->store->keys, rows->store->db, &rows->id, rows->hot != NULL,
                                 &why);
        if (why) {
            g_propagate_error(error, g_steal_pointer(&why));
            return false;
        }
    }
    /* A wide part whose row is gone meanwhile is not wanted any more. */
    bool ok = (rows->table->has_id && !k) || write_row(rows, k, error);
    memset(&rows->id, 0, sizeof rows->id);
    if (rows->hot)
        ht_stmt_clear(rows->hot);
    if (rows->wide)
        ht_stmt_clear(rows->wide);
    if (rows->difference)
        ht_difference_reset(rows->difference);
    return ok;
}

/* --- Many rows */
typedef struct {
    HtApplyTable *rows;
    HtApplyNext next;
    gpointer data;
    bool is_over; /* `next` has no more rows */
} Many;

/* The next row whose id is known, or may be made. */
static bool next_of_many(HtBulk *bulk, gpointer data, GError **error)
{
    Many *many = data;
    HtApplyTable *rows = many->rows;
    HtKeyCache *keys = rows->store->keys;
    HtKey k = 0;
    g_autoptr(GError) why = NULL;
    while (!k && !why) {
        /* Without room for its ids the rest goes row by row. */
        if (rows->hot && !ht_key_cache_has_room(keys, rows->store->db, (guint)rows->n, &why))
            break;
        ht_bulk_clear(bulk); /* of a row that nobody knows here */
        many->is_over = !many->next(rows, many->data, &why);
        if (many->is_over || why)
            break;
        if (rows->sticky)
            why = g_steal_pointer(&rows->sticky);
        else
            k = ht_key_cache_get_own(keys, rows->store->db, &rows->id, rows->hot != NULL, &why);
    }
    if (why)
        g_propagate_error(error, g_steal_pointer(&why));
    else if (k)
        ht_bulk_int(bulk, 0, k);
    return k != 0;
}

/* Until there are no more rows, or no room for their ids. */
static bool run_many(HtApplyTable *rows, HtApplyNext next, gpointer data, bool *is_over,
                     GError **error)
{
    Many many = {.rows = rows, .next = next, .data = data};
    rows->bulk = ht_db_bulk(rows->store->db);
    bool ok = ht_bulk_run(rows->bulk, rows->many, next_of_many, &many, error);
    rows->bulk = NULL;
    memset(&rows->id, 0, sizeof rows->id);
    *is_over = many.is_over;
    int64_t changed = ok ? ht_db_changes(rows->store->db) : 0;
    rows->changed += changed;
    if (changed > 0)
        rows->store->apply.mask |= HT_CHANGED(rows->table->number);
    return ok;
}

bool ht_apply_rows(HtApplyTable *rows, HtApplyNext next, gpointer data, GError **error)
{
    bool is_over = false;
    if (rows->many && !run_many(rows, next, data, &is_over, error))
        return false;
    g_autoptr(GError) why = NULL;
    while (!is_over) {
        is_over = !next(rows, data, &why);
        if (why) {
            g_propagate_error(error, g_steal_pointer(&why));
            return false;
        }
        if (!is_over && !ht_apply_row(rows, error))
            return false;
    }
    return true;
}

int64_t ht_apply_changed(const HtApplyTable *rows)
{
    return rows->changed;
}

static bool run_delete(HtDb *db, const char *table, const char *suffix, HtKey k, GError **error)
{
    g_autofree char *sql = g_strdup_printf("DELETE FROM %s%s WHERE k = ?1", table, suffix);
    HtStmt *stmt = ht_db_stmt_text(db, sql, error);
    if (!stmt)
        return false;
    ht_stmt_bind_int(stmt, 1, k);
    return ht_stmt_run(stmt, error);
}

static bool delete_key(HtApply *apply, const HtSyncTable *table, HtKey k, GError **error)
{
    const DeriveRule *rule = rule_of(table);
    bool derives = !apply->store->loading;
    g_autofree char *old = derives ? old_doc(apply, rule->doc, k, error) : NULL;
    if (derives)
        note_person(apply, rule->person, k);
    if (!run_delete(apply->db, table->name, "", k, error))
        return false;
    if (ht_db_changes(apply->db) > 0) {
        apply->mask |= HT_CHANGED(table->number);
        apply->forgets = true;
    }
    if (table->n_wide > 0 && !run_delete(apply->db, table->name, "_wide", k, error))
        return false;
    if (old && !ht_index_forget(apply->db, k, old, error))
        return false;
    return !derives || !rule->doc || run_delete(apply->db, "unindexed", "", k, error);
}

int64_t ht_apply_version(HtApply *apply, const HtSyncTable *table, const HtUuid *id)
{
    if (!table->has_id || ht_sync_table_column(table, "row_version") < 0)
        return -1;
    g_autofree char *sql =
        g_strdup_printf("SELECT t.row_version FROM keys_by_id i LEFT JOIN ids o ON o.k = i.k "
                        "JOIN %s t ON t.k = ht_sure(i.k, i.id, o.id) WHERE i.id = ?1",
                        table->name);
    g_auto(HtStmtUse) use = {ht_db_stmt_text(apply->db, sql, NULL)};
    if (!use.stmt)
        return -1;
    ht_stmt_bind_id(use.stmt, 1, id);
    return ht_stmt_step(use.stmt, NULL) == HT_STEP_ROW ? ht_stmt_int(use.stmt, 0) : -1;
}

bool ht_apply_delete(HtApply *apply, const HtSyncTable *table, const HtUuid *id, GError **error)
{
    g_autoptr(GError) why = NULL;
    HtKey k = ht_key_cache_get(apply->store->keys, apply->db, id, false, &why);
    if (why) {
        g_propagate_error(error, g_steal_pointer(&why));
        return false;
    }
    return !k || delete_key(apply, table, k, error);
}

/* Keys of all rows. */
static bool list_rows(HtDb *db, const HtSyncTable *table, GArray *keys, GError **error)
{
    g_autofree char *sql = g_strdup_printf("SELECT k FROM %s", table->name);
    HtStmt *stmt = ht_db_stmt_text(db, sql, error);
    HtStep step = HT_STEP_ERROR;
    while (stmt && (step = ht_stmt_step(stmt, error)) == HT_STEP_ROW) {
        HtKey k = ht_stmt_int(stmt, 0);
        g_array_append_val(keys, k);
    }
    if (stmt)
        ht_stmt_reset(stmt);
    return step == HT_STEP_DONE;
}

bool ht_apply_clear(HtApply *apply, const HtSyncTable *table, GError **error)
{
    const DeriveRule *rule = rule_of(table);
    if (!apply->store->loading && (rule->person != DERIVE_NONE || rule->doc)) {
        g_autoptr(GArray) keys = g_array_new(FALSE, FALSE, sizeof(HtKey));
        if (!list_rows(apply->db, table, keys, error))
            return false;
        for (guint i = 0; i < keys->len; i++) {
            if (!delete_key(apply, table, g_array_index(keys, HtKey, i), error))
                return false;
        }
        return true;
    }
    const char *const suffixes[] = {"", "_wide"};
    for (int i = 0; i < (table->n_wide > 0 ? 2 : 1); i++) {
        g_autofree char *sql = g_strdup_printf("DELETE FROM %s%s", table->name, suffixes[i]);
        HtStmt *stmt = ht_db_stmt_text(apply->db, sql, error);
        if (!stmt || !ht_stmt_run(stmt, error))
            return false;
        if (ht_db_changes(apply->db) > 0)
            apply->mask |= HT_CHANGED(table->number);
    }
    return true;
}

/* --- Notes */

bool ht_apply_meta_set(HtApply *apply, const char *name, const char *value, GError **error)
{
    const char *resource = value ? HT_QUERY("meta_set") : HT_QUERY("meta_delete");
    HtStmt *stmt = ht_db_stmt(apply->db, resource, error);
    if (!stmt)
        return false;
    ht_stmt_bind_text(stmt, 1, name);
    if (value)
        ht_stmt_bind_text(stmt, 2, value);
    if (!ht_stmt_run(stmt, error))
        return false;
    if (ht_db_changes(apply->db) > 0)
        apply->mask |= HT_CHANGED_META;
    return true;
}

char *ht_apply_meta_get(HtApply *apply, const char *name)
{
    HtStmt *stmt = ht_db_stmt(apply->db, HT_QUERY("meta_get"), NULL);
    if (!stmt)
        return NULL;
    ht_stmt_bind_text(stmt, 1, name);
    char *value = ht_stmt_step(stmt, NULL) == HT_STEP_ROW ? ht_stmt_dup_text(stmt, 0) : NULL;
    ht_stmt_reset(stmt);
    return value;
}

bool ht_apply_meta_set_int(HtApply *apply, const char *name, int64_t value, GError **error)
{
    char text[24];
    g_snprintf(text, sizeof text, "%" G_GINT64_FORMAT, value);
    return ht_apply_meta_set(apply, name, text, error);
}

int64_t ht_apply_meta_get_int(HtApply *apply, const char *name, int64_t fallback)
{
    g_autofree char *text = ht_apply_meta_get(apply, name);
    return text ? g_ascii_strtoll(text, NULL, 10) : fallback;
}

HtKey ht_apply_key(HtApply *apply, const HtUuid *id, GError **error)
{
    return ht_key_cache_get(apply->store->keys, apply->db, id, true, error);
}
