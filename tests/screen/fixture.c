/* fixture.tsv: "@table column …", then one row a line, all separated by tabs. Ids and references
 * are a letter and a number; times are ISO 8601; \N is NULL. */
#include "fixture.h"

#include "hiretty/base/clock.h"
#include "hiretty/cache/apply.h"
#include "hiretty/outbox/outbox.h"

#include <glib/gstdio.h>
#include <string.h>
#include <sys/wait.h>

/* A stranger's tricks: control characters, cursor moves, reversed text, invisible characters, wide
 * ones, piles of marks, broken UTF-8, sequences that a terminal would obey. */
static const char *const hostile_texts[] = {
    "no\rHIRE ",
    "\x1b]0;owned\x07\x1b[2J\x1b[31m",
    "\xE2\x80\xAE"
    "gnirts"
    "\xE2\x80\xAC",
    "\xE2\x80\x8B\xE2\x80\x8B\xEF\xBB\xBF"
    "a",
    "\xE6\xBC\xA2\xE5\xAD\x97\xF0\x9F\x91\xA9\xE2\x80\x8D\xF0\x9F\x92\xBB",
    "Z\xCC\xB4\xCC\x81\xCC\x82\xCC\x83\xCC\x84\xCC\x85\xCC\x86\xCC\x87",
    "\xFF\xC3\x28\xED\xA0\x80",
    "\xEF\xB7\xBD\xE2\xB8\xBB",
    "\tx\b\b\b\x0b\x0c\x7f\xC2\x9B"
    "31m",
    "\xD8\xA7\xD9\x84\xD8\xB9\xD8\xB1\xD8\xA8\xD9\x8A\xD8\xA9",
};

static const char *const free_columns[] = {
    "first_name",    "last_name",        "title", "department",   "location",
    "current_title", "current_company",  "email", "label",        "body",
    "notes",         "explanation_text", "tag",   "file_name",    "candidate_text",
    "meeting_url",   "description",      "phone", "linkedin_url", "candidate_title"};

static HtUuid id_of(const char *name)
{
    HtUuid id = {{0}};
    unsigned number = (unsigned)g_ascii_strtoull(name + 1, NULL, 10);
    id.b[0] = (guint8)name[0];
    id.b[1] = (guint8)(number * 67); /* blind review names people by the start of their id */
    id.b[2] = (guint8)(number * 151);
    id.b[6] = 0x40;
    id.b[8] = 0x80;
    for (int i = 0; i < 4; i++)
        id.b[12 + i] = (guint8)(number >> (8 * (3 - i)));
    return id;
}

static void put_time(HtApplyTable *rows, int i, const char *value)
{
    int64_t us;
    g_assert_true(ht_clock_parse_iso(value, &us));
    ht_apply_int(rows, i, us);
}

static void put_text(HtApplyTable *rows, int i, const char *column, const char *value, bool hostile)
{
    static guint turn;
    if (!hostile || g_strcmp0(value, "") == 0) {
        ht_apply_text(rows, i, value, -1);
        return;
    }
    for (gsize k = 0; k < G_N_ELEMENTS(free_columns); k++) {
        if (strcmp(free_columns[k], column) == 0) {
            g_autofree char *text =
                g_strconcat(hostile_texts[turn++ % G_N_ELEMENTS(hostile_texts)], value, NULL);
            ht_apply_text(rows, i, text, -1);
            return;
        }
    }
    ht_apply_text(rows, i, value, -1);
}

static void put_value(HtApplyTable *rows, int i, const HtSyncColumn *column, const char *value,
                      bool hostile)
{
    HtUuid id;
    if (strcmp(value, "\\N") == 0) {
        ht_apply_null(rows, i);
        return;
    }
    switch (column->type) {
    case HT_TYPE_UUID:
    case HT_TYPE_REF:
        id = id_of(value);
        ht_apply_uuid(rows, i, &id);
        break;
    case HT_TYPE_TIME:
        put_time(rows, i, value);
        break;
    case HT_TYPE_INT:
    case HT_TYPE_CENTI:
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
    default:
        put_text(rows, i, column->name, value, hostile);
        break;
    }
}

