-- The applications of a person.
CREATE INDEX IF NOT EXISTS matches_by_candidate ON candidate_job_matches (candidate_k);
