/* A process that does not hold the sync lock asks the one that does to sync now, to load everything
 * anew, or to compare the cache with the server, and waits for the outcome: small files in the
 * profile's state folder, each replaced in one step.
 *
 *   sync.asked      {id, full, check, server}      by the one that asks
 *   sync.answer-ID  {id, state, code, message, report, checks}
 *                                                  by the holder: "taken" at once, "done" or
 *                                                  "failed" at the end of its turn
 *
 * `server` is a fingerprint: a holder that works with another server, or as another login, does
 * nothing and answers "failed", since its success would be taken for that of the server meant.
 * The holder hears of it by inotify. One that is in the middle of a turn, stopped, or only about to
 * end says nothing; whoever asks goes on trying for the lock, and gives up on silence after a
 * while. Two who ask at once overwrite each other's question; who has no answer asks again. One
 * turn answers all who asked before it, each in a file of his own. An answer may quote what the
 * server said: it goes as soon as it has been read, and what nobody came back for goes with the
 * lock. */
#include "internal.h"

#include "hiretty/base/log.h"
#include "hiretty/base/paths.h"

#include <string.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <unistd.h>

#define ASKED "sync.asked"
#define ANSWER "sync.answer"
#define FILE_MAX 16384 /* a line for each table of a comparison */
#define ASKERS_MAX 100

static char *path_of(const HtSync *sync, const char *name)
{
    return g_build_filename(ht_paths_state_dir(sync->paths), name, NULL);
}

static HtJson *load(const HtSync *sync, const char *name)
{
    g_autofree char *path = path_of(sync, name);
    gsize len = 0;
    g_autofree char *text = ht_file_load_private(path, FILE_MAX, &len, NULL);
    return text ? ht_json_parse(text, (gssize)len, NULL) : NULL;
}

static bool save(const HtSync *sync, const char *name, const HtJson *json)
{
    g_autofree char *path = path_of(sync, name);
    g_autofree char *text = ht_json_print(json, false);
    g_autoptr(GError) error = NULL;
    if (ht_file_save_private(path, text, -1, &error))
        return true;
    ht_log(HT_LOG_INFO, "sync: %s cannot be written", name);
    return false;
}

static void discard(const HtSync *sync, const char *name)
{
    g_autofree char *path = path_of(sync, name);
    unlink(path);
}

/* The name of the answer to a question. Caller frees. */
static char *answer_name(const char *id)
{
    return g_strconcat(ANSWER "-", id, NULL);
}

static bool is_answer(const char *name)
{
    HtUuid id;
    const char *rest = g_str_has_prefix(name, ANSWER) ? name + strlen(ANSWER) : "?";
    return !*rest || (*rest == '-' && ht_uuid_parse(rest + 1, &id));
}

void ht_sync_remove_answers(const HtPaths *paths)
{
    const char *folder = ht_paths_state_dir(paths);
    g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
    for (const char *name; dir && (name = g_dir_read_name(dir));) {
        if (!is_answer(name))
            continue;
        g_autofree char *path = g_build_filename(folder, name, NULL);
        unlink(path);
    }
}

/* --- What a run did, for another process. */
static const struct {
    const char *name;
    gsize offset;
    bool is_wide;
} report_rows[] = {
#define WIDE(field)                                                                                \
    {                                                                                              \
#field, G_STRUCT_OFFSET(HtSyncReport, field), true                                         \
    }
#define COUNT(field)                                                                               \
    {                                                                                              \
#field, G_STRUCT_OFFSET(HtSyncReport, field), false                                        \
    }
    WIDE(rows_changed), WIDE(rows_deleted), WIDE(rows_received), WIDE(bytes_received),
    WIDE(duration_us),  COUNT(sent),        COUNT(applied),      COUNT(merged),
    COUNT(conflicts),   COUNT(gone),        COUNT(rejected),     COUNT(parked),
    COUNT(same),        COUNT(held),
#undef WIDE
#undef COUNT
};

static int64_t value_of(const HtSyncReport *report, gsize row)
{
    const char *place = (const char *)report + report_rows[row].offset;
    return report_rows[row].is_wide ? *(const int64_t *)(const void *)place
                                    : *(const guint *)(const void *)place;
}

/* `before`: what of it is older than the turn. */
static HtJson *print_report(const HtSyncReport *now, const HtSyncReport *before)
{
    HtJson *json = ht_json_new_object();
    for (gsize i = 0; i < G_N_ELEMENTS(report_rows); i++)
        ht_json_set_int(json, report_rows[i].name, value_of(now, i) - value_of(before, i));
    /* `loaded` was taken back when the log had it. */
    ht_json_set_bool(json, "loaded", *now->why_full);
    ht_json_set_string(json, "why_full", *now->why_full ? now->why_full : NULL);
    ht_json_set_bool(json, "is_new_device", now->is_new_device);
    ht_json_set_string(json, "why_held", *now->why_held ? now->why_held : NULL);
    return json;
}

