/* Verbs about this machine: cache, config, completion; and checks of the configuration. doctor is
 * in cli_doctor.c. */
#include "cli_impl.h"

#include <glib/gstdio.h>
#include <string.h>

/* ---- cache
 * --------------------------------------------------------------------------------------------------------
 */
static int cache_path(HtCliHost *host)
{
    int exit;
    HtContext *context = ht_cli_open(host, "cache", &exit);
    if (!context)
        return exit;
    g_autofree char *path = ht_cache_path(context->parts.cache);
    ht_print_line(stdout, "%s", path);
    return ht_cli_finish("cache");
}

static void print_checks(const GArray *checks, int *wrong, bool json)
{
    HtJson *array = ht_json_new_array();
    for (guint i = 0; i < checks->len; i++) {
        const HtSyncCheck *check = &g_array_index(checks, HtSyncCheck, i);
        *wrong += !check->same;
        HtJson *one = ht_json_new_object();
        ht_json_set_string(one, "table", check->table);
        ht_json_set_bool(one, "same", check->same);
        ht_json_set_int(one, "rows_here", check->rows_here);
        ht_json_set_int(one, "rows_there", check->rows_there);
        ht_json_add(array, one);
        if (!json && !check->same)
            ht_print_line(stdout,
                          "%s differs: %" G_GINT64_FORMAT " %s here, %" G_GINT64_FORMAT " there",
                          check->table, check->rows_here,
                          ht_text_plural(check->rows_here, "row", "rows"), check->rows_there);
    }
    if (json)
        ht_cli_print_json(array);
    else
        ht_json_free(array);
}

static int cache_check(HtCliHost *host, const HtCliOptions *options)
{
    int exit, wrong = 0;
    GError *error = NULL;
    HtContext *context = ht_cli_open(host, "cache", &exit);
    if (!context)
        return exit;
    if (!ht_cache_verify(context->parts.cache, &error))
        return ht_cli_fail("cache", error);
    if (host->offline || !host->dsn) {
        ht_print_line(stdout, "The file is in order. It was not compared with the server.");
        return ht_cli_finish("cache");
    }
    HtSync *sync = host->ops->sync(host, &error);
    g_autoptr(GArray) checks = sync ? ht_sync_check(sync, NULL, &error) : NULL;
    if (g_error_matches(error, HT_SYNC_ERROR, HT_SYNC_ERROR_BUSY)) {
        g_error_free(error);
        ht_print_error("cache",
                       "the file is in order, but was not compared with the server: another "
                       "Hiretty of this profile has the line, and does not answer",
                       "quit it and check again");
        return HT_EXIT_FAILED;
    }
    if (!checks)
        return ht_cli_fail("cache", error);
    print_checks(checks, &wrong, options->json);
    if (wrong > 0) {
        ht_print_error("cache", "it differs from what the server shows you", "hiretty sync --full");
        return HT_EXIT_FAILED;
    }
    if (!options->json)
        ht_print_line(stdout, "The cache is what the server shows you: %u %s compared.",
                      checks->len, ht_text_plural(checks->len, "table", "tables"));
    return ht_cli_finish("cache");
}

/* What became of it, as far as this machine knows. */
static const char *fate_of(HtOpState state)
{
    if (state == HT_OP_SENDING)
        return "sent, no answer came, and gone from here";
    return state == HT_OP_PENDING ? "not sent, and gone" : "not taken, and gone";
}

/* What is about to go with the outbox, a line each: no name is needed to know it again. */
static void print_unsent(const GPtrArray *items)
{
    for (guint i = 0; i < items->len; i++) {
        const HtOutboxItem *item = items->pdata[i];
        g_autofree char *at = ht_clock_format_iso(item->at);
        ht_print_line(stdout, "%s: %" G_GINT64_FORMAT " %s, %s, %s", fate_of(item->state),
                      item->seq, item->label, ht_op_state_name(item->state), at);
    }
}

/* The log and the place where work stopped: what else a profile's folders hold. */
static void remove_traces(const HtPaths *paths)
{
    static const char *const names[] = {"session", "hiretty.log", "hiretty.log.1"};
    for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autofree char *path = g_build_filename(ht_paths_state_dir(paths), names[i], NULL);
        g_unlink(path);
    }
    ht_sync_remove_answers(paths);
}

