/* The status machine as the server has it (app.stage_transitions), so that an illegal move is
 * refused at once, offline. It knows stage types; which stage of a job is meant, and who may do it,
 * its caller and the server say. Immutable once filled: any thread. */
#pragma once

#include "hiretty/domain/decision.h"
#include "hiretty/domain/job.h"
#include "hiretty/domain/stage.h"

#include <glib.h>

typedef struct HtMachine HtMachine;

/* Empty: with no rows at all (before the first sync) the built-in default machine holds. */
HtMachine *ht_machine_new(void);
void ht_machine_free(HtMachine *machine);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HtMachine, ht_machine_free)

typedef enum {
    HT_POSITION_ANY = 0,
    HT_POSITION_SAME,  /* the stage does not change */
    HT_POSITION_LATER, /* a stage further down the job's list */
} HtPositionRule;

typedef struct {
    HtDecisionKind decision;
    HtStageType from, to;
    HtPositionRule position;
    bool requires_reason, requires_hold_until;
    unsigned roles; /* HT_ROLE_… */
} HtTransition;

#define HT_ROLE_ADMIN 1u
#define HT_ROLE_RECRUITER 2u
#define HT_ROLE_INTERVIEWER 4u
#define HT_ROLE_VIEWER 8u
unsigned ht_role_parse(const char *name); /* 0 = unknown */

void ht_machine_add(HtMachine *machine, const HtTransition *transition);
/* Whose moves: 0 (unknown, the default) is not checked here. */
void ht_machine_set_role(HtMachine *machine, unsigned role);
/* NULL = not allowed. Borrowed. */
const HtTransition *ht_machine_find(const HtMachine *machine, HtDecisionKind decision,
                                    HtStageType from, HtStageType to);

/* Finds where a decision leads from a stage of a job. `stages`: HtJobStage* of that job by
 * position; `wanted_stage` (0) or `wanted_type` (NONE) narrow it; advance without either means the
 * next open stage. NULL with HT_DOMAIN_ERROR_RULE and one line for people when it is not allowed.
 * hold leads to the stage it stands in. Borrowed from `stages`. */
const HtJobStage *ht_machine_target(const HtMachine *machine, const GPtrArray *stages,
                                    HtKey from_stage, HtDecisionKind decision, HtKey wanted_stage,
                                    HtStageType wanted_type, GError **error);
