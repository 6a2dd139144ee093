-- The pending decisions of an application.
CREATE INDEX IF NOT EXISTS shown_decisions_by_match ON shown_decisions (match_k);
