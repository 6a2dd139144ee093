/* Personal data lies on shared hosts: every folder and file of ours is 0700 or 0600, ours, and no
 * link. Checks are made on open descriptors, so nothing can change between looking and using. */
#include "hiretty/base/paths.h"

#include "hiretty/base/clock.h"
#include "hiretty/base/error.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <grp.h>
#include <pwd.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

enum { OVERFLOW_UID = 65534, BACKGROUND_NICE = 5, SAVE_ATTEMPTS = 8 };

/* Files on their way to their names: PATH, this, and six letters. */
#define UNFINISHED ".new-"
#define UNFINISHED_LETTERS 6

struct HtPaths {
    char *profile;
    char *config_dir, *cache_dir, *state_dir, *runtime_dir;
    bool is_runtime_lasting; /* the system gives no runtime folder: a place on the disk instead */
};

static bool refuse(GError **error, const char *path, const char *why)
{
    g_set_error(error, HT_ERROR, HT_ERROR_UNSAFE, "%s: %s", path, why);
    return false;
}

/* Ours, and writable by nobody else. */
static bool check_owner(const char *path, const struct stat *st, GError **error)
{
    if (st->st_uid != geteuid())
        return refuse(error, path, "belongs to someone else (remove it, or use another profile)");
    if (st->st_mode & (S_IWGRP | S_IWOTH))
        return refuse(error, path, "can be written by others (chmod go-w)");
    return true;
}

/* A group that is one person's own, as many systems make it: what it may write, nobody else may. */
static bool is_own_group(gid_t gid)
{
    char me_texts[4096], group_texts[4096]; /* of more members than fit, it is no one's own */
    struct passwd me, *found_me = NULL;
    struct group group, *found_group = NULL;
    return getpwuid_r(geteuid(), &me, me_texts, sizeof me_texts, &found_me) == 0 && found_me &&
           getgrgid_r(gid, &group, group_texts, sizeof group_texts, &found_group) == 0 &&
           found_group && strcmp(group.gr_name, me.pw_name) == 0 && !group.gr_mem[0];
}

static bool others_can_write(const struct stat *st)
{
    return (st->st_mode & S_IWOTH) || ((st->st_mode & S_IWGRP) && !is_own_group(st->st_gid));
}

/* A folder above ours: who may rename in it could put another one in ours' place. In a sticky one
 * (/tmp) only owners can. Files of a user namespace's outside belong to 65534. */
static bool check_above(const char *dir, GError **error)
{
    struct stat st;
    if (stat(dir, &st) != 0) {
        int why = errno;
        if (why != ENOENT)
            ht_error_set_errno(error, why, dir);
        return why == ENOENT;
    }
    if (st.st_uid != 0 && st.st_uid != geteuid() && st.st_uid != OVERFLOW_UID)
        return refuse(error, dir, "belongs to someone else, who could swap what is in it");
    if (others_can_write(&st) && !(st.st_mode & S_ISVTX))
        return refuse(error, dir,
                      "can be written by others, who could swap what is in it (chmod go-w)");
    return true;
}

static bool check_all_above(const char *dir, GError **error)
{
    g_autofree char *path = g_strdup(dir);
    for (;;) {
        g_autofree char *above = g_path_get_dirname(path);
        if (!check_above(above, error))
            return false;
        if (g_str_equal(above, path))
            return true;
        g_free(path);
        path = g_steal_pointer(&above);
    }
}

/* What others use too is no place for ours, however it is protected. */
static bool check_base(const char *variable, const char *dir, GError **error)
{
    struct stat st;
    if (stat(dir, &st) == 0 && others_can_write(&st)) {
        g_set_error(error, HT_ERROR, HT_ERROR_UNSAFE,
                    "%s: can be written by others (set %s to a folder of your own)", dir, variable);
        return false;
    }
    /* As it is named, and where that leads to. */
    char *real = realpath(dir, NULL);
    bool ok = check_all_above(dir, error) && (!real || check_all_above(real, error));
    free(real); /* NOLINT: malloc'ed by realpath */
    return ok;
}

