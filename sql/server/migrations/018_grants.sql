-- Grants: columns, never whole tables. No client role has UPDATE, DELETE or TRUNCATE on a table, so none
-- can lock one either; what is removed is a status or an app.* function.
SET LOCAL ROLE hiretty_owner;

-- SELECT. Some columns nobody reads; others not by viewers or interviewers.
DO $$
DECLARE
    nobody constant text[] := ARRAY['users.password_hash', 'llm_provider_configs.api_key_encrypted',
        'resume_parser_configs.api_key_encrypted', 'screening_sessions.access_token',
        'webhooks.secret_key', 'webhooks.custom_headers', 'candidates.consent_ip',
        'consent_records.ip_address', 'consent_records.user_agent', 'audit_logs.ip_address',
        'audit_logs.user_agent', 'interview_slots.token_hash', 'resumes.search_vector',
        'client_devices.last_outcomes', 'client_devices.last_batch_hash'];
    viewer_not constant text[] := ARRAY['users.email', 'users.phone', 'candidates.email',
        'candidates.phone', 'candidates.linkedin_url', 'candidates.github_url',
        'candidates.portfolio_url', 'resumes.parsed_data', 'resumes.file_url', 'resumes.file_name',
        'resumes.sha256', 'interviews.meeting_url', 'interviews.meeting_password',
        'interviews.notes', 'offer_approvals.note', 'tenants.settings',
        'job_requirements.prompt', 'tenant_users.pg_role'];
    interviewer_not constant text[] := ARRAY['jobs.salary_min', 'jobs.salary_max',
        'jobs.salary_currency', 'candidate_job_matches.bias_flags',
        'candidate_job_matches.match_details'];
    viewer_tables constant text[] := ARRAY['tenants', 'users', 'tenant_users', 'rejection_reasons',
        'jobs', 'job_stages', 'job_skills', 'job_requirements', 'job_members', 'candidates',
        'candidate_tags', 'resumes', 'candidate_job_matches', 'match_explanations',
        'hiring_decisions', 'pipeline_events', 'screening_sessions', 'interviews',
        'interview_panel', 'interview_slots', 'offers', 'offer_approvals', 'saved_searches',
        'talent_pools', 'talent_pool_members', 'metric_snapshots', 'change_feed', 'client_devices'];
    interviewer_tables constant text[] := ARRAY['tenants', 'users', 'tenant_users', 'jobs',
        'job_stages', 'job_skills', 'job_requirements', 'job_members', 'candidates', 'resumes',
        'candidate_job_matches', 'interviews', 'interview_panel', 'interview_slots',
        'interview_feedback', 'saved_searches', 'change_feed', 'client_devices'];
    recruiter_not constant text[] := ARRAY['audit_logs', 'demographic_responses',
        'resume_parser_configs', 'webhooks', 'webhook_deliveries'];
    -- An interviewer needs the meeting, a viewer does not.
    meeting constant text[] := ARRAY['interviews.meeting_url', 'interviews.meeting_password',
        'interviews.notes'];
    t text;
    names text;
    role text;
