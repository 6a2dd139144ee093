/* Verbs that print data: jobs, matches, candidate, transcript, interviews, feedback, search. */
#include "cli_impl.h"

#include "hiretty/cache/error.h"
#include "hiretty/cache/feedback.h"
#include "hiretty/cache/interviews.h"
#include "hiretty/cache/search.h"
#include "hiretty/cache/transcripts.h"

#include <string.h>
#include <unistd.h>

enum {
    INDEX_MS = 10000,
    TELL_EVERY_MS = 500,
    MOST_JOBS = 5,
    ROWS_AT_ONCE = 500,
    DEFAULT_HITS = 50,
    DEFAULT_FEEDBACK = 100
};

static char *number(int64_t value)
{
    return g_strdup_printf("%" G_GINT64_FORMAT, value);
}

static int doc_width(void)
{
    int columns = ht_cli_columns();
    return columns > 0 ? CLAMP(columns - 1, 20, 120) : 100;
}

/* ---- jobs
 * ------------------------------------------------------------------------------------------------
 */
static HtJson *job_json(const HtJobRow *row)
{
    HtJson *json = ht_json_new_object();
    HtJson *counts = ht_json_new_object();
    ht_cli_json_id(json, "id", &row->id);
    ht_json_set_string(json, "title", row->title);
    ht_json_set_string(json, "department", row->department);
    ht_json_set_string(json, "location", row->location);
    ht_json_set_string(json, "status", row->status);
    ht_json_set_bool(json, "confidential", row->confidential);
    for (int type = HT_STAGE_NONE + 1; type < HT_STAGE_TYPES; type++)
        ht_json_set_int(counts, ht_stage_type_name((HtStageType)type), row->counts[type]);
    ht_json_set(json, "counts", counts);
    ht_json_set_int(json, "total", row->n_total);
    ht_json_set_int(json, "new", row->n_new);
    ht_json_set_int(json, "unseen", row->n_unseen);
    ht_cli_json_time(json, "oldest_waiting", row->oldest_waiting);
    ht_json_set_bool(json, "over_sla", row->over_sla);
    return json;
}

static void job_cells(HtCliTable *table, const HtJobRow *row)
{
    char age[16] = "";
    if (row->oldest_waiting)
        ht_clock_format_age(ht_clock_now_us() - row->oldest_waiting, age);
    ht_cli_table_add(table, g_strdup(row->title));
    ht_cli_table_add(table, g_strdup(row->department));
    ht_cli_table_add(table, g_strdup(row->location));
    ht_cli_table_add(table, g_strdup(row->status));
    ht_cli_table_add(table, number(row->n_total));
    for (int type = HT_STAGE_APPLIED; type <= HT_STAGE_OFFER; type++)
        ht_cli_table_add(table, number(row->counts[type]));
    ht_cli_table_add(table, number(row->n_new));
    ht_cli_table_add(table, g_strconcat(age, row->over_sla ? "!" : "", NULL));
}

static void print_jobs(HtContext *context, const HtJobRow *rows, gsize n,
                       const HtCliOptions *options)
{
    HtJson *array = ht_json_new_array();
    HtCliTable *table =
        ht_cli_table_new("Job|?Department|?Location|?Status|Total|Applied|Shortlist|"
                         "Screening|Interview|Offer|New|Waits");
    for (gsize i = 0; i < n; i++) {
        if (rows[i].key == 0)
            continue;
        if (options->json)
            ht_json_add(array, job_json(&rows[i]));
        else
            job_cells(table, &rows[i]);
    }
    ht_cli_list(context, "jobs", array, table, options);
}

static int no_order(const char *verb, const char *text, const char *const *names, int n)
{
    g_autoptr(GString) all = g_string_new(NULL);
    for (int i = 0; i < n; i++)
        g_string_append_printf(all, "%s%s", i ? " " : "", names[i]);
    return ht_cli_usage_error(verb, "there is no order '%s'; known: %s, or -NAME for the reverse",
                              text, all->str);
}

static const char *const job_sorts[] = {"activity", "title", "department", "location",
                                        "status",   "total", "new",        "waiting"};

static bool job_sort(const char *text, HtJobQuery *query)
{
    if (!text)
        return true;
    query->descending = *text == '-';
    for (gsize i = 0; i < G_N_ELEMENTS(job_sorts); i++) {
        if (strcmp(job_sorts[i], text + (*text == '-')) == 0) {
            query->sort = (HtJobSort)i;
            return true;
        }
    }
    return false;
}

