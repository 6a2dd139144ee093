-- The newest explanation of an application.
CREATE INDEX IF NOT EXISTS explanations_by_match ON match_explanations (match_k, created_at);
