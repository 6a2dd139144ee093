-- The decisions of an application.
CREATE INDEX IF NOT EXISTS decisions_by_match ON hiring_decisions (match_k);
