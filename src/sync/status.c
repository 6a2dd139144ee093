/* What the screen says about the sync: one struct under a lock, copied out by value; its changes
 * are told in the owner's context, progress at most once a second. */
#include "internal.h"

#include "hiretty/base/clock.h"
#include "hiretty/base/secret.h"
#include "hiretty/base/text.h"

#include <string.h>

static const char *const names[] = {
    [HT_SYNC_NEVER] = "never",   [HT_SYNC_CONNECTING] = "connecting", [HT_SYNC_LOADING] = "loading",
    [HT_SYNC_LIVE] = "live",     [HT_SYNC_OFFLINE] = "offline",       [HT_SYNC_REFUSED] = "refused",
    [HT_SYNC_LOCKED] = "locked", [HT_SYNC_ELSEWHERE] = "elsewhere",
};

static const char newer_schema[] = "the database is newer than this program (update hiretty)";

const char *ht_sync_state_name(HtSyncState state)
{
    return (guint)state < G_N_ELEMENTS(names) ? names[state] : "never";
}

/* Clean and cut at a whole character. */
static void set_text(char *out, gsize size, const char *text)
{
    g_autofree char *clean = ht_text_sanitize(text, -1, HT_TEXT_LINE, NULL);
    gsize len = strlen(clean);
    if (len >= size) {
        len = size - 1;
        while (len > 0 && ((guchar)clean[len] & 0xc0) == 0x80)
            len--;
    }
    memcpy(out, clean, len);
    out[len] = '\0';
}

static gboolean on_notify(gpointer data)
{
    HtSync *sync = data;
    g_mutex_lock(&sync->lock);
    g_clear_pointer(&sync->notify_source, g_source_unref);
    HtSyncNotify func = sync->notify;
    gpointer func_data = sync->notify_data;
    g_mutex_unlock(&sync->lock);
    if (func)
        func(func_data);
    return G_SOURCE_REMOVE;
}

/* With the lock held. */
static void notify(HtSync *sync, bool at_once)
{
    int64_t now = g_get_monotonic_time();
    if (!sync->notify || sync->notify_source)
        return;
    if (!at_once && now - sync->notified_us < G_USEC_PER_SEC)
        return;
    sync->notified_us = now;
    sync->notify_source = g_idle_source_new();
    g_source_set_priority(sync->notify_source, G_PRIORITY_DEFAULT);
    g_source_set_callback(sync->notify_source, on_notify, sync, NULL);
    g_source_attach(sync->notify_source, sync->notify_context);
}

void ht_sync_status_notify(HtSync *sync, bool at_once)
{
    g_mutex_lock(&sync->lock);
    notify(sync, at_once);
    g_mutex_unlock(&sync->lock);
}

void ht_sync_set_notify(HtSync *sync, GMainContext *context, HtSyncNotify func, gpointer data)
{
    g_mutex_lock(&sync->lock);
    g_clear_pointer(&sync->notify_context, g_main_context_unref);
    sync->notify_context =
        context ? g_main_context_ref(context) : g_main_context_ref_thread_default();
    sync->notify = func;
    sync->notify_data = data;
    g_mutex_unlock(&sync->lock);
}

void ht_sync_status_clear(HtSync *sync)
{
    g_mutex_lock(&sync->lock);
    sync->notify = NULL;
    if (sync->notify_source)
        g_source_destroy(sync->notify_source);
    g_clear_pointer(&sync->notify_source, g_source_unref);
    g_clear_pointer(&sync->notify_context, g_main_context_unref);
    g_mutex_unlock(&sync->lock);
}

void ht_sync_status_state(HtSync *sync, HtSyncState state, const char *error)
{
    g_mutex_lock(&sync->lock);
    HtSyncStatus *status = &sync->status;
    char before[sizeof status->error];
    memcpy(before, status->error, sizeof before);
    set_text(status->error, sizeof status->error, error);
    bool is_new = status->state != state;
    if (is_new) {
        status->state = state;
        status->since_us = ht_clock_now_us();
    }
    if (state != HT_SYNC_LOADING && !status->progress.wide)
        memset(&status->progress, 0, sizeof status->progress);
    if (is_new || strcmp(before, status->error) != 0)
        notify(sync, true);
    g_mutex_unlock(&sync->lock);
    if (is_new)
        ht_sync_log_state(state);
}

void ht_sync_status_password(HtSync *sync, HtSyncPassword password)
{
    g_autofree char *login = ht_pg_options_user(&sync->connection);
    g_autofree char *server = ht_pg_options_server(&sync->connection);
    g_mutex_lock(&sync->lock);
    /* What was offered meanwhile has not been tried: this is about the one before. */
    if (!sync->offered && sync->status.password != password) {
        sync->status.password = password;
        set_text(sync->status.login, sizeof sync->status.login, login);
        set_text(sync->status.server, sizeof sync->status.server, server);
        notify(sync, true);
    }
    g_mutex_unlock(&sync->lock);
}

guint ht_sync_status_ask(HtSync *sync)
{
    g_mutex_lock(&sync->lock);
    guint number = ++sync->status.asked;
    g_mutex_unlock(&sync->lock);
    return number;
}

guint ht_sync_status_asked(HtSync *sync)
{
    g_mutex_lock(&sync->lock);
    guint asked = sync->status.asked;
    g_mutex_unlock(&sync->lock);
    return asked;
}

void ht_sync_status_answered(HtSync *sync, guint asked)
{
    g_mutex_lock(&sync->lock);
    if (sync->status.answered != asked) {
        sync->status.answered = asked;
        notify(sync, true);
    }
    g_mutex_unlock(&sync->lock);
}

