-- What becomes visible or hidden without being changed itself. Two cases were missed: mails of decisions
-- on confidential jobs, and what hangs on an interview that goes to another application, or an application
-- that goes to another person (merging two records of a person does both).
SET LOCAL ROLE hiretty_owner;
GRANT SELECT (id, tenant_id, match_id) ON public.interviews TO hiretty_auth;
GRANT SELECT (id, tenant_id, candidate_id, job_id) ON public.candidate_job_matches TO hiretty_auth;
CREATE POLICY identity ON public.interviews FOR SELECT TO hiretty_auth USING (true);
CREATE POLICY identity ON public.candidate_job_matches FOR SELECT TO hiretty_auth USING (true);

SET LOCAL ROLE hiretty_auth;

-- An interviewer's panels with what they lead to: the application, the person, the job.
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
            'tables', '[6,7,8,9,10,13,15,16,17,18,19,20,21,22,23,24,25,26,30]'::jsonb));
    END IF;
    -- Feedback is in no interviewer's feed: its versions are part of the fingerprint.
    SELECT md5(concat_ws('/',
               (SELECT string_agg(concat_ws(' ', p.id, i.match_id, m.candidate_id, m.job_id), ','
                                  ORDER BY p.id)
                  FROM public.interview_panel p
                  LEFT JOIN public.interviews i ON i.tenant_id = me.tenant AND i.id = p.interview_id
                  LEFT JOIN public.candidate_job_matches m ON m.tenant_id = me.tenant
                      AND m.id = i.match_id
                 WHERE p.tenant_id = me.tenant AND p.id = ANY (rows)),
               array_to_string(submitted, ','),
               (SELECT string_agg(f.id || ' ' || f.row_version, ',' ORDER BY f.id)
                  FROM public.interview_feedback f
                 WHERE f.tenant_id = me.tenant
                   AND (f.panel_member_id = ANY (rows) OR f.submitted_at IS NOT NULL
                       AND f.interview_id = ANY (submitted)))))
      INTO panel
      FROM (SELECT app.my_panel_rows() AS rows,
                   ARRAY(SELECT unnest(app.my_submitted_interviews()) ORDER BY 1)
                       AS submitted) mine;
    RETURN jsonb_build_object(
        'confidential', jsonb_build_object('fp', confidential, 'tables',
            '[6,7,8,9,10,11,14,15,16,20,21,22,23,24]'::jsonb),
        'panel', jsonb_build_object('fp', panel, 'tables',
            '[6,7,8,9,10,11,14,15,16,19,20,21,22,23,24]'::jsonb));
END
$$;

SET LOCAL ROLE hiretty_audit;

-- Keys for the feed, of rows that were not changed but may have come or gone.
CREATE FUNCTION app.feed_keys(tenant uuid, tbl smallint, ids uuid[]) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    INSERT INTO public.change_feed (tenant_id, tbl, row_id)
    SELECT feed_keys.tenant, feed_keys.tbl, i FROM unnest(ids) i;
END
$$;
REVOKE ALL ON FUNCTION app.feed_keys(uuid, smallint, uuid[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION app.feed_keys(uuid, smallint, uuid[]) TO hiretty_owner;

SET LOCAL ROLE hiretty_owner;

-- What hangs on an interview, and is seen by whoever sees its application. (An application stays in its
-- job: its stage is one of that job's.)
CREATE FUNCTION app.feed_moved_interview() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    child record;
    ids uuid[];
BEGIN
    -- The wall would hide the children, and nobody would hear of them.
    IF app.acting_tenant() IS DISTINCT FROM NEW.tenant_id THEN
        RAISE EXCEPTION 'choose the tenant first: SET app.current_tenant'
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    FOR child IN
        SELECT f.number, f.server FROM app.feed_tables f
         WHERE f.name IN ('interview_panel', 'interview_slots', 'interview_feedback',
             'voice_sessions')
         ORDER BY f.number
    LOOP
        EXECUTE format('SELECT array_agg(t.id) FROM %s t WHERE t.tenant_id = $1 '
            'AND t.interview_id = $2', child.server) INTO ids USING NEW.tenant_id, NEW.id;
        PERFORM app.feed_keys(NEW.tenant_id, child.number::smallint, ids);
    END LOOP;
    RETURN NULL;
END
$$;
REVOKE ALL ON FUNCTION app.feed_moved_interview() FROM PUBLIC;

CREATE TRIGGER moved AFTER UPDATE OF match_id ON public.interviews
    FOR EACH ROW WHEN (NEW.match_id <> OLD.match_id)
    EXECUTE FUNCTION app.feed_moved_interview();
