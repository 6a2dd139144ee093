-- The pending ops of a batch are being sent. 1: batch, 2: first, 3: last.
UPDATE ops SET state = 1, batch = ?1 WHERE state = 0 AND seq BETWEEN ?2 AND ?3;
