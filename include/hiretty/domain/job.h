/* Jobs (requisitions), their stages, skills and requirements. Plain structs; strings are owned by
 * the struct and may be NULL; times are µs since the epoch, 0 = none. */
#pragma once

#include "hiretty/base/ident.h"
#include "hiretty/domain/key.h"
#include "hiretty/domain/stage.h"

typedef struct {
    HtKey key;
    HtUuid id;
    char *title, *department, *location, *employment_type, *status;
    bool confidential;
    int64_t headcount;
    int64_t published_at, closed_at;
    /* Shown counts (pending decisions of this machine included), by stage type. */
    int64_t counts[HT_STAGE_TYPES];
    int64_t n_total;
    int64_t n_new;          /* arrived since ht_cache_job_visit */
    int64_t n_unseen;       /* not opened here, in an open stage */
    int64_t oldest_waiting; /* since when somebody waits in an open stage; 0 = nobody */
    bool over_sla;          /* that one is above its stage's time */
} HtJobRow;

typedef struct {
    HtKey key, job;
    HtUuid id;
    char *name;
    int64_t position;
    HtStageType type;
    int64_t sla_hours; /* 0 = none */
    bool is_blind, is_terminal;
    int64_t n; /* shown count */
} HtJobStage;

typedef struct {
    HtKey key;
    char *kind, *label, *evaluator;
    double weight;
    int64_t position;
    bool is_active;
} HtJobRequirement;

typedef struct {
    HtKey key;
    char *skill, *category;
    bool required;
    double weight;
} HtJobSkill;

typedef struct {
    HtJobRow row;
    char *description;
    int64_t experience_min, experience_max;     /* -1 = none */
    int64_t salary_min_centi, salary_max_centi; /* -1 = none */
    char *salary_currency;
    GPtrArray *stages;       /* HtJobStage*, by position */
    GPtrArray *requirements; /* HtJobRequirement*, by position */
    GPtrArray *skills;       /* HtJobSkill* */
} HtJob;

void ht_job_row_clear(HtJobRow *row);
void ht_job_stage_free(HtJobStage *stage);
void ht_job_requirement_free(HtJobRequirement *requirement);
void ht_job_skill_free(HtJobSkill *skill);
void ht_job_free(HtJob *job);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HtJob, ht_job_free)
