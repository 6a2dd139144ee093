-- The change feed: three statement triggers a table (a trigger with transition tables has one event),
-- and one for TRUNCATE. They belong to hiretty_audit, which may insert and read no person's row, and
-- stay on under session_replication_role = replica.

-- Argument: the table's number.
CREATE FUNCTION app.feed_rows() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    INSERT INTO public.change_feed (tenant_id, tbl, row_id)
    SELECT tenant_id, TG_ARGV[0]::smallint, id FROM changed;
    RETURN NULL;
END
$$;

-- A new or changed membership also shows another person.
CREATE FUNCTION app.feed_members() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    INSERT INTO public.change_feed (tenant_id, tbl, row_id)
    SELECT tenant_id, TG_ARGV[0]::smallint, id FROM changed
    UNION ALL
    SELECT tenant_id, TG_ARGV[1]::smallint, user_id FROM changed;
    RETURN NULL;
END
$$;

CREATE FUNCTION app.feed_tenants() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    INSERT INTO public.change_feed (tenant_id, tbl, row_id)
    SELECT id, TG_ARGV[0]::smallint, id FROM changed;
    RETURN NULL;
END
$$;

-- Users have no tenant: a row for each membership.
CREATE FUNCTION app.feed_users() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    INSERT INTO public.change_feed (tenant_id, tbl, row_id)
    SELECT tu.tenant_id, TG_ARGV[0]::smallint, changed.id
    FROM changed JOIN public.tenant_users tu ON tu.user_id = changed.id;
    RETURN NULL;
END
$$;

-- "Load this table again", to every tenant.
CREATE FUNCTION app.feed_reload() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    INSERT INTO public.change_feed (tenant_id, tbl, row_id)
    SELECT t.id, TG_ARGV[0]::smallint, NULL FROM public.tenants t;
    RETURN NULL;
END
$$;

-- Puts a table's feed triggers in place; later migrations call it for new tables.
CREATE FUNCTION app.make_feed(target regclass) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    n text := (SELECT f.number::text FROM app.feed_tables f WHERE f.server = target);
    fn text := CASE target::text WHEN 'public.tenants' THEN 'feed_tenants'
        WHEN 'public.users' THEN 'feed_users' WHEN 'public.tenant_users' THEN 'feed_members'
        ELSE 'feed_rows' END;
    event text;
BEGIN
    IF fn = 'feed_members' THEN
        n := n || ', ' || (SELECT f.number FROM app.feed_tables f WHERE f.name = 'users');
    END IF;
    FOREACH event IN ARRAY ARRAY['INSERT', 'UPDATE', 'DELETE'] LOOP
        EXECUTE format('CREATE OR REPLACE TRIGGER feed_%s AFTER %s ON %s REFERENCING %s TABLE AS changed '
            'FOR EACH STATEMENT EXECUTE FUNCTION app.%I(%s)', lower(event), event, target,
            CASE event WHEN 'DELETE' THEN 'OLD' ELSE 'NEW' END, fn, n);
        EXECUTE format('ALTER TABLE %s ENABLE ALWAYS TRIGGER feed_%s', target, lower(event));
    END LOOP;
    EXECUTE format('CREATE OR REPLACE TRIGGER feed_truncate AFTER TRUNCATE ON %s '
        'FOR EACH STATEMENT EXECUTE FUNCTION app.feed_reload(%s)', target, split_part(n, ',', 1));
    EXECUTE format('ALTER TABLE %s ENABLE ALWAYS TRIGGER feed_truncate', target);
END
$$;

DO $$
DECLARE
    fn text;
BEGIN
    FOREACH fn IN ARRAY ARRAY['feed_rows', 'feed_members', 'feed_tenants', 'feed_users', 'feed_reload']
    LOOP
        EXECUTE format('ALTER FUNCTION app.%I() OWNER TO hiretty_audit', fn);
        EXECUTE format('REVOKE ALL ON FUNCTION app.%I() FROM PUBLIC', fn);
        -- Whoever makes a trigger needs to be allowed to run its function.
        EXECUTE format('GRANT EXECUTE ON FUNCTION app.%I() TO hiretty_owner', fn);
    END LOOP;
    ALTER FUNCTION app.make_feed(regclass) OWNER TO hiretty_owner;
    REVOKE ALL ON FUNCTION app.make_feed(regclass) FROM PUBLIC;
END
$$;

SET LOCAL ROLE hiretty_owner;
GRANT INSERT ON public.change_feed TO hiretty_audit;
GRANT SELECT (id) ON public.tenants TO hiretty_audit;
GRANT SELECT (tenant_id, user_id) ON public.tenant_users TO hiretty_audit;
DO $$
BEGIN
    PERFORM app.make_feed(server) FROM app.feed_tables WHERE server IS NOT NULL;
END
$$;