int ht_verb_jobs(HtCliHost *host, int argc, char **argv)
{
    g_auto(HtCliOptions) options;
    int exit;
    if (!ht_cli_parse(argc, argv, &options, &exit))
        return exit;
    g_autoptr(HtFilter) filter = NULL;
    HtJobQuery query = {.open_only = !options.all};
    if (!job_sort(options.sort, &query))
        return no_order("jobs", options.sort, job_sorts, G_N_ELEMENTS(job_sorts));
    if (!ht_cli_filter("jobs", options.where, &filter, &exit))
        return exit;
    GError *error = NULL;
    if (!ht_cache_job_filter_check(filter, &error)) {
        exit = ht_cli_usage_error("jobs", "--where: %s", error->message);
        g_error_free(error);
        return exit;
    }
    HtContext *context = ht_cli_open_list(host, "jobs", &exit);
    if (!context)
        return exit;
    query.filter = filter;
    g_autoptr(HtKeyArray) keys = ht_cache_job_keys(context->parts.reader, &query, &error);
    if (!keys)
        return ht_cli_fail("jobs", error);
    gsize n = options.limit > 0 ? MIN(keys->n, (gsize)options.limit) : keys->n;
    g_autofree HtJobRow *rows = g_new0(HtJobRow, MAX(1, n));
    bool ok = ht_cache_job_rows(context->parts.reader, keys->keys, n, rows, &error);
    if (ok)
        print_jobs(context, rows, n, &options);
    for (gsize i = 0; i < n; i++)
        ht_job_row_clear(&rows[i]);
    return ok ? ht_cli_finish("jobs") : ht_cli_fail("jobs", error);
}

/* ---- matches
 * ---------------------------------------------------------------------------------------------- */
static HtJson *match_json(HtReader *reader, const HtMatchRow *row, bool blind)
{
    HtJson *json = ht_json_new_object();
    ht_cli_json_id(json, "id", &row->id);
    ht_cli_json_key(json, "candidate_id", reader, row->candidate);
    ht_cli_json_key(json, "job_id", reader, row->job);
    ht_json_set_string(json, "name", blind ? NULL : row->name);
    if (row->score == HT_SCORE_NONE)
        ht_json_set_null(json, "score");
    else
        ht_json_set_double(json, "score", (double)row->score / 100);
    ht_json_set_string(json, "band", ht_score_band_name(row->band));
    ht_json_set_string(json, "title", row->current_title);
    ht_json_set_string(json, "company", row->current_company);
    ht_json_set_string(json, "location", row->location);
    ht_json_set_string(json, "stage", row->stage_name);
    ht_json_set_string(json, "stage_type", ht_stage_type_name(row->stage_type));
    ht_json_set_string(json, "decision",
                       row->last_decision ? ht_decision_name(row->last_decision) : NULL);
    ht_json_set_null(json, "reason");
    ht_json_set_string(json, "source", row->source);
    ht_json_set_string(json, "tags", row->tags);
    ht_cli_json_time(json, "applied_at", row->applied_at);
    ht_cli_json_time(json, "stage_since", row->stage_since);
    ht_cli_json_time(json, "held_until", row->held_until);
    ht_json_set_bool(json, "pending", row->flags & HT_MATCH_PENDING);
    ht_json_set_bool(json, "conflict", row->flags & HT_MATCH_CONFLICT);
    ht_json_set_bool(json, "opened", !(row->flags & HT_MATCH_UNREAD));
    return json;
}

static char *name_of(HtReader *reader, const HtMatchRow *row)
{
    if (row->flags & HT_MATCH_BLIND)
        return ht_blind_name(reader, row->candidate);
    return g_strdup(row->name && *row->name ? row->name : "(erased)");
}

static void match_cells(HtReader *reader, HtCliTable *table, const HtMatchRow *row)
{
    char age[16] = "";
    if (row->stage_since)
        ht_clock_format_age(ht_clock_now_us() - row->stage_since, age);
    ht_cli_table_add(table, row->score == HT_SCORE_NONE ? NULL : number((row->score + 50) / 100));
    ht_cli_table_add(table, name_of(reader, row));
    ht_cli_table_add(table, g_strdup(row->current_title));
    ht_cli_table_add(table, g_strdup(row->current_company));
    ht_cli_table_add(table, g_strdup(row->location));
    const char *stage = row->stage_name ? row->stage_name : ht_stage_type_label(row->stage_type);
    ht_cli_table_add(table, g_strconcat(row->flags & HT_MATCH_HELD ? "held · " : "", stage, NULL));
    ht_cli_table_add(table, g_strdup(age));
    ht_cli_table_add(table, g_strdup(row->source));
    ht_cli_table_add(table, g_strdup(row->tags));
}

