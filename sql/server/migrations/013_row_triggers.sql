-- What holds for single rows: versions, parents' tenants, first stages, and what is final.

-- BEFORE UPDATE on every table: identity never changes; a row that did change gets a new version. The
-- argument is a JSON object with a null for each generated column: NEW does not have those computed yet.
CREATE FUNCTION app.touch() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF NEW.id <> OLD.id THEN
        RAISE EXCEPTION 'the id of a row never changes' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF TG_NARGS > 0 THEN
        OLD := jsonb_populate_record(OLD, TG_ARGV[0]::jsonb);
    END IF;
    IF NEW *<> OLD THEN
        NEW.row_version := OLD.row_version + 1;
        NEW.updated_at := now();
    END IF;
    RETURN NEW;
END
$$;

-- The same for tables of a tenant.
CREATE FUNCTION app.touch_tenant_row() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF NEW.id <> OLD.id OR NEW.tenant_id <> OLD.tenant_id THEN
        RAISE EXCEPTION 'the id and the tenant of a row never change'
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF TG_NARGS > 0 THEN
        OLD := jsonb_populate_record(OLD, TG_ARGV[0]::jsonb);
    END IF;
    IF NEW *<> OLD THEN
        NEW.row_version := OLD.row_version + 1;
        NEW.updated_at := now();
    END IF;
    RETURN NEW;
END
$$;

-- Makes (again) a table's touch trigger. Its name sorts last, so that it sees what the others did.
CREATE FUNCTION app.make_touch(target regclass) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    generated text;
    of_tenant boolean;
BEGIN
    SELECT coalesce(quote_literal(jsonb_object_agg(attname, NULL) FILTER (WHERE attgenerated <> '')), ''),
        bool_or(attname = 'tenant_id')
    INTO generated, of_tenant
    FROM pg_attribute WHERE attrelid = target AND attnum > 0 AND NOT attisdropped;
    EXECUTE format('CREATE OR REPLACE TRIGGER zz_touch BEFORE UPDATE ON %s FOR EACH ROW '
        'EXECUTE FUNCTION app.%I(%s)', target,
        CASE WHEN of_tenant THEN 'touch_tenant_row' ELSE 'touch' END, generated);
END
$$;

-- For the platform, which knows children by their parent alone: the parent's tenant.
-- Arguments: parent table, column that points at it.
CREATE FUNCTION app.fill_tenant() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF NEW.tenant_id IS NULL THEN
        EXECUTE format('SELECT tenant_id FROM public.%I WHERE id = ($1).%I', TG_ARGV[0], TG_ARGV[1])
        INTO NEW.tenant_id USING NEW;
    END IF;
    RETURN NEW;
END
$$;

-- The stages of a new job.
CREATE FUNCTION app.create_job_stages(tenant uuid, job uuid) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    INSERT INTO public.job_stages (tenant_id, job_id, name, position, stage_type, sla_hours)
    SELECT tenant, job, s.name, s.position, s.stage_type, s.sla_hours
    FROM (VALUES ('Applied', 0, 'applied', 72), ('Shortlist', 1, 'shortlist', 72),
                 ('Screening', 2, 'screening', 120), ('Interview', 3, 'interview', 240),
                 ('Offer', 4, 'offer', 120), ('Hired', 5, 'hired', NULL),
                 ('Rejected', 6, 'rejected', NULL), ('Withdrawn', 7, 'withdrawn', NULL))
        AS s (name, position, stage_type, sla_hours)
    WHERE NOT EXISTS (SELECT FROM public.job_stages e WHERE e.tenant_id = tenant AND e.job_id = job);
END
$$;

-- At commit, so that whoever inserts a job may bring its stages along.
CREATE FUNCTION app.job_needs_stages() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM public.job_stages s
                   WHERE s.tenant_id = NEW.tenant_id AND s.job_id = NEW.id)
        AND EXISTS (SELECT FROM public.jobs j WHERE j.tenant_id = NEW.tenant_id AND j.id = NEW.id) THEN
        PERFORM app.create_job_stages(NEW.tenant_id, NEW.id);
    END IF;
    RETURN NULL;
END
$$;

-- A changed text of the job makes explanations of the old one stale.
CREATE FUNCTION app.job_version() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF (NEW.title, NEW.description, NEW.experience_min, NEW.experience_max, NEW.location)
        IS DISTINCT FROM (OLD.title, OLD.description, OLD.experience_min, OLD.experience_max, OLD.location)
    THEN
        NEW.version := OLD.version + 1;
    END IF;
    RETURN NEW;
END
$$;

