/* The workstation: a screen on a real terminal, driven by the main loop. Main thread. */
#pragma once

#include "hiretty/command/context.h"

#include <glib.h>
#include <stdbool.h>

typedef struct HtWorkstationOptions {
    bool no_color;
    const char *theme;  /* NULL: the setting */
    const char *record; /* file that receives the keys as a script; NULL = none */
    bool record_texts;  /* typed and pasted texts as they are; else masked */
    /* Called once, after the first frame is on the screen: the place to start what costs time. */
    void (*started)(HtContext *context, gpointer data);
    gpointer data;
} HtWorkstationOptions;

/* Runs until the person quits or the terminal goes away (hang-up, SIGTERM, end of input); the
 * terminal is given back before this returns. false and HT_UI_ERROR when there is no terminal to
 * work on. */
bool ht_workstation_run(HtContext *context, const HtWorkstationOptions *options, GError **error);
