/* The server's greeting and what follows from it. Everything in it is checked: a missing part is an
 * answer of something that does not speak our protocol. Each mismatch has one consequence, decided
 * in ht_sync_plan and nowhere else. */
#include "internal.h"

#include <string.h>

#define PROTOCOL 1
/* Cursors that may be the last one the server took: more only after as many cuts in a row. */
#define TOLD_MAX 8

static void scope_free(gpointer data)
{
    HtSyncScope *scope = data;
    g_free(scope->name);
    g_free(scope->fingerprint);
    g_free(scope);
}

void ht_sync_hello_free(HtSyncHello *hello)
{
    if (!hello)
        return;
    char *texts[] = {hello->system_id, hello->epoch,       hello->snapshot,      hello->schema_fp,
                     hello->role,      hello->tenant_name, hello->membership_fp, hello->tenant_id,
                     hello->user_id,   hello->me,          hello->seen};
    for (gsize i = 0; i < G_N_ELEMENTS(texts); i++)
        g_free(texts[i]);
    g_clear_pointer(&hello->scopes, g_ptr_array_unref);
    ht_sync_columns_free(hello->columns);
    ht_json_free(hello->table_fps);
    g_free(hello->estimates);
    g_free(hello->pages);
    g_free(hello->share);
    g_free(hello);
}

bool ht_sync_snapshot_parse(const char *text, guint64 *xmin, guint64 *xmax)
{
    if (!text || !g_ascii_isdigit(*text))
        return false;
    char *end;
    *xmin = g_ascii_strtoull(text, &end, 10);
    if (*end != ':' || !g_ascii_isdigit(end[1]))
        return false;
    *xmax = g_ascii_strtoull(end + 1, &end, 10);
    if (*end != ':' || *xmin > *xmax)
        return false;
    /* Those in progress, if any, stand in order between the two. */
    guint64 before = 0;
    for (const char *at = end + 1; *at; at = *end ? end + 1 : end) {
        if (!g_ascii_isdigit(*at))
            return false;
        guint64 xid = g_ascii_strtoull(at, &end, 10);
        if (xid < *xmin || xid >= *xmax || xid < before || (*end && (*end != ',' || !end[1])))
            return false;
        before = xid;
    }
    return true;
}

/* Transactions that ran when a snapshot was taken, from its text "xmin:xmax:a,b,c". */
static bool is_running(const char *snapshot, guint64 xid)
{
    const char *at = strrchr(snapshot, ':') + 1;
    for (char *end; g_ascii_isdigit(*at); at = *end ? end + 1 : end) {
        if (g_ascii_strtoull(at, &end, 10) == xid)
            return true;
    }
    return false;
}

/* What ran at `now` cannot have ended before. A database that was put back to an older state gives
 * numbers out again. */
static bool has_gone_back(const char *before, const char *now)
{
    guint64 old_min, old_max, new_min, new_max;
    if (!ht_sync_snapshot_parse(before, &old_min, &old_max) ||
        !ht_sync_snapshot_parse(now, &new_min, &new_max))
        return false;
    if (new_max < old_max || new_min < old_min)
        return true;
    const char *at = strrchr(now, ':') + 1;
    for (char *end; g_ascii_isdigit(*at); at = *end ? end + 1 : end) {
        guint64 xid = g_ascii_strtoull(at, &end, 10);
        if (xid < old_min || (xid < old_max && !is_running(before, xid)))
            return true;
    }
    return false;
}

static void read_scopes(HtSyncHello *hello, const HtJson *scopes)
{
    hello->scopes = g_ptr_array_new_with_free_func(scope_free);
    for (const HtJson *e = ht_json_first(scopes); e; e = ht_json_next(e)) {
        HtSyncScope *scope = g_new0(HtSyncScope, 1);
        scope->name = g_strdup(ht_json_key(e));
        scope->fingerprint = g_strdup(ht_json_get_string(e, "fp", ""));
        const HtJson *numbers = ht_json_get(e, "tables");
        for (const HtJson *t = ht_json_first(numbers); t; t = ht_json_next(t)) {
            int64_t number = ht_json_int(t, 0);
            if (number > 0 && number < 60 && ht_sync_table_by_number((int)number))
                scope->tables |= HT_CHANGED(number);
        }
        g_ptr_array_add(hello->scopes, scope);
    }
}

