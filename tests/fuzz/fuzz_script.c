/* Script files, as people send them with a report: a bad line is an error that names it. */
#include "fuzz.h"

#include "hiretty/ui/script.h"
#include "hiretty/ui/terminal.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { RESET_AFTER = 100, MOST_BYTES = 2000, MOST_CELLS = 3 * 1000 * 1000 };

/* Each step may paint the whole screen, which may have a million cells (a second here): many of
 * those show nothing new. */
static bool is_long(const char *script)
{
    g_auto(GStrv) lines = g_strsplit(script, "\n", -1);
    gint64 cells = 0, size = 80 * 24;
    for (int i = 0; lines[i]; i++) {
        const char *line = g_strchug(lines[i]);
        char *end = NULL;
        if (g_str_has_prefix(line, "size "))
            size = MAX(size, CLAMP(strtoll(line + 5, &end, 10), 1, 1000) *
                                 CLAMP(strtoll(end, NULL, 10), 1, 1000));
        cells += size;
    }
    return cells > MOST_CELLS;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static int runs;
    g_autofree char *text = fuzz_text(data, size);
    if (size > MOST_BYTES || is_long(text))
        return 0;
    if (runs == 0)
        g_assert_nonnull(freopen("/dev/null", "w", stdout));
    if (runs++ >= RESET_AFTER) {
        fuzz_desk_reset();
        runs = 1;
    }
    FuzzDesk *desk = fuzz_desk();
    g_autofree char *file = g_build_filename(desk->fixture.dir, "a.script", NULL);
    g_autoptr(GError) error = NULL;
    g_assert_true(g_file_set_contents(file, (const char *)data, (gssize)size, NULL));
    g_autoptr(HtContext) context = fuzz_context(desk, true);
    g_assert_true(ht_context_start(context, &error));
    HtScriptOptions options = {.folder = desk->fixture.dir};
    bool ok = ht_script_run(context, file, &options, &error);
    g_assert_true(ok == (error == NULL));
    if (error)
        g_assert_true(g_utf8_validate(error->message, -1, NULL));
    fuzz_settle(context, 4);
    return 0;
}
