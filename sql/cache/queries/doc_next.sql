-- Documents that wait. 1: how many. Rows: k, kind.
SELECT k, kind FROM unindexed ORDER BY k LIMIT ?1;
