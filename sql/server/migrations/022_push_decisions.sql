-- app.push_decisions(device, ops): a client's decisions, set-based, each with its outcome. A
-- definer function, so it asks itself who calls: session_user's tenant (the wall), role and jobs.
SET LOCAL ROLE hiretty_owner;

CREATE TYPE app.decision_op AS (
    nr bigint, seq bigint, op uuid, match uuid, decision text, from_stage uuid, to_stage uuid,
        base uuid,
    reason uuid, note jsonb, hold_until timestamptz, reverses uuid, decided_at timestamptz,
    score numeric, recommendation text, agreed boolean, viewed boolean, blind boolean, seconds int,
    bulk jsonb, mails jsonb, wave bigint, outcome text, code text
);

-- µs since the epoch to a time; NULL outside of the years 1970 to 2200.
CREATE FUNCTION app.from_us(us bigint) RETURNS timestamptz
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN us BETWEEN 0 AND 7258118400000000
                THEN timestamptz '1970-01-01 00:00:00+00' + us * interval '1 microsecond' END
$$;
CREATE FUNCTION app.to_us(at timestamptz) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT (extract(epoch FROM at) * 1000000)::bigint
$$;

-- One sentence for people. `who` decided `what` first, where that is known.
CREATE FUNCTION app.push_why(code text, who text, what text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE code
        WHEN 'stage_moved' THEN coalesce(who || ' decided first: ' || what || '.',
            'The application stands in another stage now.')
        WHEN 'decided' THEN coalesce(who || ' decided first: ' || what || '.',
            'Somebody decided first.')
        WHEN 'base_unknown' THEN 'It builds on a decision that the server does not have.'
        WHEN 'gone' THEN 'It does not exist any more, or you may not see it.'
        WHEN 'not_allowed' THEN 'Your role may not do this.'
        WHEN 'illegal_move' THEN 'From its stage this decision is not possible.'
        WHEN 'unknown_stage' THEN 'The job has no such stage.'
        WHEN 'unknown_decision' THEN 'There is no such decision.'
        WHEN 'reason_required' THEN 'A reason is needed.'
        WHEN 'unknown_reason' THEN 'The reason does not exist or is not in use.'
        WHEN 'note_required' THEN 'This reason needs a note.'
        WHEN 'hold_until_required' THEN 'A hold needs a time at which it ends.'
        WHEN 'not_author' THEN 'Only who made a decision can undo it.'
        WHEN 'already_undone' THEN 'It was undone before.'
        WHEN 'mail_sent' THEN 'Its e-mail has left already, so it cannot be undone.'
        WHEN 'duplicate' THEN 'This id is used for something else already.'
        WHEN 'bad_note' THEN 'Its note is empty, too long or exists already.'
        WHEN 'bad_mail' THEN 'One of its mails is incomplete or has no such template.'
        WHEN 'bad_value' THEN 'One of its values cannot be stored.'
        WHEN 'version' THEN 'Somebody changed the same field first.'
        WHEN 'column' THEN 'One of its fields cannot be changed.'
    END
$$;

-- Locks this login's device, in a statement of its own: who retries waits here until the first
-- attempt is decided. The outcomes of the last batch when this is the same one again, else NULL.
CREATE FUNCTION app.device_lock(device uuid, hash text) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    my_tenant uuid := app.my_tenant();
    my_member uuid := app.my_member();
    found_hash text;
    found_outcomes jsonb;
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

CREATE FUNCTION app.device_store(device uuid, seq bigint, hash text, outcomes jsonb) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    UPDATE public.client_devices d
       SET last_seq = greatest(d.last_seq, device_store.seq), last_batch_hash = hash,
           last_outcomes = outcomes, last_seen = now()
     WHERE d.tenant_id = app.my_tenant() AND d.member_id = app.my_member()
         AND d.device_id = device_store.device;
END
$$;

-- Ops as JSON to rows: times bounded, a wave for each further op of the same application.
CREATE FUNCTION app.parse_decisions(ops jsonb) RETURNS app.decision_op[]
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    parsed app.decision_op[];
BEGIN
    IF jsonb_typeof(ops) IS DISTINCT FROM 'array' OR jsonb_array_length(ops) > 5000 THEN
        RAISE EXCEPTION 'ops: an array of at most 5000' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    SELECT array_agg(ROW(x.nr, x.seq, x.op, x.match, x.decision, x.from_stage, x.to_stage,
        x.base_decision, x.reason,
                         nullif(x.note, 'null'), app.from_us(x.hold_until), x.reverses,
                         CASE WHEN app.from_us(x.at) BETWEEN now() - interval '1 day' AND now()
                             THEN app.from_us(x.at) ELSE now() END,
                         x.ai_score_seen / 100.0, x.ai_recommendation, x.agreed_with_ai,
                             coalesce(x.explanation_viewed, false),
                         coalesce(x.blind, false), x.seconds_viewed, nullif(x.bulk, 'null'),
                         CASE WHEN jsonb_typeof(x.mails) = 'array' AND x.mails <> '[]'
                             THEN x.mails END,
                         x.wave, NULL, NULL)::app.decision_op ORDER BY x.nr)
      INTO parsed
      FROM (SELECT r.*, row_number() OVER (PARTITION BY r.match ORDER BY r.nr) AS wave
      FROM ROWS FROM (jsonb_to_recordset(ops) AS (
               seq bigint, op uuid, match uuid, decision text, from_stage uuid, to_stage uuid,
                   base_decision uuid, reason uuid,
               note jsonb, hold_until bigint, reverses uuid, at bigint, ai_score_seen int,
                   explanation_viewed boolean, blind boolean,
               seconds_viewed int, agreed_with_ai boolean, ai_recommendation text, bulk jsonb,
                   mails jsonb))
           WITH ORDINALITY AS r (seq, op, match, decision, from_stage, to_stage, base_decision,
               reason, note, hold_until, reverses, at,
               ai_score_seen, explanation_viewed, blind, seconds_viewed, agreed_with_ai,
                   ai_recommendation, bulk, mails, nr)) x;
    IF EXISTS (SELECT FROM unnest(parsed) o
        WHERE o.seq IS NULL OR o.op IS NULL OR o.match IS NULL) THEN
        RAISE EXCEPTION 'ops: seq, op and match are needed'
            USING ERRCODE = 'invalid_parameter_value';
    END IF;
    RETURN coalesce(parsed, '{}');
END
$$;

-- What becomes of each op, given what stands now: outcome and code filled in; ops that apply
-- (outcome 'applied', code NULL) have their stages and base as the ledger wants them. Code 'replay'
-- = applied before. At most one op of an application.
CREATE FUNCTION app.judge_decisions(ops app.decision_op[]) RETURNS app.decision_op[]
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off SET jit = off AS $$
DECLARE
    tenant uuid := app.my_tenant();
    author uuid := app.my_user();
    author_role text := app.my_role();
    hidden uuid[] := app.hidden_jobs();
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
                   OFFSET 0) m ON true
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

