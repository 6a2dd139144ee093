-- Template: the rows from a page to the end of a table, also those that were added meanwhile.
-- Parameters: none ({first}: a page number). Rows: COPY BINARY of the select list.
-- By pages only: the planner knows the tenant's part of the table by no more than the number of tenants, and
-- where they are many would look up all its rows in an index, for each range anew.
SET LOCAL enable_bitmapscan = off;
COPY (SELECT {columns} FROM {table} AS t WHERE t.ctid >= '({first},0)'::tid) TO STDOUT (FORMAT binary)
