-- Who revoked the consent to the processing of an application is seen by administrators alone, who erase;
-- for everybody else the person goes with all that leads to one, as a confidential job does, and comes back
-- when the consent is given again: by a record of the same purpose that was collected at or after the last
-- revocation and is not revoked itself. Other purposes (the talent pool, recordings) hide nobody, nor does a
-- consent that expired. Who was erased has nothing left to hide.
SET LOCAL ROLE hiretty_owner;

-- Where to look: whoever ever revoked such a consent and was not erased. A poll must not look through the
-- proof of everybody who was erased in years, which is what an index of revoked records would have. No key to
-- candidates: an erasure holds the person while it changes the consents, a revocation would do the reverse.
CREATE TABLE app.revoked_people (
    tenant_id uuid NOT NULL REFERENCES public.tenants (id) ON DELETE CASCADE,
    candidate_id uuid NOT NULL,
    PRIMARY KEY (tenant_id, candidate_id)
);
REVOKE ALL ON app.revoked_people FROM PUBLIC;
GRANT SELECT, INSERT, DELETE ON app.revoked_people TO hiretty_auth;
GRANT SELECT (id, tenant_id, merged_into, anonymised_at) ON public.candidates TO hiretty_auth;
GRANT SELECT (tenant_id, candidate_id, purpose, collected_at, revoked_at) ON public.consent_records
    TO hiretty_auth;
CREATE POLICY identity ON public.candidates FOR SELECT TO hiretty_auth USING (true);
CREATE POLICY identity ON public.consent_records FOR SELECT TO hiretty_auth USING (true);

SET LOCAL ROLE hiretty_auth;

-- Who migrates may have it off, so that nothing is read in part; this role's policies show every tenant.
SET LOCAL row_security = on;
INSERT INTO app.revoked_people (tenant_id, candidate_id)
SELECT DISTINCT r.tenant_id, r.candidate_id FROM public.consent_records r
JOIN public.candidates c ON c.tenant_id = r.tenant_id AND c.id = r.candidate_id
WHERE r.purpose = 'application' AND r.revoked_at IS NOT NULL AND c.anonymised_at IS NULL;
SET LOCAL row_security = off;

CREATE FUNCTION app.consent_revoked() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    INSERT INTO app.revoked_people (tenant_id, candidate_id) VALUES (NEW.tenant_id, NEW.candidate_id)
    ON CONFLICT DO NOTHING;
    RETURN NULL;
END
$$;

CREATE FUNCTION app.revoked_erased() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    DELETE FROM app.revoked_people r WHERE r.tenant_id = NEW.tenant_id AND r.candidate_id = NEW.id;
    RETURN NULL;
END
$$;

-- People whom I may not see, with everybody merged into them. None for administrators.
CREATE FUNCTION app.hidden_people() RETURNS uuid[]
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off AS $$
DECLARE
    me record := app.membership();
    people uuid[];
    merged uuid[];
BEGIN
    IF me.tenant IS NULL OR me.role = 'admin' THEN
        RETURN '{}';
    END IF;
    -- In sub-selects, so that each person is looked up by index, whatever the planner believes.
    people := ARRAY(SELECT r.candidate_id FROM app.revoked_people r
        WHERE r.tenant_id = me.tenant
            AND (SELECT max(x.revoked_at) > coalesce(max(x.collected_at)
                        FILTER (WHERE x.revoked_at IS NULL), '-infinity')
                 FROM public.consent_records x
                 WHERE x.tenant_id = me.tenant AND x.candidate_id = r.candidate_id
                     AND x.purpose = 'application')
            AND (SELECT c.anonymised_at IS NULL FROM public.candidates c
                 WHERE c.tenant_id = me.tenant AND c.id = r.candidate_id));
    merged := people;
    WHILE merged <> '{}' LOOP
        merged := ARRAY(SELECT c.id FROM public.candidates c
            WHERE c.tenant_id = me.tenant AND c.merged_into = ANY (merged) AND c.id <> ALL (people));
        people := people || merged;
    END LOOP;
    RETURN people;
