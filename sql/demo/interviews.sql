-- Interviews, their panels over time zones, feedback, voice calls, and slots on offer.
-- Rooms (r): four panels that share nobody; six slots a day each; so nobody is booked twice.
CREATE TABLE demo.room (r int PRIMARY KEY, first_hour int, members int[]);
INSERT INTO demo.room VALUES (0, 7, '{4,5,2}'), (1, 7, '{12,10,1}'), (2, 13, '{11,3}'), (3, 13, '{13,8,9}');

-- One row an interview: those who reached the stage have one to three, some days apart.
CREATE TABLE demo.meeting AS
WITH entered AS (
  SELECT a.a, a.j, a.n, a.reach, a.pos, a.tenant_id, s.at, s.left_at, CASE WHEN a.reach >= 4 THEN 3 ELSE 1 + demo.k(501, a.a, 2) END AS rounds
  FROM demo.app a JOIN demo.stay s USING (a) WHERE s.to_pos = 3 AND a.t = 'a'
), wanted AS (
  SELECT e.*, i, CASE WHEN e.j % 4 = 0 THEN 2 + demo.k(502, e.a, 2) ELSE (e.j % 2) * 2 + demo.k(502, e.a, 2) END AS r,
    -- Between entering and leaving the stage; who is still in it may have it ahead, within two weeks.
    CASE WHEN e.left_at IS NOT NULL
      THEN demo.workday(e.at::date) + greatest(1, ((demo.workday(e.left_at::date) - demo.workday(e.at::date)) * i) / (e.rounds + 1))
      ELSE greatest(demo.workday(e.at::date) + 2 * i + demo.k(503, e.a, i, 3),
                    demo.workday(demo.now()::date) - 4 + demo.k(504, e.a, i, 6) + 4 * (i - 1)) END AS w
  FROM entered e, generate_series(1, e.rounds) i
), lined AS (
  SELECT *, row_number() OVER (PARTITION BY r ORDER BY w, a, i) AS p FROM wanted
), placed AS (
  SELECT *, p + max(w * 6 - p) OVER (PARTITION BY r ORDER BY w, a, i) AS slot FROM lined
)
SELECT row_number() OVER (ORDER BY p.a, p.i) AS m, p.a, p.j, p.n, p.i, p.r, p.tenant_id, p.pos, p.reach, p.left_at, p.rounds,
  ((demo.day((p.slot / 6)::int) + make_interval(hours => o.first_hour + ((p.slot % 6) * 5 % 6)::int)) AT TIME ZONE 'UTC') AS at,
  (ARRAY[45, 60, 30])[1 + demo.k(505, p.a, p.i, 3)] AS minutes,
  CASE p.i WHEN 1 THEN demo.pick('{behavioral,technical,voice,hr}', 506, p.a) WHEN 2 THEN 'technical' ELSE 'final' END AS kind
FROM placed p JOIN demo.room o USING (r);

-- Story: a panel in Berlin and New York just after one of the two has changed its clocks.
INSERT INTO demo.meeting
SELECT (SELECT max(m) + 1 FROM demo.meeting), a.a, a.j, a.n, 9, 9, a.tenant_id, a.pos, a.reach, NULL, 1,
  (d.day + time '19:15') AT TIME ZONE 'UTC', 45, 'final'
FROM (SELECT * FROM demo.app WHERE t = 'a' AND pos = 3 AND j = 5 ORDER BY r LIMIT 1) a,
LATERAL (SELECT demo.day(demo.workday(g::date)) AS day
         FROM generate_series(demo.now()::date + 1, demo.now()::date + 250, interval '1 day') g, unnest('{Europe/Berlin,America/New_York}'::text[]) z
         WHERE (g AT TIME ZONE z) + interval '1 day' <> (g + interval '1 day') AT TIME ZONE z ORDER BY g LIMIT 1) d;
