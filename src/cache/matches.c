/* Lists are arrays of keys; rows are fetched by key. The plain ranked list of a job never looks at
 * the pending intents: they change neither score nor job. Everything else overlays them by a LEFT
 * JOIN on a small table. */
#include "hiretty/cache/matches.h"

#include "find.h"
#include "internal.h"

#include "hiretty/cache/jobs.h"
#include "match_filter.h"

#include "hiretty/base/clock.h"
#include "hiretty/base/json.h"
#include "hiretty/base/text.h"
#include "hiretty/domain/candidate.h"

#include <string.h>

typedef struct {
    const char *name;
    const char *best, *reversed; /* ORDER BY, without the key that ends it */
    bool people, stages;
    bool shown; /* pending intents matter */
} SortRule;

static const SortRule sorts[HT_MATCH_SORTS] = {
    [HT_MATCH_SORT_SCORE] = {"score", "m.score DESC", "m.score IS NULL, m.score", false, false,
                             false},
    [HT_MATCH_SORT_NAME] = {"name", "p.name", "p.name DESC", true, false, false},
    [HT_MATCH_SORT_TITLE] = {"title", "p.title IS NULL, p.title", "p.title DESC", true, false,
                             false},
    [HT_MATCH_SORT_COMPANY] = {"company", "p.company IS NULL, p.company", "p.company DESC", true,
                               false, false},
    [HT_MATCH_SORT_LOCATION] = {"location", "p.place IS NULL, p.place", "p.place DESC", true, false,
                                false},
    [HT_MATCH_SORT_STAGE] = {"stage", "st.position, m.score DESC", "st.position DESC, m.score DESC",
                             false, true, true},
    [HT_MATCH_SORT_APPLIED] = {"applied", "m.applied_at DESC", "m.applied_at", false, false, false},
    [HT_MATCH_SORT_AGE] = {"age", "coalesce(s.stage_since, m.stage_entered_at)",
                           "coalesce(s.stage_since, m.stage_entered_at) DESC", false, false, true},
    [HT_MATCH_SORT_SOURCE] = {"source", "m.source IS NULL, m.source", "m.source DESC", false, false,
                              false},
};

const char *ht_match_sort_name(HtMatchSort sort)
{
    return sort < HT_MATCH_SORTS ? sorts[sort].name : "";
}

bool ht_match_sort_parse(const char *name, HtMatchSort *out)
{
    for (int i = 0; name && i < HT_MATCH_SORTS; i++) {
        if (g_str_equal(sorts[i].name, name)) {
            *out = (HtMatchSort)i;
            return true;
        }
    }
    return false;
}

static void append_joins(GString *sql, const HtFilterSql *filter, const SortRule *sort,
                         bool filtered)
{
    if (filtered || sort->shown)
        g_string_append(sql, " LEFT JOIN shown_matches s ON s.k = m.k");
    if (filter->people || sort->people)
        g_string_append(sql, " LEFT JOIN people p ON p.k = m.candidate_k");
    if (filter->stages || sort->stages)
        g_string_append(sql, " LEFT JOIN job_stages st ON st.k = coalesce(s.stage_k, m.stage_k)");
    if (filter->jobs)
        g_string_append(sql, " LEFT JOIN jobs j ON j.k = m.job_k");
    if (filter->seen)
        g_string_append(sql, " LEFT JOIN seen ON seen.k = m.k");
}

