-- Who may enter. This database is the administrator's; the others, and languages, a superuser's.
-- Rows: severity, object, detail.
SELECT CASE WHEN d.datname = current_database() THEN 'violation' ELSE 'advice' END,
    format('database %s', d.datname), format('PUBLIC has %s (REVOKE %s ON DATABASE %I FROM PUBLIC)',
        a.privilege_type, a.privilege_type, d.datname)
FROM pg_catalog.pg_database d
CROSS JOIN LATERAL pg_catalog.aclexplode(coalesce(d.datacl,
    pg_catalog.acldefault('d', d.datdba))) a
WHERE a.grantee = 0 AND d.datallowconn
    AND (d.datname IN (current_database(), 'postgres', 'template1'))
UNION ALL
SELECT 'advice', format('language %s', l.lanname),
    format('PUBLIC has USAGE: every login can write code in it (GRANT USAGE ON LANGUAGE %I TO '
        'hiretty_owner, hiretty_audit, hiretty_auth, hiretty_platform and its administrator, then REVOKE USAGE ON LANGUAGE %I FROM PUBLIC)',
        l.lanname, l.lanname)
FROM pg_catalog.pg_language l
CROSS JOIN LATERAL pg_catalog.aclexplode(coalesce(l.lanacl,
    pg_catalog.acldefault('l', l.lanowner))) a
WHERE a.grantee = 0 AND l.lanpltrusted AND l.lanname NOT IN ('sql', 'internal', 'c')
UNION ALL
SELECT 'violation', format('default privileges of %s', r.rolname), 'new functions are executable by PUBLIC'
FROM pg_catalog.pg_roles r
WHERE r.rolname IN ('hiretty_owner', 'hiretty_audit', 'hiretty_auth', 'hiretty_platform')
    AND NOT EXISTS (SELECT FROM pg_catalog.pg_default_acl d
        WHERE d.defaclrole = r.oid AND d.defaclobjtype = 'f' AND d.defaclnamespace = 0
            AND NOT EXISTS (SELECT FROM pg_catalog.aclexplode(d.defaclacl) a WHERE a.grantee = 0))
ORDER BY 1, 2, 3;
