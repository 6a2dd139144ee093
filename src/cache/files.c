/* Why flock and not SQLite's own locks: a lock must die with its process, cover the file before
 * anybody opens it as a database, and closing a descriptor of the database itself would drop
 * SQLite's locks in this process. */
#include "files.h"

#include "hiretty/base/clock.h"
#include "hiretty/base/paths.h"
#include "hiretty/cache/error.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#define LINK_NAME "current"
#define SORT_PREFIX "etilqs_" /* SQLite's */

static bool io_error(GError **error, const char *what)
{
    int code = errno == ENOSPC ? HT_CACHE_ERROR_FULL : HT_CACHE_ERROR_IO;
    g_set_error(error, HT_CACHE_ERROR, code, "%s: %s", what, g_strerror(errno));
    return false;
}

static int open_lock(const char *path, GError **error)
{
    g_autoptr(GError) why = NULL;
    int fd = ht_file_open_private(path, O_RDWR | O_CREAT, &why);
    if (fd < 0)
        g_set_error(error, HT_CACHE_ERROR, HT_CACHE_ERROR_IO, "%s", why->message);
    return fd;
}

static int flock_retry(int fd, int operation)
{
    int rc;
    do {
        rc = flock(fd, operation);
    } while (rc != 0 && errno == EINTR);
    return rc;
}

/* Who holds it looks at a whole damaged file at most. */
int ht_folder_patience_ms = 30000;

int ht_folder_lock(const char *dir, GError **error)
{
    g_autofree char *path = g_build_filename(dir, "folder.lock", NULL);
    int64_t until_us = ht_clock_mono_us() + ht_folder_patience_ms * HT_US_PER_MS;
    int fd = open_lock(path, error);
    while (fd >= 0 && flock_retry(fd, LOCK_EX | LOCK_NB) != 0) {
        if (errno == EWOULDBLOCK && ht_clock_mono_us() < until_us) {
            g_usleep(5000);
            continue;
        }
        if (errno == EWOULDBLOCK)
            g_set_error(error, HT_CACHE_ERROR, HT_CACHE_ERROR_BUSY,
                        "another Hiretty of this profile holds its folder (is it stopped?)");
        else
            io_error(error, path);
        close(fd);
        return -1;
    }
    return fd;
}

/* N of "cache-N.anything". */
static int number_of_any(const char *name)
{
    int n = 0, end = 0;
    return sscanf(name, "cache-%9d.%n", &n, &end) == 1 && end > 0 && n > 0 ? n : 0;
}

/* N of "cache-N.db"; 0 for any other name. */
static int number_of(const char *name)
{
    int n = 0, end = 0;
    if (sscanf(name, "cache-%9d.db%n", &n, &end) == 1 && end > 0 && name[end] == '\0' && n > 0)
        return n;
    return 0;
}

int ht_files_current(const char *dir)
{
    g_autofree char *path = g_build_filename(dir, LINK_NAME, NULL);
    char target[64];
    ssize_t len = readlink(path, target, sizeof target - 1);
    if (len <= 0)
        return 0;
    target[len] = '\0';
    return number_of(target);
}

int ht_files_next(const char *dir)
{
    int last = ht_files_current(dir);
    g_autoptr(GDir) folder = g_dir_open(dir, 0, NULL);
    const char *name;
    while (folder && (name = g_dir_read_name(folder)))
        last = MAX(last, number_of_any(name));
    return last + 1;
}

static gint compare_int(gconstpointer a, gconstpointer b)
{
    return *(const int *)a - *(const int *)b;
}

GArray *ht_files_list(const char *dir)
{
    GArray *numbers = g_array_new(FALSE, FALSE, sizeof(int));
    g_autoptr(GDir) folder = g_dir_open(dir, 0, NULL);
    const char *name;
    while (folder && (name = g_dir_read_name(folder))) {
        int n = number_of_any(name);
        if (n > 0 && !strstr(name, ".db."))
            g_array_append_val(numbers, n);
    }
    g_array_sort(numbers, compare_int);
    for (guint i = numbers->len; i > 1; i--) {
        if (g_array_index(numbers, int, i - 1) == g_array_index(numbers, int, i - 2))
            g_array_remove_index(numbers, i - 1);
    }
    return numbers;
}

char *ht_files_path(const char *dir, int number)
{
    return g_strdup_printf("%s/cache-%d.db", dir, number);
}

