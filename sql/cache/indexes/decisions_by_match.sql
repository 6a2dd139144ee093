-- The decisions of an application.
CREATE INDEX decisions_by_match ON hiring_decisions (match_k);
