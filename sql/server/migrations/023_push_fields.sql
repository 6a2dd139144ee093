-- app.push_fields(device, ops): a client's edits of fields, set-based. It runs as its caller:
-- grants and policies decide. Different fields of one row merge; the same field changed by two is a
-- conflict.
SET LOCAL ROLE hiretty_owner;

CREATE TYPE app.field_op AS (
    nr bigint, seq bigint, op uuid, kind text, tbl text, id uuid, base_version bigint, set jsonb,
        base jsonb,
    wave bigint, outcome text, code text, why text, rows jsonb
);
GRANT USAGE ON TYPE app.field_op TO hiretty_client;

-- How a table's columns look as JSON, and how the caller may use them. `to_json` is an expression
-- over row x, `from_json` one over the jsonb s; forms as in sql/sync/columns.
CREATE FUNCTION app.field_columns(target regclass)
RETURNS TABLE (name text, to_json text, from_json text, readable boolean, insertable boolean,
    updatable boolean)
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN QUERY
    SELECT a.attname::text,
           CASE WHEN a.atttypid = 'timestamptz'::regtype THEN format('app.to_us(x.%I)', a.attname)
                WHEN a.atttypid = 'numeric'::regtype THEN format('(x.%I * 100)::bigint', a.attname)
                ELSE format('x.%I', a.attname) END,
           CASE WHEN a.atttypid = 'timestamptz'::regtype
               THEN format('app.from_us((s ->> %L)::bigint)', a.attname)
                WHEN a.atttypid = 'numeric'::regtype
                    THEN format('((s ->> %L)::numeric / 100)', a.attname)
                WHEN a.atttypid = 'jsonb'::regtype
                    THEN format('nullif(s -> %L, ''null'')', a.attname)
                WHEN t.typcategory = 'A' THEN
                    format('CASE WHEN jsonb_typeof(s -> %1$L) = ''array'' '
                     'THEN ARRAY(SELECT jsonb_array_elements_text(s -> %1$L))::%2$s END', a.attname,
                         format_type(a.atttypid, NULL))
                ELSE format('(s ->> %L)::%s', a.attname, format_type(a.atttypid, a.atttypmod)) END,
           has_column_privilege(a.attrelid, a.attnum, 'SELECT'),
           has_column_privilege(a.attrelid, a.attnum, 'INSERT'),
           has_column_privilege(a.attrelid, a.attnum, 'UPDATE')
      FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
     WHERE a.attrelid = target AND a.attnum > 0 AND NOT a.attisdropped AND t.typcategory <> 'R'
         AND t.typname <> 'tsvector';
END
$$;

-- jsonb_build_object() over the readable ones of row x; more than 50 columns would need a second
-- call.
CREATE FUNCTION app.row_json(target regclass) RETURNS text
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN (SELECT 'jsonb_build_object(' || string_agg(format('%L, %s', c.name, c.to_json),
        ', ') || ')'
              FROM app.field_columns(target) c WHERE c.readable AND c.name <> 'tenant_id');
END
$$;

-- The one thing here that removes rows. Tags carry nobody's name: any recruiter may take one off.
CREATE FUNCTION app.remove_tags(ids uuid[]) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    tenant uuid := app.my_tenant();
BEGIN
    IF coalesce(app.my_role(), '') NOT IN ('admin', 'recruiter') THEN
        RAISE EXCEPTION 'your role may not do this' USING ERRCODE = 'insufficient_privilege';
    END IF;
    DELETE FROM public.candidate_tags t WHERE t.tenant_id = tenant AND t.id = ANY (ids);
END
$$;

-- An op that does not go through, with its reason.
CREATE FUNCTION app.field_outcome(o app.field_op, outcome text, code text,
    why text) RETURNS app.field_op
LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
    o.outcome := field_outcome.outcome;
    o.code := field_outcome.code;
    o.why := coalesce(field_outcome.why, app.push_why(field_outcome.code, NULL, NULL));
    RETURN o;
END
$$;

