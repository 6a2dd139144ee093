/* The cache as files: applying, generations, damage, purges, locks, the bus. */
#include "../../../src/cache/files.h"
#include "fixture.h"

#include "hiretty/base/clock.h"
#include "hiretty/cache/jobs.h"
#include "hiretty/cache/matches.h"

#include <fcntl.h>
#include <glib-unix.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static HtReader *open_reader(Fixture *fixture)
{
    g_autoptr(GError) error = NULL;
    HtReader *reader = ht_reader_new(fixture->cache, "test", &error);
    g_assert_no_error(error);
    return reader;
}

static int64_t count_rows(HtReader *reader, const char *table)
{
    g_autofree char *sql = g_strdup_printf("SELECT count(*) FROM %s", table);
    g_auto(HtStmtUse) use = {ht_db_stmt_text(ht_reader_db(reader), sql, NULL)};
    g_assert_cmpint(ht_stmt_step(use.stmt, NULL), ==, HT_STEP_ROW);
    return ht_stmt_int(use.stmt, 0);
}

static int64_t job_count(HtReader *reader, const char *job, HtStageType type)
{
    HtKey k = fixture_key(reader, job);
    HtJobRow row;
    g_autoptr(GError) error = NULL;
    ht_cache_job_rows(reader, &k, 1, &row, &error);
    g_assert_no_error(error);
    int64_t n = row.counts[type];
    ht_job_row_clear(&row);
    return n;
}

/* --- Applying */

static void apply_same(HtApply *apply, gpointer data)
{
    int64_t *changed = data;
    const HtSyncTable *jobs = ht_sync_table_by_name("jobs");
    int columns[] = {0, 1};
    g_autoptr(GError) error = NULL;
    HtApplyTable *rows = ht_apply_table(apply, jobs, columns, 2, HT_APPLY_UPSERT, &error);
    g_assert_no_error(error);
    g_assert_true(rows == ht_apply_table(apply, jobs, columns, 2, HT_APPLY_UPSERT, &error));
    const char *titles[] = {"Customer Support Specialist", "Cook"};
    for (int i = 0; i < 2; i++) {
        HtUuid id = test_id('J', 1);
        ht_apply_uuid(rows, 0, &id);
        ht_apply_text(rows, 1, titles[i], -1);
        ht_apply_row(rows, &error);
        g_assert_no_error(error);
        changed[i] = ht_apply_changed(rows);
    }
}

static void test_upsert(void)
{
    Fixture fixture;
    fixture_open(&fixture);
    fixture_fill(&fixture);
    int64_t changed[2];
    fixture_apply(&fixture, apply_same, changed);
    g_assert_cmpint(changed[0], ==, 0);
    g_assert_cmpint(changed[1], ==, 1);
    g_autoptr(HtReader) reader = open_reader(&fixture);
    g_autoptr(GError) error = NULL;
    g_autoptr(HtJob) job = ht_cache_job(reader, fixture_key(reader, "J1"), &error);
    g_assert_no_error(error);
    g_assert_cmpstr(job->row.title, ==, "Cook");
    g_assert_cmpstr(job->row.department, ==, "Support"); /* left out, kept */
    g_clear_pointer(&reader, ht_reader_free);
    fixture_close(&fixture);
}

/* What a row names, by the letter and number of its id; 0 where it names nobody. */
typedef struct {
    int job, stage, changed;
} Naming;

static void check_naming(HtApply *apply, const Naming *wanted)
{
    g_autoptr(GError) error = NULL;
    HtStmt *stmt = ht_db_stmt_text(ht_apply_db(apply),
                                   "SELECT j.id, s.id FROM candidate_job_matches m "
                                   "JOIN ids i ON i.k = m.k LEFT JOIN ids j ON j.k = m.job_k "
                                   "LEFT JOIN ids s ON s.k = m.stage_k WHERE i.id = ?1",
                                   &error);
    g_assert_no_error(error);
    HtUuid id = test_id('M', 77), job = test_id('J', wanted->job),
           stage = test_id('S', wanted->stage), found;
    ht_stmt_bind_uuid(stmt, 1, &id);
    g_assert_cmpint(ht_stmt_step(stmt, &error), ==, HT_STEP_ROW);
    g_assert_cmpint(ht_stmt_uuid(stmt, 0, &found), ==, wanted->job > 0);
    g_assert_true(wanted->job == 0 || ht_uuid_equal(&found, &job));
    g_assert_cmpint(ht_stmt_uuid(stmt, 1, &found), ==, wanted->stage > 0);
    g_assert_true(wanted->stage == 0 || ht_uuid_equal(&found, &stage));
    ht_stmt_reset(stmt);
}

