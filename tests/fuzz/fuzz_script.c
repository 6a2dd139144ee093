/* Script files, as people send them with a report: a bad line is an error that names it. */
#include "fuzz.h"

#include "hiretty/ui/script.h"
#include "hiretty/ui/terminal.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { RESET_AFTER = 100, MOST_BYTES = 2000 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static int runs;
    if (size > MOST_BYTES)
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
