/* The folder of an edit, while others start and sweep. */
#include "hiretty/base/paths.h"
#include "hiretty/ui/editor.h"

#include <glib/gstdio.h>
#include <string.h>

enum { EDITS = 300 };

typedef struct {
    const char *folder;
    gint is_over; /* atomic */
} Sweeper;

static gpointer sweep(gpointer data)
{
    Sweeper *sweeper = data;
    while (!g_atomic_int_get(&sweeper->is_over))
        ht_editor_sweep(sweeper->folder);
    return NULL;
}

/* Who starts beside an edit takes away what nobody holds, at whatever moment: never what somebody
 * is about to hold. */
static void test_swept(void)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *folder = g_dir_make_tmp("hiretty-edit-XXXXXX", &error);
    g_assert_no_error(error);
    g_setenv("EDITOR", "true", TRUE);
    g_unsetenv("VISUAL");
    Sweeper sweeper = {.folder = folder};
    GThread *threads[2];
    for (gsize i = 0; i < G_N_ELEMENTS(threads); i++)
        threads[i] = g_thread_new("sweep", sweep, &sweeper);
    for (int i = 0; i < EDITS; i++) {
        g_autofree char *text = ht_editor_run(folder, "words", NULL, &error);
        g_assert_no_error(error);
        g_assert_cmpstr(text, ==, "words");
    }
    g_atomic_int_set(&sweeper.is_over, 1);
    for (gsize i = 0; i < G_N_ELEMENTS(threads); i++)
        g_thread_join(threads[i]);
    g_assert_cmpint(g_rmdir(folder), ==, 0);
}

/* An editor that runs these words of a shell on the file. */
static char *edit_by(const char *folder, const char *script, char **left, GError **error)
{
    g_autofree char *path = g_build_filename(folder, "editor.sh", NULL);
    g_autofree char *quoted = g_shell_quote(path);
    g_autofree char *editor = g_strconcat("sh ", quoted, NULL);
    g_assert_true(g_file_set_contents(path, script, -1, NULL));
    g_setenv("EDITOR", editor, TRUE);
    char *text = ht_editor_run(folder, "words", left, error);
    g_unlink(path);
    return text;
}

/* The one file that is left in the folder. Caller frees; NULL: none. */
static char *kept_in(const char *folder)
{
    g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
    const char *name = g_dir_read_name(dir);
    char *path = name ? g_build_filename(folder, name, NULL) : NULL;
    g_assert_null(g_dir_read_name(dir));
    return path;
}

/* What was written before the editor failed comes back, or stays in a file that the error names. */
static void test_not_lost(void)
{
    static const struct {
        const char *script;
        bool may_return;  /* the caller can offer it again */
        const char *left; /* NULL: nothing comes back */
        bool is_kept;
    } cases[] = {
        {"printf 'much thought' > \"$1\"; exit 1", true, "much thought", false},
        {"printf 'much thought' > \"$1\"; exit 1", false, NULL, true},
        {"exit 1", true, NULL, false},
        {"exit 1", false, NULL, false},
        {"rm \"$1\"; exit 1", true, NULL, false},
        {": > \"$1\"; exit 1", false, NULL, false},
        {"head -c 5000000 /dev/zero | tr '\\0' x > \"$1\"", true, NULL, true},
        {"chmod 644 \"$1\"; head -c 5000000 /dev/zero | tr '\\0' x > \"$1\"", false, NULL, true},
    };
    g_autofree char *folder = g_dir_make_tmp("hiretty-edit-XXXXXX", NULL);
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = NULL;
        g_autofree char *left = NULL;
        g_assert_null(edit_by(folder, cases[i].script, cases[i].may_return ? &left : NULL, &error));
        g_assert_nonnull(error);
        g_assert_cmpstr(left, ==, cases[i].left);
        g_autofree char *kept = kept_in(folder);
        g_assert_cmpint(kept != NULL, ==, cases[i].is_kept);
        if (!kept)
            continue;
        GStatBuf st;
        g_assert_nonnull(strstr(error->message, kept));
        g_assert_cmpint(g_stat(kept, &st), ==, 0);
        g_assert_cmpint(st.st_mode & 0777, ==, 0600);
        g_unlink(kept);
    }
    g_autoptr(GError) error = NULL;
    g_autofree char *long_one =
        edit_by(folder, "head -c 300000 /dev/zero | tr '\\0' x > \"$1\"", NULL, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(strlen(long_one), >=, 300000);
    g_assert_cmpint(g_rmdir(folder), ==, 0);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/ui/editor/swept", test_swept);
    g_test_add_func("/ui/editor/not_lost", test_not_lost);
    return g_test_run();
}
