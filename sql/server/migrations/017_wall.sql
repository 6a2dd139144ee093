-- The wall and the policies. Every table: ENABLE and FORCE; one restrictive policy for members and one
-- for the owner, so that no permissive policy added later can open another tenant; then, by group, what
-- of the own tenant is seen and written. All functions stand in a sub-select: once a statement.
SET LOCAL ROLE hiretty_owner;

DO $$
DECLARE
    t text;
    mine text;    -- the wall for members
    acting text;  -- the wall for the owner's functions
    chosen text;  -- the platform's
BEGIN
    FOR t IN SELECT relname FROM pg_catalog.pg_class
             WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' ORDER BY 1
    LOOP
        EXECUTE format('REVOKE ALL ON public.%I FROM PUBLIC', t);
        EXECUTE format('ALTER TABLE public.%I ENABLE ROW LEVEL SECURITY', t);
        EXECUTE format('ALTER TABLE public.%I FORCE ROW LEVEL SECURITY', t);
        mine := CASE t WHEN 'tenants' THEN 'id = (SELECT app.my_tenant())'
            WHEN 'users' THEN '(SELECT app.my_tenant()) IS NOT NULL AND id = ANY ((SELECT app.colleagues())::uuid[])'
            ELSE 'tenant_id = (SELECT app.my_tenant())' END;
        acting := CASE t WHEN 'tenants' THEN 'id = (SELECT app.acting_tenant())'
            WHEN 'users' THEN 'id = ANY ((SELECT app.colleagues())::uuid[])'
            ELSE 'tenant_id = (SELECT app.acting_tenant())' END;
        chosen := CASE t WHEN 'tenants' THEN 'id = (SELECT app.platform_tenant())'
            WHEN 'users' THEN 'true' ELSE 'tenant_id = (SELECT app.platform_tenant())' END;
        EXECUTE format('CREATE POLICY wall ON public.%I AS RESTRICTIVE TO hiretty_client '
                       'USING (%s) WITH CHECK (%s)', t, mine, mine);
        EXECUTE format('CREATE POLICY wall_owner ON public.%I AS RESTRICTIVE TO hiretty_owner '
                       'USING (%s) WITH CHECK (%s)', t, acting, acting);
        IF t NOT IN ('audit_logs', 'change_feed') THEN
            EXECUTE format('CREATE POLICY owner_all ON public.%I TO hiretty_owner '
                           'USING (true) WITH CHECK (true)', t);
            EXECUTE format('CREATE POLICY platform ON public.%I TO hiretty_platform '
                           'USING (%s) WITH CHECK (%s)', t, chosen, chosen);
        ELSE
            EXECUTE format('CREATE POLICY owner_reads ON public.%I FOR SELECT TO hiretty_owner '
                           'USING (true)', t);
            EXECUTE format('CREATE POLICY audit_writes ON public.%I FOR INSERT TO hiretty_audit '
                           'WITH CHECK (true)', t);
        END IF;
    END LOOP;
END
$$;
-- The backend finds a tenant by its slug before it chooses it.
CREATE POLICY platform_finds ON public.tenants FOR SELECT TO hiretty_platform USING (true);
CREATE POLICY platform_reads ON public.audit_logs FOR SELECT TO hiretty_platform
    USING (tenant_id = (SELECT app.platform_tenant()));
-- Old feed rows go by the owner's retention, audit rows by hiretty_audit's.
CREATE POLICY owner_prunes ON public.change_feed FOR DELETE TO hiretty_owner USING (true);
CREATE POLICY audit_reads ON public.audit_logs FOR SELECT TO hiretty_audit USING (true);
-- Identity and feed read memberships of every tenant, by columns that say little.
CREATE POLICY identity ON public.tenants FOR SELECT TO hiretty_auth USING (true);
CREATE POLICY identity ON public.users FOR SELECT TO hiretty_auth USING (true);
CREATE POLICY identity ON public.tenant_users FOR SELECT TO hiretty_auth USING (true);
CREATE POLICY feed_reads ON public.tenants FOR SELECT TO hiretty_audit USING (true);
CREATE POLICY feed_reads ON public.tenant_users FOR SELECT TO hiretty_audit USING (true);

