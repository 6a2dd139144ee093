/* Room is asked for in blocks, not written: it costs one call, once a folder. */
#include "hiretty/base/reserve.h"

#include "hiretty/base/paths.h"

#include <fcntl.h>
#include <glib.h>
#include <glib/gstdio.h>
#include <unistd.h>

/* The shared index of one database is 32 KiB, and what is written at a start is a few pages. */
#define RESERVE_BYTES (256 << 10)

static char *path_in(const char *dir)
{
    return g_build_filename(dir, "reserve", NULL);
}

bool ht_reserve_keep(const char *dir)
{
    g_autofree char *path = path_in(dir);
    GStatBuf st;
    if (g_lstat(path, &st) == 0 && st.st_size >= RESERVE_BYTES)
        return true;
    int fd = ht_file_open_private(path, O_RDWR | O_CREAT, NULL);
    if (fd < 0)
        return false;
    bool ok = posix_fallocate(fd, 0, RESERVE_BYTES) == 0;
    close(fd);
    if (!ok)
        g_unlink(path); /* a part of it would take the room of what counts */
    return ok;
}

bool ht_reserve_give_up(const char *dir)
{
    g_autofree char *path = path_in(dir);
    return g_unlink(path) == 0;
}
