-- The same of those that pending moves brought there. 1: stage. Row: time.
SELECT stage_since FROM shown_matches WHERE stage_k = ?1 AND stage_since IS NOT NULL
ORDER BY stage_since LIMIT 1;
