/* What is told before a key and after it is what happens: whom a bulk rejection takes and why not
 * the others, about whom a note is written, which reason a reopening begins with. */
#include "desk.h"
#include "hiretty/base/json.h"
#include "hiretty/cache/candidates.h"
#include "hiretty/command/prompt.h"
#include "hiretty/view/views.h"

#include <string.h>

/* The fixture has no templates. */
#define NO_MAIL ", 1 mail held: there is no template for it. u undoes."

/* All but these two live in Berlin: one of each job, so that a place tells people apart. */
static void move_to_paris(HtApply *apply, const char *id, const char *last_name)
{
    put_row(apply, HT_APPLY_UPSERT, "candidates", "id", id, "first_name", "Zoë", "last_name",
            last_name, "current_title", "Agent", "location", "Paris", NULL);
}

/* The strongest of the first job: two hired, one withdrawn; and one of the second job. */
static void close_some(HtApply *apply, gpointer data)
{
    (void)data;
    move_to_paris(apply, "C1", "Last01");
    move_to_paris(apply, "C21", "Last21");
    put_match(apply, 20, 1, 16, 2000, "Zoë", "Last20");
    put_match(apply, 19, 1, 16, 1900, "Zoë", "Last19");
    put_match(apply, 18, 1, 18, 1800, "Zoë", "Last18");
    put_match(apply, 25, 2, 28, 2500, "Zoë", "Last25");
}

static void press(Desk *desk, const char *names)
{
    g_auto(GStrv) keys = g_strsplit(names, " ", -1);
    for (int k = 0; keys[k]; k++) {
        HtResult result = ht_context_feed(desk->context, keys[k]);
        g_assert_cmpint(result.kind, !=, HT_RESULT_PROMPT);
        desk_settle(desk);
        ht_result_clear(&result);
    }
}

/* What a key asks. */
static HtPrompt *asks(Desk *desk, const char *name)
{
    HtResult result = ht_context_feed(desk->context, name);
    for (int i = 0; i < 100000 && ht_context_is_busy(desk->context); i++) {
        HtResult later;
        if (result.kind != HT_RESULT_PROMPT && ht_context_take_result(desk->context, &later)) {
            ht_result_clear(&result);
            result = later;
        } else {
            g_main_context_iteration(NULL, TRUE);
        }
    }
    g_assert_cmpint(result.kind, ==, HT_RESULT_PROMPT);
    HtPrompt *prompt = g_steal_pointer(&result.prompt);
    ht_result_clear(&result);
    return prompt;
}

/* Answers it with `text`; takes the prompt. */
static void answer(Desk *desk, HtPrompt *prompt, const char *text)
{
    ht_prompt_set_text(prompt, desk->context, text);
    HtResult result = ht_context_answer(desk->context, prompt);
    if (result.kind == HT_RESULT_ERROR)
        g_error("%s", result.text);
    ht_result_clear(&result);
    desk_settle(desk);
}

