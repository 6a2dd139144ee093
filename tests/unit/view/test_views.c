/* Views over a real cache: identity of cursor and marks under refresh, limits, marks, review,
 * texts. */
#include "../cache/fixture.h"
#include "hiretty/base/clock.h"
#include "hiretty/base/text.h"
#include "hiretty/cache/matches.h"
#include "hiretty/view/views.h"

#include <string.h>

typedef struct {
    Fixture cache;
    HtReader *reader;
    HtViewParts parts;
    int seen;
} Desk;

static void seen(HtKey match, bool blind, int seconds, gpointer data)
{
    (void)match;
    (void)blind;
    (void)seconds;
    ((Desk *)data)->seen++;
}

static void desk_open(Desk *desk)
{
    memset(desk, 0, sizeof *desk);
    fixture_open(&desk->cache);
    fixture_fill(&desk->cache);
    desk->reader = ht_reader_new(desk->cache.cache, "test", NULL);
    g_assert_nonnull(desk->reader);
    desk->parts = (HtViewParts){.reader = desk->reader, .seen = seen, .seen_data = desk};
}

static void desk_close(Desk *desk)
{
    ht_reader_free(desk->reader);
    fixture_close(&desk->cache);
}

static HtKey key(Desk *desk, const char *name)
{
    return fixture_key(desk->reader, name);
}

static HtView *open_matches(Desk *desk)
{
    g_autoptr(GError) error = NULL;
    HtView *view = ht_view_new_matches(&desk->parts, key(desk, "J1"), &error);
    g_assert_no_error(error);
    ht_view_set_page(view, 6);
    return view;
}

/* ---- feedback
 * ----------------------------------------------------------------------------------------- */
enum { MANY_FEEDBACK = 620 };

static void put_feedback(HtApply *apply, gpointer data)
{
    (void)data;
    put_row(apply, HT_APPLY_UPSERT, "interviews", "id", "i1", "match_id", "M1", "interview_type",
            "technical", "scheduled_at", "5000", "duration_minutes", "45", "status", "scheduled",
            NULL);
    for (int i = 1; i <= MANY_FEEDBACK; i++) {
        g_autofree char *id = g_strdup_printf("f%d", i);
        g_autofree char *at = g_strdup_printf("%d", 6000 + i);
        put_row(apply, HT_APPLY_UPSERT, "interview_feedback", "id", id, "interview_id", "i1",
                "rating", "4", "recommendation", i % 100 == 7 ? "no_hire" : "hire", "submitted_at",
                at, NULL);
    }
}

static void limit_feedback(HtView *view, const char *words)
{
    g_autoptr(GError) error = NULL;
    g_assert_true(ht_view_set_limit(view, words, &error));
    while (ht_view_is_loading(view))
        g_main_context_iteration(NULL, TRUE);
}

/* The list holds the newest and says so; a limit finds the old ones too. */
static void test_feedback_of_many(void)
{
    Desk desk;
    desk_open(&desk);
    fixture_apply(&desk.cache, put_feedback, NULL);
    g_assert_true(ht_reader_refresh(desk.reader, NULL, NULL));
    HtView *view = ht_view_new_feedback(&desk.parts);
    while (ht_view_is_loading(view))
        g_main_context_iteration(NULL, TRUE);
    g_assert_nonnull(strstr(ht_view_title(view), "500+, the newest; l asks all"));
    limit_feedback(view, "no");
    g_assert_cmpint(ht_view_rows(view), ==, 7);
    g_assert_null(strstr(ht_view_title(view), "500"));
    limit_feedback(view, "hire");
    g_assert_nonnull(strstr(ht_view_title(view), "500+"));
    g_assert_null(strstr(ht_view_title(view), "l asks all"));
    ht_view_free(view);
    desk_close(&desk);
}