/* Pages, so that a job of 60,000 needs no memory for all its rows at once when printing JSON. */
static bool add_matches(HtReader *reader, const HtKeyArray *keys, HtJson *array, HtCliTable *table,
                        GError **error)
{
    for (gsize first = 0; first < keys->n; first += ROWS_AT_ONCE) {
        gsize n = MIN((gsize)ROWS_AT_ONCE, keys->n - first);
        HtMatchRow *rows = g_new0(HtMatchRow, n);
        bool ok = ht_cache_match_rows(reader, keys->keys + first, n, rows, error);
        for (gsize i = 0; ok && i < n; i++) {
            if (rows[i].flags & HT_MATCH_GONE)
                continue;
            if (array)
                ht_json_add(array, match_json(reader, &rows[i], rows[i].flags & HT_MATCH_BLIND));
            else
                match_cells(reader, table, &rows[i]);
        }
        ht_match_rows_free(rows, n);
        if (!ok)
            return false;
    }
    return true;
}

static bool match_sort(const char *text, HtMatchQuery *query)
{
    if (!text)
        return true;
    bool turned = *text == '-';
    if (!ht_match_sort_parse(text + turned, &query->sort))
        return false;
    query->ascending = turned;
    return true;
}

static int no_match_order(const char *text)
{
    const char *names[HT_MATCH_SORTS];
    for (int i = 0; i < HT_MATCH_SORTS; i++)
        names[i] = ht_match_sort_name((HtMatchSort)i);
    return no_order("matches", text, names, HT_MATCH_SORTS);
}

static int print_matches(HtContext *context, const HtMatchQuery *query, const HtCliOptions *options)
{
    GError *error = NULL;
    g_autoptr(HtKeyArray) keys = ht_cache_match_keys(context->parts.reader, query, &error);
    if (!keys)
        return ht_cli_fail("matches", error);
    if (options->limit > 0)
        keys->n = MIN(keys->n, (gsize)options->limit);
    HtJson *array = options->json ? ht_json_new_array() : NULL;
    HtCliTable *table = ht_cli_table_new("Score|Name|Title|Company|Location|Stage|For|Source|Tags");
    if (!add_matches(context->parts.reader, keys, array, table, &error)) {
        ht_json_free(array);
        ht_cli_table_free(table);
        return ht_cli_fail("matches", error);
    }
    ht_cli_list(context, "matches", array, table, options);
    return ht_cli_finish("matches");
}

int ht_verb_matches(HtCliHost *host, int argc, char **argv)
{
    g_auto(HtCliOptions) options;
    int exit;
    if (!ht_cli_parse(argc, argv, &options, &exit))
        return exit;
    if (!options.job)
        return ht_cli_usage_error("matches", "--job is missing");
    g_autoptr(HtFilter) filter = NULL;
    HtMatchQuery query = {0};
    if (!match_sort(options.sort, &query))
        return no_match_order(options.sort);
    if (!ht_cli_filter("matches", options.where, &filter, &exit))
        return exit;
    HtContext *context = ht_cli_open_filled(host, "matches", &exit);
    if (!context)
        return exit;
    query.job = ht_cli_job(context, "matches", &options, &exit);
    query.filter = filter;
    if (query.job)
        ht_cli_tell_doubt(context, filter);
    return query.job ? print_matches(context, &query, &options) : exit;
}

/* ---- candidate
 * ---------------------------------------------------------------------------------------------- */
static HtKey find_person(HtContext *context, const char *verb, const char *text, int *exit)
{
    g_autoptr(GError) error = NULL;
    HtKey key = ht_cache_candidate_find(context->parts.reader, text, &error);
    if (!ht_cli_has_read(context, verb, exit))
        return 0;
    if (!key && !error)
        error = g_error_new(HT_CACHE_ERROR, HT_CACHE_ERROR_NOT_FOUND, "there is no '%s'", text);
    if (!key)
        ht_cli_add_near(context, text, &error);
    if (!key)
        *exit = ht_cli_fail(verb, g_steal_pointer(&error));
    return key;
}

/* The id of an application, or with a job somebody of it, says which person and which application;
 * 0 when it is neither. */
static HtKey find_application(HtContext *context, HtKey job, const char *text, HtKey *match)
{
    HtReader *reader = context->parts.reader;
    *match = ht_cache_match_find(reader, job, text, NULL);
    HtMatchRow *row = *match ? ht_cache_match(reader, *match, NULL) : NULL;
    HtKey person = row ? row->candidate : 0;
    if (row)
        ht_match_rows_free(row, 1);
    if (!person)
        *match = 0;
    return person;
}

static HtKey match_of_person(HtContext *context, HtKey candidate, HtKey job)
{
    HtMatchQuery query = {.candidate = candidate, .job = job};
    g_autoptr(HtKeyArray) keys =
        job ? ht_cache_match_keys(context->parts.reader, &query, NULL)
            : ht_cache_candidate_matches(context->parts.reader, candidate, NULL);
    return keys && keys->n > 0 ? keys->keys[0] : 0;
}