static void read_sizes(HtSyncHello *hello, const HtJson *json)
{
    int n;
    const HtSyncTable *tables = ht_sync_tables(&n);
    hello->estimates = g_new0(int64_t, n);
    hello->pages = g_new0(int64_t, n);
    hello->share = g_new0(double, n);
    hello->has_sizes = ht_json_has(json, "estimates");
    for (int i = 0; i < n; i++) {
        const char *name = tables[i].name;
        hello->estimates[i] = MAX(0, ht_json_get_int(ht_json_get(json, "estimates"), name, 0));
        hello->pages[i] = MAX(0, ht_json_get_int(ht_json_get(json, "pages"), name, 0));
        hello->share[i] = ht_json_get_double(ht_json_get(json, "share"), name, 0);
    }
}

static char *make_me(const HtJson *json)
{
    static const char *const parts[] = {"tenant", "user", "member", "role"};
    g_autoptr(HtJson) me = ht_json_new_object();
    for (gsize i = 0; i < G_N_ELEMENTS(parts); i++) {
        const HtJson *part = ht_json_get(json, parts[i]);
        if (part)
            ht_json_set(me, parts[i], ht_json_dup(part));
    }
    return ht_json_print(me, false);
}

static char *dup_string(const HtJson *json, const char *key)
{
    return g_strdup(ht_json_get_string(json, key, ""));
}

static bool check(const HtSyncHello *hello, GError **error)
{
    guint64 xmin, xmax;
    const char *problem = NULL;
    if (!ht_sync_snapshot_parse(hello->snapshot, &xmin, &xmax) || strlen(hello->snapshot) > 100000)
        problem = "its snapshot";
    else if (!*hello->epoch || !*hello->system_id)
        problem = "its identity";
    else if (!*hello->membership_fp || !*hello->role)
        problem = "the membership";
    if (!problem)
        return true;
    g_set_error(error, HT_SYNC_ERROR, HT_SYNC_ERROR_SCHEMA,
                "the database's greeting lacks %s (is it Hiretty's?)", problem);
    return false;
}

HtSyncHello *ht_sync_hello_parse(const char *text, gssize len, GError **error)
{
    g_autoptr(GError) problem = NULL;
    g_autoptr(HtJson) json = ht_json_parse(text ? text : "", text ? len : 0, &problem);
    g_autoptr(HtSyncHello) hello = g_new0(HtSyncHello, 1);
    hello->protocol = (int)ht_json_get_int(json, "protocol", 0);
    if (hello->protocol != PROTOCOL) {
        g_set_error_literal(error, HT_SYNC_ERROR, HT_SYNC_ERROR_SCHEMA,
                            hello->protocol > PROTOCOL
                                ? "the database is newer than this program (update Hiretty)"
                                : "this is not a database of Hiretty (check the settings)");
        return NULL;
    }
    hello->schema_version = (int)ht_json_get_int(json, "schema_version", 0);
    if (ht_json_has(json, "refused")) {
        hello->is_refused = true;
        return g_steal_pointer(&hello);
    }
    hello->system_id = dup_string(json, "system_id");
    hello->epoch = dup_string(json, "epoch");
    hello->snapshot = dup_string(json, "snapshot");
    hello->schema_fp = dup_string(json, "schema_fp");
    hello->membership_fp = dup_string(json, "membership_fp");
    hello->role = dup_string(json, "role");
    hello->has_names = ht_json_has(ht_json_get(json, "tenant"), "name");
    hello->tenant_name = dup_string(ht_json_get(json, "tenant"), "name");
    hello->tenant_id = dup_string(ht_json_get(json, "tenant"), "id");
    hello->user_id = dup_string(ht_json_get(json, "user"), "id");
    hello->timeline = ht_json_get_int(json, "timeline", 0);
    hello->acked_seq = ht_json_get_int(json, "acked_seq", 0);
    hello->poll_ms = CLAMP(ht_json_get_int(json, "poll_ms", 1000), 100, 60000);
    hello->floor = g_ascii_strtoull(ht_json_get_string(json, "floor", "0"), NULL, 10);
    hello->wants_wipe = ht_json_get_bool(json, "wipe", false);
    hello->is_read_only = ht_json_get_bool(json, "read_only", false);
    hello->server_version = (int)ht_json_get_int(json, "server_version_num", 0);
    hello->columns = ht_sync_columns_new(ht_json_get(json, "columns"));
    hello->me = make_me(json);
    const HtJson *fps = ht_json_get(json, "table_fps");
    hello->table_fps = fps ? ht_json_dup(fps) : NULL;
    hello->has_seen = ht_json_has(json, "seen");
    hello->seen = dup_string(json, "seen");
    read_scopes(hello, ht_json_get(json, "scopes"));
    read_sizes(hello, json);
    if (!check(hello, error))
        return NULL;
    ht_sync_snapshot_parse(hello->snapshot, &hello->xmin, &hello->xmax);
    return g_steal_pointer(&hello);
}

