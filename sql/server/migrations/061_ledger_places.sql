-- The application moves before its stays are written, as it did until lately: thousands of them fill the server's buffers, and
-- its page, which was read to hold it, would have to be read again by then. That costs more than to lock it once more.
SET LOCAL ROLE hiretty_owner;

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
    moved uuid[];
    stages uuid[];
    hit bigint;
    stem text;
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
                          WHERE r.tenant_id = tenant AND r.id = a.reverses_id)) END,
           row_version = m.row_version + (t.id <> m.stage_id)::int,
           updated_at = CASE WHEN t.id <> m.stage_id THEN now() ELSE m.updated_at END
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

    SELECT array_agg(a.match_id) INTO moved FROM added a WHERE a.to_stage_id <> a.from_stage_id;
    IF moved IS NOT NULL THEN
        -- What stood open ends, and the next stay begins then; nothing was before the first one. Unique: one
        -- open stay of an application. Its id begins with the time (UUID version 7): what one push writes lies side by
        -- side in the index, instead of a page of it for each stay.
        stem := lpad(to_hex((extract(epoch FROM clock_timestamp()) * 1000)::bigint), 12, '0');
        stem := left(stem, 8) || '-' || right(stem, 4) || '-7';
        WITH ended AS (
            UPDATE public.pipeline_events e SET left_at = greatest(a.decided_at, e.entered_at),
                row_version = e.row_version + 1, updated_at = now()
              FROM added a
             WHERE e.tenant_id = tenant AND e.match_id = ANY (moved) AND e.left_at IS NULL
               AND e.match_id = a.match_id AND e.to_stage_id = a.from_stage_id
            RETURNING e.match_id, e.job_id, e.left_at, e.from_stage_id IS NULL AS is_first, a.from_stage_id,
                a.to_stage_id, a.actor_kind, a.id)
        INSERT INTO public.pipeline_events (tenant_id, id, match_id, job_id, from_stage_id, to_stage_id,
            entered_at, actor_kind, decision_id)
        SELECT tenant, (stem || substr(gen_random_uuid()::text, 16))::uuid, d.match_id, d.job_id, d.from_stage_id,
               d.to_stage_id,
               CASE WHEN d.is_first THEN d.left_at
                   ELSE greatest(d.left_at, (SELECT max(e.left_at) FROM public.pipeline_events e
                                              WHERE e.tenant_id = tenant AND e.match_id = d.match_id)) END,
               d.actor_kind, d.id
          FROM ended d;
        GET DIAGNOSTICS hit = ROW_COUNT;
        IF hit <> cardinality(moved) THEN
            RAISE EXCEPTION 'ledger: % decisions ended % stays', cardinality(moved), hit
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
