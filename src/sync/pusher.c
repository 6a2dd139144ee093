/* Sends the outbox, batch by batch, in order. A batch is on disk as 'sending' before it leaves;
 * when the line is cut its outcome is unknown and the same batch goes again, and the server answers
 * what it answered the first time. A batch that the server refuses as a whole is halved until the
 * poison op stands alone and is parked, so it never blocks the others. */
#include "internal.h"

#include "hiretty/base/failpoint.h"

#include <string.h>

#define BATCH_MAX 5000
#define RETRY_MAX 5

static void count_outcomes(HtSyncReport *report, const char *text)
{
    g_autoptr(HtJson) outcomes = ht_json_parse(text, -1, NULL);
    struct {
        const char *name;
        guint *counter;
    } kinds[] = {
        {"applied", &report->applied},    {"merged", &report->merged},
        {"conflict", &report->conflicts}, {"gone", &report->gone},
        {"rejected", &report->rejected},
    };
    for (const HtJson *e = ht_json_first(outcomes); e; e = ht_json_next(e)) {
        const char *outcome = ht_json_get_string(e, "outcome", "");
        for (gsize i = 0; i < G_N_ELEMENTS(kinds); i++)
            *kinds[i].counter += strcmp(outcome, kinds[i].name) == 0;
    }
}

static char *send_batch(HtSync *sync, const HtPushBatch *batch, GError **error)
{
    char device[HT_UUID_TEXT];
    HtPgParam params[] = {{.text = ht_uuid_format(&sync->device, device)},
                          {.text = batch->ops_json}};
    const char *sql =
        ht_sync_sql(batch->function == HT_PUSH_DECISIONS ? "push_decisions" : "push_fields");
    g_autoptr(HtPgRows) rows = ht_pg_query(sync->pg, sql, params, G_N_ELEMENTS(params), error);
    if (!rows)
        return NULL;
    HtPgField field = ht_pg_rows_field(rows, 0, 0);
    char *text = ht_pg_field_dup_text(&field);
    return text ? text : g_strdup("[]");
}

/* The server refused the batch as a whole, or its answer does not fit. */
static bool halve(HtSync *sync, const HtPushBatch *batch, const char *why, GError **error)
{
    sync->report->parked += batch->n == 1;
    sync->report->sent += batch->n == 1;
    return ht_outbox_bisect(sync->outbox, batch, why, error);
}

/* Whoever is no member any more gets a refusal for every batch: that is no op's fault. */
static bool is_member(HtSync *sync)
{
    g_autoptr(HtPgRows) rows = ht_pg_query(sync->pg, ht_sync_sql("is_member"), NULL, 0, NULL);
    if (!rows || ht_pg_rows_count(rows) != 1)
        return false;
    HtPgField field = ht_pg_rows_field(rows, 0, 0);
    bool member = false;
    return ht_pg_field_bool(&field, &member) && member;
}

/* Would the same batch fail for ever, and a part of it go? */
static bool is_refused(HtSync *sync, const HtPushBatch *batch, const GError *problem)
{
    if (!ht_pg_is_usable(sync->pg) || problem->domain != HT_PG_ERROR)
        return false;
    switch ((HtPgError)problem->code) {
    case HT_PG_ERROR_FAILED:
    case HT_PG_ERROR_DATA:
        return true;
    case HT_PG_ERROR_DENIED:
        return is_member(sync);
    case HT_PG_ERROR_SERVER: /* the server's time limit for a statement: fewer ops fit into it */
        return batch->n > 1 && strcmp(ht_pg_error_sqlstate(), "57014") == 0;
    case HT_PG_ERROR_OFFLINE:
    case HT_PG_ERROR_AUTH:
    case HT_PG_ERROR_REFUSED:
    case HT_PG_ERROR_TLS:
    case HT_PG_ERROR_SETUP:
    case HT_PG_ERROR_RETRY:
    case HT_PG_ERROR_SCHEMA:
    case HT_PG_ERROR_PROTOCOL:
    case HT_PG_ERROR_CANCELLED:
    default:
        return false;
    }
}

static char *send_and_retry(HtSync *sync, const HtPushBatch *batch, GError **error)
{
    for (int i = 1;; i++) {
        g_autoptr(GError) problem = NULL;
        char *outcomes = send_batch(sync, batch, &problem);
        if (outcomes)
            return outcomes;
        if (i < RETRY_MAX && g_error_matches(problem, HT_PG_ERROR, HT_PG_ERROR_RETRY))
            continue;
        g_propagate_error(error, g_steal_pointer(&problem));
        return NULL;
    }
}

static bool push_batch(HtSync *sync, const HtPushBatch *batch, GError **error)
{
    g_autoptr(GError) problem = NULL;
    g_autofree char *outcomes = send_and_retry(sync, batch, &problem);
    if (outcomes)
        HT_FAILPOINT(PUSH_ANSWERED);
    if (outcomes && ht_outbox_acknowledge(sync->outbox, batch, outcomes, &problem)) {
        sync->report->sent += (guint)batch->n;
        count_outcomes(sync->report, outcomes);
        return true;
    }
    bool is_bad = outcomes ? g_error_matches(problem, HT_OUTBOX_ERROR, HT_OUTBOX_ERROR_MALFORMED)
                           : is_refused(sync, batch, problem);
    if (is_bad)
        return halve(sync, batch, problem->message, error);
    ht_outbox_requeue(sync->outbox, batch);
    g_propagate_error(error, g_steal_pointer(&problem));
    return false;
}

bool ht_sync_push(HtSync *sync, GError **error)
{
    for (;;) {
        g_autoptr(GError) problem = NULL;
        g_autoptr(HtPushBatch) batch = ht_outbox_next_batch(sync->outbox, BATCH_MAX, &problem);
        if (!batch) {
            if (!problem)
                return true;
            g_propagate_error(error, g_steal_pointer(&problem));
            return false;
        }
        if (!push_batch(sync, batch, error))
            return false;
        ht_sync_status_notify(sync, true);
    }
}
