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

/* ---- many marks
 * ------------------------------------------------------------------------------------------- */
enum { MANY = 320, LEFT = 3 };

/* LEFT of them are out already. */
static void fill_many(HtApply *apply, gpointer data)
{
    (void)data;
    for (int i = 100; i < 100 + MANY; i++) {
        g_autofree char *last = g_strdup_printf("Many%03d", i);
        put_match(apply, i, 1, i < 100 + LEFT ? 17 : 11, i * 10, "Ana", last);
    }
}

static void open_many(Desk *desk)
{
    desk_open(desk, fill_many);
    desk_settle(desk);
    g_assert_true(ht_view_goto(ht_context_view(desk->context), fixture_key(desk->reader, "J1")));
    g_assert_null(desk_press(desk, "Enter"));
    g_assert_null(desk_answer(desk, desk_press(desk, "X"), ""));
    HtPrompt *rule = desk_press(desk, "+");
    ht_prompt_set_text(rule, desk->context, "name:Ana score>=0");
    HtResult result = ht_context_answer(desk->context, rule);
    ht_result_clear(&result);
    g_assert_cmpint(ht_view_marks(ht_context_view(desk->context)), ==, 0); /* it is looked for */
    desk_settle(desk);
    g_assert_cmpint(ht_view_marks(ht_context_view(desk->context)), ==, MANY);
}

/* The key has been answered, and nothing of what it asks for was read yet. */
static void feed_reads(Desk *desk, const char *key)
{
    HtResult result = ht_context_feed(desk->context, key);
    ht_result_clear(&result);
    g_assert_cmpint(ht_view_id(ht_context_view(desk->context)), ==, HT_VIEW_MATCHES);
    g_assert_cmpstr(ht_context_message(desk->context, NULL), ==,
                    "Reading 320\xE2\x80\xA6 Esc stops it.");
}

static bool says(Desk *desk, const char *words)
{
    const char *said = ht_context_message(desk->context, NULL);
    return said && strstr(said, words);
}

static int pending(Desk *desk)
{
    HtOutboxCounts counts;
    ht_outbox_counts(desk->outbox, &counts);
    return counts.pending;
}

/* x reads them behind the screen; Enter reads nothing, and says that it writes; what was typed
 * meanwhile comes in its turn. */
static void test_sheet(void)
{
    Desk desk;
    open_many(&desk);
    feed_reads(&desk, "x");
    HtResult later = ht_context_feed(desk.context, "j"); /* of the sheet, which is not here yet */
    ht_result_clear(&later);
    desk_settle(&desk);
    HtView *sheet = ht_context_view(desk.context);
    g_assert_cmpint(ht_view_id(sheet), ==, HT_VIEW_SHEET);
    g_assert_cmpint(ht_view_rows(sheet), ==, MANY);
    g_assert_cmpint(ht_view_cursor(sheet), ==, 1);
    g_assert_true(says(&desk, "Reject 317"));
    g_assert_true(says(&desk, "3 left out: 3 rejected"));
    g_assert_true(g_str_has_prefix(ht_view_cell(sheet, 0, 0).text, "Ana Many"));
    g_assert_true(ht_view_set_limit(sheet, "many250", NULL)); /* rows out of sight, too */
    g_assert_cmpint(ht_view_rows(sheet), ==, 1);
    g_assert_true(ht_view_set_limit(sheet, "", NULL));
    Hold hold;
    hold_begin(&hold, desk.cache.cache);
    HtResult result = ht_context_feed(desk.context, "Enter");
    ht_result_clear(&result);
    g_assert_cmpstr(ht_context_message(desk.context, NULL), ==, "Writing 317\xE2\x80\xA6");
    paint(desk.context);
    result = ht_context_feed(desk.context, "Q");
    ht_result_clear(&result);
    g_assert_true(says(&desk, "Writing 317\xE2\x80\xA6 The program ends when that is done."));
    hold_end(&hold);
    HtResult end = {.kind = HT_RESULT_NONE};
    while (!ht_context_take_result(desk.context, &end))
        g_main_context_iteration(NULL, TRUE);
    g_assert_cmpint(end.kind, ==, HT_RESULT_QUIT);
    ht_result_clear(&end);
    desk_settle(&desk);
    g_assert_true(says(&desk, "317 rejected"));
    g_assert_cmpint(pending(&desk), ==, MANY - LEFT);
    desk_close(&desk);
}

