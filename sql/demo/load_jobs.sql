-- Part 2: jobs with their stages, skills, requirements and people.
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

INSERT INTO public.job_stages (id, tenant_id, job_id, name, position, stage_type, sla_hours, is_blind, created_at, updated_at)
SELECT demo.stage_id(j.j, s.pos), j.tenant_id, j.id, s.name, s.pos, s.kind, s.sla, s.pos = 0 AND j.j IN (6, 12, 25), j.published, j.published
FROM demo.job j, demo.stage s;

INSERT INTO public.job_skills (id, tenant_id, job_id, skill, category, required, weight, created_at, updated_at)
SELECT demo.id('job-skill', j.j * 10 + i), j.tenant_id, j.id, s, CASE WHEN j.f IN (1, 4, 5, 6) THEN 'technical' ELSE 'soft' END,
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
