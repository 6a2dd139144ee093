/* Folders and files of ours: modes, links, owners, other people's folders; nothing is trusted. */
#include "hiretty/base/paths.h"

#include "hiretty/base/clock.h"
#include "hiretty/base/error.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <grp.h>
#include <pwd.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

typedef struct {
    char *top;
} World;

static char *in(World *w, const char *name)
{
    return g_build_filename(w->top, name, NULL);
}

static void set_up(World *w, gconstpointer data)
{
    (void)data;
    w->top = g_dir_make_tmp("hiretty-paths-XXXXXX", NULL);
    g_assert_nonnull(w->top);
    static const char *const variables[] = {"XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_STATE_HOME",
                                            "XDG_RUNTIME_DIR"};
    static const char *const folders[] = {"config", "cache", "state", "run"};
    for (gsize i = 0; i < G_N_ELEMENTS(variables); i++) {
        g_autofree char *dir = in(w, folders[i]);
        g_setenv(variables[i], dir, TRUE);
    }
    g_autofree char *run = in(w, "run");
    g_assert_cmpint(g_mkdir(run, 0700), ==, 0);
}

static void tear_down(World *w, gconstpointer data)
{
    (void)data;
    char rm[] = "rm", force[] = "-rf";
    char *command[] = {rm, force, w->top, NULL};
    g_assert_true(
        g_spawn_sync(NULL, command, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL, NULL, NULL, NULL));
    g_free(w->top);
}

static guint mode_of(const char *path)
{
    struct stat st;
    g_assert_cmpint(lstat(path, &st), ==, 0);
    return st.st_mode & 07777;
}

static void test_creates(World *w, gconstpointer data)
{
    (void)w;
    (void)data;
    g_autoptr(GError) error = NULL;
    mode_t old = umask(0);
    g_autoptr(HtPaths) paths = ht_paths_new("work_2", &error);
    umask(old);
    g_assert_no_error(error);
    g_assert_cmpstr(ht_paths_profile(paths), ==, "work_2");
    g_assert_true(g_str_has_suffix(ht_paths_cache_dir(paths), "/cache/hiretty/work_2"));
    g_assert_true(g_str_has_suffix(ht_paths_state_dir(paths), "/state/hiretty/work_2"));
    g_assert_true(g_str_has_suffix(ht_paths_runtime_dir(paths), "/run/hiretty"));
    g_assert_cmpuint(mode_of(ht_paths_cache_dir(paths)), ==, 0700);
    g_assert_cmpuint(mode_of(ht_paths_state_dir(paths)), ==, 0700);
    g_assert_cmpuint(mode_of(ht_paths_runtime_dir(paths)), ==, 0700);
    g_autofree char *parent = g_path_get_dirname(ht_paths_cache_dir(paths));
    g_assert_cmpuint(mode_of(parent), ==, 0700);
    g_assert_false(g_file_test(ht_paths_config_dir(paths), G_FILE_TEST_EXISTS));
}

static void test_without_runtime_dir(World *w, gconstpointer data)
{
    (void)data;
    g_setenv("XDG_RUNTIME_DIR", "relative/is/ignored", TRUE);
    g_autoptr(GError) error = NULL;
    g_autoptr(HtPaths) paths = ht_paths_new(NULL, &error);
    g_assert_no_error(error);
    g_assert_cmpstr(ht_paths_profile(paths), ==, "default");
    g_assert_true(g_str_has_prefix(ht_paths_runtime_dir(paths), w->top));
    g_assert_true(g_str_has_suffix(ht_paths_runtime_dir(paths), "/state/hiretty/default/run"));
}

static void test_names(World *w, gconstpointer data)
{
    (void)w;
    (void)data;
    g_autofree char *longest = g_strnfill(65, 'a');
    const char *const bad[] = {"..", "a/b", "a b", "é", ".hidden", longest, "a\n"};
    for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_autoptr(GError) error = NULL;
        g_assert_null(ht_paths_new(bad[i], &error));
        g_assert_error(error, HT_ERROR, HT_ERROR_INVALID);
    }
}

