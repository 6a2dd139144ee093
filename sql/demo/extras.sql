-- Notes, tags, pools, consent, mails, offers, requests of data subjects, figures.
CREATE FUNCTION demo.recruiter(salt int, n bigint) RETURNS int IMMUTABLE LANGUAGE sql
  RETURN (ARRAY[2, 3, 8, 9, 10])[1 + demo.k(salt, n, 5)];

INSERT INTO public.candidate_notes (id, tenant_id, candidate_id, match_id, body, visibility, created_by, created_at, updated_at)
SELECT demo.id('note', a.a), a.tenant_id, c.id, CASE WHEN demo.u(601, a.a) < 0.6 THEN a.id END,
  demo.pick(ARRAY['Called; will send references by Friday.', 'Knows our product from the other side of the counter.', 'Asked about part time. Told that we can talk about it from month seven.',
    'Very good impression on the phone, speak soon.', 'Two of our people know this person; ask them before the interview.', 'Needs an answer by the end of the month, has another offer.',
    'Salary idea is above our range by about a tenth.', 'Would also fit the other opening in the same team.', 'Résumé undersells; the references do not.',
    'Prefers mail to telephone.', 'Not before the summer, but worth waiting for.', 'Applied two years ago as well; reached the last round then.'], 602, a.a),
  CASE WHEN demo.u(603, a.a) < 0.1 THEN 'private' ELSE 'team' END, m.user_id, x.at, x.at
FROM demo.app a JOIN demo.cand c USING (n) JOIN demo.member m ON m.m = CASE a.t WHEN 'a' THEN demo.recruiter(604, a.a) ELSE 102 END,
LATERAL (SELECT least(demo.now() - interval '3 hours', a.applied + (1 + demo.u(605, a.a) * 72) * interval '1 hour') AS at) x
WHERE a.j <> 1 AND demo.u(606, a.a) < CASE WHEN a.reach > 0 THEN 0.4 ELSE 0.05 END;

INSERT INTO public.candidate_tags (id, tenant_id, candidate_id, tag, created_by, created_at, updated_at)
SELECT demo.id('tag', c.n), c.tenant_id, c.id,
  demo.pick(ARRAY['finalist', 'call back', 'remote only', 'relocates', 'hold', 'night shifts', 'speaks German', 'referred', 'part time', 'second look'], 611, c.n), m.user_id, c.created + interval '2 days', c.created + interval '2 days'
FROM demo.cand c JOIN demo.member m ON m.m = CASE c.t WHEN 'a' THEN demo.recruiter(612, c.n) ELSE 102 END
WHERE demo.u(613, c.n) < 0.12 AND c.created < demo.now() - interval '6 days';

-- Consent: to the application from everybody; to the talent pool from some, of whom forty expire soon;
-- a few took theirs back.
INSERT INTO public.consent_records (id, tenant_id, candidate_id, purpose, consent_version, consent_text, collected_at, created_at, updated_at)
SELECT demo.id('consent', n), tenant_id, id, 'application', '2026-1', 'I agree that my application is read and kept until the position is filled and six months after.', created, created, created
FROM demo.cand;
CREATE TABLE demo.pooled AS
SELECT c.*, row_number() OVER (ORDER BY c.n) AS p FROM demo.cand c
WHERE c.t = 'a' AND demo.u(621, c.n) < 0.04 AND c.created < demo.now() - interval '40 days' AND c.dup_kind = 0;
INSERT INTO public.consent_records (id, tenant_id, candidate_id, purpose, consent_version, consent_text, collected_at, expires_at, revoked_at, created_at, updated_at)
SELECT demo.id('consent-pool', n), tenant_id, id, 'talent_pool', '2026-1', 'I agree to be kept in the talent pool for the stated time.', created + interval '1 day',
  CASE WHEN p <= 40 THEN demo.now() + (1 + demo.k(622, n, 13)) * interval '1 day' ELSE demo.now() + (60 + demo.k(622, n, 600)) * interval '1 day' END,
  CASE WHEN p BETWEEN 41 AND 46 THEN demo.now() - demo.k(623, n, 20) * interval '1 day' - interval '1 hour' END, created + interval '1 day', created + interval '1 day'
