-- People by folded full name, found through the full text. 1: its words as a query, 2: text. Rows: k, and what tells them
-- apart: e-mail, or where there is none to be read, the id.
SELECT p.k, coalesce(nullif(p.email, ''), lower(hex(i.id)))
FROM people_fts f JOIN people p ON p.k = f.rowid JOIN ids i ON i.k = p.k WHERE people_fts MATCH ?1 AND p.name = ?2 LIMIT 6;
