/* One row names everything about a kind of decision. */
#include "hiretty/domain/decision.h"

#include <string.h>

typedef struct {
    const char *name, *past;
    bool needs_reason, needs_hold_until;
} DecisionInfo;

static const DecisionInfo decisions[HT_DECISION_KINDS] = {
    [HT_DECISION_NONE] = {"", "", false, false},
    [HT_DECISION_SHORTLIST] = {"shortlist", "shortlisted", false, false},
    [HT_DECISION_ADVANCE] = {"advance", "advanced", false, false},
    [HT_DECISION_HOLD] = {"hold", "held", false, true},
    [HT_DECISION_REJECT] = {"reject", "rejected", true, false},
    [HT_DECISION_WITHDRAW] = {"withdraw", "withdrawn", true, false},
    [HT_DECISION_OFFER] = {"offer", "offered", false, false},
    [HT_DECISION_HIRE] = {"hire", "hired", false, false},
    [HT_DECISION_UNDO] = {"undo", "undone", false, false},
    [HT_DECISION_REOPEN] = {"reopen", "reopened", true, false},
};

static const DecisionInfo *decision_info(HtDecisionKind kind)
{
    return &decisions[(unsigned)kind < HT_DECISION_KINDS ? kind : HT_DECISION_NONE];
}

const char *ht_decision_name(HtDecisionKind kind)
{
    return decision_info(kind)->name;
}

const char *ht_decision_past(HtDecisionKind kind)
{
    return decision_info(kind)->past;
}

HtDecisionKind ht_decision_parse(const char *name)
{
    for (int i = HT_DECISION_SHORTLIST; name && i < HT_DECISION_KINDS; i++)
        if (strcmp(decisions[i].name, name) == 0)
            return (HtDecisionKind)i;
    return HT_DECISION_NONE;
}

bool ht_decision_needs_reason(HtDecisionKind kind)
{
    return decision_info(kind)->needs_reason;
}

bool ht_decision_needs_hold_until(HtDecisionKind kind)
{
    return decision_info(kind)->needs_hold_until;
}
