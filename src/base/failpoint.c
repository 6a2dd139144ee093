/* The process ends where it stands: no handler, no flush, no unlock but the kernel's. */
#include "hiretty/base/failpoint.h"

#if HT_WITH_FAILPOINTS

#include <glib.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

static const char *const names[] = {
#define NAME_OF(id, name, text) name,
    HT_FAILPOINTS(NAME_OF)
#undef NAME_OF
};

static gint passes_left; /* atomic */

/* The chosen one, or HT_N_FAILPOINTS. */
static gsize chosen_point(void)
{
    static gsize once;
    if (g_once_init_enter(&once)) {
        const char *wanted = g_getenv("HIRETTY_FAILPOINT");
        const char *colon = wanted ? strchr(wanted, ':') : NULL;
        gsize len = wanted ? (colon ? (gsize)(colon - wanted) : strlen(wanted)) : 0, point = 0;
        while (point < HT_N_FAILPOINTS &&
               (!len || strlen(names[point]) != len || strncmp(names[point], wanted, len) != 0))
            point++;
        g_atomic_int_set(&passes_left, colon ? (gint)g_ascii_strtoll(colon + 1, NULL, 10) : 1);
        g_once_init_leave(&once, point + 1);
    }
    return once - 1;
}

void ht_failpoint_pass(HtFailpoint point)
{
    if (chosen_point() != (gsize)point || !g_atomic_int_dec_and_test(&passes_left))
        return;
    kill(getpid(), SIGKILL);
    for (;;)
        pause();
}

#endif
