/* ncurses does what it does best: it knows what is on the screen and sends the difference. We give
 * it whole lines of cells (never a cursor position and a string, so nothing can wrap or shift),
 * only those that changed since the last frame.
 *
 * Its output does not go straight to the line: ncurses writes into a file in memory, and each frame
 * is shortened (shorten.h) and sent in one write. So the modes of the line are set here, not by
 * curses.
 *
 * Restoring: the bytes that undo everything are put together once, at open, so that a crash handler
 * only has to write(2) them and tcsetattr(3). Colours are never started when they are not wanted:
 * start_color() alone sends SGR 39;49. */
#include "hiretty/ui/terminal.h"

#include "shorten.h"

#include "hiretty/base/clock.h"
#include "hiretty/base/signals.h"

#include <curses.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <term.h>
#include <termios.h>
#include <unistd.h>

/* term.h names every capability, these two among them. */
#undef columns
#undef lines

enum {
    MAX_COPY = 74994, /* bytes after base64 that xterm takes (R19) */
    TERM_OUT_MAX = 256,
};

/* The terminal keeps the title that it had, and puts it back. */
#define TITLE_KEEP "\033[22;2t\033]2;hiretty %s\033\\"
#define TITLE_BACK "\033[23;2t"

struct HtTerminal {
    HtTerminalOptions options;
    SCREEN *screen;
    FILE *out, *in;
    HtCanvas *shown; /* what the last present gave to curses */
    bool forget;     /* everything has to be given again */
    bool away;       /* left: someone else has the terminal */
    bool colors, plain, paste;
    bool begun; /* a frame has been sent since the terminal was taken */
    int buffer; /* the file in memory; -1: none, curses writes to the line itself */
    attr_t attributes[HT_N_STYLES];
    short pairs[HT_N_STYLES];
    cchar_t *row;
    int row_size;
};

G_DEFINE_QUARK(ht - ui - error - quark, ht_ui_error)

/* ---- the way back, also from a signal handler ---- */

static struct {
    volatile sig_atomic_t armed;
    struct termios termios;
    char bytes[TERM_OUT_MAX];
    gsize n;
} way_back;

/* The last one is how GLib ends a program: memory or descriptors are gone. */
static const int crash_signals[] = {SIGSEGV, SIGABRT, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGSYS};

static const int stray_signals[] = {HT_SIGNALS_STRAY};

static void write_all(int fd, const char *bytes, gsize n)
{
    while (n > 0) {
        ssize_t done = write(fd, bytes, n);
        if (done < 0 && errno == EINTR)
            continue;
        if (done <= 0)
            return;
        bytes += done;
        n -= (gsize)done;
    }
}

static void on_crash(int number)
{
    if (way_back.armed) {
        way_back.armed = 0;
        write_all(STDOUT_FILENO, way_back.bytes, way_back.n);
        tcsetattr(STDIN_FILENO, TCSANOW, &way_back.termios);
    }
    signal(number, SIG_DFL);
    raise(number);
}

static void add_capability(GString *out, const char *name)
{
    const char *value = tigetstr(name);
    if (!value || value == (const char *)-1)
        return;
    for (const char *p = value; *p; p++) { /* without the padding "$<5>" of old terminals */
        if (p[0] == '$' && p[1] == '<' && strchr(p, '>'))
            p = strchr(p, '>');
        else
            g_string_append_c(out, *p);
    }
}

static void prepare_way_back(HtTerminal *terminal)
{
    g_autoptr(GString) out = g_string_new(NULL);
    if (terminal->paste)
        g_string_append(out, "\033[?1004l\033[?2004l");
    if (terminal->paste && terminal->options.title)
        g_string_append(out, TITLE_BACK);
    if (terminal->options.mouse)
        g_string_append(out, "\033[?1006l\033[?1000l");
    add_capability(out, "sgr0");
    if (terminal->colors)
        add_capability(out, "op");
    add_capability(out, "cnorm");
    add_capability(out, "rmcup");
    if (out->len == 0 || !strstr(out->str, "?1049l"))
        g_string_append(out, "\r\n");
    way_back.n = MIN(out->len, sizeof way_back.bytes);
    memcpy(way_back.bytes, out->str, way_back.n);
    const struct sigaction action = {.sa_handler = on_crash, .sa_flags = (int)SA_RESETHAND};
    for (gsize i = 0; i < G_N_ELEMENTS(crash_signals); i++)
        sigaction(crash_signals[i], &action, NULL);
    for (gsize i = 0; i < G_N_ELEMENTS(stray_signals); i++) {
        struct sigaction before;
        if (sigaction(stray_signals[i], NULL, &before) == 0 && before.sa_handler != SIG_IGN)
            sigaction(stray_signals[i], &action, NULL);
    }
}

