/* One file descriptor opened with O_APPEND; a line is one write(), so processes can share the file.
 * Whoever finds the file too long renames it under a lock; the others notice that their descriptor
 * no longer is the named file at their next check. */
#include "hiretty/base/log.h"

#include "hiretty/base/clock.h"
#include "hiretty/base/paths.h"
#include "hiretty/base/text.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <stdarg.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MAX_BYTES = 4 * 1024 * 1024, MAX_LINE = 4096 };

static GMutex lock;
static int log_fd = -1;
static char *log_path;
static int least_level = HT_LOG_INFO; /* atomic */
static int saved_stderr = -1;         /* the terminal's, while fd 2 is the log */

static const char *const level_names[] = {"debug", "info", "warning", "error"};

static void reopen(void)
{
    int fd = ht_file_open_private(log_path, O_WRONLY | O_APPEND | O_CREAT, NULL);
    if (fd < 0)
        return;
    if (log_fd >= 0)
        close(log_fd);
    log_fd = fd;
    if (saved_stderr >= 0)
        dup2(log_fd, STDERR_FILENO);
}

static bool is_current(void)
{
    struct stat mine, named;
    return fstat(log_fd, &mine) == 0 && g_lstat(log_path, &named) == 0 &&
           mine.st_ino == named.st_ino && mine.st_dev == named.st_dev;
}

/* With `lock` held. */
static void rotate(void)
{
    struct stat st;
    if (fstat(log_fd, &st) != 0 || st.st_size < MAX_BYTES)
        return;
    if (flock(log_fd, LOCK_EX | LOCK_NB) != 0)
        return;
    if (is_current()) {
        g_autofree char *old = g_strconcat(log_path, ".1", NULL);
        g_rename(log_path, old);
    }
    flock(log_fd, LOCK_UN);
    reopen();
}

static void write_line(HtLogLevel level, const char *message)
{
    if (log_fd < 0)
        return;
    g_autofree char *clean =
        ht_text_sanitize(message, (gssize)strnlen(message, MAX_LINE), HT_TEXT_LINE, NULL);
    g_autofree char *when = ht_clock_format_iso(ht_clock_now_us());
    g_autofree char *line =
        g_strdup_printf("%s %d %s %s\n", when, (int)getpid(), level_names[level], clean);
    g_mutex_lock(&lock);
    rotate();
    if (write(log_fd, line, strlen(line)) < 0) {
        /* A full disk must not stop the work, and there is nowhere else to say so. */
    }
    g_mutex_unlock(&lock);
}

static HtLogLevel level_of(GLogLevelFlags flags)
{
    if (flags & (G_LOG_LEVEL_ERROR | G_LOG_LEVEL_CRITICAL))
        return HT_LOG_ERROR;
    if (flags & G_LOG_LEVEL_WARNING)
        return HT_LOG_WARNING;
    return flags & G_LOG_LEVEL_DEBUG ? HT_LOG_DEBUG : HT_LOG_INFO;
}

static GLogWriterOutput glib_writer(GLogLevelFlags flags, const GLogField *fields, gsize n_fields,
                                    gpointer data)
{
    (void)data;
    const char *message = NULL;
    for (gsize i = 0; i < n_fields; i++) {
        if (strcmp(fields[i].key, "MESSAGE") == 0)
            message = fields[i].value;
    }
    if (message)
        ht_log(level_of(flags), "glib: %s", message);
    return G_LOG_WRITER_HANDLED;
}

bool ht_log_open(const char *dir, GError **error)
{
    static bool writer_is_set;
    g_autofree char *path = g_build_filename(dir, "hiretty.log", NULL);
    int fd = ht_file_open_private(path, O_WRONLY | O_APPEND | O_CREAT, error);
    if (fd < 0)
        return false;
    ht_log_close();
    g_mutex_lock(&lock);
    log_fd = fd;
    log_path = g_steal_pointer(&path);
    g_mutex_unlock(&lock);
    if (!writer_is_set)
        g_log_set_writer_func(glib_writer, NULL, NULL);
    writer_is_set = true;
    return true;
}

void ht_log_set_level(HtLogLevel least)
{
    g_atomic_int_set(&least_level, (int)least);
}

void ht_log(HtLogLevel level, const char *format, ...)
{
    if ((int)level < g_atomic_int_get(&least_level) || log_fd < 0)
        return;
    va_list arguments;
    va_start(arguments, format);
    g_autofree char *message = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    write_line(level, message);
}

void ht_log_capture_stderr(void)
{
    if (log_fd < 0 || saved_stderr >= 0)
        return;
    saved_stderr = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
    if (saved_stderr >= 0)
        dup2(log_fd, STDERR_FILENO);
}

void ht_log_release_stderr(void)
{
    if (saved_stderr < 0)
        return;
    dup2(saved_stderr, STDERR_FILENO);
    close(saved_stderr);
    saved_stderr = -1;
}

void ht_log_close(void)
{
    ht_log_release_stderr();
    g_mutex_lock(&lock);
    if (log_fd >= 0)
        close(log_fd);
    log_fd = -1;
    g_clear_pointer(&log_path, g_free);
    g_mutex_unlock(&lock);
}
