/* Stage types: what a stage of any job means, whatever a tenant calls it. Plain values, any thread.
 */
#pragma once

#include <stdbool.h>

typedef enum {
    HT_STAGE_NONE = 0,
    HT_STAGE_APPLIED,
    HT_STAGE_SHORTLIST,
    HT_STAGE_SCREENING,
    HT_STAGE_INTERVIEW,
    HT_STAGE_OFFER,
    HT_STAGE_HIRED,
    HT_STAGE_REJECTED,
    HT_STAGE_WITHDRAWN,
    HT_STAGE_TYPES /* how many, NONE included */
} HtStageType;

/* "applied"…; "" for NONE. */
const char *ht_stage_type_name(HtStageType type);
/* What a recruiter reads: "Applied", "Shortlist"… */
const char *ht_stage_type_label(HtStageType type);
/* The status column the platform derives from it: "scored", "shortlisted"… */
const char *ht_stage_type_status(HtStageType type);
/* NONE for an unknown name; NULL allowed. */
HtStageType ht_stage_type_parse(const char *name);
/* hired, rejected, withdrawn */
bool ht_stage_type_is_terminal(HtStageType type);
