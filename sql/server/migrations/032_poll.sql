-- What a poll costs. The sets that policies consult and the greeting of every poll were read behind the
-- owner's wall, where each table of each statement asks again who is acting: most of a poll's time. They
-- are ids only, so they move to hiretty_auth, which knows who is asking and is behind no wall: here each
-- statement names the tenant itself.
GRANT SELECT (id, tenant_id, confidential) ON public.jobs TO hiretty_auth;
GRANT SELECT (tenant_id, job_id, member_id, is_active) ON public.job_members TO hiretty_auth;
GRANT SELECT (id, tenant_id, interview_id, member_id, is_active) ON public.interview_panel TO hiretty_auth;
GRANT SELECT (id, tenant_id, interview_id, panel_member_id, submitted_at, row_version)
    ON public.interview_feedback TO hiretty_auth;
GRANT SELECT (tenant_id, member_id, device_id, last_seq, wipe_requested_at)
    ON public.client_devices TO hiretty_auth;
GRANT SELECT ON app.instance, app.schema_migrations TO hiretty_auth;
DO $$
DECLARE
    t text;
BEGIN
    FOREACH t IN ARRAY ARRAY['jobs', 'job_members', 'interview_panel', 'interview_feedback',
        'client_devices']
    LOOP
        EXECUTE format('CREATE POLICY identity ON public.%I FOR SELECT TO hiretty_auth USING (true)', t);
    END LOOP;
END
$$;

-- For members one question instead of two; the others as before.
CREATE OR REPLACE FUNCTION app.acting_tenant() RETURNS uuid
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    mine uuid := (app.membership()).tenant;
BEGIN
    IF mine IS NOT NULL THEN
        RETURN mine;
    END IF;
    IF EXISTS (SELECT FROM public.tenant_users tu WHERE tu.pg_role = session_user) THEN
        RETURN NULL;
    END IF;
    IF pg_has_role(session_user, 'hiretty_platform', 'MEMBER') THEN
        RETURN app.platform_tenant();
    END IF;
    RETURN NULL;
END
$$;

CREATE OR REPLACE FUNCTION app.hidden_jobs() RETURNS uuid[]
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    me record := app.membership();
    mine uuid := coalesce(me.tenant, app.acting_tenant());
BEGIN
    RETURN (SELECT coalesce(array_agg(j.id), '{}') FROM public.jobs j
            WHERE j.tenant_id = mine AND j.confidential
                AND NOT EXISTS (SELECT FROM public.job_members m
                    WHERE m.tenant_id = mine AND m.job_id = j.id AND m.member_id = me.member AND m.is_active));
END
$$;

CREATE OR REPLACE FUNCTION app.my_panel_rows() RETURNS uuid[]
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    me record := app.membership();
BEGIN
    RETURN (SELECT coalesce(array_agg(p.id), '{}') FROM public.interview_panel p
            WHERE p.tenant_id = me.tenant AND p.member_id = me.member AND p.is_active);
END
$$;

CREATE OR REPLACE FUNCTION app.my_interviews() RETURNS uuid[]
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    me record := app.membership();
BEGIN
    RETURN (SELECT coalesce(array_agg(p.interview_id), '{}') FROM public.interview_panel p
            WHERE p.tenant_id = me.tenant AND p.member_id = me.member AND p.is_active);
END
$$;

CREATE OR REPLACE FUNCTION app.my_submitted_interviews() RETURNS uuid[]
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    me record := app.membership();
BEGIN
    RETURN (SELECT coalesce(array_agg(f.interview_id), '{}')
            FROM public.interview_panel p
            JOIN public.interview_feedback f ON f.tenant_id = me.tenant
                AND f.interview_id = p.interview_id AND f.panel_member_id = p.id
            WHERE p.tenant_id = me.tenant AND p.member_id = me.member AND p.is_active
                AND f.submitted_at IS NOT NULL);
END
$$;

CREATE OR REPLACE FUNCTION app.scopes() RETURNS jsonb
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    me record := app.membership();
    hidden uuid[] := app.hidden_jobs();
    confidential text := md5('');
    panel text;
