-- What a device keeps for a retry of fields are outcomes, codes and reasons: no rows, and no words of people.
-- Whoever sends a batch again gets the outcomes of the first time, with what the rows say then; a tag that two
-- people gave is looked for again. A server's message may quote the value that it refuses: it loses what it quotes
-- before it is kept or answered. Everything here may be run twice.

SET LOCAL ROLE hiretty_owner;

-- A message without what it quotes, in whatever language the server speaks. A value may hold quotation marks: all
-- between the first and the last one goes. What names a constraint or a column quotes names alone.
CREATE OR REPLACE FUNCTION app.without_values(message text, names boolean) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN names THEN message
    ELSE regexp_replace(message, '["''`«»‹›„“”‟‚‘’‛「」『』].*["''`«»‹›„“”‟‚‘’‛「」『』]', '…') END;

-- What devices keep until now may hold words. Of fields it had the rows as well: what a retry needs of it stays, since an
-- answer may be on its way over an update. A reason that a code does not say itself loses what it quotes; any other
-- text is nobody's. A new copy of the table leaves nothing of them on the disk. Decisions keep codes alone.
CREATE OR REPLACE FUNCTION app.kept_without_words(kept json) RETURNS json
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT coalesce(json_object_agg(k.nr, json_build_array(k.outcome, k.code, CASE
               WHEN k.why LIKE 'The server does not take it: %' THEN app.without_values(k.why, false)
               WHEN k.code = 'busy' THEN 'Somebody on the panel has another interview at that time.'
               ELSE app.push_why(k.code, NULL, NULL) END)), '{}')
      FROM (SELECT e.key AS nr, e.value ->> 0 AS outcome, e.value ->> 1 AS code, e.value ->> 2 AS why
              FROM json_each(kept) e WHERE json_typeof(e.value) = 'array') k
     WHERE k.nr ~ '^[0-9]{1,4}$' AND k.outcome IN ('applied', 'merged', 'conflict', 'rejected', 'gone')
       AND (k.code IS NULL OR k.code ~ '^[a-z_]{1,40}$');
$$;
ALTER TABLE public.client_devices
    ALTER COLUMN last_outcomes TYPE json
        USING CASE WHEN last_batch_hash LIKE 'decisions %' THEN last_outcomes
            WHEN last_batch_hash ~ '^-?[0-9]{1,20}$' AND json_typeof(last_outcomes) = 'object'
                THEN app.kept_without_words(last_outcomes) END,
    ALTER COLUMN last_batch_hash TYPE text
        USING CASE WHEN last_batch_hash LIKE 'decisions %' OR last_batch_hash ~ '^-?[0-9]{1,20}$' THEN last_batch_hash END;
DROP FUNCTION app.kept_without_words(json);

-- Ops of one table, kind and set of columns. When they do not go together, each goes alone, so that
-- one bad value costs no other op its outcome.
CREATE OR REPLACE FUNCTION app.apply_fields(target regclass, kind text,
    ops app.field_op[]) RETURNS app.field_op[]
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    each app.field_op;
    done app.field_op[] := '{}';
    state text;
    message text;
    named text;
BEGIN
    BEGIN
        RETURN CASE kind
            WHEN 'insert' THEN CASE WHEN target = 'public.candidate_tags'::regclass
                                    THEN app.merge_tags(app.insert_fields(target, ops))
                                        ELSE app.insert_fields(target, ops) END
            WHEN 'update' THEN app.update_fields(target, ops)
            WHEN 'delete' THEN app.delete_fields(target, ops) END;
    EXCEPTION WHEN data_exception OR integrity_constraint_violation OR insufficient_privilege THEN
        GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE, message = MESSAGE_TEXT,
            named = CONSTRAINT_NAME;
        IF named = '' THEN
            GET STACKED DIAGNOSTICS named = COLUMN_NAME;
        END IF;
    END;
    IF cardinality(ops) > 1 THEN
        FOREACH each IN ARRAY ops LOOP
            done := done || app.apply_fields(target, kind, ARRAY[each]);
        END LOOP;
        RETURN done;
    END IF;
    RETURN ARRAY[CASE state
        WHEN '42501' THEN app.field_outcome(ops[1], 'rejected', 'not_allowed', NULL)
        WHEN '23P01' THEN app.field_outcome(ops[1], 'rejected', 'busy',
            'Somebody on the panel has another interview at that time.')
        WHEN '23505' THEN app.field_outcome(ops[1], 'rejected', 'duplicate', NULL)
        ELSE CASE WHEN state = '23503' AND kind = 'insert'
            THEN app.field_outcome(ops[1], 'gone', 'gone', NULL)
            ELSE app.field_outcome(ops[1], 'rejected', 'bad_value', 'The server does not take it: '
                || app.without_values(message, state LIKE '23%' AND named <> '')) END END];
END
$$;

-- An op of a batch that comes again, with the outcome of the first time.
CREATE OR REPLACE FUNCTION app.field_again(o app.field_op, kept json) RETURNS app.field_op
LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    told json := kept -> o.nr::text;
BEGIN
    o.outcome := coalesce(told ->> 0, 'applied');
    o.code := told ->> 1;
    o.why := told ->> 2;
    RETURN o;
END
$$;

-- Tags that somebody had given before, on a retry: the one that stands there now, if there is one; the op's own
-- row is none either way.
CREATE OR REPLACE FUNCTION app.tags_again(ops app.field_op[]) RETURNS app.field_op[]
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp SET jit = off AS $$
DECLARE
    o app.field_op;
    asked app.field_op[] := '{}';
    done app.field_op[] := '{}';
BEGIN
    FOREACH o IN ARRAY ops LOOP
        o.code := 'duplicate';
        asked := asked || o;
    END LOOP;
    FOREACH o IN ARRAY app.merge_tags(asked) LOOP
        o.code := NULL;
        o.rows := coalesce(o.rows, jsonb_build_array(jsonb_build_object('tbl', 12, 'id', o.id, 'gone', true)));
        done := done || o;
    END LOOP;
    RETURN done;
END
$$;

CREATE OR REPLACE FUNCTION app.push_fields(device uuid, ops jsonb) RETURNS json
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET jit = off AS $$
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
        WHERE o.seq IS NULL OR o.op IS NULL OR o.id IS NULL OR jsonb_typeof(o.set) <> 'object'
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

REVOKE ALL ON FUNCTION app.without_values(text, boolean), app.tags_again(app.field_op[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION app.without_values(text, boolean), app.tags_again(app.field_op[]) TO hiretty_client;
