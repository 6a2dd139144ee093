-- Fails when the full text of résumés, transcripts and notes is damaged. Rows: none.
INSERT INTO texts_fts (texts_fts) VALUES ('integrity-check');
