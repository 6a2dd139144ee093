/* Keys that come while an intent is on its way to the disk wait for it, and then each of them does
 * what it does alone: also behind one whose outcome the screen acts on, and behind an answer. */
#include "../cache/fixture.h"
#include "hiretty/command/context.h"
#include "hiretty/command/prompt.h"
#include "hiretty/ui/screen.h"
#include "hiretty/view/views.h"

#include <string.h>

typedef struct {
    Fixture cache;
    HtOutbox *outbox;
    HtReader *reader;
    HtContext *context;
    HtScreen *screen;
    int n_copied;
} Desk;

static const char *copy(const char *text, gpointer data)
{
    Desk *desk = data;
    g_assert_nonnull(text);
    desk->n_copied++;
    return "Copied.";
}

static void on_changed(HtContext *context, gpointer data)
{
    (void)context;
    ht_screen_work_off(data);
}

/* Until nothing is under way; nobody presses a key meanwhile. */
static void settle(Desk *desk)
{
    gint64 end = g_get_monotonic_time() + 20 * G_USEC_PER_SEC;
    while (ht_context_is_busy(desk->context) && g_get_monotonic_time() < end) {
        if (!g_main_context_iteration(NULL, FALSE))
            g_usleep(500);
    }
    g_assert_false(ht_context_is_busy(desk->context));
}

static void desk_open(Desk *desk)
{
    g_autoptr(GError) error = NULL;
    memset(desk, 0, sizeof *desk);
    fixture_open(&desk->cache);
    fixture_fill(&desk->cache);
    desk->outbox = ht_outbox_open(desk->cache.cache, desk->cache.paths, &error);
    g_assert_no_error(error);
    desk->reader = ht_reader_new(desk->cache.cache, "ui", &error);
    g_assert_no_error(error);
    HtContextParts parts = {.paths = desk->cache.paths,
                            .cache = desk->cache.cache,
                            .outbox = desk->outbox,
                            .reader = desk->reader,
                            .interactive = true};
    desk->context = ht_context_new(&parts, &error);
    g_assert_no_error(error);
    g_assert_true(ht_context_start(desk->context, &error));
    HtScreenHost host = {.copy = copy, .data = desk};
    desk->screen = ht_screen_new(desk->context, &host);
    ht_context_set_changed(desk->context, on_changed, desk->screen);
    ht_screen_resize(desk->screen, 80, 24);
    settle(desk);
    ht_screen_key(desk->screen, "Enter");
    settle(desk);
    g_assert_cmpint(ht_view_id(ht_context_view(desk->context)), ==, HT_VIEW_MATCHES);
}

static void desk_close(Desk *desk)
{
    ht_context_set_changed(desk->context, NULL, NULL);
    ht_screen_free(desk->screen);
    ht_context_free(desk->context);
    ht_reader_free(desk->reader);
    ht_outbox_close(desk->outbox);
    fixture_close(&desk->cache);
}

/* All at once, as a fast hand or a line that stalled gives them. */
static void type(Desk *desk, const char *names)
{
    g_auto(GStrv) keys = g_strsplit(names, " ", -1);
    for (int i = 0; keys[i]; i++)
        ht_screen_key(desk->screen, keys[i]);
    settle(desk);
}

static int pending(Desk *desk)
{
    HtOutboxCounts counts;
    ht_outbox_counts(desk->outbox, &counts);
    return counts.pending;
}

static void test_typed_at_once(void)
{
    static const struct {
        const char *keys;
        int pending, cursor, copied;
    } rows[] = {
        {"a j j", 1, 3, 0},
        {"a y j j", 1, 3, 1},           /* the screen copies */
        {"a y y j y j j", 1, 4, 3},     /* and again */
        {"a l Enter j j", 1, 3, 0},     /* an answer that changes nothing */
        {"a l Esc j j", 1, 3, 0},       /* none */
        {"a y l Enter y j a", 2, 3, 2}, /* and what is decided after it is written, too */
    };
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        Desk desk;
        desk_open(&desk);
        type(&desk, rows[i].keys);
        g_test_message("%s", rows[i].keys);
        g_assert_cmpint(pending(&desk), ==, rows[i].pending);
        g_assert_cmpint(ht_view_cursor(ht_context_view(desk.context)), ==, rows[i].cursor);
        g_assert_cmpint(desk.n_copied, ==, rows[i].copied);
        desk_close(&desk);
    }
}

/* What stands behind the key that ends it all is nobody's. */
static void test_end_among_keys(void)
{
    Desk desk;
    desk_open(&desk);
    for (const char *const *key = (const char *const[]){"a", "Q", "j", "a", NULL}; *key; key++)
        ht_screen_key(desk.screen, *key);
    gint64 end = g_get_monotonic_time() + 20 * G_USEC_PER_SEC;
    while (!ht_screen_is_done(desk.screen) && g_get_monotonic_time() < end)
        g_main_context_iteration(NULL, TRUE);
    g_assert_true(ht_screen_is_done(desk.screen));
    while (g_main_context_iteration(NULL, FALSE))
        continue;
    g_assert_cmpint(pending(&desk), ==, 1);
    desk_close(&desk);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/ui/screen/typed_at_once", test_typed_at_once);
    g_test_add_func("/ui/screen/end_among_keys", test_end_among_keys);
    return g_test_run();
}
