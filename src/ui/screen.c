/* Paint order: body, preview, frame, and over them what is asked. Everything is painted anew at
 * every frame (0.2 ms); the terminal sends the difference. The preview alone may be left as it is:
 * at a held key it would cost more bytes than the list. */
#include "hiretty/ui/screen.h"

#include "hiretty/command/keymap.h"
#include "hiretty/command/prompt.h"
#include "hiretty/view/views.h"
#include "line_edit.h"
#include "widgets.h"

#include <string.h>

struct HtScreen {
    HtContext *context;
    HtScreenHost host;
    HtCanvas *canvas;
    HtWidgetLook look;
    bool below, done;
    HtPrompt *prompt;
    HtLineEditor *editor; /* of the prompt's line */
    bool scroll_preview;
    /* what of the preview is in sight */
    HtRect preview_rect;
    HtKey preview_key;
    HtView *preview_view;
    guint64 preview_text; /* its serial in the view, 0 = nothing is written there */
    bool preview_blind;
    guint64 preview_serial;
    bool preview_stale, preview_covered;
    /* where the list stood in the last frame */
    HtView *list_view;
    int64_t list_top;
    HtKey list_key;
};

/* ---- results ---- */

static void ask(HtScreen *screen, HtPrompt *prompt)
{
    screen->prompt = prompt;
    ht_line_editor_start(screen->editor, prompt);
}

static void handle(HtScreen *screen, HtResult result);

static void edit(HtScreen *screen, HtPrompt *prompt)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *left = NULL;
    char *text = NULL;
    if (screen->host.edit)
        text = screen->host.edit(prompt->label, prompt->text ? prompt->text : "", &left,
                                 screen->host.data, &error);
    if (!text && left) { /* as words that are given up at a prompt: its command brings them back */
        g_free(prompt->text);
        prompt->text = g_steal_pointer(&left);
        ht_context_cancel(screen->context, prompt);
        return;
    }
    if (!text) {
        prompt->cancelled = NULL; /* nothing was written: nothing is given up */
        ht_context_cancel(screen->context, prompt);
        ht_context_set_message(screen->context, HT_STYLE_ERROR, "%s",
                               error ? error->message : "There is no editor here.");
        return;
    }
    g_free(prompt->text);
    prompt->text = text;
    handle(screen, ht_context_answer(screen->context, prompt));
}

static void copy(HtScreen *screen, const char *text)
{
    const char *answer = "There is no clipboard here.";
    if (screen->host.copy)
        answer = screen->host.copy(text, screen->host.data);
    ht_context_set_message(screen->context, HT_STYLE_NORMAL, "%s", answer);
}

static void handle(HtScreen *screen, HtResult result)
{
    switch (result.kind) {
    case HT_RESULT_MESSAGE:
        ht_context_set_message(screen->context, HT_STYLE_NORMAL, "%s", result.text);
        break;
    case HT_RESULT_ERROR:
        ht_context_set_message(screen->context, HT_STYLE_ERROR, "%s", result.text);
        break;
    case HT_RESULT_PROMPT:
        ask(screen, g_steal_pointer(&result.prompt));
        break;
    case HT_RESULT_EDITOR:
        edit(screen, g_steal_pointer(&result.prompt));
        break;
    case HT_RESULT_COPY:
        copy(screen, result.text);
        break;
    case HT_RESULT_QUIT:
        screen->done = true;
        break;
    case HT_RESULT_NONE:
    default:
        break;
    }
    ht_result_clear(&result);
}

/* ---- prompts ---- */

static void give_up(HtScreen *screen)
{
    ht_context_cancel(screen->context, g_steal_pointer(&screen->prompt));
}

static void answer(HtScreen *screen)
{
    HtPrompt *prompt = screen->prompt;
    if (prompt->kind == HT_PROMPT_CHOICE && !ht_prompt_choice(prompt) && prompt->choices->len > 0) {
        g_free(prompt->error);
        prompt->error = g_strdup(prompt->shown->len > 0 ? "choose one with Up and Down"
                                                        : "nothing like that is to choose from");
        return;
    }
    if (prompt->error && !prompt->may_insist)
        return;
    ht_line_editor_remember(screen->editor, prompt);
    handle(screen, ht_context_answer(screen->context, g_steal_pointer(&screen->prompt)));
}

