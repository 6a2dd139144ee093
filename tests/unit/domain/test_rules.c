/* The status machine, tables of names, mails, and readers of strangers' JSON. */
#include "hiretty/base/clock.h"
#include "hiretty/domain/candidate.h"
#include "hiretty/domain/error.h"
#include "hiretty/domain/machine.h"
#include "hiretty/domain/mail.h"
#include "hiretty/domain/match.h"
#include "hiretty/domain/transcript.h"

static GPtrArray *make_stages(void)
{
    GPtrArray *stages = g_ptr_array_new_with_free_func((GDestroyNotify)ht_job_stage_free);
    static const struct {
        const char *name;
        HtStageType type;
    } rows[] = {
        {"Applied", HT_STAGE_APPLIED},
        {"Shortlist", HT_STAGE_SHORTLIST},
        {"Screening", HT_STAGE_SCREENING},
        {"First interview", HT_STAGE_INTERVIEW},
        {"Final interview", HT_STAGE_INTERVIEW},
        {"Offer", HT_STAGE_OFFER},
        {"Hired", HT_STAGE_HIRED},
        {"Rejected", HT_STAGE_REJECTED},
        {"Withdrawn", HT_STAGE_WITHDRAWN},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        HtJobStage *stage = g_new0(HtJobStage, 1);
        stage->key = (HtKey)i + 1;
        stage->position = (int64_t)i;
        stage->type = rows[i].type;
        stage->name = g_strdup(rows[i].name);
        g_ptr_array_add(stages, stage);
    }
    return stages;
}

static void check_target(HtKey from, HtDecisionKind decision, HtKey stage, HtStageType type,
                         HtKey expected)
{
    g_autoptr(HtMachine) machine = ht_machine_new();
    g_autoptr(GPtrArray) stages = make_stages();
    g_autoptr(GError) error = NULL;
    const HtJobStage *target =
        ht_machine_target(machine, stages, from, decision, stage, type, &error);
    g_assert_cmpint(target ? target->key : 0, ==, expected);
    if (!target)
        g_assert_error(error, HT_DOMAIN_ERROR, HT_DOMAIN_ERROR_RULE);
}

static void test_machine_targets(void)
{
    check_target(1, HT_DECISION_SHORTLIST, 0, HT_STAGE_NONE, 2);
    check_target(1, HT_DECISION_ADVANCE, 0, HT_STAGE_NONE, 2);
    check_target(4, HT_DECISION_ADVANCE, 0, HT_STAGE_NONE, 5);
    check_target(1, HT_DECISION_ADVANCE, 0, HT_STAGE_INTERVIEW, 4);
    check_target(1, HT_DECISION_ADVANCE, 5, HT_STAGE_NONE, 5);
    check_target(5, HT_DECISION_ADVANCE, 4, HT_STAGE_NONE, 0);
    check_target(6, HT_DECISION_ADVANCE, 0, HT_STAGE_NONE, 0);
    check_target(3, HT_DECISION_REJECT, 0, HT_STAGE_NONE, 8);
    check_target(8, HT_DECISION_REJECT, 0, HT_STAGE_NONE, 0);
    check_target(3, HT_DECISION_HOLD, 0, HT_STAGE_NONE, 3);
    check_target(8, HT_DECISION_HOLD, 0, HT_STAGE_NONE, 0);
    check_target(6, HT_DECISION_HIRE, 0, HT_STAGE_NONE, 7);
    check_target(1, HT_DECISION_HIRE, 0, HT_STAGE_NONE, 0);
    check_target(8, HT_DECISION_REOPEN, 0, HT_STAGE_NONE, 1);
    check_target(9, HT_DECISION_REOPEN, 0, HT_STAGE_OFFER, 6);
    check_target(1, HT_DECISION_OFFER, 0, HT_STAGE_NONE, 6);
    check_target(6, HT_DECISION_OFFER, 0, HT_STAGE_NONE, 0);
    check_target(99, HT_DECISION_REJECT, 0, HT_STAGE_NONE, 0);
}

