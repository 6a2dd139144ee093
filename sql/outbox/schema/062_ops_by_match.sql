-- The ops of an application.
CREATE INDEX ops_by_match ON ops (match, seq) WHERE match IS NOT NULL;