static void answer_count(HtScreen *screen)
{
    HtPrompt *prompt = screen->prompt;
    gint64 number = -1;
    if (g_ascii_string_to_signed(prompt->text ? prompt->text : "", 10, 0, G_MAXINT64, &number,
                                 NULL) &&
        number == prompt->expected) {
        g_clear_pointer(&prompt->error, g_free);
        answer(screen);
        return;
    }
    g_free(prompt->error);
    prompt->error =
        g_strdup_printf("type %" G_GINT64_FORMAT " to confirm, or Esc", prompt->expected);
    prompt->error_column = -1;
}

static bool is_give_up(const char *key)
{
    return strcmp(key, "Esc") == 0 || strcmp(key, "C-g") == 0 || strcmp(key, "C-c") == 0;
}

static bool choose(HtScreen *screen, const char *key)
{
    static const struct {
        const char *key;
        int delta;
    } moves[] = {{"Up", -1}, {"C-p", -1},   {"S-Tab", -1}, {"Down", 1},
                 {"C-n", 1}, {"PgUp", -10}, {"PgDn", 10}};
    for (gsize i = 0; i < G_N_ELEMENTS(moves); i++) {
        if (strcmp(key, moves[i].key) == 0) {
            ht_prompt_select(screen->prompt, moves[i].delta);
            return true;
        }
    }
    return false;
}

/* No history, no completion, no moving about in what nobody sees. */
static void secret_key(HtScreen *screen, const char *key)
{
    HtPrompt *prompt = screen->prompt;
    if (strcmp(key, "Enter") == 0)
        answer(screen);
    else if (strcmp(key, "Backspace") == 0)
        ht_prompt_secret_erase(prompt, false);
    else if (strcmp(key, "C-u") == 0 || strcmp(key, "C-w") == 0)
        ht_prompt_secret_erase(prompt, true);
    else if (strcmp(key, "Space") == 0)
        ht_prompt_secret_add(prompt, " ");
    else if (ht_line_editor_is_text(key))
        ht_prompt_secret_add(prompt, key);
}

static void prompt_key(HtScreen *screen, const char *key)
{
    HtPrompt *prompt = screen->prompt;
    if (is_give_up(key)) {
        give_up(screen);
    } else if (prompt->waiting) {
        return;
    } else if (prompt->kind == HT_PROMPT_SECRET) {
        secret_key(screen, key);
    } else if (prompt->kind == HT_PROMPT_CONFIRM) {
        if (strcmp(key, "y") == 0)
            answer(screen);
        else
            give_up(screen);
    } else if (strcmp(key, "Enter") == 0) {
        if (prompt->kind == HT_PROMPT_COUNT)
            answer_count(screen);
        else
            answer(screen);
    } else if (prompt->kind == HT_PROMPT_CHOICE && choose(screen, key)) {
        return;
    } else {
        ht_line_editor_key(screen->editor, screen->context, prompt, key);
    }
}

/* A prompt may be about something that goes on without keys. */
static void follow(HtScreen *screen)
{
    HtResult result = {0};
    HtPrompt *prompt = screen->prompt;
    if (!prompt || !prompt->followed || !prompt->followed(screen->context, prompt, &result))
        return;
    ht_prompt_free(g_steal_pointer(&screen->prompt));
    handle(screen, result);
}

void ht_screen_work_off(HtScreen *screen)
{
    HtResult result;
    follow(screen);
    for (bool more = true; more && !screen->done;) {
        /* Keys that wait behind one that asks something are part of the answer. */
        g_autofree char *key = screen->prompt ? ht_context_take_key(screen->context) : NULL;
        if (key) {
            prompt_key(screen, key);
            explicit_bzero(key, strlen(key)); /* a character of a password, maybe */
        } else if (!screen->prompt && ht_context_take_result(screen->context, &result)) {
            handle(screen, result);
        } else {
            more = !screen->prompt && ht_context_work_off(screen->context);
        }
    }
}

void ht_screen_key(HtScreen *screen, const char *key)
{
    if (screen->prompt)
        prompt_key(screen, key);
    else
        handle(screen, ht_context_feed(screen->context, key));
    ht_screen_work_off(screen);
}