static HtJson *factors_json(const HtExplanation *why, const HtMask *mask)
{
    HtJson *array = ht_json_new_array();
    for (guint i = 0; i < why->factors->len; i++) {
        const HtFactor *factor = why->factors->pdata[i];
        HtJson *json = ht_json_new_object();
        ht_json_set_string(json, "name", factor->name);
        ht_json_set_int(json, "weight", factor->weight);
        ht_json_set_double(json, "score", (double)factor->score_centi / 100);
        ht_json_set_string(json, "verdict", ht_verdict_name(factor->verdict));
        g_autofree char *quote = ht_mask_text(mask, factor->quote);
        ht_json_set_string(json, "quote", quote);
        ht_json_add(array, json);
    }
    return array;
}

static void add_why(HtJson *json, HtContext *context, HtKey match, const HtMask *mask)
{
    g_autoptr(HtExplanation) why =
        match ? ht_cache_explanation(context->parts.reader, match, NULL) : NULL;
    if (!why)
        return;
    HtJson *object = ht_json_new_object();
    ht_json_set_string(object, "text", mask ? NULL : why->text);
    ht_json_set_string(object, "model", why->model_version);
    ht_json_set_string(object, "recommendation", why->recommendation);
    ht_json_set_bool(object, "no_evidence", why->no_evidence);
    ht_json_set_bool(object, "stale", why->is_stale);
    ht_cli_json_time(object, "created_at", why->created_at);
    ht_json_set(object, "factors", factors_json(why, mask));
    ht_json_set(json, "explanation", object);
}

static HtJson *person_json(HtContext *context, const HtCandidate *person, HtKey match, bool blind)
{
    HtJson *json = ht_json_new_object();
    ht_cli_json_id(json, "id", &person->id);
    ht_json_set_string(json, "name", blind ? NULL : person->name);
    ht_json_set_string(json, "email", blind ? NULL : person->email);
    ht_json_set_string(json, "phone", blind ? NULL : person->phone);
    ht_json_set_string(json, "title", person->current_title);
    ht_json_set_string(json, "company", person->current_company);
    ht_json_set_string(json, "location", person->location);
    ht_json_set_string(json, "timezone", person->timezone);
    ht_json_set_string(json, "source", person->source);
    HtJson *tags = ht_json_new_array();
    for (guint i = 0; person->tags && i < person->tags->len; i++)
        ht_json_add_string(tags, ((const HtTag *)person->tags->pdata[i])->tag);
    ht_json_set(json, "tags", tags);
    HtMatchRow *row = match ? ht_cache_match(context->parts.reader, match, NULL) : NULL;
    if (row) {
        ht_json_set(json, "match", match_json(context->parts.reader, row, blind));
        ht_match_rows_free(row, 1);
    }
    g_autoptr(HtMask) mask = blind ? ht_mask_new(context->parts.reader, person->key) : NULL;
    add_why(json, context, match, mask);
    return json;
}

/* The job of --job: when several have its words, the one that the person applied to. */
static HtKey job_of_candidate(HtContext *context, const HtCliOptions *options, int *exit)
{
    HtReader *reader = context->parts.reader;
    const char *text = options->rest[0];
    g_autoptr(GError) error = NULL;
    HtKey job = ht_cache_job_find(reader, options->job, &error), match = 0;
    if (job)
        return job;
    HtKey person = find_application(context, 0, text, &match);
    if (!person)
        person = ht_cache_candidate_find(reader, text, NULL);
    if (person) {
        g_clear_error(&error);
        job = ht_cache_job_find_of(reader, options->job, person, &error);
    }
    if (!job)
        *exit = ht_cli_fail("candidate", g_steal_pointer(&error));
    return job;
}

static HtKey job_of_match(HtReader *reader, HtKey match)
{
    HtMatchRow *row = match ? ht_cache_match(reader, match, NULL) : NULL;
    HtKey job = row ? row->job : 0;
    if (row)
        ht_match_rows_free(row, 1);
    return job;
}

/* Some other application in its place would be taken for the one that was meant. */
static int did_not_apply(HtContext *context, HtKey person, HtKey job, const char *text)
{
    HtReader *reader = context->parts.reader;
    g_autoptr(HtJob) wanted = ht_cache_job(reader, job, NULL);
    g_autoptr(HtKeyArray) keys = ht_cache_candidate_matches(reader, person, NULL);
    g_autoptr(GString) where = g_string_new(NULL);
    for (gsize i = 0; keys && i < MIN(keys->n, MOST_JOBS); i++) {
        HtMatchRow *row = ht_cache_match(reader, keys->keys[i], NULL);
        if (!row)
            continue;
        g_string_append_printf(where, "%s%s", where->len ? ", " : "",
                               row->job_title ? row->job_title : "?");
        ht_match_rows_free(row, 1);
    }
    if (keys && keys->n > MOST_JOBS)
        g_string_append(where, " \xE2\x80\xA6");
    return ht_cli_fail("candidate",
                       g_error_new(HT_CACHE_ERROR, HT_CACHE_ERROR_NOT_FOUND,
                                   "'%s' did not apply to %s%s%s", text,
                                   wanted ? wanted->row.title : "this job",
                                   where->len ? ", but to: " : ", nor to another job", where->str));
}

