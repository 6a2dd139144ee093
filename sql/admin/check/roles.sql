-- Roles of Hiretty that can do more than they should. Rows: severity, object, detail.
SELECT 'violation', r.rolname::text, problem.detail
FROM pg_catalog.pg_roles r
CROSS JOIN LATERAL (
    SELECT 'can log in' AS detail WHERE r.rolcanlogin
    UNION ALL SELECT 'is superuser' WHERE r.rolsuper
    UNION ALL SELECT 'bypasses row security' WHERE r.rolbypassrls
    UNION ALL SELECT 'can create roles' WHERE r.rolcreaterole
    UNION ALL SELECT 'can create databases' WHERE r.rolcreatedb
    UNION ALL SELECT 'can replicate, which shows every row' WHERE r.rolreplication
    UNION ALL SELECT format('may add members to %s', g.rolname)
    FROM pg_catalog.pg_auth_members m JOIN pg_catalog.pg_roles g ON g.oid = m.roleid
    WHERE m.member = r.oid AND m.admin_option
    UNION ALL SELECT format('is a member of %s', g.rolname)
    FROM pg_catalog.pg_auth_members m JOIN pg_catalog.pg_roles g ON g.oid = m.roleid
    WHERE m.member = r.oid AND NOT (g.rolname = 'hiretty_client'
        AND r.rolname IN ('hiretty_admin', 'hiretty_recruiter', 'hiretty_interviewer', 'hiretty_viewer'))
) problem
WHERE r.rolname IN ('hiretty_owner', 'hiretty_audit', 'hiretty_auth', 'hiretty_client', 'hiretty_admin',
    'hiretty_recruiter', 'hiretty_interviewer', 'hiretty_viewer', 'hiretty_platform')
UNION ALL
SELECT 'advice', r.rolname::text, 'bypasses row security: only a role for backups should'
FROM pg_catalog.pg_roles r
WHERE r.rolbypassrls AND NOT r.rolsuper AND r.rolname NOT LIKE 'hiretty\_%'
UNION ALL
SELECT 'violation', want.name, 'there is no such role'
FROM unnest(ARRAY['hiretty_owner', 'hiretty_audit', 'hiretty_auth', 'hiretty_client', 'hiretty_admin',
    'hiretty_recruiter', 'hiretty_interviewer', 'hiretty_viewer', 'hiretty_platform']) AS want (name)
WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = want.name)
ORDER BY 2, 3;
