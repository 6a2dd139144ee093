/* What commands work on: the data, the stack of views, the keymap, the registers (sticky reason,
 * last action, marks), the message line. The workstation and the command line each make one through
 * `app`. Main thread. */
#pragma once

#include "hiretty/base/paths.h"
#include "hiretty/base/settings.h"
#include "hiretty/cache/cache.h"
#include "hiretty/command/command.h"
#include "hiretty/command/keymap.h"
#include "hiretty/outbox/outbox.h"
#include "hiretty/sync/sync.h"

/* What app hands over; all borrowed and to outlive the context. `sync` may be NULL (offline),
 * `outbox` too (read only). */
typedef struct HtContextParts {
    const HtPaths *paths;
    const HtSettings *settings;
    HtCache *cache;
    HtOutbox *outbox;
    HtSync *sync;
    HtReader *reader; /* the UI thread's */
    bool interactive; /* workstation: asynchronous loads and submissions */
} HtContextParts;

HtContext *ht_context_new(const HtContextParts *parts, GError **error);
void ht_context_free(HtContext *context);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HtContext, ht_context_free)
const HtContextParts *ht_context_parts(const HtContext *context);
/* Sync is started after the first frame. */
void ht_context_set_sync(HtContext *context, HtSync *sync);

/* Called when something changed outside a key: data arrived, a message came. One listener. */
void ht_context_set_changed(HtContext *context, void (*changed)(HtContext *, gpointer),
                            gpointer user_data);

/* ---- keys and answers: all a screen has to pass on ------------------------------------------- */
/* A key pressed while no prompt is open. */
HtResult ht_context_feed(HtContext *context, const char *key);
/* Runs a command by its row. */
HtResult ht_context_run(HtContext *context, const HtCommand *command, const HtArgs *args);
/* Runs a palette line: "limit stage:applied". */
HtResult ht_context_run_line(HtContext *context, const char *line);
/* The prompt was answered: runs `then` and frees the prompt. An answer without the words that are
 * wanted is none: the same prompt comes back, with what is missing. */
HtResult ht_context_answer(HtContext *context, HtPrompt *prompt);
/* The prompt was given up: undoes its previews and frees it. */
void ht_context_cancel(HtContext *context, HtPrompt *prompt);
HtKeymap *ht_context_keymap(HtContext *context);
/* Keys pressed while an intent is being written wait for it (the screen confirms only what is on
 * disk) and are worked off by themselves; then `changed` is called. A result of theirs that the
 * screen has to act on (a prompt, a copy, the end) is taken here: false when there is none. Call
 * until false after each `changed`.
 */
bool ht_context_take_result(HtContext *context, HtResult *result);
/* The oldest key that still waits (a prompt that was taken gets it); NULL = none. What stands
 * before it and is no key has its turn first. Caller frees. */
char *ht_context_take_key(HtContext *context);
/* Runs keys that wait until one of them starts something, or has a result, that the rest waits for;
 * false: none ran. For when what was taken is dealt with and asks nothing. */
bool ht_context_work_off(HtContext *context);
/* A click, a paste: no key, but its place is behind those that were pressed before. `run` is called
 * now if nothing waits, else when its turn comes; `data` is freed behind it, or with what is
 * forgotten. */
void ht_context_in_turn(HtContext *context, void (*run)(gpointer data), gpointer data,
                        GDestroyNotify free_data);
/* Whoever pressed what still waits is gone. */
void ht_context_forget_waiting(HtContext *context);

/* ---- views ----------------------------------------------------------------------------------- */
/* Opens the first view (or the ones of the last session). */
bool ht_context_start(HtContext *context, GError **error);
HtView *ht_context_view(HtContext *context);
int ht_context_depth(const HtContext *context);
/* Pushes a view (taken over) or goes back; false at the bottom. */
void ht_context_push(HtContext *context, HtView *view);
bool ht_context_pop(HtContext *context);
/* Puts the place (views, limits, marks, registers) on disk and back: state_dir/session. */
bool ht_context_save_session(HtContext *context, GError **error);
/* Takes what a person typed out of the file on disk, since it may name somebody who has to be
 * forgotten; ids stay. No context is needed. Any thread. */
bool ht_session_forget(const HtPaths *paths, GError **error);
void ht_context_set_size(HtContext *context, int columns, int lines);
bool ht_context_preview_on(const HtContext *context);

/* ---- lines of the frame ------------------------------------------------------------------------
 */
/* "● live ↑3 !1" in the recruiter's words, and its role. Borrowed until the next call. */
const char *ht_context_state_text(HtContext *context, HtStyle *role);
/* In how many milliseconds time alone changes it (the age of the last sync); 0 = it does not. */
guint ht_context_state_due_ms(HtContext *context);
/* What the list on top says when it has no rows and no limit: why. Borrowed, for ever. */
const char *ht_context_nothing_text(HtContext *context);
/* Lasting warning (weak connection, full disk, production, a server that refuses or is not named);
 * NULL = none. Borrowed until the next call. */
const char *ht_context_warning(HtContext *context);
/* Why there is no server in this session: the lasting warning from now on. */
void ht_context_set_no_server(HtContext *context, const char *why);
/* The present message; NULL = none. */
const char *ht_context_message(HtContext *context, HtStyle *role);
void ht_context_set_message(HtContext *context, HtStyle role, const char *format, ...)
    G_GNUC_PRINTF(3, 4);
/* At most five hints for the present view: key and word. */
typedef struct HtHint {
    const char *key;
    const char *word;
} HtHint;
int ht_context_hints(HtContext *context, HtHint *hints, int max);
/* Work is still being written (outbox submissions, loads): the loop of a script waits for false. */
bool ht_context_is_busy(HtContext *context);
