-- The tags of a person.
CREATE INDEX IF NOT EXISTS tags_by_candidate ON candidate_tags (candidate_k);
