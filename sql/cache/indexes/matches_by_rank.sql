-- The ranked list of a job: the expression is that of the view ranked_matches. stage_k, score and job_k make it cover the limits
-- by stage and score, applied_at what a visit asks for: the newest arrival and how many came since.
CREATE INDEX IF NOT EXISTS matches_by_rank ON candidate_job_matches (
  (job_k << 17) | ((131070 - coalesce(score, -1)) & 131071), k, stage_k, applied_at, score, job_k);
