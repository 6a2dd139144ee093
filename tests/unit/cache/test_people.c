/* People: search, résumé, history, notes, interviews, feedback, transcripts, scanning. */
#include "fixture.h"

#include "hiretty/base/clock.h"
#include "hiretty/cache/candidates.h"
#include "hiretty/cache/feedback.h"
#include "hiretty/cache/interviews.h"
#include "hiretty/cache/matches.h"
#include "hiretty/cache/search.h"
#include "hiretty/cache/store.h"
#include "hiretty/cache/transcripts.h"

#include <string.h>

#define RESUME                                                                                     \
    "{\"summary\":\"Ran a Kubernetes operator for Đặng's bakery\",\"experience\":["             \
    "{\"title\":\"Lead\",\"company\":\"Now Ltd\",\"current\":true},"                               \
    "{\"title\":\"Waiter\",\"company\":\"Old Inn\",\"current\":false}],"                           \
    "\"skills\":{\"technical\":[\"Python\",\"C\"],\"soft\":[],\"languages\":[\"Polish\"]}}"
#define CHAT                                                                                       \
    "[{\"message_id\":\"1\",\"timestamp\":\"2026-01-01T10:00:00Z\",\"role\":\"candidate\","        \
    "\"content\":\"I like sourdough\",\"metadata\":{\"sentiment\":\"positive\",\"flags\":[]}}]"

static void put_person(HtApply *apply, gpointer data)
{
    (void)data;
    put_job(apply, 1, "Baker");
    put_match(apply, 1, 1, 14, 8000, "Łucja", "Đặng");
    put_row(apply, HT_APPLY_UPSERT, "resumes", "id", "r1", "candidate_id", "C1", "is_current", "1",
            "version", "2", "file_name", "cv.pdf", "parsed_data", RESUME, NULL);
    put_row(apply, HT_APPLY_UPSERT, "users", "id", "U1", "first_name", "Ana", "last_name", "Rec",
            NULL);
    put_row(apply, HT_APPLY_UPSERT, "tenant_users", "id", "W1", "user_id", "U1", NULL);
    put_row(apply, HT_APPLY_UPSERT, "candidate_notes", "id", "n1", "candidate_id", "C1", "match_id",
            "M1", "body", "likes croissants", "created_by", "U1", "created_at", "3000", NULL);
    put_row(apply, HT_APPLY_UPSERT, "hiring_decisions", "id", "d1", "match_id", "M1", "decision",
            "shortlist", "from_stage_id", "S11", "to_stage_id", "S12", "decided_by", "U1",
            "actor_kind", "user", "decided_at", "1000", NULL);
    put_row(apply, HT_APPLY_UPSERT, "hiring_decisions", "id", "d2", "match_id", "M1", "decision",
            "advance", "from_stage_id", "S12", "to_stage_id", "S14", "base_decision_id", "d1",
            "decided_by", "U1", "actor_kind", "user", "decided_at", "900", NULL);
    put_row(apply, HT_APPLY_UPSERT, "interviews", "id", "i1", "match_id", "M1", "interview_type",
            "technical", "scheduled_at", "5000", "duration_minutes", "45", "timezone",
            "Europe/Warsaw", "status", "scheduled", NULL);
    put_row(apply, HT_APPLY_UPSERT, "interview_panel", "id", "p1", "interview_id", "i1",
            "member_id", "W1", "role", "lead", "is_active", "1", NULL);
    put_row(apply, HT_APPLY_UPSERT, "interview_feedback", "id", "f1", "interview_id", "i1",
            "panel_member_id", "p1", "rating", "4", "recommendation", "hire", "red_flags",
            "[\"late\"]", "submitted_at", "6000", NULL);
    put_row(apply, HT_APPLY_UPSERT, "screening_sessions", "id", "s1", "candidate_id", "C1",
            "match_id", "M1", "job_id", "J1", "session_type", "chat", "started_at", "2000",
            "messages", CHAT, "analysis", "{\"summary\":\"fine\"}", NULL);
    put_row(apply, HT_APPLY_UPSERT, "match_explanations", "id", "e1", "match_id", "M1",
            "explanation_text", "Good.", "factors",
            "{\"recommendation\":\"shortlist\",\"factors\":[{\"name\":\"Bakes\",\"weight\":5,"
            "\"score\":80,\"verdict\":\"met\",\"quote\":null}]}",
            "created_at", "10", NULL);
}

