-- Template: the rows of a range of a table's pages.
-- Parameters: none ({first}, {last}: page numbers). Rows: COPY BINARY of the select list.
-- By pages only: the planner knows the tenant's part of the table by no more than the number of tenants, and
-- where they are many would look up all its rows in an index, for each range anew.
SET LOCAL enable_bitmapscan = off;
COPY (SELECT {columns} FROM {table} AS t WHERE t.ctid >= '({first},0)'::tid AND t.ctid < '({last},0)'::tid)
TO STDOUT (FORMAT binary)
