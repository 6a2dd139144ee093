-- Functions that run with more rights than they should, or for more people. Rows: severity, object, detail.
SELECT 'violation', p.oid::regprocedure::text, problem.detail
FROM pg_catalog.pg_proc p
JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
JOIN pg_catalog.pg_roles o ON o.oid = p.proowner
CROSS JOIN LATERAL (
    SELECT 'runs as its owner without SET search_path = pg_catalog, pg_temp' AS detail
    WHERE p.prosecdef AND NOT coalesce('search_path=pg_catalog, pg_temp' = ANY (p.proconfig), false)
    UNION ALL
    SELECT format('runs as %s, which is superuser or bypasses row security', o.rolname)
    WHERE p.prosecdef AND (o.rolsuper OR o.rolbypassrls)
    UNION ALL
    SELECT 'PUBLIC may execute it'
    WHERE EXISTS (SELECT FROM pg_catalog.aclexplode(coalesce(p.proacl,
        pg_catalog.acldefault('f', p.proowner))) a WHERE a.grantee = 0)
) problem
WHERE n.nspname NOT IN ('pg_catalog', 'information_schema')
    AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e')
ORDER BY 2, 3;
