/* The counters of stages, made once after a first load; triggers keep them from then on. A million
 * applications are counted in the order of an index: a GROUP BY would sort them. */
#include "internal.h"

typedef struct {
    HtKey stage;
    int64_t n;
} Count;

/* The stages of one job are few. */
static void count_one(GArray *counts, HtKey stage)
{
    for (guint i = 0; i < counts->len; i++) {
        Count *count = &g_array_index(counts, Count, i);
        if (count->stage == stage) {
            count->n++;
            return;
        }
    }
    Count fresh = {stage, 1};
    g_array_append_val(counts, fresh);
}

static bool put_counts(HtDb *db, HtKey job, GArray *counts, GError **error)
{
    for (guint i = 0; i < counts->len; i++) {
        const Count *count = &g_array_index(counts, Count, i);
        HtStmt *put = ht_db_stmt(db, HT_QUERY("counters_put"), error);
        if (!put)
            return false;
        ht_stmt_bind_int(put, 1, job);
        ht_stmt_bind_int(put, 2, count->stage);
        ht_stmt_bind_int(put, 3, count->n);
        if (!ht_stmt_run(put, error))
            return false;
    }
    g_array_set_size(counts, 0);
    return true;
}

/* No job and no stage count as 0. */
static bool count_all(HtDb *db, GError **error)
{
    g_autoptr(GArray) counts = g_array_new(FALSE, FALSE, sizeof(Count));
    g_auto(HtStmtUse) rows = {ht_db_stmt(db, HT_QUERY("counters_rows"), error)};
    if (!rows.stmt)
        return false;
    HtKey job = 0;
    HtStep step;
    while ((step = ht_stmt_step(rows.stmt, error)) == HT_STEP_ROW) {
        HtKey of = ht_stmt_int(rows.stmt, 0);
        if (of != job && !put_counts(db, job, counts, error))
            return false;
        job = of;
        count_one(counts, ht_stmt_int(rows.stmt, 1));
    }
    return step == HT_STEP_DONE && put_counts(db, job, counts, error);
}

bool ht_counters_rebuild(HtDb *db, GError **error)
{
    return ht_run_query(db, HT_QUERY("counters_clear"), error) && count_all(db, error) &&
           ht_run_query(db, HT_QUERY("counters_shown"), error) &&
           ht_run_query(db, HT_QUERY("counters_seen"), error);
}
