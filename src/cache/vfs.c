/* secure_delete zeroes a row that is deleted where it lies; but when SQLite moves rows between
 * pages, a copy of what moved stays in the part of the old page that is not used, for as long as
 * nothing else happens to be put there. A row deleted afterwards then lives on in that copy. So
 * each page of a database is written with the unused part between its cell pointers and its cells
 * as zeros; readers never look there. The journal and the WAL are written as they come: a purge
 * truncates them. The page's layout: https://www.sqlite.org/fileformat2.html#b_tree_pages
 *
 * SQLite appends a page to the WAL by two writes, 24 bytes of head and the page. Both go in one:
 * the head of a frame behind the last one is kept until its page comes, which is the next thing
 * that SQLite does with the file. Heads that it writes anew, where no page follows, lie before that
 * end. */
#include "vfs.h"

#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define VFS_NAME "hiretty"

enum {
    FILE_HEADER = 100, /* page 1 starts with it */
    MIN_PAGE = 512,
    MAX_PAGE = 65536,
    INTERIOR_HEADER = 12,
    LEAF_HEADER = 8,
    LOG_HEADER = 32, /* the WAL starts with it */
    FRAME_HEADER = 24,
};

/* Pages that are no part of a b-tree begin with the number of another page; in files of fewer pages
 * (256 GiB) that cannot be taken for a b-tree's mark (2, 5, 10, 13). */
#define SURE_PAGES 0x02000000

/* So much is written before the disk is told to begin: a sync waits for the rest alone. */
#define BEGIN_BYTES (2 << 20)
/* Not in a log shorter than this: a pull of some thousand rows is not to wait for the disk before
 * it is seen, and its log is taken in afterwards. */
#define BEGIN_LOG_BYTES (20 << 20)

typedef struct {
    sqlite3_file base;
    bool is_database, is_log;
    bool is_kept;          /* the database or its log, no piece of a sort */
    gsize unbegun;         /* bytes written since the disk was told to begin */
    bool has_head;         /* of the WAL's next frame, not written yet */
    sqlite3_int64 log_end; /* behind what was appended last */
    guint8 head[FRAME_HEADER];
    /* the system's file follows */
} File;

static sqlite3_vfs *real_vfs;
static sqlite3_vfs our_vfs;
static sqlite3_io_methods our_methods;

static sqlite3_file *inner(sqlite3_file *file)
{
    return (sqlite3_file *)(void *)((File *)(void *)file + 1);
}

static unsigned get_2(const guint8 *p)
{
    return (unsigned)p[0] << 8 | p[1];
}

/* Where the unused part of a b-tree page begins and ends; false if it has none or is none. */
static bool find_gap(const guint8 *page, unsigned size, bool is_first, unsigned *from, unsigned *to)
{
    unsigned at = is_first ? FILE_HEADER : 0;
    guint8 kind = page[at];
    if (kind != 2 && kind != 5 && kind != 10 && kind != 13)
        return false;
    unsigned header = kind == 2 || kind == 5 ? INTERIOR_HEADER : LEAF_HEADER;
    unsigned cells = get_2(page + at + 5);
    *from = at + header + 2 * get_2(page + at + 3);
    *to = cells ? cells : MAX_PAGE;
    return *from < *to && *to <= size;
}

static bool is_zero(const guint8 *bytes, gsize n)
{
    return n == 0 || (bytes[0] == 0 && memcmp(bytes, bytes + 1, n - 1) == 0);
}

/* The descriptor of the last write of this thread, and why one failed. */
static _Thread_local int written_to = -1, write_failure;

static ssize_t write_and_tell(int fd, const void *data, size_t n, off64_t offset)
{
    written_to = fd;
    ssize_t done = pwrite64(fd, data, n, offset);
    if (done < 0)
        write_failure = errno;
    return done;
}

static int truncate_and_tell(int fd, off_t size)
{
    int rc = ftruncate64(fd, size);
    if (rc != 0)
        write_failure = errno;
    return rc;
}

int ht_vfs_take_write_failure(void)
{
    int number = write_failure;
    write_failure = 0;
    return number;
}

/* Only a hint: what goes wrong, the sync tells. */
static void begin_writing(File *file, int n, sqlite3_int64 offset)
{
    file->unbegun += (gsize)n;
    bool is_short = file->is_log && offset < BEGIN_LOG_BYTES;
    if (file->unbegun < BEGIN_BYTES || is_short || !file->is_kept || written_to < 0)
        return;
    sync_file_range(written_to, 0, 0, SYNC_FILE_RANGE_WRITE);
    file->unbegun = 0;
}

