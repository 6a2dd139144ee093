/* $VISUAL, $EDITOR, vi. What the child may see is a list of names: no key, no password, no DSN of
 * ours can be in it. */
#include "hiretty/ui/editor.h"

#include "hiretty/base/error.h"
#include "hiretty/base/paths.h"
#include "hiretty/base/text.h"
#include "hiretty/ui/terminal.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define EDIT_PREFIX "edit-"
#define KEPT_PREFIX "unsent-"

/* More than any note may have, so that what is too long comes back to be made shorter. */
enum { MAX_TEXT = 4 * 1024 * 1024, MAX_DEPTH = 16, MAKE_ATTEMPTS = 100 };

static const char *const passed_on[] = {"PATH",
                                        "HOME",
                                        "USER",
                                        "LOGNAME",
                                        "SHELL",
                                        "TERM",
                                        "LANG",
                                        "LANGUAGE",
                                        "LC_ALL",
                                        "LC_CTYPE",
                                        "LC_MESSAGES",
                                        "COLORTERM",
                                        "TERMINFO",
                                        "TZ",
                                        "XDG_CONFIG_HOME",
                                        "XDG_RUNTIME_DIR",
                                        "DISPLAY",
                                        "WAYLAND_DISPLAY",
                                        "NO_COLOR"};

static char **clean_environment(void)
{
    char **environment = NULL;
    for (gsize i = 0; i < G_N_ELEMENTS(passed_on); i++) {
        const char *value = g_getenv(passed_on[i]);
        if (value)
            environment = g_environ_setenv(environment, passed_on[i], value, TRUE);
    }
    return g_environ_setenv(environment, "LESSSECURE", "1", TRUE);
}

static char **command_line(const char *file, GError **error)
{
    const char *editor = g_getenv("VISUAL");
    if (!editor || !*editor)
        editor = g_getenv("EDITOR");
    if (!editor || !*editor)
        editor = "vi";
    g_auto(GStrv) words = NULL;
    if (!g_shell_parse_argv(editor, NULL, &words, error))
        return NULL;
    g_autoptr(GStrvBuilder) builder = g_strv_builder_new();
    for (gsize i = 0; words[i]; i++)
        g_strv_builder_add(builder, words[i]);
    g_strv_builder_add(builder, file);
    return g_strv_builder_end(builder);
}

/* In the child: the loop's signals are ours alone. */
static void reset_signals(gpointer data)
{
    (void)data;
    static const int numbers[] = {SIGINT,   SIGTERM, SIGHUP,  SIGTSTP, SIGCONT,
                                  SIGWINCH, SIGPIPE, SIGQUIT, SIGXFSZ};
    sigset_t none;
    sigemptyset(&none);
    for (gsize i = 0; i < G_N_ELEMENTS(numbers); i++)
        signal(numbers[i], SIG_DFL);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

static bool run(const char *file, GError **error)
{
    g_auto(GStrv) argv = command_line(file, error);
    g_auto(GStrv) environment = clean_environment();
    int status = 0;
    if (!argv)
        return false;
    GSpawnFlags flags = G_SPAWN_SEARCH_PATH | G_SPAWN_CHILD_INHERITS_STDIN;
    if (!g_spawn_sync(NULL, argv, environment, flags, reset_signals, NULL, NULL, NULL, &status,
                      error))
        return false;
    if (g_spawn_check_wait_status(status, error))
        return true;
    g_prefix_error(error, "nothing was taken from the editor: ");
    return false;
}

static char *load(const char *file, GError **error)
{
    gsize length;
    g_autofree char *bytes = ht_file_load_private(file, MAX_TEXT, &length, error);
    return bytes ? ht_text_to_edit(bytes, (gssize)length) : NULL;
}

/* ---- the folder of one edit: the note, and what the editor puts beside it. Its lock dies with the
 * process, so what nobody holds was left by one that did not live to remove it. */

/* Takes the descriptor. Editors make folders of their own, for copies; links are removed, never
 * followed. */
static void empty_folder(int fd, int depth)
{
    DIR *dir = fdopendir(fd);
    if (!dir) {
        close(fd);
        return;
    }
    for (const struct dirent *entry; (entry = readdir(dir));) {
        const char *name = entry->d_name;
        if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0 || unlinkat(fd, name, 0) == 0)
            continue;
        int inner = openat(fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        if (inner >= 0 && depth > 0)
            empty_folder(inner, depth - 1);
        else if (inner >= 0)
            close(inner);
        unlinkat(fd, name, AT_REMOVEDIR);
    }
    closedir(dir);
}

static void remove_folder(const char *folder)
{
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd >= 0)
        empty_folder(fd, MAX_DEPTH);
    g_rmdir(folder);
}

