-- Settled ops by age, to be removed in time.
CREATE INDEX ops_settled ON ops (at) WHERE state >= 6;
