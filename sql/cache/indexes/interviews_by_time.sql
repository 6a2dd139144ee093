-- The agenda.
CREATE INDEX interviews_by_time ON interviews (scheduled_at);