static int lock_folder(const char *folder)
{
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) != 0) {
        int number = errno;
        close(fd);
        errno = number;
        return -1;
    }
    return fd;
}

void ht_editor_sweep(const char *folder)
{
    g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
    for (const char *name; dir && (name = g_dir_read_name(dir));) {
        if (!g_str_has_prefix(name, EDIT_PREFIX))
            continue;
        g_autofree char *path = g_build_filename(folder, name, NULL);
        int fd = lock_folder(path);
        if (fd < 0)
            continue;
        remove_folder(path);
        close(fd);
    }
}

static bool write_note(const char *file, const char *text, GError **error)
{
    int fd = ht_file_open_private(file, O_WRONLY | O_CREAT | O_EXCL, error);
    if (fd < 0)
        return false;
    gsize n = strlen(text);
    ssize_t done = write(fd, text, n);
    bool written = done == (ssize_t)n;
    if (!written)
        ht_error_set_errno(error, done < 0 ? errno : ENOSPC, file); /* part of it: no more room */
    close(fd);
    return written;
}

/* A folder of our own, and its lock. A sweep of another process may have met it before the lock,
 * and removed it or be about to: another one then. -1: *error. */
static int make_folder(const char *folder, char **name, GError **error)
{
    for (int attempt = 0; attempt < MAKE_ATTEMPTS; attempt++) {
        g_autofree char *mine = g_build_filename(folder, EDIT_PREFIX "XXXXXX", NULL);
        if (!g_mkdtemp_full(mine, 0700)) {
            ht_error_set_errno(error, errno, mine);
            return -1;
        }
        struct stat st;
        int held = lock_folder(mine);
        if (held >= 0 && fstat(held, &st) == 0 && st.st_nlink > 0) {
            *name = g_steal_pointer(&mine);
            return held;
        }
        if (held >= 0) {
            close(held);
        } else if (errno != EWOULDBLOCK && errno != ENOENT) {
            ht_error_set_errno(error, errno, mine);
            g_rmdir(mine);
            return -1;
        }
    }
    ht_error_set_errno(error, EBUSY, folder);
    return -1;
}

/* Moves what was written out of the folder that goes with the edit; the error says where to. What
 * cannot be moved, because it is not there, is nothing that was written. */
static void keep_file(const char *folder, const char *mine, const char *file, GError **error)
{
    const char *letters = strrchr(mine, '-') + 1;
    g_autofree char *name = g_strconcat(KEPT_PREFIX, letters, ".txt", NULL);
    g_autofree char *path = g_build_filename(folder, name, NULL);
    struct stat st;
    if (lstat(file, &st) != 0 || !S_ISREG(st.st_mode) || st.st_size == 0 ||
        g_rename(file, path) != 0)
        return;
    g_chmod(path, 0600);
    char *why = g_strdup((*error)->message);
    g_clear_error(error);
    g_set_error(error, HT_ERROR, HT_ERROR_INVALID, "%s (what you wrote is in %s)", why, path);
    g_free(why);
}

/* What the file holds after the editor. NULL: nothing was taken. */
static char *take(const char *folder, const char *mine, const char *file, const char *initial,
                  char **left, GError **error)
{
    GError *problem = NULL;
    bool is_done = run(file, &problem);
    g_autofree char *text = load(file, is_done ? &problem : NULL);
    if (!problem)
        return g_steal_pointer(&text);
    g_autofree char *before = ht_text_to_edit(initial, -1);
    if (text && left && strcmp(text, before) != 0)
        *left = g_steal_pointer(&text);
    else if (!text || strcmp(text, before) != 0)
        keep_file(folder, mine, file, &problem);
    g_propagate_error(error, problem);
    return NULL;
}

char *ht_editor_run(const char *folder, const char *initial, char **left, GError **error)
{
    if (left)
        *left = NULL;
    ht_editor_sweep(folder);
    g_autofree char *mine = NULL;
    int held = make_folder(folder, &mine, error);
    if (held < 0)
        return NULL;
    g_autofree char *file = g_build_filename(mine, "note.txt", NULL);
    char *text = NULL;
    if (write_note(file, initial, error))
        text = take(folder, mine, file, initial, left, error);
    remove_folder(mine);
    close(held);
    return text;
}
