-- Fails when the full text of people is damaged. Rows: none.
INSERT INTO people_fts (people_fts) VALUES ('integrity-check');
