-- What is out of sight, at less cost. A row of a table that hides both confidential jobs and people asked
-- two lists, as two conditions; a planner that guessed from them how few rows would be left went by index
-- through tables that were read whole. One policy now asks one thing first: is anything hidden from me?
-- And a greeting listed everybody who is hidden, at every poll: it keeps what it said, and looks into the
-- feed whether any of that can have changed.
GRANT SELECT (tenant_id, xid, tbl) ON public.change_feed TO hiretty_auth;
CREATE POLICY identity ON public.change_feed FOR SELECT TO hiretty_auth USING (true);

SET LOCAL ROLE hiretty_auth;

CREATE FUNCTION app.nothing_is_hidden() RETURNS boolean
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN app.hidden_jobs() = '{}' AND app.hidden_people() = '{}';
END
$$;
REVOKE ALL ON FUNCTION app.nothing_is_hidden() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION app.nothing_is_hidden() TO hiretty_client;

-- app.scopes(), which reads lists that may be long, or what the session was told before when no table that
-- they come from has changed since: by the rule of every pull, transactions which the snapshot of then did
-- not see. A session could write these settings itself, and would deceive itself alone.
CREATE FUNCTION app.scopes_kept(tenant uuid, me text, again boolean) RETURNS jsonb
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    kept pg_snapshot;
    scopes text;
BEGIN
    IF NOT again AND current_setting('hiretty.scopes_of', true) = me THEN
        kept := current_setting('hiretty.scopes_at')::pg_snapshot;
        -- Jobs, job members, people, applications, interviews, panels, feedback, consents. Below the
        -- floor the feed was pruned.
        IF pg_snapshot_xmin(kept) >= (SELECT i.feed_floor FROM app.instance i)
            AND NOT EXISTS (SELECT FROM public.change_feed f
                WHERE f.tenant_id = tenant AND f.xid >= pg_snapshot_xmin(kept)
                    AND f.tbl IN (6, 10, 11, 15, 20, 21, 23, 32)
                    AND NOT pg_visible_in_snapshot(f.xid, kept)) THEN
            scopes := current_setting('hiretty.scopes');
        END IF;
    END IF;
    IF scopes IS NULL THEN
        scopes := app.scopes()::text;
        PERFORM set_config('hiretty.scopes_of', me, false),
            set_config('hiretty.scopes', scopes, false);
    END IF;
    PERFORM set_config('hiretty.scopes_at', pg_current_snapshot()::text, false);
    RETURN scopes::jsonb;
END
$$;
REVOKE ALL ON FUNCTION app.scopes_kept(uuid, text, boolean) FROM PUBLIC;

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
            'scopes', app.scopes_kept(me.tenant, me::text, again),
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

SET LOCAL ROLE hiretty_owner;

DO $$
DECLARE
    -- Looked up by hash.
    jobs constant text := 'job_id NOT IN (SELECT unnest(app.hidden_jobs()))';
    matches constant text := 'match_id NOT IN (SELECT unnest(app.hidden_matches()))';
    interviews constant text := 'interview_id NOT IN (SELECT unnest(app.hidden_interviews()))';
    people constant text := 'candidate_id NOT IN (SELECT unnest(app.hidden_people()))';
    people_matches constant text := 'match_id NOT IN (SELECT unnest(app.hidden_people_matches()))';
    people_interviews constant text := 'interview_id NOT IN '
        '(SELECT unnest(app.hidden_people_interviews()))';
    rule record;
BEGIN
    FOR rule IN
        SELECT c.relname AS t, p.polname AS policy FROM pg_class c JOIN pg_policy p
            ON p.polrelid = c.oid AND p.polname IN ('confidential', 'consent')
        WHERE c.relnamespace = 'public'::regnamespace
    LOOP
        EXECUTE format('DROP POLICY %I ON public.%I', rule.policy, rule.t);
    END LOOP;
    FOR rule IN
        SELECT 'jobs' AS t, replace(jobs, 'job_id', 'id') AS seen
        UNION ALL
        SELECT t, jobs
        FROM unnest(ARRAY['job_skills', 'job_requirements', 'job_stages', 'job_members']) t
        UNION ALL
        SELECT 'metric_snapshots', format('job_id IS NULL OR %s', jobs)
        UNION ALL
        SELECT 'candidates', replace(people, 'candidate_id', 'id')
        UNION ALL
        SELECT t, people
        FROM unnest(ARRAY['resumes', 'candidate_tags', 'talent_pool_members', 'consent_records']) t
        UNION ALL
        SELECT 'data_subject_requests', format('candidate_id IS NULL OR %s', people)
        UNION ALL
        SELECT 'candidate_merges', format('%s AND %s', replace(people, 'candidate_id', 'winner_id'),
            replace(people, 'candidate_id', 'loser_id'))
        UNION ALL
        SELECT 'embeddings', 'entity_type <> ''resume'' OR entity_id NOT IN '
            '(SELECT unnest(app.hidden_people_resumes()))'
        UNION ALL
        SELECT t, format('%s AND %s', jobs, people)
        FROM unnest(ARRAY['candidate_job_matches', 'screening_sessions', 'referrals']) t
        UNION ALL
        SELECT 'pipeline_events', format('%s AND %s', jobs, people_matches)
        UNION ALL
        SELECT 'cost_entries', format('(job_id IS NULL OR %s) AND (match_id IS NULL OR %s)', jobs,
            people_matches)
        UNION ALL
        SELECT 'candidate_notes', format('(match_id IS NULL OR %s) AND %s', matches, people)
        UNION ALL
        SELECT t, format('%s AND %s', matches, people_matches)
        FROM unnest(ARRAY['match_explanations', 'hiring_decisions', 'interviews', 'offers']) t
        UNION ALL
        SELECT t, format('%s AND %s', interviews, people_interviews)
        FROM unnest(ARRAY['interview_panel', 'interview_slots', 'interview_feedback',
            'voice_sessions']) t
        UNION ALL
        SELECT 'offer_approvals', 'offer_id NOT IN (SELECT unnest(app.hidden_offers())) '
            'AND offer_id NOT IN (SELECT unnest(app.hidden_people_offers()))'
        UNION ALL
        SELECT 'notifications', format('(decision_id IS NULL OR decision_id NOT IN '
            '(SELECT unnest(app.hidden_decisions()))) AND (candidate_id IS NULL OR %s)', people)
    LOOP
        rule.seen := format('(SELECT app.nothing_is_hidden()) OR (%s)', rule.seen);
        EXECUTE format('CREATE POLICY hidden ON public.%I AS RESTRICTIVE TO hiretty_client '
                       'USING (%s) WITH CHECK (%s)', rule.t, rule.seen, rule.seen);
    END LOOP;
END
$$;
