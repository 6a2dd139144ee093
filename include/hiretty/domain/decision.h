/* Decision kinds: the only ways a match changes its stage. Plain values, any thread. */
#pragma once

#include <stdbool.h>

typedef enum {
    HT_DECISION_NONE = 0,
    HT_DECISION_SHORTLIST,
    HT_DECISION_ADVANCE,
    HT_DECISION_HOLD,
    HT_DECISION_REJECT,
    HT_DECISION_WITHDRAW,
    HT_DECISION_OFFER,
    HT_DECISION_HIRE,
    HT_DECISION_UNDO,
    HT_DECISION_REOPEN,
    HT_DECISION_KINDS
} HtDecisionKind;

const char *ht_decision_name(HtDecisionKind kind);  /* "shortlist" */
const char *ht_decision_past(HtDecisionKind kind);  /* "shortlisted": for labels and history */
HtDecisionKind ht_decision_parse(const char *name); /* NONE for unknown or NULL */
bool ht_decision_needs_reason(HtDecisionKind kind);
bool ht_decision_needs_hold_until(HtDecisionKind kind);
