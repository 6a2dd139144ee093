-- Template: ids of all rows of a table that this login sees.
-- Parameters: none. Rows: id.
SELECT t.id FROM {table} AS t
