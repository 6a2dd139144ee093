-- Pushes cost less. Fields: who holds a row learns its version with it, so that an op upon that version is judged without
-- another look, and answers are put together as text at once.
SET LOCAL ROLE hiretty_owner;

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
    versions bigint[];
BEGIN
    IF keys = '{}' OR EXISTS (SELECT FROM unnest(keys) k WHERE NOT EXISTS (
            SELECT FROM app.field_columns(target) c WHERE c.name = k AND c.updatable)) THEN
        RETURN ARRAY(SELECT app.field_outcome(o, 'rejected', CASE WHEN keys = '{}' THEN 'column'
            ELSE 'not_allowed' END, NULL) FROM unnest(ops) o);
    END IF;
    EXECUTE format('SELECT array_agg(l.id), array_agg(l.row_version) FROM (SELECT x.id, x.row_version '
        'FROM %s x WHERE x.id = ANY ($1) ORDER BY x.id FOR NO KEY UPDATE) l', target)
       INTO locked, versions USING ARRAY(SELECT o.id FROM unnest(ops) o);
    SELECT string_agg(format('%L, %s', c.name, c.to_json), ', ') FILTER (WHERE c.readable
               AND c.name <> 'tenant_id'),
           string_agg(format('%I = %s', c.name, replace(c.from_json, '(s ', '(o.set ')), ', ')
      INTO seen, assignments
      FROM app.field_columns(target) c WHERE c.name = ANY (keys);
    -- A row is looked at again only if it may not be changed, or is of another version than its op.
    EXECUTE format($q$
        SELECT ARRAY(
            SELECT CASE WHEN l.version = o.base_version
                            THEN ROW(o.nr, o.seq, o.op, o.kind, o.tbl, o.id, o.base_version, o.set,
                                     o.base, o.wave, 'applied', NULL, NULL, o.rows)::app.field_op
                        WHEN x.id IS NULL THEN app.field_outcome(o, 'gone', 'gone', NULL)
                        WHEN l.id IS NULL THEN app.field_outcome(o, 'rejected', 'not_allowed', NULL)
                        WHEN NOT EXISTS (SELECT FROM jsonb_each(o.set) s
                                          WHERE x.now -> s.key <> s.value
                                            AND (x.now -> s.key) IS DISTINCT FROM (o.base -> s.key))
                            THEN app.field_outcome(o, CASE WHEN o.base_version IS NULL
                                THEN 'applied' ELSE 'merged' END, NULL, NULL)
                        ELSE app.field_outcome(o, 'conflict', 'version', NULL) END
              FROM unnest($1) o
              LEFT JOIN unnest($2, $3) l (id, version) ON l.id = o.id
              LEFT JOIN LATERAL (SELECT x.id, jsonb_build_object(%s) AS now FROM %s x
                  WHERE l.version IS DISTINCT FROM o.base_version AND x.id = o.id OFFSET 0) x ON true
             ORDER BY o.nr)$q$, coalesce(seen, ''), target) INTO ops USING ops, locked, versions;
    EXECUTE format('UPDATE %s x SET %s FROM unnest($1) o '
        'WHERE x.id = ANY ($2) AND x.id = o.id AND o.outcome IN (''applied'', ''merged'')',
        target, assignments) USING ops, locked;
    RETURN ops;
END
$$;

-- An expression over row x: the readable columns of a table as the text of a JSON object, their values as
-- app.field_columns() has them. A JSON function asks for the type of each value anew, for each row;
-- json_object(), which takes texts, does not.
CREATE FUNCTION app.row_text(target regclass) RETURNS text
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN (
        SELECT format('concat(''{'', %s right(json_object(%L::text[], ARRAY[%s])::text, -1))',
                      string_agg(format('%L, coalesce(%s::text, ''null''), '','',',
                          '"' || c.name || '":', CASE WHEN c.to_json <> format('x.%I', c.name)
                              OR a.atttypid = ANY ('{bool,int2,int4,int8}'::regtype[])
                              THEN format('(%s)', c.to_json) ELSE format('to_json(%s)', c.to_json) END),
                          ' ' ORDER BY a.attnum) FILTER (WHERE NOT v.is_text),
                      array_agg(c.name ORDER BY a.attnum) FILTER (WHERE v.is_text),
                      string_agg(c.to_json || '::text', ', ' ORDER BY a.attnum) FILTER (WHERE v.is_text))
          FROM app.field_columns(target) c
          JOIN pg_attribute a ON a.attrelid = target AND a.attname = c.name
          CROSS JOIN LATERAL (SELECT a.atttypid = ANY ('{uuid,text,varchar}'::regtype[])) v (is_text)
         WHERE c.readable AND c.name <> 'tenant_id');