typedef struct {
    Fixture fixture;
    HtReader *reader;
    HtKey candidate, match;
} People;

static void people_open(People *people)
{
    g_autoptr(GError) error = NULL;
    fixture_open(&people->fixture);
    fixture_apply(&people->fixture, put_person, NULL);
    people->reader = ht_reader_new(people->fixture.cache, "test", &error);
    g_assert_no_error(error);
    people->candidate = fixture_key(people->reader, "C1");
    people->match = fixture_key(people->reader, "M1");
    while (ht_cache_index_percent(people->reader) < 100)
        g_usleep(500);
}

static void people_close(People *people)
{
    ht_reader_free(people->reader);
    fixture_close(&people->fixture);
}

static bool drop_later(HtStore *store, gpointer data, GError **error)
{
    (void)data;
    return ht_db_exec(ht_store_db(store),
                      "DROP INDEX matches_by_candidate; DROP INDEX events_by_match;"
                      "DROP INDEX explanations_by_match;",
                      error);
}

static bool set_wide_left(HtApply *apply, gpointer data, GError **error)
{
    return ht_apply_meta_set(apply, HT_META_WIDE, data, error);
}

/* A first load is published before the indexes of persons and explanations are made: what is asked
 * by an application is right without them, an explanation comes later and is not denied. */
static void test_before_settled(void)
{
    People people;
    people_open(&people);
    g_autoptr(GError) error = NULL;
    g_assert_true(ht_store_call(people.fixture.cache, drop_later, NULL, &error));
    g_clear_pointer(&people.reader, ht_reader_free);
    people.reader = ht_reader_new(people.fixture.cache, "test", &error);
    g_assert_false(ht_reader_is_settled(people.reader));
    g_assert_true(ht_cache_explanations_come(people.reader));
    g_assert_null(ht_cache_explanation(people.reader, people.match, &error));
    g_assert_no_error(error);
    for (int all = 0; all < 2; all++) {
        HtKey match = all ? 0 : people.match;
        g_autoptr(GPtrArray) history =
            ht_cache_history(people.reader, people.candidate, match, &error);
        g_assert_cmpuint(history->len, ==, 5); /* applied, two decisions, interview, note */
        g_autoptr(GPtrArray) interviews =
            ht_cache_interviews(people.reader, people.candidate, match, &error);
        g_assert_cmpuint(interviews->len, ==, 1);
        g_autoptr(GPtrArray) feedback =
            ht_cache_feedback(people.reader, people.candidate, match, &error);
        g_assert_cmpuint(feedback->len, ==, 1);
    }
    HtKey other = fixture_key(people.reader, "J1"); /* no application of this person */
    g_autoptr(GPtrArray) none = ht_cache_interviews(people.reader, people.candidate, other, &error);
    g_assert_cmpuint(none->len, ==, 0);
    g_autoptr(HtKeyArray) matches =
        ht_cache_candidate_matches(people.reader, people.candidate, &error);
    g_assert_cmpuint(matches->n, ==, 1);
    g_assert_true(ht_cache_settle(people.fixture.cache, &error));
    g_assert_true(ht_reader_is_settled(people.reader));
    g_assert_false(ht_cache_explanations_come(people.reader));
    g_autoptr(HtExplanation) why = ht_cache_explanation(people.reader, people.match, &error);
    g_assert_cmpstr(why->text, ==, "Good.");
    ht_cache_apply(people.fixture.cache, set_wide_left,
                   (gpointer)(guintptr) "{\"match_explanations\":\"3\"}", &error);
    g_assert_true(ht_cache_explanations_come(people.reader));
    ht_cache_apply(people.fixture.cache, set_wide_left, (gpointer)(guintptr) "{\"resumes\":\"3\"}",
                   &error);
    g_assert_no_error(error);
    g_assert_false(ht_cache_explanations_come(people.reader));
    people_close(&people);
}

static guint hits(People *people, const char *words, unsigned scopes)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) list = ht_cache_search(people->reader, words, scopes, 10, &error);
    g_assert_no_error(error);
    return list->len;
}

