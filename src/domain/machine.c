/* The status machine: which decision leads from which stage type to which.
 *
 * The truth is the server's table; it is synced like any other and asked here, so that an offline
 * refusal is the refusal the server would give. Before the first sync the default rows below hold,
 * which say the same as the server's default. The array is searched linearly: it has some sixty
 * rows. */
#include "hiretty/domain/machine.h"

#include "hiretty/domain/error.h"

#include <string.h>

struct HtMachine {
    GArray *rows; /* HtTransition; empty: the defaults */
    unsigned role;
};

typedef struct {
    HtDecisionKind decision;
    unsigned from; /* set of 1 << HtStageType */
    unsigned to;
    HtPositionRule position;
} DefaultRow;

#define BIT(stage) (1u << HT_STAGE_##stage)
#define OPEN (BIT(APPLIED) | BIT(SHORTLIST) | BIT(SCREENING) | BIT(INTERVIEW) | BIT(OFFER))
#define CLOSED (BIT(REJECTED) | BIT(WITHDRAWN))

static const DefaultRow default_rows[] = {
    {HT_DECISION_SHORTLIST, BIT(APPLIED), BIT(SHORTLIST), HT_POSITION_ANY},
    {HT_DECISION_ADVANCE, OPEN, OPEN, HT_POSITION_LATER},
    {HT_DECISION_HOLD, OPEN, OPEN, HT_POSITION_SAME},
    {HT_DECISION_REJECT, OPEN, BIT(REJECTED), HT_POSITION_ANY},
    {HT_DECISION_WITHDRAW, OPEN, BIT(WITHDRAWN), HT_POSITION_ANY},
    {HT_DECISION_OFFER, OPEN & ~BIT(OFFER), BIT(OFFER), HT_POSITION_ANY},
    {HT_DECISION_HIRE, BIT(OFFER), BIT(HIRED), HT_POSITION_ANY},
    {HT_DECISION_REOPEN, CLOSED, OPEN, HT_POSITION_ANY},
};

HtMachine *ht_machine_new(void)
{
    HtMachine *machine = g_new0(HtMachine, 1);
    machine->rows = g_array_new(FALSE, TRUE, sizeof(HtTransition));
    return machine;
}

void ht_machine_free(HtMachine *machine)
{
    if (!machine)
        return;
    g_array_unref(machine->rows);
    g_free(machine);
}

unsigned ht_role_parse(const char *name)
{
    static const char *const names[] = {"admin", "recruiter", "interviewer", "viewer"};
    for (unsigned i = 0; name && i < G_N_ELEMENTS(names); i++)
        if (strcmp(names[i], name) == 0)
            return 1u << i;
    return 0;
}

void ht_machine_add(HtMachine *machine, const HtTransition *transition)
{
    g_array_append_val(machine->rows, *transition);
}

void ht_machine_set_role(HtMachine *machine, unsigned role)
{
    machine->role = role;
}

/* The defaults as rows, made once. */
static const GArray *default_transitions(void)
{
    static GArray *rows;
    static gsize once;
    if (!g_once_init_enter(&once))
        return rows;
    rows = g_array_new(FALSE, TRUE, sizeof(HtTransition));
    for (gsize i = 0; i < G_N_ELEMENTS(default_rows); i++) {
        const DefaultRow *row = &default_rows[i];
        for (int from = 1; from < HT_STAGE_TYPES; from++) {
            for (int to = 1; to < HT_STAGE_TYPES; to++) {
                bool same = row->position == HT_POSITION_SAME;
                if (!(row->from & 1u << from) || !(row->to & 1u << to) || (same && from != to))
                    continue;
                HtTransition transition = {
                    .decision = row->decision,
                    .from = (HtStageType)from,
                    .to = (HtStageType)to,
                    .position = row->position,
                    .requires_reason = ht_decision_needs_reason(row->decision),
                    .requires_hold_until = ht_decision_needs_hold_until(row->decision),
                    .roles = HT_ROLE_ADMIN | HT_ROLE_RECRUITER,
                };
                g_array_append_val(rows, transition);
            }
        }
    }
    g_once_init_leave(&once, 1);
    return rows;
}

