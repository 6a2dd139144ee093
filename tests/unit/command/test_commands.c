/* Commands over a real cache and outbox: every row works or says why, decisions and their undo,
 * marks, the sheet's rule, the review pass, and the session that survives. */
#include "desk.h"
#include "hiretty/base/clock.h"
#include "hiretty/base/secret.h"
#include "hiretty/base/text.h"
#include "hiretty/cache/candidates.h"
#include "hiretty/cache/matches.h"
#include "hiretty/command/prompt.h"
#include "hiretty/view/views.h"

#include <string.h>

static HtKey key(Desk *desk, const char *name)
{
    return fixture_key(desk->reader, name);
}

static HtResult feed(Desk *desk, const char *name)
{
    HtResult result = ht_context_feed(desk->context, name);
    desk_settle(desk);
    return result;
}

static void press(Desk *desk, const char *names)
{
    g_auto(GStrv) keys = g_strsplit(names, " ", -1);
    for (int i = 0; keys[i]; i++) {
        HtResult result = feed(desk, keys[i]);
        g_assert_cmpint(result.kind, !=, HT_RESULT_PROMPT);
        ht_result_clear(&result);
    }
}

/* Presses a key that asks, and answers. */
static void answer(Desk *desk, const char *name, const char *text)
{
    HtResult result = feed(desk, name);
    g_assert_cmpint(result.kind, ==, HT_RESULT_PROMPT);
    HtPrompt *prompt = g_steal_pointer(&result.prompt);
    ht_result_clear(&result);
    ht_prompt_set_text(prompt, desk->context, text);
    result = ht_context_answer(desk->context, prompt);
    g_assert_cmpint(result.kind, !=, HT_RESULT_ERROR);
    ht_result_clear(&result);
    desk_settle(desk);
}

static void open_job(Desk *desk)
{
    HtView *view = ht_context_view(desk->context);
    g_assert_true(ht_view_goto(view, key(desk, "J1")));
    press(desk, "Enter");
    g_assert_cmpint(ht_view_id(ht_context_view(desk->context)), ==, HT_VIEW_MATCHES);
    g_assert_cmpint(ht_view_rows(ht_context_view(desk->context)), ==, 20);
}

static HtStageType stage_of(Desk *desk, const char *name)
{
    g_autoptr(GError) error = NULL;
    HtMatchRow *row = ht_cache_match(desk->reader, key(desk, name), &error);
    g_assert_no_error(error);
    HtStageType type = row->stage_type;
    ht_match_rows_free(row, 1);
    return type;
}

static int pending(Desk *desk)
{
    HtOutboxCounts counts;
    ht_outbox_counts(desk->outbox, &counts);
    return counts.pending;
}

/* ---- every row of the table
 * ---------------------------------------------------------------------------- */
static void try_all(Desk *desk)
{
    int n;
    const HtCommand *commands = ht_commands(&n);
    for (int i = 0; i < n; i++) {
        const char *why = NULL;
        int depth = ht_context_depth(desk->context);
        HtViewId view = ht_view_id(ht_context_view(desk->context));
        bool works = ht_command_works(&commands[i], desk->context, &why);
        g_assert_true(works || (why && *why));
        HtResult result = ht_context_run(desk->context, &commands[i], NULL);
        if (!works) {
            g_assert_cmpint(result.kind, ==, HT_RESULT_ERROR);
            g_assert_nonnull(strstr(result.text, why));
        }
        if (result.prompt)
            ht_context_cancel(desk->context, g_steal_pointer(&result.prompt));
        ht_result_clear(&result);
        desk_settle(desk);
        while (ht_context_depth(desk->context) > depth)
            ht_context_pop(desk->context);
        if (ht_view_id(ht_context_view(desk->context)) != view)
            return; /* it went back, as it should */
    }
}

static void test_each_with_0_1_3_marks(void)
{
    for (int marks = 0; marks <= 3; marks += marks ? 2 : 1) {
        Desk desk;
        desk_open(&desk, NULL);
        desk_settle(&desk);
        try_all(&desk);
        open_job(&desk);
        for (int i = 0; i < marks; i++)
            press(&desk, "Space");
        g_assert_cmpint(ht_view_marks(ht_context_view(desk.context)), ==, marks);
        try_all(&desk);
        desk_close(&desk);
    }
}

/* ---- decisions
 * ------------------------------------------------------------------------------------------- */
static void test_decide_and_undo(void)
{
    Desk desk;
    desk_open(&desk, NULL);
    desk_settle(&desk);
    open_job(&desk);
    press(&desk, "a");
    g_assert_cmpint(stage_of(&desk, "M20"), ==, HT_STAGE_SHORTLIST);
    g_assert_cmpint(ht_view_current_match(ht_context_view(desk.context)), ==, key(&desk, "M19"));
    g_assert_cmpint(pending(&desk), ==, 1);
    press(&desk, "u");
    g_assert_cmpint(stage_of(&desk, "M20"), ==, HT_STAGE_APPLIED);
    g_assert_cmpint(pending(&desk), ==, 0);
    press(&desk, "C-r");
    g_assert_cmpint(stage_of(&desk, "M20"), ==, HT_STAGE_SHORTLIST);
    desk_close(&desk);
}