typedef struct {
    char **lines;
    bool hostile;
} Filling;

static HtApplyTable *open_table(HtApply *apply, char **head, const HtSyncTable **table,
                                int *columns, GError **error)
{
    int n = 0;
    *table = ht_sync_table_by_name(head[0] + 1);
    g_assert_nonnull(*table);
    for (; head[n + 1]; n++) {
        columns[n] = ht_sync_table_column(*table, head[n + 1]);
        if (columns[n] < 0)
            g_error("fixture: %s has no column %s", head[0] + 1, head[n + 1]);
    }
    return ht_apply_table(apply, *table, columns, n, HT_APPLY_UPSERT, error);
}

static bool fill(HtApply *apply, gpointer data, GError **error)
{
    static const char me[] =
        "{\"tenant\":{\"id\":\"54439700-0000-4000-8000-000000000001\",\"name\":\"Nordlicht Mobil\","
        "\"slug\":\"nordlicht\"},\"user\":{\"id\":\"55439700-0000-4000-8000-000000000001\","
        "\"name\":"
        "\"Ana Becker\"},\"member\":{\"id\":\"42439700-0000-4000-8000-000000000001\"},\"role\":"
        "\"recruiter\"}";
    const Filling *filling = data;
    const HtSyncTable *table = NULL;
    HtApplyTable *rows = NULL;
    int columns[64];
    for (gsize i = 0; filling->lines[i]; i++) {
        g_auto(GStrv) fields = g_strsplit(filling->lines[i], "\t", -1);
        if (!fields[0] || !*fields[0])
            continue;
        if (*fields[0] == '@') {
            rows = open_table(apply, fields, &table, columns, error);
            g_assert_nonnull(rows);
            continue;
        }
        for (int k = 0; fields[k]; k++)
            put_value(rows, k, &table->columns[columns[k]], fields[k], filling->hostile);
        if (!ht_apply_row(rows, error))
            return false;
    }
    return ht_apply_meta_set(apply, "me", me, error) &&
           ht_apply_meta_set(apply, "last_sync_us", "1773645000000000", error);
}

static char *sub_folder(const char *folder, const char *name)
{
    char *path = g_build_filename(folder, name, NULL);
    g_assert_cmpint(g_mkdir_with_parents(path, 0700), ==, 0);
    return path;
}

static void put_rows(const char *text, bool hostile)
{
    g_autoptr(GError) error = NULL;
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    Filling filling = {lines, hostile};
    g_autoptr(HtPaths) paths = ht_paths_new(NULL, &error);
    g_assert_no_error(error);
    HtCache *cache = ht_cache_open(paths, HT_CACHE_NO_POLL, &error);
    g_assert_no_error(error);
    ht_cache_apply(cache, fill, &filling, &error);
    g_assert_no_error(error);
    ht_cache_close(cache);
}

static void fill_cache(bool hostile)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *file =
        g_build_filename(g_getenv("SOURCE_DIR"), "tests", "screen", "fixture.tsv", NULL);
    g_autofree char *text = NULL;
    g_assert_true(g_file_get_contents(file, &text, NULL, &error));
    put_rows(text, hostile);
}

void desk_put(const char *rows)
{
    put_rows(rows, false);
}

static void remove_tree(const char *path)
{
    g_autoptr(GDir) dir =
        g_file_test(path, G_FILE_TEST_IS_SYMLINK) ? NULL : g_dir_open(path, 0, NULL);
    for (const char *name = dir ? g_dir_read_name(dir) : NULL; name; name = g_dir_read_name(dir)) {
        g_autofree char *child = g_build_filename(path, name, NULL);
        remove_tree(child);
    }
    g_remove(path);
}

