/* Verbs about the server: sync and status; and the short wait for a push that every changing verb
 * does. */
#include "cli_impl.h"
#include "context_impl.h"

#include <string.h>
#include <unistd.h>

enum { PUSH_WAIT_MS = 5000, PROGRESS_AFTER_MS = 1000, PROGRESS_EVERY_MS = 250, BAR = 24 };

/* ---- progress
 * --------------------------------------------------------------------------------------------- */
typedef struct {
    HtSync *sync;
    GMutex lock;
    GCond wake;
    bool stop, shown;
    GThread *thread;
} Progress;

static void print_progress(const HtSyncProgress *p)
{
    int full = p->total_estimate > 0
                   ? (int)MIN(BAR, p->rows * BAR / MAX(INT64_C(1), p->total_estimate))
                   : 0;
    g_autofree char *on = g_strnfill((gsize)full, '#');
    g_autofree char *off = g_strnfill((gsize)(BAR - full), '.');
    g_autofree char *left = p->seconds_left >= 0
                                ? g_strdup_printf(", %" G_GINT64_FORMAT " s left", p->seconds_left)
                                : g_strdup("");
    ht_print_part(stderr, "\r[%s%s] %s %" G_GINT64_FORMAT " %s, %.0f/s%s        ", on, off,
                  p->table, p->rows, ht_text_plural(p->rows, "row", "rows"), p->rows_per_s, left);
    ht_print_flush(stderr, NULL);
}

static gpointer show_progress(gpointer data)
{
    Progress *progress = data;
    gint64 start = g_get_monotonic_time();
    g_mutex_lock(&progress->lock);
    while (!progress->stop) {
        gint64 until = g_get_monotonic_time() + PROGRESS_EVERY_MS * 1000;
        while (!progress->stop && g_cond_wait_until(&progress->wake, &progress->lock, until))
            continue;
        if (progress->stop || g_get_monotonic_time() - start < PROGRESS_AFTER_MS * 1000)
            continue;
        HtSyncStatus status;
        ht_sync_status(progress->sync, &status);
        if (status.progress.rows > 0) {
            print_progress(&status.progress);
            progress->shown = true;
        }
    }
    g_mutex_unlock(&progress->lock);
    return NULL;
}

static void progress_start(Progress *progress, HtSync *sync)
{
    memset(progress, 0, sizeof *progress);
    progress->sync = sync;
    g_mutex_init(&progress->lock);
    g_cond_init(&progress->wake);
    if (isatty(STDERR_FILENO))
        progress->thread = g_thread_new("progress", show_progress, progress);
}

static void progress_stop(Progress *progress)
{
    g_mutex_lock(&progress->lock);
    progress->stop = true;
    g_cond_signal(&progress->wake);
    g_mutex_unlock(&progress->lock);
    if (progress->thread)
        g_thread_join(progress->thread);
    if (progress->shown)
        ht_print_part(stderr, "\r%*s\r", 78, "");
    g_mutex_clear(&progress->lock);
    g_cond_clear(&progress->wake);
}

/* ---- sync
 * ---------------------------------------------------------------------------------------------------
 */
static HtJson *report_json(const HtSyncReport *r, int n_open)
{
    HtJson *json = ht_json_new_object();
    ht_json_set_int(json, "rows_changed", r->rows_changed);
    ht_json_set_int(json, "rows_deleted", r->rows_deleted);
    ht_json_set_int(json, "rows_received", r->rows_received);
    ht_json_set_int(json, "bytes_received", r->bytes_received);
    ht_json_set_int(json, "duration_ms", r->duration_us / HT_US_PER_MS);
    ht_json_set_bool(json, "loaded", r->loaded);
    ht_json_set_string(json, "why_full", *r->why_full ? r->why_full : NULL);
    ht_json_set_int(json, "sent", r->sent);
    ht_json_set_int(json, "applied", r->applied);
    ht_json_set_int(json, "merged", r->merged);
    ht_json_set_int(json, "conflicts", r->conflicts);
    ht_json_set_int(json, "open_conflicts", n_open);
    ht_json_set_int(json, "gone", r->gone);
    ht_json_set_int(json, "rejected", r->rejected);
    ht_json_set_int(json, "parked", r->parked);
    ht_json_set_int(json, "same", r->same);
    ht_json_set_int(json, "waiting", r->held);
    ht_json_set_bool(json, "new_device", r->is_new_device);
    return json;
}

