-- Everything that is not done.
CREATE INDEX ops_open ON ops (state, seq) WHERE state < 6;
