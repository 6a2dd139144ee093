-- A single decision costs half: its statements were planned anew at each push, for as many ops as there were, which took longer
-- than to run them. One plan does for all, since what shapes it is told by each function's own settings. What a table's columns
-- are, and who may use them, is asked twice for a table of a batch instead of four times.
SET LOCAL ROLE hiretty_owner;

ALTER FUNCTION app.push_decisions(uuid, jsonb) SET plan_cache_mode = force_generic_plan;
ALTER FUNCTION app.push_fields(uuid, jsonb) SET plan_cache_mode = force_generic_plan;

-- Changed fields: same table, same columns. Locked in id order, compared with what the author had
-- seen, in these columns alone.
CREATE OR REPLACE FUNCTION app.update_fields(target regclass, ops app.field_op[]) RETURNS app.field_op[]
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
SET enable_nestloop = off SET enable_mergejoin = off SET enable_seqscan = off SET jit = off AS $$
DECLARE
    keys text[] := ARRAY(SELECT jsonb_object_keys(ops[1].set) ORDER BY 1);
    seen text;
    assignments text;
    allowed bigint;
    locked uuid[];
    versions bigint[];
BEGIN
    SELECT count(*) FILTER (WHERE c.updatable),
           string_agg(format('%L, %s', c.name, c.to_json), ', ') FILTER (WHERE c.readable
               AND c.name <> 'tenant_id'),
           string_agg(format('%I = %s', c.name, replace(c.from_json, '(s ', '(o.set ')), ', ')
      INTO allowed, seen, assignments
      FROM app.field_columns(target) c WHERE c.name = ANY (keys);
    IF keys = '{}' OR allowed < cardinality(keys) THEN
        RETURN ARRAY(SELECT app.field_outcome(o, 'rejected', CASE WHEN keys = '{}' THEN 'column'
            ELSE 'not_allowed' END, NULL) FROM unnest(ops) o);
    END IF;
    EXECUTE format('SELECT array_agg(l.id), array_agg(l.row_version) FROM (SELECT x.id, x.row_version '
        'FROM %s x WHERE x.id = ANY ($1) ORDER BY x.id FOR NO KEY UPDATE) l', target)
       INTO locked, versions USING ARRAY(SELECT o.id FROM unnest(ops) o);
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

-- The answers with the rows as they stand now. `target` NULL: of no row that may be shown. ids, numbers and names of
-- outcomes need no escaping.
CREATE OR REPLACE FUNCTION app.field_answers(target regclass, number int, ops app.field_op[]) RETURNS app.field_answer[]
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp SET jit = off AS $$
DECLARE
    answers app.field_answer[];
    moved_by text := '''null''';
    now_rows text := 'SELECT NULL::text AS whole, NULL::bigint AS changed WHERE false';
BEGIN
    IF target IS NOT NULL THEN
        now_rows := format('SELECT %s AS whole, %s AS changed FROM %s x '
            'WHERE x.id = o.id AND o.code IS DISTINCT FROM ''duplicate'' OFFSET 0', app.row_text(target),
            CASE WHEN EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = target AND a.attname = 'updated_at'
                AND has_column_privilege(target, a.attnum, 'SELECT'))
                THEN 'app.to_us(x.updated_at)' ELSE 'NULL::bigint' END, target);
    END IF;
    IF target = 'public.interviews'::regclass THEN
        moved_by := $q$coalesce(CASE WHEN o.outcome = 'conflict' AND o.rows IS NULL THEN '"'
            || app.who_moved(o.id, ARRAY(SELECT jsonb_object_keys(o.set))) || '"' END, 'null')$q$;
    END IF;
    EXECUTE format($q$
        SELECT array_agg(ROW(o.nr, concat('{"seq":', o.seq, ',"op":"', o.op, '","outcome":"', o.outcome,
                   '","code":', CASE WHEN o.code IS NULL THEN 'null' ELSE to_json(o.code)::text END,
                   ',"why":', CASE WHEN o.why IS NULL THEN 'null' ELSE to_json(o.why)::text END,
                   ',"by":', %s, ',"at":', CASE WHEN o.outcome = 'conflict' AND o.rows IS NULL
                       AND x.changed IS NOT NULL THEN x.changed::text ELSE 'null' END,
                   ',"rows":', CASE WHEN o.rows IS NOT NULL THEN o.rows::text
                       WHEN x.whole IS NOT NULL
                           THEN concat('[{"tbl":', $2, ',"id":"', o.id, '","row":', x.whole, '}]')
                       WHEN o.outcome = 'applied' AND $2 IS NOT NULL
                           THEN concat('[{"tbl":', $2, ',"id":"', o.id, '","gone":true}]')
                       ELSE '[]' END, '}'))::app.field_answer)
          FROM unnest($1) o
          LEFT JOIN LATERAL (%s) x ON true$q$, moved_by, now_rows) INTO answers USING ops, number;
    RETURN answers;
END
$$;