-- Writes the ops that apply: notes first (decisions point at them), mails last (they point at
-- decisions).
CREATE FUNCTION app.write_decisions(ops app.decision_op[]) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off SET jit = off AS $$
DECLARE
    tenant uuid := app.my_tenant();
    author uuid := app.my_user();
BEGIN
    INSERT INTO public.candidate_notes (tenant_id, id, candidate_id, match_id, body, visibility,
        created_by)
    SELECT tenant, (o.note ->> 'id')::uuid, m.candidate_id, m.id, o.note ->> 'body',
        coalesce(o.note ->> 'visibility', 'team'), author
      FROM unnest(ops) o JOIN public.candidate_job_matches m ON m.tenant_id = tenant
          AND m.id = o.match
     WHERE o.note IS NOT NULL;

    INSERT INTO public.bulk_operations (tenant_id, id, kind, filter, row_count, actor, committed_at)
    SELECT DISTINCT ON (b.id) tenant, b.id, b.kind, b.filter, b.row_count, author, o.decided_at
      FROM unnest(ops) o, jsonb_to_record(o.bulk)
          AS b (id uuid, kind text, filter text, row_count int)
     WHERE o.bulk IS NOT NULL
     ORDER BY b.id, o.nr
    ON CONFLICT DO NOTHING;

    INSERT INTO public.hiring_decisions (tenant_id, id, client_op_id, match_id, decision,
        from_stage_id, to_stage_id, base_decision_id, reason_id,
        note_id, hold_until, actor_kind, decided_by, decided_at, ai_score_seen, ai_recommendation,
            agreed_with_ai, explanation_viewed, blind,
        seconds_viewed, bulk_op_id, reverses_id)
    SELECT tenant, o.op, o.op, o.match, o.decision, o.from_stage, o.to_stage, o.base, o.reason,
        (o.note ->> 'id')::uuid, o.hold_until, 'user', author,
        o.decided_at, o.score, o.recommendation, o.agreed, o.viewed, o.blind, o.seconds,
            (o.bulk ->> 'id')::uuid, o.reverses
      FROM unnest(ops) o;

    INSERT INTO public.notifications (tenant_id, id, template_id, template_version, candidate_id,
        channel, subject, body, send_after, status,
        bulk_op_id, decision_id, idempotency_key)
    SELECT tenant, x.id, x.template, coalesce(x.template_version, p.version), m.candidate_id,
        coalesce(x.channel, 'email'), x.subject, x.body,
        coalesce(app.from_us(x.send_after), now()), 'queued', (o.bulk ->> 'id')::uuid, o.op,
            x.id::text
      FROM unnest(ops) o
      JOIN public.candidate_job_matches m ON m.tenant_id = tenant AND m.id = o.match
      CROSS JOIN LATERAL jsonb_to_recordset(o.mails) x (id uuid, template uuid,
          template_version int, channel text, subject text, body text, send_after bigint)
      JOIN public.notification_templates p ON p.tenant_id = tenant AND p.id = x.template
     WHERE o.mails IS NOT NULL;
