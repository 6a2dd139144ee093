-- Ends the transaction of a pull.
-- Parameters: none. Rows: none.
COMMIT