static void test_ranked(void)
{
    Desk desk;
    desk_open(&desk);
    {
        g_autoptr(HtView) view = open_matches(&desk);
        g_assert_cmpint(ht_view_rows(view), ==, 20);
        g_assert_cmpint(ht_view_row_key(view, 0), ==, key(&desk, "M20"));
        g_assert_cmpint(ht_view_row_key(view, 19), ==, key(&desk, "M1"));
        g_assert_cmpint(ht_view_cursor(view), ==, 0);
        g_assert_cmpint(ht_view_current_match(view), ==, key(&desk, "M20"));
        g_assert_cmpint(ht_view_current_candidate(view), ==, key(&desk, "C20"));
        g_assert_nonnull(strstr(ht_view_title(view), "20 applicants"));
        int n;
        const HtColumn *columns = ht_view_columns(view, &n);
        for (int i = 0; i < n; i++)
            if (strcmp(columns[i].id, "name") == 0)
                g_assert_cmpstr(ht_view_cell(view, 0, i).text, !=, "");
    }
    desk_close(&desk);
}

static void test_moves(void)
{
    Desk desk;
    desk_open(&desk);
    {
        g_autoptr(HtView) view = open_matches(&desk);
        ht_view_move(view, 7);
        g_assert_cmpint(ht_view_cursor(view), ==, 7);
        g_assert_cmpint(ht_view_top(view), ==, 2);
        ht_view_move(view, 1000);
        g_assert_cmpint(ht_view_cursor(view), ==, 19);
        g_assert_cmpint(ht_view_top(view), ==, 14);
        ht_view_set_top(view, 3);
        g_assert_cmpint(ht_view_cursor(view), ==, 8);
        ht_view_move(view, -1000);
        g_assert_cmpint(ht_view_cursor(view), ==, 0);
    }
    desk_close(&desk);
}

static void change_everything(HtApply *apply, gpointer data)
{
    (void)data;
    const HtSyncTable *table = ht_sync_table_by_name("candidate_job_matches");
    for (int i = 100; i < 150; i++)
        put_match(apply, i, 1, 11, 9000 + i, "New", "Comer");
    for (int i = 16; i <= 17; i++) {
        HtUuid id = test_id('M', i);
        g_assert_true(ht_apply_delete(apply, table, &id, NULL));
    }
    /* The one under the cursor is scored anew, to the bottom. */
    put_match(apply, 12, 1, 11, 1, "Cursor", "Row");
}

static void test_identity(void)
{
    Desk desk;
    desk_open(&desk);
    {
        g_autoptr(HtView) view = open_matches(&desk);
        ht_view_set_cursor(view, 8); /* M12 */
        int64_t screen_row = ht_view_cursor(view) - ht_view_top(view);
        HtKey cursor = ht_view_current_match(view);
        g_assert_cmpint(cursor, ==, key(&desk, "M12"));
        for (int i = 15; i <= 17; i++) {
            g_autofree char *name = g_strdup_printf("M%d", i);
            ht_view_set_marked(view, key(&desk, name), true);
        }
        fixture_apply(&desk.cache, change_everything, NULL);
        ht_view_refresh(view, HT_CHANGED(15));
        /* Nothing moves until it is asked for, and the title says what waits. */
        g_assert_cmpint(ht_view_rows(view), ==, 20);
        g_assert_cmpint(ht_view_current_match(view), ==, cursor);
        g_assert_cmpint(ht_view_cursor(view), ==, 8);
        g_assert_nonnull(strstr(ht_view_title(view), "50 new"));
        g_assert_true(ht_view_row_state(view, ht_view_cursor(view) - 4) & HT_ROW_GONE);
        ht_view_refresh(view, 0);
        g_assert_cmpint(ht_view_rows(view), ==, 68);
        g_assert_cmpint(ht_view_current_match(view), ==, cursor);
        g_assert_cmpint(ht_view_cursor(view) - ht_view_top(view), ==, screen_row);
        g_assert_cmpint(ht_view_marks(view), ==, 3);
        g_autoptr(GArray) targets = ht_view_targets(view);
        g_assert_cmpuint(targets->len, ==, 3);
    }
    desk_close(&desk);
}

