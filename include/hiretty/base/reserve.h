/* A file of some size that is kept in a folder so that there is room when the disk is full: SQLite
 * needs a little to open a database at all, and a person whose disk is full wants to read first.
 * Any thread. */
#pragma once

#include <stdbool.h>

/* Makes it where it is not there. false: there is no room for it, or no right to make it. */
bool ht_reserve_keep(const char *dir);
/* Removes it. false: there was none. */
bool ht_reserve_give_up(const char *dir);
