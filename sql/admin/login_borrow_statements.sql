-- What one who is no superuser needs to end the sessions of a login; login_return_statements gives it back.
-- Parameters: login. Rows: statement; none when there is no such login.
SELECT format('GRANT %I TO CURRENT_USER', $1::text)
WHERE NOT pg_catalog.pg_has_role(session_user, 'pg_signal_backend', 'MEMBER')
    AND EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = $1::name);
