/* ctest: timeout=300
 * Golden screens: every view of a fixed tenant at a fixed time, at three sizes, with and without
 * colour. A golden file holds the text and the roles; what a theme makes of the roles is checked
 * against one list of looks for each scene and theme at 80×24. HIRETTY_UPDATE_SCREENS=1 writes them
 * anew: look at the difference before it is committed.
 *
 * And what no golden file can say: every line fits, nothing a stranger wrote reaches the screen as
 * a control character, frames stay straight, the mono screen has the same text as the coloured one.
 */
#include "fixture.h"

#include "hiretty/base/text.h"

#include <string.h>

typedef struct Scene {
    const char *name;
    const char *steps; /* from the first screen; one step a line */
} Scene;

static const Scene scenes[] = {
    {"jobs", ""},
    {"matches", "key Enter\nwait\n"},
    {"matches-down", "key Enter\nwait\nkey G\nwait\nkey k k\n"},
    {"matches-by-name", "key Enter\nwait\nkey ]\nwait\n"},
    {"matches-by-source", "key Enter\nwait\nkey [\nwait\nkey ,\nwait\n"},
    {"jobs-turned", "key |\nwait\n"},
    {"matches-marked",
     "key Enter\nwait\nkey Space j Space\nkey l\npaste stage:applied\nkey Enter\nwait\n"},
    {"limit-error", "key Enter\nwait\nkey l\npaste stge:applied\nwait\n"},
    {"limit-proposals", "key Enter\nwait\nkey l\ntype -st\nkey Tab\nwait\n"},
    {"limit-values",
     "key Enter\nwait\nkey l\ntype stage:\nkey Tab Tab Tab Tab Tab Tab Tab\nwait\n"},
    {"limit-back", "key Enter\nwait\nkey l\ntype is:\nkey S-Tab\nwait\n"},
    {"limit-jobs", "key l\ntype is:\nkey S-Tab S-Tab\nwait\n"},
    {"limit-empty", "key Enter\nwait\nkey l\npaste score>99\nkey Enter\nwait\n"},
    {"palette", "key Enter\nwait\nkey :\ntype rej\n"},
    {"prefix", "key g\n"},
    {"note-prompt", "key Enter\nwait\nkey w\ntype spoke on the phone\n"},
    {"unknown-key", "key Enter\nwait\nkey Z\n"},
    {"review", "key Enter\nwait\nkey r\nwait\n"},
    {"candidate", "key Enter\nwait\nkey Enter\nwait\n"},
    {"candidate-2", "key Enter\nwait\nkey Enter\nwait\nkey g 2\nwait\n"},
    {"candidate-3", "key Enter\nwait\nkey Enter\nwait\nkey g 3\nwait\n"},
    {"candidate-4", "key Enter\nwait\nkey Enter\nwait\nkey g 4\nwait\n"},
    {"candidate-5", "key Enter\nwait\nkey Enter\nwait\nkey g 5\nwait\n"},
    {"candidate-6", "key Enter\nwait\nkey Enter\nwait\nkey g 6\nwait\n"},
    {"candidate-7", "key Enter\nwait\nkey Enter\nwait\nkey g 7\nwait\n"},
    {"candidate-8", "key Enter\nwait\nkey Enter\nwait\nkey g 8\nwait\n"},
    {"blind", "key Enter\nwait\nkey b\nwait\n"},
    {"candidates", "key g c\nwait\n"},
    {"agenda", "key g a\nwait\n"},
    {"agenda-open", "key g a\nwait\nkey Enter\nwait\n"},
    {"feedback", "key g f\nwait\n"},
    {"feedback-open", "key g f\nwait\nkey Enter\nwait\n"},
    {"search", "key g /\npaste freshdesk\nkey Enter\nwait\n"},
    {"conflicts", "key g x\nwait\n"},
    {"status", "key g s\nwait\n"},
    {"help", "key Enter\nwait\nkey ?\nwait\n"},
    {"help-filters", "key Enter\nwait\nkey ?\nwait\nkey G\nwait\n"},
    {"reasons", "key Enter\nwait\nkey X\n"},
    {"reasons-none", "key Enter\nwait\nkey X\ntype zzz\nkey Enter\nwait\n"},
    {"blind-jobs", "key g c\nwait\nkey b\nkey g j\nwait\n"},
    {"sheet", "key Enter\nwait\nkey G k k k k Enter\nwait\nkey q k Enter\nwait\nkey q Space Space "
              "Space x\nwait\n"
              "key Enter\nwait\n"},
    {"advanced", "key Enter\nwait\nkey a\nwait\nkey a\nwait\nkey u\nwait\n"},
    {"held", "key Enter\nwait\nkey h\ntype monday\nkey Enter\nwait\n"},
    {"outbox-empty", "key g o\nwait\n"},
    {"drop", "key Enter\nwait\nkey a\nwait\nkey g o\nwait\nkey D\n"},
    {"outbox",
     "key Enter\nwait\nkey a\nwait\nkey w\ntype called\nkey Enter\nwait\nkey g o\nwait\n"},
};

