/* What the files of this layer share; nobody outside includes it. Everything but the status is of
 * the one thread that runs the engine: sync's own, or the caller's in ht_sync_once and
 * ht_sync_check. */
#pragma once

#include "hiretty/base/json.h"
#include "hiretty/cache/apply.h"
#include "hiretty/cache/sync_table.h"
#include "hiretty/pg/query.h"
#include "hiretty/sync/sync.h"

/* --- Which columns of each table this login gets. Index of both: position in ht_sync_tables. */
typedef struct {
    int n_tables;
    GArray **columns; /* int: indexes into the table's columns; NULL: not readable */
    bool *has_since;  /* the server says which transaction wrote a row's wide columns last */
} HtSyncColumns;

/* `json`: {table: [names]} of a hello, or as ht_sync_columns_print wrote it. NULL stays NULL. */
HtSyncColumns *ht_sync_columns_new(const HtJson *json);
void ht_sync_columns_free(HtSyncColumns *columns);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HtSyncColumns, ht_sync_columns_free)
HtJson *ht_sync_columns_print(const HtSyncColumns *columns);
bool ht_sync_columns_readable(const HtSyncColumns *columns, const HtSyncTable *table);
/* Tables (bit N is table N) that lost or gained columns from `before` to `now`. */
void ht_sync_columns_compare(const HtSyncColumns *before, const HtSyncColumns *now, uint64_t *lost,
                             uint64_t *gained);

typedef enum {
    HT_SELECT_ALL = 0,
    HT_SELECT_HOT,  /* without the wide ones */
    HT_SELECT_WIDE, /* id and the wide ones; NULL when there are none */
} HtSyncSelectKind;

/* A select list of one table. */
typedef struct {
    const HtSyncTable *table;
    int *columns;
    int n;
    char *list;  /* SQL: "t.id::uuid, …" */
    char *since; /* the same without the id, the wide ones only where the cursor $2 has not seen
                  * them; NULL: the server cannot tell */
    char *texts; /* SQL: the canonical texts */
} HtSyncSelect;

/* NULL when the table has nothing readable of that kind. */
HtSyncSelect *ht_sync_select_new(const HtSyncColumns *columns, const HtSyncTable *table,
                                 HtSyncSelectKind kind);
void ht_sync_select_free(HtSyncSelect *select);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HtSyncSelect, ht_sync_select_free)

/* sql/sync/NAME.sql as it is (static). */
const char *ht_sync_sql(const char *name);
/* The template with {table}, {columns}, {texts} of `select` and further pairs of name and value,
 * ended by NULL, filled in. Caller frees. */
char *ht_sync_sql_fill(const char *name, const HtSyncSelect *select, ...) G_GNUC_NULL_TERMINATED;

/* --- hello */
typedef struct {
    char *name, *fingerprint;
    uint64_t tables;
} HtSyncScope;

typedef struct {
    bool is_refused, wants_wipe, is_read_only;
    bool has_names; /* of the tenant and the user: not in a brief answer */
    int protocol, schema_version, server_version;
    char *system_id, *epoch, *snapshot, *schema_fp, *membership_fp, *role, *tenant_name;
    char *tenant_id, *user_id;
    int64_t timeline, acked_seq, poll_ms;
    guint64 floor, xmin, xmax;
    GPtrArray *scopes;          /* HtSyncScope */
    HtSyncColumns *columns;     /* NULL: not in this answer */
    bool has_sizes;             /* the next three were in the answer */
    int64_t *estimates, *pages; /* by position; 0: not known */
    double *share;              /* by position; 0: not known */
    char *me;                   /* JSON for the cache's readers */
    HtJson *table_fps;          /* {table: fingerprint of its shape}; NULL: not in this answer */
    bool has_seen;              /* the next one was in the answer */
    char *seen;                 /* the cursor that this device told last; "": it does not know us */
} HtSyncHello;

/* NULL: HT_SYNC_ERROR_SCHEMA when it is not the protocol that we speak. */
HtSyncHello *ht_sync_hello_parse(const char *text, gssize len, GError **error);
void ht_sync_hello_free(HtSyncHello *hello);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HtSyncHello, ht_sync_hello_free)
/* "xmin:xmax:…" */
bool ht_sync_snapshot_parse(const char *text, guint64 *xmin, guint64 *xmax);

