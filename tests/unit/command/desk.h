/* A workstation without a screen: a cache filled as fixture.h says, its outbox, a reader and the
 * context of commands, which are fed with keys. Each test opens one and closes it. Main thread. */
#pragma once

#include "../cache/fixture.h"
#include "hiretty/command/context.h"

typedef struct {
    Fixture cache;
    HtOutbox *outbox;
    HtReader *reader;
    HtContext *context;
} Desk;

/* `fill` (NULL: nothing) adds to what fixture_fill puts into the cache. */
void desk_open(Desk *desk, FillFunc fill);
void desk_close(Desk *desk);

/* The same in two steps, for who does something between: files, outbox and reader; the context. */
void desk_open_files(Desk *desk, FillFunc fill);
void desk_start(Desk *desk);
/* Ended and started again, on the same files. */
void desk_restart(Desk *desk);

/* Until nothing is under way; the other one also until the view on the screen is loaded. */
void desk_settle(Desk *desk);
void desk_settle_view(Desk *desk);

/* What comes of it on the screen, once nothing is under way: a prompt, or NULL; messages are in the
 * context. `result` is used up. */
HtPrompt *desk_outcome(Desk *desk, HtResult result);
/* One key. */
HtPrompt *desk_press(Desk *desk, const char *name);
/* Answers with a text, or where there are choices with the first that has it; NULL: as it stands.
 */
HtPrompt *desk_answer(Desk *desk, HtPrompt *prompt, const char *text);
