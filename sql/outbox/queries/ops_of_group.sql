-- Ops of a group, the last first. 1: group, 2: live.
SELECT seq, grp, op, fn, kind, state, tbl, row, match, candidate, reverses, at, body, prev, label, why, code, theirs,
       theirs_by, theirs_at, live
FROM ops WHERE grp = ?1 AND live = ?2 AND merged_into IS NULL ORDER BY seq DESC;
