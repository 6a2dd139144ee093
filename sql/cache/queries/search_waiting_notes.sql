-- Notes that are written or changed here and not sent, newest first. Rows: uuid, the note's key if the server has it, person, names, body (NULL: as the server has it), deleted.
SELECT x.id, coalesce(n.k, 0), x.candidate_k, c.first_name, c.last_name, x.body, x.gone = 1
FROM shown_notes x JOIN candidates c ON c.k = x.candidate_k
LEFT JOIN keys_by_id i ON i.id = x.id LEFT JOIN ids o ON o.k = i.k
LEFT JOIN candidate_notes n ON n.k = ht_sure(i.k, i.id, o.id)
ORDER BY x.at DESC, x.id;
