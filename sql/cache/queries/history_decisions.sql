-- Decisions of the server on an application, each after the one it is based on, with its words unless they were deleted. 1: match.
WITH RECURSIVE chain (k, depth) AS (
  SELECT d.k, 0 FROM hiring_decisions d WHERE d.match_k = ?1
     AND NOT EXISTS (SELECT 1 FROM hiring_decisions b WHERE b.k = d.base_decision_k AND b.match_k = d.match_k)
  UNION ALL
  SELECT d.k, c.depth + 1 FROM chain c CROSS JOIN hiring_decisions d ON d.base_decision_k = c.k WHERE +d.match_k = ?1)
SELECT d.decision, i.id, d.decided_at, u.first_name, u.last_name, d.actor_kind, f.name, t.name, r.label,
       CASE WHEN x.gone = -1 OR n.deleted_at IS NULL AND coalesce(x.gone, 0) <> 1 THEN coalesce(x.body, n.body) END,
       d.ai_score_seen, d.agreed_with_ai, coalesce(d.explanation_viewed, 0), coalesce(d.blind, 0),
       coalesce(d.seconds_viewed, 0),
       EXISTS (SELECT 1 FROM hiring_decisions x WHERE x.match_k = d.match_k AND x.reverses_k = d.k)
       OR EXISTS (SELECT 1 FROM shown_decisions x WHERE x.match_k = d.match_k AND x.reverses = i.id AND NOT x.conflict),
       d.decided_by_k, CASE WHEN NOT coalesce(x.conflict, 0) THEN n.k END
FROM hiring_decisions d JOIN ids i ON i.k = d.k
LEFT JOIN users u ON u.k = d.decided_by_k
LEFT JOIN job_stages f ON f.k = d.from_stage_k
LEFT JOIN job_stages t ON t.k = d.to_stage_k
LEFT JOIN rejection_reasons r ON r.k = d.reason_k
LEFT JOIN candidate_notes n ON n.k = d.note_k
LEFT JOIN ids ni ON ni.k = n.k
LEFT JOIN shown_notes x ON x.id = ni.id
LEFT JOIN chain c ON c.k = d.k
WHERE d.match_k = ?1
ORDER BY c.depth, d.k;
