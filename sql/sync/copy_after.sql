-- Template: the next rows of a table in the order of their ids.
-- Parameters: none ({after}: an id, {limit}: a number). Rows: COPY BINARY of the select list.
COPY (SELECT {columns} FROM {table} AS t WHERE t.id > '{after}'::uuid ORDER BY t.id LIMIT {limit})
TO STDOUT (FORMAT binary)