/* ---- what is no key, in its turn ---- */

typedef struct {
    HtScreen *screen;
    char *text;         /* pasted */
    const HtView *view; /* that was clicked: compared, never followed */
    int64_t row;
    HtKey key; /* which row that was */
    int delta;
} Turn;

static void turn_free(gpointer data)
{
    Turn *turn = data;
    if (turn->text)
        explicit_bzero(turn->text, strlen(turn->text)); /* a password, maybe */
    g_free(turn->text);
    g_free(turn);
}

static void in_turn(HtScreen *screen, void (*run)(gpointer data), const Turn *turn)
{
    Turn *copy = g_memdup2(turn, sizeof *turn);
    copy->screen = screen;
    /* With a prompt open nothing waits: it is what the rest waited for. */
    if (!screen->prompt) {
        ht_context_in_turn(screen->context, run, copy, turn_free);
        ht_screen_work_off(screen);
        return;
    }
    run(copy);
    turn_free(copy);
}

static void paste(gpointer data)
{
    Turn *turn = data;
    HtScreen *screen = turn->screen;
    bool takes_text = screen->prompt && screen->prompt->kind != HT_PROMPT_CONFIRM;
    if (screen->prompt && screen->prompt->waiting)
        return;
    if (takes_text && screen->prompt->kind == HT_PROMPT_SECRET)
        ht_prompt_secret_add(screen->prompt, turn->text);
    else if (takes_text)
        ht_line_editor_insert(screen->editor, screen->context, screen->prompt, turn->text);
    else
        ht_context_set_message(
            screen->context, HT_STYLE_WARNING,
            "A pasted text never runs commands. Open a prompt first, then paste.");
}

static void scroll(gpointer data)
{
    Turn *turn = data;
    HtView *view = ht_context_view(turn->screen->context);
    if (view && !turn->screen->prompt)
        ht_view_move(view, turn->delta);
}

/* The row that was clicked, where it is still that one. */
static void click(gpointer data)
{
    Turn *turn = data;
    HtView *view = ht_context_view(turn->screen->context);
    if (view && view == turn->view && !turn->screen->prompt && turn->row < ht_view_rows(view) &&
        ht_view_row_key(view, turn->row) == turn->key)
        ht_view_set_cursor(view, turn->row);
}

void ht_screen_paste(HtScreen *screen, const char *text)
{
    in_turn(screen, paste, &(Turn){.text = g_strdup(text)});
}

void ht_screen_scroll(HtScreen *screen, int delta)
{
    in_turn(screen, scroll, &(Turn){.delta = delta});
}

void ht_screen_click(HtScreen *screen, int x, int y)
{
    HtView *view = ht_context_view(screen->context);
    if (!view || screen->prompt || ht_view_kind(view) != HT_VIEW_TABLE)
        return;
    HtLayout layout;
    HtLayoutWish wish = {.head = true,
                         .preview =
                             ht_context_preview_on(screen->context) && ht_view_has_preview(view),
                         .below = screen->below};
    ht_layout_compute(&layout, ht_canvas_columns(screen->canvas), ht_canvas_lines(screen->canvas),
                      &wish);
    HtRect body = layout.body;
    int64_t row = ht_view_top(view) + y - body.y;
    if (x < body.columns && y >= body.y && y < body.y + body.lines && row < ht_view_rows(view))
        in_turn(screen, click,
                &(Turn){.view = view, .row = row, .key = ht_view_row_key(view, row)});
}

/* ---- painting ---- */

static bool same_rect(const HtRect *a, const HtRect *b)
{
    return a->x == b->x && a->y == b->y && a->columns == b->columns && a->lines == b->lines;
}

static void clear_all_but(HtScreen *screen, const HtRect *kept)
{
    HtCanvas *canvas = screen->canvas;
    int columns = ht_canvas_columns(canvas), lines = ht_canvas_lines(canvas);
    HtRect above = {0, 0, columns, kept->y};
    HtRect below = {0, kept->y + kept->lines, columns, lines - kept->y - kept->lines};
    HtRect left = {0, kept->y, kept->x, kept->lines};
    HtRect right = {kept->x + kept->columns, kept->y, columns - kept->x - kept->columns,
                    kept->lines};
    ht_canvas_clear(canvas, &above);
    ht_canvas_clear(canvas, &below);
    ht_canvas_clear(canvas, &left);
    ht_canvas_clear(canvas, &right);
}