END
$$;

-- The same, but an op that the tables refuse (a number out of range, an id used twice) costs no
-- other op its outcome: halves, until it is alone. The ops with what became of them.
CREATE FUNCTION app.write_or_reject(ops app.decision_op[]) RETURNS app.decision_op[]
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    half int := cardinality(ops) / 2;
    poison app.decision_op;
BEGIN
    BEGIN
        PERFORM app.write_decisions(ops);
        RETURN ops;
    EXCEPTION WHEN data_exception OR integrity_constraint_violation THEN
        IF half = 0 THEN
            poison := ops[1];
            poison.outcome := 'rejected';
            poison.code := 'bad_value';
            RETURN ARRAY[poison];
        END IF;
    END;
    RETURN app.write_or_reject(ops[:half]) || app.write_or_reject(ops[half + 1:]);
END
$$;

-- The answers, in the order of the ops: with what the server holds now, so that the client needs no
-- pull to show it.
CREATE FUNCTION app.decision_outcomes(ops app.decision_op[]) RETURNS jsonb
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off SET jit = off AS $$
DECLARE
    tenant uuid := app.my_tenant();
BEGIN
    RETURN (
        SELECT jsonb_agg(jsonb_build_object(
                   'seq', o.seq, 'op', o.op, 'outcome', o.outcome,
                   'code', nullif(o.code, 'replay'),
                   'why', app.push_why(o.code, CASE WHEN d.id IS NOT NULL
                       THEN coalesce(concat_ws(' ', u.first_name, u.last_name), 'A rule') END,
                       d.decision),
                   'by', CASE WHEN o.outcome = 'conflict' THEN d.decided_by END,
                   'at', CASE WHEN o.outcome = 'conflict' THEN app.to_us(d.decided_at) END,
                   'rows', CASE WHEN m.id IS NULL THEN '[]'::jsonb ELSE jsonb_build_array(
                       jsonb_build_object('tbl', 15, 'id', m.id, 'row',
                           jsonb_build_object('id', m.id, 'status', m.status, 'stage_id',
                           m.stage_id,
                           'stage_entered_at', app.to_us(m.stage_entered_at), 'held_until',
                               app.to_us(m.held_until),
                           'updated_at', app.to_us(m.updated_at), 'row_version', m.row_version)))
                     || CASE WHEN d.id IS NULL THEN '[]'
                         ELSE jsonb_build_array(jsonb_build_object('tbl', 17, 'id', d.id, 'row',
                         app.decision_json(d.whole))) END
                     || CASE WHEN n.id IS NULL THEN '[]'
                         ELSE jsonb_build_array(jsonb_build_object('tbl', 13, 'id', n.id, 'row',
                         app.note_json(n.whole))) END END)
               ORDER BY o.nr)
          FROM unnest(ops) o
          LEFT JOIN LATERAL (
              SELECT x.* FROM public.candidate_job_matches x
               WHERE o.outcome <> 'gone' AND o.code IS DISTINCT FROM 'not_allowed'
                   AND x.tenant_id = tenant AND x.id = o.match OFFSET 0) m ON true
          CROSS JOIN LATERAL (SELECT CASE WHEN m.id IS NULL THEN NULL WHEN o.outcome = 'applied'
              THEN o.op
                                          WHEN o.outcome = 'conflict'
                                              THEN app.last_decision(tenant, m.id) END AS id
                                              OFFSET 0) shown
          LEFT JOIN LATERAL (SELECT x AS whole, x.* FROM public.hiring_decisions x
              WHERE x.tenant_id = tenant AND x.id = shown.id OFFSET 0) d ON true
          LEFT JOIN LATERAL (SELECT x.first_name, x.last_name FROM public.users x
              WHERE o.outcome = 'conflict' AND x.id = d.decided_by OFFSET 0) u ON true
          LEFT JOIN LATERAL (
              SELECT x AS whole, x.id FROM public.candidate_notes x
               WHERE o.outcome = 'applied' AND x.tenant_id = tenant AND x.id = d.note_id OFFSET 0) n
                   ON true);
