-- Pushes of thousands cost less: the same answers, built as text once instead of nested jsonb; small
-- functions that the planner takes into the statements that use them (a function in SQL that sets its
-- path, or that is not as immutable as it says, is run as a statement of its own for each row); one
-- statement for the end of a stay and the begin of the next.
SET LOCAL ROLE hiretty_owner;

-- Parsed once, now: no path to set. UTC is the same everywhere; a session's time zone is not.
CREATE OR REPLACE FUNCTION app.from_us(us bigint) RETURNS timestamptz
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN us BETWEEN 0 AND 7258118400000000
    THEN (timestamp '1970-01-01 00:00:00' + us * interval '1 microsecond') AT TIME ZONE 'UTC' END;
CREATE OR REPLACE FUNCTION app.to_us(at timestamptz) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN (extract(epoch FROM at AT TIME ZONE 'UTC') * 1000000)::bigint;
CREATE OR REPLACE FUNCTION app.stage_type_of(status text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE status WHEN 'scored' THEN 'applied' WHEN 'shortlisted' THEN 'shortlist'
    WHEN 'interviewing' THEN 'interview' WHEN 'offered' THEN 'offer' ELSE status END;
CREATE OR REPLACE FUNCTION app.status_of(stage_type text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE stage_type WHEN 'applied' THEN 'scored' WHEN 'shortlist' THEN 'shortlisted'
    WHEN 'interview' THEN 'interviewing' WHEN 'offer' THEN 'offered' ELSE stage_type END;

-- Answers are written with every batch and read on a retry alone, as they were: parsing and compressing
-- them costs more than it saves.
DROP FUNCTION app.push_decisions(uuid, jsonb), app.push_fields(uuid, jsonb),
    app.device_lock(uuid, text), app.device_store(uuid, bigint, text, jsonb);
ALTER TABLE public.client_devices ALTER COLUMN last_outcomes TYPE json USING last_outcomes::json;
ALTER TABLE public.client_devices ALTER COLUMN last_outcomes SET STORAGE EXTERNAL;

-- (tenant_id, match_id, id) finds the decisions of an application as well.
DROP INDEX public.hiring_decisions_match_idx;

-- AFTER INSERT ON hiring_decisions, once a statement: all or nothing. The plans are kept, and must
-- be right for one row and for thousands, with and without statistics: hence hash joins between
-- arrays of ids and the transition table, and LATERAL … OFFSET 0 for single lookups.
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

CREATE FUNCTION app.device_lock(device uuid, hash text) RETURNS json
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    my_tenant uuid := app.my_tenant();
    my_member uuid := app.my_member();
    found_hash text;
    found_outcomes json;
BEGIN
    IF my_tenant IS NULL OR device_lock.device IS NULL THEN
        RAISE EXCEPTION 'no active membership' USING ERRCODE = 'insufficient_privilege';
    END IF;
    INSERT INTO public.client_devices (tenant_id, member_id, device_id) VALUES (my_tenant,
        my_member, device_lock.device)
        ON CONFLICT DO NOTHING;
    SELECT d.last_batch_hash, d.last_outcomes INTO found_hash, found_outcomes
      FROM public.client_devices d
     WHERE d.tenant_id = my_tenant AND d.member_id = my_member AND d.device_id = device_lock.device
       FOR UPDATE;
    RETURN CASE WHEN found_hash = hash THEN found_outcomes END;
END
$$;

CREATE FUNCTION app.device_store(device uuid, seq bigint, hash text, outcomes json) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    UPDATE public.client_devices d
       SET last_seq = greatest(d.last_seq, device_store.seq), last_batch_hash = hash,
           last_outcomes = outcomes, last_seen = now()
     WHERE d.tenant_id = app.my_tenant() AND d.member_id = app.my_member()
         AND d.device_id = device_store.device;
END
$$;

-- The answers, in the order of the ops: with what the server holds now, so that the client needs no
-- pull to show it. JSON as text: nested jsonb would be copied at every level.
DROP FUNCTION app.decision_outcomes(app.decision_op[]);
CREATE FUNCTION app.decision_outcomes(ops app.decision_op[]) RETURNS json
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off SET jit = off AS $$
DECLARE
    tenant uuid := app.my_tenant();
BEGIN
    RETURN (
        SELECT json_agg(json_build_object(
                   'seq', o.seq, 'op', o.op, 'outcome', o.outcome,
                   'code', nullif(o.code, 'replay'),
                   'why', CASE WHEN o.code IS NOT NULL THEN app.push_why(o.code,
                       CASE WHEN d.id IS NOT NULL
                           THEN coalesce(concat_ws(' ', u.first_name, u.last_name), 'A rule') END,
                       d.decision) END,
                   'by', CASE WHEN o.outcome = 'conflict' THEN d.decided_by END,
                   'at', CASE WHEN o.outcome = 'conflict' THEN app.to_us(d.decided_at) END,
                   'rows', CASE WHEN m.id IS NULL THEN '[]'::json
                       WHEN d.id IS NULL THEN json_build_array(m.shown)
                       WHEN n.id IS NULL THEN json_build_array(m.shown, d.shown)
                       ELSE json_build_array(m.shown, d.shown, n.shown) END)
               ORDER BY o.nr)
          FROM unnest(ops) o
          LEFT JOIN LATERAL (
              SELECT x.id, json_build_object('tbl', 15, 'id', x.id, 'row', json_build_object(
                       'id', x.id, 'status', x.status, 'stage_id', x.stage_id,
                       'stage_entered_at', app.to_us(x.stage_entered_at),
                       'held_until', app.to_us(x.held_until),
                       'updated_at', app.to_us(x.updated_at), 'row_version', x.row_version)) AS shown
                FROM public.candidate_job_matches x
               WHERE o.outcome <> 'gone' AND o.code IS DISTINCT FROM 'not_allowed'
                   AND x.tenant_id = tenant AND x.id = o.match OFFSET 0) m ON true
          CROSS JOIN LATERAL (SELECT CASE WHEN m.id IS NULL THEN NULL
              WHEN o.outcome = 'applied' THEN o.op
              WHEN o.outcome = 'conflict' THEN app.last_decision(tenant, m.id) END AS id
              OFFSET 0) latest
          LEFT JOIN LATERAL (
              SELECT x.id, x.decision, x.decided_by, x.decided_at, x.note_id,
                     json_build_object('tbl', 17, 'id', x.id, 'row', json_build_object(
                       'id', x.id, 'match_id', x.match_id, 'decision', x.decision,
                       'from_stage_id', x.from_stage_id, 'to_stage_id', x.to_stage_id,
                       'base_decision_id', x.base_decision_id, 'reason_id', x.reason_id,
                       'note_id', x.note_id, 'hold_until', app.to_us(x.hold_until),
                       'actor_kind', x.actor_kind, 'decided_by', x.decided_by,
                       'decided_at', app.to_us(x.decided_at),
                       'ai_score_seen', (x.ai_score_seen * 100)::bigint,
                       'ai_recommendation', x.ai_recommendation,
                       'agreed_with_ai', x.agreed_with_ai,
                       'explanation_viewed', x.explanation_viewed, 'blind', x.blind,
                       'seconds_viewed', x.seconds_viewed, 'bulk_op_id', x.bulk_op_id,
                       'reverses_id', x.reverses_id, 'row_version', x.row_version)) AS shown
                FROM public.hiring_decisions x
               WHERE x.tenant_id = tenant AND x.id = latest.id OFFSET 0) d ON true
          LEFT JOIN LATERAL (SELECT x.first_name, x.last_name FROM public.users x
              WHERE o.outcome = 'conflict' AND x.id = d.decided_by OFFSET 0) u ON true
          LEFT JOIN LATERAL (
              SELECT x.id, json_build_object('tbl', 13, 'id', x.id, 'row', json_build_object(
                       'id', x.id, 'candidate_id', x.candidate_id, 'match_id', x.match_id,
                       'body', x.body, 'visibility', x.visibility, 'mentions', x.mentions,
                       'created_by', x.created_by, 'edited_at', app.to_us(x.edited_at),
                       'deleted_at', app.to_us(x.deleted_at),
                       'created_at', app.to_us(x.created_at),
                       'updated_at', app.to_us(x.updated_at), 'row_version', x.row_version)) AS shown
                FROM public.candidate_notes x
               WHERE o.outcome = 'applied' AND x.tenant_id = tenant AND x.id = d.note_id
                   OFFSET 0) n ON true);
END
$$;
DROP FUNCTION app.decision_json(public.hiring_decisions), app.note_json(public.candidate_notes);

CREATE FUNCTION app.push_decisions(device uuid, ops jsonb) RETURNS json
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET jit = off AS $$
DECLARE
    hash text := md5(ops::text);
    outcomes json := app.device_lock(device, hash);
    tenant uuid := app.my_tenant();
    parsed app.decision_op[];
    judged app.decision_op[];
    done app.decision_op[] := '{}';
    todo app.decision_op[];
    matches uuid[];
    waves bigint;
BEGIN
    IF outcomes IS NOT NULL THEN
        RETURN outcomes;
    END IF;
    parsed := app.parse_decisions(ops);
    SELECT coalesce(max(wave), 0), array_agg(DISTINCT o.match) INTO waves, matches
        FROM unnest(parsed) o;
    PERFORM FROM public.candidate_job_matches m
        WHERE m.tenant_id = tenant AND m.id = ANY (matches)
      ORDER BY m.id FOR NO KEY UPDATE;
    FOR w IN 1 .. waves LOOP
        judged := app.judge_decisions(ARRAY(SELECT o FROM unnest(parsed) o WHERE o.wave = w));
        todo := ARRAY(SELECT o FROM unnest(judged) o
            WHERE o.outcome = 'applied' AND o.code IS NULL);
        done := done || ARRAY(SELECT o FROM unnest(judged) o
            WHERE NOT (o.outcome = 'applied' AND o.code IS NULL));
        IF todo <> '{}' THEN
            done := done || app.write_or_reject(todo);
        END IF;
    END LOOP;
    outcomes := coalesce(app.decision_outcomes(done), '[]');
    PERFORM app.device_store(device, (SELECT max(o.seq) FROM unnest(parsed) o), hash, outcomes);
    RETURN outcomes;
END
$$;

-- Changed fields: same table, same columns. Locked in id order, compared with what the author had
-- seen, in these columns alone.
CREATE OR REPLACE FUNCTION app.update_fields(target regclass, ops app.field_op[]) RETURNS app.field_op[]
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
SET enable_nestloop = off SET enable_mergejoin = off SET enable_seqscan = off SET jit = off AS $$
DECLARE
    keys text[] := ARRAY(SELECT jsonb_object_keys(ops[1].set) ORDER BY 1);
    seen text;
    assignments text;
    locked uuid[];
BEGIN
    IF keys = '{}' OR EXISTS (SELECT FROM unnest(keys) k WHERE NOT EXISTS (
            SELECT FROM app.field_columns(target) c WHERE c.name = k AND c.updatable)) THEN
        RETURN ARRAY(SELECT app.field_outcome(o, 'rejected', CASE WHEN keys = '{}' THEN 'column'
            ELSE 'not_allowed' END, NULL) FROM unnest(ops) o);
    END IF;
    EXECUTE format('SELECT ARRAY(SELECT x.id FROM %s x WHERE x.id = ANY ($1) '
        'ORDER BY x.id FOR NO KEY UPDATE)', target)
       INTO locked USING ARRAY(SELECT o.id FROM unnest(ops) o);
    SELECT string_agg(format('%L, %s', c.name, c.to_json), ', ') FILTER (WHERE c.readable
               AND c.name <> 'tenant_id'),
           string_agg(format('%I = %s', c.name, replace(c.from_json, '(s ', '(o.set ')), ', ')
      INTO seen, assignments
      FROM app.field_columns(target) c WHERE c.name = ANY (keys);
    EXECUTE format($q$
        SELECT ARRAY(
            SELECT CASE WHEN x.id IS NULL THEN app.field_outcome(o, 'gone', 'gone', NULL)
                        WHEN NOT o.id = ANY ($2) THEN app.field_outcome(o, 'rejected',
                            'not_allowed', NULL)
                        WHEN x.row_version = o.base_version
                            THEN app.field_outcome(o, 'applied', NULL, NULL)
                        WHEN NOT EXISTS (SELECT FROM jsonb_each(o.set) s
                                          WHERE x.now -> s.key <> s.value
                                            AND (x.now -> s.key) IS DISTINCT FROM (o.base -> s.key))
                            THEN app.field_outcome(o, CASE WHEN o.base_version IS NULL
                                THEN 'applied' ELSE 'merged' END, NULL, NULL)
                        ELSE app.field_outcome(o, 'conflict', 'version', NULL) END
              FROM unnest($1) o
              LEFT JOIN LATERAL (SELECT x.id, x.row_version, jsonb_build_object(%s) AS now FROM %s x
                  WHERE x.id = o.id OFFSET 0) x ON true
             ORDER BY o.nr)$q$, coalesce(seen, ''), target) INTO ops USING ops, locked;
    EXECUTE format('UPDATE %s x SET %s FROM unnest($1) o '
        'WHERE x.id = ANY ($2) AND x.id = o.id AND o.outcome IN (''applied'', ''merged'')',
        target, assignments) USING ops, locked;
    RETURN ops;
END
$$;

CREATE TYPE app.field_answer AS (nr bigint, answer json);
GRANT USAGE ON TYPE app.field_answer TO hiretty_client;

-- The answers with the rows as they stand now, as text. `target` NULL: of no row
-- that may be shown.
CREATE FUNCTION app.field_answers(target regclass, number int,
    ops app.field_op[]) RETURNS app.field_answer[]
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp SET jit = off AS $$
DECLARE
    answers app.field_answer[];
    now_rows text := 'SELECT NULL::json AS whole, NULL::bigint AS changed WHERE false';
BEGIN
    IF target IS NOT NULL THEN
        SELECT format('SELECT json_build_object(%s) AS whole, %s AS changed FROM %s x '
                   'WHERE x.id = o.id AND o.code IS DISTINCT FROM ''duplicate'' OFFSET 0',
                      string_agg(format('%L, %s', c.name, c.to_json), ', '),
                      coalesce(max(c.to_json) FILTER (WHERE c.name = 'updated_at'), 'NULL::bigint'),
                      target)
          INTO now_rows
          FROM app.field_columns(target) c WHERE c.readable AND c.name <> 'tenant_id';
    END IF;
    EXECUTE format($q$
        SELECT array_agg(ROW(o.nr, json_build_object('seq', o.seq, 'op', o.op, 'outcome', o.outcome,
                   'code', o.code, 'why', o.why, 'by', NULL,
                   'at', CASE WHEN o.outcome = 'conflict' AND o.rows IS NULL THEN x.changed END,
                   'rows', CASE WHEN o.rows IS NOT NULL THEN o.rows::json
                        WHEN x.whole IS NOT NULL THEN json_build_array(json_build_object('tbl',
                            $2, 'id', o.id, 'row', x.whole))
                        WHEN o.outcome = 'applied' AND $2 IS NOT NULL
                            THEN json_build_array(json_build_object('tbl', $2, 'id', o.id, 'gone',
                            true))
                        ELSE '[]'::json END))::app.field_answer)
          FROM unnest($1) o
          LEFT JOIN LATERAL (%s) x ON true$q$, now_rows) INTO answers USING ops, number;
    RETURN answers;
END
$$;

CREATE FUNCTION app.push_fields(device uuid, ops jsonb) RETURNS json
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET jit = off AS $$
DECLARE
    hash text := md5(ops::text);
    outcomes json := app.device_lock(device, hash);
    parsed app.field_op[];
    done app.field_op[] := '{}';
    answers app.field_answer[] := '{}';
    part record;
BEGIN
    IF outcomes IS NOT NULL THEN
        RETURN outcomes;
    END IF;
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
    FOR part IN
        SELECT f.server AS target, f.number, array_agg(o ORDER BY o.nr) AS ops
          FROM unnest(done) o
          LEFT JOIN app.feed_tables f ON f.name = o.tbl AND o.outcome <> 'gone'
              AND o.code IS DISTINCT FROM 'not_allowed'
         GROUP BY f.server, f.number
    LOOP
        answers := answers || app.field_answers(part.target, part.number, part.ops);
    END LOOP;
    outcomes := coalesce((SELECT json_agg(a.answer ORDER BY a.nr) FROM unnest(answers) a),
        '[]');
    PERFORM app.device_store(device, (SELECT max(o.seq) FROM unnest(parsed) o), hash, outcomes);
    RETURN outcomes;
END
$$;

DROP FUNCTION app.field_rows(regclass, int, app.field_op[]);

REVOKE ALL ON FUNCTION app.device_lock(uuid, text), app.device_store(uuid, bigint, text, json),
    app.decision_outcomes(app.decision_op[]), app.push_decisions(uuid, jsonb),
    app.field_answers(regclass, int, app.field_op[]), app.push_fields(uuid, jsonb) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION app.device_lock(uuid, text), app.device_store(uuid, bigint, text, json),
    app.push_decisions(uuid, jsonb), app.field_answers(regclass, int, app.field_op[]),
    app.push_fields(uuid, jsonb) TO hiretty_client;
