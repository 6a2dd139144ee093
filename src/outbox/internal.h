/* What the files of this layer share. Everything with an HtStore or HtApply runs on the cache's
 * store thread. */
#pragma once

#include "hiretty/base/json.h"
#include "hiretty/cache/jobs.h"
#include "hiretty/cache/matches.h"
#include "hiretty/cache/store.h"
#include "hiretty/domain/machine.h"
#include "hiretty/outbox/outbox.h"

#define HT_OUTBOX_QUERY(name) "sql/outbox/queries/" name ".sql"
#define HT_CACHE_QUERY(name) "sql/cache/queries/" name ".sql"
#define HT_OP_COLUMNS 21

enum {
    HT_TBL_TAG = 12,
    HT_TBL_NOTE = 13,
    HT_TBL_MATCH = 15,
    HT_TBL_DECISION = 17,
    HT_TBL_INTERVIEW = 20,
    HT_TBL_PANEL = 21,
    HT_TBL_FEEDBACK = 23,
};

/* Which file it is, whatever it is called; 0, 0 = none. */
typedef struct {
    uint64_t device, number;
} HtFileId;

enum { HT_OUTBOX_FILES = 3 }; /* the file, its log and the log's index */

struct HtOutbox {
    HtCache *cache;
    char *path, *problem;
    int lock_fd;                     /* shared: the file is not moved away under us */
    HtFileId files[HT_OUTBOX_FILES]; /* as they were opened */
    HtUuid device;
    /* store thread */
    HtDb *db;
    HtReader *reader;
    int limit;           /* ops a batch after a bisection, 0 = as asked */
    int64_t limit_until; /* … up to this op */
    bool has_untold;     /* what others before this process left untold was looked up */
    /* any thread, under the lock */
    GMutex lock;
    HtDb *look_db;
    HtReader *look_reader;
    HtOutboxCounts counts;
    int64_t counts_version; /* data_version of look_db they belong to; -1 = never read */
    HtOpSpan same;          /* done by others' decisions since it was last asked for */
    guint n_same;
    gint passes; /* atomic */
};

/* Opens *reader (one of the two above) if need be, and follows to the current generation. */
bool ht_outbox_reader(HtOutbox *outbox, HtReader **reader, GError **error);

/* --- One op as it is in the file (ops.c) */
typedef struct {
    int64_t seq, group;
    HtUuid op, row, match, candidate, reverses, theirs_by; /* nil = none */
    int fn;                                                /* HtPushFunction */
    char *kind; /* a decision's name, or insert, update, delete */
    HtOpState state;
    int tbl;
    int64_t at;
    HtJson *body; /* as sent, without seq */
    HtJson *prev; /* may be NULL */
    char *label, *why, *code, *theirs;
    int64_t theirs_at;
    bool is_live;
} HtOp;

HtOp *ht_op_new(HtPushFunction fn, int tbl);
void ht_op_free(HtOp *op);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HtOp, ht_op_free)
/* All rows of a statement of the op queries: HtOp*. */
GPtrArray *ht_ops_read(HtStmt *stmt, GError **error);
/* Without what is sent and what was before, which cost the most. */
GPtrArray *ht_ops_read_bare(HtStmt *stmt, GError **error);
HtOp *ht_op_load(HtDb *db, int64_t seq, GError **error); /* NULL + NOTHING when there is none */
GPtrArray *ht_ops_of(HtDb *db, const char *resource, const HtUuid *id, GError **error);
/* Writes it with a new seq. */
bool ht_op_insert(HtDb *db, HtOp *op, GError **error);
/* What an op is to undo and redo. */
typedef enum {
    HT_LIVE_UNDONE = 0,
    HT_LIVE_COUNTS, /* undo takes it back */
    HT_LIVE_REPLACED,
    HT_LIVE_GIVEN_UP, /* dropped by a person: redo does not bring it back */
    HT_LIVE_STANDS,   /* could not be undone, and said so */
} HtLive;
bool ht_op_set_state(HtDb *db, int64_t seq, HtOpState state, HtLive live, GError **error);
/* The field that holds the words of it ("body", "notes"); NULL = it has none. */
const char *ht_op_text_field(const HtOp *op);
void ht_json_set_uuid(HtJson *object, const char *key, const HtUuid *id); /* nil → null */
bool ht_json_get_uuid(const HtJson *json, const char *key, HtUuid *out);
bool ht_outbox_run(HtDb *db, const char *resource, int64_t first, GError **error);
/* What a person did at once; its texts are borrowed. The new group's id, 0 on failure. */
typedef struct {
    HtIntentKind kind;
    guint64 pass;
    const char *label;
    int64_t at, undo_of; /* 0 = of none */
} HtGroup;
int64_t ht_group_add(HtDb *db, const HtGroup *group, GError **error);
int64_t ht_outbox_counter(HtDb *db, const char *name, GError **error); /* 0 on failure */
char *ht_outbox_meta(HtDb *db, const char *name);