static void apply_naming(HtApply *apply, gpointer data)
{
    const Naming *naming = data;
    const HtSyncTable *matches = ht_sync_table_by_name("candidate_job_matches");
    int columns[] = {0, ht_sync_table_column(matches, "job_id"),
                     ht_sync_table_column(matches, "stage_id")};
    g_autoptr(GError) error = NULL;
    HtApplyTable *rows = ht_apply_table(apply, matches, columns, 3, HT_APPLY_UPSERT, &error);
    g_assert_no_error(error);
    int64_t before = ht_apply_changed(rows);
    HtUuid id = test_id('M', 77), job = test_id('J', naming->job),
           stage = test_id('S', naming->stage);
    ht_apply_uuid(rows, 0, &id);
    ht_apply_uuid(rows, 1, naming->job ? &job : NULL);
    ht_apply_uuid(rows, 2, naming->stage ? &stage : NULL);
    g_assert_true(ht_apply_row(rows, &error));
    g_assert_no_error(error);
    g_assert_cmpint(ht_apply_changed(rows) - before, ==, naming->changed);
    check_naming(apply, naming);
}

static int64_t count_ids(Fixture *fixture)
{
    g_autoptr(HtReader) reader = open_reader(fixture);
    return count_rows(reader, "ids");
}

/* A row that names the same ones as before is unchanged, whether their keys are remembered or not
 * (the cache is opened anew before every other row), and one that names another is not; who was
 * never heard of gets one key. */
static void test_names_others(void)
{
    static const Naming namings[] = {{1, 11, 1}, {1, 11, 0}, {1, 11, 0}, {2, 11, 1},  {2, 21, 1},
                                     {2, 21, 0}, {2, 0, 1},  {2, 0, 0},  {0, 21, 1},  {0, 0, 1},
                                     {0, 0, 0},  {90, 0, 1}, {90, 0, 0}, {90, 91, 1}, {1, 91, 1},
                                     {1, 91, 0}, {90, 91, 1}};
    Fixture fixture;
    fixture_open(&fixture);
    fixture_fill(&fixture);
    int64_t ids = count_ids(&fixture);
    for (gsize i = 0; i < G_N_ELEMENTS(namings); i++) {
        Naming naming = namings[i];
        fixture_apply(&fixture, apply_naming, &naming);
        naming.changed = 0;
        if (i % 2) {
            fixture_reopen(&fixture);
            fixture_apply(&fixture, apply_naming, &naming);
        }
    }
    g_assert_cmpint(count_ids(&fixture), ==, ids + 3); /* M77, J90, S91 */
    g_autoptr(HtReader) reader = open_reader(&fixture);
    g_assert_cmpint(job_count(reader, "J1", HT_STAGE_APPLIED), ==, 20);
    g_clear_pointer(&reader, ht_reader_free);
    fixture_close(&fixture);
}

/* Any value after any other: it is counted as a change exactly when it is one, and then it is
 * there. */
static void apply_transitions(HtApply *apply, gpointer data)
{
    (void)data;
    static const char *const texts[] = {NULL, "", "a", "ab", "a\xc3\xa9"};
    static const int64_t numbers[] = {0, 1, -1, G_MAXINT64};
    const HtSyncTable *jobs = ht_sync_table_by_name("jobs");
    int columns[] = {0, ht_sync_table_column(jobs, "title"), ht_sync_table_column(jobs, "location"),
                     ht_sync_table_column(jobs, "row_version")};
    g_autoptr(GError) error = NULL;
    HtApplyTable *rows = ht_apply_table(apply, jobs, columns, 4, HT_APPLY_UPSERT, &error);
    g_assert_no_error(error);
    const char *before[2] = {"Customer Support Specialist", NULL};
    int64_t number = -7;
    g_autoptr(GRand) random = g_rand_new_with_seed(7);
    for (int i = 0; i < 400; i++) {
        const char *title = texts[g_rand_int_range(random, 1, 5)];
        const char *place = texts[g_rand_int_range(random, 0, 5)];
        int64_t version = numbers[g_rand_int_range(random, 0, 4)];
        HtUuid id = test_id('J', 1);
        int64_t changed = ht_apply_changed(rows);
        ht_apply_uuid(rows, 0, &id);
        ht_apply_text(rows, 1, title, -1);
        ht_apply_text(rows, 2, place, -1);
        ht_apply_int(rows, 3, version);
        ht_apply_row(rows, &error);
        g_assert_no_error(error);
        bool is_other = g_strcmp0(title, before[0]) != 0 || g_strcmp0(place, before[1]) != 0 ||
                        version != number;
        if (i > 0)
            g_assert_cmpint(ht_apply_changed(rows) - changed, ==, is_other);
        before[0] = title;
        before[1] = place;
        number = version;
        HtStmt *stmt = ht_db_stmt_text(
            ht_apply_db(apply),
            "SELECT j.title, j.location, j.row_version FROM jobs j JOIN ids i ON i.k = j.k "
            "WHERE i.id = ?1",
            &error);
        g_assert_no_error(error);
        ht_stmt_bind_uuid(stmt, 1, &id);
        g_assert_cmpint(ht_stmt_step(stmt, &error), ==, HT_STEP_ROW);
        g_assert_cmpstr(ht_stmt_text(stmt, 0), ==, title);
        g_assert_cmpstr(ht_stmt_text(stmt, 1), ==, place);
        g_assert_cmpint(ht_stmt_int(stmt, 2), ==, version);
        ht_stmt_reset(stmt);
    }
}

