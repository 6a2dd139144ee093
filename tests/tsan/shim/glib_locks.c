/* GLib's locks as ThreadSanitizer can see them.
 *
 * GMutex, GCond and g_once_init are futexes inside libglib, which is not instrumented: TSan sees
 * neither the locks nor what they order, and takes every hand-over between threads for a race.
 * Their calls inside libglib do not go through its PLT, so a function of the same name in the
 * program is not enough: here the first bytes of libglib's own functions become a jump to functions
 * of this file, which keep a pthread mutex or condition in the object's pointer. TSan knows those.
 * GRecMutex, GRWLock and threads are pthreads in GLib already.
 *
 * Linked into every program of the tsan preset, into nothing else. test_races.c shows that planted
 * races are found, and that locked ones are not reported. */
#include <glib.h>

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

/* ---- mutexes ---- */

/* Objects that were never initialised are zero: their pthread part is made at the first use. */
static pthread_mutex_t *mutex_of(GMutex *mutex)
{
    pthread_mutex_t *there = __atomic_load_n((pthread_mutex_t **)&mutex->p, __ATOMIC_ACQUIRE);
    if (there)
        return there;
    pthread_mutex_t *made = malloc(sizeof *made);
    if (!made || pthread_mutex_init(made, NULL) != 0)
        abort();
    if (__atomic_compare_exchange_n((pthread_mutex_t **)&mutex->p, &there, made, FALSE,
                                    __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
        return made;
    pthread_mutex_destroy(made);
    free(made);
    return there;
}

static void mutex_init(GMutex *mutex)
{
    mutex->p = NULL;
}

static void mutex_clear(GMutex *mutex)
{
    if (!mutex->p)
        return;
    pthread_mutex_destroy(mutex->p);
    free(mutex->p);
    mutex->p = NULL;
}

static void mutex_lock(GMutex *mutex)
{
    if (pthread_mutex_lock(mutex_of(mutex)) != 0)
        abort();
}

static gboolean mutex_trylock(GMutex *mutex)
{
    return pthread_mutex_trylock(mutex_of(mutex)) == 0;
}

static void mutex_unlock(GMutex *mutex)
{
    if (pthread_mutex_unlock(mutex_of(mutex)) != 0)
        abort();
}

/* ---- conditions ---- */

static pthread_cond_t *cond_new(void)
{
    pthread_condattr_t attributes;
    pthread_cond_t *cond = malloc(sizeof *cond);
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    if (!cond || pthread_cond_init(cond, &attributes) != 0)
        abort();
    pthread_condattr_destroy(&attributes);
    return cond;
}

static pthread_cond_t *cond_of(GCond *cond)
{
    pthread_cond_t *there = __atomic_load_n((pthread_cond_t **)&cond->p, __ATOMIC_ACQUIRE);
    if (there)
        return there;
    pthread_cond_t *made = cond_new();
    if (__atomic_compare_exchange_n((pthread_cond_t **)&cond->p, &there, made, FALSE,
                                    __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
        return made;
    pthread_cond_destroy(made);
    free(made);
    return there;
}

static void cond_init(GCond *cond)
{
    cond->p = NULL;
}

static void cond_clear(GCond *cond)
{
    if (!cond->p)
        return;
    pthread_cond_destroy(cond->p);
    free(cond->p);
    cond->p = NULL;
}

static void cond_wait(GCond *cond, GMutex *mutex)
{
    pthread_cond_wait(cond_of(cond), mutex_of(mutex));
}

static gboolean cond_wait_until(GCond *cond, GMutex *mutex, gint64 end_us)
{
    struct timespec end = {.tv_sec = (time_t)(end_us / G_USEC_PER_SEC),
                           .tv_nsec = (long)(end_us % G_USEC_PER_SEC) * 1000};
    return pthread_cond_timedwait(cond_of(cond), mutex_of(mutex), &end) != ETIMEDOUT;
}

static void cond_signal(GCond *cond)
{
    pthread_cond_signal(cond_of(cond));
}

static void cond_broadcast(GCond *cond)
{
    pthread_cond_broadcast(cond_of(cond));
}

/* ---- once ---- */

static pthread_mutex_t once_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t once_done = PTHREAD_COND_INITIALIZER;
static struct {
    gsize *places[64]; /* under way */
    int n;
} once;

static int once_find(const gsize *place)
{
    for (int i = 0; i < once.n; i++) {
        if (once.places[i] == place)
            return i;
    }
    return -1;
}

static gboolean once_enter(volatile void *location)
{
    gsize *place = (gsize *)location;
    pthread_mutex_lock(&once_lock);
    while (!__atomic_load_n(place, __ATOMIC_ACQUIRE) && once_find(place) >= 0)
        pthread_cond_wait(&once_done, &once_lock);
    gboolean mine = !__atomic_load_n(place, __ATOMIC_ACQUIRE);
    if (mine && once.n == (int)G_N_ELEMENTS(once.places))
        abort();
    if (mine)
        once.places[once.n++] = place;
    pthread_mutex_unlock(&once_lock);
    return mine;
}

static void once_leave(volatile void *location, gsize value)
{
    gsize *place = (gsize *)location;
    pthread_mutex_lock(&once_lock);
    __atomic_store_n(place, value, __ATOMIC_RELEASE);
    int at = once_find(place);
    if (at >= 0)
        once.places[at] = once.places[--once.n];
    pthread_cond_broadcast(&once_done);
    pthread_mutex_unlock(&once_lock);
}

/* ---- into libglib ---- */

/* Replaces the start of `function` by a jump to `other`. TSan has no shadow for where code lies. */
__attribute__((no_sanitize("thread"))) static void redirect(gpointer function, gpointer other)
{
#if defined(__x86_64__)
    guint8 code[12] = {0x48, 0xB8, [10] = 0xFF, [11] = 0xE0}; /* mov $other, %rax; jmp *%rax */
    for (gsize i = 0; i < sizeof other; i++)
        code[2 + i] = (guint8)((gsize)other >> (8 * i));
#elif defined(__aarch64__)
    guint8 code[16] = {0x50, 0, 0, 0x58, 0x00, 0x02, 0x1F, 0xD6}; /* ldr x16, 8; br x16 */
    for (gsize i = 0; i < sizeof other; i++)
        code[8 + i] = (guint8)((gsize)other >> (8 * i));
#else
#error "no jump is known for this processor"
#endif
    gsize page = (gsize)sysconf(_SC_PAGESIZE), at = (gsize)function, from = at & ~(page - 1);
    gsize size = at + sizeof code - from;
    if (mprotect((gpointer)from, size, PROT_READ | PROT_WRITE | PROT_EXEC) != 0)
        abort();
    for (gsize i = 0; i < sizeof code; i++)
        ((volatile guint8 *)function)[i] = code[i];
    mprotect((gpointer)from, size, PROT_READ | PROT_EXEC);
    __builtin___clear_cache((char *)function, (char *)function + sizeof code);
}

#define REDIRECT(function, other) redirect((gpointer)(gsize)(function), (gpointer)(gsize)(other))

/* Before main(): no thread is there yet, and every lock is free. */
__attribute__((constructor)) static void take_over(void)
{
    REDIRECT(g_mutex_init, mutex_init);
    REDIRECT(g_mutex_clear, mutex_clear);
    REDIRECT(g_mutex_lock, mutex_lock);
    REDIRECT(g_mutex_trylock, mutex_trylock);
    REDIRECT(g_mutex_unlock, mutex_unlock);
    REDIRECT(g_cond_init, cond_init);
    REDIRECT(g_cond_clear, cond_clear);
    REDIRECT(g_cond_wait, cond_wait);
    REDIRECT(g_cond_wait_until, cond_wait_until);
    REDIRECT(g_cond_signal, cond_signal);
    REDIRECT(g_cond_broadcast, cond_broadcast);
    REDIRECT((g_once_init_enter), once_enter);
    REDIRECT((g_once_init_leave), once_leave);
    /* Whoever asks for the default context after the thread that made it takes it by an atomic load
     * inside libglib, which nobody sees. So it is here before any thread is. */
    g_main_context_default();
}
