-- Works in a tenant until the transaction ends. Parameters: tenant. Rows: one.
SELECT pg_catalog.set_config('app.current_tenant', $1, true);