/* The ops of a statement of the op queries as HtOutboxItem*; look.c. */
GPtrArray *ht_outbox_items(HtStmt *stmt, GError **error);
/* All of them as JSON for people, with `whole` the texts of mails too; caller frees (look.c). */
char *ht_ops_export(GPtrArray *ops, bool whole);

/* --- The file (open.c, salvage.c) */
/* Sets path, db, lock_fd, problem. */
bool ht_outbox_open_file(HtOutbox *outbox, const char *dir, GError **error);
/* Notes which files are open, once both connections are. */
void ht_outbox_note_files(HtOutbox *outbox);
/* false, with what to do about it: they are not there any more, or others are. */
bool ht_outbox_has_files(const HtOutbox *outbox, GError **error);
/* The mark that a connection to the file at `path` leaves when damage shows. Caller frees. */
char *ht_outbox_suspect_path(const char *path);
/* Unsent ops (HtOp), with `settled` the others too, that can be read from the file at `path`, in
 * whatever state that is, and its WAL; in order. Changes nothing. Caller unrefs. */
GPtrArray *ht_outbox_salvage(const char *path, bool settled);

/* --- The device (device.c). Store thread. Reads or makes its id, and prunes settled ops of old. */
bool ht_device_ensure(HtOutbox *outbox, GError **error);
/* Brings the cache's marks of what was acknowledged in step with the file. *changed: what is shown
 * has to be made anew. */
bool ht_device_check(HtOutbox *outbox, HtStore *store, bool *changed, GError **error);

/* --- A change of the file and what is shown of it (outbox.c) */
typedef struct {
    HtOutbox *outbox;
    HtStore *store;
    GHashTable *matches, *candidates; /* HtUuid: whose shown rows are to be made anew */
    char *stamp_before, *stamp_after;
    HtOpSpan recorded;
} HtChange;

bool ht_change_begin(HtChange *change, HtOutbox *outbox, HtStore *store, GError **error);
void ht_change_touch(HtChange *change, const HtOp *op);
/* ht_op_insert, counted in `recorded`. */
bool ht_change_insert(HtChange *change, HtOp *op, GError **error);
/* Commits the file, then brings shown in step; only the first can fail. It is refused where nobody
 * would find it again: the file that is open is not the one of that name. */
bool ht_change_commit(HtChange *change, GError **error);
void ht_change_clear(HtChange *change); /* rolls back what was not committed */
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(HtChange, ht_change_clear)

/* --- Shown (shown.c), inside an apply */
bool ht_shown_matches(HtOutbox *outbox, HtApply *apply, GHashTable *matches, GError **error);
bool ht_shown_candidates(HtOutbox *outbox, HtApply *apply, GHashTable *candidates, GError **error);
/* outbox.c: the cache's shown tables anew, for the outbox as it is. */
bool ht_outbox_show_all(HtOutbox *outbox, HtStore *store, GError **error);
bool ht_shown_rebuild(HtOutbox *outbox, HtApply *apply, GError **error);
int64_t ht_shown_acked(HtApply *apply);

