-- Template: rows of a table by id, as this login sees them. A row that was deleted or may not be seen
-- has NULL for its own id.
-- Parameters: $1 ids. Rows: the id asked for, the columns of the select list.
SELECT k.id, {columns}
FROM unnest($1::uuid[]) AS k(id)
LEFT JOIN {table} AS t ON t.id = k.id