static void test_search(void)
{
    People people;
    people_open(&people);
    const unsigned all = HT_SEARCH_PEOPLE | HT_SEARCH_TEXTS;
    g_assert_cmpuint(hits(&people, "lucja", HT_SEARCH_PEOPLE), ==, 1);
    g_assert_cmpuint(hits(&people, "ŁUC dang", HT_SEARCH_PEOPLE), ==, 1);
    g_assert_cmpuint(hits(&people, "pytho", HT_SEARCH_PEOPLE), ==, 1);
    g_assert_cmpuint(hits(&people, "waiter inn", HT_SEARCH_PEOPLE), ==, 1);
    g_assert_cmpuint(hits(&people, "\"kubernetes operator\"", all), ==, 1);
    g_assert_cmpuint(hits(&people, "\"operator kubernetes\"", all), ==, 0);
    g_assert_cmpuint(hits(&people, "sourdough", all), ==, 1);
    g_assert_cmpuint(hits(&people, "croiss", all), ==, 1);
    static const char *const odd[] = {"",       "\"",        "AND OR NOT", "a* (b",
                                      "-x:y^2", "NEAR(a b)", "\xff\xfe",   "''; DROP TABLE people",
                                      "\"\"",   "{}"};
    for (gsize i = 0; i < G_N_ELEMENTS(odd); i++)
        g_assert_cmpuint(hits(&people, odd[i], all), <, 5); /* no syntax error */
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) list =
        ht_cache_search(people.reader, "operator", HT_SEARCH_TEXTS, 5, &error);
    const HtSearchHit *hit = list->pdata[0];
    g_assert_cmpstr(hit->kind, ==, "resume");
    g_assert_cmpint(hit->candidate, ==, people.candidate);
    g_assert_cmpuint(hit->ranges->len, ==, 1);
    const HtSearchRange *range = &g_array_index(hit->ranges, HtSearchRange, 0);
    g_assert_cmpint(strncmp(hit->snippet + range->start, "operator", 8), ==, 0);
    g_assert_cmpint(ht_cache_candidate_find(people.reader, "person1@example.com", &error), ==,
                    people.candidate);
    g_assert_cmpint(ht_cache_candidate_find(people.reader, "łucja đặng", &error), ==,
                    people.candidate);
    g_assert_no_error(error);
    people_close(&people);
}

static void put_namesakes(HtApply *apply, gpointer data)
{
    (void)data;
    for (int i = 2; i <= 9; i++)
        put_match(apply, i, 1, 11, 5000, "Ana", i < 4 ? "Twice" : "Often");
}

/* Who has to choose is told between whom: up to five addresses. */
static void test_namesakes(void)
{
    People people;
    people_open(&people);
    fixture_apply(&people.fixture, put_namesakes, NULL);
    while (ht_cache_index_percent(people.reader) < 100)
        g_usleep(500);
    GError *error = NULL;
    g_assert_cmpint(ht_cache_candidate_find(people.reader, "ana twice", &error), ==, 0);
    g_assert_error(error, HT_CACHE_ERROR, HT_CACHE_ERROR_NOT_FOUND);
    g_assert_nonnull(strstr(error->message, "person2@example.com"));
    g_assert_nonnull(strstr(error->message, "person3@example.com"));
    g_assert_null(strstr(error->message, "person4@"));
    g_clear_error(&error);
    g_assert_cmpint(ht_cache_candidate_find(people.reader, "Ana Often", &error), ==, 0);
    g_auto(GStrv) parts = g_strsplit(error->message, "@", -1);
    g_assert_cmpuint(g_strv_length(parts), ==, 6);
    g_assert_true(g_str_has_suffix(error->message, " \xE2\x80\xA6"));
    g_clear_error(&error);
    HtKey job = fixture_key(people.reader, "J1");
    g_assert_cmpint(ht_cache_match_find(people.reader, job, "ana twice", &error), ==, 0);
    g_assert_nonnull(strstr(error->message, "person3@example.com"));
    g_clear_error(&error);
    people_close(&people);
}