/* `n_open`: conflicts that wait for the person, those of runs before included. */
static void print_report(const HtSyncReport *r, int n_open)
{
    if (*r->why_full)
        ht_print_line(stdout, "Everything was fetched anew: %s", r->why_full);
    if (r->is_new_device)
        ht_print_line(stdout,
                      "This profile is a copy of one that is in use: it goes on as a device "
                      "of its own.");
    if (r->sent > 0)
        ht_print_line(
            stdout, "Sent %u: %u applied, %u merged, %u %s, %u gone, %u rejected, %u parked",
            r->sent, r->applied, r->merged, r->conflicts,
            ht_text_plural(r->conflicts, "conflict", "conflicts"), r->gone, r->rejected, r->parked);
    if (r->same > 0)
        ht_print_line(stdout, "Of these somebody else had decided %u the same already: done",
                      r->same);
    const char *wait = ht_text_plural(n_open, "conflict waits", "conflicts wait");
    g_autofree char *open =
        n_open ? g_strdup_printf("; %d %s: hiretty conflicts", n_open, wait) : g_strdup("");
    ht_print_line(stdout,
                  "Synced: %" G_GINT64_FORMAT " %s changed, %" G_GINT64_FORMAT
                  " deleted, %.1f MB in %.1f s%s",
                  r->rows_changed, ht_text_plural(r->rows_changed, "row", "rows"), r->rows_deleted,
                  (double)r->bytes_received / 1e6, (double)r->duration_us / 1e6, open);
}

static int exit_of_report(const char *verb, const HtSyncReport *r)
{
    if (r->conflicts > 0) {
        ht_print_error(verb, "what was decided on is not as it was any more", "hiretty conflicts");
        return HT_EXIT_CONFLICT;
    }
    if (r->rejected + r->gone + r->parked > 0) {
        ht_print_error(verb, "the server did not take everything", "hiretty outbox list");
        return HT_EXIT_REFUSED;
    }
    if (r->held > 0) {
        g_autofree char *what =
            g_strdup_printf("%u %s kept here, not sent: %s", r->held,
                            ht_text_plural(r->held, "change is", "changes are"), r->why_held);
        ht_print_error(verb, what, "hiretty outbox push tries again");
        return HT_EXIT_OFFLINE;
    }
    return ht_cli_finish(verb);
}

/* What the server took before a run failed is done, whatever the error says of the rest. */
static int fail_having_sent(const char *verb, const HtSyncReport *r, GError *error)
{
    g_autoptr(GError) owned = error;
    const struct {
        guint n;
        const char *one, *many;
    } kinds[] = {
        {r->applied, "applied", "applied"}, {r->same, "decided the same", "decided the same"},
        {r->merged, "merged", "merged"},    {r->conflicts, "conflict", "conflicts"},
        {r->gone, "gone", "gone"},          {r->rejected, "rejected", "rejected"},
        {r->parked, "parked", "parked"},
    };
    g_autoptr(GString) text = g_string_new(NULL);
    g_string_printf(text, "%s; before that %u %s sent", owned->message, r->sent,
                    ht_text_plural(r->sent, "was", "were"));
    const char *before = ": ";
    for (gsize i = 0; i < G_N_ELEMENTS(kinds); i++) {
        if (kinds[i].n == 0)
            continue;
        g_string_append_printf(text, "%s%u %s", before, kinds[i].n,
                               ht_text_plural(kinds[i].n, kinds[i].one, kinds[i].many));
        before = ", ";
    }
    return ht_cli_fail(verb, g_error_new_literal(owned->domain, owned->code, text->str));
}

