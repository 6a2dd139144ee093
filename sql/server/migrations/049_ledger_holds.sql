-- More of the ledger's keys follow from what it holds and judges anyway, each a look-up, and often an entry of an
-- index, for every decision: who decided, on which application, after which decision and undoing which; whose a stay
-- is, in which stage, and which decision began it. What the keys did besides is done here: nobody removes what
-- decisions name, stays go with their application, and who writes a stay by hand names what there is.
GRANT SELECT (decided_by) ON public.hiring_decisions TO hiretty_auth;
GRANT SELECT (to_stage_id, match_id) ON public.pipeline_events TO hiretty_auth;
GRANT DELETE ON public.pipeline_events TO hiretty_auth;
CREATE POLICY goes_with_application ON public.pipeline_events FOR DELETE TO hiretty_auth USING (true);

SET LOCAL ROLE hiretty_auth;

-- A decision is written by who holds its application (as app.ledger_apply and app.push_decisions do, and whoever
-- changed it), so a removal waits for it, and then finds it.
CREATE FUNCTION app.ledger_keeps_application() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF EXISTS (SELECT FROM public.hiring_decisions d WHERE d.tenant_id = OLD.tenant_id AND d.match_id = OLD.id) THEN
        RAISE EXCEPTION 'decisions name this application' USING ERRCODE = 'foreign_key_violation';
    END IF;
    DELETE FROM public.pipeline_events e WHERE e.tenant_id = OLD.tenant_id AND e.match_id = OLD.id;
    RETURN NULL;
END
$$;

-- No index leads from a person to his decisions: memberships end by their status, and are seldom removed.
CREATE FUNCTION app.ledger_keeps_author() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF EXISTS (SELECT FROM public.hiring_decisions d
            WHERE d.tenant_id = OLD.tenant_id AND d.decided_by = OLD.user_id) THEN
        RAISE EXCEPTION 'decisions name this member' USING ERRCODE = 'foreign_key_violation';
    END IF;
    RETURN NULL;
END
$$;

CREATE FUNCTION app.ledger_keeps_all() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF EXISTS (SELECT FROM public.hiring_decisions) THEN
        RAISE EXCEPTION 'decisions name rows of this table' USING ERRCODE = 'foreign_key_violation';
    END IF;
    RETURN NULL;
END
$$;

-- Who moves an application into a stage holds the stage by the application's own key until that commits.
CREATE OR REPLACE FUNCTION app.stage_is_used() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF EXISTS (SELECT FROM public.candidate_job_matches m
            JOIN public.hiring_decisions d ON d.tenant_id = OLD.tenant_id AND d.match_id = m.id
            WHERE m.tenant_id = OLD.tenant_id AND m.job_id = OLD.job_id
                AND OLD.id IN (d.from_stage_id, d.to_stage_id)) THEN
        RAISE EXCEPTION 'decisions name this stage' USING ERRCODE = 'foreign_key_violation';
    END IF;
    IF EXISTS (SELECT FROM public.pipeline_events e WHERE e.tenant_id = OLD.tenant_id
            AND e.job_id = OLD.job_id AND OLD.id IN (e.from_stage_id, e.to_stage_id)) THEN
        RAISE EXCEPTION 'stays name this stage' USING ERRCODE = 'foreign_key_violation';
    END IF;
    RETURN NULL;
END
$$;
REVOKE ALL ON FUNCTION app.ledger_keeps_application(), app.ledger_keeps_author(), app.ledger_keeps_all() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION app.ledger_keeps_application(), app.ledger_keeps_author(), app.ledger_keeps_all()
    TO hiretty_owner;

SET LOCAL ROLE hiretty_owner;

CREATE FUNCTION app.stay_by_hand() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    stages bigint;
BEGIN
    -- The wall would hide what is asked for here.
    IF app.acting_tenant() IS DISTINCT FROM NEW.tenant_id THEN
        RAISE EXCEPTION 'choose the tenant first: SET app.current_tenant'
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    PERFORM FROM public.candidate_job_matches m WHERE m.tenant_id = NEW.tenant_id AND m.id = NEW.match_id
        FOR KEY SHARE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'match_id is no application' USING ERRCODE = 'foreign_key_violation';
    END IF;
    PERFORM FROM public.job_stages s WHERE s.tenant_id = NEW.tenant_id AND s.job_id = NEW.job_id
        AND s.id IN (NEW.from_stage_id, NEW.to_stage_id) FOR KEY SHARE;
    GET DIAGNOSTICS stages = ROW_COUNT;
    IF stages <> cardinality(ARRAY(SELECT DISTINCT x FROM unnest(ARRAY[NEW.from_stage_id, NEW.to_stage_id]) x
            WHERE x IS NOT NULL)) THEN
        RAISE EXCEPTION 'from_stage_id or to_stage_id is no stage of this job'
            USING ERRCODE = 'foreign_key_violation';
    END IF;
    IF NEW.decision_id IS NOT NULL AND NOT EXISTS (SELECT FROM public.hiring_decisions d
            WHERE d.tenant_id = NEW.tenant_id AND d.match_id = NEW.match_id AND d.id = NEW.decision_id) THEN
        RAISE EXCEPTION 'decision_id is no decision of this application' USING ERRCODE = 'foreign_key_violation';
    END IF;
    RETURN NULL;
