/* How often the server is asked. Pure, so that a test can look at it without waiting. */
#include "internal.h"

#define LEAST_MS 1000
#define IDLE_MS 5000
#define BACKGROUND_MS 30000
#define BACKOFF_FIRST_MS 1000
#define BACKOFF_MAX_MS 60000

int64_t ht_sync_closed_ms = 15 * 60 * 1000;

int64_t ht_sync_pace_ms(HtSyncFocus focus, int64_t wished_ms, int64_t set_ms)
{
    int64_t least = wished_ms > 0 ? wished_ms : LEAST_MS;
    if (set_ms > 0)
        return MAX(least, set_ms);
    switch (focus) {
    case HT_SYNC_IDLE:
        return MAX(least, IDLE_MS);
    case HT_SYNC_BACKGROUND:
        return MAX(least, BACKGROUND_MS);
    case HT_SYNC_FOCUSED:
    case HT_SYNC_FOCUSES:
    default:
        return least;
    }
}

int64_t ht_sync_backoff_ms(guint failures)
{
    guint doublings = MIN(MAX(failures, 1) - 1, 16);
    return MIN(BACKOFF_MAX_MS, (int64_t)BACKOFF_FIRST_MS << doublings);
}

int64_t ht_sync_jitter_ms(int64_t ms, guint32 random)
{
    return ms * (80 + random % 41) / 100;
}
