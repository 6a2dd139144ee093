/* The log of a database: what a killed process leaves of it, and when it is taken into the file. */
#include "fixture.h"

#include "hiretty/cache/db.h"
#include "hiretty/cache/error.h"

#include <glib/gstdio.h>
#include <string.h>

enum { ROUNDS = 60, KEYS = 400, PAGE = 8192 };

static HtDb *open_db(const char *path, int cache_kib)
{
    g_autoptr(GError) error = NULL;
    HtDb *db = ht_db_open(path, HT_DB_WRITE, "test", cache_kib, &error);
    g_assert_no_error(error);
    return db;
}

static int64_t ask(HtDb *db, const char *sql)
{
    g_autoptr(GError) error = NULL;
    g_auto(HtStmtUse) use = {ht_db_stmt_text(db, sql, &error)};
    g_assert_no_error(error);
    g_assert_cmpint(ht_stmt_step(use.stmt, &error), ==, HT_STEP_ROW);
    return ht_stmt_int(use.stmt, 0);
}

static void run(HtDb *db, const char *sql)
{
    g_autoptr(GError) error = NULL;
    ht_db_exec(db, sql, &error);
    g_assert_no_error(error);
}

static int64_t size_of(const char *path)
{
    GStatBuf st;
    return g_stat(path, &st) == 0 ? st.st_size : 0;
}

/* More pages than fit into memory, some of them twice: they go to the log before the commit and are
 * written there anew. */
static void change(HtDb *db, GRand *random)
{
    for (int i = 0; i < 60; i++) {
        g_autofree char *sql =
            g_strdup_printf("INSERT OR REPLACE INTO t VALUES (%d, hex(zeroblob(%d)), %d)",
                            g_rand_int_range(random, 1, KEYS), g_rand_int_range(random, 1, 4000),
                            g_rand_int_range(random, 0, 1000));
        run(db, sql);
    }
}

#define SUM "SELECT coalesce(sum(k * 1009 + n * 31 + length(a)), 0) FROM t"

/* The files as they are now, opened by somebody else. */
static void check_copy(const char *path, int64_t sum)
{
    g_autofree char *log = g_strconcat(path, "-wal", NULL);
    g_autofree char *copy = g_strconcat(path, ".copy", NULL);
    g_autofree char *copy_log = g_strconcat(copy, "-wal", NULL);
    const char *const files[][2] = {{path, copy}, {log, copy_log}};
    for (gsize i = 0; i < G_N_ELEMENTS(files); i++) {
        g_autofree char *bytes = NULL;
        gsize n = 0;
        g_autoptr(GError) error = NULL;
        g_file_get_contents(files[i][0], &bytes, &n, &error);
        g_assert_no_error(error);
        g_file_set_contents_full(files[i][1], bytes, (gssize)n, G_FILE_SET_CONTENTS_NONE, 0600,
                                 &error);
        g_assert_no_error(error);
    }
    HtDb *db = open_db(copy, 2000);
    g_assert_cmpint(ask(db, SUM), ==, sum);
    g_assert_true(ht_db_check_pages(db, false, NULL));
    ht_db_close(db);
    g_unlink(copy);
    g_unlink(copy_log);
}

/* Two writers in turn, which do not know of each other's end of the log; commits and rollbacks, the
 * log begun anew now and then. After each step the files that a kill would leave hold
 * what was committed last, whole. */
static void test_killed(void)
{
    const char *wanted = g_getenv("HIRETTY_SEED");
    guint32 seed = wanted ? (guint32)g_ascii_strtoull(wanted, NULL, 10) : g_random_int();
    g_test_message("HIRETTY_SEED=%u", seed);
    g_autoptr(GRand) random = g_rand_new_with_seed(seed);
    g_autofree char *dir = g_dir_make_tmp("hiretty-log-XXXXXX", NULL);
    g_autofree char *path = g_build_filename(dir, "a.db", NULL);
    HtDb *writers[] = {open_db(path, 64), open_db(path, 64)};
    run(writers[0], "CREATE TABLE t (k INTEGER PRIMARY KEY, a TEXT, n INTEGER);"
                    "CREATE INDEX by_n ON t (n);");
    int64_t sum = 0;
    for (int i = 0; i < ROUNDS; i++) {
        HtDb *db = writers[g_rand_int_range(random, 0, 2)];
        g_assert_true(ht_db_begin(db, true, NULL));
        change(db, random);
        int64_t now = ask(db, SUM);
        if (g_rand_int_range(random, 0, 4) == 0) {
            ht_db_rollback(db);
        } else {
            g_assert_true(ht_db_commit(db, NULL));
            sum = now;
        }
        check_copy(path, sum);
        if (g_rand_int_range(random, 0, 6) == 0)
            g_assert_true(ht_db_take_log(db, NULL));
    }
    for (int i = 0; i < 2; i++)
        ht_db_close(writers[i]);
    g_unlink(path);
    g_rmdir(dir);
}

