/* The first load of one table into a fresh cache, by the program's own loader, timed.
 *
 *   bench_load [--plain] [--kill-after BYTES] TABLE
 *
 * The connection is HIRETTY_DSN's, the folders come from the XDG_… variables. --plain: each table
 * in one piece; --kill-after: ends itself by SIGKILL once so much has come, after saying how much.
 *
 * One JSON object: seconds until the table can be worked with (its hot columns are published, the
 * list's first page was read), until its wide columns are in, and until all is on the disk; what
 * came over the wire; CPU seconds of this process; its peak of resident memory. */
#include "../../src/sync/internal.h"

#include "hiretty/base/clock.h"
#include "hiretty/cache/matches.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

static void check(const GError *error)
{
    if (!error)
        return;
    fprintf(stderr, "bench_load: %s\n", error->message);
    exit(1);
}

static double seconds(void)
{
    return (double)g_get_monotonic_time() / G_USEC_PER_SEC;
}

/* --- A process that is killed in the middle. */
typedef struct {
    const HtSyncReport *report;
    int64_t after;
} Killer;

static gpointer kill_when_due(gpointer data)
{
    const Killer *killer = data;
    const volatile int64_t *bytes = &killer->report->bytes_received;
    while (*bytes < killer->after)
        g_usleep(200);
    printf("{\"bytes\": %" G_GINT64_FORMAT "}\n", *bytes);
    fflush(stdout);
    raise(SIGKILL);
    return NULL;
}

static double cpu_seconds(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

static int64_t peak_rss_kb(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_maxrss;
}

/* Where the server says what this login may read, all but one table is left out. */
static HtSyncHello *ask(HtSync *sync, const char *name)
{
    GError *error = NULL;
    g_autofree char *question = ht_sync_hello_question(sync, true, true);
    HtPgParam param = {.text = question};
    g_autoptr(HtPgRows) rows = ht_pg_query(sync->pg, ht_sync_sql("hello"), &param, 1, &error);
    check(error);
    HtPgField field = ht_pg_rows_field(rows, 0, 0);
    gsize len;
    const char *text = ht_pg_field_text(&field, &len);
    HtSyncHello *hello = ht_sync_hello_parse(text, (gssize)len, &error);
    check(error);
    int n;
    const HtSyncTable *tables = ht_sync_tables(&n);
    for (int i = 0; i < n; i++) {
        if (strcmp(tables[i].name, name) != 0)
            g_clear_pointer(&hello->columns->columns[i], g_array_unref);
    }
    g_autoptr(HtJson) json = ht_sync_columns_print(hello->columns);
    sync->columns = ht_sync_columns_new(json);
    return hello;
}

/* The first page of the largest job's list, by score; only where the table is the matches'. */
static int64_t first_page(HtCache *cache, const char *name)
{
    if (strcmp(name, "candidate_job_matches") != 0)
        return 0;
    static const char sql[] = "SELECT job_k FROM counters GROUP BY 1 ORDER BY sum(n) DESC LIMIT 1";
    GError *error = NULL;
    g_autoptr(HtReader) reader = ht_reader_new(cache, "bench", &error);
    check(error);
    HtStmt *stmt = ht_db_prepare(ht_reader_db(reader), "largest", sql, &error);
    check(error);
    HtMatchQuery query = {.limit = 50};
    if (ht_stmt_step(stmt, &error) == HT_STEP_ROW)
        query.job = ht_stmt_int(stmt, 0);
    check(error);
    ht_stmt_finalize(stmt);
    g_autoptr(HtKeyArray) keys = ht_cache_match_keys(reader, &query, &error);
    check(error);
    return (int64_t)keys->n;
}

static void load(const char *name, HtCache *cache, const HtPaths *paths, int64_t kill_after)
{
    GError *error = NULL;
    HtSyncOptions options = {.connection = {.dsn = g_getenv("HIRETTY_DSN")}, .paths = paths};
    HtSync *sync = ht_sync_new(cache, NULL, &options, &error);
    check(error);
    HtSyncReport report = {0};
    sync->report = &report;
    Killer killer = {&report, kill_after};
    if (kill_after > 0)
        g_thread_unref(g_thread_new("killer", kill_when_due, &killer));
    double began = seconds();
    ht_sync_ensure_connected(sync, NULL, &error);
    check(error);
    sync->hello = ask(sync, name);
    ht_sync_load(sync, sync->hello, "bench", &error);
    check(error);
    double loaded = seconds();
    int64_t hot_bytes = report.bytes_received;
    int64_t page = first_page(cache, name);
    double ready = seconds();
    ht_sync_load_wide_all(sync, &error);
    check(error);
    double wide = seconds();
    g_autofree char *path = ht_cache_path(cache);
    ht_sync_disconnect(sync);
    ht_sync_free(sync);
    ht_cache_close(cache); /* takes the log into the file and syncs it */
    double closed = seconds();
    struct stat st = {0};
    stat(path, &st);
    printf("{\"hot_s\": %.3f, \"ready_s\": %.3f, \"page_rows\": %" G_GINT64_FORMAT
           ", \"wide_s\": %.3f, \"all_s\": %.3f, \"rows\": %" G_GINT64_FORMAT
           ", \"bytes\": %" G_GINT64_FORMAT ", \"hot_bytes\": %" G_GINT64_FORMAT
           ", \"cpu_s\": %.3f, \"peak_rss_kb\": %" G_GINT64_FORMAT
           ", \"file_bytes\": %" G_GINT64_FORMAT "}\n",
           loaded - began, ready - began, page, wide - began, closed - began, report.rows_received,
           report.bytes_received, hot_bytes, cpu_seconds(), peak_rss_kb(), (int64_t)st.st_size);
}

int main(int argc, char **argv)
{
    gboolean plain = FALSE;
    int64_t kill_after = 0;
    const GOptionEntry entries[] = {
        {"plain", 0, 0, G_OPTION_ARG_NONE, &plain, NULL, NULL},
        {"kill-after", 0, 0, G_OPTION_ARG_INT64, &kill_after, NULL, NULL},
        {0},
    };
    GError *error = NULL;
    g_autoptr(GOptionContext) options = g_option_context_new("TABLE");
    g_option_context_add_main_entries(options, entries, NULL);
    g_option_context_parse(options, &argc, &argv, &error);
    check(error);
    if (argc != 2 || !ht_sync_table_by_name(argv[1])) {
        fprintf(stderr, "usage: bench_load [--plain] [--kill-after BYTES] TABLE\n");
        return 2;
    }
    if (plain)
        ht_sync_chunks.small_pages = G_MAXINT;
    g_autoptr(HtPaths) paths = ht_paths_new("bench", &error);
    check(error);
    HtCache *cache = ht_cache_open(paths, HT_CACHE_NO_POLL, &error);
    check(error);
    load(argv[1], cache, paths, kill_after);
    return 0;
}
