/* People who came into sight or left it. A consent that is taken back or given again changes no row
 * of the person, so no feed names them; the greeting says only that the list of the hidden is
 * another one. Comparing every table for one person would send each client every id. So the list is
 * kept beside the cursor, and the rows of those who stand on one of the two lists, the one of then
 * and the one of now, are asked for by key: those that are here, for they may have to go, and those
 * that can be seen there. Without a list of then, or with too long a difference, all is compared.
 */
#include "internal.h"

#include <string.h>

#define NOBODY "d41d8cd98f00b204e9800998ecf8427e" /* the fingerprint of an empty list */
/* A list is kept up to so many ids, and a difference asked for by key up to so many. */
#define LIST_MAX 5000
#define DIFFERENCE_MAX 500

enum { PEOPLE, MATCHES, N_LISTS };
static const char *const list_names[N_LISTS] = {"people", "matches"};

/* How rows lead to a person or to one of his applications. */
static const struct {
    const char *column;
    int list;
    const char *parent; /* the table that has the application; NULL: the row itself does */
} ways[] = {
    {"candidate_id", PEOPLE, NULL},
    {"match_id", MATCHES, NULL},
    {"interview_id", MATCHES, "interviews"},
    {"offer_id", MATCHES, "offers"},
};

typedef struct {
    GArray *ids[N_LISTS]; /* HtUuid, in order, each once */
} Hidden;

static void hidden_free(Hidden *hidden)
{
    if (!hidden)
        return;
    for (int i = 0; i < N_LISTS; i++)
        g_array_unref(hidden->ids[i]);
    g_free(hidden);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Hidden, hidden_free)

static Hidden *hidden_new(void)
{
    Hidden *hidden = g_new0(Hidden, 1);
    for (int i = 0; i < N_LISTS; i++)
        hidden->ids[i] = g_array_new(FALSE, FALSE, sizeof(HtUuid));
    return hidden;
}

static void put_in_order(GArray *ids)
{
    g_array_sort(ids, ht_sync_compare_ids);
    guint kept = 0;
    for (guint i = 0; i < ids->len; i++) {
        HtUuid *at = &g_array_index(ids, HtUuid, i);
        if (kept == 0 || !ht_uuid_equal(at, &g_array_index(ids, HtUuid, kept - 1)))
            g_array_index(ids, HtUuid, kept++) = *at;
    }
    g_array_set_size(ids, kept);
}

/* --- The list as it is kept */

/* NULL: it is not that of `fingerprint`. */
static Hidden *hidden_read(const char *text, const char *fingerprint)
{
    if (strcmp(fingerprint, NOBODY) == 0)
        return hidden_new();
    g_autoptr(HtJson) json = text ? ht_json_parse(text, -1, NULL) : NULL;
    if (strcmp(ht_json_get_string(json, "fp", ""), fingerprint) != 0)
        return NULL;
    Hidden *hidden = hidden_new();
    for (int i = 0; i < N_LISTS; i++) {
        const HtJson *list = ht_json_get(json, list_names[i]);
        for (const HtJson *e = ht_json_first(list); e; e = ht_json_next(e)) {
            HtUuid id;
            if (ht_uuid_parse(ht_json_string(e, NULL), &id))
                g_array_append_val(hidden->ids[i], id);
        }
        put_in_order(hidden->ids[i]);
    }
    return hidden;
}

/* NULL: too long to keep. Caller frees. */
static char *hidden_print(const Hidden *hidden, const char *fingerprint)
{
    if (hidden->ids[PEOPLE]->len + hidden->ids[MATCHES]->len > LIST_MAX)
        return NULL;
    g_autoptr(HtJson) json = ht_json_new_object();
    ht_json_set_string(json, "fp", fingerprint);
    for (int i = 0; i < N_LISTS; i++) {
        HtJson *list = ht_json_new_array();
        for (guint at = 0; at < hidden->ids[i]->len; at++) {
            char text[HT_UUID_TEXT];
            ht_json_add_string(list,
                               ht_uuid_format(&g_array_index(hidden->ids[i], HtUuid, at), text));
        }
        ht_json_set(json, list_names[i], list);
    }
    return ht_json_print(json, false);
}

/* --- The list as it is now */

static Hidden *hidden_ask(HtPgConnection *pg, GError **error)
{
    g_autoptr(HtPgRows) rows = ht_pg_query(pg, ht_sync_sql("hidden"), NULL, 0, error);
    if (!rows)
        return NULL;
    g_autoptr(Hidden) hidden = hidden_new();
    for (int i = 0; i < ht_pg_rows_count(rows); i++) {
        HtPgField kind = ht_pg_rows_field(rows, i, 0), field = ht_pg_rows_field(rows, i, 1);
        int64_t list = -1;
        HtUuid id;
        if (ht_pg_field_int(&kind, &list) && list >= 0 && list < N_LISTS &&
            ht_pg_field_uuid(&field, &id))
            g_array_append_val(hidden->ids[list], id);
    }
    for (int i = 0; i < N_LISTS; i++)
        put_in_order(hidden->ids[i]);
    return g_steal_pointer(&hidden);
}

/* --- Their rows */

static bool has_column(const HtSyncSelect *select, int column)
{
    for (int i = 0; select && i < select->n; i++) {
        if (select->columns[i] == column)
            return true;
    }
    return false;
}

