/* The verbs about what has not left: outbox, conflicts, and those that put interviews and feedback
 * into it, on a desk without a server. */
#include "fixture.h"

#include "hiretty/base/json.h"
#include "hiretty/base/text.h"

#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>

/* `line`: the words after "hiretty", as in a shell. */
static void run(const Desk *desk, const char *line, int status, Run *out)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *whole = g_strdup_printf("%s --offline %s", g_getenv("HIRETTY_BIN"), line);
    g_auto(GStrv) argv = NULL;
    int code;
    g_shell_parse_argv(whole, NULL, &argv, &error);
    g_assert_no_error(error);
    g_spawn_sync(desk->folder, argv, desk->environment, G_SPAWN_DEFAULT, NULL, NULL, &out->out,
                 &out->err, &code, &error);
    g_assert_no_error(error);
    out->status = WIFEXITED(code) ? WEXITSTATUS(code) : -1;
    if (out->status != status)
        g_error("%s: %d, not %d: %s%s", line, out->status, status, out->out, out->err);
}

static void runs(const Desk *desk, const char *line, int status)
{
    Run out;
    run(desk, line, status, &out);
    run_clear(&out);
}

static HtJson *json_of(const Desk *desk, const char *line)
{
    Run out;
    g_autoptr(GError) error = NULL;
    run(desk, line, 0, &out);
    HtJson *json = ht_json_parse(out.out, -1, &error);
    g_assert_no_error(error);
    run_clear(&out);
    return json;
}

static void says(const Desk *desk, const char *line, int status, const char *out_text,
                 const char *err_text)
{
    Run out;
    run(desk, line, status, &out);
    if (!strstr(out.out, out_text) || !strstr(out.err, err_text))
        g_error("%s: %s| %s", line, out.out, out.err);
    run_clear(&out);
}

/* An empty list says so beside the data, and is no data. */
static void test_empty(void)
{
    Desk desk;
    Run out;
    desk_init(&desk, false);
    static const char *const verbs[] = {"outbox", "conflicts"};
    static const char *const words[] = {"Nothing waits: everything was sent.\n",
                                        "No conflicts: nobody decided otherwise.\n"};
    for (gsize i = 0; i < G_N_ELEMENTS(verbs); i++) {
        run(&desk, verbs[i], 0, &out);
        g_assert_cmpstr(out.out, ==, "");
        g_assert_cmpstr(out.err, ==, words[i]);
        run_clear(&out);
        g_autofree char *json = g_strconcat(verbs[i], " --json", NULL);
        g_autoptr(HtJson) list = json_of(&desk, json);
        g_assert_cmpint(ht_json_type(list), ==, HT_JSON_ARRAY);
        g_assert_cmpuint(ht_json_length(list), ==, 0);
        g_autofree char *plain = g_strconcat(verbs[i], " list --plain", NULL);
        run(&desk, plain, 0, &out);
        g_assert_cmpstr(out.out, ==, "");
        g_assert_cmpstr(out.err, ==, "");
        run_clear(&out);
    }
    desk_clear(&desk);
}

/* Mine against somebody's rejection goes out in one step, behind a reopening with its reason. */
static void test_mine(void)
{
    Desk desk;
    desk_init(&desk, false);
    desk_add_conflicts(&desk);
    g_autoptr(HtJson) list = json_of(&desk, "conflicts --json");
    g_assert_cmpuint(ht_json_length(list), ==, 2);
    const HtJson *first = ht_json_at(list, 0);
    g_assert_true(ht_json_get_bool(first, "needs_reason", false));
    g_assert_cmpstr(ht_json_get_string(first, "base", NULL), ==, "Applied");
    g_assert_cmpstr(ht_json_get_string(first, "theirs", NULL), ==, "rejected, now in Rejected");
    g_assert_cmpstr(ht_json_get_string(first, "by", NULL), ==, "Tom Lind");
    says(&desk, "conflicts resolve 1 mine", 2, "", "reopening it needs a reason (--reason CODE");
    says(&desk, "conflicts resolve 1 mine --reason nonsense", 2, "", "known: ");
    says(&desk, "conflicts resolve 1 mine --reason language", 0,
         "Yours goes out again, on what is there now.", "");
    g_autoptr(HtJson) outbox = json_of(&desk, "outbox --json");
    g_assert_cmpuint(ht_json_length(outbox), ==, 3);
    g_assert_true(
        g_str_has_prefix(ht_json_get_string(ht_json_at(outbox, 1), "label", ""), "Reopen"));
    g_assert_cmpstr(ht_json_get_string(ht_json_at(outbox, 2), "name", NULL), ==, "Amara Okafor");
    says(&desk, "conflicts resolve 1 mine", 1, "", "not in conflict");
    says(&desk, "conflicts resolve 2 theirs", 0, "Theirs stands.", "");
    /* What was given up stands no longer in the way of an earlier undo. */
    says(&desk, "undo", 0, "Undone: Shortlisted (Amara Okafor · Customer Support", "");
    says(&desk, "outbox", 0, "", "Nothing waits");
    desk_clear(&desk);
}