/* The scope of people who took their consent back. */
#define HT_SCOPE_CONSENT "consent"
/* The fingerprint of a scope; "": the greeting has none of that name. */
const char *ht_sync_hello_scope(const HtSyncHello *hello, const char *name);

/* What the cache remembers of the hello that filled it, as JSON. `columns`: those that are in use.
 */
char *ht_sync_hello_remember(const HtSyncHello *hello, const HtSyncColumns *columns,
                             const char *login);

/* What a login may see, beside what the cache remembers of it. */
typedef enum {
    HT_SIGHT_OTHER_MEMBER = 0, /* it is somebody else to the server, or nobody */
    HT_SIGHT_MOVED,            /* some rows came into sight or left it */
    HT_SIGHT_SAME,
} HtSyncSight;
HtSyncSight ht_sync_sight(const char *remembered, const HtSyncHello *hello);
/* The same memory with scopes that are like none, so that the next pull compares them all. Caller
 * frees. */
char *ht_sync_hello_forget_sight(const char *remembered);

/* Is what the greeting says none of this cache's business? `is_same_place`: it comes from where the
 * cache was filled, as the login that filled it. From elsewhere only the same member is heard: a
 * database that moved goes on, but a login that is nobody there, or somebody else, neither empties
 * the cache nor fills it. `remembered` NULL: nothing is here, so nobody is foreign. */
bool ht_sync_is_foreign(const char *remembered, bool is_same_place, const HtSyncHello *hello);

typedef enum {
    HT_PLAN_PULL = 0,    /* the feed's keys, and the tables named below */
    HT_PLAN_ASK_COLUMNS, /* hello must be asked again, with the columns */
    HT_PLAN_LOAD,        /* everything anew */
    HT_PLAN_PURGE_LOAD,  /* the same, and what is here goes first */
    HT_PLAN_LOCK,        /* access refused: purge and lock */
    HT_PLAN_FOREIGN,     /* it speaks of somebody else than the cache: nothing is touched */
} HtSyncPlanKind;

typedef struct {
    HtSyncPlanKind kind;
    const char *why;    /* static; for LOAD, PURGE_LOAD and LOCK */
    uint64_t reload;    /* tables whose rows all come again */
    uint64_t reconcile; /* tables whose ids are compared */
    uint64_t hidden;    /* tables of people who came into sight or left it (hidden.c) */
    bool is_changed;    /* fingerprints to be stored */
    uint64_t digests;   /* tables whose shape or file changed: only digests show what it did */
    bool is_copied;     /* another copy of this profile has told the server its cursor as ours */
    bool loses_rights;  /* of PURGE_LOAD: what was written here may not be read any more either */
} HtSyncPlan;

/* `remembered`: as above (NULL: nothing is here); `cursor`: the last snapshot; `told`: the cursors
 * one of which the server must know as this device's last (ht_sync_told; NULL: never told one). */
HtSyncPlan ht_sync_plan(const char *remembered, const char *cursor, const char *told,
                        const HtSyncHello *hello);
/* The list of cursors told to the server, one a line, with `cursor` as its last. `is_known`: the
 * server has taken the last one, so that the older ones are of no use. Caller frees. */
char *ht_sync_told(const char *told, bool is_known, const char *cursor);

/* --- Rows on their way into the cache. */
typedef struct {
    const HtSyncSelect *select; /* outlives the block */
    GBytes *bytes;              /* whole tuples of these columns */
    HtPgTuples tuples;          /* how far it is applied */
    HtApplyMode mode;
    int64_t rows, changed; /* counted while applying */
    bool is_done;
} HtSyncBlock;

HtSyncBlock *ht_sync_block_new(const HtSyncSelect *select, GBytes *bytes, HtApplyMode mode);
void ht_sync_block_free(HtSyncBlock *block);
/* Applies rows until the end (*is_done) or, with `may_yield`, until the store wants a pause. */
bool ht_sync_block_apply(HtSyncBlock *block, HtApply *apply, bool may_yield, bool *is_done,
                         GError **error);
/* sink.c: the way of blocks to the cache's writer. Errors are those of the cache. */
typedef struct HtSyncSink HtSyncSink;
/* `generation` NULL: the cache in use. */
HtSyncSink *ht_sync_sink_new(HtCache *cache, HtGeneration *generation, gsize bytes_max);
/* Waits until nothing is under way; what comes after an error is dropped. */
void ht_sync_sink_free(HtSyncSink *sink);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HtSyncSink, ht_sync_sink_free)
/* Takes a select list (nullable) and frees it after the last block that needs it. */
HtSyncSelect *ht_sync_sink_keep(HtSyncSink *sink, HtSyncSelect *select);
/* Takes the block (NULL: none). The note (`name` NULL: none; `value` NULL deletes) is committed not
 * before the rows that were put before. Waits while too many bytes are under way; an error is that
 * of any block before. */
