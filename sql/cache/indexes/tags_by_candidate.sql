-- The tags of a person.
CREATE INDEX tags_by_candidate ON candidate_tags (candidate_k);
