-- `DROP TABLE … CASCADE` takes app.synced along, and a table that is made again is not in it: what clients lock is made again by
-- one call (SET ROLE hiretty_owner; SELECT app.make_synced()). A migration that adds a table which clients read replaces this
-- function, and calls it.
SET LOCAL ROLE hiretty_owner;

CREATE FUNCTION app.make_synced() RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $make$
BEGIN
    DROP VIEW IF EXISTS app.synced;
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
    -- The same for what is called by a statement of its own (see 062).
    CREATE OR REPLACE FUNCTION app.hold_still() RETURNS void
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $still$
    BEGIN
        LOCK TABLE app.synced IN ACCESS SHARE MODE;
    END
    $still$;
    REVOKE EXECUTE ON FUNCTION app.hold_still() FROM PUBLIC;
    GRANT EXECUTE ON FUNCTION app.hold_still() TO hiretty_client;
END
$make$;
REVOKE EXECUTE ON FUNCTION app.make_synced() FROM PUBLIC;
SELECT app.make_synced();