static void read_report(const HtJson *json, HtSyncReport *report)
{
    memset(report, 0, sizeof *report);
    for (gsize i = 0; i < G_N_ELEMENTS(report_rows); i++) {
        char *place = (char *)report + report_rows[i].offset;
        int64_t value = MAX(0, ht_json_get_int(json, report_rows[i].name, 0));
        if (report_rows[i].is_wide)
            *(int64_t *)(void *)place = value;
        else
            *(guint *)(void *)place = (guint)MIN(value, G_MAXINT);
    }
    report->loaded = ht_json_get_bool(json, "loaded", false);
    g_strlcpy(report->why_full, ht_json_get_string(json, "why_full", ""), sizeof report->why_full);
    report->is_new_device = ht_json_get_bool(json, "is_new_device", false);
    g_strlcpy(report->why_held, ht_json_get_string(json, "why_held", ""), sizeof report->why_held);
}

/* --- What a comparison found. */
static HtJson *print_checks(const GArray *checks)
{
    HtJson *array = ht_json_new_array();
    for (guint i = 0; i < checks->len; i++) {
        const HtSyncCheck *check = &g_array_index(checks, HtSyncCheck, i);
        HtJson *one = ht_json_new_object();
        ht_json_set_string(one, "table", check->table);
        ht_json_set_bool(one, "same", check->same);
        ht_json_set_int(one, "here", check->rows_here);
        ht_json_set_int(one, "there", check->rows_there);
        ht_json_add(array, one);
    }
    return array;
}

/* NULL: the other one is of a version that only syncs. */
static GArray *read_checks(const HtJson *json, GError **error)
{
    g_autoptr(GArray) checks = g_array_new(FALSE, TRUE, sizeof(HtSyncCheck));
    for (const HtJson *one = ht_json_first(json); one; one = ht_json_next(one)) {
        const HtSyncTable *table = ht_sync_table_by_name(ht_json_get_string(one, "table", ""));
        HtSyncCheck check = {.table = table ? table->name : "?",
                             .same = table && ht_json_get_bool(one, "same", false),
                             .rows_here = ht_json_get_int(one, "here", 0),
                             .rows_there = ht_json_get_int(one, "there", 0)};
        g_array_append_val(checks, check);
    }
    if (checks->len > 0)
        return g_steal_pointer(&checks);
    g_set_error_literal(
        error, HT_SYNC_ERROR, HT_SYNC_ERROR_BUSY,
        "another Hiretty of this profile has the line, and cannot compare (quit it)");
    return NULL;
}

/* --- The one that holds the lock. */
static void answer(HtSync *sync, const char *id, const char *state, const GError *error,
                   HtJson *report, HtJson *checks)
{
    g_autoptr(HtJson) json = ht_json_new_object();
    ht_json_set_string(json, "id", id);
    ht_json_set_string(json, "state", state);
    ht_json_set_int(json, "code", error ? error->code : 0);
    ht_json_set_string(json, "message", error ? error->message : NULL);
    if (report)
        ht_json_set(json, "report", report);
    if (checks)
        ht_json_set(json, "checks", checks);
    g_autofree char *name = answer_name(id);
    save(sync, name, json);
}

/* Is one of the events about a new question? */
static bool read_events(int fd)
{
    _Alignas(struct inotify_event) char events[4096];
    bool is_named = false;
    for (ssize_t n = read(fd, events, sizeof events); n > 0; n = read(fd, events, sizeof events)) {
        for (ssize_t at = 0; at < n;) {
            const struct inotify_event *event = (const void *)(events + at);
            is_named |= (event->mask & IN_Q_OVERFLOW) ||
                        (event->len > 0 && strcmp(event->name, ASKED) == 0);
            at += (ssize_t)(sizeof *event + event->len);
        }
    }
    return is_named;
}

/* One that cannot tell where it goes asks, or is asked, as before. */
static bool is_for_another_server(const HtSync *sync, const HtJson *asked)
{
    const char *server = ht_json_get_string(asked, "server", "");
    return *server && sync->identity && strcmp(server, sync->identity) != 0;
}

static void answer_stranger(HtSync *sync, const char *id)
{
    g_autoptr(GError) error = g_error_new_literal(
        HT_SYNC_ERROR, HT_SYNC_ERROR_FAILED,
        "this profile's workstation is connected to another server (quit it, or use --profile)");
    if (g_atomic_int_get(&sync->lock_fd) >= 0)
        answer(sync, id, "failed", error, NULL, NULL);
}