END
$$;

-- The greeting names what the policies below hide.
CREATE OR REPLACE FUNCTION app.scopes() RETURNS jsonb
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    me record := app.membership();
    hidden uuid[] := app.hidden_jobs();
    people uuid[] := app.hidden_people();
    confidential text := md5('');
    consent text := md5('');
    panel text;
BEGIN
    IF hidden <> '{}' THEN
        confidential := (SELECT md5(string_agg(h::text, ',' ORDER BY h)) FROM unnest(hidden) h);
    END IF;
    IF people <> '{}' THEN
        -- With their applications: one that goes to another person takes along what hangs on it.
        consent := (SELECT md5(string_agg(h::text, ',' ORDER BY h))
                    FROM (SELECT unnest(people) UNION ALL
                          SELECT m.id FROM public.candidate_job_matches m
                          WHERE m.tenant_id = me.tenant AND m.candidate_id = ANY (people)) x (h));
    END IF;
    IF me.role <> 'interviewer' THEN
        RETURN jsonb_build_object('confidential', jsonb_build_object('fp', confidential,
            'tables', '[6,7,8,9,10,13,15,16,17,18,19,20,21,22,23,24,25,26,30]'::jsonb),
            'consent', jsonb_build_object('fp', consent,
            'tables', '[11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,29,30,32]'::jsonb));
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
        'consent', jsonb_build_object('fp', consent, 'tables',
            '[11,14,15,20,21,22,23]'::jsonb),
        'panel', jsonb_build_object('fp', panel, 'tables',
            '[6,7,8,9,10,11,14,15,16,19,20,21,22,23,24]'::jsonb));
END
$$;
REVOKE ALL ON FUNCTION app.consent_revoked(), app.revoked_erased(), app.hidden_people() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION app.consent_revoked(), app.revoked_erased() TO hiretty_owner;
GRANT EXECUTE ON FUNCTION app.hidden_people() TO hiretty_client, hiretty_owner;

SET LOCAL ROLE hiretty_owner;

CREATE TRIGGER revoked AFTER INSERT OR UPDATE OF revoked_at, purpose, candidate_id ON public.consent_records
    FOR EACH ROW WHEN (NEW.purpose = 'application' AND NEW.revoked_at IS NOT NULL)
    EXECUTE FUNCTION app.consent_revoked();
CREATE TRIGGER revoked_erased AFTER UPDATE OF anonymised_at ON public.candidates
    FOR EACH ROW WHEN (NEW.anonymised_at IS NOT NULL)
    EXECUTE FUNCTION app.revoked_erased();
-- Not to be switched off by a session: else somebody would stay in sight.
ALTER TABLE public.consent_records ENABLE ALWAYS TRIGGER revoked;

-- What leads to these people, by way of an application, an interview, an offer, a résumé.
CREATE FUNCTION app.hidden_people_matches() RETURNS uuid[]
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    tenant uuid := app.my_tenant();
    people uuid[] := app.hidden_people();
BEGIN
    IF cardinality(people) = 0 THEN
        RETURN '{}';
    END IF;
    RETURN (SELECT coalesce(array_agg(m.id), '{}') FROM public.candidate_job_matches m
            WHERE m.tenant_id = tenant AND m.candidate_id = ANY (people));
END
$$;

CREATE FUNCTION app.hidden_people_interviews() RETURNS uuid[]
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    tenant uuid := app.my_tenant();
    matches uuid[] := app.hidden_people_matches();
BEGIN
    IF cardinality(matches) = 0 THEN
        RETURN '{}';
    END IF;
    RETURN (SELECT coalesce(array_agg(i.id), '{}') FROM public.interviews i
            WHERE i.tenant_id = tenant AND i.match_id = ANY (matches));
