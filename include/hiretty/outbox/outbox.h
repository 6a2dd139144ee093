/* The outbox: what a recruiter decided here, on disk before the screen says so, until the server
 * has answered.
 *
 * Intents never touch base rows: they live in STATE_DIR/outbox.db (synchronous FULL) and are
 * combined into the cache's shown tables. All writing happens on the cache's store thread;
 * submit_async and the plain getters are for any thread. Several processes may record intents; one
 * pushes. Errors: HT_OUTBOX_ERROR, or HT_CACHE_ERROR from below (a full disk is
 * HT_CACHE_ERROR_FULL: nothing was recorded). */
#pragma once

#include "hiretty/cache/cache.h"
#include "hiretty/domain/decision.h"
#include "hiretty/domain/stage.h"

#include <gio/gio.h>

#define HT_OUTBOX_ERROR (ht_outbox_error_quark())
GQuark ht_outbox_error_quark(void);

typedef enum {
    HT_OUTBOX_ERROR_FAILED = 1,
    HT_OUTBOX_ERROR_REFUSED, /* nothing of the intent was possible; the message says why (first row)
                              */
    HT_OUTBOX_ERROR_NOTHING, /* nothing to undo, redo, resolve */
    HT_OUTBOX_ERROR_MALFORMED, /* outcomes that do not fit the batch */
    HT_OUTBOX_ERROR_REASON,    /* the same with a reason would do it */
    HT_OUTBOX_ERROR_NOTE,      /* the same with a note would do it */
    HT_OUTBOX_ERROR_SAME,      /* it says that already, so nothing was recorded */
    HT_OUTBOX_ERROR_CLOSED,    /* as REFUSED, and a reopening would make it possible */
} HtOutboxError;

typedef struct HtOutbox HtOutbox;

/* Opens or creates the file and brings the cache's shown tables in step with it. A corrupt one is
 * moved aside, never deleted, and ht_outbox_problem says so. */
HtOutbox *ht_outbox_open(HtCache *cache, const HtPaths *paths, GError **error);
/* Before ht_cache_close. */
void ht_outbox_close(HtOutbox *outbox);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HtOutbox, ht_outbox_close)
const char *ht_outbox_problem(HtOutbox *outbox); /* NULL = none */
/* This machine's device id for the server. Any thread. */
void ht_outbox_device(HtOutbox *outbox, HtUuid *out);

/* --- Intents */
typedef enum {
    HT_INTENT_DECIDE = 1,
    HT_INTENT_NOTE,
    HT_INTENT_NOTE_EDIT,
    HT_INTENT_NOTE_DELETE,
    HT_INTENT_TAG_ADD,
    HT_INTENT_TAG_REMOVE,
    HT_INTENT_UNDO,       /* the last group that is not undone */
    HT_INTENT_REDO,       /* the group undone last, as long as nothing new was done */
    HT_INTENT_UNDO_GROUP, /* `group` */
    HT_INTENT_FEEDBACK,   /* one's own, a draft until `submit`; what is not given stays */
    HT_INTENT_INTERVIEW_ADD,
    HT_INTENT_INTERVIEW_CHANGE, /* what is given; or `cancel` */
    HT_INTENT_TAGS,             /* `tags`, all of them one action */
} HtIntentKind;

/* What was in view when a row was decided. */
typedef struct {
    HtKey match;
    bool viewed; /* the explanation was open for a second or the row was entered */
    bool blind;
    int seconds;
} HtViewed;

typedef struct {
    HtIntentKind kind;
    /* decide */
    GArray *matches; /* HtViewed */
    HtDecisionKind decision;
    HtStageType to_type;   /* NONE: the machine's choice */
    HtKey to_stage;        /* 0: by type */
    HtKey reason;          /* rejection_reasons; for reject, withdraw, reopen */
    int64_t hold_until;    /* µs; for hold */
    char *day;             /* the same as people read it, for the label; may be NULL */
    char *note;            /* becomes a note on each person, the decision points at it */
    bool mail;             /* the reason's template, else the tenant's default for the decision */
    int64_t mail_delay_us; /* sent at the earliest so long after now */
    char *bulk_kind;       /* "marks", "filter", "review" …; NULL = single */
    char *bulk_filter;     /* its text */
    bool needs_viewed;     /* bulk reject: rows never opened are left out, listed as refused … */
    char *unviewed_why;    /* … with these words; may be NULL */
    guint64 pass; /* groups of one review pass share a number (gu undoes them together); 0 = none */
    /* note, tags */
    GArray *candidates; /* HtKey */
    HtKey note_match;   /* the match a note speaks of, or 0 */
    HtUuid note_id;     /* edit, delete */
    char *tag;          /* of TAG_ADD, TAG_REMOVE */
    GPtrArray *tags;    /* of TAGS: char *, each once; "-x" takes x away. May be NULL */
    char *visibility;   /* "team" (default) or "private" */
    /* feedback: note is its text */
    HtKey interview;
    int rating;           /* 1 … 5, 0 = not given */
    char *recommendation; /* strong_hire, hire, no_hire, strong_no_hire */
    bool submit;          /* final */
    /* interviews: note_match is the application, note goes along */
    int64_t starts_at; /* µs */
    int minutes;
    char *interview_type; /* screening, technical, behavioral, voice, final, hr */
    char *time_zone;      /* IANA */
    GArray *panel;        /* HtKey of members, the first one leads */
    bool cancel;
    /* undo group */
    int64_t group;
    char *label; /* for lists; NULL: made from the above */
} HtIntent;

