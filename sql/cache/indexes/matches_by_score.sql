-- The ranked list of a job; stage_k makes it cover the limits by stage and score, applied_at what a visit asks for: the
-- newest arrival and how many came since.
CREATE INDEX IF NOT EXISTS matches_by_score ON candidate_job_matches (job_k, score DESC, k, stage_k, applied_at);