static void test_sticky_reason(void)
{
    Desk desk;
    desk_open(&desk, NULL);
    desk_settle(&desk);
    open_job(&desk);
    answer(&desk, "x", "");
    g_assert_cmpint(stage_of(&desk, "M20"), ==, HT_STAGE_REJECTED);
    press(&desk, "x");
    g_assert_cmpint(stage_of(&desk, "M19"), ==, HT_STAGE_REJECTED);
    g_assert_cmpint(pending(&desk), ==, 2);
    desk_close(&desk);
}

/* A reason that was chosen for what was refused then was never used: `x` asks for one again. */
static void test_unused_reason(void)
{
    Desk desk;
    desk_open(&desk, NULL);
    desk_settle(&desk);
    open_job(&desk);
    press(&desk, "*");
    HtResult result = feed(&desk, "x");
    g_assert_cmpint(result.kind, ==, HT_RESULT_PROMPT);
    result = ht_context_answer(desk.context, g_steal_pointer(&result.prompt));
    g_assert_cmpint(result.kind, ==, HT_RESULT_ERROR);
    g_assert_nonnull(strstr(result.text, "never opened"));
    ht_result_clear(&result);
    press(&desk, "U");
    result = feed(&desk, "x");
    g_assert_cmpint(result.kind, ==, HT_RESULT_PROMPT);
    g_assert_cmpint(pending(&desk), ==, 0);
    /* Used, it is the one. */
    result = ht_context_answer(desk.context, g_steal_pointer(&result.prompt));
    ht_result_clear(&result);
    desk_settle(&desk);
    g_assert_cmpint(pending(&desk), ==, 1);
    press(&desk, "x");
    g_assert_cmpint(pending(&desk), ==, 2);
    desk_close(&desk);
}

/* ---- what happens while somebody thinks about an answer
 * --------------------------------------------------------- */
static void delete_m20(HtApply *apply, gpointer data)
{
    (void)data;
    g_autoptr(GError) error = NULL;
    HtUuid id = test_id('M', 20);
    ht_apply_delete(apply, ht_sync_table_by_name("candidate_job_matches"), &id, &error);
    g_assert_no_error(error);
}

static void assert_refused(Desk *desk, HtPrompt *prompt, const char *text, const char *why)
{
    ht_prompt_set_text(prompt, desk->context, text);
    HtResult result = ht_context_answer(desk->context, prompt);
    g_assert_cmpint(result.kind, ==, HT_RESULT_ERROR);
    if (!strstr(result.text, why))
        g_error("%s", result.text);
    ht_result_clear(&result);
    desk_settle(desk);
    g_assert_cmpint(pending(desk), ==, 0);
}

/* The row goes, and the next one stands under the cursor: the answer is not about that one. */
static void test_row_goes_meanwhile(void)
{
    static const struct {
        const char *key, *text;
    } rows[] = {
        {"h", "3d"}, {"w", "spoke to her"}, {"t", "nice"}, {"x", ""}, {"S", "friday 14:00"}};
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        Desk desk;
        desk_open(&desk, NULL);
        desk_settle(&desk);
        open_job(&desk);
        g_assert_true(ht_view_goto(ht_context_view(desk.context), key(&desk, "M20")));
        HtResult result = feed(&desk, rows[i].key);
        g_assert_cmpint(result.kind, ==, HT_RESULT_PROMPT);
        fixture_apply(&desk.cache, delete_m20, NULL);
        desk_settle(&desk);
        ht_view_refresh(ht_context_view(desk.context), 0);
        desk_settle(&desk);
        assert_refused(&desk, g_steal_pointer(&result.prompt), rows[i].text,
                       "that row is not here any more");
        desk_close(&desk);
    }
}

static bool fill_again(HtApply *apply, gpointer data, GError **error)
{
    (void)data;
    put_job(apply, 2, "Data Engineer");
    put_job(apply, 1, "Customer Support Specialist");
    for (int i = 1; i <= 20; i++)
        put_match(apply, i, 1, 11, i * 100, "Zoë", "New");
    return ht_apply_meta_set(apply, "me", "{\"role\":\"recruiter\"}", error);
}

/* Everything is loaded anew, and the numbers of rows are other rows'. */
static void test_keys_change_meanwhile(void)
{
    Desk desk;
    desk_open(&desk, NULL);
    desk_settle(&desk);
    open_job(&desk);
    HtResult result = feed(&desk, "S");
    g_assert_cmpint(result.kind, ==, HT_RESULT_PROMPT);
    bool resumed;
    g_autoptr(GError) error = NULL;
    HtGeneration *generation = ht_cache_generation_begin(desk.cache.cache, &resumed, &error);
    g_assert_true(ht_cache_generation_apply(generation, fill_again, NULL, &error));
    g_assert_true(ht_cache_generation_publish(generation, &error));
    for (int i = 0; i < 50; i++) {
        g_main_context_iteration(NULL, FALSE);
        g_usleep(1000);
    }
    desk_settle(&desk);
    assert_refused(&desk, g_steal_pointer(&result.prompt), "friday 14:00", "loaded anew");
    desk_close(&desk);
}

/* The list on the screen stays short, says how many there are more, and shows first what waits for
 * a person. */
