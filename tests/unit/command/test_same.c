/* Somebody else had decided the same: the workstation says so once, in a line, and what is left to
 * settle says before what is possible. */
#include "desk.h"
#include "hiretty/base/json.h"
#include "hiretty/command/prompt.h"
#include "hiretty/view/blind.h"
#include "hiretty/view/views.h"

#include <string.h>

static void fill(HtApply *apply, gpointer data)
{
    (void)data;
    put_row(apply, HT_APPLY_UPSERT, "users", "id", "U2", "first_name", "Tom", "last_name", "Lind",
            "status", "active", NULL);
}

static void press(Desk *desk, const char *names)
{
    g_auto(GStrv) keys = g_strsplit(names, " ", -1);
    for (int k = 0; keys[k]; k++) {
        HtResult result = ht_context_feed(desk->context, keys[k]);
        g_assert_cmpint(result.kind, !=, HT_RESULT_PROMPT);
        for (int i = 0; i < 100000 && ht_context_is_busy(desk->context); i++)
            g_main_context_iteration(NULL, TRUE);
        ht_result_clear(&result);
    }
}

static void decide(Desk *desk, const char *name, const char *note)
{
    g_autoptr(GError) error = NULL;
    HtIntent *intent = ht_intent_new(HT_INTENT_DECIDE);
    intent->decision = HT_DECISION_SHORTLIST;
    intent->note = g_strdup(note);
    ht_intent_add_match(intent, fixture_key(desk->reader, name), true, false, 1);
    g_autoptr(HtReceipt) receipt = ht_outbox_submit(desk->outbox, intent, &error);
    g_assert_no_error(error);
}

/* The server's answer to all that waits: Tom Lind had decided that, into stage S<stage> (0: mine).
 */
static void tom_decided(Desk *desk, const char *decision, int stage_number)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(HtPushBatch) batch = ht_outbox_next_batch(desk->outbox, 100, &error);
    g_assert_no_error(error);
    g_autoptr(HtJson) ops = ht_json_parse(batch->ops_json, -1, &error);
    g_autoptr(GString) answer = g_string_new("[");
    char tom[HT_UUID_TEXT], theirs[HT_UUID_TEXT];
    HtUuid tom_id = test_id('U', 2);
    int n = 0;
    for (const HtJson *op = ht_json_first(ops); op; op = ht_json_next(op)) {
        HtUuid made = test_id('D', 900 + n);
        const char *match = ht_json_get_string(op, "match", "");
        char closed[HT_UUID_TEXT];
        HtUuid stage_id = test_id('S', stage_number);
        const char *stage = stage_number ? ht_uuid_format(&stage_id, closed)
                                         : ht_json_get_string(op, "to_stage", "");
        g_string_append_printf(
            answer,
            "%s{\"seq\": %d, \"outcome\": \"conflict\", \"code\": \"stage_moved\", \"why\": \"Tom "
            "Lind's decision arrived first.\", \"by\": \"%s\", \"at\": 1, \"rows\": "
            "[{\"tbl\": 15, "
            "\"id\": \"%s\", \"row\": {\"stage_id\": \"%s\", \"row_version\": 2}}, {\"tbl\": 17, "
            "\"id\": \"%s\", \"row\": {\"id\": \"%s\", \"match_id\": \"%s\", \"decision\": "
            "\"%s\", \"to_stage_id\": \"%s\", \"row_version\": 1}}]}",
            n++ ? "," : "", (int)ht_json_get_int(op, "seq", 0), ht_uuid_format(&tom_id, tom), match,
            stage, ht_uuid_format(&made, theirs), theirs, match, decision, stage);
    }
    g_string_append_c(answer, ']');
    ht_outbox_acknowledge(desk->outbox, batch, answer->str, &error);
    g_assert_no_error(error);
}

static void tom_was_first(Desk *desk)
{
    tom_decided(desk, "shortlist", 0);
}

static void says(Desk *desk, const char *words)
{
    for (int i = 0; i < 1000; i++) {
        const char *message = ht_context_message(desk->context, NULL);
        if (message && strcmp(message, words) == 0)
            return;
        g_main_context_iteration(NULL, FALSE);
        g_usleep(1000);
    }
    g_error("said: %s", ht_context_message(desk->context, NULL));
}

static void test_said_once(void)
{
    Desk desk;
    desk_open(&desk, fill);
    decide(&desk, "M1", NULL);
    tom_was_first(&desk);
    says(&desk, "Zoë Last01: Tom Lind had decided the same already.");
    press(&desk, "j k"); /* whatever comes next is not spoken over */
    ht_context_set_message(desk.context, HT_STYLE_NORMAL, "%s", "-");
    decide(&desk, "M2", NULL);
    decide(&desk, "M3", NULL);
    says(&desk, "-");
    tom_was_first(&desk);
    says(&desk, "2 of them: Tom Lind had decided the same already.");
    HtOutboxCounts counts;
    ht_outbox_counts(desk.outbox, &counts);
    g_assert_cmpint(counts.conflicts + counts.pending + counts.sending, ==, 0);
    desk_close(&desk);
}