/* On a desk where the server answered two intents with somebody else's. */
static const Scene conflict_scenes[] = {
    {"conflicts-two", "key g x\nwait\n"},
    {"conflict", "key g x\nwait\nkey Enter\nwait\n"},
    {"conflict-note", "key g x\nwait\nkey j Enter\nwait\n"},
    {"blind-conflicts", "key Enter\nwait\nkey b\nkey g x\nwait\n"},
    {"blind-conflict-note", "key Enter\nwait\nkey b\nkey g x\nwait\nkey j Enter\nwait\n"},
    {"conflict-reason", "key g x\nwait\nkey m\nwait\n"},
    {"conflict-mine",
     "key g x\nwait\nkey m\nwait\ntype other\nkey Enter\nwait\ntype spoke again\nkey "
     "Enter\nwait\nkey g o\nwait\n"},
};

/* What is asked about an interview, and how it looks before it is sent. */
static const Scene meeting_scenes[] = {
    {"schedule-time", "key Enter\nwait\nkey S\ntype friday 25:00\nwait\n"},
    {"schedule-given-up", "key Enter\nwait\nkey S\ntype friday 14:00\nkey Enter\nkey Esc\nwait\n"},
    {"schedule-panel", "key Enter\nwait\nkey S\ntype friday 14:00\nkey Enter\nkey Enter\nkey "
                       "Enter\ntype ana, nobody\nkey Enter\nwait\n"},
    {"schedule-done", "key Enter\nwait\nkey S\ntype friday 14:00\nkey Enter\nkey Enter\nkey "
                      "Enter\ntype ana, tom\nkey Enter\nwait\nkey g a\nwait\n"},
    {"schedule-busy", "key Enter\nwait\nkey S\ntype friday 14:00\nkey Enter\nkey Enter\nkey "
                      "Enter\ntype ana\nkey Enter\nwait\nkey j S\ntype friday 14:30\nkey "
                      "Enter\nkey Enter\nkey Enter\ntype ana\nkey Enter\nwait\nexpect has "
                      "another\nkey Enter\nexpect minutes\nkey Enter\nkey Enter\n"},
    {"schedule-clash", "key Enter\nwait\nkey S\ntype friday 14:00\nkey Enter\nkey Enter\nkey "
                       "Enter\ntype ana\nkey Enter\nwait\nkey j S\ntype friday 14:30\nkey "
                       "Enter\nkey Enter\nkey Enter\ntype ana\nkey Enter\nwait\nexpect has "
                       "another\nexpect leave this member out\n"},
    {"feedback-rating", "key Enter\nwait\nkey j j j j f\n"},
    {"feedback-early", "key g a\nwait\nkey f\n"},
    {"feedback-draft",
     "key Enter\nwait\nkey j j j j f\ntype 4\nkey Enter\nkey Enter\ntype Knows queues\n"
     "key Enter\nwait\nkey n\nwait\nkey g f\nwait\n"},
};

static const struct {
    int columns, lines;
} sizes[] = {{160, 48}, {80, 24}, {40, 10}};

static char *read_file(const char *folder, const char *name)
{
    g_autofree char *path = g_build_filename(folder, name, NULL);
    char *text = NULL;
    return g_file_get_contents(path, &text, NULL, NULL) ? text : NULL;
}

static char *golden_folder(void)
{
    return g_build_filename(g_getenv("SOURCE_DIR"), "tests", "screen", "golden", NULL);
}

/* From "--- from" up to "--- to" or the end; caller frees. */
static char *part(const char *screen, const char *from, const char *to)
{
    const char *start = strstr(screen, from);
    g_assert_nonnull(start);
    const char *end = to ? strstr(start, to) : NULL;
    return end ? g_strndup(start, (gsize)(end - start)) : g_strdup(start);
}

