-- Logins and memberships that do not fit together. Rows: severity, object, detail.
WITH logins AS (
    SELECT r.oid, r.rolname, r.rolcanlogin, r.rolsuper, r.rolbypassrls, r.rolcreaterole, r.rolcreatedb,
        r.rolreplication,
        (SELECT coalesce(array_agg(g.rolname::text ORDER BY g.rolname), '{}')
         FROM pg_catalog.pg_auth_members m JOIN pg_catalog.pg_roles g ON g.oid = m.roleid
         WHERE m.member = r.oid) AS groups
    FROM pg_catalog.pg_roles r
    WHERE r.rolname NOT LIKE 'hiretty\_%' AND r.rolname NOT LIKE 'pg\_%'
        OR r.rolname IN (SELECT tu.pg_role FROM public.tenant_users tu)
)
SELECT problem.severity, l.rolname::text, problem.detail
FROM logins l
LEFT JOIN public.tenant_users tu ON tu.pg_role = l.rolname
CROSS JOIN LATERAL (
    SELECT 'violation' AS severity,
        'may do more than a member: superuser, bypassrls, createrole, createdb or replication' AS detail
    WHERE l.rolsuper OR l.rolbypassrls OR l.rolcreaterole OR l.rolcreatedb OR l.rolreplication
    UNION ALL
    SELECT 'violation', format('is in %s; a member is in hiretty_%s alone', array_to_string(l.groups, ', '), tu.role)
    WHERE tu.id IS NOT NULL AND (tu.status = 'active' OR l.groups <> '{}')
        AND l.groups <> ARRAY['hiretty_' || tu.role]
    UNION ALL
    SELECT 'violation', format('may add members to %s', g.rolname)
    FROM pg_catalog.pg_auth_members m JOIN pg_catalog.pg_roles g ON g.oid = m.roleid
    WHERE m.member = l.oid AND m.admin_option
    UNION ALL
    -- It sees no row here; it may be a member of another database of this cluster.
    SELECT 'advice', 'is in a group of members, but has no membership here' WHERE tu.id IS NULL
    UNION ALL
    SELECT 'violation', 'its membership has ended, but it can still log in'
    WHERE tu.status <> 'active' AND l.rolcanlogin
    UNION ALL
    SELECT 'violation', format('is a member of %s', g) FROM unnest(l.groups) g
    WHERE tu.id IS NULL AND g NOT IN ('hiretty_client', 'hiretty_admin', 'hiretty_recruiter',
        'hiretty_interviewer', 'hiretty_viewer')
) problem
WHERE tu.id IS NOT NULL OR l.groups && ARRAY['hiretty_client', 'hiretty_admin', 'hiretty_recruiter',
    'hiretty_interviewer', 'hiretty_viewer']
UNION ALL
SELECT 'violation', tu.pg_role::text, 'an active membership names this login, which does not exist'
FROM public.tenant_users tu
WHERE tu.status = 'active' AND tu.pg_role IS NOT NULL
    AND NOT EXISTS (SELECT FROM pg_catalog.pg_roles r WHERE r.rolname = tu.pg_role)
ORDER BY 1, 2, 3;
