-- Template: rows of a table by id, as this login sees them, without the wide columns of a row that has them as the
-- cursor saw them. A row that was deleted or may not be seen has NULL for whether it has.
-- Parameters: $1 ids, $2 the cursor (a snapshot). Rows: the id asked for, whether the wide columns are as they were,
-- the columns of the select list (then NULL for the wide ones).
SELECT k.id, pg_visible_in_snapshot(t.wide_xid, $2::pg_snapshot), {since}
FROM unnest($1::uuid[]) AS k(id)
LEFT JOIN {table} AS t ON t.id = k.id
