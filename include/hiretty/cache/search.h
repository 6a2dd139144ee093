/* Full-text search as one types: every word is a prefix, accents and case do not matter. Reader
 * thread; ends with HT_CACHE_ERROR_INTERRUPTED when the next key comes. */
#pragma once

#include "hiretty/cache/cache.h"

typedef enum {
    HT_SEARCH_PEOPLE = 1 << 0, /* name, titles, companies, place, skills, tags */
    HT_SEARCH_TEXTS = 1 << 1,  /* résumés, transcripts, notes */
} HtSearchScope;

typedef struct {
    int start, end; /* bytes of `snippet` */
} HtSearchRange;

typedef struct {
    HtKey candidate;
    HtKey document; /* résumé, session or note; 0 for people; one of its own, below 0, for a note
                       that the server does not have yet */
    const char *kind; /* "person", "resume", "screening", "voice", "note"; static */
    char *name;       /* the person's */
    char *snippet;    /* the place, one line */
    GArray *ranges;   /* HtSearchRange: what matched */
    bool is_pending;  /* a note as it is here, not sent yet */
} HtSearchHit;

void ht_search_hit_free(HtSearchHit *hit);

/* A little of the texts that are not in the index yet, one transaction of some 20 ms; *more: some
 * are left. Blocks. A workstation does that in its idle time by itself. */
bool ht_cache_index_some(HtCache *cache, bool *more, GError **error);
/* How many texts no search finds yet. */
int64_t ht_cache_search_left(HtReader *reader);

/* HtSearchHit*, best first, at most `limit`: people, notes that wait to be sent, texts. Words in
 * quotes are a phrase; nothing a user types is a syntax error. */
GPtrArray *ht_cache_search(HtReader *reader, const char *words, unsigned scopes, gsize limit,
                           GError **error);
/* Only the people's keys, best first. */
HtKeyArray *ht_cache_search_keys(HtReader *reader, const char *words, gsize limit, GError **error);