static void copy_tree(const char *folder, const char *from, const char *to)
{
    g_autoptr(GError) error = NULL;
    char cp[] = "cp", archive[] = "-a";
    char *argv[] = {cp, archive, g_build_filename(folder, from, NULL),
                    g_build_filename(folder, to, NULL), NULL};
    int status;
    g_spawn_sync(NULL, argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL, NULL, &status, &error);
    g_assert_no_error(error);
    g_assert_cmpint(status, ==, 0);
    g_free(argv[2]);
    g_free(argv[3]);
}

void desk_init(Desk *desk, bool hostile)
{
    static const char *const names[] = {"CONFIG", "CACHE", "STATE", "DATA"};
    g_autoptr(GError) error = NULL;
    desk->folder = g_dir_make_tmp("hiretty-screens-XXXXXX", &error);
    g_assert_no_error(error);
    desk->environment = g_get_environ();
    for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autofree char *variable = g_strdup_printf("XDG_%s_HOME", names[i]);
        g_autofree char *path = sub_folder(desk->folder, names[i]);
        g_setenv(variable, path, TRUE);
        desk->environment = g_environ_setenv(desk->environment, variable, path, TRUE);
    }
    g_autofree char *run = sub_folder(desk->folder, "run");
    g_setenv("XDG_RUNTIME_DIR", run, TRUE);
    g_setenv("HIRETTY_NOW", "2026-03-16T08:00:00Z", TRUE);
    desk->environment = g_environ_setenv(desk->environment, "XDG_RUNTIME_DIR", run, TRUE);
    desk->environment =
        g_environ_setenv(desk->environment, "HIRETTY_NOW", "2026-03-16T08:00:00Z", TRUE);
    desk->environment = g_environ_setenv(desk->environment, "TZ", "Europe/Berlin", TRUE);
    desk->environment = g_environ_unsetenv(desk->environment, "HIRETTY_DSN");
    fill_cache(hostile);
    copy_tree(desk->folder, "CACHE", "pristine-CACHE");
    copy_tree(desk->folder, "STATE", "pristine-STATE");
}

/* As it was when it had just been filled. */
static void start_over(const Desk *desk)
{
    static const char *const names[] = {"CACHE", "STATE"};
    for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autofree char *path = g_build_filename(desk->folder, names[i], NULL);
        g_autofree char *pristine = g_strconcat("pristine-", names[i], NULL);
        remove_tree(path);
        copy_tree(desk->folder, pristine, names[i]);
    }
}

/* ---- conflicts
 * ----------------------------------------------------------------------------------- */
static const char decision_answer[] =
    "[{\"seq\": 1, \"outcome\": \"conflict\", \"code\": \"stage_moved\", \"why\": \"Tom Lind's "
    "decision arrived first: reject.\", \"by\": \"%s\", \"at\": 1773646800000000, \"rows\": "
    "[{\"tbl\": 15, \"id\": "
    "\"%s\", \"row\": {\"stage_id\": \"%s\", \"row_version\": 2}}, {\"tbl\": 17, \"id\": \"%s\", "
    "\"row\": {\"match_id\": \"%s\", \"decision\": \"reject\", \"from_stage_id\": \"%s\", "
    "\"to_stage_id\": \"%s\", \"row_version\": 1}}]}]";
static const char note_answer[] =
    "[{\"seq\": 2, \"outcome\": \"conflict\", \"code\": \"version\", \"why\": \"Another "
    "change of the same field arrived first.\", \"at\": 1773646800000000, \"rows\": [{\"tbl\": 13, "
    "\"id\": \"%s\", "
    "\"row\": {\"body\": \"Called back within the hour. Wants to start in May, not in April.\", "
    "\"row_version\": 2}}]}]";

static void push(HtOutbox *outbox, const char *answer)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(HtPushBatch) batch = ht_outbox_next_batch(outbox, 1, &error);
    g_assert_no_error(error);
    ht_outbox_acknowledge(outbox, batch, answer, &error);
    g_assert_no_error(error);
}

