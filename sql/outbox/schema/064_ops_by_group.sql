-- The ops of a group.
CREATE INDEX ops_by_group ON ops (grp, seq);
