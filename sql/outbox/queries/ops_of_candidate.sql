-- Notes and tags of a person that are not done. 1: candidate.
SELECT seq, grp, op, fn, kind, state, tbl, row, match, candidate, reverses, at, body, prev, label, why, code, theirs,
       theirs_by, theirs_at, live
FROM ops WHERE candidate = ?1 AND fn = 2 AND state < 6 ORDER BY seq;
