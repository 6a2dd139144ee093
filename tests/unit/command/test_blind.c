/* `b` hides who people are in the view that is open and in whatever is opened from there. */
#include "desk.h"
#include "hiretty/base/json.h"
#include "hiretty/command/prompt.h"
#include "hiretty/view/views.h"

#include <string.h>

/* C20, the first of job 1, is met, rated and written about by name; no stage is reviewed blind. */
static void talk(HtApply *apply, gpointer data)
{
    (void)data;
    g_autofree char *soon =
        g_strdup_printf("%" G_GINT64_FORMAT, g_get_real_time() + (int64_t)G_TIME_SPAN_HOUR);
    put_row(apply, HT_APPLY_UPSERT, "candidates", "id", "C20", "first_name", "Zoraida", "last_name",
            "Quill", NULL);
    put_row(apply, HT_APPLY_UPSERT, "candidate_notes", "id", "n20", "candidate_id", "C20",
            "match_id", "M20", "body", "Quill noted", "created_at", "5000", "visibility", "team",
            NULL);
    put_row(apply, HT_APPLY_UPSERT, "interviews", "id", "i20", "match_id", "M20", "interview_type",
            "technical", "scheduled_at", soon, "duration_minutes", "45", "status", "scheduled",
            "notes", "Quill met", NULL);
    put_row(apply, HT_APPLY_UPSERT, "interview_feedback", "id", "f20", "interview_id", "i20",
            "recommendation", "hire", "notes", "Quill rated", "submitted_at", "9500", NULL);
}

static void review_blind(HtApply *apply, gpointer data)
{
    talk(apply, data);
    put_row(apply, HT_APPLY_UPSERT, "job_stages", "id", "S11", "is_blind", "1", NULL);
}

static HtView *top(Desk *desk)
{
    return ht_context_view(desk->context);
}

static void press(Desk *desk, const char *names)
{
    g_auto(GStrv) keys = g_strsplit(names, " ", -1);
    for (int k = 0; keys[k]; k++) {
        HtResult result = ht_context_feed(desk->context, keys[k]);
        if (result.kind == HT_RESULT_PROMPT) /* of a search */
            ht_prompt_set_text(result.prompt, desk->context, "quill");
        if (result.kind == HT_RESULT_PROMPT) {
            HtResult answered = ht_context_answer(desk->context, g_steal_pointer(&result.prompt));
            ht_result_clear(&answered);
        }
        ht_result_clear(&result);
        desk_settle_view(desk);
    }
}

/* The server's answer to the one op that waits: somebody else was first. */
static void conflict(Desk *desk, const char *rows)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(HtPushBatch) batch = ht_outbox_next_batch(desk->outbox, 1, &error);
    g_assert_no_error(error);
    g_autoptr(HtJson) ops = ht_json_parse(batch->ops_json, -1, &error);
    g_autofree char *answer =
        g_strdup_printf("[{\"seq\": %d, \"outcome\": \"conflict\", \"code\": \"changed\", \"why\": "
                        "\"Somebody was first.\", \"rows\": [%s]}]",
                        (int)ht_json_get_int(ht_json_first(ops), "seq", 0), rows);
    ht_outbox_acknowledge(desk->outbox, batch, answer, &error);
    g_assert_no_error(error);
}

static void intend(Desk *desk, HtIntent *intent)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(HtReceipt) receipt = ht_outbox_submit(desk->outbox, intent, &error);
    g_assert_no_error(error);
    g_assert_cmpint(receipt->n_done, ==, 1);
}

