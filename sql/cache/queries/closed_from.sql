-- The stage from which an application came into the one where it stands, by its last decision that led there and was not
-- undone; what waits counts. 1: match, 2: its stage. Row: the stage's key.
WITH RECURSIVE chain (k, depth) AS (
  SELECT d.k, 0 FROM hiring_decisions d WHERE d.match_k = ?1
     AND NOT EXISTS (SELECT 1 FROM hiring_decisions b WHERE b.k = d.base_decision_k AND b.match_k = d.match_k)
  UNION ALL
  SELECT d.k, c.depth + 1 FROM chain c CROSS JOIN hiring_decisions d ON d.base_decision_k = c.k WHERE +d.match_k = ?1)
SELECT from_stage_k FROM (
  SELECT d.from_stage_k, 0 AS waits, c.depth AS nr
  FROM chain c CROSS JOIN hiring_decisions d ON d.k = c.k JOIN ids i ON i.k = d.k
  WHERE d.to_stage_k = ?2 AND d.from_stage_k <> ?2 AND d.decision <> 'undo'
    AND NOT EXISTS (SELECT 1 FROM hiring_decisions x WHERE x.match_k = ?1 AND x.reverses_k = d.k)
    AND NOT EXISTS (SELECT 1 FROM shown_decisions x WHERE x.match_k = ?1 AND x.reverses = i.id AND NOT x.conflict)
  UNION ALL
  SELECT d.from_stage_k, 1, d.seq FROM shown_decisions d
  WHERE d.match_k = ?1 AND d.to_stage_k = ?2 AND d.from_stage_k <> ?2 AND NOT d.conflict AND d.decision <> 'undo'
    AND NOT EXISTS (SELECT 1 FROM shown_decisions x WHERE x.match_k = ?1 AND x.reverses = d.id AND NOT x.conflict))
ORDER BY waits DESC, nr DESC LIMIT 1;
