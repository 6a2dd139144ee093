/* A pull names the same jobs, stages and people again and again: a table of 16,384 uuids saves most
 * look-ups. It is forgotten after a rollback, because keys made in it never existed. */
#include "internal.h"

#include <string.h>

#define SLOTS 16384u

struct HtKeyCache {
    struct {
        HtUuid id;
        HtKey k; /* 0 = empty */
    } slots[SLOTS];
};

HtKeyCache *ht_key_cache_new(void)
{
    return g_new0(HtKeyCache, 1);
}

void ht_key_cache_free(HtKeyCache *cache)
{
    g_free(cache);
}

void ht_key_cache_forget(HtKeyCache *cache)
{
    memset(cache, 0, sizeof *cache);
}

static HtKey look_up(HtDb *db, const HtUuid *id, GError **error)
{
    HtStmt *find = ht_db_stmt(db, HT_QUERY("id_key"), error);
    if (!find)
        return 0;
    ht_stmt_bind_uuid(find, 1, id);
    HtKey k = ht_stmt_step(find, error) == HT_STEP_ROW ? ht_stmt_int(find, 0) : 0;
    ht_stmt_reset(find);
    return k;
}

static HtKey make_key(HtDb *db, const HtUuid *id, GError **error)
{
    HtStmt *add = ht_db_stmt(db, HT_QUERY("id_add"), error);
    if (!add)
        return 0;
    ht_stmt_bind_uuid(add, 1, id);
    return ht_stmt_run(add, error) ? ht_db_last_rowid(db) : 0;
}

HtKey ht_key_cache_get(HtKeyCache *cache, HtDb *db, const HtUuid *id, bool make, GError **error)
{
    guint slot = ht_uuid_hash(id) % SLOTS;
    if (cache->slots[slot].k && ht_uuid_equal(&cache->slots[slot].id, id))
        return cache->slots[slot].k;
    g_autoptr(GError) why = NULL;
    HtKey k = look_up(db, id, &why);
    if (!k && !why && make)
        k = make_key(db, id, &why);
    if (why)
        g_propagate_error(error, g_steal_pointer(&why));
    if (k) {
        cache->slots[slot].id = *id;
        cache->slots[slot].k = k;
    }
    return k;
}
