-- What an administrator runs from time to time: old feed rows go, the audit trail is sealed and
-- checked. All of it belongs to hiretty_audit, which no wall hides a tenant from; none of it is for
-- members but sealing and verifying their own tenant's trail, by its admins.
GRANT SELECT, DELETE ON public.change_feed TO hiretty_audit;
GRANT SELECT, UPDATE (feed_floor) ON app.instance TO hiretty_audit;
GRANT SELECT, DELETE ON public.audit_logs TO hiretty_audit;
CREATE POLICY audit_prunes_reads ON public.change_feed FOR SELECT TO hiretty_audit USING (true);
CREATE POLICY audit_prunes ON public.change_feed FOR DELETE TO hiretty_audit USING (true);
CREATE POLICY audit_prunes ON public.audit_logs FOR DELETE TO hiretty_audit USING (true);

SET LOCAL ROLE hiretty_audit;

-- The feed has no times, so each pruning notes which transactions had ended by then.
CREATE TABLE app.feed_marks (
    at timestamptz PRIMARY KEY DEFAULT clock_timestamp(),
    xid xid8 NOT NULL
);

-- Removes feed rows of transactions that ended before the newest mark older than `keep`, and raises
-- the floor below which a client's cursor is too old, in one transaction. Rows removed.
CREATE FUNCTION app.feed_prune(keep interval DEFAULT '30 days') RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    new_floor xid8;
    removed bigint := 0;
BEGIN
    INSERT INTO app.feed_marks (xid) VALUES (pg_snapshot_xmin(pg_current_snapshot()));
    SELECT max(m.xid) INTO new_floor FROM app.feed_marks m WHERE m.at <= clock_timestamp() - keep;
    IF new_floor IS NOT NULL THEN
        DELETE FROM public.change_feed f WHERE f.xid < new_floor;
        GET DIAGNOSTICS removed = ROW_COUNT;
        UPDATE app.instance i SET feed_floor = greatest(i.feed_floor, new_floor);
        DELETE FROM app.feed_marks m WHERE m.xid < new_floor;
    END IF;
    RETURN removed;
END
$$;

-- One row a sealed range of one tenant's trail: transactions from_xid (included) to to_xid
-- (excluded). digest covers the one before, so that a change anywhere breaks every later link. A
-- pruned range keeps its row: the chain goes on over it.
CREATE TABLE app.audit_seals (
    tenant_id uuid NOT NULL,
    number bigint NOT NULL CHECK (number > 0),
    from_xid xid8 NOT NULL,
    to_xid xid8 NOT NULL,
    row_count bigint NOT NULL CHECK (row_count >= 0),
    newest timestamptz,
    digest text NOT NULL CHECK (digest ~ '^[0-9a-f]{64}$'),
    sealed_at timestamptz NOT NULL DEFAULT now(),
    pruned_at timestamptz,
    PRIMARY KEY (tenant_id, number),
    CHECK (to_xid > from_xid)
);
ALTER TABLE app.audit_seals ENABLE ROW LEVEL SECURITY;
ALTER TABLE app.audit_seals FORCE ROW LEVEL SECURITY;
CREATE POLICY audit_all ON app.audit_seals TO hiretty_audit USING (true) WITH CHECK (true);
CREATE POLICY admin_reads ON app.audit_seals FOR SELECT TO hiretty_admin
    USING (tenant_id = (SELECT app.my_tenant()));
GRANT SELECT ON app.audit_seals TO hiretty_admin;

-- The tenant a caller may seal: a member's own; for the platform and administrators the one they
-- chose.
CREATE FUNCTION app.audit_tenant() RETURNS uuid
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    tenant uuid := app.acting_tenant();
BEGIN
    IF tenant IS NULL OR app.my_tenant() IS NOT NULL AND NOT app.is_admin() THEN
        RAISE EXCEPTION 'only administrators may do this' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN tenant;
END
$$;

-- Rows of a range as one hash, and how many they are.
CREATE FUNCTION app.audit_digest(tenant uuid, from_xid xid8, to_xid xid8, previous text,
                                 OUT digest text, OUT row_count bigint, OUT newest timestamptz)
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp SET jit = off AS $$
BEGIN
    SELECT encode(sha256(convert_to(coalesce(previous, ''),
        'UTF8') || coalesce(string_agg(r.hash, '' ORDER BY r.xid, r.id), '')), 'hex'),
           count(*), max(r.at)
      INTO digest, row_count, newest
      FROM (SELECT a.xid, a.id, a."timestamp" AS at,
                   sha256(convert_to(jsonb_build_array(a.id, extract(epoch FROM a."timestamp"),
                       a.tenant_id, a.user_id, a.action, a.entity_type,
                       a.entity_id, a.metadata, host(a.ip_address), a.user_agent, a.request_id,
                           a.xid::text)::text, 'UTF8')) AS hash
              FROM public.audit_logs a
             WHERE a.tenant_id = tenant AND a.xid >= audit_digest.from_xid
                 AND a.xid < audit_digest.to_xid) r;
