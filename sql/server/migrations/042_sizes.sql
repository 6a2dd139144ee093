-- No row may grow until a client cannot take it any more: a client refuses one of more than 64 MiB, and would
-- then be stopped at it for ever. What has no length of its own gets a generous one here. Text and arrays are
-- measured as they are stored, so a check costs nothing however long they are. JSON is measured as the text that
-- clients get (a number of a few bytes may be 100,000 digits there), when it is written and not at every other
-- change of its row. NaN is above every number and so passes any lower bound.
-- What is there already may stay until it is changed.
SET LOCAL ROLE hiretty_owner;

ALTER TABLE public.candidate_notes ADD CONSTRAINT candidate_notes_sizes CHECK (
    pg_column_size(mentions) <= 65536) NOT VALID;
ALTER TABLE public.candidates ADD CONSTRAINT candidates_sizes CHECK (
    octet_length(linkedin_url) <= 65536
    AND octet_length(github_url) <= 65536
    AND octet_length(portfolio_url) <= 65536
    AND octet_length(timezone) <= 1024) NOT VALID;
ALTER TABLE public.consent_records ADD CONSTRAINT consent_records_sizes CHECK (
    octet_length(consent_text) <= 1048576
    AND octet_length(user_agent) <= 65536) NOT VALID;
ALTER TABLE public.hiring_decisions ADD CONSTRAINT hiring_decisions_sizes CHECK (
    octet_length(ai_recommendation) <= 65536) NOT VALID;
ALTER TABLE public.interview_feedback ADD CONSTRAINT interview_feedback_sizes CHECK (
    octet_length(notes) <= 1048576) NOT VALID;
ALTER TABLE public.interview_slots ADD CONSTRAINT interview_slots_sizes CHECK (
    octet_length(proposer_timezone) <= 1024) NOT VALID;
ALTER TABLE public.interviews ADD CONSTRAINT interviews_sizes CHECK (
    octet_length(timezone) <= 1024
    AND octet_length(meeting_url) <= 65536
    AND octet_length(notes) <= 1048576
    AND octet_length(uid) <= 65536) NOT VALID;
ALTER TABLE public.job_requirements ADD CONSTRAINT job_requirements_sizes CHECK (
    octet_length(prompt) <= 1048576) NOT VALID;
ALTER TABLE public.jobs ADD CONSTRAINT jobs_sizes CHECK (
    octet_length(description) <= 1048576) NOT VALID;
ALTER TABLE public.llm_provider_configs ADD CONSTRAINT llm_provider_configs_sizes CHECK (
    octet_length(api_endpoint) <= 65536
    AND octet_length(api_key_ref) <= 65536
    AND pg_column_size(enabled_models) <= 65536) NOT VALID;
ALTER TABLE public.match_explanations ADD CONSTRAINT match_explanations_sizes CHECK (
    octet_length(explanation_text) <= 1048576) NOT VALID;
ALTER TABLE public.notification_templates ADD CONSTRAINT notification_templates_sizes CHECK (
    octet_length(description) <= 65536
    AND octet_length(subject) <= 65536
    AND octet_length(body_html) <= 1048576
    AND octet_length(body_text) <= 1048576
    AND pg_column_size(channels) <= 65536) NOT VALID;
ALTER TABLE public.notifications ADD CONSTRAINT notifications_sizes CHECK (
    octet_length(subject) <= 65536
    AND octet_length(body) <= 1048576
    AND octet_length(idempotency_key) <= 65536) NOT VALID;
ALTER TABLE public.offer_approvals ADD CONSTRAINT offer_approvals_sizes CHECK (
    octet_length(note) <= 1048576) NOT VALID;
ALTER TABLE public.rejection_reasons ADD CONSTRAINT rejection_reasons_sizes CHECK (
    octet_length(code) <= 1024
    AND octet_length(candidate_text) <= 65536) NOT VALID;
ALTER TABLE public.resumes ADD CONSTRAINT resumes_sizes CHECK (
    octet_length(file_url) <= 65536) NOT VALID;
ALTER TABLE public.saved_searches ADD CONSTRAINT saved_searches_sizes CHECK (
    octet_length(description) <= 65536) NOT VALID;
ALTER TABLE public.talent_pool_members ADD CONSTRAINT talent_pool_members_sizes CHECK (
    octet_length(reason) <= 65536) NOT VALID;
ALTER TABLE public.talent_pools ADD CONSTRAINT talent_pools_sizes CHECK (
    octet_length(description) <= 65536) NOT VALID;
ALTER TABLE public.tenants ADD CONSTRAINT tenants_sizes CHECK (
    octet_length(timezone) <= 1024) NOT VALID;
ALTER TABLE public.users ADD CONSTRAINT users_sizes CHECK (
    octet_length(avatar_url) <= 65536
    AND octet_length(timezone) <= 1024) NOT VALID;
ALTER TABLE public.voice_sessions ADD CONSTRAINT voice_sessions_sizes CHECK (
    octet_length(recording_url) <= 65536) NOT VALID;
ALTER TABLE public.jobs ADD CONSTRAINT jobs_numbers CHECK (
    salary_min <> 'NaN'
    AND salary_max <> 'NaN') NOT VALID;
ALTER TABLE public.job_skills ADD CONSTRAINT job_skills_numbers CHECK (
    weight <> 'NaN') NOT VALID;
ALTER TABLE public.offers ADD CONSTRAINT offers_numbers CHECK (
    base_salary <> 'NaN'
    AND bonus <> 'NaN') NOT VALID;
ALTER TABLE public.llm_provider_configs ADD CONSTRAINT llm_provider_configs_numbers CHECK (
    monthly_budget_usd <> 'NaN'
    AND monthly_spend_usd <> 'NaN') NOT VALID;