static void paint_preview(HtScreen *screen, HtView *view, const HtLayout *layout)
{
    int64_t cursor = ht_view_cursor(view);
    HtKey key = ht_view_current_key(view);
    const HtDoc *doc = cursor >= 0 ? ht_view_preview(view, cursor, layout->preview.columns) : NULL;
    if (screen->preview_key != key || screen->preview_view != view || !screen->preview_serial)
        screen->preview_serial++;
    screen->preview_key = key;
    screen->preview_view = view;
    screen->preview_text = doc ? ht_view_preview_serial(view, cursor) : 0;
    screen->preview_blind = ht_view_is_blind(view);
    screen->preview_rect = layout->preview;
    if (!doc)
        return;
    int top = ht_view_preview_top(view);
    int shown = ht_widget_doc(screen->canvas, doc, &layout->preview, top);
    if (shown != top)
        ht_view_set_preview_top(view, shown);
}

/* An old preview may stay only where nothing was painted over it, and never with a name beside rows
 * that hide it. */
static bool can_keep_preview(const HtScreen *screen, HtView *view, const HtLayout *layout)
{
    return layout->preview.columns > 0 && screen->preview_view == view &&
           screen->preview_blind == ht_view_is_blind(view) && !screen->preview_covered &&
           same_rect(&screen->preview_rect, &layout->preview);
}

/* The same row may have got another text: what it says changed, or how it is read. */
static bool is_stale(const HtScreen *screen, HtView *view)
{
    return screen->preview_key != ht_view_current_key(view) ||
           screen->preview_text != ht_view_preview_serial(view, ht_view_cursor(view));
}

static void paint_body(HtScreen *screen, HtView *view, const HtLayout *layout)
{
    if (ht_view_kind(view) == HT_VIEW_TABLE) {
        screen->look.nothing = ht_context_nothing_text(screen->context);
        ht_widget_table(screen->canvas, view, layout, &screen->look);
        return;
    }
    if (layout->head_y >= 0)
        ht_widget_tabs(screen->canvas, view, layout->head_y, &screen->look);
    ht_widget_text(screen->canvas, view, layout);
}

/* Beside a preview a terminal cannot scroll: each line would cost a whole page of bytes. So there
 * the list turns by half a page when the cursor runs over its edge. */
static void turn_page(HtScreen *screen, HtView *view, const HtLayout *layout)
{
    int page = layout->body.lines;
    int64_t top = ht_view_top(view), cursor = ht_view_cursor(view), rows = ht_view_rows(view);
    int64_t by = top - screen->list_top;
    HtKey key = ht_view_current_key(view);
    bool moved = view == screen->list_view && key != screen->list_key;
    if (moved && layout->preview_right && by > 0 && by < page / 2 && cursor == top + page - 1)
        ht_view_set_top(view, CLAMP(screen->list_top + page / 2, 0, MAX(rows - page, top)));
    else if (moved && layout->preview_right && by < 0 && -by < page / 2 && cursor == top)
        ht_view_set_top(view, MAX(screen->list_top - page / 2, 0));
    screen->list_view = view;
    screen->list_top = ht_view_top(view);
    screen->list_key = key;
}

static void compute_layout(HtScreen *screen, HtView *view, HtLayout *layout)
{
    const char *const *names;
    int active;
    bool table = ht_view_kind(view) == HT_VIEW_TABLE;
    HtLayoutWish wish = {
        .head = table || ht_view_tabs(view, &names, &active) > 0,
        .gap = !table,
        .preview = table && ht_view_has_preview(view) && ht_context_preview_on(screen->context),
        .below = screen->below,
    };
    ht_layout_compute(layout, ht_canvas_columns(screen->canvas), ht_canvas_lines(screen->canvas),
                      &wish);
}

