/* Blind review: one answer for everybody who asks, and texts without the name. */
#include "../cache/fixture.h"
#include "hiretty/base/clock.h"
#include "hiretty/view/views.h"

#include <string.h>

typedef struct {
    Fixture cache;
    HtReader *reader;
} Desk;

/* Job 2's first stage is reviewed blind; M20 of job 1 and M21 of job 2 are two people, C22 has
 * applied to both. */
static void fill(HtApply *apply, gpointer data)
{
    (void)data;
    put_row(apply, HT_APPLY_UPSERT, "job_stages", "id", "S21", "job_id", "J2", "name", "Applied",
            "position", "0", "stage_type", "applied", "is_terminal", "0", "is_blind", "1", NULL);
    put_row(apply, HT_APPLY_UPSERT, "candidates", "id", "C21", "first_name", "Ana Li", "last_name",
            "Łódzka-Wu", "email", "ana@wu.example", "phone", "+49 30 555", NULL);
    put_row(apply, HT_APPLY_UPSERT, "candidates", "id", "C23", "first_name", "李", "last_name",
            "明", NULL);
    put_row(apply, HT_APPLY_UPSERT, "candidate_job_matches", "id", "M99", "candidate_id", "C22",
            "job_id", "J1", "stage_id", "S11", "applied_at", "9999999", "row_version", "1", NULL);
}

static void desk_open(Desk *desk)
{
    fixture_open(&desk->cache);
    fixture_fill(&desk->cache);
    fixture_apply(&desk->cache, fill, NULL);
    desk->reader = ht_reader_new(desk->cache.cache, "test", NULL);
    g_assert_nonnull(desk->reader);
}

static void desk_close(Desk *desk)
{
    ht_reader_free(desk->reader);
    fixture_close(&desk->cache);
}

static void check_who(Desk *desk, const char *match, const char *candidate, bool hides,
                      const char *name)
{
    HtKey m = match ? fixture_key(desk->reader, match) : 0;
    HtKey c = candidate ? fixture_key(desk->reader, candidate) : 0;
    g_autofree char *who = ht_blind_who(desk->reader, m, c, false);
    g_assert_cmpstr(who, ==, name);
    g_assert_cmpint(ht_blind_hides(desk->reader, m, c), ==, hides);
}

static void check_title(const HtViewParts *parts, const char *name,
                        void (*write)(HtDoc *, const HtViewParts *, HtKey, bool, int),
                        const char *of)
{
    g_autoptr(HtDoc) doc = ht_doc_new();
    write(doc, parts, fixture_key(parts->reader, of), true, 60);
    for (int i = 0; i < ht_doc_lines(doc); i++) {
        g_autofree char *line = ht_doc_line_text(doc, i);
        if (*line) {
            g_assert_cmpstr(line, ==, name);
            return;
        }
    }
    g_assert_not_reached();
}

static void test_who(void)
{
    Desk desk;
    desk_open(&desk);
    {
        g_autofree char *sign = ht_blind_name(desk.reader, fixture_key(desk.reader, "C22"));
        char text[HT_UUID_TEXT];
        HtUuid id = test_id('C', 22);
        g_assert_true(g_str_has_prefix(sign, "Applicant "));
        g_assert_true(g_str_has_prefix(ht_uuid_format(&id, text), sign + strlen("Applicant ")));
        check_who(&desk, "M1", "C1", false, "Zoë Last01");
        check_who(&desk, "M22", "C22", true, sign);
        /* The application that is spoken of decides; where none is, any of them. */
        check_who(&desk, "M99", "C22", false, "Zoë Last22");
        check_who(&desk, NULL, "C22", true, sign);
        check_who(&desk, NULL, "C1", false, "Zoë Last01");
        g_autofree char *nobody = ht_blind_who(desk.reader, 987654, 987654, false);
        g_assert_cmpstr(nobody, ==, "");
        /* One person, one name: in a list, in what is read of an application, and of the person. */
        HtViewParts parts = {.reader = desk.reader};
        check_title(&parts, sign, ht_doc_evidence, "M22");
        check_title(&parts, sign, ht_doc_candidate, "C22");
    }
    desk_close(&desk);
}

static void test_mask(void)
{
    static const struct {
        const char *text, *masked;
    } rows[] = {
        {"Hello ANA, how are you?", "Hello [name], how are you?"},
        {"lodzka's talk", "[name]'s talk"},
        {"Banana and Anastasia stay", "Banana and Anastasia stay"},
        {"Li said: li is a word, wu too", "[name] said: li is a word, wu too"},
        {"Wu", "[name]"},
        {"write to ana@wu.example, or (other@x.org)", "write to [contact], or ([contact])"},
        {"call +49 30 555 now", "call [contact] now"},
        {"a @ b, @home", "a @ b, @home"},
        {"", ""},
        {"Ana\xff", "[name]\xEF\xBF\xBD"},
    };
    Desk desk;
    desk_open(&desk);
    {
        g_autoptr(HtMask) mask = ht_mask_new(desk.reader, fixture_key(desk.reader, "C21"));
        for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
            g_autofree char *masked = ht_mask_text(mask, rows[i].text);
            g_autofree char *again = ht_mask_text(mask, masked);
            g_assert_cmpstr(masked, ==, rows[i].masked);
            g_assert_cmpstr(again, ==, masked);
        }
        g_autoptr(HtMask) wide = ht_mask_new(desk.reader, fixture_key(desk.reader, "C23"));
        g_autofree char *masked = ht_mask_text(wide, "我叫李明。");
        g_assert_cmpstr(masked, ==, "我叫[name][name]。");
        g_assert_null(ht_mask_text(wide, NULL));
        g_autofree char *open = ht_mask_text(NULL, "Ana");
        g_assert_cmpstr(open, ==, "Ana");
        /* Who cannot be read has no name that could be looked for. */
        g_autoptr(HtMask) gone = ht_mask_new(desk.reader, 987654);
        g_autofree char *nothing = ht_mask_text(gone, "Ana");
        g_assert_cmpstr(nothing, ==, "[name]");
    }
    desk_close(&desk);
}

