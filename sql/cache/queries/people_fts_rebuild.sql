-- All people's words anew.
INSERT INTO people_fts (people_fts) VALUES ('rebuild');