static bool has_asker(const GArray *askers, const char *id)
{
    for (guint i = 0; i < askers->len; i++) {
        if (strcmp(g_array_index(askers, HtSyncAsker, i).id, id) == 0)
            return true;
    }
    return false;
}

/* "taken" is written before the turn can know of it, so that it never comes after "done"; and
 * without the lock, for which the screen waits. */
static void take_asker(HtSync *sync, const char *id, const HtJson *asked)
{
    HtSyncAsker asker = {.is_full = ht_json_get_bool(asked, "full", false),
                         .is_check = ht_json_get_bool(asked, "check", false)};
    g_strlcpy(asker.id, id, sizeof asker.id);
    g_mutex_lock(&sync->lock);
    bool is_new = sync->askers->len < ASKERS_MAX && !has_asker(sync->askers, id) &&
                  !has_asker(sync->served, id);
    g_mutex_unlock(&sync->lock);
    if (!is_new)
        return;
    if (g_atomic_int_get(&sync->lock_fd) >= 0)
        answer(sync, id, "taken", NULL, NULL, NULL);
    g_mutex_lock(&sync->lock);
    g_array_append_val(sync->askers, asker);
    g_mutex_unlock(&sync->lock);
    ht_sync_ask(sync);
}

static void hear(HtSync *sync)
{
    g_autoptr(HtJson) asked = load(sync, ASKED);
    const char *id = ht_json_get_string(asked, "id", "");
    HtUuid uuid;
    if (!ht_uuid_parse(id, &uuid) || strcmp(id, sync->heard_id) == 0)
        return;
    g_strlcpy(sync->heard_id, id, sizeof sync->heard_id);
    if (is_for_another_server(sync, asked))
        answer_stranger(sync, id);
    else
        take_asker(sync, id, asked);
}

/* A thread of its own: the one that syncs may be busy for longer than whoever asks has patience. */
static gpointer listen(gpointer data)
{
    HtSync *sync = data;
    GPollFD fds[] = {{.fd = sync->request_fd, .events = G_IO_IN},
                     {.fd = sync->deaf_fd, .events = G_IO_IN}};
    while (!fds[1].revents) {
        if (g_poll(fds, G_N_ELEMENTS(fds), -1) > 0 && fds[0].revents &&
            read_events(sync->request_fd))
            hear(sync);
    }
    return NULL;
}

void ht_sync_request_open(HtSync *sync)
{
    /* One that was asked before our time is somebody else's, or nobody's any more. */
    g_autoptr(HtJson) old = load(sync, ASKED);
    g_strlcpy(sync->heard_id, ht_json_get_string(old, "id", ""), sizeof sync->heard_id);
    sync->request_fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    sync->deaf_fd = eventfd(0, EFD_CLOEXEC);
    if (sync->request_fd < 0 || sync->deaf_fd < 0 ||
        inotify_add_watch(sync->request_fd, ht_paths_state_dir(sync->paths), IN_MOVED_TO) < 0)
        ht_sync_request_close(sync); /* then nobody is heard, and asks in vain */
    else
        sync->listener = g_thread_new("sync-requests", listen, sync);
}

void ht_sync_request_close(HtSync *sync)
{
    uint64_t one = 1;
    if (sync->listener && write(sync->deaf_fd, &one, sizeof one) == (ssize_t)sizeof one)
        g_thread_join(g_steal_pointer(&sync->listener));
    if (sync->request_fd >= 0)
        close(sync->request_fd);
    if (sync->deaf_fd >= 0)
        close(sync->deaf_fd);
    sync->request_fd = sync->deaf_fd = -1;
}

HtSyncOnceFlags ht_sync_request_take(HtSync *sync)
{
    *sync->report->why_full = '\0';
    sync->request_before = *sync->report;
    sync->request_started_us = g_get_monotonic_time();
    g_mutex_lock(&sync->lock);
    g_array_set_size(sync->served, 0);
    g_array_append_vals(sync->served, sync->askers->data, sync->askers->len);
    g_array_set_size(sync->askers, 0);
    g_mutex_unlock(&sync->lock);
    bool is_full = false;
    for (guint i = 0; i < sync->served->len; i++)
        is_full |= g_array_index(sync->served, HtSyncAsker, i).is_full;
    return is_full ? HT_SYNC_ONCE_FULL : HT_SYNC_ONCE;
}

