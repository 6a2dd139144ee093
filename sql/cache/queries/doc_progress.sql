-- How far the full text is; documents wait in the order of their keys. Row: first and last that wait, first that is done.
SELECT (SELECT min(k) FROM unindexed), (SELECT max(k) FROM unindexed), (SELECT min(k) FROM indexed);
