/* Any page of the largest job's list, by the program's own statements, at random places, in turn
 * with the least that SQLite can do for the same rows: one look-up by key each, of a match, its
 * person and its stage. First while nothing else happens, then while rows are applied.
 *
 *   bench_pages LINES TIMES [CHANGES]     the folders come from the XDG_… variables
 *
 * CHANGES: rows that a thread changes a second meanwhile, in batches as a pull has them. One JSON
 * object: µs at the median, at p95 and at most, of both; at p95 of the thread's own processor time,
 * which others on the machine move less; how long the whole list's keys took. */
#include "hiretty/base/clock.h"
#include "hiretty/base/paths.h"
#include "hiretty/cache/apply.h"
#include "hiretty/cache/matches.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { BATCH = 500, MOST_LINES = 200 };

typedef struct {
    HtCache *cache;
    GArray *people; /* HtUuid */
    int a_second, done;
    gint is_over; /* atomic */
} Changes;

static void check(const GError *error)
{
    if (!error)
        return;
    fprintf(stderr, "bench_pages: %s\n", error->message);
    exit(1);
}

/* --- What comes meanwhile */
static bool change_some(HtApply *apply, gpointer data, GError **error)
{
    Changes *changes = data;
    const HtSyncTable *table = ht_sync_table_by_name("candidates");
    int columns[] = {ht_sync_table_column(table, "id"), ht_sync_table_column(table, "location")};
    HtApplyTable *rows = ht_apply_table(apply, table, columns, 2, HT_APPLY_UPSERT, error);
    for (int i = 0; rows && i < BATCH; i++) {
        char text[32];
        guint at = (guint)changes->done++;
        g_snprintf(text, sizeof text, "Place %u", at / changes->people->len);
        ht_apply_uuid(rows, 0, &g_array_index(changes->people, HtUuid, at % changes->people->len));
        ht_apply_text(rows, 1, text, -1);
        if (!ht_apply_row(rows, error))
            return false;
    }
    return rows != NULL;
}

static gpointer apply_changes(gpointer data)
{
    Changes *changes = data;
    gint64 pause_us = (gint64)BATCH * G_USEC_PER_SEC / changes->a_second;
    while (!g_atomic_int_get(&changes->is_over)) {
        g_autoptr(GError) error = NULL;
        gint64 began = g_get_monotonic_time();
        ht_cache_apply(changes->cache, change_some, changes, &error);
        check(error);
        g_usleep((gulong)MAX(0, pause_us - (g_get_monotonic_time() - began)));
    }
    return NULL;
}

/* --- The least */
typedef struct {
    sqlite3 *db;
    sqlite3_stmt *row;
} Floor;

static void floor_open(Floor *floor, const char *path)
{
    static const char sql[] =
        "SELECT m.score, m.applied_at, c.first_name, c.last_name, c.current_title, "
        "c.current_company, c.location, s.name FROM candidate_job_matches m "
        "JOIN candidates c ON c.k = m.candidate_k JOIN job_stages s ON s.k = m.stage_k "
        "WHERE m.k = ?1";
    if (sqlite3_open_v2(path, &floor->db, SQLITE_OPEN_READONLY, NULL) != SQLITE_OK ||
        sqlite3_prepare_v2(floor->db, sql, -1, &floor->row, NULL) != SQLITE_OK) {
        fprintf(stderr, "bench_pages: %s\n", sqlite3_errmsg(floor->db));
        exit(1);
    }
}

static gsize floor_page(Floor *floor, const HtKey *keys, gsize n)
{
    gsize bytes = 0;
    for (gsize i = 0; i < n; i++) {
        sqlite3_bind_int64(floor->row, 1, keys[i]);
        if (sqlite3_step(floor->row) == SQLITE_ROW) {
            for (int column = 2; column < 8; column++) {
                g_autofree char *text =
                    g_strdup((const char *)sqlite3_column_text(floor->row, column));
                bytes += text ? strlen(text) : 0;
            }
        }
        sqlite3_reset(floor->row);
    }
    return bytes;
}

/* --- Figures */
static int compare_us(gconstpointer a, gconstpointer b)
{
    gint64 x = *(const gint64 *)a, y = *(const gint64 *)b;
    return x < y ? -1 : x > y;
}

static gint64 quantile(GArray *us, double share)
{
    g_array_sort(us, compare_us);
    return g_array_index(us, gint64, MIN((guint)(share * us->len), us->len - 1));
}

/* Times of one kind, by the clock and by the thread's processor time. */
typedef struct {
    GArray *wall, *cpu;
    gint64 wall_began, cpu_began;
} Times;

static gint64 cpu_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (gint64)now.tv_sec * G_USEC_PER_SEC + now.tv_nsec / 1000;
}

static void begin(Times *times)
{
    times->wall_began = g_get_monotonic_time();
    times->cpu_began = cpu_us();
}

static void end(Times *times)
{
    gint64 cpu = cpu_us() - times->cpu_began;
    gint64 wall = g_get_monotonic_time() - times->wall_began;
    g_array_append_val(times->wall, wall);
    g_array_append_val(times->cpu, cpu);
}