FROM demo.pooled;
INSERT INTO public.talent_pools (id, tenant_id, name, description, created_by, created_at, updated_at)
SELECT demo.id('pool', k), m.tenant_id, name, description, m.user_id, demo.now() - interval '300 days', demo.now() - interval '300 days'
FROM (VALUES (1, 'Finalists', 'Reached the last round; ask them first.'), (2, 'Night and weekend', 'Would take shifts that others would not.'), (3, 'Later this year', 'Not free yet.')) v(k, name, description), demo.member m WHERE m.m = 2;
INSERT INTO public.talent_pool_members (id, tenant_id, pool_id, candidate_id, added_by, reason, expires_at, created_at, updated_at)
SELECT demo.id('pool-member', p.n), p.tenant_id, demo.id('pool', 1 + p.n % 3), p.id, m.user_id, demo.pick('{"strong in the last round","asked to be kept","recommended by a colleague"}', 631, p.n), c.expires_at, p.created + interval '2 days', p.created + interval '2 days'
FROM demo.pooled p JOIN public.consent_records c ON c.id = demo.id('consent-pool', p.n) JOIN demo.member m ON m.m = demo.recruiter(632, p.n) WHERE c.revoked_at IS NULL;

-- Mails: one a rejection, the day after. The sixty of the wrong bulk are still waiting; some of the last
-- days' came back.
INSERT INTO public.notifications (id, tenant_id, template_id, template_version, candidate_id, channel, subject, body, send_after, status, attempts, bulk_op_id, decision_id, idempotency_key, sent_at, created_at, updated_at)
SELECT demo.id('mail', a.a * 20 + s.step), a.tenant_id, demo.id('template-' || a.t, x.k), 1, c.id, 'email', f.subject, f.body, x.due, x.state, CASE WHEN x.state IN ('queued', 'cancelled') THEN 0 ELSE 1 END,
  s.bulk, s.id, 'decision:' || s.id, CASE WHEN x.state IN ('sent', 'delivered', 'bounced') THEN x.due END, s.at, CASE WHEN x.state IN ('queued', 'cancelled') THEN s.at ELSE x.due END
FROM (SELECT s.*, row_number() OVER (PARTITION BY decision, bulk IS NULL ORDER BY at DESC, a) AS recent,
             EXISTS (SELECT FROM demo.step u WHERE u.a = s.a AND u.step = s.step + 1 AND u.decision = 'undo') AS undone FROM demo.step s) s
JOIN demo.app a USING (a) JOIN demo.cand c USING (n) JOIN demo.job j ON j.j = a.j JOIN demo.tenant t ON t.id = a.tenant_id JOIN demo.member m ON m.m = s.by_m,
LATERAL (SELECT CASE WHEN s.decision = 'shortlist' THEN 7 WHEN s.from_pos >= 3 THEN 2 ELSE 1 END AS k,
  CASE WHEN s.bulk IS NOT NULL THEN demo.now() + interval '34 hours' ELSE s.at + interval '18 hours' END AS due) y,
LATERAL (SELECT y.k, y.due, CASE WHEN s.undone THEN 'cancelled' WHEN y.due >= demo.now() THEN 'queued'
    WHEN s.recent BETWEEN 20 AND 420 AND s.recent % 50 = 20 THEN 'bounced' WHEN demo.u(641, a.a) < 0.004 THEN 'bounced' ELSE 'delivered' END AS state) x
JOIN demo.template tp ON tp.k = x.k,
LATERAL (SELECT replace(replace(tp.subject, '{{job_title}}', j.title), '{{company_name}}', t.name) AS subject,
  replace(replace(replace(replace(tp.body, '{{job_title}}', j.title), '{{company_name}}', t.name), '{{candidate_name}}', concat_ws(' ', c.given, c.family)), '{{sender_name}}', m.given || ' ' || m.family) AS body) f
WHERE s.decision IN ('reject', 'shortlist');

-- Offers of those who reached the stage. Job 2's first waits at step 2 of 3.
CREATE TABLE demo.offered AS
SELECT a.*, s.at AS offered_at, s.left_at, row_number() OVER (PARTITION BY a.j ORDER BY a.r) AS nth FROM demo.app a JOIN demo.stay s USING (a) WHERE s.to_pos = 4;
INSERT INTO public.offers (id, tenant_id, match_id, version, status, base_salary, currency, pay_period, bonus, equity, start_date, sent_at, expires_at, responded_at, created_by, created_at, updated_at)
SELECT demo.id('offer', o.a * 10 + v), o.tenant_id, o.id, v, x.state, round(((j.smin + (j.smax - j.smin) * (0.3 + 0.5 * demo.u(651, o.a)) - CASE WHEN v < x.n THEN (j.smax - j.smin) * 0.08 ELSE 0 END) / 100)::numeric) * 100, j.cur, 'year',
  CASE WHEN j.f = 2 THEN 5000 END, CASE WHEN j.f = 1 AND j.cur = 'USD' THEN '{"type": "options", "amount": 1200, "vesting_months": 48}'::jsonb END,
  (o.offered_at + interval '75 days')::date, CASE WHEN x.state IN ('sent', 'accepted', 'declined') THEN o.offered_at + interval '1 day' END, o.offered_at + interval '15 days',
  CASE WHEN x.state IN ('accepted', 'declined') THEN o.left_at END, m.user_id, o.offered_at, coalesce(o.left_at, o.offered_at)