/* 1: job, 2: candidate, 3: limit, 4 …: the filter's */
HtKeyArray *ht_cache_match_keys(HtReader *reader, const HtMatchQuery *query, GError **error)
{
    const SortRule *sort = &sorts[query->sort < HT_MATCH_SORTS ? query->sort : 0];
    bool filtered = query->filter && query->filter->terms->len > 0;
    g_auto(HtFilterSql) filter = {0};
    ht_filter_sql_init(&filter, 4);
    ht_filter_sql_add(&filter, query->filter, query->now_us ? query->now_us : ht_clock_now_us());
    g_autoptr(GString) sql = g_string_new("SELECT m.k FROM ranked_matches m");
    append_joins(sql, &filter, sort, filtered);
    g_string_append(sql, " WHERE 1");
    if (query->job) /* sql/cache/views/ranked_matches.sql */
        g_string_append(sql, " AND m.rank BETWEEN ?1 << 17 AND (?1 << 17) | 131071");
    if (query->candidate)
        g_string_append(sql, " AND m.candidate_k = ?2");
    g_string_append(sql, filter.where->str);
    bool is_ranked = query->job && sort == &sorts[HT_MATCH_SORT_SCORE] && !query->ascending;
    g_string_append_printf(sql, " ORDER BY %s, m.k",
                           is_ranked          ? "m.rank"
                           : query->ascending ? sort->reversed
                                              : sort->best);
    g_string_append(sql, " LIMIT ?3");
    g_auto(HtStmtUse) use = {ht_db_stmt_text(reader->db, sql->str, error)};
    if (!use.stmt)
        return NULL;
    if (query->job)
        ht_stmt_bind_int(use.stmt, 1, query->job);
    if (query->candidate)
        ht_stmt_bind_int(use.stmt, 2, query->candidate);
    ht_stmt_bind_int(use.stmt, 3, query->limit ? (int64_t)query->limit : -1);
    ht_filter_sql_bind(&filter, use.stmt);
    return ht_reader_keys(use.stmt, error);
}

/* --- Rows */

static unsigned read_flags(HtStmt *stmt, const HtMatchRow *row, int64_t now_us)
{
    unsigned flags = 0;
    if (ht_stmt_int(stmt, 22) > 0)
        flags |= HT_MATCH_PENDING;
    if (ht_stmt_int(stmt, 23) > 0)
        flags |= HT_MATCH_CONFLICT;
    if (ht_stmt_int(stmt, 24))
        flags |= HT_MATCH_UNREAD;
    if (ht_stmt_int(stmt, 25))
        flags |= HT_MATCH_DUPLICATE;
    if (row->held_until > now_us)
        flags |= HT_MATCH_HELD;
    if (ht_stmt_int(stmt, 26))
        flags |= HT_MATCH_FLAGGED;
    int64_t sla_us = ht_stmt_int(stmt, 27) * HT_US_PER_HOUR;
    if (sla_us > 0 && row->stage_since && !ht_stmt_int(stmt, 29) &&
        now_us - row->stage_since > sla_us)
        flags |= HT_MATCH_OVER_SLA;
    if (ht_stmt_int(stmt, 28))
        flags |= HT_MATCH_BLIND;
    return flags;
}

static void read_texts(HtStmt *stmt, HtMatchRow *row)
{
    row->stage_name = ht_stmt_dup_text(stmt, 6);
    row->name = ht_person_name(ht_stmt_text(stmt, 8), ht_stmt_text(stmt, 9));
    row->current_title = ht_stmt_dup_text(stmt, 10);
    row->current_company = ht_stmt_dup_text(stmt, 11);
    row->last_title = ht_stmt_dup_text(stmt, 12);
    row->last_company = ht_stmt_dup_text(stmt, 13);
    row->location = ht_stmt_dup_text(stmt, 14);
    row->source = ht_stmt_dup_text(stmt, 15);
    row->skills = ht_stmt_dup_text(stmt, 16);
    row->job_title = ht_stmt_dup_text(stmt, 17);
    row->tags = ht_stmt_dup_text(stmt, 32);
}

