/* libpq reads the password file by itself, and says on standard error, raw, when it may not: that
 * would be drawn over a screen. So the file is looked at here first, and one that others may read
 * is not given to libpq at all; the reason stands in the error that follows. */
#include "internal.h"

#include "hiretty/base/text.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* libpq passes over a file that is not there without a word. */
#define NO_FILE "/dev/null/none"

static char *find_problem(const char *path)
{
    struct stat info;
    if (stat(path, &info) != 0)
        return NULL;
    const char *why = NULL;
    if (!S_ISREG(info.st_mode))
        why = "is no regular file";
    else if (info.st_mode & (S_IRWXG | S_IRWXO))
        why = "may be read by others (chmod 600 it)";
    else if (info.st_uid != geteuid() && info.st_uid != 0)
        why = "is somebody else's";
    if (!why)
        return NULL;
    g_autofree char *raw = g_strdup_printf("the password file %s was not used: it %s", path, why);
    return ht_text_sanitize(raw, -1, HT_TEXT_LINE, NULL);
}

const char *ht_pg_passfile_none(void)
{
    return NO_FILE;
}

void ht_pg_passfile_choose(HtPgSettings *settings)
{
    const char *given = ht_pg_settings_get(settings, "passfile");
    g_autofree char *path =
        given ? g_strdup(given) : g_build_filename(g_get_home_dir(), ".pgpass", NULL);
    g_free(settings->passfile_problem);
    settings->passfile_problem = find_problem(path);
    ht_pg_settings_set(settings, "passfile", settings->passfile_problem ? NO_FILE : path);
}
