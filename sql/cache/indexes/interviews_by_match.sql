-- The interviews of an application.
CREATE INDEX IF NOT EXISTS interviews_by_match ON interviews (match_k);
