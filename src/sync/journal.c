/* What the log says of the sync: states, kinds of errors, SQLSTATEs, counts and times. Never a
 * message of the server or of libpq, since those quote rows, names and addresses. */
#include "internal.h"

#include "hiretty/base/log.h"

#include <string.h>

static const char *const codes[] = {
    [HT_SYNC_ERROR_FAILED] = "failed",
    [HT_SYNC_ERROR_OFFLINE] = "offline",
    [HT_SYNC_ERROR_REFUSED] = "refused",
    [HT_SYNC_ERROR_SETUP] = "settings",
    [HT_SYNC_ERROR_TLS] = "tls",
    [HT_SYNC_ERROR_SCHEMA] = "schema",
    [HT_SYNC_ERROR_BUSY] = "busy",
    [HT_SYNC_ERROR_CACHE] = "cache",
    [HT_SYNC_ERROR_CANCELLED] = "cancelled",
};

void ht_sync_log_state(HtSyncState state)
{
    ht_log(HT_LOG_INFO, "sync: %s", ht_sync_state_name(state));
}

void ht_sync_log_failure(const GError *error)
{
    const char *code = "failed";
    if (error->domain == HT_SYNC_ERROR && (guint)error->code < G_N_ELEMENTS(codes) &&
        codes[error->code])
        code = codes[error->code];
    /* What the server said last has nothing to do with what the disk did since. */
    const char *state =
        g_error_matches(error, HT_SYNC_ERROR, HT_SYNC_ERROR_CACHE) ? "" : ht_pg_error_sqlstate();
    ht_log(HT_LOG_WARNING, "sync: %s%s%s", code, *state ? ", SQLSTATE " : "", state);
}

void ht_sync_log_server(const HtSyncHello *hello)
{
    ht_log(HT_LOG_INFO, "sync: schema %d here %d, role %s%s", hello->schema_version,
           HT_SCHEMA_VERSION, hello->role, hello->is_read_only ? ", read only" : "");
}

static void log_pull(const HtSyncReport *now, const HtSyncReport *before)
{
    if (now->rows_received == before->rows_received && now->rows_deleted == before->rows_deleted)
        return;
    ht_log(HT_LOG_INFO,
           "sync: %" G_GINT64_FORMAT " rows and %" G_GINT64_FORMAT
           " bytes received, %" G_GINT64_FORMAT " changed, %" G_GINT64_FORMAT " deleted%s%s",
           now->rows_received - before->rows_received, now->bytes_received - before->bytes_received,
           now->rows_changed - before->rows_changed, now->rows_deleted - before->rows_deleted,
           now->loaded ? "; loaded anew: " : "", now->loaded ? now->why_full : "");
}

static void log_push(const HtSyncReport *now, const HtSyncReport *before)
{
    if (now->sent == before->sent)
        return;
    ht_log(HT_LOG_INFO,
           "sync: %u sent: %u applied, %u merged, %u conflicts, %u gone, %u rejected, %u parked, "
           "%u the same",
           now->sent - before->sent, now->applied - before->applied, now->merged - before->merged,
           now->conflicts - before->conflicts, now->gone - before->gone,
           now->rejected - before->rejected, now->parked - before->parked,
           now->same - before->same);
}

void ht_sync_log_turn(HtSync *sync)
{
    log_pull(sync->report, &sync->logged);
    log_push(sync->report, &sync->logged);
    sync->report->loaded &= !sync->is_live; /* told once; a single run's caller still reads it */
    sync->logged = *sync->report;
}