int ht_cli_sync(HtCliHost *host, const char *verb, HtSyncOnceFlags flags,
                const HtCliOptions *options)
{
    GError *error = NULL;
    if (host->offline) {
        ht_print_error(verb, "asked to stay offline", "leave out --offline");
        return HT_EXIT_OFFLINE;
    }
    HtSync *sync = host->ops->sync(host, &error);
    if (!sync)
        return ht_cli_fail(verb, error);
    HtSyncReport report = {0};
    Progress progress;
    progress_start(&progress, sync);
    bool ok = ht_sync_once(sync, flags, NULL, &report, &error);
    progress_stop(&progress);
    /* Opened only now: its reader would keep the old generation from being removed. */
    HtContext *context = host->ops->context(host, NULL);
    if (context) {
        ht_cli_tell_mended(host, context);
        ht_cli_tell_same(context, ok ? report.same : 0);
    }
    if (!ok)
        return report.sent > 0 ? fail_having_sent(verb, &report, error) : ht_cli_fail(verb, error);
    HtSyncStatus status;
    ht_sync_status(sync, &status);
    if (*status.warning)
        ht_print_error(verb, status.warning, NULL);
    HtOutboxCounts counts = {0};
    if (context && context->parts.outbox)
        ht_outbox_counts(context->parts.outbox, &counts);
    if (options->json)
        ht_cli_print_json(report_json(&report, counts.conflicts));
    else
        print_report(&report, counts.conflicts);
    return exit_of_report(verb, &report);
}

int ht_verb_sync(HtCliHost *host, int argc, char **argv)
{
    g_auto(HtCliOptions) options;
    int exit;
    if (!ht_cli_parse(argc, argv, &options, &exit))
        return exit;
    if (ht_cli_n_rest(&options) > 0)
        return ht_cli_usage_error("sync", "'%s' is too much", options.rest[0]);
    return ht_cli_sync(host, "sync", options.full ? HT_SYNC_ONCE_FULL : HT_SYNC_ONCE, &options);
}

/* ---- the wait after a change
 * ----------------------------------------------------------------------------------- */
typedef struct {
    GCancellable *cancellable;
    GMutex lock;
    GCond wake;
    bool done;
} Deadline;

static gpointer watch_deadline(gpointer data)
{
    Deadline *deadline = data;
    gint64 until = g_get_monotonic_time() + PUSH_WAIT_MS * 1000;
    g_mutex_lock(&deadline->lock);
    while (!deadline->done && g_cond_wait_until(&deadline->wake, &deadline->lock, until))
        continue;
    if (!deadline->done)
        g_cancellable_cancel(deadline->cancellable);
    g_mutex_unlock(&deadline->lock);
    return NULL;
}

static bool push_in_time(HtSync *sync, HtSyncReport *report, GError **error)
{
    g_autoptr(GCancellable) cancellable = g_cancellable_new();
    Deadline deadline = {.cancellable = cancellable};
    g_mutex_init(&deadline.lock);
    g_cond_init(&deadline.wake);
    GThread *thread = g_thread_new("deadline", watch_deadline, &deadline);
    HtSyncOnceFlags flags = HT_SYNC_ONCE_AT_ONCE;
    bool ok = ht_sync_once(sync, flags, cancellable, report, error);
    g_mutex_lock(&deadline.lock);
    deadline.done = true;
    g_cond_signal(&deadline.wake);
    g_mutex_unlock(&deadline.lock);
    g_thread_join(thread);
    g_mutex_clear(&deadline.lock);
    g_cond_clear(&deadline.wake);
    return ok;
}

/* The worst state among what was recorded; *waiting: how many of it have not left. What was in the
 * outbox before is not this command's matter. */
static HtExit exit_of_span(HtContext *context, const HtOpSpan *recorded, int *waiting, char **why)
{
    g_autoptr(GPtrArray) items = ht_outbox_list_span(context->parts.outbox, recorded, NULL);
    HtExit worst = HT_EXIT_DONE;
    *waiting = !items; /* cannot be told */
    for (guint i = 0; items && i < items->len; i++) {
        const HtOutboxItem *item = items->pdata[i];
        HtExit here = HT_EXIT_DONE;
        if (item->state == HT_OP_CONFLICT)
            here = HT_EXIT_CONFLICT;
        else if (item->state == HT_OP_REJECTED || item->state == HT_OP_GONE ||
                 item->state == HT_OP_PARKED)
            here = HT_EXIT_REFUSED;
        else if (item->state == HT_OP_PENDING || item->state == HT_OP_SENDING)
            ++*waiting;
        if (why && item->why && (here > worst || (worst == HT_EXIT_DONE && !*why))) {
            g_free(*why);
            *why = g_strdup(item->why);
        }
        worst = MAX(worst, here);
    }
    return worst;
}

