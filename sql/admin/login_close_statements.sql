-- The statements that close a login. `borrowed`: so that one who is no superuser may end its sessions.
-- Parameters: login. Rows: statement; in order; none when there is no such login.
SELECT statement
FROM (
    SELECT 1, format('ALTER ROLE %I NOLOGIN', $1::text)
    UNION ALL
    SELECT 2, format('GRANT %I TO CURRENT_USER', $1::text)
    WHERE NOT pg_catalog.pg_has_role(session_user, 'pg_signal_backend', 'MEMBER')
) AS list (step, statement)
WHERE EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = $1::name)
ORDER BY step;
