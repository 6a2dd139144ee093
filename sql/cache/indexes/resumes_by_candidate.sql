-- The current résumé of a person.
CREATE INDEX IF NOT EXISTS resumes_by_candidate ON resumes (candidate_k, is_current, version);
