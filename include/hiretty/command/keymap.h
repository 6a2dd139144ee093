/* Keys to commands: defaults from the command table, changed by the `[keys]` and `[keys VIEW]`
 * groups of the configuration; per view with a generic fallback; prefixes (`g` …); counts (`3j`).
 *
 * Key names: a printable character stands for itself ("j", "G", "*", "/"); others are "Space",
 * "Enter", "Esc", "Tab", "S-Tab", "Backspace", "Delete", "Insert", "Up", "Down", "Left", "Right",
 * "Home", "End", "PgUp", "PgDn", "F1" … "F12", "C-a" … "C-z" (control). A sequence is written
 * together: "gg", "gu", "g1"; with named keys by a dash-less blank-free form "g<Enter>". Main
 * thread. */
#pragma once

#include "hiretty/command/command.h"

#include <glib.h>
#include <stdbool.h>

typedef struct HtKeymap HtKeymap;

/* The defaults. */
HtKeymap *ht_keymap_new(void);
void ht_keymap_free(HtKeymap *keymap);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HtKeymap, ht_keymap_free)

/* Reads the key groups of a configuration file (text given by the caller, `file` for messages).
 * Problems (unknown command, unknown key, two commands on one key) are appended to `warnings` (char
 * *, "FILE:LINE: what"), the rest holds. Returns the number of problems. */
int ht_keymap_load(HtKeymap *keymap, const char *file, const char *text, GPtrArray *warnings);

typedef enum {
    HT_KEY_UNKNOWN = 0,
    HT_KEY_COMMAND, /* a whole binding */
    HT_KEY_PREFIX,  /* the start of longer ones: ask for the next key */
    HT_KEY_COUNT    /* a digit of a count */
} HtKeyKind;

typedef struct HtKeyMatch {
    HtKeyKind kind;
    const HtCommand *command;
    int count;            /* 0 = none was typed */
    const char *sequence; /* all keys typed so far, "g3"; borrowed until the next feed */
} HtKeyMatch;

/* Takes one key pressed in a view. After COMMAND or UNKNOWN the state is empty again. */
HtKeyMatch ht_keymap_feed(HtKeymap *keymap, HtViewId view, const char *key);
/* Forgets a half-typed sequence; true if there was one. */
bool ht_keymap_reset(HtKeymap *keymap);
/* What has been typed so far ("3g"), "" for nothing. */
const char *ht_keymap_pending(const HtKeymap *keymap);

/* One way to go on after the pending prefix. */
typedef struct HtKeyChoice {
    const char *key;
    const HtCommand *command;
} HtKeyChoice;
/* The ways to go on in a view, in table order (HtKeyChoice; new array, borrowed contents). */
GArray *ht_keymap_choices(const HtKeymap *keymap, HtViewId view);

/* The keys of a command in a view, "j Down"; "" = none. Caller frees. */
char *ht_keymap_keys_of(const HtKeymap *keymap, HtViewId view, const HtCommand *command);
/* The first one; NULL = none. Borrowed until the keymap changes. */
const char *ht_keymap_first_key(const HtKeymap *keymap, HtViewId view, const HtCommand *command);
/* The command whose key or name is nearest to an unknown key ("X" for "x"); NULL = none. */
const HtCommand *ht_keymap_nearest(const HtKeymap *keymap, HtViewId view, const char *key);
/* True if `key` is the name of a key. */
bool ht_key_is_valid(const char *key);

/* The present bindings as the key groups of a configuration file. Caller frees. */
char *ht_keymap_dump(const HtKeymap *keymap);
/* docs/keys.md from the table. Caller frees. */
char *ht_keymap_markdown(const HtKeymap *keymap);
