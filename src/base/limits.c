/* Libraries that meet the limit of open files answer each in its own way: SQLite by an error,
 * ncurses by blaming the terminal, GLib by ending the program, for it cannot wake a thread without
 * a descriptor. So they are counted once, before anything stands on them. They are really taken,
 * for the whole system may be short of them as well. */
#include "hiretty/base/limits.h"

#include "hiretty/base/error.h"
#include "hiretty/base/text.h"

#include <errno.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <unistd.h>

enum { ADVISED = 256 };

static rlim_t raise_soft_limit(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return RLIM_INFINITY;
    if (limit.rlim_cur < ADVISED && limit.rlim_cur < limit.rlim_max) {
        limit.rlim_cur = MIN((rlim_t)ADVISED, limit.rlim_max);
        setrlimit(RLIMIT_NOFILE, &limit);
    }
    return limit.rlim_max;
}

bool ht_limits_files(int needed, GError **error)
{
    rlim_t hard = raise_soft_limit();
    g_autofree int *taken = g_new(int, MAX(1, needed));
    int n = 0;
    while (n < needed && (taken[n] = eventfd(0, EFD_CLOEXEC)) >= 0)
        n++;
    int why = errno;
    for (int i = 0; i < n; i++)
        close(taken[i]);
    if (n == needed)
        return true;
    if (why == EMFILE && hard < ADVISED)
        g_set_error(error, HT_ERROR, HT_ERROR_IO,
                    "%d more %s must be open at once, and the limit of %d leaves %d (ulimit -n "
                    "%d, where the hard limit is set)",
                    needed, ht_text_plural(needed, "file", "files"), (int)hard, n, ADVISED);
    else
        g_set_error(error, HT_ERROR, HT_ERROR_IO,
                    "%d more %s must be open at once, and there are %d: %s (%s)", needed,
                    ht_text_plural(needed, "file", "files"), n, g_strerror(why),
                    why == EMFILE ? "close what the caller left open"
                                  : "close other programs, or ask who runs this machine");
    return false;
}
