-- Everything that is not done, in order. 1: how many, -1 = all.
SELECT seq, grp, op, fn, kind, state, tbl, row, match, candidate, reverses, at, body, prev, label, why, code, theirs,
       theirs_by, theirs_at, live
FROM ops WHERE state < 6 ORDER BY seq LIMIT ?1;
