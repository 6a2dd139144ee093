/* What is written for people keeps up with the tables: docs/keys.md, the manual page, the
 * completion. */
#include "hiretty/base/text.h"
#include "hiretty/command/cli.h"
#include "hiretty/domain/filter.h"

#include <string.h>

static char *load_doc(const char *name)
{
    const char *source = g_getenv("SOURCE_DIR");
    g_autofree char *path = g_build_filename(source ? source : ".", "docs", name, NULL);
    char *text = NULL;
    g_autoptr(GError) error = NULL;
    g_file_get_contents(path, &text, NULL, &error);
    g_assert_no_error(error);
    return text;
}

static void test_keys(void)
{
    g_autofree char *written = load_doc("keys.md");
    g_autoptr(HtKeymap) keymap = ht_keymap_new();
    g_autofree char *now = ht_keymap_markdown(keymap);
    if (strcmp(written, now) != 0)
        g_error("docs/keys.md is stale: hiretty --dump-keys-md > docs/keys.md");
}

static void test_filters(void)
{
    g_autofree char *written = load_doc("filters.md");
    g_autofree char *now = ht_cli_filters_markdown();
    if (strcmp(written, now) != 0)
        g_error("docs/filters.md is stale: hiretty --dump-filters-md > docs/filters.md");
    gsize n;
    g_autofree char *manual = load_doc("hiretty.1");
    g_autofree char *help = ht_cli_help();
    const HtFilterFieldInfo *fields = ht_filter_fields(&n);
    for (gsize i = HT_FIELD_WORDS + 1; i < n; i++) {
        g_autofree char *item = g_strdup_printf("\n.It Cm %s", fields[i].name);
        g_autofree char *word = g_strdup_printf(" %s", fields[i].name);
        if (!strstr(manual, item))
            g_error("docs/hiretty.1 does not name the field %s", fields[i].name);
        g_assert_nonnull(strstr(strstr(help, "FILTER LANGUAGE"), word));
    }
    const HtFilterValueInfo *values = ht_filter_values(&n);
    for (gsize i = 0; i < n; i++) {
        g_autofree char *item = g_strdup_printf("\n.It %s", values[i].value);
        if (values[i].field == HT_FIELD_IS && !strstr(manual, item))
            g_error("docs/hiretty.1 does not name the state %s", values[i].value);
    }
}

static void test_manual(void)
{
    g_autofree char *manual = load_doc("hiretty.1");
    int n;
    const HtVerb *verbs = ht_verbs(&n);
    for (int i = 0; i < n; i++) {
        g_autofree char *item = g_strdup_printf("\n.It Cm %s", verbs[i].name);
        if (!strstr(manual, item))
            g_error("docs/hiretty.1 does not name the verb %s", verbs[i].name);
        g_auto(GStrv) words = g_strsplit(verbs[i].words ? verbs[i].words : "", " ", -1);
        for (int w = 0; words[w]; w++)
            g_assert_nonnull(strstr(manual, words[w]));
        /* db has a help of its own. */
        bool own = strcmp(verbs[i].name, "db") == 0;
        g_auto(GStrv) options =
            g_strsplit(own || !verbs[i].options ? "" : verbs[i].options, " ", -1);
        for (int o = 0; options[o]; o++) {
            g_autofree char *option =
                g_strdup_printf("Fl -%s", *options[o] ? options[o] + 2 : "help");
            if (!strstr(manual, option))
                g_error("docs/hiretty.1 does not name %s", options[o]);
        }
    }
}

static void test_help_and_completion(void)
{
    g_autofree char *help = ht_cli_help();
    g_autofree char *completion = ht_cli_completion();
    int n;
    const HtVerb *verbs = ht_verbs(&n);
    for (int i = 0; i < n; i++) {
        g_autofree char *line = g_strdup_printf("\n  %s ", verbs[i].name);
        g_autofree char *branch = g_strdup_printf("\n    %s) words=", verbs[i].name);
        g_assert_nonnull(strstr(help, line));
        g_assert_nonnull(strstr(completion, branch));
        g_assert_true(ht_verb_find(verbs[i].name) == &verbs[i]);
    }
    g_assert_null(ht_verb_find("nonsense"));
}

int main(int argc, char **argv)
{
    ht_text_init_locale();
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/command/docs/keys", test_keys);
    g_test_add_func("/command/docs/filters", test_filters);
    g_test_add_func("/command/docs/manual", test_manual);
    g_test_add_func("/command/docs/help_and_completion", test_help_and_completion);
    return g_test_run();
}
