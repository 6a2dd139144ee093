-- The stages of a decision, and the stage that a stay came from, need no keys of their own, which cost the
-- ledger three lookups and three entries of indexes for each decision. The ledger writes them from the
-- application, which points at its stage while it stands there, and every stage that it stood in has a
-- stay, which points at it for good. What the keys did besides is done here: nobody removes a stage that
-- decisions name, and who writes a stay by hand names a stage of its job.
GRANT SELECT (tenant_id, match_id, from_stage_id, to_stage_id) ON public.hiring_decisions TO hiretty_auth;
GRANT SELECT (tenant_id, job_id, from_stage_id) ON public.pipeline_events TO hiretty_auth;
GRANT SELECT (tenant_id, job_id, id) ON public.job_stages TO hiretty_auth;
CREATE POLICY identity ON public.hiring_decisions FOR SELECT TO hiretty_auth USING (true);
CREATE POLICY identity ON public.pipeline_events FOR SELECT TO hiretty_auth USING (true);
CREATE POLICY identity ON public.job_stages FOR SELECT TO hiretty_auth USING (true);

SET LOCAL ROLE hiretty_auth;

-- By way of the job's applications: no index leads from a stage to its decisions, and stages are seldom
-- removed. Whoever moves an application out of the stage meanwhile is waited for by nobody, and need not
-- be: until that commits, the application's own key still holds the stage.
CREATE FUNCTION app.stage_is_used() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF EXISTS (SELECT FROM public.candidate_job_matches m
            JOIN public.hiring_decisions d ON d.tenant_id = OLD.tenant_id AND d.match_id = m.id
            WHERE m.tenant_id = OLD.tenant_id AND m.job_id = OLD.job_id
                AND OLD.id IN (d.from_stage_id, d.to_stage_id))
        OR EXISTS (SELECT FROM public.pipeline_events e WHERE e.tenant_id = OLD.tenant_id
            AND e.job_id = OLD.job_id AND e.from_stage_id = OLD.id) THEN
        RAISE EXCEPTION 'decisions name this stage' USING ERRCODE = 'foreign_key_violation';
    END IF;
    RETURN NULL;
END
$$;

CREATE FUNCTION app.stay_came_from() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM public.job_stages s WHERE s.tenant_id = NEW.tenant_id
            AND s.job_id = NEW.job_id AND s.id = NEW.from_stage_id) THEN
        RAISE EXCEPTION 'from_stage_id is no stage of this job' USING ERRCODE = 'foreign_key_violation';
    END IF;
    RETURN NULL;
END
$$;
REVOKE ALL ON FUNCTION app.stage_is_used(), app.stay_came_from() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION app.stage_is_used(), app.stay_came_from() TO hiretty_owner;

SET LOCAL ROLE hiretty_owner;

CREATE TRIGGER stage_is_used AFTER DELETE OR UPDATE OF job_id ON public.job_stages
    FOR EACH ROW EXECUTE FUNCTION app.stage_is_used();
CREATE TRIGGER stay_came_from AFTER INSERT OR UPDATE OF from_stage_id, job_id ON public.pipeline_events
    FOR EACH ROW WHEN (NEW.from_stage_id IS NOT NULL AND current_user <> 'hiretty_owner')
    EXECUTE FUNCTION app.stay_came_from();

ALTER TABLE public.hiring_decisions DROP CONSTRAINT hiring_decisions_tenant_id_from_stage_id_fkey,
    DROP CONSTRAINT hiring_decisions_tenant_id_to_stage_id_fkey;
ALTER TABLE public.pipeline_events DROP CONSTRAINT pipeline_events_tenant_id_job_id_from_stage_id_fkey;
DROP INDEX public.hiring_decisions_from_idx, public.hiring_decisions_to_idx, public.pipeline_events_from_idx;
