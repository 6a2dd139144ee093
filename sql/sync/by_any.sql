-- Ends what by_index began. Parameters: none. Rows: none.
SET LOCAL enable_seqscan TO DEFAULT
