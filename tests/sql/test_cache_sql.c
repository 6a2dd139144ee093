/* Every statement of the cache and the outbox prepares against the real schema. */
#include "hiretty/base/paths.h"
#include "hiretty/base/resource.h"
#include "hiretty/cache/cache.h"
#include "hiretty/cache/db.h"
#include "hiretty/outbox/outbox.h"

#include <glib/gstdio.h>

static void prepare_folder(HtDb *db, const char *folder)
{
    g_auto(GStrv) names = ht_resource_list(folder);
    g_assert_cmpuint(g_strv_length(names), >, 5);
    for (char **name = names; *name; name++) {
        g_autofree char *path = g_build_filename(folder, *name, NULL);
        g_autoptr(GError) error = NULL;
        HtStmt *stmt = ht_db_prepare(db, *name, ht_resource_text(path), &error);
        if (error)
            g_error("%s: %s", path, error->message);
        ht_stmt_finalize(stmt);
        g_assert_true(g_str_has_prefix(ht_resource_text(path), "-- "));
    }
}

static HtDb *open_cache(HtPaths **paths)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *dir = g_dir_make_tmp("hiretty-sql-XXXXXX", &error);
    g_assert_no_error(error);
    g_setenv("XDG_CACHE_HOME", dir, TRUE);
    g_setenv("XDG_STATE_HOME", dir, TRUE);
    *paths = ht_paths_new("sql", &error);
    g_assert_no_error(error);
    g_autoptr(HtCache) cache = ht_cache_open(*paths, HT_CACHE_NO_POLL, &error);
    g_assert_no_error(error);
    g_autofree char *path = ht_cache_path(cache);
    HtDb *db = ht_db_open(path, HT_DB_WRITE, "test", 1024, &error);
    g_assert_no_error(error);
    return db;
}

static void test_cache(void)
{
    g_autoptr(HtPaths) paths = NULL;
    g_autoptr(HtDb) db = open_cache(&paths);
    prepare_folder(db, "sql/cache/queries");
    g_autoptr(GError) error = NULL;
    g_auto(GStrv) names = ht_resource_list("sql/cache/triggers");
    g_assert_cmpuint(g_strv_length(names), ==, 9);
    g_clear_pointer(&db, ht_db_close);
    ht_cache_wipe(paths, &error);
    g_assert_no_error(error);
}

static void test_outbox(void)
{
    g_autoptr(HtPaths) paths = NULL;
    g_autoptr(HtDb) cache_db = open_cache(&paths);
    g_autoptr(GError) error = NULL;
    g_autoptr(HtCache) cache = ht_cache_open(paths, HT_CACHE_NO_POLL, &error);
    g_assert_no_error(error);
    g_autoptr(HtOutbox) outbox = ht_outbox_open(cache, paths, &error);
    g_assert_no_error(error);
    g_autofree char *path = g_build_filename(ht_paths_state_dir(paths), "outbox.db", NULL);
    g_autoptr(HtDb) db = ht_db_open(path, HT_DB_READ, "test", 1024, &error);
    g_assert_no_error(error);
    prepare_folder(db, "sql/outbox/queries");
    g_clear_pointer(&db, ht_db_close);
    g_clear_pointer(&outbox, ht_outbox_close);
    g_clear_pointer(&cache, ht_cache_close);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/sql/cache/prepares", test_cache);
    g_test_add_func("/sql/outbox/prepares", test_outbox);
    return g_test_run();
}