/* The editor gets a private file with what was mine; what it leaves goes out. */
static void test_edit(void)
{
    Desk desk;
    g_autoptr(GError) error = NULL;
    desk_init(&desk, false);
    desk_add_conflicts(&desk);
    g_autofree char *editor = g_build_filename(desk.folder, "editor", NULL);
    g_autofree char *seen = g_build_filename(desk.folder, "seen", NULL);
    g_autofree char *script = g_strdup_printf(
        "#!/bin/sh\nstat -c %%a \"$1\" > '%s'\ncat \"$1\" >> '%s'\nprintf 'Both of it.\\033[31m' > "
        "\"$1\"\n",
        seen, seen);
    g_assert_true(g_file_set_contents(editor, script, -1, &error));
    g_assert_cmpint(g_chmod(editor, 0700), ==, 0);
    desk.environment = g_environ_setenv(desk.environment, "EDITOR", editor, TRUE);
    desk.environment = g_environ_unsetenv(desk.environment, "VISUAL");
    says(&desk, "conflicts resolve 1 edit", 5, "", "there is no text in it to edit");
    says(&desk, "conflicts resolve 2 edit", 0, "Yours goes out again, on what is there now.", "");
    g_autofree char *text = NULL;
    g_assert_true(g_file_get_contents(seen, &text, NULL, &error));
    g_assert_cmpstr(text, ==, "600\nCalled back within the hour. Speaks clearly, also in German.");
    g_autofree char *file = g_build_filename(desk.folder, "export.json", NULL);
    g_autofree char *export = g_strdup_printf("outbox export '%s'", file);
    runs(&desk, export, 0);
    struct stat st;
    g_assert_cmpint(stat(file, &st), ==, 0);
    g_assert_cmpint(st.st_mode & 0777, ==, 0600);
    g_autofree char *written = NULL;
    g_assert_true(g_file_get_contents(file, &written, NULL, &error));
    g_autoptr(HtJson) list = ht_json_parse(written, -1, &error);
    g_assert_no_error(error);
    const HtJson *op = ht_json_get(ht_json_at(list, 1), "op");
    const char *body = ht_json_get_string(ht_json_get(op, "set"), "body", NULL);
    g_assert_nonnull(body);
    g_assert_true(g_str_has_prefix(body, "Both of it."));
    g_assert_null(strchr(body, 0x1b));
    g_assert_cmpstr(ht_json_get_string(ht_json_get(op, "base"), "body", NULL), ==,
                    "Called back within the hour. Wants to start in May, not in April.");
    /* Nothing is overwritten. */
    says(&desk, export, 1, "", "File exists");
    desk_clear(&desk);
}

static void test_value_and_drop(void)
{
    Desk desk;
    desk_init(&desk, false);
    desk_add_conflicts(&desk);
    runs(&desk, "conflicts resolve 2 edit --value ''", 5);
    runs(&desk, "conflicts resolve 2 edit --value 'By script'", 0);
    g_autoptr(HtJson) list = json_of(&desk, "outbox export");
    const HtJson *op = ht_json_get(ht_json_at(list, 1), "op");
    g_assert_cmpstr(ht_json_get_string(ht_json_get(op, "set"), "body", NULL), ==, "By script");
    runs(&desk, "outbox drop 3", 0);
    runs(&desk, "outbox drop 1", 0);
    says(&desk, "outbox", 0, "", "Nothing waits");
    says(&desk, "outbox drop 1", 5, "", "not in the outbox any more");
    runs(&desk, "outbox drop", 2);
    desk_clear(&desk);
}