static void test_transitions(void)
{
    Fixture fixture;
    fixture_open(&fixture);
    fixture_fill(&fixture);
    fixture_apply(&fixture, apply_transitions, NULL);
    fixture_close(&fixture);
}

static void move_and_delete(HtApply *apply, gpointer data)
{
    (void)data;
    g_autoptr(GError) error = NULL;
    put_row(apply, HT_APPLY_UPSERT, "candidate_job_matches", "id", "M1", "stage_id", "S12", NULL);
    HtUuid id = test_id('M', 2);
    const HtSyncTable *matches = ht_sync_table_by_name("candidate_job_matches");
    ht_apply_delete(apply, matches, &id, &error);
    g_assert_no_error(error);
    ht_apply_delete(apply, matches, &id, &error); /* twice changes nothing */
    g_assert_no_error(error);
}

static void keep_two(HtApply *apply, gpointer data)
{
    (void)data;
    const HtSyncTable *matches = ht_sync_table_by_name("candidate_job_matches");
    g_autoptr(GError) error = NULL;
    for (unsigned i = 1; i <= 30; i++) {
        HtUuid id = test_id('M', i);
        if (i != 1 && i != 3)
            ht_apply_delete(apply, matches, &id, &error);
        g_assert_no_error(error);
    }
}

static void test_counters(void)
{
    Fixture fixture;
    fixture_open(&fixture);
    fixture_fill(&fixture);
    fixture_apply(&fixture, move_and_delete, NULL);
    g_autoptr(HtReader) reader = open_reader(&fixture);
    g_assert_cmpint(job_count(reader, "J1", HT_STAGE_APPLIED), ==, 18);
    g_assert_cmpint(job_count(reader, "J1", HT_STAGE_SHORTLIST), ==, 1);
    fixture_apply(&fixture, keep_two, NULL);
    g_assert_cmpint(job_count(reader, "J1", HT_STAGE_APPLIED), ==, 1);
    g_assert_cmpint(job_count(reader, "J2", HT_STAGE_APPLIED), ==, 0);
    g_assert_cmpint(count_rows(reader, "candidate_job_matches"), ==, 2);
    g_clear_pointer(&reader, ht_reader_free);
    fixture_close(&fixture);
}

static bool fail_after_row(HtApply *apply, gpointer data, GError **error)
{
    (void)data;
    put_row(apply, HT_APPLY_UPSERT, "jobs", "id", "J77", "title", "Ghost", NULL);
    g_set_error(error, HT_CACHE_ERROR, HT_CACHE_ERROR_FAILED, "on purpose");
    return false;
}

static void put_j77(HtApply *apply, gpointer data)
{
    (void)data;
    put_row(apply, HT_APPLY_UPSERT, "jobs", "id", "J77", "title", "Real", NULL);
}

static void test_rollback(void)
{
    Fixture fixture;
    fixture_open(&fixture);
    g_autoptr(GError) error = NULL;
    g_assert_false(ht_cache_apply(fixture.cache, fail_after_row, NULL, &error));
    g_assert_error(error, HT_CACHE_ERROR, HT_CACHE_ERROR_FAILED);
    g_autoptr(HtReader) reader = open_reader(&fixture);
    g_assert_cmpint(count_rows(reader, "jobs"), ==, 0);
    g_assert_cmpint(count_rows(reader, "ids"), ==, 0);
    fixture_apply(&fixture, put_j77, NULL); /* keys of the rolled back one are forgotten */
    g_assert_cmpint(fixture_key(reader, "J77"), >, 0);
    g_clear_pointer(&reader, ht_reader_free);
    fixture_close(&fixture);
}

static bool set_cursor(HtApply *apply, gpointer data, GError **error)
{
    return ht_apply_meta_set(apply, "cursor", data, error);
}

/* The first idle step after opening writes the documents' version, once. */
static void wait_for_idle_step(Fixture *fixture)
{
    for (;;) {
        g_autofree char *version = ht_cache_meta(fixture->cache, "docs");
        if (version)
            return;
        g_usleep(1000);
    }
}

