/* A filled cache with an outbox, and short words for what tests do with them. Test thread. */
#pragma once

#include "fixture.h"

#include "hiretty/cache/jobs.h"
#include "hiretty/cache/matches.h"
#include "hiretty/outbox/outbox.h"

typedef struct {
    Fixture fixture;
    HtOutbox *outbox;
    HtReader *reader;
} Bench;

void bench_open(Bench *bench);
void bench_close(Bench *bench);
void bench_reopen(Bench *bench); /* cache and outbox */
HtKey bench_key(Bench *bench, const char *name);
/* Decides on M<first> … M<last>; the receipt, or NULL with *error. */
HtReceipt *bench_decide(Bench *bench, HtDecisionKind decision, int first, int last, GError **error);
/* The same, must do them all. */
void bench_did(Bench *bench, HtDecisionKind decision, int first, int last);
HtReceipt *bench_undo(Bench *bench, HtIntentKind kind, GError **error);
HtMatchRow *bench_row(Bench *bench, int n);
/* Stage of M<n> as shown, and whether it is pending. */
void assert_stage(Bench *bench, int n, HtStageType type, bool pending);
/* Counters equal a recount; shown counts of job 1. */
void assert_counters(Bench *bench);
/* An answer to a batch: `outcome` for every op; the match rows moved to where the op wanted them.
 */
char *bench_answer(const HtPushBatch *batch, const char *outcome);
/* next_batch and acknowledge until nothing is left; number of ops. */
int bench_push(Bench *bench, const char *outcome);
void assert_outbox(Bench *bench, int pending, int sending, int conflicts);
