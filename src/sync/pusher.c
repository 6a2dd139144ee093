/* Sends the outbox, batch by batch, in order. A batch is on disk as 'sending' before it leaves;
 * when the line is cut its outcome is unknown and the same batch goes again, and the server answers
 * what it answered the first time. A batch that the server refuses as a whole is halved until one
 * op stands alone, so that it never blocks the others: the poison op is parked, one that meets a
 * lock or a fault of the server's is left out for a while. If several of these stand in a row it is
 * the server's trouble, not theirs: then all of it waits. */
#include "internal.h"

#include "hiretty/base/failpoint.h"

#include <string.h>

#define BATCH_MAX 5000
#define RETRY_MAX 5
#define FAILED_MAX 3

/* Whose fault is it that a batch failed as a whole? */
typedef enum {
    FAULT_SERVER = 0, /* nobody's: the line's, the login's, or of the server as a whole */
    FAULT_OP,
    FAULT_LOCK,    /* somebody else holds a row for too long */
    FAULT_PASSING, /* the server stumbled */
} Fault;

typedef struct {
    HtSync *sync;
    int64_t failed[FAILED_MAX]; /* ops that alone failed and may pass, since the last that went */
    int n_failed;
} Push;

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
    const char *name = batch->function == HT_PUSH_DECISIONS ? "push_decisions" : "push_fields";
    g_autofree char *still = g_strconcat(name, "_still", NULL);
    const char *sql = ht_sync_sql(sync->can_hold_still ? still : name);
    g_autoptr(HtPgRows) rows = ht_pg_query(sync->pg, sql, params, G_N_ELEMENTS(params), error);
    if (!rows)
        return NULL;
    HtPgField field = ht_pg_rows_field(rows, 0, 0);
    char *text = ht_pg_field_dup_text(&field);
    return text ? text : g_strdup("[]");
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

static Fault fault_of(HtSync *sync, const GError *problem)
{
    if (!ht_pg_is_usable(sync->pg) || problem->domain != HT_PG_ERROR)
        return FAULT_SERVER;
    switch ((HtPgError)problem->code) {
    case HT_PG_ERROR_DATA:
        return FAULT_OP;
    case HT_PG_ERROR_DENIED:
        return is_member(sync) ? FAULT_OP : FAULT_SERVER;
    case HT_PG_ERROR_RETRY:
        /* Each batch locks the device first: whoever holds that holds all of them. */
        return ht_pg_error_is_in("app.device_lock(") ? FAULT_SERVER : FAULT_LOCK;
    case HT_PG_ERROR_SERVER:
        if (strcmp(ht_pg_error_sqlstate(), "25006") == 0) /* takes no changes now */
            return FAULT_SERVER;
        if (strcmp(ht_pg_error_sqlstate(), "57014") != 0)
            return FAULT_PASSING;
        return ht_pg_error_is_in("app.device_lock(") ? FAULT_SERVER : FAULT_LOCK;
    case HT_PG_ERROR_FAILED:
    case HT_PG_ERROR_SCHEMA:
        return FAULT_PASSING;
    case HT_PG_ERROR_OFFLINE:
    case HT_PG_ERROR_AUTH:
    case HT_PG_ERROR_REFUSED:
    case HT_PG_ERROR_TLS:
    case HT_PG_ERROR_SETUP:
    case HT_PG_ERROR_PROTOCOL:
    case HT_PG_ERROR_LARGE:
    case HT_PG_ERROR_CANCELLED:
    default:
        return FAULT_SERVER;
    }
}

static char *send_and_retry(HtSync *sync, const HtPushBatch *batch, GError **error)
{
    for (int i = 1;; i++) {
        g_autoptr(GError) problem = NULL;
        char *outcomes = send_batch(sync, batch, &problem);
        if (outcomes)
            return outcomes;
        /* Two transactions met: the other one is through now. A lock has been waited for already.
         */
        if (i < RETRY_MAX && g_error_matches(problem, HT_PG_ERROR, HT_PG_ERROR_RETRY) &&
            g_str_has_prefix(ht_pg_error_sqlstate(), "40"))
            continue;
        g_propagate_error(error, g_steal_pointer(&problem));
        return NULL;
    }
}