char *ht_sync_hello_remember(const HtSyncHello *hello, const HtSyncColumns *columns,
                             const char *login)
{
    g_autoptr(HtJson) json = ht_json_new_object();
    ht_json_set_string(json, "system_id", hello->system_id);
    ht_json_set_string(json, "epoch", hello->epoch);
    ht_json_set_int(json, "timeline", hello->timeline);
    ht_json_set_int(json, "schema_version", hello->schema_version);
    ht_json_set_string(json, "schema_fp", hello->schema_fp);
    ht_json_set_string(json, "membership_fp", hello->membership_fp);
    ht_json_set_string(json, "tenant", hello->tenant_id);
    ht_json_set_string(json, "user", hello->user_id);
    ht_json_set_string(json, "role", hello->role);
    ht_json_set_string(json, "login", login);
    HtJson *scopes = ht_json_new_object();
    for (guint i = 0; i < hello->scopes->len; i++) {
        const HtSyncScope *scope = hello->scopes->pdata[i];
        ht_json_set_string(scopes, scope->name, scope->fingerprint);
    }
    ht_json_set(json, "scopes", scopes);
    if (hello->table_fps)
        ht_json_set(json, "tables", ht_json_dup(hello->table_fps));
    ht_json_set(json, "columns", ht_sync_columns_print(columns));
    return ht_json_print(json, false);
}

const char *ht_sync_hello_scope(const HtSyncHello *hello, const char *name)
{
    for (guint i = 0; i < hello->scopes->len; i++) {
        const HtSyncScope *scope = hello->scopes->pdata[i];
        if (strcmp(scope->name, name) == 0)
            return scope->fingerprint;
    }
    return "";
}

static bool differs(const HtJson *old, const char *key, const char *now)
{
    return strcmp(ht_json_get_string(old, key, ""), now) != 0;
}

HtSyncSight ht_sync_sight(const char *remembered, const HtSyncHello *hello)
{
    g_autoptr(HtJson) old = remembered ? ht_json_parse(remembered, -1, NULL) : NULL;
    if (!old || hello->is_refused || differs(old, "membership_fp", hello->membership_fp))
        return HT_SIGHT_OTHER_MEMBER;
    const HtJson *known = ht_json_get(old, "scopes");
    for (guint i = 0; i < hello->scopes->len; i++) {
        const HtSyncScope *scope = hello->scopes->pdata[i];
        if (differs(known, scope->name, scope->fingerprint))
            return HT_SIGHT_MOVED;
    }
    return HT_SIGHT_SAME;
}

char *ht_sync_hello_forget_sight(const char *remembered)
{
    g_autoptr(HtJson) json = ht_json_parse(remembered, -1, NULL);
    const HtJson *known = ht_json_get(json, "scopes");
    HtJson *scopes = ht_json_new_object();
    for (const HtJson *e = ht_json_first(known); e; e = ht_json_next(e))
        ht_json_set_string(scopes, ht_json_key(e), "moved");
    ht_json_set(json, "scopes", scopes);
    return ht_json_print(json, false);
}