ALTER TABLE demo.meeting ADD COLUMN state text, ADD COLUMN id uuid;
UPDATE demo.meeting SET id = demo.id('interview', m), state = CASE
  WHEN at >= demo.now() THEN 'scheduled'
  WHEN left_at IS NOT NULL AND at > left_at THEN 'cancelled'
  WHEN reach >= 4 OR i < rounds THEN 'completed'
  WHEN demo.u(511, m) < 0.187 THEN 'no_show' WHEN demo.u(511, m) < 0.224 THEN 'cancelled'
  WHEN demo.u(511, m) < 0.24 THEN 'rescheduled' ELSE 'completed' END;
INSERT INTO public.interviews (id, tenant_id, match_id, interview_type, scheduled_at, duration_minutes, timezone, meeting_url, meeting_provider, status, notes, uid, sequence, created_by, created_at, updated_at)
SELECT i.id, i.tenant_id, a.id, i.kind, i.at, i.minutes, j.tz, CASE WHEN v.p NOT IN ('phone', 'in_person') THEN 'https://meet.example.com/' || left(i.id::text, 8) END, v.p,
  i.state, CASE WHEN demo.u(522, i.m) < 0.15 THEN demo.pick(ARRAY['Candidate asks for captions.', 'Please start on time, the candidate has to leave.', 'Bring the case from last week.', 'Second talk; do not repeat the first.'], 523, i.m) END,
  'interview-' || i.m || '@example.com', CASE WHEN i.state = 'rescheduled' THEN 1 ELSE 0 END, u.user_id,
  least(i.at, demo.now()) - interval '4 days', CASE WHEN i.at < demo.now() THEN i.at + interval '1 hour' ELSE demo.now() - interval '2 days' END
FROM demo.meeting i JOIN demo.app a USING (a) JOIN demo.job j ON j.j = i.j JOIN demo.member u ON u.m = j.recruiter,
LATERAL (SELECT CASE WHEN i.kind = 'voice' THEN 'phone' ELSE demo.pick('{zoom,google_meet,teams,teams,in_person}', 521, i.m) END AS p) v;

CREATE TABLE demo.seat AS
SELECT i.m, k, x.member, i.at, i.minutes, i.state, i.kind, i.a,
  CASE WHEN k = 1 THEN 'lead' WHEN k = 3 AND demo.u(531, i.m) < 0.5 THEN 'shadow' ELSE 'interviewer' END AS role,
  demo.id('panel', i.m * 10 + k) AS id
FROM demo.meeting i LEFT JOIN demo.room o USING (r),
LATERAL (SELECT member, row_number() OVER (ORDER BY demo.h(532, i.m, member)) AS k
         FROM unnest(CASE WHEN i.r = 9 THEN '{7,11}'::int[] ELSE o.members END) member) x
WHERE k <= CASE WHEN i.r = 9 OR i.kind = 'final' THEN 3 ELSE 1 + demo.k(533, i.m, 3) END;
INSERT INTO public.interview_panel (id, tenant_id, interview_id, member_id, role, rsvp, feedback_required, feedback_due_at, busy, created_at, updated_at)
SELECT s.id, u.tenant_id, i.id, u.id, s.role,
  CASE WHEN s.at < demo.now() THEN 'accepted' ELSE demo.pick('{accepted,accepted,accepted,pending,tentative}', 534, s.m, s.k) END, s.role <> 'shadow',
  CASE WHEN s.role <> 'shadow' THEN s.at + s.minutes * interval '1 minute' + interval '2 days' END,
  CASE WHEN s.state <> 'cancelled' THEN tstzrange(s.at, s.at + s.minutes * interval '1 minute', '[)') END,
  least(s.at, demo.now()) - interval '4 days', least(s.at, demo.now()) - interval '3 days'
FROM demo.seat s JOIN demo.meeting i USING (m) JOIN demo.member u ON u.m = s.member;

