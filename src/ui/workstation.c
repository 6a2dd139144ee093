/* The loop. Keys: every wake-up reads all that has come before a frame is even thought of. Frames:
 * at most 30 a second, none when nothing changed. A key's frame waits for the one of the key
 * before, but not behind frames that no key asked for: what others change never makes a key slow.
 * The preview follows when no key has come for 60 ms. A second after it came in sight it counts as
 * read.
 *
 * Stops: SIGTERM, SIGHUP, SIGINT, end of input and errors of the line all end the loop, and the
 * terminal is given back before anything slow is done. SIGTSTP comes by a signalfd (GLib refuses
 * it): the terminal is left first, then the process stops itself. */
#include "hiretty/ui/workstation.h"

#include "hiretty/ui/editor.h"
#include "recorder.h"

#include "hiretty/base/clock.h"
#include "hiretty/base/log.h"
#include "hiretty/base/secret.h"
#include "hiretty/base/thread.h"
#include "hiretty/ui/input.h"
#include "hiretty/ui/screen.h"
#include "hiretty/ui/terminal.h"
#include "hiretty/ui/theme.h"

#include <errno.h>
#include <glib-unix.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

enum {
    FRAME_MS = 33,
    MOST_FRAMES = 30,   /* a second */
    FIRST_LOAD_MS = 20, /* the first frame waits so long for its rows */
    PREVIEW_MS = 60,
    READ_MS = 1000,         /* in sight so long, evidence counts as seen */
    SLOW_FRAME_MS = 100,    /* a frame that takes longer makes the bar a sign (R4) */
    FAST_FRAMES = 90,       /* so many fast ones in a row bring the bar back */
    MOST_BYTES = 64 * 1024, /* of input in one go, then a frame gets its turn */
    IDLE_MS = 60 * 1000,    /* without a key: sync polls less often */
};

enum { END_SIGNALS = 3 };

typedef struct {
    HtContext *context;
    HtScreen *screen;
    HtTerminal *terminal;
    HtInput *input;
    HtRecorder *recorder;
    GMainLoop *loop;
    guint frame_source, preview_source, read_source, escape_source, idle_source, age_source;
    guint end_sources[END_SIGNALS];
    bool is_ended;                  /* a signal said so, maybe before the loop began */
    int64_t frames_us[MOST_FRAMES]; /* when the last ones came, a ring */
    guint n_frames;
    int64_t last_frame_us, key_frame_us, due_us, last_key_us;
    bool key_waits; /* for the frame that is due */
    guint64 serial; /* of the preview whose reading time runs */
    guint escape_ms;
    int fast_frames, signal_fd;
    bool slow, bandwidth_auto;
} Station;

/* For whom a frame is. */
typedef enum { FOR_KEY, FOR_CHANGE } FrameReason;

static void request_frame(Station *station, FrameReason reason);

static int64_t ms_since(int64_t us)
{
    return (ht_clock_mono_us() - us) / HT_US_PER_MS;
}

static void cancel(guint *source)
{
    if (*source)
        g_source_remove(*source);
    *source = 0;
}

/* ---- frames ---- */

static gboolean on_read(gpointer data)
{
    Station *station = data;
    station->read_source = 0;
    ht_screen_previewed(station->screen, READ_MS);
    return G_SOURCE_REMOVE;
}

/* Starts the reading time anew when another preview has come in sight. */
static void watch_preview(Station *station)
{
    guint64 serial = ht_screen_preview_serial(station->screen);
    if (serial == station->serial)
        return;
    station->serial = serial;
    cancel(&station->read_source);
    if (serial)
        station->read_source = g_timeout_add(READ_MS, on_read, station);
}

static void judge_line(Station *station, int64_t took_us)
{
    if (!station->bandwidth_auto)
        return;
    bool slow = took_us > SLOW_FRAME_MS * HT_US_PER_MS;
    station->fast_frames = slow ? 0 : station->fast_frames + 1;
    if (slow == station->slow || (!slow && station->fast_frames < FAST_FRAMES))
        return;
    station->slow = slow;
    ht_screen_set_low_bandwidth(station->screen, slow);
}

static gboolean on_preview(gpointer data)
{
    Station *station = data;
    station->preview_source = 0;
    request_frame(station, FOR_CHANGE);
    return G_SOURCE_REMOVE;
}

