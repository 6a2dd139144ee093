/* One turn of the engine on the held connection: connect if needed, pull, push, pull what that
 * changed; and what follows from the server's greeting. */
#include "internal.h"

#include "hiretty/base/clock.h"
#include "hiretty/base/log.h"
#include "hiretty/base/secret.h"

#include <string.h>

/* How often the columns and the schema's fingerprint are asked for again. */
#define ASK_US (5 * HT_US_PER_MINUTE)
#define SEEN_US (10 * HT_US_PER_MINUTE)
#define UNTOLD_US HT_US_PER_MINUTE /* when it could not be told */
#define PULLS_MAX 6
/* A server may need longer than we wait. It is given twice as long the next time, up to this. */
#define PATIENCE_FIRST_MS 20000
#define PATIENCE_MAX_MS 120000
#define FORGET_US (5 * G_USEC_PER_SEC)

static bool take(GError **error, GError *problem)
{
    ht_sync_error_take(error, problem);
    return false;
}

void ht_sync_disconnect(HtSync *sync)
{
    g_clear_pointer(&sync->pg, ht_pg_close);
    sync->asked_us = 0;
    sync->seen_us = 0;
}

bool ht_sync_refuse(HtSync *sync, const char *why, GError **error)
{
    g_autoptr(GError) problem = NULL;
    g_clear_pointer(&sync->cursor, g_free);
    g_clear_pointer(&sync->columns, ht_sync_columns_free);
    g_clear_pointer(&sync->hello, ht_sync_hello_free);
    if (!ht_cache_purge(sync->cache, HT_PURGE_LOCK, why, &problem))
        return take(error, g_steal_pointer(&problem));
    g_set_error(error, HT_SYNC_ERROR, HT_SYNC_ERROR_REFUSED,
                "%s: what was kept here is removed (ask your administrator)", why);
    return false;
}

/* A cache of an older version knows the login alone. */
bool ht_sync_is_same_place(HtSync *sync)
{
    g_autofree char *place = ht_cache_meta(sync->cache, HT_META_PLACE);
    if (place)
        return g_strcmp0(place, sync->identity) == 0;
    g_autofree char *remembered = ht_cache_meta(sync->cache, HT_META_HELLO);
    g_autoptr(HtJson) json = remembered ? ht_json_parse(remembered, -1, NULL) : NULL;
    const char *login = ht_json_get_string(json, "login", NULL);
    g_autofree char *now = ht_pg_options_user(&sync->connection);
    return login && g_strcmp0(login, now) == 0;
}

/* A mistyped name, or a connection meant for another profile, must not empty this one. */
static bool refuse_foreign(HtSync *sync, GError **error)
{
    g_autofree char *remembered = ht_cache_meta(sync->cache, HT_META_HELLO);
    g_autoptr(HtJson) json = remembered ? ht_json_parse(remembered, -1, NULL) : NULL;
    const char *login = ht_json_get_string(json, "login", "another login");
    bool is_same_login = strcmp(login, ht_pg_user(sync->pg)) == 0;
    g_set_error(error, HT_SYNC_ERROR, HT_SYNC_ERROR_SETUP,
                "this profile was filled by %s%s, and this is %s at %s: nothing was touched "
                "(--profile NAME keeps the two apart; 'hiretty cache wipe' gives this one up)",
                login, is_same_login ? " on another server" : "", ht_pg_user(sync->pg),
                ht_pg_server_label(sync->pg));
    return false;
}

static bool take_offer(HtSync *sync)
{
    char *offered = ht_sync_status_take_offer(sync);
    if (!offered)
        return false;
    ht_secret_free(sync->password);
    sync->password = offered;
    return true;
}

/* With what the person typed, if anything; the caller says how it went. */
static HtPgConnection *connect_once(HtSync *sync, GCancellable *cancellable, GError **error)
{
    take_offer(sync);
    HtPgOptions options = sync->connection;
    options.password_typed = sync->password;
    return ht_pg_connect(&options, cancellable, error);
}

