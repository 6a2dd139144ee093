-- Notes and tags of a person.
CREATE INDEX ops_by_candidate ON ops (candidate, seq) WHERE fn = 2;
