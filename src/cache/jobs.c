/* Lists of jobs: a tenant has at most some thousand, so a list reads them all once and sorts here;
 * counts are kept by triggers, who waits longest is one look at an index for each open stage. */
#include "hiretty/cache/jobs.h"

#include "find.h"
#include "internal.h"
#include "schema.h"

#include "hiretty/base/clock.h"
#include "hiretty/base/error.h"
#include "hiretty/base/json.h"
#include "hiretty/base/text.h"
#include "hiretty/cache/candidates.h"
#include "hiretty/cache/matches.h"
#include "hiretty/domain/candidate.h"

#include <string.h>

/* --- Counts */

static int64_t min_time(int64_t a, int64_t b)
{
    return !a ? b : !b ? a : MIN(a, b);
}

static int64_t one_int(HtReader *reader, const char *resource, HtKey key)
{
    g_auto(HtStmtUse) use = {ht_reader_query(reader, resource, key, NULL)};
    if (!use.stmt || ht_stmt_step(use.stmt, NULL) != HT_STEP_ROW)
        return 0;
    return ht_stmt_int(use.stmt, 0);
}

/* 0: nobody waits, or it is not known yet. */
static int64_t stage_oldest(HtReader *reader, HtKey stage)
{
    if (!reader->has_ages)
        reader->has_ages = ht_schema_has_index(reader->db, HT_STAGE_INDEX);
    if (!reader->has_ages)
        return 0;
    return min_time(one_int(reader, HT_QUERY("stage_oldest"), stage),
                    one_int(reader, HT_QUERY("stage_oldest_shown"), stage));
}

static bool read_counts(HtReader *reader, HtJobRow *row, bool visited, GError **error)
{
    int64_t now_us = ht_clock_now_us();
    g_auto(HtStmtUse) use = {ht_reader_query(reader, HT_QUERY("job_counts"), row->key, error)};
    if (!use.stmt)
        return false;
    HtStep step;
    while ((step = ht_stmt_step(use.stmt, error)) == HT_STEP_ROW) {
        HtStageType type = ht_stage_type_parse(ht_stmt_text(use.stmt, 1));
        int64_t n = ht_stmt_int(use.stmt, 2);
        row->counts[type] += n;
        row->n_total += n;
        if (ht_stage_type_is_terminal(type))
            continue;
        row->n_unseen += n - ht_stmt_int(use.stmt, 3);
        int64_t since = stage_oldest(reader, ht_stmt_int(use.stmt, 0));
        int64_t sla_us = ht_stmt_int(use.stmt, 4) * HT_US_PER_HOUR;
        if (since && sla_us && now_us - since > sla_us)
            row->over_sla = true;
        row->oldest_waiting = min_time(row->oldest_waiting, since);
    }
    /* Before the first visit everybody who still stands at the door is new. */
    if (!visited)
        row->n_new = row->counts[HT_STAGE_APPLIED];
    return step == HT_STEP_DONE;
}

static bool read_job_row(HtReader *reader, HtKey key, HtJobRow *row, GError **error)
{
    memset(row, 0, sizeof *row);
    g_auto(HtStmtUse) use = {ht_reader_query(reader, HT_QUERY("job_row"), key, error)};
    if (!use.stmt)
        return false;
    HtStep step = ht_stmt_step(use.stmt, error);
    if (step != HT_STEP_ROW)
        return step == HT_STEP_DONE;
    row->key = key;
    ht_stmt_uuid(use.stmt, 1, &row->id);
    row->title = ht_stmt_dup_text(use.stmt, 2);
    row->department = ht_stmt_dup_text(use.stmt, 3);
    row->location = ht_stmt_dup_text(use.stmt, 4);
    row->employment_type = ht_stmt_dup_text(use.stmt, 5);
    row->status = ht_stmt_dup_text(use.stmt, 6);
    row->confidential = ht_stmt_int(use.stmt, 7) != 0;
    row->headcount = ht_stmt_int(use.stmt, 8);
    row->published_at = ht_stmt_int(use.stmt, 9);
    row->closed_at = ht_stmt_int(use.stmt, 10);
    row->n_new = ht_stmt_int(use.stmt, 11);
    return read_counts(reader, row, !ht_stmt_is_null(use.stmt, 11), error);
}

