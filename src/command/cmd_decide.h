/* Between the files about decisions (cmd_decide.c, cmd_reopen.c, cmd_resolve.c): who is meant where
 * the cursor is, and how it is recorded and told. Main thread. */
#pragma once

#include "hiretty/cache/jobs.h"
#include "hiretty/command/prompt.h"
#include "hiretty/domain/decision.h"
#include "hiretty/domain/match.h"

/* A decision on the marked ones, else on where the cursor is; all is borrowed. */
typedef struct {
    HtDecisionKind decision;
    HtKey reason;
    const char *label;  /* of the reason, for the message; may be NULL */
    const char *note;   /* may be NULL; kept where it could not be written */
    int64_t hold_until; /* µs; of a hold */
} HtDecide;
HtResult ht_decide(HtContext *context, const HtDecide *what);

/* The applications that are meant (HtKey). Caller unrefs. */
GArray *ht_decide_targets(HtContext *context);

/* A reason to choose, by its words or its code. */
void ht_add_reason(HtPrompt *prompt, const HtReason *reason);
/* cmd_reopen.c: reasons to choose from (HtReason), that of reopenings first. */
void ht_add_reopening_reasons(HtPrompt *prompt, const GPtrArray *reasons);
/* Whether a reason is one that does not go without words. */
bool ht_reason_wants_note(HtContext *context, HtKey reason);