-- New rows: same table, same columns. A row that is there already is a replay when it is the
-- caller's.
CREATE FUNCTION app.insert_fields(target regclass, ops app.field_op[]) RETURNS app.field_op[]
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET jit = off AS $$
DECLARE
    -- What the server fills in, whatever a client sends along.
    filled CONSTANT text[] := ARRAY['id', 'tenant_id', 'created_by', 'created_at', 'updated_at',
        'row_version', 'edited_at', 'user_id', 'added_by'];
    keys text[] := ARRAY(SELECT k FROM jsonb_object_keys(ops[1].set) k WHERE NOT k = ANY (filled)
        ORDER BY k);
    names text;
    exprs text;
    author text := (SELECT name FROM app.field_columns(target) c
        WHERE c.name IN ('created_by', 'user_id', 'added_by') AND c.readable LIMIT 1);
    parent record;
    seen uuid[];
    own uuid[];
    done uuid[];
BEGIN
    IF keys = '{}' OR EXISTS (SELECT FROM unnest(keys) k WHERE NOT EXISTS (
            SELECT FROM app.field_columns(target) c WHERE c.name = k AND c.insertable)) THEN
        RETURN ARRAY(SELECT app.field_outcome(o, 'rejected', CASE WHEN keys = '{}' THEN 'column'
            ELSE 'not_allowed' END, NULL) FROM unnest(ops) o);
    END IF;
    EXECUTE format('SELECT array_agg(x.id), array_agg(x.id) FILTER (WHERE %s) '
        'FROM %s x WHERE x.id = ANY ($1)',
                   coalesce(format('x.%I = $2', author), 'true'), target)
       INTO seen, own USING ARRAY(SELECT o.id FROM unnest(ops) o), app.my_user();
    ops := ARRAY(SELECT CASE WHEN o.id = ANY (own) THEN app.field_outcome(o, 'applied', NULL, NULL)
                             WHEN o.id = ANY (seen) THEN app.field_outcome(o, 'rejected',
                                 'duplicate', NULL) ELSE o END
                   FROM unnest(ops) o ORDER BY o.nr);
    -- A parent that is not visible is like one that does not exist.
    FOR parent IN SELECT p.key, p.tbl
        FROM (VALUES ('candidate_id', 'public.candidates'),
        ('match_id', 'public.candidate_job_matches'),
                      ('job_id', 'public.jobs'), ('interview_id', 'public.interviews')) p (key, tbl)
                          WHERE p.key = ANY (keys)
    LOOP
        EXECUTE format('SELECT ARRAY(SELECT '
            'CASE WHEN o.outcome IS NULL AND o.set ->> %1$L IS NOT NULL AND x.id IS NULL '
            'THEN app.field_outcome(o, ''gone'', ''gone'', NULL) ELSE o END '
            'FROM unnest($1) o CROSS JOIN LATERAL (SELECT (o.set ->> %1$L)::uuid AS id OFFSET 0) v '
            'LEFT JOIN LATERAL (SELECT p.id FROM %2$s p WHERE p.id = v.id OFFSET 0) x ON true '
            'ORDER BY o.nr)',
            parent.key, parent.tbl) INTO ops USING ops;
    END LOOP;
    SELECT string_agg(quote_ident(c.name), ', ' ORDER BY c.name), string_agg(c.from_json, ', '
        ORDER BY c.name) INTO names, exprs
      FROM app.field_columns(target) c WHERE c.name = ANY (keys);
    EXECUTE format('WITH added AS (INSERT INTO %s (id, %s) SELECT o.id, %s '
        'FROM unnest($1) o CROSS JOIN LATERAL (SELECT o.set AS s) v WHERE o.outcome IS NULL '
        'ORDER BY o.nr ON CONFLICT DO NOTHING RETURNING id) SELECT array_agg(id) FROM added',
                   target, names, replace(exprs, '(s ', '(v.s ')) INTO done USING ops;
    RETURN ARRAY(SELECT CASE WHEN o.outcome IS NOT NULL THEN o WHEN o.id = ANY (done)
        THEN app.field_outcome(o, 'applied', NULL, NULL)
                             ELSE app.field_outcome(o, 'rejected', 'duplicate', NULL) END
                                 FROM unnest(ops) o ORDER BY o.nr);
END
$$;

-- The same tag by two people is one tag: the later one is told about the earlier row.
CREATE FUNCTION app.merge_tags(ops app.field_op[]) RETURNS app.field_op[]
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp SET jit = off AS $$
DECLARE
    row_sql text := app.row_json('public.candidate_tags');
    merged app.field_op[];
