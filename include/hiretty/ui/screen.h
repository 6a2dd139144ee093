/* The screen: keys in, a canvas out. Passes keys to the context, asks its prompts, and paints the
 * view on top with what stands around it. Knows no terminal: the workstation and the script driver
 * each bring their own. Main thread. */
#pragma once

#include "hiretty/command/context.h"
#include "hiretty/ui/canvas.h"

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

typedef struct HtScreen HtScreen;

/* What a screen needs from around it. All may be NULL. */
typedef struct HtScreenHost {
    /* A text written in the person's editor; NULL and error when it was given up, and what was
     * written all the same in *left (NULL before). Caller frees both. */
    char *(*edit)(const char *label, const char *initial, char **left, gpointer data,
                  GError **error);
    /* To the clipboard; the answer is for the message line (static). */
    const char *(*copy)(const char *text, gpointer data);
    gpointer data;
} HtScreenHost;

HtScreen *ht_screen_new(HtContext *context, const HtScreenHost *host);
void ht_screen_free(HtScreen *screen);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HtScreen, ht_screen_free)

/* ASCII signs only. */
void ht_screen_set_plain(HtScreen *screen, bool plain);
void ht_screen_set_low_bandwidth(HtScreen *screen, bool on);
/* "auto", "right", "below", "off" as the setting ui.preview says. */
void ht_screen_set_preview_place(HtScreen *screen, const char *place);
void ht_screen_resize(HtScreen *screen, int columns, int lines);

/* A key by its name; `text` that was pasted: data for a prompt, refused elsewhere. */
void ht_screen_key(HtScreen *screen, const char *key);
void ht_screen_paste(HtScreen *screen, const char *text);
/* After the context's `changed`: acts on what keys led to that had to wait for the disk. */
void ht_screen_work_off(HtScreen *screen);
/* The wheel and clicks: lines to move; a cell. */
void ht_screen_scroll(HtScreen *screen, int delta);
void ht_screen_click(HtScreen *screen, int x, int y);

/* Paints all; `with_preview` false leaves an old preview where it is (while keys are coming),
 * except where it would show a name that the rows hide.
 * Returns the canvas, which belongs to the screen. */
const HtCanvas *ht_screen_paint(HtScreen *screen, bool with_preview);
/* The preview in sight is not what the row under the cursor says now: paint again when keys pause.
 */
bool ht_screen_preview_is_stale(const HtScreen *screen);
/* To be called once the preview in sight has been there for `shown_ms`. */
void ht_screen_previewed(HtScreen *screen, int64_t shown_ms);
/* Changes whenever another row's preview comes in sight; 0 = none in sight. */
guint64 ht_screen_preview_serial(const HtScreen *screen);

bool ht_screen_is_prompting(const HtScreen *screen);
/* What is typed now is a password: nobody may keep it. */
bool ht_screen_is_secret(const HtScreen *screen);
/* True after the command that quits. */
bool ht_screen_is_done(const HtScreen *screen);