/* A password that was refused is not tried again: that could lock the account. */
static void note_password(HtSync *sync, const GError *problem)
{
    bool is_refused = g_error_matches(problem, HT_PG_ERROR, HT_PG_ERROR_AUTH);
    sync->waits_for_password = is_refused;
    if (is_refused)
        ht_sync_status_password(sync,
                                sync->password ? HT_SYNC_PASSWORD_WRONG : HT_SYNC_PASSWORD_WANTED);
    else if (!problem)
        ht_sync_status_password(sync,
                                sync->password ? HT_SYNC_PASSWORD_HELD : HT_SYNC_PASSWORD_NONE);
    if (is_refused)
        g_clear_pointer(&sync->password, ht_secret_free);
}

static bool make_ready(HtSync *sync, GError **error)
{
    g_autoptr(HtPgRows) rows = ht_pg_query(sync->pg, ht_sync_sql("session_ready"), NULL, 0, error);
    if (!rows)
        return false;
    HtPgField field = {0};
    if (ht_pg_rows_count(rows) == 1)
        field = ht_pg_rows_field(rows, 0, 0);
    if (!ht_pg_field_bool(&field, &sync->can_hold_still))
        sync->can_hold_still = false;
    return true;
}

bool ht_sync_ensure_connected(HtSync *sync, GCancellable *cancellable, GError **error)
{
    if (sync->pg && ht_pg_is_alive(sync->pg)) {
        if (take_offer(sync)) /* the door was open already */
            ht_sync_status_password(sync, HT_SYNC_PASSWORD_HELD);
        return true;
    }
    ht_sync_disconnect(sync);
    GError *problem = NULL;
    sync->pg = connect_once(sync, cancellable, &problem);
    note_password(sync, problem);
    if (sync->pg && sync->patience_ms > 0)
        ht_pg_set_silence_ms(sync->pg, sync->patience_ms);
    if (sync->pg && make_ready(sync, &problem))
        return true;
    if (sync->pg) {
        ht_sync_disconnect(sync);
        return take(error, problem);
    }
    /* The login itself was refused (28000), not the place it comes from. */
    if (g_error_matches(problem, HT_PG_ERROR, HT_PG_ERROR_REFUSED) && ht_pg_error_is_proven() &&
        strcmp(ht_pg_error_sqlstate(), "28000") == 0 && !strstr(problem->message, "pg_hba.conf") &&
        ht_sync_is_same_place(sync)) {
        g_clear_error(&problem);
        return ht_sync_refuse(sync, "the server refuses this login", error);
    }
    return take(error, problem);
}

char *ht_sync_hello_question(HtSync *sync, bool with_columns, bool with_sizes)
{
    g_autoptr(HtJson) json = ht_json_new_object();
    char device[HT_UUID_TEXT];
    if (sync->outbox)
        ht_json_set_string(json, "device", ht_uuid_format(&sync->device, device));
    ht_json_set_bool(json, "brief", !with_columns && !with_sizes);
    ht_json_set_bool(json, "fingerprint", with_columns);
    ht_json_set_bool(json, "sizes", with_sizes);
    return ht_json_print(json, false);
}

/* With everything: columns, fingerprints, sizes. */
static HtSyncHello *ask_hello(HtSync *sync, GError **error)
{
    g_autofree char *question = ht_sync_hello_question(sync, true, true);
    HtPgParam param = {.text = question};
    g_autoptr(HtPgRows) rows = ht_pg_query(sync->pg, ht_sync_sql("hello"), &param, 1, error);
    if (!rows)
        return NULL;
    HtPgField field = ht_pg_rows_field(rows, 0, 0);
    gsize len;
    const char *text = ht_pg_field_text(&field, &len);
    return ht_sync_hello_parse(text, (gssize)len, error);
}

