-- N applications for measurements: the tables and members of the living demo, N / 500 jobs of which one
-- holds 6.8 % of all applications, N / 5 candidates with short résumés, five applications each, an
-- explanation each, one decision for every seventh. Tenant b gets four jobs and 300 candidates.
-- As superuser, triggers off, keys and indexes after. Variables: seed, now, rows.
\set ON_ERROR_STOP on
SET client_min_messages = warning;
SET timezone = 'UTC';
-- Compiling these once-run statements costs more than running them.
SET jit = off;
SET synchronous_commit = off;
SET work_mem = '256MB';
\ir helpers.sql
\ir names.sql
\ir work.sql
\ir members.sql
CREATE FUNCTION demo.people() RETURNS int IMMUTABLE LANGUAGE sql RETURN greatest(200, :rows / 5);
CREATE FUNCTION demo.jobs() RETURNS int IMMUTABLE LANGUAGE sql RETURN greatest(12, :rows / 500);

-- 4,096 names and 512 short careers to draw from, and what an explanation says of each career.
CREATE TABLE demo.name AS
SELECT i, split_part(demo.pick(k.given, 1, i), '/', 1) AS given, split_part(demo.pick(k.family, 2, i), '/', 1) AS family, y.city, y.tz
FROM generate_series(0, 4095) i JOIN demo.culture k ON k.c = 1 + demo.k(3, i, 21) JOIN demo.city y ON y.c = 1 + demo.k(4, i, 24);
CREATE TABLE demo.career AS
WITH drawn AS (
  SELECT i, f.f, f.name AS family, demo.pick(f.titles, 11, i) AS title, demo.pick(f.titles, 12, i) AS earlier,
    demo.pick(o.company_a, 13, i) || ' ' || demo.pick(o.company_b, 14, i) AS company, demo.pick(o.company_a, 15, i) || ' ' || demo.pick(o.company_b, 16, i) AS former,
    f.skills[1 + i / 8 % 5] AS s1, f.skills[6 + i / 16 % 4] AS s2, demo.pick(f.with_skill, 17, i) AS w1, demo.pick(f.with_skill, 18, i) AS w2,
    demo.pick(f.plain, 19, i) AS p, demo.pick(f.degrees, 20, i) AS degree, demo.pick(o.schools, 21, i) AS school
  FROM generate_series(0, 511) i JOIN demo.family f ON f.f = 1 + i % 8, demo.common o
), told AS (
  SELECT d.*, demo.fill(w1, s1, i * 2) AS t1, demo.fill(w2, s2, i * 2 + 1) AS t2, demo.fill(p, NULL, i) AS t3, 2 + demo.k(22, i, 15) AS years FROM drawn d
)
SELECT i, title, company, jsonb_build_object('summary', title || ' with ' || years || ' years of experience.',
    'experience', jsonb_build_array(
      jsonb_build_object('title', title, 'company', company, 'start_date', '2021-03', 'end_date', NULL, 'current', true, 'description', t1 || ' ' || t3, 'technologies', jsonb_build_array(s1)),
      jsonb_build_object('title', earlier, 'company', former, 'start_date', '2016-05', 'end_date', '2021-02', 'current', false, 'description', t2, 'technologies', jsonb_build_array(s2))),
    'education', jsonb_build_array(jsonb_build_object('degree', degree, 'institution', school, 'graduation_year', 2015)),
    'skills', jsonb_build_object('technical', jsonb_build_array(s1, s2), 'soft', '["teamwork"]'::jsonb, 'languages', '["English"]'::jsonb), 'gaps', '[]'::jsonb) AS body,
  'Shows 2 of the 3 points that the job asks for. Best shown: ' || s1 || '.' AS text,
  jsonb_build_object('recommendation', 'shortlist', 'confidence', 0.7, 'no_evidence', false, 'factors', jsonb_build_array(
    jsonb_build_object('name', s1, 'weight', 5, 'score', 60 + i % 40, 'verdict', 'met', 'quote', t1),
    jsonb_build_object('name', s2, 'weight', 3, 'score', 50 + i % 50, 'verdict', 'met', 'quote', t2),
    jsonb_build_object('name', 'Right to work', 'weight', 2, 'score', 0, 'verdict', 'not_shown', 'quote', NULL))) AS factors,
  jsonb_build_object('skills_matched', jsonb_build_array(s1, s2), 'skills_missing', jsonb_build_array('forecasting', 'customs papers', 'audit support'),
    'components', jsonb_build_object('skills', 40 + i % 60, 'experience', 30 + i % 70, 'education', 20 + i % 80, 'location', i % 100),
    'note', 'Compared the résumé with the advert; the skills weigh most, then years in similar work, then place.') AS details