static gboolean on_age(gpointer data)
{
    Station *station = data;
    station->age_source = 0;
    request_frame(station, FOR_CHANGE);
    return G_SOURCE_REMOVE;
}

/* The age in the title grows while nobody presses a key. */
static void watch_age(Station *station)
{
    guint due_ms = ht_context_state_due_ms(station->context);
    cancel(&station->age_source);
    if (due_ms > 0)
        station->age_source = g_timeout_add(due_ms, on_age, station);
}

static void paint(Station *station)
{
    int64_t quiet = ms_since(station->last_key_us);
    const HtCanvas *canvas = ht_screen_paint(station->screen, quiet >= PREVIEW_MS);
    judge_line(station, ht_terminal_present(station->terminal, canvas));
    station->last_frame_us = ht_clock_mono_us();
    station->frames_us[station->n_frames++ % MOST_FRAMES] = station->last_frame_us;
    if (station->key_waits)
        station->key_frame_us = station->last_frame_us;
    station->key_waits = false;
    cancel(&station->preview_source);
    if (ht_screen_preview_is_stale(station->screen))
        station->preview_source =
            g_timeout_add((guint)MAX(PREVIEW_MS - quiet, 1), on_preview, station);
    watch_preview(station);
    watch_age(station);
}

static gboolean on_frame(gpointer data)
{
    Station *station = data;
    station->frame_source = 0;
    paint(station);
    return G_SOURCE_REMOVE;
}

static void request_frame(Station *station, FrameReason reason)
{
    bool for_key = reason == FOR_KEY;
    int64_t now = ht_clock_mono_us();
    int64_t before = for_key ? station->key_frame_us : station->last_frame_us;
    int64_t oldest = station->frames_us[station->n_frames % MOST_FRAMES];
    int64_t due = before ? before + FRAME_MS * HT_US_PER_MS : now;
    if (oldest)
        due = MAX(due, oldest + HT_US_PER_S);
    station->key_waits |= for_key;
    if (station->frame_source && station->due_us <= due)
        return;
    cancel(&station->frame_source);
    station->due_us = due;
    int64_t wait = (due - now + HT_US_PER_MS - 1) / HT_US_PER_MS;
    station->frame_source = g_timeout_add((guint)MAX(wait, 0), on_frame, station);
}

static void on_context_changed(HtContext *context, gpointer data)
{
    Station *station = data;
    (void)context;
    ht_screen_work_off(station->screen);
    if (ht_screen_is_done(station->screen))
        g_main_loop_quit(station->loop);
    request_frame(station, FOR_CHANGE);
}

/* ---- keys ---- */

/* After a stop the line may be gone without a word: what the server has is asked for now, not when
 * the wait that was under way is over. */
static void ask_server_anew(Station *station)
{
    HtSync *sync = ht_context_parts(station->context)->sync;
    if (sync)
        ht_sync_poke(sync);
}

static void suspend(Station *station)
{
    ht_terminal_leave(station->terminal);
    ht_log_release_stderr();
    raise(SIGSTOP);
    /* Somebody said `fg`; the SIGCONT that did it is no news. */
    struct signalfd_siginfo info;
    while (station->signal_fd >= 0 && read(station->signal_fd, &info, sizeof info) == sizeof info)
        continue;
    ht_log_capture_stderr();
    ht_terminal_enter(station->terminal);
    int columns, lines;
    ht_terminal_size(station->terminal, &columns, &lines);
    ht_screen_resize(station->screen, columns, lines);
    request_frame(station, FOR_KEY);
    ask_server_anew(station);
}

static gboolean on_idle(gpointer data)
{
    Station *station = data;
    HtSync *sync = ht_context_parts(station->context)->sync;
    station->idle_source = 0;
    if (sync)
        ht_sync_set_focus(sync, HT_SYNC_IDLE);
    return G_SOURCE_REMOVE;
}

static void note_activity(Station *station)
{
    HtSync *sync = ht_context_parts(station->context)->sync;
    if (!station->idle_source && sync)
        ht_sync_set_focus(sync, HT_SYNC_FOCUSED);
    cancel(&station->idle_source);
    station->idle_source = g_timeout_add(IDLE_MS, on_idle, station);
}

