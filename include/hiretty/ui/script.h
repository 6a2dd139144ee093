/* Scripts: drive the program without a terminal, against a virtual one, for tests and for bug
 * reports.
 *
 * One step a line; '#' starts a comment:
 *   size COLUMNS LINES     the virtual terminal's size (at first 80 24)
 *   theme NAME             another theme
 *   key NAME …             keys by name (keymap.h): key j j Enter C-r
 *   type TEXT              each character of the rest of the line as a key
 *   paste TEXT             the rest of the line as a pasted text; \n is a line break
 *   wait                   until nothing is loading and no work is being written
 *   wait synced            and the sync has come to rest, with nothing left to send
 *   snap NAME              writes NAME.screen: text, cursor, roles and looks; "-" prints the text
 *   expect TEXT            fails unless the text is on the screen (these three wait first)
 *   refuse TEXT            fails if it is
 * Main thread. */
#pragma once

#include "hiretty/command/context.h"

#include <glib.h>
#include <stdbool.h>

typedef struct HtScriptOptions {
    bool no_color;
    const char *theme;  /* NULL: the setting */
    const char *folder; /* where snaps go; NULL: the current one */
    /* As in HtWorkstationOptions: called after the first frame. */
    void (*started)(HtContext *context, gpointer data);
    gpointer data;
} HtScriptOptions;

/* Runs a script file ("-": standard input). false: "FILE:LINE: what" in `error`. */
bool ht_script_run(HtContext *context, const char *file, const HtScriptOptions *options,
                   GError **error);
