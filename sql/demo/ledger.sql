-- Applications and the ledger of decisions as working rows. A path is drawn for each application
-- (how far it gets, how it ends), laid out on working days, and cut at the demo's now, so that open
-- jobs are caught in the middle of their work.

-- Jobs get their moments and their six skills, of which the first three are asked for.
UPDATE demo.job j SET tenant_id = t.id, id = demo.id('job', j.j),
  published = demo.office(demo.workday((demo.now() AT TIME ZONE 'UTC')::date - j.age), 0.1 + 0.5 * demo.u(201, j.j), j.tz)
FROM demo.tenant t WHERE t.t = j.t;
UPDATE demo.job j SET skills = s.skills
FROM (SELECT j.j, (array_agg(x.s ORDER BY demo.h(202, j.j, x.i)))[1:6] AS skills
      FROM demo.job j JOIN demo.family f USING (f), unnest(f.skills) WITH ORDINALITY x(s, i) GROUP BY j.j) s
WHERE s.j = j.j;
UPDATE demo.job SET skills = '{ticket handling,de-escalation,e-mail support,live chat,knowledge base writing,refund policy}' WHERE j = 1;

-- Who applies where: everybody once for work of their own kind, some again for this or other work.
-- Support people 1 to 200 are the busy job's new applicants.
CREATE TABLE demo.app AS
WITH span AS (
  SELECT j, t, f, sum(w) OVER (PARTITION BY t, f ORDER BY j) AS upto, sum(w) OVER (PARTITION BY t, f) AS total
  FROM demo.job WHERE w > 0
), first_of_support AS (
  SELECT min(n) AS low FROM demo.cand WHERE t = 'a' AND f = 3
), drawn AS (
  SELECT c.n, c.t, c.f, 0 AS i, c.dup_of, CASE WHEN c.t = 'a' AND c.n BETWEEN s.low AND s.low + 199 THEN 1 END AS busy
  FROM demo.cand c, first_of_support s
  UNION ALL
  SELECT c.n, c.t, CASE WHEN demo.u(211, i) < 0.85 THEN c.f ELSE 1 + demo.k(212, i, 8) END, i, NULL, NULL
  FROM generate_series(1, 4500) i JOIN demo.cand c ON c.n = 1 + demo.k(213, i, 6000)
  UNION ALL
  SELECT c.n, c.t, c.f, i, NULL, NULL
  FROM generate_series(10001, 10200) i JOIN demo.cand c ON c.n = 10001 + demo.k(214, i, 300)
), placed AS (
  SELECT d.n, d.t, d.i, coalesce(d.busy, (
    SELECT s.j FROM span s
    WHERE s.t = d.t AND s.f = d.f AND s.upto > demo.u(215, CASE WHEN d.dup_of IS NOT NULL AND d.n % 2 = 1 THEN d.dup_of ELSE d.n END, d.i) * s.total
    ORDER BY s.j LIMIT 1)) AS j
  FROM drawn d
), once AS (
  SELECT p.*, row_number() OVER (PARTITION BY n, j ORDER BY i) AS nth FROM placed p WHERE j IS NOT NULL
), counted AS (
  SELECT o.*, CASE WHEN i = 0 THEN 0 ELSE row_number() OVER (PARTITION BY t, i = 0 ORDER BY i, n) END AS extra
  FROM once o WHERE nth = 1
)
SELECT row_number() OVER (ORDER BY t, i, n) AS a, n, j, t, i
FROM counted WHERE extra <= CASE t WHEN 'a' THEN 3000 ELSE 100 END;
ALTER TABLE demo.app ADD PRIMARY KEY (a);
CREATE INDEX ON demo.app (n);

-- Scores: two humps, by how many of the job's skills the résumé names.
ALTER TABLE demo.app ADD COLUMN cv int, ADD COLUMN overlap int, ADD COLUMN score numeric(5, 2),
  ADD COLUMN applied timestamptz, ADD COLUMN r int, ADD COLUMN jn int, ADD COLUMN reach int,
  ADD COLUMN exit text, ADD COLUMN quirk text, ADD COLUMN story text, ADD COLUMN source text,
  ADD COLUMN id uuid, ADD COLUMN tenant_id uuid;
UPDATE demo.app a SET cv = c.cv, tenant_id = c.tenant_id, id = demo.id('match', a.a),
  overlap = (SELECT count(*) FROM unnest(v.skills) x WHERE x = ANY (j.skills)),
  source = CASE WHEN demo.u(221, a.a) < 0.61 THEN 'job_board' WHEN demo.u(221, a.a) < 0.74 THEN 'careers_page'
                WHEN demo.u(221, a.a) < 0.86 THEN 'linkedin' WHEN demo.u(221, a.a) < 0.93 THEN 'direct'
                WHEN demo.u(221, a.a) < 0.97 THEN 'referral' ELSE 'sourced' END
