/* One row names everything about a stage type. */
#include "hiretty/domain/stage.h"

#include <string.h>

typedef struct {
    const char *name, *label, *status;
    bool is_terminal;
} StageInfo;

static const StageInfo stages[HT_STAGE_TYPES] = {
    [HT_STAGE_NONE] = {"", "", "", false},
    [HT_STAGE_APPLIED] = {"applied", "Applied", "scored", false},
    [HT_STAGE_SHORTLIST] = {"shortlist", "Shortlist", "shortlisted", false},
    [HT_STAGE_SCREENING] = {"screening", "Screening", "screening", false},
    [HT_STAGE_INTERVIEW] = {"interview", "Interview", "interviewing", false},
    [HT_STAGE_OFFER] = {"offer", "Offer", "offered", false},
    [HT_STAGE_HIRED] = {"hired", "Hired", "hired", true},
    [HT_STAGE_REJECTED] = {"rejected", "Rejected", "rejected", true},
    [HT_STAGE_WITHDRAWN] = {"withdrawn", "Withdrawn", "withdrawn", true},
};

static const StageInfo *stage_info(HtStageType type)
{
    return &stages[(unsigned)type < HT_STAGE_TYPES ? type : HT_STAGE_NONE];
}

const char *ht_stage_type_name(HtStageType type)
{
    return stage_info(type)->name;
}

const char *ht_stage_type_label(HtStageType type)
{
    return stage_info(type)->label;
}

const char *ht_stage_type_status(HtStageType type)
{
    return stage_info(type)->status;
}

HtStageType ht_stage_type_parse(const char *name)
{
    for (int i = HT_STAGE_APPLIED; name && i < HT_STAGE_TYPES; i++)
        if (strcmp(stages[i].name, name) == 0)
            return (HtStageType)i;
    return HT_STAGE_NONE;
}

bool ht_stage_type_is_terminal(HtStageType type)
{
    return stage_info(type)->is_terminal;
}
