-- Template: ids of the rows that this login sees about some applications, by way of another table.
-- Parameters: $1 ids of applications ({column}: that of the row in {parent}). Rows: id.
SELECT t.id FROM {table} AS t
WHERE t.{column} IN (SELECT p.id FROM public.{parent} AS p WHERE p.match_id = ANY ($1::uuid[]))
