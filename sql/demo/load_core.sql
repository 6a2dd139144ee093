-- From working rows to the real tables, part 1: tenants, people, logins, templates, reasons, jobs.
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

-- Jobs. Job 2's text was changed after some had been scored (version 2).
INSERT INTO public.jobs (id, tenant_id, title, description, department, location, employment_type, experience_min, experience_max,
  salary_min, salary_max, salary_currency, headcount, confidential, status, version, enriched_jd, published_at, closed_at, created_by, created_at, updated_at)
SELECT j.id, j.tenant_id, j.title,
  j.title || ' in our ' || f.department || ' team, ' || j.location || '.' || E'\n\n'
  || 'You will work with ' || j.skills[1] || ' and ' || j.skills[2] || ' from the first week, and with ' || j.skills[4] || ' when you like. '
  || 'We are ' || (4 + demo.k(301, j.j, 20)) || ' people who write things down, review each other''s work and go home on time. '
  || 'You report to the head of ' || f.department || ' and will share the work with ' || (2 + demo.k(302, j.j, 6)) || ' colleagues.' || E'\n\n'
  || 'We ask for: ' || j.skills[1] || '; ' || j.skills[2] || '; ' || j.skills[3] || '; ' || j.years_min || ' years or more in similar work.' || E'\n'
  || 'Good to have: ' || j.skills[4] || '; ' || j.skills[5] || '.' || E'\n\n'
  || 'We offer: a salary within the stated range, ' || (26 + demo.k(303, j.j, 6)) || ' days of leave, a budget for learning, and an answer within two weeks.',
  f.department, j.location, j.emp, j.years_min, j.years_max, j.smin, j.smax, j.cur, j.headcount, j.confidential, j.status,
  CASE WHEN j.j IN (2, 12) THEN 2 ELSE 1 END,
  jsonb_build_object('summary', j.title || ' in ' || f.department, 'responsibilities', jsonb_build_array('work with ' || j.skills[1], 'share the rota', 'write down what is learned'),
                     'benefits', '["learning budget","flexible hours"]'::jsonb),
  j.published, j.closed, m.user_id, j.published - interval '6 days', coalesce(j.closed, j.published)
FROM demo.job j JOIN demo.family f USING (f) JOIN demo.member m ON m.m = j.recruiter;

CREATE TABLE demo.stage (pos int PRIMARY KEY, name text, kind text, sla int, status text);
INSERT INTO demo.stage VALUES (0, 'Applied', 'applied', 120, 'scored'), (1, 'Shortlist', 'shortlist', 72, 'shortlisted'),
  (2, 'Screening', 'screening', 96, 'screening'), (3, 'Interview', 'interview', 336, 'interviewing'), (4, 'Offer', 'offer', 168, 'offered'),
  (5, 'Hired', 'hired', NULL, 'hired'), (6, 'Rejected', 'rejected', NULL, 'rejected'), (7, 'Withdrawn', 'withdrawn', NULL, 'withdrawn');
CREATE FUNCTION demo.stage_id(j int, pos int) RETURNS uuid IMMUTABLE PARALLEL SAFE LANGUAGE sql
  RETURN demo.id('stage', j * 10 + pos);
INSERT INTO public.job_stages (id, tenant_id, job_id, name, position, stage_type, sla_hours, is_blind, created_at, updated_at)
SELECT demo.stage_id(j.j, s.pos), j.tenant_id, j.id, s.name, s.pos, s.kind, s.sla, s.pos = 0 AND j.j IN (6, 12, 25), j.published, j.published
FROM demo.job j, demo.stage s;

INSERT INTO public.job_skills (id, tenant_id, job_id, skill, category, required, weight, created_at, updated_at)
SELECT demo.id('job-skill', j.j * 10 + i), j.tenant_id, j.id, s, CASE WHEN s IN ('English', 'German', 'French', 'Spanish') THEN 'language' ELSE 'technical' END,
       i <= 3, (ARRAY[3, 2.5, 2, 1, 1, 0.5])[i], j.published, j.published
FROM demo.job j, unnest(j.skills) WITH ORDINALITY x(s, i);

INSERT INTO public.job_requirements (id, tenant_id, job_id, kind, label, evaluator, prompt, rule, weight, position, created_at, updated_at)
SELECT demo.id('requirement', j.j * 10 + k), j.tenant_id, j.id, kind, label, evaluator,
       CASE WHEN evaluator = 'llm' THEN 'Does the résumé show it? Quote the sentence that does, or say that none does.' END,
       CASE WHEN evaluator = 'rule' THEN jsonb_build_object('field', 'years', 'min', j.years_min) END, weight, k, j.published, j.published
FROM demo.job j, LATERAL (VALUES
  (1, 'must_have', j.skills[1], 'llm', 3.0), (2, 'must_have', j.skills[2], 'llm', 2.5), (3, 'must_have', j.skills[3], 'llm', 2.0),
  (4, 'nice_to_have', j.skills[4], 'llm', 1.0), (5, 'must_have', j.years_min || '+ years in similar work', 'rule', 2.0),
  (6, 'knockout', 'May work at ' || j.location, 'human', 1.0), (7, 'scorecard', 'Craft', 'human', 2.0),
  (8, 'scorecard', 'Clear in speech and writing', 'human', 1.5), (9, 'scorecard', 'Works well with others', 'human', 1.5)) v(k, kind, label, evaluator, weight);

-- Who works on a job: its recruiter, a manager, two interviewers. Job 18 is confidential: two see it.
INSERT INTO public.job_members (id, tenant_id, job_id, member_id, role, created_at, updated_at)
SELECT demo.id('job-member', j.j * 10 + k), j.tenant_id, j.id, m.id, r.role, j.published, j.published
FROM demo.job j, LATERAL (
  SELECT 1 AS k, j.recruiter AS m, 'recruiter' AS role
  UNION ALL SELECT 2, CASE WHEN j.t = 'b' THEN 101 WHEN j.j = 18 THEN 1 ELSE (ARRAY[1, 7])[1 + j.j % 2] END, 'hiring_manager'
  UNION ALL SELECT 3, (ARRAY[4, 5])[1 + j.j % 2], 'interviewer' WHERE j.t = 'a' AND NOT j.confidential
  UNION ALL SELECT 4, (ARRAY[11, 12, 13])[1 + j.j % 3], 'interviewer' WHERE j.t = 'a' AND NOT j.confidential) r
JOIN demo.member m ON m.m = r.m;
