/* A password is read byte by byte with read(2): the standard library would keep a copy in its
 * buffer. While it is typed the terminal does not echo, and whoever ends the program then would
 * leave it so: the handlers give it back before the signal does what it always did.
 *
 * Each secret has pages of its own: a lock holds for whole pages, and giving back one that shares
 * its page with another would let that other one go to the disk. */
#include "hiretty/base/secret.h"

#include "hiretty/base/print.h"
#include "hiretty/base/signals.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <termios.h>
#include <unistd.h>

static const int ending[] = {SIGINT, SIGTERM, SIGHUP, HT_SIGNALS_STRAY};
static struct termios shown;

static char *new_pages(gsize bytes)
{
    gsize page = (gsize)sysconf(_SC_PAGESIZE), size = (bytes + page - 1) / page * page;
    void *pages = NULL;
    if (posix_memalign(&pages, page, size) != 0)
        g_error("out of memory");
    memset(pages, 0, size);
    mlock(pages, size); /* not allowed: then not */
    madvise(pages, size, MADV_DONTDUMP);
    return pages;
}

char *ht_secret_new(void)
{
    return new_pages(HT_SECRET_MAX + 1);
}

char *ht_secret_dup(const char *text)
{
    if (!text)
        return NULL;
    gsize len = strlen(text);
    char *copy = new_pages(len + 1);
    memcpy(copy, text, len + 1);
    return copy;
}

void ht_secret_free(char *secret)
{
    if (!secret)
        return;
    gsize len = strlen(secret);
    explicit_bzero(secret, len);
    munlock(secret, len + 1);
    g_free(secret); /* that is free(), whoever allocated it */
}

static void on_end(int number)
{
    tcsetattr(STDIN_FILENO, TCSANOW, &shown);
    signal(number, SIG_DFL);
    raise(number);
}

char *ht_secret_read(int fd)
{
    char *line = ht_secret_new();
    gsize len = 0;
    bool is_none = false;
    for (;;) {
        char byte;
        ssize_t n = read(fd, &byte, 1);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0 || byte == '\n')
            break;
        if (byte != '\0' && len < HT_SECRET_MAX)
            line[len++] = byte;
        else
            is_none = true; /* whoever takes it would see its beginning only */
        explicit_bzero(&byte, 1);
    }
    if (len > 0 && line[len - 1] == '\r')
        line[--len] = '\0';
    if (len > 0 && !is_none)
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
    for (gsize i = 0; i < G_N_ELEMENTS(ending); i++) {
        sigaction(ending[i], NULL, &before[i]);
        if (before[i].sa_handler != SIG_IGN)
            sigaction(ending[i], &give_back, NULL);
    }
    /* First: whoever sees the question may answer at once. */
    tcsetattr(STDIN_FILENO, TCSAFLUSH, &hidden);
    ht_print_part(stderr, "%s: ", question);
    ht_print_flush(stderr, NULL);
    char *answer = ht_secret_read(STDIN_FILENO);
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
        copy = ht_secret_dup(given);
        explicit_bzero(given, strlen(given));
    }
    g_unsetenv(name);
    return copy;
}
