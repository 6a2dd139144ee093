-- The moves of an application.
CREATE INDEX events_by_match ON pipeline_events (match_k);