static void asks_label(Desk *desk, const char *name, const char *label, const char *text)
{
    HtPrompt *prompt = asks(desk, name);
    g_assert_cmpstr(prompt->label, ==, label);
    answer(desk, prompt, text);
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

static void open_job(Desk *desk)
{
    g_assert_true(ht_view_goto(ht_context_view(desk->context), fixture_key(desk->reader, "J1")));
    press(desk, "Enter");
}

/* ---- the sheet of a bulk rejection
 * ---------------------------------------------------------------------------- */
/* The row of the sheet about an application, with the cells that say something, " | " between. */
static char *sheet_line(Desk *desk, const char *name)
{
    HtView *sheet = ht_context_view(desk->context);
    g_assert_cmpint(ht_view_id(sheet), ==, HT_VIEW_SHEET);
    g_assert_true(ht_view_goto(sheet, fixture_key(desk->reader, name)));
    const HtListRow *row = ht_view_list_row(sheet, ht_view_cursor(sheet));
    g_autoptr(GString) line = g_string_new(NULL);
    for (int i = 0; i < HT_LIST_CELLS; i++) {
        if (row->text[i] && *row->text[i])
            g_string_append_printf(line, "%s%s", line->len ? " | " : "", row->text[i]);
    }
    return g_string_free(g_steal_pointer(&line), FALSE);
}

static void line_is(Desk *desk, const char *name, const char *words)
{
    g_autofree char *line = sheet_line(desk, name);
    g_assert_cmpstr(line, ==, words);
}

static void test_sheet_leaves_closed_out(void)
{
    Desk desk;
    desk_open(&desk, close_some);
    desk_settle(&desk);
    open_job(&desk);
    HtPrompt *reason = asks(&desk, "X");
    answer(&desk, reason, "");
    HtPrompt *rule = asks(&desk, "+");
    answer(&desk, rule, "loc:Berlin score>=17");
    press(&desk, "x");
    g_assert_cmpstr(
        said(&desk), ==,
        "Reject 1: Must-have missing. Enter does it. 3 left out: 2 hired, 1 withdrawn.");
    line_is(&desk, "M20", "Zoë Last20 | Hired | left out | hired");
    line_is(&desk, "M18", "Zoë Last18 | Withdrawn | left out | withdrawn");
    line_is(&desk, "M17",
            "Zoë Last17 | Applied | rejected | Must-have missing | in 10 min | your rule matched");
    /* Nobody takes one in that the decision would refuse. */
    g_assert_true(ht_view_goto(ht_context_view(desk.context), fixture_key(desk.reader, "M20")));
    HtResult result = ht_context_feed(desk.context, "Space");
    g_assert_cmpint(result.kind, ==, HT_RESULT_ERROR);
    g_assert_cmpstr(result.text, ==, "already hired, so it stays out");
    ht_result_clear(&result);
    press(&desk, "Enter");
    g_assert_cmpint(pending(&desk), ==, 1);
    g_assert_cmpstr(said(&desk), ==,
                    "1 rejected: Must-have missing, 3 left out: 2 hired, 1 withdrawn" NO_MAIL);
    desk_close(&desk);
}

/* What somebody is not is no rule of a person: a term that excludes nobody would take all of whom
 * the score alone must not reject. */
static void test_not_is_no_rule(void)
{
    static const char *const rules[] = {"score<17 -tag:hold", "score<17 !skill:cobol",
                                        "score<17 loc!=Paris", "-is:held -name:nobody"};
    for (gsize i = 0; i < G_N_ELEMENTS(rules); i++) {
        Desk desk;
        desk_open(&desk, close_some);
        desk_settle(&desk);
        open_job(&desk);
        answer(&desk, asks(&desk, "X"), "");
        answer(&desk, asks(&desk, "+"), rules[i]);
        g_assert_cmpint(ht_view_marks(ht_context_view(desk.context)), >, 0);
        HtResult result = ht_context_feed(desk.context, "x");
        g_assert_cmpint(result.kind, ==, HT_RESULT_ERROR);
        g_assert_nonnull(strstr(result.text, "opened"));
        ht_result_clear(&result);
        desk_settle(&desk);
        g_assert_cmpint(pending(&desk), ==, 0);
        desk_close(&desk);
    }
}

/* What everybody of the job brings tells nobody apart: the score beside it would choose alone. */
static void test_what_all_bring_is_no_rule(void)
{
    static const struct {
        const char *rule;
        bool is_rule;
    } rules[] = {
        {"score<17 title:agent", false},
        {"score<17 title:a name:last", false},
        {"score<17 loc:Berlin|Paris", false},
        {"title:agent", false},
        {"score<17 title:agent loc:Paris", true},
        {"loc:Berlin score<17", true},
        {"loc:Paris", true},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(rules); i++) {
        Desk desk;
        desk_open(&desk, close_some);
        desk_settle(&desk);
        open_job(&desk);
        answer(&desk, asks(&desk, "X"), "");
        answer(&desk, asks(&desk, "+"), rules[i].rule);
        g_assert_cmpint(ht_view_marks(ht_context_view(desk.context)), >, 0);
        HtResult result = ht_context_feed(desk.context, "x");
        desk_settle(&desk);
        if (rules[i].is_rule != (result.kind != HT_RESULT_ERROR))
            g_error("%s: %s", rules[i].rule, result.text);
        if (!rules[i].is_rule &&
            !strstr(result.text, "never opened, and the rule fits everybody in the job"))
            g_error("%s: %s", rules[i].rule, result.text);
        ht_result_clear(&result);
        desk_close(&desk);
    }
}

/* Of several jobs each is asked for itself: in the second one nobody lives in Paris now. */
static void move_back(HtApply *apply, gpointer data)
{
    (void)data;
    put_row(apply, HT_APPLY_UPSERT, "candidates", "id", "C21", "first_name", "Zoë", "last_name",
            "Last21", "current_title", "Agent", "location", "Berlin", NULL);
}

static void test_rule_is_of_its_job(void)
{
    Desk desk;
    desk_open(&desk, close_some);
    fixture_apply(&desk.cache, move_back, NULL);
    desk_settle(&desk);
    press(&desk, "g c");
    answer(&desk, asks(&desk, "X"), "");
    answer(&desk, asks(&desk, "+"), "loc:Berlin score>=17");
    press(&desk, "x");
    line_is(&desk, "M17",
            "Zoë Last17 | Applied | rejected | Must-have missing | in 10 min | your rule matched | "
            "Customer Support Specialist");
    line_is(&desk, "M24", "Zoë Last24 | Applied | left out | never opened | Data Engineer");
    g_assert_nonnull(strstr(said(&desk), "never opened (the rule fits everybody in the job)"));
    desk_close(&desk);
}

/* What closes while the sheet is open leaves it. */
static void close_one_more(HtApply *apply, gpointer data)
{
    (void)data;
    put_match(apply, 16, 1, 18, 1600, "Zoë", "Last16");
}

static void test_sheet_follows(void)
{
    Desk desk;
    desk_open(&desk, close_some);
    desk_settle(&desk);
    open_job(&desk);
    answer(&desk, asks(&desk, "X"), "");
    answer(&desk, asks(&desk, "+"), "loc:Berlin score>=16 score<18");
    press(&desk, "x");
    line_is(&desk, "M16",
            "Zoë Last16 | Applied | rejected | Must-have missing | in 10 min | your rule matched");
    fixture_apply(&desk.cache, close_one_more, NULL);
    ht_view_refresh(ht_context_view(desk.context), HT_CHANGED_SHOWN);
    line_is(&desk, "M16", "Zoë Last16 | Withdrawn | left out | withdrawn");
    press(&desk, "Enter");
    g_assert_cmpint(pending(&desk), ==, 1);
    g_assert_cmpstr(said(&desk), ==,
                    "1 rejected: Must-have missing, 1 left out: 1 withdrawn" NO_MAIL);
    desk_close(&desk);
}

/* A list over several jobs says which application is meant. */
static void test_sheet_names_jobs(void)
{
    Desk desk;
    desk_open(&desk, close_some);
    desk_settle(&desk);
    press(&desk, "g c");
    answer(&desk, asks(&desk, "X"), "");
    answer(&desk, asks(&desk, "+"), "loc:Berlin score>=17");
    press(&desk, "x");
    line_is(&desk, "M24",
            "Zoë Last24 | Applied | rejected | Must-have missing | in 10 min | your rule matched | "
            "Data Engineer");
    line_is(&desk, "M20", "Zoë Last20 | Hired | left out | hired | Customer Support Specialist");
    desk_close(&desk);
}

/* Where nothing is left to reject, each reason has its number too. */
static void test_all_closed(void)
{
    Desk desk;
    desk_open(&desk, close_some);
    desk_settle(&desk);
    open_job(&desk);
    answer(&desk, asks(&desk, "X"), "");
    answer(&desk, asks(&desk, "+"), "score>=18");
    HtResult result = ht_context_feed(desk.context, "x");
    g_assert_cmpint(result.kind, ==, HT_RESULT_ERROR);
    g_assert_cmpstr(result.text, ==, "nobody of the 3 can be rejected: 2 hired, 1 withdrawn");
    ht_result_clear(&result);
    result = ht_context_feed(desk.context, "a");
    desk_settle(&desk);
    ht_result_clear(&result);
    g_assert_cmpstr(said(&desk), ==, "0 of 3: 2 × already hired; 1 × already withdrawn: o reopens");
    /* Part of them goes on: the others by reason. */
    answer(&desk, asks(&desk, "+"), "score>=17");
    press(&desk, "a");
    g_assert_cmpstr(said(&desk), ==,
                    "1 advanced, 3 left out: 2 × already hired; 1 × already withdrawn (o "
                    "reopens). u undoes.");
    desk_close(&desk);
}

/* ---- notes and tags
 * ------------------------------------------------------------------------------------------ */
/* A stage that is reviewed blind. */
static void blind_stage(HtApply *apply, gpointer data)
{
    (void)data;
    put_row(apply, HT_APPLY_UPSERT, "job_stages", "id", "S11", "job_id", "J1", "name", "Applied",
            "position", "0", "stage_type", "applied", "is_terminal", "0", "is_blind", "1", NULL);
}

static guint n_notes(Desk *desk, const char *person)
{
    g_assert_true(ht_reader_refresh(desk->reader, NULL, NULL));
    g_autoptr(GPtrArray) notes =
        ht_cache_notes(desk->reader, fixture_key(desk->reader, person), NULL);
    return notes->len;
}

/* After a decision the cursor is on the next row: the question says whose that is. */
static void test_note_names(void)
{
    Desk desk;
    desk_open(&desk, close_some);
    desk_settle(&desk);
    open_job(&desk);
    g_assert_true(ht_view_goto(ht_context_view(desk.context), fixture_key(desk.reader, "M17")));
    press(&desk, "a");
    asks_label(&desk, "w", "note on Zoë Last16", "called");
    g_assert_cmpstr(said(&desk), ==, "Noted on Zoë Last16. u undoes.");
    g_assert_cmpuint(n_notes(&desk, "C16"), ==, 1);
    asks_label(&desk, "t", "tags of Zoë Last16 (+adds, -removes)", "nice");
    g_assert_cmpstr(said(&desk), ==, "Tagged: nice (Zoë Last16). u undoes.");
    g_assert_cmpuint(n_notes(&desk, "C15"), ==, 0);
    desk_close(&desk);
}

/* The one marked, not the one under the cursor; of several the number. */
static void test_note_on_marked(void)
{
    Desk desk;
    desk_open(&desk, close_some);
    desk_settle(&desk);
    open_job(&desk);
    g_assert_true(ht_view_goto(ht_context_view(desk.context), fixture_key(desk.reader, "M10")));
    press(&desk, "Space j");
    asks_label(&desk, "w", "note on Zoë Last10", "called");
    g_assert_true(ht_reader_refresh(desk.reader, NULL, NULL));
    g_autoptr(GPtrArray) notes = ht_cache_notes(desk.reader, fixture_key(desk.reader, "C10"), NULL);
    g_assert_cmpuint(notes->len, ==, 1);
    g_assert_cmpint(((const HtNote *)notes->pdata[0])->match, ==, fixture_key(desk.reader, "M10"));
    press(&desk, "Space");
    asks_label(&desk, "w", "note on 2", "called");
    g_assert_cmpstr(said(&desk), ==, "Noted 2. u undoes.");
    desk_close(&desk);
}

static int64_t find_key(HtView *help, const char *key)
{
    for (int64_t i = 0; i < ht_view_rows(help); i++) {
        const HtListRow *row = ht_view_list_row(help, i);
        if (row && g_strcmp0(row->text[0], key) == 0)
            return i;
    }
    return -1;
}

/* What a list of keys cannot say of l and +: what a filter may speak of, here. */
static void test_filters_in_help(void)
{
    Desk desk;
    desk_open(&desk, close_some);
    desk_settle(&desk);
    press(&desk, "?");
    HtView *help = ht_context_view(desk.context);
    g_assert_cmpint(find_key(help, "dept"), >, 0);
    g_assert_cmpint(find_key(help, "score"), <, 0); /* no job has one */
    press(&desk, "q");
    open_job(&desk);
    press(&desk, "?");
    help = ht_context_view(desk.context);
    g_assert_cmpint(find_key(help, "is:held"), >, 0);
    int64_t score = find_key(help, "score");
    g_assert_cmpstr(ht_view_list_row(help, score)->text[2], ==, "score>=80");
    g_assert_true(ht_view_goto(help, ht_view_list_row(help, score)->key));
    press(&desk, "Enter");
    g_assert_nonnull(strstr(said(&desk), "l limits the list"));
    press(&desk, "q g s ?"); /* nothing is limited there */
    g_assert_cmpint(find_key(ht_context_view(desk.context), "score"), <, 0);
    desk_close(&desk);
}

static void test_note_is_blind(void)
{
    Desk desk;
    desk_open(&desk, close_some);
    desk_settle(&desk);
    open_job(&desk);
    g_assert_true(ht_view_goto(ht_context_view(desk.context), fixture_key(desk.reader, "M10")));
    press(&desk, "b");
    g_autofree char *who = ht_blind_name(desk.reader, fixture_key(desk.reader, "C10"));
    g_autofree char *note = g_strdup_printf("note on %s", who);
    g_autofree char *noted = g_strdup_printf("Noted on %s. u undoes.", who);
    asks_label(&desk, "w", note, "called");
    g_assert_cmpstr(said(&desk), ==, noted);
    /* The sheet of a blind list is blind, too. */
    answer(&desk, asks(&desk, "X"), "");
    answer(&desk, asks(&desk, "+"), "loc:Berlin score<=10");
    press(&desk, "x");
    g_autofree char *line = sheet_line(&desk, "M10");
    g_assert_true(g_str_has_prefix(line, who));
    press(&desk, "q b U");
    fixture_apply(&desk.cache, blind_stage, NULL);
    g_assert_true(ht_reader_refresh(desk.reader, NULL, NULL));
    asks_label(&desk, "w", note, "called");
    g_assert_cmpstr(said(&desk), ==, noted);
    g_autofree char *tags = g_strdup_printf("tags of %s (+adds, -removes)", who);
    asks_label(&desk, "t", tags, "nice");
    g_assert_null(strstr(said(&desk), "Zoë"));
    desk_close(&desk);
}

/* One key takes the pass back, and so many bring it again as the line says. */
static void test_pass_undone(void)
{
    Desk desk;
    desk_open(&desk, close_some);
    desk_settle(&desk);
    open_job(&desk);
    press(&desk, "r a a a g u");
    g_assert_cmpstr(said(&desk), ==,
                    "Undone: the pass, 3. C-r does one of them again: 3 times for all.");
    g_assert_cmpint(pending(&desk), ==, 0);
    press(&desk, "C-r C-r C-r");
    g_assert_cmpint(pending(&desk), ==, 3);
    press(&desk, "u u u u r a g u");
    g_assert_nonnull(strstr(said(&desk), "C-r does it again."));
    desk_close(&desk);
}

/* What undo says below a blind list. */
static void test_undo_is_blind(void)
{
    Desk desk;
    desk_open(&desk, close_some);
    desk_settle(&desk);
    open_job(&desk);
    g_assert_true(ht_view_goto(ht_context_view(desk.context), fixture_key(desk.reader, "M10")));
    press(&desk, "a");
    g_test_message("%s", said(&desk));
    press(&desk, "u");
    g_assert_nonnull(strstr(said(&desk), "Zoë"));
    press(&desk, "b a u");
    g_assert_nonnull(strstr(said(&desk), "(Applicant "));
    g_assert_null(strstr(said(&desk), "Zoë"));
    desk_close(&desk);
}

/* ---- what a reopening begins with
 * ------------------------------------------------------------------------------------------ */
static void for_reopening(HtApply *apply, gpointer data)
{
    (void)data;
    put_row(apply, HT_APPLY_UPSERT, "rejection_reasons", "id", "R3", "code", "reopened", "label",
            "Decision reconsidered", "who", "we_rejected", "is_active", "1", "position", "8", NULL);
}

/* Somebody else rejected the one whom this desk advances. */
static void rejected_meanwhile(Desk *desk)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(HtPushBatch) batch = ht_outbox_next_batch(desk->outbox, 100, &error);
    g_assert_no_error(error);
    g_autoptr(HtJson) ops = ht_json_parse(batch->ops_json, -1, &error);
    const HtJson *op = ht_json_first(ops);
    HtUuid decision = test_id('D', 900), closed = test_id('S', 17);
    char theirs[HT_UUID_TEXT], stage[HT_UUID_TEXT];
    const char *match = ht_json_get_string(op, "match", "");
    ht_uuid_format(&decision, theirs);
    ht_uuid_format(&closed, stage);
    g_autofree char *answer = g_strdup_printf(
        "[{\"seq\": %d, \"outcome\": \"conflict\", \"code\": \"stage_moved\", \"why\": \"Tom was "
        "first.\", \"at\": 1, \"rows\": [{\"tbl\": 15, \"id\": \"%s\", \"row\": {\"stage_id\": "
        "\"%s\", \"row_version\": 2}}, {\"tbl\": 17, \"id\": \"%s\", \"row\": {\"id\": \"%s\", "
        "\"match_id\": \"%s\", \"decision\": \"reject\", \"to_stage_id\": \"%s\", "
        "\"row_version\": 1}}]}]",
        (int)ht_json_get_int(op, "seq", 0), match, stage, theirs, theirs, match, stage);
    ht_outbox_acknowledge(desk->outbox, batch, answer, &error);
    g_assert_no_error(error);
}