/* Nobody looks while another window has the focus. A key proves the contrary, whatever the terminal
 * said. */
static void take_focus(Station *station, bool is_here)
{
    HtSync *sync = ht_context_parts(station->context)->sync;
    if (is_here) {
        note_activity(station);
        return;
    }
    cancel(&station->idle_source);
    if (sync)
        ht_sync_set_focus(sync, HT_SYNC_BACKGROUND);
}

static void take_key(Station *station, const char *key)
{
    station->last_key_us = ht_clock_mono_us();
    note_activity(station);
    /* Nothing of a password, not even how long it is; only that its prompt was left. */
    bool leaves = strcmp(key, "Enter") == 0 || strcmp(key, "Esc") == 0;
    if (leaves || !ht_screen_is_secret(station->screen))
        ht_recorder_key(station->recorder, key, ht_screen_is_prompting(station->screen));
    if (strcmp(key, "C-z") == 0) {
        suspend(station);
    } else if (strcmp(key, "C-l") == 0) {
        ht_terminal_forget(station->terminal);
        request_frame(station, FOR_KEY);
    } else {
        ht_screen_key(station->screen, key);
        request_frame(station, FOR_KEY);
    }
    if (ht_screen_is_done(station->screen))
        g_main_loop_quit(station->loop);
}

static void on_input(const HtInputEvent *event, gpointer data)
{
    Station *station = data;
    if (ht_screen_is_done(station->screen))
        return;
    switch (event->kind) {
    case HT_INPUT_KEY:
        take_key(station, event->text);
        break;
    case HT_INPUT_PASTE:
        if (!ht_screen_is_secret(station->screen))
            ht_recorder_paste(station->recorder, event->text);
        ht_screen_paste(station->screen, event->text);
        break;
    case HT_INPUT_MOUSE:
        if (strcmp(event->text, "press") == 0)
            ht_screen_click(station->screen, event->x, event->y);
        else
            ht_screen_scroll(station->screen, strcmp(event->text, "up") == 0 ? -3 : 3);
        break;
    case HT_INPUT_FOCUS:
        take_focus(station, strcmp(event->text, "in") == 0);
        break;
    default:
        break;
    }
    request_frame(station, FOR_KEY);
}

static gboolean on_escape(gpointer data)
{
    Station *station = data;
    station->escape_source = 0;
    ht_input_flush(station->input);
    return G_SOURCE_REMOVE;
}

/* Is there more to read right now? */
static bool more_input(void)
{
    struct pollfd poller = {.fd = STDIN_FILENO, .events = POLLIN};
    return poll(&poller, 1, 0) > 0 && (poller.revents & POLLIN);
}

static gboolean on_readable(gint fd, GIOCondition condition, gpointer data)
{
    Station *station = data;
    (void)condition;
    char bytes[4096];
    gsize total = 0;
    do {
        ssize_t n = read(fd, bytes, sizeof bytes);
        if (n < 0 && (errno == EINTR || errno == EAGAIN))
            break;
        if (n <=
            0) { /* the line is gone: 0 at its end, EIO after a hang-up that nobody told us of */
            g_main_loop_quit(station->loop);
            return G_SOURCE_REMOVE;
        }
        /* One more than a password may have with its line's end: it is too long then, and says so.
         */
        ht_input_set_paste_max(station->input,
                               ht_screen_is_secret(station->screen) ? HT_SECRET_MAX + 3 : 0);
        ht_input_feed(station->input, bytes, (gsize)n);
        explicit_bzero(bytes, (gsize)n); /* it may have been a password */
        total += (gsize)n;
    } while (total < MOST_BYTES && !ht_screen_is_done(station->screen) && more_input());
    cancel(&station->escape_source);
    if (ht_input_is_pending(station->input))
        station->escape_source = g_timeout_add(station->escape_ms, on_escape, station);
    return G_SOURCE_CONTINUE;
}

/* ---- signals ---- */

static gboolean on_end_signal(gpointer data)
{
    Station *station = data;
    station->is_ended = true;
    g_main_loop_quit(station->loop);
    return G_SOURCE_CONTINUE;
}

/* Caught from before the terminal is changed until after it is as it was: in between, a signal of
 * the system's own way would leave it without echo. */
