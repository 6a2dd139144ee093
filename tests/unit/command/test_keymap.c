/* Keys: counts, prefixes, a view's own keys, configuration with its complaints; prompts and fuzzy.
 */
#include "hiretty/base/text.h"
#include "hiretty/command/keymap.h"
#include "hiretty/command/prompt.h"

#include <string.h>

static const HtCommand *feed(HtKeymap *keymap, HtViewId view, const char *key)
{
    return ht_keymap_feed(keymap, view, key).command;
}

static void test_counts_and_prefixes(void)
{
    g_autoptr(HtKeymap) keymap = ht_keymap_new();
    g_assert_cmpint(ht_keymap_feed(keymap, HT_VIEW_JOBS, "1").kind, ==, HT_KEY_COUNT);
    g_assert_cmpint(ht_keymap_feed(keymap, HT_VIEW_JOBS, "0").kind, ==, HT_KEY_COUNT);
    g_assert_cmpstr(ht_keymap_pending(keymap), ==, "10");
    HtKeyMatch match = ht_keymap_feed(keymap, HT_VIEW_JOBS, "j");
    g_assert_cmpint(match.kind, ==, HT_KEY_COMMAND);
    g_assert_cmpint(match.count, ==, 10);
    g_assert_cmpstr(match.command->name, ==, "down");
    g_assert_cmpstr(ht_keymap_pending(keymap), ==, "");
    g_assert_cmpint(ht_keymap_feed(keymap, HT_VIEW_JOBS, "g").kind, ==, HT_KEY_PREFIX);
    g_autoptr(GArray) choices = ht_keymap_choices(keymap, HT_VIEW_JOBS);
    g_assert_cmpuint(choices->len, >=, 8);
    match = ht_keymap_feed(keymap, HT_VIEW_JOBS, "g");
    g_assert_cmpstr(match.command->name, ==, "first");
    g_assert_cmpstr(match.sequence, ==, "gg");
    g_assert_cmpint(ht_keymap_feed(keymap, HT_VIEW_JOBS, "g").kind, ==, HT_KEY_PREFIX);
    g_assert_true(ht_keymap_reset(keymap));
    g_assert_false(ht_keymap_reset(keymap));
    g_assert_cmpint(ht_keymap_feed(keymap, HT_VIEW_JOBS, "g").kind, ==, HT_KEY_PREFIX);
    g_assert_cmpint(ht_keymap_feed(keymap, HT_VIEW_JOBS, "%").kind, ==, HT_KEY_UNKNOWN);
    g_assert_cmpstr(feed(keymap, HT_VIEW_JOBS, "j")->name, ==, "down");
}

static void test_views_have_their_own(void)
{
    g_autoptr(HtKeymap) keymap = ht_keymap_new();
    g_assert_cmpstr(feed(keymap, HT_VIEW_MATCHES, "Enter")->name, ==, "open");
    g_assert_cmpstr(feed(keymap, HT_VIEW_SHEET, "Enter")->name, ==, "sheet.commit");
    g_assert_cmpstr(feed(keymap, HT_VIEW_CONFLICTS, "t")->name, ==, "conflict.theirs");
    g_assert_cmpstr(feed(keymap, HT_VIEW_REVIEW, "s")->name, ==, "review.skip");
    g_assert_null(feed(keymap, HT_VIEW_MATCHES, "s"));
}

/* No key means two things in one view, and every named key is one. */
static void test_defaults_do_not_clash(void)
{
    int n;
    const HtCommand *commands = ht_commands(&n);
    for (int view = 0; view < HT_N_VIEWS; view++) {
        g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
        for (int i = 0; i < n; i++) {
            if (!(commands[i].views & (1u << view)))
                continue;
            g_auto(GStrv) keys = g_strsplit(commands[i].keys, " ", -1);
            for (int k = 0; keys[k]; k++) {
                if (!g_hash_table_add(seen, g_strdup(keys[k])))
                    g_error("%s means two things in %s", keys[k], ht_view_id_name((HtViewId)view));
            }
        }
        GHashTableIter iter;
        gpointer key;
        g_hash_table_iter_init(&iter, seen);
        while (g_hash_table_iter_next(&iter, &key, NULL)) {
            const char *text = key;
            /* Nothing may start with a whole binding: its tail could never be reached. */
            for (gsize len = 1; len < strlen(text) && !ht_key_is_valid(text); len++) {
                g_autofree char *start = g_strndup(text, len);
                g_assert_false(g_hash_table_contains(seen, start));
            }
        }
    }
}

