/* The public face: making and freeing, one run for the command line, and the thread that keeps the
 * cache live. The thread polls the held connection at a pace that follows the person's attention,
 * each turn ±20 % so that a thousand clients do not beat in step, and backs off while the server is
 * away. A poke (something was decided, a key was pressed) ends any wait. */
#include "internal.h"

#include "hiretty/base/clock.h"
#include "hiretty/base/log.h"
#include "hiretty/base/secret.h"

#include <glib-unix.h>
#include <string.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#define DEFAULT_LEASE_US (7 * HT_US_PER_DAY)
#define ELSEWHERE_MS 3000
#define STOP_US (2 * G_USEC_PER_SEC)
#define SLEPT_US (5 * G_USEC_PER_SEC)
#define ONCE_LOCK_US (5 * G_USEC_PER_SEC)

HtSync *ht_sync_new(HtCache *cache, HtOutbox *outbox, const HtSyncOptions *options, GError **error)
{
    if (!options->paths) {
        g_set_error_literal(error, HT_SYNC_ERROR, HT_SYNC_ERROR_FAILED, "no folders given");
        return NULL;
    }
    HtSync *sync = g_new0(HtSync, 1);
    sync->cache = cache;
    sync->outbox = outbox;
    sync->paths = options->paths;
    sync->connection = options->connection;
    sync->connection.dsn = sync->owned_dsn = g_strdup(options->connection.dsn);
    sync->connection.application_name = sync->owned_name =
        g_strdup(options->connection.application_name);
    sync->connection.root_certificate = sync->owned_root =
        g_strdup(options->connection.root_certificate);
    sync->host_label = g_strdup(options->host_label ? options->host_label : g_get_host_name());
    sync->lease_us = options->lease_us;
    sync->paces_ms[HT_SYNC_FOCUSED] = options->poll_focused_ms;
    sync->paces_ms[HT_SYNC_IDLE] = options->poll_idle_ms;
    sync->lock_fd = sync->request_fd = sync->deaf_fd = -1;
    if (outbox)
        ht_outbox_device(outbox, &sync->device);
    sync->askers = g_array_new(FALSE, FALSE, sizeof(HtSyncAsker));
    sync->served = g_array_new(FALSE, FALSE, sizeof(HtSyncAsker));
    g_mutex_init(&sync->lock);
    g_cond_init(&sync->ended);
    sync->identity = ht_pg_options_identity(&sync->connection);
    sync->lasting = ht_pg_options_warning(&sync->connection);
    sync->status.since_us = ht_clock_now_us();
    sync->status.progress.seconds_left = -1;
    ht_sync_status_recall(sync);
    return sync;
}

static void free_now(HtSync *sync)
{
    ht_sync_status_clear(sync);
    ht_sync_disconnect(sync);
    ht_sync_lock_release(sync);
    ht_sync_columns_free(sync->columns);
    ht_sync_hello_free(sync->hello);
    g_array_unref(sync->askers);
    g_array_unref(sync->served);
    g_free(sync->cursor);
    g_free(sync->host_label);
    g_free(sync->identity);
    g_free(sync->lasting);
    g_free(sync->owned_dsn);
    g_free(sync->owned_name);
    g_free(sync->owned_root);
    ht_secret_free(sync->offered);
    ht_secret_free(sync->password);
    g_clear_object(&sync->cancellable);
    g_clear_pointer(&sync->context, g_main_context_unref);
    g_mutex_clear(&sync->lock);
    g_cond_clear(&sync->ended);
    g_free(sync);
}

void ht_sync_free(HtSync *sync)
{
    if (!sync)
        return;
    bool has_ended = ht_sync_stop(sync);
    ht_sync_status_clear(sync);
    if (has_ended)
        free_now(sync);
}

/* --- One run. */
#define HOLDER_US (15 * HT_US_PER_MINUTE) /* a turn of another process, a whole load included */

/* One that says nothing is left alone after a while: it may be stopped. One that has begun is
 * waited for, and a lock that its holder lost is taken. */
