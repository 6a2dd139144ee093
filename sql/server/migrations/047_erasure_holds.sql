-- An erasure waits where a push waits, is not stopped by a value that was there before its limit, and stays: nobody
-- writes words about the person again. Everything here may be run twice.
SET LOCAL ROLE hiretty_owner;

CREATE OR REPLACE FUNCTION app.erase_candidate(candidate uuid, request uuid DEFAULT NULL) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    tenant uuid := app.acting_tenant();
    people uuid[];
    subject text;
    files jsonb;
    cleared jsonb := '{}';
    list record;
    condition text;
    n bigint;
    result jsonb;
BEGIN
    IF tenant IS NULL OR app.my_tenant() IS NOT NULL AND NOT app.is_admin() THEN
        RAISE EXCEPTION 'only administrators may erase a person' USING ERRCODE = 'insufficient_privilege';
    END IF;
    WITH RECURSIVE found AS (
        SELECT c.id FROM public.candidates c WHERE c.tenant_id = tenant AND c.id = erase_candidate.candidate
        UNION
        SELECT c.id FROM public.candidates c JOIN found f ON c.merged_into = f.id WHERE c.tenant_id = tenant
    )
    SELECT array_agg(id) INTO people FROM found;
    -- In the order of those who push: the device, the applications by their ids, the person. What devices
    -- keep for a retry may hold words; who sends such a batch again has it judged again.
    PERFORM FROM public.client_devices d WHERE d.tenant_id = tenant AND d.last_outcomes IS NOT NULL
        AND d.last_batch_hash NOT LIKE 'decisions %' ORDER BY d.id FOR NO KEY UPDATE;
    UPDATE public.client_devices d SET last_outcomes = NULL, last_batch_hash = NULL
        WHERE d.tenant_id = tenant AND d.last_outcomes IS NOT NULL AND d.last_batch_hash NOT LIKE 'decisions %';
    PERFORM FROM public.candidate_job_matches m WHERE m.tenant_id = tenant AND m.candidate_id = ANY (people)
        ORDER BY m.id FOR UPDATE;
    PERFORM FROM public.candidates c WHERE c.tenant_id = tenant AND c.id = ANY (people) ORDER BY c.id FOR UPDATE;
    SELECT encode(sha256(convert_to(lower(coalesce(c.email, c.id::text)), 'UTF8')), 'hex') INTO subject
    FROM public.candidates c WHERE c.tenant_id = tenant AND c.id = erase_candidate.candidate FOR UPDATE;
    IF subject IS NULL THEN
        RAISE EXCEPTION 'there is no such person' USING ERRCODE = 'no_data_found';
    END IF;

    SELECT coalesce(jsonb_agg(url), '[]') INTO files
    FROM (SELECT r.file_url AS url FROM public.resumes r
          WHERE r.tenant_id = tenant AND r.candidate_id = ANY (people) AND r.file_url <> 'erased'
          UNION ALL
          SELECT v.recording_url FROM public.voice_sessions v
          JOIN public.interviews i ON i.tenant_id = tenant AND i.id = v.interview_id
          JOIN public.candidate_job_matches m ON m.tenant_id = tenant AND m.id = i.match_id
          WHERE v.tenant_id = tenant AND m.candidate_id = ANY (people) AND v.recording_url IS NOT NULL) u;

    FOR list IN
        SELECT p.table_name, min(p.way) AS way, bool_or(p.cleared_to = 'DELETE') AS gone,
            string_agg(format('%I = %s', p.column_name, p.cleared_to), ', ') AS assignments
        FROM app.personal_columns p WHERE p.cleared_to IS NOT NULL
        -- Children first: an embedding is found by its résumé.
        GROUP BY p.table_name ORDER BY min(p.way) = 'id', p.table_name
    LOOP
        condition := CASE list.way
            WHEN 'id' THEN 'id = ANY ($2)'
            WHEN 'candidate' THEN 'candidate_id = ANY ($2)'
            WHEN 'winner_or_loser' THEN '(winner_id = ANY ($2) OR loser_id = ANY ($2))'
            WHEN 'embedding' THEN 'entity_id IN (SELECT r.id FROM public.resumes r WHERE r.tenant_id = $1 AND r.candidate_id = ANY ($2))'
            WHEN 'match' THEN 'match_id IN (SELECT m.id FROM public.candidate_job_matches m WHERE m.tenant_id = $1 AND m.candidate_id = ANY ($2))'
            WHEN 'interview' THEN 'interview_id IN (SELECT i.id FROM public.interviews i JOIN public.candidate_job_matches m '
                'ON m.tenant_id = $1 AND m.id = i.match_id WHERE i.tenant_id = $1 AND m.candidate_id = ANY ($2))'
            WHEN 'offer' THEN 'offer_id IN (SELECT o.id FROM public.offers o JOIN public.candidate_job_matches m '
                'ON m.tenant_id = $1 AND m.id = o.match_id WHERE o.tenant_id = $1 AND m.candidate_id = ANY ($2))' END;
        IF list.gone THEN
            EXECUTE format('DELETE FROM public.%I WHERE tenant_id = $1 AND %s', list.table_name, condition) USING tenant, people;
        ELSIF list.table_name = 'candidates' THEN
            EXECUTE format('UPDATE public.candidates SET %s, anonymised_at = coalesce(anonymised_at, now()) WHERE tenant_id = $1 AND %s',
                           list.assignments, condition) USING tenant, people;
        ELSE
            EXECUTE format('UPDATE public.%I SET %s WHERE tenant_id = $1 AND %s', list.table_name, list.assignments, condition)
            USING tenant, people;
        END IF;
        GET DIAGNOSTICS n = ROW_COUNT;
        IF n > 0 THEN
            cleared := cleared || jsonb_build_object(list.table_name, n);
        END IF;
    END LOOP;

    result := jsonb_build_object('people', cardinality(people), 'rows', cleared, 'files', files);
    IF request IS NULL THEN
        INSERT INTO public.data_subject_requests (tenant_id, candidate_id, subject_hash, kind, status, closed_at, evidence)
        VALUES (tenant, candidate, subject, 'erasure', 'completed', now(), jsonb_build_object('people', cardinality(people), 'rows', cleared));
    ELSE
        UPDATE public.data_subject_requests d
        SET status = 'completed', closed_at = now(), evidence = d.evidence || jsonb_build_object('people', cardinality(people), 'rows', cleared)
        WHERE d.tenant_id = tenant AND d.id = request AND d.candidate_id = ANY (people) AND d.kind = 'erasure'
            AND d.status NOT IN ('completed', 'refused');
        IF NOT FOUND THEN
            RAISE EXCEPTION 'there is no such open request of this person' USING ERRCODE = 'no_data_found';
        END IF;
    END IF;
    RETURN result;
