/* A text written in the person's own editor. The text lies in a private file that only this login
 * can read, for as long as the editor runs; the editor sees a clean environment. Blocks. Main
 * thread. */
#pragma once

#include <glib.h>

/* The new text; NULL and error when the editor could not be run or failed. `initial` has been
 * sanitised. Caller frees. The terminal must have been left. *left (nullable): what was written all
 * the same, to be offered again; NULL: nothing was. What has no other place to go stays in a
 * private file in `folder`, which the error names. */
char *ht_editor_run(const char *folder, const char *initial, char **left, GError **error);
/* Removes what killed processes left in FOLDER of their edits; those of living ones stay. */
void ht_editor_sweep(const char *folder);