bool ht_cache_job_rows(HtReader *reader, const HtKey *keys, gsize n, HtJobRow *rows, GError **error)
{
    memset(rows, 0, n * sizeof *rows);
    for (gsize i = 0; i < n; i++) {
        if (!read_job_row(reader, keys[i], &rows[i], error))
            return false;
    }
    return true;
}

/* --- Keys of a list */

typedef struct {
    HtKey key;
    char *title, *department, *location, *status; /* folded */
    bool is_open;
    int64_t n_new, n_applied, n_total, oldest;
    bool has_words;
} Entry;

static void entry_clear(gpointer data)
{
    Entry *entry = data;
    g_free(entry->title);
    g_free(entry->department);
    g_free(entry->location);
    g_free(entry->status);
}

static const char *entry_text(const Entry *entry, HtFilterField field)
{
    switch ((int)field) {
    case HT_FIELD_LOCATION:
        return entry->location;
    case HT_FIELD_DEPARTMENT:
        return entry->department;
    case HT_FIELD_STATUS:
        return entry->status;
    default:
        return entry->title;
    }
}

static bool value_passes(const Entry *entry, const HtFilterTerm *term, const HtFilterValue *value)
{
    g_autofree char *wanted = ht_text_fold(value->text);
    if (term->field == HT_FIELD_IS) {
        bool is = (g_str_equal(wanted, "open") && entry->is_open) ||
                  (g_str_equal(wanted, "closed") && !entry->is_open) ||
                  (g_str_equal(wanted, "new") && entry->n_new > 0);
        return is != (term->compare == HT_COMPARE_NE);
    }
    const char *text = entry_text(entry, term->field);
    if (term->compare == HT_COMPARE_HAS)
        return text && strstr(text, wanted);
    return (g_strcmp0(text, wanted) == 0) == (term->compare != HT_COMPARE_NE);
}

static bool entry_passes(const Entry *entry, const HtFilter *filter)
{
    for (guint t = 0; filter && t < filter->terms->len; t++) {
        const HtFilterTerm *term = filter->terms->pdata[t];
        bool passes = false;
        for (guint v = 0; v < term->values->len && !passes; v++)
            passes = value_passes(entry, term, term->values->pdata[v]);
        if (passes == term->is_negated)
            return false;
    }
    return true;
}

static int compare_int(int64_t a, int64_t b)
{
    return (a > b) - (a < b);
}

/* 0 = nobody waits: last */
static int compare_waiting(int64_t a, int64_t b)
{
    return a && b ? compare_int(a, b) : (a == 0) - (b == 0);
}

static int compare_entries(const Entry *a, const Entry *b, HtJobSort sort)
{
    int order = 0;
    switch (sort) {
    case HT_JOB_SORT_ACTIVITY: /* what is to be done: looking at a job does not do it */
        order = compare_int(b->n_applied, a->n_applied);
        if (order == 0)
            order = compare_waiting(a->oldest, b->oldest);
        break;
    case HT_JOB_SORT_TITLE:
        break;
    case HT_JOB_SORT_DEPARTMENT:
        order = g_strcmp0(a->department, b->department);
        break;
    case HT_JOB_SORT_LOCATION:
        order = g_strcmp0(a->location, b->location);
        break;
    case HT_JOB_SORT_STATUS:
        order = g_strcmp0(a->status, b->status);
        break;
    case HT_JOB_SORT_TOTAL:
        order = compare_int(b->n_total, a->n_total);
        break;
    case HT_JOB_SORT_NEW:
        order = compare_int(b->n_new, a->n_new);
        break;
    case HT_JOB_SORT_WAITING:
        order = compare_waiting(a->oldest, b->oldest);
        break;
    }
    if (order == 0)
        order = g_strcmp0(a->title, b->title);
    return order ? order : compare_int(a->key, b->key);
}

