/* Indexes that are made by hand or by an expression say what the plain ones would; those of an
 * older program are replaced. */
#include "../../../src/cache/internal.h"
#include "fixture.h"

#include "hiretty/base/resource.h"
#include "hiretty/cache/matches.h"

#include <string.h>

static int64_t ask(Fixture *fixture, const char *sql)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(HtReader) reader = ht_reader_new(fixture->cache, "test", &error);
    g_assert_no_error(error);
    g_auto(HtStmtUse) use = {ht_db_stmt_text(ht_reader_db(reader), sql, &error)};
    g_assert_no_error(error);
    return ht_stmt_step(use.stmt, NULL) == HT_STEP_ROW ? ht_stmt_int(use.stmt, 0) : -1;
}

static char *plan(Fixture *fixture, const char *sql)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(HtReader) reader = ht_reader_new(fixture->cache, "test", &error);
    g_autofree char *explain = g_strconcat("EXPLAIN QUERY PLAN ", sql, NULL);
    g_auto(HtStmtUse) use = {ht_db_stmt_text(ht_reader_db(reader), explain, &error)};
    g_assert_no_error(error);
    g_autoptr(GString) out = g_string_new(NULL);
    while (ht_stmt_step(use.stmt, NULL) == HT_STEP_ROW)
        g_string_append_printf(out, "%s; ", ht_stmt_text(use.stmt, 3));
    return g_string_free(g_steal_pointer(&out), FALSE);
}

static void run(Fixture *fixture, const char *sql)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *path = ht_cache_path(fixture->cache);
    g_clear_pointer(&fixture->cache, ht_cache_close);
    HtDb *db = ht_db_open(path, HT_DB_WRITE, "test", 1024, &error);
    g_assert_no_error(error);
    g_assert_true(ht_db_exec(db, sql, &error));
    g_assert_no_error(error);
    ht_db_close(db);
}

/* Scores that no server of ours sends stay within their job. */
static void odd_scores(HtApply *apply, gpointer data)
{
    (void)data;
    static const char *const scores[] = {"\\N",    "0",       "10000", "131070",
                                         "131071", "9000000", "-1",    "-77"};
    for (gsize i = 0; i < G_N_ELEMENTS(scores); i++) {
        g_autofree char *id = g_strdup_printf("M%d", 100 + (int)i);
        put_row(apply, HT_APPLY_UPSERT, "candidate_job_matches", "id", id, "candidate_id", "C1",
                "job_id", "J1", "score", scores[i], NULL);
    }
}

static char *ranked(Fixture *fixture)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(HtReader) reader = ht_reader_new(fixture->cache, "test", &error);
    g_autoptr(GString) out = g_string_new(NULL);
    for (int job = 1; job <= 2; job++) {
        HtMatchQuery query = {.job = fixture_key(reader, job == 1 ? "J1" : "J2")};
        g_autoptr(HtKeyArray) keys = ht_cache_match_keys(reader, &query, &error);
        g_assert_no_error(error);
        for (gsize i = 0; i < keys->n; i++)
            g_string_append_printf(out, "%" G_GINT64_FORMAT " ", keys->keys[i]);
        g_string_append_c(out, '\n');
    }
    return g_string_free(g_steal_pointer(&out), FALSE);
}

static void test_ranked(void)
{
    Fixture fixture;
    fixture_open(&fixture);
    fixture_fill(&fixture);
    /* What the index says beside what sorting says. */
    static const char wrong[] =
        "SELECT count(*) FROM (SELECT row_number() OVER (ORDER BY rank, k) AS a, row_number() OVER "
        "(ORDER BY score IS NULL, score DESC, k) AS b FROM ranked_matches WHERE rank BETWEEN 1 << "
        "17 AND (1 << 17) | 131071) WHERE a <> b";
    g_assert_cmpint(ask(&fixture, "SELECT job_k FROM candidate_job_matches LIMIT 1"), ==, 1);
    g_assert_cmpint(ask(&fixture, wrong), ==, 0);
    fixture_apply(&fixture, odd_scores, NULL);
    g_assert_cmpint(ask(&fixture, "SELECT count(*) FROM ranked_matches WHERE rank BETWEEN 1 << 17 "
                                  "AND (1 << 17) | 131071"),
                    ==, 28);
    g_assert_cmpint(ask(&fixture, "SELECT count(*) FROM ranked_matches WHERE job_k <> rank >> 17"),
                    ==, 0);
    g_autofree char *list =
        plan(&fixture, "SELECT m.k FROM ranked_matches m WHERE m.rank BETWEEN ?1 << 17 AND (?1 << "
                       "17) | 131071 AND m.score >= 80 ORDER BY m.rank, m.k");
    g_assert_nonnull(strstr(list, "COVERING INDEX matches_by_rank"));
    g_assert_null(strstr(list, "TEMP B-TREE"));
    g_autofree char *oldest = plan(&fixture, ht_resource_text(HT_QUERY("stage_oldest")));
    g_assert_nonnull(strstr(oldest, "COVERING INDEX matches_by_wait"));
    g_assert_null(strstr(oldest, "TEMP B-TREE"));
    fixture_close(&fixture);
}

