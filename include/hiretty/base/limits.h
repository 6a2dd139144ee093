/* What the system lets this process have. Any thread. */
#pragma once

#include <glib.h>
#include <stdbool.h>

/* What EFBIG comes of here. SIGXFSZ is ignored, so that a write says it. */
#define HT_LIMIT_FILE_SIZE                                                                         \
    "a file may not become larger: the limit of this process is reached (ulimit -f)"

/* Whether `needed` more files can be open at once: GLib ends a program that has none left. Raises
 * the soft limit first, as far as the hard one and need be. HT_ERROR_IO says how many there are and
 * what to do about it. */
bool ht_limits_files(int needed, GError **error);
