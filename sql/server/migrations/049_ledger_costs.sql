-- A push of decisions costs less: the answer is put together as text, an op is known by the id of its decision, and
-- an undo alone has an entry in the index of what is undone. And no decision follows upon itself.
SET LOCAL ROLE hiretty_owner;

-- What becomes of each op, given what stands now. As before, but an op is known by the id of its decision.
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
               WHERE x.tenant_id = tenant AND x.id = o.op OFFSET 0) k ON true
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
CREATE OR REPLACE FUNCTION app.write_decisions(ops app.decision_op[]) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off SET jit = off AS $$
DECLARE
    tenant uuid := app.my_tenant();
    author uuid := app.my_user();
    has_notes boolean;
    has_bulk boolean;
    has_mails boolean;
BEGIN
    SELECT bool_or(o.note IS NOT NULL), bool_or(o.bulk IS NOT NULL), bool_or(o.mails IS NOT NULL)
      INTO has_notes, has_bulk, has_mails FROM unnest(ops) o;
    IF has_notes THEN
        INSERT INTO public.candidate_notes (tenant_id, id, candidate_id, match_id, body, visibility,
            created_by)
        SELECT tenant, (o.note ->> 'id')::uuid, m.candidate_id, m.id, o.note ->> 'body',
            coalesce(o.note ->> 'visibility', 'team'), author
          FROM unnest(ops) o JOIN public.candidate_job_matches m ON m.tenant_id = tenant
              AND m.id = o.match
         WHERE o.note IS NOT NULL;
    END IF;
    IF has_bulk THEN
        INSERT INTO public.bulk_operations (tenant_id, id, kind, filter, row_count, actor, committed_at)
        SELECT DISTINCT ON (b.id) tenant, b.id, b.kind, b.filter, b.row_count, author, o.decided_at
          FROM unnest(ops) o, jsonb_to_record(o.bulk)
              AS b (id uuid, kind text, filter text, row_count int)
         WHERE o.bulk IS NOT NULL
         ORDER BY b.id, o.nr
        ON CONFLICT DO NOTHING;
    END IF;

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

    IF has_mails THEN
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
    END IF;
END
$$;

-- Answers change their type.
DROP FUNCTION app.push_decisions(uuid, jsonb), app.decision_outcomes(app.decision_op[]);

-- The answers, in the order of the ops: with what the server holds now, so that the client needs no
-- pull to show it. Their text is put together here: a JSON function asks for the type of each value anew.
-- It is JSON, and returned as text: a cast would only parse it once more.
-- ids, numbers and names of enumerations need no escaping; whatever may be other text goes through to_json.
CREATE FUNCTION app.decision_outcomes(ops app.decision_op[]) RETURNS text
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
                   ',"rows":[', m.shown, d.shown, n.shown, ']}'), ','), ']')
          -- The joins below are lookups, one after the other: they keep this order.
          FROM (SELECT * FROM unnest(ops) x ORDER BY x.nr) o
          LEFT JOIN LATERAL (
              SELECT x.id, x.candidate_id, concat('{"tbl":15,"id":"', x.id, '","row":{"id":"', x.id,
                       '","status":"', x.status, '","stage_id":"', x.stage_id,
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

-- Holds applications, in the order of their ids, so that two who hold the same ones wait instead of deadlocking.
-- By their ids, however few of the table the planner believes to be left over: it would read all of it.
CREATE FUNCTION app.hold_applications(tenant uuid, ids uuid[]) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET enable_seqscan = off SET jit = off AS $$
BEGIN
    PERFORM FROM public.candidate_job_matches m WHERE m.tenant_id = tenant AND m.id = ANY (ids)
      ORDER BY m.id FOR NO KEY UPDATE;
END
$$;
REVOKE ALL ON FUNCTION app.hold_applications(uuid, uuid[]) FROM PUBLIC;

-- Kept for a retry, by the numbers of the ops: outcome and code of those that did not simply apply. Who
-- sends the batch again gets the same outcomes, with the rows as they stand then.
CREATE FUNCTION app.push_decisions(device uuid, ops jsonb) RETURNS text
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
    PERFORM app.hold_applications(tenant, matches);
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

REVOKE ALL ON FUNCTION app.decision_outcomes(app.decision_op[]), app.push_decisions(uuid, jsonb) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION app.push_decisions(uuid, jsonb) TO hiretty_client;

ALTER TABLE public.hiring_decisions DROP CONSTRAINT hiring_decisions_tenant_id_reverses_id_key,
    DROP CONSTRAINT hiring_decisions_tenant_id_client_op_id_key;
-- Most decisions undo nothing.
CREATE UNIQUE INDEX hiring_decisions_reverses_key ON public.hiring_decisions (tenant_id, reverses_id)
    WHERE reverses_id IS NOT NULL;
-- A client's op is its decision: so it is unique as the primary key is. Of before, one written by hand may differ.
ALTER TABLE public.hiring_decisions ADD CONSTRAINT hiring_decisions_op_is_id CHECK (client_op_id = id) NOT VALID;
DO $$
BEGIN
    ALTER TABLE public.hiring_decisions VALIDATE CONSTRAINT hiring_decisions_op_is_id;
EXCEPTION WHEN check_violation THEN
    RAISE WARNING 'hiring_decisions has rows whose client_op_id is not their id';
END
$$;
ALTER TABLE public.hiring_decisions ADD CONSTRAINT hiring_decisions_base_is_another CHECK (base_decision_id <> id);