static void test_empty_poll(void)
{
    Fixture fixture;
    fixture_open(&fixture);
    g_autoptr(GError) error = NULL;
    g_assert_true(ht_cache_apply(fixture.cache, set_cursor, (char[]){"10:20:"}, &error));
    wait_for_idle_step(&fixture);
    g_autofree char *path = ht_cache_path(fixture.cache);
    g_autofree char *wal = g_strconcat(path, "-wal", NULL);
    struct stat before, after;
    g_assert_cmpint(stat(wal, &before), ==, 0);
    for (int i = 0; i < 5; i++)
        g_assert_true(ht_cache_apply(fixture.cache, set_cursor, (char[]){"10:20:"}, &error));
    g_assert_cmpint(stat(wal, &after), ==, 0);
    g_assert_cmpint(before.st_size, ==, after.st_size);
    g_assert_cmpint(before.st_mtim.tv_nsec, ==, after.st_mtim.tv_nsec);
    g_autofree char *cursor = ht_cache_meta(fixture.cache, "cursor");
    g_assert_cmpstr(cursor, ==, "10:20:");
    fixture_close(&fixture);
}

static bool hide_notes(HtApply *apply, gpointer data, GError **error)
{
    (void)data;
    return ht_db_exec(ht_apply_db(apply), "ALTER TABLE meta RENAME TO elsewhere", error);
}

/* Who decides by a note has to know that there is none. */
static void test_notes_unreadable(void)
{
    Fixture fixture;
    fixture_open(&fixture);
    g_autoptr(GError) error = NULL;
    g_assert_true(ht_cache_apply(fixture.cache, set_cursor, (char[]){"10:20:"}, &error));
    g_autofree char *cursor = NULL, *other = NULL, *none = NULL;
    g_assert_true(ht_cache_read_meta(fixture.cache, "cursor", &cursor, &error));
    g_assert_cmpstr(cursor, ==, "10:20:");
    g_assert_true(ht_cache_read_meta(fixture.cache, "nothing", &other, &error));
    g_assert_null(other);
    ht_cache_apply(fixture.cache, hide_notes, NULL, NULL);
    g_assert_false(ht_cache_read_meta(fixture.cache, "cursor", &none, &error));
    g_assert_nonnull(error);
    g_assert_null(none);
    fixture_close(&fixture);
}

/* --- Generations */

static bool fill_generation(HtApply *apply, gpointer data, GError **error)
{
    int first = GPOINTER_TO_INT(data);
    if (first == 1) {
        put_job(apply, 1, "Customer Support Specialist");
        put_job(apply, 2, "Data Engineer");
    }
    for (int i = first; i < first + 10; i++)
        put_match(apply, i, 1, 11, i * 100, "Zoë", "Nguyễn");
    return ht_apply_meta_set_int(apply, "chunk", first, error);
}

static void test_publish(void)
{
    Fixture fixture;
    fixture_open(&fixture);
    fixture_fill(&fixture);
    g_autoptr(GError) error = NULL;
    g_autoptr(HtReader) reader = open_reader(&fixture);
    bool resumed = true, changed = true;
    HtGeneration *generation = ht_cache_generation_begin(fixture.cache, &resumed, &error);
    g_assert_no_error(error);
    g_assert_false(resumed);
    g_assert_true(
        ht_cache_generation_apply(generation, fill_generation, GINT_TO_POINTER(1), &error));
    g_assert_true(ht_reader_refresh(reader, &changed, &error));
    g_assert_false(changed);
    g_assert_cmpint(count_rows(reader, "candidates"), ==, 25);
    ht_cache_generation_release(generation);
    generation = ht_cache_generation_begin(fixture.cache, &resumed, &error);
    g_assert_no_error(error);
    g_assert_true(resumed);
    g_autofree char *chunk = ht_cache_generation_meta(generation, "chunk");
    g_assert_cmpstr(chunk, ==, "1");
    g_assert_true(
        ht_cache_generation_apply(generation, fill_generation, GINT_TO_POINTER(11), &error));
    g_assert_true(ht_cache_generation_publish(generation, &error));
    g_assert_no_error(error);
    g_assert_cmpint(count_rows(reader, "candidates"), ==, 25); /* not asked to follow yet */
    g_assert_true(ht_reader_refresh(reader, &changed, &error));
    g_assert_true(changed);
    g_assert_cmpint(count_rows(reader, "candidates"), ==, 20);
    g_assert_cmpint(job_count(reader, "J1", HT_STAGE_APPLIED), ==, 20);
    g_assert_cmpint(count_rows(reader, "people_fts"), ==, 20);
    g_assert_true(ht_cache_verify(fixture.cache, &error));
    fixture_apply(&fixture, move_and_delete, NULL); /* triggers and indexes work in the new one */
    g_assert_cmpint(job_count(reader, "J1", HT_STAGE_SHORTLIST), ==, 1);
    g_clear_pointer(&reader, ht_reader_free);
    fixture_reopen(&fixture);
    reader = open_reader(&fixture);
    g_assert_cmpint(count_rows(reader, "candidates"), ==, 20);
    g_assert_null(ht_cache_problem(fixture.cache));
    g_clear_pointer(&reader, ht_reader_free);
    fixture_close(&fixture);
}