FROM demo.cand c, demo.cv v, demo.job j
WHERE c.n = a.n AND v.cv = c.cv AND j.j = a.j;
UPDATE demo.app SET score = round((CASE WHEN (overlap >= 3) = (demo.u(222, a) < 0.88)
    THEN least(98.6, greatest(56.2, 75 + 6.3 * demo.z(223, a) + overlap - 4))
    ELSE greatest(12.4, least(60.9, 42.5 + 5.4 * demo.z(224, a) + overlap)) END)::numeric, 2);

-- When they apply: nearly half within two days, a long tail, mornings and evenings, few on Saturdays.
UPDATE demo.app a SET applied = x.at
FROM (
  SELECT a.a, CASE WHEN t.at < t.published THEN t.published + demo.u(231, a.a) * interval '9 hours'
                   WHEN t.at > demo.now() - interval '1 hour' THEN demo.now() - (1 + 9 * demo.u(232, a.a)) * interval '1 hour'
                   ELSE t.at END AS at
  FROM demo.app a, LATERAL (
    SELECT j.published, date_trunc('second', (((j.published + d.days * interval '1 day') AT TIME ZONE c.tz)::date
             + CASE WHEN extract(isodow FROM (j.published + d.days * interval '1 day') AT TIME ZONE c.tz) = 6
                      AND demo.u(233, a.a) < 0.6 THEN 2 ELSE 0 END
             + CASE WHEN demo.u(234, a.a) < 0.45 THEN 9 + 2 * demo.u(235, a.a)
                    WHEN demo.u(234, a.a) < 0.75 THEN 20 + 2 * demo.u(235, a.a)
                    ELSE 7 + 16 * demo.u(235, a.a) END * interval '1 hour') AT TIME ZONE c.tz) AS at
    FROM demo.job j, demo.cand c, LATERAL (
      SELECT CASE WHEN demo.u(236, a.a) < 0.48 THEN 2 * demo.u(237, a.a)
                  ELSE least(2 + exp(0.9 + 0.9 * demo.z(238, a.a)), CASE j.status WHEN 'closed' THEN 35.0 ELSE j.age - 0.6 END) END AS days) d
    WHERE j.j = a.j AND c.n = a.n) t) x
WHERE x.a = a.a;

UPDATE demo.app a SET r = x.r, jn = x.jn
FROM (SELECT a, row_number() OVER (PARTITION BY j ORDER BY score + 7 * demo.z(241, a) DESC, a) AS r,
             count(*) OVER (PARTITION BY j) AS jn FROM demo.app) x
WHERE x.a = a.a;

-- How far: 1 shortlist, 2 screening, 3 interview, 4 offer, 5 hired.
UPDATE demo.app a SET
  reach = CASE
    WHEN j.j = 1 THEN 0
    WHEN j.status = 'active' AND a.r > 0.1 * a.jn + 9 THEN 0
    WHEN j.status = 'active' AND a.r <= 2 AND j.j IN (2, 5, 10, 14, 15) THEN 4 + (j.j = 14 AND a.r = 1)::int
    WHEN a.r <= j.headcount AND j.status = 'closed' THEN 5
    WHEN a.r <= j.headcount + 1 AND j.status = 'closed' THEN 4
    WHEN a.r <= j.headcount + 4 + 0.03 * a.jn THEN 3
    WHEN a.r <= j.headcount + 7 + 0.05 * a.jn THEN 2
    WHEN a.r <= j.headcount + 9 + 0.09 * a.jn THEN 1
    ELSE 0 END
FROM demo.job j WHERE j.j = a.j;
UPDATE demo.app a SET exit = CASE
    WHEN j.j = 1 OR a.reach = 5 THEN NULL
    WHEN j.status = 'active' AND a.reach >= 4 THEN NULL
    WHEN j.status = 'active' AND a.reach > 0 AND demo.u(242, a.a) < 0.7 THEN NULL
    -- Of those who applied lately most still wait; of the others few.
    WHEN j.status = 'active' AND a.reach = 0 AND demo.u(242, a.a) > CASE WHEN a.applied > demo.now() - interval '9 days' THEN 0.2 ELSE 0.99 END THEN NULL
    WHEN j.status = 'closed' AND a.reach = 4 THEN 'withdraw'
    WHEN demo.u(243, a.a) < 0.08 THEN 'withdraw'
    ELSE 'reject' END,
  quirk = CASE WHEN j.j <> 1 AND a.reach <= 1 AND demo.u(244, a.a) < 0.006 THEN 'undo'
               WHEN j.status = 'closed' AND a.reach = 1 AND demo.u(244, a.a) > 0.98 THEN 'reopen'
               WHEN j.j <> 1 AND j.status = 'active' AND a.reach <= 1 AND demo.u(245, a.a) < 0.012 THEN 'hold' END