-- Confidential jobs are restrictive too: members of the job only, whatever the role.
DO $$
DECLARE
    jobs constant text := '(SELECT app.hidden_jobs())::uuid[]';
    -- Sets that may be large are looked up by hash.
    matches constant text := '(SELECT unnest(app.hidden_matches()))';
    rule record;
BEGIN
    FOR rule IN
        SELECT t, format('id <> ALL (%s)', jobs) AS seen FROM unnest(ARRAY['jobs']) t
        UNION ALL
        SELECT t, format('job_id <> ALL (%s)', jobs)
        FROM unnest(ARRAY['job_skills', 'job_requirements', 'job_stages', 'job_members',
            'candidate_job_matches', 'pipeline_events', 'screening_sessions', 'referrals']) t
        UNION ALL
        SELECT t, format('job_id IS NULL OR job_id <> ALL (%s)', jobs)
        FROM unnest(ARRAY['metric_snapshots', 'cost_entries']) t
        UNION ALL
        SELECT t, format('match_id NOT IN %s', matches)
        FROM unnest(ARRAY['match_explanations', 'hiring_decisions', 'interviews', 'offers']) t
        UNION ALL
        SELECT 'candidate_notes', format('match_id IS NULL OR match_id NOT IN %s', matches)
        UNION ALL
        SELECT t, 'interview_id NOT IN (SELECT unnest(app.hidden_interviews()))'
        FROM unnest(ARRAY['interview_panel', 'interview_slots', 'interview_feedback',
            'voice_sessions']) t
        UNION ALL
        SELECT 'offer_approvals', 'offer_id NOT IN (SELECT unnest(app.hidden_offers()))'
        UNION ALL
        SELECT 'notifications',
            'decision_id IS NULL OR decision_id NOT IN (SELECT unnest(app.hidden_decisions()))'
    LOOP
        -- Most tenants have none that is hidden: then a row costs one look at a boolean.
        rule.seen := format('(SELECT app.hidden_jobs() = ''{}'') OR (%s)', rule.seen);
        EXECUTE format('CREATE POLICY confidential ON public.%I AS RESTRICTIVE TO hiretty_client '
                       'USING (%s) WITH CHECK (%s)', rule.t, rule.seen, rule.seen);
    END LOOP;
END
$$;

-- What the groups see of their tenant.
DO $$
DECLARE
    t text;
BEGIN
    -- Admins and recruiters: everything but what is named below.
    FOR t IN SELECT relname FROM pg_catalog.pg_class
             WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'
                AND relname NOT IN ('audit_logs', 'demographic_responses', 'client_devices',
                    'resume_parser_configs', 'webhooks', 'webhook_deliveries', 'candidate_notes',
                    'saved_searches', 'interview_feedback', 'change_feed')
    LOOP
        EXECUTE format('CREATE POLICY staff_reads ON public.%I FOR SELECT '
                       'TO hiretty_admin, hiretty_recruiter USING (true)', t);
    END LOOP;
    FOREACH t IN ARRAY ARRAY['audit_logs', 'client_devices', 'resume_parser_configs', 'webhooks',
        'webhook_deliveries']
    LOOP
        EXECUTE format('CREATE POLICY admin_reads ON public.%I FOR SELECT TO hiretty_admin USING (true)', t);
    END LOOP;
    -- Viewers: the pipeline without contacts, notes, mails and feedback.
    FOREACH t IN ARRAY ARRAY['tenants', 'users', 'tenant_users', 'rejection_reasons', 'jobs',
        'job_stages', 'job_skills', 'job_requirements', 'job_members', 'candidates', 'candidate_tags',
        'resumes', 'candidate_job_matches', 'match_explanations', 'hiring_decisions',
        'pipeline_events', 'screening_sessions', 'interviews', 'interview_panel', 'interview_slots',
        'offers', 'offer_approvals', 'talent_pools', 'talent_pool_members', 'metric_snapshots']
    LOOP
        EXECUTE format('CREATE POLICY viewer_reads ON public.%I FOR SELECT TO hiretty_viewer USING (true)', t);
    END LOOP;
    FOREACH t IN ARRAY ARRAY['tenants', 'users', 'tenant_users'] LOOP
        EXECUTE format('CREATE POLICY interviewer_reads ON public.%I FOR SELECT TO hiretty_interviewer USING (true)', t);
    END LOOP;