HtIntent *ht_intent_new(HtIntentKind kind);
void ht_intent_free(HtIntent *intent);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HtIntent, ht_intent_free)
void ht_intent_add_match(HtIntent *intent, HtKey match, bool viewed, bool blind, int seconds);
void ht_intent_add_candidate(HtIntent *intent, HtKey candidate);

typedef struct {
    HtKey key; /* match or candidate */
    char *why;
} HtRefusal;

/* The numbers of the ops that one call wrote, which follow each other; 0, 0 = none. */
typedef struct {
    int64_t first, last;
} HtOpSpan;

typedef struct {
    int64_t group; /* 0 when nothing was recorded */
    HtOpSpan recorded;
    int n_done, n_refused;
    bool may_reopen;     /* somebody was left out who could be reopened: rejected, withdrawn */
    int n_groups;        /* of a pass, that were undone: so many redos do them again, one by one */
    char *label;         /* "Rejected 175: Must-have missing" */
    char *why;           /* of the first refusal; NULL = none */
    GPtrArray *refusals; /* HtRefusal*, all of them */
    int n_mails, n_mails_held; /* rendered; held back for an unfilled variable */
    char *mails_held_why;      /* "{{interview_time}} is not known" */
    GArray *keys;              /* HtKey: the rows it touched, for the cursor */
} HtReceipt;

/* How many were refused for which reason: "20 × …; 11 × …". Caller frees. */
char *ht_receipt_reasons(const HtReceipt *receipt);
void ht_receipt_free(HtReceipt *receipt);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HtReceipt, ht_receipt_free)

/* Takes the intent. The callback comes after fsync, in the caller's thread-default context. */
void ht_outbox_submit_async(HtOutbox *outbox, HtIntent *intent, GCancellable *cancellable,
                            GAsyncReadyCallback callback, gpointer user_data);
/* NULL: nothing was recorded (REFUSED carries the first reason). */
HtReceipt *ht_outbox_submit_finish(HtOutbox *outbox, GAsyncResult *result, GError **error);
/* For the command line: blocks. Takes the intent. */
HtReceipt *ht_outbox_submit(HtOutbox *outbox, HtIntent *intent, GError **error);
/* Undoes all groups of a review pass that are not undone yet. Blocks. */
HtReceipt *ht_outbox_undo_pass(HtOutbox *outbox, guint64 pass, GError **error);
void ht_outbox_undo_pass_async(HtOutbox *outbox, guint64 pass, GCancellable *cancellable,
                               GAsyncReadyCallback callback,
                               gpointer user_data); /* submit_finish */
guint64 ht_outbox_new_pass(HtOutbox *outbox);
/* What `u` would do: a label, NULL = nothing. Caller frees. */
char *ht_outbox_undo_label(HtOutbox *outbox);
/* The row was opened, or its evidence was in view for `seconds`. Async. */
void ht_outbox_note_view(HtOutbox *outbox, HtKey match, bool blind, int seconds);

/* --- Looking. Any thread; a snapshot of the file. */
typedef enum {
    HT_OP_PENDING = 0,
    HT_OP_SENDING,
    HT_OP_PARKED,   /* the server could not take it; kept, with the reason */
    HT_OP_CONFLICT, /* somebody else was first: resolve */
    HT_OP_REJECTED, /* the server said no */
    HT_OP_GONE,     /* the row is not there or not visible any more */
    HT_OP_DONE,     /* applied or merged; kept for undo */
    HT_OP_DROPPED,  /* given up here */
} HtOpState;

const char *ht_op_state_name(HtOpState state);

typedef struct {
    int64_t seq, group;
    HtUuid op, row;          /* row: the match, or the note/tag row */
    HtUuid match, candidate; /* whom it is about, who may not be in the cache; nil = none */
    HtOpState state;
    char *label; /* "Reject · Customer Support Specialist": no server words */
    int64_t at;
    char *why;  /* parked, conflict, rejected, gone */
    char *code; /* the server's short code */
} HtOutboxItem;