static void test_machine_rows(void)
{
    g_autoptr(HtMachine) machine = ht_machine_new();
    g_assert_nonnull(
        ht_machine_find(machine, HT_DECISION_REJECT, HT_STAGE_APPLIED, HT_STAGE_REJECTED));
    HtTransition only = {.decision = HT_DECISION_SHORTLIST,
                         .from = HT_STAGE_APPLIED,
                         .to = HT_STAGE_SHORTLIST,
                         .roles = HT_ROLE_ADMIN};
    ht_machine_add(machine, &only);
    g_assert_null(
        ht_machine_find(machine, HT_DECISION_REJECT, HT_STAGE_APPLIED, HT_STAGE_REJECTED));
    ht_machine_set_role(machine, HT_ROLE_RECRUITER);
    g_assert_null(
        ht_machine_find(machine, HT_DECISION_SHORTLIST, HT_STAGE_APPLIED, HT_STAGE_SHORTLIST));
    ht_machine_set_role(machine, HT_ROLE_ADMIN);
    g_assert_nonnull(
        ht_machine_find(machine, HT_DECISION_SHORTLIST, HT_STAGE_APPLIED, HT_STAGE_SHORTLIST));
    g_assert_cmpuint(ht_role_parse("viewer"), ==, HT_ROLE_VIEWER);
    g_assert_cmpuint(ht_role_parse("root"), ==, 0);
    g_assert_cmpuint(ht_role_parse(NULL), ==, 0);
}

static void test_names(void)
{
    for (int i = HT_STAGE_APPLIED; i < HT_STAGE_TYPES; i++) {
        const char *name = ht_stage_type_name((HtStageType)i);
        g_assert_cmpint((int)ht_stage_type_parse(name), ==, i);
        g_assert_cmpuint(strlen(ht_stage_type_label((HtStageType)i)), >, 0);
        g_assert_cmpuint(strlen(ht_stage_type_status((HtStageType)i)), >, 0);
    }
    for (int i = HT_DECISION_SHORTLIST; i < HT_DECISION_KINDS; i++) {
        g_assert_cmpint((int)ht_decision_parse(ht_decision_name((HtDecisionKind)i)), ==, i);
        g_assert_cmpuint(strlen(ht_decision_past((HtDecisionKind)i)), >, 0);
    }
    g_assert_cmpint(ht_stage_type_parse("nowhere"), ==, HT_STAGE_NONE);
    g_assert_cmpint(ht_decision_parse(NULL), ==, HT_DECISION_NONE);
    g_assert_cmpint(ht_score_band(HT_SCORE_NONE), ==, HT_SCORE_BAND_NONE);
    g_assert_cmpint(ht_score_band(7500), ==, HT_SCORE_BAND_HIGH);
    g_assert_cmpint(ht_score_band(7499), ==, HT_SCORE_BAND_MID);
    g_assert_cmpint(ht_score_band(0), ==, HT_SCORE_BAND_LOW);
}

static void test_mail(void)
{
    g_autoptr(GHashTable) values = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    g_hash_table_insert(values, g_strdup("name"), g_strdup("{{secret}}"));
    g_hash_table_insert(values, g_strdup("empty"), g_strdup(""));
    g_hash_table_insert(values, g_strdup("secret"), g_strdup("never shown"));
    g_autoptr(HtMail) mail = ht_mail_render(
        "Hello {{name}}", "{{ name }} {{empty}} {{job}} {{job}} {{ }} {{a b}} {", values);
    g_assert_cmpstr(mail->subject, ==, "Hello {{secret}}");
    g_assert_cmpstr(mail->body, ==, "{{secret}} {{empty}} {{job}} {{job}} {{ }} {{a b}} {");
    g_assert_false(ht_mail_is_ready(mail));
    g_assert_cmpuint(g_strv_length(mail->unfilled), ==, 2);
    g_assert_cmpstr(mail->unfilled[0], ==, "empty");
    g_autoptr(HtMail) ready = ht_mail_render("a", NULL, values);
    g_assert_true(ht_mail_is_ready(ready));
    g_assert_cmpstr(ready->body, ==, "");
}

static void test_factors(void)
{
    g_autoptr(HtExplanation) explanation = g_new0(HtExplanation, 1);
    ht_explanation_read_factors(
        explanation, "{\"recommendation\":\"shortlist\",\"confidence\":1.7,\"factors\":[7,null,"
                     "{\"name\":\"Python\",\"weight\":9,\"score\":81.25,\"verdict\":\"met\","
                     "\"quote\":\"8 years\"},{\"weight\":1},{\"name\":\"SQL\",\"quote\":\"\"}]}");
    g_assert_cmpuint(explanation->factors->len, ==, 2);
    const HtFactor *factor = g_ptr_array_index(explanation->factors, 0);
    g_assert_cmpint(factor->weight, ==, 5);
    g_assert_cmpint(factor->score_centi, ==, 8125);
    g_assert_cmpint(factor->verdict, ==, HT_VERDICT_MET);
    g_assert_null(((HtFactor *)g_ptr_array_index(explanation->factors, 1))->quote);
    g_assert_cmpfloat(explanation->confidence, ==, 1.0);
    static const char *const broken[] = {NULL, "", "[]", "{", "{\"factors\":{}}", "\"x\""};
    for (gsize i = 0; i < G_N_ELEMENTS(broken); i++) {
        ht_explanation_read_factors(explanation, broken[i]);
        g_assert_cmpuint(explanation->factors->len, ==, 0);
        g_assert_null(explanation->recommendation);
    }
}