static void test_marks(void)
{
    Desk desk;
    desk_open(&desk);
    {
        g_autoptr(HtView) view = open_matches(&desk);
        g_assert_cmpint(ht_view_mark(view, HT_MARK_TOGGLE), ==, 1);
        g_assert_cmpint(ht_view_mark(view, HT_MARK_RANGE), ==, 1);
        ht_view_move(view, 3);
        g_assert_cmpint(ht_view_mark(view, HT_MARK_RANGE), ==, 4);
        g_assert_cmpint(ht_view_mark(view, HT_MARK_INVERT), ==, 16);
        g_assert_cmpint(ht_view_mark(view, HT_MARK_NONE), ==, 0);
        g_assert_cmpint(ht_view_mark(view, HT_MARK_LAST), ==, 16);
        ht_view_set_only_marked(view, true);
        g_assert_cmpint(ht_view_rows(view), ==, 16);
        ht_view_set_only_marked(view, false);
        g_assert_cmpint(ht_view_rows(view), ==, 20);
        ht_view_mark(view, HT_MARK_NONE);
        g_autoptr(GError) error = NULL;
        g_assert_cmpint(ht_view_mark_filter(view, "score>=19", true, &error), ==, 2);
        g_assert_no_error(error);
        g_assert_cmpstr(ht_view_mark_rule(view, key(&desk, "M20")), ==, "score>=19");
        g_assert_null(ht_view_mark_rule(view, key(&desk, "M2")));
        g_assert_cmpint(ht_view_mark_filter(view, "score>>", true, &error), ==, -1);
        g_assert_nonnull(error);
        /* A second rule says more about who is marked already, whatever marked them first. */
        g_assert_true(ht_view_set_limit(view, "score>=19 Last20", NULL));
        g_assert_cmpint(ht_view_mark(view, HT_MARK_ALL), ==, 2);
        g_assert_cmpstr(ht_view_mark_rule(view, key(&desk, "M20")), ==, "score>=19 Last20");
        g_assert_cmpstr(ht_view_mark_rule(view, key(&desk, "M19")), ==, "score>=19");
        g_assert_true(ht_view_set_limit(view, "", NULL));
        g_assert_cmpint(ht_view_mark(view, HT_MARK_ALL), ==, 20);
        g_assert_cmpstr(ht_view_mark_rule(view, key(&desk, "M20")), ==, "score>=19 Last20");
        g_assert_cmpstr(ht_view_mark_rule(view, key(&desk, "M2")), ==, "");
        g_assert_cmpint(ht_view_mark_filter(view, "loc:Berlin", true, NULL), ==, 0);
        g_assert_cmpstr(ht_view_mark_rule(view, key(&desk, "M19")), ==, "score>=19 loc:Berlin");
        g_assert_cmpstr(ht_view_mark_rule(view, key(&desk, "M2")), ==, "loc:Berlin");
    }
    desk_close(&desk);
}

static void test_limit(void)
{
    Desk desk;
    desk_open(&desk);
    {
        g_autoptr(HtView) view = open_matches(&desk);
        g_autoptr(GError) error = NULL;
        ht_view_set_marked(view, key(&desk, "M1"), true);
        g_assert_true(ht_view_set_limit(view, "score>=15", &error));
        g_assert_cmpint(ht_view_rows(view), ==, 6);
        g_assert_cmpint(ht_view_marks_outside(view), ==, 1);
        g_assert_nonnull(strstr(ht_view_title(view), "1 marked, 1 outside the limit"));
        g_assert_false(ht_view_set_limit(view, "stge:applied", &error));
        g_assert_nonnull(error);
        g_assert_cmpint(ht_view_rows(view), ==, 6);
        g_assert_true(ht_view_set_limit(view, NULL, NULL));
        g_assert_cmpint(ht_view_rows(view), ==, 20);
    }
    desk_close(&desk);
}

static void test_sort(void)
{
    Desk desk;
    desk_open(&desk);
    {
        g_autoptr(HtView) view = open_matches(&desk);
        ht_view_set_cursor(view, 5);
        HtKey cursor = ht_view_current_match(view);
        g_assert_true(ht_view_set_sort(view, "score", false));
        g_assert_cmpint(ht_view_row_key(view, 0), ==, key(&desk, "M1"));
        g_assert_cmpint(ht_view_current_match(view), ==, cursor);
        g_assert_false(ht_view_set_sort(view, "shoe size", false));
        bool descending;
        g_assert_cmpstr(ht_view_sort(view, &descending), ==, "score");
        g_assert_false(descending);
    }
    desk_close(&desk);
}

