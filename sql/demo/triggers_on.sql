-- As they were before triggers_off.sql.
SELECT format('ALTER TABLE %s ENABLE TRIGGER ALL', oid::regclass) FROM pg_class
WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' ORDER BY relname \gexec
SELECT format('ALTER TABLE %s %s TRIGGER %I', tgrelid::regclass,
              CASE tgenabled WHEN 'A' THEN 'ENABLE ALWAYS' WHEN 'R' THEN 'ENABLE REPLICA' ELSE 'DISABLE' END, tgname)
FROM demo.trigger_state WHERE tgenabled <> 'O' ORDER BY 1 \gexec
