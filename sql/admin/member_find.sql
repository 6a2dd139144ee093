-- Memberships by login, or by tenant and e-mail. Parameters: login or NULL, tenant or NULL, e-mail or
-- NULL. Rows: tenant, member, login, role, status, e-mail.
SELECT tu.tenant_id::text, tu.id::text, tu.pg_role::text, tu.role, tu.status, u.email
FROM public.tenant_users tu JOIN public.users u ON u.id = tu.user_id
WHERE ($1::text IS NULL OR tu.pg_role = $1::name) AND ($2::text IS NULL OR tu.tenant_id = $2::uuid)
    AND ($3::text IS NULL OR lower(u.email) = lower($3)) AND ($1 IS NOT NULL OR $3 IS NOT NULL);
