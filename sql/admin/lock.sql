-- Keeps other migrations out until this session ends or unlocks. Parameters: none. Rows: one.
SELECT pg_catalog.pg_advisory_lock(7523476001);
