-- The last change of a row, as long as it has not left. 1: row. Row: seq, body, kind.
SELECT seq, body, kind FROM ops WHERE row = ?1 AND state = 0 ORDER BY seq DESC LIMIT 1;