static gint compare_by_query(gconstpointer a, gconstpointer b, gpointer data)
{
    const HtJobQuery *query = data;
    int order = compare_entries(a, b, query->sort);
    return query->descending ? -order : order;
}

static bool read_activity(HtReader *reader, Entry *entry, bool visited, GError **error)
{
    HtJobRow row = {.key = entry->key, .n_new = entry->n_new};
    bool ok = read_counts(reader, &row, visited, error);
    entry->n_new = row.n_new;
    entry->n_applied = row.counts[HT_STAGE_APPLIED];
    entry->n_total = row.n_total;
    entry->oldest = row.oldest_waiting;
    return ok;
}

static bool needs_activity(const HtJobQuery *query)
{
    return query->filter || query->sort == HT_JOB_SORT_ACTIVITY ||
           query->sort == HT_JOB_SORT_TOTAL || query->sort == HT_JOB_SORT_NEW ||
           query->sort == HT_JOB_SORT_WAITING;
}

static bool read_entries(HtReader *reader, const HtJobQuery *query, GArray *entries, GError **error)
{
    g_auto(HtStmtUse) use = {ht_db_stmt(reader->db, HT_QUERY("jobs_all"), error)};
    if (!use.stmt)
        return false;
    HtStep step;
    while ((step = ht_stmt_step(use.stmt, error)) == HT_STEP_ROW) {
        bool is_open = ht_stmt_int(use.stmt, 5) != 0;
        if (query->open_only && !is_open)
            continue;
        Entry entry = {.key = ht_stmt_int(use.stmt, 0),
                       .title = ht_stmt_dup_text(use.stmt, 1),
                       .department = ht_stmt_dup_text(use.stmt, 2),
                       .location = ht_stmt_dup_text(use.stmt, 3),
                       .status = ht_stmt_dup_text(use.stmt, 4),
                       .is_open = is_open,
                       .n_new = ht_stmt_int(use.stmt, 6)};
        bool ok = !needs_activity(query) ||
                  read_activity(reader, &entry, ht_stmt_int(use.stmt, 7) != 0, error);
        if (ok && entry_passes(&entry, query->filter))
            g_array_append_val(entries, entry);
        else
            entry_clear(&entry);
        if (!ok)
            return false;
    }
    return step == HT_STEP_DONE;
}

bool ht_cache_job_filter_check(const HtFilter *filter, GError **error)
{
    static const char *const states[] = {"open", "closed", "new", NULL};
    gsize n;
    const HtFilterFieldInfo *fields = ht_filter_fields(&n);
    for (guint i = 0; filter && i < filter->terms->len; i++) {
        const HtFilterTerm *term = filter->terms->pdata[i];
        if (!fields[term->field].of_jobs) {
            g_set_error(error, HT_ERROR, HT_ERROR_INVALID,
                        "a job has no %s: title, loc, dept, status and is can be asked of jobs",
                        fields[term->field].name);
            return false;
        }
        for (guint v = 0; term->field == HT_FIELD_IS && v < term->values->len; v++) {
            const HtFilterValue *value = term->values->pdata[v];
            if (!g_strv_contains(states, value->text)) {
                g_set_error(error, HT_ERROR, HT_ERROR_INVALID,
                            "a job is open, closed or new, never %s", value->text);
                return false;
            }
        }
    }
    return true;
}

HtKeyArray *ht_cache_job_keys(HtReader *reader, const HtJobQuery *query, GError **error)
{
    g_autoptr(GArray) entries = g_array_new(FALSE, FALSE, sizeof(Entry));
    g_array_set_clear_func(entries, entry_clear);
    if (!read_entries(reader, query, entries, error))
        return NULL;
    HtJobQuery copy = *query;
    g_array_sort_with_data(entries, compare_by_query, &copy);
    HtKeyArray *keys = ht_key_array_new(entries->len);
    for (guint i = 0; i < entries->len; i++)
        keys->keys[i] = g_array_index(entries, Entry, i).key;
    return keys;
}

/* --- One job */

