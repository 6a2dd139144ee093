/* The workstation's start and end. Main thread. */
#pragma once

#include "cli_host.h"

/* Opens cache and outbox, shows the first frame, then starts the sync; with --script plays a script
 * on a virtual terminal instead. Prints errors; returns an HtExit. */
int ht_app_run_screen(const HtAppOptions *options);
/* Looks at the theme of `option` (--theme; NULL: the settings') and the theme files of the
 * configuration; appends what is wrong, "place: what" as char *. */
void ht_app_check_themes(const HtPaths *paths, const HtSettings *settings, const char *option,
                         GPtrArray *warnings);
