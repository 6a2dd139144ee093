-- A person's tags as shown, by name. 1: person. Rows: k (0: pending), uuid, tag, is pending.
SELECT t.k, i.id, t.tag, 0 FROM candidate_tags t JOIN ids i ON i.k = t.k
WHERE t.candidate_k = ?1 AND NOT EXISTS (
  SELECT 1 FROM shown_tags x WHERE x.candidate_k = t.candidate_k AND x.tag = t.tag)
UNION ALL
SELECT 0, x.id, x.tag, 1 FROM shown_tags x WHERE x.candidate_k = ?1 AND NOT x.gone
ORDER BY 3, 1;
