-- All tags in use.
CREATE INDEX IF NOT EXISTS tags_by_name ON candidate_tags (tag);