-- Feedback: most within a day, a fifth late, one in twenty never; stronger people get better marks.
INSERT INTO public.interview_feedback (id, tenant_id, interview_id, panel_member_id, rating, technical_rating, cultural_fit_rating, communication_rating, recommendation,
  notes, red_flags, scores, submitted_at, created_at, updated_at)
SELECT demo.id('feedback', s.m * 10 + s.k), u.tenant_id, i.id, s.id, f.v, least(5, greatest(1, f.v - 1 + demo.k(541, s.m, s.k, 3))), least(5, greatest(1, f.v - 1 + demo.k(542, s.m, s.k, 3))),
  least(5, greatest(1, f.v - 1 + demo.k(543, s.m, s.k, 3))), (ARRAY['strong_no_hire', 'no_hire', 'no_hire', 'hire', 'strong_hire'])[f.v],
  demo.pick(CASE WHEN f.v >= 4 THEN ARRAY['Thinks aloud and listens. I would like to work with this person.', 'Solid examples, all their own work. Asked good questions about our rota.', 'Convinced me in the second half; nervous at first.', 'Knows the craft. Honest about what is missing.']
       ELSE ARRAY['Answers stayed general, even when asked twice.', 'Pleasant, but the experience is from another field.', 'Could not explain the example from the résumé.', 'Strong opinions, few reasons. Others may see it differently.'] END, 544, s.m, s.k),
  CASE WHEN f.v <= 2 AND demo.u(545, s.m, s.k) < 0.3 THEN jsonb_build_array(demo.pick(ARRAY['Dates in the résumé and in the talk differ', 'Spoke badly of a former team', 'Late without a word'], 546, s.m, s.k)) ELSE '[]' END,
  jsonb_build_object('Craft', least(5, greatest(1, f.v - 1 + demo.k(547, s.m, s.k, 3))), 'Clear in speech and writing', f.v, 'Works well with others', least(5, f.v + demo.k(548, s.m, s.k, 2))),
  f.at, f.at, f.at
FROM demo.seat s JOIN demo.meeting i USING (m) JOIN demo.app a ON a.a = s.a JOIN demo.member u ON u.m = s.member,
LATERAL (SELECT least(5, greatest(1, round(CASE WHEN a.reach >= 4 THEN 4.3 ELSE 3.1 END + 0.8 * demo.z(549, s.m * 10 + s.k))))::int AS v,
  s.at + s.minutes * interval '1 minute' + CASE WHEN demo.u(550, s.m, s.k) < 0.2 THEN 2.1 + 4 * demo.u(551, s.m, s.k) ELSE 0.1 + 1.7 * demo.u(551, s.m, s.k) END * interval '1 day' AS at0) g,
LATERAL (SELECT g.v, date_trunc('second', g.at0) AS at) f
WHERE s.state = 'completed' AND s.role <> 'shadow' AND demo.u(552, s.m, s.k) >= 0.05 AND f.at < demo.now();

