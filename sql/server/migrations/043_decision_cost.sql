-- A decision costs less: what app.push_decisions has locked and judged is not locked and judged again by
-- the ledger's trigger; keys that follow from other keys are not looked up; answers are written as text at
-- once, and of a batch the device keeps only what cannot be read again.
SET LOCAL ROLE hiretty_owner;

-- An application's key holds its tenant's already.
ALTER TABLE public.hiring_decisions DROP CONSTRAINT hiring_decisions_tenant_id_fkey;
ALTER TABLE public.pipeline_events DROP CONSTRAINT pipeline_events_tenant_id_fkey;

-- What devices kept until now, whole answers with people's words in them, is of no use any more.
ALTER TABLE public.client_devices ALTER COLUMN last_outcomes TYPE json USING NULL,
    ALTER COLUMN last_batch_hash TYPE text USING NULL;

-- AFTER INSERT ON hiring_decisions, once a statement: all or nothing. With an argument: of the owner's own
-- functions. Of those app.status_to_decision, which writes a rule's decisions, judges nothing itself. The
-- plans are kept, and must be right for one row and for thousands, with and without statistics: hence hash
-- joins between arrays of ids and the transition table, and LATERAL … OFFSET 0 for single lookups.
CREATE OR REPLACE FUNCTION app.ledger_apply() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
SET enable_nestloop = off SET enable_mergejoin = off SET enable_seqscan = off SET enable_bitmapscan = off
SET jit = off AS $$
DECLARE
    tenant uuid;
    matches uuid[];
    stages uuid[];
    hit bigint;
    bad record;
    author uuid := app.my_user();
    author_role text := app.my_role();
