-- Who moved an interview that two people moved: a conflict of decisions says who was first, and so does this one.
-- The audit trail knows; of it a recruiter learns that name alone, and of no interview that is hidden from him.
SET LOCAL ROLE hiretty_auth;

CREATE FUNCTION app.sees_interview(interview uuid) RETURNS boolean
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    tenant uuid := app.my_tenant();
BEGIN
    RETURN coalesce(app.my_role(), '') IN ('admin', 'recruiter') AND EXISTS (
        SELECT FROM public.interviews i
          JOIN public.candidate_job_matches m ON m.tenant_id = tenant AND m.id = i.match_id
         WHERE i.tenant_id = tenant AND i.id = sees_interview.interview
           AND m.job_id <> ALL (app.hidden_jobs()) AND m.candidate_id <> ALL (app.hidden_people()));
END
$$;
REVOKE ALL ON FUNCTION app.sees_interview(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION app.sees_interview(uuid) TO hiretty_audit;

SET LOCAL ROLE hiretty_audit;

-- NULL: nobody of the tenant's, or longer ago than the trail is kept.
CREATE FUNCTION app.who_moved(interview uuid, columns text[]) RETURNS uuid
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN CASE WHEN app.sees_interview(interview) THEN (
        SELECT a.user_id FROM public.audit_logs a
         WHERE a.tenant_id = app.my_tenant() AND a.entity_id = who_moved.interview
           AND a.entity_type = 'interviews' AND a.action = 'interviews.update'
           AND jsonb_exists_any(a.metadata -> 'columns', columns)
         ORDER BY a."timestamp" DESC, a.xid DESC LIMIT 1) END;
END
$$;
REVOKE ALL ON FUNCTION app.who_moved(uuid, text[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION app.who_moved(uuid, text[]) TO hiretty_client;

SET LOCAL ROLE hiretty_owner;

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
        SELECT format('SELECT %s AS whole, %s AS changed FROM %s x '
                   'WHERE x.id = o.id AND o.code IS DISTINCT FROM ''duplicate'' OFFSET 0', app.row_text(target),
                      coalesce(max(c.to_json) FILTER (WHERE c.name = 'updated_at'), 'NULL::bigint'),
                      target)
          INTO now_rows
          FROM app.field_columns(target) c WHERE c.readable;
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
