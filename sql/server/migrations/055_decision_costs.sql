-- Decisions cost less: an application is read where it is held and not once more to be judged, a job's stages are read once for
-- all its ops, and what was just written is answered without being read again. A stay has one index less: a decision is looked
-- for among the stays of its application, whose it has to be.
SET LOCAL ROLE hiretty_owner;

CREATE TYPE app.held_application AS (id uuid, job_id uuid, stage_id uuid, candidate_id uuid);

DROP FUNCTION app.hold_applications(uuid, uuid[]);
-- Holds applications, in the order of their ids, so that two who hold the same ones wait instead of deadlocking; as they are
-- then. By their ids, however few of the table the planner believes to be left over: it would read all of it.
CREATE FUNCTION app.hold_applications(tenant uuid, ids uuid[]) RETURNS app.held_application[]
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET enable_seqscan = off SET jit = off AS $$
BEGIN
    RETURN ARRAY(SELECT ROW(h.id, h.job_id, h.stage_id, h.candidate_id)::app.held_application
        FROM (SELECT m.id, m.job_id, m.stage_id, m.candidate_id FROM public.candidate_job_matches m
               WHERE m.tenant_id = tenant AND m.id = ANY (ids) ORDER BY m.id FOR NO KEY UPDATE) h);
END
$$;

DROP FUNCTION app.judge_decisions(app.decision_op[]);
-- What becomes of each op, given what stands now. The plan is kept, and must be right for one op and for thousands: arrays are
-- joined by hash, and what few ops need is looked up by LATERAL … OFFSET 0.
CREATE FUNCTION app.judge_decisions(ops app.decision_op[], held app.held_application[]) RETURNS app.decision_op[]
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
SET enable_nestloop = off SET enable_mergejoin = off SET enable_seqscan = off SET enable_bitmapscan = off SET jit = off AS $$
DECLARE
    tenant uuid := app.my_tenant();
    author uuid := app.my_user();
    author_role text := app.my_role();
    hidden uuid[] := app.hidden_jobs();
    people uuid[] := app.hidden_people();
    asked uuid[] := ARRAY(SELECT o.op FROM unnest(ops) o);
    matches uuid[] := ARRAY(SELECT h.id FROM unnest(held) h);
    jobs uuid[] := ARRAY(SELECT DISTINCT h.job_id FROM unnest(held) h);
BEGIN
    RETURN (
        WITH decisions AS MATERIALIZED (
            SELECT d.id, d.match_id, d.base_decision_id, d.decided_by FROM public.hiring_decisions d
             WHERE d.tenant_id = tenant AND d.match_id = ANY (matches)),
        lasts AS (
            SELECT DISTINCT ON (d.match_id) d.match_id, d.id, d.decided_by FROM decisions d
             WHERE NOT EXISTS (SELECT FROM decisions e
                                WHERE e.match_id = d.match_id AND e.base_decision_id = d.id)
             ORDER BY d.match_id),
        stages AS MATERIALIZED (
            SELECT s.id, s.job_id, s.stage_type, s.position FROM public.job_stages s
             WHERE s.tenant_id = tenant AND s.job_id = ANY (jobs)),
        firsts AS (
            SELECT DISTINCT ON (s.job_id, s.stage_type) s.job_id, s.stage_type, s.id, s.position FROM stages s
             ORDER BY s.job_id, s.stage_type, s.position)
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
          LEFT JOIN (SELECT h.id, h.job_id, h.stage_id FROM unnest(held) h
                      WHERE NOT h.job_id = ANY (hidden) AND NOT h.candidate_id = ANY (people)) m ON m.id = o.match
          LEFT JOIN (
              SELECT x.id, x.match_id, x.decision, x.decided_by FROM public.hiring_decisions x
               WHERE x.tenant_id = tenant AND x.id = ANY (asked)) k ON k.id = o.op
          LEFT JOIN lasts last ON last.match_id = m.id
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
          LEFT JOIN stages f ON f.id = m.stage_id
          LEFT JOIN firsts p ON p.job_id = m.job_id AND o.to_stage IS NULL
              AND p.stage_type = CASE o.decision WHEN 'shortlist' THEN 'shortlist' WHEN 'offer' THEN 'offer'
                  WHEN 'hire' THEN 'hired' WHEN 'reject' THEN 'rejected' WHEN 'withdraw' THEN 'withdrawn' END
          LEFT JOIN LATERAL (
              SELECT s.id, s.stage_type, s.position FROM public.job_stages s
               WHERE (o.to_stage IS NOT NULL OR o.decision IN ('undo', 'hold', 'advance', 'reopen'))
                 AND s.tenant_id = tenant AND s.job_id = m.job_id
                 AND CASE
                     WHEN o.decision = 'undo' THEN s.id = r.from_stage_id
                     WHEN o.to_stage IS NOT NULL THEN s.id = o.to_stage
                     WHEN o.decision = 'hold' THEN s.id = m.stage_id
                     WHEN o.decision = 'advance' THEN s.position > f.position AND NOT s.is_terminal
                     WHEN o.decision = 'reopen' THEN s.id = closing.from_stage_id END
               ORDER BY s.position LIMIT 1) named ON true
          CROSS JOIN LATERAL (SELECT coalesce(named.id, p.id) AS id, coalesce(named.stage_type, p.stage_type) AS stage_type,
              coalesce(named.position, p.position) AS position) t
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

DROP FUNCTION app.decision_outcomes(app.decision_op[]);
-- The answers, in the order of the ops: with what the server holds now, so that the client needs no
-- pull to show it. Their text is put together here: a JSON function asks for the type of each value anew.
-- It is JSON, and returned as text: a cast would only parse it once more.
-- `fresh`: what applied was written in this transaction, as the op says.
-- ids, numbers and names of enumerations need no escaping; whatever may be other text goes through to_json.
CREATE FUNCTION app.decision_outcomes(ops app.decision_op[], fresh boolean) RETURNS text
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
                FROM (SELECT o.op AS id, o.match AS match_id, o.decision, o.from_stage AS from_stage_id,
                             o.to_stage AS to_stage_id, o.base AS base_decision_id, o.reason AS reason_id,
                             (o.note ->> 'id')::uuid AS note_id, o.hold_until, 'user' AS actor_kind,
                             author AS decided_by, o.decided_at, o.score AS ai_score_seen,
                             o.recommendation AS ai_recommendation, o.agreed AS agreed_with_ai,
                             o.viewed AS explanation_viewed, o.blind, o.seconds AS seconds_viewed,
                             (o.bulk ->> 'id')::uuid AS bulk_op_id, o.reverses AS reverses_id, 1 AS row_version
                       WHERE fresh AND o.outcome = 'applied' AND o.code IS NULL
                      UNION ALL
                      SELECT d.id, d.match_id, d.decision, d.from_stage_id, d.to_stage_id, d.base_decision_id,
                             d.reason_id, d.note_id, d.hold_until, d.actor_kind, d.decided_by, d.decided_at,
                             d.ai_score_seen, d.ai_recommendation, d.agreed_with_ai, d.explanation_viewed, d.blind,
                             d.seconds_viewed, d.bulk_op_id, d.reverses_id, d.row_version
                        FROM public.hiring_decisions d
                       WHERE NOT (fresh AND o.outcome = 'applied' AND o.code IS NULL)
                           AND d.tenant_id = tenant AND d.id = latest.id AND d.match_id = m.id
                           AND (o.outcome = 'conflict' OR d.client_op_id = o.op AND d.decided_by = author)) x
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
-- sends the batch again gets the same outcomes, with the rows as they stand then. In 32 MB the rows that the triggers look
-- through need no file.
CREATE OR REPLACE FUNCTION app.push_decisions(device uuid, ops jsonb) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET jit = off SET work_mem = '32MB' AS $$
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
    held app.held_application[];
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
            FROM unnest(parsed) o), false);
    END IF;
    FOR w IN 1 .. waves LOOP
        -- Those of the first wave stay held; what it moved is read again.
        held := app.hold_applications(tenant, matches);
        judged := app.judge_decisions(CASE WHEN waves = 1 THEN parsed
            ELSE ARRAY(SELECT o FROM unnest(parsed) o WHERE o.wave = w) END, held);
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
    RETURN app.decision_outcomes(done, true);
