/* Rows whose wide columns need not come again. The server says which transaction wrote them last;
 * one that the cursor's snapshot saw wrote what is here. That holds for rows that the cache has as
 * of the cursor or later: so it must have the wide ones too, and a load must have brought them all
 * (before that, a row that moved to pages that are read already would be left without them). */
#include "internal.h"

void ht_sync_narrow_free(HtSyncNarrow *narrow)
{
    if (!narrow)
        return;
    ht_sync_select_free(narrow->hot);
    g_array_unref(narrow->keys);
    g_free(narrow->sql);
    g_free(narrow);
}

/* The columns of `hot` are the first ones of `all`, so one answer serves both. */
static bool begins_with(const HtSyncSelect *all, const HtSyncSelect *hot)
{
    for (int i = 0; i < hot->n; i++) {
        if (i >= all->n || all->columns[i] != hot->columns[i])
            return false;
    }
    return true;
}

bool ht_sync_narrow_take(HtSync *sync, const HtSyncSelect *all, GArray *keys, HtSyncNarrow **narrow,
                         GError **error)
{
    bool is_due;
    if (!all->since || keys->len == 0)
        return true;
    if (!ht_sync_wide_is_due(sync, &is_due, error))
        return false;
    if (is_due)
        return true;
    g_autoptr(HtSyncSelect) hot = ht_sync_select_new(sync->columns, all->table, HT_SELECT_HOT);
    if (!hot || !begins_with(all, hot))
        return true;
    g_autoptr(GArray) here = g_array_new(FALSE, FALSE, sizeof(HtUuid));
    if (!ht_cache_ids_take_wide(sync->cache, all->table, keys, here, error))
        return false;
    if (here->len == 0)
        return true;
    HtSyncNarrow *made = g_new0(HtSyncNarrow, 1);
    made->sql = ht_sync_sql_fill("rows_since", all, NULL);
    made->hot = g_steal_pointer(&hot);
    made->keys = g_steal_pointer(&here);
    *narrow = made;
    return true;
}