END
$$;

-- The limits of 042 that rows of before break would refuse every change of these rows, an erasure and the end of
-- a consent included. There they judge a column when it is written, and say what the constraint said.
CREATE OR REPLACE FUNCTION app.beyond_limit() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RAISE EXCEPTION 'new row for relation "%" violates check constraint "%"', TG_TABLE_NAME, TG_ARGV[0]
        USING ERRCODE = 'check_violation', CONSTRAINT = TG_ARGV[0], TABLE = TG_TABLE_NAME,
            SCHEMA = TG_TABLE_SCHEMA;
END
$$;
REVOKE ALL ON FUNCTION app.beyond_limit() FROM PUBLIC;

DO $$
DECLARE
    held record;
BEGIN
    FOR held IN
        SELECT v.* FROM (VALUES
            ('candidate_notes', 'candidate_notes_sizes', 'mentions', 'pg_column_size(NEW.mentions) <= 65536'),
            ('candidates', 'candidates_sizes', 'linkedin_url', 'octet_length(NEW.linkedin_url) <= 65536'),
            ('candidates', 'candidates_sizes', 'github_url', 'octet_length(NEW.github_url) <= 65536'),
            ('candidates', 'candidates_sizes', 'portfolio_url', 'octet_length(NEW.portfolio_url) <= 65536'),
            ('candidates', 'candidates_sizes', 'timezone', 'octet_length(NEW.timezone) <= 1024'),
            ('consent_records', 'consent_records_sizes', 'consent_text', 'octet_length(NEW.consent_text) <= 1048576'),
            ('consent_records', 'consent_records_sizes', 'user_agent', 'octet_length(NEW.user_agent) <= 65536'),
            ('hiring_decisions', 'hiring_decisions_sizes', 'ai_recommendation', 'octet_length(NEW.ai_recommendation) <= 65536'),
            ('interview_feedback', 'interview_feedback_sizes', 'notes', 'octet_length(NEW.notes) <= 1048576'),
            ('interview_slots', 'interview_slots_sizes', 'proposer_timezone', 'octet_length(NEW.proposer_timezone) <= 1024'),
            ('interviews', 'interviews_sizes', 'timezone', 'octet_length(NEW.timezone) <= 1024'),
            ('interviews', 'interviews_sizes', 'meeting_url', 'octet_length(NEW.meeting_url) <= 65536'),
            ('interviews', 'interviews_sizes', 'notes', 'octet_length(NEW.notes) <= 1048576'),
            ('interviews', 'interviews_sizes', 'uid', 'octet_length(NEW.uid) <= 65536'),
            ('job_requirements', 'job_requirements_sizes', 'prompt', 'octet_length(NEW.prompt) <= 1048576'),
            ('jobs', 'jobs_sizes', 'description', 'octet_length(NEW.description) <= 1048576'),
            ('llm_provider_configs', 'llm_provider_configs_sizes', 'api_endpoint', 'octet_length(NEW.api_endpoint) <= 65536'),
            ('llm_provider_configs', 'llm_provider_configs_sizes', 'api_key_ref', 'octet_length(NEW.api_key_ref) <= 65536'),
            ('llm_provider_configs', 'llm_provider_configs_sizes', 'enabled_models', 'pg_column_size(NEW.enabled_models) <= 65536'),
            ('match_explanations', 'match_explanations_sizes', 'explanation_text', 'octet_length(NEW.explanation_text) <= 1048576'),
            ('notification_templates', 'notification_templates_sizes', 'description', 'octet_length(NEW.description) <= 65536'),
            ('notification_templates', 'notification_templates_sizes', 'subject', 'octet_length(NEW.subject) <= 65536'),
            ('notification_templates', 'notification_templates_sizes', 'body_html', 'octet_length(NEW.body_html) <= 1048576'),
            ('notification_templates', 'notification_templates_sizes', 'body_text', 'octet_length(NEW.body_text) <= 1048576'),
            ('notification_templates', 'notification_templates_sizes', 'channels', 'pg_column_size(NEW.channels) <= 65536'),
            ('notifications', 'notifications_sizes', 'subject', 'octet_length(NEW.subject) <= 65536'),
            ('notifications', 'notifications_sizes', 'body', 'octet_length(NEW.body) <= 1048576'),
            ('notifications', 'notifications_sizes', 'idempotency_key', 'octet_length(NEW.idempotency_key) <= 65536'),
            ('offer_approvals', 'offer_approvals_sizes', 'note', 'octet_length(NEW.note) <= 1048576'),
            ('rejection_reasons', 'rejection_reasons_sizes', 'code', 'octet_length(NEW.code) <= 1024'),
            ('rejection_reasons', 'rejection_reasons_sizes', 'candidate_text', 'octet_length(NEW.candidate_text) <= 65536'),
            ('resumes', 'resumes_sizes', 'file_url', 'octet_length(NEW.file_url) <= 65536'),
            ('saved_searches', 'saved_searches_sizes', 'description', 'octet_length(NEW.description) <= 65536'),
            ('talent_pool_members', 'talent_pool_members_sizes', 'reason', 'octet_length(NEW.reason) <= 65536'),
            ('talent_pools', 'talent_pools_sizes', 'description', 'octet_length(NEW.description) <= 65536'),
            ('tenants', 'tenants_sizes', 'timezone', 'octet_length(NEW.timezone) <= 1024'),
            ('users', 'users_sizes', 'avatar_url', 'octet_length(NEW.avatar_url) <= 65536'),
            ('users', 'users_sizes', 'timezone', 'octet_length(NEW.timezone) <= 1024'),
            ('voice_sessions', 'voice_sessions_sizes', 'recording_url', 'octet_length(NEW.recording_url) <= 65536'),
            ('jobs', 'jobs_numbers', 'salary_min', 'NEW.salary_min <> ''NaN'''),
            ('jobs', 'jobs_numbers', 'salary_max', 'NEW.salary_max <> ''NaN'''),
            ('job_skills', 'job_skills_numbers', 'weight', 'NEW.weight <> ''NaN'''),
            ('offers', 'offers_numbers', 'base_salary', 'NEW.base_salary <> ''NaN'''),
            ('offers', 'offers_numbers', 'bonus', 'NEW.bonus <> ''NaN'''),
            ('llm_provider_configs', 'llm_provider_configs_numbers', 'monthly_budget_usd', 'NEW.monthly_budget_usd <> ''NaN'''),
            ('llm_provider_configs', 'llm_provider_configs_numbers', 'monthly_spend_usd', 'NEW.monthly_spend_usd <> ''NaN''')) v (tbl, name, col, allowed)
        JOIN pg_constraint k ON k.conrelid = format('public.%I', v.tbl)::regclass AND k.conname = v.name
            AND NOT k.convalidated
    LOOP
        EXECUTE format('CREATE OR REPLACE TRIGGER %I BEFORE INSERT ON public.%I FOR EACH ROW WHEN (NOT (%s)) '
            'EXECUTE FUNCTION app.beyond_limit(%L)', 'limit_new_' || held.col, held.tbl, held.allowed, held.name);
        EXECUTE format('CREATE OR REPLACE TRIGGER %I BEFORE UPDATE OF %I ON public.%I FOR EACH ROW '
            'WHEN (NEW.%2$I IS DISTINCT FROM OLD.%2$I AND NOT (%4$s)) EXECUTE FUNCTION app.beyond_limit(%5$L)',
            'limit_of_' || held.col, held.col, held.tbl, held.allowed, held.name);
        EXECUTE format('ALTER TABLE public.%I DROP CONSTRAINT IF EXISTS %I', held.tbl, held.name);
    END LOOP;