FROM demo.job j WHERE j.j = a.j;
UPDATE demo.app SET exit = NULL WHERE quirk = 'hold';

-- Stories. sla: four people wait in job 8's shortlist nine days over its time. bulk: sixty of job 3
-- rejected together by a filter the wrong way round. stale: a new résumé after the score (job 2).
UPDATE demo.app SET story = 'sla', reach = 1, exit = NULL, quirk = NULL, applied = demo.now() - interval '19 days' + a % 7 * interval '37 minutes'
WHERE j = 8 AND r <= 4;
UPDATE demo.app a SET story = 'bulk', reach = 0, exit = 'reject', quirk = NULL, applied = least(applied, demo.now() - interval '6 days 3 hours' - a.a % 50 * interval '11 minutes')
FROM (SELECT a FROM demo.app WHERE j = 3 AND reach = 0 AND score >= 60 ORDER BY score DESC, a LIMIT 60) x WHERE x.a = a.a;
UPDATE demo.app SET story = 'stale' WHERE j = 2 AND r BETWEEN 3 AND 6;

-- Steps: one row a decision, numbered by ord.
CREATE TABLE demo.step AS
WITH base AS (
  SELECT a.*, j.tz, j.status AS job_status, j.recruiter, demo.workday((a.applied AT TIME ZONE j.tz)::date) AS w0
  FROM demo.app a JOIN demo.job j USING (j)
), path AS (
  SELECT b.*, k, k > b.reach AS leaving,
    CASE WHEN b.quirk = 'undo' AND k = 1 THEN 3 WHEN b.quirk = 'reopen' AND k = 1 THEN 8
         ELSE CASE k WHEN 4 THEN 4 ELSE 1 END + floor(CASE k WHEN 1 THEN 4 WHEN 4 THEN 7 WHEN 5 THEN 6 ELSE 5 END * demo.u(251, b.a, k) ^ 1.4)::int END AS d
  FROM base b, generate_series(1, b.reach + (b.exit IS NOT NULL)::int) k
), timed AS (
  SELECT p.*, demo.office(w0 + (sum(d) OVER (PARTITION BY a ORDER BY k))::int, demo.u(252, a, k), tz) AS at FROM path p
), moves AS (
  SELECT a, j, 10 * k AS ord, recruiter,
    CASE WHEN leaving THEN exit ELSE (ARRAY['shortlist', 'advance', 'advance', 'offer', 'hire'])[k] END AS decision,
    k - 1 AS from_pos, CASE WHEN leaving THEN CASE exit WHEN 'reject' THEN 6 ELSE 7 END ELSE k END AS to_pos,
    CASE story WHEN 'sla' THEN demo.now() - interval '14 days 2 hours' + a % 5 * interval '13 minutes'
               WHEN 'bulk' THEN demo.office(demo.workday((demo.now() AT TIME ZONE 'UTC')::date) - 1, 0.87, 'Europe/Berlin')
               ELSE at END AS at
  FROM timed
  UNION ALL
  SELECT a, j, 1, recruiter, 'reject', 0, 6, demo.office(w0 + 1, 0.3 + 0.5 * demo.u(253, a), tz) FROM base WHERE quirk IN ('undo', 'reopen')
  UNION ALL
  SELECT a, j, 2, recruiter, 'undo', 6, 0, demo.office(w0 + 1, 0.3 + 0.5 * demo.u(253, a), tz) + interval '4 minutes 11 seconds' FROM base WHERE quirk = 'undo'
  UNION ALL
  SELECT a, j, 2, recruiter, 'reopen', 6, 0, demo.office(w0 + 4, demo.u(254, a), tz) FROM base WHERE quirk = 'reopen'
), held AS (
  SELECT b.a, b.j, 90 AS ord, b.recruiter, 'hold' AS decision, b.reach AS from_pos, b.reach AS to_pos,
         demo.office(greatest(demo.workday((coalesce(max(m.at), b.applied) AT TIME ZONE b.tz)::date) + 1 + demo.k(255, b.a, 3),
                              demo.workday((demo.now() AT TIME ZONE b.tz)::date) - 6), demo.u(256, b.a), b.tz) AS at
  FROM base b LEFT JOIN moves m USING (a) WHERE b.quirk = 'hold'
  GROUP BY b.a, b.j, b.recruiter, b.reach, b.applied, b.tz
)
SELECT * FROM moves UNION ALL SELECT * FROM held;

CREATE INDEX ON demo.step (a);

