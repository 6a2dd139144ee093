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
    char *opened; /* what the editor was opened with last */
} Desk;

static const char *copy(const char *text, gpointer data)
{
    Desk *desk = data;
    g_assert_nonnull(text);
    desk->n_copied++;
    return "Copied.";
}

/* An editor that fails: without a change when it begins with what was written, else after some. */
static char *edit(const char *label, const char *initial, char **left, gpointer data,
                  GError **error)
{
    Desk *desk = data;
    g_assert_nonnull(label);
    g_free(desk->opened);
    desk->opened = g_strdup(initial);
    if (!*initial)
        *left = g_strdup("first line\nsecond line");
    g_set_error_literal(error, G_FILE_ERROR, G_FILE_ERROR_FAILED, "the editor failed");
    return NULL;
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
    HtScreenHost host = {.edit = edit, .copy = copy, .data = desk};
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
    g_free(desk->opened);
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

static unsigned is_pending(Desk *desk, int64_t row)
{
    return ht_view_row_state(ht_context_view(desk->context), row) & HT_ROW_PENDING;
}

/* A click or the wheel while a decision is written: the decision that was typed before is about the
 * row that stood there then. */
static void test_click_among_keys(void)
{
    for (int wheel = 0; wheel < 2; wheel++) {
        Desk desk;
        desk_open(&desk);
        ht_screen_click(desk.screen, 1, 12);
        int64_t clicked = ht_view_cursor(ht_context_view(desk.context));
        g_assert_cmpint(clicked, >, 4);
        type(&desk, "g g");
        ht_screen_key(desk.screen, "a");
        ht_screen_key(desk.screen, "a");
        if (wheel)
            ht_screen_scroll(desk.screen, 3);
        else
            ht_screen_click(desk.screen, 1, 12);
        settle(&desk);
        int64_t cursor = ht_view_cursor(ht_context_view(desk.context));
        g_assert_cmpint(cursor, ==, wheel ? 5 : clicked);
        g_assert_cmpint(pending(&desk), ==, 2);
        for (int64_t row = 0; row < 10; row++)
            g_assert_cmpint(is_pending(&desk, row) != 0, ==, row < 2);
        desk_close(&desk);
    }
}

/* A click is on what was seen, not on what a key before it opened meanwhile. */
static void test_click_on_what_was_seen(void)
{
    Desk desk;
    desk_open(&desk);
    ht_screen_key(desk.screen, "a");
    ht_screen_key(desk.screen, "q");
    ht_screen_click(desk.screen, 1, 3);
    settle(&desk);
    g_assert_cmpint(ht_view_id(ht_context_view(desk.context)), ==, HT_VIEW_JOBS);
    g_assert_cmpint(ht_view_cursor(ht_context_view(desk.context)), ==, 0);
    desk_close(&desk);
}

/* What is pasted into the prompt that a key before it asks for. */
static void test_paste_among_keys(void)
{
    Desk desk;
    HtStyle role;
    desk_open(&desk);
    ht_screen_key(desk.screen, "a");
    ht_screen_key(desk.screen, "l");
    ht_screen_paste(desk.screen, "score>80");
    ht_screen_key(desk.screen, "Enter");
    ht_screen_key(desk.screen, "a");
    ht_screen_paste(desk.screen, "nobody's");
    settle(&desk);
    g_assert_cmpstr(ht_view_limit(ht_context_view(desk.context)), ==, "score>80");
    g_assert_cmpint(pending(&desk), ==, 2);
    const char *said = ht_context_message(desk.context, &role);
    g_assert_cmpstr(said, ==,
                    "A pasted text never runs commands. Open a prompt first, then paste.");
    /* A prompt that is open takes it at once. */
    ht_screen_key(desk.screen, "l");
    ht_screen_paste(desk.screen, " score>90");
    ht_screen_key(desk.screen, "Enter");
    settle(&desk);
    g_assert_nonnull(strstr(ht_view_limit(ht_context_view(desk.context)), "score>90"));
    desk_close(&desk);
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

/* A row's name is found in the list, its preview or neither. */
static bool shows(Desk *desk, bool with_preview, const char *text)
{
    const HtCanvas *canvas = ht_screen_paint(desk->screen, with_preview);
    for (int y = 0; y < ht_canvas_lines(canvas); y++) {
        g_autofree char *line = ht_canvas_line_text(canvas, y);
        if (strstr(line, text))
            return true;
    }
    return false;
}

/* A frame between two keys leaves the preview as it is, but never a name that the rows hide. */
static void test_blind_preview(void)
{
    Desk desk;
    desk_open(&desk);
    ht_screen_resize(desk.screen, 140, 30);
    g_assert_true(shows(&desk, true, "Zoë"));
    for (int i = 0; i < 3; i++) {
        type(&desk, "b");
        g_assert_false(shows(&desk, false, "Zoë"));
        g_assert_false(shows(&desk, true, "Zoë"));
        type(&desk, i == 1 ? "] b" : "b");
        g_assert_true(shows(&desk, false, "Zoë"));
    }
    desk_close(&desk);
}

/* What the row says has changed and the row has not: the preview follows when the keys pause. */
static void test_preview_follows(void)
{
    Desk desk;
    desk_open(&desk);
    ht_screen_resize(desk.screen, 140, 30);
    ht_screen_paint(desk.screen, true);
    ht_screen_paint(desk.screen, false);
    g_assert_false(ht_screen_preview_is_stale(desk.screen));
    type(&desk, "a k");
    ht_screen_paint(desk.screen, false);
    g_assert_true(ht_screen_preview_is_stale(desk.screen));
    ht_screen_paint(desk.screen, true);
    g_assert_false(ht_screen_preview_is_stale(desk.screen));
    ht_screen_paint(desk.screen, false);
    g_assert_false(ht_screen_preview_is_stale(desk.screen));
    desk_close(&desk);
}

/* What was written in an editor that failed is offered again, also after it failed once more. */
static void test_editor_failed(void)
{
    Desk desk;
    desk_open(&desk);
    type(&desk, "E");
    g_assert_cmpstr(desk.opened, ==, "");
    g_assert_cmpstr(ht_context_message(desk.context, NULL), ==,
                    "Not written. E brings your words back.");
    for (int i = 0; i < 2; i++) {
        type(&desk, "E");
        g_assert_cmpstr(desk.opened, ==, "first line\nsecond line");
        g_assert_cmpstr(ht_context_message(desk.context, NULL), ==, "the editor failed");
    }
    g_assert_cmpint(pending(&desk), ==, 0);
    type(&desk, "w Enter");
    g_assert_cmpint(pending(&desk), ==, 1);
    desk_close(&desk);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/ui/screen/typed_at_once", test_typed_at_once);
    g_test_add_func("/ui/screen/click_among_keys", test_click_among_keys);
    g_test_add_func("/ui/screen/click_on_what_was_seen", test_click_on_what_was_seen);
    g_test_add_func("/ui/screen/paste_among_keys", test_paste_among_keys);
    g_test_add_func("/ui/screen/end_among_keys", test_end_among_keys);
    g_test_add_func("/ui/screen/blind_preview", test_blind_preview);
    g_test_add_func("/ui/screen/preview_follows", test_preview_follows);
    g_test_add_func("/ui/screen/editor_failed", test_editor_failed);
    return g_test_run();
}