END
$$;

-- Interviewers: what belongs to their own panels.
CREATE POLICY interviewer_reads ON public.jobs FOR SELECT TO hiretty_interviewer
    USING (id = ANY ((SELECT app.my_panel_jobs())::uuid[]));
CREATE POLICY interviewer_reads ON public.job_stages FOR SELECT TO hiretty_interviewer
    USING (job_id = ANY ((SELECT app.my_panel_jobs())::uuid[]));
CREATE POLICY interviewer_reads ON public.job_skills FOR SELECT TO hiretty_interviewer
    USING (job_id = ANY ((SELECT app.my_panel_jobs())::uuid[]));
CREATE POLICY interviewer_reads ON public.job_requirements FOR SELECT TO hiretty_interviewer
    USING (job_id = ANY ((SELECT app.my_panel_jobs())::uuid[]));
CREATE POLICY interviewer_reads ON public.job_members FOR SELECT TO hiretty_interviewer
    USING (job_id = ANY ((SELECT app.my_panel_jobs())::uuid[]));
CREATE POLICY interviewer_reads ON public.candidates FOR SELECT TO hiretty_interviewer
    USING (id = ANY ((SELECT app.my_panel_candidates())::uuid[]));
CREATE POLICY interviewer_reads ON public.resumes FOR SELECT TO hiretty_interviewer
    USING (candidate_id = ANY ((SELECT app.my_panel_candidates())::uuid[]));
CREATE POLICY interviewer_reads ON public.candidate_job_matches FOR SELECT TO hiretty_interviewer
    USING (id = ANY ((SELECT app.my_panel_matches())::uuid[]));
CREATE POLICY interviewer_reads ON public.interviews FOR SELECT TO hiretty_interviewer
    USING (id = ANY ((SELECT app.my_interviews())::uuid[]));
CREATE POLICY interviewer_reads ON public.interview_panel FOR SELECT TO hiretty_interviewer
    USING (interview_id = ANY ((SELECT app.my_interviews())::uuid[]));
CREATE POLICY interviewer_reads ON public.interview_slots FOR SELECT TO hiretty_interviewer
    USING (interview_id = ANY ((SELECT app.my_interviews())::uuid[]));

-- Feedback: one's own always; others' once it is submitted, for interviewers not before their own is.
CREATE POLICY own_feedback ON public.interview_feedback FOR SELECT
    TO hiretty_admin, hiretty_recruiter, hiretty_interviewer
    USING (panel_member_id = ANY ((SELECT app.my_panel_rows())::uuid[]));
CREATE POLICY staff_reads ON public.interview_feedback FOR SELECT TO hiretty_admin, hiretty_recruiter
    USING (submitted_at IS NOT NULL);
CREATE POLICY interviewer_reads ON public.interview_feedback FOR SELECT TO hiretty_interviewer
    USING (submitted_at IS NOT NULL
        AND interview_id = ANY ((SELECT app.my_submitted_interviews())::uuid[]));
CREATE POLICY own_feedback_insert ON public.interview_feedback FOR INSERT
    TO hiretty_admin, hiretty_recruiter, hiretty_interviewer
    WITH CHECK (panel_member_id = ANY ((SELECT app.my_panel_rows())::uuid[]));
CREATE POLICY own_feedback_update ON public.interview_feedback FOR UPDATE
    TO hiretty_admin, hiretty_recruiter, hiretty_interviewer
    USING (panel_member_id = ANY ((SELECT app.my_panel_rows())::uuid[]))
    WITH CHECK (panel_member_id = ANY ((SELECT app.my_panel_rows())::uuid[]));

-- Notes: the team's and one's own; only their author edits them.
CREATE POLICY staff_reads ON public.candidate_notes FOR SELECT TO hiretty_admin, hiretty_recruiter
    USING (visibility = 'team' OR created_by = (SELECT app.my_user()));
CREATE POLICY staff_inserts ON public.candidate_notes FOR INSERT TO hiretty_admin, hiretty_recruiter
    WITH CHECK (created_by = (SELECT app.my_user()));