/* Everything anew: hello with columns first, its snapshot is where the feed goes on. */
static bool load(HtSync *sync, const HtSyncPlan *plan, GCancellable *cancellable, GError **error)
{
    /* Statements that this session has kept were planned with the policies of the role of before,
     * and the server does not plan them again when a role's groups change. */
    if (plan->kind == HT_PLAN_PURGE_LOAD) {
        ht_sync_disconnect(sync);
        if (!ht_sync_ensure_connected(sync, cancellable, error))
            return false;
    }
    g_autoptr(HtSyncHello) hello = ask_hello(sync, error);
    if (!hello)
        return false;
    g_autofree char *remembered = ht_cache_meta(sync->cache, HT_META_HELLO);
    if (ht_sync_is_foreign(remembered, ht_sync_is_same_place(sync), hello))
        return refuse_foreign(sync, error);
    if (hello->is_refused || hello->wants_wipe)
        return true; /* the next pull sees it too and acts */
    if (plan->kind == HT_PLAN_PURGE_LOAD &&
        !ht_cache_purge(sync->cache, plan->loses_rights ? HT_PURGE_WORDS : HT_PURGE_EMPTY,
                        plan->why, error))
        return false;
    ht_sync_columns_free(sync->columns);
    g_autoptr(HtJson) json = ht_sync_columns_print(hello->columns);
    sync->columns = ht_sync_columns_new(json);
    ht_sync_status_hello(sync, hello);
    ht_sync_hello_free(sync->hello);
    sync->hello = g_steal_pointer(&hello);
    return ht_sync_load(sync, sync->hello, plan->why, error);
}

/* Errors that a pull with fresh columns may not meet again: a column went, a right went, or two
 * transactions met. The transaction is over; the connection stays. */
static bool may_pull_again(HtSync *sync, const GError *error, bool had_columns)
{
    bool is_stale = g_error_matches(error, HT_PG_ERROR, HT_PG_ERROR_SCHEMA) ||
                    g_error_matches(error, HT_PG_ERROR, HT_PG_ERROR_DENIED);
    bool is_again =
        g_error_matches(error, HT_PG_ERROR, HT_PG_ERROR_RETRY) || (is_stale && !had_columns);
    return is_again && ht_pg_is_usable(sync->pg) &&
           ht_pg_run(sync->pg, ht_sync_sql("rollback"), NULL);
}

/* Pulls until the cache is at the server's present, whatever has to come before. */
static bool pull(HtSync *sync, bool is_full, GCancellable *cancellable, GError **error)
{
    bool with_columns = sync->asked_us == 0 || g_get_monotonic_time() - sync->asked_us > ASK_US;
    bool is_confirmed = false;
    for (int i = 0; i < PULLS_MAX; i++) {
        HtSyncPlan plan = {.kind = HT_PLAN_LOAD, .why = "asked for"};
        g_autoptr(GError) problem = NULL;
        if (!is_full && !ht_sync_pull(sync, with_columns, false, &plan, &problem)) {
            if (!may_pull_again(sync, problem, with_columns))
                return take(error, g_steal_pointer(&problem));
            plan.kind = HT_PLAN_ASK_COLUMNS;
        }
        is_full = false;
        if (plan.kind == HT_PLAN_PULL)
            return true;
        if (plan.kind == HT_PLAN_FOREIGN)
            return refuse_foreign(sync, error);
        /* Once more, at another moment, before anything is removed: where tables cannot be held
         * still, one that was written anew looked empty. */
        if (plan.kind == HT_PLAN_LOCK && !is_confirmed) {
            is_confirmed = true;
            continue;
        }
        if (plan.kind == HT_PLAN_LOCK) {
            sync->is_shut_out = true;
            return ht_sync_refuse(sync, plan.why, error);
        }
        if (plan.kind != HT_PLAN_ASK_COLUMNS && !load(sync, &plan, cancellable, &problem))
            return take(error, g_steal_pointer(&problem));
        with_columns = true;
    }
    g_set_error_literal(error, HT_SYNC_ERROR, HT_SYNC_ERROR_OFFLINE,
                        "the server changes faster than it can be read (it is tried again)");
    return false;
}

