/* $VISUAL, $EDITOR, vi. What the child may see is a list of names: no key, no password, no DSN of
 * ours can be in it. */
#include "hiretty/ui/editor.h"

#include "hiretty/base/error.h"
#include "hiretty/base/paths.h"
#include "hiretty/base/text.h"
#include "hiretty/ui/terminal.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MAX_TEXT = 256 * 1024 };

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
    static const int numbers[] = {SIGINT,  SIGTERM,  SIGHUP,  SIGTSTP,
                                  SIGCONT, SIGWINCH, SIGPIPE, SIGQUIT};
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
    return g_spawn_check_wait_status(status, error);
}

static char *load(const char *file, GError **error)
{
    gsize length;
    g_autofree char *bytes = ht_file_load_private(file, MAX_TEXT, &length, error);
    return bytes ? ht_text_sanitize(bytes, (gssize)length, HT_TEXT_BLOCK, NULL) : NULL;
}

char *ht_editor_run(const char *folder, const char *initial, GError **error)
{
    g_autofree char *file = g_build_filename(folder, "note-XXXXXX.txt", NULL);
    int fd = g_mkstemp_full(file, O_RDWR | O_CLOEXEC, 0600);
    if (fd < 0) {
        ht_error_set_errno(error, errno, file);
        return NULL;
    }
    gsize n = strlen(initial);
    bool written = write(fd, initial, n) == (ssize_t)n;
    int why = errno;
    close(fd);
    char *text = NULL;
    if (!written)
        ht_error_set_errno(error, why, file);
    else if (run(file, error))
        text = load(file, error);
    g_unlink(file);
    return text;
}
