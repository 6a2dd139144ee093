-- Interviews and feedback by push: rows of tables that name no author (panels, feedback) can be
-- added; a member of a panel who is busy is named so, not as a broken constraint; feedback is
-- submitted when the server takes it, whatever a client's clock says.
SET LOCAL ROLE hiretty_owner;

-- New rows: same table, same columns. A row that is there already is a replay when it is the
-- caller's; a table that names no author has rows of one's own only, or of the whole team's.
CREATE OR REPLACE FUNCTION app.insert_fields(target regclass, ops app.field_op[]) RETURNS app.field_op[]
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET jit = off AS $$
DECLARE
    busy CONSTANT text := 'Somebody on the panel has another interview at that time.';
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
                   CASE WHEN author IS NULL THEN 'true' ELSE format('x.%I = $2', author) END, target)
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
                             WHEN target = 'public.interview_panel'::regclass AND NOT EXISTS (
                                 SELECT FROM public.interview_panel p
                                 WHERE p.interview_id = (o.set ->> 'interview_id')::uuid
                                     AND p.member_id = (o.set ->> 'member_id')::uuid)
                                 THEN app.field_outcome(o, 'rejected', 'busy', busy)
                             ELSE app.field_outcome(o, 'rejected', 'duplicate', NULL) END
                                 FROM unnest(ops) o ORDER BY o.nr);
END
$$;

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
    RETURN ARRAY[CASE state
        WHEN '42501' THEN app.field_outcome(ops[1], 'rejected', 'not_allowed', NULL)
        WHEN '23P01' THEN app.field_outcome(ops[1], 'rejected', 'busy',
            'Somebody on the panel has another interview at that time.')
        WHEN '23505' THEN app.field_outcome(ops[1], 'rejected', 'duplicate', NULL)
        ELSE CASE WHEN state = '23503' AND kind = 'insert'
            THEN app.field_outcome(ops[1], 'gone', 'gone', NULL)
            ELSE app.field_outcome(ops[1], 'rejected', 'bad_value',
                'The server does not take it: ' || message) END END];
END
$$;

-- A member's clock may be wrong by years; a day back is the longest that an offline machine is
-- believed. Whoever is no member (imports, the platform) says when it was.
CREATE FUNCTION app.feedback_when() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF app.my_member() IS NOT NULL AND NEW.submitted_at IS NOT NULL
        AND (NEW.submitted_at > now() OR NEW.submitted_at < now() - interval '1 day') THEN
        NEW.submitted_at := now();
    END IF;
    RETURN NEW;
END
$$;
REVOKE ALL ON FUNCTION app.feedback_when() FROM PUBLIC;
CREATE TRIGGER feedback_when BEFORE INSERT OR UPDATE OF submitted_at ON public.interview_feedback
    FOR EACH ROW EXECUTE FUNCTION app.feedback_when();
