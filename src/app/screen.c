/* The order that makes the first frame fast: folders, settings, cache, one read, paint. What knows
 * a network starts after it is on the screen. At the end the terminal is given back first, then the
 * sync is stopped (at most 2 s), the outbox and the cache are closed. */
#include "screen.h"

#include "hiretty/base/error.h"
#include "hiretty/base/limits.h"
#include "hiretty/base/log.h"
#include "hiretty/base/print.h"
#include "hiretty/base/text.h"
#include "hiretty/ui/script.h"
#include "hiretty/ui/theme.h"
#include "hiretty/ui/workstation.h"

#include <signal.h>
#include <string.h>

static int report(const char *what, GError *error, int code)
{
    ht_print_error(what, error ? error->message : NULL, NULL);
    g_clear_error(&error);
    return code;
}

static void open_log(HtAppHost *host)
{
    static const char *const names[] = {"debug", "info", "warning", "error"};
    g_autoptr(GError) error = NULL;
    const char *level = ht_settings_string(ht_app_host_settings(host), "log.level");
    if (!ht_log_open(ht_paths_state_dir(ht_app_host_paths(host)), &error))
        ht_print_error("the log", error->message, NULL);
    for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
        if (strcmp(names[i], level) == 0)
            ht_log_set_level((HtLogLevel)i);
    }
}

static void say_warnings(HtContext *context, const HtAppHost *host)
{
    const GPtrArray *warnings = ht_app_host_warnings(host);
    for (guint i = 0; i < warnings->len; i++)
        ht_log(HT_LOG_WARNING, "settings: problem %u of %u", i + 1, warnings->len);
    if (warnings->len == 0)
        return;
    g_autofree char *first =
        ht_text_sanitize(g_ptr_array_index(warnings, 0), -1, HT_TEXT_LINE, NULL);
    ht_context_set_message(context, HT_STYLE_WARNING, "%s%s", first,
                           warnings->len > 1 ? " (and more: hiretty --check-config)" : "");
}

/* After the first frame: everything that may take time. */
static void start_sync(HtContext *context, gpointer data)
{
    HtAppHost *host = data;
    g_autoptr(GError) error = NULL;
    if (ht_app_host_cli(host)->offline ||
        !ht_settings_bool(ht_app_host_settings(host), "sync.auto"))
        return;
    HtSync *sync = ht_app_host_sync(host, &error);
    if (!sync) {
        ht_context_set_no_server(context, error->message);
        return;
    }
    ht_context_set_sync(context, sync);
    ht_sync_start(sync);
}

static bool run_script(HtAppHost *host, HtContext *context, const HtAppOptions *options,
                       GError **error)
{
    HtScriptOptions script = {.no_color = options->no_color,
                              .folder = options->snap_dir,
                              .started = start_sync,
                              .data = host};
    return ht_script_run(context, options->script, &script, error);
}

static bool run_workstation(HtAppHost *host, HtContext *context, const HtAppOptions *options,
                            GError **error)
{
    HtWorkstationOptions station = {.no_color = options->no_color,
                                    .record = options->record,
                                    .record_texts = options->record_texts,
                                    .started = start_sync,
                                    .data = host};
    return ht_workstation_run(context, &station, error);
}

int ht_app_run_screen(const HtAppOptions *options)
{
    GError *error = NULL;
    signal(SIGPIPE, SIG_IGN);
    if (!ht_limits_files(HT_APP_FILES_SCREEN, &error))
        return report("start", error, HT_EXIT_FAILED);
    g_autoptr(HtAppHost) host = ht_app_host_new(options, &error);
    if (!host)
        return report("start", error,
                      g_error_matches(error, HT_ERROR, HT_ERROR_INVALID) ? HT_EXIT_USAGE
                                                                         : HT_EXIT_FAILED);
    open_log(host);
    if (options->theme &&
        !ht_settings_override(ht_app_host_settings(host), "ui.theme", options->theme, &error))
        return report("--theme", error, HT_EXIT_USAGE);
    HtContext *context = ht_app_host_context(host, true, &error);
    if (!context || !ht_context_start(context, &error))
        return report("the cache could not be opened", error, HT_EXIT_FAILED);
    say_warnings(context, host);
    if (options->script) {
        if (!run_script(host, context, options, &error))
            return report("the script failed", error, HT_EXIT_FAILED);
        return HT_EXIT_DONE;
    }
    if (!run_workstation(host, context, options, &error))
        return report("no screen", error, HT_EXIT_USAGE);
    if (!ht_context_save_session(context, &error))
        return report("the place could not be kept for next time", error, HT_EXIT_DONE);
    return HT_EXIT_DONE;
}

/* Who chose the theme, as a finding begins: the option, or the line of the settings. */
static char *chosen_by(const HtPaths *paths, const char *option)
{
    if (option)
        return g_strdup("--theme");
    g_autofree char *file = g_build_filename(ht_paths_config_dir(paths), "config", NULL);
    g_autofree char *place = ht_settings_place(file, ht_paths_profile(paths), "ui.theme");
    return place ? g_strdup_printf("%s: theme", place) : g_strdup("theme");
}

void ht_app_check_themes(const HtPaths *paths, const HtSettings *settings, const char *option,
                         GPtrArray *warnings)
{
    g_autofree char *folder = g_build_filename(ht_paths_config_dir(paths), "themes", NULL);
    g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
    for (const char *name = dir ? g_dir_read_name(dir) : NULL; name; name = g_dir_read_name(dir)) {
        g_autofree char *file = g_build_filename(folder, name, NULL);
        if (g_str_has_suffix(name, ".theme"))
            ht_theme_check(file, warnings);
    }
    const char *chosen = option ? option : ht_settings_string(settings, "ui.theme");
    g_autofree char *base = g_strdup_printf("%s.theme", chosen);
    g_autofree char *own = g_build_filename(folder, base, NULL);
    if (!strchr(chosen, '/') && g_file_test(own, G_FILE_TEST_EXISTS))
        return; /* looked at above */
    g_autofree char *place = chosen_by(paths, option);
    g_autoptr(GPtrArray) said = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(HtTheme) theme = ht_theme_load(paths, chosen, said);
    for (guint i = 0; i < said->len; i++)
        g_ptr_array_add(warnings, g_strdup_printf("%s: %s", place, (const char *)said->pdata[i]));
}
