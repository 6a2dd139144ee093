-- The same as matches_by_stage, for pending moves.
CREATE INDEX IF NOT EXISTS shown_matches_by_stage ON shown_matches (stage_k, stage_since);