static bool write_seen(HtApply *apply, gpointer data, GError **error)
{
    HtSync *sync = data;
    g_autofree char *before = ht_apply_meta_get(apply, HT_META_TOLD);
    g_autofree char *told = ht_sync_told(before, sync->is_told, sync->cursor);
    sync->is_told = false;
    return ht_apply_meta_set(apply, HT_META_CURSOR, sync->cursor, error) &&
           (!sync->outbox || ht_apply_meta_set(apply, HT_META_TOLD, told, error)) &&
           ht_apply_meta_set_int(apply, HT_META_LAST_SYNC, ht_clock_now_us(), error);
}

/* What is read is right without it: the device's row is locked, or the server takes no changes. */
static bool may_stay_untold(HtSync *sync, const GError *problem)
{
    return ht_pg_is_usable(sync->pg) && (g_error_matches(problem, HT_PG_ERROR, HT_PG_ERROR_RETRY) ||
                                         g_error_matches(problem, HT_PG_ERROR, HT_PG_ERROR_SERVER));
}

/* At connect and every ten minutes: the server learns that this device is alive, and the cache how
 * far empty pulls have come and that the lease is renewed. */
static bool bookkeep(HtSync *sync, GError **error)
{
    int64_t now = g_get_monotonic_time();
    if (sync->seen_us != 0 && now - sync->seen_us < SEEN_US)
        return true;
    sync->seen_us = now;
    if (!ht_cache_apply(sync->cache, write_seen, sync, error))
        return false;
    ht_cache_drop_unfinished(sync->cache);
    if (!sync->outbox)
        return true;
    char device[HT_UUID_TEXT];
    HtPgParam params[] = {{.text = ht_uuid_format(&sync->device, device)},
                          {.text = sync->host_label},
                          {.text = sync->cursor}};
    g_autoptr(GError) problem = NULL;
    g_autoptr(HtPgRows) rows =
        ht_pg_query(sync->pg, ht_sync_sql("device_seen"), params, G_N_ELEMENTS(params), &problem);
    sync->is_told = rows != NULL;
    if (rows)
        return true;
    if (!may_stay_untold(sync, problem)) {
        g_propagate_error(error, g_steal_pointer(&problem));
        return false;
    }
    ht_log(HT_LOG_INFO, "sync: the server was not told of this device, SQLSTATE %s",
           ht_pg_error_sqlstate());
    sync->seen_us = now - SEEN_US + UNTOLD_US;
    return true;
}

/* Whoever went since the last time leaves the files. A workstation tries again at its next turn;
 * one run waits a little for those who read. */
static void forget(HtSync *sync)
{
    int64_t until = g_get_monotonic_time() + (sync->is_live ? 0 : FORGET_US);
    while (ht_cache_owes(sync->cache)) {
        g_autoptr(GError) problem = NULL;
        if (ht_cache_forget(sync->cache, true, &problem))
            continue;
        if (!g_error_matches(problem, HT_CACHE_ERROR, HT_CACHE_ERROR_BUSY) ||
            g_get_monotonic_time() >= until) {
            if (!sync->forgets_late) /* once: it is tried at every turn */
                ht_log(HT_LOG_INFO, "forgetting waits: %s", problem->message);
            sync->forgets_late = true;
            return;
        }
        g_usleep(20000);
    }
    sync->forgets_late = false;
}

static bool unlock(HtSync *sync, GError **error)
{
    return !ht_cache_is_locked(sync->cache, NULL) || ht_cache_unlock(sync->cache, error);
}

/* Another process of the profile may have given the device a new id. */
static bool look_device(HtSync *sync, GError **error)
{
    int64_t last_seq;
    return !sync->outbox || ht_outbox_look_device(sync->outbox, &sync->device, &last_seq, error);
}