BEGIN
    FOR t IN SELECT relname FROM pg_catalog.pg_class
             WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' ORDER BY 1
    LOOP
        FOREACH role IN ARRAY ARRAY['hiretty_admin', 'hiretty_recruiter', 'hiretty_viewer', 'hiretty_interviewer']
        LOOP
            CONTINUE WHEN t = 'demographic_responses'
                OR role = 'hiretty_recruiter' AND t = ANY (recruiter_not)
                OR role = 'hiretty_viewer' AND t <> ALL (viewer_tables)
                OR role = 'hiretty_interviewer' AND t <> ALL (interviewer_tables);
            SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum) INTO names
            FROM pg_catalog.pg_attribute
            WHERE attrelid = ('public.' || quote_ident(t))::regclass AND attnum > 0 AND NOT attisdropped
                AND t || '.' || attname <> ALL (nobody)
                AND (role <> 'hiretty_viewer' OR t || '.' || attname <> ALL (viewer_not))
                AND (role <> 'hiretty_interviewer' OR t || '.' || attname = ANY (meeting)
                    OR t || '.' || attname <> ALL (viewer_not || interviewer_not));
            -- ctid: first loads go by ranges of pages.
            EXECUTE format('GRANT SELECT (ctid, %s) ON public.%I TO %I', names, t, role);
        END LOOP;
        -- The platform's own backend.
        IF t IN ('audit_logs') THEN
            EXECUTE format('GRANT SELECT ON public.%I TO hiretty_platform', t);
        ELSIF t IN ('hiring_decisions', 'demographic_responses', 'model_lineage') THEN
            EXECUTE format('GRANT SELECT, INSERT ON public.%I TO hiretty_platform', t);
        ELSIF t NOT IN ('change_feed', 'client_devices') THEN
            EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON public.%I TO hiretty_platform', t);
        END IF;
    END LOOP;
END
$$;

-- INSERT and UPDATE, by column. created_by and the like come from defaults: nobody can sign for another.
DO $$
DECLARE
    given record;
    role text;