static bool profile_is_valid(const char *name)
{
    gsize len = strlen(name);
    for (const char *p = name; *p; p++) {
        if (!g_ascii_isalnum(*p) && *p != '-' && *p != '_')
            return false;
    }
    return len > 0 && len <= 64;
}

bool ht_dir_ensure_private(const char *dir, GError **error)
{
    if (g_mkdir_with_parents(dir, 0700) != 0) {
        ht_error_set_errno(error, errno, dir);
        return false;
    }
    int fd = open(dir, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0) {
        if (errno == ELOOP || errno == ENOTDIR)
            return refuse(error, dir, "is a link or no folder (put a folder in its place)");
        ht_error_set_errno(error, errno, dir);
        return false;
    }
    struct stat st;
    bool ok = fstat(fd, &st) == 0 && check_owner(dir, &st, error);
    if (ok && (st.st_mode & (S_IRWXG | S_IRWXO)))
        ok = fchmod(fd, 0700) == 0 || refuse(error, dir, "can be read by others");
    close(fd);
    return ok;
}

static bool make_dirs(HtPaths *paths, GError **error)
{
    /* The folders above, too: hiretty/ itself must be ours, or a profile could be swapped. */
    const char *leaves[] = {paths->cache_dir, paths->state_dir};
    for (gsize i = 0; i < G_N_ELEMENTS(leaves); i++) {
        g_autofree char *parent = g_path_get_dirname(leaves[i]);
        if (!ht_dir_ensure_private(parent, error) || !ht_dir_ensure_private(leaves[i], error))
            return false;
    }
    return ht_dir_ensure_private(paths->runtime_dir, error);
}

/* $VARIABLE if absolute (as the XDG specification asks), else ~/FALLBACK. Read each time: GLib
 * caches its own answers for the life of the process. */
static char *base_dir(const char *variable, const char *fallback)
{
    const char *value = g_getenv(variable);
    if (value && g_path_is_absolute(value))
        return g_canonicalize_filename(value, NULL);
    g_autofree char *home = g_canonicalize_filename(g_get_home_dir(), "/");
    return g_build_filename(home, fallback, NULL);
}

/* $XDG_RUNTIME_DIR if it is what the specification says: ours, and nobody else's. */
static char *runtime_base(void)
{
    const char *dir = g_getenv("XDG_RUNTIME_DIR");
    struct stat st;
    bool usable = dir && g_path_is_absolute(dir) && stat(dir, &st) == 0 && S_ISDIR(st.st_mode) &&
                  st.st_uid == geteuid() && !(st.st_mode & (S_IWGRP | S_IWOTH)) &&
                  g_access(dir, W_OK | X_OK) == 0 && check_all_above(dir, NULL);
    return usable ? g_strdup(dir) : NULL;
}

HtPaths *ht_paths_new(const char *profile, GError **error)
{
    const char *name = profile && *profile ? profile : "default";
    if (!profile_is_valid(name)) {
        g_set_error(error, HT_ERROR, HT_ERROR_INVALID,
                    "profile names have letters, digits, '-' and '_' only");
        return NULL;
    }
    g_autofree char *config = base_dir("XDG_CONFIG_HOME", ".config");
    g_autofree char *cache = base_dir("XDG_CACHE_HOME", ".cache");
    g_autofree char *state = base_dir("XDG_STATE_HOME", ".local/state");
    g_autoptr(HtPaths) paths = g_new0(HtPaths, 1);
    paths->profile = g_strdup(name);
    paths->config_dir = g_build_filename(config, "hiretty", NULL);
    paths->cache_dir = g_build_filename(cache, "hiretty", name, NULL);
    paths->state_dir = g_build_filename(state, "hiretty", name, NULL);
    if (!check_base("XDG_CACHE_HOME", cache, error) || !check_base("XDG_STATE_HOME", state, error))
        return NULL;
    g_autofree char *runtime = runtime_base();
    paths->is_runtime_lasting = !runtime;
    paths->runtime_dir = runtime ? g_build_filename(runtime, "hiretty", NULL)
                                 : g_build_filename(paths->state_dir, "run", NULL);
    if (!make_dirs(paths, error))
        return NULL;
    ht_dir_sweep(paths->cache_dir);
    ht_dir_sweep(paths->state_dir);
    return g_steal_pointer(&paths);
}

