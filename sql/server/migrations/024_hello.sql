-- app.sync_hello(): what a client needs to know before it pulls; app.device_seen(): that it was
-- here.
SET LOCAL ROLE hiretty_owner;

-- The columns that this login may read, of the tables that clients keep: table -> columns in order.
CREATE FUNCTION app.readable_columns() RETURNS jsonb
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN (
        SELECT coalesce(jsonb_object_agg(t.name, t.columns), '{}')
          FROM (SELECT f.name, jsonb_agg(a.attname ORDER BY a.attnum) AS columns
                  FROM app.feed_tables f
                  JOIN pg_attribute a ON a.attrelid = f.server AND a.attnum > 0
                      AND NOT a.attisdropped
                 WHERE has_column_privilege(session_user, a.attrelid, a.attnum, 'SELECT')
                 GROUP BY f.name) t);
END
$$;

-- The same as one hash. Five hundred privilege checks take milliseconds, so the session keeps the
-- answer until the client asks for fingerprints again; what it keeps decides nothing on this side.
CREATE FUNCTION app.grants_fp(again boolean) RETURNS text
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    kept text := current_setting('hiretty.grants_fp', true);
BEGIN
    IF again OR coalesce(kept, '') = '' THEN
        SELECT md5(string_agg(concat_ws(' ', f.number, a.attname), ','
            ORDER BY f.number, a.attnum)) INTO kept
          FROM app.feed_tables f
          JOIN pg_attribute a ON a.attrelid = f.server AND a.attnum > 0 AND NOT a.attisdropped
         WHERE has_column_privilege(session_user, a.attrelid, a.attnum, 'SELECT');
        PERFORM set_config('hiretty.grants_fp', kept, false);
    END IF;
    RETURN kept;
END
$$;

-- The shape of the kept tables: every column with its type, whoever may read it.
CREATE FUNCTION app.schema_fp() RETURNS text
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN (
        SELECT md5(string_agg(concat_ws(' ', f.number, a.attname,
            format_type(a.atttypid, a.atttypmod), a.attmissingval::text), ','
                              ORDER BY f.number, a.attnum))
          FROM app.feed_tables f
          JOIN pg_attribute a ON a.attrelid = f.server AND a.attnum > 0 AND NOT a.attisdropped);
END
$$;

-- How many rows of each kept table the caller sees: exact for small tables, else from a sample of
-- its pages. With the caller's rights, so that it counts nothing hidden. Never called on a poll.
CREATE FUNCTION app.estimates(OUT estimates jsonb, OUT pages jsonb, OUT share jsonb)
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET jit = off AS $$
DECLARE
    kept record;
    sampled double precision;
    mine bigint;
    sample CONSTANT int := 200;
BEGIN
    estimates := '{}'; pages := '{}'; share := '{}';
    FOR kept IN
        SELECT f.name, f.server, c.oid::regclass::text AS relation, c.reltuples,
               pg_relation_size(c.oid) / current_setting('block_size')::int AS pages
          FROM app.feed_tables f JOIN pg_class c ON c.oid = f.server
         WHERE c.relrowsecurity AND has_any_column_privilege(c.oid, 'SELECT')
    LOOP
        sampled := least(1, sample::double precision / greatest(kept.pages, 1));
        IF sampled < 1 THEN
            EXECUTE format('SELECT count(*) FROM %s TABLESAMPLE SYSTEM (%s)', kept.relation,
                100 * sampled) INTO mine;
            mine := round(mine / sampled);
            IF kept.reltuples > 0 THEN
                share := share || jsonb_build_object(kept.name,
                    round(least(1, mine / kept.reltuples)::numeric, 2));
            END IF;
        ELSE
            EXECUTE format('SELECT count(*) FROM %s', kept.relation) INTO mine;
        END IF;
        estimates := estimates || jsonb_build_object(kept.name, mine);
        pages := pages || jsonb_build_object(kept.name, kept.pages);
    END LOOP;
END
$$;

-- Visibility that changes without the row changing, as fingerprints: of the ids that the policies
-- consult. When one differs, its tables are reconciled.
CREATE FUNCTION app.scopes() RETURNS jsonb
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    tenant uuid := app.my_tenant();
    confidential text;
    panel text;
BEGIN
    SELECT md5(coalesce(string_agg(h::text, ',' ORDER BY h), '')) INTO confidential
        FROM unnest(app.hidden_jobs()) h;
    IF app.my_role() <> 'interviewer' THEN
        RETURN jsonb_build_object('confidential', jsonb_build_object('fp', confidential,
            'tables', '[6,7,8,9,10,13,15,16,17,18,19,20,21,22,23,24,25,26]'::jsonb));
    END IF;
    -- Feedback is in no interviewer's feed: its versions are part of the fingerprint.
    SELECT md5(concat_ws('/', array_to_string(rows, ','), array_to_string(submitted, ','),
               (SELECT string_agg(f.id || ' ' || f.row_version, ',' ORDER BY f.id)
                  FROM public.interview_feedback f
                 WHERE f.tenant_id = tenant
                   AND (f.panel_member_id = ANY (rows) OR f.submitted_at IS NOT NULL
                       AND f.interview_id = ANY (submitted)))))
      INTO panel
      FROM (SELECT ARRAY(SELECT unnest(app.my_panel_rows()) ORDER BY 1) AS rows,
                   ARRAY(SELECT unnest(app.my_submitted_interviews()) ORDER BY 1)
                       AS submitted) mine;
    RETURN jsonb_build_object(
        'confidential', jsonb_build_object('fp', confidential, 'tables',
            '[6,7,8,9,10,11,14,15,16,20,21,22,23,24]'::jsonb),
        'panel', jsonb_build_object('fp', panel, 'tables',
            '[6,7,8,9,10,11,14,15,16,19,20,21,22,23,24]'::jsonb));
