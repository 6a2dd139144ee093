-- Who has the words, unranked, to see whether they are very many. 1: query, 2: how many at most. Rows: rowid.
SELECT rowid FROM people_fts WHERE people_fts MATCH ?1 LIMIT ?2;
