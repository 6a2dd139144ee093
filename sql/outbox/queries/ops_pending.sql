-- The next ops to send. 1: how many, -1 = all. Rows: seq, fn, body, row, match, candidate.
SELECT seq, fn, body, row, match, candidate FROM ops WHERE state < 6 AND state = 0 ORDER BY seq LIMIT ?1;