/* A commit takes the log into the file only above the limit; else that is done when asked. */
static void test_limit(void)
{
    g_autofree char *dir = g_dir_make_tmp("hiretty-log-XXXXXX", NULL);
    g_autofree char *path = g_build_filename(dir, "a.db", NULL);
    HtDb *db = open_db(path, 2000);
    ht_db_keep_log(db, 2500);
    run(db, "CREATE TABLE t (a BLOB)");
    run(db, "INSERT INTO t VALUES (randomblob(1500 * 8192))");
    g_assert_cmpint(ht_db_log_pages(db), >=, 1500);
    g_assert_cmpint(size_of(path), <, 100 * PAGE);
    g_autoptr(GError) error = NULL;
    ht_db_interrupt(db); /* as an intent does that waits: nothing is lost, nothing is done */
    g_assert_false(ht_db_take_log(db, &error));
    g_assert_error(error, HT_CACHE_ERROR, HT_CACHE_ERROR_INTERRUPTED);
    g_assert_cmpint(ht_db_log_pages(db), >=, 1500);
    g_assert_cmpint(size_of(path), <, 100 * PAGE);
    g_assert_true(ht_db_take_log(db, NULL));
    g_assert_cmpint(ht_db_log_pages(db), ==, 0);
    g_assert_cmpint(size_of(path), >=, 1500 * PAGE);
    run(db, "INSERT INTO t VALUES (randomblob(1500 * 8192))");
    g_assert_cmpint(size_of(path), <, 1600 * PAGE);
    run(db, "INSERT INTO t VALUES (randomblob(1500 * 8192))");
    g_assert_cmpint(size_of(path), >=, 4500 * PAGE);
    ht_db_close(db);
    g_unlink(path);
    g_rmdir(dir);
}

static void put_much(HtApply *apply, gpointer data)
{
    (void)data;
    g_autofree char *text = g_strnfill(1500 * PAGE, 'x');
    put_row(apply, HT_APPLY_UPSERT, "jobs", "id", "J1", "title", "Cook", "description", text, NULL);
}

/* The cache's writer does it when nothing else is to be done. */
static void test_idle(void)
{
    Fixture fixture;
    fixture_open(&fixture);
    g_autofree char *path = ht_cache_path(fixture.cache);
    g_assert_cmpint(size_of(path), <, 1500 * PAGE);
    fixture_apply(&fixture, put_much, NULL);
    g_autoptr(GError) error = NULL;
    g_assert_true(ht_cache_forget(fixture.cache, false, &error)); /* idle work, behind that */
    g_assert_no_error(error);
    g_assert_cmpint(size_of(path), >=, 1500 * PAGE);
    fixture_close(&fixture);
}

static void put_more(HtApply *apply, gpointer data)
{
    int *pages = data;
    g_autofree char *text = g_strnfill((gsize)*pages * PAGE, 'y');
    put_row(apply, HT_APPLY_UPSERT, "jobs", "id", "J2", "title", "Cook", "description", text, NULL);
}

typedef struct {
    const char *path;
    int64_t size;
} Seen;

static void read_size(HtApply *apply, gpointer data)
{
    Seen *seen = data;
    (void)apply;
    seen->size = size_of(seen->path);
}

/* A long one is not left until nothing else is to be done: it goes before the next batch. */
static void test_long(void)
{
    Fixture fixture;
    fixture_open(&fixture);
    g_autofree char *path = ht_cache_path(fixture.cache);
    Seen seen = {.path = path};
    int pages = 4500;
    fixture_apply(&fixture, put_more, &pages);
    fixture_apply(&fixture, read_size, &seen);
    g_assert_cmpint(seen.size, >=, 4500 * PAGE);
    fixture_close(&fixture);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/cache/log/killed", test_killed);
    g_test_add_func("/cache/log/limit", test_limit);
    g_test_add_func("/cache/log/idle", test_idle);
    g_test_add_func("/cache/log/long", test_long);
    return g_test_run();
}