static void test_long_outbox(void)
{
    Desk desk;
    desk_open(&desk, NULL);
    g_autoptr(GError) error = NULL;
    HtIntent *tags = ht_intent_new(HT_INTENT_TAGS);
    tags->tags = g_ptr_array_new_with_free_func(g_free);
    for (int i = 0; i < 310; i++)
        g_ptr_array_add(tags->tags, g_strdup_printf("tag%d", i));
    ht_intent_add_candidate(tags, key(&desk, "C20"));
    g_autoptr(HtReceipt) receipt = ht_outbox_submit(desk.outbox, tags, &error);
    g_assert_no_error(error);
    g_assert_cmpint(receipt->n_done, ==, 310);
    for (int n = 2; n > 1;) { /* halved until one stands alone: it is parked */
        g_autoptr(HtPushBatch) batch = ht_outbox_next_batch(desk.outbox, 1, &error);
        n = batch->n;
        ht_outbox_bisect(desk.outbox, batch, "no", &error);
        g_assert_no_error(error);
    }
    desk_settle(&desk);
    press(&desk, "g o");
    HtView *view = ht_context_view(desk.context);
    g_assert_cmpint(ht_view_id(view), ==, HT_VIEW_OUTBOX);
    g_assert_cmpint(ht_view_rows(view), ==, 301);
    g_assert_cmpstr(ht_view_list_row(view, 0)->text[0], ==, "parked");
    g_assert_cmpstr(ht_view_list_row(view, 1)->text[0], ==, "pending");
    g_assert_cmpstr(ht_view_list_row(view, 300)->text[0], ==, "and 10 more (hiretty outbox list)");
    desk_close(&desk);
}

static void put_colleagues(HtApply *apply, gpointer data)
{
    (void)data;
    static const char *const names[] = {"Bell", "Brown", "Čapek"};
    for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autofree char *user = g_strdup_printf("U%zu", i + 7);
        g_autofree char *member = g_strdup_printf("W%zu", i + 7);
        put_row(apply, HT_APPLY_UPSERT, "users", "id", user, "first_name", i < 2 ? "Ana" : "Karel",
                "last_name", names[i], "status", "active", NULL);
        put_row(apply, HT_APPLY_UPSERT, "tenant_users", "id", member, "user_id", user, "role",
                "interviewer", "status", "active", NULL);
    }
}

/* Of several colleagues of one name it says between whom to choose, and keeps what was typed. */
static void test_colleagues_by_name(void)
{
    Desk desk;
    desk_open(&desk, NULL);
    fixture_apply(&desk.cache, put_colleagues, NULL);
    desk_settle(&desk);
    open_job(&desk);
    HtResult result = feed(&desk, "S");
    g_assert_cmpint(result.kind, ==, HT_RESULT_PROMPT);
    HtPrompt *prompt = g_steal_pointer(&result.prompt);
    static const char *const answers[] = {"friday 14:00", "60", "", "karel, ana"};
    for (gsize i = 0; i < G_N_ELEMENTS(answers); i++) {
        ht_prompt_set_text(prompt, desk.context, answers[i]);
        result = ht_context_answer(desk.context, prompt);
        g_assert_cmpint(result.kind, ==, HT_RESULT_PROMPT);
        prompt = g_steal_pointer(&result.prompt);
    }
    g_assert_cmpstr(prompt->error, ==,
                    "more than one colleague is called 'ana': Ana Bell, Ana Brown");
    g_assert_cmpstr(prompt->text, ==, "karel, ana");
    ht_prompt_set_text(prompt, desk.context, "karel, ana br");
    result = ht_context_answer(desk.context, prompt);
    g_assert_cmpint(result.kind, !=, HT_RESULT_PROMPT);
    ht_result_clear(&result);
    desk_settle(&desk);
    g_assert_cmpint(pending(&desk), ==, 3); /* the interview, and two of its panel */
    desk_close(&desk);
}

static void put_interviews(HtApply *apply, gpointer data)
{
    (void)data;
    static const char *const ids[] = {"I1", "I2", "I3"}, *const statuses[] = {"scheduled",
                                                                              "rescheduled",
                                                                              "cancelled"};
    for (gsize i = 0; i < G_N_ELEMENTS(ids); i++) {
        g_autofree char *at = g_strdup_printf("%" G_GINT64_FORMAT,
                                              ht_clock_now_us() + (int64_t)(i + 1) * HT_US_PER_DAY);
        put_row(apply, HT_APPLY_UPSERT, "interviews", "id", ids[i], "match_id", "M20",
                "interview_type", "technical", "scheduled_at", at, "duration_minutes", "60",
                "timezone", "UTC", "status", statuses[i], "row_version", "1", NULL);
    }
}

/* On the tab of interviews `S` is about one of those, or a new one; elsewhere about a new one. */
static void test_schedule_on_tab(void)
{
    Desk desk;
    desk_open(&desk, NULL);
    fixture_apply(&desk.cache, put_interviews, NULL);
    desk_settle(&desk);
    open_job(&desk);
    press(&desk, "Enter");
    HtResult result = feed(&desk, "S");
    g_assert_cmpint(result.kind, ==, HT_RESULT_PROMPT);
    g_assert_nonnull(strstr(result.prompt->label, "interview at"));
    ht_context_cancel(desk.context, g_steal_pointer(&result.prompt));
    press(&desk, "g 5");
    static const char *const labels[] = {"move it to", "move it to", "interview at"};
    for (int i = 0; i < 3; i++) {
        result = feed(&desk, "S");
        g_assert_cmpint(result.kind, ==, HT_RESULT_PROMPT);
        HtPrompt *prompt = g_steal_pointer(&result.prompt);
        g_assert_cmpint(prompt->kind, ==, HT_PROMPT_CHOICE);
        g_assert_cmpuint(prompt->choices->len, ==, 3); /* the cancelled one is none */
        ht_prompt_select(prompt, i);
        result = ht_context_answer(desk.context, prompt);
        g_assert_cmpint(result.kind, ==, HT_RESULT_PROMPT);
        g_assert_nonnull(strstr(result.prompt->label, labels[i]));
        ht_context_cancel(desk.context, g_steal_pointer(&result.prompt));
    }
    desk_close(&desk);
}