/* --- Planning (plan.c, decide.c, fields.c, undo.c): ops to write, refusals */
typedef struct {
    HtOutbox *outbox;
    HtStore *store;
    HtReader *reader;
    const HtIntent *intent;
    HtReceipt *receipt;
    GPtrArray *ops; /* HtOp*, to be inserted */
    HtMachine *machine;
    HtMe *me;
    GHashTable *stages; /* job key → GPtrArray of HtJobStage */
    int64_t now_us;
    HtUuid bulk;
    GHashTable *done_rows; /* HtUuid: what undo or redo did something about; NULL = nothing */
    GHashTable *stands;    /* HtUuid of an application → HtStand; NULL = as shown */
    bool lacks_note;       /* something was refused that a note would make possible */
    bool is_settled;       /* what undo refused stays refused: the change of the file counts */
} HtPlan;

void ht_plan_init(HtPlan *plan, HtOutbox *outbox, HtStore *store, const HtIntent *intent);
void ht_plan_clear(HtPlan *plan);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(HtPlan, ht_plan_clear)
void ht_plan_refuse(HtPlan *plan, HtKey key, const char *why);
/* false: the disk failed under a look-up of this plan, so nothing may be concluded from it. */
bool ht_plan_check(const HtPlan *plan, GError **error);
/* Whether the intent's reason is one that does not go without words. */
bool ht_plan_reason_wants_note(const HtPlan *plan);
/* The error of a plan that has no op: its first refusal, and whether a note would mend it. */
void ht_plan_set_error(const HtPlan *plan, GError **error);
bool ht_is_blank(const char *text); /* NULL, and what nobody sees, too */
GPtrArray *ht_plan_stages(HtPlan *plan, HtKey job);
bool ht_plan_may_write(HtPlan *plan, GError **error);
/* Admins and recruiters; a role that is not known yet is the server's question. */
bool ht_plan_is_staff(const HtPlan *plan, const char *why, GError **error);

bool ht_plan_decide(HtPlan *plan, GError **error);
/* One decision on one row; a refusal is noted and gives NULL. */
HtOp *ht_plan_decision(HtPlan *plan, const HtViewed *viewed);
/* The same on a row as the caller sees it. */
HtOp *ht_plan_decision_on(HtPlan *plan, const HtViewed *viewed, const HtMatchRow *row);
bool ht_plan_fields(HtPlan *plan, GError **error);
bool ht_plan_feedback(HtPlan *plan, GError **error);
bool ht_plan_interview(HtPlan *plan, GError **error);
char *ht_plan_label(const HtPlan *plan);

#define HT_NOTE_MAX 20000 /* characters; what the server takes with a decision */
/* An op on one row of a table, with nothing in its `set` and `base`. */
HtOp *ht_field_op_new(HtPlan *plan, int tbl, const char *kind, const HtUuid *row,
                      const HtUuid *candidate, const char *label);
/* Sets a field of "set" or "base". */
void ht_op_set(HtOp *op, const char *member, const char *name, HtJson *value); /* takes it */
void ht_op_set_text(HtOp *op, const char *member, const char *name, const char *value);
void ht_op_set_id(HtOp *op, const char *member, const char *name, const HtUuid *id);
void ht_plan_take(HtPlan *plan, HtOp *op, HtKey key); /* takes the op; `key` for the cursor */
/* An edit of a row whose last change has not left yet carries that one along: first base, last
 * value; op->prev["merges"] names it. An edit of a new row becomes the row's insert. */
void ht_plan_merge(HtPlan *plan, HtOp *op);
/* Has something to read, and at most `max` characters. */
bool ht_plan_check_text(const char *text, gsize max, const char *what, GError **error);

/* Renders the mail of a decision into the op; counts in the receipt. */
void ht_mail_add(HtPlan *plan, HtOp *op, const HtMatchRow *row);

/* --- Where undo and redo have left an application so far (stand.c) */
typedef struct {
    HtUuid stage, last; /* last: the decision there */
    bool is_undone;     /* that is an undo */
    bool is_refused;    /* a later decision of the group could not be undone: neither can this */
} HtStand;

/* false: the application is not here any more. */
bool ht_stand_get(HtPlan *plan, const HtUuid *match, HtStand *stand);
void ht_stand_set(HtPlan *plan, const HtUuid *match, const HtStand *stand);
/* As if the decision had not been made; as it leaves the application. */
void ht_stand_before(HtPlan *plan, const HtOp *op);
void ht_stand_after(HtPlan *plan, const HtOp *op);