GPtrArray *ht_cache_job_stages(HtReader *reader, HtKey job, GError **error)
{
    g_auto(HtStmtUse) use = {ht_reader_query(reader, HT_QUERY("job_stages"), job, error)};
    if (!use.stmt)
        return NULL;
    g_autoptr(GPtrArray) stages =
        g_ptr_array_new_with_free_func((GDestroyNotify)(void *)ht_job_stage_free);
    HtStep step;
    while ((step = ht_stmt_step(use.stmt, error)) == HT_STEP_ROW) {
        HtJobStage *stage = g_new0(HtJobStage, 1);
        stage->key = ht_stmt_int(use.stmt, 0);
        ht_stmt_uuid(use.stmt, 1, &stage->id);
        stage->job = ht_stmt_int(use.stmt, 2);
        stage->name = ht_stmt_dup_text(use.stmt, 3);
        stage->position = ht_stmt_int(use.stmt, 4);
        stage->type = ht_stage_type_parse(ht_stmt_text(use.stmt, 5));
        stage->sla_hours = ht_stmt_int(use.stmt, 6);
        stage->is_blind = ht_stmt_int(use.stmt, 7) != 0;
        stage->is_terminal = ht_stmt_int(use.stmt, 8) != 0;
        stage->n = ht_stmt_int(use.stmt, 9);
        g_ptr_array_add(stages, stage);
    }
    return step == HT_STEP_DONE ? g_steal_pointer(&stages) : NULL;
}

static GPtrArray *read_requirements(HtReader *reader, HtKey job, GError **error)
{
    g_auto(HtStmtUse) use = {ht_reader_query(reader, HT_QUERY("job_requirements"), job, error)};
    if (!use.stmt)
        return NULL;
    g_autoptr(GPtrArray) list =
        g_ptr_array_new_with_free_func((GDestroyNotify)(void *)ht_job_requirement_free);
    HtStep step;
    while ((step = ht_stmt_step(use.stmt, error)) == HT_STEP_ROW) {
        HtJobRequirement *item = g_new0(HtJobRequirement, 1);
        item->key = ht_stmt_int(use.stmt, 0);
        item->kind = ht_stmt_dup_text(use.stmt, 1);
        item->label = ht_stmt_dup_text(use.stmt, 2);
        item->evaluator = ht_stmt_dup_text(use.stmt, 3);
        item->weight = ht_stmt_real(use.stmt, 4);
        item->position = ht_stmt_int(use.stmt, 5);
        item->is_active = ht_stmt_int(use.stmt, 6) != 0;
        g_ptr_array_add(list, item);
    }
    return step == HT_STEP_DONE ? g_steal_pointer(&list) : NULL;
}

static GPtrArray *read_skills(HtReader *reader, HtKey job, GError **error)
{
    g_auto(HtStmtUse) use = {ht_reader_query(reader, HT_QUERY("job_skills"), job, error)};
    if (!use.stmt)
        return NULL;
    g_autoptr(GPtrArray) list =
        g_ptr_array_new_with_free_func((GDestroyNotify)(void *)ht_job_skill_free);
    HtStep step;
    while ((step = ht_stmt_step(use.stmt, error)) == HT_STEP_ROW) {
        HtJobSkill *item = g_new0(HtJobSkill, 1);
        item->key = ht_stmt_int(use.stmt, 0);
        item->skill = ht_stmt_dup_text(use.stmt, 1);
        item->category = ht_stmt_dup_text(use.stmt, 2);
        item->required = ht_stmt_int(use.stmt, 3) != 0;
        item->weight = ht_stmt_real(use.stmt, 4);
        g_ptr_array_add(list, item);
    }
    return step == HT_STEP_DONE ? g_steal_pointer(&list) : NULL;
}

static int64_t int_or_none(HtStmt *stmt, int column)
{
    return ht_stmt_is_null(stmt, column) ? -1 : ht_stmt_int(stmt, column);
}

