/* A file of some size that is kept in a folder so that there is room when the disk is full: SQLite
 * needs a little to open a database at all, and a person whose disk is full wants to read first.
 * Any thread. */
#pragma once

#include <stdbool.h>

/* Makes it where it is not there, or not whole. false: there is no room for it, or no right to make
 * it; a part that was there stays. */
bool ht_reserve_keep(const char *dir);
/* Gives up the half that opening does not need: room for a small change more. false: it was given
 * up before. */
bool ht_reserve_give_up_half(const char *dir);
/* Removes it. false: there was none. */
bool ht_reserve_give_up(const char *dir);