static void test_jobs(void)
{
    Desk desk;
    desk_open(&desk);
    {
        g_autoptr(HtView) view = ht_view_new_jobs(&desk.parts);
        g_assert_cmpint(ht_view_rows(view), ==, 2);
        g_assert_cmpint(ht_view_id(view), ==, HT_VIEW_JOBS);
        g_assert_true(ht_view_has_preview(view));
        const HtDoc *doc = ht_view_preview(view, 0, 40);
        g_assert_nonnull(doc);
        g_autofree char *text = ht_doc_dup_text(doc);
        g_assert_nonnull(strstr(text, "Stages"));
    }
    desk_close(&desk);
}

static void test_review(void)
{
    Desk desk;
    desk_open(&desk);
    {
        g_autoptr(HtView) list = open_matches(&desk);
        HtView *made = ht_view_new_review(&desk.parts, key(&desk, "J1"), ht_view_keys(list), 7);
        g_autoptr(HtView) view = made;
        g_assert_cmpuint(ht_review_pass(view), ==, 7);
        g_assert_nonnull(strstr(ht_view_title(view), "1 of 20"));
        HtKey first = ht_view_current_match(view);
        g_assert_cmpint(first, ==, key(&desk, "M20"));
        g_assert_cmpint(desk.seen, ==, 1);
        ht_review_set_decided(view, first, HT_DECISION_SHORTLIST);
        g_assert_true(ht_review_next(view));
        g_assert_nonnull(strstr(ht_view_title(view), "2 of 20"));
        g_assert_true(ht_review_skip(view));
        g_assert_cmpint(ht_view_current_match(view), ==, key(&desk, "M18"));
        /* Undo leads back. */
        ht_review_set_decided(view, first, HT_DECISION_NONE);
        g_assert_true(ht_review_goto(view, first));
        g_assert_cmpint(ht_view_current_match(view), ==, first);
        for (int i = 0; i < 40 && ht_view_current_match(view); i++) {
            ht_review_set_decided(view, ht_view_current_match(view), HT_DECISION_REJECT);
            ht_review_next(view);
        }
        int64_t decided, total;
        ht_review_progress(view, &decided, &total);
        g_assert_cmpint(decided, ==, 20);
        g_assert_cmpint(total, ==, 20);
        g_autofree char *text = ht_doc_dup_text(ht_view_doc(view, 80));
        g_assert_nonnull(strstr(text, "Nobody left to review"));
    }
    desk_close(&desk);
}

static void explain(HtApply *apply, gpointer data)
{
    (void)data;
    put_row(apply, HT_APPLY_UPSERT, "match_explanations", "id", "X1", "match_id", "M20",
            "model_version", "scorer-3", "prompt_version", "p7", "created_at", "1700000000000000",
            "explanation_text", "Strong with databases.", "factors",
            "{\"recommendation\":\"shortlist\",\"confidence\":0.82,\"no_evidence\":false,"
            "\"factors\":[{\"name\":\"Python\",\"weight\":5,\"score\":80,\"verdict\":\"met\","
            "\"quote\":\"ten years of Python\"},{\"name\":\"Kubernetes\",\"weight\":2,\"score\":5,"
            "\"verdict\":\"not_shown\",\"quote\":null}]}",
            NULL);
}

static void test_evidence(void)
{
    Desk desk;
    desk_open(&desk);
    fixture_apply(&desk.cache, explain, NULL);
    {
        g_autoptr(HtDoc) doc = ht_doc_new();
        ht_doc_evidence(doc, &desk.parts, key(&desk, "M20"), false, 70);
        g_autofree char *text = ht_doc_dup_text(doc);
        g_assert_nonnull(strstr(text, "ten years of Python"));
        g_assert_nonnull(strstr(text, "no evidence in the résumé"));
        g_assert_nonnull(strstr(text, "scorer-3"));
        g_assert_nonnull(strstr(text, "confidence 82 %"));
        for (int i = 0; i < ht_doc_lines(doc); i++) {
            g_autofree char *line = ht_doc_line_text(doc, i);
            g_assert_cmpint(ht_text_width(line), <=, 70);
        }
        g_autoptr(HtDoc) none = ht_doc_new();
        ht_doc_evidence(none, &desk.parts, key(&desk, "M19"), false, 70);
        g_autofree char *said = ht_doc_dup_text(none);
        g_assert_nonnull(strstr(said, "No explanation"));
    }
    desk_close(&desk);
}

