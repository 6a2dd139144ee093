/* A client that is driven step by step, for the server's side of the bench: what a poll and a pull
 * cost the server's process, this one, and the clock.
 *
 *   bench_puller DSN PROFILE
 *
 * Commands come on stdin, one a line; each is answered by one JSON object on stdout. `load`
 * connects, pulls until the cache is complete and waits until nothing is left for later; `polls N`
 * is N pulls in a row, with figures for all of them; `pull` is one: what changed since the last
 * one.
 *
 * The server's share is its process's time on a processor, which the kernel counts in ns; the
 * client's is that of all its threads, until the change is to be seen; what they do after one pull,
 * when nothing else is to be done, is counted for itself. */
#include "../../src/sync/internal.h"

#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

typedef struct {
    gint64 server_ns, client_us, wall_us, written;
} Meter;

static gint64 backend_ns(const char *pid)
{
    g_autofree char *path = g_strdup_printf("/proc/%s/schedstat", pid);
    g_autofree char *text = NULL;
    return g_file_get_contents(path, &text, NULL, NULL) ? g_ascii_strtoll(text, NULL, 10) : 0;
}

static gint64 client_us(void)
{
    struct rusage use;
    getrusage(RUSAGE_SELF, &use);
    return (gint64)(use.ru_utime.tv_sec + use.ru_stime.tv_sec) * G_USEC_PER_SEC +
           use.ru_utime.tv_usec + use.ru_stime.tv_usec;
}

/* write(2) and its kin, of all threads; what goes to the server is sent, not written. */
static gint64 write_calls(void)
{
    g_autofree char *text = NULL;
    const char *at =
        g_file_get_contents("/proc/self/io", &text, NULL, NULL) ? strstr(text, "syscw:") : NULL;
    return at ? g_ascii_strtoll(at + strlen("syscw:"), NULL, 10) : -1;
}

static Meter read_meter(const char *pid)
{
    return (Meter){.server_ns = backend_ns(pid),
                   .client_us = client_us(),
                   .wall_us = g_get_monotonic_time(),
                   .written = write_calls()};
}

static char *backend_of(HtSync *sync)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(HtPgRows) rows =
        sync->pg ? ht_pg_query(sync->pg, "SELECT pg_backend_pid()::text", NULL, 0, &error) : NULL;
    if (!rows)
        return g_strdup("0");
    HtPgField field = ht_pg_rows_field(rows, 0, 0);
    return ht_pg_field_dup_text(&field);
}

/* Full text, the log, and whatever else the cache left for later, is written when nothing else is
 * done: until some time has passed without a write, what is measured would be theirs. */
static void wait_until_idle(gulong quiet_us)
{
    gint64 deadline = g_get_monotonic_time() + 600 * G_USEC_PER_SEC, seen = -1;
    while (seen != write_calls()) {
        if (g_get_monotonic_time() > deadline) {
            fprintf(stderr, "bench_puller: the cache goes on writing\n");
            exit(1);
        }
        seen = write_calls();
        g_usleep(quiet_us);
    }
}

static void run(HtSync *sync, int n, bool waits)
{
    HtSyncReport report = {0};
    g_autofree char *pid = backend_of(sync);
    sync->report = &report;
    Meter before = read_meter(pid);
    for (int i = 0; i < n; i++) {
        g_autoptr(GError) error = NULL;
        if (!ht_sync_cycle(sync, HT_SYNC_ONCE_PULL_ONLY, NULL, &error)) {
            fprintf(stderr, "bench_puller: %s\n", error->message);
            exit(1);
        }
    }
    Meter after = read_meter(pid);
    g_usleep(20000); /* what the server does after its last answer */
    after.server_ns = backend_ns(pid);
    if (waits)
        wait_until_idle(G_USEC_PER_SEC / 5);
    gint64 later_us = client_us() - after.client_us;
    printf(
        "{\"times\": %d, \"server_us\": %.1f, \"client_us\": %" G_GINT64_FORMAT
        ", \"later_us\": %" G_GINT64_FORMAT ", \"wall_us\": %" G_GINT64_FORMAT
        ", \"write_calls\": %" G_GINT64_FORMAT ", \"rows\": %" G_GINT64_FORMAT
        ", \"changed\": %" G_GINT64_FORMAT ", \"deleted\": %" G_GINT64_FORMAT ", \"loaded\": %d}\n",
        n, (double)(after.server_ns - before.server_ns) / 1000, after.client_us - before.client_us,
        later_us, after.wall_us - before.wall_us, after.written - before.written,
        report.rows_received, report.rows_changed, report.rows_deleted, report.loaded);
    fflush(stdout);
}

static void load(HtSync *sync)
{
    HtSyncReport report = {0};
    g_autoptr(GError) error = NULL;
    sync->report = &report;
    bool ok = ht_sync_cycle(sync, HT_SYNC_ONCE_PULL_ONLY, NULL, &error) &&
              ht_sync_load_wide_all(sync, &error);
    if (!ok) {
        fprintf(stderr, "bench_puller: %s\n", error ? error->message : "no load");
        exit(1);
    }
    wait_until_idle(G_USEC_PER_SEC / 2);
    printf("{\"rows\": %" G_GINT64_FORMAT "}\n", report.rows_received);
    fflush(stdout);
}

int main(int argc, char **argv)
{
    g_autoptr(GError) error = NULL;
    if (argc != 3) {
        fprintf(stderr, "usage: bench_puller DSN PROFILE\n");
        return 2;
    }
    g_autoptr(HtPaths) paths = ht_paths_new(argv[2], &error);
    HtCache *cache = paths ? ht_cache_open(paths, HT_CACHE_DEFAULT, &error) : NULL;
    HtSyncOptions options = {.connection = {.dsn = argv[1]}, .paths = paths, .host_label = "bench"};
    HtSync *sync = cache ? ht_sync_new(cache, NULL, &options, &error) : NULL;
    if (!sync) {
        fprintf(stderr, "bench_puller: %s\n", error ? error->message : "no cache");
        return 1;
    }
    char line[100];
    while (fgets(line, sizeof line, stdin)) {
        if (strncmp(line, "load", 4) == 0)
            load(sync);
        else if (strncmp(line, "polls ", 6) == 0)
            run(sync, atoi(line + 6), false);
        else if (strncmp(line, "pull", 4) == 0)
            run(sync, 1, true);
    }
    ht_sync_free(sync);
    ht_cache_close(cache);
    return 0;
}