/* Sends what curses has written since the last time. */
static void pump(HtTerminal *terminal)
{
    if (terminal->out)
        fflush(terminal->out);
    if (terminal->buffer < 0)
        return;
    off_t n = lseek(terminal->buffer, 0, SEEK_END);
    if (n <= 0)
        return;
    g_autofree char *bytes = g_malloc((gsize)n);
    gsize got = (gsize)MAX(pread(terminal->buffer, bytes, (gsize)n, 0), 0);
    if (ftruncate(terminal->buffer, 0) != 0 || lseek(terminal->buffer, 0, SEEK_SET) != 0)
        return;
    /* The first frame is sent as it is: it puts right what another program may have left. */
    g_autoptr(GString) out = g_string_sized_new(got);
    if (terminal->begun)
        ht_shorten(out, bytes, got);
    else
        g_string_append_len(out, bytes, (gssize)got);
    write_all(STDOUT_FILENO, out->str, out->len);
}

/* Keys come one by one and unchanged; what is written is not changed either. */
static void set_line(const struct termios *saved)
{
    struct termios raw_line = *saved;
    raw_line.c_iflag &= ~(tcflag_t)(ICRNL | INLCR | IGNCR | ISTRIP | IXON | BRKINT | PARMRK);
    raw_line.c_oflag &= ~(tcflag_t)OPOST;
    raw_line.c_lflag &= ~(tcflag_t)(ECHO | ECHONL | ICANON | ISIG | IEXTEN);
    raw_line.c_cc[VMIN] = 1;
    raw_line.c_cc[VTIME] = 0;
    tcsetattr(STDIN_FILENO, TCSADRAIN, &raw_line);
}

/* Written past curses, which does not know these. */
static void send_modes(HtTerminal *terminal, bool on)
{
    if (terminal->options.is_virtual)
        return;
    pump(terminal);
    if (terminal->paste)
        write_all(STDOUT_FILENO, on ? "\033[?2004h\033[?1004h" : "\033[?1004l\033[?2004l", 16);
    if (terminal->paste && terminal->options.title) {
        g_autofree char *keep = g_strdup_printf(TITLE_KEEP, terminal->options.title);
        const char *text = on ? keep : TITLE_BACK;
        write_all(STDOUT_FILENO, text, strlen(text));
    }
    if (terminal->options.mouse)
        write_all(STDOUT_FILENO, on ? "\033[?1000h\033[?1006h" : "\033[?1006l\033[?1000l", 16);
}

/* ---- opening ---- */

static bool refuse(GError **error, const char *format, ...) G_GNUC_PRINTF(2, 3);
static bool refuse(GError **error, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    GError *made = g_error_new_valist(HT_UI_ERROR, HT_UI_ERROR_NO_TERMINAL, format, arguments);
    va_end(arguments);
    g_propagate_error(error, made);
    return false;
}

/* Asked before curses is: newterm would have written something already. */
static bool check_terminal(GError **error)
{
    const char *name = g_getenv("TERM");
    if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO))
        return refuse(error,
                      "the workstation needs a terminal, and standard %s is none (use a command "
                      "such as 'hiretty matches --plain', or --script)",
                      isatty(STDIN_FILENO) ? "output" : "input");
    if (!name || !*name)
        return refuse(error, "TERM is not set (for example: TERM=xterm-256color hiretty)");
    int status = 0;
    if (setupterm(name, STDOUT_FILENO, &status) != OK) {
        g_autofree char *clean = ht_text_sanitize(name, -1, HT_TEXT_LINE, NULL);
        return refuse(error,
                      "the terminal type '%s' is not known on this machine (for example: "
                      "TERM=xterm-256color hiretty)",
                      clean);
    }
    const char *address = tigetstr("cup");
    bool usable = address && address != (const char *)-1;
    del_curterm(cur_term);
    if (!usable)
        return refuse(error,
                      "the terminal '%s' cannot place text (set TERM to the real one, or use a "
                      "command such as 'hiretty matches --plain')",
                      name);
    return true;
}

static bool term_is(const char *prefix)
{
    const char *name = g_getenv("TERM");
    return name && g_str_has_prefix(name, prefix);
}

