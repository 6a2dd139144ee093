/* The log file: ids, counts and times; never names, addresses, texts or keys.
 * Any thread. Before ht_log_open messages are dropped, except that GLib's warnings go to stderr. */
#pragma once

#include <glib.h>
#include <stdbool.h>

typedef enum {
    HT_LOG_DEBUG = 0,
    HT_LOG_INFO,
    HT_LOG_WARNING,
    HT_LOG_ERROR,
} HtLogLevel;

/* Opens DIR/hiretty.log (0600) and takes over GLib's messages. At 4 MB the file becomes
 * hiretty.log.1; several processes may share it. */
bool ht_log_open(const char *dir, GError **error);
void ht_log_set_level(HtLogLevel least);
/* One line, sanitised, with time, process and level. Below the level (default INFO): nothing. */
void ht_log(HtLogLevel level, const char *format, ...) G_GNUC_PRINTF(2, 3);

/* Points file descriptor 2 at the log while curses owns the terminal; the second puts it back. */
void ht_log_capture_stderr(void);
void ht_log_release_stderr(void);
void ht_log_close(void);
