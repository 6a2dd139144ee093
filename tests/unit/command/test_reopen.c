/* o: who was rejected or withdrew comes back, one or many, with a reason and the words that it
 * wants; and what the other decisions say of who is closed. */
#include "desk.h"
#include "hiretty/cache/jobs.h"
#include "hiretty/cache/matches.h"
#include "hiretty/command/prompt.h"
#include "hiretty/view/views.h"

#include <string.h>

/* Of the first job the three strongest: rejected from the interview, withdrawn, hired. */
static void close_some(HtApply *apply, gpointer data)
{
    (void)data;
    put_match(apply, 20, 1, 17, 2000, "Zoë", "Last20");
    put_row(apply, HT_APPLY_UPSERT, "hiring_decisions", "id", "D1", "match_id", "M20", "decision",
            "reject", "from_stage_id", "S14", "to_stage_id", "S17", "decided_at", "5000", NULL);
    put_match(apply, 19, 1, 18, 1900, "Zoë", "Last19");
    put_match(apply, 18, 1, 16, 1800, "Zoë", "Last18");
    put_row(apply, HT_APPLY_UPSERT, "rejection_reasons", "id", "R4", "code", "reopened", "label",
            "Decision reconsidered", "who", "we_rejected", "is_active", "1", "requires_note", "1",
            "position", "8", NULL);
}

static const char *said(Desk *desk)
{
    return ht_context_message(desk->context, NULL);
}

static int pending(Desk *desk)
{
    HtOutboxCounts counts;
    ht_outbox_counts(desk->outbox, &counts);
    return counts.pending;
}

static HtStageType stage_of(Desk *desk, const char *name)
{
    g_assert_true(ht_reader_refresh(desk->reader, NULL, NULL));
    HtMatchRow *row = ht_cache_match(desk->reader, fixture_key(desk->reader, name), NULL);
    HtStageType type = row->stage_type;
    ht_match_rows_free(row, 1);
    return type;
}

static void go_to(Desk *desk, const char *name)
{
    g_assert_true(ht_view_goto(ht_context_view(desk->context), fixture_key(desk->reader, name)));
}

static void open_job(Desk *desk)
{
    g_assert_null(desk_outcome(desk, (HtResult){0}));
    go_to(desk, "J1");
    desk_press(desk, "Enter");
}

static void refuses(Desk *desk, const char *key, const char *why)
{
    HtResult result = ht_context_feed(desk->context, key);
    g_assert_cmpint(result.kind, ==, HT_RESULT_ERROR);
    g_assert_cmpstr(result.text, ==, why);
    ht_result_clear(&result);
}

/* The reason that fits stands first and wants words; Esc loses none of them. */
static void test_one(void)
{
    Desk desk;
    desk_open(&desk, close_some);
    open_job(&desk);
    go_to(&desk, "M20");
    HtPrompt *prompt = desk_press(&desk, "o");
    g_assert_cmpstr(prompt->label, ==, "reopen 1: reason");
    g_assert_cmpstr(ht_prompt_choice(prompt)->text, ==, "Decision reconsidered");
    prompt = desk_answer(&desk, prompt, NULL);
    g_assert_cmpstr(prompt->label, ==, "Decision reconsidered: note that goes with it");
    ht_prompt_set_text(prompt, desk.context, "Wrote back");
    ht_context_cancel(desk.context, prompt);
    g_assert_cmpstr(said(&desk), ==, "Not written. o brings your words back.");
    g_assert_cmpint(pending(&desk), ==, 0);
    prompt = desk_answer(&desk, desk_press(&desk, "o"), NULL);
    g_assert_cmpstr(prompt->text, ==, "Wrote back");
    g_assert_null(desk_answer(&desk, prompt, NULL));
    g_assert_cmpstr(said(&desk), ==, "1 reopened: Decision reconsidered. u undoes.");
    g_assert_cmpint(stage_of(&desk, "M20"), ==, HT_STAGE_INTERVIEW);
    g_assert_cmpint(pending(&desk), ==, 1);
    desk_press(&desk, "u");
    g_assert_cmpint(stage_of(&desk, "M20"), ==, HT_STAGE_REJECTED);
    g_assert_cmpint(pending(&desk), ==, 0);
    desk_close(&desk);
}

