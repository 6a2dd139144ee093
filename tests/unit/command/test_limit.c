/* The prompt of a limit over a real cache: what Tab proposes can be asked, and what is refused
 * limits nothing. */
#include "desk.h"
#include "hiretty/cache/matches.h"
#include "hiretty/command/prompt.h"
#include "hiretty/view/views.h"

#include <string.h>

static void put_words(HtApply *apply, gpointer data)
{
    (void)data;
    put_row(apply, HT_APPLY_UPSERT, "candidate_tags", "id", "t1", "candidate_id", "C20", "tag",
            "Night shift", NULL);
    put_row(apply, HT_APPLY_UPSERT, "candidate_tags", "id", "t2", "candidate_id", "C19", "tag",
            "finalist", NULL);
    put_row(apply, HT_APPLY_UPSERT, "candidate_tags", "id", "t3", "candidate_id", "C18", "tag",
            "Finalist", NULL);
    put_row(apply, HT_APPLY_UPSERT, "candidate_job_matches", "id", "M20", "source", "referral",
            NULL);
    put_row(apply, HT_APPLY_UPSERT, "jobs", "id", "J1", "department", "Front office", NULL);
    put_row(apply, HT_APPLY_UPSERT, "resumes", "id", "r20", "candidate_id", "C20", "is_current",
            "1", "parsed_data", "{\"skills\": {\"technical\": [\"Baking\", \"C++\"]}}", NULL);
}

static HtView *top(Desk *desk)
{
    return ht_context_view(desk->context);
}

/* Types as somebody does, key by key. */
static void type(Desk *desk, HtPrompt *prompt, const char *text)
{
    for (gsize i = 1; i <= strlen(text); i++) {
        g_autofree char *typed = g_strndup(text, i);
        ht_prompt_set_text(prompt, desk->context, typed);
        desk_settle_view(desk);
    }
}

static char *proposed(const HtPrompt *prompt)
{
    int current;
    g_autoptr(GPtrArray) proposals = ht_prompt_proposals(prompt, &current);
    g_ptr_array_add(proposals, NULL);
    return g_strjoinv(" ", (char **)proposals->pdata);
}

static void proposes(Desk *desk, HtPrompt *prompt, const char *text, const char *wanted)
{
    type(desk, prompt, text);
    g_autofree char *all = proposed(prompt);
    g_assert_cmpstr(all, ==, wanted);
}

/* Whatever Tab makes of a field is taken by the list that it is asked in. */
static void test_jobs_propose_what_jobs_take(void)
{
    Desk desk;
    desk_open(&desk, put_words);
    desk_settle_view(&desk);
    HtPrompt *prompt = desk_press(&desk, "l");
    proposes(&desk, prompt, "is:", "is:new is:open is:closed");
    proposes(&desk, prompt, "dept:", "dept:\"Front office\" dept:Support");
    proposes(&desk, prompt, "-dept:f", "dept:\"Front office\"");
    proposes(&desk, prompt, "front st", "status:");
    proposes(&desk, prompt, "\"front st", ""); /* within quotes nothing is a field */
    proposes(&desk, prompt, "\"front office\" st", "status:");
    for (guint i = 0; i < prompt->choices->len; i++) {
        const char *text = g_array_index(prompt->choices, HtChoice, i).text;
        if (g_str_has_suffix(text, ":"))
            continue;
        ht_prompt_set_text(prompt, desk.context, text);
        g_assert_cmpstr(prompt->error, ==, NULL);
        g_assert_cmpstr(ht_view_limit(top(&desk)), ==, text);
    }
    ht_context_cancel(desk.context, prompt);
    g_assert_cmpstr(ht_view_limit(top(&desk)), ==, "");
    desk_close(&desk);
}