int ht_verb_candidate(HtCliHost *host, int argc, char **argv)
{
    g_auto(HtCliOptions) options;
    int exit;
    if (!ht_cli_parse(argc, argv, &options, &exit))
        return exit;
    if (ht_cli_n_rest(&options) != 1)
        return ht_cli_usage_error("candidate", "one name, e-mail address or id is wanted");
    HtContext *context = ht_cli_open_filled(host, "candidate", &exit);
    if (!context)
        return exit;
    HtKey job = 0;
    if (options.job && !(job = job_of_candidate(context, &options, &exit)))
        return exit;
    HtKey match = 0, key = find_application(context, job, options.rest[0], &match);
    if (!key && !(key = find_person(context, "candidate", options.rest[0], &exit)))
        return exit;
    GError *error = NULL;
    g_autoptr(HtCandidate) person = ht_cache_candidate(context->parts.reader, key, &error);
    if (!person)
        return ht_cli_fail("candidate", error);
    if (job && (!match || job_of_match(context->parts.reader, match) != job))
        match = match_of_person(context, key, job);
    if (!ht_cli_has_read(context, "candidate", &exit))
        return exit;
    if (job && !match)
        return did_not_apply(context, key, job, options.rest[0]);
    bool blind = ht_blind_hides(context->parts.reader, match, key);
    if (!match)
        match = match_of_person(context, key, 0);
    if (!ht_cli_has_read(context, "candidate", &exit))
        return exit;
    if (options.json) {
        ht_cli_print_json(person_json(context, person, match, blind));
        return ht_cli_finish("candidate");
    }
    g_autoptr(HtDoc) doc = ht_doc_new();
    const HtViewParts *parts = ht_view_parts(context);
    ht_doc_candidate(doc, parts, key, blind, doc_width());
    if (match) {
        ht_doc_newline(doc);
        ht_doc_evidence(doc, parts, match, blind, doc_width());
        ht_context_note_viewed(context, match, blind, 1);
    }
    ht_doc_resume(doc, parts, key, blind, doc_width());
    ht_doc_heading(doc, "History");
    ht_doc_history(doc, parts, key, match, blind, doc_width());
    ht_cli_print_doc(doc);
    return ht_cli_finish("candidate");
}

/* ---- transcript
 * -----------------------------------------------------------------------------------------------
 */
static HtJson *transcript_json(const HtTranscript *transcript, const HtMask *mask)
{
    HtJson *json = ht_json_new_object();
    ht_cli_json_id(json, "id", &transcript->id);
    ht_json_set_string(json, "kind", transcript->kind);
    ht_json_set_string(json, "status", transcript->status);
    ht_cli_json_time(json, "started_at", transcript->started_at);
    ht_json_set_int(json, "duration_s", transcript->duration_s);
    g_autofree char *summary = ht_mask_text(mask, transcript->summary);
    ht_json_set_string(json, "summary", summary);
    HtJson *turns = ht_json_new_array();
    for (guint i = 0; transcript->turns && i < transcript->turns->len; i++) {
        const HtTurn *turn = transcript->turns->pdata[i];
        HtJson *one = ht_json_new_object();
        ht_json_set_string(one, "role", turn->role);
        g_autofree char *text = ht_mask_text(mask, turn->text);
        ht_json_set_string(one, "text", text);
        ht_json_set_string(one, "sentiment", turn->sentiment);
        ht_cli_json_time(one, "at", turn->at);
        HtJson *flags = ht_json_new_array();
        for (int f = 0; turn->flags && turn->flags[f]; f++)
            ht_json_add_string(flags, turn->flags[f]);
        ht_json_set(one, "flags", flags);
        ht_json_add(turns, one);
    }
    ht_json_set(json, "turns", turns);
    return json;
}

