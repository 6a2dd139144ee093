-- How often an op was tried, and since when. 1: seq. Row: tries, first.
SELECT tries, first_at FROM held WHERE seq = ?1;