static void test_every_row_is_complete(void)
{
    int n;
    const HtCommand *commands = ht_commands(&n);
    g_autoptr(GHashTable) names = g_hash_table_new(g_str_hash, g_str_equal);
    for (int i = 0; i < n; i++) {
        const HtCommand *command = &commands[i];
        g_assert_true(g_hash_table_add(names, (gpointer)(guintptr)command->name));
        g_assert_nonnull(command->run);
        g_assert_cmpuint(strlen(command->summary), >, 3);
        g_assert_cmpuint(strlen(command->group), >, 1);
        g_assert_cmpuint(command->views, !=, 0);
        g_assert_true(ht_command_find(command->name) == command);
        g_assert_true(*command->keys || !(command->flags & HT_CMD_NO_PALETTE));
        g_auto(GStrv) keys = g_strsplit(command->keys, " ", -1);
        for (int k = 0; keys[k]; k++)
            if (strlen(keys[k]) > 3)
                g_assert_true(ht_key_is_valid(keys[k]));
    }
    g_assert_null(ht_command_find("no.such"));
    g_assert_null(ht_command_find(NULL));
}

static void test_config(void)
{
    g_autoptr(HtKeymap) keymap = ht_keymap_new();
    g_autoptr(GPtrArray) warnings = g_ptr_array_new_with_free_func(g_free);
    const char *text = "# mine\n"
                       "[ui]\n"
                       "theme = dark\n"
                       "[keys]\n"
                       "advance = s S\n"
                       "no.such = z\n"
                       "reject = s\n"
                       "hold = <Blubb>\n"
                       "[keys matches]\n"
                       "down = n\n"
                       "sheet.commit = n\n"
                       "[keys nowhere]\n"
                       "down = z\n";
    g_assert_cmpint(ht_keymap_load(keymap, "config", text, warnings), ==, 5);
    g_assert_cmpuint(warnings->len, ==, 5);
    g_assert_cmpstr(warnings->pdata[0], ==, "config:6: there is no command 'no.such'");
    g_assert_true(g_str_has_prefix(warnings->pdata[1], "config:7: 's' is bound already in line 5"));
    g_assert_true(g_str_has_prefix(warnings->pdata[2], "config:8: '<Blubb>'"));
    g_assert_true(g_str_has_prefix(warnings->pdata[3], "config:11: "));
    g_assert_true(g_str_has_prefix(warnings->pdata[4], "config:12: "));
    g_assert_cmpstr(feed(keymap, HT_VIEW_MATCHES, "s")->name, ==, "advance");
    g_assert_null(feed(keymap, HT_VIEW_MATCHES, "a"));
    /* The view's own wins there, and nowhere else. */
    g_assert_cmpstr(feed(keymap, HT_VIEW_MATCHES, "n")->name, ==, "down");
    g_assert_cmpstr(feed(keymap, HT_VIEW_JOBS, "n")->name, ==, "search.next");
}

static void test_dump_is_read_back(void)
{
    g_autoptr(HtKeymap) keymap = ht_keymap_new();
    g_autofree char *dump = ht_keymap_dump(keymap);
    g_autoptr(HtKeymap) again = ht_keymap_new();
    g_autoptr(GPtrArray) warnings = g_ptr_array_new_with_free_func(g_free);
    ht_keymap_load(again, "dump", dump, warnings);
    for (guint i = 0; i < warnings->len; i++)
        g_assert_nonnull(strstr(warnings->pdata[i], "bound already")); /* one key, several views */
    g_autofree char *second = ht_keymap_dump(again);
    g_assert_nonnull(strstr(second, "advance = a"));
}

static void test_keys_of(void)
{
    g_autoptr(HtKeymap) keymap = ht_keymap_new();
    const HtCommand *down = ht_command_find("down");
    g_autofree char *keys = ht_keymap_keys_of(keymap, HT_VIEW_JOBS, down);
    g_assert_cmpstr(keys, ==, "j Down");
    g_assert_cmpstr(ht_keymap_first_key(keymap, HT_VIEW_JOBS, down), ==, "j");
    g_assert_null(ht_keymap_first_key(keymap, HT_VIEW_JOBS, ht_command_find("sheet.commit")));
    g_assert_true(ht_keymap_nearest(keymap, HT_VIEW_MATCHES, "A") == ht_command_find("advance"));
}

