-- The newest arrival of a job in one look: what a visit notes, on the store thread, whatever the job's size.
CREATE INDEX IF NOT EXISTS matches_by_arrival ON candidate_job_matches (job_k, applied_at);
