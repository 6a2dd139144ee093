/* Fills the profile's cache with N applicants of one job without a server, for measuring lists.
 *
 *   bench_fill_cache N        the folders come from the XDG_… variables
 *
 * The people are numbers; what matters is their count and the shape of their rows. */
#include "hiretty/base/clock.h"
#include "hiretty/base/paths.h"
#include "hiretty/cache/apply.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BATCH = 20000, STAGES = 8 };

typedef struct {
    int first, last; /* numbers of the applicants of this batch */
    int64_t now_us;
} Batch;

static HtUuid make_id(char kind, int number)
{
    HtUuid id = {{0}};
    id.b[0] = (guint8)kind;
    id.b[6] = 0x40;
    id.b[8] = 0x80;
    for (int i = 0; i < 4; i++) /* scattered, as random ids are */
        id.b[1 + i] = (guint8)((unsigned)number * 2654435761U >> (8 * i));
    for (int i = 0; i < 4; i++)
        id.b[12 + i] = (guint8)((unsigned)number >> (8 * (3 - i)));
    return id;
}

/* A table opened for some of its columns, named in one string. */
typedef struct {
    HtApplyTable *rows;
    int n;
} Writer;

static Writer open_table(HtApply *apply, const char *name, const char *columns, GError **error)
{
    const HtSyncTable *table = ht_sync_table_by_name(name);
    g_auto(GStrv) names = g_strsplit(columns, " ", -1);
    int indexes[32];
    Writer w = {.n = (int)g_strv_length(names)};
    for (int i = 0; i < w.n; i++)
        indexes[i] = ht_sync_table_column(table, names[i]);
    w.rows = ht_apply_table(apply, table, indexes, w.n, HT_APPLY_BULK, error);
    return w;
}

static void put_id(Writer *w, int i, char kind, int number)
{
    HtUuid id = make_id(kind, number);
    ht_apply_uuid(w->rows, i, &id);
}

static bool fill_frame(HtApply *apply, gpointer data, GError **error)
{
    static const char *const types[STAGES] = {"applied", "shortlist", "screening", "interview",
                                              "offer",   "hired",     "rejected",  "withdrawn"};
    static const char me[] =
        "{\"tenant\":{\"id\":\"0a000000-0000-4000-8000-00000000000a\",\"name\":\"Many\",\"slug\":"
        "\"many\"},"
        "\"user\":{\"id\":\"55000000-0000-4000-8000-000000000001\",\"name\":\"Rita Recruiter\"},"
        "\"member\":{\"id\":\"56000000-0000-4000-8000-000000000001\"},\"role\":\"recruiter\"}";
    const Batch *batch = data;
    Writer jobs =
        open_table(apply, "jobs", "id title status department location row_version", error);
    if (!jobs.rows)
        return false;
    put_id(&jobs, 0, 'J', 1);
    ht_apply_text(jobs.rows, 1, "Support Specialist", -1);
    ht_apply_text(jobs.rows, 2, "active", -1);
    ht_apply_text(jobs.rows, 3, "Support", -1);
    ht_apply_text(jobs.rows, 4, "Berlin", -1);
    ht_apply_int(jobs.rows, 5, 1);
    if (!ht_apply_row(jobs.rows, error))
        return false;
    Writer stages =
        open_table(apply, "job_stages", "id job_id name position stage_type is_terminal", error);
    for (int i = 0; i < STAGES && stages.rows; i++) {
        g_autofree char *name = g_strdup(types[i]);
        name[0] = g_ascii_toupper(name[0]);
        put_id(&stages, 0, 'S', i);
        put_id(&stages, 1, 'J', 1);
        ht_apply_text(stages.rows, 2, name, -1);
        ht_apply_int(stages.rows, 3, i);
        ht_apply_text(stages.rows, 4, types[i], -1);
        ht_apply_int(stages.rows, 5, i >= 5);
        if (!ht_apply_row(stages.rows, error))
            return false;
    }
    return stages.rows && ht_apply_meta_set(apply, "me", me, error) &&
           ht_apply_meta_set_int(apply, "last_sync", batch->now_us, error);
}

