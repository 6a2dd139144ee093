/* A person at the workstation: presses keys under a pseudo-terminal and reads the screen with an
 * emulator (libvterm), so that a key counts as answered when the screen shows what it asked for,
 * not when some byte comes. Changes that come from elsewhere meanwhile paint, too.
 *
 *   bench_press COLUMNSxLINES SEED PROGRAM [ARGUMENT…]
 *
 * Commands on stdin, words between tabs; each is answered with one line of JSON:
 *
 *   wait TEXT SECONDS            until the screen shows TEXT: {"ms": …}, or {"ms": -1} with
 * "screen" press ITEMS GAP_MIN GAP_MAX  ITEMS: KEYS:ANSWER separated by spaces, KEYS as C escapes
 * without a space. Each waits GAP_MIN to GAP_MAX ms (drawn from SEED) after the answer before.
 * [["j", ms], …]; -1: no answer within LIMIT_MS screen                       its lines
 *
 * ANSWER: what changes when the key is answered. "position": the place in the list, at the end of
 * the bar; "title": the left half of the first line; "line": that of the line below the bar;
 * "none": nothing is waited for. */
#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vterm.h>

enum { LIMIT_MS = 3000 };

typedef struct {
    int fd, columns, lines;
    pid_t pid;
    VTerm *vterm;
    VTermScreen *screen;
    GRand *rand;
    gint64 read_us; /* when the last bytes came */
    bool is_gone;
} Desk;

/* Cells [from, to) of a line, without blanks at either end. */
static char *cells(Desk *desk, int line, int from, int to)
{
    VTermRect rect = {.start_row = line, .end_row = line + 1, .start_col = from, .end_col = to};
    gsize size = (gsize)(to - from) * VTERM_MAX_CHARS_PER_CELL * 4 + 1;
    char *text = g_malloc0(size);
    size_t n = vterm_screen_get_text(desk->screen, text, size - 1, rect);
    text[n] = '\0';
    return g_strstrip(text);
}

/* Reads what is there, waiting at most `wait_ms` for it. false: nothing came. */
static bool read_some(Desk *desk, int wait_ms)
{
    char bytes[65536];
    struct pollfd p = {.fd = desk->fd, .events = POLLIN};
    if (poll(&p, 1, wait_ms) <= 0)
        return false;
    ssize_t n = read(desk->fd, bytes, sizeof bytes);
    if (n <= 0) {
        desk->is_gone = n == 0 || (errno != EINTR && errno != EAGAIN);
        return false;
    }
    desk->read_us = g_get_monotonic_time();
    vterm_input_write(desk->vterm, bytes, (size_t)n);
    char back[256]; /* programs ask a terminal who it is */
    size_t m = vterm_output_read(desk->vterm, back, sizeof back);
    return m == 0 || write(desk->fd, back, m) >= 0;
}

static void pump(Desk *desk, gint64 until_us)
{
    for (;;) {
        gint64 left = until_us - g_get_monotonic_time();
        if (left <= 0 || desk->is_gone)
            return;
        read_some(desk, (int)(left / 1000) + 1);
    }
}

/* --- Answers */
static char *position(Desk *desk)
{
    g_autofree char *text = cells(desk, desk->lines - 2, desk->columns / 2, desk->columns);
    const char *at = strrchr(text, ' ');
    return g_strdup(at ? at + 1 : text);
}

static char *seen(Desk *desk, const char *answer)
{
    if (strcmp(answer, "position") == 0)
        return position(desk);
    return cells(desk, strcmp(answer, "title") == 0 ? 0 : desk->lines - 1, 0, desk->columns / 2);
}

/* Of the program's main thread, in ns: on a processor, and waiting for one. */
static void scheduled(Desk *desk, gint64 ns[2])
{
    g_autofree char *file = g_strdup_printf("/proc/%d/schedstat", (int)desk->pid);
    g_autofree char *text = NULL;
    ns[0] = ns[1] = 0;
    if (!g_file_get_contents(file, &text, NULL, NULL))
        return;
    char *rest;
    ns[0] = g_ascii_strtoll(text, &rest, 10);
    ns[1] = g_ascii_strtoll(rest, NULL, 10);
}

static double press_one(Desk *desk, const char *keys, const char *answer)
{
    g_autofree char *before = seen(desk, answer);
    gint64 sent = g_get_monotonic_time(), end = sent + LIMIT_MS * 1000;
    if (write(desk->fd, keys, strlen(keys)) < 0)
        return -1;
    while (!desk->is_gone && strcmp(answer, "none") != 0 && g_get_monotonic_time() < end) {
        if (!read_some(desk, 100))
            continue;
        g_autofree char *now = seen(desk, answer);
        if (*now && strcmp(now, before) != 0)
            return (double)(desk->read_us - sent) / 1000;
    }
    return -1;
}

