-- Ops of a group, the last first; those that a later one carries are there too, as dropped ones. 1: group, 2: live.
SELECT seq, grp, op, fn, kind, state, tbl, row, match, candidate, reverses, at, body, prev, label, why, code, theirs,
       theirs_by, theirs_at, live
FROM ops WHERE grp = ?1 AND live = ?2 ORDER BY seq DESC;