/* Interviews and feedback by verbs: shown at once as not sent, changed in one op, taken back after
 * another process. */
static void test_meeting(void)
{
    Desk desk;
    desk_init(&desk, false);
    says(
        &desk,
        "interviews add 'Amara Okafor' --job 'Customer Support' --at 'friday 14:00' --kind "
        "technical --panel 'ana, tom l, Ana Becker'",
        0,
        "Interview planned: Fri 20 Mar 2026 14:00 Europe/Berlin, panel Ana Becker, Tom Lind (Amara "
        "Okafor",
        "");
    says(&desk, "interviews --days 30 --plain", 0, "scheduled (not sent)", "");
    says(&desk, "interviews move 'Amara Okafor' --at '2026-03-23 9:30' --minutes 45", 0,
         "Interview changed: Mon 23 Mar 2026 09:30 Europe/Berlin (Amara Okafor", "");
    g_autoptr(HtJson) outbox = json_of(&desk, "outbox export");
    g_assert_cmpuint(ht_json_length(outbox), ==, 3); /* two of the panel, and one interview */
    const HtJson *op = ht_json_get(ht_json_at(outbox, 2), "op");
    g_assert_cmpstr(ht_json_get_string(op, "kind", NULL), ==, "insert");
    g_assert_cmpint(ht_json_get_int(ht_json_get(op, "set"), "duration_minutes", 0), ==, 45);
    g_assert_cmpstr(ht_json_get_string(ht_json_get(op, "set"), "timezone", NULL), ==,
                    "Europe/Berlin");
    says(&desk, "undo", 0, "Undone: Interview changed", "");
    says(&desk, "undo", 0, "Undone: Interview planned", "");
    says(&desk, "outbox", 0, "", "Nothing waits");
    /* Of this afternoon. */
    says(&desk, "feedback write '小龍 李' --rating 4", 5, "",
         "still to come: it is on Monday 16 March 2026, 14:00");
    says(&desk, "feedback write 'Sven Åkesson' --rating 4 --recommend hire --note 'Knows queues'",
         0, "Feedback kept as a draft", "");
    says(&desk, "feedback --plain", 0, "hire (not sent)", "");
    says(&desk, "feedback write 'Sven Åkesson' --rating 9", 5, "", "a rating is 1 to 5");
    says(&desk, "feedback write 'Sven Åkesson' --submit", 0, "Feedback submitted", "");
    g_autoptr(HtJson) sent = json_of(&desk, "outbox --json");
    g_assert_cmpuint(ht_json_length(sent), ==, 1);
    says(&desk, "feedback write 'Amara Okafor' --rating 3", 1, "", "you are on no panel");
    says(&desk,
         "interviews add 'Lukas Huber' --job 'Customer Support' --at 'friday 14:00' --kind "
         "technical --panel ana",
         5, "", "Lukas Huber is rejected: no interview is planned with who is out");
    says(&desk, "undo", 0, "Undone: Feedback submitted", "");
    says(&desk, "feedback --plain", 0, "draft", "");
    desk_clear(&desk);
}

/* What an unset variable of a shell leaves chooses nobody, and never everybody. */
static void test_blank(void)
{
    static const char *const lines[] = {
        "advance --job 'Customer Support' --where ''",
        "advance --job 'Customer Support' --where '  '",
        "reject --job 'Customer Support' --reason language --where ''",
        "hold --job 'Customer Support' --until 3d --where ' '",
        "matches --job 'Customer Support' --where ''",
    };
    static const char *const others[] = {
        "advance --job '' --where tag:x",
        "advance --job 'Customer Support' --to '' 'Amara Okafor'",
        "advance --job 'Customer Support' ''",
        "hold --job 'Customer Support' --until '' 'Amara Okafor'",
        "reject --job 'Customer Support' --reason ' ' 'Amara Okafor'",
        "note ' ' words",
        "interviews add 'Amara Okafor' --job '' --at 'friday 14:00' --kind technical",
        "interviews cancel ''",
    };
    Desk desk;
    desk_init(&desk, false);
    for (gsize i = 0; i < G_N_ELEMENTS(lines); i++)
        says(&desk, lines[i], 2, "", "the filter is empty");
    for (gsize i = 0; i < G_N_ELEMENTS(others); i++)
        says(&desk, others[i], 2, "", "is empty");
    says(&desk, "undo ''", 2, "", "is too much");
    says(&desk, "outbox", 0, "", "Nothing waits");
    desk_clear(&desk);
}

