-- Template: the digest of a table as this login sees it. {texts}: the canonical texts of its columns.
-- Parameters: none. Rows: number of rows, sum of the rows' digests (decimal).
SELECT count(*)::bigint, coalesce(sum(d.digest), 0)::text
FROM (
    SELECT ('x' || left(md5(array_to_string(ARRAY[{texts}], E'\x1f', '\N')), 15))::bit(60)::bigint AS digest
    FROM {table} AS t
) AS d
