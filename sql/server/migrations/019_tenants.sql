-- A new tenant with what it needs on its first day; the platform's key functions; counts for fairness.

-- Owned by hiretty_platform, whose policies it meets by choosing the new tenant for its own duration.
CREATE FUNCTION app.create_tenant(name text, slug text, timezone text DEFAULT 'UTC',
                                  id uuid DEFAULT gen_random_uuid()) RETURNS uuid
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    t uuid := create_tenant.id;
    reject_template uuid := gen_random_uuid();
    chosen_before text := current_setting('app.current_tenant', true);
BEGIN
    PERFORM set_config('app.current_tenant', t::text, true);
    INSERT INTO public.tenants (id, name, slug, timezone)
    VALUES (t, create_tenant.name, create_tenant.slug, create_tenant.timezone);

    INSERT INTO public.notification_templates
        (id, tenant_id, name, template_type, subject, body_text, variables, is_default)
    VALUES
        (reject_template, t, 'Rejection', 'rejection', 'Your application for {{job_title}}',
         E'Dear {{candidate_name}},\n\nthank you for your interest in {{job_title}} and for the time you took. We have decided to go on with other applicants.\n\nWe wish you all the best.\n\n{{sender_name}}\n{{company_name}}',
         '["candidate_name", "job_title", "sender_name", "company_name"]', true),
        (gen_random_uuid(), t, 'Screening invitation', 'screening_invite', 'Next step: {{job_title}}',
         E'Dear {{candidate_name}},\n\nwe would like to learn more about you for {{job_title}}. I will send you a time for a first talk soon.\n\n{{sender_name}}\n{{company_name}}',
         '["candidate_name", "job_title", "sender_name", "company_name"]', true),
        (gen_random_uuid(), t, 'Interview invitation', 'interview_invite', 'Interview: {{job_title}}',
         E'Dear {{candidate_name}},\n\nwe would like to meet you on {{interview_time}} for {{job_title}}.\n\n{{sender_name}}\n{{company_name}}',
         '["candidate_name", "job_title", "interview_time", "sender_name", "company_name"]', true),
        (gen_random_uuid(), t, 'Offer', 'offer', 'Our offer: {{job_title}}',
         E'Dear {{candidate_name}},\n\nwe are glad to offer you the position {{job_title}}. Please find the details below and answer by {{offer_expires}}.\n\n{{sender_name}}\n{{company_name}}',
         '["candidate_name", "job_title", "offer_expires", "sender_name", "company_name"]', true),
        (gen_random_uuid(), t, 'Feedback reminder', 'reminder', 'Feedback on {{candidate_name}} is due',
         E'Hello {{user_name}},\n\nyour feedback on the interview with {{candidate_name}} ({{job_title}}) is due on {{due_time}}.',
         '["user_name", "candidate_name", "job_title", "due_time"]', true);

    INSERT INTO public.rejection_reasons
        (tenant_id, code, label, who, job_related, candidate_text, template_id, requires_note, position)
    SELECT t, r.code, r.label, r.who, r.job_related, r.candidate_text,
        CASE WHEN r.who = 'they_withdrew' THEN NULL ELSE reject_template END, r.requires_note, r.position
    FROM (VALUES
        ('must_have_missing', 'Must-have missing', 'we_rejected', true, 'A requirement of the job is not met.', false, 0),
        ('experience', 'Not enough experience', 'we_rejected', true, 'Other applicants bring more experience for this job.', false, 1),
        ('stronger_candidate', 'Another candidate is stronger', 'we_rejected', true, 'Other applicants fit the job more closely.', false, 2),
        ('location', 'Location or work authorisation', 'we_rejected', true, 'The place of work or the permit to work does not fit.', false, 3),
        ('salary', 'Salary expectation too high', 'we_rejected', true, 'Our ideas of the salary are too far apart.', false, 4),
        ('no_show', 'Did not come to the interview', 'we_rejected', true, NULL, false, 5),
        ('position_closed', 'Position closed', 'position_closed', false, 'The position is no longer open.', false, 6),
        ('withdrew', 'Candidate withdrew', 'they_withdrew', false, NULL, false, 7),
        ('reopened', 'Decision reconsidered', 'we_rejected', true, NULL, true, 8),
        ('other', 'Other', 'we_rejected', true, NULL, true, 9))
        AS r (code, label, who, job_related, candidate_text, requires_note, position);

    INSERT INTO public.retention_policies (tenant_id, region, data_class, keep_days, action, legal_basis)
    SELECT t, '*', p.data_class, p.keep_days, p.action, p.legal_basis
    FROM (VALUES
        ('candidate_rejected', 180, 'anonymise', 'defence of legal claims'),
        ('candidate_hired', 3650, 'review', 'employment contract'),
        ('talent_pool', 730, 'anonymise', 'consent'),
        ('resume_file', 180, 'delete', 'defence of legal claims'),
        ('transcript', 180, 'delete', 'defence of legal claims'),
        ('recording', 90, 'delete', 'consent'),
        ('ai_log', 183, 'delete', 'legal obligation'),
        ('audit_log', 1095, 'delete', 'legal obligation'),
        ('demographics', 1825, 'review', 'legal obligation'))
        AS p (data_class, keep_days, action, legal_basis);
    PERFORM set_config('app.current_tenant', coalesce(chosen_before, ''), true);
    RETURN t;