/* --- Undo (undo.c), inside a change */
/* Notes in the file which op carries another's change (prev["merges"]). */
bool ht_op_merge(HtDb *db, const HtOp *op, GError **error);
bool ht_undo_group(HtChange *change, HtPlan *plan, int64_t group, GError **error);
bool ht_redo_group(HtChange *change, HtPlan *plan, int64_t group, GError **error);
/* Whether something that undoing the group speaks of is touched in this change already. */
bool ht_undo_meets(HtChange *change, int64_t group, bool *meets, GError **error);
/* Undo refuses (a part of) what it cannot do; whatever else fails is no refusal. */
bool ht_is_refusal(const GError *error);
/* pass.c. Caller frees. */
HtReceipt *ht_undo_pass(HtOutbox *outbox, HtStore *store, guint64 pass, GError **error);
/* One view of the cache for all of an intent: else each of some ten look-ups a row takes and drops
 * the lock of one of its own. false: there is one already, or none can be had. */
bool ht_view_begin(HtReader *reader);
void ht_view_end(HtReader *reader, bool is_ours);

/* --- Forgetting (forget.c). After an explicit refusal unsent work is kept as ids and codes, for
 * the person to see, and no text about anybody stays in the file. */
bool ht_outbox_strip_all(HtOutbox *outbox, GError **error);
/* The cache's hook: no text stays about people who are not in the cache any more. */
bool ht_outbox_forget(HtStore *store, HtForgetHow how, gpointer outbox, GError **error);

/* --- Two who decided the same (same.c) */
typedef struct {
    HtOpSpan span;    /* from the first to the last that is done for that; 0, 0 = none */
    guint n, n_again; /* so many of them; of those that go again, on theirs */
} HtSameDecided;

/* Why it cannot be undone. */
#define HT_WHY_ANOTHERS "somebody else had decided it already"
/* The decision among the rows that the server sent; NULL = none. Borrowed. */
const HtJson *ht_same_theirs(const HtJson *rows);
/* Whether the decision among the rows that the server sent is op's own, into the same stage. */
bool ht_same_decided(const HtOp *op, const HtJson *rows);
/* Whether an undo that met another decision may go again: what it undoes is the last one now, or
 * what followed was undone. */
bool ht_same_may_undo(const HtOp *op, const HtMatchRow *row);
/* What keeping mine means on the row as it is now, which stands in `stage`. */
HtKeep ht_same_keep(const HtOp *op, const HtUuid *stage, const HtMatchRow *row);
/* Inside the transaction that records the answers to `ops`, which are as they were before it. */
bool ht_same_settle(HtDb *db, const GPtrArray *ops, const HtJson *outcomes, HtSameDecided *done,
                    GError **error);

/* --- Batches (push.c) */
typedef struct {
    int64_t id, first_seq, last_seq;
    int fn, n;
    char *json, *outcomes;
} HtBatch;

void ht_batch_clear(HtBatch *batch);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(HtBatch, ht_batch_clear)
/* The one that is not settled; id 0 = none. */
bool ht_batch_open(HtDb *db, HtBatch *batch, GError **error);
/* Its id alone; -1 = failed. */
int64_t ht_outbox_open_batch(HtDb *db, GError **error);
/* Finishes a batch whose answer is in the file. */
bool ht_push_recover(HtOutbox *outbox, HtStore *store, GError **error);
/* What is done by others' decisions and nobody was told: told by this process. Once, at open. */
bool ht_same_recall(HtOutbox *outbox, GError **error);
/* Sets the error; false. */
bool ht_batch_malformed(GError **error, const char *why);

/* Everything that is parked is pending again (hold.c); *n: how many. */
bool ht_unpark_all(HtOutbox *outbox, HtStore *store, guint *n, GError **error);

/* --- What waits although it is its turn (hold.c): rows, applications and people of held ops, now.
 */
GHashTable *ht_held_ids(HtDb *db, GError **error);
/* A row of ops_pending: does it concern one of them? What does is held, too. */
bool ht_held_waits(GHashTable *held, HtStmt *op);