bool ht_sync_sink_put(HtSyncSink *sink, HtSyncBlock *block, const char *name, const char *value,
                      GError **error);
/* Waits until all is committed. */
bool ht_sync_sink_drain(HtSyncSink *sink, GError **error);

/* Appends one tuple of `n` fields as COPY would have sent it. */
void ht_sync_tuple_append(GByteArray *bytes, const HtPgField *fields, int n);

/* --- The engine. */
/* Another process that asks this one for a turn. */
typedef struct {
    char id[HT_UUID_TEXT];
    bool is_full, is_check;
} HtSyncAsker;

struct HtSync {
    HtCache *cache;
    HtOutbox *outbox;
    const HtPaths *paths;
    HtPgOptions connection;
    char *owned_dsn, *owned_name, *owned_root; /* the texts of connection */
    char *host_label;
    char *identity; /* of the server and the login, ht_pg_options_identity; NULL */
    char *lasting;  /* what the connection settings warn of, connected or not; NULL */
    int64_t lease_us;
    HtUuid device;

    GMutex lock; /* guards what follows, up to the engine */
    HtSyncStatus status;
    GMainContext *notify_context;
    HtSyncNotify notify;
    gpointer notify_data;
    GSource *notify_source; /* under way */
    int64_t notified_us;
    char *offered;  /* a password on its way to the engine; NULL */
    GArray *askers; /* HtSyncAsker: whom the next turn is to answer */
    GArray *served; /* the same, of this turn; its thread reads it without the lock */

    bool has_ended; /* the thread; with `ended` */
    GCond ended;

    GThread *thread;
    GMainContext *context;
    GCancellable *cancellable;
    gint is_stopping, is_poked, is_asked, focus; /* atomic */
    bool is_live;                                /* of the thread; set while there is none */
    int64_t paces_ms[HT_SYNC_FOCUSES];           /* as the settings say; 0: the usual */

    /* The engine: one thread at a time. */
    HtPgConnection *pg;
    char *password;          /* typed by the person, kept for the next connection; NULL */
    bool waits_for_password; /* the server refused the login's last one, or wants one */
    bool is_shut_out;        /* the last cycle's login was let in, and then told to lock */
    bool forgets_late;       /* somebody reads the file before: the log has it */
    int64_t patience_ms;     /* after a server that was silent; 0: the usual */
    bool can_hold_still;     /* the server lets its tables be locked before a snapshot */
    bool is_held;            /* the last cycle found a line that had worked before */
    gint lock_fd;            /* -1: the sync lock is not ours */
    HtSyncColumns *columns;  /* in use */
    HtSyncHello *hello;      /* the last one with columns */
    char *cursor;            /* newer than the cache's when pulls were empty */
    int64_t poll_ms;         /* what the server wishes; 0: not known */
    int64_t asked_us;        /* monotonic: last hello with fingerprints */
    int64_t seen_us;         /* monotonic: last app.device_seen */
    bool is_told;            /* the server took the last cursor of HT_META_TOLD */
    bool is_copied;          /* another copy of this profile works as the same device */
    bool wants_fresh;        /* what failed is tried again on another connection */
    int64_t load_started_us; /* monotonic */
    GThread *listener;       /* hears what other processes ask; NULL: none */
    int request_fd, deaf_fd; /* inotify on the state folder, and the end of listening; -1: none */
    char heard_id[HT_UUID_TEXT];   /* the listener's: the last question */
    char request_id[HT_UUID_TEXT]; /* our own question to another process; "": none */
    HtSyncReport request_before;   /* the report at the start of the turn */
    int64_t request_started_us;
    HtSyncReport *report; /* borrowed; never NULL while running */
    HtSyncReport logged;  /* what of it the log has said */
};

/* Names of the cache's notes. */
#define HT_META_CURSOR "cursor"
#define HT_META_HELLO "hello"
#define HT_META_ME "me"
#define HT_META_PLACE "place" /* ht_pg_options_identity of where it was filled, and as whom */
#define HT_META_LAST_SYNC "last_sync_us"
#define HT_META_RESYNC "resync"
#define HT_META_TOLD "told"     /* ht_sync_told */
#define HT_META_HIDDEN "hidden" /* hidden.c: who is out of sight, as JSON */

