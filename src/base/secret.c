/* A password is read byte by byte with read(2): the standard library would keep a copy in its
 * buffer. While it is typed the terminal does not echo, and whoever ends the program then would
 * leave it so: the handlers give it back before the signal does what it always did. */
#include "hiretty/base/secret.h"

#include "hiretty/base/print.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <termios.h>
#include <unistd.h>

#define SECRET_MAX 1024

static const int ending[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};
static struct termios shown;

void ht_secret_free(char *secret)
{
    if (!secret)
        return;
    gsize len = strlen(secret);
    explicit_bzero(secret, len);
    munlock(secret, len + 1);
    g_free(secret);
}

static void on_end(int number)
{
    tcsetattr(STDIN_FILENO, TCSANOW, &shown);
    signal(number, SIG_DFL);
    raise(number);
}

/* One line without its line feed. */
static char *read_line(void)
{
    char *line = g_malloc0(SECRET_MAX + 1);
    mlock(line, SECRET_MAX + 1); /* not allowed: then not */
    gsize len = 0;
    while (len < SECRET_MAX) {
        ssize_t n = read(STDIN_FILENO, line + len, 1);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0 || line[len] == '\n')
            break;
        len++;
    }
    line[len] = '\0';
    if (len > 0)
        return line;
    ht_secret_free(line);
    return NULL;
}

char *ht_secret_ask(const char *question)
{
    if (!isatty(STDIN_FILENO) || !isatty(STDERR_FILENO) || tcgetattr(STDIN_FILENO, &shown) != 0)
        return NULL;
    struct termios hidden = shown;
    hidden.c_lflag &= ~(tcflag_t)ECHO;
    hidden.c_cc[VSUSP] = _POSIX_VDISABLE;
    struct sigaction before[G_N_ELEMENTS(ending)];
    struct sigaction give_back = {.sa_handler = on_end};
    sigemptyset(&give_back.sa_mask);
    for (gsize i = 0; i < G_N_ELEMENTS(ending); i++)
        sigaction(ending[i], &give_back, &before[i]);
    ht_print_part(stderr, "%s: ", question);
    ht_print_flush(stderr, NULL);
    tcsetattr(STDIN_FILENO, TCSAFLUSH, &hidden);
    char *answer = read_line();
    tcsetattr(STDIN_FILENO, TCSAFLUSH, &shown);
    for (gsize i = 0; i < G_N_ELEMENTS(ending); i++)
        sigaction(ending[i], &before[i], NULL);
    ht_print_line(stderr, "%s", "");
    return answer;
}

char *ht_secret_take_env(const char *name)
{
    char *given = getenv(name);
    char *copy = NULL;
    if (given && *given) {
        copy = g_strdup(given);
        mlock(copy, strlen(copy) + 1);
        explicit_bzero(given, strlen(given));
    }
    g_unsetenv(name);
    return copy;
}
