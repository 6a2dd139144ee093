/* The terminal: the only module that knows curses. Opens it safely, copies a canvas out (ncurses
 * sends what differs), and always gives it back as it was: at close, on suspend, on a crash. Input
 * bytes are not its business (input.h reads the descriptor). Main thread; the crash handler uses
 * only async-signal-safe calls. */
#pragma once

#include "hiretty/ui/canvas.h"
#include "hiretty/ui/theme.h"

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#define HT_UI_ERROR (ht_ui_error_quark())
GQuark ht_ui_error_quark(void);

typedef enum {
    HT_UI_ERROR_FAILED = 1,
    HT_UI_ERROR_NO_TERMINAL, /* no terminal, or one that cannot place text; the message says what to
                                do */
    HT_UI_ERROR_SCRIPT,      /* a line of a script is wrong */
} HtUiError;

typedef struct HtTerminal HtTerminal;

typedef struct HtTerminalOptions {
    bool no_color;     /* --no-color; NO_COLOR is asked for by the terminal itself */
    bool mouse;        /* report clicks and the wheel */
    const char *title; /* of the window meanwhile, words of ours only; NULL: it is left alone. Lives
                          as long as the terminal */
    bool is_virtual;   /* no terminal at all: an xterm-256color whose output goes nowhere */
    int columns, lines; /* of a virtual one */
} HtTerminalOptions;

/* NULL and HT_UI_ERROR_NO_TERMINAL when standard input or output is no terminal, TERM is unknown or
 * cannot place a cursor. Nothing has been written then. */
HtTerminal *ht_terminal_open(const HtTerminalOptions *options, GError **error);
/* Gives the terminal back. */
void ht_terminal_close(HtTerminal *terminal);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HtTerminal, ht_terminal_close)

/* Takes the looks of a theme (copied); without colours when the terminal has none or must not. */
void ht_terminal_set_theme(HtTerminal *terminal, const HtTheme *theme);
bool ht_terminal_has_colors(const HtTerminal *terminal);
/* True if only ASCII should be drawn: no UTF-8, or a terminal such as vt100. */
bool ht_terminal_is_plain(const HtTerminal *terminal);

/* The size as the line says it now (ioctl); at least 1 × 1. */
void ht_terminal_size(HtTerminal *terminal, int *columns, int *lines);
/* After SIGWINCH, or for a virtual one: the next present paints everything. */
void ht_terminal_resize(HtTerminal *terminal, int columns, int lines);

/* Sends what differs from what is on the screen. Returns the µs it took the line to take it. */
int64_t ht_terminal_present(HtTerminal *terminal, const HtCanvas *canvas);
/* Forgets what is on the screen: the next present paints everything. */
void ht_terminal_forget(HtTerminal *terminal);

/* Leaves and takes the terminal (Ctrl-Z, $EDITOR). */
void ht_terminal_leave(HtTerminal *terminal);
void ht_terminal_enter(HtTerminal *terminal);

/* Copies a text to the clipboard through the terminal (OSC 52); false when it is too long. Only for
 * a key press of the person. */
bool ht_terminal_copy(HtTerminal *terminal, const char *text);
void ht_terminal_bell(HtTerminal *terminal);

/* What curses believes to be on the screen, for scripts: text of a line without the blanks at its
 * end, and its attributes as runs "x+n bold fg2 …", one a line. Caller frees. */
char *ht_terminal_line_text(HtTerminal *terminal, int y);
char *ht_terminal_line_looks(HtTerminal *terminal, int y);