-- Where nothing breaks them they hold for all of it.
DO $$
DECLARE
    added record;
BEGIN
    FOR added IN SELECT k.conrelid::regclass AS target, k.conname AS name FROM pg_constraint k
        WHERE k.connamespace = 'public'::regnamespace AND NOT k.convalidated
            AND k.conname ~ '_(sizes|numbers)$'
    LOOP
        BEGIN
            EXECUTE format('ALTER TABLE %s VALIDATE CONSTRAINT %I', added.target, added.name);
        EXCEPTION WHEN check_violation THEN
            RAISE WARNING '% has rows that are too large, or NaN: see docs/administration.md, Sizes',
                added.target;
        END;
    END LOOP;
END
$$;

CREATE FUNCTION app.too_large() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RAISE EXCEPTION 'value too large for %.%', TG_TABLE_NAME, TG_ARGV[0]
        USING ERRCODE = 'check_violation', HINT = format('At most %s bytes as text.', TG_ARGV[1]);
END
$$;
REVOKE ALL ON FUNCTION app.too_large() FROM PUBLIC;

CREATE TRIGGER size_of_settings BEFORE INSERT OR UPDATE OF settings ON public.tenants FOR EACH ROW
    WHEN (octet_length(NEW.settings::text) > 1048576) EXECUTE FUNCTION app.too_large('settings', '1048576');
CREATE TRIGGER size_of_variables BEFORE INSERT OR UPDATE OF variables ON public.notification_templates FOR EACH ROW
    WHEN (octet_length(NEW.variables::text) > 1048576) EXECUTE FUNCTION app.too_large('variables', '1048576');
CREATE TRIGGER size_of_enriched_jd BEFORE INSERT OR UPDATE OF enriched_jd ON public.jobs FOR EACH ROW
    WHEN (octet_length(NEW.enriched_jd::text) > 4194304) EXECUTE FUNCTION app.too_large('enriched_jd', '4194304');
CREATE TRIGGER size_of_rule BEFORE INSERT OR UPDATE OF rule ON public.job_requirements FOR EACH ROW
    WHEN (octet_length(NEW.rule::text) > 1048576) EXECUTE FUNCTION app.too_large('rule', '1048576');
CREATE TRIGGER size_of_parsed_data BEFORE INSERT OR UPDATE OF parsed_data ON public.resumes FOR EACH ROW
    WHEN (octet_length(NEW.parsed_data::text) > 16777216) EXECUTE FUNCTION app.too_large('parsed_data', '16777216');
CREATE TRIGGER size_of_match_details BEFORE INSERT OR UPDATE OF match_details ON public.candidate_job_matches FOR EACH ROW
    WHEN (octet_length(NEW.match_details::text) > 4194304) EXECUTE FUNCTION app.too_large('match_details', '4194304');
CREATE TRIGGER size_of_bias_flags BEFORE INSERT OR UPDATE OF bias_flags ON public.candidate_job_matches FOR EACH ROW
    WHEN (octet_length(NEW.bias_flags::text) > 1048576) EXECUTE FUNCTION app.too_large('bias_flags', '1048576');
CREATE TRIGGER size_of_factors BEFORE INSERT OR UPDATE OF factors ON public.match_explanations FOR EACH ROW
    WHEN (octet_length(NEW.factors::text) > 4194304) EXECUTE FUNCTION app.too_large('factors', '4194304');
CREATE TRIGGER size_of_messages BEFORE INSERT OR UPDATE OF messages ON public.screening_sessions FOR EACH ROW
    WHEN (octet_length(NEW.messages::text) > 16777216) EXECUTE FUNCTION app.too_large('messages', '16777216');
CREATE TRIGGER size_of_analysis BEFORE INSERT OR UPDATE OF analysis ON public.screening_sessions FOR EACH ROW
    WHEN (octet_length(NEW.analysis::text) > 4194304) EXECUTE FUNCTION app.too_large('analysis', '4194304');
CREATE TRIGGER size_of_red_flags BEFORE INSERT OR UPDATE OF red_flags ON public.interview_feedback FOR EACH ROW
    WHEN (octet_length(NEW.red_flags::text) > 1048576) EXECUTE FUNCTION app.too_large('red_flags', '1048576');
CREATE TRIGGER size_of_scores BEFORE INSERT OR UPDATE OF scores ON public.interview_feedback FOR EACH ROW
    WHEN (octet_length(NEW.scores::text) > 1048576) EXECUTE FUNCTION app.too_large('scores', '1048576');
CREATE TRIGGER size_of_transcript BEFORE INSERT OR UPDATE OF transcript ON public.voice_sessions FOR EACH ROW
    WHEN (octet_length(NEW.transcript::text) > 16777216) EXECUTE FUNCTION app.too_large('transcript', '16777216');
CREATE TRIGGER size_of_analysis BEFORE INSERT OR UPDATE OF analysis ON public.voice_sessions FOR EACH ROW
    WHEN (octet_length(NEW.analysis::text) > 4194304) EXECUTE FUNCTION app.too_large('analysis', '4194304');
CREATE TRIGGER size_of_equity BEFORE INSERT OR UPDATE OF equity ON public.offers FOR EACH ROW
    WHEN (octet_length(NEW.equity::text) > 1048576) EXECUTE FUNCTION app.too_large('equity', '1048576');
CREATE TRIGGER size_of_filters BEFORE INSERT OR UPDATE OF filters ON public.saved_searches FOR EACH ROW
    WHEN (octet_length(NEW.filters::text) > 1048576) EXECUTE FUNCTION app.too_large('filters', '1048576');
