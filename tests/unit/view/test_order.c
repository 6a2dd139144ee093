/* The order that a heading's arrow promises is the one that the rows stand in, in every column:
 * not descending is from A, the least, the first. */
#include "../cache/fixture.h"
#include "hiretty/base/clock.h"
#include "hiretty/view/views.h"

#include <string.h>

/* Three people and three jobs, in everything that can be sorted by the first is the least: the
 * score, the names, the stage, how long they stand there, how many applied … */
static void put_person(HtApply *apply, int n, int of, int job)
{
    static const char *const texts[] = {"Ada", "Mia", "Zoe"};
    const char *text = texts[n - 1];
    g_autofree char *candidate = g_strdup_printf("C%d", of);
    g_autofree char *match = g_strdup_printf("M%d", of);
    g_autofree char *job_id = g_strdup_printf("J%d", job);
    g_autofree char *stage = g_strdup_printf("S%d", job * 10 + (job == 1 ? n : 1));
    g_autofree char *score = g_strdup_printf("%d", n * 1000);
    g_autofree char *since =
        g_strdup_printf("%" G_GINT64_FORMAT, ht_clock_now_us() - (n + job) * HT_US_PER_DAY);
    put_row(apply, HT_APPLY_UPSERT, "candidates", "id", candidate, "first_name", text, "last_name",
            text, "current_title", text, "current_company", text, "location", text, NULL);
    put_row(apply, HT_APPLY_UPSERT, "candidate_job_matches", "id", match, "candidate_id", candidate,
            "job_id", job_id, "score", score, "stage_id", stage, "stage_entered_at", since,
            "applied_at", since, "updated_at", since, "source", text, "row_version", "1", NULL);
}

static void fill(HtApply *apply, gpointer data)
{
    static const char *const titles[] = {"Accountant", "Baker", "Cook"};
    static const char *const states[] = {"active", "active", "on_hold"};
    (void)data;
    for (int job = 1; job <= 3; job++) {
        g_autofree char *id = g_strdup_printf("J%d", job);
        put_job(apply, job, titles[job - 1]);
        put_row(apply, HT_APPLY_UPSERT, "jobs", "id", id, "title", titles[job - 1], "status",
                states[job - 1], "department", titles[job - 1], "location", titles[job - 1],
                "row_version", "1", NULL);
    }
    for (int n = 1; n <= 3; n++)
        put_person(apply, n, n, 1);
    for (int of = 11; of <= 14; of++)
        put_person(apply, 3, of, 2);
    for (int of = 21; of <= 25; of++)
        put_person(apply, 3, of, 3);
}

/* By every column, both ways; `prefix`: of the ids of what is the first and the last. */
static void check(HtView *view, HtReader *reader, const char *least, const char *most)
{
    int n, sorted = 0;
    const HtColumn *columns = ht_view_columns(view, &n);
    for (int i = 0; i < n; i++) {
        for (int descending = 0; columns[i].sort && descending < 2; descending++) {
            g_assert_true(ht_view_set_sort(view, columns[i].sort, descending));
            HtKey wanted = fixture_key(reader, descending ? most : least);
            if (ht_view_row_key(view, 0) != wanted)
                g_error("%s: %s by %s, %s", ht_view_name(view), descending ? "from the end" : "up",
                        columns[i].heading, ht_view_cell(view, 0, i).text);
            sorted++;
        }
    }
    g_assert_cmpint(sorted, >=, 14);
}

static void test_all_columns(void)
{
    Fixture fixture;
    fixture_open(&fixture);
    fixture_apply(&fixture, fill, NULL);
    g_autoptr(HtReader) reader = ht_reader_new(fixture.cache, "test", NULL);
    {
        HtViewParts parts = {.reader = reader};
        g_autoptr(HtView) matches = ht_view_new_matches(&parts, fixture_key(reader, "J1"), NULL);
        check(matches, reader, "M1", "M3");
        g_autoptr(HtView) jobs = ht_view_new_jobs(&parts);
        g_assert_cmpint(ht_view_rows(jobs), ==, 3);
        check(jobs, reader, "J1", "J3");
    }
    g_clear_pointer(&reader, ht_reader_free);
    fixture_close(&fixture);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/view/order/all_columns", test_all_columns);
    return g_test_run();
}
