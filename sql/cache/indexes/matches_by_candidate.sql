-- The applications of a person.
CREATE INDEX matches_by_candidate ON candidate_job_matches (candidate_k);