HtSyncLock ht_sync_lock_or_ask(HtSync *sync, HtSyncOnceFlags flags, GCancellable *cancellable,
                               HtSyncReport *report, GArray **checks, GError **error)
{
    int64_t patience_us = flags & HT_SYNC_ONCE_AT_ONCE ? 0 : ONCE_LOCK_US;
    int64_t deadline = g_get_monotonic_time() + patience_us, last = deadline + HOLDER_US;
    for (;;) {
        g_autoptr(GError) problem = NULL;
        if (ht_sync_lock_take(sync, &problem))
            return HT_SYNC_LOCK_OURS;
        HtSyncHolder holder = HT_SYNC_HOLDER_SILENT;
        bool is_busy = g_error_matches(problem, HT_SYNC_ERROR, HT_SYNC_ERROR_BUSY);
        if (is_busy && patience_us > 0)
            holder = checks ? ht_sync_ask_check(sync, checks, error)
                            : ht_sync_ask_holder(sync, flags & HT_SYNC_ONCE_FULL, report, error);
        if (holder == HT_SYNC_HOLDER_DONE)
            return HT_SYNC_LOCK_DONE_ELSEWHERE;
        if (holder == HT_SYNC_HOLDER_FAILED)
            return HT_SYNC_LOCK_FAILED;
        int64_t now = g_get_monotonic_time();
        bool is_late = now >= (holder == HT_SYNC_HOLDER_SILENT ? deadline : last);
        if (!is_busy || is_late || g_cancellable_is_cancelled(cancellable)) {
            g_propagate_error(error, g_steal_pointer(&problem));
            return HT_SYNC_LOCK_FAILED;
        }
        g_usleep(50000);
    }
}

static HtSyncState state_of(const GError *error, bool is_locked)
{
    if (is_locked)
        return HT_SYNC_LOCKED;
    if (g_error_matches(error, HT_SYNC_ERROR, HT_SYNC_ERROR_REFUSED) ||
        g_error_matches(error, HT_SYNC_ERROR, HT_SYNC_ERROR_SETUP) ||
        g_error_matches(error, HT_SYNC_ERROR, HT_SYNC_ERROR_TLS) ||
        g_error_matches(error, HT_SYNC_ERROR, HT_SYNC_ERROR_SCHEMA))
        return HT_SYNC_REFUSED;
    return HT_SYNC_OFFLINE;
}

int64_t ht_sync_last_us(HtCache *cache)
{
    g_autofree char *last = ht_cache_meta(cache, HT_META_LAST_SYNC);
    return last ? g_ascii_strtoll(last, NULL, 10) : 0;
}

int64_t ht_sync_last_us_by(HtReader *reader)
{
    g_autofree char *last = ht_reader_meta(reader, HT_META_LAST_SYNC);
    return last ? g_ascii_strtoll(last, NULL, 10) : 0;
}

static bool write_last(HtApply *apply, gpointer data, GError **error)
{
    return ht_apply_meta_set_int(apply, HT_META_LAST_SYNC, *(const int64_t *)data, error);
}

/* Polls that bring nothing write nothing, so the file may say less than this process knows: it is
 * told when another one asks, when the line breaks and at the end. */
static void keep_last(HtSync *sync)
{
    g_mutex_lock(&sync->lock);
    int64_t last = sync->status.last_sync_us;
    g_mutex_unlock(&sync->lock);
    if (last > ht_sync_last_us(sync->cache) && !ht_cache_is_locked(sync->cache, NULL))
        ht_cache_apply(sync->cache, write_last, &last, NULL);
}

static void keep_last_for_askers(HtSync *sync)
{
    g_mutex_lock(&sync->lock);
    bool is_asked = sync->askers->len > 0;
    g_mutex_unlock(&sync->lock);
    if (is_asked)
        keep_last(sync);
}

bool ht_sync_lease_check(HtCache *cache, int64_t lease_us)
{
    if (ht_cache_is_locked(cache, NULL))
        return false;
    int64_t last_us = ht_sync_last_us(cache);
    int64_t lease = lease_us > 0 ? lease_us : DEFAULT_LEASE_US;
    int64_t now_us = ht_clock_now_us();
    /* Seen in the future: a clock was wrong, then or now. The lease runs from now on, not for as
     * long as that clock was ahead. */
    if (last_us > now_us + HT_US_PER_DAY)
        ht_cache_apply(cache, write_last, &now_us, NULL);
    if (last_us == 0 || now_us - last_us <= lease)
        return true;
    ht_cache_set_lock(cache, "too long without the server (connect once to go on)", NULL);
    return false;
}

static void note_failure(HtSync *sync, const GError *error)
{
    ht_sync_log_failure(error);
    keep_last(sync);
    ht_sync_lease_check(sync->cache, sync->lease_us);
    if (ht_sync_status_has_offer(sync))
        return; /* it came while this was under way and has not been tried: no outcome yet */
    ht_sync_status_state(sync, state_of(error, ht_cache_is_locked(sync->cache, NULL)),
                         error->message);
}