static void read_row(HtStmt *stmt, HtMatchRow *row, int64_t now_us)
{
    row->key = ht_stmt_int(stmt, 0);
    ht_stmt_uuid(stmt, 1, &row->id);
    row->candidate = ht_stmt_int(stmt, 2);
    row->job = ht_stmt_int(stmt, 3);
    row->stage = ht_stmt_int(stmt, 4);
    row->stage_type = ht_stage_type_parse(ht_stmt_text(stmt, 5));
    row->score = ht_stmt_is_null(stmt, 7) ? HT_SCORE_NONE : ht_stmt_int(stmt, 7);
    row->band = ht_score_band(row->score);
    read_texts(stmt, row);
    row->applied_at = ht_stmt_int(stmt, 18);
    row->stage_since = ht_stmt_int(stmt, 19);
    row->held_until = ht_stmt_int(stmt, 20);
    row->row_version = ht_stmt_int(stmt, 21);
    row->flags = read_flags(stmt, row, now_us);
    row->last_decision = ht_decision_parse(ht_stmt_text(stmt, 30));
    ht_stmt_uuid(stmt, 31, &row->last_decision_id);
}

/* What the server decided last, where nothing pending says otherwise. */
static bool read_last_decision(HtReader *reader, HtMatchRow *row, GError **error)
{
    if (row->last_decision != HT_DECISION_NONE)
        return true;
    g_auto(HtStmtUse)
        use = {ht_reader_query(reader, HT_QUERY("match_last_decision"), row->key, error)};
    if (!use.stmt)
        return false;
    HtStep step = ht_stmt_step(use.stmt, error);
    if (step == HT_STEP_ROW) {
        row->last_decision = ht_decision_parse(ht_stmt_text(use.stmt, 0));
        ht_stmt_uuid(use.stmt, 1, &row->last_decision_id);
    }
    return step != HT_STEP_ERROR;
}

static char *keys_json(const HtKey *keys, gsize n)
{
    GString *json = g_string_sized_new(n * 8 + 2);
    for (gsize i = 0; i < n; i++)
        g_string_append_printf(json, "%c%" G_GINT64_FORMAT, i ? ',' : '[', keys[i]);
    g_string_append(json, n ? "]" : "[]");
    return g_string_free(json, FALSE);
}

/* The rows that are here, each to its place; the others are gone. */
static bool read_rows(HtReader *reader, const HtKey *keys, gsize n, HtMatchRow *rows,
                      GError **error)
{
    int64_t now_us = ht_clock_now_us();
    g_autofree char *wanted = keys_json(keys, n);
    g_auto(HtStmtUse) use = {ht_db_stmt(reader->db, HT_QUERY("match_rows"), error)};
    if (!use.stmt)
        return false;
    ht_stmt_bind_text_borrowed(use.stmt, 1, wanted, strlen(wanted));
    for (gsize i = 0; i < n; i++) {
        rows[i].key = keys[i];
        rows[i].score = HT_SCORE_NONE;
        rows[i].flags = HT_MATCH_GONE;
    }
    HtStep step;
    while ((step = ht_stmt_step(use.stmt, error)) == HT_STEP_ROW) {
        HtMatchRow *row = &rows[ht_stmt_int(use.stmt, 34)];
        read_row(use.stmt, row, now_us);
        bool is_decided = ht_stmt_int(use.stmt, 33);
        if (is_decided && !read_last_decision(reader, row, error))
            return false;
    }
    return step == HT_STEP_DONE;
}

/* The page is one transaction: it shows one moment, and the file's lock and what the connection
 * remembers of it are asked for once, not twice a row. */
bool ht_cache_match_rows(HtReader *reader, const HtKey *keys, gsize n, HtMatchRow *rows,
                         GError **error)
{
    memset(rows, 0, n * sizeof *rows);
    bool is_within = n < 2 || ht_db_in_transaction(ht_reader_db(reader));
    if (!is_within && !ht_reader_begin(reader, error))
        return false;
    bool ok = read_rows(reader, keys, n, rows, error);
    if (!is_within)
        ht_reader_end(reader);
    return ok;
}

HtMatchRow *ht_cache_match(HtReader *reader, HtKey key, GError **error)
{
    HtMatchRow *row = g_new0(HtMatchRow, 1);
    if (ht_cache_match_rows(reader, &key, 1, row, error)) {
        if (!(row->flags & HT_MATCH_GONE))
            return row;
        ht_cache_not_found(error, "this application is not here any more");
    }
    ht_match_rows_free(row, 1);
    return NULL;
}