static void put_nameless(HtApply *apply, gpointer data)
{
    (void)data;
    put_namesakes(apply, NULL);
    for (int i = 2; i <= 3; i++) {
        g_autofree char *id = g_strdup_printf("C%d", i);
        put_row(apply, HT_APPLY_UPSERT, "candidates", "id", id, "email", "\\N", NULL);
    }
}

/* Where no address can be read, as an interviewer reads none, ids tell them apart; each of those is
 * a name for one. */
static void test_namesakes_by_id(void)
{
    static const char second[] = "43000000000040008000000000000002",
                      third[] = "43000000000040008000000000000003",
                      application[] = "4d000000000040008000000000000003";
    People people;
    people_open(&people);
    fixture_apply(&people.fixture, put_nameless, NULL);
    while (ht_cache_index_percent(people.reader) < 100)
        g_usleep(500);
    g_autoptr(GError) error = NULL;
    static const char *const texts[] = {"ana twice", "43000000-00004000-8"};
    for (gsize i = 0; i < G_N_ELEMENTS(texts); i++) {
        g_assert_cmpint(ht_cache_candidate_find(people.reader, texts[i], &error), ==, 0);
        g_assert_error(error, HT_CACHE_ERROR, HT_CACHE_ERROR_NOT_FOUND);
        g_assert_nonnull(strstr(error->message, second));
        g_assert_nonnull(strstr(error->message, third));
        g_clear_error(&error);
    }
    HtKey job = fixture_key(people.reader, "J1");
    g_assert_cmpint(ht_cache_match_find(people.reader, job, "ana twice", &error), ==, 0);
    g_assert_nonnull(strstr(error->message, application));
    g_clear_error(&error);
    g_assert_cmpint(ht_cache_candidate_find(people.reader, third, &error), ==,
                    fixture_key(people.reader, "C3"));
    g_assert_cmpint(ht_cache_match_find(people.reader, 0, application, &error), ==,
                    fixture_key(people.reader, "M3"));
    /* With a job the person's id means the application as well. */
    g_assert_cmpint(ht_cache_match_find(people.reader, job, third, &error), ==,
                    fixture_key(people.reader, "M3"));
    g_assert_no_error(error);
    /* Too short to tell anybody, and said so; letters alone are a name. */
    static const char *const shorts[] = {"4d00", "4d0000"}, *const names[] = {"abba", "nobody"};
    for (gsize i = 0; i < G_N_ELEMENTS(shorts); i++) {
        g_assert_cmpint(ht_cache_match_find(people.reader, job, shorts[i], &error), ==, 0);
        g_assert_nonnull(strstr(error->message, "first 8 digits"));
        g_clear_error(&error);
        g_assert_cmpint(ht_cache_candidate_find(people.reader, shorts[i], &error), ==, 0);
        g_assert_nonnull(strstr(error->message, "first 8 digits"));
        g_clear_error(&error);
        g_assert_cmpint(ht_cache_match_find(people.reader, job, names[i], &error), ==, 0);
        g_assert_nonnull(strstr(error->message, "nobody of that name"));
        g_clear_error(&error);
    }
    g_assert_no_error(error);
    people_close(&people);
}

/* C1 and C2 share the digits that stand for a name, and so does C3, who is reviewed by name: not
 * so D9, though C4 is called like it. */
static void put_blind(HtApply *apply, gpointer data)
{
    (void)data;
    put_job(apply, 2, "Cook");
    put_match(apply, 2, 1, 11, 5000, "Ana", "Twice");
    put_match(apply, 3, 2, 21, 5000, "Ana", "Seen");
    put_match(apply, 4, 2, 21, 5000, "Applicant", "440000");
    put_row(apply, HT_APPLY_UPSERT, "job_stages", "id", "S11", "is_blind", "1", NULL);
    put_row(apply, HT_APPLY_UPSERT, "job_stages", "id", "S14", "is_blind", "1", NULL);
    put_row(apply, HT_APPLY_UPSERT, "candidates", "id", "D9", "first_name", "Dora", NULL);
    put_row(apply, HT_APPLY_UPSERT, "candidate_job_matches", "id", "M9", "candidate_id", "D9",
            "job_id", "J1", "stage_id", "S11", NULL);
}