/* pace.c: how long to the next poll. `wished_ms`: what the server asks for, 0: nothing; `set_ms`:
 * what the person's settings say, 0: nothing. */
int64_t ht_sync_pace_ms(HtSyncFocus focus, int64_t wished_ms, int64_t set_ms);
/* How long to the next try of a login that was let in before and is refused now: so rarely that no
 * server closes an account for it that counts the tries. Tests make it small. */
extern int64_t ht_sync_closed_ms;
/* After so many failures in a row; at most a minute. */
int64_t ht_sync_backoff_ms(guint failures);
/* ±20 %, by a random number. */
int64_t ht_sync_jitter_ms(int64_t ms, guint32 random);

/* error.c: turns errors of pg, cache and outbox into this layer's. */
void ht_sync_error_take(GError **error, GError *from);
/* An error of a row that is too large says in which table, and what to do. */
void ht_sync_error_name_table(GError **error, const HtSyncTable *table);

/* lockfile.c */
bool ht_sync_lock_take(HtSync *sync, GError **error);
void ht_sync_lock_release(HtSync *sync);

/* request.c: the holder's side. Between open and close other processes are heard, and told so at
 * once. take is the start of a turn (it says what was asked for), end its end. */
void ht_sync_request_open(HtSync *sync);
void ht_sync_request_close(HtSync *sync);
HtSyncOnceFlags ht_sync_request_take(HtSync *sync);
/* Compares, too, when that was asked for. */
void ht_sync_request_end(HtSync *sync, const GError *error);
/* As ht_sync_ask_holder; *checks is what it found, to be unref'ed. */
HtSyncHolder ht_sync_ask_check(HtSync *sync, GArray **checks, GError **error);

/* status.c */
void ht_sync_status_state(HtSync *sync, HtSyncState state, const char *error);
void ht_sync_status_hello(HtSync *sync, const HtSyncHello *hello);
void ht_sync_status_synced(HtSync *sync);
void ht_sync_status_password(HtSync *sync, HtSyncPassword password);
/* A person's questions by number: one more, the last one, and those up to which a turn answered. */
guint ht_sync_status_ask(HtSync *sync);
guint ht_sync_status_asked(HtSync *sync);
void ht_sync_status_answered(HtSync *sync, guint asked);
bool ht_sync_status_has_offer(HtSync *sync);
/* What was offered since the last time; NULL: nothing. Free with ht_secret_free. */
char *ht_sync_status_take_offer(HtSync *sync);
/* What the cache remembers, before a connection and while another process syncs. */
void ht_sync_status_recall(HtSync *sync);
/* rows_done < 0: nothing is loading any more. */
void ht_sync_status_progress(HtSync *sync, const char *table, bool is_wide, int64_t rows,
                             int64_t total);
void ht_sync_status_notify(HtSync *sync, bool at_once);
void ht_sync_status_clear(HtSync *sync);

/* session.c: errors of these are HT_SYNC_ERROR. */
bool ht_sync_ensure_connected(HtSync *sync, GCancellable *cancellable, GError **error);
void ht_sync_disconnect(HtSync *sync);
bool ht_sync_cycle(HtSync *sync, HtSyncOnceFlags flags, GCancellable *cancellable, GError **error);
/* Sizes (estimates, pages, shares) cost the server some 100 ms: only a load needs them. */
char *ht_sync_hello_question(HtSync *sync, bool with_columns, bool with_sizes);
/* If another copy of the profile works as the same device: takes a new id, as soon as no batch is
 * under way. Errors as they come from below. */
bool ht_sync_part_from_copy(HtSync *sync, GError **error);
/* Is this the server and the login that filled the cache? */
bool ht_sync_is_same_place(HtSync *sync);
/* Purges the cache and locks it. */
bool ht_sync_refuse(HtSync *sync, const char *why, GError **error);

/* narrow.c: rows that are here already, whose wide columns come only where they changed. */
typedef struct {
    HtSyncSelect *hot; /* what comes of every row: the first columns of the whole select list */
    char *sql;
    GArray *keys; /* HtUuid */
} HtSyncNarrow;
/* Takes the ids of such rows out of `keys`. *narrow stays NULL where there are none; `all` is the
 * table's whole select list. */
