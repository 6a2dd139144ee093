-- People by folded e-mail, found through the full text. 1: its words as a query, 2: text. Rows: k, id.
SELECT p.k, lower(hex(i.id))
FROM people_fts f JOIN people p ON p.k = f.rowid JOIN ids i ON i.k = p.k WHERE people_fts MATCH ?1 AND p.email = ?2 LIMIT 6;