bool ht_paths_use_runtime_cache(HtPaths *paths, GError **error)
{
    if (paths->is_runtime_lasting) {
        g_set_error_literal(
            error, HT_ERROR, HT_ERROR_UNSAFE,
            "mode=runtime under [cache] needs XDG_RUNTIME_DIR, a folder of your own "
            "that goes with the session (log in through the system, or use "
            "mode=disk)");
        return false;
    }
    g_autofree char *parent = g_build_filename(paths->runtime_dir, "cache", NULL);
    g_autofree char *dir = g_build_filename(parent, paths->profile, NULL);
    if (!ht_dir_ensure_private(parent, error) || !ht_dir_ensure_private(dir, error))
        return false;
    g_free(paths->cache_dir);
    paths->cache_dir = g_steal_pointer(&dir);
    ht_dir_sweep(paths->cache_dir);
    return true;
}

void ht_paths_free(HtPaths *paths)
{
    if (!paths)
        return;
    g_free(paths->profile);
    g_free(paths->config_dir);
    g_free(paths->cache_dir);
    g_free(paths->state_dir);
    g_free(paths->runtime_dir);
    g_free(paths);
}

const char *ht_paths_profile(const HtPaths *paths)
{
    return paths->profile;
}

const char *ht_paths_config_dir(const HtPaths *paths)
{
    return paths->config_dir;
}

const char *ht_paths_cache_dir(const HtPaths *paths)
{
    return paths->cache_dir;
}

const char *ht_paths_state_dir(const HtPaths *paths)
{
    return paths->state_dir;
}

const char *ht_paths_runtime_dir(const HtPaths *paths)
{
    return paths->runtime_dir;
}

static bool check_file(int fd, const char *path, GError **error)
{
    struct stat st;
    if (fstat(fd, &st) != 0) {
        ht_error_set_errno(error, errno, path);
        return false;
    }
    if (!S_ISREG(st.st_mode))
        return refuse(error, path, "is no regular file (remove it)");
    if (!check_owner(path, &st, error))
        return false;
    if (st.st_nlink > 1)
        return refuse(error, path, "has a second name, a hard link (put a copy in its place)");
    if ((st.st_mode & (S_IRWXG | S_IRWXO)) && fchmod(fd, 0600) != 0)
        return refuse(error, path, "can be read by others");
    return true;
}

int ht_file_open_private(const char *path, int flags, GError **error)
{
    /* O_TRUNC only after the checks; O_NONBLOCK so that a planted pipe cannot hang us. */
    int truncate = flags & O_TRUNC;
    int fd = open(path, (flags & ~O_TRUNC) | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0600);
    if (fd < 0) {
        if (errno == ELOOP)
            refuse(error, path, "is a link (put a copy in its place)");
        else if (errno == ENOENT)
            g_set_error(error, HT_ERROR, HT_ERROR_MISSING, "%s: %s", path, g_strerror(ENOENT));
        else
            ht_error_set_errno(error, errno, path);
        return -1;
    }
    bool ok = check_file(fd, path, error);
    if (ok && truncate && ftruncate(fd, 0) != 0) {
        ht_error_set_errno(error, errno, path);
        ok = false;
    }
    if (!ok) {
        close(fd);
        return -1;
    }
    return fd;
}

static bool read_all(int fd, const char *path, GByteArray *into, gsize max_bytes, GError **error)
{
    guint8 block[16384];
    for (;;) {
        ssize_t n = read(fd, block, sizeof block);
        if (n == 0)
            return true;
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0) {
            ht_error_set_errno(error, errno, path);
            return false;
        }
        if (into->len + (gsize)n > max_bytes) {
            g_set_error(error, HT_ERROR, HT_ERROR_TOO_BIG,
                        "%s: larger than %" G_GSIZE_FORMAT " bytes", path, max_bytes);
            return false;
        }
        g_byte_array_append(into, block, (guint)n);
    }
}

