-- The ledger: a stage changes in one way, by an INSERT into hiring_decisions. One statement-level
-- trigger checks the machine, moves the matches, closes and opens their pipeline events and cancels
-- the mails of what is undone; whoever inserts meets it.
--
-- The decisions of one application form a chain: each names the one before it (base_decision_id).
-- The unique key makes that an order without clocks, and makes the second of two people who decide
-- at the same time fail instead of overwriting.
SET LOCAL ROLE hiretty_owner;

-- The last decision of an application, NULL for none.
CREATE FUNCTION app.last_decision(tenant uuid, match uuid) RETURNS uuid
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN (
        SELECT d.id FROM public.hiring_decisions d
         WHERE d.tenant_id = tenant AND d.match_id = match
           AND NOT EXISTS (SELECT FROM public.hiring_decisions e
                            WHERE e.tenant_id = tenant AND e.match_id = match
                                AND e.base_decision_id = d.id)
         LIMIT 1);
END
$$;

-- The decision that holds now: from `start` back along the chain, past each undo and what it undid.
CREATE FUNCTION app.effective_decision(tenant uuid, start uuid) RETURNS uuid
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    reversed uuid;
BEGIN
    WHILE start IS NOT NULL LOOP
        SELECT d.reverses_id INTO reversed FROM public.hiring_decisions d
            WHERE d.tenant_id = tenant AND d.id = start;
        EXIT WHEN reversed IS NULL;
        SELECT d.base_decision_id INTO start FROM public.hiring_decisions d
            WHERE d.tenant_id = tenant AND d.id = reversed;
    END LOOP;
    RETURN start;
END
$$;

-- AFTER INSERT ON hiring_decisions, once a statement: all or nothing. The plans are kept, and must
-- be right for one row and for thousands, with and without statistics: hence hash joins between
-- arrays of ids and the transition table, and LATERAL … OFFSET 0 for single lookups.
CREATE FUNCTION app.ledger_apply() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
SET enable_nestloop = off SET enable_mergejoin = off SET enable_seqscan = off SET jit = off AS $$
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
        UPDATE public.pipeline_events e SET left_at = greatest(a.decided_at, e.entered_at)
          FROM added a
         WHERE e.tenant_id = tenant AND e.match_id = ANY (matches) AND e.left_at IS NULL
           AND e.match_id = a.match_id AND e.to_stage_id = a.from_stage_id;
        GET DIAGNOSTICS hit = ROW_COUNT;
        IF hit <> cardinality(matches) THEN
            RAISE EXCEPTION 'ledger: % decisions ended % stays', cardinality(matches), hit
                USING ERRCODE = 'data_exception';
        END IF;
        INSERT INTO public.pipeline_events (tenant_id, match_id, job_id, from_stage_id, to_stage_id,
            entered_at, actor_kind, decision_id)
        SELECT tenant, a.match_id, m.job_id, a.from_stage_id, a.to_stage_id,
               greatest(a.decided_at, (SELECT max(e.left_at) FROM public.pipeline_events e
                                        WHERE e.tenant_id = tenant AND e.match_id = a.match_id)),
               a.actor_kind, a.id
          FROM added a
          JOIN LATERAL (SELECT x.job_id FROM public.candidate_job_matches x
              WHERE x.tenant_id = tenant AND x.id = a.match_id OFFSET 0) m ON true
         WHERE a.to_stage_id <> a.from_stage_id;
    END IF;

    UPDATE public.notifications n SET status = 'cancelled'
     WHERE n.tenant_id = tenant AND n.status = 'queued'
       AND n.decision_id = ANY (ARRAY(SELECT a.reverses_id FROM added a
           WHERE a.reverses_id IS NOT NULL));
    RETURN NULL;
END
$$;
CREATE TRIGGER ledger_apply AFTER INSERT ON public.hiring_decisions REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION app.ledger_apply();

CREATE FUNCTION app.ledger_is_final() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RAISE EXCEPTION 'decisions are final: reverse one by an undo'
        USING ERRCODE = 'insufficient_privilege';
