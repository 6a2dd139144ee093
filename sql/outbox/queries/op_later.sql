-- A later op of the same row that is on its way. 1: row, 2: seq. Row: seq.
SELECT seq FROM ops WHERE row = ?1 AND seq > ?2 AND state IN (0, 1) LIMIT 1;