static int cache_wipe(HtCliHost *host, const HtCliOptions *options)
{
    GError *error = NULL;
    g_autoptr(GPtrArray) unsent = ht_outbox_peek(host->paths, &error);
    if (!unsent && !options->unsent)
        return ht_cli_fail("cache", error);
    g_clear_error(&error); /* a damaged file: --unsent says that it may go */
    if (!ht_cache_wipe(host->paths, &error))
        return ht_cli_fail("cache", error);
    remove_traces(host->paths);
    bool keeps = unsent && unsent->len > 0 && !options->unsent;
    if (!keeps && !ht_outbox_wipe(host->paths, &error))
        return ht_cli_fail("cache", error);
    if (keeps) {
        ht_print_line(stdout,
                      "The cache is gone; %u %s kept (hiretty outbox list; hiretty cache wipe "
                      "--unsent removes %s)",
                      unsent->len,
                      ht_text_plural(unsent->len, "change that waits to be sent was",
                                     "changes that wait to be sent were"),
                      ht_text_plural(unsent->len, "it", "them"));
        return ht_cli_finish("cache");
    }
    if (unsent)
        print_unsent(unsent);
    ht_print_line(stdout, "Nothing of this profile is left on this machine but its settings.");
    return ht_cli_finish("cache");
}

int ht_verb_cache(HtCliHost *host, int argc, char **argv)
{
    g_auto(HtCliOptions) options;
    int exit;
    if (!ht_cli_parse(argc, argv, &options, &exit))
        return exit;
    const char *word = options.rest[0] ? options.rest[0] : "";
    if (strcmp(word, "path") == 0)
        return cache_path(host);
    if (strcmp(word, "check") == 0)
        return cache_check(host, &options);
    if (strcmp(word, "wipe") != 0)
        return ht_cli_usage_error("cache", "path, check or wipe is wanted");
    return cache_wipe(host, &options);
}

/* ---- config
 * ----------------------------------------------------------------------------------------------------------
 */
static int config_json(const HtCliHost *host)
{
    HtJson *json = ht_json_new_object();
    for (const HtSetting *s = ht_settings_table(); s->name; s++) {
        g_autofree char *name = g_strconcat(s->group, ".", s->name, NULL);
        g_autofree char *value = ht_settings_show(host->settings, s);
        ht_json_set_string(json, name, value);
    }
    ht_cli_print_json(json);
    return ht_cli_finish("config");
}

int ht_verb_config(HtCliHost *host, int argc, char **argv)
{
    g_auto(HtCliOptions) options;
    int exit;
    if (!ht_cli_parse(argc, argv, &options, &exit))
        return exit;
    if (options.defaults) {
        g_autofree char *text = ht_settings_dump_defaults();
        ht_print_block(stdout, "%s", text);
        return ht_cli_finish("config");
    }
    if (options.json)
        return config_json(host);
    g_autofree char *file = g_build_filename(ht_paths_config_dir(host->paths), "config", NULL);
    bool there = g_file_test(file, G_FILE_TEST_EXISTS);
    ht_print_line(stdout, "# %s%s", file, there ? "" : " (not there: defaults)");
    ht_print_line(stdout, "# profile %s, cache in %s, work in %s", ht_paths_profile(host->paths),
                  ht_paths_cache_dir(host->paths), ht_paths_state_dir(host->paths));
    for (const HtSetting *s = ht_settings_table(); s->name; s++) {
        g_autofree char *name = g_strconcat(s->group, ".", s->name, NULL);
        g_autofree char *value = ht_settings_show(host->settings, s);
        ht_print_line(stdout, "%s = %s%s", name, value,
                      ht_settings_is_set(host->settings, name) ? "" : "  # default");
    }
    return ht_cli_finish("config");
}

static char *load_config(const HtPaths *paths, char **file)
{
    *file = g_build_filename(ht_paths_config_dir(paths), "config", NULL);
    char *text = ht_file_load_trusted(*file, MAX_CONFIG, NULL, NULL);
    return text ? text : g_strdup("");
}

