-- The ranked list of a job; stage_k makes it cover the limits by stage and score.
CREATE INDEX IF NOT EXISTS matches_by_score ON candidate_job_matches (job_k, score DESC, k, stage_k);
