-- app.log_model_call(): the one way in which a client records what a model said. A text by a model
-- without such a record of the same tenant cannot be stored.
SET LOCAL ROLE hiretty_owner;

-- p: agent_type, provider, model, model_version, prompt_template, prompt_hash, input_hash,
-- output_hash, status, finish_reason, request_id, redaction {}, tokens_in, tokens_out,
-- cost_nano_usd, latency_ms, entity (uuid), job (uuid), match (uuid); explanation {text, factors
-- {}, prompt_version} stores a match's explanation with it. The record's id.
CREATE FUNCTION app.log_model_call(p jsonb) RETURNS uuid
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    tenant uuid := app.my_tenant();
    author uuid := app.my_user();
    record uuid := gen_random_uuid();
    told record;
    about record;
BEGIN
    IF coalesce(app.my_role(), '') NOT IN ('admin', 'recruiter', 'interviewer') THEN
        RAISE EXCEPTION 'your role may not do this' USING ERRCODE = 'insufficient_privilege';
    END IF;
    SELECT x.* INTO told FROM jsonb_to_record(p) AS x (agent_type text, provider text, model text,
        model_version text, prompt_template text,
        prompt_hash text, input_hash text, output_hash text, status text, finish_reason text,
            request_id text, redaction jsonb, tokens_in int,
        tokens_out int, cost_nano_usd bigint, latency_ms int, entity uuid, job uuid, match uuid,
            explanation jsonb);
    INSERT INTO public.model_lineage (tenant_id, id, agent_type, provider, model_name,
        model_version, prompt_template_id, prompt_hash, input_hash,
        output_hash, status, finish_reason, request_id, redaction, tokens_in, tokens_out,
            tokens_used, cost_nano_usd, cost_usd, latency_ms,
        entity_id, user_id)
    VALUES (tenant, record, told.agent_type, told.provider, told.model, told.model_version,
        told.prompt_template, told.prompt_hash, told.input_hash,
        told.output_hash, coalesce(told.status, 'ok'), told.finish_reason, told.request_id,
            coalesce(told.redaction, '{}'), told.tokens_in,
        told.tokens_out, told.tokens_in + told.tokens_out, told.cost_nano_usd,
            round(told.cost_nano_usd / 1e9, 6), told.latency_ms, told.entity, author);
    SELECT m.id, m.job_id, m.resume_id, j.version INTO about
      FROM public.candidate_job_matches m JOIN public.jobs j ON j.tenant_id = tenant
          AND j.id = m.job_id
     WHERE m.tenant_id = tenant AND m.id = told.match AND NOT m.job_id = ANY (app.hidden_jobs())
       AND (app.my_role() <> 'interviewer' OR m.id = ANY (app.my_panel_matches()));
    IF told.match IS NOT NULL AND about.id IS NULL THEN
        RAISE EXCEPTION 'no such application' USING ERRCODE = 'foreign_key_violation';
    END IF;
    IF told.cost_nano_usd IS NOT NULL AND told.tokens_in IS NOT NULL
        AND told.tokens_out IS NOT NULL THEN
        INSERT INTO public.cost_entries (tenant_id, kind, amount, currency, tokens_in, tokens_out,
            job_id, match_id, lineage_id, user_id)
        VALUES (tenant, 'llm', told.cost_nano_usd / 1e9, 'USD', told.tokens_in, told.tokens_out,
            about.job_id, about.id, record, author);
    END IF;
    IF told.explanation IS NOT NULL AND told.explanation <> 'null' THEN
        IF about.id IS NULL OR app.my_role() = 'interviewer' THEN
            RAISE EXCEPTION 'an explanation speaks of an application; interviewers store none'
                USING ERRCODE = 'insufficient_privilege';
        END IF;
        INSERT INTO public.match_explanations (tenant_id, match_id, resume_id, job_version,
            lineage_id, explanation_text, factors, model_version,
            prompt_version)
        VALUES (tenant, about.id, about.resume_id, about.version, record,
            told.explanation ->> 'text', coalesce(told.explanation -> 'factors', '{}'),
            left(told.model, 50), told.explanation ->> 'prompt_version');
    END IF;
    RETURN record;
END
$$;
REVOKE ALL ON FUNCTION app.log_model_call(jsonb) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION app.log_model_call(jsonb) TO hiretty_client;
