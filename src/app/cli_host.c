/* Opening is lazy: `hiretty --help` and `hiretty config` work on a machine where nothing else does.
 */
#include "cli_host.h"

#include "screen.h"

#include "hiretty/base/clock.h"
#include "hiretty/base/error.h"
#include "hiretty/base/limits.h"
#include "hiretty/base/log.h"
#include "hiretty/base/print.h"
#include "hiretty/base/secret.h"
#include "hiretty/base/text.h"
#include "hiretty/cache/store.h"
#include "hiretty/pg/connection.h"
#include "hiretty/ui/editor.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct HtAppHost {
    HtCliHost cli;
    HtPaths *paths;
    HtSettings *settings;
    GPtrArray *warnings;
    char *dsn;
    char *theme;    /* --theme; NULL */
    char *password; /* of the environment; NULL */
    const char *note;
    HtCache *cache;
    HtOutbox *outbox;
    HtReader *reader;
    HtContext *context;
    HtSync *sync;
};

/* ---- options
 * --------------------------------------------------------------------------------------------- */
typedef struct {
    const char *name;
    gsize text, flag; /* offsets; one of them counts */
} OptionRow;

#define TEXT(field) G_STRUCT_OFFSET(HtAppOptions, field), 0
#define FLAG(field) 0, G_STRUCT_OFFSET(HtAppOptions, field)
static const OptionRow rows[] = {
    {"--profile", TEXT(profile)},
    {"--dsn", TEXT(dsn)},
    {"--script", TEXT(script)},
    {"--record", TEXT(record)},
    {"--theme", TEXT(theme)},
    {"--snap-dir", TEXT(snap_dir)},
    {"--offline", FLAG(offline)},
    {"--no-color", FLAG(no_color)},
    {"--record-texts", FLAG(record_texts)},
    {"--check-config", FLAG(check_config)},
    {"--dump-keys", FLAG(dump_keys)},
    {"--dump-keys-md", FLAG(dump_keys_md)},
    {"--dump-filters-md", FLAG(dump_filters_md)},
    {"--version", FLAG(version)},
};
#undef TEXT
#undef FLAG

/* The first field has offset 0 as a text: rows of flags are told by a flag offset above it. */
static bool is_flag(const OptionRow *row)
{
    return row->flag > 0;
}

void ht_app_options_clear(HtAppOptions *options)
{
    g_free(options->profile);
    g_free(options->dsn);
    g_free(options->script);
    g_free(options->record);
    g_free(options->theme);
    g_free(options->snap_dir);
    memset(options, 0, sizeof *options);
}

static const OptionRow *find_row(const char *argument, const char **value)
{
    const char *equals = strchr(argument, '=');
    gsize len = equals ? (gsize)(equals - argument) : strlen(argument);
    *value = equals ? equals + 1 : NULL;
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        if (strlen(rows[i].name) == len && strncmp(rows[i].name, argument, len) == 0)
            return &rows[i];
    }
    return NULL;
}

static bool take_one(HtAppOptions *options, const OptionRow *row, const char *value, GError **error)
{
    if (is_flag(row)) {
        *(bool *)(void *)((char *)options + row->flag) = true;
        return true;
    }
    if (!value) {
        g_set_error(error, HT_ERROR, HT_ERROR_INVALID, "%s wants a value", row->name);
        return false;
    }
    char **place = (char **)(void *)((char *)options + row->text);
    g_free(*place);
    *place = g_strdup(value);
    return true;
}

bool ht_app_options_take(HtAppOptions *options, int *argc, char **argv, GError **error)
{
    memset(options, 0, sizeof *options);
    int kept = 1;
    bool verb = false, rest = false;
    for (int i = 1; i < *argc; i++) {
        const char *value;
        const OptionRow *row = rest ? NULL : find_row(argv[i], &value);
        if (row) {
            if (!is_flag(row) && !value && i + 1 < *argc)
                value = argv[++i];
            if (!take_one(options, row, value, error))
                return false;
            continue;
        }
        bool help = strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0;
        if (!verb && !rest && help) {
            options->help = true;
            continue;
        }
        if (!verb && argv[i][0] == '-') {
            g_set_error(error, HT_ERROR, HT_ERROR_INVALID, "there is no option %s", argv[i]);
            return false;
        }
        rest = rest || strcmp(argv[i], "--") == 0 || (!verb && strcmp(argv[i], "db") == 0);
        verb = true;
        argv[kept++] = argv[i];
    }
    argv[kept] = NULL;
    *argc = kept;
    return true;
}