static int write_through(sqlite3_file *file, const void *data, int n, sqlite3_int64 offset)
{
    sqlite3_file *real = inner(file);
    written_to = -1;
    int rc = real->pMethods->xWrite(real, data, n, offset);
    if (rc == SQLITE_OK)
        begin_writing((File *)(void *)file, n, offset);
    return rc;
}

static int write_head(File *log)
{
    log->has_head = false;
    return write_through(&log->base, log->head, FRAME_HEADER, log->log_end);
}

/* Whatever else is done with the file comes after it. */
static int settle(sqlite3_file *file)
{
    File *log = (File *)(void *)file;
    return log->has_head ? write_head(log) : SQLITE_OK;
}

static int write_log(File *log, const void *data, int n, sqlite3_int64 offset)
{
    if (n == FRAME_HEADER && offset == log->log_end && !log->has_head) {
        memcpy(log->head, data, FRAME_HEADER);
        log->has_head = true;
        return SQLITE_OK;
    }
    bool is_page = log->has_head && offset == log->log_end + FRAME_HEADER && n <= MAX_PAGE;
    int rc = is_page ? SQLITE_OK : settle(&log->base);
    if (rc != SQLITE_OK)
        return rc;
    if (is_page) {
        guint8 frame[FRAME_HEADER + MAX_PAGE];
        memcpy(frame, log->head, FRAME_HEADER);
        memcpy(frame + FRAME_HEADER, data, (gsize)n);
        log->has_head = false;
        rc = write_through(&log->base, frame, FRAME_HEADER + n, log->log_end);
    } else {
        rc = write_through(&log->base, data, n, offset);
    }
    bool is_start = offset == 0 && n == LOG_HEADER;
    if (rc == SQLITE_OK && (is_start || offset + n > log->log_end))
        log->log_end = offset + n;
    return rc;
}

static int file_write(sqlite3_file *file, const void *data, int n, sqlite3_int64 offset)
{
    if (((File *)(void *)file)->is_log)
        return write_log((File *)(void *)file, data, n, offset);
    unsigned from, to, size = (unsigned)n;
    bool is_page = ((File *)(void *)file)->is_database && n >= MIN_PAGE && n <= MAX_PAGE &&
                   (n & (n - 1)) == 0 && offset % n == 0 && offset / n < SURE_PAGES;
    if (!is_page || !find_gap(data, size, offset == 0, &from, &to) ||
        is_zero((const guint8 *)data + from, to - from))
        return write_through(file, data, n, offset);
    guint8 clean[MAX_PAGE];
    memcpy(clean, data, size);
    memset(clean + from, 0, to - from);
    return write_through(file, clean, n, offset);
}

/* ---- everything else goes through */

static int file_close(sqlite3_file *file)
{
    return inner(file)->pMethods->xClose(inner(file));
}

static int file_read(sqlite3_file *file, void *into, int n, sqlite3_int64 offset)
{
    /* SQLite takes EIO for damage of a file system, and that for a damaged database. A disk that
     * fails is told from a file that is wrong: only the latter is moved aside. */
    int rc = settle(file);
    if (rc == SQLITE_OK)
        rc = inner(file)->pMethods->xRead(inner(file), into, n, offset);
    return rc == SQLITE_IOERR_CORRUPTFS ? SQLITE_IOERR_READ : rc;
}

static int file_truncate(sqlite3_file *file, sqlite3_int64 size)
{
    int rc = settle(file);
    return rc == SQLITE_OK ? inner(file)->pMethods->xTruncate(inner(file), size) : rc;
}

static int file_sync(sqlite3_file *file, int flags)
{
    int rc = settle(file);
    return rc == SQLITE_OK ? inner(file)->pMethods->xSync(inner(file), flags) : rc;
}

static int file_size(sqlite3_file *file, sqlite3_int64 *size)
{
    int rc = settle(file);
    return rc == SQLITE_OK ? inner(file)->pMethods->xFileSize(inner(file), size) : rc;
}

static int file_lock(sqlite3_file *file, int level)
{
    return inner(file)->pMethods->xLock(inner(file), level);
}

static int file_unlock(sqlite3_file *file, int level)
{
    return inner(file)->pMethods->xUnlock(inner(file), level);
}

static int file_check_lock(sqlite3_file *file, int *reserved)
{
    return inner(file)->pMethods->xCheckReservedLock(inner(file), reserved);
}