/* The session itself, or the newest one of a person. */
static HtTranscript *find_transcript(HtContext *context, const char *text, int *exit)
{
    HtReader *reader = context->parts.reader;
    HtUuid id;
    HtKey key = ht_uuid_parse(text, &id) ? ht_reader_key(reader, &id) : 0;
    HtTranscript *found = key ? ht_cache_transcript(reader, key, NULL) : NULL;
    if (found)
        return found;
    HtKey person = find_person(context, "transcript", text, exit);
    g_autoptr(GPtrArray) list = person ? ht_cache_transcripts(reader, person, 0, NULL) : NULL;
    if (list && list->len > 0)
        found = ht_cache_transcript(reader, ((const HtTranscript *)list->pdata[0])->key, NULL);
    if (!found && person && ht_cli_has_read(context, "transcript", exit)) {
        ht_print_error("transcript", "no screening of this person has taken place", NULL);
        *exit = HT_EXIT_FAILED;
    }
    return found;
}

int ht_verb_transcript(HtCliHost *host, int argc, char **argv)
{
    g_auto(HtCliOptions) options;
    int exit;
    if (!ht_cli_parse(argc, argv, &options, &exit))
        return exit;
    if (ht_cli_n_rest(&options) != 1)
        return ht_cli_usage_error("transcript", "one session or person is wanted");
    HtContext *context = ht_cli_open_filled(host, "transcript", &exit);
    if (!context)
        return exit;
    g_autoptr(HtTranscript) transcript = find_transcript(context, options.rest[0], &exit);
    if (!transcript)
        return exit;
    HtReader *reader = context->parts.reader;
    bool blind = ht_blind_hides(reader, transcript->match, transcript->candidate);
    if (!ht_cli_has_read(context, "transcript", &exit))
        return exit;
    if (options.json) {
        g_autoptr(HtMask) mask = blind ? ht_mask_new(reader, transcript->candidate) : NULL;
        ht_cli_print_json(transcript_json(transcript, mask));
        return ht_cli_finish("transcript");
    }
    g_autoptr(HtDoc) doc = ht_doc_new();
    ht_doc_transcript(doc, ht_view_parts(context), transcript->key, blind, doc_width());
    ht_cli_print_doc(doc);
    return ht_cli_finish("transcript");
}

/* ---- interviews
 * --------------------------------------------------------------------------------------------------
 */
static HtJson *interview_json(HtReader *reader, const HtInterview *interview)
{
    HtJson *json = ht_json_new_object();
    bool blind = ht_blind_hides(reader, interview->match, interview->candidate);
    ht_cli_json_id(json, "id", &interview->id);
    ht_cli_json_time(json, "scheduled_at", interview->scheduled_at);
    ht_json_set_int(json, "duration_minutes", interview->duration_minutes);
    ht_json_set_string(json, "timezone", interview->timezone);
    ht_json_set_string(json, "candidate_timezone", interview->candidate_timezone);
    ht_json_set_string(json, "candidate", blind ? NULL : interview->candidate_name);
    ht_cli_json_key(json, "candidate_id", reader, interview->candidate);
    ht_cli_json_key(json, "match_id", reader, interview->match);
    ht_json_set_string(json, "job", interview->job_title);
    ht_json_set_string(json, "type", interview->type);
    ht_json_set_string(json, "status", interview->status);
    ht_json_set_bool(json, "pending", interview->is_pending);
    ht_json_set_bool(json, "conflict", interview->is_conflict);
    ht_json_set_bool(json, "mine", interview->is_mine);
    HtJson *panel = ht_json_new_array();
    for (guint i = 0; interview->panel && i < interview->panel->len; i++) {
        const HtPanelMember *member = interview->panel->pdata[i];
        HtJson *one = ht_json_new_object();
        ht_json_set_string(one, "name", member->name);
        ht_json_set_string(one, "role", member->role);
        ht_json_set_string(one, "rsvp", member->rsvp);
        ht_json_set_bool(one, "feedback_given", member->feedback_given);
        ht_json_add(panel, one);
    }
    ht_json_set(json, "panel", panel);
    return json;
}

static void interview_cells(HtCliTable *table, HtContext *context, const HtInterview *interview)
{
    const char *zone =
        interview->candidate_timezone ? interview->candidate_timezone : interview->timezone;
    g_autoptr(GTimeZone) theirs = zone ? g_time_zone_new_identifier(zone) : NULL;
    ht_cli_table_add(table, ht_clock_format(interview->scheduled_at, context->zone, "%a %F %H:%M"));
    ht_cli_table_add(table,
                     theirs ? ht_clock_format(interview->scheduled_at, theirs, "%a %H:%M") : NULL);
    ht_cli_table_add(table, g_strdup(zone));
    ht_cli_table_add(
        table, ht_blind_who(context->parts.reader, interview->match, interview->candidate, false));
    ht_cli_table_add(table, g_strdup(interview->job_title));
    ht_cli_table_add(table, g_strdup(interview->type));
    ht_cli_table_add(table, g_strconcat(interview->status ? interview->status : "",
                                        interview->is_conflict  ? " !"
                                        : interview->is_pending ? " (not sent)"
                                                                : "",
                                        NULL));
}