END
$$;
REVOKE ALL ON FUNCTION app.stay_by_hand() FROM PUBLIC;

CREATE TRIGGER ledger_keeps AFTER DELETE ON public.candidate_job_matches
    FOR EACH ROW EXECUTE FUNCTION app.ledger_keeps_application();
CREATE TRIGGER ledger_keeps AFTER DELETE OR UPDATE OF user_id ON public.tenant_users
    FOR EACH ROW EXECUTE FUNCTION app.ledger_keeps_author();
DO $$
DECLARE
    t text;
BEGIN
    FOREACH t IN ARRAY ARRAY['candidate_job_matches', 'tenant_users', 'job_stages'] LOOP
        EXECUTE format('CREATE TRIGGER ledger_keeps_all BEFORE TRUNCATE ON public.%I '
            'FOR EACH STATEMENT EXECUTE FUNCTION app.ledger_keeps_all()', t);
    END LOOP;
END
$$;
DROP TRIGGER stay_came_from ON public.pipeline_events;
CREATE TRIGGER stay_by_hand AFTER INSERT OR UPDATE OF match_id, from_stage_id, to_stage_id, job_id, decision_id
    ON public.pipeline_events FOR EACH ROW WHEN (current_user <> 'hiretty_owner')
    EXECUTE FUNCTION app.stay_by_hand();

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

    -- Whoever removes the membership of an author waits, and then meets app.ledger_keeps_author.
    PERFORM FROM public.tenant_users u WHERE u.tenant_id = tenant
        AND u.user_id = ANY (ARRAY(SELECT DISTINCT a.decided_by FROM added a)) FOR KEY SHARE;

    -- app.push_decisions holds the applications and has judged each op by the same rules.
    IF TG_NARGS = 0 OR EXISTS (SELECT FROM added a WHERE a.actor_kind <> 'user') THEN
        -- In id order, so that two that touch the same applications wait instead of deadlocking.
        PERFORM FROM public.candidate_job_matches m WHERE m.tenant_id = tenant AND m.id = ANY (matches)
          ORDER BY m.id FOR NO KEY UPDATE;

        SELECT a.id, CASE
                WHEN author IS NOT NULL AND (a.actor_kind <> 'user'
                    OR a.decided_by IS DISTINCT FROM author)
                    THEN 'not_author: a decision is made in one''s own name'
                WHEN author IS NULL AND a.decided_by IS NOT NULL AND NOT EXISTS (
                    SELECT FROM public.tenant_users u
                        WHERE u.tenant_id = tenant AND u.user_id = a.decided_by)
                    THEN 'not_author: decided_by is no member'
                WHEN a.base_decision_id IS NOT NULL AND b.id IS NULL
                    THEN 'base_unknown: base_decision_id is no decision of this application'
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
          LEFT JOIN LATERAL (SELECT x.id FROM public.hiring_decisions x
                              WHERE x.tenant_id = tenant AND x.match_id = a.match_id
                                  AND x.id = a.base_decision_id AND x.id <> a.id OFFSET 0) b ON true
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
        -- What stood open ends, and the next stay begins then; so each begins no earlier than the ones
        -- before it ended. Unique: one open stay of an application.
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
               d.left_at, d.actor_kind, d.id
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

ALTER TABLE public.hiring_decisions DROP CONSTRAINT hiring_decisions_tenant_id_match_id_fkey,
    DROP CONSTRAINT hiring_decisions_tenant_id_decided_by_fkey,
    DROP CONSTRAINT hiring_decisions_tenant_id_reverses_id_fkey,
    DROP CONSTRAINT hiring_decisions_base_of_same_match,
    DROP CONSTRAINT hiring_decisions_tenant_id_reverses_id_key,
    DROP CONSTRAINT hiring_decisions_tenant_id_client_op_id_key;
ALTER TABLE public.pipeline_events DROP CONSTRAINT pipeline_events_tenant_id_match_id_fkey,
    DROP CONSTRAINT pipeline_events_tenant_id_job_id_to_stage_id_fkey,
    DROP CONSTRAINT pipeline_events_tenant_id_decision_id_fkey;
DROP INDEX public.hiring_decisions_by_idx, public.pipeline_events_to_idx, public.pipeline_events_decision_idx;
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

SET LOCAL ROLE hiretty_auth;
DROP FUNCTION app.stay_came_from();