/* Sends; or waits until another process of the profile has, which is told by the change itself. */
static bool push_by_somebody(HtContext *context, HtSync *sync, const HtOpSpan *recorded,
                             GError **error)
{
    gint64 end = g_get_monotonic_time() + PUSH_WAIT_MS * 1000;
    for (;;) {
        g_autoptr(GError) problem = NULL;
        HtSyncReport report = {0};
        if (push_in_time(sync, &report, &problem))
            return true;
        bool other = g_error_matches(problem, HT_SYNC_ERROR, HT_SYNC_ERROR_BUSY);
        if (!other || g_get_monotonic_time() >= end) {
            g_propagate_error(error, g_steal_pointer(&problem));
            return false;
        }
        int waiting;
        exit_of_span(context, recorded, &waiting, NULL);
        if (waiting == 0)
            return true;
        /* The one that syncs may be offline, and then it knows why. */
        if (ht_sync_ask_holder(sync, false, NULL, error) == HT_SYNC_HOLDER_FAILED)
            return false;
        g_usleep(50 * 1000);
    }
}

static int say_offline(const char *verb, const char *why)
{
    g_autofree char *kept = g_strdup_printf("kept here, not sent: %s", why);
    ht_print_error(verb, kept, "hiretty outbox push tries again");
    return HT_EXIT_OFFLINE;
}

static int say_unsent(const char *verb, GError *error)
{
    g_autoptr(GError) owned = error;
    if (g_error_matches(owned, HT_SYNC_ERROR, HT_SYNC_ERROR_CANCELLED))
        return say_offline(verb, "the server did not answer within 5 s");
    if (g_error_matches(owned, HT_SYNC_ERROR, HT_SYNC_ERROR_BUSY))
        return say_offline(verb, "another process of this profile is busy sending");
    return ht_sync_exit(owned) == HT_EXIT_OFFLINE ? say_offline(verb, owned->message)
                                                  : ht_cli_fail(verb, g_steal_pointer(&owned));
}

/* Also of what waited before; if another process took the answer in, of what was recorded here. */
static void say_same(HtContext *context, const HtOpSpan *recorded)
{
    HtOpSpan span;
    guint n = ht_outbox_take_same(context->parts.outbox, &span);
    g_autofree char *text = ht_context_say_same(context, n ? &span : recorded, n);
    if (text)
        ht_print_line(stderr, "%s", text);
    if (n)
        ht_outbox_told_same(context->parts.outbox, &span);
}

int ht_cli_push(HtCliHost *host, HtContext *context, const char *verb, const HtOpSpan *recorded)
{
    if (host->offline)
        return ht_cli_finish(verb);
    g_autoptr(GError) error = NULL;
    HtSync *sync = host->ops->sync(host, &error);
    if (!sync)
        return say_offline(verb, error->message);
    bool ok = push_by_somebody(context, sync, recorded, &error);
    ht_sync_forget_request(sync);
    int waiting;
    g_autofree char *why = NULL;
    HtExit worst = exit_of_span(context, recorded, &waiting, &why);
    if (!ok && (waiting > 0 || recorded->first == 0))
        return say_unsent(verb, g_steal_pointer(&error));
    if (worst != HT_EXIT_DONE) {
        ht_print_error(verb, why ? why : "the server did not take it",
                       worst == HT_EXIT_CONFLICT ? "hiretty conflicts" : "hiretty outbox list");
        return worst;
    }
    if (waiting > 0)
        return say_offline(verb, why ? why : "another change goes first");
    say_same(context, recorded);
    if (!ok) { /* after it had been sent */
        g_autofree char *rest =
            g_strdup_printf("sent; what is new there was not fetched: %s", error->message);
        ht_print_error(verb, rest, NULL);
    }
    return ht_cli_finish(verb);
}

/* ---- status
 * ------------------------------------------------------------------------------------------------------
 */