/* An interview that nobody can misread, with somebody on its panel, at a time that is free. It is
 * Monday, 9 o'clock. */
static void test_planning(void)
{
#define ADD "interviews add 'Amara Okafor' --job 'Customer Support' --kind technical "
    Desk desk;
    desk_init(&desk, false);
    says(&desk, ADD "--at 'tuesday 14:00'", 2, "", "--panel");
    says(&desk, ADD "--at 'tuesday 14:00' --panel ','", 2, "", "somebody has to be on the panel");
    says(&desk, ADD "--at 'tuesday 14:00' --panel ana --minutes 0", 2, "", "1 to 1440 minutes");
    says(&desk, ADD "--at 'tuesday 14:00' --panel 'ana, ana'", 0,
         "planned: Tue 17 Mar 2026 14:00 Europe/Berlin, panel Ana Becker (Amara", "");
    says(&desk, ADD "--at 'tuesday 14:30' --panel tom", 5, "",
         "another interview of this application is planned then: Tue 17 Mar 2026 14:00 "
         "Europe/Berlin, 60 minutes");
    says(&desk, ADD "--at 'tuesday 13:30' --panel tom --minutes 31", 5, "", "planned then");
    says(&desk, ADD "--at 'tuesday 15:00' --panel tom", 0, "Tue 17 Mar 2026 15:00", "");
    says(&desk, ADD "--at 'monday 14:30' --panel 'tom, ana'", 5, "",
         "Ana Becker has another interview then: Mon 16 Mar 2026 14:00 Europe/Berlin, 45 minutes "
         "(choose another time, or leave this member out)");
    says(&desk, ADD "--at 'monday 8:30' --panel tom", 0, "Mon 23 Mar 2026 08:30", "");
    g_autoptr(HtJson) outbox = json_of(&desk, "outbox --json");
    g_assert_cmpuint(ht_json_length(outbox), ==, 6); /* each with one member of its panel */
    desk_clear(&desk);
#undef ADD
}

/* A reason that says nothing without words is refused here, before anything waits. */
static void test_note_wanted(void)
{
    Desk desk;
    desk_init(&desk, false);
    desk_add_conflicts(&desk);
    says(&desk, "reject --job 'Customer Support' --reason other '小龍 李'", 2, "",
         "--note is wanted for this reason");
    says(&desk, "reject --job 'Customer Support' --reason other --note ' ' '小龍 李'", 2, "",
         "--note is wanted for this reason");
    says(&desk, "conflicts resolve 1 mine --reason other", 2, "",
         "--note is wanted for this reason");
    g_autoptr(HtJson) before = json_of(&desk, "outbox --json");
    g_assert_cmpuint(ht_json_length(before), ==, 2); /* the two conflicts */
    says(&desk, "conflicts resolve 1 mine --reason other --note 'Read again'", 0,
         "Yours goes out again, on what is there now.", "");
    says(&desk, "reject --job 'Customer Support' --reason other --note 'By post' '小龍 李'", 0,
         "Rejected: Other reason", "");
    g_autoptr(HtJson) after = json_of(&desk, "outbox export");
    const HtJson *op = ht_json_get(ht_json_at(after, ht_json_length(after) - 1), "op");
    g_assert_cmpstr(ht_json_get_string(ht_json_get(op, "note"), "body", NULL), ==, "By post");
    desk_clear(&desk);
}

/* Everything that is parked goes once more in one step, as it was. */
static void test_parked(void)
{
    Desk desk;
    desk_init(&desk, false);
    runs(&desk, "note 'Amara Okafor' 'Called her'", 0);
    runs(&desk, "note 'Amara Okafor' 'Called him'", 0);
    runs(&desk, "note 'Amara Okafor' 'Called again'", 0);
    desk_park(2);
    says(&desk, "outbox", 0, "parked", "");
    says(&desk, "outbox push 1 --parked", 2, "", "not both");
    says(&desk, "outbox push --parked", 3, "", "offline");
    g_autoptr(HtJson) list = json_of(&desk, "outbox --json");
    g_assert_cmpuint(ht_json_length(list), ==, 3);
    for (guint i = 0; i < 3; i++) {
        const HtJson *item = ht_json_at(list, i);
        g_assert_cmpstr(ht_json_get_string(item, "state", NULL), ==, "pending");
        g_assert_cmpint(ht_json_get_int(item, "seq", 0), ==, i + 1);
    }
    says(&desk, "outbox push --parked", 3, "", "offline");
    desk_clear(&desk);
}