/* The marked ones at once, and one key takes them back; who is not closed is left out. */
static void test_marked(void)
{
    Desk desk;
    desk_open(&desk, close_some);
    open_job(&desk);
    g_assert_null(desk_answer(&desk, desk_press(&desk, "+"), "score>=17"));
    HtPrompt *prompt = desk_press(&desk, "o");
    g_assert_cmpstr(prompt->label, ==, "reopen 2: reason");
    g_assert_cmpuint(prompt->choices->len, ==, 1); /* what one is rejected for is no reason */
    prompt = desk_answer(&desk, prompt, "reop");   /* its code */
    g_assert_null(desk_answer(&desk, prompt, "Wrote back"));
    g_assert_nonnull(g_strrstr(said(&desk), "2 reopened: Decision reconsidered, 2 left out: "));
    g_assert_nonnull(strstr(said(&desk), "1 × not rejected or withdrawn"));
    g_assert_cmpint(stage_of(&desk, "M20"), ==, HT_STAGE_INTERVIEW);
    g_assert_cmpint(stage_of(&desk, "M19"), ==, HT_STAGE_APPLIED);
    g_assert_cmpint(stage_of(&desk, "M18"), ==, HT_STAGE_HIRED);
    desk_press(&desk, "u");
    g_assert_cmpint(stage_of(&desk, "M20"), ==, HT_STAGE_REJECTED);
    g_assert_cmpint(stage_of(&desk, "M19"), ==, HT_STAGE_WITHDRAWN);
    desk_close(&desk);
}

/* What cannot be is said before anything is asked, and what can be done instead. */
static void test_told(void)
{
    Desk desk;
    desk_open(&desk, close_some);
    open_job(&desk);
    go_to(&desk, "M20");
    refuses(&desk, "a", "already rejected: o reopens");
    refuses(&desk, "h", "already rejected: o reopens");
    go_to(&desk, "M19");
    refuses(&desk, "x", "already withdrawn: o reopens");
    go_to(&desk, "M18");
    refuses(&desk, "a", "already hired");
    refuses(&desk, "o", "not rejected or withdrawn: there is nothing to reopen");
    go_to(&desk, "M17");
    refuses(&desk, "o", "not rejected or withdrawn: there is nothing to reopen");
    g_assert_null(desk_answer(&desk, desk_press(&desk, "+"), "score<=3"));
    refuses(&desk, "o", "nobody of the 3 was rejected or withdrew");
    g_assert_cmpint(pending(&desk), ==, 0);
    desk_close(&desk);
}

/* Where one is read: the candidate's page. */
static void test_candidate(void)
{
    Desk desk;
    desk_open(&desk, close_some);
    open_job(&desk);
    go_to(&desk, "M19");
    desk_press(&desk, "Enter");
    g_assert_cmpint(ht_view_id(ht_context_view(desk.context)), ==, HT_VIEW_CANDIDATE);
    HtPrompt *prompt = desk_answer(&desk, desk_press(&desk, "o"), NULL);
    g_assert_null(desk_answer(&desk, prompt, "Wrote back"));
    g_assert_cmpint(stage_of(&desk, "M19"), ==, HT_STAGE_APPLIED);
    desk_close(&desk);
}

/* In the review queue: rejected by a slip, gone back to, reopened, and it waits for a decision. */
static void test_review(void)
{
    Desk desk;
    desk_open(&desk, close_some);
    open_job(&desk);
    desk_press(&desk, "r");
    HtView *review = ht_context_view(desk.context);
    g_assert_cmpint(ht_view_id(review), ==, HT_VIEW_REVIEW);
    HtKey first = ht_view_current_match(review);
    g_assert_null(desk_answer(&desk, desk_press(&desk, "x"), "must"));
    g_assert_true(ht_review_goto(review, first));
    HtPrompt *prompt = desk_answer(&desk, desk_press(&desk, "o"), NULL);
    g_assert_null(desk_answer(&desk, prompt, "Wrote back"));
    g_assert_cmpint(ht_view_current_match(review), ==, first);
    g_assert_cmpint(ht_review_decided(review, first), ==, HT_DECISION_NONE);
    desk_press(&desk, "a");
    g_assert_cmpint(ht_review_decided(review, first), ==, HT_DECISION_SHORTLIST);
    g_assert_cmpint(pending(&desk), ==, 3);
    desk_close(&desk);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/command/reopen/one", test_one);
    g_test_add_func("/command/reopen/marked", test_marked);
    g_test_add_func("/command/reopen/told", test_told);
    g_test_add_func("/command/reopen/candidate", test_candidate);
    g_test_add_func("/command/reopen/review", test_review);
    return g_test_run();
}
