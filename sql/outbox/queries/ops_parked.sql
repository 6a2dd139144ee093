-- Parked ops, in order.
SELECT seq, grp, op, fn, kind, state, tbl, row, match, candidate, reverses, at, body, prev, label, why, code, theirs,
       theirs_by, theirs_at, live
FROM ops WHERE state < 6 AND state = 2 ORDER BY seq;
