-- The last decision of the server on an application: the one no other builds on. 1: match. Row: decision, id.
SELECT d.decision, i.id
FROM hiring_decisions d JOIN ids i ON i.k = d.k
WHERE d.match_k = ?1 AND NOT EXISTS (SELECT 1 FROM hiring_decisions n WHERE n.base_decision_k = d.k)
ORDER BY d.decided_at DESC, d.k DESC LIMIT 1;