static void test_key_names(void)
{
    const char *good[] = {"j", "G", "*", "Space", "C-a", "F12", "S-Tab", "ö", "/"};
    const char *bad[] = {"", " ", "jj", "C-", "C-A", "F13", "space", "\x01"};
    for (gsize i = 0; i < G_N_ELEMENTS(good); i++)
        g_assert_true(ht_key_is_valid(good[i]));
    for (gsize i = 0; i < G_N_ELEMENTS(bad); i++)
        g_assert_false(ht_key_is_valid(bad[i]));
}

static void test_fuzzy(void)
{
    g_assert_cmpint(ht_fuzzy_score("xyz", "Must-have missing"), <, 0);
    g_assert_cmpint(ht_fuzzy_score("must", "Must-have missing"), >, 0);
    g_assert_cmpint(ht_fuzzy_score("mhm", "Must-have missing"), >, 0);
    g_assert_cmpint(ht_fuzzy_score("go", "go.outbox"), >, ht_fuzzy_score("go", "page.down"));
    g_assert_cmpint(ht_fuzzy_score("cafe", "Café au lait"), >, 0);
    g_assert_cmpint(ht_fuzzy_score("", "anything"), ==, 0);
    g_autofree char *long_text = g_strnfill(2000, 'a');
    g_assert_cmpint(ht_fuzzy_score("aaaaaaaaaaaaaaaaab", long_text), <, 0);
    /* A billion ways to find it: each rest is weighed once. A run of seven wins, then the start. */
    g_autofree char *same = g_strnfill(70, 'a');
    g_autofree char *hostile = g_strconcat(same, "-b", NULL);
    g_assert_cmpint(ht_fuzzy_score("aaaaaaab", hostile), ==, 1 + 8 + 12 + 6 * (1 + 4) + 1 + 8);
    g_assert_cmpint(ht_fuzzy_score("ab", "x a b"), >, ht_fuzzy_score("ab", "x axxb"));
}

static HtResult nothing(HtContext *context, HtPrompt *prompt)
{
    (void)context;
    (void)prompt;
    return ht_result_none();
}

static void test_prompt(void)
{
    g_autoptr(HtPrompt) prompt = ht_prompt_new(HT_PROMPT_CHOICE, nothing, "reject %d: reason", 37);
    g_assert_cmpstr(prompt->label, ==, "reject 37: reason");
    ht_prompt_add_choice(prompt, "Experience", NULL, NULL, 1, NULL);
    ht_prompt_add_choice(prompt, "Must-have missing", NULL, NULL, 2, NULL);
    ht_prompt_add_choice(prompt, "Salary", NULL, NULL, 3, NULL);
    g_assert_cmpint(ht_prompt_choice(prompt)->value, ==, 1);
    ht_prompt_set_text(prompt, NULL, "must");
    g_assert_cmpuint(prompt->shown->len, ==, 1);
    g_assert_cmpint(ht_prompt_choice(prompt)->value, ==, 2);
    ht_prompt_set_text(prompt, NULL, "");
    ht_prompt_select(prompt, 5);
    g_assert_cmpint(ht_prompt_choice(prompt)->value, ==, 3);
    ht_prompt_set_text(prompt, NULL, "zzz");
    g_assert_null(ht_prompt_choice(prompt));
    ht_prompt_choice_also(prompt, "third_code");
    ht_prompt_set_text(prompt, NULL, "d_cod");
    g_assert_cmpint(ht_prompt_choice(prompt)->value, ==, 3);
    ht_prompt_set_text(prompt, NULL, "tcode"); /* a code is typed as it is written */
    g_assert_null(ht_prompt_choice(prompt));
}

static void test_complete(void)
{
    g_autoptr(HtPrompt) prompt = ht_prompt_new(HT_PROMPT_TEXT, nothing, "limit");
    ht_prompt_add_choice(prompt, "stage:", NULL, NULL, 0, NULL);
    ht_prompt_add_choice(prompt, "skill:", NULL, NULL, 0, NULL);
    ht_prompt_set_text(prompt, NULL, "score>80 -sk");
    g_autofree char *done = ht_prompt_complete(prompt, 1);
    g_assert_cmpstr(done, ==, "score>80 -skill:");
    ht_prompt_set_text(prompt, NULL, "score>80 zz");
    g_assert_null(ht_prompt_complete(prompt, 1));
}

