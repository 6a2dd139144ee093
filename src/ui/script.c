/* A table of steps; each takes the rest of its line. Time does not matter here: after every key the
 * main context is emptied, and `wait` blocks on it until the context says that nothing is under
 * way. */
#include "hiretty/ui/script.h"

#include "hiretty/base/clock.h"
#include "hiretty/base/print.h"
#include "hiretty/base/thread.h"
#include "hiretty/ui/screen.h"
#include "hiretty/ui/terminal.h"
#include "hiretty/ui/theme.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <stdio.h>

#include <stdlib.h>
#include <string.h>

enum { WAIT_MS = 30000, MAX_SCRIPT = 1024 * 1024, TICK_MS = 20 };

typedef struct {
    HtContext *context;
    HtScreen *screen;
    HtTerminal *terminal;
    HtScriptOptions options;
    const HtCanvas *canvas; /* the last frame */
} Player;

static bool fail(GError **error, const char *format, ...) G_GNUC_PRINTF(2, 3);
static bool fail(GError **error, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    g_propagate_error(error,
                      g_error_new_valist(HT_UI_ERROR, HT_UI_ERROR_SCRIPT, format, arguments));
    va_end(arguments);
    return false;
}

/* What comes without end is no reason to stay here without one. */
static void drain(void)
{
    int64_t end = ht_clock_mono_us() + WAIT_MS * HT_US_PER_MS;
    while (g_main_context_iteration(NULL, FALSE) && ht_clock_mono_us() < end)
        continue;
}

static void on_changed(HtContext *context, gpointer data)
{
    (void)context;
    ht_screen_work_off(data);
}

static void paint(Player *player)
{
    player->canvas = ht_screen_paint(player->screen, true);
    ht_terminal_present(player->terminal, player->canvas);
}

/* ---- steps ---- */

static bool step_size(Player *player, const char *text, GError **error)
{
    char *end;
    long columns = strtol(text, &end, 10), lines = strtol(end, &end, 10);
    if (*end || columns < 1 || lines < 1 || columns > 1000 || lines > 1000)
        return fail(error, "size wants columns and lines, 1 to 1000");
    ht_terminal_resize(player->terminal, (int)columns, (int)lines);
    ht_screen_resize(player->screen, (int)columns, (int)lines);
    paint(player);
    return true;
}

static bool step_theme(Player *player, const char *text, GError **error)
{
    g_autoptr(GPtrArray) warnings = g_ptr_array_new_with_free_func(g_free);
    const HtPaths *paths = ht_context_parts(player->context)->paths;
    g_autoptr(HtTheme) theme = ht_theme_load(paths, text, warnings);
    if (warnings->len > 0)
        return fail(error, "%s", (const char *)g_ptr_array_index(warnings, 0));
    ht_terminal_set_theme(player->terminal, theme);
    return true;
}

static void press(Player *player, const char *key)
{
    ht_screen_key(player->screen, key);
    drain();
}

static bool step_key(Player *player, const char *text, GError **error)
{
    g_auto(GStrv) keys = g_strsplit(text, " ", -1);
    for (gsize i = 0; keys[i]; i++) {
        if (*keys[i] && !ht_key_is_valid(keys[i]))
            return fail(error, "'%s' is no key", keys[i]);
        if (*keys[i])
            press(player, keys[i]);
    }
    return true;
}

static bool step_type(Player *player, const char *text, GError **error)
{
    (void)error;
    for (const char *p = text; *p; p = g_utf8_next_char(p)) {
        char key[8] = {0};
        memcpy(key, p, (gsize)(g_utf8_next_char(p) - p));
        press(player, *p == ' ' ? "Space" : key);
    }
    return true;
}

static bool step_paste(Player *player, const char *text, GError **error)
{
    (void)error;
    g_autofree char *plain = g_strcompress(text);
    ht_screen_paste(player->screen, plain);
    drain();
    return true;
}

static bool is_settled(Player *player, bool synced)
{
    HtView *view = ht_context_view(player->context);
    if (ht_context_is_busy(player->context) || (view && ht_view_is_loading(view)))
        return false;
    HtSync *sync = ht_context_parts(player->context)->sync;
    if (!synced || !sync)
        return true;
    HtSyncStatus status;
    ht_sync_status(sync, &status);
    bool resting = status.state != HT_SYNC_CONNECTING && status.state != HT_SYNC_LOADING &&
                   status.state != HT_SYNC_NEVER;
    return resting && (status.state != HT_SYNC_LIVE || status.pending == 0);
}

