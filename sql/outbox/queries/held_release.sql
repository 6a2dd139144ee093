-- What is held is due now.
UPDATE held SET next_at = 0 WHERE next_at <> 0;