int ht_verb_interviews(HtCliHost *host, int argc, char **argv)
{
    g_auto(HtCliOptions) options;
    int exit;
    if (!ht_cli_parse(argc, argv, &options, &exit))
        return exit;
    const char *word = options.rest[0] ? options.rest[0] : "list";
    if (strcmp(word, "list") != 0)
        return ht_cli_interviews_change(host, &options);
    HtContext *context = ht_cli_open_list(host, "interviews", &exit);
    if (!context)
        return exit;
    int64_t now = ht_clock_now_us();
    GError *error = NULL;
    g_autoptr(GPtrArray) list =
        ht_cache_agenda(context->parts.reader, now - HT_US_PER_DAY,
                        now + options.days * HT_US_PER_DAY, options.mine, &error);
    if (!list)
        return ht_cli_fail("interviews", error);
    HtJson *array = ht_json_new_array();
    HtCliTable *table = ht_cli_table_new("=My time|=Theirs|Zone|Candidate|Job|Kind|Status");
    for (guint i = 0; i < list->len; i++) {
        ht_json_add(array, interview_json(context->parts.reader, list->pdata[i]));
        interview_cells(table, context, list->pdata[i]);
    }
    ht_cli_list(context, "interviews", array, table, &options);
    return ht_cli_finish("interviews");
}

/* ---- feedback
 * ------------------------------------------------------------------------------------------------------
 */
static HtJson *feedback_json(HtReader *reader, const HtFeedback *feedback)
{
    HtJson *json = ht_json_new_object();
    ht_cli_json_id(json, "id", &feedback->id);
    ht_cli_json_key(json, "match_id", reader, feedback->match);
    ht_json_set_string(json, "author", feedback->author);
    ht_json_set_string(json, "interview_type", feedback->interview_type);
    ht_json_set_int(json, "rating", feedback->rating);
    ht_json_set_string(json, "recommendation", feedback->recommendation);
    g_autofree char *notes = ht_blind_words(reader, feedback->match, 0, feedback->notes, false);
    ht_json_set_string(json, "notes", notes);
    ht_cli_json_time(json, "submitted_at", feedback->submitted_at);
    ht_json_set_bool(json, "pending", feedback->is_pending);
    ht_json_set_bool(json, "conflict", feedback->is_conflict);
    return json;
}

static void feedback_cells(HtCliTable *table, HtContext *context, const HtFeedback *feedback)
{
    char *said = g_strdup(feedback->recommendation);
    ht_cli_table_add(table, feedback->submitted_at
                                ? ht_clock_format(feedback->submitted_at, context->zone, "%F")
                                : g_strdup("draft"));
    ht_cli_table_add(table, ht_blind_who(context->parts.reader, feedback->match, 0, false));
    ht_cli_table_add(table, g_strdup(feedback->is_mine ? "you" : feedback->author));
    ht_cli_table_add(table, g_strdup(feedback->interview_type));
    ht_cli_table_add(table, feedback->rating
                                ? g_strdup_printf("%" G_GINT64_FORMAT "/5", feedback->rating)
                                : NULL);
    if (said)
        g_strdelimit(said, "_", ' ');
    ht_cli_table_add(table, g_strconcat(said ? said : "",
                                        feedback->is_conflict  ? " !"
                                        : feedback->is_pending ? " (not sent)"
                                                               : "",
                                        NULL));
    g_free(said);
}

int ht_verb_feedback(HtCliHost *host, int argc, char **argv)
{
    g_auto(HtCliOptions) options;
    int exit;
    if (!ht_cli_parse(argc, argv, &options, &exit))
        return exit;
    if (g_strcmp0(options.rest[0], "write") == 0)
        return ht_cli_feedback_write(host, &options);
    const char *who = options.rest[g_strcmp0(options.rest[0], "list") == 0 ? 1 : 0];
    HtContext *context = who ? ht_cli_open_filled(host, "feedback", &exit)
                             : ht_cli_open_list(host, "feedback", &exit);
    if (!context)
        return exit;
    GError *error = NULL;
    HtReader *reader = context->parts.reader;
    HtKey person = 0;
    if (who && !(person = find_person(context, "feedback", who, &exit)))
        return exit;
    gsize limit = options.limit > 0 ? (gsize)options.limit : DEFAULT_FEEDBACK;
    g_autoptr(GPtrArray) list = person ? ht_cache_feedback(reader, person, 0, &error)
                                       : ht_cache_feedback_recent(reader, limit, &error);
    if (!list)
        return ht_cli_fail("feedback", error);
    HtJson *array = ht_json_new_array();
    HtCliTable *table = ht_cli_table_new("=Given|Candidate|By|Interview|Rating|Recommends");
    for (guint i = 0; i < list->len; i++) {
        ht_json_add(array, feedback_json(reader, list->pdata[i]));
        feedback_cells(table, context, list->pdata[i]);
    }
    ht_cli_list(context, "feedback", array, table, &options);
    return ht_cli_finish("feedback");
}