/* "is" on the way to "is:held" is no limit, and neither is what came before what is refused. */
static void test_refused(void)
{
    Desk desk;
    desk_open(&desk, NULL);
    desk_settle_view(&desk);
    int64_t all = ht_view_rows(top(&desk));
    HtPrompt *prompt = desk_press(&desk, "l");
    static const char *const refused[] = {"is:", "is:held", "title:c score>", "loc:x |"};
    for (gsize i = 0; i < G_N_ELEMENTS(refused); i++) {
        type(&desk, prompt, refused[i]);
        g_assert_nonnull(prompt->error);
        g_assert_cmpstr(ht_view_limit(top(&desk)), ==, "");
        g_assert_cmpint(ht_view_rows(top(&desk)), ==, all);
        g_assert_null(strstr(ht_view_title(top(&desk)), "limit"));
    }
    type(&desk, prompt, "title:cook");
    g_assert_cmpstr(ht_view_limit(top(&desk)), ==, "title:cook");
    g_assert_null(desk_answer(&desk, prompt, NULL));
    /* One that was there stays. */
    prompt = desk_press(&desk, "l");
    g_assert_cmpstr(prompt->text, ==, "title:cook");
    type(&desk, prompt, "title:cook is:held");
    g_assert_cmpstr(ht_view_limit(top(&desk)), ==, "title:cook");
    HtResult result = ht_context_answer(desk.context, prompt);
    g_assert_cmpint(result.kind, ==, HT_RESULT_ERROR);
    ht_result_clear(&result);
    g_assert_cmpstr(ht_view_limit(top(&desk)), ==, "title:cook");
    desk_close(&desk);
}

/* What people wrote somewhere is proposed as it is written, once, and finds somebody. */
static void test_values_in_use(void)
{
    Desk desk;
    desk_open(&desk, put_words);
    desk_settle_view(&desk);
    g_assert_true(ht_view_goto(top(&desk), fixture_key(desk.reader, "J1")));
    g_assert_null(desk_press(&desk, "Enter"));
    while (ht_cache_index_percent(desk.reader) < 100)
        g_usleep(500);
    for (int marks = 0; marks < 2; marks++) {
        HtPrompt *prompt = desk_press(&desk, marks ? "+" : "l");
        proposes(&desk, prompt, "ta", "tag:");
        proposes(&desk, prompt, "score>=1 -tag:fi", "tag:Finalist");
        proposes(&desk, prompt, "tag:", "tag:Finalist tag:\"Night shift\"");
        proposes(&desk, prompt, "tag:night", "tag:\"Night shift\"");
        g_autofree char *done = ht_prompt_complete(prompt, 1);
        g_assert_cmpstr(done, ==, "tag:\"Night shift\"");
        proposes(&desk, prompt, "tag:\"Night shift\"|", "tag:Finalist");
        proposes(&desk, prompt, "source:", "source:referral");
        proposes(&desk, prompt, "skill:", "skill:baking skill:c++");
        proposes(&desk, prompt, "reject:o", "reject:other_offer");
        proposes(&desk, prompt, "stage:applied|sh", "stage:shortlist");
        if (!marks) {
            static const char *const terms[] = {"tag:\"Night shift\"", "source:referral",
                                                "skill:c++"};
            for (gsize i = 0; i < G_N_ELEMENTS(terms); i++) {
                ht_prompt_set_text(prompt, desk.context, terms[i]);
                desk_settle_view(&desk);
                g_assert_cmpint(ht_view_rows(top(&desk)), ==, 1);
            }
        }
        ht_context_cancel(desk.context, prompt);
    }
    desk_close(&desk);
}

/* What was marked by is said, for the column may be out of sight. */
static void test_marked_by(void)
{
    Desk desk;
    desk_open(&desk, put_words);
    desk_settle_view(&desk);
    g_assert_null(desk_press(&desk, ","));
    g_assert_nonnull(strstr(ht_context_message(desk.context, NULL), "] chooses one"));
    g_assert_true(ht_view_goto(top(&desk), fixture_key(desk.reader, "J1")));
    g_assert_null(desk_press(&desk, "Enter"));
    g_assert_true(ht_view_set_sort(top(&desk), "source", false));
    desk_settle_view(&desk);
    static const struct {
        const char *who, *said;
    } cases[] = {{"M20", "1 marked, by Source: referral"},
                 {"M19", "20 marked, by Source: nothing"}};
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_assert_true(ht_view_goto(top(&desk), fixture_key(desk.reader, cases[i].who)));
        g_assert_null(desk_press(&desk, ","));
        g_assert_cmpstr(ht_context_message(desk.context, NULL), ==, cases[i].said);
    }
    desk_close(&desk);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/command/limit/jobs_propose_what_jobs_take", test_jobs_propose_what_jobs_take);
    g_test_add_func("/command/limit/refused", test_refused);
    g_test_add_func("/command/limit/values_in_use", test_values_in_use);
    g_test_add_func("/command/limit/marked_by", test_marked_by);
    return g_test_run();
}
