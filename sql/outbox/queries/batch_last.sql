-- The highest number a batch was ever given here. Rows: one.
SELECT coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'batches'), 0);
