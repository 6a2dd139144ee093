-- What is kept for a retry of decisions is written by app.push_decisions alone. A client that could store
-- outcomes of its own named any decision as applied before, and was answered with its row and its note. An
-- answer shows an op's own decision, of its application and its author, and notes that its reader may see;
-- and who writes a decision by hand names a note of his own about the person.
SET LOCAL ROLE hiretty_owner;

-- For app.push_fields, which runs as its caller. What is stored here answers no decisions: their hashes begin
-- with another word.
CREATE OR REPLACE FUNCTION app.device_store(device uuid, seq bigint, hash text, outcomes json) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF hash IS NULL OR hash LIKE 'decisions %' THEN
        RAISE EXCEPTION 'outcomes of decisions are not stored by hand'
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    UPDATE public.client_devices d
       SET last_seq = greatest(d.last_seq, device_store.seq), last_batch_hash = hash,
           last_outcomes = outcomes, last_seen = now()
     WHERE d.tenant_id = app.my_tenant() AND d.member_id = app.my_member()
         AND d.device_id = device_store.device;
END
$$;

-- The answers, in the order of the ops: with what the server holds now, so that the client needs no
-- pull to show it. Their text is put together here: a JSON function asks for the type of each value anew.
-- ids, numbers and names of enumerations need no escaping; whatever may be other text goes through to_json.
CREATE OR REPLACE FUNCTION app.decision_outcomes(ops app.decision_op[]) RETURNS json
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off SET jit = off AS $$
DECLARE
    tenant uuid := app.my_tenant();
    author uuid := app.my_user();
BEGIN
    RETURN (
        SELECT concat('[', string_agg(concat('{"seq":', o.seq, ',"op":"', o.op,
                   '","outcome":"', o.outcome,
                   '","code":', coalesce('"' || nullif(o.code, 'replay') || '"', 'null'),
                   ',"why":', CASE WHEN o.code IS NOT NULL THEN coalesce(to_json(app.push_why(o.code,
                       CASE WHEN d.id IS NOT NULL
                           THEN coalesce(concat_ws(' ', u.first_name, u.last_name), 'A rule') END,
                       d.decision))::text, 'null') ELSE 'null' END,
                   ',"by":', CASE WHEN o.outcome = 'conflict' AND d.decided_by IS NOT NULL
                       THEN '"' || d.decided_by || '"' ELSE 'null' END,
                   ',"at":', CASE WHEN o.outcome = 'conflict' AND d.decided_at IS NOT NULL
                       THEN app.to_us(d.decided_at)::text ELSE 'null' END,
                   ',"rows":[', m.shown, d.shown, n.shown, ']}'), ','), ']')::json
          -- The joins below are lookups, one after the other: they keep this order.
          FROM (SELECT * FROM unnest(ops) x ORDER BY x.nr) o
          LEFT JOIN LATERAL (
              SELECT x.id, x.candidate_id, concat('{"tbl":15,"id":"', x.id, '","row":{"id":"', x.id,
                       '","status":', to_json(x.status), ',"stage_id":"', x.stage_id,
                       '","stage_entered_at":', app.to_us(x.stage_entered_at),
                       ',"held_until":', coalesce(app.to_us(x.held_until)::text, 'null'),
                       ',"updated_at":', app.to_us(x.updated_at), ',"row_version":', x.row_version,
                       '}}') AS shown
                FROM public.candidate_job_matches x
               WHERE o.outcome <> 'gone' AND o.code IS DISTINCT FROM 'not_allowed'
                   AND x.tenant_id = tenant AND x.id = o.match OFFSET 0) m ON true
          CROSS JOIN LATERAL (SELECT CASE WHEN m.id IS NULL THEN NULL
              WHEN o.outcome = 'applied' THEN o.op
              WHEN o.outcome = 'conflict' THEN app.last_decision(tenant, m.id) END AS id
              OFFSET 0) latest
          LEFT JOIN LATERAL (
              SELECT x.id, x.decision, x.decided_by, x.decided_at, x.note_id,
                     concat(',{"tbl":17,"id":"', x.id, '","row":{"id":"', x.id,
                       '","match_id":"', x.match_id, '","decision":"', x.decision,
                       '","from_stage_id":"', x.from_stage_id,
                       '","to_stage_id":"', x.to_stage_id,
                       '","base_decision_id":', coalesce('"' || x.base_decision_id || '"', 'null'),
                       ',"reason_id":', coalesce('"' || x.reason_id || '"', 'null'),
                       ',"note_id":', coalesce('"' || x.note_id || '"', 'null'),
                       ',"hold_until":', coalesce(app.to_us(x.hold_until)::text, 'null'),
                       ',"actor_kind":"', x.actor_kind,
                       '","decided_by":', coalesce('"' || x.decided_by || '"', 'null'),
                       ',"decided_at":', app.to_us(x.decided_at),
                       ',"ai_score_seen":', coalesce((x.ai_score_seen * 100)::bigint::text, 'null'),
                       ',"ai_recommendation":', coalesce(to_json(x.ai_recommendation)::text, 'null'),
                       ',"agreed_with_ai":', coalesce(x.agreed_with_ai::text, 'null'),
                       ',"explanation_viewed":', x.explanation_viewed::text,
                       ',"blind":', x.blind::text,
                       ',"seconds_viewed":', coalesce(x.seconds_viewed::text, 'null'),
                       ',"bulk_op_id":', coalesce('"' || x.bulk_op_id || '"', 'null'),
                       ',"reverses_id":', coalesce('"' || x.reverses_id || '"', 'null'),
                       ',"row_version":', x.row_version, '}}') AS shown
                FROM public.hiring_decisions x
               WHERE x.tenant_id = tenant AND x.id = latest.id AND x.match_id = m.id
                   AND (o.outcome = 'conflict' OR x.client_op_id = o.op AND x.decided_by = author)
                   OFFSET 0) d ON true
          LEFT JOIN LATERAL (SELECT x.first_name, x.last_name FROM public.users x
              WHERE o.outcome = 'conflict' AND x.id = d.decided_by OFFSET 0) u ON true
          LEFT JOIN LATERAL (
              SELECT concat(',', json_build_object('tbl', 13, 'id', x.id, 'row', json_build_object(
                       'id', x.id, 'candidate_id', x.candidate_id, 'match_id', x.match_id,
                       'body', x.body, 'visibility', x.visibility, 'mentions', x.mentions,
                       'created_by', x.created_by, 'edited_at', app.to_us(x.edited_at),
                       'deleted_at', app.to_us(x.deleted_at),
                       'created_at', app.to_us(x.created_at),
                       'updated_at', app.to_us(x.updated_at), 'row_version', x.row_version)))
                       AS shown
                FROM public.candidate_notes x
               WHERE o.outcome = 'applied' AND d.note_id IS NOT NULL AND x.tenant_id = tenant
                   AND x.id = d.note_id AND x.candidate_id = m.candidate_id
                   AND (x.match_id IS NULL OR x.match_id = m.id)
                   AND (x.visibility = 'team' OR x.created_by = author) OFFSET 0) n ON true);