/* ---- opening
 * ------------------------------------------------------------------------------------------------
 */
static HtContext *cli_context(HtCliHost *cli, GError **error)
{
    return ht_app_host_context(cli->user_data, false, error);
}

static HtSync *cli_sync(HtCliHost *cli, GError **error)
{
    return ht_app_host_sync(cli->user_data, error);
}

static const char *mend_of(const GError *error)
{
    if (error->domain != HT_PG_ERROR)
        return "check which database the settings name, and update Hiretty";
    switch ((HtPgError)error->code) {
    case HT_PG_ERROR_AUTH:
        return "check the user, and the password: in ~/.pgpass or the passfile of your service, or "
               "typed (here on a terminal, with gp in the workstation)";
    case HT_PG_ERROR_TLS:
        return "name the server as its certificate does, and its authority by sslrootcert";
    case HT_PG_ERROR_SETUP:
        return "correct the connection's settings";
    case HT_PG_ERROR_REFUSED:
    case HT_PG_ERROR_DENIED:
        return "ask your administrator for access";
    case HT_PG_ERROR_SCHEMA:
        return "ask your administrator to run: hiretty db apply";
    case HT_PG_ERROR_FAILED:
    case HT_PG_ERROR_OFFLINE:
    case HT_PG_ERROR_SERVER:
    case HT_PG_ERROR_RETRY:
    case HT_PG_ERROR_DATA:
    case HT_PG_ERROR_PROTOCOL:
    case HT_PG_ERROR_LARGE:
    case HT_PG_ERROR_CANCELLED:
    default:
        return "check that the server runs and can be reached; work goes on offline";
    }
}

static HtPgOptions connection_options(const HtAppHost *host)
{
    return (HtPgOptions){
        .dsn = *host->dsn ? host->dsn : NULL,
        .allow_weak_tls = ht_settings_bool(host->settings, "connect.allow_insecure"),
        .connect_timeout_ms = ht_settings_int(host->settings, "connect.timeout") * 1000,
        .password_text = host->password,
        .note = host->note};
}

/* HtPgPasswordFunc; pg wipes and frees the answer. */
static char *ask_password(const char *user, const char *server, int attempt, gpointer data)
{
    (void)data;
    if (attempt > 2)
        return NULL;
    const char *refused = attempt > 0 ? "That password was refused. " : "";
    g_autofree char *question = g_strdup_printf("%sPassword of %s on %s", refused, user, server);
    return ht_secret_ask(question);
}

static void cli_probe(HtCliHost *cli, HtCliProbe *probe)
{
    g_autoptr(GError) error = NULL;
    HtPgOptions options = connection_options(cli->user_data);
    options.password = ask_password;
    if (ht_sync_probe(&options, &probe->seen, &error))
        return;
    probe->error = g_strdup(error->message);
    probe->mend = g_strdup(mend_of(error));
}

static char *cli_edit(HtCliHost *cli, const char *initial, GError **error)
{
    return ht_editor_run(ht_paths_runtime_dir(cli->paths), initial, NULL, error);
}

static void cli_check_themes(HtCliHost *cli, GPtrArray *warnings)
{
    const HtAppHost *host = cli->user_data;
    ht_app_check_themes(host->paths, host->settings, host->theme, warnings);
}

static const HtCliOps cli_ops = {cli_context, cli_sync, cli_probe, cli_edit, cli_check_themes};

