/* doctor: looks at everything that Hiretty stands on, one row a look, and names the mend of
 * whatever is not in order. A row is "ok", "note" (works, but should be known) or "problem"; the
 * exit status says whether there was one. It changes nothing. */
#include "cli_impl.h"

#include "hiretty/cache/error.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <langinfo.h>
#include <locale.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/statvfs.h>
#include <sys/vfs.h>
#include <unistd.h>

typedef enum { GOOD = 0, NOTE, BAD } Finding;

typedef struct {
    HtCliHost *host;
    HtContext *context; /* NULL: the cache did not open; `error` says why */
    GError *error;
    HtJson *array; /* NULL: lines for a person */
    int problems;
} Report;

/* Whatever is not in order has a mend. */
static void say(Report *report, const char *what, Finding finding, const char *text,
                const char *mend)
{
    static const char *const words[] = {"ok", "note", "problem"};
    g_return_if_fail(finding == GOOD || mend);
    report->problems += finding == BAD;
    if (report->array) {
        HtJson *json = ht_json_new_object();
        ht_json_set_string(json, "check", what);
        ht_json_set_string(json, "result", words[finding]);
        ht_json_set_string(json, "text", text);
        ht_json_set_string(json, "mend", mend);
        ht_json_add(report->array, json);
        return;
    }
    ht_print_line(stdout, "%-10s %-8s %s", what, words[finding], text);
    if (mend)
        ht_print_line(stdout, "%-10s %-8s mend: %s", "", "", mend);
}

/* ---- where it runs */
static void check_terminal(Report *report)
{
    const char *term = g_getenv("TERM");
    struct winsize size = {0};
    if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO)) {
        say(report, "terminal", NOTE, "this is not one (a pipe or a file)",
            "run hiretty doctor in the terminal itself to have it looked at");
        return;
    }
    if (!term || !*term || strcmp(term, "dumb") == 0) {
        say(report, "terminal", BAD, "TERM says nothing about it",
            "export TERM=xterm-256color, or what your terminal is");
        return;
    }
    ioctl(STDOUT_FILENO, TIOCGWINSZ, &size);
    g_autofree char *text = g_strdup_printf("%s, %d×%d", term, size.ws_col, size.ws_row);
    if (size.ws_col < 40 || size.ws_row < 10)
        say(report, "terminal", BAD, text, "make the window at least 40×10");
    else if (size.ws_col < 80 || size.ws_row < 24)
        say(report, "terminal", NOTE, text, "80×24 shows more, 160×48 all of it");
    else
        say(report, "terminal", GOOD, text, NULL);
}

static void check_locale(Report *report)
{
    if (strcmp(nl_langinfo(CODESET), "UTF-8") == 0)
        say(report, "locale", GOOD, setlocale(LC_CTYPE, NULL), NULL);
    else
        say(report, "locale", BAD, "no UTF-8: names are shown in ASCII",
            "export LC_ALL=C.UTF-8, or another locale that ends in .UTF-8");
}

/* Settings, keys and themes, as --check-config reads them. */
static void check_config(Report *report)
{
    const HtPaths *paths = report->host->paths;
    g_autofree char *file = g_build_filename(ht_paths_config_dir(paths), "config", NULL);
    bool is_there = g_file_test(file, G_FILE_TEST_EXISTS);
    g_autoptr(GPtrArray) warnings = g_ptr_array_new_with_free_func(g_free);
    g_autofree char *text = NULL;
    ht_settings_free(ht_settings_load(file, ht_paths_profile(paths), warnings));
    g_autoptr(HtKeymap) keymap = ht_keymap_new();
    if (g_file_get_contents(file, &text, NULL, NULL))
        ht_keymap_load(keymap, file, text, warnings);
    if (report->host->ops->check_themes)
        report->host->ops->check_themes(report->host, warnings);
    /* A file that is not read has no lines to correct. */
    g_autoptr(GError) unread = NULL;
    g_autofree char *trusted = ht_file_load_trusted(file, MAX_CONFIG, NULL, &unread);
    g_autofree char *mend =
        trusted || !is_there
            ? g_strdup("correct the line (hiretty config --defaults shows all of them)")
            : g_strdup_printf("chown it to yourself, then chmod go-w %s", file);
    for (guint i = 0; i < warnings->len; i++)
        say(report, "settings", BAD, warnings->pdata[i], mend);
    if (warnings->len == 0)
        say(report, "settings", GOOD, is_there ? file : "no file: the defaults hold", NULL);
}

/* SQLite's shared memory needs a disk of this machine. Magic numbers: statfs(2). */
static bool is_remote(const char *folder)
{
    static const unsigned long magics[] = {0x6969 /* NFS */,      0xff534d42 /* CIFS */,
                                           0xfe534d42 /* SMB2 */, 0x517b /* SMB */,
                                           0x01021997 /* 9p */,   0x00c36400 /* Ceph */};
    struct statfs fs;
    if (statfs(folder, &fs) != 0)
        return false;
    for (gsize i = 0; i < G_N_ELEMENTS(magics); i++) {
        if (((unsigned long)fs.f_type & 0xffffffff) == magics[i])
            return true;
    }
    return false;
}

