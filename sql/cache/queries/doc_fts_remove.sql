-- Takes them out; the text must be exactly the one that was added. 1: k, 2: text.
INSERT INTO texts_fts (texts_fts, rowid, body) VALUES ('delete', ?1, ?2);
