-- What a login is. Parameters: login. Rows: none when there is none; else whether it may do more than a
-- member may, or is a group or owner of ours.
SELECT rolsuper OR rolbypassrls OR rolcreaterole OR rolcreatedb OR rolreplication
    OR rolname ~ '^(pg|hiretty)_'
FROM pg_catalog.pg_roles WHERE rolname = $1::name;