enum { ROOM_MB = 200 };

static void check_folder(Report *report, const char *what, const char *folder, const char *variable)
{
    struct statvfs fs;
    if (g_access(folder, R_OK | W_OK | X_OK) != 0 || statvfs(folder, &fs) != 0) {
        g_autofree char *text = g_strdup_printf("%s: %s", folder, g_strerror(errno));
        g_autofree char *mend = g_strdup_printf("chmod 700 it, or name another by %s", variable);
        say(report, what, BAD, text, mend);
        return;
    }
    guint64 free_mb = (guint64)fs.f_bavail * fs.f_frsize >> 20;
    g_autofree char *text = g_strdup_printf("%s, %" G_GUINT64_FORMAT " MB free", folder, free_mb);
    g_autofree char *mend = NULL;
    if (is_remote(folder)) {
        mend = g_strdup_printf("a network file system breaks shared caches: name a local folder by "
                               "%s",
                               variable);
        say(report, what, BAD, text, mend);
    } else if (free_mb < ROOM_MB) {
        mend = g_strdup_printf("make room, or name another folder by %s", variable);
        say(report, what, free_mb < 10 ? BAD : NOTE, text, mend);
    } else {
        say(report, what, GOOD, text, NULL);
    }
}

static void check_folders(Report *report)
{
    const HtPaths *paths = report->host->paths;
    check_folder(report, "work", ht_paths_state_dir(paths), "XDG_STATE_HOME");
    check_folder(report, "cached", ht_paths_cache_dir(paths), "XDG_CACHE_HOME");
}

/* libpq ignores a passfile that others can read, and says so only on stderr. */
static void check_passfile(Report *report)
{
    const char *named = g_getenv("PGPASSFILE");
    g_autofree char *file =
        named && *named ? g_strdup(named) : g_build_filename(g_get_home_dir(), ".pgpass", NULL);
    GStatBuf st;
    g_autofree char *mend = NULL;
    if (g_stat(file, &st) != 0) {
        say(report, "passfile", GOOD, "none: a password is asked for where one is needed", NULL);
    } else if (!S_ISREG(st.st_mode) || (st.st_mode & 077)) {
        g_autofree char *text = g_strdup_printf("%s is not used: others can read it", file);
        mend = g_strdup_printf("chmod 600 '%s'", file);
        say(report, "passfile", BAD, text, mend);
    } else {
        say(report, "passfile", GOOD, file, NULL);
    }
}

/* ---- what is kept here */
static void check_lease(Report *report)
{
    int64_t last_us = ht_sync_last_us(report->context->parts.cache);
    if (last_us == 0) {
        say(report, "last sync", NOTE, "never", "hiretty sync");
        return;
    }
    char age[32];
    int64_t age_us = ht_clock_now_us() - last_us;
    int64_t lease_us = ht_settings_int(report->host->settings, "cache.lease") * HT_US_PER_DAY;
    ht_clock_format_age(age_us, age);
    int days = (int)(lease_us / HT_US_PER_DAY);
    g_autofree char *text = g_strdup_printf("%s ago; the cache opens without the server for %d %s",
                                            age, days, ht_text_plural(days, "day", "days"));
    bool is_old = age_us > lease_us / 2 || age_us < -HT_US_PER_MINUTE;
    say(report, "last sync", is_old ? NOTE : GOOD, text,
        is_old ? "hiretty sync while the server can be reached, and look at this machine's clock"
               : NULL);
}

static void check_cache(Report *report)
{
    if (!report->context) {
        /* Where the system refused, the copy is as good as ever. */
        bool is_its = report->error->domain == HT_CACHE_ERROR;
        say(report, "cache", BAD, report->error->message,
            is_its ? "hiretty cache wipe, then hiretty sync"
                   : "what is said there; keep the cache");
        return;
    }
    HtCache *cache = report->context->parts.cache;
    g_autofree char *path = ht_cache_path(cache);
    g_autofree char *reason = NULL;
    g_autoptr(GError) broken = NULL;
    if (ht_cache_is_locked(cache, &reason))
        say(report, "cache", BAD, reason ? reason : "locked",
            "hiretty sync; if the server refuses you, ask your administrator for access");
    else if (!ht_cache_verify(cache, &broken))
        say(report, "cache", BAD, broken->message, "hiretty cache wipe, then hiretty sync");
    else if (ht_cache_problem(cache))
        say(report, "cache", NOTE, ht_cache_problem(cache), ht_cache_mend(cache));
    else
        say(report, "cache", GOOD, path, NULL);
    check_lease(report);
}

