-- Keys of the rows that transactions changed which the cursor could not see.
-- One plan does for all: a range between bounds that the planner does not see is taken for a small one, and goes by the
-- index. From its lower end alone it is planned anew for each pull, which takes as long as to read some hundred keys.
-- Parameters: $1 the cursor's xmin, $2 the cursor (a snapshot). Rows: table number, row id (NULL: the whole table).
SELECT DISTINCT f.tbl::bigint, f.row_id
FROM public.change_feed AS f
WHERE f.xid >= (SELECT $1::xid8) AND f.xid <= '18446744073709551615' AND NOT pg_visible_in_snapshot(f.xid, $2::pg_snapshot)
ORDER BY 1, 2