static void put_rejected(HtApply *apply, gpointer data)
{
    (void)data;
    put_match(apply, 20, 1, 17, 9000, "Ana", "Rejected");
}

/* Who is rejected already is refused before a reason is asked for. */
static void test_refused_before_asking(void)
{
    Desk desk;
    desk_open(&desk, NULL);
    fixture_apply(&desk.cache, put_rejected, NULL);
    desk_settle(&desk);
    open_job(&desk);
    g_assert_true(ht_view_goto(ht_context_view(desk.context), key(&desk, "M20")));
    g_assert_cmpint(stage_of(&desk, "M20"), ==, HT_STAGE_REJECTED);
    HtResult result = feed(&desk, "x");
    g_assert_cmpint(result.kind, ==, HT_RESULT_ERROR);
    g_assert_cmpstr(result.text, ==, "already rejected: o reopens");
    ht_result_clear(&result);
    g_assert_cmpint(pending(&desk), ==, 0);
    desk_close(&desk);
}

static void put_wordy_reason(HtApply *apply, gpointer data)
{
    (void)data;
    put_row(apply, HT_APPLY_UPSERT, "rejection_reasons", "id", "R3", "code", "other", "label",
            "Other", "who", "we_rejected", "is_active", "1", "requires_note", "1", NULL);
}

/* Answers one question; the next one, which has to come. */
static HtPrompt *reply(Desk *desk, HtPrompt *prompt, const char *text)
{
    ht_prompt_set_text(prompt, desk->context, text);
    HtResult result = ht_context_answer(desk->context, prompt);
    g_assert_cmpint(result.kind, ==, HT_RESULT_PROMPT);
    HtPrompt *next = g_steal_pointer(&result.prompt);
    ht_result_clear(&result);
    return next;
}

/* The reason that wants words asks for them, each time; without them nothing is recorded. */
static void test_reason_with_note(void)
{
    Desk desk;
    g_autoptr(GError) error = NULL;
    desk_open(&desk, NULL);
    fixture_apply(&desk.cache, put_wordy_reason, NULL);
    desk_settle(&desk);
    open_job(&desk);
    HtResult result = feed(&desk, "x");
    g_assert_cmpint(result.kind, ==, HT_RESULT_PROMPT);
    HtPrompt *note = reply(&desk, g_steal_pointer(&result.prompt), "other");
    ht_result_clear(&result);
    g_assert_nonnull(strstr(note->label, "note"));
    ht_prompt_set_text(note, desk.context, "  ");
    result = ht_context_answer(desk.context, note);
    g_assert_cmpstr(result.prompt->error, ==, "this reason needs a note");
    ht_result_clear(&result);
    desk_settle(&desk);
    g_assert_cmpint(pending(&desk), ==, 0);
    result = feed(&desk, "x"); /* it was not used: which one, once more */
    g_assert_cmpint(result.kind, ==, HT_RESULT_PROMPT);
    note = reply(&desk, g_steal_pointer(&result.prompt), "other");
    ht_prompt_set_text(note, desk.context, "Sent back by post");
    result = ht_context_answer(desk.context, note);
    ht_result_clear(&result);
    desk_settle(&desk);
    g_assert_cmpint(stage_of(&desk, "M20"), ==, HT_STAGE_REJECTED);
    answer(&desk, "x", "Sent back, too");
    g_assert_cmpint(stage_of(&desk, "M19"), ==, HT_STAGE_REJECTED);
    g_autofree char *text = ht_outbox_export(desk.outbox, &error);
    g_assert_no_error(error);
    g_assert_nonnull(strstr(text, "Sent back by post"));
    desk_close(&desk);
}

static void test_bulk_is_one_undo(void)
{
    Desk desk;
    desk_open(&desk, NULL);
    desk_settle(&desk);
    open_job(&desk);
    press(&desk, "Space Space Space a");
    HtStyle role;
    g_assert_nonnull(strstr(ht_context_message(desk.context, &role), "3 shortlisted"));
    g_assert_cmpint(pending(&desk), ==, 3);
    g_assert_cmpint(ht_view_marks(ht_context_view(desk.context)), ==, 0);
    press(&desk, "u");
    g_assert_cmpint(pending(&desk), ==, 0);
    desk_close(&desk);
}