static bool read_whole(HtReader *reader, HtJob *job, GError **error)
{
    g_auto(HtStmtUse) use = {ht_reader_query(reader, HT_QUERY("job_whole"), job->row.key, error)};
    if (!use.stmt || ht_stmt_step(use.stmt, error) != HT_STEP_ROW)
        return false;
    job->description = ht_stmt_dup_text(use.stmt, 0);
    job->experience_min = int_or_none(use.stmt, 1);
    job->experience_max = int_or_none(use.stmt, 2);
    job->salary_min_centi = int_or_none(use.stmt, 3);
    job->salary_max_centi = int_or_none(use.stmt, 4);
    job->salary_currency = ht_stmt_dup_text(use.stmt, 5);
    return true;
}

HtJob *ht_cache_job(HtReader *reader, HtKey key, GError **error)
{
    g_autoptr(HtJob) job = g_new0(HtJob, 1);
    if (!read_job_row(reader, key, &job->row, error))
        return NULL;
    if (!job->row.key) {
        ht_cache_not_found(error, "this job is not here any more");
        return NULL;
    }
    if (!read_whole(reader, job, error))
        return NULL;
    job->stages = ht_cache_job_stages(reader, key, error);
    if (job->stages)
        job->requirements = read_requirements(reader, key, error);
    if (job->requirements)
        job->skills = read_skills(reader, key, error);
    return job->skills ? g_steal_pointer(&job) : NULL;
}

/* --- What was typed */

static bool has_all_words(const char *title, char **words)
{
    for (char **word = words; *word; word++) {
        if (**word && !strstr(title, *word))
            return false;
    }
    return true;
}

typedef struct {
    HtKey exact, open, any;
    int n_exact, n_open, n_any;
    GString *near;
    const HtKeyArray *among; /* NULL: all jobs */
} TitleHits;

static void note_title(TitleHits *hits, HtStmt *stmt, const char *wanted, char **words)
{
    const char *title = ht_stmt_text(stmt, 2);
    HtKey k = ht_stmt_int(stmt, 0);
    if (!title || !has_all_words(title, words) ||
        (hits->among && ht_key_array_find(hits->among, k) < 0))
        return;
    bool is_open = ht_stmt_int(stmt, 3) != 0;
    hits->any = k;
    hits->n_any++;
    if (is_open) {
        hits->open = k;
        hits->n_open++;
    }
    if (g_str_equal(title, wanted) && is_open) {
        hits->exact = k;
        hits->n_exact++;
    }
    if (hits->n_any <= 5)
        g_string_append_printf(hits->near, "%s%s", hits->n_any > 1 ? ", " : "",
                               ht_stmt_text(stmt, 1));
}

static HtKey find_titled(HtReader *reader, const char *text, const HtKeyArray *among,
                         GError **error)
{
    g_autofree char *folded = ht_text_fold(text ? text : "");
    g_strstrip(folded);
    g_auto(GStrv) words = g_strsplit_set(folded, " \t", -1);
    g_auto(HtStmtUse) use = {ht_db_stmt(reader->db, HT_QUERY("jobs_titles"), error)};
    if (!use.stmt)
        return 0;
    g_autoptr(GString) near = g_string_new(NULL);
    TitleHits hits = {.near = near, .among = among};
    HtStep step = HT_STEP_DONE;
    while (*folded && (step = ht_stmt_step(use.stmt, error)) == HT_STEP_ROW)
        note_title(&hits, use.stmt, folded, words);
    if (step == HT_STEP_ERROR)
        return 0;
    if (hits.n_exact == 1)
        return hits.exact;
    if (hits.n_open == 1)
        return hits.open;
    if (hits.n_open == 0 && hits.n_any == 1)
        return hits.any;
    g_autofree char *clean = ht_text_sanitize(near->str, -1, HT_TEXT_LINE, NULL);
    if (hits.n_any == 0)
        ht_cache_not_found(error,
                           among ? "this person applied to no job with these words in its title"
                                 : "no job has these words in its title");
    else
        g_set_error(error, HT_CACHE_ERROR, HT_CACHE_ERROR_NOT_FOUND,
                    "several jobs have these words in their titles: %s%s", clean,
                    hits.n_any > 5 ? " …" : "");
    return 0;
}

HtKey ht_cache_job_find(HtReader *reader, const char *text, GError **error)
{
    HtKey k = ht_find_by_uuid(reader, HT_QUERY("jobs_by_uuid"), text, error);
    if (k)
        return k > 0 ? k : 0;
    return find_titled(reader, text, NULL, error);
}

