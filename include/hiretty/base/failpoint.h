/* Named places between two steps that belong together, where a test ends the process as kill -9
 * does: HIRETTY_FAILPOINT=NAME, or NAME:N for the N-th pass. Only in builds for tests; nothing of
 * it is in a release. tests/faults/test_failpoints.py walks this table. Any thread. */
#pragma once

/* identifier, name, what is done already / what is not */
#define HT_FAILPOINTS(X)                                                                           \
    X(OUTBOX_RECORDED, "outbox.recorded", "the intent is on disk / it is not shown")               \
    X(PUSH_BATCHED, "push.batched", "the batch's border is on disk / nothing was sent")            \
    X(PUSH_ANSWERED, "push.answered", "the server has committed and answered / nobody knows here") \
    X(PUSH_RECORDED, "push.recorded", "the answer is in the outbox / the cache has the old rows")  \
    X(PUSH_APPLIED, "push.applied", "rows and acked_seq are in the cache / the ops still wait")    \
    X(PUSH_TIDIED, "push.tidied", "the ops are settled / what they changed was not pulled")        \
    X(PULL_BLOCK, "pull.block", "rows of a large pull are in / the cursor is the old one")         \
    X(PULL_APPLIED, "pull.applied", "rows and cursor are in / nobody was told")                    \
    X(LOAD_BEGUN, "load.begun", "a new generation has its notes / no row")                         \
    X(LOAD_TABLE, "load.table", "a table is in the new generation / the next is not")              \
    X(LOAD_COMPLETE, "load.complete", "all rows are in the new generation / it is not derived")    \
    X(PUBLISH_DERIVED, "publish.derived", "the new generation is whole / it is not on disk")       \
    X(PUBLISH_SYNCED, "publish.synced", "the new generation is on disk / the link is the old one") \
    X(PUBLISH_LINKED, "publish.linked", "the link is the new one / pending work is not shown")     \
    X(PUBLISH_SETTLED, "publish.settled", "pending work is shown / acked_seq is not known")        \
    X(WIDE_CHUNK, "wide.chunk", "wide columns of a table are in / the next are not")               \
    X(ASIDE_MOVED, "aside.moved", "a damaged file has another name / no new one took its place")

#if HT_WITH_FAILPOINTS

#define HT_FAILPOINT_ID(id, name, text) HT_FAILPOINT_##id,
typedef enum { HT_FAILPOINTS(HT_FAILPOINT_ID) HT_N_FAILPOINTS } HtFailpoint;
#undef HT_FAILPOINT_ID

void ht_failpoint_pass(HtFailpoint point);
#define HT_FAILPOINT(id) ht_failpoint_pass(HT_FAILPOINT_##id)

#else

#define HT_FAILPOINT(id) ((void)0)

#endif