BEGIN
    SELECT array_agg(a.match_id), array_agg(DISTINCT a.to_stage_id), min(a.tenant_id::text)::uuid,
           count(*) - count(DISTINCT a.match_id) + count(DISTINCT a.tenant_id) - 1
      INTO matches, stages, tenant, hit FROM added a;
    IF matches IS NULL THEN
        RETURN NULL;
    END IF;
    IF hit > 0 THEN
        RAISE EXCEPTION 'one statement may hold one decision of an application only'
            USING ERRCODE = 'check_violation';
    END IF;

    -- app.push_decisions holds the applications and has judged each op by the same rules.
    IF TG_NARGS = 0 OR EXISTS (SELECT FROM added a WHERE a.actor_kind <> 'user') THEN
        -- In id order, so that two that touch the same applications wait instead of deadlocking.
        PERFORM FROM public.candidate_job_matches m WHERE m.tenant_id = tenant AND m.id = ANY (matches)
          ORDER BY m.id FOR NO KEY UPDATE;

        SELECT a.id, CASE
                WHEN author IS NOT NULL AND (a.actor_kind <> 'user'
                    OR a.decided_by IS DISTINCT FROM author)
                    THEN 'not_author: a decision is made in one''s own name'
                WHEN a.decided_at > now() + interval '5 minutes' THEN 'time: decided in the future'
                WHEN author IS NOT NULL AND a.decided_at < now() - interval '25 hours'
                    THEN 'time: decided too long ago'
                WHEN m.stage_id IS DISTINCT FROM a.from_stage_id
                    THEN 'stage_moved: the application does not stand in from_stage_id'
                WHEN t.id IS NULL THEN 'unknown_stage: to_stage_id is not a stage of its job'
                WHEN a.decision = 'undo' THEN CASE
                    WHEN r.id IS NULL OR r.decision = 'undo'
                        THEN 'unknown_decision: reverses_id is no decision of this application'
                    WHEN r.decided_by IS DISTINCT FROM a.decided_by
                        THEN 'not_author: only its author undoes a decision'
                    WHEN app.effective_decision(a.tenant_id, a.base_decision_id) IS DISTINCT FROM r.id
                        THEN 'not_latest: a later decision stands'
                    WHEN r.from_stage_id <> a.to_stage_id OR r.to_stage_id <> a.from_stage_id
                        THEN 'illegal_move: an undo leads back where the decision came from'
                    WHEN EXISTS (SELECT FROM public.notifications n
                        WHERE n.tenant_id = tenant AND n.decision_id = r.id
                                    AND n.status IN ('sending', 'sent', 'delivered', 'bounced'))
                        THEN 'mail_sent: its mail has left' END
                -- The platform's rules and imports may move freely; people go by the machine.
                WHEN a.actor_kind <> 'user' THEN NULL
                WHEN s.decision IS NULL THEN format('illegal_move: no %s from %s to %s', a.decision,
                    f.stage_type, t.stage_type)
                WHEN author_role IS NOT NULL AND NOT author_role = ANY (s.roles)
                    THEN 'not_allowed: not in this role'
                WHEN s.position_rule = 'same' AND t.id <> f.id THEN 'illegal_move: the stage stays'
                WHEN s.position_rule = 'later' AND t.position <= f.position
                    THEN 'illegal_move: not a later stage'
                WHEN s.position_rule = 'any' AND t.id = f.id
                    THEN 'illegal_move: it stands there already'
                WHEN s.requires_reason AND a.reason_id IS NULL
                    THEN 'reason_required: a reason is needed'
                WHEN s.requires_hold_until AND a.hold_until IS NULL
                    THEN 'hold_until_required: a time is needed'
                WHEN a.reason_id IS NOT NULL AND g.is_active IS NOT TRUE
                    THEN 'unknown_reason: no active reason'
                WHEN g.requires_note AND a.note_id IS NULL
                    THEN 'note_required: this reason needs a note'
            END AS problem
          INTO bad
          FROM added a
          LEFT JOIN LATERAL (SELECT x.job_id, x.stage_id FROM public.candidate_job_matches x
                              WHERE x.tenant_id = tenant AND x.id = a.match_id OFFSET 0) m ON true
          LEFT JOIN LATERAL (SELECT x.id, x.stage_type, x.position FROM public.job_stages x
                              WHERE x.tenant_id = tenant AND x.id = m.stage_id OFFSET 0) f ON true
          LEFT JOIN LATERAL (SELECT x.id, x.stage_type, x.position FROM public.job_stages x
                              WHERE x.tenant_id = tenant AND x.id = a.to_stage_id
                                  AND x.job_id = m.job_id OFFSET 0) t ON true
          LEFT JOIN app.stage_transitions s ON s.decision = a.decision
              AND s.from_stage_type = f.stage_type AND s.to_stage_type = t.stage_type
          LEFT JOIN LATERAL (SELECT x.is_active, x.requires_note FROM public.rejection_reasons x
                              WHERE x.tenant_id = tenant AND x.id = a.reason_id OFFSET 0) g ON true
          LEFT JOIN LATERAL (SELECT x.* FROM public.hiring_decisions x
                              WHERE x.tenant_id = tenant AND x.match_id = a.match_id
                                  AND x.id = a.reverses_id OFFSET 0) r ON true
         ORDER BY 2 NULLS LAST
         LIMIT 1;
        IF bad.problem IS NOT NULL THEN
            RAISE EXCEPTION '%', split_part(bad.problem, ': ', 2)
                USING ERRCODE = 'check_violation', DETAIL = split_part(bad.problem, ': ', 1),
                    HINT = format('decision %s', bad.id);
        END IF;
    END IF;

    -- An undone stay goes on from when it began; undoing what ended a hold brings the hold back.
    UPDATE public.candidate_job_matches m
       SET stage_id = t.id,
           status = app.status_of(t.stage_type),
           stage = t.name,
           stage_entered_at = CASE
               WHEN t.id = m.stage_id THEN m.stage_entered_at
               WHEN a.decision = 'undo' THEN coalesce(
                   (SELECT max(e.entered_at) FROM public.pipeline_events e
                     WHERE e.tenant_id = tenant AND e.match_id = a.match_id
                         AND e.to_stage_id = t.id AND NOT EXISTS (
                             SELECT FROM public.hiring_decisions p
                              WHERE p.tenant_id = tenant AND p.match_id = e.match_id
                                  AND p.id = e.decision_id AND p.decision = 'undo')),
                   a.decided_at)
               ELSE greatest(a.decided_at, m.stage_entered_at) END,
           held_until = CASE
               WHEN a.decision = 'hold' THEN a.hold_until
               WHEN a.decision = 'undo' THEN
                   (SELECT p.hold_until FROM public.hiring_decisions p
                     WHERE p.tenant_id = tenant AND p.decision = 'hold' AND p.id = (
                         SELECT app.effective_decision(tenant, r.base_decision_id)
                             FROM public.hiring_decisions r
                          WHERE r.tenant_id = tenant AND r.id = a.reverses_id)) END
      FROM added a
      JOIN public.job_stages t ON t.tenant_id = tenant AND t.id = ANY (stages)
          AND t.id = a.to_stage_id
     WHERE m.tenant_id = tenant AND m.id = ANY (matches) AND m.id = a.match_id
         AND m.stage_id = a.from_stage_id;
    GET DIAGNOSTICS hit = ROW_COUNT;
    IF hit <> cardinality(matches) THEN
        RAISE EXCEPTION 'ledger: % decisions moved % applications', cardinality(matches), hit
            USING ERRCODE = 'data_exception';
    END IF;

    SELECT array_agg(a.match_id) INTO matches FROM added a WHERE a.to_stage_id <> a.from_stage_id;
    IF matches IS NOT NULL THEN
        -- What stood open ends, and the next stay begins then. Unique: one open stay of an application.
        WITH ended AS (
            UPDATE public.pipeline_events e SET left_at = greatest(a.decided_at, e.entered_at)
              FROM added a
             WHERE e.tenant_id = tenant AND e.match_id = ANY (matches) AND e.left_at IS NULL
               AND e.match_id = a.match_id AND e.to_stage_id = a.from_stage_id
            RETURNING e.match_id, e.job_id, e.left_at, a.from_stage_id, a.to_stage_id, a.decided_at,
                a.actor_kind, a.id)
        INSERT INTO public.pipeline_events (tenant_id, match_id, job_id, from_stage_id, to_stage_id,
            entered_at, actor_kind, decision_id)
        SELECT tenant, d.match_id, d.job_id, d.from_stage_id, d.to_stage_id,
               greatest(d.left_at, (SELECT max(e.left_at) FROM public.pipeline_events e
                                     WHERE e.tenant_id = tenant AND e.match_id = d.match_id)),
               d.actor_kind, d.id
          FROM ended d;
        GET DIAGNOSTICS hit = ROW_COUNT;
        IF hit <> cardinality(matches) THEN
            RAISE EXCEPTION 'ledger: % decisions ended % stays', cardinality(matches), hit
                USING ERRCODE = 'data_exception';
        END IF;
    END IF;

    UPDATE public.notifications n SET status = 'cancelled'
     WHERE n.tenant_id = tenant AND n.status = 'queued'
       AND n.decision_id = ANY (ARRAY(SELECT a.reverses_id FROM added a
           WHERE a.reverses_id IS NOT NULL));
    RETURN NULL;
