-- Ops that wait for a person, in order. 1: how many, -1 = all.
SELECT seq, grp, op, fn, kind, state, tbl, row, match, candidate, reverses, at, body, prev, label, why, code, theirs,
       theirs_by, theirs_at, live
FROM ops WHERE state < 6 AND state IN (3, 4, 5) ORDER BY seq LIMIT ?1;
