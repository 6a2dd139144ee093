-- The last edit of a note that is not sent yet. 1: row. Row: seq, body.
SELECT seq, body FROM ops WHERE row = ?1 AND kind = 'update' AND state = 0 ORDER BY seq DESC LIMIT 1;
