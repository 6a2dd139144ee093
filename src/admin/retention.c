/* Retention of the change feed. The server's function decides and acts in one transaction: keys of
 * transactions that had ended before a mark old enough go, and the floor rises to it, so that a
 * client whose cursor is older learns it from the same snapshot that lacks the keys. */
#include "internal.h"

#include <string.h>

/* Whoever missed it for a year has a delete of many minutes before him, of which nothing is heard.
 */
#define SILENCE_MS (60 * 60 * 1000)

static int64_t number(const HtPgRows *rows, int column)
{
    g_autofree char *text = ht_admin_text(rows, 0, column);
    return text ? g_ascii_strtoll(text, NULL, 10) : 0;
}

void ht_admin_pruned_clear(HtAdminPruned *pruned)
{
    g_free(pruned->floor);
    g_free(pruned->floor_at);
    g_free(pruned->first_mark);
    memset(pruned, 0, sizeof *pruned);
}

bool ht_admin_prune_check(int keep_days, GError **error)
{
    if (keep_days == 0 || (keep_days >= HT_ADMIN_KEEP_DAYS && keep_days <= HT_ADMIN_KEEP_DAYS_MAX))
        return true;
    g_set_error(error, HT_ADMIN_ERROR, HT_ADMIN_ERROR_INVALID, "changes are kept for %d to %d days",
                HT_ADMIN_KEEP_DAYS, HT_ADMIN_KEEP_DAYS_MAX);
    return false;
}

bool ht_admin_prune(HtPgConnection *pg, int keep_days, bool is_trial, HtAdminPruned *pruned,
                    GError **error)
{
    memset(pruned, 0, sizeof *pruned);
    if (!ht_admin_prune_check(keep_days, error))
        return false;
    g_autofree char *days = g_strdup_printf("%d", keep_days ? keep_days : HT_ADMIN_KEEP_DAYS);
    const char *values[] = {days, is_trial ? "true" : "false"};
    ht_pg_set_silence_ms(pg, SILENCE_MS);
    g_autoptr(HtPgRows) rows = ht_admin_query(pg, "feed_retain", values, 2, error);
    ht_pg_set_silence_ms(pg, 0);
    if (!rows)
        return false;
    g_autofree char *absence = ht_admin_text(rows, 0, 2);
    *pruned = (HtAdminPruned){
        .removed = number(rows, 0),
        .keep_days = (int)number(rows, 1),
        .longest_absence_days = absence ? g_ascii_strtod(absence, NULL) : 0,
        .floor = ht_admin_text(rows, 0, 3),
        .floor_at = ht_admin_text(rows, 0, 4),
        .first_mark = ht_admin_text(rows, 0, 5),
    };
    return true;
}