bool ht_sync_narrow_take(HtSync *sync, const HtSyncSelect *all, GArray *keys, HtSyncNarrow **narrow,
                         GError **error);
void ht_sync_narrow_free(HtSyncNarrow *narrow);

/* puller.c. Errors as they come from pg and cache. *plan is what is to be done instead when it is
 * not HT_PLAN_PULL; nothing was changed then. `keep_open`: the transaction stays open for digests.
 */
bool ht_sync_pull(HtSync *sync, bool with_columns, bool keep_open, HtSyncPlan *plan,
                  GError **error);

/* HtPgRowFunc of statements that give ids: appends to `data`, a GArray of HtUuid. */
bool ht_sync_take_id(const HtPgField *fields, int n, gpointer data, GError **error);
/* GCompareFunc of such arrays. */
gint ht_sync_compare_ids(gconstpointer a, gconstpointer b);
/* Of two lists in order: what is in one of them alone, appended; NULL: not wanted. */
void ht_sync_ids_difference(const GArray *a, const GArray *b, GArray *only_a, GArray *only_b);

/* hidden.c: in the transaction of a pull. Of *tables those are left that have to be compared by id;
 * of the others the rows of whoever came into sight or left it are added to `keys` (by position of
 * the table; NULL: not wanted). *note: the list to be kept as HT_META_HIDDEN with the new cursor,
 * NULL: none. Caller frees. Errors as they come from pg and cache. */
bool ht_sync_hidden_find(HtSync *sync, const HtSyncHello *hello, GArray **keys, uint64_t *tables,
                         char **note, GError **error);

/* How much of a table comes at once at most; tests make it small. */
typedef struct {
    int pages, rows, wide_pages, wide_rows;
    int small_pages; /* a table of at most so many comes in one piece */
} HtSyncChunks;
extern HtSyncChunks ht_sync_chunks;

typedef struct {
    gsize block_bytes;          /* rows are handed over in blocks of at least so many bytes */
    gsize under_way_bytes;      /* read from the network and not yet in the cache, at most */
    gsize wide_under_way_bytes; /* the same of wide columns */
} HtSyncFlow;
extern HtSyncFlow ht_sync_flow;

/* load.c: a first load into a new generation; and the wide columns after it. */
bool ht_sync_load(HtSync *sync, const HtSyncHello *hello, const char *why, GError **error);
/* Some chunks of wide columns: at least one, then on until `until_us` of the monotonic clock, a
 * poke or a stop; G_MAXINT64: until all are here, whatever else is asked. */
bool ht_sync_load_wide(HtSync *sync, int64_t until_us, GError **error);
/* All of them that are due. */
bool ht_sync_load_wide_all(HtSync *sync, GError **error);
/* *is_due: some are not here yet. false: that cannot be read, and nothing may be concluded. */
bool ht_sync_wide_is_due(HtSync *sync, bool *is_due, GError **error);

/* pusher.c */
bool ht_sync_push(HtSync *sync, GError **error);

/* sync.c: the lock, or what the process that has it did when it was asked to do our work: a run
 * (*report), or with `checks` a comparison. AT_ONCE does not ask. */
typedef enum { HT_SYNC_LOCK_OURS, HT_SYNC_LOCK_DONE_ELSEWHERE, HT_SYNC_LOCK_FAILED } HtSyncLock;
HtSyncLock ht_sync_lock_or_ask(HtSync *sync, HtSyncOnceFlags flags, GCancellable *cancellable,
                               HtSyncReport *report, GArray **checks, GError **error);

/* check.c */
/* With the lock held: HtSyncCheck of all tables. Errors are HT_SYNC_ERROR; then the connection has
 * to be closed, for a transaction may be open. */
GArray *ht_sync_compare(HtSync *sync, GCancellable *cancellable, GError **error);
bool ht_sync_digest_there(HtPgConnection *pg, const HtSyncSelect *select, int64_t *rows,
                          char digest[40], GError **error);
bool ht_sync_digest_here(HtReader *reader, const HtSyncSelect *select, int64_t *rows,
                         char digest[40], GError **error);

/* journal.c: what the log says; ids, counts and codes only. */
void ht_sync_log_state(HtSyncState state);
void ht_sync_log_failure(const GError *error); /* in the thread that met it */
void ht_sync_log_server(const HtSyncHello *hello);
void ht_sync_log_turn(HtSync *sync); /* what came and went since the last turn */