static void test_unopened_are_left_out(void)
{
    Desk desk;
    desk_open(&desk, NULL);
    desk_settle(&desk);
    open_job(&desk);
    answer(&desk, "X", "");
    g_assert_cmpint(pending(&desk), ==, 0);
    press(&desk, "*");
    HtResult result = feed(&desk, "x");
    g_assert_cmpint(result.kind, ==, HT_RESULT_ERROR);
    g_assert_nonnull(strstr(result.text, "never opened"));
    ht_result_clear(&result);
    /* A score is no rule. */
    press(&desk, "U");
    answer(&desk, "+", "score<18");
    result = feed(&desk, "x");
    g_assert_cmpint(result.kind, ==, HT_RESULT_ERROR);
    ht_result_clear(&result);
    /* Two opened ones are taken, the others listed. */
    press(&desk, "U Enter q j Enter q k * x");
    HtView *sheet = ht_context_view(desk.context);
    g_assert_cmpint(ht_view_id(sheet), ==, HT_VIEW_SHEET);
    g_assert_cmpint(ht_view_rows(sheet), ==, 20);
    press(&desk, "Enter");
    g_assert_cmpint(ht_view_id(ht_context_view(desk.context)), ==, HT_VIEW_MATCHES);
    g_assert_cmpint(pending(&desk), ==, 2);
    press(&desk, "u");
    g_assert_cmpint(pending(&desk), ==, 0);
    desk_close(&desk);
}

static void test_review_pass(void)
{
    Desk desk;
    desk_open(&desk, NULL);
    desk_settle(&desk);
    open_job(&desk);
    answer(&desk, "X", "");
    press(&desk, "r a x s x");
    HtView *view = ht_context_view(desk.context);
    g_assert_cmpint(ht_view_id(view), ==, HT_VIEW_REVIEW);
    g_assert_cmpint(pending(&desk), ==, 3);
    g_assert_cmpint(stage_of(&desk, "M20"), ==, HT_STAGE_SHORTLIST);
    g_assert_cmpint(stage_of(&desk, "M19"), ==, HT_STAGE_REJECTED);
    g_assert_cmpint(stage_of(&desk, "M18"), ==, HT_STAGE_APPLIED);
    g_assert_cmpint(ht_view_current_match(view), ==, key(&desk, "M16"));
    press(&desk, "u");
    g_assert_cmpint(ht_view_current_match(view), ==, key(&desk, "M17"));
    g_assert_cmpint(pending(&desk), ==, 2);
    press(&desk, "g u");
    g_assert_cmpint(pending(&desk), ==, 0);
    desk_close(&desk);
}

/* All keys at once, as a fast hand or a line that stalled gives them: each meets its own applicant.
 */
static void test_typeahead(void)
{
    Desk desk;
    desk_open(&desk, NULL);
    desk_settle(&desk);
    open_job(&desk);
    answer(&desk, "X", "");
    HtResult result = ht_context_feed(desk.context, "r");
    ht_result_clear(&result);
    for (int i = 0; i < 20; i++) {
        result = ht_context_feed(desk.context, i < 3 ? "a" : "x");
        ht_result_clear(&result);
    }
    desk_settle(&desk);
    g_assert_cmpint(pending(&desk), ==, 20);
    g_assert_cmpint(stage_of(&desk, "M18"), ==, HT_STAGE_SHORTLIST);
    g_assert_cmpint(stage_of(&desk, "M17"), ==, HT_STAGE_REJECTED);
    g_assert_cmpint(stage_of(&desk, "M1"), ==, HT_STAGE_REJECTED);
    g_assert_null(ht_context_take_key(desk.context));
    desk_close(&desk);
}

static guint n_tags(Desk *desk)
{
    g_autoptr(GPtrArray) tags = ht_cache_tags(desk->reader, key(desk, "C20"), NULL);
    return tags->len;
}

/* What is typed at once is one action: one answer that names all of it, one undo. */
static void test_tags_are_one_action(void)
{
    static const struct {
        const char *typed, *said;
        guint before, after;
    } rows[] = {
        {"nice -foo", "Tagged: nice (Zoë Last20); has no tag 'foo'. u undoes.", 0, 1},
        {"a b a", "Tagged: b, a (Zoë Last20). u undoes.", 0, 2},
    };
    HtStyle role;
    Desk desk;
    desk_open(&desk, NULL);
    desk_settle(&desk);
    open_job(&desk);
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        answer(&desk, "t", rows[i].typed);
        g_assert_cmpstr(ht_context_message(desk.context, &role), ==, rows[i].said);
        g_assert_cmpuint(n_tags(&desk), ==, rows[i].after);
        press(&desk, "u");
        g_assert_cmpuint(n_tags(&desk), ==, rows[i].before);
        g_assert_cmpint(pending(&desk), ==, 0);
    }
    answer(&desk, "t", "a b");
    answer(&desk, "t", "c -A");
    g_assert_cmpstr(ht_context_message(desk.context, &role), ==,
                    "Tagged: c; untagged: A (Zoë Last20). u undoes.");
    g_assert_cmpuint(n_tags(&desk), ==, 2);
    press(&desk, "u u");
    g_assert_cmpuint(n_tags(&desk), ==, 0);
    press(&desk, "C-r");
    g_assert_cmpuint(n_tags(&desk), ==, 2);
    desk_close(&desk);
}