bool ht_cache_match_passes(HtReader *reader, HtKey key, const HtFilter *filter, int64_t now_us)
{
    static const SortRule none = {0};
    g_auto(HtFilterSql) compiled = {0};
    ht_filter_sql_init(&compiled, 2);
    ht_filter_sql_add(&compiled, filter, now_us ? now_us : ht_clock_now_us());
    g_autoptr(GString) sql = g_string_new("SELECT 1 FROM candidate_job_matches m");
    append_joins(sql, &compiled, &none, true);
    g_string_append_printf(sql, " WHERE m.k = ?1%s", compiled.where->str);
    g_auto(HtStmtUse) use = {ht_db_stmt_text(reader->db, sql->str, NULL)};
    if (!use.stmt)
        return false;
    ht_stmt_bind_int(use.stmt, 1, key);
    ht_filter_sql_bind(&compiled, use.stmt);
    return ht_stmt_step(use.stmt, NULL) == HT_STEP_ROW;
}

bool ht_cache_explanations_come(HtReader *reader)
{
    if (!ht_reader_is_settled(reader))
        return true;
    g_autofree char *note = ht_reader_meta(reader, HT_META_WIDE);
    g_autoptr(HtJson) left = note && *note ? ht_json_parse(note, -1, NULL) : NULL;
    return ht_json_get(left, "match_explanations") != NULL;
}

HtExplanation *ht_cache_explanation(HtReader *reader, HtKey match, GError **error)
{
    if (!ht_reader_is_settled(reader))
        return NULL;
    g_auto(HtStmtUse) use = {ht_reader_query(reader, HT_QUERY("match_explanation"), match, error)};
    if (!use.stmt || ht_stmt_step(use.stmt, error) != HT_STEP_ROW)
        return NULL;
    HtExplanation *explanation = g_new0(HtExplanation, 1);
    explanation->key = ht_stmt_int(use.stmt, 0);
    explanation->text = ht_stmt_dup_text(use.stmt, 1);
    ht_explanation_read_factors(explanation, ht_stmt_text(use.stmt, 2));
    explanation->model_version = ht_stmt_dup_text(use.stmt, 3);
    explanation->prompt_version = ht_stmt_dup_text(use.stmt, 4);
    explanation->created_at = ht_stmt_int(use.stmt, 5);
    explanation->is_stale = ht_stmt_int(use.stmt, 6) != 0;
    return explanation;
}

/* Where nobody is, nobody has to be found among everybody's applications. */
static bool may_be_blind(HtReader *reader, GError **error)
{
    if (ht_reader_is_settled(reader))
        return true;
    g_auto(HtStmtUse) use = {ht_db_stmt(reader->db, HT_QUERY("blind_stages"), error)};
    return use.stmt && ht_stmt_step(use.stmt, error) == HT_STEP_ROW;
}

HtKey ht_cache_blind_match(HtReader *reader, HtKey candidate, GError **error)
{
    if (!may_be_blind(reader, error))
        return 0;
    g_auto(HtStmtUse) use = {ht_reader_query(reader, HT_QUERY("blind_match"), candidate, error)};
    if (!use.stmt || ht_stmt_step(use.stmt, error) != HT_STEP_ROW)
        return 0;
    return ht_stmt_int(use.stmt, 0);
}

/* The application to the job of a person that an id means; 0: none, -1: an error. */
static HtKey match_of_person_id(HtReader *reader, HtKey job, const char *text, GError **error)
{
    HtKey person = ht_find_by_uuid(reader, HT_QUERY("candidates_by_uuid"), text, error);
    if (person <= 0)
        return person;
    HtMatchQuery query = {.candidate = person, .job = job};
    g_autoptr(HtKeyArray) keys = ht_cache_match_keys(reader, &query, error);
    return !keys ? -1 : keys->n > 0 ? keys->keys[0] : 0;
}

