/* Keeps the cache equal to what the server lets this login see, and sends the outbox. Owns its
 * thread and its connection; writes the cache and the outbox only through their own functions;
 * prints nothing. All functions are for the thread that made the HtSync (UI or command line) and
 * none of them waits for the network, except ht_sync_once, ht_sync_check and ht_sync_stop, which
 * say so. Exactly one process of a profile syncs; the others see its changes through the cache. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "hiretty/cache/cache.h"
#include "hiretty/outbox/outbox.h"
#include "hiretty/pg/connection.h"

#define HT_SYNC_ERROR (ht_sync_error_quark())
GQuark ht_sync_error_quark(void);

typedef enum {
    HT_SYNC_ERROR_FAILED = 0,
    HT_SYNC_ERROR_OFFLINE, /* no server; the work is kept (exit 3) */
    HT_SYNC_ERROR_REFUSED, /* the login or the membership is refused (exit 5) */
    HT_SYNC_ERROR_SETUP,   /* settings, password: somebody must change something (exit 5) */
    HT_SYNC_ERROR_TLS,     /* what answers cannot prove that it is the server (exit 5) */
    HT_SYNC_ERROR_SCHEMA,  /* the database is newer or not ours (exit 5) */
    HT_SYNC_ERROR_BUSY,    /* another process of this profile syncs (exit 1) */
    HT_SYNC_ERROR_CACHE,   /* the cache could not be written (disk full …) (exit 1) */
    HT_SYNC_ERROR_CANCELLED,
} HtSyncError;

/* The exit status (HtExit) that such an error means on the command line. */
int ht_sync_exit(const GError *error);

typedef struct HtSync HtSync;

typedef struct {
    HtPgOptions connection; /* copied, its texts too; password_data must outlive the HtSync */
    const HtPaths *paths;   /* lives longer than the HtSync */
    const char *host_label; /* this machine's name for client_devices; NULL: the host name */
    int64_t lease_us;       /* so long the cache may be read without the server; 0: 7 days */
    int64_t poll_focused_ms, poll_idle_ms; /* between polls; 0: as the server says, and 5 s */
} HtSyncOptions;

typedef enum {
    HT_SYNC_NEVER = 0,  /* not started, no server configured */
    HT_SYNC_CONNECTING, /* first try since start or since the line was lost */
    HT_SYNC_LOADING,    /* a first load, a resync or a reload is under way */
    HT_SYNC_LIVE,       /* up to date as of last_sync_us */
    HT_SYNC_OFFLINE,    /* tries again by itself; error says why */
    HT_SYNC_REFUSED,    /* the server said no; waits for a poke */
    HT_SYNC_LOCKED,     /* the cache is purged and locked */
    HT_SYNC_ELSEWHERE,  /* another process of this profile syncs */
} HtSyncState;

typedef enum {
    HT_SYNC_FOCUSED = 0, /* the terminal has the focus: polls each second */
    HT_SYNC_IDLE,        /* no key for a minute: 5 s */
    HT_SYNC_BACKGROUND,  /* focus is elsewhere: 30 s */
    HT_SYNC_FOCUSES,
} HtSyncFocus;

typedef struct {
    char table[32];         /* server name of the table that arrives, "" when nothing is loading */
    bool wide;              /* second phase: résumés, transcripts; lists are ready already */
    int64_t rows;           /* of the whole load, so far */
    int64_t total_estimate; /* 0: not known yet */
    double rows_per_s;
    int64_t seconds_left; /* -1: not known yet */
} HtSyncProgress;

/* What the sync has to do with a password that a person types. */
typedef enum {
    HT_SYNC_PASSWORD_NONE = 0, /* none is asked for */
    HT_SYNC_PASSWORD_WANTED,   /* the server asks, and no file or variable had one */
    HT_SYNC_PASSWORD_WRONG,    /* the server refused the one it was given; that one is forgotten */
    HT_SYNC_PASSWORD_TRYING,   /* one was offered and is on its way, or waits for a line */
    HT_SYNC_PASSWORD_HELD,     /* one was offered and opened the door: kept to connect again */
} HtSyncPassword;

/* A copy by value; texts are clean and cut at whole characters. */
typedef struct {
    HtSyncState state;
    int64_t since_us;     /* wall clock: since when this state */
    int64_t last_sync_us; /* wall clock: last completed pull; 0: never */
    HtSyncProgress progress;
    guint pending;   /* intents not yet acknowledged */
    guint conflicts; /* waiting for a person */
    bool read_only;  /* the person's role may change nothing */
    char role[16];   /* admin | recruiter | interviewer | viewer, "" before the first hello */
    char tenant[96];
    char server[96];
    HtSyncPassword password;
    char login[96];    /* whose password is meant; "" before one was asked for */
    char warning[256]; /* lasting: weak TLS, schema newer than this program knows … */
    char error[256];   /* why offline or refused: one line, what to do in it */
    guint asked;       /* how often a person asked (ht_sync_ask) … */
    guint answered;    /* … and up to which of those it is known what came of it: state, error */
} HtSyncStatus;

/* What is here may be out of date, or not this person's any more, after so long without the server
 * (0: 7 days): locks the cache then; a later sync opens it again. Sync itself looks too; this is
 * for a start without one. false: the cache is locked. Not on the UI's thread. */
bool ht_sync_lease_check(HtCache *cache, int64_t lease_us);
/* Wall clock of the last completed pull; 0: never. */
int64_t ht_sync_last_us(HtCache *cache);
/* The same as a reader sees it: no waiting for the store, for who answers keys. */
int64_t ht_sync_last_us_by(HtReader *reader);

const char *ht_sync_state_name(HtSyncState state); /* "never", "live" … for --json and scripts */

