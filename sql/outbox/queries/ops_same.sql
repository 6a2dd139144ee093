-- Those of a span of numbers that somebody else had decided the same. 1: first, 2: last, 3: limit (-1 all).
SELECT seq, grp, op, fn, kind, state, tbl, row, match, candidate, reverses, at, body, prev, label, why, code, theirs,
       theirs_by, theirs_at, live
FROM ops WHERE seq BETWEEN ?1 AND ?2 AND state = 6 AND code = 'same' ORDER BY seq LIMIT ?3;
