/* What the system lets this process have. Any thread. */
#pragma once

#include <glib.h>
#include <stdbool.h>

/* Whether `needed` more files can be open at once: GLib ends a program that has none left. Raises
 * the soft limit first, as far as the hard one and need be. HT_ERROR_IO says how many there are and
 * what to do about it. */
bool ht_limits_files(int needed, GError **error);
