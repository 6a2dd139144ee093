/* Room is asked for in blocks, not written: it costs one call, once a folder. */
#include "hiretty/base/reserve.h"

#include "hiretty/base/paths.h"

#include <fcntl.h>
#include <glib.h>
#include <glib/gstdio.h>
#include <unistd.h>

/* The shared index of one database is 32 KiB, and what is written at a start is a few pages; a
 * small change is some pages more, here and in the cache. */
#define OPENING_BYTES (128 << 10)
#define RESERVE_BYTES (2 * OPENING_BYTES)

static char *path_in(const char *dir)
{
    return g_build_filename(dir, "reserve", NULL);
}

/* 0: there is none. */
static off_t size_of(const char *path)
{
    GStatBuf st;
    return g_lstat(path, &st) == 0 ? st.st_size : 0;
}

bool ht_reserve_keep(const char *dir)
{
    g_autofree char *path = path_in(dir);
    off_t before = size_of(path);
    if (before >= RESERVE_BYTES)
        return true;
    int fd = ht_file_open_private(path, O_RDWR | O_CREAT, NULL);
    if (fd < 0)
        return false;
    bool ok = posix_fallocate(fd, 0, RESERVE_BYTES) == 0;
    /* Less than what opening needs would only take the room of what counts. */
    bool is_left = !ok && before >= OPENING_BYTES && ftruncate(fd, before) == 0;
    close(fd);
    if (!ok && !is_left)
        g_unlink(path);
    return ok;
}

bool ht_reserve_give_up_half(const char *dir)
{
    g_autofree char *path = path_in(dir);
    if (size_of(path) <= OPENING_BYTES)
        return false;
    int fd = ht_file_open_private(path, O_RDWR, NULL);
    bool ok = fd >= 0 && ftruncate(fd, OPENING_BYTES) == 0;
    if (fd >= 0)
        close(fd);
    return ok;
}

bool ht_reserve_give_up(const char *dir)
{
    g_autofree char *path = path_in(dir);
    return g_unlink(path) == 0;
}
