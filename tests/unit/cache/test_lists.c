/* Lists as views ask for them: keys, rows, counts, filters, finding. */
#include "../../../src/cache/internal.h"
#include "fixture.h"

#include "hiretty/cache/db.h"
#include "hiretty/cache/jobs.h"
#include "hiretty/cache/matches.h"
#include "hiretty/cache/search.h"
#include "hiretty/cache/store.h"

#include <string.h>

static HtKeyArray *match_keys(HtReader *reader, HtKey job, const char *filter_text,
                              HtMatchSort sort, bool ascending, gsize limit)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(HtFilter) filter = filter_text ? ht_filter_parse(filter_text, NULL, &error) : NULL;
    g_assert_no_error(error);
    HtMatchQuery query = {
        .job = job, .filter = filter, .sort = sort, .ascending = ascending, .limit = limit};
    HtKeyArray *keys = ht_cache_match_keys(reader, &query, &error);
    g_assert_no_error(error);
    return keys;
}

static gsize count(HtReader *reader, HtKey job, const char *filter)
{
    g_autoptr(HtKeyArray) keys = match_keys(reader, job, filter, HT_MATCH_SORT_SCORE, false, 0);
    return keys->n;
}

static void test_ranked(void)
{
    Fixture fixture;
    fixture_open(&fixture);
    fixture_fill(&fixture);
    g_autoptr(GError) error = NULL;
    g_autoptr(HtReader) reader = ht_reader_new(fixture.cache, "test", &error);
    g_assert_no_error(error);
    HtKey job = fixture_key(reader, "J1");
    g_autoptr(HtKeyArray) keys = match_keys(reader, job, NULL, HT_MATCH_SORT_SCORE, false, 5);
    g_assert_cmpuint(keys->n, ==, 5);
    HtMatchRow rows[5];
    ht_cache_match_rows(reader, keys->keys, 5, rows, &error);
    g_assert_no_error(error);
    for (int i = 0; i < 5; i++) {
        g_assert_cmpint(rows[i].score, ==, (20 - i) * 100);
        g_assert_cmpint(rows[i].stage_type, ==, HT_STAGE_APPLIED);
        g_assert_cmpint((int)rows[i].flags & HT_MATCH_UNREAD, !=, 0);
    }
    g_assert_cmpstr(rows[0].name, ==, "Zoë Last20");
    g_assert_cmpstr(rows[0].job_title, ==, "Customer Support Specialist");
    for (int i = 0; i < 5; i++)
        ht_match_row_clear(&rows[i]);
    g_autoptr(HtKeyArray) up = match_keys(reader, job, NULL, HT_MATCH_SORT_NAME, true, 0);
    g_assert_cmpuint(up->n, ==, 20);
    g_assert_cmpint(up->keys[0], ==, fixture_key(reader, "M20"));
    for (int sort = 0; sort < HT_MATCH_SORTS; sort++) {
        g_autoptr(HtKeyArray) all = match_keys(reader, 0, NULL, (HtMatchSort)sort, false, 0);
        g_assert_cmpuint(all->n, ==, 25);
    }
    g_clear_pointer(&reader, ht_reader_free);
    fixture_close(&fixture);
}

