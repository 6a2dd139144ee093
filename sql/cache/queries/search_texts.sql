-- Documents by words, best first. 1: query, 2: how many. Rows: k, kind, person, names.
SELECT f.rowid, d.kind, d.candidate_k, c.first_name, c.last_name
FROM (SELECT rowid FROM texts_fts WHERE texts_fts MATCH ?1 ORDER BY rank LIMIT ?2) f
JOIN indexed d ON d.k = f.rowid JOIN candidates c ON c.k = d.candidate_k;
