-- The ops that another one carries, also through each other, in order. 1: its seq.
WITH RECURSIVE carried (seq) AS (
  SELECT seq FROM ops WHERE merged_into = ?1
  UNION SELECT o.seq FROM carried c JOIN ops o ON o.merged_into = c.seq)
SELECT seq, grp, op, fn, kind, state, tbl, row, match, candidate, reverses, at, body, prev, label, why, code, theirs,
       theirs_by, theirs_at, live
FROM ops WHERE seq IN (SELECT seq FROM carried) ORDER BY seq;
