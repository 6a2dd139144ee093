-- The same for notes.
INSERT OR IGNORE INTO unindexed (k, kind) SELECT k, 4 FROM candidate_notes WHERE deleted_at IS NULL;
