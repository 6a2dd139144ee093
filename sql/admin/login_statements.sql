-- The statements that make a login, or put it right: one group, the verifier of its password.
-- Parameters: login, role, verifier (NULL: unchanged). Rows: statement; in order.
SELECT statement
FROM (
    -- Of one that exists only LOGIN: to touch the other attributes takes a superuser.
    SELECT 1, CASE WHEN EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = $1::name)
        THEN format('ALTER ROLE %I LOGIN INHERIT', $1::text)
        ELSE format('CREATE ROLE %I LOGIN INHERIT NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE NOREPLICATION',
            $1::text) END
    UNION ALL
    SELECT 2, format('ALTER ROLE %I PASSWORD %L', $1::text, $3::text) WHERE $3::text IS NOT NULL
    UNION ALL
    SELECT 3, format('REVOKE %I FROM %I', g.rolname, $1::text)
    FROM pg_catalog.pg_auth_members m
    JOIN pg_catalog.pg_roles g ON g.oid = m.roleid
    JOIN pg_catalog.pg_roles l ON l.oid = m.member
    WHERE l.rolname = $1::name AND g.rolname <> 'hiretty_' || $2
    UNION ALL
    SELECT 4, format('GRANT %I TO %I', 'hiretty_' || $2, $1::text)
) AS list (step, statement)
ORDER BY step;