static void test_blind(void)
{
    Desk desk;
    desk_open(&desk);
    {
        g_autoptr(HtView) view = open_matches(&desk);
        int n, name = -1;
        const HtColumn *columns = ht_view_columns(view, &n);
        for (int i = 0; i < n; i++)
            name = strcmp(columns[i].id, "name") == 0 ? i : name;
        g_autofree char *open = g_strdup(ht_view_cell(view, 0, name).text);
        ht_view_set_blind(view, true);
        const char *hidden = ht_view_cell(view, 0, name).text;
        g_assert_cmpstr(hidden, !=, open);
        g_assert_true(g_str_has_prefix(hidden, "Applicant "));
        g_autofree char *text = ht_doc_dup_text(ht_view_preview(view, 0, 60));
        g_assert_null(strstr(text, open));
        g_autofree char *copied = ht_view_copy_text(view);
        g_assert_null(strstr(copied, open));
    }
    desk_close(&desk);
}

/* What the preview says of a row is what the row says: its age grows, and a blind view has another
 * text. */
static void test_preview_serial(void)
{
    Desk desk;
    desk_open(&desk);
    {
        g_autoptr(HtView) view = open_matches(&desk);
        int64_t now = ht_clock_now_us();
        g_assert_cmpuint(ht_view_preview_serial(view, 0), ==, 0);
        ht_view_preview(view, 0, 60);
        guint64 first = ht_view_preview_serial(view, 0);
        g_assert_cmpuint(first, !=, 0);
        g_assert_cmpuint(ht_view_preview_serial(view, 1), ==, 0);
        ht_view_preview(view, 0, 60);
        g_assert_cmpuint(ht_view_preview_serial(view, 0), ==, first);
        ht_clock_fix(now + 3000 * HT_US_PER_DAY);
        g_assert_cmpuint(ht_view_preview_serial(view, 0), ==, 0);
        int n, age = -1;
        const HtColumn *columns = ht_view_columns(view, &n);
        for (int i = 0; i < n; i++)
            age = strcmp(columns[i].id, "age") == 0 ? i : age;
        g_autofree char *said = g_strdup_printf(" for %s", ht_view_cell(view, 0, age).text);
        g_strdelimit(said, "!", '\0');
        g_autofree char *text = ht_doc_dup_text(ht_view_preview(view, 0, 60));
        g_assert_nonnull(strstr(text, said));
        guint64 second = ht_view_preview_serial(view, 0);
        g_assert_cmpuint(second, >, first);
        ht_view_set_blind(view, true);
        g_assert_cmpuint(ht_view_preview_serial(view, 0), ==, 0);
        ht_clock_fix(0);
    }
    desk_close(&desk);
}

static void test_tabs(void)
{
    Desk desk;
    desk_open(&desk);
    {
        g_autoptr(GError) error = NULL;
        g_autoptr(HtView) view =
            ht_view_new_candidate(&desk.parts, key(&desk, "C3"), key(&desk, "M3"), &error);
        g_assert_no_error(error);
        const char *const *names;
        int active, n = ht_view_tabs(view, &names, &active);
        g_assert_cmpint(n, ==, 8);
        g_assert_cmpstr(names[active], ==, "Why");
        for (int i = 0; i < n; i++) {
            g_assert_true(ht_view_set_tab(view, i));
            g_assert_cmpint(ht_doc_lines(ht_view_doc(view, 80)), >, 0);
        }
        g_assert_false(ht_view_set_tab(view, n));
        g_assert_cmpint(ht_view_current_match(view), ==, key(&desk, "M3"));
    }
    desk_close(&desk);
}

static void test_search(void)
{
    Desk desk;
    desk_open(&desk);
    {
        g_autoptr(HtView) view = ht_view_new_jobs(&desk.parts);
        HtCell second = ht_view_cell(view, 1, 0);
        g_autofree char *title = g_strdup(second.text);
        HtKey wanted = ht_view_row_key(view, 1);
        ht_view_set_cursor(view, 0);
        ht_view_set_search(view, title, NULL);
        g_assert_cmpint(ht_view_current_job(view), ==, wanted);
        g_assert_true(ht_view_search_step(view, 1));
        ht_view_set_search(view, "zebra crossing", NULL);
        g_assert_false(ht_view_search_step(view, 1));
    }
    desk_close(&desk);
}