/* With a NUL behind it, which *len (nullable) does not count. */
static char *take_text(GByteArray *bytes, gsize *len)
{
    if (len)
        *len = bytes->len;
    g_byte_array_append(bytes, (const guint8 *)"", 1);
    return (char *)g_byte_array_free(bytes, FALSE);
}

char *ht_file_load_private(const char *path, gsize max_bytes, gsize *len, GError **error)
{
    int fd = ht_file_open_private(path, O_RDONLY, error);
    if (fd < 0)
        return NULL;
    g_autoptr(GByteArray) bytes = g_byte_array_new();
    bool ok = read_all(fd, path, bytes, max_bytes, error);
    close(fd);
    return ok ? take_text(g_steal_pointer(&bytes), len) : NULL;
}

char *ht_file_load_trusted(const char *path, gsize max_bytes, gsize *len, GError **error)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    struct stat st;
    if (fd < 0 || fstat(fd, &st) != 0) {
        if (errno == ENOENT)
            g_set_error(error, HT_ERROR, HT_ERROR_MISSING, "%s: %s", path, g_strerror(ENOENT));
        else
            ht_error_set_errno(error, errno, path);
        if (fd >= 0)
            close(fd);
        return NULL;
    }
    g_autoptr(GByteArray) bytes = g_byte_array_new();
    bool ok = S_ISREG(st.st_mode) || refuse(error, path, "is no regular file");
    if (ok && st.st_uid != 0 && st.st_uid != geteuid())
        ok = refuse(error, path, "belongs to someone else");
    if (ok && others_can_write(&st))
        ok = refuse(error, path, "can be written by others (chmod go-w)");
    ok = ok && read_all(fd, path, bytes, max_bytes, error);
    close(fd);
    return ok ? take_text(g_steal_pointer(&bytes), len) : NULL;
}

static bool write_all(int fd, const char *data, gsize len)
{
    while (len > 0) {
        ssize_t n = write(fd, data, len);
        if (n < 0 && errno != EINTR)
            return false;
        if (n > 0) {
            data += n;
            len -= (gsize)n;
        }
    }
    return fsync(fd) == 0;
}

static void sync_folder_of(const char *path)
{
    g_autofree char *dir = g_path_get_dirname(path);
    int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd >= 0) {
        fsync(fd);
        close(fd);
    }
}

/* A new file beside `path`, locked for as long as this process writes it; -1 with errno. A sweep
 * that met it before the lock has removed it: another one then. Where there are no locks, nobody
 * sweeps. */