END
$$;

-- Words about somebody who was erased, in the tables that lead to a person by an application. Who inserts waits
-- for an erasure under way, and it for him; who changes a row waits for that row already.
CREATE OR REPLACE FUNCTION app.words_of_erased_there() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    application uuid := to_jsonb(NEW) ->> 'match_id';
    person uuid := to_jsonb(NEW) ->> 'candidate_id';
    erased timestamptz;
BEGIN
    IF TG_TABLE_NAME = 'interview_feedback' THEN
        SELECT i.match_id INTO application FROM public.interviews i
            WHERE i.tenant_id = NEW.tenant_id AND i.id = NEW.interview_id;
    END IF;
    IF person IS NULL THEN
        SELECT m.candidate_id INTO person FROM public.candidate_job_matches m
            WHERE m.tenant_id = NEW.tenant_id AND m.id = application;
    END IF;
    IF TG_OP = 'INSERT' THEN
        PERFORM FROM public.candidates c WHERE c.tenant_id = NEW.tenant_id AND c.id = person FOR KEY SHARE;
    END IF;
    SELECT c.anonymised_at INTO erased FROM public.candidates c WHERE c.tenant_id = NEW.tenant_id AND c.id = person;
    IF erased IS NOT NULL THEN
        RAISE EXCEPTION 'this person was erased' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NULL;
