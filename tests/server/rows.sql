-- One row and more in every table, for one tenant. Variables: slug, tenant. Run by a superuser, who chooses
-- the tenant first; ids are md5 of slug and name, so that tests know them.
CREATE OR REPLACE FUNCTION pg_temp.i(name text) RETURNS uuid LANGUAGE sql AS
    $$ SELECT md5(current_setting('test.slug') || ':' || name)::uuid $$;
SELECT set_config('app.current_tenant', :'tenant', false), set_config('test.slug', :'slug', false);
BEGIN;
SELECT app.create_tenant('Tenant ' || :'slug', :'slug', 'Europe/Berlin', :'tenant');

INSERT INTO users (id, email, first_name, last_name, password_hash, phone)
SELECT pg_temp.i(u), u || '@' || :'slug' || '.example.com', initcap(u), 'Person', 'hash', '+49 30 1'
FROM unnest(ARRAY['admin1', 'rec1', 'rec2', 'int1', 'int2', 'view1', 'gone1']) u;
INSERT INTO tenant_users (id, user_id, role, pg_role, joined_at)
SELECT pg_temp.i('m_' || u), pg_temp.i(u),
    CASE left(u, 3) WHEN 'adm' THEN 'admin' WHEN 'int' THEN 'interviewer' WHEN 'vie' THEN 'viewer' ELSE 'recruiter' END,
    'ht_' || :'slug' || '_' || u, now()
FROM unnest(ARRAY['admin1', 'rec1', 'rec2', 'int1', 'int2', 'view1', 'gone1']) u;

INSERT INTO jobs (id, title, description, status, confidential, salary_min, salary_max, created_by)
VALUES (pg_temp.i('job'), 'C developer', 'Writes C', 'active', false, 50000, 70000, pg_temp.i('rec1')),
       (pg_temp.i('job2'), 'DBA', 'Keeps data', 'active', false, 50000, 70000, pg_temp.i('rec1')),
       (pg_temp.i('secret'), 'New CEO', 'Nobody knows', 'active', true, 500000, 700000, pg_temp.i('rec2'));
INSERT INTO job_stages (id, job_id, name, position, stage_type)
SELECT pg_temp.i(j || ':' || s.t), pg_temp.i(j), initcap(s.t), s.p - 1, s.t
FROM unnest(ARRAY['job', 'job2', 'secret']) j,
    unnest(ARRAY['applied', 'shortlist', 'screening', 'interview', 'offer', 'hired', 'rejected', 'withdrawn'])
        WITH ORDINALITY AS s (t, p);
INSERT INTO job_skills (id, job_id, skill) SELECT pg_temp.i('skill_' || j), pg_temp.i(j), 'C' FROM unnest(ARRAY['job', 'secret']) j;
INSERT INTO job_requirements (id, job_id, kind, label) SELECT pg_temp.i('req_' || j), pg_temp.i(j), 'must_have', 'C' FROM unnest(ARRAY['job', 'secret']) j;
INSERT INTO job_members (id, job_id, member_id, role) VALUES
    (pg_temp.i('jm'), pg_temp.i('job'), pg_temp.i('m_rec1'), 'recruiter'),
    (pg_temp.i('jm_secret'), pg_temp.i('secret'), pg_temp.i('m_rec2'), 'recruiter');
INSERT INTO candidates (id, email, phone, first_name, last_name, consent_ip)
SELECT pg_temp.i('c' || g), 'c' || g || '@example.com', '+49 171 ' || g, 'Cand' || g, 'Idate', '10.0.0.1' FROM generate_series(1, 6) g;
INSERT INTO resumes (id, candidate_id, file_name, file_url, parsed_data, parsed)
SELECT pg_temp.i('r' || g), pg_temp.i('c' || g), 'cv.pdf', 's3://cv', jsonb_build_object('summary', 'Writes C',
    'personal', jsonb_build_object('full_name', 'Cand ' || g, 'email', 'c' || g || '@example.com'),
    'skills', '{"technical": ["C"]}'::jsonb), true FROM generate_series(1, 6) g;
INSERT INTO model_lineage (id, agent_type, provider, model_name) VALUES (pg_temp.i('lineage'), 'matching', 'openai', 'm');
INSERT INTO candidate_job_matches (id, candidate_id, job_id, resume_id, score)
SELECT pg_temp.i('match' || g), pg_temp.i('c' || g), pg_temp.i('job'), pg_temp.i('r' || g), 10 * g FROM generate_series(1, 4) g;
INSERT INTO candidate_job_matches (id, candidate_id, job_id, resume_id, score) VALUES
    (pg_temp.i('match_job2'), pg_temp.i('c5'), pg_temp.i('job2'), pg_temp.i('r5'), 50),
    (pg_temp.i('match_secret'), pg_temp.i('c6'), pg_temp.i('secret'), pg_temp.i('r6'), 60);
