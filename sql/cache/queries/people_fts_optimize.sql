-- Merges the index, so that deleted words leave the file.
INSERT INTO people_fts (people_fts) VALUES ('optimize');