/* A process that is killed while it publishes: whatever it had done, the next one ends well. It
 * says when it begins, and its parent kills it: a process between the two would share its locks. */
static void publish_child(Fixture *fixture, int begins)
{
    g_autoptr(GError) error = NULL;
    HtCache *cache = ht_cache_open(fixture->paths, HT_CACHE_NO_POLL, &error);
    bool resumed;
    HtGeneration *generation = cache ? ht_cache_generation_begin(cache, &resumed, &error) : NULL;
    if (!generation)
        _exit(3);
    ht_cache_generation_apply(generation, fill_generation, GINT_TO_POINTER(1), &error);
    if (write(begins, "b", 1) != 1)
        _exit(3);
    ht_cache_generation_publish(generation, &error);
    _exit(0);
}

static void test_killed_publish(void)
{
    for (int us = 200; us < 30000; us = us * 3 / 2) {
        Fixture fixture;
        fixture_open(&fixture);
        g_autoptr(GError) error = NULL;
        g_clear_pointer(&fixture.cache, ht_cache_close);
        int begins[2], status;
        char byte;
        g_assert_true(g_unix_open_pipe(begins, FD_CLOEXEC, &error));
        pid_t pid = fork();
        if (pid == 0)
            publish_child(&fixture, begins[1]);
        close(begins[1]);
        if (read(begins[0], &byte, 1) == 1)
            usleep((useconds_t)us);
        close(begins[0]);
        kill(pid, SIGKILL);
        g_assert_cmpint(waitpid(pid, &status, 0), ==, pid);
        g_assert_false(WIFEXITED(status) && WEXITSTATUS(status) == 3);
        fixture.cache = ht_cache_open(fixture.paths, HT_CACHE_DEFAULT, &error);
        g_assert_no_error(error);
        bool resumed;
        HtGeneration *generation = ht_cache_generation_begin(fixture.cache, &resumed, &error);
        g_assert_no_error(error);
        ht_cache_generation_apply(generation, fill_generation, GINT_TO_POINTER(1), &error);
        g_assert_no_error(error);
        ht_cache_generation_publish(generation, &error);
        g_assert_no_error(error);
        g_autoptr(HtReader) reader = open_reader(&fixture);
        g_assert_cmpint(count_rows(reader, "candidates"), ==, 10);
        g_assert_cmpint(job_count(reader, "J1", HT_STAGE_APPLIED), ==, 10);
        g_clear_pointer(&reader, ht_reader_free);
        fixture_close(&fixture);
    }
}

/* --- Damage */

static void overwrite(const char *path, gsize offset, const char *bytes, gsize len)
{
    int fd = g_open(path, O_WRONLY, 0);
    g_assert_cmpint(fd, >=, 0);
    g_assert_cmpint((gssize)pwrite(fd, bytes, len, (off_t)offset), ==, (gssize)len);
    close(fd);
}

static guint count_aside(Fixture *fixture, const char *word)
{
    g_autoptr(GDir) dir = g_dir_open(ht_cache_dir(fixture->cache), 0, NULL);
    const char *name;
    guint n = 0;
    while ((name = g_dir_read_name(dir)))
        n += strstr(name, word) != NULL;
    return n;
}

typedef void (*Damage)(const char *path);

static void damage_header(const char *path)
{
    overwrite(path, 0, "this is no database at all", 26);
}

static void damage_length(const char *path)
{
    g_assert_cmpint(truncate(path, 8192 * 3), ==, 0);
}

static void damage_owner(const char *path)
{
    overwrite(path, 68, "\x12\x34\x56\x78", 4); /* application id */
}

static void damage_version(const char *path)
{
    overwrite(path, 60, "\x00\x00\x03\xe7", 4); /* user version */
}

static void check_damage(Damage damage, const char *word)
{
    Fixture fixture;
    fixture_open(&fixture);
    fixture_fill(&fixture);
    g_autofree char *path = ht_cache_path(fixture.cache);
    g_clear_pointer(&fixture.cache, ht_cache_close);
    damage(path);
    g_autoptr(GError) error = NULL;
    fixture.cache = ht_cache_open(fixture.paths, HT_CACHE_DEFAULT, &error);
    g_assert_no_error(error);
    g_assert_nonnull(ht_cache_problem(fixture.cache));
    g_assert_cmpuint(count_aside(&fixture, word), >=, 1);
    g_autoptr(HtReader) reader = open_reader(&fixture);
    g_assert_cmpint(count_rows(reader, "jobs"), ==, 0);
    fixture_fill(&fixture);
    g_assert_cmpint(count_rows(reader, "jobs"), ==, 2);
    g_clear_pointer(&reader, ht_reader_free);
    fixture_close(&fixture);
}

