-- Who waits in a stage, longest first.
CREATE INDEX IF NOT EXISTS matches_by_stage ON candidate_job_matches (stage_k, stage_entered_at);
