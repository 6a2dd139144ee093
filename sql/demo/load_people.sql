-- Part 3: candidates, résumés, applications, scores with their evidence, the ledger.
INSERT INTO public.candidates (id, tenant_id, email, phone, first_name, last_name, linkedin_url, github_url, current_title, current_company,
  location, timezone, source, consent_version, consent_given_at, created_at, updated_at)
SELECT c.id, c.tenant_id, c.email, c.phone, c.given, c.family,
  CASE WHEN demo.u(311, c.person) < 0.4 THEN 'https://people.example.net/' || c.latin || c.person END,
  CASE WHEN c.f = 1 AND demo.u(312, c.person) < 0.6 THEN 'https://code.example.org/' || c.latin || c.person END,
  v.title, v.company, c.city, c.tz, a.source, '2026-1', c.created, c.created, c.created
FROM demo.cand c JOIN demo.cv v USING (cv)
LEFT JOIN LATERAL (SELECT source FROM demo.app a WHERE a.n = c.n ORDER BY applied LIMIT 1) a ON true;

-- The body is the career's, the block on top the person's. A duplicate of kind 4 sent the very file.
CREATE TABLE demo.resume AS
SELECT c.n, c.resume_id, 1 AS version, true AS is_current, c.created + interval '1 minute' AS at,
  jsonb_build_object('personal', jsonb_strip_nulls(jsonb_build_object('full_name', concat_ws(' ', c.given, c.family),
    'email', c.email, 'phone', c.phone, 'location', c.city))) || v.body AS data,
  encode(sha256(convert_to('file ' || v.cv || v.body::text, 'UTF8')), 'hex') AS sha
FROM demo.cand c JOIN demo.cv v USING (cv);
-- Story: a newer résumé came after the score.
UPDATE demo.resume r SET is_current = false FROM demo.app a WHERE a.story = 'stale' AND a.n = r.n;
INSERT INTO demo.resume
SELECT r.n, demo.id('resume-2', r.n), 2, true, a.applied + interval '5 days',
  jsonb_set(r.data, '{summary}', to_jsonb((r.data ->> 'summary') || ' Since last month also responsible for a team of five.')),
  encode(sha256(convert_to('second file ' || r.sha, 'UTF8')), 'hex')
FROM demo.resume r JOIN demo.app a ON a.n = r.n AND a.story = 'stale' AND NOT r.is_current;
INSERT INTO public.resumes (id, tenant_id, candidate_id, version, is_current, file_name, file_url, file_size, file_type, sha256, language,
  parsed_data, parsed, parsed_at, parser_version, uploaded_at, created_at, updated_at)
SELECT r.resume_id, c.tenant_id, c.id, r.version, r.is_current, 'cv-' || c.latin || '.pdf',
  's3://hiretty-demo/resumes/' || c.tenant_id || '/' || c.id || '/' || r.resume_id || '.pdf', 40000 + demo.k(321, r.n, 400000), 'pdf', r.sha, 'en',
  r.data, true, r.at + interval '40 seconds', '2.1', r.at, r.at, r.at + interval '40 seconds'
FROM demo.resume r JOIN demo.cand c USING (n);

-- Why: up to five points of the job, each with the sentence that shows it, or without one.
CREATE TABLE demo.why AS
SELECT a.a, k, point, weight, u.quote, u.verdict,
  CASE u.verdict WHEN 'met' THEN least(100, 70 + demo.k(331, a.a, k, 31)) WHEN 'partly' THEN 40 + demo.k(331, a.a, k, 25)
    WHEN 'contradicted' THEN demo.k(331, a.a, k, 12) ELSE demo.k(331, a.a, k, 26) END AS points
FROM demo.app a JOIN demo.job j USING (j) JOIN demo.cv v USING (cv), LATERAL (
  VALUES (1, j.skills[1], 5, true), (2, j.skills[2], 4, true), (3, j.skills[3], 3, true), (4, j.skills[4], 2, true),
         (5, j.years_min || '+ years in similar work', 3, false)) w(k, point, weight, is_skill),
LATERAL (
  SELECT CASE WHEN w.is_skill THEN (SELECT s.text FROM demo.sentence s WHERE s.cv = v.cv AND s.skill = w.point
                                    ORDER BY demo.h(332, a.a, s.i) LIMIT 1) END AS found) x,