static gboolean tick(gpointer data)
{
    (void)data; /* only wakes the loop */
    return G_SOURCE_CONTINUE;
}

/* Until nothing is under way; an error if that takes too long: what is on the screen then is no
 * answer to what was asked. */
static bool settle(Player *player, bool synced, GError **error)
{
    int64_t start = ht_clock_mono_us();
    guint source = g_timeout_add(TICK_MS, tick, NULL);
    bool settled = false, late = false;
    while (!settled && !late) {
        drain();
        settled = is_settled(player, synced);
        late = ht_clock_mono_us() - start > WAIT_MS * HT_US_PER_MS;
        if (!settled && !late)
            g_main_context_iteration(NULL, TRUE);
    }
    g_source_remove(source);
    paint(player);
    return settled || fail(error, "still busy after %d s", WAIT_MS / 1000);
}

static bool step_wait(Player *player, const char *text, GError **error)
{
    bool synced = strcmp(text, "synced") == 0;
    if (*text && !synced)
        return fail(error, "wait takes nothing or 'synced'");
    return settle(player, synced, error);
}

/* ---- what is seen ---- */

static char *screen_text(Player *player)
{
    GString *text = g_string_new(NULL);
    for (int y = 0; y < ht_canvas_lines(player->canvas); y++) {
        g_autofree char *line = ht_terminal_line_text(player->terminal, y);
        g_string_append(text, line);
        g_string_append_c(text, '\n');
    }
    return g_string_free(text, FALSE);
}

/* The runs of one line, "y: x+n role, …". */
static void append_roles(GString *out, const HtCanvas *canvas, int y)
{
    const HtCanvasCell *cells = ht_canvas_line(canvas, y);
    int columns = ht_canvas_columns(canvas), start = 0, n = 0;
    for (int x = 1; x <= columns; x++) {
        if (x < columns && cells[x].role == cells[start].role)
            continue;
        if (cells[start].role != HT_STYLE_NORMAL) {
            g_string_append(out, n++ ? ", " : "");
            if (n == 1)
                g_string_append_printf(out, "%d: ", y);
            g_string_append_printf(out, "%d+%d %s", start, x - start,
                                   ht_style_name((HtStyle)cells[start].role));
        }
        start = x;
    }
    if (n)
        g_string_append_c(out, '\n');
}

static void append_looks(GString *out, Player *player, int y)
{
    g_autofree char *looks = ht_terminal_line_looks(player->terminal, y);
    g_auto(GStrv) runs = g_strsplit(g_strchomp(looks), "\n", -1);
    g_autofree char *joined = g_strjoinv(", ", runs);
    if (*joined)
        g_string_append_printf(out, "%d: %s\n", y, joined);
}

static char *snapshot(Player *player)
{
    int x, y, lines = ht_canvas_lines(player->canvas);
    GString *out = g_string_new(NULL);
    g_autofree char *text = screen_text(player);
    ht_canvas_cursor(player->canvas, &x, &y);
    g_string_append_printf(out, "size %d %d\ncursor %d %d\n--- text\n%s--- roles\n",
                           ht_canvas_columns(player->canvas), lines, x, y, text);
    for (int i = 0; i < lines; i++)
        append_roles(out, player->canvas, i);
    g_string_append(out, "--- looks\n");
    for (int i = 0; i < lines; i++)
        append_looks(out, player, i);
    return g_string_free(out, FALSE);
}

static bool name_is_good(const char *name)
{
    for (const char *p = name; *p; p++) {
        if (!g_ascii_isalnum(*p) && !strchr("-_.", *p))
            return false;
    }
    return *name && *name != '.';
}

static bool step_snap(Player *player, const char *text, GError **error)
{
    if (!settle(player, false, error))
        return false;
    if (strcmp(text, "-") == 0) {
        g_autofree char *all = screen_text(player);
        ht_print_block(stdout, "%s", all);
        return ht_print_flush(stdout, error);
    }
    if (!name_is_good(text))
        return fail(error, "snap wants a name of letters, digits, '-' and '_'");
    g_autofree char *base = g_strconcat(text, ".screen", NULL);
    g_autofree char *file =
        g_build_filename(player->options.folder ? player->options.folder : ".", base, NULL);
    g_autofree char *all = snapshot(player);
    return g_file_set_contents(file, all, -1, error);
}