/* The name that is shown for one is one: for who is shown so, and nobody else. */
static void test_blind_names(void)
{
    People people;
    people_open(&people);
    fixture_apply(&people.fixture, put_blind, NULL);
    while (ht_cache_index_percent(people.reader) < 100)
        g_usleep(500);
    g_autoptr(GError) error = NULL;
    HtKey job = fixture_key(people.reader, "J1"), other = fixture_key(people.reader, "J2");
    HtKey dora = fixture_key(people.reader, "D9");
    static const char *const names[] = {"Applicant 440000", " applicant  44000000 ",
                                        "Applicant 44000000-0000-4000-8000-000000000009"};
    for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
        g_assert_cmpint(ht_cache_candidate_find(people.reader, names[i], &error), ==, dora);
        g_assert_cmpint(ht_cache_match_find(people.reader, job, names[i], &error), ==,
                        fixture_key(people.reader, "M9"));
        g_assert_no_error(error);
    }
    /* Elsewhere it is a name like others. */
    g_assert_cmpint(ht_cache_match_find(people.reader, other, "Applicant 440000", &error), ==,
                    fixture_key(people.reader, "M4"));
    g_assert_no_error(error);
    /* Several: between whom. Those who are reviewed by name are none of them. */
    static const char first[] = "43000000000040008000000000000001",
                      second[] = "43000000000040008000000000000002";
    for (int by_job = 0; by_job < 2; by_job++) {
        HtKey found = by_job ? ht_cache_match_find(people.reader, job, "Applicant 430000", &error)
                             : ht_cache_candidate_find(people.reader, "Applicant 430000", &error);
        g_assert_cmpint(found, ==, 0);
        g_assert_error(error, HT_CACHE_ERROR, HT_CACHE_ERROR_NOT_FOUND);
        g_assert_nonnull(strstr(error->message, "several are shown by this name"));
        g_assert_nonnull(strstr(error->message, first));
        g_assert_nonnull(strstr(error->message, second));
        g_assert_null(strstr(error->message, "0000000003"));
        g_assert_null(strstr(error->message, "@"));
        g_clear_error(&error);
    }
    static const char *const nobody[] = {"Applicant 43000000000040008000000000000003",
                                         "Applicant aaaaaa"};
    for (gsize i = 0; i < G_N_ELEMENTS(nobody); i++) {
        g_assert_cmpint(ht_cache_candidate_find(people.reader, nobody[i], &error), ==, 0);
        g_assert_cmpstr(error->message, ==, "nobody is shown by this name");
        g_clear_error(&error);
        g_assert_cmpint(ht_cache_match_find(people.reader, other, nobody[i], &error), ==, 0);
        g_assert_cmpstr(error->message, ==, "nobody is shown by this name");
        g_clear_error(&error);
    }
    g_assert_cmpint(ht_cache_candidate_find(people.reader, "Applicant 44000", &error), ==, 0);
    g_assert_nonnull(strstr(error->message, "whole name"));
    people_close(&people);
}

static void change_texts(HtApply *apply, gpointer data)
{
    (void)data;
    put_row(apply, HT_APPLY_UPSERT, "candidate_notes", "id", "n1", "body", "likes baguettes", NULL);
    put_row(apply, HT_APPLY_UPSERT, "candidates", "id", "C1", "first_name", "Lucy", NULL);
}

static void test_reindex(void)
{
    People people;
    people_open(&people);
    fixture_apply(&people.fixture, change_texts, NULL);
    while (ht_cache_index_percent(people.reader) < 100)
        g_usleep(500);
    const unsigned all = HT_SEARCH_PEOPLE | HT_SEARCH_TEXTS;
    g_assert_cmpuint(hits(&people, "croissants", all), ==, 0);
    g_assert_cmpuint(hits(&people, "baguettes", all), ==, 1);
    g_assert_cmpuint(hits(&people, "lucja", all), ==, 0);
    g_assert_cmpuint(hits(&people, "lucy", all), ==, 1);
    g_autoptr(GError) error = NULL;
    g_assert_true(ht_cache_verify(people.fixture.cache, &error));
    people_close(&people);
}