static bool park(HtSync *sync, const HtPushBatch *batch, const char *why, GError **error)
{
    sync->report->parked += batch->n == 1;
    sync->report->sent += batch->n == 1;
    return ht_outbox_bisect(sync->outbox, batch, why, error);
}

/* Takes `problem`, of a batch that failed for something that may pass. false: no use in going on.
 */
static bool hold(Push *push, const HtPushBatch *batch, Fault fault, GError *problem, GError **error)
{
    g_autoptr(GError) owned = problem;
    HtSync *sync = push->sync;
    HtHold hold = HT_HOLD_WAITS;
    if (!ht_outbox_hold(sync->outbox, batch, owned->message, fault == FAULT_PASSING, &hold, error))
        return false;
    sync->wants_fresh |= fault == FAULT_PASSING;
    if (batch->n > 1)
        return true;
    if (hold == HT_HOLD_PARKED) {
        sync->report->parked++;
        sync->report->sent++;
        return true;
    }
    push->failed[push->n_failed++] = batch->first_seq;
    if (push->n_failed < FAILED_MAX)
        return true;
    for (int i = 0; i < FAILED_MAX; i++) {
        if (!ht_outbox_untry(sync->outbox, push->failed[i], error))
            return false;
    }
    g_propagate_error(error, g_steal_pointer(&owned));
    return false;
}

static bool push_batch(Push *push, HtPushBatch *batch, GError **error)
{
    HtSync *sync = push->sync;
    g_autoptr(GError) problem = NULL;
    g_autofree char *outcomes = send_and_retry(sync, batch, &problem);
    if (outcomes)
        HT_FAILPOINT(PUSH_ANSWERED);
    if (outcomes && ht_outbox_acknowledge(sync->outbox, batch, outcomes, &problem)) {
        sync->report->sent += (guint)batch->n - batch->n_again;
        count_outcomes(sync->report, outcomes);
        sync->report->conflicts -= batch->n_same + batch->n_again;
        sync->report->same += batch->n_same;
        push->n_failed = 0;
        return ht_sync_part_from_copy(sync, error);
    }
    Fault fault = outcomes ? FAULT_SERVER : fault_of(sync, problem);
    if (outcomes && g_error_matches(problem, HT_OUTBOX_ERROR, HT_OUTBOX_ERROR_MALFORMED))
        fault = FAULT_OP;
    if (fault == FAULT_OP)
        return park(sync, batch, problem->message, error);
    if (fault != FAULT_SERVER)
        return hold(push, batch, fault, g_steal_pointer(&problem), error);
    /* The batch stays on disk as it is, and the next call gives it again. */
    g_propagate_error(error, g_steal_pointer(&problem));
    return false;
}

static bool count_held(HtSync *sync, GError **error)
{
    g_autofree char *why = NULL;
    if (!ht_outbox_held(sync->outbox, &sync->report->held, &why, error))
        return false;
    g_strlcpy(sync->report->why_held, why ? why : "", sizeof sync->report->why_held);
    return true;
}

bool ht_sync_push(HtSync *sync, GError **error)
{
    Push push = {.sync = sync};
    for (;;) {
        g_autoptr(GError) problem = NULL;
        g_autoptr(HtPushBatch) batch = ht_outbox_next_batch(sync->outbox, BATCH_MAX, &problem);
        if (!batch && !problem)
            return count_held(sync, error);
        if (problem) {
            g_propagate_error(error, g_steal_pointer(&problem));
            return false;
        }
        if (!push_batch(&push, batch, error))
            return false;
        ht_sync_status_notify(sync, true);
    }
}
