-- Template: the rows of a range of a table's pages.
-- Parameters: none ({first}, {last}: page numbers). Rows: COPY BINARY of the select list.
COPY (SELECT {columns} FROM {table} AS t WHERE t.ctid >= '({first},0)'::tid AND t.ctid < '({last},0)'::tid)
TO STDOUT (FORMAT binary)