/* The file of an older program: its own indexes, no views, no index of ids that is a table. */
static void test_older_file(void)
{
    Fixture fixture;
    fixture_open(&fixture);
    fixture_fill(&fixture);
    g_autoptr(GError) error = NULL;
    g_autofree char *before = ranked(&fixture);
    g_assert_cmpuint(strlen(before), >, 50);
    run(&fixture,
        "DROP INDEX matches_by_rank; DROP INDEX matches_by_wait; DROP VIEW ranked_matches; DROP "
        "VIEW waiting_matches; DROP TABLE keys_by_id; DROP TRIGGER id_added; CREATE INDEX "
        "matches_by_score ON candidate_job_matches (job_k, score DESC, k, stage_k, applied_at); "
        "CREATE INDEX matches_by_stage ON candidate_job_matches (stage_k, stage_entered_at); "
        "CREATE UNIQUE INDEX ids_by_id ON ids (id)");
    fixture.cache = ht_cache_open(fixture.paths, HT_CACHE_NO_POLL, &error);
    g_assert_no_error(error);
    g_autofree char *after = ranked(&fixture);
    g_assert_cmpstr(before, ==, after);
    g_assert_cmpint(ask(&fixture, "SELECT count(*) FROM sqlite_schema WHERE name IN ("
                                  "'matches_by_score', 'matches_by_stage')"),
                    ==, 0);
    g_assert_cmpint(ask(&fixture, "SELECT count(*) FROM sqlite_schema WHERE type = 'index' AND "
                                  "name = 'matches_by_rank'"),
                    ==, 1);
    g_assert_true(ht_cache_settle(fixture.cache, &error));
    g_assert_cmpint(ask(&fixture, "SELECT count(*) FROM sqlite_schema WHERE name = 'ids_by_id' OR "
                                  "(name = 'keys_by_id' AND type = 'view')"),
                    ==, 0);
    g_assert_cmpint(ask(&fixture, ht_resource_text(HT_QUERY("keys_check"))), ==, -1);
    fixture_close(&fixture);
}

/* The index of the ids is a table, so a check of the pages cannot tell that it is wrong. */
static void test_wrong_keys(void)
{
    static const char *const damages[] = {
        "UPDATE keys_by_id SET k = k + 1 WHERE k = 3",
        "DELETE FROM keys_by_id WHERE k = 3",
        "UPDATE ids SET id = zeroblob(16) WHERE k = 3",
    };
    for (gsize i = 0; i < G_N_ELEMENTS(damages); i++) {
        Fixture fixture;
        fixture_open(&fixture);
        fixture_fill(&fixture);
        g_autoptr(GError) error = NULL;
        g_assert_cmpint(ask(&fixture, "SELECT count(*) FROM keys_by_id"), >, 40);
        g_autofree char *path = ht_cache_path(fixture.cache);
        run(&fixture, damages[i]);
        g_autofree char *dir = g_path_get_dirname(path);
        g_autofree char *mark = g_build_filename(dir, "suspect", NULL);
        g_assert_true(g_file_set_contents(mark, "", 0, NULL));
        fixture.cache = ht_cache_open(fixture.paths, HT_CACHE_NO_POLL, &error);
        g_assert_no_error(error);
        g_assert_nonnull(strstr(ht_cache_problem(fixture.cache), "damaged"));
        fixture_close(&fixture);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/cache/indexes/ranked", test_ranked);
    g_test_add_func("/cache/indexes/older_file", test_older_file);
    g_test_add_func("/cache/indexes/wrong_keys", test_wrong_keys);
    return g_test_run();
}
