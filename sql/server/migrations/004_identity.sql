-- Who is asking. session_user is the one thing that no SET, SET ROLE or definer function changes, so it
-- is the identity; one login is one membership. These functions belong to hiretty_auth, which may read
-- three tables and nothing else. They are plpgsql on purpose: a definer function in SQL is planned anew
-- at every call. Policies call them as (SELECT app.fn()), once a statement.
GRANT SELECT (id, status, deleted_at) ON public.tenants TO hiretty_auth;
GRANT SELECT (id, status) ON public.users TO hiretty_auth;
GRANT SELECT (id, tenant_id, user_id, role, pg_role, status) ON public.tenant_users TO hiretty_auth;

-- The active membership of this session; no row when the membership, the user or the tenant is not
-- active, or when the login's groups are not exactly the one that its role stands for.
CREATE FUNCTION app.membership(OUT tenant uuid, OUT "user" uuid, OUT member uuid, OUT role text)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    SELECT tu.tenant_id, tu.user_id, tu.id, tu.role
    INTO tenant, "user", member, role
    FROM public.tenant_users tu
    JOIN public.tenants t ON t.id = tu.tenant_id
    JOIN public.users u ON u.id = tu.user_id
    WHERE tu.pg_role = session_user AND tu.status = 'active'
        AND u.status = 'active' AND t.status = 'active' AND t.deleted_at IS NULL
        AND (tu.role = 'admin') = pg_has_role(session_user, 'hiretty_admin', 'MEMBER')
        AND (tu.role = 'recruiter') = pg_has_role(session_user, 'hiretty_recruiter', 'MEMBER')
        AND (tu.role = 'interviewer') = pg_has_role(session_user, 'hiretty_interviewer', 'MEMBER')
        AND (tu.role = 'viewer') = pg_has_role(session_user, 'hiretty_viewer', 'MEMBER');
END
$$;

CREATE FUNCTION app.my_tenant() RETURNS uuid
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN (app.membership()).tenant;
END
$$;

CREATE FUNCTION app.my_user() RETURNS uuid
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN (app.membership())."user";
END
$$;

CREATE FUNCTION app.my_member() RETURNS uuid
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN (app.membership()).member;
END
$$;

CREATE FUNCTION app.my_role() RETURNS text
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN (app.membership()).role;
END
$$;

CREATE FUNCTION app.is_admin() RETURNS boolean
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN coalesce((app.membership()).role = 'admin', false);
END
$$;

-- The tenant that the platform's backend has chosen; NULL when none. Only its policies ask this.
CREATE FUNCTION app.platform_tenant() RETURNS uuid
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN nullif(current_setting('app.current_tenant', true), '')::uuid;
EXCEPTION WHEN invalid_text_representation THEN
    RETURN NULL;
END
$$;

-- The tenant in which a definer function of hiretty_owner works: a member's own; for the platform's and
-- administrators' sessions the chosen one. A login with a membership, active or not, can choose nothing.
CREATE FUNCTION app.acting_tenant() RETURNS uuid
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF EXISTS (SELECT FROM public.tenant_users tu WHERE tu.pg_role = session_user) THEN
        RETURN (app.membership()).tenant;
    END IF;
    IF pg_has_role(session_user, 'hiretty_platform', 'MEMBER') THEN
        RETURN app.platform_tenant();
    END IF;
    RETURN NULL;
END
$$;

-- Everybody who is or was a member of the acting tenant: names in old rows stay readable.
CREATE FUNCTION app.colleagues() RETURNS uuid[]
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    tenant uuid := app.acting_tenant();
BEGIN
    RETURN (SELECT coalesce(array_agg(tu.user_id), '{}')
            FROM public.tenant_users tu WHERE tu.tenant_id = tenant);
END
$$;

-- The user behind this login, active or not: what the audit trail writes down.
CREATE FUNCTION app.session_actor() RETURNS uuid
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN (SELECT tu.user_id FROM public.tenant_users tu WHERE tu.pg_role = session_user);
END
$$;

DO $$
DECLARE
    fn text;
BEGIN
    FOREACH fn IN ARRAY ARRAY['membership', 'my_tenant', 'my_user', 'my_member', 'my_role', 'is_admin',
        'acting_tenant', 'colleagues', 'session_actor']
    LOOP
        EXECUTE format('ALTER FUNCTION app.%I() OWNER TO hiretty_auth', fn);
        EXECUTE format('REVOKE ALL ON FUNCTION app.%I() FROM PUBLIC', fn);
    END LOOP;
    ALTER FUNCTION app.platform_tenant() OWNER TO hiretty_owner;
    REVOKE ALL ON FUNCTION app.platform_tenant() FROM PUBLIC;
END
$$;
GRANT EXECUTE ON FUNCTION app.my_tenant(), app.my_user(), app.my_member(), app.my_role(), app.is_admin(),
    app.acting_tenant(), app.colleagues()
TO hiretty_client, hiretty_owner, hiretty_platform;
GRANT EXECUTE ON FUNCTION app.platform_tenant() TO hiretty_platform, hiretty_auth;
GRANT EXECUTE ON FUNCTION app.session_actor() TO hiretty_audit, hiretty_owner;

-- From here on every new row knows whose it is.
ALTER TABLE public.tenant_users ALTER COLUMN tenant_id SET DEFAULT app.acting_tenant();
