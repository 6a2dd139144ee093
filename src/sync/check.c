/* Digests: the same number from both sides when every row is the same. */
#include "internal.h"

#include <string.h>

typedef struct {
    GChecksum *checksum;
    int n;
    int64_t rows;
    unsigned __int128 sum;
} Digest;

static bool on_row(const HtScanValue *values, gpointer data)
{
    Digest *digest = data;
    g_checksum_reset(digest->checksum);
    for (int i = 0; i < digest->n; i++) {
        if (i > 0)
            g_checksum_update(digest->checksum, (const guchar *)"\x1f", 1);
        if (values[i].text)
            g_checksum_update(digest->checksum, (const guchar *)values[i].text,
                              (gssize)values[i].len);
        else
            g_checksum_update(digest->checksum, (const guchar *)"\\N", 2);
    }
    char first[16];
    g_strlcpy(first, g_checksum_get_string(digest->checksum), sizeof first);
    digest->sum += g_ascii_strtoull(first, NULL, 16);
    digest->rows++;
    return true;
}

static void print_sum(unsigned __int128 sum, char out[40])
{
    char reversed[40];
    int n = 0;
    do {
        reversed[n++] = (char)('0' + (int)(sum % 10));
        sum /= 10;
    } while (sum > 0);
    for (int i = 0; i < n; i++)
        out[i] = reversed[n - 1 - i];
    out[n] = '\0';
}

bool ht_sync_digest_here(HtReader *reader, const HtSyncSelect *select, int64_t *rows,
                         char digest[40], GError **error)
{
    g_autoptr(GChecksum) checksum = g_checksum_new(G_CHECKSUM_MD5);
    Digest mine = {.checksum = checksum, .n = select->n};
    if (!ht_cache_scan(reader, select->table, select->columns, select->n, on_row, &mine, error))
        return false;
    *rows = mine.rows;
    print_sum(mine.sum, digest);
    return true;
}

bool ht_sync_digest_there(HtPgConnection *pg, const HtSyncSelect *select, int64_t *rows,
                          char digest[40], GError **error)
{
    g_autofree char *sql = ht_sync_sql_fill("digest", select, NULL);
    g_autoptr(HtPgRows) result = ht_pg_query(pg, sql, NULL, 0, error);
    if (!result)
        return false;
    HtPgField count = ht_pg_rows_field(result, 0, 0), sum = ht_pg_rows_field(result, 0, 1);
    g_autofree char *text = ht_pg_field_dup_text(&sum);
    if (!ht_pg_field_int(&count, rows) || !text) {
        g_set_error_literal(error, HT_PG_ERROR, HT_PG_ERROR_PROTOCOL, "a digest makes no sense");
        return false;
    }
    g_strlcpy(digest, text, 40);
    return true;
}

/* A table that this login may not read has to be empty here. */
static bool check_table(HtSync *sync, HtReader *reader, const HtSyncTable *table,
                        HtSyncCheck *check, GError **error)
{
    g_autoptr(HtSyncSelect) select = ht_sync_select_new(sync->columns, table, HT_SELECT_ALL);
    check->table = table->name;
    g_strlcpy(check->digest_here, "0", sizeof check->digest_here);
    g_strlcpy(check->digest_there, "0", sizeof check->digest_there);
    if (select) {
        if (!ht_sync_digest_there(sync->pg, select, &check->rows_there, check->digest_there,
                                  error) ||
            !ht_sync_digest_here(reader, select, &check->rows_here, check->digest_here, error))
            return false;
    } else {
        int first[] = {0};
        HtSyncSelect id = {.table = table, .columns = first, .n = 1};
        if (!ht_sync_digest_here(reader, &id, &check->rows_here, check->digest_here, error))
            return false;
    }
    check->same = check->rows_here == check->rows_there &&
                  strcmp(check->digest_here, check->digest_there) == 0;
    return true;
}

/* In the open transaction of the last pull, so both sides are the same snapshot. */
static GArray *check_tables(HtSync *sync, GError **error)
{
    g_autoptr(HtReader) reader = ht_reader_new(sync->cache, "check", error);
    if (!reader)
        return NULL;
    int n;
    const HtSyncTable *tables = ht_sync_tables(&n);
    g_autoptr(GArray) checks = g_array_new(FALSE, TRUE, sizeof(HtSyncCheck));
    ht_pg_set_silence_ms(sync->pg, 120000);
    for (int i = 0; i < n; i++) {
        HtSyncCheck check = {0};
        if (!check_table(sync, reader, &tables[i], &check, error))
            return NULL;
        g_array_append_val(checks, check);
    }
    ht_pg_set_silence_ms(sync->pg, 0);
    return g_steal_pointer(&checks);
}

static GArray *pull_and_check(HtSync *sync, GCancellable *cancellable, GError **error)
{
    if (!ht_sync_cycle(sync, HT_SYNC_ONCE_PULL_ONLY, cancellable, error))
        return NULL;
    if (!ht_sync_load_wide_all(sync, error))
        return NULL;
    HtSyncPlan plan;
    if (!ht_sync_pull(sync, true, true, &plan, error))
        return NULL;
    if (plan.kind != HT_PLAN_PULL) {
        g_set_error_literal(error, HT_SYNC_ERROR, HT_SYNC_ERROR_FAILED,
                            "the server changed meanwhile (try again)");
        return NULL;
    }
    GArray *checks = check_tables(sync, error);
    if (checks && !ht_pg_run(sync->pg, ht_sync_sql("commit"), error))
        g_clear_pointer(&checks, g_array_unref);
    return checks;
}

GArray *ht_sync_compare(HtSync *sync, GCancellable *cancellable, GError **error)
{
    GError *problem = NULL;
    GArray *checks = pull_and_check(sync, cancellable, &problem);
    ht_sync_error_take(error, problem);
    return checks;
}

GArray *ht_sync_check(HtSync *sync, GCancellable *cancellable, GError **error)
{
    HtSyncReport report = {0};
    GArray *checks = NULL;
    HtSyncLock lock = ht_sync_lock_or_ask(sync, HT_SYNC_ONCE, cancellable, &report, &checks, error);
    ht_sync_forget_request(sync);
    if (lock != HT_SYNC_LOCK_OURS)
        return checks;
    sync->report = &report;
    checks = ht_sync_compare(sync, cancellable, error);
    ht_sync_disconnect(sync);
    ht_sync_lock_release(sync);
    sync->report = NULL;
    return checks;
}