static void print_figures(const char *name, Times *times)
{
    printf(", \"%s\": {\"p50_us\": %" G_GINT64_FORMAT ", \"p95_us\": %" G_GINT64_FORMAT
           ", \"longest_us\": %" G_GINT64_FORMAT ", \"cpu_p50_us\": %" G_GINT64_FORMAT
           ", \"cpu_p95_us\": %" G_GINT64_FORMAT "}",
           name, quantile(times->wall, 0.5), quantile(times->wall, 0.95), quantile(times->wall, 1),
           quantile(times->cpu, 0.5), quantile(times->cpu, 0.95));
    g_array_unref(times->wall);
    g_array_unref(times->cpu);
}

static Times times_new(void)
{
    return (Times){.wall = g_array_new(FALSE, FALSE, sizeof(gint64)),
                   .cpu = g_array_new(FALSE, FALSE, sizeof(gint64))};
}

static void measure(HtReader *reader, Floor *floor, const HtKeyArray *keys, gsize lines, int times)
{
    g_autoptr(GRand) rand = g_rand_new_with_seed(1);
    Times ours = times_new(), least = times_new();
    g_autofree HtMatchRow *rows = g_new0(HtMatchRow, MOST_LINES);
    gsize bytes = 0;
    for (int i = 0; i < times; i++) {
        gsize first = (gsize)g_rand_int_range(rand, 0, (gint32)(keys->n - lines));
        gsize other = (gsize)g_rand_int_range(rand, 0, (gint32)(keys->n - lines));
        GError *error = NULL;
        begin(&ours);
        ht_cache_match_rows(reader, keys->keys + first, lines, rows, &error);
        end(&ours);
        check(error);
        for (gsize row = 0; row < lines; row++)
            ht_match_row_clear(&rows[row]);
        begin(&least);
        bytes += floor_page(floor, keys->keys + other, lines);
        end(&least);
    }
    print_figures("page", &ours);
    print_figures("least", &least);
    printf(", \"least_bytes\": %zu", bytes);
}

/* The job that most rows are of. */
static HtKey largest_job(Floor *floor)
{
    sqlite3_stmt *jobs = NULL;
    sqlite3_prepare_v2(floor->db,
                       "SELECT job_k FROM candidate_job_matches GROUP BY 1 ORDER BY count(*) DESC",
                       -1, &jobs, NULL);
    HtKey job = sqlite3_step(jobs) == SQLITE_ROW ? sqlite3_column_int64(jobs, 0) : 0;
    sqlite3_finalize(jobs);
    return job;
}

static GArray *all_people(Floor *floor)
{
    GArray *people = g_array_new(FALSE, FALSE, sizeof(HtUuid));
    sqlite3_stmt *ids = NULL;
    sqlite3_prepare_v2(floor->db, "SELECT i.id FROM candidates c JOIN ids i ON i.k = c.k", -1, &ids,
                       NULL);
    while (sqlite3_step(ids) == SQLITE_ROW) {
        HtUuid id;
        memcpy(id.b, sqlite3_column_blob(ids, 0), sizeof id.b);
        g_array_append_val(people, id);
    }
    sqlite3_finalize(ids);
    return people;
}

static void run(HtCache *cache, gsize lines, int times, int a_second)
{
    GError *error = NULL;
    g_autoptr(HtReader) reader = ht_reader_new(cache, "bench", &error);
    check(error);
    g_autofree char *path = ht_cache_path(cache);
    Floor floor;
    floor_open(&floor, path);
    HtMatchQuery query = {.job = largest_job(&floor)};
    gint64 began = g_get_monotonic_time();
    HtKeyArray *keys = ht_cache_match_keys(reader, &query, &error);
    check(error);
    printf("{\"rows\": %zu, \"list_ms\": %.1f", keys->n,
           (double)(g_get_monotonic_time() - began) / 1000);
    Changes changes = {.cache = cache, .people = all_people(&floor), .a_second = a_second};
    began = g_get_monotonic_time();
    GThread *thread = a_second ? g_thread_new("changes", apply_changes, &changes) : NULL;
    measure(reader, &floor, keys, lines, times);
    g_atomic_int_set(&changes.is_over, 1);
    if (thread)
        g_thread_join(thread);
    double seconds = (double)(g_get_monotonic_time() - began) / G_USEC_PER_SEC;
    printf(", \"changes_a_second\": %.0f}\n", changes.done / seconds);
    g_array_unref(changes.people);
    ht_key_array_free(keys);
    sqlite3_finalize(floor.row);
    sqlite3_close(floor.db);
}

int main(int argc, char **argv)
{
    g_autoptr(GError) error = NULL;
    int lines = argc > 2 ? atoi(argv[1]) : 0, times = argc > 2 ? atoi(argv[2]) : 0;
    if (lines < 1 || lines > MOST_LINES || times < 1) {
        fprintf(stderr, "usage: bench_pages LINES TIMES [CHANGES]\n");
        return 2;
    }
    g_autoptr(HtPaths) paths = ht_paths_new(NULL, &error);
    HtCache *cache = paths ? ht_cache_open(paths, HT_CACHE_NO_POLL, &error) : NULL;
    check(error);
    run(cache, (gsize)lines, times, argc > 3 ? atoi(argv[3]) : 0);
    ht_cache_close(cache);
    return 0;
}