FROM demo.offered o JOIN demo.job j ON j.j = o.j JOIN demo.member m ON m.m = j.recruiter, generate_series(1, 2) v,
LATERAL (SELECT CASE WHEN demo.u(652, o.a) < 0.25 OR (o.j = 2 AND o.nth = 1) THEN 2 ELSE 1 END AS n) y,
LATERAL (SELECT y.n, CASE WHEN v < y.n THEN 'withdrawn' WHEN o.pos = 5 THEN 'accepted' WHEN o.left_at IS NOT NULL THEN CASE WHEN o.pos = 7 THEN 'declined' ELSE 'withdrawn' END
    WHEN o.j = 2 AND o.nth = 1 THEN 'pending_approval' WHEN o.nth = 1 THEN 'sent' ELSE 'pending_approval' END AS state) x
WHERE v <= y.n;
INSERT INTO public.offer_approvals (id, tenant_id, offer_id, step, approver, status, note, decided_at, created_at, updated_at)
SELECT demo.id('approval', o.a * 100 + p.version * 10 + k), p.tenant_id, p.id, k, m.user_id, x.state, CASE WHEN x.state = 'skipped' THEN 'not needed below the middle of the range' END,
  CASE WHEN x.state <> 'pending' THEN p.created_at + k * interval '3 hours' END, p.created_at, p.created_at + CASE WHEN x.state <> 'pending' THEN k * interval '3 hours' ELSE interval '0' END
FROM demo.offered o JOIN public.offers p ON p.match_id = o.id AND p.tenant_id = o.tenant_id, generate_series(1, 3) k
JOIN demo.member m ON m.m = (ARRAY[7, 2, 1])[k],
LATERAL (SELECT CASE WHEN p.status = 'pending_approval' AND k >= CASE WHEN o.j = 2 AND o.nth = 1 THEN 2 ELSE 1 + demo.k(661, o.a, 2) END THEN 'pending' WHEN k = 3 AND p.version = 1 AND demo.u(662, o.a) < 0.2 AND p.status <> 'pending_approval' THEN 'skipped' ELSE 'approved' END AS state) x
WHERE o.t = 'a';

INSERT INTO public.referrals (id, tenant_id, referrer_user_id, candidate_id, job_id, referral_source, notes, status, reward_amount, reward_currency, created_at, updated_at)
SELECT demo.id('referral', a.a), a.tenant_id, m.user_id, c.id, j.id, 'internal_portal', 'Worked with me at my last place.',
  CASE WHEN a.pos = 5 THEN 'hired' WHEN a.pos >= 6 THEN 'rejected' WHEN a.pos >= 3 THEN 'interviewing' ELSE 'applied' END, 1000, 'EUR', a.applied, a.applied
FROM demo.app a JOIN demo.cand c USING (n) JOIN demo.job j ON j.j = a.j JOIN demo.member m ON m.m = (ARRAY[4, 5, 11, 12, 13])[1 + demo.k(671, a.a, 5)] WHERE a.source = 'referral' AND a.t = 'a';

INSERT INTO public.saved_searches (id, tenant_id, user_id, name, description, search_type, filters, sort_by, sort_order, is_default, created_at, updated_at)
SELECT demo.id('search', m.m * 10 + k), m.tenant_id, m.user_id, name, NULL, 'candidates', jsonb_build_object('query', q), 'score', 'desc', k = 1, demo.now() - interval '90 days', demo.now() - interval '90 days'
FROM demo.member m, (VALUES (1, 'New and strong', 'stage:applied score>=75'), (2, 'Waiting too long', 'stage:shortlist updated>3d'), (3, 'Berlin only', 'loc:"Berlin" -tag:hold')) v(k, name, q) WHERE m.role = 'recruiter';

