-- The statements that give back what login_close_statements borrowed. Parameters: login. Rows: statement.
SELECT format('REVOKE %I FROM CURRENT_USER', $1::text)
FROM pg_catalog.pg_auth_members m
JOIN pg_catalog.pg_roles g ON g.oid = m.roleid
JOIN pg_catalog.pg_roles l ON l.oid = m.member
WHERE g.rolname = $1::name AND l.rolname = current_user;
