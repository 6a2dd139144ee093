/* A reader: a connection of one thread that follows to new generations only when its owner asks, so
 * that keys keep their meaning in between. */
#include "internal.h"
#include "schema.h"

#include <string.h>

#define READER_CACHE_KIB 6144

bool ht_cache_not_found(GError **error, const char *what)
{
    g_set_error(error, HT_CACHE_ERROR, HT_CACHE_ERROR_NOT_FOUND, "%s", what);
    return false;
}

/* Between taking the reference and the lock of the file nothing can remove it: this process holds
 * the generation. */
static bool open_files(HtReader *reader, GError **error)
{
    HtFiles *files = ht_cache_files(reader->cache);
    HtDb *db = ht_db_open(files->path, HT_DB_READ, reader->thread, READER_CACHE_KIB, error);
    if (!db) {
        ht_files_unref(files);
        return false;
    }
    g_autofree char *mark = g_build_filename(reader->cache->dir, "suspect", NULL);
    ht_db_set_suspect(db, mark);
    g_mutex_lock(&reader->lock);
    HtDb *old = reader->db;
    reader->db = db;
    reader->has_ages = reader->is_settled = false;
    g_mutex_unlock(&reader->lock);
    ht_db_close(old);
    ht_files_unref(reader->files);
    reader->files = files;
    return true;
}

HtReader *ht_reader_new(HtCache *cache, const char *thread, GError **error)
{
    HtReader *reader = g_new0(HtReader, 1);
    reader->cache = cache;
    reader->thread = g_strdup(thread);
    g_mutex_init(&reader->lock);
    if (!open_files(reader, error)) {
        ht_reader_free(reader);
        return NULL;
    }
    return reader;
}

void ht_reader_free(HtReader *reader)
{
    if (!reader)
        return;
    ht_db_close(reader->db);
    ht_files_unref(reader->files);
    g_mutex_clear(&reader->lock);
    g_free(reader->thread);
    g_free(reader);
}

void ht_reader_interrupt(HtReader *reader)
{
    g_mutex_lock(&reader->lock);
    ht_db_interrupt(reader->db);
    g_mutex_unlock(&reader->lock);
}

bool ht_reader_refresh(HtReader *reader, bool *changed, GError **error)
{
    g_autoptr(HtFiles) files = ht_cache_files(reader->cache);
    bool other = files->number != reader->files->number;
    if (changed)
        *changed = other;
    return !other || open_files(reader, error);
}

bool ht_reader_begin(HtReader *reader, GError **error)
{
    return ht_db_begin(reader->db, false, error);
}

void ht_reader_end(HtReader *reader)
{
    ht_db_rollback(reader->db);
}

void ht_reader_watch(HtReader *reader)
{
    ht_db_watch(reader->db);
}

bool ht_reader_check(HtReader *reader, GError **error)
{
    return ht_db_check(reader->db, error);
}

HtDb *ht_reader_db(HtReader *reader)
{
    return reader->db;
}

bool ht_reader_is_settled(HtReader *reader)
{
    if (!reader->is_settled)
        reader->is_settled = ht_schema_is_indexed(reader->db);
    return reader->is_settled;
}

HtStmt *ht_reader_query(HtReader *reader, const char *resource, HtKey key, GError **error)
{
    HtStmt *stmt = ht_db_stmt(reader->db, resource, error);
    if (stmt)
        ht_stmt_bind_int(stmt, 1, key);
    return stmt;
}

HtKeyArray *ht_reader_keys(HtStmt *stmt, GError **error)
{
    g_autoptr(GArray) keys = g_array_sized_new(FALSE, FALSE, sizeof(HtKey), 256);
    HtStep step;
    while ((step = ht_stmt_step(stmt, error)) == HT_STEP_ROW) {
        HtKey k = ht_stmt_int(stmt, 0);
        g_array_append_val(keys, k);
    }
    if (step == HT_STEP_ERROR)
        return NULL;
    gsize n = keys->len;
    return ht_key_array_take((HtKey *)(gpointer)g_array_free(g_steal_pointer(&keys), FALSE), n);
}

HtKey ht_reader_key(HtReader *reader, const HtUuid *id)
{
    g_auto(HtStmtUse) use = {ht_db_stmt(reader->db, HT_QUERY("id_key"), NULL)};
    if (!use.stmt)
        return 0;
    ht_stmt_bind_id(use.stmt, 1, id);
    return ht_stmt_step(use.stmt, NULL) == HT_STEP_ROW ? ht_stmt_int(use.stmt, 0) : 0;
}

void ht_reader_keys_of(HtReader *reader, const HtUuid *ids, gsize n, HtKey *keys)
{
    memset(keys, 0, n * sizeof *keys);
    if (n < 2 || ht_schema_has_index(reader->db, HT_KEYS_BY_ID)) {
        for (gsize i = 0; i < n; i++)
            keys[i] = ht_reader_key(reader, &ids[i]);
        return;
    }
    g_autoptr(GHashTable) found = g_hash_table_new(ht_uuid_hash, ht_uuid_equal);
    for (gsize i = 0; i < n; i++) {
        if (!ht_uuid_is_nil(&ids[i]))
            g_hash_table_insert(found, (gpointer)(guintptr)&ids[i], NULL);
    }
    guint left = g_hash_table_size(found);
    g_auto(HtStmtUse) use = {ht_db_stmt(reader->db, HT_QUERY("ids_all"), NULL)};
    while (use.stmt && left > 0 && ht_stmt_step(use.stmt, NULL) == HT_STEP_ROW) {
        HtUuid id;
        gpointer wanted = NULL;
        if (!ht_stmt_uuid(use.stmt, 1, &id) ||
            !g_hash_table_lookup_extended(found, &id, &wanted, NULL))
            continue;
        g_hash_table_insert(found, wanted, GSIZE_TO_POINTER((gsize)ht_stmt_int(use.stmt, 0)));
        left--;
    }
    for (gsize i = 0; i < n; i++)
        keys[i] = (HtKey)GPOINTER_TO_SIZE(g_hash_table_lookup(found, &ids[i]));
}

bool ht_reader_uuid(HtReader *reader, HtKey key, HtUuid *out)
{
    memset(out, 0, sizeof *out);
    g_auto(HtStmtUse) use = {ht_reader_query(reader, HT_QUERY("key_id"), key, NULL)};
    return use.stmt && ht_stmt_step(use.stmt, NULL) == HT_STEP_ROW &&
           ht_stmt_uuid(use.stmt, 0, out);
}

char *ht_reader_meta(HtReader *reader, const char *name)
{
    g_auto(HtStmtUse) use = {ht_db_stmt(reader->db, HT_QUERY("meta_get"), NULL)};
    if (!use.stmt)
        return NULL;
    ht_stmt_bind_text(use.stmt, 1, name);
    return ht_stmt_step(use.stmt, NULL) == HT_STEP_ROW ? ht_stmt_dup_text(use.stmt, 0) : NULL;
}

int ht_cache_index_percent(HtReader *reader)
{
    g_auto(HtStmtUse) use = {ht_db_stmt(reader->db, HT_QUERY("doc_progress"), NULL)};
    if (!use.stmt || ht_stmt_step(use.stmt, NULL) != HT_STEP_ROW)
        return 0;
    if (ht_stmt_is_null(use.stmt, 0))
        return 100;
    int64_t next = ht_stmt_int(use.stmt, 0), last = ht_stmt_int(use.stmt, 1);
    int64_t first = ht_stmt_is_null(use.stmt, 2) ? next : MIN(next, ht_stmt_int(use.stmt, 2));
    return (int)((next - first) * 99 / MAX(last - first, 1));
}