END
$$;

-- Answers change their type: their text is put together as it is sent.
DROP FUNCTION app.push_fields(uuid, jsonb), app.all_field_answers(app.field_op[]),
    app.field_answers(regclass, int, app.field_op[]);
ALTER TYPE app.field_answer ALTER ATTRIBUTE answer TYPE text;

-- The answers with the rows as they stand now. `target` NULL: of no row that may be shown. ids, numbers and names of
-- outcomes need no escaping.
CREATE FUNCTION app.field_answers(target regclass, number int, ops app.field_op[]) RETURNS app.field_answer[]
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp SET jit = off AS $$
DECLARE
    answers app.field_answer[];
    now_rows text := 'SELECT NULL::text AS whole, NULL::bigint AS changed WHERE false';
BEGIN
    IF target IS NOT NULL THEN
        SELECT format('SELECT %s AS whole, %s AS changed FROM %s x '
                   'WHERE x.id = o.id AND o.code IS DISTINCT FROM ''duplicate'' OFFSET 0', app.row_text(target),
                      coalesce(max(c.to_json) FILTER (WHERE c.name = 'updated_at'), 'NULL::bigint'),
                      target)
          INTO now_rows
          FROM app.field_columns(target) c WHERE c.readable;
    END IF;
    EXECUTE format($q$
        SELECT array_agg(ROW(o.nr, concat('{"seq":', o.seq, ',"op":"', o.op, '","outcome":"', o.outcome,
                   '","code":', CASE WHEN o.code IS NULL THEN 'null' ELSE to_json(o.code)::text END,
                   ',"why":', CASE WHEN o.why IS NULL THEN 'null' ELSE to_json(o.why)::text END,
                   ',"by":null,"at":', CASE WHEN o.outcome = 'conflict' AND o.rows IS NULL
                       AND x.changed IS NOT NULL THEN x.changed::text ELSE 'null' END,
                   ',"rows":', CASE WHEN o.rows IS NOT NULL THEN o.rows::text
                       WHEN x.whole IS NOT NULL
                           THEN concat('[{"tbl":', $2, ',"id":"', o.id, '","row":', x.whole, '}]')
                       WHEN o.outcome = 'applied' AND $2 IS NOT NULL
                           THEN concat('[{"tbl":', $2, ',"id":"', o.id, '","gone":true}]')
                       ELSE '[]' END, '}'))::app.field_answer)
          FROM unnest($1) o
          LEFT JOIN LATERAL (%s) x ON true$q$, now_rows) INTO answers USING ops, number;
    RETURN answers;
END
$$;

-- The answers of a batch, in the order of its ops.
CREATE FUNCTION app.all_field_answers(done app.field_op[]) RETURNS text
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp SET jit = off AS $$
DECLARE
    answers app.field_answer[] := '{}';
    part record;
BEGIN
    FOR part IN
        SELECT f.server AS target, f.number, array_agg(o ORDER BY o.nr) AS ops
          FROM unnest(done) o
          LEFT JOIN app.feed_tables f ON f.name = o.tbl AND o.outcome <> 'gone'
              AND o.code IS DISTINCT FROM 'not_allowed'
         GROUP BY f.server, f.number
    LOOP
        answers := answers || app.field_answers(part.target, part.number, part.ops);
    END LOOP;
    RETURN (SELECT concat('[', string_agg(a.answer, ',' ORDER BY a.nr), ']') FROM unnest(answers) a);
END
$$;

CREATE FUNCTION app.push_fields(device uuid, ops jsonb) RETURNS text
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

REVOKE ALL ON FUNCTION app.row_text(regclass), app.field_answers(regclass, int, app.field_op[]),
    app.all_field_answers(app.field_op[]), app.push_fields(uuid, jsonb) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION app.row_text(regclass), app.field_answers(regclass, int, app.field_op[]),
    app.all_field_answers(app.field_op[]), app.push_fields(uuid, jsonb) TO hiretty_client;
