/* The desk is kept from one input to the next, since opening a cache takes far longer than any
 * parser: what an input writes into it is either rolled back, or thrown away with fuzz_desk_reset.
 */
#include "fuzz.h"

#include "hiretty/base/clock.h"
#include "hiretty/base/text.h"

#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#define FIXED_NOW_US INT64_C(1773645000000000) /* 2026-03-16 */

static FuzzDesk the_desk;
static bool is_open;

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    g_setenv("LC_ALL", "C.UTF-8", TRUE);
    g_setenv("TZ", "UTC", TRUE);
    g_unsetenv("HIRETTY_NOW");
    ht_text_init_locale();
    g_assert_false(ht_text_is_ascii());
    ht_clock_fix(FIXED_NOW_US);
    g_log_set_always_fatal(G_LOG_FATAL_MASK | G_LOG_LEVEL_CRITICAL);
    return 0;
}

char *fuzz_text(const uint8_t *data, size_t size)
{
    gsize n = strnlen((const char *)data, size);
    char *text = g_malloc(n + 1);
    if (n > 0)
        memcpy(text, data, n);
    text[n] = '\0';
    return text;
}

char **fuzz_texts(const uint8_t *data, size_t size, guint n)
{
    char **texts = g_new0(char *, n + 1);
    for (guint i = 0; i < n; i++) {
        texts[i] = fuzz_text(data, size);
        gsize used = MIN(strlen(texts[i]) + 1, size);
        data += used;
        size -= used;
    }
    return texts;
}

/* Written down apart from the cleaner's own table. */
static bool hides_or_moves(gunichar c)
{
    static const gunichar ranges[][2] = {
        {0x0000, 0x001F},   {0x007F, 0x009F},   {0x00AD, 0x00AD},      {0x034F, 0x034F},
        {0x061C, 0x061C},   {0x115F, 0x1160},   {0x17B4, 0x17B5},      {0x180B, 0x180F},
        {0x200B, 0x200F},   {0x2028, 0x202E},   {0x2060, 0x206F},      {0x3164, 0x3164},
        {0xD800, 0xF8FF},   {0xFDD0, 0xFDEF},   {0xFE00, 0xFE0F},      {0xFEFF, 0xFEFF},
        {0xFFA0, 0xFFA0},   {0xFFF0, 0xFFFC},   {0xFFFE, 0xFFFF},      {0x1BCA0, 0x1BCA3},
        {0x1D173, 0x1D17A}, {0xE0000, 0xE0FFF}, {0xF0000, G_MAXINT32},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(ranges); i++) {
        if (c >= ranges[i][0] && c <= ranges[i][1])
            return true;
    }
    return false;
}

void fuzz_assert_clean(const char *text, bool lines)
{
    int width = 0;
    g_assert_true(g_utf8_validate(text, -1, NULL));
    for (const char *p = text; *p; p = g_utf8_next_char(p)) {
        gunichar c = g_utf8_get_char(p);
        if (lines && c == '\n')
            continue;
        g_assert_false(hides_or_moves(c));
        int columns = wcwidth((wchar_t)c);
        g_assert_cmpint(columns, >=, 0);
        width += columns;
    }
    if (!strchr(text, '\n'))
        g_assert_cmpint(ht_text_width(text), ==, width);
}

/* ---- the desk ---- */

static void close_desk(void)
{
    if (!is_open)
        return;
    is_open = false;
    ht_reader_free(the_desk.reader);
    ht_outbox_close(the_desk.outbox);
    fixture_close(&the_desk.fixture);
    ht_settings_free(the_desk.settings);
}

void fuzz_desk_reset(void)
{
    close_desk();
}

FuzzDesk *fuzz_desk(void)
{
    static bool is_registered;
    if (is_open)
        return &the_desk;
    if (!is_registered)
        atexit(close_desk);
    is_registered = is_open = true;
    memset(&the_desk, 0, sizeof the_desk);
    g_autoptr(GError) error = NULL;
    fixture_open(&the_desk.fixture);
    fixture_fill(&the_desk.fixture);
    the_desk.outbox = ht_outbox_open(the_desk.fixture.cache, the_desk.fixture.paths, &error);
    g_assert_no_error(error);
    the_desk.reader = ht_reader_new(the_desk.fixture.cache, "fuzz", &error);
    g_assert_no_error(error);
    the_desk.settings = ht_settings_load(NULL, NULL, NULL);
    return &the_desk;
}

HtContext *fuzz_context(FuzzDesk *desk, bool interactive)
{
    g_autoptr(GError) error = NULL;
    HtContextParts parts = {.paths = desk->fixture.paths,
                            .settings = desk->settings,
                            .cache = desk->fixture.cache,
                            .outbox = desk->outbox,
                            .reader = desk->reader,
                            .interactive = interactive};
    HtContext *context = ht_context_new(&parts, &error);
    g_assert_no_error(error);
    return context;
}

static gboolean tick(gpointer data)
{
    (void)data; /* only wakes the loop: what waits for a screen that is gone waits for ever */
    return G_SOURCE_CONTINUE;
}

void fuzz_settle(HtContext *context, int rounds)
{
    while (g_main_context_iteration(NULL, FALSE))
        continue;
    if (!ht_context_is_busy(context))
        return;
    guint source = g_timeout_add(5, tick, NULL);
    for (int i = 0; i < rounds && ht_context_is_busy(context); i++)
        g_main_context_iteration(NULL, TRUE);
    g_source_remove(source);
}