static void loaded(HtView *view, gpointer data)
{
    (void)view;
    *(bool *)data = true;
}

static void test_loader(void)
{
    Desk desk;
    desk_open(&desk);
    desk.parts.loader = ht_loader_new(desk.cache.cache, NULL);
    g_assert_nonnull(desk.parts.loader);
    {
        g_autoptr(HtView) view = open_matches(&desk);
        bool done = false;
        ht_view_set_changed(view, loaded, &done);
        g_assert_true(ht_view_is_loading(view));
        while (!done)
            g_main_context_iteration(NULL, TRUE);
        g_assert_cmpint(ht_view_rows(view), ==, 20);
        /* A later limit wins over the one before. */
        ht_view_set_limit(view, "score>=19", NULL);
        ht_view_set_limit(view, "score>=18", NULL);
        while (ht_view_is_loading(view))
            g_main_context_iteration(NULL, TRUE);
        g_assert_cmpint(ht_view_rows(view), ==, 3);
        ht_view_refresh(view, 0);
    }
    ht_loader_free(desk.parts.loader);
    desk_close(&desk);
}

/* The same people, one of them gone, one new, under other keys. */
static bool fill_anew(HtApply *apply, gpointer data, GError **error)
{
    (void)data;
    put_job(apply, 2, "Data Engineer");
    put_job(apply, 1, "Customer Support Specialist");
    for (int i = 1; i <= 21; i++) {
        g_autofree char *last = g_strdup_printf("Last%02d", i);
        if (i != 14)
            put_match(apply, i, 1, 11, i * 100, "Zoë", last);
    }
    return ht_apply_meta_set(apply, "me", "{}", error);
}

static void publish_anew(Desk *desk)
{
    g_autoptr(GError) error = NULL;
    bool resumed;
    HtGeneration *generation = ht_cache_generation_begin(desk->cache.cache, &resumed, &error);
    g_assert_no_error(error);
    g_assert_true(ht_cache_generation_apply(generation, fill_anew, NULL, &error));
    g_assert_true(ht_cache_generation_publish(generation, &error));
    g_assert_no_error(error);
}

static void follow(Desk *desk, HtView *view)
{
    bool changed = false;
    ht_view_keep_ids(view);
    g_assert_true(ht_reader_refresh(desk->reader, &changed, NULL));
    g_assert_true(changed);
    ht_loader_follow(desk->parts.loader);
    ht_view_restore_ids(view);
}

/* A new generation: who is in sight stays in sight, on the same line and under the same title,
 * until the new list is there. */
static void test_generation(void)
{
    Desk desk;
    desk_open(&desk);
    desk.parts.loader = ht_loader_new(desk.cache.cache, NULL);
    {
        g_autoptr(HtView) view = open_matches(&desk);
        while (ht_view_is_loading(view))
            g_main_context_iteration(NULL, TRUE);
        ht_view_move(view, 9); /* M11, the last line of six */
        g_assert_cmpint(ht_view_top(view), ==, 4);
        g_autofree char *title = g_strdup(ht_view_title(view));
        publish_anew(&desk);
        for (int again = 0; again < 2; again++) {
            int64_t rows;
            if (again)
                publish_anew(&desk);
            follow(&desk, view);
            g_assert_true(ht_view_is_loading(view));
            g_assert_cmpint(ht_view_rows(view), ==, 5); /* M16 … M11 without M14 */
            for (int i = 0, number = 16; i < 5; i++, number -= number == 15 ? 2 : 1) {
                g_autofree char *name = g_strdup_printf("M%d", number);
                g_assert_cmpint(ht_view_row_key(view, i), ==, key(&desk, name));
                g_assert_cmpstr(ht_view_cell(view, i, 1).text, !=, "");
            }
            g_assert_cmpint(ht_view_current_match(view), ==, key(&desk, "M11"));
            g_assert_cmpstr(ht_view_title(view), ==, title);
            g_assert_cmpint(ht_view_position(view, &rows), ==, 8);
            g_assert_cmpint(rows, ==, 20);
        }
        while (ht_view_is_loading(view))
            g_main_context_iteration(NULL, TRUE);
        g_assert_cmpint(ht_view_rows(view), ==, 20);
        g_assert_cmpint(ht_view_current_match(view), ==, key(&desk, "M11"));
        g_assert_cmpint(ht_view_cursor(view) - ht_view_top(view), ==, 5);
    }
    ht_loader_free(desk.parts.loader);
    desk_close(&desk);
}

