-- Who takes a decision back takes back the words that were written with it; what was noted apart from it stays. The answer to
-- the undo says so, so that nobody sees them once more until the next pull. By row, as of reopenings: few decisions are undone.
SET LOCAL ROLE hiretty_owner;

CREATE FUNCTION app.undone_words() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET enable_seqscan = off AS $$
BEGIN
    -- One time of both: written in one transaction.
    UPDATE public.candidate_notes n SET deleted_at = now()
      FROM public.hiring_decisions d
     WHERE d.tenant_id = NEW.tenant_id AND d.id = NEW.reverses_id
       AND n.tenant_id = d.tenant_id AND n.id = d.note_id AND n.deleted_at IS NULL
       AND n.created_by = NEW.decided_by AND n.created_at = d.created_at;
    RETURN NULL;
END
$$;
CREATE TRIGGER undone_words AFTER INSERT ON public.hiring_decisions
    FOR EACH ROW WHEN (NEW.decision = 'undo') EXECUTE FUNCTION app.undone_words();

-- The answers, in the order of the ops: with what the server holds now, so that the client needs no
-- pull to show it. Their text is put together here: a JSON function asks for the type of each value anew.
-- It is JSON, and returned as text: a cast would only parse it once more.
-- `fresh`: what applied was written in this transaction, as the op says.
-- ids, numbers and names of enumerations need no escaping; whatever may be other text goes through to_json.
CREATE OR REPLACE FUNCTION app.decision_outcomes(ops app.decision_op[], fresh boolean) RETURNS text
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
          -- An undo brings those of what it undid.
          CROSS JOIN LATERAL (SELECT CASE WHEN o.decision = 'undo' THEN
              (SELECT r.note_id FROM public.hiring_decisions r
                WHERE r.tenant_id = tenant AND r.id = o.reverses AND r.match_id = m.id)
              ELSE d.note_id END AS id OFFSET 0) words
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
               WHERE o.outcome = 'applied' AND words.id IS NOT NULL AND x.tenant_id = tenant
                   AND x.id = words.id AND x.candidate_id = m.candidate_id
                   AND (x.match_id IS NULL OR x.match_id = m.id)
                   AND (x.visibility = 'team' OR x.created_by = author) OFFSET 0) n ON true);
END
$$;
