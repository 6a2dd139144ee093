/* A workstation whose access is taken away and given back: it locks, lets go of every file of
 * before, and shows what was loaded anew when it opens again. */
#include "desk.h"
#include "hiretty/view/view.h"

#define PATIENCE_US (60 * G_USEC_PER_SEC)

/* Until the view on the screen is this one, with as many rows; -1: any. */
static void shows(Desk *desk, HtViewId id, int rows)
{
    int64_t end = g_get_monotonic_time() + PATIENCE_US;
    while (g_get_monotonic_time() < end) {
        HtView *view = ht_context_view(desk->context);
        if (!ht_context_is_busy(desk->context) && ht_view_id(view) == id &&
            (rows < 0 || (int)ht_view_rows(view) == rows))
            return;
        if (!g_main_context_iteration(NULL, FALSE))
            g_usleep(1000);
    }
    HtView *view = ht_context_view(desk->context);
    g_error("shown: view %d with %d rows", (int)ht_view_id(view), (int)ht_view_rows(view));
}

static bool fill_anew(HtApply *apply, gpointer data, GError **error)
{
    (void)data;
    put_job(apply, 3, "Data Engineer");
    put_job(apply, 2, "Cook");
    put_job(apply, 1, "Customer Support Specialist");
    put_match(apply, 1, 1, 11, 100, "Zoë", "New");
    return ht_apply_meta_set(apply, "me", "{\"role\":\"recruiter\"}", error);
}

static void load_anew(HtCache *cache)
{
    bool resumed;
    g_autoptr(GError) error = NULL;
    HtGeneration *generation = ht_cache_generation_begin(cache, &resumed, &error);
    g_assert_no_error(error);
    g_assert_true(ht_cache_generation_apply(generation, fill_anew, NULL, &error));
    g_assert_true(ht_cache_generation_publish(generation, &error));
}

/* The debt of the load is paid, which it is not while somebody reads the file before. */
static void forgets(Desk *desk)
{
    g_autoptr(GError) error = NULL;
    int64_t end = g_get_monotonic_time() + PATIENCE_US;
    while (g_get_monotonic_time() < end) {
        g_clear_error(&error);
        if (ht_cache_forget(desk->cache.cache, true, &error))
            return;
        if (!g_main_context_iteration(NULL, FALSE))
            g_usleep(1000);
    }
    g_assert_no_error(error);
}

static void lock(Desk *desk)
{
    g_autoptr(GError) error = NULL;
    shows(desk, HT_VIEW_JOBS, 2);
    ht_cache_purge(desk->cache.cache, HT_PURGE_LOCK, "no member any more", &error);
    g_assert_no_error(error);
    shows(desk, HT_VIEW_STATUS, -1);
    g_assert_cmpstr(ht_context_message(desk->context, NULL), ==,
                    "no member any more (gr asks the server again)");
}

/* By the sync of this very process: the load comes while it is locked. */
static void test_given_back(void)
{
    Desk desk;
    desk_open(&desk, NULL);
    lock(&desk);
    load_anew(desk.cache.cache);
    forgets(&desk); /* locked, with nothing to load: it lets go all the same */
    g_autoptr(GError) error = NULL;
    g_assert_true(ht_cache_unlock(desk.cache.cache, &error));
    shows(&desk, HT_VIEW_JOBS, 3);
    desk_close(&desk);
}

/* By the command line beside it. */
static void test_given_back_elsewhere(void)
{
    Desk desk;
    desk_open(&desk, NULL);
    lock(&desk);
    g_autoptr(GError) error = NULL;
    HtCache *other = ht_cache_open(desk.cache.paths, HT_CACHE_NO_POLL, &error);
    g_assert_no_error(error);
    load_anew(other);
    for (int i = 0; i < 600; i++) { /* two looks at what others did: it sees the load, locked */
        g_main_context_iteration(NULL, FALSE);
        g_usleep(1000);
    }
    g_assert_cmpint(ht_view_id(ht_context_view(desk.context)), ==, HT_VIEW_STATUS);
    g_assert_true(ht_cache_unlock(other, &error));
    ht_cache_close(other);
    shows(&desk, HT_VIEW_JOBS, 3);
    forgets(&desk);
    desk_close(&desk);
}

static void message_is(Desk *desk, const char *begin)
{
    int64_t end = g_get_monotonic_time() + PATIENCE_US;
    const char *said = NULL;
    while (g_get_monotonic_time() < end) {
        said = ht_context_message(desk->context, NULL);
        if (said && g_str_has_prefix(said, begin))
            return;
        if (!g_main_context_iteration(NULL, FALSE))
            g_usleep(1000);
    }
    g_error("said: %s", said);
}

/* Nobody is where the server should be: who asks it is told so, each time. */
static void test_asked(void)
{
    Desk desk;
    desk_open(&desk, NULL);
    g_autoptr(GError) error = NULL;
    g_autofree char *dsn =
        g_strdup_printf("host=%s dbname=none user=nobody", ht_paths_state_dir(desk.cache.paths));
    HtSyncOptions options = {
        .connection = {.dsn = dsn}, .paths = desk.cache.paths, .host_label = "test"};
    HtSync *sync = ht_sync_new(desk.cache.cache, desk.outbox, &options, &error);
    g_assert_no_error(error);
    ht_context_set_sync(desk.context, sync);
    ht_sync_start(sync);
    shows(&desk, HT_VIEW_JOBS, 2);
    for (int i = 0; i < 2; i++) {
        HtResult asked = ht_context_feed(desk.context, "g");
        ht_result_clear(&asked);
        asked = ht_context_feed(desk.context, "r");
        ht_result_clear(&asked);
        message_is(&desk, "Asking the server.");
        message_is(&desk, "Not synced: ");
    }
    g_assert_true(ht_sync_stop(sync));
    ht_context_set_sync(desk.context, NULL);
    ht_sync_free(sync);
    desk_close(&desk);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/command/locked/given_back", test_given_back);
    g_test_add_func("/command/locked/given_back_elsewhere", test_given_back_elsewhere);
    g_test_add_func("/command/locked/asked", test_asked);
    return g_test_run();
}
