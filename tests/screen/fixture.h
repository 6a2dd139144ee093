/* A small tenant in a cache of its own: fixture.tsv put through the cache's own door. Test thread.
 */
#pragma once

#include <glib.h>
#include <stdbool.h>

typedef struct Desk {
    char *folder; /* home and XDG folders; removed by desk_clear */
    char **environment;
} Desk;

/* `hostile`: every free text carries what a stranger might write into it. */
void desk_init(Desk *desk, bool hostile);
/* Two intents that the server answered with somebody else's: a decision, and the words of a note.
 */
void desk_add_conflicts(Desk *desk);
/* More rows, as fixture.tsv has them; for verbs, not for scripts, which start over. */
void desk_put(const char *rows);
/* The first `n` that wait are parked, as what the server cannot take. */
void desk_park(int n);
void desk_clear(Desk *desk);

typedef struct Run {
    int status; /* exit status; -1 when it did not exit */
    char *out, *err;
} Run;

/* Runs the program offline with a script, on the cache as it was filled; snaps go to `snaps`. */
void desk_play(const Desk *desk, const char *script, const char *snaps, Run *run);
void run_clear(Run *run);
