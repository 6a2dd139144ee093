-- Takes a person's words out; they must be exactly those that were added. 1: k, 2 … 8: columns.
INSERT INTO people_fts (people_fts, rowid, name, title, company, place, skills, tags, email)
VALUES ('delete', ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8);