/* Who is left out is named, and the status says that not all was done; who is named twice is one.
 */
static void test_left_out(void)
{
    Desk desk;
    desk_init(&desk, false);
    says(&desk,
         "advance --job 'Customer Support' --to shortlist 'Amara Okafor' 'Nguyễn Thị Minh Khai'", 5,
         "Advanced", "hiretty: advance: 1 left out: Nguyễn Thị Minh Khai: ");
    says(&desk, "hold --job 'Customer Support' --until 3d 'Zoë van den Berg' person15@example.com",
         0, "Held", "");
    g_autoptr(HtJson) outbox = json_of(&desk, "outbox --json");
    g_assert_cmpuint(ht_json_length(outbox), ==, 2);
    g_autoptr(HtJson) nobody =
        json_of(&desk, "advance --job 'Customer Support' --where 'score>=99' --json");
    g_assert_cmpint(ht_json_get_int(nobody, "done", -1), ==, 0);
    g_assert_cmpuint(ht_json_length(ht_json_get(nobody, "refusals")), ==, 0);
    desk_clear(&desk);
}

/* A filter that is no rule rejects nobody whom nobody opened, and the answer says what it lacks. */
static void test_no_rule(void)
{
    static const struct {
        const char *where, *lacks;
    } rows[] = {
        {"score<50", "score, stage, dates and states alone are no rule"},
        {"-loc:Berlin", "a rule says what people bring, not only what they lack"},
        {"score<50 email:example.com", "the rule fits everybody in the job"},
    };
    Desk desk;
    desk_init(&desk, false);
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *line = g_strdup_printf(
            "reject --job 'Customer Support' --reason must_have_missing --where '%s'",
            rows[i].where);
        g_autofree char *says_why = g_strdup_printf("never opened, and %s", rows[i].lacks);
        says(&desk, line, 5, "", says_why);
    }
    says(&desk, "outbox", 0, "", "Nothing waits");
    says(&desk,
         "reject --job 'Customer Support' --reason must_have_missing --where 'score<50 "
         "email:example.com title:librarian|student'",
         5, "Rejected: Must-have missing (Tomás Ó Súilleabháin", "1 left out");
    desk_clear(&desk);
}

static void says_not(const Desk *desk, const char *line, int status, const char *text)
{
    Run out;
    run(desk, line, status, &out);
    if (strstr(out.out, text) || strstr(out.err, text))
        g_error("%s: %s| %s", line, out.out, out.err);
    run_clear(&out);
}

/* The answer names the one it is about, and where an application stands now; no name where the
 * stage is reviewed blind. */
static void test_named(void)
{
    Desk desk;
    desk_init(&desk, false);
    says(&desk, "advance --job 'Customer Support' 'Amara Okafor'", 0,
         "Shortlisted (Amara Okafor · Customer Support Specialist, now in Shortlist)\n", "");
    says(&desk, "hold --job 'Customer Support' --until 3d 'Jürgen Groß'", 0,
         " (Jürgen Groß · Customer Support Specialist)\n", "");
    says(&desk, "reject --job 'Customer Support' --reason must_have_missing 'Jürgen Groß'", 0,
         ": Must-have missing (Jürgen Groß · Customer Support Specialist)\n", "");
    says(&desk, "advance --job 'Customer Support' 'Jürgen Groß'", 5, "",
         "hiretty: advance: already rejected (hiretty reopen brings back who was rejected or "
         "withdrew)\n");
    says(&desk, "hold --job 'Customer Support' --until 3d 'Jürgen Groß' 'Amara Okafor'", 5, "Held",
         "1 left out: Jürgen Groß: already rejected (hiretty reopen brings back");
    says(&desk, "note 'Sven Åkesson' words", 0, "Noted (Sven Åkesson)\n", "");
    desk_put("@job_stages\tid\tjob_id\tname\tposition\tstage_type\tsla_hours\tis_blind\tis_"
             "terminal\nS12\tJ1\tShortlist\t1\tshortlist\t72\t1\t0\n");
    says(&desk, "note --job 'Customer Support' 'Amara Okafor' words", 0, "Noted (Applicant ", "");
    says_not(&desk, "note 'Amara Okafor' words", 0, "Amara");
    desk_clear(&desk);
}