static bool run_once(HtSync *sync, HtSyncOnceFlags flags, GCancellable *cancellable, GError **error)
{
    if (!ht_sync_cycle(sync, flags, cancellable, error))
        return false;
    GError *problem = NULL;
    if (!ht_sync_load_wide_all(sync, &problem)) {
        ht_sync_error_take(error, problem);
        return false;
    }
    /* What an ended or older program left to make: nobody is idle here. All is read without. */
    g_autoptr(GError) why = NULL;
    if (!ht_cache_settle(sync->cache, &why))
        ht_log(HT_LOG_WARNING, "an index of the cache: %s", why->message);
    return true;
}

bool ht_sync_once(HtSync *sync, HtSyncOnceFlags flags, GCancellable *cancellable,
                  HtSyncReport *report, GError **error)
{
    g_return_val_if_fail(!sync->thread, false);
    HtSyncReport own = {0};
    HtSyncReport *mine = report ? report : &own;
    memset(mine, 0, sizeof *mine);
    memset(&sync->logged, 0, sizeof sync->logged);
    HtSyncLock lock = ht_sync_lock_or_ask(sync, flags, cancellable, mine, NULL, error);
    if (!(flags & HT_SYNC_ONCE_AT_ONCE)) /* such a one's caller may have asked himself */
        ht_sync_forget_request(sync);
    if (lock != HT_SYNC_LOCK_OURS)
        return lock == HT_SYNC_LOCK_DONE_ELSEWHERE;
    int64_t started = g_get_monotonic_time();
    sync->report = mine;
    GError *problem = NULL;
    bool ok = run_once(sync, flags, cancellable, &problem);
    mine->duration_us = g_get_monotonic_time() - started;
    if (ok)
        ht_sync_status_state(sync, HT_SYNC_LIVE, NULL);
    else if (problem)
        note_failure(sync, problem);
    if (problem)
        g_propagate_error(error, problem);
    ht_sync_disconnect(sync);
    ht_sync_lock_release(sync);
    sync->report = NULL;
    return ok;
}

/* --- The thread. */
typedef struct {
    HtSync *sync;
    bool is_over;
} Wait;

static gboolean on_time(gint fd, GIOCondition condition, gpointer data)
{
    (void)fd;
    (void)condition;
    ((Wait *)data)->is_over = true;
    return G_SOURCE_REMOVE;
}

static gboolean on_timeout(gpointer data)
{
    ((Wait *)data)->is_over = true;
    return G_SOURCE_REMOVE;
}

/* The line was cut between two turns: no use in waiting for the next one. */
static gboolean on_line(gint fd, GIOCondition condition, gpointer data)
{
    (void)fd;
    (void)condition;
    Wait *wait = data;
    if (wait->sync->pg && ht_pg_is_alive(wait->sync->pg))
        return G_SOURCE_CONTINUE;
    wait->is_over = true;
    return G_SOURCE_REMOVE;
}

/* Time that goes on while the machine sleeps. */
static int64_t awake_or_not_us(void)
{
    struct timespec now = {0};
    clock_gettime(CLOCK_BOOTTIME, &now);
    return (int64_t)now.tv_sec * G_USEC_PER_SEC + now.tv_nsec / 1000;
}

static GSource *add_source(HtSync *sync, int fd, GUnixFDSourceFunc func, Wait *wait)
{
    GSource *source = g_unix_fd_source_new(fd, G_IO_IN | G_IO_HUP | G_IO_ERR);
    g_source_set_callback(source, G_SOURCE_FUNC(func), wait, NULL);
    g_source_attach(source, sync->context);
    return source;
}

static void drop_source(GSource *source)
{
    if (!source)
        return;
    g_source_destroy(source);
    g_source_unref(source);
}

/* What is decided here pokes, and so does a key after a pause. Neither is a reason to try a refused
 * password again: some servers close an account after a few. */
static bool is_poked(HtSync *sync)
{
    if (!g_atomic_int_compare_and_exchange(&sync->is_poked, 1, 0))
        return false;
    return g_atomic_int_compare_and_exchange(&sync->is_asked, 1, 0) || !sync->waits_for_password;
}

/* Until the time is over, a poke, the end of the line, or the end. A machine that slept is late:
 * its line is then dead more often than not, and finding out by waiting would take longer than
 * connecting anew. true: that was so. */
