-- Rows that are looked up one by one are looked up by index: a plan that was kept when the table was nearly empty would
-- read all of it for each. Until the transaction ends, or by_any. Parameters: none. Rows: none.
SET LOCAL enable_seqscan = off