/* What becomes of mine when it is kept. */
typedef enum {
    HT_KEEP_GOES = 0, /* it goes out again, on what is there now */
    HT_KEEP_REOPENS,  /* the same, behind a reopening, which wants a reason */
    HT_KEEP_NOTE,     /* it stands where mine leads: theirs stands, my note goes beside it */
    HT_KEEP_NOTHING,  /* the same, and nothing of mine is left: theirs stands */
    HT_KEEP_NEVER,    /* the same, and my mail goes with no other decision: refused */
    HT_KEEP_OVER,     /* an undo, and another decision followed what it undoes: refused */
} HtKeep;

typedef struct {
    HtOutboxItem item;
    char *base, *mine, *theirs; /* lines for people */
    char *theirs_by;
    int64_t theirs_at;
    char *text; /* of mine, to edit; NULL = it has none */
    HtKeep keep;
    bool needs_reason; /* keep is REOPENS: somebody closed it */
    bool is_same;      /* both decided the same */
    bool is_past;      /* another decision followed what it met: theirs is what stands there now */
} HtConflict;

typedef struct {
    int pending, sending, parked, conflicts, rejected; /* rejected: gone included */
} HtOutboxCounts;

void ht_outbox_item_free(HtOutboxItem *item);
void ht_conflict_free(HtConflict *conflict);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HtConflict, ht_conflict_free)

/* HtOutboxItem* by seq: everything that is not done. `limit` 0 = all, else so many, and what waits
 * for a person first. */
GPtrArray *ht_outbox_list(HtOutbox *outbox, gsize limit, GError **error);
/* The same of these numbers alone. */
GPtrArray *ht_outbox_list_span(HtOutbox *outbox, const HtOpSpan *span, GError **error);
/* Of these numbers those that are done because somebody else had decided the same, which `why`
 * says; `limit` 0 = all. */
GPtrArray *ht_outbox_list_same(HtOutbox *outbox, const HtOpSpan *span, gsize limit, GError **error);
/* How many such ones are to be told, and between which numbers: those of answers that came through
 * this process since the last call, and at first what processes before it did not come to tell.
 * Cheap. */
guint ht_outbox_take_same(HtOutbox *outbox, HtOpSpan *span);
/* The line was said: nobody says it again. Does not wait for the disk. */
void ht_outbox_told_same(HtOutbox *outbox, const HtOpSpan *span);
/* Cheap: kept counters; also changes of other processes (they come with HT_CHANGED_SHOWN). */
void ht_outbox_counts(HtOutbox *outbox, HtOutboxCounts *out);
/* HtConflict*: conflict, rejected and gone ops. */
GPtrArray *ht_outbox_conflicts(HtOutbox *outbox, GError **error);
/* The first ones of them; `limit` 0 = all. */
GPtrArray *ht_outbox_some_conflicts(HtOutbox *outbox, gsize limit, GError **error);
/* One of them; NULL and HT_OUTBOX_ERROR_NOTHING when it is settled. Caller frees. */
HtConflict *ht_outbox_conflict(HtOutbox *outbox, int64_t seq, GError **error);

typedef enum {
    HT_RESOLVE_KEEP_MINE = 1, /* as HtKeep says; for a parked one: once more */
    HT_RESOLVE_TAKE_THEIRS,   /* mine is dropped */
    HT_RESOLVE_EDIT,          /* like mine, with `value` as its text (a note's words) */
} HtResolution;

typedef struct {
    HtResolution resolution;
    HtKey reason; /* rejection_reasons: for the reopening of what was closed meanwhile */
    /* Goes with the reopening, else with mine when that has none; may be NULL. */
    const char *note;
    const char *value;  /* of EDIT */
    HtOpSpan *recorded; /* set to what goes out for it; may be NULL */
} HtResolve;

/* Settles an op that is parked, in conflict, rejected or gone. HT_OUTBOX_ERROR_REASON: somebody
 * closed the application meanwhile; with a reason mine goes out behind a reopening. Blocks. */
bool ht_outbox_resolve(HtOutbox *outbox, int64_t seq, const HtResolve *how, GError **error);
/* Gives up an op that is pending, parked, in conflict or rejected, and what waits that builds on
 * it; one that is being sent is refused. Blocks. */
bool ht_outbox_drop(HtOutbox *outbox, int64_t seq, GError **error);

/* Any of these, and unpark, as one thing; for who may not wait for the disk. */
typedef enum {
    HT_SETTLE_RESOLVE = 1, /* `seq`, `how` */
    HT_SETTLE_DROP,        /* `seq` */
    HT_SETTLE_UNPARK,      /* all */
} HtSettleKind;