static bool step_expect(Player *player, const char *text, GError **error)
{
    if (!settle(player, false, error))
        return false;
    g_autofree char *all = screen_text(player);
    return strstr(all, text) || fail(error, "'%s' is not on the screen:\n%s", text, all);
}

static bool step_refuse(Player *player, const char *text, GError **error)
{
    if (!settle(player, false, error))
        return false;
    g_autofree char *all = screen_text(player);
    return !strstr(all, text) || fail(error, "'%s' is on the screen:\n%s", text, all);
}

static const struct {
    const char *name;
    bool (*run)(Player *player, const char *text, GError **error);
} steps[] = {
    {"size", step_size}, {"theme", step_theme},   {"key", step_key},
    {"type", step_type}, {"paste", step_paste},   {"wait", step_wait},
    {"snap", step_snap}, {"expect", step_expect}, {"refuse", step_refuse},
};

static bool play_line(Player *player, const char *line, GError **error)
{
    gsize length = strcspn(line, " ");
    const char *text = line + length + (line[length] == ' ' ? 1 : 0);
    g_autofree char *name = g_strndup(line, length);
    for (gsize i = 0; i < G_N_ELEMENTS(steps); i++) {
        if (strcmp(name, steps[i].name) == 0)
            return steps[i].run(player, text, error);
    }
    return fail(error, "unknown step '%s'", name);
}

static bool play(Player *player, const char *file, const char *script, GError **error)
{
    g_auto(GStrv) lines = g_strsplit(script, "\n", -1);
    for (guint i = 0; lines[i] && !ht_screen_is_done(player->screen); i++) {
        char *line = g_strchug(lines[i]);
        if (!*line || *line == '#')
            continue;
        if (!play_line(player, line, error)) {
            g_prefix_error(error, "%s:%u: ", file, i + 1);
            return false;
        }
    }
    return true;
}

static char *load_script(const char *file, GError **error)
{
    FILE *stream = strcmp(file, "-") == 0 ? stdin : g_fopen(file, "re");
    if (!stream) {
        fail(error, "%s: %s", file, g_strerror(errno));
        return NULL;
    }
    /* A pipe has no size to ask for, and a device no end. */
    char *text = g_malloc(MAX_SCRIPT + 2);
    gsize length = fread(text, 1, MAX_SCRIPT + 1, stream);
    bool is_read = !ferror(stream);
    if (stream != stdin)
        fclose(stream);
    text[length] = '\0';
    if (!is_read)
        fail(error, "%s: it cannot be read", file);
    else if (length > MAX_SCRIPT || !g_utf8_validate(text, (gssize)length, NULL))
        fail(error, "%s: not a script (too large, or not UTF-8)", file);
    else
        return text;
    g_free(text);
    return NULL;
}

static const char *copy_text(const char *text, gpointer data)
{
    (void)data;
    return *text ? "Copied." : "Nothing to copy.";
}

static bool open_player(Player *player, GError **error)
{
    HtTerminalOptions terminal = {
        .no_color = player->options.no_color, .is_virtual = true, .columns = 80, .lines = 24};
    HtScreenHost host = {.copy = copy_text};
    const HtSettings *settings = ht_context_parts(player->context)->settings;
    player->terminal = ht_terminal_open(&terminal, error);
    if (!player->terminal)
        return false;
    player->screen = ht_screen_new(player->context, &host);
    ht_context_set_changed(player->context, on_changed, player->screen);
    ht_screen_set_plain(player->screen, ht_settings_bool(settings, "ui.accessible"));
    ht_screen_set_preview_place(player->screen, ht_settings_string(settings, "ui.preview"));
    ht_screen_set_low_bandwidth(
        player->screen, strcmp(ht_settings_string(settings, "ui.low_bandwidth"), "on") == 0);
    const char *theme =
        player->options.theme ? player->options.theme : ht_settings_string(settings, "ui.theme");
    return step_theme(player, theme, error) && step_size(player, "80 24", error);
}

bool ht_script_run(HtContext *context, const char *file, const HtScriptOptions *options,
                   GError **error)
{
    Player player = {.context = context, .options = *options};
    g_autofree char *script = load_script(file, error);
    if (!script)
        return false;
    bool ok = open_player(&player, error);
    if (ok && options->started)
        options->started(context, options->data);
    ht_thread_answers_keys(true);
    ok = ok && play(&player, file, script, error);
    ht_thread_answers_keys(false);
    ht_context_set_changed(context, NULL, NULL);
    ht_screen_free(player.screen);
    ht_terminal_close(player.terminal);
    return ok;
}