/* Answers those who want the cache compared, or those who do not. */
static void answer_some(HtSync *sync, bool is_check, const GError *why, const GArray *checks)
{
    HtSyncReport now = *sync->report;
    now.duration_us =
        sync->request_before.duration_us + g_get_monotonic_time() - sync->request_started_us;
    for (guint i = 0; i < sync->served->len; i++) {
        const HtSyncAsker *asker = &g_array_index(sync->served, HtSyncAsker, i);
        if (asker->is_check != is_check)
            continue;
        answer(sync, asker->id, why ? "failed" : "done", why,
               print_report(&now, &sync->request_before), checks ? print_checks(checks) : NULL);
    }
}

static bool has_checkers(const HtSync *sync)
{
    for (guint i = 0; i < sync->served->len; i++) {
        if (g_array_index(sync->served, HtSyncAsker, i).is_check)
            return true;
    }
    return false;
}

void ht_sync_request_end(HtSync *sync, const GError *error)
{
    if (sync->served->len == 0)
        return;
    g_autoptr(GError) own = NULL;
    g_autoptr(GArray) checks = NULL;
    answer_some(sync, false, error, NULL); /* who compares takes his time */
    if (has_checkers(sync)) {
        if (!error && !(checks = ht_sync_compare(sync, sync->cancellable, &own)))
            ht_sync_disconnect(sync); /* and with it a transaction that is open */
        answer_some(sync, true, error ? error : own, checks);
    }
    g_mutex_lock(&sync->lock);
    g_array_set_size(sync->served, 0);
    g_mutex_unlock(&sync->lock);
}

/* --- The one that asks. */
static void ask(HtSync *sync, bool is_full, bool is_check)
{
    char text[HT_UUID_TEXT];
    g_autoptr(HtJson) json = ht_json_new_object();
    if (!*sync->request_id) {
        HtUuid id;
        ht_uuid_new_random(&id);
        g_strlcpy(sync->request_id, ht_uuid_format(&id, text), sizeof sync->request_id);
    }
    ht_json_set_string(json, "id", sync->request_id);
    ht_json_set_bool(json, "full", is_full);
    ht_json_set_bool(json, "check", is_check);
    ht_json_set_string(json, "server", sync->identity);
    save(sync, ASKED, json);
}

/* *ended: what the holder says of it, if it says that it is done, or has failed. */
static HtSyncHolder ask_holder(HtSync *sync, bool is_full, bool is_check, HtJson **ended,
                               GError **error)
{
    g_autofree char *name = answer_name(sync->request_id);
    g_autoptr(HtJson) said = *sync->request_id ? load(sync, name) : NULL;
    if (!said || strcmp(ht_json_get_string(said, "id", ""), sync->request_id) != 0) {
        g_autoptr(HtJson) asked = *sync->request_id ? load(sync, ASKED) : NULL;
        if (strcmp(ht_json_get_string(asked, "id", "-"), sync->request_id) != 0)
            ask(sync, is_full, is_check);
        return HT_SYNC_HOLDER_SILENT;
    }
    const char *state = ht_json_get_string(said, "state", "");
    if (strcmp(state, "taken") == 0)
        return HT_SYNC_HOLDER_AT_WORK;
    ht_sync_forget_request(sync);
    bool is_done = strcmp(state, "done") == 0;
    if (!is_done)
        g_set_error_literal(error, HT_SYNC_ERROR, (int)ht_json_get_int(said, "code", 0),
                            ht_json_get_string(said, "message", "the other one could not"));
    *ended = g_steal_pointer(&said);
    return is_done ? HT_SYNC_HOLDER_DONE : HT_SYNC_HOLDER_FAILED;
}

HtSyncHolder ht_sync_ask_holder(HtSync *sync, bool is_full, HtSyncReport *report, GError **error)
{
    g_autoptr(HtJson) ended = NULL;
    HtSyncHolder holder = ask_holder(sync, is_full, false, &ended, error);
    if (ended && report)
        read_report(ht_json_get(ended, "report"), report);
    return holder;
}

HtSyncHolder ht_sync_ask_check(HtSync *sync, GArray **checks, GError **error)
{
    g_autoptr(HtJson) ended = NULL;
    HtSyncHolder holder = ask_holder(sync, false, true, &ended, error);
    bool is_done = holder == HT_SYNC_HOLDER_DONE;
    *checks = is_done ? read_checks(ht_json_get(ended, "checks"), error) : NULL;
    return is_done && !*checks ? HT_SYNC_HOLDER_FAILED : holder;
}

void ht_sync_forget_request(HtSync *sync)
{
    g_autoptr(HtJson) asked = *sync->request_id ? load(sync, ASKED) : NULL;
    if (asked && strcmp(ht_json_get_string(asked, "id", ""), sync->request_id) == 0)
        discard(sync, ASKED);
    g_autofree char *name = answer_name(sync->request_id);
    if (*sync->request_id)
        discard(sync, name);
    *sync->request_id = '\0';
}
