-- People by folded full name, found through the full text. 1: its words as a query, 2: text. Rows: k, e-mail.
SELECT p.k, p.email FROM people_fts f JOIN people p ON p.k = f.rowid WHERE people_fts MATCH ?1 AND p.name = ?2 LIMIT 6;
