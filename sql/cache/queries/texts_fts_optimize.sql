-- Merges the index, so that deleted words leave the file.
INSERT INTO texts_fts (texts_fts) VALUES ('optimize');
