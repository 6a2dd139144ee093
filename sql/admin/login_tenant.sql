-- The tenant of a login (run as hiretty_auth, which sees all). Parameters: login. Rows: tenant.
SELECT tenant_id::text FROM public.tenant_users WHERE pg_role = $1::name;