-- A provider whose budget is nearly spent; what it cost.
INSERT INTO public.llm_provider_configs (id, tenant_id, provider, provider_name, api_key_ref, key_fingerprint, api_endpoint, default_model, enabled_models, monthly_budget_usd, monthly_spend_usd, rate_limit_rpm, is_default, created_by, created_at, updated_at)
SELECT demo.id('provider', 1), tenant_id, 'custom', 'House model', 'hiretty/demo', '0123456789abcdef', 'https://models.example.com/v1', 'ranker', '{ranker,writer}', 400, 384.12, 60, true, user_id, demo.now() - interval '200 days', demo.now() - interval '1 day'
FROM demo.member WHERE m = 1;
INSERT INTO public.cost_entries (id, tenant_id, kind, amount, currency, tokens_in, tokens_out, user_id, occurred_at, created_at, updated_at)
SELECT demo.id('cost', d), m.tenant_id, CASE d % 3 WHEN 0 THEN 'job_board' WHEN 1 THEN 'llm' ELSE 'storage' END, round((2 + 20 * demo.u(681, d))::numeric, 4), 'USD',
  CASE d % 3 WHEN 1 THEN 40000 + demo.k(682, d, 90000) END, CASE d % 3 WHEN 1 THEN 9000 + demo.k(683, d, 9000) END, m.user_id, x.at, x.at, x.at
FROM generate_series(1, 90) d, demo.member m, LATERAL (SELECT demo.now() - d * interval '1 day' + interval '5 hours' AS at) x WHERE m.m = 1;

-- A request for a copy of all data, due tomorrow; one refused, one done.
INSERT INTO public.data_subject_requests (id, tenant_id, candidate_id, subject_hash, kind, status, received_at, due_at, closed_at, ground, created_at, updated_at)
SELECT demo.id('dsar', k), c.tenant_id, c.id, encode(sha256(convert_to('subject ' || c.n, 'UTF8')), 'hex'), kind, state, demo.now() + due - interval '30 days', demo.now() + due,
  CASE WHEN state IN ('refused', 'completed') THEN demo.now() - interval '3 days' END, CASE WHEN state = 'refused' THEN 'identity could not be verified' END, demo.now() + due - interval '30 days', demo.now() - interval '3 days'
FROM (VALUES (1, 'access', 'in_progress', interval '1 day'), (2, 'erasure', 'received', interval '12 days'), (3, 'access', 'refused', interval '5 days'), (4, 'human_review', 'completed', interval '2 days')) v(k, kind, state, due)
JOIN demo.cand c ON c.n = 3000 + v.k * 17;

-- Self-reported groups, without a way back to a person, when a job closes. Job 25: one group passes
-- at about 0.7 of the other's rate with enough people to tell; job 55: such a figure from a handful.
INSERT INTO public.demographic_responses (id, tenant_id, job_id, response_token, reached_stage_type, selected, scored_above_median, sex, race_ethnicity, disability, veteran, age_band, collected_at)
SELECT demo.id('group', x.a), x.tenant_id, j.id, demo.id('group-token', x.a), (ARRAY['applied', 'shortlist', 'screening', 'interview', 'offer', 'hired'])[1 + x.reach], x.selected, x.score > 60,
  CASE WHEN x.nth % 10 IN (0, 3, 7) THEN 'undisclosed' WHEN demo.u(691, x.a) < 0.01 THEN 'nonbinary'
       WHEN floor(x.nth * x.share) > floor((x.nth - 1) * x.share) THEN 'female' ELSE 'male' END,
  CASE WHEN demo.u(693, x.a) < 0.3 THEN 'undisclosed' ELSE demo.pick('{white,white,white,asian,asian,black,hispanic_latino,two_or_more}', 694, x.a) END,
  CASE WHEN demo.u(695, x.a) < 0.3 THEN 'undisclosed' WHEN demo.u(695, x.a) < 0.36 THEN 'yes' ELSE 'no' END, CASE WHEN demo.u(696, x.a) < 0.4 THEN 'undisclosed' ELSE 'no' END,
  CASE WHEN demo.u(697, x.a) < 0.3 THEN 'undisclosed' WHEN demo.u(697, x.a) < 0.8 THEN 'under_40' ELSE '40_and_over' END, j.closed::date
FROM (SELECT a.*, a.reach >= 1 AS selected, row_number() OVER (PARTITION BY j, a.reach >= 1 ORDER BY a) AS nth,
             CASE WHEN a.j IN (25, 55) AND a.reach >= 1 THEN 0.42 ELSE 0.5 END AS share FROM demo.app a) x JOIN demo.job j ON j.j = x.j
WHERE j.status = 'closed' AND j.t = 'a' AND (j.j <> 55 OR x.nth <= 5);