/* Below a list that hides the names. */
static void test_said_below_blind(void)
{
    Desk desk;
    desk_open(&desk, fill);
    for (int i = 0; i < 100000 && ht_view_rows(ht_context_view(desk.context)) == 0; i++)
        g_main_context_iteration(NULL, TRUE);
    press(&desk, "Enter b");
    g_assert_true(ht_view_is_blind(ht_context_view(desk.context)));
    decide(&desk, "M1", NULL);
    tom_was_first(&desk);
    g_autofree char *who = ht_blind_name(desk.reader, fixture_key(desk.reader, "C1"));
    g_autofree char *words = g_strdup_printf("%s: Tom Lind had decided the same already.", who);
    says(&desk, words);
    desk_close(&desk);
}

/* An answer that was taken in before there was a screen: the next one says it as it starts. */
static void test_said_at_start(void)
{
    Desk desk;
    desk_open_files(&desk, fill);
    decide(&desk, "M1", NULL);
    tom_was_first(&desk);
    desk_start(&desk);
    says(&desk, "Zoë Last01: Tom Lind had decided the same already.");
    HtOpSpan span;
    g_assert_cmpuint(ht_outbox_take_same(desk.outbox, &span), ==, 0);
    desk_close(&desk);
}

/* With a note there is something to settle: m adds it, and says that this is what it did. */
static void test_keeps_note(void)
{
    Desk desk;
    desk_open(&desk, fill);
    decide(&desk, "M1", "Ask about Kafka");
    tom_was_first(&desk);
    press(&desk, "g x m");
    says(&desk, "Theirs stands, and your note goes beside it.");
    g_autoptr(GError) error = NULL;
    g_autoptr(HtPushBatch) batch = ht_outbox_next_batch(desk.outbox, 100, &error);
    g_assert_no_error(error);
    g_assert_cmpint(batch->function, ==, HT_PUSH_FIELDS);
    g_assert_nonnull(strstr(batch->ops_json, "Ask about Kafka"));
    desk_close(&desk);
}

static void put_reopening(HtApply *apply, gpointer data)
{
    (void)data;
    put_row(apply, HT_APPLY_UPSERT, "rejection_reasons", "id", "R4", "code", "reopened", "label",
            "Decision reconsidered", "who", "we_rejected", "is_active", "1", "requires_note", "1",
            NULL);
}

static HtPrompt *ask(Desk *desk, HtResult result, const char *label)
{
    for (int i = 0; i < 100000 && result.kind != HT_RESULT_PROMPT; i++) {
        ht_result_clear(&result);
        if (!ht_context_take_result(desk->context, &result))
            g_main_context_iteration(NULL, TRUE);
    }
    g_assert_nonnull(result.prompt);
    g_assert_nonnull(strstr(result.prompt->label, label));
    return result.prompt;
}

/* m, and the reason of reopenings: the question for its note. */
static HtPrompt *up_to_note(Desk *desk)
{
    HtPrompt *reason = ask(desk, ht_context_feed(desk->context, "m"), "reopen, reason");
    return ask(desk, ht_context_answer(desk->context, reason), "note that goes with it");
}

/* Tom closed it: mine goes behind a reopening, whose note is not lost with Esc. */
static void test_note_of_reopening(void)
{
    Desk desk;
    desk_open(&desk, fill);
    fixture_apply(&desk.cache, put_reopening, NULL);
    decide(&desk, "M1", NULL);
    tom_decided(&desk, "reject", 17);
    press(&desk, "g x");
    HtPrompt *prompt = up_to_note(&desk);
    ht_prompt_set_text(prompt, desk.context, "Read again");
    ht_context_cancel(desk.context, prompt);
    says(&desk, "Not written. m brings your words back.");
    prompt = up_to_note(&desk);
    g_assert_cmpstr(prompt->text, ==, "Read again");
    HtResult result = ht_context_answer(desk.context, prompt);
    ht_result_clear(&result);
    says(&desk, "Yours goes out again, on what is there now.");
    desk_close(&desk);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/command/same/said_once", test_said_once);
    g_test_add_func("/command/same/said_below_blind", test_said_below_blind);
    g_test_add_func("/command/same/said_at_start", test_said_at_start);
    g_test_add_func("/command/same/keeps_note", test_keeps_note);
    g_test_add_func("/command/same/note_of_reopening", test_note_of_reopening);
    return g_test_run();
}
