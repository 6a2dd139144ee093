-- No text of a batch stays.
DELETE FROM batches;
