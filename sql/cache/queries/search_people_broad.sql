-- The same for words that very many people have, where ranking would cost seconds and mean little: the first found.
SELECT f.rowid, c.first_name, c.last_name, c.current_title, c.current_company, c.location, p.skills
FROM (SELECT rowid FROM people_fts WHERE people_fts MATCH ?1 LIMIT ?2) f
JOIN candidates c ON c.k = f.rowid JOIN people p ON p.k = f.rowid;
