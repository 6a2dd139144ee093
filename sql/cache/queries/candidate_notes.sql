-- A person's notes as shown, newest first; without the words of a decision whose undo waits. 1: person. Rows: k (0: pending), uuid, match, body, author's names, author, visibility, times, version, is pending, in conflict.
SELECT n.k, i.id, n.candidate_k, coalesce(n.match_k, 0), coalesce(x.body, n.body), u.first_name, u.last_name,
       n.created_by_k, n.visibility, coalesce(n.created_at, 0) AS at, coalesce(x.edited_at, n.edited_at, 0),
       coalesce(n.row_version, 0), x.id IS NOT NULL, coalesce(x.conflict, 0)
FROM candidate_notes n JOIN ids i ON i.k = n.k
LEFT JOIN users u ON u.k = n.created_by_k
LEFT JOIN shown_notes x ON x.id = i.id
WHERE n.candidate_k = ?1 AND (n.deleted_at IS NULL AND coalesce(x.gone, 0) <> 1 OR x.gone = -1)
  AND NOT EXISTS (SELECT 1 FROM shown_decisions s CROSS JOIN hiring_decisions d CROSS JOIN ids b
    WHERE s.match_k = n.match_k AND s.decision = 'undo' AND NOT s.conflict
      AND d.match_k = s.match_k AND d.note_k = n.k AND b.k = d.k AND b.id = s.reverses)
UNION ALL
SELECT 0, x.id, x.candidate_k, coalesce(x.match_k, 0), x.body, NULL, NULL, NULL, x.visibility, x.at,
       coalesce(x.edited_at, 0), 0, 1, x.conflict
FROM shown_notes x
WHERE x.candidate_k = ?1 AND x.gone <> 1 AND NOT EXISTS (
  SELECT 1 FROM keys_by_id i LEFT JOIN ids o ON o.k = i.k JOIN candidate_notes n ON n.k = ht_sure(i.k, i.id, o.id) WHERE i.id = x.id)
ORDER BY at DESC, 1 DESC;
