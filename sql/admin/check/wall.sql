-- Tables whose wall is missing or is another than the schema's. Rows: severity, object, detail.
SELECT 'violation', format('%s, policy %s', c.oid::regclass, want.policy),
    CASE WHEN p.oid IS NULL THEN 'missing'
        ELSE 'is not the wall: restrictive, all commands, this tenant only' END
FROM pg_catalog.pg_class c
CROSS JOIN (VALUES ('wall', 'hiretty_client', 'my_tenant'), ('wall_owner', 'hiretty_owner', 'acting_tenant'))
    AS want (policy, role, fn)
LEFT JOIN pg_catalog.pg_policy p ON p.polrelid = c.oid AND p.polname = want.policy
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')
    AND (p.oid IS NULL OR p.polpermissive OR p.polcmd <> '*'
        OR p.polroles <> ARRAY[(SELECT oid FROM pg_catalog.pg_roles WHERE rolname = want.role)]
        OR regexp_replace(pg_catalog.pg_get_expr(p.polqual, p.polrelid), '\s+', ' ', 'g') <>
            CASE WHEN c.relname = 'users' AND want.policy = 'wall' THEN
                '((( SELECT app.my_tenant() AS my_tenant) IS NOT NULL) AND (id = ANY (( SELECT app.colleagues() AS colleagues)::uuid[])))'
            WHEN c.relname = 'users' THEN '(id = ANY (( SELECT app.colleagues() AS colleagues)::uuid[]))'
            ELSE format('(%s = ( SELECT app.%s() AS %s))',
                CASE c.relname WHEN 'tenants' THEN 'id' ELSE 'tenant_id' END, want.fn, want.fn) END
        OR pg_catalog.pg_get_expr(p.polwithcheck, p.polrelid)
            IS DISTINCT FROM pg_catalog.pg_get_expr(p.polqual, p.polrelid))
ORDER BY 2;
