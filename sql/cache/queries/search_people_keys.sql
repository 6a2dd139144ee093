-- The same, only keys.
SELECT rowid FROM people_fts WHERE people_fts MATCH ?1 ORDER BY rank LIMIT ?2;