static void press(Desk *desk, const char *items, int gap_min, int gap_max)
{
    g_auto(GStrv) list = g_strsplit(items, " ", -1);
    printf("[");
    for (int i = 0; list[i]; i++) {
        char *colon = strrchr(list[i], ':');
        if (!colon)
            continue;
        *colon = '\0';
        pump(desk,
             g_get_monotonic_time() + g_rand_int_range(desk->rand, gap_min, gap_max + 1) * 1000);
        g_autofree char *keys = g_strcompress(list[i]);
        g_autofree char *name = g_strescape(list[i], NULL);
        gint64 before[2], after[2];
        scheduled(desk, before);
        double ms = press_one(desk, keys, colon + 1);
        scheduled(desk, after);
        printf("%s[\"%s\", %.2f, %.2f, %.2f]", i ? ", " : "", name, ms,
               (double)(after[0] - before[0]) / 1e6, (double)(after[1] - before[1]) / 1e6);
    }
    printf("]\n");
}

static void print_screen(Desk *desk)
{
    printf("[");
    for (int i = 0; i < desk->lines; i++) {
        g_autofree char *line = cells(desk, i, 0, desk->columns);
        for (char *c = line; *c; c++) { /* what JSON would have to escape */
            if (*c == '"' || *c == '\\')
                *c = '\'';
        }
        printf("%s\"%s\"", i ? ", " : "", line);
    }
    printf("]");
}

static bool shows(Desk *desk, const char *text)
{
    for (int i = 0; i < desk->lines; i++) {
        g_autofree char *line = cells(desk, i, 0, desk->columns);
        if (strstr(line, text))
            return true;
    }
    return false;
}

static void wait_for(Desk *desk, const char *text, double seconds)
{
    gint64 began = g_get_monotonic_time(), end = began + (gint64)(seconds * 1e6);
    while (!shows(desk, text)) {
        if (desk->is_gone || g_get_monotonic_time() > end) {
            printf("{\"ms\": -1, \"screen\": ");
            print_screen(desk);
            printf("}\n");
            return;
        }
        read_some(desk, 100);
    }
    printf("{\"ms\": %.1f}\n", (double)(g_get_monotonic_time() - began) / 1000);
}

/* --- Life */
static bool start(Desk *desk, char **argv)
{
    unsigned short columns = 160, lines = 48;
    if (sscanf(argv[1], "%hux%hu", &columns, &lines) != 2)
        return false;
    struct winsize size = {.ws_row = lines, .ws_col = columns};
    desk->columns = columns;
    desk->lines = lines;
    desk->rand = g_rand_new_with_seed((guint32)strtoul(argv[2], NULL, 10));
    desk->vterm = vterm_new(lines, columns);
    vterm_set_utf8(desk->vterm, 1);
    desk->screen = vterm_obtain_screen(desk->vterm);
    vterm_screen_enable_altscreen(desk->screen, 1);
    vterm_screen_reset(desk->screen, 1);
    desk->pid = forkpty(&desk->fd, NULL, NULL, &size);
    if (desk->pid == 0) {
        execvp(argv[3], argv + 3);
        _exit(127);
    }
    return desk->pid > 0;
}

static void finish(Desk *desk)
{
    kill(desk->pid, SIGTERM);
    pump(desk, g_get_monotonic_time() + 200000);
    close(desk->fd);
    int status;
    for (int i = 0; i < 300 && waitpid(desk->pid, &status, WNOHANG) == 0; i++)
        g_usleep(10000);
    kill(desk->pid, SIGKILL);
    vterm_free(desk->vterm);
    g_rand_free(desk->rand);
}

static void obey(Desk *desk, char **words)
{
    guint n = g_strv_length(words);
    if (n == 3 && strcmp(words[0], "wait") == 0)
        wait_for(desk, words[1], g_ascii_strtod(words[2], NULL));
    else if (n == 4 && strcmp(words[0], "press") == 0)
        press(desk, words[1], atoi(words[2]), atoi(words[3]));
    else {
        print_screen(desk);
        printf("\n");
    }
    fflush(stdout);
}

int main(int argc, char **argv)
{
    Desk desk = {0};
    if (argc < 4 || !start(&desk, argv)) {
        fprintf(stderr, "usage: bench_press COLUMNSxLINES SEED PROGRAM [ARGUMENT…]\n");
        return 2;
    }
    g_autofree char *line = NULL;
    gsize size = 0;
    for (;;) {
        struct pollfd waiting = {.fd = STDIN_FILENO, .events = POLLIN};
        while (!desk.is_gone && poll(&waiting, 1, 0) == 0)
            read_some(&desk, 20); /* nobody asks: the screen is kept up all the same */
        if (getline(&line, &size, stdin) <= 0)
            break;
        g_auto(GStrv) words = g_strsplit(g_strchomp(line), "\t", -1);
        obey(&desk, words);
    }
    finish(&desk);
    return 0;
}
