-- The moves of an application.
CREATE INDEX IF NOT EXISTS events_by_match ON pipeline_events (match_k);
