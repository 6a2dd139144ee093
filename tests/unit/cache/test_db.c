/* What a connection does when SQLite ends a transaction by itself, as it does after a read that
 * failed. */
#include "hiretty/cache/db.h"
#include "hiretty/cache/error.h"

#include <glib/gstdio.h>

typedef struct {
    char *folder, *path;
    HtDb *db;
} Bench;

static void bench_open(Bench *bench)
{
    g_autoptr(GError) error = NULL;
    bench->folder = g_dir_make_tmp("hiretty-XXXXXX", &error);
    g_assert_no_error(error);
    bench->path = g_build_filename(bench->folder, "some.db", NULL);
    bench->db = ht_db_open(bench->path, HT_DB_WRITE, "test", 1024, &error);
    g_assert_no_error(error);
    ht_db_exec(bench->db, "CREATE TABLE t (a INTEGER PRIMARY KEY); INSERT INTO t VALUES (1)",
               &error);
    g_assert_no_error(error);
}

static void bench_close(Bench *bench)
{
    static const char *const endings[] = {"", "-wal", "-shm"};
    ht_db_close(bench->db);
    for (gsize i = 0; i < G_N_ELEMENTS(endings); i++) {
        g_autofree char *name = g_strconcat(bench->path, endings[i], NULL);
        g_unlink(name);
    }
    g_rmdir(bench->folder);
    g_free(bench->path);
    g_free(bench->folder);
}

static int64_t count(HtDb *db)
{
    g_autoptr(GError) error = NULL;
    HtStmt *stmt = ht_db_prepare(db, "count", "SELECT count(*) FROM t", &error);
    g_assert_no_error(error);
    g_assert_cmpint(ht_stmt_step(stmt, &error), ==, HT_STEP_ROW);
    int64_t n = ht_stmt_int(stmt, 0);
    ht_stmt_finalize(stmt);
    return n;
}

/* Somebody who did not look at an error goes on: nothing of what follows may stand alone. */
static void test_undone(void)
{
    Bench bench;
    bench_open(&bench);
    g_autoptr(GError) first = NULL, second = NULL, third = NULL, fourth = NULL;
    HtStmt *kept = ht_db_prepare(bench.db, "kept", "INSERT INTO t VALUES (4)", &first);
    g_assert_true(ht_db_begin(bench.db, true, &first));
    g_assert_true(ht_db_exec(bench.db, "INSERT INTO t VALUES (2)", &first));
    g_assert_no_error(first);
    g_assert_false(ht_db_exec(bench.db, "INSERT OR ROLLBACK INTO t VALUES (1)", &first));
    g_assert_error(first, HT_CACHE_ERROR, HT_CACHE_ERROR_CONSTRAINT);
    g_assert_false(ht_db_in_transaction(bench.db));
    g_assert_false(ht_db_exec(bench.db, "INSERT INTO t VALUES (3)", &second));
    g_assert_cmpstr(second->message, ==, first->message);
    g_assert_false(ht_stmt_run(kept, &third));
    g_assert_cmpstr(third->message, ==, first->message);
    g_assert_false(ht_db_commit(bench.db, &fourth));
    g_assert_cmpstr(fourth->message, ==, first->message);
    ht_stmt_finalize(kept);
    ht_db_rollback(bench.db);
    g_assert_cmpint(count(bench.db), ==, 1);
    bench_close(&bench);
}

/* Once it was ended, or another one begun, all is as before. */
static void test_after_it(void)
{
    Bench bench;
    bench_open(&bench);
    g_autoptr(GError) error = NULL;
    g_assert_true(ht_db_begin(bench.db, true, NULL));
    g_assert_false(ht_db_exec(bench.db, "INSERT OR ROLLBACK INTO t VALUES (1)", NULL));
    g_assert_false(ht_db_commit(bench.db, NULL));
    g_assert_true(ht_db_exec(bench.db, "INSERT INTO t VALUES (2)", &error));
    g_assert_true(ht_db_begin(bench.db, true, NULL));
    g_assert_false(ht_db_exec(bench.db, "INSERT OR ROLLBACK INTO t VALUES (1)", NULL));
    g_assert_true(ht_db_begin(bench.db, true, &error));
    g_assert_true(ht_db_exec(bench.db, "INSERT INTO t VALUES (3)", &error));
    g_assert_true(ht_db_commit(bench.db, &error));
    g_assert_no_error(error);
    g_assert_cmpint(count(bench.db), ==, 3);
    bench_close(&bench);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/cache/db/undone", test_undone);
    g_test_add_func("/cache/db/after_it", test_after_it);
    return g_test_run();
}