END
$$;

-- Seals what finished transactions have written since the last seal. The seal's number, NULL when
-- there was nothing. Writers never wait for it.
CREATE FUNCTION app.audit_seal() RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    tenant uuid := app.audit_tenant();
    upto xid8 := pg_snapshot_xmin(pg_current_snapshot());
    last app.audit_seals;
    made record;
BEGIN
    -- One at a time for each tenant.
    PERFORM pg_advisory_xact_lock(hashtextextended('audit_seal ' || tenant, 0));
    SELECT s.* INTO last FROM app.audit_seals s WHERE s.tenant_id = tenant
        ORDER BY s.number DESC LIMIT 1;
    IF upto <= coalesce(last.to_xid, '0') THEN
        RETURN NULL;
    END IF;
    made := app.audit_digest(tenant, coalesce(last.to_xid, '0'), upto, last.digest);
    IF made.row_count = 0 THEN
        RETURN NULL;
    END IF;
    INSERT INTO app.audit_seals (tenant_id, number, from_xid, to_xid, row_count, newest, digest)
    VALUES (tenant, coalesce(last.number, 0) + 1, coalesce(last.to_xid, '0'), upto, made.row_count,
        made.newest, made.digest);
    RETURN coalesce(last.number, 0) + 1;
END
$$;

-- Every seal of the tenant, checked against the rows: problem is NULL where it holds. A last row
-- with seal NULL counts what is not sealed yet.
CREATE FUNCTION app.audit_verify() RETURNS TABLE (seal bigint, row_count bigint, problem text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    tenant uuid := app.audit_tenant();
    kept app.audit_seals;
    previous app.audit_seals;
    again record;
BEGIN
    FOR kept IN SELECT s.* FROM app.audit_seals s WHERE s.tenant_id = tenant ORDER BY s.number LOOP
        again := app.audit_digest(tenant, kept.from_xid, kept.to_xid, previous.digest);
        seal := kept.number;
        row_count := again.row_count;
        problem := CASE
            WHEN kept.number <> coalesce(previous.number, 0) + 1
                OR kept.from_xid <> coalesce(previous.to_xid, '0')
                THEN 'a seal is missing before it'
            WHEN kept.pruned_at IS NOT NULL THEN CASE WHEN again.row_count > 0
                THEN 'rows in a range that retention had ended' END
            WHEN again.row_count <> kept.row_count
                THEN format('%s rows were sealed, %s are there', kept.row_count, again.row_count)
            WHEN again.digest <> kept.digest THEN 'a row was changed' END;
        RETURN NEXT;
        previous := kept;
    END LOOP;
    SELECT NULL, count(*), NULL INTO seal, row_count, problem
      FROM public.audit_logs a WHERE a.tenant_id = tenant
          AND a.xid >= coalesce(previous.to_xid, '0');
    RETURN NEXT;
END
$$;

-- Ends the life of sealed ranges whose newest row is older than `keep`: at least half a year. Rows
-- removed.
CREATE FUNCTION app.audit_prune(keep interval) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    tenant uuid := app.audit_tenant();
    removed bigint;
BEGIN
    IF keep < interval '183 days' THEN
        RAISE EXCEPTION 'the audit trail is kept for at least 183 days'
            USING ERRCODE = 'invalid_parameter_value';
    END IF;
    WITH ended AS (
        UPDATE app.audit_seals s SET pruned_at = now()
         WHERE s.tenant_id = tenant AND s.pruned_at IS NULL AND s.newest < now() - keep
           AND NOT EXISTS (SELECT FROM app.audit_seals e
               WHERE e.tenant_id = tenant AND e.number < s.number
                              AND e.pruned_at IS NULL AND e.newest >= now() - keep)
        RETURNING s.from_xid, s.to_xid)
    DELETE FROM public.audit_logs a USING ended e
     WHERE a.tenant_id = tenant AND a.xid >= e.from_xid AND a.xid < e.to_xid;
    GET DIAGNOSTICS removed = ROW_COUNT;
    RETURN removed;
END
$$;

REVOKE ALL ON FUNCTION app.feed_prune(interval), app.audit_tenant(),
    app.audit_digest(uuid, xid8, xid8, text), app.audit_seal(),
    app.audit_verify(), app.audit_prune(interval) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION app.audit_seal(), app.audit_verify() TO hiretty_admin, hiretty_platform;
GRANT EXECUTE ON FUNCTION app.audit_prune(interval) TO hiretty_platform;

-- Asked by these functions with hiretty_audit's rights.
SET LOCAL ROLE hiretty_auth;
GRANT EXECUTE ON FUNCTION app.acting_tenant(), app.my_tenant(), app.is_admin() TO hiretty_audit;
