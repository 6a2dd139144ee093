-- The next ops to send. 1: how many. Rows: seq, fn, body.
SELECT seq, fn, body FROM ops WHERE state < 6 AND state = 0 ORDER BY seq LIMIT ?1;