static char *find_dsn(const HtAppOptions *options, const HtSettings *settings)
{
    if (options->dsn)
        return g_strdup(options->dsn);
    const char *env = g_getenv("HIRETTY_DSN");
    if (env && *env)
        return g_strdup(env);
    const char *setting = ht_settings_string(settings, "connect.dsn");
    if (*setting)
        return g_strdup(setting);
    /* libpq's own ways: a service or a host in the environment. */
    return g_getenv("PGSERVICE") || g_getenv("PGHOST") ? g_strdup("") : NULL;
}

/* libpq would send these behind our back, and they would win over what we ask for. */
static void forget_variables(void)
{
    static const char *const names[] = {"PGTZ", "PGDATESTYLE", "PGGEQO"};
    for (gsize i = 0; i < G_N_ELEMENTS(names); i++)
        g_unsetenv(names[i]);
}

/* The places of a password that others may see leave a lasting warning; the command line, which
 * every account of the machine can read, is refused. */
static bool look_at_password(HtAppHost *host, const HtAppOptions *options, GError **error)
{
    g_autoptr(GError) problem = NULL;
    if (options->dsn && !ht_pg_dsn_check(options->dsn, &problem)) {
        g_set_error(error, HT_ERROR, HT_ERROR_INVALID, "--dsn: %s", problem->message);
        return false;
    }
    if (options->dsn && ht_pg_dsn_has_password(options->dsn)) {
        g_set_error_literal(error, HT_ERROR, HT_ERROR_INVALID,
                            "a password on the command line can be read by everybody on this "
                            "machine: put it in the password file (~/.pgpass)");
        return false;
    }
    g_autofree char *env = ht_secret_take_env("HIRETTY_DSN"); /* no child of ours is to have it */
    host->password = ht_secret_take_env("PGPASSWORD");
    bool is_in_env = host->password || (!options->dsn && ht_pg_dsn_has_password(env));
    if (env)
        explicit_bzero(env, strlen(env));
    if (is_in_env)
        host->note = "the password stands in the environment (the password file is the place)";
    else if (ht_pg_dsn_has_password(host->dsn))
        host->note = "the password stands in the settings (the password file is the place)";
    return true;
}

/* With mode=runtime nothing of the cache stays on the disk, also not what was there before. */
static bool place_cache(HtAppHost *host, GError **error)
{
    if (strcmp(ht_settings_string(host->settings, "cache.mode"), "runtime") != 0)
        return true;
    g_autoptr(HtPaths) on_disk = ht_paths_new(ht_paths_profile(host->paths), error);
    return on_disk && ht_paths_use_runtime_cache(host->paths, error) &&
           ht_cache_wipe(on_disk, error);
}

HtAppHost *ht_app_host_new(const HtAppOptions *options, GError **error)
{
    const char *profile = options->profile ? options->profile : g_getenv("HIRETTY_PROFILE");
    HtPaths *paths = ht_paths_new(profile, error);
    if (!paths)
        return NULL;
    HtAppHost *host = g_new0(HtAppHost, 1);
    host->paths = paths;
    host->warnings = g_ptr_array_new_with_free_func(g_free);
    g_autofree char *file = g_build_filename(ht_paths_config_dir(paths), "config", NULL);
    host->settings = ht_settings_load(file, ht_paths_profile(paths), host->warnings);
    host->dsn = find_dsn(options, host->settings);
    host->theme = g_strdup(options->theme);
    forget_variables();
    if (!place_cache(host, error) || !look_at_password(host, options, error)) {
        ht_app_host_free(host);
        return NULL;
    }
    const char *no_color = g_getenv("NO_COLOR");
    host->cli = (HtCliHost){.ops = &cli_ops,
                            .paths = paths,
                            .settings = host->settings,
                            .dsn = host->dsn,
                            .password = host->password,
                            .note = host->note,
                            .offline = options->offline,
                            .no_color = options->no_color || (no_color && *no_color),
                            .user_data = host};
    return host;
}

static bool forget_session(HtStore *store, HtForgetHow how, gpointer data, GError **error)
{
    (void)store;
    (void)how;
    ht_editor_sweep(ht_paths_runtime_dir(data));
    ht_dir_sweep(ht_paths_state_dir(data));
    return ht_session_forget(data, error);
}

