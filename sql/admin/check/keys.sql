-- Foreign keys without the tenant, without an index or not validated; indexes that are broken.
-- Rows: severity, object, detail.
WITH keys AS (
    SELECT k.oid, k.conname, k.conrelid, k.confrelid, k.conkey, k.convalidated,
        (SELECT array_agg(a.attname::text ORDER BY o.n)
         FROM unnest(k.conkey) WITH ORDINALITY AS o (attnum, n)
         JOIN pg_catalog.pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = o.attnum) AS columns
    FROM pg_catalog.pg_constraint k
    WHERE k.contype = 'f' AND k.connamespace = 'public'::regnamespace
)
SELECT 'violation', format('%s, %s', k.conrelid::regclass, k.conname), problem.detail
FROM keys k
CROSS JOIN LATERAL (
    SELECT 'points at another table without its tenant' AS detail
    WHERE k.columns[1] <> 'tenant_id'
        AND k.confrelid::regclass::text NOT IN ('users', 'tenants', 'app.time_zones',
            'public.users', 'public.tenants')
    UNION ALL
    SELECT 'is not validated' WHERE NOT k.convalidated
    UNION ALL
    -- Zones are never removed, so nothing ever looks for the rows that use one.
    SELECT 'has no index'
    WHERE k.confrelid::regclass::text <> 'app.time_zones'
        AND NOT EXISTS (SELECT FROM pg_catalog.pg_index i
            WHERE i.indrelid = k.conrelid AND i.indisvalid
                AND (i.indkey::int2[])[0:cardinality(k.conkey) - 1] @> k.conkey
                AND (i.indpred IS NULL
                    OR pg_catalog.pg_get_expr(i.indpred, i.indrelid) = format('(%I IS NOT NULL)',
                        k.columns[cardinality(k.columns)])))
) problem
UNION ALL
SELECT 'violation', i.indexrelid::regclass::text, 'is not valid'
FROM pg_catalog.pg_index i
JOIN pg_catalog.pg_class c ON c.oid = i.indrelid AND c.relnamespace = 'public'::regnamespace
WHERE NOT i.indisvalid OR NOT i.indisready
ORDER BY 2, 3;