END
$$;

CREATE FUNCTION app.hidden_people_offers() RETURNS uuid[]
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    tenant uuid := app.my_tenant();
    matches uuid[] := app.hidden_people_matches();
BEGIN
    IF cardinality(matches) = 0 THEN
        RETURN '{}';
    END IF;
    RETURN (SELECT coalesce(array_agg(o.id), '{}') FROM public.offers o
            WHERE o.tenant_id = tenant AND o.match_id = ANY (matches));
END
$$;

CREATE FUNCTION app.hidden_people_resumes() RETURNS uuid[]
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    tenant uuid := app.my_tenant();
    people uuid[] := app.hidden_people();
BEGIN
    IF cardinality(people) = 0 THEN
        RETURN '{}';
    END IF;
    RETURN (SELECT coalesce(array_agg(r.id), '{}') FROM public.resumes r
            WHERE r.tenant_id = tenant AND r.candidate_id = ANY (people));
END
$$;

-- Of these tags, the ones of such people: a client that takes them off hears that they are gone.
CREATE FUNCTION app.hidden_tags(ids uuid[]) RETURNS uuid[]
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    tenant uuid := app.my_tenant();
    people uuid[] := app.hidden_people();
BEGIN
    IF cardinality(people) = 0 THEN
        RETURN '{}';
    END IF;
    RETURN (SELECT coalesce(array_agg(t.id), '{}') FROM public.candidate_tags t
            WHERE t.tenant_id = tenant AND t.id = ANY (ids) AND t.candidate_id = ANY (people));
END
$$;

