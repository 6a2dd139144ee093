-- People by folded name, to find one by it.
CREATE INDEX IF NOT EXISTS people_by_name ON people (name);
