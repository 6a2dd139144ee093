-- People by folded name, to find one by it.
CREATE INDEX people_by_name ON people (name);