static bool open_screen(HtTerminal *terminal, GError **error)
{
    const char *type = NULL;
    terminal->in = stdin;
    terminal->buffer = -1;
    if (terminal->options.is_virtual) {
        terminal->out = fopen("/dev/null", "we");
        terminal->in = fopen("/dev/null", "re");
        type = "xterm-256color";
    } else if (!check_terminal(error)) {
        return false;
    } else {
        tcgetattr(STDIN_FILENO, &way_back.termios);
        terminal->buffer = memfd_create("hiretty-frame", MFD_CLOEXEC);
        terminal->out = terminal->buffer >= 0 ? fdopen(terminal->buffer, "w") : stdout;
    }
    use_env(FALSE);
    use_tioctl(TRUE);
    terminal->screen =
        terminal->out && terminal->in ? newterm(type, terminal->out, terminal->in) : NULL;
    return terminal->screen || refuse(error, "the terminal could not be opened");
}

static void set_modes(HtTerminal *terminal)
{
    raw();
    noecho();
    nonl();
    intrflush(stdscr, FALSE);
    keypad(stdscr, FALSE);
    leaveok(stdscr, FALSE);
    scrollok(stdscr, FALSE);
    idlok(stdscr, TRUE);
    typeahead(-1);
    const char *no_color = g_getenv("NO_COLOR");
    terminal->colors = !terminal->options.no_color && !(no_color && *no_color) && has_colors();
    if (terminal->colors) {
        start_color();
        use_default_colors();
    }
    bool is_virtual = terminal->options.is_virtual;
    if (!is_virtual)
        set_line(&way_back.termios);
    terminal->plain = ht_text_is_ascii() ||
                      (!is_virtual && (term_is("vt1") || term_is("vt2") || term_is("ansi")));
    terminal->paste = !is_virtual && !term_is("vt") && !term_is("linux") && !term_is("ansi");
}

HtTerminal *ht_terminal_open(const HtTerminalOptions *options, GError **error)
{
    g_autoptr(HtTerminal) terminal = g_new0(HtTerminal, 1);
    terminal->options = *options;
    if (!open_screen(terminal, error))
        return NULL;
    set_modes(terminal);
    terminal->shown = ht_canvas_new(1, 1);
    if (options->is_virtual) {
        ht_terminal_resize(terminal, options->columns, options->lines);
    } else {
        int columns, lines;
        ht_terminal_size(terminal, &columns, &lines);
        ht_terminal_resize(terminal, columns, lines);
        prepare_way_back(terminal);
        way_back.armed = 1;
        send_modes(terminal, true);
    }
    return g_steal_pointer(&terminal);
}

void ht_terminal_leave(HtTerminal *terminal)
{
    if (terminal->away || terminal->options.is_virtual)
        return;
    terminal->away = true;
    send_modes(terminal, false);
    endwin();
    pump(terminal);
    terminal->begun = false;
    tcsetattr(STDIN_FILENO, TCSADRAIN, &way_back.termios);
    way_back.armed = 0;
}

void ht_terminal_enter(HtTerminal *terminal)
{
    if (!terminal->away)
        return;
    terminal->away = false;
    tcgetattr(STDIN_FILENO, &way_back.termios);
    way_back.armed = 1;
    int columns, lines;
    reset_prog_mode();
    set_line(&way_back.termios);
    ht_terminal_size(terminal, &columns, &lines);
    ht_terminal_resize(terminal, columns, lines);
    send_modes(terminal, true);
}

void ht_terminal_close(HtTerminal *terminal)
{
    if (!terminal)
        return;
    if (terminal->screen) {
        if (terminal->options.is_virtual)
            endwin();
        else
            ht_terminal_leave(terminal);
        delscreen(terminal->screen);
    }
    if (terminal->options.is_virtual)
        g_clear_pointer(&terminal->in, fclose);
    if (terminal->out && terminal->out != stdout)
        fclose(terminal->out);
    ht_canvas_free(terminal->shown);
    g_free(terminal->row);
    g_free(terminal);
}

/* ---- looks ---- */

static attr_t attributes_of(const HtLook *look)
{
    attr_t attributes = A_NORMAL;
    attributes |= look->flags & HT_LOOK_BOLD ? A_BOLD : 0;
    attributes |= look->flags & HT_LOOK_DIM ? A_DIM : 0;
    attributes |= look->flags & HT_LOOK_REVERSE ? A_REVERSE : 0;
    attributes |= look->flags & HT_LOOK_UNDERLINE ? A_UNDERLINE : 0;
    attributes |= look->flags & HT_LOOK_ITALIC ? A_ITALIC : 0;
    return attributes;
}