END
$$;

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
        -- What stood open ends, and the next stay begins then; nothing was before the first one. Unique: one
        -- open stay of an application.
        WITH ended AS (
            UPDATE public.pipeline_events e SET left_at = greatest(a.decided_at, e.entered_at)
              FROM added a
             WHERE e.tenant_id = tenant AND e.match_id = ANY (matches) AND e.left_at IS NULL
               AND e.match_id = a.match_id AND e.to_stage_id = a.from_stage_id
            RETURNING e.match_id, e.job_id, e.left_at, e.from_stage_id IS NULL AS is_first, a.from_stage_id,
                a.to_stage_id, a.actor_kind, a.id)
        INSERT INTO public.pipeline_events (tenant_id, match_id, job_id, from_stage_id, to_stage_id,
            entered_at, actor_kind, decision_id)
        SELECT tenant, d.match_id, d.job_id, d.from_stage_id, d.to_stage_id,
               CASE WHEN d.is_first THEN d.left_at
                   ELSE greatest(d.left_at, (SELECT max(e.left_at) FROM public.pipeline_events e
                                              WHERE e.tenant_id = tenant AND e.match_id = d.match_id)) END,
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


REVOKE ALL ON FUNCTION app.hold_applications(uuid, uuid[]), app.judge_decisions(app.decision_op[], app.held_application[]),
    app.decision_outcomes(app.decision_op[], boolean) FROM PUBLIC;

-- The index of a stay's decision also leads from an application to its stays, of which there are few to be put in order.
DROP INDEX public.pipeline_events_decision_idx, public.pipeline_events_match_idx;
CREATE INDEX pipeline_events_decision_idx ON public.pipeline_events (tenant_id, match_id, decision_id);
ALTER TABLE public.pipeline_events
    ADD CONSTRAINT pipeline_events_decision_of_same_match FOREIGN KEY (tenant_id, match_id, decision_id)
        REFERENCES public.hiring_decisions (tenant_id, match_id, id) NOT VALID;
-- Of before, one written by hand may name another application's: such a database keeps the key that it had as well.
ALTER TABLE public.pipeline_events NO FORCE ROW LEVEL SECURITY;
ALTER TABLE public.hiring_decisions NO FORCE ROW LEVEL SECURITY;
DO $$
BEGIN
    ALTER TABLE public.pipeline_events VALIDATE CONSTRAINT pipeline_events_decision_of_same_match;
    ALTER TABLE public.pipeline_events DROP CONSTRAINT pipeline_events_tenant_id_decision_id_fkey;
EXCEPTION WHEN foreign_key_violation THEN
    RAISE WARNING 'pipeline_events has rows whose decision is not one of their application';
END
$$;
ALTER TABLE public.pipeline_events FORCE ROW LEVEL SECURITY;
ALTER TABLE public.hiring_decisions FORCE ROW LEVEL SECURITY;