/* ---- search
 * ----------------------------------------------------------------------------------------------------------
 */
static HtJson *hit_json(HtReader *reader, const HtSearchHit *hit)
{
    HtJson *json = ht_json_new_object();
    g_autofree char *snippet = ht_blind_snippet(reader, hit, false);
    ht_cli_json_key(json, "candidate_id", reader, hit->candidate);
    ht_json_set_string(json, "name", ht_blind_hides(reader, 0, hit->candidate) ? NULL : hit->name);
    ht_json_set_string(json, "kind", hit->kind);
    ht_json_set_string(json, "snippet", snippet);
    ht_json_set_bool(json, "pending", hit->is_pending);
    return json;
}

static void hit_cells(HtCliTable *table, HtReader *reader, const HtSearchHit *hit)
{
    ht_cli_table_add(table, ht_blind_who(reader, 0, hit->candidate, false));
    ht_cli_table_add(table, g_strconcat(hit->kind, hit->is_pending ? " (not sent)" : "", NULL));
    ht_cli_table_add(table, ht_blind_snippet(reader, hit, false));
}

/* Texts that came since a workstation last was idle here are read now. That is bounded, and each
 * little step is kept, whenever somebody ends it; what is left is said. */
static void index_texts(HtContext *context)
{
    int64_t until_us = ht_clock_mono_us() + INDEX_MS * HT_US_PER_MS;
    int64_t next_us = ht_clock_mono_us() + TELL_EVERY_MS * HT_US_PER_MS;
    bool more = true, shown = false;
    g_autoptr(GError) why = NULL;
    while (more && ht_clock_mono_us() < until_us &&
           ht_cache_index_some(context->parts.cache, &more, &why)) {
        if (!isatty(STDERR_FILENO) || ht_clock_mono_us() < next_us)
            continue;
        next_us += TELL_EVERY_MS * HT_US_PER_MS;
        ht_print_part(stderr, "\rreading texts for the search, %" G_GINT64_FORMAT " left    ",
                      ht_cache_search_left(context->parts.reader));
        ht_print_flush(stderr, NULL);
        shown = true;
    }
    if (shown)
        ht_print_part(stderr, "\r%*s\r", 60, "");
    if (why)
        ht_log(HT_LOG_WARNING, "texts for the search: %s", why->message);
}

/* Nothing found may mean not yet. */
static void tell_unread(HtContext *context)
{
    int64_t left = ht_cache_search_left(context->parts.reader);
    if (left == 0)
        return;
    g_autofree char *what = g_strdup_printf("%" G_GINT64_FORMAT " %s searched yet", left,
                                            ht_text_plural(left, "text is not", "texts are not"));
    ht_print_error("search", what, "search again; a workstation does it when it is idle");
}

int ht_verb_search(HtCliHost *host, int argc, char **argv)
{
    g_auto(HtCliOptions) options;
    int exit;
    if (!ht_cli_parse(argc, argv, &options, &exit))
        return exit;
    if (ht_cli_n_rest(&options) == 0)
        return ht_cli_usage_error("search", "words to search for are wanted");
    g_autofree char *words = g_strjoinv(" ", options.rest);
    g_autofree char *term = ht_filter_find_field(words);
    if (term)
        return ht_cli_usage_error("search",
                                  "'%s' is a term of --where (hiretty matches); this verb takes "
                                  "words, and what is in double quotes",
                                  term);
    HtContext *context = ht_cli_open_list(host, "search", &exit);
    if (!context)
        return exit;
    GError *error = NULL;
    index_texts(context);
    gsize limit = options.limit > 0 ? (gsize)options.limit : DEFAULT_HITS;
    g_autoptr(GPtrArray) hits = ht_cache_search(context->parts.reader, words,
                                                HT_SEARCH_PEOPLE | HT_SEARCH_TEXTS, limit, &error);
    if (!hits)
        return ht_cli_fail("search", error);
    HtJson *array = ht_json_new_array();
    HtCliTable *table = ht_cli_table_new("Name|Where|Text");
    for (guint i = 0; i < hits->len; i++) {
        const HtSearchHit *hit = hits->pdata[i];
        if (options.json)
            ht_json_add(array, hit_json(context->parts.reader, hit));
        else
            hit_cells(table, context->parts.reader, hit);
    }
    ht_cli_list(context, "search", array, table, &options);
    tell_unread(context);
    return ht_cli_finish("search");
}