END
$$;

CREATE OR REPLACE TRIGGER ledger_apply AFTER INSERT ON public.hiring_decisions REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT WHEN (current_user <> 'hiretty_owner') EXECUTE FUNCTION app.ledger_apply();
CREATE TRIGGER ledger_apply_judged AFTER INSERT ON public.hiring_decisions REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT WHEN (current_user = 'hiretty_owner') EXECUTE FUNCTION app.ledger_apply('judged');

-- The answers, in the order of the ops: with what the server holds now, so that the client needs no
-- pull to show it. Their text is put together here: a JSON function asks for the type of each value anew.
-- ids, numbers and names of enumerations need no escaping; whatever may be other text goes through to_json.
CREATE OR REPLACE FUNCTION app.decision_outcomes(ops app.decision_op[]) RETURNS json
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off SET jit = off AS $$
DECLARE
    tenant uuid := app.my_tenant();
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
              SELECT x.id, concat('{"tbl":15,"id":"', x.id, '","row":{"id":"', x.id,
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
               WHERE x.tenant_id = tenant AND x.id = latest.id OFFSET 0) d ON true
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
                   AND x.id = d.note_id OFFSET 0) n ON true);
END
$$;

-- What became of an op when it was sent before; nothing is shown of an application that went out of sight
-- since.
CREATE FUNCTION app.decision_again(o app.decision_op, kept json, hidden uuid[]) RETURNS app.decision_op
LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    o.outcome := coalesce(kept -> o.nr::text ->> 0, 'applied');
    o.code := kept -> o.nr::text ->> 1;
    IF o.match = ANY (hidden) THEN
        o.match := NULL;
    END IF;
    RETURN o;
END
$$;

-- Kept for a retry, by the numbers of the ops: outcome and code of those that did not simply apply. Who
-- sends the batch again gets the same outcomes, with the rows as they stand then.
CREATE OR REPLACE FUNCTION app.push_decisions(device uuid, ops jsonb) RETURNS json
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET jit = off AS $$
DECLARE
    hash text := jsonb_hash_extended(ops, 0);
    kept json := app.device_lock(device, hash);
    tenant uuid := app.my_tenant();
    parsed app.decision_op[] := app.parse_decisions(ops);
    judged app.decision_op[];
    done app.decision_op[] := '{}';
    todo app.decision_op[];
    matches uuid[];
    jobs uuid[];
    people uuid[];
    waves bigint;
    last_seq bigint;
BEGIN
    SELECT coalesce(max(wave), 0), array_agg(DISTINCT o.match), max(o.seq)
      INTO waves, matches, last_seq FROM unnest(parsed) o;
    IF kept IS NOT NULL THEN
        jobs := app.hidden_jobs();
        people := app.hidden_people();
        matches := ARRAY(SELECT m.id FROM public.candidate_job_matches m
            WHERE m.tenant_id = tenant AND m.id = ANY (matches)
                AND (m.job_id = ANY (jobs) OR m.candidate_id = ANY (people)));
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
    PERFORM app.device_store(device, last_seq, hash, kept);
    RETURN app.decision_outcomes(done);
END
$$;

