-- Ops of a batch in order. 1: batch.
SELECT seq, grp, op, fn, kind, state, tbl, row, match, candidate, reverses, at, body, prev, label, why, code, theirs,
       theirs_by, theirs_at, live
FROM ops WHERE batch = ?1 ORDER BY seq;
