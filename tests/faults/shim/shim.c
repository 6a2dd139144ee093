/* Preloaded into the program under test: counts the calls by which it changes files below one
 * folder, over all its threads, and at the N-th one ends the process as kill -9 does, or answers
 * with an error of the system. strace could do the same but counts each thread for itself, so that
 * most points of a program with three threads are never reached; it serves as the check that no
 * call is missed here.
 *
 *   HT_FAULT_UNDER=FOLDER      only calls on files below it count
 *   HT_FAULT_LOG=FILE          a line a counted call: "class name path"
 *   HT_FAULT=CLASSES:N:ACTION  ACTION: kill, torn (half of a write, then kill), stop (until it is
 *                              continued), error=ERRNO (that one call), errors=ERRNO (all from it)
 *
 * Classes: w data written, s synced, m names and sizes changed, c a file created or emptied, r data
 * read, o a file opened in any other way. */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

typedef enum { ACT_NONE, ACT_KILL, ACT_TORN, ACT_ERROR, ACT_ERRORS, ACT_STOP } Action;

static struct {
    bool is_ready;
    const char *under;
    char classes[16];
    long at;
    Action action;
    int error;
    int log_fd;
} plan;
static atomic_long counter;

__attribute__((constructor)) static void read_plan(void)
{
    const char *text = getenv("HT_FAULT"), *log = getenv("HT_FAULT_LOG");
    char action[32] = "";
    plan.under = getenv("HT_FAULT_UNDER");
    plan.log_fd = -1;
    if (log)
        plan.log_fd = (int)syscall(SYS_openat, AT_FDCWD, log,
                                   O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    strcpy(plan.classes, "wsmc");
    if (text && sscanf(text, "%15[a-z]:%ld:%31s", plan.classes, &plan.at, action) == 3) {
        if (strcmp(action, "kill") == 0)
            plan.action = ACT_KILL;
        else if (strcmp(action, "torn") == 0)
            plan.action = ACT_TORN;
        else if (strcmp(action, "stop") == 0)
            plan.action = ACT_STOP;
        else if (sscanf(action, "errors=%d", &plan.error) == 1)
            plan.action = ACT_ERRORS;
        else if (sscanf(action, "error=%d", &plan.error) == 1)
            plan.action = ACT_ERROR;
    }
    plan.is_ready = plan.under != NULL;
}

static void die(void)
{
    kill(getpid(), SIGKILL);
    for (;;)
        pause();
}

static bool is_below(const char *path)
{
    size_t len = strlen(plan.under);
    return strncmp(path, plan.under, len) == 0 && (path[len] == '/' || path[len] == '\0');
}

/* What becomes of a call: 0 goes on, 1 half of it, then the end, -1 it fails with errno. */
static int decide(char class, const char *name, const char *path)
{
    if (!plan.is_ready || !path || !is_below(path) || !strchr(plan.classes, class))
        return 0;
    long n = atomic_fetch_add(&counter, 1) + 1;
    if (plan.log_fd >= 0) {
        char line[PATH_MAX + 64];
        int len = snprintf(line, sizeof line, "%c %s %s\n", class, name, path);
        if (len > 0)
            syscall(SYS_write, plan.log_fd, line, (size_t)len);
    }
    bool hit = plan.action == ACT_ERRORS ? n >= plan.at : n == plan.at;
    if (plan.action == ACT_NONE || !hit)
        return 0;
    if (plan.action == ACT_STOP) {
        kill(getpid(), SIGSTOP);
        return 0;
    }
    if (plan.action == ACT_TORN && class == 'w')
        return 1;
    if (plan.action == ACT_KILL || plan.action == ACT_TORN)
        die();
    errno = plan.error;
    return -1;
}

static int decide_fd(char class, const char *name, int fd)
{
    if (!plan.is_ready || !strchr(plan.classes, class))
        return 0;
    int saved = errno;
    char link[32], path[PATH_MAX];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t len = readlink(link, path, sizeof path - 1);
    errno = saved;
    if (len <= 0)
        return 0;
    path[len] = '\0';
    return decide(class, name, path);
}

/* The real one of a function. */
#define REAL(name)                                                                                 \
    static __typeof__(&name) real;                                                                 \
    if (!real)                                                                                     \
    *(void **)&real = dlsym(RTLD_NEXT, #name)

#define WRITER(type, name, half, parameters, ...)                                                  \
    type name parameters                                                                           \
    {                                                                                              \
        REAL(name);                                                                                \
        int verdict = decide_fd('w', #name, fd);                                                   \
        if (verdict < 0)                                                                           \
            return -1;                                                                             \
        if (verdict > 0) {                                                                         \
            half;                                                                                  \
            die();                                                                                 \
        }                                                                                          \
        return real(__VA_ARGS__);                                                                  \
    }
#define ON_FD(class, type, name, parameters, ...)                                                  \
    type name parameters                                                                           \
    {                                                                                              \
        REAL(name);                                                                                \
        return decide_fd(class, #name, fd) < 0 ? (type)-1 : real(__VA_ARGS__);                     \
    }
#define ON_PATH(class, type, name, place, parameters, ...)                                         \
    type name parameters                                                                           \
    {                                                                                              \
        REAL(name);                                                                                \
        return decide(class, #name, place) < 0 ? (type)-1 : real(__VA_ARGS__);                     \
    }

WRITER(ssize_t, write, real(fd, data, len / 2), (int fd, const void *data, size_t len), fd, data,
       len)
WRITER(ssize_t, pwrite, real(fd, data, len / 2, at),
       (int fd, const void *data, size_t len, off_t at), fd, data, len, at)
WRITER(ssize_t, pwrite64, real(fd, data, len / 2, at),
       (int fd, const void *data, size_t len, off64_t at), fd, data, len, at)
WRITER(ssize_t, writev, real(fd, parts, n / 2), (int fd, const struct iovec *parts, int n), fd,
       parts, n)
ON_FD('s', int, fsync, (int fd), fd)
ON_FD('s', int, fdatasync, (int fd), fd)
ON_FD('m', int, ftruncate, (int fd, off_t size), fd, size)
ON_FD('m', int, ftruncate64, (int fd, off64_t size), fd, size)
ON_FD('m', int, fchmod, (int fd, mode_t mode), fd, mode)
ON_FD('r', ssize_t, read, (int fd, void *data, size_t len), fd, data, len)
ON_FD('r', ssize_t, pread, (int fd, void *data, size_t len, off_t at), fd, data, len, at)
ON_FD('r', ssize_t, pread64, (int fd, void *data, size_t len, off64_t at), fd, data, len, at)
ON_PATH('m', int, rename, to, (const char *from, const char *to), from, to)
ON_PATH('m', int, unlink, path, (const char *path), path)
ON_PATH('m', int, rmdir, path, (const char *path), path)
ON_PATH('m', int, mkdir, path, (const char *path, mode_t mode), path, mode)
ON_PATH('m', int, chmod, path, (const char *path, mode_t mode), path, mode)
ON_PATH('m', int, link, to, (const char *from, const char *to), from, to)
ON_PATH('m', int, symlink, path, (const char *target, const char *path), target, path)
ON_PATH('m', int, renameat, to, (int from_fd, const char *from, int to_fd, const char *to), from_fd,
        from, to_fd, to)
ON_PATH('m', int, unlinkat, path, (int fd, const char *path, int flags), fd, path, flags)

/* Creating and emptying change what is there; opening anything else does not, but may fail. */
static char class_of_open(const char *path, int flags)
{
    struct stat st;
    if (flags & O_TRUNC)
        return 'c';
    return (flags & O_CREAT) && stat(path, &st) != 0 ? 'c' : 'o';
}

#define OPENER(name)                                                                               \
    int name(const char *path, int flags, ...)                                                     \
    {                                                                                              \
        REAL(name);                                                                                \
        va_list list;                                                                              \
        va_start(list, flags);                                                                     \
        mode_t mode = flags & (O_CREAT | __O_TMPFILE) ? va_arg(list, mode_t) : 0;                  \
        va_end(list);                                                                              \
        if (plan.is_ready && decide(class_of_open(path, flags), #name, path) < 0)                  \
            return -1;                                                                             \
        return real(path, flags, mode);                                                            \
    }
OPENER(open)
OPENER(open64)
