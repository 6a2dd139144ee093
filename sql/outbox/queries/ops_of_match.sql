-- Ops of an application that are not done. 1: match.
SELECT seq, grp, op, fn, kind, state, tbl, row, match, candidate, reverses, at, body, prev, label, why, code, theirs,
       theirs_by, theirs_at, live
FROM ops WHERE match = ?1 AND fn = 1 AND state < 6 ORDER BY seq;
