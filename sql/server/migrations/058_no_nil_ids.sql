-- 00000000-0000-0000-0000-000000000000 is the id of nothing. Clients copy tables in the order of ids, from that one on, and
-- could not take a row that has it. Nobody inserts one any more, whoever he is; and an op that has it is refused like one
-- that has no id. Everything here may be run twice.
SET LOCAL ROLE hiretty_owner;

-- Where a row has it already, a constraint would refuse every change of this row, an erasure included: there a trigger
-- judges new rows alone, and `hiretty db check` says so.
DO $$
DECLARE
    nil CONSTANT uuid := '00000000-0000-0000-0000-000000000000';
    added record;
BEGIN
    FOR added IN SELECT c.relname AS tbl, c.relname || '_id_not_nil' AS name FROM pg_class c
        WHERE (c.oid = 'public.bulk_operations'::regclass
                OR c.oid IN (SELECT f.server FROM app.feed_tables f WHERE NOT f.reload))
            AND NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conrelid = c.oid AND k.conname = c.relname || '_id_not_nil')
      ORDER BY 1
    LOOP
        BEGIN
            EXECUTE format('ALTER TABLE public.%I ADD CONSTRAINT %I CHECK (id <> %L)', added.tbl, added.name, nil);
        EXCEPTION WHEN check_violation THEN
            RAISE WARNING '% has a row whose id is nil: see docs/administration.md, Sizes', added.tbl;
            EXECUTE format('CREATE OR REPLACE TRIGGER limit_new_id BEFORE INSERT ON public.%I FOR EACH ROW '
                'WHEN (NEW.id = %L) EXECUTE FUNCTION app.beyond_limit(%L)', added.tbl, nil, added.name);
        END;
    END LOOP;
END
$$;

CREATE OR REPLACE FUNCTION app.push_fields(device uuid, ops jsonb) RETURNS text
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET jit = off SET plan_cache_mode = force_generic_plan AS $$
DECLARE
    hash text := jsonb_hash_extended(ops, 0);
    kept json := app.device_lock(device, hash);
    parsed app.field_op[];
    done app.field_op[] := '{}';
    tags app.field_op[];
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
        WHERE o.seq IS NULL OR o.op IS NULL OR o.op = '00000000-0000-0000-0000-000000000000' OR o.id IS NULL OR jsonb_typeof(o.set) <> 'object'
                  OR o.kind IS NULL OR o.kind NOT IN ('insert', 'update', 'delete')) THEN
        RAISE EXCEPTION 'ops: seq, op, kind, table, row and set are needed'
            USING ERRCODE = 'invalid_parameter_value';
    END IF;
    IF kept IS NOT NULL THEN
        done := ARRAY(SELECT app.field_again(o, kept) FROM unnest(parsed) o);
        tags := ARRAY(SELECT o FROM unnest(done) o WHERE o.outcome = 'merged' AND o.kind = 'insert'
            AND o.tbl = 'candidate_tags');
        IF tags <> '{}' THEN
            done := app.tags_again(tags) || ARRAY(SELECT o FROM unnest(done) o
                WHERE NOT (o.outcome = 'merged' AND o.kind = 'insert' AND o.tbl = 'candidate_tags'));
        END IF;
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
    -- NULL says that it simply applied.
    SELECT coalesce(json_object_agg(o.nr, json_build_array(o.outcome, o.code, o.why)), '{}')
      INTO kept FROM unnest(done) o
     WHERE NOT (o.outcome = 'applied' AND o.code IS NULL AND o.why IS NULL);
    PERFORM app.device_store(device, (SELECT max(o.seq) FROM unnest(parsed) o), hash, kept);
    RETURN app.all_field_answers(done);
END
$$;

CREATE OR REPLACE FUNCTION app.parse_decisions(ops jsonb) RETURNS app.decision_op[]
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
        WHERE o.seq IS NULL OR o.op IS NULL OR o.op = '00000000-0000-0000-0000-000000000000' OR o.match IS NULL) THEN
        RAISE EXCEPTION 'ops: seq, op and match are needed'
            USING ERRCODE = 'invalid_parameter_value';
    END IF;
    RETURN coalesce(parsed, '{}');
END
$$;
