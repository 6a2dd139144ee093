-- 1: seq, 2: why.
UPDATE ops SET state = 2, why = ?2, batch = NULL WHERE seq = ?1;
