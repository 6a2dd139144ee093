/* A pseudo-terminal that measures: how long a program takes to its first complete frame, and for
 * each key how many bytes it paints, how long that takes and how much CPU; its memory; what it
 * sends while nobody types.
 *
 *   bench_meter COLUMNSxLINES SCRIPT PROGRAM [ARGUMENT…]
 *
 * SCRIPT: steps separated by spaces. NAME=KEYS*COUNT@QUIET sends KEYS (C escapes with octal
 * numbers: \r \006 \033) COUNT times and waits for the paint after each; idle=SECONDS counts bytes
 * without a key. One JSON object on stdout. A paint is over when nothing came for QUIET_MS; its
 * time is that of its last byte. */
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

enum {
    QUIET_MS = 30,    /* a held key repeats at this rate */
    SETTLED_MS = 300, /* after the first frame: what it shows has been loaded */
    WAIT_MS = 5000,   /* for the first byte */
};

typedef struct {
    int fd;
    pid_t pid;
    gint64 began_us;
} Terminal;

typedef struct {
    gint64 bytes;
    gint64 first_us, last_us; /* times of the first and last byte; 0: nothing came */
} Paint;

/* Programs ask a terminal who it is and wait for the answer. */
static void answer_queries(Terminal *t, const char *bytes, gsize len)
{
    static const struct {
        const char *query, *answer;
    } answers[] = {
        {"\033[c", "\033[?62;22c"}, {"\033[0c", "\033[?62;22c"}, {"\033[>c", "\033[>1;10;0c"},
        {"\033[6n", "\033[1;1R"},   {"\033[5n", "\033[0n"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(answers); i++) {
        if (memmem(bytes, len, answers[i].query, strlen(answers[i].query)) &&
            write(t->fd, answers[i].answer, strlen(answers[i].answer)) < 0)
            return;
    }
}

/* Reads until `quiet_ms` pass without a byte, or `wait_ms` without a first one. */
static Paint read_paint(Terminal *t, int wait_ms, int quiet_ms)
{
    Paint paint = {0};
    char bytes[65536];
    for (;;) {
        struct pollfd p = {.fd = t->fd, .events = POLLIN};
        int ready = poll(&p, 1, paint.bytes ? quiet_ms : wait_ms);
        if (ready < 0 && errno == EINTR)
            continue;
        if (ready <= 0)
            return paint;
        ssize_t n = read(t->fd, bytes, sizeof bytes);
        if (n <= 0)
            return paint;
        paint.last_us = g_get_monotonic_time();
        if (!paint.bytes)
            paint.first_us = paint.last_us;
        paint.bytes += n;
        answer_queries(t, bytes, (gsize)n);
    }
}

/* CPU time of all threads so far, in µs. */
static gint64 cpu_us(pid_t pid)
{
    g_autofree char *folder = g_strdup_printf("/proc/%d/task", (int)pid);
    g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
    gint64 total_ns = 0;
    for (const char *name = dir ? g_dir_read_name(dir) : NULL; name; name = g_dir_read_name(dir)) {
        g_autofree char *file = g_build_filename(folder, name, "schedstat", NULL);
        g_autofree char *text = NULL;
        if (g_file_get_contents(file, &text, NULL, NULL))
            total_ns += g_ascii_strtoll(text, NULL, 10);
    }
    return total_ns / 1000;
}

/* A "VmHWM:" like line of /proc/PID/status in kB. */
static gint64 status_kb(pid_t pid, const char *field)
{
    g_autofree char *file = g_strdup_printf("/proc/%d/status", (int)pid);
    g_autofree char *text = NULL;
    if (!g_file_get_contents(file, &text, NULL, NULL))
        return 0;
    const char *at = strstr(text, field);
    return at ? g_ascii_strtoll(at + strlen(field), NULL, 10) : 0;
}

static int compare_int64(gconstpointer a, gconstpointer b)
{
    gint64 x = *(const gint64 *)a, y = *(const gint64 *)b;
    return x < y ? -1 : x > y;
}

static double percentile_ms(GArray *us, double share)
{
    if (us->len == 0)
        return 0;
    guint at = (guint)(share * (us->len - 1) + 0.5);
    return (double)g_array_index(us, gint64, at) / 1000;
}

static void send_keys(Terminal *t, const char *name, const char *keys, int count, int quiet_ms)
{
    g_autoptr(GArray) times = g_array_new(FALSE, FALSE, sizeof(gint64));
    gint64 bytes = 0, cpu = cpu_us(t->pid);
    for (int i = 0; i < count; i++) {
        gint64 sent = g_get_monotonic_time();
        if (write(t->fd, keys, strlen(keys)) < 0)
            break;
        Paint paint = read_paint(t, 500, quiet_ms);
        gint64 took = paint.bytes ? paint.last_us - sent : 0;
        bytes += paint.bytes;
        g_array_append_val(times, took);
    }
    cpu = cpu_us(t->pid) - cpu;
    g_array_sort(times, compare_int64);
    printf(",\n \"%s\": {\"count\": %d, \"bytes\": %.1f, \"p50_ms\": %.2f, \"p99_ms\": %.2f, "
           "\"cpu_ms\": %.2f}",
           name, count, (double)bytes / count, percentile_ms(times, 0.5),
           percentile_ms(times, 0.99), (double)cpu / 1000 / count);
}

static void sit_idle(Terminal *t, double seconds)
{
    read_paint(t, 500, 500); /* what the last key led to */
    gint64 end = g_get_monotonic_time() + (gint64)(seconds * 1e6), bytes = 0, cpu = cpu_us(t->pid);
    for (gint64 left = end - g_get_monotonic_time(); left > 0; left = end - g_get_monotonic_time())
        bytes += read_paint(t, (int)(left / 1000) + 1, 10).bytes;
    printf(",\n \"idle\": {\"seconds\": %.1f, \"bytes\": %" G_GINT64_FORMAT ", \"cpu_ms\": %.2f}",
           seconds, bytes, (double)(cpu_us(t->pid) - cpu) / 1000);
}

static void run_step(Terminal *t, const char *step)
{
    g_auto(GStrv) parts = g_strsplit(step, "=", 2);
    if (!parts[0] || !parts[1])
        return;
    if (strcmp(parts[0], "idle") == 0) {
        sit_idle(t, g_ascii_strtod(parts[1], NULL));
        return;
    }
    char *star = strrchr(parts[1], '*');
    char *at = star ? strchr(star, '@') : NULL;
    int count = star ? atoi(star + 1) : 1, quiet_ms = at ? atoi(at + 1) : QUIET_MS;
    if (star)
        *star = '\0';
    g_autofree char *keys = g_strcompress(parts[1]);
    send_keys(t, parts[0], keys, MAX(count, 1), quiet_ms);
}

static void finish(Terminal *t)
{
    kill(t->pid, SIGTERM);
    read_paint(t, 2000, 500);
    close(t->fd);
    int status;
    for (int i = 0; i < 200 && waitpid(t->pid, &status, WNOHANG) == 0; i++)
        poll(NULL, 0, 10);
    kill(t->pid, SIGKILL);
}

int main(int argc, char **argv)
{
    unsigned short columns = 160, lines = 48;
    if (argc < 4 || sscanf(argv[1], "%hux%hu", &columns, &lines) != 2) {
        fprintf(stderr, "usage: bench_meter COLUMNSxLINES SCRIPT PROGRAM [ARGUMENT…]\n");
        return 2;
    }
    struct winsize size = {.ws_row = lines, .ws_col = columns};
    Terminal t = {.began_us = g_get_monotonic_time()};
    t.pid = forkpty(&t.fd, NULL, NULL, &size);
    if (t.pid == 0) {
        execvp(argv[3], argv + 3);
        _exit(127);
    }
    Paint first = read_paint(&t, WAIT_MS, QUIET_MS);
    double cpu_ms = (double)cpu_us(t.pid) / 1000;
    Paint rest = read_paint(&t, SETTLED_MS, SETTLED_MS);
    gint64 settled_us = rest.bytes ? rest.last_us : first.last_us;
    printf("{\"first_frame_ms\": %.2f, \"settled_ms\": %.2f, \"first_bytes\": %" G_GINT64_FORMAT
           ", \"first_cpu_ms\": %.2f",
           (double)(first.last_us - t.began_us) / 1000, (double)(settled_us - t.began_us) / 1000,
           first.bytes + rest.bytes, cpu_ms);
    g_auto(GStrv) steps = g_strsplit(argv[2], " ", -1);
    for (gsize i = 0; steps[i]; i++)
        run_step(&t, steps[i]);
    printf(",\n \"peak_rss_kb\": %" G_GINT64_FORMAT ", \"rss_kb\": %" G_GINT64_FORMAT "}\n",
           status_kb(t.pid, "VmHWM:"), status_kb(t.pid, "VmRSS:"));
    finish(&t);
    return 0;
}
