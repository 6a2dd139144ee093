/* The whole way of a key: a terminal's bytes, the decoder, keymap and prompts, commands on a real
 * cache and outbox, and the frame that follows. Every cell holds what may be drawn, and fits. The
 * first two bytes are the screen's size; the highest bit of the second: all keys come at once. */
#include "fuzz.h"

#include "hiretty/ui/input.h"
#include "hiretty/ui/screen.h"
#include "src/command/context_impl.h"

#include <string.h>

enum { RESET_AFTER = 100, MOST_BYTES = 400 };

typedef struct {
    HtContext *context;
    HtScreen *screen;
    bool at_once;
} Station;

static void check_line(const HtCanvasCell *cells, int columns)
{
    for (int x = 0; x < columns; x++) {
        const HtCanvasCell *cell = &cells[x];
        g_assert_cmpint(cell->role, <, HT_N_STYLES);
        g_assert_cmpint(cell->n_text, <=, HT_CELL_CHARS);
        if (cell->width == 2) {
            g_assert_cmpint(x + 1, <, columns);
            g_assert_cmpint(cells[x + 1].width, ==, 0);
        }
        if (cell->width == 0) {
            g_assert_cmpint(x, >, 0);
            g_assert_cmpint(cells[x - 1].width, ==, 2);
        }
    }
}

static void check_frame(Station *station)
{
    const HtCanvas *canvas = ht_screen_paint(station->screen, true);
    int x, y, columns = ht_canvas_columns(canvas), lines = ht_canvas_lines(canvas);
    for (int i = 0; i < lines; i++) {
        check_line(ht_canvas_line(canvas, i), columns);
        g_autofree char *text = ht_canvas_line_text(canvas, i);
        fuzz_assert_clean(text, false);
    }
    ht_canvas_cursor(canvas, &x, &y);
    g_assert_true(x < columns && y < lines);
}

/* No key waits for nothing. */
static void check_keys(Station *station)
{
    if (station->context->in_flight == 0 && !ht_screen_is_done(station->screen))
        g_assert_cmpuint(station->context->typeahead.length, ==, 0);
}

static void take(const HtInputEvent *event, gpointer data)
{
    Station *station = data;
    if (ht_screen_is_done(station->screen))
        return;
    if (event->kind == HT_INPUT_KEY)
        ht_screen_key(station->screen, event->text);
    else if (event->kind == HT_INPUT_PASTE)
        ht_screen_paste(station->screen, event->text);
    else if (event->kind == HT_INPUT_MOUSE && g_str_equal(event->text, "press"))
        ht_screen_click(station->screen, event->x, event->y);
    else if (event->kind == HT_INPUT_MOUSE)
        ht_screen_scroll(station->screen, event->text[0] == 'u' ? -3 : 3);
    if (!station->at_once)
        fuzz_settle(station->context, 100);
    check_keys(station);
    check_frame(station);
}

static char *edit(const char *label, const char *initial, char **left, gpointer data,
                  GError **error)
{
    (void)label;
    (void)data;
    (void)left;
    (void)error;
    return g_strconcat(initial ? initial : "", " written in an editor", NULL);
}

static const char *copy(const char *text, gpointer data)
{
    (void)text;
    (void)data;
    return "Copied.";
}

static void on_changed(HtContext *context, gpointer data)
{
    (void)context;
    ht_screen_work_off(data);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static int runs;
    if (size < 2 || size > MOST_BYTES)
        return 0;
    if (runs++ >= RESET_AFTER) {
        fuzz_desk_reset();
        runs = 1;
    }
    g_autoptr(GError) error = NULL;
    HtScreenHost host = {.edit = edit, .copy = copy};
    Station station = {.context = fuzz_context(fuzz_desk(), true), .at_once = data[1] & 128};
    g_assert_true(ht_context_start(station.context, &error));
    station.screen = ht_screen_new(station.context, &host);
    ht_context_set_changed(station.context, on_changed, station.screen);
    ht_screen_resize(station.screen, 1 + data[0] % 140, 1 + data[1] % 50);
    ht_screen_set_plain(station.screen, data[0] & 128);
    fuzz_settle(station.context, 100);
    check_frame(&station);
    HtInput *input = ht_input_new(take, &station);
    ht_input_feed(input, data + 2, size - 2);
    ht_input_flush(input);
    ht_input_free(input);
    fuzz_settle(station.context, 100);
    check_keys(&station);
    check_frame(&station);
    ht_context_set_changed(station.context, NULL, NULL);
    ht_screen_free(station.screen);
    ht_context_free(station.context);
    while (g_main_context_iteration(NULL, FALSE))
        continue;
    return 0;
}
