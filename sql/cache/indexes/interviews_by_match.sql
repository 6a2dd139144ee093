-- The interviews of an application.
CREATE INDEX interviews_by_match ON interviews (match_k);