static void test_reason_of_reopening(void)
{
    for (int fits = 0; fits < 2; fits++) {
        Desk desk;
        desk_open(&desk, close_some);
        if (fits)
            fixture_apply(&desk.cache, for_reopening, NULL);
        desk_settle(&desk);
        open_job(&desk);
        g_assert_true(ht_view_goto(ht_context_view(desk.context), fixture_key(desk.reader, "M10")));
        press(&desk, "a");
        rejected_meanwhile(&desk);
        press(&desk, "g x");
        HtPrompt *prompt = asks(&desk, "m");
        const HtChoice *first = ht_prompt_choice(prompt);
        if (fits) {
            g_assert_cmpstr(first->text, ==, "Decision reconsidered");
            ht_context_cancel(desk.context, prompt);
        } else {
            /* None fits, so Enter alone writes none. */
            g_assert_null(first);
            HtResult result = ht_context_answer(desk.context, prompt);
            g_assert_cmpint(result.kind, ==, HT_RESULT_ERROR);
            ht_result_clear(&result);
            prompt = asks(&desk, "m");
            ht_prompt_select(prompt, 1);
            g_assert_cmpstr(ht_prompt_choice(prompt)->text, ==, "Must-have missing");
            ht_context_cancel(desk.context, prompt);
        }
        desk_close(&desk);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/command/told/sheet_leaves_closed_out", test_sheet_leaves_closed_out);
    g_test_add_func("/command/told/not_is_no_rule", test_not_is_no_rule);
    g_test_add_func("/command/told/what_all_bring_is_no_rule", test_what_all_bring_is_no_rule);
    g_test_add_func("/command/told/rule_is_of_its_job", test_rule_is_of_its_job);
    g_test_add_func("/command/told/sheet_follows", test_sheet_follows);
    g_test_add_func("/command/told/sheet_names_jobs", test_sheet_names_jobs);
    g_test_add_func("/command/told/all_closed", test_all_closed);
    g_test_add_func("/command/told/note_names", test_note_names);
    g_test_add_func("/command/told/note_on_marked", test_note_on_marked);
    g_test_add_func("/command/told/note_is_blind", test_note_is_blind);
    g_test_add_func("/command/told/undo_is_blind", test_undo_is_blind);
    g_test_add_func("/command/told/pass_undone", test_pass_undone);
    g_test_add_func("/command/told/filters_in_help", test_filters_in_help);
    g_test_add_func("/command/told/reason_of_reopening", test_reason_of_reopening);
    return g_test_run();
}
