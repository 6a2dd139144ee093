/* The command line: a line feed separates the arguments. They go through the program's own options
 * and then through the verb, on a real cache and outbox; verbs that need a server, and those that
 * administer one or wipe this machine's copy, only read their arguments. */
#include "fuzz.h"

#include "hiretty/base/error.h"
#include "hiretty/command/cli.h"
#include "src/app/cli_host.h"
#include "src/command/cli_impl.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

enum { RESET_AFTER = 200, MAX_ARGUMENTS = 12 };

static HtContext *the_context(HtCliHost *host, GError **error)
{
    (void)error;
    return host->user_data;
}

static HtSync *no_sync(HtCliHost *host, GError **error)
{
    (void)host;
    g_set_error_literal(error, HT_ERROR, HT_ERROR_INVALID, "there is no server");
    return NULL;
}

static void no_probe(HtCliHost *host, HtCliProbe *probe)
{
    (void)host;
    probe->error = g_strdup("there is no server");
}

static const HtCliOps ops = {.context = the_context, .sync = no_sync, .probe = no_probe};

static void run_verb(FuzzDesk *desk, int argc, char **argv, const HtAppOptions *options)
{
    static const char *const read_only[] = {"db", "sync", "doctor", NULL};
    const HtVerb *verb = argc > 0 ? ht_verb_find(argv[0]) : NULL;
    if (!verb || strcmp(verb->name, "db") == 0)
        return;
    /* Neither the cache nor a file of any name is at stake. */
    bool risks =
        strcmp(verb->name, "cache") == 0 || (strcmp(verb->name, "outbox") == 0 && argc > 2);
    if (risks || g_strv_contains(read_only, verb->name)) {
        g_auto(HtCliOptions) parsed;
        int exit = -1;
        if (!ht_cli_parse(argc, argv, &parsed, &exit))
            g_assert_true(exit == HT_EXIT_DONE || exit == HT_EXIT_USAGE);
        return;
    }
    g_autoptr(HtContext) context = fuzz_context(desk, false);
    HtCliHost host = {.ops = &ops,
                      .paths = desk->fixture.paths,
                      .settings = desk->settings,
                      .offline = true,
                      .no_color = options->no_color,
                      .user_data = context};
    int exit = ht_cli_main(&host, argc, argv);
    g_assert_cmpint(exit, >=, 0);
    g_assert_cmpint(exit, <, 64);
}

/* What is printed goes nowhere; libFuzzer has its own way to standard error. */
static void silence(void)
{
    static bool is_silent;
    if (is_silent)
        return;
    is_silent = true;
    g_assert_nonnull(freopen("/dev/null", "w", stdout));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static int runs;
    silence();
    if (runs++ >= RESET_AFTER) {
        fuzz_desk_reset();
        runs = 1;
    }
    g_autofree char *text = fuzz_text(data, size);
    g_auto(GStrv) words = g_strsplit(text, "\n", MAX_ARGUMENTS);
    char program[] = "hiretty";
    char *argv[MAX_ARGUMENTS + 2] = {program};
    int argc = 1;
    for (int i = 0; words[i]; i++)
        argv[argc++] = words[i];
    g_auto(HtAppOptions) options;
    g_autoptr(GError) error = NULL;
    if (!ht_app_options_take(&options, &argc, argv, &error)) {
        g_assert_nonnull(error);
        return 0;
    }
    g_assert_cmpint(argc, >=, 1);
    run_verb(fuzz_desk(), argc - 1, argv + 1, &options);
    return 0;
}
