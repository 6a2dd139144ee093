/* The way SQLite writes files here: like the system's, but what a page does not use is written as
 * zeros. Any thread. */
#pragma once

/* The VFS's name for sqlite3_open_v2; registered at the first call. NULL: use the default. */
const char *ht_vfs_name(void);
/* Why the last write of this thread that failed did (an errno), once; 0: none did. SQLite's own
 * record of it is overwritten by what it does next. */
int ht_vfs_take_write_failure(void);
