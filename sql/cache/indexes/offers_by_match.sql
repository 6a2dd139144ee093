-- The offers of an application.
CREATE INDEX IF NOT EXISTS offers_by_match ON offers (match_k, version);