static bool wait_ms(HtSync *sync, int64_t ms)
{
    Wait wait = {.sync = sync, .is_over = ms <= 0};
    int64_t due_us = awake_or_not_us() + MAX(ms, 0) * 1000;
    struct itimerspec when = {.it_value = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000}};
    int timer = timerfd_create(CLOCK_BOOTTIME, TFD_CLOEXEC | TFD_NONBLOCK);
    GSource *time;
    if (timer >= 0 && timerfd_settime(timer, 0, &when, NULL) == 0) {
        time = add_source(sync, timer, on_time, &wait);
    } else { /* out of descriptors */
        time = g_timeout_source_new((guint)CLAMP(ms, 0, G_MAXINT));
        g_source_set_callback(time, on_timeout, &wait, NULL);
        g_source_attach(time, sync->context);
    }
    GSource *line = sync->pg ? add_source(sync, ht_pg_socket(sync->pg), on_line, &wait) : NULL;
    while (!wait.is_over && !g_atomic_int_get(&sync->is_stopping) && !is_poked(sync))
        g_main_context_iteration(sync->context, TRUE);
    drop_source(time);
    drop_source(line);
    if (timer >= 0)
        close(timer);
    return awake_or_not_us() - due_us > SLEPT_US;
}

static int64_t jitter(int64_t ms)
{
    return ht_sync_jitter_ms(ms, g_random_int());
}

static void on_cache_changed(uint64_t tables, gpointer data)
{
    HtSync *sync = data;
    if (!(tables & HT_CHANGED_SHOWN) || !sync->outbox)
        return;
    HtOutboxCounts counts = {0};
    ht_outbox_counts(sync->outbox, &counts);
    if (counts.pending > 0)
        g_atomic_int_set(&sync->is_poked, 1);
    ht_sync_status_notify(sync, true);
}

/* One turn; returns how long to wait for the next. */
static int64_t turn(HtSync *sync, guint *failures)
{
    g_autoptr(GError) error = NULL;
    if (!ht_sync_lock_take(sync, &error)) {
        g_mutex_lock(&sync->lock);
        g_array_set_size(sync->askers, 0); /* it is for the one that has the lock */
        g_mutex_unlock(&sync->lock);
        bool is_busy = g_error_matches(error, HT_SYNC_ERROR, HT_SYNC_ERROR_BUSY);
        ht_sync_status_recall(sync);
        ht_sync_status_state(sync, is_busy ? HT_SYNC_ELSEWHERE : HT_SYNC_OFFLINE, error->message);
        return jitter(ELSEWHERE_MS);
    }
    if (!sync->pg && *failures == 0)
        ht_sync_status_state(sync, HT_SYNC_CONNECTING, NULL);
    bool ok = ht_sync_cycle(sync, ht_sync_request_take(sync), sync->cancellable, &error);
    if (ok)
        keep_last_for_askers(sync);
    ht_sync_request_end(sync, error);
    if (ok) {
        *failures = 0;
        ht_sync_status_state(sync, HT_SYNC_LIVE, NULL);
        HtSyncFocus focus = (HtSyncFocus)g_atomic_int_get(&sync->focus);
        return jitter(ht_sync_pace_ms(focus, sync->poll_ms, sync->paces_ms[focus]));
    }
    if (g_atomic_int_get(&sync->is_stopping))
        return 0;
    note_failure(sync, error);
    /* A line that had worked is gone: another one may be had at once. */
    if (sync->is_held && g_error_matches(error, HT_SYNC_ERROR, HT_SYNC_ERROR_OFFLINE)) {
        *failures = 1;
        return 0;
    }
    *failures = MIN(*failures + 1, 7);
    /* Its password is right, so asking again cannot lock the account; it may be let in again. */
    if (sync->is_shut_out)
        return jitter(ht_sync_backoff_ms(*failures));
    /* Another network may have another server behind the name (a hotel's), for a while. */
    if (g_error_matches(error, HT_SYNC_ERROR, HT_SYNC_ERROR_TLS))
        return jitter(ht_sync_backoff_ms(G_MAXUINT));
    /* A refused password or login is not tried again by itself: that could lock the account. One
     * that was let in before, and lost its cache for that, is asked again once in a while. */
    if (g_error_matches(error, HT_SYNC_ERROR, HT_SYNC_ERROR_REFUSED) &&
        ht_cache_is_locked(sync->cache, NULL))
        return jitter(ht_sync_closed_ms);
    if (g_error_matches(error, HT_SYNC_ERROR, HT_SYNC_ERROR_REFUSED) ||
        g_error_matches(error, HT_SYNC_ERROR, HT_SYNC_ERROR_SETUP))
        return G_MAXINT;
    return jitter(ht_sync_backoff_ms(*failures));
}

