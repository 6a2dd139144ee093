-- The ranked list of a job.
CREATE INDEX IF NOT EXISTS matches_by_score ON candidate_job_matches (job_k, score DESC);