/* Who is out meanwhile leaves the open sheet: it is read again behind the screen. */
static void close_one(HtApply *apply, gpointer data)
{
    (void)data;
    put_match(apply, 200, 1, 17, 2000, "Ana", "Many200");
}

static void test_sheet_follows(void)
{
    Desk desk;
    open_many(&desk);
    g_assert_null(desk_press(&desk, "x"));
    fixture_apply(&desk.cache, close_one, NULL);
    HtView *sheet = ht_context_view(desk.context);
    g_assert_cmpint(ht_view_id(sheet), ==, HT_VIEW_SHEET);
    for (int i = 0; i < 1000; i++) {
        g_assert_true(ht_view_goto(sheet, fixture_key(desk.reader, "M200")));
        if (strcmp(ht_view_cell(sheet, ht_view_cursor(sheet), 2).text, "left out") == 0)
            break;
        g_main_context_iteration(NULL, TRUE);
    }
    desk_settle(&desk);
    g_assert_null(desk_press(&desk, "Enter"));
    g_assert_true(says(&desk, "316 rejected"));
    desk_close(&desk);
}

/* Esc: nothing is done, and what was typed for the sheet is not done somewhere else. */
static void test_stop(void)
{
    Desk desk;
    open_many(&desk);
    feed_reads(&desk, "x");
    HtResult result = ht_context_feed(desk.context, "Enter"); /* would open a person here */
    ht_result_clear(&result);
    result = ht_context_feed(desk.context, "Esc");
    ht_result_clear(&result);
    g_assert_true(says(&desk, "Stopped: nothing was done."));
    desk_settle(&desk);
    g_assert_cmpint(ht_view_id(ht_context_view(desk.context)), ==, HT_VIEW_MATCHES);
    g_assert_cmpint(ht_view_marks(ht_context_view(desk.context)), ==, MANY);
    g_assert_cmpint(pending(&desk), ==, 0);
    g_assert_null(desk_press(&desk, "x")); /* it can be asked for again */
    g_assert_cmpint(ht_view_id(ht_context_view(desk.context)), ==, HT_VIEW_SHEET);
    desk_close(&desk);
}

/* Q does not wait for what is read. */
static void test_quit(void)
{
    Desk desk;
    open_many(&desk);
    feed_reads(&desk, "x");
    HtResult result = ht_context_feed(desk.context, "Q");
    g_assert_cmpint(result.kind, ==, HT_RESULT_QUIT);
    ht_result_clear(&result);
    desk_close(&desk);
}

/* Other decisions about as many, and the way back. */
static void test_decisions(void)
{
    Desk desk;
    open_many(&desk);
    feed_reads(&desk, "a");
    desk_settle(&desk);
    g_assert_true(says(&desk, "317 "));
    g_assert_true(says(&desk, "3 left out"));
    g_assert_cmpint(pending(&desk), ==, MANY - LEFT);
    g_assert_null(desk_answer(&desk, desk_press(&desk, "+"), "name:Ana score>=0"));
    HtPrompt *reason = desk_press(&desk, "o");
    g_assert_nonnull(reason);
    g_assert_nonnull(strstr(reason->label, "reopen 3"));
    ht_prompt_free(reason);
    desk_close(&desk);
}

/* Words for as many, and their review. */
static void test_words(void)
{
    Desk desk;
    open_many(&desk);
    feed_reads(&desk, "w");
    HtPrompt *note = desk_outcome(&desk, ht_result_none());
    g_assert_nonnull(note);
    g_assert_cmpstr(note->label, ==, "note on 320");
    g_assert_null(desk_answer(&desk, note, "Thank you"));
    g_assert_cmpint(pending(&desk), ==, MANY);
    feed_reads(&desk, "t");
    ht_context_cancel(desk.context, desk_outcome(&desk, ht_result_none()));
    feed_reads(&desk, "r");
    desk_settle(&desk);
    g_assert_cmpint(ht_view_id(ht_context_view(desk.context)), ==, HT_VIEW_REVIEW);
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
    g_test_add_func("/command/freeze/sheet", test_sheet);
    g_test_add_func("/command/freeze/sheet_follows", test_sheet_follows);
    g_test_add_func("/command/freeze/stop", test_stop);
    g_test_add_func("/command/freeze/quit", test_quit);
    g_test_add_func("/command/freeze/decisions", test_decisions);
    g_test_add_func("/command/freeze/words", test_words);
    return g_test_run();
}
