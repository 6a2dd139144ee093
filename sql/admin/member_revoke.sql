-- Ends a membership. Parameters: tenant, member. Rows: none.
UPDATE public.tenant_users SET status = 'inactive' WHERE tenant_id = $1::uuid AND id = $2::uuid;
