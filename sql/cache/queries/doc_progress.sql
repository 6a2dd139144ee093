-- How far the full text is. Row: waiting, done.
SELECT (SELECT count(*) FROM unindexed), (SELECT count(*) FROM indexed);