-- Voice calls: one of those interviews that were made by the voice agent.
-- transcript: {segments [{speaker agent|candidate, start_ms, end_ms, text, confidence, sentiment, barge_in, flags}]}
CREATE TABLE demo.segment AS
WITH raw AS (
  SELECT i.m, i.a, g AS k, g % 2 = 1 AS agent,
    CASE WHEN g % 2 = 1 THEN replace(q.ask, '{s}', j.skills[1]) ELSE replace(demo.pick(q.answers, 561, i.m, g), '{s}', j.skills[1]) || ' ' || t.x[1 + demo.k(562, i.m, g, 14)] END AS text,
    demo.u(563, i.m, g) < 0.06 AND g > 1 AS barge_in
  FROM demo.meeting i JOIN demo.job j USING (j), generate_series(1, 16) g JOIN demo.question q ON q.q = (g + 1) / 2, demo.tail t
  WHERE i.kind = 'voice' AND i.state = 'completed'
), timed AS (
  SELECT r.*, sum(length(text) * 62 + 700) OVER (PARTITION BY m ORDER BY k) AS ends FROM raw r
)
SELECT m, a, k, agent, text, barge_in, (ends - length(text) * 62 - CASE WHEN barge_in THEN 900 ELSE 0 END)::int AS start_ms, ends::int AS end_ms FROM timed;
INSERT INTO public.voice_sessions (id, tenant_id, interview_id, call_sid, direction, status, started_at, ended_at, duration_seconds, transcript, analysis, agent_model, stt_provider, tts_provider, created_at, updated_at)
SELECT demo.id('voice', i.m), i.tenant_id, i.id, 'demo-call-' || i.m, 'outbound', 'completed', i.at + interval '40 seconds', i.at + interval '40 seconds' + s.ms * interval '1 millisecond', s.ms / 1000,
  jsonb_build_object('segments', s.segments),
  jsonb_build_object('summary', demo.pick(ARRAY['Calm and concrete; interrupts once.', 'Hesitates on dates, strong on the daily work.', 'Good line, open answers.'], 571, i.m), 'sentiment', demo.pick('{positive,neutral}', 572, i.m),
    'model', 'voice 0.9', 'language', 'en', 'answers', (SELECT jsonb_agg(jsonb_build_object('question', q.short, 'answered', demo.u(573, i.m, q.q) < 0.93, 'note', demo.pick('{clear,"with an example",briefly}', 574, i.m, q.q)) ORDER BY q.q) FROM demo.question q)),
  'voice 0.9', 'demo-ear', 'demo-voice', i.at, i.at + interval '1 hour'
FROM demo.meeting i JOIN (
  SELECT m, max(end_ms) AS ms, jsonb_agg(jsonb_build_object('speaker', CASE WHEN agent THEN 'agent' ELSE 'candidate' END, 'start_ms', start_ms, 'end_ms', end_ms, 'text', text,
    'confidence', round((0.71 + 0.28 * demo.u(575, m, k))::numeric, 2), 'sentiment', CASE WHEN agent THEN 'neutral' ELSE demo.pick('{positive,neutral,neutral,negative}', 576, m, k) END, 'barge_in', barge_in, 'flags', '[]'::jsonb) ORDER BY k) AS segments
  FROM demo.segment GROUP BY m) s USING (m);

-- Asked for, no time yet: three slots on offer each.
CREATE TABLE demo.request AS
SELECT row_number() OVER (ORDER BY a) AS q, a, j, tenant_id, id AS match_id, entered FROM demo.app
WHERE t = 'a' AND pos = 2 AND demo.u(581, a) < 0.15;
INSERT INTO public.interviews (id, tenant_id, match_id, interview_type, scheduled_at, duration_minutes, timezone, status, uid, created_by, created_at, updated_at)
SELECT demo.id('interview-asked', q.q), q.tenant_id, q.match_id, 'behavioral', NULL, 45, j.tz, 'requested', 'interview-asked-' || q.q || '@example.com', u.user_id, q.entered, q.entered
FROM demo.request q JOIN demo.job j USING (j) JOIN demo.member u ON u.m = j.recruiter;
INSERT INTO public.interview_slots (id, tenant_id, interview_id, proposed_by, during, proposer_timezone, status, hold_expires_at, created_at, updated_at)
SELECT demo.id('slot', q.q * 10 + k), q.tenant_id, demo.id('interview-asked', q.q), 'recruiter', tstzrange(f.at, f.at + interval '45 minutes', '[)'), j.tz,
  CASE WHEN k = 1 THEN 'held' ELSE 'offered' END, CASE WHEN k = 1 THEN demo.now() + interval '2 days' END, q.entered, q.entered
FROM demo.request q JOIN demo.job j USING (j), generate_series(1, 3) k,
LATERAL (SELECT (demo.day(demo.workday(demo.now()::date) + 2 + k) + make_interval(hours => 9 + demo.k(582, q.q, k, 7))) AT TIME ZONE j.tz AS at) f;
