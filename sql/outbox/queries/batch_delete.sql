-- 1: batch.
DELETE FROM batches WHERE id = ?1;