LATERAL (
  SELECT CASE WHEN demo.u(333, a.a) < 0.03 THEN NULL
              WHEN NOT w.is_skill THEN v.title || ' with ' || v.years || ' years of experience'
              WHEN x.found IS NOT NULL THEN x.found
              WHEN w.point = ANY (v.skills[1:3]) THEN 'Strong in ' || v.skills[1] || ', ' || v.skills[2] || ' and ' || v.skills[3] || '.' END AS quote,
         CASE WHEN demo.u(333, a.a) < 0.03 THEN 'not_shown'
              WHEN NOT w.is_skill THEN CASE WHEN v.years >= j.years_min THEN 'met' WHEN v.years >= j.years_min - 1 THEN 'partly' ELSE 'contradicted' END
              WHEN x.found IS NOT NULL THEN 'met'
              WHEN w.point = ANY (v.skills) THEN 'partly' ELSE 'not_shown' END AS verdict) u;
CREATE INDEX ON demo.why (a);
ANALYZE demo.why;

CREATE FUNCTION demo.recommendation(score numeric) RETURNS text IMMUTABLE PARALLEL SAFE LANGUAGE sql
  RETURN CASE WHEN score >= 78 THEN 'shortlist' WHEN score >= 70 THEN 'hold' ELSE 'reject' END;

INSERT INTO public.candidate_job_matches (id, tenant_id, candidate_id, job_id, resume_id, score, match_details, bias_flags, status, stage, stage_id,
  stage_entered_at, held_until, source, applied_at, created_at, updated_at)
SELECT a.id, a.tenant_id, c.id, j.id, c.resume_id, a.score,
  jsonb_build_object(
    'skills_matched', coalesce((SELECT jsonb_agg(x ORDER BY i) FROM unnest(j.skills) WITH ORDINALITY s(x, i) WHERE x = ANY (v.skills)), '[]'),
    'skills_missing', coalesce((SELECT jsonb_agg(x ORDER BY i) FROM unnest(j.skills) WITH ORDINALITY s(x, i) WHERE NOT x = ANY (v.skills)), '[]')),
  CASE WHEN demo.u(341, a.a) < 0.012 THEN '{"flags": ["A graduation year may tell an age"]}'
       WHEN demo.u(341, a.a) < 0.02 THEN '{"flags": ["A gap in the career weighed in the score"]}' ELSE '[]' END::jsonb,
  s.status, s.name, demo.stage_id(a.j, a.pos), a.entered, CASE WHEN a.pos < 5 THEN a.held_until END, a.source, a.applied, a.applied,
  greatest(a.touched, a.applied + interval '3 minutes')
FROM demo.app a JOIN demo.cand c USING (n) JOIN demo.cv v ON v.cv = a.cv JOIN demo.job j USING (j) JOIN demo.stage s ON s.pos = a.pos;

INSERT INTO public.model_lineage (id, "timestamp", tenant_id, agent_type, provider, model_name, model_version, prompt_template_id, prompt_hash,
  input_hash, output_hash, finish_reason, tokens_in, tokens_out, tokens_used, cost_nano_usd, cost_usd, latency_ms, entity_id, created_at, updated_at)
SELECT demo.id('lineage', a), at, tenant_id, 'matching', 'custom', 'ranker', ver, 'match', md5('prompt ' || ver), md5('in ' || a), md5('out ' || a), 'stop',
  tin, tout, tin + tout, (tin * 400 + tout * 1600), round((tin * 400 + tout * 1600) / 1e9, 6), 800 + demo.k(351, a, 4000), id, at, at
FROM (SELECT a.*, a.applied + interval '2 minutes' AS at, CASE WHEN a.applied < demo.now() - interval '120 days' THEN '3.2' ELSE '4.0' END AS ver,
             1400 + demo.k(352, a.a, 900) AS tin, 220 + demo.k(353, a.a, 200) AS tout FROM demo.app a) x;

INSERT INTO public.match_explanations (id, tenant_id, match_id, resume_id, job_version, lineage_id, explanation_text, factors, model_version, prompt_version, created_at, updated_at)
SELECT demo.id('explanation', a.a), a.tenant_id, a.id, c.resume_id, CASE WHEN a.j IN (2, 12) AND a.applied > j.published + interval '20 days' THEN 2 ELSE 1 END,
  demo.id('lineage', a.a),
  CASE WHEN w.quotes = 0 THEN 'The résumé shows no evidence for what the job asks. The score rests on the job titles alone; read the résumé yourself.'
  ELSE 'Shows ' || w.met || ' of the 5 points that the job asks for. '
    || CASE WHEN w.met > 0 THEN 'Best shown: ' || w.best || '. ' ELSE '' END
    || CASE WHEN w.missing IS NOT NULL THEN 'Not shown: ' || w.missing || '. ' ELSE 'Nothing asked for is missing. ' END
    || CASE WHEN w.contradicted THEN 'Fewer years in similar work than asked.' ELSE '' END END,
  jsonb_build_object('recommendation', demo.recommendation(a.score),
    'confidence', round((0.5 + 0.06 * w.quotes + 0.18 * demo.u(361, a.a))::numeric, 2), 'no_evidence', w.quotes = 0, 'factors', w.factors),
  'ranker ' || CASE WHEN a.applied < demo.now() - interval '120 days' THEN '3.2' ELSE '4.0' END, 'match-7', a.applied + interval '2 minutes', a.applied + interval '2 minutes'