static bool no_work(HtStore *store, gpointer data, GError **error)
{
    (void)store;
    (void)data;
    (void)error;
    return true;
}

/* What a thread that could not be stopped works on, until the process ends. */
static HtAppHost *kept;

void ht_app_host_free(HtAppHost *host)
{
    if (!host)
        return;
    if (host->sync && !ht_sync_stop(host->sync)) {
        /* What is decided is recorded behind what is in the store's queue; all else stays as it is,
         * for the thread works on. */
        ht_store_call(host->cache, no_work, NULL, NULL);
        kept = host;
        return;
    }
    ht_context_free(host->context);
    ht_sync_free(host->sync);
    if (host->reader)
        ht_reader_free(host->reader);
    if (host->outbox)
        ht_outbox_close(host->outbox);
    if (host->cache) {
        ht_cache_remove_forget_hook(host->cache, forget_session);
        ht_cache_close(host->cache);
    }
    ht_settings_free(host->settings);
    ht_paths_free(host->paths);
    g_ptr_array_unref(host->warnings);
    ht_secret_free(host->dsn);
    g_free(host->theme);
    ht_secret_free(host->password);
    g_free(host);
}

const HtPaths *ht_app_host_paths(const HtAppHost *host)
{
    return host->paths;
}

HtSettings *ht_app_host_settings(const HtAppHost *host)
{
    return host->settings;
}

const GPtrArray *ht_app_host_warnings(const HtAppHost *host)
{
    return host->warnings;
}

HtCliHost *ht_app_host_cli(HtAppHost *host)
{
    return &host->cli;
}

static int64_t lease_us(const HtAppHost *host)
{
    return ht_settings_int(host->settings, "cache.lease") * HT_US_PER_DAY;
}

/* People whom a process before this one had to forget, and did not live to. */
static void pay_debts(HtAppHost *host, bool interactive)
{
    g_autoptr(GError) later = NULL;
    ht_cache_add_forget_hook(host->cache, forget_session, host->paths);
    if (!ht_cache_owes(host->cache))
        return;
    if (interactive)
        ht_cache_forget_later(host->cache);
    else if (!ht_cache_forget(host->cache, false, &later))
        ht_log(HT_LOG_INFO, "forgetting waits: %s", later->message);
}

static bool open_data(HtAppHost *host, bool interactive, GError **error)
{
    if (host->cache && host->outbox)
        return true;
    if (!interactive && !ht_limits_files(HT_APP_FILES_VERB, error))
        return false;
    HtCacheFlags flags = interactive ? HT_CACHE_DEFAULT : HT_CACHE_NO_POLL;
    if (!host->cache) {
        host->cache = ht_cache_open(host->paths, flags, error);
        /* Too long without the server: locked, whoever opens it and whether there is a line or not.
         */
        if (host->cache)
            ht_sync_lease_check(host->cache, lease_us(host));
    }
    if (host->cache && !host->outbox) {
        host->outbox = ht_outbox_open(host->cache, host->paths, error);
        if (host->outbox)
            pay_debts(host, interactive);
    }
    return host->cache && host->outbox;
}

HtContext *ht_app_host_context(HtAppHost *host, bool interactive, GError **error)
{
    if (host->context)
        return host->context;
    if (!open_data(host, interactive, error))
        return NULL;
    if (!host->reader)
        host->reader = ht_reader_new(host->cache, "ui", error);
    if (!host->reader)
        return NULL;
    HtContextParts parts = {.paths = host->paths,
                            .settings = host->settings,
                            .cache = host->cache,
                            .outbox = host->outbox,
                            .reader = host->reader,
                            .interactive = interactive};
    host->context = ht_context_new(&parts, error);
    return host->context;
}