static void intend(HtOutbox *outbox, HtIntent *intent)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(HtReceipt) receipt = ht_outbox_submit(outbox, intent, &error);
    g_assert_no_error(error);
}

static void add_conflicts(HtCache *cache, HtOutbox *outbox)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(HtReader) reader = ht_reader_new(cache, "test", &error);
    HtUuid match = id_of("M1"), note = id_of("O1");
    static const char *const names[] = {"U2", "M1", "S17", "D99", "M1", "S11", "S17", "O1"};
    char ids[G_N_ELEMENTS(names)][HT_UUID_TEXT];
    for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
        HtUuid id = id_of(names[i]);
        ht_uuid_format(&id, ids[i]);
    }
    HtIntent *decision = ht_intent_new(HT_INTENT_DECIDE);
    decision->decision = HT_DECISION_SHORTLIST;
    ht_intent_add_match(decision, ht_reader_key(reader, &match), true, false, 5);
    intend(outbox, decision);
    HtIntent *edit = ht_intent_new(HT_INTENT_NOTE_EDIT);
    edit->note_id = note;
    edit->note = g_strdup("Called back within the hour. Speaks clearly, also in German.");
    intend(outbox, edit);
    g_autofree char *first =
        g_strdup_printf(decision_answer, ids[0], ids[1], ids[2], ids[3], ids[4], ids[5], ids[6]);
    push(outbox, first);
    g_autofree char *second = g_strdup_printf(note_answer, ids[7]);
    push(outbox, second);
}

void desk_add_conflicts(Desk *desk)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(HtPaths) paths = ht_paths_new(NULL, &error);
    HtCache *cache = ht_cache_open(paths, HT_CACHE_NO_POLL, &error);
    HtOutbox *outbox = ht_outbox_open(cache, paths, &error);
    g_assert_no_error(error);
    add_conflicts(cache, outbox);
    ht_outbox_close(outbox);
    ht_cache_close(cache);
    static const char *const names[] = {"CACHE", "STATE"};
    for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autofree char *pristine = g_strconcat("pristine-", names[i], NULL);
        g_autofree char *path = g_build_filename(desk->folder, pristine, NULL);
        remove_tree(path);
        copy_tree(desk->folder, names[i], pristine);
    }
}

void desk_clear(Desk *desk)
{
    remove_tree(desk->folder);
    g_free(desk->folder);
    g_strfreev(desk->environment);
}

void desk_play(const Desk *desk, const char *script, const char *snaps, Run *run)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *file = g_build_filename(desk->folder, "script", NULL);
    start_over(desk);
    g_assert_true(g_file_set_contents(file, script, -1, &error));
    g_autofree char *binary = g_strdup(g_getenv("HIRETTY_BIN"));
    char offline[] = "--offline", play[] = "--script", folder[] = "--snap-dir";
    g_autofree char *snap_folder = g_strdup(snaps);
    char *argv[] = {binary, offline, play, file, folder, snap_folder, NULL};
    int status;
    g_spawn_sync(NULL, argv, desk->environment, G_SPAWN_DEFAULT, NULL, NULL, &run->out, &run->err,
                 &status, &error);
    g_assert_no_error(error);
    run->status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

void run_clear(Run *run)
{
    g_clear_pointer(&run->out, g_free);
    g_clear_pointer(&run->err, g_free);
}

void desk_park(int n)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(HtPaths) paths = ht_paths_new(NULL, &error);
    HtCache *cache = ht_cache_open(paths, HT_CACHE_NO_POLL, &error);
    HtOutbox *outbox = ht_outbox_open(cache, paths, &error);
    g_assert_no_error(error);
    for (int i = 0; i < n; i++) {
        g_autoptr(HtPushBatch) batch = ht_outbox_next_batch(outbox, 1, &error);
        ht_outbox_bisect(outbox, batch, "the ledger stumbled", &error);
        g_assert_no_error(error);
    }
    ht_outbox_close(outbox);
    ht_cache_close(cache);
}