END
$$;
ALTER FUNCTION app.create_tenant(text, text, text, uuid) OWNER TO hiretty_platform;
REVOKE ALL ON FUNCTION app.create_tenant(text, text, text, uuid) FROM PUBLIC;

-- Kept for the platform: they take the secret as a literal, which logs may keep.
CREATE FUNCTION public.encrypt_api_key(api_key text, encryption_key text) RETURNS text
LANGUAGE plpgsql
AS $$
BEGIN
    RETURN encode(pgp_sym_encrypt(api_key, encryption_key), 'base64');
END
$$;
CREATE FUNCTION public.decrypt_api_key(encrypted_key text, encryption_key text) RETURNS text
LANGUAGE plpgsql
AS $$
BEGIN
    RETURN pgp_sym_decrypt(decode(encrypted_key, 'base64'), encryption_key);
END
$$;
ALTER FUNCTION public.encrypt_api_key(text, text) OWNER TO hiretty_owner;
ALTER FUNCTION public.decrypt_api_key(text, text) OWNER TO hiretty_owner;
REVOKE ALL ON FUNCTION public.encrypt_api_key(text, text), public.decrypt_api_key(text, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION public.encrypt_api_key(text, text), public.decrypt_api_key(text, text)
TO hiretty_platform;

-- Selection by group for one job; a group of fewer than five is told as such and without its numbers.
CREATE FUNCTION app.demographic_counts(job uuid, dimension text)
RETURNS TABLE (value text, n bigint, selected bigint, too_few boolean)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    tenant uuid := app.my_tenant();
    hidden uuid[] := app.hidden_jobs();
BEGIN
    IF NOT app.is_admin() THEN
        RAISE EXCEPTION 'only administrators may see this' USING ERRCODE = 'insufficient_privilege';
    END IF;
    IF dimension NOT IN ('sex', 'race_ethnicity', 'disability', 'veteran', 'age_band') THEN
        RAISE EXCEPTION 'unknown dimension' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    RETURN QUERY
    SELECT g.v, CASE WHEN g.c >= 5 THEN g.c END, CASE WHEN g.c >= 5 THEN g.s END, g.c < 5
    FROM (SELECT to_jsonb(d) ->> dimension AS v, count(*) AS c, count(*) FILTER (WHERE d.selected) AS s
          FROM public.demographic_responses d
          WHERE d.tenant_id = tenant AND d.job_id = demographic_counts.job
              AND d.job_id <> ALL (hidden)
          GROUP BY 1) AS g
    ORDER BY 1;
END
$$;
ALTER FUNCTION app.demographic_counts(uuid, text) OWNER TO hiretty_owner;
REVOKE ALL ON FUNCTION app.demographic_counts(uuid, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION app.demographic_counts(uuid, text) TO hiretty_admin;
