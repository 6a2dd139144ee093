/* Transcripts: screening chats and voice sessions. UI thread. */
#pragma once

#include "hiretty/cache/cache.h"
#include "hiretty/domain/transcript.h"

/* HtTranscript* without turns, newest first; match 0 = all of the person. */
GPtrArray *ht_cache_transcripts(HtReader *reader, HtKey candidate, HtKey match, GError **error);
/* One whole, chat or voice; NULL with HT_CACHE_ERROR_NOT_FOUND. */
HtTranscript *ht_cache_transcript(HtReader *reader, HtKey key, GError **error);
