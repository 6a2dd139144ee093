/* Files of this repository that are part of the program: SQL, themes, keys. Each layer's CMake line
 * lists the folders (FILES); a file is found by its path in the repository:
 * "sql/cache/jobs_page.sql". They register themselves when the program starts.
 * G_RESOURCE_OVERLAYS=/hiretty/sql=/some/copy/sql replaces them without a rebuild. Any thread. */
#pragma once

#include <glib.h>
#include <stdbool.h>

/* The bytes (a NUL follows them); HT_ERROR_MISSING if there is no such file. */
GBytes *ht_resource_load(const char *path, GError **error);
/* The same as text that lives as long as the program. A missing file is a programming error: the
 * process ends with its name. */
const char *ht_resource_text(const char *path);
/* Sorted file names (not paths) in a folder, NULL-terminated, empty if there is none; g_strfreev.
 */
char **ht_resource_list(const char *folder);