/* Who has no workstation that is idle now and then searches, too: all that waits, step by step. */
static void test_index_now(void)
{
    People people = {0};
    g_autoptr(GError) error = NULL;
    fixture_open(&people.fixture);
    fixture_apply(&people.fixture, put_person, NULL);
    people.reader = ht_reader_new(people.fixture.cache, "test", &error);
    g_assert_no_error(error);
    for (bool more = true; more;) {
        ht_cache_index_some(people.fixture.cache, &more, &error);
        g_assert_no_error(error);
    }
    g_assert_cmpint(ht_cache_search_left(people.reader), ==, 0);
    g_assert_cmpuint(hits(&people, "croissants", HT_SEARCH_TEXTS), ==, 1);
    people_close(&people);
}

static void test_person(void)
{
    People people;
    people_open(&people);
    g_autoptr(GError) error = NULL;
    g_autoptr(HtCandidate) person = ht_cache_candidate(people.reader, people.candidate, &error);
    g_assert_no_error(error);
    g_assert_cmpstr(person->name, ==, "Łucja Đặng");
    g_assert_cmpstr(person->last_title, ==, "Waiter");
    g_assert_cmpstr(person->last_company, ==, "Old Inn");
    g_assert_cmpstr(person->skills, ==, "|python|c|polish|");
    g_autoptr(HtResume) resume = ht_cache_resume(people.reader, people.candidate, &error);
    g_assert_true(resume->is_loaded && resume->is_current);
    g_assert_cmpuint(resume->experience->len, ==, 2);
    g_autoptr(HtExplanation) why = ht_cache_explanation(people.reader, people.match, &error);
    g_assert_cmpuint(why->factors->len, ==, 1);
    g_assert_cmpstr(why->recommendation, ==, "shortlist");
    g_autoptr(HtFilter) filter = ht_filter_parse("skill:python tag:x|y", NULL, &error);
    g_assert_false(ht_cache_match_passes(people.reader, people.match, filter, 0));
    g_assert_null(ht_cache_candidate(people.reader, 999999, &error));
    g_assert_error(error, HT_CACHE_ERROR, HT_CACHE_ERROR_NOT_FOUND);
    people_close(&people);
}

enum { MANY_TAGS = 2000 };

static void put_many_tags(HtApply *apply, gpointer data)
{
    (void)data;
    for (int i = 0; i < MANY_TAGS; i++) {
        g_autofree char *id = g_strdup_printf("g%d", 1000 + i);
        g_autofree char *tag = g_strdup_printf("tag%d", 1000 + i);
        put_row(apply, HT_APPLY_UPSERT, "candidate_tags", "id", id, "candidate_id", "C1", "tag",
                tag, NULL);
    }
}

static guint count_parts(const char *text, const char *between)
{
    g_auto(GStrv) parts = g_strsplit(text, between, -1);
    return g_strv_length(parts);
}

/* Somebody with thousands of tags costs a list and a change no more than others: both have the
 * first of them. The person's page, and who filters by a tag, has all. */
static void test_many_tags(void)
{
    People people;
    people_open(&people);
    fixture_apply(&people.fixture, put_many_tags, NULL);
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) tags = ht_cache_tags(people.reader, people.candidate, &error);
    g_assert_cmpuint(tags->len, >=, MANY_TAGS);
    HtMatchRow *row = ht_cache_match(people.reader, people.match, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(count_parts(row->tags, ", "), ==, 100);
    ht_match_rows_free(row, 1);
    {
        g_auto(HtStmtUse)
            use = {ht_db_stmt_text(ht_reader_db(people.reader), "SELECT tags FROM people", &error)};
        g_assert_no_error(error);
        g_assert_cmpint(ht_stmt_step(use.stmt, &error), ==, HT_STEP_ROW);
        g_assert_cmpuint(count_parts(ht_stmt_text(use.stmt, 0), " "), <, 1000);
    }
    g_autofree char *last = g_strdup_printf("tag:tag%d", 1000 + MANY_TAGS - 1);
    g_autoptr(HtFilter) filter = ht_filter_parse(last, NULL, &error);
    g_assert_true(ht_cache_match_passes(people.reader, people.match, filter, 0));
    people_close(&people);
}

