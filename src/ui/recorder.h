/* Writes the keys of a session as a script (script.h), so that what happened can be played again.
 * What is typed or pasted into a prompt is masked unless asked for. Main thread. */
#pragma once

#include <glib.h>
#include <stdbool.h>

typedef struct HtRecorder HtRecorder;

/* A new 0600 file; refuses one that exists. */
HtRecorder *ht_recorder_new(const char *file, bool texts, GError **error);
void ht_recorder_free(HtRecorder *recorder); /* NULL allowed; ends the file */
void ht_recorder_size(HtRecorder *recorder, int columns, int lines);
/* `typing`: a prompt is open. */
void ht_recorder_key(HtRecorder *recorder, const char *key, bool typing);
void ht_recorder_paste(HtRecorder *recorder, const char *text);