INSERT INTO match_explanations (id, match_id, explanation_text, lineage_id)
SELECT pg_temp.i('expl_' || m), pg_temp.i(m), 'Because', pg_temp.i('lineage') FROM unnest(ARRAY['match1', 'match_secret']) m;
INSERT INTO screening_sessions (id, candidate_id, job_id, match_id, access_token)
SELECT pg_temp.i('scr_' || x.m), pg_temp.i(x.c), pg_temp.i(x.j), pg_temp.i(x.m), :'slug' || 'token' || x.m
FROM (VALUES ('match1', 'c1', 'job'), ('match_secret', 'c6', 'secret')) x (m, c, j);
-- int1 sits on two panels of job, int2 on one of them and on the secret job's; nobody on match3's.
INSERT INTO interviews (id, match_id, interview_type, scheduled_at, meeting_url, notes)
SELECT pg_temp.i('iv_' || x.m), pg_temp.i(x.m), 'technical', now() + x.d * interval '1 day', 'https://meet.example/1', 'bring a pen'
FROM (VALUES ('match1', 1), ('match2', 2), ('match3', 3), ('match_secret', 4)) x (m, d);
INSERT INTO interview_panel (id, interview_id, member_id) VALUES
    (pg_temp.i('p11'), pg_temp.i('iv_match1'), pg_temp.i('m_int1')),
    (pg_temp.i('p12'), pg_temp.i('iv_match1'), pg_temp.i('m_int2')),
    (pg_temp.i('p21'), pg_temp.i('iv_match2'), pg_temp.i('m_int1')),
    (pg_temp.i('p32'), pg_temp.i('iv_match3'), pg_temp.i('m_rec2')),
    (pg_temp.i('ps2'), pg_temp.i('iv_match_secret'), pg_temp.i('m_int2'));
INSERT INTO interview_slots (id, interview_id, proposed_by, during, token_hash)
SELECT pg_temp.i('slot_' || m), pg_temp.i('iv_' || m), 'recruiter', tstzrange(now(), now() + interval '1 hour'), repeat('a', 64)
FROM unnest(ARRAY['match1', 'match3', 'match_secret']) m;
INSERT INTO interview_feedback (id, interview_id, panel_member_id, rating, recommendation, notes, submitted_at) VALUES
    (pg_temp.i('f12'), pg_temp.i('iv_match1'), pg_temp.i('p12'), 4, 'hire', 'good', now()),
    (pg_temp.i('f21'), pg_temp.i('iv_match2'), pg_temp.i('p21'), 3, NULL, 'a draft', NULL),
    (pg_temp.i('f32'), pg_temp.i('iv_match3'), pg_temp.i('p32'), 2, 'no_hire', 'hm', now());
INSERT INTO voice_sessions (id, interview_id, candidate_phone)
SELECT pg_temp.i('voice_' || m), pg_temp.i('iv_' || m), '+49 171 1' FROM unnest(ARRAY['match1', 'match_secret']) m;
INSERT INTO candidate_notes (id, candidate_id, match_id, body, visibility, created_by) VALUES
    (pg_temp.i('note'), pg_temp.i('c1'), pg_temp.i('match1'), 'for the team', 'team', pg_temp.i('rec2')),
    (pg_temp.i('note_private'), pg_temp.i('c1'), NULL, 'for me', 'private', pg_temp.i('rec2')),
    (pg_temp.i('note_secret'), pg_temp.i('c6'), pg_temp.i('match_secret'), 'about the CEO', 'team', pg_temp.i('rec2'));
INSERT INTO bulk_operations (id, kind, row_count, actor) VALUES (pg_temp.i('bulk'), 'shortlist', 1, pg_temp.i('rec1'));
INSERT INTO hiring_decisions (id, match_id, decision, from_stage_id, to_stage_id, decided_by, bulk_op_id) VALUES
    (pg_temp.i('d4'), pg_temp.i('match4'), 'shortlist', pg_temp.i('job:applied'), pg_temp.i('job:shortlist'), pg_temp.i('rec1'), pg_temp.i('bulk')),
    (pg_temp.i('d_secret'), pg_temp.i('match_secret'), 'shortlist', pg_temp.i('secret:applied'), pg_temp.i('secret:shortlist'), pg_temp.i('rec2'), NULL);