-- Who makes a job confidential stays with it; else nobody could ever let anybody in.
CREATE FUNCTION app.confidential_keeps_author() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF app.my_member() IS NOT NULL THEN
        INSERT INTO public.job_members (tenant_id, job_id, member_id, role)
        VALUES (NEW.tenant_id, NEW.id, app.my_member(), 'recruiter')
        ON CONFLICT (tenant_id, job_id, member_id) DO UPDATE SET is_active = true;
    END IF;
    RETURN NULL;
END
$$;

-- The type of stage that a match's status stands for, and back.
CREATE FUNCTION app.stage_type_of(status text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT CASE status WHEN 'scored' THEN 'applied' WHEN 'shortlisted' THEN 'shortlist'
        WHEN 'interviewing' THEN 'interview' WHEN 'offered' THEN 'offer' ELSE status END
$$;
CREATE FUNCTION app.status_of(stage_type text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT CASE stage_type WHEN 'applied' THEN 'scored' WHEN 'shortlist' THEN 'shortlisted'
        WHEN 'interview' THEN 'interviewing' WHEN 'offer' THEN 'offered' ELSE stage_type END
$$;

-- A new match: without a stage it gets the job's first one of its status; with one, status follows it.
CREATE FUNCTION app.match_first_stage() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    wanted text := app.stage_type_of(NEW.status);
    found_type text;
BEGIN
    FOR attempt IN 1 .. 2 LOOP
        IF NEW.stage_id IS NOT NULL THEN
            SELECT s.stage_type, s.name INTO found_type, NEW.stage FROM public.job_stages s
            WHERE s.tenant_id = NEW.tenant_id AND s.job_id = NEW.job_id AND s.id = NEW.stage_id;
            EXIT;
        END IF;
        SELECT s.id, s.stage_type, s.name INTO NEW.stage_id, found_type, NEW.stage
        FROM public.job_stages s
        WHERE s.tenant_id = NEW.tenant_id AND s.job_id = NEW.job_id AND s.stage_type = wanted
        ORDER BY s.position LIMIT 1;
        EXIT WHEN FOUND;
        PERFORM app.create_job_stages(NEW.tenant_id, NEW.job_id);
    END LOOP;
    NEW.stage := coalesce(NEW.stage, '');
    NEW.status := coalesce(app.status_of(found_type), NEW.status);
    NEW.applied_at := coalesce(NEW.applied_at, now());
    NEW.stage_entered_at := coalesce(NEW.stage_entered_at, NEW.applied_at);
    RETURN NEW;
END
$$;

CREATE FUNCTION app.consent_is_final() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF OLD.revoked_at IS NOT NULL AND NEW.revoked_at IS DISTINCT FROM OLD.revoked_at THEN
        RAISE EXCEPTION 'a revoked consent stays revoked: record a new one'
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END
$$;

-- Erasure runs as the owner and may clear the words.
CREATE FUNCTION app.feedback_is_final() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF OLD.submitted_at IS NOT NULL AND current_user <> 'hiretty_owner' THEN
        RAISE EXCEPTION 'submitted feedback is final' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END
$$;

-- A note is edited when its words change.
CREATE FUNCTION app.note_edited() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF NEW.body <> OLD.body THEN
        NEW.edited_at := now();
    END IF;
    RETURN NEW;
END
$$;

-- Calendars need to know that an interview moved.
CREATE FUNCTION app.interview_sequence() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF (NEW.scheduled_at, NEW.duration_minutes, NEW.status)
        IS DISTINCT FROM (OLD.scheduled_at, OLD.duration_minutes, OLD.status)
        AND NEW.sequence = OLD.sequence THEN
        NEW.sequence := OLD.sequence + 1;
    END IF;
    RETURN NEW;
END
$$;

-- When an interview takes its panel's time; NULL when it does not.
CREATE FUNCTION app.interview_busy(status text, scheduled_at timestamptz, minutes int) RETURNS tstzrange
LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT CASE WHEN status NOT IN ('requested', 'cancelled', 'no_show') AND scheduled_at IS NOT NULL
        THEN tstzrange(scheduled_at, scheduled_at + minutes * interval '1 minute') END
$$;

CREATE FUNCTION app.panel_busy() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    SELECT app.interview_busy(i.status, i.scheduled_at, i.duration_minutes) INTO NEW.busy
    FROM public.interviews i WHERE i.tenant_id = NEW.tenant_id AND i.id = NEW.interview_id;
    RETURN NEW;
END
$$;

CREATE FUNCTION app.interview_moves_panel() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    -- The wall would hide the panel, and the update would silently miss it.
    IF app.acting_tenant() IS DISTINCT FROM NEW.tenant_id THEN
        RAISE EXCEPTION 'choose the tenant first: SET app.current_tenant'
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    UPDATE public.interview_panel p
    SET busy = app.interview_busy(NEW.status, NEW.scheduled_at, NEW.duration_minutes)
    WHERE p.tenant_id = NEW.tenant_id AND p.interview_id = NEW.id;
    RETURN NULL;
END
$$;

DO $$
DECLARE
    fn record;
BEGIN
    FOR fn IN
        SELECT p.oid::regprocedure AS signature FROM pg_proc p
        JOIN pg_namespace n ON n.oid = p.pronamespace AND n.nspname = 'app'
        WHERE p.proname IN ('touch', 'touch_tenant_row', 'make_touch', 'fill_tenant',
            'create_job_stages', 'job_needs_stages', 'confidential_keeps_author', 'job_version', 'stage_type_of', 'status_of',
            'match_first_stage', 'consent_is_final', 'feedback_is_final', 'note_edited',
            'interview_sequence', 'interview_busy', 'panel_busy', 'interview_moves_panel')
    LOOP
        EXECUTE format('ALTER FUNCTION %s OWNER TO hiretty_owner', fn.signature);
        EXECUTE format('REVOKE ALL ON FUNCTION %s FROM PUBLIC', fn.signature);
    END LOOP;
END
$$;
-- Called from triggers that run with the rights of whoever writes the row.
GRANT EXECUTE ON FUNCTION app.create_job_stages(uuid, uuid), app.stage_type_of(text),
    app.status_of(text), app.interview_busy(text, timestamptz, int)
TO hiretty_admin, hiretty_recruiter, hiretty_platform;

SET LOCAL ROLE hiretty_owner;

CREATE TRIGGER fill_tenant BEFORE INSERT ON public.job_skills
    FOR EACH ROW EXECUTE FUNCTION app.fill_tenant('jobs', 'job_id');
CREATE TRIGGER fill_tenant BEFORE INSERT ON public.candidate_job_matches
    FOR EACH ROW EXECUTE FUNCTION app.fill_tenant('jobs', 'job_id');
CREATE TRIGGER fill_tenant BEFORE INSERT ON public.match_explanations
    FOR EACH ROW EXECUTE FUNCTION app.fill_tenant('candidate_job_matches', 'match_id');
CREATE TRIGGER fill_tenant BEFORE INSERT ON public.interview_panel
    FOR EACH ROW EXECUTE FUNCTION app.fill_tenant('interviews', 'interview_id');
CREATE TRIGGER fill_tenant BEFORE INSERT ON public.interview_feedback
    FOR EACH ROW EXECUTE FUNCTION app.fill_tenant('interviews', 'interview_id');
CREATE TRIGGER fill_tenant BEFORE INSERT ON public.consent_records
    FOR EACH ROW EXECUTE FUNCTION app.fill_tenant('candidates', 'candidate_id');
CREATE TRIGGER fill_tenant BEFORE INSERT ON public.webhook_deliveries
    FOR EACH ROW EXECUTE FUNCTION app.fill_tenant('webhooks', 'webhook_id');

CREATE TRIGGER job_version BEFORE UPDATE ON public.jobs
    FOR EACH ROW EXECUTE FUNCTION app.job_version();
CREATE CONSTRAINT TRIGGER job_needs_stages AFTER INSERT ON public.jobs
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION app.job_needs_stages();
CREATE TRIGGER confidential_keeps_author AFTER INSERT OR UPDATE OF confidential ON public.jobs
    FOR EACH ROW WHEN (NEW.confidential) EXECUTE FUNCTION app.confidential_keeps_author();
CREATE TRIGGER match_first_stage BEFORE INSERT ON public.candidate_job_matches
    FOR EACH ROW EXECUTE FUNCTION app.match_first_stage();
CREATE TRIGGER consent_is_final BEFORE UPDATE ON public.consent_records
    FOR EACH ROW EXECUTE FUNCTION app.consent_is_final();
CREATE TRIGGER feedback_is_final BEFORE UPDATE ON public.interview_feedback
    FOR EACH ROW EXECUTE FUNCTION app.feedback_is_final();
CREATE TRIGGER note_edited BEFORE UPDATE ON public.candidate_notes
    FOR EACH ROW EXECUTE FUNCTION app.note_edited();
CREATE TRIGGER interview_sequence BEFORE UPDATE ON public.interviews
    FOR EACH ROW EXECUTE FUNCTION app.interview_sequence();
CREATE TRIGGER panel_busy BEFORE INSERT ON public.interview_panel
    FOR EACH ROW EXECUTE FUNCTION app.panel_busy();
CREATE TRIGGER interview_moves_panel AFTER UPDATE OF scheduled_at, duration_minutes, status
    ON public.interviews FOR EACH ROW EXECUTE FUNCTION app.interview_moves_panel();

DO $$
BEGIN
    PERFORM app.make_touch(c.oid::regclass)
    FROM pg_catalog.pg_class c
    JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attname = 'row_version'
    WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r';
END
$$;
