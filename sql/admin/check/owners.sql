-- Tables, functions and schemas that do not belong to the owner roles. Rows: severity, object, detail.
SELECT 'violation', o.object, format('belongs to %s', r.rolname)
FROM (
    SELECT c.oid::regclass::text AS object, c.relowner AS owner, CASE c.relnamespace
        WHEN 'app'::regnamespace THEN ARRAY['hiretty_owner', 'hiretty_audit']
        ELSE ARRAY['hiretty_owner'] END AS allowed
    FROM pg_catalog.pg_class c
    WHERE c.relnamespace IN ('public'::regnamespace, 'app'::regnamespace)
        AND c.relkind IN ('r', 'p', 'v', 'm', 'S', 'f')
        AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d WHERE d.objid = c.oid AND d.deptype = 'e')
    UNION ALL
    SELECT p.oid::regprocedure::text, p.proowner,
        ARRAY['hiretty_owner', 'hiretty_audit', 'hiretty_auth', 'hiretty_platform']
    FROM pg_catalog.pg_proc p
    WHERE p.pronamespace = 'app'::regnamespace AND p.proname NOT IN ('make_audit')
    UNION ALL
    SELECT 'schema app', n.nspowner, ARRAY['hiretty_owner']
    FROM pg_catalog.pg_namespace n WHERE n.nspname = 'app'
) o
JOIN pg_catalog.pg_roles r ON r.oid = o.owner
WHERE r.rolname <> ALL (o.allowed)
ORDER BY 2;