static void test_damage(void)
{
    check_damage(damage_header, ".corrupt-");
    check_damage(damage_length, ".corrupt-");
    check_damage(damage_owner, ".foreign-");
    check_damage(damage_version, ".newer-");
}

static void test_links(void)
{
    Fixture fixture;
    fixture_open(&fixture);
    g_autofree char *path = ht_cache_path(fixture.cache);
    g_autofree char *other = g_strconcat(path, ".other", NULL);
    struct stat st;
    g_assert_cmpint(stat(path, &st), ==, 0);
    g_assert_cmpint(st.st_mode & 0777, ==, 0600);
    g_clear_pointer(&fixture.cache, ht_cache_close);
    g_assert_cmpint(rename(path, other), ==, 0);
    g_assert_cmpint(symlink(other, path), ==, 0);
    g_autoptr(GError) error = NULL;
    g_assert_null(ht_cache_open(fixture.paths, HT_CACHE_DEFAULT, &error));
    g_assert_error(error, HT_CACHE_ERROR, HT_CACHE_ERROR_IO);
    g_assert_cmpint(unlink(path), ==, 0);
    g_assert_cmpint(rename(other, path), ==, 0);
    g_clear_error(&error);
    fixture.cache = ht_cache_open(fixture.paths, HT_CACHE_DEFAULT, &error);
    g_assert_no_error(error);
    fixture_close(&fixture);
}

/* --- Purges */

#define CANARY "Xanthippe"

static void put_canary(HtApply *apply, gpointer data)
{
    (void)data;
    put_match(apply, 500, 1, 11, 100, CANARY, CANARY "son");
    put_row(apply, HT_APPLY_UPSERT, "resumes", "id", "r500", "candidate_id", "C500", "is_current",
            "1", "version", "1", "parsed_data",
            "{\"summary\":\"" CANARY " cooks\",\"skills\":{\"technical\":[\"" CANARY "skill\"]}}",
            NULL);
    put_row(apply, HT_APPLY_UPSERT, "candidate_notes", "id", "n500", "candidate_id", "C500", "body",
            "call " CANARY, "created_at", "1", NULL);
    put_row(apply, HT_APPLY_UPSERT, "candidate_tags", "id", "t500", "candidate_id", "C500", "tag",
            CANARY "tag", NULL);
}

static void delete_canary(HtApply *apply, gpointer data)
{
    (void)data;
    static const struct {
        const char *table;
        char kind;
    } rows[] = {{"candidate_tags", 't'},
                {"candidate_notes", 'n'},
                {"resumes", 'r'},
                {"candidate_job_matches", 'M'},
                {"candidates", 'C'}};
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(GError) error = NULL;
        HtUuid id = test_id(rows[i].kind, 500);
        ht_apply_delete(apply, ht_sync_table_by_name(rows[i].table), &id, &error);
        g_assert_no_error(error);
    }
}

static bool file_contains(const char *path, const char *word)
{
    g_autofree char *bytes = NULL;
    gsize len = 0;
    if (!g_file_get_contents(path, &bytes, &len, NULL))
        return false;
    for (gsize i = 0; i + strlen(word) <= len; i++) {
        if (g_ascii_strncasecmp(bytes + i, word, strlen(word)) == 0)
            return true;
    }
    return false;
}

static bool cache_contains(Fixture *fixture, const char *word)
{
    g_autofree char *path = ht_cache_path(fixture->cache);
    g_autofree char *wal = g_strconcat(path, "-wal", NULL);
    return file_contains(path, word) || file_contains(wal, word);
}

static void wait_indexed(Fixture *fixture)
{
    g_autoptr(HtReader) reader = open_reader(fixture);
    while (ht_cache_index_percent(reader) < 100)
        g_usleep(1000);
}

static bool nothing(HtApply *apply, gpointer data, GError **error)
{
    (void)apply;
    (void)data;
    (void)error;
    return true;
}

static bool load_canary(HtApply *apply, gpointer data, GError **error)
{
    (void)error;
    put_job(apply, 1, "Customer Support Specialist");
    put_canary(apply, data);
    return true;
}

/* A load that a process did not live to end, and that nobody goes on with. */
static void leave_unfinished(Fixture *fixture)
{
    g_autoptr(GError) error = NULL;
    HtGeneration *generation = ht_cache_generation_begin(fixture->cache, NULL, &error);
    g_assert_no_error(error);
    g_assert_true(ht_cache_generation_apply(generation, load_canary, NULL, &error));
    ht_cache_generation_release(generation);
}

