/* The end of a loader does not wait for what nobody wants any more. */
#include "../cache/fixture.h"
#include "hiretty/cache/candidates.h"
#include "hiretty/cache/error.h"
#include "hiretty/view/loader.h"

typedef struct {
    int begun;   /* atomic */
    bool is_one; /* statement, else one after the other */
    bool was_interrupted;
} Job;

/* A statement that is under way when the loader goes, or many short ones. */
static gpointer run(HtReader *reader, gpointer data, GError **error)
{
    Job *job = data;
    g_atomic_int_inc(&job->begun);
    if (job->is_one) {
        g_usleep(100000); /* as long as that statement takes to notice */
        g_set_error_literal(error, HT_CACHE_ERROR, HT_CACHE_ERROR_INTERRUPTED, "interrupted");
        return NULL;
    }
    gint64 end = g_get_monotonic_time() + 20 * G_USEC_PER_SEC;
    while (g_get_monotonic_time() < end) {
        g_autoptr(GError) problem = NULL;
        g_autoptr(GPtrArray) tags = ht_cache_tags(reader, 1, &problem);
        job->was_interrupted = g_error_matches(problem, HT_CACHE_ERROR, HT_CACHE_ERROR_INTERRUPTED);
        if (job->was_interrupted) {
            g_propagate_error(error, g_steal_pointer(&problem));
            return NULL;
        }
    }
    return NULL;
}

static void unwanted(gpointer result, const GError *error, gpointer data)
{
    (void)result;
    (void)error;
    (void)data;
    g_assert_not_reached();
}

static void test_free_while_running(gconstpointer data)
{
    Fixture fixture;
    fixture_open(&fixture);
    fixture_fill(&fixture);
    for (int i = 0; i < 5; i++) {
        Job job = {.is_one = GPOINTER_TO_INT(data)};
        HtLoader *loader = ht_loader_new(fixture.cache, NULL);
        g_assert_nonnull(loader);
        ht_loader_submit(loader, &(HtLoad){.run = run, .data = &job, .done = unwanted});
        while (g_atomic_int_get(&job.begun) == 0)
            g_usleep(100); /* another thread works */
        ht_loader_free(loader);
        g_assert_cmpint(job.begun, ==, 1);
        g_assert_true(job.is_one || job.was_interrupted);
    }
    fixture_close(&fixture);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_data_func("/view/loader/free_within_a_statement", GINT_TO_POINTER(1),
                         test_free_while_running);
    g_test_add_data_func("/view/loader/free_between_statements", GINT_TO_POINTER(0),
                         test_free_while_running);
    return g_test_run();
}
