/* Several statements in one round trip. Rows stream one by one, so that a pull of many rows holds
 * one of them at a time. After the first error the server skips the rest; all answers are read up
 * to the synchronisation mark in any case, so the connection stays usable. */
#include "internal.h"

typedef struct {
    const char *sql;
    GArray *params;   /* HtPgParam */
    GPtrArray *texts; /* owns the texts of params */
    HtPgRowFunc func;
    gpointer data;
    bool is_kept;
    char *prepares; /* the name that the server is to keep it under: one more answer comes first */
} Step;

struct HtPgPipeline {
    HtPgConnection *pg;
    GArray *steps;
    gpointer broken_at; /* data of the step */
};

static void step_clear(gpointer data)
{
    Step *step = data;
    g_ptr_array_unref(step->texts);
    g_array_unref(step->params);
    g_free(step->prepares);
}

HtPgPipeline *ht_pg_pipeline_new(HtPgConnection *pg)
{
    HtPgPipeline *pipeline = g_new0(HtPgPipeline, 1);
    pipeline->pg = pg;
    pipeline->steps = g_array_new(FALSE, FALSE, sizeof(Step));
    g_array_set_clear_func(pipeline->steps, step_clear);
    return pipeline;
}

void ht_pg_pipeline_free(HtPgPipeline *pipeline)
{
    if (!pipeline)
        return;
    g_array_unref(pipeline->steps);
    g_free(pipeline);
}

static void add(HtPgPipeline *pipeline, const char *sql, GArray *params, HtPgRowFunc func,
                gpointer data, bool is_kept)
{
    Step step = {.sql = sql,
                 .is_kept = is_kept,
                 .params = g_array_new(FALSE, TRUE, sizeof(HtPgParam)),
                 .texts = g_ptr_array_new_with_free_func(g_free),
                 .func = func,
                 .data = data};
    for (guint i = 0; params && i < params->len; i++) {
        HtPgParam param = g_array_index(params, HtPgParam, i);
        char *copy = g_strdup(param.text);
        g_ptr_array_add(step.texts, copy);
        param.text = copy;
        g_array_append_val(step.params, param);
    }
    g_array_append_val(pipeline->steps, step);
}

void ht_pg_pipeline_add(HtPgPipeline *pipeline, const char *sql, GArray *params, HtPgRowFunc func,
                        gpointer data)
{
    add(pipeline, sql, params, func, data, false);
}

void ht_pg_pipeline_add_kept(HtPgPipeline *pipeline, const char *sql, GArray *params,
                             HtPgRowFunc func, gpointer data)
{
    add(pipeline, sql, params, func, data, true);
}

static bool call_rows(const Step *step, const PGresult *result, GError **error)
{
    int n = PQnfields(result);
    g_autofree HtPgField *fields = g_new0(HtPgField, n + 1);
    for (int row = 0; row < PQntuples(result); row++) {
        for (int i = 0; i < n; i++) {
            bool is_null = PQgetisnull(result, row, i);
            fields[i].data = is_null ? NULL : (const guint8 *)PQgetvalue(result, row, i);
            fields[i].len = is_null ? 0 : PQgetlength(result, row, i);
        }
        if (!step->func(fields, n, step->data, error))
            return false;
    }
    return true;
}

/* Whose answers come next. They are taken as they come, also while statements are still on their
 * way: a server answers the first before it reads the next, and what is not taken piles up here. */
typedef struct {
    HtPgPipeline *pipeline;
    guint at;            /* the step */
    bool is_preparation; /* the answer to its preparation comes first */
    GError **problem;    /* the first one */
} Answers;

static Step *step_at(const Answers *answers)
{
    return &g_array_index(answers->pipeline->steps, Step, answers->at);
}

static bool are_all_taken(const Answers *answers)
{
    return answers->at == answers->pipeline->steps->len;
}

/* Rows one by one, which has to be said before the first of them is looked at. */
static void expect_rows(Answers *answers)
{
    HtPgConnection *pg = answers->pipeline->pg;
    answers->is_preparation = false;
    PQsetSingleRowMode(pg->conn);
    ht_pg_patience_begin(pg, HT_PG_ANSWER_MAX);
}

static void expect_step(Answers *answers)
{
    if (are_all_taken(answers))
        return;
    if (step_at(answers)->prepares)
        answers->is_preparation = true;
    else
        expect_rows(answers);
}

static void take_rows(Answers *answers, const PGresult *result)
{
    const Step *step = step_at(answers);
    GError **problem = answers->problem;
    if (step->func && !call_rows(step, result, problem) && !*problem)
        ht_pg_error_set(problem, HT_PG_ERROR_FAILED, NULL, "a row was not taken");
}

/* Only a statement that the server did keep is known from now on: it skips what follows an error.
 */
static void take_preparation(Answers *answers)
{
    Step *step = step_at(answers);
    g_hash_table_insert(answers->pipeline->pg->kept, g_strdup(step->sql),
                        g_steal_pointer(&step->prepares));
}

