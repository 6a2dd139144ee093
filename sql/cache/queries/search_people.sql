-- People by words, best first. 1: query, 2: how many. Rows: k, names, title, company, place, skills.
SELECT f.rowid, c.first_name, c.last_name, c.current_title, c.current_company, c.location, p.skills
FROM (SELECT rowid FROM people_fts WHERE people_fts MATCH ?1 ORDER BY rank LIMIT ?2) f
JOIN candidates c ON c.k = f.rowid JOIN people p ON p.k = f.rowid;