static void paint_over(HtScreen *screen, const HtLayout *layout)
{
    HtContext *context = screen->context;
    screen->preview_covered =
        screen->prompt && (screen->prompt->kind == HT_PROMPT_CHOICE || screen->prompt->error);
    if (screen->prompt) {
        ht_widget_prompt(screen->canvas, screen->prompt, ht_line_editor_state(screen->editor),
                         layout, &screen->look);
        return;
    }
    ht_widget_hints(screen->canvas, context, layout, &screen->look);
    ht_widget_message(screen->canvas, context, layout);
    const char *pending = ht_keymap_pending(ht_context_keymap(context));
    if (*pending && !g_ascii_isdigit(pending[strlen(pending) - 1])) {
        ht_widget_keys(screen->canvas, context, layout, &screen->look);
        screen->preview_covered = true;
    }
}

const HtCanvas *ht_screen_paint(HtScreen *screen, bool with_preview)
{
    HtLayout layout;
    HtView *view = ht_context_view(screen->context);
    screen->preview_stale = false;
    if (!view) {
        ht_canvas_clear(screen->canvas, NULL);
        return screen->canvas;
    }
    compute_layout(screen, view, &layout);
    if (layout.too_small) {
        ht_canvas_clear(screen->canvas, NULL);
        ht_widget_too_small(screen->canvas);
        screen->preview_covered = true;
        return screen->canvas;
    }
    ht_view_set_page(view, layout.body.lines);
    if (ht_view_kind(view) == HT_VIEW_TABLE)
        turn_page(screen, view, &layout);
    bool keep = !with_preview && can_keep_preview(screen, view, &layout);
    if (keep)
        clear_all_but(screen, &layout.preview);
    else
        ht_canvas_clear(screen->canvas, NULL);
    paint_body(screen, view, &layout);
    if (keep)
        screen->preview_stale = is_stale(screen, view);
    else if (layout.preview.columns > 0)
        paint_preview(screen, view, &layout);
    else
        screen->preview_view = NULL;
    ht_widget_rules(screen->canvas, &layout, &screen->look);
    ht_widget_title(screen->canvas, screen->context, &screen->look);
    paint_over(screen, &layout);
    return screen->canvas;
}

bool ht_screen_preview_is_stale(const HtScreen *screen)
{
    return screen->preview_stale;
}

guint64 ht_screen_preview_serial(const HtScreen *screen)
{
    return screen->preview_view && screen->preview_key ? screen->preview_serial : 0;
}

void ht_screen_previewed(HtScreen *screen, int64_t shown_ms)
{
    HtView *view = ht_context_view(screen->context);
    if (view && view == screen->preview_view && ht_view_current_key(view) == screen->preview_key)
        ht_view_previewed(view, ht_view_cursor(view), shown_ms);
}

/* ---- life ---- */

void ht_screen_set_plain(HtScreen *screen, bool plain)
{
    screen->look.signs = ht_signs(plain || ht_text_is_ascii());
}

void ht_screen_set_low_bandwidth(HtScreen *screen, bool on)
{
    screen->look.low_bandwidth = on;
}

void ht_screen_set_preview_place(HtScreen *screen, const char *place)
{
    screen->below = strcmp(place, "below") == 0;
}

void ht_screen_resize(HtScreen *screen, int columns, int lines)
{
    ht_canvas_resize(screen->canvas, columns, lines);
    ht_context_set_size(screen->context, columns, lines);
    screen->preview_covered = true;
}

bool ht_screen_is_prompting(const HtScreen *screen)
{
    return screen->prompt != NULL;
}

bool ht_screen_is_secret(const HtScreen *screen)
{
    return screen->prompt && screen->prompt->kind == HT_PROMPT_SECRET;
}

bool ht_screen_is_done(const HtScreen *screen)
{
    return screen->done;
}

HtScreen *ht_screen_new(HtContext *context, const HtScreenHost *host)
{
    HtScreen *screen = g_new0(HtScreen, 1);
    screen->context = context;
    screen->host = host ? *host : (HtScreenHost){0};
    screen->canvas = ht_canvas_new(80, 24);
    screen->editor = ht_line_editor_new();
    ht_screen_set_plain(screen, false);
    return screen;
}

void ht_screen_free(HtScreen *screen)
{
    if (!screen)
        return;
    ht_context_forget_waiting(screen->context);
    if (screen->prompt)
        give_up(screen);
    ht_line_editor_free(screen->editor);
    ht_canvas_free(screen->canvas);
    g_free(screen);
}
