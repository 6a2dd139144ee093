-- Template: rows of a table by id, as this login sees them, without the wide columns of a row that has them as the
-- cursor saw them. A row that was deleted or may not be seen has NULL for whether it has.
-- Parameters: $1 ids, $2 the cursor (a snapshot). Rows: the id asked for, the other columns of the select list (NULL
-- for the wide ones if they are as they were), whether the wide ones are as they were.
-- The index leads to all versions of a row, in the order of their places. A new one was mostly written behind the old
-- one: so the last one is looked at first, and then no other. The page of the old one, which whoever reads it has to
-- tidy up, is left to who writes next. (With an equation the planner would take the index forwards.)
SELECT k.id, r.*
FROM unnest($1::uuid[]) AS k(id)
LEFT JOIN LATERAL (
    SELECT {since}, pg_visible_in_snapshot(t.wide_xid, $2::pg_snapshot)
    FROM {table} AS t
    WHERE t.id >= k.id AND t.id <= k.id
    ORDER BY t.id DESC LIMIT 1
) AS r ON true
