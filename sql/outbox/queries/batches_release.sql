-- What was being sent waits again: the server knows each op by its id.
UPDATE ops SET state = 0, batch = NULL WHERE state < 6 AND state = 1;
