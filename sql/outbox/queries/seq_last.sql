-- The highest number an op was ever given here. Rows: one.
SELECT coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'ops'), 0);
