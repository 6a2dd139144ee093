/* Interviews: the agenda and one person's. UI thread (a range of weeks), reader thread for more. */
#pragma once

#include "hiretty/cache/cache.h"
#include "hiretty/domain/interview.h"

/* HtInterview* with panels, by time: from ≤ scheduled_at < to; `mine_only`: this login is on the
 * panel. */
GPtrArray *ht_cache_agenda(HtReader *reader, int64_t from_us, int64_t to_us, bool mine_only,
                           GError **error);
/* HtInterview* with panels, newest first; match 0 = all of the person. */
GPtrArray *ht_cache_interviews(HtReader *reader, HtKey candidate, HtKey match, GError **error);
HtInterview *ht_cache_interview(HtReader *reader, HtKey key, GError **error);

typedef struct {
    HtKey key;
    char *name, *role;
} HtMember;
/* HtMember*, by name: those who may sit on a panel. */
GPtrArray *ht_cache_members(HtReader *reader, GError **error);
