/* Matches: the keys of a list in order, and the rows of a page. A list keeps the key array and
 * fetches rows by key; there is no OFFSET and no count. The outbox's intents are already in what
 * these functions give. */
#pragma once

#include "hiretty/cache/cache.h"
#include "hiretty/domain/filter.h"
#include "hiretty/domain/match.h"

typedef enum {
    HT_MATCH_SORT_SCORE = 0,
    HT_MATCH_SORT_NAME,
    HT_MATCH_SORT_TITLE,
    HT_MATCH_SORT_COMPANY,
    HT_MATCH_SORT_LOCATION,
    HT_MATCH_SORT_STAGE,
    HT_MATCH_SORT_APPLIED,
    HT_MATCH_SORT_AGE, /* in the present stage */
    HT_MATCH_SORT_SOURCE,
    HT_MATCH_SORTS
} HtMatchSort;

const char *ht_match_sort_name(HtMatchSort sort);             /* "score" … */
bool ht_match_sort_parse(const char *name, HtMatchSort *out); /* false: unknown */

typedef struct {
    HtKey job;              /* 0 = every job */
    HtKey candidate;        /* 0 = anybody */
    const HtFilter *filter; /* NULL = all */
    HtMatchSort sort;
    bool ascending; /* default: best, newest, longest first; texts the other way round */
    gsize limit;    /* 0 = all */
    int64_t now_us; /* what "3d" counts from; 0 = ht_clock_now_us() */
} HtMatchQuery;

/* Reader thread for a whole list (10 ms for 68,000); with `limit` of a page and sort by score,
 * without filter, also the UI's thread (1 ms). Ties by key, so that the order is total. */
HtKeyArray *ht_cache_match_keys(HtReader *reader, const HtMatchQuery *query, GError **error);
/* A page (UI thread, < 2 ms for 60 rows): n rows in the order of keys; a row that is gone has
 * HT_MATCH_GONE and only its key. ht_match_row_clear each. */
bool ht_cache_match_rows(HtReader *reader, const HtKey *keys, gsize n, HtMatchRow *rows,
                         GError **error);
/* One match; NULL with HT_CACHE_ERROR_NOT_FOUND. Free with ht_match_rows_free(row, 1). */
HtMatchRow *ht_cache_match(HtReader *reader, HtKey key, GError **error);
/* Does this one match pass the filter? (marks by filter, rules) */
bool ht_cache_match_passes(HtReader *reader, HtKey key, const HtFilter *filter, int64_t now_us);
/* The newest explanation; NULL without error when there is none or it has not arrived: while a load
 * goes on, none has before ht_reader_is_settled. */
HtExplanation *ht_cache_explanation(HtReader *reader, HtKey match, GError **error);
/* The newest application of a person whose stage is reviewed blind, intents included; 0 without
 * error when there is none. */
HtKey ht_cache_blind_match(HtReader *reader, HtKey candidate, GError **error);
/* "None" means "not yet": explanations are still being loaded. */
bool ht_cache_explanations_come(HtReader *reader);
/* What the filter asks for and nobody can have: a stage that no job has, a reason that there is
 * not; one line that names those there are. NULL: no doubt. Caller frees. */
char *ht_cache_filter_doubt(HtReader *reader, const HtFilter *filter);
/* What a field may be asked for, beside the words of its own, in folded order: tags, sources and
 * skills of the newest people, codes of reasons, departments. char *, none for other fields, or
 * where it cannot be read. Some ms for a large tenant. Caller unrefs. */
GPtrArray *ht_cache_filter_values(HtReader *reader, HtFilterField field);

/* A command line's word for a match: uuid or a unique start of one (8 digits), else (with job) a
 * candidate's, or the candidate's name, e-mail or, shown blind there, what stands for the name. */
HtKey ht_cache_match_find(HtReader *reader, HtKey job, const char *text, GError **error);
