-- A note of the server. 1: uuid. Row: person, match, body, version, author's key, deleted.
SELECT n.candidate_k, n.match_k, n.body, n.row_version, n.created_by_k, n.deleted_at
FROM keys_by_id i LEFT JOIN ids o ON o.k = i.k JOIN candidate_notes n ON n.k = ht_sure(i.k, i.id, o.id) WHERE i.id = ?1;
