/* A question to the recruiter: a text, a choice, a yes or no, or a text written in an editor. A
 * command makes it, the screen asks it, and the answer goes back by ht_context_answer. A pasted
 * text is an answer's text, never keys. Main thread. */
#pragma once

#include "hiretty/command/command.h"

typedef enum {
    HT_PROMPT_TEXT,    /* a line of text; `changed` hears every keystroke */
    HT_PROMPT_CHOICE,  /* one of `choices`, narrowed by typing (fuzzy), Enter takes the selected */
    HT_PROMPT_CONFIRM, /* `y` yes, everything else no; never by Enter */
    HT_PROMPT_COUNT,   /* the number `expected` has to be typed */
    HT_PROMPT_SECRET,  /* a line that is shown as dots: `secret`, never `text` */
    HT_PROMPT_EDITOR   /* $EDITOR with `initial` */
} HtPromptKind;

/* One line to choose from. */
typedef struct HtChoice {
    const char *text;   /* what is shown and matched */
    const char *detail; /* beside it, muted; may be NULL */
    const char *key;    /* keys of a command; may be NULL */
    const char *also;   /* typed it narrows to this one as well: a code; may be NULL */
    const char
        *why_not;  /* static: why it cannot be taken now, shown in place of detail; NULL: it can */
    gpointer data; /* the maker's */
    int64_t value; /* the maker's */
} HtChoice;

typedef HtResult (*HtPromptThen)(HtContext *context, HtPrompt *prompt);

struct HtPrompt {
    HtPromptKind kind;
    char *label;      /* "limit", "reject 37: reason" */
    char *text;       /* as typed so far; first the initial text */
    char *error;      /* what is wrong with `text`; NULL = fine */
    int error_column; /* character in `text` it points at; -1 none */
    bool may_insist;  /* `error` is what became of the answer before: Enter goes on all the same */
    const char *wanted; /* static: the error of an empty answer, which leaves the prompt open; NULL:
                           an empty one is an answer, too */
    GArray *choices;    /* HtChoice; all of them, in order */
    GArray *shown;      /* int: indices of `choices` that match `text`, best first */
    int selected;       /* index into `shown`; -1: none yet, as the maker wants it */
    int64_t expected;   /* of HT_PROMPT_COUNT */
    bool is_list;       /* a text of several choices with commas between: Tab goes through them */
    char *history;      /* name of the history that Up walks; NULL = none */
    char *stem;         /* the text that Tab was pressed on; NULL: it was not */
    char *completed;    /* and what it made of that last; another text starts anew */
    GStringChunk *strings;
    char *secret; /* of HT_PROMPT_SECRET, as typed so far (ht_secret_free); NULL otherwise */
    const char
        *waiting; /* static: what the prompt waits for; only giving up works. NULL: nothing */
    /* A keystroke changed `text` (may be NULL). May set error, choices. */
    void (*changed)(HtContext *context, HtPrompt *prompt);
    /* Enter: the answer is in `text` and, for a choice, ht_prompt_choice. */
    HtPromptThen then;
    /* Something changed that is no key (may be NULL). true: the prompt is over, and *result is to
     * be acted on. May set error, waiting, and empty `secret`. */
    bool (*followed)(HtContext *context, HtPrompt *prompt, HtResult *result);
    /* Esc (may be NULL): puts back what `changed` did. */
    void (*cancelled)(HtContext *context, HtPrompt *prompt);
    gpointer data;
    GDestroyNotify free_data;
    /* Set by the context: in which generation of the cache it was asked, whose keys it may hold (0:
     * it holds none), and in which view about which row (0: about none, or about marks). */
    guint asked_in;
    const void *asked_view;
    HtKey asked_about;
};

HtPrompt *ht_prompt_new(HtPromptKind kind, HtPromptThen then, const char *label, ...)
    G_GNUC_PRINTF(3, 4);
void ht_prompt_free(HtPrompt *prompt);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HtPrompt, ht_prompt_free)

/* Adds a line to choose from; texts are copied. */
void ht_prompt_add_choice(HtPrompt *prompt, const char *text, const char *detail, const char *key,
                          int64_t value, gpointer data);
/* What the one added last is found by beside its text; copied. */
void ht_prompt_choice_also(HtPrompt *prompt, const char *also);
/* The one added last, for what few makers set. */
HtChoice *ht_prompt_choice_last(HtPrompt *prompt);
/* New text from the screen: narrows the choices, calls `changed`. */
void ht_prompt_set_text(HtPrompt *prompt, HtContext *context, const char *text);
/* The keystrokes of a secret: text at its end (without the line's end that a paste may have; what
 * does not fit whole, or is no text, is left out and `error` says so), its last character away, all
 * of it away. */
void ht_prompt_secret_add(HtPrompt *prompt, const char *text);
void ht_prompt_secret_erase(HtPrompt *prompt, bool all);
void ht_prompt_select(HtPrompt *prompt, int delta);
/* The selected choice; NULL = none matches. */
const HtChoice *ht_prompt_choice(const HtPrompt *prompt);
/* What Tab (step 1) or Shift-Tab (-1) makes of `text`; NULL = nothing. The last word of it is
 * completed from the choices; as long as nothing else changes the text, pressed again they go
 * through what else the word may become. Caller frees. */
char *ht_prompt_complete(HtPrompt *prompt, int step);
/* The word that is completed, behind a sign that says not, add or remove: part of the text. */
const char *ht_prompt_last_word(const char *text);
/* What that goes through, as borrowed texts of choices, and which of them stands in the text (-1:
 * none yet); empty while nothing of a word is typed. Caller unrefs. */
GPtrArray *ht_prompt_proposals(const HtPrompt *prompt, int *current);

/* How well `typed` fits `text` as a subsequence, case and accents folded: < 0 not at all, else the
 * more the better (starts of words and runs count). */
int ht_fuzzy_score(const char *typed, const char *text);