/* Two copies of one profile would go on as one device, and each take the other's marks at the
 * server for its own. */
bool ht_sync_part_from_copy(HtSync *sync, GError **error)
{
    bool is_renewed = false;
    if (!sync->is_copied)
        return true;
    if (!ht_outbox_renew_device(sync->outbox, &is_renewed, error))
        return false;
    if (!is_renewed)
        return true; /* after the batch that is under way */
    ht_log(HT_LOG_WARNING, "sync: this profile is a copy of one that is in use: it goes on as a "
                           "device of its own");
    ht_outbox_device(sync->outbox, &sync->device);
    sync->is_copied = sync->is_told = false;
    sync->seen_us = 0;
    sync->report->is_new_device = true;
    return true;
}

static bool push(HtSync *sync, HtSyncOnceFlags flags, GError **error)
{
    /* Somebody asked for it; a verb that waits for its own change leaves the others alone. */
    bool is_asked = sync->is_live ? sync->served->len > 0 : !(flags & HT_SYNC_ONCE_AT_ONCE);
    return (!is_asked || ht_outbox_release_held(sync->outbox, error)) && ht_sync_push(sync, error);
}

static bool may_push(HtSync *sync, HtSyncOnceFlags flags)
{
    return sync->outbox && !(flags & HT_SYNC_ONCE_PULL_ONLY) && !sync->status.read_only;
}

static bool run(HtSync *sync, HtSyncOnceFlags flags, GCancellable *cancellable, GError **error)
{
    bool is_fresh = !sync->pg;
    sync->is_held = sync->is_shut_out = false;
    GError *problem = NULL;
    if (is_fresh && !look_device(sync, &problem))
        return take(error, problem);
    if (!ht_sync_ensure_connected(sync, cancellable, error))
        return false;
    is_fresh |= sync->asked_us == 0;
    sync->is_held = !is_fresh;
    /* On a new connection nothing is sent before it is known whom we speak to. */
    bool is_full = flags & HT_SYNC_ONCE_FULL;
    if ((is_fresh || is_full || !may_push(sync, flags)) && !pull(sync, is_full, cancellable, error))
        return false;
    if (!ht_sync_part_from_copy(sync, &problem))
        return take(error, problem);
    forget(sync); /* no words are sent about somebody who may not be seen any more */
    if (may_push(sync, flags)) {
        guint sent = sync->report->sent;
        if (!push(sync, flags, &problem))
            return take(error, problem);
        bool is_changed = sync->report->sent != sent;
        if ((!is_fresh || is_changed) && !pull(sync, false, cancellable, error))
            return false;
    }
    forget(sync);
    if (!bookkeep(sync, &problem)) {
        /* The membership may have ended since the pull: then the greeting says so, and what
         * follows. */
        bool is_denied = g_error_matches(problem, HT_PG_ERROR, HT_PG_ERROR_DENIED);
        if (is_denied && ht_pg_is_usable(sync->pg) && !pull(sync, false, cancellable, error)) {
            g_clear_error(&problem);
            return false;
        }
        return take(error, problem);
    }
    if (!unlock(sync, &problem))
        return take(error, problem);
    ht_sync_status_synced(sync);
    return true;
}

bool ht_sync_cycle(HtSync *sync, HtSyncOnceFlags flags, GCancellable *cancellable, GError **error)
{
    bool ok = run(sync, flags, cancellable, error);
    if (ok)
        sync->patience_ms = 0;
    else if (sync->pg && ht_pg_was_silent(sync->pg))
        sync->patience_ms = CLAMP(sync->patience_ms * 2, PATIENCE_FIRST_MS, PATIENCE_MAX_MS);
    if (!ok || sync->wants_fresh)
        ht_sync_disconnect(sync); /* also ends an open transaction */
    sync->wants_fresh = false;
    return ok;
}