/* The folder of a run has another name each time, of the same length. */
static char *without_folder(const char *text)
{
    g_autoptr(GRegex) regex =
        g_regex_new("hiretty-screens-[A-Za-z0-9]{6}", G_REGEX_DEFAULT, 0, NULL);
    return g_regex_replace(regex, text, -1, 0, "hiretty-screens-XXXXXX", 0, NULL);
}

static bool compare(const char *name, const char *screen)
{
    g_autofree char *found = without_folder(screen);
    g_autofree char *folder = golden_folder();
    g_autofree char *path = g_build_filename(folder, name, NULL);
    g_autofree char *wanted = read_file(folder, name);
    if (g_strcmp0(wanted, found) == 0)
        return true;
    if (g_getenv("HIRETTY_UPDATE_SCREENS")) {
        g_mkdir_with_parents(folder, 0755);
        return g_file_set_contents(path, found, -1, NULL);
    }
    g_test_message("%s differs:\n%s\n--- instead of ---\n%s", name, found,
                   wanted ? wanted : "(no file)");
    return false;
}

/* Lines are as wide as the screen at most, and clean. */
static void check_lines(const char *screen, int columns, int lines)
{
    g_autofree char *text = part(screen, "--- text\n", "--- roles\n");
    g_auto(GStrv) rows = g_strsplit(text, "\n", -1);
    g_assert_cmpint((int)g_strv_length(rows) - 2, ==, lines);
    for (int y = 1; y <= lines; y++) {
        g_assert_true(ht_text_is_clean(rows[y], -1, HT_TEXT_LINE));
        g_assert_cmpint(ht_text_width(rows[y]), <=, columns);
    }
}

static void add_snaps(GString *script, const char *theme)
{
    g_string_append_printf(script, "theme %s\n", theme);
    for (gsize i = 0; i < G_N_ELEMENTS(sizes); i++)
        g_string_append_printf(script, "size %d %d\nsnap %s-%dx%d\n", sizes[i].columns,
                               sizes[i].lines, theme, sizes[i].columns, sizes[i].lines);
}

static char *script_of(const Scene *scene)
{
    GString *script = g_string_new("size 160 48\nwait\n");
    g_string_append(script, scene->steps);
    add_snaps(script, "default");
    /* After all sizes the first one shows the same again. */
    g_string_append(script, "size 1 1\nsize 500 200\nsize 160 48\nsnap again\n");
    add_snaps(script, "mono");
    return g_string_free(script, FALSE);
}

static void play(const Desk *desk, const Scene *scene, const char *snaps)
{
    Run run;
    g_autofree char *script = script_of(scene);
    desk_play(desk, script, snaps, &run);
    if (run.status != 0)
        g_test_message("%s: %s", scene->name, run.err);
    g_assert_cmpint(run.status, ==, 0);
    run_clear(&run);
}

static char *snap_of(const char *snaps, const char *theme, gsize size)
{
    g_autofree char *name =
        g_strdup_printf("%s-%dx%d.screen", theme, sizes[size].columns, sizes[size].lines);
    return read_file(snaps, name);
}

static bool check_size(const Scene *scene, const char *snaps, gsize i)
{
    g_autofree char *colored = snap_of(snaps, "default", i), *mono = snap_of(snaps, "mono", i);
    g_assert_nonnull(colored);
    g_assert_nonnull(mono);
    check_lines(colored, sizes[i].columns, sizes[i].lines);
    g_autofree char *screen = part(colored, "size ", "--- looks\n");
    g_autofree char *mono_screen = part(mono, "size ", "--- looks\n");
    bool twice = g_str_equal(screen, mono_screen);
    if (!twice)
        g_test_message("%s: colours change the text", scene->name);
    g_autofree char *name =
        g_strdup_printf("%s-%dx%d.screen", scene->name, sizes[i].columns, sizes[i].lines);
    bool same = compare(name, screen) && twice;
    if (sizes[i].columns != 80)
        return same;
    g_autofree char *looks = part(colored, "--- looks\n", NULL),
                    *mono_looks = part(mono, "--- looks\n", NULL);
    g_autofree char *both = g_strconcat("default ", looks, "mono ", mono_looks, NULL);
    g_autofree char *looks_name = g_strdup_printf("%s.looks", scene->name);
    g_assert_null(strstr(mono_looks, "fg"));
    g_assert_null(strstr(mono_looks, "bg"));
    return compare(looks_name, both) && same;
}