/* People of one name: nothing that is said already is said again as near, and feedback is on the
 * one whom one has spoken with. */
static void test_namesakes(void)
{
    Desk desk;
    desk_init(&desk, false);
    desk_put("@candidates\tid\temail\tfirst_name\tlast_name\trow_version\n"
             "C91\tsven2@example.com\tSven\tÅkesson\t1\nC92\tsven3@example.com\tSven\tÅkesson\t1\n"
             "C93\tx1@example.com\tOlga\tTwice\t1\nC94\tx2@example.com\tOlga\tTwice\t1\n"
             "C95\tx3@example.com\tPriya\tRaghunathan\t1\n");
    says(&desk, "candidate 'Sven Åkesson'", 1, "", "several people have this name");
    says(&desk, "candidate 'Sven Åkesson'", 1, "", "sven2@example.com");
    says_not(&desk, "candidate 'Sven Åkesson'", 1, "near:");
    says_not(&desk, "candidate 'Sven Åkesson'", 1, "hiretty search");
    says(&desk, "candidate 'Twice'", 1, "", "near: Olga Twice\n");
    says(&desk, "feedback write 'sven akesson' --rating 4", 0,
         "Feedback kept as a draft (Sven Åkesson", "");
    says(&desk, "feedback write 'Olga Twice' --rating 4", 1, "", "several people have this name");
    /* The interview to move or to cancel is that of the one who has one. */
    says(&desk, "interviews cancel 'Olga Twice'", 1, "", "several people have this name");
    says(&desk, "interviews move 'Priya Raghunathan' --minutes 25", 0, "Interview changed", "");
    says(&desk, "interviews cancel 'Priya Raghunathan'", 0, "Interview cancelled", "");
    desk_clear(&desk);
}

/* A pipe gets every name whole, whatever the locale. */
static void test_pipe_in_any_locale(void)
{
    Desk desk;
    desk_init(&desk, false);
    desk.environment = g_environ_setenv(desk.environment, "LC_ALL", "C", TRUE);
    says(&desk, "matches --job 'Customer Support' --plain", 0, "Jürgen Groß", "");
    says(&desk, "matches --job 'Customer Support' --json", 0, "小龍 李", "");
    says(&desk, "candidate 'Zoë van den Berg'", 0, "Zoë van den Berg", "");
    says(&desk, "search skill:zendesk", 2, "",
         "hiretty: search: 'skill:zendesk' is a term of --where");
    says(&desk, "note 'Amara Okafor' 'Grüße'", 0, "", "");
    says(&desk, "outbox export", 0, "Grüße", "");
    says(&desk, "search grusse", 0, "note (not sent)", "");
    g_autoptr(HtJson) found = json_of(&desk, "search grusse --json");
    g_assert_true(ht_json_get_bool(ht_json_at(found, 0), "pending", false));
    desk_clear(&desk);
}

int main(int argc, char **argv)
{
    ht_text_init_locale();
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/screen/outbox_verbs/left_out", test_left_out);
    g_test_add_func("/screen/outbox_verbs/no_rule", test_no_rule);
    g_test_add_func("/screen/outbox_verbs/named", test_named);
    g_test_add_func("/screen/outbox_verbs/namesakes", test_namesakes);
    g_test_add_func("/screen/outbox_verbs/pipe_in_any_locale", test_pipe_in_any_locale);
    g_test_add_func("/screen/outbox_verbs/empty", test_empty);
    g_test_add_func("/screen/outbox_verbs/parked", test_parked);
    g_test_add_func("/screen/outbox_verbs/blank", test_blank);
    g_test_add_func("/screen/outbox_verbs/note_wanted", test_note_wanted);
    g_test_add_func("/screen/outbox_verbs/mine", test_mine);
    g_test_add_func("/screen/outbox_verbs/edit", test_edit);
    g_test_add_func("/screen/outbox_verbs/value_and_drop", test_value_and_drop);
    g_test_add_func("/screen/outbox_verbs/planning", test_planning);
    g_test_add_func("/screen/outbox_verbs/meeting", test_meeting);
    return g_test_run();
}