static void test_purge_person(void)
{
    Fixture fixture;
    fixture_open(&fixture);
    fixture_fill(&fixture);
    fixture_apply(&fixture, put_canary, NULL);
    wait_indexed(&fixture);
    g_assert_true(cache_contains(&fixture, CANARY));
    g_autoptr(GError) error = NULL;
    g_autofree char *unfinished = g_build_filename(ht_cache_dir(fixture.cache), "cache-2.db", NULL);
    leave_unfinished(&fixture);
    g_assert_true(file_contains(unfinished, CANARY));
    fixture_apply(&fixture, delete_canary, NULL);
    g_assert_true(ht_cache_owes(fixture.cache));
    g_assert_true(ht_cache_forget(fixture.cache, true, &error));
    g_assert_no_error(error);
    g_assert_false(ht_cache_owes(fixture.cache));
    g_assert_false(cache_contains(&fixture, CANARY));
    g_assert_false(g_file_test(unfinished, G_FILE_TEST_EXISTS));
    g_assert_true(ht_cache_apply(fixture.cache, nothing, NULL, &error));
    g_assert_true(ht_cache_verify(fixture.cache, &error));
    fixture_close(&fixture);
}

static void test_purge_all(void)
{
    Fixture fixture;
    fixture_open(&fixture);
    fixture_fill(&fixture);
    fixture_apply(&fixture, put_canary, NULL);
    wait_indexed(&fixture);
    g_autoptr(GError) error = NULL;
    g_autoptr(HtReader) reader = open_reader(&fixture);
    g_assert_true(ht_cache_purge(fixture.cache, HT_PURGE_LOCK, "the membership has ended", &error));
    g_assert_no_error(error);
    g_assert_false(cache_contains(&fixture, CANARY));
    g_assert_false(cache_contains(&fixture, "Support Specialist"));
    g_assert_cmpint(count_rows(reader, "candidates"), ==, 0);
    g_autofree char *reason = NULL;
    g_assert_true(ht_cache_is_locked(fixture.cache, &reason));
    g_assert_cmpstr(reason, ==, "the membership has ended");
    g_clear_pointer(&reader, ht_reader_free);
    fixture_reopen(&fixture);
    g_assert_true(ht_cache_is_locked(fixture.cache, NULL));
    g_assert_true(ht_cache_unlock(fixture.cache, &error));
    g_assert_false(ht_cache_is_locked(fixture.cache, NULL));
    fixture_fill(&fixture); /* and it can be filled again */
    reader = open_reader(&fixture);
    g_assert_cmpint(job_count(reader, "J1", HT_STAGE_APPLIED), ==, 20);
    g_clear_pointer(&reader, ht_reader_free);
    fixture_close(&fixture);
}

/* Another process has the file before this one, and is stopped: this one is emptied all the same;
 * the purge is not over before the other file went. */
static void test_purge_beside_stopped(void)
{
    Fixture fixture;
    fixture_open(&fixture);
    fixture_fill(&fixture);
    g_autoptr(GError) error = NULL;
    const char *dir = ht_cache_dir(fixture.cache);
    int before = ht_files_current(dir);
    HtFiles *held = ht_files_take(dir, before, false, &error);
    g_assert_no_error(error);
    HtGeneration *generation = ht_cache_generation_begin(fixture.cache, NULL, &error);
    g_assert_true(
        ht_cache_generation_apply(generation, fill_generation, GINT_TO_POINTER(1), &error));
    g_assert_true(ht_cache_generation_publish(generation, &error));
    g_assert_no_error(error);
    fixture_apply(&fixture, put_canary, NULL);
    wait_indexed(&fixture);
    g_assert_true(cache_contains(&fixture, CANARY));
    g_assert_false(ht_cache_purge(fixture.cache, HT_PURGE_LOCK, "over", &error));
    g_assert_error(error, HT_CACHE_ERROR, HT_CACHE_ERROR_BUSY);
    g_clear_error(&error);
    g_assert_false(cache_contains(&fixture, CANARY));
    g_assert_true(ht_cache_is_locked(fixture.cache, NULL));
    g_autofree char *old = ht_files_path(dir, before);
    g_assert_true(g_file_test(old, G_FILE_TEST_EXISTS));
    ht_files_unref(held);
    g_assert_true(ht_cache_purge(fixture.cache, HT_PURGE_LOCK, "over", &error));
    g_assert_no_error(error);
    g_assert_false(g_file_test(old, G_FILE_TEST_EXISTS));
    fixture_close(&fixture);
}