HtKey ht_cache_job_find_of(HtReader *reader, const char *text, HtKey candidate, GError **error)
{
    g_autoptr(HtKeyArray) matches = ht_cache_candidate_matches(reader, candidate, error);
    if (!matches)
        return 0;
    g_autoptr(HtKeyArray) jobs = ht_key_array_new(matches->n);
    for (gsize i = 0; i < matches->n; i++) {
        HtMatchRow *row = ht_cache_match(reader, matches->keys[i], NULL);
        jobs->keys[i] = row ? row->job : 0; /* 0: no job has that key */
        ht_match_rows_free(row, 1);
    }
    return find_titled(reader, text, jobs, error);
}

/* --- Reasons, and who I am */

void ht_reason_free(HtReason *reason)
{
    if (!reason)
        return;
    g_free(reason->code);
    g_free(reason->label);
    g_free(reason->who);
    g_free(reason);
}

bool ht_reason_is_for_reopening(const HtReason *reason)
{
    return g_strcmp0(reason->code, "reopened") == 0; /* what a tenant has from the start */
}

GPtrArray *ht_cache_reasons(HtReader *reader, const char *who, GError **error)
{
    g_auto(HtStmtUse) use = {ht_db_stmt(reader->db, HT_QUERY("reasons"), error)};
    if (!use.stmt)
        return NULL;
    ht_stmt_bind_text(use.stmt, 1, who);
    g_autoptr(GPtrArray) reasons =
        g_ptr_array_new_with_free_func((GDestroyNotify)(void *)ht_reason_free);
    HtStep step;
    while ((step = ht_stmt_step(use.stmt, error)) == HT_STEP_ROW) {
        HtReason *reason = g_new0(HtReason, 1);
        reason->key = ht_stmt_int(use.stmt, 0);
        ht_stmt_uuid(use.stmt, 1, &reason->id);
        reason->code = ht_stmt_dup_text(use.stmt, 2);
        reason->label = ht_stmt_dup_text(use.stmt, 3);
        reason->who = ht_stmt_dup_text(use.stmt, 4);
        reason->template_key = ht_stmt_int(use.stmt, 5);
        reason->job_related = ht_stmt_int(use.stmt, 6) != 0;
        reason->requires_note = ht_stmt_int(use.stmt, 7) != 0;
        g_ptr_array_add(reasons, reason);
    }
    return step == HT_STEP_DONE ? g_steal_pointer(&reasons) : NULL;
}

void ht_me_free(HtMe *me)
{
    if (!me)
        return;
    g_free(me->tenant_name);
    g_free(me->tenant_slug);
    g_free(me->role);
    g_free(me->name);
    g_free(me);
}

HtMe *ht_cache_me(HtReader *reader, GError **error)
{
    (void)error;
    HtMe *me = g_new0(HtMe, 1);
    g_autofree char *text = ht_reader_meta(reader, "me");
    g_autoptr(HtJson) json = text ? ht_json_parse(text, -1, NULL) : NULL;
    const HtJson *tenant = ht_json_get(json, "tenant"), *user = ht_json_get(json, "user");
    ht_uuid_parse(ht_json_get_string(tenant, "id", NULL), &me->tenant);
    ht_uuid_parse(ht_json_get_string(user, "id", NULL), &me->user);
    ht_uuid_parse(ht_json_get_string(ht_json_get(json, "member"), "id", NULL), &me->member);
    me->tenant_name = g_strdup(ht_json_get_string(tenant, "name", NULL));
    me->tenant_slug = g_strdup(ht_json_get_string(tenant, "slug", NULL));
    me->name = g_strdup(ht_json_get_string(user, "name", NULL));
    me->role = g_strdup(ht_json_get_string(json, "role", NULL));
    me->member_key = ht_uuid_is_nil(&me->member) ? 0 : ht_reader_key(reader, &me->member);
    me->user_key = ht_uuid_is_nil(&me->user) ? 0 : ht_reader_key(reader, &me->user);
    return me;
}
