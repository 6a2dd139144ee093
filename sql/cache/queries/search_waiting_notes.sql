-- Notes that are written or changed here and not sent, newest first. Rows: uuid, the note's key if the server has it, person, names, body (NULL: as the server has it), deleted.
SELECT x.id, coalesce(n.k, 0), x.candidate_k, c.first_name, c.last_name, x.body, x.gone = 1
FROM shown_notes x JOIN candidates c ON c.k = x.candidate_k
LEFT JOIN keys_by_id i ON i.id = x.id LEFT JOIN candidate_notes n ON n.k = i.k
ORDER BY x.at DESC, x.id;
