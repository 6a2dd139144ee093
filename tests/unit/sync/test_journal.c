/* What the log says of failures: each kind has a word, and no line is half of one. */
#include "../../../src/sync/internal.h"

#include "hiretty/base/log.h"

#include <glib/gstdio.h>
#include <string.h>

static void test_failures(void)
{
    g_autofree char *dir = g_dir_make_tmp("hiretty-journal-XXXXXX", NULL);
    g_autofree char *file = g_build_filename(dir, "hiretty.log", NULL);
    g_autoptr(GError) error = NULL;
    g_assert_true(ht_log_open(dir, &error));
    for (int code = HT_SYNC_ERROR_FAILED; code <= HT_SYNC_ERROR_CANCELLED; code++) {
        g_autoptr(GError) failure =
            g_error_new_literal(HT_SYNC_ERROR, code, "names are not for it");
        ht_sync_log_failure(failure);
    }
    ht_log_close();
    g_autofree char *text = NULL;
    g_assert_true(g_file_get_contents(file, &text, NULL, NULL));
    g_auto(GStrv) lines = g_strsplit(g_strchomp(text), "\n", -1);
    g_assert_cmpuint(g_strv_length(lines), ==, HT_SYNC_ERROR_CANCELLED + 1);
    for (guint i = 0; lines[i]; i++) {
        const char *said = strstr(lines[i], "sync: ");
        g_assert_nonnull(said);
        g_assert_true(g_ascii_islower(said[strlen("sync: ")]));
        g_assert_null(strstr(lines[i], "names"));
        for (guint other = 0; other < i; other++)
            g_assert_cmpstr(said, !=, strstr(lines[other], "sync: "));
    }
    g_unlink(file);
    g_rmdir(dir);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/sync/journal/failures", test_failures);
    return g_test_run();
}