/* Two conflicts: a decision, and the words of a note, which name whom it is about. */
static void add_conflicts(Desk *desk)
{
    HtIntent *decision = ht_intent_new(HT_INTENT_DECIDE);
    decision->decision = HT_DECISION_SHORTLIST;
    ht_intent_add_match(decision, fixture_key(desk->reader, "M20"), true, false, 1);
    intend(desk, decision);
    conflict(desk, "");
    HtUuid note = test_id('n', 20);
    HtIntent *edit = ht_intent_new(HT_INTENT_NOTE_EDIT);
    edit->note_id = note;
    edit->note = g_strdup("Quill is mine");
    intend(desk, edit);
    char id[HT_UUID_TEXT];
    g_autofree char *row = g_strdup_printf("{\"tbl\": 13, \"id\": \"%s\", \"row\": {\"body\": "
                                           "\"Quill is theirs\", \"row_version\": 2}}",
                                           ht_uuid_format(&note, id));
    conflict(desk, row);
}

static void open_desk(Desk *desk)
{
    desk_open(desk, talk);
    add_conflicts(desk);
    desk_settle_view(desk);
    g_assert_true(ht_view_goto(top(desk), fixture_key(desk->reader, "J1")));
}

/* Title, cells, previews and text of what is open. Caller frees. */
static char *all_text(Desk *desk)
{
    HtView *view = top(desk);
    GString *out = g_string_new(ht_view_title(view));
    int n_columns = 0;
    const HtColumn *columns = ht_view_columns(view, &n_columns);
    (void)columns;
    int64_t rows = ht_view_kind(view) == HT_VIEW_TABLE ? ht_view_rows(view) : 0;
    ht_view_fetch(view, 0, (int)rows);
    for (int64_t row = 0; row < rows; row++) {
        for (int i = 0; i < n_columns; i++)
            g_string_append_printf(out, " %s", ht_view_cell(view, row, i).text);
        const HtDoc *preview = ht_view_preview(view, row, 80);
        g_autofree char *text = preview ? ht_doc_dup_text(preview) : g_strdup("");
        g_string_append_printf(out, "\n%s\n", text);
    }
    const HtDoc *doc = ht_view_doc(view, 80);
    g_autofree char *text = doc ? ht_doc_dup_text(doc) : g_strdup("");
    g_string_append(out, text);
    return g_string_free(out, FALSE);
}

static bool names_somebody(Desk *desk)
{
    g_autofree char *text = all_text(desk);
    g_test_message("%s: %s", ht_view_name(top(desk)), text);
    return strstr(text, "Quill") || strstr(text, "Zoraida") || strstr(text, "Last");
}

/* Every way from a list of people, with the last view that it opens. */
static const struct {
    const char *keys;
    HtViewId id;
} ways[] = {
    {"g c", HT_VIEW_CANDIDATES},      {"g a", HT_VIEW_AGENDA},
    {"g f", HT_VIEW_FEEDBACK},        {"g /", HT_VIEW_SEARCH},
    {"g o", HT_VIEW_OUTBOX},          {"g x", HT_VIEW_CONFLICTS},
    {"g x Enter", HT_VIEW_CONFLICT},  {"g o Enter", HT_VIEW_CONFLICT},
    {"g a Enter", HT_VIEW_CANDIDATE}, {"g f Enter", HT_VIEW_CANDIDATE},
    {"g / Enter", HT_VIEW_CANDIDATE}, {"r", HT_VIEW_REVIEW},
    {"Enter", HT_VIEW_CANDIDATE},     {"g x j Enter", HT_VIEW_CONFLICT},
    {"g s g o", HT_VIEW_OUTBOX},      {"g a g f g x", HT_VIEW_CONFLICTS},
};

/* The list of jobs is blind then as well, for it hands it on. */
static void back_to_jobs(Desk *desk, bool blind)
{
    press(desk, "g j");
    g_assert_cmpint(ht_view_id(top(desk)), ==, HT_VIEW_JOBS);
    g_assert_cmpint(ht_view_is_blind(top(desk)), ==, blind);
    if (!blind)
        return;
    press(desk, "Enter");
    g_assert_false(names_somebody(desk));
    press(desk, "q b");
    g_assert_false(ht_view_is_blind(top(desk)));
}

