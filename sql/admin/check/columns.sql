-- Tables of the feed that a client could not follow: no id, one that may be nil, or no tenant. Rows: severity, object, detail.
SELECT 'violation', c.oid::regclass::text, 'has no tenant_id NOT NULL'
FROM pg_catalog.pg_class c
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')
    AND c.relname NOT IN ('tenants', 'users')
    AND NOT EXISTS (SELECT FROM pg_catalog.pg_attribute a
        WHERE a.attrelid = c.oid AND a.attname = 'tenant_id' AND a.attnotnull AND NOT a.attisdropped)
UNION ALL
SELECT 'violation', f.server::text, 'may hold a row whose id is nil: docs/administration.md, Sizes'
FROM app.feed_tables f
WHERE NOT f.reload
    AND NOT EXISTS (SELECT FROM pg_catalog.pg_constraint k
        WHERE k.conrelid = f.server AND k.conname ~ '_id_not_nil$' AND k.contype = 'c' AND k.convalidated)
ORDER BY 2;