static void check_snippet(Desk *desk, const char *candidate, const char *kind, const char *wanted)
{
    char text[] = "Ana lodzka was here";
    HtSearchHit hit = {
        .candidate = fixture_key(desk->reader, candidate), .kind = kind, .snippet = text};
    g_autofree char *snippet = ht_blind_snippet(desk->reader, &hit, false);
    g_assert_cmpstr(snippet, ==, wanted);
}

static void test_snippet(void)
{
    Desk desk;
    desk_open(&desk);
    {
        check_snippet(&desk, "C21", "note", "[name] [name] was here");
        check_snippet(&desk, "C21", "screening", "[name] [name] was here");
        check_snippet(&desk, "C21", "resume", "(reviewed blind)");
        check_snippet(&desk, "C1", "resume", "Ana lodzka was here");
        HtKey match = fixture_key(desk.reader, "M21"), open = fixture_key(desk.reader, "M99");
        g_autofree char *words = ht_blind_words(desk.reader, match, 0, "Ana is good", false);
        g_assert_cmpstr(words, ==, "[name] is good");
        g_autofree char *shown = ht_blind_words(desk.reader, open, 0, "Zoë is good", false);
        g_assert_cmpstr(shown, ==, "Zoë is good");
        g_assert_null(ht_blind_words(desk.reader, match, 0, NULL, false));
        /* Whoever shows nobody's name hides it whatever the stage says. */
        g_autofree char *hidden = ht_blind_words(desk.reader, open, 0, "Zoë is good", true);
        g_assert_cmpstr(hidden, ==, "[name] is good");
        HtKey person = fixture_key(desk.reader, "C22");
        g_autofree char *of_person = ht_blind_words(desk.reader, 0, person, "Zoë Last22", false);
        g_assert_cmpstr(of_person, ==, "[name] [name]"); /* one of the applications is blind */
        g_autofree char *called = ht_blind_who(desk.reader, open, 0, true);
        g_autofree char *sign = ht_blind_name(desk.reader, person);
        g_assert_cmpstr(called, ==, sign);
    }
    desk_close(&desk);
}

/* Words of all kinds that name M3's person, whose stage is not blind. */
static void talk(HtApply *apply, gpointer data)
{
    (void)data;
    put_row(apply, HT_APPLY_UPSERT, "candidates", "id", "C3", "first_name", "Zoraida", "last_name",
            "Quill", NULL);
    put_row(apply, HT_APPLY_UPSERT, "candidate_notes", "id", "n3", "candidate_id", "C3", "match_id",
            "M3", "body", "Quill noted", "created_at", "5000", "visibility", "team", NULL);
    put_row(apply, HT_APPLY_UPSERT, "interviews", "id", "i3", "match_id", "M3", "interview_type",
            "technical", "scheduled_at", "9000", "duration_minutes", "45", "status", "completed",
            "notes", "Quill met", NULL);
    put_row(apply, HT_APPLY_UPSERT, "interview_feedback", "id", "f3", "interview_id", "i3",
            "recommendation", "hire", "notes", "Quill rated", "submitted_at", "9500", NULL);
}

/* `b` on a person's page hides the name on every tab, whatever the stage says. */
static void test_tabs(void)
{
    Desk desk;
    desk_open(&desk);
    fixture_apply(&desk.cache, talk, NULL);
    g_assert_true(ht_reader_refresh(desk.reader, NULL, NULL));
    {
        HtViewParts parts = {.reader = desk.reader};
        HtKey match = fixture_key(desk.reader, "M3"), candidate = fixture_key(desk.reader, "C3");
        g_autoptr(HtView) view = ht_view_new_candidate(&parts, candidate, match, NULL);
        int named = 0;
        for (int blind = 0; blind < 2; blind++) {
            ht_view_set_blind(view, blind);
            for (int i = 0; i < HT_CANDIDATE_TABS; i++) {
                g_assert_true(ht_view_set_tab(view, i));
                g_autofree char *text = ht_doc_dup_text(ht_view_doc(view, 80));
                bool shown = strstr(text, "Quill") || strstr(text, "Zoraida");
                named += shown;
                g_test_message("tab %d, blind %d: %s", i, blind, text);
                g_assert_false(blind && shown);
            }
        }
        g_assert_cmpint(named, >=, 6); /* summary, why, interviews, feedback, notes, history */
    }
    desk_close(&desk);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/view/blind/who", test_who);
    g_test_add_func("/view/blind/mask", test_mask);
    g_test_add_func("/view/blind/snippet", test_snippet);
    g_test_add_func("/view/blind/tabs", test_tabs);
    return g_test_run();
}