static void test_resume(void)
{
    HtResume *resume = g_new0(HtResume, 1);
    ht_resume_read(resume,
                   "{\"summary\":\"s\",\"experience\":[{\"title\":\"Nurse\",\"current\":true,"
                   "\"technologies\":[\"a\",1,\"b\"]},3],\"education\":[{\"degree\":\"BSc\","
                   "\"graduation_year\":2015}],\"gaps\":[{\"from\":\"2019-01\"}],"
                   "\"skills\":{\"technical\":[\"C\"],\"soft\":\"no\"}}");
    g_assert_cmpuint(resume->experience->len, ==, 1);
    const HtExperience *experience = g_ptr_array_index(resume->experience, 0);
    g_assert_true(experience->is_current);
    g_assert_cmpuint(g_strv_length(experience->technologies), ==, 2);
    g_assert_cmpint(((HtEducation *)g_ptr_array_index(resume->education, 0))->graduation_year, ==,
                    2015);
    g_assert_cmpstr(resume->technical[0], ==, "C");
    g_assert_null(resume->soft[0]);
    ht_resume_read(resume, "not json");
    g_assert_cmpuint(resume->experience->len, ==, 0);
    g_assert_null(resume->summary);
    ht_resume_free(resume);
}

static void test_transcript(void)
{
    g_autoptr(HtTranscript) transcript = g_new0(HtTranscript, 1);
    ht_transcript_read_messages(
        transcript,
        "[{\"timestamp\":\"2025-01-15T10:30:00Z\",\"role\":\"agent\",\"content\":\"Hi\"},"
        "{\"role\":\"robot\",\"content\":\"x\",\"metadata\":{\"sentiment\":\"neutral\","
        "\"flags\":[\"prompt_injection\"]}},{\"content\":\"\"},5]");
    g_assert_cmpuint(transcript->turns->len, ==, 2);
    const HtTurn *turn = g_ptr_array_index(transcript->turns, 0);
    g_assert_cmpint(turn->at, ==, INT64_C(1736937000) * HT_US_PER_S);
    turn = g_ptr_array_index(transcript->turns, 1);
    g_assert_cmpstr(turn->role, ==, "candidate");
    g_assert_cmpstr(turn->flags[0], ==, "prompt_injection");
    ht_transcript_read_segments(transcript,
                                "{\"segments\":[{\"speaker\":\"agent\",\"start_ms\":500,"
                                "\"end_ms\":100,\"text\":\"Hello\",\"barge_in\":true}]}");
    turn = g_ptr_array_index(transcript->turns, 0);
    g_assert_cmpint(turn->end_ms, ==, 500);
    g_assert_true(turn->barge_in);
    ht_transcript_read_analysis(transcript, "{\"summary\":\"ok\",\"answers\":[{\"question\":\"Q\","
                                            "\"answered\":true},{\"note\":\"no question\"}]}");
    g_assert_cmpuint(transcript->answers->len, ==, 1);
    ht_transcript_read_segments(transcript, "[]");
    g_assert_cmpuint(transcript->turns->len, ==, 0);
}

static void test_person_name(void)
{
    static const struct {
        const char *first, *last, *name;
    } rows[] = {
        {"Ann", "Lee", "Ann Lee"}, {"Ann", NULL, "Ann"}, {"", "Lee", "Lee"}, {NULL, NULL, ""}};
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *name = ht_person_name(rows[i].first, rows[i].last);
        g_assert_cmpstr(name, ==, rows[i].name);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/domain/machine/targets", test_machine_targets);
    g_test_add_func("/domain/machine/rows-and-roles", test_machine_rows);
    g_test_add_func("/domain/names/round-trip", test_names);
    g_test_add_func("/domain/mail/unfilled-is-held", test_mail);
    g_test_add_func("/domain/match/factors", test_factors);
    g_test_add_func("/domain/candidate/resume", test_resume);
    g_test_add_func("/domain/transcript/readers", test_transcript);
    g_test_add_func("/domain/candidate/name", test_person_name);
    return g_test_run();
}
