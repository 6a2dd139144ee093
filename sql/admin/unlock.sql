-- Lets other migrations in. Parameters: none. Rows: one.
SELECT pg_catalog.pg_advisory_unlock(7523476001);