static void test_notes_tags_hold(void)
{
    Desk desk;
    desk_open(&desk, NULL);
    desk_settle(&desk);
    open_job(&desk);
    answer(&desk, "w", "Call on Monday");
    g_autoptr(GPtrArray) notes = ht_cache_notes(desk.reader, key(&desk, "C20"), NULL);
    g_assert_cmpuint(notes->len, ==, 1);
    answer(&desk, "t", "python night-shift");
    g_autoptr(GPtrArray) tags = ht_cache_tags(desk.reader, key(&desk, "C20"), NULL);
    g_assert_cmpuint(tags->len, ==, 2);
    press(&desk, "j . u k"); /* the same words, which are remembered anew meanwhile */
    answer(&desk, "h", "3d");
    HtMatchRow *row = ht_cache_match(desk.reader, key(&desk, "M20"), NULL);
    g_assert_cmpint(row->flags & HT_MATCH_HELD, !=, 0);
    g_autoptr(GTimeZone) zone = g_time_zone_new_local();
    g_autofree char *day = ht_clock_format(row->held_until, zone, "%a %-d %b %Y");
    g_autofree char *said = g_strdup_printf("Held until %s", day);
    g_autofree char *label = ht_outbox_undo_label(desk.outbox);
    g_assert_cmpstr(label, ==, said);
    ht_match_rows_free(row, 1);
    /* `.` again, on the next one. */
    press(&desk, ".");
    row = ht_cache_match(desk.reader, key(&desk, "M19"), NULL);
    g_assert_cmpint(row->flags & HT_MATCH_HELD, !=, 0);
    ht_match_rows_free(row, 1);
    desk_close(&desk);
}

static void fill_interview(HtApply *apply, gpointer data)
{
    g_autofree char *at = g_strdup_printf("%" G_GINT64_FORMAT, ht_clock_now_us() + HT_US_PER_HOUR);
    (void)data;
    put_row(apply, HT_APPLY_UPSERT, "interviews", "id", "i1", "match_id", "M20", "interview_type",
            "voice", "scheduled_at", at, "duration_minutes", "60", "status", "scheduled", NULL);
}

static bool is_seen(Desk *desk, const char *match)
{
    g_assert_true(ht_reader_refresh(desk->reader, NULL, NULL));
    return ht_cache_match_seen(desk->reader, key(desk, match), NULL);
}

/* From the agenda a person opens at the interviews: that is no look at the evidence, which alone
 * lets somebody into a bulk rejection. */
static void test_opened_from_agenda(void)
{
    Desk desk;
    desk_open(&desk, NULL);
    fixture_apply(&desk.cache, fill_interview, NULL);
    desk_settle(&desk);
    press(&desk, "g a Enter");
    HtView *view = ht_context_view(desk.context);
    int tab = -1;
    g_assert_cmpint(ht_view_tabs(view, NULL, &tab), ==, HT_CANDIDATE_TABS);
    g_assert_cmpint(tab, ==, HT_CANDIDATE_INTERVIEWS);
    g_assert_false(is_seen(&desk, "M20"));
    press(&desk, "g 2");
    ht_view_tabs(view, NULL, &tab);
    g_assert_cmpint(tab, ==, HT_CANDIDATE_WHY);
    for (int i = 0; i < 5000 && !is_seen(&desk, "M20"); i++)
        g_usleep(1000); /* it is written down by the thread of the outbox */
    g_assert_true(is_seen(&desk, "M20"));
    desk_close(&desk);
}

static void test_filter_errors_point(void)
{
    Desk desk;
    desk_open(&desk, NULL);
    desk_settle(&desk);
    open_job(&desk);
    HtResult result = feed(&desk, "l");
    HtPrompt *prompt = g_steal_pointer(&result.prompt);
    ht_prompt_set_text(prompt, desk.context, "score>=10");
    desk_settle(&desk);
    g_assert_null(prompt->error);
    g_assert_cmpint(ht_view_rows(ht_context_view(desk.context)), ==, 11);
    ht_prompt_set_text(prompt, desk.context, "score>=10 stge:applied");
    g_assert_nonnull(prompt->error);
    g_assert_cmpint(prompt->error_column, ==, 10);
    ht_context_cancel(desk.context, prompt);
    desk_settle(&desk);
    g_assert_cmpint(ht_view_rows(ht_context_view(desk.context)), ==, 20);
    desk_close(&desk);
}

static void test_unknown_key(void)
{
    Desk desk;
    desk_open(&desk, NULL);
    desk_settle(&desk);
    HtResult result = feed(&desk, "%");
    g_assert_cmpint(result.kind, ==, HT_RESULT_ERROR);
    g_assert_nonnull(strstr(result.text, "?"));
    ht_result_clear(&result);
    result = feed(&desk, "C-c");
    g_assert_cmpstr(result.text, ==, "C-c does nothing here. Q: Leave the program");
    ht_result_clear(&result);
    desk_close(&desk);
}

static void test_help_runs(void)
{
    Desk desk;
    desk_open(&desk, NULL);
    desk_settle(&desk);
    press(&desk, "?");
    HtView *help = ht_context_view(desk.context);
    g_assert_cmpint(ht_view_id(help), ==, HT_VIEW_HELP);
    int64_t all = ht_view_rows(help);
    answer(&desk, "l", "feedback");
    g_assert_cmpint(ht_view_rows(help), <, all);
    press(&desk, "Enter");
    g_assert_cmpint(ht_view_id(ht_context_view(desk.context)), ==, HT_VIEW_FEEDBACK);
    desk_close(&desk);
}