BEGIN
    IF hidden <> '{}' THEN
        confidential := (SELECT md5(string_agg(h::text, ',' ORDER BY h)) FROM unnest(hidden) h);
    END IF;
    IF me.role <> 'interviewer' THEN
        RETURN jsonb_build_object('confidential', jsonb_build_object('fp', confidential,
            'tables', '[6,7,8,9,10,13,15,16,17,18,19,20,21,22,23,24,25,26]'::jsonb));
    END IF;
    -- Feedback is in no interviewer's feed: its versions are part of the fingerprint.
    SELECT md5(concat_ws('/', array_to_string(rows, ','), array_to_string(submitted, ','),
               (SELECT string_agg(f.id || ' ' || f.row_version, ',' ORDER BY f.id)
                  FROM public.interview_feedback f
                 WHERE f.tenant_id = me.tenant
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

-- Names for people to read: at connect and every five minutes.
CREATE FUNCTION app.hello_names() RETURNS jsonb
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    my_tenant uuid := app.my_tenant();
    my_user uuid := app.my_user();
BEGIN
    RETURN (
        SELECT jsonb_build_object(
            'tenant', jsonb_build_object('id', t.id, 'name', t.name, 'slug', t.slug, 'timezone',
                t.timezone),
            'user', jsonb_build_object('id', u.id, 'name',
                nullif(concat_ws(' ', u.first_name, u.last_name), '')))
          FROM public.tenants t CROSS JOIN public.users u
         WHERE t.id = my_tenant AND u.id = my_user);
END
$$;

-- The part that is cheap enough for every poll. The timeline is the one that is written now: the control
-- file's is that of the last checkpoint, which after a promotion may be minutes old.
CREATE OR REPLACE FUNCTION app.hello_brief(p jsonb) RETURNS jsonb
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    me record := app.membership();
    again boolean := coalesce((p ->> 'fingerprint')::boolean, false);
    grants text := CASE WHEN again THEN NULL
        ELSE nullif(current_setting('hiretty.grants_fp', true), '') END;
BEGIN
    IF me.tenant IS NULL THEN
        RETURN jsonb_build_object('protocol', 1, 'refused', 'membership', 'schema_version',
            (SELECT max(m.version) FROM app.schema_migrations m));
    END IF;
    RETURN (
        SELECT jsonb_build_object(
            'protocol', 1,
            'schema_version', (SELECT max(m.version) FROM app.schema_migrations m),
            'system_id', (SELECT s.system_identifier::text FROM pg_control_system() s),
            'timeline', CASE WHEN pg_is_in_recovery()
                THEN (SELECT c.timeline_id FROM pg_control_checkpoint() c)
                ELSE ('x' || left(pg_walfile_name(pg_current_wal_insert_lsn()), 8))::bit(32)::int END,
            'epoch', i.epoch, 'floor', i.feed_floor::text, 'poll_ms', i.poll_ms,
            'snapshot', pg_current_snapshot()::text,
            'acked_seq', coalesce(d.last_seq, 0), 'wipe', d.wipe_requested_at IS NOT NULL,
            'schema_fp', NULL,
            'membership_fp', md5(concat_ws(' ', me.tenant, me."user", me.member, me.role,
                                           coalesce(grants, app.grants_fp(again)))),
            'scopes', app.scopes(),
            'tenant', jsonb_build_object('id', me.tenant), 'user', jsonb_build_object('id', me."user"),
            'member', jsonb_build_object('id', me.member), 'role', me.role, 'read_only',
                me.role = 'viewer',
            -- Not app.to_us(): a function in SQL that sets its path is parsed at every call.
            'server_time_us', (extract(epoch FROM clock_timestamp()) * 1000000)::bigint, 'server_version_num',
                current_setting('server_version_num')::int)
          FROM app.instance i
          LEFT JOIN public.client_devices d ON d.tenant_id = me.tenant AND d.member_id = me.member
              AND d.device_id = (p ->> 'device')::uuid);
END
$$;

-- p: device (uuid); brief (true: without names, for a client that has them); fingerprint (true: also the
-- fingerprint of the schema and the columns; at connect and every five minutes); sizes (true: also
-- estimates, which cost a look at every table; before a first load).
CREATE OR REPLACE FUNCTION app.sync_hello(p jsonb) RETURNS jsonb
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    answer jsonb := app.hello_brief(p);
BEGIN
    IF coalesce((p ->> 'brief')::boolean, false) OR answer ? 'refused' THEN
        RETURN answer;
    END IF;
    answer := answer || app.hello_names();
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

ALTER FUNCTION app.hello_names() OWNER TO hiretty_owner;
REVOKE ALL ON FUNCTION app.hello_names() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION app.hello_names() TO hiretty_client;
GRANT EXECUTE ON FUNCTION app.grants_fp(boolean) TO hiretty_auth;
DO $$
DECLARE
    fn text;
BEGIN
    FOREACH fn IN ARRAY ARRAY['hidden_jobs()', 'my_panel_rows()', 'my_interviews()',
        'my_submitted_interviews()', 'scopes()', 'hello_brief(jsonb)']
    LOOP
        EXECUTE format('ALTER FUNCTION app.%s OWNER TO hiretty_auth', fn);
    END LOOP;
END
$$;
-- The owner's own functions go on asking these.
GRANT EXECUTE ON FUNCTION app.hidden_jobs(), app.my_panel_rows(), app.my_interviews(),
    app.my_submitted_interviews(), app.scopes() TO hiretty_owner;
