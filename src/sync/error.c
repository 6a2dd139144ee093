/* One domain for the callers: what they act on, whichever layer below failed. The words stay those
 * of the layer that knew why. */
#include "internal.h"

#include "hiretty/base/error.h"

G_DEFINE_QUARK(ht - sync - error - quark, ht_sync_error)

static HtSyncError from_pg(HtPgError code)
{
    switch (code) {
    case HT_PG_ERROR_OFFLINE:
    case HT_PG_ERROR_SERVER:
    case HT_PG_ERROR_RETRY:
    case HT_PG_ERROR_PROTOCOL:
        return HT_SYNC_ERROR_OFFLINE;
    case HT_PG_ERROR_REFUSED:
        return HT_SYNC_ERROR_REFUSED;
    case HT_PG_ERROR_TLS:
        return HT_SYNC_ERROR_TLS;
    case HT_PG_ERROR_AUTH:
    case HT_PG_ERROR_SETUP:
        return HT_SYNC_ERROR_SETUP;
    case HT_PG_ERROR_DENIED:
    case HT_PG_ERROR_SCHEMA:
    case HT_PG_ERROR_LARGE:
        return HT_SYNC_ERROR_SCHEMA;
    case HT_PG_ERROR_CANCELLED:
        return HT_SYNC_ERROR_CANCELLED;
    case HT_PG_ERROR_FAILED:
    case HT_PG_ERROR_DATA:
    default:
        return HT_SYNC_ERROR_FAILED;
    }
}

void ht_sync_error_name_table(GError **error, const HtSyncTable *table)
{
    if (!error || !g_error_matches(*error, HT_PG_ERROR, HT_PG_ERROR_LARGE) || !table)
        return;
    g_clear_error(error);
    g_set_error(error, HT_PG_ERROR, HT_PG_ERROR_LARGE,
                "reading %s: one row, or an error, of the answer is larger than 64 MiB: tell the "
                "administrator, who looks for it (docs/administration.md, Sizes)",
                table->server);
}

void ht_sync_error_take(GError **error, GError *from)
{
    if (!from || from->domain == HT_SYNC_ERROR) {
        if (from)
            g_propagate_error(error, from);
        return;
    }
    HtSyncError code = HT_SYNC_ERROR_FAILED;
    if (from->domain == HT_PG_ERROR)
        code = from_pg((HtPgError)from->code);
    else if (from->domain == HT_CACHE_ERROR || from->domain == HT_OUTBOX_ERROR)
        code = HT_SYNC_ERROR_CACHE;
    g_set_error_literal(error, HT_SYNC_ERROR, (int)code, from->message);
    g_error_free(from);
}

int ht_sync_exit(const GError *error)
{
    if (!error)
        return HT_EXIT_DONE;
    if (error->domain != HT_SYNC_ERROR)
        return HT_EXIT_FAILED;
    switch ((HtSyncError)error->code) {
    case HT_SYNC_ERROR_OFFLINE:
        return HT_EXIT_OFFLINE;
    case HT_SYNC_ERROR_REFUSED:
    case HT_SYNC_ERROR_SETUP:
    case HT_SYNC_ERROR_TLS:
    case HT_SYNC_ERROR_SCHEMA:
        return HT_EXIT_REFUSED;
    case HT_SYNC_ERROR_FAILED:
    case HT_SYNC_ERROR_BUSY:
    case HT_SYNC_ERROR_CACHE:
    case HT_SYNC_ERROR_CANCELLED:
    default:
        return HT_EXIT_FAILED;
    }
}
