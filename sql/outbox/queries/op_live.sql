-- 1: seq, 2: live (HtLive).
UPDATE ops SET live = ?2 WHERE seq = ?1;
