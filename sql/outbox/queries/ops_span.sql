-- Those of a span of numbers that are not done. 1: first, 2: last.
SELECT seq, grp, op, fn, kind, state, tbl, row, match, candidate, reverses, at, body, prev, label, why, code, theirs,
       theirs_by, theirs_at, live
FROM ops WHERE state < 6 AND seq BETWEEN ?1 AND ?2 ORDER BY seq;
