-- Keys of the rows that transactions changed which the cursor could not see.
-- Parameters: $1 the cursor's xmin, $2 the cursor (a snapshot). Rows: table number, row id (NULL: the whole table).
SELECT DISTINCT f.tbl::bigint, f.row_id
FROM public.change_feed AS f
WHERE f.xid >= $1::xid8 AND NOT pg_visible_in_snapshot(f.xid, $2::pg_snapshot)
ORDER BY 1, 2
