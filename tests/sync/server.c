#include "server.h"

#include <glib/gstdio.h>
#include <string.h>

static char *server_dir;
static GHashTable *variables;

/* The superuser's connection of the main thread, kept while it lives. */
static HtPgConnection *kept;

static int run_tool(const char *tool, const char *verb, const char *const *options)
{
    g_autofree char *path = g_build_filename(g_getenv("SOURCE_DIR") ? g_getenv("SOURCE_DIR") : ".",
                                             "tests", "tools", tool, NULL);
    g_autoptr(GPtrArray) argv = g_ptr_array_new_with_free_func(g_free);
    const char *const first[] = {"bash", path, verb, server_dir};
    for (gsize i = 0; i < G_N_ELEMENTS(first); i++)
        g_ptr_array_add(argv, g_strdup(first[i]));
    for (; options && *options; options++)
        g_ptr_array_add(argv, g_strdup(*options));
    g_ptr_array_add(argv, NULL);
    int status = -1;
    g_autoptr(GError) error = NULL;
    g_autofree char *problem = NULL;
    if (!g_spawn_sync(NULL, (char **)argv->pdata, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL,
                      &problem, &status, &error))
        g_test_message("%s", error->message);
    else if (status != 0)
        g_test_message("%s", problem);
    return status;
}

/* A test that aborts cannot clean up: a shell that waits for the end of our pipe does it then. */
static void start_watcher(void)
{
    const char *source = g_getenv("SOURCE_DIR");
    g_autofree char *script =
        g_strdup_printf("read -r _; [ ! -d '%s' ] || bash '%s/tests/tools/pg.sh' stop '%s'",
                        server_dir, source ? source : ".", server_dir);
    /* A session of its own: a time limit that ends the whole group leaves it alone. */
    char setsid[] = "setsid", bash[] = "bash", option[] = "-c";
    char *argv[] = {setsid, bash, option, script, NULL};
    int pipe_fd = -1;
    g_autoptr(GError) error = NULL;
    g_spawn_async_with_pipes(NULL, argv, NULL,
                             G_SPAWN_SEARCH_PATH | G_SPAWN_STDOUT_TO_DEV_NULL |
                                 G_SPAWN_STDERR_TO_DEV_NULL,
                             NULL, NULL, NULL, &pipe_fd, NULL, NULL, &error);
    g_assert_no_error(error);
    g_assert_cmpint(pipe_fd, >=, 0);
}

/* Lines "export NAME=VALUE …" in the shell's quoting. */
static void read_variables(void)
{
    g_autofree char *path = g_build_filename(server_dir, "env", NULL);
    g_autofree char *text = NULL;
    g_autoptr(GError) error = NULL;
    g_file_get_contents(path, &text, NULL, &error);
    g_assert_no_error(error);
    variables = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    for (guint i = 0; lines[i]; i++) {
        g_auto(GStrv) words = NULL;
        if (!g_shell_parse_argv(lines[i], NULL, &words, NULL))
            continue;
        for (guint w = 1; words[w]; w++) {
            char *equals = strchr(words[w], '=');
            if (equals)
                g_hash_table_replace(variables, g_strndup(words[w], equals - words[w]),
                                     g_strdup(equals + 1));
        }
    }
}

bool test_server_start(bool is_full)
{
    server_dir = g_dir_make_tmp("ht-sync-XXXXXX", NULL);
    g_assert_nonnull(server_dir);
    g_chmod(server_dir, 0755);
    static const char *const bare[] = {"--no-vector", NULL};
    static const char *const full[] = {"--empty", "--no-vector", NULL};
    if (run_tool(is_full ? "db.sh" : "pg.sh", "start", is_full ? full : bare) != 0) {
        g_rmdir(server_dir);
        g_clear_pointer(&server_dir, g_free);
        return false;
    }
    start_watcher();
    read_variables();
    return true;
}

void test_server_stop(void)
{
    if (!server_dir)
        return;
    g_clear_pointer(&kept, ht_pg_close);
    g_assert_cmpint(run_tool("pg.sh", "stop", NULL), ==, 0);
    g_clear_pointer(&server_dir, g_free);
    g_clear_pointer(&variables, g_hash_table_unref);
}

void test_server_halt(void)
{
    g_assert_cmpint(run_tool("pg.sh", "halt", NULL), ==, 0);
}

void test_server_resume(void)
{
    g_assert_cmpint(run_tool("pg.sh", "resume", NULL), ==, 0);
}

const char *test_server_get(const char *name)
{
    return g_hash_table_lookup(variables, name);
}

HtPgConnection *test_connect(const char *login)
{
    g_autofree char *name = g_strconcat("HIRETTY_DSN_", login, NULL);
    HtPgOptions options = {.dsn = test_server_get(name)};
    g_assert_nonnull(options.dsn);
    g_autoptr(GError) error = NULL;
    HtPgConnection *pg = ht_pg_connect(&options, NULL, &error);
    g_assert_no_error(error);
    ht_pg_set_silence_ms(pg, 120000); /* a busy machine is no fault */
    return pg;
}

static HtPgConnection *superuser(void)
{
    if (!kept || !ht_pg_is_alive(kept)) {
        g_clear_pointer(&kept, ht_pg_close);
        kept = test_connect("SUPERUSER");
    }
    return kept;
}

void test_sql(const char *sql)
{
    HtPgConnection *pg = superuser();
    g_autoptr(GError) error = NULL;
    ht_pg_run(pg, sql, &error);
    g_assert_no_error(error);
}

char *test_value(const char *login, const char *sql)
{
    g_autoptr(HtPgConnection) other = strcmp(login, "SUPERUSER") != 0 ? test_connect(login) : NULL;
    HtPgConnection *pg = other ? other : superuser();
    g_autoptr(GError) error = NULL;
    g_autoptr(HtPgRows) rows = ht_pg_query(pg, sql, NULL, 0, &error);
    g_assert_no_error(error);
    HtPgField field = ht_pg_rows_field(rows, 0, 0);
    return ht_pg_field_dup_text(&field);
}