static int make_unfinished(const char *path, char **name)
{
    for (int attempt = 0; attempt < SAVE_ATTEMPTS; attempt++) {
        g_autofree char *fresh = g_strconcat(path, UNFINISHED "XXXXXX", NULL);
        int fd = g_mkstemp_full(fresh, O_WRONLY | O_CLOEXEC, 0600);
        if (fd < 0)
            return -1;
        struct stat st;
        bool is_swept = flock(fd, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK;
        if (!is_swept && fstat(fd, &st) == 0 && st.st_nlink > 0) {
            *name = g_steal_pointer(&fresh);
            return fd;
        }
        close(fd);
    }
    errno = EBUSY;
    return -1;
}

static bool is_unfinished(const char *name)
{
    const char *mark = g_strrstr(name, UNFINISHED);
    const char *letters = mark && mark > name ? mark + strlen(UNFINISHED) : "";
    return strspn(letters, G_CSET_A_2_Z G_CSET_a_2_z G_CSET_DIGITS) == UNFINISHED_LETTERS &&
           strlen(letters) == UNFINISHED_LETTERS;
}

void ht_dir_sweep(const char *dir)
{
    g_autoptr(GDir) folder = g_dir_open(dir, 0, NULL);
    for (const char *name; folder && (name = g_dir_read_name(folder));) {
        if (!is_unfinished(name))
            continue;
        g_autofree char *path = g_build_filename(dir, name, NULL);
        int fd = ht_file_open_private(path, O_RDONLY, NULL);
        if (fd < 0)
            continue;
        if (flock(fd, LOCK_EX | LOCK_NB) == 0)
            unlink(path);
        close(fd);
    }
}

bool ht_file_save_private(const char *path, const char *data, gssize len, GError **error)
{
    g_autofree char *fresh = NULL;
    int fd = make_unfinished(path, &fresh);
    if (fd < 0) {
        ht_error_set_errno(error, errno, path);
        return false;
    }
    bool ok =
        write_all(fd, data, len < 0 ? strlen(data) : (gsize)len) && g_rename(fresh, path) == 0;
    if (!ok) {
        ht_error_set_errno(error, errno, path);
        g_unlink(fresh);
    }
    close(fd); /* all of it was synced: nothing is left that closing could tell */
    if (ok)
        sync_folder_of(path);
    return ok;
}

static const char *const db_endings[] = {"", "-wal", "-shm", "-journal"};

/* A name that nothing has yet. */
static char *aside_name(const char *path, const char *why)
{
    gint64 now_s = ht_clock_now_us() / HT_US_PER_S;
    for (;; now_s++) {
        g_autofree char *name = g_strdup_printf("%s.%s-%" G_GINT64_FORMAT, path, why, now_s);
        struct stat st;
        if (lstat(name, &st) != 0)
            return g_steal_pointer(&name);
    }
}

static bool is_same_file(const char *a, const char *b)
{
    struct stat one, other;
    return lstat(a, &one) == 0 && lstat(b, &other) == 0 && one.st_ino == other.st_ino &&
           one.st_dev == other.st_dev;
}

char *ht_file_move_aside(const char *path, const char *why, GError **error)
{
    g_autofree char *kept = aside_name(path, why);
    bool linked = true;
    for (gsize i = 0; linked && i < G_N_ELEMENTS(db_endings); i++) {
        g_autofree char *from = g_strconcat(path, db_endings[i], NULL);
        g_autofree char *to = g_strconcat(kept, db_endings[i], NULL);
        linked = link(from, to) == 0 || (i > 0 && errno == ENOENT);
    }
    sync_folder_of(path);
    for (gsize i = 0; i < G_N_ELEMENTS(db_endings); i++) {
        g_autofree char *from = g_strconcat(path, db_endings[i], NULL);
        g_autofree char *to = g_strconcat(kept, db_endings[i], NULL);
        /* A file system without links: one after the other. A name that was made in vain goes
         * first, since renaming a file to its own other name does nothing. */
        if (!linked && is_same_file(from, to))
            unlink(to);
        int rc = linked ? unlink(from) : rename(from, to);
        if (rc != 0 && (i == 0 || errno != ENOENT)) {
            ht_error_set_errno(error, errno, from);
            return NULL;
        }
    }
    sync_folder_of(path);
    return g_path_get_basename(kept);
}

/* A standard stream that came closed is taken by /dev/null, opened the wrong way round so that
 * using it fails: else the next file opened, the log or a lock, would get what is meant for the
 * screen. */
static void hold_standard_streams(void)
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
        if (fcntl(fd, F_GETFD) >= 0 || errno != EBADF)
            continue;
        int held = open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY);
        if (held != fd)
            _exit(HT_EXIT_FAILED);
    }
}

void ht_process_harden(void)
{
    hold_standard_streams();
    umask(077);
    signal(SIGXFSZ, SIG_IGN); /* a file at its limit (ulimit -f) is an error of a write, no end */
#if !HT_SANITIZED
    const struct rlimit none = {0, 0};
    setrlimit(RLIMIT_CORE, &none);
    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
#endif
}

void ht_thread_in_bulk(bool is_in_bulk)
{
    const struct sched_param none = {0};
    /* Linux takes 0 for the calling thread here, too. What somebody chose from outside stays. */
    if (sched_getscheduler(0) == (is_in_bulk ? SCHED_OTHER : SCHED_BATCH))
        sched_setscheduler(0, is_in_bulk ? SCHED_BATCH : SCHED_OTHER, &none);
}

void ht_thread_stand_back(void)
{
    /* Linux keeps this for each thread, against POSIX; 0 is the one that asks. */
    setpriority(PRIO_PROCESS, 0, getpriority(PRIO_PROCESS, 0) + BACKGROUND_NICE);
}
