-- Fills every column that clients keep and that can hold words about a person with the person's mark, in every
-- table that leads to one. Variables: slug, tenant. After tests/server/rows.sql; run by a superuser. The marks:
-- kanary1 … kanary6 for c1 … c6, kanaryjob for the job job2 and what belongs to it.
SELECT set_config('app.current_tenant', :'tenant', false), set_config('test.slug', :'slug', false);
CREATE FUNCTION pg_temp.i(name text) RETURNS uuid LANGUAGE sql AS
    $$ SELECT md5(current_setting('test.slug') || ':' || name)::uuid $$;
-- A word of its own in every place: mark, column, number.
CREATE SEQUENCE pg_temp.n;
CREATE FUNCTION pg_temp.w(mark text, place text) RETURNS text LANGUAGE sql VOLATILE AS
    $$ SELECT mark || place || nextval('pg_temp.n') $$;
CREATE TEMP TABLE who AS
SELECT pg_temp.i('c' || g) AS c, 'kanary' || g AS mark,
    CASE g WHEN 5 THEN pg_temp.i('match_job2') WHEN 6 THEN pg_temp.i('match_secret') ELSE pg_temp.i('match' || g) END AS m,
    CASE g WHEN 5 THEN pg_temp.i('job2') WHEN 6 THEN pg_temp.i('secret') ELSE pg_temp.i('job') END AS j
FROM generate_series(1, 6) g;
BEGIN;
INSERT INTO match_explanations (match_id, explanation_text, lineage_id)
SELECT m, 'x', pg_temp.i('lineage') FROM who ON CONFLICT DO NOTHING;
INSERT INTO screening_sessions (candidate_id, job_id, match_id, access_token) SELECT c, j, m, 'fill' || mark FROM who;
INSERT INTO interviews (match_id, interview_type, scheduled_at) SELECT m, 'technical', now() + (8 + row_number() OVER ()) * interval '1 day' FROM who;
INSERT INTO interview_panel (interview_id, member_id)
SELECT i.id, pg_temp.i('m_rec2') FROM interviews i JOIN who ON who.m = i.match_id
WHERE NOT EXISTS (SELECT FROM interview_panel p WHERE p.interview_id = i.id AND p.member_id = pg_temp.i('m_rec2'));
INSERT INTO interview_feedback (interview_id, panel_member_id, rating, recommendation, notes, submitted_at)
SELECT p.interview_id, p.id, 4, 'hire', 'x', NULL FROM interview_panel p JOIN interviews i ON i.id = p.interview_id JOIN who ON who.m = i.match_id
WHERE NOT EXISTS (SELECT FROM interview_feedback f WHERE f.panel_member_id = p.id);
INSERT INTO voice_sessions (interview_id, candidate_phone) SELECT i.id, 'x' FROM interviews i JOIN who ON who.m = i.match_id
WHERE NOT EXISTS (SELECT FROM voice_sessions v WHERE v.interview_id = i.id);
INSERT INTO candidate_notes (candidate_id, match_id, body, visibility, created_by) SELECT c, m, 'x', 'team', pg_temp.i('rec2') FROM who;
INSERT INTO offers (match_id, base_salary, currency, created_by) SELECT m, 1, 'EUR', pg_temp.i('rec1') FROM who
WHERE NOT EXISTS (SELECT FROM offers o WHERE o.match_id = who.m);
INSERT INTO offer_approvals (offer_id, step, approver) SELECT o.id, 2, pg_temp.i('admin1') FROM offers o JOIN who ON who.m = o.match_id;
INSERT INTO notifications (candidate_id, channel, body) SELECT c, 'email', 'x' FROM who;
INSERT INTO candidate_tags (candidate_id, tag, created_by) SELECT c, 'x', pg_temp.i('rec1') FROM who;
INSERT INTO talent_pool_members (pool_id, candidate_id, added_by) SELECT pg_temp.i('pool'), c, pg_temp.i('rec1') FROM who ON CONFLICT DO NOTHING;
INSERT INTO consent_records (candidate_id, consent_version, consent_text)
SELECT c, '1', 'yes' FROM who WHERE NOT EXISTS (SELECT FROM consent_records r WHERE r.candidate_id = who.c);

