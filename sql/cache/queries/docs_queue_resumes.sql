-- After a first load: every résumé that is here already waits for the full text.
INSERT OR IGNORE INTO unindexed (k, kind) SELECT k, 1 FROM resumes_wide;