bool ht_sync_status_has_offer(HtSync *sync)
{
    g_mutex_lock(&sync->lock);
    bool has_offer = sync->offered != NULL;
    g_mutex_unlock(&sync->lock);
    return has_offer;
}

char *ht_sync_status_take_offer(HtSync *sync)
{
    g_mutex_lock(&sync->lock);
    char *offered = g_steal_pointer(&sync->offered);
    g_mutex_unlock(&sync->lock);
    return offered;
}

void ht_sync_offer_password(HtSync *sync, char *password)
{
    g_mutex_lock(&sync->lock);
    ht_secret_free(sync->offered);
    sync->offered = password;
    sync->status.password = HT_SYNC_PASSWORD_TRYING;
    sync->status.state = HT_SYNC_CONNECTING; /* whoever waits for the outcome does not see the old
                                                one */
    sync->status.since_us = ht_clock_now_us();
    set_text(sync->status.error, sizeof sync->status.error, NULL);
    notify(sync, true);
    g_mutex_unlock(&sync->lock);
    ht_sync_ask(sync);
}

void ht_sync_status_hello(HtSync *sync, const HtSyncHello *hello)
{
    g_autoptr(GPtrArray) warnings = g_ptr_array_new_with_free_func(g_free);
    if (ht_pg_warning(sync->pg))
        g_ptr_array_add(warnings, g_strdup(ht_pg_warning(sync->pg)));
    if (hello->schema_version > HT_SCHEMA_VERSION)
        g_ptr_array_add(warnings, g_strdup(newer_schema));
    g_ptr_array_add(warnings, NULL);
    g_autofree char *warning = g_strjoinv("; ", (char **)warnings->pdata);
    g_mutex_lock(&sync->lock);
    HtSyncStatus *status = &sync->status;
    HtSyncStatus before = *status;
    set_text(status->role, sizeof status->role, hello->role);
    if (hello->has_names)
        set_text(status->tenant, sizeof status->tenant, hello->tenant_name);
    set_text(status->server, sizeof status->server, ht_pg_server_label(sync->pg));
    set_text(status->warning, sizeof status->warning, warning);
    status->read_only = hello->is_read_only;
    bool is_new = strcmp(before.server, status->server) != 0;
    if (strcmp(before.role, status->role) != 0 || strcmp(before.tenant, status->tenant) != 0 ||
        strcmp(before.warning, status->warning) != 0)
        notify(sync, true);
    g_mutex_unlock(&sync->lock);
    if (is_new)
        ht_sync_log_server(hello);
}

void ht_sync_status_recall(HtSync *sync)
{
    g_autofree char *last = ht_cache_meta(sync->cache, HT_META_LAST_SYNC);
    g_autofree char *text = ht_cache_meta(sync->cache, HT_META_ME);
    g_autoptr(HtJson) me = text ? ht_json_parse(text, -1, NULL) : NULL;
    g_autofree char *remembered = ht_cache_meta(sync->cache, HT_META_HELLO);
    g_autoptr(HtJson) hello = remembered ? ht_json_parse(remembered, -1, NULL) : NULL;
    g_mutex_lock(&sync->lock);
    HtSyncStatus *status = &sync->status;
    status->last_sync_us = last ? g_ascii_strtoll(last, NULL, 10) : 0;
    set_text(status->role, sizeof status->role, ht_json_get_string(me, "role", ""));
    set_text(status->tenant, sizeof status->tenant,
             ht_json_get_string(ht_json_get(me, "tenant"), "name", ""));
    status->read_only = strcmp(status->role, "viewer") == 0;
    bool is_newer = ht_json_get_int(hello, "schema_version", 0) > HT_SCHEMA_VERSION;
    g_autofree char *warning =
        g_strjoin(sync->lasting && is_newer ? "; " : "", sync->lasting ? sync->lasting : "",
                  is_newer ? newer_schema : "", NULL);
    if (*warning)
        set_text(status->warning, sizeof status->warning, warning);
    g_mutex_unlock(&sync->lock);
}

void ht_sync_status_synced(HtSync *sync)
{
    g_mutex_lock(&sync->lock);
    sync->status.last_sync_us = ht_clock_now_us();
    g_mutex_unlock(&sync->lock);
    ht_sync_log_turn(sync);
}

void ht_sync_status_progress(HtSync *sync, const char *table, bool is_wide, int64_t rows,
                             int64_t total)
{
    int64_t now = g_get_monotonic_time();
    g_mutex_lock(&sync->lock);
    HtSyncProgress *progress = &sync->status.progress;
    if (rows < 0) {
        memset(progress, 0, sizeof *progress);
        notify(sync, true);
    } else {
        double seconds = (double)(now - sync->load_started_us) / G_USEC_PER_SEC;
        set_text(progress->table, sizeof progress->table, table);
        progress->wide = is_wide;
        progress->rows = rows;
        progress->total_estimate = MAX(total, rows);
        progress->rows_per_s = seconds > 0.1 ? (double)rows / seconds : 0;
        progress->seconds_left = -1;
        if (progress->rows_per_s > 0 && seconds > 1)
            progress->seconds_left =
                (int64_t)((double)(progress->total_estimate - rows) / progress->rows_per_s + 0.5);
        notify(sync, false);
    }
    g_mutex_unlock(&sync->lock);
}

void ht_sync_status(HtSync *sync, HtSyncStatus *out)
{
    HtOutboxCounts counts = {0};
    if (sync->outbox)
        ht_outbox_counts(sync->outbox, &counts);
    g_mutex_lock(&sync->lock);
    *out = sync->status;
    g_mutex_unlock(&sync->lock);
    out->pending = (guint)MAX(0, counts.pending + counts.sending + counts.parked);
    out->conflicts = (guint)MAX(0, counts.conflicts + counts.rejected);
}