/* Interviews an hour long: i1 … i9 began 19, 17 … 3 hours ago, i10 half an hour ago; i11 and i12
 * come. */
static void fill_interviews(HtApply *apply, gpointer data)
{
    (void)data;
    for (int i = 1; i <= 12; i++) {
        g_autofree char *id = g_strdup_printf("i%d", i);
        int64_t minutes = i < 10 ? -(21 - 2 * i) * 60 : i == 10 ? -30 : (i - 10) * 60;
        g_autofree char *at =
            g_strdup_printf("%" G_GINT64_FORMAT, ht_clock_now_us() + minutes * HT_US_PER_MINUTE);
        put_row(apply, HT_APPLY_UPSERT, "interviews", "id", id, "match_id", "M1", "interview_type",
                "voice", "scheduled_at", at, "duration_minutes", "60", "status", "scheduled", NULL);
    }
}

/* It begins at what goes on or comes next; what is over is above it. */
static void test_agenda(void)
{
    Desk desk;
    desk_open(&desk);
    fixture_apply(&desk.cache, fill_interviews, NULL);
    ht_reader_refresh(desk.reader, NULL, NULL);
    {
        g_autoptr(HtView) view = ht_view_new_agenda(&desk.parts);
        ht_view_set_page(view, 3);
        g_assert_cmpint(ht_view_current_key(view), ==, key(&desk, "i10"));
        g_assert_cmpint(ht_view_cursor(view) - ht_view_top(view), ==, 1);
        ht_view_move(view, -1);
        g_assert_cmpint(ht_view_current_key(view), ==, key(&desk, "i9"));
    }
    desk_close(&desk);
}

static void erase(HtApply *apply, gpointer data)
{
    (void)data;
    put_row(apply, HT_APPLY_UPSERT, "candidates", "id", "C3", "first_name", "", "last_name", "",
            "anonymised_at", "9000", NULL);
}

/* The line above an open person says what the text below says. */
static void test_erased_while_open(void)
{
    Desk desk;
    desk_open(&desk);
    g_autoptr(GError) error = NULL;
    g_autoptr(HtView) person =
        ht_view_new_candidate(&desk.parts, key(&desk, "C3"), key(&desk, "M3"), &error);
    g_assert_no_error(error);
    g_assert_null(strstr(ht_view_title(person), "(erased)"));
    ht_view_doc(person, 80);
    fixture_apply(&desk.cache, erase, NULL);
    bool changed;
    g_assert_true(ht_reader_refresh(desk.reader, &changed, &error));
    ht_view_refresh(person, HT_CHANGED_ALL);
    g_assert_nonnull(strstr(ht_view_title(person), "(erased)"));
    g_clear_pointer(&person, ht_view_free);
    desk_close(&desk);
}

int main(int argc, char **argv)
{
    ht_text_init_locale();
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/view/feedback/of_many", test_feedback_of_many);
    g_test_add_func("/view/matches/ranked", test_ranked);
    g_test_add_func("/view/moves", test_moves);
    g_test_add_func("/view/identity", test_identity);
    g_test_add_func("/view/marks", test_marks);
    g_test_add_func("/view/limit", test_limit);
    g_test_add_func("/view/sort", test_sort);
    g_test_add_func("/view/jobs", test_jobs);
    g_test_add_func("/view/review", test_review);
    g_test_add_func("/view/evidence", test_evidence);
    g_test_add_func("/view/blind", test_blind);
    g_test_add_func("/view/preview_serial", test_preview_serial);
    g_test_add_func("/view/tabs", test_tabs);
    g_test_add_func("/view/search", test_search);
    g_test_add_func("/view/loader", test_loader);
    g_test_add_func("/view/agenda", test_agenda);
    g_test_add_func("/view/generation", test_generation);
    g_test_add_func("/view/candidate/erased_while_open", test_erased_while_open);
    return g_test_run();
}
