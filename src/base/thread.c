/* One flag a thread. */
#include "hiretty/base/thread.h"

#include <glib.h>

static _Thread_local bool answers_keys;

bool ht_thread_answers_keys(bool does)
{
    bool before = answers_keys;
    answers_keys = does;
    return before;
}

void ht_thread_waits(const char *whom)
{
#if HT_WITH_FAILPOINTS
    if (answers_keys)
        g_error("the thread that answers keys waits for %s", whom);
#else
    (void)whom;
#endif
}
