-- The agenda.
CREATE INDEX IF NOT EXISTS interviews_by_time ON interviews (scheduled_at);