/* Who is stopped with the folder's lock in hand keeps nobody waiting for ever. */
static void test_folder_held(void)
{
    Fixture fixture;
    fixture_open(&fixture);
    g_autoptr(GError) error = NULL;
    int held = ht_folder_lock(ht_cache_dir(fixture.cache), &error);
    g_assert_no_error(error);
    int before = ht_folder_patience_ms;
    ht_folder_patience_ms = 50;
    g_assert_null(ht_cache_open(fixture.paths, HT_CACHE_NO_POLL, &error));
    g_assert_error(error, HT_CACHE_ERROR, HT_CACHE_ERROR_BUSY);
    g_clear_error(&error);
    ht_folder_patience_ms = before;
    close(held);
    HtCache *other = ht_cache_open(fixture.paths, HT_CACHE_NO_POLL, &error);
    g_assert_no_error(error);
    ht_cache_close(other);
    fixture_close(&fixture);
}

static void test_wipe(void)
{
    Fixture fixture;
    fixture_open(&fixture);
    fixture_fill(&fixture);
    g_autofree char *path = ht_cache_path(fixture.cache);
    g_autoptr(GError) error = NULL;
    g_assert_false(ht_cache_wipe(fixture.paths, &error));
    g_assert_error(error, HT_CACHE_ERROR, HT_CACHE_ERROR_BUSY);
    g_clear_error(&error);
    g_clear_pointer(&fixture.cache, ht_cache_close);
    g_assert_true(ht_cache_wipe(fixture.paths, &error));
    g_assert_false(g_file_test(path, G_FILE_TEST_EXISTS));
    fixture.cache = ht_cache_open(fixture.paths, HT_CACHE_DEFAULT, &error);
    g_assert_no_error(error);
    fixture_close(&fixture);
}

/* --- The bus */

static void note_change(uint64_t tables, gpointer data)
{
    uint64_t *seen = data;
    *seen |= tables;
}

static void wait_for(uint64_t *seen, uint64_t bit)
{
    int64_t until = ht_clock_mono_us() + 10 * HT_US_PER_S;
    while (!(*seen & bit) && ht_clock_mono_us() < until)
        g_main_context_iteration(NULL, FALSE);
    g_assert_cmphex(*seen & bit, ==, bit);
}

static void test_bus(void)
{
    Fixture fixture;
    fixture_open(&fixture);
    uint64_t seen = 0;
    guint id = ht_cache_subscribe(fixture.cache, NULL, note_change, &seen);
    fixture_apply(&fixture, put_j77, NULL);
    wait_for(&seen, HT_CHANGED(6));
    g_assert_cmphex(seen & HT_CHANGED(15), ==, 0);
    /* Another process, here another HtCache on the same files. */
    seen = 0;
    g_autoptr(GError) error = NULL;
    Fixture other = fixture;
    other.cache = ht_cache_open(fixture.paths, HT_CACHE_NO_POLL, &error);
    g_assert_no_error(error);
    fixture_fill(&other);
    wait_for(&seen, HT_CHANGED(15));
    /* … and its new generation. */
    bool resumed;
    HtGeneration *generation = ht_cache_generation_begin(other.cache, &resumed, &error);
    g_assert_true(
        ht_cache_generation_apply(generation, fill_generation, GINT_TO_POINTER(1), &error));
    g_assert_true(ht_cache_generation_publish(generation, &error));
    wait_for(&seen, HT_CHANGED_GENERATION);
    g_autoptr(HtReader) reader = open_reader(&fixture);
    g_assert_cmpint(count_rows(reader, "candidates"), ==, 10);
    fixture_apply(&fixture, put_j77, NULL); /* writes go to the new one */
    g_assert_cmpint(count_rows(reader, "jobs"), ==, 3);
    ht_cache_unsubscribe(fixture.cache, id);
    ht_cache_close(other.cache);
    g_clear_pointer(&reader, ht_reader_free);
    fixture_close(&fixture);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/cache/apply/upsert", test_upsert);
    g_test_add_func("/cache/apply/names_others", test_names_others);
    g_test_add_func("/cache/apply/transitions", test_transitions);
    g_test_add_func("/cache/apply/counters", test_counters);
    g_test_add_func("/cache/apply/rollback", test_rollback);
    g_test_add_func("/cache/apply/notes_unreadable", test_notes_unreadable);
    g_test_add_func("/cache/apply/empty_poll", test_empty_poll);
    g_test_add_func("/cache/generation/publish", test_publish);
    g_test_add_func("/cache/generation/killed", test_killed_publish);
    g_test_add_func("/cache/open/damage", test_damage);
    g_test_add_func("/cache/open/links", test_links);
    g_test_add_func("/cache/open/folder_held", test_folder_held);
    g_test_add_func("/cache/purge/person", test_purge_person);
    g_test_add_func("/cache/purge/all", test_purge_all);
    g_test_add_func("/cache/purge/beside_stopped", test_purge_beside_stopped);
    g_test_add_func("/cache/purge/wipe", test_wipe);
    g_test_add_func("/cache/bus/changes", test_bus);
    return g_test_run();
}
