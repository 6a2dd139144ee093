-- The candidates as working rows: who they are, what they did, and what their résumé says. 6,000 for
-- tenant a, 300 for b (numbered from 10,001). Seven in a hundred are an earlier candidate again.
CREATE TABLE demo.cand AS
WITH span AS (
  SELECT f, 'a'::text AS t, sum(share) OVER (ORDER BY f) - share AS low, share FROM demo.family
  UNION ALL VALUES (1, 'b', 10000, 140), (2, 'b', 10140, 70), (3, 'b', 10210, 90)
), base AS (
  SELECT low + i AS n, t, f FROM span, generate_series(1, share) i
), dup AS (
  -- Kinds: 1 the same person with a new e-mail, 2 a short form of the name, 3 without the accents,
  -- 4 another name on the same résumé file.
  SELECT b.*, CASE WHEN b.n % 14 = 5 AND o.n IS NOT NULL THEN 1 + (b.n / 14) % 4 ELSE 0 END AS dup_kind,
         CASE WHEN b.n % 14 = 5 THEN o.n END AS dup_of
  FROM base b LEFT JOIN base o ON o.n = b.n - 3 AND o.t = b.t AND o.f = b.f
), who AS (
  SELECT d.*, coalesce(dup_of, n) AS person, CASE WHEN dup_kind > 0 THEN dup_of ELSE n END AS cv FROM dup d
), cultured AS (
  SELECT w.*, (SELECT c.c FROM (SELECT c, sum(share) OVER (ORDER BY c) AS upto, sum(share) OVER () AS total
                                FROM demo.culture) c
               WHERE c.upto > demo.u(101, w.person) * c.total ORDER BY c.c LIMIT 1) AS culture
  FROM who w
), named AS (
  SELECT c.*, demo.pick(k.given, 102, c.person) AS g, demo.pick(k.family, 103, c.person) AS s,
         (SELECT o FROM demo.odd_name o WHERE c.person % 311 = 7 AND o.n = 1 + (c.person / 311) % 8) AS odd
  FROM cultured c JOIN demo.culture k ON k.c = c.culture
), placed AS (
  SELECT n.*, demo.u(104, person) < 0.12 AS abroad,
         CASE WHEN demo.u(104, person) < 0.12 THEN 13 + demo.k(105, person, 12) ELSE 1 + demo.k(106, person, 12) END AS city_n
  FROM named n
)
SELECT p.n, p.t, t.id AS tenant_id, p.f, p.person, p.cv, p.dup_kind, p.dup_of, p.culture, p.abroad,
  CASE WHEN (p.odd).n IS NOT NULL THEN (p.odd).given ELSE split_part(p.g, '/', 1) END AS given,
  CASE WHEN (p.odd).n IS NOT NULL THEN (p.odd).family ELSE split_part(p.s, '/', 1) END AS family,
  CASE WHEN (p.odd).n IS NOT NULL THEN (p.odd).latin
       ELSE concat_ws('.', reverse(split_part(reverse(p.g), '/', 1)), reverse(split_part(reverse(p.s), '/', 1))) END AS latin,
  c.city, c.tz, c.dial, NULL::text AS email, NULL::text AS phone, NULL::timestamptz AS created,
  demo.id('candidate', p.n) AS id, demo.id('resume', p.n) AS resume_id
FROM placed p JOIN demo.city c ON c.c = p.city_n JOIN demo.tenant t ON t.t = p.t;
ALTER TABLE demo.cand ADD PRIMARY KEY (n);

-- The latin form in plain letters; an e-mail under a domain kept for examples, unique by the number.
CREATE FUNCTION demo.plain(x text) RETURNS text IMMUTABLE LANGUAGE sql
  RETURN regexp_replace(normalize(translate(x, 'łŁøØđĐßæÆœŒþÞıåÅ’', 'lLoOdDsaAoOtTiaA'''), NFD), '[^A-Za-z0-9.'' -]', '', 'g');
UPDATE demo.cand SET
  given = CASE dup_kind WHEN 2 THEN left(given, greatest(1, least(3, length(given) - 1))) WHEN 3 THEN initcap(split_part(demo.plain(latin), '.', 1)) ELSE given END,
  family = CASE WHEN dup_kind = 3 AND culture <> 18 THEN coalesce(nullif(initcap(split_part(demo.plain(latin), '.', 2)), ''), family) ELSE family END,
  latin = lower(regexp_replace(demo.plain(latin), '[^A-Za-z0-9.]', '', 'g'));
UPDATE demo.cand c SET
  email = btrim(latin, '.') || '.' || c.n || '@example.' || demo.pick('{com,org,net}', 107, c.n),
  phone = CASE WHEN demo.u(108, c.person) < 0.93 THEN p.phone END
FROM (SELECT n, t, dial || lpad((row_number() OVER (PARTITION BY t, city ORDER BY n) % 1000)::text, 3, '0') AS phone
      FROM demo.cand) p
WHERE p.n = c.person;

