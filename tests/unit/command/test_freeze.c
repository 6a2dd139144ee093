/* While the store is at work for seconds (ten thousand decisions), the thread that answers keys
 * goes on: it paints, moves, asks and ends. */
#include "desk.h"
#include "hiretty/base/thread.h"
#include "hiretty/cache/store.h"
#include "hiretty/command/prompt.h"
#include "hiretty/view/views.h"

#include <string.h>

enum { LONG_US = 20 * G_USEC_PER_SEC };

/* A store that is at work until it is told to stop, or for so long that nobody mistakes it. */
typedef struct {
    GMutex lock;
    GCond wake;
    bool is_held, is_let_go, is_over;
} Hold;

static bool hold_store(HtStore *store, gpointer data, GError **error)
{
    Hold *hold = data;
    (void)store;
    (void)error;
    gint64 end = g_get_monotonic_time() + LONG_US;
    g_mutex_lock(&hold->lock);
    hold->is_held = true;
    g_cond_broadcast(&hold->wake);
    while (!hold->is_let_go && g_cond_wait_until(&hold->wake, &hold->lock, end))
        ;
    hold->is_over = true;
    g_cond_broadcast(&hold->wake);
    g_mutex_unlock(&hold->lock);
    return true;
}

static void hold_begin(Hold *hold, HtCache *cache)
{
    memset(hold, 0, sizeof *hold);
    g_mutex_init(&hold->lock);
    g_cond_init(&hold->wake);
    ht_store_call_async(cache, hold_store, hold, NULL);
    g_mutex_lock(&hold->lock);
    while (!hold->is_held)
        g_cond_wait(&hold->wake, &hold->lock);
    g_mutex_unlock(&hold->lock);
}

/* It is still at work: nobody waited for its end. */
static void hold_end(Hold *hold)
{
    g_mutex_lock(&hold->lock);
    g_assert_false(hold->is_over);
    hold->is_let_go = true;
    g_cond_broadcast(&hold->wake);
    while (!hold->is_over)
        g_cond_wait(&hold->wake, &hold->lock);
    g_mutex_unlock(&hold->lock);
    g_mutex_clear(&hold->lock);
    g_cond_clear(&hold->wake);
}

/* All that a frame asks of the context and of the view on top. */
static void paint(HtContext *context)
{
    HtView *view = ht_context_view(context);
    HtHint hints[8];
    HtStyle role;
    bool before = ht_thread_answers_keys(true);
    g_assert_nonnull(ht_view_title(view));
    g_assert_nonnull(ht_context_state_text(context, &role));
    ht_context_warning(context);
    ht_context_message(context, &role);
    ht_context_hints(context, hints, G_N_ELEMENTS(hints));
    ht_context_state_due_ms(context);
    ht_context_nothing_text(context);
    if (ht_view_kind(view) == HT_VIEW_TEXT)
        ht_view_doc(view, 80);
    else
        ht_view_fetch(view, 0, 20);
    for (int64_t row = 0; row < MIN(20, ht_view_rows(view)); row++)
        ht_view_cell(view, row, 0);
    if (ht_view_has_preview(view) && ht_view_rows(view) > 0)
        ht_view_preview(view, 0, 60);
    ht_thread_answers_keys(before);
}

/* Every view that a key opens, painted and moved in while the store does something else. */
static void test_views(void)
{
    static const char *const opens[] = {"c", "a", "o", "x", "s", "j"};
    Desk desk;
    desk_open(&desk, NULL);
    desk_settle_view(&desk);
    Hold hold;
    hold_begin(&hold, desk.cache.cache);
    paint(desk.context);
    for (gsize i = 0; i < G_N_ELEMENTS(opens); i++) {
        ht_prompt_free(desk_press(&desk, "g"));
        ht_prompt_free(desk_press(&desk, opens[i]));
        paint(desk.context);
        ht_prompt_free(desk_press(&desk, "j"));
        paint(desk.context);
    }
    hold_end(&hold);
    desk_settle(&desk);
    desk_close(&desk);
}

/* A list without rows says why: it is not the store that is asked. */
static void test_nothing(void)
{
    Desk desk;
    desk_open(&desk, NULL);
    desk_settle_view(&desk);
    Hold hold;
    hold_begin(&hold, desk.cache.cache);
    paint(desk.context);
    g_assert_cmpstr(ht_context_nothing_text(desk.context), ==, "Nothing was fetched yet.");
    hold_end(&hold);
    desk_close(&desk);
}

static void wait_for_store(void)
{
    if (g_test_subprocess()) {
        Desk desk;
        desk_open(&desk, NULL);
        ht_thread_answers_keys(true);
        g_free(ht_cache_meta(desk.cache.cache, "anything"));
        return;
    }
    g_test_trap_subprocess(NULL, 0, G_TEST_SUBPROCESS_DEFAULT);
    g_test_trap_assert_failed();
    g_test_trap_assert_stderr("*the thread that answers keys waits for the store*");
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/command/freeze/views", test_views);
    g_test_add_func("/command/freeze/nothing", test_nothing);
    g_test_add_func("/command/freeze/check", wait_for_store);
    return g_test_run();
}