static void check_outbox(Report *report)
{
    if (!report->context)
        return;
    HtOutbox *outbox = report->context->parts.outbox;
    HtOutboxCounts counts = {0};
    ht_outbox_counts(outbox, &counts);
    int waiting = counts.pending + counts.sending, asking = counts.conflicts + counts.rejected;
    g_autofree char *text =
        g_strdup_printf("%d to send, %d parked, %d in conflict", waiting, counts.parked, asking);
    if (g_strcmp0(ht_outbox_problem(outbox), HT_CACHE_FULL_PROBLEM) == 0)
        say(report, "outbox", BAD, ht_outbox_problem(outbox), "make room on the disk");
    else if (ht_outbox_problem(outbox))
        say(report, "outbox", BAD, ht_outbox_problem(outbox),
            "look at what was moved aside, and decide again what is missing");
    else if (asking > 0)
        say(report, "outbox", NOTE, text, "hiretty conflicts");
    else if (counts.parked > 0)
        say(report, "outbox", NOTE, text, "hiretty outbox list, then outbox drop N or outbox push");
    else
        say(report, "outbox", GOOD, text, NULL);
}

/* ---- the server */
enum { FIRST_VERSION = 150000, SAFE_VERSION = 150020, SKEW_S = 120 };

static void check_schema(Report *report, const HtSyncProbe *seen)
{
    g_autofree char *text = g_strdup_printf("version %d of the schema, %d known here",
                                            seen->schema_version, seen->known_schema);
    if (seen->schema_version > seen->known_schema)
        say(report, "schema", NOTE, text, "update Hiretty on this machine");
    else if (seen->schema_version < seen->known_schema)
        say(report, "schema", NOTE, text, "ask your administrator to run: hiretty db apply");
    else
        say(report, "schema", GOOD, text, NULL);
}

static void check_clock(Report *report, const HtSyncProbe *seen)
{
    int64_t ahead_s = seen->clock_ahead_us / G_USEC_PER_SEC;
    g_autofree char *text = g_strdup_printf("%" G_GINT64_FORMAT " s %s the server's", ABS(ahead_s),
                                            ahead_s > 0 ? "behind" : "ahead of");
    if (ABS(ahead_s) > SKEW_S)
        say(report, "clock", NOTE, text,
            "set this machine's clock (timedatectl set-ntp true): ages and mails' times are wrong");
    else
        say(report, "clock", GOOD, text, NULL);
}

static void check_reached(Report *report, const HtSyncProbe *seen)
{
    int version = seen->server_version;
    g_autofree char *text = g_strdup_printf("%s as %s, PostgreSQL %d.%d", seen->server, seen->login,
                                            version / 10000, version % 10000);
    bool is_old = version >= FIRST_VERSION && version < SAFE_VERSION;
    say(report, "database", is_old ? NOTE : GOOD, text,
        is_old ? "ask for PostgreSQL 15.20 or newer: earlier ones let SQL users run code" : NULL);
    if (*seen->warning)
        say(report, "TLS", BAD, seen->warning, "sslmode=verify-full and the right sslrootcert");
    else
        say(report, "TLS", GOOD, *seen->tls ? seen->tls : "a socket of this machine: none needed",
            NULL);
}

static void check_member(Report *report, const HtSyncProbe *seen)
{
    if (!seen->is_member) {
        say(report, "membership", BAD, "this login belongs to no tenant",
            "ask your administrator: hiretty db add-member, or the right login for you");
        return;
    }
    g_autofree char *text = g_strdup_printf("%s in %s", seen->role, seen->tenant);
    say(report, "membership", GOOD, text, NULL);
    check_schema(report, seen);
    check_clock(report, seen);
}

static void check_server(Report *report)
{
    HtCliHost *host = report->host;
    if (!host->dsn) {
        say(report, "database", NOTE, "no server is configured",
            "--dsn, HIRETTY_DSN, or dsn = … under [connect] in the settings");
        return;
    }
    if (host->offline) {
        say(report, "database", NOTE, "not asked: --offline", "hiretty doctor without --offline");
        return;
    }
    HtCliProbe probe = {0};
    host->ops->probe(host, &probe);
    if (probe.seen.is_reached)
        check_reached(report, &probe.seen);
    if (probe.error)
        say(report, probe.seen.is_reached ? "greeting" : "database", BAD, probe.error, probe.mend);
    else
        check_member(report, &probe.seen);
    g_free(probe.error);
    g_free(probe.mend);
}

static void check_keyring(Report *report)
{
    say(report, "keyring", GOOD,
        "not used: passwords come from libpq's passfile or a prompt, AI is not part of this "
        "version",
        NULL);
}

int ht_verb_doctor(HtCliHost *host, int argc, char **argv)
{
    static void (*const checks[])(Report *) = {check_terminal, check_locale,   check_config,
                                               check_folders,  check_passfile, check_cache,
                                               check_outbox,   check_server,   check_keyring};
    g_auto(HtCliOptions) options;
    int exit;
    if (!ht_cli_parse(argc, argv, &options, &exit))
        return exit;
    Report report = {.host = host, .array = options.json ? ht_json_new_array() : NULL};
    report.context = host->ops->context(host, &report.error);
    for (gsize i = 0; i < G_N_ELEMENTS(checks); i++)
        checks[i](&report);
    g_clear_error(&report.error);
    if (report.array)
        ht_cli_print_json(report.array);
    exit = ht_cli_finish("doctor");
    return exit == HT_EXIT_DONE && report.problems > 0 ? HT_EXIT_FAILED : exit;
}
