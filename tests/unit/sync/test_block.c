/* Blocks of rows on their way into the cache: decoded ahead of what is written, with pauses in
 * between, and cut anywhere. */
#include "../../../src/cache/internal.h"
#include "../../../src/sync/internal.h"
#include "../cache/fixture.h"

#include <string.h>

#define N_ROWS 100
#define NAMED 7 /* so many others that the rows name in turn */

typedef struct {
    Fixture fixture;
    HtSyncSelect *select; /* id, job_id, score, source of applications */
    GBytes *bytes;
    gsize ends[N_ROWS]; /* of the tuples */
} Bench;

static HtSyncSelect *choose(void)
{
    g_autoptr(HtJson) json = ht_json_parse(
        "{\"candidate_job_matches\": [\"id\", \"job_id\", \"score\", \"source\"]}", -1, NULL);
    g_autoptr(HtSyncColumns) columns = ht_sync_columns_new(json);
    return ht_sync_select_new(columns, ht_sync_table_by_name("candidate_job_matches"),
                              HT_SELECT_HOT);
}

/* Row i: the i-th id, one of a few jobs, the score i, its number in words of growing length. */
static GBytes *make_rows(gsize *ends)
{
    GByteArray *bytes = g_byte_array_new();
    for (int i = 0; i < N_ROWS; i++) {
        HtUuid id = test_id('M', i), job = test_id('J', i % NAMED);
        guint8 score[] = {0, 2, 0, 0, 0, 0, 0, 2, 0, (guint8)(i / 100), 0, 0}; /* i hundredths */
        guint16 part = GUINT16_TO_BE((guint16)(i % 100 * 100));
        memcpy(score + 10, &part, sizeof part);
        g_autofree char *source = g_strnfill((gsize)i, 'x');
        HtPgField fields[] = {
            {id.b, 16}, {job.b, 16}, {score, sizeof score}, {(const guint8 *)source, i}};
        ht_sync_tuple_append(bytes, fields, G_N_ELEMENTS(fields));
        ends[i] = bytes->len;
    }
    return g_byte_array_free_to_bytes(bytes);
}

static void bench_open(Bench *bench)
{
    fixture_open(&bench->fixture);
    bench->select = choose();
    g_assert_cmpint(bench->select->n, ==, 4);
    bench->bytes = make_rows(bench->ends);
}

static void bench_close(Bench *bench)
{
    ht_sync_select_free(bench->select);
    g_bytes_unref(bench->bytes);
    fixture_close(&bench->fixture);
}

/* All N_ROWS rows, each with its own values, and no other. */
static void check_rows(HtDb *db, int n)
{
    GError *error = NULL;
    g_auto(HtStmtUse) use = {
        ht_db_stmt_text(db,
                        "SELECT i.id, j.id, m.score, length(m.source) FROM candidate_job_matches m "
                        "JOIN ids i ON i.k = m.k JOIN ids j ON j.k = m.job_k ORDER BY m.score",
                        &error)};
    g_assert_no_error(error);
    int at = 0;
    while (ht_stmt_step(use.stmt, &error) == HT_STEP_ROW) {
        HtUuid id, job, wanted = test_id('M', at), wanted_job = test_id('J', at % NAMED);
        g_assert_true(ht_stmt_uuid(use.stmt, 0, &id) && ht_uuid_equal(&id, &wanted));
        g_assert_true(ht_stmt_uuid(use.stmt, 1, &job) && ht_uuid_equal(&job, &wanted_job));
        g_assert_cmpint(ht_stmt_int(use.stmt, 2), ==, at);
        g_assert_cmpint(ht_stmt_int(use.stmt, 3), ==, at);
        at++;
    }
    g_assert_no_error(error);
    g_assert_cmpint(at, ==, n);
}

typedef struct {
    HtSyncBlock *block;
    int n; /* rows that the block has */
} Work;

/* Somebody always waits: a pause after every few rows. */
static bool apply_with_pauses(HtApply *apply, gpointer data, GError **error)
{
    const Work *work = data;
    bool is_done = false;
    int pauses = 0;
    for (; !is_done; pauses++) {
        apply->started_us = 0;
        if (!ht_sync_block_apply(work->block, apply, true, &is_done, error))
            return false;
    }
    g_assert_cmpint(pauses, >, work->n / 20);
    g_assert_cmpint(work->block->rows, ==, work->n);
    check_rows(apply->db, work->n);
    return true;
}

static bool apply_at_once(HtApply *apply, gpointer data, GError **error)
{
    const Work *work = data;
    bool is_done = false;
    if (!ht_sync_block_apply(work->block, apply, false, &is_done, error))
        return false;
    g_assert_true(is_done);
    check_rows(apply->db, work->n);
    g_set_error_literal(error, HT_CACHE_ERROR, HT_CACHE_ERROR_NOT_FOUND, "back");
    return false;
}

static void test_pauses(void)
{
    Bench bench;
    bench_open(&bench);
    static const HtApplyMode modes[] = {HT_APPLY_UPSERT, HT_APPLY_BULK};
    for (gsize i = 0; i < G_N_ELEMENTS(modes); i++) {
        GError *error = NULL;
        Work work = {ht_sync_block_new(bench.select, g_bytes_ref(bench.bytes), modes[i]), N_ROWS};
        ht_cache_apply(bench.fixture.cache, apply_with_pauses, &work, &error);
        g_assert_no_error(error);
        ht_sync_block_free(work.block);
    }
    bench_close(&bench);
}

/* Whole tuples are taken, however many they are; a tuple that is cut is refused, and nothing of
 * the block stays. */
static void test_cut(void)
{
    Bench bench;
    bench_open(&bench);
    gsize size = bench.ends[19];
    for (gsize end = 0, n = 0; end <= size; end++) {
        GError *error = NULL;
        n += n < N_ROWS && end == bench.ends[n];
        bool is_whole = end == 0 || end == bench.ends[n ? n - 1 : 0];
        Work work = {ht_sync_block_new(bench.select, g_bytes_new_from_bytes(bench.bytes, 0, end),
                                       HT_APPLY_BULK),
                     (int)n};
        g_assert_false(ht_cache_apply(bench.fixture.cache, apply_at_once, &work, &error));
        if (is_whole)
            g_assert_error(error, HT_CACHE_ERROR, HT_CACHE_ERROR_NOT_FOUND);
        else
            g_assert_error(error, HT_PG_ERROR, HT_PG_ERROR_PROTOCOL);
        g_clear_error(&error);
        ht_sync_block_free(work.block);
    }
    bench_close(&bench);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/sync/block/pauses", test_pauses);
    g_test_add_func("/sync/block/cut", test_cut);
    return g_test_run();
}
