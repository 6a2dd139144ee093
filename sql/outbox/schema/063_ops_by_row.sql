-- The ops of a note or tag.
CREATE INDEX ops_by_row ON ops (row, seq);
