-- No trigger fires while the demo is loaded: neither those of the keys nor feed and audit, which are
-- enabled always. Their states are kept; triggers_on.sql restores them, check.sql looks at the keys.
CREATE TABLE demo.trigger_state AS
SELECT tgrelid, tgname, tgenabled FROM pg_trigger t JOIN pg_class c ON c.oid = tgrelid
WHERE c.relnamespace = 'public'::regnamespace AND NOT tgisinternal;
SELECT format('ALTER TABLE %s DISABLE TRIGGER ALL', oid::regclass) FROM pg_class
WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' ORDER BY relname \gexec