HtKey ht_cache_match_find(HtReader *reader, HtKey job, const char *text, GError **error)
{
    HtKey k = ht_find_by_uuid(reader, HT_QUERY("matches_by_uuid"), text, error);
    if (k == 0 && job)
        k = match_of_person_id(reader, job, text, error);
    if (k == 0 && job)
        k = ht_find_by_blind_name(reader, HT_QUERY("matches_by_blind_name"), job, text, error);
    if (k)
        return k > 0 ? k : 0;
    bool is_short = ht_find_is_short_id(text);
    if (!job) {
        ht_cache_not_found(error,
                           is_short ? HT_FIND_SHORT_ID : "no such application; name its job too");
        return 0;
    }
    g_autofree char *folded = ht_text_fold(text);
    g_auto(HtStmtUse) use = {ht_reader_query(reader, HT_QUERY("matches_by_person"), job, error)};
    if (!use.stmt)
        return 0;
    ht_stmt_bind_text(use.stmt, 2, folded);
    const char *none = ht_find_no_blind_name(text);
    if (!none)
        none =
            is_short ? HT_FIND_SHORT_ID : "nobody of that name, e-mail or id applied to this job";
    return ht_find_one(use.stmt, none,
                       "several people of that name applied to this job, use the e-mail", error);
}

/* --- A filter's doubtful values */

static bool is_known(HtReader *reader, const char *resource, const char *text)
{
    g_autofree char *folded = ht_text_fold(text);
    g_auto(HtStmtUse) use = {ht_db_stmt(reader->db, resource, NULL)};
    if (!use.stmt)
        return true;
    ht_stmt_bind_text(use.stmt, 1, folded);
    return ht_stmt_step(use.stmt, NULL) != HT_STEP_DONE;
}

/* The kinds of stages, or the codes of the reasons; after them what else may be asked. */
static char *known_values(HtReader *reader, HtFilterField field)
{
    gsize n;
    const char *kinds = ht_filter_fields(&n)[field].values;
    if (field == HT_FIELD_STAGE)
        return g_strdup_printf("%s, or a stage's name", kinds);
    GString *all = g_string_new(NULL);
    g_autoptr(GPtrArray) reasons = ht_cache_reasons(reader, NULL, NULL);
    for (guint i = 0; reasons && i < reasons->len; i++)
        g_string_append_printf(all, "%s ", ((const HtReason *)reasons->pdata[i])->code);
    g_string_append(all, kinds);
    return g_string_free(all, FALSE);
}

/* "none", "any", the kind of a stage: known without looking. */
static bool is_own_word(HtFilterField field, const char *text)
{
    gsize n;
    g_autofree char *folded = ht_text_fold(text);
    g_auto(GStrv) words = g_strsplit(ht_filter_fields(&n)[field].values, " ", -1);
    return g_strv_contains((const char *const *)words, folded);
}

char *ht_cache_filter_doubt(HtReader *reader, const HtFilter *filter)
{
    for (guint t = 0; filter && t < filter->terms->len; t++) {
        const HtFilterTerm *term = filter->terms->pdata[t];
        bool is_stage = term->field == HT_FIELD_STAGE;
        if (!is_stage && term->field != HT_FIELD_REJECT)
            continue;
        const char *resource = is_stage ? HT_QUERY("known_stage") : HT_QUERY("known_reason");
        for (guint v = 0; v < term->values->len; v++) {
            const HtFilterValue *value = term->values->pdata[v];
            if (is_own_word(term->field, value->text) || is_known(reader, resource, value->text))
                continue;
            g_autofree char *clean = ht_text_sanitize(value->text, -1, HT_TEXT_LINE, NULL);
            g_autofree char *known = known_values(reader, term->field);
            g_autofree char *safe = ht_text_sanitize(known, -1, HT_TEXT_LINE, NULL);
            return g_strdup_printf("there is no %s '%s'; known: %s", is_stage ? "stage" : "reason",
                                   clean, safe);
        }
    }
    return NULL;
}
