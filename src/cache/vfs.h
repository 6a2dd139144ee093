/* The way SQLite writes files here: like the system's, but what a page does not use is written as
 * zeros. Any thread. */
#pragma once

/* The VFS's name for sqlite3_open_v2; registered at the first call. NULL: use the default. */
const char *ht_vfs_name(void);