FROM told;
ALTER TABLE demo.career ADD COLUMN cautious jsonb;
UPDATE demo.career SET cautious = factors || '{"recommendation": "hold"}';
ALTER TABLE demo.name ADD PRIMARY KEY (i);
ALTER TABLE demo.career ADD PRIMARY KEY (i);
ANALYZE demo.name, demo.career;

BEGIN;
\ir triggers_off.sql
\ir load_tenants.sql
\ir keys_off.sql
SET LOCAL enable_mergejoin = off;
SET LOCAL enable_nestloop = off;

-- Tenant b's numbers start above a's.
CREATE TABLE demo.job AS
SELECT j, CASE WHEN j <= demo.jobs() THEN 'a' ELSE 'b' END AS t, demo.id('job', j) AS id, 1 + demo.k(31, j, 8) AS f,
  demo.now() - (30 + demo.k(32, j, 300)) * interval '1 day' AS published
FROM generate_series(1, demo.jobs() + 4) j;
INSERT INTO public.jobs (id, tenant_id, title, description, department, location, employment_type, status, published_at, created_by, created_at, updated_at)
SELECT j.id, t.id, CASE WHEN j = 1 THEN 'The Large One' ELSE demo.pick(f.titles, 33, j) || ' ' || j END, 'A job for measurements, number ' || j || '.', f.department,
  demo.pick('{"Berlin, Germany","London, United Kingdom","New York, NY"}', 34, j), 'full_time', 'active', published, m.user_id, published, published
FROM demo.job j JOIN demo.family f USING (f) JOIN demo.tenant t USING (t) JOIN demo.member m ON m.m = CASE j.t WHEN 'a' THEN 2 ELSE 102 END;
INSERT INTO public.job_stages (id, tenant_id, job_id, name, position, stage_type, sla_hours, created_at, updated_at)
SELECT demo.stage_id(j.j, s.pos), t.id, j.id, s.name, s.pos, s.kind, s.sla, j.published, j.published FROM demo.job j JOIN demo.tenant t USING (t), demo.stage s;

CREATE TABLE demo.person AS
SELECT c, CASE WHEN c < demo.people() THEN 'a' ELSE 'b' END AS t, demo.id('candidate', c) AS id, demo.id('resume', c) AS resume, demo.k(41, c, 4096) AS name, demo.k(42, c, 512) AS career,
  demo.now() - (1 + demo.u(43, c) * 119) * interval '1 day' AS at
FROM generate_series(0, demo.people() + 299) c;
INSERT INTO public.candidates (id, tenant_id, email, phone, first_name, last_name, current_title, current_company, location, timezone, source, consent_version, consent_given_at, created_at, updated_at)
SELECT p.id, t.id, 'person.' || p.c || '@example.com', '+49 30 ' || 1000000 + p.c, n.given, n.family, k.title, k.company, n.city, n.tz, 'job_board', '2026-1', p.at, p.at, p.at
FROM demo.person p JOIN demo.tenant t USING (t) JOIN demo.name n ON n.i = p.name JOIN demo.career k ON k.i = p.career;
INSERT INTO public.resumes (id, tenant_id, candidate_id, file_name, file_url, file_type, language, parsed_data, parsed, parsed_at, uploaded_at, created_at, updated_at)
SELECT p.resume, t.id, p.id, 'cv.pdf', 's3://hiretty-demo/resumes/' || p.id || '.pdf', 'pdf', 'simple', k.body || jsonb_build_object('personal', jsonb_build_object('full_name', n.given || ' ' || n.family, 'location', n.city)), true, p.at, p.at, p.at, p.at
FROM demo.person p JOIN demo.tenant t USING (t) JOIN demo.name n ON n.i = p.name JOIN demo.career k ON k.i = p.career;

-- Application k of person c. A third of all first ones go to the large job; the others keep apart.
CREATE TABLE demo.app AS
SELECT x.a, x.t, demo.id('match', x.a) AS id, x.j, x.c, x.pos, x.career, x.person_id, x.resume, x.applied, x.applied + (0.4 + demo.u(53, x.a) * 0.5) * interval '1 day' AS moved,
  round((CASE WHEN demo.u(54, x.a) < 0.45 THEN 63 ELSE 30 END + 14 * demo.u(55, x.a) + 12 * demo.u(57, x.a))::numeric, 2) AS score