END
$$;

-- Kept for a retry, by the numbers of the ops: outcome and code of those that did not simply apply. Who
-- sends the batch again gets the same outcomes, with the rows as they stand then.
CREATE OR REPLACE FUNCTION app.push_decisions(device uuid, ops jsonb) RETURNS json
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET jit = off AS $$
DECLARE
    hash text := 'decisions ' || jsonb_hash_extended(ops, 0);
    kept json := app.device_lock(device, hash);
    tenant uuid := app.my_tenant();
    my_role text := app.my_role();
    parsed app.decision_op[] := app.parse_decisions(ops);
    judged app.decision_op[];
    done app.decision_op[] := '{}';
    todo app.decision_op[];
    matches uuid[];
    jobs uuid[];
    people uuid[];
    waves bigint;
    newest bigint;
BEGIN
    SELECT coalesce(max(wave), 0), array_agg(DISTINCT o.match), max(o.seq)
      INTO waves, matches, newest FROM unnest(parsed) o;
    IF kept IS NOT NULL THEN
        jobs := app.hidden_jobs();
        people := app.hidden_people();
        matches := ARRAY(SELECT m.id FROM public.candidate_job_matches m
            WHERE m.tenant_id = tenant AND m.id = ANY (matches)
                AND (my_role IS DISTINCT FROM 'admin' AND my_role IS DISTINCT FROM 'recruiter'
                    OR m.job_id = ANY (jobs) OR m.candidate_id = ANY (people)));
        RETURN app.decision_outcomes(ARRAY(SELECT app.decision_again(o, kept, matches)
            FROM unnest(parsed) o));
    END IF;
    PERFORM FROM public.candidate_job_matches m
        WHERE m.tenant_id = tenant AND m.id = ANY (matches)
      ORDER BY m.id FOR NO KEY UPDATE;
    FOR w IN 1 .. waves LOOP
        judged := app.judge_decisions(CASE WHEN waves = 1 THEN parsed
            ELSE ARRAY(SELECT o FROM unnest(parsed) o WHERE o.wave = w) END);
        todo := ARRAY(SELECT o FROM unnest(judged) o
            WHERE o.outcome = 'applied' AND o.code IS NULL);
        IF todo <> '{}' THEN
            done := done || app.write_or_reject(todo);
        END IF;
        IF cardinality(todo) < cardinality(judged) THEN
            done := done || ARRAY(SELECT o FROM unnest(judged) o
                WHERE NOT (o.outcome = 'applied' AND o.code IS NULL));
        END IF;
    END LOOP;
    SELECT coalesce(json_object_agg(o.nr, json_build_array(o.outcome, o.code)), '{}')
      INTO kept FROM unnest(done) o WHERE NOT (o.outcome = 'applied' AND o.code IS NULL);
    UPDATE public.client_devices d
       SET last_seq = greatest(d.last_seq, newest), last_batch_hash = hash,
           last_outcomes = kept, last_seen = now()
     WHERE d.tenant_id = tenant AND d.member_id = app.my_member() AND d.device_id = push_decisions.device;
    RETURN app.decision_outcomes(done);
END
$$;

-- A decision written by hand names a note of its author about this person, or would bring him the words of
-- others. Named to come before RI_ConstraintTrigger_…: a note that is not his own is like one that does not
-- exist.
CREATE FUNCTION app.note_of_ones_own() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    author uuid := app.my_user();
BEGIN
    IF author IS NOT NULL AND NOT EXISTS (SELECT FROM public.candidate_notes n
            JOIN public.candidate_job_matches m ON m.tenant_id = NEW.tenant_id AND m.id = NEW.match_id
            WHERE n.tenant_id = NEW.tenant_id AND n.id = NEW.note_id AND n.created_by = author
                AND n.candidate_id = m.candidate_id AND (n.match_id IS NULL OR n.match_id = m.id)) THEN
        RAISE EXCEPTION 'note_id is no note of one''s own about this person'
            USING ERRCODE = 'check_violation', DETAIL = 'unknown_note';
    END IF;
    RETURN NULL;
END
$$;
REVOKE ALL ON FUNCTION app.note_of_ones_own() FROM PUBLIC;

CREATE TRIGGER "Note_of_ones_own" AFTER INSERT ON public.hiring_decisions
    FOR EACH ROW WHEN (NEW.note_id IS NOT NULL AND current_user <> 'hiretty_owner')
    EXECUTE FUNCTION app.note_of_ones_own();
