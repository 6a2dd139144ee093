-- Whose decision on an application that is, and when it was made. 1: match, 2: uuid, 3: my user. Row: mine?, when,
-- the op's number where the server has not answered it, names.
SELECT 1, d.at, d.seq, NULL, NULL FROM shown_decisions d WHERE d.match_k = ?1 AND d.id = ?2 AND NOT d.conflict
UNION ALL
SELECT coalesce(d.decided_by_k = ?3, 0), d.decided_at, 0, u.first_name, u.last_name
FROM hiring_decisions d JOIN ids i ON i.k = d.k LEFT JOIN users u ON u.k = d.decided_by_k
WHERE d.match_k = ?1 AND i.id = ?2;
