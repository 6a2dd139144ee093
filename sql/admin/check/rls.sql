-- Tables without row security, or whose owner is not held by it. Rows: severity, object, detail.
SELECT 'violation', c.oid::regclass::text,
    CASE WHEN NOT c.relrowsecurity THEN 'row security is off'
        ELSE 'row security is not forced: the owner bypasses it' END
FROM pg_catalog.pg_class c
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')
    AND NOT (c.relrowsecurity AND c.relforcerowsecurity)
ORDER BY 2;