END
$$;

CREATE FUNCTION app.decision_json(d public.hiring_decisions) RETURNS jsonb
LANGUAGE sql STABLE AS $$
    SELECT jsonb_build_object('id', d.id, 'match_id', d.match_id, 'decision', d.decision,
        'from_stage_id', d.from_stage_id,
        'to_stage_id', d.to_stage_id, 'base_decision_id', d.base_decision_id, 'reason_id',
            d.reason_id, 'note_id', d.note_id,
        'hold_until', app.to_us(d.hold_until), 'actor_kind', d.actor_kind, 'decided_by',
            d.decided_by, 'decided_at', app.to_us(d.decided_at),
        'ai_score_seen', (d.ai_score_seen * 100)::bigint, 'ai_recommendation', d.ai_recommendation,
            'agreed_with_ai', d.agreed_with_ai,
        'explanation_viewed', d.explanation_viewed, 'blind', d.blind, 'seconds_viewed',
            d.seconds_viewed, 'bulk_op_id', d.bulk_op_id,
        'reverses_id', d.reverses_id, 'row_version', d.row_version)
$$;
CREATE FUNCTION app.note_json(n public.candidate_notes) RETURNS jsonb
LANGUAGE sql STABLE AS $$
    SELECT jsonb_build_object('id', n.id, 'candidate_id', n.candidate_id, 'match_id', n.match_id,
        'body', n.body, 'visibility', n.visibility,
        'mentions', to_jsonb(n.mentions), 'created_by', n.created_by, 'edited_at',
            app.to_us(n.edited_at), 'deleted_at', app.to_us(n.deleted_at),
        'created_at', app.to_us(n.created_at), 'updated_at', app.to_us(n.updated_at), 'row_version',
            n.row_version)
$$;

CREATE FUNCTION app.push_decisions(device uuid, ops jsonb) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET jit = off AS $$
DECLARE
    hash text := md5(ops::text);
    outcomes jsonb := app.device_lock(device, hash);
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

REVOKE ALL ON FUNCTION app.from_us(bigint), app.to_us(timestamptz), app.push_why(text, text, text),
    app.device_lock(uuid, text),
    app.device_store(uuid, bigint, text, jsonb), app.parse_decisions(jsonb),
        app.judge_decisions(app.decision_op[]),
    app.write_decisions(app.decision_op[]), app.write_or_reject(app.decision_op[]),
        app.decision_outcomes(app.decision_op[]), app.decision_json(public.hiring_decisions),
    app.note_json(public.candidate_notes), app.push_decisions(uuid, jsonb) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION app.push_decisions(uuid, jsonb) TO hiretty_client;
-- app.push_fields runs as its caller and uses these.
GRANT EXECUTE ON FUNCTION app.from_us(bigint), app.to_us(timestamptz),
    app.push_why(text, text, text), app.device_lock(uuid, text),
    app.device_store(uuid, bigint, text, jsonb) TO hiretty_client;