static void test_opened_from_blind(void)
{
    Desk desk;
    open_desk(&desk);
    for (gsize i = 0; i < G_N_ELEMENTS(ways); i++) {
        for (int blind = 0; blind < 2; blind++) {
            press(&desk, "Enter");
            press(&desk, blind ? "b" : "k");
            press(&desk, ways[i].keys);
            g_assert_cmpint(ht_view_id(top(&desk)), ==, ways[i].id);
            g_assert_cmpint(ht_view_is_blind(top(&desk)), ==, blind);
            if (names_somebody(&desk) == blind)
                g_error("%s: %s", ways[i].keys, blind ? "somebody is named" : "nobody is named");
            back_to_jobs(&desk, blind);
        }
    }
    desk_close(&desk);
}

/* One that was open already hides names too when it is gone to from a blind one; gone back to with
 * q it is as it was; and `b` shows them again. */
static void test_open_already(void)
{
    Desk desk;
    open_desk(&desk);
    press(&desk, "g o");
    g_assert_true(names_somebody(&desk));
    press(&desk, "g c b q");
    g_assert_cmpint(ht_view_id(top(&desk)), ==, HT_VIEW_OUTBOX);
    g_assert_true(names_somebody(&desk));
    press(&desk, "g c b g o");
    g_assert_cmpint(ht_context_depth(desk.context), ==, 2);
    g_assert_false(names_somebody(&desk));
    press(&desk, "b");
    g_assert_true(names_somebody(&desk));
    press(&desk, "b");
    g_assert_false(names_somebody(&desk));
    desk_close(&desk);
}

/* The list of jobs hands it on. */
static void test_from_jobs(void)
{
    Desk desk;
    open_desk(&desk);
    press(&desk, "b");
    g_assert_nonnull(strstr(ht_context_message(desk.context, NULL), "what is opened hides names"));
    press(&desk, "Enter");
    g_assert_false(names_somebody(&desk));
    press(&desk, "q r");
    g_assert_cmpint(ht_view_id(top(&desk)), ==, HT_VIEW_REVIEW);
    g_assert_false(names_somebody(&desk));
    desk_close(&desk);
}

/* Each view of a session is as blind as it was, also one above a blind one. */
static void test_session(void)
{
    Desk desk;
    open_desk(&desk);
    press(&desk, "Enter b g c b");
    g_assert_false(ht_view_is_blind(top(&desk)));
    desk_restart(&desk);
    desk_settle_view(&desk);
    g_assert_cmpint(ht_view_id(top(&desk)), ==, HT_VIEW_CANDIDATES);
    g_assert_false(ht_view_is_blind(top(&desk)));
    press(&desk, "q");
    g_assert_cmpint(ht_view_id(top(&desk)), ==, HT_VIEW_MATCHES);
    g_assert_true(ht_view_is_blind(top(&desk)));
    desk_close(&desk);
}

/* Who is moved out of a stage that is reviewed blind is not named by the answer to that, nor by
 * those to taking it back and doing it again. */
static void test_answers(void)
{
    Desk desk;
    desk_open(&desk, review_blind);
    desk_settle_view(&desk);
    g_assert_true(ht_view_goto(top(&desk), fixture_key(desk.reader, "J1")));
    press(&desk, "Enter");
    static const char *const keys[] = {"a", "u", "C-r", "u"};
    for (gsize i = 0; i < G_N_ELEMENTS(keys); i++) {
        press(&desk, keys[i]);
        const char *said = ht_context_message(desk.context, NULL);
        g_test_message("%s: %s", keys[i], said);
        g_assert_null(strstr(said, "Quill"));
        g_assert_null(strstr(said, "Last"));
        g_assert_true(i == 0 || strstr(said, "(Applicant "));
    }
    desk_close(&desk);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/command/blind/opened_from_blind", test_opened_from_blind);
    g_test_add_func("/command/blind/open_already", test_open_already);
    g_test_add_func("/command/blind/from_jobs", test_from_jobs);
    g_test_add_func("/command/blind/answers", test_answers);
    g_test_add_func("/command/blind/session", test_session);
    return g_test_run();
}