END
$$;
CREATE OR REPLACE FUNCTION app.erased_stays_erased() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RAISE EXCEPTION 'this person was erased' USING ERRCODE = 'integrity_constraint_violation';
END
$$;
REVOKE ALL ON FUNCTION app.words_of_erased_there(), app.erased_stays_erased() FROM PUBLIC;

CREATE OR REPLACE TRIGGER words_of_erased BEFORE UPDATE ON public.candidates FOR EACH ROW
    WHEN (OLD.anonymised_at IS NOT NULL AND num_nonnulls(NEW.email, NEW.phone, NEW.first_name, NEW.last_name,
        NEW.linkedin_url, NEW.github_url, NEW.portfolio_url, NEW.current_title, NEW.current_company,
        NEW.location) > 0
        AND (NEW.email, NEW.phone, NEW.first_name, NEW.last_name,
        NEW.linkedin_url, NEW.github_url, NEW.portfolio_url, NEW.current_title, NEW.current_company,
        NEW.location)
        IS DISTINCT FROM (OLD.email, OLD.phone, OLD.first_name, OLD.last_name,
        OLD.linkedin_url, OLD.github_url, OLD.portfolio_url, OLD.current_title, OLD.current_company,
        OLD.location))
    EXECUTE FUNCTION app.erased_stays_erased();

CREATE OR REPLACE TRIGGER words_of_erased AFTER INSERT ON public.talent_pool_members
    FOR EACH ROW EXECUTE FUNCTION app.words_of_erased_there();
CREATE OR REPLACE TRIGGER words_of_erased AFTER INSERT ON public.consent_records
    FOR EACH ROW EXECUTE FUNCTION app.words_of_erased_there();
CREATE OR REPLACE TRIGGER words_of_erased AFTER INSERT ON public.interviews
    FOR EACH ROW WHEN (num_nonnulls(NEW.notes, NEW.meeting_url, NEW.meeting_password) > 0)
    EXECUTE FUNCTION app.words_of_erased_there();
CREATE OR REPLACE TRIGGER words_of_erased_edited AFTER UPDATE OF notes, meeting_url, meeting_password
    ON public.interviews FOR EACH ROW
    WHEN (num_nonnulls(NEW.notes, NEW.meeting_url, NEW.meeting_password) > 0
        AND (NEW.notes, NEW.meeting_url, NEW.meeting_password)
        IS DISTINCT FROM (OLD.notes, OLD.meeting_url, OLD.meeting_password))
    EXECUTE FUNCTION app.words_of_erased_there();
CREATE OR REPLACE TRIGGER words_of_erased AFTER INSERT ON public.interview_feedback
    FOR EACH ROW WHEN (NEW.notes IS NOT NULL OR NEW.red_flags <> '[]' OR NEW.scores <> '{}')
    EXECUTE FUNCTION app.words_of_erased_there();
CREATE OR REPLACE TRIGGER words_of_erased_edited AFTER UPDATE OF notes, red_flags, scores ON public.interview_feedback
    FOR EACH ROW WHEN ((NEW.notes, NEW.red_flags, NEW.scores) IS DISTINCT FROM (OLD.notes, OLD.red_flags, OLD.scores)
        AND (NEW.notes IS NOT NULL OR NEW.red_flags <> '[]' OR NEW.scores <> '{}'))
    EXECUTE FUNCTION app.words_of_erased_there();