static void test_refuses_links(World *w, gconstpointer data)
{
    (void)data;
    g_autofree char *real = in(w, "real");
    g_autofree char *cache = in(w, "cache");
    g_autofree char *link = in(w, "cache/hiretty");
    g_mkdir(real, 0700);
    g_mkdir(cache, 0700);
    g_assert_cmpint(symlink(real, link), ==, 0);
    g_autoptr(GError) error = NULL;
    g_assert_null(ht_paths_new(NULL, &error));
    g_assert_error(error, HT_ERROR, HT_ERROR_UNSAFE);
}

static void test_dir_modes(World *w, gconstpointer data)
{
    (void)data;
    g_autofree char *dir = in(w, "mine");
    g_autoptr(GError) error = NULL;
    g_assert_true(ht_dir_ensure_private(dir, &error));
    g_assert_cmpuint(mode_of(dir), ==, 0700);
    g_chmod(dir, 0755); /* readable by others: closed again */
    g_assert_true(ht_dir_ensure_private(dir, &error));
    g_assert_cmpuint(mode_of(dir), ==, 0700);
    g_chmod(dir, 0777); /* others may have put anything there */
    g_assert_false(ht_dir_ensure_private(dir, &error));
    g_assert_error(error, HT_ERROR, HT_ERROR_UNSAFE);
    g_clear_error(&error);
    g_autofree char *file = in(w, "file");
    g_assert_true(g_file_set_contents(file, "", 0, NULL));
    g_assert_false(ht_dir_ensure_private(file, &error));
    g_assert_nonnull(error);
    g_clear_error(&error);
    if (geteuid() == 0) {
        g_autofree char *theirs = in(w, "theirs");
        g_mkdir(theirs, 0700);
        g_assert_cmpint(chown(theirs, 12345, 12345), ==, 0);
        g_assert_false(ht_dir_ensure_private(theirs, &error));
        g_assert_error(error, HT_ERROR, HT_ERROR_UNSAFE);
    }
}

static void test_file_open(World *w, gconstpointer data)
{
    (void)data;
    g_autofree char *path = in(w, "secret");
    g_autoptr(GError) error = NULL;
    g_assert_cmpint(ht_file_open_private(path, O_RDONLY, &error), ==, -1);
    g_assert_error(error, HT_ERROR, HT_ERROR_MISSING);
    g_clear_error(&error);
    mode_t old = umask(0);
    int fd = ht_file_open_private(path, O_WRONLY | O_CREAT, &error);
    umask(old);
    g_assert_no_error(error);
    g_assert_cmpint(fd, >=, 0);
    g_assert_true((fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0);
    close(fd);
    g_assert_cmpuint(mode_of(path), ==, 0600);
    g_chmod(path, 0644);
    fd = ht_file_open_private(path, O_RDONLY, &error);
    g_assert_no_error(error);
    close(fd);
    g_assert_cmpuint(mode_of(path), ==, 0600);
}

static void expect_unsafe(const char *path, int flags)
{
    g_autoptr(GError) error = NULL;
    g_assert_cmpint(ht_file_open_private(path, flags, &error), ==, -1);
    g_assert_error(error, HT_ERROR, HT_ERROR_UNSAFE);
}

static void test_file_refuses(World *w, gconstpointer data)
{
    (void)data;
    g_autofree char *file = in(w, "file");
    g_autofree char *link = in(w, "link");
    g_autofree char *fifo = in(w, "fifo");
    g_assert_true(g_file_set_contents(file, "precious", -1, NULL));
    g_assert_cmpint(symlink(file, link), ==, 0);
    g_assert_cmpint(mkfifo(fifo, 0600), ==, 0);
    expect_unsafe(link, O_RDONLY);
    expect_unsafe(link, O_WRONLY | O_CREAT | O_TRUNC);
    expect_unsafe(fifo, O_RDONLY); /* at once: no waiting for a writer */
    expect_unsafe(w->top, O_RDONLY);
    g_chmod(file, 0666);
    expect_unsafe(file, O_WRONLY | O_TRUNC);
    g_autofree char *text = NULL;
    g_assert_true(g_file_get_contents(file, &text, NULL, NULL));
    g_assert_cmpstr(text, ==, "precious"); /* refused before it was cut */
}

static bool is_trusted(const char *path)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *text = ht_file_load_trusted(path, 100, NULL, &error);
    if (!text)
        g_assert_error(error, HT_ERROR, HT_ERROR_UNSAFE);
    return text != NULL;
}

