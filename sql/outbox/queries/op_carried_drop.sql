-- What an op carried for others goes with it. 1: seq.
WITH RECURSIVE carried (seq) AS (
  SELECT seq FROM ops WHERE merged_into = ?1
  UNION SELECT o.seq FROM carried c JOIN ops o ON o.merged_into = c.seq)
UPDATE ops SET live = 0 WHERE seq IN (SELECT seq FROM carried);