static HtJson *status_json(HtCliHost *host, HtContext *context, const HtSyncStatus *status,
                           const HtOutboxCounts *counts)
{
    const HtMe *me = ht_context_me(context);
    HtJson *json = ht_json_new_object();
    g_autofree char *locked = NULL;
    bool is_locked = ht_cache_is_locked(context->parts.cache, &locked);
    /* Nothing is asked here: what the cache knows, not how the line is now. */
    ht_json_set_string(json, "state",
                       is_locked              ? ht_sync_state_name(HT_SYNC_LOCKED)
                       : status->last_sync_us ? "synced"
                                              : ht_sync_state_name(HT_SYNC_NEVER));
    ht_json_set_string(json, "locked", locked);
    ht_json_set_int(json, "pending", counts->pending + counts->sending);
    ht_json_set_int(json, "parked", counts->parked);
    ht_json_set_int(json, "conflicts", counts->conflicts);
    ht_json_set_int(json, "rejected", counts->rejected);
    ht_cli_json_time(json, "last_sync", status->last_sync_us);
    ht_json_set_string(json, "role", me && me->role ? me->role : NULL);
    ht_json_set_string(json, "name", me && me->name ? me->name : NULL);
    ht_json_set_string(json, "tenant", me && me->tenant_name ? me->tenant_name : NULL);
    ht_json_set_string(json, "server", *status->server ? status->server : NULL);
    ht_json_set_string(json, "warning", *status->warning ? status->warning : NULL);
    ht_json_set_string(json, "problem", ht_cache_problem(context->parts.cache));
    ht_json_set_string(json, "profile", ht_paths_profile(host->paths));
    return json;
}

static void print_status(HtContext *context, const HtSyncStatus *status,
                         const HtOutboxCounts *counts)
{
    const HtMe *me = ht_context_me(context);
    char age[16] = "never";
    if (status->last_sync_us)
        ht_clock_format_age(ht_clock_now_us() - status->last_sync_us, age);
    ht_print_line(stdout, "Tenant     %s", me && me->tenant_name ? me->tenant_name : "unknown");
    ht_print_line(stdout, "You        %s, %s", me && me->name ? me->name : "unknown",
                  me && me->role ? me->role : "no role yet");
    ht_print_line(stdout, "Last sync  %s%s", age, status->last_sync_us ? " ago" : "");
    g_autofree char *locked = NULL;
    if (ht_cache_is_locked(context->parts.cache, &locked))
        ht_print_line(stdout, "Locked     %s", locked ? locked : "until the next sync");
    ht_print_line(stdout, "Waiting    %d to send, %d parked", counts->pending + counts->sending,
                  counts->parked);
    ht_print_line(stdout, "Conflicts  %d, rejected %d", counts->conflicts, counts->rejected);
    if (*status->warning)
        ht_print_line(stdout, "Warning    %s", status->warning);
    if (*status->error)
        ht_print_line(stdout, "Problem    %s", status->error);
    if (ht_cache_problem(context->parts.cache))
        ht_print_line(stdout, "Cache      %s", ht_cache_problem(context->parts.cache));
    if (ht_outbox_problem(context->parts.outbox))
        ht_print_line(stdout, "Outbox     %s", ht_outbox_problem(context->parts.outbox));
}

int ht_verb_status(HtCliHost *host, int argc, char **argv)
{
    g_auto(HtCliOptions) options;
    int exit;
    if (!ht_cli_parse(argc, argv, &options, &exit))
        return exit;
    HtContext *context = ht_cli_open(host, "status", &exit);
    if (!context)
        return exit;
    HtSyncStatus status = {.state = HT_SYNC_NEVER};
    HtSync *sync = host->dsn ? host->ops->sync(host, NULL) : NULL;
    if (sync)
        ht_sync_status(sync, &status);
    else /* the cache knows, whatever server is named today */
        status.last_sync_us = ht_sync_last_us(context->parts.cache);
    HtOutboxCounts counts = {0};
    ht_outbox_counts(context->parts.outbox, &counts);
    if (options.json)
        ht_cli_print_json(status_json(host, context, &status, &counts));
    else
        print_status(context, &status, &counts);
    return ht_cli_finish("status");
}
