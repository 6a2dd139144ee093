-- Template: a whole table.
-- Parameters: none. Rows: COPY BINARY of the select list.
COPY (SELECT {columns} FROM {table} AS t) TO STDOUT (FORMAT binary)
