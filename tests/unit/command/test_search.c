/* g/ finds what was written here and is not sent yet, as it is now, and says when texts that came
 * are not read yet. */
#include "desk.h"
#include "hiretty/base/text.h"
#include "hiretty/cache/search.h"
#include "hiretty/cache/store.h"
#include "hiretty/command/prompt.h"
#include "hiretty/view/views.h"

#include <string.h>

static void add_note(HtApply *apply, gpointer data)
{
    (void)data;
    put_row(apply, HT_APPLY_UPSERT, "candidate_notes", "id", "n1", "candidate_id", "C1", "match_id",
            "M1", "body", "likes croissants", "created_at", "3000", "row_version", "1", NULL);
}

static void open_desk(Desk *desk)
{
    desk_open_files(desk, add_note);
    while (ht_cache_search_left(desk->reader) > 0)
        g_usleep(500);
    desk_start(desk);
    desk_settle_view(desk);
}

/* Types it after g/. */
static HtView *search(Desk *desk, const char *words)
{
    HtResult result = ht_context_feed(desk->context, "g");
    ht_result_clear(&result);
    result = ht_context_feed(desk->context, "/");
    g_assert_cmpint(result.kind, ==, HT_RESULT_PROMPT);
    HtPrompt *prompt = g_steal_pointer(&result.prompt);
    ht_result_clear(&result);
    ht_prompt_set_text(prompt, desk->context, words);
    result = ht_context_answer(desk->context, prompt);
    ht_result_clear(&result);
    desk_settle_view(desk);
    return ht_context_view(desk->context);
}

static void finds(Desk *desk, const char *words, int n)
{
    HtView *view = search(desk, words);
    if (ht_view_rows(view) != n)
        g_error("%s: %d, not %d", words, (int)ht_view_rows(view), n);
}

static void submit(Desk *desk, HtIntent *intent)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(HtReceipt) receipt = ht_outbox_submit(desk->outbox, intent, &error);
    g_assert_no_error(error);
    g_assert_cmpint(receipt->n_done, ==, 1);
}

static void write_note(Desk *desk, const char *person, const char *words)
{
    HtIntent *intent = ht_intent_new(HT_INTENT_NOTE);
    ht_intent_add_candidate(intent, fixture_key(desk->reader, person));
    intent->note = g_strdup(words);
    submit(desk, intent);
}

/* So do the words of a limit, in a list of applications. */
static void limited_to(Desk *desk, const char *words, int n)
{
    HtResult result = ht_context_run_line(desk->context, "go.candidates");
    ht_result_clear(&result);
    g_assert_true(ht_view_set_limit(ht_context_view(desk->context), words, NULL));
    desk_settle_view(desk);
    g_assert_cmpint(ht_view_rows(ht_context_view(desk->context)), ==, n);
}

static void test_waiting_notes(void)
{
    Desk desk;
    open_desk(&desk);
    finds(&desk, "crème", 0);
    write_note(&desk, "C2", "Bakes crème brûlée\nat night");
    write_note(&desk, "C2", "Crème, again");
    finds(&desk, "CREME", 2);
    g_assert_cmpint(ht_view_row_key(ht_context_view(desk.context), 0), !=,
                    ht_view_row_key(ht_context_view(desk.context), 1));
    finds(&desk, "bru night", 1); /* the starts of words, all of them */
    finds(&desk, "night bakers", 0);
    finds(&desk, "\"brulee at\"", 1);
    finds(&desk, "\"at brulee\"", 0);
    finds(&desk, "\"brul at\"", 0);
    HtView *view = search(&desk, "bakes");
    g_assert_cmpint(ht_view_rows(view), ==, 1);
    g_assert_cmpint(ht_view_current_candidate(view), ==, fixture_key(desk.reader, "C2"));
    g_assert_cmpint(ht_view_row_state(view, 0) & HT_ROW_PENDING, !=, 0);
    g_assert_cmpstr(ht_view_cell(view, 0, 1).text, ==, "note");
    g_assert_cmpstr(ht_view_cell(view, 0, 2).text, ==, "Bakes crème brûlée at night");
    g_assert_true(g_str_has_prefix(ht_view_title(view), "Search · 1 place"));
    g_assert_null(strstr(ht_view_title(view), "places"));
    limited_to(&desk, "again creme", 1);
    limited_to(&desk, "\"creme again\"", 1);
    limited_to(&desk, "\"again creme\"", 0);
    desk_close(&desk);
}

/* A note of the server that was changed here is found by what it says now, once. */
static void test_changed_notes(void)
{
    Desk desk;
    open_desk(&desk);
    finds(&desk, "croissants", 1);
    limited_to(&desk, "croissants", 1);
    HtIntent *edit = ht_intent_new(HT_INTENT_NOTE_EDIT);
    edit->note_id = test_id('n', 1);
    edit->note = g_strdup("likes baguettes");
    submit(&desk, edit);
    finds(&desk, "croissants", 0);
    finds(&desk, "baguettes", 1);
    finds(&desk, "likes", 1);
    limited_to(&desk, "croissants", 0);
    limited_to(&desk, "baguettes", 1);
    HtIntent *removal = ht_intent_new(HT_INTENT_NOTE_DELETE);
    removal->note_id = test_id('n', 1);
    submit(&desk, removal);
    finds(&desk, "likes", 0);
    limited_to(&desk, "likes", 0);
    limited_to(&desk, "croissants", 0);
    desk_close(&desk);
}

static bool put_back(HtStore *store, gpointer data, GError **error)
{
    return ht_db_exec(ht_store_db(store), data, error);
}

/* Texts that came and are not read yet are said beside what was found, until they are. */
static void test_unread_texts(void)
{
    static const char forget[] =
        "INSERT INTO unindexed SELECT k, kind FROM indexed;"
        "DELETE FROM indexed;INSERT INTO texts_fts(texts_fts) VALUES('delete-all');";
    Desk desk;
    g_autoptr(GError) error = NULL;
    open_desk(&desk);
    g_assert_cmpstr(ht_view_title(search(&desk, "croissants")), ==,
                    "Search · 1 place · limit croissants");
    ht_store_call(desk.cache.cache, put_back, (gpointer)(guintptr)forget, &error);
    g_assert_no_error(error);
    g_assert_cmpstr(ht_view_title(search(&desk, "croissant")), ==,
                    "Search · 0 places · 1 text not read yet · limit croissant");
    for (bool more = true; more;)
        g_assert_true(ht_cache_index_some(desk.cache.cache, &more, &error));
    ht_view_refresh(ht_context_view(desk.context), HT_CHANGED_META);
    desk_settle_view(&desk);
    g_assert_cmpint(ht_view_rows(ht_context_view(desk.context)), ==, 1);
    g_assert_cmpstr(ht_view_title(ht_context_view(desk.context)), ==,
                    "Search · 1 place · limit croissant");
    desk_close(&desk);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    ht_text_init_locale();
    g_test_add_func("/command/search/waiting_notes", test_waiting_notes);
    g_test_add_func("/command/search/changed_notes", test_changed_notes);
    g_test_add_func("/command/search/unread_texts", test_unread_texts);
    return g_test_run();
}