const HtTransition *ht_machine_find(const HtMachine *machine, HtDecisionKind decision,
                                    HtStageType from, HtStageType to)
{
    const GArray *rows = machine->rows->len ? machine->rows : default_transitions();
    for (guint i = 0; i < rows->len; i++) {
        const HtTransition *row = &g_array_index(rows, HtTransition, i);
        if (row->decision != decision || row->from != from || row->to != to)
            continue;
        return !machine->role || (row->roles & machine->role) ? row : NULL;
    }
    return NULL;
}

static const HtJobStage *stage_by_key(const GPtrArray *stages, HtKey key)
{
    for (guint i = 0; i < stages->len; i++) {
        const HtJobStage *stage = g_ptr_array_index(stages, i);
        if (stage->key == key)
            return stage;
    }
    return NULL;
}

static bool stage_fits(const HtMachine *machine, HtDecisionKind decision, const HtJobStage *from,
                       const HtJobStage *to)
{
    const HtTransition *row = ht_machine_find(machine, decision, from->type, to->type);
    if (!row)
        return false;
    if (row->position == HT_POSITION_SAME)
        return to == from;
    if (row->position == HT_POSITION_LATER)
        return to->position > from->position;
    return to != from;
}

static void set_refusal(GError **error, HtDecisionKind decision, const HtJobStage *from,
                        const HtJobStage *wanted)
{
    if (ht_stage_type_is_terminal(from->type) && decision != HT_DECISION_REOPEN)
        g_set_error(error, HT_DOMAIN_ERROR, HT_DOMAIN_ERROR_RULE, "already %s",
                    ht_stage_type_name(from->type));
    else if (decision == HT_DECISION_REOPEN && !ht_stage_type_is_terminal(from->type))
        g_set_error(error, HT_DOMAIN_ERROR, HT_DOMAIN_ERROR_RULE, "not rejected or withdrawn");
    else if (wanted)
        g_set_error(error, HT_DOMAIN_ERROR, HT_DOMAIN_ERROR_RULE,
                    "cannot go from %s to %s by this decision", from->name ? from->name : "here",
                    wanted->name ? wanted->name : "there");
    else if (decision == HT_DECISION_ADVANCE)
        g_set_error(error, HT_DOMAIN_ERROR, HT_DOMAIN_ERROR_RULE,
                    "no later stage after %s (hire or reject)", from->name ? from->name : "this");
    else
        g_set_error(error, HT_DOMAIN_ERROR, HT_DOMAIN_ERROR_RULE, "cannot be %s from %s",
                    ht_decision_past(decision), from->name ? from->name : "here");
}

const HtJobStage *ht_machine_target(const HtMachine *machine, const GPtrArray *stages,
                                    HtKey from_stage, HtDecisionKind decision, HtKey wanted_stage,
                                    HtStageType wanted_type, GError **error)
{
    const HtJobStage *from = stage_by_key(stages, from_stage);
    if (!from) {
        g_set_error(error, HT_DOMAIN_ERROR, HT_DOMAIN_ERROR_RULE,
                    "its stage is not known here (sync first)");
        return NULL;
    }
    const HtJobStage *wanted = NULL;
    for (guint i = 0; i < stages->len; i++) {
        const HtJobStage *to = g_ptr_array_index(stages, i);
        if (wanted_stage && to->key != wanted_stage)
            continue;
        if (wanted_type != HT_STAGE_NONE && to->type != wanted_type)
            continue;
        wanted = wanted_stage ? to : wanted;
        if (stage_fits(machine, decision, from, to))
            return to;
    }
    set_refusal(error, decision, from, wanted);
    return NULL;
}