UPDATE candidates t SET email = pg_temp.w(mark, 'mail') || '@example.com', phone = pg_temp.w(mark, 'tel'), first_name = pg_temp.w(mark, 'first'),
    last_name = pg_temp.w(mark, 'last'), linkedin_url = pg_temp.w(mark, 'li'), github_url = pg_temp.w(mark, 'gh'), portfolio_url = pg_temp.w(mark, 'pf'),
    current_title = pg_temp.w(mark, 'title'), current_company = pg_temp.w(mark, 'comp'), location = pg_temp.w(mark, 'place')
FROM who WHERE t.id = who.c;
UPDATE resumes t SET file_name = pg_temp.w(mark, 'file'), parsed = true, parsed_data = jsonb_build_object('summary', pg_temp.w(mark, 'sum'), pg_temp.w(mark, 'key'), 1,
    'personal', jsonb_build_object('full_name', pg_temp.w(mark, 'full')), 'skills', jsonb_build_object('technical', jsonb_build_array(pg_temp.w(mark, 'skill'))),
    'experience', jsonb_build_array(jsonb_build_object('title', pg_temp.w(mark, 'post'), 'company', pg_temp.w(mark, 'firm'),
        'description', repeat(pg_temp.w(mark, 'did') || ' ', 900))))
FROM who WHERE t.candidate_id = who.c;
UPDATE candidate_job_matches t SET bias_flags = jsonb_build_array(pg_temp.w(mark, 'bias')), match_details = jsonb_build_object(pg_temp.w(mark, 'mkey'), pg_temp.w(mark, 'mval'))
FROM who WHERE t.id = who.m;
UPDATE match_explanations t SET explanation_text = pg_temp.w(mark, 'expl'), factors = jsonb_build_array(jsonb_build_object('name', 'x', 'quote', pg_temp.w(mark, 'quote')))
FROM who WHERE t.match_id = who.m;
UPDATE screening_sessions t SET messages = jsonb_build_array(jsonb_build_object('role', 'candidate', 'content', pg_temp.w(mark, 'said'))), analysis = jsonb_build_object('summary', pg_temp.w(mark, 'ana'))
FROM who WHERE t.match_id = who.m;
UPDATE interviews t SET meeting_url = 'https://x.example/' || pg_temp.w(mark, 'url'), notes = pg_temp.w(mark, 'inote') FROM who WHERE t.match_id = who.m;
UPDATE interview_feedback t SET notes = pg_temp.w(mark, 'fnote'), red_flags = jsonb_build_array(pg_temp.w(mark, 'flag')), scores = jsonb_build_object(pg_temp.w(mark, 'score'), 1)
FROM who, interviews i WHERE t.interview_id = i.id AND i.match_id = who.m AND t.submitted_at IS NULL;
UPDATE interview_feedback SET recommendation = 'hire', submitted_at = now() WHERE submitted_at IS NULL;
UPDATE voice_sessions t SET transcript = jsonb_build_object('segments', jsonb_build_array(jsonb_build_object('speaker', 'candidate', 'text', pg_temp.w(mark, 'spoke')))), analysis = jsonb_build_object('summary', pg_temp.w(mark, 'vana'))
FROM who, interviews i WHERE t.interview_id = i.id AND i.match_id = who.m;
UPDATE candidate_notes t SET body = pg_temp.w(mark, 'note') FROM who WHERE t.candidate_id = who.c;
UPDATE offers t SET equity = jsonb_build_object('words', pg_temp.w(mark, 'equity')) FROM who WHERE t.match_id = who.m;
UPDATE offer_approvals t SET note = pg_temp.w(mark, 'appr') FROM who, offers o WHERE t.offer_id = o.id AND o.match_id = who.m;
UPDATE notifications t SET subject = pg_temp.w(mark, 'subj'), body = pg_temp.w(mark, 'body') FROM who WHERE t.candidate_id = who.c;
UPDATE candidate_tags t SET tag = pg_temp.w(mark, 'tag') FROM who WHERE t.candidate_id = who.c;
UPDATE talent_pool_members t SET reason = pg_temp.w(mark, 'pool') FROM who WHERE t.candidate_id = who.c;
UPDATE jobs SET title = pg_temp.w('kanaryjob', 'title'), department = pg_temp.w('kanaryjob', 'dep'), location = pg_temp.w('kanaryjob', 'loc'),
    description = pg_temp.w('kanaryjob', 'desc'), enriched_jd = jsonb_build_object('x', pg_temp.w('kanaryjob', 'jd')) WHERE id = pg_temp.i('job2');
COMMIT;
