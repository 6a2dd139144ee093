-- Template: ids of the rows that this login sees about some people, or some applications.
-- Parameters: $1 ids ({column}: the column that holds them). Rows: id.
SELECT t.id FROM {table} AS t WHERE t.{column} = ANY ($1::uuid[])
