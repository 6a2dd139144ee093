-- Ends the transaction of a pull that is given up.
-- Parameters: none. Rows: none.
ROLLBACK
