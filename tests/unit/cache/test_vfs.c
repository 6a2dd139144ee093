/* What was deleted is in no byte of a database, however its pages were split and merged. */
#include "hiretty/cache/db.h"

#include <glib/gstdio.h>
#include <string.h>

enum { ROUNDS = 60, CHANGES = 300, KEYS = 4000, WORD = 13 };

static void fill(char *into, gsize n, int number)
{
    memset(into, 'x', n);
    into[n] = '\0';
    char word[WORD + 1];
    g_snprintf(word, sizeof word, "CANARY%07d", number);
    memcpy(into, word, WORD);
}

/* Every word that a file holds, with what `keep` says of it. */
static void find_words(const char *bytes, gsize n, GHashTable *into)
{
    for (gsize i = 0; i + WORD <= n; i++) {
        if (bytes[i] == 'C' && memcmp(bytes + i, "CANARY", 6) == 0)
            g_hash_table_add(into, g_strndup(bytes + i, WORD));
    }
}

static void add_live(HtDb *db, const char *sql, GHashTable *live)
{
    HtStmt *all = ht_db_stmt_text(db, sql, NULL);
    while (ht_stmt_step(all, NULL) == HT_STEP_ROW) {
        const char *text = ht_stmt_text(all, 0);
        find_words(text, strlen(text), live);
    }
    ht_stmt_reset(all);
}

static void change(HtDb *db, GRand *random)
{
    static const gsize sizes[] = {WORD, 60, 600, 3000, 20000};
    g_autofree char *text = g_malloc(20001);
    int k = g_rand_int_range(random, 1, KEYS);
    bool puts = g_rand_double(random) < 0.6;
    static const char *const tables[] = {"short", "long"};
    for (gsize t = 0; t < G_N_ELEMENTS(tables); t++) {
        g_autofree char *sql =
            puts ? g_strdup_printf("INSERT OR REPLACE INTO %s VALUES (?1, ?2)", tables[t])
                 : g_strdup_printf("DELETE FROM %s WHERE k = ?1", tables[t]);
        HtStmt *stmt = ht_db_stmt_text(db, sql, NULL);
        ht_stmt_bind_int(stmt, 1, k);
        if (puts) {
            fill(text,
                 sizes[t == 0 ? g_rand_int_range(random, 0, 3) : g_rand_int_range(random, 0, 5)],
                 k * 10 + g_rand_int_range(random, 0, 10));
            ht_stmt_bind_text(stmt, 2, text);
        }
        g_assert_true(ht_stmt_run(stmt, NULL));
    }
}

static void test_no_copies(gconstpointer data)
{
    HtDbFlags flags = (HtDbFlags)GPOINTER_TO_INT(data);
    const char *wanted = g_getenv("HIRETTY_SEED");
    guint32 seed = wanted ? (guint32)g_ascii_strtoull(wanted, NULL, 10) : g_random_int();
    g_test_message("HIRETTY_SEED=%u", seed);
    g_autoptr(GRand) random = g_rand_new_with_seed(seed);
    g_autoptr(GError) error = NULL;
    g_autofree char *dir = g_dir_make_tmp("hiretty-vfs-XXXXXX", NULL);
    g_autofree char *path = g_build_filename(dir, "a.db", NULL);
    HtDb *db = ht_db_open(path, HT_DB_WRITE | flags, "test", 2000, &error);
    g_assert_no_error(error);
    g_assert_true(ht_db_exec(db,
                             "CREATE TABLE short (k INTEGER PRIMARY KEY, a TEXT);"
                             "CREATE INDEX by_a ON short (a);"
                             "CREATE TABLE long (k INTEGER PRIMARY KEY, a TEXT);",
                             NULL));
    for (int i = 0; i < ROUNDS; i++) {
        g_assert_true(ht_db_begin(db, true, NULL));
        for (int c = 0; c < CHANGES; c++)
            change(db, random);
        g_assert_true(ht_db_commit(db, NULL));
    }
    ht_db_exec(db, "PRAGMA wal_checkpoint(TRUNCATE)", NULL);
    g_autoptr(GHashTable) live = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    g_autoptr(GHashTable) found = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    add_live(db, "SELECT a FROM short", live);
    add_live(db, "SELECT a FROM long", live);
    HtStmt *check = ht_db_stmt_text(db, "PRAGMA integrity_check", NULL);
    g_assert_cmpint(ht_stmt_step(check, NULL), ==, HT_STEP_ROW);
    g_assert_cmpstr(ht_stmt_text(check, 0), ==, "ok");
    ht_stmt_reset(check);
    ht_db_close(db);
    g_autofree char *bytes = NULL;
    gsize n;
    g_assert_true(g_file_get_contents(path, &bytes, &n, NULL));
    find_words(bytes, n, found);
    GHashTableIter iter;
    gpointer word;
    g_hash_table_iter_init(&iter, found);
    while (g_hash_table_iter_next(&iter, &word, NULL))
        g_assert_true(g_hash_table_contains(live, word));
    g_assert_cmpuint(g_hash_table_size(live), >, 1000);
    g_unlink(path);
    g_rmdir(dir);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_data_func("/cache/vfs/wal", GINT_TO_POINTER(0), test_no_copies);
    g_test_add_data_func("/cache/vfs/journal", GINT_TO_POINTER(HT_DB_LOADING), test_no_copies);
    return g_test_run();
}
