-- A table that is written anew (ALTER TABLE with a new type or a computed default, VACUUM FULL, CLUSTER) looks empty to a snapshot
-- that was taken before: a pull whose first query waited for such a change would take everybody for gone, or its own login for
-- no member. So what is read is locked before anything is asked, and LOCK itself takes no snapshot.
SET LOCAL ROLE hiretty_owner;

-- The tables that a client or a policy reads. It never has a row: who may select from it may lock them, and no more.
CREATE VIEW app.synced AS
SELECT FROM ONLY public.tenants, ONLY public.users, ONLY public.tenant_users, ONLY public.rejection_reasons,
    ONLY public.notification_templates, ONLY public.jobs, ONLY public.job_stages, ONLY public.job_skills,
    ONLY public.job_requirements, ONLY public.job_members, ONLY public.candidates, ONLY public.candidate_tags,
    ONLY public.candidate_notes, ONLY public.resumes, ONLY public.candidate_job_matches, ONLY public.match_explanations,
    ONLY public.hiring_decisions, ONLY public.pipeline_events, ONLY public.screening_sessions, ONLY public.interviews,
    ONLY public.interview_panel, ONLY public.interview_slots, ONLY public.interview_feedback, ONLY public.voice_sessions,
    ONLY public.offers, ONLY public.offer_approvals, ONLY public.saved_searches, ONLY public.talent_pools,
    ONLY public.talent_pool_members, ONLY public.notifications, ONLY public.llm_provider_configs,
    ONLY public.consent_records, ONLY public.client_devices, ONLY public.change_feed, ONLY app.revoked_people,
    ONLY app.instance, ONLY app.stage_transitions
WHERE false;
GRANT SELECT ON app.synced TO hiretty_client;

-- The same for what is called by a statement of its own: each statement behind it in the same transaction has a snapshot that is
-- taken after the locks.
CREATE FUNCTION app.hold_still() RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    LOCK TABLE app.synced IN ACCESS SHARE MODE;
END
$$;
REVOKE EXECUTE ON FUNCTION app.hold_still() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION app.hold_still() TO hiretty_client;
