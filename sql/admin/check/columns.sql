-- Tables of the feed that a client could not follow: no id, or no tenant. Rows: severity, object, detail.
SELECT 'violation', c.oid::regclass::text, 'has no tenant_id NOT NULL'
FROM pg_catalog.pg_class c
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')
    AND c.relname NOT IN ('tenants', 'users')
    AND NOT EXISTS (SELECT FROM pg_catalog.pg_attribute a
        WHERE a.attrelid = c.oid AND a.attname = 'tenant_id' AND a.attnotnull AND NOT a.attisdropped)
ORDER BY 2;
