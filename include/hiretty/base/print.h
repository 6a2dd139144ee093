/* The command line's only way to standard output and standard error: everything is sanitised, so
 * that no text from the database can steer a terminal. Not for the workstation while curses is on.
 * Main thread. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdio.h>

/* One line and its line feed. */
void ht_print_line(FILE *out, const char *format, ...) G_GNUC_PRINTF(2, 3);
/* The same without the line feed (prompts, progress). A '\r' at the very start is kept: progress
 * bars. */
void ht_print_part(FILE *out, const char *format, ...) G_GNUC_PRINTF(2, 3);
/* Several lines; a missing last line feed is added. */
void ht_print_block(FILE *out, const char *format, ...) G_GNUC_PRINTF(2, 3);
/* JSON text as it is, except that characters a terminal could act on or hide are written as \uXXXX:
 * the same value for every JSON reader. `json` is valid JSON in UTF-8. */
void ht_print_json(FILE *out, const char *json);
/* "hiretty: what: why (todo)" on standard error, one line; `why` and `todo` may be NULL. */
void ht_print_error(const char *what, const char *why, const char *todo);
/* Flushes; false if anything written was lost (closed pipe, full disk). */
bool ht_print_flush(FILE *out, GError **error);