HtSync *ht_app_host_sync(HtAppHost *host, GError **error)
{
    if (host->sync)
        return host->sync;
    if (!host->dsn) {
        g_set_error(error, HT_SYNC_ERROR, HT_SYNC_ERROR_OFFLINE,
                    "no server is configured (--dsn, HIRETTY_DSN, or dsn under [connect] in the "
                    "settings)");
        return NULL;
    }
    bool interactive = host->context && ht_context_parts(host->context)->interactive;
    if (!open_data(host, interactive, error))
        return NULL;
    HtSyncOptions options = {.connection = connection_options(host),
                             .paths = host->paths,
                             .lease_us = lease_us(host),
                             .poll_focused_ms =
                                 ht_settings_int(host->settings, "sync.poll_focused"),
                             .poll_idle_ms = ht_settings_int(host->settings, "sync.poll_idle")};
    if (!interactive)
        options.connection.password = ask_password;
    host->sync = ht_sync_new(host->cache, host->outbox, &options, error);
    return host->sync;
}

/* ---- the command line
 * ------------------------------------------------------------------------------------------- */
static int print_text(char *text)
{
    g_autofree char *owned = text;
    ht_print_block(stdout, "%s", owned);
    return ht_print_flush(stdout, NULL) ? HT_EXIT_DONE : HT_EXIT_FAILED;
}

static int dump_markdown(void)
{
    g_autoptr(HtKeymap) keymap = ht_keymap_new();
    return print_text(ht_keymap_markdown(keymap));
}

static int run_verb(HtAppHost *host, int argc, char **argv)
{
    for (guint i = 0; i < host->warnings->len; i++)
        ht_log(HT_LOG_WARNING, "settings: problem %u", i + 1);
    g_autoptr(GError) error = NULL;
    if (!ht_log_open(ht_paths_state_dir(host->paths), &error))
        g_clear_error(&error);
    int exit = ht_cli_main(&host->cli, argc, argv);
    g_clear_error(&error);
    if (exit != HT_EXIT_DONE || !host->reader || ht_reader_check(host->reader, &error))
        return exit;
    ht_print_error("what was shown may not be all", error->message, "hiretty doctor");
    return HT_EXIT_FAILED;
}

/* One that was given and only the workstation understands; NULL: none. */
static const char *of_workstation(const HtAppOptions *options)
{
    return options->script         ? "--script"
           : options->record       ? "--record"
           : options->record_texts ? "--record-texts"
           : options->snap_dir     ? "--snap-dir"
           : options->theme        ? "--theme"
                                   : NULL;
}

/* What is printed is for a screen, or for whoever reads the pipe: that one gets every name whole.
 */
static void choose_letters(void)
{
    if (!isatty(STDOUT_FILENO))
        ht_text_set_ascii(false);
}

int ht_app_cli(const HtAppOptions *options, int argc, char **argv)
{
    bool is_ours = argc > 1 || options->version || options->dump_keys_md || options->help ||
                   options->check_config || options->dump_keys || options->dump_filters_md;
    if (!is_ours)
        return -1;
    choose_letters();
    if (options->version)
        return print_text(g_strdup("hiretty " HT_VERSION));
    if (options->dump_keys_md)
        return dump_markdown();
    if (options->dump_filters_md)
        return print_text(ht_cli_filters_markdown());
    if (options->help)
        return print_text(ht_cli_help());
    bool verb = argc > 1;
    const char *workstations = of_workstation(options);
    if (verb && workstations) {
        g_autofree char *why = g_strdup_printf("%s says nothing to a verb", workstations);
        ht_print_error(argv[1], why, "hiretty --help");
        return HT_EXIT_USAGE;
    }
    g_autoptr(GError) error = NULL;
    g_autoptr(HtAppHost) host = ht_app_host_new(options, &error);
    if (!host) {
        ht_print_error("start", error->message, NULL);
        return g_error_matches(error, HT_ERROR, HT_ERROR_INVALID) ? HT_EXIT_USAGE : HT_EXIT_FAILED;
    }
    if (options->check_config)
        return ht_cli_check_config(&host->cli);
    if (options->dump_keys)
        return ht_cli_dump_keys(host->paths);
    return run_verb(host, argc - 1, argv + 1);
}