END
$$;

-- The part that is cheap enough for every poll.
CREATE FUNCTION app.hello_brief(p jsonb) RETURNS jsonb
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET jit = off AS $$
DECLARE
    my_tenant uuid := app.my_tenant();
    my_user uuid := app.my_user();
    my_member uuid := app.my_member();
    my_role text := app.my_role();
    schema_version int := (SELECT max(m.version) FROM app.schema_migrations m);
BEGIN
    IF my_tenant IS NULL THEN
        RETURN jsonb_build_object('protocol', 1, 'refused', 'membership', 'schema_version',
            schema_version);
    END IF;
    RETURN (
        SELECT jsonb_build_object(
            'protocol', 1, 'schema_version', schema_version,
            'system_id', (SELECT s.system_identifier::text FROM pg_control_system() s),
            'timeline', (SELECT c.timeline_id FROM pg_control_checkpoint() c),
            'epoch', i.epoch, 'floor', i.feed_floor::text, 'poll_ms', i.poll_ms,
            'snapshot', pg_current_snapshot()::text,
            'acked_seq', coalesce(d.last_seq, 0), 'wipe', d.wipe_requested_at IS NOT NULL,
                'schema_fp', NULL,
            'membership_fp', md5(concat_ws(' ', my_tenant, my_user, my_member, my_role,
                                           app.grants_fp(coalesce((p ->> 'fingerprint')::boolean,
                                               false)))),
            'scopes', app.scopes(),
            'tenant', jsonb_build_object('id', t.id, 'name', t.name, 'slug', t.slug, 'timezone',
                t.timezone),
            'user', jsonb_build_object('id', my_user, 'name',
                nullif(concat_ws(' ', u.first_name, u.last_name), '')),
            'member', jsonb_build_object('id', my_member), 'role', my_role, 'read_only',
                my_role = 'viewer',
            'server_time_us', app.to_us(clock_timestamp()), 'server_version_num',
                current_setting('server_version_num')::int)
          FROM app.instance i
          JOIN public.tenants t ON t.id = my_tenant
          JOIN public.users u ON u.id = my_user
          LEFT JOIN public.client_devices d ON d.tenant_id = my_tenant AND d.member_id = my_member
              AND d.device_id = (p ->> 'device')::uuid);
END
$$;

-- p: device (uuid), fingerprint (true: also the fingerprint of the schema and the columns; at connect
-- and every five minutes), sizes (true: also estimates, which cost a look at every table; before a
-- first load).
CREATE FUNCTION app.sync_hello(p jsonb) RETURNS jsonb
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp SET jit = off AS $$
DECLARE
    answer jsonb := app.hello_brief(p);
BEGIN
    IF answer ? 'refused' THEN
        RETURN answer;
    END IF;
    IF coalesce((p ->> 'fingerprint')::boolean, false) THEN
        answer := answer || jsonb_build_object('schema_fp', app.schema_fp(),
                                               'columns', app.readable_columns());
    END IF;
    IF coalesce((p ->> 'sizes')::boolean, false) THEN
        SELECT answer || jsonb_build_object('estimates', e.estimates, 'pages', e.pages,
                                            'share', e.share)
          INTO answer FROM app.estimates() e;
    END IF;
    RETURN answer;
END
$$;

-- At connect and at most every ten minutes, in a transaction of its own.
CREATE FUNCTION app.device_seen(device uuid, host text, cursor text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    my_tenant uuid := app.my_tenant();
    my_member uuid := app.my_member();
BEGIN
    IF my_tenant IS NULL OR device_seen.device IS NULL THEN
        RAISE EXCEPTION 'no active membership' USING ERRCODE = 'insufficient_privilege';
    END IF;
    INSERT INTO public.client_devices AS d (tenant_id, member_id, device_id, host_label, watermark)
    VALUES (my_tenant, my_member, device_seen.device, left(device_seen.host, 200),
        left(device_seen.cursor, 100000))
    ON CONFLICT ON CONSTRAINT client_devices_tenant_id_member_id_device_id_key
    DO UPDATE SET host_label = excluded.host_label, watermark = excluded.watermark,
        last_seen = now();
END
$$;

REVOKE ALL ON FUNCTION app.readable_columns(), app.grants_fp(boolean), app.schema_fp(),
    app.estimates(), app.scopes(),
    app.hello_brief(jsonb), app.sync_hello(jsonb), app.device_seen(uuid, text, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION app.readable_columns(), app.schema_fp(), app.estimates(),
    app.hello_brief(jsonb),
    app.sync_hello(jsonb), app.device_seen(uuid, text, text) TO hiretty_client;
