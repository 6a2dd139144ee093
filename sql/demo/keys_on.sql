-- Keys and indexes as they were before keys_off.sql; foreign keys last, each checked as it is made.
SET LOCAL maintenance_work_mem = '512MB';
SET LOCAL max_parallel_maintenance_workers = 2;
SELECT format('ALTER TABLE %s ADD CONSTRAINT %I %s', tbl, name, definition) FROM demo.key_state WHERE kind <> 'f' ORDER BY tbl, kind, name \gexec
SELECT definition FROM demo.index_state ORDER BY name \gexec
SELECT format('ANALYZE %s', 'public.' || name) FROM demo.big \gexec
SELECT format('ALTER TABLE %s ADD CONSTRAINT %I %s', tbl, name, definition) FROM demo.key_state WHERE kind = 'f' ORDER BY tbl, name \gexec