typedef struct {
    HtSync *sync;
    HtReader *reader;
    HtPgPipeline *pipeline;
    GPtrArray *owned; /* texts of statements */
    const Hidden *who;
} Search;

static void ask_for(Search *search, const HtSyncSelect *select, gsize way, const GArray *ids,
                    GArray *keys)
{
    const char *column = ways[way].column, *parent = ways[way].parent;
    char *sql =
        parent ? ht_sync_sql_fill("about_parent", select, "column", column, "parent", parent, NULL)
               : ht_sync_sql_fill("about", select, "column", column, NULL);
    g_ptr_array_add(search->owned, sql);
    g_autoptr(GArray) params = g_array_new(FALSE, TRUE, sizeof(HtPgParam));
    HtPgParam param = {.ids = (const HtUuid *)(gpointer)ids->data, .n_ids = ids->len};
    g_array_append_val(params, param);
    ht_pg_pipeline_add(search->pipeline, sql, params, ht_sync_take_id, keys);
}

/* Rows of one table, by each way that leads from it to a person. *is_whole: there is no way that
 * this login may not go. */
static bool add_rows(Search *search, const HtSyncSelect *select, GArray *keys, bool *is_whole,
                     GError **error)
{
    const HtSyncTable *table = select->table;
    const GArray *people = search->who->ids[PEOPLE];
    int n_ways = 0;
    *is_whole = true;
    if (strcmp(table->name, "candidates") == 0) {
        g_array_append_vals(keys, people->data, people->len);
        return true;
    }
    for (gsize way = 0; way < G_N_ELEMENTS(ways); way++) {
        const GArray *ids = search->who->ids[ways[way].list];
        int column = ht_sync_table_column(table, ways[way].column);
        if (column < 0)
            continue;
        n_ways++;
        *is_whole = *is_whole && has_column(select, column);
        if (!*is_whole || ids->len == 0)
            continue;
        ask_for(search, select, way, ids, keys);
        if (!ht_cache_ids_about(search->reader, table, column, ways[way].parent,
                                (const HtUuid *)(gpointer)ids->data, ids->len, keys, error))
            return false;
    }
    *is_whole = *is_whole && n_ways > 0;
    return true;
}

static bool add_all_rows(Search *search, GArray **keys, uint64_t *tables, GError **error)
{
    g_autoptr(GPtrArray) selects =
        g_ptr_array_new_with_free_func((GDestroyNotify)(void *)ht_sync_select_free);
    int n;
    const HtSyncTable *all = ht_sync_tables(&n);
    for (int i = 0; i < n; i++) {
        if (!keys[i] || !(*tables & HT_CHANGED(all[i].number)))
            continue;
        HtSyncSelect *select = ht_sync_select_new(search->sync->columns, &all[i], HT_SELECT_ALL);
        g_ptr_array_add(selects, select);
        bool is_whole = false;
        if (select && !add_rows(search, select, keys[i], &is_whole, error))
            return false;
        if (is_whole)
            *tables &= ~HT_CHANGED(all[i].number);
    }
    return ht_pg_pipeline_finish(search->pipeline, error);
}

/* false: *error. Otherwise *tables are those that are still to be compared. */
static bool find_rows(HtSync *sync, const Hidden *who, GArray **keys, uint64_t *tables,
                      GError **error)
{
    g_autoptr(HtReader) reader = ht_reader_new(sync->cache, "sync", error);
    g_autoptr(HtPgPipeline) pipeline = ht_pg_pipeline_new(sync->pg);
    g_autoptr(GPtrArray) owned = g_ptr_array_new_with_free_func(g_free);
    Search search = {
        .sync = sync, .reader = reader, .pipeline = pipeline, .owned = owned, .who = who};
    if (!reader || !add_all_rows(&search, keys, tables, error))
        return false;
    int n;
    ht_sync_tables(&n);
    for (int i = 0; i < n; i++) {
        if (keys[i])
            put_in_order(keys[i]);
    }
    return true;
}

bool ht_sync_hidden_find(HtSync *sync, const HtSyncHello *hello, GArray **keys, uint64_t *tables,
                         char **note, GError **error)
{
    g_autofree char *remembered = ht_cache_meta(sync->cache, HT_META_HELLO);
    g_autofree char *kept = ht_cache_meta(sync->cache, HT_META_HIDDEN);
    g_autoptr(HtJson) old = remembered ? ht_json_parse(remembered, -1, NULL) : NULL;
    const char *then = ht_json_get_string(ht_json_get(old, "scopes"), HT_SCOPE_CONSENT, "");
    *note = NULL;
    g_autoptr(Hidden) before = hidden_read(kept, then);
    g_autoptr(Hidden) after = hidden_ask(sync->pg, error);
    if (!after)
        return false;
    *note = hidden_print(after, ht_sync_hello_scope(hello, HT_SCOPE_CONSENT));
    if (!before)
        return true;
    g_autoptr(Hidden) who = hidden_new();
    for (int i = 0; i < N_LISTS; i++)
        ht_sync_ids_difference(before->ids[i], after->ids[i], who->ids[i], who->ids[i]);
    return who->ids[PEOPLE]->len + who->ids[MATCHES]->len > DIFFERENCE_MAX ||
           find_rows(sync, who, keys, tables, error);
}
