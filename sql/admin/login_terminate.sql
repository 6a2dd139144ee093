-- Ends every session of a login. Parameters: login. Rows: how many.
SELECT count(*) FILTER (WHERE pg_catalog.pg_terminate_backend(pid))
FROM pg_catalog.pg_stat_activity WHERE usename = $1::name;