END
$$;
CREATE TRIGGER ledger_is_final BEFORE UPDATE OR DELETE OR TRUNCATE ON public.hiring_decisions
    FOR EACH STATEMENT EXECUTE FUNCTION app.ledger_is_final();

-- The first stay of an application.
CREATE FUNCTION app.match_started() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    actor text := CASE WHEN app.my_user() IS NULL THEN 'import' ELSE 'user' END;
BEGIN
    INSERT INTO public.pipeline_events (tenant_id, match_id, job_id, from_stage_id, to_stage_id,
        entered_at, actor_kind)
    SELECT a.tenant_id, a.id, a.job_id, NULL, a.stage_id, a.stage_entered_at, actor FROM added a;
    RETURN NULL;
END
$$;
CREATE TRIGGER match_started AFTER INSERT ON public.candidate_job_matches REFERENCING NEW TABLE
    AS added
    FOR EACH STATEMENT EXECUTE FUNCTION app.match_started();

-- Nobody but the ledger moves an application. `stage` is the stage's name and follows it.
CREATE FUNCTION app.match_moves_by_ledger() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF (NEW.stage_id, NEW.stage_entered_at, NEW.held_until) IS DISTINCT FROM (OLD.stage_id,
        OLD.stage_entered_at, OLD.held_until) THEN
        RAISE EXCEPTION 'a stage changes by a decision: insert into hiring_decisions'
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    NEW.stage := OLD.stage;
    RETURN NEW;
END
$$;
CREATE TRIGGER match_moves_by_ledger BEFORE UPDATE OF stage_id, stage, stage_entered_at, held_until
    ON public.candidate_job_matches
    FOR EACH ROW WHEN (current_user <> 'hiretty_owner') EXECUTE
        FUNCTION app.match_moves_by_ledger();

-- The platform writes status; that becomes a decision of a rule, so that the ledger stays complete.
CREATE FUNCTION app.status_to_decision() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET enable_nestloop = off
    SET jit = off AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM was JOIN now_is n ON n.tenant_id = was.tenant_id AND n.id = was.id
        WHERE n.status IS DISTINCT FROM was.status) THEN
        RETURN NULL;
    END IF;
    INSERT INTO public.hiring_decisions (tenant_id, match_id, decision, from_stage_id, to_stage_id,
        base_decision_id, actor_kind, decided_by, decided_at)
    SELECT n.tenant_id, n.id,
           CASE t.stage_type WHEN 'rejected' THEN 'reject' WHEN 'withdrawn' THEN 'withdraw'
               WHEN 'hired' THEN 'hire' WHEN 'offer' THEN 'offer'
                WHEN 'shortlist' THEN 'shortlist' ELSE CASE WHEN f.is_terminal THEN 'reopen'
                    ELSE 'advance' END END,
           n.stage_id, t.id, app.last_decision(n.tenant_id, n.id), 'rule', NULL, now()
      FROM was
      JOIN now_is n ON n.tenant_id = was.tenant_id AND n.id = was.id
          AND n.status IS DISTINCT FROM was.status
      LEFT JOIN LATERAL (SELECT x.is_terminal FROM public.job_stages x
          WHERE x.tenant_id = n.tenant_id AND x.id = n.stage_id OFFSET 0) f ON true
      LEFT JOIN LATERAL (SELECT x.id, x.stage_type FROM public.job_stages x
                          WHERE x.tenant_id = n.tenant_id AND x.job_id = n.job_id
                              AND x.stage_type = app.stage_type_of(n.status)
                          ORDER BY x.position LIMIT 1) t ON true;
    RETURN NULL;
END
$$;
CREATE TRIGGER status_to_decision AFTER UPDATE ON public.candidate_job_matches REFERENCING OLD TABLE
    AS was NEW TABLE AS now_is
    FOR EACH STATEMENT WHEN (current_user <> 'hiretty_owner') EXECUTE
        FUNCTION app.status_to_decision();

GRANT EXECUTE ON FUNCTION app.last_decision(uuid, uuid) TO hiretty_client, hiretty_platform;
