-- The same for words that very many documents have: the first found.
SELECT f.rowid, d.kind, d.candidate_k, c.first_name, c.last_name
FROM (SELECT rowid FROM texts_fts WHERE texts_fts MATCH ?1 LIMIT ?2) f
JOIN indexed d ON d.k = f.rowid JOIN candidates c ON c.k = d.candidate_k;