REVOKE ALL ON FUNCTION app.hidden_people_matches(), app.hidden_people_interviews(),
    app.hidden_people_offers(), app.hidden_people_resumes(), app.hidden_tags(uuid[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION app.hidden_people_matches(), app.hidden_people_interviews(),
    app.hidden_people_offers(), app.hidden_people_resumes(), app.hidden_tags(uuid[]) TO hiretty_client;

DO $$
DECLARE
    -- Sets that may be large are looked up by hash.
    people constant text := '(SELECT unnest(app.hidden_people()))';
    matches constant text := '(SELECT unnest(app.hidden_people_matches()))';
    rule record;
BEGIN
    FOR rule IN
        SELECT 'candidates' AS t, 'id NOT IN ' || people AS seen
        UNION ALL
        SELECT t, 'candidate_id NOT IN ' || people
        FROM unnest(ARRAY['resumes', 'candidate_job_matches', 'candidate_notes', 'candidate_tags',
            'screening_sessions', 'talent_pool_members', 'consent_records', 'referrals']) t
        UNION ALL
        SELECT t, 'candidate_id IS NULL OR candidate_id NOT IN ' || people
        FROM unnest(ARRAY['notifications', 'data_subject_requests']) t
        UNION ALL
        SELECT 'candidate_merges', format('winner_id NOT IN %s AND loser_id NOT IN %1$s', people)
        UNION ALL
        SELECT t, 'match_id NOT IN ' || matches
        FROM unnest(ARRAY['match_explanations', 'hiring_decisions', 'pipeline_events', 'interviews',
            'offers']) t
        UNION ALL
        SELECT 'cost_entries', 'match_id IS NULL OR match_id NOT IN ' || matches
        UNION ALL
        SELECT t, 'interview_id NOT IN (SELECT unnest(app.hidden_people_interviews()))'
        FROM unnest(ARRAY['interview_panel', 'interview_slots', 'interview_feedback',
            'voice_sessions']) t
        UNION ALL
        SELECT 'offer_approvals', 'offer_id NOT IN (SELECT unnest(app.hidden_people_offers()))'
        UNION ALL
        SELECT 'embeddings', 'entity_type <> ''resume'' OR entity_id NOT IN '
            '(SELECT unnest(app.hidden_people_resumes()))'
    LOOP
        -- Most tenants have nobody who is hidden: then a row costs one look at a boolean.
        rule.seen := format('(SELECT app.hidden_people() = ''{}'') OR (%s)', rule.seen);
        EXECUTE format('CREATE POLICY consent ON public.%I AS RESTRICTIVE TO hiretty_client '
                       'USING (%s) WITH CHECK (%s)', rule.t, rule.seen, rule.seen);
    END LOOP;
END
$$;

-- What runs as its owner, behind the tenant's wall only, asks by itself: intents about such a person are
-- answered as if there were none.
CREATE OR REPLACE FUNCTION app.judge_decisions(ops app.decision_op[]) RETURNS app.decision_op[]
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off SET jit = off AS $$
DECLARE
    tenant uuid := app.my_tenant();
    author uuid := app.my_user();
    author_role text := app.my_role();
    hidden uuid[] := app.hidden_jobs();
    people uuid[] := app.hidden_people();
BEGIN
    RETURN (
        SELECT array_agg(ROW(o.nr, o.seq, o.op, o.match, o.decision, m.stage_id, t.id, last.id,
            o.reason, o.note,
                             CASE WHEN o.decision = 'hold' THEN o.hold_until END, CASE
                                 WHEN o.decision = 'undo' THEN o.reverses END,
                             o.decided_at, o.score, o.recommendation, o.agreed, o.viewed, o.blind,
                                 o.seconds, o.bulk, o.mails, o.wave,
                             CASE WHEN v.code IS NULL OR v.code = 'replay' THEN 'applied'
                                  WHEN v.code = 'gone' THEN 'gone'
                                  WHEN v.code IN ('stage_moved', 'decided', 'base_unknown')
                                      THEN 'conflict'
                                  ELSE 'rejected' END,
                             v.code)::app.decision_op ORDER BY o.nr)
          FROM unnest(ops) o
          -- LATERAL with OFFSET 0: one index lookup an op, whatever the planner believes about the
          -- tables.
          LEFT JOIN LATERAL (
              SELECT x.id, x.job_id, x.stage_id FROM public.candidate_job_matches x
               WHERE x.tenant_id = tenant AND x.id = o.match AND NOT x.job_id = ANY (hidden)
                   AND NOT x.candidate_id = ANY (people) OFFSET 0) m ON true
          LEFT JOIN LATERAL (
              SELECT x.id, x.match_id, x.decision, x.decided_by FROM public.hiring_decisions x
               WHERE x.tenant_id = tenant AND x.client_op_id = o.op OFFSET 0) k ON true
          LEFT JOIN LATERAL (
              SELECT d.id, d.decided_by FROM public.hiring_decisions d
               WHERE d.tenant_id = tenant AND d.match_id = m.id
                 AND NOT EXISTS (SELECT FROM public.hiring_decisions e
                                  WHERE e.tenant_id = tenant AND e.match_id = m.id
                                      AND e.base_decision_id = d.id)
               LIMIT 1) last ON true
          -- Behind the wall a join on a function's result uses no index: it is computed first.
          CROSS JOIN LATERAL (SELECT CASE WHEN o.decision IN ('undo', 'reopen')
              THEN app.effective_decision(tenant, last.id) END AS id
                              OFFSET 0) standing
          LEFT JOIN LATERAL (
              SELECT x.from_stage_id FROM public.hiring_decisions x
                  WHERE x.tenant_id = tenant AND x.id = standing.id OFFSET 0) closing ON true
          LEFT JOIN LATERAL (
              SELECT x.id FROM public.hiring_decisions x
               WHERE x.tenant_id = tenant AND x.match_id = m.id AND x.id = o.base OFFSET 0) b
                   ON true
          LEFT JOIN LATERAL (
              SELECT x.id, x.decision, x.decided_by, x.from_stage_id FROM public.hiring_decisions x
               WHERE x.tenant_id = tenant AND x.match_id = m.id AND x.id = o.reverses
                   AND o.decision = 'undo' OFFSET 0) r ON true
          LEFT JOIN LATERAL (
              SELECT x.id, x.stage_type, x.position FROM public.job_stages x
                  WHERE x.tenant_id = tenant AND x.id = m.stage_id OFFSET 0) f ON true
          LEFT JOIN LATERAL (
              SELECT s.id, s.stage_type, s.position FROM public.job_stages s
               WHERE s.tenant_id = tenant AND s.job_id = m.job_id
                 AND CASE
                     WHEN o.decision = 'undo' THEN s.id = r.from_stage_id
                     WHEN o.to_stage IS NOT NULL THEN s.id = o.to_stage
                     WHEN o.decision = 'hold' THEN s.id = m.stage_id
                     WHEN o.decision = 'advance' THEN s.position > f.position AND NOT s.is_terminal
                     WHEN o.decision = 'reopen' THEN s.id = closing.from_stage_id
                     ELSE s.stage_type = CASE o.decision WHEN 'shortlist' THEN 'shortlist'
                         WHEN 'offer' THEN 'offer' WHEN 'hire' THEN 'hired'
                                                         WHEN 'reject' THEN 'rejected'
                                                             WHEN 'withdraw' THEN 'withdrawn' END
                                                             END
               ORDER BY s.position LIMIT 1) t ON true
          LEFT JOIN app.stage_transitions s ON s.decision = o.decision
              AND s.from_stage_type = f.stage_type AND s.to_stage_type = t.stage_type
          LEFT JOIN public.rejection_reasons g ON g.tenant_id = tenant AND g.id = o.reason
          CROSS JOIN LATERAL (SELECT CASE
              WHEN author_role NOT IN ('admin', 'recruiter') THEN 'not_allowed'
              WHEN m.id IS NULL THEN 'gone'
              WHEN k.id IS NOT NULL THEN
                  CASE WHEN k.match_id = o.match AND k.decision = o.decision
                      AND k.decided_by = author THEN 'replay' ELSE 'duplicate' END
              WHEN o.decision IS NULL OR o.decision NOT IN ('shortlist', 'advance', 'hold',
                  'reject', 'withdraw', 'offer', 'hire', 'undo', 'reopen')
                  THEN 'unknown_decision'
              WHEN o.decision = 'undo' THEN CASE
                  WHEN r.id IS NULL OR r.decision = 'undo' THEN 'unknown_decision'
                  WHEN r.decided_by IS DISTINCT FROM author THEN 'not_author'
                  WHEN EXISTS (SELECT FROM public.hiring_decisions u
                      WHERE u.tenant_id = tenant AND u.reverses_id = r.id) THEN 'already_undone'
                  WHEN standing.id IS DISTINCT FROM r.id THEN 'decided'
                  WHEN EXISTS (SELECT FROM public.notifications n
                      WHERE n.tenant_id = tenant AND n.decision_id = r.id
                                  AND n.status IN ('sending', 'sent', 'delivered', 'bounced'))
                                      THEN 'mail_sent' END
              WHEN o.base IS NOT NULL AND b.id IS NULL THEN 'base_unknown'
              WHEN m.stage_id IS DISTINCT FROM o.from_stage THEN 'stage_moved'
              -- What the author decided later, on whichever device, is known to the author.
              WHEN last.id IS DISTINCT FROM o.base AND last.decided_by IS DISTINCT FROM author
                  THEN 'decided'
              WHEN o.to_stage IS NOT NULL AND t.id IS NULL THEN 'unknown_stage'
              WHEN s.decision IS NULL OR s.position_rule = 'same' AND t.id <> f.id
                  OR s.position_rule = 'later' AND t.position <= f.position
                   OR s.position_rule = 'any' AND t.id = f.id THEN 'illegal_move'
              WHEN NOT author_role = ANY (s.roles) THEN 'not_allowed'
              WHEN s.requires_reason AND o.reason IS NULL THEN 'reason_required'
              WHEN s.requires_hold_until AND o.hold_until IS NULL THEN 'hold_until_required'
              WHEN o.reason IS NOT NULL AND g.is_active IS NOT TRUE THEN 'unknown_reason'
              WHEN g.requires_note AND o.note IS NULL THEN 'note_required'
              WHEN o.note IS NOT NULL AND (o.note ->> 'id' IS NULL
                  OR coalesce(btrim(o.note ->> 'body'), '') = ''
                  OR length(o.note ->> 'body') > 20000
                   OR coalesce(o.note ->> 'visibility', 'team') NOT IN ('team', 'private')
                   OR EXISTS (SELECT FROM public.candidate_notes n
                       WHERE n.tenant_id = tenant AND n.id = (o.note ->> 'id')::uuid))
                       THEN 'bad_note'
              WHEN o.mails IS NOT NULL AND EXISTS (
                   SELECT FROM jsonb_to_recordset(o.mails) x (id uuid, template uuid, channel text,
                       body text, send_after bigint)
                     LEFT JOIN public.notification_templates p ON p.tenant_id = tenant
                         AND p.id = x.template
                    WHERE x.id IS NULL OR p.id IS NULL OR x.body IS NULL
                        OR coalesce(x.channel, 'email') <> 'email') THEN 'bad_mail'
          END AS code) v);
END
$$;
CREATE OR REPLACE FUNCTION app.log_model_call(p jsonb) RETURNS uuid
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    tenant uuid := app.my_tenant();
    author uuid := app.my_user();
    people uuid[] := app.hidden_people();
    record uuid := gen_random_uuid();
    told record;
    about record;
BEGIN
    IF coalesce(app.my_role(), '') NOT IN ('admin', 'recruiter', 'interviewer') THEN
        RAISE EXCEPTION 'your role may not do this' USING ERRCODE = 'insufficient_privilege';
    END IF;
    SELECT x.* INTO told FROM jsonb_to_record(p) AS x (agent_type text, provider text, model text,
        model_version text, prompt_template text,
        prompt_hash text, input_hash text, output_hash text, status text, finish_reason text,
            request_id text, redaction jsonb, tokens_in int,
        tokens_out int, cost_nano_usd bigint, latency_ms int, entity uuid, job uuid, match uuid,
            explanation jsonb);
    INSERT INTO public.model_lineage (tenant_id, id, agent_type, provider, model_name,
        model_version, prompt_template_id, prompt_hash, input_hash,
        output_hash, status, finish_reason, request_id, redaction, tokens_in, tokens_out,
            tokens_used, cost_nano_usd, cost_usd, latency_ms,
        entity_id, user_id)
    VALUES (tenant, record, told.agent_type, told.provider, told.model, told.model_version,
        told.prompt_template, told.prompt_hash, told.input_hash,
        told.output_hash, coalesce(told.status, 'ok'), told.finish_reason, told.request_id,
            coalesce(told.redaction, '{}'), told.tokens_in,
        told.tokens_out, told.tokens_in + told.tokens_out, told.cost_nano_usd,
            round(told.cost_nano_usd / 1e9, 6), told.latency_ms, told.entity, author);
    SELECT m.id, m.job_id, m.resume_id, j.version INTO about
      FROM public.candidate_job_matches m JOIN public.jobs j ON j.tenant_id = tenant
          AND j.id = m.job_id
     WHERE m.tenant_id = tenant AND m.id = told.match AND NOT m.job_id = ANY (app.hidden_jobs())
       AND NOT m.candidate_id = ANY (people)
       AND (app.my_role() <> 'interviewer' OR m.id = ANY (app.my_panel_matches()));
    IF told.match IS NOT NULL AND about.id IS NULL THEN
        RAISE EXCEPTION 'no such application' USING ERRCODE = 'foreign_key_violation';
    END IF;
    IF told.cost_nano_usd IS NOT NULL AND told.tokens_in IS NOT NULL
        AND told.tokens_out IS NOT NULL THEN
        INSERT INTO public.cost_entries (tenant_id, kind, amount, currency, tokens_in, tokens_out,
            job_id, match_id, lineage_id, user_id)
        VALUES (tenant, 'llm', told.cost_nano_usd / 1e9, 'USD', told.tokens_in, told.tokens_out,
            about.job_id, about.id, record, author);
    END IF;
    IF told.explanation IS NOT NULL AND told.explanation <> 'null' THEN
        IF about.id IS NULL OR app.my_role() = 'interviewer' THEN
            RAISE EXCEPTION 'an explanation speaks of an application; interviewers store none'
                USING ERRCODE = 'insufficient_privilege';
        END IF;
        INSERT INTO public.match_explanations (tenant_id, match_id, resume_id, job_version,
            lineage_id, explanation_text, factors, model_version,
            prompt_version)
        VALUES (tenant, about.id, about.resume_id, about.version, record,
            told.explanation ->> 'text', coalesce(told.explanation -> 'factors', '{}'),
            left(told.model, 50), told.explanation ->> 'prompt_version');
    END IF;
    RETURN record;
END
$$;
CREATE OR REPLACE FUNCTION app.remove_tags(ids uuid[]) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    tenant uuid := app.my_tenant();
    people uuid[] := app.hidden_people();
BEGIN
    IF coalesce(app.my_role(), '') NOT IN ('admin', 'recruiter') THEN
        RAISE EXCEPTION 'your role may not do this' USING ERRCODE = 'insufficient_privilege';
    END IF;
    DELETE FROM public.candidate_tags t WHERE t.tenant_id = tenant AND t.id = ANY (ids)
        AND t.candidate_id <> ALL (people);
END
$$;
CREATE OR REPLACE FUNCTION app.delete_fields(target regclass, ops app.field_op[]) RETURNS app.field_op[]
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET jit = off AS $$
DECLARE
    ids uuid[] := ARRAY(SELECT o.id FROM unnest(ops) o);
    seen uuid[];
    done uuid[];
BEGIN
    IF target = 'public.candidate_tags'::regclass THEN
        PERFORM app.remove_tags(ids);
        seen := app.hidden_tags(ids);
        RETURN ARRAY(SELECT CASE WHEN o.id = ANY (seen)
            THEN app.field_outcome(o, 'gone', 'gone', NULL)
            ELSE app.field_outcome(o, 'applied', NULL, NULL) END FROM unnest(ops) o ORDER BY o.nr);
    END IF;
    IF NOT EXISTS (SELECT FROM app.field_columns(target) c
        WHERE c.name = 'deleted_at' AND c.updatable) THEN
        RETURN ARRAY(SELECT app.field_outcome(o, 'rejected', 'not_allowed', NULL) FROM unnest(ops) o
            ORDER BY o.nr);
    END IF;
    EXECUTE format('SELECT ARRAY(SELECT x.id FROM %s x WHERE x.id = ANY ($1))', target) INTO seen
        USING ids;
    EXECUTE format('WITH gone AS (UPDATE %s x SET deleted_at = coalesce(x.deleted_at, now()) '
        'WHERE x.id = ANY ($1) RETURNING x.id) '
                   'SELECT array_agg(id) FROM gone', target) INTO done USING ids;
    RETURN ARRAY(SELECT CASE WHEN o.id = ANY (done) THEN app.field_outcome(o, 'applied', NULL, NULL)
                             WHEN o.id = ANY (seen) THEN app.field_outcome(o, 'rejected',
                                 'not_allowed', NULL)
                             ELSE app.field_outcome(o, 'gone', 'gone', NULL) END FROM unnest(ops) o
                                 ORDER BY o.nr);
END
$$;