BEGIN
    EXECUTE format($q$
        SELECT array_agg(CASE WHEN o.code = 'duplicate' AND t.whole IS NOT NULL
                   THEN ROW(o.nr, o.seq, o.op, o.kind, o.tbl, o.id, o.base_version, o.set, o.base,
                       o.wave, 'merged', NULL,
                            'It had this tag already.',
                                jsonb_build_array(jsonb_build_object('tbl', 12, 'id', t.id, 'row',
                                t.whole),
                            jsonb_build_object('tbl', 12, 'id', o.id, 'gone', true)))::app.field_op
                                ELSE o END ORDER BY o.nr)
          FROM unnest($1) o
          -- Behind the wall an index takes plain values only: they are computed first.
          CROSS JOIN LATERAL (SELECT CASE WHEN o.code = 'duplicate'
                                          THEN (o.set ->> 'candidate_id')::uuid END AS person,
                                     lower(o.set ->> 'tag') AS tag OFFSET 0) v
          LEFT JOIN LATERAL (SELECT x.id, %s AS whole FROM public.candidate_tags x
                              WHERE x.candidate_id = v.person AND lower(x.tag) = v.tag
                                AND x.id <> o.id
                              LIMIT 1) t ON true$q$, row_sql) INTO merged USING ops;
    RETURN merged;
END
$$;

-- Changed fields: same table, same columns. Locked in id order, compared with what the author had
-- seen.
CREATE FUNCTION app.update_fields(target regclass, ops app.field_op[]) RETURNS app.field_op[]
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
SET enable_nestloop = off SET enable_mergejoin = off SET enable_seqscan = off SET jit = off AS $$
DECLARE
    keys text[] := ARRAY(SELECT jsonb_object_keys(ops[1].set) ORDER BY 1);
    assignments text;
    locked uuid[];
BEGIN
    IF keys = '{}' OR EXISTS (SELECT FROM unnest(keys) k WHERE NOT EXISTS (
            SELECT FROM app.field_columns(target) c WHERE c.name = k AND c.updatable)) THEN
        RETURN ARRAY(SELECT app.field_outcome(o, 'rejected', CASE WHEN keys = '{}' THEN 'column'
            ELSE 'not_allowed' END, NULL) FROM unnest(ops) o);
    END IF;
    EXECUTE format('SELECT ARRAY(SELECT x.id FROM %s x WHERE x.id = ANY ($1) '
        'ORDER BY x.id FOR NO KEY UPDATE)', target)
       INTO locked USING ARRAY(SELECT o.id FROM unnest(ops) o);
    EXECUTE format($q$
        SELECT ARRAY(
            SELECT CASE WHEN x.id IS NULL THEN app.field_outcome(o, 'gone', 'gone', NULL)
                        WHEN NOT o.id = ANY ($2) THEN app.field_outcome(o, 'rejected',
                            'not_allowed', NULL)
                        WHEN x.row_version = o.base_version
                            THEN app.field_outcome(o, 'applied', NULL, NULL)
                        WHEN NOT EXISTS (SELECT FROM jsonb_each(o.set) s
                                          WHERE x.now -> s.key <> s.value
                                            AND (x.now -> s.key) IS DISTINCT FROM (o.base -> s.key))
                            THEN app.field_outcome(o, CASE WHEN o.base_version IS NULL
                                THEN 'applied' ELSE 'merged' END, NULL, NULL)
                        ELSE app.field_outcome(o, 'conflict', 'version', NULL) END
              FROM unnest($1) o
              LEFT JOIN LATERAL (SELECT x.id, x.row_version, %s AS now FROM %s x
                  WHERE x.id = o.id OFFSET 0) x ON true
             ORDER BY o.nr)$q$, app.row_json(target), target) INTO ops USING ops, locked;
    SELECT string_agg(format('%I = %s', c.name, replace(c.from_json, '(s ', '(o.set ')),
        ', ') INTO assignments
      FROM app.field_columns(target) c WHERE c.name = ANY (keys);
    EXECUTE format('UPDATE %s x SET %s FROM unnest($1) o '
        'WHERE x.id = ANY ($2) AND x.id = o.id AND o.outcome IN (''applied'', ''merged'')',
        target, assignments) USING ops, locked;
    RETURN ops;