static int file_control(sqlite3_file *file, int op, void *argument)
{
    return inner(file)->pMethods->xFileControl(inner(file), op, argument);
}

static int file_sector(sqlite3_file *file)
{
    return inner(file)->pMethods->xSectorSize(inner(file));
}

static int file_device(sqlite3_file *file)
{
    return inner(file)->pMethods->xDeviceCharacteristics(inner(file));
}

static int file_shm_map(sqlite3_file *file, int page, int size, int extend, void volatile **into)
{
    return inner(file)->pMethods->xShmMap(inner(file), page, size, extend, into);
}

static int file_shm_lock(sqlite3_file *file, int offset, int n, int flags)
{
    return inner(file)->pMethods->xShmLock(inner(file), offset, n, flags);
}

static void file_shm_barrier(sqlite3_file *file)
{
    inner(file)->pMethods->xShmBarrier(inner(file));
}

static int file_shm_unmap(sqlite3_file *file, int remove)
{
    return inner(file)->pMethods->xShmUnmap(inner(file), remove);
}

/* SQLite's own open(2), for the database and what lies beside it: what somebody may have put there
 * between our look at it and now is refused. Closing it again drops no lock of ours, for we have no
 * such file open. */
static int open_safely(const char *path, int flags, int mode)
{
    int fd = open(path, flags | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, mode);
    struct stat st;
    if (fd < 0)
        return fd;
    /* It also reads /dev/urandom, and opens the folder to sync it. */
    bool reads_other = (flags & O_ACCMODE) == O_RDONLY && fstat(fd, &st) == 0 &&
                       !S_ISREG(st.st_mode) && !S_ISFIFO(st.st_mode);
    if (reads_other || (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_uid == geteuid() &&
                        !(st.st_mode & (S_IWGRP | S_IWOTH))))
        return fd;
    close(fd);
    errno = EACCES;
    return -1;
}

static int vfs_open(sqlite3_vfs *vfs, sqlite3_filename name, sqlite3_file *file, int flags,
                    int *out)
{
    (void)vfs;
    File *ours = (File *)(void *)file;
    ours->is_database = flags & SQLITE_OPEN_MAIN_DB;
    ours->is_kept = flags & (SQLITE_OPEN_MAIN_DB | SQLITE_OPEN_WAL);
    ours->unbegun = 0;
    ours->is_log = flags & SQLITE_OPEN_WAL;
    ours->has_head = false;
    ours->log_end = -1;
    int rc = real_vfs->xOpen(real_vfs, name, inner(file), flags, out);
    ours->base.pMethods = inner(file)->pMethods ? &our_methods : NULL;
    return rc;
}

const char *ht_vfs_name(void)
{
    static gsize once;
    if (g_once_init_enter(&once)) {
        real_vfs = sqlite3_vfs_find(NULL);
        if (real_vfs->iVersion >= 3) {
            real_vfs->xSetSystemCall(real_vfs, "open", (sqlite3_syscall_ptr)(void *)open_safely);
            real_vfs->xSetSystemCall(real_vfs, "ftruncate",
                                     (sqlite3_syscall_ptr)(void *)truncate_and_tell);
            real_vfs->xSetSystemCall(real_vfs, "pwrite64",
                                     (sqlite3_syscall_ptr)(void *)write_and_tell);
        }
        our_methods = (sqlite3_io_methods){.iVersion = 2, /* without memory maps */
                                           .xClose = file_close,
                                           .xRead = file_read,
                                           .xWrite = file_write,
                                           .xTruncate = file_truncate,
                                           .xSync = file_sync,
                                           .xFileSize = file_size,
                                           .xLock = file_lock,
                                           .xUnlock = file_unlock,
                                           .xCheckReservedLock = file_check_lock,
                                           .xFileControl = file_control,
                                           .xSectorSize = file_sector,
                                           .xDeviceCharacteristics = file_device,
                                           .xShmMap = file_shm_map,
                                           .xShmLock = file_shm_lock,
                                           .xShmBarrier = file_shm_barrier,
                                           .xShmUnmap = file_shm_unmap};
        our_vfs = *real_vfs; /* its other functions need nothing of ours */
        our_vfs.pNext = NULL;
        our_vfs.zName = VFS_NAME;
        our_vfs.szOsFile = (int)sizeof(File) + real_vfs->szOsFile;
        our_vfs.xOpen = vfs_open;
        g_once_init_leave(&once, sqlite3_vfs_register(&our_vfs, 0) == SQLITE_OK ? 1 : 2);
    }
    return once == 1 ? VFS_NAME : NULL;
}