FROM (
  SELECT p.c::bigint * 5 + k AS a, p.t, p.c, p.career, p.id AS person_id, p.resume, p.at + k * interval '10 minutes' AS applied,
    CASE WHEN p.t = 'b' THEN demo.jobs() + 1 + (p.c + k) % 4
         WHEN k = 0 AND demo.u(51, p.c) < 0.34245 THEN 1
         ELSE 2 + (demo.k(52, p.c, demo.jobs() - 1) + k * (1 + (demo.jobs() - 1) / 7)) % (demo.jobs() - 1) END AS j,
    (ARRAY[0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 6, 6])[1 + demo.k(56, p.c, k, 20)] AS pos
  FROM demo.person p, generate_series(0, 4) k WHERE p.t = 'a' OR k < 2) x;
INSERT INTO public.candidate_job_matches (id, tenant_id, candidate_id, job_id, resume_id, score, match_details, status, stage, stage_id, stage_entered_at, source, applied_at, created_at, updated_at)
SELECT a.id, t.id, a.person_id, j.id, a.resume, a.score, k.details, s.status, s.name, demo.stage_id(a.j, a.pos), CASE WHEN a.pos = 0 THEN a.applied ELSE a.moved END, 'job_board', a.applied, a.applied,
  CASE WHEN a.pos = 0 THEN a.applied ELSE a.moved END
FROM demo.app a JOIN demo.tenant t USING (t) JOIN demo.job j USING (j) JOIN demo.career k ON k.i = a.career JOIN demo.stage s USING (pos);
INSERT INTO public.match_explanations (id, tenant_id, match_id, resume_id, job_version, explanation_text, factors, model_version, prompt_version, created_at, updated_at)
SELECT demo.id('explanation', a.a), t.id, a.id, a.resume, 1, k.text, CASE WHEN a.score >= 78 THEN k.factors ELSE k.cautious END,
  'ranker 4.0', 'match-7', a.applied, a.applied
FROM demo.app a JOIN demo.tenant t USING (t) JOIN demo.career k ON k.i = a.career;
INSERT INTO public.hiring_decisions (id, tenant_id, match_id, decision, from_stage_id, to_stage_id, reason_id, decided_by, decided_at, ai_score_seen, explanation_viewed, seconds_viewed, client_op_id, created_at, updated_at)
SELECT demo.id('decision', a.a), t.id, a.id, CASE a.pos WHEN 1 THEN 'shortlist' ELSE 'reject' END, demo.stage_id(a.j, 0), demo.stage_id(a.j, a.pos), CASE WHEN a.pos = 6 THEN demo.id('reason-' || a.t, 0) END,
  m.user_id, a.moved, a.score, true, 5 + demo.k(61, a.a, 40), demo.id('decision', a.a), a.moved, a.moved
FROM demo.app a JOIN demo.tenant t USING (t) JOIN demo.member m ON m.m = CASE a.t WHEN 'a' THEN 2 ELSE 102 END WHERE a.pos > 0;
INSERT INTO public.pipeline_events (id, tenant_id, match_id, job_id, to_stage_id, entered_at, left_at, actor_kind, created_at, updated_at)
SELECT demo.id('event', a.a * 2), t.id, a.id, j.id, demo.stage_id(a.j, 0), a.applied, CASE WHEN a.pos > 0 THEN a.moved END, 'candidate', a.applied, a.applied
FROM demo.app a JOIN demo.tenant t USING (t) JOIN demo.job j USING (j);
INSERT INTO public.pipeline_events (id, tenant_id, match_id, job_id, from_stage_id, to_stage_id, entered_at, decision_id, created_at, updated_at)
SELECT demo.id('event', a.a * 2 + 1), t.id, a.id, j.id, demo.stage_id(a.j, 0), demo.stage_id(a.j, a.pos), a.moved, demo.id('decision', a.a), a.moved, a.moved
FROM demo.app a JOIN demo.tenant t USING (t) JOIN demo.job j USING (j) WHERE a.pos > 0;
\ir keys_on.sql
\ir triggers_on.sql
\ir check.sql
DROP SCHEMA demo CASCADE;
COMMIT;