/* What does not work here is in the palette too, below what does, with the reason in its place. */
static void test_palette_says_why(void)
{
    Desk desk;
    desk_open(&desk, NULL);
    desk_settle(&desk);
    press(&desk, "g o");
    HtResult result = feed(&desk, ":");
    g_assert_cmpint(result.kind, ==, HT_RESULT_PROMPT);
    HtPrompt *prompt = g_steal_pointer(&result.prompt);
    ht_result_clear(&result);
    bool is_off = false;
    for (guint i = 0; i < prompt->choices->len; i++) {
        const HtChoice *choice = &g_array_index(prompt->choices, HtChoice, i);
        g_assert_true(!is_off || choice->why_not);
        is_off = choice->why_not != NULL;
        if (strcmp(choice->text, "advance") == 0)
            g_assert_cmpstr(choice->why_not, ==, "it does not work in this view");
        if (strcmp(choice->text, "go.jobs") == 0)
            g_assert_null(choice->why_not);
    }
    g_assert_true(is_off);
    ht_prompt_set_text(prompt, desk.context, "ad"); /* advance begins with it, and cannot be had */
    const HtChoice *first = ht_prompt_choice(prompt);
    g_assert_nonnull(first);
    g_assert_null(first->why_not);
    ht_prompt_set_text(prompt, desk.context, "advance");
    result = ht_context_answer(desk.context, prompt);
    g_assert_cmpint(result.kind, ==, HT_RESULT_ERROR);
    g_assert_nonnull(strstr(result.text, "does not work in this view"));
    ht_result_clear(&result);
    desk_close(&desk);
}

static void test_search_asks_for_words(void)
{
    Desk desk;
    desk_open(&desk, NULL);
    desk_settle(&desk);
    press(&desk, "g");
    HtResult result = feed(&desk, "/");
    g_assert_cmpint(result.kind, ==, HT_RESULT_PROMPT);
    g_assert_cmpstr(result.prompt->label, ==, "search");
    g_assert_cmpuint(result.prompt->choices->len, ==, 0); /* fields are no words */
    ht_context_cancel(desk.context, g_steal_pointer(&result.prompt));
    ht_result_clear(&result);
    desk_close(&desk);
}

/* Enter on what is nowhere says so, also where the hits come later; a hit says nothing. */
static void test_search_finds_nothing(void)
{
    Desk desk;
    desk_open(&desk, NULL);
    desk_settle(&desk);
    for (int i = 0; i < 2; i++) {
        HtResult result = feed(&desk, "/");
        g_assert_cmpint(result.kind, ==, HT_RESULT_PROMPT);
        HtPrompt *prompt = g_steal_pointer(&result.prompt);
        ht_result_clear(&result);
        ht_prompt_set_text(prompt, desk.context, "qqqq");
        result = ht_context_answer(desk.context, prompt);
        HtView *view = ht_context_view(desk.context);
        while (ht_view_is_searching(view))
            g_main_context_iteration(NULL, TRUE);
        const char *said =
            result.kind == HT_RESULT_ERROR ? result.text : ht_context_message(desk.context, NULL);
        g_assert_cmpstr(said, ==, "'qqqq' is not here");
        ht_result_clear(&result);
        press(&desk, "Esc");
        g_assert_null(ht_context_message(desk.context, NULL));
        if (i == 0)
            open_job(&desk);
    }
    desk_close(&desk);
}

/* A password: only what can be typed, at its end, within bounds; what is erased is gone. */
static void test_secret_prompt(void)
{
    g_autoptr(HtPrompt) prompt = ht_prompt_new(HT_PROMPT_SECRET, NULL, "password");
    ht_prompt_secret_add(prompt, "Geheim");
    ht_prompt_secret_add(prompt, "nis\u00e4");
    g_assert_cmpstr(prompt->secret, ==, "Geheimnis\u00e4");
    ht_prompt_secret_erase(prompt, false);
    g_assert_cmpstr(prompt->secret, ==, "Geheimnis");
    ht_prompt_secret_add(prompt, "two\nlines");
    g_assert_cmpstr(prompt->secret, ==, "Geheimnis");
    g_assert_cmpstr(prompt->error, ==, "more than one line: not taken");
    ht_prompt_secret_add(prompt, "pasted\r\n");
    g_assert_cmpstr(prompt->secret, ==, "Geheimnispasted");
    g_assert_null(prompt->error);
    ht_prompt_secret_erase(prompt, true);
    for (int i = 0; i < 16; i++)
        g_assert_cmpint(prompt->secret[i], ==, 0);
    ht_prompt_secret_erase(prompt, false);
    g_assert_cmpstr(prompt->secret, ==, "");
    g_autofree char *most = g_strnfill(HT_SECRET_MAX, 'x');
    ht_prompt_secret_add(prompt, most);
    ht_prompt_secret_add(prompt, "y");
    g_assert_cmpstr(prompt->secret, ==, most);
    g_assert_cmpstr(prompt->error, ==, "too long: not taken");
    g_assert_cmpstr(prompt->text, ==, "");
}

/* ---- the session
 * --------------------------------------------------------------------------------------------- */
static bool owe(HtApply *apply, gpointer data, GError **error)
{
    return ht_apply_meta_set(apply, HT_META_FORGET_DUE, data, error);
}

static bool is_saved(Desk *desk, const char *words)
{
    const char *folder = ht_paths_state_dir(desk->cache.paths);
    g_autofree char *path = g_build_filename(folder, "session", NULL), *text = NULL;
    g_assert_true(ht_context_save_session(desk->context, NULL));
    return g_file_get_contents(path, &text, NULL, NULL) && strstr(text, words);
}

