-- People by folded e-mail, found through the full text. 1: its words as a query, 2: text. Rows: k, nothing.
SELECT p.k, NULL FROM people_fts f JOIN people p ON p.k = f.rowid WHERE people_fts MATCH ?1 AND p.email = ?2 LIMIT 2;
