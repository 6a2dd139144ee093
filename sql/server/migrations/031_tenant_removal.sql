-- Removing a tenant: in one order, by an administrator, after the tenant was cancelled. What stays is the
-- audit trail, its seals and the record of model calls, which have no foreign keys for that reason.
SET LOCAL ROLE hiretty_owner;

CREATE OR REPLACE FUNCTION app.ledger_is_final() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    -- Only app.remove_tenant() deletes as the owner.
    IF TG_OP = 'DELETE' AND current_user = 'hiretty_owner' AND current_setting('app.removing', true) = 'yes' THEN
        RETURN NULL;
    END IF;
    RAISE EXCEPTION 'decisions are final: reverse one by an undo' USING ERRCODE = 'insufficient_privilege';
END
$$;

-- Granted to nobody: who is a member of hiretty_owner (an administrator) may run it. The slug must be said
-- too, so that an id pasted by mistake removes nothing. The logins of its members are the administrator's
-- to close first (hiretty db revoke); an open one is an error. Rows removed, by table.
CREATE FUNCTION app.remove_tenant(tenant uuid, slug text) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    removed jsonb := '{}';
    n bigint;
    t text;
BEGIN
    IF app.my_tenant() IS NOT NULL OR NOT pg_has_role(session_user, 'hiretty_platform', 'MEMBER') THEN
        RAISE EXCEPTION 'only administrators may remove a tenant' USING ERRCODE = 'insufficient_privilege';
    END IF;
    PERFORM set_config('app.current_tenant', tenant::text, true), set_config('app.removing', 'yes', true);
    PERFORM FROM public.tenants x WHERE x.id = tenant AND x.slug = remove_tenant.slug AND x.status = 'cancelled' FOR UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'there is no such tenant, or it is not cancelled' USING ERRCODE = 'no_data_found';
    END IF;
    IF EXISTS (SELECT FROM public.tenant_users m JOIN pg_roles r ON r.rolname = m.pg_role
               WHERE m.tenant_id = tenant AND r.rolcanlogin) THEN
        RAISE EXCEPTION 'a member of this tenant can still log in: revoke all of them first' USING ERRCODE = 'object_in_use';
    END IF;
    -- Children before parents.
    FOREACH t IN ARRAY ARRAY['cost_entries', 'metric_snapshots', 'pipeline_events', 'notifications', 'webhook_deliveries', 'webhooks',
        'resume_parser_configs', 'llm_provider_configs', 'embeddings', 'client_devices', 'candidate_merges', 'talent_pool_members',
        'talent_pools', 'candidate_tags', 'referrals', 'saved_searches', 'bias_audits', 'demographic_responses', 'retention_policies',
        'data_subject_requests', 'consent_records', 'offer_approvals', 'offers', 'hiring_decisions', 'bulk_operations', 'candidate_notes',
        'rejection_reasons', 'notification_templates', 'voice_sessions', 'interview_feedback', 'interview_slots', 'interview_panel',
        'interviews', 'screening_sessions', 'match_explanations', 'candidate_job_matches', 'resumes', 'candidates', 'job_members',
        'job_requirements', 'job_skills', 'job_stages', 'jobs', 'tenant_users']
    LOOP
        EXECUTE format('DELETE FROM public.%I WHERE tenant_id = $1', t) USING tenant;
        GET DIAGNOSTICS n = ROW_COUNT;
        removed := removed || jsonb_build_object(t, n);
    END LOOP;
    DELETE FROM public.tenants x WHERE x.id = tenant;
    -- After everything that writes to it.
    DELETE FROM public.change_feed f WHERE f.tenant_id = tenant;
    PERFORM set_config('app.removing', '', true), set_config('app.current_tenant', '', true);
    RETURN removed;
END
$$;
REVOKE ALL ON FUNCTION app.remove_tenant(uuid, text) FROM PUBLIC;