bool ht_sync_is_foreign(const char *remembered, bool is_same_place, const HtSyncHello *hello)
{
    g_autoptr(HtJson) old = remembered ? ht_json_parse(remembered, -1, NULL) : NULL;
    if (!old || is_same_place)
        return false;
    return hello->is_refused || differs(old, "tenant", hello->tenant_id) ||
           differs(old, "user", hello->user_id) ||
           (hello->wants_wipe && differs(old, "system_id", hello->system_id));
}

static HtSyncPlan plan_of(HtSyncPlanKind kind, const char *why)
{
    return (HtSyncPlan){.kind = kind, .why = why};
}

/* What the server was told last as this device's cursor. */
typedef enum {
    SEEN_OURS = 0, /* or it says nothing */
    SEEN_OLDER, /* by us, once: the database is a copy from then. This notices what the numbers of
                 * transactions cannot tell any more once it has given out as many again. */
    SEEN_NEWER, /* by somebody who is the same device: a copy of this profile, or what it was
                 * copied from */
} Seen;

static Seen who_told(const char *told, const HtSyncHello *hello)
{
    if (!hello->has_seen || !told || !*told)
        return SEEN_OURS;
    g_auto(GStrv) lines = g_strsplit(told, "\n", -1);
    if (g_strv_contains((const char *const *)lines, hello->seen))
        return SEEN_OURS;
    guint64 seen_min, seen_max;
    if (!ht_sync_snapshot_parse(hello->seen, &seen_min, &seen_max))
        return SEEN_OLDER; /* it does not know us */
    for (char **line = lines; *line; line++) {
        guint64 xmin, xmax;
        if (ht_sync_snapshot_parse(*line, &xmin, &xmax) && (seen_min < xmin || seen_max < xmax))
            return SEEN_OLDER;
    }
    return SEEN_NEWER;
}

char *ht_sync_told(const char *told, bool is_known, const char *cursor)
{
    g_auto(GStrv) lines = g_strsplit(told ? told : "", "\n", -1);
    guint n = g_strv_length(lines), first = is_known && n > 0 ? n - 1
                                            : n > TOLD_MAX    ? n - TOLD_MAX
                                                              : 0;
    GString *list = g_string_new(NULL);
    for (guint i = first; i < n; i++) {
        if (*lines[i] && strcmp(lines[i], cursor) != 0)
            g_string_append_printf(list, "%s\n", lines[i]);
    }
    g_string_append(list, cursor);
    return g_string_free(list, FALSE);
}

/* Is the database the one that filled the cache, and does the feed reach back to the cursor? */
static const char *why_resync(const HtJson *old, const char *cursor, const char *told,
                              const HtSyncHello *hello)
{
    guint64 xmin, xmax;
    if (!old || !ht_sync_snapshot_parse(cursor, &xmin, &xmax))
        return "first load";
    if (differs(old, "epoch", hello->epoch) || differs(old, "system_id", hello->system_id))
        return "another database";
    if (ht_json_get_int(old, "timeline", 0) != hello->timeline)
        return "the database was restored or another server took over";
    if (has_gone_back(cursor, hello->snapshot) || who_told(told, hello) == SEEN_OLDER)
        return "the database went back in time";
    if (xmin < hello->floor)
        return "away longer than the server keeps changes";
    return NULL;
}

static void compare_scopes(const HtJson *old, const HtSyncHello *hello, HtSyncPlan *plan)
{
    /* A recruiter's tables are large and few of their rows come or go: ids are enough. What an
     * interviewer sees is small, and rows of others change unseen by his feed. */
    bool is_small = strcmp(hello->role, "interviewer") == 0;
    const HtJson *known = ht_json_get(old, "scopes");
    for (guint i = 0; i < hello->scopes->len; i++) {
        const HtSyncScope *scope = hello->scopes->pdata[i];
        if (!differs(known, scope->name, scope->fingerprint))
            continue;
        plan->is_changed = true;
        if (is_small)
            plan->reload |= scope->tables;
        else if (strcmp(scope->name, HT_SCOPE_CONSENT) == 0)
            plan->hidden |= scope->tables;
        else
            plan->reconcile |= scope->tables;
    }
}