END
$$;

-- Removed: a tag by its row, everything else by its deleted_at.
CREATE FUNCTION app.delete_fields(target regclass, ops app.field_op[]) RETURNS app.field_op[]
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET jit = off AS $$
DECLARE
    ids uuid[] := ARRAY(SELECT o.id FROM unnest(ops) o);
    seen uuid[];
    done uuid[];
BEGIN
    IF target = 'public.candidate_tags'::regclass THEN
        PERFORM app.remove_tags(ids);
        RETURN ARRAY(SELECT app.field_outcome(o, 'applied', NULL, NULL) FROM unnest(ops) o
            ORDER BY o.nr);
    END IF;
    IF NOT EXISTS (SELECT FROM app.field_columns(target) c
        WHERE c.name = 'deleted_at' AND c.updatable) THEN
        RETURN ARRAY(SELECT app.field_outcome(o, 'rejected', 'not_allowed', NULL) FROM unnest(ops) o
            ORDER BY o.nr);
    END IF;
    EXECUTE format('SELECT ARRAY(SELECT x.id FROM %s x WHERE x.id = ANY ($1))', target) INTO seen
        USING ids;
    EXECUTE format('WITH gone AS (UPDATE %s x SET deleted_at = coalesce(x.deleted_at, now()) '
        'WHERE x.id = ANY ($1) RETURNING x.id) '
                   'SELECT array_agg(id) FROM gone', target) INTO done USING ids;
    RETURN ARRAY(SELECT CASE WHEN o.id = ANY (done) THEN app.field_outcome(o, 'applied', NULL, NULL)
                             WHEN o.id = ANY (seen) THEN app.field_outcome(o, 'rejected',
                                 'not_allowed', NULL)
                             ELSE app.field_outcome(o, 'gone', 'gone', NULL) END FROM unnest(ops) o
                                 ORDER BY o.nr);
END
$$;

-- Ops of one table, kind and set of columns. When they do not go together, each goes alone, so that
-- one bad value costs no other op its outcome.
CREATE FUNCTION app.apply_fields(target regclass, kind text,
    ops app.field_op[]) RETURNS app.field_op[]
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    each app.field_op;
    done app.field_op[] := '{}';
    state text;
    message text;
BEGIN
    BEGIN
        RETURN CASE kind
            WHEN 'insert' THEN CASE WHEN target = 'public.candidate_tags'::regclass
                                    THEN app.merge_tags(app.insert_fields(target, ops))
                                        ELSE app.insert_fields(target, ops) END
            WHEN 'update' THEN app.update_fields(target, ops)
            WHEN 'delete' THEN app.delete_fields(target, ops) END;
    EXCEPTION WHEN data_exception OR integrity_constraint_violation OR insufficient_privilege THEN
        GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE, message = MESSAGE_TEXT;
    END;
    IF cardinality(ops) > 1 THEN
        FOREACH each IN ARRAY ops LOOP
            done := done || app.apply_fields(target, kind, ARRAY[each]);
        END LOOP;
        RETURN done;
    END IF;
    RETURN ARRAY[CASE WHEN state = '42501' THEN app.field_outcome(ops[1], 'rejected', 'not_allowed',
        NULL)
                      WHEN state = '23503' AND kind = 'insert'
                          THEN app.field_outcome(ops[1], 'gone', 'gone', NULL)
                      WHEN state = '23505' THEN app.field_outcome(ops[1], 'rejected', 'duplicate',
                          NULL)
                      ELSE app.field_outcome(ops[1], 'rejected', 'bad_value',
                          'The server does not take it: ' || message) END];
END
$$;

-- The rows as they stand now.
CREATE FUNCTION app.field_rows(target regclass, number int,
    ops app.field_op[]) RETURNS app.field_op[]
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp SET jit = off AS $$
DECLARE
    shown app.field_op[];
