/* Ownership of jobs and their parts. */
#include "hiretty/domain/job.h"

void ht_job_row_clear(HtJobRow *row)
{
    g_free(row->title);
    g_free(row->department);
    g_free(row->location);
    g_free(row->employment_type);
    g_free(row->status);
    *row = (HtJobRow){0};
}

void ht_job_stage_free(HtJobStage *stage)
{
    if (!stage)
        return;
    g_free(stage->name);
    g_free(stage);
}

void ht_job_requirement_free(HtJobRequirement *requirement)
{
    if (!requirement)
        return;
    g_free(requirement->kind);
    g_free(requirement->label);
    g_free(requirement->evaluator);
    g_free(requirement);
}

void ht_job_skill_free(HtJobSkill *skill)
{
    if (!skill)
        return;
    g_free(skill->skill);
    g_free(skill->category);
    g_free(skill);
}

void ht_job_free(HtJob *job)
{
    if (!job)
        return;
    ht_job_row_clear(&job->row);
    g_free(job->description);
    g_free(job->salary_currency);
    g_clear_pointer(&job->stages, g_ptr_array_unref);
    g_clear_pointer(&job->requirements, g_ptr_array_unref);
    g_clear_pointer(&job->skills, g_ptr_array_unref);
    g_free(job);
}
