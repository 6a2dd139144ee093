/* The log file: modes, levels, one clean line a message, rotation, stderr caught and given back. */
#include "hiretty/base/log.h"

#include "hiretty/base/clock.h"

#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

typedef struct {
    char *dir, *file, *old;
} World;

static void set_up(World *w, gconstpointer data)
{
    (void)data;
    w->dir = g_dir_make_tmp("hiretty-log-XXXXXX", NULL);
    w->file = g_build_filename(w->dir, "hiretty.log", NULL);
    w->old = g_build_filename(w->dir, "hiretty.log.1", NULL);
    ht_clock_fix(INT64_C(1740814200000000));
    ht_log_set_level(HT_LOG_INFO);
}

static void tear_down(World *w, gconstpointer data)
{
    (void)data;
    ht_log_close();
    g_unlink(w->file);
    g_unlink(w->old);
    g_rmdir(w->dir);
    g_free(w->dir);
    g_free(w->file);
    g_free(w->old);
}

static void open_log(World *w)
{
    g_autoptr(GError) error = NULL;
    g_assert_true(ht_log_open(w->dir, &error));
    g_assert_no_error(error);
}

static char *contents(const char *path)
{
    char *text = NULL;
    g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
    return text;
}

static void test_lines(World *w, gconstpointer data)
{
    (void)data;
    ht_log(HT_LOG_ERROR, "before it is open: nowhere");
    open_log(w);
    ht_log(HT_LOG_DEBUG, "too small");
    ht_log(HT_LOG_INFO, "rows %d", 12);
    ht_log(HT_LOG_ERROR, "forged\n2025 line \033[31m");
    ht_log_set_level(HT_LOG_DEBUG);
    ht_log(HT_LOG_DEBUG, "small");
    g_autofree char *text = contents(w->file);
    g_autofree char *want = g_strdup_printf("2025-03-01T07:30:00Z %d info rows 12\n"
                                            "2025-03-01T07:30:00Z %d error forged␊2025 line ␛[31m\n"
                                            "2025-03-01T07:30:00Z %d debug small\n",
                                            (int)getpid(), (int)getpid(), (int)getpid());
    g_assert_cmpstr(text, ==, want);
    struct stat st;
    g_assert_cmpint(g_stat(w->file, &st), ==, 0);
    g_assert_cmpuint(st.st_mode & 0777, ==, 0600);
}

static void test_long_line(World *w, gconstpointer data)
{
    (void)data;
    open_log(w);
    g_autofree char *big = g_strnfill(1000000, 'x');
    ht_log(HT_LOG_INFO, "%s", big);
    struct stat st;
    g_assert_cmpint(g_stat(w->file, &st), ==, 0);
    g_assert_cmpint(st.st_size, <, 5000);
}

static void test_rotates(World *w, gconstpointer data)
{
    (void)data;
    g_autofree char *big = g_strnfill(4 * 1024 * 1024, 'x');
    g_assert_true(g_file_set_contents(w->file, big, -1, NULL));
    g_chmod(w->file, 0600);
    open_log(w);
    ht_log(HT_LOG_INFO, "first of the new file");
    g_autofree char *text = contents(w->file);
    g_assert_true(g_str_has_suffix(text, "first of the new file\n"));
    g_assert_cmpuint(strlen(text), <, 200);
    struct stat st;
    g_assert_cmpint(g_stat(w->old, &st), ==, 0);
    g_assert_cmpint(st.st_size, ==, 4 * 1024 * 1024);
}

static void test_refuses_link(World *w, gconstpointer data)
{
    (void)data;
    g_assert_cmpint(symlink("/dev/null", w->file), ==, 0);
    g_autoptr(GError) error = NULL;
    g_assert_false(ht_log_open(w->dir, &error));
    g_assert_nonnull(error);
}

static void test_captures_stderr(World *w, gconstpointer data)
{
    (void)data;
    open_log(w);
    ht_log_capture_stderr();
    ht_log_capture_stderr(); /* twice is once */
    g_assert_cmpint(write(STDERR_FILENO, "a library's cry\n", 16), ==, 16);
    ht_log_release_stderr();
    g_autofree char *text = contents(w->file);
    g_assert_nonnull(strstr(text, "a library's cry"));
    gsize before = strlen(text);
    g_assert_cmpint(write(STDERR_FILENO, "# to the test's own stderr\n", 27), ==, 27);
    g_autofree char *after = contents(w->file);
    g_assert_cmpuint(strlen(after), ==, before);
}

static gpointer write_many(gpointer data)
{
    for (int i = 0; i < 500; i++)
        ht_log(HT_LOG_INFO, "thread %d message %d", GPOINTER_TO_INT(data), i);
    return NULL;
}

static void test_threads(World *w, gconstpointer data)
{
    (void)data;
    open_log(w);
    GThread *threads[4];
    for (int i = 0; i < 4; i++)
        threads[i] = g_thread_new("writer", write_many, GINT_TO_POINTER(i));
    for (int i = 0; i < 4; i++)
        g_thread_join(threads[i]);
    g_autofree char *text = contents(w->file);
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    g_assert_cmpuint(g_strv_length(lines), ==, 2001);
    for (int i = 0; i < 2000; i++)
        g_assert_nonnull(strstr(lines[i], " message "));
}

#define TEST(name) g_test_add("/base/log/" #name, World, NULL, set_up, test_##name, tear_down)

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    TEST(lines);
    TEST(long_line);
    TEST(rotates);
    TEST(refuses_link);
    TEST(captures_stderr);
    TEST(threads);
    return g_test_run();
}