int ht_cli_check_config(HtCliHost *host)
{
    const HtPaths *paths = host->paths;
    g_autofree char *file = NULL;
    g_autofree char *text = load_config(paths, &file);
    g_autoptr(GPtrArray) warnings = g_ptr_array_new_with_free_func(g_free);
    ht_settings_free(ht_settings_load(file, ht_paths_profile(paths), warnings));
    g_autoptr(HtKeymap) keymap = ht_keymap_new();
    ht_keymap_load(keymap, file, text, warnings);
    if (host->ops->check_themes)
        host->ops->check_themes(host, warnings);
    for (guint i = 0; i < warnings->len; i++)
        ht_print_line(stdout, "%s", (const char *)warnings->pdata[i]);
    if (warnings->len == 0)
        ht_print_line(stdout, "%s: no problems", file);
    int exit = ht_cli_finish("check-config");
    return exit == HT_EXIT_DONE && warnings->len > 0 ? HT_EXIT_FAILED : exit;
}

int ht_cli_dump_keys(const HtPaths *paths)
{
    g_autofree char *file = NULL;
    g_autofree char *text = load_config(paths, &file);
    g_autoptr(HtKeymap) keymap = ht_keymap_new();
    ht_keymap_load(keymap, file, text, NULL);
    g_autofree char *dump = ht_keymap_dump(keymap);
    ht_print_block(stdout, "%s", dump);
    return ht_cli_finish("dump-keys");
}

/* ---- completion
 * ----------------------------------------------------------------------------------------------------------
 */
char *ht_cli_completion(void)
{
    GString *out = g_string_new("# bash completion for hiretty, made by `hiretty completion bash`\n"
                                "_hiretty()\n{\n"
                                "    local word=${COMP_WORDS[COMP_CWORD]} verb= i\n"
                                "    for ((i = 1; i < COMP_CWORD; i++)); do\n"
                                "        case ${COMP_WORDS[i]} in\n"
                                "        --profile | --dsn | --script | --record) ((i++)) ;;\n"
                                "        -*) ;;\n"
                                "        *) verb=${COMP_WORDS[i]}; break ;;\n"
                                "        esac\n    done\n"
                                "    local words=\n    case $verb in\n    '') words=\"");
    int n;
    const HtVerb *table = ht_verbs(&n);
    for (int i = 0; i < n; i++)
        g_string_append_printf(out, "%s ", table[i].name);
    g_string_append(out, "--profile --dsn --offline --no-color --script --record --check-config "
                         "--dump-keys --help --version\" ;;\n");
    for (int i = 0; i < n; i++)
        g_string_append_printf(out, "    %s) words=\"%s%s%s --help\" ;;\n", table[i].name,
                               table[i].words ? table[i].words : "", table[i].words ? " " : "",
                               table[i].options ? table[i].options : "");
    g_string_append(out, "    esac\n"
                         "    [ \"${COMP_WORDS[COMP_CWORD - 1]}\" != --reason ] ||\n"
                         "        words=$(\"${COMP_WORDS[0]}\" completion reasons 2>/dev/null)\n"
                         "    mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$word\")\n"
                         "}\ncomplete -F _hiretty hiretty\n");
    return g_string_free(out, FALSE);
}

/* One a line, for the script above. The shell expands what it is given: a code of other signs than
 * those of a name is left out. */
static int print_reasons(HtCliHost *host)
{
    int exit;
    HtContext *context = ht_cli_open(host, "completion", &exit);
    if (!context)
        return exit;
    GError *error = NULL;
    g_autoptr(GPtrArray) reasons = ht_cache_reasons(context->parts.reader, "we_rejected", &error);
    if (!reasons)
        return ht_cli_fail("completion", error);
    for (guint i = 0; i < reasons->len; i++) {
        const HtReason *reason = reasons->pdata[i];
        if (reason->code &&
            !reason->code[strspn(reason->code, G_CSET_a_2_z G_CSET_A_2_Z G_CSET_DIGITS "_-")])
            ht_print_line(stdout, "%s", reason->code);
    }
    return ht_cli_finish("completion");
}

int ht_verb_completion(HtCliHost *host, int argc, char **argv)
{
    g_auto(HtCliOptions) options;
    int exit;
    if (!ht_cli_parse(argc, argv, &options, &exit))
        return exit;
    if (ht_cli_n_rest(&options) == 1 && strcmp(options.rest[0], "reasons") == 0)
        return print_reasons(host);
    if (ht_cli_n_rest(&options) != 1 || strcmp(options.rest[0], "bash") != 0)
        return ht_cli_usage_error("completion", "the name of a shell is wanted: bash");
    g_autofree char *script = ht_cli_completion();
    ht_print_block(stdout, "%s", script);
    return ht_cli_finish("completion");
}