static void test_history(void)
{
    People people;
    people_open(&people);
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) history =
        ht_cache_history(people.reader, people.candidate, people.match, &error);
    g_assert_no_error(error);
    guint kinds[HT_HISTORY_PENDING + 1] = {0};
    int64_t last = G_MAXINT64;
    for (guint i = 0; i < history->len; i++) {
        const HtHistoryItem *item = history->pdata[i];
        g_assert_cmpint(item->at, <=, last);
        last = item->at;
        kinds[item->kind]++;
    }
    g_assert_cmpuint(kinds[HT_HISTORY_APPLIED], ==, 1);
    g_assert_cmpuint(kinds[HT_HISTORY_DECISION], ==, 2);
    g_assert_cmpuint(kinds[HT_HISTORY_INTERVIEW], ==, 1);
    g_assert_cmpuint(kinds[HT_HISTORY_NOTE], ==, 1);
    /* The last decision is the one no other builds on, whatever the clocks said. */
    HtMatchRow *row = ht_cache_match(people.reader, people.match, &error);
    g_assert_cmpint(row->last_decision, ==, HT_DECISION_ADVANCE);
    ht_match_rows_free(row, 1);
    people_close(&people);
}

/* I am U1; U2 decides on top of it. */
static void put_me(HtApply *apply, gpointer data)
{
    (void)data;
    put_row(apply, HT_APPLY_UPSERT, "users", "id", "U2", "first_name", "Marcus", "last_name",
            "Adeyemi", NULL);
    put_row(apply, HT_APPLY_UPSERT, "hiring_decisions", "id", "d3", "match_id", "M1", "decision",
            "reject", "from_stage_id", "S14", "to_stage_id", "S17", "base_decision_id", "d2",
            "decided_by", "U2", "actor_kind", "user", "decided_at", "1100", NULL);
    ht_apply_meta_set(apply, "me", "{\"user\":{\"id\":\"55000000-0000-4000-8000-000000000001\"}}",
                      NULL);
}

/* What I did stays mine after it was sent. */
static void test_history_by_me(void)
{
    People people;
    people_open(&people);
    g_autoptr(GError) error = NULL;
    fixture_apply(&people.fixture, put_me, NULL);
    g_assert_true(ht_reader_refresh(people.reader, NULL, &error));
    g_autoptr(GPtrArray) history =
        ht_cache_history(people.reader, people.candidate, people.match, &error);
    g_assert_no_error(error);
    guint mine = 0, others = 0;
    for (guint i = 0; i < history->len; i++) {
        const HtHistoryItem *item = history->pdata[i];
        mine += g_strcmp0(item->actor, "you") == 0;
        others += g_strcmp0(item->actor, "Marcus Adeyemi") == 0;
    }
    g_assert_cmpuint(mine, ==, 3); /* two decisions and the note */
    g_assert_cmpuint(others, ==, 1);
    people_close(&people);
}