static uint64_t lost_columns(const HtJson *old, const HtSyncHello *hello, uint64_t *gained)
{
    g_autoptr(HtSyncColumns) before = ht_sync_columns_new(ht_json_get(old, "columns"));
    uint64_t lost;
    ht_sync_columns_compare(before, hello->columns, &lost, gained);
    return lost;
}

/* Who we are to the server, and which columns that gives. */
static HtSyncPlan compare_membership(const HtJson *old, const HtSyncHello *hello)
{
    HtSyncPlan plan = {.is_changed = true};
    uint64_t gained;
    if (differs(old, "tenant", hello->tenant_id) || differs(old, "user", hello->user_id)) {
        plan = plan_of(HT_PLAN_PURGE_LOAD, "another person or tenant");
        plan.loses_rights = true;
    } else if (differs(old, "role", hello->role)) {
        plan = plan_of(HT_PLAN_PURGE_LOAD, "the role changed");
        plan.loses_rights = hello->is_read_only || lost_columns(old, hello, &gained) != 0;
    }
    return plan;
}

/* Tables whose columns, types, defaults or file are others. The file's number tells of a type
 * changed by an expression, and of VACUUM FULL, which changed nothing: the digest says which it
 * was. */
static uint64_t compare_shapes(const HtJson *old, const HtSyncHello *hello)
{
    int n;
    const HtSyncTable *tables = ht_sync_tables(&n);
    const HtJson *before = ht_json_get(old, "tables");
    bool is_other = differs(old, "schema_fp", hello->schema_fp);
    uint64_t changed = 0;
    for (int i = 0; i < n; i++) {
        const char *now = ht_json_get_string(hello->table_fps, tables[i].name, "");
        /* A cache of an older version remembers one fingerprint for all of them. */
        if (before && hello->table_fps ? differs(before, tables[i].name, now) : is_other)
            changed |= HT_CHANGED(tables[i].number);
    }
    return changed;
}

/* The part of the plan that a hello with columns decides: false when there is none. */
static bool compare_columns(const HtJson *old, const HtSyncHello *hello, HtSyncPlan *plan)
{
    bool is_other_schema = differs(old, "schema_fp", hello->schema_fp);
    uint64_t gained, lost = lost_columns(old, hello, &gained);
    if (lost) {
        *plan = is_other_schema ? plan_of(HT_PLAN_LOAD, "the database's columns changed")
                                : plan_of(HT_PLAN_PURGE_LOAD, "columns may not be read any more");
        plan->loses_rights = !is_other_schema;
        return false;
    }
    plan->reload |= gained;
    plan->digests = compare_shapes(old, hello);
    plan->is_changed |= is_other_schema || gained || plan->digests ||
                        (hello->table_fps && !ht_json_has(old, "tables"));
    return true;
}

HtSyncPlan ht_sync_plan(const char *remembered, const char *cursor, const char *told,
                        const HtSyncHello *hello)
{
    if (hello->is_refused)
        return plan_of(HT_PLAN_LOCK,
                       "the server says that this login is no member, or not any more");
    if (hello->wants_wipe)
        return plan_of(HT_PLAN_LOCK,
                       "the administrator asked for this machine's copy to be removed");
    g_autoptr(HtJson) old = remembered ? ht_json_parse(remembered, -1, NULL) : NULL;
    HtSyncPlan plan = {.is_changed =
                           ht_json_get_int(old, "schema_version", 0) != hello->schema_version};
    bool is_other_member = old && differs(old, "membership_fp", hello->membership_fp);
    const char *why = why_resync(old, cursor, told, hello);
    bool is_new = !old || why;
    if ((is_new || is_other_member) && !hello->columns)
        return plan_of(HT_PLAN_ASK_COLUMNS, NULL);
    if (is_other_member) {
        plan = compare_membership(old, hello);
        if (plan.kind != HT_PLAN_PULL)
            return plan;
    }
    if (why)
        return plan_of(HT_PLAN_LOAD, why);
    if (hello->columns && !compare_columns(old, hello, &plan))
        return plan;
    compare_scopes(old, hello, &plan);
    plan.is_copied = who_told(told, hello) == SEEN_NEWER;
    return plan;
}