HtFiles *ht_files_take(const char *dir, int number, bool alone, GError **error)
{
    g_autofree char *lock = g_strdup_printf("%s/cache-%d.lock", dir, number);
    int fd = open_lock(lock, error);
    if (fd < 0)
        return NULL;
    if (flock_retry(fd, (alone ? LOCK_EX : LOCK_SH) | LOCK_NB) != 0) {
        if (errno == EWOULDBLOCK)
            g_set_error(error, HT_CACHE_ERROR, HT_CACHE_ERROR_BUSY,
                        "the cache is in use by another process");
        else
            io_error(error, lock);
        close(fd);
        return NULL;
    }
    HtFiles *files = g_new0(HtFiles, 1);
    files->refs = 1;
    files->number = number;
    files->dir = g_strdup(dir);
    files->path = ht_files_path(dir, number);
    files->lock_fd = fd;
    return files;
}

bool ht_files_share(HtFiles *files, GError **error)
{
    return flock_retry(files->lock_fd, LOCK_SH) == 0 || io_error(error, files->path);
}

HtFiles *ht_files_ref(HtFiles *files)
{
    g_atomic_int_inc(&files->refs);
    return files;
}

void ht_files_unref(HtFiles *files)
{
    if (!files || !g_atomic_int_dec_and_test(&files->refs))
        return;
    close(files->lock_fd);
    g_free(files->dir);
    g_free(files->path);
    g_free(files);
}

static bool sync_path(const char *path, int flags, GError **error)
{
    int fd = open(path, flags | O_CLOEXEC | O_NOFOLLOW);
    bool ok = fd >= 0 && fsync(fd) == 0;
    if (!ok)
        io_error(error, path);
    if (fd >= 0)
        close(fd);
    return ok;
}

bool ht_files_sync(const char *path, GError **error)
{
    g_autofree char *dir = g_path_get_dirname(path);
    return sync_path(path, O_RDONLY, error) && sync_path(dir, O_RDONLY | O_DIRECTORY, error);
}

bool ht_files_link(const char *dir, int number, GError **error)
{
    g_autofree char *target = g_strdup_printf("cache-%d.db", number);
    g_autofree char *fresh = g_build_filename(dir, LINK_NAME ".new", NULL);
    g_autofree char *link = g_build_filename(dir, LINK_NAME, NULL);
    unlink(fresh);
    if (symlink(target, fresh) != 0 || rename(fresh, link) != 0)
        return io_error(error, link);
    return sync_path(dir, O_RDONLY | O_DIRECTORY, error);
}

void ht_files_remove(const char *dir, int number)
{
    static const char *const endings[] = {"db", "db-wal", "db-shm", "db-journal", "lock"};
    for (gsize i = 0; i < G_N_ELEMENTS(endings); i++) {
        g_autofree char *path = g_strdup_printf("%s/cache-%d.%s", dir, number, endings[i]);
        unlink(path);
    }
}

/* A link on its way to its name, and pieces of sorting: SQLite takes their names away as soon as
 * they are open, which a process may not have lived to. */
static void sweep_nameless(const char *dir)
{
    g_autofree char *fresh = g_build_filename(dir, LINK_NAME ".new", NULL);
    unlink(fresh);
    g_autoptr(GDir) folder = g_dir_open(dir, 0, NULL);
    for (const char *name; folder && (name = g_dir_read_name(folder));) {
        g_autofree char *path = g_build_filename(dir, name, NULL);
        if (g_str_has_prefix(name, SORT_PREFIX))
            unlink(path);
    }
}

void ht_files_sweep(const char *dir, int current, bool unfinished)
{
    sweep_nameless(dir);
    g_autoptr(GArray) numbers = ht_files_list(dir);
    for (guint i = 0; i < numbers->len; i++) {
        int n = g_array_index(numbers, int, i);
        if (n == current || (n > current && !unfinished))
            continue;
        g_autoptr(HtFiles) files = ht_files_take(dir, n, true, NULL);
        if (files)
            ht_files_remove(dir, n);
    }
}

char *ht_files_move_aside(const char *dir, int number, const char *why, GError **error)
{
    g_autofree char *path = ht_files_path(dir, number);
    g_autoptr(GError) problem = NULL;
    char *kept = ht_file_move_aside(path, why, &problem);
    if (!kept)
        g_set_error(error, HT_CACHE_ERROR, HT_CACHE_ERROR_IO, "%s", problem->message);
    return kept;
}

void ht_files_remove_aside(const char *dir)
{
    g_autoptr(GDir) folder = g_dir_open(dir, 0, NULL);
    const char *name;
    while (folder && (name = g_dir_read_name(folder))) {
        if (!g_str_has_prefix(name, "cache-") || !strstr(name, ".db."))
            continue;
        g_autofree char *path = g_build_filename(dir, name, NULL);
        unlink(path);
    }
}
