-- 1: batch, 2: outcomes.
UPDATE batches SET outcomes = ?2 WHERE id = ?1;
