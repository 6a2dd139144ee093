-- The ops of a batch are pending again. 1: batch.
UPDATE ops SET state = 0, batch = NULL WHERE batch = ?1 AND state = 1;