FROM demo.app a JOIN demo.cand c USING (n) JOIN demo.job j USING (j) JOIN (
  SELECT a, count(quote) AS quotes, count(*) FILTER (WHERE verdict = 'met') AS met, bool_or(verdict = 'contradicted') AS contradicted,
    (array_agg(point ORDER BY verdict = 'met' DESC, k))[1] AS best, string_agg(point, ', ' ORDER BY k) FILTER (WHERE verdict = 'not_shown') AS missing,
    jsonb_agg(jsonb_build_object('name', point, 'weight', weight, 'score', points, 'verdict', verdict, 'quote', quote) ORDER BY k) AS factors
  FROM demo.why GROUP BY a) w USING (a);

-- The ledger. Béatrice (10) follows the machine nearly always and looks for two seconds.
INSERT INTO public.bulk_operations (id, tenant_id, kind, filter, row_count, actor, committed_at, undo_until, created_at, updated_at)
SELECT s.bulk, a.tenant_id, 'reject', 'job:"Platform Engineer" stage:applied score>=60', count(*), m.user_id, min(s.at), demo.now() + interval '34 hours', min(s.at), min(s.at)
FROM demo.step s JOIN demo.app a USING (a) JOIN demo.member m ON m.m = s.by_m WHERE s.bulk IS NOT NULL GROUP BY s.bulk, a.tenant_id, m.user_id;

INSERT INTO public.candidate_notes (id, tenant_id, candidate_id, match_id, body, visibility, created_by, created_at, updated_at)
SELECT demo.id('reopen-note', a.a), a.tenant_id, c.id, a.id, 'Wrote back with a certificate that we had overlooked; back on the pile.', 'team', m.user_id, s.at, s.at
FROM demo.step s JOIN demo.app a USING (a) JOIN demo.cand c USING (n) JOIN demo.member m ON m.m = s.by_m WHERE s.decision = 'reopen';

INSERT INTO public.hiring_decisions (id, tenant_id, match_id, decision, from_stage_id, to_stage_id, base_decision_id, reason_id, note_id, hold_until, decided_by,
  decided_at, ai_score_seen, ai_recommendation, agreed_with_ai, explanation_viewed, blind, seconds_viewed, bulk_op_id, client_op_id, reverses_id, created_at, updated_at)
SELECT s.id, a.tenant_id, a.id, s.decision, demo.stage_id(a.j, s.from_pos), demo.stage_id(a.j, s.to_pos), s.prev,
  r.id, CASE WHEN s.decision = 'reopen' THEN demo.id('reopen-note', a.a) END, s.hold_until, m.user_id, s.at, a.score, x.rec,
  CASE WHEN x.rec = 'hold' OR s.decision NOT IN ('shortlist', 'advance', 'offer', 'hire', 'reject') THEN NULL
       ELSE (s.decision = 'reject') = (x.rec = 'reject') END,
  s.by_m <> 10 AND demo.u(371, a.a, s.ord) < 0.82, s.from_pos = 0 AND a.j IN (6, 12, 25),
  CASE WHEN s.bulk IS NOT NULL THEN 1 WHEN s.by_m = 10 THEN 2 ELSE 3 + floor(exp(3.0 + 0.7 * demo.z(372, a.a * 10 + s.step)))::int END,
  s.bulk, s.id, CASE WHEN s.decision = 'undo' THEN s.prev END, s.at, s.at
FROM demo.step s JOIN demo.app a USING (a) JOIN demo.member m ON m.m = s.by_m
LEFT JOIN (SELECT t.id AS tenant_id, k.code, demo.id('reason-' || t.t, k.k) AS id FROM demo.reason k, demo.tenant t) r
  ON r.code = s.reason AND r.tenant_id = a.tenant_id,
LATERAL (SELECT demo.recommendation(a.score) AS rec) x;

INSERT INTO public.pipeline_events (id, tenant_id, match_id, job_id, from_stage_id, to_stage_id, entered_at, left_at, actor_kind, decision_id, created_at, updated_at)
SELECT demo.id('event', a.a * 20 + s.step), a.tenant_id, a.id, j.id, CASE WHEN s.from_pos IS NOT NULL THEN demo.stage_id(a.j, s.from_pos) END, demo.stage_id(a.j, s.to_pos),
  s.at, s.left_at, CASE WHEN s.step = 0 THEN 'candidate' ELSE 'user' END, s.decision, s.at, coalesce(s.left_at, s.at)
FROM demo.stay s JOIN demo.app a USING (a) JOIN demo.job j USING (j);
