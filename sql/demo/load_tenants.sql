-- From working rows to the real tables, part 1: tenants, people, logins, templates, reasons.
-- Every time is set (nothing defaults to the clock), every id comes from the seed.
INSERT INTO public.tenants (id, name, slug, plan, timezone, onboarded_at, created_at, updated_at)
SELECT id, name, slug, 'pro', tz, demo.now() - interval '800 days', demo.now() - interval '800 days', demo.now() - interval '800 days'
FROM demo.tenant;

INSERT INTO public.users (id, email, first_name, last_name, timezone, email_verified_at, created_at, updated_at)
SELECT user_id, email, given, family, tz, demo.now() - interval '780 days', demo.now() - interval '790 days', demo.now() - interval '780 days'
FROM demo.member;

INSERT INTO public.tenant_users (id, tenant_id, user_id, role, pg_role, invited_by, invited_at, joined_at, status, created_at, updated_at)
SELECT m.id, m.tenant_id, m.user_id, m.role, m.login, a.user_id, demo.now() - interval '790 days',
       demo.now() - interval '780 days', 'active', demo.now() - interval '790 days', demo.now() - interval '780 days'
FROM demo.member m JOIN demo.member a ON a.m = CASE m.t WHEN 'a' THEN 1 ELSE 101 END;

-- A login is a role in exactly one of the four groups.
SELECT format('CREATE ROLE %I LOGIN', login) FROM demo.member
WHERE login IS NOT NULL AND NOT EXISTS (SELECT FROM pg_roles WHERE rolname = login) ORDER BY m \gexec
SELECT format('GRANT %I TO %I', 'hiretty_' || role, login) FROM demo.member
WHERE login IS NOT NULL AND NOT pg_has_role(login, 'hiretty_' || role, 'MEMBER') ORDER BY m \gexec

