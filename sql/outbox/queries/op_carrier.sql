-- The op that carries another's change in the end. 1: seq. Row: seq, state.
WITH RECURSIVE carriers (seq) AS (
  SELECT merged_into FROM ops WHERE seq = ?1 AND merged_into IS NOT NULL
  UNION SELECT o.merged_into FROM carriers c JOIN ops o ON o.seq = c.seq WHERE o.merged_into IS NOT NULL)
SELECT o.seq, o.state FROM carriers c JOIN ops o ON o.seq = c.seq ORDER BY o.seq DESC LIMIT 1;