/* Takes one result (NULL: there are no more of this statement). false: the connection broke. */
static bool take_result(Answers *answers, PGresult *raw)
{
    HtPgConnection *pg = answers->pipeline->pg;
    g_autoptr(PGresult) result = raw;
    if (!result) {
        bool was_preparation = answers->is_preparation;
        answers->at += !was_preparation;
        if (was_preparation)
            expect_rows(answers);
        else
            expect_step(answers);
        return true;
    }
    ExecStatusType status = PQresultStatus(result);
    bool has_rows = status == PGRES_SINGLE_TUPLE || status == PGRES_TUPLES_OK;
    bool is_nothing = status == PGRES_PIPELINE_ABORTED || status == PGRES_COMMAND_OK ||
                      status == PGRES_EMPTY_QUERY;
    if (answers->is_preparation && status == PGRES_COMMAND_OK)
        take_preparation(answers);
    else if (!*answers->problem && has_rows)
        take_rows(answers, result);
    else if (!*answers->problem && !is_nothing)
        ht_pg_error_from_result(answers->problem, pg, result);
    ht_pg_patience_row(pg);
    return PQstatus(pg->conn) != CONNECTION_BAD;
}

/* HtPgTakeFunc: what is there, without waiting. */
static bool take_ready(gpointer data)
{
    Answers *answers = data;
    PGconn *conn = answers->pipeline->pg->conn;
    while (!are_all_taken(answers) && !ht_pg_patience_busy(answers->pipeline->pg)) {
        if (!take_result(answers, PQgetResult(conn)))
            return false;
    }
    return true;
}

static bool take_rest(Answers *answers)
{
    while (!are_all_taken(answers)) {
        PGresult *raw = NULL;
        GError **problem = answers->problem;
        if (!ht_pg_next_result(answers->pipeline->pg, &raw, *problem ? NULL : problem) ||
            !take_result(answers, raw))
            return false;
    }
    return true;
}

static bool read_sync(HtPgConnection *pg, GError **problem)
{
    for (;;) {
        PGresult *raw = NULL;
        if (!ht_pg_next_result(pg, &raw, *problem ? NULL : problem))
            return false;
        g_autoptr(PGresult) result = raw;
        if (result && PQresultStatus(result) == PGRES_PIPELINE_SYNC)
            return true;
        if (PQstatus(pg->conn) == CONNECTION_BAD) {
            if (!*problem)
                ht_pg_error_from_result(problem, pg, result);
            return false;
        }
    }
}

/* Prepares it first where that was not done yet on this connection. */
static bool send_step(HtPgConnection *pg, Step *step, GError **problem)
{
    const HtPgParam *params = (const HtPgParam *)(gpointer)step->params->data;
    int n = (int)step->params->len;
    if (!step->is_kept)
        return ht_pg_send(pg, step->sql, params, n, problem);
    const char *name = g_hash_table_lookup(pg->kept, step->sql);
    if (!name) {
        step->prepares = g_strdup_printf("ht_%u", ++pg->kept_serial);
        name = step->prepares;
        ht_pg_intake_begin(0);
        int ok = PQsendPrepare(pg->conn, name, step->sql, 0, NULL);
        ht_pg_intake_end();
        if (!ok) {
            ht_pg_error_from_result(problem, pg, NULL);
            return false;
        }
    }
    return ht_pg_send_kept(pg, name, params, n, problem);
}

static bool run(HtPgPipeline *pipeline, GError **problem)
{
    HtPgConnection *pg = pipeline->pg;
    ht_pg_patience_begin(pg, HT_PG_ANSWER_MAX);
    for (guint i = 0; i < pipeline->steps->len; i++) {
        if (!send_step(pg, &g_array_index(pipeline->steps, Step, i), problem))
            return false;
    }
    ht_pg_intake_begin(0);
    int ok = PQpipelineSync(pg->conn);
    ht_pg_intake_end();
    if (!ok) {
        ht_pg_error_from_result(problem, pg, NULL);
        return false;
    }
    Answers answers = {.pipeline = pipeline, .problem = problem};
    expect_step(&answers);
    if (!ht_pg_flush_taking(pg, take_ready, &answers, problem) || !take_rest(&answers)) {
        pipeline->broken_at = are_all_taken(&answers) ? NULL : step_at(&answers)->data;
        return false;
    }
    return read_sync(pg, problem);
}

gpointer ht_pg_pipeline_broken_at(const HtPgPipeline *pipeline)
{
    return pipeline->broken_at;
}

bool ht_pg_pipeline_finish(HtPgPipeline *pipeline, GError **error)
{
    HtPgConnection *pg = pipeline->pg;
    if (!ht_pg_check_usable(pg, error))
        return false;
    g_autoptr(GError) problem = NULL;
    if (!PQenterPipelineMode(pg->conn)) {
        ht_pg_error_from_result(error, pg, NULL);
        return false;
    }
    bool ok = run(pipeline, &problem);
    ht_pg_intake_begin(0);
    ok = ok && PQexitPipelineMode(pg->conn);
    ht_pg_intake_end();
    if (!ok) {
        pg->is_broken = true;
        if (!problem)
            ht_pg_error_from_result(&problem, pg, NULL);
    }
    g_array_set_size(pipeline->steps, 0);
    if (!problem)
        return true;
    g_propagate_error(error, g_steal_pointer(&problem));
    return false;
}