CREATE TABLE demo.template (k int PRIMARY KEY, name text, kind text, is_default bool, subject text, body text, variables text[]);
INSERT INTO demo.template VALUES
(1, 'Rejection', 'rejection', true, 'Your application as {{job_title}} at {{company_name}}',
'Dear {{candidate_name}},

thank you for applying as {{job_title}} and for the time you took. We have read your application with care and will go on with others.

We wish you well for what comes next.

{{sender_name}}
{{company_name}}', '{candidate_name,job_title,sender_name,company_name}'),
(2, 'Rejection after an interview', 'rejection', false, 'After our talk about {{job_title}}',
'Dear {{candidate_name}},

thank you for talking with us about {{job_title}}. It was a close decision, and it went to somebody else.

If you would like to hear more about our impressions, write back and I will call.

{{sender_name}}
{{company_name}}', '{candidate_name,job_title,sender_name,company_name}'),
(3, 'Interview invitation', 'interview_invite', true, 'Interview: {{job_title}}',
'Dear {{candidate_name}},

we would like to talk with you about {{job_title}} on {{interview_time}}.

{{sender_name}}
{{company_name}}', '{candidate_name,job_title,interview_time,sender_name,company_name}'),
(4, 'Screening invitation', 'screening_invite', true, 'A few questions about {{job_title}}',
'Dear {{candidate_name}},

before we meet we would like to ask you a few questions in writing. It takes about ten minutes, at any time that suits you.

{{sender_name}}
{{company_name}}', '{candidate_name,job_title,sender_name,company_name}'),
(5, 'Offer', 'offer', true, 'An offer from {{company_name}}',
'Dear {{candidate_name}},

we are glad to offer you the position of {{job_title}}. Please answer by {{offer_expires}}.

{{sender_name}}
{{company_name}}', '{candidate_name,job_title,offer_expires,sender_name,company_name}'),
(6, 'Feedback reminder', 'reminder', true, 'Your notes on {{candidate_name}}',
'Hello {{user_name}},

your notes on the interview with {{candidate_name}} ({{job_title}}) are due on {{due_time}}. A few lines are enough.', '{user_name,candidate_name,job_title,due_time}'),
(7, 'Shortlisted', 'custom', false, 'Your application as {{job_title}}: the next step',
'Dear {{candidate_name}},

your application as {{job_title}} is on our short list. We will write again within a week.

{{sender_name}}
{{company_name}}', '{candidate_name,job_title,sender_name,company_name}');
INSERT INTO public.notification_templates (id, tenant_id, name, template_type, version, subject, body_html, body_text, variables, channels, is_default, created_at, updated_at)
SELECT demo.id('template-' || t.t, k.k), t.id, k.name, k.kind, 1, k.subject, '<p>' || replace(k.body, E'\n\n', '</p><p>') || '</p>', k.body,
       (SELECT jsonb_agg(v ORDER BY i) FROM unnest(k.variables) WITH ORDINALITY x(v, i)), '{email}', k.is_default,
       demo.now() - interval '700 days', demo.now() - interval '700 days'
FROM demo.tenant t, demo.template k;

CREATE TABLE demo.reason (k int PRIMARY KEY, code text, label text, who text, job_related bool, text text, needs_note bool);
INSERT INTO demo.reason VALUES
(0, 'must_have_missing', 'Must-have missing', 'we_rejected', true, 'A requirement of the job is not met.', false),
(1, 'experience', 'Not enough experience', 'we_rejected', true, 'Other applicants bring more experience for this job.', false),
(2, 'stronger_candidate', 'Another candidate is stronger', 'we_rejected', true, 'Other applicants fit the job more closely.', false),
(3, 'location', 'Location or work authorisation', 'we_rejected', true, 'The place of work or the permit to work does not fit.', false),
(4, 'salary', 'Salary expectation too high', 'we_rejected', true, 'Our ideas of the salary are too far apart.', false),
(5, 'no_show', 'Did not come to the interview', 'we_rejected', true, NULL, false),
(6, 'position_closed', 'Position closed', 'position_closed', false, 'The position is no longer open.', false),
(7, 'withdrew', 'Candidate withdrew', 'they_withdrew', false, NULL, false),
(8, 'reopened', 'Decision reconsidered', 'we_rejected', true, NULL, true),
(9, 'other', 'Other', 'we_rejected', true, NULL, true);
INSERT INTO public.rejection_reasons (id, tenant_id, code, label, who, job_related, candidate_text, template_id, requires_note, position, created_at, updated_at)
SELECT demo.id('reason-' || t.t, k.k), t.id, k.code, k.label, k.who, k.job_related, k.text,
       CASE WHEN k.who <> 'they_withdrew' THEN demo.id('template-' || t.t, 1) END, k.needs_note, k.k,
       demo.now() - interval '700 days', demo.now() - interval '700 days'
FROM demo.tenant t, demo.reason k;

INSERT INTO public.retention_policies (id, tenant_id, region, data_class, keep_days, action, legal_basis, created_at, updated_at)
SELECT demo.id('retention-' || t.t, k), t.id, '*', c, d, a, b, demo.now() - interval '700 days', demo.now() - interval '700 days'
FROM demo.tenant t, (VALUES (1, 'candidate_rejected', 183, 'anonymise', 'time limit for claims'),
  (2, 'talent_pool', 730, 'review', 'consent'), (3, 'resume_file', 183, 'delete', 'time limit for claims'),
  (4, 'transcript', 183, 'delete', 'time limit for claims'), (5, 'recording', 90, 'delete', 'consent'),
  (6, 'ai_log', 365, 'delete', 'duty to keep logs'), (7, 'audit_log', 1095, 'review', 'accountability')) v(k, c, d, a, b);

CREATE TABLE demo.stage (pos int PRIMARY KEY, name text, kind text, sla int, status text);
INSERT INTO demo.stage VALUES (0, 'Applied', 'applied', 240, 'scored'), (1, 'Shortlist', 'shortlist', 120, 'shortlisted'),
  (2, 'Screening', 'screening', 168, 'screening'), (3, 'Interview', 'interview', 336, 'interviewing'), (4, 'Offer', 'offer', 168, 'offered'),
  (5, 'Hired', 'hired', NULL, 'hired'), (6, 'Rejected', 'rejected', NULL, 'rejected'), (7, 'Withdrawn', 'withdrawn', NULL, 'withdrawn');
CREATE FUNCTION demo.stage_id(j int, pos int) RETURNS uuid IMMUTABLE PARALLEL SAFE LANGUAGE sql
  RETURN demo.id('stage', j * 10 + pos);
