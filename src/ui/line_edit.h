/* Editing the line of a prompt: by whole characters, with the keys people have in their fingers, a
 * history for each kind of question, and completion. Main thread. */
#pragma once

#include "widgets.h"

typedef struct HtLineEditor HtLineEditor;

HtLineEditor *ht_line_editor_new(void);
void ht_line_editor_free(HtLineEditor *editor);

/* A prompt opens: the cursor goes behind its first text. */
void ht_line_editor_start(HtLineEditor *editor, const HtPrompt *prompt);
/* A key of the prompt's line; unknown ones do nothing. */
void ht_line_editor_key(HtLineEditor *editor, HtContext *context, HtPrompt *prompt,
                        const char *key);
/* "j" and "é" are texts; "C-r" and "PgDn" are not. */
bool ht_line_editor_is_text(const char *key);
/* Puts a text at the cursor; it is cleaned and becomes one line: an end of line in it, LF, CR or
 * CRLF, is a blank. */
void ht_line_editor_insert(HtLineEditor *editor, HtContext *context, HtPrompt *prompt,
                           const char *text);
/* The line was accepted. */
void ht_line_editor_remember(HtLineEditor *editor, const HtPrompt *prompt);
/* Cursor and scroll position (borrowed). */
HtLineEdit *ht_line_editor_state(HtLineEditor *editor);
