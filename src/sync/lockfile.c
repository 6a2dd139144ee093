/* Exactly one process of a profile syncs: it holds a lock on a file in the profile's state folder.
 * The kernel takes the lock away when the process ends, however it ends. */
#include "internal.h"

#include "hiretty/base/error.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

bool ht_sync_lock_take(HtSync *sync, GError **error)
{
    if (sync->lock_fd >= 0)
        return true;
    g_autofree char *path = g_build_filename(ht_paths_state_dir(sync->paths), "sync.lock", NULL);
    g_autoptr(GError) problem = NULL;
    int fd = ht_file_open_private(path, O_RDWR | O_CREAT, &problem);
    if (fd < 0) {
        g_set_error_literal(error, HT_SYNC_ERROR, HT_SYNC_ERROR_CACHE, problem->message);
        return false;
    }
    if (flock(fd, LOCK_EX | LOCK_NB) == 0) {
        g_atomic_int_set(&sync->lock_fd, fd);
        ht_sync_remove_answers(sync->paths);
        /* Another process may have moved the cache on, or emptied it. */
        g_clear_pointer(&sync->cursor, g_free);
        return true;
    }
    int number = errno;
    close(fd);
    if (number == EWOULDBLOCK)
        g_set_error_literal(error, HT_SYNC_ERROR, HT_SYNC_ERROR_BUSY,
                            "another Hiretty of this profile is syncing (it sends your work too)");
    else
        g_set_error(error, HT_SYNC_ERROR, HT_SYNC_ERROR_CACHE, "sync.lock: %s", g_strerror(number));
    return false;
}

void ht_sync_lock_release(HtSync *sync)
{
    if (sync->lock_fd >= 0) {
        ht_sync_remove_answers(sync->paths);
        close(sync->lock_fd);
    }
    g_atomic_int_set(&sync->lock_fd, -1);
}