-- Careers: one row a résumé (cv), then one a position (k = 1 is the latest), newest first.
CREATE TABLE demo.cv AS
WITH skill AS (
  SELECT c.n AS cv, array_agg(s.s ORDER BY demo.h(111, c.n, s.i)) AS skills
  FROM demo.cand c JOIN demo.family f USING (f), unnest(f.skills) WITH ORDINALITY s(s, i)
  WHERE c.dup_kind = 0 GROUP BY c.n
)
SELECT c.n AS cv, c.f, c.tenant_id, c.culture, s.skills[1:5 + demo.k(112, c.n, 5)] AS skills,
  2 + demo.k(113, c.n, 4) AS positions, 19 + floor(41 * demo.u(114, c.n) ^ 1.6)::int AS sentences,
  demo.u(115, c.n) < 0.12 AS changed_career, demo.u(116, c.n) < 0.7 AS employed
FROM demo.cand c JOIN skill s ON s.cv = c.n;
ALTER TABLE demo.cv ADD PRIMARY KEY (cv);

CREATE TABLE demo.position AS
WITH raw AS (
  SELECT v.cv, k, v.positions, v.changed_career AND k = v.positions AS elsewhere, v.f,
         9 + floor(52 * demo.u(121, v.cv, k) ^ 1.3)::int AS months,
         CASE WHEN k = 1 THEN CASE WHEN v.employed THEN 0 ELSE 1 + demo.k(122, v.cv, 9) END
              WHEN demo.u(123, v.cv, k) < 0.15 THEN 4 + demo.k(124, v.cv, k, 14)
              ELSE demo.k(125, v.cv, k, 2) END AS gap,
         demo.h(126, v.cv, k) AS h
  FROM demo.cv v, generate_series(1, v.positions) k
), dated AS (
  SELECT r.*, CASE WHEN elsewhere THEN 1 + (f + demo.k(127, cv, 7)) % 8 ELSE f END AS work_f,
         sum(months + gap) OVER (PARTITION BY cv ORDER BY k) AS back
  FROM raw r
)
SELECT d.cv, d.k, d.gap, d.work_f, d.months,
  (date_trunc('month', demo.now() AT TIME ZONE 'UTC') - make_interval(months => d.back::int))::date AS started,
  (date_trunc('month', demo.now() AT TIME ZONE 'UTC') - make_interval(months => (d.back - d.months)::int))::date AS ended,
  d.k = 1 AND d.gap = 0 AS is_current,
  f.titles[least(cardinality(f.titles), 1 + floor(d.positions - d.k + 2.9 * demo.u(128, d.cv, d.k))::int)] AS title,
  o.company_a[1 + demo.k(129, d.cv, d.k, cardinality(o.company_a))] || ' ' ||
    o.company_b[1 + demo.k(130, d.cv, d.k, cardinality(o.company_b))] AS company
FROM dated d JOIN demo.family f ON f.f = d.work_f, demo.common o;
ALTER TABLE demo.position ADD PRIMARY KEY (cv, k);
ALTER TABLE demo.cv ADD COLUMN years int, ADD COLUMN title text, ADD COLUMN company text, ADD COLUMN summary text;
UPDATE demo.cv v SET years = p.years, title = p.title, company = p.company,
  summary = p.title || ' with ' || p.years || ' years of experience, '
    || CASE WHEN p.cur THEN 'now at ' ELSE 'most recently at ' END || p.company || '. '
    || 'Strong in ' || v.skills[1] || ', ' || v.skills[2] || ' and ' || v.skills[3] || '. '
    || demo.pick(ARRAY['Likes small teams, plain words and work that can be finished.',
         'Looking for a place to stay for some years and to learn from colleagues who are better.',
         'Known for keeping promises and for asking early when something is unclear.',
         'Wants responsibility for a whole piece of work rather than a slice of many.',
         'Comes with references that will be given after a first talk.',
         'Changed direction once and has not regretted it.',
         'Prefers to show rather than to tell; examples on request.',
         'Available at three months'' notice, earlier if both sides agree.'], 131, v.cv)
FROM (SELECT cv, greatest(1, sum(months) / 12) AS years, max(title) FILTER (WHERE k = 1) AS title,
             max(company) FILTER (WHERE k = 1) AS company, bool_or(is_current) AS cur
      FROM demo.position GROUP BY cv) p
WHERE p.cv = v.cv;

