#include "fixture.h"

#include "hiretty/base/clock.h"

#include <glib/gstdio.h>
#include <stdarg.h>
#include <string.h>

HtUuid test_id(char kind, int number)
{
    HtUuid id = {{0}};
    id.b[0] = (guint8)kind;
    id.b[6] = 0x40;
    id.b[8] = 0x80;
    for (int i = 0; i < 4; i++)
        id.b[12 + i] = (guint8)((unsigned)number >> (8 * (3 - i)));
    return id;
}

void fixture_open(Fixture *fixture)
{
    g_autoptr(GError) error = NULL;
    fixture->dir = g_dir_make_tmp("hiretty-cache-XXXXXX", &error);
    g_assert_no_error(error);
    static const char *const variables[] = {"XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_STATE_HOME",
                                            "XDG_RUNTIME_DIR"};
    for (gsize i = 0; i < G_N_ELEMENTS(variables); i++) {
        g_autofree char *path = g_build_filename(fixture->dir, variables[i], NULL);
        g_assert_cmpint(g_mkdir(path, 0700), ==, 0);
        g_setenv(variables[i], path, TRUE);
    }
    fixture->paths = ht_paths_new("test", &error);
    g_assert_no_error(error);
    fixture->cache = ht_cache_open(fixture->paths, HT_CACHE_DEFAULT, &error);
    g_assert_no_error(error);
}

static void remove_tree(const char *path)
{
    g_autoptr(GDir) dir =
        g_file_test(path, G_FILE_TEST_IS_SYMLINK) ? NULL : g_dir_open(path, 0, NULL);
    const char *name;
    while (dir && (name = g_dir_read_name(dir))) {
        g_autofree char *child = g_build_filename(path, name, NULL);
        remove_tree(child);
    }
    g_remove(path);
}

void fixture_close(Fixture *fixture)
{
    ht_cache_close(fixture->cache);
    ht_paths_free(fixture->paths);
    remove_tree(fixture->dir);
    g_free(fixture->dir);
    memset(fixture, 0, sizeof *fixture);
}

void fixture_reopen(Fixture *fixture)
{
    g_autoptr(GError) error = NULL;
    ht_cache_close(fixture->cache);
    fixture->cache = ht_cache_open(fixture->paths, HT_CACHE_DEFAULT, &error);
    g_assert_no_error(error);
}

static HtUuid named_id(const char *name)
{
    return test_id(name[0], (int)g_ascii_strtoll(name + 1, NULL, 10));
}

static void put_value(HtApplyTable *rows, int i, HtColumnType type, const char *value)
{
    HtUuid id;
    if (g_str_equal(value, "\\N")) {
        ht_apply_null(rows, i);
        return;
    }
    switch (type) {
    case HT_TYPE_UUID:
    case HT_TYPE_REF:
        id = named_id(value);
        ht_apply_uuid(rows, i, &id);
        break;
    case HT_TYPE_INT:
    case HT_TYPE_CENTI:
    case HT_TYPE_TIME:
    case HT_TYPE_BOOL:
        ht_apply_int(rows, i, g_ascii_strtoll(value, NULL, 10));
        break;
    case HT_TYPE_REAL:
        ht_apply_real(rows, i, g_ascii_strtod(value, NULL));
        break;
    case HT_TYPE_TEXT:
    case HT_TYPE_DATE:
    case HT_TYPE_JSON:
    case HT_TYPE_TEXTS:
        ht_apply_text(rows, i, value, -1);
        break;
    }
}

void put_row(HtApply *apply, HtApplyMode mode, const char *name, ...)
{
    const HtSyncTable *table = ht_sync_table_by_name(name);
    g_assert_nonnull(table);
    int columns[64], n = 0;
    const char *values[64];
    va_list args;
    va_start(args, name);
    for (const char *column; (column = va_arg(args, const char *)); n++) {
        columns[n] = ht_sync_table_column(table, column);
        g_assert_cmpint(columns[n], >=, 0);
        values[n] = va_arg(args, const char *);
    }
    va_end(args);
    g_autoptr(GError) error = NULL;
    HtApplyTable *rows = ht_apply_table(apply, table, columns, n, mode, &error);
    g_assert_no_error(error);
    for (int i = 0; i < n; i++)
        put_value(rows, i, table->columns[columns[i]].type, values[i]);
    ht_apply_row(rows, &error);
    g_assert_no_error(error);
}

