/* Themes: how each role looks. A theme is a file (GKeyFile): [theme] name and text, [roles] one
 * line a role, "stage.offer = bold bright-green on default". Roles that a theme leaves out look
 * like "normal". docs/themes.md describes the format. Pure data; main thread. */
#pragma once

#include "hiretty/base/paths.h"
#include "hiretty/view/style.h"

#include <glib.h>

typedef enum {
    HT_LOOK_BOLD = 1 << 0,
    HT_LOOK_DIM = 1 << 1,
    HT_LOOK_REVERSE = 1 << 2,
    HT_LOOK_UNDERLINE = 1 << 3,
    HT_LOOK_ITALIC = 1 << 4,
} HtLookFlags;

/* Colours: -1 the terminal's own, 0 … 255 of the palette. */
typedef struct HtLook {
    gint16 foreground, background;
    guint16 flags; /* HtLookFlags */
} HtLook;

typedef struct HtTheme HtTheme;

/* A theme by name (CONFIG_DIR/themes/NAME.theme, else one that ships with the program) or by the
 * path of its file. Never NULL: what is wrong goes to `warnings` ("file:line: what", char *; may be
 * NULL) and the rest holds; an unknown name gives the default theme. `paths` may be NULL. */
HtTheme *ht_theme_load(const HtPaths *paths, const char *name, GPtrArray *warnings);
/* From text; `file` is for messages. */
HtTheme *ht_theme_parse(const char *file, const char *text, GPtrArray *warnings);
void ht_theme_free(HtTheme *theme);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HtTheme, ht_theme_free)

const char *ht_theme_name(const HtTheme *theme);
const HtLook *ht_theme_look(const HtTheme *theme, HtStyle role);
/* False when every role uses the terminal's own colours only. */
bool ht_theme_has_colors(const HtTheme *theme);
/* Takes all colours out; attributes stay. */
void ht_theme_remove_colors(HtTheme *theme);
/* Names of the themes that ship (g_strfreev). */
char **ht_theme_names(void);
/* Checks one theme file; appends problems; returns their number. */
guint ht_theme_check(const char *file, GPtrArray *warnings);
