/* Interview feedback. UI thread. */
#pragma once

#include "hiretty/cache/cache.h"
#include "hiretty/domain/interview.h"

/* HtFeedback*, newest first, as far as this login may see them; match 0 = all of the person. */
GPtrArray *ht_cache_feedback(HtReader *reader, HtKey candidate, HtKey match, GError **error);
/* HtFeedback* of everybody, newest first, at most `limit`. */
GPtrArray *ht_cache_feedback_recent(HtReader *reader, gsize limit, GError **error);
/* What a panel row has said so far, as shown; NULL = nothing yet. */
HtFeedback *ht_cache_feedback_mine(HtReader *reader, HtKey interview, HtKey panel);