/* A colour that the terminal has: of the bright eight a terminal of eight shows the plain one, but
 * for bright black, which would be black on black and becomes the terminal's own, dimmed. */
static short available(int color, bool foreground, attr_t *attributes)
{
    if (color < COLORS)
        return (short)color;
    if (color >= 16 || (color == 8 && !foreground))
        return -1;
    if (color == 8) {
        *attributes |= A_DIM;
        return -1;
    }
    return (short)(color - 8);
}

static short pair_of(short foreground, short background, short *n_pairs)
{
    if (foreground < 0 && background < 0)
        return 0;
    for (short i = 1; i < *n_pairs; i++) {
        short f, b;
        if (pair_content(i, &f, &b) == OK && f == foreground && b == background)
            return i;
    }
    if (*n_pairs >= COLOR_PAIRS || init_pair(*n_pairs, foreground, background) != OK)
        return 0;
    return (*n_pairs)++;
}

void ht_terminal_set_theme(HtTerminal *terminal, const HtTheme *theme)
{
    bool colors = terminal->colors && ht_theme_has_colors(theme);
    short n_pairs = 1;
    for (int i = 0; i < HT_N_STYLES; i++) {
        const HtLook *look = ht_theme_look(theme, (HtStyle)i);
        attr_t attributes = attributes_of(look);
        /* What a background set off, reverse does where there are no colours. */
        if (!colors && look->background >= 0)
            attributes |= A_REVERSE;
        terminal->pairs[i] = 0;
        if (colors) {
            short foreground = available(look->foreground, true, &attributes);
            short background = available(look->background, false, &attributes);
            terminal->pairs[i] = pair_of(foreground, background, &n_pairs);
        }
        terminal->attributes[i] = attributes;
    }
    ht_terminal_forget(terminal);
}

bool ht_terminal_has_colors(const HtTerminal *terminal)
{
    return terminal->colors;
}

bool ht_terminal_is_plain(const HtTerminal *terminal)
{
    return terminal->plain;
}

/* ---- size and painting ---- */

void ht_terminal_size(HtTerminal *terminal, int *columns, int *lines)
{
    struct winsize size = {0};
    if (terminal->options.is_virtual || ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 ||
        size.ws_col == 0 || size.ws_row == 0) {
        *columns = MAX(COLS, 1);
        *lines = MAX(LINES, 1);
        return;
    }
    *columns = size.ws_col;
    *lines = size.ws_row;
}

void ht_terminal_resize(HtTerminal *terminal, int columns, int lines)
{
    columns = CLAMP(columns, 1, 1000);
    lines = CLAMP(lines, 1, 1000);
    if (columns != COLS || lines != LINES)
        resizeterm(lines, columns);
    ht_terminal_forget(terminal);
}

void ht_terminal_forget(HtTerminal *terminal)
{
    terminal->forget = true;
}

static int build_row(HtTerminal *terminal, const HtCanvasCell *cells, int columns)
{
    if (terminal->row_size < columns) {
        terminal->row = g_renew(cchar_t, terminal->row, columns);
        terminal->row_size = columns;
    }
    int n = 0;
    for (int x = 0; x < columns; x++) {
        const HtCanvasCell *cell = &cells[x];
        if (cell->n_text == 0)
            continue;
        wchar_t text[HT_CELL_CHARS + 1];
        for (int i = 0; i < cell->n_text; i++)
            text[i] = (wchar_t)cell->text[i];
        text[cell->n_text] = L'\0';
        attr_t attributes = terminal->attributes[cell->role];
        short pair = terminal->pairs[cell->role];
        if (setcchar(&terminal->row[n], text, attributes, pair, NULL) != OK)
            setcchar(&terminal->row[n], cell->width == 2 ? L"??" : L"?", attributes, pair, NULL);
        n++;
    }
    return n;
}

static bool row_differs(HtTerminal *terminal, const HtCanvas *canvas, int y, int columns)
{
    gsize bytes = (gsize)columns * sizeof(HtCanvasCell);
    return memcmp(ht_canvas_line(canvas, y), ht_canvas_line(terminal->shown, y), bytes) != 0;
}