static void add_end_signals(Station *station)
{
    static const int signals[END_SIGNALS] = {SIGTERM, SIGHUP, SIGINT};
    for (gsize i = 0; i < END_SIGNALS; i++)
        station->end_sources[i] = g_unix_signal_add(signals[i], on_end_signal, station);
}

static gboolean on_resize(gpointer data)
{
    Station *station = data;
    int columns, lines;
    ht_terminal_size(station->terminal, &columns, &lines);
    ht_terminal_resize(station->terminal, columns, lines);
    ht_screen_resize(station->screen, columns, lines);
    ht_recorder_size(station->recorder, columns, lines);
    request_frame(station, FOR_CHANGE);
    return G_SOURCE_CONTINUE;
}

static gboolean on_job_signal(gint fd, GIOCondition condition, gpointer data)
{
    Station *station = data;
    struct signalfd_siginfo info;
    (void)condition;
    if (read(fd, &info, sizeof info) != sizeof info)
        return G_SOURCE_CONTINUE;
    if (info.ssi_signo == SIGTSTP) {
        suspend(station);
    } else { /* continued after a stop that could not be seen coming: the screen is not ours any
                more */
        ht_terminal_leave(station->terminal);
        ht_terminal_enter(station->terminal);
        on_resize(station);
        ask_server_anew(station);
    }
    return G_SOURCE_CONTINUE;
}

static void open_job_signals(Station *station, guint *source)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTSTP);
    sigaddset(&set, SIGCONT);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    station->signal_fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    *source = station->signal_fd < 0
                  ? 0
                  : g_unix_fd_add(station->signal_fd, G_IO_IN, on_job_signal, station);
}

/* ---- what a screen asks for ---- */

static char *edit_text(const char *label, const char *initial, char **left, gpointer data,
                       GError **error)
{
    Station *station = data;
    (void)label;
    const HtPaths *paths = ht_context_parts(station->context)->paths;
    ht_terminal_leave(station->terminal);
    ht_log_release_stderr();
    char *text = ht_editor_run(ht_paths_runtime_dir(paths), initial, left, error);
    ht_log_capture_stderr();
    ht_terminal_enter(station->terminal);
    on_resize(station);
    return text;
}

static const char *copy_text(const char *text, gpointer data)
{
    Station *station = data;
    const HtSettings *settings = ht_context_parts(station->context)->settings;
    if (strcmp(ht_settings_string(settings, "ui.clipboard"), "osc52") != 0)
        return "Copying is off. Set clipboard=osc52 under [ui] to let the terminal do it.";
    if (!ht_terminal_copy(station->terminal, text))
        return "That is too long for the terminal's clipboard.";
    return "Copied through the terminal (OSC 52).";
}

/* ---- life ---- */

static guint escape_delay(const HtSettings *settings)
{
    gint64 ms;
    const char *given = g_getenv("ESCDELAY");
    if (given && g_ascii_string_to_signed(given, 10, 0, 1000, &ms, NULL))
        return (guint)ms;
    return (guint)ht_settings_int(settings, "ui.escape_delay");
}

static void add_sources(Station *station, guint *ids)
{
    int n = 0;
    ids[n++] = g_unix_fd_add(STDIN_FILENO, G_IO_IN | G_IO_HUP | G_IO_ERR, on_readable, station);
    ids[n++] = g_unix_signal_add(SIGWINCH, on_resize, station);
    open_job_signals(station, &ids[n]);
}

static void set_up_screen(Station *station, const HtSettings *settings)
{
    const char *bandwidth = ht_settings_string(settings, "ui.low_bandwidth");
    bool accessible = ht_settings_bool(settings, "ui.accessible");
    station->bandwidth_auto = strcmp(bandwidth, "auto") == 0;
    ht_screen_set_low_bandwidth(station->screen, strcmp(bandwidth, "on") == 0);
    ht_screen_set_plain(station->screen, accessible || ht_terminal_is_plain(station->terminal));
    ht_screen_set_preview_place(station->screen, ht_settings_string(settings, "ui.preview"));
    station->escape_ms = escape_delay(settings);
}

