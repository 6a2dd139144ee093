-- Feed, audit and version triggers that are missing, off, or can be switched off by a session.
-- Rows: severity, object, detail.
WITH expected AS (
    SELECT f.server AS relation, 'feed_' || e.event AS name, true AS always
    FROM app.feed_tables f
    CROSS JOIN unnest(ARRAY['insert', 'update', 'delete', 'truncate']) AS e (event)
    WHERE f.server IS NOT NULL AND NOT f.reload
    UNION ALL
    SELECT c.oid::regclass, 'audit_' || e.event, true
    FROM pg_catalog.pg_class c
    CROSS JOIN unnest(ARRAY['insert', 'update', 'delete']) AS e (event)
    WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r'
        AND c.relname NOT IN ('audit_logs', 'change_feed', 'client_devices', 'embeddings',
            'metric_snapshots', 'pipeline_events', 'demographic_responses', 'webhook_deliveries',
            'hiring_decisions', 'model_lineage')
    UNION ALL
    SELECT 'public.audit_logs'::regclass, 'audit_is_final', true
    UNION ALL
    SELECT a.attrelid::regclass, 'zz_touch', false
    FROM pg_catalog.pg_attribute a
    JOIN pg_catalog.pg_class c ON c.oid = a.attrelid AND c.relnamespace = 'public'::regnamespace
        AND c.relkind = 'r'
    WHERE a.attname = 'row_version' AND NOT a.attisdropped
)
SELECT 'violation', format('%s, trigger %s', x.relation, x.name),
    CASE WHEN t.oid IS NULL THEN 'missing' WHEN t.tgenabled IN ('D', 'R') THEN 'is off'
        WHEN t.tgenabled <> 'A' AND x.always THEN 'session_replication_role can bypass it'
        ELSE 'its function does not belong to hiretty_audit' END
FROM expected x
LEFT JOIN pg_catalog.pg_trigger t ON t.tgrelid = x.relation AND t.tgname = x.name
LEFT JOIN pg_catalog.pg_proc p ON p.oid = t.tgfoid
LEFT JOIN pg_catalog.pg_roles o ON o.oid = p.proowner
WHERE t.oid IS NULL OR t.tgenabled IN ('D', 'R') OR t.tgenabled <> 'A' AND x.always
    OR x.name ~ '^(feed|audit)_(insert|update|delete|truncate)$' AND o.rolname <> 'hiretty_audit'
ORDER BY 2;