/* `outbox` may be NULL (pull only). Neither connects nor starts a thread. */
HtSync *ht_sync_new(HtCache *cache, HtOutbox *outbox, const HtSyncOptions *options, GError **error);
/* Stops and frees; a thread that does not end in time keeps what it works on. */
void ht_sync_free(HtSync *sync);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HtSync, ht_sync_free)

/* Called in `context` (NULL: the thread-default one of the caller) when the status changed: at once
 * for state, pending and conflicts, at most once a second for progress. Set before start. */
typedef void (*HtSyncNotify)(gpointer data);
void ht_sync_set_notify(HtSync *sync, GMainContext *context, HtSyncNotify func, gpointer data);

void ht_sync_start(HtSync *sync); /* the thread: connects, loads, polls, pushes until stopped */
void ht_sync_poke(
    HtSync *sync); /* now: something was submitted, or the person asks (also ends backoff) */
/* A password that a person typed, taken over (ht_secret_free): tried at once, used for every later
 * connection of this process, forgotten as soon as the server refuses it. Never blocks; how it went
 * is in the status. Any thread. */
void ht_sync_offer_password(HtSync *sync, char *password);
/* As ht_sync_poke, when a person asked for it: tries a refused login again too. The number of this
 * question: it is answered when the status' `answered` is no less. */
guint ht_sync_ask(HtSync *sync);
void ht_sync_set_focus(HtSync *sync, HtSyncFocus focus);
/* Waits at most 2 s; what was not sent stays in the outbox. false: the thread is in the midst of
 * something that cannot be given up: then cache, outbox and whatever else it was given stay as they
 * are until the process ends. */
bool ht_sync_stop(HtSync *sync);
void ht_sync_status(HtSync *sync, HtSyncStatus *out); /* any thread */

/* One run for the command line, in the calling thread; not while started. */
typedef enum {
    HT_SYNC_ONCE = 0,           /* push, then pull */
    HT_SYNC_ONCE_FULL = 1 << 0, /* load everything anew (outbox kept) */
    HT_SYNC_ONCE_PULL_ONLY = 1 << 1,
    HT_SYNC_ONCE_AT_ONCE = 1 << 2, /* BUSY rather than wait for another process's run to end */
} HtSyncOnceFlags;

typedef struct {
    int64_t rows_changed; /* rows written */
    int64_t rows_deleted;
    int64_t rows_received;
    int64_t bytes_received; /* of row data */
    int64_t duration_us;
    bool loaded; /* a first load or full resync took place */
    guint sent, applied, merged, conflicts, gone, rejected, parked; /* intents */
    guint same;         /* of those sent: decided the same by somebody else before */
    guint held;         /* intents that wait for a lock, or for a fault of the server's to pass */
    bool is_new_device; /* this profile is a copy of another one: it goes on as its own device */
    char why_full[96];  /* why everything was loaded anew, "" otherwise */
    char why_held[256]; /* of the first one held */
} HtSyncReport;

bool ht_sync_once(HtSync *sync, HtSyncOnceFlags flags, GCancellable *cancellable,
                  HtSyncReport *report, GError **error);

/* What the process that holds the profile's sync lock says to a question. */
typedef enum {
    HT_SYNC_HOLDER_SILENT = 0, /* nothing yet: it may be busy, stopped, or about to end */
    HT_SYNC_HOLDER_AT_WORK,    /* it has begun */
    HT_SYNC_HOLDER_DONE,       /* *report (nullable) is what it did */
    HT_SYNC_HOLDER_FAILED, /* *error is what it met: offline, refused …; *report before that */
} HtSyncHolder;

/* Asks the holder for a run, `is_full` for everything anew, and says how far it is; to be called
 * again until it is done, failed, or the caller loses patience (ht_sync_forget_request then, and
 * when the lock was free after all). Files only, never the network; not while started.
 * ht_sync_once does all of this by itself, without AT_ONCE. */
HtSyncHolder ht_sync_ask_holder(HtSync *sync, bool is_full, HtSyncReport *report, GError **error);
/* Of answers that nobody came for; they may quote the server. Whoever does it has the sync lock, or
 * removes the profile. */
void ht_sync_remove_answers(const HtPaths *paths);
void ht_sync_forget_request(HtSync *sync);

/* Is the cache the server's view of this login? Pulls, then compares a digest of every table at one
 * snapshot; where another process of the profile holds the lock, that one is asked to, and the
 * digests are left out. Blocks; not while started. */
typedef struct {
    const char *table; /* static */
    bool same;
    int64_t rows_here, rows_there;
    char digest_here[40], digest_there[40]; /* sums of row digests, decimal */
} HtSyncCheck;

/* Array of HtSyncCheck in table order; NULL on error. */
GArray *ht_sync_check(HtSync *sync, GCancellable *cancellable, GError **error);

/* One look at the server, for `doctor`: who answers, as whom, how its clock stands to ours. Blocks
 * like ht_pg_connect; beside a running sync as well. Texts are clean. */
typedef struct {
    bool is_reached; /* also when the greeting failed */
    bool is_member;  /* the greeting knows this login */
    int server_version, schema_version, known_schema;
    int64_t clock_ahead_us; /* the server's clock minus ours */
    char server[512], login[256], tenant[512], role[64];
    char tls[128];     /* "TLSv1.3, TLS_AES_256_GCM_SHA384"; "" on a local socket */
    char warning[512]; /* the lasting one about weak TLS, "" if there is none */
} HtSyncProbe;

/* false: *error is HT_PG_ERROR, or HT_SYNC_ERROR_SCHEMA for a greeting of another protocol. */
bool ht_sync_probe(const HtPgOptions *connection, HtSyncProbe *out, GError **error);
