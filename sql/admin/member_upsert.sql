-- A membership, made or made active again. Parameters: tenant, user, role, login. Rows: id, the login
-- that the membership had before.
WITH before AS (
    SELECT pg_role FROM public.tenant_users WHERE tenant_id = $1::uuid AND user_id = $2::uuid
)
INSERT INTO public.tenant_users AS tu (tenant_id, user_id, role, pg_role, status, joined_at)
VALUES ($1::uuid, $2::uuid, $3, $4::name, 'active', now())
ON CONFLICT (tenant_id, user_id) DO UPDATE
SET role = excluded.role, pg_role = excluded.pg_role, status = 'active',
    joined_at = coalesce(tu.joined_at, now())
RETURNING id::text, (SELECT pg_role::text FROM before);
