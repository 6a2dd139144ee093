-- 1: seq, 2: state, 3: live (HtLive).
UPDATE ops SET state = ?2, live = ?3 WHERE seq = ?1;