/* Tab, or Shift-Tab, and what stands there then; NULL: nothing changed. */
static void tab(HtPrompt *prompt, int step, const char *to)
{
    g_autofree char *done = ht_prompt_complete(prompt, step);
    g_assert_cmpstr(done, ==, to);
    if (done)
        ht_prompt_set_text(prompt, NULL, done);
}

static void proposes(HtPrompt *prompt, const char *wanted, int at)
{
    int current;
    g_autoptr(GPtrArray) proposals = ht_prompt_proposals(prompt, &current);
    g_ptr_array_add(proposals, NULL);
    g_autofree char *all = g_strjoinv(" ", (char **)proposals->pdata);
    g_assert_cmpstr(all, ==, wanted);
    g_assert_cmpint(current, ==, at);
}

/* All that a word may become, one after the other and back; a field before its values. */
static void test_cycle(void)
{
    g_autoptr(HtPrompt) prompt = ht_prompt_new(HT_PROMPT_TEXT, nothing, "limit");
    static const char *const choices[] = {
        "stage:", "stage:applied", "stage:offer", "score>=", "status:", "status:open", "skill:"};
    for (gsize i = 0; i < G_N_ELEMENTS(choices); i++)
        ht_prompt_add_choice(prompt, choices[i], NULL, NULL, 0, NULL);
    proposes(prompt, "", -1); /* nothing is typed: the keys are said */
    ht_prompt_set_text(prompt, NULL, "ana -st");
    proposes(prompt, "stage: status:", -1);
    tab(prompt, 1, "ana -stage:");
    proposes(prompt, "stage: status:", 0);
    tab(prompt, 1, "ana -status:");
    tab(prompt, 1, "ana -stage:");
    tab(prompt, -1, "ana -status:");
    proposes(prompt, "stage: status:", 1);
    ht_prompt_set_text(prompt, NULL, "ana -st");
    tab(prompt, -1, "ana -status:"); /* back from the end */
    /* Typed on: another word. The one proposal leads to the field's values. */
    ht_prompt_set_text(prompt, NULL, "sta");
    ht_prompt_set_text(prompt, NULL, "stag");
    tab(prompt, 1, "stage:");
    proposes(prompt, "stage:applied stage:offer", -1);
    tab(prompt, 1, "stage:applied");
    tab(prompt, 1, "stage:offer");
    tab(prompt, 1, "stage:applied");
    ht_prompt_set_text(prompt, NULL, "stage:applied|o");
    tab(prompt, 1, "stage:applied|offer");
    tab(prompt, 1, NULL);
    /* No value twice. */
    ht_prompt_set_text(prompt, NULL, "stage:applied|");
    proposes(prompt, "stage:offer", -1);
    tab(prompt, 1, "stage:applied|offer");
    ht_prompt_set_text(prompt, NULL, "-stage:Offer|applied|");
    tab(prompt, 1, NULL);
    ht_prompt_set_text(prompt, NULL, "stage:off|");
    proposes(prompt, "stage:applied stage:offer", -1);
    /* An empty word: everything there is. */
    ht_prompt_set_text(prompt, NULL, "ana ");
    tab(prompt, 1, "ana stage:");
    tab(prompt, 1, "ana score>=");
    tab(prompt, -1, "ana stage:");
    tab(prompt, -1, "ana skill:");
}

int main(int argc, char **argv)
{
    ht_text_init_locale();
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/command/keymap/counts_and_prefixes", test_counts_and_prefixes);
    g_test_add_func("/command/keymap/views_have_their_own", test_views_have_their_own);
    g_test_add_func("/command/keymap/defaults_do_not_clash", test_defaults_do_not_clash);
    g_test_add_func("/command/keymap/config", test_config);
    g_test_add_func("/command/keymap/dump_is_read_back", test_dump_is_read_back);
    g_test_add_func("/command/keymap/keys_of", test_keys_of);
    g_test_add_func("/command/keymap/key_names", test_key_names);
    g_test_add_func("/command/registry/every_row_is_complete", test_every_row_is_complete);
    g_test_add_func("/command/prompt/fuzzy", test_fuzzy);
    g_test_add_func("/command/prompt/choice", test_prompt);
    g_test_add_func("/command/prompt/complete", test_complete);
    g_test_add_func("/command/prompt/cycle", test_cycle);
    return g_test_run();
}
