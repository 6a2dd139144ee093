-- Indexes that an older program made.
DROP INDEX IF EXISTS matches_by_score;
DROP INDEX IF EXISTS matches_by_stage;