-- Who still stands in a stage of an open job got there lately: the stages' times are mostly kept.
UPDATE demo.step s SET at = x.at
FROM (SELECT a.a, a.reach, demo.office(demo.workday((demo.now() AT TIME ZONE j.tz)::date) - 1 - demo.k(257, a.a, (ARRAY[2, 3, 9, 4])[a.reach]), demo.u(258, a.a), j.tz) AS at
      FROM demo.app a JOIN demo.job j USING (j)
      WHERE j.status = 'active' AND a.exit IS NULL AND a.reach BETWEEN 1 AND 4 AND a.story IS DISTINCT FROM 'sla' AND a.quirk IS DISTINCT FROM 'hold') x
WHERE s.a = x.a AND s.ord = 10 * x.reach AND x.at > s.at;

-- What would happen later than now has not happened; nor what follows it.
DELETE FROM demo.step s USING (
  SELECT a, min(ord) AS first_late FROM demo.step WHERE at >= demo.now() - interval '30 minutes' GROUP BY a) late
WHERE late.a = s.a AND s.ord >= late.first_late;

ALTER TABLE demo.step ADD COLUMN step int, ADD COLUMN id uuid, ADD COLUMN prev uuid, ADD COLUMN by_m int,
  ADD COLUMN bulk uuid, ADD COLUMN reason text, ADD COLUMN hold_until timestamptz;
UPDATE demo.step s SET step = x.step FROM (SELECT a, ord, row_number() OVER (PARTITION BY a ORDER BY ord) AS step FROM demo.step) x
WHERE x.a = s.a AND x.ord = s.ord;
UPDATE demo.step SET id = demo.id('decision', a * 20 + step), prev = CASE WHEN step > 1 THEN demo.id('decision', a * 20 + step - 1) END,
  -- An undo is by the author of what it undoes.
  by_m = CASE WHEN j > 100 THEN 102 WHEN ord <= 2 OR demo.u(261, a, ord) < 0.86 THEN recruiter ELSE (ARRAY[2, 3, 8, 9, 10])[1 + demo.k(262, a, ord, 5)] END,
  hold_until = CASE WHEN decision = 'hold' THEN date_trunc('hour', at + (6 + demo.k(263, a, 20)) * interval '1 day') END,
  reason = CASE decision
    WHEN 'reopen' THEN 'reopened'
    WHEN 'withdraw' THEN 'withdrew'
    WHEN 'reject' THEN CASE WHEN demo.u(265, a) < 0.43 THEN 'must_have_missing' WHEN demo.u(265, a) < 0.66 THEN 'experience'
      WHEN demo.u(265, a) < 0.83 THEN 'stronger_candidate' WHEN demo.u(265, a) < 0.93 THEN 'location'
      WHEN demo.u(265, a) < 0.96 THEN 'salary'
      WHEN demo.u(265, a) < 0.98 AND from_pos = 3 THEN 'no_show' ELSE 'position_closed' END END;
UPDATE demo.step s SET by_m = 3, bulk = demo.id('bulk', 1), reason = 'must_have_missing'
FROM demo.app a WHERE a.a = s.a AND a.story = 'bulk';
ANALYZE demo.app, demo.step;

-- Where each application stands, and its stays in stages: one row a stay, the last one open.
CREATE TABLE demo.stay AS
WITH move AS (
  SELECT a, step, from_pos, to_pos, at, id AS decision, by_m FROM demo.step WHERE decision <> 'hold'
  UNION ALL SELECT a, 0, NULL, 0, applied, NULL, NULL FROM demo.app
)
SELECT m.*, lead(at) OVER (PARTITION BY a ORDER BY step) AS left_at FROM move m;
CREATE INDEX ON demo.stay (a);
ALTER TABLE demo.app ADD COLUMN pos int, ADD COLUMN entered timestamptz, ADD COLUMN held_until timestamptz, ADD COLUMN touched timestamptz;
UPDATE demo.app a SET pos = s.to_pos, entered = s.at,
  held_until = (SELECT hold_until FROM demo.step h WHERE h.a = a.a AND h.decision = 'hold'),
  touched = greatest(s.at, (SELECT max(at) FROM demo.step h WHERE h.a = a.a))
FROM demo.stay s WHERE s.a = a.a AND s.left_at IS NULL;
-- An undone stay goes on from when it began.
UPDATE demo.app a SET entered = o.at
FROM demo.stay s JOIN demo.step d ON d.id = s.decision AND d.decision = 'undo' JOIN demo.stay o ON o.a = s.a AND o.step = s.step - 2
WHERE s.a = a.a AND s.left_at IS NULL;
UPDATE demo.cand c SET created = x.first - interval '2 minutes' FROM (SELECT n, min(applied) AS first FROM demo.app GROUP BY n) x WHERE x.n = c.n;
ALTER TABLE demo.job ADD COLUMN closed timestamptz;
UPDATE demo.job j SET closed = x.last + interval '1 day' FROM (SELECT j, max(touched) AS last FROM demo.app GROUP BY j) x
WHERE x.j = j.j AND j.status = 'closed';
ANALYZE demo.app, demo.stay, demo.cand;