-- The sentences: of each template once in a random order, those with a skill more often early; long
-- résumés go round again with other figures.
CREATE TABLE demo.sentence AS
WITH pool AS (
  SELECT f, 1 AS kind, row_number() OVER (PARTITION BY f) AS i, x FROM demo.family, unnest(with_skill) x
  UNION ALL SELECT f, 2, 100 + row_number() OVER (PARTITION BY f), x FROM demo.family, unnest(plain) x
  UNION ALL SELECT f, 3, 200 + row_number() OVER (PARTITION BY f), x FROM demo.family, demo.common c, unnest(c.plain) x
), drawn AS (
  SELECT v.cv, v.sentences, v.positions, v.skills, p.kind, p.x,
         row_number() OVER (PARTITION BY v.cv ORDER BY r, demo.u(141, v.cv, p.i + r * 1000) * (ARRAY[0.55, 0.9, 1.2])[p.kind]) AS i
  FROM demo.cv v JOIN pool p ON p.f = v.f, generate_series(1, 2) r
), kept AS (
  SELECT d.*, count(*) FILTER (WHERE kind = 1) OVER (PARTITION BY cv ORDER BY i) AS skill_i FROM drawn d WHERE i <= sentences
), placed AS (
  -- Position k gets a share that shrinks with its age; every one at least two sentences.
  SELECT k.*, 1 + (demo.u(142, cv, i) ^ 1.7 * positions)::int % positions AS p0 FROM kept k
), spread AS (
  SELECT p.*, CASE WHEN i <= positions * 2 THEN 1 + ((i - 1) % positions)::int ELSE p0 END AS k,
         CASE WHEN kind = 1 THEN skills[1 + (skill_i - 1) % cardinality(skills)] END AS skill
  FROM placed p
)
SELECT s.cv, s.k, s.i::int AS i, s.skill, upper(left(f.x, 1)) || substr(f.x, 2) AS text
FROM spread s, LATERAL (SELECT demo.fill(s.x, s.skill, demo.h(143, s.cv, s.i)) AS x) f;
CREATE INDEX ON demo.sentence (cv, skill);

-- The parsed résumé without the person's own block. Quotes are whole sentences of a description or
-- the start of the summary.
ALTER TABLE demo.cv ADD COLUMN body jsonb, ADD COLUMN words int;
CREATE TABLE demo.degree AS
SELECT v.cv, demo.pick(f.degrees, 151, v.cv) AS degree, demo.pick(c.schools, 152, v.cv) AS school,
       extract(year FROM p.started)::int - demo.k(153, v.cv, 2) AS year
FROM demo.cv v JOIN demo.family f ON f.f = v.f JOIN demo.position p ON p.cv = v.cv AND p.k = v.positions, demo.common c;
UPDATE demo.cv v SET words = w.words, body = jsonb_build_object(
  'summary', v.summary,
  'experience', w.experience,
  'education', jsonb_build_array(jsonb_build_object('degree', g.degree, 'institution', g.school, 'graduation_year', g.year)),
  'skills', jsonb_build_object(
    'technical', to_jsonb(v.skills),
    'soft', jsonb_build_array(demo.pick(o.soft[1:5], 154, v.cv), demo.pick(o.soft[6:10], 155, v.cv)),
    'languages', CASE v.culture WHEN 2 THEN '["German","English"]' WHEN 3 THEN '["Polish","English","German"]'
      WHEN 4 THEN '["Turkish","German"]' WHEN 6 THEN '["Mandarin","English"]' WHEN 7 THEN '["Japanese","English"]'
      WHEN 8 THEN '["Korean","English"]' WHEN 9 THEN '["Arabic","French","English"]' WHEN 10 THEN '["Hebrew","English"]'
      WHEN 11 THEN '["English","Hindi"]' WHEN 21 THEN '["Hindi","English"]' WHEN 12 THEN '["Ukrainian","English"]' WHEN 20 THEN '["Czech","English"]' WHEN 14 THEN '["Spanish","English"]'
      WHEN 15 THEN '["French","English"]' ELSE '["English"]' END::jsonb),
  'gaps', w.gaps)
FROM (
  SELECT p.cv, sum(array_length(regexp_split_to_array(d.description, '\s+'), 1)) + 60 AS words,
    jsonb_agg(jsonb_strip_nulls(jsonb_build_object('title', p.title, 'company', p.company,
      'start_date', to_char(p.started, 'YYYY-MM'), 'current', p.is_current,
      'location', demo.pick('{Berlin,London,New York,Kraków,Hamburg,Pune}', 156, p.cv, p.k),
      'description', d.description, 'technologies', d.technologies))
      || jsonb_build_object('end_date', CASE WHEN NOT p.is_current THEN to_char(p.ended, 'YYYY-MM') END) ORDER BY p.k) AS experience,
    coalesce(jsonb_agg(jsonb_build_object('from', to_char(p.ended, 'YYYY-MM'),
      'to', to_char(p.ended + make_interval(months => p.gap), 'YYYY-MM'),
      'note', demo.pick('{parental leave,travel,further training,care of a relative,illness since recovered,looking for work}', 157, p.cv, p.k))
      ORDER BY p.k) FILTER (WHERE p.gap >= 4), '[]') AS gaps
  FROM demo.position p JOIN (
    SELECT cv, k, string_agg(text, ' ' ORDER BY i) AS description,
           coalesce(to_jsonb(array_agg(DISTINCT skill) FILTER (WHERE skill IS NOT NULL)), '[]') AS technologies
    FROM demo.sentence GROUP BY cv, k) d USING (cv, k)
  GROUP BY p.cv) w
JOIN demo.degree g USING (cv), demo.common o
WHERE w.cv = v.cv;
ANALYZE demo.cand, demo.cv, demo.position, demo.sentence;