int64_t ht_terminal_present(HtTerminal *terminal, const HtCanvas *canvas)
{
    if (terminal->away)
        return 0;
    int columns = ht_canvas_columns(canvas), lines = ht_canvas_lines(canvas);
    bool resized =
        columns != ht_canvas_columns(terminal->shown) || lines != ht_canvas_lines(terminal->shown);
    if (resized)
        ht_canvas_resize(terminal->shown, columns, lines);
    bool all = terminal->forget || resized;
    if (all) {
        erase();
        clearok(curscr, TRUE);
    }
    for (int y = 0; y < lines && y < LINES; y++) {
        if (!all && !row_differs(terminal, canvas, y, columns))
            continue;
        int n = build_row(terminal, ht_canvas_line(canvas, y), columns);
        mvadd_wchnstr(y, 0, terminal->row, n);
        ht_canvas_copy_line(terminal->shown, canvas, y);
    }
    int x, y;
    ht_canvas_cursor(canvas, &x, &y);
    move(MIN(y, LINES - 1), MIN(x, COLS - 1));
    terminal->forget = false;
    int64_t start = ht_clock_mono_us();
    wnoutrefresh(stdscr);
    doupdate();
    pump(terminal);
    terminal->begun = true;
    return ht_clock_mono_us() - start;
}

/* ---- clipboard, bell ---- */

bool ht_terminal_copy(HtTerminal *terminal, const char *text)
{
    g_autofree char *encoded = g_base64_encode((const guchar *)text, strlen(text));
    if (strlen(encoded) > MAX_COPY || terminal->options.is_virtual || terminal->away)
        return false;
    pump(terminal);
    g_autofree char *sequence = g_strconcat("\033]52;c;", encoded, "\a", NULL);
    write_all(STDOUT_FILENO, sequence, strlen(sequence));
    return true;
}

void ht_terminal_bell(HtTerminal *terminal)
{
    if (terminal->away)
        return;
    beep();
    pump(terminal);
}

/* ---- reading back ---- */

char *ht_terminal_line_text(HtTerminal *terminal, int y)
{
    (void)terminal;
    GString *text = g_string_new(NULL);
    gsize end = 0;
    for (int x = 0; x < COLS;) {
        cchar_t cell;
        wchar_t characters[CCHARW_MAX + 1] = {0};
        attr_t attributes;
        short pair;
        if (mvin_wch(y, x, &cell) != OK ||
            getcchar(&cell, characters, &attributes, &pair, NULL) != OK)
            break;
        for (int i = 0; characters[i]; i++)
            g_string_append_unichar(text, (gunichar)characters[i]);
        if (characters[0] != L' ')
            end = text->len;
        x += MAX(ht_text_char_width((gunichar)characters[0]), 1);
    }
    g_string_truncate(text, end);
    return g_string_free(text, FALSE);
}

static char *describe(attr_t attributes, short pair)
{
    static const struct {
        attr_t flag;
        const char *name;
    } names[] = {{A_BOLD, " bold"},
                 {A_DIM, " dim"},
                 {A_REVERSE, " reverse"},
                 {A_UNDERLINE, " underline"},
                 {A_ITALIC, " italic"}};
    GString *text = g_string_new(NULL);
    for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
        if (attributes & names[i].flag)
            g_string_append(text, names[i].name);
    }
    short foreground = -1, background = -1;
    if (pair > 0 && pair_content(pair, &foreground, &background) == OK) {
        if (foreground >= 0)
            g_string_append_printf(text, " fg%d", foreground);
        if (background >= 0)
            g_string_append_printf(text, " bg%d", background);
    }
    return g_string_free(text, FALSE);
}

char *ht_terminal_line_looks(HtTerminal *terminal, int y)
{
    (void)terminal;
    GString *runs = g_string_new(NULL);
    g_autofree char *present = g_strdup("");
    int start = 0;
    for (int x = 0; x <= COLS; x++) {
        cchar_t cell;
        wchar_t characters[CCHARW_MAX + 1];
        attr_t attributes = A_NORMAL;
        short pair = 0;
        if (x < COLS && mvin_wch(y, x, &cell) == OK)
            getcchar(&cell, characters, &attributes, &pair, NULL);
        g_autofree char *look = x < COLS ? describe(attributes, pair) : NULL;
        if (look && strcmp(look, present) == 0)
            continue;
        if (*present)
            g_string_append_printf(runs, "%d+%d%s\n", start, x - start, present);
        g_free(present);
        present = g_strdup(look ? look : "");
        start = x;
    }
    return g_string_free(runs, FALSE);
}