CREATE POLICY author_updates ON public.candidate_notes FOR UPDATE TO hiretty_admin, hiretty_recruiter
    USING (created_by = (SELECT app.my_user())) WITH CHECK (created_by = (SELECT app.my_user()));

-- One's own: searches, devices, name and time zone, answers to invitations and approvals.
CREATE POLICY own ON public.saved_searches TO hiretty_client
    USING (user_id = (SELECT app.my_user())) WITH CHECK (user_id = (SELECT app.my_user()));
CREATE POLICY own ON public.client_devices FOR SELECT TO hiretty_client
    USING (member_id = (SELECT app.my_member()));
CREATE POLICY admin_updates ON public.client_devices FOR UPDATE TO hiretty_admin
    USING (true) WITH CHECK (true);
CREATE POLICY own ON public.users FOR UPDATE TO hiretty_client
    USING (id = (SELECT app.my_user())) WITH CHECK (id = (SELECT app.my_user()));
CREATE POLICY own ON public.interview_panel FOR UPDATE TO hiretty_interviewer
    USING (member_id = (SELECT app.my_member())) WITH CHECK (member_id = (SELECT app.my_member()));
CREATE POLICY approver_updates ON public.offer_approvals FOR UPDATE TO hiretty_admin, hiretty_recruiter
    USING (approver = (SELECT app.my_user()) AND status = 'pending')
    WITH CHECK (approver = (SELECT app.my_user()));
-- A queued mail can still be stopped.
CREATE POLICY staff_cancels ON public.notifications FOR UPDATE TO hiretty_admin, hiretty_recruiter
    USING (status = 'queued') WITH CHECK (status IN ('queued', 'cancelled'));
CREATE POLICY staff_decides ON public.hiring_decisions FOR INSERT TO hiretty_admin, hiretty_recruiter
    WITH CHECK (actor_kind = 'user' AND decided_by = (SELECT app.my_user()));

DO $$
DECLARE
    t text;
BEGIN
    -- What admins and recruiters add; columns are a matter of grants.
    FOREACH t IN ARRAY ARRAY['jobs', 'job_stages', 'job_skills', 'job_requirements', 'job_members',
        'candidates', 'candidate_tags', 'candidate_job_matches', 'interviews', 'interview_panel',
        'interview_slots', 'offers', 'offer_approvals', 'talent_pools', 'talent_pool_members',
        'consent_records', 'referrals', 'resumes', 'bulk_operations']
    LOOP
        EXECUTE format('CREATE POLICY staff_inserts ON public.%I FOR INSERT '
                       'TO hiretty_admin, hiretty_recruiter WITH CHECK (true)', t);
    END LOOP;
    FOREACH t IN ARRAY ARRAY['jobs', 'job_stages', 'job_skills', 'job_requirements', 'job_members',
        'candidates', 'interviews', 'interview_panel', 'interview_slots', 'offers', 'talent_pools',
        'talent_pool_members', 'consent_records', 'referrals']
    LOOP
        EXECUTE format('CREATE POLICY staff_updates ON public.%I FOR UPDATE '
                       'TO hiretty_admin, hiretty_recruiter USING (true) WITH CHECK (true)', t);
    END LOOP;
    -- What only admins set up.
    FOREACH t IN ARRAY ARRAY['rejection_reasons', 'notification_templates', 'retention_policies',
        'data_subject_requests', 'llm_provider_configs', 'bias_audits']
    LOOP
        EXECUTE format('CREATE POLICY admin_inserts ON public.%I FOR INSERT TO hiretty_admin '
                       'WITH CHECK (true)', t);
        EXECUTE format('CREATE POLICY admin_updates ON public.%I FOR UPDATE TO hiretty_admin '
                       'USING (true) WITH CHECK (true)', t);
    END LOOP;
END
$$;

CREATE POLICY staff_reads ON public.change_feed FOR SELECT TO hiretty_admin, hiretty_recruiter USING (true);
CREATE POLICY others_read ON public.change_feed FOR SELECT TO hiretty_viewer, hiretty_interviewer
    USING (tbl = ANY ((SELECT app.my_feed_tables())::smallint[]));
