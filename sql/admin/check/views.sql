-- Views that read with their owner's rights, and things that have no row security at all.
-- Rows: severity, object, detail.
SELECT 'violation', c.oid::regclass::text, CASE c.relkind
    WHEN 'v' THEN 'is a view without security_invoker' WHEN 'm' THEN 'is a materialised view'
    ELSE 'is a foreign table' END
FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname NOT IN ('pg_catalog', 'information_schema')
    AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d WHERE d.objid = c.oid AND d.deptype = 'e')
    AND (c.relkind IN ('m', 'f')
        OR c.relkind = 'v' AND NOT coalesce('security_invoker=true' = ANY (c.reloptions)
            OR 'security_invoker=on' = ANY (c.reloptions), false)
            -- Tables that clients may lock: it has no column and never a row.
            AND NOT (c.oid = to_regclass('app.synced') AND pg_catalog.pg_get_viewdef(c.oid) LIKE '%WHERE false;'
                AND NOT EXISTS (SELECT FROM pg_catalog.pg_attribute t WHERE t.attrelid = c.oid AND t.attnum > 0)))
ORDER BY 2;
