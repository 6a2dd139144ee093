/* Jobs: reading. Functions take the reader of the calling thread; HT_CACHE_ERROR_… on failure. */
#pragma once

#include "hiretty/cache/cache.h"
#include "hiretty/domain/filter.h"
#include "hiretty/domain/job.h"

typedef enum {
    HT_JOB_SORT_ACTIVITY = 0, /* most undecided first, then who waits longest */
    HT_JOB_SORT_TITLE,
    HT_JOB_SORT_DEPARTMENT,
    HT_JOB_SORT_LOCATION,
    HT_JOB_SORT_STATUS,
    HT_JOB_SORT_TOTAL,
    HT_JOB_SORT_NEW,
    HT_JOB_SORT_WAITING,
} HtJobSort;

typedef struct {
    bool open_only;         /* active and on hold */
    const HtFilter *filter; /* words, loc, status, dept …; NULL = all */
    HtJobSort sort;
    bool descending;
} HtJobQuery;

/* Does it speak of what a job has? HT_ERROR_INVALID names the field that is none of jobs. Pure.
 */
bool ht_cache_job_filter_check(const HtFilter *filter, GError **error);
/* Reader thread (a few ms for 2,000 jobs). */
HtKeyArray *ht_cache_job_keys(HtReader *reader, const HtJobQuery *query, GError **error);
/* A page: `rows` receives n rows in the order of keys; a job that is gone has key 0.
 * ht_job_row_clear each. */
bool ht_cache_job_rows(HtReader *reader, const HtKey *keys, gsize n, HtJobRow *rows,
                       GError **error);
/* One job whole; NULL with HT_CACHE_ERROR_NOT_FOUND. */
HtJob *ht_cache_job(HtReader *reader, HtKey key, GError **error);
/* HtJobStage* by position, with shown counts. */
GPtrArray *ht_cache_job_stages(HtReader *reader, HtKey job, GError **error);
/* What a user typed on a command line: a uuid, its unique start (8 or more digits), or words of
 * exactly one open job's title. NOT_FOUND names near ones. */
HtKey ht_cache_job_find(HtReader *reader, const char *text, GError **error);
/* The same by words, of the jobs that a person applied to. */
HtKey ht_cache_job_find_of(HtReader *reader, const char *text, HtKey candidate, GError **error);
/* Resets "new since last visit". Async, low priority. */
void ht_cache_job_visit(HtCache *cache, HtKey job);

/* The tenant's reasons: code, label, who. */
typedef struct {
    HtKey key;
    HtUuid id;
    char *code, *label, *who;
    HtKey template_key;
    bool job_related, requires_note;
} HtReason;
void ht_reason_free(HtReason *reason);
/* The one that a tenant has for reopening what was closed: nobody is rejected for it. */
bool ht_reason_is_for_reopening(const HtReason *reason);
/* HtReason* active ones by label; who NULL = all ("we_rejected", "they_withdrew",
 * "position_closed"). */
GPtrArray *ht_cache_reasons(HtReader *reader, const char *who, GError **error);

/* Who is logged in, as the last sync said; nil and NULL before the first. */
typedef struct {
    HtUuid tenant, user, member;
    HtKey member_key, user_key;
    char *tenant_name, *tenant_slug, *role, *name;
} HtMe;
void ht_me_free(HtMe *me);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HtMe, ht_me_free)
HtMe *ht_cache_me(HtReader *reader, GError **error);