/* Four decisions of one moment, each based on another, and not come in that order. */
static void put_moment(HtApply *apply, gpointer data)
{
    (void)data;
    static const char *const rows[][5] = {
        {"d13", "d14", "reject", "S12", "S17"},
        {"d11", "d12", "advance", "S11", "S14"},
        {"d14", "d2", "advance", "S11", "S12"},
        {"d12", "d13", "reopen", "S17", "S11"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        put_row(apply, HT_APPLY_UPSERT, "hiring_decisions", "id", rows[i][0], "match_id", "M1",
                "decision", rows[i][2], "from_stage_id", rows[i][3], "to_stage_id", rows[i][4],
                "base_decision_id", rows[i][1], "decided_by", "U1", "actor_kind", "user",
                "decided_at", "7000", NULL);
    }
}

static void test_history_of_one_moment(void)
{
    static const char *const newest_first[] = {"d11", "d12", "d13", "d14"};
    People people;
    people_open(&people);
    fixture_apply(&people.fixture, put_moment, NULL);
    g_autoptr(GError) error = NULL;
    g_assert_true(ht_reader_refresh(people.reader, NULL, &error));
    g_autoptr(GPtrArray) history =
        ht_cache_history(people.reader, people.candidate, people.match, &error);
    g_assert_no_error(error);
    for (guint i = 0, n = 0; n < G_N_ELEMENTS(newest_first); i++) {
        g_assert_cmpuint(i, <, history->len);
        const HtHistoryItem *item = history->pdata[i];
        if (item->kind != HT_HISTORY_DECISION)
            continue;
        HtUuid id = test_id('d', (int)g_ascii_strtoll(newest_first[n++] + 1, NULL, 10));
        g_assert_true(ht_uuid_equal(&item->decision_id, &id));
    }
    people_close(&people);
}

static void test_interviews(void)
{
    People people;
    people_open(&people);
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) agenda = ht_cache_agenda(people.reader, 0, 10000, false, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(agenda->len, ==, 1);
    const HtInterview *interview = agenda->pdata[0];
    g_assert_cmpuint(interview->panel->len, ==, 1);
    g_assert_cmpstr(((HtPanelMember *)interview->panel->pdata[0])->name, ==, "Ana Rec");
    g_assert_true(((HtPanelMember *)interview->panel->pdata[0])->feedback_given);
    g_autoptr(GPtrArray) none = ht_cache_agenda(people.reader, 5001, 10000, false, &error);
    g_assert_cmpuint(none->len, ==, 0);
    g_autoptr(GPtrArray) feedback =
        ht_cache_feedback(people.reader, people.candidate, people.match, &error);
    g_assert_cmpuint(feedback->len, ==, 1);
    g_assert_cmpstr(((HtFeedback *)feedback->pdata[0])->red_flags[0], ==, "late");
    g_autoptr(GPtrArray) recent = ht_cache_feedback_recent(people.reader, 5, &error);
    g_assert_cmpuint(recent->len, ==, 1);
    g_autoptr(GPtrArray) talks =
        ht_cache_transcripts(people.reader, people.candidate, people.match, &error);
    g_assert_cmpuint(talks->len, ==, 1);
    g_autoptr(HtTranscript) talk =
        ht_cache_transcript(people.reader, ((HtTranscript *)talks->pdata[0])->key, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(talk->turns->len, ==, 1);
    g_assert_cmpstr(talk->summary, ==, "fine");
    people_close(&people);
}

static bool check_row(const HtScanValue *values, gpointer data)
{
    int *n = data;
    (*n)++;
    g_assert_cmpstr(values[0].text, ==, "4d000000-0000-4000-8000-000000000001");
    g_assert_cmpstr(values[1].text, ==, "4a000000-0000-4000-8000-000000000001");
    g_assert_cmpstr(values[2].text, ==, "8000");
    g_assert_cmpuint(values[2].len, ==, 4);
    g_assert_null(values[3].text);
    return true;
}

static void test_scan(void)
{
    People people;
    people_open(&people);
    g_autoptr(GError) error = NULL;
    const HtSyncTable *table = ht_sync_table_by_name("candidate_job_matches");
    int columns[] = {0, ht_sync_table_column(table, "job_id"), ht_sync_table_column(table, "score"),
                     ht_sync_table_column(table, "held_until")};
    int n = 0;
    g_assert_true(ht_cache_scan(people.reader, table, columns, 4, check_row, &n, &error));
    g_assert_cmpint(n, ==, 1);
    int all;
    const HtSyncTable *tables = ht_sync_tables(&all);
    g_assert_cmpint(all, ==, 33);
    g_assert_false(tables[32].has_id);
    g_assert_true(tables[32].is_reload_only);
    people_close(&people);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/cache/search/words", test_search);
    g_test_add_func("/cache/search/reindex", test_reindex);
    g_test_add_func("/cache/search/index_now", test_index_now);
    g_test_add_func("/cache/person/namesakes", test_namesakes);
    g_test_add_func("/cache/person/namesakes_by_id", test_namesakes_by_id);
    g_test_add_func("/cache/person/blind_names", test_blind_names);
    g_test_add_func("/cache/person/whole", test_person);
    g_test_add_func("/cache/person/many_tags", test_many_tags);
    g_test_add_func("/cache/person/history", test_history);
    g_test_add_func("/cache/person/history_by_me", test_history_by_me);
    g_test_add_func("/cache/person/history_of_one_moment", test_history_of_one_moment);
    g_test_add_func("/cache/person/before_settled", test_before_settled);
    g_test_add_func("/cache/person/interviews", test_interviews);
    g_test_add_func("/cache/scan/canonical", test_scan);
    return g_test_run();
}