BEGIN
    FOR given IN
        SELECT * FROM (VALUES
            ('jobs', 'staff', 'title, description, department, location, employment_type, experience_min, experience_max, salary_min, salary_max, salary_currency, headcount, confidential, status, published_at, closed_at',
                'title, description, department, location, employment_type, experience_min, experience_max, salary_min, salary_max, salary_currency, headcount, confidential, status, published_at, closed_at, deleted_at'),
            ('job_stages', 'staff', 'job_id, name, position, stage_type, sla_hours, is_blind',
                'name, position, sla_hours, is_blind'),
            ('job_skills', 'staff', 'job_id, skill, category, required, weight', 'skill, category, required, weight'),
            ('job_requirements', 'staff', 'job_id, kind, label, evaluator, prompt, rule, weight, position, is_active',
                'kind, label, evaluator, prompt, rule, weight, position, is_active'),
            ('job_members', 'staff', 'job_id, member_id, role, is_active', 'role, is_active'),
            ('candidates', 'staff', 'email, phone, first_name, last_name, linkedin_url, github_url, portfolio_url, current_title, current_company, location, timezone, source, consent_version, consent_given_at',
                'email, phone, first_name, last_name, linkedin_url, github_url, portfolio_url, current_title, current_company, location, timezone, source'),
            ('resumes', 'staff', 'candidate_id, version, is_current, file_name, file_url, file_size, file_type, sha256, language, parsed_data, parsed, parsed_at, parser_version', NULL),
            ('candidate_tags', 'staff', 'candidate_id, tag', NULL),
            ('candidate_notes', 'staff', 'candidate_id, match_id, body, visibility, mentions',
                'body, visibility, mentions, deleted_at'),
            ('candidate_job_matches', 'staff', 'candidate_id, job_id, resume_id, source, applied_at', NULL),
            ('interviews', 'staff', 'match_id, interview_type, scheduled_at, duration_minutes, timezone, meeting_url, meeting_password, meeting_provider, status, notes, uid',
                'interview_type, scheduled_at, duration_minutes, timezone, meeting_url, meeting_password, meeting_provider, status, notes, sequence'),
            ('interview_panel', 'staff', 'interview_id, member_id, role, rsvp, feedback_required, feedback_due_at',
                'role, rsvp, is_active, feedback_required, feedback_due_at'),
            ('interview_panel', 'interviewer', NULL, 'rsvp'),
            ('interview_slots', 'staff', 'interview_id, proposed_by, during, proposer_timezone, status, hold_expires_at',
                'status, hold_expires_at'),
            ('interview_feedback', 'panel', 'interview_id, panel_member_id, rating, technical_rating, cultural_fit_rating, communication_rating, recommendation, notes, red_flags, scores, submitted_at',
                'rating, technical_rating, cultural_fit_rating, communication_rating, recommendation, notes, red_flags, scores, submitted_at'),
            ('offers', 'staff', 'match_id, version, status, base_salary, currency, pay_period, bonus, equity, start_date, expires_at',
                'status, base_salary, currency, pay_period, bonus, equity, start_date, sent_at, expires_at, responded_at'),
            ('offer_approvals', 'staff', 'offer_id, step, approver', 'status, note, decided_at'),
            ('hiring_decisions', 'staff', 'match_id, decision, from_stage_id, to_stage_id, base_decision_id, reason_id, note_id, hold_until, ai_score_seen, ai_recommendation, agreed_with_ai, explanation_viewed, blind, seconds_viewed, bulk_op_id, client_op_id, reverses_id', NULL),
            ('bulk_operations', 'staff', 'kind, filter, row_count, undo_until', NULL),
            ('notifications', 'staff', NULL, 'status'),
            ('talent_pools', 'staff', 'name, description', 'name, description, is_active'),
            ('talent_pool_members', 'staff', 'pool_id, candidate_id, reason, expires_at', 'reason, expires_at'),
            ('consent_records', 'staff', 'candidate_id, purpose, consent_version, consent_text, collected_at, expires_at', 'revoked_at'),
            ('referrals', 'staff', 'referrer_user_id, candidate_id, job_id, referral_source, notes', 'notes, status'),
            ('saved_searches', 'all', 'name, description, search_type, filters, sort_by, sort_order, is_default',
                'name, description, filters, sort_by, sort_order, is_default, deleted_at'),
            ('users', 'all', NULL, 'first_name, last_name, timezone'),
            ('rejection_reasons', 'admin', 'code, label, who, job_related, candidate_text, template_id, requires_note, is_active, position',
                'label, job_related, candidate_text, template_id, requires_note, is_active, position'),
            ('notification_templates', 'admin', 'name, description, template_type, subject, body_html, body_text, variables, channels, is_default, is_active',
                'name, description, version, subject, body_html, body_text, variables, channels, is_default, is_active'),
            ('retention_policies', 'admin', 'region, data_class, keep_days, action, legal_basis', 'keep_days, action, legal_basis'),
            ('data_subject_requests', 'admin', 'candidate_id, subject_hash, kind, received_at, due_at', 'status, closed_at, ground, evidence'),
            ('llm_provider_configs', 'admin', 'provider, provider_name, api_key_ref, key_fingerprint, api_endpoint, organization_id, default_model, enabled_models, monthly_budget_usd, rate_limit_rpm, is_active, is_default',
                'provider_name, api_key_ref, key_fingerprint, api_endpoint, organization_id, default_model, enabled_models, monthly_budget_usd, rate_limit_rpm, is_active, is_default'),
            ('bias_audits', 'admin', 'tool, tool_version, distribution_date, auditor, data_source, window_start, window_end, results, unknown_n, published_url', 'published_url'),
            ('client_devices', 'admin', NULL, 'wipe_requested_at')
        ) AS list (tbl, who, inserts, updates)
    LOOP
        FOREACH role IN ARRAY CASE given.who WHEN 'admin' THEN ARRAY['hiretty_admin']
            WHEN 'staff' THEN ARRAY['hiretty_admin', 'hiretty_recruiter']
            WHEN 'interviewer' THEN ARRAY['hiretty_interviewer']
            WHEN 'panel' THEN ARRAY['hiretty_admin', 'hiretty_recruiter', 'hiretty_interviewer']
            ELSE ARRAY['hiretty_admin', 'hiretty_recruiter', 'hiretty_interviewer', 'hiretty_viewer'] END
        LOOP
            IF given.inserts IS NOT NULL THEN
                EXECUTE format('GRANT INSERT (id, tenant_id, %s) ON public.%I TO %I',
                               given.inserts, given.tbl, role);
            END IF;
            IF given.updates IS NOT NULL THEN
                EXECUTE format('GRANT UPDATE (%s) ON public.%I TO %I', given.updates, given.tbl, role);
            END IF;
        END LOOP;
    END LOOP;
END
$$;