static void test_filters(void)
{
    Fixture fixture;
    fixture_open(&fixture);
    fixture_fill(&fixture);
    g_autoptr(GError) error = NULL;
    g_autoptr(HtReader) reader = ht_reader_new(fixture.cache, "test", &error);
    HtKey job = fixture_key(reader, "J1");
    g_assert_cmpuint(count(reader, job, "score>=11"), ==, 10);
    g_assert_cmpuint(count(reader, job, "stage:applied"), ==, 20);
    g_assert_cmpuint(count(reader, job, "stage:screening|offer"), ==, 0);
    g_assert_cmpuint(count(reader, job, "-stage:applied"), ==, 0);
    g_assert_cmpuint(count(reader, job, "loc:berlin"), ==, 20);
    g_assert_cmpuint(count(reader, job, "company:lodz"), ==, 20);
    g_assert_cmpuint(count(reader, job, "zoe"), ==, 20);
    g_assert_cmpuint(count(reader, job, "last07"), ==, 1);
    g_assert_cmpuint(count(reader, job, "\"zoe last07\""), ==, 1);
    g_assert_cmpuint(count(reader, job, "email:person3@example.com"), ==, 1);
    g_assert_cmpuint(count(reader, job, "reject:none"), ==, 20);
    g_assert_cmpuint(count(reader, job, "is:unread"), ==, 20);
    g_assert_cmpuint(count(reader, job, "is:held"), ==, 0);
    g_assert_cmpuint(count(reader, job, "is:open"), ==, 20);
    g_assert_cmpuint(count(reader, job, "skill:python"), ==, 0);
    g_assert_cmpuint(count(reader, job, "tag:vip"), ==, 0);
    g_assert_cmpuint(count(reader, job, "-tag:vip"), ==, 20);
    g_assert_cmpuint(count(reader, job, "updated<3d"), ==, 0);
    g_assert_cmpuint(count(reader, job, "age>5d"), ==, 20);
    g_assert_cmpuint(count(reader, 0, "job:engineer"), ==, 5);
    g_assert_cmpuint(count(reader, 0, "dept:support"), ==, 25);
    g_autoptr(HtFilter) filter = ht_filter_parse("score>=11", NULL, &error);
    g_assert_no_error(error);
    g_assert_true(ht_cache_match_passes(reader, fixture_key(reader, "M15"), filter, 0));
    g_assert_false(ht_cache_match_passes(reader, fixture_key(reader, "M5"), filter, 0));
    g_clear_pointer(&reader, ht_reader_free);
    fixture_close(&fixture);
}