typedef struct {
    HtSettleKind kind;
    int64_t seq;
    HtResolve how;
} HtSettle;

/* *n: how many it was about, those included that went with it. Blocks. */
bool ht_outbox_settle(HtOutbox *outbox, const HtSettle *settle, guint *n, GError **error);
/* Copies the texts of `settle`; how.recorded is not used. The callback comes after fsync, in the
 * caller's thread-default context. */
void ht_outbox_settle_async(HtOutbox *outbox, const HtSettle *settle, GAsyncReadyCallback callback,
                            gpointer user_data);
bool ht_outbox_settle_finish(HtOutbox *outbox, GAsyncResult *result, guint *n, GError **error);

/* All that is not done, as JSON text (ids, codes, notes). Caller frees. */
char *ht_outbox_export(HtOutbox *outbox, GError **error);

/* Without a cache: what is in the file of a profile, as ht_outbox_list. An empty list when there is
 * none. */
GPtrArray *ht_outbox_peek(const HtPaths *paths, GError **error);
/* Removes the file and kept copies of damaged ones. Nobody may have it open (ht_cache_wipe has
 * succeeded). */
bool ht_outbox_wipe(const HtPaths *paths, GError **error);

/* --- For the pusher (sync thread) */
typedef enum {
    HT_PUSH_DECISIONS = 1,
    HT_PUSH_FIELDS,
} HtPushFunction;

typedef struct {
    HtPushFunction function;
    int64_t first_seq, last_seq;
    int n;
    char *ops_json; /* the array that app.push_decisions / app.push_fields takes */
    bool is_resend; /* was sent before; its outcome is unknown */
    /* Set by ht_outbox_acknowledge: conflicts that are none, since somebody had decided the same;
     * and what stood on them, which is pending again. */
    guint n_same, n_again;
} HtPushBatch;

void ht_push_batch_free(HtPushBatch *batch);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HtPushBatch, ht_push_batch_free)

/* The next ops in order, all for one function; on disk as 'sending' when this returns. A batch
 * whose outcome is unknown, since the line broke, comes first, unchanged. NULL without error:
 * nothing to do. */
HtPushBatch *ht_outbox_next_batch(HtOutbox *outbox, int max, GError **error);
/* The server's answer (JSON array, one outcome an op). Base rows, acked_seq and shown change in one
 * transaction. */
bool ht_outbox_acknowledge(HtOutbox *outbox, HtPushBatch *batch, const char *outcomes_json,
                           GError **error);
/* The whole batch raised an error on the server and nothing of it was applied: halves it for the
 * next call; a batch of one op is parked with `why`. */
bool ht_outbox_bisect(HtOutbox *outbox, const HtPushBatch *batch, const char *why, GError **error);

typedef enum {
    HT_HOLD_WAITS = 0, /* it waits, and is tried again later */
    HT_HOLD_PARKED,    /* it was tried often enough, over long enough */
} HtHold;

/* The same for an error that may pass. A batch of one op: the op stays pending, with `why`, and is
 * left out for a while, which grows with each try; what concerns the same row or person waits
 * behind it, the others go on. `may_park`: not for ever. *hold says what became of it; a larger
 * batch is halved and *hold is as it was. */
bool ht_outbox_hold(HtOutbox *outbox, const HtPushBatch *batch, const char *why, bool may_park,
                    HtHold *hold, GError **error);
/* It was the server's fault: the try does not count. */
bool ht_outbox_untry(HtOutbox *outbox, int64_t seq, GError **error);
/* Whatever is held is tried at the next push: somebody asked for it. */
bool ht_outbox_release_held(HtOutbox *outbox, GError **error);
/* How many pending ops do not go now, because they are held or wait behind one that is, and why the
 * first one is (caller frees; NULL none). */
bool ht_outbox_held(HtOutbox *outbox, guint *n, char **why, GError **error);
/* Everything that is parked is pending again, as it was; *n: how many. Blocks. */
bool ht_outbox_unpark(HtOutbox *outbox, guint *n, GError **error);
/* After a full resync: the server's acked_seq for this device (hello). Numbers go on above it; what
 * is shown is made anew. */
bool ht_outbox_set_acked(HtOutbox *outbox, int64_t acked_seq, GError **error);
/* The device's id as the file has it now, and the highest number that an op ever got here. */
bool ht_outbox_look_device(HtOutbox *outbox, HtUuid *device, int64_t *last_seq, GError **error);
/* Another copy of this file works as the same device: takes a new id, unless a batch is under way,
 * which is settled under the old one first (*is_renewed is false then). */
bool ht_outbox_renew_device(HtOutbox *outbox, bool *is_renewed, GError **error);
