-- Ops of a note or tag that count. 1: row.
SELECT seq, grp, op, fn, kind, state, tbl, row, match, candidate, reverses, at, body, prev, label, why, code, theirs,
       theirs_by, theirs_at, live
FROM ops WHERE row = ?1 AND state IN (0, 1) ORDER BY seq;