static void set_up_theme(Station *station, const HtWorkstationOptions *options)
{
    const HtContextParts *parts = ht_context_parts(station->context);
    g_autoptr(GPtrArray) warnings = g_ptr_array_new_with_free_func(g_free);
    const char *name =
        options->theme ? options->theme : ht_settings_string(parts->settings, "ui.theme");
    g_autoptr(HtTheme) theme = ht_theme_load(parts->paths, name, warnings);
    ht_terminal_set_theme(station->terminal, theme);
    if (warnings->len > 0) {
        g_autofree char *text =
            ht_text_sanitize(g_ptr_array_index(warnings, 0), -1, HT_TEXT_LINE, NULL);
        ht_context_set_message(station->context, HT_STYLE_WARNING, "%s", text);
    }
}

static void clear_station(Station *station)
{
    cancel(&station->frame_source);
    cancel(&station->preview_source);
    cancel(&station->read_source);
    cancel(&station->escape_source);
    cancel(&station->idle_source);
    cancel(&station->age_source);
    ht_context_set_changed(station->context, NULL, NULL);
    if (station->signal_fd >= 0)
        close(station->signal_fd);
    ht_terminal_close(station->terminal);
    for (gsize i = 0; i < END_SIGNALS; i++)
        cancel(&station->end_sources[i]);
    ht_log_release_stderr();
    ht_screen_free(station->screen);
    ht_input_free(station->input);
    ht_recorder_free(station->recorder);
    g_main_loop_unref(station->loop);
}

static gboolean on_wait_over(gpointer data)
{
    *(bool *)data = true;
    return G_SOURCE_REMOVE;
}

/* The first list is there in a few milliseconds: better one whole frame than an empty one before
 * it. */
static void await_rows(Station *station)
{
    bool over = false;
    guint source = g_timeout_add(FIRST_LOAD_MS, on_wait_over, &over);
    HtView *view = ht_context_view(station->context);
    while (!over && !station->is_ended && view && ht_view_is_loading(view)) {
        g_main_context_iteration(NULL, TRUE);
        view = ht_context_view(station->context);
    }
    if (!over)
        g_source_remove(source);
}

static void run_loop(Station *station, const HtWorkstationOptions *options)
{
    enum { SOURCES = 3 };
    guint sources[SOURCES] = {0};
    int columns, lines;
    ht_terminal_size(station->terminal, &columns, &lines);
    ht_screen_resize(station->screen, columns, lines);
    ht_recorder_size(station->recorder, columns, lines);
    ht_thread_answers_keys(true);
    await_rows(station);
    paint(station);
    station->last_frame_us = 0; /* should rows come now, they are not held up */
    add_sources(station, sources);
    ht_context_set_changed(station->context, on_context_changed, station);
    ht_thread_answers_keys(false);
    if (options->started)
        options->started(station->context, options->data);
    ht_thread_answers_keys(true);
    note_activity(station);
    if (!station->is_ended && !ht_screen_is_done(station->screen))
        g_main_loop_run(station->loop);
    ht_thread_answers_keys(false);
    for (gsize i = 0; i < SOURCES; i++)
        cancel(&sources[i]);
}

bool ht_workstation_run(HtContext *context, const HtWorkstationOptions *options, GError **error)
{
    const HtSettings *settings = ht_context_parts(context)->settings;
    const HtPaths *paths = ht_context_parts(context)->paths;
    bool has_title = ht_settings_bool(settings, "ui.title");
    HtTerminalOptions terminal = {.no_color = options->no_color,
                                  .mouse = ht_settings_bool(settings, "ui.mouse"),
                                  /* Letters, digits, - and _: no more is in a profile's name. */
                                  .title = has_title ? ht_paths_profile(paths) : NULL};
    Station station = {.context = context, .signal_fd = -1};
    ht_editor_sweep(ht_paths_runtime_dir(paths));
    if (options->record) {
        station.recorder = ht_recorder_new(options->record, options->record_texts, error);
        if (!station.recorder)
            return false;
    }
    station.loop = g_main_loop_new(NULL, FALSE);
    add_end_signals(&station);
    station.terminal = ht_terminal_open(&terminal, error);
    if (!station.terminal) {
        clear_station(&station);
        return false;
    }
    ht_log_capture_stderr();
    HtScreenHost host = {edit_text, copy_text, &station};
    station.screen = ht_screen_new(context, &host);
    station.input = ht_input_new(on_input, &station);
    set_up_screen(&station, settings);
    set_up_theme(&station, options);
    run_loop(&station, options);
    clear_station(&station);
    return true;
}
