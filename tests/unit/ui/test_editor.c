/* The folder of an edit, while others start and sweep. */
#include "hiretty/base/paths.h"
#include "hiretty/ui/editor.h"

#include <glib/gstdio.h>

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
        g_autofree char *text = ht_editor_run(folder, "words", &error);
        g_assert_no_error(error);
        g_assert_cmpstr(text, ==, "words");
    }
    g_atomic_int_set(&sweeper.is_over, 1);
    for (gsize i = 0; i < G_N_ELEMENTS(threads); i++)
        g_thread_join(threads[i]);
    g_assert_cmpint(g_rmdir(folder), ==, 0);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/ui/editor/swept", test_swept);
    return g_test_run();
}
