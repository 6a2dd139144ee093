-- Everything that is not done, in order; used by statements that say so (state < 6).
CREATE INDEX ops_open ON ops (seq, state) WHERE state < 6;
