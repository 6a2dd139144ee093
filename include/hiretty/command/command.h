/* The one table of commands. A row names everything about a command: its name, its keys, where it
 * works, what it needs, its help and its function. The keymap, the palette, the help screen, the
 * line of hints, --dump-keys and docs/keys.md all walk this table; nothing else lists commands.
 *
 * A handler gets a context and returns a result; it never paints. Main thread. */
#pragma once

#include "hiretty/view/view.h"

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

typedef struct HtContext HtContext;
typedef struct HtPrompt HtPrompt;

typedef enum {
    HT_RESULT_NONE = 0, /* done; what is shown may have changed */
    HT_RESULT_MESSAGE,  /* `text` for the message line */
    HT_RESULT_ERROR,    /* `text`: what, why, what to do */
    HT_RESULT_PROMPT,   /* `prompt` wants an answer: ht_context_answer or ht_context_cancel */
    HT_RESULT_EDITOR,   /* `prompt` (kind editor) wants a text written in $EDITOR */
    HT_RESULT_COPY,     /* `text` goes to the clipboard */
    HT_RESULT_QUIT
} HtResultKind;

/* `text` and `prompt` belong to the receiver: ht_result_clear. */
typedef struct HtResult {
    HtResultKind kind;
    char *text;
    HtPrompt *prompt;
} HtResult;

void ht_result_clear(HtResult *result);
HtResult ht_result_none(void);
HtResult ht_result_message(const char *format, ...) G_GNUC_PRINTF(1, 2);
HtResult ht_result_error(const char *format, ...) G_GNUC_PRINTF(1, 2);
HtResult ht_result_take_error(GError *error);
HtResult ht_result_prompt(HtPrompt *prompt);

/* What a command was given. */
typedef struct HtArgs {
    int count;        /* as typed before the key ("3j"); 0 = none */
    const char *text; /* rest of a palette line after the name; NULL = none */
    const char *key;  /* the key that started it ("g3"); NULL from the palette */
} HtArgs;

typedef HtResult (*HtCommandFunc)(HtContext *context, const HtArgs *args);

/* Flags of a command, a set. */
typedef enum {
    HT_CMD_NEEDS_ROW = 1 << 0,    /* works on a row: refuses an empty list */
    HT_CMD_BULK = 1 << 1,         /* takes the marked rows if there are any */
    HT_CMD_CHANGES_DATA = 1 << 2, /* goes through the outbox */
    HT_CMD_REPEATABLE = 1 << 3,   /* `.` repeats it */
    HT_CMD_COUNT = 1 << 4,        /* a count means something */
    HT_CMD_HINT = 1 << 5,         /* worth one of the five places of the hint line */
    HT_CMD_NEEDS_MATCH = 1 << 6,  /* works on applications */
    HT_CMD_NEEDS_PERSON = 1 << 7, /* works on people */
    HT_CMD_NO_PALETTE = 1 << 8,   /* a key only (cursor moves) */
    HT_CMD_NEEDS_TEXT = 1 << 9 /* works on a conflict about words; no hint where there are none */
} HtCommandFlags;

#define HT_IN(view) (1u << HT_VIEW_##view)
#define HT_IN_ALL ((1u << HT_N_VIEWS) - 1u)

typedef struct HtCommand {
    const char *name;    /* "match.advance" */
    const char *keys;    /* default keys, separated by blanks: "j Down"; "" = palette only */
    unsigned views;      /* HT_IN(…) set: where it works */
    unsigned flags;      /* HtCommandFlags */
    const char *hint;    /* one word for the hint line: "advance"; NULL = summary */
    const char *usage;   /* arguments in the palette: "WORDS", "[STAGE]"; NULL = none */
    const char *summary; /* one line in the recruiter's words */
    const char *group;   /* heading in help and docs: "Move", "Decide" … */
    HtCommandFunc run;
} HtCommand;

/* All rows; n_commands receives their number. Static. */
const HtCommand *ht_commands(int *n_commands);
/* A row by its name; NULL if there is none. */
const HtCommand *ht_command_find(const char *name);
/* Whether it works in the context as it is now (view, row, rights); `why` (may be NULL) receives a
 * static reason when not. */
bool ht_command_works(const HtCommand *command, HtContext *context, const char **why);
