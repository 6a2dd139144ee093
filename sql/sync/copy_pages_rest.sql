-- Template: the rows from a page to the end of a table, also those that were added meanwhile.
-- Parameters: none ({first}: a page number). Rows: COPY BINARY of the select list.
COPY (SELECT {columns} FROM {table} AS t WHERE t.ctid >= '({first},0)'::tid) TO STDOUT (FORMAT binary)