BEGIN
    EXECUTE format($q$
        SELECT array_agg(ROW(o.nr, o.seq, o.op, o.kind, o.tbl, o.id, o.base_version, o.set, o.base,
            o.wave, o.outcome, o.code, o.why,
                   CASE WHEN o.rows IS NOT NULL THEN o.rows
                        WHEN x.whole IS NOT NULL THEN jsonb_build_array(jsonb_build_object('tbl',
                            $2, 'id', o.id, 'row', x.whole))
                        WHEN o.outcome = 'applied'
                            THEN jsonb_build_array(jsonb_build_object('tbl', $2, 'id', o.id, 'gone',
                            true))
                        ELSE '[]' END)::app.field_op ORDER BY o.nr)
          FROM unnest($1) o
          LEFT JOIN LATERAL (SELECT %s AS whole FROM %s x
              WHERE x.id = o.id AND o.code IS DISTINCT FROM 'duplicate' OFFSET 0) x ON true$q$,
        app.row_json(target), target) INTO shown USING ops, number;
    RETURN shown;
END
$$;

CREATE FUNCTION app.push_fields(device uuid, ops jsonb) RETURNS jsonb
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET jit = off AS $$
DECLARE
    hash text := md5(ops::text);
    outcomes jsonb := app.device_lock(device, hash);
    parsed app.field_op[];
    done app.field_op[] := '{}';
    shown app.field_op[] := '{}';
    part record;
BEGIN
    IF outcomes IS NOT NULL THEN
        RETURN outcomes;
    END IF;
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
    FOR part IN
        SELECT f.server AS target, o.kind, array_agg(o ORDER BY o.nr) AS ops
          FROM unnest(parsed) o
          LEFT JOIN app.feed_tables f ON f.name = o.tbl AND NOT f.reload
              AND f.name <> 'hiring_decisions'
         GROUP BY o.wave, f.server, o.kind, CASE WHEN o.kind <> 'delete'
             THEN ARRAY(SELECT jsonb_object_keys(o.set) ORDER BY 1) END
         ORDER BY o.wave, min(o.nr)
    LOOP
        IF part.target IS NULL THEN
            done := done || ARRAY(SELECT app.field_outcome(o, 'rejected', 'not_allowed', NULL)
                FROM unnest(part.ops) o);
        ELSE
            done := done || app.apply_fields(part.target, part.kind, part.ops);
        END IF;
    END LOOP;
    FOR part IN
        SELECT f.server AS target, f.number, array_agg(o ORDER BY o.nr) AS ops
          FROM unnest(done) o
          LEFT JOIN app.feed_tables f ON f.name = o.tbl AND o.outcome <> 'gone'
              AND o.code IS DISTINCT FROM 'not_allowed'
         GROUP BY f.server, f.number
    LOOP
        shown := shown || CASE WHEN part.target IS NULL THEN part.ops
            ELSE app.field_rows(part.target, part.number, part.ops) END;
    END LOOP;
    SELECT coalesce(jsonb_agg(jsonb_build_object('seq', o.seq, 'op', o.op, 'outcome', o.outcome,
        'code', o.code, 'why', o.why,
                        'rows', coalesce(o.rows, '[]'), 'by', NULL,
                        'at', CASE WHEN o.outcome = 'conflict'
                            THEN o.rows #> '{0,row,updated_at}' END) ORDER BY o.nr), '[]')
      INTO outcomes FROM unnest(shown) o;
    PERFORM app.device_store(device, (SELECT max(o.seq) FROM unnest(parsed) o), hash, outcomes);
    RETURN outcomes;
END
$$;

DO $$
DECLARE
    fn text;
BEGIN
    FOREACH fn IN ARRAY ARRAY['field_columns(regclass)', 'row_json(regclass)',
        'remove_tags(uuid[])',
        'field_outcome(app.field_op, text, text, text)', 'insert_fields(regclass, app.field_op[])',
            'merge_tags(app.field_op[])',
        'update_fields(regclass, app.field_op[])', 'delete_fields(regclass, app.field_op[])',
        'apply_fields(regclass, text, app.field_op[])', 'field_rows(regclass, int, app.field_op[])',
            'push_fields(uuid, jsonb)']
    LOOP
        EXECUTE format('REVOKE ALL ON FUNCTION app.%s FROM PUBLIC', fn);
        EXECUTE format('GRANT EXECUTE ON FUNCTION app.%s TO hiretty_client', fn);
    END LOOP;
END
$$;
