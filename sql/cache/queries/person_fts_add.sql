-- A person's words. 1: k, 2 … 8: columns.
INSERT INTO people_fts (rowid, name, title, company, place, skills, tags, email)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8);
