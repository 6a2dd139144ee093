-- The sets that policies consult beside the tenant, as arrays that a statement asks for once. The
-- functions belong to hiretty_owner, whose own wall keeps them inside the acting tenant. Functions stand in
-- variables, never in a WHERE: there they would be asked for every row.

-- Confidential jobs that I am no member of.
CREATE FUNCTION app.hidden_jobs() RETURNS uuid[]
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    tenant uuid := app.acting_tenant();
    me uuid := app.my_member();
BEGIN
    RETURN (SELECT coalesce(array_agg(j.id), '{}') FROM public.jobs j
            WHERE j.tenant_id = tenant AND j.confidential
                AND NOT EXISTS (SELECT FROM public.job_members m
                    WHERE m.tenant_id = tenant AND m.job_id = j.id AND m.member_id = me AND m.is_active));
END
$$;

CREATE FUNCTION app.hidden_matches() RETURNS uuid[]
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    tenant uuid := app.acting_tenant();
    jobs uuid[] := app.hidden_jobs();
BEGIN
    IF cardinality(jobs) = 0 THEN
        RETURN '{}';
    END IF;
    RETURN (SELECT coalesce(array_agg(m.id), '{}') FROM public.candidate_job_matches m
            WHERE m.tenant_id = tenant AND m.job_id = ANY (jobs));
END
$$;

CREATE FUNCTION app.hidden_interviews() RETURNS uuid[]
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    tenant uuid := app.acting_tenant();
    matches uuid[] := app.hidden_matches();
BEGIN
    IF cardinality(matches) = 0 THEN
        RETURN '{}';
    END IF;
    RETURN (SELECT coalesce(array_agg(i.id), '{}') FROM public.interviews i
            WHERE i.tenant_id = tenant AND i.match_id = ANY (matches));
END
$$;

CREATE FUNCTION app.hidden_offers() RETURNS uuid[]
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    tenant uuid := app.acting_tenant();
    matches uuid[] := app.hidden_matches();
BEGIN
    IF cardinality(matches) = 0 THEN
        RETURN '{}';
    END IF;
    RETURN (SELECT coalesce(array_agg(o.id), '{}') FROM public.offers o
            WHERE o.tenant_id = tenant AND o.match_id = ANY (matches));
END
$$;

CREATE FUNCTION app.hidden_decisions() RETURNS uuid[]
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    tenant uuid := app.acting_tenant();
    matches uuid[] := app.hidden_matches();
BEGIN
    IF cardinality(matches) = 0 THEN
        RETURN '{}';
    END IF;
    RETURN (SELECT coalesce(array_agg(d.id), '{}') FROM public.hiring_decisions d
            WHERE d.tenant_id = tenant AND d.match_id = ANY (matches));
END
$$;

-- My seats on panels.
CREATE FUNCTION app.my_panel_rows() RETURNS uuid[]
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    tenant uuid := app.my_tenant();
    me uuid := app.my_member();
BEGIN
    RETURN (SELECT coalesce(array_agg(p.id), '{}') FROM public.interview_panel p
            WHERE p.tenant_id = tenant AND p.member_id = me AND p.is_active);
END
$$;

CREATE FUNCTION app.my_interviews() RETURNS uuid[]
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    tenant uuid := app.my_tenant();
    me uuid := app.my_member();
BEGIN
    RETURN (SELECT coalesce(array_agg(p.interview_id), '{}') FROM public.interview_panel p
            WHERE p.tenant_id = tenant AND p.member_id = me AND p.is_active);
END
$$;

-- Interviews to which I have given my feedback: from then on I may read the others'.
CREATE FUNCTION app.my_submitted_interviews() RETURNS uuid[]
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    tenant uuid := app.my_tenant();
    me uuid := app.my_member();
BEGIN
    RETURN (SELECT coalesce(array_agg(f.interview_id), '{}')
            FROM public.interview_panel p
            JOIN public.interview_feedback f ON f.tenant_id = p.tenant_id
                AND f.interview_id = p.interview_id AND f.panel_member_id = p.id
            WHERE p.tenant_id = tenant AND p.member_id = me AND p.is_active
                AND f.submitted_at IS NOT NULL);
END
$$;

CREATE FUNCTION app.my_panel_matches() RETURNS uuid[]
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    tenant uuid := app.my_tenant();
    mine uuid[] := app.my_interviews();
    hidden uuid[] := app.hidden_matches();
BEGIN
    RETURN (SELECT coalesce(array_agg(DISTINCT i.match_id), '{}') FROM public.interviews i
            WHERE i.tenant_id = tenant AND i.id = ANY (mine)
                AND i.match_id <> ALL (hidden));
END
$$;

CREATE FUNCTION app.my_panel_candidates() RETURNS uuid[]
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    tenant uuid := app.my_tenant();
    mine uuid[] := app.my_panel_matches();
BEGIN
    RETURN (SELECT coalesce(array_agg(DISTINCT m.candidate_id), '{}')
            FROM public.candidate_job_matches m WHERE m.tenant_id = tenant AND m.id = ANY (mine));
END
$$;

CREATE FUNCTION app.my_panel_jobs() RETURNS uuid[]
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    tenant uuid := app.my_tenant();
    mine uuid[] := app.my_panel_matches();
BEGIN
    RETURN (SELECT coalesce(array_agg(DISTINCT m.job_id), '{}')
            FROM public.candidate_job_matches m WHERE m.tenant_id = tenant AND m.id = ANY (mine));
END
$$;

-- The feed numbers an interviewer or a viewer may see: of tables he may read, and never feedback, whose
-- very number would tell him of others' before he has given his own.
CREATE FUNCTION app.my_feed_tables() RETURNS smallint[]
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN (SELECT coalesce(array_agg(f.number), '{}') FROM app.feed_tables f
            WHERE f.name <> 'interview_feedback'
                AND has_any_column_privilege(session_user, f.server, 'SELECT'));
END
$$;

DO $$
DECLARE
    fn text;
BEGIN
    FOREACH fn IN ARRAY ARRAY['hidden_jobs', 'hidden_matches', 'hidden_interviews', 'hidden_offers',
        'hidden_decisions',
        'my_panel_rows', 'my_interviews', 'my_submitted_interviews', 'my_panel_matches',
        'my_panel_candidates', 'my_panel_jobs', 'my_feed_tables']
    LOOP
        EXECUTE format('ALTER FUNCTION app.%I() OWNER TO hiretty_owner', fn);
        EXECUTE format('REVOKE ALL ON FUNCTION app.%I() FROM PUBLIC', fn);
        EXECUTE format('GRANT EXECUTE ON FUNCTION app.%I() TO hiretty_client', fn);
    END LOOP;
END
$$;
