/* What the program opens, and when: paths and settings at once, cache, outbox, context and sync on
 * demand. One for each process; the command line and the workstation use the same. Main thread. */
#pragma once

#include "hiretty/command/cli.h"

#include <glib.h>
#include <stdbool.h>

/* Files that must still be openable before any data is: half as much again as were ever seen open
 * at once (23 by a verb that loads everything anew, 38 by a workstation during a first load). */
enum { HT_APP_FILES_VERB = 32, HT_APP_FILES_SCREEN = 56 };

/* The options that stand before or after a verb. Texts belong to it: ht_app_options_clear. */
typedef struct HtAppOptions {
    char *profile, *dsn, *script, *record, *theme, *snap_dir;
    bool offline, no_color, record_texts, check_config, dump_keys, dump_keys_md, dump_filters_md,
        help, version;
} HtAppOptions;

void ht_app_options_clear(HtAppOptions *options);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(HtAppOptions, ht_app_options_clear)

/* Takes them out of argv, wherever they stand up to "--"; what follows `db` is that verb's own.
 * HT_ERROR_INVALID for one without its value, or an unknown one before the verb. */
bool ht_app_options_take(HtAppOptions *options, int *argc, char **argv, GError **error);

typedef struct HtAppHost HtAppHost;

/* Reads paths and settings; warnings of the settings are in ht_app_host_warnings. */
HtAppHost *ht_app_host_new(const HtAppOptions *options, GError **error);
/* Stops sync, closes outbox and cache. */
void ht_app_host_free(HtAppHost *host);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HtAppHost, ht_app_host_free)

const HtPaths *ht_app_host_paths(const HtAppHost *host);
HtSettings *ht_app_host_settings(const HtAppHost *host);
const GPtrArray *ht_app_host_warnings(const HtAppHost *host); /* char * */
HtCliHost *ht_app_host_cli(HtAppHost *host);
/* The one context, opened at the first call; `interactive` counts then. */
HtContext *ht_app_host_context(HtAppHost *host, bool interactive, GError **error);
/* The one sync, not started. NULL and error when no server is configured. */
HtSync *ht_app_host_sync(HtAppHost *host, GError **error);

/* Everything with a verb, and --help, --version, --check-config, --dump-keys: the exit status. -1:
 * none of these, so it is the workstation's turn. */
int ht_app_cli(const HtAppOptions *options, int argc, char **argv);
