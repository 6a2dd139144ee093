-- 1: seq, 2: live (0 undone, 1 counts, 2 replaced).
UPDATE ops SET live = ?2 WHERE seq = ?1;