void put_job(HtApply *apply, int n, const char *title)
{
    static const char *const types[] = {"applied", "shortlist", "screening", "interview",
                                        "offer",   "hired",     "rejected",  "withdrawn"};
    g_autofree char *job = g_strdup_printf("J%d", n);
    put_row(apply, HT_APPLY_UPSERT, "jobs", "id", job, "title", title, "status", "active",
            "department", "Support", "location", "Berlin", "row_version", "1", NULL);
    for (int i = 0; i < 8; i++) {
        g_autofree char *stage = g_strdup_printf("S%d", n * 10 + i + 1);
        g_autofree char *position = g_strdup_printf("%d", i);
        g_autofree char *label = g_strdup_printf("%c%s", types[i][0] - 32, types[i] + 1);
        put_row(apply, HT_APPLY_UPSERT, "job_stages", "id", stage, "job_id", job, "name", label,
                "position", position, "stage_type", types[i], "is_terminal", i >= 5 ? "1" : "0",
                "sla_hours", "48", NULL);
    }
}

void put_match(HtApply *apply, int n, int job, int stage, int score_centi, const char *first,
               const char *last)
{
    g_autofree char *candidate = g_strdup_printf("C%d", n);
    g_autofree char *match = g_strdup_printf("M%d", n);
    g_autofree char *job_id = g_strdup_printf("J%d", job);
    g_autofree char *stage_id = g_strdup_printf("S%d", stage);
    g_autofree char *score = g_strdup_printf("%d", score_centi);
    g_autofree char *email = g_strdup_printf("person%d@example.com", n);
    g_autofree char *at = g_strdup_printf("%" G_GINT64_FORMAT, 1000 * HT_US_PER_S + n);
    put_row(apply, HT_APPLY_UPSERT, "candidates", "id", candidate, "first_name", first, "last_name",
            last, "email", email, "current_title", "Agent", "current_company", "Café Łódź",
            "location", "Berlin", NULL);
    put_row(apply, HT_APPLY_UPSERT, "candidate_job_matches", "id", match, "candidate_id", candidate,
            "job_id", job_id, "score", score, "stage_id", stage_id, "stage_entered_at", at,
            "applied_at", at, "updated_at", at, "row_version", "1", NULL);
}

typedef struct {
    FillFunc fill;
    gpointer data;
} Fill;

static bool run_fill(HtApply *apply, gpointer data, GError **error)
{
    const Fill *fill = data;
    (void)error;
    fill->fill(apply, fill->data);
    return true;
}

void fixture_apply(Fixture *fixture, FillFunc fill, gpointer data)
{
    g_autoptr(GError) error = NULL;
    Fill job = {fill, data};
    ht_cache_apply(fixture->cache, run_fill, &job, &error);
    g_assert_no_error(error);
}

static void fill_default(HtApply *apply, gpointer data)
{
    (void)data;
    put_job(apply, 1, "Customer Support Specialist");
    put_job(apply, 2, "Data Engineer");
    for (int i = 1; i <= 25; i++) {
        g_autofree char *last = g_strdup_printf("Last%02d", i);
        put_match(apply, i, i <= 20 ? 1 : 2, i <= 20 ? 11 : 21, i * 100, "Zoë", last);
    }
    put_row(apply, HT_APPLY_UPSERT, "rejection_reasons", "id", "R1", "code", "must_have", "label",
            "Must-have missing", "who", "we_rejected", "is_active", "1", "job_related", "1",
            "candidate_text", "A must-have was missing.", NULL);
    put_row(apply, HT_APPLY_UPSERT, "rejection_reasons", "id", "R2", "code", "other_offer", "label",
            "Other offer", "who", "they_withdrew", "is_active", "1", NULL);
    g_autoptr(GError) error = NULL;
    ht_apply_meta_set(apply, "me",
                      "{\"tenant\":{\"id\":\"0a000000-0000-4000-8000-00000000000a\",\"name\":"
                      "\"Tenant A\",\"slug\":\"a\"},\"user\":{\"id\":"
                      "\"55000000-0000-4000-8000-000000000001\",\"name\":\"Ana Rec\"},\"member\":{"
                      "\"id\":\"66000000-0000-4000-8000-000000000001\"},\"role\":\"recruiter\"}",
                      &error);
    g_assert_no_error(error);
}

void fixture_fill(Fixture *fixture)
{
    fixture_apply(fixture, fill_default, NULL);
}

HtKey fixture_key(HtReader *reader, const char *name)
{
    HtUuid id = named_id(name);
    HtKey k = ht_reader_key(reader, &id);
    g_assert_cmpint(k, >, 0);
    return k;
}