static void test_session(void)
{
    Desk desk;
    desk_open(&desk, NULL);
    desk_settle(&desk);
    open_job(&desk);
    answer(&desk, "X", "");
    press(&desk, "j j Space");
    press(&desk, "U r a x");
    HtKey now = ht_view_current_match(ht_context_view(desk.context));
    g_assert_true(ht_context_save_session(desk.context, NULL));
    desk_restart(&desk);
    desk_settle(&desk);
    HtView *view = ht_context_view(desk.context);
    g_assert_cmpint(ht_view_id(view), ==, HT_VIEW_REVIEW);
    g_assert_cmpint(ht_view_current_match(view), ==, now);
    g_assert_nonnull(strstr(ht_view_title(view), "3 of 20"));
    press(&desk, "x");
    g_assert_cmpint(pending(&desk), ==, 3);
    press(&desk, "g u");
    g_test_message("%s", ht_context_message(desk.context, NULL));
    g_assert_cmpint(pending(&desk), ==, 0);
    press(&desk, "q");
    g_assert_cmpint(ht_view_id(ht_context_view(desk.context)), ==, HT_VIEW_MATCHES);
    answer(&desk, "l", "score>=1");
    g_assert_true(is_saved(&desk, "score>=1"));
    g_assert_true(ht_cache_apply(desk.cache.cache, owe, (char[]){"1"}, NULL));
    g_assert_false(is_saved(&desk, "score>=1")); /* it may name who is to be forgotten */
    desk_close(&desk);
}

static bool touch(HtApply *apply, gpointer data, GError **error)
{
    (void)error;
    ht_apply_touch(apply, *(uint64_t *)data);
    return true;
}

static void count_change(HtContext *context, gpointer data)
{
    (void)context;
    ++*(guint *)data;
}

/* While the server's changes pour in, a list is read again ten times a second; what somebody does
 * here is not waited for. */
static void test_changes_in_turns(void)
{
    g_autoptr(GError) error = NULL;
    Desk desk;
    desk_open(&desk, NULL);
    desk_settle(&desk);
    open_job(&desk);
    guint calls = 0;
    ht_context_set_changed(desk.context, count_change, &calls);
    uint64_t rows = HT_CHANGED(12), own = HT_CHANGED_SHOWN;
    gint64 began = g_get_monotonic_time();
    while (g_get_monotonic_time() < began + 300000) {
        g_assert_true(ht_cache_apply(desk.cache.cache, touch, &rows, &error));
        while (g_main_context_iteration(NULL, FALSE))
            continue;
    }
    guint turns = (guint)((g_get_monotonic_time() - began) / 100000) + 2;
    g_assert_cmpuint(calls, >, 0);
    g_assert_cmpuint(calls, <=, 2 * turns); /* that it changed, and that the list was read */
    desk_settle(&desk);
    calls = 0;
    for (int i = 0; i < 5; i++) {
        guint before = calls;
        g_assert_true(ht_cache_apply(desk.cache.cache, touch, &own, &error));
        g_main_context_iteration(NULL, TRUE);
        g_assert_cmpuint(calls, >, before);
    }
    desk_settle(&desk);
    desk_close(&desk);
}

int main(int argc, char **argv)
{
    ht_text_init_locale();
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/command/each_with_0_1_3_marks", test_each_with_0_1_3_marks);
    g_test_add_func("/command/decide/undo", test_decide_and_undo);
    g_test_add_func("/command/decide/sticky_reason", test_sticky_reason);
    g_test_add_func("/command/decide/unused_reason", test_unused_reason);
    g_test_add_func("/command/prompt/row_goes_meanwhile", test_row_goes_meanwhile);
    g_test_add_func("/command/prompt/keys_change_meanwhile", test_keys_change_meanwhile);
    g_test_add_func("/command/interviews/schedule_on_tab", test_schedule_on_tab);
    g_test_add_func("/command/interviews/colleagues_by_name", test_colleagues_by_name);
    g_test_add_func("/command/outbox/long", test_long_outbox);
    g_test_add_func("/command/reject/refused_before_asking", test_refused_before_asking);
    g_test_add_func("/command/decide/reason_with_note", test_reason_with_note);
    g_test_add_func("/command/decide/bulk_is_one_undo", test_bulk_is_one_undo);
    g_test_add_func("/command/decide/unopened_are_left_out", test_unopened_are_left_out);
    g_test_add_func("/command/review/pass", test_review_pass);
    g_test_add_func("/command/review/typeahead", test_typeahead);
    g_test_add_func("/command/write", test_notes_tags_hold);
    g_test_add_func("/command/agenda", test_opened_from_agenda);
    g_test_add_func("/command/write/tags_are_one_action", test_tags_are_one_action);
    g_test_add_func("/command/filter_errors_point", test_filter_errors_point);
    g_test_add_func("/command/unknown_key", test_unknown_key);
    g_test_add_func("/command/palette/why", test_palette_says_why);
    g_test_add_func("/command/search/words", test_search_asks_for_words);
    g_test_add_func("/command/search/nothing", test_search_finds_nothing);
    g_test_add_func("/command/prompt/secret", test_secret_prompt);
    g_test_add_func("/command/help_runs", test_help_runs);
    g_test_add_func("/command/session", test_session);
    g_test_add_func("/command/changes_in_turns", test_changes_in_turns);
    return g_test_run();
}
