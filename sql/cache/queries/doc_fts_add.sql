-- The words of a document. 1: k, 2: text.
INSERT INTO texts_fts (rowid, body) VALUES (?1, ?2);