static void test_jobs(void)
{
    Fixture fixture;
    fixture_open(&fixture);
    fixture_fill(&fixture);
    g_autoptr(GError) error = NULL;
    g_autoptr(HtReader) reader = ht_reader_new(fixture.cache, "test", &error);
    HtJobQuery query = {.open_only = true};
    g_autoptr(HtKeyArray) keys = ht_cache_job_keys(reader, &query, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(keys->n, ==, 2);
    HtJobRow rows[2];
    ht_cache_job_rows(reader, keys->keys, 2, rows, &error);
    g_assert_no_error(error);
    g_assert_cmpstr(rows[0].title, ==, "Customer Support Specialist");
    g_assert_cmpint(rows[0].counts[HT_STAGE_APPLIED], ==, 20);
    g_assert_cmpint(rows[0].n_total, ==, 20);
    g_assert_cmpint(rows[0].n_unseen, ==, 20);
    g_assert_cmpint(rows[0].n_new, ==, 20);
    g_assert_cmpint(rows[0].oldest_waiting, ==, 1000000001);
    g_assert_true(rows[0].over_sla);
    ht_job_row_clear(&rows[0]);
    ht_job_row_clear(&rows[1]);
    /* Looking at a job is not work done: it stays where it is in the list of what is to do. */
    ht_cache_job_visit(fixture.cache, keys->keys[0]);
    int64_t n_new = 20;
    while (n_new > 0) {
        g_assert_true(ht_cache_job_rows(reader, keys->keys, 1, rows, &error));
        n_new = rows[0].n_new;
        ht_job_row_clear(&rows[0]);
    }
    g_autoptr(HtKeyArray) visited = ht_cache_job_keys(reader, &query, &error);
    g_assert_cmpint(visited->keys[0], ==, keys->keys[0]);
    g_autoptr(HtJob) job = ht_cache_job(reader, keys->keys[1], &error);
    g_assert_no_error(error);
    g_assert_cmpuint(job->stages->len, ==, 8);
    g_assert_cmpint(((HtJobStage *)job->stages->pdata[0])->n, ==, 5);
    g_autoptr(GPtrArray) reasons = ht_cache_reasons(reader, "we_rejected", &error);
    g_assert_cmpuint(reasons->len, ==, 1);
    g_autoptr(HtMe) me = ht_cache_me(reader, &error);
    g_assert_cmpstr(me->role, ==, "recruiter");
    g_assert_cmpstr(me->tenant_name, ==, "Tenant A");
    g_clear_pointer(&reader, ht_reader_free);
    fixture_close(&fixture);
}

/* Whatever a person types is refused with a reason, or runs: SQLite's own limits are never met. */
static bool drop_index(HtStore *store, gpointer data, GError **error)
{
    (void)data;
    return ht_db_exec(ht_store_db(store), "DROP INDEX matches_by_wait", error);
}

static int64_t changes_of_matches(HtReader *reader)
{
    g_auto(HtStmtUse)
        use = {ht_db_stmt_text(ht_reader_db(reader), "SELECT n FROM bus WHERE tbl = 15", NULL)};
    return ht_stmt_step(use.stmt, NULL) == HT_STEP_ROW ? ht_stmt_int(use.stmt, 0) : 0;
}

/* A first load is published before ages can be told without reading everybody: the list of jobs is
 * there at once without them, and is read again when they are known. */
static void test_jobs_without_ages(void)
{
    Fixture fixture;
    fixture_open(&fixture);
    fixture_fill(&fixture);
    g_autoptr(GError) error = NULL;
    /* Behind what an opened cache does in its idle time: that would make the index again. */
    g_assert_true(ht_worker_call(fixture.cache->store, HT_JOB_IDLE, drop_index, NULL, &error));
    g_autoptr(HtReader) reader = ht_reader_new(fixture.cache, "test", &error);
    HtKey job = fixture_key(reader, "J1");
    HtJobRow row;
    ht_cache_job_rows(reader, &job, 1, &row, &error);
    g_assert_no_error(error);
    g_assert_cmpint(row.n_total, ==, 20);
    g_assert_cmpint(row.oldest_waiting, ==, 0);
    ht_job_row_clear(&row);
    int64_t before = changes_of_matches(reader);
    g_assert_true(ht_cache_settle(fixture.cache, &error));
    g_assert_cmpint(changes_of_matches(reader), ==, before + 1);
    ht_cache_job_rows(reader, &job, 1, &row, &error);
    g_assert_cmpint(row.oldest_waiting, ==, 1000000001);
    ht_job_row_clear(&row);
    g_clear_pointer(&reader, ht_reader_free);
    fixture_close(&fixture);
}

static void test_long_filters(void)
{
    static const char *const parts[] = {"skill:a", "tag:a",   "reject:a", "a",  "is:new",
                                        "name:a",  "stage:a", "job:a",    "-a", "\"a b\""};
    Fixture fixture;
    fixture_open(&fixture);
    fixture_fill(&fixture);
    g_autoptr(GError) error = NULL;
    g_autoptr(HtReader) reader = ht_reader_new(fixture.cache, "test", &error);
    HtKey job = fixture_key(reader, "J1");
    for (gsize p = 0; p < G_N_ELEMENTS(parts); p++) {
        g_autoptr(GString) values = g_string_new(parts[p]), terms = g_string_new(NULL);
        for (int i = 1; i <= 2000; i *= 2) {
            while (values->len < strlen(parts[p]) + 2 * (gsize)i)
                g_string_append(values, g_str_equal(parts[p], "is:new") ? "|new" : "|a");
            g_string_append_printf(terms, "%s%s", terms->len ? " " : "", parts[p]);
            const char *texts[] = {values->str, terms->str};
            for (int t = 0; t < 2; t++) {
                g_autoptr(HtFilter) filter = ht_filter_parse(texts[t], NULL, NULL);
                if (filter)
                    (void)count(reader, job, texts[t]);
                else
                    g_assert_cmpint(i, >, 32);
                g_autoptr(HtKeyArray) found = ht_cache_search_keys(reader, texts[t], 10, &error);
                g_assert_no_error(error);
            }
        }
    }
    g_clear_pointer(&reader, ht_reader_free);
    fixture_close(&fixture);
}

static void test_find(void)
{
    Fixture fixture;
    fixture_open(&fixture);
    fixture_fill(&fixture);
    g_autoptr(GError) error = NULL;
    g_autoptr(HtReader) reader = ht_reader_new(fixture.cache, "test", &error);
    HtKey job = fixture_key(reader, "J1");
    char text[HT_UUID_TEXT];
    HtUuid id = test_id('M', 7);
    ht_uuid_format(&id, text);
    g_assert_cmpint(ht_cache_job_find(reader, "support customer", &error), ==, job);
    g_assert_cmpint(ht_cache_match_find(reader, 0, text, &error), ==, fixture_key(reader, "M7"));
    g_assert_cmpint(ht_cache_match_find(reader, job, "zoe LAST09", &error), ==,
                    fixture_key(reader, "M9"));
    g_assert_cmpint(ht_cache_match_find(reader, job, "person3@example.com", &error), ==,
                    fixture_key(reader, "M3"));
    g_assert_no_error(error);
    g_assert_cmpint(ht_cache_match_find(reader, job, "4d000000", &error), ==, 0);
    g_assert_error(error, HT_CACHE_ERROR, HT_CACHE_ERROR_NOT_FOUND);
    g_clear_error(&error);
    HtKey person = fixture_key(reader, "C7");
    g_assert_cmpint(ht_cache_job_find_of(reader, "support", person, &error), ==, job);
    g_assert_no_error(error);
    g_assert_cmpint(ht_cache_job_find_of(reader, "plumber", person, &error), ==, 0);
    g_assert_nonnull(strstr(error->message, "this person applied to no job"));
    g_clear_error(&error);
    g_assert_cmpint(ht_cache_job_find(reader, "plumber", &error), ==, 0);
    g_assert_error(error, HT_CACHE_ERROR, HT_CACHE_ERROR_NOT_FOUND);
    g_clear_pointer(&reader, ht_reader_free);
    fixture_close(&fixture);
}

/* A stage or a reason that there is not is told, with those that there are; one that is there is
 * not. */
static void test_doubt(void)
{
    static const struct {
        const char *filter, *told; /* NULL: no doubt */
    } cases[] = {
        {"stage:foo", "no stage 'foo'; known: applied shortlist"},
        {"stage:applied|OFFRE", "no stage 'OFFRE'"},
        {"-stage:foo", "no stage"},
        {"reason:foo", "no reason 'foo'"},
        {"stage:Applied stage:offer reject:none reason:any", NULL},
        {"foo score>=80 loc:foo", NULL},
    };
    Fixture fixture;
    fixture_open(&fixture);
    fixture_fill(&fixture);
    g_autoptr(GError) error = NULL;
    g_autoptr(HtReader) reader = ht_reader_new(fixture.cache, "test", &error);
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(HtFilter) filter = ht_filter_parse(cases[i].filter, NULL, &error);
        g_assert_no_error(error);
        g_autofree char *doubt = ht_cache_filter_doubt(reader, filter);
        g_assert_cmpint(!!doubt, ==, !!cases[i].told);
        g_assert_true(!doubt || strstr(doubt, cases[i].told));
    }
    g_assert_null(ht_cache_filter_doubt(reader, NULL));
    g_clear_pointer(&reader, ht_reader_free);
    fixture_close(&fixture);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/cache/matches/ranked", test_ranked);
    g_test_add_func("/cache/matches/filters", test_filters);
    g_test_add_func("/cache/matches/long_filters", test_long_filters);
    g_test_add_func("/cache/jobs/rows", test_jobs);
    g_test_add_func("/cache/jobs/without_ages", test_jobs_without_ages);
    g_test_add_func("/cache/find/texts", test_find);
    g_test_add_func("/cache/matches/doubt", test_doubt);
    return g_test_run();
}