-- The answers of a batch, in the order of its ops.
CREATE FUNCTION app.all_field_answers(done app.field_op[]) RETURNS json
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp SET jit = off AS $$
DECLARE
    answers app.field_answer[] := '{}';
    part record;
BEGIN
    FOR part IN
        SELECT f.server AS target, f.number, array_agg(o ORDER BY o.nr) AS ops
          FROM unnest(done) o
          LEFT JOIN app.feed_tables f ON f.name = o.tbl AND o.outcome <> 'gone'
              AND o.code IS DISTINCT FROM 'not_allowed'
         GROUP BY f.server, f.number
    LOOP
        answers := answers || app.field_answers(part.target, part.number, part.ops);
    END LOOP;
    RETURN coalesce((SELECT json_agg(a.answer ORDER BY a.nr) FROM unnest(answers) a), '[]');
END
$$;

CREATE FUNCTION app.field_again(o app.field_op, kept json) RETURNS app.field_op
LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    told json := kept -> o.nr::text;
BEGIN
    o.outcome := coalesce(told ->> 0, 'applied');
    o.code := told ->> 1;
    o.why := told ->> 2;
    o.rows := nullif(told -> 3 #>> '{}', 'null');
    RETURN o;
END
$$;

CREATE OR REPLACE FUNCTION app.push_fields(device uuid, ops jsonb) RETURNS json
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET jit = off AS $$
DECLARE
    hash text := jsonb_hash_extended(ops, 0);
    kept json := app.device_lock(device, hash);
    parsed app.field_op[];
    done app.field_op[] := '{}';
    part record;
BEGIN
    IF jsonb_typeof(ops) IS DISTINCT FROM 'array' OR jsonb_array_length(ops) > 5000 THEN
        RAISE EXCEPTION 'ops: an array of at most 5000' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    SELECT array_agg(ROW(x.nr, x.seq, x.op, x.kind, x."table", x."row", x.base_version,
        coalesce(x.set, '{}'), coalesce(x.base, '{}'),
                         x.wave, NULL, NULL, NULL, NULL)::app.field_op ORDER BY x.nr)
      INTO parsed
      FROM (SELECT r.*, row_number() OVER (PARTITION BY r."table", r."row" ORDER BY r.nr) AS wave
              FROM ROWS FROM (jsonb_to_recordset(ops)
                  AS (seq bigint, op uuid, kind text, "table" text, "row" uuid, base_version bigint,
                  set jsonb, base jsonb))
                   WITH ORDINALITY AS r (seq, op, kind, "table", "row", base_version, set, base,
                       nr)) x;
    IF EXISTS (SELECT FROM unnest(parsed) o
        WHERE o.seq IS NULL OR o.op IS NULL OR o.id IS NULL OR jsonb_typeof(o.set) <> 'object'
                  OR o.kind IS NULL OR o.kind NOT IN ('insert', 'update', 'delete')) THEN
        RAISE EXCEPTION 'ops: seq, op, kind, table, row and set are needed'
            USING ERRCODE = 'invalid_parameter_value';
    END IF;
    IF kept IS NOT NULL THEN
        done := ARRAY(SELECT app.field_again(o, kept) FROM unnest(parsed) o);
        RETURN app.all_field_answers(done);
    END IF;
    FOR part IN
        SELECT f.server AS target, o.kind, array_agg(o ORDER BY o.nr) AS ops
          FROM unnest(parsed) o
          LEFT JOIN app.feed_tables f ON f.name = o.tbl AND NOT f.reload
              AND f.name <> 'hiring_decisions'
         GROUP BY o.wave, f.server, o.kind, CASE WHEN o.kind <> 'delete'
             THEN ARRAY(SELECT jsonb_object_keys(o.set)) END
         ORDER BY o.wave, min(o.nr)
    LOOP
        IF part.target IS NULL THEN
            done := done || ARRAY(SELECT app.field_outcome(o, 'rejected', 'not_allowed', NULL)
                FROM unnest(part.ops) o);
        ELSE
            done := done || app.apply_fields(part.target, part.kind, part.ops);
        END IF;
    END LOOP;
    SELECT coalesce(json_object_agg(o.nr, json_build_array(o.outcome, o.code, o.why, o.rows)), '{}')
      INTO kept FROM unnest(done) o
     WHERE NOT (o.outcome = 'applied' AND o.code IS NULL AND o.why IS NULL AND o.rows IS NULL);
    PERFORM app.device_store(device, (SELECT max(o.seq) FROM unnest(parsed) o), hash, kept);
    RETURN app.all_field_answers(done);
END
$$;

REVOKE ALL ON FUNCTION app.decision_again(app.decision_op, json, uuid[]),
    app.all_field_answers(app.field_op[]), app.field_again(app.field_op, json) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION app.all_field_answers(app.field_op[]), app.field_again(app.field_op, json)
    TO hiretty_client;