static bool fill_candidates(HtApply *apply, gpointer data, GError **error)
{
    const Batch *batch = data;
    Writer w = open_table(apply, "candidates",
                          "id first_name last_name email current_title current_company location "
                          "created_at updated_at row_version",
                          error);
    for (int n = batch->first; w.rows && n < batch->last; n++) {
        char text[64];
        put_id(&w, 0, 'C', n);
        ht_apply_text(w.rows, 1, n % 3 ? "Zoë" : "Maximilian", -1);
        g_snprintf(text, sizeof text, "Nguyễn-Łukasz %07d", n);
        ht_apply_text(w.rows, 2, text, -1);
        g_snprintf(text, sizeof text, "person%d@example.com", n);
        ht_apply_text(w.rows, 3, text, -1);
        ht_apply_text(w.rows, 4, "Customer Support Agent", -1);
        g_snprintf(text, sizeof text, "Company %d", n % 997);
        ht_apply_text(w.rows, 5, text, -1);
        ht_apply_text(w.rows, 6, n % 5 ? "Berlin, Germany" : "東京", -1);
        ht_apply_int(w.rows, 7, batch->now_us - n * HT_US_PER_S);
        ht_apply_int(w.rows, 8, batch->now_us - n * HT_US_PER_S);
        ht_apply_int(w.rows, 9, 1);
        if (!ht_apply_row(w.rows, error))
            return false;
    }
    return w.rows != NULL;
}

static bool fill_matches(HtApply *apply, gpointer data, GError **error)
{
    const Batch *batch = data;
    Writer w = open_table(apply, "candidate_job_matches",
                          "id candidate_id job_id score stage_id stage_entered_at source "
                          "applied_at updated_at row_version",
                          error);
    for (int n = batch->first; w.rows && n < batch->last; n++) {
        int stage = n % 10 < 8 ? 0 : n % STAGES;
        put_id(&w, 0, 'M', n);
        put_id(&w, 1, 'C', n);
        put_id(&w, 2, 'J', 1);
        ht_apply_int(w.rows, 3, (int64_t)((unsigned)n * 2246822519U % 10001));
        put_id(&w, 4, 'S', stage);
        ht_apply_int(w.rows, 5, batch->now_us - n * HT_US_PER_S);
        ht_apply_text(w.rows, 6, "job_board", -1);
        ht_apply_int(w.rows, 7, batch->now_us - n * HT_US_PER_S);
        ht_apply_int(w.rows, 8, batch->now_us - n * HT_US_PER_S);
        ht_apply_int(w.rows, 9, 1);
        if (!ht_apply_row(w.rows, error))
            return false;
    }
    return w.rows != NULL;
}

static bool fill(HtCache *cache, int count, GError **error)
{
    bool resumed;
    HtGeneration *generation = ht_cache_generation_begin(cache, &resumed, error);
    Batch batch = {.now_us = ht_clock_now_us()};
    bool ok = generation && ht_cache_generation_apply(generation, fill_frame, &batch, error);
    for (int from = 0; ok && from < count; from += BATCH) {
        batch.first = from;
        batch.last = MIN(from + BATCH, count);
        ok = ht_cache_generation_apply(generation, fill_candidates, &batch, error) &&
             ht_cache_generation_apply(generation, fill_matches, &batch, error);
    }
    return ok && ht_cache_generation_publish(generation, error);
}

int main(int argc, char **argv)
{
    g_autoptr(GError) error = NULL;
    int count = argc == 2 ? atoi(argv[1]) : 0;
    if (count <= 0) {
        fprintf(stderr, "usage: bench_fill_cache N\n");
        return 2;
    }
    g_autoptr(HtPaths) paths = ht_paths_new(NULL, &error);
    g_autoptr(HtCache) cache = paths ? ht_cache_open(paths, HT_CACHE_NO_POLL, &error) : NULL;
    int64_t began = ht_clock_mono_us();
    if (!cache || !fill(cache, count, &error)) {
        fprintf(stderr, "bench_fill_cache: %s\n", error->message);
        return 1;
    }
    printf("%d applicants in %.1f s\n", count, (double)(ht_clock_mono_us() - began) / 1e6);
    return 0;
}