/* Wide columns come in chunks between the turns, until the next one is due. */
static void load_wide_until(HtSync *sync, int64_t deadline_us)
{
    bool is_due;
    /* What cannot be read is asked for again after the next turn. */
    while (sync->pg && ht_sync_wide_is_due(sync, &is_due, NULL) && is_due &&
           !g_atomic_int_get(&sync->is_stopping) && !g_atomic_int_get(&sync->is_poked) &&
           g_get_monotonic_time() < deadline_us) {
        g_autoptr(GError) error = NULL;
        if (!ht_sync_load_wide(sync, deadline_us, &error)) {
            ht_sync_disconnect(sync);
            return;
        }
    }
}

static gpointer thread_main(gpointer data)
{
    HtSync *sync = data;
    HtSyncReport report = {0};
    guint failures = 0;
    ht_thread_stand_back();
    sync->report = &report;
    g_main_context_push_thread_default(sync->context);
    guint subscription = ht_cache_subscribe(sync->cache, sync->context, on_cache_changed, sync);
    ht_sync_lease_check(sync->cache, sync->lease_us);
    ht_sync_request_open(sync);
    while (!g_atomic_int_get(&sync->is_stopping)) {
        guint asked = ht_sync_status_asked(sync);
        int64_t wait = turn(sync, &failures);
        if (wait > 0 || failures == 0) /* else it tries again at once */
            ht_sync_status_answered(sync, asked);
        int64_t due_us = g_get_monotonic_time() + wait * 1000;
        load_wide_until(sync, due_us);
        if (wait_ms(sync, (due_us - g_get_monotonic_time()) / 1000)) {
            ht_sync_disconnect(sync);
            failures = 0;
        }
        if (failures > 0 && wait > 0 && g_get_monotonic_time() < due_us)
            failures = 0; /* poked: no more patience */
    }
    ht_sync_request_close(sync);
    ht_cache_unsubscribe(sync->cache, subscription);
    ht_sync_disconnect(sync);
    keep_last(sync);
    ht_sync_lock_release(sync);
    g_main_context_pop_thread_default(sync->context);
    sync->report = NULL;
    g_mutex_lock(&sync->lock);
    sync->has_ended = true;
    g_cond_broadcast(&sync->ended);
    g_mutex_unlock(&sync->lock);
    return NULL;
}

void ht_sync_start(HtSync *sync)
{
    if (sync->thread)
        return;
    g_clear_object(&sync->cancellable);
    g_clear_pointer(&sync->context, g_main_context_unref);
    sync->cancellable = g_cancellable_new();
    sync->context = g_main_context_new();
    sync->has_ended = false;
    g_atomic_int_set(&sync->is_stopping, 0);
    g_atomic_int_set(&sync->is_poked, 0);
    g_atomic_int_set(&sync->is_asked, 0);
    sync->waits_for_password = false;
    ht_sync_status_state(sync, HT_SYNC_CONNECTING, NULL);
    sync->is_live = true;
    sync->thread = g_thread_new("sync", thread_main, sync);
}

void ht_sync_poke(HtSync *sync)
{
    g_atomic_int_set(&sync->is_poked, 1);
    if (sync->context) /* the thread's, made before it */
        g_main_context_wakeup(sync->context);
}

guint ht_sync_ask(HtSync *sync)
{
    guint number = ht_sync_status_ask(sync);
    g_atomic_int_set(&sync->is_asked, 1);
    ht_sync_poke(sync);
    return number;
}

void ht_sync_set_focus(HtSync *sync, HtSyncFocus focus)
{
    int before = g_atomic_int_get(&sync->focus);
    g_atomic_int_set(&sync->focus, (int)focus);
    if (before != (int)focus && focus == HT_SYNC_FOCUSED)
        ht_sync_poke(sync);
}

bool ht_sync_stop(HtSync *sync)
{
    if (!sync->thread)
        return true;
    g_atomic_int_set(&sync->is_stopping, 1);
    g_cancellable_cancel(sync->cancellable);
    g_main_context_wakeup(sync->context);
    int64_t deadline = g_get_monotonic_time() + STOP_US;
    g_mutex_lock(&sync->lock);
    while (!sync->has_ended && g_cond_wait_until(&sync->ended, &sync->lock, deadline)) {
    }
    bool has_ended = sync->has_ended;
    g_mutex_unlock(&sync->lock);
    if (has_ended) {
        g_thread_join(sync->thread);
        sync->thread = NULL;
        sync->is_live = false;
    }
    return has_ended;
}
