-- The living demo, as superuser: working rows are made first, then the real tables are filled in one
-- transaction with triggers off.
-- Variables: seed, now (see helpers.sql).
\set ON_ERROR_STOP on
SET client_min_messages = warning;
SET timezone = 'UTC';
-- Compiling these once-run statements costs more than running them.
SET jit = off;
\ir helpers.sql
\ir names.sql
\ir work.sql
\ir members.sql
\ir jobs_list.sql
\ir people.sql
\ir ledger.sql
-- No key is taken away for so few rows.
CREATE TABLE demo.key_state (tbl text, name text, kind "char");
BEGIN;
\ir triggers_off.sql
\ir load_tenants.sql
\ir load_jobs.sql
\ir load_people.sql
\ir screening.sql
\ir interviews.sql
\ir extras.sql
\ir triggers_on.sql
\ir check.sql
DROP SCHEMA demo CASCADE;
COMMIT;