/* Many systems give each person a group of his own: what that may write, nobody else may. */
static void test_load_trusted(World *w, gconstpointer data)
{
    (void)data;
    g_autofree char *path = in(w, "theme");
    g_assert_true(g_file_set_contents(path, "text", -1, NULL));
    g_chmod(path, 0644);
    g_assert_true(is_trusted(path));
    g_chmod(path, 0666);
    g_assert_false(is_trusted(path));
    const struct passwd *me = getpwuid(geteuid());
    const struct group *own = me ? getgrnam(me->pw_name) : NULL;
    if (geteuid() != 0 || !own || own->gr_mem[0])
        return;
    g_chmod(path, 0664);
    g_assert_cmpint(chown(path, 0, own->gr_gid), ==, 0);
    g_assert_true(is_trusted(path));
    g_assert_cmpint(chown(path, 0, 12345), ==, 0); /* a group that has no name */
    g_assert_false(is_trusted(path));
    const struct group *other = getgrnam("daemon");
    if (other) {
        g_assert_cmpint(chown(path, 0, other->gr_gid), ==, 0);
        g_assert_false(is_trusted(path));
    }
}

static void test_load_save(World *w, gconstpointer data)
{
    (void)data;
    g_autofree char *path = in(w, "draft");
    g_autoptr(GError) error = NULL;
    g_assert_true(ht_file_save_private(path, "one", -1, &error));
    g_assert_true(ht_file_save_private(path, "two\0!", 5, &error));
    g_assert_no_error(error);
    g_assert_cmpuint(mode_of(path), ==, 0600);
    gsize len = 0;
    g_autofree char *text = ht_file_load_private(path, 100, &len, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(len, ==, 5);
    g_assert_cmpint(memcmp(text, "two\0!\0", 6), ==, 0);
    g_assert_null(ht_file_load_private(path, 4, NULL, &error));
    g_assert_error(error, HT_ERROR, HT_ERROR_TOO_BIG);
    g_clear_error(&error);
    g_autofree char *nowhere = in(w, "no/such/folder");
    g_assert_false(ht_file_save_private(nowhere, "x", -1, &error));
    g_assert_error(error, HT_ERROR, HT_ERROR_IO);
    g_clear_error(&error);
    /* Saving over a link replaces the link, not what it points to. */
    g_autofree char *link = in(w, "link");
    g_assert_cmpint(symlink(path, link), ==, 0);
    g_assert_true(ht_file_save_private(link, "new", -1, &error));
    g_autofree char *kept = ht_file_load_private(path, 100, &len, &error);
    g_assert_cmpuint(len, ==, 5);
    g_autoptr(GDir) dir = g_dir_open(w->top, 0, NULL);
    for (const char *name = g_dir_read_name(dir); name; name = g_dir_read_name(dir))
        g_assert_false(g_str_has_prefix(name, "draft.")); /* no leftovers */
}

/* Half of the new names are made when the disk takes no more of them: the files move all the same,
 * and none has two names. */
static void test_move_aside(World *w, gconstpointer data)
{
    (void)data;
    static const char *const endings[] = {"", "-wal"};
    ht_clock_fix(INT64_C(1740814200000000));
    g_autoptr(GError) error = NULL;
    for (gsize i = 0; i < G_N_ELEMENTS(endings); i++) {
        g_autofree char *name = g_strconcat("x.db", endings[i], NULL), *path = in(w, name);
        g_assert_true(ht_file_save_private(path, endings[i], -1, &error));
    }
    g_autofree char *path = in(w, "x.db"), *in_the_way = in(w, "x.db.corrupt-1740814200-wal");
    g_assert_true(ht_file_save_private(in_the_way, "?", -1, &error));
    g_autofree char *kept = ht_file_move_aside(path, "corrupt", &error);
    g_assert_no_error(error);
    for (gsize i = 0; i < G_N_ELEMENTS(endings); i++) {
        g_autofree char *old = g_strconcat(path, endings[i], NULL);
        g_autofree char *name = g_strconcat(kept, endings[i], NULL), *new = in(w, name);
        g_assert_false(g_file_test(old, G_FILE_TEST_EXISTS));
        g_autofree char *text = ht_file_load_private(new, 100, NULL, &error);
        g_assert_no_error(error);
        g_assert_cmpstr(text, ==, endings[i]);
    }
}

static bool is_there(World *w, const char *name)
{
    g_autofree char *path = in(w, name);
    return g_file_test(path, G_FILE_TEST_EXISTS);
}

static void put(World *w, const char *name)
{
    g_autofree char *path = in(w, name);
    g_assert_true(
        g_file_set_contents_full(path, "words", -1, G_FILE_SET_CONTENTS_NONE, 0600, NULL));
}

/* What a process that died was about to save goes; what a living one writes, and every other name,
 * stays. */
static void test_sweep(World *w, gconstpointer data)
{
    (void)data;
    static const char *const others[] = {
        "draft",       "draft.new",   "draft.new-abc",   "draft.new-abcdefg",
        "sync.answer", ".new-abcdef", "draft.new-ab.def"};
    for (gsize i = 0; i < G_N_ELEMENTS(others); i++)
        put(w, others[i]);
    put(w, "draft.new-aB3dEf");
    put(w, "draft.new-writes");
    g_autofree char *writes = in(w, "draft.new-writes");
    int fd = open(writes, O_WRONLY | O_CLOEXEC);
    g_assert_cmpint(flock(fd, LOCK_EX), ==, 0);
    ht_dir_sweep(w->top);
    g_assert_false(is_there(w, "draft.new-aB3dEf"));
    g_assert_true(is_there(w, "draft.new-writes"));
    close(fd);
    ht_dir_sweep(w->top);
    g_assert_false(is_there(w, "draft.new-writes"));
    for (gsize i = 0; i < G_N_ELEMENTS(others); i++)
        g_assert_true(is_there(w, others[i]));
    g_autoptr(GError) error = NULL;
    g_autoptr(HtPaths) paths = ht_paths_new(NULL, &error);
    g_assert_no_error(error);
    put(w, "state/hiretty/default/session.new-aB3dEf");
    put(w, "cache/hiretty/default/locked.new-aB3dEf");
    g_autoptr(HtPaths) again = ht_paths_new(NULL, &error);
    g_assert_no_error(error);
    g_assert_false(is_there(w, "state/hiretty/default/session.new-aB3dEf"));
    g_assert_false(is_there(w, "cache/hiretty/default/locked.new-aB3dEf"));
}

/* With standard streams closed, no file of ours gets their numbers: what is printed would land in
 * it. */
static void test_closed_streams(World *w, gconstpointer data)
{
    (void)data;
    g_autofree char *path = in(w, "log");
    pid_t child = fork();
    g_assert_cmpint(child, >=, 0);
    if (child == 0) {
        for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
            close(fd);
        ht_process_harden();
        int opened = ht_file_open_private(path, O_RDWR | O_CREAT, NULL);
        _exit(opened > STDERR_FILENO && write(STDOUT_FILENO, "x", 1) < 0 ? 0 : 1);
    }
    int status = 0;
    g_assert_cmpint(waitpid(child, &status, 0), ==, child);
    g_assert_true(WIFEXITED(status));
    g_assert_cmpint(WEXITSTATUS(status), ==, 0);
}

#define TEST(name) g_test_add("/base/paths/" #name, World, NULL, set_up, test_##name, tear_down)

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    TEST(creates);
    TEST(without_runtime_dir);
    TEST(names);
    TEST(refuses_links);
    TEST(dir_modes);
    TEST(file_open);
    TEST(file_refuses);
    TEST(load_trusted);
    TEST(load_save);
    TEST(sweep);
    TEST(closed_streams);
    TEST(move_aside);
    return g_test_run();
}
