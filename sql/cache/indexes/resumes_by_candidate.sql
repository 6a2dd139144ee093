-- The current résumé of a person.
CREATE INDEX resumes_by_candidate ON resumes (candidate_k, is_current, version);