INSERT INTO offers (id, match_id, base_salary, currency, created_by)
SELECT pg_temp.i('offer_' || m), pg_temp.i(m), 60000, 'EUR', pg_temp.i('rec1') FROM unnest(ARRAY['match1', 'match_secret']) m;
INSERT INTO offer_approvals (id, offer_id, step, approver)
SELECT pg_temp.i('appr_' || m), pg_temp.i('offer_' || m), 1, pg_temp.i('admin1') FROM unnest(ARRAY['match1', 'match_secret']) m;
INSERT INTO consent_records (id, candidate_id, consent_version, consent_text, ip_address) VALUES (pg_temp.i('consent'), pg_temp.i('c1'), '1', 'yes', '10.0.0.1');
INSERT INTO data_subject_requests (id, candidate_id, subject_hash, kind) VALUES (pg_temp.i('dsr'), pg_temp.i('c1'), repeat('b', 64), 'access');
INSERT INTO demographic_responses (id, job_id, reached_stage_type, selected, sex)
SELECT pg_temp.i('demo' || g), pg_temp.i('job'), 'applied', g < 3, CASE WHEN g < 8 THEN 'female' ELSE 'male' END FROM generate_series(1, 9) g;
INSERT INTO bias_audits (id, tool, tool_version, distribution_date, auditor, data_source, window_start, window_end, results)
VALUES (pg_temp.i('bias'), 'm', '1', '2025-01-01', 'A', 'own', '2024-01-01', '2024-12-31', '{}');
INSERT INTO llm_provider_configs (id, provider, provider_name, api_key_encrypted, created_by) VALUES (pg_temp.i('llm'), 'openai', 'p', 'cipher', pg_temp.i('admin1'));
INSERT INTO resume_parser_configs (id, provider, api_key_encrypted, created_by) VALUES (pg_temp.i('parser'), 'sovren', 'cipher', pg_temp.i('admin1'));
INSERT INTO webhooks (id, url, events, secret_key, created_by) VALUES (pg_temp.i('hook'), 'https://x.example', '{a}', 'secret', pg_temp.i('admin1'));
INSERT INTO webhook_deliveries (id, webhook_id, event_type, payload, status) VALUES (pg_temp.i('delivery'), pg_temp.i('hook'), 'a', '{}', 'pending');
INSERT INTO notifications (id, candidate_id, channel, body, decision_id) VALUES
    (pg_temp.i('mail'), pg_temp.i('c4'), 'email', 'Dear', pg_temp.i('d4')),
    (pg_temp.i('mail_secret'), pg_temp.i('c6'), 'email', 'Dear', pg_temp.i('d_secret'));
INSERT INTO metric_snapshots (id, day, metric, job_id, value, n) VALUES (pg_temp.i('metric'), '2025-01-01', 'applied', NULL, 1, 1), (pg_temp.i('metric_secret'), '2025-01-01', 'applied', pg_temp.i('secret'), 1, 1);
INSERT INTO cost_entries (id, kind, amount, currency, job_id) VALUES (pg_temp.i('cost'), 'job_board', 1, 'EUR', NULL), (pg_temp.i('cost_secret'), 'agency', 1, 'EUR', pg_temp.i('secret'));
INSERT INTO saved_searches (id, user_id, name, search_type) VALUES (pg_temp.i('search'), pg_temp.i('rec1'), 'mine', 'candidates'), (pg_temp.i('search2'), pg_temp.i('rec2'), 'mine', 'candidates');
INSERT INTO referrals (id, referrer_user_id, candidate_id, job_id, referral_code) VALUES
    (pg_temp.i('ref'), pg_temp.i('rec1'), pg_temp.i('c1'), pg_temp.i('job'), 'code'), (pg_temp.i('ref_secret'), pg_temp.i('rec2'), pg_temp.i('c6'), pg_temp.i('secret'), 'code2');
INSERT INTO candidate_tags (id, candidate_id, tag, created_by) VALUES (pg_temp.i('tag'), pg_temp.i('c1'), 'vip', pg_temp.i('rec1'));
INSERT INTO talent_pools (id, name, created_by) VALUES (pg_temp.i('pool'), 'silver', pg_temp.i('rec1'));
INSERT INTO talent_pool_members (id, pool_id, candidate_id, added_by) VALUES (pg_temp.i('pm'), pg_temp.i('pool'), pg_temp.i('c1'), pg_temp.i('rec1'));
INSERT INTO candidate_merges (id, winner_id, loser_id, merged_by) VALUES (pg_temp.i('merge'), pg_temp.i('c1'), pg_temp.i('c2'), pg_temp.i('rec1'));
INSERT INTO client_devices (id, member_id, device_id) SELECT pg_temp.i('dev_' || m), pg_temp.i('m_' || m), pg_temp.i('device') FROM unnest(ARRAY['rec1', 'rec2']) m;
INSERT INTO embeddings (id, entity_type, entity_id, model, dims, content_hash, embedding) VALUES (pg_temp.i('emb'), 'job', pg_temp.i('job'), 'm', 3, 'h', '{1,2,3}');
COMMIT;
