-- Empties the index.
INSERT INTO texts_fts (texts_fts) VALUES ('delete-all');
