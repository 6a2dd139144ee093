/* From the bytes of a terminal to keys: UTF-8, control characters, the escape sequences of xterm,
 * tmux, screen, rxvt, the Linux console and vt100, and bracketed paste. What is not understood is
 * swallowed or becomes a key that nothing is bound to; it never turns into other keys. Pure; main
 * thread. */
#pragma once

#include <glib.h>
#include <stdbool.h>

typedef enum {
    HT_INPUT_KEY,   /* `text` is a key's name as keymap.h writes it: "j", "C-r", "PgDn" */
    HT_INPUT_PASTE, /* `text` is what was pasted, as it came (not cleaned), valid UTF-8 */
    HT_INPUT_FOCUS, /* `text` is "in" or "out" */
    HT_INPUT_MOUSE, /* `text` is "up", "down" (wheel) or "press" */
} HtInputKind;

typedef struct HtInputEvent {
    HtInputKind kind;
    const char *text; /* borrowed for the call */
    int x, y;         /* mouse: cell from 0 */
} HtInputEvent;

typedef void (*HtInputFunc)(const HtInputEvent *event, gpointer data);
typedef struct HtInput HtInput;

HtInput *ht_input_new(HtInputFunc func, gpointer data);
void ht_input_free(HtInput *input);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HtInput, ht_input_free)

/* What is pasted from now on is cut after so many bytes; 0: as usual, a mebibyte. Of a text that is
 * pasted no copy stays behind, in memory that was given back neither. */
void ht_input_set_paste_max(HtInput *input, gsize bytes);

/* Takes bytes; `func` is called for every whole event in them. */
void ht_input_feed(HtInput *input, const void *bytes, gsize n);
/* A sequence has begun and not ended: after the escape delay call flush. */
bool ht_input_is_pending(const HtInput *input);
/* Nothing more came: a lone Esc is the key, half a sequence is dropped. */
void ht_input_flush(HtInput *input);
