-- All tags in use.
CREATE INDEX tags_by_name ON candidate_tags (tag);