/* Plays scenes on a desk and compares them; the number that differs. */
static int compare_scenes(const Desk *desk, const Scene *list, gsize n)
{
    g_autofree char *snaps = g_build_filename(desk->folder, "snaps", NULL);
    g_mkdir_with_parents(snaps, 0700);
    int wrong = 0;
    for (gsize i = 0; i < n; i++) {
        play(desk, &list[i], snaps);
        for (gsize k = 0; k < G_N_ELEMENTS(sizes); k++)
            wrong += !check_size(&list[i], snaps, k);
        g_autofree char *first = snap_of(snaps, "default", 0);
        g_autofree char *again = read_file(snaps, "again.screen");
        if (g_strcmp0(again, first) != 0)
            g_test_message("%s: not the same after resizing", list[i].name);
        wrong += g_strcmp0(again, first) != 0;
    }
    return wrong;
}

static void test_golden(void)
{
    Desk desk;
    desk_init(&desk, false);
    int wrong = compare_scenes(&desk, scenes, G_N_ELEMENTS(scenes));
    wrong += compare_scenes(&desk, meeting_scenes, G_N_ELEMENTS(meeting_scenes));
    desk_clear(&desk);
    g_assert_cmpint(wrong, ==, 0);
}

static void test_conflicts(void)
{
    Desk desk;
    desk_init(&desk, false);
    desk_add_conflicts(&desk);
    int wrong = compare_scenes(&desk, conflict_scenes, G_N_ELEMENTS(conflict_scenes));
    desk_clear(&desk);
    g_assert_cmpint(wrong, ==, 0);
}

/* Enter on a conflict in the outbox compares, as the list of conflicts does, and the hints say so.
 */
static void test_conflict_in_outbox(void)
{
    Desk desk;
    Run run;
    desk_init(&desk, false);
    desk_add_conflicts(&desk);
    g_autofree char *snaps = g_build_filename(desk.folder, "snaps", NULL);
    g_mkdir_with_parents(snaps, 0700);
    desk_play(&desk,
              "size 120 30\nwait\nkey g o\nwait\nsnap outbox\nkey Enter\nwait\nsnap opened\n",
              snaps, &run);
    g_assert_cmpint(run.status, ==, 0);
    run_clear(&run);
    g_autofree char *outbox = read_file(snaps, "outbox.screen");
    g_autofree char *opened = read_file(snaps, "opened.screen");
    g_assert_nonnull(strstr(outbox, "Enter compare"));
    g_assert_nonnull(strstr(opened, "Theirs"));
    g_assert_nonnull(strstr(opened, "m keep mine"));
    desk_clear(&desk);
}

/* The vertical rule of a preview stands in one column, whatever is written beside it. */
static void check_straight(const char *screen)
{
    g_autofree char *text = part(screen, "--- text\n", "--- roles\n");
    g_auto(GStrv) rows = g_strsplit(text, "\n", -1);
    int column = -1;
    for (gsize y = 1; rows[y]; y++) {
        const char *bar = strstr(rows[y], "\xE2\x94\x82");
        if (!bar)
            continue;
        g_autofree char *before = g_strndup(rows[y], (gsize)(bar - rows[y]));
        int at = ht_text_width(before);
        g_assert_true(column < 0 || column == at);
        column = at;
    }
}

static void test_hostile(void)
{
    Desk desk;
    desk_init(&desk, true);
    g_autofree char *snaps = g_build_filename(desk.folder, "snaps", NULL);
    g_mkdir_with_parents(snaps, 0700);
    for (gsize i = 0; i < G_N_ELEMENTS(scenes); i++) {
        play(&desk, &scenes[i], snaps);
        for (gsize k = 0; k < G_N_ELEMENTS(sizes); k++) {
            g_autofree char *screen = snap_of(snaps, "default", k);
            check_lines(screen, sizes[k].columns, sizes[k].lines);
            check_straight(screen);
        }
    }
    desk_clear(&desk);
}

int main(int argc, char **argv)
{
    ht_text_init_locale();
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/screen/golden", test_golden);
    g_test_add_func("/screen/conflicts", test_conflicts);
    g_test_add_func("/screen/conflict_in_outbox", test_conflict_in_outbox);
    g_test_add_func("/screen/hostile", test_hostile);
    return g_test_run();
}
