-- The ops of a batch under way.
CREATE INDEX ops_by_batch ON ops (batch) WHERE batch IS NOT NULL;
